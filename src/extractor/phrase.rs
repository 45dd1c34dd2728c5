//! "The final answer is …": the last announcement that something follows which can be an answer.

use std::ops::Range;

use super::cue::{self, Cue, Join};
use super::shape::{head, is_literal, is_placeholder, starts_as_value, tail, words};
use super::wording::{ABOUT, ADVERBS, AFTER, JUDGEMENTS, REASONS};
use super::{Found, Search, boxed};

/// Announcements that are looked at, from the last.
const TRIES: usize = 64;
/// Longest sentence that is taken for an answer, in characters.
const SENTENCE: usize = 400;
/// Longest line of prose that is looked at, in bytes.
const PROSE: usize = 1_024;
/// Longest formula, list or literal that is looked at, in bytes.
const LINE: usize = 8_192;
/// Items of a list that are taken for one answer.
const ITEMS: usize = 32;

/// What an announcement leads to.
enum Read {
    Answer(Found),
    /// Perhaps a remark, perhaps an answer.
    Weak(Found),
    Remark,
    Cut,
}

/// The answer that the last announcement leads to.
pub(super) fn find(text: &str) -> Search {
    search(text, |_| true)
}

/// The same of the announcements that satisfy `counts`.
pub(super) fn search(text: &str, counts: impl Fn(&Cue) -> bool) -> Search {
    let mut weak = None;
    for cue in cue::backwards(text).filter(counts).take(TRIES) {
        match read(text, cue) {
            Read::Answer(found) => return Search::Found(found),
            Read::Weak(found) => weak = weak.or(Some(found)),
            Read::Remark => {}
            Read::Cut => return Search::Cut,
        }
    }
    weak.map_or(Search::Nothing, Search::Found)
}

fn read(text: &str, cue: Cue) -> Read {
    let mut start = lead(text, cue.end);
    if text[start..].is_empty() {
        return if cue.join == Join::Heading { Read::Remark } else { Read::Cut };
    }
    // After a rule of dashes, a heading's text.
    if let Some(after) = text[start..].strip_prefix("---") {
        start = text.len() - after.trim_start_matches('-').trim_start().len();
    }
    let body = &text[start..];
    for (open, close) in [("$$", "$$"), ("\\[", "\\]"), ("```", "```")] {
        let Some(inner) = body.strip_prefix(open) else { continue };
        let Some(end) = head(inner, LINE).find(close) else {
            return if inner.len() < LINE { Read::Cut } else { Read::Remark };
        };
        let language = if open == "```" { head(inner, 16).find('\n').filter(|n| *n < end).unwrap_or(0) } else { 0 };
        return answer(Found::trimmed(text, start + open.len() + language..start + open.len() + end));
    }
    let line = head(body.split('\n').next().unwrap_or_default(), LINE);
    if let Some(list) = list(text, start, body, cue) {
        return Read::Answer(list);
    }
    if line.contains("boxed{") {
        return match boxed::find(line, false) {
            Search::Found(found) => Read::Answer(found.shifted(start)),
            Search::Cut => Read::Cut,
            Search::Nothing => Read::Remark,
        };
    }
    let literal = line.len() > PROSE && is_literal(line.trim_end());
    let mut sentence = if literal { line } else { &line[..sentence_end(head(line, PROSE))] };
    for _ in 0..2 {
        sentence = without_adverb(sentence);
    }
    start += sentence.as_ptr() as usize - body.as_ptr() as usize;
    let asks = line[sentence.as_ptr() as usize - line.as_ptr() as usize + sentence.len()..].starts_with('?')
        || sentence.trim_end().ends_with('?');
    if asks && cue.join != Join::Label {
        return Read::Remark;
    }
    // "not 5 but 7"
    if cue.join != Join::Label
        && sentence.starts_with("not ")
        && let Some(at) = sentence.find(" but ").map(|at| at + 5)
        && starts_as_value(sentence[at..].trim_start_matches("rather "))
    {
        start += at;
        sentence = sentence[at..].trim_start_matches("rather ");
    }
    let value = starts_as_value(sentence);
    if cue.join == Join::Modal && !value {
        return Read::Remark;
    }
    let about = !value && matches!(cue.join, Join::Is | Join::Modal) && ABOUT.leads(sentence).is_some();
    let Some((kept, stands)) = trimmed(sentence) else { return Read::Remark };
    if kept.chars().count() > SENTENCE && !is_literal(&kept) || is_placeholder(&kept) {
        return Read::Remark;
    }
    let found = Found { span: start + stands.start..start + stands.end, text: kept };
    if !about {
        return Read::Answer(found);
    }
    let judgement = JUDGEMENTS.leads(&found.text).is_some_and(|h| h.end == found.text.len());
    if judgement { Read::Weak(found) } else { Read::Remark }
}

