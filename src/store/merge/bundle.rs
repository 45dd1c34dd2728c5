//! A candidate with all that hangs on it, read from one store to be put into another.

use rusqlite::{Connection, Row, params};

use super::columns::{Columns, Hasher};
use super::runs;

/// Columns of a candidate that follow from others, or say where it is rather than what.
const CANDIDATE: &[&str] = &[
    "id",
    "uid",
    "run_id",
    "generator_reply_id",
    "created_at",
    "n_equivalent",
    "n_different",
    "n_undecided",
    "n_error",
    "verdict",
    "agreement",
    "standing",
    "contested",
    "curation",
    "right_side",
    "judged",
    "decided",
    "suspicion",
    "uncertainty",
];
/// The same of a response.
const RESPONSE: &[&str] =
    &["id", "candidate_id", "sample", "reply_id", "verdict", "tier", "side", "judgement", "contested", "standing"];

/// One verdict.
pub(super) struct VerdictRow {
    pub(super) hash: String,
    pub(super) at: String,
    pub(super) current: bool,
    pub(super) columns: Columns,
    pub(super) text: Columns,
}

/// One response.
pub(super) struct ResponseRow {
    pub(super) sample: i64,
    pub(super) columns: Columns,
    pub(super) text: Columns,
    /// Key and content of the reply it is.
    pub(super) reply: Option<(String, String)>,
    pub(super) verdicts: Vec<VerdictRow>,
    pub(super) seconds: Vec<Columns>,
}

/// A candidate.
pub(in crate::store) struct Bundle {
    pub(super) uid: String,
    /// Hash of what a person reads of it, and what judgements are about therefore.
    pub(super) content: String,
    /// Hash of everything else.
    pub(super) facts: String,
    pub(super) created_at: String,
    pub(super) run: Option<String>,
    pub(super) reply: Option<(String, String)>,
    pub(super) columns: Columns,
    pub(super) text: Columns,
    pub(super) seeds: Vec<Columns>,
    pub(super) executions: Vec<(Columns, Columns)>,
    pub(super) responses: Vec<ResponseRow>,
    /// In the order of that store's log.
    pub(super) decisions: Vec<Columns>,
}

/// Candidates behind a row: those with a uid of their own, or those that a merge renamed.
pub(super) fn ids(conn: &Connection, renamed: bool, after: i64, most: usize) -> rusqlite::Result<Vec<i64>> {
    conn.prepare_cached("SELECT id FROM candidate WHERE id > ?1 AND (instr(uid, '~') > 0) = ?2 ORDER BY id LIMIT ?3")?
        .query_map(params![after, renamed, most.cast_signed()], |row| row.get(0))?
        .collect()
}

fn rows(conn: &Connection, sql: &str, id: i64, without: &[&str]) -> rusqlite::Result<Vec<Columns>> {
    conn.prepare_cached(sql)?.query_map([id], |row| Columns::of(row, without))?.collect()
}

impl Bundle {
    /// The candidate in a row, whole.
    pub(super) fn read(conn: &Connection, id: i64) -> rusqlite::Result<Self> {
        let (uid, created_at, run, generator, columns) = conn
            .prepare_cached(
                "SELECT c.*, u.uid AS run FROM candidate c LEFT JOIN run u ON u.id = c.run_id WHERE c.id = ?1",
            )?
            .query_row([id], |row| {
                let columns = Columns::of(row, &[CANDIDATE, &["run"]].concat())?;
                Ok((row.get("uid")?, row.get("created_at")?, row.get("run")?, row.get("generator_reply_id")?, columns))
            })?;
        let text = conn
            .prepare_cached("SELECT * FROM candidate_text WHERE id = ?1")?
            .query_row([id], |row| Columns::of(row, &["id"]))?;
        let mut bundle = Self {
            uid,
            content: String::new(),
            facts: String::new(),
            created_at,
            run,
            reply: runs::named(conn, generator)?,
            columns,
            text,
            seeds: rows(
                conn,
                "SELECT * FROM candidate_seed WHERE candidate_id = ?1 ORDER BY position",
                id,
                &["candidate_id"],
            )?,
            executions: executions(conn, id)?,
            responses: responses(conn, id)?,
            decisions: decisions(conn, id)?,
        };
        bundle.hash();
        Ok(bundle)
    }

