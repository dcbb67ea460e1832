//! What was refused, here or by a peer: kept with its reason, counted once in the space's digest, and told to every peer that shares the space.
//!
//! Invariants: a hash counts once, whether the log or a refusal holds it; what was refused for the sake of its *batch* (signature, origin, scope) is let in when
//! it comes under a good one; bodies are bounded ([`bodies`]), hashes and reasons stay; a node's word never takes anything out of the county's documents, and counts only in spaces which that node may write.

mod bodies;

use super::{Replica, Result, Role, scope};
use crate::{
    document::Refusal,
    model::{ChangeHash, DocId, OriginId, Space},
    store::log::{self, Appender, SpaceN},
    sync::engine::{Peer, Refused},
};
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};

/// Why a batch is refused, or a change because of the batch it came in: says nothing of the change itself.
pub const BATCH_CODES: [&str; 7] = ["unknown-origin", "revoked-origin", "out-of-scope", "bad-signature", "batch-too-large", "actor-prefix", "hash"];
/// The id of the document belongs to another space.
pub const OTHER_SPACE: &str = "other-space";

/// Sessions in which a peer is told of a refusal, the one in which it happened included.
const TELLINGS: i64 = 3;
/// Most verdicts fetched at once; the rest follows in the next session.
const VERDICTS_MAX: i64 = 4_000;
/// Most changes that are not here and that peers say they refused, a space: past it their digests are left to differ.
const HEARSAY_MAX: i64 = 10_000;

/// A change as its space knows it.
pub type Place = (DocId, ChangeHash);

/// Every code that may stand in quarantine, for tests of the catalogue.
pub fn codes() -> impl Iterator<Item = &'static str> {
    BATCH_CODES.into_iter().chain([OTHER_SPACE]).chain(Refusal::ALL.iter().map(|refusal| refusal.code()))
}

/// True if the change itself was judged: it is refused whoever brings it.
#[must_use]
pub fn is_final(code: &str) -> bool {
    !BATCH_CODES.contains(&code)
}

/// A refusal about to be kept.
#[derive(Debug)]
pub struct Keeping<'a> {
    /// Who brought it.
    pub source: OriginId,
    /// Who signed it, or is said to have.
    pub origin: Option<OriginId>,
    /// Its document and hash.
    pub place: Place,
    /// Why.
    pub code: &'a str,
    /// False for what is none of the space's business: it is kept, and neither counted nor told to others.
    pub counts: bool,
    /// The chunk.
    pub bytes: &'a [u8],
}

/// The refusals of one space during a job.
#[derive(Debug, Default)]
pub struct Refusals {
    here: HashSet<Place>,
    judged: HashMap<Place, String>,
    counted: HashSet<Place>,
    bodies: bodies::Bodies,
}

impl Refusals {
    /// Reads them. A node believes the county's refusals like its own.
    ///
    /// # Errors
    /// The store's.
    pub fn load(c: &Connection, space: SpaceN, role: Role) -> Result<Self> {
        let mut statement =
            c.prepare_cached("SELECT doc, hash, side = 'here', code, counted, source, length(bytes) FROM quarantine WHERE space = ?1")?;
        let mut rows = statement.query([space.0])?;
        let mut out = Self::default();
        while let Some(row) = rows.next()? {
            let place = (DocId(row.get(0)?), ChangeHash(row.get(1)?));
            let (here, code, counted): (bool, String, bool) = (row.get(2)?, row.get(3)?, row.get(4)?);
            if here {
                out.here.insert(place);
                if let (Some(source), Some(length)) = (row.get::<_, Option<[u8; 8]>>(5)?, row.get::<_, Option<i64>>(6)?) {
                    out.bodies.found(OriginId(source), log::unsigned(length));
                }
            }
            if counted {
                out.counted.insert(place);
            }
            if is_final(&code) && (here || role != Role::Hub) {
                out.judged.insert(place, code);
            }
        }
        Ok(out)
    }

    /// Why this change was refused for good, if it was.
    #[must_use]
    pub fn judged(&self, place: &Place) -> Option<&str> {
        self.judged.get(place).map(String::as_str)
    }

