//! The writing replica's refusals equal the reader's: whatever the local write path lets through, another replica's admission lets in.

use super::county::{Town, id_number, set};
use crate::replica::Replica;
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// One thing a person does at the command line or a form.
#[derive(Clone, Debug)]
enum Deed {
    Add(&'static str, BTreeMap<String, String>),
    Correct(usize, BTreeMap<String, String>),
    Void(usize, String),
    Step(usize, &'static str),
    /// The machine's clock jumps: dead battery, wrong year, set right again.
    Clock(i64),
    /// A choice out of the inbox.
    Resolve(usize),
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

fn words(ledger: &'static str) -> impl Strategy<Value = BTreeMap<String, String>> {
    let (kinds, texts): (&[&str], &[&str]) = match ledger {
        "care_log" => (
            &["kind=visit", "kind=call", "with=father", "with=child,mother", "reached=yes", "reached=no", "minutes=30", "minutes=601"],
            &["note", "by", "content", "next"],
        ),
        "aid_payment" => (
            &["amount=500", "amount=-1", "amount=99999999999", "paid_on=2025-02-30", "paid_on=2025-10-01", "channel=government", "form=cash"],
            &["note", "by", "goods"],
        ),
        "dropout_case" => (&["opened_by=teacher", "opened_by=rule", "on=1969-12-31", "on=2025-10-10"], &["note", "by", "detail"]),
        _ => (&["grade=4", "grade=0", "class=2", "boarding=day", "left_behind=no", "status=present"], &["note", "village", "name"]),
    };
    let kinds = prop::sample::subsequence(kinds.to_vec(), 0..=kinds.len());
    let texts = prop::collection::btree_map(prop::sample::select(texts.to_vec()).prop_map(str::to_owned), text(), 0..4);
    (kinds, texts).prop_map(|(kinds, mut out)| {
        out.extend(kinds.iter().filter_map(|word| word.split_once('=')).map(|(field, value)| (field.to_owned(), value.to_owned())));
        out
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    let ledger = prop::sample::select(vec!["care_log", "aid_payment", "dropout_case"]);
    let clock = prop_oneof![-4_000_000_000i64..4_000_000_000, Just(-1_761_000_001), Just(200_000_000_000), -90_000i64..90_000];
    prop_oneof![
        8 => ledger.prop_flat_map(|ledger| words(ledger).prop_map(move |words| Deed::Add(ledger, words))),
        6 => (any::<usize>(), prop::sample::select(vec!["care_log", "aid_payment", "dropout_case", "enrolment"]).prop_flat_map(words)).prop_map(|(at, words)| Deed::Correct(at, words)),
        2 => (any::<usize>(), text()).prop_map(|(at, why)| Deed::Void(at, why)),
        3 => (any::<usize>(), prop::sample::select(vec!["visit", "persuade", "report", "return", "close", "resolve", "reopen"])).prop_map(|(at, step)| Deed::Step(at, step)),
        2 => clock.prop_map(Deed::Clock),
        1 => any::<usize>().prop_map(Deed::Resolve),
        1 => Just(Deed::Restart),
    ]
}

/// Done or refused, whatever the words; true if it was saved.
fn attempt(town: &mut Town, child: &str, records: &mut Vec<String>, deed: Deed) -> bool {
    let node: Arc<Replica> = Arc::clone(town.node(1).replica());
    let at = |n: usize, records: &[String]| records[n % records.len()].clone();
    let subject = crate::command::request::SubjectRef::Student(child.to_owned());
    match deed {
        Deed::Add(ledger, words) => match node.add(ledger, Some(&subject), Some(2025), &words, None) {
            Ok(done) => {
                records.push(done.record);
                true
            }
            Err(_) => false,
        },
        Deed::Correct(n, words) => node.set(&at(n, records), &words, Some("王老师")).is_ok(),
        Deed::Void(n, why) => node.void(&at(n, records), &why, None).is_ok(),
        Deed::Step(n, step) => node.step(&at(n, records), step, &BTreeMap::new(), None, Some("李老师"), Some("why"), None).is_ok(),
        Deed::Resolve(n) => {
            let items = node.conflicts(None, None).unwrap();
            items.get(n % items.len().max(1)).is_some_and(|item| node.resolve(&item.id, &["#1".to_owned()], None, None).is_ok())
        }
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
