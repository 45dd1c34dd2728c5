//! Corrections: what a person puts in place of a candidate's question, code or reference answer.
//!
//! A revision is a decision like every other: appended, undone by a reversal, merged by its identity. What the candidate came
//! with stays. Each text is what the latest revision in force says of it, so that one reviewer's question and another's answer
//! both count.
//!
//! A revised reference answer makes other pairs of the responses: they have verdicts of their own, given when the revision
//! was made, and judgements of their own, which name the answer that they are about. What was judged before says nothing of
//! them, and what is judged of them says nothing of the verifier's work on the first answer: rates are computed from that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::reader::stored::heed;
use super::record::{CandidateView, ExecutionRecord, Judgement, ReferenceKind, ResponseView};
use crate::verifier::{Pair, Verdict};

/// The texts that can be corrected; `None` where one is not spoken of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Texts {
    /// The question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reference answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Texts {
    /// The texts by name, the short ones first.
    pub fn named(&self) -> [(&'static str, Option<&str>); 3] {
        [("question", self.question.as_deref()), ("answer", self.reference.as_deref()), ("code", self.code.as_deref())]
    }

    /// Whether none is spoken of.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those that are not the same as `others` have.
    #[must_use]
    pub fn beside(self, others: &Self) -> Self {
        let other = |mine: Option<String>, theirs: &Option<String>| mine.filter(|text| theirs.as_ref() != Some(text));
        Self {
            question: other(self.question, &others.question),
            code: other(self.code, &others.code),
            reference: other(self.reference, &others.reference),
        }
    }

    /// These, and where one is not spoken of what `others` have.
    #[must_use]
    pub fn over(self, others: &Self) -> Self {
        Self {
            question: self.question.or_else(|| others.question.clone()),
            code: self.code.or_else(|| others.code.clone()),
            reference: self.reference.or_else(|| others.reference.clone()),
        }
    }

    /// What `others` have of the texts that are spoken of here.
    #[must_use]
    pub fn replaced_in(&self, others: &Self) -> Self {
        let theirs = |mine: &Option<String>, theirs: &Option<String>| mine.as_ref().and(theirs.clone());
        Self {
            question: theirs(&self.question, &others.question),
            code: theirs(&self.code, &others.code),
            reference: theirs(&self.reference, &others.reference),
        }
    }
}

/// A revision, to be appended as a decision; why it is made is the decision's note.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The question from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// The code from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reference answer from now on. It stands alone: alternatives that the candidate came with were to the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What the verifier says of the pairs with this reference answer, by sample.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<u32, Verdict>,
    /// The run of this code, in isolation, where it was run before it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionRecord>,
    /// Whether that run printed the reference answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub printed: bool,
}

impl Revision {
    /// A revision to these texts, which nobody has verified.
    pub fn to(texts: Texts) -> Self {
        let Texts { question, code, reference } = texts;
        Self { question, code, reference, ..Self::default() }
    }

    /// The texts that it changes.
    pub fn texts(&self) -> Texts {
        Texts { question: self.question.clone(), code: self.code.clone(), reference: self.reference.clone() }
    }
}

/// What stands of a candidate's revisions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revised {
    /// The texts now: those that are not as they came.
    pub now: Texts,
    /// What the candidate came with in their place.
    pub came: Texts,
    /// The pairs with the revised reference answer, by sample; none where that is as it came.
    pub pairs: BTreeMap<u32, RevisedPair>,
    /// The first pairs, where the view is in its revised form, in which the others stand in their place.
    #[serde(skip)]
    pub first: BTreeMap<u32, RevisedPair>,
    /// The run of the revised code, where there was one.
    pub execution: Option<ExecutionRecord>,
    /// Whether revised code printed the revised reference answer.
    pub printed: bool,
    /// Whether the view is in its revised form: see [`CandidateView::current`].
    #[serde(skip)]
    pub is_shown: bool,
}

/// What is said of a pair with one of the two reference answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RevisedPair {
    /// The verdict; with the revised answer, as of the revision.
    pub verdict: Option<Verdict>,
    /// The reviewers' word on this pair.
    pub judgement: Option<Judgement>,
    /// Reviewers disagree with each other about it.
    pub contested: bool,
}

impl CandidateView {
    /// The candidate as its revisions have it: texts, executions of the code as it is now, and pairs. A view is read as the
    /// candidate came, since that is what the verifier compared; whoever shows or exports one takes this form of it.
    #[must_use]
    pub fn current(mut self) -> Self {
        let Some(mut revised) = self.revised.take() else { return self };
        if std::mem::replace(&mut revised.is_shown, true) {
            self.revised = Some(revised);
            return self;
        }
        let record = &mut self.record;
        if let Some(question) = &revised.now.question {
            record.question.clone_from(question);
        }
        if let Some(code) = &revised.now.code {
            record.code = Some(code.clone());
            record.executions = revised.execution.iter().cloned().collect();
        }
        if let Some(reference) = &revised.now.reference {
            record.reference = Some(reference.clone());
            record.reference_kind = Some(if revised.printed { ReferenceKind::Executed } else { ReferenceKind::Given });
            record.metadata.remove("references");
            for response in &mut self.responses {
                let sample = response.record.sample;
                let pair = revised.pairs.get(&sample).cloned().unwrap_or_default();
                let first = RevisedPair {
                    verdict: std::mem::replace(&mut response.record.verdict, pair.verdict),
                    judgement: std::mem::replace(&mut response.judgement, pair.judgement),
                    contested: std::mem::replace(&mut response.contested, pair.contested),
                };
                revised.first.insert(sample, first);
            }
        }
        self.revised = Some(revised);
        self
    }

    /// The texts that the candidate came with, whichever form the view is in.
    pub fn came(&self) -> Texts {
        let mut texts = self.texts();
        if let Some(Revised { now, came, is_shown: true, .. }) = &self.revised {
            let first = |now: &Option<String>, came: &Option<String>, shown: &mut Option<String>| {
                if now.is_some() {
                    shown.clone_from(came);
                }
            };
            first(&now.question, &came.question, &mut texts.question);
            first(&now.code, &came.code, &mut texts.code);
            first(&now.reference, &came.reference, &mut texts.reference);
        }
        texts
    }

    /// The texts that the view shows.
    pub fn texts(&self) -> Texts {
        Texts {
            question: Some(self.record.question.clone()),
            code: self.record.code.clone(),
            reference: self.record.reference.clone(),
        }
    }

    /// What the verifier is asked of a response beside this reference answer.
    pub fn pair(&self, response: &ResponseView, reference: &str) -> Pair {
        let mut pair = Pair::default();
        heed(&mut pair, &self.record.metadata);
        pair.references = vec![reference.to_owned()];
        pair.response.clone_from(&response.record.text);
        pair.question = Some(self.record.question.clone()).filter(|question| !question.is_empty());
        pair.domain = Some(self.record.domain.clone()).filter(|domain| !domain.is_empty());
        pair
    }

    /// The revised texts, where the view shows them.
    pub fn shows_revised(&self) -> Option<&Texts> {
        self.revised.as_ref().filter(|revised| revised.is_shown).map(|revised| &revised.now)
    }

    /// The reference answer that a judgement of what the view shows is about; `None` for the one that the candidate came
    /// with.
    pub fn about(&self) -> Option<String> {
        self.shows_revised().and_then(|now| now.reference.clone())
    }
}
