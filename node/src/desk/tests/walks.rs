//! What people meet as they walk through the desk: accounts with classes by their names, who wrote what is in dispute, and nothing decided or lost by the way.

use super::{
    COOKIE, HOST, ORIGIN, PASSWORD, School, class,
    seams::{add, disagreement},
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use huxue_shared::{
    command::Request as Ask,
    document::view::Value,
    locale::Lang,
    store::accounts,
    web::{
        account::{Account, Role},
        session::{IDLE_S, LIFE_S},
    },
};
use serde_json::json;
use std::collections::BTreeMap;

fn classes_of(school: &School, login: &str) -> Option<String> {
    school.desk.replica.store().read(|c| accounts::by_login(c, login)).unwrap().map(|row| row.classes)
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_are_ticked_by_name_and_a_typed_one_that_nobody_is_in_is_asked_about() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 3, 2);
    let page = school.get("/people", &registrar).await.text;
    assert!(page.contains("value=\"3.1\"> 三年级1班") && page.contains("value=\"3.2\"> 三年级2班"), "{page}");
    let made = school.post("/people", &registrar, "name=L&login=li&role=class_teacher&class=3.1&classes=%E4%B8%89%282%29%E7%8F%AD").await;
    assert_eq!((made.status, classes_of(&school, "li").as_deref()), (StatusCode::OK, Some("3.1,3.2")), "三(2)班 is a class of the school");
    assert!(made.text.contains("三年级1班、三年级2班"), "the list says which: {}", made.text);

    let form = "name=Z&login=zhao&role=class_teacher&classes=%E4%B8%89%E5%B9%B4%E7%BA%A79%E7%8F%AD";
    let asked = school.post("/people", &registrar, form).await;
    assert_eq!((asked.status, classes_of(&school, "zhao")), (StatusCode::UNPROCESSABLE_ENTITY, None));
    assert!(asked.text.contains("名册里没有 三年级9班"), "{}", asked.text);
    assert!(asked.text.contains("value=\"3.9\" checked> 三年级9班") && asked.text.contains("value=\"zhao\""), "it stands ticked: {}", asked.text);
    let sure = school.post("/people", &registrar, "name=Z&login=zhao&role=class_teacher&class=3.9").await;
    assert_eq!((sure.status, classes_of(&school, "zhao").as_deref()), (StatusCode::OK, Some("3.9")), "left ticked, it is meant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_an_account_that_is_not_taken_keeps_what_was_filled_in() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (li, _) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let again = school.post(&format!("/people/{}", li.id), &registrar, "name=Renamed&role=class_teacher&classes=nowhere").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("value=\"Renamed\"") && again.text.contains("value=\"nowhere\""), "{}", again.text);
    let done = school.post(&format!("/people/{}", li.id), &registrar, "name=Renamed&role=class_teacher&class=3.1").await;
    assert!(school.get(&done.location, &registrar).await.text.contains("Renamed 的账号已保存"));
}

fn correct(school: &School, account: &Account, record: &str, field: &str, text: &str) {
    let set = BTreeMap::from([(field.to_owned(), text.to_owned())]);
    school.desk.ask(account, Ask::RecordSet { record: record.to_owned(), set, by: Some(account.name.clone()) }, Lang::Zh).unwrap();
}

