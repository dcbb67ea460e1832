//! Reading out: a document as plain values ([`DocumentView`]), in one pass over Automerge's operations.
//!
//! Invariants:
//! - The same set of changes gives the same view, whatever order they came in.
//! - Nothing is hidden: where two replicas made a record (or a step) apart at one key, Automerge shows one map only; the others are read
//!   too and their fields stand beside each other as concurrent values.
//!
//! What the values mean (authority, lifecycle, conflict groups) is the ledger's business.

use super::{
    genesis,
    history::{History, Place},
    keys::STEPS_KEY,
    object,
    view::{DocumentView, FieldView, RecordView, Stamp, StepView, Value},
};
use crate::model::ChangeHash;
use automerge::{
    Automerge, ObjId, ReadDoc as _, ScalarValueRef, ValueRef,
    iter::{DocItem, MapRangeItem},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The whole document.
#[must_use]
pub fn view(doc: &Automerge) -> DocumentView {
    view_with(doc, &History::of(doc))
}

/// As [`view`], for a caller that has the document's history already.
#[must_use]
pub fn view_with(doc: &Automerge, history: &History) -> DocumentView {
    let mut reader = Reader { doc, roles: HashMap::new(), records: vec![Raw::new(String::new(), genesis::SUBJECT)] };
    reader.walk();
    let finish = Finish { doc, history };
    let mut records = reader.records.into_iter();
    let subject = finish.subject(records.next().unwrap_or_else(|| Raw::new(String::new(), genesis::SUBJECT)));
    DocumentView { subject, records: records.map(|raw| (raw.key.clone(), finish.record(raw))).collect() }
}

/// What the map being walked is.
#[derive(Clone, Copy)]
enum Role {
    Root,
    Records,
    Fields(usize),
    Steps(usize),
    Step(usize, usize),
    Unknown,
}

/// A record before its values are compared.
struct Raw {
    key: String,
    created: Stamp,
    /// Its map; several if it was made apart.
    maps: Vec<Stamp>,
    fields: BTreeMap<String, Vec<(Value, Stamp)>>,
    steps: Vec<(String, Stamp, BTreeMap<String, Value>)>,
}

impl Raw {
    fn new(key: String, created: Stamp) -> Self {
        Self { key, created, maps: vec![created], fields: BTreeMap::new(), steps: Vec::new() }
    }
}

struct Reader<'d> {
    doc: &'d Automerge,
    roles: HashMap<Stamp, Role>,
    records: Vec<Raw>,
}

impl Reader<'_> {
    fn walk(&mut self) {
        let mut at: Option<(Arc<ObjId>, Role)> = None;
        let doc = self.doc;
        for entry in doc.iter() {
            let DocItem::Map(item) = &entry.item else { continue };
            let role = match &at {
                Some((object, role)) if Arc::ptr_eq(object, &entry.obj) => *role,
                _ => {
                    let role = match object::stamp_of(&entry.obj) {
                        None => Role::Root,
                        Some(stamp) => self.roles.get(&stamp).copied().unwrap_or(Role::Unknown),
                    };
                    at = Some((Arc::clone(&entry.obj), role));
                    role
                }
            };
            self.item(role, object::stamp_of(&entry.obj), item);
        }
    }

    fn item(&mut self, role: Role, object: Option<Stamp>, item: &MapRangeItem<'_>) {
        let Some(stamp) = object::stamp_of(&item.id()) else { return };
        match (&item.value, object) {
            (ValueRef::Object(_), object) => {
                let role = self.open(role, &item.key, stamp);
                self.roles.insert(stamp, role);
                if let (true, Some(object)) = (item.conflict, object) {
                    self.hidden(object, &item.key, stamp, role);
                }
            }
            (ValueRef::Scalar(value), Some(object)) => self.scalar(role, object, item, value, stamp),
            (ValueRef::Scalar(_), None) => {}
        }
    }

    /// What a map made at `key` of a map of `role` is.
    fn open(&mut self, role: Role, key: &str, stamp: Stamp) -> Role {
        match role {
            Role::Root if stamp == genesis::SUBJECT => Role::Fields(0),
            Role::Root if stamp == genesis::RECORDS => Role::Records,
            Role::Records => {
                self.records.push(Raw::new(key.to_owned(), stamp));
                Role::Fields(self.records.len() - 1)
            }
            Role::Fields(record) if key == STEPS_KEY => Role::Steps(record),
            Role::Steps(record) => {
                let Some(raw) = self.records.get_mut(record) else { return Role::Unknown };
                raw.steps.push((key.to_owned(), stamp, BTreeMap::new()));
                Role::Step(record, raw.steps.len() - 1)
            }
            _ => Role::Unknown,
        }
    }

    fn scalar(&mut self, role: Role, object: Stamp, item: &MapRangeItem<'_>, value: &ScalarValueRef<'_>, stamp: Stamp) {
        match role {
            Role::Fields(record) => {
                let all = if item.conflict { object::scalars_at(self.doc, object, &item.key).unwrap_or_default() } else { Vec::new() };
                let Some(raw) = self.records.get_mut(record) else { return };
                let values = raw.fields.entry(item.key.clone().into_owned()).or_default();
                if all.is_empty() {
                    values.push((plain(value), stamp));
                } else {
                    values.extend(all);
                }
            }
            Role::Step(record, step) => {
                if let Some((_, _, fields)) = self.records.get_mut(record).and_then(|raw| raw.steps.get_mut(step)) {
                    fields.insert(item.key.clone().into_owned(), plain(value));
                }
            }
            _ => {}
        }
    }

    /// The maps at a key that Automerge does not show because another one leads.
    fn hidden(&mut self, object: Stamp, key: &str, shown: Stamp, role: Role) {
        for map in object::maps_at(self.doc, object, key).unwrap_or_default() {
            if map == shown {
                continue;
            }
            let role = match role {
                Role::Fields(record) => {
                    if let Some(raw) = self.records.get_mut(record) {
                        raw.created = raw.created.min(map);
                        raw.maps.push(map);
                    }
                    Role::Fields(record)
                }
                Role::Step(record, _) => self.open(Role::Steps(record), key, map),
                other => other,
            };
            self.whole(map, role);
        }
    }

    /// Walks a map that the main walk does not come to.
    fn whole(&mut self, map: Stamp, role: Role) {
        let doc = self.doc;
        for item in doc.map_range(object::id_of(map), ..) {
            self.item(role, Some(map), &item);
            let Some(stamp) = object::stamp_of(&item.id()) else { continue };
            if let (ValueRef::Object(_), Some(role)) = (&item.value, self.roles.get(&stamp).copied()) {
                self.whole(stamp, role);
            }
        }
    }
}

