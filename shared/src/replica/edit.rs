//! Local edits: written as Automerge changes, judged by the same admission as a peer's, logged, merged and projected in ONE commit. "Saved" is said only after it.

use super::{Replica, Result, Role, closing, merge, project, rules};
use crate::{
    document::{
        Doc,
        admission::{self, Verdict},
        local, merge as guarded, read,
        write::{self, Edit, Written},
    },
    fault::Fault,
    local::Progress,
    model::{DocId, Space, SpaceKind},
    store::{
        facts::Facts,
        log::{self, Appender, DocN, NewChange},
        typed,
    },
};
use rusqlite::{Connection, params};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, mpsc::Sender},
};

/// What is to be written to one document.
#[derive(Clone, Debug)]
pub struct DocEdit {
    /// Its space.
    pub space: Space,
    /// The document; made if it does not exist.
    pub doc: DocId,
    /// What.
    pub what: What,
}

/// Written by a person, or by a rule.
#[derive(Clone, Debug)]
pub enum What {
    /// A person's edit, under this process's actor.
    Edit(Edit),
    /// The engine's copy of what stands elsewhere: records that exist already get what differs.
    Put(Edit),
    /// A rule's change: the same bytes on every replica.
    Rule(Box<Written>),
}

impl Replica {
    /// Writes all of `edits` or none of them. Survives power loss once this returns. Gives how many made a change.
    ///
    /// # Errors
    /// What the document room or admission refuses, as a fault; the store's.
    pub fn commit(self: &Arc<Self>, edits: Vec<DocEdit>) -> Result<u64> {
        self.commit_with(edits, None, |_| Ok(()))
    }

    /// As [`Replica::commit`], telling progress and running `also` in the same commit.
    ///
    /// # Errors
    /// As [`Replica::commit`], and those of `also`.
    pub fn commit_with(
        self: &Arc<Self>,
        edits: Vec<DocEdit>,
        progress: Option<Sender<Progress>>,
        also: impl FnOnce(&Connection) -> Result<()> + Send + 'static,
    ) -> Result<u64> {
        let spaces: HashSet<Space> = edits.iter().map(|e| e.space).collect();
        let docs: Vec<DocId> = edits.iter().filter(|e| e.space.kind == SpaceKind::School).map(|e| e.doc).collect();
        let this = Arc::clone(self);
        let (made, published) = self.store.write(move |c| {
            let done = this.write_all(c, &edits, progress.as_ref())?;
            also(c)?;
            Ok::<_, super::ReplicaError>(done)
        })?;
        if published {
            self.reload_definitions()?;
        }
        for space in spaces {
            self.tell(space);
        }
        self.pass_on_logged(&docs);
        Ok(made)
    }

    /// Edits of one document that follow each other share its reading and its projection: a child's year in one import costs one of each.
    fn write_all(&self, c: &Connection, edits: &[DocEdit], progress: Option<&Sender<Progress>>) -> Result<(u64, bool)> {
        let total = u64::try_from(edits.len()).unwrap_or(u64::MAX);
        let mut logs: HashMap<Space, Appender> = HashMap::new();
        let (mut made, mut published, mut done) = (0, false, 0);
        for run in edits.chunk_by(|a, b| (a.space, a.doc) == (b.space, b.doc)) {
            let Some(first) = run.first() else { continue };
            let log = match logs.entry(first.space) {
                std::collections::hash_map::Entry::Occupied(found) => found.into_mut(),
                std::collections::hash_map::Entry::Vacant(slot) => slot.insert(Appender::open(c, first.space)?),
            };
            let mut desk = Writing::open(self, c, log, first.space, first.doc)?;
            let mut changed = 0;
            for edit in run {
                changed += u64::from(match &edit.what {
                    What::Edit(words) => desk.edit(words)?,
                    What::Put(words) => desk.put(words)?,
                    What::Rule(written) => desk.rule(written)?,
                });
                done += 1;
                if let Some(tell) = progress {
                    // A caller that no longer listens is no reason to stop.
                    let _ = tell.send(Progress { done, total });
                }
            }
            if changed > 0 {
                published |= desk.project()?;
            }
            made += changed;
        }
        for (_, log) in logs {
            log.finish(c)?;
        }
        Ok((made, published))
    }

    /// Context of a document's projection.
    pub fn projection_context(&self, doc: DocId, space: Space) -> project::Context {
        let origins = self.voices();
        project::Context {
            catalogue: self.catalogue(),
            voice: Box::new(move |origin| origins.get(&origin).copied()),
            space,
            doc,
            subject: super::students::subject_of(doc, space),
            holidays: self.holidays(),
        }
    }
}

