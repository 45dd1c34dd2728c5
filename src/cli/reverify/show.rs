//! What `loong reverify` found, for a person and for a program.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cli::output;
use crate::cli::table::{Align, Table};
use crate::review::proportion::Proportion;
use crate::review::rules::{Example, Flips};
use crate::verifier::{Leniency, Outcome};
use crate::words::some;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The rules on trial, by name.
    pub(super) version: String,
    pub(super) flips: Flips,
    /// Verdicts written; `None` where nothing was to be.
    pub(super) written: Option<u64>,
    /// These rules were applied last, and nothing would change.
    pub(super) again: bool,
    /// Ended by Ctrl-C.
    pub(super) cut_short: bool,
    /// The version is left half applied.
    pub(super) half: bool,
    /// What to do so that new responses are verified alike.
    pub(super) advice: Option<String>,
}

impl Told {
    /// Examples of flips, the largest classes first, one of each before a second of any.
    fn examples(&self, most: usize) -> Vec<&Example> {
        let classes = self.flips.by_size();
        let rounds = classes.iter().map(|(_, flips)| flips.examples.iter().count()).max().unwrap_or(0);
        let nth = |nth: usize| classes.iter().filter_map(move |(_, flips)| flips.examples.iter().nth(nth));
        (0..rounds).flat_map(nth).take(most).collect()
    }

    fn contradictions(&self, most: usize) -> &[Example] {
        let all = &self.flips.contradictions;
        &all[..most.min(all.len())]
    }

    pub(super) fn json(&self, most: usize, contradictions: usize) -> Value {
        let mut summary = json!(self.flips);
        if let Some(summary) = summary.as_object_mut() {
            summary.shift_insert(0, "version".to_owned(), json!(self.version));
            summary.insert("applied".to_owned(), json!(self.written.is_some() && !self.half));
            summary.insert("written".to_owned(), json!(self.written.unwrap_or(0)));
            summary.insert("interrupted".to_owned(), json!(self.cut_short));
        }
        json!({
            "summary": summary,
            "contradictions": self.contradictions(contradictions),
            "flips": self.examples(most),
        })
    }

    pub(super) fn render(&self, most: usize, contradictions: usize, width: usize) -> String {
        let flips = &self.flips;
        let mut text = format!("{} verified by {}", some(flips.pairs, "pair"), self.version);
        if flips.replayed > 0 {
            let _ = write!(text, ", {} of the verdicts replayed from the store", flips.replayed);
        }
        if flips.unverified > 0 {
            let _ = write!(text, ", {} without a verdict yet", flips.unverified);
        }
        text.push('\n');
        if self.cut_short {
            text.push_str("interrupted: the figures are of the pairs up to here\n");
        }
        if flips.flipped == 0 {
            text.push_str("no verdict changes\n");
        } else {
            text.push_str(&self.classes(width));
        }
        if flips.judged > 0 {
            text.push_str(&self.judged(width));
        }
        let listed = self.contradictions(contradictions);
        let left = flips.contradicted - (listed.len() as u64).min(flips.contradicted);
        list(&mut text, "contradicted judgements", listed.iter(), left);
        list(&mut text, "newly satisfied judgements", flips.satisfied.iter().take(most), 0);
        list(&mut text, "flips", self.examples(most).into_iter(), 0);
        text.push_str(&self.end());
        text
    }

    /// How many verdicts were written, and how many of them say another word than before.
    fn told_written(&self, by: &str) -> String {
        let flips = &self.flips;
        let parts: Vec<String> = match (flips.flipped, flips.unverified) {
            (0, 0) => vec!["none of them other than before".to_owned()],
            counts => [(counts.0, "other than before"), (counts.1, "where there was none")]
                .iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, what)| format!("{n} of them {what}"))
                .collect(),
        };
        format!("{} written{by}, {}", some(self.written.unwrap_or(0), "verdict"), parts.join(" and "))
    }

    /// Flips by class.
    fn classes(&self, width: usize) -> String {
        let mut table = Table::new(&[
            ("flips", Align::Right),
            ("from → to", Align::Left),
            ("tier", Align::Left),
            ("leniencies", Align::Left),
        ]);
        for (class, flips) in self.flips.by_size() {
            let words: Vec<&str> = class.leniencies.iter().copied().map(Leniency::as_str).collect();
            table.row([
                flips.n.to_string(),
                format!("{} → {}", class.from, class.to),
                class.tier.to_string(),
                words.join(", "),
            ]);
        }
        table.render(width)
    }

    fn judged(&self, width: usize) -> String {
        let flips = &self.flips;
        let mut text = format!(
            "\n{} of {} human judgements contradicted; {} newly, and {} newly satisfied\n",
            flips.contradicted, flips.judged, flips.newly_contradicted, flips.newly_satisfied
        );
        let rates = flips.rates();
        let mut table = Table::new(&[
            ("over the judged pairs, % [95 % interval]", Align::Left),
            ("now", Align::Right),
            ("by these rules", Align::Right),
        ]);
        for (name, now, then) in [
            ("false negatives", rates.before.false_negative, rates.after.false_negative),
            ("false positives", rates.before.false_positive, rates.after.false_positive),
            ("precision", rates.before.precision, rates.after.precision),
            ("recall", rates.before.recall, rates.after.recall),
        ] {
            table.row([name.to_owned(), rate(&now), rate(&then)]);
        }
        text.push_str(&table.render(width));
        text
    }

    /// What was written, and what comes next.
    fn end(&self) -> String {
        let mut text = match self.written {
            None if self.flips.flipped == 0 && self.flips.unverified == 0 => return String::new(),
            None => "\nnothing was written; --apply makes these rules a version of the verifier\n".to_owned(),
            Some(_) if self.again => format!(
                "\nnothing was written: {} was applied last, and every verdict is already as it says\n",
                self.version
            ),
            Some(_) if self.half => {
                let written = self.told_written("");
                format!("\n{written}; the version is half applied, and the same command or --resume finishes it\n")
            }
            Some(0) => format!("\n{} is applied; every verdict was as it says already\n", self.version),
            Some(_) => {
                let written = self.told_written(&format!(" as {}", self.version));
                format!("\n{written}; the old ones stay in the history\n")
            }
        };
        if let Some(advice) = &self.advice {
            let _ = writeln!(text, "{advice}");
        }
        text
    }
}

fn rate(p: &Proportion) -> String {
    match p.estimate {
        None => "–".to_owned(),
        Some(estimate) => {
            format!("{:.1} [{:.1}, {:.1}] of {}", estimate * 100.0, p.low * 100.0, p.high * 100.0, p.n)
        }
    }
}

fn list<'a>(text: &mut String, title: &str, examples: impl Iterator<Item = &'a Example>, left: u64) {
    let mut examples = examples.peekable();
    if examples.peek().is_some() {
        let _ = writeln!(text, "\n{title}:");
    }
    for e in examples {
        let from = e.from.map_or('·', Outcome::glyph);
        let people = match e.judgement {
            Some(judgement) => format!(" people: {judgement} "),
            None => String::new(),
        };
        let _ = writeln!(
            text,
            "  {:>10} {from} → {}  {} | {} {people} ({})",
            // Counted from 1, as on the screen.
            format!("#{} r{}", e.candidate, e.sample.saturating_add(1)),
            e.to.glyph(),
            output::short(&e.reference, 40),
            output::short(&e.response, 40),
            output::short(&e.reason, 80),
        );
    }
    if left > 0 {
        let _ = writeln!(text, "  … and {left} more");
    }
}
