//! The audit as a document: Markdown with tables, plots beside it, and a paragraph on methods for a paper. The same figures
//! give the same bytes.

use std::fmt::Write as _;

use super::audit::{PlanAudit, PlanRates};
use super::cleaned::clean_line;
use super::kappa::{Kappa, People};
use super::plot::{Bar, percent, svg, whisker};
use super::proportion::Proportion;
use super::rates::AuditSummary;
use super::stratified::Estimate;

/// A report with its plots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The document.
    pub markdown: String,
    /// Plots that it shows: what is added to its own name, and the picture.
    pub plots: Vec<(String, String)>,
}

/// What a report is of.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// What the sampling plan found.
    pub plan: Option<&'a PlanAudit>,
    /// What every judged pair says, planned or not.
    pub judged: &'a AuditSummary,
    /// How far reviewers agree.
    pub people: Option<&'a People>,
    /// Verifier versions of the current verdicts, with their numbers.
    pub versions: &'a [(String, u64)],
}

/// Columns of an interval in a table.
const DRAWN: usize = 20;

/// The report; plots are named after `stem`, the document's name without its ending.
pub fn report(found: Found<'_>, stem: &str) -> Report {
    let mut out = String::from("# How often the verifier errs\n\n");
    let mut plots = Vec::new();
    match found.plan {
        Some(plan) => by_plan(&mut out, &mut plots, plan, stem),
        None => out.push_str(
            "There is no sampling plan, so nothing is known beyond the pairs that people chose to judge; `loong audit plan` \
             draws a sample from which rates of all pairs follow.\n",
        ),
    }
    every_judged(&mut out, found.judged);
    if let Some(people) = found.people {
        agreement(&mut out, people);
    }
    methods(&mut out, found);
    Report { markdown: out, plots }
}

fn by_plan(out: &mut String, plots: &mut Vec<(String, String)>, audit: &PlanAudit, stem: &str) {
    let _ = writeln!(out, "Basis: {}.{}\n", audit.basis, left_out(audit));
    out.push_str("## Rates of all pairs\n\n| measure | estimate | 95 % interval | judged | |\n|---|--:|---|--:|---|\n");
    let r = &audit.overall;
    let errors = [r.false_negative, r.false_negative_undecided, r.false_positive];
    let scale = super::plot::scale(errors);
    for (name, e, scale) in [
        ("false-negative rate", r.false_negative, scale),
        ("part of it that is undecided", r.false_negative_undecided, scale),
        ("false-positive rate", r.false_positive, scale),
        ("precision", r.precision, 1.0),
        ("recall", r.recall, 1.0),
        ("truly equivalent", r.prevalence, 1.0),
    ] {
        let _ = writeln!(
            out,
            "| {name} | {} | {} | {} | `{}` 0 … {} |",
            estimate(&e),
            interval(&e),
            e.n,
            whisker(&e, scale, DRAWN),
            percent(scale)
        );
    }
    let _ = writeln!(out, "\nUndecided: {} of all pairs.", percent(r.undecided));

    out.push_str(
        "\n## Confusion, estimated for all pairs\n\n| people \\ verifier | equivalent | different | undecided |\n|---|--:|--:|--:|\n",
    );
    for (name, row) in [("equivalent", audit.truly_equivalent), ("different", audit.truly_different)] {
        let _ = writeln!(out, "| {name} | {:.0} | {:.0} | {:.0} |", row.equivalent, row.different, row.undecided);
    }

    let errors: [Rate; 2] = [
        ("false negatives", "False-negative rate", "false-negative", |r| r.false_negative),
        ("false positives", "False-positive rate", "false-positive", |r| r.false_positive),
    ];
    section(out, plots, "By domain", "domain", errors, &audit.by_domain, stem);
    let wrong: [Rate; 2] = [
        ("wrongly not equivalent", "Wrong among not said equivalent", "missed", |r| r.missed),
        ("wrongly equivalent", "Wrong among said equivalent", "taken", |r| r.precision.complement()),
    ];
    section(out, plots, "By tier", "tier", wrong, &audit.by_tier, stem);
    let blind: Vec<(&str, &PlanRates)> = [("hidden", &audit.hidden), ("in sight", &audit.in_sight)]
        .into_iter()
        .filter_map(|(n, r)| Some((n, r.as_ref()?)))
        .collect();
    if !blind.is_empty() {
        out.push_str("\n## By what the reviewer saw\n\n");
        head(out, "verdict while judging", ["false negatives", "false positives"]);
        for (name, r) in &blind {
            row(out, r, name, [r.false_negative, r.false_positive]);
        }
    }
    if !audit.by_leniency.is_empty() {
        out.push_str(
            "\n## By leniency\n\nOf pairs found equivalent by a leniency, how many are truly different.\n\n\
             | leniency | pairs | judged | wrong | 95 % interval |\n|---|--:|--:|--:|---|\n",
        );
        for l in &audit.by_leniency {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                l.name,
                l.pairs,
                l.wrong.n,
                estimate(&l.wrong),
                interval(&l.wrong)
            );
        }
    }
    let noise = serde_json::to_string_pretty(&audit.noise).unwrap_or_default();
    let _ = write!(
        out,
        "\n## Noise rates\n\nFor reinforcement learning that corrects for the verifier's noise (arXiv 2510.00915): ρ₀ is the \
         false-positive rate, ρ₁ the false-negative rate.\n\n```json\n{noise}\n```\n"
    );
    out.push_str(
        "\n## What narrower intervals need\n\nAs far as what was judged lets foresee.\n\n| both rates within | plan of | more judgements |\n|---|--:|--:|\n",
    );
    for n in &audit.needed {
        let _ = writeln!(out, "| ±{} points | {} | {} |", n.half_width * 100.0, n.size, n.more);
    }
}

