//! What slots chose, and the candidates that they may choose from.

use rusqlite::{OptionalExtension, params};

use super::{Reader, from_json};
use crate::generator::Accepted;
use crate::interpreter::Dependencies;
use crate::store::StoreError;

impl Reader {
    /// What a slot of a run chose, as JSON.
    pub fn choice(&self, run: i64, ordinal: u64) -> Result<Option<String>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached("SELECT choice FROM choice WHERE run_id = ?1 AND ordinal = ?2")?
                .query_row(params![run, ordinal.cast_signed()], |row| row.get(0))
                .optional()
        })
    }

    /// The candidates of a run whose responses agree with their reference, by slot.
    pub fn accepted(&self, run: i64) -> Result<Vec<Accepted>, StoreError> {
        self.read(|conn| {
            conn.prepare_cached(
                "SELECT c.uid, c.ordinal, c.domain, t.question, t.code, t.dependencies, c.family, c.depth,
                        CASE WHEN json_type(t.metadata, '$.score') IN ('integer', 'real')
                             THEN json_extract(t.metadata, '$.score') END
                 FROM candidate c JOIN candidate_text t ON t.id = c.id
                 WHERE c.run_id = ?1 AND c.agreement = 'agrees' AND c.kind IS NULL ORDER BY c.ordinal",
            )?
            .query_map([run], |row| {
                Ok(Accepted {
                    uid: row.get(0)?,
                    ordinal: row.get::<_, Option<i64>>(1)?.unwrap_or_default().cast_unsigned(),
                    domain: row.get(2)?,
                    question: row.get(3)?,
                    code: row.get(4)?,
                    dependencies: Dependencies::new(from_json::<Vec<String>>(row, 5)?),
                    family: row.get(6)?,
                    depth: row.get(7)?,
                    score: row.get(8)?,
                })
            })?
            .collect()
        })
    }
}
