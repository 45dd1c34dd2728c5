//! Second readings: what a pair that was not found the same may still be, once one side is read in another way.

use super::asks::Ask;
use super::finding::{Around, Finding};
use super::given::Given;
use super::{Leniency, Tier, compare, text};
use crate::answer::{Answer, Bracket, Hints, clean, read};
use crate::extractor::How;

/// Two numbers with a sign between them that is no arithmetic: years, scores, pages, a time of day, a fraction of two
/// readings. Both sides are such, or the question says that they are.
pub(super) fn spans(wanted: &str, said: &str, around: &Around) -> Option<Finding> {
    if wanted.len().max(said.len()) > 40 {
        return None;
    }
    let parts = |text: &str| -> Option<(char, Vec<String>)> {
        if !text.bytes().all(|b| b.is_ascii_digit() || b" -:/$\\".contains(&b) || !b.is_ascii()) {
            return None;
        }
        let cleaned = clean::clean(text);
        let mark = cleaned.chars().find(|c| matches!(c, '-' | ':' | '/'))?;
        let parts: Vec<&str> = cleaned.split(mark).map(str::trim).collect();
        let digits = |p: &&str| !p.is_empty() && p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit());
        ((2..=4).contains(&parts.len()) && parts.iter().all(digits))
            .then(|| (mark, parts.iter().map(|p| p.trim_start_matches('0').to_owned()).collect()))
    };
    let speaks = around.asks(Ask::Span);
    match (parts(wanted), parts(said)) {
        (Some((m, a)), Some((n, b))) if m == n && a.len() == b.len() => {
            // A difference that stands alone is no answer; a quotient and a ratio may be.
            let never_arithmetic = m == '-' || a.len() > 2 && m == '/';
            if a == b || !(never_arithmetic || speaks) {
                return None;
            }
            Some(Finding::different(Tier::Text, "the two spans, scores or times differ in their parts"))
        }
        (Some((_, a)), None) | (None, Some((_, a))) if speaks && a.len() == 2 => {
            let other = if parts(wanted).is_some() { said } else { wanted };
            let number = matches!(read(other, Hints::default()), Answer::Scalar(_));
            number.then(|| Finding::different(Tier::Text, "one is a span, a score or a time and the other a number"))
        }
        _ => None,
    }
}

