//! A replica in memory: an opaque log with dependencies, batches whose signature is a hash of what would be signed, and a judge that refuses
//! whatever says so. Enough to hold the session to its promises, nothing of Automerge.

use crate::model::{Actor, ChangeHash, DocId, OriginId, ReplicaId, Space};
use crate::sync::codec::{BATCH_MEMBERS_MAX, batch_message};
use crate::sync::digest;
use crate::sync::engine::{Batch, Digest, Engine, EngineError, OutChange, Outgoing, Parcel, Peer, Receipt, Refused, SpaceState};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// A payload that begins with this is refused by every toy.
pub(super) const REFUSED: u8 = 0xEE;

#[derive(Clone, Debug)]
struct Entry {
    doc: DocId,
    hash: ChangeHash,
    bytes: Vec<u8>,
    actor: Actor,
    seq: u64,
    source: Option<OriginId>,
    batch: Option<usize>,
}

#[derive(Clone, Debug)]
struct KeptBatch {
    origin: OriginId,
    signature: [u8; 64],
    members: Vec<(DocId, ChangeHash)>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    epoch: ReplicaId,
    acked: u64,
    cursor: u64,
}

#[derive(Clone, Debug, Default)]
struct Log {
    entries: Vec<Entry>,
    held: BTreeSet<(DocId, ChangeHash)>,
    refused: BTreeSet<(DocId, ChangeHash)>,
    parked: Vec<(Entry, ChangeHash)>,
    batches: Vec<KeptBatch>,
    peers: BTreeMap<OriginId, Row>,
    digest: Digest,
    count: u64,
}

#[derive(Clone, Debug)]
pub(super) struct State {
    replica: ReplicaId,
    actor: Actor,
    seqs: BTreeMap<DocId, u64>,
    logs: BTreeMap<Space, Log>,
    learned: BTreeSet<OriginId>,
    verdicts: Vec<(Space, Refused)>,
    /// What [`Engine::admit`] was given, known or new.
    pub(super) offered: u64,
    pub(super) stored: u64,
    starts: u64,
}

#[derive(Debug)]
pub(super) struct Toy {
    pub(super) origin: OriginId,
    state: Mutex<State>,
}

fn fail(text: &str) -> EngineError {
    EngineError(text.to_owned())
}

fn sign(origin: OriginId, space: Space, members: &[(DocId, ChangeHash)]) -> [u8; 64] {
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    let mut signature = [0; 64];
    blake3::Hasher::new().update(&origin.0).update(&batch_message(space, &sorted)).finalize_xof().fill(&mut signature);
    signature
}

impl Toy {
    pub(super) fn new(number: u8) -> Self {
        let origin = OriginId([number; 8]);
        let state = State {
            replica: ReplicaId([number; 16]),
            actor: Actor::new(origin, [0; 8]),
            seqs: BTreeMap::new(),
            logs: BTreeMap::new(),
            learned: BTreeSet::from([origin]),
            verdicts: Vec::new(),
            offered: 0,
            stored: 0,
            starts: 0,
        };
        Self { origin, state: Mutex::new(state) }
    }

    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A local edit on top of all heads of the document, committed; returns the space's head.
    pub(super) fn write(&self, space: Space, doc: DocId, payload: &[u8]) -> u64 {
        let mut state = self.lock();
        let actor = state.actor;
        let seq = state.seqs.entry(doc).or_default();
        *seq += 1;
        let seq = *seq;
        let log = state.logs.entry(space).or_default();
        let of_doc = || log.entries.iter().rev().filter(|entry| entry.doc == doc);
        // Two recent ones, and always one's own last: sequence numbers have no gap anywhere.
        let own = of_doc().find(|entry| entry.actor == actor).map(|entry| entry.hash);
        let deps: BTreeSet<ChangeHash> = of_doc().take(2).map(|entry| entry.hash).chain(own).collect();
        let mut bytes = vec![0; 8];
        bytes.extend_from_slice(&actor.0);
        bytes.extend_from_slice(&seq.to_le_bytes());
        bytes.push(deps.len() as u8);
        for dep in &deps {
            bytes.extend_from_slice(&dep.0);
        }
        bytes.extend_from_slice(payload);
        let hash = ChangeHash(Sha256::digest(&bytes[8..]).into());
        log.append(space, Entry { doc, hash, bytes, actor, seq, source: None, batch: None });
        log.entries.len() as u64
    }

    pub(super) fn head(&self, space: Space) -> u64 {
        self.lock().logs.get(&space).map_or(0, |log| log.entries.len() as u64)
    }

    /// Everything held and refused, and the digest.
    pub(super) fn set(&self, space: Space) -> (BTreeSet<(DocId, ChangeHash)>, Digest) {
        let state = self.lock();
        state.logs.get(&space).map_or_else(Default::default, |log| (log.held.union(&log.refused).copied().collect(), log.digest))
    }

