//! The table `account`: who may log in here. What roles mean is the web room's business.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

/// Result of this file.
pub type Result<T> = std::result::Result<T, StoreError>;

/// One account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Number, never used again.
    pub id: i64,
    /// What is typed to log in; unique regardless of case.
    pub login: String,
    /// Name of the person, as it stands in records.
    pub name: String,
    /// Role codes joined by `,`.
    pub roles: String,
    /// `grade.class` joined by `,`.
    pub classes: String,
    /// argon2id, PHC form.
    pub password: String,
    /// The password was set by somebody else.
    pub must_change: bool,
    /// May not log in since then, RFC 3339.
    pub disabled: Option<String>,
}

impl std::fmt::Debug for AccountRow {
    /// Without the password's hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRow").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

const COLUMNS: &str = "id, login, name, roles, classes, password, must_change, disabled";

fn read(row: &Row<'_>) -> rusqlite::Result<AccountRow> {
    Ok(AccountRow {
        id: row.get(0)?,
        login: row.get(1)?,
        name: row.get(2)?,
        roles: row.get(3)?,
        classes: row.get(4)?,
        password: row.get(5)?,
        must_change: row.get(6)?,
        disabled: row.get(7)?,
    })
}

/// All of them, by login.
pub fn all(c: &Connection) -> Result<Vec<AccountRow>> {
    let mut statement = c.prepare_cached(&format!("SELECT {COLUMNS} FROM account ORDER BY disabled IS NOT NULL, login"))?;
    Ok(statement.query_map([], read)?.collect::<rusqlite::Result<_>>()?)
}

/// One by number.
pub fn by_id(c: &Connection, id: i64) -> Result<Option<AccountRow>> {
    Ok(c.prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE id = ?1"))?.query_row([id], read).optional()?)
}

/// One by what is typed to log in.
pub fn by_login(c: &Connection, login: &str) -> Result<Option<AccountRow>> {
    Ok(c.prepare_cached(&format!("SELECT {COLUMNS} FROM account WHERE login = ?1"))?.query_row([login], read).optional()?)
}

/// Whether there is any account at all.
pub fn any(c: &Connection) -> Result<bool> {
    Ok(c.prepare_cached("SELECT EXISTS(SELECT 1 FROM account)")?.query_row([], |r| r.get(0))?)
}

/// Makes an account; `None` when the login is taken. `row.id` is ignored.
pub fn insert(c: &Connection, row: &AccountRow, now: &str) -> Result<Option<i64>> {
    let made = c
        .prepare_cached(
            "INSERT INTO account(login, name, roles, classes, password, must_change, created, changed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![row.login, row.name, row.roles, row.classes, row.password, row.must_change, now])?;
    Ok((made > 0).then(|| c.last_insert_rowid()))
}

/// Changes name, roles, classes and whether it may log in.
pub fn update(c: &Connection, row: &AccountRow, now: &str) -> Result<()> {
    c.prepare_cached("UPDATE account SET name = ?2, roles = ?3, classes = ?4, disabled = ?5, changed = ?6 WHERE id = ?1")?.execute(params![
        row.id,
        row.name,
        row.roles,
        row.classes,
        row.disabled,
        now
    ])?;
    Ok(())
}

/// Sets a password's hash.
pub fn set_password(c: &Connection, id: i64, password: &str, must_change: bool, now: &str) -> Result<()> {
    c.prepare_cached("UPDATE account SET password = ?2, must_change = ?3, changed = ?4 WHERE id = ?1")?.execute(params![
        id,
        password,
        must_change,
        now
    ])?;
    Ok(())
}
