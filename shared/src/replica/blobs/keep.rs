//! The tables of blobs: who names what, what is here, what is lacking; and checking that it is.

use super::{BlobState, BlobUsage, length_of};
use crate::{
    model::{
        SchoolCode, Space, SpaceKind,
        blob::{Attachment, BlobHash},
    },
    replica::{Replica, Result, Role, scope, upkeep::Verified},
    store::{StoreError, log},
    sync::{
        courier::{Wish, message::Part},
        engine::Peer,
    },
};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::json;
use std::collections::BTreeSet;

/// Spaces whose records name `hash`.
fn spaces(c: &Connection, hash: BlobHash) -> Result<Vec<Space>, StoreError> {
    let sql = "SELECT DISTINCT s.code FROM blob_ref r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space WHERE r.hash = ?1";
    let mut statement = c.prepare_cached(sql)?;
    let codes: Vec<[u8; 11]> = statement.query_map([hash.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(codes.iter().filter_map(|code| Space::from_bytes(code)).collect())
}

/// Schools whose links are concerned by `hash`.
pub(super) fn schools(c: &Connection, hash: BlobHash) -> Result<Vec<Option<SchoolCode>>, StoreError> {
    let distinct: BTreeSet<_> = spaces(c, hash)?.into_iter().map(|space| space.school).collect();
    Ok(distinct.into_iter().collect())
}

/// Does a record that `peer` shares name it?
pub(super) fn is_named(c: &Connection, me: Role, peer: &Peer, hash: BlobHash) -> Result<bool, StoreError> {
    Ok(spaces(c, hash)?.into_iter().any(|space| scope::shared(me, peer, space)))
}

/// May `peer` have it? A school writes what its own records name, so naming alone must not open what internal records name as well: that goes out only if
/// the county itself names it to the school or to all.
pub(super) fn is_for(c: &Connection, me: Role, peer: &Peer, hash: BlobHash) -> Result<bool, StoreError> {
    let spaces = spaces(c, hash)?;
    let internal = spaces.iter().any(|space| space.kind == SpaceKind::Internal);
    Ok(spaces.into_iter().any(|space| scope::shared(me, peer, space) && !(internal && space.kind == SpaceKind::School)))
}

/// What a record of the spaces shared with `peer` names, each blob once: name, length, file name; what is here of it.
#[expect(clippy::struct_excessive_bools, reason = "a row of the table")]
struct Named {
    attachment: Attachment,
    whole: bool,
    thumbnail: bool,
    wanted: bool,
    kept: bool,
}

fn named(c: &Connection, me: Role, peer: &Peer) -> Result<Vec<Named>, StoreError> {
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for (n, _) in log::spaces(c)?.into_iter().filter(|(_, space)| scope::shared(me, peer, *space)) {
        let mut statement = c.prepare_cached(
            "SELECT r.hash, r.bytes, r.name, coalesce(b.whole, 0), coalesce(b.thumbnail, 0), coalesce(b.wanted, 0), coalesce(b.kept, 0)
             FROM doc d JOIN blob_ref r ON r.doc = d.n LEFT JOIN blob b ON b.hash = r.hash WHERE d.space = ?1",
        )?;
        let rows = statement.query_map([n.0], |r| {
            let attachment = Attachment { hash: BlobHash(r.get(0)?), bytes: log::unsigned(r.get(1)?), name: r.get(2)? };
            Ok(Named { attachment, whole: r.get(3)?, thumbnail: r.get(4)?, wanted: r.get(5)?, kept: r.get(6)? })
        })?;
        for row in rows {
            let row = row?;
            if seen.insert(row.attachment.hash) {
                out.push(row);
            }
        }
    }
    Ok(out)
}

/// What is lacking here: thumbnails, then whole files, small ones first. A school's files beyond its quota are not asked for.
pub(super) fn wishes(c: &Connection, me: Role, peer: &Peer, besides: &BTreeSet<(BlobHash, Part)>, limit: usize) -> Result<Vec<Wish>, StoreError> {
    let limits = super::limits(c)?;
    let mut named = named(c, me, peer)?;
    named.sort_by_key(|one| one.attachment.bytes);
    let every = me == Role::Hub || limits.whole;
    let (mut small, mut whole, mut room) = (Vec::new(), Vec::new(), limits.quota_mib << 20);
    for one in named.iter().filter(|one| one.whole) {
        room = room.saturating_sub(one.attachment.bytes);
    }
    for Named { attachment, wanted, thumbnail, .. } in named.iter().filter(|one| !one.whole) {
        let wish = |part| Wish { hash: attachment.hash, part, bytes: attachment.bytes };
        if attachment.is_picture() && !thumbnail {
            small.push(wish(Part::Thumbnail));
        }
        let fits = attachment.bytes <= limits.file_mib << 20 && attachment.bytes <= room;
        if fits && (every || *wanted) {
            room -= attachment.bytes;
            whole.push(wish(Part::Whole));
        }
    }
    Ok(small.into_iter().chain(whole).filter(|wish| !besides.contains(&(wish.hash, wish.part))).take(limit).collect())
}

/// Whole here and not known to be at the county.
pub(super) fn unconfirmed(c: &Connection, me: Role, peer: &Peer, limit: usize) -> Result<Vec<BlobHash>, StoreError> {
    if me == Role::Hub {
        return Ok(Vec::new());
    }
    Ok(named(c, me, peer)?.into_iter().filter(|one| one.whole && !one.kept).take(limit).map(|one| one.attachment.hash).collect())
}

pub(super) fn states(c: &Connection, record: Option<&str>) -> Result<Vec<BlobState>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT r.hash, min(r.name), min(r.bytes), coalesce(b.whole, 0), coalesce(b.thumbnail, 0), coalesce(b.kept, 0), coalesce(b.wanted, 0)
         FROM blob_ref r LEFT JOIN blob b ON b.hash = r.hash JOIN record e ON e.n = r.record WHERE ?1 IS NULL OR e.id = ?1 GROUP BY r.hash ORDER BY 2, 1",
    )?;
    let rows = statement.query_map([record], |r| {
        let hash = BlobHash(r.get(0)?).to_string();
        Ok(BlobState {
            hash,
            name: r.get(1)?,
            bytes: log::unsigned(r.get(2)?),
            here: r.get(3)?,
            thumbnail: r.get(4)?,
            kept: r.get(5)?,
            wanted: r.get(6)?,
            under_way: None,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn state(c: &Connection, attachment: &Attachment) -> Result<BlobState, StoreError> {
    let mut statement = c.prepare_cached("SELECT whole, thumbnail, kept, wanted FROM blob WHERE hash = ?1")?;
    let found = statement.query_row([attachment.hash.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).optional()?;
    let (here, thumbnail, kept, wanted) = found.unwrap_or_default();
    let Attachment { hash, name, bytes } = attachment;
    Ok(BlobState { hash: hash.to_string(), name: name.clone(), bytes: *bytes, here, thumbnail, kept, wanted, under_way: None })
}

pub(super) fn usage(c: &Connection, role: Role) -> Result<BlobUsage, StoreError> {
    let sql = "SELECT count(*), coalesce(sum(bytes), 0), count(*) FILTER (WHERE named AND kept = 0), coalesce(sum(bytes) FILTER (WHERE named AND kept = 0), 0)
               FROM (SELECT bytes, kept, EXISTS (SELECT 1 FROM blob_ref r WHERE r.hash = blob.hash) AS named FROM blob WHERE whole = 1)";
    let number = |r: &rusqlite::Row<'_>, at: usize| -> rusqlite::Result<u64> { Ok(log::unsigned(r.get(at)?)) };
    let found = c
        .prepare_cached(sql)?
        .query_row([], |r| Ok(BlobUsage { files: number(r, 0)?, bytes: number(r, 1)?, waiting: number(r, 2)?, waiting_bytes: number(r, 3)? }))?;
    Ok(if role == Role::Hub { BlobUsage { waiting: 0, waiting_bytes: 0, ..found } } else { found })
}

pub(super) fn counts(c: &Connection, role: Role) -> Result<serde_json::Value> {
    let states = states(c, None)?;
    let count = |which: &dyn Fn(&BlobState) -> bool| states.iter().filter(|state| which(state)).count();
    let waiting = if role == Role::Hub { 0 } else { count(&|s| s.here && !s.kept) };
    let bytes: u64 = states.iter().filter(|s| s.here).map(|s| s.bytes).sum();
    Ok(
        json!({ "here": count(&|s| s.here), "bytes": bytes, "missing": count(&|s| !s.here), "waiting": waiting, "asked": count(&|s| s.wanted && !s.here) }),
    )
}

impl Replica {
    /// Every blob that should be here is, and its bytes are what its name says.
    pub(in crate::replica) fn check_blobs(&self, c: &Connection, out: &mut Verified) -> Result<()> {
        let mut statement = c.prepare("SELECT hash FROM blob WHERE whole = 1")?;
        let hashes: Vec<BlobHash> = statement.query_map([], |r| Ok(BlobHash(r.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
        for hash in hashes {
            match self.files.vault.read(hash, length_of(c, hash)?.unwrap_or(0)) {
                Ok(_) => out.blobs += 1,
                Err(error) => out.problems.push(format!("blob {hash}: {error}")),
            }
        }
        Ok(())
    }
}
