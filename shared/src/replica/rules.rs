//! What a rule opens by itself: three days absent without reason → a suspected dropout case. The record's key and the change's bytes are derived from child, rule and
//! first day, so that two nodes that notice the same thing offline make one and the same record.

use super::{
    Replica, Result, Role,
    edit::{DocEdit, What},
    project::{Context, Projection},
};
use crate::{
    document::{self, view::Value, write::Written},
    ledger::{definition::Subject, rule},
    model::{DocId, SpaceKind},
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The changes due in this document that are not there yet. Only a school's replica opens anything.
pub fn due(replica: &Replica, context: &Context, projection: &Projection) -> Vec<Written> {
    if !matches!(replica.me.role, Role::Node(_)) || context.subject != Subject::Student || context.space.kind != SpaceKind::School {
        return Vec::new();
    }
    // A child that moved is the new school's: nothing is opened in its old document.
    if super::closing::stated(projection, context.doc).is_some() {
        return Vec::new();
    }
    let present: BTreeSet<&str> = projection.records.iter().map(|r| r.id.as_str()).collect();
    let mut out = Vec::new();
    for definition in context.catalogue.iter_latest() {
        for rule in &definition.rules {
            let Some(watched) = context.catalogue.latest(&rule.ledger) else { continue };
            let sightings: Vec<rule::Sighting> = projection
                .records
                .iter()
                .filter(|r| r.ledger == rule.ledger && !r.void)
                .filter_map(|r| rule::Sighting::of(rule, watched, on(r)?, &r.fields))
                .collect();
            if sightings.is_empty() {
                continue;
            }
            for opening in rule::openings(rule, &sightings, &context.holidays) {
                let key = key(context.doc, &opening.ledger, &opening.rule_code, opening.first_day);
                // A record that arrives late may move the beginning of a run: the case that is open already is that case.
                if present.contains(key.as_str()) || open_already(context, projection, &opening.ledger) {
                    continue;
                }
                let version = context.catalogue.latest(&opening.ledger).map_or(1, |d| d.version);
                let mut fields: BTreeMap<String, Value> = opening.set.clone();
                fields.insert("_v".into(), Value::Int(i64::from(version)));
                if let Ok(written) = document::deterministic(context.doc, &key, &fields, opening.day) {
                    out.push(written);
                }
            }
        }
    }
    out
}

fn on(row: &super::project::RecordRow) -> Option<Date> {
    match row.fields.get("on") {
        Some(Value::Str(text)) => text.parse().ok(),
        _ => None,
    }
}

/// True while a record of `ledger` that is not void awaits its next step.
fn open_already(context: &Context, projection: &Projection, ledger: &str) -> bool {
    let Some(lifecycle) = context.catalogue.latest(ledger).and_then(|d| d.lifecycle.as_ref()) else { return false };
    let open = |state: Option<&str>| state.is_none_or(|code| lifecycle.state(code).is_none_or(|s| s.open));
    projection.records.iter().any(|r| r.ledger == ledger && !r.void && open(r.state.as_deref()))
}

/// Key of the record a rule opens.
pub fn key(doc: DocId, ledger: &str, rule: &str, first_day: Date) -> String {
    let hash =
        blake3::Hasher::new_derive_key("huxue rule record v1").update(&doc.0).update(format!("{ledger}\n{rule}\n{first_day}").as_bytes()).finalize();
    format!("{ledger}:{}", hash.to_hex().as_str().get(..26).unwrap_or_default())
}

impl Replica {
    /// Opens what merged documents are due for.
    pub(super) fn open_due(self: &Arc<Self>, due: Vec<(crate::model::Space, DocId, Written)>) -> Result<()> {
        if due.is_empty() {
            return Ok(());
        }
        let edits = due.into_iter().map(|(space, doc, written)| DocEdit { space, doc, what: What::Rule(Box::new(written)) }).collect();
        self.commit(edits).map(|_| ())
    }
}
