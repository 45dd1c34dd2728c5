//! Lists: pages of narrow rows by key, counts, runs.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::{Reader, Unread, failure, maybe_word, word};
use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::store::record::{Row, RunSummary, TITLE_CHARACTERS, VerdictCounts};
use crate::store::suspicion::Suspicion;

/// Columns of `candidate c`, `response f` and `revised z` that make a [`Row`].
const ROW: &str =
    "c.id, c.domain, c.strategy, ifnull(z.title, c.title), c.standing, c.verdict, ifnull(c.stage, f.stage),
    ifnull(c.kind, f.kind), ifnull(c.message, f.message), c.curation, c.judged, c.responses, c.created_at, c.contested,
    c.n_equivalent, c.n_different, c.n_undecided, c.n_error, ifnull(c.suspicion, 0),
    z.candidate_id IS NOT NULL";

/// Candidates, and where nothing succeeded the first response, which failed: the row tells of it.
const FROM: &str = "candidate c LEFT JOIN revised z ON z.candidate_id = c.id LEFT JOIN response f ON f.id = CASE
    WHEN c.stage IS NULL AND NOT EXISTS (SELECT 1 FROM response s WHERE s.candidate_id = c.id AND s.kind IS NULL)
    THEN (SELECT s.id FROM response s WHERE s.candidate_id = c.id ORDER BY s.sample LIMIT 1) END";

fn list_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    let verdicts = VerdictCounts {
        equivalent: row.get(14)?,
        different: row.get(15)?,
        undecided: row.get(16)?,
        error: row.get(17)?,
    };
    Ok(Row {
        id: row.get(0)?,
        domain: row.get(1)?,
        strategy: row.get(2)?,
        title: row.get(3)?,
        standing: word(row, 4)?,
        verdict: maybe_word(row, 5)?,
        verdicts,
        different: verdicts.different > 0,
        contested: row.get(13)?,
        failure: failure(row, 6)?,
        curation: maybe_word(row, 9)?,
        judged: row.get(10)?,
        revised: row.get(19)?,
        responses: row.get(11)?,
        suspicion: Suspicion::of(row.get(18)?),
        created_at: row.get(12)?,
    })
}

/// At most so many rows of a list, and those that this version cannot read, which are left out.
fn list(rows: &mut rusqlite::Rows<'_>, limit: usize) -> rusqlite::Result<(Vec<Row>, Unread)> {
    let (mut all, mut unread) = (Vec::new(), Unread::default());
    while all.len() < limit
        && let Some(row) = rows.next()?
    {
        all.extend(unread.sort(row.get(0)?, list_row(row))?);
    }
    Ok((all, unread))
}

impl Reader {
    /// A page of at most `limit` rows that the filter takes, by row number upwards or downwards, beginning after the row
    /// `after` (in that direction), or at the end where there is none. Those on the way that this version cannot read are left
    /// out, and come back beside them.
    pub fn page(
        &self,
        filter: &Filter,
        after: Option<i64>,
        limit: usize,
        descending: bool,
    ) -> Result<(Vec<Row>, Unread), StoreError> {
        let (condition, mut values) = filter.sql();
        let (order, beyond) = if descending { ("DESC", '<') } else { ("ASC", '>') };
        let mut key = String::new();
        if let Some(after) = after {
            values.push(Value::Integer(after));
            key = format!(" AND c.id {beyond} ?{}", values.len());
        }
        // Without a limit: it is not known how many of them can be read.
        let sql = format!("SELECT {ROW} FROM {FROM} WHERE ({condition}){key} ORDER BY c.id {order}");
        self.read(|conn| list(&mut conn.prepare_cached(&sql)?.query(params_from_iter(values))?, limit))
    }

    /// The rows with these numbers, in this order; numbers that no candidate has are left out, and so are candidates that
    /// this version cannot read, which come back beside them.
    pub fn rows(&self, ids: &[i64]) -> Result<(Vec<Row>, Unread), StoreError> {
        let sql = format!(
            "SELECT {ROW} FROM json_each(?1) wanted CROSS JOIN {FROM} WHERE c.id = wanted.value ORDER BY wanted.key"
        );
        let wanted = serde_json::Value::from(ids).to_string();
        self.read(|conn| list(&mut conn.prepare_cached(&sql)?.query([wanted])?, ids.len()))
    }