/// One document being written inside the writer's transaction.
struct Writing<'a, 'c> {
    replica: &'a Replica,
    c: &'c Connection,
    log: &'a mut Appender,
    space: Space,
    id: DocId,
    n: DocN,
    doc: Doc,
    facts: Facts<'c>,
    lsn: u64,
    replayed: usize,
}

impl<'a, 'c> Writing<'a, 'c> {
    fn open(replica: &'a Replica, c: &'c Connection, log: &'a mut Appender, space: Space, id: DocId) -> Result<Self> {
        let (n, doc, facts, lsn, replayed) = match log::find_doc(c, id)? {
            None => {
                let n = log::create_doc(c, log.space(), id)?;
                (n, crate::document::new_doc().map_err(Fault::from)?, Facts::open(c, n, true)?, 0, 0)
            }
            Some((n, home)) => {
                if home != log.space() {
                    return Err(Fault::internal("a document was looked for in another space").into());
                }
                let loaded = merge::load(c, n)?.ok_or_else(|| Fault::internal("a document vanished"))?;
                for (hash, code) in &loaded.refused {
                    merge::refuse_late(c, n, id, space, *hash, code, &replica.now_text())?;
                }
                if !loaded.refused.is_empty() {
                    replica.renew_actor();
                }
                (n, loaded.doc, Facts::open(c, n, false)?, loaded.lsn, loaded.replayed)
            }
        };
        Ok(Self { replica, c, log, space, id, n, doc, facts, lsn, replayed })
    }

    fn put(&mut self, words: &Edit) -> Result<bool> {
        let words = write::upsert(&self.doc, words.clone()).map_err(Fault::from)?;
        self.edit(&words)
    }

    fn edit(&mut self, words: &Edit) -> Result<bool> {
        if matches!(self.replica.me.role, Role::Node(_)) {
            closing::must_be_open(self.c, self.id)?;
        }
        let written = write::write(&mut self.doc, self.replica.actor(), self.replica.now_s(), words).map_err(Fault::from)?;
        match written {
            None => Ok(false),
            Some(written) => self.append(&written.bytes),
        }
    }

    fn rule(&mut self, written: &Written) -> Result<bool> {
        if self.facts.holds(&written.hash) {
            return Ok(false);
        }
        if !self.append(&written.bytes)? {
            return Ok(false);
        }
        local::apply(&mut self.doc, &written.bytes).map_err(Fault::from)?;
        Ok(true)
    }

    /// The same judging as a peer's change gets; an honest change is never refused later.
    fn append(&mut self, bytes: &[u8]) -> Result<bool> {
        let parsed = admission::parse(bytes).map_err(Fault::from)?;
        match admission::judge(&parsed, self.id, &self.facts) {
            Verdict::Admit => {}
            Verdict::Known => return Ok(false),
            Verdict::Park { .. } => return Err(Fault::internal("an own change lacks what it depends on").into()),
            Verdict::Refuse(refusal) => return Err(Fault::from(refusal).into()),
        }
        let change = NewChange {
            doc: self.n,
            doc_id: self.id,
            actor: parsed.actor,
            aseq: parsed.aseq,
            max_op: parsed.max_op,
            hash: parsed.hash,
            bytes,
            source: None,
            batch: None,
        };
        self.lsn = self.log.append(self.c, &change)?;
        self.replayed += 1;
        self.facts.appended(parsed.actor, parsed.aseq, parsed.hash, parsed.max_op);
        Ok(true)
    }

    /// Projects the document, lets rules open what they must, and writes the rows. True if a published definition changed.
    fn project(&mut self) -> Result<bool> {
        let context = self.replica.projection_context(self.id, self.space);
        let mut projection = self.projection(&context);
        let openings = rules::due(self.replica, &context, &projection);
        if !openings.is_empty() {
            for written in &openings {
                self.rule(written)?;
            }
            projection = self.projection(&context);
        }
        let published = projection.records.iter().any(|r| super::definitions::is_published_definition(&r.ledger));
        self.log.write_tips(self.c)?;
        typed::write(self.c, &context.catalogue, self.n, &projection, &self.replica.now_text())?;
        if merge::wants_snapshot(self.replayed) {
            log::put_snapshot(self.c, self.n, self.lsn, &guarded::snapshot(&self.doc))?;
        }
        self.c
            .prepare_cached("UPDATE doc SET head_lsn = max(head_lsn, ?2), merged_lsn = max(merged_lsn, ?2) WHERE n = ?1")?
            .execute(params![self.n.0, log::signed(self.lsn)])?;
        Ok(published)
    }
}

impl Writing<'_, '_> {
    fn projection(&self, context: &project::Context) -> project::Projection {
        let view = read::view(&self.doc);
        let mut projection = project::project(&view, context);
        closing::add_late(&self.doc, &view, context, &mut projection);
        projection
    }
}
