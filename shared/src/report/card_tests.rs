//! Reports that are cards of the desk's first page, against rows whose answer is known.

use super::{
    catalogue::Catalogue,
    sample::{A, B, child, empty, put, step},
    shipped_tests::{aid, ask, pupil},
};

#[test]
fn households_not_visited_in_the_quarter_are_named_with_their_duty() {
    let mut c = empty();
    for (doc, card) in [(1, "H1"), (2, "H2"), (3, "H3")] {
        pupil(&c, doc, A, &format!("household_card={card}"));
    }
    pupil(&c, 4, A, "household_card=H1");
    put(&c, "duty", "1", None, 200, &format!("school={A} household_card=H1 from=2025-09-01 official=张"));
    put(&c, "duty", "2", None, 200, &format!("school={A} student={} from=2025-09-01 official=李", child(2)));
    put(&c, "duty", "3", None, 200, &format!("school={A} household_card=H3 from=2025-09-01 until=2025-12-01 official=王"));
    put(&c, "household_visit", "1", Some(A), 300, "household_card=H1 kind=visit on=2025-12-30");
    put(&c, "household_visit", "2", Some(A), 300, "household_card=H2 kind=call on=2026-03-01");
    assert_eq!(ask(&mut c, "visits_due", &[]), ["s1|H1|P1、P4|张|2026-03-31|duty:1", "s1|H2|P2|李|2026-03-31|duty:2"]);
    put(&c, "household_visit", "3", Some(A), 300, "household_card=H1 kind=visit on=2026-01-01");
    assert_eq!(ask(&mut c, "visits_due", &[]).len(), 1);
}

#[test]
fn who_is_gone_by_the_roll_and_at_school_by_the_file_is_named_until_either_is_corrected() {
    let mut c = empty();
    for doc in 1..=5 {
        pupil(&c, doc, A, "");
    }
    c.execute("UPDATE record_enrolment SET status = 'suspended' WHERE _doc = 4", []).unwrap();
    let mark = |c: &rusqlite::Connection, id: &str, doc: u32, on: &str, state: &str| {
        put(c, "dropout_check", id, Some(A), doc, &format!("on={on} state={state}"));
    };
    for (id, doc, on, state) in [
        ("1", 1, "2026-03-02", "transferred"),
        ("2", 2, "2026-03-02", "suspended"),
        ("3", 2, "2026-03-09", "absent"),
        ("4", 3, "2025-11-01", "transferred"),
        ("5", 4, "2026-03-02", "suspended"),
        ("6", 5, "2026-03-03", "suspended"),
    ] {
        mark(&c, id, doc, on, state);
    }
    assert_eq!(ask(&mut c, "roll_against_file", &[]), ["s1|001|P1|3|1|transferred|2026-03-02", "s1|005|P5|3|1|suspended|2026-03-03"]);
    mark(&c, "7", 1, "2026-03-10", "present");
    assert_eq!(ask(&mut c, "roll_against_file", &[]), ["s1|005|P5|3|1|suspended|2026-03-03"]);
}

#[test]
fn who_is_marked_as_gone_while_a_transfer_from_here_is_open_is_nobodys_to_correct() {
    let mut c = empty();
    for doc in 1..=4 {
        pupil(&c, doc, A, "");
        put(&c, "dropout_check", &doc.to_string(), Some(A), doc, "on=2026-03-02 state=transferred");
    }
    put(&c, "transfer", "1", Some(A), 1, &format!("from={A} to={B} _state=asked"));
    put(&c, "transfer", "2", Some(A), 2, &format!("from={A} to={B} _state=confirmed"));
    put(&c, "transfer", "3", Some(A), 3, &format!("from={A} to={B} _state=withdrawn"));
    put(&c, "transfer", "4", Some(A), 4, &format!("from={B} to={A} _state=asked"));
    let line = |doc: u32| format!("s1|00{doc}|P{doc}|3|1|transferred|2026-03-02");
    assert_eq!(ask(&mut c, "roll_against_file", &[]), [line(3), line(4)], "one that is over, and one to here, say nothing");
    put(&c, "dropout_check", "5", Some(A), 1, "on=2026-03-03 state=suspended");
    assert_eq!(ask(&mut c, "roll_against_file", &[]).len(), 3, "on leave of absence is another matter");
}

