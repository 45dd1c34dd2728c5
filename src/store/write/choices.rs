//! Keeping what slots choose, each once.

use rusqlite::{Connection, params};

use super::Refusal;

/// Keeps what a slot chose and returns it; what it chose before stays.
pub(in crate::store) fn put(conn: &Connection, run: i64, ordinal: u64, choice: &str) -> Result<String, Refusal> {
    let slot = ordinal.cast_signed();
    conn.prepare_cached("INSERT INTO choice (run_id, ordinal, choice) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![run, slot, choice])?;
    let kept = conn
        .prepare_cached("SELECT choice FROM choice WHERE run_id = ?1 AND ordinal = ?2")?
        .query_row(params![run, slot], |row| row.get(0))?;
    Ok(kept)
}
