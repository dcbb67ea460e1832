//! Changes made by a rule (three days absent opens a case): the same bytes on every node that sees the same facts, so that two nodes which
//! open the case apart open one case.
//!
//! The writer is nobody: eight constant bytes instead of an origin, and eight derived from the document and all the change says. Nodes
//! that see *different* facts (one has a roll the other lacks) write under different actors; the two maps at one key are then read as one
//! record with disagreeing fields ([`super::read`]), never as a breach of sequence.
//!
//! Admission makes the change anew from what it says and refuses whatever differs by a byte, so nobody can hide another edit under this name.

use super::{
    admission,
    chunk::{Action, Operation, Parsed, Scalar},
    encode::Draft,
    genesis,
    keys::STEPS_KEY,
    refusal::Refusal,
    view::{Stamp, Value},
    write::Written,
};
use crate::model::{Actor, DocId, OriginId};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Stands where a writer's origin stands: first 8 bytes of BLAKE3 of [`PREFIX_NAME`].
pub const PREFIX: OriginId = OriginId([0x5f, 0x93, 0x27, 0x55, 0x0a, 0xeb, 0xdd, 0xd6]);
/// What [`PREFIX`] is the hash of.
pub const PREFIX_NAME: &str = "huxue: made by a rule, not by a writer";
const ACTOR_CONTEXT: &str = "huxue 2025 actor of a rule's change";

/// Midnight in China (UTC+8) of 1970-01-01, relative to UTC.
const CHINA_AHEAD_S: i64 = 8 * 3_600;
const DAY_S: i64 = 86_400;

/// The change by which a rule opens the record `key` with `fields` because of `day`. Its time is the midnight that begins `day` in China.
///
/// # Errors
/// A key, value or day that no change may have.
pub fn deterministic(doc: DocId, key: &str, fields: &BTreeMap<String, Value>, day: Date) -> Result<Written, Refusal> {
    let time_s = midnight_s(day)?;
    let written = build(doc, key, fields, time_s);
    let parsed = admission::parse(&written.bytes)?;
    check(&parsed, doc).map(|()| written)
}

/// True for the actor of a rule's change.
#[must_use]
pub fn is_rule(actor: Actor) -> bool {
    actor.origin() == PREFIX
}

fn midnight_s(day: Date) -> Result<i64, Refusal> {
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = (day - epoch).get_days();
    let time_s = i64::from(days) * DAY_S - CHINA_AHEAD_S;
    if time_s < 0 { Err(Refusal::Time) } else { Ok(time_s) }
}

fn build(doc: DocId, key: &str, fields: &BTreeMap<String, Value>, time_s: i64) -> Written {
    let nobody = draft(Actor::new(PREFIX, [0; 8]), key, fields, time_s);
    let derived = blake3::Hasher::new_derive_key(ACTOR_CONTEXT).update(&doc.0).update(&nobody.bytes).finalize();
    let mut suffix = [0; 8];
    suffix.iter_mut().zip(derived.as_bytes()).for_each(|(slot, byte)| *slot = *byte);
    draft(Actor::new(PREFIX, suffix), key, fields, time_s)
}

fn draft(actor: Actor, key: &str, fields: &BTreeMap<String, Value>, time_s: i64) -> Written {
    let start_op = genesis::MAX_OP + 1;
    let record = Stamp { ctr: start_op, actor };
    let operation = |object, key, action| Operation { object: Some(object), key, action, predecessors: Vec::new() };
    let mut operations = vec![operation(genesis::RECORDS, key, Action::MakeMap), operation(record, STEPS_KEY, Action::MakeMap)];
    operations.extend(fields.iter().map(|(field, value)| operation(record, field, Action::Set(Scalar::from(value)))));
    let (bytes, hash) = Draft { actor, aseq: 1, start_op, deps: &[genesis::HASH], time_s, operations: &operations }.encode();
    Written { bytes, hash, actor, aseq: 1, start_op, max_op: start_op + operations.len() as u64 - 1, time_s }
}

/// Holds a change in a rule's name against the one the rule would make.
pub(super) fn check(parsed: &Parsed<'_>, doc: DocId) -> Result<(), Refusal> {
    if (parsed.time_s + CHINA_AHEAD_S) % DAY_S != 0 {
        return Err(Refusal::RuleForged);
    }
    let mut operations = parsed.operations.iter();
    let key = operations.next().map(|op| op.key).ok_or(Refusal::RuleForged)?;
    let fields = operations.filter_map(|op| match op.action {
        Action::Set(scalar) => Some((op.key.to_owned(), Value::from(scalar))),
        Action::MakeMap => None,
    });
    let honest = build(doc, key, &fields.collect(), parsed.time_s);
    if honest.hash == parsed.hash { Ok(()) } else { Err(Refusal::RuleForged) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Verdict, genesis::document, judge, write::tests::NothingHere};
    use automerge::Change;
    use jiff::civil::date;

    const DOC: DocId = DocId([7; 16]);
    const KEY: &str = "dropout_case:absent20251103";

    fn fields() -> BTreeMap<String, Value> {
        [("_v", Value::Int(1)), ("opened_by", Value::Str("rule".into())), ("last_day", Value::Str("2025-10-31".into()))]
            .map(|(key, value)| (key.to_owned(), value))
            .into()
    }

    #[test]
    fn the_prefix_is_the_hash_of_its_name() {
        assert_eq!(OriginId::of_key(PREFIX_NAME.as_bytes()), PREFIX);
    }

    /// Also holds the bytes across releases: a later encoder that writes otherwise would make two cases out of one.
    #[test]
    fn a_rule_writes_the_same_bytes_on_every_node() {
        let one = deterministic(DOC, KEY, &fields(), date(2025, 11, 3)).unwrap();
        assert_eq!(one, deterministic(DOC, KEY, &fields(), date(2025, 11, 3)).unwrap());
        assert_eq!(one.hash.to_string(), "3e4c74efb7c13cc3d44e4b4f451423022a58d371c1d22bfed671c22d7dcebb92");
        assert_eq!(one.time_s, 1_762_099_200); // 2025-11-03T00:00+08:00
        let mut doc = document().unwrap();
        doc.apply_changes([Change::try_from(one.bytes.as_slice()).unwrap()]).unwrap();
        assert_eq!(doc.get_changes(&[])[1].raw_bytes(), one.bytes);
        for other in [
            deterministic(DocId([8; 16]), KEY, &fields(), date(2025, 11, 3)).unwrap(),
            deterministic(DOC, "dropout_case:other", &fields(), date(2025, 11, 3)).unwrap(),
            deterministic(DOC, KEY, &fields(), date(2025, 11, 4)).unwrap(),
            deterministic(DOC, KEY, &BTreeMap::new(), date(2025, 11, 3)).unwrap(),
        ] {
            assert!(is_rule(other.actor) && other.actor != one.actor);
        }
    }

    #[test]
    fn a_rules_change_is_admitted_to_its_own_document_only() {
        let written = deterministic(DOC, KEY, &fields(), date(2025, 11, 3)).unwrap();
        let parsed = admission::parse(&written.bytes).unwrap();
        assert_eq!(judge(&parsed, DOC, &NothingHere), Verdict::Admit);
        assert_eq!(judge(&parsed, DocId([8; 16]), &NothingHere), Verdict::Refuse(Refusal::RuleForged));
    }

    #[test]
    fn a_day_before_1970_is_refused() {
        assert_eq!(deterministic(DOC, KEY, &fields(), date(1969, 1, 1)), Err(Refusal::Time));
    }
}
