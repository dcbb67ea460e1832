//! What is asked of the writes that were kept: which row became which record, where a person wrote last, which file an edit came from.

use super::Trace;
use crate::document::view::Value;
use crate::{
    ledger::definition::Form,
    model::DocId,
    replica::{Replica, Result},
};
use rusqlite::params;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};

/// Writes looked at for [`written_in`]: some weeks of a school.
const LATELY: u32 = 400;
/// How far an edit of a batch and the batch itself may be apart, in seconds.
const BATCH_S: i64 = 300;

/// A record's key, and what was written when it was made.
pub(in crate::command) type Made = (String, BTreeMap<String, Value>);

/// Records made from rows of workbooks given back, and children whose profile such a row changed, with what was written then, by the row's id; those taken back are left out.
///
/// # Errors
/// The store's.
pub(in crate::command) fn from_rows(replica: &Replica) -> Result<HashMap<String, Made>> {
    let details: Vec<String> = replica.store().read(|c| -> Result<_> {
        let mut statement = c.prepare_cached(
            "SELECT detail FROM import WHERE kind IN ('ledger', 'roster') AND undone IS NULL AND instr(detail, '\"from_row\"') > 0 ORDER BY id",
        )?;
        Ok(statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
    })?;
    let traces = details.iter().filter_map(|text| serde_json::from_str::<Vec<Trace>>(text).ok()).flatten();
    Ok(traces.filter(|trace| !trace.from_row.is_empty()).map(|trace| (trace.from_row.clone(), (trace.key(), trace.after))).collect())
}

/// Ledgers in which a person wrote last, newest first; files of imports are none.
///
/// # Errors
/// The store's.
pub fn written_in(replica: &Replica, by: &str) -> Result<Vec<String>> {
    let titles: Vec<String> = replica.store().read(|c| -> Result<_> {
        let mut statement = c.prepare_cached("SELECT file, by FROM import ORDER BY id DESC LIMIT ?1")?;
        let rows = statement.query_map([LATELY], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(rows.into_iter().filter(|(_, who)| who == by).map(|(file, _)| file).collect())
    })?;
    let profile = replica.catalogue().iter_latest().find(|d| d.form == Form::Profile).map(|d| d.code.clone());
    let mut out: Vec<String> = Vec::new();
    for title in titles {
        // A record is `ledger:key`; a profile its document alone, and the only one.
        let code = match title.split_once(':') {
            Some((code, _)) => code.to_owned(),
            None if DocId::from_hex(&title).is_some() => profile.clone().unwrap_or_default(),
            None => title,
        };
        if !out.contains(&code) {
            out.push(code);
        }
    }
    Ok(out)
}

/// The import or grid by which this machine made an edit of a record: its kind, and the file or ledger. Known by when it was, and by what it wrote; `wrote` says
/// whether the edit wrote a field so. `None`: a single edit, or of another machine.
///
/// # Errors
/// The store's.
pub fn batch_of(replica: &Replica, record: &str, at: &str, wrote: impl Fn(&str, &Json) -> bool) -> Result<Option<(String, String)>> {
    let Ok(at) = at.parse::<jiff::Timestamp>() else { return Ok(None) };
    let around = |seconds: i64| at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(at).to_string();
    let found: Vec<(String, String, String)> = replica.store().read(|c| -> Result<_> {
        // A change has whole seconds, a batch more; and what a large one writes is dated before it is kept. Of its traces only those that name the record are read.
        let sql = "SELECT kind, file, trace.value FROM import, json_each(import.detail) AS trace
                   WHERE at > ?1 AND at < ?2 AND kind <> 'edit' AND instr(detail, ?3) > 0 AND instr(trace.value, ?3) > 0 ORDER BY import.id, trace.key";
        let rows = c
            .prepare_cached(sql)?
            .query_map(params![around(-BATCH_S), around(BATCH_S), record], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(rows)
    })?;
    let fits =
        |trace: &Trace| trace.key() == record && !trace.after.is_empty() && trace.after.iter().all(|(field, value)| wrote(field, &json!(value)));
    let of = |trace: &str| serde_json::from_str::<Trace>(trace).is_ok_and(|trace| fits(&trace));
    Ok(found.into_iter().find(|(_, _, trace)| of(trace)).map(|(kind, file, _)| (kind, file)))
}