#[test]
fn who_is_absent_again_while_the_case_rests_is_named_until_back_or_taken_up_again() {
    let mut c = empty();
    for (doc, state) in [(1, "returned"), (2, "excluded"), (3, "persuading"), (4, "closed"), (5, "home_taught"), (6, "returned"), (7, "returned")] {
        pupil(&c, doc, A, "");
        put(&c, "dropout_case", &doc.to_string(), Some(A), doc, &format!("_state={state} _since=2026-03-04"));
    }
    let mark = |c: &rusqlite::Connection, id: &str, doc: u32, sets: &str| put(c, "dropout_check", id, Some(A), doc, sets);
    for doc in 1..=5 {
        mark(&c, &format!("{doc}a"), doc, "on=2026-03-09 state=absent days_absent=2");
    }
    assert!(ask(&mut c, "absent_again", &[]).is_empty(), "two days are not three");
    for doc in 1..=5 {
        mark(&c, &format!("{doc}b"), doc, "on=2026-03-10 state=absent days_absent=3");
    }
    mark(&c, "6", 6, "on=2026-03-04 state=absent days_absent=9");
    mark(&c, "7", 7, "on=2026-03-09 state=suspected");
    let line = |doc: u32, days: &str, on: &str, state: &str| {
        format!("s1|00{doc}|P{doc}|3|1|{days}|{on}|{state}|2026-03-04|dropout_case:{doc}|{}", if state == "excluded" { "reopen" } else { "relapse" })
    };
    let again = [
        line(7, "-", "2026-03-09", "returned"),
        line(1, "3", "2026-03-10", "returned"),
        line(2, "3", "2026-03-10", "excluded"),
        line(5, "3", "2026-03-10", "home_taught"),
    ];
    assert_eq!(ask(&mut c, "absent_again", &[]), again, "not one that is worked on, closed, or was absent before it came back");
    mark(&c, "1c", 1, "on=2026-03-11 state=present");
    put(&c, "dropout_case", "again", Some(A), 2, "_state=suspected");
    c.execute("UPDATE record_dropout_case SET _state = 'persuading' WHERE _id = 'dropout_case:5'", []).unwrap();
    assert_eq!(ask(&mut c, "absent_again", &[]), again[..1]);
    // Carried on from last year: the day of its state stands there.
    put(&c, "dropout_case", "old", Some(A), 90, "_year=2024 _state=returned _since=2025-06-20");
    pupil(&c, 8, A, "");
    put(&c, "dropout_case", "8", Some(A), 8, "on=2026-03-14 _state=returned continues=dropout_case:old");
    mark(&c, "8", 8, "on=2025-09-10 state=absent days_absent=4");
    let found = ask(&mut c, "absent_again", &[]);
    assert!(found.len() == 2 && found[0].ends_with("|4|2025-09-10|returned|2025-06-20|dropout_case:8|relapse"), "{found:?}");
}

