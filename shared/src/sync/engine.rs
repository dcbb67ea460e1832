//! What a session asks of the replica beneath it. The replica implements [`Engine`]; a simulation implements it in memory.
//!
//! Every call may block on disk and is made off the async threads. Every call is scoped by the peer: an engine never answers with a
//! space outside the peer's scope, whatever the session asks (INV: no byte of the county's `internal` space is framed for a node).

use crate::model::{Actor, ChangeHash, DocId, OriginId, ReplicaId, SchoolCode, Space};

/// 256-bit order-free sum of keyed BLAKE3(doc ‖ change hash) over admitted and refused hashes of a space (DESIGN §4).
pub type Digest = [u8; 32];

/// Documents with, for each actor, the highest sequence number held without a gap.
pub type Vectors = Vec<(DocId, Vec<(Actor, u64)>)>;

/// Documents in id order with their fingerprints; true: nothing follows.
pub type Fingerprints = (Vec<(DocId, [u8; 16])>, bool);

/// Who is at the other end, as the transport has proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Origin of the key in its certificate.
    pub origin: OriginId,
    /// The school it speaks for; `None` is the county's hub.
    pub school: Option<SchoolCode>,
}

/// One space in a HELLO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceState {
    /// Which.
    pub space: Space,
    /// Own log: highest lsn (0: empty).
    pub head: u64,
    /// Own lsn up to which the peer has acknowledged.
    pub acked: u64,
    /// The peer replica this cursor belongs to; all zero if none is known yet.
    pub peer: ReplicaId,
    /// The peer's lsn up to which everything has been received.
    pub cursor: u64,
    /// Admitted and refused changes counted in the digest.
    pub count: u64,
    /// The digest.
    pub digest: Digest,
}

/// A batch as first shipped: its origin's signature over the sorted (document, hash) pairs of its members ([`crate::sync::codec`] gives the bytes signed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Who signed.
    pub origin: OriginId,
    /// Ed25519.
    pub signature: [u8; 64],
    /// Members that are not in this frame under this batch: refused, parked, sent before, too many for one frame, or filed under another batch (a
    /// restored replica signs again what it had not noted as shipped, so a change can be a member of two).
    pub holes: Vec<(DocId, ChangeHash)>,
}

/// One change on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutChange {
    /// Its document.
    pub doc: DocId,
    /// SHA-256 of the chunk.
    pub hash: ChangeHash,
    /// The uncompressed Automerge change chunk, byte for byte.
    pub bytes: Vec<u8>,
    /// Index into [`Parcel::batches`].
    pub batch: u32,
}

/// Changes of one space, in an order in which each can be applied (dependencies first), with the batches that vouch for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// The batches.
    pub batches: Vec<Batch>,
    /// The changes.
    pub changes: Vec<OutChange>,
}

/// What [`Engine::outgoing`] found behind a cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The peer has everything up to this lsn once it has these changes; own changes of the peer are skipped, so the parcel may be empty.
    pub to: u64,
    /// Own head at that moment; more is to come if `to < head`.
    pub head: u64,
    /// The changes.
    pub parcel: Parcel,
}

/// Why one change was not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its document.
    pub doc: DocId,
    /// Its hash.
    pub hash: ChangeHash,
    /// Short code, kebab-case, of [`crate::document`]'s refusals: `bad-signature`, `out-of-scope`, `equivocation`, …
    pub code: String,
}

/// Outcome of a parcel once it is committed with a FULL sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// How many are new here.
    pub admitted: u64,
    /// How many were here already.
    pub known: u64,
    /// Kept aside until what they depend on arrives.
    pub parked: Vec<(DocId, ChangeHash)>,
    /// Kept in quarantine.
    pub refused: Vec<Refused>,
    /// Own head of the space after the commit.
    pub head: u64,
    /// True if all of own log between the head before and `head` came from this very parcel, so that the peer may move its cursor to `head`.
    pub only_theirs: bool,
}

/// A failure of the replica itself (disk full, database gone): the session ends with BYE and is tried again later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the replica cannot serve: {0}")]
pub struct EngineError(pub String);

