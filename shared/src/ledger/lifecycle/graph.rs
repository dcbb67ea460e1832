//! The graph of effective steps of one record.
//!
//! A node is a set of concurrent steps that say the same: same parents, same step, same resulting state, same required values. Nodes are made
//! in the order of their steps' ancestors, ties by id, so the same set of steps gives the same nodes whatever the order of the input.

use super::{Effect, FOLLOWS_MAX, Fork, RESOLVE, STEPS_MAX, StepFact, Tip, VoidReason};
use crate::{
    document::view::Value,
    ledger::{
        condition::is_empty,
        definition::{Authority, Definition, Lifecycle, Step},
    },
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Number of a node in the graph.
pub(super) type NodeId = usize;

/// What makes two concurrent steps one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Say {
    parents: BTreeSet<NodeId>,
    name: String,
    state: String,
    required: BTreeMap<String, Value>,
}

#[derive(Clone, Debug)]
struct Node<'a> {
    say: Say,
    /// By id; the first speaks for all.
    witnesses: BTreeMap<&'a str, &'a StepFact>,
    /// Itself excluded.
    ancestors: BTreeSet<NodeId>,
    reopens: bool,
}

impl<'a> Node<'a> {
    /// Witnesses whose day nobody corrected, the least id first; all of them where each corrects another. A side's own day is corrected by that side, or by the county.
    fn standing(&self) -> Vec<&'a StepFact> {
        let mut corrected = BTreeSet::new();
        for other in self.witnesses.values() {
            let named = other.corrects.iter().take(FOLLOWS_MAX).filter_map(|id| self.witnesses.get(id.as_str()));
            let may = |step: &&&StepFact| step.id != other.id && (other.authority == step.authority || other.authority == Authority::County);
            corrected.extend(named.filter(may).map(|step| step.id.as_str()));
        }
        let all = corrected.len() == self.witnesses.len();
        self.witnesses.values().copied().filter(|step| all || !corrected.contains(step.id.as_str())).collect()
    }
}

/// Judgement of one step before forks are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judged {
    In(NodeId),
    Void(VoidReason),
    NotYet,
}

