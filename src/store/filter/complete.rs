//! What could be typed at a place in a filter: names of fields, or values of one. Nothing is looked up here; of fields
//! with stored values, the store's reader knows the values.

use super::ast::{Op, write_value};
use super::field::{FieldType, field};
use super::parser::is_name;

/// What is wanted at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The name of a field.
    Field,
    /// A value of this field.
    Value(&'static str),
    /// Nothing that could be listed: free text, or behind an unknown field.
    Nothing,
}

/// What is typed at the cursor, and what could stand there instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The character (not byte) where what is typed begins: an offer replaces it from here …
    pub start: usize,
    /// … to before this character.
    pub end: usize,
    /// What is wanted there.
    pub wants: Wanted,
    /// What is typed up to the cursor, without quotation marks; of a field's name in lower case.
    pub prefix: String,
}

/// A value as a filter has it: quoted where it would not be read back whole.
pub fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    // Writing into a string cannot fail.
    let _ = write_value(&mut text, value);
    text
}

/// What could be typed in a filter, right or not, with the cursor before the character `cursor`.
pub fn complete(text: &str, cursor: usize) -> Completion {
    let chars: Vec<char> = text.chars().collect();
    let cursor = cursor.min(chars.len());
    let mut at = 0;
    while at < cursor {
        if chars[at].is_whitespace() || matches!(chars[at], '(' | ')' | ',' | '-') {
            at += 1;
            continue;
        }
        let term = Term::at(&chars, at);
        if cursor <= term.end {
            return term.complete(&chars, cursor);
        }
        // What could not be read as a term is passed over all the same.
        at = term.end.max(at + 1);
    }
    if chars.get(cursor).is_some_and(|c| is_name(*c)) {
        return Term::at(&chars, cursor).complete(&chars, cursor);
    }
    named(&chars, cursor, cursor, cursor)
}

/// A piece of a term: a name or word, or one value.
#[derive(Debug)]
struct Piece {
    start: usize,
    end: usize,
    /// In quotation marks, and whether the closing one is there.
    quoted: Option<bool>,
}

#[derive(Debug)]
struct Term {
    start: usize,
    /// The field's name, where an operator stands behind it.
    name: Option<String>,
    values: Vec<Piece>,
    end: usize,
}

impl Term {
    /// Reads the term that begins here.
    fn at(chars: &[char], start: usize) -> Self {
        let name_end = start + chars[start..].iter().take_while(|c| is_name(**c)).count();
        let op = (name_end > start).then(|| op_at(chars, name_end)).flatten();
        let Some(op) = op else {
            let word = piece(chars, start);
            return Self { start, name: None, end: word.end, values: vec![word] };
        };
        let name: String = chars[start..name_end].iter().collect::<String>().to_lowercase();
        let mut values = vec![piece(chars, name_end + op.as_str().len())];
        let end = |values: &[Piece]| values.last().map_or(name_end, |v| v.end);
        while op == Op::Is && chars.get(end(&values)) == Some(&',') {
            values.push(piece(chars, end(&values) + 1));
        }
        Self { start, name: Some(name), end: end(&values), values }
    }

    fn complete(&self, chars: &[char], cursor: usize) -> Completion {
        let here = self.values.iter().find(|v| v.start <= cursor && cursor <= v.end);
        match (&self.name, here) {
            // A word that is no term yet.
            (None, Some(word)) if word.quoted.is_none() => named(chars, word.start, cursor, word.end),
            (Some(name), Some(value)) => {
                let inside = usize::from(value.quoted.is_some());
                let closed = value.quoted == Some(true) && cursor == value.end;
                let typed: &[char] = chars.get(value.start + inside..cursor).unwrap_or_default();
                let wants = match field(name) {
                    Some(field) if !closed && !matches!(field.kind, FieldType::Search) => Wanted::Value(field.name),
                    _ => Wanted::Nothing,
                };
                Completion { start: value.start, end: value.end, wants, prefix: unquoted(typed, inside > 0) }
            }
            // In the name of a term that has its operator: the name alone would be replaced, and the operator doubled.
            _ => Completion { start: self.start, end: self.end, wants: Wanted::Nothing, prefix: String::new() },
        }
    }
}

/// A name that begins at `start`.
fn named(chars: &[char], start: usize, cursor: usize, end: usize) -> Completion {
    let prefix = chars[start..cursor].iter().collect::<String>().to_lowercase();
    Completion { start, end, wants: Wanted::Field, prefix }
}

