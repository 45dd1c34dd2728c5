//! Text from models, made fit to be shown: what could drive a terminal, or hide or reorder what a person reads, is
//! shown by picture or name instead. What is stored and exported stays as it came.

/// Text for a terminal or a log, lines and tabs kept (`\r\n` is a line's end too). The result has no control character
/// but `\n` and `\t`.
pub fn clean(text: &str) -> String {
    cleaned(text, true)
}

/// Text for one line, such as a table's cell: as [`clean`], with line ends shown as `␊` and tabs as spaces. The result
/// has no control character at all.
pub fn clean_line(text: &str) -> String {
    cleaned(text, false)
}

fn cleaned(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\t' if lines => out.push(c),
            '\t' => out.push(' '),
            _ => show(c, &mut out),
        }
    }
    out
}

/// Appends `c`, or what stands for it.
fn show(c: char, out: &mut String) {
    match c {
        '\0'..='\x1f' => out.push(picture(c)),
        '\x7f' => out.push('␡'),
        _ => match name(c) {
            Some(name) => {
                out.push('⟨');
                out.push_str(name);
                out.push('⟩');
            }
            None if is_unshowable(c) => out.extend(c.escape_unicode()),
            None => out.push(c),
        },
    }
}

/// Unicode's picture of a C0 control: U+2400 and on, in the same order.
fn picture(c0: char) -> char {
    char::from_u32(0x2400 + u32::from(c0)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Unicode's abbreviation for characters that reorder text or take no room.
fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{ad}' => "SHY",
        '\u{34f}' => "CGJ",
        '\u{61c}' => "ALM",
        '\u{180e}' => "MVS",
        '\u{200b}' => "ZWSP",
        '\u{200c}' => "ZWNJ",
        '\u{200d}' => "ZWJ",
        '\u{200e}' => "LRM",
        '\u{200f}' => "RLM",
        '\u{2028}' => "LS",
        '\u{2029}' => "PS",
        '\u{202a}' => "LRE",
        '\u{202b}' => "RLE",
        '\u{202c}' => "PDF",
        '\u{202d}' => "LRO",
        '\u{202e}' => "RLO",
        '\u{2060}' => "WJ",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{feff}' => "ZWNBSP",
        _ => return None,
    })
}

/// C1 controls, and what has no picture: invisible operators and fillers, deprecated format characters, annotation
/// marks, tags and the variation selectors that can carry hidden text (the sixteen that choose an emoji's or a
/// symbol's form stay), noncharacters.
fn is_unshowable(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        | '\u{17b4}' | '\u{17b5}'
        | '\u{2061}'..='\u{2065}' | '\u{206a}'..='\u{206f}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
        || (u32::from(c) & 0xfffe) == 0xfffe
        || matches!(c, '\u{fdd0}'..='\u{fdef}')
}
