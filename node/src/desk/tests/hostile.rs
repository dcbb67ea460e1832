//! The desk as somebody finds it who means harm: addresses of another class's children on every route, files that are something else, words that are no words,
//! sessions of whom was shut out.

use super::{
    Answer, COOKIE, HOST, ORIGIN, PASSWORD, ROUTES, School, class,
    files::{ACTIVITY, PLAIN, of},
    grid::hidden_token,
    imports::{BAD, upload},
    nobody,
    seams::{add, disagreement},
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
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
    let step = add(school, "dropout_step", Some(&child), &[("case", &case), ("step", "visit"), ("who", "li"), ("result", "not_found"), ("on", "2026-03-01")]);
    school.upload(&format!("/record/{step}/file"), &registrar, &[], &[("file.photo", "院子.jpg", PLAIN)]).await;
    assert_eq!(school.get(&format!("/record/{step}/file/photo"), &registrar).await.status, StatusCode::OK);
    disagreement(school, &log, "field", "note", &json!({ "values": [{ "value": TEXT }, { "value": "另一句" }] }));
    let set = [("note".to_owned(), format!("{TEXT}。"))].into();
    let done = school.desk.ask(&nobody(), Ask::RecordSet { record: log.clone(), set, by: None }, Lang::Zh).unwrap();
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
                // Putting away what is not there leads back to the list, without a word.
                let unread = body.starts_with('{') && answer.status.is_client_error();
                let hidden = hidden || unread || route.ends_with("/forget") && answer.location == "/import";
                assert!(!one || hidden, "{method} {path} {body}: {} {} {}", answer.status, answer.location, answer.text);
                assert!(!answer.status.is_server_error(), "{method} {path}: {}", answer.text);
            }
        }
        assert_eq!(school.desk.replica.status().unwrap()["head_lsn"], before, "{method} {route} wrote");
    }
    assert!(asked > 150, "{asked}");
}
