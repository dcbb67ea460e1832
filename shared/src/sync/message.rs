//! What frames say: every body as a typed value, written and read (docs/PROTOCOL.md is the reference).
//!
//! Invariants: reading is bounded by the frame; lists have limits of their own; a body that reads back differently from how it was written
//! does not exist (numbers are minimal, nothing follows the last field, except in HELLO, which later versions may lengthen).
//!
//! Long as it is, this is one room: one body a frame, its writer beside its reader.

pub use super::engine::Vectors;
use super::engine::{Refused, SpaceState};
use super::frame::{FRAME_BYTES_MAX, RawFrame};
use super::wire::{Reader, WireError, put_bytes, put_i64, put_u64};
use crate::model::ids::SPACE_BYTES;
use crate::model::{Actor, ChangeHash, DocId, ReplicaId, Space};
use std::collections::BTreeMap;

/// Lowest protocol version this build speaks.
pub const VERSION_MIN: u64 = 1;
/// Highest protocol version this build speaks.
pub const VERSION_MAX: u64 = 1;
/// Most spaces in a HELLO or STATE: three kinds a school year, 85 years.
pub const SPACES_MAX: usize = 256;
/// Most documents in a page of fingerprints: 2,000 x 32 bytes is a quarter of a frame.
pub const PAGE_DOCS_MAX: usize = 2_000;
/// Most documents in one ACTORS or WANT.
pub const VECTOR_DOCS_MAX: usize = 2_000;
/// Most bytes a sender of ACTORS or WANT fills before it starts another frame.
pub const VECTOR_BYTES_SOFT: usize = 128 * 1024;
/// Most actors told of one document; the rest is left out and its changes are sent once more.
pub const DOC_ACTORS_MAX: usize = 4_096;
/// Most entries of an ACK's lists together; longer lists take several ACKs.
pub const VERDICTS_MAX: usize = 1_000;
/// Most certificates in one ORIGIN.
pub const CERTIFICATES_MAX: usize = 16;
/// Most bytes of one certificate.
pub const CERTIFICATE_BYTES_MAX: usize = 8 * 1024;
/// Most bytes of the software's name and version, of a refusal's code, of a BYE's detail.
pub const TEXT_BYTES_MAX: usize = 200;

/// First frame of both sides on the control stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Lowest version spoken.
    pub version_min: u64,
    /// Highest version spoken.
    pub version_max: u64,
    /// Program and version, for people.
    pub software: String,
    /// The sender's log.
    pub replica: ReplicaId,
    /// Drawn for this session: two live sessions of one replica differ in it.
    pub nonce: [u8; 16],
    /// The sender's clock, unix seconds; never trusted for order.
    pub time_s: i64,
    /// Bytes of PUSH bodies the receiver of this HELLO may have unacknowledged, what it sent before included.
    pub credit: u64,
    /// The sender's state of every space shared, most urgent first.
    pub spaces: Vec<SpaceState>,
}

/// The envelope of a PUSH; the payload is packed and unpacked by [`crate::sync::codec`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Which space.
    pub space: Space,
    /// The payload holds what the receiver lacks behind this lsn of the sender …
    pub after: u64,
    /// … up to this one. Equal to `after`: the cursor stays (a piece of a larger parcel, or reconciliation).
    pub to: u64,
    /// The sender's head.
    pub head: u64,
    /// Packed changes; empty: none.
    pub payload: Vec<u8>,
}

/// Answer to a PUSH or SETTLE, in the order they came, after the commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ack {
    /// The sender's cursor in the receiver's log: everything up to it is on disk here.
    pub lsn: u64,
    /// The sender's own head after the commit.
    pub head: u64,
    /// The last so many lsns up to `head` are the receiver's own changes of this very frame: its cursor may pass them.
    pub yours: u64,
    /// Bytes of credit given back.
    pub credit: u64,
    /// False: another ACK for the same frame follows, this one only carries part of the lists.
    pub last: bool,
    /// Kept until what they depend on arrives.
    pub parked: Vec<(DocId, ChangeHash)>,
    /// Kept in quarantine.
    pub refused: Vec<Refused>,
}

