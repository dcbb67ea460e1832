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
    merge::{self, Logged, MergeError, Merged},
    refusal::Refusal,
    view::Stamp,
    write::{Edit, NewRecord, NewStep, Target},
};
use crate::model::ChangeHash;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::BuildHasher,
};

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
pub fn replay(log: &[Logged<'_>], refused: &HashSet<ChangeHash, impl BuildHasher>, own_later: &[Logged<'_>]) -> Result<Replay, MergeError> {
    let kept: Vec<Logged<'_>> = log.iter().filter(|(hash, _)| !refused.contains(hash)).copied().collect();
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

/// What the own changes among `refused` did, to be shown: they are not written again. `log` and `own` as in [`replay`].
#[must_use]
pub fn contents(log: &[Logged<'_>], own: &[Logged<'_>], refused: &HashSet<ChangeHash, impl BuildHasher>) -> Vec<LeftOut> {
    let mut places = Places::default();
    log.iter().filter_map(|(hash, bytes)| chunk::read_known(bytes, *hash).ok()).for_each(|parsed| places.learn(&parsed));
    let mut out = Vec::new();
    for parsed in own.iter().filter(|(hash, _)| refused.contains(hash)).filter_map(|(hash, bytes)| chunk::read_known(bytes, *hash).ok()) {
        let mut lost = Lost::new();
        for op in &parsed.operations {
            let (Action::Set(scalar), Some(object)) = (op.action, op.object) else { continue };
            let (record, step) = places.of(object);
            let value = spoken(&scalar.into());
            let line = step.map_or_else(|| format!("{} = {value}", op.key), |step| format!("{step} {} = {value}", op.key));
            lost.entry(record).or_default().push(line);
        }
        out.extend(lost.into_iter().map(|(record, operations)| LeftOut { hash: parsed.hash, record, operations }));
    }
    out
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
    /// Record and step that a map belongs to; neither: the profile.
    fn of(&self, object: Stamp) -> (Option<String>, Option<String>) {
        match self.step.get(&object) {
            Some((record, step)) => (Some(record.clone()), Some(step.clone())),
            None => (self.records.get(&object).cloned(), None),
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{
        History, Value, genesis, parse, view,
        write::{
            tests::{RECORD, STEP, actor, create, profile, set, step, wrote},
            write,
        },
    };

    use automerge::Automerge;

    fn logged(doc: &Automerge) -> Vec<(ChangeHash, Vec<u8>)> {
        doc.get_changes(&[]).iter().skip(1).map(|change| (ChangeHash(change.hash().0), change.raw_bytes().to_vec())).collect()
    }

    fn borrowed(log: &[(ChangeHash, Vec<u8>)]) -> Vec<(ChangeHash, &[u8])> {
        log.iter().map(|(hash, bytes)| (*hash, bytes.as_slice())).collect()
    }

    fn create_at(key: &str, fields: &[(&str, &str)]) -> Edit {
        let mut edit = create(fields);
        edit.creates[0].key = key.into();
        edit
    }

    fn text(value: &str) -> Value {
        Value::Str(value.into())
    }

    #[test]
    fn later_own_edits_are_said_again_without_the_refused_change() {
        let mut doc = genesis::document().unwrap();
        wrote(&mut doc, 1, &create(&[("kind", "visit")]));
        let refused = wrote(&mut doc, 2, &create_at("care_log:bad", &[("kind", "?")])).hash;
        let mut edit = set("kind", "call");
        edit.creates = create_at("care_log:new", &[("kind", "talk")]).creates;
        edit.steps = step(STEP, "open").steps;
        edit.sets.extend(profile("name", "x").sets);
        edit.sets.push((Target::Record("care_log:bad".into()), "kind".into(), text("lost")));
        let own = wrote(&mut doc, 1, &edit).hash;
        let mut later = set("note", "n");
        later.sets.push((Target::Record("care_log:new".into()), "kind".into(), Value::Null));
        wrote(&mut doc, 1, &later);

        let log = logged(&doc);
        let own_later: Vec<_> = log.iter().filter(|(hash, _)| *hash != refused).cloned().collect();
        let replay = replay(&borrowed(&log), &HashSet::from([refused]), &borrowed(&own_later)).unwrap();
        assert_eq!(replay.merged.applied, [log[0].0], "only what does not build on the refused change stays");
        assert_eq!(replay.left_out, [LeftOut { hash: own, record: Some("care_log:bad".into()), operations: vec!["kind = \"lost\"".into()] }]);
        let (mut fresh, expected) = (replay.merged.doc, view(&doc));
        for again in &replay.again {
            write(&mut fresh, actor(9), again.time_s, &again.edit).unwrap().unwrap();
        }
        let shown = view(&fresh);
        assert!(!shown.records.contains_key("care_log:bad"));
        for key in [RECORD, "care_log:new"] {
            let values = |document: &crate::document::DocumentView| {
                let fields = &document.records[key].fields;
                fields.iter().map(|(key, field)| (key.clone(), field.values.iter().map(|(v, _)| v.clone()).collect())).collect::<Vec<(_, Vec<_>)>>()
            };
            assert_eq!(values(&shown), values(&expected));
        }
        assert_eq!(shown.records[RECORD].steps[0].fields, expected.records[RECORD].steps[0].fields);
        assert_eq!(shown.subject.fields["name"].values[0].0, text("x"));
    }

    #[test]
    fn nothing_is_said_again_that_does_not_build_on_the_refused_change() {
        let mut doc = genesis::document().unwrap();
        wrote(&mut doc, 1, &create(&[("kind", "visit")]));
        let mut theirs = doc.fork();
        wrote(&mut doc, 1, &set("kind", "call"));
        let refused = wrote(&mut theirs, 2, &set("kind", "?")).hash;
        doc.merge(&mut theirs).unwrap();
        let log = logged(&doc);
        let replay = replay(&borrowed(&log), &HashSet::from([refused]), &borrowed(&log)).unwrap();
        assert!(replay.again.is_empty() && replay.left_out.is_empty());
        assert_eq!(replay.merged.applied.len(), 2);
        assert_eq!(view(&replay.merged.doc).records[RECORD].fields["kind"].values.len(), 1);
    }

    #[test]
    fn a_step_of_a_lost_record_is_listed_and_a_record_made_again_is_not_made_twice() {
        let mut doc = genesis::document().unwrap();
        let refused = wrote(&mut doc, 2, &create(&[("kind", "?")])).hash;
        wrote(&mut doc, 1, &step(STEP, "open"));
        let log = logged(&doc);
        let replay = replay(&borrowed(&log), &HashSet::from([refused]), &borrowed(&log)).unwrap();
        assert!(replay.again.is_empty());
        assert_eq!(replay.left_out[0].operations, [STEP]);
        assert_eq!(History::of(&replay.merged.doc).nodes().len(), 1);
        assert!(parse(&log[1].1).is_ok());
    }
}
