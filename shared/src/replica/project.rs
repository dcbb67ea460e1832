//! From a document to rows: what the county can ask about. Pure.
//!
//! Long as it is, this is one room: a record, its steps and its disagreements are read out in one pass.
//!
//! INV no silent winner: a field with several concurrent values, a forked lifecycle and a conflict group changed apart each become an item in the inbox. Disputed
//! money, states and county-owned fields are shown as nothing (NULL, `disputed`); other fields show the last value all branches shared.
//! INV authority: a step or county-owned field from an origin without that authority has no effect, and is shown.

use crate::{
    document::{
        self,
        view::{DocumentView, FieldView, RecordView, StepView, Value},
    },
    ledger::{
        Catalogue,
        days::Holidays,
        definition::{Authority, Definition, FieldType, Form, Subject},
        lifecycle::{self, RecordFacts, StepFact},
        rule,
    },
    model::{DocId, OriginId, Space, SpaceKind, Term},
};
use jiff::civil::Date;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a projection needs to know besides the document.
pub struct Context {
    /// Definitions in force.
    pub catalogue: Arc<Catalogue>,
    /// Side an origin speaks for; `None`: not certified by the county.
    pub voice: Box<dyn Fn(OriginId) -> Option<Authority> + Send + Sync>,
    /// The document's space.
    pub space: Space,
    /// The document.
    pub doc: DocId,
    /// Whose document it is.
    pub subject: Subject,
    /// Holidays and make-up days.
    pub holidays: Arc<Holidays>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("doc", &self.doc).field("space", &self.space).finish_non_exhaustive()
    }
}

/// Everything the store keeps about one document besides its changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projection {
    /// Rows.
    pub records: Vec<RecordRow>,
    /// Inbox items of this document.
    pub conflicts: Vec<ConflictRow>,
    /// The school, as in `_school`.
    pub school: Option<String>,
    /// School year.
    pub year: u16,
    /// Document id in hex if it is a student's.
    pub student: Option<String>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordRow {
    /// Record key; for a profile the document id in hex.
    pub id: String,
    /// Ledger code.
    pub ledger: String,
    /// Definition version it was written under.
    pub version: Option<u32>,
    /// Term of `on`.
    pub term: u8,
    /// Lifecycle state; `None` while disputed or without lifecycle.
    pub state: Option<String>,
    /// Since when.
    pub since: Option<String>,
    /// When the next step is due.
    pub due: Option<String>,
    /// Relapses and re-openings.
    pub reopened: u32,
    /// Voided (undisputedly).
    pub void: bool,
    /// Something awaits a person.
    pub disputed: bool,
    /// Its definition belongs here, so that it has a typed row.
    pub typed: bool,
    /// Creator's origin in hex.
    pub origin: Option<String>,
    /// Creator's time, RFC 3339.
    pub written_at: Option<String>,
    /// Last year's record that this one carries on.
    pub continues: Option<String>,
    /// Undisputed values by key, `_v` and acknowledgements left out.
    pub fields: BTreeMap<String, Value>,
    /// Steps with their effects.
    pub steps: Vec<StepRow>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StepRow {
    /// ULID.
    pub id: String,
    /// Step code.
    pub name: String,
    /// State it leads to.
    pub to: Option<String>,
    /// Date.
    pub on: Option<String>,
    /// Person.
    pub by: Option<String>,
    /// Reason.
    pub why: Option<String>,
    /// Writer's origin.
    pub origin: String,
    /// Side it speaks for.
    pub authority: Option<&'static str>,
    /// `effective`, `void`, `not_yet_judged`, `forked`.
    pub effect: &'static str,
    /// Step ids it follows, joined by `,`.
    pub follows: String,
    /// Writer's time.
    pub at: String,
    /// Place on the way; `None`: it was void from the start.
    pub seq: Option<u32>,
    /// Who corrected the day; present for a step that stands in place of another, whose person and reason it has.
    pub corrected_by: Option<String>,
}

/// One inbox item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictRow {
    /// 12 hex digits, stable while the item is the same.
    pub id: String,
    /// `field`, `group`, `void`, `fork`, `void_step`, `unauthorised`, `misplaced`.
    pub kind: &'static str,
    /// Record id as in [`RecordRow::id`].
    pub record: String,
    /// Field or fields, joined by `,`.
    pub field: Option<String>,
    /// Values, writers.
    pub detail: serde_json::Value,
}