/// The replica, as a session sees it.
pub trait Engine: Send + Sync {
    /// This incarnation of the log.
    fn replica(&self) -> ReplicaId;

    /// The spaces shared with `peer`, most urgent first: own state and the cursor kept for that peer. Bounded by the number of spaces, not of documents.
    ///
    /// # Errors
    /// The store's.
    fn spaces(&self, peer: &Peer) -> Result<Vec<SpaceState>, EngineError>;

    /// Changes of `space` behind `after`, not from this peer itself unless `echo`, whole batches where they fit, about `bytes` of them (at least one if any). Own
    /// changes that were never shipped are gathered into a batch and signed here.
    ///
    /// # Errors
    /// The store's.
    fn outgoing(&self, peer: &Peer, space: Space, after: u64, bytes: usize, echo: bool) -> Result<Outgoing, EngineError>;

    /// Judges and stores a parcel and, in the same FULL commit, moves the cursor kept for `from` to `to` (0: leave it). Merging and projection follow on their own.
    ///
    /// # Errors
    /// The store's; a refused change is not an error.
    fn admit(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64, parcel: Parcel) -> Result<Receipt, EngineError>;

    /// The peer has committed own log up to `lsn`; what it refused or parked is marked and shown.
    ///
    /// # Errors
    /// The store's.
    fn acknowledged(
        &self,
        peer: &Peer,
        by: ReplicaId,
        space: Space,
        lsn: u64,
        parked: &[(DocId, ChangeHash)],
        refused: &[Refused],
    ) -> Result<(), EngineError>;

    /// Moves the cursor kept for `from` (the peer says that what lies between is the receiver's own).
    ///
    /// # Errors
    /// The store's.
    fn advance(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64) -> Result<(), EngineError>;

    /// Changes refused here that `peer` has not been told of, whoever brought them: every peer that shares the space counts them in its digest. `again`, once at
    /// the beginning of a session: also those that were told in the last sessions, for what told it may be lost.
    ///
    /// # Errors
    /// The store's.
    fn verdicts(&self, peer: &Peer, again: bool) -> Result<Vec<(Space, Refused)>, EngineError>;

    /// Up to `limit` documents after `after` in id order, each with a 16-byte fingerprint of its set of change hashes (the last bool: nothing follows).
    ///
    /// # Errors
    /// The store's.
    fn fingerprints(&self, peer: &Peer, space: Space, after: Option<DocId>, limit: usize) -> Result<Fingerprints, EngineError>;

    /// For each document asked, the highest sequence number held without a gap, an actor. Unknown documents are left out.
    ///
    /// # Errors
    /// The store's.
    fn actors(&self, peer: &Peer, space: Space, docs: &[DocId]) -> Result<Vectors, EngineError>;

    /// All changes of `docs` that a holder of these vectors lacks (a document that is not listed there lacks all), in pieces of about `bytes`; `skip` changes were had before.
    ///
    /// # Errors
    /// The store's.
    fn lacking(
        &self,
        peer: &Peer,
        space: Space,
        theirs: &[(DocId, Vec<(Actor, u64)>)],
        skip: usize,
        bytes: usize,
    ) -> Result<(Parcel, bool), EngineError>;

    /// The certificates (see [`crate::identity`]) of origins, for those that this replica knows.
    ///
    /// # Errors
    /// The store's.
    fn certificates(&self, origins: &[OriginId]) -> Result<Vec<Vec<u8>>, EngineError>;

    /// Learns origins; a certificate that the county did not sign is an error in its own bytes and ends the session.
    ///
    /// # Errors
    /// The store's.
    fn learn(&self, certificates: &[Vec<u8>]) -> Result<bool, EngineError>;

    /// False as soon as the peer is revoked; asked before every frame from it is acted on.
    fn welcome(&self, peer: &Peer) -> bool;

    /// Where blobs are kept; `None`: this replica carries none, and asks for none.
    fn shelf(&self) -> Option<&dyn super::courier::Shelf> {
        None
    }
}