    /// Keeps a refusal; true if the space's peers are to hear of something new.
    ///
    /// # Errors
    /// The store's.
    pub fn keep(&mut self, c: &Connection, log: &mut Appender, refused: &Keeping<'_>, now: &str) -> Result<bool> {
        let (doc, hash) = refused.place;
        tell_once(c, log.space(), refused.source, refused.place)?;
        let known = self.here.contains(&refused.place);
        if known && (!is_final(refused.code) || self.judged.contains_key(&refused.place)) {
            return Ok(false);
        }
        // What stands in the log, refused after it was admitted, is counted there: a peer that ships it once more does not make it two.
        let counts = refused.counts && log::find_change(c, log.space(), doc, hash)?.is_none() && self.counted.insert(refused.place);
        c.prepare_cached(
            "INSERT INTO quarantine(space, doc, hash, side, source, origin, code, at, counted, tell, bytes) VALUES(?1, ?2, ?3, 'here', ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT DO UPDATE SET code = excluded.code, counted = max(counted, excluded.counted), tell = max(tell, excluded.tell)",
        )?
        .execute(params![
            log.space().0,
            &doc.0[..],
            &hash.0[..],
            &refused.source.0[..],
            refused.origin.map(|origin| origin.0.to_vec()),
            refused.code,
            now,
            counts,
            refused.counts,
            refused.bytes
        ])?;
        if counts {
            log.count_in(doc, hash);
        }
        if !known {
            self.bodies.put(c, log.space(), refused)?;
        }
        self.here.insert(refused.place);
        if is_final(refused.code) {
            self.judged.insert(refused.place, refused.code.to_owned());
        }
        tracing::warn!(code = refused.code, doc = %doc, "a change from a peer was refused and kept in quarantine");
        Ok(refused.counts)
    }

    /// The change is being let in after all; true if the digest counts it already.
    ///
    /// # Errors
    /// The store's.
    pub fn let_in(&mut self, c: &Connection, space: SpaceN, place: Place, now: &str) -> Result<bool> {
        if !self.here.remove(&place) && !self.counted.contains(&place) {
            return Ok(false);
        }
        c.prepare_cached("UPDATE quarantine SET counted = 0, tell = 0, settled = coalesce(settled, ?4) WHERE space = ?1 AND doc = ?2 AND hash = ?3")?
            .execute(params![space.0, &place.0.0[..], &place.1.0[..], now])?;
        Ok(self.counted.remove(&place))
    }
}

/// Notes that `peer` has been told of a refusal in one session more.
fn tell_once(c: &Connection, space: SpaceN, peer: OriginId, (doc, hash): Place) -> Result<()> {
    c.prepare_cached("INSERT INTO told(peer, space, doc, hash, times) VALUES(?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE SET times = times + 1")?
        .execute(params![&peer.0[..], space.0, &doc.0[..], &hash.0[..]])?;
    Ok(())
}