/// Minutes of a visit in dispute: what this machine wrote, and what another one did.
fn disputed_minutes(school: &School, record: &str, ours: i64) {
    let origin = school.desk.replica.origin().to_string();
    let values = json!({ "values": [{ "value": ours, "origin": origin }, { "value": 90, "origin": "00000000000000aa" }], "shared": 20 });
    disagreement(school, record, "field", "minutes", &values);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disagreement_names_who_wrote_each_value_when_and_where() {
    let school = School::new();
    let (li, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("minutes", "20")]);
    correct(&school, &li, &log, "minutes", "45");
    disputed_minutes(&school, &log, 45);
    let inbox = school.get("/conflicts", &session).await.text;
    assert!(inbox.contains("li老师 · 3月2日 10:00 · 在本机上"), "{inbox}");
    assert!(inbox.contains("没有写明是谁"), "what nobody signed is nobody's: {inbox}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edit_form_shows_what_is_in_dispute_and_leaves_it_alone() {
    let school = School::new();
    let (li, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("minutes", "20")]);
    let before = school.get(&format!("/record/{log}/edit"), &session).await.text;
    assert!(before.contains("name=\"minutes\""));
    correct(&school, &li, &log, "minutes", "45");
    disputed_minutes(&school, &log, 45);
    let form = school.get(&format!("/record/{log}/edit"), &session).await.text;
    assert!(!form.contains("name=\"minutes\""), "nothing to overwrite it with");
    assert!(form.contains("<strong>90</strong>") || form.contains("90 分钟"), "{form}");
    assert!(form.contains("href=\"/conflicts#c-field000000\""), "{form}");
    // The form was opened before the other machine's value came.
    let stale = school.post(&format!("/record/{log}/edit"), &session, "was.minutes=20&minutes=60&was.note=&note=abc").await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", stale.text);
    assert!(stale.text.contains("出现了分歧") && stale.text.contains("60") && stale.text.contains("abc"), "nothing typed is lost: {}", stale.text);
    let kept = |field: &str| school.desk.replica.show(&log).unwrap()["fields"][field].clone();
    assert_eq!(kept("minutes"), 45, "a save is no choice");
    let other = school.post(&format!("/record/{log}/edit"), &session, "was.note=&note=abc").await;
    assert_eq!((other.status, kept("note")), (StatusCode::SEE_OTHER, json!("abc")), "other fields are saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn save_and_another_names_what_was_saved_offers_to_take_it_back_and_begins_in_the_first_field() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let form = format!("_student={child}&on=2026-03-02&kind=visit&_another=1");
    let saved = school.post("/ledger/care_log/new", &session, &form).await;
    let next = school.get(&saved.location, &session).await.text;
    assert!(next.contains("已保存在本机：王小明 · ") && next.contains("2026-03-02"), "{next}");
    assert!(next.contains("action=\"/undo/"), "it can be taken back at once");
    assert_eq!(next.matches(" autofocus").count(), 1, "{next}");
    assert!(next.split(" autofocus").next().unwrap().ends_with("id=\"f-on\""), "{next}");
    // Taking it back leads to the form again, which says nothing of it any more.
    let back = next.split("class=\"undo\"").nth(1).unwrap().split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(back.starts_with("/ledger/care_log/new?student=") && !back.contains("last="), "{back}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ledgers_stand_by_section_those_written_in_lately_first_and_the_machinery_behind_a_fold() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let page = school.get("/ledgers", &teacher).await.text;
    assert!(!page.contains("最近填过的") && !page.contains("台账定义") && !page.contains("幕后"), "{page}");
    assert!(page.find("<h2>控辍保学与关爱</h2>").unwrap() < page.find("<h2>学生资助</h2>").unwrap());
    school.post("/ledger/care_log/new", &teacher, &format!("_student={child}&kind=visit")).await;
    let page = school.get("/ledgers", &teacher).await.text;
    let lately = page.split("最近填过的").nth(1).unwrap().split("<h2>").next().unwrap();
    assert_eq!(lately.matches("<h3>").count(), 1, "{lately}");
    assert!(lately.contains("href=\"/ledger/care_log\""));
    let fold = school.get("/ledgers", &registrar).await.text;
    let fold = fold.split("<details>").nth(1).unwrap();
    for code in ["ledger_definition", "report_definition", "dossier"] {
        assert!(fold.contains(&format!("href=\"/ledger/{code}\"")), "{code}");
    }
    for (typed, found) in [("zzsq", true), ("%E8%B5%84%E5%8A%A9", true), ("zizhu", true), ("nothing", false)] {
        let page = school.get(&format!("/ledgers?q={typed}"), &registrar).await.text;
        assert_eq!(page.contains("href=\"/ledger/aid_application\""), found, "{typed}");
    }
}

/// The word under which a form waits, out of the address of the page that asks for the password.
fn word(location: &str) -> String {
    location.split("kept=").nth(1).unwrap_or_else(|| panic!("nothing was kept: {location}")).to_owned()
}

/// A log of a visit as a form sends it.
fn visit(child: &str, note: &str) -> String {
    format!("_student={child}&on=2026-03-02&kind=visit&note={note}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_sent_from_a_locked_page_is_saved_once_the_password_was_given() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.clock.advance_s(IDLE_S);
    let sent = school.post("/ledger/care_log/new", &session, &visit(&child, "typed%20for%20long")).await;
    assert!(sent.location.starts_with("/lock?kept="), "{}", sent.location);
    let page = school.get(&sent.location, &session).await.text;
    assert!(page.contains("您刚才填的还留着") && !page.contains("typed for long"), "kept, not shown to whoever passes by: {page}");
    let word = word(&sent.location);
    let wrong = school.post("/lock", &session, &format!("password=wrong&next=/&kept={word}")).await;
    assert!(wrong.text.contains(&word), "a wrong password loses nothing");
    assert!(school.records("care_log").is_empty());
    let right = school.post("/lock", &session, &format!("password={PASSWORD}&next=/&kept={word}")).await;
    assert!(right.location.starts_with("/record/care_log:"), "as if nothing had been in between: {} {}", right.location, right.text);
    let note = school.records("care_log")[0].fields.get("note").cloned();
    assert_eq!(note, Some(Value::Str("typed for long".into())));
    let twice = school.post("/lock", &session, &format!("password={PASSWORD}&next=/&kept={word}")).await;
    assert_eq!((twice.location.as_str(), school.records("care_log").len()), ("/", 1), "once only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_session_that_is_over_waits_for_its_own_account_and_no_other() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    school.person("zhao", &[Role::ClassTeacher], &[class(3, 1)]);
    let (child, token) = (school.child("王小明", "529901201606120012", 3, 1), school.token(&session));
    school.clock.advance_s(LIFE_S);
    let sent = |token: &str, form: String| {
        let request = request_as(&format!("/ledger/care_log/new?t={token}"), &format!("{COOKIE}={session}"));
        school.send(request.body(Body::from(form)).unwrap())
    };
    let forged = sent(&"0".repeat(64), visit(&child, "x")).await;
    assert_eq!(forged.location, "/login", "without the session's own token nothing is kept");
    let large = sent(&token, visit(&child, &"x".repeat(300_000))).await;
    assert_eq!(large.location, "/login", "nor what is out of measure");
    let word = word(&sent(&token, visit(&child, "mine")).await.location);
    let enter = |login: &str, word: &str| {
        let visitor = "ab".repeat(32);
        let request = request_as(&format!("/login?t={visitor}"), &format!("huxue_visitor={visitor}"));
        school.send(request.body(Body::from(format!("login={login}&password={PASSWORD}&kept={word}"))).unwrap())
    };
    let other = enter("zhao", &word).await;
    assert_eq!((other.location.as_str(), school.records("care_log").len()), ("/", 0), "another person's is not sent under this name");
    let own = enter("li", &word).await;
    assert!(own.location.starts_with("/record/care_log:") && own.cookies.iter().any(|c| c.starts_with(COOKIE)), "{} {:?}", own.location, own.cookies);
    let by = school.records("care_log")[0].fields.get("by").cloned();
    assert_eq!(by, Some(Value::Str("li老师".into())));
}

fn request_as(path: &str, cookie: &str) -> axum::http::request::Builder {
    let request = Request::post(path).header("host", HOST).header("origin", ORIGIN).header("cookie", cookie);
    request.header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_form_with_photos_the_text_is_kept_and_it_is_said_that_they_are_to_be_chosen_again() {
    let school = School::new();
    let (_, session) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (child, token) = (school.child("王小明", "529901201606120012", 3, 1), school.token(&session));
    school.clock.advance_s(IDLE_S);
    let part = |head: &str, text: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{head}\r\n\r\n{text}\r\n");
    let photo = "x".repeat(3 << 20);
    let texts = [("_student", child.as_str()), ("on", "2026-03-02"), ("kind", "visit"), ("note", "word")];
    let body = format!(
        "{}{}{}--b--\r\n",
        part("file.photos\"; filename=\"a.jpg\"", &photo),
        texts.iter().map(|(key, text)| part(&format!("{key}\""), text)).collect::<String>(),
        part("file.attachment\"; filename=\"\"", "")
    );
    let request = Request::post(format!("/ledger/care_log/new?t={token}")).header("host", HOST).header("origin", ORIGIN);
    let request = request.header("cookie", format!("{COOKIE}={session}")).header("content-type", "multipart/form-data; boundary=b");
    let sent = school.send(request.body(Body::from(body)).unwrap()).await;
    assert!(school.get(&sent.location, &session).await.text.contains("一起选的文件没有留住"));
    let form = format!("password={PASSWORD}&kept={}", word(&sent.location));
    let saved = school.post("/lock", &session, &form).await;
    assert!(saved.location.starts_with("/record/care_log:"), "{} {}", saved.location, saved.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_sent_from_a_locked_page_is_asked_for_once_more_where_it_was_chosen() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let token = school.token(&session);
    school.clock.advance_s(IDLE_S);
    let body = "--b\r\nContent-Disposition: form-data; name=\"into\"\r\n\r\nroster\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nx\r\n--b--\r\n";
    let request = Request::post(format!("/import/preview?t={token}")).header("host", HOST).header("origin", ORIGIN);
    let request = request.header("cookie", format!("{COOKIE}={session}")).header("content-type", "multipart/form-data; boundary=b");
    let sent = school.send(request.body(Body::from(body)).unwrap()).await;
    let door = school.get(&sent.location, &session).await.text;
    assert!(door.contains("选好的文件没法留住") && !door.contains("照片") && !door.contains("不用重填"), "{door}");
    let back = school.post("/lock", &session, &format!("password={PASSWORD}&kept={}", word(&sent.location))).await;
    assert_eq!(back.location, "/import?again=1&into=roster");
    let page = school.get(&back.location, &session).await;
    assert!(page.status == StatusCode::OK && page.text.contains("文件没法替您留着，请再选一次。"), "{}", page.text);
    assert!(page.text.contains("<option value=\"roster\" selected>"), "what was chosen beside it stands: {}", page.text);
}

/// Bodies that no route can read, each with the kind it says it is.
const UNREADABLE: [(&str, &str); 6] = [
    ("multipart/form-data", "--b\r\n"),
    ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nx"),
    ("multipart/form-data; boundary=b", "\u{0}"),
    ("application/x-www-form-urlencoded", "%ff=%fe&=&&"),
    ("application/json", "{"),
    ("", "x"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_route_cannot_read_is_answered_with_a_page_of_the_house_and_a_way_on() {
    let school = School::new();
    let (account, _) = school.person("wang", &[Role::Registrar, Role::ClassTeacher], &[class(3, 1)]);
    let large = format!("a={}", "x".repeat(600 * 1024));
    for (_, route, path) in super::ROUTES.iter().filter(|(method, route, _)| *method == "post" && *route != "/logout") {
        for (kind, body) in UNREADABLE.into_iter().chain([("application/x-www-form-urlencoded", large.as_str())]) {
            for (lang, way) in [("zh", "今天"), ("en", "Today")] {
                let session = school.desk.sessions.begin(school.desk.clock(), account.id);
                let request = Request::post(format!("{path}?t={}", school.token(&session))).header("host", HOST).header("origin", ORIGIN);
                let request = request.header("cookie", format!("{COOKIE}={session}; huxue_lang={lang}")).header("content-type", kind);
                let answer = school.send(request.body(Body::from(body.to_owned())).unwrap()).await;
                if answer.status.is_client_error() || answer.status.is_server_error() {
                    let whole = answer.text.contains("<html") && answer.text.contains("href=\"/\"") && answer.text.contains(way);
                    assert!(whole, "{route} {kind} {lang}: {} {}", answer.status, answer.text);
                }
                assert!(!answer.status.is_server_error(), "{route} {kind}: {}", answer.status);
            }
        }
    }
}
