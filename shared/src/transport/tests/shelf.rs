//! A replica that is a shelf: one space, opaque changes in the order they came, nothing judged. Enough to carry bytes over a real link.

use super::county::school;
use crate::{
    model::{Actor, ChangeHash, DocId, OriginId, ReplicaId, SchoolYear, Space},
    sync::{
        digest,
        engine::{Batch, Digest, Engine, EngineError, OutChange, Outgoing, Parcel, Peer, Receipt, Refused, SpaceState},
    },
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

type Answer<T> = Result<T, EngineError>;
/// Members of one batch; the codec's limit is 1,024.
const BATCH: usize = 500;

pub(super) struct Shelf {
    id: ReplicaId,
    pub(super) unwelcome: Mutex<BTreeSet<OriginId>>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    entries: Vec<(OutChange, Option<OriginId>)>,
    held: BTreeSet<ChangeHash>,
    digest: Digest,
    rows: BTreeMap<OriginId, (ReplicaId, u64, u64)>,
}

pub(super) fn space() -> Space {
    Space::school(school(), SchoolYear::new(2025).unwrap())
}

impl Shelf {
    pub(super) fn new(id: u8) -> Arc<Self> {
        Arc::new(Self { id: ReplicaId([id; 16]), unwelcome: Mutex::default(), log: Mutex::default() })
    }

    /// Puts a change of `bytes` bytes on it; returns the head.
    pub(super) fn put(&self, number: u64, bytes: usize) -> u64 {
        let mut content = vec![0u8; bytes.max(16)];
        blake3::Hasher::new().update(&number.to_le_bytes()).update(&self.id.0).finalize_xof().fill(&mut content);
        let hash = ChangeHash(Sha256::digest(&content[8..]).into());
        let mut log = self.log.lock().unwrap();
        log.add(OutChange { doc: DocId([7; 16]), hash, bytes: content, batch: 0 }, None);
        log.entries.len() as u64
    }

    pub(super) fn head(&self) -> usize {
        self.log.lock().unwrap().entries.len()
    }

    pub(super) fn digest(&self) -> Digest {
        self.log.lock().unwrap().digest
    }
}

impl Log {
    fn add(&mut self, change: OutChange, source: Option<OriginId>) -> bool {
        let new = self.held.insert(change.hash);
        if new {
            digest::add(&mut self.digest, space(), change.doc, change.hash);
            self.entries.push((change, source));
        }
        new
    }

    fn row(&mut self, peer: &Peer, id: ReplicaId) -> &mut (ReplicaId, u64, u64) {
        let row = self.rows.entry(peer.origin).or_insert((id, 0, 0));
        if row.0 != id {
            *row = (id, 0, 0);
        }
        row
    }
}

impl Engine for Shelf {
    fn replica(&self) -> ReplicaId {
        self.id
    }

    fn spaces(&self, peer: &Peer) -> Answer<Vec<SpaceState>> {
        let log = self.log.lock().unwrap();
        let (theirs, acked, cursor) = log.rows.get(&peer.origin).copied().unwrap_or((ReplicaId([0; 16]), 0, 0));
        let head = log.entries.len() as u64;
        Ok(vec![SpaceState { space: space(), head, acked, peer: theirs, cursor, count: head, digest: log.digest }])
    }

    fn outgoing(&self, peer: &Peer, _: Space, after: u64, bytes: usize, echo: bool) -> Answer<Outgoing> {
        let log = self.log.lock().unwrap();
        let (mut parcel, mut to, mut size) = (Parcel::default(), after, 0);
        for (change, source) in log.entries.iter().skip(usize::try_from(after).unwrap()) {
            if size > bytes {
                break;
            }
            to += 1;
            if echo || *source != Some(peer.origin) {
                size += change.bytes.len();
                parcel.changes.push(OutChange { batch: u32::try_from(parcel.changes.len() / BATCH).unwrap(), ..change.clone() });
            }
        }
        let batch = Batch { origin: peer.origin, signature: [1; 64], holes: Vec::new() };
        parcel.batches = vec![batch; parcel.changes.len().div_ceil(BATCH)];
        Ok(Outgoing { to, head: log.entries.len() as u64, parcel })
    }

    fn admit(&self, peer: &Peer, from: ReplicaId, _: Space, to: u64, parcel: Parcel) -> Answer<Receipt> {
        let mut log = self.log.lock().unwrap();
        let mut receipt = Receipt { only_theirs: true, ..Receipt::default() };
        for change in parcel.changes {
            if log.add(change, Some(peer.origin)) {
                receipt.admitted += 1;
            } else {
                receipt.known += 1;
            }
        }
        receipt.head = log.entries.len() as u64;
        if to > 0 {
            log.row(peer, from).2 = to;
        }
        Ok(receipt)
    }

    fn acknowledged(&self, peer: &Peer, by: ReplicaId, _: Space, lsn: u64, _: &[(DocId, ChangeHash)], _: &[Refused]) -> Answer<()> {
        self.log.lock().unwrap().row(peer, by).1 = lsn;
        Ok(())
    }

    fn advance(&self, peer: &Peer, from: ReplicaId, _: Space, to: u64) -> Answer<()> {
        self.log.lock().unwrap().row(peer, from).2 = to;
        Ok(())
    }

    fn verdicts(&self, _: &Peer, _: bool) -> Answer<Vec<(Space, Refused)>> {
        Ok(Vec::new())
    }

    fn fingerprints(&self, _: &Peer, _: Space, _: Option<DocId>, _: usize) -> Answer<(Vec<(DocId, [u8; 16])>, bool)> {
        Ok((Vec::new(), true))
    }

    fn actors(&self, _: &Peer, _: Space, _: &[DocId]) -> Answer<Vec<(DocId, Vec<(Actor, u64)>)>> {
        Ok(Vec::new())
    }

    fn lacking(&self, _: &Peer, _: Space, _: &[(DocId, Vec<(Actor, u64)>)], _: usize, _: usize) -> Answer<(Parcel, bool)> {
        Ok((Parcel::default(), true))
    }

    fn certificates(&self, _: &[OriginId]) -> Answer<Vec<Vec<u8>>> {
        Ok(Vec::new())
    }

    fn learn(&self, _: &[Vec<u8>]) -> Answer<bool> {
        Ok(true)
    }

    fn welcome(&self, peer: &Peer) -> bool {
        !self.unwelcome.lock().unwrap().contains(&peer.origin)
    }
}
