//! The projection's tables: canonical `record`, `step`, `conflict`, and one generated `record_<ledger>` a definition.
//!
//! Invariant: everything here can be made again from the log. Rows whose content did not change are not written again (`record.seen`).

use super::log::{self, DocN, Result};
use crate::{
    document::view::Value,
    ledger::{
        Catalogue,
        definition::{Definition, Field, FieldType},
    },
    model::blob::Attachment,
    replica::project::{Projection, RecordRow},
};
use rusqlite::{Connection, OptionalExtension as _, ToSql, params, types::ToSqlOutput};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    hash::{Hash as _, Hasher},
};

/// The engine's own columns, in front of the fields'.
const FIXED: [&str; 21] = [
    "_n",
    "_id",
    "_doc",
    "_school",
    "_year",
    "_term",
    "_student",
    "_state",
    "_since",
    "_due",
    "_reopened",
    "_disputed",
    "_v",
    "_origin",
    "_at",
    "on",
    "note",
    "by",
    "void",
    "void_reason",
    "continues",
];

/// Name of a ledger's table. Ledger codes are `[a-z][a-z0-9_]*`, so nothing needs escaping.
#[must_use]
pub fn table(ledger: &str) -> String {
    format!("record_{ledger}")
}

fn integer(field: &Field) -> bool {
    field.kind.is_number() || field.kind == FieldType::Bool
}

/// Column list of a definition, as in CREATE TABLE.
fn columns(definition: &Definition) -> String {
    let mut out = String::from(
        "\"_n\" INTEGER PRIMARY KEY, \"_id\" TEXT NOT NULL, \"_doc\" INTEGER NOT NULL, \"_school\" TEXT, \"_year\" INTEGER, \"_term\" INTEGER, \"_student\" TEXT, \"_state\" TEXT, \"_since\" TEXT, \
         \"_due\" TEXT, \"_reopened\" INTEGER, \"_disputed\" INTEGER NOT NULL, \"_v\" INTEGER, \"_origin\" TEXT, \"_at\" TEXT, \"on\" TEXT, \"note\" TEXT, \"by\" TEXT, \
         \"void\" INTEGER NOT NULL, \"void_reason\" TEXT, \"continues\" TEXT",
    );
    for field in &definition.fields {
        let _ = write!(out, ", \"{}\" {}", field.code, if integer(field) { "INTEGER" } else { "TEXT" });
    }
    out
}

/// Makes the typed table of each definition whose column list changed; answers which ledgers must be filled again from `record`.
pub fn prepare(c: &Connection, catalogue: &Catalogue) -> Result<Vec<String>> {
    let mut stale = Vec::new();
    let referenced: HashSet<&str> = catalogue.iter_latest().flat_map(|d| &d.fields).filter_map(|f| f.reference.as_deref()).collect();
    for definition in catalogue.iter_latest() {
        // Only what other records point to is looked up by id in its table; for the rest the index would be a third of the writing.
        let by_id = referenced.contains(definition.code.as_str());
        let columns = columns(definition) + if by_id { ", by id" } else { "" };
        let known: Option<String> =
            c.prepare_cached("SELECT columns FROM typed WHERE ledger = ?1")?.query_row([&definition.code], |r| r.get(0)).optional()?;
        if known.as_deref() == Some(columns.as_str()) {
            continue;
        }
        let name = table(&definition.code);
        let mut sql = format!("DROP TABLE IF EXISTS \"{name}\"; CREATE TABLE \"{name}\"({0}) STRICT;", columns.trim_end_matches(", by id"));
        if by_id {
            let _ = write!(sql, "CREATE INDEX \"{name}_id\" ON \"{name}\"(\"_id\");");
        }
        for field in definition.fields.iter().filter(|f| f.searchable || f.follow_up) {
            let _ = write!(sql, "CREATE INDEX \"{name}_{0}\" ON \"{name}\"(\"{0}\");", field.code);
        }
        c.execute_batch(&sql)?;
        c.execute(
            "INSERT OR REPLACE INTO typed(ledger, version, columns) VALUES(?1, ?2, ?3)",
            params![definition.code, definition.version, columns],
        )?;
        stale.push(definition.code.clone());
    }
    Ok(stale)
}

