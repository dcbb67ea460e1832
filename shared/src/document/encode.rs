//! The other direction of [`super::chunk`]: operations into an uncompressed change chunk, byte for byte as Automerge writes it.
//!
//! Automerge's own transactions are not used for writing because they turn "choose the value that leads already" into deletes of the
//! others, which admission refuses, and drop a set of the present value, which settling a conflict group needs. And what a rule writes
//! must be the same bytes in every release, whatever Automerge it carries.

use super::{
    chunk::{Action, CHANGE_CHUNK, MAGIC, MAKE_MAP, Operation, SET, Scalar, column, kind},
    view::Stamp,
};
use crate::model::{Actor, ChangeHash};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// A change about to be written.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) actor: Actor,
    pub(super) aseq: u64,
    pub(super) start_op: u64,
    pub(super) deps: &'a [ChangeHash],
    pub(super) time_s: i64,
    pub(super) operations: &'a [Operation<'a>],
}

impl Draft<'_> {
    /// The chunk and its hash.
    pub(super) fn encode(&self) -> (Vec<u8>, ChangeHash) {
        let body = self.body();
        let mut tail = vec![CHANGE_CHUNK];
        unsigned(&mut tail, body.len() as u64);
        tail.extend(body);
        let hash = ChangeHash(Sha256::digest(&tail).into());
        let mut chunk = Vec::with_capacity(8 + tail.len());
        chunk.extend(MAGIC);
        chunk.extend(hash.0.iter().take(4));
        chunk.extend(tail);
        (chunk, hash)
    }

    fn body(&self) -> Vec<u8> {
        let others = self.other_actors();
        let mut body = Vec::new();
        unsigned(&mut body, self.deps.len() as u64);
        for dep in self.deps {
            body.extend(dep.0);
        }
        sized(&mut body, &self.actor.0);
        unsigned(&mut body, self.aseq);
        unsigned(&mut body, self.start_op);
        signed(&mut body, self.time_s);
        unsigned(&mut body, 0); // no message
        unsigned(&mut body, others.len() as u64);
        for other in &others {
            sized(&mut body, &other.0);
        }
        let columns: Vec<_> = self.columns(&others).into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
        unsigned(&mut body, columns.len() as u64);
        for (spec, bytes) in &columns {
            unsigned(&mut body, *spec);
            unsigned(&mut body, bytes.len() as u64);
        }
        for (_, bytes) in columns {
            body.extend(bytes);
        }
        body
    }

    fn other_actors(&self) -> Vec<Actor> {
        let named = self.operations.iter().flat_map(|op| op.object.iter().chain(&op.predecessors));
        named.map(|stamp| stamp.actor).filter(|actor| *actor != self.actor).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn columns(&self, others: &[Actor]) -> [(u64, Vec<u8>); 10] {
        let index = |stamp: &Stamp| others.binary_search(&stamp.actor).map_or(0, |place| place as u64 + 1);
        let ops = self.operations;
        let predecessors = || ops.iter().flat_map(|op| &op.predecessors);
        let mut insert = Vec::new();
        unsigned(&mut insert, ops.len() as u64);
        [
            (column::OBJECT_ACTOR, runs(ops.iter().map(|op| op.object.as_ref().map(index)), |out, v| unsigned(out, *v))),
            (column::OBJECT_COUNTER, runs(ops.iter().map(|op| op.object.map(|object| object.ctr)), |out, v| unsigned(out, *v))),
            (column::KEY_TEXT, runs(ops.iter().map(|op| Some(op.key)), |out, v| sized(out, v.as_bytes()))),
            (column::INSERT, insert),
            (column::ACTION, runs(ops.iter().map(|op| Some(action(op))), |out, v| unsigned(out, *v))),
            (column::VALUE_META, runs(ops.iter().map(|op| Some(meta(op))), |out, v| unsigned(out, *v))),
            (column::VALUE_BYTES, ops.iter().flat_map(raw).collect()),
            (column::PREDECESSOR_COUNT, runs(ops.iter().map(|op| Some(op.predecessors.len() as u64)), |out, v| unsigned(out, *v))),
            (column::PREDECESSOR_ACTOR, runs(predecessors().map(|stamp| Some(index(stamp))), |out, v| unsigned(out, *v))),
            (column::PREDECESSOR_COUNTER, runs(differences(predecessors().map(|stamp| stamp.ctr)).map(Some), |out, v| signed(out, *v))),
        ]
    }
}

fn action(op: &Operation<'_>) -> u64 {
    match op.action {
        Action::MakeMap => MAKE_MAP,
        Action::Set(_) => SET,
    }
}

fn raw(op: &Operation<'_>) -> Vec<u8> {
    match op.action {
        Action::Set(Scalar::Int(number)) => {
            let mut out = Vec::new();
            signed(&mut out, number);
            out
        }
        Action::Set(Scalar::Str(text)) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

fn meta(op: &Operation<'_>) -> u64 {
    let kind = match op.action {
        Action::MakeMap | Action::Set(Scalar::Null) => kind::NULL,
        Action::Set(Scalar::Bool(false)) => kind::FALSE,
        Action::Set(Scalar::Bool(true)) => kind::TRUE,
        Action::Set(Scalar::Int(_)) => kind::INT,
        Action::Set(Scalar::Str(_)) => kind::TEXT,
    };
    (raw(op).len() as u64) << 4 | kind
}

fn differences(counters: impl Iterator<Item = u64>) -> impl Iterator<Item = i64> {
    counters.scan(0i64, |at, counter| {
        let counter = i64::try_from(counter).unwrap_or(i64::MAX);
        let step = counter.saturating_sub(*at);
        *at = counter;
        Some(step)
    })
}

pub(super) fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_bits(value));
}

pub(super) fn signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let low = low_bits(value.cast_unsigned());
        value >>= 7;
        let last = (value == 0 && low & 0x40 == 0) || (value == -1 && low & 0x40 != 0);
        out.push(if last { low } else { low | 0x80 });
        if last {
            return;
        }
    }
}

fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

fn sized(out: &mut Vec<u8>, bytes: &[u8]) {
    unsigned(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Run-length encoding: equal neighbours as (count, value), others as (-count, values…), nulls as (0, count); nothing at all for only nulls.
fn runs<T: PartialEq>(values: impl Iterator<Item = Option<T>>, mut write: impl FnMut(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut groups: Vec<(Option<T>, u64)> = Vec::new();
    for value in values {
        match groups.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => groups.push((value, 1)),
        }
    }
    let mut out = Vec::new();
    if groups.iter().all(|(value, _)| value.is_none()) {
        return out;
    }
    let mut rest = groups.as_slice();
    while let Some((value, count)) = rest.first() {
        let singles = rest.iter().take_while(|(value, count)| value.is_some() && *count == 1).count();
        match value {
            None => {
                signed(&mut out, 0);
                unsigned(&mut out, *count);
            }
            Some(value) if singles == 0 => {
                signed(&mut out, i64::try_from(*count).unwrap_or(i64::MAX));
                write(&mut out, value);
            }
            Some(_) => {
                signed(&mut out, i64::try_from(singles).map_or(i64::MIN, |n| -n));
                rest.iter().take(singles).filter_map(|(value, _)| value.as_ref()).for_each(|value| write(&mut out, value));
            }
        }
        rest = rest.get(singles.max(1)..).unwrap_or_default();
    }
    out
}
