//! Rows as they are, column by column, so that what a later schema adds to a table is merged too.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

/// Names and values of a row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Columns(Vec<(String, Value)>);

impl Columns {
    /// All columns of a row but some.
    pub(super) fn of(row: &Row<'_>, without: &[&str]) -> rusqlite::Result<Self> {
        let names: Vec<String> = row.as_ref().column_names().map(str::to_owned).collect();
        let mut columns = Vec::with_capacity(names.len());
        for (at, name) in names.into_iter().enumerate() {
            if !without.contains(&name.as_str()) {
                columns.push((name, row.get(at)?));
            }
        }
        // A column that a migration added stands elsewhere than one that was there from the first.
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self(columns))
    }

    /// The same with one more.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// A value; null where there is no such column.
    pub(super) fn get(&self, name: &str) -> &Value {
        self.0.iter().find(|(n, _)| n == name).map_or(&Value::Null, |(_, value)| value)
    }

    /// A text; empty where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// Refuses names that are no names: they come from the other store, and go into a statement.
    fn check(&self) -> rusqlite::Result<()> {
        let named = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        match self.0.iter().find(|(name, _)| !named(name)) {
            Some((name, _)) => Err(rusqlite::Error::InvalidColumnName(name.chars().take(40).collect())),
            None => Ok(()),
        }
    }

    /// Inserts it, and returns its row.
    pub(super) fn insert(&self, conn: &Connection, table: &str) -> rusqlite::Result<i64> {
        self.check()?;
        let names: Vec<&str> = self.0.iter().map(|(n, _)| n.as_str()).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO {table} ({}) VALUES ({marks})", names.join(", "));
        conn.prepare_cached(&sql)?.execute(params_from_iter(self.0.iter().map(|(_, v)| v)))?;
        Ok(conn.last_insert_rowid())
    }

    /// Writes it over the row with this id.
    pub(super) fn update(&self, conn: &Connection, table: &str, id: i64) -> rusqlite::Result<()> {
        self.check()?;
        let sets: Vec<String> = self.0.iter().map(|(n, _)| format!("{n} = ?")).collect();
        let sql = format!("UPDATE {table} SET {} WHERE id = ?", sets.join(", "));
        let id = Value::Integer(id);
        conn.prepare_cached(&sql)?.execute(params_from_iter(self.0.iter().map(|(_, v)| v).chain([&id])))?;
        Ok(())
    }
}

/// Hashes what is given to it, each thing apart from the next.
#[derive(Default)]
pub(super) struct Hasher(blake3::Hasher);

impl Hasher {
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        self
    }

    pub(super) fn value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Null => self.0.update(b"n"),
            Value::Integer(i) => self.0.update(b"i").update(&i.to_le_bytes()),
            Value::Real(x) => self.0.update(b"r").update(&x.to_bits().to_le_bytes()),
            Value::Text(text) => {
                self.0.update(b"t");
                return self.text(text);
            }
            Value::Blob(bytes) => self.0.update(b"b").update(&(bytes.len() as u64).to_le_bytes()).update(bytes),
        };
        self
    }

    pub(super) fn columns(&mut self, columns: &Columns) -> &mut Self {
        self.0.update(&(columns.0.len() as u64).to_le_bytes());
        for (name, value) in &columns.0 {
            self.text(name).value(value);
        }
        self
    }

    /// 32 hex digits.
    pub(super) fn hash(&self) -> String {
        self.0.finalize().to_hex()[..32].to_owned()
    }
}
