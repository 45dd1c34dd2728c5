//! Tier 1, words: normal forms of text, yes and no, options, and guarded containment of an answer in prose.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::finding::{Around, Finding};
use super::reason::{Reason, quoted};
use super::{Leniency, Tier};
use crate::answer::{Constant, Expr, clean, read, words};

/// Longest text, in bytes, that is searched as prose.
pub(super) const LONGEST_PROSE: usize = 20_000;
/// Most words of a response in which an answer is looked for.
const PROSE: usize = 600;

/// The text with nothing but its letters, digits and signs that carry meaning, in the case it came in.
pub(super) fn plain(text: &str) -> String {
    read::words_of(&clean::clean(text))
}

/// Words in normal form: lower case, without accents, punctuation, articles and possessives; numbers in digits.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        folded.extend(text.chars().map(|c| c.to_ascii_lowercase()));
    } else {
        folded.extend(text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase));
    }
    let chars: Vec<char> = folded.chars().collect();
    let mut out: Vec<String> = Vec::new();
    let mut word = String::new();
    for (i, &c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|j| chars[j]);
        let after = chars.get(i + 1).copied();
        let in_number = before.is_some_and(|b| b.is_ascii_digit()) && after.is_some_and(|a| a.is_ascii_digit());
        let digit = c.is_ascii_digit();
        if c.is_alphanumeric() || c == '%' || c == '.' && in_number {
            // Digits that touch a word, as in "of10" or "1973on", are a word of their own; "2nd" and "x1" are one word.
            let turns =
                before.is_some_and(|b| b.is_alphanumeric() && b.is_ascii_digit() != digit) && c.is_alphanumeric();
            if turns && (digit && word.len() > 1 || !digit && word.len() >= 4) {
                out.push(std::mem::take(&mut word));
            }
            word.push(c);
        } else if c == '-' && !word.is_empty() && after.is_some_and(char::is_alphanumeric) {
            out.push(std::mem::take(&mut word));
        } else if c == '-'
            && after.is_some_and(|a| a.is_ascii_digit())
            && word.is_empty()
            && before.is_none_or(char::is_whitespace)
        {
            word.push('-');
        } else if (c == '\'' || c == '’' || c == ',' && in_number && grouped(&chars[i + 1..])) && !word.is_empty() {
            // "Smith's" is "smith" and 1,000 is 1000.
            if c != ',' && after == Some('s') && !chars.get(i + 2).is_some_and(|n| n.is_alphanumeric()) {
                out.push(std::mem::take(&mut word));
            }
        } else if !word.is_empty() {
            out.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out.retain(|w| !matches!(w.as_str(), "a" | "an" | "the" | "s"));
    spelled_numbers(&mut out);
    for w in &mut out {
        if let Some(n) = ["st", "nd", "rd", "th"].iter().find_map(|s| w.strip_suffix(s))
            && !n.is_empty()
            && n.bytes().all(|b| b.is_ascii_digit())
        {
            *w = n.to_owned();
        } else if (w.len() == 3 || *w == "sept")
            && let Some(month) = MONTHS.iter().find(|m| m.len() > 3 && m.starts_with(&w[..]))
        {
            *w = (*month).to_owned();
        }
    }
    out
}

/// Puts digits for numbers in words, the longest run of words first: `two hundred and five` is 205.
fn spelled_numbers(out: &mut Vec<String>) {
    let mut at = 0;
    while at < out.len() {
        if words::number(&[out[at].as_str()]).is_some() {
            let most = (out.len() - at).min(10);
            let run = (1..=most).rev().find_map(|n| {
                let slice: Vec<&str> = out[at..at + n].iter().map(String::as_str).collect();
                if n > 1 && slice.last() == Some(&"and") { None } else { words::number(&slice).map(|v| (n, v)) }
            });
            if let Some((n, value)) = run {
                out.splice(at..at + n, [value.to_string()]);
            }
        }
        at += 1;
    }
}

