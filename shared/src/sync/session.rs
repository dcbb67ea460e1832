//! One connection as a pure state machine. No socket, clock, disk or randomness: the driver owns those.
//!
//! **Order of calls.** After [`Session::new`] and after every `handle_*`, call [`Session::poll`] until it returns `None` and do what it says:
//! * [`Output::Send`]: write the bytes to that stream, in order within a stream. Reading must never wait for writing;
//! * [`Output::Ask`]: run [`ask::execute`](super::ask::execute) on a blocking thread, in order within a [`Lane`](super::ask::Lane), and give the result to [`Session::handle_answer`];
//! * [`Output::Event`]: tell the status screen and the log;
//! * [`Output::Close`]: flush what was sent on the control stream, then close. Nothing follows.
//!
//! Inputs: [`Session::handle_frame`] for every frame the two [`Decoder`](super::frame::Decoder)s yield (ask `Engine::welcome` first; if it says no,
//! [`Session::handle_revoked`]), [`Session::handle_frame_error`] when a decoder fails, [`Session::handle_local_change`] when anything was committed
//! to a space, by whomever, [`Session::handle_timer`] not later than [`Session::next_timer_ms`], [`Session::handle_lost`] when the connection is gone.
//! Records that arrive before HELLO are held here, bounded; the driver may read both streams from the start.
//!
//! Rooms: `interface` the values in and out; `space` what is known of one space; `greeting` HELLO and the comparison of digests; `outward` what we ship; `inward` what we are
//! shipped; `reconcile` the repair when cursors are worth nothing.
//!
//! Invariants: an ACK is sent only after the engine has committed; a cursor moves only over what came without a gap; what is in flight never exceeds
//! the peer's credit; every list is bounded; no input panics.

mod greeting;
mod interface;
mod inward;
mod outward;
mod reconcile;
mod space;

use super::ask::{Answer, Ask, Reply, Request};
use super::engine::{EngineError, SpaceState};
use super::frame::{Channel, FrameError, RawFrame};
use super::message::{Bye, ByeCode, Hello, Message, SPACES_MAX};
use crate::model::{ReplicaId, Space, SpaceKind};
pub use interface::{CloseReason, Config, Met, Mismatch, Output, Role, SessionEvent};
use inward::Inward;
use outward::Outward;
pub use space::SpaceProgress;
use space::SpaceSync;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// PUSH bytes a dialler may send before it has read the other side's HELLO; every HELLO grants at least this: one frame, 256 KiB.
pub const EARLY_CREDIT: u64 = super::frame::FRAME_BYTES_MAX as u64;

/// Most PUSH and SETTLE frames in flight, however small: bounds what both sides remember of them.
pub const FRAMES_IN_FLIGHT_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Own state is being read.
    Opening,
    /// Own HELLO is sent.
    Greeting,
    /// Both HELLOs are read.
    Open,
    Closed,
}

/// What an answer will be about.
#[derive(Clone, Debug)]
enum Pending {
    Spaces,
    StateLead,
    StateFollow(Vec<Space>),
    Outgoing {
        space: Space,
        after: u64,
    },
    Lacking {
        space: Space,
    },
    Admit {
        space: Space,
        lsn: u64,
        cost: u64,
    },
    Advance {
        space: Space,
        lsn: u64,
        cost: u64,
    },
    Learn,
    Told,
    /// Said as an event once it is committed: who hears of it may ask the store at once. `moved`: the cursor did.
    Acked {
        space: Space,
        lsn: u64,
        head: u64,
        moved: bool,
    },
    Plain,
    Verdicts,
    Fingerprints {
        space: Space,
    },
    Compare {
        space: Space,
    },
    Actors {
        space: Space,
    },
}

/// One connection.
#[derive(Debug)]
pub struct Session {
    config: Config,
    phase: Phase,
    now_ms: u64,
    opened_ms: u64,
    replica: ReplicaId,
    met: Option<Met>,
    their_hello: Option<Hello>,
    spaces: BTreeMap<Space, SpaceSync>,
    /// Most urgent first.
    order: Vec<Space>,
    outputs: VecDeque<Output>,
    asked: BTreeMap<u64, Pending>,
    next_ask: u64,
    outward: Outward,
    inward: Inward,
    verify: greeting::Verification,
}

/// What ends a session: a BYE's code and detail.
type Ending = (ByeCode, String);

fn ending<T>(code: ByeCode, detail: impl Into<String>) -> Result<T, Ending> {
    Err((code, detail.into()))
}