/// Empties the whole projection.
pub fn clear(c: &Connection) -> Result<()> {
    let mut statement = c.prepare("SELECT ledger FROM typed")?;
    let ledgers: Vec<String> = statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    for ledger in ledgers {
        c.execute_batch(&format!("DELETE FROM \"{}\"", table(&ledger)))?;
    }
    c.execute_batch(
        "DELETE FROM record; DELETE FROM blob_ref; DELETE FROM step; DELETE FROM conflict; DELETE FROM snapshot; UPDATE doc SET merged_lsn = 0;",
    )?;
    Ok(())
}

/// What the projection held of a record before.
struct Before {
    n: i64,
    ledger: String,
    seen: [u8; 16],
}

/// Replaces what the projection holds of one document by `projection`.
pub fn write(c: &Connection, catalogue: &Catalogue, doc: DocN, projection: &Projection, now: &str) -> Result<()> {
    let mut before: HashMap<String, Before> = HashMap::new();
    {
        let mut statement = c.prepare_cached("SELECT id, n, ledger, seen FROM record WHERE doc = ?1")?;
        let mut rows = statement.query([doc.0])?;
        while let Some(row) = rows.next()? {
            before.insert(row.get(0)?, Before { n: row.get(1)?, ledger: row.get(2)?, seen: row.get(3)? });
        }
    }
    for row in &projection.records {
        let seen = fingerprint(row);
        let old = before.remove(&row.id);
        if old.as_ref().is_some_and(|old| old.seen == seen) {
            continue;
        }
        let n = write_record(c, doc, row, seen, old.as_ref().map(|old| old.n))?;
        write_typed(c, catalogue, doc, projection, row, n, old.is_some())?;
        carry(c, row)?;
    }
    for (id, old) in before {
        remove(c, catalogue, doc, &id, &old)?;
    }
    write_conflicts(c, doc, projection, now)
}

/// Hash of everything a row is made from; only ever compared with hashes of the same program's making, or recomputed.
fn fingerprint(row: &RecordRow) -> [u8; 16] {
    let mut bytes = Fingerprint(Vec::with_capacity(1024));
    row.hash(&mut bytes);
    let mut out = [0u8; 16];
    blake3::Hasher::new().update(&bytes.0).finalize_xof().fill(&mut out);
    out
}

/// Gathers what the standard `Hash` says of a row, so that every field takes part without being listed here, and BLAKE3 is called once.
struct Fingerprint(Vec<u8>);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Never asked for: 64 bits would be too few.
    fn finish(&self) -> u64 {
        0
    }
}

/// Writes the canonical row, in place of row `old` if there was one, and its steps; gives the row's number.
///
/// Rows are deleted and inserted, never replaced: `INSERT OR REPLACE` keeps a journal for each statement, which cost more than all the rest together.
fn write_record(c: &Connection, doc: DocN, row: &RecordRow, seen: [u8; 16], old: Option<i64>) -> Result<i64> {
    if let Some(n) = old {
        c.prepare_cached("DELETE FROM record WHERE n = ?1")?.execute([n])?;
        c.prepare_cached("DELETE FROM step WHERE doc = ?1 AND record = ?2")?.execute(params![doc.0, row.id])?;
        c.prepare_cached("DELETE FROM blob_ref WHERE record = ?1")?.execute([n])?;
    }
    let fields = serde_json::to_string(&row.fields).unwrap_or_default();
    c.prepare_cached(
        "INSERT INTO record(n, doc, id, ledger, version, state, disputed, void, origin, written_at, continues, seen, fields)
         VALUES(?13, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        doc.0,
        row.id,
        row.ledger,
        row.version,
        row.state,
        row.disputed,
        row.void,
        row.origin,
        row.written_at,
        row.continues,
        &seen[..],
        fields,
        old
    ])?;
    let n = old.unwrap_or_else(|| c.last_insert_rowid());
    write_blobs(c, doc, row, n)?;
    for step in &row.steps {
        c.prepare_cached(
            "INSERT INTO step(doc, record, id, name, \"to\", \"on\", by, why, origin, authority, effect, follows, at, seq, corrected_by)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            doc.0,
            row.id,
            step.id,
            step.name,
            step.to,
            step.on,
            step.by,
            step.why,
            step.origin,
            step.authority,
            step.effect,
            step.follows,
            step.at,
            step.seq,
            step.corrected_by
        ])?;
    }
    Ok(n)
}

