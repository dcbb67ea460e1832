//! The log: spaces, changes, batches, cursors, quarantine. Every function works inside the caller's transaction.
//!
//! Invariant: lsn is dense a space; `space.head` moves in the transaction that inserts the change. Changes are never deleted here, a refused one stays (refused = 1).

use super::StoreError;
use crate::{
    model::{Actor, ChangeHash, DocId, OriginId, ReplicaId, Space},
    sync::{
        digest,
        engine::{Batch, Digest, OutChange, SpaceState},
    },
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::collections::{HashMap, HashSet};

/// Result of the store's own functions.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Local number of a space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpaceN(pub i64);

/// Local number of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocN(pub i64);

/// Local number of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BatchN(pub i64);

/// A change about to be appended.
#[derive(Debug)]
pub struct NewChange<'a> {
    /// Its document.
    pub doc: DocN,
    /// Its document's public id, for the digest.
    pub doc_id: DocId,
    /// Its actor.
    pub actor: Actor,
    /// Its sequence number of that actor in that document.
    pub aseq: u64,
    /// Highest operation counter.
    pub max_op: u64,
    /// SHA-256 of the chunk.
    pub hash: ChangeHash,
    /// The chunk.
    pub bytes: &'a [u8],
    /// Origin of the peer that brought it; `None`: written here.
    pub source: Option<OriginId>,
    /// Its batch; `None` for own changes not yet shipped.
    pub batch: Option<BatchN>,
}

/// Local number of `space`, made on first use.
pub fn space_n(c: &Connection, space: Space) -> Result<SpaceN> {
    let code = space.to_bytes();
    if let Some(n) = find_space(c, space)? {
        return Ok(n);
    }
    c.prepare_cached("INSERT INTO space(code, digest) VALUES(?1, zeroblob(32))")?.execute([&code[..]])?;
    Ok(SpaceN(c.last_insert_rowid()))
}

/// Local number of `space` if it exists.
pub fn find_space(c: &Connection, space: Space) -> Result<Option<SpaceN>> {
    Ok(c.prepare_cached("SELECT id FROM space WHERE code = ?1")?.query_row([&space.to_bytes()[..]], |r| Ok(SpaceN(r.get(0)?))).optional()?)
}

/// All spaces with their local numbers.
pub fn spaces(c: &Connection) -> Result<Vec<(SpaceN, Space)>> {
    let mut statement = c.prepare_cached("SELECT id, code FROM space ORDER BY id")?;
    let rows = statement.query_map([], |r| Ok((SpaceN(r.get(0)?), r.get::<_, Vec<u8>>(1)?)))?;
    let mut out = Vec::new();
    for row in rows {
        let (n, code) = row?;
        out.push((n, Space::from_bytes(&code).ok_or_else(|| StoreError::Corrupt("a space code".into()))?));
    }
    Ok(out)
}

/// Head, count and digest of a space.
pub fn space_end(c: &Connection, space: SpaceN) -> Result<(u64, u64, Digest)> {
    Ok(c.prepare_cached("SELECT head, count, digest FROM space WHERE id = ?1")?
        .query_row([space.0], |r| Ok((unsigned(r.get(0)?), unsigned(r.get(1)?), r.get::<_, [u8; 32]>(2)?)))?)
}

/// A space's end held in memory while a job appends to it: written back once by [`Appender::finish`].
#[derive(Debug)]
pub struct Appender {
    space: Space,
    n: SpaceN,
    head: u64,
    count: u64,
    digest: Digest,
    /// Local numbers of the actors seen so far.
    actors: HashMap<Actor, i64>,
    /// Last change of an actor in a document, not yet in `doc_actor`: a parcel brings many a document, one row is enough.
    tips: HashMap<(DocN, i64), (u64, u64, ChangeHash)>,
}

impl Appender {
    /// Reads the space's end.
    pub fn open(c: &Connection, space: Space) -> Result<Self> {
        let n = space_n(c, space)?;
        let (head, count, digest) = space_end(c, n)?;
        Ok(Self { space, n, head, count, digest, actors: HashMap::new(), tips: HashMap::new() })
    }

