//! A desk in memory: replies as a test says, choices kept, requests remembered.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use async_trait::async_trait;
use loong::dataset::{Datapoint, StaticDataset};
use loong::failure::FailureKind;
use loong::generator::{Accepted, Choose, Desk, Draft, Generated, Generator, Provenance, Reference};
use loong::interpreter::Dependencies;
use loong::model::{Ask, AskError, Asked, ChatReply, ChatRequest, Finish, Role, Usage};
use serde_json::{Value, json};

pub(crate) type Reply = Result<(Finish, String), AskError>;

/// A whole reply.
#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "reads best where it is called")]
pub(crate) fn said(text: impl ToString) -> Reply {
    Ok((Finish::Stop, text.to_string()))
}

/// Replies as `answer` says.
pub(crate) struct Fake<F> {
    answer: F,
    accepted: Mutex<Vec<Accepted>>,
    choices: Mutex<BTreeMap<u64, Value>>,
    requests: Mutex<Vec<ChatRequest>>,
    /// Row and reply by key: what was asked once is not asked again.
    journal: Mutex<HashMap<String, (i64, Reply)>>,
}

impl<F: Fn(&ChatRequest) -> Reply + Send + Sync> Fake<F> {
    pub(crate) fn new(answer: F) -> Self {
        Self {
            answer,
            accepted: Mutex::default(),
            choices: Mutex::default(),
            requests: Mutex::default(),
            journal: Mutex::default(),
        }
    }

    /// Lets slots choose a candidate.
    pub(crate) fn accept(&self, candidate: Accepted) {
        self.accepted.lock().unwrap().push(candidate);
    }

    /// The requests so far, those that were answered from the journal left out.
    pub(crate) fn requests(&self) -> Vec<ChatRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// How many requests a role had.
    pub(crate) fn asked(&self, role: Role) -> usize {
        self.requests().iter().filter(|r| r.role == role).count()
    }

    /// The choices that were kept.
    pub(crate) fn chosen(&self) -> BTreeMap<u64, Value> {
        self.choices.lock().unwrap().clone()
    }
}

#[async_trait]
impl<F: Fn(&ChatRequest) -> Reply + Send + Sync> Ask for Fake<F> {
    async fn ask(&self, request: ChatRequest) -> Result<Asked, AskError> {
        // Replies come in another order than they were asked for.
        for _ in 0..request.sample % 3 {
            tokio::task::yield_now().await;
        }
        let mut journal = self.journal.lock().unwrap();
        let next = i64::try_from(journal.len()).unwrap() + 1;
        let (reply_id, reply) = journal
            .entry(request.key("fake"))
            .or_insert_with(|| {
                self.requests.lock().unwrap().push(request.clone());
                (next, (self.answer)(&request))
            })
            .clone();
        let (finish, content) = reply?;
        let usage = Usage::default();
        let reply =
            ChatReply { content, reasoning: None, finish, model: None, usage, seconds: 0.0, attempts: 1, cost: None };
        Ok(Asked { reply, reply_id, prompt_hash: format!("prompt of {reply_id}") })
    }
}

#[async_trait]
impl<F: Fn(&ChatRequest) -> Reply + Send + Sync> Desk for Fake<F> {
    async fn choice(&self, ordinal: u64, of: Option<&str>, choose: Choose<'_>) -> Result<Value, AskError> {
        let all = self.accepted.lock().unwrap();
        let accepted: Vec<Accepted> = all.iter().filter(|a| Some(a.domain.as_str()) == of).cloned().collect();
        let mut choices = self.choices.lock().unwrap();
        Ok(choices.entry(ordinal).or_insert_with(|| choose(&accepted)).clone())
    }
}

/// Six seeds of one domain and two of another.
pub(crate) fn seeds() -> StaticDataset {
    let seed = |domain: &str, n: usize, question: &str| {
        let metadata = json!({"domain": domain, "required_dependencies": ["networkx"]}).as_object().cloned().unwrap();
        Datapoint::new(question, format!("print({n})"), n.to_string(), metadata)
    };
    let logic = [
        "How many truth tables over three named variables make every clause of the formula true at once?",
        "Which of four guards, each of whom either always lies or never does, can have spoken last?",
        "In how many orders can five runners finish when two of them refuse to finish side by side?",
        "What is the least number of questions that identifies one marked card among twenty seven cards?",
        "Give the sorted list of all people who can be at the round table when nobody sits next to a rival.",
        "Is the argument valid in which every dragon sleeps and some sleeper snores and so some dragon snores?",
    ];
    let finance = [
        "What is the yearly rate at which a deposit of 1000 doubles within nine years of monthly compounding?",
        "By how much does the price of a ten year bond fall when its yield rises from two to three percent?",
    ];
    let logic = logic.iter().enumerate().map(|(n, q)| seed("logic", n, q));
    let finance = finance.iter().enumerate().map(|(n, q)| seed("finance", n, q));
    logic.chain(finance).collect()
}

/// A candidate of the run that slots may choose.
pub(crate) fn accepted(uid: &str, domain: &str, question: &str) -> Accepted {
    Accepted {
        uid: uid.into(),
        ordinal: 0,
        domain: domain.into(),
        question: question.into(),
        code: Some("print(2)".into()),
        dependencies: Dependencies::new(["numpy"]),
        family: Some("root".into()),
        depth: 0,
        score: Some(4.0),
    }
}

/// What a slot gives, which is a draft.
pub(crate) async fn draft(generator: &dyn Generator, ordinal: u64, desk: &dyn Desk) -> (Draft, Provenance) {
    match generator.generate(ordinal, desk).await.unwrap() {
        Generated::Draft(draft, provenance) => (*draft, provenance),
        other => panic!("no draft: {other:?}"),
    }
}

/// What a slot fails with, and what is kept of it.
pub(crate) async fn failed(
    generator: &dyn Generator,
    ordinal: u64,
    desk: &dyn Desk,
) -> (FailureKind, String, Provenance) {
    match generator.generate(ordinal, desk).await.unwrap() {
        Generated::Failed(failure, provenance) => (failure.kind, failure.message, provenance),
        other => panic!("no failure: {other:?}"),
    }
}

/// The programs of a draft.
pub(crate) fn programs(draft: &Draft) -> &[String] {
    match &draft.reference {
        Reference::Programs(programs) => programs,
        Reference::Given { .. } => panic!("the reference is given"),
    }
}

/// The name of the schema that a request asks for.
pub(crate) fn form(request: &ChatRequest) -> &str {
    request.schema.as_ref().map_or("", |s| s.name.as_str())
}

/// Every request of a slot has its own key.
pub(crate) fn keys_differ(requests: &[ChatRequest]) {
    let keys: std::collections::HashSet<String> = requests.iter().map(|r| r.key("one model")).collect();
    assert_eq!(keys.len(), requests.len());
}