#[test]
fn who_is_absent_long_enough_without_a_case_is_named_until_a_case_is_open_or_the_child_is_back() {
    let mut c = empty();
    for doc in 1..=7 {
        pupil(&c, doc, A, "");
    }
    let mark = |c: &rusqlite::Connection, id: &str, doc: u32, sets: &str| put(c, "dropout_check", id, Some(A), doc, sets);
    let case = |c: &rusqlite::Connection, id: &str, doc: u32, sets: &str| put(c, "dropout_case", id, Some(A), doc, sets);
    for (doc, sets) in [
        (1, "on=2026-03-11 since=2026-03-09 state=absent days_absent=3"),
        (2, "on=2026-03-10 since=2026-03-09 state=absent days_absent=2"),
        (3, "on=2026-03-11 since=2026-03-09 state=absent days_absent=3"),
        (4, "on=2026-03-11 since=2026-03-09 state=absent days_absent=3"),
        (5, "on=2026-03-12 state=suspected"),
        (6, "on=2026-03-11 since=2026-03-09 state=absent days_absent=3"),
        (7, "on=2026-03-11 since=2026-03-09 state=absent days_absent=3"),
    ] {
        mark(&c, &doc.to_string(), doc, sets);
    }
    case(&c, "3", 3, "on=2026-03-11 _state=verifying");
    case(&c, "4", 4, "on=2025-11-03 _state=closed");
    case(&c, "6", 6, "on=2026-03-11 _state=closed");
    mark(&c, "7b", 7, "on=2026-03-12 state=present");
    let line = |doc: u32, days: &str, since: &str, on: &str| format!("s1|00{doc}|P{doc}|3|1|{days}|{since}|{on}|dropout_check:{doc}");
    let (one, four, five) =
        (line(1, "3", "2026-03-09", "2026-03-11"), line(4, "3", "2026-03-09", "2026-03-11"), line(5, "-", "2026-03-12", "2026-03-12"));
    assert_eq!(
        ask(&mut c, "absent_no_case", &[]),
        [one, four.clone(), five],
        "a case of other days is none of these; one about them, closed since, is"
    );
    case(&c, "1", 1, "on=2026-03-12 _state=suspected");
    c.execute("UPDATE record_enrolment SET status = 'transferred' WHERE _doc = 5", []).unwrap();
    assert_eq!(ask(&mut c, "absent_no_case", &[]), [four]);
}

#[test]
fn a_child_marked_differently_by_two_rolls_of_a_day_is_named_until_one_is_void() {
    let mut c = empty();
    for doc in 1..=4 {
        pupil(&c, doc, A, "");
    }
    for (id, doc, sets) in [
        ("1a", 1, "on=2026-03-10 state=absent method=roll"),
        ("1b", 1, "on=2026-03-10 state=ill"),
        ("2a", 2, "on=2026-03-10 state=ill method=roll"),
        ("2b", 2, "on=2026-03-10 state=ill method=roll"),
        ("3a", 3, "on=2026-03-10 state=absent method=roll"),
        ("3b", 3, "on=2026-03-10 state=present method=door"),
        ("4a", 4, "on=2026-03-10 state=absent method=roll"),
        ("4b", 4, "on=2026-03-11 state=present method=roll"),
    ] {
        put(&c, "dropout_check", id, Some(A), doc, sets);
    }
    assert_eq!(ask(&mut c, "marks_apart", &[]), ["s1|001|P1|3|1|absent|ill|2026-03-10"], "what was found at the door is no second roll");
    c.execute("UPDATE record_dropout_check SET void = 1 WHERE _id = 'dropout_check:1b'", []).unwrap();
    assert!(ask(&mut c, "marks_apart", &[]).is_empty());
}

