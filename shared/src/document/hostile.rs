//! Changes that no honest replica writes, each with a valid checksum: refused with its code, and never a panic or a spoilt document.

use super::{
    History, Refusal, Stamp, Verdict,
    chunk::{Action, CHANGE_CHUNK, MAGIC, Operation, Scalar},
    encode::{Draft, unsigned},
    genesis::{self, RECORDS, SUBJECT},
    judge, merge,
    merge::pack,
    parse, snapshot, survives, view,
    write::tests::{RECORD, STEP, actor, create, profile, set, step, wrote},
};
use crate::model::{Actor, ChangeHash, DocId, OriginId};
use automerge::{Automerge, Change, ExpandedChange, ObjType, ScalarValue, legacy};
use sha2::{Digest as _, Sha256};
use std::{num::NonZeroU64, panic::catch_unwind, path::PathBuf};

const DOC: DocId = DocId([1; 16]);
const EVIL: Actor = Actor([66; 16]);
/// The record made by the honest document's first change, its steps, its first step, and the value of its field `kind`.
const MAP: Stamp = Stamp { ctr: 3, actor: Actor([1; 16]) };
const STEPS: Stamp = Stamp { ctr: 4, ..MAP };
const KIND: Stamp = Stamp { ctr: 5, ..MAP };
const FIRST_STEP: Stamp = Stamp { ctr: 7, ..MAP };

/// A document with a record, a step and a profile, by actor 1; its last operation is 9.
fn honest() -> Automerge {
    let mut doc = genesis::document().unwrap();
    wrote(&mut doc, 1, &create(&[("kind", "visit"), ("note", "n")]));
    wrote(&mut doc, 1, &step(STEP, "open"));
    wrote(&mut doc, 1, &profile("name", "x"));
    doc
}

fn heads(doc: &Automerge) -> Vec<ChangeHash> {
    doc.get_heads().into_iter().map(|head| ChangeHash(head.0)).collect()
}

fn put(object: Stamp, key: &str) -> Operation<'_> {
    over(object, key, &[])
}

fn over<'k>(object: Stamp, key: &'k str, predecessors: &[Stamp]) -> Operation<'k> {
    Operation { object: Some(object), key, action: Action::Set(Scalar::Int(1)), predecessors: predecessors.to_vec() }
}

fn make(object: Stamp, key: &str) -> Operation<'_> {
    Operation { action: Action::MakeMap, ..put(object, key) }
}

