//! Decisions in words: what each was, and what of a session's is in force at its end.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::page;
use crate::cli::output;
use crate::review::correction::named;
use crate::store::record::{CandidateView, Curation, Decision, DecisionKind, RightSide};
use crate::words::some;

/// What was decided and taken back in a session.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What was decided here, by its uid, and whether it is in force.
    here: HashMap<String, bool>,
    /// What had been decided before and was taken back here.
    earlier: HashSet<String>,
}

impl Ledger {
    /// A decision was made.
    pub(super) fn decided(&mut self, uid: String) {
        self.here.insert(uid, true);
    }

    /// A decision was taken back, or put back.
    pub(super) fn turned(&mut self, uid: String, back: bool) {
        match self.here.get_mut(&uid) {
            Some(in_force) => *in_force = back,
            None if back => drop(self.earlier.remove(&uid)),
            None => drop(self.earlier.insert(uid)),
        }
    }

    /// How many of the session's decisions are in force.
    pub(super) fn in_force(&self) -> usize {
        self.here.values().filter(|in_force| **in_force).count()
    }

    /// What there is at the end, in a sentence.
    pub(super) fn told(&self) -> String {
        let were = |n: usize| format!("{} {}", some(n as u64, "decision"), if n == 1 { "was" } else { "were" });
        let (stored, in_force) = (self.here.len(), self.in_force());
        let mut text = match stored {
            0 => "Nothing was decided".to_owned(),
            n if in_force == n => format!("{} stored", were(n)),
            1 => "1 decision was stored and taken back again".to_owned(),
            n => format!("{} stored, and {} of them taken back again: {in_force} in force", were(n), n - in_force),
        };
        if !self.earlier.is_empty() {
            let _ = write!(text, "; {} taken back that had been made before", were(self.earlier.len()));
        }
        text.push_str(".\n");
        text
    }
}

/// What was decided, about whom; `open` is the candidate being read.
pub(super) fn deed(decision: &Decision, open: Option<&CandidateView>) -> String {
    let (id, body) = (decision.body.candidate, &decision.body);
    let mut parts = Vec::new();
    if decision.kind == DecisionKind::Reversal {
        parts.push(format!("a decision on {id} was taken back"));
    }
    if let (Some(judgement), Some(sample)) = (body.judgement, body.sample) {
        let open = open.filter(|view| view.id == id);
        let responses = open.map_or(&[][..], |view| &view.responses);
        let which = match responses.iter().position(|r| r.record.sample == sample) {
            Some(at) if responses.len() > 1 => format!("response {} of candidate ", at + 1),
            _ => String::new(),
        };
        parts.push(format!("judged {which}{id}: {}", page::said(judgement)));
    }
    if let Some(curation) = body.curation {
        parts.push(format!("{} {id}", past(curation)));
    }
    if let Some(right) = body.right {
        parts.push(match right {
            RightSide::Code => format!("the code answer of {id} is right"),
            RightSide::Cot => format!("the CoT answer of {id} is right"),
            RightSide::Both => format!("both answers of {id} are right"),
            RightSide::Neither => format!("neither answer of {id} is right"),
        });
    }
    if let Some(revision) = &body.revision {
        parts.push(format!("corrected the {} of {id}", named(&revision.texts())));
    }
    if !body.tags.is_empty() {
        parts.push(format!("tagged {id} {}", output::line(&body.tags.join(", "))));
    }
    if body.note.is_some() && parts.is_empty() {
        parts.push(format!("noted on {id}"));
    }
    parts.join(", ")
}

/// A curation in words.
pub(super) fn past(curation: Curation) -> &'static str {
    match curation {
        Curation::Accept => "accepted",
        Curation::Reject => "rejected",
        Curation::Flag => "flagged",
    }
}