impl Replica {
    /// Refusals that `peer` is to be told of now; see [`crate::sync::engine::Engine::verdicts`].
    pub(super) fn untold(&self, peer: &Peer, again: bool) -> Result<Vec<(Space, Refused)>> {
        let (origin, below, role) = (peer.origin, if again { TELLINGS } else { 1 }, self.me.role);
        let found = self.store.read(|c| -> Result<Vec<(SpaceN, Vec<u8>, Refused)>> {
            let mut statement = c.prepare_cached(
                "SELECT q.space, s.code, q.doc, q.hash, q.code FROM quarantine q JOIN space s ON s.id = q.space
                 LEFT JOIN told t ON t.peer = ?1 AND t.space = q.space AND t.doc = q.doc AND t.hash = q.hash
                 WHERE q.tell = 1 AND coalesce(t.times, 0) < ?2 ORDER BY q.at LIMIT ?3",
            )?;
            let rows = statement.query_map(params![&origin.0[..], below, VERDICTS_MAX], |r| {
                Ok((SpaceN(r.get(0)?), r.get(1)?, Refused { doc: DocId(r.get(2)?), hash: ChangeHash(r.get(3)?), code: r.get(4)? }))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        let mine: Vec<(SpaceN, Space, Refused)> = found
            .into_iter()
            .filter_map(|(n, code, refused)| Some((n, Space::from_bytes(&code)?, refused)))
            .filter(|(_, space, _)| scope::shared(role, peer, *space))
            .collect();
        if mine.is_empty() {
            return Ok(Vec::new());
        }
        self.store.write(move |c| -> Result<_> {
            for (n, _, refused) in &mine {
                tell_once(c, *n, origin, (refused.doc, refused.hash))?;
            }
            Ok(mine.into_iter().map(|(_, space, refused)| (space, refused)).collect())
        })
    }

    /// What `peer` says it refused is kept, and counted where it is not here. Gives the documents that have to be rebuilt without it.
    pub(super) fn hear(&self, peer: &Peer, space: Space, refused: &[Refused]) -> Result<Vec<DocId>> {
        // A node hears the county, the only judge besides itself; of a node the hub believes only what concerns the node's own space.
        let judge = self.me.role != Role::Hub;
        let speaker = Speaker { judge, concerned: judge || scope::may_bring(self.me.role, peer, space) };
        let (origin, now, heard) = (peer.origin, self.now_text(), refused.to_vec());
        let counted = self.store.write(move |c| -> Result<u64> {
            let mut log = Appender::open(c, space)?;
            let mut counted = 0;
            for one in &heard {
                counted += u64::from(hear_one(c, &mut log, origin, one, speaker, &now)?);
            }
            log.finish(c)?;
            Ok(counted)
        })?;
        if counted > 0 {
            self.tell_refusal(space);
        }
        let roots = refused.iter().filter(|one| judge && is_final(&one.code));
        Ok(roots.map(|one| one.doc).collect::<HashSet<_>>().into_iter().collect())
    }
}

/// What the word of the one who refused is worth.
#[derive(Clone, Copy, Debug)]
struct Speaker {
    /// It is the county.
    judge: bool,
    /// It may write in the space.
    concerned: bool,
}

/// True if the digest counts it from now on.
fn hear_one(c: &Connection, log: &mut Appender, from: OriginId, one: &Refused, speaker: Speaker, now: &str) -> Result<bool> {
    let n = log.space();
    let found = log::find_change(c, n, one.doc, one.hash)?;
    let (stands, own) = (found.is_some(), found == Some(true));
    if !stands && !speaker.concerned {
        return Ok(false);
    }
    let place = params![n.0, &one.doc.0[..], &one.hash.0[..]];
    let known: bool =
        c.prepare_cached("SELECT EXISTS(SELECT 1 FROM quarantine WHERE space = ?1 AND doc = ?2 AND hash = ?3)")?.query_row(place, |r| r.get(0))?;
    if !stands && !known {
        let held: i64 = c.prepare_cached("SELECT count(*) FROM quarantine WHERE space = ?1 AND side = 'there'")?.query_row([n.0], |r| r.get(0))?;
        if held >= HEARSAY_MAX {
            tracing::warn!(doc = %one.doc, "too many refusals of changes that are not here; this one is not kept");
            return Ok(false);
        }
    }
    let counts = !stands && !known;
    // What never was here, and on a node what others wrote, awaits nobody here: its writer's machine shows it.
    c.prepare_cached(
        "INSERT OR IGNORE INTO quarantine(space, doc, hash, side, source, code, at, counted, tell, settled) VALUES(?1, ?2, ?3, 'there', ?4, ?5, ?6, ?7, ?7, ?8)",
    )?
    .execute(params![n.0, &one.doc.0[..], &one.hash.0[..], &from.0[..], one.code, now, counts, (counts || (speaker.judge && !own)).then_some(now)])?;
    c.prepare_cached("INSERT OR REPLACE INTO told(peer, space, doc, hash, times) VALUES(?1, ?2, ?3, ?4, ?5)")?.execute(params![
        &from.0[..],
        n.0,
        &one.doc.0[..],
        &one.hash.0[..],
        TELLINGS
    ])?;
    if counts {
        log.count_in(one.doc, one.hash);
    }
    Ok(counts)
}
