//! Two nodes of a school and a hub over links that deliver in pieces, out of step, and are cut anywhere: whatever happens, all come to hold the same.
//!
//! Long as it is, this is one room: claims over one world.

mod toy;
pub(crate) mod world;

use crate::model::{ChangeHash, DocId, OriginId, ReplicaId, SchoolCode, SchoolYear, Space};
use crate::sync::engine::{Engine, Parcel};
use crate::sync::frame::{Channel, FRAME_BYTES_MAX, RawFrame};
use crate::sync::message::{Ack, ByeCode, Message, Page, Push};
use crate::sync::session::{EARLY_CREDIT, Mismatch, SessionEvent};
use toy::REFUSED;
use toy::Toy;
use world::{Member, World as AnyWorld};

type World = AnyWorld<Toy>;

fn year() -> SchoolYear {
    SchoolYear::new(2025).unwrap()
}

fn school_space(school: SchoolCode) -> Space {
    Space::school(school, year())
}

fn county_space() -> Space {
    Space::published(year())
}

fn spaces(school: SchoolCode) -> Vec<Space> {
    vec![county_space(), school_space(school), Space::county_school(school, year())]
}

fn count(frames: &[u8], kind: u8) -> usize {
    frames.iter().copied().map(usize::from).filter(|found| *found == usize::from(kind)).count()
}

fn doc(number: usize) -> DocId {
    DocId(blake3::hash(&number.to_le_bytes()).as_bytes()[..16].try_into().unwrap())
}

impl Member for Toy {
    fn engine(&self) -> &dyn Engine {
        self
    }

    fn origin(&self) -> OriginId {
        self.origin
    }

    fn head(&self, space: Space) -> u64 {
        self.head(space)
    }

    fn genesis(&self) -> ChangeHash {
        ChangeHash([0x67; 32])
    }

    fn take_refusal(&self) -> bool {
        false
    }
}

impl World {
    fn new(seed: u64, nodes: usize) -> Self {
        Self::of(seed, (0..=nodes).map(|number| Toy::new(number as u8 + 1)).collect())
    }

    /// Writes at a replica: nodes to the school's space, the hub to the county's too.
    fn write(&mut self, replica: usize, docs: usize, bytes: usize) {
        let space = if replica == 0 && self.dice.below(2) == 0 { county_space() } else { school_space(self.school) };
        let number = self.dice.below(docs);
        let payload: Vec<u8> = (0..=self.dice.below(bytes)).map(|_| (self.dice.below(200)) as u8).collect();
        self.replicas[replica].write(space, doc(number), &payload);
        self.announce(replica);
    }

    fn fill(&mut self, replica: usize, space: Space, docs: usize, changes: usize) {
        for number in 0..changes {
            self.replicas[replica].write(space, doc(number % docs), format!("{number}").as_bytes());
        }
        self.announce(replica);
    }

    fn connect_all(&mut self) {
        for link in 0..self.links.len() {
            if self.links[link].1.is_none() {
                self.connect(link);
            }
        }
    }

    fn assert_converged(&mut self) {
        self.assert_no_bye();
        for space in [county_space(), school_space(self.school)] {
            let hub = self.replicas[0].set(space);
            for node in 1..self.replicas.len() {
                let held = self.replicas[node].set(space);
                // Not assert_eq: the sets would be printed.
                assert!(held == hub, "seed {}: {space}: node {node} holds {}, the hub {}", self.seed, held.0.len(), hub.0.len());
            }
        }
        let seed = self.seed;
        for (_, link) in &self.links {
            for end in link.iter().flat_map(|link| &link.ends) {
                let progress: Vec<_> = end.session.progress().collect();
                let heard = &end.events;
                assert!(end.session.in_sync(), "seed {seed}: replica {} is not in sync: {progress:?} {heard:?} {:?}", end.replica, end.sent_frames);
                assert!(!end.events.iter().any(|event| matches!(event, SessionEvent::Divergent { .. })), "seed {seed}: divergent");
            }
        }
    }

    /// Connects link 0 afresh, runs to rest and gives the bytes both ends sent and the types of the frames.
    fn reconnect_cost(&mut self) -> (u64, Vec<u8>) {
        self.cut(0);
        self.connect(0);
        self.run_to_rest();
        let ends = &self.links[0].1.as_ref().unwrap().ends;
        (ends.iter().map(|end| end.sent.len() as u64).sum(), ends.iter().flat_map(|end| end.sent_frames.clone()).collect())
    }

