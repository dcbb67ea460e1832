//! What holds for any edits in any order: replicas converge, and what they write is what Automerge would write.

use super::{
    DocFacts, Edit, Merged, NewRecord, NewStep, Target, Value, Verdict, Written, chunk, deterministic, judge, merge, parse, snapshot, survives, view,
    write,
};
use crate::{
    document::{chunk::Action, genesis},
    model::{Actor, ChangeHash, DocId, OriginId},
};
use automerge::{Change, legacy};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

const DOC: DocId = DocId([9; 16]);

/// A replica as the store keeps it: the log is the truth, the document a cache.
struct Replica {
    origin: u8,
    starts: u8,
    log: Vec<Written>,
    parked: Vec<Vec<u8>>,
    merged: Merged,
}

impl Replica {
    fn new(origin: u8) -> Self {
        Self { origin, starts: 0, log: Vec::new(), parked: Vec::new(), merged: merge(None, &[]).unwrap() }
    }

    fn actor(&self) -> Actor {
        Actor::new(OriginId([self.origin; 8]), [self.starts; 8])
    }

    fn edit(&mut self, edit: &Edit) {
        let time_s = 1_760_000_000 + i64::try_from(self.log.len()).unwrap();
        let actor = self.actor();
        match write(&mut self.merged.doc, actor, time_s, edit) {
            Ok(Some(written)) => {
                assert_eq!(self.receive(&written.bytes), Verdict::Admit, "an honest change is never refused");
            }
            Ok(None) | Err(super::WriteError::RecordMissing(_) | super::WriteError::RecordExists(_) | super::WriteError::StepExists(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// T1: judge by the log, then log.
    fn receive(&mut self, bytes: &[u8]) -> Verdict {
        let parsed = parse(bytes).unwrap();
        let verdict = judge(&parsed, DOC, self);
        match &verdict {
            Verdict::Admit => {
                let chunk::Parsed { hash, actor, aseq, start_op, max_op, time_s, .. } = parsed;
                self.log.push(Written { bytes: bytes.to_vec(), hash, actor, aseq, start_op, max_op, time_s });
                let before = std::mem::take(&mut self.parked);
                for parked in &before {
                    self.receive(parked);
                }
            }
            Verdict::Park { .. } => self.parked.push(bytes.to_vec()),
            Verdict::Known => {}
            Verdict::Refuse(refusal) => panic!("an honest change is never refused: {refusal}"),
        }
        verdict
    }

    /// T2: what is logged but not merged yet, on top of the saved document.
    fn catch_up(&mut self) {
        let saved = snapshot(&self.merged.doc);
        let changes: Vec<(ChangeHash, &[u8])> = self.log.iter().map(|w| (w.hash, w.bytes.as_slice())).collect();
        self.merged = merge(Some(&saved), &changes).unwrap();
        assert!(self.merged.refused.is_empty() && self.merged.waiting.is_empty(), "{:?}", self.merged.refused);
    }
}

impl DocFacts for Replica {
    fn actor_tip(&self, actor: Actor) -> Option<(u64, ChangeHash)> {
        self.log.iter().filter(|w| w.actor == actor).map(|w| (w.aseq, w.hash)).max()
    }
    fn max_op_of(&self, hash: &ChangeHash) -> Option<u64> {
        self.log.iter().find(|w| w.hash == *hash).map(|w| w.max_op)
    }
    fn hash_at(&self, actor: Actor, aseq: u64) -> Option<ChangeHash> {
        self.log.iter().find(|w| w.actor == actor && w.aseq == aseq).map(|w| w.hash)
    }
}

#[derive(Clone, Debug)]
enum Act {
    Edit(usize, Edit),
    Rule(usize, u8),
    Restart(usize),
    Send(usize, usize, u64),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![0i64..4, any::<i64>()].prop_map(Value::Int),
        "[a-c]{0,2}|家访.{0,3}".prop_map(Value::Str),
    ]
}

fn fields() -> impl Strategy<Value = BTreeMap<String, Value>> {
    prop::collection::btree_map("_v|[a-d]|risks\\.[a-c]", value(), 0..6)
}

fn record() -> impl Strategy<Value = String> {
    "care_log:R[0-3]"
}

fn edit() -> impl Strategy<Value = Edit> {
    let creates = prop::collection::vec((record(), fields()).prop_map(|(key, fields)| NewRecord { key, fields }), 0..2);
    let target = prop_oneof![Just(Target::Subject), record().prop_map(Target::Record)];
    let sets = prop::collection::vec((target, "[a-d]", value()), 0..4);
    let step = (record(), "01J8ZK3V9Q000000000000000[0-9]", fields());
    let steps = prop::collection::vec(step.prop_map(|(record, id, fields)| NewStep { record, id, fields }), 0..2);
    (creates, sets, steps, any::<bool>()).prop_map(|(creates, sets, steps, settle)| Edit { creates, sets, steps, settle })
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        5 => (0usize..3, edit()).prop_map(|(replica, edit)| Act::Edit(replica, edit)),
        1 => (0usize..3, 0u8..3).prop_map(|(replica, facts)| Act::Rule(replica, facts)),
        1 => (0usize..3).prop_map(Act::Restart),
        4 => (0usize..3, 0usize..3, any::<u64>()).prop_map(|(from, to, seed)| Act::Send(from, to, seed)),
    ]
}

/// A shuffle of `count` places with some of them twice.
fn disorder(count: usize, seed: u64) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = Vec::new();
    let draw = |n: u64| u64::from_le_bytes(blake3::hash(&[seed.to_le_bytes(), n.to_le_bytes()].concat()).as_bytes()[..8].try_into().unwrap());
    for place in 0..count {
        places.push((draw(place as u64), place));
        if draw(place as u64) % 5 == 0 {
            places.push((draw(1_000_000 + place as u64), place));
        }
    }
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

fn send(replicas: &mut [Replica], from: usize, to: usize, seed: u64) {
    let log: Vec<Vec<u8>> = replicas[from].log.iter().map(|w| w.bytes.clone()).collect();
    for place in disorder(log.len(), seed) {
        replicas[to].receive(&log[place]);
    }
    replicas[to].catch_up();
}

fn play(acts: &[Act]) -> Vec<Replica> {
    let mut replicas: Vec<Replica> = (1..=3).map(Replica::new).collect();
    for act in acts {
        match act {
            Act::Edit(replica, edit) => replicas[*replica].edit(edit),
            Act::Rule(replica, facts) => {
                let fields = [("last_day".to_owned(), Value::Int(i64::from(*facts)))].into();
                let written = deterministic(DOC, "care_log:R0", &fields, jiff::civil::date(2025, 11, 3)).unwrap();
                replicas[*replica].receive(&written.bytes);
                replicas[*replica].catch_up();
            }
            Act::Restart(replica) => replicas[*replica].starts += 1,
            Act::Send(from, to, seed) if from != to => send(&mut replicas, *from, *to, *seed),
            Act::Send(..) => {}
        }
    }
    for (from, to) in [(0, 1), (1, 2), (2, 1), (1, 0)] {
        send(&mut replicas, from, to, 7);
    }
    replicas
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// INV: the same set of changes gives the same document and the same view, whatever the order, and nothing written is lost.
    #[test]
    fn replicas_that_exchange_in_any_order_with_duplicates_converge(acts in prop::collection::vec(act(), 1..24), seed: u64) {
        let replicas = play(&acts);
        let first = &replicas[0];
        let seen = view(&first.merged.doc);
        for replica in &replicas {
            prop_assert!(replica.parked.is_empty());
            prop_assert_eq!(replica.merged.doc.get_heads(), first.merged.doc.get_heads());
            prop_assert_eq!(&view(&replica.merged.doc), &seen);
        }
        let shuffled: Vec<_> = disorder(first.log.len(), seed).into_iter().map(|place| (first.log[place].hash, first.log[place].bytes.as_slice())).collect();
        let anew = merge(None, &shuffled).unwrap();
        prop_assert!(anew.refused.is_empty() && anew.waiting.is_empty());
        prop_assert_eq!(anew.doc.get_heads(), first.merged.doc.get_heads());
        prop_assert_eq!(&view(&anew.doc), &seen);
        prop_assert!(survives(&anew.doc));
    }

    /// INV no hidden half: every value that no later change superseded stands in the view, also of maps that Automerge does not show.
    #[test]
    fn nothing_that_was_not_superseded_is_hidden(acts in prop::collection::vec(act(), 1..24)) {
        let replica = &play(&acts)[0];
        let seen = view(&replica.merged.doc);
        let changes: Vec<_> = replica.log.iter().map(|w| parse(&w.bytes).unwrap()).collect();
        let superseded: HashSet<_> = changes.iter().flat_map(|c| &c.operations).flat_map(|op| op.predecessors.clone()).collect();
        let mut keys = std::collections::HashMap::new();
        for change in &changes {
            for (place, op) in change.operations.iter().enumerate() {
                let object = op.object.unwrap();
                match op.action {
                    Action::MakeMap if object == genesis::RECORDS => { keys.insert(change.stamp(place), op.key); }
                    Action::Set(value) if !superseded.contains(&change.stamp(place)) => {
                        let shown = match keys.get(&object) {
                            Some(key) => &seen.records[*key],
                            None if object == genesis::SUBJECT => &seen.subject,
                            None => continue, // a step's field, looked for below
                        };
                        prop_assert!(shown.fields[op.key].values.iter().any(|(v, _)| *v == Value::from(value)), "{} {}", op.key, change.hash);
                    }
                    Action::MakeMap | Action::Set(_) => {}
                }
            }
        }
        let made = changes.iter().flat_map(|c| &c.operations).filter(|op| op.action == Action::MakeMap && super::keys::is_step_key(op.key)).count();
        prop_assert_eq!(seen.records.values().map(|record| record.steps.len()).sum::<usize>(), made);
    }

    /// Our reader and Automerge's own agree about every honest change, and Automerge's own encoder writes the same bytes.
    #[test]
    fn a_parsed_change_says_what_automerge_says(acts in prop::collection::vec(act(), 1..16)) {
        for written in &play(&acts)[0].log {
            let parsed = parse(&written.bytes).unwrap();
            let change = Change::from_bytes(written.bytes.clone()).unwrap();
            prop_assert!(parsed.plain);
            prop_assert_eq!(parsed.hash.0, change.hash().0);
            prop_assert_eq!(parsed.actor.0.as_slice(), change.actor_id().to_bytes());
            prop_assert_eq!((parsed.aseq, parsed.start_op, parsed.max_op, parsed.time_s), (change.seq(), change.start_op().get(), change.max_op(), change.timestamp()));
            prop_assert_eq!(parsed.deps.iter().map(|dep| dep.0).collect::<Vec<_>>(), change.deps().iter().map(|dep| dep.0).collect::<Vec<_>>());
            let decoded = change.decode();
            prop_assert_eq!(parsed.operations.len(), decoded.operations.len());
            for (ours, theirs) in parsed.operations.iter().zip(&decoded.operations) {
                prop_assert_eq!(&legacy::Key::Map(ours.key.into()), &theirs.key);
                prop_assert_eq!(ours.predecessors.len(), theirs.pred.len());
                prop_assert_eq!(ours.action == Action::MakeMap, matches!(theirs.action, legacy::OpType::Make(_)));
            }
            let again = Change::from(decoded);
            prop_assert_eq!(again.raw_bytes(), written.bytes.as_slice());
        }
    }
}
