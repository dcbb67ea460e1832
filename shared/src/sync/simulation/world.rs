//! Replicas, links between them, and a seeded scheduler that delivers bytes in arbitrary pieces, delays, cuts and reconnects. The replicas are the toy of
//! these tests or real ones (`replica::tests`): whatever is a [`Member`].

use crate::model::{ChangeHash, OriginId, SchoolCode, Space};
use crate::sync::ask::{Answer, Ask, Lane, execute};
use crate::sync::engine::{Engine, Peer};
use crate::sync::frame::{Channel, Decoder, RawFrame};
use crate::sync::session::{CloseReason, Config, Output, Role, Session, SessionEvent};
use std::collections::VecDeque;

/// A replica in a world.
pub(crate) trait Member: std::fmt::Debug {
    /// As its sessions see it.
    fn engine(&self) -> &dyn Engine;
    fn origin(&self) -> OriginId;
    fn head(&self, space: Space) -> u64;
    /// Hash of the constant first change of every document.
    fn genesis(&self) -> ChangeHash;
    /// True once each time something was refused that its peers are to hear of.
    fn take_refusal(&self) -> bool;
}

/// Xorshift: a scheduler needs no better.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// One end of a link.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) replica: usize,
    peer: Peer,
    pub(crate) session: Session,
    /// On their way to this end.
    inbox: [VecDeque<u8>; 2],
    decoders: [Decoder; 2],
    lanes: [VecDeque<Ask>; 2],
    /// Every byte it sent, both streams.
    pub(crate) sent: Vec<u8>,
    pub(crate) sent_frames: Vec<u8>,
    pub(crate) events: Vec<SessionEvent>,
    pub(crate) closed: Option<CloseReason>,
}

#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) ends: [End; 2],
}

#[derive(Debug)]
pub(crate) struct World<M> {
    pub(crate) replicas: Vec<M>,
    pub(crate) school: SchoolCode,
    /// Node's replica; the hub is replica 0.
    pub(crate) links: Vec<(usize, Option<Link>)>,
    pub(crate) dice: Dice,
    pub(crate) seed: u64,
    pub(crate) now_ms: u64,
    sessions: u64,
}

const CHANNELS: [Channel; 2] = [Channel::Control, Channel::Records];

fn slot(channel: Channel) -> usize {
    usize::from(channel == Channel::Records)
}

impl<M: Member> World<M> {
    /// Replica 0 is the hub, the others are nodes of one school.
    pub(crate) fn of(seed: u64, replicas: Vec<M>) -> Self {
        let links = (1..replicas.len()).map(|node| (node, None)).collect();
        Self { replicas, school: "5299010001".parse().unwrap(), links, dice: Dice::new(seed), seed, now_ms: 0, sessions: 0 }
    }

    pub(crate) fn connect(&mut self, link: usize) {
        let node = self.links[link].0;
        self.sessions += 1;
        let node_end = self.end(Role::Node, node, 0);
        let hub_end = self.end(Role::Hub, 0, node);
        self.links[link].1 = Some(Link { ends: [node_end, hub_end] });
        (0..2).for_each(|side| self.drain(link, side));
    }

    fn end(&self, role: Role, replica: usize, other: usize) -> End {
        let school = (role == Role::Hub).then_some(self.school);
        let peer = Peer { origin: self.replicas[other].origin(), school };
        let config = Config::new(role, peer.clone(), self.school, "huxue test".to_owned(), [self.sessions as u8; 16], 1_790_000_000);
        End {
            replica,
            peer,
            session: Session::new(config, self.now_ms),
            inbox: Default::default(),
            decoders: Default::default(),
            lanes: Default::default(),
            sent: Vec::new(),
            sent_frames: Vec::new(),
            events: Vec::new(),
            closed: None,
        }
    }

    pub(crate) fn cut(&mut self, link: usize) {
        if let Some(mut link) = self.links[link].1.take() {
            link.ends.iter_mut().for_each(|end| {
                end.session.handle_lost();
                assert_eq!(end.session.poll(), None, "nothing is said on a lost connection");
            });
        }
    }

    pub(crate) fn end_of(&mut self, link: usize, side: usize) -> Option<&mut End> {
        self.links[link].1.as_mut().map(|link| &mut link.ends[side])
    }

    /// Carries out whatever a session wants.
    fn drain(&mut self, link: usize, side: usize) {
        let Some(Link { ends }) = self.links[link].1.as_mut() else { return };
        let [first, second] = ends;
        let (own, other) = if side == 0 { (first, second) } else { (second, first) };
        while let Some(output) = own.session.poll() {
            match output {
                Output::Send { channel, bytes } => {
                    own.sent.extend_from_slice(&bytes);
                    let mut decoder = Decoder::new();
                    decoder.push(&bytes);
                    while let Some(frame) = decoder.next_frame().unwrap() {
                        own.sent_frames.push(frame.kind);
                    }
                    other.inbox[slot(channel)].extend(bytes);
                }
                Output::Ask(ask) => own.lanes[usize::from(ask.request.lane() == Lane::Outward)].push_back(ask),
                Output::Event(event) => own.events.push(event),
                Output::Close { reason } => own.closed = Some(reason),
            }
        }
    }

