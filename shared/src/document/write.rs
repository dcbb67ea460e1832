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

/// `edit` with every record that the document has already turned into sets of its fields: what is copied once more changes only what differs.
///
/// # Errors
/// Automerge's.
pub fn upsert(doc: &Automerge, edit: Edit) -> Result<Edit, WriteError> {
    let mut out = Edit { creates: Vec::new(), ..edit };
    for record in edit.creates {
        if object::maps_at(doc, genesis::RECORDS, &record.key)?.is_empty() {
            out.creates.push(record);
        } else {
            out.sets.extend(record.fields.into_iter().map(|(field, value)| (Target::Record(record.key.clone()), field, value)));
        }
    }
    Ok(out)
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
pub(super) mod tests;
