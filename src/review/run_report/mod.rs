//! The report of a run: what came of it by strategy and domain, how hard and how diverse its questions are, what a
//! candidate cost, and how long each stage took. The words and figures are those by which Loong's paper compares strategies:
//! pass, rejected, not executable; difficulty as solver accuracy; diversity as cosine and lexical distance to the seeds.

mod comparison;
mod difficulty;
mod diversity;
mod document;
mod times;
pub mod words;

use std::collections::BTreeMap;

use serde::Serialize;

pub use comparison::{Change, compare};
pub use difficulty::{Accuracy, Moments};
pub use diversity::{Distances, Diversity, Mean};
pub use document::markdown;
pub use times::StageTimes;

use super::figures::{Counts, Figures, sum};
use crate::store::Spending;
use crate::store::record::CandidateView;
use difficulty::Difficulty;
use diversity::Sample;
use times::Times;

/// What some candidates cost, those that failed included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Replies that went into them.
    pub replies: u64,
    /// Replies among them whose tokens the endpoint did not say.
    pub without_usage: u64,
    /// Tokens of the others, requests included.
    pub tokens: u64,
    /// Replies among them whose price nobody knows.
    pub without_price: u64,
    /// US dollars of the others.
    pub usd: f64,
    /// Tokens for each candidate that agrees; `None` where none does, or nothing is known. A lower bound where some usage is
    /// unknown.
    pub tokens_per_agreeing: Option<f64>,
    /// US dollars for each candidate that agrees, likewise.
    pub usd_per_agreeing: Option<f64>,
}

impl Cost {
    fn of<'a>(cells: impl Iterator<Item = &'a Spending>, agreed: u64) -> Self {
        let mut cost = Self::default();
        for cell in cells {
            cost.replies += cell.replies;
            cost.without_usage += cell.unknown;
            cost.tokens = cost.tokens.saturating_add(cell.prompt_tokens).saturating_add(cell.completion_tokens);
            cost.without_price += cell.unpriced;
            cost.usd += cell.cost;
        }
        cost.each(agreed)
    }

    /// Both together, for so many candidates that agree.
    fn and(self, other: &Self, agreed: u64) -> Self {
        let sum = Self {
            replies: self.replies + other.replies,
            without_usage: self.without_usage + other.without_usage,
            tokens: self.tokens + other.tokens,
            without_price: self.without_price + other.without_price,
            usd: self.usd + other.usd,
            ..Self::default()
        };
        sum.each(agreed)
    }

    fn each(mut self, agreed: u64) -> Self {
        let each = |sum: f64, unknown: u64| (agreed > 0 && unknown < self.replies).then(|| sum / agreed as f64);
        let tokens = each(self.tokens as f64, self.without_usage);
        let usd = each(self.usd, self.without_price);
        (self.tokens_per_agreeing, self.usd_per_agreeing) = (tokens, usd);
        self
    }
}

/// The figures of a strategy, of one of its domains, or of everything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportRow {
    /// The strategy; `None` for all.
    pub strategy: Option<String>,
    /// The domain; `None` for all of the strategy.
    pub domain: Option<String>,
    /// What came of the candidates.
    pub counts: Counts,
    /// How hard they are: all solvers together.
    pub accuracy: Accuracy,
    /// How diverse their questions are.
    pub diversity: Diversity,
    /// What they cost.
    pub cost: Cost,
}

/// How well one solver did on a strategy's candidates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SolverRow {
    /// The strategy.
    pub strategy: String,
    /// The solver.
    pub solver: String,
    /// Its accuracy.
    pub accuracy: Accuracy,
}

/// The report.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RunReport {
    /// Strategies in order, each followed by its domains; last, where there are several strategies, all together.
    pub rows: Vec<ReportRow>,
    /// Solvers by strategy.
    pub solvers: Vec<SolverRow>,
    /// Stages by strategy; last, where there are several strategies, of all together.
    pub times: Vec<StageTimes>,
    /// What was paid for slots that have no candidate, or not yet.
    pub outside: Cost,
    /// What all replies cost, those included.
    pub all_replies: Cost,
}

