//! Taking back what was written: an import, a batch from the grid, or a single record that was added, corrected or voided.
//!
//! What a write did is kept beside it ([`Trace`]), in the same commit. Taking back is an edit like any other, so it syncs, and what was there stays in the trail.
//! Invariant: what somebody changed since is kept and said, never overwritten, even where it was changed back to the same value; a lifecycle step is never taken back (it was somebody's word), and keeps its record.

mod asked;

pub(super) use asked::{Made, from_rows};
pub use asked::{batch_of, written_in};

use crate::{
    document::{
        view::Value,
        write::{Edit, Target},
    },
    fault::{Exit, Fault},
    ledger::{Definition, value},
    locale::Lang,
    model::{DocId, Space},
    replica::{
        Replica, Result,
        edit::{DocEdit, What},
        records::{Place, Prepared, signature},
        rules,
    },
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Single edits can be taken back for so long; batches for ever.
const EDIT_DAYS: i64 = 30;
/// Why a record is void that was taken back; its batch follows.
const REASON: &str = "undo ";
/// Lines of [`list`].
const LISTED: u32 = 50;
/// Kept values named in an answer at most; more are counted.
const KEPT_NAMED_MAX: usize = 200;

/// What a write did to one document or record, for taking it back.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Trace {
    pub(super) space: String,
    pub(super) doc: DocId,
    /// Record key; empty: the profile.
    pub(super) record: String,
    /// True: this write made it.
    pub(super) new: bool,
    /// Values before, of fields it changed.
    pub(super) before: BTreeMap<String, Value>,
    /// Values it wrote over them.
    pub(super) after: BTreeMap<String, Value>,
    /// It took a lifecycle step too, which stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) step: bool,
    /// It stands beside another of the same row, and is none of those that are counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) beside: bool,
    /// Id of the row of a workbook given back that it was made from: whatever is corrected in that row later, it is this record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) from_row: String,
}

impl Trace {
    /// Of a record that `edit` makes; `None` if it makes none.
    pub(super) fn of_new(edit: &DocEdit) -> Option<Self> {
        let What::Edit(words) = &edit.what else { return None };
        let (record, after) = match words.creates.first() {
            Some(made) => (made.key.clone(), made.fields.clone()),
            None => (String::new(), words.sets.iter().map(|(_, key, value)| (key.clone(), value.clone())).collect()),
        };
        Some(Self {
            space: edit.space.to_string(),
            doc: edit.doc,
            record,
            new: true,
            before: BTreeMap::new(),
            after,
            step: false,
            beside: false,
            from_row: String::new(),
        })
    }

    /// Of a change to the record at `place`: only what really differs; who wrote last is no value of the record.
    pub(super) fn of_change(place: &Place, edit: &DocEdit) -> Option<Self> {
        let What::Edit(words) = &edit.what else { return None };
        let after: BTreeMap<String, Value> = words
            .sets
            .iter()
            .filter(|(_, key, value)| {
                let same = place.fields.get(key).unwrap_or(&Value::Null) == value;
                !key.starts_with('_') && !same && (*value != Value::Bool(false) || place.fields.contains_key(key))
            })
            .map(|(_, key, value)| (key.clone(), value.clone()))
            .collect();
        let step = !words.steps.is_empty();
        if after.is_empty() && !step {
            return None;
        }
        let before = after.keys().map(|key| (key.clone(), place.fields.get(key).cloned().unwrap_or(Value::Null))).collect();
        let record = if place.id == place.doc.to_string() { String::new() } else { place.id.clone() };
        Some(Self { space: edit.space.to_string(), doc: place.doc, record, new: false, before, after, step, beside: false, from_row: String::new() })
    }

    fn key(&self) -> String {
        if self.record.is_empty() { self.doc.to_string() } else { self.record.clone() }
    }

    fn target(&self) -> Target {
        if self.record.is_empty() { Target::Subject } else { Target::Record(self.record.clone()) }
    }
}

/// What is said of a write that can be taken back.
#[derive(Clone, Debug)]
pub(super) struct Note {
    /// `roster`, `ledger`, `grid` or `edit`.
    pub(super) kind: &'static str,
    /// File, ledger or record: never a name.
    pub(super) title: String,
    /// Hash of the file, or empty.
    pub(super) hash: String,
    /// Who.
    pub(super) by: String,
}

