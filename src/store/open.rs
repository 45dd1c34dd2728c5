//! Opening a store: what the file must be, how its connections are set up, and the handle that all share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};

use super::StoreError;
use super::error::store_error;
use super::migrations::{self, Found, MIGRATIONS};
use super::reader::Reader;
use super::search;
use super::writer::Writer;

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// For reading and writing; made when it is not there.
    Create,
    /// For reading and writing; must be there.
    Existing,
    /// For reading alone: nothing is written, not even a migration.
    ReadOnly,
}

/// Limits of an open store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long a write waits for another process's before it is [`StoreError::Busy`].
    pub busy: Duration,
    /// Bytes that the file may grow to; beyond, a write is [`StoreError::Full`].
    pub max_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { busy: Duration::from_secs(5), max_bytes: None }
    }
}

/// An open store. Clones share it; the last one to be dropped waits for the writer to finish what it was given.
#[derive(Clone)]
pub struct Store {
    pub(super) inner: Arc<Inner>,
}

/// What the clones of a [`Store`] share.
pub(super) struct Inner {
    pub(super) path: PathBuf,
    uid: String,
    /// Before the writer, so that the writer's connection is closed last and tidies the side files away.
    idle_readers: Mutex<Vec<Connection>>,
    /// `None` when open for reading alone.
    pub(super) writer: Option<Writer>,
    /// The file is on a medium where SQLite cannot make its side files.
    immutable: bool,
}

/// Pages that the writer keeps in memory, as `cache_size` has it: below zero in KiB.
pub(super) const WRITER_CACHE: i64 = -16_000;
/// The same while a bulk is written. Uids come in no order, and an import is slow once the pages of their index do not stay.
pub(super) const BULK_CACHE: i64 = -128_000;
/// The same of each reader. There may be several at once, and what another connection writes empties it: what a query reads
/// twice should fit, the upper pages of its indexes, and not what it reads once. Over a million rows four times as much made no
/// list, row or count faster.
const READER_CACHE: i64 = -1_000;

/// Read connections kept for the next reader.
const IDLE_READERS: usize = 4;

impl Store {
    /// Opens the store at `path`.
    ///
    /// # Errors
    /// A sentence for everything that a path may be: nothing there, a folder, no database, another program's, damaged,
    /// newer than this program, not writable.
    pub fn open(path: impl AsRef<Path>, mode: OpenMode) -> Result<Self, StoreError> {
        Self::open_with(path, mode, Limits::default())
    }

    /// Opens the store at `path` with limits of the caller's choice.
    pub fn open_with(path: impl AsRef<Path>, mode: OpenMode, limits: Limits) -> Result<Self, StoreError> {
        let path = path.as_ref().to_path_buf();
        look_at_the_file(&path, mode)?;
        if mode == OpenMode::ReadOnly {
            return Self::open_for_reading(path);
        }
        let begun = Instant::now();
        let (conn, uid) = loop {
            match open_for_writing(&path, mode, limits) {
                // Where another process is just making the store, SQLite does not always wait by itself.
                Err(StoreError::Busy { .. }) if begun.elapsed() < limits.busy => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                opened => break opened?,
            }
        };
        let writer = Writer::start(conn, path.clone(), uid.clone())?;
        Ok(Self::shared(Inner { path, uid, writer: Some(writer), idle_readers: Mutex::default(), immutable: false }))
    }

    fn open_for_reading(path: PathBuf) -> Result<Self, StoreError> {
        let sql = |e: rusqlite::Error| store_error(&path, &e);
        let look = |immutable| connect_for_reading(&path, immutable).and_then(|c| uid_of(&c).map(|_| c));
        let (conn, immutable) = match look(false) {
            Ok(conn) => (conn, false),
            // A folder that cannot be written, and no other process at work: nothing can change under us.
            Err(e) if cannot_open(&e) && !side_file(&path, "-wal").exists() => {
                (connect_for_reading(&path, true).map_err(sql)?, true)
            }
            // Not a store of ours: the inspection below says so better than the missing table does.
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::Unknown) => {
                (connect_for_reading(&path, false).map_err(sql)?, false)
            }
            Err(e) => return Err(sql(e)),
        };
        match migrations::inspect(&conn, &path, MIGRATIONS.len())? {
            Found::Store(version) if version == MIGRATIONS.len() => {}
            Found::Store(version) => {
                return Err(StoreError::Older {
                    path: path.display().to_string(),
                    found: i64::try_from(version).unwrap_or(i64::MAX),
                    known: i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX),
                });
            }
            Found::Blank => return Err(not_a_store(&path, "it is empty")),
        }
        let uid = uid_of(&conn).map_err(sql)?;
        Ok(Self::shared(Inner { path, uid, writer: None, idle_readers: Mutex::new(vec![conn]), immutable }))
    }

    fn shared(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The store's own identity: 32 hex digits, drawn when it was made.
    pub fn uid(&self) -> &str {
        &self.inner.uid
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.inner.writer.is_none()
    }

    /// A connection to read through; it goes back to be used again when the reader is dropped.
    pub fn reader(&self) -> Result<Reader, StoreError> {
        let idle = self.inner.idle_readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connect_for_reading(&self.inner.path, self.inner.immutable)
                .map_err(|e| store_error(&self.inner.path, &e))?,
        };
        Ok(Reader::new(conn, Arc::clone(&self.inner)))
    }

    /// Reads the whole file and says whether anything of it is damaged. Takes as long as reading the file does.
    pub fn check(&self) -> Result<(), StoreError> {
        let reader = self.reader()?;
        let sql = |e: rusqlite::Error| store_error(&self.inner.path, &e);
        let word: String = reader.connection().query_row("PRAGMA integrity_check(1)", [], |r| r.get(0)).map_err(sql)?;
        if word != "ok" {
            return Err(not_a_store(&self.inner.path, &format!("it is damaged: {word}")));
        }
        let orphan = reader.connection().prepare("PRAGMA foreign_key_check").and_then(|mut s| s.exists([]));
        if orphan.map_err(sql)? {
            return Err(not_a_store(&self.inner.path, "it is damaged: a row refers to one that is not there"));
        }
        Ok(())
    }
}

