//! Cases a rule opens: dated by the day the run became a case, the same on every node, and due from the day the calendar gives.

use super::county::{Real, Town, id_number, set};
use crate::command::request::SubjectRef;

/// A town a while later, so that the days written below are past.
fn later(seed: u64, nodes: u8) -> Town {
    let town = Town::new(seed, nodes);
    town.clock.advance_s(100 * 24 * 3600);
    town
}

fn absent(node: &Real, child: &str, days: &[&str]) {
    for day in days {
        let words = [("on", *day), ("method", "roll"), ("state", "absent"), ("checked_by", "王老师")];
        node.record("dropout_check", child, &words).unwrap();
    }
}

/// Date, due day and first day out of school of every case.
fn cases(node: &Real) -> Vec<String> {
    node.rows("SELECT \"on\", _since, _due, first_absent, last_day FROM record_dropout_case ORDER BY 1")
}

#[test]
fn a_case_found_on_its_third_day_is_dated_and_due_that_day() {
    let town = later(31, 1);
    let node = town.node(1);
    let children: Vec<String> = (1..3).map(|n| node.child(&format!("学生{n}"), &id_number(n))).collect();
    absent(node, &children[0], &["2025-10-20", "2025-10-21", "2025-10-22"]);
    absent(node, &children[1], &["2025-10-17", "2025-10-20", "2025-10-21"]);
    let expected = ["2025-10-21 | 2025-10-21 | 2025-10-21 | 2025-10-17 | Null", "2025-10-22 | 2025-10-22 | 2025-10-22 | 2025-10-20 | Null"];
    assert_eq!(cases(node), expected, "Friday, Monday, Tuesday; Monday to Wednesday");
}

#[test]
fn a_holiday_in_the_run_moves_what_is_due_and_no_byte_of_the_case() {
    let mut town = later(32, 2);
    let number = id_number(7);
    let children: Vec<String> = (1..3).map(|n| town.node(n).child("王小明", &number)).collect();
    let holiday = set(&[("kind", "holiday"), ("name", "中秋国庆"), ("from", "2025-10-01"), ("until", "2025-10-08")]);
    town.hub().replica().add("calendar", None, None, &holiday, None).unwrap();
    // One node hears of the holiday after it wrote, the other before.
    absent(town.node(1), &children[0], &["2025-09-29", "2025-09-30", "2025-10-09"]);
    assert_eq!(cases(town.node(1)), Vec::<String>::new(), "without the holiday the days do not follow each other");
    town.sync();
    absent(town.node(2), &children[1], &["2025-09-30", "2025-10-09"]);
    town.sync();
    let expected = ["2025-10-01 | 2025-10-09 | 2025-10-09 | 2025-09-29 | Null"];
    for replica in 0..3 {
        assert_eq!(cases(town.node(replica)), expected, "replica {replica}");
    }
    let conflicts = town.hub().rows("SELECT kind FROM conflict");
    assert_eq!(conflicts, Vec::<String>::new(), "one case, and nothing apart in it");
    town.assert_agreed();
    let case = town.node(1).rows("SELECT _id FROM record_dropout_case").remove(0);
    town.node(1).correct(&case, &[("on", "2025-10-10")]);
    assert!(cases(town.node(1))[0].starts_with("2025-10-10 | 2025-10-10 | 2025-10-10"), "a person's date counts as it is");
    let subject = SubjectRef::Student(children[0].clone());
    assert!(town.node(1).replica().add("dropout_case", Some(&subject), None, &set(&[("opened_by", "teacher")]), None).is_ok());
}

#[test]
fn a_case_taken_back_does_not_silence_the_rule_while_the_child_stays_away() {
    let mut town = later(33, 2);
    let number = id_number(8);
    let children: Vec<String> = (1..3).map(|n| town.node(n).child("王小明", &number)).collect();
    absent(town.node(1), &children[0], &["2025-10-20", "2025-10-21", "2025-10-22"]);
    let case = town.node(1).rows("SELECT _id FROM record_dropout_case").remove(0);
    town.node(1).replica().void(&case, "点错了", Some("王老师")).unwrap();
    absent(town.node(1), &children[0], &["2025-10-23", "2025-10-24"]);
    assert_eq!(town.node(1).rows("SELECT count(*) FROM record_dropout_case"), ["Integer(1)"], "two days more are not three");
    town.sync();
    // Both machines see the third day, apart.
    absent(town.node(1), &children[0], &["2025-10-27"]);
    absent(town.node(2), &children[1], &["2025-10-27"]);
    town.sync();
    for replica in 0..3 {
        let rows = town.node(replica).rows("SELECT \"on\", first_absent, void FROM record_dropout_case ORDER BY 1");
        assert_eq!(rows, ["2025-10-22 | 2025-10-20 | Integer(1)", "2025-10-27 | 2025-10-23 | Integer(0)"], "replica {replica}");
    }
    town.assert_agreed();
}

#[test]
fn who_is_said_to_be_suspected_is_a_case_at_once_and_only_one() {
    let town = later(34, 1);
    let node = town.node(1);
    let children: Vec<String> = (1..3).map(|n| node.child(&format!("学生{n}"), &id_number(n))).collect();
    let suspected = |child: &str, day: &str| {
        node.record("dropout_check", child, &[("on", day), ("method", "roll"), ("state", "suspected"), ("checked_by", "王老师")]).unwrap();
    };
    suspected(&children[0], "2025-10-20");
    absent(node, &children[0], &["2025-10-21", "2025-10-22"]);
    absent(node, &children[1], &["2025-10-20", "2025-10-21"]);
    suspected(&children[1], "2025-10-22");
    let expected = ["2025-10-20 | 2025-10-20 | 2025-10-20 | 2025-10-20 | Null", "2025-10-22 | 2025-10-22 | 2025-10-22 | 2025-10-20 | Null"];
    assert_eq!(cases(node), expected, "one case a child, whichever rule saw it first");
}

#[test]
fn a_beginning_that_moved_makes_no_second_case_when_the_first_is_closed() {
    let mut town = later(35, 1);
    let child = town.node(1).child("王小明", &id_number(1));
    absent(town.node(1), &child, &["2025-10-21", "2025-10-22", "2025-10-23"]);
    let case = town.node(1).rows("SELECT _id FROM record_dropout_case").remove(0);
    absent(town.node(1), &child, &["2025-10-20"]);
    let step = |at: &Real, step: &str, words: &[(&str, &str)]| at.replica().step(&case, step, &set(words), None, Some("王老师"), None, None).unwrap();
    let _ = step(town.node(1), "verify", &[]);
    let _ = step(town.node(1), "exclude", &[("excluded_proof", "error")]);
    town.sync();
    let _ = step(town.hub(), "close", &[]);
    town.sync();
    assert_eq!(town.node(1).rows("SELECT _state FROM record_dropout_case"), ["closed"]);
    absent(town.node(1), &child, &["2025-10-17"]);
    assert_eq!(town.node(1).rows("SELECT first_absent FROM record_dropout_case"), ["2025-10-21"]);
}
