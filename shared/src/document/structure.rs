//! What a change may do, judged from its bytes alone: the shape of DESIGN §2 and nothing else.
//!
//! Invariant (no hidden half): a map is made only at a key that no other replica makes one at. Automerge shows one of two maps made
//! concurrently at one key and hides the other whole. So a record's key holds a ULID or is derived, its `_steps` come with it in the same
//! change, and a step's key is a ULID.
//!
//! Objects made by earlier changes are only listed here ([`Outside`]); that they exist and are what they are taken for is checked where the
//! document is at hand ([`super::guard`]).

use super::{
    chunk::{Action, Parsed},
    genesis::{RECORDS, SUBJECT},
    keys::{STEPS_KEY, is_field_key, is_record_key, is_step_key},
    refusal::Refusal,
    view::Stamp,
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a map is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A record.
    Record,
    /// A record's map of steps.
    Steps,
    /// One step.
    Step,
}

/// An object of an earlier change that a change writes into, and what it takes it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outside {
    /// Its id.
    pub(super) object: Stamp,
    /// A set takes it for a record, a new step for a map of steps.
    pub(super) kind: Kind,
}

/// The maps a change makes, and the maps of earlier changes that it writes into, each once.
#[derive(Debug)]
pub(super) struct Maps {
    pub(super) made: HashMap<Stamp, Kind>,
    pub(super) outside: Vec<Outside>,
}

/// Checks the shape.
pub(super) fn check(parsed: &Parsed<'_>) -> Result<Maps, Refusal> {
    let mut shape = Shape { made: HashMap::new(), keys: HashSet::new(), outside: BTreeMap::new(), without_steps: 0 };
    for (place, op) in parsed.operations.iter().enumerate() {
        match op.action {
            Action::MakeMap => shape.make(parsed.stamp(place), op.object, op.key, op.predecessors.is_empty())?,
            Action::Set(_) => shape.set(parsed, op.object, op.key)?,
        }
    }
    if shape.without_steps > 0 {
        return Err(Refusal::RecordWithoutSteps);
    }
    let outside = shape.outside.into_iter().map(|(object, kind)| Outside { object, kind }).collect();
    Ok(Maps { made: shape.made, outside })
}

struct Shape<'a> {
    made: HashMap<Stamp, Kind>,
    keys: HashSet<(Stamp, &'a str)>,
    outside: BTreeMap<Stamp, Kind>,
    without_steps: usize,
}

impl<'a> Shape<'a> {
    fn make(&mut self, stamp: Stamp, object: Option<Stamp>, key: &'a str, over_nothing: bool) -> Result<(), Refusal> {
        let object = object.ok_or(Refusal::MapMisplaced)?;
        if !over_nothing || object == SUBJECT || !self.keys.insert((object, key)) {
            return Err(Refusal::MapMisplaced);
        }
        let kind = if object == RECORDS {
            if !is_record_key(key) {
                return Err(Refusal::Key);
            }
            self.without_steps += 1;
            Kind::Record
        } else {
            match self.made.get(&object) {
                Some(Kind::Record) if key == STEPS_KEY => {
                    self.without_steps -= 1;
                    Kind::Steps
                }
                Some(Kind::Steps) if is_step_key(key) => Kind::Step,
                None if is_step_key(key) => {
                    self.refer(object, Kind::Steps)?;
                    Kind::Step
                }
                _ => return Err(Refusal::MapMisplaced),
            }
        };
        self.made.insert(stamp, kind);
        Ok(())
    }

    fn set(&mut self, parsed: &Parsed<'_>, object: Option<Stamp>, key: &str) -> Result<(), Refusal> {
        let object = object.ok_or(Refusal::ScalarMisplaced)?;
        if !is_field_key(key) {
            return Err(Refusal::Key);
        }
        if object == SUBJECT {
            return Ok(());
        }
        match self.made.get(&object) {
            Some(Kind::Record | Kind::Step) => Ok(()),
            Some(Kind::Steps) => Err(Refusal::ScalarMisplaced),
            None if object == RECORDS => Err(Refusal::ScalarMisplaced),
            // An object of this very change that no operation made.
            None if object.actor == parsed.actor && object.ctr >= parsed.start_op => Err(Refusal::ObjectMissing),
            None => self.refer(object, Kind::Record),
        }
    }

    fn refer(&mut self, object: Stamp, kind: Kind) -> Result<(), Refusal> {
        let taken_for = *self.outside.entry(object).or_insert(kind);
        if taken_for == kind { Ok(()) } else { Err(Refusal::ScalarMisplaced) }
    }
}
