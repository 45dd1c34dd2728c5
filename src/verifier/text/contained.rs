//! Guarded containment: the reference in prose, or a short response in a reference that says more.

use std::ops::Range;
use std::rc::Rc;

use super::date::Date;
use super::figure::{Amount, alike, is_year, numeric};
use super::token::{MONTHS, Prose};
use super::{LONGEST_PROSE, name};
use crate::verifier::finding::{Around, Finding};
use crate::verifier::{Leniency, Tier};

/// Most words of a response in which an answer is looked for.
const PROSE: usize = 600;

/// Words before an answer that take it back.
const DENIALS: &[&str] = &[
    "not",
    "no",
    "never",
    "neither",
    "nor",
    "isn",
    "wasn",
    "don",
    "doesn",
    "didn",
    "cannot",
    "isnt",
    "wasnt",
    "arent",
    "werent",
    "dont",
    "doesnt",
    "didnt",
    "unlike",
    "except",
    "without",
    "instead",
    "rather",
    "non",
    "hardly",
    "doubt",
    "doubtful",
    "unlikely",
    "far",
    "wrong",
    "incorrect",
    "nobody",
    "lack",
    "rules",
    "fails",
];

/// Verbs denied, which take back what follows in their clause.
const DENIED: &[&str] = &["isnt", "wasnt", "arent", "werent", "dont", "doesnt", "didnt", "cannot", "cant", "wont"];

/// Verbs after an answer that open what takes it back: "Paris is not it", "5 does not work".
const VERBS: &[&str] =
    &["is", "are", "was", "were", "does", "do", "did", "can", "could", "would", "has", "have", "used"];

/// Words behind such a verb that take back what stands before it.
const RETRACTING: &[&str] = &["not", "wrong", "incorrect", "impossible", "false", "never", "ruled", "to"];

/// Words before an answer that leave only what it is not.
const EXCEPTING: &[&str] =
    &["everything", "everyone", "everybody", "everywhere", "anything", "anyone", "anybody", "nothing", "none", "all"];

/// Words behind an answer after which less than it is meant.
const NARROWING: &[&str] = &["except", "excluding", "minus", "without", "but"];

/// First words of a name that make it another's name.
const TELLING: &[&str] = &[
    "north", "south", "east", "west", "northern", "southern", "eastern", "western", "non", "new", "anti", "pre", "post",
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
pub(in crate::verifier) fn contained<'a>(
    reference: &str,
    unwrapped: impl FnOnce() -> &'a str,
    response: &str,
    said: impl FnOnce() -> Rc<Prose>,
    around: &Around,
) -> Option<(Finding, Option<String>)> {
    if reference.len() > 2_000 || response.len() > LONGEST_PROSE {
        return None;
    }
    let unwrapped = unwrapped();
    let prose = around.prose(unwrapped);
    let mut wanted = &prose.words[..];
    // "in 1931" asks for no more than "1931" does.
    while wanted.len() > 1 && matches!(wanted[0].as_str(), "in" | "on" | "at" | "by") {
        wanted = &wanted[1..];
    }
    if wanted.is_empty() || wanted.len() > 40 {
        return None;
    }
    let said = said();
    if said.is_empty() || said.len() > PROSE || formula(unwrapped) {
        return None;
    }
    // Signs among few words mean something: "Alice + Bob" is not "Alice - Bob".
    if said.len() <= wanted.len() + 2 && response.contains(" + ") {
        return None;
    }
    let asked = around.prose(around.question);
    let same = |reason: &'static str| Finding::same(Tier::Text, reason).needing(Leniency::Prose, around);
    let shown = |at: Range<usize>| Some(said.words[at.start..at.end.min(said.len())].join(" "));
    if let Some((at, reason)) = value(wanted, &prose, &said, response, &asked, unwrapped.contains('/')) {
        return Some((same(reason), shown(at)));
    }
    let sole = matches!(wanted, [one] if numeric(one));
    if said.len() >= wanted.len()
        && !sole
        && let Some(at) = in_prose(wanted, &prose, &said, response, &asked)
    {
        let end = at + wanted.len();
        // "Alice, Bob" is not "Alice, Bob, Carol".
        let goes_on = said.len() <= wanted.len() + 3 && said.marks.get(end).is_some_and(|m| m.parted && !m.bracketed);
        if goes_on && unwrapped.contains(',') {
            return None;
        }
        let reason =
            "the response contains the reference's words in sequence, but for case, accents, articles and punctuation";
        return Some((same(reason), shown(at..at + wanted.len())));
    }
    if sole
        || said.len() >= wanted.len()
        || !less(wanted, &said, &asked)
        || unwrapped.contains(['+', ';', '/', '{', '_'])
    {
        return None;
    }
    Some((
        same(
            "the response's words stand in the reference in sequence, but for case, accents, articles and punctuation",
        ),
        None,
    ))
}

