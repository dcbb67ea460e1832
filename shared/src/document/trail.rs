//! The trail of one record, read from the log itself: who wrote what when, voided and refused writings among it. Independent of what Automerge shows now.

use super::{
    chunk::{self, Action},
    genesis,
    keys::STEPS_KEY,
    view::{Stamp, Value},
};
use std::collections::HashSet;

/// One writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Writer's time, unix seconds.
    pub time_s: i64,
    /// Field, or `_steps/<id>` for a step; empty for the making of the record.
    pub key: String,
    /// What was written; `Null` for the making of a record or step.
    pub value: Value,
}

/// Follows one record through its document's changes, fed in log order.
#[derive(Debug)]
pub struct Trail {
    key: Option<String>,
    maps: HashSet<Stamp>,
    steps: HashSet<Stamp>,
}

impl Trail {
    /// Of the record `id`; an id without `:` is a profile's, kept in `subject`.
    #[must_use]
    pub fn of(id: &str) -> Self {
        let profile = !id.contains(':');
        let maps = if profile { HashSet::from([genesis::SUBJECT]) } else { HashSet::new() };
        Self { key: (!profile).then(|| id.to_owned()), maps, steps: HashSet::new() }
    }

    /// What one change wrote to the record.
    pub fn lines(&mut self, bytes: &[u8]) -> Vec<Line> {
        let Ok(parsed) = chunk::read(bytes) else { return Vec::new() };
        let mut out = Vec::new();
        for (place, operation) in parsed.operations.iter().enumerate() {
            let (Some(object), stamp) = (operation.object, parsed.stamp(place)) else { continue };
            let line = |key: String, value: Value| Line { time_s: parsed.time_s, key, value };
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
        out
    }
}
