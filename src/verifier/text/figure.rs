//! Numbers in prose: which one a response claims, beside years, days, shares and other numbers of unlike kinds.

use super::token::{MONTHS, Prose};
use crate::answer::Unit;

/// What a number in prose counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Year,
    Share,
    Money,
    /// A place in an order: a day of a month, a season, the second.
    Order,
    Amount,
}

impl Kind {
    /// What is found where a number of this kind is claimed and no other is.
    fn claim(self) -> &'static str {
        match self {
            Self::Year => "it is the only year that the response gives as the answer",
            Self::Share => "it is the only percentage that the response gives as the answer",
            Self::Money => "it is the only amount of money that the response gives as the answer",
            Self::Order => "it is the only number of an order that the response gives as the answer",
            Self::Amount => "it is the only number, but for years and dates, that the response gives as the answer",
        }
    }
}

/// A number in prose.
#[derive(Debug, Clone, Copy)]
struct Figure<'a> {
    at: usize,
    digits: &'a str,
    kind: Kind,
}

/// Words that make the number after them one of an order.
const LABELS: &[&str] = &[
    "season", "episode", "chapter", "no", "number", "part", "volume", "week", "version", "grade", "division", "verse",
    "page", "route", "highway", "article", "section", "level", "top", "formula", "game", "round", "book",
];

/// Words that make a number approximate.
const ABOUT: &[&str] = &["about", "around", "approximately", "approx", "circa", "c", "ca", "roughly", "estimated"];
/// Words before a number that leave it what it is, beside those.
const BOUNDS: &[&str] = &["over", "more", "than", "almost", "nearly", "only", "exactly", "some", "combined", "median"];
/// Words between the ends of a range.
const RANGE: &[&str] = &["from", "to", "until", "till", "between", "and", "through"];

pub(super) fn numeric(word: &str) -> bool {
    let digits = word.strip_suffix('%').unwrap_or(word);
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

pub(super) fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()) && (word.starts_with('1') || word.starts_with("20"))
}

fn month(word: Option<&String>) -> bool {
    word.is_some_and(|w| MONTHS.contains(&w.as_str()))
}

/// The year that a word is, also with the number of a footnote behind it: `19711`.
pub(super) fn year_at(prose: &Prose, at: usize) -> Option<&str> {
    let (word, mark) = (&prose.words[at], prose.marks[at]);
    if mark.grouped || mark.money {
        return None;
    }
    let footnote = mark.ends && matches!(word.len(), 5 | 6) && numeric(word);
    let year = if footnote { word.get(..4)? } else { word };
    is_year(year).then_some(year)
}

fn figure(prose: &Prose, at: usize) -> Option<Figure<'_>> {
    let (word, mark) = (&prose.words[at], prose.marks[at]);
    if !numeric(word) || mark.glued && mark.ends && word.len() <= 2 {
        return None;
    }
    let joined = |i: usize| prose.words.get(i).filter(|_| !prose.marks[i].parted);
    let before = at.checked_sub(1).and_then(|i| prose.words.get(i)).filter(|_| !mark.parted);
    let small = word.len() <= 2;
    let kind = if word.ends_with('%') {
        Kind::Share
    } else if mark.money {
        Kind::Money
    } else if mark.counter
        || small && (month(before) || month(joined(at + 1)))
        || before.is_some_and(|w| LABELS.contains(&w.as_str()))
    {
        Kind::Order
    } else if let Some(digits) = year_at(prose, at) {
        return Some(Figure { at, digits, kind: Kind::Year });
    } else {
        Kind::Amount
    };
    Some(Figure { at, digits: word, kind })
}

/// Whether two numerals have one value.
fn same(a: &str, b: &str) -> bool {
    let trimmed = |t: &str| -> String {
        let t = t.trim_end_matches('%');
        let t = if t.contains('.') { t.trim_end_matches('0').trim_end_matches('.') } else { t };
        t.to_owned()
    };
    a == b || a.ends_with('%') == b.ends_with('%') && trimmed(a) == trimmed(b)
}

