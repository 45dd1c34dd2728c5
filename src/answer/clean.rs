//! Cleaning: Unicode, escapes that a JSON reader mangled, and wrappers that carry no meaning.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Code points of the digit zero in scripts that write decimal numbers positionally.
const ZEROS: &[u32] = &[
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6, 0x0E50,
    0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50,
    0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x104A0, 0x11066, 0x110F0, 0x11136, 0x111D0,
];

/// The ASCII digit that a digit of any script stands for.
pub fn digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let code = c as u32;
    let at = ZEROS.partition_point(|z| *z <= code).checked_sub(1)?;
    let value = code - ZEROS[at];
    if value < 10 { char::from_digit(value, 10) } else { None }
}

/// Backspaces, form feeds, tabs, carriage returns and line feeds that were the first letters of LaTeX commands before a
/// reader took `\f`, `\t` … for escapes.
const MANGLED: &[(char, &str, &str)] = &[
    ('\u{c}', "rac", "\\f"),
    ('\u{c}', "orall", "\\f"),
    ('\t', "ext", "\\t"),
    ('\t', "imes", "\\t"),
    ('\t', "frac", "\\t"),
    ('\t', "heta", "\\t"),
    ('\t', "an", "\\t"),
    ('\u{8}', "oxed", "\\b"),
    ('\u{8}', "egin", "\\b"),
    ('\u{8}', "inom", "\\b"),
    ('\u{8}', "eta", "\\b"),
    ('\r', "ight", "\\r"),
    ('\r', "ho", "\\r"),
    ('\n', "eq", "\\n"),
];

/// Puts mangled commands back.
pub fn unmangle(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| matches!(b, 0x8..=0xd)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        let found = MANGLED.iter().find(|(lead, tail, _)| {
            *lead == c
                && rest.starts_with(tail)
                && !(rest[tail.len()..].starts_with(char::is_alphabetic) && tail.len() < 3)
        });
        match found {
            Some((_, _, command)) => out.push_str(command),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Makes characters plain: digits of any script, full-width forms, minus signs, spaces, quotes, superscripts, fractions.
/// Letters stay as they are; what is invisible goes.
pub fn characters(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut superscript = false;
    let mut subscript = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let raised = raised(c);
        if superscript && raised.is_none() {
            out.push('}');
        }
        if let Some(plain) = raised {
            if !superscript {
                out.push_str("^{");
            }
            superscript = true;
            out.push(plain);
            continue;
        }
        superscript = false;
        let lowered = lowered(c);
        if subscript && lowered.is_none() {
            out.push('}');
        }
        if let Some(plain) = lowered {
            if !subscript {
                out.push_str("_{");
            }
            subscript = true;
            out.push(plain);
            continue;
        }
        subscript = false;
        if let Some(d) = digit(c) {
            out.push(d);
            continue;
        }
        match c {
            '\u{2212}' | '\u{2010}'..='\u{2015}' | '\u{fe63}' | '\u{ff0d}' => out.push('-'),
            '×' | '⋅' | '·' | '∙' | '•' | '∗' | '＊' => out.push('*'),
            '÷' | '⁄' | '∕' | '／' => out.push('/'),
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' => {}
            '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => out.push(' '),
            c if c.is_control() => {}
            c if c.is_whitespace() => out.push(' '),
            '‘' | '’' | '‛' | '′' | '`' => out.push('\''),
            '“' | '”' | '„' | '″' => out.push('"'),
            'º' | '˚' | '°' => out.push('°'),
            '≦' | '⩽' => out.push('≤'),
            '≧' | '⩾' => out.push('≥'),
            '…' => out.push_str("..."),
            '∶' | '：' => out.push(':'),
            'ⅈ' => out.push('i'),
            'ⅇ' => out.push('e'),
            '，' | '、' => out.push(','),
            '。' => out.push('.'),
            '①'..='⑳' => {
                out.push_str(&(c as u32 - 0x245f).to_string());
                if chars.peek().is_some_and(|n| ('①'..='⑳').contains(n)) {
                    out.push_str(", ");
                }
            }
            '¼'..='¾' | '⅐'..='⅞' => {
                out.push_str(if out.ends_with(|p: char| p.is_ascii_digit()) { " " } else { "" });
                out.extend(c.nfkc().map(|p| if p == '⁄' { '/' } else { p }));
                if chars.peek().is_some_and(|n| digit(*n).is_some()) {
                    out.push(' ');
                }
            }
            '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' => out.extend(c.nfkc()),
            other => out.push(other),
        }
    }
    if superscript || subscript {
        out.push('}');
    }
    Cow::Owned(out)
}

fn raised(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => char::from_digit(c as u32 - '⁴' as u32 + 4, 10)?,
        '⁺' => '+',
        '⁻' => '-',
        'ⁿ' => 'n',
        'ⁱ' => 'i',
        _ => return None,
    })
}

