//! What we ship: fetched one parcel at a time, queued, sent as far as the peer's credit goes, acknowledged in order.
//!
//! Invariants: PUSH payloads in flight never exceed the credit; at most [`FRAMES_IN_FLIGHT_MAX`] frames are in flight and two parcels are held;
//! a parcel fetched for a place we have left meanwhile is dropped (the replica gives it again).

use super::space::SpaceSync;
use super::{Ending, FRAMES_IN_FLIGHT_MAX, Output, Pending, Phase, Role, Session, SessionEvent, ending};
use crate::model::{OriginId, Space};
use crate::sync::ask::{Packed, Request};
use crate::sync::engine::Refused;
use crate::sync::frame::Channel;
use crate::sync::message::{Ack, ByeCode, CERTIFICATES_MAX, Message, PAYLOAD_BYTES_MAX, Push, VERDICTS_MAX};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Raw bytes asked for at first: fits a frame as long as packing halves them.
const PARCEL_BYTES_FIRST: usize = 384 * 1024;
/// Least and most raw bytes asked for; the most leaves room under the 2 MiB a frame may inflate to.
const PARCEL_BYTES_MIN: usize = 64 * 1024;
const PARCEL_BYTES_MAX: usize = 1536 * 1024;
/// A frame is aimed at 7/8 of what fits, so that few parcels have to be split (a split costs 48 bytes a change in holes).
const PAYLOAD_BYTES_AIM: usize = PAYLOAD_BYTES_MAX / 8 * 7;

/// What the replica is being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Idle,
    Asked,
}

#[derive(Debug)]
enum Ready {
    Origin(Vec<Vec<u8>>),
    Push(Push),
    Settle(Space, u64),
}

#[derive(Debug)]
struct InFlight {
    space: Space,
}

#[derive(Debug)]
pub(super) struct Outward {
    pub(super) credit: u64,
    pub(super) source: Source,
    in_flight: VecDeque<InFlight>,
    ready: VecDeque<Ready>,
    introduced: BTreeSet<OriginId>,
    parcel_bytes: usize,
}

impl Outward {
    pub(super) fn new(introduced: BTreeSet<OriginId>) -> Self {
        Self {
            credit: super::EARLY_CREDIT,
            source: Source::Idle,
            in_flight: VecDeque::new(),
            ready: VecDeque::new(),
            introduced,
            parcel_bytes: PARCEL_BYTES_FIRST,
        }
    }

    /// Aims the next parcel at one full frame, from how well this one packed.
    fn learn_ratio(&mut self, packed: &Packed) {
        let wire: usize = packed.payloads.iter().map(Vec::len).sum();
        let raw = usize::try_from(packed.raw_bytes).unwrap_or(usize::MAX);
        if wire < PARCEL_BYTES_MIN / 16 {
            return; // too little to learn from
        }
        let fitting = raw.saturating_mul(PAYLOAD_BYTES_AIM) / wire;
        self.parcel_bytes = fitting.clamp(PARCEL_BYTES_MIN, PARCEL_BYTES_MAX);
    }

    fn next_fits(&self) -> bool {
        let room = self.in_flight.len() < FRAMES_IN_FLIGHT_MAX;
        match self.ready.front() {
            None => false,
            Some(Ready::Origin(_)) => true,
            Some(Ready::Settle(..)) => room,
            Some(Ready::Push(push)) => room && push.payload.len() as u64 <= self.credit,
        }
    }
}

impl Session {
    /// Sends what credit allows and fetches more while little is waiting.
    pub(super) fn pump_outward(&mut self) {
        while self.outward.next_fits() {
            let Some(ready) = self.outward.ready.pop_front() else { break };
            self.emit(ready);
        }
        let may = self.phase == Phase::Open || (self.phase == Phase::Greeting && self.config.role == Role::Node);
        if may && self.outward.source == Source::Idle && self.outward.ready.len() < 2 {
            self.fetch();
        }
    }

