//! Dates in prose: the same day in any order, and a response that says the month or the year of it.

use std::ops::Range;

use super::figure::{is_year, year_at};
use super::token::{MONTHS, Prose};

const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A date as far as it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date<'a> {
    year: Option<&'a str>,
    month: Option<usize>,
    day: Option<&'a str>,
}

fn month(word: &str) -> Option<usize> {
    MONTHS.iter().position(|m| *m == word)
}

fn day(word: &str) -> bool {
    word.len() <= 2 && word.parse::<u8>().is_ok_and(|n| (1..=31).contains(&n))
}

impl<'a> Date<'a> {
    /// Reads words that are a date with a month, and nothing else.
    pub(super) fn read(wanted: &'a [String]) -> Option<Self> {
        let mut date = Date { year: None, month: None, day: None };
        for word in wanted {
            let slot_taken = if let Some(m) = month(word) {
                date.month.replace(m).is_some()
            } else if day(word) {
                date.day.replace(word).is_some()
            } else if is_year(word) || word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()) {
                date.year.replace(word).is_some()
            } else {
                !(matches!(word.as_str(), "of" | "ad" | "in" | "on") || WEEKDAYS.contains(&word.as_str()))
            };
            if slot_taken {
                return None;
            }
        }
        (date.month.is_some() && (date.year.is_some() || date.day.is_some())).then_some(date)
    }

    /// Where the response says it, or the month or year of it where the question does not ask for the day.
    pub(super) fn claimed(&self, said: &Prose, asked: &[String]) -> Option<Range<usize>> {
        let mentions = mentions(said);
        let fits = |a: Option<&str>, b: Option<&str>| a.is_none() || b.is_none() || a == b;
        let agrees =
            |d: &Date| fits(self.year, d.year) && fits(self.day, d.day) && (d.month.is_none() || d.month == self.month);
        let whole = mentions.iter().find(|(_, d)| {
            d.month.is_some()
                && agrees(d)
                && (d.year.is_some() || self.year.is_none())
                && (d.day.is_some() || self.day.is_none())
        });
        let (at, found) = match whole {
            Some(whole) => whole,
            None => mentions.iter().find(|(_, d)| agrees(d) && d.year.is_some() && self.year.is_some())?,
        };
        if whole.is_some() && self.day == found.day {
            return Some(at.clone());
        }
        let precise = asked.iter().any(|w| matches!(w.as_str(), "date" | "day" | "month"));
        // The year alone is weak: no other date may be anywhere. Month and year must be the first that is said.
        let sentence = if whole.is_some() { said.marks[at.start].sentence } else { u16::MAX };
        let alone = mentions.iter().all(|(i, d)| {
            agrees(d) || said.marks[i.start].sentence > sentence || d.year.is_some_and(|y| asked.iter().any(|a| a == y))
        });
        (alone && (whole.is_some() || !precise)).then(|| at.clone())
    }
}

/// Every date in prose, from the year alone to the day, with the words that it takes.
fn mentions(said: &Prose) -> Vec<(Range<usize>, Date<'_>)> {
    let words = &said.words;
    let mut found = Vec::new();
    let mut used = 0;
    for at in 0..words.len() {
        let Some(m) = month(&words[at]) else {
            if at >= used && !next_is_month(words, at) && !next_is_month(words, at + 1) {
                if let Some(year) = year_at(said, at) {
                    found.push((at..at + 1, Date { year: Some(year), month: None, day: None }));
                } else if words[at].len() == 3 && era(words, at) && words[at].bytes().all(|b| b.is_ascii_digit()) {
                    found.push((at..at + 1, Date { year: Some(&words[at]), month: None, day: None }));
                }
            }
            continue;
        };
        let mut date = Date { year: None, month: Some(m), day: None };
        let mut begin = at;
        // "5 March", "5 of March", "2024 March 5".
        for back in [1, 2] {
            let Some(i) = at.checked_sub(back).filter(|i| *i >= used) else { continue };
            if words[i] == "of" {
                continue;
            }
            if day(&words[i]) && date.day.is_none() {
                (date.day, begin) = (Some(words[i].as_str()), i);
            } else if back == 1
                && let Some(year) = year_at(said, i)
            {
                (date.year, begin) = (Some(year), i);
            }
            break;
        }
        let mut end = at + 1;
        while let Some(word) = words.get(end).filter(|_| end <= at + 2) {
            if date.day.is_none() && day(word) {
                date.day = Some(word);
            } else if let Some(year) = year_at(said, end).filter(|_| date.year.is_none()) {
                date.year = Some(year);
            } else if date.year.is_none() && word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit()) {
                date.year = Some(word);
            } else if word != "of" {
                break;
            }
            end += 1;
        }
        used = end;
        // "may" and "march" alone are words.
        if date.day.is_some() || date.year.is_some() || m != 4 && m != 2 {
            found.push((begin..end, date));
        }
    }
    found
}

fn next_is_month(words: &[String], at: usize) -> bool {
    words.get(at + 1).is_some_and(|w| month(w).is_some())
}

fn era(words: &[String], at: usize) -> bool {
    let is = |i: Option<usize>| i.and_then(|i| words.get(i)).is_some_and(|w| w == "ad");
    is(at.checked_sub(1)) || is(Some(at + 1))
}
