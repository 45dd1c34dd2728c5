//! What a store holds, in one hash that does not depend on rows' numbers: two stores with the same digest hold the same.

use rusqlite::Connection;

use super::bundle::Bundle;
use super::columns::{Columns, Hasher};
use crate::store::StoreError;
use crate::store::reader::Reader;

/// Tables and what of them follows a stable order by itself.
const TABLES: &[&str] = &[
    "SELECT * FROM run ORDER BY uid",
    "SELECT * FROM prompt ORDER BY hash",
    "SELECT p.*, u.uid AS run, x.content, x.reasoning FROM reply p JOIN run u ON u.id = p.run_id
     JOIN reply_text x ON x.id = p.id ORDER BY p.key",
    "SELECT h.ordinal, h.choice, u.uid AS run FROM choice h JOIN run u ON u.id = h.run_id ORDER BY u.uid, h.ordinal",
    "SELECT k.*, u.uid AS run FROM candidate_count k LEFT JOIN run u ON u.id = k.run_id WHERE n <> 0
     ORDER BY u.uid, origin, domain, strategy, standing, kind, curation, contested, judged",
    "SELECT k.*, u.uid AS run FROM response_count k LEFT JOIN run u ON u.id = k.run_id WHERE n <> 0
     ORDER BY u.uid, domain, strategy, solver, verdict, tier, kind, judgement",
    "SELECT g.tag, c.uid FROM candidate_tag g JOIN candidate c ON c.id = g.candidate_id ORDER BY c.uid, g.tag",
    "SELECT z.title, z.reference, c.uid FROM revised z JOIN candidate c ON c.id = z.candidate_id ORDER BY c.uid",
    "SELECT d.uid, y.by_uid FROM decision_reversed y JOIN decision d ON d.id = y.decision_id ORDER BY d.uid",
];

/// Numbers of rows, which say nothing.
const NUMBERS: &[&str] = &["id", "run_id"];

fn digest(conn: &Connection) -> rusqlite::Result<String> {
    let mut hasher = Hasher::default();
    for sql in TABLES {
        hasher.text(sql);
        let mut statement = conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            hasher.columns(&Columns::of(row, NUMBERS)?);
        }
    }
    let mut ids = conn.prepare("SELECT id FROM candidate ORDER BY uid")?;
    let ids: Vec<i64> = ids.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for id in ids {
        candidate(conn, id, &mut hasher)?;
    }
    Ok(hasher.hash())
}

fn candidate(conn: &Connection, id: i64, hasher: &mut Hasher) -> rusqlite::Result<()> {
    let mut bundle = Bundle::read(conn, id)?;
    hasher.text(&bundle.uid).text(&bundle.content).text(&bundle.facts).text(&bundle.created_at);
    let caches = conn
        .prepare_cached("SELECT * FROM candidate WHERE id = ?1")?
        .query_row([id], |row| Columns::of(row, &["id", "run_id", "generator_reply_id", "suspicion", "uncertainty"]))?;
    hasher.columns(&caches);
    for response in &mut bundle.responses {
        response.verdicts.sort_by(|a, b| (&a.at, &a.hash).cmp(&(&b.at, &b.hash)));
        for verdict in &response.verdicts {
            hasher.text(&verdict.hash).text(if verdict.current { "current" } else { "" });
        }
        for second in &response.seconds {
            hasher.columns(second);
        }
    }
    let standings: Vec<Columns> = conn
        .prepare_cached("SELECT sample, verdict, tier, side, judgement, contested, standing FROM response WHERE candidate_id = ?1 ORDER BY sample")?
        .query_map([id], |row| Columns::of(row, &[]))?
        .collect::<Result<_, _>>()?;
    for standing in &standings {
        hasher.columns(standing);
    }
    bundle.decisions.sort_by(|a, b| a.text("uid").cmp(b.text("uid")));
    for decision in &bundle.decisions {
        hasher.columns(decision);
    }
    Ok(())
}

impl Reader {
    /// A hash of all that the store holds, whatever its rows' numbers: stores that were merged from the same ones have the
    /// same, in whichever order that was done. Reads everything.
    pub fn digest(&self) -> Result<String, StoreError> {
        self.read_one_state(digest)
    }
}
