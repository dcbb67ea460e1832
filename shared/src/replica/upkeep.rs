//! Rebuild and verify. INV: `rebuild` from the log alone gives equal query answers.

use super::{Replica, Result, merge};
use crate::{
    document::admission,
    identity,
    model::{ChangeHash, DocId, Space},
    store::{
        StoreError, audit,
        log::{self, BatchN, DocN, SpaceN},
        typed,
    },
    sync::{codec, digest},
};
use rusqlite::Connection;
use serde::Serialize;
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

/// What a rebuild did.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rebuilt {
    /// Documents merged and projected.
    pub documents: u64,
    /// Records in the projection afterwards.
    pub records: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verified {
    /// Changes looked at.
    pub changes: u64,
    /// Batches whose signature was checked.
    pub batches: u64,
    /// Documents merged.
    pub documents: u64,
    /// Whole blobs whose bytes are what their name says.
    pub blobs: u64,
    /// Entries of the audit chain.
    pub audit: u64,
    /// What is wrong, one short code and place each; empty: all is well.
    pub problems: Vec<String>,
}

impl Replica {
    /// Makes the projection again from the log alone, with `threads` merging. Nothing of the log is touched; queries meanwhile see what is done so far.
    ///
    /// # Errors
    /// The store's.
    pub fn rebuild(self: &Arc<Self>, threads: usize) -> Result<Rebuilt> {
        self.rebuilding.store(true, Ordering::SeqCst);
        let rebuilt = self.rebuild_all(threads);
        self.rebuilding.store(false, Ordering::SeqCst);
        // What was committed meanwhile.
        self.pass_on_all()?;
        rebuilt
    }

    fn rebuild_all(self: &Arc<Self>, threads: usize) -> Result<Rebuilt> {
        self.store.write(|c| -> Result<(), StoreError> { typed::clear(c) })?;
        self.reload_definitions()?;
        merge::catch_up(self)?;
        let failures: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(|| merge::drain(self))).collect();
            workers.into_iter().filter_map(|worker| worker.join().ok().and_then(std::result::Result::err)).collect()
        });
        if let Some(error) = failures.into_iter().next() {
            return Err(error);
        }
        // Definitions among the documents may have changed what the others mean.
        self.reload_definitions()?;
        merge::drain(self)?;
        self.merges.settle();
        self.store.read(|c| {
            let count = |sql: &str| -> Result<u64> { Ok(log::unsigned(c.query_row(sql, [], |r| r.get(0))?)) };
            Ok(Rebuilt { documents: count("SELECT count(*) FROM doc")?, records: count("SELECT count(*) FROM record")? })
        })
    }

    /// Whether SQLite finds the database file sound; what it finds wrong otherwise. Reads the whole file: some seconds for a large one.
    ///
    /// # Errors
    /// The store's.
    pub fn quick_check(&self) -> Result<Option<String>> {
        self.store.read(|c| {
            let found: String = c.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
            Ok((found != "ok").then_some(found))
        })
    }

    /// Checks everything that can be checked here: dense lsns, hashes, digests, batch signatures, that every document merges, that the projection is what the log gives.
    ///
    /// # Errors
    /// The store's; what is found wrong is in the answer.
    pub fn verify(self: &Arc<Self>) -> Result<Verified> {
        self.store.read(|c| {
            let mut out = Verified::default();
            let integrity: String = c.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
            if integrity != "ok" {
                out.problems.push(format!("sqlite: {integrity}"));
            }
            for (n, space) in log::spaces(c)? {
                check_space(c, n, space, &mut out)?;
                self.check_batches(c, n, space, &mut out)?;
            }
            self.check_documents(c, &mut out)?;
            self.check_blobs(c, &mut out)?;
            out.audit = audit::check(c, &mut out.problems)?.entries;
            Ok(out)
        })
    }

    fn check_batches(&self, c: &Connection, n: SpaceN, space: Space, out: &mut Verified) -> Result<()> {
        let mut statement = c.prepare("SELECT id FROM batch WHERE space = ?1")?;
        let ids: Vec<BatchN> = statement.query_map([n.0], |r| Ok(BatchN(r.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
        for id in ids {
            let batch = log::batch_for(c, id, &HashSet::new())?;
            out.batches += 1;
            let known = self.origin_facts(batch.origin);
            let good = known.is_some_and(|k| identity::batch::verify(&k.public_key, &codec::batch_message(space, &batch.holes), &batch.signature));
            if !good {
                out.problems.push(format!("{space}: batch {} of origin {} has no valid signature", id.0, batch.origin));
            }
        }
        Ok(())
    }

    fn check_documents(&self, c: &Connection, out: &mut Verified) -> Result<()> {
        let mut statement = c.prepare("SELECT n, id, merged_lsn, head_lsn FROM doc")?;
        let docs: Vec<(DocN, DocId, u64, u64)> = statement
            .query_map([], |r| Ok((DocN(r.get(0)?), DocId(r.get(1)?), log::unsigned(r.get(2)?), log::unsigned(r.get(3)?))))?
            .collect::<rusqlite::Result<_>>()?;
        for (n, id, merged, head) in docs {
            let Some(loaded) = merge::load(c, n)? else { continue };
            out.documents += 1;
            if merged < head {
                continue;
            }
            let view = crate::document::read::view(&loaded.doc);
            let projection = super::project::project(&view, &self.projection_context(id, loaded.space));
            if !typed::agrees(c, n, &projection)? {
                out.problems.push(format!("{}: document {id} is projected otherwise than its log says; run rebuild", loaded.space));
            }
        }
        Ok(())
    }
}

fn check_space(c: &Connection, n: SpaceN, space: Space, out: &mut Verified) -> Result<()> {
    let (head, count, kept) = log::space_end(c, n)?;
    let (mut expected, mut sum, mut counted) = (1u64, [0u8; 32], 0u64);
    let mut statement =
        c.prepare("SELECT ch.lsn, d.id, ch.hash, ch.bytes FROM change ch JOIN doc d ON d.n = ch.doc WHERE ch.space = ?1 ORDER BY ch.lsn")?;
    let mut rows = statement.query([n.0])?;
    while let Some(row) = rows.next()? {
        let lsn = log::unsigned(row.get(0)?);
        let (doc, hash, bytes): (DocId, ChangeHash, Vec<u8>) = (DocId(row.get(1)?), ChangeHash(row.get(2)?), row.get(3)?);
        if lsn != expected {
            out.problems.push(format!("{space}: the log has a gap before {lsn}"));
        }
        expected = lsn + 1;
        match admission::parse(&bytes) {
            Ok(parsed) if parsed.hash == hash => {}
            _ => out.problems.push(format!("{space}: change {lsn} is not what its hash says")),
        }
        digest::add(&mut sum, space, doc, hash);
        counted += 1;
        out.changes += 1;
    }
    if expected != head + 1 {
        out.problems.push(format!("{space}: the log ends at {} and should end at {head}", expected - 1));
    }
    let mut refused = c.prepare("SELECT q.doc, q.hash FROM quarantine q WHERE q.space = ?1 AND q.counted = 1")?;
    let mut rows = refused.query([n.0])?;
    while let Some(row) = rows.next()? {
        digest::add(&mut sum, space, DocId(row.get(0)?), ChangeHash(row.get(1)?));
        counted += 1;
    }
    if sum != kept || counted != count {
        out.problems.push(format!("{space}: the digest does not fit the log"));
    }
    Ok(())
}
