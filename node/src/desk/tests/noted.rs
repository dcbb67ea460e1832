//! Every route has a verdict: it shows named records, and then each showing leaves a row in the audit chain; or it shows none, and then no name is in its answer.
//! A route without a verdict fails the first test.

use super::{
    ROUTES, School, class,
    files::{ACTIVITY, PLAIN, of},
    grid::hidden_token,
    imports, seams,
};
use axum::http::StatusCode;
use huxue_shared::{
    command::Request as Ask,
    locale::Lang,
    store::audit,
    web::{account::Role, import, session::IDLE_S},
};
use serde_json::json;

const NAME: &str = "王小明";

/// Routes that show named records, by method and address. What `{…}` stands for is in [`Asked::path`].
const NAMED: [(&str, &str); 38] = [
    ("get", "/"),
    ("get", "/children"),
    ("get", "/child/{student}"),
    ("get", "/ledger/{code}"),
    ("get", "/ledger/{code}/export"),
    ("get", "/ledger/{code}/new"),
    ("post", "/ledger/{code}/new"),
    ("get", "/ledger/{code}/grid"),
    ("post", "/ledger/{code}/grid/lay"),
    ("post", "/ledger/{code}/grid/judge"),
    ("post", "/ledger/{code}/grid/preview"),
    ("post", "/ledger/{code}/grid/save"),
    ("post", "/undo/{batch}"),
    ("get", "/record/{id}"),
    ("get", "/record/{id}/edit"),
    ("post", "/record/{id}/edit"),
    ("post", "/record/{id}/void"),
    ("post", "/record/{id}/unvoid"),
    ("post", "/record/{id}/day"),
    ("post", "/record/{id}/step/{step}"),
    ("get", "/record/{id}/print"),
    ("get", "/record/{id}/files"),
    ("get", "/record/{id}/file/{field}"),
    ("get", "/record/{id}/file/{field}/small"),
    ("get", "/ledger/{code}/print"),
    ("get", "/paper"),
    ("get", "/paper/ledgers"),
    ("get", "/paper/child/{paper}"),
    ("get", "/paper/blank"),
    ("get", "/conflicts"),
    ("post", "/conflicts/{id}"),
    ("get", "/import/{token}"),
    ("get", "/import/{token}/refused"),
    ("get", "/import/refused/{id}"),
    ("get", "/report/{name}"),
    ("get", "/report/{name}/file"),
    ("get", "/roll/{grade}/{class}"),
    ("post", "/roll/{grade}/{class}/row"),
];

/// Routes beside those: forms before a login, accounts, the machine, counts, what answers with the way to another page.
const UNNAMED: [(&str, &str); 35] = [
    // Before the reset of the own password, after which every page is that of a new one.
    ("post", "/import/preview"),
    ("post", "/import/{token}/apply"),
    ("get", "/static/{stamp}/{name}"),
    ("get", "/start"),
    ("post", "/start"),
    ("get", "/login"),
    ("post", "/login"),
    ("get", "/lock"),
    ("post", "/lock"),
    ("get", "/password"),
    ("post", "/password"),
    ("post", "/language"),
    ("get", "/people"),
    ("post", "/people"),
    ("get", "/people/{id}"),
    ("post", "/people/{id}"),
    ("post", "/people/{id}/reset"),
    ("get", "/me"),
    ("get", "/events"),
    ("get", "/pulse"),
    ("get", "/ledgers"),
    ("post", "/ledger/{code}/check"),
    ("get", "/import"),
    ("post", "/import/refused/{id}/forget"),
    ("get", "/reports"),
    ("get", "/roll"),
    ("post", "/roll/{grade}/{class}/done"),
    ("post", "/roll/{grade}/{class}/withdraw"),
    ("get", "/machine"),
    ("post", "/machine/lan"),
    ("post", "/guide/away"),
    ("post", "/record/{id}/file"),
    ("post", "/record/{id}/file/{field}/remove"),
    ("get", "/files"),
    ("post", "/logout"),
];

