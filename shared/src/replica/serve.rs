//! The replica as a sync session sees it: [`Engine`].
//!
//! INV: every call passes [`scope::shared`]; a space outside the peer's scope is answered as if it did not exist.

use super::{Replica, Result, Role, scope};
use crate::{
    identity,
    model::{Actor, ChangeHash, DocId, OriginId, ReplicaId, SchoolYear, Space},
    store::log::{self, DocN, SpaceN},
    sync::{
        codec, digest,
        engine::{Batch, Engine, EngineError, OutChange, Outgoing, Parcel, Peer, Receipt, Refused, SpaceState},
    },
};
use rusqlite::{Connection, params};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// A replica shared by sessions, desks and commands.
#[derive(Clone, Debug)]
pub struct Served(pub Arc<Replica>);

fn fail(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}

/// A page of fingerprints, and whether nothing follows.
type Fingerprints = (Vec<(DocId, [u8; 16])>, bool);
type Vectors = Vec<(DocId, Vec<(Actor, u64)>)>;

impl Engine for Served {
    fn replica(&self) -> ReplicaId {
        self.0.id
    }

    fn spaces(&self, peer: &Peer) -> std::result::Result<Vec<SpaceState>, EngineError> {
        self.0.spaces_for(peer).map_err(fail)
    }

    fn outgoing(&self, peer: &Peer, space: Space, after: u64, bytes: usize, echo: bool) -> std::result::Result<Outgoing, EngineError> {
        if !scope::shared(self.0.me.role, peer, space) {
            return Ok(Outgoing { to: after, head: after, parcel: Parcel::default() });
        }
        if !scope::may_send(self.0.me.role, peer, space) {
            // Nothing of it is for the peer: its cursor moves to the head with empty hands.
            let head = self.0.head_of(space).map_err(fail)?;
            return Ok(Outgoing { to: head.max(after), head: head.max(after), parcel: Parcel::default() });
        }
        self.0.outgoing(peer.origin, space, after, bytes, echo).map_err(fail)
    }

    fn admit(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64, parcel: Parcel) -> std::result::Result<Receipt, EngineError> {
        self.0.admit_parcel(peer, from, space, to, parcel).map_err(fail)
    }

    fn acknowledged(
        &self,
        peer: &Peer,
        by: ReplicaId,
        space: Space,
        lsn: u64,
        parked: &[(DocId, ChangeHash)],
        refused: &[Refused],
    ) -> std::result::Result<(), EngineError> {
        if !parked.is_empty() {
            tracing::info!(count = parked.len(), "the other side keeps changes aside until what they depend on arrives");
        }
        self.0.acknowledged(peer, by, space, lsn, refused).map_err(fail)
    }

    fn advance(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64) -> std::result::Result<(), EngineError> {
        if !scope::shared(self.0.me.role, peer, space) {
            return Ok(());
        }
        let (origin, now) = (peer.origin, self.0.now_text());
        let moved: Result<()> = self.0.store.write(move |c| {
            let n = log::space_n(c, space)?;
            log::move_cursor(c, n, origin, from, None, Some(to), &now)?;
            Ok(())
        });
        moved.map_err(fail)
    }

    fn verdicts(&self, peer: &Peer, again: bool) -> std::result::Result<Vec<(Space, Refused)>, EngineError> {
        self.0.untold(peer, again).map_err(fail)
    }

    fn fingerprints(
        &self,
        peer: &Peer,
        space: Space,
        after: Option<DocId>,
        limit: usize,
    ) -> std::result::Result<(Vec<(DocId, [u8; 16])>, bool), EngineError> {
        if !scope::shared(self.0.me.role, peer, space) {
            return Ok((Vec::new(), true));
        }
        self.0.store.read(|c| fingerprints(c, space, after, limit)).map_err(fail)
    }

    fn actors(&self, peer: &Peer, space: Space, docs: &[DocId]) -> std::result::Result<Vectors, EngineError> {
        if !scope::shared(self.0.me.role, peer, space) {
            return Ok(Vec::new());
        }
        let answer: Result<Vectors> = self.0.store.read(|c| {
            let mut out = Vec::new();
            for (id, n) in numbers(c, space, docs)? {
                let mut vector: Vec<_> = log::actors_of(c, n)?.into_iter().collect();
                vector.sort_unstable();
                out.push((id, vector));
            }
            Ok(out)
        });
        answer.map_err(fail)
    }

