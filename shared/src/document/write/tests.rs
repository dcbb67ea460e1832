//! What writing promises, and the small edits that the other rooms' tests are made of.

use super::*;
use crate::{
    document::{
        DocFacts, History, Verdict,
        genesis::document,
        judge, parse,
        read::view,
        view::{FieldView, RecordView},
    },
    model::{DocId, OriginId},
};

/// A replica that holds nothing of the document yet.
pub(in crate::document) struct NothingHere;

impl DocFacts for NothingHere {
    fn actor_tip(&self, _: Actor) -> Option<(u64, ChangeHash)> {
        None
    }
    fn max_op_of(&self, _: &ChangeHash) -> Option<u64> {
        None
    }
    fn hash_at(&self, _: Actor, _: u64) -> Option<ChangeHash> {
        None
    }
}

impl DocFacts for History {
    fn actor_tip(&self, actor: Actor) -> Option<(u64, ChangeHash)> {
        self.tip(actor).and_then(|place| self.node(place)).map(|node| (node.aseq, node.hash))
    }
    fn max_op_of(&self, hash: &ChangeHash) -> Option<u64> {
        self.place(hash).and_then(|place| self.node(place)).map(|node| node.max_op)
    }
    fn hash_at(&self, actor: Actor, aseq: u64) -> Option<ChangeHash> {
        self.nodes().iter().find(|node| node.actor == actor && node.aseq == aseq).map(|node| node.hash)
    }
}

pub(in crate::document) const RECORD: &str = "care_log:01J8ZK3V9Q0000000000000000";
pub(in crate::document) const STEP: &str = "01J8ZK3V9Q0000000000000001";

pub(in crate::document) fn actor(n: u8) -> Actor {
    Actor::new(OriginId([n; 8]), [n; 8])
}

pub(in crate::document) fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, Value> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::Str((*value).to_owned()))).collect()
}

pub(in crate::document) fn create(pairs: &[(&str, &str)]) -> Edit {
    Edit { creates: vec![NewRecord { key: RECORD.into(), fields: fields(pairs) }], ..Edit::default() }
}

pub(in crate::document) fn set(key: &str, value: &str) -> Edit {
    Edit { sets: vec![(Target::Record(RECORD.into()), key.into(), Value::Str(value.into()))], ..Edit::default() }
}

pub(in crate::document) fn profile(key: &str, value: &str) -> Edit {
    Edit { sets: vec![(Target::Subject, key.into(), Value::Str(value.into()))], ..Edit::default() }
}

pub(in crate::document) fn step(id: &str, name: &str) -> Edit {
    Edit { steps: vec![NewStep { record: RECORD.into(), id: id.into(), fields: fields(&[("name", name)]) }], ..Edit::default() }
}

/// Writes and holds the change against admission.
pub(in crate::document) fn wrote(doc: &mut Automerge, n: u8, edit: &Edit) -> Written {
    let before = History::of(doc);
    let written = write(doc, actor(n), 1_760_000_000 + i64::from(n), edit).unwrap().unwrap();
    let parsed = parse(&written.bytes).unwrap();
    assert!(parsed.plain);
    assert_eq!(judge(&parsed, DocId([1; 16]), &before), Verdict::Admit);
    assert_eq!(judge(&parsed, DocId([1; 16]), &History::of(doc)), Verdict::Known);
    let stored = doc.get_changes(&[]).into_iter().find(|change| change.hash().0 == written.hash.0).unwrap();
    assert_eq!(stored.raw_bytes(), written.bytes, "Automerge gives back what was written");
    assert_eq!(Automerge::load(&doc.save()).unwrap().get_heads(), doc.get_heads());
    written
}

fn record(doc: &Automerge) -> RecordView {
    view(doc).records[RECORD].clone()
}

fn texts(field: &FieldView) -> Vec<&str> {
    let mut texts = Vec::new();
    for (value, _) in &field.values {
        let Value::Str(text) = value else { panic!("{value:?} is no text") };
        texts.push(text.as_str());
    }
    texts
}