/// Where the text that follows an announcement starts; it may stand on the next line.
fn lead(text: &str, from: usize) -> usize {
    // Emphasis that opened before the announcement closes at once.
    let body = text[from..].trim_start_matches(['*', '_']);
    let mut lines = false;
    let start = body.find(|c: char| {
        lines |= c == '\n';
        // A quoted line or a heading, once the line has ended.
        !(c.is_whitespace() || matches!(c, ':' | '=' | '：' | '、' | '，' | ',') || lines && matches!(c, '#' | '>'))
    });
    text.len() - body.len() + start.unwrap_or(body.len())
}

fn answer(found: Option<Found>) -> Read {
    match found {
        Some(found) if !is_placeholder(&found.text) => Read::Answer(found),
        _ => Read::Remark,
    }
}

/// A sentence without the word that only colours what follows.
fn without_adverb(sentence: &str) -> &str {
    match ADVERBS.leads(sentence) {
        Some(hit) if hit.end < sentence.len() => sentence[hit.end..].trim_start_matches([' ', ',', ':', '*']),
        _ => sentence,
    }
}

/// The answer in a sentence without marks around it, and where it stands: what was taken out of marks that stood inside it
/// is no part of the sentence, and then the whole of it is meant.
fn trimmed(sentence: &str) -> Option<(String, Range<usize>)> {
    let inner = sentence.trim_start_matches([' ', '\t', '"', '“', '`']);
    let quoted = &sentence[..sentence.len() - inner.len()];
    let mut kept = marked(inner).unwrap_or_else(|| inner.trim_start_matches(['*', '_']).to_owned());
    kept.truncate(kept.trim_end_matches(is_end).len());
    for after in AFTER {
        if let Some(short) = kept.strip_suffix(after)
            && !short.trim().is_empty()
        {
            kept.truncate(short.trim_end().len());
            break;
        }
    }
    // A quote that was opened before it closes after it.
    for (open, close) in [('"', '"'), ('“', '”'), ('`', '`')] {
        if quoted.contains(open) {
            kept.truncate(kept.trim_end_matches(close).trim_end_matches(is_end).len());
        }
    }
    let stands = match sentence.find(kept.as_str()) {
        Some(from) => from..from + kept.len(),
        None => sentence.len() - inner.len()..sentence.len(),
    };
    (!kept.is_empty()).then_some((kept, stands))
}

fn is_end(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '*' | '.'
                | '!'
                | '．'
                | '！'
                | ','
                | ';'
                | '।'
                | '。'
                | '_'
                | '✅'
                | '✓'
                | '✔'
                | '🎉'
                | '\u{fe0f}'
                | '■'
                | '∎'
                | '□'
        )
}

/// What stands in emphasis or in a formula at the start of a sentence, when the sentence goes on with words.
fn marked(sentence: &str) -> Option<String> {
    let (open, close) =
        [("**", "**"), ("\\(", "\\)"), ("$", "$")].into_iter().find(|(open, _)| sentence.starts_with(open))?;
    let inner = &sentence[open.len()..];
    let end = inner.find(close)?;
    let after = inner[end + close.len()..].trim_end_matches(is_end);
    let inside = inner[..end].trim();
    if inside.is_empty() || inside.ends_with(':') {
        return None;
    }
    if after.is_empty() {
        return Some(inside.to_owned());
    }
    // Units and further answers stay; a clause goes.
    let goes_on = after.len() <= 32 && after.split_whitespace().count() <= 3 || after.contains(open);
    if goes_on {
        Some(sentence.replace("**", "").replace("\\(", "").replace("\\)", ""))
    } else {
        Some(inside.to_owned())
    }
}

