//! Episodes that a judge model is asked about: what is paid where it can't be asked, and what goes on while it thinks.

use std::sync::Arc;

use async_trait::async_trait;
use loong::engine::escalate::Escalation;
use loong::engine::escalate::judge::{Judge, JudgeOptions};
use loong::environment::RewardPolicy;
use loong::model::{ChatModel, ChatReply, ChatRequest, Finish, ModelError, Usage};
use loong::verifier::{RuleVerifier, Side, Verdict, Verifier};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{Server, Setting, client};

/// What the native tiers can't read.
const REFERENCE: &str = r"\mathfrak{g} \bowtie \mho";
const RESPONSE: &str = r"\boxed{\mathfrak{h} \wr \mho}";

/// A judge that answers each vote as it is told to, once it is let.
struct Panel {
    /// By the number of the vote: a word, or that it is down.
    votes: [Option<&'static str>; 3],
    let_go: Arc<Semaphore>,
}

#[async_trait]
impl ChatModel for Panel {
    fn name(&self) -> &'static str {
        "panel"
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        let _permit = self.let_go.acquire().await.unwrap();
        let Some(word) = self.votes[request.sample as usize] else {
            return Err(ModelError::Unreachable { endpoint: "panel".into(), attempts: 6, message: "no route".into() });
        };
        let text = &request.messages.last().unwrap().content;
        let at = text.rfind("\"nonce\",\nwhich is ").unwrap() + "\"nonce\",\nwhich is ".len();
        let nonce: String = text[at..].chars().take_while(char::is_ascii_hexdigit).collect();
        Ok(ChatReply {
            content: json!({"nonce": nonce, "reason": "They were compared.", "verdict": word}).to_string(),
            reasoning: None,
            finish: Finish::Stop,
            model: None,
            usage: Usage::default(),
            seconds: 0.0,
            attempts: 1,
            cost: None,
        })
    }
}

/// Blames the response, as where it can't be read.
struct Blaming(RuleVerifier);

impl Verifier for Blaming {
    fn verify(&self, pair: &loong::verifier::Pair) -> Verdict {
        Verdict { side: Some(Side::Response), ..self.0.verify(pair) }
    }

    fn version(&self) -> &str {
        self.0.version()
    }
}

async fn server(votes: [Option<&'static str>; 3], policy: RewardPolicy, blames: bool) -> (Server, Arc<Semaphore>) {
    let let_go = Arc::new(Semaphore::new(100));
    let panel = Panel { votes, let_go: Arc::clone(&let_go) };
    let judge = Judge::new(Arc::new(panel), JudgeOptions::load(None).unwrap()).unwrap();
    let native = RuleVerifier::default();
    let verifier: Arc<dyn Verifier> = if blames { Arc::new(Blaming(native)) } else { Arc::new(native) };
    let escalation = Escalation { symbolic: None, judge: Some(judge) };
    let setting = Setting { escalation, policy, verifier, reference: REFERENCE, ..Setting::default() };
    (Server::start(setting).await, let_go)
}

#[tokio::test]
async fn nobody_is_paid_0_because_the_judge_is_down() {
    const SPLIT: [Option<&str>; 3] = [Some("equivalent"), Some("different"), Some("can't tell")];
    for (votes, reward) in [
        // Nobody could tell, and that is paid as configured.
        (SPLIT, Some(0.0)),
        ([Some("equivalent"), None, Some("equivalent")], Some(1.0)),
        // Nobody could be asked, or not enough of them.
        ([None, None, None], None),
        ([Some("equivalent"), None, None], None),
        ([Some("equivalent"), Some("different"), None], None),
    ] {
        for (policy, blames) in [
            (RewardPolicy::ZeroWhenUndecided, false),
            (RewardPolicy::ZeroWhenUndecided, true),
            (RewardPolicy::NullWhenUndecided, true),
        ] {
            let (server, _) = server(votes, policy, blames).await;
            let mut session = server.session().await;
            session.reset(1).await;
            let step = session.step(RESPONSE).await;
            assert_eq!(step["type"] == "observation", reward.is_some(), "{votes:?} {policy:?}: {step}");
            assert_eq!(step["data"]["reward"].as_f64(), reward, "{votes:?} {policy:?}: {step}");
            let pair = json!({"reference": REFERENCE, "response": RESPONSE});
            let line: Value =
                client().post(server.url("/v1/verify")).json(&pair).send().await.unwrap().json().await.unwrap();
            if reward.is_none() {
                assert_eq!(line["reward"], Value::Null, "{votes:?}: {line}");
            }
            let (store, _folder) = server.drained().await;
            let kept = store.reader().unwrap().candidate(1).unwrap().record;
            assert_eq!(kept.metadata["reward"].as_f64(), reward, "{votes:?} {policy:?}");
        }
    }
}

#[tokio::test]
async fn where_an_episode_stands_is_told_while_its_judge_thinks() {
    let (server, let_go) = server([Some("equivalent"); 3], RewardPolicy::default(), false).await;
    let held = let_go.acquire_many(100).await.unwrap();
    let post = |path: &str, body: &Value| client().post(server.url(path)).json(body).send();
    post("/reset", &json!({"episode_id": "mine"})).await.unwrap();
    let stepping = tokio::spawn(post("/step", &json!({"action": {"answer": RESPONSE}, "episode_id": "mine"})));
    let state = || async {
        let asked =
            client().get(server.url("/state?episode_id=mine")).timeout(std::time::Duration::from_secs(5)).send();
        asked.await.expect("it is told at once").json::<Value>().await.unwrap()
    };
    // The step is under way by the second time at the latest.
    for _ in 0..20 {
        assert_eq!(state().await, json!({"episode_id": "mine", "step_count": 0}));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!stepping.is_finished(), "it waits for its judge");
    drop(held);
    assert_eq!(stepping.await.unwrap().unwrap().status(), 200);
    assert_eq!(state().await["step_count"], 1);
}
