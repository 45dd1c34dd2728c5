//! Schema versions: numbered SQL files, applied in order, each in one transaction with the version it leads to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;
use super::error::store_error;

/// `loon` in ASCII: the first bytes by which `file` and others know a store.
pub(super) const APPLICATION_ID: i32 = 0x6c6f_6f6e;

/// Every schema there ever was; version n is what stands after the first n.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../assets/sql/0001_first.sql"),
    include_str!("../../assets/sql/0002_batch.sql"),
    include_str!("../../assets/sql/0003_substituted.sql"),
    include_str!("../../assets/sql/0004_plan.sql"),
    include_str!("../../assets/sql/0005_verifier_version.sql"),
    include_str!("../../assets/sql/0006_people.sql"),
    include_str!("../../assets/sql/0007_generate.sql"),
    include_str!("../../assets/sql/0008_lists.sql"),
    include_str!("../../assets/sql/0009_revisions.sql"),
    include_str!("../../assets/sql/0010_band.sql"),
    include_str!("../../assets/sql/0011_standing_and_money.sql"),
];

/// What an SQLite file is to us.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing is in it.
    Blank,
    /// A store of this schema version.
    Store(usize),
}

/// Looks what is in the file, without changing it.
///
/// # Errors
/// [`StoreError::NotAStore`] for another program's database, [`StoreError::Newer`] for a schema beyond `known`.
pub(super) fn inspect(conn: &Connection, path: &Path, known: usize) -> Result<Found, StoreError> {
    let number = |pragma: &str| conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let look = || -> rusqlite::Result<(i64, i64, bool)> {
        let blank = !conn.prepare("SELECT 1 FROM sqlite_schema")?.exists([])?;
        Ok((number("application_id")?, number("user_version")?, blank))
    };
    let (application, version, blank) = look().map_err(|e| store_error(path, &e))?;
    if blank && version == 0 {
        return Ok(Found::Blank);
    }
    if application != i64::from(APPLICATION_ID) {
        let message = "it is another program's SQLite database".to_owned();
        return Err(StoreError::NotAStore { path: path.display().to_string(), message });
    }
    let known_number = i64::try_from(known).unwrap_or(i64::MAX);
    match usize::try_from(version) {
        Ok(version) if version <= known => Ok(Found::Store(version)),
        _ => Err(StoreError::Newer { path: path.display().to_string(), found: version, known: known_number }),
    }
}

/// Brings the file to the last of `migrations`; before an existing store is changed, a copy of it is made next to it.
/// Returns the copy's path, if one was made.
pub(super) fn migrate(conn: &mut Connection, path: &Path, migrations: &[&str]) -> Result<Option<PathBuf>, StoreError> {
    let version = match inspect(conn, path, migrations.len())? {
        Found::Store(version) if version == migrations.len() => return Ok(None),
        Found::Store(version) => version,
        Found::Blank => 0,
    };
    let copy = match version {
        0 => None,
        _ => Some(back_up(conn, path, version)?),
    };
    apply(conn, migrations).map_err(|e| store_error(path, &e))?;
    Ok(copy)
}

/// Applies what is missing. The version is read again under the write lock: another process may have been first.
fn apply(conn: &mut Connection, migrations: &[&str]) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let version: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for sql in migrations.iter().skip(usize::try_from(version).unwrap_or(usize::MAX)) {
        tx.execute_batch(sql)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", migrations.len().cast_signed())?;
    tx.commit()
}

/// Copies the store to `<file>.v<version>.bak` by SQLite's own backup, which sees a consistent whole. An older copy under
/// that name is kept: the new one then gets the first free number after it.
fn back_up(conn: &Connection, path: &Path, version: usize) -> Result<PathBuf, StoreError> {
    let base = format!("{}.v{version}.bak", path.display());
    let free = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}.{n}")));
    let to = free.map(PathBuf::from).find(|p| !p.exists()).unwrap_or_else(|| PathBuf::from(&base));
    let copy = || -> rusqlite::Result<()> {
        let mut target = Connection::open(&to)?;
        Backup::new(conn, &mut target)?.run_to_completion(1024, Duration::ZERO, None)
    };
    copy().map_err(|e| StoreError::Io {
        path: path.display().to_string(),
        message: format!("it needs a newer schema, and the backup {} could not be written: {e}", to.display()),
    })?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE thing (id INTEGER PRIMARY KEY); INSERT INTO thing VALUES (1)";
    const SECOND: &str = "ALTER TABLE thing ADD COLUMN name TEXT";

    fn version(conn: &Connection) -> i64 {
        conn.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap()
    }

    #[test]
    fn an_older_store_is_copied_and_then_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loong.db");
        let mut conn = Connection::open(&path).unwrap();
        assert_eq!(migrate(&mut conn, &path, &[FIRST]).unwrap(), None, "a new store has nothing to copy");
        let copy = migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap().expect("a copy");
        assert_eq!(copy, folder.path().join("loong.db.v1.bak"));
        assert_eq!(version(&conn), 2);
        conn.execute("INSERT INTO thing (name) VALUES ('new')", []).unwrap();
        let old = Connection::open(&copy).unwrap();
        assert_eq!(version(&old), 1);
        assert_eq!(old.query_row("SELECT count(*) FROM thing", [], |r| r.get::<_, i64>(0)).unwrap(), 1);
        assert!(old.prepare("SELECT name FROM thing").is_err(), "the copy has the old schema");
        assert_eq!(migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap(), None, "nothing more to do");
    }

    #[test]
    fn a_copy_that_is_there_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loong.db");
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &[FIRST]).unwrap();
        std::fs::write(folder.path().join("loong.db.v1.bak"), "precious").unwrap();
        let copy = migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap();
        assert_eq!(copy, Some(folder.path().join("loong.db.v1.bak.2")));
        assert_eq!(std::fs::read_to_string(folder.path().join("loong.db.v1.bak")).unwrap(), "precious");
    }

    #[test]
    fn a_migration_that_fails_leaves_the_store_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loong.db");
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &[FIRST]).unwrap();
        assert!(migrate(&mut conn, &path, &[FIRST, "CREATE TABLE b (x); NONSENSE"]).is_err());
        assert_eq!(version(&conn), 1);
        assert!(conn.prepare("SELECT * FROM b").is_err());
    }

    #[test]
    fn a_newer_store_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loong.db");
        let mut conn = Connection::open(&path).unwrap();
        migrate(&mut conn, &path, &[FIRST, SECOND]).unwrap();
        let error = migrate(&mut conn, &path, &[FIRST]).unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    }
}
