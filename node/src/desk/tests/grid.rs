//! The grid asked without a socket: paste, look, save, take back; who may; and what happens when somebody else was there meanwhile.

use super::{School, class, steady};
use axum::http::StatusCode;
use huxue_shared::{
    command::{Request as Ask, request::SubjectRef},
    locale::Lang,
    web::{account::Role, page::escape_query},
};
use serde_json::{Value as Json, json};

/// A class of forty.
fn forty(school: &School) -> Vec<String> {
    (0..40)
        .map(|n| {
            school.child(
                &format!("学生{}", ["甲", "乙", "丙", "丁"][n / 10].to_owned() + &"一二三四五六七八九十".chars().nth(n % 10).unwrap().to_string()),
                &number(n),
                3,
                1,
            )
        })
        .collect()
}

/// A valid identity number, the `n`-th of its day.
fn number(n: usize) -> String {
    let body = format!("52990120160612{:03}", n + 100);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum % 11])
}

async fn json(school: &School, session: &str, path: &str, body: &Json) -> Json {
    let answer = school.post(path, session, &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

fn hidden(text: &str, name: &str) -> String {
    let value = text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{text}")).split('"').next().unwrap();
    value
        .replace("&#34;", "\"")
        .replace("&quot;", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#39;", "'")
}

fn care(school: &School, child: &str, minutes: &str) -> String {
    let set = [("kind", "visit"), ("minutes", minutes)].iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let ask = Ask::RecordAdd { ledger: "care_log".into(), subject: Some(SubjectRef::Student(child.into())), year: None, set, by: None };
    school.desk.ask(&super::nobody(), ask, Lang::Zh).unwrap()["record"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_rows_from_a_spreadsheet_are_pasted_corrected_saved_and_taken_back_without_a_script() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    forty(&school);
    let grid = school.get("/ledger/care_log/grid?add=1&class=3.1", &session).await.text;
    assert_eq!(grid.matches("<tr data-key=\"+").count(), 40);
    let mut block = "姓名\t关爱方式\t时长\t日期\r\n".to_owned();
    for n in 0..40 {
        let name = format!("学生{}{}", ["甲", "乙", "丙", "丁"][n / 10], "一二三四五六七八九十".chars().nth(n % 10).unwrap());
        let (minutes, day) = (if n == 7 { "三十" } else { "３０" }, if n == 20 { "2026年2月30日" } else { "2026年3月1日" });
        block.push_str(&format!("{name}\t家访\t{minutes}\t{day}\r\n"));
    }
    let body = format!("do=block&keys={}&block={}&at_row=0&at_column=0", escape_query(&hidden(&grid, "keys")), escape_query(&block));
    let seen = school.post("/ledger/care_log/grid/preview?add=1&class=3.1", &session, &body).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert!(seen.text.contains("新增 38 条") && seen.text.contains("三十") && seen.text.contains("2026年2月30日"), "{}", seen.text);
    assert!(school.records("care_log").is_empty(), "looking writes nothing");

    let body = format!("act={}&fix.7.minutes=30", escape_query(&hidden(&seen.text, "act")));
    let saved = school.post("/ledger/care_log/grid/save?add=1&class=3.1", &session, &body).await;
    assert!(saved.text.contains("已写入 39 行") && saved.text.contains("2026年2月30日"), "{}", saved.text);
    assert_eq!(school.records("care_log").len(), 39);
    let undo = saved.text.split("action=\"/undo/").nth(1).unwrap().split(['?', '"']).next().unwrap().to_owned();
    let back = school.post(&format!("/undo/{undo}"), &session, "next=/ledger/care_log").await;
    assert!(back.status == StatusCode::OK && back.text.contains("已撤销 39 条"), "{}", back.text);
    assert!(school.records("care_log").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_of_a_paste_looks_as_it_did_in_both_languages() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 3, 1);
    let grid = school.get("/ledger/care_log/grid?add=1&class=3.1", &session).await.text;
    let block = "姓名\t关爱方式\t时长\t谁\n王小明\t家访\t30\t我\n赵小红\t电话\t很久\t我\n李四\t家访\t10\t我\n";
    let body = format!("do=block&keys={}&block={}&at_row=0&at_column=0", escape_query(&hidden(&grid, "keys")), escape_query(block));
    let path = "/ledger/care_log/grid/preview?add=1&class=3.1";
    for (lang, cookie) in [("zh", "zh"), ("en", "en")] {
        let request = axum::http::Request::post(format!("{path}&t={}", school.token(&session)))
            .header("host", super::HOST)
            .header("origin", super::ORIGIN)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", format!("{}={session}; huxue_lang={cookie}", super::COOKIE));
        let answer = school.send(request.body(axum::body::Body::from(body.clone())).unwrap()).await;
        insta::assert_snapshot!(format!("grid_preview_{lang}"), steady(&school, &session, &answer.text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_somebody_changed_meanwhile_is_shown_and_not_overwritten() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let record = care(&school, &child, "30");
    let other = [("minutes".to_owned(), "45".to_owned())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: record.clone(), set: other, by: None }, Lang::Zh).unwrap();
    let act =
        |was: Json| json!({ "rows": [{ "key": record, "cells": { "minutes": { "was": was, "now": "60" }, "note": { "was": "", "now": "说了" } } }] });
    let judged = json(&school, &session, "/ledger/care_log/grid/judge?save=1", &act(json!("30"))).await;
    let row = &judged["rows"][0];
    assert_eq!((&row["refused"][0]["theirs"], &row["cells"][0]["field"], &judged["changed"]), (&json!("45"), &json!("note"), &json!(1)), "{judged}");
    let fields = school.records("care_log")[0].fields.clone();
    assert_eq!(serde_json::to_value(&fields["minutes"]).unwrap(), 45);
    let judged = json(&school, &session, "/ledger/care_log/grid/judge?save=1", &act(json!("45"))).await;
    assert_eq!((&judged["refused"], &judged["changed"]), (&json!(0), &json!(1)), "whoever saw it may write over it: {judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grid_reaches_no_further_than_the_person() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let own = school.child("王小明", "529901201606120012", 3, 1);
    let other = school.child("赵小红", "529901201603020032", 3, 2);
    let foreign = care(&school, &other, "30");
    let mine = care(&school, &own, "10");
    let grid = school.get("/ledger/care_log/grid", &session).await.text;
    assert!(grid.contains(&mine) && !grid.contains(&foreign));
    assert!(!school.get("/ledger/care_log/grid?add=1&class=3.2", &session).await.text.contains("赵小红"));
    let act = json!({ "rows": [
        { "key": foreign, "cells": { "minutes": { "was": "30", "now": "60" } } },
        { "key": format!("+{other}"), "cells": { "kind": { "now": "家访" } } },
        { "key": "+", "child": "赵小红", "cells": { "kind": { "now": "家访" } } },
        { "key": mine, "cells": { "void": { "now": "是" } } },
    ] });
    let judged = json(&school, &session, "/ledger/care_log/grid/judge?save=1", &act).await;
    assert_eq!((&judged["changed"], &judged["refused"]), (&json!(0), &json!(4)), "{judged}");
    let laid = json(&school, &session, "/ledger/care_log/grid/lay", &json!({ "text": "1", "keys": [foreign], "row": 0, "column": 1 })).await;
    assert!(!laid.to_string().contains("赵小红") && !laid.to_string().contains("30"), "{laid}");
    let done = school
        .desk
        .ask(&super::nobody(), Ask::RecordSet { record: foreign, set: [("minutes".to_owned(), "5".to_owned())].into(), by: None }, Lang::Zh)
        .unwrap();
    let answer = school.post(&format!("/undo/{}", done["undo"].as_str().unwrap()), &session, "").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "another's edit is not taken back");
    assert_eq!(school.get("/ledger/aid_payment/grid", &session).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_step_for_many_asks_what_it_needs_and_says_which_cannot() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let ask = |request| school.desk.ask(&super::nobody(), request, Lang::Zh).unwrap();
    let mut cases = Vec::new();
    for n in 0..3 {
        let child = school.child(&format!("学生{n}"), &number(n), 3, 1);
        let set = [("opened_by".to_owned(), "teacher".to_owned())].into();
        let done = ask(Ask::RecordAdd { ledger: "dropout_case".into(), subject: Some(SubjectRef::Student(child)), year: None, set, by: None });
        cases.push(done["record"].as_str().unwrap().to_owned());
    }
    ask(Ask::RecordStep { record: cases[2].clone(), step: "verify".into(), set: [].into(), on: None, by: None, why: None, to: None });
    let marks: Vec<String> = cases.iter().map(|case| format!("mark={}", escape_query(case))).collect();
    let seen = school.post("/ledger/dropout_case/grid/preview", &session, &format!("do=step&step=verify&{}", marks.join("&"))).await.text;
    assert!(seen.contains("可以办理 2 条") && seen.contains("不能收 1 处"), "{seen}");
    let body = format!("act={}&_on=2026-03-02", escape_query(&hidden(&seen, "act")));
    let saved = school.post("/ledger/dropout_case/grid/save", &session, &body).await.text;
    assert!(saved.contains("已写入 2 行") && !saved.contains("class=\"undo\""), "{saved}");
    let states: Vec<Option<String>> = school.records("dropout_case").into_iter().map(|row| row.state).collect();
    assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_is_offered_after_a_form_and_a_void_and_does_it() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let record = care(&school, &child, "30");
    let saved = school.post(&format!("/record/{record}/edit"), &session, "minutes=50&was.minutes=30").await;
    let page = school.get(&saved.location, &session).await.text;
    let undo = page.split("action=\"/undo/").nth(1).unwrap().split(['?', '"']).next().unwrap().to_owned();
    let next = hidden(page.split("class=\"undo\"").nth(1).unwrap(), "next");
    assert_eq!(next, format!("/record/{record}"));
    school.post(&format!("/undo/{undo}"), &session, "next=/").await;
    assert_eq!(serde_json::to_value(&school.records("care_log")[0].fields["minutes"]).unwrap(), 30);
    let voided = school.post(&format!("/record/{record}/void"), &session, "_why=x").await;
    assert!(school.records("care_log").is_empty());
    let page = school.get(&voided.location, &session).await.text;
    let undo = page.split("action=\"/undo/").nth(1).unwrap().split(['?', '"']).next().unwrap().to_owned();
    school.post(&format!("/undo/{undo}"), &session, "next=//evil.example").await;
    assert_eq!(school.records("care_log").len(), 1);
    assert!(school.get("/children?undo=%3Cscript%3E", &session).await.text.matches("/undo/").count() == 0);
}

/// Token of the upload a preview shows.
pub(super) fn hidden_token(text: &str) -> String {
    let rest = text.split("/apply?").next().unwrap();
    rest.rsplit('/').next().unwrap().to_owned()
}

/// Pays in the grid of a class, with the words of a spreadsheet.
const HEADS: &str = "姓名\t资助项目\t金额（物品折价） (元)\t资金渠道\t资助形式\t资金归属\t发放日期";

async fn pasted(school: &School, session: &str, block: &str) -> super::Answer {
    let grid = school.get("/ledger/aid_payment/grid?add=1&class=3.1", session).await.text;
    let body = format!("do=block&keys={}&block={}&at_row=0&at_column=0", escape_query(&hidden(&grid, "keys")), escape_query(block));
    school.post("/ledger/aid_payment/grid/preview?add=1&class=3.1", session, &body).await
}

fn amounts(school: &School) -> Vec<i64> {
    let amount = |row: &huxue_shared::replica::browse::Row| serde_json::to_value(row.fields.get("amount")).unwrap().as_i64().unwrap_or_default();
    let mut all: Vec<i64> = school.records("aid_payment").iter().map(amount).collect();
    all.sort_unstable();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn money_pasted_under_the_grids_own_head_is_written_and_a_head_nobody_knows_is_said_to_be_lost() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    school.child("谭娟波", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 4, 1);
    super::aid::programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let row = |sum: &str| format!("谭娟波\t小学走读生生活补助\t{sum}\t社会资助\t现金\t学校统一管理\t2026-03-01");
    let seen = pasted(&school, &officer, &format!("{HEADS}\t开户行\n{}\t农行", row("250"))).await;
    assert!(seen.text.contains("没有对应的栏目，里面的内容不会写入：开户行") && seen.text.contains("role=\"alert\""), "{}", seen.text);
    let saved = school.post("/ledger/aid_payment/grid/save?add=1", &officer, &format!("act={}", escape_query(&hidden(&seen.text, "act")))).await;
    assert!(saved.text.contains("已写入 1 行"), "{}", saved.text);
    assert_eq!(amounts(&school), [25_000]);
    let lone = pasted(&school, &officer, "姓名\t没有这一栏\n谭娟波\t250").await;
    assert!(
        lone.text.contains("没有这一栏") && lone.text.contains("不会写入") && !lone.text.contains("没有叫“姓名”"),
        "no row is made of a head: {}",
        lone.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rows_of_one_child_are_both_there_and_the_second_of_a_term_is_written_once_it_is_meant() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    school.child("谭娟波", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 4, 1);
    super::aid::programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    super::aid::programme(&school, "XX_JS", "小学寄宿生生活补助", "primary", "any", None);
    let row = |programme: &str, sum: &str, day: &str| format!("谭娟波\t{programme}\t{sum}\t社会资助\t现金\t学校统一管理\t2026-03-{day}");
    let (day, board) = ("小学走读生生活补助", "小学寄宿生生活补助");
    let block = [HEADS.to_owned(), row(day, "250", "01"), row(day, "251", "02"), row(board, "60000", "02")].join("\n");
    let seen = pasted(&school, &officer, &block).await;
    assert!(seen.text.contains("待确认 1 条") && seen.text.contains("本学期前面一行已有类似的一条"), "{}", seen.text);
    assert!(seen.text.contains("金额多于这个资助项目一年的标准") && seen.text.contains("class=\"challenge\""), "{}", seen.text);
    let act = format!("act={}", escape_query(&hidden(&seen.text, "act")));
    let saved = school.post("/ledger/aid_payment/grid/save?add=1", &officer, &act).await;
    assert!(saved.text.contains("已写入 2 行") && saved.text.contains("待确认 1 条"), "{}", saved.text);
    assert_eq!(amounts(&school), [25_000, 6_000_000], "what is asked about waits");
    // Now it is like a record, and that is shown with the way there.
    let left = format!("act={}", escape_query(&hidden(&saved.text, "act")));
    let again = school.post("/ledger/aid_payment/grid/preview?add=1", &officer, &left).await;
    assert!(again.text.contains("本学期已经有一条类似的记录") && again.text.contains("href=\"/record/aid_payment:"), "{}", again.text);
    let unsaid = school.post("/ledger/aid_payment/grid/save?add=1", &officer, &left).await;
    assert_eq!(amounts(&school).len(), 2, "pressing alone is no answer: {}", unsaid.text);
    let sure = format!("{left}&sure.0={}", escape_query(&hidden(&again.text, "sure.0")));
    let meant = school.post("/ledger/aid_payment/grid/save?add=1", &officer, &sure).await;
    assert!(meant.text.contains("已写入 1 行"), "{}", meant.text);
    assert_eq!(amounts(&school), [25_000, 25_100, 6_000_000]);
    // Many are said to be meant with one tick.
    let more = [HEADS.to_owned(), row(day, "252", "02"), row(board, "253", "02")].join("\n");
    let seen = pasted(&school, &officer, &more).await;
    assert!(seen.text.contains("待确认的 2 条都核对过了"), "{}", seen.text);
    let known = ["known.0", "known.1"].map(|name| format!("{name}={}", escape_query(&hidden(&seen.text, name)))).join("&");
    let all = format!("act={}&{known}&sure_all=1", escape_query(&hidden(&seen.text, "act")));
    assert!(school.post("/ledger/aid_payment/grid/save?add=1", &officer, &all).await.text.contains("已写入 2 行"));
    // What the script is told: the second row opens another below the first.
    let keys: Vec<String> =
        hidden(&school.get("/ledger/aid_payment/grid?add=1&class=3.1", &officer).await.text, "keys").split(' ').map(str::to_owned).collect();
    let laid = json(&school, &officer, "/ledger/aid_payment/grid/lay", &json!({ "text": block, "keys": keys, "row": 0, "column": 0 })).await;
    let places: Vec<(Option<u64>, Option<u64>)> =
        laid["rows"].as_array().unwrap().iter().map(|row| (row["line"].as_u64(), row["again"].as_u64())).collect();
    assert_eq!(places, [(Some(0), None), (None, Some(0)), (None, Some(0))], "{laid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_a_value_is_written_is_told_by_an_example_and_not_by_a_pattern() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let act = json!({ "rows": [{ "key": "+", "cells": { "title": { "now": "x" }, "period": { "now": "2025下半年" } } }] });
    let judged = json(&school, &registrar, "/ledger/document/grid/judge", &act).await.to_string();
    assert!(judged.contains("例如 2018H2") && !judged.contains("[0-9]"), "{judged}");
    let form = school.post("/ledger/document/new", &registrar, "title=x&period=2025%E4%B8%8B").await.text;
    assert!(form.contains("请照这一栏的说明写") && form.contains("例如 2018H2") && !form.contains("[0-9]{4}"), "{form}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grid_marks_what_a_new_form_marks_and_shows_the_day_it_gives_a_new_row() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let grid = school.get("/ledger/aid_payment/grid?add=1&class=3.1", &officer).await.text;
    let marked = |field: &str| {
        let head = grid.split(&format!("<th scope=\"col\" data-field=\"{field}\"")).nth(1).and_then(|rest| rest.split("</th>").next());
        head.unwrap_or_else(|| panic!("{field}: {grid}")).contains("class=\"must\"")
    };
    assert!(marked("paid_on") && marked("amount") && marked("application") && !marked("note"), "{grid}");
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let row = |cells: Json| json!({ "rows": [{ "key": format!("+{child}"), "cells": cells }] });
    let path = "/ledger/care_log/grid/judge";
    let typed = row(json!({ "kind": { "now": "家访" }, "minutes": { "now": "30" } }));
    let (judged, today) = (json(&school, &registrar, path, &typed).await, school.desk.clock().today().to_string());
    let on = |judged: &Json| judged["rows"][0]["cells"].as_array().unwrap().iter().find(|cell| cell["field"] == "on").cloned();
    assert_eq!(on(&judged).unwrap()["to"], today, "{judged}");
    let saved = json(&school, &registrar, &format!("{path}?save=1"), &typed).await;
    assert_eq!((on(&saved).unwrap()["to"].clone(), school.records("care_log")[0].on.clone()), (json!(today), Some(today)), "{saved}");
    let empty = json(&school, &registrar, path, &row(json!({}))).await;
    assert_eq!(empty["changed"], 0, "a row with nothing in it is none: {empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_for_many_that_needs_a_file_of_each_says_so_before_and_speaks_no_codes() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    school.child("周小川", &number(9), 3, 1);
    let board = super::aid::programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let mut marks = Vec::new();
    for n in 0..2 {
        let child = school.child(&format!("学生{n}"), &number(n), 3, 1);
        let set = [("programme".to_owned(), board.clone())].into();
        let ask = Ask::RecordAdd { ledger: "aid_application".into(), subject: Some(SubjectRef::Student(child)), year: None, set, by: None };
        marks.push(school.desk.ask(&super::nobody(), ask, Lang::Zh).unwrap()["record"].as_str().unwrap().to_owned());
    }
    let body: Vec<String> = marks.iter().map(|record| format!("mark={}", escape_query(record))).collect();
    let step = async |step: &str| {
        school.post("/ledger/aid_application/grid/preview", &officer, &format!("do=step&step={step}&{}", body.join("&"))).await.text
    };
    let seen = step("apply").await;
    assert!(seen.contains("每条记录都要有自己的“证明材料扫描件”") && seen.contains("下面 2 条还没有"), "{seen}");
    assert!(marks.iter().all(|record| seen.contains(&format!("<a href=\"/record/{record}\""))), "each leads to where it is sent: {seen}");
    let others = step("verify").await + &step("publish").await;
    for text in [seen, others] {
        let rows = text.split("<tbody>").skip(1).map(|rest| rest.split("</tbody>").next().unwrap()).collect::<String>();
        assert!(!rows.contains("apply") && !rows.contains("documents") && !rows.contains("publish") && !rows.contains("verify"), "{rows}");
    }
}

fn field(school: &School, child: &str, field: &str) -> String {
    let record = school.records("enrolment").into_iter().find(|row| row.id == child).unwrap();
    match serde_json::to_value(record.fields.get(field)).unwrap() {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

fn set(school: &School, record: &str, field: &str, text: &str) {
    let set = [(field.to_owned(), text.to_owned())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: record.to_owned(), set, by: None }, Lang::Zh).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_of_names_and_telephones_goes_to_the_children_named_whatever_the_cursor_is_on() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let [first, second] = [("曹玲刚", 0), ("罗欣英", 1)].map(|(name, n)| school.child(name, &number(n), 4, 1));
    let ask = |text: &str| json!({ "text": text, "keys": [first, second, "+"], "row": 0, "column": 0 });
    let path = "/ledger/enrolment/grid/lay";
    let laid = json(&school, &session, path, &ask("姓名\t监护人电话\n罗欣英\t13800000001\n没有此人\t13800000002")).await;
    assert_eq!((&laid["rows"][0]["line"], &laid["rows"][0]["cells"]), (&json!(1), &json!({ "guardian_phone": "13800000001" })), "{laid}");
    assert_eq!((&laid["rows"][1]["line"], &laid["rows"][1]["trouble"]), (&Json::Null, &json!("away")), "{laid}");
    assert!(laid["rows"][1]["why"].as_str().unwrap().contains("没有此人") && laid["rows"][1]["raw"] == json!("没有此人\t13800000002\r\n"), "{laid}");

    let block = "姓名\t监护人电话\n罗欣英\t13800000001\n没有此人\t13800000002\n";
    let body = format!("do=block&keys={first}+{second}+%2B&block={}&at_row=0&at_column=0", escape_query(block));
    let seen = school.post("/ledger/enrolment/grid/preview?class=4.1", &session, &body).await.text;
    assert!(seen.contains("表格里没有“没有此人”") && !seen.contains("_child"), "{seen}");
    let act = escape_query(&hidden(&seen, "act"));
    // Whoever sends a child for it all the same makes no new one of it.
    school.post("/ledger/enrolment/grid/save?class=4.1", &session, &format!("act={act}&fix.1._child=x")).await;
    assert_eq!((field(&school, &second, "guardian_phone"), field(&school, &first, "guardian_phone")), ("13800000001".into(), String::new()));
    assert_eq!((field(&school, &first, "name"), school.records("enrolment").len()), ("曹玲刚".into(), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_name_or_number_is_asked_about_and_a_number_of_another_child_refused() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let [first, second] = [("曹玲刚", 0), ("罗欣英", 1)].map(|(name, n)| school.child(name, &number(n), 4, 1));
    set(&school, &second, "student_no", &format!("G{}", number(1)));
    let path = "/ledger/enrolment/grid/judge?save=1";
    let cell = |key: &str, field: &str, now: &str, sure: &str| json!({ "key": key, "sure": sure, "cells": { field: { "was": null, "now": now } } });

    let judged = json(&school, &session, path, &json!({ "rows": [cell(&first, "name", "罗欣英", "")] })).await;
    let asked = &judged["rows"][0]["asked"];
    assert!(asked["said"].as_str().unwrap().contains("姓名 曹玲刚 → 罗欣英") && judged["changed"] == json!(0), "{judged}");
    assert_eq!(field(&school, &first, "name"), "曹玲刚");
    let sure = asked["sure"].as_str().unwrap();
    let judged = json(&school, &session, path, &json!({ "rows": [cell(&first, "name", "曹玲钢", sure)] })).await;
    assert_eq!(judged["changed"], json!(0), "what was meant was another name: {judged}");
    let judged = json(&school, &session, path, &json!({ "rows": [cell(&first, "name", "罗欣英", sure)] })).await;
    assert_eq!((&judged["changed"], field(&school, &first, "name")), (&json!(1), "罗欣英".into()), "{judged}");

    let taken = format!("G{}", number(1));
    let judged = json(&school, &session, path, &json!({ "rows": [cell(&first, "student_no", &taken, "x")] })).await;
    assert!(judged["rows"][0]["message"].as_str().unwrap().contains("已经是另一名学生的") && judged["changed"] == json!(0), "{judged}");
    // Her identity number, behind the G: another child's too, though no student number says so.
    set(&school, &second, "student_no", "");
    let judged = json(&school, &session, path, &json!({ "rows": [cell(&first, "student_no", &taken, "x")] })).await;
    assert_eq!((&judged["changed"], &judged["refused"]), (&json!(0), &json!(1)), "{judged}");
    // The same one for both in one save.
    let own = format!("G{}", number(0));
    let judged =
        json(&school, &session, path, &json!({ "rows": [cell(&first, "student_no", &own, ""), cell(&second, "student_no", &own, "x")] })).await;
    assert_eq!((&judged["changed"], &judged["refused"]), (&json!(1), &json!(1)), "{judged}");
    // Nobody's number, but not this child's either.
    let judged = json(&school, &session, path, &json!({ "rows": [cell(&second, "student_no", &format!("G{}", number(7)), "")] })).await;
    assert!(judged["rows"][0]["asked"]["said"].as_str().unwrap().contains("对不上") && judged["asked"] == json!(1), "{judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_child_in_the_grid_without_what_must_be_known_is_asked_about_and_a_class_is_read_as_people_write_it() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("曹玲刚", &number(0), 3, 1);
    let path = "/ledger/enrolment/grid/judge?save=1";
    let cells = |class: &str| json!({ "name": { "now": "新来的" }, "sex": { "now": "女" }, "grade": { "now": "3" }, "class": { "now": class } });
    let judged = json(&school, &session, path, &json!({ "rows": [{ "key": "+", "cells": cells("三（1）班") }] })).await;
    let said = judged["rows"][0]["asked"]["said"].as_str().unwrap();
    assert!(said.contains("出生日期") && said.contains("证件号码") && judged["changed"] == json!(0), "{judged}");
    assert_eq!(school.records("enrolment").len(), 1);
    let class = |text: &str| json!({ "rows": [{ "key": child, "cells": { "class": { "was": "1", "now": text } } }] });
    let judged = json(&school, &session, path, &class("四年级2班")).await;
    assert_eq!((&judged["refused"], field(&school, &child, "class")), (&json!(1), "1".into()), "of another grade: {judged}");
    let judged = json(&school, &session, path, &class("三年级9班")).await;
    assert!(judged["rows"][0]["asked"]["said"].as_str().unwrap().contains("三年级还没有9班"), "{judged}");

    let typed = "class=%E4%B8%89%EF%BC%889%EF%BC%89%E7%8F%AD&was.class=1&grade=3&was.grade=3";
    let edit = format!("/record/{child}/edit");
    let asked = school.post(&edit, &session, typed).await.text;
    assert!(asked.contains("三年级还没有9班") && field(&school, &child, "class") == "1", "{asked}");
    let gaps = hidden(&asked, "_gaps");
    school.post(&edit, &session, &format!("{typed}&_gaps={gaps}")).await;
    assert_eq!(field(&school, &child, "class"), "9");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teachers_grid_moves_no_child_into_another_class() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", &number(0), 3, 1);
    school.child("赵小红", &number(1), 3, 2);
    let act = json!({ "rows": [{ "key": child, "cells": { "class": { "was": "1", "now": "2" } } }] });
    let judged = json(&school, &session, "/ledger/enrolment/grid/judge?save=1", &act).await;
    assert_eq!((&judged["refused"], field(&school, &child, "class")), (&json!(1), "1".into()), "{judged}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_ledger_opens_by_class_and_name_and_offers_the_grades_there_are_in_words() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    for (n, (name, grade)) in [("王五", 4), ("张三", 3), ("阿木", 4)].into_iter().enumerate() {
        school.child(name, &number(n), grade, 1);
    }
    let page = school.get("/ledger/enrolment", &session).await.text;
    let at = |name: &str| page.find(&format!(">{name}</a>")).unwrap_or_else(|| panic!("{name}: {page}"));
    assert!(at("张三") < at("阿木") && at("阿木") < at("王五"));
    let offered = page.split("name=\"f.grade\"").nth(1).unwrap().split("</select>").next().unwrap();
    assert!(offered.contains(">三年级</option>") && offered.contains(">四年级</option>"), "{offered}");
    assert_eq!(offered.matches("<option").count(), 3, "and all: {offered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_sent_twice_at_once_are_written_once_and_asked_about() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 3, 1);
    let grid = school.get("/ledger/care_log/grid?add=1&class=3.1", &session).await.text;
    let block = "姓名\t关爱方式\t时长\t日期\n王小明\t家访\t30\t2026年3月1日\n赵小红\t家访\t30\t2026年3月1日\n";
    let body = format!("do=block&keys={}&block={}&at_row=0&at_column=0", escape_query(&hidden(&grid, "keys")), escape_query(block));
    let seen = school.post("/ledger/care_log/grid/preview?add=1&class=3.1", &session, &body).await.text;
    let body = format!("act={}", escape_query(&hidden(&seen, "act")));
    let save = || school.post("/ledger/care_log/grid/save?add=1&class=3.1", &session, &body);
    let (one, two) = tokio::join!(save(), save());
    assert_eq!(school.records("care_log").len(), 2, "{} {}", one.text, two.text);
    assert!([&one.text, &two.text].iter().any(|text| text.contains("已写入 2 行")), "{} {}", one.text, two.text);
}
