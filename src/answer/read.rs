//! From text to answer: choosing the notation, and what to do with what is no mathematics.

use super::calendar::{Date, Time};
use super::chemistry::Chemical;
use super::clean::clean;
use super::token::{Grammar, Unreadable};
use super::{Answer, Bracket, Expr, MAX_TEXT, based, latex, measure, parser, plain, words};

/// What is known about a text before it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hints {
    /// Read `1,000` outside brackets as a list of two, not as a thousand.
    pub commas_separate: bool,
    /// Read letters in a row as a product of symbols, whatever word they might be.
    pub letters_multiply: bool,
}

/// Reads a text as a typed answer. Never fails: what is no mathematics is text, what looks like it and cannot be read is
/// unread.
///
/// ```
/// use loong::answer::{Hints, read};
/// assert_eq!(read(r"\frac{\pi}{16}", Hints::default()), read("pi/16", Hints::default()));
/// ```
pub fn read(text: &str, hints: Hints) -> Answer {
    explain(text, hints).0
}

/// [`read`], with what kept the text from being read as mathematics.
pub fn explain(text: &str, hints: Hints) -> (Answer, Option<Unreadable>) {
    if text.trim().is_empty() {
        return (Answer::Nothing, None);
    }
    if text.len() > MAX_TEXT {
        return (Answer::Unread(String::new()), Some(Unreadable::TooLong));
    }
    cleaned(&clean(text), hints)
}

/// [`explain`] for a text that was cleaned already, of at most [`MAX_TEXT`].
pub(crate) fn cleaned(text: &str, hints: Hints) -> (Answer, Option<Unreadable>) {
    let set = without_faces(text);
    let text = set.as_deref().unwrap_or(text);
    let spaced = spaced_list(text);
    let cleaned = spaced.as_deref().unwrap_or(text);
    let cleaned = without_approximation(cleaned).unwrap_or(cleaned);
    let cleaned = upright(cleaned).unwrap_or(cleaned);
    if cleaned.is_empty() {
        return (Answer::Nothing, None);
    }
    if !hints.letters_multiply
        && let Some(answer) = whole_words(cleaned)
    {
        return (answer, None);
    }
    if !hints.letters_multiply && is_plain_prose(cleaned) {
        return (Answer::Text(words_of(cleaned)), Some(Unreadable::Words));
    }
    if !hints.letters_multiply
        && let Some(answer) = measure::worded(cleaned)
    {
        return (answer, None);
    }
    // `21st` is a word for a place, not a product of letters.
    let digits = cleaned.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if digits.len() + 2 == cleaned.len()
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && matches!(&cleaned[digits.len()..], "st" | "nd" | "rd" | "th")
    {
        return (Answer::Text(cleaned.to_owned()), None);
    }
    if let Some(answer) = based::read(cleaned) {
        return (answer, None);
    }
    if let Some(date) = Date::read(cleaned) {
        return (Answer::Date(date), None);
    }
    if cleaned.len() <= 40
        && let Some(time) = Time::read(cleaned)
    {
        return (Answer::Time(time), None);
    }
    match mathematics(cleaned, hints) {
        Ok(answer) => (science(cleaned, &answer, hints).unwrap_or(answer), None),
        Err(problem) => {
            if let Some(answer) = science(cleaned, &Answer::Nothing, hints) {
                return (answer, None);
            }
            let words = words_of(cleaned);
            if looks_mathematical(&words) || matches!(problem, Unreadable::TooDeep | Unreadable::TooLong) {
                (Answer::Unread(cleaned.to_owned()), Some(problem))
            } else {
                (Answer::Text(words), Some(problem))
            }
        }
    }
}

