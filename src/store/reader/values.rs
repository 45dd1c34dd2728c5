//! Which values a field of the filter language has in this store, for completing what is typed.

use rusqlite::params;

use super::Reader;
use crate::store::StoreError;
use crate::store::filter::{FieldType, field};

/// Where a field's values are found without reading the whole store: kept counts, small tables, and else the newest rows.
/// Texts that nobody would pick from a list are not here.
fn source(field: &str) -> Option<&'static str> {
    Some(match field {
        "domain" => "SELECT domain AS value FROM candidate_count WHERE n > 0",
        "strategy" => "SELECT strategy AS value FROM candidate_count WHERE n > 0",
        "run" => "SELECT CAST(id AS TEXT) AS value FROM run",
        "solver" => "SELECT solver AS value FROM response_count WHERE n > 0",
        "tag" => "SELECT tag AS value FROM candidate_tag",
        "reviewer" => "SELECT reviewer AS value FROM decision",
        "second" => "SELECT DISTINCT verifier AS value FROM second",
        "cause" => "SELECT cause AS value FROM decision",
        "model" => "SELECT model AS value FROM candidate WHERE id > (SELECT max(id) FROM candidate) - 20000",
        "version" => "SELECT version AS value FROM verdict WHERE id > (SELECT max(id) FROM verdict) - 20000",
        "dependency" => {
            "SELECT p.value FROM candidate_text t, json_each(t.dependencies) p
             WHERE t.id > (SELECT max(id) FROM candidate_text) - 2000"
        }
        "isolation" => "SELECT isolation AS value FROM execution WHERE id > (SELECT max(id) FROM execution) - 20000",
        "end" => "SELECT end AS value FROM execution WHERE id > (SELECT max(id) FROM execution) - 20000",
        "python" => "SELECT python AS value FROM execution WHERE id > (SELECT max(id) FROM execution) - 20000",
        "venv" => "SELECT venv AS value FROM execution WHERE id > (SELECT max(id) FROM execution) - 20000",
        _ => return None,
    })
}

impl Reader {
    /// At most `limit` values of a field that begin with `prefix` (without regard to ASCII case), sorted: of a closed
    /// vocabulary all words in its own order, of a text those that are stored and found at once, of another field none.
    pub fn values(&self, name: &str, prefix: &str, limit: usize) -> Result<Vec<String>, StoreError> {
        let begins = |word: &&str| word.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        match field(name).map(|f| f.kind) {
            Some(FieldType::Words(words) | FieldType::Order(words)) => {
                return Ok(words().into_iter().filter(begins).take(limit).map(str::to_owned).collect());
            }
            Some(FieldType::YesNo) => {
                return Ok(["yes", "no"].into_iter().filter(begins).take(limit).map(str::to_owned).collect());
            }
            _ => {}
        }
        let Some(source) = source(name) else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT DISTINCT value FROM ({source}) WHERE value LIKE ?1 ESCAPE '\\' AND value <> '' ORDER BY value LIMIT ?2"
        );
        let mut pattern = String::with_capacity(prefix.len() + 1);
        for c in prefix.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read(|conn| conn.prepare_cached(&sql)?.query_map(params![pattern, limit], |row| row.get(0))?.collect())
    }
}
