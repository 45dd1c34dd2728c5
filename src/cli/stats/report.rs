//! The report of a run, as tables.

use std::fmt::Write as _;

use super::show::named;
use crate::cli::output::seconds;
use crate::cli::table::{Align, Table, wrapped};
use crate::review::run_report::{Accuracy, Change, Cost, Distances, ReportRow, RunReport};

/// What stands for what is not known, or has no sense.
const NOTHING: &str = "–";

fn name(row: &ReportRow) -> String {
    match (&row.strategy, &row.domain) {
        (None, _) => "all".to_owned(),
        (Some(strategy), None) => named(strategy).to_owned(),
        (Some(_), Some(domain)) => format!("  {}", named(domain)),
    }
}

/// Difficulty, diversity, cost and time, as far as there is something to say.
pub(super) fn further(report: &RunReport, width: usize) -> impl Iterator<Item = String> {
    [solvers(report, width), diversity(report, width), cost(report, width), times(report, width)].into_iter().flatten()
}

/// The figures by which the paper compares strategies, in one table.
pub(super) fn paper(report: &RunReport, width: usize) -> String {
    let number = Align::Right;
    let mut table = Table::new(&[
        ("strategy\n  domain", Align::Left),
        ("pass\n%", number),
        ("re-\njected", number),
        ("unde-\ncided", number),
        ("not\nexec.", number),
        ("other\nfail.", number),
        ("solver\naccur.", number),
        ("cosine\nto seeds", number),
        ("lexical\nto seeds", number),
    ]);
    for row in &report.rows {
        let c = &row.counts;
        let share = |part| c.share(part).estimate.map_or_else(|| NOTHING.to_owned(), |e| format!("{:.1}", e * 100.0));
        let made =
            |part| c.share_of_made(part).estimate.map_or_else(|| NOTHING.to_owned(), |e| format!("{:.1}", e * 100.0));
        let nearest = row.diversity.seeds.map(|d| d.nearest);
        let distance = |d: Option<f64>| d.map_or_else(|| NOTHING.to_owned(), |d| format!("{d:.3}"));
        table.row([
            name(row),
            share(c.agreed),
            share(c.disagreed),
            share(c.undecided),
            made(c.not_executable),
            made(c.other_failures()),
            row.accuracy.estimate.map_or_else(|| NOTHING.to_owned(), |e| format!("{:.1}", e * 100.0)),
            distance(nearest.map(|d| d.cosine)),
            distance(nearest.map(|d| d.lexical)),
        ]);
    }
    let legend = "As the paper tabulates them: shares of candidates and the solvers' accuracy in %, and how far questions are from \
                  the nearest seed (0 is the same, 1 has nothing in common with any).";
    let apart = report.total().and_then(|total| total.counts.apart());
    let apart = apart.map_or_else(String::new, |apart| wrapped(&apart, width));
    wrapped(legend, width) + &table.render(width) + &apart
}

fn accuracy(a: &Accuracy) -> String {
    match a.estimate {
        Some(e) => format!("{:.1} [{:.1}, {:.1}]", e * 100.0, a.low * 100.0, a.high * 100.0),
        None => NOTHING.to_owned(),
    }
}

fn solvers(report: &RunReport, width: usize) -> Option<String> {
    let mut table = Table::new(&[
        ("strategy", Align::Left),
        ("solver", Align::Left),
        ("candi-\ndates", Align::Right),
        ("respon-\nses", Align::Right),
        ("accuracy, % [95 %]", Align::Right),
    ]);
    for row in &report.solvers {
        let a = &row.accuracy;
        let counts = [a.candidates.to_string(), a.responses.to_string(), accuracy(a)];
        table.row([named(&row.strategy).to_owned(), named(&row.solver).to_owned()].into_iter().chain(counts));
    }
    (!table.is_empty()).then(|| format!("Difficulty: how often solvers are right\n{}", table.render(width)))
}

fn diversity(report: &RunReport, width: usize) -> Option<String> {
    let number = Align::Right;
    let mut table = Table::new(&[
        ("strategy\n  domain", Align::Left),
        ("mea-\nsured", number),
        ("nearest\nseed", number),
        ("seeds,\nmean", number),
        ("nearest\nsibling", number),
        ("siblings,\nmean", number),
        ("distinct\npairs", number),
    ]);
    let two = |d: Option<Distances>, nearest: bool| {
        d.map_or_else(
            || NOTHING.to_owned(),
            |d| {
                let mean = if nearest { d.nearest } else { d.mean };
                format!("{:.2} {:.2}", mean.cosine, mean.lexical)
            },
        )
    };
    let mut sampled = None;
    for row in report.rows.iter().filter(|row| row.diversity.measured > 0) {
        let d = &row.diversity;
        if d.measured < d.questions {
            sampled = report.total().map(|all| (all.diversity.measured, all.diversity.questions));
        }
        table.row([
            name(row),
            d.measured.to_string(),
            two(d.seeds, true),
            two(d.seeds, false),
            two(d.siblings, true),
            two(d.siblings, false),
            d.distinct_2.map_or_else(|| NOTHING.to_owned(), |share| format!("{share:.2}")),
        ]);
    }
    let mut legend =
        "Diversity: how far questions are from seeds and from questions of the same run, strategy and domain; by \
                      TF-IDF cosine, and by words. Distinct pairs of neighbouring words, as a share of all."
            .to_owned();
    if let Some((measured, all)) = sampled {
        let _ = write!(legend, " Measured on a sample: {measured} of {all} questions.");
    }
    (!table.is_empty()).then(|| wrapped(&legend, width) + &table.render(width))
}

