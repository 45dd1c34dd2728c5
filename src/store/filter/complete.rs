//! What could be typed at a place of a filter: the name of a field, or a value of one. Pure; stored values are the reader's.

use super::ast::Op;
use super::field::field;

/// What is wanted at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The name of a field.
    Field,
    /// A value of this field.
    Value(&'static str),
    /// Nothing that could be listed: inside a quoted text, or behind an unknown field.
    Nothing,
}

/// What could be typed at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// First character (not byte) of what an offer would replace.
    pub start: usize,
    /// The character behind it.
    pub end: usize,
    /// What is wanted there.
    pub wants: Wanted,
    /// What is there up to the cursor.
    pub prefix: String,
}

/// What could be typed at the `cursor`, counted in characters.
pub fn complete(text: &str, cursor: usize) -> Completion {
    let chars: Vec<char> = text.chars().collect();
    let cursor = cursor.min(chars.len());
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
    let open_quote = chars[..cursor].iter().filter(|c| **c == '"').count() % 2 == 1;
    // The word that the cursor stands in or behind.
    let mut start = chars[..cursor].iter().rposition(|c| ends(*c)).map_or(0, |at| at + 1);
    let end = cursor + chars[cursor..].iter().take_while(|c| !ends(**c) && **c != ',').count();
    while start < cursor && chars[start] == '-' {
        start += 1;
    }
    let prefix = |from: usize| chars[from..cursor].iter().collect::<String>();
    let nothing = Completion { start: cursor, end: cursor, wants: Wanted::Nothing, prefix: String::new() };
    if open_quote {
        return nothing;
    }
    let name_end =
        start + chars[start..cursor].iter().take_while(|c| c.is_ascii_lowercase() || **c == '_' || **c == '.').count();
    let op = Op::ALL.into_iter().find(|op| {
        let written: Vec<char> = op.as_str().chars().collect();
        chars[name_end..cursor].starts_with(&written)
    });
    let Some(op) = op.filter(|_| name_end > start) else {
        let wants = if name_end == cursor { Wanted::Field } else { Wanted::Nothing };
        return Completion { start, end, wants, prefix: prefix(start) };
    };
    let name: String = chars[start..name_end].iter().collect();
    let Some(field) = field(&name) else { return nothing };
    // Behind the last comma, where several values stand.
    let values = name_end + op.as_str().chars().count();
    let from = chars[values..cursor].iter().rposition(|c| *c == ',').map_or(values, |at| values + at + 1);
    Completion { start: from, end, wants: Wanted::Value(field.name), prefix: prefix(from) }
}

/// A value as it is written in a filter: quoted where it would not be read as one otherwise.
pub fn quoted(value: &str) -> String {
    let plain = !value.is_empty() && !value.chars().any(|c| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"'));
    if plain { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_end(text: &str) -> (usize, Wanted, String) {
        let c = complete(text, text.chars().count());
        (c.start, c.wants, c.prefix)
    }

    #[test]
    fn names_then_values() {
        assert_eq!(at_end(""), (0, Wanted::Field, String::new()));
        assert_eq!(at_end("verd"), (0, Wanted::Field, "verd".into()));
        assert_eq!(at_end("(a or -verd"), (7, Wanted::Field, "verd".into()));
        assert_eq!(at_end("verdict:"), (8, Wanted::Value("verdict"), String::new()));
        assert_eq!(at_end("-verdict:dif"), (9, Wanted::Value("verdict"), "dif".into()));
        assert_eq!(at_end("domain:logic,ga"), (13, Wanted::Value("domain"), "ga".into()));
        assert_eq!(at_end("nofield:x").1, Wanted::Nothing);
        assert_eq!(at_end("text~\"in a quo").1, Wanted::Nothing);
        assert_eq!(at_end("数学 ver"), (3, Wanted::Field, "ver".into()));
    }

    #[test]
    fn in_the_middle_the_rest_of_the_word_is_replaced() {
        let c = complete("verdict:dif domain:logic", 9);
        assert_eq!((c.start, c.end, c.prefix.as_str()), (8, 11, "d"));
        assert_eq!(complete("x", 99).end, 1);
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for value in ["logic", "two words", "a\"b", "a\\b c", "(x)", "", "a,b"] {
            let filter = format!("domain:{}", quoted(value));
            let parsed = super::super::Filter::parse(&filter).unwrap();
            assert_eq!(super::super::Filter::parse(&parsed.to_string()).unwrap(), parsed);
            assert!(parsed.expr().is_some_and(|e| format!("{e:?}").contains(&format!("{value:?}"))), "{filter}");
        }
    }
}
