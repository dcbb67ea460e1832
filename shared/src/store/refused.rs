//! The table `refused_upload`: workbooks of refused rows that wait for the person who sent the file. Who may see one is asked with every statement: the account is in it.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, params};

/// Result of this file.
pub type Result<T> = std::result::Result<T, StoreError>;

/// A workbook that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Id: of person, target and file.
    pub id: String,
    /// Name of the file it came from.
    pub file: String,
    /// Ledger it was to be imported into; empty: a roster.
    pub target: String,
    /// Rows refused.
    pub rows: usize,
}

/// Keeps a workbook in place of an earlier one of the same id. `at`: RFC 3339.
///
/// # Errors
/// The store's.
pub fn keep(c: &Connection, account: i64, at: &str, waiting: &Waiting, workbook: &[u8]) -> Result<()> {
    let rows = i64::try_from(waiting.rows).unwrap_or(i64::MAX);
    c.execute(
        "INSERT OR REPLACE INTO refused_upload(id, at, account, target, file, rows, workbook) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![waiting.id, at, account, waiting.target, waiting.file, rows, workbook],
    )?;
    Ok(())
}

/// Forgets one, if it is this account's, and all that are older than `before`.
///
/// # Errors
/// The store's.
pub fn forget(c: &Connection, account: i64, id: &str, before: &str) -> Result<()> {
    c.execute("DELETE FROM refused_upload WHERE (id = ?1 AND account = ?2) OR at < ?3", params![id, account, before])?;
    Ok(())
}

/// Those of an account since `since`, newest first.
///
/// # Errors
/// The store's.
pub fn of(c: &Connection, account: i64, since: &str) -> Result<Vec<Waiting>> {
    let mut statement = c.prepare_cached("SELECT id, file, target, rows FROM refused_upload WHERE account = ?1 AND at >= ?2 ORDER BY at DESC")?;
    let rows = statement.query_map(params![account, since], |r| {
        Ok(Waiting { id: r.get(0)?, file: r.get(1)?, target: r.get(2)?, rows: usize::try_from(r.get::<_, i64>(3)?).unwrap_or(0) })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The name of the file and the workbook, if it is this account's.
///
/// # Errors
/// The store's.
pub fn workbook(c: &Connection, account: i64, id: &str) -> Result<Option<(String, Vec<u8>)>> {
    let mut statement = c.prepare_cached("SELECT file, workbook FROM refused_upload WHERE id = ?1 AND account = ?2")?;
    Ok(statement.query_row(params![id, account], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}
