//! Python in colours, by syntect: scopes become meanings, and the theme does the rest.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

use super::document::{Line, Span, detabbed};
use crate::tui::theme::Meaning;

/// Bytes that are highlighted at most; what is longer is shown plain.
const MOST: usize = 256 << 10;
/// Characters of a line that is highlighted at most.
const LONGEST: usize = 2_000;
/// Time that one text may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Stands before what goes on from the row above, in place of a number.
const CONTINUED: char = '↳';

struct Highlighter {
    syntaxes: SyntaxSet,
    scopes: Vec<(Scope, Meaning)>,
}

/// Scopes by their beginnings; the first that fits the innermost scope counts.
const SCOPES: &[(&str, Meaning)] = &[
    ("comment", Meaning::CodeComment),
    ("string", Meaning::CodeString),
    ("constant.character", Meaning::CodeString),
    ("constant.numeric", Meaning::CodeNumber),
    ("constant.language", Meaning::CodeNumber),
    ("entity.name.function", Meaning::CodeFunction),
    ("entity.name.class", Meaning::CodeFunction),
    ("support.function", Meaning::CodeFunction),
    ("variable.function", Meaning::CodeFunction),
    ("meta.function-call.generic", Meaning::CodeFunction),
    ("keyword.operator.logical", Meaning::CodeKeyword),
    ("keyword.operator", Meaning::Text),
    ("keyword", Meaning::CodeKeyword),
    ("storage", Meaning::CodeKeyword),
    ("support.type", Meaning::CodeKeyword),
];

fn highlighter() -> &'static Highlighter {
    static READY: OnceLock<Highlighter> = OnceLock::new();
    READY.get_or_init(|| Highlighter {
        syntaxes: SyntaxSet::load_defaults_newlines(),
        scopes: SCOPES.iter().filter_map(|(name, meaning)| Some((Scope::new(name).ok()?, *meaning))).collect(),
    })
}

/// Loads the syntaxes and compiles what Python needs of them, so that the first text does not wait for it.
pub fn warm() {
    let ready = highlighter();
    if let Some(python) = ready.syntaxes.find_syntax_by_token("python") {
        let lines = ["def f(x):", "    return f\"{x}\" + 'a' # 1"].map(str::to_owned);
        parse(ready, python, &lines, Duration::MAX, |line| vec![Span::new(line, Meaning::Text)]);
    }
}

/// Python with numbers before its lines.
pub(super) fn numbered(text: &str) -> Vec<Line> {
    let lines = highlighted(text, "python");
    let digits = lines.len().to_string().len();
    let lead = |n: usize| vec![Span::new(format!("{n:>digits$}  "), Meaning::Muted)];
    // What goes on is not taken for a line of its own.
    let hang = vec![Span::new(format!("{CONTINUED:>digits$}  "), Meaning::Muted)];
    let numbered = |(nth, spans)| Line { lead: lead(nth + 1), hang: hang.clone(), ..Line::hard(spans) };
    lines.into_iter().enumerate().map(numbered).collect()
}

/// Lines of a language in colours; plain where the language is not known or the text is too much.
pub(super) fn highlighted(text: &str, language: &str) -> Vec<Vec<Span>> {
    let plain = |line: &str| vec![Span::new(line.to_owned(), Meaning::Text)];
    let lines: Vec<String> = text.lines().map(detabbed).collect();
    let ready = highlighter();
    let language = if language.is_empty() { None } else { ready.syntaxes.find_syntax_by_token(language) };
    let Some(syntax) = language.filter(|_| text.len() <= MOST) else {
        return lines.iter().map(|l| plain(l)).collect();
    };
    parse(ready, syntax, &lines, PATIENCE, plain)
}

fn parse(
    ready: &Highlighter,
    syntax: &SyntaxReference,
    lines: &[String],
    patience: Duration,
    plain: impl Fn(&str) -> Vec<Span>,
) -> Vec<Vec<Span>> {
    let begun = Instant::now();
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut given_up = false;
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        // After a line that was passed over, the state is not right any more.
        given_up |= line.len() > LONGEST || begun.elapsed() > patience;
        if given_up {
            out.push(plain(line));
            continue;
        }
        let whole = format!("{line}\n");
        let Ok(changes) = state.parse_line(&whole, &ready.syntaxes) else {
            given_up = true;
            out.push(plain(line));
            continue;
        };
        let mut spans: Vec<Span> = Vec::new();
        let mut from = 0;
        for (at, change) in changes {
            push(&mut spans, line, from, at, meaning(ready, &stack));
            from = at;
            if stack.apply(&change).is_err() {
                given_up = true;
            }
        }
        push(&mut spans, line, from, line.len(), meaning(ready, &stack));
        out.push(spans);
    }
    out
}

fn push(spans: &mut Vec<Span>, line: &str, from: usize, to: usize, meaning: Meaning) {
    let Some(text) = line.get(from.min(line.len())..to.min(line.len())).filter(|t| !t.is_empty()) else { return };
    match spans.last_mut() {
        Some(last) if last.meaning == meaning => last.text.push_str(text),
        _ => spans.push(Span::new(text, meaning)),
    }
}

fn meaning(ready: &Highlighter, stack: &ScopeStack) -> Meaning {
    let fits = |scope: &Scope| ready.scopes.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, m)| *m);
    stack.as_slice().iter().rev().find_map(fits).unwrap_or(Meaning::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_has_its_colours() {
        warm();
        let lines = highlighted("def f(x):  # note\n    return 'a' + 12\n", "python");
        let of = |text: &str| {
            lines.iter().flatten().find(|s| s.text.contains(text)).map_or_else(|| panic!("{text}"), |s| s.meaning)
        };
        assert_eq!(of("def"), Meaning::CodeKeyword);
        assert_eq!(of("f"), Meaning::CodeKeyword, "the first one is in `def`");
        assert_eq!(of("note"), Meaning::CodeComment);
        assert_eq!(of("'a"), Meaning::CodeString);
        assert_eq!(of("12"), Meaning::CodeNumber);
        let joined: Vec<String> = lines.iter().map(|l| l.iter().map(|s| s.text.as_str()).collect()).collect();
        assert_eq!(joined, ["def f(x):  # note", "    return 'a' + 12"]);
    }

    #[test]
    fn too_much_is_shown_plain_and_whole() {
        let long = format!("x = \"{}\"\ny = 1\n", "a".repeat(LONGEST));
        let lines = highlighted(&long, "python");
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().flatten().all(|s| s.meaning == Meaning::Text));
        assert_eq!(highlighted("x", "no such language")[0][0].text, "x");
    }
}
