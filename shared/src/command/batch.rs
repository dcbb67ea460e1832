//! Several acts on one ledger as one: cells of many records changed, records added, one step taken for many. Each is judged by itself, with the same words as a single
//! request; all that can be done is written in one commit, with one id to take it back by; what cannot is listed with its reason.
//!
//! Invariants: of a changed record the cells that cannot be taken are refused alone, a new record is taken whole or not at all; a cell that somebody else changed since
//! the person began ([`Item::Set`]'s `was`) is refused and shown, never overwritten.

use super::{
    cells,
    request::Item,
    undoing::{self, Note, Trace},
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{Catalogue, Definition, definition::Field, validate::FindingCode},
    locale::{self, Lang},
    replica::{
        Replica, ReplicaError, Result,
        edit::{DocEdit, What},
    },
};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Most acts of one batch: a school's children.
const ITEMS_MAX: usize = 4_000;

/// Whether so many acts are one batch; asked also before each of them costs a look.
///
/// # Errors
/// `batch-large`.
pub fn fits(count: usize) -> std::result::Result<(), Fault> {
    if count <= ITEMS_MAX { Ok(()) } else { Err(Fault::new("batch-large", Exit::Input).with("count", count).with("limit", ITEMS_MAX)) }
}

/// Judges the items, and writes those that can be done unless `dry_run`.
///
/// # Errors
/// `ledger-none`, `batch-large`; the store's. What cannot be done is no error: it is in the answer.
pub(super) fn run(replica: &Arc<Replica>, ledger: &str, items: &[Item], dry_run: bool, by: Option<&str>, lang: Lang) -> Result<Json> {
    let definition = replica.definition(ledger)?;
    fits(items.len())?;
    let catalogue = replica.catalogue();
    let mut judge = Judge {
        replica,
        catalogue: &catalogue,
        definition: &definition,
        by,
        lang,
        disputed: replica.in_dispute()?,
        seen: BTreeSet::new(),
        edits: Vec::new(),
        traces: Vec::new(),
    };
    let mut rows = Vec::with_capacity(items.len());
    let (mut accepted, mut rejected, mut changed) = (0, 0, 0);
    for item in items {
        let row = match judge.item(item) {
            Ok(row) => row,
            Err(ReplicaError::Fault(fault)) if matches!(fault.exit, Exit::Input | Exit::NoMatch | Exit::NotAllowed | Exit::Found) => {
                said(&fault, &definition, lang, json!({ "accept": false, "changed": false }))
            }
            Err(other) => return Err(other),
        };
        let refused = row["accept"] != Json::Bool(true) || row["refused"].as_array().is_some_and(|list| !list.is_empty());
        accepted += usize::from(!refused);
        rejected += usize::from(refused);
        changed += usize::from(row["changed"] == Json::Bool(true));
        rows.push(row);
    }
    let Judge { edits, traces, .. } = judge;
    let mut answer =
        json!({ "ledger": ledger, "items": rows, "accepted": accepted, "rejected": rejected, "changed": changed, "dry_run": dry_run, "batch": null });
    if dry_run || edits.is_empty() {
        return Ok(answer);
    }
    let note = Note { kind: "grid", title: ledger.to_owned(), hash: String::new(), by: by.unwrap_or_default().to_owned() };
    let (id, keep) = undoing::keeping(replica, note, &traces)?;
    replica.commit_with(edits, None, keep)?;
    // A batch of steps alone has nothing that could be taken back.
    answer["batch"] = if traces.iter().all(|trace| trace.step && trace.before.is_empty()) { Json::Null } else { json!(id) };
    Ok(answer)
}

/// A fault beside what is known of the row or cell.
fn said(fault: &Fault, definition: &Definition, lang: Lang, mut row: Json) -> Json {
    let (message, next) = worded(fault, definition, lang);
    let details: Vec<Json> =
        fault.details.iter().map(|detail| json!({ "field": field_of(detail), "message": worded(detail, definition, lang).0 })).collect();
    if let Some(object) = row.as_object_mut() {
        object.extend([("why".to_owned(), json!(fault.code)), ("message".to_owned(), json!(message)), ("next".to_owned(), json!(next))]);
        object.extend([("details".to_owned(), json!(details)), ("field".to_owned(), json!(field_of(fault)))]);
    }
    row
}

/// What happened and what to do; how a value is to be written is told in the field's own words, with its example, not by a pattern.
fn worded(fault: &Fault, definition: &Definition, lang: Lang) -> (String, Option<String>) {
    let help = field_of(fault).and_then(|code| Some(definition.field(&code)?.help.as_ref()?.get(lang).to_owned()));
    // Only pages ask for batches: no codes, no commands.
    let (message, next) = locale::on_page(lang, fault);
    match help.filter(|_| fault.code == "ledger-value-pattern") {
        Some(help) => {
            let arg = |key: &str| fault.args.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str());
            let title = if lang == Lang::Zh { arg("title_zh") } else { arg("title_en") };
            (locale::text(lang, "grid-pattern", &[("title", title), ("text", arg("text")), ("help", &help)]), next)
        }
        None => (message, next),
    }
}

