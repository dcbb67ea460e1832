//! What a session knows of one space: two cursors, what is known of both heads, and how to begin.
//!
//! Invariants: `acked <= sent`; `cursor` moves forward only over what came without a gap (a SETTLE may set it anew).

use super::Mismatch;
use super::reconcile::Reconcile;
use crate::model::{ReplicaId, Space};
use crate::sync::engine::{Digest, SpaceState};
use std::collections::VecDeque;

/// How far one space is, for the status screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceProgress {
    /// Which.
    pub space: Space,
    /// Own head.
    pub head: u64,
    /// Own lsn shipped up to, acknowledged or not.
    pub sent: u64,
    /// Own lsn up to which the peer has committed.
    pub acked: u64,
    /// The peer's lsn up to which everything is committed or being committed here.
    pub cursor: u64,
    /// The peer's head as far as known.
    pub peer_head: u64,
    /// Nothing is missing on either side.
    pub in_sync: bool,
    /// Documents are being compared one by one.
    pub reconciling: bool,
}

/// How the two sides of a space stand to each other, as both compute it from the two HELLOs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stance {
    /// Own lsn to ship from.
    pub(super) send_from: u64,
    /// The peer's lsn that everything has been received up to.
    pub(super) cursor: u64,
    /// Also ship what came from the peer: it has lost some of it.
    pub(super) echo: bool,
    /// Compare documents instead.
    pub(super) mismatch: Option<Mismatch>,
    /// Both cursors are at the head and the digests agree.
    pub(super) equal: bool,
    /// Both cursors are at the head, so that digests say something.
    pub(super) at_rest: bool,
}

/// Judges own state `mine` of log `own` against the peer's `theirs` of log `peer`. Symmetric in its mismatch: both sides come to the same.
pub(super) fn assess(mine: &SpaceState, own: ReplicaId, theirs: &SpaceState, peer: ReplicaId) -> Stance {
    let (met_by_me, met_by_them) = (mine.peer == peer, theirs.peer == own);
    let beyond = (met_by_me && mine.cursor > theirs.head) || (met_by_them && theirs.cursor > mine.head);
    let at_rest = met_by_me && met_by_them && mine.cursor == theirs.head && theirs.cursor == mine.head;
    let same = mine.count == theirs.count && mine.digest == theirs.digest;
    let both_hold = mine.count > 0 && theirs.count > 0;
    let mismatch = if beyond {
        Some(Mismatch::BeyondHead)
    } else if both_hold && stranger(mine, met_by_me, theirs, met_by_them) {
        Some(Mismatch::UnknownEpoch)
    } else if at_rest && !same {
        Some(Mismatch::Digest)
    } else {
        None
    };
    let send_from = if met_by_them && theirs.cursor <= mine.head { theirs.cursor } else { 0 };
    let cursor = if met_by_me && mine.cursor <= theirs.head { mine.cursor } else { 0 };
    let echo = if met_by_them { met_by_me && theirs.cursor < mine.acked } else { true };
    Stance { send_from, cursor, echo, mismatch, equal: at_rest && same, at_rest }
}

/// True unless both know each other's log, or one has only just met the other: a first exchange that was cut before its first ACK.
fn stranger(mine: &SpaceState, met_by_me: bool, theirs: &SpaceState, met_by_them: bool) -> bool {
    let nobody = ReplicaId([0; 16]);
    match (met_by_me, met_by_them) {
        (true, true) => false,
        (false, true) => mine.peer != nobody,
        (true, false) => theirs.peer != nobody,
        (false, false) => true,
    }
}

/// A space nobody has said anything of.
pub(super) fn empty_state(space: Space) -> SpaceState {
    SpaceState { space, head: 0, acked: 0, peer: ReplicaId([0; 16]), cursor: 0, count: 0, digest: [0; 32] }
}

/// Whether digests still have to be compared in this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verify {
    /// As soon as both sides are at rest.
    Due,
    /// They agreed, or nothing can be done.
    Done,
}

