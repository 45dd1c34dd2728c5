//! The children of a slot: what came of each, and which is kept.

use serde_json::{Map, Value, json};

use super::operation::Operation;
use crate::failure::Failure;
use crate::generator::form::{BEST, Field, Form, Kind};
use crate::generator::turn::{Said, Unsaid};

/// What the critic says of a child.
pub(super) const SCORES: Form = Form {
    name: "scores",
    fields: &[
        Field { key: "remark", kind: Kind::Remark, description: "one sentence that says why" },
        Field {
            key: "difficulty",
            kind: Kind::Grade,
            description: "how much thought the new problem takes: 1 is trivial, 5 is very hard",
        },
        Field {
            key: "solvability",
            kind: Kind::Grade,
            description: "whether the new problem can be answered from what it says: 1 is no, 5 is without doubt",
        },
        Field {
            key: "diversity",
            kind: Kind::Grade,
            description: "how much the new problem differs from the old one: 1 is a copy, 5 is another problem",
        },
    ],
};

const GRADES: [&str; 3] = ["difficulty", "solvability", "diversity"];

/// A question that was made of the parent.
#[derive(Debug)]
pub(super) struct Child {
    /// The turn in which it was written.
    pub(super) said: Said,
    /// What the critic said; nothing where its reply could not be had or read.
    pub(super) scores: Result<Map<String, Value>, Failure>,
}

/// What came of one operation.
pub(super) type Brought = (Operation, Result<Child, Unsaid>);

impl Child {
    fn grade(&self, key: &str) -> Option<u64> {
        self.scores.as_ref().ok()?.get(key)?.as_u64()
    }

    /// The mean of its grades.
    pub(super) fn score(&self) -> Option<f64> {
        let grades: Option<Vec<u64>> = GRADES.iter().map(|key| self.grade(key)).collect();
        grades.map(|grades| grades.iter().sum::<u64>() as f64 / GRADES.len() as f64)
    }

    /// Whether the critic finds that it can be answered.
    pub(super) fn solvable(&self, least: u64) -> bool {
        self.grade("solvability").is_none_or(|grade| grade >= least)
    }

    /// What is kept of it where it is kept itself.
    pub(super) fn notes(&self, notes: &mut Map<String, Value>) {
        match &self.scores {
            Ok(scores) => notes.insert("scores".to_owned(), json!(scores)),
            Err(failure) => notes.insert("scores_lost".to_owned(), json!(failure.message)),
        };
        if let Some(score) = self.score() {
            // Two places are more than the grades can say.
            notes.insert("score".to_owned(), json!((score * 100.0).round() / 100.0));
        }
    }
}

/// What is kept of the children that were not: text and scores, or why there is no text.
pub(super) fn siblings<'a>(others: impl Iterator<Item = &'a Brought>) -> Value {
    others
        .map(|(operation, brought)| match brought {
            Ok(child) => {
                let mut told = Map::new();
                told.insert("operation".to_owned(), json!(operation));
                told.insert("question".to_owned(), child.said.text("question").into());
                child.notes(&mut told);
                Value::Object(told)
            }
            Err(Unsaid::Lost { failure, .. }) => {
                json!({"operation": operation, "kind": failure.kind, "message": failure.message})
            }
            Err(_) => Value::Null,
        })
        .collect()
}

/// The child that is kept: the highest score; of equal ones the first; one without scores only where none has any. One
/// that cannot be solved comes after all others.
pub(super) fn best(brought: &[Brought], least: u64) -> Option<usize> {
    let rank = |child: &Child| (child.solvable(least), child.score().unwrap_or_default());
    let mut best: Option<(usize, (bool, f64))> = None;
    for (at, (_, child)) in brought.iter().enumerate() {
        let Ok(child) = child else { continue };
        let here = rank(child);
        if best.is_none_or(|(_, there)| here > there) {
            best = Some((at, here));
        }
    }
    best.map(|(at, _)| at)
}

/// Whether a grade can be asked for as the least.
pub(super) fn is_grade(grade: u64) -> bool {
    (1..=BEST).contains(&grade)
}
