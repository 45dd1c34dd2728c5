//! How hard questions are: the share of solvers' responses that are equivalent to the reference.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::Serialize;

use crate::failure::FailureKind;
use crate::review::proportion::wilson;
use crate::store::record::{CandidateView, ResponseView};
use crate::verifier::Outcome;

/// A mean over candidates of the share of their responses that are right, with its interval at 95 %.
///
/// Responses to one question are alike, so the interval goes by candidates: it is Wilson's for as many trials as give a
/// proportion the variance that the candidates' shares have (their design effect), at least one a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Accuracy {
    /// Candidates with a response that counts.
    pub candidates: u64,
    /// Responses that count.
    pub responses: u64,
    /// The mean; `None` where nothing counts.
    pub estimate: Option<f64>,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Sums from which an [`Accuracy`] follows.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    candidates: u64,
    responses: u64,
    sum: f64,
    squares: f64,
}

impl Moments {
    /// Counts a candidate's responses; none where none of them counts.
    fn add(&mut self, right: u64, counted: u64) {
        if counted > 0 {
            let share = right as f64 / counted as f64;
            self.candidates += 1;
            self.responses += counted;
            self.sum += share;
            self.squares += share * share;
        }
    }

    /// The mean with its interval.
    pub fn accuracy(&self) -> Accuracy {
        let Self { candidates, responses, sum, squares } = *self;
        if candidates == 0 {
            return Accuracy { candidates, responses, estimate: None, low: 0.0, high: 1.0 };
        }
        let n = candidates as f64;
        let p = (sum / n).clamp(0.0, 1.0);
        let variance = (squares / n - p * p).max(0.0);
        let trials = if variance > 0.0 { (n * p * (1.0 - p) / variance).clamp(n, responses as f64) } else { n };
        let (low, high) = wilson(p, trials);
        Accuracy { candidates, responses, estimate: Some(p), low: low.min(p), high: high.max(p) }
    }
}

impl AddAssign<&Self> for Moments {
    fn add_assign(&mut self, other: &Self) {
        self.candidates += other.candidates;
        self.responses += other.responses;
        self.sum += other.sum;
        self.squares += other.squares;
    }
}

/// Responses of a candidate that count, and whether each is right: not what infrastructure kept from a verdict, but what
/// has no answer, and what could not be decided.
fn counted(view: &CandidateView) -> impl Iterator<Item = (&ResponseView, bool)> {
    view.responses.iter().filter_map(|response| {
        let counts = match response.standing {
            Some(outcome) => outcome != Outcome::Error,
            None => response.record.failure.as_ref().is_some_and(|f| f.kind == FailureKind::NoAnswer),
        };
        counts.then(|| (response, response.standing == Some(Outcome::Equivalent)))
    })
}

/// Sums of a part of the candidates: of all solvers, and of each.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Difficulty {
    all: Moments,
    solvers: BTreeMap<String, Moments>,
}

impl Difficulty {
    pub(super) fn add(&mut self, view: &CandidateView) {
        let mut by_solver: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        let mut all = (0, 0);
        for (response, right) in counted(view) {
            let one = by_solver.entry(&response.record.solver).or_default();
            for sums in [one, &mut all] {
                sums.0 += u64::from(right);
                sums.1 += 1;
            }
        }
        self.all.add(all.0, all.1);
        for (solver, (right, counted)) in by_solver {
            match self.solvers.get_mut(solver) {
                Some(moments) => moments.add(right, counted),
                None => self.solvers.entry(solver.to_owned()).or_default().add(right, counted),
            }
        }
    }

    pub(super) fn accuracy(&self) -> Accuracy {
        self.all.accuracy()
    }

    pub(super) fn solvers(&self) -> impl Iterator<Item = (&str, Accuracy)> {
        self.solvers.iter().map(|(solver, moments)| (solver.as_str(), moments.accuracy()))
    }
}

impl AddAssign<&Self> for Difficulty {
    fn add_assign(&mut self, other: &Self) {
        self.all += &other.all;
        for (solver, moments) in &other.solvers {
            *self.solvers.entry(solver.clone()).or_default() += moments;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::proportion::Proportion;

    #[test]
    fn one_response_each_is_a_proportion() {
        let mut moments = Moments::default();
        for i in 0..40 {
            moments.add(u64::from(i % 4 != 0), 1);
        }
        let (accuracy, plain) = (moments.accuracy(), Proportion::new(30, 40));
        assert!((accuracy.low - plain.low).abs() < 1e-9 && (accuracy.high - plain.high).abs() < 1e-9, "{accuracy:?}");
        assert_eq!(accuracy.estimate, Some(0.75));
    }

    #[test]
    fn further_responses_to_the_same_questions_help_as_far_as_they_differ() {
        let (mut alike, mut unlike) = (Moments::default(), Moments::default());
        for i in 0..40_u64 {
            // Every question is either always or never solved; every question is solved half the time.
            alike.add(if i % 2 == 0 { 10 } else { 0 }, 10);
            unlike.add(if i % 2 == 0 { 6 } else { 4 }, 10);
        }
        let width = |m: &Moments| m.accuracy().high - m.accuracy().low;
        let of_40 = Proportion::new(20, 40);
        assert!((width(&alike) - (of_40.high - of_40.low)).abs() < 1e-9, "as good as 40 responses");
        let of_400 = Proportion::new(200, 400);
        assert!((width(&unlike) - (of_400.high - of_400.low)).abs() < 1e-9, "no better than 400");
    }

    #[test]
    fn where_nothing_counts_nothing_is_known() {
        let accuracy = Moments::default().accuracy();
        assert_eq!((accuracy.estimate, accuracy.low, accuracy.high), (None, 0.0, 1.0));
    }
}
