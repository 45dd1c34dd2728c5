//! Rejection sampling: questions that exist, with the answers they came with. Nothing is generated; solvers answer each
//! several times, and the responses that the verifier confirms are what the run is for.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{About, Desk, Draft, GenerateError, Generated, Generator, Provenance, Reference};
use crate::dataset::Datapoint;
use crate::interpreter::{Dependencies, Wanted};
use crate::model::AskError;
use crate::words::words;

/// The name under which recipes and filters know this strategy.
pub const STRATEGY: &str = "rejection";

words! {
    /// Where the questions come from.
    #[derive(Default)]
    pub enum Source {
        /// The seed dataset.
        #[default]
        Seeds = "seeds",
        /// Candidates of the project's store.
        Store = "store",
    }
}

/// A question that exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The question.
    pub question: String,
    /// The answer that it came with.
    pub answer: String,
    /// The program that is said to print it.
    pub code: Option<String>,
    /// The domain's slug.
    pub domain: String,
    /// Packages that the code needs.
    pub dependencies: Dependencies,
    /// Content ids of the seeds it was made from.
    pub seeds: Vec<String>,
    /// Uid of the candidate it is, of the store's.
    pub parent: Option<String>,
    /// Content id of the seed at its root.
    pub family: Option<String>,
    /// Steps from a seed, of the candidate made here.
    pub depth: u32,
    /// Relative tolerance, where one is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// What the code may need beyond the run's limits.
    #[serde(skip)]
    pub limits: Wanted,
}

impl From<&Datapoint> for Question {
    fn from(seed: &Datapoint) -> Self {
        Self {
            question: seed.question.clone(),
            answer: seed.final_answer.clone(),
            code: (!seed.rationale.trim().is_empty()).then(|| seed.rationale.clone()),
            domain: seed.domain().to_owned(),
            dependencies: seed.dependencies(),
            seeds: vec![seed.id.clone()],
            parent: None,
            family: Some(seed.id.clone()),
            depth: 0,
            tolerance: seed.tolerance(),
            limits: seed.limits(),
        }
    }
}

/// Takes questions that exist, one a slot.
pub struct Rejection {
    questions: Vec<Question>,
    execute: bool,
}

impl Rejection {
    /// A generator over `questions`, in their order: whoever wants none preferred draws one. With `execute` a question's code says its reference, where it has
    /// code.
    pub fn new(questions: Vec<Question>, execute: bool) -> Self {
        Self { questions, execute }
    }

    /// The question of a slot. One of the store's is kept with the slot: which candidates a filter takes hangs on the
    /// moment.
    async fn question(&self, ordinal: u64, desk: &dyn Desk) -> Result<Option<Question>, AskError> {
        let here = usize::try_from(ordinal).ok().and_then(|at| self.questions.get(at));
        if here.is_some_and(|q| q.parent.is_none()) {
            return Ok(here.cloned());
        }
        let kept = desk
            .choice(ordinal, None, &|_| here.map_or(Value::Null, |q| serde_json::to_value(q).unwrap_or_default()))
            .await?;
        if kept.is_null() {
            return Ok(None);
        }
        let unreadable = |e: serde_json::Error| AskError::Store(format!("the question of slot {ordinal}: {e}"));
        serde_json::from_value(kept).map(Some).map_err(unreadable)
    }
}