    fn hash(&mut self) {
        let mut content = Hasher::default();
        let mut facts = Hasher::default();
        for name in ["question", "code", "reference"] {
            content.value(self.text.get(name));
        }
        facts.text(self.run.as_deref().unwrap_or_default()).columns(&self.columns).columns(&self.text);
        for name in self.reply.iter().flat_map(|(key, hash)| [key, hash]) {
            facts.text(name);
        }
        for seed in &self.seeds {
            facts.columns(seed);
        }
        for (execution, text) in &self.executions {
            facts.columns(execution).columns(text);
        }
        for response in &self.responses {
            content.value(&response.sample.into()).value(response.columns.get("solver")).columns(&response.text);
            facts.columns(&response.columns);
            for name in response.reply.iter().flat_map(|(key, hash)| [key, hash]) {
                facts.text(name);
            }
        }
        (self.content, self.facts) = (content.hash(), facts.hash());
    }
}

fn executions(conn: &Connection, id: i64) -> rusqlite::Result<Vec<(Columns, Columns)>> {
    let mut all = conn.prepare_cached("SELECT * FROM execution WHERE candidate_id = ?1 ORDER BY position")?;
    let mut found = all.query([id])?;
    let mut executions = Vec::new();
    while let Some(row) = found.next()? {
        let text = conn
            .prepare_cached("SELECT * FROM execution_text WHERE id = ?1")?
            .query_row([row.get::<_, i64>("id")?], |row| Columns::of(row, &["id"]))?;
        executions.push((Columns::of(row, &["id", "candidate_id"])?, text));
    }
    Ok(executions)
}

fn responses(conn: &Connection, id: i64) -> rusqlite::Result<Vec<ResponseRow>> {
    let mut all = conn.prepare_cached("SELECT * FROM response WHERE candidate_id = ?1 ORDER BY sample")?;
    let mut found = all.query([id])?;
    let mut responses = Vec::new();
    while let Some(row) = found.next()? {
        let response: i64 = row.get("id")?;
        let text = conn
            .prepare_cached("SELECT * FROM response_text WHERE id = ?1")?
            .query_row([response], |row| Columns::of(row, &["id"]))?;
        responses.push(ResponseRow {
            sample: row.get("sample")?,
            columns: Columns::of(row, RESPONSE)?,
            text,
            reply: runs::named(conn, row.get("reply_id")?)?,
            verdicts: verdicts(conn, response)?.into_iter().map(|(_, verdict)| verdict).collect(),
            seconds: rows(
                conn,
                "SELECT * FROM second WHERE response_id = ?1 ORDER BY verifier",
                response,
                &["response_id"],
            )?,
        });
    }
    Ok(responses)
}

/// Every verdict on a response, with its row.
pub(super) fn verdicts(conn: &Connection, response: i64) -> rusqlite::Result<Vec<(i64, VerdictRow)>> {
    let read = |row: &Row<'_>| {
        let id: i64 = row.get("id")?;
        let columns = Columns::of(row, &["id", "response_id", "current"])?;
        let text = conn
            .prepare_cached("SELECT * FROM verdict_text WHERE id = ?1")?
            .query_row([id], |row| Columns::of(row, &["id"]))?;
        let hash = Hasher::default().columns(&columns).columns(&text).hash();
        Ok((id, VerdictRow { hash, at: row.get("at")?, current: row.get("current")?, columns, text }))
    };
    conn.prepare_cached("SELECT * FROM verdict WHERE response_id = ?1 ORDER BY id")?
        .query_map([response], read)?
        .collect()
}

fn decisions(conn: &Connection, id: i64) -> rusqlite::Result<Vec<Columns>> {
    conn.prepare_cached("SELECT *, ifnull(place, id) AS stood FROM decision WHERE candidate_id = ?1 ORDER BY id")?
        .query_map([id], |row| {
            let stood: i64 = row.get("stood")?;
            Ok(Columns::of(row, &["id", "candidate_id", "place", "stood"])?.with("place", stood))
        })?
        .collect()
}