#[derive(Debug)]
pub(super) struct SpaceSync {
    /// As told in HELLO.
    pub(super) told: SpaceState,
    pub(super) head: u64,
    /// Everything up to here is shipped, or known to be the peer's own.
    pub(super) sent: u64,
    /// Where the last PUSH or SETTLE ended: what lies between here and `sent` is the peer's own. The next PUSH begins here, so that it joins on
    /// whether or not the ACK that told so has been read on the other stream.
    pub(super) shipped: u64,
    pub(super) acked: u64,
    /// Own lsn the peer may pass by an ACK's `yours`: it will have it, though it never says so in this session.
    pub(super) presumed: u64,
    /// Up to this own lsn, what came from the peer is shipped too.
    pub(super) echo_until: u64,
    pub(super) cursor: u64,
    pub(super) peer_head: u64,
    /// Stretches of the peer's log that are our own changes, waiting for the cursor to reach them.
    jumps: VecDeque<(u64, u64)>,
    /// Own frames queued or in flight.
    pub(super) unacked: usize,
    /// Requests to store something that are not answered yet.
    pub(super) storing: usize,
    /// Receipts since the last fetch after which own log was ahead of what was shipped.
    pub(super) waited: usize,
    pub(super) reconcile: Option<Reconcile>,
    /// The peer has not settled its side of a reconciliation.
    pub(super) await_settle: bool,
    /// The pairs of digests (own, the peer's) that a reconciliation was started for in this session.
    pub(super) compared: Vec<(Digest, Digest)>,
    pub(super) verify: Verify,
    said_in_sync: bool,
}

impl SpaceSync {
    /// Before the peer's HELLO: its cursor is taken to be what it last acknowledged.
    pub(super) fn new(told: &SpaceState) -> Self {
        Self {
            told: told.clone(),
            head: told.head,
            sent: told.acked.min(told.head),
            shipped: told.acked.min(told.head),
            acked: 0,
            presumed: 0,
            echo_until: 0,
            cursor: 0,
            peer_head: 0,
            jumps: VecDeque::new(),
            unacked: 0,
            storing: 0,
            waited: 0,
            reconcile: None,
            await_settle: false,
            compared: Vec::new(),
            verify: Verify::Due,
            said_in_sync: false,
        }
    }

    /// Takes up the stance that both HELLOs give.
    pub(super) fn open(&mut self, stance: &Stance, theirs: &SpaceState) {
        let began = self.told.acked.min(self.told.head);
        // What flew with our HELLO counts only if it joins on to what the peer has.
        self.sent = if began <= stance.send_from { self.sent.max(stance.send_from) } else { stance.send_from };
        self.shipped = self.sent;
        self.acked = stance.send_from;
        self.cursor = stance.cursor;
        self.peer_head = theirs.head;
        self.echo_until = if stance.echo { self.head } else { 0 };
        self.verify = if stance.equal { Verify::Done } else { Verify::Due };
    }

    /// False for a space in which neither side has anything: there is nothing to compare.
    pub(super) fn holds_something(&self) -> bool {
        self.head > 0 || self.peer_head > 0
    }

    pub(super) fn note_head(&mut self, head: u64) {
        self.head = self.head.max(head);
    }

    pub(super) fn note_cursor(&mut self, to: u64) {
        self.cursor = to;
        self.peer_head = self.peer_head.max(to);
    }

    /// The peer's log from `from` to `to` is our own; returns whether the cursor moved.
    pub(super) fn jump(&mut self, from: u64, to: u64) -> bool {
        self.peer_head = self.peer_head.max(to);
        let room = self.jumps.len() < super::FRAMES_IN_FLIGHT_MAX;
        match self.jumps.back_mut() {
            Some((_, end)) if *end == from => *end = to,
            // Never more than frames in flight; one that does not fit is passed by the peer's next empty PUSH or HELLO.
            _ if room => self.jumps.push_back((from, to)),
            _ => {}
        }
        self.take_jumps()
    }

    pub(super) fn take_jumps(&mut self) -> bool {
        let before = self.cursor;
        while let Some((from, to)) = self.jumps.front().copied()
            && from <= self.cursor
        {
            self.jumps.pop_front();
            self.cursor = self.cursor.max(to);
        }
        self.cursor > before
    }

    pub(super) fn forget_jumps(&mut self) {
        self.jumps.clear();
    }

    pub(super) fn in_sync(&self) -> bool {
        let quiet = self.reconcile.is_none() && !self.await_settle && self.storing == 0 && self.unacked == 0;
        quiet && self.acked.max(self.presumed) >= self.head && self.cursor >= self.peer_head
    }

    /// Whether own log should be read for more. While the peer ships, our head moves by its changes alone, and its ACKs tell it so without a
    /// frame: wait for that to end, but not for ever.
    pub(super) fn wants_fetch(&self) -> bool {
        self.reconcile.is_none() && self.sent < self.head && (self.storing == 0 || self.waited >= 4)
    }