/// What is known in part is a lower bound; of what nothing is known, that is said.
fn bound(each: Option<f64>, unknown: u64, cost: &Cost, write: impl Fn(f64) -> String) -> String {
    match each {
        None if unknown >= cost.replies => "unknown".to_owned(),
        None => NOTHING.to_owned(),
        Some(n) if unknown > 0 => format!("≥ {}", write(n)),
        Some(n) => write(n),
    }
}

/// US dollars, to three figures where they are few.
pub(super) fn usd(n: f64) -> String {
    if n == 0.0 {
        "0".to_owned()
    } else if n < 1.0 {
        // Three figures, whatever the size.
        let places = (3..10).find(|places| n * 10_f64.powi(*places) >= 100.0).unwrap_or(9);
        format!("{n:.*}", usize::try_from(places).unwrap_or(9))
    } else {
        format!("{n:.2}")
    }
}

pub(super) fn cost(report: &RunReport, width: usize) -> Option<String> {
    let number = Align::Right;
    let mut table = Table::new(&[
        ("strategy\n  domain", Align::Left),
        ("replies", number),
        ("tokens", number),
        ("tokens\neach", number),
        ("US$", number),
        ("US$\neach", number),
    ]);
    let rows = report.rows.iter().map(|row| (name(row), row.cost));
    let rest = report.rest().into_iter().map(|(name, cost)| (name.to_owned(), cost));
    for (name, c) in rows.chain(rest).filter(|(_, cost)| cost.replies > 0) {
        let c = &c;
        let tokens = (c.without_usage < c.replies).then_some(c.tokens as f64);
        let dollars = (c.without_price < c.replies).then_some(c.usd);
        table.row([
            name,
            c.replies.to_string(),
            bound(tokens, c.without_usage, c, |n| format!("{n:.0}")),
            bound(c.tokens_per_agreeing, c.without_usage, c, |n| format!("{n:.0}")),
            bound(dollars, c.without_price, c, usd),
            bound(c.usd_per_agreeing, c.without_price, c, usd),
        ]);
    }
    let legend = "Cost: all replies, those of failed candidates included; each: for each candidate that agrees.";
    (!table.is_empty()).then(|| wrapped(legend, width) + &table.render(width))
}

fn times(report: &RunReport, width: usize) -> Option<String> {
    let mut table = Table::new(&[
        ("strategy", Align::Left),
        ("stage", Align::Left),
        ("candi-\ndates", Align::Right),
        ("median", Align::Right),
        ("95 %", Align::Right),
        ("mean", Align::Right),
    ]);
    for t in &report.times {
        table.row([
            t.strategy.as_deref().map_or("all", named),
            t.stage,
            &t.candidates.to_string(),
            &seconds(t.p50),
            &seconds(t.p95),
            &seconds(t.mean),
        ]);
    }
    (!table.is_empty())
        .then(|| format!("Time by stage; waiting for a place in it is not counted\n{}", table.render(width)))
}

/// Two runs side by side.
pub(super) fn changes(names: [&str; 2], changes: &[Change], width: usize) -> String {
    let mut table = Table::new(&[
        ("measure", Align::Left),
        (names[0], Align::Right),
        (names[1], Align::Right),
        ("difference", Align::Right),
        ("95 %", Align::Right),
    ]);
    for change in changes {
        let write = |v: f64| match change.unit {
            "share" => format!("{:.1} %", v * 100.0),
            "tokens" => format!("{v:.0}"),
            "usd" if v < 0.0 => format!("-{}", usd(-v)),
            "usd" => usd(v),
            "seconds" if v < 0.0 => format!("-{}", seconds(-v)),
            "seconds" => seconds(v),
            _ => format!("{v:.3}"),
        };
        let told = |v: Option<f64>| v.map_or_else(|| NOTHING.to_owned(), write);
        let interval = change
            .interval
            .map_or_else(String::new, |[low, high]| format!("[{:.1}, {:.1}]", low * 100.0, high * 100.0));
        table.row([
            change.measure.to_owned(),
            told(change.here),
            told(change.there),
            told(change.difference),
            interval,
        ]);
    }
    let legend = "The first run less the second; a difference whose interval holds 0 may be chance.";
    wrapped(legend, width) + &table.render(width)
}
