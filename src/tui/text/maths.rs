//! Finding mathematics in prose, before Markdown eats its backslashes: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and bare `\boxed{…}`.
//! `$5 and $6` is none.

use super::latex;

/// Characters of one formula; what is longer is text with dollars in it.
const LONGEST: usize = 4_000;

/// A formula found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Formula {
    /// As it stands in the text, delimiters and all.
    pub(super) source: String,
    /// What stands between the delimiters.
    pub(super) body: String,
    /// It stands by itself.
    pub(super) display: bool,
}

/// Marks that stand for a formula while Markdown is read. Cleaned text has no noncharacters, so nobody else writes them.
pub(super) const OPEN: char = '\u{fdd0}';
pub(super) const CLOSE: char = '\u{fdd1}';

/// The text with a mark in place of each formula, and the formulas. Code spans and fences are left alone.
pub(super) fn extract(text: &str) -> (String, Vec<Formula>) {
    let mut out = String::with_capacity(text.len());
    let mut formulas = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    for line in Paragraphs(text) {
        let start = line.trim_start();
        let marker = start.chars().next().filter(|c| *c == '`' || *c == '~');
        let run = marker.map_or(0, |m| start.chars().take_while(|c| *c == m).count());
        match (fence, marker) {
            (Some((open, n)), Some(m)) if m == open && run >= n => {
                fence = None;
                out.push_str(line);
                continue;
            }
            (None, Some(m)) if run >= 3 => {
                fence = Some((m, run));
                out.push_str(line);
                continue;
            }
            _ => {}
        }
        if fence.is_some() {
            out.push_str(line);
        } else {
            scan(line, &mut out, &mut formulas);
        }
    }
    (out, formulas)
}

/// Cuts a text into fence lines and what lies between them, so that a formula may go over lines and no fence is scanned.
struct Paragraphs<'a>(&'a str);

impl<'a> Iterator for Paragraphs<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let is_fence = |line: &str| {
            let line = line.trim_start();
            line.starts_with("```") || line.starts_with("~~~")
        };
        let mut end = 0;
        for line in self.0.split_inclusive('\n') {
            if is_fence(line) {
                if end == 0 {
                    end = line.len();
                }
                break;
            }
            end += line.len();
        }
        let (piece, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(piece)
    }
}

