//! Fractions and roots in one line, and what stands beside them: in print a line above or below keeps factors apart, in a
//! row of characters a bracket or a dot has to.

use super::glyphs::{FUNCTIONS, OPERATORS, is_script, script};
use super::grid::is_grid;
use super::latex::tidy;

/// What was typeset last, where it matters to what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A fraction: what follows closely would read as if it were under the line.
    Fraction,
    /// A root of one sign: what follows closely would read as if it were under it.
    Root,
    /// Anything else.
    Other,
}

/// Text that is being typeset.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// The text.
    pub(super) text: String,
    /// Where a fraction or root begins and ends that may still need brackets.
    open: Option<(usize, usize, Kind)>,
}

impl Row {
    /// Puts a fraction or a root behind what is there.
    pub(super) fn put(&mut self, typeset: &str, kind: Kind) {
        let before = self.text.chars().next_back();
        match kind {
            Kind::Fraction if self.is_after_a_function() => {
                self.text.push('(');
                self.text.push_str(typeset);
                return self.text.push(')');
            }
            // A whole number and a part of one, or a product that reads the same.
            Kind::Fraction if before.is_some_and(|c| c.is_ascii_digit()) && is_of_digits(typeset) => {
                self.text.push(' ');
            }
            Kind::Fraction if is_bounded(&self.text) => self.text.push(' '),
            // Its degree would be an exponent of what stands before it.
            Kind::Root if typeset.starts_with(is_mark) && before.is_some_and(is_factor_before) => self.text.push('·'),
            Kind::Fraction if before.is_some_and(is_factor_before) => self.text.push('·'),
            _ => {}
        }
        let from = self.text.len();
        self.text.push_str(typeset);
        self.open = Some((from, self.text.len(), kind));
    }

    /// What the whole text is, where it is one fraction or one root and nothing else.
    pub(super) fn kind(&self) -> Kind {
        match self.open {
            Some((0, to, kind)) if to == self.text.len() => kind,
            _ => Kind::Other,
        }
    }

    /// Whether the text ends with a function's name, which takes what comes next: `sin`, `log₂`.
    fn is_after_a_function(&self) -> bool {
        let Some(words) = self.text.strip_suffix(' ') else { return false };
        let name = words.trim_end().trim_end_matches(is_mark);
        let from = name.rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        name.get(from..).is_some_and(|name| FUNCTIONS.contains(&name))
    }

    /// Looks at what has come behind a fraction or a root: brackets, where it stands close.
    pub(super) fn settle(&mut self) {
        let Some((from, to, kind)) = self.open else { return };
        if self.text.len() == to {
            return;
        }
        self.open = None;
        let Some(next) = self.text.get(to..).and_then(|behind| behind.chars().next()) else { return };
        match kind {
            Kind::Fraction if !is_factor_behind(next) => {}
            Kind::Fraction if is_derivative(&self.text[from..to]) && !is_mark(next) => self.text.insert(to, ' '),
            Kind::Fraction => {
                self.text.insert(to, ')');
                self.text.insert(from, '(');
            }
            Kind::Root if is_mark(next) => {
                self.text.insert(to, ')');
                self.text.insert(from, '(');
            }
            Kind::Root if next.is_alphanumeric() && !self.text[from..to].ends_with(')') => {
                let sign = self.text[from..to].char_indices().find(|(_, c)| matches!(c, '√' | '∛' | '∜'));
                let under = sign.map_or(from, |(at, sign)| from + at + sign.len_utf8());
                self.text.insert(to, ')');
                self.text.insert(under, '(');
            }
            _ => {}
        }
    }
}

/// Whether a text ends with a sum, a product or an integral, with or without its bounds: what follows is no factor of them.
fn is_bounded(text: &str) -> bool {
    let mut rest = text;
    loop {
        let mut chars = rest.chars();
        let (last, before) = (chars.next_back(), chars.next_back());
        rest = match (last, before) {
            (Some(last), _) if "∫∬∭∮∑∏⋃⋂".contains(last) => return true,
            (Some(')'), _) => {
                let Some(open) = rest.rfind('(').filter(|open| rest[..*open].ends_with(['^', '_'])) else {
                    return false;
                };
                &rest[..open - 1]
            }
            (Some(_), Some('^' | '_')) => chars.as_str(),
            (Some(last), _) if is_mark(last) => &rest[..rest.len() - last.len_utf8()],
            _ => return false,
        };
    }
}