/// Whether one is the other rounded to two digits or more.
fn rounded(a: &str, b: &str) -> bool {
    let digits = |t: &str| t.replace('.', "").trim_start_matches('0').trim_end_matches('0').len();
    let (Ok(x), Ok(y)) = (a.parse::<f64>(), b.parse::<f64>()) else { return false };
    let coarse = digits(a).min(digits(b));
    let unit = 10f64.powf(x.abs().max(y.abs()).log10().floor() + 1.0 - coarse as f64);
    coarse >= 2 && (x - y).abs() <= 0.5001 * unit
}

/// Where a response claims something, and what was found there.
type Claim = (usize, &'static str);

/// A reference that is a number, a range, or a number with what it counts.
#[derive(Debug)]
pub(super) struct Amount<'a> {
    low: &'a str,
    high: Option<String>,
    /// The words behind it.
    noun: &'a [String],
    about: bool,
    /// A word that bounds it stands before it: "more than 2,500".
    bounded: bool,
    money: bool,
}

impl<'a> Amount<'a> {
    /// Reads the words of a reference; `None` where they are something else.
    pub(super) fn read(wanted: &'a [String], prose: &Prose) -> Option<Self> {
        let filler = |w: &str| ABOUT.contains(&w) || BOUNDS.contains(&w) || RANGE.contains(&w);
        let start = wanted.iter().position(|w| !filler(w))?;
        let low = wanted.get(start).filter(|w| numeric(w))?;
        let about = wanted[..start].iter().any(|w| ABOUT.contains(&w.as_str()));
        let bounded = wanted[..start].iter().any(|w| BOUNDS.contains(&w.as_str()));
        let money = prose.words.iter().zip(&prose.marks).any(|(w, m)| w == low && m.money);
        let joined = |i: usize| prose.marks.get(i).is_some_and(|m| m.hyphened);
        let mut rest = &wanted[start + 1..];
        let mut high = None;
        let dash = wanted.len() == prose.words.len() && joined(start + 1);
        let word = rest.first().is_some_and(|w| RANGE.contains(&w.as_str()));
        if let Some(end) = rest.get(usize::from(word)).filter(|w| numeric(w) && (word || dash)) {
            rest = &rest[usize::from(word) + 1..];
            // "1951–52" ends in 1952.
            let short = is_year(low) && end.len() == 2;
            high = Some(if short { format!("{}{end}", &low[..2]) } else { end.clone() });
        }
        let more = rest.iter().any(|w| w.bytes().any(|b| b.is_ascii_digit()));
        (!more && rest.len() <= 3).then_some(Self { low, high, noun: rest, about, bounded, money })
    }

    /// Whether it counts something that more than one word names.
    pub(super) fn is_compound(&self) -> bool {
        self.noun.len() > 1
    }

    /// Where the response claims it: nothing of its kind stands beside it that the question has not, or that is said
    /// before or in the same sentence.
    pub(super) fn claimed(&self, said: &Prose, asked: &[String]) -> Option<Claim> {
        let all: Vec<Figure> = (0..said.words.len()).filter_map(|at| figure(said, at)).collect();
        if let Some(high) = &self.high {
            return self.range(high, &all, said, asked);
        }
        let fits = |f: &Figure| same(f.digits, self.low) || self.about && rounded(f.digits, self.low);
        let found = all.iter().find(|f| fits(f) && self.counts(f, said, asked))?;
        // Season 3 is not three of anything.
        let counted = asked.iter().any(|w| matches!(w.as_str(), "many" | "much" | "long" | "old" | "percentage"));
        if found.kind == Kind::Order && counted {
            return None;
        }
        if self.money && matches!(found.kind, Kind::Share | Kind::Year | Kind::Order) {
            return None;
        }
        if !self.bounded && !self.about && bounded(said, found.at) {
            return None;
        }
        let bracketed = said.marks[found.at].bracketed;
        let others: Vec<&Figure> = all
            .iter()
            .filter(|f| f.kind == found.kind && !fits(f) && !asked.contains(&said.words[f.at]))
            .filter(|f| bracketed || !said.marks[f.at].bracketed)
            .collect();
        self.leads(found, &others, said, asked).then(|| (found.at, found.kind.claim()))
    }