/// Whether a text is a run of words that no notation has anything in: no list, no statement, no sign. To be told so at
/// once is most of what prose costs.
fn is_plain_prose(text: &str) -> bool {
    // What joins statements and lists, and what joins values and is in most sentences too.
    const JOINING: &[&str] = &["and", "or", "not", "implies", "iff", "xor"];
    const BETWEEN: &[&str] = &["in", "mod", "over", "choose", "to"];
    let (mut long, mut run, mut longest, mut between) = (0, 0, 0, false);
    for word in text.split(' ') {
        let bare = word.trim_end_matches('.');
        if !bare.bytes().all(|b| b.is_ascii_alphabetic() || b == b'\'' || b == b'-') {
            return false;
        }
        let letters = bare.bytes().filter(u8::is_ascii_alphabetic).count();
        if JOINING.contains(&bare) {
            return false;
        }
        between |= BETWEEN.contains(&bare);
        if letters >= 3 && letters == bare.len() && super::function::canonical(bare).is_none() {
            long += 1;
            run += 1;
        } else {
            run = 0;
        }
        longest = longest.max(run);
    }
    long >= 4 && (!between || longest >= 4)
}

/// An amount or a chemical formula, where the text was not read as a value already.
fn science(text: &str, read: &Answer, hints: Hints) -> Option<Answer> {
    let open = match read {
        Answer::Scalar(e) => !e.is_constant(),
        Answer::Nothing | Answer::Text(_) | Answer::Sequence(Bracket::Bare, _) | Answer::Logic(..) => true,
        _ => false,
    };
    if !open || hints.letters_multiply || !text.bytes().any(|b| b.is_ascii_digit() || b == b'\\') {
        return None;
    }
    let chemical = || Chemical::read(text).map(|c| Answer::Chemical(Box::new(c)));
    measure::amount(text).or_else(chemical)
}

/// The list that `NumPy` prints without commas: `[1. 2. 3.]`.
fn spaced_list(text: &str) -> Option<String> {
    if !text.starts_with('[') || text.contains(',') || !text.contains(' ') {
        return None;
    }
    let allowed = |c: char| c.is_ascii_digit() || "[] .+-eE".contains(c);
    if !text.ends_with(']') || !text.chars().all(allowed) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 8);
    for word in text.replace('[', " [ ").replace(']', " ] ").split_whitespace() {
        // A sign apart from its number is arithmetic.
        if matches!(word, "+" | "-") {
            return None;
        }
        if !out.is_empty() && !out.ends_with('[') && word != "]" {
            out.push(',');
        }
        out.push_str(word);
    }
    Some(out)
}

/// The text with typewriter faces as plain text, and texts that are quoted already without a face: `\texttt{0xCAFE}`,
/// `\text{'Mo'}`.
fn without_faces(text: &str) -> Option<String> {
    if !text.contains("\\texttt{")
        && !text.contains("\\mathtt{")
        && !text.contains("\\text{'")
        && !text.contains("\\text{\"")
    {
        return None;
    }
    let text = text.replace("\\texttt{", "\\text{").replace("\\mathtt{", "\\text{");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("\\text{") {
        let (before, face) = rest.split_at(at);
        out.push_str(before);
        let inner = &face["\\text{".len()..];
        let quoted = inner.find('}').map(|end| &inner[..end]).filter(|inner| {
            let mut marks = inner.chars().filter(|c| matches!(c, '\'' | '"'));
            let (first, last, more) = (marks.next(), marks.next(), marks.next());
            first.is_some()
                && first == last
                && more.is_none()
                && inner.starts_with(['\'', '"'])
                && inner.ends_with(['\'', '"'])
        });
        if let Some(quoted) = quoted {
            out.push_str(quoted);
            rest = &inner[quoted.len() + 1..];
        } else {
            out.push_str("\\text{");
            rest = inner;
        }
    }
    out.push_str(rest);
    // With quoted texts in it, it is a program's notation in LaTeX's braces.
    let literal = out.starts_with("\\{") && out.contains(['\'', '"']);
    Some(if literal { out.replace("\\{", "{").replace("\\}", "}") } else { out })
}

