//! The verifier against people, as tables.

use super::show::{named, with_interval};
use crate::cli::table::{Align, Table, wrapped};
use crate::review::rates::{AuditSummary, Rates};

/// Rates of the judged pairs.
pub(super) fn audit(found: &AuditSummary, width: usize) -> String {
    if found.overall.pairs == 0 {
        return wrapped(
            "Audit: no pair with a verdict has been judged yet; `loong review` shows pairs to judge.",
            width,
        );
    }
    let said = found.overall.confusion;
    let mut confusion = Table::new(&[
        ("people \\ verifier", Align::Left),
        ("equivalent", Align::Right),
        ("different", Align::Right),
        ("undecided", Align::Right),
    ]);
    for (name, row) in [("equivalent", said.truly_equivalent), ("different", said.truly_different)] {
        confusion.row(
            [name.to_owned()].into_iter().chain([row.equivalent, row.different, row.undecided].map(|n| n.to_string())),
        );
    }
    let r = &found.overall;
    let mut measures =
        Table::new(&[("measure", Align::Left), ("of", Align::Right), ("% [95 % interval]", Align::Right)]);
    for (name, p) in [
        ("false negatives", &r.false_negative),
        ("  of them undecided", &r.false_negative_undecided),
        ("false positives", &r.false_positive),
        ("precision", &r.precision),
        ("recall", &r.recall),
        ("undecided", &r.undecided),
    ] {
        measures.row([name, &format!("{}/{}", p.k, p.n), &with_interval(p)]);
    }
    let mut parts = Table::new(&[
        ("part", Align::Left),
        ("pairs", Align::Right),
        ("false negatives", Align::Right),
        ("false positives", Align::Right),
    ]);
    let mut part = |name: &str, r: &Rates| {
        parts.row([name, &r.pairs.to_string(), &with_interval(&r.false_negative), &with_interval(&r.false_positive)]);
    };
    if found.blind.pairs > 0 {
        part("judged blind", &found.blind);
    }
    found.by_domain.iter().for_each(|p| part(named(&p.name), &p.rates));
    found.by_tier.iter().for_each(|p| part(&format!("tier {}", p.name), &p.rates));

    let left_out: Vec<String> =
        [(found.cant_tell, "can't tell"), (found.contested, "contested"), (found.no_verdict, "without a verdict")]
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
    let mut basis = format!("Audit of the verifier: {}.", found.basis);
    if !left_out.is_empty() {
        basis.extend([" Left out: ", &left_out.join(", "), "."]);
    }
    format!(
        "{}\n{}\n{}\n{}",
        wrapped(&basis, width),
        confusion.render(width),
        measures.render(width),
        parts.render(width)
    )
}
