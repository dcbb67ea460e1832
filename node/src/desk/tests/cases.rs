//! A case's page as a tired teacher reads it, and what is asked or given a way before something false is saved.

use super::{
    School, class,
    seams::{add, disagreement},
};
use axum::http::StatusCode;
use huxue_shared::{command::Request as Ask, document::view::Value, locale::Lang, web::account::Role};
use serde_json::json;

const CHILD: &str = "529901201606120012";
const OTHER: &str = "529901201101020016";

/// What the form is sent with once it asked: `_sure` of a new one, `_gaps` of a correction.
fn told(page: &str, name: &str) -> String {
    let at = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("{page}"));
    at.split('"').next().unwrap().to_owned()
}

fn case(school: &School, child: &str) -> String {
    add(school, "dropout_case", Some(child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20"), ("on", "2026-02-24")])
}

fn take(school: &School, record: &str, step: &str, set: &[(&str, &str)]) {
    take_on(school, record, (step, None), set);
}

fn take_on(school: &School, record: &str, (step, on): (&str, Option<&str>), set: &[(&str, &str)]) {
    let set = set.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    let on = on.map(str::to_owned);
    let ask = Ask::RecordStep { record: record.to_owned(), step: step.to_owned(), set, on, by: None, why: None, to: None };
    school.desk.ask(&super::nobody(), ask, Lang::Zh).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_names_what_its_next_step_lacks_and_keeps_the_ways_out_behind_a_fold() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = case(&school, &child);
    take(&school, &case, "verify", &[]);
    let page = school.get(&format!("/record/{case}"), &teacher).await.text;
    let lacks = page.split("id=\"lacks\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(lacks.contains("下一步“确认辍学”还要：失学类别、失学原因"), "{lacks}");
    assert!(lacks.contains("下一步“排除”还要：") && !lacks.contains("死亡"), "what a way out needs stands in its own form: {lacks}");
    let (due, others) = page.split_once("<details class=\"others\">").unwrap_or_else(|| panic!("{page}"));
    // It is found to be so or not: both are the day's work.
    assert!(due.contains("/step/confirm") && due.contains("/step/exclude") && due.matches("class=\"card step due\"").count() == 2, "{due}");
    assert!(others.starts_with("<summary>其他情况：死亡</summary>"), "{others}");
    assert!(others.contains("/step/record_death") && !others.contains("step due"), "{others}");
    assert!(page.contains("<summary>死亡</summary>") && !page.contains("死亡 → 死亡"), "{page}");
    // A way out that was tried and lacks something is not folded away with what is missing.
    let tried = school.post(&format!("/record/{case}/step/record_death"), &teacher, "_on=2026-03-02").await;
    assert!(tried.text.contains("<details class=\"others\" open>"), "{}", tried.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_that_waits_for_the_county_has_no_due_step_at_the_school() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = case(&school, &child);
    take(&school, &case, "verify", &[]);
    take(&school, &case, "exclude", &[("excluded_proof", "back")]);
    let page = school.get(&format!("/record/{case}"), &registrar).await.text;
    assert!(page.contains("<details class=\"others\"><summary>其他情况：重新立案</summary>") && !page.contains("step due"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_care_log_of_a_child_that_is_not_left_behind_is_asked_about_by_name_and_saved_on_purpose() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", CHILD, 3, 1);
    let form = format!("_student={child}&kind=talk&with=child&on=2026-03-02");
    let set = [("left_behind".to_owned(), "no".to_owned())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: child.clone(), set, by: None }, Lang::Zh).unwrap();
    let asked = school.post("/ledger/care_log/new", &teacher, &form).await;
    assert!(asked.text.contains("王小明 的档案里，“是否留守儿童”记的是“否”，还没有保存"), "{}", asked.text);
    assert!(school.records("care_log").is_empty());
    let meant = school.post("/ledger/care_log/new", &teacher, &format!("{form}&_sure={}", told(&asked.text, "_sure"))).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
    assert_eq!(school.records("care_log").len(), 1);
    // What was said of one child is not said of another.
    let other = school.child("李大军", OTHER, 3, 1);
    let set = [("left_behind".to_owned(), "no".to_owned())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: other.clone(), set, by: None }, Lang::Zh).unwrap();
    let form = format!("_student={other}&kind=talk&with=child&on=2026-03-02&_sure={}", told(&asked.text, "_sure"));
    let again = school.post("/ledger/care_log/new", &teacher, &form).await;
    assert!(again.text.contains("李大军 的档案里"), "{}", again.text);
    // A file that does not say is no reason to ask at every log.
    let set = [("left_behind".to_owned(), String::new())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: other, set, by: None }, Lang::Zh).unwrap();
    assert_eq!(school.post("/ledger/care_log/new", &teacher, &form).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_the_wrong_child_is_made_void_and_proposed_for_the_right_one_without_saving() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (wrong, right) = (school.child("王小明", CHILD, 3, 1), school.child("李大军", OTHER, 3, 1));
    let set = [("kind", "talk"), ("with", "child,mother"), ("on", "2026-02-27"), ("minutes", "25"), ("found", "想爸爸"), ("note", "午休时")];
    let log = add(&school, "care_log", Some(&wrong), &set);
    let gone = school.post(&format!("/record/{log}/void"), &teacher, "_again=1").await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.text);
    assert!(gone.location.starts_with(&format!("/children?pick=care_log&again={log}")), "{}", gone.location);
    let void = school.get(&format!("/record/{log}"), &teacher).await.text;
    assert!(void.contains("这条记录已作废：记错了学生") && void.contains(&format!("href=\"/children?pick=care_log&#38;again={log}\"")), "{void}");
    let whom = school.get(&gone.location, &teacher).await.text;
    assert!(whom.contains(&format!("name=\"again\" value=\"{log}\"")) && whom.contains("选对的学生"), "{whom}");
    let address = format!("/ledger/care_log/new?student={right}&again={log}");
    assert!(whom.contains(&format!("/new?student={right}&#38;again=care_log%3A")), "{whom}");
    let form = school.get(&address, &teacher).await.text;
    for kept in ["name=\"on\" value=\"2026-02-27\"", "<option value=\"talk\" selected>", "value=\"25\"", "想爸爸", "午休时"] {
        assert!(form.contains(kept), "{kept}: {form}");
    }
    assert!(form.contains("name=\"with\" value=\"mother\" checked") && form.contains("李大军 · 三年级1班"), "{form}");
    assert!(school.records("care_log").is_empty(), "nothing is saved before it is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_proposed_from_a_record_out_of_reach_or_of_what_is_the_other_childs_own() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (away, own) = (school.child("王小明", CHILD, 3, 2), school.child("李大军", OTHER, 3, 1));
    let log = add(&school, "care_log", Some(&away), &[("kind", "talk"), ("with", "child"), ("on", "2026-02-27"), ("found", "想爸爸")]);
    let refused = school.get(&format!("/ledger/care_log/new?student={own}&again={log}"), &teacher).await;
    assert!(refused.status == StatusCode::NOT_FOUND && !refused.text.contains("想爸爸"), "{} {}", refused.status, refused.text);
    let case = case(&school, &away);
    let notice = [("case", case.as_str()), ("number", "石桥小学〔2026〕9号"), ("issued_on", "2026-02-25"), ("on", "2026-02-25")];
    let notice = add(&school, "return_notice", Some(&away), &notice);
    let form = school.get(&format!("/ledger/return_notice/new?student={own}&again={notice}"), &registrar).await.text;
    assert!(form.contains("value=\"2026-02-25\"") && !form.contains(&case) && !form.contains("value=\"石桥小学〔2026〕9号\""), "{form}");
    let other = school.get(&format!("/ledger/care_log/new?student={own}&again={notice}"), &registrar).await.text;
    assert!(!other.contains("value=\"2026-02-25\""), "of another ledger nothing: {other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_names_no_school_entered_is_asked_about() {
    let school = School::new();
    school.listed();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let form = format!("_student={child}&asked_by=from_school&reason=moved&on=2026-03-02&asked_on=2026-03-02");
    for from in ["", "5299010001"] {
        let asked = school.post("/ledger/transfer/new", &registrar, &format!("{form}&from={from}&to=")).await;
        assert!(asked.text.contains("没有写转入学校"), "{}", asked.text);
        assert!(school.records("transfer").is_empty());
    }
    // Who asks for a child to come is the school entered, named or not.
    let into = form.replace("from_school", "to_school");
    let made = school.post("/ledger/transfer/new", &registrar, &format!("{into}&from=5299010002&to=")).await;
    let made = if made.status == StatusCode::SEE_OTHER {
        made
    } else {
        assert!(!made.text.contains("没有写"), "{}", made.text);
        school.post("/ledger/transfer/new", &registrar, &format!("{into}&from=5299010002&to=&_sure={}", told(&made.text, "_sure"))).await
    };
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_dated_before_the_first_absence_is_asked_about_in_the_form() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = case(&school, &child);
    let edit = format!("/record/{case}/edit");
    let asked = school.post(&edit, &registrar, "on=2026-02-10&was.on=2026-02-24").await;
    assert!(asked.text.contains("立案日期早于失学起始日"), "{} {}", asked.status, asked.text);
    assert_eq!(school.records("dropout_case")[0].on.as_deref(), Some("2026-02-24"));
    let meant = format!("on=2026-02-10&was.on=2026-02-24&_gaps={}", told(&asked.text, "_gaps"));
    assert_eq!(school.post(&edit, &registrar, &meant).await.status, StatusCode::SEE_OTHER);
    assert_eq!(school.records("dropout_case")[0].on.as_deref(), Some("2026-02-10"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_in_dispute_stands_on_the_roll_unchosen_with_the_way_to_the_disagreement() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", CHILD, 3, 1);
    let marked = school.post("/roll/3/1/row?on=2026-03-02", &teacher, &format!("student={child}&state=ill")).await;
    assert_eq!(marked.status, StatusCode::OK, "{}", marked.text);
    let mark = school.records("dropout_check")[0].id.clone();
    let written = ["ill", "leave"].map(|value| json!({ "value": value, "origin": "00000000000000aa" }));
    let fields = json!({ "state": written });
    disagreement(&school, &mark, "group", "state,days_absent,since", &json!({ "fields": fields }));
    let roll = school.get("/roll/3/1?on=2026-03-02", &teacher).await.text;
    assert!(roll.contains("href=\"/conflicts#c-group000000\" tabindex=\"-1\">待定：病休 / 请假</a>"), "{roll}");
    let row = roll.split(&format!("id=\"row-{child}\"")).nth(1).unwrap().split("</tr>").next().unwrap();
    assert!(!row.contains(" checked"), "{row}");
    assert_eq!(school.records("dropout_check")[0].fields.get("state"), Some(&Value::Str("ill".into())), "nothing was written over it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_rolls_shows_figures_in_dispute_as_such() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let _ = school.child("王小明", CHILD, 3, 1);
    assert_eq!(school.post("/roll/3/1/done?on=2026-03-02", &registrar, "").await.status, StatusCode::SEE_OTHER);
    let head = school.records("dropout_roll")[0].id.clone();
    let written = |values: &[i64]| values.iter().map(|value| json!({ "value": value, "origin": "00000000000000aa" })).collect::<Vec<_>>();
    let fields = json!({ "expected": written(&[12]), "present": written(&[7, 8]), "absent": written(&[5, 4]) });
    disagreement(&school, &head, "group", "expected,present,absent", &json!({ "fields": fields }));
    let list = school.get("/ledger/dropout_roll", &registrar).await.text;
    for waits in ["待定：7 人 / 8 人", "待定：5 人 / 4 人"] {
        assert!(list.contains(&format!("href=\"/conflicts#c-group000000\">{waits}</a>")), "{waits}: {list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_names_its_child_and_leads_to_the_record_it_belongs_to_where_that_is_in_reach() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (own, away) = (school.child("王小明", CHILD, 3, 1), school.child("李雷", OTHER, 4, 1));
    let (case, foreign) = (case(&school, &own), case(&school, &away));
    let set = [("step", "visit"), ("who", "李老师"), ("result", "refused"), ("met", "father"), ("on", "2026-02-26")];
    let add_step = |case: &str| add(&school, "dropout_step", Some(&own), &[&set[..], &[("case", case)]].concat());
    let page = school.get(&format!("/record/{}", add_step(&case)), &teacher).await.text;
    assert!(page.contains("<h1>王小明 · 劝返记录 · 家访 · 拒绝</h1>"), "{page}");
    assert!(page.contains(&format!("<dt>所属个案</dt><dd><a href=\"/record/{case}\">")), "{page}");
    // Written by whoever has the machine: no desk takes it.
    let page = school.get(&format!("/record/{}", add_step(&foreign)), &teacher).await.text;
    assert!(page.contains("<dt>所属个案</dt><dd>") && !page.contains(&foreign), "{page}");
    let notice = [("case", case.as_str()), ("kind", "persuade"), ("issued_on", "2026-03-02"), ("return_by", "2026-03-09"), ("issuer", "张校长")];
    let page = school.get(&format!("/record/{}", add(&school, "return_notice", Some(&own), &notice)), &teacher).await.text;
    assert!(page.contains("<h1>王小明 · 劝返复学通知书</h1>"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_a_watch_ends_is_the_one_that_was_set() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let case = case(&school, &school.child("王小明", CHILD, 3, 1));
    take(&school, &case, "verify", &[]);
    let escorts = ["escort_school", "escort_village", "escort_township"].map(|who| (who, "张三"));
    let found = [("kind", "dropped"), ("last_day", "2026-02-19"), ("reason", "tired"), ("whereabouts", "home")];
    take(&school, &case, "confirm", &[&found[..], &escorts[..]].concat());
    let form = school.get(&format!("/record/{case}"), &registrar).await.text;
    assert!(form.contains("观察期的最后一天"), "{form}");
    take(&school, &case, "return", &[("resettle", "own_class"), ("returned_on", "2026-03-02"), ("stable_until", "2026-09-01")]);
    let page = school.get(&format!("/record/{case}"), &registrar).await.text;
    // Ninety days from the return would be 31 May.
    assert!(page.contains("<span class=\"tag \">2026-09-01") && !page.contains("2026-05-31"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_absent_again_and_who_is_due_back_is_on_today_of_registrar_and_class_teacher() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, elsewhere) = school.person("he", &[Role::ClassTeacher], &[class(3, 2)]);
    let (resting, worked) = (school.child("王小明", CHILD, 3, 1), school.child("赵小红", "529901201603020032", 3, 1));
    let (case, other) = (case(&school, &resting), case(&school, &worked));
    let back = |record: &str, step: &str, set: &[(&str, &str)]| {
        let set = set.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        let on = Some("2026-02-25".to_owned());
        school
            .desk
            .ask(
                &super::nobody(),
                Ask::RecordStep { record: record.to_owned(), step: step.to_owned(), set, on, by: None, why: None, to: None },
                Lang::Zh,
            )
            .unwrap();
    };
    back(&case, "verify", &[]);
    back(&case, "exclude", &[("excluded_proof", "back")]);
    let absent =
        [("state", "absent"), ("days_absent", "3"), ("since", "2026-02-26"), ("on", "2026-03-02"), ("contacted", "none"), ("whereabouts", "home")];
    add(&school, "dropout_check", Some(&resting), &absent);
    assert_eq!(school.records("dropout_case").len(), 2, "the rule opens no second case beside it");
    let promised =
        [("case", other.as_str()), ("step", "visit"), ("who", "李老师"), ("met", "father"), ("result", "promised"), ("promised_on", "2026-03-02")];
    add(&school, "dropout_step", Some(&worked), &[&promised[..], &[("on", "2026-02-26")]].concat());
    let card =
        |page: &str, name: &str| page.split(&format!("id=\"card-{name}\"")).nth(1).map(|card| card.split("</section>").next().unwrap().to_owned());
    for session in [&registrar, &teacher] {
        let page = school.get("/", session).await.text;
        let again = card(&page, "absent_again").unwrap_or_else(|| panic!("{page}"));
        assert!(again.contains("王小明 · 三年级1班 · 已排除 · 缺勤天数 3") && again.contains(&format!("/record/{case}#step-reopen")), "{again}");
        let due = card(&page, "promised_back").unwrap_or_else(|| panic!("{page}"));
        let form = format!("/ledger/dropout_step/new?student={worked}&#38;case={other}");
        assert!(due.contains("赵小红 · 三年级1班 · 劝返记录 · 疑似") && due.contains("今天") && due.contains(&form), "{due}");
    }
    let page = school.get("/", &elsewhere).await.text;
    assert!(!page.contains("card-absent_again") && !page.contains("card-promised_back"), "{page}");
    let page = school.get(&format!("/record/{case}"), &teacher).await.text;
    assert!(page.contains("/step/reopen"), "where the button leads is the step: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_the_roll_speaks_against_is_asked_about_in_the_step_and_where_its_day_is_corrected() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = case(&school, &child);
    take_on(&school, &case, ("verify", Some("2026-02-24")), &[]);
    let found = [("kind", "dropped"), ("reason", "tired"), ("whereabouts", "home"), ("last_day", "2026-02-18")];
    let escorts = [("escort_school", "李老师"), ("escort_village", "王主任"), ("escort_township", "张干事")];
    take_on(&school, &case, ("confirm", Some("2026-02-25")), &[found.as_slice(), &escorts].concat());
    let mark = async |day: &str, state: &str| {
        let answer = school.post(&format!("/roll/3/1/row?on={day}"), &teacher, &format!("student={child}&state={state}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    };
    mark("2026-02-26", "absent").await;
    mark("2026-02-27", "present").await;
    let page = school.get(&format!("/record/{case}"), &teacher).await.text;
    assert!(page.contains("name=\"stable_until\" value=\"2026-06-02\""), "three months from the day proposed: {page}");
    let step = format!("/record/{case}/step/return");
    let form = |day: &str| format!("resettle=own_class&was.resettle=&returned_on={day}&was.returned_on=&stable_until=2026-06-02&was.stable_until=");
    let asked = school.post(&step, &teacher, &form("2026-02-26")).await;
    assert!(asked.text.contains("复学日当天或以后的排查还记着无故缺勤或疑似辍学"), "{}", asked.text);
    assert_eq!(school.records("dropout_case")[0].state.as_deref(), Some("confirmed"));
    // Another day is another question, or none.
    let taken = school.post(&step, &teacher, &form("2026-02-27")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
    let shown = school.desk.replica.show(&case).unwrap();
    let id = shown["steps"].as_array().unwrap().iter().find(|step| step["step"] == "return").unwrap()["id"].as_str().unwrap().to_owned();
    let day = format!("/record/{case}/day");
    let asked = school.post(&day, &teacher, &format!("_step={id}&_day=2026-02-26")).await;
    assert!(asked.text.contains("复学日当天或以后的排查还记着无故缺勤或疑似辍学"), "{}", asked.text);
    let back = || school.records("dropout_case")[0].fields.get("returned_on").cloned();
    assert_eq!(back(), Some(Value::Str("2026-02-27".into())));
    let gaps = told(&asked.text, "_gaps");
    let meant = school.post(&day, &teacher, &format!("_step={id}&_day=2026-02-26&_gaps={gaps}")).await;
    assert_eq!((meant.status, back()), (StatusCode::SEE_OTHER, Some(Value::Str("2026-02-26".into()))), "{}", meant.text);
    // What its checks refuse, a corrected day does not get round.
    let refused = school.post(&day, &teacher, &format!("_step={id}&_day=2026-02-10")).await;
    assert_ne!(refused.status, StatusCode::SEE_OTHER);
    assert_eq!(back(), Some(Value::Str("2026-02-26".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_of_a_step_is_corrected_with_the_step_and_not_beside_it() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", CHILD, 3, 1);
    let case = case(&school, &child);
    let fields = [("case", case.as_str()), ("kind", "persuade"), ("number", "石桥小学〔2026〕9号"), ("issued_on", "2026-02-25")];
    let notice = add(&school, "return_notice", Some(&child), &fields);
    let edit = format!("/record/{notice}/edit");
    let draft = school.get(&edit, &registrar).await.text;
    assert!(draft.contains("name=\"issued_on\""), "a draft has no such step yet: {draft}");
    take(&school, &notice, "issue", &[("issued_on", "2026-02-25")]);
    let form = school.get(&edit, &registrar).await.text;
    assert!(!form.contains("name=\"issued_on\"") && form.contains("这是“签发”那一步的日期，要改就和那一步一起改。"), "{form}");
    assert!(form.contains(&format!("href=\"/record/{notice}#redate\"")), "{form}");
    // An older page, the grid, a workbook: the engine refuses it whoever sends it.
    let refused = school.post(&edit, &registrar, "issued_on=2026-02-26&was.issued_on=2026-02-25").await;
    assert!(refused.text.contains("“签发日期”是“签发”那一步的日期，不能单独改。"), "{}", refused.text);
    let dates = || {
        let row = school.records("return_notice").remove(0);
        let step = school.desk.replica.show(&row.id).unwrap()["steps"][0]["on"].as_str().map(str::to_owned);
        (row.fields.get("issued_on").cloned(), row.on, step)
    };
    let all = |day: &str| (Some(Value::Str(day.into())), Some(day.to_owned()), Some(day.to_owned()));
    assert_eq!(dates(), all("2026-02-25"));
    let shown = school.desk.replica.show(&notice).unwrap();
    let id = shown["steps"][0]["id"].as_str().unwrap();
    let moved = school.post(&format!("/record/{notice}/day"), &registrar, &format!("_step={id}&_day=2026-02-26")).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);
    let (field, on, _) = dates();
    assert_eq!((field, on), (Some(Value::Str("2026-02-26".into())), Some("2026-02-26".into())), "the record's own date goes along");
    let note = school.post(&edit, &registrar, "note=%E8%A1%A5&was.note=").await;
    assert_eq!(note.status, StatusCode::SEE_OTHER, "what else stands there is edited as ever: {}", note.text);
}
