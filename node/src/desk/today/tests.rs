//! What the first page asks of whom.

use super::super::tests::{School, class, nobody, seams::add};
use huxue_shared::{command::Request as Ask, locale::Lang, web::account::Role};

fn step(school: &School, record: &str, step: &str, set: &[(&str, &str)]) {
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let request = Ask::RecordStep { record: record.into(), step: step.into(), set, on: None, by: None, why: None, to: None };
    school.desk.ask(&nobody(), request, Lang::Zh).unwrap();
}

/// A child that a programme in force must aid.
fn must_aid(school: &School, child: &str) {
    let set = [("categories".to_owned(), "orphan".to_owned())].into();
    school.desk.ask(&nobody(), Ask::RecordSet { record: child.into(), set, by: None }, Lang::Zh).unwrap();
    let put = "INSERT INTO record_aid_programme (_id, _doc, _year, _term, _disputed, _reopened, _v, void, code, name, stage, valid_from, must_aid)
               VALUES ('aid_programme:1', 1, 2025, 0, 0, 0, 1, 0, 'X', 'X', 'primary', '2020-01-01', '|orphan|')";
    school.desk.replica.store().write(|c| c.execute_batch(put).map_err(huxue_shared::store::StoreError::from)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn items_come_to_who_can_do_them_and_to_nobody_else() {
    let school = School::new();
    let roles = [Role::Registrar, Role::AidOfficer, Role::ClassTeacher, Role::Principal];
    let people: Vec<_> =
        ["wang", "zhao", "li", "zhang"].iter().zip(roles).map(|(login, role)| school.person(login, &[role], &[class(3, 1)]).0).collect();
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.listed();
    must_aid(&school, &child);
    let filed = [("kind", "plan"), ("title", "计划"), ("dated", "2026-03-01"), ("level", "school"), ("section", "office"), ("period", "2026H1")];
    let document = add(&school, "document", None, &filed);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-03-02")]);
    let countys = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-02")]);
    step(&school, &countys, "verify", &[]);
    step(&school, &countys, "exclude", &[("excluded_proof", "error")]);
    let draft = add(&school, "aid_application", Some(&school.child("赵小红", "529901201603020032", 3, 1)), &[("applicant", "guardian")]);
    let report = add(&school, "monthly_report", None, &[("month", "2026-02"), ("zero", "yes")]);
    school.clock.advance_s(120 * 24 * 3600);
    let contact = format!("/ledger/care_log/new?student={child}&#38;kind=call");
    let apply = format!("/ledger/aid_application/new?student={child}");
    // What it is, and whether it is the registrar's, the aid officer's, the class teacher's, the principal's.
    let table = [
        ("a paper to be archived", &document, [true, true, false, true]),
        ("a case to be verified", &case, [true, false, true, false]),
        ("a case the county closes", &countys, [false; 4]),
        ("a draft that lies about", &draft, [false, true, false, false]),
        ("a report to be signed", &report, [false, false, false, true]),
        ("parents to be called", &contact, [true, false, true, false]),
        ("a child to be aided", &apply, [false, true, false, false]),
    ];
    for (at, person) in people.iter().enumerate() {
        let session = school.desk.sessions.begin(school.desk.clock(), person.id);
        let page = school.get("/", &session).await.text;
        for (what, mark, whose) in &table {
            assert_eq!(page.contains(mark.as_str()), whose[at], "{what}, {}: {page}", person.login);
        }
        assert!(!page.contains("今天的事都办完了"), "{}", person.login);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_for_whom_somebody_applied_or_said_why_not_is_not_asked_for_again() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    must_aid(&school, &child);
    let page = school.get("/", &officer).await.text;
    let card = page.split("id=\"card-must_aid_unaided\"").nth(1).unwrap_or_else(|| panic!("{page}"));
    assert!(card.contains("王小明 · 三年级1班 · 孤儿") && card.contains("填申请"), "{card}");
    add(&school, "aid_application", Some(&child), &[("applicant", "guardian")]);
    assert!(!school.get("/", &officer).await.text.contains("card-must_aid_unaided"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_of_one_kind_have_a_card_of_their_own_and_hide_nothing_else() {
    let school = School::new();
    let (account, _) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    for _ in 0..9 {
        add(&school, "aid_application", Some(&child), &[("applicant", "guardian")]);
    }
    let filed = [("kind", "plan"), ("title", "计划"), ("dated", "2026-03-01"), ("level", "school"), ("section", "office"), ("period", "2026H1")];
    let document = add(&school, "document", None, &filed);
    let session = next_days(&school, account.id, 14);
    assert!(!school.get("/", &session).await.text.contains("card-late"), "fifteen days are theirs");
    let session = next_days(&school, account.id, 30);
    let page = school.get("/", &session).await.text;
    let (late, drafts) = page.split_once("id=\"card-late-aid_application-draft\"").unwrap_or_else(|| panic!("{page}"));
    assert!(late.contains(&document) && !late.contains("aid_application:"), "{late}");
    assert!(drafts.contains("资助申请认定 · 草稿 <span class=\"count\">9</span>"), "{drafts}");
    assert!(drafts.contains("/ledger/aid_application?state=draft"), "the rest is one click away: {drafts}");
}

/// Hours of `n` days, and a new session: none lasts the night.
fn next_days(school: &School, account: i64, n: i64) -> String {
    school.clock.advance_s(n * 24 * 3600);
    school.desk.sessions.begin(school.desk.clock(), account)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_named_for_following_up_comes_back_until_a_later_record_and_only_to_who_reaches_the_child() {
    let school = School::new();
    let (account, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, other) = school.person("he", &[Role::ClassTeacher], &[class(3, 2)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = |kind: &str, more: &str| format!("_student={child}&kind={kind}&on=2026-03-02&by=li{more}");
    let made = school.post("/ledger/care_log/new", &session, &log("call", "&follow_up=true&found=x&next_on=2026-03-20")).await;
    assert_eq!(made.location.split(':').next(), Some("/record/care_log"), "{} {}", made.status, made.text);
    assert!(!school.get("/", &session).await.text.contains("card-follow"), "not yet");
    let session = next_days(&school, account.id, 19);
    let page = school.get("/", &session).await.text;
    assert!(page.contains("card-follow") && page.contains(&format!("/ledger/care_log/new?student={child}")), "{page}");
    assert!(!school.get("/", &other).await.text.contains("王小明"));
    let later = format!("_student={child}&kind=visit&on=2026-03-21&by=li");
    assert!(school.post("/ledger/care_log/new", &session, &later).await.location.starts_with("/record/care_log"));
    assert!(!school.get("/", &session).await.text.contains("card-follow"), "a later record settles it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_begun_is_not_missing_and_the_principal_signs_it_with_one_click() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    school.listed();
    let missing = "/ledger/monthly_report/new?month=2026-02";
    let page = school.get("/", &registrar).await.text;
    assert!(page.contains("card-monthly_reports_missing") && page.contains(missing), "{page}");
    let figures = "month=2026-02&zero=true&pupils=1&present=1&suspected=0&confirmed=0&returned=0&relapsed=0&open_cases=0";
    let made = school.post("/ledger/monthly_report/new", &registrar, figures).await;
    let record = made.location.split('?').next().unwrap().to_owned();
    assert!(record.starts_with("/record/monthly_report:"), "{} {}", made.status, made.text);
    let page = school.get("/", &registrar).await.text;
    assert!(!page.contains(missing), "begun is not missing: {page}");
    assert!(!page.contains(&record) && !page.contains("card-monthly_reports_to_sign"), "what waits for the principal is not the registrar's: {page}");
    let sign = format!("{record}/step/sign");
    let page = school.get("/", &principal).await.text;
    assert!(page.contains("card-monthly_reports_to_sign") && page.contains(&sign) && page.contains("2026-02 · 零报告 · 在籍 1"), "{page}");
    assert!(!page.contains("五天内由校长签字"), "once, not twice: {page}");
    // While a figure and the records differ, the report is looked at before it is signed.
    let set = |value: &str| {
        let set = [("suspected".to_owned(), value.to_owned()), ("zero".to_owned(), if value == "0" { "yes" } else { "no" }.to_owned())].into();
        let request = Ask::RecordSet { record: record.trim_start_matches("/record/").to_owned(), set, by: None };
        school.desk.ask(&nobody(), request, Lang::Zh).unwrap();
    };
    set("2");
    let other = school.get("/", &principal).await.text;
    assert!(!other.contains(&sign) && other.contains("本月新增疑似辍学上报 2 人，台账 0 人"), "{other}");
    set("0");
    // The button sends what stands in the card, nothing else.
    let along = page.split(&sign).nth(1).and_then(|rest| rest.split("</form>").next()).unwrap();
    assert!(along.contains("name=\"signed_by\" value=\"zhang老师\""), "{along}");
    let signed = school.post(&sign, &principal, "signed_by=zhang%E8%80%81%E5%B8%88").await;
    assert_eq!(signed.status.as_u16(), 303, "{}", signed.text);
    assert_eq!(school.records("monthly_report")[0].state.as_deref(), Some("signed"));
    assert!(!school.get("/", &principal).await.text.contains("card-monthly_reports_to_sign"));
    let early = school.post("/ledger/monthly_report/new", &registrar, "month=2026-04&zero=true").await;
    assert!(early.status.as_u16() == 422 && early.text.contains("这个月还没有开始"), "{} {}", early.status, early.text);
    let early = school.get("/ledger/monthly_report/new?month=2026-04", &registrar).await;
    assert!(early.text.contains("这个月还没有开始") && !early.text.contains("本月无情况，零报告"), "nothing is offered for it: {}", early.text);
    let unrolled = school.get("/ledger/monthly_report/new?month=2026-01", &registrar).await.text;
    assert!(unrolled.contains("有班级本月没有点过名") && !unrolled.contains("name=\"present\" value=\"1\""), "{unrolled}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_out_of_reports_come_to_who_does_the_work() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, elsewhere) = school.person("he", &[Role::ClassTeacher], &[class(3, 2)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let form = format!("/ledger/care_log/new?student={child}&#38;kind=call");
    for (session, due) in [(&registrar, true), (&teacher, true), (&officer, false), (&elsewhere, false)] {
        let page = school.get("/", session).await.text;
        assert_eq!((page.contains("id=\"card-left_behind_no_contact\""), page.contains(&form)), (due, due), "{page}");
    }
    // The whole school's report is not theirs.
    assert!(!school.get("/", &teacher).await.text.contains("/report/"));
}

#[test]
fn a_card_counts_things_to_do_and_not_its_lines() {
    let line = |items| super::Line { items, ..super::Line::default() };
    let card = super::Card::new("x", String::new(), vec![line(Some(12)), line(None)], "").unwrap();
    assert_eq!((card.count, card.lines.len(), card.more), (13, 2, 0));
    let long = super::Card::new("x", String::new(), vec![line(None); 10], "").unwrap();
    assert_eq!((long.count, long.lines.len(), long.more), (10, 8, 2));
    assert!(super::Card::new("x", String::new(), Vec::new(), "").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_record_has_its_button_which_names_the_step() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20"), ("on", "2026-02-20")]);
    let page = school.get("/", &registrar).await.text;
    assert!(page.contains(&format!("<a class=\"button\" href=\"/record/{case}#way\">开始核实</a>")), "{page}");
    assert!(!page.contains("右边的按钮"));
    assert!(school.get(&format!("/record/{case}"), &registrar).await.text.contains("id=\"way\""), "and it leads to the step");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_published_card_that_cannot_be_answered_says_so_and_hides_no_other() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar, Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    must_aid(&school, &child);
    let text = r#"-- +++
-- name = "broken"
-- question = 1
-- title = { zh = "坏了的表", en = "Broken" }
-- help = { zh = "说明。", en = "Help." }
-- ledgers = ["enrolment"]
-- columns = [
--   { code = "name", type = "text", title = { zh = "姓名", en = "Name" } },
--   { code = "record", type = "text", title = { zh = "记录", en = "Record" } },
-- ]
-- [today]
-- order = 1
-- ledger = "enrolment"
-- text = ["name"]
-- open = "/child/{record}"
-- +++
SELECT name, _student AS another FROM record_enrolment"#;
    let put = format!(
        "INSERT INTO record_report_definition (_id, _doc, _year, _term, _disputed, _reopened, _v, void, text)
         VALUES ('report_definition:1', 1, 2025, 0, 0, 0, 1, 0, '{}')",
        text.replace('\'', "''")
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let page = school.get("/", &registrar).await.text;
    assert!(page.contains("坏了的表") && page.contains("href=\"/report/broken\""), "{page}");
    assert!(page.contains("应助未助"), "the others are there: {page}");
}
