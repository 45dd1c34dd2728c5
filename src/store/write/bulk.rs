//! Keeping many candidates in one transaction.
//!
//! The triggers that keep the counts make every insertion one that may have to be taken back by itself, for which SQLite copies each
//! page that it touches. A bulk does without them, and counts once at its end; it is taken back as a whole.

use rusqlite::{Connection, params};

use super::{Refusal, candidates};
use crate::store::record::CandidateRecord;

/// Candidates from which on that is worth a change of the schema.
const MANY: usize = 256;

/// The counts of candidates and responses beyond these rows, as the triggers would have them.
const COUNTED: [(&str, &str); 2] = [
    (
        "candidate_counted",
        "INSERT INTO candidate_count
         SELECT ifnull(run_id, 0), origin, domain, strategy, standing, ifnull(kind, ''), ifnull(curation, ''), contested,
                judged, count(*)
         FROM candidate WHERE id > ?1 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
         ON CONFLICT DO UPDATE SET n = n + excluded.n",
    ),
    (
        "response_counted",
        "INSERT INTO response_count
         SELECT ifnull(c.run_id, 0), c.domain, c.strategy, r.solver, ifnull(r.verdict, ''), ifnull(r.tier, ''),
                ifnull(r.kind, ''), ifnull(r.judgement, ''), count(*)
         FROM response r CROSS JOIN candidate c ON c.id = r.candidate_id WHERE r.id > ?1
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
         ON CONFLICT DO UPDATE SET n = n + excluded.n",
    ),
];

/// Keeps candidates and returns their rows; those that are there stay as they are. Where one fails, the caller takes all
/// back.
pub(in crate::store) fn put(conn: &Connection, records: &[CandidateRecord]) -> Result<Vec<i64>, Refusal> {
    let put_all = || records.iter().map(|record| candidates::put(conn, record)).collect::<Result<Vec<_>, _>>();
    if records.len() < MANY {
        return put_all();
    }
    let last = |table: &str| -> rusqlite::Result<i64> {
        conn.query_row(&format!("SELECT ifnull(max(id), 0) FROM {table}"), [], |row| row.get(0))
    };
    let before = [last("candidate")?, last("response")?];
    let mut triggers = Vec::with_capacity(COUNTED.len());
    for (trigger, _) in COUNTED {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?1";
        triggers.push(conn.query_row(sql, [trigger], |row| row.get::<_, String>(0))?);
        conn.execute_batch(&format!("DROP TRIGGER {trigger}"))?;
    }
    let ids = put_all()?;
    for ((_, count), before) in COUNTED.into_iter().zip(before) {
        conn.prepare_cached(count)?.execute(params![before])?;
    }
    for trigger in triggers {
        conn.execute_batch(&trigger)?;
    }
    Ok(ids)
}