impl Session {
    /// Starts: the first output asks for the spaces.
    #[must_use]
    pub fn new(mut config: Config, now_ms: u64) -> Self {
        config.grant_bytes = config.grant_bytes.max(EARLY_CREDIT);
        let mut introduced = config.introduced.clone();
        introduced.insert(config.peer.origin);
        let mut session = Self {
            inward: Inward::new(config.grant_bytes),
            outward: Outward::new(introduced),
            verify: greeting::Verification::new(now_ms.saturating_add(config.verify_ms)),
            config,
            phase: Phase::Opening,
            now_ms,
            opened_ms: now_ms,
            replica: ReplicaId([0; 16]),
            met: None,
            their_hello: None,
            spaces: BTreeMap::new(),
            order: Vec::new(),
            outputs: VecDeque::new(),
            asked: BTreeMap::new(),
            next_ask: 0,
        };
        session.ask(Request::Spaces, Pending::Spaces);
        session
    }

    /// The next thing to do; `None`: nothing until the next input.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// A frame from the peer. Never panics, whatever is in it.
    pub fn handle_frame(&mut self, channel: Channel, frame: &RawFrame) {
        if self.phase == Phase::Closed {
            return;
        }
        let outcome = match Message::read(frame) {
            Ok(None) => Ok(()),
            Ok(Some(message)) => self.receive(channel, message),
            Err(error) => ending(ByeCode::Malformed, format!("frame type {}: {error}", frame.kind)),
        };
        self.settle(outcome);
    }

    /// A stream of the peer's is no stream of frames.
    pub fn handle_frame_error(&mut self, error: FrameError) {
        self.settle(ending(ByeCode::Malformed, error.to_string()));
    }

    /// The replica's answer. One to a request this session never made is ignored.
    pub fn handle_answer(&mut self, answer: Answer) {
        let Some(pending) = self.asked.remove(&answer.id) else { return };
        if self.phase == Phase::Closed {
            return;
        }
        let outcome = match answer.result {
            Ok(reply) => self.answered(pending, reply),
            Err(EngineError(detail)) => ending(ByeCode::Unavailable, detail),
        };
        self.settle(outcome);
    }

    /// Something was committed to `space`, whose own head is now `head`: it is shipped at once.
    pub fn handle_local_change(&mut self, space: Space, head: u64) {
        if self.phase != Phase::Open || !self.in_scope(space) {
            // Before that, the state read for HELLO may be older: remember the head for when the session opens.
            if let Some(known) = self.spaces.get_mut(&space) {
                known.note_head(head);
            }
            return;
        }
        let outcome = self.space_mut(space).map(|known| known.note_head(head));
        self.settle(outcome);
    }

    /// Verdicts were reached on changes already acknowledged: they are fetched and told.
    pub fn handle_verdicts(&mut self) {
        if self.phase == Phase::Open {
            self.ask(Request::Verdicts { again: false }, Pending::Verdicts);
        }
    }

    /// Time has passed. `now_ms` is any clock that only goes forward.
    pub fn handle_timer(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        let late = self.now_ms >= self.opened_ms.saturating_add(self.config.hello_ms_max);
        let outcome = match self.phase {
            Phase::Closed => return,
            Phase::Opening | Phase::Greeting if late => ending(ByeCode::Timeout, "no HELLO in time"),
            Phase::Opening | Phase::Greeting => Ok(()),
            Phase::Open => {
                self.verify_by_the_clock();
                Ok(())
            }
        };
        self.settle(outcome);
    }

    /// When [`Self::handle_timer`] is wanted next, on its own clock.
    #[must_use]
    pub fn next_timer_ms(&self) -> Option<u64> {
        match self.phase {
            Phase::Closed => None,
            Phase::Opening | Phase::Greeting => Some(self.opened_ms.saturating_add(self.config.hello_ms_max)),
            Phase::Open => Some(self.verify.next_ms()),
        }
    }

    /// The peer was revoked: it is told, nothing more is shipped.
    pub fn handle_revoked(&mut self) {
        self.settle(ending(ByeCode::Revoked, "certificate revoked"));
    }

    /// Ends in order: shutdown, `Duplicate`, `Busy`.
    pub fn handle_end(&mut self, code: ByeCode, detail: &str) {
        self.settle(ending(code, detail));
    }

    /// The connection is gone: nothing can be said any more.
    pub fn handle_lost(&mut self) {
        self.phase = Phase::Closed;
        self.outputs.clear();
    }

