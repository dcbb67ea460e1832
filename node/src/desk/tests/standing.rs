//! What stands and what may stand again: numbers of children, void records and files, what a correction leaves from before, imports of what is there.

use super::{Ask, School, class, grid::hidden_token, imports::upload, nobody, seams::add};
use axum::http::StatusCode;
use huxue_shared::{locale::Lang, web::account::Role};

fn set(school: &School, record: &str, set: &[(&str, &str)]) -> Result<(), String> {
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    school.desk.ask(&nobody(), Ask::RecordSet { record: record.into(), set, by: None }, Lang::Zh).map(drop).map_err(|fault| fault.code.into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_one_child_is_not_written_into_the_file_of_another() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let one = school.child("王小明", "529901201606120012", 3, 1);
    let other = school.child("李小红", "529901201606120020", 3, 1);
    let form = "was.id_no=529901201606120020&id_no=529901201606120012&was.sex=female&sex=male";
    let refused = school.post(&format!("/record/{other}/edit"), &registrar, form).await;
    assert!(!refused.status.is_redirection() && refused.text.contains("已经是另一名学生的"), "{}", refused.text);
    assert_eq!(
        set(&school, &other, &[("id_no", "529901201606120012"), ("sex", "male")]).unwrap_err(),
        "profile-number-taken",
        "in no other way either"
    );
    // Of two that were exchanged one is emptied first.
    set(&school, &one, &[("id_no", ""), ("id_type", "none")]).unwrap();
    set(&school, &other, &[("id_no", "529901201606120012"), ("sex", "male")]).unwrap();
    assert_eq!(set(&school, &one, &[("id_no", "529901201606120012"), ("id_type", "resident")]).unwrap_err(), "profile-number-taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_void_stands_again_on_its_own_page_however_long_after() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit")]);
    school.post(&format!("/record/{log}/void"), &teacher, "_why=x").await;
    assert_eq!(school.records("care_log").len(), 0);
    assert!(school.get(&format!("/record/{log}"), &teacher).await.text.contains("取消作废，恢复这条记录"));
    let done = school.post(&format!("/record/{log}/unvoid"), &teacher, "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(school.records("care_log").len(), 1);
    let again = school.post(&format!("/record/{log}/unvoid"), &teacher, "").await;
    assert!(again.text.contains("没有作废"), "{}", again.text);

    // A child's file: found among the void ones, opened, and there again with its records. A class teacher reaches no void file.
    school.post(&format!("/record/{child}/void"), &registrar, "_why=x").await;
    assert_eq!(school.records("care_log").len(), 0);
    let opened = school.get(&format!("/child/{child}"), &registrar).await;
    assert_eq!(opened.location, format!("/record/{child}"), "{}", opened.text);
    assert!(school.get(&format!("/record/{child}"), &registrar).await.text.contains("取消作废"));
    assert_ne!(school.get(&format!("/record/{child}"), &teacher).await.status, StatusCode::OK);
    assert!(!school.post(&format!("/record/{child}/unvoid"), &teacher, "").await.status.is_redirection());
    let done = school.post(&format!("/record/{child}/unvoid"), &registrar, "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!((school.records("enrolment").len(), school.records("care_log").len()), (1, 1));
    // Entered once more instead, it is the same file, and there again too.
    school.post(&format!("/record/{child}/void"), &registrar, "_why=x").await;
    assert_eq!(school.child("王小明", "529901201606120012", 3, 1), child);
    assert_eq!((school.records("enrolment").len(), school.records("care_log").len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_back_says_since_when() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    set(&school, &child, &[("status", "suspended"), ("status_on", "2025-11-10"), ("left_why", "生病住院")]).unwrap();
    let back = "was.status=suspended&status=present";
    let asked = school.post(&format!("/record/{child}/edit"), &registrar, back).await;
    assert!(asked.text.contains("还是以前的“2025-11-10”") && asked.text.contains("还是以前的“生病住院”"), "{}", asked.text);
    let dated = format!("{back}&was.status_on=2025-11-10&status_on=2026-03-02&was.left_why=%E7%94%9F%E7%97%85%E4%BD%8F%E9%99%A2&left_why=");
    let saved = school.post(&format!("/record/{child}/edit"), &registrar, &dated).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_entered_once_rolls_are_taken_is_proposed_to_have_come_now() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    school.child("王小明", "529901201606120012", 3, 1);
    let proposed = "id=\"f-entered_on\" type=\"date\" name=\"entered_on\" value=\"2026-03-02\"";
    assert!(
        !school.get("/ledger/enrolment/new", &registrar).await.text.contains(proposed),
        "nobody knows since when those of the first day are there"
    );
    school.post("/roll/3/1/done", &teacher, "").await;
    let form = school.get("/ledger/enrolment/new", &registrar).await.text;
    let field = form.split("id=\"f-entered_on\"").nth(1).and_then(|rest| rest.split('>').next()).unwrap_or_default();
    assert!(field.contains("value=\"2026-03-02\""), "{field}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_finds_the_child_that_is_there_and_not_a_file_somebody_made_void() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let born =
        [("name", "新来乙"), ("id_type", "none"), ("sex", "female"), ("birth", "2016-07-08"), ("stage", "primary"), ("grade", "3"), ("class", "1")];
    let living = add(&school, "enrolment", None, &born);
    let twice = add(&school, "enrolment", None, &born);
    school.post(&format!("/record/{twice}/void"), &registrar, "_why=%E9%87%8D%E5%A4%8D").await;
    let roster = "姓名,性别,出生日期,年级,班级,身份证号,监护人\n新来乙,女,2016-07-08,三年级,1班,,乙妈\n";
    let seen = upload(&school, &registrar, "zh", "roster", "名册.csv", roster.as_bytes()).await.text;
    assert!(!seen.contains("作废："), "{seen}");
    let apply = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &registrar, "this_school=yes&meant=2").await;
    assert!(apply.location.starts_with("/import?done="), "{} {}", apply.location, apply.text);
    assert_eq!(school.records("enrolment").len(), 1, "one child, as before");
    assert_eq!(school.desk.replica.locate(&living).unwrap().fields["guardian"], huxue_shared::document::view::Value::Str("乙妈".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_a_day_and_a_class_nobody_is_in_are_asked_about() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    for (name, number) in [("王小明", "529901201606120012"), ("李小红", "529901201606120020"), ("赵小红", "529901201603020032")] {
        school.child(name, number, 3, 1);
    }
    let logs = "姓名,日期,关爱方式\n王小明,,家访\n李小红,2026-02-20,家访\n";
    let seen = upload(&school, &registrar, "zh", "care_log", "关爱.csv", logs.as_bytes()).await.text;
    assert!(seen.contains("没有写日期，会记成今天") && seen.contains("name=\"meant\" value=\"2\""), "{seen}");
    // The workbook of the children: a class by a slip of the finger.
    let book = super::imports::bytes(&school, &registrar, "/ledger/enrolment/export").await;
    let slipped = super::imports::with_row(
        &book,
        &[("姓名", "钱小多"), ("证件类型", "无证件"), ("性别", "男"), ("出生日期", "2016-06-13"), ("学段", "小学"), ("年级", "3"), ("班级", "9")],
    );
    let seen = upload(&school, &registrar, "zh", "", "档案.xlsx", &slipped).await.text;
    assert!(seen.contains("三年级还没有9班"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hardship_that_differs_from_the_childs_file_is_asked_about() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 4, 1);
    set(&school, &child, &[("categories", "orphan")]).unwrap();
    let fits = super::aid::programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let form = format!("_student={child}&programme={fits}&applicant=guardian&categories=rural_allowance");
    let asked = school.post("/ledger/aid_application/new", &officer, &form).await;
    assert!(asked.text.contains("学生档案里，“困难类别”是“孤儿”"), "{}", asked.text);
    let same = school.post("/ledger/aid_application/new", &officer, &form.replace("rural_allowance", "orphan")).await;
    assert_eq!(same.status, StatusCode::SEE_OTHER, "{}", same.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_made_void_does_not_stand_again_beside_another_that_was_opened_since() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let first = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("on", "2026-02-25")]);
    let voided = school.post(&format!("/record/{first}/void"), &registrar, "_why=x").await;
    let batch = voided.location.split("undo=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let second = add(&school, "dropout_case", Some(&child), &[("opened_by", "report"), ("on", "2026-03-01")]);
    let undone = school.post(&format!("/undo/{batch}"), &registrar, "").await;
    assert!(undone.text.contains("作废以后又立了一条没有办完的"), "{}", undone.text);
    let refused = school.post(&format!("/record/{first}/unvoid"), &registrar, "").await;
    assert!(refused.text.contains("已经另有一条没有办完的"), "{}", refused.text);
    assert_eq!(school.records("dropout_case").len(), 1);
    school.post(&format!("/record/{second}/void"), &registrar, "_why=x").await;
    assert_eq!(school.post(&format!("/record/{first}/unvoid"), &registrar, "").await.status, StatusCode::SEE_OTHER);
}