/// The blobs that a record names, in fields of any ledger, also of one that is not known here.
fn write_blobs(c: &Connection, doc: DocN, row: &RecordRow, n: i64) -> Result<()> {
    for attachment in attachments(row) {
        c.prepare_cached("INSERT OR IGNORE INTO blob_ref(record, hash, doc, bytes, name) VALUES(?1, ?2, ?3, ?4, ?5)")?.execute(params![
            n,
            attachment.hash.0,
            doc.0,
            log::signed(attachment.bytes),
            attachment.name
        ])?;
        // What is lacking is found without reading every reference.
        c.prepare_cached("INSERT OR IGNORE INTO blob(hash, at) VALUES(?1, '')")?.execute([attachment.hash.0])?;
    }
    Ok(())
}

/// What a record's fields refer to.
pub fn attachments(row: &RecordRow) -> impl Iterator<Item = Attachment> + '_ {
    row.fields.values().filter_map(|value| if let Value::Str(text) = value { Attachment::read(text) } else { None })
}

/// A value as a column holds it; what does not fit the column's type is left out there (it stays in `record.fields`).
struct Cell<'a>(&'a Value, bool);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match (self.0, self.1) {
            (Value::Int(n), true) => (*n).into(),
            (Value::Bool(b), true) => i64::from(*b).into(),
            (Value::Str(text), false) => text.as_str().into(),
            (Value::Int(n), false) => ToSqlOutput::from(n.to_string()),
            (Value::Bool(b), false) => ToSqlOutput::from(b.to_string()),
            _ => rusqlite::types::Null.into(),
        })
    }
}

