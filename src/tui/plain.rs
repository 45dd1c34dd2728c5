//! A candidate as plain text, cleaned: for the editor and the pager; and a decision in few words.

use std::fmt::Write as _;

use super::review::Pane;
use crate::review::cleaned::clean;
use crate::review::correction::named;
use crate::store::record::{CandidateView, Curation, Decision, DecisionKind, Judgement, ReferenceKind, RightSide};

/// The whole of it, with the response at this place.
pub fn candidate(view: &CandidateView, response: usize) -> String {
    let mut text = format!("candidate {}\n", view.id);
    for pane in [Pane::Question, Pane::Code, Pane::Output, Pane::Cot] {
        let body = self::pane(view, response, pane);
        if !body.is_empty() {
            let _ = write!(text, "\n── {} ──\n{}\n", pane.name(), body.trim_end());
        }
    }
    let _ = writeln!(text, "\n{}: {}", reference_name(view), clean(view.record.reference.as_deref().unwrap_or("none")));
    if let Some(r) = view.responses.get(response) {
        let _ = writeln!(text, "CoT answer: {}", clean(r.record.answer.as_deref().unwrap_or("none")));
        if let Some(v) = &r.record.verdict {
            let _ = writeln!(text, "verdict: {} {} · {}", v.outcome.glyph(), v.outcome, clean(&v.reason));
        }
    }
    text
}

/// What the reference answer is called.
pub fn reference_name(view: &CandidateView) -> &'static str {
    match view.record.reference_kind {
        _ if view.about().is_some() => "revised answer",
        Some(ReferenceKind::Given) => "given reference",
        _ => "code answer",
    }
}

/// What one pane holds.
pub fn pane(view: &CandidateView, response: usize, pane: Pane) -> String {
    let record = &view.record;
    match pane {
        Pane::List => String::new(),
        Pane::Question => clean(&record.question),
        Pane::Code => clean(record.code.as_deref().unwrap_or_default()),
        Pane::Output => clean(&output(view)),
        Pane::Cot => clean(&chain_of_thought(view, response)),
    }
}

/// What the code printed, then what it said on stderr.
pub fn output(view: &CandidateView) -> String {
    let Some(execution) = view.record.executions.first() else {
        return view.record.failure.as_ref().map_or_else(String::new, |f| f.message.clone());
    };
    let mut text = execution.stdout.clone();
    // Bytes that are no text are kept as longer ones: only fewer mean that something was cut.
    if execution.stdout_bytes > text.len() as u64 {
        let _ = write!(text, "\n── cut here: it printed {} bytes before it was stopped ──\n", execution.stdout_bytes);
    }
    for change in &execution.substituted {
        let _ = write!(text, "\n── not the version that was asked for: {change} ──\n");
    }
    if !execution.stderr.trim().is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&execution.stderr);
    }
    // A second run that printed something else is why there is no code answer.
    if let Some(other) = view.record.executions.get(1).filter(|o| o.stdout != execution.stdout) {
        let _ = write!(text, "\n── run again, it printed ──\n{}", other.stdout);
    }
    text
}

/// The response with its reasoning; where nothing could be made of the generator's reply, that reply.
pub fn chain_of_thought(view: &CandidateView, response: usize) -> String {
    let Some(r) = view.responses.get(response) else {
        let raw = view.record.metadata.get("raw").and_then(serde_json::Value::as_str);
        return raw.unwrap_or_default().to_owned();
    };
    match r.record.reasoning.as_deref().filter(|t| !t.trim().is_empty()) {
        Some(reasoning) => format!("{}\n\n---\n\n{}", reasoning.trim_end(), r.record.text),
        None => r.record.text.clone(),
    }
}

/// What was decided, in few words.
pub fn what(decision: &Decision) -> String {
    let body = &decision.body;
    let mut parts = Vec::new();
    if decision.kind == DecisionKind::Reversal {
        parts.push("taken back".to_owned());
    }
    if let Some(judgement) = body.judgement {
        parts.push(match judgement {
            Judgement::Equivalent => "judged equivalent".to_owned(),
            Judgement::Different => "judged different".to_owned(),
            Judgement::CantTell => "judged: can't tell".to_owned(),
        });
    }
    if let Some(curation) = body.curation {
        parts.push(match curation {
            Curation::Accept => "accepted".to_owned(),
            Curation::Reject => "rejected".to_owned(),
            Curation::Flag => "flagged".to_owned(),
        });
    }
    if let Some(right) = body.right {
        parts.push(match right {
            RightSide::Code => "the code answer is right".to_owned(),
            RightSide::Cot => "the CoT answer is right".to_owned(),
            RightSide::Both => "both answers are right".to_owned(),
            RightSide::Neither => "neither answer is right".to_owned(),
        });
    }
    if let Some(revision) = &body.revision {
        parts.push(format!("corrected the {}", named(&revision.texts())));
    }
    if !body.tags.is_empty() {
        parts.push(format!("tagged {}", body.tags.join(", ")));
    }
    if body.note.is_some() && body.revision.is_none() {
        parts.push("noted".to_owned());
    }
    parts.join(", ")
}
