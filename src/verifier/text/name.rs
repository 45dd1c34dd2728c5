//! Names of people in prose: titles, middle names, initials, short forms, the family name first.

use super::token::Prose;

/// Titles before a name, which say nothing of who it is.
const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "dr",
    "sir",
    "dame",
    "lord",
    "lady",
    "president",
    "king",
    "queen",
    "prince",
    "princess",
    "pope",
    "saint",
    "captain",
    "general",
    "senator",
    "sen",
    "professor",
    "prof",
    "archduke",
    "emperor",
    "colonel",
];

/// Short forms that are no beginning of the name.
const SHORT: &[(&str, &str)] = &[
    ("bill", "william"),
    ("bob", "robert"),
    ("dick", "richard"),
    ("jim", "james"),
    ("jimmy", "james"),
    ("jack", "john"),
    ("tom", "thomas"),
    ("mike", "michael"),
    ("ted", "edward"),
    ("ted", "theodore"),
    ("tony", "anthony"),
    ("joe", "joseph"),
    ("steve", "stephen"),
    ("steve", "steven"),
    ("andy", "andrew"),
    ("harry", "henry"),
    ("liz", "elizabeth"),
    ("peggy", "margaret"),
    ("kate", "katherine"),
    ("kate", "catherine"),
    ("chuck", "charles"),
    ("charlie", "charles"),
    ("larry", "lawrence"),
];

/// Whether two given names may be one person's: the same, one a short form of the other, or an initial.
fn given(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let tail = long.strip_prefix(short);
    short.len() == 1 && tail.is_some()
        // "Jim" and "Jimmy", "Vince" and "Vincent"; "Paul" and "Paula" are two people.
        || short.len() >= 3 && tail.is_some_and(|t| t.len() >= 2 && !matches!(t, "ine" | "ette" | "son" | "ina"))
        || SHORT.iter().any(|(s, l)| *s == short && *l == long)
}

/// The words of a reference that are a name of two to four words, each with a capital, without its titles.
pub(super) fn name<'a>(words: &'a [String], prose: &Prose) -> Option<&'a [String]> {
    if words.len() != prose.words.len() || prose.marks.iter().any(|m| !m.capital || m.parted || m.hyphened) {
        return None;
    }
    let words = &words[words.iter().take_while(|w| TITLES.contains(&w.as_str())).count()..];
    let letters = words.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase()));
    ((2..=4).contains(&words.len()) && letters).then_some(words)
}

/// Where a name stands in prose, also with other middle names or none, initials, or a short form of the first.
pub(super) fn find(name: &[String], said: &Prose) -> Option<usize> {
    let (first, last) = (name.first()?, name.last()?);
    let middle = &name[1..name.len() - 1];
    for (end, _) in said.words.iter().enumerate().filter(|(_, w)| *w == last) {
        if !said.marks[end].capital || said.marks[end].parted {
            continue;
        }
        for start in (end.saturating_sub(4)..end).rev() {
            if !said.marks[start].capital || start + 1 < end && said.marks[start + 1].parted {
                break;
            }
            let between = &said.words[start + 1..end];
            if between.iter().enumerate().any(|(i, _)| !said.marks[start + 1 + i].capital) {
                break;
            }
            let word = &said.words[start];
            // Initials are one word: "R. B. Bennett" is "rb bennett".
            let begins = |letters: &str, words: &[&String]| {
                letters.len() >= 2
                    && letters.len() == words.len()
                    && letters.chars().zip(words).all(|(c, w)| w.starts_with(c))
            };
            let theirs: Vec<&String> = std::iter::once(word).chain(between).collect();
            let ours: Vec<&String> = std::iter::once(first).chain(middle).collect();
            let spelled = begins(first, &theirs) && middle.is_empty() || begins(word, &ours) && between.is_empty();
            let middles = middle.is_empty()
                || between.is_empty()
                || middle.len() == between.len() && middle.iter().zip(between).all(|(a, b)| given(a, b));
            if spelled || given(first, word) && first.len() > 1 && word.len() > 1 && middles {
                return Some(start);
            }
        }
    }
    None
}
