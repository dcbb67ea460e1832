//! HELLO both ways, and the comparison of digests once both sides are at rest (STATE).
//!
//! The node asks with its state, the hub answers with its own, the node judges: equal states end it, a mismatch starts a reconciliation,
//! anything else (a cursor is behind because something was just written) is asked again later.

use super::outward::Source;
use super::space::{SpaceSync, Verify, assess, empty_state};
use super::{EARLY_CREDIT, Ending, Met, Pending, Phase, Role, Session, SessionEvent, all_in_scope, ending};
use crate::model::{ReplicaId, Space};
use crate::sync::ask::Request;
use crate::sync::engine::SpaceState;
use crate::sync::frame::Channel;
use crate::sync::message::{ByeCode, Hello, Message, SPACES_MAX, VERSION_MAX, VERSION_MIN};
use std::collections::BTreeMap;

/// First pause after an inconclusive comparison, milliseconds, doubled every time: under constant writing the cursors never stand still together.
const AGAIN_MS: u64 = 5_000;

/// Reconciliations of one space in a session. The second is for what was parked during the first and came loose since.
const RECONCILIATIONS_MAX: usize = 4;

/// Where the comparison of digests is.
#[derive(Debug)]
pub(super) struct Verification {
    /// Own states sent, waiting for the other side's.
    mine: Option<BTreeMap<Space, SpaceState>>,
    /// Own state is being read.
    reading: bool,
    not_before_ms: u64,
    pause_ms: u64,
    regular_ms: u64,
}

impl Verification {
    pub(super) fn new(regular_ms: u64) -> Self {
        Self { mine: None, reading: false, not_before_ms: 0, pause_ms: AGAIN_MS, regular_ms }
    }

    pub(super) fn next_ms(&self) -> u64 {
        if self.not_before_ms > 0 { self.not_before_ms.min(self.regular_ms) } else { self.regular_ms }
    }
}

impl Session {
    /// Own state is read: say HELLO.
    pub(super) fn greet(&mut self, replica: ReplicaId, states: Vec<SpaceState>) -> Result<(), Ending> {
        self.replica = replica;
        let mut states: Vec<SpaceState> = states.into_iter().filter(|state| self.in_scope(state.space)).collect();
        states.truncate(SPACES_MAX);
        for state in &states {
            let newer = self.spaces.get(&state.space).map_or(0, |known| known.head);
            let mut known = SpaceSync::new(state);
            known.note_head(newer);
            self.spaces.insert(state.space, known);
        }
        self.order = states.iter().map(|state| state.space).collect();
        let hello = Hello {
            version_min: VERSION_MIN,
            version_max: VERSION_MAX,
            software: self.config.software.clone(),
            replica,
            nonce: self.config.nonce,
            time_s: self.config.time_s,
            credit: self.config.grant_bytes,
            spaces: states,
        };
        self.phase = Phase::Greeting;
        self.send(Channel::Control, &Message::Hello(hello));
        self.open()
    }

    pub(super) fn receive_hello(&mut self, hello: Hello) -> Result<(), Ending> {
        if self.phase == Phase::Open || self.their_hello.is_some() {
            return ending(ByeCode::Order, "a second HELLO");
        }
        if hello.version_min > VERSION_MAX || hello.version_max < VERSION_MIN || hello.version_min > hello.version_max {
            return ending(ByeCode::Version, format!("{VERSION_MIN}..{VERSION_MAX} here, {}..{} there", hello.version_min, hello.version_max));
        }
        all_in_scope(self, &hello.spaces)?;
        if hello.credit < EARLY_CREDIT || hello.replica == ReplicaId([0; 16]) {
            return ending(ByeCode::Malformed, "HELLO with too little credit or no replica");
        }
        self.their_hello = Some(hello);
        self.open()
    }

    /// Once both HELLOs are there.
    fn open(&mut self) -> Result<(), Ending> {
        if self.phase != Phase::Greeting {
            return Ok(());
        }
        let Some(hello) = self.their_hello.take() else { return Ok(()) };
        if hello.replica == self.replica {
            return ending(ByeCode::Duplicate, "both sides have the same log: one is a copy");
        }
        let met = Met {
            replica: hello.replica,
            nonce: hello.nonce,
            software: hello.software,
            version: hello.version_max.min(VERSION_MAX),
            clock_skew_s: hello.time_s.saturating_sub(self.config.time_s),
        };
        self.met = Some(met.clone());
        self.phase = Phase::Open;
        self.outward.credit = self.outward.credit.saturating_add(hello.credit - EARLY_CREDIT);
        self.event(SessionEvent::Established(met));
        self.open_spaces(&hello.spaces)?;
        self.ask(Request::Verdicts { again: true }, Pending::Verdicts);
        self.release_held()
    }

