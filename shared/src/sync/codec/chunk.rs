//! An uncompressed Automerge change chunk taken apart and put together again, byte for byte.
//!
//! This is no judgement: whether a change may be admitted is the document room's business. What does not come back exactly as it was (numbers
//! longer than needed, actors of another length, a wrong checksum) is not taken apart at all but shipped whole.

use crate::model::{Actor, ChangeHash};
use crate::sync::wire::put_u64;
use sha2::{Digest as _, Sha256};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;
/// Magic and checksum; the hash is over what follows.
const HASHED_FROM: usize = 8;

/// Automerge's hash of a chunk: SHA-256 of everything behind magic and checksum.
pub(super) fn hash_of(chunk: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(chunk.get(HASHED_FROM..).unwrap_or_default()).into())
}

/// A change chunk's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) deps: Vec<ChangeHash>,
    pub(super) actor: Actor,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: &'a [u8],
    pub(super) others: Vec<Actor>,
    pub(super) columns: Vec<(u64, &'a [u8])>,
    pub(super) extra: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// Takes `bytes` of hash `hash` apart; `None` unless [`Self::to_bytes`] gives exactly `bytes` back.
    pub(super) fn dissect(bytes: &'a [u8], hash: ChangeHash) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<4>()?;
        let (checksum, rest) = rest.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first()?;
        if *magic != MAGIC || *kind != TYPE_CHANGE || hash.0.first_chunk::<4>() != Some(checksum) {
            return None;
        }
        let mut from = Leb(rest);
        let length = from.u64()?;
        if usize::try_from(length).ok()? != from.0.len() {
            return None;
        }
        let chunk = Self::body(&mut from)?;
        (chunk.to_bytes().0 == bytes).then_some(chunk)
    }

    fn body(from: &mut Leb<'a>) -> Option<Self> {
        let deps = (0..from.count(32)?).map(|_| from.array().map(ChangeHash)).collect::<Option<_>>()?;
        let actor = from.actor()?;
        let (seq, start_op, time) = (from.u64()?, from.u64()?, from.i64()?);
        let message = from.bytes()?;
        let others = (0..from.count(17)?).map(|_| from.actor()).collect::<Option<_>>()?;
        let lengths: Vec<(u64, usize)> =
            (0..from.count(2)?).map(|_| Some((from.u64()?, usize::try_from(from.u64()?).ok()?))).collect::<Option<_>>()?;
        let columns = lengths.into_iter().map(|(spec, length)| Some((spec, from.take(length)?))).collect::<Option<_>>()?;
        Some(Self { deps, actor, seq, start_op, time, message, others, columns, extra: from.0 })
    }

    /// Bytes [`Self::to_bytes`] gives, at most: for checking before anything is allocated.
    pub(super) fn size_max(&self) -> usize {
        let columns: usize = self.columns.iter().map(|(_, column)| column.len() + 20).sum();
        100 + 32 * self.deps.len() + self.message.len() + 17 * self.others.len() + columns + self.extra.len()
    }

    /// The chunk and its hash.
    pub(super) fn to_bytes(&self) -> (Vec<u8>, ChangeHash) {
        let mut body = Vec::with_capacity(self.size_max());
        put_u64(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend_from_slice(&dep.0));
        put_actor(&mut body, &self.actor);
        put_u64(&mut body, self.seq);
        put_u64(&mut body, self.start_op);
        put_sleb(&mut body, self.time);
        put_u64(&mut body, self.message.len() as u64);
        body.extend_from_slice(self.message);
        put_u64(&mut body, self.others.len() as u64);
        self.others.iter().for_each(|other| put_actor(&mut body, other));
        put_u64(&mut body, self.columns.len() as u64);
        for (spec, column) in &self.columns {
            put_u64(&mut body, *spec);
            put_u64(&mut body, column.len() as u64);
        }
        self.columns.iter().for_each(|(_, column)| body.extend_from_slice(column));
        body.extend_from_slice(self.extra);
        let mut bytes = Vec::with_capacity(body.len() + 20);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[0; 4]);
        bytes.push(TYPE_CHANGE);
        put_u64(&mut bytes, body.len() as u64);
        bytes.extend_from_slice(&body);
        let hash = hash_of(&bytes);
        bytes.iter_mut().skip(MAGIC.len()).zip(hash.0).take(4).for_each(|(slot, byte)| *slot = byte);
        (bytes, hash)
    }

    /// Operations by the run lengths of the action column: only a guess at the next `start_op`, so whatever it says does no harm.
    pub(super) fn operations(&self) -> u64 {
        const ACTION: u64 = 0x42;
        let mut from = Leb(self.columns.iter().find(|(spec, _)| *spec == ACTION).map_or(&[], |(_, column)| column));
        let mut operations = 0u64;
        while let Some(run) = from.i64() {
            operations = operations.saturating_add(run.unsigned_abs());
            for _ in 0..if run < 0 { run.unsigned_abs() } else { 1 } {
                if from.u64().is_none() {
                    return operations;
                }
            }
        }
        operations
    }
}

fn put_actor(out: &mut Vec<u8>, actor: &Actor) {
    put_u64(out, Actor::LEN as u64);
    out.extend_from_slice(&actor.0);
}

/// Signed LEB128, as Automerge writes times.
fn put_sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = low_seven(value);
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// The low seven bits.
fn low_seven(value: i64) -> u8 {
    value.to_le_bytes().first().map_or(0, |byte| byte & 0x7f)
}

/// Automerge's own numbers. Lenient about their length: [`Chunk::dissect`] compares the result.
#[derive(Clone, Debug)]
pub(super) struct Leb<'a>(pub(super) &'a [u8]);

impl<'a> Leb<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn i64(&mut self) -> Option<i64> {
        let mut value = 0i64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0 && shift + 7 < 64;
                return Some(if negative { value | (-1 << (shift + 7)) } else { value });
            }
        }
        None
    }

    pub(super) fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.u64()?).ok()?;
        self.take(n)
    }

    fn actor(&mut self) -> Option<Actor> {
        Actor::from_slice(self.bytes()?)
    }

    /// A list's length, believed only if so many elements of `each` bytes can follow.
    fn count(&mut self, each: usize) -> Option<usize> {
        let n = usize::try_from(self.u64()?).ok()?;
        (n.checked_mul(each)? <= self.0.len()).then_some(n)
    }
}