/// Prefix of keys by which a person has acknowledged an item that needs no choice.
pub const ACK_PREFIX: &str = "_ack.";

/// Projects a whole document.
#[must_use]
pub fn project(view: &DocumentView, context: &Context) -> Projection {
    let mut out = Projection {
        school: context.space.school.map(|s| s.to_string()),
        year: context.space.year.start(),
        student: (context.subject == Subject::Student).then(|| context.doc.to_string()),
        ..Projection::default()
    };
    if !view.subject.fields.is_empty() {
        let profile = context.catalogue.iter_latest().find(|d| d.form == Form::Profile && d.subject == context.subject);
        let ledger = profile.map_or("profile", |d| d.code.as_str()).to_owned();
        one(&view.subject, context.doc.to_string(), ledger, context, &mut out);
    }
    for (key, record) in &view.records {
        let ledger = key.split(':').next().unwrap_or(key).to_owned();
        one(record, key.clone(), ledger, context, &mut out);
    }
    // A child that is none has no records that count: neither those a rule opened nor what two machines wrote apart. They come back with the child.
    let file = context.doc.to_string();
    if out.student.is_some() && out.records.iter().any(|row| row.void && row.id == file) {
        out.records.iter_mut().for_each(|row| row.void = true);
    }
    out
}

fn one(record: &RecordView, id: String, ledger: String, context: &Context, out: &mut Projection) {
    let version = match record.fields.get("_v").and_then(sole) {
        Some(Value::Int(v)) => u32::try_from(*v).ok(),
        _ => None,
    };
    let definition = version.and_then(|v| context.catalogue.get(&ledger, v)).or_else(|| context.catalogue.latest(&ledger)).map(|d| &**d);
    let mut draft = Draft { context, definition, id, acks: acknowledgements(record), disputed: false, conflicts: Vec::new() };
    let mut fields = draft.fields(record);
    draft.groups(record, &mut fields);
    let (state, steps) = draft.lifecycle(record);
    let typed = draft.belongs(&ledger);
    let on = match fields.get("on") {
        Some(Value::Str(text)) => text.parse::<Date>().ok(),
        _ => None,
    };
    let Draft { id, disputed, conflicts, .. } = draft;
    out.conflicts.extend(conflicts);
    let void = fields.get("void") == Some(&Value::Bool(true));
    let continues = match fields.get("continues") {
        Some(Value::Str(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    out.records.push(RecordRow {
        id,
        ledger,
        version,
        term: on.map_or(0, |day| Term::of(day).number()),
        since: state.since.map(|d| d.to_string()),
        due: state.due.map(|d| d.to_string()),
        reopened: state.reopened,
        state: state.state,
        void,
        disputed,
        typed,
        origin: record.created.map(|(stamp, _)| stamp.origin().to_string()),
        written_at: record.created.map(|(_, at)| instant(at)),
        continues,
        fields,
        steps,
    });
}

fn sole(field: &FieldView) -> Option<&Value> {
    match field.values.as_slice() {
        [(value, _)] => Some(value),
        _ => None,
    }
}

/// Who wrote last. Two who wrote apart both did: their names stand together, in one order on every replica. It is no claim about the child that a person could
/// decide (docs/decisions/0009).
fn authors(view: &FieldView) -> Value {
    let names: BTreeSet<&str> =
        view.values.iter().filter_map(|(value, _)| if let Value::Str(name) = value { Some(name.as_str()) } else { None }).collect();
    match (sole(view), names.len()) {
        (Some(value), _) => value.clone(),
        (None, 0) => Value::Null,
        (None, _) => Value::Str(names.into_iter().collect::<Vec<_>>().join("、")),
    }
}

fn acknowledgements(record: &RecordView) -> BTreeSet<String> {
    record.fields.keys().filter_map(|key| key.strip_prefix(ACK_PREFIX).map(str::to_owned)).collect()
}

fn instant(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string())
}

/// One record being projected.
struct Draft<'a> {
    context: &'a Context,
    definition: Option<&'a Definition>,
    id: String,
    acks: BTreeSet<String>,
    disputed: bool,
    conflicts: Vec<ConflictRow>,
}

#[derive(Default)]
struct StateFacts {
    state: Option<String>,
    since: Option<Date>,
    due: Option<Date>,
    reopened: u32,
}

impl Draft<'_> {
    fn fields(&mut self, record: &RecordView) -> BTreeMap<String, Value> {
        let mut out = BTreeMap::new();
        for (key, view) in &record.fields {
            if key.starts_with('_') {
                continue;
            }
            let value = if key == "by" { Some(authors(view)) } else { self.field(key, view) };
            if let Some(value) = value {
                out.insert(key.clone(), value);
            }
        }
        out
    }

    fn field(&mut self, key: &str, view: &FieldView) -> Option<Value> {
        let field = self.definition.and_then(|d| d.field_of_key(key)).map(|(field, _)| field);
        let owner = field.and_then(|f| f.authority);
        let (counted, void): (Vec<_>, Vec<_>) =
            view.values.iter().partition(|(_, stamp)| owner.is_none_or(|side| (self.context.voice)(stamp.origin()) == Some(side)));
        if let Some((value, stamp)) = void.iter().find(|(value, _)| *value != Value::Null) {
            let token = format!("{key}@{}@{}", stamp.ctr, stamp.origin());
            if !self.acks.contains(&token) {
                let detail = json!({ "value": value, "origin": stamp.origin(), "ctr": stamp.ctr, "actor": stamp.actor, "ack": token });
                self.item("unauthorised", Some(key.to_owned()), &token, detail);
            }
        }
        match counted.as_slice() {
            [] => None,
            [(value, _)] => Some(value.clone()),
            several => {
                let values: Vec<_> = several
                    .iter()
                    .map(|(value, stamp)| json!({ "value": value, "origin": stamp.origin(), "ctr": stamp.ctr, "actor": stamp.actor }))
                    .collect();
                self.disputed = true;
                let shown = view.shared.clone().filter(|_| owner.is_none() && field.is_none_or(|f| f.kind != FieldType::Money));
                self.item("field", Some(key.to_owned()), key, json!({ "values": values, "shared": view.shared }));
                shown
            }
        }
    }

    /// Fields that only make sense together, changed on two sides apart.
    fn groups(&mut self, record: &RecordView, fields: &mut BTreeMap<String, Value>) {
        if record.apart.is_empty() {
            return;
        }
        let groups: Vec<Vec<String>> = self.definition.map(|d| d.conflict_groups.clone()).unwrap_or_default();
        for group in &groups {
            let apart = record.apart.iter().any(|(a, b)| group.iter().any(|g| g == field_of(a)) && group.iter().any(|g| g == field_of(b)));
            if !apart {
                continue;
            }
            self.disputed = true;
            // One question, not two: a field of the group is chosen with its group.
            self.conflicts
                .retain(|known| known.kind != "field" || !known.field.as_ref().is_some_and(|field| group.iter().any(|g| g == field_of(field))));
            let values: serde_json::Map<String, serde_json::Value> = group.iter().map(|key| (key.clone(), Self::values_of(record, key))).collect();
            self.item("group", Some(group.join(",")), &group.join(","), json!({ "fields": values }));
            for key in group {
                let hidden = self.definition.and_then(|d| d.declared(key)).is_some_and(|f| f.kind == FieldType::Money || f.authority.is_some());
                if hidden {
                    fields.remove(key);
                }
            }
        }
        let voided = fields.get("void") == Some(&Value::Bool(true));
        let touched: BTreeSet<&str> = record
            .apart
            .iter()
            .filter_map(|(a, b)| match (a.as_str(), b.as_str()) {
                ("void", other) | (other, "void") if !matches!(other, "void_reason") && !other.starts_with('_') => Some(other),
                _ => None,
            })
            .collect();
        if voided && !touched.is_empty() {
            self.disputed = true;
            let values: serde_json::Map<String, serde_json::Value> =
                touched.iter().map(|key| ((*key).to_owned(), Self::values_of(record, key))).collect();
            self.item("void", Some("void".into()), "void", json!({ "fields": values, "void": Self::values_of(record, "void") }));
        }
    }

    fn values_of(record: &RecordView, key: &str) -> serde_json::Value {
        let values: Vec<_> = record
            .fields
            .get(key)
            .into_iter()
            .flat_map(|view| &view.values)
            .map(|(value, stamp)| json!({ "value": value, "origin": stamp.origin(), "ctr": stamp.ctr, "actor": stamp.actor }))
            .collect();
        json!(values)
    }

    fn lifecycle(&mut self, record: &RecordView) -> (StateFacts, Vec<StepRow>) {
        let Some(definition) = self.definition.filter(|d| d.lifecycle.is_some()) else { return (StateFacts::default(), Vec::new()) };
        let outcome = outcome(record, definition, self.context);
        let mut rows = Vec::with_capacity(record.steps.len());
        for step in &record.steps {
            // No effect at all: its writer is nobody the county certified, or it has no name.
            let effect = outcome.effects.get(&step.id);
            let label = effect.map_or("void", lifecycle::Effect::word);
            let mut row = StepRow { seq: outcome.places.get(&step.id).copied(), ..self.step_row(step, definition, label) };
            if let Some(taken) = first_of(step, &record.steps) {
                let first = self.step_row(taken, definition, label);
                row = StepRow { corrected_by: Some(row.by.unwrap_or_default()), by: first.by, why: first.why, ..row };
            }
            if label == "void" && !self.acks.contains(&step.id) {
                let detail = json!({ "step": row.name, "origin": row.origin, "on": row.on, "by": row.by, "why": row.why, "at": row.at, "ack": step.id, "reason": void_reason(effect) });
                self.item("void_step", Some(row.name.clone()), &step.id, detail);
            }
            rows.push(row);
        }
        if let Some(fork) = &outcome.fork {
            self.disputed = true;
            let tips: Vec<_> = rows
                .iter()
                .filter(|row| fork.tips.iter().any(|tip| tip.ids.contains(&row.id)))
                .map(|row| json!({ "step": row.name, "to": row.to, "id": row.id, "origin": row.origin, "on": row.on, "by": row.by, "at": row.at, "why": row.why }))
                .collect();
            let mut ids: Vec<&str> = fork.tips.iter().flat_map(|tip| &tip.ids).map(String::as_str).collect();
            ids.sort_unstable();
            self.item("fork", None, &ids.join(","), json!({ "tips": tips, "county_only": fork.county_only }));
        }
        let facts = StateFacts { state: outcome.state.clone(), since: outcome.since, due: outcome.due, reopened: outcome.reopened };
        (facts, rows)
    }

    fn step_row(&self, step: &StepView, definition: &Definition, effect: &'static str) -> StepRow {
        let text = |key: &str| match step.fields.get(key) {
            Some(Value::Str(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let name = text("name").unwrap_or_default();
        let to = text("to").or_else(|| definition.lifecycle.as_ref()?.step(&name).map(|s| s.to.clone()));
        StepRow {
            id: step.id.clone(),
            to,
            on: text("on"),
            by: text("by"),
            why: text("why"),
            origin: step.stamp.origin().to_string(),
            authority: (self.context.voice)(step.stamp.origin()).map(Authority::word),
            effect,
            follows: text("follows").unwrap_or_default(),
            at: instant(step.time_s),
            name,
            seq: None,
            corrected_by: None,
        }
    }

    /// A record of a ledger that belongs to another kind of space or subject is kept and shown, but counts nowhere.
    fn belongs(&mut self, ledger: &str) -> bool {
        let Some(definition) = self.definition else { return false };
        let here = match (definition.space, self.context.space.kind) {
            (a, b) if a == b => true,
            // What a school may also write about itself, the county may keep in any of its spaces.
            (SpaceKind::School, SpaceKind::Published | SpaceKind::CountySchool | SpaceKind::Internal) => definition.may_write(Authority::County),
            _ => false,
        };
        if !here {
            self.item("misplaced", None, ledger, json!({ "ledger": ledger }));
        }
        here
    }

    fn item(&mut self, kind: &'static str, field: Option<String>, token: &str, detail: serde_json::Value) {
        let mut hasher = blake3::Hasher::new_derive_key("huxue conflict id v1");
        for part in [&self.context.doc.0[..], self.id.as_bytes(), kind.as_bytes(), token.as_bytes()] {
            hasher.update(&u64::try_from(part.len()).unwrap_or(0).to_be_bytes());
            hasher.update(part);
        }
        let id = hasher.finalize().to_hex().as_str().get(..12).unwrap_or_default().to_owned();
        self.conflicts.push(ConflictRow { id, kind, record: self.id.clone(), field, detail });
    }
}

/// The steps of one record whose writers the county certified.
pub fn facts(record: &RecordView, context: &Context) -> Vec<StepFact> {
    record.steps.iter().filter_map(|step| Some(StepFact::read(step, (context.voice)(step.stamp.origin())?))).collect()
}

/// The lifecycle of one record.
pub fn outcome(record: &RecordView, definition: &Definition, context: &Context) -> lifecycle::Outcome {
    outcome_of(&facts(record, context), record, definition, context)
}

/// The lifecycle of one record as it would be with these steps alone.
pub fn outcome_of(steps: &[StepFact], record: &RecordView, definition: &Definition, context: &Context) -> lifecycle::Outcome {
    let version = match record.fields.get("_v").and_then(sole) {
        Some(Value::Int(v)) => u32::try_from(*v).unwrap_or(definition.version),
        _ => definition.version,
    };
    let on = match record.fields.get("on").and_then(sole) {
        Some(Value::Str(text)) => text.parse().ok(),
        _ => None,
    };
    let on = on.map(|day| begun(record, definition, context, day));
    let due_from = definition.lifecycle.iter().flat_map(|lifecycle| &lifecycle.states).flat_map(|state| &state.due_from);
    let fields = due_from.filter_map(|field| Some((field.clone(), record.fields.get(field).and_then(sole)?.clone()))).collect();
    let facts = RecordFacts { version, on, holidays: &context.holidays, fields: &fields };
    lifecycle::outcome(steps, facts, |version| context.catalogue.get(&definition.code, version).cloned())
}

/// The day the initial state began: the record's date. What a rule opened is dated by arithmetic alone, so that its bytes are the same everywhere; a holiday in the run
/// moves the day here, and with it what is due, while nobody has corrected the dates.
fn begun(record: &RecordView, definition: &Definition, context: &Context, on: Date) -> Date {
    if !record.created.is_some_and(|(stamp, _)| document::rule::is_rule(stamp.actor)) {
        return on;
    }
    let known: BTreeMap<String, Value> = record.fields.iter().filter_map(|(key, field)| Some((key.clone(), sole(field)?.clone()))).collect();
    let Some(rule) = super::rules::maker(&context.catalogue, context.doc, &definition.code, &record.key, &known) else { return on };
    let first = rule::first_day_of(&rule, &known).filter(|first| rule::case_day(&rule, *first) == on);
    first.map_or(on, |first| rule::full(&rule, first, &context.holidays))
}

/// The step as it was first taken, whose day this one corrects, maybe over several corrections; `None`: it corrects none.
fn first_of<'a>(step: &StepView, steps: &'a [StepView]) -> Option<&'a StepView> {
    let corrects = |step: &StepView| match step.fields.get("corrects") {
        Some(Value::Str(ids)) => ids.split(',').filter_map(|id| steps.iter().find(|other| other.id == id)).min_by(|a, b| a.id.cmp(&b.id)),
        _ => None,
    };
    let mut found = corrects(step)?;
    for _ in 0..steps.len() {
        match corrects(found).filter(|earlier| earlier.id < found.id) {
            Some(earlier) => found = earlier,
            None => break,
        }
    }
    Some(found)
}

/// Message key of why a step has no effect.
fn void_reason(effect: Option<&lifecycle::Effect>) -> Option<&'static str> {
    match effect {
        Some(lifecycle::Effect::Void(reason)) => Some(reason.key()),
        _ => None,
    }
}

/// The field a key belongs to: `categories.orphan` → `categories`.
fn field_of(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}
