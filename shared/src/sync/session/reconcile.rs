//! The repair when cursors are worth nothing: fingerprints in pages, vectors of the documents that differ, then only the changes that are lacking.
//!
//! The node leads, the hub follows; changes go both ways. Leader: FINGERPRINTS, up to [`PAGES_OPEN_MAX`] unanswered. Follower: for each page one or
//! more ACTORS with its own vectors of what differs. Leader: for each of those ships what the follower lacks and says in WANT what it holds itself.
//! Follower: ships what the leader lacks. Each side then says SETTLE with the head it had before it looked: what was committed meanwhile follows by cursor.
//!
//! Invariants: every queue is bounded on both sides; a mismatch in bookkeeping ends the session, it never waits for ever.

use super::{Ending, Mismatch, Pending, Role, Session, SessionEvent, ending};
use crate::model::{DocId, Space};
use crate::sync::ask::Request;
use crate::sync::frame::Channel;
use crate::sync::message::{ByeCode, Message, Page, Vectors};
use std::collections::VecDeque;

/// Pages of fingerprints a leader may have unanswered.
pub(super) const PAGES_OPEN_MAX: usize = 4;
/// ACTORS a follower may have unanswered.
const ACTORS_OPEN_MAX: usize = 8;
/// ACTORS or WANT frames held; an honest peer stays below.
const QUEUE_MAX: usize = 32;

/// Where the leader's own list of documents is.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Ask(Option<DocId>),
    Asked,
    Finished,
}

/// Which page the leader must send next.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    /// The one behind this document; at first the one from the beginning.
    After(Option<DocId>),
    /// The last has come.
    None,
}

#[derive(Debug)]
struct Serving {
    theirs: Vectors,
    skip: usize,
    /// The last of its page (leader) or of its ACTORS (follower).
    last: bool,
}

#[derive(Debug)]
enum Part {
    Lead {
        next: Next,
        pages_open: usize,
        queue: VecDeque<(bool, Vectors)>,
        /// Documents of which own vectors are still to be told; the flag: asked.
        wanting: Option<(Vec<DocId>, bool)>,
    },
    Follow {
        pages: VecDeque<Page>,
        expected: Expected,
        /// The page in hand, where to go on in it, asked.
        comparing: Option<(Page, Option<DocId>, bool)>,
        actors_open: usize,
        wants: VecDeque<(bool, Vectors)>,
    },
}

/// One space being reconciled.
#[derive(Debug)]
pub(super) struct Reconcile {
    /// Own head before anything was compared.
    begin: u64,
    serving: Option<Serving>,
    shipped: u64,
    part: Part,
}

impl Reconcile {
    fn new(role: Role, begin: u64) -> Self {
        let part = match role {
            Role::Node => Part::Lead { next: Next::Ask(None), pages_open: 0, queue: VecDeque::new(), wanting: None },
            Role::Hub => {
                Part::Follow { pages: VecDeque::new(), expected: Expected::After(None), comparing: None, actors_open: 0, wants: VecDeque::new() }
            }
        };
        Self { begin, serving: None, shipped: 0, part }
    }

    /// Whose lack is being shipped, and how many changes of it were.
    pub(super) fn serving(&self) -> Option<(&Vectors, usize)> {
        self.serving.as_ref().map(|serving| (&serving.theirs, serving.skip))
    }

    /// `changes` more were fetched.
    pub(super) fn served(&mut self, changes: u64, all: bool) {
        self.shipped += changes;
        let Some(serving) = self.serving.as_mut() else { return };
        serving.skip = serving.skip.saturating_add(usize::try_from(changes).unwrap_or(usize::MAX));
        if !all {
            return;
        }
        let last = serving.last;
        self.serving = None;
        match &mut self.part {
            Part::Lead { pages_open, .. } if last => *pages_open = pages_open.saturating_sub(1),
            Part::Follow { actors_open, .. } if last => *actors_open = actors_open.saturating_sub(1),
            _ => {}
        }
    }