/// The field a fault speaks of.
fn field_of(fault: &Fault) -> Option<String> {
    fault.args.iter().find(|(name, _)| name == "field").map(|(_, code)| code.clone())
}

struct Judge<'a> {
    replica: &'a Arc<Replica>,
    catalogue: &'a Catalogue,
    definition: &'a Definition,
    by: Option<&'a str>,
    lang: Lang,
    /// What waits for a person's choice, by record: a cell filled among many is none.
    disputed: BTreeMap<String, BTreeSet<String>>,
    /// Records met already: the second act on one would be judged by what the first is about to change.
    seen: BTreeSet<String>,
    edits: Vec<DocEdit>,
    traces: Vec<Trace>,
}

impl Judge<'_> {
    fn item(&mut self, item: &Item) -> Result<Json> {
        match item {
            Item::Set { record, set, was } => self.set(record, set, was),
            Item::Add { subject, set } => {
                let prepared = self.replica.prepare_add(&self.definition.code, subject.as_ref(), None, set, self.by)?;
                self.once(&prepared.done.record)?;
                let after: BTreeMap<String, Value> = match &prepared.edit.what {
                    What::Edit(edit) => edit.creates.first().map_or_else(|| plain(&edit.sets), |made| made.fields.clone()),
                    _ => BTreeMap::new(),
                };
                let (edit, trace) = if self.replica.holds(&prepared.done.record)? {
                    let place = self.replica.locate(&prepared.done.record)?;
                    let there = || Fault::new("record-there", Exit::Input).with("record", &prepared.done.record);
                    undoing::revived(&place, &after).map(|(edit, trace)| (edit, Some(trace))).ok_or_else(there)?
                } else {
                    let trace = Trace::of_new(&prepared.edit);
                    (prepared.edit, trace)
                };
                let cells = self.moves(set.keys().map(String::as_str), &BTreeMap::new(), &after);
                let (gaps, warnings) = self.remarks(&prepared.done.gaps, |_| true);
                self.traces.extend(trace);
                self.edits.push(edit);
                Ok(json!({
                    "accept": true, "changed": true, "new": true, "record": prepared.done.record, "cells": cells, "refused": [], "gaps": gaps, "warnings": warnings
                }))
            }
            Item::Step { record, step, set, on, why } => {
                let (place, edits, done) = self.replica.prepare_step(record, step, set, on.as_deref(), self.by, why.as_deref())?;
                self.of_ledger(&place.ledger, record)?;
                self.once(&done.record)?;
                self.traces.extend(edits.first().and_then(|edit| Trace::of_change(&place, edit)));
                let mut after = place.fields.clone();
                if let Some(trace) = self.traces.last() {
                    after.extend(trace.after.clone());
                }
                let cells = self.moves(set.keys().map(String::as_str), &place.fields, &after);
                let to = self.definition.lifecycle.as_ref().and_then(|l| l.step(step).and_then(|known| l.state(&known.to)));
                self.edits.extend(edits);
                Ok(
                    json!({ "accept": true, "changed": true, "record": done.record, "cells": cells, "refused": [], "to": to.map(|state| state.title.get(self.lang)) }),
                )
            }
        }
    }

    fn of_ledger(&self, ledger: &str, record: &str) -> Result<()> {
        if ledger == self.definition.code { Ok(()) } else { Err(Fault::new("record-none", Exit::NoMatch).with("ref", record).into()) }
    }

    fn once(&mut self, record: &str) -> Result<()> {
        if self.seen.insert(record.to_owned()) { Ok(()) } else { Err(Fault::new("batch-twice", Exit::Input).with("record", record).into()) }
    }

    /// Cell by cell: what others changed and what cannot be read is refused, the rest is one edit.
    fn set(&mut self, record: &str, set: &BTreeMap<String, String>, was: &BTreeMap<String, String>) -> Result<Json> {
        let place = self.replica.locate(record)?;
        self.of_ledger(&place.ledger, record)?;
        self.once(&place.id)?;
        let (mut left, mut refused) = (set.clone(), Vec::new());
        let says = |code: &str, text: &str| {
            let field = self.definition.field(code);
            field.is_some_and(|field| cells::says(self.replica, self.catalogue, self.definition, field, &place.fields, text))
        };
        left.retain(|code, now| !says(code, now));
        for code in self
            .disputed
            .get(&place.id)
            .map(|keys| left.keys().filter(|code| cells::among(keys, code)).cloned().collect::<Vec<_>>())
            .unwrap_or_default()
        {
            let (title, now) = (self.title(&code), left.remove(&code).unwrap_or_default());
            let fault = Fault::new("cell-disputed", Exit::Input).with("field", &code).with("title", &title).with("yours", &now);
            refused.push(said(&fault, self.definition, self.lang, json!({ "title": title, "text": now })));
        }
        for (code, began) in was {
            let Some(now) = left.get(code).filter(|_| !says(code, began)) else { continue };
            let theirs = self.definition.field(code).map(|field| self.text(field, &place.fields)).unwrap_or_default();
            let title = self.title(code);
            let fault = Fault::new("cell-changed", Exit::Input).with("field", code).with("title", &title).with("theirs", &theirs).with("yours", now);
            refused.push(said(&fault, self.definition, self.lang, json!({ "title": title, "text": now, "theirs": theirs })));
            left.remove(code);
        }
        let prepared = loop {
            if left.is_empty() {
                break None;
            }
            match self.replica.prepare_set(&place, &left, self.by) {
                Ok(prepared) => break Some(prepared),
                Err(ReplicaError::Fault(fault)) if fault.exit == Exit::Input || fault.exit == Exit::NoMatch || fault.exit == Exit::NotAllowed => {
                    self.refuse(&fault, &mut left, &mut refused);
                }
                Err(other) => return Err(other),
            }
        };
        let (mut cells, mut gaps, mut warnings, mut changed) = (Vec::new(), Vec::new(), Vec::new(), false);
        if let Some(prepared) = prepared
            && let Some(trace) = Trace::of_change(&place, &prepared.edit)
        {
            let mut after = place.fields.clone();
            after.extend(trace.after.clone());
            cells = self.moves(left.keys().map(String::as_str), &place.fields, &after);
            (gaps, warnings) = self.remarks(&prepared.done.gaps, |field| left.contains_key(field));
            changed = true;
            self.traces.push(trace);
            self.edits.push(prepared.edit);
        }
        Ok(json!({ "accept": true, "changed": changed, "record": place.id, "cells": cells, "refused": refused, "gaps": gaps, "warnings": warnings }))
    }

    /// What is missing, and what the definition's checks say of these values: of a check, only if it asks for a field that is written.
    fn remarks(&self, gaps: &[Fault], written: impl Fn(&str) -> bool) -> (Vec<String>, Vec<Json>) {
        let (checks, gaps): (Vec<&Fault>, Vec<&Fault>) = gaps.iter().partition(|gap| gap.code == FindingCode::Check.key());
        let says = |fault: &Fault, text: &str| fault.args.iter().any(|(name, value)| name == "message_zh" && value == text);
        let warning = |fault: &&Fault| {
            let check = self.definition.checks.iter().find(|check| says(fault, &check.message.zh))?;
            let mut fields: Vec<&str> = check.names().collect();
            fields.dedup();
            fields.iter().any(|field| written(field)).then(|| json!({ "fields": fields, "message": locale::fault(self.lang, fault).0 }))
        };
        (gaps.iter().map(|gap| locale::fault(self.lang, gap).0).collect(), checks.iter().filter_map(warning).collect())
    }

    /// Sets aside the cells a fault names; all of them if it names none.
    fn refuse(&self, fault: &Fault, left: &mut BTreeMap<String, String>, refused: &mut Vec<Json>) {
        let parts: Vec<&Fault> = if fault.details.is_empty() { vec![fault] } else { fault.details.iter().collect() };
        let before = left.len();
        for part in parts {
            if let Some(code) = field_of(part).filter(|code| left.contains_key(code)) {
                let text = left.remove(&code).unwrap_or_default();
                refused.push(said(part, self.definition, self.lang, json!({ "title": self.title(&code), "text": text })));
            }
        }
        if left.len() == before {
            // It speaks of the record, or of a field that was not touched: then none of these can be taken.
            for (code, text) in std::mem::take(left) {
                let mut row = said(fault, self.definition, self.lang, json!({ "title": self.title(&code), "text": text }));
                row["field"] = json!(code);
                refused.push(row);
            }
        }
    }

    fn title(&self, code: &str) -> String {
        self.definition.field(code).map_or(code, |field| field.title.get(self.lang)).to_owned()
    }

    fn text(&self, field: &Field, fields: &BTreeMap<String, Value>) -> String {
        cells::text(self.replica, self.catalogue, self.definition, field, fields, self.lang)
    }

    /// What moves from what to what.
    fn moves<'k>(&self, codes: impl Iterator<Item = &'k str>, before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<Json> {
        let fields = codes.filter_map(|code| self.definition.field(code));
        let moved = fields.map(|field| (field, self.text(field, before), self.text(field, after)));
        moved
            .filter(|(_, from, to)| from != to)
            .map(|(field, from, to)| json!({ "field": field.code, "title": field.title.get(self.lang), "from": from, "to": to }))
            .collect()
    }
}

fn plain(sets: &[(crate::document::write::Target, String, Value)]) -> BTreeMap<String, Value> {
    sets.iter().map(|(_, key, value)| (key.clone(), value.clone())).collect()
}