#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    judged: BTreeMap<&'a str, Judged>,
    /// By node, filled last.
    reached: Vec<(u32, Date)>,
    /// By node, filled last: ids of the steps whose day stands, the least first.
    standing: Vec<Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    pub(super) fn build<F>(steps: &'a [StepFact], definition: &F) -> Self
    where
        F: Fn(u32) -> Option<Arc<Definition>>,
    {
        let mut by_id: BTreeMap<&str, &StepFact> = BTreeMap::new();
        for step in steps {
            // One id is one map key in the document; should a caller pass it twice, the lesser counts, whatever the order.
            by_id.entry(step.id.as_str()).and_modify(|known| *known = (*known).min(step)).or_insert(step);
        }
        let mut graph = Self::default();
        let mut nodes: BTreeMap<Say, NodeId> = BTreeMap::new();
        for step in ordered(&by_id) {
            let judged = if step.follows.len() > FOLLOWS_MAX {
                Judged::Void(VoidReason::TooMany)
            } else {
                match graph.judge(step, definition) {
                    Ok((say, _)) if nodes.len() >= STEPS_MAX && !nodes.contains_key(&say) => Judged::Void(VoidReason::TooMany),
                    Ok((say, reopens)) => Judged::In(graph.add(say, reopens, step, &mut nodes)),
                    Err(judged) => judged,
                }
            };
            graph.judged.insert(&step.id, judged);
        }
        for id in by_id.keys() {
            graph.judged.entry(id).or_insert(Judged::Void(VoidReason::FollowsMissing));
        }
        graph.reach();
        graph
    }

    fn add(&mut self, say: Say, reopens: bool, step: &'a StepFact, nodes: &mut BTreeMap<Say, NodeId>) -> NodeId {
        let next = self.nodes.len();
        let id = *nodes.entry(say.clone()).or_insert(next);
        if id == next {
            let mut ancestors = say.parents.clone();
            for parent in &say.parents {
                ancestors.extend(self.nodes.get(*parent).into_iter().flat_map(|node| node.ancestors.iter().copied()));
            }
            self.nodes.push(Node { say, witnesses: BTreeMap::new(), ancestors, reopens });
        }
        if let Some(node) = self.nodes.get_mut(id) {
            node.witnesses.insert(&step.id, step);
        }
        id
    }

    /// What the step says, if it counts. Its predecessors have been judged.
    fn judge<F>(&self, step: &StepFact, definition: &F) -> Result<(Say, bool), Judged>
    where
        F: Fn(u32) -> Option<Arc<Definition>>,
    {
        let definition = definition(step.version).ok_or(Judged::NotYet)?;
        let unknown = Judged::Void(VoidReason::UnknownStep);
        let lifecycle = definition.lifecycle.as_ref().ok_or(unknown)?;
        let parents = self.parents(step)?;
        if step.name == RESOLVE {
            return Ok((self.resolve(step, parents)?, false));
        }
        let transition = lifecycle.step(&step.name).ok_or(unknown)?;
        let state = match parents.iter().collect::<Vec<_>>().as_slice() {
            [] => lifecycle.initial.clone(),
            [parent] => self.state(**parent),
            _ => return Err(Judged::Void(VoidReason::FollowsFork)),
        };
        transition_fits(lifecycle, transition, &state, step.authority)?;
        let required = definition.required_for(transition).into_iter().flat_map(|field| values_of(&field.code, &step.required)).collect();
        Ok((Say { parents, name: step.name.clone(), state: transition.to.clone(), required }, transition.reopens))
    }

    /// Nodes the step follows, without those that lie before others of them.
    fn parents(&self, step: &StepFact) -> Result<BTreeSet<NodeId>, Judged> {
        let mut followed = BTreeSet::new();
        let mut refused = None;
        for id in &step.follows {
            let reason = match self.judged.get(id.as_str()) {
                Some(Judged::In(node)) => {
                    followed.insert(*node);
                    continue;
                }
                Some(Judged::Void(_)) => VoidReason::FollowsVoid,
                Some(Judged::NotYet) => VoidReason::FollowsUnjudged,
                None => VoidReason::FollowsMissing,
            };
            // The least reason, so that the order of `follows` does not matter.
            refused = Some(refused.map_or(reason, |known: VoidReason| known.min(reason)));
        }
        match refused {
            Some(reason) => Err(Judged::Void(reason)),
            None => Ok(self.maximal(&followed)),
        }
    }

    fn maximal(&self, nodes: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        let before: BTreeSet<NodeId> =
            nodes.iter().filter_map(|node| self.nodes.get(*node)).flat_map(|node| node.ancestors.iter().copied()).collect();
        nodes.difference(&before).copied().collect()
    }

    fn resolve(&self, step: &StepFact, parents: BTreeSet<NodeId>) -> Result<Say, Judged> {
        let bad = Judged::Void(VoidReason::BadResolve);
        let chosen = step.to.clone().ok_or(bad)?;
        if parents.len() < 2 || !parents.iter().any(|parent| self.state(*parent) == chosen) {
            return Err(bad);
        }
        if step.authority != Authority::County && self.county_only(&parents) {
            return Err(Judged::Void(VoidReason::Authority));
        }
        Ok(Say { parents, name: RESOLVE.to_owned(), state: chosen, required: BTreeMap::new() })
    }

    /// Whether a step on one of the branches since the fork was written by the county: a school does not overrule it.
    fn county_only(&self, tips: &BTreeSet<NodeId>) -> bool {
        let branches: Vec<BTreeSet<NodeId>> = tips.iter().map(|tip| self.with_ancestors(*tip)).collect();
        let shared = |node: &NodeId| branches.iter().all(|branch| branch.contains(node));
        let since: BTreeSet<NodeId> = branches.iter().flatten().filter(|node| !shared(node)).copied().collect();
        since.iter().filter_map(|node| self.nodes.get(*node)).any(|node| node.witnesses.values().any(|step| step.authority == Authority::County))
    }

    fn with_ancestors(&self, node: NodeId) -> BTreeSet<NodeId> {
        let mut all = self.nodes.get(node).map(|node| node.ancestors.clone()).unwrap_or_default();
        all.insert(node);
        all
    }

    /// Nodes that no other follows, by their least id.
    pub(super) fn tips(&self) -> Vec<NodeId> {
        let followed: BTreeSet<NodeId> = self.nodes.iter().flat_map(|node| node.say.parents.iter().copied()).collect();
        let mut tips: Vec<NodeId> = (0..self.nodes.len()).filter(|node| !followed.contains(node)).collect();
        tips.sort_by_key(|tip| self.nodes.get(*tip).and_then(|node| node.witnesses.keys().next().copied()));
        tips
    }

    pub(super) fn ids(&self, node: NodeId) -> Vec<String> {
        self.nodes.get(node).into_iter().flat_map(|node| node.witnesses.keys()).map(|id| (*id).to_owned()).collect()
    }

    pub(super) fn state(&self, node: NodeId) -> String {
        self.nodes.get(node).map(|node| node.say.state.clone()).unwrap_or_default()
    }

    /// Version and day by which the node's state was reached. A resolving step keeps the day of the side it chose.
    pub(super) fn reached(&self, node: NodeId) -> (u32, Date) {
        self.reached.get(node).copied().unwrap_or((0, Date::ZERO))
    }

    /// Fills `reached` in one pass: parents stand before their children.
    fn reach(&mut self) {
        let least = |days: &mut dyn Iterator<Item = (u32, Date)>| days.min_by_key(|(version, on)| (*on, *version));
        for node in &self.nodes {
            let standing = node.standing();
            let own = least(&mut standing.iter().map(|step| (step.version, step.on)));
            self.standing.push(standing.iter().map(|step| step.id.as_str()).collect());
            let chosen = least(&mut self.winners(node).map(|parent| self.reached(parent)));
            let reached = if node.say.name == RESOLVE { chosen } else { own };
            self.reached.push(reached.unwrap_or((0, Date::ZERO)));
        }
    }

    /// Parents whose side goes on: of a resolving step those with the state chosen, else all.
    fn winners<'s>(&'s self, node: &'s Node<'_>) -> impl Iterator<Item = NodeId> + 's {
        let resolving = node.say.name == RESOLVE;
        node.say.parents.iter().copied().filter(move |parent| !resolving || self.state(*parent) == node.say.state)
    }

    /// Nodes that count seen from `tip`: back through the winners of every resolving step.
    fn counting(&self, tip: NodeId) -> BTreeSet<NodeId> {
        let mut counting = BTreeSet::new();
        let mut open = vec![tip];
        while let Some(node) = open.pop() {
            if let Some(found) = self.nodes.get(node)
                && counting.insert(node)
            {
                open.extend(self.winners(found));
            }
        }
        counting
    }

    pub(super) fn effects(&self, tips: &[NodeId]) -> BTreeMap<String, Effect> {
        let sides: Vec<BTreeSet<NodeId>> = tips.iter().map(|tip| self.counting(*tip)).collect();
        let effect_of_node = |node: NodeId| match sides.iter().filter(|side| side.contains(&node)).count() {
            0 => Effect::Void(VoidReason::Overruled),
            count if count < sides.len() => Effect::Forked,
            _ => Effect::Effective,
        };
        let effect = |id: &str, judged: Judged| match judged {
            Judged::Void(reason) => Effect::Void(reason),
            Judged::NotYet => Effect::NotYetJudged,
            Judged::In(node) => {
                let standing = self.standing.get(node).map(Vec::as_slice).unwrap_or_default();
                let speaker = standing.first().copied().unwrap_or(id);
                match effect_of_node(node) {
                    Effect::Void(reason) => Effect::Void(reason),
                    _ if standing.binary_search(&id).is_err() => Effect::Corrected(speaker.to_owned()),
                    _ if speaker != id => Effect::Witness(speaker.to_owned()),
                    effect => effect,
                }
            }
        };
        self.judged.iter().map(|(id, judged)| ((*id).to_owned(), effect(id, *judged))).collect()
    }

    /// Number of each step's node: parents before their children.
    pub(super) fn places(&self) -> BTreeMap<String, u32> {
        let place = |judged: &Judged| match judged {
            Judged::In(node) => u32::try_from(*node).ok(),
            _ => None,
        };
        self.judged.iter().filter_map(|(id, judged)| Some(((*id).to_owned(), place(judged)?))).collect()
    }

    pub(super) fn reopened(&self, tips: &[NodeId]) -> u32 {
        let mut common: Option<BTreeSet<NodeId>> = None;
        for tip in tips {
            let side = self.counting(*tip);
            common = Some(common.map_or_else(|| side.clone(), |known| known.intersection(&side).copied().collect()));
        }
        let count = common.unwrap_or_default().into_iter().filter_map(|node| self.nodes.get(node)).filter(|node| node.reopens).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    pub(super) fn fork(&self, tips: &[NodeId]) -> Fork {
        let side = |tip: &NodeId| Tip {
            ids: self.ids(*tip),
            name: self.nodes.get(*tip).map(|node| node.say.name.clone()).unwrap_or_default(),
            state: self.state(*tip),
            on: self.reached(*tip).1,
        };
        Fork { tips: tips.iter().map(side).collect(), county_only: self.county_only(&tips.iter().copied().collect()) }
    }
}

