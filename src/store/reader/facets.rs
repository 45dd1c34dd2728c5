//! What a filter takes, counted by one fact: what could narrow it down further.

use rusqlite::params_from_iter;

use super::Reader;
use crate::store::StoreError;
use crate::store::filter::Filter;
use crate::words::words;

words! {
    /// A fact that candidates are counted by; its name is the field's in the filter language.
    pub enum Facet {
        /// What it is about.
        Domain = "domain",
        /// What the verdicts and judgements on all of its responses amount to.
        Standing = "standing",
        /// What the verifier says of one of its responses.
        Verdict = "verdict",
        /// How it was made.
        Strategy = "strategy",
        /// The model that generated it.
        Model = "model",
        /// Why it, or one of its responses, failed.
        Kind = "kind",
    }
}

impl Facet {
    /// Whether it tells what the verifier said.
    pub fn tells_verdicts(self) -> bool {
        matches!(self, Self::Standing | Self::Verdict)
    }
}

impl Reader {
    /// How many candidates of those that the filter takes have each value of a facet, the most frequent first: as many as
    /// the filter would take with that term beside it.
    pub fn facet(&self, filter: &Filter, facet: Facet) -> Result<Vec<(String, u64)>, StoreError> {
        let (condition, values) = filter.sql();
        let of = |column: &str| {
            format!("SELECT {column}, count(*) FROM candidate c WHERE ({condition}) AND {column} <> '' GROUP BY 1")
        };
        let sql = match facet {
            Facet::Domain => of("c.domain"),
            Facet::Standing => of("c.standing"),
            Facet::Strategy => of("c.strategy"),
            Facet::Model => of("c.model"),
            Facet::Verdict => format!(
                "SELECT r.verdict, count(DISTINCT c.id) FROM candidate c JOIN response r ON r.candidate_id = c.id
                 WHERE ({condition}) AND r.verdict IS NOT NULL GROUP BY 1"
            ),
            Facet::Kind => format!(
                "WITH taken AS MATERIALIZED (SELECT c.id AS id, c.kind AS kind FROM candidate c WHERE {condition})
                 SELECT kind, count(*) FROM (
                    SELECT id, kind FROM taken WHERE kind IS NOT NULL
                    UNION SELECT t.id, r.kind FROM taken t JOIN response r ON r.candidate_id = t.id
                    WHERE r.kind IS NOT NULL)
                 GROUP BY 1"
            ),
        };
        let sql = format!("SELECT * FROM ({sql}) ORDER BY 2 DESC, 1");
        self.read(|conn| {
            conn.prepare_cached(&sql)?
                .query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
                .collect()
        })
    }
}