#[test]
fn a_promised_day_comes_back_until_somebody_went_again_or_the_child_did_or_the_case_moved_on() {
    let mut c = empty();
    for doc in 1..=6 {
        pupil(&c, doc, A, "");
        put(&c, "dropout_case", &doc.to_string(), Some(A), doc, "_state=persuading _since=2026-03-02 deadline=2026-03-20");
    }
    let promise = |c: &rusqlite::Connection, id: u32, sets: &str| put(c, "dropout_step", &id.to_string(), Some(A), id % 10, sets);
    for doc in 1..=3 {
        promise(&c, doc, &format!("on=2026-03-03 case=dropout_case:{doc} result=promised promised_on=2026-03-1{doc}"));
    }
    promise(&c, 4, "on=2026-03-03 case=dropout_case:4 result=promised promised_on=2026-03-16");
    put(&c, "return_notice", "5", Some(A), 5, "case=dropout_case:5 kind=persuade _state=draft issued_on=2026-03-03 return_by=2026-03-09");
    put(&c, "return_notice", "6", Some(A), 6, "case=dropout_case:6 kind=persuade _state=served issued_on=2026-03-03 return_by=2026-03-15");
    let line = |doc: u32, day: &str, said: &str| format!("s1|00{doc}|P{doc}|3|1|{day}|{said}|persuading|dropout_case:{doc}");
    let step = |doc: u32| line(doc, &format!("2026-03-1{doc}"), "dropout_step");
    let due = [step(1), step(2), step(3), line(6, "2026-03-15", "return_notice")];
    assert_eq!(ask(&mut c, "promised_back", &[]), due, "neither a day to come nor a draft");
    promise(&c, 11, "on=2026-03-12 case=dropout_case:1 result=refused");
    put(&c, "dropout_check", "2", Some(A), 2, "on=2026-03-10 state=present");
    c.execute("UPDATE record_dropout_case SET _state = 'returned' WHERE _id = 'dropout_case:3'", []).unwrap();
    assert_eq!(ask(&mut c, "promised_back", &[]), due[3..]);
    put(&c, "dropout_check", "2b", Some(A), 2, "on=2026-03-13 state=absent days_absent=1");
    assert_eq!(ask(&mut c, "promised_back", &[]), [due[1].clone(), due[3].clone()], "back and gone again is not back");
    c.execute("UPDATE record_dropout_case SET deadline = '2026-03-05' WHERE _id IN ('dropout_case:5', 'dropout_case:6')", []).unwrap();
    c.execute("UPDATE record_dropout_case SET _since = '2026-03-08' WHERE _id = 'dropout_case:6'", []).unwrap();
    let found = ask(&mut c, "promised_back", &[]);
    assert_eq!(found[0], line(5, "2026-03-05", "dropout_case"));
    assert_eq!(found[1..], [due[1].clone(), due[3].clone()], "the deadline of an earlier round is over");
    promise(&c, 16, "on=2026-03-15 case=dropout_case:6 result=not_found");
    assert_eq!(ask(&mut c, "promised_back", &[]).len(), 2);
}

#[test]
fn who_left_without_proof_of_another_school_is_named_until_a_case_or_a_transfer_follows_it_up() {
    let mut c = empty();
    for (doc, status) in [(1, "left"), (2, "transferred"), (3, "left"), (4, "present"), (5, "left"), (6, "left")] {
        pupil(&c, doc, A, "");
        c.execute("UPDATE record_enrolment SET status = ?1, status_on = '2026-03-02' WHERE _doc = ?2", rusqlite::params![status, doc]).unwrap();
    }
    c.execute("UPDATE record_enrolment SET closed_on = '2026-03-05' WHERE _doc = 5", []).unwrap();
    put(&c, "dropout_case", "3", Some(A), 3, "_state=closed excluded_proof=other_school_letter");
    put(&c, "dropout_case", "6", Some(A), 6, "_state=closed");
    let line = |doc: u32, status: &str| format!("s1|00{doc}|P{doc}|3|1|{status}|2026-03-02");
    assert_eq!(
        ask(&mut c, "left_unproven", &[]),
        [line(1, "left"), line(2, "transferred"), line(6, "left")],
        "a case that ended otherwise proves nothing"
    );
    put(&c, "dropout_case", "1", Some(A), 1, "_state=suspected");
    put(&c, "transfer", "2", Some(A), 2, "_state=asked");
    assert_eq!(ask(&mut c, "left_unproven", &[]), [line(6, "left")]);
}