fn left_out(audit: &PlanAudit) -> String {
    let mut told = String::new();
    for (n, what) in [
        (audit.cant_tell, "left out because people could not tell"),
        (audit.contested, "left out because reviewers disagree"),
        (audit.changed, "with another verdict than when the plan was made"),
    ] {
        if n > 0 {
            let _ = write!(told, " {n} {what}.");
        }
    }
    if audit.overall.merged > 0 {
        let _ = write!(
            told,
            " {} strata without a judgement were taken together with others like them.",
            audit.overall.merged
        );
    }
    told
}

/// A rate of a part: its head in a table, its title, its part of a plot's name, and where it is.
type Rate = (&'static str, &'static str, &'static str, fn(&PlanRates) -> Estimate);

fn head(out: &mut String, what: &str, rates: [&str; 2]) {
    let _ = write!(
        out,
        "| {what} | pairs | judged | {} | 95 % interval | {} | 95 % interval |\n|---|--:|--:|--:|---|--:|---|\n",
        rates[0], rates[1]
    );
}

fn row(out: &mut String, r: &PlanRates, name: &str, rates: [Estimate; 2]) {
    let [a, b] = rates;
    let _ = writeln!(
        out,
        "| {} | {} | {} | {} | {} | {} | {} |",
        plain(name),
        r.pairs,
        r.judged,
        estimate(&a),
        interval(&a),
        estimate(&b),
        interval(&b)
    );
}

fn section(
    out: &mut String,
    plots: &mut Vec<(String, String)>,
    title: &str,
    what: &str,
    rates: [Rate; 2],
    parts: &[PlanRates],
    stem: &str,
) {
    let _ = write!(out, "\n## {title}\n\n");
    head(out, what, rates.map(|r| r.0));
    for r in parts {
        row(out, r, &r.name, rates.map(|(.., of)| of(r)));
    }
    out.push('\n');
    for (_, name, slug, of) in rates {
        let named = |r: &PlanRates| if r.name.is_empty() { "(unknown)".to_owned() } else { r.name.clone() };
        let bars: Vec<Bar> = parts.iter().map(|r| Bar { name: named(r), estimate: of(r) }).collect();
        let title = format!("{name} by {what}, with 95 % intervals");
        let file = format!("{slug}.{what}.svg");
        let _ = writeln!(out, "![{title}](<{}.{file}>)\n", stem.replace(['<', '>', '\n'], "_"));
        plots.push((file, svg(&title, &bars)));
    }
}

fn every_judged(out: &mut String, judged: &AuditSummary) {
    out.push_str("\n## Every judged pair\n\n");
    if judged.overall.pairs == 0 {
        out.push_str("No pair with a verdict has been judged.\n");
        return;
    }
    let _ = write!(
        out,
        "Planned or not: {}.\n\n| measure | of | estimate | 95 % interval |\n|---|--:|--:|---|\n",
        judged.basis
    );
    let r = &judged.overall;
    for (name, p) in [
        ("false-negative rate", &r.false_negative),
        ("false-positive rate", &r.false_positive),
        ("precision", &r.precision),
        ("recall", &r.recall),
    ] {
        let Proportion { k, n, estimate, low, high } = *p;
        let estimate = estimate.map_or_else(|| "–".to_owned(), percent);
        let _ = writeln!(out, "| {name} | {k}/{n} | {estimate} | {} – {} |", percent(low), percent(high));
    }
}

fn agreement(out: &mut String, people: &People) {
    out.push_str("\n## Agreement of reviewers\n\n| reviewers | pairs | agree | κ | standard error | 95 % interval |\n|---|--:|--:|--:|--:|---|\n");
    let mut line = |name: &str, k: &Kappa| {
        let kappa = k.estimate.map_or_else(|| "–".to_owned(), |e| format!("{e:.3}"));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {kappa} | {:.3} | {:.3} – {:.3} |",
            plain(name),
            k.n,
            percent(k.agreement),
            k.standard_error,
            k.low,
            k.high
        );
    };
    for two in &people.cohen {
        line(&format!("{} and {} (Cohen)", two.reviewers[0], two.reviewers[1]), &two.kappa);
    }
    if let Some(all) = &people.fleiss {
        line("all (Fleiss)", all);
    }
}