    /// Local number.
    #[must_use]
    pub fn space(&self) -> SpaceN {
        self.n
    }

    /// Highest lsn so far.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.head
    }

    /// Appends one admitted change and returns its lsn.
    pub fn append(&mut self, c: &Connection, change: &NewChange<'_>) -> Result<u64> {
        let lsn = self.append_counted(c, change)?;
        self.count_in(change.doc_id, change.hash);
        Ok(lsn)
    }

    /// As [`Appender::append`], for a change that the digest counts already: it was refused before, and is not now.
    pub fn append_counted(&mut self, c: &Connection, change: &NewChange<'_>) -> Result<u64> {
        let actor = if let Some(known) = self.actors.get(&change.actor) {
            *known
        } else {
            let n = actor_n(c, change.actor)?;
            self.actors.insert(change.actor, n);
            n
        };
        let lsn = self.head + 1;
        c.prepare_cached(
            "INSERT INTO change(space, lsn, doc, actor, aseq, max_op, source, batch, hash, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            self.n.0,
            signed(lsn),
            change.doc.0,
            actor,
            signed(change.aseq),
            signed(change.max_op),
            change.source.as_ref().map(|o| &o.0[..]),
            change.batch.map(|b| b.0),
            &change.hash.0[..],
            change.bytes
        ])?;
        self.tips.insert((change.doc, actor), (change.aseq, change.max_op, change.hash));
        self.head = lsn;
        Ok(lsn)
    }

    /// Counts a hash in the digest without appending it (refused ones).
    pub fn count_in(&mut self, doc: DocId, hash: ChangeHash) {
        self.count += 1;
        digest::add(&mut self.digest, self.space, doc, hash);
    }

    /// Writes what admission asks about ([`super::facts::Facts::open`]): before a document is opened again in the same job, and at its end.
    pub fn write_tips(&mut self, c: &Connection) -> Result<()> {
        let mut statement = c.prepare_cached(
            "INSERT INTO doc_actor(doc, actor, aseq, max_op, hash) VALUES(?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET aseq = excluded.aseq, max_op = excluded.max_op, hash = excluded.hash",
        )?;
        let mut tips: Vec<_> = self.tips.drain().collect();
        tips.sort_unstable_by_key(|(place, _)| *place);
        for ((doc, actor), (aseq, max_op, hash)) in tips {
            statement.execute(params![doc.0, actor, signed(aseq), signed(max_op), &hash.0[..]])?;
        }
        Ok(())
    }

    /// Writes the space's end back.
    pub fn finish(mut self, c: &Connection) -> Result<u64> {
        self.write_tips(c)?;
        c.prepare_cached("UPDATE space SET head = ?2, count = ?3, digest = ?4 WHERE id = ?1")?.execute(params![
            self.n.0,
            signed(self.head),
            signed(self.count),
            &self.digest[..]
        ])?;
        Ok(self.head)
    }
}

/// Local number of a document, and its space; `None` if unknown.
pub fn find_doc(c: &Connection, id: DocId) -> Result<Option<(DocN, SpaceN)>> {
    Ok(c.prepare_cached("SELECT n, space FROM doc WHERE id = ?1")?.query_row([&id.0[..]], |r| Ok((DocN(r.get(0)?), SpaceN(r.get(1)?)))).optional()?)
}

/// Makes a document in `space`.
pub fn create_doc(c: &Connection, space: SpaceN, id: DocId) -> Result<DocN> {
    c.prepare_cached("INSERT INTO doc(id, space) VALUES(?1, ?2)")?.execute(params![&id.0[..], space.0])?;
    Ok(DocN(c.last_insert_rowid()))
}

