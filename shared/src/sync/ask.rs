//! Everything a session asks of the replica, as values: the session stays pure, the driver runs [`execute`] on a blocking thread and hands the
//! answer back. Packing and unpacking of changes happens here too, off the async threads.
//!
//! Order: requests of one session and one [`Lane`] are executed one after another in the order asked; the two lanes may run side by side.

use super::codec::{self, CodecError};
use super::engine::{Engine, EngineError, Parcel, Peer, Receipt, Refused, SpaceState};
use super::message::{DOC_ACTORS_MAX, PAGE_DOCS_MAX, Page, VECTOR_BYTES_SOFT, VECTOR_DOCS_MAX, Vectors};
use crate::model::{ChangeHash, DocId, OriginId, ReplicaId, Space};
use std::collections::{BTreeMap, BTreeSet};

/// A numbered request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Comes back in the [`Answer`].
    pub id: u64,
    /// What.
    pub request: Request,
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the ask.
    pub id: u64,
    /// What [`execute`] returned.
    pub result: Result<Reply, EngineError>,
}

/// What keeps its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Writes what came from the peer.
    Inward,
    /// Reads what goes to the peer.
    Outward,
}

/// One call, or a few that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// [`Engine::replica`] and [`Engine::spaces`].
    Spaces,
    /// [`Engine::outgoing`], packed, with the certificates of origins not in `introduced`.
    Outgoing {
        /// Space.
        space: Space,
        /// Behind this own lsn.
        after: u64,
        /// About so many raw bytes.
        bytes: usize,
        /// Also what came from the peer.
        echo: bool,
        /// Origins whose certificates the peer has.
        introduced: BTreeSet<OriginId>,
    },
    /// [`Engine::lacking`], packed likewise.
    Lacking {
        /// Space.
        space: Space,
        /// The peer's vectors.
        theirs: Vectors,
        /// Changes had before.
        skip: usize,
        /// About so many raw bytes.
        bytes: usize,
        /// Origins whose certificates the peer has.
        introduced: BTreeSet<OriginId>,
    },
    /// Unpacks and [`Engine::admit`]s.
    Admit {
        /// The peer's log.
        from: ReplicaId,
        /// Space.
        space: Space,
        /// Cursor after it; 0: leave it.
        to: u64,
        /// As in the PUSH.
        payload: Vec<u8>,
    },
    /// [`Engine::learn`].
    Learn {
        /// Certificates.
        certificates: Vec<Vec<u8>>,
    },
    /// [`Engine::acknowledged`].
    Acknowledged {
        /// The peer's log.
        by: ReplicaId,
        /// Space.
        space: Space,
        /// Own lsn.
        lsn: u64,
        /// Parked there.
        parked: Vec<(DocId, ChangeHash)>,
        /// Refused there.
        refused: Vec<Refused>,
    },
    /// [`Engine::advance`].
    Advance {
        /// The peer's log.
        from: ReplicaId,
        /// Space.
        space: Space,
        /// The peer's lsn.
        to: u64,
    },
    /// [`Engine::verdicts`].
    Verdicts {
        /// Also what was told in the last sessions.
        again: bool,
    },
    /// A page of own fingerprints, to lead a reconciliation.
    Fingerprints {
        /// Space.
        space: Space,
        /// Exclusive start.
        after: Option<DocId>,
    },
    /// Which documents differ from the peer's page, with own vectors: one frame's worth, starting behind `from`.
    Compare {
        /// Space.
        space: Space,
        /// The peer's.
        page: Page,
        /// Where the last answer stopped; at first the page's own start.
        from: Option<DocId>,
    },
    /// Own vectors of documents.
    Actors {
        /// Space.
        space: Space,
        /// Which.
        docs: Vec<DocId>,
    },
}

impl Request {
    /// Which order it keeps.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Admit { .. } | Self::Learn { .. } | Self::Acknowledged { .. } | Self::Advance { .. } => Lane::Inward,
            _ => Lane::Outward,
        }
    }
}

/// Changes packed for the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Payloads of one PUSH each, in order.
    pub payloads: Vec<Vec<u8>>,
    /// How many changes.
    pub changes: u64,
    /// How many bytes they are unpacked.
    pub raw_bytes: u64,
    /// Certificates to send first, and whose they are.
    pub certificates: Vec<Vec<u8>>,
    /// Origins the peer knows after that.
    pub introduced: BTreeSet<OriginId>,
}

/// What came of a [`Request`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To `Spaces`.
    Spaces(ReplicaId, Vec<SpaceState>),
    /// To `Outgoing`.
    Outgoing {
        /// As [`super::engine::Outgoing::to`].
        to: u64,
        /// As [`super::engine::Outgoing::head`].
        head: u64,
        /// The changes.
        packed: Packed,
    },
    /// To `Lacking`; true: that was all.
    Lacking(Packed, bool),
    /// To `Admit`.
    Admitted(Receipt),
    /// To `Admit` when the payload cannot be unpacked: the peer is at fault.
    Unpackable(CodecError),
    /// To `Learn`.
    Learned(bool),
    /// To `Acknowledged` and `Advance`.
    Done,
    /// To `Verdicts`.
    Verdicts(Vec<(Space, Refused)>),
    /// To `Fingerprints`.
    Fingerprints(Page),
    /// To `Compare`: own vectors of documents that differ, and where to go on (`None`: the page is answered).
    Compared(Vectors, Option<DocId>),
    /// To `Actors`.
    Actors(Vectors),
}