/// A paragraph for a paper, with the figures in it.
fn methods(out: &mut String, found: Found<'_>) {
    out.push_str("\n## Methods\n\n");
    let Some(audit) = found.plan else {
        out.push_str(
            "Pairs of a reference answer and a response were judged by people as equivalent or different, and the verifier's \
             verdicts compared with these judgements. The pairs were not drawn at random, so that the rates describe them \
             alone. Intervals are Wilson score intervals at 95 %.\n",
        );
        return;
    };
    let versions: Vec<String> = found.versions.iter().map(|(v, n)| format!("{} ({n} pairs)", plain(v))).collect();
    let verifier = if versions.is_empty() { String::new() } else { format!(", version {}", versions.join(", ")) };
    let blind = match (audit.hidden.is_some(), audit.in_sight.is_some()) {
        (true, false) => " The verdict was hidden from the reviewers until they had judged.",
        (false, true) => " The verdict was in sight of the reviewers.",
        (true, true) => {
            " For a part of the pairs the verdict was hidden from the reviewers; rates of both parts are reported apart."
        }
        (false, false) => "",
    };
    let r = &audit.overall;
    let _ = writeln!(
        out,
        "We audited the verifier (loong {}{verifier}) on {} pairs of a reference answer and a response. Strata were formed by \
         verdict, deciding tier and domain ({} strata). Within strata, pairs were drawn at random without replacement (random \
         seed {}); their number followed Neyman's allocation for the false-negative and the false-positive rate together, \
         within bounds (Gabler, Ganninger and Münnich, 2012). People judged {} of {} drawn pairs as equivalent or different.{blind} \
         The false-negative rate, P(not said equivalent | truly equivalent) with undecided verdicts counted as not \
         equivalent, is {} (95 % interval {}); the false-positive rate, P(said equivalent | truly different), is {} (95 % \
         interval {}). Rates are ratios of sums weighted by stratum; intervals are score intervals with restricted \
         maximum-likelihood estimates of the strata's shares (Miettinen and Nurminen, 1985) and finite-population \
         correction; of a single stratum they are Wilson's.{}",
        env!("CARGO_PKG_VERSION"),
        audit.pairs,
        audit.strata,
        audit.rng_seed,
        r.judged,
        audit.planned,
        estimate(&r.false_negative),
        interval(&r.false_negative),
        estimate(&r.false_positive),
        interval(&r.false_positive),
        kappa_sentence(found.people),
    );
    out.push_str(
        "\n- J. Neyman. On the two different aspects of the representative method. JRSS 97, 1934.\n\
         - O. S. Miettinen, M. Nurminen. Comparative analysis of two rates. Statistics in Medicine 4, 1985.\n\
         - S. Gabler, M. Ganninger, R. Münnich. Optimal allocation of the sample size to strata under box constraints. Metrika 75, 2012.\n\
         - E. B. Wilson. Probable inference, the law of succession, and statistical inference. JASA 22, 1927.\n\
         - X. Huang and others. Loong: Synthesize Long Chain-of-Thoughts at Scale through Verifiers. arXiv 2509.03059, 2025.\n",
    );
}

fn kappa_sentence(people: Option<&People>) -> String {
    let all = people.and_then(|p| p.fleiss.as_ref().map(|k| (p.reviewers.len(), k)));
    match all.and_then(|(n, k)| Some((n, k, k.estimate?))) {
        Some((reviewers, k, kappa)) => format!(
            " Of {reviewers} reviewers, on the {} pairs that two or more of them judged, Fleiss' κ is {kappa:.2} (standard error \
             {:.2}, Gwet, 2021).",
            k.n, k.standard_error
        ),
        None => String::new(),
    }
}

fn estimate(e: &Estimate) -> String {
    e.estimate.map_or_else(|| "–".to_owned(), percent)
}

fn interval(e: &Estimate) -> String {
    if e.estimate.is_some() { format!("{} – {}", percent(e.low), percent(e.high)) } else { "not known".to_owned() }
}

/// A name inside Markdown: one line, nothing hidden, no markup.
fn plain(name: &str) -> String {
    if name.is_empty() {
        return "(unknown)".to_owned();
    }
    clean_line(name).replace('\\', "\\\\").replace('|', "\\|").replace('`', "'").replace('<', "&lt;")
}
