//! What verifiers beside ours say: the last word of each on each pair.

use rusqlite::{Connection, params};

use super::Refusal;
use crate::store::open::now;
use crate::store::record::SecondWord;

/// Keeps words of other verifiers in place of what they said before.
pub(in crate::store) fn put(conn: &Connection, words: &[SecondWord]) -> Result<usize, Refusal> {
    let at = now();
    for word in words {
        let there = conn.prepare_cached("SELECT 1 FROM response WHERE id = ?1")?.exists([word.response])?;
        if !there {
            return Err(Refusal::missing(format!("response {}", word.response)));
        }
        conn.prepare_cached(
            "INSERT INTO second (response_id, verifier, outcome, detail, version, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET outcome = excluded.outcome, detail = excluded.detail,
                version = excluded.version, at = excluded.at",
        )?
        .execute(params![
            word.response,
            word.verifier,
            word.outcome.as_str(),
            word.detail,
            word.version,
            at
        ])?;
    }
    Ok(words.len())
}
