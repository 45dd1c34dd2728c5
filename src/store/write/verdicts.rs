//! Verdicts: every one stays, one a response is current.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Refusal, json, standing};
use crate::store::open::now;
use crate::store::reader::views::current_verdict;
use crate::verifier::{Side, Verdict};

/// Makes verdicts the current ones of their responses, and returns how many were not so already.
pub(in crate::store) fn put(conn: &Connection, verdicts: &[(i64, Verdict)]) -> Result<usize, Refusal> {
    let at = now();
    let mut touched = BTreeSet::new();
    let mut changed = 0;
    for (response, verdict) in verdicts {
        let candidate: Option<i64> = conn
            .prepare_cached("SELECT candidate_id FROM response WHERE id = ?1")?
            .query_row([response], |row| row.get(0))
            .optional()?;
        let Some(candidate) = candidate else { return Err(Refusal::missing(format!("response {response}"))) };
        if current_verdict(conn, *response)?.as_ref() == Some(verdict) {
            continue;
        }
        conn.prepare_cached("UPDATE verdict SET current = 0 WHERE response_id = ?1 AND current = 1")?
            .execute([response])?;
        insert(conn, *response, verdict, &at)?;
        conn.prepare_cached("UPDATE response SET verdict = ?2, tier = ?3, side = ?4 WHERE id = ?1")?.execute(
            params![response, verdict.outcome.as_str(), verdict.tier.as_str(), verdict.side.map(Side::as_str)],
        )?;
        touched.insert(candidate);
        changed += 1;
    }
    for candidate in touched {
        standing::refresh(conn, candidate, true)?;
    }
    Ok(changed)
}

/// Writes a verdict as the current one; the response's caches are the caller's.
pub(super) fn insert(conn: &Connection, response: i64, verdict: &Verdict, at: &str) -> rusqlite::Result<()> {
    let leniencies = (!verdict.leniencies.is_empty()).then(|| json(&verdict.leniencies));
    conn.prepare_cached(
        "INSERT INTO verdict (response_id, current, outcome, tier, side, leniencies, version, at)
         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        response,
        verdict.outcome.as_str(),
        verdict.tier.as_str(),
        verdict.side.map(Side::as_str),
        leniencies,
        verdict.version,
        at
    ])?;
    conn.prepare_cached("INSERT INTO verdict_text VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        conn.last_insert_rowid(),
        verdict.reason,
        verdict.extracted,
        verdict.reference_value,
        verdict.response_value
    ])?;
    Ok(())
}
