//! The roll: what is counted across days stays right when one of them is corrected.

use super::{School, class};
use axum::http::StatusCode;
use huxue_shared::{document::view::Value, web::account::Role};

#[tokio::test(flavor = "multi_thread")]
async fn an_absence_is_counted_anew_when_a_day_in_it_is_corrected() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let mark = async |day: &str, state: &str| {
        let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state={state}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    let counted = |day: &str| {
        let row = school.records("dropout_check").into_iter().find(|row| row.on.as_deref() == Some(day)).unwrap();
        (row.fields.get("since").cloned().unwrap_or(Value::Null), row.fields.get("days_absent").cloned().unwrap_or(Value::Null))
    };
    let since = |day: &str, days: i64| (Value::Str(day.to_owned()), Value::Int(days));
    // Tuesday to Friday, and the Monday after.
    for day in ["2026-02-24", "2026-02-25", "2026-02-26", "2026-02-27", "2026-03-02"] {
        mark(day, "absent").await;
    }
    assert_eq!(counted("2026-03-02"), since("2026-02-24", 5));
    mark("2026-02-25", "leave").await;
    assert_eq!(counted("2026-02-24"), since("2026-02-24", 1));
    assert_eq!(counted("2026-02-26"), since("2026-02-26", 1));
    assert_eq!(counted("2026-03-02"), since("2026-02-26", 3), "over the weekend");
    for (day, days) in [("2026-02-26", 1), ("2026-02-27", 2), ("2026-03-02", 3)] {
        let page = school.get(&format!("/roll/3/1?on={day}"), &teacher).await.text;
        assert!(page.contains(&format!("缺勤第 {days} 天")), "{day}: {page}");
    }
    // And back again.
    mark("2026-02-25", "absent").await;
    assert_eq!(counted("2026-03-02"), since("2026-02-24", 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_offered_to_be_made_void_only_when_its_days_are_no_longer_so_whichever_day_is_looked_at() {
    let days = ["2026-02-24", "2026-02-25", "2026-02-26"];
    for order in [[0, 1, 2], [2, 1, 0], [0, 2, 1]] {
        let school = School::new();
        let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
        let child = school.child("王小明", "529901201606120012", 3, 1);
        let mark = async |day: &str, state: &str| {
            let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state={state}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        };
        for at in order {
            mark(days[at], "absent").await;
        }
        let void = || school.records("dropout_case").iter().all(|row| row.void);
        assert!(!void(), "{order:?}: a case is open");
        for day in days.into_iter().chain(["2026-02-27", "2026-03-02"]) {
            let page = school.get(&format!("/roll/3/1?on={day}"), &teacher).await.text;
            assert!(!page.contains("缺勤已改，作废个案"), "{order:?} {day}: {page}");
            let answer = school.post(&format!("/roll/3/1/withdraw?on={day}"), &teacher, &format!("student={child}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{order:?} {day}");
            assert!(answer.text.contains("没有作废：这个学生的缺勤仍满规则所说的天数"), "{}", answer.text);
            assert!(!void(), "{order:?} {day}");
        }
        // Another run takes its place: two days of it are still in one.
        mark("2026-02-27", "absent").await;
        mark(days[0], "leave").await;
        assert!(!school.get("/roll/3/1?on=2026-02-24", &teacher).await.text.contains("作废个案"), "{order:?}");
        mark("2026-02-26", "leave").await;
        for day in days {
            let page = school.get(&format!("/roll/3/1?on={day}"), &teacher).await.text;
            assert!(page.contains("缺勤已改，作废个案"), "{order:?} {day}: {page}");
        }
        let answer = school.post("/roll/3/1/withdraw?on=2026-02-24", &teacher, &format!("student={child}")).await;
        assert_eq!((answer.status, void()), (StatusCode::SEE_OTHER, true), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_refused_keeps_its_day_and_its_reason() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let made = school.post("/ledger/dropout_case/new", &registrar, &format!("_student={child}&opened_by=teacher&on=2026-02-20")).await;
    let record = made.location.split('?').next().unwrap().to_owned();
    for (step, on) in [("verify", "2026-02-23"), ("confirm", "2026-02-25")] {
        let answer = school.post(&format!("{record}/step/{step}"), &registrar, &format!("_on={on}&_why=%E5%AE%B6%E9%95%BF%E6%9D%A5%E7%94%B5")).await;
        if answer.status == StatusCode::SEE_OTHER {
            continue;
        }
        assert!(answer.text.contains(&format!("name=\"_on\" max=\"9999-12-31\" value=\"{on}\"")), "{}", answer.text);
        assert!(answer.text.contains("name=\"_why\" maxlength=\"200\" value=\"家长来电\""), "{}", answer.text);
        return;
    }
    panic!("nothing was refused");
}
