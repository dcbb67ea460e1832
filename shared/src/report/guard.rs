//! The fence at run time: while a report runs, SQLite lets its connection read the tables of reports and nothing else, and stops it after a
//! bounded amount of work. Both are taken off again when the guard is dropped.
//!
//! Work is counted in steps of SQLite's virtual machine, not in time: the same report on the same data either always runs or never does, and
//! no clock is read. About 50 million steps take a second on a plain machine.

use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Steps between two looks at the count.
const STEPS_A_LOOK: i32 = 10_000;

/// A connection with the fence up, in a read transaction: everything read through it is of one moment.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    connection: &'a mut Connection,
    began: bool,
}

impl<'a> Guard<'a> {
    /// Puts the fence up.
    pub(super) fn new(connection: &'a mut Connection, steps_max: u64) -> rusqlite::Result<Self> {
        let began = connection.is_autocommit();
        if began {
            connection.execute_batch("BEGIN DEFERRED")?;
        }
        let guard = Self { connection, began };
        let closed = closed_tables(guard.connection)?;
        guard.connection.authorizer(Some(move |context: AuthContext<'_>| authorize(&context, &closed)))?;
        let done = Arc::new(AtomicU64::new(0));
        let step = u64::from(STEPS_A_LOOK.unsigned_abs());
        guard.connection.progress_handler(STEPS_A_LOOK, Some(move || done.fetch_add(step, Ordering::Relaxed) >= steps_max))?;
        Ok(guard)
    }

    /// The connection, for reading.
    pub(super) fn connection(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        // Nothing was written: whatever these answer, there is nothing to save or undo.
        let _ = self.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>);
        let _ = self.connection.progress_handler(0, None::<fn() -> bool>);
        if self.began {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}

/// Names in the database that no report reads, in lower case.
fn closed_tables(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection
        .prepare("SELECT lower(name) FROM sqlite_schema WHERE type IN ('table', 'view') UNION ALL SELECT lower(name) FROM sqlite_temp_schema")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let known = ["sqlite_schema", "sqlite_master", "sqlite_temp_schema", "sqlite_temp_master"].map(str::to_owned);
    let mut closed: HashSet<String> = names.collect::<rusqlite::Result<_>>()?;
    closed.retain(|name| !is_report_table(name));
    closed.extend(known);
    Ok(closed)
}

fn authorize(context: &AuthContext<'_>, closed: &HashSet<String>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if !function_name.eq_ignore_ascii_case("load_extension") => Authorization::Allow,
        AuthAction::Read { table_name, .. } if is_report_table(table_name) => Authorization::Allow,
        // What stands behind the view `school` is read through it only.
        AuthAction::Read { .. } if context.accessor == Some("school") => Authorization::Allow,
        // `SELECT count(*) FROM name` carries no database name, be it a table or a common table expression of the report.
        AuthAction::Read { table_name, .. } if context.database_name.is_none() && !closed.contains(&table_name.to_ascii_lowercase()) => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn is_report_table(table: &str) -> bool {
    table.starts_with("record_") || matches!(table, "school" | "step" | "doc" | "conflict" | "json_each")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE record_a (x); CREATE TABLE secret (x); CREATE VIEW record_view AS SELECT * FROM secret").unwrap();
        connection
    }

    #[test]
    fn only_reading_reports_tables_is_let_through() {
        let mut connection = connection();
        let guard = Guard::new(&mut connection, 1_000_000).unwrap();
        for sql in
            ["SELECT count(*) FROM record_a", "WITH c AS (SELECT x FROM record_a) SELECT count(*) FROM c", "SELECT value FROM json_each('[1]')"]
        {
            assert!(guard.connection().prepare(sql).is_ok(), "{sql}");
        }
        let refused = [
            "SELECT * FROM secret",
            "SELECT count(*) FROM secret",
            "SELECT * FROM record_view",
            "SELECT count(*) FROM Secret",
            "SELECT * FROM sqlite_master",
            "SELECT count(*) FROM sqlite_schema",
            "INSERT INTO record_a VALUES (1)",
            "DROP TABLE record_a",
            "PRAGMA user_version",
            "ATTACH 'x' AS y",
            "SELECT load_extension('x')",
            "COMMIT",
        ];
        for sql in refused {
            assert!(guard.connection().prepare(sql).is_err(), "{sql}");
        }
        drop(guard);
        assert!(connection.is_autocommit());
        connection.execute_batch("INSERT INTO record_a SELECT x FROM secret").unwrap();
    }

    #[test]
    fn endless_work_is_stopped() {
        let mut connection = connection();
        let guard = Guard::new(&mut connection, 100_000).unwrap();
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        let answer = guard.connection().query_row(endless, [], |row| row.get::<_, i64>(0));
        assert!(matches!(answer, Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)));
    }
}