fn transition_fits(lifecycle: &Lifecycle, transition: &Step, state: &str, side: Authority) -> Result<(), Judged> {
    if !transition.authority.allows(side) {
        return Err(Judged::Void(VoidReason::Authority));
    }
    let fits = lifecycle.state(state).is_some() && transition.from.iter().any(|from| from == state);
    if fits { Ok(()) } else { Err(Judged::Void(VoidReason::WrongState)) }
}

/// The values of one field among those noted with the step; a flags field has several keys. Empty ones are left out: absent is the same.
pub(super) fn values_of(field: &str, noted: &BTreeMap<String, Value>) -> Vec<(String, Value)> {
    let prefix = format!("{field}.");
    let mine = |key: &str| key == field || key.starts_with(&prefix);
    let empty = |key: &str, value: &Value| is_empty(value) || *value == Value::Bool(false) && key != field;
    noted.iter().filter(|(key, value)| mine(key) && !empty(key, value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Steps after all they follow, ties by id. Steps of a cycle, or that follow what is not there, come without judging: left out when in a cycle.
fn ordered<'a>(steps: &BTreeMap<&'a str, &'a StepFact>) -> Vec<&'a StepFact> {
    let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
    let mut followers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, step) in steps {
        let known: BTreeSet<&str> =
            step.follows.iter().map(String::as_str).filter(|followed| steps.contains_key(followed)).take(FOLLOWS_MAX).collect();
        waits.insert(id, known.len());
        for followed in known {
            followers.entry(followed).or_default().push(id);
        }
    }
    let mut ready: BTreeSet<&str> = waits.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
    let mut order = Vec::with_capacity(steps.len());
    while let Some(id) = ready.pop_first() {
        order.extend(steps.get(id).copied());
        for follower in followers.get(id).into_iter().flatten() {
            if let Some(count) = waits.get_mut(follower) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.insert(follower);
                }
            }
        }
    }
    order
}