/// Fingerprints of the documents after `after` in id order, up to the last one listed (`last`: up to the end).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Exclusive start; `None`: from the beginning.
    pub after: Option<DocId>,
    /// No page follows.
    pub last: bool,
    /// In strictly ascending order.
    pub docs: Vec<(DocId, [u8; 16])>,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ByeCode {
    /// Orderly: shutting down, or nothing more to do.
    Done,
    /// No common protocol version.
    Version,
    /// The receiver's certificate is revoked.
    Revoked,
    /// A frame could not be read.
    Malformed,
    /// A frame that does not belong there: before HELLO, an ACK of nothing, a cursor beyond the head.
    Order,
    /// A space outside the receiver's scope.
    Scope,
    /// More was sent than credit allowed.
    Credit,
    /// A bounded list of the session overflowed.
    Limit,
    /// A certificate the county did not sign.
    Certificate,
    /// The replica cannot serve at present: disk full, database gone.
    Unavailable,
    /// No HELLO in time.
    Timeout,
    /// Another session of the same identity took over, or both have the same log.
    Duplicate,
    /// Too many sessions at present.
    Busy,
    /// A code of a later version.
    Other(u64),
}

impl ByeCode {
    const ALL: [(Self, u64); 13] = [
        (Self::Done, 0),
        (Self::Version, 1),
        (Self::Revoked, 2),
        (Self::Malformed, 3),
        (Self::Order, 4),
        (Self::Scope, 5),
        (Self::Credit, 6),
        (Self::Limit, 7),
        (Self::Certificate, 8),
        (Self::Unavailable, 9),
        (Self::Timeout, 10),
        (Self::Duplicate, 11),
        (Self::Busy, 12),
    ];

    /// Number on the wire.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::Other(number) => number,
            known => Self::ALL.iter().find(|(code, _)| *code == known).map_or(0, |(_, number)| *number),
        }
    }

    /// From the wire.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self::ALL.iter().find(|(_, known)| *known == number).map_or(Self::Other(number), |(code, _)| *code)
    }

    /// Every code this version knows.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().map(|(code, _)| *code)
    }
}

/// Last frame of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bye {
    /// Why.
    pub code: ByeCode,
    /// For logs; cut at [`TEXT_BYTES_MAX`].
    pub detail: String,
}

/// A frame with its body read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Type 1.
    Hello(Hello),
    /// Type 2: certificates of origins, before their first batch.
    Origin(Vec<Vec<u8>>),
    /// Type 3.
    Push(Push),
    /// Type 4.
    Ack(Space, Ack),
    /// Type 5: refusals reached after the ACK.
    Verdict(Space, Vec<Refused>),
    /// Type 6.
    Fingerprints(Space, Page),
    /// Type 7: the follower's vectors of documents that differ; true: the page is answered.
    Actors(Space, bool, Vectors),
    /// Type 8: the leader's vectors of the documents of one ACTORS; true: of all of them now.
    Want(Space, bool, Vectors),
    /// Type 9: the receiver now has everything up to this lsn of the sender.
    Settle(Space, u64),
    /// Type 10: state of spaces once both sides are at rest.
    State(Vec<SpaceState>),
    /// Type 11.
    Bye(Bye),
}

const HELLO: u8 = 1;
const ORIGIN: u8 = 2;
const PUSH: u8 = 3;
const ACK: u8 = 4;
const VERDICT: u8 = 5;
const FINGERPRINTS: u8 = 6;
const ACTORS: u8 = 7;
const WANT: u8 = 8;
const SETTLE: u8 = 9;
const STATE: u8 = 10;
const BYE: u8 = 11;

