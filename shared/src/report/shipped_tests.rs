//! Every shipped report against rows whose answer is known.

use super::{
    catalogue::{Catalogue, shipped_files},
    definition::{Report, ReportScope},
    params::Params,
    run::{Answer, Cell, ReportError, Setting, run},
    sample::{A, B, C, child, empty, ledgers, put, step, today},
    scope::Scope,
};
use rusqlite::Connection;

fn answer(connection: &mut Connection, name: &str, asked: &[(&str, &str)], scope: Scope) -> Result<Answer, ReportError> {
    let ledgers = ledgers();
    let report = Catalogue::shipped().find(name, &ledgers)?;
    let params = Params::read(&report, asked, today())?;
    run(connection, &report, &params, &Setting::new(&ledgers, scope))
}

/// Rows as text: cells by `|`, nothing known as `-`, schools as their last digit.
fn rows(answer: &Answer) -> Vec<String> {
    let cell = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Text(text) => text.replace("529901000", "s").replace("00000000000000000000000000000", ""),
    };
    answer.rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

pub(super) fn ask(connection: &mut Connection, name: &str, asked: &[(&str, &str)]) -> Vec<String> {
    rows(&answer(connection, name, asked, Scope::All).unwrap())
}

/// A child at school; `sets` says what differs.
pub(super) fn pupil(connection: &Connection, doc: u32, school: &str, sets: &str) {
    put(connection, "enrolment", &doc.to_string(), Some(school), doc, &format!("name=P{doc} stage=primary grade=3 class=1 status=present {sets}"));
}

#[test]
fn every_file_parses_and_is_named_as_it_is() {
    let files = shipped_files();
    assert!(files.len() >= 30, "{}", files.len());
    for (name, text) in &files {
        let report = Report::parse(text).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert_eq!(&report.name, name);
    }
    assert_eq!(Catalogue::shipped().iter().count(), files.len());
}