#[test]
fn what_is_written_is_read_back() {
    let mut doc = document().unwrap();
    let mut edit = create(&[("kind", "visit"), ("note", "家访：情况稳定")]);
    edit.creates[0].fields.extend([("_v".to_owned(), Value::Int(3)), ("done".to_owned(), Value::Bool(false)), ("next".to_owned(), Value::Null)]);
    edit.sets = vec![(Target::Record(RECORD.into()), "kind".into(), Value::Str("call".into())), (Target::Subject, "name".into(), Value::Int(-7))];
    edit.steps = step(STEP, "open").steps;
    let written = wrote(&mut doc, 1, &edit);
    let document = view(&doc);
    assert_eq!(document.subject.fields["name"].values[0].0, Value::Int(-7));
    assert_eq!(document.subject.created.unwrap().1, written.time_s);
    let record = &document.records[RECORD];
    assert_eq!(record.created, Some((Stamp { ctr: 3, actor: actor(1) }, written.time_s)));
    assert_eq!(texts(&record.fields["kind"]), ["call"]);
    assert_eq!(record.fields["_v"].values[0].0, Value::Int(3));
    assert_eq!((&record.steps[0].id, record.steps[0].time_s), (&STEP.to_owned(), written.time_s));
    assert_eq!(record.steps[0].fields, fields(&[("name", "open")]));
    assert_eq!((written.aseq, written.start_op, written.max_op), (1, 3, 12));
}

#[test]
fn saving_a_form_twice_leaves_no_trace() {
    let mut doc = document().unwrap();
    wrote(&mut doc, 1, &create(&[("kind", "visit")]));
    wrote(&mut doc, 1, &profile("name", "a"));
    let heads = doc.get_heads();
    let mut same = set("kind", "visit");
    same.sets.extend(profile("name", "a").sets);
    assert_eq!(write(&mut doc, actor(2), 1, &same).unwrap(), None);
    assert_eq!(doc.get_heads(), heads);
    same.settle = true;
    assert_eq!(wrote(&mut doc, 2, &same).aseq, 1);
}

#[test]
fn choosing_the_leading_value_settles_a_conflict_too() {
    let mut ours = document().unwrap();
    wrote(&mut ours, 1, &create(&[("kind", "visit")]));
    let mut theirs = ours.fork();
    wrote(&mut ours, 1, &set("kind", "call"));
    wrote(&mut theirs, 2, &set("kind", "talk"));
    ours.merge(&mut theirs).unwrap();
    let disputed = record(&ours).fields["kind"].clone();
    assert_eq!((texts(&disputed), disputed.shared.clone()), (vec!["call", "talk"], Some(Value::Str("visit".into()))));
    wrote(&mut ours, 1, &set("kind", "talk"));
    let settled = record(&ours).fields["kind"].clone();
    assert_eq!((texts(&settled), settled.shared.clone()), (vec!["talk"], None));
}

#[test]
fn equal_values_written_apart_are_no_disagreement() {
    let mut ours = document().unwrap();
    wrote(&mut ours, 1, &create(&[]));
    let mut theirs = ours.fork();
    wrote(&mut ours, 1, &set("kind", "call"));
    wrote(&mut theirs, 2, &set("kind", "call"));
    ours.merge(&mut theirs).unwrap();
    assert_eq!(texts(&record(&ours).fields["kind"]), ["call"]);
    assert_eq!(record(&ours).fields["kind"].shared, None);
}

#[test]
fn fields_changed_by_writers_that_did_not_know_each_other_are_apart_until_settled() {
    let mut ours = document().unwrap();
    wrote(&mut ours, 1, &create(&[("amount", "1"), ("category", "a"), ("note", "n")]));
    let mut theirs = ours.fork();
    wrote(&mut ours, 1, &set("amount", "2"));
    wrote(&mut theirs, 2, &set("category", "b"));
    ours.merge(&mut theirs).unwrap();
    assert_eq!(record(&ours).apart, [("amount".to_owned(), "category".to_owned())]);
    wrote(&mut ours, 3, &Edit { settle: true, ..set("amount", "2") });
    assert!(record(&ours).apart.is_empty());
}