    fn had_reconciliation(&self, why: Mismatch) -> bool {
        let ends = self.links.iter().filter_map(|(_, link)| link.as_ref()).flat_map(|link| &link.ends);
        ends.flat_map(|end| &end.events).any(|event| matches!(event, SessionEvent::Reconciling { why: found, .. } if *found == why))
    }
}

#[test]
fn any_order_loss_and_reconnection_converges() {
    for seed in 0..150 {
        let mut world = World::new(seed, 2);
        for _ in 0..600 {
            match world.dice.below(40) {
                0..=2 => {
                    let replica = world.dice.below(3);
                    world.write(replica, 12, 300);
                }
                3 => {
                    let link = world.dice.below(2);
                    world.cut(link);
                }
                4 | 5 => world.connect_all(),
                _ => world.step(),
            }
            world.assert_no_bye();
        }
        world.connect_all();
        world.run_to_rest();
        world.assert_converged();
    }
}

#[test]
fn restores_in_the_midst_of_it_converge_too() {
    for seed in 0..200 {
        let mut world = World::new(seed, 2);
        let mut backups: Vec<_> = world.replicas.iter().map(toy::Toy::snapshot).collect();
        for _ in 0..600 {
            match world.dice.below(60) {
                0..5 => {
                    let replica = world.dice.below(3);
                    world.write(replica, 12, 100);
                }
                5 => {
                    let link = world.dice.below(2);
                    world.cut(link);
                }
                6 | 7 => world.connect_all(),
                8 => {
                    let replica = world.dice.below(3);
                    backups[replica] = world.replicas[replica].snapshot();
                }
                9 if world.dice.below(4) == 0 => {
                    let replica = world.dice.below(3);
                    (0..2).filter(|link| replica == 0 || *link == replica - 1).for_each(|link| world.cut(link));
                    let detected = world.dice.below(2) == 0;
                    world.replicas[replica].restore(&backups[replica], detected);
                }
                _ => world.step(),
            }
            world.assert_no_bye();
        }
        world.connect_all();
        world.run_to_rest();
        world.assert_converged();
    }
}

#[test]
fn parcels_too_large_for_a_frame_arrive_in_pieces_within_credit() {
    for seed in 0..4 {
        let mut world = World::new(seed, 2);
        // Random bytes do not compress: a parcel of 384 KiB must be split, and credit runs out.
        for number in 0..60 {
            let payload: Vec<u8> = (0..40_000).map(|_| world.dice.below(256) as u8 & 0x7f).collect();
            world.replicas[1].write(school_space(world.school), doc(number), &payload);
        }
        world.connect_all();
        for _ in 0..400 {
            world.step();
        }
        world.run_to_rest();
        world.assert_converged();
    }
}

#[test]
fn a_first_sync_costs_one_push_each_way_and_no_reconciliation() {
    let mut world = World::new(1, 1);
    let school = school_space(world.school);
    world.fill(1, school, 50, 200);
    world.fill(0, county_space(), 5, 20);
    let (_, frames) = world.reconnect_cost();
    world.assert_converged();
    assert_eq!(count(&frames, 3), 2, "{frames:?}");
    assert!(!frames.contains(&6));
}

#[test]
fn an_in_sync_reconnect_is_two_hellos_whatever_the_number_of_documents() {
    let cost = |docs: usize| {
        let mut world = World::new(2, 1);
        let school = school_space(world.school);
        // Equal heads, so that the numbers in HELLO have equal lengths: what may differ is the number of documents alone.
        world.fill(1, school, docs, 1_000);
        world.fill(0, county_space(), docs.min(100), 100);
        world.reconnect_cost();
        let (bytes, frames) = world.reconnect_cost();
        world.assert_converged();
        assert_eq!(frames, [1, 1], "two HELLOs and nothing else");
        bytes
    };
    assert_eq!(cost(10), cost(1_000));
    assert!(cost(1_000) < 500, "{}", cost(1_000));
}

