//! What slots chose, on its way from one store into another: without it a run that goes on elsewhere would choose anew, and
//! pay for what it has.

use rusqlite::{Connection, OptionalExtension, params};
use serde::de::IgnoredAny;

use super::{Conflict, MergeReport};
use crate::store::write::Refusal;

/// What one slot of a run chose.
pub(in crate::store) struct ChoiceRow {
    run: String,
    ordinal: i64,
    choice: String,
}

/// Rows and slots, in this order.
type Place = (i64, i64);

/// Choices behind a place, and the last place of them.
pub(super) fn behind(
    conn: &Connection,
    after: Place,
    most: usize,
) -> rusqlite::Result<(Vec<ChoiceRow>, Option<Place>)> {
    let mut rows = conn.prepare_cached(
        "SELECT h.run_id, h.ordinal, u.uid, h.choice FROM choice h JOIN run u ON u.id = h.run_id
         WHERE (h.run_id, h.ordinal) > (?1, ?2) ORDER BY h.run_id, h.ordinal LIMIT ?3",
    )?;
    let mut found = rows.query(params![after.0, after.1, most.cast_signed()])?;
    let (mut choices, mut last) = (Vec::new(), None);
    while let Some(row) = found.next()? {
        let ordinal = row.get(1)?;
        last = Some((row.get(0)?, ordinal));
        choices.push(ChoiceRow { run: row.get(2)?, ordinal, choice: row.get(3)? });
    }
    Ok((choices, last))
}

/// Unites choices.
pub(super) fn put(conn: &Connection, rows: Vec<ChoiceRow>, report: &mut MergeReport) -> Result<(), Refusal> {
    for ChoiceRow { run: uid, ordinal, choice } in rows {
        if ordinal < 0 || serde_json::from_str::<IgnoredAny>(&choice).is_err() {
            let message = format!("the choice of slot {ordinal} in the other store is no JSON; it is not taken in");
            return Err(Refusal::invalid(message));
        }
        let run: i64 = conn.prepare_cached("SELECT id FROM run WHERE uid = ?1")?.query_row([&uid], |row| row.get(0))?;
        let here: Option<String> = conn
            .prepare_cached("SELECT choice FROM choice WHERE run_id = ?1 AND ordinal = ?2")?
            .query_row(params![run, ordinal], |row| row.get(0))
            .optional()?;
        match here {
            None => {
                conn.prepare_cached("INSERT INTO choice (run_id, ordinal, choice) VALUES (?1, ?2, ?3)")?
                    .execute(params![run, ordinal, choice])?;
                report.choices += 1;
            }
            Some(here) if here == choice => {}
            Some(here) => {
                let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex()[..12].to_owned();
                let (stands, other) = if choice < here { (&choice, &here) } else { (&here, &choice) };
                conn.prepare_cached("UPDATE choice SET choice = ?3 WHERE run_id = ?1 AND ordinal = ?2")?
                    .execute(params![run, ordinal, stands])?;
                report.conflict(Conflict {
                    uid: format!("{uid}/{ordinal}"),
                    what: "choice",
                    stands: hash(stands),
                    other: format!("{} was let go", hash(other)),
                });
            }
        }
    }
    Ok(())
}