#[test]
fn every_route_has_a_verdict_on_named_records() {
    let mut all: Vec<(&str, &str)> = ROUTES.iter().map(|(method, address, _)| (*method, *address)).collect();
    all.push(("post", "/roll/{grade}/{class}/done"));
    let mut judged: Vec<(&str, &str)> = NAMED.iter().chain(&UNNAMED).copied().collect();
    all.sort_unstable();
    judged.sort_unstable();
    assert_eq!(all, judged);
}

struct Asked {
    child: String,
    case: String,
    log: String,
    activity: String,
}

impl Asked {
    /// A real address, and the body of a POST: one that is refused and shown again where a good one would only lead on.
    fn of(&self, school: &School, address: &str) -> (String, String) {
        let Self { child, case, log, activity } = self;
        let none = String::new;
        let at = |path: &str| (path.to_owned(), none());
        match address {
            "/children" => at("/children?q=wxm"),
            "/child/{student}" => at(&format!("/child/{child}")),
            "/ledger/{code}/new" => (format!("/ledger/care_log/new?student={child}"), format!("_student={child}&kind=nonsense")),
            "/ledger/{code}/grid/lay" => {
                ("/ledger/care_log/grid/lay".into(), json!({ "text": NAME, "keys": [format!("+{child}")], "row": 0, "column": 0 }).to_string())
            }
            "/ledger/{code}/grid/judge" => {
                ("/ledger/care_log/grid/judge".into(), json!({ "rows": [{ "key": log, "cells": { "note": { "now": "x" } } }] }).to_string())
            }
            "/ledger/{code}/grid/preview" | "/ledger/{code}/grid/save" => {
                (address.replace("{code}", "care_log"), format!("do=set&mark={log}&set_field=note&set_value=x"))
            }
            "/ledger/{code}/check" => ("/ledger/care_log/check".into(), "_field=kind&kind=nonsense".into()),
            "/undo/{batch}" => {
                let set = [("note".to_owned(), school.clock_text())].into();
                let done = school.desk.ask(&super::nobody(), Ask::RecordSet { record: log.clone(), set, by: None }, Lang::Zh).unwrap();
                at(&format!("/undo/{}", done["undo"].as_str().unwrap()))
            }
            "/record/{id}/edit" => (format!("/record/{log}/edit"), "was.kind=visit&kind=nonsense".into()),
            "/record/{id}/void" => (format!("/record/{log}/void"), "_why=".into()),
            "/record/{id}/unvoid" => (format!("/record/{log}/unvoid"), String::new()),
            "/record/{id}/day" => {
                let (id, step) = seams::verified(school, child);
                (format!("/record/{id}/day"), format!("_step={step}&_day=2999-01-01"))
            }
            "/record/{id}/step/{step}" => (format!("/record/{case}/step/verify"), "_on=nonsense".into()),
            "/record/{id}/files" | "/record/{id}/file/{field}" | "/record/{id}/file/{field}/small" | "/record/{id}/file/{field}/remove" => {
                at(&address.replace("{id}", activity).replace("{field}", "photos"))
            }
            "/paper" => at(&format!("/paper?student={child}")),
            "/paper/ledgers" => at("/paper/ledgers?l.dropout_case=1"),
            "/paper/child/{paper}" => at(&format!("/paper/child/care_card?empty=1&student={child}")),
            "/paper/blank" => at(&format!("/paper/blank?code=care_log&student={child}")),
            "/conflicts/{id}" => at("/conflicts/field000000"),
            "/roll/{grade}/{class}/row" => ("/roll/3/1/row".into(), format!("student={child}&state=absent")),
            other => at(&other
                .replace("{code}", "dropout_case")
                .replace("/record/{id}", &format!("/record/{case}"))
                .replace("{grade}/{class}", "3/1")
                .replace("/report/{name}", "/report/left_behind_no_contact")
                .replace("{id}", "1")
                .replace("{stamp}/{name}", "x/app.css")
                .replace("{token}", "00")),
        }
    }
}

impl School {
    fn clock_text(&self) -> String {
        self.desk.replica.clock().now().to_string()
    }

