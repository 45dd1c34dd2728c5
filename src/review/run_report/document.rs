//! The report as Markdown. The same figures give the same bytes.

use std::fmt::Write as _;

use super::{Accuracy, Change, Cost, Distances, ReportRow, RunReport};
use crate::review::cleaned::clean_line;
use crate::review::proportion::Proportion;

/// A cell that may hold any text.
fn plain(text: &str) -> String {
    if text.is_empty() { "(unknown)".to_owned() } else { clean_line(text).replace('|', "\\|") }
}

fn percent(p: &Proportion) -> String {
    match p.estimate {
        Some(e) => format!("{:.1} [{:.1}, {:.1}]", e * 100.0, p.low * 100.0, p.high * 100.0),
        None => "–".to_owned(),
    }
}

fn accuracy(a: &Accuracy) -> String {
    match a.estimate {
        Some(e) => format!("{:.1} [{:.1}, {:.1}]", e * 100.0, a.low * 100.0, a.high * 100.0),
        None => "–".to_owned(),
    }
}

fn names(row: &ReportRow) -> (String, String) {
    let strategy = row.strategy.as_deref().map_or_else(|| "**all**".to_owned(), plain);
    let domain = row.domain.as_deref().map_or_else(|| "all".to_owned(), plain);
    (strategy, domain)
}

/// What is known in part is a lower bound; of what nothing is known, that is said.
fn bound(each: Option<f64>, unknown: u64, cost: &Cost, write: impl Fn(f64) -> String) -> String {
    match each {
        None if cost.replies > 0 && unknown >= cost.replies => "unknown".to_owned(),
        None => "–".to_owned(),
        Some(n) if unknown > 0 => format!("≥ {}", write(n)),
        Some(n) => write(n),
    }
}

/// The report under a title; with the changes against another run, where there is one.
pub fn markdown(report: &RunReport, title: &str, against: Option<(&str, &[Change])>) -> String {
    let mut out = format!("# What the loop made\n\n{}.\n\n", plain(title));
    if report.rows.is_empty() {
        out.push_str("There is no candidate.\n");
        if report.outside.replies > 0 {
            cost(&mut out, report);
        }
        return out;
    }
    out.push_str(
        "## What came of the candidates\n\nShares of candidates in %, and solver accuracy in %, with intervals at 95 % \
         (Wilson). Distances to the nearest seed: one less the cosine of TF-IDF vectors, and one less the share of words \
         that both have; 0 is the same text, 1 one that has nothing in common with any seed.\n\n\
         | strategy | domain | candidates | pass | rejected | undecided | not executable | other failures | solver accuracy \
         | cosine | lexical |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in &report.rows {
        let (strategy, domain) = names(row);
        let c = &row.counts;
        let share = |part| percent(&c.share(part));
        let made = |part| percent(&c.share_of_made(part));
        let nearest = row.diversity.seeds.map(|d| d.nearest);
        let distance = |d: Option<f64>| d.map_or_else(|| "–".to_owned(), |d| format!("{d:.3}"));
        let _ = writeln!(
            out,
            "| {strategy} | {domain} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            c.candidates,
            share(c.agreed),
            share(c.disagreed),
            share(c.undecided),
            made(c.not_executable),
            made(c.other_failures()),
            accuracy(&row.accuracy),
            distance(nearest.map(|d| d.cosine)),
            distance(nearest.map(|d| d.lexical)),
        );
    }
    if let Some(apart) = report.total().and_then(|total| total.counts.apart()) {
        let _ = writeln!(out, "\n{apart}");
    }
    failures(&mut out, report);
    if !report.solvers.is_empty() {
        out.push_str(
            "\n## Difficulty\n\n| strategy | solver | candidates | responses | accuracy, % |\n|---|---|--:|--:|--:|\n",
        );
        for row in &report.solvers {
            let a = &row.accuracy;
            let (strategy, solver) = (plain(&row.strategy), plain(&row.solver));
            let _ = writeln!(out, "| {strategy} | {solver} | {} | {} | {} |", a.candidates, a.responses, accuracy(a));
        }
    }
    diversity(&mut out, report);
    cost(&mut out, report);
    if !report.times.is_empty() {
        out.push_str("\n## Seconds by stage\n\n| strategy | stage | candidates | median | 95th percentile | mean |\n|---|---|--:|--:|--:|--:|\n");
        for t in &report.times {
            let strategy = t.strategy.as_deref().map_or_else(|| "**all**".to_owned(), plain);
            let _ = writeln!(
                out,
                "| {strategy} | {} | {} | {:.3} | {:.3} | {:.3} |",
                t.stage, t.candidates, t.p50, t.p95, t.mean
            );
        }
    }
    if let Some((name, changes)) = against {
        let _ = write!(
            out,
            "\n## Against {}\n\n| measure | here | there | difference | 95 % interval |\n|---|--:|--:|--:|---|\n",
            plain(name)
        );
        for change in changes {
            let value = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{v:.4}"));
            let interval = change.interval.map_or_else(String::new, |[low, high]| format!("{low:.4} – {high:.4}"));
            let (here, there, difference) = (value(change.here), value(change.there), value(change.difference));
            let _ = writeln!(out, "| {} | {here} | {there} | {difference} | {interval} |", change.measure);
        }
    }
    out
}

