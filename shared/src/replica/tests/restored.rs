//! Logs that were rolled back, and parts that come in the wrong order from several peers.

use super::county::{Town, id_number, node_key, parcel, peer_of, space};
use crate::{
    document::{
        self,
        view::Value,
        write::{Edit, Target, Written},
    },
    model::{Actor, DocId, ReplicaId},
    sync::engine::Engine as _,
};

fn note(town: &Town, child: &str, number: usize) {
    let note = number.to_string();
    town.node(1).record("care_log", child, &[("kind", "visit"), ("with", "guardian"), ("note", &note)]).unwrap();
}

fn cursor(town: &Town) -> Vec<String> {
    town.hub().rows("SELECT c.cursor FROM cursor c JOIN space s ON s.id = c.space WHERE substr(hex(s.code), 1, 2) = '01'")
}

#[test]
fn a_log_rolled_back_unnoticed_is_repaired_without_losing_either_branch() {
    for rewritten in [3, 40] {
        let mut town = Town::new(31, 1);
        let child = town.node(1).child("王小明", &id_number(1));
        (0..10).for_each(|n| note(&town, &child, n));
        town.sync();
        let (old, new) = (town.node(1).path().to_owned(), town.dir.path().join("older.db"));
        for suffix in ["", "-wal"] {
            std::fs::copy(format!("{}{suffix}", old.display()), format!("{}{suffix}", new.display())).unwrap();
        }
        (10..30).for_each(|n| note(&town, &child, n));
        town.sync();
        assert_eq!(cursor(&town), ["Integer(31)"]);
        town.cut();

        // The same log under the same id, shorter than what the hub has seen of it.
        let older = Town::open_node(&new, 1, &town.clock);
        assert_eq!(older.replica().id(), town.node(1).replica().id());
        town.world.replicas[1] = older;
        (30..30 + rewritten).for_each(|n| note(&town, &child, n));
        town.sync();
        town.assert_agreed();
        for number in 0..2 {
            assert_eq!(town.node(number).rows("SELECT count(*) FROM record WHERE ledger = 'care_log'"), [format!("Integer({})", 30 + rewritten)]);
            town.node(number).verify();
        }
        let head = town.node(1).rows("SELECT head FROM space WHERE substr(hex(code), 1, 2) = '01'");
        assert_eq!(cursor(&town), head, "the hub's cursor stands where the node's log ends, not where the lost one did");
        assert_eq!(town.reconnect(0).0, [1, 1], "at rest afterwards: nothing is compared again and again");
        // What is written next joins on, and costs no comparison.
        note(&town, &child, 99);
        let (frames, _) = town.reconnect(0);
        assert!(!frames.contains(&6), "{frames:?}");
        town.sync();
        town.assert_agreed();
    }
}

/// Two changes of node 1 in one document, the second on top of the first.
fn two_changes() -> (DocId, Written, Written) {
    let mut doc = document::new_doc().unwrap();
    let mut write = |text: &str| {
        let edit = Edit { sets: vec![(Target::Subject, "note".to_owned(), Value::Str(text.to_owned()))], ..Edit::default() };
        document::write(&mut doc, Actor::new(node_key(1).origin(), [5; 8]), 1_761_000_000, &edit).unwrap().unwrap()
    };
    (DocId([9; 16]), write("first"), write("second"))
}

#[test]
fn a_parked_change_that_comes_loose_is_still_its_bringers_and_is_shipped_to_who_loosened_it() {
    let town = Town::new(32, 2);
    let hub = &town.hub().served;
    let (doc, first, second) = two_changes();
    let key = node_key(1);
    let bring = |from: u8, written: &Written| {
        hub.admit(&peer_of(from), ReplicaId([from; 16]), space(), 0, parcel(space(), &key, key.origin(), &[(doc, written.bytes.clone())])).unwrap()
    };
    let parked = bring(1, &second);
    assert_eq!((parked.admitted, parked.parked.len(), parked.only_theirs), (0, 1, true));
    let loosened = bring(2, &first);
    assert_eq!((loosened.admitted, loosened.head), (2, 2));
    assert!(!loosened.only_theirs, "node 2 never had the second: it may not pass it over");
    let to_two = hub.outgoing(&peer_of(2), space(), 0, 1 << 20, false).unwrap().parcel;
    assert_eq!(to_two.changes.iter().map(|change| change.hash).collect::<Vec<_>>(), [second.hash]);
    let to_one = hub.outgoing(&peer_of(1), space(), 0, 1 << 20, false).unwrap().parcel;
    assert_eq!(to_one.changes.iter().map(|change| change.hash).collect::<Vec<_>>(), [first.hash]);
    town.hub().verify();
}

#[test]
fn a_cursor_can_be_set_back_and_what_was_acknowledged_cannot() {
    let town = Town::new(33, 1);
    let (hub, peer) = (&town.hub().served, peer_of(1));
    let (first, second) = (ReplicaId([1; 16]), ReplicaId([2; 16]));
    let kept =
        || hub.spaces(&peer).unwrap().into_iter().find(|state| state.space == space()).map(|state| (state.peer, state.cursor, state.acked)).unwrap();
    hub.advance(&peer, first, space(), 31).unwrap();
    // A log rolled back under its old id settles at its own, lower head: a cursor left at 31 would be beyond it, and everything compared again.
    hub.advance(&peer, first, space(), 14).unwrap();
    assert_eq!(kept(), (first, 14, 0));
    let (doc, written, _) = two_changes();
    let key = node_key(1);
    let brought = parcel(space(), &key, key.origin(), &[(doc, written.bytes)]);
    hub.admit(&peer, first, space(), 12, brought).unwrap();
    assert_eq!(kept(), (first, 12, 0));
    for (lsn, acked) in [(7, 7), (5, 7), (9, 9)] {
        hub.acknowledged(&peer, first, space(), lsn, &[], &[]).unwrap();
        assert_eq!(kept(), (first, 12, acked), "a peer whose cursor is behind this has lost something, and is echoed to");
    }
    // Another log under the same identity: nothing that was known of the first holds for it, whatever the clocks say.
    town.clock.advance_s(-1_000_000);
    hub.acknowledged(&peer, second, space(), 2, &[], &[]).unwrap();
    assert_eq!(kept(), (second, 0, 2));
    assert_eq!(town.hub().rows("SELECT count(*) FROM cursor WHERE cursor > 0"), ["Integer(0)"]);
}