fn lowered(c: char) -> Option<char> {
    match c {
        '₀'..='₉' => char::from_digit(c as u32 - '₀' as u32, 10),
        'ₙ' => Some('n'),
        'ₘ' => Some('m'),
        'ₖ' => Some('k'),
        _ => None,
    }
}

/// The text without wrappers: math delimiters, sentence ends, bold marks, a doubled backslash before a command.
pub fn wrappers(text: &str) -> String {
    let mut rest = text.trim();
    loop {
        let before = rest;
        for (open, close) in [("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`")] {
            if let Some(inner) = rest.strip_prefix(open).and_then(|r| r.strip_suffix(close))
                && !inner.contains(open)
                && !inner.contains(close)
            {
                rest = inner.trim();
            }
        }
        if rest.len() > 1 && !rest.ends_with("..") && !rest.ends_with("\\.") {
            rest = rest.strip_suffix('.').unwrap_or(rest).trim_end();
        }
        if let Some(shorter) = rest.strip_suffix([';', '\u{3002}'])
            && !shorter.ends_with('\\')
        {
            rest = shorter.trim_end();
        } else if let Some(shorter) = rest.strip_suffix(',')
            && !shorter.ends_with(['(', '[', '\\'])
        {
            rest = shorter.trim_end();
        }
        rest = rest.strip_suffix("\\\\").unwrap_or(rest).trim_end();
        // Half of a pair of delimiters.
        if rest.ends_with('$') && !rest.ends_with("\\$") && rest.matches('$').count() == 1 && rest.contains('\\') {
            rest = rest.strip_suffix('$').unwrap_or(rest).trim_end();
        }
        // A mangled `^\circ` leaves its caret behind.
        rest = rest.strip_suffix('^').unwrap_or(rest).trim_end();
        if rest == before {
            break;
        }
    }
    let mut out = dollars(rest);
    if !out.contains('\\') {
        return out;
    }
    if out.contains("\\\\") && !out.contains("\\begin") {
        out = single_backslashes(&out);
    }
    if out.contains(",\\!") {
        out = out.replace(",\\! ", "{,}").replace(",\\!", "{,}");
    }
    out
}

/// Takes math delimiters out; an escaped dollar, and a lone one before a digit, is money and becomes `\$`.
fn dollars(text: &str) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let lone = text.replace("\\$", "").matches('$').count() % 2 == 1;
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut escaped = false;
    while let Some(c) = chars.next() {
        match c {
            '$' if escaped => out.push(c),
            '$' if lone && chars.peek().is_some_and(|n| n.is_ascii_digit() || *n == '.') => out.push_str("\\$"),
            '$' if lone => out.push('$'),
            '$' => out.push(' '),
            _ => out.push(c),
        }
        escaped = c == '\\' && !escaped;
    }
    out.trim().to_owned()
}

/// `\\sqrt` for `\sqrt` where a text was escaped once too often.
fn single_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\\\\") {
        let after = &rest[at + 2..];
        out.push_str(&rest[..at]);
        out.push_str(if after.starts_with(|c: char| c.is_ascii_alphabetic() || "{}()[]$%,!;".contains(c)) {
            "\\"
        } else {
            " "
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// Everything at once.
pub fn clean(text: &str) -> String {
    wrappers(&characters(&unmangle(fenced(text))))
}

/// What stands in a Markdown fence around the whole text.
fn fenced(text: &str) -> &str {
    if !text.contains('`') || !text.contains("```") {
        return text;
    }
    let inner = text.trim().strip_prefix("```").and_then(|t| t.strip_suffix("```"));
    let Some((language, body)) = inner.and_then(|t| t.split_once('\n')) else { return text };
    if language.len() <= 20 && !body.contains("```") { body.trim() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_become_plain() {
        assert_eq!(characters("٣٫١"), "3٫1");
        assert_eq!(characters("１２＋३"), "12+3");
        assert_eq!(characters("x² − 1½"), "x^{2} - 1 1/2");
        assert_eq!(characters("②③"), "2, 3");
        assert_eq!(characters("a\u{200b}b"), "ab");
    }

    #[test]
    fn wrappers_go_and_money_stays() {
        assert_eq!(wrappers("$8$,$4$."), "8 , 4");
        assert_eq!(wrappers("$72"), "\\$72");
        assert_eq!(wrappers("\\( 3 \\)"), "3");
        assert_eq!(wrappers("\\\\sqrt{5}"), "\\sqrt{5}");
    }

    #[test]
    fn mangled_commands_come_back() {
        assert_eq!(unmangle("\u{c}rac{1}{2}"), "\\frac{1}{2}");
        assert_eq!(unmangle("\text{a}"), "\\text{a}");
    }
}
