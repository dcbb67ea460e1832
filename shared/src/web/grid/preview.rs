//! The grid without its script: what a form asks for is shown as what would change, corrected there, and written. The same judging as the script's.

use super::super::{
    account::Account,
    desk::Desk,
    form::{Drawing, Input, Sent, pairs},
    guard::{Oops, Visitor},
    page::{Page, draw},
};
use super::{
    Asked, address,
    judge::{self, Act, Change, Edited, Judged, StepFor},
    laid, plan, unreadable, writable,
};
use crate::{
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Form, Subject},
    },
    locale::Lang,
};
use askama::Template;
use axum::{
    Extension,
    body::Bytes,
    extract::{Path, Query, RawForm, State},
    response::Response,
};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Template)]
#[template(path = "grid-preview.html")]
struct PreviewPage {
    page: Page,
    code: String,
    asked: Asked,
    act: Act,
    judged: Judged,
    /// A step for all: its title, and what is entered along with it.
    step: Option<(String, Vec<Input>)>,
    today: String,
    /// Columns of a pasted block that are not written, as the person is told.
    lost: String,
    saved: bool,
    /// A row of nobody in the grid may be given its child: rows of the profile ledger are the children.
    by_child: bool,
    /// Where each judged row stands in the act that the page carries on.
    places: Vec<Option<usize>>,
}

impl PreviewPage {
    fn address(&self, path: &str) -> String {
        address(&format!("/ledger/{}/{path}", self.code), &self.asked, &[])
    }

    /// What was written in a cell.
    fn typed(&self, row: &usize, field: &str) -> Option<&str> {
        self.act.rows.get(self.place(row)?)?.cells.get(field).map(|change| change.now.as_str())
    }

    fn place(&self, row: &usize) -> Option<usize> {
        self.places.get(*row).copied().flatten()
    }

    /// Files that the step asks of each record, and how many of these records are without: they are sent from the record's own page.
    fn lacking(&self) -> Option<(&str, usize)> {
        let mut without = self.judged.rows.iter().map(|row| row.files.as_str()).filter(|files| !files.is_empty());
        let first = without.next()?;
        Some((first, without.count() + 1))
    }

    fn act_json(&self) -> String {
        serde_json::to_string(&self.act).unwrap_or_default()
    }

    /// Column headed "now" and "then".
    fn rows(&self) -> impl Iterator<Item = (usize, &judge::Verdict)> {
        let all = || self.judged.rows.iter().enumerate();
        // What needs a person first.
        let bad = all().filter(|(_, v)| !v.good());
        bad.chain(all().filter(|(_, v)| v.good() && v.waits)).chain(all().filter(|(_, v)| v.good() && v.changed))
    }
}

/// What a form without the script asks for.
pub(super) async fn look(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    finish(desk, visitor, code, asked, body, false).await
}

/// Writes what was looked at.
pub(super) async fn save(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    finish(desk, visitor, code, asked, body, true).await
}

async fn finish(desk: Arc<Desk>, visitor: Visitor, code: String, asked: Asked, body: Bytes, save: bool) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, if save { "web-grid-saved" } else { "web-grid-preview" });
    let drawn = desk.run(move |desk| preview_page(desk, &account, page, code, asked, &body, save)).await?;
    draw(&drawn)
}