impl RunReport {
    /// The report with what was paid for slots that have no candidate.
    #[must_use]
    pub fn with_outside(mut self, spending: &[Spending]) -> Self {
        let total = self.total().map(|row| (row.cost, row.counts.agreed));
        let (inside, agreed) = total.unwrap_or_default();
        self.outside = Cost::of(spending.iter(), 0);
        self.all_replies = inside.and(&self.outside, agreed);
        self
    }

    /// The rows of cost that belong to no candidate, with their names: what is outside, and the sum; none where all
    /// replies are in candidates.
    pub fn rest(&self) -> Vec<(&'static str, Cost)> {
        if self.outside.replies == 0 {
            return Vec::new();
        }
        vec![("not in a candidate yet", self.outside), ("all replies", self.all_replies)]
    }

    /// The row of everything.
    pub fn total(&self) -> Option<&ReportRow> {
        self.rows.iter().find(|row| row.strategy.is_none()).or_else(|| self.rows.first())
    }
}

/// A report while candidates are being gathered for it; memory does not grow with their number.
#[derive(Debug, Default)]
pub struct Gathered {
    figures: Figures,
    difficulty: BTreeMap<(String, String), Difficulty>,
    times: BTreeMap<String, Times>,
    all_times: Times,
    sample: Sample,
}

impl Gathered {
    /// Takes a candidate in.
    pub fn add(&mut self, view: &CandidateView) {
        let record = &view.record;
        self.figures.add(view);
        let cell = (record.strategy.clone(), record.domain.clone());
        self.difficulty.entry(cell).or_default().add(view);
        self.times.entry(record.strategy.clone()).or_default().add(&record.stages, !view.responses.is_empty());
        self.all_times.add(&record.stages, !view.responses.is_empty());
        self.sample.add(view);
    }

    /// The counts alone.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// The report, with what candidates cost, and measured against the seeds (domain and question).
    pub fn report<'a>(&self, spending: &[Spending], seeds: impl IntoIterator<Item = (&'a str, &'a str)>) -> RunReport {
        let measured = self.sample.measure(seeds);
        let row = |strategy: Option<&str>, domain: Option<&str>, counts: Counts| {
            let takes = |s: &str, d: &str| strategy.is_none_or(|w| w == s) && domain.is_none_or(|w| w == d);
            let mut difficulty = Difficulty::default();
            self.difficulty.iter().filter(|((s, d), _)| takes(s, d)).for_each(|(_, part)| difficulty += part);
            ReportRow {
                strategy: strategy.map(str::to_owned),
                domain: domain.map(str::to_owned),
                cost: Cost::of(spending.iter().filter(|cell| takes(&cell.strategy, &cell.domain)), counts.agreed),
                counts,
                accuracy: difficulty.accuracy(),
                diversity: measured.of(takes),
            }
        };
        let mut report = RunReport::default();
        for (strategy, domains) in self.figures.strategies() {
            report.rows.push(row(Some(strategy), None, sum(domains.values())));
            for (domain, counts) in domains {
                report.rows.push(row(Some(strategy), Some(domain), counts.clone()));
            }
            let mut difficulty = Difficulty::default();
            self.difficulty.iter().filter(|((s, _), _)| s == strategy).for_each(|(_, part)| difficulty += part);
            report.solvers.extend(difficulty.solvers().map(|(solver, accuracy)| SolverRow {
                strategy: strategy.to_owned(),
                solver: solver.to_owned(),
                accuracy,
            }));
        }
        for (strategy, times) in &self.times {
            report.times.extend(times.told(Some(strategy)));
        }
        if self.figures.strategies().count() > 1 {
            report.rows.push(row(None, None, self.figures.total()));
            report.times.extend(self.all_times.told(None));
        }
        report.with_outside(&[])
    }
}