impl Message {
    /// The frame's bytes, length and type included.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_frame().to_bytes()
    }

    /// The frame.
    #[must_use]
    pub fn to_frame(&self) -> RawFrame {
        let mut body = Vec::new();
        let kind = match self {
            Self::Hello(hello) => put_hello(&mut body, hello),
            Self::Origin(certificates) => put_origin(&mut body, certificates),
            Self::Push(push) => put_push(&mut body, push),
            Self::Ack(space, ack) => put_ack(&mut body, *space, ack),
            Self::Verdict(space, refused) => {
                put_space(&mut body, *space);
                put_refused(&mut body, refused);
                VERDICT
            }
            Self::Fingerprints(space, page) => put_page(&mut body, *space, page),
            Self::Actors(space, last, vectors) => {
                put_space(&mut body, *space);
                body.push(u8::from(*last));
                put_vectors(&mut body, vectors);
                ACTORS
            }
            Self::Want(space, last, vectors) => {
                put_space(&mut body, *space);
                body.push(u8::from(*last));
                put_vectors(&mut body, vectors);
                WANT
            }
            Self::Settle(space, head) => {
                put_space(&mut body, *space);
                put_u64(&mut body, *head);
                SETTLE
            }
            Self::State(spaces) => {
                put_states(&mut body, spaces);
                STATE
            }
            Self::Bye(bye) => {
                put_u64(&mut body, bye.code.number());
                put_bytes(&mut body, cut(&bye.detail).as_bytes());
                BYE
            }
        };
        RawFrame { kind, body }
    }

    /// Reads a frame's body; `None` for a type this version does not know, which is skipped.
    ///
    /// # Errors
    /// The body is not of its type.
    pub fn read(frame: &RawFrame) -> Result<Option<Self>, WireError> {
        let mut from = Reader::new(&frame.body);
        let message = match frame.kind {
            HELLO => return read_hello(&mut from).map(|hello| Some(Self::Hello(hello))),
            ORIGIN => Self::Origin(read_origin(&mut from)?),
            PUSH => Self::Push(read_push(&mut from)?),
            ACK => Self::Ack(read_space(&mut from)?, read_ack(&mut from)?),
            VERDICT => Self::Verdict(read_space(&mut from)?, read_refused(&mut from)?),
            FINGERPRINTS => Self::Fingerprints(read_space(&mut from)?, read_page(&mut from)?),
            ACTORS => Self::Actors(read_space(&mut from)?, from.bool()?, read_vectors(&mut from)?),
            WANT => Self::Want(read_space(&mut from)?, from.bool()?, read_vectors(&mut from)?),
            SETTLE => Self::Settle(read_space(&mut from)?, from.u64()?),
            STATE => Self::State(read_states(&mut from)?),
            BYE => Self::Bye(Bye { code: ByeCode::from_number(from.u64()?), detail: from.text("a detail", TEXT_BYTES_MAX)? }),
            _ => return Ok(None),
        };
        from.end()?;
        Ok(Some(message))
    }
}

