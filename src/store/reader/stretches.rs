//! Lists read by stretches of rows: what a filter takes from one row to another. Whoever reads a long list so has its
//! first rows at once, knows how far it is, may stop in between, and holds no state of the store for long.

use std::ops::RangeInclusive;

use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::Reader;
use crate::store::filter::Filter;
use crate::store::ids::IdSet;
use crate::store::{StoreError, search};

impl Reader {
    /// The last row there is; 0 where there is none.
    pub fn newest(&self) -> Result<i64, StoreError> {
        self.read(|conn| {
            conn.prepare_cached("SELECT ifnull(max(id), 0) FROM candidate")?.query_row([], |row| row.get(0))
        })
    }

    /// Every candidate, where that is known without reading them: when their rows have no gaps.
    pub fn unbroken(&self) -> Result<Option<RangeInclusive<i64>>, StoreError> {
        self.read_one_state(|conn| {
            let (first, last, n): (Option<i64>, Option<i64>, i64) = conn
                .prepare_cached(
                    "SELECT (SELECT min(id) FROM candidate), (SELECT max(id) FROM candidate),
                        (SELECT ifnull(sum(n), 0) FROM candidate_count)",
                )?
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(first.zip(last).filter(|(first, last)| last - first == n - 1).map(|(first, last)| first..=last))
        })
    }

    /// Those in a stretch of rows, ends included, that the filter takes.
    pub fn ids_within(&self, filter: &Filter, rows: &RangeInclusive<i64>) -> Result<IdSet, StoreError> {
        let Some(narrowed) = filter.narrowed() else {
            let (condition, values) = filter.sql();
            return self.read(|conn| of_table(conn, &condition, values, rows));
        };
        self.read_one_state(|conn| {
            let indexed = search::indexed_to(conn)?;
            let mut found = of_index(conn, &narrowed.query, &narrowed.condition, narrowed.values.clone(), rows)?;
            // What is not in the index yet is asked itself.
            let rest = (*rows.start()).max(indexed.saturating_add(1))..=*rows.end();
            if !rest.is_empty() {
                found |= &of_table(conn, &narrowed.condition, narrowed.values, &rest)?;
            }
            Ok(found)
        })
    }

    /// Those in a stretch of rows, ends included, that disagree as they stand.
    pub fn disagreeing_within(&self, rows: &RangeInclusive<i64>) -> Result<IdSet, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT id FROM candidate INDEXED BY candidate_by_standing
                 WHERE standing = 'disagrees' AND id BETWEEN ?1 AND ?2",
            )?
            .query_map([rows.start(), rows.end()], |row| row.get(0))?
            .collect()
        })
    }

    /// Those of which a reviewer has a judgement in force that is about the reference answer that stands.
    pub fn judged_by(&self, reviewer: &str) -> Result<IdSet, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT d.candidate_id FROM decision d
                 WHERE d.reviewer = ?1 AND d.kind <> 'reversal' AND d.judgement IS NOT NULL
                   AND d.about IS (SELECT z.reference FROM revised z WHERE z.candidate_id = d.candidate_id)
                   AND NOT EXISTS (SELECT 1 FROM decision_reversed y WHERE y.decision_id = d.id)",
            )?
            .query_map(params![reviewer], |row| row.get(0))?
            .collect()
        })
    }
}

fn of_table(
    conn: &Connection,
    condition: &str,
    mut values: Vec<Value>,
    rows: &RangeInclusive<i64>,
) -> rusqlite::Result<IdSet> {
    let n = values.len();
    values.extend([Value::Integer(*rows.start()), Value::Integer(*rows.end())]);
    conn.prepare_cached(&format!(
        "SELECT c.id FROM candidate c WHERE ({condition}) AND c.id BETWEEN ?{} AND ?{}",
        n + 1,
        n + 2
    ))?
    .query_map(params_from_iter(values), |row| row.get(0))?
    .collect()
}

/// Asks the search index first, and of those that it names the texts themselves.
fn of_index(
    conn: &Connection,
    query: &str,
    condition: &str,
    mut values: Vec<Value>,
    rows: &RangeInclusive<i64>,
) -> rusqlite::Result<IdSet> {
    let n = values.len();
    values.push(Value::Text(query.to_owned()));
    values.extend([Value::Integer(*rows.start()), Value::Integer(*rows.end())]);
    conn.prepare_cached(&format!(
        "SELECT c.id FROM search CROSS JOIN candidate c ON c.id = search.rowid
         WHERE search MATCH ?{} AND search.rowid BETWEEN ?{} AND ?{} AND ({condition})",
        n + 1,
        n + 2,
        n + 3
    ))?
    .query_map(params_from_iter(values), |row| row.get(0))?
    .collect()
}