fn plain(value: &ScalarValueRef<'_>) -> Value {
    match value {
        ScalarValueRef::Null => Value::Null,
        ScalarValueRef::Boolean(yes) => Value::Bool(*yes),
        ScalarValueRef::Int(number) => Value::Int(*number),
        ScalarValueRef::Str(text) => Value::Str(text.clone().into_owned()),
        other => Value::Str(other.to_string()),
    }
}

/// One key and the changes that wrote what stands there now.
struct Writers<'f> {
    key: &'f String,
    changes: Vec<Place>,
    /// They wrote the same.
    equal: bool,
}

/// Answers of the history, each asked for once.
struct Judged<'d> {
    history: &'d History,
    known: HashMap<(Place, Place), bool>,
}

impl Judged<'_> {
    fn apart(&mut self, one: Place, two: Place) -> bool {
        *self.known.entry((one.min(two), one.max(two))).or_insert_with(|| self.history.apart(one, two))
    }

    /// Whether the two branches wrote the same of both keys: the same roster, taken in on two machines. Equal values are no disagreement, also of a group.
    fn agreed(&mut self, ours: &Writers<'_>, theirs: &Writers<'_>, one: Place, two: Place) -> bool {
        ours.equal && theirs.equal && ours.changes.iter().any(|at| !self.apart(*at, two)) && theirs.changes.iter().any(|at| !self.apart(*at, one))
    }
}

/// Compares values and asks the history.
struct Finish<'d> {
    doc: &'d Automerge,
    history: &'d History,
}