/// A reference that is a date, a number or an amount, claimed in the response.
fn value(
    wanted: &[String],
    prose: &Prose,
    said: &Prose,
    response: &str,
    asked: &[String],
    slash: bool,
) -> Option<(Range<usize>, &'static str)> {
    if !wanted.iter().any(|w| w.bytes().any(|b| b.is_ascii_digit())) || formula(response) {
        return None;
    }
    let accepted = |at: usize| !denied(said, at) && !retracted(said, at + 1) && !asks(response);
    if let Some(date) = Date::read(wanted) {
        let at = date.claimed(said, asked).filter(|at| accepted(at.start))?;
        return Some((at, "the response says the date, and no other in its place"));
    }
    // "2,630 (December 2016)" is 2,630.
    let outside = wanted.iter().zip(&prose.marks).take_while(|(_, m)| !m.bracketed).count();
    if wanted.len() == prose.words.len() && (1..wanted.len()).contains(&outside) {
        return value(&wanted[..outside], prose, said, response, asked, slash);
    }
    if let Some(amount) = Amount::read(wanted, prose) {
        // "m/s" and "m s" are the same words.
        if amount.is_compound() && (slash || response.contains('/')) {
            return None;
        }
        return amount.claimed(said, asked).filter(|(at, _)| accepted(*at)).map(|(at, found)| (at..at + 1, found));
    }
    // Asked when, the year of the reference is what counts.
    let when = asked.first().is_some_and(|w| w == "when") || asked.iter().any(|w| w == "year");
    let dated = wanted.iter().any(|w| MONTHS.contains(&w.as_str()));
    let mut years = wanted.iter().filter(|w| is_year(w));
    if let (true, Some(_), None) = (when && !dated, years.next(), years.next()) {
        let at = wanted.iter().position(|w| is_year(w))?;
        return value(&wanted[at..=at], prose, said, response, asked, slash);
    }
    None
}

/// Where the words of a reference stand in prose.
fn in_prose(wanted: &[String], prose: &Prose, said: &Prose, said_text: &str, asked: &[String]) -> Option<usize> {
    let signal = wanted.iter().any(|w| w.len() > 2 && !COMMON.contains(&w.as_str()));
    let echoed = !asked.is_empty() && said.len() > wanted.len() + 2 && position(wanted, asked).is_some();
    if !signal || echoed || said.len() == wanted.len() && said.words != wanted {
        return None;
    }
    // "Hepatitis" is not "hepatitis A".
    let lettered = |at: usize| named_on(&said.words, at + wanted.len(), false) && !said.marks[at + wanted.len()].parted;
    let at = position(wanted, said)
        .filter(|at| !lettered(*at))
        .or_else(|| name::name(wanted, prose).and_then(|name| name::find(name, said)))
        .or_else(|| plural(wanted, prose, said))?;
    let end = at + wanted.len();
    let narrowed = said.words.get(end).is_some_and(|w| NARROWING.contains(&w.as_str()));
    let taken_back = denied(said, at) || retracted(said, end) || narrowed || asks(said_text);
    (!taken_back && !hedged(said, wanted) && !is_list(said, at, end)).then_some(at)
}

/// Where the words stand but for a plural, in references that are no names.
fn plural(wanted: &[String], prose: &Prose, said: &Prose) -> Option<usize> {
    if prose.marks.iter().skip(1).any(|m| m.capital) || wanted.iter().any(|w| w.bytes().any(|b| b.is_ascii_digit())) {
        return None;
    }
    let at = said.words.windows(wanted.len()).position(|w| w.iter().zip(wanted).all(|(a, b)| alike(a, b)))?;
    // "A week" is not 741 weeks.
    let counted = at.checked_sub(1).is_some_and(|i| numeric(&said.words[i]));
    (!counted).then_some(at)
}