    /// Who is at the other end, once both HELLOs are read.
    #[must_use]
    pub fn met(&self) -> Option<&Met> {
        self.met.as_ref()
    }

    /// True between the HELLOs and the end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// True once it ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// How far every space is, for the status screen, most urgent first.
    pub fn progress(&self) -> impl Iterator<Item = SpaceProgress> + '_ {
        self.order.iter().filter_map(|space| self.spaces.get(space).map(|known| known.progress(*space, self.phase == Phase::Open)))
    }

    /// True if both sides have everything.
    pub fn in_sync(&self) -> bool {
        self.phase == Phase::Open && self.spaces.values().all(SpaceSync::in_sync)
    }

    fn receive(&mut self, channel: Channel, message: Message) -> Result<(), Ending> {
        let records = matches!(message, Message::Push(_) | Message::Origin(_) | Message::Settle(..));
        if !matches!(message, Message::Bye(_)) && records != (channel == Channel::Records) {
            return ending(ByeCode::Order, "a frame on the wrong stream");
        }
        if let Some(space) = space_of(&message)
            && !self.in_scope(space)
        {
            return ending(ByeCode::Scope, format!("{space}"));
        }
        match message {
            Message::Bye(bye) => {
                self.close(CloseReason { by_peer: true, code: bye.code, detail: bye.detail });
                Ok(())
            }
            Message::Hello(hello) => self.receive_hello(hello),
            records if records_before_hello(self.phase, channel) => self.hold(records),
            _ if self.phase != Phase::Open => ending(ByeCode::Order, "a frame before HELLO"),
            open => self.receive_open(open),
        }
    }

    fn receive_open(&mut self, message: Message) -> Result<(), Ending> {
        match message {
            Message::Origin(certificates) => self.receive_origin(certificates),
            Message::Push(push) => self.receive_push(push),
            Message::Settle(space, head) => self.receive_settle(space, head),
            Message::Ack(space, ack) => self.receive_ack(space, ack),
            Message::Verdict(space, refused) => self.receive_verdict(space, refused),
            Message::Fingerprints(space, page) => self.receive_fingerprints(space, page),
            Message::Actors(space, last, vectors) => self.receive_actors(space, last, vectors),
            Message::Want(space, last, vectors) => self.receive_want(space, last, vectors),
            Message::State(states) => self.receive_state(&states),
            Message::Hello(_) | Message::Bye(_) => ending(ByeCode::Order, "a second HELLO"),
        }
    }

    fn answered(&mut self, pending: Pending, reply: Reply) -> Result<(), Ending> {
        match (pending, reply) {
            (Pending::Spaces, Reply::Spaces(replica, states)) => self.greet(replica, states),
            (Pending::StateLead, Reply::Spaces(_, states)) => {
                self.state_lead(&states);
                Ok(())
            }
            (Pending::StateFollow(spaces), Reply::Spaces(_, states)) => {
                self.state_follow(&spaces, &states);
                Ok(())
            }
            (Pending::Outgoing { space, after }, Reply::Outgoing { to, head, packed }) => self.fetched(space, after, to, head, packed),
            (Pending::Lacking { space }, Reply::Lacking(packed, last)) => self.fetched_lacking(space, packed, last),
            (Pending::Admit { space, lsn, cost }, Reply::Admitted(receipt)) => self.admitted(space, lsn, cost, receipt),
            (Pending::Admit { .. }, Reply::Unpackable(error)) => ending(ByeCode::Malformed, error.to_string()),
            (Pending::Advance { space, lsn, cost }, Reply::Done) => self.advanced(space, lsn, cost),
            (Pending::Learn, Reply::Learned(true)) | (Pending::Plain | Pending::Told, Reply::Done) => Ok(()),
            (Pending::Acked { space, lsn, head, moved }, Reply::Done) => {
                if moved {
                    self.event(SessionEvent::Acknowledged { space, lsn, head });
                }
                Ok(())
            }
            (Pending::Learn, Reply::Learned(false)) => ending(ByeCode::Certificate, "a certificate the county did not sign"),
            (Pending::Verdicts, Reply::Verdicts(verdicts)) => {
                self.tell_verdicts(verdicts);
                Ok(())
            }
            (Pending::Fingerprints { space }, Reply::Fingerprints(page)) => {
                self.lead_page(space, page);
                Ok(())
            }
            (Pending::Compare { space }, Reply::Compared(vectors, next)) => {
                self.compared(space, vectors, next);
                Ok(())
            }
            (Pending::Actors { space }, Reply::Actors(vectors)) => self.lead_want(space, vectors),
            _ => ending(ByeCode::Unavailable, "the replica answered another question"),
        }
    }

    /// Every input ends here: an ending is said, otherwise whatever has become possible is started.
    fn settle(&mut self, outcome: Result<(), Ending>) {
        if self.phase == Phase::Closed {
            return;
        }
        let Err((code, detail)) = outcome else { return self.pump() };
        // Nothing but BYE may follow an error; what was already asked of the replica is let go.
        self.outputs.retain(|output| matches!(output, Output::Event(_) | Output::Send { channel: Channel::Control, .. }));
        self.send(Channel::Control, &Message::Bye(Bye { code, detail: detail.clone() }));
        self.close(CloseReason { by_peer: false, code, detail });
    }

    fn close(&mut self, reason: CloseReason) {
        if reason.code != ByeCode::Done {
            // A person reads a sentence of their language; what is exact, and English, is here.
            tracing::warn!(code = ?reason.code, by_peer = reason.by_peer, detail = reason.detail, "a session was broken off");
        }
        self.phase = Phase::Closed;
        self.outputs.retain(|output| !matches!(output, Output::Ask(_)));
        self.event(SessionEvent::Closed(reason.clone()));
        self.outputs.push_back(Output::Close { reason });
    }

    fn pump(&mut self) {
        if self.phase == Phase::Open {
            self.pump_reconciliations();
        }
        self.pump_outward();
        if self.phase == Phase::Open {
            self.note_in_sync();
            self.pump_verification();
        }
    }

    fn note_in_sync(&mut self) {
        // Not before the acknowledgement that made it so is committed and told.
        let told = |pending: &Pending| if let Pending::Acked { space, .. } = pending { Some(*space) } else { None };
        let waiting: BTreeSet<Space> = self.asked.values().filter_map(told).collect();
        let reached: Vec<Space> =
            self.spaces.iter_mut().filter_map(|(space, known)| (!waiting.contains(space) && known.turned_in_sync()).then_some(*space)).collect();
        for space in reached {
            self.event(SessionEvent::InSync { space });
        }
    }

    fn send(&mut self, channel: Channel, message: &Message) {
        self.outputs.push_back(Output::Send { channel, bytes: message.to_bytes() });
    }

    fn event(&mut self, event: SessionEvent) {
        self.outputs.push_back(Output::Event(event));
    }

    fn ask(&mut self, request: Request, pending: Pending) {
        let id = self.next_ask;
        self.next_ask += 1;
        self.asked.insert(id, pending);
        self.outputs.push_back(Output::Ask(Ask { id, request }));
    }

    /// INV: `internal` never leaves the hub, and a node sees its own school only.
    fn in_scope(&self, space: Space) -> bool {
        match space.kind {
            SpaceKind::Published => true,
            SpaceKind::School | SpaceKind::CountySchool => space.school == Some(self.config.school),
            SpaceKind::Internal => false,
        }
    }

    /// A space both sides may hold, made on first mention.
    fn space_mut(&mut self, space: Space) -> Result<&mut SpaceSync, Ending> {
        if !self.spaces.contains_key(&space) {
            if self.spaces.len() >= SPACES_MAX {
                return ending(ByeCode::Limit, "too many spaces");
            }
            self.order.push(space);
        }
        let empty = || SpaceSync::new(&space::empty_state(space));
        Ok(self.spaces.entry(space).or_insert_with(empty))
    }

    fn peer_replica(&self) -> ReplicaId {
        self.met.as_ref().map_or(ReplicaId([0; 16]), |met| met.replica)
    }
}

fn records_before_hello(phase: Phase, channel: Channel) -> bool {
    channel == Channel::Records && matches!(phase, Phase::Opening | Phase::Greeting)
}

fn space_of(message: &Message) -> Option<Space> {
    match message {
        Message::Push(push) => Some(push.space),
        Message::Ack(space, _)
        | Message::Verdict(space, _)
        | Message::Fingerprints(space, _)
        | Message::Actors(space, ..)
        | Message::Want(space, ..)
        | Message::Settle(space, _) => Some(*space),
        Message::Hello(_) | Message::Origin(_) | Message::State(_) | Message::Bye(_) => None,
    }
}

/// Whether every one of `states` may be spoken of here.
fn all_in_scope(session: &Session, states: &[SpaceState]) -> Result<(), Ending> {
    match states.iter().find(|state| !session.in_scope(state.space)) {
        Some(state) => ending(ByeCode::Scope, state.space.to_string()),
        None => Ok(()),
    }
}
