//! What we are shipped: checked against scope and credit, stored in order, acknowledged only once stored.
//!
//! Records that come before HELLO are held: at most what [`EARLY_CREDIT`] allows, and a few certificates.

use super::outward::may_pass;
use super::{EARLY_CREDIT, Ending, FRAMES_IN_FLIGHT_MAX, Pending, Session, SessionEvent, ending};
use crate::model::Space;
use crate::sync::ask::Request;
use crate::sync::engine::Receipt;
use crate::sync::frame::Channel;
use crate::sync::message::{Ack, ByeCode, Message, Push, VERDICTS_MAX};
use std::collections::VecDeque;

#[derive(Debug)]
pub(super) struct Inward {
    credit: u64,
    /// PUSH and SETTLE frames not yet acknowledged.
    open_frames: usize,
    held: VecDeque<Message>,
    held_bytes: u64,
}

impl Inward {
    pub(super) fn new(credit: u64) -> Self {
        Self { credit, open_frames: 0, held: VecDeque::new(), held_bytes: 0 }
    }

    /// Counts a frame that will be acknowledged.
    fn enter(&mut self, cost: u64) -> Result<(), Ending> {
        if cost > self.credit || self.open_frames >= FRAMES_IN_FLIGHT_MAX {
            return ending(ByeCode::Credit, format!("{cost} bytes with {} granted, {} frames open", self.credit, self.open_frames));
        }
        self.credit -= cost;
        self.open_frames += 1;
        Ok(())
    }

    fn leave(&mut self, cost: u64) {
        self.credit = self.credit.saturating_add(cost);
        self.open_frames = self.open_frames.saturating_sub(1);
    }
}

impl Session {
    /// Keeps a record frame until HELLO is there.
    pub(super) fn hold(&mut self, message: Message) -> Result<(), Ending> {
        let bytes = match &message {
            Message::Push(push) => push.payload.len(),
            Message::Origin(certificates) => certificates.iter().map(Vec::len).sum(),
            _ => return ending(ByeCode::Order, "a SETTLE before HELLO"),
        };
        self.inward.held_bytes = self.inward.held_bytes.saturating_add(bytes as u64);
        // Twice: PUSH up to the credit, and certificates.
        if self.inward.held_bytes > 2 * EARLY_CREDIT || self.inward.held.len() >= FRAMES_IN_FLIGHT_MAX {
            return ending(ByeCode::Credit, "too much before HELLO");
        }
        self.inward.held.push_back(message);
        Ok(())
    }

    pub(super) fn release_held(&mut self) -> Result<(), Ending> {
        self.inward.held_bytes = 0;
        while let Some(message) = self.inward.held.pop_front() {
            self.receive_open(message)?;
        }
        Ok(())
    }

    pub(super) fn receive_origin(&mut self, certificates: Vec<Vec<u8>>) -> Result<(), Ending> {
        // Not covered by credit: a peer that sends nothing else would fill the queue of requests.
        if self.asked.values().filter(|pending| matches!(pending, Pending::Learn)).count() >= FRAMES_IN_FLIGHT_MAX {
            return ending(ByeCode::Limit, "too many certificates at once");
        }
        self.ask(Request::Learn { certificates }, Pending::Learn);
        Ok(())
    }

    pub(super) fn receive_push(&mut self, push: Push) -> Result<(), Ending> {
        let cost = push.payload.len() as u64;
        self.inward.enter(cost)?;
        let (space, from) = (push.space, self.peer_replica());
        let known = self.space_mut(space)?;
        if push.to > push.head {
            return ending(ByeCode::Order, "a PUSH beyond its own head");
        }
        known.peer_head = known.peer_head.max(push.head);
        // Only what joins on to what is here moves the cursor; the rest is stored all the same.
        let moves = push.to > push.after && push.after <= known.cursor && push.to > known.cursor;
        if moves {
            known.note_cursor(push.to);
        }
        known.storing += 1;
        let lsn = known.cursor;
        let jumped = known.take_jumps();
        let cursor = known.cursor;
        let to = if moves { push.to } else { 0 };
        if push.payload.is_empty() {
            let request = Request::Advance { from, space, to: lsn };
            self.ask(request, Pending::Advance { space, lsn, cost });
        } else {
            self.ask(Request::Admit { from, space, to, payload: push.payload }, Pending::Admit { space, lsn, cost });
        }
        if jumped {
            self.advance(space, cursor);
        }
        Ok(())
    }

    pub(super) fn receive_settle(&mut self, space: Space, head: u64) -> Result<(), Ending> {
        self.inward.enter(0)?;
        let from = self.peer_replica();
        let Some(known) = self.spaces.get_mut(&space).filter(|known| known.await_settle) else {
            return ending(ByeCode::Order, "a SETTLE of nothing");
        };
        known.await_settle = false;
        known.note_cursor(head.max(known.cursor));
        known.storing += 1;
        let lsn = known.cursor;
        // The peer's ACKs may have overtaken its SETTLE on the other stream, and told of stretches behind it.
        let jumped = known.take_jumps();
        let cursor = known.cursor;
        self.ask(Request::Advance { from, space, to: lsn }, Pending::Advance { space, lsn, cost: 0 });
        if jumped {
            self.advance(space, cursor);
        }
        Ok(())
    }

    /// The parcel is on disk: say so.
    pub(super) fn admitted(&mut self, space: Space, lsn: u64, cost: u64, receipt: Receipt) -> Result<(), Ending> {
        let known = self.space_mut(space)?;
        known.storing = known.storing.saturating_sub(1);
        let passes = receipt.only_theirs && may_pass(known, receipt.head, receipt.admitted);
        known.note_head(receipt.head);
        if passes {
            known.sent = receipt.head;
            known.presumed = receipt.head;
            known.waited = 0;
        } else {
            known.waited += 1;
        }
        let yours = if passes { receipt.admitted } else { 0 };
        self.event(SessionEvent::Received {
            space,
            admitted: receipt.admitted,
            known: receipt.known,
            parked: receipt.parked.len() as u64,
            refused: receipt.refused.len() as u64,
        });
        self.acknowledge(space, Ack { lsn, head: receipt.head, yours, credit: cost, last: true, parked: receipt.parked, refused: receipt.refused });
        Ok(())
    }

    /// A cursor moved without records, by an empty PUSH or a SETTLE.
    pub(super) fn advanced(&mut self, space: Space, lsn: u64, cost: u64) -> Result<(), Ending> {
        let known = self.space_mut(space)?;
        known.storing = known.storing.saturating_sub(1);
        let head = known.head;
        self.acknowledge(space, Ack { lsn, head, credit: cost, last: true, ..Ack::default() });
        Ok(())
    }

    /// One ACK, or several if the lists are long; only the last counts for credit and cursor.
    fn acknowledge(&mut self, space: Space, ack: Ack) {
        self.inward.leave(ack.credit);
        let Ack { mut parked, mut refused, .. } = ack;
        while parked.len() + refused.len() > VERDICTS_MAX {
            let some_parked: Vec<_> = parked.split_off(parked.len() - parked.len().min(VERDICTS_MAX));
            let some_refused = refused.split_off(refused.len() - refused.len().min(VERDICTS_MAX - some_parked.len()));
            let part = Ack { lsn: 0, head: ack.head, yours: 0, credit: 0, last: false, parked: some_parked, refused: some_refused };
            self.send(Channel::Control, &Message::Ack(space, part));
        }
        self.send(Channel::Control, &Message::Ack(space, Ack { parked, refused, ..ack }));
    }
}