#[test]
fn a_child_that_two_machines_entered_without_a_number_is_named_with_both_its_files() {
    let mut c = empty();
    for (doc, rest) in [(1, "birth=2016-06-12"), (2, "birth=2016-06-12"), (3, "birth=2016-06-12 id_no=1"), (4, "birth=2016-06-13")] {
        pupil(&c, doc, A, rest);
    }
    c.execute("UPDATE record_enrolment SET name = '马小朵'", []).unwrap();
    let found = |c: &mut _| ask(c, "child_twice", &[]).len();
    assert_eq!(found(&mut c), 3, "who has a number may be one of the two");
    c.execute("UPDATE record_enrolment SET id_no = '2' WHERE _doc = 1", []).unwrap();
    assert_eq!(found(&mut c), 3, "and both may be the one without");
    c.execute("UPDATE record_enrolment SET id_no = '3' WHERE _doc = 2", []).unwrap();
    assert_eq!(found(&mut c), 0, "three numbers are three children");
    c.execute("UPDATE record_enrolment SET id_no = '2' WHERE _doc = 2", []).unwrap();
    assert_eq!(found(&mut c), 2);
    c.execute("UPDATE record_enrolment SET void = 1 WHERE _doc = 2", []).unwrap();
    assert_eq!(found(&mut c), 0);
}

#[test]
fn a_child_that_was_moved_here_is_named_until_it_has_a_file() {
    let mut c = empty();
    let put_file = |c: &_, nth: &str, doc: u32, year: u16, name: &str| {
        put(c, "dossier", nth, Some(A), 200, &format!("child={} name={name} from_school={B} ledger=enrolment year={year}", child(doc)));
    };
    put_file(&c, "1", 1, 2024, "旧名");
    put_file(&c, "2", 1, 2025, "王");
    put_file(&c, "3", 2, 2025, "李");
    put(&c, "dossier", "4", Some(A), 200, &format!("child={} from_school={B} ledger=care_log year=2025", child(3)));
    assert_eq!(ask(&mut c, "arrived", &[]), ["李|s2|dossier:3", "王|s2|dossier:2"], "the newest file of each");
    pupil(&c, 1, A, "");
    assert_eq!(ask(&mut c, "arrived", &[]), ["李|s2|dossier:3"]);
    c.execute("UPDATE record_dossier SET number = '529901201606120020' WHERE _id = 'dossier:3'", []).unwrap();
    assert_eq!(ask(&mut c, "arrived", &[]).len(), 1);
    pupil(&c, 9, A, "name=黎 id_no=529901201606120020");
    assert!(ask(&mut c, "arrived", &[]).is_empty(), "on file under a name spelt otherwise");
}

#[test]
fn what_another_school_asks_is_named_until_this_one_has_answered_what_it_saw() {
    let mut c = empty();
    put(&c, "relay", "1", Some(A), 200, &format!("ledger=transfer school={B} child=王 steps=confirm,refuse tips=s1 due=2026-03-20"));
    put(&c, "relay", "2", Some(A), 200, &format!("ledger=transfer school={B} child=李 steps=confirm,refuse due=2026-03-10"));
    assert_eq!(ask(&mut c, "asked_by_others", &[]), ["s2|李|2026-03-10|relay:2", "s2|王|2026-03-20|relay:1"]);
    put(&c, "relay_answer", "1", Some(A), 300, "relay=relay:2 step=confirm");
    put(&c, "relay_answer", "2", Some(A), 300, "relay=relay:1 step=confirm follows=s0");
    assert_eq!(ask(&mut c, "asked_by_others", &[]), ["s2|王|2026-03-20|relay:1"], "an answer to what stood before is none to this");
    c.execute("UPDATE record_relay SET problem = 'ledger-step-missing' WHERE _id = 'relay:2'", []).unwrap();
    assert_eq!(ask(&mut c, "asked_by_others", &[]).len(), 2, "what could not be written down is asked again");
}