    pub(super) fn refused(&self, space: Space) -> usize {
        self.lock().logs.get(&space).map_or(0, |log| log.refused.len())
    }

    pub(super) fn snapshot(&self) -> State {
        self.lock().clone()
    }

    /// Back to an earlier state; `detected`: with a new epoch and a new actor, as the replica does when it notices.
    pub(super) fn restore(&self, snapshot: &State, detected: bool) {
        let mut state = self.lock();
        let starts = state.starts + 1;
        *state = snapshot.clone();
        state.starts = starts;
        // A new actor always: drawn at every process start (DESIGN §2).
        state.actor = Actor::new(self.origin, starts.to_le_bytes());
        state.seqs.clear();
        if detected {
            state.replica = ReplicaId(blake3::hash(&[&state.replica.0[..], &starts.to_le_bytes()].concat()).as_bytes()[..16].try_into().unwrap());
        }
    }

    pub(super) fn late_verdict(&self, space: Space, doc: DocId, hash: ChangeHash) {
        self.lock().verdicts.push((space, Refused { doc, hash, code: "late".to_owned() }));
    }

    pub(super) fn any_change(&self, space: Space) -> Option<(DocId, ChangeHash)> {
        self.lock().logs.get(&space)?.entries.first().map(|entry| (entry.doc, entry.hash))
    }
}

impl Log {
    fn append(&mut self, space: Space, entry: Entry) {
        self.held.insert((entry.doc, entry.hash));
        digest::add(&mut self.digest, space, entry.doc, entry.hash);
        self.count += 1;
        self.entries.push(entry);
    }

    fn refuse(&mut self, space: Space, doc: DocId, hash: ChangeHash) {
        if !self.held.contains(&(doc, hash)) && self.refused.insert((doc, hash)) {
            digest::add(&mut self.digest, space, doc, hash);
            self.count += 1;
        }
    }

    fn row(&mut self, peer: &Peer, epoch: ReplicaId) -> &mut Row {
        let row = self.peers.entry(peer.origin).or_insert(Row { epoch, acked: 0, cursor: 0 });
        if row.epoch != epoch {
            *row = Row { epoch, acked: 0, cursor: 0 };
        }
        row
    }

    fn parcel(&self, chosen: &[&Entry]) -> Parcel {
        let used: BTreeSet<usize> = chosen.iter().filter_map(|entry| entry.batch).collect();
        // A change may be a member of two batches (signed again after a restore): it is a hole of the one it is not filed under.
        let here: BTreeSet<(usize, DocId, ChangeHash)> =
            chosen.iter().filter_map(|entry| entry.batch.map(|number| (number, entry.doc, entry.hash))).collect();
        let batch = |number: &usize| {
            let kept = &self.batches[*number];
            let absent = |(doc, hash): &&(DocId, ChangeHash)| !here.contains(&(*number, *doc, *hash));
            Batch { origin: kept.origin, signature: kept.signature, holes: kept.members.iter().filter(absent).copied().collect() }
        };
        let batches = used.iter().map(batch).collect();
        let place = |number: usize| used.iter().position(|used| *used == number).unwrap() as u32;
        let change = |entry: &&Entry| OutChange { doc: entry.doc, hash: entry.hash, bytes: entry.bytes.clone(), batch: place(entry.batch.unwrap()) };
        Parcel { batches, changes: chosen.iter().map(change).collect() }
    }

    /// Signs what was never shipped, in order.
    fn sign_all(&mut self, origin: OriginId, space: Space) {
        let unsigned: Vec<usize> = (0..self.entries.len()).filter(|at| self.entries[*at].batch.is_none()).collect();
        for group in unsigned.chunks(BATCH_MEMBERS_MAX) {
            let members: Vec<(DocId, ChangeHash)> = group.iter().map(|at| (self.entries[*at].doc, self.entries[*at].hash)).collect();
            self.batches.push(KeptBatch { origin, signature: sign(origin, space, &members), members });
            let number = self.batches.len() - 1;
            for at in group {
                self.entries[*at].batch = Some(number);
            }
        }
    }

    fn unpark(&mut self, space: Space) -> bool {
        let ready = self.parked.iter().position(|(_, missing)| self.entries.iter().any(|entry| entry.hash == *missing));
        let Some(at) = ready else { return false };
        let (entry, _) = self.parked.remove(at);
        match missing_dep(&entry.bytes, self, entry.doc) {
            _ if self.held.contains(&(entry.doc, entry.hash)) => {}
            Some(missing) => self.parked.push((entry, missing)),
            None => self.append(space, entry),
        }
        true
    }
}