    /// What was to fly with our HELLO and still waits, of a space whose peer begins elsewhere than we thought; returns whether there was any.
    pub(super) fn drop_early(&mut self, space: Space) -> bool {
        let before = self.outward.ready.len();
        self.outward.ready.retain(|ready| !matches!(ready, Ready::Push(push) if push.space == space));
        let dropped = before - self.outward.ready.len();
        if let Some(known) = self.spaces.get_mut(&space) {
            known.unacked = known.unacked.saturating_sub(dropped);
        }
        dropped > 0
    }

    fn emit(&mut self, ready: Ready) {
        let message = match ready {
            Ready::Origin(certificates) => Message::Origin(certificates),
            Ready::Push(push) => {
                self.outward.credit -= push.payload.len() as u64;
                self.outward.in_flight.push_back(InFlight { space: push.space });
                Message::Push(push)
            }
            Ready::Settle(space, head) => {
                self.outward.in_flight.push_back(InFlight { space });
                Message::Settle(space, head)
            }
        };
        self.send(Channel::Records, &message);
    }

    /// Asks for the next parcel of the most urgent space that has any.
    fn fetch(&mut self) {
        let introduced = self.outward.introduced.clone();
        let bytes = self.outward.parcel_bytes;
        for space in self.order.clone() {
            let Some(known) = self.spaces.get(&space) else { continue };
            let (request, pending) = if let Some(reconcile) = &known.reconcile {
                let Some((theirs, skip)) = reconcile.serving() else { continue };
                (Request::Lacking { space, theirs: theirs.clone(), skip, bytes, introduced }, Pending::Lacking { space })
            } else if known.wants_fetch() {
                let (after, echo) = (known.sent, known.sent < known.echo_until);
                (Request::Outgoing { space, after, bytes, echo, introduced }, Pending::Outgoing { space, after })
            } else {
                continue;
            };
            self.outward.source = Source::Asked;
            self.ask(request, pending);
            return;
        }
    }

    pub(super) fn fetched(&mut self, space: Space, after: u64, to: u64, head: u64, packed: Packed) -> Result<(), Ending> {
        self.outward.source = Source::Idle;
        let known = self.space_mut(space)?;
        known.waited = 0;
        known.note_head(head);
        if known.sent != after || known.reconcile.is_some() {
            return Ok(());
        }
        if to <= after {
            // The replica's head is behind what we were told: believe the replica.
            known.head = known.sent;
            return Ok(());
        }
        known.sent = to;
        let after = std::mem::replace(&mut known.shipped, to);
        let head = known.head.max(to);
        known.head = head;
        known.unacked += packed.payloads.len().max(1);
        self.outward.learn_ratio(&packed);
        self.introduce(packed.certificates, packed.introduced);
        let mut payloads = packed.payloads;
        let last = payloads.pop().unwrap_or_default();
        for payload in payloads {
            self.outward.ready.push_back(Ready::Push(Push { space, after, to: after, head, payload }));
        }
        self.outward.ready.push_back(Ready::Push(Push { space, after, to, head, payload: last }));
        Ok(())
    }

    pub(super) fn fetched_lacking(&mut self, space: Space, packed: Packed, last: bool) -> Result<(), Ending> {
        self.outward.source = Source::Idle;
        self.outward.learn_ratio(&packed);
        self.introduce(packed.certificates, packed.introduced);
        let known = self.space_mut(space)?;
        // No cursor moves by these: SETTLE does it at the end.
        let head = known.head;
        known.unacked += packed.payloads.len();
        if let Some(reconcile) = known.reconcile.as_mut() {
            reconcile.served(packed.changes, last || packed.changes == 0);
        }
        for payload in packed.payloads {
            self.outward.ready.push_back(Ready::Push(Push { space, after: 0, to: 0, head, payload }));
        }
        Ok(())
    }

    /// Queued behind the pushes of a reconciliation.
    pub(super) fn queue_settle(&mut self, space: Space, head: u64) {
        self.outward.ready.push_back(Ready::Settle(space, head));
    }

    fn introduce(&mut self, mut certificates: Vec<Vec<u8>>, introduced: BTreeSet<OriginId>) {
        self.outward.introduced = introduced;
        while !certificates.is_empty() {
            let rest = certificates.split_off(certificates.len().min(CERTIFICATES_MAX));
            self.outward.ready.push_back(Ready::Origin(std::mem::replace(&mut certificates, rest)));
        }
    }

