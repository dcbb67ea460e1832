//! The audit chain: one row a read or export of named records and an act that matters; each row's hash covers the row and all before it.
//!
//! Invariant: a row is written in the commit it belongs to and never changed; `check` finds any that was altered, left out in the midst or put in. Rows cut off
//! at the end leave no trace in the chain itself: who must know notes the head's hash elsewhere.

use super::{StoreError, log};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

const HASHED: &str = "huxue audit row v1";
/// Longest text of one member, bytes; longer ones are cut.
const TEXT_BYTES_MAX: usize = 200;

/// What is noted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Who, as far as this machine knows.
    pub who: String,
    /// What was done: `list`, `show`, `report`, `export`, `revoke` …
    pub action: String,
    /// With what: ledger, report, record, node. Never a name or an identity number.
    pub subject: String,
    /// Rows seen or touched.
    pub rows: u64,
}

/// A row of the chain.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// 1 for the first; dense.
    pub seq: u64,
    /// When, by this machine's clock.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub act: Act,
    #[serde(skip)]
    prev: [u8; 32],
    #[serde(skip)]
    hash: [u8; 32],
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Rows.
    pub entries: u64,
    /// Hash of the last, hex; of no rows: zeros.
    pub head: String,
}

fn hash(prev: &[u8; 32], seq: u64, at: &str, act: &Act) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key(HASHED);
    hasher.update(prev).update(&seq.to_be_bytes()).update(&act.rows.to_be_bytes());
    for text in [at, &act.who, &act.action, &act.subject] {
        hasher.update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes());
    }
    hasher.finalize().into()
}

/// One line, no control characters: it is shown on terminals.
fn clean(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.get(..text.floor_char_boundary(TEXT_BYTES_MAX)).unwrap_or_default().to_owned()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let act = Act { who: row.get(2)?, action: row.get(3)?, subject: row.get(4)?, rows: log::unsigned(row.get(5)?) };
    Ok(Entry { seq: log::unsigned(row.get(0)?), at: row.get(1)?, act, prev: row.get(6)?, hash: row.get(7)? })
}

/// Adds a row. Runs in the writer's transaction: the row before it cannot change meanwhile.
///
/// # Errors
/// The database's.
pub fn append(c: &Connection, at: &str, act: &Act) -> Result<(), StoreError> {
    let act = Act { who: clean(&act.who), action: clean(&act.action), subject: clean(&act.subject), rows: act.rows.min(i64::MAX.unsigned_abs()) };
    let last: Option<(i64, [u8; 32])> =
        c.prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?.query_row([], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    let (before, prev) = last.unwrap_or((0, [0; 32]));
    let seq = before + 1;
    let hash = hash(&prev, log::unsigned(seq), at, &act);
    let rows = i64::try_from(act.rows).unwrap_or(i64::MAX);
    c.prepare_cached("INSERT INTO audit(seq, at, who, action, subject, rows, prev, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![seq, at, act.who, act.action, act.subject, rows, &prev[..], &hash[..]])?;
    Ok(())
}

/// The newest rows first, at most `limit`, of one `action` if named.
///
/// # Errors
/// The database's.
pub fn list(c: &Connection, action: Option<&str>, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT seq, at, who, action, subject, rows, prev, hash FROM audit WHERE ?1 IS NULL OR action = ?1 ORDER BY seq DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![action, limit], entry)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Goes through the whole chain. What does not fit is added to `problems`, one short text each; the first break ends it, for everything after hangs on it.
///
/// # Errors
/// The database's.
pub fn check(c: &Connection, problems: &mut Vec<String>) -> Result<Head, StoreError> {
    let mut statement = c.prepare("SELECT seq, at, who, action, subject, rows, prev, hash FROM audit ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let (mut before, mut prev) = (0, [0u8; 32]);
    while let Some(row) = rows.next()? {
        let entry = entry(row)?;
        let whole = entry.seq == before + 1 && entry.prev == prev && entry.hash == hash(&prev, entry.seq, &entry.at, &entry.act);
        if !whole {
            problems.push(format!("audit: the chain breaks at entry {}", entry.seq));
            break;
        }
        (before, prev) = (entry.seq, entry.hash);
    }
    Ok(Head { entries: before, head: crate::model::ChangeHash(prev).to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(rows: u64) -> Connection {
        let c = Connection::open_in_memory().unwrap();
        c.execute_batch(
            "CREATE TABLE audit(seq INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, rows INTEGER NOT NULL,
             prev BLOB NOT NULL, hash BLOB NOT NULL) STRICT",
        )
        .unwrap();
        for n in 1..=rows {
            let act = Act { who: "王老师".into(), action: "list".into(), subject: "care_log".into(), rows: n };
            append(&c, "2026-03-01T00:00:00Z", &act).unwrap();
        }
        c
    }

    fn broken(c: &Connection) -> Vec<String> {
        let mut problems = Vec::new();
        check(c, &mut problems).unwrap();
        problems
    }

    #[test]
    fn a_whole_chain_is_passed_and_its_head_changes_with_every_row() {
        let (three, four) = (chain(3), chain(4));
        let mut none = Vec::new();
        let (a, b) = (check(&three, &mut none).unwrap(), check(&four, &mut none).unwrap());
        assert_eq!((none.len(), a.entries, b.entries), (0, 3, 4));
        assert_ne!(a.head, b.head);
        assert_eq!(list(&four, Some("list"), 2).unwrap().iter().map(|e| e.seq).collect::<Vec<_>>(), [4, 3]);
        assert!(list(&four, Some("show"), 2).unwrap().is_empty());
    }

    #[test]
    fn a_row_altered_left_out_or_put_in_breaks_the_chain() {
        for sql in [
            "UPDATE audit SET who = '李老师' WHERE seq = 2",
            "UPDATE audit SET rows = 9 WHERE seq = 2",
            "UPDATE audit SET at = '2026-03-02T00:00:00Z' WHERE seq = 2",
            "UPDATE audit SET hash = prev WHERE seq = 2",
            "DELETE FROM audit WHERE seq = 2",
            "DELETE FROM audit WHERE seq = 2; UPDATE audit SET seq = seq - 1 WHERE seq > 2",
            "UPDATE audit SET seq = seq + 10 WHERE seq > 1; INSERT INTO audit SELECT 2, at, who, action, subject, rows, prev, hash FROM audit WHERE seq = 1",
        ] {
            let c = chain(4);
            c.execute_batch(sql).unwrap();
            assert_eq!(broken(&c).len(), 1, "{sql}");
        }
    }

    #[test]
    fn what_is_noted_is_one_line_of_bounded_length() {
        let c = chain(0);
        append(&c, "t", &Act { who: "a\n\u{1b}[2Jb".into(), action: "x".into(), subject: "学".repeat(500), rows: u64::MAX }).unwrap();
        let entry = list(&c, None, 1).unwrap().remove(0);
        assert_eq!((entry.act.who.as_str(), entry.act.subject.len()), ("a[2Jb", 198));
        assert!(broken(&c).is_empty());
    }
}
