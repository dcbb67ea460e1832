//! After a refusal: the document without what was refused, and the person's later edits said again so that they can be written anew.
//!
//! A replica's own change may turn out to be refused elsewhere (or here, at the merge), and everything written after it builds on it. The
//! replica then drops it with all that builds on it, and writes its own later edits again under a new actor, from the values they set.
//!
//! Invariant: nothing disappears in silence: what cannot be said again is listed.

use super::{
    chunk::{self, Action, Operation, Parsed},
    genesis,
    keys::STEPS_KEY,
    merge::{self, MergeError, Merged},
    refusal::Refusal,
    view::Stamp,
    write::{Edit, NewRecord, NewStep, Target},
};
use crate::model::ChangeHash;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A document set right, and what is to be written into it again.
#[derive(Debug)]
pub struct Replay {
    /// The document without what was refused and without all that builds on it.
    pub merged: Merged,
    /// Own later edits to be written again, in order, each as one change.
    pub again: Vec<Again>,
    /// What could not be carried over.
    pub left_out: Vec<LeftOut>,
}

/// One own change said again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// The change that fell away.
    pub hash: ChangeHash,
    /// Its writer's time, unix seconds.
    pub time_s: i64,
    /// What it did.
    pub edit: Edit,
}

/// Something of an own change that has nowhere to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The change that fell away.
    pub hash: ChangeHash,
    /// The record it touched, which only a refused change had made; `None` if that cannot be told either.
    pub record: Option<String>,
    /// Fields it set there (or the id of the step it took), with what it wrote.
    pub operations: Vec<String>,
}

/// Rebuilds a document from `log` (its admitted changes in log order) without `refused` and all that builds on them, and says the own changes
/// `own_later` (chunks in the order they were written) again where they fell away.
///
/// # Errors
/// See [`MergeError`].
pub fn replay(log: &[(ChangeHash, &[u8])], refused: &HashSet<ChangeHash>, own_later: &[(ChangeHash, &[u8])]) -> Result<Replay, MergeError> {
    let kept: Vec<(ChangeHash, &[u8])> = log.iter().filter(|(hash, _)| !refused.contains(hash)).copied().collect();
    let merged = merge::merge(None, &kept)?;
    let mut places = Places::default();
    let everything = log.iter().chain(own_later).filter_map(|(hash, bytes)| chunk::read_known(bytes, *hash).ok());
    everything.for_each(|parsed| places.learn(&parsed));
    let mut teller = Teller { standing: standing(&merged), places, left_out: Vec::new() };
    let mut again = Vec::new();
    for (hash, bytes) in own_later {
        let here = merged.history.place(hash).is_some();
        if here || refused.contains(hash) {
            continue;
        }
        let Ok(parsed) = chunk::read_known(bytes, *hash) else {
            teller.left_out.push(LeftOut { hash: *hash, record: None, operations: vec![Refusal::Malformed.code().to_owned()] });
            continue;
        };
        let edit = teller.tell(&parsed);
        if edit != Edit::default() {
            again.push(Again { hash: *hash, time_s: parsed.time_s, edit });
        }
    }
    Ok(Replay { merged, again, left_out: teller.left_out })
}

/// Records that stand in the document.
fn standing(merged: &Merged) -> HashSet<String> {
    super::read::view_with(&merged.doc, &merged.history).records.into_keys().collect()
}

/// Which map is what, over all changes, also those that fell away.
#[derive(Default)]
struct Places {
    records: HashMap<Stamp, String>,
    steps: HashMap<Stamp, String>,
    step: HashMap<Stamp, (String, String)>,
}

impl Places {
    fn learn(&mut self, parsed: &Parsed<'_>) {
        for (nth, op) in parsed.operations.iter().enumerate() {
            let (Action::MakeMap, Some(object)) = (op.action, op.object) else { continue };
            let made = parsed.stamp(nth);
            if object == genesis::RECORDS {
                self.records.insert(made, op.key.to_owned());
            } else if let Some(record) = self.records.get(&object).filter(|_| op.key == STEPS_KEY) {
                self.steps.insert(made, record.clone());
            } else if let Some(record) = self.steps.get(&object) {
                self.step.insert(made, (record.clone(), op.key.to_owned()));
            }
        }
    }
}

struct Teller {
    /// Records there will be once the edits told so far are written.
    standing: HashSet<String>,
    places: Places,
    left_out: Vec<LeftOut>,
}

impl Teller {
    fn tell(&mut self, parsed: &Parsed<'_>) -> Edit {
        let (mut edit, mut lost) = (Edit::default(), BTreeMap::new());
        for (nth, op) in parsed.operations.iter().enumerate() {
            match op.action {
                Action::MakeMap => self.make(parsed.stamp(nth), &mut edit, &mut lost),
                Action::Set(scalar) => self.set(op, scalar.into(), &mut edit, &mut lost),
            }
        }
        let left = lost.into_iter().map(|(record, operations)| LeftOut { hash: parsed.hash, record, operations });
        self.left_out.extend(left);
        edit
    }

    fn make(&mut self, made: Stamp, edit: &mut Edit, lost: &mut Lost) {
        if let Some(key) = self.places.records.get(&made) {
            // Standing already: another writer made the same record. Its fields are then set like any others.
            if self.standing.insert(key.clone()) {
                edit.creates.push(NewRecord { key: key.clone(), fields: BTreeMap::new() });
            }
        } else if let Some((record, id)) = self.places.step.get(&made) {
            if self.standing.contains(record) {
                edit.steps.push(NewStep { record: record.clone(), id: id.clone(), fields: BTreeMap::new() });
            } else {
                lost.entry(Some(record.clone())).or_default().push(id.clone());
            }
        }
    }

    fn set(&self, op: &Operation<'_>, value: super::view::Value, edit: &mut Edit, lost: &mut Lost) {
        let Some(object) = op.object else { return };
        if object == genesis::SUBJECT {
            edit.sets.push((Target::Subject, op.key.to_owned(), value));
        } else if let Some(record) = self.places.records.get(&object) {
            if let Some(new) = edit.creates.iter_mut().find(|new| new.key == *record) {
                new.fields.insert(op.key.to_owned(), value);
            } else if self.standing.contains(record) {
                edit.sets.push((Target::Record(record.clone()), op.key.to_owned(), value));
            } else {
                lost.entry(Some(record.clone())).or_default().push(format!("{} = {}", op.key, spoken(&value)));
            }
        } else if let Some((_, id)) = self.places.step.get(&object) {
            if let Some(step) = edit.steps.iter_mut().find(|step| step.id == *id) {
                step.fields.insert(op.key.to_owned(), value);
            }
        } else {
            lost.entry(None).or_default().push(format!("{} = {}", op.key, spoken(&value)));
        }
    }
}

type Lost = BTreeMap<Option<String>, Vec<String>>;

fn spoken(value: &super::view::Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
