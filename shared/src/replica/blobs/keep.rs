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

/// May `peer` have it? A school writes what its own records name, so naming alone opens nothing: it must have shown that it has the file, on whichever of its
/// machines. What internal records name as well goes out only if the county itself names it to the school or to all.
pub(super) fn is_for(c: &Connection, me: Role, peer: &Peer, hash: BlobHash) -> Result<bool, StoreError> {
    let spaces = spaces(c, hash)?;
    let internal = spaces.iter().any(|space| space.kind == SpaceKind::Internal);
    let own_name_opens = !internal && is_shown(c, me, peer, hash)?;
    Ok(spaces.into_iter().any(|space| scope::shared(me, peer, space) && (own_name_opens || space.kind != SpaceKind::School)))
}

/// Has this school shown the county that it has the blob? A node knows only what it may have.
pub(super) fn is_shown(c: &Connection, me: Role, peer: &Peer, hash: BlobHash) -> Result<bool, StoreError> {
    let (Role::Hub, Some(school)) = (me, peer.school) else { return Ok(true) };
    Ok(c.prepare_cached("SELECT 1 FROM blob_source WHERE school = ?1 AND hash = ?2")?.exists((school.to_string(), hash.0))?)
}

/// A school has shown that it has the blob, or was given it by the county.
pub(super) fn note_source(c: &Connection, school: SchoolCode, hash: BlobHash, bytes: u64) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO blob_source(hash, school, bytes) VALUES(?1, ?2, ?3)";
    c.prepare_cached(sql)?.execute((hash.0, school.to_string(), log::signed(bytes)))?;
    Ok(())
}

/// A blob that a shared record names and that is not whole here.
struct Lacking {
    attachment: Attachment,
    thumbnail: bool,
    wanted: bool,
}

/// Each once. What is read grows with what is lacking, not with what there is.
fn lacking(c: &Connection, me: Role, peer: &Peer) -> Result<Vec<Lacking>, StoreError> {
    let mut statement = c.prepare_cached(
        "SELECT b.hash, r.bytes, r.name, b.thumbnail, b.wanted, s.code FROM blob b INDEXED BY blob_lacking
         CROSS JOIN blob_ref r ON r.hash = b.hash JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space WHERE b.whole = 0",
    )?;
    let mut rows = statement.query([])?;
    let (mut out, mut seen) = (Vec::new(), BTreeSet::new());
    while let Some(r) = rows.next()? {
        let code: [u8; 11] = r.get(5)?;
        let hash = BlobHash(r.get(0)?);
        if Space::from_bytes(&code).is_some_and(|space| scope::shared(me, peer, space)) && seen.insert(hash) {
            let attachment = Attachment { hash, bytes: log::unsigned(r.get(1)?), name: r.get(2)? };
            out.push(Lacking { attachment, thumbnail: r.get(3)?, wanted: r.get(4)? });
        }
    }
    Ok(out)
}

/// Bytes of whole files that count against the quota: at the hub those of the peer's school.
fn taken(c: &Connection, me: Role, peer: &Peer) -> Result<u64, StoreError> {
    let sum: i64 = match (me, peer.school) {
        (Role::Hub, Some(school)) => {
            c.prepare_cached("SELECT coalesce(sum(bytes), 0) FROM blob_source WHERE school = ?1")?.query_row([school.to_string()], |r| r.get(0))?
        }
        _ => c.prepare_cached("SELECT coalesce(sum(bytes), 0) FROM blob WHERE whole = 1")?.query_row([], |r| r.get(0))?,
    };
    Ok(log::unsigned(sum))
}

/// What to ask `peer` for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    /// Asked in vain.
    pub(super) besides: &'a BTreeSet<(BlobHash, Part)>,
    /// What the peer says it has, and was not told to be safe.
    pub(super) offered: &'a BTreeSet<BlobHash>,
    /// At most so much.
    pub(super) limit: usize,
}

/// What is lacking here: thumbnails, then whole files, small ones first. A school's files beyond its quota are not asked for. A file that is here from another
/// school is asked of this one too: of all but one piece it is known that they are here, so that is what it costs to show that it has the file.
pub(super) fn wishes(c: &Connection, me: Role, peer: &Peer, asking: Asking<'_>) -> Result<Vec<Wish>, StoreError> {
    let limits = super::limits(c)?;
    let mut lacking = lacking(c, me, peer)?;
    lacking.sort_by_key(|one| one.attachment.bytes);
    let every = me == Role::Hub || limits.whole;
    let mut room = (limits.quota_mib << 20).saturating_sub(if lacking.is_empty() { 0 } else { taken(c, me, peer)? });
    let (mut small, mut whole) = (Vec::new(), Vec::new());
    for Lacking { attachment, wanted, thumbnail } in &lacking {
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
    for hash in asking.offered {
        if let Some(bytes) = length_of(c, *hash)?
            && !is_shown(c, me, peer, *hash)?
            && is_named(c, me, peer, *hash)?
        {
            whole.push(Wish { hash: *hash, part: Part::Whole, bytes });
        }
    }
    Ok(small.into_iter().chain(whole).filter(|wish| !asking.besides.contains(&(wish.hash, wish.part))).take(asking.limit).collect())
}

/// Whole here, named by a record that the peer shares, and not known to be at the county.
pub(super) fn unconfirmed(c: &Connection, me: Role, peer: &Peer, limit: usize) -> Result<Vec<BlobHash>, StoreError> {
    if me == Role::Hub {
        return Ok(Vec::new());
    }
    let mut statement = c.prepare_cached("SELECT hash FROM blob INDEXED BY blob_unkept WHERE whole = 1 AND kept = 0")?;
    let hashes: Vec<BlobHash> = statement.query_map([], |r| Ok(BlobHash(r.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut out = Vec::new();
    for hash in hashes {
        if out.len() < limit && is_named(c, me, peer, hash)? {
            out.push(hash);
        }
    }
    Ok(out)
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
    let number = |sql: &str| -> Result<u64> { Ok(log::unsigned(c.prepare_cached(sql)?.query_row([], |r| r.get(0))?)) };
    let named = "EXISTS (SELECT 1 FROM blob_ref r WHERE r.hash = blob.hash)";
    let here = number(&format!("SELECT count(*) FROM blob WHERE whole = 1 AND {named}"))?;
    let bytes = number(&format!("SELECT coalesce(sum(bytes), 0) FROM blob WHERE whole = 1 AND {named}"))?;
    let missing = number(&format!("SELECT count(*) FROM blob WHERE whole = 0 AND {named}"))?;
    let asked = number(&format!("SELECT count(*) FROM blob WHERE whole = 0 AND wanted = 1 AND {named}"))?;
    let asked_bytes =
        number("SELECT coalesce(sum((SELECT max(r.bytes) FROM blob_ref r WHERE r.hash = blob.hash)), 0) FROM blob WHERE whole = 0 AND wanted = 1")?;
    let (waiting, waiting_bytes) = if role == Role::Hub {
        (0, 0)
    } else {
        let unkept = format!("FROM blob INDEXED BY blob_unkept WHERE whole = 1 AND kept = 0 AND {named}");
        (number(&format!("SELECT count(*) {unkept}"))?, number(&format!("SELECT coalesce(sum(bytes), 0) {unkept}"))?)
    };
    Ok(json!({
        "here": here, "bytes": bytes, "missing": missing, "waiting": waiting, "waiting_bytes": waiting_bytes, "asked": asked, "asked_bytes": asked_bytes,
    }))
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
