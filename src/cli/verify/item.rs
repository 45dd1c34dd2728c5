//! One line of the filter: from JSON to a pair, from a verdict to JSON or to what a person reads.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use serde_json::{Map, Value};

use super::lines::{LONGEST, Line};
use crate::cli::evidence;
use crate::environment::line::{Asked, answered, failed, plain_reward};
use crate::review::cleaned::clean_line;
use crate::verifier::{Outcome, Pair, RuleVerifier, Verdict, Verifier};

/// How verdicts are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) timing: bool,
    pub(super) passthrough: bool,
    /// For a person, whose terminal has so many columns.
    pub(super) explain: Option<usize>,
}

/// A line with what the native tiers say of it.
pub(super) struct Examined<'a> {
    line: &'a Line,
    started: Instant,
    id: Option<String>,
    object: Option<Map<String, Value>>,
    pair: Option<Pair>,
    verdict: Verdict,
}

impl<'a> Examined<'a> {
    /// Reads and verifies a line; whatever went wrong is a sentence in its verdict.
    pub(super) fn of(verifier: &RuleVerifier, line: &'a Line) -> Self {
        let started = Instant::now();
        let Asked { id, object, pair } = read(line);
        let verified = pair.and_then(|pair| {
            catch_unwind(AssertUnwindSafe(|| verifier.verify(&pair)))
                .map(|verdict| (pair, verdict))
                .map_err(|_| "the verifier failed on this pair; please report it".to_owned())
        });
        let (pair, verdict) = match verified {
            Ok((pair, verdict)) => (Some(pair), verdict),
            Err(problem) => (None, failed(format!("line {}: {problem}", line.number))),
        };
        Self { line, started, id, object, pair, verdict }
    }

    /// The pair with its verdict, where the native tiers left it undecided.
    pub(super) fn undecided(&self) -> Option<(&Pair, &Verdict)> {
        self.pair.as_ref().filter(|_| self.verdict.outcome == Outcome::Undecided).map(|pair| (pair, &self.verdict))
    }

    /// The same line with another verdict.
    pub(super) fn with(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    /// The text, with its line feed, that answers the line.
    pub(super) fn text(self, form: Form) -> String {
        let Self { line, started, id, object, pair, verdict } = self;
        let ms = form.timing.then(|| (started.elapsed().as_secs_f64() * 1e6).round() / 1e3);
        if let Some(width) = form.explain {
            return explained(id.as_deref().unwrap_or("null"), pair.as_ref(), &verdict, ms, width);
        }
        let text = line.bytes.as_deref().and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default();
        let passed = form.passthrough.then_some(object).flatten().map(|o| (text, o));
        answered(id.as_deref(), passed, &verdict, plain_reward(&verdict), ms) + "\n"
    }
}

fn read(line: &Line) -> Asked {
    let wrong = |why: String| Asked { id: None, object: None, pair: Err(why) };
    match line.bytes.as_deref().map(std::str::from_utf8) {
        None => wrong(format!("it is longer than {} MiB", LONGEST >> 20)),
        Some(Err(_)) => wrong("it is not UTF-8".into()),
        Some(Ok(text)) => Asked::read(text),
    }
}

/// A verdict in lines that a person reads.
fn explained(id: &str, pair: Option<&Pair>, verdict: &Verdict, ms: Option<f64>, width: usize) -> String {
    let mut out = format!("{} {}  {} ({} tier", verdict.outcome.glyph(), clean_line(id), verdict.outcome, verdict.tier);
    for l in &verdict.leniencies {
        let _ = write!(out, ", {l}");
    }
    out.push(')');
    if let Some(ms) = ms {
        let _ = write!(out, "  {ms} ms");
    }
    out.push('\n');
    let reference = pair.and_then(|p| <&[String; 1]>::try_from(&p.references[..]).ok()).map(|[one]| one.as_str());
    out.push_str(&evidence::rows(verdict, reference, pair.map(|p| p.response.as_str()), 4, width));
    out
}
