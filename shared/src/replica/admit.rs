//! T1: what a peer brings is judged, and kept in one FULL commit together with the cursor; only then is it acknowledged (INV).
//!
//! Outside the writer: signatures and parsing, so that several sessions use several cores. Inside: sequence, dependencies, insertion. Merging follows on its own (T2).
//! Nothing is wasted: what is refused goes to quarantine with its bytes and reason, what lacks a dependency is parked (bounded) and judged again.

use super::{
    Replica, Result, Role,
    refusals::{Keeping, OTHER_SPACE, Refusals},
    scope,
};
use crate::{
    document::{
        Parsed, Refusal,
        admission::{self, Verdict},
        rule,
    },
    identity,
    model::{ChangeHash, DocId, OriginId, ReplicaId, Space},
    store::{
        facts::Facts,
        log::{self, Appender, BatchN, DocN, NewChange},
    },
    sync::{
        codec,
        engine::{Batch, OutChange, Parcel, Peer, Receipt, Refused},
    },
};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashMap};

/// Most parked changes in a space: past it the session ends and is tried later, so that a peer cannot fill the disk with orphans.
pub const PARKED_MAX: u64 = 10_000;
/// Most bytes of them, for a change may have 256 KiB.
pub const PARKED_BYTES_MAX: u64 = 64 << 20;

/// A parcel after the part that needs no database.
struct Prepared {
    batches: Vec<Batch>,
    /// Whole-batch refusals by index: signature, scope, revocation.
    batch_refusals: Vec<Option<&'static str>>,
    changes: Vec<(OutChange, std::result::Result<Parsed<'static>, Refusal>)>,
    /// The peer may bring such changes; false: they are kept, and count for nothing.
    in_scope: bool,
}

/// One delivery as the writer job sees it.
struct Delivery {
    peer: OriginId,
    from: ReplicaId,
    space: Space,
    to: u64,
    prepared: Prepared,
    now: String,
    role: Role,
}

/// What the job found out.
struct Outcome {
    receipt: Receipt,
    docs: Vec<DocN>,
    /// Something was refused that others are to hear of.
    verdicts: bool,
}

impl Replica {
    /// See [`crate::sync::engine::Engine::admit`].
    ///
    /// # Errors
    /// The store's; too many parked changes.
    pub fn admit_parcel(&self, peer: &Peer, from: ReplicaId, space: Space, to: u64, parcel: Parcel) -> Result<Receipt> {
        let _arrival = self.merges.arrival();
        let prepared = if scope::may_bring(self.me.role, peer, space) { self.prepare(space, parcel) } else { refuse_all(parcel, "out-of-scope") };
        let delivery = Delivery { peer: peer.origin, from, space, to, prepared, now: self.now_text(), role: self.me.role };
        let outcome = self.store.write(move |c| receive(c, delivery))?;
        self.merges.add(&outcome.docs);
        if outcome.receipt.admitted > 0 {
            self.tell(space);
        }
        if outcome.verdicts {
            self.tell_refusal(space);
        }
        Ok(outcome.receipt)
    }

    fn prepare(&self, space: Space, parcel: Parcel) -> Prepared {
        let Parcel { batches, changes } = parcel;
        let mut members: Vec<Vec<(DocId, ChangeHash)>> = batches.iter().map(|batch| batch.holes.clone()).collect();
        for change in &changes {
            if let Some(list) = members.get_mut(change.batch as usize) {
                list.push((change.doc, change.hash));
            }
        }
        let batch_refusals = batches.iter().zip(&mut members).map(|(batch, list)| self.judge_batch(space, batch, list)).collect::<Vec<_>>();
        let changes = changes
            .into_iter()
            .map(|change| {
                let parsed = admission::parse(&change.bytes).map(head);
                (change, parsed)
            })
            .collect();
        Prepared { batches, batch_refusals, changes, in_scope: true }
    }

    fn judge_batch(&self, space: Space, batch: &Batch, members: &mut Vec<(DocId, ChangeHash)>) -> Option<&'static str> {
        let Some(known) = self.origin_facts(batch.origin) else { return Some("unknown-origin") };
        if known.revoked {
            return Some("revoked-origin");
        }
        if !scope::may_write(known.voice, space) {
            return Some("out-of-scope");
        }
        members.sort_unstable();
        members.dedup();
        // A larger one could not be relayed: split over frames, it could not name what is absent.
        if members.len() > codec::BATCH_MEMBERS_MAX {
            return Some("batch-too-large");
        }
        let message = codec::batch_message(space, members);
        (!identity::batch::verify(&known.public_key, &message, &batch.signature)).then_some("bad-signature")
    }
}