#[test]
fn notices_whose_days_are_over_are_counted_by_programme_and_day() {
    let mut c = aid();
    for (id, doc, due) in [("1", 1, "2026-03-13"), ("2", 2, "2026-03-13"), ("3", 3, "2026-03-17"), ("4", 5, "2026-03-18")] {
        put(
            &c,
            "aid_application",
            id,
            Some(A),
            doc,
            &format!("programme=aid_programme:g _state=on_notice notice_school_until={due} notice_village_until=2026-03-12 _due=2026-03-30"),
        );
    }
    put(&c, "aid_application", "5", Some(A), 6, "programme=aid_programme:g _state=reported _due=2026-03-01");
    assert_eq!(ask(&mut c, "notices_over", &[]), ["s1|寄宿生补助|2|2026-03-13|2025", "s1|寄宿生补助|1|2026-03-17|2025"]);
}

#[test]
fn who_is_not_left_behind_by_the_file_and_has_a_care_profile_is_named_until_either_is_mended() {
    let mut c = empty();
    for (doc, file) in [(1, "left_behind=0"), (2, "left_behind=1"), (3, "left_behind=0"), (4, "left_behind=0")] {
        pupil(&c, doc, A, file);
    }
    put(&c, "care_profile", "1", Some(A), 1, "kind=both");
    put(&c, "care_profile", "2", Some(A), 2, "kind=both");
    put(&c, "care_profile", "3", Some(A), 3, "kind=both until=2026-01-31");
    let told = ask(&mut c, "care_against_file", &[]);
    assert!(told.len() == 1 && told[0].ends_with("|care_profile:1"), "{told:?}");
}

#[test]
fn what_is_allotted_waits_to_be_paid_and_what_the_county_refused_is_named_for_a_month() {
    let mut c = aid();
    for (id, doc, state, due) in [("1", 1, "allotted", "2026-03-20"), ("2", 2, "allotted", "2026-03-20"), ("3", 3, "paid", "2026-03-20")] {
        put(&c, "aid_application", id, Some(A), doc, &format!("programme=aid_programme:g _state={state} approved_amount=50000 _due={due}"));
    }
    assert_eq!(ask(&mut c, "aid_to_pay", &[]), ["s1|寄宿生补助|2|100000|2026-03-20|2025"]);
    // Rejected lately, rejected long ago, sent back and not taken up, sent back and verified since.
    for (id, doc, state, name, on) in [
        ("4", 4, "rejected", "reject", "2026-03-01"),
        ("5", 5, "rejected", "reject", "2026-01-01"),
        ("6", 6, "sent_back", "send_back", "2026-03-02"),
        ("7", 1, "verified", "send_back", "2026-03-02"),
    ] {
        put(&c, "aid_application", id, Some(A), doc, &format!("programme=aid_programme:h _state={state}"));
        step(&c, &format!("aid_application:{id}"), name, state, on, "effective");
    }
    let told = ask(&mut c, "aid_refused", &[]);
    let of = |line: &String| {
        line.split('|').filter(|part| part.contains("2026-") || part.contains(':') || part.contains('_')).map(str::to_owned).collect::<Vec<_>>()
    };
    let expected = [
        ["send_back", "2026-03-02", "aid_application:6"].map(str::to_owned).to_vec(),
        ["2026-03-01", "aid_application:4"].map(str::to_owned).to_vec(),
    ];
    assert_eq!(told.iter().map(of).collect::<Vec<_>>(), expected, "{told:?}");
}

#[test]
fn what_was_paid_above_the_approval_is_named_less_what_came_back() {
    let mut c = aid();
    for (id, doc) in [("1", 1), ("2", 2), ("3", 3)] {
        put(&c, "aid_application", id, Some(A), doc, "programme=aid_programme:g _state=allotted approved_amount=62500");
    }
    let pay = |c: &rusqlite::Connection, id: &str, doc: u32, application: &str, sets: &str| {
        put(
            c,
            "aid_payment",
            id,
            Some(A),
            doc,
            &format!("programme=aid_programme:g application=aid_application:{application} paid_on=2026-03-01 {sets}"),
        );
    };
    pay(&c, "1", 1, "1", "amount=31250 refund_amount=5000");
    pay(&c, "2", 1, "1", "amount=41250");
    pay(&c, "3", 2, "2", "amount=62500");
    pay(&c, "4", 3, "3", "amount=90000 refund_amount=30000");
    let told = ask(&mut c, "paid_above_approved", &[]);
    assert!(told.len() == 1 && told[0].ends_with("|寄宿生补助|62500|67500|5000|aid_application:1"), "{told:?}");
}