/// Letters in a row that were taken for a word, read as the product that they are where the other side is an expression
/// in these very letters: `ad-bc`, `xyz`.
pub(super) fn as_products(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<(Finding, Answer)> {
    let wordy = |a: &Answer| matches!(a, Answer::Text(_) | Answer::Unread(_));
    let formula = |a: &Answer| match a {
        Answer::Scalar(e) => !e.symbols().is_empty(),
        Answer::Relation(..) | Answer::Sequence(..) | Answer::Matrix(_) => true,
        _ => false,
    };
    let hints = Hints { letters_multiply: true, ..Hints::default() };
    let own_letters = |text: &str, other: &str| {
        text.len() <= 200
            && text.chars().filter(|c| c.is_alphabetic()).all(|c| other.contains(c))
            && !text.contains(". ")
    };
    if wordy(response) && formula(reference) && own_letters(said, wanted) {
        let reread = read(said, hints);
        let found = compare::answers(reference, &reread, around);
        return found.is_same().then_some((found, reread));
    }
    if wordy(reference) && formula(response) && own_letters(wanted, said) {
        let found = compare::answers(&read(wanted, hints), response, around);
        return found.is_same().then(|| (found, response.clone()));
    }
    None
}

/// A value behind a left-hand side that the other lacks and that no parser takes for a name: `P(X=2) = 3/8`, `E[X] = 3.5`,
/// `\\det A = -2`, and `a + b = 7` where the question asks for `a + b`.
pub(super) fn labelled(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<(Finding, Answer)> {
    let value = |text: &str| -> Option<Answer> {
        if text.len() > 400 {
            return None;
        }
        let (left, right) = text.rsplit_once('=')?;
        let left = left.trim().trim_end_matches(['&', ' ']);
        let bare: String = left.chars().filter(|c| !c.is_whitespace() && !"$\\(){}".contains(*c)).collect();
        let operator = left.ends_with(['<', '>', '!', '=', ':', '≤', '≥']) || left.is_empty() || left.len() > 60;
        if operator || !bare.chars().any(char::is_alphabetic) || left.contains(',') && !left.contains(['(', '[']) {
            return None;
        }
        let squeezed: String =
            around.question.chars().filter(|c| !c.is_whitespace() && !"$\\(){}".contains(*c)).collect();
        let asked = bare.chars().count() >= 3 && squeezed.contains(&bare);
        let named = left.starts_with(|c: char| c.is_ascii_uppercase())
            && left.chars().nth(1).is_some_and(|c| c == '(' || c == '[')
            || ["\\det", "\\operatorname", "\\text", "\\mathrm", "\\mathbb", "\\Pr", "Var", "Cov", "det", "|", "d("]
                .iter()
                .any(|p| left.starts_with(p));
        (asked || named).then(|| read(right.trim(), Hints::default())).filter(Answer::is_typed)
    };
    let relation = |a: &Answer| matches!(a, Answer::Relation(..) | Answer::Unread(_) | Answer::Text(_));
    if relation(response) && reference.is_typed() && !matches!(reference, Answer::Relation(..)) {
        let bare = value(said)?;
        let found = compare::answers(reference, &bare, around);
        return found.is_same().then(|| (found.needing(Leniency::LhsDropped, around), bare));
    }
    if relation(reference) && response.is_typed() && !matches!(response, Answer::Relation(..)) {
        let found = compare::answers(&value(wanted)?, response, around);
        return found.is_same().then(|| (found.needing(Leniency::LhsDropped, around), response.clone()));
    }
    None
}

/// Letters whose names before a parenthesis were read as functions that have values, and that may have been meant as
/// factors: `gamma(1 - v)`.
const FACTORS: &[&str] = &["gamma", "zeta", "ζ"];

/// A finding of difference that rests on reading a name before a parenthesis as a function, where as a factor it would be
/// the same: nothing is told.
pub(super) fn factors(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<Finding> {
    let multiplied = |text: &str| {
        let mut out = text.to_owned();
        for letter in FACTORS {
            let applied = format!("{letter}(");
            let starts: Vec<usize> = out.match_indices(&applied).map(|(at, _)| at).collect();
            for at in starts.into_iter().rev() {
                if !out[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    out.insert(at + letter.len(), '*');
                }
            }
        }
        (out.len() > text.len()).then(|| read(&out, Hints::default()))
    };
    let same = |a: &Answer, b: &Answer| compare::answers(a, b, around).is_same();
    let found =
        multiplied(said).is_some_and(|r| same(reference, &r)) || multiplied(wanted).is_some_and(|w| same(&w, response));
    found.then(|| {
        Finding::unknown(
            Tier::Algebra,
            "a letter before a parenthesis is a function or a factor, and as a factor they are the same",
        )
    })
}

/// Answers that are the same once a parameter has the other's name: in a list of coordinates or behind a left-hand side,
/// where the letter says nothing and the question does not speak of it.
pub(super) fn renamed(reference: &Answer, response: &Answer, around: &Around) -> Option<Finding> {
    let structured = |a: &Answer| match a {
        Answer::Relation(operands, _) => operands.len() == 2,
        Answer::Sequence(_, items) => items.len() > 1,
        Answer::Matrix(_) | Answer::Builder(..) => true,
        _ => false,
    };
    if !structured(reference) || !structured(response) {
        return None;
    }
    let (x, y) = (reference.symbols(), response.symbols());
    let apart = |a: &[String], b: &[String]| -> Vec<String> {
        let index = |s: &String| s.split_once('_').map_or(s.clone(), |(_, i)| i.to_owned());
        let mut only: Vec<String> = a.iter().filter(|s| !b.contains(s)).map(index).collect();
        only.sort_unstable();
        only.dedup();
        only
    };
    let (only_a, only_b) = (apart(&x, &y), apart(&y, &x));
    let ([to], [from]) = (only_a.as_slice(), only_b.as_slice()) else { return None };
    let parameter = |s: &str| {
        matches!(s, "t" | "s" | "u" | "k" | "n" | "m" | "j" | "l" | "lambda" | "mu" | "c" | "C" | "K" | "r" | "p")
    };
    let spoken = |s: &str| {
        let marked = [format!("${s}$"), format!("\\({s}\\)"), format!(" {s} "), format!("{s}(")];
        marked.iter().any(|m| around.question.contains(m.as_str()))
    };
    if !parameter(to) || !parameter(from) || spoken(from) {
        return None;
    }
    let found = compare::answers(reference, &response.renamed(from, to), around);
    found.is_same().then(|| {
        Finding { reason: format!("they are the same with `{from}` for `{to}`").into(), ..found }
            .needing(Leniency::Renamed, around)
    })
}

/// `1,000` read as a list of two where the other side is a list of as many.
pub(super) fn other_commas(
    wanted: &str,
    reference: &Answer,
    said: &str,
    response: &Answer,
    around: &Around,
) -> Option<(Finding, Answer)> {
    if !wanted.contains(',') && !said.contains(',') {
        return None;
    }
    let hints = Hints { commas_separate: true, ..Hints::default() };
    // No list has an element `000`.
    if wanted.contains(",0") && !wanted.contains(",0,") || said.contains(",0") && !said.contains(",0,") {
        return None;
    }
    let list = |a: &Answer| matches!(a, Answer::Sequence(_, items) if items.len() > 1);
    if list(reference) && !list(response) && said.contains(',') {
        let reread = read(said, hints);
        let found = compare::answers(reference, &reread, around);
        return (matches!(reread, Answer::Sequence(Bracket::Bare, _)) && found.is_same()).then_some((found, reread));
    }
    if list(response) && !list(reference) && wanted.contains(',') {
        let reread = read(wanted, hints);
        let found = compare::answers(&reread, response, around);
        return (matches!(reread, Answer::Sequence(Bracket::Bare, _)) && found.is_same())
            .then(|| (found, response.clone()));
    }
    None
}

/// A reference of yes or no against a response that begins with one.
pub(super) fn yes_or_no(wanted: &Given, said: &Given, how: How, around: &Around) -> Option<Finding> {
    use crate::answer::words::yes_or_no;
    // A reference of one word is short; a response is looked at only beside one.
    if wanted.text().len() > 40 || wanted.text().split_whitespace().nth(1).is_some() {
        return None;
    }
    let a = wanted.text().trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let expected = yes_or_no(&a)?;
    let b = text::tokens(said.text());
    let given = yes_or_no(b.first()?)?;
    let plain = b.len() == 1;
    if b.len() <= 4 && b.iter().skip(1).any(|w| yes_or_no(w).is_some_and(|v| v != given)) {
        return None;
    }
    if !plain && !matches!(how, How::Whole | How::Phrase | How::Boxed) {
        return None;
    }
    if expected != given {
        return Some(Finding::different(
            Tier::Text,
            format!("the reference says {a} and the response says the opposite"),
        ));
    }
    let found = Finding::same(Tier::Text, format!("both say {}", if expected { "yes" } else { "no" }));
    let found = if plain { found } else { found.needing(Leniency::Prose, around) };
    let spelled = b.first().is_some_and(|w| *w == a);
    Some(if spelled { found } else { found.needing(Leniency::Boolean, around) })
}

/// Runs of digits too long for arithmetic: the same digits or not.
pub(super) fn digits(a: &str, b: &str) -> Option<Finding> {
    let bare = |t: &str| {
        // Cleaning costs, and most long texts are no number.
        let marks = |b: u8| b.is_ascii_digit() || b",_-.$\\ ()[]{}!\n".contains(&b);
        if t.len() <= crate::answer::MAX_DIGITS || !t.bytes().all(marks) {
            return None;
        }
        let c = clean::clean(t).replace([',', '_'], "");
        let n = c.strip_prefix('-').unwrap_or(&c).to_owned();
        (n.len() > crate::answer::MAX_DIGITS && n.bytes().all(|b| b.is_ascii_digit()))
            .then_some((c.starts_with('-'), n))
    };
    let (x, y) = (bare(a)?, bare(b)?);
    let same = x.0 == y.0 && x.1.trim_start_matches('0') == y.1.trim_start_matches('0');
    Some(if same {
        Finding::same(Tier::Number, format!("both have the same {} digits", x.1.len()))
    } else {
        let at = x.1.bytes().zip(y.1.bytes()).take_while(|(a, b)| a == b).count() + 1;
        let reason = if x.1.len() == y.1.len() && x.0 == y.0 {
            format!("the digits differ from digit {at} on")
        } else {
            format!("the reference has {} digits and the response {}, or their signs differ", x.1.len(), y.1.len())
        };
        Finding::different(Tier::Number, reason)
    })
}

/// Whether a text is words and no formula: the signs that words have too stand between words of some length.
pub(super) fn is_wordy(text: &str) -> bool {
    if text.len() > 4_000 {
        return false;
    }
    let letter = text.trim_matches(['(', ')', '.', ':', ' ']);
    if letter.chars().count() == 1 && letter.chars().all(char::is_alphabetic) {
        return true;
    }
    let chars: Vec<char> = text.chars().collect();
    let word_around = |i: usize| {
        let before = chars[..i].iter().rev().take_while(|c| c.is_alphabetic()).count();
        let after = chars[i + 1..].iter().take_while(|c| c.is_alphabetic()).count();
        before >= 2 && after >= 2 || before + after >= 5 && before > 0 && after > 0
    };
    chars.iter().any(|c| c.is_alphabetic())
        && chars.iter().enumerate().all(|(i, c)| match c {
            '-' | '/' | '\'' => word_around(i),
            ',' | '.' | ':' | ';' | '?' | '"' | '&' => true,
            c => c.is_alphanumeric() || c.is_whitespace(),
        })
}
