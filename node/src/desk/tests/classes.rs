//! A school's ledger whose records are of one class each (the rolls): read by every teacher, written and printed by class.

use super::{School, class, grid::hidden_token, imports::upload, seams::add};
use axum::http::StatusCode;
use huxue_shared::{document::view::Value, replica::browse::Row, web::account::Role};
use serde_json::{Value as Json, json};

const DAY: &str = "2026-02-26";

/// A roll of a class, as somebody else entered it.
fn roll(school: &School, grade: &str, class: &str, present: &str) -> String {
    let set = [("stage", "primary"), ("grade", grade), ("class", class), ("week", "2"), ("expected", "99"), ("present", present), ("absent", "0")];
    add(school, "dropout_roll", None, &[&set[..], &[("done_by", "王老师"), ("on", DAY)]].concat())
}

/// The form of a new roll.
fn form(grade: &str, class: &str, present: &str) -> String {
    format!("stage=primary&grade={grade}&class={class}&week=2&expected=9&present={present}&absent=0&done_by=x&on={DAY}")
}

fn number(school: &School, id: &str, key: &str) -> Option<Value> {
    school.desk.replica.locate(id).unwrap().fields.get(key).cloned()
}

fn rolls(school: &School) -> Vec<Row> {
    school.records("dropout_roll")
}