fn preview_page(desk: &Desk, account: &Account, mut page: Page, code: String, asked: Asked, body: &[u8], save: bool) -> Result<PreviewPage, Fault> {
    let definition = writable(desk, account, &code)?;
    let lang = page.lang;
    let words = pairs(body);
    let word = |key: &str| words.iter().find(|(name, _)| name == key).map(|(_, value)| value.trim().to_owned()).unwrap_or_default();
    let keys: Vec<String> = word("keys").split_whitespace().map(str::to_owned).collect();
    let marked: Vec<String> = words.iter().filter(|(name, _)| name == "mark").map(|(_, key)| key.clone()).collect();
    let mut lost = String::new();
    let mut act = match word("do").as_str() {
        "set" => Act { rows: given(&marked, &word("set_field"), &word("set_value")), step: None },
        "step" => Act { rows: given(&marked, "", ""), step: Some(StepFor { step: word("step"), ..StepFor::default() }) },
        "block" => {
            let block = words.iter().find(|(name, _)| name == "block").map(|(_, text)| text.clone()).unwrap_or_default();
            let number = |key: &str| word(key).parse().unwrap_or(0);
            let at = plan::At { row: number("at_row"), column: number("at_column") };
            let (plan, rows) = laid(desk, account, &definition, &block, &keys, at, lang)?;
            lost = plan.lost(lang);
            Act { rows, step: None }
        }
        _ => serde_json::from_str(&word("act")).map_err(unreadable)?,
    };
    let by_child = definition.subject == Subject::Student && definition.form == Form::Records;
    corrected(&mut act, &words, by_child);
    if let Some(step) = act.step.as_mut().filter(|_| word("do").is_empty()) {
        // Entered in the preview, for all rows.
        step.set = Sent::read(&definition, body).now;
        (step.on, step.why) = (word("_on"), word("_why"));
    }
    if act.rows.is_empty() {
        return Err(Fault::new("grid-none-marked", Exit::Input));
    }
    let judged = judge::judge(desk, account, &definition, &act, save, lang)?;
    desk.noted(account, "list", format!("ledger {code}"), judged.rows.len());
    let step = act.step.as_ref().and_then(|step| along(desk, account, &definition, step, lang));
    let mut left = vec![true; judged.rows.len()];
    if save {
        page.done = page.t1("web-grid-done", judged.changed);
        page.undo = judged.batch.clone().unwrap_or_default();
        // What was saved is not offered again.
        left = judged.rows.iter().map(|verdict| !verdict.good() || verdict.waits).collect();
        for (row, verdict) in act.rows.iter_mut().zip(&judged.rows) {
            if verdict.changed {
                row.cells.retain(|code, _| verdict.refused.iter().any(|refused| refused.field == *code));
            }
        }
        let mut keep = left.iter();
        act.rows.retain(|_| keep.next().copied().unwrap_or(false));
    }
    let mut next = 0..;
    let places = left.iter().map(|left| if *left { next.next() } else { None }).collect();
    Ok(PreviewPage { today: desk.clock().today().to_string(), page, code, asked, act, judged, step, lost, saved: save, by_child, places })
}

/// The same value, or nothing yet, for each marked row.
fn given(marked: &[String], field: &str, value: &str) -> Vec<Edited> {
    let cells = || if field.is_empty() { BTreeMap::new() } else { BTreeMap::from([(field.to_owned(), Change { was: None, now: value.to_owned() })]) };
    marked.iter().filter(|key| key.as_str() != "+").map(|key| Edited { key: key.clone(), cells: cells(), ..Edited::default() }).collect()
}

/// Cells corrected in the preview: `fix.<row>.<field>`, the child of a new row `fix.<row>._child`; `sure.<row>`: that it is meant though there is one like it, `sure_all`: that
/// all are of which the page told (`known.<row>`).
fn corrected(act: &mut Act, words: &[(String, String)], by_child: bool) {
    // A tick taken away sends nothing.
    act.rows.iter_mut().for_each(|row| row.sure.clear());
    let sure = if words.iter().any(|(name, _)| name == "sure_all") { "known." } else { "sure." };
    for (name, text) in words {
        if let Some(row) = name.strip_prefix(sure).and_then(|row| row.parse::<usize>().ok()).and_then(|row| act.rows.get_mut(row)) {
            text.clone_into(&mut row.sure);
        }
        let Some((row, field)) = name.strip_prefix("fix.").and_then(|rest| rest.split_once('.')) else { continue };
        let Some(row) = row.parse::<usize>().ok().and_then(|row| act.rows.get_mut(row)) else { continue };
        if field == "_child" && by_child {
            text.clone_into(&mut row.child);
            row.trouble.clear();
        } else if let Some(change) = row.cells.get_mut(field) {
            // Whoever sees the other's value and writes again means it.
            if change.now != *text {
                change.was = None;
            }
            text.clone_into(&mut change.now);
        }
    }
}

/// What may be entered along with a step.
fn along(desk: &Desk, account: &Account, definition: &Definition, step: &StepFor, lang: Lang) -> Option<(String, Vec<Input>)> {
    let catalogue = desk.replica.catalogue();
    let known = definition.lifecycle.as_ref()?.step(&step.step)?;
    let empty = BTreeMap::new();
    let drawing = Drawing { catalogue: &catalogue, definition, account, fields: &empty, typed: &step.set, fault: None, lang, new: false };
    Some((known.title.get(lang).to_owned(), drawing.only(&definition.required_for(known))))
}