impl Finish<'_> {
    fn record(&self, raw: Raw) -> RecordView {
        let created = Some((raw.created, self.history.time_of(raw.created)));
        self.compare(raw, created)
    }

    fn subject(&self, raw: Raw) -> RecordView {
        let created = self.first_in_subject(&raw).map(|stamp| (stamp, self.history.time_of(stamp)));
        self.compare(raw, created)
    }

    fn compare(&self, raw: Raw, created: Option<(Stamp, i64)>) -> RecordView {
        let apart = self.apart(&raw.fields);
        let fields = raw.fields.into_iter().map(|(key, values)| {
            let field = self.field(&raw.maps, &key, values);
            (key, field)
        });
        let fields = fields.collect();
        let steps = raw.steps.into_iter().map(|(id, stamp, fields)| StepView { id, stamp, time_s: self.history.time_of(stamp), fields });
        let mut steps: Vec<StepView> = steps.collect();
        steps.sort_by(|one, other| (&one.id, one.stamp).cmp(&(&other.id, other.stamp)));
        RecordView { key: raw.key, created, fields, steps, apart }
    }

    fn field(&self, maps: &[Stamp], key: &str, values: Vec<(Value, Stamp)>) -> FieldView {
        let writers = if values.len() > 1 { self.changes(&values) } else { Vec::new() };
        let values = distinct(values);
        let shared = if values.len() > 1 { self.shared(maps, key, writers) } else { None };
        FieldView { values, shared }
    }

    fn changes(&self, values: &[(Value, Stamp)]) -> Vec<Place> {
        values.iter().filter_map(|(_, stamp)| self.history.change_of(*stamp)).collect()
    }

    /// The value where the writers' branches part; if they disagreed there already, the one before that.
    fn shared(&self, maps: &[Stamp], key: &str, mut writers: Vec<Place>) -> Option<Value> {
        loop {
            let parting = self.history.parting(&writers);
            let heads: Vec<_> = parting.iter().filter_map(|place| self.history.node(*place)).map(|node| automerge::ChangeHash(node.hash.0)).collect();
            let values: Vec<(Value, Stamp)> = maps.iter().flat_map(|map| self.values_at(*map, key, &heads)).collect();
            writers = self.changes(&values);
            let mut values = distinct(values);
            if values.len() < 2 || writers.is_empty() {
                return values.pop().map(|(value, _)| value);
            }
        }
    }

    fn values_at(&self, map: Stamp, key: &str, heads: &[automerge::ChangeHash]) -> Vec<(Value, Stamp)> {
        let all = self.doc.get_all_at(object::id_of(map), key, heads).unwrap_or_default();
        all.into_iter().filter_map(|(value, id)| Some((object::scalar(value.as_scalar()?), object::stamp_of(&id)?))).collect()
    }

    /// Pairs of keys whose last changes did not know each other.
    fn apart(&self, fields: &BTreeMap<String, Vec<(Value, Stamp)>>) -> Vec<(String, String)> {
        let mut actors = fields.values().flatten().map(|(_, stamp)| stamp.actor);
        let Some(first) = actors.next() else { return Vec::new() };
        if actors.all(|actor| actor == first) {
            return Vec::new();
        }
        let writers = |(key, values): (_, &Vec<(Value, Stamp)>)| {
            let equal = values.iter().all(|(value, _)| values.first().is_some_and(|(first, _)| first == value));
            Writers { key, changes: self.changes(values), equal }
        };
        let all: Vec<Writers<'_>> = fields.iter().map(writers).collect();
        let mut judged = Judged { history: self.history, known: HashMap::new() };
        let mut pairs = Vec::new();
        for (nth, ours) in all.iter().enumerate() {
            for theirs in all.iter().skip(nth + 1) {
                let mut between = ours.changes.iter().flat_map(|one| theirs.changes.iter().map(move |two| (*one, *two)));
                if between.any(|(one, two)| judged.apart(one, two) && !judged.agreed(ours, theirs, one, two)) {
                    pairs.push((ours.key.clone(), theirs.key.clone()));
                }
            }
        }
        pairs
    }

    /// The first set in `subject`. Nothing is ever deleted, so along any order of the history "somebody has written" only turns true once.
    fn first_in_subject(&self, raw: &Raw) -> Option<Stamp> {
        if raw.fields.is_empty() {
            return None;
        }
        let mut order: Vec<Place> = (0..self.history.nodes().len()).collect();
        order.sort_by_key(|place| self.history.node(*place).map(|node| (node.start_op, node.actor)));
        let written = |upto: usize| {
            let hashes = order.iter().take(upto + 1).filter_map(|place| self.history.node(*place)).map(|node| node.hash);
            self.first_stamp_at(&hashes.collect::<Vec<_>>())
        };
        // The profile is most often the first change after the genesis change.
        let (mut least, mut most) = (1, order.len().saturating_sub(1));
        if let Some(stamp) = written(least) {
            return Some(stamp);
        }
        while least < most {
            let middle = least + (most - least) / 2;
            if written(middle).is_some() { most = middle } else { least = middle + 1 }
        }
        written(most)
    }

    fn first_stamp_at(&self, hashes: &[ChangeHash]) -> Option<Stamp> {
        let heads: Vec<_> = hashes.iter().map(|hash| automerge::ChangeHash(hash.0)).collect();
        let subject = object::id_of(genesis::SUBJECT);
        self.doc.map_range_at(&subject, .., &heads).filter_map(|item| object::stamp_of(&item.id())).min()
    }
}

/// One entry a distinct value, with its latest stamp; ascending, so that Automerge's winner stands last.
fn distinct(mut values: Vec<(Value, Stamp)>) -> Vec<(Value, Stamp)> {
    if values.len() > 1 {
        values.sort_by_key(|(_, stamp)| *stamp);
        let mut kept: Vec<(Value, Stamp)> = Vec::with_capacity(values.len());
        for (value, stamp) in values.into_iter().rev() {
            if kept.iter().all(|(known, _)| *known != value) {
                kept.push((value, stamp));
            }
        }
        kept.reverse();
        values = kept;
    }
    values
}
