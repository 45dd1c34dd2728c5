//! What people say of pairs and candidates, and other verifiers of pairs.

use serde::{Deserialize, Serialize};

use super::super::revision::Revision;
use crate::verifier::Outcome;
use crate::words::words;

words! {
    /// Which kind of decision.
    pub enum DecisionKind {
        /// On a pair: equivalent, different, can't tell.
        Judgement = "judgement",
        /// On a candidate: accept, reject, flag.
        Curation = "curation",
        /// A corrected text of a candidate.
        Revision = "revision",
        /// Takes an earlier decision back.
        Reversal = "reversal",
    }
}

words! {
    /// A person's word on a pair.
    pub enum Judgement {
        /// The two answers mean the same.
        Equivalent = "equivalent",
        /// They do not.
        Different = "different",
        /// The person cannot tell.
        CantTell = "cant_tell",
    }
}

words! {
    /// A person's word on a candidate.
    pub enum Curation {
        /// It belongs in the dataset.
        Accept = "accept",
        /// It does not.
        Reject = "reject",
        /// Somebody should look again.
        Flag = "flag",
    }
}

words! {
    /// Which answer a person found right.
    pub enum RightSide {
        /// The code answer.
        Code = "code",
        /// The CoT answer.
        Cot = "cot",
        /// Both.
        Both = "both",
        /// Neither.
        Neither = "neither",
    }
}

/// A decision to be appended. Nothing is ever changed in place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The candidate it is about (row id).
    pub candidate: i64,
    /// For judgements: the response's sample number within the candidate.
    #[serde(default)]
    pub sample: Option<u32>,
    /// A judgement on the pair.
    #[serde(default)]
    pub judgement: Option<Judgement>,
    /// A curation of the candidate.
    #[serde(default)]
    pub curation: Option<Curation>,
    /// Which side was right.
    #[serde(default)]
    pub right: Option<RightSide>,
    /// Texts that are corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Box<Revision>>,
    /// For judgements and sides: the revised reference answer that they are about. Without one they are about the answer
    /// that the candidate came with, whatever was revised since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Takes back the decision with this uid.
    #[serde(default)]
    pub reverses: Option<String>,
    /// Who decides.
    #[serde(default)]
    pub reviewer: String,
    /// Why.
    #[serde(default)]
    pub note: Option<String>,
    /// Cause of the verifier's error, where a judgement overrides.
    #[serde(default)]
    pub cause: Option<String>,
    /// Tags to set on the candidate.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether the verdict was hidden when it was made.
    #[serde(default)]
    pub blind: bool,
    /// For judgements: settles the pair over the reviewers' majority.
    #[serde(default)]
    pub adjudicates: bool,
    /// What was decided at once has the same batch, and is undone and redone as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
}

/// A decision as it stands in the log.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// Row, in the order of the log.
    pub id: i64,
    /// Stable identity.
    pub uid: String,
    /// RFC 3339.
    pub at: String,
    /// Which kind.
    pub kind: DecisionKind,
    /// What was decided.
    #[serde(flatten)]
    pub body: NewDecision,
    /// Uid of the reversal that took it back.
    pub reversed_by: Option<String>,
}

/// What a verifier beside ours says of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondWord {
    /// Row of the response.
    pub response: i64,
    /// The verifier's name.
    pub verifier: String,
    /// What it says.
    pub outcome: Outcome,
    /// Its reason, where it gave one.
    pub detail: String,
    /// What it is: another version's words are asked for anew.
    pub version: String,
}
