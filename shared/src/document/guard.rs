//! The last look before Automerge: what only the document can tell about a change.
//!
//! Invariant: every check here depends on the change and on what it builds on, never on what else this replica happens to hold. So all
//! replicas refuse the same changes and stay equal. (The one exception is a writer that uses a sequence number twice: whichever comes
//! first stays.)
//!
//! Why each check: Automerge panics on an object it does not know; it forgets a superseded value that is not where the change says, and
//! then writes a document that never loads again; and a value superseded from elsewhere would vanish without a trace.

use super::{
    chunk::{Action, Operation, Parsed},
    genesis,
    history::{History, Place},
    keys::STEPS_KEY,
    object,
    refusal::Refusal,
    structure::{Kind, Maps},
    view::Stamp,
};
use automerge::{Automerge, ObjType, Prop, ReadDoc as _};
use std::collections::{BTreeSet, HashMap};

/// A document's history with the changes of one batch on top, most of them not yet in the document itself.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    history: History,
    /// Changes of the batch.
    batch: HashMap<Place, Parsed<'a>>,
    /// Maps they made.
    made: HashMap<Stamp, Kind>,
    /// Values they superseded, and which of them did.
    superseded: HashMap<Stamp, Vec<Place>>,
}

impl<'a> Guard<'a> {
    pub(super) fn new(history: History) -> Self {
        Self { history, batch: HashMap::new(), made: HashMap::new(), superseded: HashMap::new() }
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn into_history(self) -> History {
        self.history
    }

    /// Checks a change whose dependencies are all here.
    pub(super) fn check(&self, doc: &Automerge, parsed: &Parsed<'_>, maps: &Maps) -> Result<(), Refusal> {
        let deps: Vec<Place> = parsed.deps.iter().filter_map(|dep| self.history.place(dep)).collect();
        let past = Past { history: &self.history, everything: self.history.are_heads(&deps), deps };
        past.follows_on(parsed)?;
        for outside in &maps.outside {
            let known = self.history.change_of(outside.object).is_some_and(|place| past.knows(place));
            let kind = if known { self.kind(doc, outside.object) } else { None };
            match (outside.kind, kind) {
                (_, None) => return Err(Refusal::ObjectMissing),
                (wanted, Some(kind)) if wanted == kind => {}
                (Kind::Record, Some(Kind::Step)) => return Err(Refusal::StepAltered),
                (Kind::Record, Some(_)) => return Err(Refusal::ScalarMisplaced),
                _ => return Err(Refusal::MapMisplaced),
            }
        }
        let superseding = parsed.operations.iter().filter(|op| !op.predecessors.is_empty());
        for op in superseding {
            let mut present = None;
            for predecessor in &op.predecessors {
                if !self.stands(doc, &past, op, *predecessor, &mut present) {
                    return Err(Refusal::PredecessorMissing);
                }
            }
        }
        Ok(())
    }

    /// Takes the change into the history.
    pub(super) fn accept(&mut self, parsed: Parsed<'a>, maps: Maps) {
        let place = self.history.append(&parsed);
        self.made.extend(maps.made);
        for predecessor in parsed.operations.iter().flat_map(|op| &op.predecessors) {
            self.superseded.entry(*predecessor).or_default().push(place);
        }
        self.batch.insert(place, parsed);
    }

    fn kind(&self, doc: &Automerge, map: Stamp) -> Option<Kind> {
        if let Some(kind) = self.made.get(&map) {
            return Some(*kind);
        }
        let id = object::id_of(map);
        if !matches!(doc.object_type(&id), Ok(ObjType::Map)) {
            return None;
        }
        let parent = doc.parents(&id).ok()?.next()?;
        match (object::stamp_of(&parent.obj), parent.prop) {
            (None, _) => None,
            (Some(genesis::RECORDS), _) => Some(Kind::Record),
            (_, Prop::Map(key)) if key == STEPS_KEY => Some(Kind::Steps),
            _ => Some(Kind::Step),
        }
    }

    /// True if `predecessor` is a value at the very place `op` writes to, and stood there as far as the change could know.
    fn stands(&self, doc: &Automerge, past: &Past<'_>, op: &Operation<'_>, predecessor: Stamp, present: &mut Option<Vec<Stamp>>) -> bool {
        let Some(place) = self.history.change_of(predecessor).filter(|place| past.knows(*place)) else { return false };
        if self.superseded.get(&predecessor).is_some_and(|by| by.iter().any(|place| past.knows(*place))) {
            return false;
        }
        if let Some(change) = self.batch.get(&place) {
            return operation_at(change, predecessor)
                .is_some_and(|known| known.object == op.object && known.key == op.key && matches!(known.action, Action::Set(_)));
        }
        present.get_or_insert_with(|| at(doc, op, None)).contains(&predecessor) || at(doc, op, Some(&self.frontier(past))).contains(&predecessor)
    }

    /// The latest changes outside the batch that the change builds on.
    fn frontier(&self, past: &Past<'_>) -> Vec<automerge::ChangeHash> {
        let (mut open, mut seen, mut frontier) = (past.deps.clone(), BTreeSet::new(), Vec::new());
        while let Some(place) = open.pop() {
            let Some(node) = self.history.node(place).filter(|_| seen.insert(place)) else { continue };
            if self.batch.contains_key(&place) {
                open.extend(&node.deps);
            } else {
                frontier.push(automerge::ChangeHash(node.hash.0));
            }
        }
        frontier
    }
}

fn operation_at<'p, 'a>(change: &'p Parsed<'a>, stamp: Stamp) -> Option<&'p Operation<'a>> {
    let place = usize::try_from(stamp.ctr.checked_sub(change.start_op)?).ok()?;
    change.operations.get(place)
}

/// Stamps of the values that stand where `op` writes, now or as at `heads`.
fn at(doc: &Automerge, op: &Operation<'_>, heads: Option<&[automerge::ChangeHash]>) -> Vec<Stamp> {
    let Some(object) = op.object.map(object::id_of) else { return Vec::new() };
    let found = match heads {
        None => doc.get_all(&object, op.key),
        Some(heads) => doc.get_all_at(&object, op.key, heads),
    };
    found.unwrap_or_default().iter().filter_map(|(_, id)| object::stamp_of(id)).collect()
}

/// What a change builds on.
struct Past<'h> {
    history: &'h History,
    deps: Vec<Place>,
    /// It builds on all there is: the usual case, and the cheap one.
    everything: bool,
}

impl Past<'_> {
    fn knows(&self, place: Place) -> bool {
        self.everything || self.history.knows(&self.deps, place)
    }

    /// Numbers follow on, and the writer builds on its own last change.
    fn follows_on(&self, parsed: &Parsed<'_>) -> Result<(), Refusal> {
        let tip = self.history.tip(parsed.actor);
        let last = tip.and_then(|place| self.history.node(place));
        let last_aseq = last.map_or(0, |node| node.aseq);
        if last_aseq >= parsed.aseq {
            return Err(Refusal::Equivocation);
        }
        if last_aseq + 1 != parsed.aseq || !tip.is_none_or(|place| self.knows(place)) {
            return Err(Refusal::SequenceGap);
        }
        let behind = self.deps.iter().filter_map(|place| self.history.node(*place)).map(|node| node.max_op).max().unwrap_or(0);
        if parsed.start_op == behind + 1 { Ok(()) } else { Err(Refusal::OperationNumbers) }
    }
}