/// A teacher of 3/1 and 3/2, and the registrar.
fn people(school: &School) -> (String, String) {
    school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 1, 3);
    let teacher = school.person("li", &[Role::ClassTeacher], &[class(3, 1), class(3, 2)]).1;
    (teacher, school.person("wang", &[Role::Registrar], &[]).1)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teacher_reads_the_rolls_of_all_classes_and_writes_those_of_the_own() {
    let school = School::new();
    let (teacher, registrar) = people(&school);
    let (own, other) = (roll(&school, "3", "1", "8"), roll(&school, "1", "3", "7"));
    assert!(school.get("/ledger/dropout_roll", &teacher).await.text.contains(&format!("/record/{other}")), "read as before");
    let page = school.get(&format!("/record/{other}"), &teacher).await;
    assert_eq!(page.status, StatusCode::OK);
    for act in ["edit", "void", "file"] {
        assert!(!page.text.contains(&format!("/record/{other}/{act}")), "{act} would be refused: {}", page.text);
    }
    let mine = school.get(&format!("/record/{own}"), &teacher).await.text;
    assert!(mine.contains(&format!("/record/{own}/edit")) && mine.contains(&format!("/record/{own}/void")), "{mine}");

    let before = school.desk.replica.status().unwrap()["head_lsn"].clone();
    assert_eq!(school.get(&format!("/record/{other}/edit"), &teacher).await.status, StatusCode::FORBIDDEN);
    for (act, body) in [("edit", "was.present=7&present=5"), ("void", "_why=x")] {
        let refused = school.post(&format!("/record/{other}/{act}"), &teacher, body).await;
        assert!(refused.status == StatusCode::FORBIDDEN && refused.text.contains("这个班不归您管"), "{act}: {}", refused.text);
    }
    for body in [form("1", "3", "5"), form("", "", "5"), form("三年级", "3班", "5")] {
        let refused = school.post("/ledger/dropout_roll/new", &teacher, &body).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("这个班不归您管"), "{body}: {}", refused.text);
    }
    for body in ["was.class=1&class=3", "was.grade=3&grade=1", "was.class=1&class="] {
        let refused = school.post(&format!("/record/{own}/edit"), &teacher, body).await;
        assert!(refused.text.contains("这个班不归您管"), "nor is an own one put there, {body}: {}", refused.text);
    }
    assert_eq!(school.desk.replica.status().unwrap()["head_lsn"], before, "nothing was written");

    let saved = school.post(&format!("/record/{own}/edit"), &teacher, "was.present=8&present=6").await;
    assert_eq!((saved.status, number(&school, &own, "present")), (StatusCode::SEE_OTHER, Some(Value::Int(6))), "{}", saved.text);
    let made = school.post("/ledger/dropout_roll/new", &teacher, &form("三年级", "2班", "5")).await;
    assert_eq!((made.status, rolls(&school).len()), (StatusCode::SEE_OTHER, 3), "{}", made.text);
    let saved = school.post(&format!("/record/{other}/edit"), &registrar, "was.present=7&present=5").await;
    assert_eq!(
        (saved.status, number(&school, &other, "present")),
        (StatusCode::SEE_OTHER, Some(Value::Int(5))),
        "whoever writes all: {}",
        saved.text
    );
    let undo = saved.location.split("undo=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    assert_eq!(school.post(&format!("/undo/{undo}"), &teacher, "").await.status, StatusCode::FORBIDDEN);
    assert_eq!(school.post(&format!("/undo/{undo}"), &registrar, "").await.status, StatusCode::OK);
    // The roll page asks for the class's children, as before.
    assert_eq!(school.post("/roll/3/1/done?on=2026-03-02", &teacher, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(school.post("/roll/1/3/done?on=2026-03-02", &teacher, "").await.status, StatusCode::FORBIDDEN);
}

async fn judged(school: &School, session: &str, rows: Json) -> Json {
    let answer = school.post("/ledger/dropout_roll/grid/judge?save=1", session, &json!({ "rows": rows }).to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teachers_grid_and_file_hold_rolls_of_the_own_classes() {
    let school = School::new();
    let (teacher, _) = people(&school);
    let (own, other) = (roll(&school, "3", "1", "8"), roll(&school, "1", "3", "7"));
    let grid = school.get("/ledger/dropout_roll/grid", &teacher).await.text;
    assert!(grid.contains(&own) && !grid.contains(&other) && grid.contains("共 1 条"), "{grid}");
    let cells = |of: &[(&str, &str)]| of.iter().map(|(code, now)| ((*code).to_owned(), json!({ "now": now }))).collect::<serde_json::Map<_, _>>();
    let new = |grade: &str, class: &str| {
        let set = [("stage", "小学"), ("grade", grade), ("class", class), ("week", "2"), ("expected", "9"), ("present", "9"), ("absent", "0")];
        json!({ "key": "+", "cells": cells(&[&set[..], &[("done_by", "李"), ("on", "2026-02-27")]].concat()) })
    };
    let change = |key: &str, code: &str, now: &str| json!({ "key": key, "cells": cells(&[(code, now)]) });
    let rows = json!([change(&other, "present", "5"), change(&own, "class", "3"), new("1", "3"), new("3", "2"), change(&own, "present", "6")]);
    let said = judged(&school, &teacher, rows).await;
    let refused = |at: usize| said["rows"][at]["message"].as_str().unwrap_or_default().contains("这个班不归您管");
    assert_eq!([0, 1, 2, 3, 4].map(refused), [true, true, true, false, false], "{said}");
    assert_eq!([number(&school, &own, "class"), number(&school, &other, "present")], [Some(Value::Int(1)), Some(Value::Int(7))]);
    assert_eq!((number(&school, &own, "present"), rolls(&school).len()), (Some(Value::Int(6)), 3), "{said}");

    let head = "记录号,学段,年级,班级,教学周,应到人数,实到人数,无故缺勤人数,点名人,日期";
    let csv = format!(
        "{head}\n,小学,3,2,2,9,8,0,李,2026-02-25\n,小学,1,3,2,9,8,0,李,2026-02-25\n{other},小学,1,3,2,9,4,0,李,{DAY}\n{own},小学,1,3,2,9,6,0,李,{DAY}\n"
    );
    let seen = upload(&school, &teacher, "zh", "dropout_roll", "点名.csv", csv.as_bytes()).await.text;
    assert_eq!(seen.matches("这个班不归您管").count(), 3, "{seen}");
    let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &teacher, "").await;
    assert!(done.location.starts_with("/import?done=1&refused=3"), "{} {}", done.location, done.text);
    assert_eq!([number(&school, &own, "class"), number(&school, &other, "present")], [Some(Value::Int(1)), Some(Value::Int(7))]);
    let undo = done.location.split("undo=").nth(1).unwrap().to_owned();
    assert_eq!(school.post(&format!("/undo/{undo}"), &teacher, "").await.status, StatusCode::OK, "the own batch is taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_roll_of_a_class_and_day_is_asked_about_in_a_form_a_grid_and_a_file() {
    let school = School::new();
    let (_, registrar) = people(&school);
    let there = roll(&school, "3", "1", "8");
    let asked = school.post("/ledger/dropout_roll/new", &registrar, &form("三年级", "1班", "6")).await;
    assert!(asked.text.contains("同一天已经有一条类似的记录（点名册）") && asked.text.contains(&format!("/record/{there}")), "{}", asked.text);
    assert_eq!(rolls(&school).len(), 1, "nothing yet");
    for other in [form("3", "2", "6"), form("3", "1", "6").replace(DAY, "2026-02-27")] {
        let made = school.post("/ledger/dropout_roll/new", &registrar, &other).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "another class or day is another roll: {}", made.text);
    }
    let sure = asked.text.split("name=\"_sure\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let made = school.post("/ledger/dropout_roll/new", &registrar, &format!("{}&_sure={sure}", form("3", "1", "6"))).await;
    assert_eq!((made.status, rolls(&school).len()), (StatusCode::SEE_OTHER, 4), "the next press is a choice: {}", made.text);

    let cells = |day: &str| {
        json!({ "stage": { "now": "小学" }, "grade": { "now": "3" }, "class": { "now": "1" }, "week": { "now": "2" },
        "expected": { "now": "9" }, "present": { "now": "9" }, "absent": { "now": "0" }, "done_by": { "now": "李" }, "on": { "now": day } })
    };
    let mut again = cells("2026-02-25");
    again["present"] = json!({ "now": "5" });
    let rows = json!([{ "key": "+", "cells": cells(DAY) }, { "key": "+", "cells": cells("2026-02-25") }, { "key": "+", "cells": again }]);
    let said = judged(&school, &registrar, rows).await;
    let waits = |at: usize| said["rows"][at]["waits"] == true;
    assert_eq!(([0, 1, 2].map(waits), rolls(&school).len()), ([true, false, true], 5), "{said}");

    let csv = format!(
        "学段,年级,班级,教学周,应到人数,实到人数,无故缺勤人数,点名人,日期\n小学,3,1,2,9,7,0,李,{DAY}\n小学,3,1,2,9,7,0,李,2026-02-24\n小学,3,1,2,9,6,0,李,2026-02-24\n"
    );
    let seen = upload(&school, &registrar, "zh", "dropout_roll", "点名.csv", csv.as_bytes()).await.text;
    assert!(seen.contains("同一天已经有一条类似的记录") && seen.contains("同一天前面一行已有类似的一条"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledgers_of_a_class_on_paper_hold_its_rolls_and_a_class_teachers_those_of_the_own_classes() {
    let school = School::new();
    let (teacher, registrar) = people(&school);
    for (grade, class, present) in [("3", "1", "81"), ("3", "2", "82"), ("1", "3", "83")] {
        roll(&school, grade, class, present);
    }
    add(&school, "activity", None, &[("on", "2026-03-01"), ("kind", "care"), ("title", "包饺子"), ("headcount_pupils", "20")]);
    let printed = async |who: &str, query: &str| {
        let page = school.get(&format!("/paper/ledgers?l.dropout_roll=1&l.activity=1{query}"), who).await.text;
        let rolls = ["81 人", "82 人", "83 人"].map(|present| page.contains(present));
        (rolls, page.contains("包饺子"), page)
    };
    let (rolls, activity, page) = printed(&registrar, "").await;
    assert!(rolls == [true; 3] && activity && page.contains("全校"), "{page}");
    let (rolls, activity, page) = printed(&registrar, "&class=1.3").await;
    assert!(rolls == [false, false, true] && !activity, "a class has no activities of its own: {page}");
    let (rolls, activity, page) = printed(&teacher, "").await;
    assert!(rolls == [true, true, false] && activity && page.contains("三年级1班、三年级2班"), "as its head says: {page}");
    assert_eq!(printed(&teacher, "&class=3.2").await.0, [false, true, false]);
    assert_eq!(printed(&teacher, "&class=1.3").await.0, [false; 3], "the head would name the class, the account has it not");
}
