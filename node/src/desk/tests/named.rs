//! Names in cells of the grid that nothing here has.

use super::School;
use axum::http::StatusCode;
use huxue_shared::web::account::Role;
use serde_json::{Value as Json, json};

async fn said(school: &School, session: &str, body: &Json) -> String {
    let answer = school.post("/ledger/aid_payment/grid/judge", session, &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_in_a_cell_says_what_there_is_to_choose_from() {
    let school = School::new();
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let year = i64::from(school.desk.replica.this_year().unwrap().start());
    let put = "INSERT INTO record_aid_programme (_n, _id, _doc, _year, _term, _disputed, _reopened, _v, void, code, name, stage, valid_from) VALUES";
    let row = "INSERT INTO record (n, doc, id, ledger, version, disputed, void, seen, fields) VALUES";
    let sql = format!(
        r#"{put} (9001, 'aid_programme:1', 1, {year}, 0, 0, 0, 1, 0, 'A', '寄宿生补助', 'primary', '2020-09-01');
           {row} (9001, 1, 'aid_programme:1', 'aid_programme', 1, 0, 0, x'00', '{{"code":"A","name":"寄宿生补助"}}')"#
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&sql).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let (_, aid) = school.person("zhao", &[Role::AidOfficer], &[]);
    let asked = |who: &str, programme: &str| json!({ "rows": [{ "key": "+", "child": who, "cells": { "programme": { "now": programme }, "amount": { "now": "300" } } }] });
    let told = said(&school, &aid, &asked("王小明", "寄宿补助")).await;
    assert!(told.contains("没有找到；现有的是：寄宿生补助"), "{told}");
    let told = said(&school, &aid, &asked("王晓明", "寄宿生补助")).await;
    assert!(told.contains("相近的有：王小明"), "{told}");
    let told = said(&school, &aid, &asked("李四", "寄宿生补助")).await;
    assert!(told.contains("没有叫“李四”、也没有号码是它的学生"), "{told}");
}