/// Whether a response that says less than the reference says what counts in it.
fn less(wanted: &[String], said: &Prose, asked: &[String]) -> bool {
    let signal =
        said.iter().any(|w| w.len() > 2 && !COMMON.contains(&w.as_str()) && !w.bytes().any(|b| b.is_ascii_digit()));
    let parts = wanted.iter().any(|w| matches!(w.as_str(), "and" | "or" | "but" | "not" | "except" | "without"));
    let Some(at) = position(said, wanted) else { return false };
    // What the question says already answers it only as the subject of the reference: "Ann or Bob?" "Ann".
    let echoed = at > 0 && !asked.is_empty() && position(said, asked).is_some();
    let other = at > 0 && TELLING.contains(&wanted[at - 1].as_str());
    signal && !parts && !echoed && !other && !named_on(wanted, at + said.len(), true)
}

/// Whether a letter or, where that counts, a number stands here, which makes another thing of the words before it.
fn named_on(words: &[String], at: usize, numbers: bool) -> bool {
    words.get(at).is_some_and(|w| w.len() == 1 && w.bytes().all(|b| b.is_ascii_lowercase()) || numbers && numeric(w))
}

/// Whether a text has signs of a formula in it, out of which no number may be taken.
fn formula(text: &str) -> bool {
    text.bytes().any(|b| matches!(b, b'=' | b'^' | b'\\' | b'<' | b'>' | b'{' | b'}' | b'*' | b'|'))
        || !text.is_ascii() && text.contains('√')
        || text.as_bytes().windows(3).any(|w| w[0].is_ascii_alphanumeric() && w[1] == b'+' || w == b" + ")
}

/// Whether the words before an answer take it back: near to it, or a verb denied in the same clause.
fn denied(said: &Prose, at: usize) -> bool {
    let clause = (0..at.min(6)).take_while(|back| !said.marks[at - back].parted).count();
    let verb = said.words[at - clause..at].iter().any(|w| DENIED.contains(&w.as_str()));
    let back = |n: usize| at.checked_sub(n).and_then(|i| said.words.get(i)).map_or("", String::as_str);
    // "Everything but Paris", "anyone other than Alice", "near Paris", "minus 5".
    let excepted = back(1) == "but" && EXCEPTING.contains(&back(2)) || back(1) == "than" && back(2) == "other";
    if excepted || matches!(back(1), "near" | "minus" | "negative") {
        return true;
    }
    verb || said.words[at.saturating_sub(3)..at].iter().any(|w| DENIALS.contains(&w.as_str()))
}

/// Whether the words behind an answer take it back.
fn retracted(said: &Prose, end: usize) -> bool {
    let next = |n: usize| said.words.get(end + n).filter(|_| !said.marks[end + n].parted).map_or("", String::as_str);
    let denied = DENIED.contains(&next(0)) || matches!(next(0), "isn" | "wasn" | "doesn" | "don" | "didn");
    // "used to be", but "is to be".
    denied || VERBS.contains(&next(0)) && RETRACTING.contains(&next(1)) && (next(1) != "to" || next(0) == "used")
}

/// Whether a response asks rather than answers.
fn asks(response: &str) -> bool {
    response.trim_end().ends_with('?')
}

/// Whether a short response is nothing but several answers, of which this is one.
fn is_list(said: &Prose, at: usize, end: usize) -> bool {
    let joins = |i: usize| said.words.get(i).is_some_and(|w| matches!(w.as_str(), "and" | "or" | "then"));
    said.len() <= end - at + 3 && (at == 0 && joins(end) || end == said.len() && at > 0 && joins(at - 1))
}

fn position(needle: &[String], hay: &[String]) -> Option<usize> {
    if needle.len() > hay.len() { None } else { hay.windows(needle.len()).position(|w| w == needle) }
}

/// Whether the response gives several answers to choose from: "either A or B".
fn hedged(said: &[String], wanted: &[String]) -> bool {
    said.len() <= wanted.len() + 12
        && said.iter().any(|w| w == "either" || w == "maybe" || w == "possibly" || w == "or")
}
