//! Closed documents: a child moved, and the county closed its old document at stated heads ([`super::handover`]). Such a document takes no new work at its school's
//! nodes; what was written there without knowing is kept, shown, and an item in the inbox until the county has looked at it (DESIGN §2).
//!
//! INV: only the county closes: the profile's `closed_heads` counts only as the county's value. Whether a change is late depends on the document alone (is it the
//! school's, and not behind the stated heads?), so every replica and every rebuild finds the same.

use super::{
    Replica, Result,
    names::school_name,
    project::{ACK_PREFIX, ConflictRow, Context, Projection},
};
use crate::{
    document::{Doc, DocumentView, History, RecordView, history::Place, view::Value},
    fault::{Exit, Fault},
    ledger::definition::Authority,
    model::{ChangeHash, DocId, OriginId},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Profile field: the heads at which the county closed the document, separated by commas. Empty: open.
pub(super) const HEADS: &str = "closed_heads";
/// Profile field: since when.
pub(super) const ON: &str = "closed_on";
/// Profile field: the school the child moved to.
pub(super) const TO: &str = "closed_to";
/// Profile field: key of the record that moved it.
pub(super) const FOR: &str = "closed_for";
/// Kind of the inbox item.
pub(super) const LATE: &str = "late_edit";

/// Refuses work in a closed document.
///
/// # Errors
/// `document-closed`, naming the school the child moved to.
pub(crate) fn must_be_open(c: &Connection, doc: DocId) -> Result<()> {
    match closed_profile(c, doc)? {
        Some(profile) => Err(refusal(c, &profile)?.into()),
        None => Ok(()),
    }
}

/// The profile of a closed document; `None` while it is open.
pub(super) fn closed_profile(c: &Connection, doc: DocId) -> Result<Option<BTreeMap<String, Value>>> {
    let profile: Option<(String, bool)> = c
        .prepare_cached(
            "SELECT r.fields, EXISTS(SELECT 1 FROM conflict k WHERE k.doc = r.doc AND k.record = r.id AND k.field LIKE 'closed_heads%')
             FROM doc d JOIN record r ON r.doc = d.n AND r.id = ?2 WHERE d.id = ?1",
        )?
        .query_row(params![&doc.0[..], doc.to_string()], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    let Some((fields, disputed)) = profile else { return Ok(None) };
    let fields: BTreeMap<String, Value> = serde_json::from_str(&fields).unwrap_or_default();
    // Closed twice apart is closed, whatever it is that the two disagree about.
    Ok((disputed || text(&fields, HEADS).is_some()).then_some(fields))
}

fn refusal(c: &Connection, fields: &BTreeMap<String, Value>) -> Result<Fault> {
    let to = text(fields, TO).unwrap_or_default();
    // A school is known by its name; one that is not in the list, or outside the county, as it is written.
    let name = school_name(c, &to)?;
    Ok(Fault::new("document-closed", Exit::NotAllowed)
        .with("name", text(fields, "name").unwrap_or_default())
        .with("to", name.unwrap_or(to))
        .with("on", text(fields, ON).unwrap_or_default()))
}

/// A text that is not empty.
pub(super) fn text(fields: &BTreeMap<String, Value>, key: &str) -> Option<String> {
    match fields.get(key) {
        Some(Value::Str(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// The heads at which this document is closed; `None` while it is open.
pub(super) fn stated(projection: &Projection, doc: DocId) -> Option<Vec<ChangeHash>> {
    let profile = doc.to_string();
    let row = projection.records.iter().find(|row| row.id == profile)?;
    Some(text(&row.fields, HEADS)?.split(',').filter_map(ChangeHash::from_hex).collect())
}

/// Adds an inbox item for every change of a closed document that is not the county's, not behind the stated heads, and not reviewed yet.
pub(super) fn add_late(doc: &Doc, view: &DocumentView, context: &Context, projection: &mut Projection) {
    let Some(heads) = stated(projection, context.doc) else { return };
    let history = History::of(doc);
    let places: Vec<Place> = heads.iter().filter_map(|hash| history.place(hash)).collect();
    let known = history.behind(&places);
    let county = |origin: OriginId| (context.voice)(origin) == Some(Authority::County);
    // The first is the genesis change.
    for (place, node) in history.nodes().iter().enumerate().skip(1) {
        if known.contains(&place) || county(node.actor.origin()) || reviewed(view, node.hash, &county) {
            continue;
        }
        let records = touched(view, context.doc, &history, place);
        let hash = node.hash.to_string();
        let id = blake3::Hasher::new_derive_key("huxue late edit id v1").update(&context.doc.0).update(&node.hash.0).finalize();
        projection.conflicts.push(ConflictRow {
            id: id.to_hex().as_str().get(..12).unwrap_or_default().to_owned(),
            kind: LATE,
            record: records.iter().next().cloned().unwrap_or_else(|| context.doc.to_string()),
            field: None,
            detail: json!({ "change": hash, "origin": node.actor.origin(), "at": jiff::Timestamp::from_second(node.time_s).ok().map(|t| t.to_string()),
                "records": records, "ack": hash }),
        });
    }
}

/// The county has looked at it.
fn reviewed(view: &DocumentView, hash: ChangeHash, county: &impl Fn(OriginId) -> bool) -> bool {
    let mark = view.subject.fields.get(&format!("{ACK_PREFIX}{hash}"));
    mark.is_some_and(|field| field.values.iter().any(|(value, stamp)| *value != Value::Null && county(stamp.actor.origin())))
}

/// Ids of the records in which something that the change wrote still stands.
fn touched(view: &DocumentView, doc: DocId, history: &History, place: Place) -> BTreeSet<String> {
    let writes = |record: &RecordView| {
        let fields = record.fields.values().flat_map(|field| field.values.iter().map(|(_, stamp)| *stamp));
        let steps = record.steps.iter().map(|step| step.stamp);
        let created = record.created.iter().map(|(stamp, _)| *stamp);
        fields.chain(steps).chain(created).any(|stamp| history.change_of(stamp) == Some(place))
    };
    let subject = writes(&view.subject).then(|| doc.to_string());
    subject.into_iter().chain(view.records.iter().filter(|(_, record)| writes(record)).map(|(key, _)| key.clone())).collect()
}

impl Replica {
    /// Refuses work in a closed document at a school; the county may still write its own steps there.
    ///
    /// # Errors
    /// `document-closed`.
    pub(crate) fn may_work_in(&self, doc: DocId) -> Result<()> {
        match self.me.role {
            super::Role::Hub => Ok(()),
            super::Role::Node(_) => self.store.read(|c| must_be_open(c, doc)),
        }
    }
}
