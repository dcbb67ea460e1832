//! Packing of changes for a PUSH: what decides the bytes on the wire (docs/PROTOCOL.md, "Payload of a PUSH").
//!
//! More than half of a raw change is what the receiver can compute: checksum, dependency hashes, actors, lengths. Those go as small indexes; then
//! like is put with like (headers, each operation column, everything that is random) in streams of their own, and zstd does the rest. Exact bytes are
//! rebuilt and hashed, so a rebuilt change that differs has another hash and no valid signature. What cannot be taken apart exactly goes whole.
//!
//! Invariants: `unpack(pack(x)) == x`; a payload never exceeds [`PAYLOAD_BYTES_MAX`] nor inflates beyond [`INFLATED_BYTES_MAX`]; unpacking checks
//! every size before it allocates and gives at most [`RAW_BYTES_MAX`] of changes; it never panics.

mod chunk;
mod read;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the numbers of tests are small")]
mod tests;
mod write;

use super::engine::{Batch, OutChange, Parcel};
use super::frame::INFLATED_BYTES_MAX;
use super::message::PAYLOAD_BYTES_MAX;
use super::wire::{Reader, WireError, put_u64};
use crate::model::{ChangeHash, DocId, Space};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Most members of a signed batch. Whoever signs must keep to it: a batch that is split over frames names its absent members, 33 bytes each.
pub const BATCH_MEMBERS_MAX: usize = 1_024;
/// Most bytes of changes in one payload once they are rebuilt.
pub const RAW_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most changes in one payload.
pub const CHANGES_MAX: usize = 32_768;
/// Most batches in one payload.
pub const BATCHES_MAX: usize = 4_096;
/// Columns of one change, and different ones in one payload: Automerge has 12.
const SPECS_MAX: usize = 64;
/// DESIGN §4: fast enough that the disk is the limit.
const LEVEL: i32 = 3;

/// Why changes cannot be packed or unpacked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A field of the payload cannot be read.
    #[error("payload: {0}")]
    Wire(#[from] WireError),
    /// zstd cannot read it, or its length is another than claimed.
    #[error("payload does not inflate")]
    Inflate,
    /// zstd failed to compress: out of memory.
    #[error("payload does not deflate")]
    Deflate,
    /// A batch has more members than [`BATCH_MEMBERS_MAX`], or a change names a batch that is not there.
    #[error("a batch is over its limit or missing")]
    Batch,
    /// A single change does not fit a frame.
    #[error("a change of document {doc} with {bytes} bytes does not fit a frame")]
    TooLarge {
        /// Its document.
        doc: DocId,
        /// Its length.
        bytes: usize,
    },
    /// A change's hash is not the hash of its bytes: the log is damaged.
    #[error("a change of document {doc} does not have the hash it is filed under")]
    Hash {
        /// Its document.
        doc: DocId,
    },
}

/// The bytes an origin signs for a batch: `"huxue batch v1" ‖ space ‖ BLAKE3(doc ‖ hash of each member)`, members in ascending order of (doc, hash).
#[must_use]
pub fn batch_message(space: Space, members: &[(DocId, ChangeHash)]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for (doc, hash) in members {
        hasher.update(&doc.0).update(&hash.0);
    }
    [b"huxue batch v1".as_slice(), &space.to_bytes(), hasher.finalize().as_bytes()].concat()
}

/// Packs a parcel into payloads, one PUSH each: one if it fits, else several, with the members of split batches named as holes.
///
/// # Errors
/// A change that fits no frame, a damaged hash, a batch over its limit.
pub fn pack(genesis: ChangeHash, parcel: &Parcel) -> Result<Vec<Vec<u8>>, CodecError> {
    let mut payloads = Vec::new();
    if !parcel.changes.is_empty() {
        pack_pieces(genesis, parcel, &mut payloads)?;
    }
    Ok(payloads)
}

fn pack_pieces(genesis: ChangeHash, parcel: &Parcel, payloads: &mut Vec<Vec<u8>>) -> Result<(), CodecError> {
    let mut waiting = vec![parcel.clone()];
    while let Some(piece) = waiting.pop() {
        if let Some(payload) = pack_one(genesis, &piece)? {
            payloads.push(payload);
            continue;
        }
        let Some((front, back)) = split(&piece) else {
            let (doc, bytes) = piece.changes.first().map_or((DocId([0; 16]), 0), |change| (change.doc, change.bytes.len()));
            return Err(CodecError::TooLarge { doc, bytes });
        };
        waiting.push(back);
        waiting.push(front);
    }
    Ok(())
}

