//! A change that the county refuses wedges neither side: both keep it and show it, the writer goes on without it, and every peer's digest agrees.

use super::county::{Real, SCHOOL, Town, id_number, node_key, space, year};
use crate::{
    document::{
        view::Value,
        write::{Edit, Target},
    },
    model::{ChangeHash, DocId, Space},
    replica::{
        edit::{DocEdit, What},
        refusals::{Keeping, Refusals},
    },
    store::log::Appender,
    sync::engine::{Engine as _, Refused},
};

/// The last own change of a replica: its document, hash and bytes.
fn last_change(of: &Real) -> (DocId, ChangeHash, Vec<u8>) {
    of.replica()
        .store()
        .read(|c| -> Result<_, crate::store::StoreError> {
            Ok(c.query_row(
                "SELECT d.id, ch.hash, ch.bytes FROM change ch JOIN doc d ON d.n = ch.doc WHERE ch.source IS NULL ORDER BY ch.lsn DESC LIMIT 1",
                [],
                |r| Ok((DocId(r.get(0)?), ChangeHash(r.get(1)?), r.get(2)?)),
            )?)
        })
        .unwrap()
}

/// The hub has a stricter limit than the node's program: it judges this very change as too long.
fn stricter(hub: &Real, (doc, hash, bytes): (DocId, ChangeHash, Vec<u8>)) {
    let (role, source) = (hub.replica().me().role, node_key(1).origin());
    let kept: Result<(), crate::replica::ReplicaError> = hub.replica().store().write(move |c| {
        let mut log = Appender::open(c, space())?;
        let mut refusals = Refusals::load(c, log.space(), role)?;
        refusals.keep(
            c,
            &mut log,
            &Keeping { source, origin: Some(source), place: (doc, hash), code: "change-value-too-long", counts: true, bytes: &bytes },
            "t",
        )?;
        c.execute("DELETE FROM told", [])?;
        log.finish(c)?;
        Ok(())
    });
    kept.unwrap();
}

fn records(of: &Real, ledger: &str) -> Vec<String> {
    of.rows(&format!("SELECT r.id, r.fields FROM record r WHERE r.ledger = '{ledger}' ORDER BY 1"))
}