fn scan(text: &str, out: &mut String, formulas: &mut Vec<Formula>) {
    let mut rest = text;
    // Scanning for an end that is not there costs the length of a formula; a text of openings may not cost its square.
    while let Some(at) = rest.find(['$', '\\', '`']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('`') {
            let n = rest.bytes().take_while(|b| *b == b'`').count();
            let (ticks, after) = rest.split_at(n);
            // A code span ends at a run of as many backticks.
            let end = window(after)
                .match_indices(ticks)
                .map(|(i, _)| i)
                .find(|i| !after[i + n..].starts_with('`') && !after[..*i].ends_with('`'));
            let length = end.map_or(n, |i| n + i + n);
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        if let Some((formula, length)) = formula(rest) {
            out.push(OPEN);
            out.push_str(&formulas.len().to_string());
            out.push(CLOSE);
            formulas.push(formula);
            rest = &rest[length..];
        } else {
            // An escaped dollar is a dollar; Markdown takes the backslash away.
            let length = if rest.starts_with("\\$") { 2 } else { 1 };
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    out.push_str(rest);
}

/// The beginning of a text in which an end is looked for.
fn window(text: &str) -> &str {
    if text.len() <= LONGEST {
        return text;
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The formula at the beginning of a text, and its bytes there.
fn formula(text: &str) -> Option<(Formula, usize)> {
    let found = |open: usize, body: &str, close: usize, display: bool| {
        let blank_line = body.contains("\n\n");
        let length = open + body.len() + close;
        (!body.trim().is_empty() && !blank_line)
            .then(|| (Formula { source: text[..length].to_owned(), body: body.to_owned(), display }, length))
    };
    let until = |open: &str, close: &str| {
        let rest = window(text.strip_prefix(open)?);
        rest.find(close).map(|end| &rest[..end])
    };
    if text.starts_with("$$") {
        return found(2, until("$$", "$$")?, 2, true);
    }
    if text.starts_with("\\[") {
        return found(2, until("\\[", "\\]")?, 2, true);
    }
    if text.starts_with("\\(") {
        return found(2, until("\\(", "\\)")?, 2, false);
    }
    if let Some(rest) = text.strip_prefix('$') {
        return found(1, dollars(window(rest))?, 1, false);
    }
    if text.starts_with("\\boxed{") || text.starts_with("\\fbox{") {
        let open = text.find('{')?;
        let end = closing(window(&text[open + 1..]))?;
        let length = open + 1 + end + 1;
        let source = text[..length].to_owned();
        return Some((Formula { body: source.clone(), source, display: false }, length));
    }
    // An environment by itself.
    if let Some(rest) = text.strip_prefix("\\begin{") {
        let name = window(rest).split('}').next()?;
        let close = format!("\\end{{{name}}}");
        let end = window(text).find(&close)? + close.len();
        let source = text[..end].to_owned();
        return Some((Formula { body: source.clone(), source, display: true }, end));
    }
    None
}

/// Pandoc's rule: no blank behind the first dollar, none before the last, no digit behind the last.
fn dollars(text: &str) -> Option<&str> {
    if text.starts_with(|c: char| c.is_whitespace() || c == '$') {
        return None;
    }
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '\n' if text[at + 1..].starts_with('\n') => return None,
            '$' if !escaped => {
                let blank = text[..at].ends_with(char::is_whitespace);
                let digit = text[at + 1..].starts_with(|c: char| c.is_ascii_digit());
                return (!blank && !digit).then(|| &text[..at]);
            }
            _ => {}
        }
        escaped = false;
    }
    None
}

/// Where the brace closes that is open at the beginning.
pub(super) fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a text has formulas in it, rather than being one.
pub(super) fn has_delimiters(text: &str) -> bool {
    !extract(text).1.iter().all(|f| f.source.starts_with("\\boxed") || f.source.starts_with("\\begin"))
}

/// The text with its formulas typeset, the rest as it came.
pub(super) fn typeset_inline(text: &str) -> String {
    let (marked, formulas) = extract(text);
    let mut out = String::with_capacity(marked.len());
    for part in split(&marked, &formulas) {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Formula(formula) => out.push_str(&latex::typeset(&formula.body)),
        }
    }
    out
}

/// A part of a marked text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Text(&'a str),
    Formula(&'a Formula),
}

/// A marked text in its parts.
pub(super) fn split<'a>(marked: &'a str, formulas: &'a [Formula]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = marked;
    while let Some(open) = rest.find(OPEN) {
        let behind = &rest[open + OPEN.len_utf8()..];
        let Some((formula, close)) =
            behind.find(CLOSE).and_then(|close| Some((formulas.get(behind[..close].parse::<usize>().ok()?)?, close)))
        else {
            break;
        };
        if open > 0 {
            parts.push(Part::Text(&rest[..open]));
        }
        parts.push(Part::Formula(formula));
        rest = &behind[close + CLOSE.len_utf8()..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<String> {
        extract(text).1.into_iter().map(|f| f.body).collect()
    }

    #[test]
    fn formulas_are_found_and_prices_are_not() {
        assert_eq!(bodies("so $a_n$ and $$b$$ and \\(c\\) and \\[d\\]"), ["a_n", "b", "c", "d"]);
        assert_eq!(bodies("it costs $5 and $6"), Vec::<String>::new());
        assert_eq!(bodies("from $1,000 to $2,000"), Vec::<String>::new());
        assert_eq!(bodies("a $ b $ c"), Vec::<String>::new());
        assert_eq!(bodies("thus \\boxed{\\frac{1}{2}}."), ["\\boxed{\\frac{1}{2}}"]);
        assert_eq!(bodies("`$a$` and ``$b$`` $c$"), ["c"]);
        assert_eq!(bodies("```\n$a$\n```\n$b$\n"), ["b"]);
        assert_eq!(bodies("$a\n\nb$"), Vec::<String>::new());
        assert_eq!(bodies("\\$5 and $x$"), ["x"]);
        assert_eq!(bodies("$a\\$b$"), ["a\\$b"]);
        assert_eq!(bodies("\\boxed{never closed"), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_lost() {
        for text in
            ["a $b$ c", "``` x $y$", "$", "$$", "\\boxed{", "\\begin{a}\\end{a}", "`$`$x$", "\\(", "x\n```py\n$a$"]
        {
            let (marked, formulas) = extract(text);
            let back: String = split(&marked, &formulas)
                .into_iter()
                .map(|part| match part {
                    Part::Text(t) => t.to_owned(),
                    Part::Formula(f) => f.source.clone(),
                })
                .collect();
            assert_eq!(back, text);
        }
    }
}
