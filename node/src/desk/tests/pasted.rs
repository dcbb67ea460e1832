//! A block under a head pasted into the grid of what there is: where the paste begins says whether records are added or changed.

use super::{School, seams::add};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use huxue_shared::web::{account::Role, page::escape_query};
use serde_json::{Value as Json, json};

const NUMBER: &str = "529901201606120012";
const HEADS: &str = "姓名\t资助项目\t金额\t资金渠道\t资助形式\t资金归属\t发放日期\t发放批次";

/// What a page answers, in the language asked for.
async fn asked(school: &School, session: &str, path: &str, lang: &str, body: String) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    let request = Request::post(format!("{path}{sign}t={}", school.token(session)))
        .header("host", super::HOST)
        .header("origin", super::ORIGIN)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("cookie", format!("{}={session}; huxue_lang={lang}", super::COOKIE));
    let answer = school.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

async fn json(school: &School, session: &str, path: &str, body: &Json) -> Json {
    serde_json::from_str(&asked(school, session, path, "zh", body.to_string()).await).unwrap()
}

/// A child that was paid once.
fn paid(school: &School) -> String {
    let child = school.child("孟涵", NUMBER, 3, 1);
    // The programme stands in the last child's document.
    school.child("赵小红", "529901201603020032", 4, 1);
    let programme = super::aid::programme(school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let set = [
        ("programme", programme.as_str()),
        ("amount", "250"),
        ("channel", "social"),
        ("form", "cash"),
        ("held_by", "school_held"),
        ("paid_on", "2026-02-25"),
        ("batch", "春季"),
    ];
    add(school, "aid_payment", Some(&child), &set)
}

fn second() -> String {
    format!("{HEADS}\n孟涵\t小学走读生生活补助\t251\t社会资助\t现金\t学校统一管理\t2026-03-01\t春季2\n")
}

/// Batches of the payments there are.
fn batches(school: &School) -> Vec<String> {
    let mut all: Vec<String> =
        school.records("aid_payment").iter().map(|row| serde_json::to_value(&row.fields["batch"]).unwrap().as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

/// A line that was laid, as the script asks about it.
fn edited(row: &Json, sure: &Json) -> Json {
    let cells: serde_json::Map<String, Json> =
        row["cells"].as_object().unwrap().iter().map(|(code, now)| (code.clone(), json!({ "was": null, "now": now }))).collect();
    json!({ "rows": [{ "key": row["key"], "child": row["child"], "sure": sure, "cells": cells }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_payment_pasted_in_the_empty_row_is_a_new_record_and_the_first_stays() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let first = paid(&school);
    let grid = school.get("/ledger/aid_payment/grid?class=3.1", &officer).await.text;
    assert!(grid.contains(&format!("name=\"keys\" value=\"{first} + + + + +\"")), "{grid}");
    let at = |row: usize| json!({ "text": second(), "keys": [first, "+", "+"], "row": row, "column": 0 });
    let laid = json(&school, &officer, "/ledger/aid_payment/grid/lay", &at(1)).await;
    let row = &laid["rows"][0];
    assert_eq!((&row["line"], &row["again"], &row["key"]), (&Json::Null, &Json::Null, &json!("+")), "{laid}");
    assert_eq!((&row["child"], &row["trouble"]), (&json!("孟涵"), &json!("")), "{laid}");

    let path = "/ledger/aid_payment/grid/judge?save=1";
    let judged = json(&school, &officer, path, &edited(row, &json!(""))).await;
    let verdict = &judged["rows"][0];
    assert!(verdict["new"] == true && verdict["waits"] == true && judged["changed"] == 0, "one like it is there: {judged}");
    assert_eq!(verdict["asked"]["there"][0][0], json!(format!("/record/{first}")), "{judged}");
    let judged = json(&school, &officer, path, &edited(row, &verdict["asked"]["sure"])).await;
    assert_eq!(judged["changed"], 1, "{judged}");
    assert_eq!(batches(&school), ["春季", "春季2"]);

    let over = json(&school, &officer, "/ledger/aid_payment/grid/lay", &at(0)).await;
    assert_eq!((&over["rows"][0]["line"], &over["rows"][0]["key"]), (&json!(0), &json!(first)), "from a record on it is a correction: {over}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts_the_row_chosen_says_the_same() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let first = paid(&school);
    let body = |row: usize| format!("do=block&keys={first}+%2B+%2B&block={}&at_row={row}&at_column=0", escape_query(&second()));
    let path = "/ledger/aid_payment/grid/preview?class=3.1";
    let new = asked(&school, &officer, path, "zh", body(1)).await;
    assert!(new.contains("待确认 1 条") && new.contains(&format!("/record/{first}")) && new.contains("改 0 格"), "{new}");
    let change = asked(&school, &officer, path, "zh", body(0)).await;
    assert!(change.contains("<del>春季</del> → <ins>春季2</ins>"), "{change}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_child_has_two_records_a_new_one_is_taken_and_a_change_is_told_the_way() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("赵诗", NUMBER, 3, 1);
    let [one, two] = ["10", "20"].map(|minutes| add(&school, "care_log", Some(&child), &[("kind", "visit"), ("minutes", minutes)]));
    let path = "/ledger/care_log/grid/lay";
    let ask = |text: &str, row: usize| json!({ "text": text, "keys": [one, two, "+"], "row": row, "column": 0 });
    let text = "姓名\t关爱方式\t时长\n赵诗\t家访\t30\n";
    let laid = json(&school, &session, path, &ask(text, 2)).await;
    assert_eq!((&laid["rows"][0]["key"], &laid["rows"][0]["trouble"], &laid["left"]), (&json!("+"), &json!(""), &json!("")), "{laid}");

    let judged = json(&school, &session, "/ledger/care_log/grid/judge?save=1", &edited(&laid["rows"][0], &json!(""))).await;
    assert_eq!((&judged["changed"], school.records("care_log").len()), (&json!(1), 3), "{judged}");

    for (lang, ways, left) in [
        ("zh", ["从最后的空行开始粘贴", "“记录号”一列"], "照上面说的做法再粘贴"),
        ("en", ["begin the paste in the empty last row", "a column \"Record id\""], "paste them again as said above"),
    ] {
        let told: Json = serde_json::from_str(&asked(&school, &session, path, lang, ask(text, 0).to_string()).await).unwrap();
        let next = told["rows"][0]["next"].as_str().unwrap_or_else(|| panic!("{told}"));
        assert!(ways.iter().all(|way| next.contains(way)), "{told}");
        assert!(told["left"].as_str().unwrap().contains(left), "nothing in it has to be corrected: {told}");
    }
    let numbered = format!("记录号\t姓名\t时长\n{two}\t赵诗\t45\n\t赵诗\t50\n");
    let laid = json(&school, &session, path, &ask(&numbered, 2)).await;
    assert_eq!((&laid["rows"][0]["key"], &laid["rows"][1]["key"]), (&json!(two), &json!("+")), "a record is led to by its own number: {laid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_page_of_a_whole_class_a_child_that_was_saved_gets_another_row() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let [saved, other] = [("赵诗", NUMBER), ("赵小红", "529901201603020032")].map(|(name, number)| school.child(name, number, 3, 1));
    let record = add(&school, "care_log", Some(&saved), &[("kind", "visit"), ("minutes", "10")]);
    let ask = json!({ "text": "姓名\t时长\n赵诗\t30\n", "keys": [record, format!("+{other}")], "row": 1, "column": 0 });
    let laid = json(&school, &session, "/ledger/care_log/grid/lay", &ask).await;
    let row = &laid["rows"][0];
    let student = school.records("care_log")[0].student.clone().unwrap();
    assert_eq!((&row["line"], &row["again"], &row["key"]), (&Json::Null, &json!(0), &json!(format!("+{student}"))), "{laid}");
    let judged = json(&school, &session, "/ledger/care_log/grid/judge", &edited(row, &json!(""))).await;
    assert!(judged["rows"][0]["new"] == true && judged["rows"][0]["label"] == "赵诗", "{judged}");
}