impl Inner {
    /// Takes a connection back.
    pub(super) fn keep(&self, conn: Connection) {
        let mut idle = self.idle_readers.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.is_empty() {
            idle.push(conn);
        } else if idle.len() < IDLE_READERS {
            // Only the one that is taken next keeps the pages that it has read.
            let shrunk = conn.execute_batch("PRAGMA shrink_memory");
            if let Err(error) = shrunk {
                tracing::debug!(%error, "an idle reader keeps its pages");
            }
            idle.insert(0, conn);
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).field("read_only", &self.is_read_only()).finish()
    }
}

/// What can be said of the path before SQLite is asked.
fn look_at_the_file(path: &Path, mode: OpenMode) -> Result<(), StoreError> {
    let io = |message: String| StoreError::Io { path: path.display().to_string(), message };
    match fs::metadata(path) {
        Ok(meta) if meta.is_dir() => Err(io("it is a folder; name the file in it, such as loong.db".into())),
        Ok(meta) if meta.len() == 0 && mode != OpenMode::Create => Err(not_a_store(path, "it is empty")),
        Ok(_) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && mode == OpenMode::Create => {
            match path.parent().filter(|p| !p.as_os_str().is_empty()) {
                Some(parent) if !parent.is_dir() => Err(io(format!("there is no folder {}", parent.display()))),
                _ => Ok(()),
            }
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Err(io("there is no such file; `loong init` makes a project with a store".into()))
        }
        Err(e) => Err(io(e.to_string())),
    }
}

fn not_a_store(path: &Path, message: &str) -> StoreError {
    StoreError::NotAStore { path: path.display().to_string(), message: message.to_owned() }
}

fn cannot_open(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn side_file(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// A connection that the writer can own, to a store of the present schema, and the store's identity.
fn open_for_writing(path: &Path, mode: OpenMode, limits: Limits) -> Result<(Connection, String), StoreError> {
    let sql = |e: rusqlite::Error| store_error(path, &e);
    let mut conn = connect(path, mode == OpenMode::Create).map_err(sql)?;
    conn.busy_timeout(limits.busy).map_err(sql)?;
    if migrations::inspect(&conn, path, MIGRATIONS.len())? == Found::Blank && mode == OpenMode::Existing {
        return Err(not_a_store(path, "it is empty"));
    }
    if conn.is_readonly("main").map_err(sql)? {
        let message = "the file is read-only; open it for reading or change its permissions".to_owned();
        return Err(StoreError::Io { path: path.display().to_string(), message });
    }
    prepare_for_writing(&conn, limits).map_err(sql)?;
    if let Some(copy) = migrations::migrate(&mut conn, path, MIGRATIONS)? {
        tracing::info!(copy = %copy.display(), "the store was migrated; a copy of the old one was kept");
    }
    let uid = ensure_uid(&conn).map_err(sql)?;
    Ok((conn, uid))
}

fn connect(path: &Path, create: bool) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    Connection::open_with_flags(path, flags)
}

fn prepare_for_writing(conn: &Connection, limits: Limits) -> rusqlite::Result<()> {
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", WRITER_CACHE)?;
    conn.pragma_update(None, "wal_autocheckpoint", 8_192)?; // pages: 32 MiB
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    keep_plans(conn)?;
    if let Some(bytes) = limits.max_bytes {
        let page: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
        conn.pragma_update(None, "max_page_count", (bytes.cast_signed() / page).max(1))?;
    }
    Ok(())
}

/// Keeps prepared statements, and their plans: else SQLite prepares some of them anew whenever a parameter is bound, to
/// plan by its value.
fn keep_plans(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn connect_for_reading(path: &Path, immutable: bool) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = if immutable {
        Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    // A reader waits only where the last writer is just closing.
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", READER_CACHE)?;
    keep_plans(&conn)?;
    search::register(&conn)?;
    Ok(conn)
}

fn immutable_uri(path: &Path) -> String {
    let escaped = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?immutable=1")
}

fn uid_of(conn: &Connection) -> rusqlite::Result<String> {
    conn.query_row("SELECT value FROM meta WHERE key = 'uid'", [], |row| row.get(0))
}

/// The store's identity, drawn if it has none yet.
fn ensure_uid(conn: &Connection) -> rusqlite::Result<String> {
    if let Some(uid) = uid_of(conn).optional()? {
        return Ok(uid);
    }
    let fresh = format!("{:032x}", rand::random::<u128>());
    conn.execute("INSERT INTO meta VALUES ('uid', ?1) ON CONFLICT DO NOTHING", [fresh])?;
    conn.execute("INSERT INTO meta VALUES ('made_at', ?1) ON CONFLICT DO NOTHING", [now()])?;
    uid_of(conn)
}

/// Now, as the store writes times: RFC 3339 in UTC with milliseconds.
pub(super) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