    fn rows_noted(&self, login: &str) -> usize {
        let all = self.desk.replica.store().read(|c| audit::list(c, None, 10_000)).unwrap();
        all.iter().filter(|entry| entry.act.who.ends_with(&format!("(desk/{login})"))).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inv_what_shows_a_named_record_leaves_a_row_in_the_audit_chain() {
    let school = School::new();
    let (account, mut session) = school.person("wang", &[Role::Registrar, Role::Principal, Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child(NAME, "529901201606120012", 3, 1);
    let case = seams::add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20")]);
    let log = seams::add(&school, "care_log", Some(&child), &[("kind", "visit"), ("found", "想妈妈"), ("on", "2026-03-01")]);
    let made = school.upload("/ledger/activity/new", &session, &ACTIVITY, &[("file.photos", "院子.jpg", PLAIN)]).await;
    let asked = Asked { child, case, log: log.clone(), activity: of(&made.location) };
    let named = NAMED.iter().map(|route| (route, true));
    for ((method, address), named) in named.chain(UNNAMED.iter().map(|route| (route, false))) {
        // Past what a row of before could cover, and past the lock.
        school.clock.advance_s(IDLE_S);
        session = school.desk.sessions.begin(school.desk.clock(), account.id);
        let uploaded = || imports::upload(&school, &session, "zh", "", "名册.csv", imports::BAD.as_bytes());
        let (path, body) = match *address {
            "/import/{token}" | "/import/{token}/refused" | "/import/{token}/apply" => {
                let path = address.replace("{token}", &hidden_token(&uploaded().await.text));
                if address.ends_with("refused") {
                    school.get(&path, &session).await;
                    school.clock.advance_s(IDLE_S);
                    session = school.desk.sessions.begin(school.desk.clock(), account.id);
                }
                (path, String::new())
            }
            "/conflicts" => {
                // Written as the projection would; the next change of the child projects anew.
                seams::disagreement(&school, &log, "field", "note", &json!({ "values": [{ "value": "一" }, { "value": "二" }] }));
                ("/conflicts".to_owned(), String::new())
            }
            "/import/refused/{id}" => (import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap()[0].2.clone(), String::new()),
            // Its stream does not end. It carries the number of the change and nothing else (`web/events.rs`).
            "/events" => continue,
            other => asked.of(&school, other),
        };
        let before = school.rows_noted("wang");
        let answer = match (*method, *address) {
            (_, "/import/preview") => imports::sent(&school, &session, "zh", "", "名册.csv", imports::BAD.as_bytes()).await,
            ("get", _) => school.get(&path, &session).await,
            _ => school.post(&path, &session, &body).await,
        };
        let rows = school.rows_noted("wang") - before;
        if named {
            assert!(
                [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status),
                "{method} {path}: {} {}",
                answer.status,
                answer.text
            );
            assert!(rows > 0, "{method} {path} shows named records and left no row");
        } else {
            assert!(!answer.text.contains(NAME), "{method} {path} shows a name and is not among those that are noted");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_and_its_pieces_are_one_row_and_a_piece_alone_is_a_row_too() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let (_, other) = school.person("li", &[Role::Registrar], &[]);
    let made = school.upload("/ledger/activity/new", &session, &ACTIVITY, &[("file.photos", "院子.jpg", PLAIN)]).await;
    let record = format!("/record/{}", of(&made.location));
    let pieces = [format!("{record}/files"), format!("{record}/file/photos/small"), format!("{record}/files")];
    let before = school.rows_noted("wang");
    school.get(&record, &session).await;
    for piece in &pieces {
        assert_eq!(school.get(piece, &session).await.status, StatusCode::OK);
    }
    assert_eq!(school.rows_noted("wang") - before, 1);
    for piece in &pieces {
        school.get(piece, &other).await;
    }
    assert_eq!(school.rows_noted("li"), 1, "who asks for pieces without the page is noted as well");
    school.get(&record, &session).await;
    assert_eq!(school.rows_noted("wang") - before, 2, "a page is noted each time");
}
