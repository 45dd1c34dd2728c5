//! Lists: pages of narrow rows by key, counts, runs.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params, params_from_iter};

use super::{Reader, failure, maybe_word, word};
use crate::store::StoreError;
use crate::store::filter::{FieldType, Filter, fields};
use crate::store::record::{Row, RunSummary};

/// Where the values of fields are that completion lists.
const STORED: &[(&str, &str)] = &[
    ("domain", "SELECT domain AS v FROM candidate_count"),
    ("strategy", "SELECT strategy AS v FROM candidate_count"),
    ("model", "SELECT model AS v FROM candidate"),
    ("solver", "SELECT solver AS v FROM response"),
    ("tag", "SELECT tag AS v FROM candidate_tag"),
    ("reviewer", "SELECT reviewer AS v FROM decision"),
    ("cause", "SELECT cause AS v FROM decision"),
    ("run", "SELECT cast(id AS TEXT) AS v FROM run"),
];

/// A narrow row. Where nothing succeeded, it tells of the first response that failed.
const ROW: &str = "SELECT c.id, c.domain, c.strategy, c.title, c.standing, c.verdict, ifnull(c.stage, f.stage),
    ifnull(c.kind, f.kind), ifnull(c.message, f.message), c.curation, c.judged, c.responses, c.created_at, c.contested
    FROM candidate c LEFT JOIN response f ON f.id = CASE
        WHEN c.stage IS NULL
             AND NOT EXISTS (SELECT 1 FROM response s WHERE s.candidate_id = c.id AND s.kind IS NULL)
        THEN (SELECT s.id FROM response s WHERE s.candidate_id = c.id ORDER BY s.sample LIMIT 1) END";

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        id: row.get(0)?,
        domain: row.get(1)?,
        strategy: row.get(2)?,
        title: row.get(3)?,
        standing: word(row, 4)?,
        verdict: maybe_word(row, 5)?,
        failure: failure(row, 6)?,
        curation: maybe_word(row, 9)?,
        judged: row.get(10)?,
        contested: row.get(13)?,
        responses: row.get(11)?,
        created_at: row.get(12)?,
    })
}

impl Reader {
    /// A page of at most `limit` rows that the filter takes, by row number upwards or downwards, beginning after the row
    /// `after` (in that direction), or at the end where there is none.
    pub fn page(
        &self,
        filter: &Filter,
        after: Option<i64>,
        limit: usize,
        descending: bool,
    ) -> Result<Vec<Row>, StoreError> {
        let (condition, mut values) = filter.sql();
        let (order, beyond) = if descending { ("DESC", '<') } else { ("ASC", '>') };
        let mut key = String::new();
        if let Some(after) = after {
            values.push(Value::Integer(after));
            key = format!(" AND c.id {beyond} ?{}", values.len());
        }
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let sql = format!("{ROW} WHERE ({condition}){key} ORDER BY c.id {order} LIMIT ?{}", values.len());
        self.read(|conn| conn.prepare_cached(&sql)?.query_map(params_from_iter(values), row)?.collect())
    }

    /// The rows of these candidates, in the order given; those that are not there are left out.
    pub fn rows(&self, ids: &[i64]) -> Result<Vec<Row>, StoreError> {
        let sql = format!("{ROW} WHERE c.id = ?1");
        self.read(|conn| {
            let mut statement = conn.prepare_cached(&sql)?;
            ids.iter().filter_map(|id| statement.query_row([id], row).optional().transpose()).collect()
        })
    }

    /// How many candidates the filter takes. Everything is known without counting.
    pub fn count(&self, filter: &Filter) -> Result<u64, StoreError> {
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

    /// Rows of all candidates that the filter takes beyond `after`, upwards.
    pub fn ids_after(&self, filter: &Filter, after: i64) -> Result<Vec<i64>, StoreError> {
        let (condition, mut values) = filter.sql();
        values.push(Value::Integer(after));
        let n = values.len();
        self.read(|conn| {
            conn.prepare_cached(&format!(
                "SELECT c.id FROM candidate c WHERE ({condition}) AND c.id > ?{n} ORDER BY c.id"
            ))?
            .query_map(params_from_iter(values), |row| row.get(0))?
            .collect()
        })
    }

    /// Values of a field that begin with `prefix`, without regard to case, at most `limit` of them: the words of a closed
    /// vocabulary, else what is stored. Of a field without values to be listed, such as a text, none.
    pub fn values(&self, field: &str, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let prefix = prefix.to_lowercase();
        let words: Option<Vec<&str>> = fields().iter().find(|f| f.name == field).and_then(|f| match f.kind {
            FieldType::Words(words) => Some(words()),
            FieldType::YesNo => Some(vec!["yes", "no"]),
            _ => None,
        });
        if let Some(words) = words {
            return Ok(words.into_iter().filter(|w| w.starts_with(&prefix)).take(limit).map(str::to_owned).collect());
        }
        let Some((_, from)) = STORED.iter().find(|(name, _)| *name == field) else { return Ok(Vec::new()) };
        let escaped = prefix.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let sql = format!(
            "SELECT DISTINCT v FROM ({from}) WHERE v <> '' AND lower(v) LIKE ?1 || '%' ESCAPE '\\' ORDER BY v LIMIT ?2"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|conn| conn.prepare_cached(&sql)?.query_map(params![escaped, limit], |row| row.get(0))?.collect())
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
