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