#[test]
fn what_was_acknowledged_is_not_sent_again_after_a_cut() {
    for seed in 0..40 {
        let mut world = World::new(seed, 1);
        let school = school_space(world.school);
        for number in 0..80 {
            let payload: Vec<u8> = (0..20_000).map(|_| world.dice.below(256) as u8 & 0x7f).collect();
            world.replicas[1].write(school, doc(number), &payload);
        }
        world.connect(0);
        let steps = 20 + world.dice.below(60);
        for _ in 0..steps {
            world.step();
        }
        let stored = world.replicas[0].snapshot().stored;
        let offered = world.replicas[0].snapshot().offered;
        world.cut(0);
        world.connect(0);
        world.run_to_rest();
        world.assert_converged();
        let after = world.replicas[0].snapshot();
        // Everything stored was acknowledged by the cursor in HELLO; only what flew with our HELLO may be told twice: one frame.
        let again = (after.offered - offered) - (80 - stored);
        assert!(again <= 12, "seed {seed}: {again} of {stored} sent again");
        assert!(!world.had_reconciliation(Mismatch::UnknownEpoch), "seed {seed}");
    }
}

#[test]
fn a_change_travels_at_once_and_is_not_echoed() {
    let mut world = World::new(3, 2);
    world.connect_all();
    world.run_to_rest();
    let before: Vec<usize> = (0..2).map(|link| world.end_of(link, 1).unwrap().sent_frames.len()).collect();
    world.replicas[1].write(school_space(world.school), doc(1), b"x");
    world.announce(1);
    world.run_to_rest();
    world.assert_converged();
    let to_writer = world.end_of(0, 1).unwrap().sent_frames[before[0]..].to_vec();
    assert!(!to_writer.contains(&3), "no PUSH back to the writer: {to_writer:?}");
    let to_other = world.end_of(1, 1).unwrap().sent_frames[before[1]..].to_vec();
    assert_eq!(count(&to_other, 3), 1, "{to_other:?}");
    assert!(to_other.contains(&2), "the writer's certificate goes first: {to_other:?}");
}

#[test]
fn a_new_epoch_is_repaired_in_both_directions() {
    for seed in 0..30 {
        let mut world = World::new(seed, 2);
        let school = school_space(world.school);
        world.fill(1, school, 30, 60);
        world.fill(0, county_space(), 4, 10);
        world.connect_all();
        world.run_to_rest();
        let old = world.replicas[1].snapshot();
        world.fill(1, school, 20, 40); // lost with the disk, kept at the hub
        world.run_to_rest();
        world.cut(0);
        world.replicas[1].restore(&old, true);
        world.fill(1, school, 10, 25); // written after the restore, before the link
        world.fill(2, school, 10, 5);
        world.connect(0);
        for _ in 0..world.dice.below(200) {
            world.step();
        }
        if seed % 2 == 0 {
            world.cut(0);
        }
        world.connect_all();
        world.run_to_rest();
        world.assert_converged();
        assert_eq!(world.replicas[1].set(school).0.len(), 60 + 40 + 25 + 5, "seed {seed}");
    }
}

#[test]
fn a_rollback_nobody_noticed_is_found_and_repaired() {
    for (seed, rewritten, why) in [(1, 5, Mismatch::BeyondHead), (2, 40, Mismatch::Digest), (3, 90, Mismatch::Digest)] {
        let mut world = World::new(seed, 1);
        let school = school_space(world.school);
        world.fill(1, school, 30, 60);
        world.connect_all();
        world.run_to_rest();
        let old = world.replicas[1].snapshot();
        world.fill(1, school, 20, 40);
        world.run_to_rest();
        world.cut(0);
        world.replicas[1].restore(&old, false);
        world.fill(1, school, 10, rewritten);
        world.connect(0);
        world.run_to_rest();
        world.assert_converged();
        assert_eq!(world.replicas[0].set(school).0.len(), 100 + rewritten, "seed {seed}");
        assert!(world.had_reconciliation(why), "seed {seed}");
        let (_, frames) = world.reconnect_cost();
        assert_eq!(frames, [1, 1], "seed {seed}: at rest afterwards");
    }
}

#[test]
fn a_lost_hub_is_refilled_from_its_nodes() {
    let mut world = World::new(9, 2);
    let school = school_space(world.school);
    let empty = world.replicas[0].snapshot();
    world.fill(1, school, 40, 100);
    world.fill(2, school, 40, 100);
    world.connect_all();
    world.run_to_rest();
    (0..2).for_each(|link| world.cut(link));
    world.replicas[0].restore(&empty, true);
    world.connect_all();
    world.run_to_rest();
    world.assert_converged();
    assert_eq!(world.replicas[0].set(school).0.len(), 200);
}

