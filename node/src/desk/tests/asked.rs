//! What is asked before a new record is saved, and what a child's form is held to.

use super::{School, class};
use axum::http::StatusCode;
use huxue_shared::{command::Request as Ask, locale::Lang, web::account::Role};

/// The form as the page sends it back, with what it was shown.
fn sure(page: &str) -> String {
    let at = page.split("name=\"_sure\" value=\"").nth(1).unwrap_or_else(|| panic!("{page}"));
    at.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_form_sent_twice_is_asked_about_and_saved_on_purpose() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let form = format!("_student={child}&kind=call&on=2026-03-02&note=x");
    let first = school.post("/ledger/care_log/new", &teacher, &form).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let again = school.post("/ledger/care_log/new", &teacher, &form).await;
    assert_ne!(again.status, StatusCode::SEE_OTHER);
    assert!(again.text.contains("同样的内容不久前已经记过一次") && again.text.contains("href=\"/record/care_log:"), "{}", again.text);
    assert_eq!(school.records("care_log").len(), 1);
    let other = school.post("/ledger/care_log/new", &teacher, &form.replace("note=x", "note=y")).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER, "something else is no second time: {}", other.text);
    let meant = school.post("/ledger/care_log/new", &teacher, &format!("{form}&_sure={}", sure(&again.text))).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
    assert_eq!(school.records("care_log").len(), 3);
    // A day and more later nobody sends the same form by mistake.
    school.clock.advance_s(25 * 3_600);
    let (_, teacher) = school.person("liu", &[Role::ClassTeacher], &[class(3, 1)]);
    assert_eq!(school.post("/ledger/care_log/new", &teacher, &form).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_open_case_is_asked_about_and_leads_to_the_first() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let first = school.post("/ledger/dropout_case/new", &registrar, &format!("_student={child}&opened_by=teacher&on=2026-02-25")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let second = school.post("/ledger/dropout_case/new", &registrar, &format!("_student={child}&opened_by=village&on=2026-03-02")).await;
    assert!(second.text.contains("已经有一条类似的记录") && second.text.contains("href=\"/record/dropout_case:"), "{}", second.text);
    assert!(second.text.contains("疑似"), "its state is named: {}", second.text);
    assert_eq!(school.records("dropout_case").len(), 1);
}

const CHILD: &str = "name=%E6%9D%8E%E5%9B%9B&id_type=resident&stage=primary&grade=3&class=1&boarding=day";

#[tokio::test(flavor = "multi_thread")]
async fn a_child_on_file_is_not_made_twice_and_a_namesake_is_asked_about() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let known = school.child("李四", "529901201606120012", 3, 1);
    let add = async |rest: &str| school.post("/ledger/enrolment/new", &registrar, &format!("{CHILD}&{rest}")).await;
    let same = add("id_no=529901201606120012&sex=male&birth=2016-06-12&_sure=x").await;
    assert!(same.text.contains("没有再建一份") && same.text.contains(&format!("href=\"/child/{known}\"")), "{}", same.text);
    assert!(!same.text.contains("name=\"_sure\""), "that is the child, and no choice: {}", same.text);
    let namesake = add("id_type=none&sex=male&birth=2016-06-12").await;
    assert!(namesake.text.contains("姓名和出生日期都相同"), "{}", namesake.text);
    assert_eq!(school.records("enrolment").len(), 1);
    let another = add(&format!("id_type=none&sex=male&birth=2016-06-12&_sure={}", sure(&namesake.text))).await;
    assert_eq!(another.status, StatusCode::SEE_OTHER, "{}", another.text);
    assert_eq!(school.records("enrolment").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_childs_form_is_held_to_what_the_identity_number_says() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    for (rest, said) in [("sex=male&birth=2016-06-13", "出生日期与身份证号码里的出生日期不一致"), ("sex=female&birth=2016-06-12", "性别与身份证号码")]
    {
        let answer = school.post("/ledger/enrolment/new", &registrar, &format!("{CHILD}&id_no=529901201606120012&{rest}")).await;
        assert!(answer.text.contains(said), "{rest}: {}", answer.text);
        let field = format!("_field=id_no&id_no=529901201606120012&{rest}");
        let beside = school.post("/ledger/enrolment/check", &registrar, &field).await;
        assert!(beside.text.contains("class=\"error\"") && beside.text.contains(said), "{}", beside.text);
    }
    assert!(school.records("enrolment").is_empty());
    let right = school.post("/ledger/enrolment/new", &registrar, &format!("{CHILD}&id_no=529901201606120012&sex=male&birth=2016-06-12")).await;
    assert_eq!(right.status, StatusCode::SEE_OTHER, "{}", right.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teacher_enters_children_of_the_own_classes_and_is_told_who_helps_with_others() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    school.child("王小明", "529901201606120012", 3, 2);
    school.child("赵小红", "529901201603020032", 3, 1);
    let child = |rest: &str| format!("{CHILD}&id_no=529901201606120012&sex=male&birth=2016-06-12{rest}");
    let away = school.post("/ledger/enrolment/new", &teacher, &child("")).await;
    assert!(away.text.contains("别的班已有一名学生用这个证件号码") && away.text.contains("请学籍管理员核对"), "{}", away.text);
    assert!(!away.text.contains("下面的名字") && !away.text.contains("先选“无证件”"), "{}", away.text);
    let other = format!("{CHILD}&id_type=none&sex=male&birth=2015-01-01").replace("class=1", "class=2");
    let refused = school.post("/ledger/enrolment/new", &teacher, &other).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("这个班不归您管"), "{}", refused.text);
    assert_eq!(school.records("enrolment").len(), 2, "nothing was made");
    let own = school.post("/ledger/enrolment/new", &teacher, &other.replace("class=2", "class=1")).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER, "{}", own.text);
    let id = own.location.trim_start_matches("/child/").split('?').next().unwrap();
    let moved = school.post(&format!("/record/{id}/edit"), &teacher, "was.class=1&class=2").await;
    assert!(moved.text.contains("这个班不归您管"), "nor is one put there: {}", moved.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_that_is_not_in_the_list_is_asked_about_with_those_it_may_be() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.listed();
    let put = "INSERT INTO record_school (_id, _doc, _year, _term, _disputed, _reopened, _v, void, code, name) VALUES ('school:2', 1, 2025, 0, 0, 0, 1, 0, '5299010002', '石门乡九年制学校')";
    school.desk.replica.store().write(|c| c.execute_batch(put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let form = |to: &str| format!("_student={child}&from=5299010001&to={to}&asked_by=from_school&asked_on=2026-03-02&reason=moved");
    let half = school.post("/ledger/transfer/new", &registrar, &form("石门九年制学校")).await;
    assert!(half.text.contains("是不是：石门乡九年制学校"), "{}", half.text);
    assert!(school.records("transfer").is_empty());
    let away = school.post("/ledger/transfer/new", &registrar, &form("昆明小学")).await;
    assert!(away.text.contains("“昆明小学”不在本县学校名单里"), "{}", away.text);
    let meant = school.post("/ledger/transfer/new", &registrar, &format!("{}&_sure={}", form("昆明小学"), sure(&away.text))).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_form_proposes_what_all_records_have_in_common() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let chosen = |page: &str, stage: &str| page.contains(&format!("name=\"stage\" value=\"{stage}\" checked"));
    let none = school.get("/ledger/enrolment/new", &registrar).await.text;
    assert!(!chosen(&none, "primary"), "of no record nothing is proposed: {none}");
    school.child("王小明", "529901201606120012", 3, 1);
    let one = school.get("/ledger/enrolment/new", &registrar).await.text;
    assert!(chosen(&one, "primary"), "{one}");
    let other = school.child("李大军", "529901201101020016", 6, 1);
    let set = [("stage".to_owned(), "junior".to_owned()), ("grade".to_owned(), "8".to_owned())].into();
    school.desk.ask(&super::nobody(), Ask::RecordSet { record: other, set, by: None }, Lang::Zh).unwrap();
    let several = school.get("/ledger/enrolment/new", &registrar).await.text;
    assert!(!chosen(&several, "primary") && !chosen(&several, "junior"), "of several none is: {several}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_reset_is_not_done_again_by_loading_the_page_again() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (teacher, _) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let path = format!("/people/{}/reset", teacher.id);
    let list = school.get("/people", &registrar).await.text;
    let form = list.split(path.as_str()).nth(1).unwrap().split("name=\"was\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let secret = |page: &str| page.split("class=\"secret\">").nth(1).map(|rest| rest.split('<').next().unwrap().to_owned());
    let first = school.post(&path, &registrar, &format!("was={form}")).await;
    assert!(secret(&first.text).is_some(), "{}", first.text);
    let again = school.post(&path, &registrar, &format!("was={form}")).await;
    assert!(secret(&again.text).is_none() && again.text.contains("刚才显示的一次性密码仍然有效"), "{}", again.text);
    let meant = again.text.split(path.as_str()).nth(1).unwrap().split("name=\"was\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let second = school.post(&path, &registrar, &format!("was={meant}")).await;
    assert_ne!(secret(&second.text), secret(&first.text), "asked for anew it is another one");
}

/// What stands before the fold of a new form.
fn first(page: &str) -> &str {
    page.split("<details><summary>").next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_filled_now_is_said_before_it_is_saved_and_what_a_later_step_asks_for_is_not_in_the_way() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::Registrar, Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let page = school.get("/ledger/enrolment/new", &officer).await.text;
    assert!(first(&page).contains("name=\"id_no\""), "the identity card is what a child has unless said otherwise: {page}");
    let page = school.get(&format!("/ledger/aid_payment/new?student={child}"), &officer).await.text;
    assert!(first(&page).contains("name=\"application\""), "{page}");
    let page = school.get(&format!("/ledger/aid_application/new?student={child}"), &officer).await.text;
    assert!(!first(&page).contains("notice_school") && !first(&page).contains("file.documents"), "{page}");
    assert!(page.contains("file.notice_school"), "it can be given all the same");

    let form = format!("_field=kind&_student={child}&kind=call&reached=");
    let said = school.post("/ledger/care_log/check", &officer, &form).await.text;
    assert!(said.contains("id=\"must-reached\" hx-swap-oob=\"true\">必填</span>"), "{said}");
    let said = school.post("/ledger/care_log/check", &officer, &form.replace("call", "birthday")).await.text;
    assert!(said.contains("id=\"must-reached\" hx-swap-oob=\"true\"></span>"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_without_a_name_is_asked_for_it_beside_its_field() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let answer = school.post("/ledger/enrolment/new", &registrar, "name=&stage=primary&grade=3&class=1&sex=male").await;
    let field = answer.text.split("id=\"f-name\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(field.contains("aria-invalid") && field.contains(" autofocus"), "{field}");
    assert_eq!(answer.text.matches(" autofocus").count(), 1, "one place to go on");
    assert!(answer.text.contains("填上学生的姓名") && !answer.text.contains("请找学籍管理员"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hands_go_on_at_the_first_field_that_is_wrong_and_a_question_is_read_first() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let focus = |text: &str| {
        text.split(" autofocus")
            .next()
            .filter(|head| *head != text)
            .and_then(|head| head.rsplit("id=\"").next()?.split('"').next().map(str::to_owned))
    };
    let sent = format!("_student={child}&on=2026-03-01&kind=visit&minutes=abc&followup_on=never");
    let refused = school.post("/ledger/care_log/new", &teacher, &sent).await.text;
    assert_eq!(focus(&refused).as_deref(), Some("f-minutes"), "{refused}");
    let log = super::seams::add(&school, "care_log", Some(&child), &[("kind", "visit"), ("on", "2026-03-01")]);
    let refused = school.post(&format!("/record/{log}/edit"), &teacher, "was.minutes=&minutes=abc").await.text;
    assert_eq!(focus(&refused).as_deref(), Some("f-minutes"), "{refused}");
    let case =
        super::seams::add(&school, "dropout_case", Some(&child), &[("on", "2026-03-01"), ("last_day", "2026-02-27"), ("first_absent", "2026-03-02")]);
    school.post(&format!("/record/{case}/step/verify"), &teacher, "").await;
    let refused = school.post(&format!("/record/{case}/step/record_death"), &teacher, "_on=2026-03-02").await.text;
    assert!(focus(&refused).is_some_and(|id| id.starts_with("f-record_death-")), "{:?} {refused}", focus(&refused));
    // The same form once more: a question, no error.
    let again = school.post("/ledger/care_log/new", &teacher, &format!("_student={child}&on=2026-03-01&kind=visit")).await.text;
    assert!(again.contains("不久前已经记过一次") && !again.contains(" autofocus"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_chosen_and_another_typed_beside_it_is_asked_about_and_both_stand_there_again() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let values = ["call", "video"].map(|value| serde_json::json!({ "value": value, "origin": "00000000000000aa" }));
    let log = super::seams::add(&school, "care_log", Some(&child), &[("kind", "visit"), ("on", "2026-03-01")]);
    super::seams::disagreement(&school, &log, "field", "kind", &serde_json::json!({ "values": values, "shared": "visit" }));
    let answer = school.post("/conflicts/field000000", &registrar, "choose.kind=%231&type.kind=%E8%B0%88%E5%BF%83").await;
    assert!(answer.text.contains("不知道以哪个为准") && answer.text.contains("value=\"谈心\""), "{}", answer.text);
    assert!(answer.text.contains("name=\"choose.kind\" value=\"#1\" checked"), "{}", answer.text);
    let typed = school.post("/conflicts/field000000", &registrar, "choose.kind=&type.kind=%E8%B0%88%E5%BF%83").await;
    assert_eq!(typed.status, StatusCode::SEE_OTHER, "{}", typed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_says_is_proposed_and_something_else_is_asked_about() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let opened = school.records("care_profile")[0].id.clone();
    let chosen = "name=\"boards\" value=\"day\" checked";
    for form in [format!("/ledger/care_profile/new?student={child}"), format!("/record/{opened}/edit")] {
        let page = school.get(&form, &teacher).await.text;
        assert!(page.contains(chosen), "{form}: {page}");
    }
    let edit = format!("/record/{opened}/edit");
    let asked = school.post(&edit, &teacher, "boards=boarder&was.boards=").await;
    assert!(
        asked.status == StatusCode::UNPROCESSABLE_ENTITY && asked.text.contains("学生档案里，“是否寄宿”是“走读”"),
        "{} {}",
        asked.status,
        asked.text
    );
    let gaps = asked.text.split("name=\"_gaps\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let meant = school.post(&edit, &teacher, &format!("boards=boarder&was.boards=&_gaps={gaps}")).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
    // A stays-at-home mother cares: nobody asks for her number.
    let home = "kind=one_able&away_parent=father&guardian_rel=mother&guardian=%E5%88%98&guardian_phone=13887654321&care_state=good";
    let form = format!(
        "_student={child}&on=2026-03-02&since=2026-01&health=healthy&care_teacher=x&father_place=x&father_phone=13887654322&father_work=x&{home}"
    );
    let asked = school.post("/ledger/care_profile/new", &teacher, &format!("{form}&boards=boarder")).await;
    assert!(asked.text.contains("学生档案里，“是否寄宿”是“走读”"), "{}", asked.text);
    let asked = school.post("/ledger/care_profile/new", &teacher, &form.replace("guardian_rel=mother", "guardian_rel=father")).await;
    assert!(asked.text.contains("外出的一方不会同时在家照顾学生"), "{}", asked.text);
    let asked = school.post("/ledger/care_profile/new", &teacher, &form).await;
    assert!(!asked.text.contains("学生档案里"), "as the file says: {}", asked.text);
    let made = school.post("/ledger/care_profile/new", &teacher, &format!("{form}&_sure={}", sure(&asked.text))).await;
    assert!(made.status == StatusCode::SEE_OTHER && made.location.contains("saved=0"), "{} {}", made.location, made.text);
    assert!(!school.get(&made.location, &teacher).await.text.contains("id=\"lacks\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_that_cannot_be_are_refused_or_asked_about() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let activity = "kind=care&title=x&on=2026-03-02&headcount_pupils=20&headcount_left_behind=25";
    let refused = school.post("/ledger/activity/new", &registrar, activity).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("留守儿童数不能多于参加学生数"),
        "{} {}",
        refused.status,
        refused.text
    );
    assert!(school.records("activity").is_empty());
    let log = |with: &str| format!("_student={child}&kind=call&on=2026-03-02&reached=true&{with}");
    let asked = school.post("/ledger/care_log/new", &registrar, &log("with=child")).await;
    assert!(asked.text.contains("对象里却没有父亲或母亲"), "{}", asked.text);
    assert!(school.records("care_log").is_empty());
    let meant = school.post("/ledger/care_log/new", &registrar, &format!("{}&_sure={}", log("with=child"), sure(&asked.text))).await;
    assert_eq!(meant.status, StatusCode::SEE_OTHER, "{}", meant.text);
    let plain = school.post("/ledger/care_log/new", &registrar, &log("with=child&with=mother")).await;
    assert_eq!(plain.status, StatusCode::SEE_OTHER, "{}", plain.text);
}