    fn lacking(
        &self,
        peer: &Peer,
        space: Space,
        theirs: &[(DocId, Vec<(Actor, u64)>)],
        skip: usize,
        bytes: usize,
    ) -> std::result::Result<(Parcel, bool), EngineError> {
        if !scope::may_send(self.0.me.role, peer, space) {
            return Ok((Parcel::default(), true));
        }
        self.0.lacking(space, theirs, skip, bytes).map_err(fail)
    }

    fn certificates(&self, origins: &[OriginId]) -> std::result::Result<Vec<Vec<u8>>, EngineError> {
        let answer: Result<Vec<Vec<u8>>> = self.0.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT certificate FROM origin WHERE id = ?1")?;
            let mut out = Vec::new();
            for origin in origins {
                let mut rows = statement.query([&origin.0[..]])?;
                if let Some(row) = rows.next()? {
                    out.push(row.get(0)?);
                }
            }
            Ok(out)
        });
        answer.map_err(fail)
    }

    fn learn(&self, certificates: &[Vec<u8>]) -> std::result::Result<bool, EngineError> {
        for certificate in certificates {
            if !self.0.learn_origin(certificate).map_err(fail)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn welcome(&self, peer: &Peer) -> bool {
        self.0.origin_facts(peer.origin).is_some_and(|known| !known.revoked)
    }

    fn shelf(&self) -> Option<&dyn crate::sync::courier::Shelf> {
        Some(self)
    }
}

impl Replica {
    fn spaces_for(&self, peer: &Peer) -> Result<Vec<SpaceState>> {
        let role = self.me.role;
        let school = match role {
            Role::Node(school) => Some(school),
            Role::Hub => peer.school,
        };
        // The spaces of this year exist from the first HELLO on, so that both sides list them before anything is in them.
        let year = SchoolYear::of(self.clock.today());
        let expected: Vec<Space> = year
            .into_iter()
            .flat_map(|year| {
                let scoped = school.into_iter().flat_map(move |school| [Space::county_school(school, year), Space::school(school, year)]);
                std::iter::once(Space::published(year)).chain(scoped)
            })
            .collect();
        let missing: Vec<Space> = self.store.read(|c| -> Result<Vec<Space>> {
            let mut out = Vec::new();
            for space in &expected {
                if log::find_space(c, *space)?.is_none() {
                    out.push(*space);
                }
            }
            Ok(out)
        })?;
        if !missing.is_empty() {
            self.store.write(move |c| -> Result<()> { missing.iter().try_for_each(|space| Ok(log::space_n(c, *space).map(|_| ())?)) })?;
        }
        self.store.read(|c| {
            let mut out = Vec::new();
            for (n, space) in log::spaces(c)? {
                if scope::shared(role, peer, space) {
                    out.push(log::state_for(c, n, space, peer.origin)?);
                }
            }
            // Definitions first: what a record means should be known before the record; then newest years first.
            out.sort_by_key(|state| (space_rank(state.space), std::cmp::Reverse(state.space.year)));
            Ok(out)
        })
    }

    fn head_of(&self, space: Space) -> Result<u64> {
        self.store.read(|c| match log::find_space(c, space)? {
            Some(n) => Ok(log::space_end(c, n)?.0),
            None => Ok(0),
        })
    }

    fn outgoing(&self, peer: OriginId, space: Space, after: u64, bytes: usize, echo: bool) -> Result<Outgoing> {
        let skip = (!echo).then_some(peer);
        let found = self.store.read(|c| -> Result<_> {
            let Some(n) = log::find_space(c, space)? else { return Ok(None) };
            let (head, _, _) = log::space_end(c, n)?;
            if after >= head {
                return Ok(Some((n, head, head, Vec::new(), false)));
            }
            let (to, shipments) = log::behind(c, n, after, bytes, skip)?;
            let unsigned = match shipments.iter().rev().find(|s| s.own) {
                Some(last_own) => log::own_batch_of(c, n, last_own.lsn)?.is_none(),
                None => false,
            };
            Ok(Some((n, head.max(to), to, shipments, unsigned)))
        })?;
        let Some((n, head, to, shipments, unsigned)) = found else {
            return Ok(Outgoing { to: after, head: after, parcel: Parcel::default() });
        };
        if unsigned {
            self.sign_up_to(space, n, to)?;
        }
        let parcel = self.store.read(|c| bundle(c, n, shipments))?;
        Ok(Outgoing { to, head, parcel })
    }

    /// Gathers own changes up to `to` that no batch holds yet into batches of at most [`codec::BATCH_MEMBERS_MAX`], and signs them.
    fn sign_up_to(&self, space: Space, n: SpaceN, to: u64) -> Result<()> {
        loop {
            let (lo, hi, members) = self.store.read(|c| -> Result<_> {
                let signed: i64 =
                    c.prepare_cached("SELECT coalesce(max(hi), 0) FROM batch WHERE space = ?1 AND own = 1")?.query_row([n.0], |r| r.get(0))?;
                let lo = log::unsigned(signed) + 1;
                let hi = log::own_batch_end(c, n, lo, to, codec::BATCH_MEMBERS_MAX)?;
                Ok((lo, hi, log::own_members(c, n, lo, hi)?))
            })?;
            if members.is_empty() {
                return Ok(());
            }
            let mut sorted = members;
            sorted.sort_unstable();
            sorted.dedup();
            let signature = identity::batch::sign(&self.me.keypair, &codec::batch_message(space, &sorted));
            let origin = self.origin();
            self.store.write(move |c| -> Result<()> {
                // Two sessions may have come here at once; the second finds the range taken.
                if log::own_batch_of(c, n, hi)?.is_none() && log::own_batch_of(c, n, lo)?.is_none() {
                    log::insert_own_batch(c, n, origin, &signature, lo, hi)?;
                }
                Ok(())
            })?;
        }
    }

    fn acknowledged(self: &Arc<Self>, peer: &Peer, by: ReplicaId, space: Space, lsn: u64, refused: &[Refused]) -> Result<()> {
        if !scope::shared(self.me.role, peer, space) {
            return Ok(());
        }
        // What this replica never ships on its own account is the county's: a refusal of it takes nothing out of a document here.
        let refused: &[Refused] = if scope::may_send(self.me.role, peer, space) { refused } else { &[] };
        let docs = if refused.is_empty() { Vec::new() } else { self.hear(peer, space, refused)? };
        if lsn > 0 {
            let (origin, now) = (peer.origin, self.now_text());
            self.store.write(move |c| -> Result<()> {
                let n = log::space_n(c, space)?;
                Ok(log::move_cursor(c, n, origin, by, Some(lsn), None, &now)?)
            })?;
        }
        if !docs.is_empty()
            && let Err(error) = self.repair(space, &docs)
        {
            // The refusal is kept and told again in the next session; ending this one would hold up everything else.
            tracing::error!(%error, "a document could not be rebuilt without what was refused");
        }
        Ok(())
    }

    fn lacking(&self, space: Space, theirs: &[(DocId, Vec<(Actor, u64)>)], skip: usize, bytes: usize) -> Result<(Parcel, bool)> {
        if let Some(n) = self.store.read(|c| log::find_space(c, space))? {
            let head = self.store.read(|c| log::space_end(c, n))?.0;
            self.sign_up_to(space, n, head)?;
        }
        self.store.read(|c| {
            let Some(n) = log::find_space(c, space)? else { return Ok((Parcel::default(), true)) };
            let docs: Vec<DocId> = theirs.iter().map(|(doc, _)| *doc).collect();
            let known: HashMap<DocId, HashMap<Actor, u64>> = theirs.iter().map(|(doc, v)| (*doc, v.iter().copied().collect())).collect();
            let (mut wanted, mut seen, mut taken, mut complete) = (Vec::new(), 0usize, 0usize, true);
            'docs: for (id, doc) in numbers(c, space, &docs)? {
                for change in log::history(c, doc, 0, false)? {
                    let aseq = aseq_of(c, n, change.lsn)?;
                    if known.get(&id).and_then(|v| v.get(&change.actor)).is_some_and(|have| *have >= aseq) {
                        continue;
                    }
                    seen += 1;
                    if seen <= skip {
                        continue;
                    }
                    if taken > 0 && taken + change.bytes.len() > bytes {
                        complete = false;
                        break 'docs;
                    }
                    taken += change.bytes.len();
                    wanted.push(change.lsn);
                }
            }
            Ok((parcel_of_lsns(c, n, &wanted)?, complete))
        })
    }
}

