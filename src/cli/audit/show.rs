//! The plan and its rates as text.

use std::fmt::Write as _;

use super::ToJudge;
use crate::cli::table::{Align, Table, wrapped};
use crate::review::audit::{PlanAudit, PlanRates};
use crate::review::cleaned::{clean, clean_line};
use crate::review::kappa::{Kappa, People};
use crate::review::plot::{scale, told, whisker};

/// Columns of an interval drawn.
const DRAWN: usize = 24;

/// How far the plan is.
pub(super) fn status(audit: &PlanAudit, people: Option<&People>, width: usize) -> String {
    let from = if audit.filter.is_empty() { String::new() } else { format!(" of {}", clean_line(&audit.filter)) };
    let blind = if audit.blind { ", blind" } else { "" };
    let mut out = format!(
        "Plan over {} pairs{from} in {} strata, rng_seed {}{blind}.\n{} of {} planned pairs judged{}.\n",
        audit.pairs,
        audit.strata,
        audit.rng_seed,
        audit.judged,
        audit.planned,
        left_out(audit),
    );
    out.push('\n');
    out.push_str(&measures(&audit.overall, width));
    out.push('\n');
    out.push_str(&needed(audit, width));
    if let Some(people) = people {
        let _ = write!(out, "\n{}", agreement(people, width));
    }
    if audit.judged < audit.planned {
        out.push_str("\n`loong audit next` prints the next pair to judge.\n");
    }
    out
}