/// Keeps a write's traces; to be run in the commit that writes.
///
/// # Errors
/// The store's.
pub(super) fn keeping(replica: &Replica, note: Note, traces: &[Trace]) -> Result<(String, impl FnOnce(&Connection) -> Result<()> + Send + 'static)> {
    let now = replica.clock().now();
    let id = replica.clock().ulid().to_string();
    let detail = serde_json::to_string(traces).map_err(Fault::internal)?;
    let (batch, at) = (id.clone(), now.to_string());
    let old = now.checked_sub(jiff::SignedDuration::from_hours(24 * EDIT_DAYS)).map_or_else(|_| String::new(), |at| at.to_string());
    Ok((id, move |c: &Connection| {
        c.prepare_cached("INSERT INTO import(id, at, kind, file, sha256, detail, by) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![batch, at, note.kind, note.title, note.hash, detail, note.by])?;
        c.prepare_cached("DELETE FROM import WHERE kind = 'edit' AND at < ?1")?.execute([old])?;
        Ok(())
    }))
}

/// Commits one prepared edit with its trace, and gives the id to take it back by; `None` if nothing changed.
///
/// # Errors
/// As [`Replica::commit`].
pub(super) fn commit_one(replica: &Arc<Replica>, edit: DocEdit, trace: Option<Trace>, by: Option<&str>) -> Result<(u64, Option<String>)> {
    let Some(trace) = trace else { return Ok((replica.commit(vec![edit])?, None)) };
    let note = Note { kind: "edit", title: trace.key(), hash: String::new(), by: by.unwrap_or_default().to_owned() };
    let (id, keep) = keeping(replica, note, &[trace])?;
    let made = replica.commit_with(vec![edit], None, keep)?;
    Ok((made, (made > 0).then_some(id)))
}

/// Commits a prepared edit of the record at `place`.
///
/// # Errors
/// As [`Replica::commit`].
pub(super) fn commit_change(replica: &Arc<Replica>, place: &Place, prepared: Prepared, by: Option<&str>) -> Result<(Prepared, Option<String>)> {
    let trace = Trace::of_change(place, &prepared.edit);
    let Prepared { edit, mut done } = prepared;
    let (made, undo) = commit_one(replica, edit.clone(), trace, by)?;
    done.changed = made > 0;
    Ok((Prepared { edit, done }, undo))
}

/// A record that was made, taken back, and is now made again: it comes back with its new values. `None` if it was not taken back but voided with a reason of somebody's.
pub(super) fn revived(place: &Place, fields: &BTreeMap<String, Value>) -> Option<(DocEdit, Trace)> {
    let Some(Value::Str(reason)) = place.fields.get("void_reason") else { return None };
    if !place.void || !(reason.starts_with(REASON)) {
        return None;
    }
    let mut sets: BTreeMap<String, Value> = fields.iter().filter(|(key, _)| *key != "_v").map(|(key, value)| (key.clone(), value.clone())).collect();
    sets.extend([("void".to_owned(), Value::Bool(false)), ("void_reason".to_owned(), Value::Null)]);
    let target = if place.id == place.doc.to_string() { Target::Subject } else { Target::Record(place.id.clone()) };
    let sets = sets.into_iter().map(|(key, value)| (target.clone(), key, value)).collect();
    let edit = DocEdit { space: place.space, doc: place.doc, what: What::Edit(Edit { sets, ..Edit::default() }) };
    let trace = Trace::of_change(place, &edit)?;
    Some((edit, trace))
}

/// Whether a void record is so because the write that made it was taken back, and not because of somebody's reason.
pub(super) fn is_taken_back(fields: &BTreeMap<String, Value>) -> bool {
    matches!(fields.get("void_reason"), Some(Value::Str(reason)) if reason.starts_with(REASON))
}

/// What can be taken back, newest first.
///
/// # Errors
/// The store's.
pub fn list(replica: &Replica) -> Result<Json> {
    let rows: Vec<Json> = replica.store().read(|c| -> Result<_> {
        let mut statement = c.prepare_cached(
            "SELECT id, at, kind, file, by, (SELECT count(*) FROM json_each(detail) WHERE json_extract(value, '$.beside') IS NULL), undone
             FROM import ORDER BY id DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([LISTED], |r| {
            Ok(json!({ "batch": r.get::<_, String>(0)?, "at": r.get::<_, String>(1)?, "kind": r.get::<_, String>(2)?, "title": r.get::<_, String>(3)?,
                "by": r.get::<_, String>(4)?, "rows": r.get::<_, i64>(5)?, "undone": r.get::<_, Option<String>>(6)? }))
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })?;
    Ok(json!({ "undo": rows }))
}

/// Whether a record is void because what made it was taken back.
#[must_use]
pub fn is_undo(reason: &str) -> bool {
    reason.strip_prefix(REASON).is_some_and(|id| id.len() == 26 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A write that was kept, by its id or the beginning of it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its id.
    pub id: String,
    /// `roster`, `ledger`, `grid` or `edit`.
    pub kind: String,
    /// When it was written.
    pub at: String,
    /// When it was taken back.
    pub undone: Option<String>,
    traces: Vec<Trace>,
}

impl Kept {
    /// Records it touched; a profile by its document.
    pub fn records(&self) -> impl Iterator<Item = String> {
        self.traces.iter().map(Trace::key)
    }

    /// Whether it was written more than `hours` ago. What has no readable time is old.
    #[must_use]
    pub fn is_older_than(&self, hours: i64, now: jiff::Timestamp) -> bool {
        self.at.parse::<jiff::Timestamp>().map_or(true, |at| now.duration_since(at) > jiff::SignedDuration::from_hours(hours))
    }
}

/// Finds a write.
///
/// # Errors
/// `import-none`.
pub fn find(replica: &Replica, batch: &str) -> Result<Kept> {
    let wanted = batch.trim().to_ascii_uppercase();
    let found: Option<(String, String, String, Option<String>, String)> = replica.store().read(|c| -> Result<_> {
        let mut statement =
            c.prepare_cached("SELECT id, kind, at, undone, detail FROM import WHERE id >= ?1 AND id < ?1 || '~' ORDER BY id LIMIT 1")?;
        Ok(statement.query_row([&wanted], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))).optional()?)
    })?;
    let Some((id, kind, at, undone, detail)) = found.filter(|_| wanted.len() >= 4) else {
        return Err(Fault::new("import-none", Exit::NoMatch).with("batch", batch).into());
    };
    Ok(Kept { id, kind, at, undone, traces: serde_json::from_str(&detail).map_err(Fault::internal)? })
}

/// Takes a write back: what it made is voided, what it changed gets its old values again where nobody has changed them since; what was kept is in the answer.
///
/// # Errors
/// `import-none`, `import-undone`; `undo-old` for a single edit of more than 30 days ago.
pub fn undo(replica: &Arc<Replica>, batch: &str, by: Option<&str>, lang: Lang) -> Result<Json> {
    let kept = find(replica, batch)?;
    if let Some(at) = kept.undone {
        return Err(Fault::new("import-undone", Exit::Input).with("batch", &kept.id).with("at", at).into());
    }
    if kept.kind == "edit" && kept.is_older_than(24 * EDIT_DAYS, replica.clock().now()) {
        return Err(Fault::new("undo-old", Exit::Input).with("days", EDIT_DAYS).into());
    }
    let own: BTreeSet<String> = kept.traces.iter().map(Trace::key).collect();
    let since = written_since(replica, &kept.at, &own)?;
    let disputed = replica.in_dispute()?;
    let beside = kept.traces.iter().filter(|trace| trace.beside).map(|trace| (trace.key(), &trace.after)).collect();
    let mut back = Back { replica, id: &kept.id, by, lang, own, beside, since, disputed, edits: Vec::new(), undone: 0, kept: 0, named: Vec::new() };
    // Backwards, so that the oldest value of a field written twice is the one that stays.
    for trace in kept.traces.iter().rev() {
        back.take(trace)?;
    }
    let Back { edits, undone, kept: stay, named, .. } = back;
    let (now, id) = (replica.clock().now().to_string(), kept.id.clone());
    let batch = id.clone();
    replica.commit_with(edits, None, move |c| {
        c.execute("UPDATE import SET undone = ?2 WHERE id = ?1", params![batch, now])?;
        Ok(())
    })?;
    Ok(json!({ "batch": id, "undone": undone, "kept": stay, "kept_values": named }))
}

/// Fields of these records that a later write set here. `at` as the store writes it: UTC, of which the fraction may be shorter, so within a second any order is taken.
fn written_since(replica: &Replica, at: &str, own: &BTreeSet<String>) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let later: Vec<String> = replica.store().read(|c| -> Result<_> {
        let mut statement = c.prepare_cached("SELECT detail FROM import WHERE at > ?1 AND undone IS NULL")?;
        Ok(statement.query_map([at], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
    })?;
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for detail in later {
        let traces: Vec<Trace> = serde_json::from_str(&detail).map_err(Fault::internal)?;
        for trace in traces.into_iter().filter(|trace| own.contains(&trace.key())) {
            out.entry(trace.key()).or_default().extend(trace.after.into_keys());
        }
    }
    Ok(out)
}

/// A taking back under way.
struct Back<'a> {
    replica: &'a Replica,
    id: &'a str,
    by: Option<&'a str>,
    lang: Lang,
    /// Records of the same batch: they do not keep each other.
    own: BTreeSet<String>,
    /// What it wrote into records that it did not make ([`Trace::beside`]): what else stands there is somebody's work.
    beside: BTreeMap<String, &'a BTreeMap<String, Value>>,
    /// Fields written again on this machine since, and not taken back, by record: whatever they hold now is the later word.
    since: BTreeMap<String, BTreeSet<String>>,
    /// What waits for a person's choice, by record: taking back is none.
    disputed: BTreeMap<String, BTreeSet<String>>,
    edits: Vec<DocEdit>,
    undone: u64,
    kept: u64,
    named: Vec<Json>,
}

impl Back<'_> {
    fn take(&mut self, trace: &Trace) -> Result<()> {
        let Ok(space) = trace.space.parse::<Space>() else { return Ok(()) };
        let place = self.replica.locate(&trace.key())?;
        if self.replica.may_work_in(trace.doc).is_err() {
            self.keep(trace, &place, "", "closed");
            return Ok(());
        }
        if self.replica.definition(&place.ledger).is_ok_and(|definition| self.replica.not_sealed(&place, &definition).is_err()) {
            self.keep(trace, &place, "", "sealed");
            return Ok(());
        }
        // What was opened anew since stands in its place.
        if !trace.new && trace.after.get("void") == Some(&Value::Bool(true)) && place.void && self.replica.open_beside(&place)?.is_some() {
            self.keep(trace, &place, "", "another");
            return Ok(());
        }
        let fields = if trace.new { self.unmade(trace, &place)? } else { self.restored(trace, &place) };
        if fields.is_empty() {
            return Ok(());
        }
        let mut sets: Vec<_> = fields.into_iter().map(|(key, value)| (trace.target(), key, value)).collect();
        sets.push(signature(trace.target(), self.by));
        self.edits.push(DocEdit { space, doc: trace.doc, what: What::Edit(Edit { sets, ..Edit::default() }) });
        self.undone += u64::from(!trace.beside);
        Ok(())
    }

    /// A record that was made is voided, unless somebody has worked on it since.
    fn unmade(&mut self, trace: &Trace, place: &Place) -> Result<BTreeMap<String, Value>> {
        if place.void {
            return Ok(BTreeMap::new());
        }
        let empty = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
        let ours = |key: &str| key == "by" || key.starts_with('_');
        let changed = trace.after.iter().find(|(key, value)| !ours(key) && place.fields.get(*key).unwrap_or(&Value::Null) != *value && !empty(value));
        let added = place.fields.iter().find(|(key, value)| !ours(key) && !trace.after.contains_key(*key) && !empty(value));
        let disputed = self.disputed.get(&trace.key()).and_then(|keys| keys.first());
        let worked_on = changed.or(added).map(|(key, _)| key).filter(|_| !trace.after.is_empty());
        if let Some(key) = disputed.or(worked_on).cloned() {
            self.keep(trace, place, &key, "changed");
        } else if let Some(why) = self.leant_on(trace, place)? {
            self.keep(trace, place, "", why);
        } else {
            let reason = Value::Str(format!("{REASON}{}", self.id));
            return Ok(BTreeMap::from([("void".to_owned(), Value::Bool(true)), ("void_reason".to_owned(), reason)]));
        }
        Ok(BTreeMap::new())
    }

    /// What stands on a record that was made: steps taken, or a child's own records. What a rule opened by itself and nobody touched is not somebody's work.
    fn leant_on(&self, trace: &Trace, place: &Place) -> Result<Option<&'static str>> {
        let (n, record) = (place.n.0, trace.record.clone());
        let stepped = |c: &Connection, id: &str| -> Result<bool> {
            let mut statement = c.prepare_cached("SELECT EXISTS(SELECT 1 FROM step WHERE doc = ?1 AND record = ?2 AND effect = 'effective')")?;
            Ok(statement.query_row(params![n, id], |r| r.get(0))?)
        };
        self.replica.store().read(|c| {
            if !record.is_empty() {
                return Ok(stepped(c, &record)?.then_some("step"));
            }
            let mut statement = c.prepare_cached("SELECT id, ledger, fields FROM record WHERE doc = ?1 AND void = 0 AND ledger <> 'enrolment'")?;
            let rows: Vec<(String, String, String)> =
                statement.query_map([n], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
            for (id, ledger, fields) in rows.iter().filter(|(id, ..)| !self.own.contains(id) || self.beside.contains_key(id)) {
                let fields: BTreeMap<String, Value> = serde_json::from_str(fields).unwrap_or_default();
                if !self.opened_by_rule(trace.doc, id, ledger, &fields) || stepped(c, id)? {
                    return Ok(Some("records"));
                }
            }
            Ok(None)
        })
    }

    /// A record as a rule opened it: with the key the rule gives it, and nothing in it but what the rule sets.
    fn opened_by_rule(&self, doc: DocId, id: &str, ledger: &str, fields: &BTreeMap<String, Value>) -> bool {
        let Some(rule) = rules::maker(&self.replica.catalogue(), doc, ledger, id, fields) else { return false };
        let filled = fields.iter().filter(|(key, value)| !key.starts_with('_') && !matches!(value, Value::Null | Value::Bool(false)));
        let ours = |key: &str, value: &Value| self.beside.get(id).is_some_and(|after| after.get(key) == Some(value));
        filled.into_iter().all(|(key, value)| key == "on" || rule.set.contains_key(key) || ours(key, value))
    }

    /// Fields whose value is still the one that was written get the one before.
    fn restored(&mut self, trace: &Trace, place: &Place) -> BTreeMap<String, Value> {
        let mut fields = BTreeMap::new();
        for (field, old) in &trace.before {
            let empty = Value::Null;
            let disputed = self.disputed.get(&trace.key()).is_some_and(|keys| keys.contains(field));
            let again = self.since.get(&trace.key()).is_some_and(|fields| fields.contains(field));
            if !disputed && !again && place.fields.get(field).unwrap_or(&empty) == trace.after.get(field).unwrap_or(&empty) {
                fields.insert(field.clone(), old.clone());
            } else {
                self.keep(trace, place, field, "changed");
            }
        }
        if trace.step {
            self.keep(trace, place, "", "step");
        }
        fields
    }

    fn keep(&mut self, trace: &Trace, place: &Place, key: &str, why: &str) {
        self.kept += 1;
        if self.named.len() >= KEPT_NAMED_MAX {
            return;
        }
        let catalogue = self.replica.catalogue();
        let definition = self.replica.definition(&place.ledger).ok();
        let shown = |definition: &Definition| {
            let (field, option) = definition.field_of_key(key).or_else(|| definition.field(key).map(|field| (field, None)))?;
            let title = option.map_or_else(|| field.title.get(self.lang).to_owned(), |option| format!("{} · {option}", field.title.get(self.lang)));
            let now = place.fields.get(key).map(|now| value::show_value(&catalogue, definition, field, now, self.lang)).unwrap_or_default();
            Some((title, now))
        };
        let (title, now) = definition.as_deref().and_then(shown).unwrap_or_default();
        self.named.push(json!({ "record": trace.key(), "field": key, "title": title, "now": now, "why": why }));
    }
}