    /// Takes the next frame's vectors in hand.
    fn take_up(&mut self) {
        if self.serving.is_some() {
            return;
        }
        match &mut self.part {
            Part::Lead { queue, wanting, pages_open, .. } if wanting.is_none() => {
                while let Some((last, theirs)) = queue.pop_front() {
                    if theirs.is_empty() {
                        // Nothing of this page differs, or nothing more: no WANT answers it.
                        *pages_open = pages_open.saturating_sub(usize::from(last));
                        continue;
                    }
                    *wanting = Some((theirs.iter().map(|(doc, _)| *doc).collect(), false));
                    self.serving = Some(Serving { theirs, skip: 0, last });
                    break;
                }
            }
            Part::Follow { wants, .. } => {
                self.serving = wants.pop_front().map(|(last, theirs)| Serving { theirs, skip: 0, last });
            }
            Part::Lead { .. } => {}
        }
    }

    fn finished(&self) -> bool {
        let idle = self.serving.is_none();
        match &self.part {
            Part::Lead { next, pages_open, queue, wanting } => {
                idle && *next == Next::Finished && *pages_open == 0 && queue.is_empty() && wanting.is_none()
            }
            Part::Follow { pages, expected, comparing, actors_open, wants } => {
                idle && *expected == Expected::None && pages.is_empty() && comparing.is_none() && *actors_open == 0 && wants.is_empty()
            }
        }
    }

    /// The next question to the replica, if one is due.
    fn question(&mut self, space: Space) -> Option<(Request, Pending)> {
        match &mut self.part {
            Part::Lead { next, pages_open, wanting, .. } => {
                if let Some((docs, asked @ false)) = wanting {
                    *asked = true;
                    return Some((Request::Actors { space, docs: docs.clone() }, Pending::Actors { space }));
                }
                let Next::Ask(after) = *next else { return None };
                if *pages_open >= PAGES_OPEN_MAX {
                    return None;
                }
                *next = Next::Asked;
                Some((Request::Fingerprints { space, after }, Pending::Fingerprints { space }))
            }
            Part::Follow { pages, comparing, actors_open, .. } => {
                if comparing.is_none() {
                    *comparing = pages.pop_front().map(|page| {
                        let from = page.after;
                        (page, from, false)
                    });
                }
                let (page, from, asked @ false) = comparing.as_mut()? else { return None };
                if *actors_open >= ACTORS_OPEN_MAX {
                    return None;
                }
                *asked = true;
                Some((Request::Compare { space, page: page.clone(), from: *from }, Pending::Compare { space }))
            }
        }
    }
}

impl Session {
    /// Suspends shipping by cursor in a space and begins to compare.
    pub(super) fn start_reconcile(&mut self, space: Space, why: Mismatch) -> Result<(), Ending> {
        let role = self.config.role;
        let known = self.space_mut(space)?;
        known.reconcile = Some(Reconcile::new(role, known.head));
        known.await_settle = true;
        known.forget_jumps();
        self.event(SessionEvent::Reconciling { space, why });
        Ok(())
    }

    /// Starts whatever a reconciliation can start now, and ends those that are through.
    pub(super) fn pump_reconciliations(&mut self) {
        for space in self.order.clone() {
            while let Some(reconcile) = self.spaces.get_mut(&space).and_then(|known| known.reconcile.as_mut()) {
                reconcile.take_up();
                let Some((request, pending)) = reconcile.question(space) else { break };
                self.ask(request, pending);
            }
            let Some(known) = self.spaces.get_mut(&space) else { continue };
            if let Some(done) = known.reconcile.take_if(|reconcile| reconcile.finished()) {
                known.sent = done.begin.max(known.acked);
                known.shipped = known.sent;
                known.unacked += 1;
                let head = known.sent;
                self.queue_settle(space, head);
                self.event(SessionEvent::Reconciled { space, shipped: done.shipped });
            }
        }
    }

    pub(super) fn lead_page(&mut self, space: Space, page: Page) {
        if let Some(Part::Lead { next, pages_open, .. }) = self.part(space) {
            *pages_open += 1;
            *next = match page.docs.last() {
                Some((doc, _)) if !page.last => Next::Ask(Some(*doc)),
                _ => Next::Finished,
            };
            self.send(Channel::Control, &Message::Fingerprints(space, page));
        }
    }