/// Whether exactly three digits follow, as after a comma that groups them.
fn grouped(rest: &[char]) -> bool {
    rest.iter().take(4).take_while(|c| c.is_ascii_digit()).count() == 3
}

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Two texts of words.
pub(super) fn words(a: &str, b: &str, around: &Around) -> Finding {
    if a == b {
        return Finding::same(Tier::Text, "both are the same words");
    }
    let (x, y) = (tokens(a), tokens(b));
    if x.is_empty() || y.is_empty() {
        let side = if x.is_empty() { "reference" } else { "response" };
        return Finding::unknown(Tier::Text, format!("the {side} is a text without words"));
    }
    let spelled = |t: &str| t.contains(['-', '.', '\'']);
    if x == y || (spelled(a) || spelled(b)) && x.concat() == y.concat() {
        return Finding::same(Tier::Text, "both are the same words once case, articles and punctuation are set aside")
            .needing(Leniency::Case, around);
    }
    // One word or sign apart is apart: names and codes differ by a letter.
    Finding::different(Tier::Text, Reason::Words(Box::new([x, y])))
}

/// A truth value against words.
pub(super) fn truth(value: bool, text: &str, around: &Around) -> Finding {
    let tokens = tokens(text);
    match tokens.first().and_then(|w| words::yes_or_no(w)) {
        Some(said) if tokens.len() == 1 => {
            if said == value {
                Finding::same(Tier::Text, format!("{} says {value}", quoted(&text))).needing(Leniency::Boolean, around)
            } else {
                Finding::different(Tier::Text, format!("{} says the opposite of {value}", quoted(&text)))
            }
        }
        _ => Finding::unknown(Tier::Text, format!("{} is neither yes nor no", quoted(&text))),
    }
}

/// Words against an expression: "infinitely many" for ∞, a number written out.
pub(super) fn word_for_value(text: &str, value: &Expr, around: &Around) -> Finding {
    let t = tokens(text);
    let infinite = t.first().is_some_and(|w| matches!(w.as_str(), "infinitely" | "infinite" | "infinity"));
    if infinite && matches!(value, Expr::Constant(Constant::Infinity)) {
        return Finding::same(Tier::Text, "the words say infinity").needing(Leniency::Prose, around);
    }
    if let Expr::Symbol(name) = value
        && t.len() == 1
        && t[0] == name.to_lowercase()
    {
        return Finding::same(Tier::Text, "both are the same letter").needing(Leniency::Case, around);
    }
    if text.chars().any(|c| c.is_ascii_digit()) {
        return Finding::unknown(
            Tier::Text,
            format!("{} has a number among words, and none is taken out of words", quoted(&text)),
        );
    }
    Finding::different(Tier::Text, format!("{} is words and {} is a value", quoted(&text), quoted(value)))
}

/// Option letters, with the options' texts where they are known; `None` where neither side names an option.
pub(super) fn option(reference: &str, response: &str, around: &Around) -> Option<Finding> {
    let (a, b) = (index(reference, around.options, false)?, index(response, around.options, true));
    let letter = |i: usize| char::from(b'A' + u8::try_from(i).unwrap_or(0));
    match b {
        Some(b) if a == b => Some(Finding::same(Tier::Text, format!("both are option {}", letter(a)))),
        Some(b) => Some(Finding::different(
            Tier::Text,
            format!("the reference is option {} and the response option {}", letter(a), letter(b)),
        )),
        None => None,
    }
}

