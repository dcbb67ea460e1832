//! Opening the database: key, pragmas, migrations, reader connections, and errors told apart.

use super::writer::{Pending, Writer};
use crate::fault::{Exit, Fault};
use rusqlite::{Connection, OpenFlags};
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

mod embedded {
    refinery::embed_migrations!("src/store/migrations");
}

/// Where the database is and how it is opened.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// The file; its directory exists.
    pub path: PathBuf,
    /// Raw SQLCipher key; `None`: the file is not encrypted (hub on an encrypted disk).
    pub key: Option<Key>,
    /// Page cache of the writer, MiB. Readers get an eighth each; the WAL grows as large.
    pub cache_mib: u32,
}

/// A WAL shorter than this would be copied into the database too often, whatever the cache.
const WAL_PAGES_MIN: u32 = 4_000;

/// A raw 256-bit key. Never printed.
#[derive(Clone)]
pub struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(******)")
    }
}

/// What a disk or a database can do to us.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is no database under this key: wrong or missing key, or damage at its very head.
    #[error("the database cannot be read with this key")]
    Key,
    /// Disk full.
    #[error("the disk is full")]
    Full,
    /// The disk does not take what is written: a quota, a limit, a failing disk.
    #[error("the disk does not take what is written")]
    Write,
    /// Directory or file cannot be written.
    #[error("the database cannot be written")]
    ReadOnly,
    /// Another program held the file all the time that was waited for it.
    #[error("the database is held by another program")]
    Busy,
    /// Damaged pages.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// Written by a newer version of huxue.
    #[error("the database was written by a newer version")]
    Newer,
    /// Log sequence has a gap: a bug or damage.
    #[error("the log has a gap in space {space} at {lsn}")]
    Gap {
        /// Local number of the space.
        space: i64,
        /// First missing lsn.
        lsn: i64,
    },
    /// The writer thread is gone.
    #[error("the store is closed")]
    Closed,
    /// Anything else SQLite says.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{ErrorCode, ffi};
        const UNWRITTEN: [i32; 5] =
            [ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_TRUNCATE, ffi::SQLITE_IOERR_SHMSIZE, ffi::SQLITE_IOERR_SHMMAP];
        if error.sqlite_error().is_some_and(|error| UNWRITTEN.contains(&error.extended_code)) {
            return Self::Write;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Key,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Key => "store-key",
            StoreError::Full => "store-full",
            StoreError::Write => "store-write",
            StoreError::ReadOnly => "store-read-only",
            StoreError::Busy => "store-busy",
            StoreError::Corrupt(_) | StoreError::Gap { .. } => "store-corrupt",
            StoreError::Newer => "store-newer",
            StoreError::Closed | StoreError::Sqlite(_) => "store-other",
        };
        let exit = if matches!(error, StoreError::Newer) { Exit::Version } else { Exit::Storage };
        let cause = match error {
            StoreError::Sqlite(error) => Self::new("system-sqlite", Exit::Storage).with("text", error),
            StoreError::Corrupt(text) => Self::new("system-sqlite", Exit::Storage).with("text", text),
            StoreError::Gap { space, lsn } => Self::new("system-log-gap", Exit::Storage).with("space", space).with("lsn", lsn),
            StoreError::Closed => Self::new("system-broken-off", Exit::Storage),
            StoreError::ReadOnly => Self::new("system-permission", Exit::Storage),
            StoreError::Key | StoreError::Full | StoreError::Write | StoreError::Busy | StoreError::Newer => return Self::new(code, exit),
        };
        Self::new(code, Exit::Storage).because(cause)
    }
}

/// An open database.
#[derive(Debug)]
pub struct Store {
    config: StoreConfig,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens or creates, migrates, and starts the writer thread.
    ///
    /// # Errors
    /// [`StoreError::Key`] when an existing file does not open under the key; the disk's.
    pub fn open(config: StoreConfig) -> Result<Self, StoreError> {
        let mut connection = connect(&config, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // As much WAL as page cache: a page that many commits touch is copied into the database once for all of them.
        connection
            .execute_batch(&format!("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = {};", (config.cache_mib * 256).max(WAL_PAGES_MIN)))?;
        migrate(&mut connection)?;
        let writer = Writer::start(connection)?;
        Ok(Self { config, writer, readers: Mutex::new(Vec::new()) })
    }

    /// Runs `job` in the next commit and returns when that commit is on disk (synchronous=FULL: survives power loss).
    ///
    /// # Errors
    /// The job's own (nothing of it is kept), or the commit's.
    pub fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.run(job)
    }

    /// As [`Store::write`], but returns once the job is queued.
    ///
    /// # Errors
    /// [`StoreError::Closed`].
    pub fn queue<T, E, F>(&self, job: F) -> Result<Pending<T, E>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.queue(job)
    }

    /// Runs `query` on a reader connection. Sees everything committed before the call.
    ///
    /// # Errors
    /// The query's own, or that of opening a connection.
    pub fn read<T, E: From<StoreError>>(&self, query: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        self.read_mut(|c| query(c))
    }

    /// As [`Store::read`], for what needs a transaction of its own on the connection (reports).
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_mut<T, E: From<StoreError>>(&self, query: impl FnOnce(&mut Connection) -> Result<T, E>) -> Result<T, E> {
        let pooled = self.lock().pop();
        let mut connection = match pooled {
            Some(connection) => connection,
            None => connect(&self.config, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let answer = query(&mut connection);
        let mut readers = self.lock();
        if readers.len() < 8 {
            readers.push(connection);
        }
        answer
    }

    /// Forgets pooled readers, so that the next ones see a changed schema or key.
    pub fn refresh_readers(&self) {
        self.lock().clear();
    }

    /// The database file.
    pub fn path(&self) -> &std::path::Path {
        &self.config.path
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn connect(config: &StoreConfig, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(&config.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // SQLCipher would write its own lines to standard error beside ours.
    connection.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    if let Some(Key(key)) = &config.key {
        let hex = crate::model::hex::hex(key);
        // Quoted as SQLCipher wants a raw key; hex only, so nothing can be injected.
        // Pages are authenticated with SHA-256, which processors of servers compute in hardware: with SQLCipher's own choice, SHA-512, that was the
        // greatest single cost of a first sync.
        connection
            .execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_memory_security = OFF; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"))?;
    }
    let pages_kib = if flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) { config.cache_mib * 128 } else { config.cache_mib * 1024 };
    connection.execute_batch(&format!(
        "PRAGMA cache_size = -{pages_kib}; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; PRAGMA busy_timeout = 10000; PRAGMA trusted_schema = OFF;"
    ))?;
    connection.set_prepared_statement_cache_capacity(256);
    // The first read tells a wrong key from a right one.
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = embedded::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0);
    let present: Option<i64> = connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0)).unwrap_or(None);
    if present.is_some_and(|version| version > i64::from(known)) {
        return Err(StoreError::Newer);
    }
    embedded::migrations::runner().run(connection).map_err(|error| of_migration(&error))?;
    Ok(())
}

/// A migration fails for the disk's reasons more often than for its own.
fn of_migration(error: &refinery::Error) -> StoreError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if let Some(rusqlite::Error::SqliteFailure(failure, text)) = inner.downcast_ref::<rusqlite::Error>() {
            return rusqlite::Error::SqliteFailure(*failure, text.clone()).into();
        }
        source = inner.source();
    }
    StoreError::Corrupt(error.to_string())
}