fn space_rank(space: Space) -> u8 {
    use crate::model::SpaceKind;
    match space.kind {
        SpaceKind::Published => 0,
        SpaceKind::CountySchool => 1,
        SpaceKind::School => 2,
        SpaceKind::Internal => 3,
    }
}

fn aseq_of(c: &Connection, n: SpaceN, lsn: u64) -> Result<u64> {
    Ok(log::unsigned(
        c.prepare_cached("SELECT aseq FROM change WHERE space = ?1 AND lsn = ?2")?.query_row(params![n.0, log::signed(lsn)], |r| r.get(0))?,
    ))
}

/// The documents asked that are in `space`, with their local numbers.
fn numbers(c: &Connection, space: Space, docs: &[DocId]) -> Result<Vec<(DocId, DocN)>> {
    let Some(n) = log::find_space(c, space)? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for id in docs {
        if let Some((doc, home)) = log::find_doc(c, *id)?
            && home == n
        {
            out.push((*id, doc));
        }
    }
    Ok(out)
}

fn fingerprints(c: &Connection, space: Space, after: Option<DocId>, limit: usize) -> Result<Fingerprints> {
    let Some(n) = log::find_space(c, space)? else { return Ok((Vec::new(), true)) };
    let after = after.map_or_else(Vec::new, |doc| doc.0.to_vec());
    let mut statement = c.prepare_cached("SELECT n, id FROM doc WHERE space = ?1 AND id > ?2 ORDER BY id LIMIT ?3")?;
    let rows = statement.query_map(params![n.0, after, i64::try_from(limit).unwrap_or(i64::MAX)], |r| Ok((DocN(r.get(0)?), DocId(r.get(1)?))))?;
    let mut out = Vec::new();
    for row in rows {
        let (doc, id) = row?;
        let hashes: Vec<ChangeHash> = c
            .prepare_cached("SELECT hash FROM change INDEXED BY change_doc WHERE doc = ?1")?
            .query_map([doc.0], |r| Ok(ChangeHash(r.get(0)?)))?
            .chain(
                c.prepare_cached("SELECT q.hash FROM quarantine q WHERE q.space = ?1 AND q.doc = ?2 AND q.counted = 1")?
                    .query_map(params![n.0, &id.0[..]], |r| Ok(ChangeHash(r.get(0)?)))?,
            )
            .collect::<rusqlite::Result<_>>()?;
        out.push((id, digest::fingerprint(space, id, hashes)));
    }
    let last = out.len() < limit;
    Ok((out, last))
}