/// Which option a text names, by letter or by the option's text.
fn index(text: &str, options: &[String], sentence: bool) -> Option<usize> {
    let unwrapped = plain(text);
    let letter = |c: char| (c.is_ascii_uppercase()).then(|| usize::from(c as u8 - b'A'));
    if !options.is_empty() {
        let wanted = tokens(&unwrapped);
        if let Some(i) = options.iter().position(|o| !wanted.is_empty() && tokens(&plain(o)) == wanted) {
            return Some(i);
        }
        if let Some(i) = words::option_letter(&unwrapped).and_then(letter).filter(|i| *i < options.len()) {
            return Some(i);
        }
    }
    // Without options a letter must look like one: a capital from A to J, alone or marked.
    let mark = unwrapped.trim_start_matches(['(', '[', '*', ' ']);
    let mut chars = mark.chars();
    let first = chars.next().filter(|c| ('A'..='J').contains(c))?;
    let rest = chars.as_str();
    let alone = rest.trim_matches(|c: char| !c.is_alphanumeric()).is_empty();
    let marked = sentence
        && (rest.starts_with([')', '.', ':', ']']) || rest.starts_with(|c: char| !c.is_ascii() && c.is_alphabetic()));
    let index = letter(first)?;
    (alone && rest.chars().count() <= 3 || marked && (options.is_empty() || index < options.len())).then_some(index)
}

/// Words before an answer that take it back.
const DENIALS: &[&str] = &[
    "not", "no", "never", "neither", "nor", "isn", "wasn", "don", "doesn", "didn", "cannot", "isnt", "wasnt", "unlike",
    "except", "without", "instead", "non", "hardly",
];

/// Words too common to be an answer found inside another.
const COMMON: &[&str] = &[
    "of", "in", "on", "at", "to", "and", "or", "is", "are", "was", "for", "by", "it", "as", "that", "this", "with",
    "from", "be", "any", "all", "some", "one", "first", "last", "new", "who", "when", "where", "number", "many", "not",
    "no", "yes", "about", "around", "between", "over", "under", "more", "less", "than",
];

/// Containment of the shorter text in the longer: the reference in prose, or a short response in a reference that says
/// more. Guarded: whole words in sequence, not taken back, not merely the question repeated, and of a bare number only
/// where no other number of its kind stands beside it. Gives the words as the response has them.
pub(super) fn contained<'a>(
    reference: &str,
    response: &str,
    said: impl FnOnce() -> &'a [String],
    asked: &[String],
    around: &Around,
) -> Option<(Finding, Option<String>)> {
    if reference.len() > 2_000 || response.len() > LONGEST_PROSE {
        return None;
    }
    let unwrapped = plain(reference);
    let mut wanted = tokens(&unwrapped);
    // "in 1931" asks for no more than "1931" does.
    while wanted.len() > 1 && matches!(wanted[0].as_str(), "in" | "on" | "at" | "by" | "from") {
        wanted.remove(0);
    }
    if wanted.is_empty() || wanted.len() > 40 {
        return None;
    }
    let said = said();
    if said.is_empty() || said.len() > PROSE || formula(&unwrapped) || formula(response) && numeric(&wanted).is_some() {
        return None;
    }
    let prose = |reason: String| Finding::same(Tier::Text, reason).needing(Leniency::Prose, around);
    if said.len() >= wanted.len() {
        if let Some(number) = numeric(&wanted) {
            return lone_number(number, said, asked).then(|| {
                (prose(format!("`{number}` is the only number of its kind in the response")), Some(number.to_owned()))
            });
        }
        let signal = wanted.iter().any(|w| w.len() > 2 && !COMMON.contains(&w.as_str()));
        let echoed = !asked.is_empty() && said.len() > wanted.len() + 2 && position(&wanted, asked).is_some();
        if !signal || echoed || said.len() == wanted.len() && said != wanted.as_slice() {
            return None;
        }
        let at = if dated(&wanted) { window(&wanted, said) } else { position(&wanted, said) }?;
        let denied = said[at.saturating_sub(3)..at].iter().any(|w| DENIALS.contains(&w.as_str()));
        if denied || hedged(said, &wanted) {
            return None;
        }
        return Some((
            prose("the response contains the reference's words in sequence".into()),
            Some(said[at..(at + wanted.len()).min(said.len())].join(" ")),
        ));
    }
    // The response says less than the reference does.
    let signal =
        said.iter().any(|w| w.len() > 2 && !COMMON.contains(&w.as_str()) && !w.bytes().any(|b| b.is_ascii_digit()));
    let parts = wanted.iter().any(|w| matches!(w.as_str(), "and" | "or" | "but" | "not" | "except" | "without"));
    let at = position(said, &wanted)?;
    // What the question says already answers it only as the subject of the reference: "Ann or Bob?" "Ann".
    let echoed = at > 0 && !asked.is_empty() && position(said, asked).is_some();
    if !signal || parts || echoed || unwrapped.contains(['+', ';', '/']) {
        return None;
    }
    Some((prose("the response's words stand in the reference in sequence".into()), None))
}

