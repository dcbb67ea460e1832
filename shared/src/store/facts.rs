//! What admission asks about a document, answered from the log inside the writing transaction.
//!
//! The tips of each actor answer nearly every question; the whole list of a document's hashes is read only when a dependency is older than a tip.

use super::log::{DocN, Result, unsigned};
use crate::{
    document::{admission::DocFacts, genesis},
    model::{Actor, ChangeHash},
};
use rusqlite::Connection;
use std::{cell::RefCell, collections::HashMap};

/// One document's admission state during a job. New changes are added with [`Facts::appended`].
#[derive(Debug)]
pub struct Facts<'c> {
    connection: &'c Connection,
    doc: DocN,
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tips: HashMap<Actor, (u64, ChangeHash)>,
    max_ops: HashMap<ChangeHash, u64>,
    by_place: HashMap<(Actor, u64), ChangeHash>,
    whole: bool,
}

impl<'c> Facts<'c> {
    /// Reads the tips of `doc`; `fresh` skips the reading for a document made a moment ago.
    pub fn open(connection: &'c Connection, doc: DocN, fresh: bool) -> Result<Self> {
        let mut inner = Inner { whole: fresh, ..Inner::default() };
        inner.max_ops.insert(genesis::HASH, genesis::MAX_OP);
        if !fresh {
            let mut statement = connection
                .prepare_cached("SELECT a.id, da.aseq, da.max_op, da.hash FROM doc_actor da JOIN actor a ON a.n = da.actor WHERE da.doc = ?1")?;
            let mut rows = statement.query([doc.0])?;
            while let Some(row) = rows.next()? {
                let (actor, aseq, hash) = (Actor(row.get(0)?), unsigned(row.get(1)?), ChangeHash(row.get(3)?));
                inner.tips.insert(actor, (aseq, hash));
                inner.max_ops.insert(hash, unsigned(row.get(2)?));
                inner.by_place.insert((actor, aseq), hash);
            }
        }
        Ok(Self { connection, doc, inner: RefCell::new(inner) })
    }

    /// Its document.
    pub fn doc(&self) -> DocN {
        self.doc
    }

    /// A change has just been appended.
    pub fn appended(&self, actor: Actor, aseq: u64, hash: ChangeHash, max_op: u64) {
        let mut inner = self.inner.borrow_mut();
        inner.tips.insert(actor, (aseq, hash));
        inner.max_ops.insert(hash, max_op);
        inner.by_place.insert((actor, aseq), hash);
    }

    /// True if the change is in the log (refused ones too).
    pub fn holds(&self, hash: &ChangeHash) -> bool {
        self.max_op_of(hash).is_some()
    }

    fn load_whole(&self) {
        if self.inner.borrow().whole {
            return;
        }
        let loaded = self.read_whole();
        let mut inner = self.inner.borrow_mut();
        // A read that fails leaves the answers "unknown": the change is parked, not lost, and the error shows on the next statement.
        inner.whole = true;
        for (actor, aseq, max_op, hash) in loaded.unwrap_or_default() {
            inner.max_ops.insert(hash, max_op);
            inner.by_place.insert((actor, aseq), hash);
        }
    }

    fn read_whole(&self) -> Result<Vec<(Actor, u64, u64, ChangeHash)>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT a.id, ch.aseq, ch.max_op, ch.hash FROM change ch INDEXED BY change_doc JOIN actor a ON a.n = ch.actor WHERE ch.doc = ?1 AND ch.refused = 0",
        )?;
        let rows = statement.query_map([self.doc.0], |r| Ok((Actor(r.get(0)?), unsigned(r.get(1)?), unsigned(r.get(2)?), ChangeHash(r.get(3)?))))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

impl DocFacts for Facts<'_> {
    fn actor_tip(&self, actor: Actor) -> Option<(u64, ChangeHash)> {
        self.inner.borrow().tips.get(&actor).copied()
    }

    fn max_op_of(&self, hash: &ChangeHash) -> Option<u64> {
        if let Some(found) = self.inner.borrow().max_ops.get(hash) {
            return Some(*found);
        }
        self.load_whole();
        self.inner.borrow().max_ops.get(hash).copied()
    }

    fn hash_at(&self, actor: Actor, aseq: u64) -> Option<ChangeHash> {
        if let Some(found) = self.inner.borrow().by_place.get(&(actor, aseq)) {
            return Some(*found);
        }
        // The log holds every sequence number up to an actor's tip, and none behind it.
        if self.actor_tip(actor).is_none_or(|(last, _)| aseq > last) {
            return None;
        }
        self.load_whole();
        self.inner.borrow().by_place.get(&(actor, aseq)).copied()
    }
}
