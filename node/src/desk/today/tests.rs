//! What the first page asks of whom.

use super::super::tests::{School, class};
use huxue_shared::web::account::Role;

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
    assert!(
        page.contains(&record) && page.contains("由校长签字") && !page.contains("card-monthly_reports_to_sign"),
        "the registrar sees that it waits: {page}"
    );
    let sign = format!("{record}/step/sign");
    assert!(!page.contains(&sign), "and is not asked to sign");
    let page = school.get("/", &principal).await.text;
    assert!(page.contains("card-monthly_reports_to_sign") && page.contains(&sign) && page.contains("2026-02 · 零报告 · 在籍 1"), "{page}");
    assert!(!page.contains("五天内由校长签字"), "once, not twice: {page}");
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