#[test]
fn an_application_that_stands_as_paid_while_less_was_paid_than_approved_is_named() {
    let mut c = aid();
    for (id, doc, state) in [("1", 1, "paid"), ("2", 2, "paid"), ("3", 3, "paid"), ("4", 1, "allotted"), ("5", 2, "audited")] {
        put(&c, "aid_application", id, Some(A), doc, &format!("programme=aid_programme:g _state={state} _since=2026-03-02 approved_amount=62500"));
    }
    let pay = |c: &rusqlite::Connection, id: &str, doc: u32, sets: &str| put(c, "aid_payment", id, Some(A), doc, sets);
    pay(&c, "1", 1, "application=aid_application:1 amount=31250");
    pay(&c, "2", 2, "application=aid_application:2 amount=62500 failed=1");
    pay(&c, "3", 3, "application=aid_application:3 amount=62500 refund_amount=62500");
    let told = ask(&mut c, "paid_nothing", &[]);
    let named: Vec<&str> = told.iter().map(|line| line.rsplit('|').next().unwrap()).collect();
    assert_eq!(named, ["aid_application:1", "aid_application:2", "aid_application:5", "aid_application:3"], "{told:?}");
    assert!(told[0].contains("|62500|31250|"), "{told:?}");
    c.execute("UPDATE record_aid_payment SET amount = NULL WHERE _id = 'aid_payment:3'", []).unwrap();
    assert_eq!(ask(&mut c, "paid_nothing", &[]).len(), 3, "of what is disputed nothing is said");
}

#[test]
fn what_the_county_asked_leads_to_the_record_it_is_about() {
    let mut c = empty();
    put(&c, "work_item", "1", Some(A), 300, "kind=review about=aid_application:9 text=请核对 due=2026-03-20");
    put(&c, "work_item", "2", Some(A), 300, &format!("kind=comment about={} text=请看", child(1)));
    put(&c, "work_item", "3", Some(A), 300, "kind=other text=完成 done=1");
    put(&c, "work_item", "4", Some(A), 300, "kind=other text=回电 done=0 due=2026-03-02");
    let expected =
        ["s1|other|回电|2026-03-02|record/work_item:4", "s1|review|请核对|2026-03-20|record/aid_application:9", "s1|comment|请看|-|child/001"];
    assert_eq!(ask(&mut c, "work_items_open", &[]), expected);
}

/// A card is shown to who reads a ledger there is, and leads to pages there are.
#[test]
fn every_card_of_the_first_page_names_a_ledger_and_pages_that_are_there() {
    let known = crate::ledger::Catalogue::embedded();
    let cards: Vec<_> = Catalogue::shipped().iter().filter_map(|report| Some((report.name.clone(), report.today.clone()?))).collect();
    assert!(cards.len() >= 6, "{}", cards.len());
    for (name, card) in cards {
        assert!(known.latest(&card.ledger).is_some(), "{name}: {}", card.ledger);
        for address in [Some(&card.open), card.act.as_ref()].into_iter().flatten() {
            let mut parts = address.trim_start_matches('/').split(['/', '?', '&']);
            let ledger = (parts.next() == Some("ledger")).then(|| parts.next()).flatten();
            let Some(definition) = ledger.map(|code| known.latest(code).unwrap_or_else(|| panic!("{name}: {code}"))) else { continue };
            for (field, value) in address.split(['?', '&']).skip(1).filter_map(|pair| pair.split_once('=')) {
                let of_page = ["student", "state", "as", "again"].contains(&field);
                assert!(of_page || definition.declared(field).is_some() && !value.is_empty(), "{name}: {field}");
            }
        }
    }
}
