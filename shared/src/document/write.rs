//! Writing: an [`Edit`] into one change.
//!
//! Invariants:
//! - What is written passes [`admission::parse`] before the document is touched: nothing is saved here that another replica would refuse.
//! - A set of the value that stands alone already writes nothing, so that saving a form twice leaves no trace; on a field with several
//!   concurrent values it always writes, and supersedes them all.
//! - A record that two replicas made apart at one key is written in both of its maps, so that a choice settles it.

use super::{
    admission,
    chunk::{Action, Operation, Scalar},
    encode::Draft,
    genesis,
    keys::{STEPS_KEY, is_record_key, is_step_key},
    object::{self, ObjectMaps},
    refusal::Refusal,
    view::{Stamp, Value},
};
use crate::{
    fault::{Exit, Fault},
    model::{Actor, ChangeHash},
};
use automerge::{Automerge, AutomergeError, Change};
use std::collections::BTreeMap;

/// Where a field is set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The profile.
    Subject,
    /// The record of this key.
    Record(String),
}

/// A record to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecord {
    /// `<ledger>:<ULID or derived id>`, not yet in the document.
    pub key: String,
    /// Its scalars, `_v` among them.
    pub fields: BTreeMap<String, Value>,
}

/// A lifecycle step to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStep {
    /// Key of its record, in the document or made by the same edit.
    pub record: String,
    /// A new ULID.
    pub id: String,
    /// Its scalars (see [`super::view::StepView`]).
    pub fields: BTreeMap<String, Value>,
}

/// What a person or the engine wants changed, as one change: all of it or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Records to make.
    pub creates: Vec<NewRecord>,
    /// Fields to set; the last of several sets of one field counts.
    pub sets: Vec<(Target, String, Value)>,
    /// Steps to append.
    pub steps: Vec<NewStep>,
    /// Write every set, also of the present value: how a person settles a conflict group whose fields agree each for itself
    /// ([`super::view::RecordView::apart`]).
    pub settle: bool,
}

/// A change as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The uncompressed chunk, byte for byte as logged and shipped.
    pub bytes: Vec<u8>,
    /// Its SHA-256.
    pub hash: ChangeHash,
    /// Who wrote.
    pub actor: Actor,
    /// Sequence number of the writer in this document.
    pub aseq: u64,
    /// Counter of its first operation.
    pub start_op: u64,
    /// Counter of its last operation.
    pub max_op: u64,
    /// Writer's time, unix seconds.
    pub time_s: i64,
}

/// Why an edit cannot be written; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// No such record.
    #[error("no record {0} in the document")]
    RecordMissing(String),
    /// There is one already.
    #[error("record {0} exists already")]
    RecordExists(String),
    /// The step exists already, or twice in the edit.
    #[error("step {0} exists already")]
    StepExists(String),
    /// No replica would let the change in: too large, a key or value of the wrong form, a clock far off.
    #[error("the change would be refused: {0}")]
    Refused(#[from] Refusal),
    /// Automerge failed on a document of ours.
    #[error("automerge: {0}")]
    Automerge(#[from] AutomergeError),
    /// Automerge could not read back the change written.
    #[error("automerge cannot read the change written: {0}")]
    Unreadable(#[from] automerge::LoadChangeError),
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::RecordMissing(key) => Self::new("edit-record-missing", Exit::NoMatch).with("record", key),
            WriteError::RecordExists(key) => Self::new("edit-record-exists", Exit::Input).with("record", key),
            WriteError::StepExists(id) => Self::new("edit-step-exists", Exit::Input).with("step", id),
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::Automerge(_) | WriteError::Unreadable(_) => Self::internal(error),
        }
    }
}

/// Writes `edit` into `doc` as one change of `actor` at `time_s` (unix seconds); `None` if everything stands so already.
///
/// # Errors
/// See [`WriteError`]; the document is then as it was.
pub fn write(doc: &mut Automerge, actor: Actor, time_s: i64, edit: &Edit) -> Result<Option<Written>, WriteError> {
    let place = Place::of(doc, actor);
    let mut plan = Plan { doc, actor, start_op: place.start_op, operations: Vec::new(), made: BTreeMap::new(), settle: edit.settle };
    plan.creates(&edit.creates)?;
    plan.sets(&edit.sets)?;
    plan.steps(&edit.steps)?;
    let operations = plan.operations;
    if operations.is_empty() {
        return Ok(None);
    }
    let (bytes, hash) = Draft { actor, aseq: place.aseq, start_op: place.start_op, deps: &place.deps, time_s, operations: &operations }.encode();
    let max_op = admission::parse(&bytes)?.max_op;
    doc.apply_changes([Change::try_from(bytes.as_slice())?])?;
    Ok(Some(Written { bytes, hash, actor, aseq: place.aseq, start_op: place.start_op, max_op, time_s }))
}

