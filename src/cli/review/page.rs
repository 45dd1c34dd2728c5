//! A candidate written down to be read aloud: headings and texts in one order, nothing in columns, everything cleaned.

use std::fmt::Write as _;

use crate::cli::output;
use crate::review::cleaned::clean;
use crate::review::correction::named;
use crate::store::record::{CandidateView, Judgement, ReferenceKind, ResponseView};
use crate::verifier::Side;

/// Lines of a text that are printed unasked.
const LINES: usize = 40;
/// Characters of a text that are printed unasked.
const CHARACTERS: usize = 4_000;
/// Characters of an answer that stands behind its name; a longer one stands below it.
const ANSWER: usize = 200;

/// A text of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Question,
    Reply,
    Code,
    Output,
    Stderr,
    Reasoning,
    Cot,
}

/// A text under its heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) part: Part,
    heading: String,
    /// Cleaned.
    text: String,
}

impl Section {
    fn new(part: Part, heading: impl Into<String>, text: &str) -> Self {
        Self { part, heading: heading.into(), text: clean(text.trim_end()) }
    }

    /// All of it.
    pub(super) fn whole(&self) -> String {
        format!("{}:\n{}\n\n", self.heading, self.text)
    }

    /// Its beginning, and how much is left out.
    fn begun(&self) -> String {
        match rest(&self.text) {
            None => self.whole(),
            Some((shown, left)) => {
                format!("{}:\n{}\n({left}; `more` shows all)\n\n", self.heading, &self.text[..shown])
            }
        }
    }

    /// Whether [`Section::begun`] leaves something out.
    pub(super) fn is_long(&self) -> bool {
        rest(&self.text).is_some()
    }
}

/// Where a long text is cut, and what is behind that, in words.
fn rest(text: &str) -> Option<(usize, String)> {
    let by_lines = text.match_indices('\n').nth(LINES - 1).map(|(at, _)| at);
    let by_characters = text.char_indices().nth(CHARACTERS).map(|(at, _)| at);
    let cut = match (by_lines, by_characters) {
        (None, None) => return None,
        (Some(a), Some(b)) => a.min(b),
        (a, b) => a.or(b)?,
    };
    let behind = &text[cut..];
    let more = |n: usize, one: &str| format!("{n} more {one}{}", if n == 1 { "" } else { "s" });
    let lines = behind.matches('\n').count();
    Some((cut, if lines > 0 { more(lines, "line") } else { more(behind.chars().count(), "character") }))
}

/// The texts of a candidate, with those of one of its responses.
pub(super) fn sections(view: &CandidateView, response: Option<&ResponseView>) -> Vec<Section> {
    let record = &view.record;
    let mut all = Vec::new();
    if !record.question.is_empty() {
        all.push(Section::new(Part::Question, "Question", &record.question));
    }
    if let Some(raw) = record.metadata.get("raw").and_then(|v| v.as_str()) {
        all.push(Section::new(Part::Reply, "The reply that nothing could be made of", raw));
    }
    if let Some(code) = &record.code {
        all.push(Section::new(Part::Code, "Code", code));
    }
    // The last execution is the one that counts; others are the same code run again.
    if let Some(e) = record.executions.last() {
        let status = e.status.map_or_else(String::new, |s| format!(" {s}"));
        let cut = if e.stdout_bytes > e.stdout.len() as u64 {
            format!(", cut after {} of {} bytes", e.stdout.len(), e.stdout_bytes)
        } else {
            String::new()
        };
        let heading = format!(
            "Output of the code, which took {} and ended with {}{status} (isolation {}){cut}",
            output::seconds(e.seconds),
            e.end,
            e.isolation
        );
        all.push(Section::new(Part::Output, heading, if e.stdout.trim().is_empty() { "(nothing)" } else { &e.stdout }));
        if !e.stderr.trim().is_empty() {
            all.push(Section::new(Part::Stderr, "What the code printed to stderr", &e.stderr));
        }
    }
    if let Some(r) = response {
        if let Some(reasoning) = r.record.reasoning.as_deref().filter(|text| !text.trim().is_empty()) {
            all.push(Section::new(Part::Reasoning, "Reasoning", reasoning));
        }
        let of = count(view, r);
        all.push(Section::new(
            Part::Cot,
            format!("Chain of thought{of}, by {}", output::line(&r.record.solver)),
            &r.record.text,
        ));
    }
    all
}

/// ` (response 2 of 4)`, where there are several.
fn count(view: &CandidateView, response: &ResponseView) -> String {
    match view.responses.len() {
        0 | 1 => String::new(),
        n => {
            let nth = view.responses.iter().position(|r| r.id == response.id).unwrap_or(0) + 1;
            format!(" (response {nth} of {n})")
        }
    }
}

/// The candidate as it is first read: long texts begun, then the two answers, the verdict, and what people said. Where
/// `hidden`, neither the verdict nor what it or people led to is told.
pub(super) fn candidate(view: &CandidateView, response: Option<&ResponseView>, place: &str, hidden: bool) -> String {
    let record = &view.record;
    let facts = [
        ("Domain", Some(record.domain.as_str())),
        ("Strategy", Some(&record.strategy)),
        ("Model", view.model.as_deref()),
    ];
    let mut text = format!("Candidate {}{place}.", view.id);
    for (name, fact) in facts {
        if let Some(fact) = fact.filter(|f| !f.is_empty()) {
            let _ = write!(text, " {name} {}.", output::line(fact));
        }
    }
    text.push_str("\n\n");
    if let Some(failure) = &record.failure {
        let _ = writeln!(text, "Failed in {}: {}. {}\n", failure.stage, failure.kind, output::line(&failure.message));
    }
    if let Some(now) = view.shows_revised() {
        let _ = writeln!(text, "A person corrected the {}; `history` tells what it came with.\n", named(now));
    }
    for section in sections(view, response) {
        if section.part == Part::Reasoning {
            let lines = section.text.lines().count();
            let _ = writeln!(text, "Reasoning, kept apart: {lines} lines; `reasoning` shows them.\n");
        } else {
            text.push_str(&section.begun());
        }
    }
    answers(&mut text, view, response, hidden);
    if !hidden {
        people(&mut text, view);
    }
    text.push('\n');
    text
}