    pub(super) fn receive_fingerprints(&mut self, space: Space, page: Page) -> Result<(), Ending> {
        if self.config.role == Role::Node {
            return ending(ByeCode::Order, "the hub does not lead");
        }
        if self.space_mut(space)?.reconcile.is_none() {
            self.start_reconcile(space, Mismatch::Digest)?;
        }
        let Some(Part::Follow { pages, expected, comparing, .. }) = self.part(space) else { return Ok(()) };
        if *expected != Expected::After(page.after) {
            return ending(ByeCode::Order, "a page of fingerprints out of order");
        }
        if pages.len() + usize::from(comparing.is_some()) >= PAGES_OPEN_MAX {
            return ending(ByeCode::Limit, "too many pages of fingerprints at once");
        }
        *expected = if page.last { Expected::None } else { Expected::After(page.docs.last().map(|(doc, _)| *doc)) };
        pages.push_back(page);
        Ok(())
    }

    /// Own vectors of documents that differ from the leader's page.
    pub(super) fn compared(&mut self, space: Space, vectors: Vectors, next: Option<DocId>) {
        let Some(Part::Follow { comparing, actors_open, .. }) = self.part(space) else { return };
        let last = next.is_none();
        *actors_open += usize::from(!vectors.is_empty());
        match comparing {
            Some((_, from, asked)) if !last => (*from, *asked) = (next, false),
            _ => *comparing = None,
        }
        if last || !vectors.is_empty() {
            self.send(Channel::Control, &Message::Actors(space, last, vectors));
        }
    }

    pub(super) fn receive_actors(&mut self, space: Space, last: bool, vectors: Vectors) -> Result<(), Ending> {
        let served = self.serves_last(space);
        let Some(Part::Lead { pages_open, queue, .. }) = self.part(space) else { return ending(ByeCode::Order, "ACTORS without a page") };
        let answered = queue.iter().filter(|(last, _)| *last).count() + served;
        if answered >= *pages_open {
            return ending(ByeCode::Order, "more ACTORS than pages");
        }
        if queue.len() >= QUEUE_MAX {
            return ending(ByeCode::Limit, "too many ACTORS at once");
        }
        queue.push_back((last, vectors));
        Ok(())
    }

    /// Own vectors of the documents the follower named; the replica may give fewer than asked, then the rest is asked again.
    pub(super) fn lead_want(&mut self, space: Space, vectors: Vectors) -> Result<(), Ending> {
        let Some(Part::Lead { wanting, .. }) = self.part(space) else { return Ok(()) };
        let Some((docs, asked)) = wanting.as_mut() else { return Ok(()) };
        if vectors.is_empty() {
            return ending(ByeCode::Unavailable, "the replica gave no vectors");
        }
        docs.drain(..vectors.len().min(docs.len()));
        *asked = false;
        let last = docs.is_empty();
        if last {
            *wanting = None;
        }
        self.send(Channel::Control, &Message::Want(space, last, vectors));
        Ok(())
    }

    pub(super) fn receive_want(&mut self, space: Space, last: bool, vectors: Vectors) -> Result<(), Ending> {
        let served = self.serves_last(space);
        let Some(Part::Follow { actors_open, wants, .. }) = self.part(space) else { return ending(ByeCode::Order, "WANT without ACTORS") };
        if wants.iter().filter(|(last, _)| *last).count() + served >= *actors_open {
            return ending(ByeCode::Order, "more WANT than ACTORS");
        }
        if wants.len() >= QUEUE_MAX {
            return ending(ByeCode::Limit, "too many WANT at once");
        }
        wants.push_back((last, vectors));
        Ok(())
    }

    /// 1 while the frame in hand is the last of its page or ACTORS: it still counts as open.
    fn serves_last(&self, space: Space) -> usize {
        let serving = self.spaces.get(&space).and_then(|known| known.reconcile.as_ref()?.serving.as_ref());
        usize::from(serving.is_some_and(|serving| serving.last))
    }

    fn part(&mut self, space: Space) -> Option<&mut Part> {
        self.spaces.get_mut(&space)?.reconcile.as_mut().map(|reconcile| &mut reconcile.part)
    }
}