#[async_trait]
impl Generator for Rejection {
    fn strategy(&self) -> &'static str {
        STRATEGY
    }

    fn about(&self, ordinal: u64) -> About {
        // Which of the store's a slot has is known when it has chosen.
        let here = usize::try_from(ordinal).ok().and_then(|at| self.questions.get(at)).filter(|q| q.parent.is_none());
        here.map_or_else(About::default, |q| About { domain: Some(q.domain.clone()), family: q.family.clone() })
    }

    async fn generate(&self, ordinal: u64, desk: &dyn Desk) -> Result<Generated, GenerateError> {
        let question = self.question(ordinal, desk).await.map_err(|e| match e {
            AskError::Stopping => GenerateError::Stopping,
            other => GenerateError::Final(other.to_string()),
        })?;
        let Some(q) = question else {
            let n = self.questions.len();
            return Ok(Generated::Ended(format!("there are {n} questions, and each was taken")));
        };
        let provenance = Provenance {
            seeds: q.seeds,
            operation: q.parent.is_some().then(|| STRATEGY.to_owned()),
            parent: q.parent,
            family: q.family,
            depth: q.depth,
            domain: Some(q.domain.clone()),
            // Under this name it is heeded wherever the pair is compared.
            notes: q.tolerance.map(|tolerance| ("tolerance".to_owned(), tolerance.into())).into_iter().collect(),
            ..Provenance::default()
        };
        let reference = match q.code {
            Some(code) if self.execute => Reference::Programs(vec![code]),
            code => Reference::Given { answer: q.answer, code },
        };
        let draft = Draft {
            question: q.question,
            reference,
            domain: q.domain,
            dependencies: q.dependencies,
            limits: q.limits,
            novel: false,
        };
        Ok(Generated::Draft(Box::new(draft), provenance))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use serde_json::json;

    use super::super::Choose;
    use super::*;
    use crate::model::{Ask, Asked, ChatRequest};

    #[derive(Default)]
    struct Kept(Mutex<HashMap<u64, Value>>);

    #[async_trait]
    impl Ask for Kept {
        async fn ask(&self, _: ChatRequest) -> Result<Asked, AskError> {
            panic!("no model is asked")
        }
    }

    #[async_trait]
    impl Desk for Kept {
        async fn choice(&self, ordinal: u64, _: Option<&str>, choose: Choose<'_>) -> Result<Value, AskError> {
            Ok(self.0.lock().unwrap().entry(ordinal).or_insert_with(|| choose(&[])).clone())
        }
    }

    fn seed(question: &str) -> Question {
        let metadata = json!({"domain": "logic"}).as_object().cloned().unwrap();
        (&Datapoint::new(question, "print(7)", "7", metadata)).into()
    }

    async fn taken(rejection: &Rejection, ordinal: u64, desk: &Kept) -> Option<(Draft, Provenance)> {
        match rejection.generate(ordinal, desk).await.unwrap() {
            Generated::Draft(draft, provenance) => Some((*draft, provenance)),
            _ => None,
        }
    }

    #[tokio::test]
    async fn a_seed_comes_with_its_answer_or_has_its_code_run() {
        let desk = Kept::default();
        let (draft, provenance) = taken(&Rejection::new(vec![seed("q")], false), 0, &desk).await.unwrap();
        assert_eq!(draft.reference, Reference::Given { answer: "7".into(), code: Some("print(7)".into()) });
        assert_eq!((provenance.seeds.len(), provenance.depth, draft.novel), (1, 0, false));
        let executed = Rejection::new(vec![seed("q")], true);
        let (draft, _) = taken(&executed, 0, &desk).await.unwrap();
        assert_eq!(draft.reference, Reference::Programs(vec!["print(7)".into()]));
        assert_eq!(taken(&executed, 1, &desk).await, None);
        assert_eq!(executed.about(0), About { domain: Some(draft.domain), family: provenance.family });
        assert_eq!(executed.about(1), About::default());
    }

    #[tokio::test]
    async fn a_resumed_run_takes_the_same_candidate_although_the_store_has_changed() {
        let of = |question: &str| Question { parent: Some(question.to_owned()), depth: 3, ..seed(question) };
        let desk = Kept::default();
        let (draft, provenance) = taken(&Rejection::new(vec![of("a"), of("b")], false), 1, &desk).await.unwrap();
        assert_eq!(Rejection::new(vec![of("b")], false).about(0), About::default(), "another may have been chosen");
        assert_eq!((draft.question.as_str(), provenance.operation.as_deref()), ("b", Some("rejection")));
        let resumed = Rejection::new(vec![of("b"), of("c")], false);
        assert_eq!(taken(&resumed, 1, &desk).await, Some((draft, provenance)));
    }
}