/// Whether a text has signs of a formula in it, out of which no number may be taken.
fn formula(text: &str) -> bool {
    text.contains(['=', '^', '\\', '<', '>', '{', '}', '√', '*', '|'])
        || text.as_bytes().windows(3).any(|w| w[0].is_ascii_alphanumeric() && w[1] == b'+' || w == b" + ")
}

/// The number that a reference is, where it is one.
fn numeric(wanted: &[String]) -> Option<&str> {
    match wanted {
        [one]
            if one.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-' || b == b'%')
                && one.bytes().any(|b| b.is_ascii_digit()) =>
        {
            Some(one)
        }
        _ => None,
    }
}

/// Whether a number stands in a text and no other of its kind does that the question has not: years beside years, other
/// numbers beside any.
fn lone_number(number: &str, said: &[String], asked: &[String]) -> bool {
    let is_year =
        |w: &str| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()) && (w.starts_with('1') || w.starts_with("20"));
    let year = is_year(number);
    let mut found = false;
    for (i, w) in said.iter().enumerate() {
        if w == number {
            let denied = said[i.saturating_sub(2)..i].iter().any(|w| DENIALS.contains(&w.as_str()));
            found = !denied;
            if denied {
                return false;
            }
            continue;
        }
        let other = w.bytes().any(|b| b.is_ascii_digit());
        if other && (!year || is_year(w)) && !asked.contains(w) {
            return false;
        }
    }
    found
}

/// Whether the words are a date.
fn dated(wanted: &[String]) -> bool {
    wanted.len() <= 4
        && wanted.iter().any(|w| MONTHS.contains(&w.as_str()))
        && wanted.iter().all(|w| MONTHS.contains(&w.as_str()) || w.bytes().all(|b| b.is_ascii_digit()))
}

/// Where all words of a date stand together in any order.
fn window(wanted: &[String], said: &[String]) -> Option<usize> {
    said.windows(wanted.len()).position(|w| {
        let mut left: Vec<&String> = wanted.iter().collect();
        w.iter().all(|x| left.iter().position(|l| *l == x).map(|i| left.remove(i)).is_some())
    })
}

fn position(needle: &[String], hay: &[String]) -> Option<usize> {
    if needle.len() > hay.len() { None } else { hay.windows(needle.len()).position(|w| w == needle) }
}

/// Whether the response gives several answers to choose from: "either A or B".
fn hedged(said: &[String], wanted: &[String]) -> bool {
    said.len() <= wanted.len() + 12
        && said.iter().any(|w| w == "either" || w == "maybe" || w == "possibly" || w == "or")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_plain() {
        assert_eq!(tokens("The Beauty's 1,000 twenty-one"), ["beauty", "1000", "21"]);
        assert_eq!(tokens("two hundred and five, and three four"), ["205", "and", "3", "4"]);
        assert_eq!(tokens("March 20th, 1969."), ["march", "20", "1969"]);
        assert_eq!(tokens("Dalí"), ["dali"]);
        assert_eq!(tokens("a total of10 episodes"), ["total", "of", "10", "episodes"]);
    }
}
