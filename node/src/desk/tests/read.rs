//! What is read: values in dispute are shown as that, what is open stands on top, lists and reports name what they refer to, and paper says how it came to be.

use super::{
    School, class,
    seams::{add, disagreement},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    command::{Request as Ask, request::Format},
    locale::Lang,
    web::account::Role,
};
use serde_json::json;

const CHILD: &str = "529901201606120012";

fn disputed(school: &School, record: &str, field: &str, one: &str, other: &str) {
    let values = [one, other].map(|value| json!({ "value": value, "origin": "00000000000000aa" }));
    disagreement(school, record, "field", field, &json!({ "values": values, "shared": one }));
}

/// A part of a page, between two marks.
fn part<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map_or_else(|| panic!("no {from}: {text}"), |(part, _)| part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_in_dispute_is_shown_as_that_on_the_childs_page_and_in_lists() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", CHILD, 3, 1);
    let set = [("guardian".to_owned(), "旧监护人".to_owned())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: child.clone(), set, by: None }, Lang::Zh).unwrap();
    disputed(&school, &child, "guardian", "赵六", "王五");
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    assert!(page.contains("href=\"/conflicts#c-field000000\">待定：赵六 / 王五</a>"), "{page}");
    let settled = page.split("<details id=\"trail\">").next().unwrap();
    assert!(!settled.contains("旧监护人"), "what nobody wrote last is not shown as valid: {page}");
    assert!(school.english(&format!("/child/{child}"), &session).await.text.contains("to be settled: 赵六 / 王五"));

    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("with", "child"), ("on", "2026-03-01")]);
    disputed(&school, &log, "kind", "call", "video");
    let list = school.get("/ledger/care_log", &session).await.text;
    assert!(list.contains("href=\"/conflicts#c-field000000\">待定：") && !list.contains("<td class=\"nowrap\">家访"), "{list}");
    assert!(school.get(&format!("/record/{log}"), &session).await.text.contains("href=\"/conflicts#c-field000000\">待定："));
    for path in ["/paper/child/care_card".to_owned(), "/ledger/care_log/print?as=list".into(), format!("/record/{log}/print")] {
        let paper = school.get(&path, &session).await.text;
        assert!(paper.contains("有分歧，未定") && !paper.contains(">家访<"), "{path}: {paper}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_dispute_heads_no_page_as_if_it_were_settled() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    disputed(&school, &child, "name", "王晓明", "汪小明");
    for path in [format!("/child/{child}"), "/children".into()] {
        let page = school.get(&path, &session).await.text;
        let said = page.split("<details id=\"trail\">").next().unwrap();
        assert!(said.contains("待定：王晓明 / 汪小明") && !said.contains("王小明"), "{path}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_closed_stands_on_top_with_what_is_next_and_by_when() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar, Role::AidOfficer], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    add(&school, "aid_application", Some(&child), &[("on", "2025-09-10")]);
    add(
        &school,
        "care_log",
        Some(&child),
        &[("kind", "visit"), ("with", "child"), ("found", "x"), ("follow_up", "yes"), ("next_on", "2026-03-04"), ("on", "2026-02-20")],
    );
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    let open = part(&page, "aria-labelledby=\"open\"", "</section>");
    assert!(
        open.contains("2025-09-10") && open.contains("草稿放了十五天") && open.contains("2025-09-25 · 已过期"),
        "a draft that lies is open too: {open}"
    );
    assert!(open.contains("2026-03-04 · 还有 2 天"), "{open}");
    assert!(open.find("2025-09-25") < open.find("2026-03-04"), "by the day it is due: {open}");
    assert!(open.contains("还没填："), "{open}");
    let head = part(&page, "<h1>", "aria-labelledby=\"open\"");
    assert!(
        head.contains("<details class=\"menu\">") && head.contains(&format!("/ledger/care_log/new?student={child}")),
        "adding stands in the head: {head}"
    );

    // Another visit before that day says nothing of it, unless it names a day of its own.
    let call = [("kind", "call"), ("with", "child"), ("reached", "yes"), ("found", "x"), ("on", "2026-03-01")];
    add(&school, "care_log", Some(&child), &call);
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    assert!(part(&page, "aria-labelledby=\"open\"", "</section>").contains("还有 2 天"), "{page}");
    add(&school, "care_log", Some(&child), &[&call[..], &[("follow_up", "yes"), ("next_on", "2026-03-10")]].concat());
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    let open = part(&page, "aria-labelledby=\"open\"", "</section>");
    assert!(!open.contains("还有 2 天") && open.contains("还有 8 天"), "looked at again since: {open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_void_is_not_overdue() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("first_absent", "2026-02-02"), ("on", "2026-02-10")]);
    let late = |text: &str| text.contains("已过期");
    assert!(late(&school.get("/ledger/dropout_case", &session).await.text));
    school.desk.ask(&super::nobody(), Ask::RecordVoid { record: case.clone(), why: "重复".into(), by: None }, Lang::Zh).unwrap();
    for path in ["/ledger/dropout_case?void=1".to_owned(), format!("/record/{case}"), format!("/child/{child}")] {
        assert!(!late(&school.get(&path, &session).await.text), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_on_paper_name_what_they_refer_to_with_state_and_filter() {
    let school = School::new();
    let (_, session) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let application = add(&school, "aid_application", Some(&child), &[("on", "2026-03-01"), ("level", "hard")]);
    // A programme is the county's; here one of which only the key has arrived.
    let key = "aid_programme:01M8ABCDEFGHJKMNPQRSTVWXYZ";
    let known = format!(
        "UPDATE record SET fields = json_set(fields, '$.programme', '{key}') WHERE id = '{application}'; UPDATE record_aid_application SET programme = '{key}'"
    );
    let arrived = || {
        let known = known.clone();
        school.desk.replica.store().write(move |c| c.execute_batch(&known).map_err(huxue_shared::store::StoreError::from)).unwrap();
    };
    let words = [("amount", "88"), ("on", "2026-03-01"), ("paid_on", "2026-03-01"), ("application", application.as_str())];
    let payment = add(&school, "aid_payment", Some(&child), &words);
    arrived();
    for path in [
        "/ledger/aid_payment/print?as=list",
        "/ledger/aid_application/print?as=list",
        &format!("/record/{payment}"),
        &format!("/record/{payment}/print"),
    ] {
        let page = school.get(path, &session).await.text;
        assert!(!page.contains(">aid_") && !page.contains(key), "{path}: {page}");
    }
    let page = school.get(&format!("/record/{payment}"), &session).await.text;
    assert!(page.contains("（本机还没有这条记录） · 困难"), "what a reference refers to is followed: {page}");
    let list = school.get("/ledger/aid_application/print?as=list&state=draft&class=3.1", &session).await.text;
    assert!(list.contains("<th scope=\"col\">状态</th>") && list.contains(">草稿<"), "{list}");
    assert!(list.contains("班级：三年级1班；状态：草稿") && list.contains("打印日期 2026-03-02") && list.contains("石桥小学"), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_in_a_title_is_said_by_what_it_is() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let (zero, some) = (
        add(&school, "monthly_report", None, &[("month", "2026-01"), ("zero", "yes")]),
        add(&school, "monthly_report", None, &[("month", "2026-02"), ("zero", "no")]),
    );
    let title = |text: &str| part(text, "<h1>", "</h1>").to_owned();
    assert_eq!(title(&school.get(&format!("/record/{zero}"), &session).await.text), "控辍保学月报 · 2026-01 · 零报告");
    assert_eq!(title(&school.get(&format!("/record/{some}"), &session).await.text), "控辍保学月报 · 2026-02");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_and_a_signed_month_on_paper_say_how_they_came_there_and_by_whom() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("first_absent", "2026-02-25"), ("on", "2026-03-01")]);
    let taken = school.post(&format!("/record/{case}/step/verify"), &registrar, "_on=2026-03-02&_why=%E5%AE%B6%E9%87%8C%E6%B2%A1%E4%BA%BA").await;
    assert!(taken.status.is_redirection(), "{}", taken.text);
    let paper = school.get(&format!("/paper/child/dropout_history?student={child}"), &registrar).await.text;
    let went = part(&paper, "<h3>办理过程</h3>", "</table>");
    for words in ["2026年3月1日", "疑似", "2026年3月2日", "开始核实", "核实中", "wang老师", "家里没人"] {
        assert!(went.contains(words), "{words}: {went}");
    }
    let figures = ["pupils", "present", "suspected", "confirmed", "returned", "relapsed", "open_cases"].map(|code| (code, "0"));
    let month = add(&school, "monthly_report", None, &[&[("month", "2026-02"), ("zero", "yes")][..], &figures[..]].concat());
    let signed = school.post(&format!("/record/{month}/step/sign"), &principal, "signed_by=%E5%BC%A0%E6%A0%A1%E9%95%BF").await;
    assert!(signed.status.is_redirection(), "{}", signed.text);
    let paper = school.get(&format!("/record/{month}/print"), &principal).await.text;
    assert!(paper.contains("<th scope=\"row\">状态</th><td>校长已签字</td>") && !paper.contains("张校长") && paper.contains("zhang老师"), "{paper}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_numbered_where_it_is_written_and_shows_no_column_that_is_filled_later() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar, Role::AidOfficer], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let form = school.get(&format!("/ledger/return_notice/new?student={child}"), &session).await.text;
    let seen = part(&form, "<div class=\"fields\">", "<p class=\"sticky\">");
    let seen = seen.split("<details>").next().unwrap();
    assert!(seen.contains("name=\"number\" value=\"石桥小学〔2026〕1号\""), "{form}");
    let application = add(&school, "aid_application", Some(&child), &[("on", "2026-02-10"), ("level", "hard")]);
    let put = format!("UPDATE record_aid_application SET _state = 'on_notice' WHERE _id = '{application}'");
    school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let notice = school.get("/ledger/aid_application/print?as=notice", &session).await.text;
    assert!(notice.contains("王*明"), "{notice}");
    assert!(!notice.contains("批准金额"), "nothing is approved yet: {notice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_found_by_title_and_ask_for_a_child_by_name() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar, Role::AidOfficer], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let list = school.get("/reports", &session).await.text;
    assert!(list.find("巩固率") < list.find("<details>") && part(&list, "<details>", "</details>").contains("overview_care_log"), "{list}");
    let found = school.get("/reports?q=ggl", &session).await.text;
    assert!(found.contains("巩固率") && !found.contains("资助面"), "{found}");
    let ask = school.get("/report/one_child", &session).await;
    assert!(ask.status == StatusCode::OK && ask.text.contains("先选学生") && !ask.text.contains("class=\"said"), "{}", ask.text);
    let fits = school.get("/report/one_child?q=wxm", &session).await.text;
    assert!(fits.contains(&format!("/report/one_child?child={child}")) && fits.contains("王小明 · 三年级1班"), "{fits}");
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("with", "child"), ("on", "2026-03-01")]);
    let told = school.get(&format!("/report/one_child?child={child}"), &session).await.text;
    assert!(told.contains(&format!("href=\"/record/{log}\"")) && !told.contains(&format!(">{log}<")), "a record by its name: {told}");
    assert!(told.contains("data-print") && told.contains("打印日期 2026-03-02"), "{told}");
    let counted = school.get("/report/enrolment_headcount", &session).await.text;
    assert!(counted.contains("<option value=\"2025\" selected>2025—2026</option>"), "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_be_added_up_has_a_sum_in_a_reports_last_row() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    for (name, number, grade) in [("王小明", CHILD, 3), ("赵小红", "529901201603020032", 4), ("李小强", "529901201603020016", 4)] {
        school.child(name, number, grade, 1);
    }
    let counted = school.get("/report/enrolment_headcount", &session).await.text;
    let foot = part(&counted, "<tfoot>", "</tfoot>");
    assert!(foot.contains("合计") && foot.contains("<td class=\"number\">3</td>"), "{foot}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teacher_reads_reports_of_the_own_class_and_nothing_counted_over_others() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, nobody) = school.person("hu", &[Role::ClassTeacher], &[]);
    let own = school.child("王小明", CHILD, 3, 1);
    let other = school.child("赵小红", "529901201603020032", 4, 1);
    for child in [&own, &other] {
        add(&school, "care_profile", Some(child), &[("kind", "both"), ("on", "2025-09-10")]);
    }
    let list = school.get("/reports", &teacher).await.text;
    assert!(list.contains("/report/left_behind_no_contact") && !list.contains("/report/consolidation_rate") && !list.contains("overview_"), "{list}");
    let report = school.get("/report/left_behind_no_contact", &teacher).await.text;
    assert!(
        report.contains("王小明") && !report.contains("赵小红") && report.contains("只列您所带班级的学生") && !report.contains("/file?"),
        "{report}"
    );
    for path in ["/report/left_behind_no_contact/file", "/report/consolidation_rate", "/report/one_child"] {
        assert_eq!(school.get(path, &teacher).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(school.get("/", &teacher).await.text.contains("href=\"/reports\""));
    assert!(!school.get("/", &nobody).await.text.contains("href=\"/reports\""), "no way to what is empty");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reports_workbook_names_records_and_has_no_ids() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    school.listed();
    let child = school.child("王小明", CHILD, 3, 1);
    add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("on", "2026-02-02")]);
    let answer =
        school.desk.ask(&super::nobody(), Ask::ReportRun { name: "dropout_late".into(), params: Default::default(), format: Format::Xlsx }, Lang::Zh);
    let book = STANDARD.decode(answer.unwrap()["base64"].as_str().unwrap()).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(book)).unwrap();
    let text = std::io::read_to_string(archive.by_name("xl/sharedStrings.xml").unwrap()).unwrap();
    assert!(text.contains("王小明"), "{text}");
    assert!(!text.contains("dropout_case:") && !text.contains(&child), "{text}");
    let listed = Ask::ReportRun { name: "dropout_late".into(), params: Default::default(), format: Format::Csv };
    let bytes = school.desk.ask(&super::nobody(), listed, Lang::Zh).unwrap()["base64"].as_str().map(|text| STANDARD.decode(text).unwrap()).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains(&child), "scripts have the ids");
    assert_eq!(school.get("/report/dropout_late/file", &registrar).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_and_a_status_in_dispute_are_said_in_the_list_on_the_roll_and_by_name_on_the_childs_page() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let value = |value: serde_json::Value| json!({ "value": value, "origin": "00000000000000aa" });
    let fields = json!({ "class": [value(json!(2)), value(json!(4))], "grade": [value(json!(3))] });
    disagreement(&school, &child, "group", "class", &json!({ "fields": fields }));
    let list = school.get("/children", &session).await.text;
    assert!(list.contains("href=\"/conflicts#c-group000000\">待定：2 / 4</a>") && !list.contains("三年级1班</td>"), "{list}");
    let roll = school.get("/roll/3/1", &session).await.text;
    assert!(roll.contains("王小明") && roll.contains("href=\"/conflicts#c-group000000\" tabindex=\"-1\">待定：班级：2 / 4</a>"), "{roll}");
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    assert!(page.contains("“班级”有两种写法，等人定夺。"), "{page}");
    let told = huxue_shared::command::render::render(
        &Ask::ConflictsList { school: None, kind: None },
        &school.desk.ask(&super::nobody(), Ask::ConflictsList { school: None, kind: None }, Lang::Zh).unwrap(),
        Lang::Zh,
    );
    assert!(told.contains("：班级  "), "{told}");
    // Typed as people write a class; that it is another grade's is refused.
    let typed = async |text: &str| school.post("/conflicts/group000000", &session, &format!("type.class={text}")).await;
    assert_eq!(typed("%E5%9B%9B%EF%BC%883%EF%BC%89%E7%8F%AD").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let settled = typed("%E4%B8%89%EF%BC%883%EF%BC%89%E7%8F%AD").await;
    assert_eq!(settled.status, StatusCode::SEE_OTHER, "{}", settled.text);
    assert_eq!(school.records("enrolment")[0].fields.get("class"), Some(&huxue_shared::document::view::Value::Int(3)));
    disputed(&school, &child, "status", "present", "suspended");
    let list = school.get("/children", &session).await.text;
    assert!(list.contains("待定：在校 / 休学"), "{list}");
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    assert!(page.contains("“学籍状态”有两种写法"), "{page}");
}