fn write_typed(c: &Connection, catalogue: &Catalogue, doc: DocN, projection: &Projection, row: &RecordRow, n: i64, again: bool) -> Result<()> {
    let Some(definition) = catalogue.latest(&row.ledger) else { return Ok(()) };
    if again {
        c.prepare_cached(&format!("DELETE FROM \"{}\" WHERE _n = ?1", table(&row.ledger)))?.execute([n])?;
    }
    if !row.typed {
        return Ok(());
    }
    let flags: Vec<Option<String>> =
        definition.fields.iter().map(|f| (f.kind == FieldType::Flags).then(|| flags_text(&f.code, row)).flatten()).collect();
    let cells: Vec<Option<Cell<'_>>> = definition.fields.iter().map(|f| row.fields.get(&f.code).map(|v| Cell(v, integer(f)))).collect();
    let text = |key: &str| match row.fields.get(key) {
        Some(Value::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let state = carried_state(c, row)?.or_else(|| row.state.clone());
    let (on, note, by, void_reason) = (text("on"), text("note"), text("by"), text("void_reason"));
    let mut values: Vec<&dyn ToSql> = vec![
        &n,
        &row.id,
        &doc.0,
        &projection.school,
        &projection.year,
        &row.term,
        &projection.student,
        &state,
        &row.since,
        &row.due,
        &row.reopened,
        &row.disputed,
        &row.version,
        &row.origin,
        &row.written_at,
        &on,
        &note,
        &by,
        &row.void,
        &void_reason,
        &row.continues,
    ];
    for ((field, cell), flag) in definition.fields.iter().zip(&cells).zip(&flags) {
        if field.kind == FieldType::Flags {
            values.push(flag);
        } else {
            match cell {
                Some(cell) => values.push(cell),
                None => values.push(&rusqlite::types::Null),
            }
        }
    }
    c.prepare_cached(&insert_sql(definition))?.execute(values.as_slice())?;
    Ok(())
}

/// Without column names, which are those of the table as [`prepare`] made it, in its order: the text is made and looked up for every row.
fn insert_sql(definition: &Definition) -> String {
    let mut sql = String::with_capacity(64 + 2 * (FIXED.len() + definition.fields.len()));
    sql.push_str("INSERT INTO record_");
    sql.push_str(&definition.code);
    sql.push_str(" VALUES(?");
    for _ in 1..FIXED.len() + definition.fields.len() {
        sql.push_str(",?");
    }
    sql.push(')');
    sql
}

/// `|orphan|disabled|`, sorted; `None` when no option is set.
fn flags_text(field: &str, row: &RecordRow) -> Option<String> {
    let prefix = format!("{field}.");
    let mut out = String::new();
    for (key, value) in row.fields.range(prefix.clone()..) {
        let Some(option) = key.strip_prefix(&prefix) else { break };
        if *value == Value::Bool(true) {
            if out.is_empty() {
                out.push('|');
            }
            out.push_str(option);
            out.push('|');
        }
    }
    (!out.is_empty()).then_some(out)
}

/// A record that carries on last year's shows that record's state: the case continues by reference, its steps are taken there.
fn carried_state(c: &Connection, row: &RecordRow) -> Result<Option<String>> {
    let Some(root) = &row.continues else { return Ok(None) };
    Ok(c.prepare_cached("SELECT state FROM record WHERE id = ?1")?.query_row([root], |r| r.get::<_, Option<String>>(0)).optional()?.flatten())
}

/// The reverse: records that carry this one on follow its state, whichever of the two arrives first.
fn carry(c: &Connection, row: &RecordRow) -> Result<()> {
    let followers: bool = c.prepare_cached("SELECT EXISTS(SELECT 1 FROM record WHERE continues = ?1)")?.query_row([&row.id], |r| r.get(0))?;
    if followers {
        let sql = format!("UPDATE \"{}\" SET _state = ?2 WHERE _n IN (SELECT n FROM record WHERE continues = ?1)", table(&row.ledger));
        c.prepare_cached(&sql)?.execute(params![row.id, row.state])?;
    }
    Ok(())
}

fn remove(c: &Connection, catalogue: &Catalogue, doc: DocN, id: &str, old: &Before) -> Result<()> {
    c.prepare_cached("DELETE FROM record WHERE n = ?1")?.execute([old.n])?;
    c.prepare_cached("DELETE FROM step WHERE doc = ?1 AND record = ?2")?.execute(params![doc.0, id])?;
    c.prepare_cached("DELETE FROM blob_ref WHERE record = ?1")?.execute([old.n])?;
    if catalogue.latest(&old.ledger).is_some() {
        c.prepare_cached(&format!("DELETE FROM \"{}\" WHERE _n = ?1", table(&old.ledger)))?.execute([old.n])?;
    }
    Ok(())
}

fn write_conflicts(c: &Connection, doc: DocN, projection: &Projection, now: &str) -> Result<()> {
    let mut statement = c.prepare_cached("SELECT id FROM conflict WHERE doc = ?1")?;
    let mut before: Vec<String> = statement.query_map([doc.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    for item in &projection.conflicts {
        before.retain(|id| *id != item.id);
        c.prepare_cached(
            "INSERT INTO conflict(id, doc, kind, record, school, year, student, field, detail, opened) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET detail = excluded.detail, field = excluded.field",
        )?
        .execute(params![
            item.id,
            doc.0,
            item.kind,
            item.record,
            projection.school,
            projection.year,
            projection.student,
            item.field,
            item.detail.to_string(),
            now
        ])?;
    }
    for id in before {
        c.prepare_cached("DELETE FROM conflict WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Forgets the rows of one ledger, so that the next merge of their documents writes them again under its new definition.
pub fn forget(c: &Connection, ledger: &str) -> Result<()> {
    c.execute("UPDATE doc SET merged_lsn = 0 WHERE n IN (SELECT doc FROM record WHERE ledger = ?1)", [ledger])?;
    c.execute("DELETE FROM blob_ref WHERE record IN (SELECT n FROM record WHERE ledger = ?1)", [ledger])?;
    c.execute("DELETE FROM record WHERE ledger = ?1", [ledger])?;
    Ok(())
}

/// True if the canonical rows of a document are what `projection` says.
pub fn agrees(c: &Connection, doc: DocN, projection: &Projection) -> Result<bool> {
    let mut statement = c.prepare_cached("SELECT id, seen FROM record WHERE doc = ?1")?;
    let kept: HashMap<String, [u8; 16]> = statement.query_map([doc.0], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    Ok(kept.len() == projection.records.len() && projection.records.iter().all(|row| kept.get(&row.id) == Some(&fingerprint(row))))
}
