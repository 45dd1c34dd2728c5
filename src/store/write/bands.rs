//! Keeping bands.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, params};

use super::Refusal;
use crate::store::bands::{ENTRY, Entry, NewBands, OF_A_BAND, STRETCH, entries, packed, part, place};

/// Keeps bands behind those that are there, and returns up to which row there are any then. Bands that do not begin where
/// the others end are let go: somebody else was first.
pub(in crate::store) fn put(conn: &Connection, new: NewBands) -> Result<i64, Refusal> {
    let (way, mut upto, mut begun): (u32, i64, i64) =
        conn.query_row("SELECT way, upto, begun FROM band_state", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    if way != new.way {
        conn.execute("DELETE FROM band", [])?;
        (upto, begun) = (0, 0);
    }
    if new.after == upto && new.upto > upto {
        if new.upto - begun > STRETCH {
            begun = upto;
        }
        add(conn, begun, new.entries)?;
        upto = new.upto;
    }
    conn.execute("UPDATE band_state SET way = ?1, upto = ?2, begun = ?3", params![new.way, upto, begun])?;
    Ok(upto)
}

/// Adds entries to the stretch that begins behind a row.
fn add(conn: &Connection, begun: i64, mut new: Vec<Entry>) -> rusqlite::Result<()> {
    // By parts; of one band the eldest candidates first, as they are looked for.
    new.sort_unstable();
    let mut there = conn.prepare_cached("SELECT entries FROM band WHERE place = ?1")?;
    let mut keep = conn.prepare_cached("INSERT OR REPLACE INTO band VALUES (?1, ?2)")?;
    for more in new.chunk_by(|a, b| part(a.band) == part(b.band)) {
        let place = place(part(more[0].band), begun);
        let mut kept: Vec<u8> = there.query_row([place], |row| row.get(0)).optional()?.unwrap_or_default();
        append(&mut kept, more);
        keep.execute(params![place, kept])?;
    }
    Ok(())
}

/// Appends entries, as many as are kept of a band.
fn append(kept: &mut Vec<u8>, more: &[Entry]) {
    if kept.len() / ENTRY + more.len() <= OF_A_BAND {
        kept.extend(more.iter().copied().flat_map(packed));
        return;
    }
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for entry in entries(kept) {
        *counts.entry(entry.band).or_default() += 1;
    }
    for entry in more {
        let count = counts.entry(entry.band).or_default();
        if *count < OF_A_BAND {
            *count += 1;
            kept.extend(packed(*entry));
        }
    }
}

/// Forgets the bands where they may not be those of a candidate any more.
pub(in crate::store) fn forget(conn: &Connection, candidate: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("UPDATE band_state SET way = 0 WHERE upto >= ?1")?.execute([candidate])?;
    Ok(())
}
