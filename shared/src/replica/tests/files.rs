//! Files of two schools at one county: who gets what, and what becomes of files that nobody names.

use super::county::{OTHER_SCHOOL, Real, SCHOOL, Town, certificate, node_key, set, year};
use crate::{
    clock::TestClock,
    model::{
        Space,
        blob::{Attachment, BlobHash, PIECE_BYTES},
    },
    sync::{
        courier::{
            Courier, Shelf as _,
            message::{Message, Part},
        },
        engine::{Engine as _, Peer},
        frame::Decoder,
    },
};
use std::sync::Arc;

fn scan(seed: u8, bytes: usize) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut rest = vec![0; bytes];
    blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut rest);
    out.extend(rest);
    out
}

fn peer(number: u8, school: &str) -> Peer {
    Peer { origin: node_key(number).origin(), school: Some(school.parse().unwrap()) }
}

fn hub_of(hub: &Real) -> Peer {
    Peer { origin: hub.replica().origin(), school: None }
}

/// An activity that names a file, by whatever its reference says.
fn activity(node: &Real, reference: &str) -> String {
    let words = [("on", "2025-10-20"), ("kind", "care"), ("title", "包饺子"), ("headcount_pupils", "20"), ("photos", reference)];
    node.replica().add("activity", None, None, &set(&words), None).unwrap().record
}

/// Brings a node's records to the hub.
fn ship(node: &Real, hub: &Real, as_who: &Peer) {
    let space = Space::school(as_who.school.unwrap(), year());
    let out = node.served.outgoing(&hub_of(hub), space, 0, 1 << 20, false).unwrap();
    let receipt = hub.served.admit(as_who, node.served.replica(), space, 0, out.parcel).unwrap();
    assert!(receipt.refused.is_empty() && receipt.parked.is_empty(), "{receipt:?}");
    hub.settle();
}

/// Two couriers until neither says anything more; gives the pieces that went.
fn carry(node: &Real, hub: &Real, as_who: &Peer) -> usize {
    let ends = [node, hub];
    let mut couriers = [Courier::new(hub_of(hub)), Courier::new(as_who.clone())];
    (0..2).for_each(|end| couriers[end].handle_ready(&ends[end].served, true).unwrap());
    let mut pieces = 0;
    while let Some((from, bytes)) = (0..2).find_map(|from| couriers[from].poll().map(|bytes| (from, bytes))) {
        let mut decoder = Decoder::new();
        decoder.push(&bytes);
        while let Some(frame) = decoder.next_frame().unwrap() {
            pieces += usize::from(matches!(Message::read(&frame).unwrap(), Some(Message::Piece(..))));
            couriers[1 - from].handle_frame(&ends[1 - from].served, &frame).unwrap();
        }
    }
    pieces
}

fn gets(hub: &Real, who: &Peer, hash: BlobHash) -> bool {
    let parts = [
        hub.served.list(who, hash).unwrap().is_some(),
        hub.served.piece(who, hash, 0).unwrap().is_some(),
        !hub.served.kept(who, &[hash]).unwrap().is_empty(),
    ];
    assert!(parts.iter().all(|part| *part == parts[0]), "{parts:?}");
    parts[0]
}

fn state(of: &Real, file: &Attachment) -> (bool, bool) {
    let state = of.replica().blob_state(file).unwrap();
    (state.here, state.kept)
}

#[test]
fn inv_a_school_that_merely_knows_a_hash_gets_nothing_for_it_and_one_that_has_the_file_shows_it_by_one_piece() {
    let mut town = Town::new(31, 1);
    let other = Town::open_node_of(&town.dir.path().join("other/node.db"), 9, OTHER_SCHOOL, &town.clock);
    assert!(town.hub().replica().learn_origin(&certificate(&node_key(9), OTHER_SCHOOL)).unwrap());
    let (owner, stranger) = (peer(1, SCHOOL), peer(9, OTHER_SCHOOL));
    for (seed, bytes) in [(1, 5 * PIECE_BYTES), (2, 100)] {
        let content = scan(seed, bytes);
        let (file, _) = town.node(1).replica().add_file("登记表.pdf", &content).unwrap();
        activity(town.node(1), &file.to_string());
        town.sync();
        let pieces = content.len().div_ceil(PIECE_BYTES);
        assert_eq!(carry(town.node(1), town.hub(), &owner), pieces);
        assert_eq!((state(town.hub(), &file).0, state(town.node(1), &file)), (true, (true, true)));
        assert!(gets(town.hub(), &owner, file.hash), "on any machine of the school that brought it");

        // The other school's record names it by its hash, and a person there asks for it.
        activity(&other, &file.to_string());
        ship(&other, town.hub(), &stranger);
        assert!(other.replica().blob(file.hash).unwrap_err().to_string().starts_with("blob-not-here"));
        assert_eq!(carry(&other, town.hub(), &stranger), 0);
        assert!(!gets(town.hub(), &stranger, file.hash) && !state(&other, &file).0);
        assert_eq!(town.hub().served.thumbnail(&stranger, file.hash).unwrap(), None);
        // To say that it has it is not to have it.
        let mut liar = Courier::new(stranger.clone());
        liar.handle_ready(&town.hub().served, true).unwrap();
        let offer = Message::Offer(vec![file.hash]).to_bytes();
        let mut decoder = Decoder::new();
        decoder.push(&offer);
        liar.handle_frame(&town.hub().served, &decoder.next_frame().unwrap().unwrap()).unwrap();
        let said: Vec<_> = std::iter::from_fn(|| liar.poll()).collect();
        assert_eq!(said, [Message::Want(file.hash, Part::Whole).to_bytes()], "it is asked to show it, and told nothing");

        // Now it has the file itself: one piece shows it, whatever its size.
        assert_eq!(other.replica().add_file("同一张.pdf", &content).unwrap().0.hash, file.hash);
        assert_eq!(carry(&other, town.hub(), &stranger), 1);
        assert!(gets(town.hub(), &stranger, file.hash));
        assert_eq!(state(&other, &file), (true, true));
        let (whole, _) = town.hub().replica().blob(file.hash).unwrap();
        assert!(whole == content, "and what is here stays as it is");
    }
}