fn cut(text: &str) -> &str {
    let end = (0..=TEXT_BYTES_MAX.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

fn put_space(out: &mut Vec<u8>, space: Space) {
    out.extend_from_slice(&space.to_bytes());
}

fn read_space(from: &mut Reader<'_>) -> Result<Space, WireError> {
    Space::from_bytes(&from.array::<SPACE_BYTES>()?).ok_or(WireError::Value { what: "a space" })
}

fn read_doc(from: &mut Reader<'_>) -> Result<DocId, WireError> {
    from.array().map(DocId)
}

fn put_hello(out: &mut Vec<u8>, hello: &Hello) -> u8 {
    put_u64(out, hello.version_min);
    put_u64(out, hello.version_max);
    put_bytes(out, cut(&hello.software).as_bytes());
    out.extend_from_slice(&hello.replica.0);
    out.extend_from_slice(&hello.nonce);
    put_i64(out, hello.time_s);
    put_u64(out, hello.credit);
    put_states(out, &hello.spaces);
    HELLO
}

fn read_hello(from: &mut Reader<'_>) -> Result<Hello, WireError> {
    Ok(Hello {
        version_min: from.u64()?,
        version_max: from.u64()?,
        software: from.text("the software", TEXT_BYTES_MAX)?,
        replica: ReplicaId(from.array()?),
        nonce: from.array()?,
        time_s: from.i64()?,
        credit: from.u64()?,
        spaces: read_states(from)?,
    })
}

/// A space's state takes about 50 bytes: the peer's replica is written only where it differs from the one before.
fn put_states(out: &mut Vec<u8>, states: &[SpaceState]) {
    let states = states.get(..SPACES_MAX).unwrap_or(states);
    put_u64(out, states.len() as u64);
    let mut peer = ReplicaId([0; 16]);
    for state in states {
        put_space(out, state.space);
        out.push(u8::from(state.peer != peer));
        if state.peer != peer {
            out.extend_from_slice(&state.peer.0);
            peer = state.peer;
        }
        for number in [state.head, state.acked, state.cursor, state.count] {
            put_u64(out, number);
        }
        out.extend_from_slice(&state.digest);
    }
}

fn read_states(from: &mut Reader<'_>) -> Result<Vec<SpaceState>, WireError> {
    let n = from.count("the list of spaces", SPACES_MAX, SPACE_BYTES + 1 + 4 + 32)?;
    let mut peer = ReplicaId([0; 16]);
    let mut states: Vec<SpaceState> = Vec::with_capacity(n);
    for _ in 0..n {
        let space = read_space(from)?;
        if from.bool()? {
            peer = ReplicaId(from.array()?);
        }
        if states.iter().any(|other| other.space == space) {
            return Err(WireError::Value { what: "a space named twice" });
        }
        let (head, acked, cursor, count) = (from.u64()?, from.u64()?, from.u64()?, from.u64()?);
        states.push(SpaceState { space, head, acked, peer, cursor, count, digest: from.array()? });
    }
    Ok(states)
}

fn put_origin(out: &mut Vec<u8>, certificates: &[Vec<u8>]) -> u8 {
    put_u64(out, certificates.len() as u64);
    for certificate in certificates {
        put_bytes(out, certificate);
    }
    ORIGIN
}

fn read_origin(from: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, WireError> {
    let n = from.count("the list of certificates", CERTIFICATES_MAX, 1)?;
    (0..n).map(|_| from.bytes("a certificate", CERTIFICATE_BYTES_MAX).map(<[u8]>::to_vec)).collect()
}

fn put_push(out: &mut Vec<u8>, push: &Push) -> u8 {
    put_space(out, push.space);
    put_u64(out, push.after);
    put_u64(out, push.to.saturating_sub(push.after));
    put_u64(out, push.head);
    out.extend_from_slice(&push.payload);
    PUSH
}

fn read_push(from: &mut Reader<'_>) -> Result<Push, WireError> {
    let (space, after, more, head) = (read_space(from)?, from.u64()?, from.u64()?, from.u64()?);
    let to = after.checked_add(more).ok_or(WireError::Value { what: "an lsn" })?;
    let payload = from.rest().to_vec();
    from.take(payload.len())?;
    Ok(Push { space, after, to, head, payload })
}

/// Most bytes [`put_push`] writes before the payload.
pub(crate) const PUSH_HEAD_BYTES_MAX: usize = SPACE_BYTES + 3 * 10;

/// Most bytes of a PUSH's payload.
pub const PAYLOAD_BYTES_MAX: usize = FRAME_BYTES_MAX - 1 - PUSH_HEAD_BYTES_MAX;

fn put_ack(out: &mut Vec<u8>, space: Space, ack: &Ack) -> u8 {
    put_space(out, space);
    for number in [ack.lsn, ack.head, ack.yours, ack.credit] {
        put_u64(out, number);
    }
    out.push(u8::from(ack.last));
    put_u64(out, ack.parked.len() as u64);
    for (doc, hash) in &ack.parked {
        out.extend_from_slice(&doc.0);
        out.extend_from_slice(&hash.0);
    }
    put_refused(out, &ack.refused);
    ACK
}

fn read_ack(from: &mut Reader<'_>) -> Result<Ack, WireError> {
    let (lsn, head, yours, credit, last) = (from.u64()?, from.u64()?, from.u64()?, from.u64()?, from.bool()?);
    let n = from.count("the list of parked changes", VERDICTS_MAX, 48)?;
    let parked = (0..n).map(|_| Ok((read_doc(from)?, ChangeHash(from.array()?)))).collect::<Result<_, WireError>>()?;
    Ok(Ack { lsn, head, yours, credit, last, parked, refused: read_refused(from)? })
}

fn put_refused(out: &mut Vec<u8>, refused: &[Refused]) {
    put_u64(out, refused.len() as u64);
    for one in refused {
        out.extend_from_slice(&one.doc.0);
        out.extend_from_slice(&one.hash.0);
        put_bytes(out, cut(&one.code).as_bytes());
    }
}

fn read_refused(from: &mut Reader<'_>) -> Result<Vec<Refused>, WireError> {
    let n = from.count("the list of refused changes", VERDICTS_MAX, 49)?;
    (0..n).map(|_| Ok(Refused { doc: read_doc(from)?, hash: ChangeHash(from.array()?), code: from.text("a code", TEXT_BYTES_MAX)? })).collect()
}

fn put_page(out: &mut Vec<u8>, space: Space, page: &Page) -> u8 {
    put_space(out, space);
    out.push(u8::from(page.after.is_some()));
    if let Some(after) = page.after {
        out.extend_from_slice(&after.0);
    }
    out.push(u8::from(page.last));
    put_u64(out, page.docs.len() as u64);
    for (doc, fingerprint) in &page.docs {
        out.extend_from_slice(&doc.0);
        out.extend_from_slice(fingerprint);
    }
    FINGERPRINTS
}

fn read_page(from: &mut Reader<'_>) -> Result<Page, WireError> {
    let after = if from.bool()? { Some(read_doc(from)?) } else { None };
    let last = from.bool()?;
    let n = from.count("a page of fingerprints", PAGE_DOCS_MAX, 32)?;
    let docs = (0..n).map(|_| Ok((read_doc(from)?, from.array()?))).collect::<Result<Vec<(DocId, [u8; 16])>, WireError>>()?;
    let ascending = docs.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0));
    let behind = docs.first().is_none_or(|(first, _)| after.is_none_or(|after| after < *first));
    if !ascending || !behind || (docs.is_empty() && !last) {
        return Err(WireError::Value { what: "a page's order" });
    }
    Ok(Page { after, last, docs })
}

/// Actors are named once a frame: a school has a few, its documents hundreds.
fn put_vectors(out: &mut Vec<u8>, vectors: &Vectors) {
    let mut table: BTreeMap<Actor, u64> = vectors.iter().flat_map(|(_, actors)| actors.iter().map(|(actor, _)| (*actor, 0))).collect();
    put_u64(out, table.len() as u64);
    for (index, (actor, slot)) in (0u64..).zip(table.iter_mut()) {
        out.extend_from_slice(&actor.0);
        *slot = index;
    }
    put_u64(out, vectors.len() as u64);
    for (doc, actors) in vectors {
        out.extend_from_slice(&doc.0);
        put_u64(out, actors.len() as u64);
        for (actor, seq) in actors {
            put_u64(out, table.get(actor).copied().unwrap_or(0));
            put_u64(out, *seq);
        }
    }
}

fn read_vectors(from: &mut Reader<'_>) -> Result<Vectors, WireError> {
    let n = from.count("the table of actors", FRAME_BYTES_MAX, Actor::LEN)?;
    let table = (0..n).map(|_| from.array().map(Actor)).collect::<Result<Vec<Actor>, WireError>>()?;
    let n = from.count("the list of documents", VECTOR_DOCS_MAX, DocId::LEN + 1)?;
    let mut vectors = Vec::with_capacity(n);
    for _ in 0..n {
        let doc = read_doc(from)?;
        let n = from.count("a document's actors", DOC_ACTORS_MAX, 2)?;
        let mut actors = Vec::with_capacity(n);
        for _ in 0..n {
            let index = usize::try_from(from.u64()?).unwrap_or(usize::MAX);
            actors.push((*table.get(index).ok_or(WireError::Value { what: "an actor's index" })?, from.u64()?));
        }
        vectors.push((doc, actors));
    }
    Ok(vectors)
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the numbers of tests are small")]
mod tests;
