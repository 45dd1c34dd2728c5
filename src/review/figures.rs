//! What a run came to: pass, rejected and not executable, by strategy and domain, as the article tabulates them.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::proportion::Proportion;
use crate::failure::FailureKind;
use crate::store::record::{Agreement, CandidateView, Curation, ResponseView};
use crate::verifier::Outcome;

/// Counts of some candidates. `agreed`, `disagreed`, `undecided`, `not_executable`, `failed`, `unanswered` and
/// `not_solved` cut `candidates` into parts: each candidate is in exactly one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counts {
    /// All of them.
    pub candidates: u64,
    /// The responses agree with the reference (the article's *pass*); judgements counted.
    pub agreed: u64,
    /// They do not (the article's *rejected*).
    pub disagreed: u64,
    /// The verifier could not tell.
    pub undecided: u64,
    /// The code failed: every kind that begins with `code_`.
    pub not_executable: u64,
    /// Everything else that failed, by kind.
    pub failed: BTreeMap<FailureKind, u64>,
    /// Nothing failed, and none of the responses has a verdict.
    pub unanswered: u64,
    /// Nothing failed, and nobody was asked for a response.
    pub not_solved: u64,
    /// Kinds of the code failures counted in `not_executable`.
    pub code_failures: BTreeMap<FailureKind, u64>,
    /// Responses.
    pub responses: u64,
    /// Candidates that a person accepted.
    pub accepted: u64,
    /// Candidates that a person rejected.
    pub rejected: u64,
    /// Candidates that a person flagged.
    pub flagged: u64,
    /// Candidates with a pair that reviewers disagree about.
    pub contested: u64,
    /// Pairs that people judged.
    pub judged: u64,
    /// Candidates that have a pass rate.
    pub rated: u64,
    /// Sum of their pass rates, see [`pass_rate`].
    pub pass_sum: f64,
}

impl Counts {
    /// Counts one candidate.
    pub fn add(&mut self, view: &CandidateView) {
        self.candidates += 1;
        self.responses += view.responses.len() as u64;
        self.judged += view.responses.iter().filter(|r| r.judgement.is_some()).count() as u64;
        self.contested += u64::from(view.contested);
        match view.curation {
            Some(Curation::Accept) => self.accepted += 1,
            Some(Curation::Reject) => self.rejected += 1,
            Some(Curation::Flag) => self.flagged += 1,
            None => {}
        }
        if let Some(rate) = pass_rate(view) {
            self.rated += 1;
            self.pass_sum += rate;
        }
        match (failure_kind(view), view.standing) {
            (Some(kind), _) if kind.is_of_code() => {
                self.not_executable += 1;
                *self.code_failures.entry(kind).or_default() += 1;
            }
            (Some(kind), _) => *self.failed.entry(kind).or_default() += 1,
            (None, Agreement::Agrees) => self.agreed += 1,
            (None, Agreement::Disagrees) => self.disagreed += 1,
            (None, Agreement::Undecided) => self.undecided += 1,
            (None, Agreement::None) if view.responses.is_empty() => self.not_solved += 1,
            (None, Agreement::None) => self.unanswered += 1,
        }
    }

    /// Candidates that failed otherwise than in their code.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Candidates that infrastructure kept from an outcome: the endpoint failed, or they were stopped.
    pub fn infrastructure(&self) -> u64 {
        [FailureKind::ModelError, FailureKind::Cancelled].iter().filter_map(|kind| self.failed.get(kind)).sum()
    }

    /// Candidates that failed by their own or their model's fault, otherwise than in their code, or have no verdict.
    pub fn other_failures(&self) -> u64 {
        self.failures() - self.infrastructure() + self.unanswered
    }

    /// Mean over candidates of the share of their responses that stand as equivalent; `None` without any.
    pub fn mean_pass_rate(&self) -> Option<f64> {
        (self.rated > 0).then(|| self.pass_sum / self.rated as f64)
    }

    /// What came of solving, as a share with its interval: of all candidates but those that nobody was asked to solve and
    /// those that infrastructure lost. Where nobody was asked at all there is no share.
    pub fn share(&self, part: u64) -> Proportion {
        let came = self.agreed + self.disagreed + self.undecided + self.unanswered;
        let nobody = self.not_solved > 0 && came == 0;
        Proportion::new(part, if nobody { 0 } else { self.kept() - self.not_solved })
    }

    /// What came of making candidates, such as code that cannot be executed, as a share with its interval: of all but those
    /// that infrastructure lost.
    pub fn share_of_made(&self, part: u64) -> Proportion {
        Proportion::new(part, self.kept())
    }

    fn kept(&self) -> u64 {
        self.candidates - self.infrastructure()
    }

    /// What is in no share, in a sentence; `None` where there is nothing of it.
    pub fn apart(&self) -> Option<String> {
        let mut told = Vec::new();
        if self.not_solved > 0 {
            told.push(format!("{} not solved (nobody was asked)", self.not_solved));
        }
        if self.infrastructure() > 0 {
            told.push(format!("{} lost by infrastructure (model_error, cancelled)", self.infrastructure()));
        }
        (!told.is_empty()).then(|| format!("Not in the pass rate: {}.", told.join(", ")))
    }
}