#[test]
fn what_the_county_names_to_a_school_it_may_have() {
    let mut town = Town::new(32, 1);
    let (file, _) = town.node(1).replica().add_file("一.pdf", &scan(3, 10)).unwrap();
    let record = activity(town.node(1), &file.to_string());
    town.sync();
    let (own, _) = town.hub().replica().add_file("批复.pdf", &scan(4, 10)).unwrap();
    assert!(!gets(town.hub(), &peer(1, SCHOOL), own.hash), "no record names it");
    town.hub().replica().files_named(&record, &set(&[("photos_2", &own.to_string())])).unwrap();
    activity(town.node(1), &own.to_string());
    town.sync();
    assert!(gets(town.hub(), &peer(1, SCHOOL), own.hash));
}

fn advance_days(clock: &TestClock, days: i64) {
    clock.advance_s(days * 24 * 3600);
}

#[test]
fn what_no_record_names_is_cleared_after_thirty_days_and_nothing_else_is() {
    let town = Town::new(33, 1);
    let (node, clock) = (town.node(1), Arc::clone(&town.clock));
    let replica = node.replica();
    let add = |seed: u8| replica.add_file(&format!("{seed}.pdf"), &scan(seed, 2 * PIECE_BYTES)).unwrap().0;
    let (named, taken_off, never_saved, back) = (add(1), add(2), add(3), add(4));
    activity(node, &named.to_string());
    let record = activity(node, &taken_off.to_string());
    let returns = activity(node, &back.to_string());
    let here = |file: &Attachment| replica.blob(file.hash).is_ok();
    assert_eq!(replica.sweep_blobs().unwrap(), 0);
    node.correct(&record, &[("photos", "")]);
    node.correct(&returns, &[("photos", "")]);
    advance_days(&clock, 20);
    assert_eq!(replica.sweep_blobs().unwrap(), 0);
    node.correct(&returns, &[("photos", &back.to_string())]);
    advance_days(&clock, 11);
    assert_eq!(replica.sweep_blobs().unwrap(), 1, "what was never saved, 31 days ago");
    assert!(!here(&never_saved) && here(&taken_off), "20 and 11 days: the one taken off was first seen so 11 days ago");
    advance_days(&clock, 20);
    // While anything waits to be merged a record may turn out to name it.
    let behind = |lsn: i64| {
        let done: Result<(), crate::replica::ReplicaError> =
            replica.store().write(move |c| Ok(c.execute("UPDATE doc SET merged_lsn = merged_lsn + ?1", [lsn]).map(|_| ())?));
        done.unwrap();
    };
    behind(-1);
    assert_eq!(replica.sweep_blobs().unwrap(), 0);
    behind(1);
    assert_eq!(replica.sweep_blobs().unwrap(), 1);
    assert!(!here(&taken_off) && here(&named) && here(&back));
    advance_days(&clock, 400);
    assert_eq!(replica.sweep_blobs().unwrap(), 0);
    assert!(here(&named) && here(&back));
    assert_eq!(replica.blob_usage().unwrap().files, 2, "and the room is free again");
    node.verify();
}

#[test]
fn a_file_that_stands_in_an_open_disagreement_is_kept() {
    let mut town = Town::new(34, 2);
    let (one, two) = {
        let add = |node: usize, seed: u8| town.node(node).replica().add_file(&format!("{seed}.pdf"), &scan(seed, 10)).unwrap().0;
        (add(1, 1), add(2, 2))
    };
    let record = activity(town.node(1), "");
    town.sync();
    town.cut();
    town.node(1).correct(&record, &[("photos", &one.to_string())]);
    town.node(2).correct(&record, &[("photos", &two.to_string())]);
    town.sync();
    assert!(!town.node(1).rows("SELECT id FROM conflict WHERE kind = 'field'").is_empty(), "two files for one place");
    let replica = Arc::clone(town.node(1).replica());
    replica.sweep_blobs().unwrap();
    advance_days(&town.clock, 31);
    assert_eq!(replica.sweep_blobs().unwrap(), 0);
    assert!(replica.blob(one.hash).is_ok(), "either may be chosen yet");
}