    pub(super) fn receive_ack(&mut self, space: Space, ack: Ack) -> Result<(), Ending> {
        if self.outward.in_flight.front().is_none_or(|first| first.space != space) {
            return ending(ByeCode::Order, "an ACK of nothing in flight");
        }
        let by = self.peer_replica();
        let Some(known) = self.spaces.get_mut(&space) else { return ending(ByeCode::Order, "an ACK of an unknown space") };
        if !ack.refused.is_empty() {
            self.outputs.push_back(Output::Event(SessionEvent::RefusedThere { space, refused: ack.refused.clone() }));
        }
        if !ack.last {
            let request = Request::Acknowledged { by, space, lsn: known.acked, parked: ack.parked, refused: ack.refused };
            return self.tell(request);
        }
        if ack.lsn > known.sent || ack.lsn < known.acked || ack.yours > ack.head {
            return ending(ByeCode::Order, format!("an ACK of {} between {} and {}", ack.lsn, known.acked, known.sent));
        }
        let moved = ack.lsn > known.acked;
        known.acked = ack.lsn;
        known.unacked = known.unacked.saturating_sub(1);
        known.peer_head = known.peer_head.max(ack.head);
        let (lsn, head) = (known.acked, known.head);
        let jumped = ack.yours > 0 && known.reconcile.is_none() && known.jump(ack.head - ack.yours, ack.head);
        let cursor = known.cursor;
        self.outward.in_flight.pop_front();
        self.outward.credit = self.outward.credit.saturating_add(ack.credit);
        if jumped {
            self.advance(space, cursor);
        }
        if moved || !ack.refused.is_empty() || !ack.parked.is_empty() {
            self.ask(Request::Acknowledged { by, space, lsn, parked: ack.parked, refused: ack.refused }, Pending::Acked { space, lsn, head, moved });
        }
        Ok(())
    }

    /// Hands on a list that no credit bounds: a peer that sends nothing else would fill the queue of requests.
    fn tell(&mut self, request: Request) -> Result<(), Ending> {
        if self.asked.values().filter(|pending| matches!(pending, Pending::Told)).count() >= FRAMES_IN_FLIGHT_MAX {
            return ending(ByeCode::Limit, "too many verdicts at once");
        }
        self.ask(request, Pending::Told);
        Ok(())
    }

    /// A refusal reached after the ACK: marked like one told with it, the cursor where it was.
    pub(super) fn receive_verdict(&mut self, space: Space, refused: Vec<Refused>) -> Result<(), Ending> {
        let by = self.peer_replica();
        let lsn = self.spaces.get(&space).map_or(0, |known| known.acked);
        self.event(SessionEvent::RefusedThere { space, refused: refused.clone() });
        self.tell(Request::Acknowledged { by, space, lsn, parked: Vec::new(), refused })
    }

    pub(super) fn tell_verdicts(&mut self, verdicts: Vec<(Space, Refused)>) {
        let mut by_space: BTreeMap<Space, Vec<Refused>> = BTreeMap::new();
        verdicts.into_iter().filter(|(space, _)| self.in_scope(*space)).for_each(|(space, one)| by_space.entry(space).or_default().push(one));
        for (space, refused) in by_space {
            for piece in refused.chunks(VERDICTS_MAX) {
                self.send(Channel::Control, &Message::Verdict(space, piece.to_vec()));
            }
        }
    }

    /// Moves the cursor kept here for the peer without records.
    pub(super) fn advance(&mut self, space: Space, to: u64) {
        self.ask(Request::Advance { from: self.peer_replica(), space, to }, Pending::Plain);
    }
}

/// Own changes the peer may pass without a frame: only if nothing else lies between, and nothing is being compared.
pub(super) fn may_pass(known: &SpaceSync, head: u64, admitted: u64) -> bool {
    known.reconcile.is_none() && !known.await_settle && admitted > 0 && head.checked_sub(admitted) == Some(known.sent)
}
