//! Any order, duplication, loss and reconnection ends in the same digests and the same answers, and a rebuild changes none.

use super::county::{Town, id_number, set};
use crate::model::{ChangeHash, DocId};
use proptest::prelude::*;

const CHILDREN: u16 = 3;

/// What happens next in a county.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// A node enters a child; the other may have entered the same one.
    Child(usize, u16),
    /// A node writes a record about a child.
    Care(usize, u16),
    /// A node corrects a child's profile, perhaps while the other does too.
    Correct(usize, u16, u8),
    /// A day absent: the third in a row opens a case by a rule, on every node the same.
    Absent(usize, u16, u8),
    /// The county publishes something.
    Publish(u16),
    /// So many deliveries and commits, in any order, in pieces of any size.
    Deliver(u8),
    /// A link is lost with all that is on it, and what it carried comes again.
    Cut(usize),
    Connect,
    Time(u16),
    /// Somebody settles the first or last open question, with the first of its values.
    Resolve(usize, bool),
    /// The county refuses one of the changes it has from the nodes, after all.
    Refuse(usize),
    /// A process ends, links and all, and another opens the same files.
    Restart(usize),
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::{Absent, Care, Child, Connect, Correct, Cut, Deliver, Publish, Resolve, Time};
    let (node, child) = (1..3usize, 0..CHILDREN);
    prop_oneof![
        3 => (node.clone(), child.clone()).prop_map(|(n, c)| Child(n, c)),
        3 => (node.clone(), child.clone()).prop_map(|(n, c)| Care(n, c)),
        4 => (node.clone(), child.clone(), 1..7u8).prop_map(|(n, c, v)| Correct(n, c, v)),
        3 => (node.clone(), child, 0..4u8).prop_map(|(n, c, d)| Absent(n, c, d)),
        1 => (0..5u16).prop_map(Publish),
        9 => (1..60u8).prop_map(Deliver),
        1 => (0..2usize).prop_map(Cut),
        3 => Just(Connect),
        2 => (1..4000u16).prop_map(Time),
        2 => (0..3usize, any::<bool>()).prop_map(|(r, first)| Resolve(r, first)),
    ]
}

fn trouble() -> impl Strategy<Value = Happening> {
    prop_oneof![12 => happening(), 1 => any::<usize>().prop_map(Happening::Refuse), 1 => (0..3usize).prop_map(Happening::Restart)]
}

/// Every edit is written, unless its child has not come to this node yet.
fn known<T>(done: Result<T, String>) {
    if let Err(error) = done {
        assert!(error.starts_with("student-none") || error.starts_with("record-none"), "{error}");
    }
}

fn happen(town: &mut Town, what: Happening) {
    match what {
        Happening::Child(node, child) => {
            town.node(node).child(&format!("王小{child}"), &id_number(child));
        }
        // A child that this node has not heard of is no child here: nothing is written.
        Happening::Care(node, child) => {
            known(town.node(node).record("care_log", &id_number(child), &[("kind", "visit"), ("with", "guardian")]));
        }
        Happening::Absent(node, child, day) => {
            let words = [("on", ["2025-10-13", "2025-10-14", "2025-10-15", "2025-10-16"][usize::from(day)]), ("method", "roll"), ("state", "absent")];
            known(town.node(node).record("dropout_check", &id_number(child), &words));
        }
        Happening::Correct(node, child, value) => {
            let grade = value.to_string();
            known(town.node(node).replica().set(&id_number(child), &set(&[("grade", &grade)]), None).map_err(|error| error.to_string()));
        }
        Happening::Publish(number) => {
            let code = format!("529901{number:04}");
            let added = town.hub().replica().add("school", None, None, &set(&[("code", &code), ("name", "小学"), ("stage", "primary")]), None);
            assert!(added.is_ok() || added.unwrap_err().to_string().starts_with("edit-record-exists"));
        }
        Happening::Deliver(steps) => (0..steps).for_each(|_| town.world.step()),
        Happening::Cut(link) => town.world.cut(link),
        Happening::Connect => (0..2).for_each(|link| {
            if town.world.links[link].1.is_none() {
                town.world.connect(link);
            }
        }),
        Happening::Time(seconds) => town.clock.advance_s(i64::from(seconds)),
        Happening::Resolve(replica, first) => {
            town.node(replica).settle();
            let member = town.node(replica).replica();
            let open: Vec<_> =
                member.conflicts(None, None).unwrap().into_iter().filter(|item| ["field", "group"].contains(&item.kind.as_str())).collect();
            if let Some(item) = if first { open.first() } else { open.last() } {
                let of_group =
                    item.detail["fields"].as_object().into_iter().flatten().filter(|(_, values)| values.as_array().is_some_and(|v| !v.is_empty()));
                let mut choose: Vec<String> = of_group.map(|(field, _)| format!("{field}=#1")).collect();
                if item.kind == "field" {
                    choose.push("#1".to_owned());
                }
                member.resolve(&item.id, &choose, None, None).unwrap();
            }
        }
        Happening::Refuse(which) => {
            let standing = "SELECT hex(d.id), hex(ch.hash) FROM change ch JOIN doc d ON d.n = ch.doc WHERE ch.source IS NOT NULL AND ch.refused = 0 ORDER BY ch.hash";
            let rows = town.hub().rows(standing);
            if let Some((doc, hash)) = rows.get(which % rows.len().max(1)).and_then(|row| row.split_once(" | ")) {
                town.hub().refuse_late(DocId::from_hex(doc).unwrap(), ChangeHash::from_hex(hash).unwrap());
            }
        }
        Happening::Restart(replica) => {
            (0..2).filter(|link| replica == 0 || *link == replica - 1).for_each(|link| town.world.cut(link));
            town.reopen(replica);
        }
    }
    (0..3).for_each(|replica| town.world.announce(replica));
    town.world.assert_no_bye();
}

