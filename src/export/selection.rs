//! What belongs in a dataset: what a person accepted, or what agrees and nobody rejected; never what is flagged,
//! contested or failed.

use std::fmt;

use super::options::WhichResponses;
use crate::failure::FailureKind;
use crate::review::figures::failure_kind;
use crate::store::record::{Agreement, CandidateView, Curation, ResponseView, RightSide};
use crate::store::revision::Texts;
use crate::verifier::Outcome;

/// Why a candidate is not in an export. `Display` gives the words under which the manifest counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// A person rejected it.
    Rejected,
    /// A person flagged it.
    Flagged,
    /// Reviewers disagree about one of its pairs.
    Contested,
    /// There is no question or no reference, or no response came, for this reason.
    Failed(FailureKind),
    /// It has no question, and nothing says why.
    NoQuestion,
    /// It has no reference answer, and nothing says why.
    NoReference,
    /// A person found that the reference answer is not right.
    ReferenceWrong,
    /// Its responses do not agree with the reference.
    Different,
    /// The verifier could not tell.
    Undecided,
    /// No response stands as equivalent to the reference.
    NoVerifiedResponse,
    /// An earlier candidate asks the same.
    Duplicate,
    /// An earlier candidate asks nearly the same.
    NearDuplicate,
    /// Its question is in a file to keep away from.
    Contaminated,
    /// No response stands as different from the reference, to be preferred against.
    NoRefutedResponse,
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Rejected => "rejected",
            Self::Flagged => "flagged",
            Self::Contested => "contested",
            Self::Failed(kind) => return write!(f, "failed:{kind}"),
            Self::NoQuestion => "no question",
            Self::NoReference => "no reference",
            Self::ReferenceWrong => "reference judged wrong",
            Self::Different => "different",
            Self::Undecided => "undecided",
            Self::NoVerifiedResponse => "no verified response",
            Self::Duplicate => "duplicate question",
            Self::NearDuplicate => "near-duplicate question",
            Self::Contaminated => "contaminated",
            Self::NoRefutedResponse => "no refuted response",
        };
        f.pad(words)
    }
}

/// Whether the candidate belongs in a dataset, as the view shows it.
///
/// # Errors
/// The first reason that keeps it out; a person's reasons come before the machine's.
pub fn select(view: &CandidateView) -> Result<(), Skip> {
    match view.curation {
        Some(Curation::Reject) => return Err(Skip::Rejected),
        Some(Curation::Flag) => return Err(Skip::Flagged),
        Some(Curation::Accept) | None => {}
    }
    if view.contested {
        return Err(Skip::Contested);
    }
    let failed = failure_kind(view);
    let or = |skip| failed.map_or(skip, Skip::Failed);
    if view.record.question.trim().is_empty() {
        return Err(or(Skip::NoQuestion));
    }
    if reference(view).is_none() {
        return Err(or(Skip::NoReference));
    }
    // What is right is said of the answer that stands: once a wrong one was corrected, it can be exported.
    if matches!(view.right, Some(RightSide::Cot | RightSide::Neither)) {
        return Err(Skip::ReferenceWrong);
    }
    if view.curation == Some(Curation::Accept) {
        return Ok(());
    }
    match (failed, view.standing) {
        (Some(kind), _) => Err(Skip::Failed(kind)),
        (None, Agreement::Agrees) => Ok(()),
        (None, Agreement::Disagrees) => Err(Skip::Different),
        (None, Agreement::Undecided) => Err(Skip::Undecided),
        (None, Agreement::None) => Err(Skip::NoVerifiedResponse),
    }
}

/// The names of the texts that people corrected, where the view shows them so.
pub(super) fn revised(view: &CandidateView) -> Vec<&'static str> {
    let now = view.shows_revised();
    now.into_iter().flat_map(Texts::named).filter(|(_, text)| text.is_some()).map(|(name, _)| name).collect()
}

/// The reference answer, if there is one that is not blank.
pub(super) fn reference(view: &CandidateView) -> Option<&str> {
    view.record.reference.as_deref().filter(|reference| !reference.trim().is_empty())
}

/// Whether the response stands as equivalent to the reference.
pub fn is_verified(response: &ResponseView) -> bool {
    response.standing == Some(Outcome::Equivalent) && !response.contested && !response.record.text.trim().is_empty()
}

/// Whether the response stands as different from the reference.
pub(super) fn is_refuted(response: &ResponseView) -> bool {
    response.standing == Some(Outcome::Different) && !response.contested && !response.record.text.trim().is_empty()
}

/// The candidate's verified responses that `which` chooses, by sample.
///
/// # Errors
/// [`Skip::NoVerifiedResponse`] when there is none.
pub fn verified(view: &CandidateView, which: WhichResponses) -> Result<Vec<&ResponseView>, Skip> {
    let mut all: Vec<&ResponseView> = view.responses.iter().filter(|response| is_verified(response)).collect();
    all.sort_by_key(|response| (response.record.sample, response.id));
    if which == WhichResponses::ShortestVerified {
        all.sort_by_key(|response| response.record.text.chars().count());
    }
    if which != WhichResponses::AllVerified {
        all.truncate(1);
    }
    if all.is_empty() { Err(Skip::NoVerifiedResponse) } else { Ok(all) }
}
