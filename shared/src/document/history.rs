//! The history of one document as a graph of changes: who knew what. Answers from the graph alone, without Automerge's operations.
//!
//! Invariant: a change stands behind everything it builds on, so indexes only ever point backwards.

use super::{chunk::Parsed, genesis, object::actor_of, view::Stamp};
use crate::model::{Actor, ChangeHash};
use automerge::Automerge;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Index of a change in a [`History`].
pub type Place = usize;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its hash.
    pub hash: ChangeHash,
    /// Who wrote.
    pub actor: Actor,
    /// The writer's sequence number.
    pub aseq: u64,
    /// Counter of its first operation.
    pub start_op: u64,
    /// Counter of its last operation.
    pub max_op: u64,
    /// Writer's time, unix seconds.
    pub time_s: i64,
    /// What it builds on directly.
    pub deps: Vec<Place>,
}

/// All changes of a document, the genesis change first.
#[derive(Clone, Debug, Default)]
pub struct History {
    nodes: Vec<Node>,
    index: HashMap<ChangeHash, Place>,
    actors: HashMap<Actor, Vec<Place>>,
    heads: BTreeSet<Place>,
}

impl History {
    /// The history of `doc`.
    #[must_use]
    pub fn of(doc: &Automerge) -> Self {
        let mut history = Self::default();
        for meta in doc.get_changes_meta(&[]) {
            let Some(actor) = actor_of(&meta.actor) else { continue };
            let deps = meta.deps.iter().filter_map(|dep| history.place(&ChangeHash(dep.0))).collect();
            let hash = ChangeHash(meta.hash.0);
            history.push(Node { hash, actor, aseq: meta.seq, start_op: meta.start_op, max_op: meta.max_op, time_s: meta.timestamp, deps });
        }
        history
    }

    /// The history of a new document.
    #[must_use]
    pub fn genesis() -> Self {
        let mut history = Self::default();
        let node = Node { hash: genesis::HASH, actor: genesis::ACTOR, aseq: 1, start_op: 1, max_op: genesis::MAX_OP, time_s: 0, deps: Vec::new() };
        history.push(node);
        history
    }

    /// Appends a change whose dependencies are all here; gives its place.
    pub(super) fn append(&mut self, parsed: &Parsed<'_>) -> Place {
        let deps = parsed.deps.iter().filter_map(|dep| self.place(dep)).collect();
        let Parsed { hash, actor, aseq, start_op, max_op, time_s, .. } = *parsed;
        self.push(Node { hash, actor, aseq, start_op, max_op, time_s, deps })
    }

    fn push(&mut self, node: Node) -> Place {
        let place = self.nodes.len();
        for dep in &node.deps {
            self.heads.remove(dep);
        }
        self.heads.insert(place);
        self.index.insert(node.hash, place);
        self.actors.entry(node.actor).or_default().push(place);
        self.nodes.push(node);
        place
    }

    /// All changes, each behind what it builds on.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Where a change stands; `None` if it is not in the document.
    #[must_use]
    pub fn place(&self, hash: &ChangeHash) -> Option<Place> {
        self.index.get(hash).copied()
    }

    /// The change at `place`.
    #[must_use]
    pub fn node(&self, place: Place) -> Option<&Node> {
        self.nodes.get(place)
    }

    /// The change that holds the operation `stamp`.
    #[must_use]
    pub fn change_of(&self, stamp: Stamp) -> Option<Place> {
        let places = self.actors.get(&stamp.actor)?;
        let behind = places.partition_point(|place| self.nodes.get(*place).is_some_and(|node| node.start_op <= stamp.ctr));
        let place = *places.get(behind.checked_sub(1)?)?;
        (self.nodes.get(place)?.max_op >= stamp.ctr).then_some(place)
    }

    /// Writer's time of the change that holds the operation `stamp`, unix seconds; 0 if it is not here.
    #[must_use]
    pub fn time_of(&self, stamp: Stamp) -> i64 {
        self.change_of(stamp).and_then(|place| self.node(place)).map_or(0, |node| node.time_s)
    }

    /// The last change of `actor`.
    #[must_use]
    pub fn tip(&self, actor: Actor) -> Option<Place> {
        self.actors.get(&actor)?.last().copied()
    }

    /// True if `heads` together build on everything here.
    pub(super) fn are_heads(&self, heads: &[Place]) -> bool {
        heads.len() == self.heads.len() && heads.iter().all(|head| self.heads.contains(head))
    }

    /// True if one of `later` is `earlier` or builds on it. Looks only at changes that could: operation counters grow along the history.
    #[must_use]
    pub fn knows(&self, later: &[Place], earlier: Place) -> bool {
        let Some(floor) = self.nodes.get(earlier).map(|node| node.max_op) else { return false };
        let (mut open, mut seen) = (later.to_vec(), HashSet::new());
        while let Some(place) = open.pop() {
            if place == earlier {
                return true;
            }
            let Some(node) = self.nodes.get(place) else { continue };
            if place > earlier && node.start_op > floor && seen.insert(place) {
                open.extend(&node.deps);
            }
        }
        false
    }

    /// True if neither change knew the other.
    #[must_use]
    pub fn apart(&self, one: Place, other: Place) -> bool {
        one != other && !self.knows(&[one], other) && !self.knows(&[other], one)
    }

    /// The latest changes that all of `places` build on: where their branches part.
    #[must_use]
    pub fn parting(&self, places: &[Place]) -> Vec<Place> {
        let mut common: Option<BTreeSet<Place>> = None;
        for place in places {
            let ancestors = self.ancestors(*place);
            common = Some(match common {
                None => ancestors,
                Some(common) => common.intersection(&ancestors).copied().collect(),
            });
        }
        let common = common.unwrap_or_default();
        let covered: HashSet<Place> = common.iter().filter_map(|place| self.nodes.get(*place)).flat_map(|node| node.deps.iter().copied()).collect();
        common.into_iter().filter(|place| !covered.contains(place)).collect()
    }

    /// `places` and everything they build on.
    #[must_use]
    pub fn behind(&self, places: &[Place]) -> BTreeSet<Place> {
        places.iter().flat_map(|place| self.ancestors(*place).into_iter().chain([*place])).collect()
    }

    /// Everything `place` builds on, itself excluded.
    fn ancestors(&self, place: Place) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        let mut open = self.nodes.get(place).map(|node| node.deps.clone()).unwrap_or_default();
        while let Some(place) = open.pop() {
            if found.insert(place) {
                open.extend(self.nodes.get(place).into_iter().flat_map(|node| &node.deps));
            }
        }
        found
    }
}