fn is_mark(c: char) -> bool {
    is_script(c) || matches!(c, '^' | '_')
}

fn is_factor_before(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || matches!(c, ')' | ']' | '}' | '∞' | '′' | '!')
}

fn is_factor_behind(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c) || is_grid(c) || "([{⌊⌈⟨√∛∜∑∏∫∬∮∞∇∂∠△!".contains(c)
}

fn is_of_digits(fraction: &str) -> bool {
    fraction.chars().all(|c| c.is_ascii_digit() || c == '/')
}

/// `d/dx`, `dy/dx`, `∂²f/∂x²`: read as one sign.
fn is_derivative(fraction: &str) -> bool {
    fraction.split_once('/').is_some_and(|(above, below)| ['d', '∂'].iter().any(|d| is_differential(above, below, *d)))
}

fn is_differential(above: &str, below: &str, d: char) -> bool {
    let letter = |rest: &str| {
        let mut chars = rest.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() && !is_mark(c)) && chars.all(is_mark)
    };
    let above = above.strip_prefix(d).map(|rest| rest.trim_start_matches(is_mark).trim_start());
    let below = below.strip_prefix(d).map(str::trim_start);
    above.is_some_and(|rest| rest.is_empty() || letter(rest)) && below.is_some_and(letter)
}

/// Whether a part must be bracketed when something is put beside it.
fn is_compound(text: &str) -> bool {
    let inner = text.trim();
    let balanced = inner.starts_with('(') && inner.ends_with(')') && !inner[1..inner.len() - 1].contains(['(', ')']);
    !balanced && inner.chars().any(|c| " +−-·×/=,<>±∣".contains(c) || OPERATORS.contains(c))
}

fn bracketed(text: &str) -> String {
    let text = tidy(text);
    if is_compound(&text) { format!("({text})") } else { text }
}

/// A fraction in one line. Ready-made ones (½) are too small to be compared.
pub(super) fn fraction(above: &str, below: &str) -> String {
    let (above, below) = (tidy(above), tidy(below));
    if ['d', '∂'].iter().any(|d| is_differential(&above, &below, *d)) {
        return format!("{}/{}", above.replace(' ', ""), below.replace(' ', ""));
    }
    // A product under the line would read as if its second factor were beside it.
    let below = if is_one_thing(&below) { below } else { format!("({below})") };
    format!("{}/{below}", bracketed(&above))
}

/// Whether a text reads as one thing behind a slash: a number, a letter with its marks, something in brackets.
fn is_one_thing(text: &str) -> bool {
    let mut chars = text.chars();
    let marked = |c: char| is_script(c) || matches!(c, '\u{300}'..='\u{36f}' | '\u{20d7}');
    match chars.next() {
        None => true,
        Some('(') => closes_at_its_end(text, '(', ')'),
        Some('⌊') => closes_at_its_end(text, '⌊', '⌋'),
        Some('⌈') => closes_at_its_end(text, '⌈', '⌉'),
        Some('|') => chars.as_str().find('|') == Some(chars.as_str().len().saturating_sub(1)),
        Some(c) if c.is_ascii_digit() => {
            text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').chars().all(marked)
        }
        Some(_) => chars.all(marked),
    }
}

/// Whether the bracket that a text begins with closes where the text ends.
fn closes_at_its_end(text: &str, open: char, close: char) -> bool {
    let mut depth = 0_usize;
    let closes = text.char_indices().find(|(_, c)| {
        depth += usize::from(*c == open);
        depth = depth.saturating_sub(usize::from(*c == close));
        depth == 0
    });
    closes.is_some_and(|(at, _)| at + close.len_utf8() == text.len())
}

/// A root in one line.
pub(super) fn root(degree: Option<&str>, under: &str) -> String {
    let sign = match degree.map(str::trim) {
        None | Some("2" | "") => "√".to_owned(),
        Some("3") => "∛".to_owned(),
        Some("4") => "∜".to_owned(),
        Some(n) => format!("{}√", script(n, true)),
    };
    let under = tidy(under);
    let alone = under.chars().count() == 1 || under.chars().all(|c| c.is_ascii_digit() || c == '.');
    if alone { format!("{sign}{under}") } else { format!("{sign}({under})") }
}
