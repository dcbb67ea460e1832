//! The figures a monthly report is filled from, who has signed it, and numbers given twice: rows whose answer is known.

use super::{
    sample::{A, B, empty, put, step},
    shipped_tests::ask,
};
use rusqlite::Connection;

#[test]
fn the_figures_of_a_month_are_counted_from_the_records() {
    let mut c = empty();
    let figures = |c: &mut Connection, month: &str| ask(c, "monthly_figures", &[("school", A), ("month", month)]).remove(0);
    for n in 1..=4 {
        put(&c, "enrolment", &n.to_string(), Some(A), n, &format!("name=甲{n} stage=primary grade=3 class={} status=present", 1 + n % 2));
    }
    put(&c, "enrolment", "9", Some(A), 9, "name=乙 grade=3 class=1 status=left");
    put(&c, "calendar", "1", None, 200, "kind=holiday from=2026-02-02 until=2026-02-26");
    put(&c, "calendar", "2", None, 200, "kind=makeup_day from=2026-02-28");
    // Only Friday 27 February and the Saturday worked in exchange are school days: two classes, four rolls due.
    assert_eq!(figures(&mut c, "2026-02"), "s1|2026-02|0|4|-|0|0|0|0|0|0|0|0|0|4|0|1", "no roll was taken: nobody is said to be present");
    c.execute("UPDATE record_enrolment SET status_on = '2026-03-02' WHERE _doc = 9", []).unwrap();
    let zero = figures(&mut c, "2026-02");
    assert!(zero.starts_with("s1|2026-02|1|") && zero.ends_with("|0"), "who left in March is none of February: {zero}");
    assert!(figures(&mut c, "2026-03").starts_with("s1|2026-03|0|"), "no zero report while nobody can say where a child is");
    put(&c, "dropout_roll", "1", Some(A), 100, "grade=3 class=1 present=2 expected=2 on=2026-02-27");
    put(&c, "dropout_roll", "2", Some(A), 100, "grade=3 class=1 present=1 expected=2 on=2026-02-28");
    put(&c, "dropout_roll", "3", Some(A), 100, "grade=3 class=1 present=1 expected=2 on=2026-02-28");
    assert_eq!(figures(&mut c, "2026-02").split('|').nth(4), Some("-"), "nor while one class has none");
    put(&c, "dropout_roll", "4", Some(A), 100, "grade=3 class=2 present=2 expected=2 on=2026-02-15");
    put(&c, "dropout_case", "1", Some(A), 1, "on=2026-01-20 _state=returned");
    step(&c, "dropout_case:1", "confirm", "confirmed", "2026-02-03", "effective");
    step(&c, "dropout_case:1", "return", "returned", "2026-03-02", "effective");
    put(&c, "dropout_case", "2", Some(A), 2, "on=2026-02-27 _state=excluded");
    step(&c, "dropout_case:2", "exclude", "excluded", "2026-02-28", "effective");
    put(&c, "dropout_case", "3", Some(A), 3, "on=2026-02-27 _state=suspected void=1");
    put(&c, "dropout_case", "4", Some(B), 4, "on=2026-02-27 _state=suspected");
    put(&c, "care_profile", "1", Some(A), 1, "on=2025-09-10");
    put(&c, "care_profile", "2", Some(A), 2, "on=2025-09-10");
    put(&c, "care_log", "1", Some(A), 1, "on=2026-02-20 reached=1");
    put(&c, "home_teaching_plan", "1", Some(A), 3, "on=2025-10-01");
    // Present: one of class 1 was away on its last roll. Open: what was confirmed in February came back only in March; excluded counts as open here, as the sample says.
    // Who left on the second of March was a pupil to the end of February.
    assert_eq!(figures(&mut c, "2026-02"), "s1|2026-02|0|5|3|1|1|0|1|0|2|1|2|1|4|2|0");
    put(&c, "enrolment", "10", Some(A), 10, "name=丙 grade=3 class=1 status=present entered_on=2026-03-02");
    put(&c, "care_profile", "10", Some(A), 10, "on=2026-03-02 since=2026-03");
    put(&c, "enrolment", "11", Some(A), 11, "name=丁 grade=3 class=2 status=transferred closed_on=2026-03-05");
    put(&c, "care_profile", "11", Some(A), 11, "on=2026-03-04 since=2025-09");
    put(&c, "care_profile", "3", Some(A), 3, "on=2025-09-10 until=2026-01");
    let count = |text: String| [3, 12].map(|at| text.split('|').nth(at).unwrap().to_owned());
    assert_eq!(count(figures(&mut c, "2026-02")), ["6", "3"], "who came in March is in neither, who left in March is in both");
    assert_eq!(count(figures(&mut c, "2026-03")), ["5", "3"], "in March the other way round");
    assert_eq!(figures(&mut c, "previous"), figures(&mut c, "2026-02"), "the month before, unless asked");
}