fn cost(out: &mut String, report: &RunReport) {
    out.push_str(
        "\n## Cost\n\nOf all replies, those of failed candidates included, for each candidate that agrees.\n\n\
         | strategy | domain | replies | tokens | tokens each | US$ | US$ each |\n|---|---|--:|--:|--:|--:|--:|\n",
    );
    let rows = report.rows.iter().map(|row| (names(row), row.cost));
    let rest = report.rest().into_iter().map(|(name, cost)| ((format!("**{name}**"), String::new()), cost));
    for ((strategy, domain), cost) in rows.chain(rest).filter(|(_, cost)| cost.replies > 0) {
        let known = (cost.without_usage < cost.replies).then_some(cost.tokens as f64);
        let tokens = bound(known, cost.without_usage, &cost, |n| format!("{n:.0}"));
        let each = bound(cost.tokens_per_agreeing, cost.without_usage, &cost, |n| format!("{n:.0}"));
        let known = (cost.without_price < cost.replies).then_some(cost.usd);
        let usd = bound(known, cost.without_price, &cost, |n| format!("{n:.4}"));
        let usd_each = bound(cost.usd_per_agreeing, cost.without_price, &cost, |n| format!("{n:.5}"));
        let _ = writeln!(out, "| {strategy} | {domain} | {} | {tokens} | {each} | {usd} | {usd_each} |", cost.replies);
    }
}

fn failures(out: &mut String, report: &RunReport) {
    let Some(total) = report.total() else { return };
    let mut kinds: Vec<_> = total.counts.code_failures.iter().chain(&total.counts.failed).collect();
    kinds.sort_by_key(|(kind, n)| (std::cmp::Reverse(**n), **kind));
    if kinds.is_empty() {
        return;
    }
    out.push_str("\n## Failures by kind\n\n| kind | candidates |\n|---|--:|\n");
    for (kind, n) in kinds {
        let _ = writeln!(out, "| {kind} | {n} |");
    }
}

fn diversity(out: &mut String, report: &RunReport) {
    if report.rows.iter().all(|row| row.diversity.measured == 0) {
        return;
    }
    out.push_str(
        "\n## Diversity\n\nMean distances over questions, cosine and lexical: to the nearest seed and to the domain's seeds on \
         average, to the nearest question of the same run, strategy and domain and to all of them on average. Distinct pairs \
         are those of neighbouring words.\n\n\
         | strategy | domain | measured | nearest seed | seeds | nearest sibling | siblings | distinct pairs |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n",
    );
    let pair = |d: Option<Distances>, nearest: bool| match d {
        Some(d) => {
            let m = if nearest { d.nearest } else { d.mean };
            format!("{:.3}, {:.3}", m.cosine, m.lexical)
        }
        None => "–".to_owned(),
    };
    for row in report.rows.iter().filter(|row| row.diversity.measured > 0) {
        let (strategy, domain) = names(row);
        let d = &row.diversity;
        let measured = if d.measured < d.questions {
            format!("{} of {}", d.measured, d.questions)
        } else {
            d.measured.to_string()
        };
        let distinct = d.distinct_2.map_or_else(|| "–".to_owned(), |d| format!("{d:.3}"));
        let _ = writeln!(
            out,
            "| {strategy} | {domain} | {measured} | {} | {} | {} | {} | {distinct} |",
            pair(d.seeds, true),
            pair(d.seeds, false),
            pair(d.siblings, true),
            pair(d.siblings, false)
        );
    }
}
