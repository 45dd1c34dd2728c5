//! What could be typed at a place in a filter: names of fields, or values of one. Nothing is looked up here; of fields
//! with stored values, the store's reader knows the values.

use super::ast::{Op, write_value};
use super::field::{Field, FieldType, field, fields};
use super::parser::is_name;

/// What could stand at the cursor.
#[derive(Debug, Clone)]
pub enum Wants {
    /// A term: the fields whose names begin with the prefix, in the order of help; a name that is complete comes first.
    Fields(Vec<&'static Field>),
    /// A value of this field.
    Values(&'static Field),
    /// Free text, or nothing that is known.
    Nothing,
}

/// What is typed at the cursor, and what it could become.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The character (not byte) where what is typed begins; a choice replaces it from here …
    pub start: usize,
    /// … to before this character.
    pub end: usize,
    /// What could stand there.
    pub wants: Wants,
    /// What is typed up to the cursor, without quotation marks.
    pub prefix: String,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What to put from `start` to `end`.
    pub text: String,
    /// What it means, in a sentence; empty for a value, which says it itself.
    pub meaning: &'static str,
}

impl Completion {
    /// The choices that are known without a store: fields with their first operator (of a complete name, all operators),
    /// words of closed vocabularies.
    pub fn offers(&self) -> Vec<Offer> {
        match &self.wants {
            Wants::Fields(fields) => fields
                .iter()
                .flat_map(|f| {
                    let ops = f.operators();
                    let shown = if f.name == self.prefix { ops.len() } else { 1 };
                    ops.iter()
                        .take(shown)
                        .map(|op| Offer { text: format!("{}{}", f.name, op.as_str()), meaning: f.doc })
                })
                .collect(),
            Wants::Values(field) => {
                let words = match field.kind {
                    FieldType::Words(words) | FieldType::Order(words) => words(),
                    FieldType::YesNo => vec!["yes", "no"],
                    _ => Vec::new(),
                };
                let prefix = self.prefix.to_lowercase();
                let matching = words.into_iter().filter(|w| w.starts_with(&prefix));
                matching.map(|w| Offer { text: w.to_owned(), meaning: "" }).collect()
            }
            Wants::Nothing => Vec::new(),
        }
    }
}

/// A value as a filter has it: quoted where it would not be read back whole.
pub fn written(value: &str) -> String {
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
                    Some(field) if !closed && !matches!(field.kind, FieldType::Search) => Wants::Values(field),
                    _ => Wants::Nothing,
                };
                Completion { start: value.start, end: value.end, wants, prefix: unquoted(typed, inside > 0) }
            }
            // In the name of a term that has its operator: the name alone would be replaced, and the operator doubled.
            _ => Completion { start: self.start, end: self.end, wants: Wants::Nothing, prefix: String::new() },
        }
    }
}

/// The fields whose names begin with what stands between `start` and the cursor.
fn named(chars: &[char], start: usize, cursor: usize, end: usize) -> Completion {
    let prefix: String = chars[start..cursor].iter().collect::<String>().to_lowercase();
    let mut found: Vec<&'static Field> = fields().iter().filter(|f| f.name.starts_with(&prefix)).collect();
    found.sort_by_key(|f| f.name != prefix);
    Completion { start, end, wants: Wants::Fields(found), prefix }
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
            Wants::Fields(fields) => {
                let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
                if names.len() > 9 { "any field".to_owned() } else { names.join(" ") }
            }
            Wants::Values(field) => format!("{}:", field.name),
            Wants::Nothing => "nothing".to_owned(),
        };
        (found.start, found.end, wants, found.prefix)
    }

    #[test]
    fn fields_and_values_are_told_apart() {
        for (marked, start, end, wants, prefix) in [
            ("|", 0, 0, "any field", ""),
            ("  |", 2, 2, "any field", ""),
            ("dom|", 0, 3, "domain", "dom"),
            ("do|ma", 0, 4, "domain", "do"),
            ("|dom", 0, 3, "any field", ""),
            ("-(DOM|", 2, 5, "domain", "dom"),
            ("verdict:different sta|", 18, 21, "standing stage", "sta"),
            ("code|", 0, 4, "code code.seconds", "code"),
            ("verdict:|", 8, 8, "verdict:", ""),
            ("verdict:di|", 8, 10, "verdict:", "di"),
            ("verdict:d|iff tag:x", 8, 12, "verdict:", "d"),
            ("domain:logic,ga|", 13, 15, "domain:", "ga"),
            ("domain:log|ic,games", 7, 12, "domain:", "log"),
            ("domain:logic,|", 13, 13, "domain:", ""),
            ("tag:\"very h|", 4, 11, "tag:", "very h"),
            ("tag:\"a\\\"b|", 4, 9, "tag:", "a\"b"),
            ("tag:\"very hard\"|", 4, 15, "nothing", "very hard\""),
            ("(tag:hard or mod|", 13, 16, "model", "mod"),
            ("model~qw|", 6, 8, "model:", "qw"),
            ("text~qw|", 5, 7, "nothing", "qw"),
            ("\"dom|", 0, 4, "nothing", ""),
            ("ver|dict:different", 0, 17, "nothing", ""),
            ("colour:re|", 7, 9, "nothing", "re"),
            ("xyz|", 0, 3, "", "xyz"),
            ("多 dom|", 2, 5, "domain", "dom"),
        ] {
            assert_eq!(at(marked), (start, end, wants.to_owned(), prefix.to_owned()), "{marked}");
        }
    }

    #[test]
    fn offers_are_what_can_be_put_there() {
        let texts = |text: &str| -> Vec<String> {
            complete(text, text.chars().count()).offers().into_iter().map(|o| o.text).collect()
        };
        assert_eq!(texts("verd"), ["verdict:"]);
        assert_eq!(texts("secon"), ["seconds:", "second:", "second.verdict:", "second.detail:", "second.disagrees:"]);
        assert_eq!(texts("seconds"), ["seconds:", "seconds<", "seconds<=", "seconds>", "seconds>="]);
        assert_eq!(texts("code"), ["code:", "code~", "code.seconds:"]);
        assert_eq!(texts("verdict:D"), ["different"]);
        assert_eq!(texts("flag:"), ["yes", "no"]);
        assert_eq!(texts("domain:"), Vec::<String>::new(), "the store knows");
        assert!(complete("", 0).offers().iter().all(|o| !o.meaning.is_empty()));
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
    fn what_is_written_is_read_back() {
        for value in ["logic", "very hard", "a\"b\\", "", "=x", "(a,b)"] {
            let filter = crate::store::filter::Filter::parse(&format!("tag:{}", written(value))).unwrap();
            let Some(crate::store::filter::Expr::Term(term)) = filter.expr() else { panic!("{value}") };
            assert_eq!(term.values, [value]);
        }
    }
}