#[test]
fn monthly_reports_are_told_signed_or_not_and_the_newer_of_a_corrected_one_counts() {
    let mut c = empty();
    put(&c, "monthly_report", "1", Some(A), 100, "month=2026-02 _state=signed signed_by=张校长 zero=1 pupils=4 rolls_taken=2 rolls_due=4");
    step(&c, "monthly_report:1", "sign", "signed", "2026-03-03", "effective");
    put(&c, "monthly_report", "2", Some(A), 100, "month=2026-01 _state=corrected signed_by=张校长 zero=1 pupils=9");
    put(&c, "monthly_report", "3", Some(A), 100, "month=2026-01 _state=draft signed_by=张校长 zero=0 pupils=4");
    let told = ask(&mut c, "monthly_reports", &[("school", A)]);
    assert_eq!(told.len(), 7, "September to March");
    assert_eq!(told[0], "s1|2026-03|-|-|-|-|-|-|-|-|-|-|-");
    assert_eq!(told[1], "s1|2026-02|signed|张校长|2026-03-03|1|4|-|-|-|-|2|4");
    assert_eq!(told[2], "s1|2026-01|draft|-|-|0|4|-|-|-|-|-|-", "what is not signed is not said to be");
}

#[test]
fn notices_with_the_same_number_are_named() {
    let mut c = empty();
    put(&c, "enrolment", "1", Some(A), 1, "name=甲");
    for (id, school, number, more) in [
        ("1", A, "石〔2026〕1号", ""),
        ("2", A, "石〔2026〕1号", ""),
        ("3", A, "石〔2026〕2号", ""),
        ("4", B, "石〔2026〕1号", ""),
        ("5", A, "石〔2026〕2号", "void=1"),
    ] {
        put(&c, "return_notice", id, Some(school), 1, &format!("number={number} {more}"));
    }
    let twice = ask(&mut c, "numbers_twice", &[]);
    assert_eq!(twice.len(), 2, "{twice:?}");
    assert!(twice.iter().all(|row| row.starts_with("s1|石〔2026〕1号")), "{twice:?}");
}

#[test]
fn of_two_rolls_of_one_class_and_day_the_one_made_last_counts_and_that_alone() {
    let mut c = empty();
    for n in 1..=5 {
        put(&c, "enrolment", &n.to_string(), Some(A), n, "name=甲 stage=primary grade=3 class=1 status=present");
    }
    let figures = |c: &mut Connection| {
        let row = ask(c, "monthly_figures", &[("school", A), ("month", "2026-02")]).remove(0);
        [3, 4, 15].map(|at| row.split('|').nth(at).unwrap().to_owned())
    };
    // Keys of imported rows say nothing of when they were made.
    put(&c, "dropout_roll", "f", Some(A), 100, "grade=3 class=1 present=3 expected=5 on=2026-02-27 _at=2026-02-27T01:00:00Z");
    assert_eq!(figures(&mut c), ["5", "3", "1"]);
    put(&c, "dropout_roll", "a", Some(A), 100, "grade=3 class=1 present=4 expected=5 on=2026-02-27 _at=2026-02-27T03:00:00Z");
    assert_eq!(figures(&mut c), ["5", "4", "1"], "neither seven nor the first one, and one roll taken");
    put(&c, "dropout_roll", "b", Some(A), 100, "grade=3 class=1 present=1 expected=5 on=2026-02-26 _at=2026-03-01T01:00:00Z");
    assert_eq!(figures(&mut c)[1], "4", "an earlier day's is not the last, whenever it is made");
}