#[test]
fn inv_a_change_the_county_refuses_wedges_neither_side_and_later_edits_arrive() {
    let mut town = Town::new(11, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    town.sync();
    town.cut();
    let bad = town.node(1).record("care_log", &child, &[("kind", "visit"), ("with", "guardian"), ("note", "甲")]).unwrap();
    let refused = last_change(town.node(1));
    town.node(1).correct(&bad, &[("minutes", "30")]);
    let good = town.node(1).record("care_log", &child, &[("kind", "call"), ("with", "father"), ("reached", "yes"), ("note", "乙")]).unwrap();
    town.node(1).correct(&good, &[("note", "丙")]);
    town.node(1).correct(&child, &[("grade", "4")]);
    stricter(town.hub(), refused.clone());

    town.sync();
    town.assert_agreed();
    // At both ends in quarantine, with the reason; what built on it for that alone.
    assert_eq!(town.hub().quarantine().iter().filter(|(code, side)| code == "change-value-too-long" && side == "here").count(), 1);
    assert_eq!(town.node(1).quarantine().iter().filter(|(code, side)| code == "change-value-too-long" && side == "there").count(), 1);
    assert_eq!(town.node(1).quarantine().iter().filter(|(code, _)| code == "depends-on-refused").count(), 4, "{:?}", town.node(1).quarantine());
    // The later edits arrived everywhere, under a new actor.
    for number in 0..3 {
        let (seen, profile) = (records(town.node(number), "care_log"), records(town.node(number), "enrolment"));
        assert!(seen.len() == 1 && seen[0].contains(&good) && seen[0].contains("丙"), "replica {number}: {seen:?}");
        assert!(profile[0].contains("\"grade\":4"), "{profile:?}");
        town.node(number).verify();
    }
    assert_eq!(town.hub().rows("SELECT count(DISTINCT actor) FROM change WHERE refused = 0"), ["Integer(2)"]);
    // The person sees what was left out; the county that it refused something.
    let items = town.node(1).replica().conflicts(None, Some("refused")).unwrap();
    let shown: Vec<String> = items.iter().map(|item| item.detail["left_out"].to_string()).collect();
    assert_eq!(items.len(), 2, "{items:?}");
    assert!(shown.iter().any(|text| text.contains("甲") && text.contains(&bad)) && shown.iter().any(|text| text.contains("minutes")), "{shown:?}");
    assert!(!town.hub().replica().conflicts(None, Some("refused")).unwrap().is_empty());
    assert!(town.node(2).replica().conflicts(None, Some("refused")).unwrap().is_empty(), "the other node's people have nothing to do");
    let status = town.node(1).replica().status().unwrap();
    assert_eq!((&status["pending"], &status["refused"]), (&0.into(), &2.into()), "what was refused is not among what the county has");

    // The person goes on in the same process.
    let next = town.node(1).record("care_log", &child, &[("kind", "talk"), ("with", "child")]).unwrap();
    town.sync();
    town.assert_agreed();
    assert!(records(town.hub(), "care_log").iter().any(|row| row.contains(&next)));
    // Told again in two more sessions, then at rest.
    for _ in 0..3 {
        let (frames, _) = town.reconnect(0);
        assert!(frames.iter().all(|kind| [1, 5].contains(kind)), "{frames:?}");
        town.assert_agreed();
    }
    assert_eq!(town.reconnect(0).0, [1, 1], "two HELLOs and nothing else");
}

#[test]
fn a_late_refusal_reaches_every_node_of_the_school_live_and_after_lost_frames() {
    for lost in [false, true] {
        let mut town = Town::new(12, 2);
        let child = town.node(1).child("王小明", &id_number(1));
        town.node(1).record("care_log", &child, &[("kind", "visit"), ("with", "guardian")]).unwrap();
        town.sync();
        let refused = last_change(town.node(1));
        let kept = town.node(2).record("care_log", &child, &[("kind", "talk"), ("with", "child")]).unwrap();
        town.sync();
        town.node(2).settle();
        assert_eq!(records(town.node(1), "care_log").len(), 2);
        town.hub().refuse_late(refused.0, refused.1);
        if lost {
            // The verdicts are asked for and sent, and go down with their links.
            for link in 0..2 {
                town.world.announce(0);
                while town.world.waiting(link, 1) > 0 {
                    town.world.answer_all(link, 1);
                }
            }
            town.cut();
        }
        town.sync();
        town.assert_agreed();
        for number in 0..3 {
            let seen = records(town.node(number), "care_log");
            assert!(seen.len() == 1 && seen[0].contains(&kept), "replica {number}, lost {lost}: {seen:?}");
            town.node(number).verify();
        }
        // What the other node had written on top of it, it wrote again itself.
        assert_eq!(town.node(2).quarantine().len(), 2);
        town.sync();
        town.assert_agreed();
    }
}

#[test]
fn a_nodes_word_takes_nothing_out_of_the_countys_documents() {
    let mut town = Town::new(13, 1);
    let code = [("code", "5299010003"), ("name", "三小"), ("stage", "primary")];
    town.hub().replica().add("school", None, None, &super::county::set(&code), None).unwrap();
    let child = town.node(1).child("王小明", &id_number(1));
    town.sync();
    // A step of the county's in the school's own space, and a record published to all.
    let id: DocId = DocId::from_hex(&child).unwrap();
    let sets = vec![(Target::Subject, "note".to_owned(), Value::Str("by the county".into()))];
    town.hub().replica().commit(vec![DocEdit { space: space(), doc: id, what: What::Edit(Edit { sets, ..Edit::default() }) }]).unwrap();
    let own = last_change(town.hub());
    let published = town.hub().rows("SELECT hex(d.id), hex(ch.hash) FROM change ch JOIN doc d ON d.n = ch.doc JOIN space s ON s.id = ch.space WHERE substr(hex(s.code), 1, 2) = '02'");
    assert_eq!(published.len(), 1);
    let before = town.hub().answers();
    let peer = super::county::peer_of(1);
    let invented = |n: u8| Refused { doc: DocId([n; 16]), hash: ChangeHash([n; 32]), code: "change-malformed".into() };
    let digests = || [Space::published(year()), Space::county_school(SCHOOL.parse().unwrap(), year())].map(|space| town.hub().state(space));
    let at_rest = digests();
    for space in [space(), Space::published(year()), Space::county_school(SCHOOL.parse().unwrap(), year())] {
        let said = [Refused { doc: own.0, hash: own.1, code: "change-malformed".into() }, invented(4), invented(5)];
        town.hub().served.acknowledged(&peer, town.node(1).served.replica(), space, 0, &[], &said).unwrap();
    }
    assert_eq!(town.hub().answers(), before, "nothing is taken out on a school's word");
    assert_eq!(digests(), at_rest, "and what it invents is counted in no space but its own");
    assert_eq!(town.hub().rows("SELECT count(*) FROM change WHERE refused = 1"), ["Integer(0)"]);
    assert_eq!(town.hub().replica().conflicts(None, Some("refused")).unwrap().len(), 1, "it is shown");
    town.hub().verify();
}

#[test]
fn inv_bodies_of_refused_changes_give_way_and_their_hashes_still_count() {
    let town = Town::new(17, 1);
    let hub = town.node(0);
    let (role, source, other) = (hub.replica().me().role, node_key(1).origin(), node_key(2).origin());
    let body = vec![7u8; 200_000];
    // Of one peer in two jobs, of another a single one, the oldest of all.
    for (who, from, to) in [(other, 0u16, 1u16), (source, 1, 61), (source, 61, 121)] {
        let bytes = body.clone();
        let kept: Result<(), crate::replica::ReplicaError> = hub.replica().store().write(move |c| {
            let mut log = Appender::open(c, space())?;
            let mut refusals = Refusals::load(c, log.space(), role)?;
            for n in from..to {
                let mut hash = [0u8; 32];
                hash[..2].copy_from_slice(&n.to_be_bytes());
                let place = (DocId([9; 16]), ChangeHash(hash));
                refusals.keep(
                    c,
                    &mut log,
                    &Keeping { source: who, origin: None, place, code: "change-value-too-long", counts: true, bytes: &bytes },
                    &format!("t{n:03}"),
                )?;
            }
            log.finish(c)?;
            Ok(())
        });
        kept.unwrap();
    }
    let held = hub.rows("SELECT count(*), sum(length(bytes)) <= 16 << 20, min(at) FROM quarantine WHERE bytes IS NOT NULL AND at > 't000'");
    assert_ne!(held[0], hub.rows("SELECT 120, 1, 't001'")[0], "some gave way");
    assert_eq!(hub.rows("SELECT count(*) FROM quarantine WHERE bytes IS NOT NULL AND at = 't120'"), hub.rows("SELECT 1"), "the newest did not");
    assert_eq!(hub.rows("SELECT count(*) FROM quarantine WHERE bytes IS NOT NULL AND at = 't000'"), hub.rows("SELECT 1"), "nor another peer's");
    assert_eq!(hub.rows("SELECT count(*), sum(counted) FROM quarantine"), hub.rows("SELECT 121, 121"), "every hash stays and counts");
    let status = hub.replica().status().unwrap();
    assert!(status["refused"] == 121 && status["refused_dropped"].as_i64().unwrap() > 0, "{status}");
    hub.verify();
}
