//! T2: documents that gained changes are merged, guarded, and projected. Runs behind the acknowledgement, on its own threads, and picks up after a crash
//! from `doc.head_lsn > doc.merged_lsn`.
//!
//! Reading and merging happen on reader connections; only the rows go through the writer, and only if nobody projected something newer meanwhile.

use super::{Replica, Result, closing, project, relay, rules};
use crate::{
    document::{Doc, Refusal, merge as guarded, read, write::Written},
    model::{ChangeHash, DocId, Space},
    store::{
        log::{self, DocN},
        typed,
    },
};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

/// Documents merged in one go: bounds memory (about 20 KiB a document) and how long the writer is held. Large rounds write each page of the
/// projection's indexes once instead of many times.
const DOCS_PER_ROUND: usize = 256;
/// The same while parcels arrive: an acknowledgement waits behind at most one such round.
const DOCS_PER_ROUND_BUSY: usize = 48;
/// While parcels arrive a round waits for a gap between them, but no longer than this: acknowledging comes first, queries are never starved.
const YIELD_MAX: Duration = Duration::from_millis(250);
/// A document whose log behind its snapshot is longer than this gets a new snapshot: replaying 48 changes costs about as much as loading.
const CHANGES_PER_SNAPSHOT: usize = 48;

/// Threads that merge at a hub, and in a rebuild: one more than there are cores, since one of them always waits for the writer.
#[must_use]
pub fn threads() -> usize {
    const MOST: usize = 8;
    std::thread::available_parallelism().map_or(2, |cores| cores.get() + 1).min(MOST)
}

/// True when a document's log behind its snapshot has grown enough for a new one.
pub(super) fn wants_snapshot(replayed: usize) -> bool {
    replayed > CHANGES_PER_SNAPSHOT
}

/// Documents waiting for T2.
#[derive(Debug, Default)]
pub struct Queue {
    inner: Mutex<Waiting>,
    wake: Condvar,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Waiting {
    docs: BTreeSet<DocN>,
    busy: usize,
    /// Parcels being admitted (T1) at this moment.
    arriving: usize,
    closed: bool,
}

impl Waiting {
    fn round(&mut self) -> Vec<DocN> {
        let most = if self.arriving > 0 { DOCS_PER_ROUND_BUSY } else { DOCS_PER_ROUND };
        match self.docs.iter().nth(most).copied() {
            None => std::mem::take(&mut self.docs).into_iter().collect(),
            Some(first_left) => {
                let left = self.docs.split_off(&first_left);
                std::mem::replace(&mut self.docs, left).into_iter().collect()
            }
        }
    }
}

/// While it lives, rounds of merging hold back for the parcel it stands for.
#[derive(Debug)]
pub struct Arrival<'a>(&'a Queue);

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.0.lock().arriving -= 1;
        self.0.wake.notify_all();
    }
}

impl Queue {
    /// Adds documents; those already waiting are not doubled.
    pub fn add(&self, docs: &[DocN]) {
        if docs.is_empty() {
            return;
        }
        self.lock().docs.extend(docs);
        self.wake.notify_all();
    }