fn missing_dep(bytes: &[u8], log: &Log, doc: DocId) -> Option<ChangeHash> {
    let n = bytes[32] as usize;
    (0..n).map(|i| ChangeHash(bytes[33 + 32 * i..65 + 32 * i].try_into().unwrap())).find(|dep| !log.held.contains(&(doc, *dep)))
}

fn take<'e>(entries: impl Iterator<Item = &'e Entry>, bytes: usize) -> Vec<&'e Entry> {
    let mut taken = Vec::new();
    let mut size = 0;
    for entry in entries {
        if size > 0 && size + entry.bytes.len() > bytes {
            break;
        }
        size += entry.bytes.len();
        taken.push(entry);
    }
    taken
}

impl Engine for Toy {
    fn replica(&self) -> ReplicaId {
        self.lock().replica
    }

    fn spaces(&self, peer: &Peer) -> Result<Vec<SpaceState>, EngineError> {
        let state = self.lock();
        let shared = state.logs.iter().filter(|(space, _)| peer.school.is_none() || space.school.is_none() || space.school == peer.school);
        Ok(shared
            .map(|(space, log)| {
                let row = log.peers.get(&peer.origin).copied().unwrap_or(Row { epoch: ReplicaId([0; 16]), acked: 0, cursor: 0 });
                let head = log.entries.len() as u64;
                SpaceState { space: *space, head, acked: row.acked, peer: row.epoch, cursor: row.cursor, count: log.count, digest: log.digest }
            })
            .collect())
    }

    fn outgoing(&self, peer: &Peer, space: Space, after: u64, bytes: usize, echo: bool) -> Result<Outgoing, EngineError> {
        let origin = self.origin;
        let mut state = self.lock();
        let log = state.logs.get_mut(&space).ok_or_else(|| fail("no such space"))?;
        log.sign_all(origin, space);
        let head = log.entries.len() as u64;
        let (mut to, mut size, mut chosen) = (after, 0, Vec::new());
        for entry in log.entries.iter().skip(after as usize) {
            if echo || entry.source != Some(peer.origin) {
                if size > 0 && size + entry.bytes.len() > bytes {
                    break;
                }
                size += entry.bytes.len();
                chosen.push(entry);
            }
            to += 1;
        }
        Ok(Outgoing { to, head, parcel: log.parcel(&chosen) })
    }

    fn admit(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64, parcel: Parcel) -> Result<Receipt, EngineError> {
        let mut state = self.lock();
        let unknown = parcel.batches.iter().any(|batch| !state.learned.contains(&batch.origin) && batch.origin != peer.origin);
        state.offered += parcel.changes.len() as u64;
        let log = state.logs.entry(space).or_default();
        let before = log.entries.len() as u64;
        let mut receipt = Receipt::default();
        let numbers: Vec<Option<usize>> = parcel.batches.iter().enumerate().map(|(at, batch)| log.keep(space, at as u32, batch, &parcel)).collect();
        for change in parcel.changes {
            let (doc, hash) = (change.doc, change.hash);
            let number = numbers[change.batch as usize];
            if log.held.contains(&(doc, hash)) || log.refused.contains(&(doc, hash)) {
                receipt.known += 1;
                continue;
            }
            let deps = 33 + 32 * change.bytes[32] as usize;
            let code = if number.is_none() || unknown { "bad-signature" } else { "no" };
            if code == "bad-signature" || change.bytes.get(deps) == Some(&REFUSED) {
                log.refuse(space, doc, hash);
                receipt.refused.push(Refused { doc, hash, code: code.to_owned() });
                continue;
            }
            let actor = Actor(change.bytes[8..24].try_into().unwrap());
            let seq = u64::from_le_bytes(change.bytes[24..32].try_into().unwrap());
            let missing = missing_dep(&change.bytes, log, doc);
            let entry = Entry { doc, hash, bytes: change.bytes, actor, seq, source: Some(peer.origin), batch: number };
            match missing {
                None => log.append(space, entry),
                Some(missing) => {
                    receipt.parked.push((doc, hash));
                    if !log.parked.iter().any(|(parked, _)| parked.hash == hash) {
                        log.parked.push((entry, missing));
                    }
                    continue;
                }
            }
            receipt.admitted += 1;
        }
        let mut unparked = false;
        while log.unpark(space) {
            unparked = true;
        }
        receipt.head = log.entries.len() as u64;
        receipt.only_theirs = !unparked && receipt.head == before + receipt.admitted;
        let row = log.row(peer, from);
        if to > 0 {
            row.cursor = to;
        }
        state.stored += receipt.admitted;
        Ok(receipt)
    }