/// What is set bold or as text from end to end, where it begins as a number: `\textbf{42}`.
fn upright(text: &str) -> Option<&str> {
    const FACES: &[&str] = &["\\textbf{", "\\mathbf{", "\\textit{", "\\text{", "\\mathrm{", "\\bm{", "\\boldsymbol{"];
    let inner = FACES.iter().find_map(|f| text.strip_prefix(f))?.strip_suffix('}')?.trim();
    let number = inner.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    (number && !inner.contains(['{', '}'])).then_some(inner)
}

/// The value behind a sign or word that says it is approximate.
fn without_approximation(text: &str) -> Option<&str> {
    const WORDS: &[&str] =
        &["\\approx", "≈", "\\sim", "~", "approximately ", "approx. ", "approx ", "about ", "roughly ", "around "];
    let word = WORDS.iter().find(|w| text.get(..w.len()).is_some_and(|t| t.eq_ignore_ascii_case(w)))?;
    let rest = text[word.len()..].trim_start();
    rest.starts_with(|c: char| c.is_ascii_digit() || "-.$\\€£".contains(c)).then_some(rest)
}

/// Answers that are words whatever else their letters might be.
fn whole_words(text: &str) -> Option<Answer> {
    let plain = text.strip_prefix("\\text{").and_then(|t| t.strip_suffix('}')).unwrap_or(text).trim();
    match plain {
        "True" | "true" | "TRUE" => return Some(Answer::Boolean(true)),
        "False" | "false" | "FALSE" => return Some(Answer::Boolean(false)),
        _ => {}
    }
    if ["none", "null", "n/a"].iter().any(|w| plain.eq_ignore_ascii_case(w)) {
        return Some(Answer::Text(plain.to_lowercase()));
    }
    if let Some(n) = spelled(plain) {
        return Some(n);
    }
    // One run of letters alone is a word, not a product of its letters; one letter is a symbol or an option.
    let letters = plain.chars().count();
    if letters > 1 && plain.chars().all(char::is_alphabetic) && !is_constant_word(plain) {
        return Some(Answer::Text(plain.to_owned()));
    }
    None
}

/// A number in words: `seven`, `minus five`, `two thirds`, `one hundred and one`.
fn spelled(text: &str) -> Option<Answer> {
    // Most texts are told from a number by their first letters.
    let first = text.split(|c: char| !c.is_alphabetic()).next().filter(|w| (3..=9).contains(&w.len()))?.to_lowercase();
    let negative = matches!(first.as_str(), "minus" | "negative");
    if !negative && !words::begins_number(&first) || text.len() > 120 {
        return None;
    }
    let lower = text.to_lowercase();
    let mut all: Vec<&str> = lower.split([' ', '-']).filter(|w| !w.is_empty()).skip(usize::from(negative)).collect();
    let part = all.last().and_then(|w| words::part(w)).filter(|_| all.len() == 2);
    if part.is_some() {
        all.pop();
    }
    let n = i64::try_from(words::number(&all)?).ok()?;
    let n = if negative { -n } else { n };
    Some(part.map_or_else(|| Answer::integer(n), |d| Answer::Scalar(Expr::ratio(n, d))))
}

fn is_constant_word(word: &str) -> bool {
    matches!(
        word,
        "pi" | "Pi"
            | "PI"
            | "oo"
            | "inf"
            | "infty"
            | "infinity"
            | "Infinity"
            | "nan"
            | "NaN"
            | "EmptySet"
            | "Reals"
            | "Integers"
            | "Rationals"
            | "Naturals"
            | "Complexes"
    ) || super::function::greek(word).is_some()
}

