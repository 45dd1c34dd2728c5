//! Applying a version of the verifier: stretch by stretch, each with how far it has come, so that a kill leaves nothing
//! unsaid.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};

use super::{Refusal, standing, verdicts};
use crate::store::open::now;
use crate::store::reader::maybe_word;
use crate::store::reader::versions::{COLUMNS, version};
use crate::store::version::{AppliedVersion, NewVersion, Stretch, VersionState};
use crate::verifier::{Outcome, Side};

/// Begins to apply a version, or goes on with it where the same was left half applied. Where another was, this one must go
/// over every candidate, or over the same ones.
pub(in crate::store) fn begin(conn: &Connection, store: &str, new: &NewVersion) -> Result<AppliedVersion, Refusal> {
    let half: Option<AppliedVersion> = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM verifier_version WHERE state = 'applying' ORDER BY id DESC LIMIT 1"
        ))?
        .query_row([], version)
        .optional()?;
    if let Some(half) = half {
        if (half.version.as_str(), half.filter.as_str()) == (&*new.version, &*new.filter) {
            return Ok(half);
        }
        if !new.filter.is_empty() && new.filter != half.filter {
            return Err(Refusal::invalid(format!(
                "{} is half applied ({}); finish it with `loong reverify --resume`, or apply another one to all of them",
                half.version,
                if half.filter.is_empty() { "to every candidate" } else { half.filter.as_str() }
            )));
        }
        conn.execute(
            "UPDATE verifier_version SET state = 'replaced', ended_at = ?1 WHERE state = 'applying'",
            [now()],
        )?;
    }
    let before: i64 = conn.query_row("SELECT count(*) FROM verifier_version", [], |row| row.get(0))?;
    let at = now();
    let uid = blake3::hash(format!("{store}\n{}\n{before}\n{at}", new.version).as_bytes()).to_hex()[..32].to_owned();
    conn.execute(
        "INSERT INTO verifier_version (uid, version, rules, options, filter, reviewer, note, state, begun_at, done_to,
            up_to, pairs, flips)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, (SELECT ifnull(max(id), 0) FROM candidate), 0, 0)",
        params![
            uid,
            new.version,
            new.rules,
            new.options,
            new.filter,
            new.reviewer,
            new.note,
            VersionState::Applying.as_str(),
            at
        ],
    )?;
    by_id(conn, conn.last_insert_rowid())
}

fn by_id(conn: &Connection, id: i64) -> Result<AppliedVersion, Refusal> {
    conn.prepare_cached(&format!("SELECT {COLUMNS} FROM verifier_version WHERE id = ?1"))?
        .query_row([id], version)
        .optional()?
        .ok_or_else(|| Refusal::missing(format!("version {id}")))
}

/// Writes a stretch: its verdicts become the current ones, and the version has come so far. Where somebody else moved it
/// meanwhile, nothing is written.
pub(in crate::store) fn apply(conn: &Connection, stretch: &Stretch) -> Result<(), Refusal> {
    let moved = conn
        .prepare_cached(
            "UPDATE verifier_version SET done_to = ?3, pairs = pairs + ?4, flips = flips + ?5
             WHERE id = ?1 AND done_to = ?2 AND state = 'applying'",
        )?
        .execute(params![
            stretch.version,
            stretch.from,
            stretch.to,
            stretch.pairs.cast_signed(),
            stretch.flips.cast_signed()
        ])?;
    if moved == 0 {
        return Err(Refusal::invalid(
            "another loong applies a version here, and nothing was written twice; wait for it or stop it",
        ));
    }
    let at = now();
    let mut flipped = BTreeSet::new();
    for (response, verdict) in &stretch.verdicts {
        let before: Option<(i64, Option<Outcome>)> = conn
            .prepare_cached("SELECT candidate_id, verdict FROM response WHERE id = ?1")?
            .query_row([response], |row| Ok((row.get(0)?, maybe_word(row, 1)?)))
            .optional()?;
        // A pair that was purged meanwhile has no verdict to be given.
        let Some((candidate, before)) = before else { continue };
        conn.prepare_cached("UPDATE verdict SET current = 0 WHERE response_id = ?1 AND current = 1")?
            .execute([response])?;
        verdicts::insert(conn, *response, verdict, &at)?;
        conn.prepare_cached("UPDATE response SET verdict = ?2, tier = ?3, side = ?4 WHERE id = ?1")?.execute(
            params![response, verdict.outcome.as_str(), verdict.tier.as_str(), verdict.side.map(Side::as_str)],
        )?;
        if before != Some(verdict.outcome) {
            flipped.insert(candidate);
        }
    }
    // Only another word changes what stands.
    for candidate in flipped {
        standing::refresh(conn, candidate, true)?;
    }
    Ok(())
}

/// The version is applied.
pub(in crate::store) fn end(conn: &Connection, id: i64) -> Result<AppliedVersion, Refusal> {
    conn.execute(
        "UPDATE verifier_version SET state = ?2, ended_at = ?3, done_to = up_to WHERE id = ?1 AND state = 'applying'",
        params![id, VersionState::Done.as_str(), now()],
    )?;
    by_id(conn, id)
}