fn by(actor: Actor, aseq: u64, start_op: u64, deps: &[ChangeHash], operations: &[Operation<'_>]) -> (Vec<u8>, ChangeHash) {
    Draft { actor, aseq, start_op, deps, time_s: 1_760_000_000, operations }.encode()
}

/// What becomes of a change that follows on from `doc` in everything but its operations.
fn fate(doc: &Automerge, operations: &[Operation<'_>]) -> Option<Refusal> {
    let (bytes, hash) = by(EVIL, 1, 10, &heads(doc), operations);
    fate_of(doc, &bytes, hash)
}

/// Admission, then the merge; the honest part of the document must come through unharmed.
fn fate_of(doc: &Automerge, bytes: &[u8], hash: ChangeHash) -> Option<Refusal> {
    let parsed = match parse(bytes) {
        Ok(parsed) => parsed,
        Err(refusal) => return Some(refusal),
    };
    match judge(&parsed, DOC, &History::of(doc)) {
        Verdict::Refuse(refusal) => return Some(refusal),
        Verdict::Admit => {}
        other => panic!("{other:?}"),
    }
    let merged = merge(Some(&snapshot(doc)), &[(hash, bytes)]).unwrap();
    assert!(survives(&merged.doc));
    let refusal = merged.refused.first().map(|(_, refusal)| *refusal);
    if refusal.is_some() {
        assert_eq!((merged.doc.get_heads(), view(&merged.doc)), (doc.get_heads(), view(doc)));
    }
    refusal
}

#[test]
fn misplaced_operations_are_refused_each_with_its_code() {
    let doc = honest();
    let ghost = Stamp { ctr: 8, actor: Actor([67; 16]) };
    let own = |ctr| Stamp { ctr, actor: EVIL };
    let other_step = "01J8ZK3V9Q0000000000000009";
    let root = |key| Operation { object: None, ..put(SUBJECT, key) };
    let root_map = Operation { object: None, ..make(SUBJECT, "records") };
    let record_over = Operation { predecessors: vec![MAP], ..make(RECORDS, RECORD) };
    let steps = |n: u64| make(own(n), "_steps");
    for (case, operations, refusal) in [
        ("scalar at the root", vec![root("x")], Refusal::ScalarMisplaced),
        ("second records map", vec![root_map], Refusal::MapMisplaced),
        ("scalar beside records", vec![put(RECORDS, RECORD)], Refusal::ScalarMisplaced),
        ("map in the profile", vec![make(SUBJECT, other_step)], Refusal::MapMisplaced),
        ("record over a record", vec![record_over, steps(10)], Refusal::MapMisplaced),
        ("record without steps", vec![make(RECORDS, "care_log:a")], Refusal::RecordWithoutSteps),
        ("record key", vec![make(RECORDS, "care log:a"), steps(10)], Refusal::Key),
        ("two records at one key", vec![make(RECORDS, "c:a"), make(RECORDS, "c:a"), steps(10), steps(11)], Refusal::MapMisplaced),
        ("two maps of steps", vec![make(RECORDS, "c:a"), steps(10), steps(10)], Refusal::MapMisplaced),
        ("steps in a record of before", vec![make(MAP, "_steps")], Refusal::MapMisplaced),
        ("some map in a record", vec![make(RECORDS, "c:a"), steps(10), make(own(10), other_step)], Refusal::MapMisplaced),
        ("map in a step", vec![make(FIRST_STEP, other_step)], Refusal::MapMisplaced),
        ("step in a record", vec![make(MAP, other_step)], Refusal::MapMisplaced),
        ("scalar at _steps", vec![over(MAP, "_steps", &[STEPS])], Refusal::Key),
        ("scalar beside steps", vec![put(STEPS, "x")], Refusal::ScalarMisplaced),
        ("altered step", vec![put(FIRST_STEP, "name")], Refusal::StepAltered),
        ("object of an unknown actor", vec![put(ghost, "x")], Refusal::ObjectMissing),
        ("object that is a value", vec![put(KIND, "x")], Refusal::ObjectMissing),
        ("object of this change that it does not make", vec![put(SUBJECT, "x"), put(own(10), "x")], Refusal::ObjectMissing),
        ("object of its own future", vec![put(own(11), "x")], Refusal::OperationNumbers),
        ("superseded value of an unknown actor", vec![over(MAP, "kind", &[ghost])], Refusal::PredecessorMissing),
        ("superseded value of another field", vec![over(MAP, "note", &[KIND])], Refusal::PredecessorMissing),
        ("superseded value of another record", vec![over(SUBJECT, "kind", &[KIND])], Refusal::PredecessorMissing),
        ("superseded map", vec![over(MAP, "kind", &[STEPS])], Refusal::PredecessorMissing),
        ("superseded twice", vec![over(MAP, "kind", &[KIND, KIND])], Refusal::Predecessors),
        ("out of order", vec![over(MAP, "kind", &[Stamp { ctr: 6, ..MAP }, KIND])], Refusal::Predecessors),
    ] {
        assert_eq!(fate(&doc, &operations), Some(refusal), "{case}");
    }
    for (case, operations) in [
        ("an honest set", vec![over(MAP, "kind", &[KIND])]),
        ("an honest step", vec![make(STEPS, other_step), put(own(10), "name")]),
        ("a set that supersedes nothing", vec![put(MAP, "kind")]),
        ("one field twice", vec![put(MAP, "kind"), put(MAP, "kind")]),
    ] {
        assert_eq!(fate(&doc, &operations), None, "{case}");
    }
}

#[test]
fn numbers_that_do_not_follow_on_are_refused() {
    let doc = honest();
    let (all, base) = (heads(&doc), [genesis::HASH]);
    let set = [put(SUBJECT, "x")];
    let of = |actor, aseq, start_op, deps: &[ChangeHash]| {
        let (bytes, hash) = by(actor, aseq, start_op, deps, &set);
        fate_of(&doc, &bytes, hash)
    };
    assert_eq!(of(EVIL, 5, 10, &all), Some(Refusal::SequenceGap));
    assert_eq!(of(EVIL, 0, 10, &all), Some(Refusal::OperationNumbers));
    assert_eq!(of(EVIL, 1, 9, &all), Some(Refusal::OperationNumbers));
    assert_eq!(of(EVIL, 1, 11, &all), Some(Refusal::OperationNumbers));
    assert_eq!(of(EVIL, 1, 1 << 31, &all), Some(Refusal::OperationNumbers));
    assert_eq!(of(EVIL, 1, u64::MAX, &all), Some(Refusal::OperationNumbers));
    assert_eq!(of(EVIL, 1, 10, &[]), Some(Refusal::Dependencies));
    assert_eq!(of(EVIL, 1, 10, &[all[0], all[0]]), Some(Refusal::Dependencies));
    assert_eq!(of(actor(1), 3, 10, &all), Some(Refusal::Equivocation));
    assert_eq!(of(actor(1), 4, 3, &base), Some(Refusal::OperationNumbers), "its operation ids were given out before");
    assert_eq!(of(genesis::ACTOR, 2, 10, &all), Some(Refusal::Genesis));
    assert_eq!(parse(genesis::BYTES), Err(Refusal::Genesis));
    assert_eq!(of(EVIL, 1, 10, &all), None);
    let missing = ChangeHash([9; 32]);
    let (bytes, _) = by(EVIL, 7, 10, &[missing, all[0]], &set);
    assert_eq!(judge(&parse(&bytes).unwrap(), DOC, &History::of(&doc)), Verdict::Park { missing: vec![missing] });
}

#[test]
fn a_writer_must_build_on_its_own_last_change() {
    let mut doc = honest();
    let (first, hash) = by(EVIL, 1, 10, &heads(&doc), &[put(SUBJECT, "x")]);
    assert_eq!(fate_of(&doc, &first, hash), None);
    let (before, mut theirs) = (doc.get_heads(), doc.fork());
    doc.apply_changes([Change::try_from(first.as_slice()).unwrap()]).unwrap();
    // Counters run ahead on the other branch, so that only the missing link gives it away.
    wrote(&mut theirs, 2, &create_other());
    let tip = theirs.get_changes(&before)[0].hash();
    doc.merge(&mut theirs).unwrap();
    let max_op = theirs.get_change_meta_by_hash(&tip).unwrap().max_op;
    let (second, hash) = by(EVIL, 2, max_op + 1, &[ChangeHash(tip.0)], &[put(SUBJECT, "y")]);
    assert_eq!(fate_of(&doc, &second, hash), Some(Refusal::SequenceGap));
}

fn create_other() -> super::Edit {
    let mut edit = create(&[("a", "1"), ("b", "2")]);
    edit.creates[0].key = "care_log:other".into();
    edit
}

/// What depends on what this replica happens to hold must not decide: the object is here, but the change cannot know it.
#[test]
fn an_object_that_a_change_cannot_know_is_refused_wherever_it_arrives() {
    let mut doc = honest();
    let before = heads(&doc);
    wrote(&mut doc, 2, &create_other());
    let object = Stamp { ctr: 10, actor: actor(2) };
    let (bytes, hash) = by(EVIL, 1, 10, &before, &[put(Stamp { ctr: 9, ..object }, "x")]);
    assert_eq!(fate_of(&doc, &bytes, hash), Some(Refusal::ObjectMissing));
    // With one more operation in front, so that the object's counter is smaller than the operation's.
    let (bytes, hash) = by(EVIL, 1, 10, &before, &[put(SUBJECT, "y"), put(object, "x")]);
    assert_eq!(fate_of(&doc, &bytes, hash), Some(Refusal::ObjectMissing));
}

#[test]
fn a_value_superseded_apart_may_be_superseded_again() {
    let mut doc = honest();
    let before = heads(&doc);
    wrote(&mut doc, 2, &set("kind", "call"));
    let (late, late_hash) = by(EVIL, 1, 10, &before, &[over(MAP, "kind", &[KIND])]);
    assert_eq!(fate_of(&doc, &late, late_hash), None, "its writer could not know");
    let (bytes, hash) = by(EVIL, 1, 11, &heads(&doc), &[over(MAP, "kind", &[KIND])]);
    assert_eq!(fate_of(&doc, &bytes, hash), Some(Refusal::PredecessorMissing), "its writer knew");
    // The same verdicts when all of it comes in one batch.
    let changes: Vec<Change> = doc.get_changes(&[]).into_iter().skip(1).collect();
    let mut batch: Vec<(ChangeHash, &[u8])> = changes.iter().map(|change| (ChangeHash(change.hash().0), change.raw_bytes())).collect();
    batch.extend([(late_hash, late.as_slice()), (hash, bytes.as_slice())]);
    let refused = merge(None, &batch).unwrap().refused;
    assert_eq!(refused, [(hash, Refusal::Equivocation)], "the same writer and number as the late one");
    batch.remove(batch.len() - 2);
    assert_eq!(merge(None, &batch).unwrap().refused, [(hash, Refusal::PredecessorMissing)]);
}

#[test]
fn what_builds_on_a_refused_change_is_refused_with_it() {
    let doc = honest();
    let (bad, bad_hash) = by(EVIL, 1, 10, &heads(&doc), &[put(FIRST_STEP, "name")]);
    let (next, next_hash) = by(EVIL, 2, 11, &[bad_hash], &[put(SUBJECT, "x")]);
    let saved = snapshot(&doc);
    let merged = merge(Some(&saved), &[(next_hash, &next), (bad_hash, &bad)]).unwrap();
    assert_eq!(merged.refused, [(bad_hash, Refusal::StepAltered), (next_hash, Refusal::DependsOnRefused)]);
    let merged = merge(Some(&saved), &[(next_hash, &next)]).unwrap();
    assert_eq!((merged.refused.len(), merged.waiting), (0, vec![(next_hash, vec![bad_hash])]));
}

fn expanded(doc: &Automerge, edit: impl FnOnce(&mut ExpandedChange)) -> (Vec<u8>, ChangeHash) {
    let op = legacy::Op {
        action: legacy::OpType::Put(ScalarValue::Int(1)),
        obj: legacy::ObjectId::Id(legacy::OpId(1, automerge::ActorId::from(genesis::ACTOR.0))),
        key: legacy::Key::Map("x".into()),
        pred: Vec::new().into(),
        insert: false,
    };
    let mut change = ExpandedChange {
        operations: vec![op],
        actor_id: automerge::ActorId::from(EVIL.0),
        hash: None,
        seq: 1,
        start_op: NonZeroU64::new(10).unwrap(),
        time: 0,
        message: None,
        deps: doc.get_heads(),
        extra_bytes: Vec::new(),
        author: None,
    };
    edit(&mut change);
    let change = Change::from(change);
    (change.raw_bytes().to_vec(), ChangeHash(change.hash().0))
}

#[test]
fn operations_and_values_that_ours_never_have_are_refused_each_with_its_code() {
    use legacy::{ElementId, Key, OpType};
    let doc = honest();
    let refused = |case: &str, refusal: Refusal, edit: &dyn Fn(&mut ExpandedChange)| {
        let (bytes, hash) = expanded(&doc, edit);
        assert_eq!(fate_of(&doc, &bytes, hash), Some(refusal), "{case}");
    };
    let action = |action: OpType| move |change: &mut ExpandedChange| change.operations[0].action = action.clone();
    let value = |value: ScalarValue| action(OpType::Put(value));
    refused("insert", Refusal::ListOperation, &|c| c.operations[0].insert = true);
    refused("list key", Refusal::ListOperation, &|c| c.operations[0].key = Key::Seq(ElementId::Head));
    refused("delete", Refusal::Action, &action(OpType::Delete));
    refused("increment", Refusal::Action, &action(OpType::Increment(5)));
    refused("list", Refusal::Action, &action(OpType::Make(ObjType::List)));
    refused("text", Refusal::Action, &action(OpType::Make(ObjType::Text)));
    refused("table", Refusal::Action, &action(OpType::Make(ObjType::Table)));
    refused("mark", Refusal::Action, &action(OpType::MarkEnd(false)));
    refused("expanding mark", Refusal::ListOperation, &action(OpType::MarkEnd(true)));
    refused("counter", Refusal::ValueType, &value(ScalarValue::counter(1)));
    refused("unsigned", Refusal::ValueType, &value(ScalarValue::Uint(1)));
    refused("float", Refusal::ValueType, &value(ScalarValue::F64(1.5)));
    refused("bytes", Refusal::ValueType, &value(ScalarValue::Bytes(vec![1])));
    refused("timestamp", Refusal::ValueType, &value(ScalarValue::Timestamp(1)));
    refused("unknown kind", Refusal::ValueType, &value(ScalarValue::Unknown { type_code: 12, bytes: vec![1] }));
    refused("long text", Refusal::ValueTooLong, &value(ScalarValue::Str("x".repeat(65_537).into())));
    refused("long key", Refusal::Key, &|c| c.operations[0].key = Key::Map("k".repeat(121).into()));
    refused("empty key", Refusal::Key, &|c| c.operations[0].key = Key::Map("".into()));
    refused("message", Refusal::Hidden, &|c| c.message = Some("psst".into()));
    refused("author behind the columns", Refusal::Hidden, &|c| c.extra_bytes = vec![1, 1, 7]);
    refused("negative time", Refusal::Time, &|c| c.time = -1);
    refused("huge time", Refusal::Time, &|c| c.time = i64::MAX);
    refused("time one too far", Refusal::Time, &|c| c.time = 1 << 43);
    refused("long actor", Refusal::Actors, &|c| c.actor_id = automerge::ActorId::from(vec![3u8; 100_000]));
    refused("short actor", Refusal::Actors, &|c| c.actor_id = automerge::ActorId::from(vec![3u8; 4]));
    refused("no operations", Refusal::Malformed, &|c| c.operations.clear());
    refused("too many operations", Refusal::TooManyOperations, &|c| c.operations = vec![c.operations[0].clone(); 4_097]);
    refused("too many dependencies", Refusal::Dependencies, &|c| c.deps = (0..65u8).map(|n| automerge::ChangeHash([n; 32])).collect());
    let (bytes, hash) = expanded(&doc, |c| c.time = (1 << 43) - 1);
    assert_eq!(fate_of(&doc, &bytes, hash), None, "the last time that is let in survives saving and loading");
}

#[test]
fn compressed_chunks_and_other_containers_are_refused() {
    let mut doc = honest();
    wrote(&mut doc, 1, &set("note", &"家访".repeat(400)));
    let mut change = doc.get_changes(&[]).pop().unwrap();
    assert!(parse(change.raw_bytes()).is_ok());
    let compressed = change.bytes().into_owned();
    assert_eq!((compressed[8], parse(&compressed)), (2, Err(Refusal::NotAChange)));
    assert_eq!(parse(&doc.save()), Err(Refusal::NotAChange));
    assert_eq!(parse(b""), Err(Refusal::Malformed));
    assert_eq!(parse(b"PK\x03\x04 a spreadsheet"), Err(Refusal::NotAChange));
    let mut damaged = change.raw_bytes().to_vec();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert_eq!(parse(&damaged), Err(Refusal::Checksum));
    damaged.resize(256 * 1024 + 1, 0);
    assert_eq!(parse(&damaged), Err(Refusal::TooLarge));
}

/// Puts a valid checksum on a chunk's body.
fn seal(body: &[u8]) -> (Vec<u8>, ChangeHash) {
    let mut tail = vec![CHANGE_CHUNK];
    unsigned(&mut tail, body.len() as u64);
    tail.extend(body);
    let hash = ChangeHash(Sha256::digest(&tail).into());
    ([MAGIC.as_slice(), &hash.0[..4], &tail].concat(), hash)
}

fn body(bytes: &[u8]) -> &[u8] {
    let length_bytes = bytes[9..].iter().take_while(|byte| **byte & 0x80 != 0).count() + 1;
    &bytes[9 + length_bytes..]
}

/// 3,000,000,000 operations in a hundred bytes, and 10,000,000 superseded values in one: refused at the cost of the bytes.
#[test]
fn run_length_bombs_are_refused_unexploded() {
    let bomb = |operations: u64, predecessors: u64| {
        let run = |count: u64, value: &[u8]| {
            let mut out = Vec::new();
            super::encode::signed(&mut out, count.cast_signed());
            [out, value.to_vec()].concat()
        };
        let number = |value: u64| {
            let mut out = Vec::new();
            unsigned(&mut out, value);
            out
        };
        let columns = [
            (0x01u64, run(operations, &[1])),
            (0x02, run(operations, &[1])),
            (0x15, run(operations, &[1, b'k'])),
            (0x34, number(operations)),
            (0x42, run(operations, &[1])),
            (0x56, run(operations, &[0])),
            (0x70, run(operations, &number(predecessors))),
            (0x71, run(operations * predecessors.max(1), &[0])),
            (0x73, run(operations * predecessors.max(1), &[1])),
        ];
        let mut out = [vec![1], genesis::HASH.0.to_vec(), vec![16], EVIL.0.to_vec(), vec![1, 3, 0, 0, 1, 16], genesis::ACTOR.0.to_vec()].concat();
        unsigned(&mut out, columns.len() as u64);
        for (spec, bytes) in &columns {
            out.extend([number(*spec), number(bytes.len() as u64)].concat());
        }
        out.extend(columns.into_iter().flat_map(|(_, bytes)| bytes));
        seal(&out).0
    };
    assert_eq!(parse(&bomb(3_000_000_000, 0)), Err(Refusal::TooManyOperations));
    assert_eq!(parse(&bomb(1, 10_000_000)), Err(Refusal::Predecessors));
    assert_eq!(parse(&bomb(1, u64::MAX >> 1)), Err(Refusal::Predecessors));
}

/// Automerge would write the column otherwise, so the saved document would hold another change than the one merged.
#[test]
fn a_change_that_automerge_cannot_reproduce_is_not_kept() {
    let doc = honest();
    let (bytes, _) = by(EVIL, 1, 10, &heads(&doc), &[put(SUBJECT, "x")]);
    // The action column is one literal 1 (7f 01); as a run of one it is 01 01.
    let mut other = body(&bytes).to_vec();
    let at = other.windows(3).rposition(|w| w == [0x01, 0x7f, 0x01]).unwrap();
    other[at + 1] = 0x01;
    let (bytes, hash) = seal(&other);
    let parsed = parse(&bytes).unwrap();
    assert!(!parsed.plain);
    assert_eq!(fate_of(&doc, &bytes, hash), Some(Refusal::NotReloadable));
}

#[test]
fn nobody_else_writes_in_the_name_of_a_rule() {
    let doc = honest();
    let nobody = Actor::new(super::rule::PREFIX, [5; 8]);
    let (bytes, hash) = by(nobody, 1, 10, &heads(&doc), &[over(MAP, "kind", &[KIND])]);
    assert_eq!(fate_of(&doc, &bytes, hash), Some(Refusal::RuleForged));
    let own = |ctr| Stamp { ctr, actor: nobody };
    let (bytes, hash) = by(nobody, 1, 3, &[genesis::HASH], &[make(RECORDS, "c:a"), make(own(3), "_steps"), put(own(3), "x")]);
    assert_eq!(fate_of(&doc, &bytes, hash), Some(Refusal::RuleForged));
    assert_ne!(nobody.origin(), OriginId([66; 8]));
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())).collect()
}

