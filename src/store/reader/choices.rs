//! What slots chose, and the candidates that they may choose from.

use rusqlite::{OptionalExtension, Row, params};

use super::{Reader, from_json};
use crate::generator::Accepted;
use crate::interpreter::Dependencies;
use crate::store::StoreError;

/// Candidates of a page.
const PAGE: usize = 1024;

/// What makes an [`Accepted`], and from where.
const ACCEPTED: &str = "c.id, c.uid, c.ordinal, c.domain, t.question, t.code, t.dependencies, c.family, c.depth,
        CASE WHEN json_type(t.metadata, '$.score') IN ('integer', 'real')
             THEN json_extract(t.metadata, '$.score') END
    FROM candidate c JOIN candidate_text t ON t.id = c.id";

impl Reader {
    /// What a slot of a run chose, as JSON.
    pub fn choice(&self, run: i64, ordinal: u64) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached("SELECT choice FROM choice WHERE run_id = ?1 AND ordinal = ?2")?
                .query_row(params![run, ordinal.cast_signed()], |row| row.get(0))
                .optional()
        })
    }

    /// The candidates of a run whose responses agree with their reference, by slot: a page of them with their rows, from
    /// behind this slot and row.
    pub fn accepted(&self, run: i64, after: Option<(u64, i64)>) -> Result<Vec<(i64, Accepted)>, StoreError> {
        let (slot, row) = after.map_or((-1, 0), |(slot, row)| (slot.cast_signed(), row));
        self.read(|conn| {
            conn.prepare_cached(&format!(
                "SELECT {ACCEPTED} WHERE c.run_id = ?1 AND (c.ordinal, c.id) > (?2, ?3) AND c.agreement = 'agrees'
                    AND c.kind IS NULL
                 ORDER BY c.ordinal, c.id LIMIT ?4"
            ))?
            .query_map(params![run, slot, row, PAGE.cast_signed()], accepted)?
            .collect()
        })
    }

    /// The same of these rows, whatever they amount to.
    pub fn accepted_of(&self, candidates: &[i64]) -> Result<Vec<Accepted>, StoreError> {
        self.read_one_state(|conn| {
            let mut one = conn.prepare_cached(&format!("SELECT {ACCEPTED} WHERE c.id = ?1"))?;
            let mut all = Vec::with_capacity(candidates.len());
            for candidate in candidates {
                all.extend(one.query_row([candidate], accepted).optional()?.map(|(_, accepted)| accepted));
            }
            Ok(all)
        })
    }
}

fn accepted(row: &Row<'_>) -> rusqlite::Result<(i64, Accepted)> {
    let accepted = Accepted {
        uid: row.get(1)?,
        ordinal: row.get::<_, Option<i64>>(2)?.unwrap_or_default().cast_unsigned(),
        domain: row.get(3)?,
        question: row.get(4)?,
        code: row.get(5)?,
        dependencies: Dependencies::new(from_json::<Vec<String>>(row, 6)?),
        family: row.get(7)?,
        depth: row.get(8)?,
        score: row.get(9)?,
    };
    Ok((row.get(0)?, accepted))
}