/// The items of a list that follows a label on lines of its own.
fn list(text: &str, start: usize, body: &str, cue: Cue) -> Option<Found> {
    if !matches!(cue.join, Join::Label | Join::Heading) || !text[cue.end..start].contains('\n') {
        return None;
    }
    let mut items = Vec::new();
    let mut end = start;
    for line in head(body, LINE).split_inclusive('\n').take(ITEMS) {
        let Some(item) = bullet(line.trim()) else { break };
        if item.len() > 80 || words(item) > 4 {
            return None;
        }
        items.push(item);
        end += line.len();
    }
    if items.len() < 2 {
        let [item] = items[..] else { return None };
        let at = start + body.find(item)?;
        let (kept, stands) = trimmed(item)?;
        return Some(Found { span: at + stands.start..at + item.len(), text: kept });
    }
    let joined: Vec<String> = items.iter().filter_map(|i| trimmed(i)).map(|(item, _)| item).collect();
    Some(Found { text: joined.join(", "), span: start..end })
}

/// What stands after the bullet of a line.
fn bullet(line: &str) -> Option<&str> {
    ["- ", "* ", "+ ", "• "].iter().find_map(|b| line.strip_prefix(b)).map(str::trim)
}

/// Where a sentence ends: at a full stop before a capital, or where a reason is given.
pub(super) fn sentence_end(line: &str) -> usize {
    let mut end = line.len();
    for mark in [". ", "! ", "。", "; ", "? ", ".** ", "！"] {
        for (at, _) in line.match_indices(mark) {
            let next = line[at + mark.len()..].trim_start();
            let capital = next.starts_with(|c: char| c.is_uppercase() || !c.is_ascii() || "*($\\[".contains(c));
            let word = next.starts_with(|c: char| c.is_lowercase())
                && line[..at].ends_with(|c: char| c.is_ascii_digit() || "$)}".contains(c));
            if mark == "。" || mark == "！" || (capital || word) && !abbreviates(&line[..at]) {
                end = end.min(at);
                break;
            }
        }
    }
    REASONS.first(&line[..end]).map_or(end, |reason| reason.start)
}

/// Whether the full stop after this text is that of a short form: `St`, `Mr`, an initial within a name.
fn abbreviates(before: &str) -> bool {
    let before = tail(before, 24);
    let lead = before.trim_end_matches(char::is_alphabetic);
    let word = &before[lead.len()..];
    let initial = word.len() == 1 && word.starts_with(|c: char| c.is_ascii_uppercase());
    let short = ["St", "Mt", "Dr", "Mr", "Mrs", "Ms", "Prof", "Jr", "Sr", "vs", "No", "approx", "ca"].contains(&word);
    // `John F. Kennedy`, but `Option F. The others …`.
    short || initial && lead.ends_with(' ') && lead.trim().len() > 2 && !lead.contains("ption")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<String> {
        match find(text) {
            Search::Found(found) => Some(found.text),
            _ => None,
        }
    }

    #[test]
    fn phrases() {
        assert_eq!(one("So the answer is 4.").as_deref(), Some("4"));
        assert_eq!(one("**Answer:** x = 4").as_deref(), Some("x = 4"));
        assert_eq!(one("The final answer is:\n$$\\frac12$$").as_deref(), Some("\\frac12"));
        assert_eq!(one("The answer is 3. We see that").as_deref(), Some("3"));
        assert_eq!(one("The answer is 2, because 1+1=2").as_deref(), Some("2"));
        assert_eq!(one("Answer is 1. But no: the answer is 2").as_deref(), Some("2"));
        assert_eq!(one("no such phrase"), None);
    }
}