fn parcel_of_lsns(c: &Connection, n: SpaceN, lsns: &[u64]) -> Result<Parcel> {
    let mut shipments = Vec::with_capacity(lsns.len());
    for lsn in lsns {
        let (_, found) = log::behind(c, n, lsn - 1, 1, None)?;
        shipments.extend(found.into_iter().filter(|s| s.lsn == *lsn));
    }
    bundle(c, n, shipments)
}

fn bundle(c: &Connection, n: SpaceN, shipments: Vec<log::Shipment>) -> Result<Parcel> {
    let mut index: HashMap<i64, u32> = HashMap::new();
    let mut order = Vec::new();
    let mut changes: Vec<OutChange> = Vec::with_capacity(shipments.len());
    let mut range: Option<(log::BatchN, u64, u64)> = None;
    for mut shipment in shipments {
        let batch = match shipment.batch {
            Some(batch) => batch,
            None => match range.filter(|(_, lo, hi)| (*lo..=*hi).contains(&shipment.lsn)) {
                Some((batch, _, _)) => batch,
                // Own change that no batch holds: nothing vouches for it yet, it goes with the next shipment.
                None => match log::own_batch_of(c, n, shipment.lsn)? {
                    Some(found) => {
                        range = Some(found);
                        found.0
                    }
                    None => continue,
                },
            },
        };
        let at = *index.entry(batch.0).or_insert_with(|| {
            order.push(batch);
            u32::try_from(order.len() - 1).unwrap_or(u32::MAX)
        });
        shipment.change.batch = at;
        changes.push(shipment.change);
    }
    let mut included: Vec<HashSet<(DocId, ChangeHash)>> = vec![HashSet::new(); order.len()];
    for change in &changes {
        if let Some(set) = included.get_mut(change.batch as usize) {
            set.insert((change.doc, change.hash));
        }
    }
    let batches: Vec<Batch> = order.iter().zip(&included).map(|(batch, set)| log::batch_for(c, *batch, set)).collect::<log::Result<_>>()?;
    Ok(Parcel { batches, changes })
}
