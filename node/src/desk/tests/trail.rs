//! The trail of a record as people read it: an edit a line, who, where, from what to what, and why.

use super::{
    School, class,
    seams::{add, verified},
};
use huxue_shared::{
    command::Request as Ask,
    locale::Lang,
    web::account::{Account, Role},
};
use std::collections::BTreeMap;

fn correct(school: &School, account: &Account, record: &str, words: &[(&str, &str)]) {
    let set: BTreeMap<String, String> = words.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    school.desk.ask(account, Ask::RecordSet { record: record.to_owned(), set, by: Some(account.name.clone()) }, Lang::Zh).unwrap();
    school.clock.advance_s(60);
}

/// The lines of the trail, the newest first, without tags.
async fn lines(school: &School, session: &str, record: &str) -> Vec<String> {
    let page = school.get(&format!("/record/{record}"), session).await.text;
    let table = page.split("<table class=\"trail\">").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap_or_else(|| panic!("{page}"));
    table.split("<tr").skip(2).map(|row| words(row.split_once('>').unwrap().1)).collect()
}

fn words(html: &str) -> String {
    let (mut out, mut inside) = (String::new(), false);
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => (inside, ()) = (false, out.push(' ')),
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_a_line_with_who_where_and_from_what_to_what() {
    let school = School::new();
    let (li, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (wang, _) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let form = format!("_student={child}&kind=visit&with=child&minutes=20&found=a");
    let made = school.post("/ledger/care_log/new", &session, &form).await.location;
    let record = made.trim_start_matches("/record/").split('?').next().unwrap().to_owned();
    school.clock.advance_s(60);
    correct(&school, &wang, &record, &[("minutes", "45"), ("note", "去了")]);
    correct(&school, &wang, &record, &[("minutes", "50")]);
    let why = "记错了人".to_owned();
    school.desk.ask(&li, Ask::RecordVoid { record: record.clone(), why, by: Some(li.name.clone()) }, Lang::Zh).unwrap();
    let lines = lines(&school, &session, &record).await;
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(lines[0].contains("li老师") && lines[0].contains("作废： 记错了人"), "{}", lines[0]);
    assert!(lines[1].contains("wang老师 在本机上 时长 45 分钟 → 50 分钟"), "he goes on under his name: {}", lines[1]);
    assert!(lines[2].contains("wang老师") && lines[2].contains("时长 20 分钟 → 45 分钟") && lines[2].contains("备注 （空） → 去了"), "{}", lines[2]);
    assert!(lines[3].starts_with("3月2日 10:00 li老师 在本机上 建立记录") && lines[3].contains("方式 家访"), "{}", lines[3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_stand_with_their_reason_and_what_is_not_ones_to_see_is_counted() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("first_absent", "2026-02-25"), ("opened_by", "teacher")]);
    school.clock.advance_s(60);
    let taken = school.post(&format!("/record/{case}/step/verify"), &registrar, "_on=2026-03-02&_why=%E5%AE%B6%E9%87%8C%E6%B2%A1%E4%BA%BA").await;
    assert!(taken.status.is_redirection(), "{}", taken.text);
    let found = lines(&school, &registrar, &case).await;
    assert!(found[0].contains("wang老师 在本机上 办理“开始核实”： 核实中 · 2026-03-02 · 家里没人"), "{found:#?}");
    assert!(found[1].contains("没有写明是谁"), "what nobody signed is nobody's: {found:#?}");

    let log = add(&school, "care_log", Some(&child), &[("kind", "counsel"), ("counsel_text", "只有老师知道")]);
    let own = lines(&school, &registrar, &log).await;
    assert!(own[0].contains("只有老师知道"), "{own:#?}");
    let other = lines(&school, &principal, &log).await;
    assert!(!other[0].contains("只有老师知道") && other[0].contains("另有 1 项您不能看"), "{other:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_a_grid_says_so_and_taking_back_is_named() {
    let school = School::new();
    let (wang, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit")]);
    school.clock.advance_s(60);
    let items = vec![huxue_shared::command::request::Item::Set {
        record: log.clone(),
        set: BTreeMap::from([("minutes".to_owned(), "30".to_owned())]),
        was: BTreeMap::new(),
    }];
    let batch = Ask::Batch { ledger: "care_log".into(), items, dry_run: false, by: Some(wang.name.clone()) };
    let done = school.desk.ask(&wang, batch, Lang::Zh).unwrap();
    let first = &lines(&school, &session, &log).await[0];
    assert!(first.contains("wang老师 · 在表格里成批填写") && first.contains("时长 （空） → 30 分钟"), "{first}");
    school.clock.advance_s(60);
    school.desk.ask(&wang, Ask::Undo { batch: done["batch"].as_str().unwrap().to_owned(), by: Some(wang.name.clone()) }, Lang::Zh).unwrap();
    let first = &lines(&school, &session, &log).await[0];
    assert!(first.contains("时长 30 分钟 → （空）") && !first.contains("成批"), "{first}");
}

#[tokio::test(flavor = "multi_thread")]
async fn older_edits_are_counted_and_can_be_asked_for() {
    let school = School::new();
    let (wang, _) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit")]);
    for minute in 1..=101 {
        correct(&school, &wang, &log, &[("minutes", &minute.to_string())]);
    }
    // A session does not last that long.
    let session = school.desk.sessions.begin(school.desk.clock(), wang.id);
    let page = school.get(&format!("/record/{log}"), &session).await.text;
    assert!(page.contains("还有 2 次更早的改动没有列出") && page.contains("?trail=all#trail"), "{page}");
    let page = school.get(&format!("/record/{log}?trail=all"), &session).await.text;
    assert!(page.contains("建立记录") && !page.contains("没有列出"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_page_has_the_trail_of_its_particulars() {
    let school = School::new();
    let (wang, session) = school.person("wang", &[Role::Registrar], &[]);
    let form = "name=%E7%8E%8B%E5%B0%8F%E6%98%8E&id_type=none&sex=male&birth=2016-06-12&stage=primary&grade=3&class=1&boarding=day";
    let made = school.post("/ledger/enrolment/new", &session, form).await.location;
    let child = made.trim_start_matches("/child/").split('?').next().unwrap().to_owned();
    school.clock.advance_s(60);
    correct(&school, &wang, &child, &[("class", "2")]);
    correct(&school, &wang, &child, &[("status", "suspended")]);
    let page = school.get(&format!("/child/{child}"), &session).await.text;
    let table = page.split("<table class=\"trail\">").nth(1).and_then(|rest| rest.split("</table>").next()).unwrap_or_else(|| panic!("{page}"));
    let lines: Vec<String> = table.split("<tr").skip(2).map(|row| words(row.split_once('>').unwrap().1)).collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].contains("wang老师 在本机上 学籍状态 在校 → 休学"), "{}", lines[0]);
    assert!(lines[1].contains("班级 1 → 2"), "{}", lines[1]);
    assert!(lines[2].contains("wang老师 在本机上 建立记录") && lines[2].contains("姓名 王小明"), "{}", lines[2]);
    // A class teacher of another class sees neither the child nor its trail; one who may not read the file sees none.
    let (_, aid) = school.person("zhao", &[Role::AidOfficer], &[]);
    assert!(school.get(&format!("/child/{child}"), &aid).await.text.contains("<table class=\"trail\">"), "who reads the file sees how it came to be");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_day_of_a_step_is_corrected_on_the_page_and_the_trail_keeps_both() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, other) = school.person("zhao", &[Role::ClassTeacher], &[class(3, 2)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let (case, step) = verified(&school, &child);
    let page = school.get(&format!("/record/{case}"), &session).await.text;
    assert!(page.contains("日期写错了？改日期") && page.contains("2026-02-26"), "{page}");
    let send = |session: String, day: &'static str| {
        let (school, path, form) = (&school, format!("/record/{case}/day"), format!("_step={step}&_day={day}"));
        async move { school.post(&path, &session, &form).await }
    };
    let future = send(session.clone(), "2999-01-01").await;
    assert!(future.status.as_u16() == 422 && future.text.contains("value=\"2999-01-01\""), "what was typed stands: {}", future.text);
    assert_eq!(send(other, "2026-02-25").await.status.as_u16(), 404, "of another class");
    assert_eq!(send(session.clone(), "2026-02-25").await.status.as_u16(), 303);
    let page = school.get(&format!("/record/{case}"), &session).await.text;
    let way = page.split("<ol class=\"steps\">").nth(1).unwrap().split("</ol>").next().unwrap();
    assert!(way.contains("2026-02-25 · 王老师 · 家访") && !way.contains("2026-02-26"), "who took it and why stay: {way}");
    let lines = lines(&school, &session, &case).await;
    assert!(lines[0].contains("li老师") && lines[0].contains("更正“开始核实”的日期： 2026-02-25"), "{lines:#?}");
    assert!(lines[1].contains("王老师") && lines[1].contains("2026-02-26") && lines[1].contains("日期后来更正了"), "{lines:#?}");
}
