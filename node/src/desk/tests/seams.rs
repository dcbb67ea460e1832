//! Where rooms of the desk meet: who reaches what through a page that was made for something else.

use super::{COOKIE, HOST, ORIGIN, School, class, nobody};
use axum::http::StatusCode;
use axum::{body::Body, http::Request};
use huxue_shared::{
    command::{Request as Ask, request::SubjectRef},
    document::view::Value,
    locale::Lang,
    store::StoreError,
    web::account::Role,
};
use serde_json::json;

/// A case with its first step taken: ids of both.
pub(super) fn verified(school: &School, child: &str) -> (String, String) {
    let case = add(school, "dropout_case", Some(child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20"), ("on", "2026-02-24")]);
    let set = [("kind", "dropped"), ("last_day", "2026-02-19")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let (on, by) = (Some("2026-02-26".to_owned()), Some("王老师".to_owned()));
    let request = Ask::RecordStep { record: case.clone(), step: "verify".into(), set, on, by, why: Some("家访".into()), to: None };
    school.desk.ask(&super::nobody(), request, Lang::Zh).unwrap();
    let shown = school.desk.replica.show(&case).unwrap();
    (case, shown["steps"][0]["id"].as_str().unwrap().to_owned())
}

pub(in crate::desk) fn add(school: &School, ledger: &str, child: Option<&str>, set: &[(&str, &str)]) -> String {
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let subject = child.map(|child| SubjectRef::Student(child.to_owned()));
    let done = school.desk.ask(&nobody(), Ask::RecordAdd { ledger: ledger.into(), subject, year: None, set, by: None }, Lang::Zh).unwrap();
    done["record"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teacher_who_is_aid_officer_too_prints_no_care_card_of_another_class() {
    let school = School::new();
    let (_, both) = school.person("li", &[Role::ClassTeacher, Role::AidOfficer], &[class(3, 1)]);
    let own = school.child("王小明", "529901201606120012", 3, 1);
    let foreign = school.child("赵小红", "529901201603020032", 4, 1);
    for child in [&own, &foreign] {
        add(&school, "care_log", Some(child), &[("kind", "visit"), ("found", "想妈妈"), ("on", "2026-03-01")]);
    }
    let all = school.get("/paper/child/care_card?empty=1", &both).await.text;
    assert!(all.contains("王小明") && !all.contains("赵小红"), "{all}");
    let one = school.get(&format!("/paper/child/care_card?student={foreign}"), &both).await;
    assert!(one.status == StatusCode::NOT_FOUND && !one.text.contains("赵小红"), "{}", one.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registrar_takes_back_nothing_in_a_ledger_that_is_the_aid_officers() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let record = add(&school, "aid_payment", Some(&child), &[("amount", "88"), ("on", "2026-03-01")]);
    let set = [("amount".to_owned(), "99".to_owned())].into();
    let done = school.desk.ask(&nobody(), Ask::RecordSet { record, set, by: None }, Lang::Zh).unwrap();
    let undo = format!("/undo/{}", done["undo"].as_str().unwrap());
    assert_eq!(school.post(&undo, &registrar, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(school.records("aid_payment")[0].fields["amount"], Value::Int(9_900));
    assert_eq!(school.post(&undo, &officer, "").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_between_two_sealed_states_changes_what_was_signed() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let figures = [("month", "2026-02"), ("zero", "yes")];
    let noughts = ["pupils", "present", "suspected", "confirmed", "returned", "relapsed", "open_cases"].map(|code| (code, "0"));
    let report = add(&school, "monthly_report", None, &[&figures[..], &noughts[..]].concat());
    let signed = school.post(&format!("/record/{report}/step/sign"), &principal, "signed_by=%E5%BC%A0%E6%A0%A1%E9%95%BF").await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    let sent = school.post(&format!("/record/{report}/step/send"), &registrar, "sent_on=2026-03-02&pupils=99").await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN, "{} {}", sent.status, sent.text);
    let act = json!({ "rows": [{ "key": report, "cells": {} }], "step": { "step": "send", "set": { "sent_on": "2026-03-02", "pupils": "99" } } });
    school.post("/ledger/monthly_report/grid/judge?save=1", &registrar, &act.to_string()).await;
    let row = school.records("monthly_report").remove(0);
    assert_eq!((row.state.as_deref(), &row.fields["pupils"]), (Some("signed"), &Value::Int(0)));
    assert_eq!(
        school.post(&format!("/record/{report}/step/send"), &registrar, "sent_on=2026-03-02").await.status,
        StatusCode::SEE_OTHER,
        "as it is, it is sent"
    );
}

/// A file of somebody's, by its hash.
const KNOWN: &str = "blake3:0707070707070707070707070707070707070707070707070707070707070707;a.jpg;5";

#[tokio::test(flavor = "multi_thread")]
async fn inv_no_file_comes_into_a_record_by_its_hash_through_the_grid_or_a_workbook() {
    let school = School::new();
    let (account, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher")]);
    let act = json!({ "rows": [{ "key": case, "cells": { "outcome_file": { "now": KNOWN } } }] });
    school.post("/ledger/dropout_case/grid/judge?save=1", &registrar, &act.to_string()).await;
    let act = json!({ "rows": [{ "key": case, "cells": {} }], "step": { "step": "verify", "set": { "outcome_file": KNOWN } } });
    school.post("/ledger/dropout_case/grid/judge?save=1", &registrar, &act.to_string()).await;
    assert!(!school.records("dropout_case")[0].fields.contains_key("outcome_file"), "by a step for many");
    use base64::Engine as _;
    let title = school.desk.replica.definition("dropout_case").unwrap().field("outcome_file").unwrap().title.zh.clone();
    let bytes = base64::engine::general_purpose::STANDARD.encode(format!("记录号,{title}\n{case},{KNOWN}\n"));
    let import = Ask::ImportLedger {
        code: "dropout_case".into(),
        file: "a.csv".into(),
        bytes,
        dry_run: false,
        year: None,
        by: None,
        take: Vec::new(),
        within: None,
        sheet: None,
    };
    let _ = school.desk.ask(&account, import, Lang::Zh);
    assert!(!school.records("dropout_case")[0].fields.contains_key("outcome_file"), "by a row of a file");
}

/// An item of the inbox as the projection writes it.
pub(super) fn disagreement(school: &School, record: &str, kind: &str, field: &str, detail: &serde_json::Value) {
    let doc = school.desk.replica.locate(record).unwrap().n.0;
    let insert = format!(
        "INSERT INTO conflict(id, doc, kind, record, field, detail, opened) VALUES('{kind}000000', {doc}, '{kind}', '{record}', '{field}', '{detail}', '2026-03-02T02:00:00Z')"
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&insert).map_err(StoreError::from)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disagreement_on_a_field_of_class_c_is_shown_to_its_writers_alone() {
    let school = School::new();
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "counsel"), ("counsel_text", "一句话")]);
    disagreement(&school, &log, "field", "counsel_text", &json!({ "values": [{ "value": "孩子说的秘密" }, { "value": "另一句秘密" }] }));
    assert!(school.get("/conflicts", &teacher).await.text.contains("孩子说的秘密"), "whoever writes there chooses");
    let seen = school.get("/conflicts", &principal).await.text;
    assert!(!seen.contains("秘密"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_a_step_writes_no_field_that_awaits_a_choice_and_what_was_typed_stays() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-02"), ("whereabouts_place", "县城")]);
    let verify = format!("/record/{case}/step/verify");
    assert_eq!(school.post(&verify, &teacher, "").await.status, StatusCode::SEE_OTHER);
    assert!(school.get(&format!("/record/{case}"), &teacher).await.text.contains("name=\"escort_village\""));
    // The form is open while the disagreement comes.
    disagreement(&school, &case, "field", "escort_village", &json!({ "values": [{ "value": "赵主任" }, { "value": "钱主任" }] }));
    let typed = "escort_village=%E5%AD%99%E4%B8%BB%E4%BB%BB&was.escort_village=&escort_school=%E6%9D%8E&kind=dropped";
    let answer = school.post(&format!("/record/{case}/step/confirm"), &teacher, typed).await;
    assert!(answer.status.is_client_error() && answer.text.contains("出现了分歧"), "{} {}", answer.status, answer.text);
    assert!(answer.text.contains("孙主任") && answer.text.contains("value=\"李\""), "what was typed stays: {}", answer.text);
    assert!(!school.records("dropout_case")[0].fields.contains_key("escort_village"));
    let page = school.get(&format!("/record/{case}"), &teacher).await.text;
    assert!(page.contains("赵主任") && page.contains("钱主任") && page.contains("/conflicts#c-field000000"), "{page}");
    assert!(!page.contains("name=\"escort_village\""), "nothing to write in: {page}");
    // Nor by whoever asks the engine itself.
    let set = [("escort_village".to_owned(), "孙主任".to_owned())].into();
    let fault = school.desk.ask(&nobody(), Ask::RecordSet { record: case.clone(), set, by: None }, Lang::Zh).unwrap_err();
    assert_eq!(fault.code, "field-disputed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_void_is_owed_by_nobody() {
    let school = School::new();
    let (account, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-02")]);
    assert_eq!(school.post(&format!("/record/{case}/void"), &registrar, "_why=x").await.status, StatusCode::SEE_OTHER);
    school.clock.advance_s(8 * 24 * 3600);
    let session = school.desk.sessions.begin(school.desk.clock(), account.id);
    for path in ["/".to_owned(), "/ledger/dropout_case?void=1".to_owned(), format!("/record/{case}"), format!("/child/{child}")] {
        let page = school.get(&path, &session).await.text;
        assert!(!page.contains("已过期"), "{path}: {page}");
    }
    assert!(school.get("/ledger/dropout_case?void=1", &session).await.text.contains("王小明"), "it is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_sign_does_not_choose_the_signature_in_a_fork() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let report = add(&school, "monthly_report", None, &[("month", "2026-02"), ("zero", "yes")]);
    let tips = json!({ "tips": [{ "step": "sign", "to": "signed" }, { "step": "take_back", "to": "draft" }] });
    disagreement(&school, &report, "fork", "", &tips);
    for choice in ["signed", "%231"] {
        let answer = school.post("/conflicts/fork000000", &registrar, &format!("choose.state={choice}")).await;
        assert!(answer.status == StatusCode::FORBIDDEN && answer.text.contains("这一步要由校长办理"), "{} {}", answer.status, answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_filter_or_order_tells_what_a_person_does_not_see() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    for (name, number, kind) in [("王小明", "529901201606120012", "sight"), ("赵小红", "529901201603020032", "limb")] {
        let child = school.child(name, number, 3, 1);
        add(&school, "aid_application", Some(&child), &[("disability_kind", kind)]);
    }
    let both = |text: &str| (text.contains("王小明"), text.contains("赵小红"));
    for form in ["/ledger/aid_application?f.disability_kind=sight", "/ledger/aid_application/print?f.disability_kind=sight"] {
        assert_eq!(both(&school.get(form, &officer).await.text), (true, false), "{form}: whoever writes there filters by it");
        assert_eq!(both(&school.get(form, &teacher).await.text), (true, true), "{form}: a teacher does not see it");
    }
    let place = |text: &str| text.find("王小明") < text.find("赵小红");
    let (up, down) = ("/ledger/aid_application?order=disability_kind", "/ledger/aid_application?order=-disability_kind");
    assert_ne!(place(&school.get(up, &officer).await.text), place(&school.get(down, &officer).await.text));
    assert_eq!(place(&school.get(up, &teacher).await.text), place(&school.get(down, &teacher).await.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paste_over_another_ledgers_record_brings_back_nothing_of_it() {
    let school = School::new();
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("note", "去过了")]);
    let body = format!("do=block&keys={log}&block=x&at_row=0&at_column=0");
    let definition = school.desk.replica.definition("monthly_report").unwrap();
    for column in 0..=definition.fields.len() + 2 {
        let seen = school.post("/ledger/monthly_report/grid/preview", &principal, &body.replace("at_column=0", &format!("at_column={column}"))).await;
        assert!(!seen.text.contains("去过了"), "{}", seen.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_disagreement_is_settled_with_a_new_figure_in_what_is_signed() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let noughts = ["pupils", "present", "suspected", "confirmed", "returned", "relapsed", "open_cases"].map(|code| (code, "0"));
    let report = add(&school, "monthly_report", None, &[&[("month", "2026-02"), ("zero", "yes")][..], &noughts[..]].concat());
    school.post(&format!("/record/{report}/step/sign"), &principal, "signed_by=%E5%BC%A0%E6%A0%A1%E9%95%BF").await;
    disagreement(&school, &report, "field", "pupils", &json!({ "values": [{ "value": 0 }, { "value": 5 }] }));
    let typed = school.post("/conflicts/field000000", &registrar, "type.pupils=99").await;
    assert_eq!(typed.status, StatusCode::FORBIDDEN, "{} {}", typed.location, typed.text);
    assert_eq!(school.records("monthly_report")[0].fields["pupils"], Value::Int(0));
    let chosen = school.post("/conflicts/field000000", &registrar, "choose.pupils=%231").await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER, "one of those written may be chosen: {}", chosen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grid_of_more_rows_than_a_batch_is_refused_before_any_of_them_is_looked_at() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let many: Vec<String> = vec!["+".into(); 5_000];
    let rows: Vec<_> = many.iter().map(|key| json!({ "key": key, "child": "没有这个人", "cells": { "minutes": { "now": "1" } } })).collect();
    let asks = [
        ("lay", json!({ "text": "1", "keys": many, "row": 0, "column": 1 })),
        ("lay", json!({ "text": "王小明\n".repeat(5_000), "keys": [format!("+{child}")], "row": 0, "column": 0 })),
        ("judge", json!({ "rows": rows })),
    ];
    for (what, body) in asks {
        let answer = school.post(&format!("/ledger/care_log/grid/{what}"), &registrar, &body.to_string()).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text.contains("4000"), "{what}: {} {}", answer.status, answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_points_to_a_record_of_another_class_whatever_a_form_sends() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let own = school.child("王小明", "529901201606120012", 3, 1);
    let foreign = school.child("赵小红", "529901201603020032", 4, 1);
    let case = |child: &str| add(&school, "dropout_case", Some(child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20")]);
    let (mine, theirs) = (case(&own), case(&foreign));
    let form = |case: &str| format!("_student={own}&case={case}&issued_on=2026-03-02&return_by=2026-03-09&issuer=x&kind=persuade");
    for text in [theirs.as_str(), "dropout_case:"] {
        let answer = school.post("/ledger/return_notice/new", &teacher, &form(text)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{text}: {}", answer.location);
    }
    let made = school.post("/ledger/return_notice/new", &teacher, &form(&mine)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let record = school.records("return_notice")[0].id.clone();
    school.post(&format!("/record/{record}/edit"), &teacher, &format!("was.case={mine}&case={theirs}")).await;
    let act = json!({ "rows": [{ "key": record, "cells": { "case": { "now": theirs } } }, { "key": format!("+{own}"), "cells": { "case": { "now": theirs } } }] });
    school.post("/ledger/return_notice/grid/judge?save=1", &teacher, &act.to_string()).await;
    let all = school.records("return_notice");
    assert_eq!((all.len(), &all[0].fields["case"]), (1, &Value::Str(mine)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_gone_back_to_a_day_later_takes_nothing_back() {
    let school = School::new();
    let (account, mut registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("note", "一")]);
    let set = [("note".to_owned(), "二".to_owned())].into();
    let done = school.desk.ask(&nobody(), Ask::RecordSet { record: log, set, by: None }, Lang::Zh).unwrap();
    let undo = format!("/undo/{}", done["undo"].as_str().unwrap());
    school.clock.advance_s(24 * 3600 + 60);
    registrar.clone_from(&school.desk.sessions.begin(school.desk.clock(), account.id));
    let late = school.post(&undo, &registrar, "").await;
    assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.text.contains("24 小时"), "{} {}", late.status, late.text);
    assert_eq!(school.records("care_log")[0].fields["note"], Value::Str("二".into()));
}

async fn log_in(school: &School, login: &str, password: &str, cookie: &str) -> super::Answer {
    let visitor = "ab".repeat(32);
    let request = Request::post(format!("/login?t={visitor}")).header("host", HOST).header("origin", ORIGIN);
    let request = request.header("cookie", format!("huxue_visitor={visitor}; {cookie}")).header("content-type", "application/x-www-form-urlencoded");
    school.send(request.body(Body::from(format!("login={login}&password={password}"))).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_takes_as_long_as_a_wrong_password() {
    let school = School::new();
    school.person("wang", &[Role::Registrar], &[]);
    let mut shortest = [std::time::Duration::MAX; 2];
    // The shortest of a few: what else the machine does only adds.
    for _ in 0..2 {
        for (login, best) in ["wang", "stranger"].into_iter().zip(&mut shortest) {
            let since = std::time::Instant::now();
            assert_eq!(log_in(&school, login, "wrong", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
            *best = since.elapsed().min(*best);
        }
    }
    assert!(shortest[1] * 3 > shortest[0], "{shortest:?}: the password's hash was not tried");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_guesses_at_once_are_no_more_than_a_few() {
    let school = School::new();
    school.person("wang", &[Role::Registrar], &[]);
    let guesses = (0..40).map(|n| {
        let school = &school;
        async move { log_in(school, "wang", &format!("wrong{n}"), "").await.text.contains("试错太多次") }
    });
    let waited = futures_util::future::join_all(guesses).await;
    assert!(waited.iter().filter(|waited| !**waited).count() <= 8, "five are free, and two may be under way: {waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_is_taken_over_from_before_the_login_and_the_old_one_ends() {
    let school = School::new();
    let (_, old) = school.person("wang", &[Role::Registrar], &[]);
    for planted in [format!("{COOKIE}={old}"), format!("{COOKIE}={}", "cd".repeat(32))] {
        let answer = log_in(&school, "wang", super::PASSWORD, &planted).await;
        let turned_away = answer.status == StatusCode::FORBIDDEN;
        let fresh = answer.cookies.iter().any(|c| c.starts_with(COOKIE) && !c.contains(planted.as_str()));
        assert!(turned_away || fresh, "{planted}: {} {:?}", answer.status, answer.cookies);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_field_of_ours_comes_in_through_a_form_whoever_adds_it() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let forged = "&void=true&_v=99&state=closed&by=%E6%A0%A1%E9%95%BF&_year=1999&_school=5299010099";
    let made = school.post("/ledger/care_log/new", &teacher, &format!("_student={child}&kind=visit&on=2026-03-01{forged}")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let row = school.records("care_log").remove(0);
    assert!(row.fields.get("void").is_none_or(|void| *void == Value::Bool(false)), "{:?}", row.fields);
    assert_eq!(row.fields["by"], Value::Str("li老师".into()), "who writes is who is logged in");
    school.post(&format!("/record/{}/edit", row.id), &teacher, &forged.replace('&', "&was.x=&")).await;
    let after = school.records("care_log").remove(0);
    assert_eq!((after.fields.get("void"), after.fields.get("by")), (row.fields.get("void"), row.fields.get("by")));
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_two_forms_of_one_record_on_one_machine_do_not_overwrite_each_other_unasked() {
    let school = School::new();
    let (_, wang) = school.person("wang", &[Role::Registrar], &[]);
    let (_, li) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let edit = format!("/record/{child}/edit");
    let first = school.post(&edit, &wang, "address=%E4%B8%80%E7%BB%84&was.address=&village=A&was.village=").await;
    assert!(first.status.is_redirection(), "{}", first.text);
    // Li's form was drawn before: it changes the address too, and leaves the village alone.
    let asked = school.post(&edit, &li, "address=%E4%BA%8C%E7%BB%84&was.address=&village=&was.village=").await;
    assert!(!asked.status.is_redirection() && asked.text.contains("别人改了同一项"), "{} {}", asked.status, asked.text);
    assert!(asked.text.contains("现在是“一组”（wang老师"), "who wrote it, and what: {}", asked.text);
    assert!(
        asked.text.contains("value=\"二组\"") && asked.text.contains("name=\"was.address\" value=\"一组\""),
        "what was typed stands: {}",
        asked.text
    );
    assert!(asked.text.contains("name=\"village\" value=\"A\""), "what was left alone shows what stands there now: {}", asked.text);
    let chosen = school.post(&edit, &li, "address=%E4%BA%8C%E7%BB%84&was.address=%E4%B8%80%E7%BB%84&village=A&was.village=A").await;
    assert!(chosen.status.is_redirection(), "{}", chosen.text);
    let fields = school.desk.replica.locate(&child).unwrap().fields;
    assert_eq!((&fields["address"], &fields["village"]), (&Value::Str("二组".into()), &Value::Str("A".into())));
    // Both wrote the same: there is nothing to ask.
    let same = school.post(&edit, &wang, "address=%E4%BA%8C%E7%BB%84&was.address=%E4%B8%80%E7%BB%84").await;
    assert!(same.status.is_redirection(), "{}", same.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_the_accounts_and_todays_whatever_the_form_says() {
    let school = School::new();
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let figures = ["pupils", "present", "suspected", "confirmed", "returned", "relapsed", "open_cases"].map(|code| (code, "0"));
    let month = add(&school, "monthly_report", None, &[&[("month", "2026-02"), ("zero", "yes")][..], &figures[..]].concat());
    let page = school.get(&format!("/record/{month}"), &principal).await.text;
    assert!(page.contains("以 zhang老师 的名义、今天的日期签字") && !page.contains("name=\"signed_by\"") && !page.contains("name=\"_on\""), "{page}");
    let forged = "signed_by=%E5%88%AB%E4%BA%BA&_on=2030-05-05";
    let signed = school.post(&format!("/record/{month}/step/sign"), &principal, forged).await;
    assert!(signed.status.is_redirection(), "{}", signed.text);
    let shown = school.desk.replica.show(&month).unwrap();
    let step = &shown["steps"][0];
    assert_eq!((&step["by"], &step["on"]), (&"zhang老师".into(), &"2026-03-02".into()));
    assert_eq!(school.desk.replica.locate(&month).unwrap().fields["signed_by"], Value::Str("zhang老师".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_dated_between_the_one_before_it_and_today() {
    let school = School::new();
    let (_, wang) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20"), ("on", "2026-02-24")]);
    let verify = format!("/record/{case}/step/verify");
    for (day, said) in [("2020-01-01", "早于上一步（2026-02-24）"), ("2026-03-03", "在今天（2026-03-02）以后")] {
        let refused = school.post(&verify, &wang, &format!("_on={day}&_why=%E5%AE%B6%E8%AE%BF")).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains(said), "{day}: {} {}", refused.status, refused.text);
    }
    assert!(school.post(&verify, &wang, "_on=2026-02-24").await.status.is_redirection());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_disagreements_names_steps_reasons_and_states_as_pages_do() {
    let school = School::new();
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let (case, _) = verified(&school, &child);
    disagreement(&school, &case, "void_step", "verify", &json!({ "step": "verify", "reason": "ledger-void-authority" }));
    disagreement(&school, &case, "fork", "", &json!({ "tips": [{ "step": "exclude", "to": "excluded", "on": "2026-03-01" }] }));
    let request = || Ask::ConflictsList { school: None, kind: None };
    for (lang, words, codes) in [
        (Lang::Zh, ["开始核实", "这一方无权办理这个步骤", "2026-03-01"], ["verify", "ledger-void", "excluded"]),
        (Lang::En, ["Begin to verify", "may not take this step", "2026-03-01"], ["\nverify", "ledger-void", "excluded 2026"]),
    ] {
        let answer = school.desk.ask(&nobody(), request(), lang).unwrap();
        let said = huxue_shared::command::render::render(&request(), &answer, lang);
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert!(codes.iter().all(|code| !said.contains(code)), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_side_alone_changed_in_a_group_is_chosen_too_and_never_said_to_be_the_same_on_both() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("方可", "529901201606120012", 3, 1);
    let set = |pairs: &[(&str, &str)]| {
        let set = pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let _ = school.desk.ask(&super::nobody(), Ask::RecordSet { record: child.clone(), set, by: Some("赵老师".into()) }, Lang::Zh).unwrap();
    };
    set(&[("guardian", "廖艳霞"), ("guardian_phone", "13900000000")]);
    set(&[("guardian", "方大山"), ("guardian_phone", "13900000002")]);
    let own = school.desk.replica.origin().to_string();
    let fields = json!({
        "guardian": [{ "value": "方大山", "origin": own }],
        "guardian_phone": [{ "value": "13900000002", "origin": own }, { "value": "13900000001", "origin": "00000000000000aa" }],
    });
    disagreement(&school, &child, "group", "guardian,guardian_rel,guardian_phone", &json!({ "fields": fields }));
    let inbox = school.get("/conflicts", &registrar).await.text;
    assert!(!inbox.contains("两处写得一样"), "{inbox}");
    let former = "name=\"choose.guardian\" value=\"廖艳霞\"> <strong>廖艳霞</strong><span class=\"hint\">另一处没有改，还是原来的</span>";
    assert!(inbox.contains(former) && inbox.contains("name=\"choose.guardian\" value=\"#1\"> <strong>方大山</strong>"), "{inbox}");
    let phone_alone = school.post("/conflicts/group000000", &registrar, "choose.guardian_phone=%232").await;
    assert_eq!(phone_alone.status, StatusCode::UNPROCESSABLE_ENTITY, "whose number it is, is not left open");
    let settled = school.post("/conflicts/group000000", &registrar, "choose.guardian_phone=%232&choose.guardian=%E5%BB%96%E8%89%B3%E9%9C%9E").await;
    assert_eq!(settled.status, StatusCode::SEE_OTHER, "{}", settled.text);
    let fields = &school.records("enrolment")[0].fields;
    let word = |key: &str| fields.get(key).cloned();
    assert_eq!((word("guardian"), word("guardian_phone")), (Some(Value::Str("廖艳霞".into())), Some(Value::Str("13900000001".into()))));
}
