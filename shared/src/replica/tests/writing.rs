//! The writing replica's refusals equal the reader's: whatever the local write path lets through, another replica's admission lets in.

use super::county::{Town, id_number, set};
use crate::replica::Replica;
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// One thing a person does at the command line or a form.
#[derive(Clone, Debug)]
enum Deed {
    Add(&'static str, BTreeMap<String, String>),
    Correct(usize, &'static str, BTreeMap<String, String>),
    Void(usize, String),
    Step(usize, &'static str),
    /// The machine's clock jumps: dead battery, wrong year, set right again.
    Clock(i64),
    /// Another process.
    Restart,
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~\u{4e00}-\u{4e80}]{0,40}",
        1 => "\\PC{0,30}",
        1 => any::<String>().prop_map(|text| text.chars().take(60).collect()),
        // Around the longest text there may be, and around what a change of several such texts may hold.
        1 => (0usize..3).prop_map(|n| "长".repeat(64 * 1024 / 3 + n)),
        1 => (0usize..2_000).prop_map(|n| "x".repeat(63 * 1024 + n)),
    ]
}

/// Mostly what a person means, sometimes what nobody should.
fn words(ledger: &'static str) -> impl Strategy<Value = BTreeMap<String, String>> {
    let (usual, odd, texts): (&[&str], &[&str], &[&str]) = match ledger {
        "care_log" => {
            (&["kind=visit", "with=father", "minutes=30"], &["with=child,mother", "minutes=601", "kind=登月", "on=1969-12-31"], &["note", "by"])
        }
        "aid_payment" => {
            (&["amount=500", "paid_on=2025-10-01", "channel=government"], &["amount=-1", "amount=99999999999", "paid_on=2025-02-30"], &["note", "by"])
        }
        "dropout_case" => (&["opened_by=teacher", "on=2025-10-10"], &["opened_by=nobody", "on=9999-12-31"], &["note", "by", "reason_note", "plan"]),
        _ => (&["grade=4", "class=2"], &["grade=0", "boarding=day", "left_behind=no", "status=left"], &["note", "village", "name"]),
    };
    let odd = prop_oneof![6 => Just(Vec::new()), 1 => prop::sample::subsequence(odd.to_vec(), 1..=2)];
    let texts = prop_oneof![2 => Just(BTreeMap::new()), 3 => prop::collection::btree_map(prop::sample::select(texts.to_vec()).prop_map(str::to_owned), text(), 1..4)];
    (odd, texts).prop_map(move |(odd, mut out)| {
        out.extend(usual.iter().chain(&odd).filter_map(|word| word.split_once('=')).map(|(field, value)| (field.to_owned(), value.to_owned())));
        out
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    let ledger = prop::sample::select(vec!["care_log", "aid_payment", "dropout_case"]);
    let clock = prop_oneof![-4_000_000_000i64..4_000_000_000, Just(-1_761_000_001), Just(200_000_000_000), -90_000i64..90_000];
    prop_oneof![
        8 => ledger.prop_flat_map(|ledger| words(ledger).prop_map(move |words| Deed::Add(ledger, words))),
        6 => (any::<usize>(), prop::sample::select(vec!["care_log", "aid_payment", "dropout_case", "enrolment"]))
            .prop_flat_map(|(at, ledger)| words(ledger).prop_map(move |words| Deed::Correct(at, ledger, words))),
        2 => (any::<usize>(), text()).prop_map(|(at, why)| Deed::Void(at, why)),
        3 => (any::<usize>(), prop::sample::select(vec!["verify", "confirm", "persuade", "exclude"])).prop_map(|(at, step)| Deed::Step(at, step)),
        2 => clock.prop_map(Deed::Clock),
        1 => Just(Deed::Restart),
    ]
}

/// Done or refused, whatever the words; true if it was saved.
fn attempt(town: &mut Town, child: &str, records: &mut Vec<String>, deed: Deed) -> bool {
    let node: Arc<Replica> = Arc::clone(town.node(1).replica());
    // One of a ledger's records, the child itself where there is none.
    let at = |n: usize, ledger: &str, records: &[String]| {
        let of: Vec<&String> = records.iter().filter(|record| record.starts_with(ledger)).collect();
        of.get(n % of.len().max(1)).map_or_else(|| child.to_owned(), |record| (*record).clone())
    };
    let subject = crate::command::request::SubjectRef::Student(child.to_owned());
    match deed {
        Deed::Add(ledger, words) => match node.add(ledger, Some(&subject), Some(2025), &words, None) {
            Ok(done) => {
                records.push(done.record);
                true
            }
            Err(_) => false,
        },
        Deed::Correct(n, ledger, words) => node.set(&at(n, ledger, records), &words, Some("王老师")).is_ok(),
        Deed::Void(n, why) => node.void(&at(n, "", records), &why, None).is_ok(),
        Deed::Step(n, step) => node.step(&at(n, "dropout_case", records), step, &BTreeMap::new(), None, Some("李老师"), Some("why"), None).is_ok(),
        Deed::Clock(seconds) => {
            town.clock.advance_s(seconds);
            false
        }
        Deed::Restart => {
            town.reopen(1);
            false
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn inv_whatever_the_writer_saves_another_replica_admits(seed in any::<u64>(), deeds in prop::collection::vec(deed(), 10..40)) {
        let mut town = Town::new(seed, 1);
        let child = town.node(1).child("王小明", &id_number(1));
        let mut records = vec![child.clone()];
        for deed in deeds {
            attempt(&mut town, &child, &mut records, deed);
        }
        town.sync();
        town.assert_agreed();
        prop_assert!(town.hub().quarantine().is_empty(), "{:?}", town.hub().quarantine());
        prop_assert!(town.node(1).quarantine().is_empty(), "{:?}", town.node(1).quarantine());
        prop_assert_eq!(town.hub().rows("SELECT count(*) FROM parked"), ["Integer(0)"]);
        prop_assert_eq!(town.hub().rows("SELECT hash FROM change ORDER BY hash"), town.node(1).rows("SELECT hash FROM change ORDER BY hash"));
        town.hub().verify();
    }
}

#[test]
fn a_note_at_the_limit_is_saved_and_arrives_and_one_over_it_is_refused_before_saved() {
    let mut town = Town::new(21, 1);
    let child = town.node(1).child("王小明", &id_number(1));
    let note = |bytes: usize| "x".repeat(bytes);
    let max = crate::document::keys::TEXT_BYTES_MAX;
    let add = |note: &str| town.node(1).record("care_log", &child, &[("kind", "visit"), ("with", "child"), ("note", note)]);
    let over = add(&note(max + 1)).unwrap_err();
    assert!(over.starts_with("change-value-too-long") || over.starts_with("ledger-value"), "{over}");
    let mut fits = max;
    while add(&note(fits)).is_err() {
        // A ledger may set a narrower limit of its own; what it allows is what must arrive.
        fits /= 2;
    }
    assert!(fits >= 1_000, "{fits}");
    town.sync();
    town.assert_agreed();
    assert_eq!(
        town.hub().rows("SELECT count(*), max(length(json_extract(fields, '$.note'))) FROM record WHERE ledger = 'care_log'"),
        [format!("Integer(1) | Integer({fits})")]
    );
    assert!(town.hub().quarantine().is_empty());
    let _ = set(&[]);
}
