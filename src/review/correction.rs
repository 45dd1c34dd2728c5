//! Correcting a candidate: the sheet that a person edits, what is read from it, and the revision that follows.

use crate::dataset::{marked, unmarked};
use crate::store::fold::fold;
use crate::store::record::{CandidateView, Decision, ExecutionRecord};
use crate::store::revision::{Revision, Texts};
use crate::verifier::{RuleVerifier, VerifierOptions, verify_guarded};

/// What a person wrote on the sheet: the texts that are not as they were, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Texts that were changed.
    pub texts: Texts,
    /// The reason; `None` where none was given.
    pub reason: Option<String>,
}

/// A run of corrected code.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeRun {
    /// How it went.
    pub execution: ExecutionRecord,
    /// The code answer, or why there is none, in a sentence.
    pub answer: Result<String, String>,
}

/// One text before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `question`, `answer` or `code`.
    pub name: &'static str,
    /// What stood there; empty where nothing did.
    pub before: String,
    /// What stands there from then on.
    pub after: String,
}

/// The marks of the sheet, with what they say.
const QUESTION: (&str, &str) = ("question", "");
const CODE: (&str, &str) = ("code", ": Python that prints the answer; nothing here is run unless you ask for it");
const ANSWER: (&str, &str) = ("answer", ": the reference answer");
const REASON: (&str, &str) = ("reason", ": why, for the history");

/// The sheet of a candidate, as the view shows it. One without code has no place for code.
pub fn sheet(view: &CandidateView) -> String {
    let record = &view.record;
    let reference = record.reference.as_deref().unwrap_or_default();
    let code = record.code.as_deref().map(|code| (CODE.0, CODE.1, code));
    let parts = std::iter::once((QUESTION.0, QUESTION.1, record.question.as_str()))
        .chain(code)
        .chain([(ANSWER.0, ANSWER.1, reference), (REASON.0, REASON.1, "")]);
    marked(parts)
}

/// What a sheet says of the candidate that it was made of.
///
/// # Errors
/// What is wrong with the sheet, in a sentence.
pub fn from_sheet(text: &str, view: &CandidateView) -> Result<Draft, String> {
    let was = view.texts();
    let names: Vec<&str> =
        std::iter::once(QUESTION.0).chain(was.code.as_ref().map(|_| CODE.0)).chain([ANSWER.0, REASON.0]).collect();
    let mut parts = unmarked(text, &names)?.into_iter();
    let mut part = |was: &Option<String>| {
        let text = parts.next().unwrap_or_default();
        let before = was.as_deref().unwrap_or_default().replace("\r\n", "\n");
        Some(text).filter(|text| text.trim() != before.trim())
    };
    let texts = Texts {
        question: part(&was.question),
        code: if was.code.is_some() { part(&was.code) } else { None },
        reference: part(&was.reference).map(|answer| answer.trim().to_owned()),
    };
    let emptied =
        |(name, text): &(&'static str, Option<&str>)| text.is_some_and(|t| t.trim().is_empty()).then_some(*name);
    if let Some(name) = texts.named().iter().find_map(emptied) {
        return Err(format!("the {name} is empty; write one, or reject the candidate"));
    }
    let reason = part(&None).map(|reason| reason.trim().to_owned());
    Ok(Draft { texts, reason })
}

/// The revision to these texts, with what the native tiers of the verifier say of each response beside the revised reference
/// answer: no model is asked, and no code is run. `run` is the run of this code, where there was one.
pub fn revision(view: CandidateView, texts: Texts, run: Option<&CodeRun>, options: &VerifierOptions) -> Revision {
    let mut revision = Revision::to(texts);
    let mut view = view.current();
    if let Some(run) = run.filter(|_| revision.code.is_some()) {
        revision.execution = Some(run.execution.clone());
        revision.printed = run.answer.as_ref().is_ok_and(|printed| revision.reference.as_ref() == Some(printed));
    }
    let Some(reference) = &revision.reference else { return revision };
    if let Some(question) = &revision.question {
        view.record.question.clone_from(question);
    }
    let verifier = RuleVerifier::new(options.clone());
    let answered = view.responses.iter().filter(|response| !response.record.text.is_empty());
    revision.verdicts = answered
        .map(|response| (response.record.sample, verify_guarded(&verifier, &view.pair(response, reference))))
        .collect();
    revision
}

/// What texts change of others.
pub fn changes(before: &Texts, after: &Texts) -> Vec<Change> {
    let pairs = before.named().into_iter().zip(after.named());
    let changed = pairs.filter_map(|((name, before), (_, after))| {
        let before = before.unwrap_or_default().to_owned();
        after.map(|after| Change { name, before, after: after.to_owned() })
    });
    changed.collect()
}

/// What the decision at a place of a candidate's log changed when it was made; nothing where it is no revision. `came` are
/// the texts that the candidate came with.
pub fn changed(log: &[Decision], at: usize, came: &Texts) -> Vec<Change> {
    let Some(revision) = log.get(at).and_then(|decision| decision.body.revision.as_ref()) else { return Vec::new() };
    let stood = fold(&log[..at]).revision.unwrap_or_default().texts.over(came);
    changes(&stood, &revision.texts())
}

/// The names of the texts that a revision changes: `question and answer`.
pub fn named(texts: &Texts) -> String {
    let names: Vec<&str> = texts.named().iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(question: Option<&str>, code: Option<&str>, reference: Option<&str>) -> Texts {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Texts { question: own(question), code: own(code), reference: own(reference) }
    }

    #[test]
    fn what_is_revised_is_named() {
        assert_eq!(named(&texts(Some("q"), None, Some("a"))), "question and answer");
        assert_eq!(named(&texts(Some("q"), Some("c"), Some("a"))), "question, answer and code");
        assert_eq!(named(&texts(None, None, Some("a"))), "answer");
    }

    #[test]
    fn changes_are_of_what_is_spoken_of() {
        let before = texts(Some("q"), None, Some("1"));
        let found = changes(&before, &texts(None, Some("print(2)"), Some("2")));
        let told: Vec<_> = found.iter().map(|c| (c.name, c.before.as_str(), c.after.as_str())).collect();
        assert_eq!(told, [("answer", "1", "2"), ("code", "", "print(2)")]);
    }
}