fn refuse_all(parcel: Parcel, code: &'static str) -> Prepared {
    let batch_refusals = vec![Some(code); parcel.batches.len()];
    let changes = parcel.changes.into_iter().map(|change| (change, Err(Refusal::Genesis))).collect();
    Prepared { batches: parcel.batches, batch_refusals, changes, in_scope: false }
}

/// A parsed change without its operations: what is left for the writer to judge.
fn head(parsed: Parsed<'_>) -> Parsed<'static> {
    let Parsed { hash, actor, aseq, start_op, max_op, deps, time_s, plain, operations: _ } = parsed;
    Parsed { hash, actor, aseq, start_op, max_op, deps, time_s, plain, operations: Vec::new() }
}

/// The writer's part.
fn receive(c: &Connection, delivery: Delivery) -> Result<Outcome> {
    let Delivery { peer, from, space, to, prepared, now, role } = delivery;
    let mut log = Appender::open(c, space)?;
    let before = log.head();
    let refusals = Refusals::load(c, log.space(), role)?;
    let mut desk = Desk {
        c,
        peer,
        now: &now,
        log: &mut log,
        refusals,
        in_scope: prepared.in_scope,
        verdicts: false,
        loosened: false,
        facts: HashMap::new(),
        batch_rows: vec![None; prepared.batches.len()],
        batches: &prepared.batches,
        touched: BTreeMap::new(),
        receipt: Receipt::default(),
        left_out: HashMap::new(),
    };
    for (change, parsed) in &prepared.changes {
        let whole = prepared.batch_refusals.get(change.batch as usize).copied().unwrap_or(Some("unknown-origin"));
        desk.one(change, parsed, whole)?;
    }
    desk.judge_parked()?;
    let (verdicts, loosened) = (desk.verdicts, desk.loosened);
    let (mut receipt, docs) = desk.close()?;
    let head = log.head();
    let n = log.space();
    log.finish(c)?;
    if to > 0 {
        log::move_cursor(c, n, peer, from, None, Some(to), &now)?;
    }
    receipt.head = head;
    // A parked change that came loose was brought by an earlier delivery, perhaps another peer's: this peer must be sent it, or told so.
    receipt.only_theirs = !loosened && head == before + receipt.admitted;
    Ok(Outcome { receipt, docs, verdicts })
}

/// The judging of one delivery.
struct Desk<'a, 'c> {
    c: &'c Connection,
    peer: OriginId,
    now: &'a str,
    log: &'a mut Appender,
    refusals: Refusals,
    in_scope: bool,
    verdicts: bool,
    loosened: bool,
    /// Admission state by document; `None`: the id belongs to another space.
    facts: HashMap<DocId, Option<Facts<'c>>>,
    batch_rows: Vec<Option<BatchN>>,
    batches: &'a [Batch],
    touched: BTreeMap<DocN, u64>,
    receipt: Receipt,
    left_out: HashMap<u32, Vec<(DocId, ChangeHash)>>,
}

/// A change that waits for what it depends on.
struct Parked {
    hash: ChangeHash,
    batch: Option<BatchN>,
    bytes: Vec<u8>,
    /// Who brought it.
    source: Option<OriginId>,
}

/// Stands for a document that does not exist yet: its facts are empty, and it is made by its first admitted change.
const NOT_YET: DocN = DocN(0);

impl Desk<'_, '_> {
    fn one(&mut self, change: &OutChange, parsed: &std::result::Result<Parsed<'static>, Refusal>, whole: Option<&'static str>) -> Result<()> {
        // What is here already is here, whoever brings it and however: refusing it would count it twice in the digest.
        if whole.is_some() && self.is_here(change)? {
            self.left_out.entry(change.batch).or_default().push((change.doc, change.hash));
            self.receipt.known += 1;
            return Ok(());
        }
        let parsed = match (whole, parsed) {
            (Some(code), _) => return self.refuse(change, code),
            (None, Err(refusal)) => return self.refuse(change, refusal.code()),
            (None, Ok(parsed)) => parsed,
        };
        if parsed.hash != change.hash {
            return self.refuse(change, "hash");
        }
        let batch_origin = self.batches.get(change.batch as usize).map(|b| b.origin);
        if !(rule::is_rule(parsed.actor) || Some(parsed.actor.origin()) == batch_origin) {
            return self.refuse(change, "actor-prefix");
        }
        if let Some(code) = self.refusals.judged(&(change.doc, change.hash)).map(str::to_owned) {
            return self.refuse(change, &code);
        }
        if parsed.deps.iter().any(|hash| self.refusals.judged(&(change.doc, *hash)).is_some()) {
            return self.refuse(change, Refusal::DependsOnRefused.code());
        }
        self.load_facts(change.doc)?;
        let Some(Some(facts)) = self.facts.get(&change.doc) else { return self.refuse(change, OTHER_SPACE) };
        // A rule's change is held against the one the rule would make, operation by operation.
        let again = if rule::is_rule(parsed.actor) { admission::parse(&change.bytes).ok() } else { None };
        match admission::judge(again.as_ref().unwrap_or(parsed), change.doc, facts) {
            Verdict::Known => {
                // Its batch here is another: this one must still be able to prove its members when it is relayed.
                self.left_out.entry(change.batch).or_default().push((change.doc, change.hash));
                self.receipt.known += 1;
                Ok(())
            }
            Verdict::Admit => {
                let batch = self.batch_row(change.batch)?;
                self.append(change, parsed, self.peer, batch)
            }
            Verdict::Park { .. } => self.park(change),
            Verdict::Refuse(refusal) => self.refuse(change, refusal.code()),
        }
    }

    fn is_here(&mut self, change: &OutChange) -> Result<bool> {
        self.load_facts(change.doc)?;
        Ok(self.facts.get(&change.doc).and_then(Option::as_ref).is_some_and(|facts| facts.holds(&change.hash)))
    }

    fn load_facts(&mut self, doc: DocId) -> Result<()> {
        if self.facts.contains_key(&doc) {
            return Ok(());
        }
        let facts = match log::find_doc(self.c, doc)? {
            None => Some(Facts::open(self.c, NOT_YET, true)?),
            Some((n, space)) if space == self.log.space() => Some(Facts::open(self.c, n, false)?),
            Some(_) => None,
        };
        self.facts.insert(doc, facts);
        Ok(())
    }

    fn append(&mut self, change: &OutChange, parsed: &Parsed<'_>, source: OriginId, batch: Option<BatchN>) -> Result<()> {
        let mut n = self.facts.get(&change.doc).and_then(Option::as_ref).map_or(NOT_YET, Facts::doc);
        if n == NOT_YET {
            n = log::create_doc(self.c, self.log.space(), change.doc)?;
            self.facts.insert(change.doc, Some(Facts::open(self.c, n, true)?));
        }
        let new = NewChange {
            doc: n,
            doc_id: change.doc,
            actor: parsed.actor,
            aseq: parsed.aseq,
            max_op: parsed.max_op,
            hash: change.hash,
            bytes: &change.bytes,
            source: Some(source),
            batch,
        };
        let counted = self.refusals.let_in(self.c, self.log.space(), (change.doc, change.hash), self.now)?;
        let lsn = if counted { self.log.append_counted(self.c, &new)? } else { self.log.append(self.c, &new)? };
        if let Some(Some(facts)) = self.facts.get(&change.doc) {
            facts.appended(parsed.actor, parsed.aseq, change.hash, parsed.max_op);
        }
        self.touched.insert(n, lsn);
        self.receipt.admitted += 1;
        Ok(())
    }

    fn batch_row(&mut self, index: u32) -> Result<Option<BatchN>> {
        if let Some(Some(n)) = self.batch_rows.get(index as usize) {
            return Ok(Some(*n));
        }
        let Some(batch) = self.batches.get(index as usize) else { return Ok(None) };
        let n = log::insert_batch(self.c, self.log.space(), batch, self.log.head() + 1)?;
        if let Some(slot) = self.batch_rows.get_mut(index as usize) {
            *slot = Some(n);
        }
        Ok(Some(n))
    }

    fn refuse(&mut self, change: &OutChange, code: &str) -> Result<()> {
        self.refuse_from(change, code, self.peer)
    }

    fn refuse_from(&mut self, change: &OutChange, code: &str, source: OriginId) -> Result<()> {
        let place = (change.doc, change.hash);
        self.left_out.entry(change.batch).or_default().push(place);
        self.load_facts(change.doc)?;
        // What stands in the log stays there, whatever it is brought under this time: a false signature over a true change refuses nothing.
        if self.facts.get(&change.doc).and_then(Option::as_ref).is_some_and(|facts| facts.holds(&change.hash)) {
            self.receipt.known += 1;
            return Ok(());
        }
        self.receipt.refused.push(Refused { doc: change.doc, hash: change.hash, code: code.to_owned() });
        let origin = self.batches.get(change.batch as usize).map(|b| b.origin);
        let keeping = Keeping { source, origin, place, code, counts: self.in_scope, bytes: &change.bytes };
        self.verdicts |= self.refusals.keep(self.c, self.log, &keeping, self.now)?;
        Ok(())
    }

    fn park(&mut self, change: &OutChange) -> Result<()> {
        let mut statement = self.c.prepare_cached("SELECT count(*), coalesce(sum(length(bytes)), 0) FROM parked WHERE space = ?1")?;
        let (count, bytes): (i64, i64) = statement.query_row([self.log.space().0], |r| Ok((r.get(0)?, r.get(1)?)))?;
        if log::unsigned(count) >= PARKED_MAX || log::unsigned(bytes) >= PARKED_BYTES_MAX {
            return Err(crate::fault::Fault::new("parked-full", crate::fault::Exit::Storage).into());
        }
        let batch = self.batch_row(change.batch)?;
        self.c
            .prepare_cached("INSERT OR IGNORE INTO parked(space, doc, hash, source, batch, at, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
            .execute(params![
                self.log.space().0,
                &change.doc.0[..],
                &change.hash.0[..],
                &self.peer.0[..],
                batch.map(|b| b.0),
                self.now,
                change.bytes
            ])?;
        self.left_out.entry(change.batch).or_default().push((change.doc, change.hash));
        self.receipt.parked.push((change.doc, change.hash));
        Ok(())
    }

    /// Judges parked changes of the documents that gained something, until nothing more fits.
    fn judge_parked(&mut self) -> Result<()> {
        let any: bool =
            self.c.prepare_cached("SELECT EXISTS(SELECT 1 FROM parked WHERE space = ?1)")?.query_row([self.log.space().0], |r| r.get(0))?;
        if !any {
            return Ok(());
        }
        let docs: Vec<DocId> = self.facts.keys().copied().collect();
        for doc in docs {
            while self.judge_parked_of(doc)? {}
        }
        Ok(())
    }

    fn judge_parked_of(&mut self, doc: DocId) -> Result<bool> {
        let mut statement = self.c.prepare_cached("SELECT hash, batch, bytes, source FROM parked WHERE space = ?1 AND doc = ?2")?;
        let rows: Vec<Parked> = statement
            .query_map(params![self.log.space().0, &doc.0[..]], |r| {
                let source = r.get::<_, Option<[u8; 8]>>(3)?.map(OriginId);
                Ok(Parked { hash: ChangeHash(r.get(0)?), batch: r.get::<_, Option<i64>>(1)?.map(BatchN), bytes: r.get(2)?, source })
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut moved = false;
        for Parked { hash, batch, bytes, source } in rows {
            let source = source.unwrap_or(self.peer);
            let Ok(parsed) = admission::parse(&bytes) else { continue };
            let Some(Some(facts)) = self.facts.get(&doc) else { continue };
            let verdict = admission::judge(&parsed, doc, facts);
            let parsed = head(parsed);
            let change = OutChange { doc, hash, bytes, batch: u32::MAX };
            match verdict {
                Verdict::Park { missing } if missing.iter().any(|m| self.refusals.judged(&(doc, *m)).is_some()) => {
                    self.refuse_from(&change, Refusal::DependsOnRefused.code(), source)?;
                }
                Verdict::Park { .. } => continue,
                Verdict::Admit => {
                    self.append(&change, &parsed, source, batch)?;
                    self.loosened = true;
                    if let Some(batch) = batch {
                        log::close_batch(self.c, batch, self.log.head(), &[])?;
                    }
                }
                Verdict::Known => {}
                Verdict::Refuse(refusal) => self.refuse_from(&change, refusal.code(), source)?,
            }
            self.receipt.parked.retain(|(d, h)| (*d, *h) != (doc, hash));
            self.c.prepare_cached("DELETE FROM parked WHERE space = ?1 AND doc = ?2 AND hash = ?3")?.execute(params![
                self.log.space().0,
                &doc.0[..],
                &hash.0[..]
            ])?;
            moved = true;
        }
        Ok(moved)
    }

    fn close(self) -> Result<(Receipt, Vec<DocN>)> {
        for (index, row) in self.batch_rows.iter().enumerate() {
            let Some(batch) = row else { continue };
            let holes = u32::try_from(index).ok().and_then(|i| self.left_out.get(&i)).map_or(&[][..], Vec::as_slice);
            log::close_batch(self.c, *batch, self.log.head(), holes)?;
        }
        for (doc, lsn) in &self.touched {
            log::touch_doc(self.c, *doc, *lsn)?;
        }
        Ok((self.receipt, self.touched.into_keys().collect()))
    }
}