/// Inputs that made Automerge 0.12 panic or reserve hundreds of megabytes.
#[test]
fn what_once_crashed_automerge_is_refused_before_automerge_sees_it() {
    let files = corpus();
    assert_eq!(files.len(), 47);
    for (name, bytes) in &files {
        let refusal = parse(bytes).expect_err(name);
        assert!(Refusal::ALL.contains(&refusal));
        let sealed = ChangeHash(Sha256::digest(bytes.get(8..).unwrap_or_default()).into());
        let merged = merge(None, &[(sealed, bytes.as_slice())]).unwrap();
        assert_eq!((merged.refused.len(), merged.applied.len()), (1, 0), "{name}");
    }
}

#[test]
fn a_snapshot_that_does_not_load_is_an_error_and_no_panic() {
    for (name, bytes) in corpus().iter().filter(|(name, _)| name.starts_with("crash-doc")) {
        assert!(merge(Some(&pack(bytes)), &[]).is_err(), "{name}");
    }
    for foreign in [b"".to_vec(), Automerge::new().save(), pack(&[]), pack(&Automerge::new().save()), b"\x01\xff\xff\xff\xff".to_vec()] {
        assert!(merge(Some(&foreign), &[]).is_err());
    }
    let mut cut = snapshot(&honest());
    cut.truncate(cut.len() / 2);
    assert!(merge(Some(&cut), &[]).is_err());
}

