//! Clears files that no record names any more: removed from a record, or taken with a form that was never saved.
//!
//! A file goes when no record has named it for [`UNNAMED_DAYS`] days, counted from when that was first seen here, whether or not the county has it: nobody
//! can ask for what no record names. INV: nothing goes while a record might turn out to name it: while changes wait to be merged or for what they depend on,
//! while the projection is made anew, or while an open disagreement holds it as one of its values.
//!
//! Order: the row says that nothing is here, then the files go, then the row; a power cut in between leaves a row that the next sweep finishes.

use super::Files;
use crate::{
    model::blob::BlobHash,
    replica::{Replica, Result},
    store::StoreError,
};
use rusqlite::Connection;
use std::sync::{PoisonError, atomic::Ordering};

/// Days that a file is kept though no record names it.
const UNNAMED_DAYS: i64 = 30;
/// Most files cleared in one sweep: the writer is not held up.
const AT_ONCE: usize = 1_000;

impl Replica {
    /// As [`Replica::sweep_blobs`], for a daemon: what happened is logged.
    pub fn sweep(&self) {
        match self.sweep_blobs() {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "files that no record has named for a month were cleared"),
            Err(error) => tracing::warn!(%error, "files that no record names could not be cleared"),
        }
    }

    /// Notes which files no record names, and clears those of which that has been so for long. Gives how many were cleared.
    ///
    /// # Errors
    /// The store's.
    pub fn sweep_blobs(&self) -> Result<u64> {
        if self.rebuilding.load(Ordering::SeqCst) {
            return Ok(0);
        }
        let _kept = self.files.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let before = (now - jiff::SignedDuration::from_hours(24 * UNNAMED_DAYS)).to_string();
        let cleared = self.store.write(move |c| -> Result<Vec<(BlobHash, bool)>> {
            note_unnamed(c, &now.to_string())?;
            Ok(if settled(c)? { unname(c, &before)? } else { Vec::new() })
        })?;
        for (hash, _) in &cleared {
            self.files.remove(*hash);
        }
        let count = cleared.iter().filter(|(_, here)| *here).count() as u64;
        if !cleared.is_empty() {
            self.store.write(move |c| -> Result<()> { Ok(forget(c, &cleared)?) })?;
        }
        Ok(count)
    }
}

impl Files {
    fn remove(&self, hash: BlobHash) {
        self.vault.remove(hash);
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&hash);
    }
}

const NAMED: &str = "EXISTS (SELECT 1 FROM blob_ref r WHERE r.hash = blob.hash)";

fn note_unnamed(c: &Connection, now: &str) -> Result<(), StoreError> {
    c.execute(&format!("UPDATE blob SET unnamed = NULL WHERE unnamed IS NOT NULL AND {NAMED}"), [])?;
    c.execute(&format!("UPDATE blob SET unnamed = ?1 WHERE unnamed IS NULL AND NOT {NAMED}"), [now])?;
    Ok(())
}

/// Whether everything that came here has been merged: until then a record may yet name a file.
fn settled(c: &Connection) -> Result<bool, StoreError> {
    let behind = "SELECT EXISTS (SELECT 1 FROM doc WHERE merged_lsn < head_lsn) OR EXISTS (SELECT 1 FROM parked)";
    Ok(!c.query_row(behind, [], |r| r.get::<_, bool>(0))?)
}

/// What is to go, and whether anything of it was here.
fn unname(c: &Connection, before: &str) -> Result<Vec<(BlobHash, bool)>, StoreError> {
    let mut statement = c.prepare(&format!("SELECT hash, whole OR thumbnail FROM blob WHERE unnamed < ?1 AND NOT {NAMED} LIMIT {AT_ONCE}"))?;
    let all: Vec<(BlobHash, bool)> = statement.query_map([before], |r| Ok((BlobHash(r.get(0)?), r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut out = Vec::new();
    for (hash, here) in all {
        let disputed = "SELECT EXISTS (SELECT 1 FROM conflict WHERE instr(detail, ?1) > 0)";
        if !c.query_row(disputed, [hash.to_string()], |r| r.get::<_, bool>(0))? {
            c.execute("UPDATE blob SET whole = 0, thumbnail = 0, wanted = 0 WHERE hash = ?1", [hash.0])?;
            out.push((hash, here));
        }
    }
    Ok(out)
}

fn forget(c: &Connection, cleared: &[(BlobHash, bool)]) -> Result<(), StoreError> {
    for (hash, _) in cleared {
        // What was named again meanwhile is lacking, and asked for.
        c.execute(&format!("DELETE FROM blob WHERE hash = ?1 AND whole = 0 AND NOT {NAMED}"), [hash.0])?;
        c.execute("DELETE FROM blob_source WHERE hash = ?1 AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.hash = ?1)", [hash.0])?;
    }
    Ok(())
}