#[test]
fn every_report_runs_on_an_empty_county_with_the_columns_it_declares() {
    let (mut connection, ledgers) = (empty(), ledgers());
    let catalogue = Catalogue::shipped();
    for statement in catalogue.index_statements(&ledgers) {
        connection.execute_batch(&statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    for name in catalogue.names(&ledgers) {
        let report = catalogue.find(&name, &ledgers).unwrap();
        let child = "110105194912310021";
        let asked: &[(&str, &str)] = if report.parameters.iter().any(|p| p.required) { &[("child", child)] } else { &[] };
        let answer = answer(&mut connection, &name, asked, Scope::All).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(answer.freshness.len(), 3, "{name}");
        let one = super::run::run(
            &mut connection,
            &report,
            &Params::read(&report, asked, today()).unwrap(),
            &Setting::new(&ledgers, Scope::of(A.parse().ok())),
        );
        match report.scope {
            ReportScope::Both => assert_eq!(one.unwrap_or_else(|error| panic!("{name}: {error:?}")).freshness.len(), 1, "{name}"),
            ReportScope::County => assert!(matches!(one, Err(ReportError::CountyOnly)), "{name}"),
        }
    }
}

#[test]
fn all_seven_questions_have_reports() {
    let catalogue = Catalogue::shipped();
    for question in 1..=7 {
        assert!(catalogue.iter().any(|report| report.question == Some(question)), "{question}");
    }
}

fn dropouts() -> Connection {
    let c = empty();
    for (doc, school) in [(1, A), (2, A), (3, B), (4, B)] {
        pupil(&c, doc, school, "");
    }
    put(&c, "dropout_case", "one", Some(A), 1, "on=2025-10-02 _state=returned _due=2026-04-01 _reopened=1 reason=tired returned_on=2026-02-01");
    put(&c, "dropout_case", "two", Some(A), 2, "on=2025-10-09 _state=persuading _due=2026-03-05 _since=2026-02-18 escort_school=陈老师");
    put(&c, "dropout_case", "three", Some(B), 3, "on=2025-11-01 _disputed=1 _due=2026-01-01");
    put(&c, "dropout_case", "four", Some(B), 4, "on=2025-11-01 _state=confirmed _due=2026-01-01 void=1");
    put(&c, "dropout_case", "five", Some(B), 4, "on=2025-12-01 _state=closed _due=2026-01-01");
    for (record, name, to, on, effect) in [
        ("one", "confirm", "confirmed", "2025-10-10", "effective"),
        ("one", "return", "returned", "2025-11-01", "effective"),
        ("one", "relapse", "persuading", "2026-01-05", "effective"),
        ("one", "return", "returned", "2026-02-01", "effective"),
        ("two", "confirm", "confirmed", "2025-10-20", "effective"),
        ("two", "return", "returned", "2025-10-21", "void"),
        ("four", "confirm", "confirmed", "2025-11-02", "effective"),
    ] {
        step(&c, &format!("dropout_case:{record}"), name, to, on, effect);
    }
    c
}

#[test]
fn dropouts_are_counted_by_their_effective_steps() {
    let mut c = dropouts();
    let months = ["s1|primary|3|2025-10|2|2|0|0", "s1|primary|3|2025-11|0|0|1|0", "s1|primary|3|2026-01|0|0|0|1", "s1|primary|3|2026-02|0|0|1|0"];
    assert_eq!(ask(&mut c, "dropout_by_month", &[("school", A)]), months);
    assert_eq!(ask(&mut c, "dropout_by_month", &[]).len(), 6, "B: the disputed and the closed case were opened; the void one was not");
    assert_eq!(ask(&mut c, "dropout_now", &[]), ["s1|primary|3|2|0|1|1|0|0|0|0|1|1", "s2|primary|3|2|0|0|0|0|0|0|1|1|0"]);
    assert_eq!(ask(&mut c, "dropout_late", &[]), ["s1|002|P2|3|1|persuading|2026-02-18|2026-03-05|10|陈老师"]);
    assert_eq!(ask(&mut c, "dropout_relapses", &[]), ["s1|001|P1|3|1|returned|tired|2026-02-01"]);
    let disputed = answer(&mut c, "dropout_now", &[], Scope::All).unwrap().disputed;
    assert_eq!((disputed.len(), disputed[0].count, disputed[0].ids[0].as_str()), (1, 1, "dropout_case:three"));
    assert!(ask(&mut c, "dropout_now", &[("year", "2024")]).is_empty());
}

#[test]
fn the_consolidation_rate_loses_only_who_left_without_proof() {
    let mut c = empty();
    pupil(&c, 1, A, "");
    put(&c, "enrolment", "2", Some(A), 2, "stage=primary status=left");
    put(&c, "enrolment", "3", Some(A), 3, "stage=primary status=left");
    put(&c, "dropout_case", "3", Some(A), 3, "_state=closed excluded_proof=other_school_letter");
    put(&c, "enrolment", "4", Some(A), 4, "stage=primary status=transferred entered_on=2025-09-01");
    put(&c, "transfer", "4", Some(A), 4, "_state=done");
    put(&c, "enrolment", "5", Some(A), 5, "stage=primary status=transferred");
    put(&c, "transfer", "5", Some(A), 5, "_state=rejected");
    pupil(&c, 6, A, "");
    put(&c, "dropout_case", "6", Some(A), 6, "_state=escalated");
    pupil(&c, 7, A, "entered_on=2025-11-01");
    put(&c, "enrolment", "8", Some(A), 8, "stage=primary status=dead");
    put(&c, "enrolment", "9", Some(A), 9, "stage=primary status=left void=1");
    put(&c, "enrolment", "10", Some(A), 10, "stage=primary status=transferred closed_on=2025-12-01");
    // 8 at start; lost: 2 and 5 without proof, 6 dropped out: 5 / 8 = 62.50 %.
    assert_eq!(ask(&mut c, "consolidation_rate", &[]), ["s1|primary|8|2|1|3|6250"]);
}

#[test]
fn left_behind_children_are_counted_both_ways() {
    let mut c = empty();
    for doc in 1..=6 {
        pupil(&c, doc, A, "left_behind=1");
    }
    put(&c, "care_profile", "1", Some(A), 1, "kind=both care_state=nobody boards=board care_teacher=李");
    put(&c, "care_profile", "2", Some(A), 2, "kind=one_able care_state=good boards=day on=2025-09-05");
    put(&c, "care_profile", "2b", Some(A), 2, "kind=one_unable care_state=good boards=day on=2025-12-05");
    put(&c, "care_profile", "3", Some(A), 3, "kind=one_able boards=day");
    put(&c, "care_profile", "4", Some(A), 4, "kind=both until=2026-01");
    put(&c, "care_profile", "5", Some(A), 5, "kind=both void=1");
    // 5 (void profile) and 6 have none; 4 has ended; 2 counts once, as last judged.
    assert_eq!(ask(&mut c, "left_behind_by_kind", &[]), ["s1|1|1|1|0|2|3|1|1|2"]);
    put(&c, "care_log", "1", Some(A), 1, "kind=call reached=1 on=2026-02-20");
    put(&c, "care_log", "2", Some(A), 2, "kind=call reached=1 on=2026-01-20 _term=1");
    put(&c, "care_log", "2b", Some(A), 2, "kind=call reached=0 on=2026-03-10");
    put(&c, "care_log", "3", Some(A), 3, "kind=visit on=2026-03-02");
    put(&c, "care_log", "1b", Some(A), 1, "kind=visit on=2025-10-02 _term=1");
    put(&c, "care_log", "1c", Some(A), 1, "kind=visit on=2026-03-02 void=1");
    assert_eq!(ask(&mut c, "left_behind_no_contact", &[]), ["s1|003|P3|3|1|-|-|-", "s1|002|P2|3|1|2026-01-20|54|-"]);
    assert_eq!(ask(&mut c, "left_behind_no_contact", &[("days", "10")]).len(), 3);
    assert_eq!(ask(&mut c, "left_behind_no_visit", &[]), ["s1|001|P1|3|1|2025-10-02|李", "s1|002|P2|3|1|-|-"]);
    assert_eq!(ask(&mut c, "left_behind_no_visit", &[("term", "all")]), ["s1|002|P2|3|1|-|-"]);
}

#[test]
fn care_rooms_never_used_are_listed_too() {
    let mut c = empty();
    put(&c, "care_room", "r1", Some(A), 100, "name=甲室 state=in_use");
    put(&c, "care_room", "r2", Some(B), 101, "name=乙室 state=idle");
    put(&c, "care_room", "r3", Some(B), 101, "name=丙室 state=closed");
    put(&c, "care_room_use", "u1", Some(A), 100, "room=care_room:r1 headcount=12 on=2026-03-02");
    put(&c, "care_room_use", "u2", Some(A), 100, "room=care_room:r1 headcount=8 on=2026-03-02");
    put(&c, "care_room_use", "u3", Some(A), 100, "room=care_room:r1 headcount=50 void=1");
    assert_eq!(ask(&mut c, "care_room_use", &[]), ["s1|甲室|in_use|2|20|1|2026-03-02", "s2|乙室|idle|0|0|0|-"]);
}

pub(super) fn aid() -> Connection {
    let c = empty();
    put(
        &c,
        "aid_programme",
        "g",
        None,
        200,
        "code=g name=寄宿生补助 stage=primary boarding=any must_aid=|orphan|registered| excludes=x,h valid_from=2020-09-01 coverage=3000 coverage_of=boarders coverage_mode=target",
    );
    put(&c, "aid_programme", "h", None, 200, "code=h name=校服费 stage=primary valid_from=2020-09-01");
    put(&c, "aid_programme", "old", None, 200, "code=old name=旧项目 stage=primary must_aid=|disabled| valid_from=2015-09-01 valid_until=2019-08-31");
    pupil(&c, 1, A, "id_no=X1 categories=|orphan| boarding=board");
    pupil(&c, 2, A, "id_no=X2 registered_household=registered household_card=H2 boarding=board");
    pupil(&c, 3, A, "id_no=X3 categories=|orphan|single_parent| boarding=board");
    pupil(&c, 4, B, "id_no=X1 boarding=day");
    pupil(&c, 5, A, "id_no=X5 categories=|disabled| boarding=board");
    pupil(&c, 6, A, "id_no=X6 categories=|orphan| boarding=day");
    c
}

fn pay(c: &Connection, id: &str, school: &str, doc: u32, sets: &str) {
    let channel = if sets.contains("channel") { "" } else { "channel=government" };
    put(c, "aid_payment", id, Some(school), doc, &format!("paid_on=2026-03-05 {channel} {sets}"));
}

#[test]
fn money_paid_is_net_and_leaves_out_what_is_void_failed_or_disputed() {
    let mut c = aid();
    pay(&c, "1", A, 1, "programme=aid_programme:g amount=50000");
    pay(&c, "2", A, 1, "programme=aid_programme:g amount=50000 refund_amount=10000");
    pay(&c, "3", A, 2, "programme=aid_programme:g amount=50000 failed=1");
    pay(&c, "4", A, 2, "programme=aid_programme:g amount=70000 void=1");
    pay(&c, "5", A, 3, "programme=aid_programme:g _disputed=1");
    pay(&c, "6", B, 4, "programme=aid_programme:none amount=100 _term=1");
    let answer = answer(&mut c, "aid_paid", &[], Scope::All).unwrap();
    assert_eq!(rows(&answer), ["aid_programme:none|s2|1|1|1|100", "寄宿生补助|s1|2|2|3|90000"]);
    assert_eq!((answer.disputed[0].ledger.as_str(), answer.disputed[0].count), ("aid_payment", 1));
    assert_eq!(ask(&mut c, "aid_paid", &[("term", "1")]).len(), 1);
    assert_eq!(ask(&mut c, "aid_over_time", &[]), ["2025|2|4|90100|1"], "1 and 4 are one person, aided in two terms; 3 was aided once");
}

/// Every shipped report that reads payments, with one payment (and one in another term) of these values.
fn reports_of_payments(sets: &str) -> Vec<(String, Vec<String>)> {
    let mut c = aid();
    put(&c, "aid_application", "1", Some(A), 1, "programme=aid_programme:g _state=reported");
    pay(&c, "1", A, 1, &format!("programme=aid_programme:g application=aid_application:1 {sets}"));
    pay(&c, "2", A, 1, "programme=aid_programme:h application=aid_application:1 amount=5000");
    pay(&c, "3", A, 3, &format!("programme=aid_programme:g {sets}"));
    pay(&c, "4", B, 4, "programme=aid_programme:g amount=5000");
    let catalogue = Catalogue::shipped();
    let of_payments = catalogue.iter().filter(|report| report.sql.contains("record_aid_payment"));
    let names: Vec<String> = of_payments.map(|report| report.name.clone()).collect();
    names.into_iter().map(|name| (name.clone(), ask(&mut c, &name, &[]))).collect()
}

#[test]
fn every_report_counts_what_is_left_of_a_payment_that_came_back_in_part() {
    let plain = reports_of_payments("amount=21240");
    assert!(plain.len() >= 7, "{plain:?}");
    for partly in ["amount=31250 failed=1 refund_amount=10010", "amount=31250 refund_amount=10010"] {
        assert_eq!(reports_of_payments(partly), plain, "{partly}");
    }
    // What came back whole is no aid, whether or not somebody typed how much.
    let whole = reports_of_payments("amount=31250 failed=1");
    assert_eq!(reports_of_payments("amount=31250 failed=1 refund_amount=31250"), whole);
    assert_eq!(reports_of_payments("amount=31250 refund_amount=31250"), whole);
    let rows = |reports: &[(String, Vec<String>)], name: &str| reports.iter().find(|(known, _)| known == name).unwrap().1.clone();
    assert_eq!(rows(&plain, "aid_over_time"), ["2025|2|4|52480|2"]);
    assert_eq!(rows(&whole, "aid_over_time"), ["2025|1|2|10000|1"]);
    assert_eq!(rows(&plain, "paid_without_approval").len() - rows(&whole, "paid_without_approval").len(), 2);
}

#[test]
fn approved_applications_count_by_category_quota_and_share() {
    let mut c = aid();
    put(&c, "aid_application", "1", Some(A), 1, "programme=aid_programme:g _state=approved categories=|orphan|disaster| approved_amount=50000");
    put(&c, "aid_application", "2", Some(A), 2, "programme=aid_programme:g _state=audited registered_household=registered approved_amount=50000");
    put(&c, "aid_application", "3", Some(A), 3, "programme=aid_programme:g _state=reported approved_amount=50000");
    put(&c, "fund_allocation", "1", None, 200, &format!("programme=aid_programme:g to={A} quota_people=4 amount=200000 returned=20000"));
    put(&c, "fund_allocation", "2", None, 200, &format!("programme=aid_programme:h to={B} quota_people=1 amount=100"));
    pay(&c, "1", A, 1, "programme=aid_programme:g amount=50000");
    pay(&c, "2", A, 1, "programme=aid_programme:h amount=300 channel=social");
    assert_eq!(ask(&mut c, "aid_by_category", &[]), ["s1|disaster|1|1|50000", "s1|orphan|1|1|50000", "s1|registered|1|1|50000"]);
    // What a donor gave uses up nothing that was allotted.
    let quota = ["寄宿生补助|s1|2|4|2|1|5000|180000|50000", "校服费|s2|2|1|0|0|0|100|0"];
    assert_eq!(ask(&mut c, "aid_quota", &[]), quota);
    assert_eq!(ask(&mut c, "aid_quota", &[("school", B)]), quota[1..]);
    assert_eq!(ask(&mut c, "aid_allotted_not_paid", &[]), ["寄宿生补助|s1|2|180000|50000|130000", "校服费|s2|2|100|0|100"]);
    assert_eq!(ask(&mut c, "aid_coverage", &[]), ["寄宿生补助|s1|4|2|5000|3000|target"]);
    pay(&c, "3", A, 3, "programme=aid_programme:g _disputed=1");
    assert_eq!(ask(&mut c, "aid_allotted_not_paid", &[]).len(), 1, "a group with a disputed amount is not compared");
}

#[test]
fn who_must_be_aided_and_is_not_is_named_with_the_reason() {
    let mut c = aid();
    put(&c, "aid_application", "1", Some(A), 1, "programme=aid_programme:g _state=unaided unaided_reason=refused");
    put(&c, "aid_application", "2", Some(A), 2, "programme=aid_programme:g _state=approved");
    put(&c, "aid_application", "6", Some(A), 6, "programme=aid_programme:g _disputed=1");
    // 3 has no application, 5 belongs to no programme in force, 4 is in no category.
    let expected = ["s1|003|P3|primary|3|1||orphan|single_parent||-|-", "s1|001|P1|primary|3|1||orphan||unaided|refused"];
    assert_eq!(ask(&mut c, "must_aid_unaided", &[("term", "2")]), expected);
    pay(&c, "3", A, 3, "programme=aid_programme:h amount=100");
    assert_eq!(ask(&mut c, "must_aid_unaided", &[]), expected[1..], "whoever was paid is aided");
    assert!(ask(&mut c, "must_aid_unaided", &[("school", B)]).is_empty());
}

#[test]
fn a_child_aided_twice_is_found_across_schools_and_programmes() {
    let mut c = aid();
    pay(&c, "1", A, 1, "programme=aid_programme:g amount=50000");
    pay(&c, "2", B, 4, "programme=aid_programme:g amount=40000");
    pay(&c, "3", A, 2, "programme=aid_programme:h amount=300");
    pay(&c, "4", A, 2, "programme=aid_programme:g _disputed=1");
    pay(&c, "5", A, 3, "programme=aid_programme:g amount=1 _term=1");
    pay(&c, "6", A, 3, "programme=aid_programme:h amount=1");
    pay(&c, "7", A, 5, "programme=aid_programme:h amount=625");
    pay(&c, "8", A, 5, "programme=aid_programme:h amount=626 refund_amount=1");
    put(&c, "aid_programme", "m", None, 200, "code=m name=按月 stage=primary split=monthly valid_from=2020-09-01");
    pay(&c, "9a", A, 6, "programme=aid_programme:m amount=1");
    pay(&c, "9b", A, 6, "programme=aid_programme:m amount=1");
    let found = [
        "again|2|P5|s1|校服费|625|s1|校服费|625|005|005",
        "excluding|2|P2|s1|寄宿生补助|-|s1|校服费|300|002|002",
        "two_schools|2|P1|s1|寄宿生补助|50000|s2|寄宿生补助|40000|001|004",
    ];
    assert_eq!(ask(&mut c, "aided_twice", &[]), found, "in different terms is no offence");
}

#[test]
fn payments_without_approval_are_findings() {
    let mut c = aid();
    put(&c, "aid_application", "1", Some(A), 1, "programme=aid_programme:g _state=paid");
    put(&c, "aid_application", "2", Some(A), 2, "programme=aid_programme:g _state=reported");
    put(&c, "aid_application", "3", Some(A), 3, "programme=aid_programme:g _disputed=1");
    put(&c, "aid_application", "5", Some(A), 5, "programme=aid_programme:g _state=approved void=1");
    for (id, doc, sets) in [
        ("ok", 1, "application=aid_application:1"),
        ("not", 2, "application=aid_application:2"),
        ("disputed", 3, "application=aid_application:3"),
        ("none", 6, ""),
        ("social", 6, "channel=social"),
        ("void", 5, "application=aid_application:5"),
        ("failed", 6, "failed=1"),
    ] {
        pay(&c, id, A, doc, &format!("programme=aid_programme:g amount=100 {sets}"));
    }
    let found = ask(&mut c, "paid_without_approval", &[]);
    let payments: Vec<&str> = found.iter().map(|row| row.rsplit(':').next().unwrap()).collect();
    assert_eq!(payments, ["none", "not", "void"]);
    assert!(found[1].contains("|reported|"), "{found:?}");
}

#[test]
fn notices_are_measured_in_working_days_of_the_calendar() {
    let mut c = aid();
    let notice = |id: &str, doc, state: &str, from: &str, until: &str| {
        let dates = format!("notice_school_from={from} notice_school_until={until} notice_village_from={from} notice_village_until={until}");
        put(&c, "aid_application", id, Some(A), doc, &format!("programme=aid_programme:g _state={state} {dates}"));
    };
    notice("full_week", 1, "reported", "2026-03-02", "2026-03-06");
    notice("over_weekend", 2, "approved", "2026-03-05", "2026-03-10");
    notice("weekend_start", 3, "paid", "2026-02-28", "2026-03-06");
    notice("in_holiday", 4, "paid", "2025-10-01", "2025-10-12");
    notice("backwards", 5, "paid", "2026-03-06", "2026-03-02");
    notice("running", 6, "assessed", "2026-03-05", "2026-03-06");
    put(&c, "aid_application", "none", Some(B), 4, "programme=aid_programme:g _state=reported");
    // National day: 1 to 8 October off, 11 October (a Saturday) worked: 9, 10, 11 are left.
    put(&c, "calendar", "1", None, 200, "kind=holiday from=2025-10-01 until=2025-10-08 name=国庆");
    put(&c, "calendar", "2", None, 200, "kind=holiday from=2025-10-03 until=2025-10-05 name=又写一次");
    put(&c, "calendar", "3", None, 200, "kind=makeup_day from=2025-10-11 name=调休");
    let days: Vec<String> = ask(&mut c, "short_notices", &[])
        .iter()
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            format!("{} {} {}", cells[11].trim_start_matches("aid_application:"), cells[7], cells[10])
        })
        .collect();
    assert_eq!(days, ["backwards 0 0", "in_holiday 3 3", "over_weekend 4 4", "none 0 0"]);
    assert_eq!(ask(&mut c, "short_notices", &[("days", "3")]).len(), 2);
}