    fn open_spaces(&mut self, theirs: &[SpaceState]) -> Result<(), Ending> {
        for state in theirs {
            self.space_mut(state.space)?;
        }
        for space in self.order.clone() {
            let their_state = theirs.iter().find(|state| state.space == space).cloned().unwrap_or_else(|| empty_state(space));
            let (own, peer) = (self.replica, self.peer_replica());
            let told = &self.space_mut(space)?.told;
            let (began, stance) = (told.acked.min(told.head), assess(told, own, &their_state, peer));
            let dropped = began != stance.send_from && self.drop_early(space);
            let known = self.space_mut(space)?;
            known.open(&stance, &their_state);
            if dropped {
                (known.sent, known.shipped) = (stance.send_from, stance.send_from);
            }
            // The peer holds more of our log than it ever told us: an ACK was lost on its way.
            let late = (stance.mismatch.is_none() && known.told.peer == peer && stance.send_from > known.told.acked).then_some(stance.send_from);
            let head = known.head;
            if let Some(lsn) = late {
                self.ask(
                    Request::Acknowledged { by: peer, space, lsn, parked: Vec::new(), refused: Vec::new() },
                    Pending::Acked { space, lsn, head, moved: true },
                );
            }
            if let Some(why) = stance.mismatch {
                let known = self.space_mut(space)?;
                known.compared.push((known.told.digest, their_state.digest));
                self.start_reconcile(space, why)?;
            }
        }
        Ok(())
    }

    /// The node compares digests once everything has arrived everywhere.
    pub(super) fn pump_verification(&mut self) {
        let busy = self.verify.reading || self.verify.mine.is_some() || self.now_ms < self.verify.not_before_ms;
        if self.config.role != Role::Node || busy || !self.in_sync() || self.outward.source != Source::Idle {
            return;
        }
        if self.spaces.values().any(|known| known.verify == Verify::Due && known.holds_something()) {
            self.verify.reading = true;
            self.ask(Request::Spaces, Pending::StateLead);
        }
    }

    pub(super) fn verify_by_the_clock(&mut self) {
        if self.now_ms >= self.verify.not_before_ms {
            self.verify.not_before_ms = 0;
        }
        if self.now_ms >= self.verify.regular_ms {
            self.verify.regular_ms = self.now_ms.saturating_add(self.config.verify_ms);
            self.spaces.values_mut().for_each(|known| known.verify = Verify::Due);
        }
    }

    pub(super) fn state_lead(&mut self, states: &[SpaceState]) {
        self.verify.reading = false;
        let due = |state: &&SpaceState| self.spaces.get(&state.space).is_some_and(|known| known.verify == Verify::Due && known.holds_something());
        let mine: Vec<SpaceState> = states.iter().filter(due).cloned().collect();
        if mine.is_empty() {
            // Nothing of what is due is known to the replica: there is nothing to compare.
            self.spaces.values_mut().for_each(|known| known.verify = Verify::Done);
            return;
        }
        self.send(Channel::Control, &Message::State(mine.clone()));
        self.verify.mine = Some(mine.into_iter().map(|state| (state.space, state)).collect());
    }

    pub(super) fn receive_state(&mut self, states: &[SpaceState]) -> Result<(), Ending> {
        all_in_scope(self, states)?;
        if self.config.role == Role::Node {
            return self.judge_states(states);
        }
        if self.verify.reading {
            return ending(ByeCode::Order, "a STATE before the last was answered");
        }
        self.verify.reading = true;
        self.ask(Request::Spaces, Pending::StateFollow(states.iter().map(|state| state.space).collect()));
        Ok(())
    }

    pub(super) fn state_follow(&mut self, spaces: &[Space], states: &[SpaceState]) {
        self.verify.reading = false;
        let of = |space: &Space| states.iter().find(|state| state.space == *space).cloned().unwrap_or_else(|| empty_state(*space));
        let answer = Message::State(spaces.iter().map(of).collect());
        self.send(Channel::Control, &answer);
    }

    fn judge_states(&mut self, theirs: &[SpaceState]) -> Result<(), Ending> {
        let Some(mine) = self.verify.mine.take() else { return ending(ByeCode::Order, "a STATE that was not asked for") };
        let (own, peer) = (self.replica, self.peer_replica());
        let mut again = false;
        for their_state in theirs {
            let space = their_state.space;
            let Some(my_state) = mine.get(&space) else { return ending(ByeCode::Order, "a STATE of another space") };
            let stance = assess(my_state, own, their_state, peer);
            if stance.at_rest && their_state.cursor > my_state.acked {
                // It passed stretches of our log that were its own changes without saying so: the next HELLO need not offer them.
                let (lsn, head) = (their_state.cursor, my_state.head);
                self.ask(
                    Request::Acknowledged { by: peer, space, lsn, parked: Vec::new(), refused: Vec::new() },
                    Pending::Acked { space, lsn, head, moved: true },
                );
            }
            let Some(known) = self.spaces.get_mut(&space) else { continue };
            if !stance.at_rest {
                again = true;
            } else if stance.equal {
                known.verify = Verify::Done;
            } else if known.compared.contains(&(my_state.digest, their_state.digest)) || known.compared.len() >= RECONCILIATIONS_MAX {
                // A comparison of every document changed nothing: another would not either.
                known.verify = Verify::Done;
                self.event(SessionEvent::Divergent { space });
            } else if let Some(why) = stance.mismatch {
                known.compared.push((my_state.digest, their_state.digest));
                self.start_reconcile(space, why)?;
            }
        }
        if again {
            self.verify.not_before_ms = self.now_ms.saturating_add(self.verify.pause_ms);
            self.verify.pause_ms = self.verify.pause_ms.saturating_mul(2).min(self.config.verify_ms);
        }
        Ok(())
    }
}