#[test]
fn an_edit_that_cannot_be_written_changes_nothing() {
    let mut doc = document().unwrap();
    wrote(&mut doc, 1, &create(&[]));
    wrote(&mut doc, 1, &step(STEP, "open"));
    let heads = doc.get_heads();
    let mut failing = |edit: &Edit| write(&mut doc, actor(1), 5, edit).unwrap_err();
    assert!(matches!(failing(&create(&[])), WriteError::RecordExists(_)));
    assert!(matches!(failing(&step(STEP, "again")), WriteError::StepExists(_)));
    let elsewhere = Edit { sets: vec![(Target::Record("care_log:none".into()), "a".into(), Value::Null)], ..Edit::default() };
    assert!(matches!(failing(&elsewhere), WriteError::RecordMissing(_)));
    assert!(matches!(failing(&set("_steps", "x")), WriteError::Refused(Refusal::Key)));
    assert!(matches!(failing(&set("note", &"x".repeat(65_537))), WriteError::Refused(Refusal::ValueTooLong)));
    let many = (0..4_097).map(|n| (Target::Subject, format!("f{n}"), Value::Null)).collect();
    assert!(matches!(failing(&Edit { sets: many, ..Edit::default() }), WriteError::Refused(Refusal::TooManyOperations)));
    assert!(matches!(write(&mut doc, actor(1), -1, &set("a", "b")), Err(WriteError::Refused(Refusal::Time))));
    assert_eq!(doc.get_heads(), heads);
}

/// INV no hidden half: Automerge shows one of two maps at one key; the view shows both as one record that disagrees with itself.
#[test]
fn two_replicas_that_make_the_same_record_offline_hide_nothing_from_each_other() {
    let (mut ours, mut theirs) = (document().unwrap(), document().unwrap());
    wrote(&mut ours, 1, &create(&[("kind", "visit"), ("only_ours", "1")]));
    wrote(&mut ours, 1, &step(STEP, "open"));
    wrote(&mut theirs, 2, &create(&[("kind", "call"), ("only_theirs", "2")]));
    wrote(&mut theirs, 2, &step("01J8ZK3V9Q0000000000000002", "close"));
    let mut merged = ours.fork();
    merged.merge(&mut theirs.fork()).unwrap();
    theirs.merge(&mut ours).unwrap();
    assert_eq!(view(&merged), view(&theirs));
    let seen = record(&merged);
    assert_eq!(
        (texts(&seen.fields["kind"]), texts(&seen.fields["only_ours"]), texts(&seen.fields["only_theirs"])),
        (vec!["visit", "call"], vec!["1"], vec!["2"])
    );
    assert_eq!(seen.steps.len(), 2);
    assert_eq!(seen.created.unwrap().0.actor, actor(1));
    wrote(&mut merged, 3, &set("kind", "visit"));
    assert_eq!(texts(&record(&merged).fields["kind"]), ["visit"]);
}

#[test]
fn what_is_put_again_changes_only_what_differs() {
    let mut doc = document().unwrap();
    let put = |doc: &mut Automerge, pairs: &[(&str, &str)]| {
        let edit = upsert(doc, create(pairs)).unwrap();
        write(doc, actor(1), 1_760_000_000, &edit).unwrap().map(|written| written.max_op - written.start_op + 1)
    };
    assert_eq!(put(&mut doc, &[("_v", "1"), ("state", "asked")]), Some(4), "the record, its steps, two fields");
    assert_eq!(put(&mut doc, &[("_v", "1"), ("state", "asked")]), None);
    assert_eq!(put(&mut doc, &[("_v", "1"), ("state", "done")]), Some(1));
    assert_eq!(view(&doc).records[RECORD].fields["state"].values.len(), 1);
}

#[test]
fn what_lies_behind_the_heads_is_told_from_what_was_written_apart() {
    let mut doc = document().unwrap();
    wrote(&mut doc, 1, &profile("name", "a"));
    let mut offline = doc.fork();
    let closed = wrote(&mut doc, 2, &profile("status", "gone"));
    let late = wrote(&mut offline, 3, &profile("note", "late"));
    doc.merge(&mut offline).unwrap();
    let history = History::of(&doc);
    let behind = history.behind(&[history.place(&closed.hash).unwrap()]);
    assert_eq!(behind.len(), 3, "genesis, the first writing and the head itself");
    assert!(!behind.contains(&history.place(&late.hash).unwrap()));
}