/// The last lsn of a document moved.
pub fn touch_doc(c: &Connection, doc: DocN, head: u64) -> Result<()> {
    c.prepare_cached("UPDATE doc SET head_lsn = ?2 WHERE n = ?1")?.execute(params![doc.0, signed(head)])?;
    Ok(())
}

/// Local number of an actor, made on first use.
pub fn actor_n(c: &Connection, actor: Actor) -> Result<i64> {
    if let Some(n) = c.prepare_cached("SELECT n FROM actor WHERE id = ?1")?.query_row([&actor.0[..]], |r| r.get(0)).optional()? {
        return Ok(n);
    }
    c.prepare_cached("INSERT INTO actor(id) VALUES(?1)")?.execute([&actor.0[..]])?;
    Ok(c.last_insert_rowid())
}

/// One change of a document's history.
#[derive(Debug, Clone)]
pub struct LoggedChange {
    /// Its place in the space.
    pub lsn: u64,
    /// Hash.
    pub hash: ChangeHash,
    /// Actor.
    pub actor: Actor,
    /// Chunk.
    pub bytes: Vec<u8>,
    /// True if written here (no source).
    pub own: bool,
    /// Refused, here or by the county.
    pub refused: bool,
}

/// A document's changes behind `after`, in log order (dependencies first), refused ones only if asked for.
pub fn history(c: &Connection, doc: DocN, after: u64, with_refused: bool) -> Result<Vec<LoggedChange>> {
    let mut statement = c.prepare_cached(
        "SELECT ch.lsn, ch.hash, a.id, ch.bytes, ch.source IS NULL, ch.refused FROM change ch INDEXED BY change_doc JOIN actor a ON a.n = ch.actor
         WHERE ch.doc = ?1 AND ch.lsn > ?2 AND (?3 OR ch.refused = 0) ORDER BY ch.lsn",
    )?;
    let rows = statement.query_map(params![doc.0, signed(after), with_refused], |r| {
        Ok(LoggedChange {
            lsn: unsigned(r.get(0)?),
            hash: ChangeHash(r.get(1)?),
            actor: Actor(r.get(2)?),
            bytes: r.get(3)?,
            own: r.get(4)?,
            refused: r.get(5)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The newest snapshot of a document: (lsn, bytes).
pub fn snapshot(c: &Connection, doc: DocN) -> Result<Option<(u64, Vec<u8>)>> {
    Ok(c.prepare_cached("SELECT lsn, bytes FROM snapshot WHERE doc = ?1")?.query_row([doc.0], |r| Ok((unsigned(r.get(0)?), r.get(1)?))).optional()?)
}

/// Keeps a snapshot; replaces an older one.
pub fn put_snapshot(c: &Connection, doc: DocN, lsn: u64, bytes: &[u8]) -> Result<()> {
    c.prepare_cached("INSERT OR REPLACE INTO snapshot(doc, lsn, bytes) VALUES(?1, ?2, ?3)")?.execute(params![doc.0, signed(lsn), bytes])?;
    Ok(())
}

/// Drops a snapshot (it did not load, or a change before it was refused).
pub fn drop_snapshot(c: &Connection, doc: DocN) -> Result<()> {
    c.prepare_cached("DELETE FROM snapshot WHERE doc = ?1")?.execute([doc.0])?;
    Ok(())
}

/// Keeps a batch that came from outside.
pub fn insert_batch(c: &Connection, space: SpaceN, batch: &Batch, lo: u64) -> Result<BatchN> {
    let mut holes = Vec::with_capacity(batch.holes.len() * 48);
    for (doc, hash) in &batch.holes {
        holes.extend_from_slice(&doc.0);
        holes.extend_from_slice(&hash.0);
    }
    c.prepare_cached("INSERT INTO batch(space, origin, signature, lo, hi, own, holes) VALUES(?1, ?2, ?3, ?4, ?4, 0, ?5)")?.execute(params![
        space.0,
        &batch.origin.0[..],
        &batch.signature[..],
        signed(lo),
        holes
    ])?;
    Ok(BatchN(c.last_insert_rowid()))
}

/// Adds members that did not get into the log to a batch's holes, and widens its range to `hi`.
pub fn close_batch(c: &Connection, batch: BatchN, hi: u64, more_holes: &[(DocId, ChangeHash)]) -> Result<()> {
    let mut tail = Vec::with_capacity(more_holes.len() * 48);
    for (doc, hash) in more_holes {
        tail.extend_from_slice(&doc.0);
        tail.extend_from_slice(&hash.0);
    }
    c.prepare_cached("UPDATE batch SET hi = max(hi, ?2), holes = CAST(holes || ?3 AS BLOB) WHERE id = ?1")?.execute(params![
        batch.0,
        signed(hi),
        tail
    ])?;
    Ok(())
}

/// A row of [`behind`].
#[derive(Debug)]
pub struct Shipment {
    /// Place in the log.
    pub lsn: u64,
    /// Batch it came in; `None`: own, find it by range.
    pub batch: Option<BatchN>,
    /// Own change.
    pub own: bool,
    /// What travels; its `batch` is filled in by the caller.
    pub change: OutChange,
}

/// Changes behind `after` up to about `bytes`, without refused ones and without those of `skip_source`; and the lsn up to which the log was looked at.
pub fn behind(c: &Connection, space: SpaceN, after: u64, bytes: usize, skip_source: Option<OriginId>) -> Result<(u64, Vec<Shipment>)> {
    let mut statement = c.prepare_cached(
        "SELECT ch.lsn, ch.batch, ch.source, ch.refused, d.id, ch.hash, ch.bytes FROM change ch JOIN doc d ON d.n = ch.doc WHERE ch.space = ?1 AND ch.lsn > ?2 ORDER BY ch.lsn",
    )?;
    let mut rows = statement.query(params![space.0, signed(after)])?;
    let (mut to, mut taken, mut out) = (after, 0usize, Vec::new());
    while let Some(row) = rows.next()? {
        let lsn = unsigned(row.get(0)?);
        if lsn != to + 1 {
            return Err(StoreError::Gap { space: space.0, lsn: signed(to + 1) });
        }
        let source: Option<[u8; 8]> = row.get(2)?;
        let refused: bool = row.get(3)?;
        let skipped = refused || (skip_source.is_some() && source.map(OriginId) == skip_source);
        if !skipped {
            let change = out_change(row)?;
            if taken > 0 && taken + change.bytes.len() > bytes {
                break;
            }
            taken += change.bytes.len();
            out.push(Shipment { lsn, batch: row.get::<_, Option<i64>>(1)?.map(BatchN), own: source.is_none(), change });
        }
        to = lsn;
    }
    Ok((to, out))
}

fn out_change(row: &Row<'_>) -> Result<OutChange> {
    Ok(OutChange { doc: DocId(row.get(4)?), hash: ChangeHash(row.get(5)?), bytes: row.get(6)?, batch: 0 })
}

/// The own batch that holds own change `lsn`, if it has been signed: (batch, lo, hi).
pub fn own_batch_of(c: &Connection, space: SpaceN, lsn: u64) -> Result<Option<(BatchN, u64, u64)>> {
    Ok(c.prepare_cached("SELECT id, lo, hi FROM batch WHERE space = ?1 AND own = 1 AND hi >= ?2 ORDER BY hi LIMIT 1")?
        .query_row(params![space.0, signed(lsn)], |r| Ok((BatchN(r.get(0)?), unsigned(r.get(1)?), unsigned(r.get(2)?))))
        .optional()?
        .filter(|(_, lo, _)| *lo <= lsn))
}

/// Own changes in `lo..=hi`, as (document, hash): the members of an own batch, refused ones too (they were signed).
pub fn own_members(c: &Connection, space: SpaceN, lo: u64, hi: u64) -> Result<Vec<(DocId, ChangeHash)>> {
    let mut statement = c.prepare_cached(
        "SELECT d.id, ch.hash FROM change ch JOIN doc d ON d.n = ch.doc WHERE ch.space = ?1 AND ch.lsn BETWEEN ?2 AND ?3 AND ch.source IS NULL",
    )?;
    let rows = statement.query_map(params![space.0, signed(lo), signed(hi)], |r| Ok((DocId(r.get(0)?), ChangeHash(r.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The lsn at which an own batch that begins at `lo` must end to have at most `members` members; `to` if there are fewer up to there.
pub fn own_batch_end(c: &Connection, space: SpaceN, lo: u64, to: u64, members: usize) -> Result<u64> {
    let last = i64::try_from(members.saturating_sub(1)).unwrap_or(i64::MAX);
    let found: Option<i64> = c
        .prepare_cached("SELECT lsn FROM change WHERE space = ?1 AND lsn BETWEEN ?2 AND ?3 AND source IS NULL ORDER BY lsn LIMIT 1 OFFSET ?4")?
        .query_row(params![space.0, signed(lo), signed(to), last], |r| r.get(0))
        .optional()?;
    Ok(found.map_or(to, unsigned))
}

/// Keeps an own batch over own changes in `lo..=hi`.
pub fn insert_own_batch(c: &Connection, space: SpaceN, origin: OriginId, signature: &[u8; 64], lo: u64, hi: u64) -> Result<BatchN> {
    c.prepare_cached("INSERT INTO batch(space, origin, signature, lo, hi, own, holes) VALUES(?1, ?2, ?3, ?4, ?5, 1, x'')")?.execute(params![
        space.0,
        &origin.0[..],
        &signature[..],
        signed(lo),
        signed(hi)
    ])?;
    Ok(BatchN(c.last_insert_rowid()))
}

/// A batch as it travels with `included` of its members: the rest become holes.
pub fn batch_for(c: &Connection, batch: BatchN, included: &HashSet<(DocId, ChangeHash)>) -> Result<Batch> {
    let (space, origin, signature, lo, hi, own, stored) =
        c.prepare_cached("SELECT space, origin, signature, lo, hi, own, holes FROM batch WHERE id = ?1")?.query_row([batch.0], |r| {
            Ok((
                SpaceN(r.get(0)?),
                OriginId(r.get(1)?),
                r.get::<_, [u8; 64]>(2)?,
                unsigned(r.get(3)?),
                unsigned(r.get(4)?),
                r.get::<_, bool>(5)?,
                r.get::<_, Vec<u8>>(6)?,
            ))
        })?;
    let mut members: HashSet<(DocId, ChangeHash)> = if own {
        own_members(c, space, lo, hi)?.into_iter().collect()
    } else {
        let mut statement = c.prepare_cached(
            "SELECT d.id, ch.hash FROM change ch JOIN doc d ON d.n = ch.doc WHERE ch.space = ?1 AND ch.lsn BETWEEN ?2 AND ?3 AND ch.batch = ?4",
        )?;
        let rows = statement.query_map(params![space.0, signed(lo), signed(hi), batch.0], |r| Ok((DocId(r.get(0)?), ChangeHash(r.get(1)?))))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for pair in stored.chunks_exact(48) {
        if let (Some(doc), Some(hash)) = (pair.get(..16).and_then(DocId::from_slice), pair.get(16..).and_then(ChangeHash::from_slice)) {
            members.insert((doc, hash));
        }
    }
    let mut holes: Vec<_> = members.difference(included).copied().collect();
    holes.sort_unstable();
    Ok(Batch { origin, signature, holes })
}

/// Own state of a space and the cursor kept for `peer`.
pub fn state_for(c: &Connection, n: SpaceN, space: Space, peer: OriginId) -> Result<SpaceState> {
    let (head, count, digest) = space_end(c, n)?;
    let known = c
        .prepare_cached("SELECT replica, acked, cursor FROM cursor WHERE space = ?1 AND peer = ?2 ORDER BY at DESC LIMIT 1")?
        .query_row(params![n.0, &peer.0[..]], |r| Ok((ReplicaId(r.get(0)?), unsigned(r.get(1)?), unsigned(r.get(2)?))))
        .optional()?;
    let (replica, acked, cursor) = known.unwrap_or((ReplicaId([0; 16]), 0, 0));
    Ok(SpaceState { space, head, acked, peer: replica, cursor, count, digest })
}

/// Moves what is known of a peer's log; `None` leaves a side as it is. The cursor is set, also back: the session knows from where the peer really
/// ships, and a log that was rolled back unnoticed under its old id ends before the cursor kept for it; what comes twice is dropped. `acked` only
/// grows: a peer whose cursor is behind it has lost something, and is echoed to (PROTOCOL §5.3). Rows of the peer's earlier incarnations go: they say
/// nothing of the log it has now.
pub fn move_cursor(
    c: &Connection,
    space: SpaceN,
    peer: OriginId,
    replica: ReplicaId,
    acked: Option<u64>,
    cursor: Option<u64>,
    now: &str,
) -> Result<()> {
    c.prepare_cached(
        "INSERT INTO cursor(space, peer, replica, acked, cursor, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET acked = max(acked, excluded.acked), cursor = CASE WHEN ?7 THEN excluded.cursor ELSE cursor END, at = excluded.at",
    )?
    .execute(params![space.0, &peer.0[..], &replica.0[..], signed(acked.unwrap_or(0)), signed(cursor.unwrap_or(0)), now, cursor.is_some()])?;
    c.prepare_cached("DELETE FROM cursor WHERE space = ?1 AND peer = ?2 AND replica <> ?3")?.execute(params![
        space.0,
        &peer.0[..],
        &replica.0[..]
    ])?;
    Ok(())
}

/// Highest own lsn any peer has acknowledged in a space.
pub fn acked(c: &Connection, space: SpaceN) -> Result<u64> {
    Ok(unsigned(c.prepare_cached("SELECT coalesce(max(acked), 0) FROM cursor WHERE space = ?1")?.query_row([space.0], |r| r.get(0))?))
}

/// Whether the change stands in the log of its space, refused or not; and if so, whether it was written here.
pub fn find_change(c: &Connection, space: SpaceN, doc: DocId, hash: ChangeHash) -> Result<Option<bool>> {
    Ok(c.prepare_cached(
        "SELECT ch.source IS NULL FROM doc d JOIN change ch INDEXED BY change_doc ON ch.doc = d.n WHERE d.id = ?1 AND d.space = ?2 AND ch.hash = ?3",
    )?
    .query_row(params![&doc.0[..], space.0, &hash.0[..]], |r| r.get(0))
    .optional()?)
}

/// Marks a logged change as refused; true if it was in the log and was not refused before.
pub fn mark_refused(c: &Connection, doc: DocN, hash: ChangeHash) -> Result<bool> {
    let found = c
        .prepare_cached("SELECT space, lsn FROM change INDEXED BY change_doc WHERE doc = ?1 AND hash = ?2 AND refused = 0")?
        .query_row(params![doc.0, &hash.0[..]], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))
        .optional()?;
    let Some((space, lsn)) = found else { return Ok(false) };
    c.prepare_cached("UPDATE change SET refused = 1 WHERE space = ?1 AND lsn = ?2")?.execute(params![space, lsn])?;
    Ok(true)
}

/// All (actor, highest contiguous sequence) of a document's admitted changes.
pub fn actors_of(c: &Connection, doc: DocN) -> Result<HashMap<Actor, u64>> {
    let mut statement = c.prepare_cached("SELECT a.id, da.aseq FROM doc_actor da JOIN actor a ON a.n = da.actor WHERE da.doc = ?1")?;
    let rows = statement.query_map([doc.0], |r| Ok((Actor(r.get(0)?), unsigned(r.get(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// SQLite integers are signed; lsns, counts and operation counters stay far below 2^63.
#[must_use]
pub fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse of [`signed`].
#[must_use]
pub fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
