//! The desk as somebody finds it who means harm: addresses of another class's children on every route, files that are something else, words that are no words,
//! sessions of whom was shut out.

use super::{
    COOKIE, HOST, ORIGIN, ROUTES, School, class,
    files::{ACTIVITY, PLAIN, of},
    grid::hidden_token,
    imports::{BAD, upload},
    nobody,
    seams::{add, disagreement},
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use huxue_shared::{
    command::Request as Ask,
    locale::Lang,
    web::{account::Role, import},
};
use serde_json::json;
use tower::ServiceExt as _;

/// What another class has, each part with an address of its own.
struct Foreign {
    child: String,
    records: Vec<String>,
    undo: String,
    token: String,
    refused: String,
    registrar: i64,
}

const NAME: &str = "赵小红";
const NUMBER: &str = "529901201603020032";
const TEXT: &str = "外班的一句话";

async fn another_class(school: &School) -> Foreign {
    let (account, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child(NAME, NUMBER, 4, 1);
    let log = add(school, "care_log", Some(&child), &[("kind", "visit"), ("note", TEXT), ("on", "2026-03-01")]);
    let case = add(school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20")]);
    let step = add(
        school,
        "dropout_step",
        Some(&child),
        &[("case", &case), ("step", "visit"), ("who", "li"), ("result", "not_found"), ("on", "2026-03-01")],
    );
    school.upload(&format!("/record/{step}/file"), &registrar, &[], &[("file.photo", "院子.jpg", PLAIN)]).await;
    assert_eq!(school.get(&format!("/record/{step}/file/photo"), &registrar).await.status, StatusCode::OK);
    let set = [("note".to_owned(), format!("{TEXT}。"))].into();
    let done = school.desk.ask(&nobody(), Ask::RecordSet { record: log.clone(), set, by: None }, Lang::Zh).unwrap();
    disagreement(school, &log, "field", "note", &json!({ "values": [{ "value": TEXT }, { "value": "另一句" }] }));
    let bad = BAD.replace("三年级", "四年级").replace("王小明", NAME);
    let seen = upload(school, &registrar, "zh", "", "名册.csv", bad.as_bytes()).await.text;
    school.get(&format!("/import/{}/refused", hidden_token(&seen)), &registrar).await;
    let refused = import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap()[0].2.trim_start_matches("/import/refused/").to_owned();
    let token = hidden_token(&upload(school, &registrar, "zh", "", "名册.csv", bad.as_bytes()).await.text);
    let records = vec![child.clone(), log, case, step];
    let student = school.desk.replica.locate(&child).unwrap().doc.to_string();
    Foreign { child: student, records, undo: done["undo"].as_str().unwrap().to_owned(), token, refused, registrar: account.id }
}

impl Foreign {
    /// Every address of a route that leads to something of the other class, and whether it names one thing: then it is not there.
    fn addresses(&self, route: &str) -> (Vec<String>, bool) {
        let ids = match route {
            _ if route.starts_with("/people") => vec![self.registrar.to_string()],
            _ if route.starts_with("/conflicts") => vec!["field000000".to_owned()],
            _ if route.starts_with("/import/refused") => vec![self.refused.clone()],
            _ => self.records.clone(),
        };
        let parts: [(&str, Vec<String>); 10] = [
            ("{id}", ids),
            ("{student}", vec![self.child.clone()]),
            ("{batch}", vec![self.undo.clone()]),
            ("{token}", vec![self.token.clone()]),
            ("{grade}/{class}", vec!["4/1".into()]),
            ("{code}", ["care_log", "dropout_case", "dropout_step", "enrolment"].map(str::to_owned).into()),
            ("{step}", ["verify", "close", "void"].map(str::to_owned).into()),
            ("{field}", vec!["photo".into()]),
            ("{paper}", ["care_card", "aid_statement"].map(str::to_owned).into()),
            ("{name}", vec!["dropout_now".into()]),
        ];
        let mut all = vec![route.replace("{stamp}/{name}", "x/app.css")];
        for (hole, values) in parts {
            all = all.iter().flat_map(|address| values.iter().map(move |value| address.replace(hole, value))).collect();
        }
        all.sort();
        all.dedup();
        let one = ["{id}", "{student}", "{batch}", "{token}", "{grade}"].iter().any(|hole| route.contains(hole));
        (all, one)
    }

    /// What a body may say of it, in each of the ways the desk reads.
    fn bodies(&self) -> Vec<String> {
        let (child, log, case) = (&self.child, &self.records[1], &self.records[2]);
        let form = format!(
            "_student={child}&student={child}&state=absent&case={case}&kind=visit&note=x&was.note=&choose.note=%231&do=block&keys={log}&block=x&at_row=0&at_column=0\
             &q=zxh&class=4.1&signed=1&reason=x&on=2026-03-01&role=registrar&name=x&login=x"
        );
        let row = |key: &str| json!({ "key": key, "cells": { "note": { "now": "x" }, "case": { "now": case } } });
        let act = json!({ "rows": [row(log), row(case), row(&format!("+{child}"))] }).to_string();
        let lay = json!({ "text": "x", "keys": [log, case, format!("+{child}")], "row": 0, "column": 0 }).to_string();
        vec![form, act, lay]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_no_route_shows_or_changes_anything_of_another_class_to_a_class_teacher() {
    let school = School::new();
    let foreign = another_class(&school).await;
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    school.child("王小明", "529901201606120012", 3, 1);
    let before = school.desk.replica.status().unwrap()["head_lsn"].clone();
    let query = format!("student={0}&class=4.1&f.grade=4&q=zxh&keys={1}&save=1&l.care_log=1&empty=1&child={0}", foreign.child, foreign.records[1]);
    let mut asked = 0;
    for (method, route, _) in ROUTES.iter().filter(|(_, route, _)| !["/logout", "/lock", "/events"].contains(route)) {
        let (addresses, one) = foreign.addresses(route);
        for address in addresses {
            let bodies = if *method == "get" { vec![String::new()] } else { foreign.bodies() };
            for body in bodies {
                let path = format!("{address}?{query}");
                let answer = if *method == "get" { school.get(&path, &teacher).await } else { school.post(&path, &teacher, &body).await };
                asked += 1;
                for secret in [NAME, NUMBER, TEXT, "院子", "wang老师"] {
                    assert!(!answer.text.contains(secret), "{method} {path} {body} tells {secret}: {}", answer.text);
                }
                let hidden = answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::FORBIDDEN;
                // Putting away what is not there, and the preview of a file that does not wait, lead back to the list, without a word.
                let unread = body.starts_with('{') && answer.status.is_client_error();
                let back = route.ends_with("/forget") || *route == "/import/{token}";
                let hidden = hidden || unread || back && answer.location == "/import";
                assert!(!one || hidden, "{method} {path} {body}: {} {} {}", answer.status, answer.location, answer.text);
                assert!(!answer.status.is_server_error(), "{method} {path}: {}", answer.text);
            }
        }
        assert_eq!(school.desk.replica.status().unwrap()["head_lsn"], before, "{method} {route} wrote");
    }
    assert!(asked > 150, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_out_of_what_is_served() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let paths = [
        "/static/x/../../Cargo.toml",
        "/static/x/..%2f..%2fCargo.toml",
        "/static/x/%2e%2e%2fapp.css",
        "/static/..%2f..%2f..%2fetc/passwd.css",
        "/static/x/%2fetc%2fpasswd.js",
        "/static/x/app.css%00.svg",
        "/import/..%2f..%2fhuxue.db/refused",
        "/import/refused/..%2f..%2fhuxue.db",
        "/record/..%2f..%2fhuxue.db/file/photo",
        "/record/care_log:01/file/..%2f..%2fnode.key",
        "/report/..%2f..%2fx/file",
    ];
    for path in paths {
        let answer = school.get(path, &session).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
        assert!(!answer.text.contains("root:") && !answer.text.contains("SQLite") && !answer.text.contains("[package]"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_calls_itself_a_photo_is_not_taken_and_what_is_two_things_at_once_is_served_as_the_harmless_one() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let made = school.upload("/ledger/activity/new", &teacher, &ACTIVITY, &[]).await;
    let record = of(&made.location);
    let svg = br#"<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>"#;
    let html = b"<!doctype html><script>alert(1)</script>";
    for (name, bytes) in [("a.jpg", svg.as_slice()), ("a.pdf", svg), ("a.png", html), ("a.html", html), ("a.svg", svg)] {
        school.upload(&format!("/record/{record}/file"), &teacher, &[], &[("file.photos", name, bytes)]).await;
        assert_eq!(school.get(&format!("/record/{record}/file/photos"), &teacher).await.status, StatusCode::NOT_FOUND, "{name}");
    }
    let picture = [PLAIN, html.as_slice()].concat();
    let pdf = [b"%PDF-1.4\n".as_slice(), html, b"\n%%EOF\n"].concat();
    let name = "\u{202e}gpj.html\r\nX-Evil: 1";
    for (field, bytes, media, way) in [("photos", &picture, "image/jpeg", "inline"), ("photos_2", &pdf, "application/pdf", "attachment")] {
        school.upload(&format!("/record/{record}/file"), &teacher, &[], &[("file.photos", &name.replace("\r\n", " "), bytes)]).await;
        let (head, _) = school.raw(&format!("/record/{record}/file/{field}"), &teacher).await;
        assert_eq!(head.status(), StatusCode::OK, "{field}");
        let said = |name: header::HeaderName| head.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((said(header::CONTENT_TYPE).as_str(), said(header::X_CONTENT_TYPE_OPTIONS).as_str()), (media, "nosniff"));
        assert!(said(header::CONTENT_DISPOSITION).starts_with(way) && said(header::CONTENT_SECURITY_POLICY).contains("sandbox"), "{head:?}");
        assert!(!said(header::CONTENT_DISPOSITION).contains("%E2%80%AE") && !head.headers().contains_key("x-evil"), "{head:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_no_words_break_no_page_and_stand_in_none() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let long = "a".repeat(100_000);
    for text in ["%00", "%07%1b%5B31m", "%E2%80%AEabc", "%ff%fe", "%3Cscript%3Ealert(1)%3C/script%3E", long.as_str()] {
        for path in [
            "/children?q=",
            "/ledger/care_log?q=",
            "/ledger/care_log?f.kind=",
            "/ledger/care_log?order=",
            "/?done=",
            "/conflicts?done=",
            "/import?undo=",
        ] {
            // A longer address is no address: it is refused before it comes here.
            let text: String = text.chars().take(60_000).collect();
            let answer = school.get(&format!("{path}{text}"), &registrar).await;
            assert!(!answer.status.is_server_error() && !answer.text.contains("<script>alert"), "{path}{:.20}: {}", text, answer.status);
        }
        for (path, form) in [
            ("/ledger/care_log/new", format!("_student={child}&kind=visit&note={text}")),
            ("/people", format!("name={text}&login=x&role=principal")),
            ("/people", format!("name=x&login={text}&role={text}")),
            ("/ledger/care_log/new", format!("_student={text}&kind={text}")),
        ] {
            let answer = school.post(path, &registrar, &form).await;
            assert!(!answer.status.is_server_error() && !answer.text.contains("<script>alert"), "{path} {:.40}: {}", form, answer.status);
        }
    }
    for row in school.records("care_log") {
        let answer = school.get(&format!("/record/{}", row.id), &registrar).await;
        let bare = answer.text.chars().all(|c| (!c.is_control() || "\n\r\t".contains(c)) && c != '\u{202e}');
        assert!(answer.status == StatusCode::OK && bare && !answer.text.contains("<script>alert"), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_open_nothing_and_a_head_or_a_range_tells_no_more_than_a_get() {
    let school = School::new();
    let foreign = another_class(&school).await;
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let ask = |method: Method, path: String, more: &'static [(&'static str, &'static str)]| {
        let mut request = Request::builder().method(method).uri(path).header("host", HOST).header("cookie", format!("{COOKIE}={teacher}"));
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        school.router.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let page = format!("/record/{}", foreign.records[1]);
    for method in [Method::HEAD, Method::GET] {
        let answer = ask(method, page.clone(), &[("range", "bytes=0-100")]).await.unwrap();
        assert_eq!((answer.status(), answer.headers().contains_key("content-range")), (StatusCode::NOT_FOUND, false));
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS, Method::TRACE] {
        let with = [("origin", ORIGIN)];
        let answer = ask(method.clone(), page.clone(), Box::leak(Box::new(with))).await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method}: not without the token");
    }
    let void = format!("{page}/void");
    for override_ in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let with = [(override_, "POST"), ("origin", ORIGIN)];
        let answer = ask(Method::GET, format!("{void}?_method=POST&t={}", school.token(&teacher)), Box::leak(Box::new(with))).await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{override_}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_himself_a_role_or_a_class_and_there_is_always_a_registrar() {
    let school = School::new();
    let (me, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (other, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let again = school.desk.sessions.begin(school.desk.clock(), other.id);
    for path in [format!("/people/{}", other.id), format!("/people/{}", me.id), "/people".to_owned(), format!("/people/{}/reset", me.id)] {
        let answer = school.post(&path, &teacher, "name=x&login=x&role=registrar&role=principal&classes=4.1").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    for form in ["name=W&role=principal", "name=W&role=registrar&disabled=on", "name=W", "name=W&role=admin"] {
        let answer = school.post(&format!("/people/{}", me.id), &registrar, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
    }
    // Whose class or role is taken away reaches nothing of it with the sessions open since before.
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let there = format!("/child/{}", school.desk.replica.locate(&child).unwrap().doc);
    assert_eq!(school.get(&there, &teacher).await.status, StatusCode::OK);
    school.post(&format!("/people/{}", other.id), &registrar, "name=L&role=class_teacher&class=4.1").await;
    for session in [&teacher, &again] {
        assert_eq!(school.get(&there, session).await.status, StatusCode::NOT_FOUND, "the class is another's now");
    }
    school.post(&format!("/people/{}", other.id), &registrar, "name=L&role=principal&disabled=on").await;
    for session in [&teacher, &again] {
        assert!(school.get(&there, session).await.location.starts_with("/login"), "closed is out at once, in every browser");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_stands_in_the_form_again_whatever_the_disk_or_the_database_does() {
    use huxue_shared::store::{Store, StoreConfig, StoreError};
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = add(&school, "care_log", Some(&child), &[("kind", "visit"), ("note", "以前的")]);
    let told = |sql: &'static str| school.desk.replica.store().write(move |c| c.execute_batch(sql).map_err(StoreError::from)).unwrap();
    let typed = "这一段话要留着".repeat(500);
    let forms = || {
        [
            ("/ledger/care_log/new".to_owned(), format!("_student={child}&kind=visit&note={typed}")),
            (format!("/record/{log}/edit"), format!("was.note=%E4%BB%A5%E5%89%8D%E7%9A%84&note={typed}")),
        ]
    };
    let lost_nothing = |answer: &super::Answer, words: &str| {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.text);
        assert!(answer.text.contains(&typed), "what was typed is gone: {words}");
        assert!(
            answer.text.contains(words) && answer.text.contains("您填的还在这张表上") && !answer.text.contains("df -h"),
            "{words}: {}",
            answer.text
        );
    };
    told("PRAGMA max_page_count = 1");
    for (path, form) in forms() {
        lost_nothing(&school.post(&path, &teacher, &form).await, "磁盘已满");
    }
    told("PRAGMA max_page_count = 1000000");
    told("PRAGMA busy_timeout = 1");
    let other = Store::open(StoreConfig { path: school.dir.path().join("huxue.db"), key: None, cache_mib: 1 }).unwrap();
    let (held, holds) = std::sync::mpsc::channel();
    let (let_go, go) = std::sync::mpsc::channel::<()>();
    let holder = other.queue(move |_| -> Result<(), StoreError> {
        held.send(()).map_err(|_| StoreError::Closed)?;
        go.recv().map_err(|_| StoreError::Closed)
    });
    holds.recv().unwrap();
    for (path, form) in forms() {
        lost_nothing(&school.post(&path, &teacher, &form).await, "数据库被别的程序占着");
    }
    let_go.send(()).unwrap();
    holder.unwrap().wait().unwrap();
    assert_eq!(school.records("care_log").len(), 1, "all or nothing");
    for (path, form) in forms() {
        assert_eq!(school.post(&path, &teacher, &form).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(school.records("care_log").len(), 2);
    // Last: the writer takes no word any more, not even that it may write again.
    told("PRAGMA query_only = 1");
    for (path, form) in forms() {
        let form = form.replace("was.note=%E4%BB%A5%E5%89%8D%E7%9A%84&note=", "note=").replace("note=", &format!("was.note={typed}&note=x"));
        lost_nothing(&school.post(&path, &teacher, &form).await, "数据库文件不能写");
    }
    assert_eq!(school.records("care_log").len(), 2);
}
