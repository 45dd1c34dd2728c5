//! Two runs side by side.

use serde::Serialize;

use super::{ReportRow, RunReport};
use crate::review::proportion::Proportion;

/// A figure of one run beside the same of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// What is measured.
    pub measure: &'static str,
    /// In which unit: `share`, `distance`, `tokens`, `usd`, `seconds`.
    pub unit: &'static str,
    /// In the run asked for.
    pub here: Option<f64>,
    /// In the other one.
    pub there: Option<f64>,
    /// The first less the second.
    pub difference: Option<f64>,
    /// The difference's interval at 95 %, where it has one (Newcombe's, from Wilson's of both).
    pub interval: Option<[f64; 2]>,
}

/// A share with its interval, as far as it is known.
type Share = (Option<f64>, f64, f64);

fn shares(measure: &'static str, here: Share, there: Share) -> Change {
    let ((Some(p), p_low, p_high), (Some(q), q_low, q_high)) = (here, there) else {
        return Change { measure, unit: "share", here: here.0, there: there.0, difference: None, interval: None };
    };
    let d = p - q;
    let below = ((p - p_low).powi(2) + (q_high - q).powi(2)).sqrt();
    let above = ((p_high - p).powi(2) + (q - q_low).powi(2)).sqrt();
    let interval = Some([(d - below).max(-1.0), (d + above).min(1.0)]);
    Change { measure, unit: "share", here: Some(p), there: Some(q), difference: Some(d), interval }
}

fn plain(measure: &'static str, unit: &'static str, here: Option<f64>, there: Option<f64>) -> Change {
    Change { measure, unit, here, there, difference: here.zip(there).map(|(a, b)| a - b), interval: None }
}

/// The figures of a report beside those of another: of everything in each.
pub fn compare(here: &RunReport, there: &RunReport) -> Vec<Change> {
    let (Some(a), Some(b)) = (here.total(), there.total()) else { return Vec::new() };
    let parts = |Proportion { estimate, low, high, .. }: Proportion| (estimate, low, high);
    let both = |measure, part: fn(&ReportRow) -> u64| {
        let share = |row: &ReportRow| parts(row.counts.share(part(row)));
        shares(measure, share(a), share(b))
    };
    let made = |measure, part: fn(&ReportRow) -> u64| {
        let share = |row: &ReportRow| parts(row.counts.share_of_made(part(row)));
        shares(measure, share(a), share(b))
    };
    let accuracy = |row: &ReportRow| (row.accuracy.estimate, row.accuracy.low, row.accuracy.high);
    let of = |measure, unit, get: fn(&ReportRow) -> Option<f64>| plain(measure, unit, get(a), get(b));
    let mut changes = vec![
        both("pass", |r| r.counts.agreed),
        both("rejected", |r| r.counts.disagreed),
        both("undecided", |r| r.counts.undecided),
        made("not executable", |r| r.counts.not_executable),
        made("other failures", |r| r.counts.other_failures()),
        shares("solver accuracy", accuracy(a), accuracy(b)),
        of("cosine distance to the nearest seed", "distance", |r| r.diversity.seeds.map(|d| d.nearest.cosine)),
        of("lexical distance to the nearest seed", "distance", |r| r.diversity.seeds.map(|d| d.nearest.lexical)),
        of("cosine distance to the nearest sibling", "distance", |r| r.diversity.siblings.map(|d| d.nearest.cosine)),
        of("lexical distance to the nearest sibling", "distance", |r| r.diversity.siblings.map(|d| d.nearest.lexical)),
        of("distinct pairs of words", "share", |r| r.diversity.distinct_2),
        of("tokens a candidate that agrees", "tokens", |r| r.cost.tokens_per_agreeing),
        of("US dollars a candidate that agrees", "usd", |r| r.cost.usd_per_agreeing),
    ];
    let median = |report: &RunReport, stage: &str| report.times.iter().rev().find(|t| t.stage == stage).map(|t| t.p50);
    for (stage, measure) in [
        ("generate", "median of generate"),
        ("execute", "median of execute"),
        ("solve", "median of solve"),
        ("verify", "median of verify"),
    ] {
        changes.push(plain(measure, "seconds", median(here, stage), median(there, stage)));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_newcombes_interval() {
        // Newcombe, Statistics in Medicine 17 (1998), method 10, example (a): 56/70 against 48/80 gives 0.0524 … 0.3339.
        let share = |k, n| {
            let p = Proportion::new(k, n);
            (p.estimate, p.low, p.high)
        };
        let change = shares("pass", share(56, 70), share(48, 80));
        let [low, high] = change.interval.unwrap();
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5, "{low} {high}");
        assert!((change.difference.unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(shares("pass", share(0, 0), share(1, 2)).difference, None);
    }
}
