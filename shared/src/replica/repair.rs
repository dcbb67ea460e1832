//! After a refusal: a document whose own history the other side will never take in full is rebuilt without the refused changes and all that stood on them, and the
//! person's later edits are written again under a new actor. Neither side stays wedged; what could not be carried is shown.

use super::{Replica, Result, edit, merge};
use crate::{
    document::{repair, write},
    fault::Fault,
    model::{ChangeHash, DocId, Space},
    store::log::{self, Appender, NewChange},
};
use rusqlite::{Connection, params};
use serde_json::json;
use std::collections::HashSet;

impl Replica {
    /// Repairs `docs` of `space` after the other side refused changes of them.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn repair(&self, space: Space, docs: &[DocId]) -> Result<()> {
        for doc in docs {
            let (doc, now) = (*doc, self.now_text());
            let (actor, time_s, origin) = (edit::fresh_actor(self), self.now_s(), self.origin());
            let touched = self.store.write(move |c| -> Result<Option<log::DocN>> {
                let Some((n, _)) = log::find_doc(c, doc)? else { return Ok(None) };
                let refused = refused_of(c, doc)?;
                let history = log::history(c, n, 0, true)?;
                let open: Vec<&log::LoggedChange> = history.iter().filter(|ch| !ch.refused).collect();
                if !open.iter().any(|ch| refused.contains(&ch.hash)) {
                    return Ok(None);
                }
                let all: Vec<(ChangeHash, &[u8])> = open.iter().map(|ch| (ch.hash, ch.bytes.as_slice())).collect();
                let own: Vec<(ChangeHash, &[u8])> =
                    open.iter().filter(|ch| ch.own && ch.actor.origin() == origin).map(|ch| (ch.hash, ch.bytes.as_slice())).collect();
                let plan = repair::replay(&all, &refused, &own).map_err(Fault::internal)?;
                // What fell away with the refused ones stays in the log, as refused; its edits are written again below.
                for change in open.iter().filter(|ch| plan.merged.history.place(&ch.hash).is_none()) {
                    log::mark_refused(c, n, change.hash)?;
                }
                log::drop_snapshot(c, n)?;
                rewrite(c, space, n, doc, actor, time_s, &plan)?;
                note_left_out(c, doc, &plan)?;
                c.prepare_cached("UPDATE doc SET merged_lsn = 0 WHERE n = ?1")?.execute([n.0])?;
                tracing::warn!(doc = %doc, left_out = plan.left_out.len(), at = now, "a document was rebuilt without refused changes");
                Ok(Some(n))
            })?;
            if let Some(n) = touched {
                self.merges.add(&[n]);
            }
        }
        self.tell(space);
        Ok(())
    }
}

fn refused_of(c: &Connection, doc: DocId) -> Result<HashSet<ChangeHash>> {
    let mut statement = c.prepare_cached("SELECT hash FROM quarantine WHERE doc = ?1")?;
    let rows = statement.query_map([&doc.0[..]], |r| Ok(ChangeHash(r.get(0)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Appends the later edits again, as ordinary own changes.
fn rewrite(c: &Connection, space: Space, n: log::DocN, id: DocId, actor: crate::model::Actor, time_s: i64, plan: &repair::Replay) -> Result<()> {
    let loaded = merge::load(c, n)?.ok_or_else(|| Fault::internal("a document vanished"))?;
    let mut doc = loaded.doc;
    let mut appender = Appender::open(c, space)?;
    let mut last = 0;
    for words in plan.again.iter().map(|again| &again.edit) {
        let Some(written) = write::write(&mut doc, actor, time_s, words).map_err(Fault::from)? else { continue };
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
    Ok(())
}

fn note_left_out(c: &Connection, doc: DocId, plan: &repair::Replay) -> Result<()> {
    let text = json!(plan.left_out.iter().map(|l| json!({ "record": l.record, "operations": l.operations })).collect::<Vec<_>>()).to_string();
    c.prepare_cached("UPDATE quarantine SET detail = ?2 WHERE doc = ?1 AND side = 'there' AND settled IS NULL")?
        .execute(params![&doc.0[..], text])?;
    Ok(())
}
