//! Aid at the desk: programmes that fit the child come first, what does not fit is asked about, a notice is proposed long enough and refused short.

use super::{Ask, School, class, nobody, seams::add};
use axum::http::StatusCode;
use huxue_shared::{locale::Lang, web::account::Role};
use serde_json::json;

/// A programme as the county would have published it.
pub(super) fn programme(school: &School, id: &str, name: &str, stage: &str, boarding: &str, until: Option<&str>) -> String {
    let key = format!("aid_programme:{id}");
    let mut fields = json!({ "code": format!("YW_{id}"), "name": name, "stage": stage, "boarding": boarding, "valid_from": "2020-01-01", "amount_year": 50_000, "amount_rule": "fixed" });
    fields["valid_until"] = json!(until);
    let put = format!(
        "INSERT INTO record (doc, id, ledger, version, disputed, void, seen, fields) VALUES ((SELECT max(n) FROM doc), '{key}', 'aid_programme', 1, 0, 0, zeroblob(16), '{fields}');
         INSERT INTO record_aid_programme (_id, _n, _doc, _year, _term, _disputed, _reopened, _v, void, code, name)
         VALUES ('{key}', (SELECT n FROM record WHERE id = '{key}'), (SELECT max(n) FROM doc), 2025, 0, 0, 0, 1, 0, 'X', 'X');"
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_application_begins_with_what_every_family_is_asked_and_ends_with_files() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let page = school.get(&format!("/ledger/aid_application/new?student={child}"), &officer).await.text;
    let (top, folded) = page.split_once("更多项目").unwrap();
    let at = |title: &str| top.find(&format!(">{title}")).unwrap_or_else(|| panic!("{title} is not on top: {top}"));
    assert!(at("资助项目") < at("申请理由") && at("申请理由") < at("家庭年收入") && at("家庭年收入") < at("备注") && at("备注") < at("附件"));
    for later in ["自愿放弃书", "村（居）盖章的申请表", "学校公示开始"] {
        assert!(!top.contains(later) && folded.contains(later), "{later}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programmes_that_fit_the_child_come_first_and_another_is_asked_about() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    // A day pupil of primary school.
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 4, 1);
    let fits = programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let board = programme(&school, "XX_JS", "小学寄宿生生活补助", "primary", "board", None);
    let other = programme(&school, "CZ_ZD", "初中走读生生活补助", "junior", "day", None);
    let over = programme(&school, "XX_OLD", "小学走读生生活补助", "primary", "any", Some("2025-10-31"));
    let page = school.get(&format!("/ledger/aid_application/new?student={child}"), &officer).await.text;
    let select = page.split("id=\"f-programme\"").nth(1).and_then(|rest| rest.split("</select>").next()).unwrap();
    let (first, others) = select.split_once("<optgroup label=\"其他（与这名学生或日期不符）\">").unwrap_or_else(|| panic!("{select}"));
    assert!(first.contains(&fits) && first.contains(">小学走读生生活补助 · 2020-01-01— · 500 元<"), "{first}");
    for apart in [&board, &other, &over] {
        assert!(others.contains(apart) && !first.contains(apart), "{apart}: {select}");
    }
    assert!(others.contains("2020-01-01—2025-10-31"), "{others}");
    assert!(!select.contains("YW_"), "a code tells nobody anything: {select}");
    for (chosen, said) in [(&fits, ""), (&board, "与学生住宿情况不符"), (&other, "不是学生所在学段"), (&over, "不在这个资助项目的执行期内")]
    {
        let form = format!("_field=programme&_student={child}&programme={chosen}&on=2026-03-02");
        let answer = school.post("/ledger/aid_application/check", &officer, &form).await;
        assert_eq!(answer.text.contains("class=\"challenge\""), !said.is_empty(), "{}", answer.text);
        assert!(answer.text.contains(said), "{}", answer.text);
    }
    let form = format!("_student={child}&programme={board}&applicant=guardian");
    let asked = school.post("/ledger/aid_application/new", &officer, &form).await;
    assert!(!asked.status.is_redirection() && asked.text.contains("与学生住宿情况不符"), "{}", asked.text);
    let sure = asked.text.split("name=\"_sure\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let made = school.post("/ledger/aid_application/new", &officer, &format!("{form}&_sure={sure}")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "asked about, not refused: {}", made.text);
    let page = school.get(&made.location, &officer).await.text;
    assert!(page.contains("还缺什么") && page.contains("与学生住宿情况不符"), "{page}");
    assert!(page.contains("下一步“申请”还要：") && page.contains("申请理由"), "what the next step asks for is named: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_to_turn_to_is_remembered_from_the_last_notice() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let fresh = school.get("/ledger/aid_application/print?as=notice", &officer).await.text;
    assert!(fresh.contains("id=\"phone\" name=\"phone\" type=\"tel\" value=\"\""), "{fresh}");
    school.get("/ledger/aid_application/print?as=notice&contact=%E8%B5%B5%E8%80%81%E5%B8%88&phone=0871-5551234", &officer).await;
    let next = school.get("/ledger/aid_application/print?as=notice", &officer).await.text;
    assert!(next.contains("value=\"0871-5551234\"") && next.contains("value=\"赵老师\""), "{next}");
    let village = school.get("/ledger/aid_application/print?as=notice&place=village", &principal).await.text;
    assert!(village.contains("0871-5551234"), "for every notice of this machine: {village}");
    school.get("/ledger/aid_application/print?as=notice&contact=&phone=", &officer).await;
    assert!(!school.get("/ledger/aid_application/print?as=notice", &officer).await.text.contains("0871-5551234"), "and emptied when it is emptied");
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_of_care_are_printed_for_left_behind_children_unless_all_are_asked_for() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let other = school.child("赵小红", "529901201603020032", 3, 1);
    let set = [("left_behind".to_owned(), "no".to_owned())].into();
    school.desk.ask(&nobody(), Ask::RecordSet { record: other.clone(), set, by: None }, Lang::Zh).unwrap();
    let page = school.get("/paper/blank?code=care_log", &registrar).await.text;
    assert!(page.contains("王小明") && !page.contains("赵小红") && page.contains("另有 1 名学生没有打"), "{page}");
    let all = school.get("/paper/blank?code=care_log&all=1", &registrar).await.text;
    assert!(all.contains("王小明") && all.contains("赵小红") && !all.contains("没有打"), "{all}");
    assert!(school.get(&format!("/paper/blank?code=care_log&student={other}"), &registrar).await.text.contains("赵小红"), "who is named is meant");
    assert!(school.get("/paper/blank?code=dropout_check", &registrar).await.text.contains("赵小红"), "other ledgers are about every child");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_year_is_shown_from_when_to_when() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let page = school.get("/report/enrolment_headcount", &registrar).await.text;
    assert!(page.contains("<option value=\"2025\" selected>2025—2026</option>"), "{page}");
    assert!(!page.contains("name=\"year\" value=\"2025\""), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_record_lacks_is_named_when_it_is_saved() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher")]);
    let page = school.get(&format!("/record/{case}?saved=1"), &teacher).await.text;
    assert!(page.contains("还缺的列在下面") && page.contains("现在就该填：失学起始日。"), "{page}");
    assert!(!page.contains("下一步“开始核实”"), "that step asks for nothing: {page}");
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("with", "child"), ("by", "li")]);
    let page = school.get(&format!("/record/{log}?saved=0"), &teacher).await.text;
    assert!(page.contains("已保存在本机。") && !page.contains("还缺什么"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_does_not_fit_its_application_is_said_and_a_second_one_in_the_term_is_asked_about() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    // The programmes stand in another's document, which nothing rebuilds.
    school.child("赵小红", "529901201603020032", 4, 1);
    let fits = programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let board = programme(&school, "XX_JS", "小学寄宿生生活补助", "primary", "board", None);
    let application = add(&school, "aid_application", Some(&child), &[("programme", &fits)]);
    let beside = async |field: &str, programme: &str| {
        let form = format!("_field={field}&_student={child}&programme={programme}&application={application}&amount=100&paid_on=2026-03-02");
        school.post("/ledger/aid_payment/check", &officer, &form).await.text
    };
    assert!(beside("application", &board).await.contains("所选申请不是这个资助项目的"));
    let said = beside("application", &fits).await;
    assert!(said.contains("还没有批准") && said.contains("class=\"challenge\"") && !said.contains("不是这个资助项目"), "{said}");
    let pay = |amount: &str| format!("_student={child}&programme={fits}&application={application}&amount={amount}&paid_on=2026-03-02");
    let asked = school.post("/ledger/aid_payment/new", &officer, &pay("250")).await;
    assert!(asked.text.contains("还没有保存") && asked.text.contains("还没有批准"), "{}", asked.text);
    let sure = |text: &str| text.split("name=\"_sure\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let first = school.post("/ledger/aid_payment/new", &officer, &format!("{}&_sure={}", pay("250"), sure(&asked.text))).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "asked, not refused: {}", first.text);
    assert!(school.get(&first.location, &officer).await.text.contains("还没有批准"));
    let second = school.post("/ledger/aid_payment/new", &officer, &pay("300")).await;
    assert!(second.text.contains("本学期已经有一条类似的记录") && second.text.contains("250 元"), "{}", second.text);
    assert_eq!(school.records("aid_payment").len(), 1);
    // The programmes that fit come first here too, and the application is not hidden: it is going to be asked for.
    let page = school.get(&format!("/ledger/aid_payment/new?student={child}"), &officer).await.text;
    let select = page.split("id=\"f-programme\"").nth(1).and_then(|rest| rest.split("</select>").next()).unwrap();
    let (first, others) = select.split_once("<optgroup").unwrap_or_else(|| panic!("{select}"));
    assert!(first.contains(&fits) && others.contains(&board), "{select}");
    let shown = page.split("<details").next().unwrap();
    assert!(shown.contains("id=\"f-application\"") && shown.contains(&format!("value=\"{application}\"")), "{page}");
    for (programme, amount, said) in [(&board, "100", "与学生住宿情况不符"), (&fits, "12500", "多于这个资助项目一年的标准")] {
        let form = format!("_field=amount&_student={child}&programme={programme}&amount={amount}&paid_on=2026-03-02");
        let field = if amount == "100" { form.replace("_field=amount", "_field=programme") } else { form };
        let answer = school.post("/ledger/aid_payment/check", &officer, &field).await.text;
        assert!(answer.contains(said) && answer.contains("class=\"challenge\""), "{said}: {answer}");
    }
    let other = school.post("/ledger/aid_payment/new", &officer, &pay("300").replace(&fits, &board)).await;
    assert!(!other.text.contains("已经有一条类似的记录"), "another programme is another payment: {}", other.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_above_what_was_approved_is_asked_about_before_it_is_saved_in_the_form_the_grid_and_an_import() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 4, 1);
    let fits = programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    // The county approved 400 of it.
    let application = format!("aid_application:{}", "A".repeat(26));
    let fields = json!({ "programme": fits, "on": "2026-02-20", "approved_amount": 40_000 });
    let put = format!(
        "INSERT INTO record (doc, id, ledger, version, state, disputed, void, seen, fields)
         VALUES ((SELECT max(n) FROM doc), '{application}', 'aid_application', 1, 'approved', 0, 0, zeroblob(16), '{fields}');"
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let pay = |amount: &str| {
        format!("_student={child}&programme={fits}&application={application}&amount={amount}&paid_on=2026-03-02&channel=government&form=cash")
    };
    let asked = school.post("/ledger/aid_payment/new", &officer, &pay("401")).await;
    assert_ne!(asked.status, StatusCode::SEE_OTHER);
    assert!(asked.text.contains("还没有保存") && asked.text.contains("多于批准金额"), "{}", asked.text);
    let row = json!({ "programme": { "now": fits }, "application": { "now": application }, "amount": { "now": "401" }, "paid_on": { "now": "2026-03-02" } });
    let act = json!({ "rows": [{ "key": format!("+{child}"), "cells": row }] }).to_string();
    let judged = school.post("/ledger/aid_payment/grid/judge?save=1", &officer, &act).await.text;
    assert!(judged.contains("多于批准金额") && judged.contains("\"waits\":true"), "{judged}");
    assert!(school.records("aid_payment").is_empty());
    // Two rows of a table that are each within it, and above it together.
    let part = |amount: &str| {
        let cells = json!({ "programme": { "now": fits }, "application": { "now": application }, "amount": { "now": amount }, "paid_on": { "now": "2026-03-02" } });
        json!({ "key": format!("+{child}"), "cells": cells })
    };
    let act = json!({ "rows": [part("300"), part("101")] }).to_string();
    let judged: serde_json::Value = serde_json::from_str(&school.post("/ledger/aid_payment/grid/judge", &officer, &act).await.text).unwrap();
    let said = |at: usize| judged["rows"][at]["asked"]["said"].as_str().unwrap_or_default().contains("多于批准金额");
    assert!(!said(0) && said(1), "{judged}");
    let sure = asked.text.split("name=\"_sure\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    // What was asked about 401 is no answer for 402; for 401 it is.
    let other = school.post("/ledger/aid_payment/new", &officer, &format!("{}&_sure={sure}", pay("402"))).await;
    assert_ne!(other.status, StatusCode::SEE_OTHER);
    let meant = school.post("/ledger/aid_payment/new", &officer, &format!("{}&_sure={sure}", pay("401"))).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
    let record = school.records("aid_payment")[0].id.clone();
    // A correction beyond it is asked about as well, a note is not.
    let edit = format!("/record/{record}/edit");
    assert_eq!(school.post(&edit, &officer, "was.note=&note=x").await.status, StatusCode::SEE_OTHER);
    let more = school.post(&edit, &officer, "was.amount=401&amount=410").await;
    assert!(more.status != StatusCode::SEE_OTHER && more.text.contains("多于批准金额"), "{}", more.text);
    // In the grid and in a file too, until it is said to be meant.
    let change = |sure: &str| json!({ "rows": [{ "key": record, "sure": sure, "cells": { "amount": { "was": "401", "now": "410" } } }] }).to_string();
    let save = "/ledger/aid_payment/grid/judge?save=1";
    let judged: serde_json::Value = serde_json::from_str(&school.post(save, &officer, &change("")).await.text).unwrap();
    let row = &judged["rows"][0];
    assert!(row["waits"] == true && row["new"] == false && row["asked"]["said"].as_str().unwrap().contains("多于批准金额"), "{judged}");
    let amount = || serde_json::to_value(&school.records("aid_payment")[0].fields["amount"]).unwrap();
    assert_eq!(amount(), 40_100);
    let csv = format!("记录号,金额（物品折价）\n{record},409\n");
    let seen = super::imports::upload(&school, &officer, "zh", "aid_payment", "发放.csv", csv.as_bytes()).await.text;
    assert!(seen.contains("写入前请先核对") && seen.contains("name=\"meant\" value=\"2\" required") && seen.contains("多于批准金额"), "{seen}");
    let apply = format!("/import/{}/apply", super::grid::hidden_token(&seen));
    let unsaid = school.post(&apply, &officer, "").await;
    assert!(unsaid.status == StatusCode::UNPROCESSABLE_ENTITY && unsaid.text.contains("第 2 行还没有核对"), "{}", unsaid.text);
    assert_eq!(amount(), 40_100, "nothing is written before");
    let meant = school.post(&apply, &officer, "meant=2").await;
    assert!(meant.location.starts_with("/import?done=1"), "{}", meant.text);
    assert_eq!(amount(), 40_900);
    let back = school.desk.ask(
        &nobody(),
        Ask::RecordSet { record: record.clone(), set: [("amount".to_owned(), "401".to_owned())].into(), by: None },
        Lang::Zh,
    );
    assert!(back.is_ok());
    let sure = row["asked"]["sure"].as_str().unwrap();
    let judged = school.post(save, &officer, &change(sure)).await.text;
    assert!(judged.contains("\"waits\":false") && amount() == 41_000, "{judged}");
    school
        .desk
        .ask(&nobody(), Ask::RecordSet { record: record.clone(), set: [("amount".to_owned(), "401".to_owned())].into(), by: None }, Lang::Zh)
        .unwrap();
    let gaps = more.text.split("name=\"_gaps\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let meant = school.post(&edit, &officer, &format!("was.amount=401&amount=410&_gaps={gaps}")).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
}

/// An application in a state that the county's decision brings, as the records have it.
fn decided(school: &School, child: &str, programme: &str, state: &str) -> String {
    let id = add(school, "aid_application", Some(child), &[("programme", programme), ("level", "special"), ("on", "2026-02-20")]);
    let put = format!(
        "UPDATE record SET state = '{state}', fields = json_set(fields, '$.approved_amount', 31250) WHERE id = '{id}';
         UPDATE record_aid_application SET _state = '{state}', approved_amount = 31250 WHERE _id = '{id}';"
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_in_a_table_stand_on_the_application_they_name_or_on_the_only_one_that_fits_and_are_asked_about_without_one() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let one = school.child("王小明", "529901201606120012", 3, 1);
    let two = school.child("赵小红", "529901201603020032", 3, 1);
    let three = school.child("李小花", "529901201606120020", 3, 1);
    school.child("谭娟波", "529901201509080012", 4, 1);
    let day = programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let first = decided(&school, &one, &day, "approved");
    let second = decided(&school, &two, &day, "allotted");
    decided(&school, &three, &day, "draft");
    let file = "姓名,资助项目,依据的申请,金额（物品折价）,资金渠道,资助形式,发放日期\n\
        王小明,小学走读生生活补助,小学走读生生活补助 · 特别困难,300,政府专款,现金,2026-03-01\n\
        赵小红,小学走读生生活补助,,400,政府专款,现金,2026-03-01\n\
        李小花,小学走读生生活补助,,300,政府专款,现金,2026-03-01\n";
    let seen = super::imports::upload(&school, &officer, "zh", "aid_payment", "发放.csv", file.as_bytes()).await.text;
    let asked = seen.split("写入前请先核对").nth(1).unwrap_or_else(|| panic!("{seen}"));
    assert!(asked.contains("第 4 行：未填写“依据的申请”") && asked.contains("第 3 行：这份申请各次发放合计（减退回）多于批准金额"), "{seen}");
    assert!(seen.contains("name=\"meant\" value=\"3,4\""), "the first is in order: {seen}");
    let apply = format!("/import/{}/apply", super::grid::hidden_token(&seen));
    assert!(school.post(&apply, &officer, "meant=3,4").await.location.starts_with("/import?done=3"));
    let on = |child: &str| {
        let rows = school.desk.replica.records_of(child).unwrap();
        rows.iter().find(|row| row.ledger == "aid_payment").unwrap().fields.get("application").map(|value| serde_json::to_value(value).unwrap())
    };
    assert_eq!((on(&one), on(&two)), (Some(first.clone().into()), Some(second.into())));
    assert!(on(&three).is_none_or(|value| value.is_null()));
    // Sent again it is known again, though nothing fits any more.
    let again = super::imports::upload(&school, &officer, "zh", "aid_payment", "发放.csv", file.as_bytes()).await.text;
    assert!(again.contains("没有需要写入的内容"), "{again}");
    // A second one of the term is asked about, of the file and of the record.
    let more = "姓名,资助项目,金额（物品折价）,资金渠道,资助形式,发放日期\n\
        谭娟波,小学走读生生活补助,10,社会资助,现金,2026-03-01\n谭娟波,小学走读生生活补助,11,社会资助,现金,2026-03-02\n\
        王小明,小学走读生生活补助,12,社会资助,现金,2026-03-02\n";
    let seen = super::imports::upload(&school, &officer, "zh", "aid_payment", "再发.csv", more.as_bytes()).await.text;
    assert!(seen.contains("第 3 行：本学期前面一行已有类似的一条") && seen.contains("第 4 行：本学期已经有一条类似的记录"), "{seen}");
    assert!(seen.contains("name=\"meant\" value=\"3,4\""), "{seen}");
    // The grid does the same.
    let cells = json!({ "programme": { "now": day }, "application": { "now": "小学走读生生活补助 · 特别困难" }, "amount": { "now": "1" }, "paid_on": { "now": "2026-08-02" }, "on": { "now": "2026-08-02" } });
    let act = json!({ "rows": [{ "key": format!("+{one}"), "cells": cells }] }).to_string();
    let judged = school.post("/ledger/aid_payment/grid/judge", &officer, &act).await.text;
    assert!(!judged.contains("没有找到记录"), "{judged}");
}

/// An application on notice for these days, as its steps would have left it.
fn on_notice(school: &School, child: &str, programme: &str, from: &str, until: &str) -> String {
    let id = decided(school, child, programme, "on_notice");
    let put = format!(
        "UPDATE record SET fields = json_set(json_remove(fields, '$.approved_amount'), '$.notice_school_from', '{from}', '$.notice_school_until', '{until}') WHERE id = '{id}';
         UPDATE record_aid_application SET approved_amount = NULL, notice_school_from = '{from}', notice_school_until = '{until}' WHERE _id = '{id}';"
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn each_name_on_a_notice_hangs_for_its_own_days_and_one_of_next_week_is_printed_before() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let children: Vec<String> = [("王小明", "529901201606120012"), ("赵小红", "529901201603020032"), ("李大军", "529901201606120039")]
        .map(|(name, id)| school.child(name, id, 3, 1))
        .into();
    let programme = programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    on_notice(&school, &children[0], &programme, "2026-02-26", "2026-03-04");
    let page = school.get("/ledger/aid_application/print?as=notice", &officer).await.text;
    assert!(page.contains("公示期自 2026年2月26日 至 2026年3月4日") && !page.contains("公示期见每人一行"), "{page}");
    on_notice(&school, &children[1], &programme, "2026-03-02", "2026-03-06");
    on_notice(&school, &children[2], &programme, "2026-03-09", "2026-03-13");
    let page = school.get("/ledger/aid_application/print?as=notice", &officer).await.text;
    for own in ["公示期见每人一行", "2026年2月26日—2026年3月4日", "2026年3月2日—2026年3月6日"] {
        assert!(page.contains(own), "{own}: {page}");
    }
    assert!(!page.contains("李*军") && page.contains("2026年3月9日起公示的</a>"), "{page}");
    let ahead = school.get("/ledger/aid_application/print?as=notice&day=2026-03-09", &officer).await.text;
    assert!(ahead.contains("李*军") && !ahead.contains("王*明") && ahead.contains("公示期自 2026年3月9日 至 2026年3月13日"), "{ahead}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_out_or_was_approved_is_not_rewritten_and_what_is_empty_may_be_filled() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let (one, two) = (school.child("王小明", "529901201606120012", 3, 1), school.child("赵小红", "529901201603020032", 3, 1));
    // Of whom nothing is written: the county's programmes lie in the last document of this fixture.
    let _ = school.child("李大军", "529901201606120039", 3, 1);
    let day = programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let other = programme(&school, "XX_JD", "小学建档立卡", "primary", "any", None);
    let notice = on_notice(&school, &one, &day, "2026-02-26", "2026-03-04");
    let paid = decided(&school, &two, &day, "paid");
    for (record, state) in [(&notice, "公示中"), (&paid, "已发放")] {
        let edit = format!("/record/{record}/edit");
        let form = school.get(&edit, &officer).await.text;
        assert!(form.contains(&format!("“{state}”时这一项不能改。")) && !form.contains("name=\"programme\""), "{form}");
        let refused = school.post(&edit, &officer, &format!("programme={other}&was.programme={day}")).await;
        assert!(refused.text.contains(&format!("“{state}”时不能改“资助项目”。")), "{}", refused.text);
        let filled = school.post(&edit, &officer, "household_size=4&was.household_size=&note=%E8%A1%A5&was.note=").await;
        assert_eq!(filled.status, StatusCode::SEE_OTHER, "{}", filled.text);
    }
    let of = |id: &str| school.desk.replica.locate(id).unwrap().fields["programme"].clone();
    assert_eq!((of(&notice), of(&paid)), (huxue_shared::document::view::Value::Str(day.clone()), huxue_shared::document::view::Value::Str(day)));
}
