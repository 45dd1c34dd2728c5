//! Looking at candidates whose suspicion is not known, while there is nothing else to write.

use rusqlite::{Connection, params};

use crate::store::reader::queue::looked_at;

/// Candidates looked at in one go: some milliseconds.
const SLICE: usize = 128;

/// Whether a candidate waits to be looked at.
pub(in crate::store) fn behind(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM candidate WHERE suspicion IS NULL LIMIT 1")?.exists([])
}

/// Looks at the next candidates, in the caller's transaction, and says whether more wait.
pub(in crate::store) fn look_at_some(conn: &Connection) -> rusqlite::Result<bool> {
    let waiting: Vec<i64> = conn
        .prepare_cached("SELECT id FROM candidate WHERE suspicion IS NULL LIMIT ?1")?
        .query_map([SLICE.cast_signed()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for id in &waiting {
        let (bits, uncertainty) = looked_at(conn, *id)?;
        conn.prepare_cached("UPDATE candidate SET suspicion = ?2, uncertainty = ?3 WHERE id = ?1")?
            .execute(params![id, bits, uncertainty])?;
    }
    behind(conn)
}
