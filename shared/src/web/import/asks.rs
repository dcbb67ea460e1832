//! Rows that are asked about before an import writes them, and whether the person said that they are meant.

use super::{Along, Waiting, request};
use crate::{
    command::render::remarks,
    fault::{Exit, Fault},
    locale::Lang,
    web::{account::Account, desk::Desk},
};
use serde_json::Value as Json;

/// Numbers of the rows that are asked about before they are written.
pub(super) fn asked_rows(answer: &Json) -> Vec<String> {
    let rows = answer["rows"].as_array().into_iter().flatten();
    rows.filter(|row| row["asks"].as_array().is_some_and(|asks| !asks.is_empty())).map(|row| row["row"].to_string()).collect()
}

/// What is asked about them, each sentence once with its rows.
pub(super) fn asks(answer: &Json, lang: Lang) -> Vec<String> {
    let of = |row: &Json| {
        let said: Vec<Json> = row["asks"].as_array().into_iter().flatten().map(|said| serde_json::json!({ "message": said })).collect();
        serde_json::json!({ "row": row["row"], "warnings": said })
    };
    let rows: Vec<Json> = answer["rows"].as_array().into_iter().flatten().map(of).collect();
    remarks(&serde_json::json!({ "rows": rows }), lang)
}

/// That every row which is asked about was said to be meant: judged with what was chosen, at the moment of writing. `meant`: rows that the page named.
pub(super) fn answered(desk: &Desk, account: &Account, waiting: &Waiting, ledger: &str, words: &Along, meant: &str, lang: Lang) -> Result<(), Fault> {
    let words = Along { take: words.take.clone(), ..Along::default() };
    let answer = desk.ask(account, request(desk, waiting, ledger, account, words, true)?, lang)?;
    let open: Vec<String> = asked_rows(&answer).into_iter().filter(|row| !meant.split(',').any(|known| known == row)).collect();
    if open.is_empty() { Ok(()) } else { Err(Fault::new("web-import-asked", Exit::Input).with("value", open.join(lang.comma()))) }
}
