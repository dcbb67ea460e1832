//! What claims to be another's is refused, whoever brings it, and a false claim over a true change spoils nothing.

use super::county::{OTHER_SCHOOL, Real, SCHOOL, Town, certificate, county, node_key, parcel, peer_of, space, year};
use crate::{
    document::{
        self,
        view::Value,
        write::{Edit, Target},
    },
    identity::Keypair,
    model::{Actor, DocId, OriginId, ReplicaId, Space},
    replica::refusals,
    sync::engine::{Engine as _, Parcel, Receipt},
};

const DOC: DocId = DocId([9; 16]);
const THERE: ReplicaId = ReplicaId([8; 16]);

/// A change as an honest writer of that origin makes it.
fn change(origin: OriginId, text: &str) -> Vec<u8> {
    let mut doc = document::new_doc().unwrap();
    let edit = Edit { sets: vec![(Target::Subject, "note".to_owned(), Value::Str(text.to_owned()))], ..Edit::default() };
    document::write(&mut doc, Actor::new(origin, [5; 8]), 1_761_000_000, &edit).unwrap().unwrap().bytes
}

fn bring(hub: &Real, space: Space, parcel: Parcel) -> Receipt {
    hub.served.admit(&peer_of(1), THERE, space, 0, parcel).unwrap()
}

/// The one reason for which everything was refused; nothing was let in, everything is kept.
fn reason(hub: &Real, space: Space, parcel: Parcel) -> String {
    let held = || hub.rows("SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM record)");
    let (before, kept) = (held(), hub.quarantine().len());
    let receipt = bring(hub, space, parcel);
    assert_eq!((receipt.admitted, receipt.known, receipt.parked.len(), receipt.refused.len()), (0, 0, 0, 1));
    assert_eq!(held(), before);
    assert_eq!(hub.quarantine().len(), kept + 1);
    hub.verify();
    let code = receipt.refused[0].code.clone();
    assert!(refusals::codes().any(|known| known == code), "{code} has a sentence");
    code
}

#[test]
fn inv_a_relayed_forgery_is_refused_whoever_it_claims_to_be_by() {
    let town = Town::new(5, 2);
    let hub = town.hub();
    let (own, elsewhere, stranger) = (node_key(1), node_key(77), Keypair::from_seed([3; 32]));
    assert!(hub.replica().learn_origin(&certificate(&elsewhere, OTHER_SCHOOL)).unwrap());
    let by = |signer: &Keypair, claimed: OriginId, text: &str| parcel(space(), signer, claimed, &[(DOC, change(claimed, text))]);

    let by_the_county = county().hub().origin();
    assert_eq!(reason(hub, space(), by(&own, by_the_county, "approved")), "bad-signature");
    assert_eq!(reason(hub, space(), by(&own, node_key(2).origin(), "another node's")), "bad-signature");
    assert_eq!(reason(hub, space(), by(&own, elsewhere.origin(), "another school's")), "out-of-scope", "whatever the signature");
    assert_eq!(reason(hub, space(), by(&stranger, stranger.origin(), "nobody's")), "unknown-origin");
    // With a right signature: another school's node writes in this school's space.
    assert_eq!(reason(hub, space(), by(&elsewhere, elsewhere.origin(), "out of its school")), "out-of-scope");
    // Signed rightly by the node, written in the county's name.
    let worn = parcel(space(), &own, own.origin(), &[(DOC, change(by_the_county, "a worn name"))]);
    assert_eq!(reason(hub, space(), worn), "actor-prefix");
    // Signed for another space.
    let moved = Parcel {
        batches: parcel(Space::county_school(SCHOOL.parse().unwrap(), year()), &own, own.origin(), &[(DOC, change(own.origin(), "m"))]).batches,
        ..by(&own, own.origin(), "m")
    };
    assert_eq!(reason(hub, space(), moved), "bad-signature");
    assert!(hub.replica().revoke_origin(elsewhere.origin()).unwrap());
    assert_eq!(reason(hub, space(), by(&elsewhere, elsewhere.origin(), "after its end")), "revoked-origin");
}