    /// Of those with these numbers whose title is only the beginning of their question: as many characters of it as are
    /// wanted. A revised question's title is all that is kept of it in a row.
    pub fn beginnings(&self, ids: &[i64], characters: usize) -> Result<Vec<(i64, String)>, StoreError> {
        let sql = "SELECT c.id, substr(t.question, 1, ?2) FROM json_each(?1) wanted CROSS JOIN candidate c
             JOIN candidate_text t ON t.id = c.id LEFT JOIN revised z ON z.candidate_id = c.id
             WHERE c.id = wanted.value AND length(c.title) >= ?3 AND z.title IS NULL";
        let wanted = serde_json::Value::from(ids).to_string();
        let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let values = (wanted, number(characters), number(TITLE_CHARACTERS));
        self.read(|conn| conn.prepare_cached(sql)?.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
    }

    /// How many candidates the filter takes. Everything is known without counting.
    pub fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
        if filter.narrowed().is_some() {
            return self.ids_within(filter, &(1..=i64::MAX)).map(|ids| ids.len() as u64);
        }
        let (condition, values) = filter.sql();
        let sql = if filter.is_all() {
            "SELECT ifnull(sum(n), 0) FROM candidate_count".to_owned()
        } else {
            format!("SELECT count(*) FROM candidate c WHERE {condition}")
        };
        self.read(|conn| conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get::<_, i64>(0)))
            .map(i64::cast_unsigned)
    }

    /// Rows of all candidates that the filter takes, upwards.
    pub fn ids(&self, filter: &Filter) -> Result<Vec<i64>, StoreError> {
        let (condition, values) = filter.sql();
        self.read(|conn| {
            conn.prepare_cached(&format!("SELECT c.id FROM candidate c WHERE {condition} ORDER BY c.id"))?
                .query_map(params_from_iter(values), |row| row.get(0))?
                .collect()
        })
    }

    /// Rows of the candidates behind the row `after` that the filter takes, upwards.
    pub fn ids_after(&self, filter: &Filter, after: i64) -> Result<Vec<i64>, StoreError> {
        let (condition, mut values) = filter.sql();
        values.push(Value::Integer(after));
        let sql =
            format!("SELECT c.id FROM candidate c WHERE ({condition}) AND c.id > ?{} ORDER BY c.id", values.len());
        self.read(|conn| conn.prepare_cached(&sql)?.query_map(params_from_iter(values), |row| row.get(0))?.collect())
    }

    /// A number that is another one whenever anything in the store was changed, by whomever, since this same reader was
    /// asked before. Numbers of different readers say nothing about each other.
    pub fn state(&self) -> Result<i64, StoreError> {
        self.read(|conn| conn.pragma_query_value(None, "data_version", |row| row.get(0)))
    }

    /// Every run, oldest first.
    pub fn runs(&self) -> Result<Vec<RunSummary>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT r.id, r.uid, r.strategy, r.state, r.target,
                    (SELECT ifnull(sum(n), 0) FROM candidate_count k WHERE k.run_id = r.id),
                    r.started_at, r.ended_at, r.recipe, r.recipe_hash, r.rng_seed
                 FROM run r ORDER BY r.id",
            )?
            .query_map([], |row| {
                Ok(RunSummary {
                    id: row.get(0)?,
                    uid: row.get(1)?,
                    strategy: row.get(2)?,
                    state: word(row, 3)?,
                    target: row.get::<_, i64>(4)?.cast_unsigned(),
                    candidates: row.get::<_, i64>(5)?.cast_unsigned(),
                    started_at: row.get(6)?,
                    ended_at: row.get(7)?,
                    recipe: row.get(8)?,
                    recipe_hash: row.get(9)?,
                    rng_seed: row.get::<_, i64>(10)?.cast_unsigned(),
                })
            })?
            .collect()
        })
    }
}
