//! What a rule opens by itself: three days absent without reason → a suspected dropout case. The record's key and the change's bytes are derived from child, rule and
//! first day, so that two nodes that notice the same thing offline make one and the same record.

use super::{
    Replica, Result, Role,
    edit::{DocEdit, What},
    project::{Context, Projection, RecordRow},
};
use crate::{
    document::{self, view::Value, write::Written},
    ledger::{
        Catalogue,
        days::Holidays,
        definition::{Rule, RuleKind, SetValue, Subject},
        rule,
    },
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
    let void: BTreeSet<&str> = projection.records.iter().filter(|r| r.void).map(|r| r.id.as_str()).collect();
    let (mut out, mut made) = (Vec::new(), Vec::<(String, Date, Date)>::new());
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
            let key_of = |first_day: Date| key(context.doc, &rule.opens, &rule.code, first_day);
            let taken_back = |first_day: Date| void.contains(key_of(first_day).as_str());
            for opening in rule::openings(rule, &sightings, &context.holidays, taken_back) {
                let key = key_of(opening.first_day);
                // A record that arrives late may move the beginning of a run, and two rules may see the same days: what is there already about them is that case.
                let known = about_these_days(context, projection, &opening)
                    || made.iter().any(|(ledger, from, until)| *ledger == opening.ledger && *from <= opening.last_day && opening.first_day <= *until);
                if known || present.contains(key.as_str()) || open_already(context, projection, &opening.ledger) {
                    continue;
                }
                made.push((opening.ledger.clone(), opening.first_day, opening.last_day.max(opening.day)));
                out.extend(written(&context.catalogue, context.doc, &key, &opening));
            }
        }
    }
    out
}

/// The record as its change.
fn written(catalogue: &Catalogue, doc: DocId, key: &str, opening: &rule::Opening) -> Option<Written> {
    let version = catalogue.latest(&opening.ledger).map_or(1, |d| d.version);
    let mut fields: BTreeMap<String, Value> = opening.set.clone();
    fields.insert("_v".into(), Value::Int(i64::from(version)));
    document::deterministic(doc, key, &fields, opening.day).ok()
}

/// Rules that open a record once a field of the profile has a value.
fn on_profile<'a>(catalogue: &'a Catalogue, profile: &'a str, field: &'a str) -> impl Iterator<Item = &'a Rule> {
    let rules = catalogue.iter_latest().flat_map(|definition| &definition.rules);
    rules.filter(move |rule| rule.when == RuleKind::Field && rule.ledger == profile && rule.field == field)
}

/// Ledger of the records that are opened because of a field of the profile.
pub fn opens<'a>(catalogue: &'a Catalogue, profile: &'a str, field: &'a str) -> Option<&'a str> {
    on_profile(catalogue, profile, field).next().map(|rule| rule.opens.as_str())
}

/// The record that is due in `doc` once its profile says `fields`, for who adds to it in the same commit: its key, and the very change that [`due`] makes.
pub fn of_profile(catalogue: &Catalogue, doc: DocId, profile: &str, field: &str, fields: &BTreeMap<String, Value>) -> Option<(String, Written)> {
    let watched = catalogue.latest(profile)?;
    let day = match fields.get("on") {
        Some(Value::Str(text)) => text.parse::<Date>().ok()?,
        _ => return None,
    };
    let rule = on_profile(catalogue, profile, field).next()?;
    let sighting = rule::Sighting::of(rule, watched, day, fields)?;
    let opening = rule::openings(rule, &[sighting], &Holidays::none(), |_| false).pop()?;
    let key = key(doc, &opening.ledger, &opening.rule_code, opening.first_day);
    let written = written(catalogue, doc, &key, &opening)?;
    Some((key, written))
}

fn on(row: &RecordRow) -> Option<Date> {
    match row.fields.get("on") {
        Some(Value::Str(text)) => text.parse().ok(),
        _ => None,
    }
}

/// Whether a record that is not void, open or closed, is about days of this run: from its first day out of school, where it has one, to its date.
fn about_these_days(context: &Context, projection: &Projection, opening: &rule::Opening) -> bool {
    let first_days: Vec<&str> = context
        .catalogue
        .iter_latest()
        .flat_map(|definition| definition.rules.iter().filter(|rule| rule.opens == opening.ledger))
        .flat_map(|rule| rule.set.iter().filter(|(_, set)| **set == SetValue::FirstAbsent).map(|(field, _)| field.as_str()))
        .collect();
    let day = |row: &RecordRow, field: &str| match row.fields.get(field) {
        Some(Value::Str(text)) => text.parse::<Date>().ok(),
        _ => None,
    };
    projection.records.iter().filter(|row| row.ledger == opening.ledger && !row.void).any(|row| {
        let Some(until) = on(row) else { return false };
        let from = first_days.iter().filter_map(|field| day(row, field)).min().unwrap_or(until);
        from <= opening.last_day && opening.first_day <= until.max(from)
    })
}

/// True while a record of `ledger` that is not void awaits its next step.
fn open_already(context: &Context, projection: &Projection, ledger: &str) -> bool {
    let Some(lifecycle) = context.catalogue.latest(ledger).and_then(|d| d.lifecycle.as_ref()) else { return false };
    let open = |state: Option<&str>| state.is_none_or(|code| lifecycle.state(code).is_none_or(|s| s.open));
    projection.records.iter().any(|r| r.ledger == ledger && !r.void && open(r.state.as_deref()))
}

/// Key of the record a rule opens.
#[must_use]
pub fn key(doc: DocId, ledger: &str, rule: &str, first_day: Date) -> String {
    let hash =
        blake3::Hasher::new_derive_key("huxue rule record v1").update(&doc.0).update(format!("{ledger}\n{rule}\n{first_day}").as_bytes()).finalize();
    format!("{ledger}:{}", hash.to_hex().as_str().get(..26).unwrap_or_default())
}

/// The rule that made this record, by the record's key; `None` for a person's record, and where a person corrected the first day since.
#[must_use]
pub fn maker(catalogue: &Catalogue, doc: DocId, ledger: &str, id: &str, fields: &BTreeMap<String, Value>) -> Option<Rule> {
    let on = match fields.get("on") {
        Some(Value::Str(text)) => text.parse::<Date>().ok(),
        _ => None,
    };
    let rules = catalogue.iter_latest().flat_map(|definition| &definition.rules).filter(|rule| rule.opens == ledger);
    let made = |rule: &&Rule| [rule::first_day_of(rule, fields), on].into_iter().flatten().any(|day| key(doc, ledger, &rule.code, day) == id);
    rules.into_iter().find(made).cloned()
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