#[test]
fn thousands_of_documents_are_compared_in_pages() {
    let mut world = World::new(4, 1);
    let school = school_space(world.school);
    for number in 0..9_000 {
        world.replicas[1].write(school, doc(number), b"same");
    }
    world.connect(0);
    world.run_to_rest();
    world.cut(0);
    let old = world.replicas[1].snapshot();
    world.replicas[1].restore(&old, true);
    for number in 0..50 {
        world.replicas[1].write(school, doc(number * 100), b"node");
        world.replicas[0].write(school, doc(number * 100 + 20_000), b"hub");
    }
    let offered = world.replicas[0].snapshot().offered;
    world.connect(0);
    world.run_to_rest();
    world.assert_converged();
    let frames = world.end_of(0, 0).unwrap().sent_frames.clone();
    assert_eq!(count(&frames, 6), 5, "9,000 documents are five pages");
    let again = world.replicas[0].snapshot().offered - offered;
    assert!(again <= 50, "only what is lacking is shipped, not {again}");
}

#[test]
fn a_refusal_is_told_and_does_not_disturb_the_digest() {
    let mut world = World::new(5, 2);
    let school = school_space(world.school);
    world.replicas[1].write(school, doc(1), b"good");
    world.replicas[1].write(school, doc(2), &[REFUSED]);
    world.connect_all();
    world.run_to_rest();
    world.assert_no_bye();
    assert_eq!(world.replicas[0].refused(school), 1);
    let told = world.end_of(0, 0).unwrap().events.clone();
    assert!(told.iter().any(|event| matches!(event, SessionEvent::RefusedThere { refused, .. } if refused.len() == 1)));
    assert!(world.replicas[0].set(school) == world.replicas[1].set(school));
    let (_, frames) = world.reconnect_cost();
    assert_eq!(frames, [1, 1], "no reconciliation for what was refused");
}

#[test]
fn a_late_verdict_is_relayed() {
    let mut world = World::new(6, 1);
    let school = school_space(world.school);
    world.fill(1, school, 3, 3);
    world.connect(0);
    world.run_to_rest();
    let (document, hash) = world.replicas[0].any_change(school).unwrap();
    world.replicas[0].late_verdict(school, document, hash);
    world.end_of(0, 1).unwrap().session.handle_verdicts();
    world.run_to_rest();
    let told = &world.end_of(0, 0).unwrap().events;
    assert!(told.iter().any(|event| matches!(event, SessionEvent::RefusedThere { refused, .. } if refused[0].hash == hash)));
    world.assert_no_bye();
}

/// A world with one open session at rest, and what the hub's end says to a frame.
fn hub_says(channel: Channel, message: &Message) -> Option<ByeCode> {
    let mut world = World::new(7, 1);
    let school = school_space(world.school);
    world.fill(1, school, 3, 3);
    world.connect(0);
    world.run_to_rest();
    world.inject(0, 1, channel, &message.to_frame());
    let end = world.end_of(0, 1).unwrap();
    let said = end.closed.clone().map(|reason| reason.code);
    assert_eq!(said.is_some(), end.sent_frames.last() == Some(&11), "an ending is told");
    said
}

fn push(space: Space) -> Push {
    Push { space, after: 0, to: 1, head: 1, payload: Vec::new() }
}

#[test]
fn a_foreign_space_is_answered_with_bye() {
    let other: SchoolCode = "5299010002".parse().unwrap();
    for space in [school_space(other), Space::county_school(other, year()), Space::internal(year())] {
        assert_eq!(hub_says(Channel::Records, &Message::Push(push(space))), Some(ByeCode::Scope));
        let page = Page { after: None, last: true, docs: Vec::new() };
        assert_eq!(hub_says(Channel::Control, &Message::Fingerprints(space, page)), Some(ByeCode::Scope));
        assert_eq!(hub_says(Channel::Control, &Message::Want(space, true, Vec::new())), Some(ByeCode::Scope));
        let state = crate::sync::engine::SpaceState { space, head: 0, acked: 0, peer: ReplicaId([0; 16]), cursor: 0, count: 0, digest: [0; 32] };
        assert_eq!(hub_says(Channel::Control, &Message::State(vec![state])), Some(ByeCode::Scope));
    }
}

