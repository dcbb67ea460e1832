//! The roll: what is counted across days stays right when one of them is corrected.
//!
//! Long as it is, this is one room: days marked, corrected, forgotten and handed in are told with the same few helpers.

use super::{
    School, class,
    seams::{add, disagreement},
};
use axum::http::StatusCode;
use huxue_shared::{
    command::{Request as Ask, render::render},
    document::view::Value,
    locale::Lang,
    web::account::Role,
};
use serde_json::json;

/// The head of 3/1 of 2 March, handed in, with figures that another machine wrote otherwise.
async fn disputed_head(school: &School, teacher: &str, absent: &[i64]) -> String {
    let done = school.post("/roll/3/1/done?on=2026-03-02", teacher, "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let head = school.records("dropout_roll")[0].id.clone();
    let written = |values: &[i64]| values.iter().map(|value| json!({ "value": value, "origin": "00000000000000aa" })).collect::<Vec<_>>();
    let fields = json!({ "expected": written(&[12]), "present": written(&[7]), "absent": written(absent) });
    disagreement(school, &head, "group", "expected,present,absent", &json!({ "fields": fields }));
    head
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_rolls_figures_in_dispute_only_those_that_differ_are_chosen_and_the_class_and_the_day_are_named() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let head = disputed_head(&school, &registrar, &[1, 2]).await;
    let inbox = school.get("/conflicts", &registrar).await.text;
    assert!(inbox.contains("点名册 · 三年级1班 · 3月2日"), "{inbox}");
    assert!(inbox.contains("应到人数：<strong>12 人</strong> <span class=\"soft\">两处写得一样</span>"), "{inbox}");
    assert!(!inbox.contains("choose.expected") && !inbox.contains("type.present") && inbox.contains("choose.absent"), "{inbox}");
    let nothing = school.post("/conflicts/group000000", &registrar, "").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY, "what differs is chosen by a person");
    let settled = school.post("/conflicts/group000000", &registrar, "choose.absent=%232").await;
    assert_eq!(settled.status, StatusCode::SEE_OTHER, "{}", settled.text);
    let fields = &school.records("dropout_roll")[0].fields;
    let number = |key: &str| fields.get(key).cloned();
    assert_eq!([number("expected"), number("present"), number("absent")], [12, 7, 2].map(|n| Some(Value::Int(n))), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_is_saved_and_counted_while_the_figures_of_its_roll_wait_to_be_settled() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let _ = disputed_head(&school, &teacher, &[1, 2]).await;
    let answer = school.post("/roll/3/1/row?on=2026-03-02", &teacher, &format!("student={child}&state=absent")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(
        answer.text.contains("已保存") && answer.text.contains("到校 0 人，应到 1 人") && answer.text.contains("无故缺勤 1 人"),
        "{}",
        answer.text
    );
    let way = "href=\"/conflicts#c-group000000\">点名册上的人数两处写得不一样，等人定夺</a>";
    assert_eq!(answer.text.matches(way).count(), 1, "{}", answer.text);
    let done = school.post("/roll/3/1/done?on=2026-03-02", &teacher, "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let page = school.get("/roll/3/1?on=2026-03-02&done=1", &teacher).await.text;
    assert!(page.contains(way) && page.contains("到校 0 人，应到 1 人"), "{page}");
    assert_eq!(school.records("dropout_roll")[0].fields.get("absent"), Some(&Value::Int(0)), "nothing was chosen for a person");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_marked_differently_on_two_machines_is_said_to_be_and_the_next_mark_settles_it() {
    for again in ["leave", "ill", "present"] {
        let school = School::new();
        let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
        let child = school.child("王小明", "529901201606120012", 3, 1);
        let _ = school.child("李小红", "529901201606120020", 3, 1);
        for state in ["leave", "ill"] {
            let _ = add(&school, "dropout_check", Some(&child), &[("state", state), ("method", "roll"), ("on", "2026-03-02")]);
        }
        let done = school.post("/roll/3/1/done?on=2026-03-02", &teacher, "").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let page = school.get("/roll/3/1?on=2026-03-02", &teacher).await.text;
        assert!(page.contains("两处点得不一样：请假 / 病休") && page.contains("1 人两处点得不一样"), "{page}");
        assert!(
            page.contains("到校 1 人，应到 2 人") && !page.contains(&format!("id=\"s-{child}-leave\" name=\"state\" value=\"leave\" checked")),
            "{page}"
        );
        let answer = school.post("/roll/3/1/row?on=2026-03-02", &teacher, &format!("student={child}&state={again}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.text.contains("已保存") && !answer.text.contains("两处点得不一样"), "{again}: {}", answer.text);
        let all = school.desk.replica.records_of(&child).unwrap();
        let (void, stands): (Vec<_>, Vec<_>) = all.into_iter().filter(|row| row.ledger == "dropout_check").partition(|row| row.void);
        assert_eq!((void.len(), stands.len()), (1, 1), "{again}");
        assert_eq!(stands[0].fields.get("state"), Some(&Value::Str(again.to_owned())));
        let shown = school.desk.replica.show(&void[0].id).unwrap().to_string();
        assert!(shown.contains("以重新点的为准"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_one_value_each_stand_plainly_and_are_settled_without_choosing() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let head = disputed_head(&school, &registrar, &[1]).await;
    let page = school.get(&format!("/record/{head}"), &registrar).await.text;
    assert!(page.contains("href=\"/conflicts#c-group000000\">12 人</a>") && !page.contains("待定：12"), "{page}");
    let settled = school.post("/conflicts/group000000", &registrar, "").await;
    assert_eq!(settled.status, StatusCode::SEE_OTHER, "{}", settled.text);
    assert_eq!(school.records("dropout_roll")[0].fields.get("present"), Some(&Value::Int(7)));
}

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
async fn a_past_roll_is_counted_anew_with_the_children_who_were_in_the_class_then_whoever_counts() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let stays = school.child("王小明", "529901201606120012", 3, 1);
    let left = school.child("李小红", "529901201606120020", 3, 1);
    let moved = school.child("张小兰", "529901201606120047", 3, 1);
    let mark = async |who: &str, class: &str, child: &str, state: &str| {
        let answer = school.post(&format!("/roll/{class}/row?on=2026-02-26"), who, &format!("student={child}&state={state}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    mark(&teacher, "3/1", &left, "absent").await;
    mark(&teacher, "3/1", &moved, "absent").await;
    assert_eq!(school.post("/roll/3/1/done?on=2026-02-26", &teacher, "").await.status, StatusCode::SEE_OTHER);
    let figures = || {
        let head = school.records("dropout_roll").into_iter().find(|row| row.fields.get("class") == Some(&Value::Int(1))).unwrap();
        ["expected", "present", "absent"].map(|key| head.fields.get(key).cloned())
    };
    assert_eq!(figures(), [3, 1, 2].map(|n| Some(Value::Int(n))));

    let set = |child: &str, fields: &[(&str, &str)]| {
        let set = fields.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let _ = school.desk.ask(&super::nobody(), Ask::RecordSet { record: child.to_owned(), set, by: None }, Lang::Zh).unwrap();
    };
    set(&left, &[("status", "transferred"), ("status_on", "2026-02-27"), ("left_to", "别的学校")]);
    set(&moved, &[("class", "2")]);
    let came = school.child("赵小强", "529901201606120039", 3, 1);
    set(&came, &[("entered_on", "2026-03-02")]);
    for (who, (state, present)) in [(&teacher, ("leave", 0)), (&registrar, ("present", 1))] {
        mark(who, "3/1", &stays, state).await;
        assert_eq!(figures(), [3, present, 2].map(|n| Some(Value::Int(n))), "{state}");
    }
    let of = async |class: &str, day: &str| school.get(&format!("/roll/{class}?on={day}"), &registrar).await.text;
    let (then, now, other) = (of("3/1", "2026-02-26").await, of("3/1", "2026-03-02").await, of("3/2", "2026-02-26").await);
    assert!(then.contains("李小红") && then.contains("张小兰") && !then.contains("赵小强"), "{then}");
    assert!(!now.contains("李小红") && !now.contains("张小兰") && now.contains("赵小强"), "{now}");
    assert!(!other.contains("张小兰") && other.contains("那一天这个班没有学生"), "{other}");
    // Her class teacher of then says what she knows of then, and the days behind it follow.
    mark(&teacher, "3/1", &moved, "ill").await;
    assert_eq!(figures(), [3, 1, 1].map(|n| Some(Value::Int(n))));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_day_without_school_nobody_is_told_that_a_roll_is_missing() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let sunday = school.get("/roll/3/1?on=2026-03-01", &registrar).await.text;
    assert!(sunday.contains("这一天不上课") && !sunday.contains("还没点完"), "{sunday}");
    let monday = school.get("/roll/3/1?on=2026-03-02", &registrar).await.text;
    assert!(!monday.contains("这一天不上课") && monday.contains("还没点完"), "{monday}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_without_school_is_marked_only_once_somebody_says_that_there_is_school() {
    const SUNDAY: &str = "/roll/3/1?on=2026-03-01";
    for first in ["row", "done"] {
        let school = School::new();
        let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
        let child = school.child("王小明", "529901201606120012", 3, 1);
        let absent = format!("student={child}&state=absent");
        let closed = school.get(SUNDAY, &teacher).await.text;
        assert!(closed.contains("调休或补课的，先确认再点") && closed.contains("王小明"), "{closed}");
        assert!(!closed.contains("type=\"radio\"") && !closed.contains("点完了"), "{closed}");
        // An old page, or a machine to which the calendar has come since.
        for (act, form) in [("row", absent.as_str()), ("done", "")] {
            let answer = school.post(&format!("/roll/3/1/{act}?on=2026-03-01"), &teacher, form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
            assert!(answer.text.contains("没有保存：这一天不上课"), "{act}: {}", answer.text);
        }
        assert!(school.records("dropout_check").is_empty() && school.records("dropout_roll").is_empty());

        let open = school.get(&format!("{SUNDAY}&open=1"), &teacher).await.text;
        assert!(open.contains("type=\"radio\"") && !open.contains("先确认再点"), "{open}");
        for act in ["row", "done"] {
            assert!(open.contains(&format!("/roll/3/1/{act}?on=2026-03-01&#38;open=1&#38;t=")), "{act}: {open}");
        }
        let form = if first == "row" { absent.as_str() } else { "" };
        let answer = school.post(&format!("/roll/3/1/{first}?on=2026-03-01&open=1"), &teacher, form).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{first}: {}", answer.text);
        // What is there has opened it.
        let answer = school.post("/roll/3/1/row?on=2026-03-01", &teacher, &absent).await;
        assert!(answer.text.contains("已保存") && !answer.text.contains("缺勤第"), "{first}: {}", answer.text);
        let page = school.get(SUNDAY, &teacher).await.text;
        assert!(page.contains("type=\"radio\"") && !page.contains("先确认再点") && !page.contains("缺勤第"), "{first}: {page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_day_is_told_to_who_takes_the_roll_until_it_is_made_up_for() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, other) = school.person("he", &[Role::ClassTeacher], &[class(3, 2)]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let _ = school.child("李小红", "529901201606120020", 3, 2);
    let absent = async |day: &str| {
        let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state=absent")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(school.post(&format!("/roll/3/1/done?on={day}"), &teacher, "").await.status, StatusCode::SEE_OTHER);
        answer.text
    };
    // Tuesday and Thursday; it is the Monday after.
    let _ = absent("2026-02-24").await;
    let row = absent("2026-02-26").await;
    assert!(row.contains("缺勤第 1 天 <a href=\"/roll/3/1?on=2026-02-25\">2月25日没有点名</a>"), "{row}");
    let card = async |session: &str| {
        let page = school.get("/", session).await.text;
        page.split_once("id=\"card-rolls\"").and_then(|(_, rest)| rest.split_once("</section>")).map(|(card, _)| card.to_owned()).unwrap_or_default()
    };
    for (session, count) in [(&teacher, ">3<"), (&registrar, ">4<")] {
        let card = card(session).await;
        let behind = "<a href=\"/roll/3/1?on=2026-02-27\">三年级1班 · 2月27日（星期五）等 2 天没有点名</a>";
        let at = ["<a href=\"/roll/3/1\">三年级1班</a>", behind].map(|text| card.find(text));
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "today's first, then the days before in one line: {at:?} {card}");
        assert!(card.contains(count), "counted each: {card}");
        assert!(!card.contains("2月23日") && !card.contains("2月24日"), "not told of days before the first roll: {card}");
        assert!(!card.contains("/roll/3/2?on="), "a class that never handed a roll in is told of today alone: {card}");
    }
    assert!(card(&principal).await.is_empty());
    assert!(!card(&other).await.contains("三年级1班"));
    let list = school.get("/roll", &registrar).await.text;
    assert!(list.contains("<a href=\"/roll/3/1?on=2026-02-25\">2月25日（星期三）</a>"), "{list}");
    let page = school.get("/roll/3/1?on=2026-02-27", &teacher).await.text;
    let told = "没有点名的： <a href=\"/roll/3/1?on=2026-02-25\">2月25日（星期三）</a></p>";
    assert!(page.contains(told), "the others, not the day itself: {page}");
    for (beside, day) in [("前一上课日", "02-26"), ("后一上课日", "03-02")] {
        assert!(page.contains(&format!("href=\"/roll/3/1?on=2026-{day}\">{beside}</a>")), "{page}");
    }
    assert!(!school.get("/roll/3/1", &teacher).await.text.contains("后一上课日"), "no roll is taken of a day to come");

    let _ = absent("2026-02-25").await;
    let page = school.get("/roll/3/1?on=2026-02-26", &teacher).await.text;
    assert!(page.contains("缺勤第 3 天") && !page.contains("2月25日没有点名"), "{page}");
    assert!(card(&teacher).await.contains("三年级1班 · 2月27日（星期五）没有点名"), "one day is left");
    assert_eq!(school.records("dropout_case").len(), 1, "three days in a row");
    let hand_in = async |day: &str| school.post(&format!("/roll/3/1/done?on={day}"), &teacher, "").await.location;
    // Who was away the day before is not taken for back by a hasty hand.
    let held = hand_in("2026-02-27").await;
    assert_eq!(held, "/roll/3/1?on=2026-02-27&undecided=1");
    let page = school.get(&held, &teacher).await.text;
    assert!(page.contains("还没有交：王小明上次没有来") && page.contains("上次（2月26日）无故缺勤，来了没有？点一下"), "{page}");
    let row = page.split(&format!("id=\"row-{child}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(!row.contains(" checked"), "{row}");
    let back = school.post("/roll/3/1/row?on=2026-02-27", &teacher, &format!("student={child}&state=present")).await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text);
    for day in ["2026-02-27", "2026-03-02"] {
        assert_eq!(hand_in(day).await, format!("/roll/3/1?on={day}&done=1"));
    }
    assert!(card(&teacher).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_a_roll_parts_two_absences_and_is_not_called_forgotten() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let mark = async |day: &str, state: &str| {
        let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state={state}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.text
    };
    let done = async |day: &str| assert_eq!(school.post(&format!("/roll/3/1/done?on={day}"), &teacher, "").await.status, StatusCode::SEE_OTHER);
    let _ = mark("2026-02-23", "absent").await;
    done("2026-02-23").await;
    // Tuesday and Wednesday are forgotten.
    let row = mark("2026-02-26", "absent").await;
    assert!(row.contains("<a href=\"/roll/3/1?on=2026-02-25\">2月24日起 2 天没有点名</a>"), "{row}");
    let _ = mark("2026-02-24", "present").await;
    done("2026-02-24").await;
    let row = mark("2026-02-26", "suspected").await;
    assert!(row.contains("缺勤第 1 天") && !row.contains("没有点名"), "he was there on Tuesday: {row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_that_no_longer_fits_the_class_says_both_figures_and_changes_only_when_it_is_handed_in_again() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let done = async || assert_eq!(school.post("/roll/3/1/done?on=2026-02-26", &teacher, "").await.status, StatusCode::SEE_OTHER);
    let page = async |who: &str| school.get("/roll/3/1?on=2026-02-26", who).await.text;
    let expected = || school.records("dropout_roll")[0].fields.get("expected").cloned();
    done().await;
    assert!(!page(&teacher).await.contains("点名册上记的是"));
    // Enrolled since, and nobody has written since when.
    let _ = school.child("李小红", "529901201606120020", 3, 1);
    let (takes, reads) = (page(&teacher).await, page(&principal).await);
    for page in [&takes, &reads] {
        assert!(page.contains("到校 2 人，应到 2 人") && page.contains("点名册上记的是到校 1 人，应到 1 人，无故缺勤 0 人"), "{page}");
    }
    assert!(takes.contains("核对以后再按一次“点完了”") && !reads.contains("核对以后"), "{takes} {reads}");
    assert_eq!(expected(), Some(Value::Int(1)), "looking changes nothing");
    done().await;
    assert!(!page(&teacher).await.contains("点名册上记的是"));
    assert_eq!(expected(), Some(Value::Int(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_roll_add_up() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1), class(3, 2)]);
    let numbers = ["529901201606120012", "529901201606120020", "529901201606120039", "529901201606120047"];
    let children: Vec<String> = numbers.iter().map(|number| school.child("王小明", number, 3, 1)).collect();
    let _ = school.child("赵小红", "529901201603020032", 3, 2);
    let _ = school.post("/roll/3/1/done", &teacher, "").await;
    let mut page = school.get("/roll/3/1", &teacher).await.text;
    assert!(page.contains("到校 4 人，应到 4 人") && !page.contains("请假、病休等"), "{page}");
    for (child, state) in children.iter().zip(["absent", "leave", "ill"]) {
        page = school.post("/roll/3/1/row", &teacher, &format!("student={child}&state={state}")).await.text;
    }
    for page in [page, school.get("/roll", &teacher).await.text] {
        assert!(page.contains("到校 1 人，应到 4 人") && page.contains("请假、病休等 2 人") && page.contains("无故缺勤 1 人"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_that_lack_the_same_are_one_line_of_a_childs_page() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    for day in ["2026-02-24", "2026-02-25", "2026-02-26"] {
        let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state=absent")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    let page = school.get(&format!("/child/{child}"), &teacher).await.text;
    let short = page.split_once("没填全的记录").and_then(|(_, rest)| rest.split_once("</section>")).unwrap_or_else(|| panic!("{page}")).0;
    assert_eq!(short.matches("还没填：联系到谁、去向").count(), 1, "{short}");
    assert!(short.contains("缺同样几项的，另有 2 条"), "{short}");
    let at: Vec<_> = ["2026-02-26", "2026-02-25", "2026-02-24"].iter().map(|day| short.find(day)).collect();
    assert!(at.iter().all(Option::is_some) && at.is_sorted(), "each has its link, the newest first: {short}");
    assert_eq!(short.matches("/record/dropout_check:").count(), 3, "{short}");
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

#[tokio::test(flavor = "multi_thread")]
async fn at_the_command_line_a_disagreement_and_a_step_without_right_are_said_in_words_and_counted_as_they_are_chosen() {
    let school = School::new();
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let check = add(&school, "dropout_check", Some(&child), &[("state", "ill")]);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-26")]);
    let values = json!([{ "value": "ill", "origin": "00000000000000aa" }, { "value": "leave", "origin": "00000000000000bb" }]);
    disagreement(&school, &check, "field", "state", &json!({ "values": values }));
    disagreement(&school, &case, "void_step", "", &json!({ "step": "verify", "on": "2026-03-02", "by": "张三", "reason": "ledger-void-authority" }));
    disagreement(
        &school,
        &case,
        "fork",
        "",
        &json!({ "tips": [{ "to": "verifying", "on": "2026-03-01", "by": "李四" }, { "to": "returned", "on": "2026-03-02" }] }),
    );
    disagreement(&school, &check, "group", "", &json!({ "fields": { "days_absent": [{ "value": 3, "origin": "x" }], "state": values } }));
    let list = Ask::ConflictsList { school: None, kind: None };
    let said = |lang| render(&list, &school.desk.ask(&super::nobody(), list.clone(), lang).unwrap(), lang);
    let zh = said(Lang::Zh);
    for words in [
        "#1 病休（县里或本校另一台电脑）",
        "#2 请假（县里或",
        "    开始核实 · 2026-03-02 · 张三",
        "无效：这一方无权办理这个步骤",
        "#1 核实中 · 2026-03-01 · 李四",
    ] {
        assert!(zh.contains(words), "{words}: {zh}");
    }
    assert!(!["verify", "verifying", "ledger-void", "00000000000000aa", "#1 开始核实"].iter().any(|code| zh.contains(code)), "{zh}");
    let en = said(Lang::En);
    assert!(en.contains("#1 Off sick (") && !en.contains("verifying"), "{en}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_made_void_on_the_roll_can_be_taken_back_and_days_that_need_one_again_say_so_with_its_form() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let _ = school.child("李小红", "529901201606120020", 3, 1);
    let mark = async |day: &str, state: &str| {
        let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state={state}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.text
    };
    assert_eq!(school.post("/roll/3/1/done?on=2026-02-23", &teacher, "").await.status, StatusCode::SEE_OTHER);
    for day in ["2026-02-24", "2026-02-25"] {
        assert!(!mark(day, "absent").await.contains("个案"), "{day}: two days are none");
    }
    assert!(mark("2026-02-26", "absent").await.contains("已立个案 · 疑似"), "the state stands there");
    let before = school.get("/roll/3/1?on=2026-02-23", &teacher).await.text;
    assert!(!before.contains("已立个案"), "a day before the case has none: {before}");
    mark("2026-02-26", "leave").await;
    let gone = school.post("/roll/3/1/withdraw?on=2026-02-26", &teacher, &format!("student={child}")).await;
    let batch = gone.location.split("undo=").nth(1).unwrap_or_else(|| panic!("{}", gone.location)).to_owned();
    let page = school.get(&gone.location, &teacher).await.text;
    assert!(page.contains(&format!("action=\"/undo/{batch}")), "{page}");
    let void = || school.records("dropout_case").iter().all(|row| row.void);
    assert!(void());
    let back = school.post(&format!("/undo/{batch}"), &teacher, "next=/roll/3/1").await;
    assert!(back.status == StatusCode::OK && !void(), "{}", back.text);

    assert_eq!(school.post("/roll/3/1/withdraw?on=2026-02-26", &teacher, &format!("student={child}")).await.status, StatusCode::SEE_OTHER);
    // It was an absence after all: the same days open nothing by themselves any more.
    let said = mark("2026-02-26", "absent").await;
    assert!(void() && said.contains("个案已作废，不会自动再立"), "{said}");
    let form = format!("/ledger/dropout_case/new?student={child}&#38;first_absent=2026-02-24&#38;opened_by=teacher&#38;last_day=2026-02-23");
    assert!(said.contains(&format!("href=\"{form}\">立个案</a>")), "{said}");
    let today = school.get("/", &teacher).await.text;
    assert!(today.contains("card-absent_no_case") && today.contains("缺勤已满规定天数，没有个案"), "{today}");
    let filled = school.get(&form.replace("&#38;", "&"), &teacher).await.text;
    for kept in ["value=\"2026-02-24\"", "value=\"2026-02-23\"", "name=\"opened_by\" value=\"teacher\" checked"] {
        assert!(filled.contains(kept), "{kept}: {filled}");
    }
    let made = school
        .post(
            "/ledger/dropout_case/new",
            &teacher,
            &format!("_student={child}&opened_by=teacher&on=2026-02-26&first_absent=2026-02-24&last_day=2026-02-23"),
        )
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let page = school.get("/roll/3/1?on=2026-02-26", &teacher).await.text;
    assert!(page.contains("已立个案 · 疑似") && !page.contains("不会自动再立"), "{page}");
    assert!(!school.get("/", &teacher).await.text.contains("card-absent_no_case"));
    mark("2026-02-27", "suspected").await;
    assert_eq!(school.records("dropout_case").iter().filter(|row| !row.void).count(), 1, "one case a spell");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_transferred_by_its_file_and_marked_so_is_expected_no_more() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let gone = school.child("王小明", "529901201606120012", 3, 1);
    let _ = school.child("李小红", "529901201606120020", 3, 1);
    let marked = school.post("/roll/3/1/row?on=2026-02-26", &registrar, &format!("student={gone}&state=transferred")).await;
    assert_eq!(marked.status, StatusCode::OK, "{}", marked.text);
    assert_eq!(school.post("/roll/3/1/done?on=2026-02-26", &registrar, "").await.status, StatusCode::SEE_OTHER);
    let page = async || school.get("/roll/3/1?on=2026-02-26", &registrar).await.text;
    assert!(page().await.contains("到校 1 人，应到 2 人"), "by its file it is still here");
    let set = [("status", "transferred"), ("status_on", "2026-02-25"), ("left_to", "别的学校")];
    let set = set.into_iter().map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
    let _ = school.desk.ask(&super::nobody(), Ask::RecordSet { record: gone, set, by: None }, Lang::Zh).unwrap();
    let now = page().await;
    assert!(now.contains("到校 1 人，应到 1 人") && now.contains("王小明"), "{now}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_or_is_on_leave_of_absence_by_the_roll_stays_so_on_the_next_and_who_was_ill_is_there_again() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (gone, ill) = (school.child("王小明", "529901201606120012", 3, 1), school.child("李小红", "529901201606120020", 3, 1));
    for (child, state) in [(&gone, "transferred"), (&ill, "ill")] {
        let answer = school.post("/roll/3/1/row?on=2026-02-26", &registrar, &format!("student={child}&state={state}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
    assert_eq!(school.post("/roll/3/1/done?on=2026-02-26", &registrar, "").await.status, StatusCode::SEE_OTHER);
    let page = school.get("/roll/3/1?on=2026-02-27", &registrar).await.text;
    assert!(page.contains("照2月26日的：已转出") && page.contains("上次（2月26日）病休"), "{page}");
    assert!(page.contains(&format!("id=\"s-{gone}-transferred\" name=\"state\" value=\"transferred\" checked")), "{page}");
    assert!(page.contains(&format!("id=\"s-{ill}-present\" name=\"state\" value=\"present\" checked")), "{page}");
    assert_eq!(school.post("/roll/3/1/done?on=2026-02-27", &registrar, "").await.location, "/roll/3/1?on=2026-02-27&done=1");
    let marks = |child: &str| {
        let rows = school.records("dropout_check").into_iter().filter(|row| row.student.as_deref() == Some(child));
        let mut all: Vec<_> = rows.map(|row| (row.on.unwrap(), row.fields["state"].clone())).collect();
        all.sort();
        all
    };
    let is = |on: &str, state: &str| (on.to_owned(), Value::Str(state.to_owned()));
    assert_eq!(marks(&gone), [is("2026-02-26", "transferred"), is("2026-02-27", "transferred")]);
    assert_eq!(marks(&ill), [is("2026-02-26", "ill"), is("2026-02-27", "present")], "back, so that the sick leave ends");
    let today = school.get("/", &registrar).await.text;
    assert!(today.contains("card-roll_against_file"), "the file is still to be corrected: {today}");
    let edit = format!("/record/{gone}/edit?status=transferred&#38;status_on=2026-02-26");
    assert!(today.contains(&edit), "{today}");
    let form = school.get(&edit.replace("&#38;", "&"), &registrar).await.text;
    assert!(form.contains("name=\"status\" value=\"transferred\" checked") && form.contains("name=\"status_on\" value=\"2026-02-26\""), "{form}");
    assert_eq!(
        school.records("enrolment").iter().filter(|row| row.fields["status"] == Value::Str("present".into())).count(),
        2,
        "nothing is saved yet"
    );
}