/// Honest changes with bytes flipped, put in and taken out, under a valid checksum: whatever is let in leaves a document that survives.
#[test]
fn mutated_changes_never_panic_and_never_spoil_a_document() {
    let mut doc = honest();
    let before = snapshot(&doc);
    let mut edit = create_other();
    edit.sets = [set("kind", "call").sets, profile("name", "y").sets].concat();
    edit.steps = step("01J8ZK3V9Q0000000000000002", "close").steps;
    let honest = body(&wrote(&mut doc, 2, &edit).bytes).to_vec();
    let (mut admitted, mut kept) = (0, 0);
    for seed in 0..6_000u32 {
        let mut draw = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        let mut next = |below: usize| {
            let mut bytes = [0; 4];
            draw.fill(&mut bytes);
            u32::from_le_bytes(bytes) as usize % below
        };
        let mut mutant = honest.clone();
        for _ in 0..=next(3) {
            // The first 100 bytes are dependencies and actor: left alone in most cases, or all would be parked.
            let at = if next(8) == 0 { next(mutant.len()) } else { 60 + next(mutant.len() - 60) };
            match next(4) {
                0 => mutant[at] ^= 1 << next(8),
                1 => mutant[at] = next(256).to_le_bytes()[0],
                2 => mutant.insert(at, next(256).to_le_bytes()[0]),
                _ => drop(mutant.remove(at)),
            }
        }
        let (bytes, hash) = seal(&mutant);
        let Ok(parsed) = parse(&bytes) else { continue };
        let doc = merge(Some(&before), &[]).unwrap();
        if judge(&parsed, DOC, &doc.history) != Verdict::Admit {
            continue;
        }
        admitted += 1;
        let merged = catch_unwind(|| merge(Some(&before), &[(hash, bytes.as_slice())]).unwrap()).unwrap();
        assert!(survives(&merged.doc), "seed {seed}");
        drop(view(&merged.doc));
        kept += merged.applied.len();
    }
    assert!(admitted > 100 && kept > 50, "the mutations are mild enough to be of use: {admitted} {kept}");
}
