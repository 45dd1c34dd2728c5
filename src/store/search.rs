//! Searching texts: the function that decides whether a text contains another, and the trigram index that spares most
//! texts from being asked.
//!
//! The index is filled by the writer while it has nothing else to do and enough waits to be indexed. A search asks the index about candidates up to
//! where it has come, and every text after that, so what it finds never depends on how far the index is.

use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

/// Bytes of text indexed in one go: some milliseconds of work, so that a write that comes meanwhile hardly waits.
const SLICE_BYTES: usize = 64 << 10;

/// Candidates that wait until they are indexed together. A search reads the texts of those that wait, which takes less
/// than one that is indexed alone takes the writer.
const WORTHWHILE: i64 = 64;

/// Trigrams asked of the index for one search; more would not narrow it down further.
const MOST_TRIGRAMS: usize = 8;

/// Gives a connection the functions `holds(text, needle)` and `shape(answer)`.
pub(super) fn register(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    conn.create_scalar_function("holds", 2, flags, |ctx| {
        let (ValueRef::Text(text), ValueRef::Text(needle)) = (ctx.get_raw(0), ctx.get_raw(1)) else {
            return Ok(false);
        };
        Ok(holds(text, needle))
    })?;
    conn.create_scalar_function("shape", 1, flags, |ctx| {
        Ok(ctx.get_raw(0).as_str().map_or("nothing", |answer| super::shape::shape(answer).as_str()))
    })
}

/// Whether `text` contains `needle`, without regard to case. Case is folded for ASCII letters when the needle is ASCII,
/// by Unicode's lower case otherwise.
fn holds(text: &[u8], needle: &[u8]) -> bool {
    if needle.is_ascii() {
        return holds_ascii(text, needle);
    }
    let (text, needle) = (String::from_utf8_lossy(text), String::from_utf8_lossy(needle));
    text.to_lowercase().contains(&needle.to_lowercase())
}

fn holds_ascii(text: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let Some(last) = text.len().checked_sub(needle.len()) else { return false };
    let mut at = 0;
    while let Some(step) = text[at..=last].iter().position(|b| *b == low || *b == high) {
        at += step + 1;
        if text[at..at + rest.len()].eq_ignore_ascii_case(rest) {
            return true;
        }
        if at > last {
            return false;
        }
    }
    false
}

/// The index's query for texts that may contain `needle`: some of its trigrams, all wanted. `None` when there are none
/// that the index and [`holds`] fold alike, so that every text has to be asked.
pub(super) fn index_query(needle: &str) -> Option<String> {
    let chars: Vec<char> = needle.chars().collect();
    let all: Vec<&[char]> =
        chars.windows(3).filter(|w| w.iter().all(|c| c.is_ascii() && !c.is_ascii_control())).collect();
    let step = all.len().div_ceil(MOST_TRIGRAMS).max(1);
    let words: Vec<String> = all
        .into_iter()
        .step_by(step)
        .map(|w| format!("\"{}\"", w.iter().collect::<String>().replace('"', "\"\"")))
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}

/// The last candidate that is in the index.
pub(super) fn indexed_to(conn: &Connection) -> rusqlite::Result<i64> {
    conn.prepare_cached("SELECT indexed_to FROM search_state")?.query_row([], |row| row.get(0))
}

/// Whether enough candidates wait for the index to be worth a transaction.
pub(super) fn behind(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT ifnull(max(id), 0) - (SELECT indexed_to FROM search_state) >= ?1 FROM candidate")?
        .query_row([WORTHWHILE], |row| row.get(0))
}

/// Indexes the next candidates, in the caller's transaction, and says whether there is enough for another time.
pub(super) fn index_some(conn: &Connection) -> rusqlite::Result<bool> {
    let mut done = 0;
    let mut upto = None;
    {
        let mut next = conn.prepare_cached(
            "SELECT t.id, t.question, t.code FROM candidate_text t
             WHERE t.id > (SELECT indexed_to FROM search_state) ORDER BY t.id",
        )?;
        let mut responses = conn.prepare_cached(
            "SELECT x.text FROM response r JOIN response_text x ON x.id = r.id WHERE r.candidate_id = ?1",
        )?;
        let mut insert = conn.prepare_cached("INSERT INTO search (rowid, body) VALUES (?1, ?2)")?;
        let mut rows = next.query([])?;
        while done < SLICE_BYTES {
            let Some(row) = rows.next()? else { break };
            let id: i64 = row.get(0)?;
            let mut body: String = row.get(1)?;
            for part in std::iter::once(row.get::<_, Option<String>>(2)?)
                .flatten()
                .map(Ok)
                .chain(responses.query_map([id], |r| r.get::<_, String>(0))?)
            {
                body.push('\n');
                body.push_str(&part?);
            }
            // The tokenizer ends at NUL.
            insert.execute(params![id, body.replace('\0', " ")])?;
            done += body.len() + 1;
            upto = Some(id);
        }
    }
    if let Some(id) = upto {
        conn.prepare_cached("UPDATE search_state SET indexed_to = ?1")?.execute([id])?;
    }
    behind(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holding_is_containing_without_regard_to_case() {
        for (text, needle, wanted) in [
            ("", "", true),
            ("abc", "", true),
            ("", "a", false),
            ("How many Tilings?", "tiling", true),
            ("How many Tilings?", "S?", true),
            ("aab", "ab", true),
            ("aaa", "aaaa", false),
            ("ababac", "abac", true),
            ("多米诺骨牌", "米诺", true),
            ("ÜBER", "über", true),
            ("uber", "über", false),
            ("a\0b", "B", true),
        ] {
            assert_eq!(holds(text.as_bytes(), needle.as_bytes()), wanted, "{text:?} holds {needle:?}");
        }
    }

    #[test]
    fn the_index_is_asked_for_ascii_trigrams_only() {
        assert_eq!(index_query("ab"), None);
        assert_eq!(index_query("米诺骨"), None);
        assert_eq!(index_query("abcd").as_deref(), Some("\"abc\" AND \"bcd\""));
        assert_eq!(index_query("é\"x\"").as_deref(), Some("\"\"\"x\"\"\""));
        assert!(index_query(&"abcdefghij".repeat(100)).is_some_and(|q| q.matches("AND").count() < MOST_TRIGRAMS));
    }
}