/// The word or quoted text that begins here, as far as it goes.
fn piece(chars: &[char], start: usize) -> Piece {
    if chars.get(start) != Some(&'"') {
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"');
        let length = chars[start..].iter().take_while(|c| !ends(**c)).count();
        return Piece { start, end: start + length, quoted: None };
    }
    let mut at = start + 1;
    while at < chars.len() {
        match chars[at] {
            '"' => return Piece { start, end: at + 1, quoted: Some(true) },
            '\\' if matches!(chars.get(at + 1), Some('"' | '\\')) => at += 2,
            _ => at += 1,
        }
    }
    Piece { start, end: chars.len(), quoted: Some(false) }
}

fn unquoted(chars: &[char], quoted: bool) -> String {
    let mut text = String::with_capacity(chars.len());
    let mut rest = chars.iter().copied().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(escaped @ ('"' | '\\'))) if quoted => {
                text.push(*escaped);
                rest.next();
            }
            _ => text.push(c),
        }
    }
    text
}

fn op_at(chars: &[char], at: usize) -> Option<Op> {
    Op::ALL.into_iter().find(|op| {
        let written = op.as_str();
        chars[at..].len() >= written.len() && written.chars().zip(&chars[at..]).all(|(a, b)| a == *b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is offered where `|` stands: the range, what is wanted, the prefix.
    fn at(marked: &str) -> (usize, usize, String, String) {
        let cursor = marked.chars().position(|c| c == '|').unwrap();
        let found = complete(&marked.replacen('|', "", 1), cursor);
        let wants = match &found.wants {
            Wanted::Field => "a field".to_owned(),
            Wanted::Value(field) => format!("{field}:"),
            Wanted::Nothing => "nothing".to_owned(),
        };
        (found.start, found.end, wants, found.prefix)
    }

    #[test]
    fn fields_and_values_are_told_apart() {
        for (marked, start, end, wants, prefix) in [
            ("|", 0, 0, "a field", ""),
            ("  |", 2, 2, "a field", ""),
            ("dom|", 0, 3, "a field", "dom"),
            ("do|ma", 0, 4, "a field", "do"),
            ("|dom", 0, 3, "a field", ""),
            ("-(DOM|", 2, 5, "a field", "dom"),
            ("verdict:different sta|", 18, 21, "a field", "sta"),
            ("(tag:hard or mod|", 13, 16, "a field", "mod"),
            ("多 dom|", 2, 5, "a field", "dom"),
            ("verdict:|", 8, 8, "verdict:", ""),
            ("verdict:di|", 8, 10, "verdict:", "di"),
            ("verdict:d|iff tag:x", 8, 12, "verdict:", "d"),
            ("domain:logic,ga|", 13, 15, "domain:", "ga"),
            ("domain:log|ic,games", 7, 12, "domain:", "log"),
            ("domain:logic,|", 13, 13, "domain:", ""),
            ("tag:\"very h|", 4, 11, "tag:", "very h"),
            ("tag:\"a\\\"b|", 4, 9, "tag:", "a\"b"),
            ("tag:\"very hard\"|", 4, 15, "nothing", "very hard\""),
            ("model~qw|", 6, 8, "model:", "qw"),
            ("text~qw|", 5, 7, "nothing", "qw"),
            ("\"dom|", 0, 4, "nothing", ""),
            ("ver|dict:different", 0, 17, "nothing", ""),
            ("colour:re|", 7, 9, "nothing", "re"),
        ] {
            assert_eq!(at(marked), (start, end, wants.to_owned(), prefix.to_owned()), "{marked}");
        }
    }

    #[test]
    fn any_text_and_cursor_has_a_range_that_holds_the_cursor() {
        for text in
            ["", "((", "a:,,b", "-", "\"", "tag:\"\\", "a:\"b\"c", "text~\"x\" y", ")x(", ":::", "a<=", "多:\u{301}"]
        {
            let length = text.chars().count();
            for cursor in 0..=length + 2 {
                let found = complete(text, cursor);
                assert!(found.start <= cursor.min(length) && cursor.min(length) <= found.end, "{text} {cursor}");
                assert!(found.end <= length, "{text} {cursor}");
            }
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for value in ["logic", "very hard", "a\"b\\", "", "=x", "(a,b)"] {
            let filter = crate::store::filter::Filter::parse(&format!("tag:{}", quoted(value))).unwrap();
            let Some(crate::store::filter::Expr::Term(term)) = filter.expr() else { panic!("{value}") };
            assert_eq!(term.values, [value]);
        }
    }
}
