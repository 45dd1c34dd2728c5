//! A verdict's evidence in rows that a person reads: what was compared, with what differs marked below it, why, which
//! leniencies it needed and what each means, and what to do where it decides nothing.

use std::fmt::Write as _;

use super::output;
use crate::review::difference::aligned;
use crate::verifier::{Outcome, Verdict};

/// Columns of the names before the rows.
const NAMES: usize = 12;
/// Characters of a reason or an answer as it was written.
const LONGEST: usize = 1_000;
/// Characters of the last line of a response without an answer.
const ENDING: usize = 200;
/// Blocks of rows of the two normal forms.
const BLOCKS: usize = 6;

/// The rows below a verdict's headline, each ended by `\n` and indented by `indent` columns; the normal forms are broken
/// so that they fit into `width`. `reference` and `response` are the texts that were verified, where they are at hand.
pub(super) fn rows(
    verdict: &Verdict,
    reference: Option<&str>,
    response: Option<&str>,
    indent: usize,
    width: usize,
) -> String {
    let mut out = String::new();
    let mut row = |name: &str, text: &str| {
        let _ = writeln!(out, "{:indent$}{name:NAMES$}{text}", "");
    };
    if verdict.outcome != Outcome::Error {
        let (a, b) = (output::line(&verdict.reference_value), output::line(&verdict.response_value));
        let room = width.saturating_sub(indent + NAMES).max(24);
        for (nth, [a, b, marks]) in aligned(&a, &b, room, BLOCKS).into_iter().enumerate() {
            for (name, text) in [("reference", &a), ("response", &b)] {
                if nth == 0 {
                    row(name, if text.trim().is_empty() { "(none)" } else { text });
                } else if !text.is_empty() {
                    row("", text);
                }
            }
            if !marks.is_empty() {
                row("", &marks);
            }
        }
        if let Some(reference) = reference.filter(|r| r.trim() != verdict.reference_value.trim()) {
            row("as written", &format!("reference: {}", output::short(reference, LONGEST)));
        }
        match (verdict.extracted.as_deref(), response) {
            (Some(extracted), _) if extracted != verdict.response_value => {
                row("as written", &format!("response:  {}", output::short(extracted, LONGEST)));
            }
            (None, Some(response)) if response.trim().is_empty() => row("as written", "response:  nothing at all"),
            (None, Some(response)) => {
                let last = response.trim().lines().next_back().unwrap_or_default();
                let from = last.char_indices().rev().nth(ENDING).map_or(0, |(at, _)| at);
                let cut = if from > 0 { "…" } else { "" };
                row("as written", &format!("response:  it ends in: {cut}{}", output::line(&last[from..])));
            }
            _ => {}
        }
    }
    row("why", &output::short(&verdict.reason, LONGEST));
    row("tier", &format!("{}: {}", verdict.tier, verdict.tier.meaning()));
    for leniency in &verdict.leniencies {
        row("needed", &format!("{leniency}: {}", leniency.meaning()));
    }
    if let Some(side) = verdict.side {
        row("kept by", side.as_str());
    }
    if let Some(advice) = verdict.advice() {
        row("to do", advice);
    }
    out
}