#[test]
fn frames_that_do_not_belong_there_are_answered_with_bye() {
    let space = school_space("5299010001".parse().unwrap());
    let ack = Ack { lsn: 99, last: true, ..Ack::default() };
    assert_eq!(hub_says(Channel::Control, &Message::Ack(space, ack)), Some(ByeCode::Order));
    assert_eq!(hub_says(Channel::Records, &Message::Settle(space, 3)), Some(ByeCode::Order));
    assert_eq!(hub_says(Channel::Control, &Message::Want(space, true, Vec::new())), Some(ByeCode::Order));
    assert_eq!(hub_says(Channel::Control, &Message::Actors(space, true, Vec::new())), Some(ByeCode::Order));
    assert_eq!(hub_says(Channel::Control, &Message::Push(push(space))), Some(ByeCode::Order), "records on the control stream");
    let page = Page { after: Some(doc(1)), last: true, docs: Vec::new() };
    assert_eq!(hub_says(Channel::Control, &Message::Fingerprints(space, page)), Some(ByeCode::Order));
    assert_eq!(hub_says(Channel::Records, &Message::Push(Push { to: 5, ..push(space) })), Some(ByeCode::Order), "beyond its own head");
}

#[test]
fn more_than_the_credit_is_answered_with_bye() {
    let mut world = World::new(7, 1);
    world.connect(0);
    world.run_to_rest();
    let space = school_space(world.school);
    let payload = vec![1; 250 * 1024];
    for _ in 0..5 {
        world.inject(0, 1, Channel::Records, &Message::Push(Push { payload: payload.clone(), ..push(space) }).to_frame());
    }
    assert_eq!(world.end_of(0, 1).unwrap().closed.as_ref().map(|reason| reason.code), Some(ByeCode::Credit));
}

#[test]
fn an_unpackable_push_and_a_strange_certificate_are_answered_with_bye() {
    for (message, code) in [
        (Message::Push(Push { payload: vec![0, 9, 9], ..push(school_space("5299010001".parse().unwrap())) }), ByeCode::Malformed),
        (Message::Origin(vec![vec![1, 2, 3]]), ByeCode::Certificate),
    ] {
        let mut world = World::new(7, 1);
        world.connect(0);
        world.run_to_rest();
        world.inject(0, 1, Channel::Records, &message.to_frame());
        world.run_to_rest();
        assert_eq!(world.end_of(0, 1).unwrap().closed.as_ref().map(|reason| reason.code), Some(code));
    }
}

#[test]
fn a_revoked_peer_is_told_and_shipped_nothing_more() {
    let mut world = World::new(8, 1);
    world.connect(0);
    world.run_to_rest();
    world.end_of(0, 1).unwrap().session.handle_revoked();
    world.replicas[0].write(county_space(), doc(1), b"secret");
    world.announce(0);
    world.run_to_rest();
    let hub = world.end_of(0, 1).unwrap();
    assert_eq!(hub.sent_frames.last(), Some(&11));
    let node = world.end_of(0, 0).unwrap().closed.clone().unwrap();
    assert!(node.by_peer && node.code == ByeCode::Revoked);
    assert_eq!(node.fault().unwrap().code, "sync-revoked");
    assert_eq!(world.replicas[1].set(county_space()).0.len(), 0);
}

#[test]
fn two_ends_with_one_log_say_so() {
    let mut world = World::new(8, 1);
    let copy = world.replicas[0].snapshot();
    world.replicas[1].restore(&copy, false);
    assert_eq!(world.replica_id(0), world.replica_id(1));
    world.connect(0);
    world.run_to_rest();
    assert_eq!(world.end_of(0, 0).unwrap().closed.as_ref().map(|reason| reason.code), Some(ByeCode::Duplicate));
}

#[test]
fn a_silent_peer_is_given_up() {
    let mut world = World::new(8, 1);
    world.connect(0);
    let end = world.end_of(0, 0).unwrap();
    let due = end.session.next_timer_ms().unwrap();
    end.session.handle_timer(due - 1);
    assert!(!end.session.is_closed());
    end.session.handle_timer(due);
    assert!(end.session.is_closed());
}