    /// Runs the oldest request of a lane; the other sessions of the replica hear of what was committed.
    fn answer(&mut self, link: usize, side: usize, lane: usize) -> bool {
        let Some(end) = self.end_of(link, side) else { return false };
        let Some(ask) = end.lanes[lane].pop_front() else { return false };
        let (replica, peer) = (end.replica, end.peer.clone());
        let result = execute(self.replicas[replica].engine(), &peer, self.replicas[replica].genesis(), ask.request);
        let end = self.end_of(link, side).unwrap();
        end.session.handle_answer(Answer { id: ask.id, result });
        self.drain(link, side);
        self.announce(replica);
        true
    }

    /// Tells every session of a replica the heads of its spaces, as the daemon does after a commit.
    pub(crate) fn announce(&mut self, replica: usize) {
        let spaces: Vec<Space> = super::spaces(self.school);
        let refused = self.replicas[replica].take_refusal();
        for link in 0..self.links.len() {
            for side in 0..2 {
                let heads: Vec<(Space, u64)> = spaces.iter().map(|space| (*space, self.replicas[replica].head(*space))).collect();
                let Some(end) = self.end_of(link, side).filter(|end| end.replica == replica) else { continue };
                heads.into_iter().filter(|(_, head)| *head > 0).for_each(|(space, head)| end.session.handle_local_change(space, head));
                if refused {
                    end.session.handle_verdicts();
                }
                self.drain(link, side);
            }
        }
    }

    /// Delivers up to `bytes` of one stream.
    fn deliver(&mut self, link: usize, side: usize, channel: Channel, bytes: usize) -> bool {
        let Some(end) = self.end_of(link, side) else { return false };
        let inbox = &mut end.inbox[slot(channel)];
        let piece: Vec<u8> = inbox.drain(..bytes.min(inbox.len())).collect();
        end.decoders[slot(channel)].push(&piece);
        loop {
            let Some(end) = self.end_of(link, side) else { return false };
            match end.decoders[slot(channel)].next_frame() {
                Ok(Some(frame)) => end.session.handle_frame(channel, &frame),
                Ok(None) => break,
                Err(error) => {
                    end.session.handle_frame_error(error);
                    break;
                }
            }
            self.drain(link, side);
        }
        self.drain(link, side);
        !piece.is_empty()
    }

    /// One random step of delivery or storage.
    pub(crate) fn step(&mut self) {
        let (link, side) = (self.dice.below(self.links.len()), self.dice.below(2));
        if self.dice.below(2) == 0 {
            let lane = self.dice.below(2);
            self.answer(link, side, lane);
        } else {
            let channel = CHANNELS[self.dice.below(2)];
            let bytes = if self.dice.below(3) == 0 { 1 + self.dice.below(40) } else { 100_000 };
            self.deliver(link, side, channel, bytes);
        }
    }

    /// Until nothing is on its way, asked, or to come by the clock (up to ten minutes of it).
    pub(crate) fn run_to_rest(&mut self) {
        for _ in 0..40 {
            let mut busy = true;
            let mut rounds = 0;
            while busy {
                busy = false;
                for link in 0..self.links.len() {
                    for side in 0..2 {
                        for lane in 0..2 {
                            busy |= self.answer(link, side, lane);
                        }
                        for channel in CHANNELS {
                            busy |= self.deliver(link, side, channel, usize::MAX);
                        }
                    }
                }
                rounds += 1;
                assert!(rounds < 20_000, "seed {}: the sessions never come to rest", self.seed);
            }
            self.now_ms += 15_000;
            for link in 0..self.links.len() {
                for side in 0..2 {
                    let now = self.now_ms;
                    if let Some(end) = self.end_of(link, side) {
                        end.session.handle_timer(now);
                    }
                    self.drain(link, side);
                }
            }
        }
    }

    /// Hands a frame straight to an end, as a hostile peer would.
    pub(crate) fn inject(&mut self, link: usize, side: usize, channel: Channel, frame: &RawFrame) {
        if let Some(end) = self.end_of(link, side) {
            end.session.handle_frame(channel, frame);
        }
        self.drain(link, side);
    }

    /// Runs everything asked at an end, and delivers nothing.
    pub(crate) fn answer_all(&mut self, link: usize, side: usize) {
        while (0..2).any(|lane| self.answer(link, side, lane)) {}
    }

    /// How many requests wait at an end.
    pub(crate) fn waiting(&mut self, link: usize, side: usize) -> usize {
        self.end_of(link, side).map_or(0, |end| end.lanes.iter().map(VecDeque::len).sum())
    }

    /// No session may have ended on its own.
    pub(crate) fn assert_no_bye(&mut self) {
        let seed = self.seed;
        for (_, link) in &self.links {
            for end in link.iter().flat_map(|link| &link.ends) {
                assert_eq!(end.closed, None, "seed {seed}, replica {}", end.replica);
            }
        }
    }

    pub(crate) fn replica_id(&self, replica: usize) -> crate::model::ReplicaId {
        self.replicas[replica].engine().replica()
    }
}