impl AddAssign<&Self> for Counts {
    fn add_assign(&mut self, other: &Self) {
        self.candidates += other.candidates;
        self.agreed += other.agreed;
        self.disagreed += other.disagreed;
        self.undecided += other.undecided;
        self.not_executable += other.not_executable;
        for (kind, n) in &other.failed {
            *self.failed.entry(*kind).or_default() += n;
        }
        self.unanswered += other.unanswered;
        self.not_solved += other.not_solved;
        for (kind, n) in &other.code_failures {
            *self.code_failures.entry(*kind).or_default() += n;
        }
        self.responses += other.responses;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.flagged += other.flagged;
        self.contested += other.contested;
        self.judged += other.judged;
        self.rated += other.rated;
        self.pass_sum += other.pass_sum;
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Counts", 19)?;
        s.serialize_field("candidates", &self.candidates)?;
        s.serialize_field("agreed", &self.agreed)?;
        s.serialize_field("disagreed", &self.disagreed)?;
        s.serialize_field("undecided", &self.undecided)?;
        s.serialize_field("not_executable", &self.not_executable)?;
        s.serialize_field("failed", &self.failed)?;
        s.serialize_field("unanswered", &self.unanswered)?;
        s.serialize_field("not_solved", &self.not_solved)?;
        s.serialize_field("infrastructure", &self.infrastructure())?;
        s.serialize_field("code_failures", &self.code_failures)?;
        s.serialize_field("pass", &self.share(self.agreed))?;
        s.serialize_field("mean_pass_rate", &self.mean_pass_rate())?;
        s.serialize_field("rated", &self.rated)?;
        s.serialize_field("responses", &self.responses)?;
        s.serialize_field("accepted", &self.accepted)?;
        s.serialize_field("rejected", &self.rejected)?;
        s.serialize_field("flagged", &self.flagged)?;
        s.serialize_field("contested", &self.contested)?;
        s.serialize_field("judged", &self.judged)?;
        s.end()
    }
}

/// Share of a candidate's responses that stand as equivalent. An undecided response and one without an answer count as
/// not passing; a response that infrastructure kept from a verdict does not count. `None` when no response counts.
pub fn pass_rate(view: &CandidateView) -> Option<f64> {
    let (mut passed, mut counted) = (0_u32, 0_u32);
    for response in &view.responses {
        let counts = match response.standing {
            Some(outcome) => outcome != Outcome::Error,
            None => has_no_answer(response),
        };
        counted += u32::from(counts);
        passed += u32::from(response.standing == Some(Outcome::Equivalent));
    }
    (counted > 0).then(|| f64::from(passed) / f64::from(counted))
}

/// Whether the response's only fault is that it has no answer.
fn has_no_answer(response: &ResponseView) -> bool {
    response.record.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::NoAnswer)
}

/// The candidate's own failure; where it has none and nothing agrees or disagrees, that of its first failed response.
pub fn failure_kind(view: &CandidateView) -> Option<FailureKind> {
    let of_response = || {
        (view.standing == Agreement::None)
            .then(|| view.responses.iter().find_map(|response| response.record.failure.as_ref()))
            .flatten()
    };
    view.record.failure.as_ref().or_else(of_response).map(|failure| failure.kind)
}

/// A run's figures by strategy and domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    cells: BTreeMap<String, BTreeMap<String, Counts>>,
}

impl Figures {
    /// Figures of these candidates.
    pub fn of<'a>(views: impl IntoIterator<Item = &'a CandidateView>) -> Self {
        let mut figures = Self::default();
        views.into_iter().for_each(|view| figures.add(view));
        figures
    }

    /// Counts one candidate.
    pub fn add(&mut self, view: &CandidateView) {
        self.cell(&view.record.strategy, &view.record.domain).add(view);
    }

    /// Adds counts made elsewhere.
    pub fn add_counts(&mut self, strategy: &str, domain: &str, counts: &Counts) {
        *self.cell(strategy, domain) += counts;
    }

    fn cell(&mut self, strategy: &str, domain: &str) -> &mut Counts {
        self.cells.entry(strategy.to_owned()).or_default().entry(domain.to_owned()).or_default()
    }

    /// Strategies in order, each with its domains in order.
    pub fn strategies(&self) -> impl Iterator<Item = (&str, &BTreeMap<String, Counts>)> {
        self.cells.iter().map(|(strategy, domains)| (strategy.as_str(), domains))
    }

    /// Everything together.
    pub fn total(&self) -> Counts {
        sum(self.cells.values().flat_map(BTreeMap::values))
    }
}

/// Counts added up.
pub fn sum<'a>(counts: impl IntoIterator<Item = &'a Counts>) -> Counts {
    counts.into_iter().fold(Counts::default(), |mut sum, counts| {
        sum += counts;
        sum
    })
}

impl Serialize for Figures {
    /// `{"total": counts, "rows": [{"strategy", "domain", …counts}]}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'a> {
            strategy: &'a str,
            domain: &'a str,
            #[serde(flatten)]
            counts: &'a Counts,
        }
        let rows: Vec<Row<'_>> = self
            .strategies()
            .flat_map(|(strategy, domains)| {
                domains.iter().map(move |(domain, counts)| Row { strategy, domain, counts })
            })
            .collect();
        let mut s = serializer.serialize_struct("Figures", 2)?;
        s.serialize_field("total", &self.total())?;
        s.serialize_field("rows", &rows)?;
        s.end()
    }
}