    /// Whether the number that was found stands for what is asked, and none of the others does.
    fn leads(&self, found: &Figure, others: &[&Figure], said: &Prose, asked: &[String]) -> bool {
        if others.is_empty() {
            return true;
        }
        let counted = asked.windows(2).find(|w| w[0] == "many").map(|w| w[1].as_str());
        let noun = counted.or_else(|| self.noun.first().map(String::as_str));
        if let Some(noun) = noun {
            let counts = |f: &Figure| said.words.iter().skip(f.at + 1).take(3).any(|w| alike(w, noun));
            if counts(found) && !others.iter().any(|f| counts(f)) {
                return true;
            }
        }
        let sentence = said.marks[found.at].sentence;
        others.iter().all(|f| said.marks[f.at].sentence > sentence)
    }

    /// Whether what a figure counts may be what the reference counts.
    fn counts(&self, f: &Figure, said: &Prose, asked: &[String]) -> bool {
        let next = said.words.get(f.at + 1).filter(|_| !said.marks[f.at + 1].parted);
        let Some(noun) = self.noun.first() else { return true };
        if let Some(unit) = Unit::named(noun).filter(|_| noun.len() > 1 || self.noun.len() == 1) {
            return match next.and_then(|n| Unit::named(n)) {
                Some(other) => other.same_kind(&unit) && other.scale == unit.scale,
                None => asked.iter().any(|a| alike(a, noun)) || next.is_none(),
            };
        }
        let near = said.words.iter().skip(f.at + 1).take(4);
        near.chain(asked).any(|w| self.noun.iter().any(|n| alike(w, n)))
    }

    fn range(&self, high: &str, all: &[Figure], said: &Prose, asked: &[String]) -> Option<Claim> {
        let years = is_year(self.low);
        let width = if years { 9 } else { 3 };
        let ends = |f: &Figure| same(f.digits, high) || years && f.digits.len() == 2 && high.ends_with(f.digits);
        let pair = all.windows(2).find(|w| same(w[0].digits, self.low) && ends(&w[1]) && w[1].at - w[0].at <= width);
        if let Some(pair) = pair {
            let first = all.iter().find(|f| f.kind == pair[0].kind)?;
            return (first.at == pair[0].at || said.marks[first.at].sentence < said.marks[pair[0].at].sentence)
                .then_some((pair[0].at, "the response gives both ends of the range"));
        }
        // "Give a year in the life of …": any year of the range.
        let any = asked.first().is_some_and(|w| w == "give" || w == "name") && asked.iter().any(|w| w == "year");
        if years && any {
            let mut said = all.iter().filter(|f| f.kind == Kind::Year);
            let first = said.next()?;
            let within = |f: &Figure| self.low <= f.digits && f.digits <= high;
            return (within(first) && said.all(within))
                .then_some((first.at, "every year that the response gives lies in the range"));
        }
        None
    }
}

/// Whether a number in prose is the end of what it may be, and not it: "at least 12", "5 or more".
fn bounded(said: &Prose, at: usize) -> bool {
    let back = |n: usize| at.checked_sub(n).and_then(|i| said.words.get(i)).map_or("", String::as_str);
    let next = |n: usize| said.words.get(at + n).map_or("", String::as_str);
    let before = match back(1) {
        "than" => matches!(back(2), "more" | "less" | "fewer" | "greater" | "larger" | "smaller" | "higher" | "lower"),
        "least" | "most" => back(2) == "at",
        "to" => back(2) == "up",
        "nearly" | "almost" => true,
        _ => false,
    };
    before || next(1) == "or" && matches!(next(2), "more" | "less" | "fewer" | "greater")
}

/// Whether two words are one but for the plural.
pub(super) fn alike(a: &str, b: &str) -> bool {
    let singular = |w: &str| -> String {
        match w.len() {
            0..=3 => w.to_owned(),
            _ => match w.strip_suffix("ies") {
                Some(stem) => format!("{stem}y"),
                None => w.strip_suffix('s').unwrap_or(w).trim_end_matches('e').to_owned(),
            },
        }
    };
    a == b || a.len() > 3 && b.len() > 3 && a.as_bytes()[0] == b.as_bytes()[0] && singular(a) == singular(b)
}