    fn acknowledged(
        &self,
        peer: &Peer,
        by: ReplicaId,
        space: Space,
        lsn: u64,
        _parked: &[(DocId, ChangeHash)],
        refused: &[Refused],
    ) -> Result<(), EngineError> {
        let mut state = self.lock();
        let log = state.logs.entry(space).or_default();
        log.row(peer, by).acked = lsn;
        for one in refused {
            log.refuse(space, one.doc, one.hash);
        }
        Ok(())
    }

    fn advance(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64) -> Result<(), EngineError> {
        self.lock().logs.entry(space).or_default().row(peer, from).cursor = to;
        Ok(())
    }

    fn verdicts(&self, _peer: &Peer, _again: bool) -> Result<Vec<(Space, Refused)>, EngineError> {
        Ok(std::mem::take(&mut self.lock().verdicts))
    }

    fn fingerprints(&self, _peer: &Peer, space: Space, after: Option<DocId>, limit: usize) -> Result<(Vec<(DocId, [u8; 16])>, bool), EngineError> {
        let state = self.lock();
        let Some(log) = state.logs.get(&space) else { return Ok((Vec::new(), true)) };
        let mut sums: BTreeMap<DocId, [u8; 16]> = BTreeMap::new();
        for (doc, hash) in log.held.union(&log.refused).filter(|(doc, _)| after.is_none_or(|after| *doc > after)) {
            digest::add_fingerprint(sums.entry(*doc).or_default(), space, *doc, *hash);
        }
        let all = sums.len() <= limit;
        Ok((sums.into_iter().take(limit).collect(), all))
    }

    fn actors(&self, _peer: &Peer, space: Space, docs: &[DocId]) -> Result<Vec<(DocId, Vec<(Actor, u64)>)>, EngineError> {
        let state = self.lock();
        let Some(log) = state.logs.get(&space) else { return Ok(Vec::new()) };
        let mut highest: BTreeMap<DocId, BTreeMap<Actor, u64>> = BTreeMap::new();
        for entry in log.entries.iter().filter(|entry| docs.contains(&entry.doc)) {
            let seq = highest.entry(entry.doc).or_default().entry(entry.actor).or_default();
            *seq = entry.seq.max(*seq);
        }
        Ok(highest.into_iter().map(|(doc, actors)| (doc, actors.into_iter().collect())).collect())
    }

    fn lacking(
        &self,
        _peer: &Peer,
        space: Space,
        theirs: &[(DocId, Vec<(Actor, u64)>)],
        skip: usize,
        bytes: usize,
    ) -> Result<(Parcel, bool), EngineError> {
        let origin = self.origin;
        let mut state = self.lock();
        let log = state.logs.entry(space).or_default();
        log.sign_all(origin, space);
        let theirs: BTreeMap<DocId, BTreeMap<Actor, u64>> = theirs.iter().map(|(doc, actors)| (*doc, actors.iter().copied().collect())).collect();
        let lacks = |entry: &&Entry| theirs.get(&entry.doc).is_some_and(|has| has.get(&entry.actor).is_none_or(|seq| *seq < entry.seq));
        let lacking: Vec<&Entry> = log.entries.iter().filter(lacks).skip(skip).collect();
        let chosen = take(lacking.iter().copied(), bytes);
        Ok((log.parcel(&chosen), chosen.len() == lacking.len()))
    }

    fn certificates(&self, origins: &[OriginId]) -> Result<Vec<Vec<u8>>, EngineError> {
        let state = self.lock();
        Ok(origins.iter().filter(|origin| state.learned.contains(origin)).map(|origin| origin.0.to_vec()).collect())
    }

    fn learn(&self, certificates: &[Vec<u8>]) -> Result<bool, EngineError> {
        let mut state = self.lock();
        let learned: Option<Vec<OriginId>> = certificates.iter().map(|bytes| OriginId::from_slice(bytes)).collect();
        let Some(learned) = learned else { return Ok(false) };
        state.learned.extend(learned);
        Ok(true)
    }

    fn welcome(&self, _peer: &Peer) -> bool {
        true
    }
}

impl Log {
    /// Verifies a batch over its members here and its holes; `None` if the signature does not fit.
    fn keep(&mut self, space: Space, at: u32, batch: &Batch, parcel: &Parcel) -> Option<usize> {
        let mut members = batch.holes.clone();
        members.extend(parcel.changes.iter().filter(|change| change.batch == at).map(|change| (change.doc, change.hash)));
        if sign(batch.origin, space, &members) != batch.signature {
            return None;
        }
        let known = self.batches.iter().position(|kept| kept.signature == batch.signature);
        Some(known.unwrap_or_else(|| {
            self.batches.push(KeptBatch { origin: batch.origin, signature: batch.signature, members });
            self.batches.len() - 1
        }))
    }
}