#[test]
fn what_a_node_brings_into_the_countys_own_spaces_is_refused_and_shifts_no_digest() {
    let town = Town::new(6, 1);
    let (hub, own) = (town.hub(), node_key(1));
    for space in [Space::published(year()), Space::county_school(SCHOOL.parse().unwrap(), year())] {
        let before = hub.state(space);
        let brought = parcel(space, &own, own.origin(), &[(DOC, change(own.origin(), &space.to_string()))]);
        assert_eq!(reason(hub, space, brought), "out-of-scope");
        assert_eq!(hub.state(space), before, "every other school compares this digest");
        assert!(hub.served.verdicts(&peer_of(2), true).unwrap().is_empty(), "others are not told of it");
    }
}

#[test]
fn a_false_signature_over_a_true_change_neither_keeps_it_out_nor_counts_twice() {
    for forged_first in [true, false] {
        let town = Town::new(7, 2);
        let (hub, honest, liar) = (town.hub(), node_key(2), node_key(1));
        let bytes = change(honest.origin(), "true");
        let truth = parcel(space(), &honest, honest.origin(), &[(DOC, bytes.clone())]);
        let lie = parcel(space(), &liar, honest.origin(), &[(DOC, bytes)]);
        let receipts = if forged_first {
            [bring(hub, space(), lie), bring(hub, space(), truth)]
        } else {
            [bring(hub, space(), truth), bring(hub, space(), lie)]
        };
        let told = |receipt: &Receipt| (receipt.admitted, receipt.known, receipt.refused.len());
        let expected = if forged_first { [(0, 0, 1), (1, 0, 0)] } else { [(1, 0, 0), (0, 1, 0)] };
        assert_eq!(receipts.each_ref().map(told), expected);
        assert_eq!(hub.state(space()).0, 1, "counted once");
        assert!(hub.served.verdicts(&peer_of(2), true).unwrap().is_empty(), "its writer is not told to drop it");
        hub.verify();
    }
}

#[test]
fn inv_equivocation_is_quarantined_and_raised_in_the_countys_inbox() {
    let town = Town::new(8, 2);
    let (hub, key) = (town.hub(), node_key(1));
    let one = |text: &str| parcel(space(), &key, key.origin(), &[(DOC, change(key.origin(), text))]);
    assert_eq!(bring(hub, space(), one("first")).admitted, 1);
    // The same actor and number in the same document, another content: a copied machine, or a lie.
    assert_eq!(reason(hub, space(), one("second")), "equivocation");
    let raised = hub.replica().conflicts(None, Some("equivocation")).unwrap();
    assert_eq!(raised.len(), 1);
    assert_eq!(
        (raised[0].detail["side"].as_str(), raised[0].detail["origin"].as_str()),
        (Some("here"), Some(key.origin().to_string().to_uppercase().as_str()))
    );
    assert_eq!(hub.rows("SELECT count(*) FROM quarantine WHERE length(bytes) > 0"), ["Integer(1)"], "kept whole");
    assert_eq!(hub.replica().status().unwrap()["refused"], 1);
    let told = hub.served.verdicts(&peer_of(2), false).unwrap();
    assert_eq!(
        told.iter().map(|(at, refused)| (*at, refused.code.as_str())).collect::<Vec<_>>(),
        [(space(), "equivocation")],
        "the school's other node hears of it"
    );
}

#[test]
fn a_batch_too_large_to_be_relayed_in_pieces_is_refused_as_a_whole() {
    let town = Town::new(9, 1);
    let key = node_key(1);
    let doc = |n: u16| DocId(blake3::hash(&n.to_le_bytes()).as_bytes()[..16].try_into().unwrap());
    let bytes = change(key.origin(), "small");
    let changes: Vec<_> = (0..1_025).map(|n| (doc(n), bytes.clone())).collect();
    let receipt = bring(town.hub(), space(), parcel(space(), &key, key.origin(), &changes));
    assert_eq!((receipt.admitted, receipt.refused.len()), (0, 1_025));
    assert!(receipt.refused.iter().all(|one| one.code == "batch-too-large"));
    let receipt = bring(town.hub(), space(), parcel(space(), &key, key.origin(), &changes[..1_024]));
    assert_eq!(receipt.admitted, 1_024);
    town.hub().verify();
}