fn left_out(audit: &PlanAudit) -> String {
    let parts: Vec<String> = [
        (audit.cant_tell, "can't tell"),
        (audit.contested, "contested"),
        (audit.changed, "with another verdict by now"),
    ]
    .iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// The audit of a plan, for `stats`.
pub(in crate::cli) fn render(audit: &PlanAudit, people: Option<&People>, width: usize) -> String {
    let mut basis = format!("Audit of the verifier by plan: {}{}.", audit.basis, left_out(audit));
    if audit.overall.merged > 0 {
        let _ = write!(
            basis,
            " {} strata without a judgement were taken together with others like them.",
            audit.overall.merged
        );
    }
    let mut sections =
        vec![wrapped(&basis, width), confusion(audit, width), measures(&audit.overall, width), parts(audit, width)];
    if !audit.by_leniency.is_empty() {
        let mut table = Table::new(&[
            ("leniency", Align::Left),
            ("pairs", Align::Right),
            ("judged", Align::Right),
            ("wrongly equivalent, %", Align::Right),
        ]);
        for l in &audit.by_leniency {
            table.row([l.name.as_str(), &l.pairs.to_string(), &l.wrong.n.to_string(), &told(&l.wrong)]);
        }
        sections.push(table.render(width));
    }
    sections.push(needed(audit, width));
    sections.extend(people.map(|p| agreement(p, width)));
    sections.join("\n")
}

fn confusion(audit: &PlanAudit, width: usize) -> String {
    let mut table = Table::new(&[
        ("people \\ verifier", Align::Left),
        ("equivalent", Align::Right),
        ("different", Align::Right),
        ("undecided", Align::Right),
    ]);
    for (name, row) in [("equivalent", audit.truly_equivalent), ("different", audit.truly_different)] {
        let cells = [row.equivalent, row.different, row.undecided].map(|n| format!("{n:.0}"));
        table.row([name.to_owned()].into_iter().chain(cells));
    }
    format!("Pairs, estimated for the whole\n{}", table.render(width))
}

/// The measures of some pairs, each with its interval drawn.
fn measures(rates: &PlanRates, width: usize) -> String {
    let all = [
        ("false negatives", rates.false_negative),
        ("  of them undecided", rates.false_negative_undecided),
        ("false positives", rates.false_positive),
        ("precision", rates.precision),
        ("recall", rates.recall),
        ("truly equivalent", rates.prevalence),
    ];
    let errors = scale(all.iter().take(3).map(|(_, e)| *e));
    let head = format!("0 … {} %, or 0 … 100 %", errors * 100.0);
    let mut table = Table::new(&[
        ("measure", Align::Left),
        ("judged", Align::Right),
        ("% [95 % interval]", Align::Right),
        (&head, Align::Left),
    ]);
    for (nth, (name, e)) in all.iter().enumerate() {
        let scale = if nth < 3 { errors } else { 1.0 };
        table.row([*name, &e.n.to_string(), &told(e), whisker(e, scale, DRAWN).trim_end()]);
    }
    table.render(width)
}

fn parts(audit: &PlanAudit, width: usize) -> String {
    let mut table = Table::new(&[
        ("part", Align::Left),
        ("pairs", Align::Right),
        ("judged", Align::Right),
        ("false negatives, %", Align::Right),
        ("false positives, %", Align::Right),
    ]);
    let mut line = |name: &str, r: &PlanRates| {
        table.row([
            name,
            &r.pairs.to_string(),
            &r.judged.to_string(),
            &told(&r.false_negative),
            &told(&r.false_positive),
        ]);
    };
    if let Some(r) = &audit.hidden {
        line("judged blind", r);
    }
    if let Some(r) = &audit.in_sight {
        line("judged in sight", r);
    }
    for r in &audit.by_domain {
        line(if r.name.is_empty() { "(unknown)" } else { &r.name }, r);
    }
    let mut tiers = Table::new(&[
        ("tier", Align::Left),
        ("pairs", Align::Right),
        ("judged", Align::Right),
        ("wrongly not equivalent, %", Align::Right),
        ("wrongly equivalent, %", Align::Right),
    ]);
    for r in &audit.by_tier {
        let wrong = [told(&r.missed), told(&r.precision.complement())];
        tiers.row([r.name.clone(), r.pairs.to_string(), r.judged.to_string()].into_iter().chain(wrong));
    }
    format!("{}\n{}", table.render(width), tiers.render(width))
}

fn needed(audit: &PlanAudit, width: usize) -> String {
    let mut table = Table::new(&[
        ("for both rates within", Align::Left),
        ("plan of", Align::Right),
        ("more judgements", Align::Right),
    ]);
    for n in &audit.needed {
        table.row([&format!("±{} points", n.half_width * 100.0), &n.size.to_string(), &n.more.to_string()]);
    }
    table.render(width)
}

fn agreement(people: &People, width: usize) -> String {
    let mut table = Table::new(&[
        ("reviewers", Align::Left),
        ("pairs", Align::Right),
        ("agree, %", Align::Right),
        ("κ [95 % interval]", Align::Right),
    ]);
    let mut line = |name: &str, k: &Kappa| {
        let kappa = k.estimate.map_or_else(|| "–".to_owned(), |e| format!("{e:.3} [{:.3}, {:.3}]", k.low, k.high));
        table.row([name, &k.n.to_string(), &format!("{:.1}", k.agreement * 100.0), &kappa]);
    };
    for two in &people.cohen {
        line(&format!("{} and {}", two.reviewers[0], two.reviewers[1]), &two.kappa);
    }
    match &people.fleiss {
        Some(all) => line("all (Fleiss)", all),
        None => return "No pair was judged by two reviewers, so their agreement is not known.\n".to_owned(),
    }
    table.render(width)
}

/// What to judge, for a person to read.
pub(super) fn to_judge(next: &ToJudge<'_>) -> String {
    let mut out = format!(
        "Candidate {}{} · {} of {} planned, {} judged{}\n",
        next.candidate,
        next.which.as_deref().map_or_else(String::new, |which| format!(", {which}")),
        next.position,
        next.planned,
        next.judged,
        if next.domain.is_empty() { String::new() } else { format!(" · {}", clean_line(next.domain)) },
    );
    let mut part = |name: &str, text: &str| {
        let _ = write!(out, "\n{name}\n{}\n", clean(text.trim_end()));
    };
    part("Question", next.question);
    part("Reference answer", next.reference.unwrap_or("(none)"));
    part("Answer of the response", next.answer.unwrap_or("(none)"));
    part("Response", next.response);
    if let Some(verdict) = next.verdict {
        let told = format!("{} {} · {}", verdict.outcome.glyph(), verdict.outcome, verdict.reason);
        part("Verdict", &told);
    }
    let _ = write!(
        out,
        "\nJudge it (equivalent, different or cant_tell):\n  echo '{}' | loong decide\n",
        clean_line(&next.judge)
    );
    out
}
