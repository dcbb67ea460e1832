//! After the county refused a change: a document whose own history the county will never take in full is rebuilt without the refused changes and all that stood on
//! them, and the person's later edits are written again under a new actor. Neither side stays wedged; what could not be carried is shown.
//!
//! Only a node does this, on the county's word. The hub does not on a node's: a school could then take the county's own steps out of the county's records.
//! Invariant: a change that was refused for itself is never written again, so that a repair ends even if everything is refused.

use super::{Replica, Result, merge, refusals};
use crate::{
    document::{LeftOut, Refusal, repair, write},
    fault::Fault,
    model::{ChangeHash, DocId, Space},
    store::log::{self, Appender, NewChange},
};
use rusqlite::{Connection, params};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

impl Replica {
    /// Repairs `docs` of `space` after the other side refused changes of them.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn repair(self: &std::sync::Arc<Self>, space: Space, docs: &[DocId]) -> Result<()> {
        for doc in docs {
            let (doc, this) = (*doc, std::sync::Arc::clone(self));
            if let Some(n) = self.store.write(move |c| this.rebuild_without(c, space, doc))? {
                self.merges.add(&[n]);
                self.tell(space);
                self.tell_refusal(space);
            }
        }
        Ok(())
    }

    /// In the writer: one document without what was refused for itself. `None`: nothing of it stands.
    fn rebuild_without(&self, c: &Connection, space: Space, doc: DocId) -> Result<Option<log::DocN>> {
        let Some((n, _)) = log::find_doc(c, doc)? else { return Ok(None) };
        let roots = roots_of(c, doc)?;
        let history = log::history(c, n, 0, false)?;
        if !history.iter().any(|change| roots.contains(&change.hash)) {
            return Ok(None);
        }
        let (origin, now) = (self.origin(), self.now_text());
        let all: Vec<(ChangeHash, &[u8])> = history.iter().map(|change| (change.hash, change.bytes.as_slice())).collect();
        let mine = |change: &&log::LoggedChange| change.own && change.actor.origin() == origin;
        let own: Vec<(ChangeHash, &[u8])> = history.iter().filter(mine).map(|change| (change.hash, change.bytes.as_slice())).collect();
        let plan = repair::replay(&all, &roots, &own).map_err(Fault::internal)?;
        let fallen: HashSet<ChangeHash> = all.iter().map(|(hash, _)| *hash).filter(|hash| plan.merged.history.place(hash).is_none()).collect();
        // What fell away stays in the log, as refused; its edits are written again below.
        for hash in &fallen {
            log::mark_refused(c, n, *hash)?;
        }
        log::drop_snapshot(c, n)?;
        let mut left_out = repair::contents(&all, &own, &roots);
        left_out.extend(plan.left_out.iter().cloned());
        left_out.extend(self.rewrite(c, space, n, doc, &plan)?);
        let own_fallen = own.iter().map(|(hash, _)| *hash).filter(|hash| fallen.contains(hash));
        note_left_out(c, log::space_n(c, space)?, doc, own_fallen, &left_out, &now)?;
        c.prepare_cached("UPDATE doc SET merged_lsn = 0 WHERE n = ?1")?.execute([n.0])?;
        tracing::warn!(doc = %doc, left_out = left_out.len(), "a document was rebuilt without refused changes");
        Ok(Some(n))
    }

    /// Appends the later edits again, as ordinary own changes of a new actor; gives what could not be written.
    fn rewrite(&self, c: &Connection, space: Space, n: log::DocN, id: DocId, plan: &repair::Replay) -> Result<Vec<LeftOut>> {
        let actor = self.renew_actor();
        let mut doc = merge::load(c, n)?.ok_or_else(|| Fault::internal("a document vanished"))?.doc;
        let mut appender = Appender::open(c, space)?;
        let (mut last, mut failed) = (0, Vec::new());
        for again in &plan.again {
            let written = match write::write(&mut doc, actor, again.time_s, &again.edit) {
                Ok(Some(written)) => written,
                Ok(None) => continue,
                Err(error) => {
                    failed.push(LeftOut { hash: again.hash, record: None, operations: vec![error.to_string()] });
                    continue;
                }
            };
            last = appender.append(
                c,
                &NewChange {
                    doc: n,
                    doc_id: id,
                    actor: written.actor,
                    aseq: written.aseq,
                    max_op: written.max_op,
                    hash: written.hash,
                    bytes: &written.bytes,
                    source: None,
                    batch: None,
                },
            )?;
        }
        appender.finish(c)?;
        if last > 0 {
            log::touch_doc(c, n, last)?;
        }
        Ok(failed)
    }
}

/// What was refused for itself. What was refused for depending on such a change is not among it: it is said again.
fn roots_of(c: &Connection, doc: DocId) -> Result<HashSet<ChangeHash>> {
    let mut statement = c.prepare_cached("SELECT hash, code FROM quarantine WHERE doc = ?1")?;
    let rows = statement.query_map([&doc.0[..]], |r| Ok((ChangeHash(r.get(0)?), r.get::<_, String>(1)?)))?;
    let judged = |code: &str| refusals::is_final(code) && code != Refusal::DependsOnRefused.code();
    let roots = rows.filter_map(|row| row.map(|(hash, code)| judged(&code).then_some(hash)).transpose());
    Ok(roots.collect::<rusqlite::Result<_>>()?)
}

/// Keeps what was left out of each own change that fell away; one that was carried over whole awaits nobody. The county is told of those it has not heard of:
/// they are never shipped, and count in this replica's digest.
fn note_left_out(
    c: &Connection,
    space: log::SpaceN,
    doc: DocId,
    fallen: impl Iterator<Item = ChangeHash>,
    left_out: &[LeftOut],
    now: &str,
) -> Result<()> {
    let mut by_change: BTreeMap<ChangeHash, Vec<serde_json::Value>> = BTreeMap::new();
    for one in left_out {
        by_change.entry(one.hash).or_default().push(json!({ "record": one.record, "operations": one.operations }));
    }
    for hash in fallen {
        let left = by_change.remove(&hash);
        let (settled, detail) = (left.is_none().then_some(now), left.map(|list| json!(list).to_string()));
        c.prepare_cached(
            "INSERT INTO quarantine(space, doc, hash, side, code, at, tell, settled, detail) VALUES(?1, ?2, ?3, 'there', ?4, ?5, 1, ?6, ?7)
             ON CONFLICT DO UPDATE SET settled = coalesce(settled, excluded.settled), detail = excluded.detail",
        )?
        .execute(params![space.0, &doc.0[..], &hash.0[..], Refusal::DependsOnRefused.code(), now, settled, detail])?;
    }
    Ok(())
}