/// Where in the history the change goes.
struct Place {
    aseq: u64,
    start_op: u64,
    deps: Vec<ChangeHash>,
}

impl Place {
    fn of(doc: &mut Automerge, actor: Actor) -> Self {
        doc.set_actor(object::actor_id(actor));
        let aseq = doc.get_last_local_change().map_or(0, |change| change.seq()) + 1;
        let heads = doc.get_heads();
        let max_op = heads.iter().filter_map(|head| doc.get_change_meta_by_hash(head)).map(|meta| meta.max_op).max().unwrap_or(0);
        Self { aseq, start_op: max_op + 1, deps: heads.into_iter().map(|head| ChangeHash(head.0)).collect() }
    }
}

struct Plan<'e, 'd> {
    doc: &'d Automerge,
    actor: Actor,
    start_op: u64,
    operations: Vec<Operation<'e>>,
    /// Records made by this edit: their map and their steps.
    made: BTreeMap<&'e str, (Stamp, Stamp)>,
    settle: bool,
}

impl<'e> Plan<'e, '_> {
    fn push(&mut self, object: Stamp, key: &'e str, action: Action<'e>, predecessors: Vec<Stamp>) -> Stamp {
        let stamp = Stamp { ctr: self.start_op + self.operations.len() as u64, actor: self.actor };
        self.operations.push(Operation { object: Some(object), key, action, predecessors });
        stamp
    }

    fn creates(&mut self, creates: &'e [NewRecord]) -> Result<(), WriteError> {
        for record in creates {
            if !is_record_key(&record.key) {
                return Err(Refusal::Key.into());
            }
            if self.made.contains_key(record.key.as_str()) || !object::maps_at(self.doc, genesis::RECORDS, &record.key)?.is_empty() {
                return Err(WriteError::RecordExists(record.key.clone()));
            }
            let map = self.push(genesis::RECORDS, &record.key, Action::MakeMap, Vec::new());
            let steps = self.push(map, STEPS_KEY, Action::MakeMap, Vec::new());
            for (key, value) in &record.fields {
                self.push(map, key, Action::Set(Scalar::from(value)), Vec::new());
            }
            self.made.insert(&record.key, (map, steps));
        }
        Ok(())
    }

    fn sets(&mut self, sets: &'e [(Target, String, Value)]) -> Result<(), WriteError> {
        let last: BTreeMap<(&Target, &str), &Value> = sets.iter().map(|(target, key, value)| ((target, key.as_str()), value)).collect();
        for ((target, key), value) in last {
            match target {
                Target::Subject => self.set(&[genesis::SUBJECT], key, value)?,
                Target::Record(record) => {
                    if let Some((map, _)) = self.made.get(record.as_str()) {
                        self.set_again(*map, key, value);
                    } else {
                        let maps = self.record(record)?;
                        self.set(&maps, key, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A field of a record that this edit makes: there is nothing to supersede, one set is enough.
    fn set_again(&mut self, map: Stamp, key: &'e str, value: &'e Value) {
        let action = Action::Set(Scalar::from(value));
        match self.operations.iter_mut().find(|op| op.object == Some(map) && op.key == key) {
            Some(operation) => operation.action = action,
            None => {
                self.push(map, key, action, Vec::new());
            }
        }
    }

    fn set(&mut self, maps: &[Stamp], key: &'e str, value: &'e Value) -> Result<(), WriteError> {
        let mut present = Vec::new();
        for map in maps {
            present.push((*map, object::scalars_at(self.doc, *map, key)?));
        }
        let stands = |values: &Vec<(Value, Stamp)>| matches!(values.as_slice(), [(only, _)] if only == value);
        let agreed = present.iter().all(|(_, values)| values.is_empty() || stands(values)) && present.iter().any(|(_, values)| stands(values));
        if agreed && !self.settle {
            return Ok(());
        }
        for (map, values) in present {
            let predecessors = values.into_iter().map(|(_, stamp)| stamp).collect();
            self.push(map, key, Action::Set(Scalar::from(value)), predecessors);
        }
        Ok(())
    }

    fn steps(&mut self, steps: &'e [NewStep]) -> Result<(), WriteError> {
        for step in steps {
            if !is_step_key(&step.id) {
                return Err(Refusal::Key.into());
            }
            let map = match self.made.get(step.record.as_str()) {
                Some((_, steps)) => *steps,
                None => self.steps_of(&step.record)?,
            };
            let taken = self.operations.iter().any(|op| op.object == Some(map) && op.key == step.id);
            if taken || !object::maps_at(self.doc, map, &step.id)?.is_empty() {
                return Err(WriteError::StepExists(step.id.clone()));
            }
            let made = self.push(map, &step.id, Action::MakeMap, Vec::new());
            for (key, value) in &step.fields {
                self.push(made, key, Action::Set(Scalar::from(value)), Vec::new());
            }
        }
        Ok(())
    }

    /// All maps at a record's key; several where two replicas made it apart.
    fn record(&self, key: &str) -> Result<ObjectMaps, WriteError> {
        let maps = object::maps_at(self.doc, genesis::RECORDS, key)?;
        if maps.is_empty() { Err(WriteError::RecordMissing(key.to_owned())) } else { Ok(maps) }
    }

    fn steps_of(&self, key: &str) -> Result<Stamp, WriteError> {
        let missing = || WriteError::RecordMissing(key.to_owned());
        let map = *self.record(key)?.last().ok_or_else(missing)?;
        object::maps_at(self.doc, map, STEPS_KEY)?.last().copied().ok_or_else(missing)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::{
        document::{
            DocFacts, History, Verdict,
            genesis::document,
            judge, parse,
            read::view,
            view::{FieldView, RecordView},
        },
        model::{DocId, OriginId},
    };

    /// A replica that holds nothing of the document yet.
    pub(in crate::document) struct NothingHere;

    impl DocFacts for NothingHere {
        fn actor_tip(&self, _: Actor) -> Option<(u64, ChangeHash)> {
            None
        }
        fn max_op_of(&self, _: &ChangeHash) -> Option<u64> {
            None
        }
        fn hash_at(&self, _: Actor, _: u64) -> Option<ChangeHash> {
            None
        }
    }

    impl DocFacts for History {
        fn actor_tip(&self, actor: Actor) -> Option<(u64, ChangeHash)> {
            self.tip(actor).and_then(|place| self.node(place)).map(|node| (node.aseq, node.hash))
        }
        fn max_op_of(&self, hash: &ChangeHash) -> Option<u64> {
            self.place(hash).and_then(|place| self.node(place)).map(|node| node.max_op)
        }
        fn hash_at(&self, actor: Actor, aseq: u64) -> Option<ChangeHash> {
            self.nodes().iter().find(|node| node.actor == actor && node.aseq == aseq).map(|node| node.hash)
        }
    }

    pub(in crate::document) const RECORD: &str = "care_log:01J8ZK3V9Q0000000000000000";
    pub(in crate::document) const STEP: &str = "01J8ZK3V9Q0000000000000001";

    pub(in crate::document) fn actor(n: u8) -> Actor {
        Actor::new(OriginId([n; 8]), [n; 8])
    }

    pub(in crate::document) fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, Value> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::Str((*value).to_owned()))).collect()
    }

    pub(in crate::document) fn create(pairs: &[(&str, &str)]) -> Edit {
        Edit { creates: vec![NewRecord { key: RECORD.into(), fields: fields(pairs) }], ..Edit::default() }
    }

    pub(in crate::document) fn set(key: &str, value: &str) -> Edit {
        Edit { sets: vec![(Target::Record(RECORD.into()), key.into(), Value::Str(value.into()))], ..Edit::default() }
    }

    pub(in crate::document) fn profile(key: &str, value: &str) -> Edit {
        Edit { sets: vec![(Target::Subject, key.into(), Value::Str(value.into()))], ..Edit::default() }
    }

    pub(in crate::document) fn step(id: &str, name: &str) -> Edit {
        Edit { steps: vec![NewStep { record: RECORD.into(), id: id.into(), fields: fields(&[("name", name)]) }], ..Edit::default() }
    }

    /// Writes and holds the change against admission.
    pub(in crate::document) fn wrote(doc: &mut Automerge, n: u8, edit: &Edit) -> Written {
        let before = History::of(doc);
        let written = write(doc, actor(n), 1_760_000_000 + i64::from(n), edit).unwrap().unwrap();
        let parsed = parse(&written.bytes).unwrap();
        assert!(parsed.plain);
        assert_eq!(judge(&parsed, DocId([1; 16]), &before), Verdict::Admit);
        assert_eq!(judge(&parsed, DocId([1; 16]), &History::of(doc)), Verdict::Known);
        let stored = doc.get_changes(&[]).into_iter().find(|change| change.hash().0 == written.hash.0).unwrap();
        assert_eq!(stored.raw_bytes(), written.bytes, "Automerge gives back what was written");
        assert_eq!(Automerge::load(&doc.save()).unwrap().get_heads(), doc.get_heads());
        written
    }

    fn record(doc: &Automerge) -> RecordView {
        view(doc).records[RECORD].clone()
    }

    fn texts(field: &FieldView) -> Vec<&str> {
        let mut texts = Vec::new();
        for (value, _) in &field.values {
            let Value::Str(text) = value else { panic!("{value:?} is no text") };
            texts.push(text.as_str());
        }
        texts
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut doc = document().unwrap();
        let mut edit = create(&[("kind", "visit"), ("note", "家访：情况稳定")]);
        edit.creates[0].fields.extend([("_v".to_owned(), Value::Int(3)), ("done".to_owned(), Value::Bool(false)), ("next".to_owned(), Value::Null)]);
        edit.sets = vec![(Target::Record(RECORD.into()), "kind".into(), Value::Str("call".into())), (Target::Subject, "name".into(), Value::Int(-7))];
        edit.steps = step(STEP, "open").steps;
        let written = wrote(&mut doc, 1, &edit);
        let document = view(&doc);
        assert_eq!(document.subject.fields["name"].values[0].0, Value::Int(-7));
        assert_eq!(document.subject.created.unwrap().1, written.time_s);
        let record = &document.records[RECORD];
        assert_eq!(record.created, Some((Stamp { ctr: 3, actor: actor(1) }, written.time_s)));
        assert_eq!(texts(&record.fields["kind"]), ["call"]);
        assert_eq!(record.fields["_v"].values[0].0, Value::Int(3));
        assert_eq!((&record.steps[0].id, record.steps[0].time_s), (&STEP.to_owned(), written.time_s));
        assert_eq!(record.steps[0].fields, fields(&[("name", "open")]));
        assert_eq!((written.aseq, written.start_op, written.max_op), (1, 3, 12));
    }

    #[test]
    fn saving_a_form_twice_leaves_no_trace() {
        let mut doc = document().unwrap();
        wrote(&mut doc, 1, &create(&[("kind", "visit")]));
        wrote(&mut doc, 1, &profile("name", "a"));
        let heads = doc.get_heads();
        let mut same = set("kind", "visit");
        same.sets.extend(profile("name", "a").sets);
        assert_eq!(write(&mut doc, actor(2), 1, &same).unwrap(), None);
        assert_eq!(doc.get_heads(), heads);
        same.settle = true;
        assert_eq!(wrote(&mut doc, 2, &same).aseq, 1);
    }

    #[test]
    fn choosing_the_leading_value_settles_a_conflict_too() {
        let mut ours = document().unwrap();
        wrote(&mut ours, 1, &create(&[("kind", "visit")]));
        let mut theirs = ours.fork();
        wrote(&mut ours, 1, &set("kind", "call"));
        wrote(&mut theirs, 2, &set("kind", "talk"));
        ours.merge(&mut theirs).unwrap();
        let disputed = record(&ours).fields["kind"].clone();
        assert_eq!((texts(&disputed), disputed.shared.clone()), (vec!["call", "talk"], Some(Value::Str("visit".into()))));
        wrote(&mut ours, 1, &set("kind", "talk"));
        let settled = record(&ours).fields["kind"].clone();
        assert_eq!((texts(&settled), settled.shared.clone()), (vec!["talk"], None));
    }

    #[test]
    fn equal_values_written_apart_are_no_disagreement() {
        let mut ours = document().unwrap();
        wrote(&mut ours, 1, &create(&[]));
        let mut theirs = ours.fork();
        wrote(&mut ours, 1, &set("kind", "call"));
        wrote(&mut theirs, 2, &set("kind", "call"));
        ours.merge(&mut theirs).unwrap();
        assert_eq!(texts(&record(&ours).fields["kind"]), ["call"]);
        assert_eq!(record(&ours).fields["kind"].shared, None);
    }

    #[test]
    fn fields_changed_by_writers_that_did_not_know_each_other_are_apart_until_settled() {
        let mut ours = document().unwrap();
        wrote(&mut ours, 1, &create(&[("amount", "1"), ("category", "a"), ("note", "n")]));
        let mut theirs = ours.fork();
        wrote(&mut ours, 1, &set("amount", "2"));
        wrote(&mut theirs, 2, &set("category", "b"));
        ours.merge(&mut theirs).unwrap();
        assert_eq!(record(&ours).apart, [("amount".to_owned(), "category".to_owned())]);
        wrote(&mut ours, 3, &Edit { settle: true, ..set("amount", "2") });
        assert!(record(&ours).apart.is_empty());
    }

    #[test]
    fn an_edit_that_cannot_be_written_changes_nothing() {
        let mut doc = document().unwrap();
        wrote(&mut doc, 1, &create(&[]));
        wrote(&mut doc, 1, &step(STEP, "open"));
        let heads = doc.get_heads();
        let mut failing = |edit: &Edit| write(&mut doc, actor(1), 5, edit).unwrap_err();
        assert!(matches!(failing(&create(&[])), WriteError::RecordExists(_)));
        assert!(matches!(failing(&step(STEP, "again")), WriteError::StepExists(_)));
        let elsewhere = Edit { sets: vec![(Target::Record("care_log:none".into()), "a".into(), Value::Null)], ..Edit::default() };
        assert!(matches!(failing(&elsewhere), WriteError::RecordMissing(_)));
        assert!(matches!(failing(&set("_steps", "x")), WriteError::Refused(Refusal::Key)));
        assert!(matches!(failing(&set("note", &"x".repeat(65_537))), WriteError::Refused(Refusal::ValueTooLong)));
        let many = (0..4_097).map(|n| (Target::Subject, format!("f{n}"), Value::Null)).collect();
        assert!(matches!(failing(&Edit { sets: many, ..Edit::default() }), WriteError::Refused(Refusal::TooManyOperations)));
        assert!(matches!(write(&mut doc, actor(1), -1, &set("a", "b")), Err(WriteError::Refused(Refusal::Time))));
        assert_eq!(doc.get_heads(), heads);
    }

    /// INV no hidden half: Automerge shows one of two maps at one key; the view shows both as one record that disagrees with itself.
    #[test]
    fn two_replicas_that_make_the_same_record_offline_hide_nothing_from_each_other() {
        let (mut ours, mut theirs) = (document().unwrap(), document().unwrap());
        wrote(&mut ours, 1, &create(&[("kind", "visit"), ("only_ours", "1")]));
        wrote(&mut ours, 1, &step(STEP, "open"));
        wrote(&mut theirs, 2, &create(&[("kind", "call"), ("only_theirs", "2")]));
        wrote(&mut theirs, 2, &step("01J8ZK3V9Q0000000000000002", "close"));
        let mut merged = ours.fork();
        merged.merge(&mut theirs.fork()).unwrap();
        theirs.merge(&mut ours).unwrap();
        assert_eq!(view(&merged), view(&theirs));
        let seen = record(&merged);
        assert_eq!(
            (texts(&seen.fields["kind"]), texts(&seen.fields["only_ours"]), texts(&seen.fields["only_theirs"])),
            (vec!["visit", "call"], vec!["1"], vec!["2"])
        );
        assert_eq!(seen.steps.len(), 2);
        assert_eq!(seen.created.unwrap().0.actor, actor(1));
        wrote(&mut merged, 3, &set("kind", "visit"));
        assert_eq!(texts(&record(&merged).fields["kind"]), ["visit"]);
    }
}