    /// True once each time everything has arrived on both sides.
    pub(super) fn turned_in_sync(&mut self) -> bool {
        let now = self.in_sync();
        let turned = now && !self.said_in_sync;
        self.said_in_sync = now;
        turned
    }

    pub(super) fn progress(&self, space: Space, open: bool) -> SpaceProgress {
        SpaceProgress {
            space,
            head: self.head,
            sent: self.sent,
            acked: self.acked.max(self.presumed),
            cursor: self.cursor,
            peer_head: self.peer_head,
            in_sync: open && self.in_sync(),
            reconciling: self.reconcile.is_some() || self.await_settle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SchoolYear;

    const A: ReplicaId = ReplicaId([1; 16]);
    const B: ReplicaId = ReplicaId([2; 16]);

    fn state(head: u64, acked: u64, peer: ReplicaId, cursor: u64, count: u64, digest: u8) -> SpaceState {
        SpaceState { head, acked, peer, cursor, count, digest: [digest; 32], ..empty_state(Space::published(SchoolYear::new(2025).unwrap())) }
    }

    fn both(a: &SpaceState, b: &SpaceState) -> (Stance, Stance) {
        let (mine, theirs) = (assess(a, A, b, B), assess(b, B, a, A));
        assert_eq!(mine.mismatch, theirs.mismatch, "both sides judge alike");
        assert_eq!(mine.equal, theirs.equal);
        (mine, theirs)
    }

    #[test]
    fn equal_digests_at_both_heads_need_nothing() {
        let (a, _) = both(&state(10, 10, B, 7, 12, 9), &state(7, 7, A, 10, 12, 9));
        assert!(a.equal && a.mismatch.is_none());
    }

    #[test]
    fn unequal_digests_at_both_heads_are_compared_document_by_document() {
        let (a, b) = both(&state(10, 10, B, 7, 12, 9), &state(7, 7, A, 10, 12, 8));
        assert_eq!(a.mismatch, Some(Mismatch::Digest));
        assert_eq!((a.send_from, b.cursor), (10, 10));
    }

    #[test]
    fn a_lost_acknowledgement_costs_nothing() {
        let (a, _) = both(&state(10, 4, B, 7, 12, 9), &state(7, 7, A, 8, 12, 8));
        assert_eq!((a.send_from, a.echo, a.mismatch), (8, false, None));
    }

    #[test]
    fn a_cursor_moved_back_is_echoed_to() {
        let (a, _) = both(&state(10, 9, B, 7, 12, 9), &state(7, 7, A, 5, 12, 8));
        assert_eq!((a.send_from, a.echo, a.mismatch), (5, true, None));
    }

    #[test]
    fn a_cursor_beyond_the_head_or_a_strange_epoch_starts_over() {
        let (a, b) = both(&state(6, 6, B, 7, 12, 9), &state(9, 7, A, 10, 12, 8));
        assert_eq!(a.mismatch, Some(Mismatch::BeyondHead));
        assert_eq!((a.send_from, b.cursor), (0, 0));
        let (a, _) = both(&state(6, 6, ReplicaId([3; 16]), 7, 12, 9), &state(9, 7, A, 6, 12, 8));
        assert_eq!(a.mismatch, Some(Mismatch::UnknownEpoch));
    }

    #[test]
    fn strangers_ship_everything_when_one_is_empty_and_compare_when_neither_is() {
        let nobody = ReplicaId([0; 16]);
        let (a, b) = both(&state(6, 0, nobody, 0, 6, 9), &state(0, 0, nobody, 0, 0, 0));
        assert_eq!((a.mismatch, a.send_from, a.echo, b.send_from), (None, 0, true, 0));
        let (a, _) = both(&state(6, 0, nobody, 0, 6, 9), &state(5, 0, nobody, 0, 5, 0));
        assert_eq!(a.mismatch, Some(Mismatch::UnknownEpoch));
    }

    #[test]
    fn a_first_exchange_cut_before_its_first_acknowledgement_resumes() {
        let nobody = ReplicaId([0; 16]);
        let (a, _) = both(&state(6, 0, nobody, 0, 6, 9), &state(3, 0, A, 3, 3, 1));
        assert_eq!((a.mismatch, a.send_from), (None, 3));
    }
}