/// Runs a request. Blocks on disk; `genesis` is the hash of the constant first change of every document.
///
/// # Errors
/// The store's.
pub fn execute(engine: &dyn Engine, peer: &Peer, genesis: ChangeHash, request: Request) -> Result<Reply, EngineError> {
    match request {
        Request::Spaces => Ok(Reply::Spaces(engine.replica(), engine.spaces(peer)?)),
        Request::Outgoing { space, after, bytes, echo, introduced } => {
            let found = engine.outgoing(peer, space, after, bytes, echo)?;
            let packed = pack(engine, genesis, &found.parcel, introduced)?;
            Ok(Reply::Outgoing { to: found.to, head: found.head, packed })
        }
        Request::Lacking { space, theirs, skip, bytes, introduced } => {
            let (parcel, last) = engine.lacking(peer, space, &theirs, skip, bytes)?;
            Ok(Reply::Lacking(pack(engine, genesis, &parcel, introduced)?, last))
        }
        Request::Admit { from, space, to, payload } => match codec::unpack(genesis, &payload) {
            Ok(parcel) => engine.admit(peer, from, space, to, parcel).map(Reply::Admitted),
            Err(error) => Ok(Reply::Unpackable(error)),
        },
        Request::Learn { certificates } => engine.learn(&certificates).map(Reply::Learned),
        Request::Acknowledged { by, space, lsn, parked, refused } => {
            engine.acknowledged(peer, by, space, lsn, &parked, &refused).map(|()| Reply::Done)
        }
        Request::Advance { from, space, to } => engine.advance(peer, from, space, to).map(|()| Reply::Done),
        Request::Verdicts { again } => engine.verdicts(peer, again).map(Reply::Verdicts),
        Request::Fingerprints { space, after } => {
            let (mut docs, last) = engine.fingerprints(peer, space, after, PAGE_DOCS_MAX)?;
            let whole = docs.len() <= PAGE_DOCS_MAX;
            docs.truncate(PAGE_DOCS_MAX);
            // An empty page ends the list: the protocol has no empty page in its middle.
            let last = (last && whole) || docs.is_empty();
            Ok(Reply::Fingerprints(Page { after, last, docs }))
        }
        Request::Compare { space, page, from } => compare(engine, peer, space, &page, from),
        Request::Actors { space, docs } => Ok(Reply::Actors(vectors(engine, peer, space, &docs)?)),
    }
}

fn pack(engine: &dyn Engine, genesis: ChangeHash, parcel: &Parcel, mut introduced: BTreeSet<OriginId>) -> Result<Packed, EngineError> {
    let strangers: BTreeSet<OriginId> = parcel.batches.iter().map(|batch| batch.origin).filter(|origin| !introduced.contains(origin)).collect();
    let certificates = if strangers.is_empty() { Vec::new() } else { engine.certificates(&strangers.iter().copied().collect::<Vec<_>>())? };
    introduced.extend(strangers);
    let payloads = codec::pack(genesis, parcel).map_err(|error| EngineError(error.to_string()))?;
    let raw_bytes = parcel.changes.iter().map(|change| change.bytes.len() as u64).sum();
    Ok(Packed { payloads, changes: parcel.changes.len() as u64, raw_bytes, certificates, introduced })
}

/// Where a page of the peer's and own documents differ, from `from` on: one frame's worth.
fn compare(engine: &dyn Engine, peer: &Peer, space: Space, page: &Page, from: Option<DocId>) -> Result<Reply, EngineError> {
    let (own, all) = engine.fingerprints(peer, space, from, PAGE_DOCS_MAX)?;
    let page_end = if page.last { None } else { page.docs.last().map(|(doc, _)| *doc) };
    // Own documents are known up to here only; `None`: to the end of the page.
    let bound = if all { None } else { own.last().map(|(doc, _)| *doc) }.filter(|bound| page_end.is_none_or(|end| *bound < end));
    let stop = bound.or(page_end);
    let within = |doc: &DocId| from.is_none_or(|from| from < *doc) && stop.is_none_or(|stop| *doc <= stop);
    let theirs: BTreeMap<DocId, [u8; 16]> = page.docs.iter().filter(|(doc, _)| within(doc)).copied().collect();
    let mine: BTreeMap<DocId, [u8; 16]> = own.into_iter().filter(|(doc, _)| within(doc)).collect();
    let differ: BTreeSet<DocId> = theirs.keys().chain(mine.keys()).filter(|doc| theirs.get(doc) != mine.get(doc)).copied().collect();
    let differ: Vec<DocId> = differ.into_iter().collect();
    let told = vectors(engine, peer, space, &differ)?;
    let next = if told.len() < differ.len() { told.last().map(|(doc, _)| *doc) } else { bound };
    Ok(Reply::Compared(told, next))
}

/// Own vectors of the first of `docs`, as many as fit a frame (at least one if any); a document that is not here has an empty one.
fn vectors(engine: &dyn Engine, peer: &Peer, space: Space, docs: &[DocId]) -> Result<Vectors, EngineError> {
    const STEP: usize = 256;
    let mut told: Vectors = Vec::new();
    let mut bytes = 0;
    for step in docs.chunks(STEP) {
        let mut known: BTreeMap<DocId, _> = engine.actors(peer, space, step)?.into_iter().collect();
        for doc in step {
            let mut actors = known.remove(doc).unwrap_or_default();
            actors.truncate(DOC_ACTORS_MAX);
            // At worst every actor is new to the frame's table: 16 bytes, and two numbers.
            let cost = 16 + 3 + actors.len() * (16 + 3 + 5);
            if !told.is_empty() && (bytes + cost > VECTOR_BYTES_SOFT || told.len() >= VECTOR_DOCS_MAX) {
                return Ok(told);
            }
            bytes += cost;
            told.push((*doc, actors));
        }
    }
    Ok(told)
}