/// Another response of the same candidate: its chain of thought, the two answers and the verdict.
pub(super) fn response(view: &CandidateView, response: Option<&ResponseView>, hidden: bool) -> String {
    let all = sections(view, response);
    let mut text: String = all.iter().filter(|s| s.part == Part::Cot).map(Section::begun).collect();
    answers(&mut text, view, response, hidden);
    text.push('\n');
    text
}

fn answers(text: &mut String, view: &CandidateView, response: Option<&ResponseView>, hidden: bool) {
    let given = view.record.reference_kind == Some(ReferenceKind::Given);
    let name = if view.about().is_some() {
        "Revised answer"
    } else if given {
        "Given reference"
    } else {
        "Code answer"
    };
    answer(text, name, view.record.reference.as_deref());
    let Some(response) = response else {
        text.push_str("There is no response.\n");
        return;
    };
    answer(text, "CoT answer", response.record.answer.as_deref());
    if hidden {
        text.push_str("Verdict: hidden until you have judged.\n");
    } else {
        text.push_str(&evidence(response));
    }
}

fn answer(text: &mut String, name: &str, value: Option<&str>) {
    let value = clean(value.unwrap_or("none").trim_end());
    let below = value.contains('\n') || value.chars().nth(ANSWER).is_some();
    let _ = if below { writeln!(text, "{name}:\n{value}") } else { writeln!(text, "{name}: {value}") };
}

/// The verdict with its evidence, and the judgement that stands over it.
pub(super) fn evidence(response: &ResponseView) -> String {
    let mut text = String::new();
    let record = &response.record;
    if let Some(failure) = &record.failure {
        let _ = writeln!(
            text,
            "The response failed in {}: {}. {}",
            failure.stage,
            failure.kind,
            output::line(&failure.message)
        );
    }
    match &record.verdict {
        None => text.push_str("Verdict: none.\n"),
        Some(v) => {
            let side = match v.side {
                None => "",
                Some(Side::Reference) => ", because of the reference",
                Some(Side::Response) => ", because of the response",
                Some(Side::Both) => ", because of both",
            };
            let _ = writeln!(text, "Verdict: {} {}{side}, tier {}.", v.outcome.glyph(), v.outcome, v.tier);
            let _ = writeln!(text, "Reason: {}", output::line(&v.reason));
            let _ = writeln!(
                text,
                "Compared: {} with {}",
                output::short(&v.reference_value, 400),
                output::short(&v.response_value, 400)
            );
            if !v.leniencies.is_empty() {
                let names: Vec<&str> = v.leniencies.iter().map(|l| l.as_str()).collect();
                let _ = writeln!(text, "Leniencies: {}", names.join(", "));
            }
        }
    }
    if response.contested {
        text.push_str("Judgement: contested, reviewers are tied.\n");
    } else if let Some(judgement) = response.judgement {
        let _ = writeln!(text, "Judgement: {}.", said(judgement));
    }
    text
}

fn people(text: &mut String, view: &CandidateView) {
    if view.responses.len() > 1 {
        let each: Vec<String> = (1..)
            .zip(&view.responses)
            .map(|(n, r)| format!("{n} {}", r.standing.map_or("none", |outcome| outcome.as_str())))
            .collect();
        let _ = writeln!(text, "Responses stand: {}; together: {}.", each.join(", "), view.standing);
    }
    if let Some(curation) = view.curation {
        let _ = writeln!(text, "Curation: {curation}.");
    }
    if let Some(right) = view.right {
        let _ = writeln!(text, "Right: {right}.");
    }
    if view.contested {
        text.push_str("Contested: reviewers are tied.\n");
    }
    if !view.tags.is_empty() {
        let _ = writeln!(text, "Tags: {}.", output::line(&view.tags.join(", ")));
    }
}

/// A judgement in words.
pub(super) fn said(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Equivalent => "equivalent",
        Judgement::Different => "different",
        Judgement::CantTell => "can't tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_begun_and_says_what_is_left_out() {
        let begun = |text: &str| Section::new(Part::Question, "Question", text).begun();
        let of = |n: usize| (1..=n).map(|i| format!("line {i}")).collect::<Vec<_>>().join("\n");
        assert!(begun(&of(40)).ends_with("line 40\n\n"));
        assert!(begun(&of(41)).ends_with("line 40\n(1 more line; `more` shows all)\n\n"), "{}", begun(&of(41)));
        assert!(begun(&of(100)).contains("(60 more lines;"));
        assert!(begun(&"é".repeat(5_000)).contains("(1000 more characters;"));
        assert!(!Section::new(Part::Cot, "x", &"é".repeat(4_000)).is_long());
    }

    #[test]
    fn a_text_is_cleaned() {
        assert_eq!(Section::new(Part::Cot, "CoT", "a\u{1b}[2J\u{202e}").whole(), "CoT:\na␛[2J⟨RLO⟩\n\n");
    }
}