/// One payload, or `None` if it would not fit a frame.
fn pack_one(genesis: ChangeHash, parcel: &Parcel) -> Result<Option<Vec<u8>>, CodecError> {
    let raw: usize = parcel.changes.iter().map(|change| change.bytes.len()).sum();
    if raw > RAW_BYTES_MAX / 2 || parcel.changes.len() > CHANGES_MAX || parcel.batches.len() > BATCHES_MAX {
        return Ok(None);
    }
    let body = write::write(genesis, parcel)?;
    if body.len() > INFLATED_BYTES_MAX {
        return Ok(None);
    }
    let squeezed = zstd::bulk::compress(&body, LEVEL).map_err(|_| CodecError::Deflate)?;
    let mut payload = Vec::with_capacity(squeezed.len().min(body.len()) + 4);
    if squeezed.len() < body.len() {
        put_u64(&mut payload, body.len() as u64);
        payload.extend_from_slice(&squeezed);
    } else {
        put_u64(&mut payload, 0);
        payload.extend_from_slice(&body);
    }
    Ok((payload.len() <= PAYLOAD_BYTES_MAX).then_some(payload))
}

/// Two halves, cut between batches where there is such a place in the middle half; `None` for a single change.
fn split(parcel: &Parcel) -> Option<(Parcel, Parcel)> {
    let n = parcel.changes.len();
    if n < 2 {
        return None;
    }
    let boundary = |at: &usize| matches!(parcel.changes.get(at - 1..at + 1), Some([a, b]) if a.batch != b.batch);
    let at = (n / 4..=n * 3 / 4).filter(|at| *at > 0).filter(boundary).min_by_key(|at| at.abs_diff(n / 2)).unwrap_or(n / 2);
    let (front, back) = parcel.changes.split_at_checked(at)?;
    Some((part(parcel, front), part(parcel, back)))
}

/// The parcel of some of a parcel's changes: only their batches, the absent members named.
fn part(parcel: &Parcel, changes: &[OutChange]) -> Parcel {
    let used: BTreeSet<u32> = changes.iter().map(|change| change.batch).collect();
    let numbers: BTreeMap<u32, u32> = used.iter().copied().zip(0u32..).collect();
    let mut batches: Vec<Batch> = used.iter().filter_map(|batch| parcel.batches.get(*batch as usize).cloned()).collect();
    let number = |batch: u32| numbers.get(&batch).copied();
    let kept: HashSet<(DocId, ChangeHash)> = changes.iter().map(|change| (change.doc, change.hash)).collect();
    for absent in parcel.changes.iter().filter(|change| !kept.contains(&(change.doc, change.hash))) {
        if let Some(batch) = number(absent.batch).and_then(|number| batches.get_mut(number as usize)) {
            batch.holes.push((absent.doc, absent.hash));
        }
    }
    let changes = changes.iter().map(|change| OutChange { batch: number(change.batch).unwrap_or(u32::MAX), ..change.clone() }).collect();
    Parcel { batches, changes }
}

/// Unpacks a PUSH's payload. An empty one is an empty parcel.
///
/// # Errors
/// Whatever is not exactly of the format, or over a limit.
pub fn unpack(genesis: ChangeHash, payload: &[u8]) -> Result<Parcel, CodecError> {
    if payload.is_empty() {
        return Ok(Parcel::default());
    }
    let mut from = Reader::new(payload);
    let length = usize::try_from(from.u64()?).unwrap_or(usize::MAX);
    if length == 0 {
        return read::read(genesis, from.rest());
    }
    if length > INFLATED_BYTES_MAX {
        return Err(CodecError::Wire(WireError::Limit { what: "the inflated payload" }));
    }
    let body = zstd::bulk::decompress(from.rest(), length).map_err(|_| CodecError::Inflate)?;
    if body.len() != length {
        return Err(CodecError::Inflate);
    }
    read::read(genesis, &body)
}

/// The streams of a body, in the order they stand in it. Each is all of one kind, so that zstd finds in it what it has seen before.
#[derive(Debug, Default)]
struct Streams {
    /// Origins, batches, documents, actors, shapes: counts and indexes.
    tables: Vec<u8>,
    /// A change: form, document, batch, actor, sequence number.
    heads: Vec<u8>,
    /// Dependencies by code.
    deps: Vec<u8>,
    /// First operation's counter against what is expected.
    starts: Vec<u8>,
    /// Time against the change before.
    times: Vec<u8>,
    /// Which columns a change has.
    shapes: Vec<u8>,
    /// Lengths of columns.
    lengths: Vec<u8>,
    /// Messages, other actors, bytes behind the columns.
    rest: Vec<u8>,
    /// Changes that go whole.
    whole: Vec<u8>,
    /// Ids, signatures, hashes: nothing to gain.
    random: Vec<u8>,
}

/// How many there are.
const STREAMS: usize = 10;

/// Form of a change: whole, or in parts.
const WHOLE: u64 = 0;
const PARTS: u64 = 1;

/// Dependency codes; from [`DEP_BACK`] on: so many changes back in this payload.
const DEP_EXPLICIT: u64 = 0;
const DEP_GENESIS: u64 = 1;
const DEP_DOC: u64 = 2;
const DEP_BACK: u64 = 3;

/// First operation's counter in a document of which nothing is in this payload yet: the genesis change has two operations.
const START_FIRST: u64 = 3;

/// What is known of a document while going through a payload.
#[derive(Clone, Copy, Debug, Default)]
struct DocSeen {
    /// Index and hash of its last change in this payload.
    last: Option<(usize, ChangeHash)>,
    /// What its next change's first counter is expected to be.
    next_start: u64,
}