/// Reads mathematics; `±` reads both ways.
fn mathematics(text: &str, hints: Hints) -> Result<Answer, Unreadable> {
    let signs = ["\\pm", "\\mp", "±", "∓", "+/-", "+-"];
    if !text.bytes().any(|b| b == b'\\' || b == b'+' || !b.is_ascii()) {
        return notation(text, hints);
    }
    let moduli = text.contains("\\pmod").then(|| text.replace("\\pmod", "\\bmod"));
    let text = moduli.as_deref().unwrap_or(text);
    if text.len() < 2_000 && signs.iter().any(|s| text.contains(s)) {
        let with = |plus: &str, minus: &str| {
            let mut t = text.to_owned();
            for s in ["\\pm", "±", "+/-", "+-"] {
                t = t.replace(s, plus);
            }
            for s in ["\\mp", "∓"] {
                t = t.replace(s, minus);
            }
            t
        };
        let (first, second) = (notation(&with("+", "-"), hints)?, notation(&with("-", "+"), hints)?);
        let mut items = match first {
            Answer::Sequence(Bracket::Bare, items) => items,
            other => vec![other],
        };
        let more = match second {
            Answer::Sequence(Bracket::Bare, items) => items,
            other => vec![other],
        };
        for item in more {
            if !items.contains(&item) {
                items.push(item);
            }
        }
        return Ok(Answer::Sequence(Bracket::Bare, items));
    }
    notation(text, hints)
}

fn notation(text: &str, hints: Hints) -> Result<Answer, Unreadable> {
    let grouped = !hints.commas_separate;
    if latex::looks_like(text) {
        return latex::lex(text, grouped).and_then(|t| parser::parse(&t, Grammar::Latex));
    }
    if hints.letters_multiply {
        return plain::lex_products(text, grouped).and_then(|t| parser::parse(&t, Grammar::Plain));
    }
    let grammar = plain::grammar(text);
    let first = plain::lex(text, grammar, grouped).and_then(|t| parser::parse(&t, grammar));
    match (first, grammar) {
        // What a hint took for code may still be plain maths.
        (Err(problem), Grammar::Code) => plain::lex(text, Grammar::Plain, grouped)
            .and_then(|t| parser::parse(&t, Grammar::Plain))
            .map_err(|_| problem),
        (result, _) => result,
    }
}

/// The words of a text whose only LaTeX is text commands.
pub fn words_of(text: &str) -> String {
    if !text.contains(['\\', '{', '}', '~']) {
        return single_spaced(text);
    }
    let mut out = text.to_owned();
    for command in
        ["\\text", "\\mathrm", "\\mbox", "\\textbf", "\\textit", "\\mathbf", "\\operatorname", "\\rm", "\\quad"]
    {
        if out.contains(command) {
            out = out
                .replace(&format!("{command}bf{{"), "{")
                .replace(&format!("{command}{{"), "{")
                .replace(&format!("{command} "), " ");
        }
    }
    let out = out
        .replace("\\ ", " ")
        .replace("\\,", " ")
        .replace("\\%", "%")
        .replace("\\$", "$")
        .replace(['{', '}', '~'], " ");
    single_spaced(&out)
}

/// The text with one space between its words.
pub(crate) fn single_spaced(text: &str) -> String {
    let bytes = text.as_bytes();
    let blank = |b: u8| b <= b' ' || !b.is_ascii();
    if !blank(*bytes.first().unwrap_or(&0))
        && !blank(bytes[bytes.len() - 1])
        && bytes.windows(2).all(|w| w[0].is_ascii() && (w[0] > b' ' || w[0] == b' ' && w[1] > b' '))
    {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether a text that could not be read has signs of a formula in it.
fn looks_mathematical(text: &str) -> bool {
    if text.contains(['\\', '^', '=', '<', '>', '*', '+', '|', '∫', '∑', '√', '∞', '≤', '≥', '∈', '∪', '{', '}'])
    {
        return true;
    }
    // Digits or brackets without words: `3 4`, `((`.
    !text.split(|c: char| !c.is_alphabetic()).any(|w| w.chars().count() > 1 || !w.is_ascii())
}