    /// A parcel is being admitted until the answer is dropped.
    pub fn arrival(&self) -> Arrival<'_> {
        self.lock().arriving += 1;
        Arrival(self)
    }

    /// Next round of work; `None` once closed.
    fn take(&self) -> Option<Vec<DocN>> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            if !waiting.docs.is_empty() {
                let quiet = |waiting: &mut Waiting| waiting.arriving > 0 && !waiting.closed;
                waiting = self.wake.wait_timeout_while(waiting, YIELD_MAX, quiet).unwrap_or_else(PoisonError::into_inner).0;
                if waiting.docs.is_empty() {
                    // The other worker was quicker.
                    continue;
                }
                waiting.busy += 1;
                return Some(waiting.round());
            }
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn done(&self) {
        self.lock().busy -= 1;
        self.wake.notify_all();
    }

    /// True when nothing waits and nothing is being merged: every query sees all that was acknowledged.
    pub fn idle(&self) -> bool {
        let waiting = self.lock();
        waiting.docs.is_empty() && waiting.busy == 0
    }

    /// Waits until [`Queue::idle`].
    pub fn settle(&self) {
        let mut waiting = self.lock();
        while !(waiting.docs.is_empty() && waiting.busy == 0) {
            waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the workers after their present round and waits for them.
    pub fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for worker in workers.into_iter().filter(|worker| worker.thread().id() != std::thread::current().id()) {
            // A panic there has been logged by its hook; there is nothing to add.
            let _ = worker.join();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A document read from the log.
#[derive(Debug)]
pub struct Loaded {
    /// Public id.
    pub id: DocId,
    /// Its space.
    pub space: Space,
    /// Merged document.
    pub doc: Doc,
    /// Last change merged.
    pub lsn: u64,
    /// Changes that were replayed behind the snapshot.
    pub replayed: usize,
    /// What the guarded merge refused, with its code.
    pub refused: Vec<(ChangeHash, String)>,
}

impl Loaded {
    /// What was refused counts as merged: else a document whose last change, or every change, was refused would be projected never again.
    fn up_to(self, head: u64) -> Self {
        Self { lsn: self.lsn.max(head), ..self }
    }
}

/// Reads and merges one document.
///
/// # Errors
/// The store's.
pub fn load(c: &Connection, n: DocN) -> Result<Option<Loaded>> {
    let found = c
        .prepare_cached("SELECT d.id, s.code, d.head_lsn FROM doc d JOIN space s ON s.id = d.space WHERE d.n = ?1")?
        .query_row([n.0], |r| Ok((DocId(r.get(0)?), r.get::<_, Vec<u8>>(1)?, log::unsigned(r.get(2)?))))
        .optional()?;
    let Some((id, code, head)) = found else { return Ok(None) };
    let space = Space::from_bytes(&code).ok_or_else(|| crate::store::StoreError::Corrupt("a space code".into()))?;
    let snapshot = log::snapshot(c, n)?;
    if let Some((lsn, bytes)) = snapshot {
        let changes = log::history(c, n, lsn, false)?;
        if let Ok(loaded) = assemble(id, space, Some((lsn, &bytes)), &changes) {
            return Ok(Some(loaded.up_to(head)));
        }
        // A snapshot that does not load is dropped at the next write; the log is the truth.
        tracing::warn!(doc = %id, "a snapshot did not load; the document is read from its log");
    }
    let changes = log::history(c, n, 0, false)?;
    match assemble(id, space, None, &changes) {
        Ok(loaded) => Ok(Some(loaded.up_to(head))),
        Err(detail) => Err(crate::store::StoreError::Corrupt(detail).into()),
    }
}

fn assemble(id: DocId, space: Space, snapshot: Option<(u64, &[u8])>, changes: &[log::LoggedChange]) -> std::result::Result<Loaded, String> {
    let lsn = changes.last().map_or(snapshot.map_or(0, |(lsn, _)| lsn), |change| change.lsn);
    let list: Vec<(ChangeHash, &[u8])> = changes.iter().map(|change| (change.hash, change.bytes.as_slice())).collect();
    let merged = guarded::merge(snapshot.map(|(_, bytes)| bytes), &list).map_err(|error| error.to_string())?;
    // Everything admitted has its dependencies in the log: what waits for one depends on what was refused after its own admission.
    let orphaned = merged.waiting.into_iter().map(|(hash, _)| (hash, Refusal::DependsOnRefused));
    let refused = merged.refused.into_iter().chain(orphaned).map(|(hash, refusal)| (hash, refusal.code().to_owned())).collect();
    Ok(Loaded { id, space, doc: merged.doc, lsn, replayed: changes.len(), refused })
}

/// A document merged and projected, ready for the writer.
struct Ready {
    n: DocN,
    id: DocId,
    space: Space,
    lsn: u64,
    projection: project::Projection,
    snapshot: Option<Vec<u8>>,
    refused: Vec<(ChangeHash, String)>,
    due: Vec<Written>,
}

fn prepare(replica: &Replica, loaded: Loaded, n: DocN) -> Ready {
    let view = read::view(&loaded.doc);
    let context = replica.projection_context(loaded.id, loaded.space);
    let mut projection = project::project(&view, &context);
    closing::add_late(&loaded.doc, &view, &context, &mut projection);
    let due = rules::due(replica, &context, &projection);
    let snapshot = (wants_snapshot(loaded.replayed) && loaded.refused.is_empty()).then(|| guarded::snapshot(&loaded.doc));
    Ready { n, id: loaded.id, space: loaded.space, lsn: loaded.lsn, projection, snapshot, refused: loaded.refused, due }
}

/// Merges what waits until the queue is empty. For commands without a daemon, and for tests.
///
/// # Errors
/// The store's.
pub fn drain(replica: &Arc<Replica>) -> Result<()> {
    loop {
        let round = replica.merges.lock().round();
        if round.is_empty() {
            return Ok(());
        }
        merge_round(replica, &round)?;
    }
}

/// Starts `threads` workers; they end when the replica is dropped or its queue closed.
pub fn start_workers(replica: &Arc<Replica>, threads: usize) {
    for index in 0..threads {
        let (queue, replica) = (Arc::clone(replica), Arc::clone(replica));
        let spawned = std::thread::Builder::new().name(format!("huxue-merge-{index}")).spawn(move || {
            while let Some(round) = replica.merges.take() {
                if let Err(error) = merge_round(&replica, &round) {
                    tracing::error!(%error, "merging failed; the documents stay marked and are merged at the next start");
                }
                replica.merges.done();
            }
        });
        match spawned {
            Ok(worker) => queue.merges.workers.lock().unwrap_or_else(PoisonError::into_inner).push(worker),
            Err(error) => tracing::error!(%error, "no thread for merging"),
        }
    }
}

/// Queues what an earlier process acknowledged but did not merge.
///
/// # Errors
/// The store's.
pub fn catch_up(replica: &Replica) -> Result<()> {
    let docs = replica.store.read(|c| -> Result<Vec<DocN>> {
        let mut statement = c.prepare("SELECT n FROM doc WHERE head_lsn > merged_lsn")?;
        let rows = statement.query_map([], |r| Ok(DocN(r.get(0)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })?;
    replica.merges.add(&docs);
    Ok(())
}

fn merge_round(replica: &Arc<Replica>, round: &[DocN]) -> Result<()> {
    let ready = replica.store.read(|c| -> Result<Vec<Ready>> {
        let mut out = Vec::with_capacity(round.len());
        for n in round {
            if let Some(loaded) = load(c, *n)? {
                out.push(prepare(replica, loaded, *n));
            }
        }
        Ok(out)
    })?;
    let due: Vec<_> = ready.iter().flat_map(|one| one.due.iter().map(|w| (one.space, one.id, w.clone()))).collect();
    let now = replica.now_text();
    let catalogue = replica.catalogue();
    let this = Arc::clone(replica);
    let passing: Vec<DocId> = ready.iter().filter(|one| relay::concerns(&catalogue, &one.projection)).map(|one| one.id).collect();
    let named: HashSet<_> = ready.iter().filter(|one| super::blobs::names_any(&one.projection)).map(|one| one.space.school).collect();
    let (spaces, published) = replica.store.write(move |c| -> Result<(HashSet<Space>, bool)> {
        let (mut refused, mut published) = (HashSet::new(), false);
        for one in ready {
            if !one.refused.is_empty() {
                refused.insert(one.space);
                this.renew_actor();
            }
            published |= one.projection.records.iter().any(|r| super::definitions::is_published_definition(&r.ledger));
            apply(c, &catalogue, &one, &now)?;
        }
        Ok((refused, published))
    })?;
    if published {
        replica.reload_definitions()?;
        for (year, rolled) in replica.apply_opened_years()? {
            tracing::info!(%year, promoted = rolled.promoted, graduated = rolled.graduated, carried = rolled.carried, "a new school year was applied");
        }
    }
    replica.open_due(due)?;
    replica.pass_on_logged(&passing);
    for school in named {
        replica.tell_blobs(school);
    }
    for space in spaces {
        replica.tell_refusal(space);
    }
    Ok(())
}

/// Writes one document's projection unless something newer is there.
fn apply(c: &Connection, catalogue: &crate::ledger::Catalogue, one: &Ready, now: &str) -> Result<()> {
    let merged: i64 = c.prepare_cached("SELECT merged_lsn FROM doc WHERE n = ?1")?.query_row([one.n.0], |r| r.get(0))?;
    for (hash, code) in &one.refused {
        refuse_late(c, one.n, one.id, one.space, *hash, code, now)?;
    }
    if log::unsigned(merged) >= one.lsn && one.refused.is_empty() {
        return Ok(());
    }
    typed::write(c, catalogue, one.n, &one.projection, now)?;
    if let Some(bytes) = &one.snapshot {
        log::put_snapshot(c, one.n, one.lsn, bytes)?;
    }
    c.prepare_cached("UPDATE doc SET merged_lsn = max(merged_lsn, ?2) WHERE n = ?1")?.execute(params![one.n.0, log::signed(one.lsn)])?;
    Ok(())
}

/// A change the merge refused after its acknowledgement: kept in the log as refused, in quarantine with its reason, and every peer that shares the space is told.
///
/// # Errors
/// The store's.
pub fn refuse_late(c: &Connection, n: DocN, id: DocId, space: Space, hash: ChangeHash, code: &str, now: &str) -> Result<()> {
    if !log::mark_refused(c, n, hash)? {
        return Ok(());
    }
    log::drop_snapshot(c, n)?;
    let space_n = log::space_n(c, space)?;
    c.prepare_cached(
        "INSERT OR IGNORE INTO quarantine(space, doc, hash, side, source, code, at, tell, bytes)
         SELECT ?1, ?2, ?3, 'here', ch.source, ?4, ?5, 1, ch.bytes FROM change ch INDEXED BY change_doc WHERE ch.doc = ?6 AND ch.hash = ?3",
    )?
    .execute(params![space_n.0, &id.0[..], &hash.0[..], code, now, n.0])?;
    tracing::warn!(code, doc = %id, "the guarded merge refused a change");
    Ok(())
}