/// A rebuild from the log alone changes no answer, anywhere.
fn assert_rebuilt_alike(town: &Town) {
    for number in 0..3 {
        let (member, before) = (town.node(number), town.node(number).answers());
        member.verify();
        member.replica().rebuild(2).unwrap();
        assert_eq!(member.answers(), before);
        member.verify();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_order_loss_and_reconnection_of_real_replicas_converges(seed in any::<u64>(), happenings in prop::collection::vec(happening(), 20..70)) {
        let mut town = Town::new(seed, 2);
        for what in happenings {
            happen(&mut town, what);
        }
        town.sync();
        town.assert_agreed();
        let (hub, one, two) = (town.hub().answers(), town.node(1).answers(), town.node(2).answers());
        prop_assert_eq!(&one, &two, "two nodes of a school see the same");
        let of_school = |node: &super::county::Real| {
            node.rows("SELECT hex(c.hash), c.refused FROM change c JOIN space s ON s.id = c.space WHERE substr(hex(s.code), 1, 2) = '01' ORDER BY 1")
        };
        prop_assert_eq!(of_school(town.hub()), of_school(town.node(1)));
        prop_assert_eq!(&hub, &one, "the county sees what its only school sees");
        prop_assert_eq!(&town.hub().report("enrolment_headcount")["rows"], &town.node(1).report("enrolment_headcount")["rows"]);
        assert_rebuilt_alike(&town);
    }

    #[test]
    fn refusals_and_restarts_in_the_midst_of_it_converge_too(seed in any::<u64>(), happenings in prop::collection::vec(trouble(), 20..70)) {
        let mut town = Town::new(seed, 2);
        for what in happenings {
            happen(&mut town, what);
        }
        town.sync();
        town.assert_agreed();
        let hub = town.hub().answers();
        prop_assert_eq!(&hub, &town.node(1).answers());
        prop_assert_eq!(&hub, &town.node(2).answers());
        assert_rebuilt_alike(&town);
        // Nothing is told and compared for ever.
        (0..3).for_each(|_| { town.reconnect(0); town.reconnect(1); });
        prop_assert_eq!(town.reconnect(0).0, [1, 1]);
        prop_assert_eq!(town.reconnect(1).0, [1, 1]);
        // Everyone can go on.
        for node in 1..3 {
            town.node(node).settle();
            town.node(node).child("王小末", &id_number(900));
            known(town.node(node).record("care_log", &id_number(900), &[("kind", "visit"), ("with", "guardian")]));
        }
        town.sync();
        town.assert_agreed();
        prop_assert_eq!(&town.hub().answers(), &town.node(1).answers());
    }
}

/// Found by the property above: the hub, opened anew, ships a change back to its writer, who has refused it in the log meanwhile.
#[test]
fn a_refused_change_that_is_shipped_once_more_counts_once() {
    use Happening::{Care, Child, Connect, Deliver, Refuse, Restart};
    let mut town = Town::new(7_146_211_990_380_497_098, 2);
    let steps = [
        Child(2, 1),
        Deliver(50),
        Connect,
        Child(2, 1),
        Deliver(112),
        Care(2, 1),
        Restart(0),
        Deliver(81),
        Connect,
        Deliver(86),
        Refuse(0),
        Deliver(15),
    ];
    for what in [Deliver(142)].into_iter().chain(steps) {
        happen(&mut town, what);
    }
    town.sync();
    town.assert_agreed();
}
