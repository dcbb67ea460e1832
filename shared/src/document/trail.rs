//! The trail of one record, read from the log itself: who wrote what when, voided and refused writings among it. Independent of what Automerge shows now.

use super::{
    chunk::{self, Action},
    genesis,
    keys::{STEPS_KEY, WRITER_KEY},
    view::{Stamp, Value},
};
use crate::model::ChangeHash;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// The field that names who made a record: its first writer.
const AUTHOR_KEY: &str = "by";

/// One writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Writer's time, unix seconds.
    pub time_s: i64,
    /// Field, or `_steps/<id>` for a step; empty for the making of the record.
    pub key: String,
    /// What was written; `Null` for the making of a record or step.
    pub value: Value,
    /// Whom the record named as its writer (`_by`, and `by` when it was made) once this was written, on the branch it was written on: several where branches had met, none where it is not known.
    pub by: Arc<BTreeSet<String>>,
    /// The same change named them. If not, the names are of an earlier one: the same person went on, as far as anybody can tell.
    pub signed: bool,
    /// Which operation wrote it, within the document.
    pub stamp: Stamp,
    /// What it was written over, as far as its writer knew; several: they had been written apart.
    pub over: Vec<Stamp>,
}

/// Follows one record through its document's changes, fed in log order.
#[derive(Debug)]
pub struct Trail {
    key: Option<String>,
    maps: HashSet<Stamp>,
    steps: HashSet<Stamp>,
    /// Whom each change left as the writer.
    authors: HashMap<ChangeHash, Arc<BTreeSet<String>>>,
}

impl Trail {
    /// Of the record `id`; an id without `:` is a profile's, kept in `subject`.
    #[must_use]
    pub fn of(id: &str) -> Self {
        let profile = !id.contains(':');
        let maps = if profile { HashSet::from([genesis::SUBJECT]) } else { HashSet::new() };
        Self { key: (!profile).then(|| id.to_owned()), maps, steps: HashSet::new(), authors: HashMap::new() }
    }

    /// What one change wrote to the record.
    pub fn lines(&mut self, bytes: &[u8]) -> Vec<Line> {
        let Ok(parsed) = chunk::read(bytes) else { return Vec::new() };
        let mut out = Vec::new();
        let unknown = Arc::default();
        for (place, operation) in parsed.operations.iter().enumerate() {
            let (Some(object), stamp) = (operation.object, parsed.stamp(place)) else { continue };
            let over = operation.predecessors.clone();
            let line = |key: String, value: Value| Line { time_s: parsed.time_s, key, value, by: Arc::clone(&unknown), signed: false, stamp, over };
            if object == genesis::RECORDS && Some(operation.key) == self.key.as_deref() {
                self.maps.insert(stamp);
                out.push(line(String::new(), Value::Null));
            } else if self.maps.contains(&object) {
                match &operation.action {
                    Action::MakeMap if operation.key == STEPS_KEY => {
                        self.steps.insert(stamp);
                    }
                    Action::MakeMap => {}
                    Action::Set(value) => out.push(line(operation.key.to_owned(), Value::from(*value))),
                }
            } else if self.steps.contains(&object) {
                out.push(line(format!("{STEPS_KEY}/{}", operation.key), Value::Null));
            }
        }
        self.sign(parsed.hash, &parsed.deps, &mut out);
        out
    }

    /// Names who wrote: whom the change itself names, or else whom those named that it builds on.
    fn sign(&mut self, hash: ChangeHash, deps: &[ChangeHash], lines: &mut [Line]) {
        let named = |key: &str| lines.iter().rfind(|line| line.key == key);
        let own = named(WRITER_KEY).or_else(|| named(AUTHOR_KEY)).map(|line| match &line.value {
            Value::Str(name) if !name.is_empty() => BTreeSet::from([name.clone()]),
            _ => BTreeSet::new(),
        });
        let signed = own.is_some();
        let by = match (own, deps) {
            (Some(own), _) => Arc::new(own),
            (None, [one]) => self.authors.get(one).map(Arc::clone).unwrap_or_default(),
            (None, several) => Arc::new(several.iter().filter_map(|dep| self.authors.get(dep)).flat_map(|names| names.iter().cloned()).collect()),
        };
        for line in lines {
            (line.by, line.signed) = (Arc::clone(&by), signed);
        }
        self.authors.insert(hash, by);
    }
}