#[test]
fn one_child_in_two_schools_is_found_by_the_county_only() {
    let mut c = aid();
    pupil(&c, 7, C, "id_no=X2 void=1");
    put(&c, "enrolment", "8", Some(B), 8, "id_no=X3 status=transferred");
    assert_eq!(ask(&mut c, "in_two_schools", &[]), ["1|s1|001|P1|-|primary|3|1|-", "1|s2|004|P4|-|primary|3|1|-"]);
    assert_eq!(ask(&mut c, "in_two_schools", &[("school", B)]).len(), 2, "narrowed to the children of B, with both their schools");
    assert!(ask(&mut c, "in_two_schools", &[("school", C)]).is_empty());
    assert!(matches!(answer(&mut c, "in_two_schools", &[], Scope::of(A.parse().ok())), Err(ReportError::CountyOnly)));
}

#[test]
fn visits_are_set_against_the_households_due() {
    let mut c = aid();
    put(&c, "duty", "1", None, 200, &format!("school={A} household_card=H1 from=2025-09-01 until=2025-12-31"));
    put(&c, "duty", "2", None, 200, &format!("school={A} student={} from=2026-01-01", child(2)));
    put(&c, "household_visit", "1", Some(A), 100, "household_card=H1 kind=visit on=2025-10-08");
    put(&c, "household_visit", "2", Some(A), 100, "household_card=H1 kind=visit on=2025-11-08");
    put(&c, "household_visit", "3", Some(A), 100, "household_card=H2 kind=call on=2026-02-08");
    put(&c, "household_visit", "4", Some(A), 100, "household_card=H2 kind=visit on=2026-02-08 void=1");
    let expected = ["s1|2025Q3|0|0|0|1|0|0", "s1|2025Q4|2|0|1|1|1|10000", "s1|2026Q1|0|1|0|1|0|0"];
    assert_eq!(ask(&mut c, "visits_by_quarter", &[]), expected);
    assert!(ask(&mut c, "visits_by_quarter", &[("school", B)]).is_empty());
}