#[test]
fn mutated_frames_never_panic_and_leave_little_behind() {
    for seed in 0..300 {
        let mut world = World::new(seed, 1);
        let school = school_space(world.school);
        world.fill(1, school, 5, 10);
        world.fill(0, county_space(), 3, 5);
        world.connect(0);
        for _ in 0..world.dice.below(60) {
            world.step();
        }
        for _ in 0..200 {
            let space = spaces(world.school)[world.dice.below(3)];
            let number = world.dice.below(12) as u64;
            let message = match world.dice.below(8) {
                0 => Message::Push(Push { space, after: number, to: number + 1, head: number + 2, payload: vec![0; world.dice.below(50)] }),
                1 => Message::Ack(
                    space,
                    Ack { lsn: number, head: number, yours: number, credit: number, last: world.dice.below(2) == 0, ..Ack::default() },
                ),
                2 => Message::Fingerprints(space, Page { after: None, last: world.dice.below(2) == 0, docs: vec![(doc(1), [1; 16])] }),
                3 => Message::Actors(space, world.dice.below(2) == 0, vec![(doc(1), Vec::new())]),
                4 => Message::Want(space, world.dice.below(2) == 0, vec![(doc(1), Vec::new())]),
                5 => Message::Settle(space, number),
                6 => Message::Verdict(space, Vec::new()),
                _ => Message::Origin(vec![vec![1; 8]]),
            };
            let mut frame = message.to_frame();
            if world.dice.below(3) == 0 && !frame.body.is_empty() {
                let at = world.dice.below(frame.body.len());
                frame.body[at] ^= 1 << world.dice.below(8);
            }
            if world.dice.below(20) == 0 {
                frame =
                    RawFrame { kind: world.dice.below(256) as u8, body: (0..world.dice.below(400)).map(|_| world.dice.below(256) as u8).collect() };
            }
            let (side, channel) = (world.dice.below(2), if world.dice.below(4) == 0 { Channel::Control } else { Channel::Records });
            let channel = if matches!(message, Message::Push(_) | Message::Settle(..) | Message::Origin(_)) { Channel::Records } else { channel };
            world.inject(0, side, channel, &frame);
            assert!(world.waiting(0, side) < 400, "seed {seed}: requests pile up");
            world.step();
        }
    }
}

#[test]
fn unknown_frame_types_are_skipped() {
    let mut world = World::new(7, 1);
    world.connect(0);
    for kind in [0, 12, 31, 255] {
        world.inject(0, 1, Channel::Control, &RawFrame { kind, body: vec![7; 1000] });
    }
    world.run_to_rest();
    world.assert_converged();
}

#[test]
fn flooding_before_hello_is_bounded() {
    let mut world = World::new(7, 1);
    world.connect(0);
    let space = school_space(world.school);
    let frame = Message::Push(Push { payload: vec![1; FRAME_BYTES_MAX - 100], ..push(space) }).to_frame();
    for _ in 0..3 {
        world.inject(0, 1, Channel::Records, &frame);
    }
    assert!(3 * frame.body.len() as u64 > 2 * EARLY_CREDIT);
    assert_eq!(world.end_of(0, 1).unwrap().closed.as_ref().map(|reason| reason.code), Some(ByeCode::Credit));
}

#[test]
fn the_toy_signs_what_the_protocol_says() {
    let mut world = World::new(7, 1);
    let school = school_space(world.school);
    world.fill(1, school, 2, 4);
    let peer = crate::sync::engine::Peer { origin: world.replicas[0].origin, school: None };
    let sent = world.replicas[1].outgoing(&peer, school, 0, 1 << 20, false).unwrap();
    let forged = Parcel { changes: sent.parcel.changes[1..].to_vec(), ..sent.parcel };
    let hub = crate::sync::engine::Peer { origin: world.replicas[1].origin, school: Some(world.school) };
    let receipt = world.replicas[0].admit(&hub, world.replica_id(1), school, 0, forged).unwrap();
    assert_eq!(receipt.refused.len(), 3, "a member left out without a hole breaks the batch");
}

#[test]
fn the_worked_example_is_what_is_sent() {
    let mut world = World::new(2, 1);
    let school = school_space(world.school);
    world.fill(1, school, 30, 200);
    world.fill(0, county_space(), 10, 20);
    world.reconnect_cost();
    world.reconnect_cost();
    let document = include_str!("../../../docs/PROTOCOL.md");
    for (side, name) in [(0, "node to hub"), (1, "hub to node")] {
        let sent = world.end_of(0, side).unwrap().sent.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert!(document.contains(&format!("{name}  {sent}\n")), "{name}  {sent}");
    }
}
