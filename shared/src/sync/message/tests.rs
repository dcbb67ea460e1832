//! Every body reads back as it was written, and nothing else reads.

use super::*;
use crate::locale::{self, Lang};
use crate::model::SchoolYear;
use crate::sync::session::CloseReason;
use proptest::prelude::*;

fn space(kind: u8) -> Space {
    let school = "5299010001".parse().unwrap();
    let year = SchoolYear::new(2025).unwrap();
    [Space::school(school, year), Space::published(year), Space::county_school(school, year)][usize::from(kind % 3)]
}

fn state(kind: u8, number: u64) -> SpaceState {
    let peer = ReplicaId([(number % 3) as u8; 16]);
    SpaceState { space: space(kind), head: number, acked: number / 2, peer, cursor: number / 3, count: number, digest: [kind; 32] }
}

fn doc(number: u8) -> DocId {
    DocId([number; 16])
}

/// One of every type, filled from a few numbers.
fn every(number: u64, text: &str) -> Vec<Message> {
    let byte = (number % 200) as u8;
    let refused = vec![Refused { doc: doc(byte), hash: ChangeHash([byte; 32]), code: "bad-signature".to_owned() }];
    let actor = |n: u8| Actor([n; 16]);
    let vectors: Vectors = vec![(doc(1), vec![(actor(byte), number), (actor(1), 2)]), (doc(2), Vec::new()), (doc(3), vec![(actor(1), 1)])];
    let page = Page { after: Some(doc(1)), last: number.is_multiple_of(2), docs: vec![(doc(2), [byte; 16]), (doc(250), [1; 16])] };
    let hello = Hello {
        version_min: 1,
        version_max: number,
        software: text.to_owned(),
        replica: ReplicaId([byte; 16]),
        nonce: [7; 16],
        time_s: -(number.cast_signed() >> 1),
        credit: number,
        spaces: vec![state(0, number), state(1, number / 5), state(2, 0)],
    };
    let ack = Ack {
        lsn: number,
        head: number,
        yours: 1,
        credit: number,
        last: true,
        parked: vec![(doc(1), ChangeHash([2; 32]))],
        refused: refused.clone(),
    };
    vec![
        Message::Hello(hello),
        Message::Origin(vec![vec![byte; 100], Vec::new()]),
        Message::Push(Push { space: space(byte), after: number / 2, to: number, head: number, payload: text.as_bytes().to_vec() }),
        Message::Ack(space(byte), ack),
        Message::Verdict(space(byte), refused),
        Message::Fingerprints(space(byte), page),
        Message::Actors(space(byte), true, vectors.clone()),
        Message::Want(space(byte), false, vectors),
        Message::Settle(space(byte), number),
        Message::State(vec![state(1, number)]),
        Message::Bye(Bye { code: ByeCode::from_number(number), detail: text.to_owned() }),
    ]
}

proptest! {
    #[test]
    fn every_message_survives(number: u64, text in "[ -~]{0,60}") {
        for message in every(number, &text) {
            prop_assert_eq!(Message::read(&message.to_frame()), Ok(Some(message)));
        }
    }

    #[test]
    fn a_body_cut_short_is_an_error(number: u64, at: prop::sample::Index) {
        for message in every(number, "huxue") {
            let mut frame = message.to_frame();
            frame.body.truncate(at.index(frame.body.len()));
            // What a PUSH carries has no length of its own, and what is left may be a whole one.
            let read = Message::read(&frame);
            prop_assert!(read.is_err() || matches!(message, Message::Push(_)), "{:?}", read);
        }
    }

    #[test]
    fn any_body_reads_or_is_an_error(kind in 0u8..14, body in prop::collection::vec(any::<u8>(), 0..500)) {
        if let Ok(Some(message)) = Message::read(&RawFrame { kind, body }) {
            let again = Message::read(&message.to_frame());
            prop_assert_eq!(again, Ok(Some(message)));
        }
    }
}

#[test]
fn bytes_behind_the_last_field_are_refused_except_in_hello() {
    for message in every(5, "huxue") {
        let mut frame = message.to_frame();
        frame.body.push(0);
        let read = Message::read(&frame);
        match message {
            Message::Hello(_) => assert_eq!(read, Ok(Some(message))),
            Message::Push(_) => assert_ne!(read, Ok(Some(message))),
            _ => assert_eq!(read, Err(WireError::Trailing)),
        }
    }
}

#[test]
fn a_page_out_of_order_and_a_space_named_twice_are_refused() {
    let page = |docs: Vec<(DocId, [u8; 16])>, last| Message::Fingerprints(space(0), Page { after: Some(doc(5)), last, docs }).to_frame();
    assert!(Message::read(&page(vec![(doc(7), [0; 16]), (doc(6), [0; 16])], true)).is_err());
    assert!(Message::read(&page(vec![(doc(5), [0; 16])], true)).is_err(), "not behind its start");
    assert!(Message::read(&page(Vec::new(), false)).is_err(), "an empty page that is not the last would go on for ever");
    assert!(Message::read(&page(Vec::new(), true)).is_ok());
    assert!(Message::read(&Message::State(vec![state(0, 1), state(0, 2)]).to_frame()).is_err());
}

#[test]
fn the_largest_lists_fit_a_frame() {
    let spaces = (0..SPACES_MAX).map(|number| SpaceState { head: u64::MAX, peer: ReplicaId([number as u8; 16]), ..state(0, u64::MAX) }).collect();
    let docs = (0..PAGE_DOCS_MAX).map(|number| (DocId((number as u128).to_be_bytes()), [1; 16])).collect();
    let refused = vec![Refused { doc: doc(1), hash: ChangeHash([1; 32]), code: "x".repeat(TEXT_BYTES_MAX) }; VERDICTS_MAX];
    let actors: Vec<(Actor, u64)> = (0..DOC_ACTORS_MAX).map(|number| (Actor((number as u128).to_be_bytes()), 1 << 34)).collect();
    // A document is added to a frame as long as it is under its soft limit.
    let vectors = vec![(doc(1), actors.clone()), (doc(2), actors)];
    for message in [
        Message::State(spaces),
        Message::Fingerprints(space(0), Page { after: None, last: true, docs }),
        Message::Ack(space(0), Ack { refused, ..Ack::default() }),
        Message::Origin(vec![vec![1; CERTIFICATE_BYTES_MAX]; CERTIFICATES_MAX]),
        Message::Actors(space(0), true, vectors),
    ] {
        let frame = message.to_frame();
        assert!(frame.body.len() < FRAME_BYTES_MAX, "type {}: {}", frame.kind, frame.body.len());
    }
}

#[test]
fn every_ending_has_a_sentence_and_a_remedy_in_both_languages() {
    for code in ByeCode::all().chain([ByeCode::Other(99)]).filter(|code| *code != ByeCode::Done) {
        for by_peer in [true, false] {
            let fault = CloseReason { by_peer, code, detail: "particulars".to_owned() }.fault().unwrap();
            for lang in [Lang::Zh, Lang::En] {
                let (sentence, next) = locale::fault(lang, &fault);
                assert!(!sentence.starts_with("sync-") && next.is_some(), "{lang:?}: {}", fault.code);
                assert!(!sentence.contains("particulars"), "what the log is told in English is in no sentence: {sentence}");
            }
        }
    }
}

#[test]
fn codes_survive_and_unknown_ones_keep_their_number() {
    for number in 0..40 {
        assert_eq!(ByeCode::from_number(number).number(), number);
    }
}