#[test]
fn silent_schools_and_missing_monthly_reports_are_named() {
    let mut c = empty();
    assert_eq!(ask(&mut c, "schools_not_heard", &[]), ["s3|primary|东镇|-|-|-", "s2|primary|东镇|2026-02-01T08:00:00Z|2026-02-01T08:00:00Z|42"]);
    assert_eq!(ask(&mut c, "schools_not_heard", &[("days", "60")]).len(), 1);
    put(&c, "monthly_report", "1", Some(A), 100, "month=2025-09 _state=sent");
    put(&c, "monthly_report", "2", Some(A), 100, "month=2025-10 _state=draft");
    let missing = ask(&mut c, "monthly_reports_missing", &[("school", A)]);
    assert_eq!((missing.len(), missing[0].as_str()), (5, "s1|2025-10|draft"), "October to February are over and unsent");
}

#[test]
fn one_child_is_told_across_schools_and_years_with_the_trail() {
    let mut c = aid();
    put(&c, "dropout_case", "1", Some(A), 1, "on=2025-10-02 _state=returned by=王 note=首次");
    put(&c, "dropout_case", "void", Some(A), 1, "on=2025-10-03 void=1");
    step(&c, "dropout_case:1", "confirm", "confirmed", "2025-10-10", "effective");
    put(&c, "enrolment", "90", Some(C), 90, "_year=2023 on=2023-09-01 household_card=H9");
    put(&c, "child_link", "1", None, 200, &format!("child_a={} child_b={} verdict=same", child(90), child(1)));
    put(&c, "household_visit", "1", Some(C), 100, "household_card=H9 kind=visit on=2023-10-01 _year=2023");
    put(&c, "dropout_case", "other", Some(A), 2, "on=2025-10-02");
    let events =
        |rows: &[String]| rows.iter().map(|row| row.split('|').filter(|cell| *cell != "-").take(6).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    let told = events(&ask(&mut c, "one_child", &[("child", "x1")]));
    let expected = [
        "2023-09-01 2023 2 s3 enrolment enrolment:90",
        "2023-10-01 2023 2 s3 household_visit household_visit:1",
        "2025-10-02 2025 2 s1 dropout_case returned",
        "2025-10-03 2025 2 s1 dropout_case void",
        "2025-10-10 2025 2 s1 dropout_case confirm",
        "2026-03-01 2025 2 s1 enrolment enrolment:1",
        "2026-03-01 2025 2 s2 enrolment enrolment:4",
    ];
    assert_eq!(told, expected);
    assert_eq!(events(&ask(&mut c, "one_child", &[("child", &child(90))])), expected, "by any of the documents");
    put(&c, "child_link", "2", None, 200, &format!("child_a={} child_b={} verdict=different on=2026-03-02", child(1), child(90)));
    assert_eq!(ask(&mut c, "one_child", &[("child", "X1")]).len(), 5, "a later decision supersedes");
    let own = answer(&mut c, "one_child", &[("child", "X1")], Scope::of(B.parse().ok())).unwrap();
    assert_eq!(own.rows.len(), 1, "a school sees its own part only");
}

#[test]
fn a_dossier_is_told_at_the_new_school_and_not_twice_where_the_original_is() {
    let mut c = aid();
    put(
        &c,
        "dossier",
        "1",
        Some(B),
        300,
        &format!("child={} from_school={A} ledger=care_log record=care_log:9 year=2025 on=2025-10-01 note=家访", child(4)),
    );
    put(&c, "dossier", "2", Some(B), 300, &format!("child={} from_school={A} ledger=care_log record=care_log:8 year=2025 on=2025-10-02", child(5)));
    let told = ask(&mut c, "one_child", &[("child", &child(4))]);
    let of_dossier: Vec<&String> = told.iter().filter(|row| row.contains("dossier")).collect();
    assert_eq!(of_dossier.len(), 1, "another child's is not told: {told:?}");
    assert!(of_dossier[0].starts_with("2025-10-01|2025|") && of_dossier[0].contains("s1|care_log") && of_dossier[0].contains("家访"));
    put(&c, "care_log", "9", Some(B), 4, "on=2025-10-01 kind=visit");
    assert!(!ask(&mut c, "one_child", &[("child", &child(4))]).iter().any(|row| row.contains("dossier")));
}

#[test]
fn transfers_past_their_deadline_are_named_at_the_county_and_at_the_school_that_owes_the_answer() {
    let mut c = aid();
    put(&c, "transfer", "1", Some(A), 1, &format!("from={A} to={B} _state=asked _due=2026-03-05"));
    put(&c, "transfer", "2", Some(A), 2, &format!("from={A} to={B} _state=done _due=2026-03-05"));
    put(&c, "transfer", "3", Some(A), 3, &format!("from={A} to={B} _state=confirmed _due=2026-03-20"));
    put(
        &c,
        "relay",
        "1",
        Some(B),
        300,
        &format!("ledger=transfer record=transfer:1 school={A} child=P1 state=asked due=2026-03-05 steps=confirm,refuse"),
    );
    assert_eq!(ask(&mut c, "transfers_late", &[]), ["s1|s1|s2|P1|asked|2026-03-05|10|transfer:1"]);
    let own = answer(&mut c, "transfers_late", &[], Scope::of(B.parse().ok())).unwrap();
    assert_eq!(own.rows.len(), 1, "{:?}", own.rows);
}

#[test]
fn headcounts_leave_out_who_is_not_at_school() {
    let mut c = aid();
    put(&c, "enrolment", "8", Some(A), 8, "stage=primary grade=3 status=left sex=male");
    pupil(&c, 9, A, "sex=male left_behind=1 void=1");
    pupil(&c, 10, A, "sex=female left_behind=1 boarding=day");
    assert_eq!(ask(&mut c, "enrolment_headcount", &[("school", A)]), ["s1|primary|3|6|0|1|4|2|1|5|1"]);
    assert_eq!(ask(&mut c, "registered_households", &[]), ["s1|registered|1|1|0"]);
}

#[test]
fn an_overview_needs_no_file_and_tells_void_and_disputed_apart() {
    let mut c = dropouts();
    let overview = ask(&mut c, "overview_dropout_case", &[]);
    assert_eq!(overview, ["s1|persuading|1|1|0|0", "s1|returned|1|1|0|0", "s2|-|1|1|0|1", "s2|closed|1|1|0|0", "s2|confirmed|0|0|1|0"]);
    assert_eq!(ask(&mut c, "overview_aid_programme", &[]), ["0|0|0|0"]);
    assert!(matches!(answer(&mut c, "overview_nothing", &[], Scope::All), Err(ReportError::Unknown(_))));
}
