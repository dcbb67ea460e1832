//! A ledger as a grid: many records at once, as in a spreadsheet. Cells are edited in place, a block copied from Excel or WPS is pasted, one value or one step is given to
//! many rows; everything is looked at before it is written, written as one batch, and taken back as one.
//!
//! `static/grid.js` makes it comfortable; without it the same page has a field to paste into, and every act goes through the same judging ([`judge`]). Nothing is
//! held here between looking and writing: the page carries what was typed, so that nothing typed is lost on a fault.

mod asks;
mod heads;
mod judge;
mod lines;
mod plan;

use super::{
    account::{Account, Reach},
    children,
    desk::Desk,
    form::{Drawing, Input, Sent, pairs},
    guard::{Oops, Visitor},
    page::{Page, draw, escape_query},
    reach, shown,
};
use crate::{
    command::batch,
    fault::{Exit, Fault},
    import::block,
    ledger::{
        Definition,
        definition::{Authority, Form, Subject},
    },
    locale::Lang,
    replica::browse::Row,
};
use askama::Template;
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, RawForm, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use judge::{Act, Change, Edited, Judged, StepFor};
use lines::{Grid, Line};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// Largest body: three hundred rows of sixty columns with their old and new values.
const BODY_BYTES_MAX: usize = 8 << 20;
/// Empty rows at the end, for new records.
const BLANK_ROWS: usize = 5;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/ledger/{code}/grid", get(show))
        .route("/ledger/{code}/grid/lay", post(lay).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .route("/ledger/{code}/grid/judge", post(look).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .route("/ledger/{code}/grid/preview", post(preview).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .route("/ledger/{code}/grid/save", post(save).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
}

type Asked = BTreeMap<String, String>;

#[derive(Template)]
#[template(path = "grid.html")]
struct GridPage {
    page: Page,
    code: String,
    asked: Asked,
    by_child: bool,
    adding: bool,
    may_add: bool,
    classes: Vec<(String, String, bool)>,
    states: Vec<(String, String, bool)>,
    steps: Vec<(String, String)>,
    grid: Grid,
    has_state: bool,
    back: String,
}

impl GridPage {
    fn value(&self, key: &str) -> &str {
        self.asked.get(key).map_or("", String::as_str)
    }

    /// What was asked in the list and has no field here: travels along.
    fn along(&self) -> Vec<(&String, &String)> {
        self.asked
            .iter()
            .filter(|(key, value)| !["class", "state", "q", "add", "from_row", "t"].contains(&key.as_str()) && !value.is_empty())
            .collect()
    }

    fn at(&self, path: &str) -> String {
        address(&format!("/ledger/{}/{path}", self.code), &self.asked, &[])
    }

    /// The grid of the records there are, or of one new record a child.
    fn mode(&self, add: &str) -> String {
        address(&format!("/ledger/{}/grid", self.code), &self.asked, &[("add", add)])
    }

    /// A column says whose each row is.
    fn has_who(&self) -> bool {
        self.by_child || self.grid.lines.iter().any(|line| !line.child.0.is_empty())
    }

    fn keys(&self) -> String {
        self.grid.lines.iter().map(|line| line.key.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Words for the script, so that it has none of its own.
    fn words(&self) -> String {
        let words = [
            "changed", "bad", "none", "saved", "lost", "filled", "theirs", "take", "checking", "row", "unplaced", "unmarked", "undo", "added",
            "asks", "sure",
        ];
        let words: BTreeMap<&str, String> = words.iter().map(|word| (*word, self.page.t(&format!("web-grid-js-{word}")))).collect();
        serde_json::to_string(&words).unwrap_or_default()
    }
}

fn address(path: &str, asked: &Asked, change: &[(&str, &str)]) -> String {
    let mut all = asked.clone();
    all.remove("t");
    for (key, value) in change {
        all.insert((*key).to_owned(), (*value).to_owned());
    }
    let mut out = format!("{path}?");
    for (key, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}={}&", escape_query(key), escape_query(value));
    }
    out.trim_end_matches(['&', '?']).to_owned()
}

/// A ledger of which the person may write something.
fn writable(desk: &Desk, account: &Account, code: &str) -> Result<Arc<Definition>, Fault> {
    let definition = reach::ledger(desk, account, code)?;
    if account.writes(&definition).any() { Ok(definition) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

async fn show(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-grid");
    let drawn = desk.run(move |desk| grid_page(desk, &account, page, &code, asked)).await?;
    draw(&drawn)
}

fn grid_page(desk: &Desk, account: &Account, page: Page, code: &str, mut asked: Asked) -> Result<GridPage, Fault> {
    let definition = writable(desk, account, code)?;
    let lang = page.lang;
    let by_child = definition.subject == Subject::Student;
    let adding = asked.get("add").is_some_and(|add| !add.is_empty()) && by_child && definition.form == Form::Records;
    let mut classes = Vec::new();
    if by_child {
        let pupils = children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)?;
        if let Some(class) = lines::class_of(&asked, &pupils) {
            asked.insert("class".to_owned(), class);
        }
        classes = children::classes(&pupils, asked.get("class").map_or("", String::as_str), lang);
    }
    let mut grid = if adding {
        lines::of_children(desk, account, &definition, asked.get("class").map(String::as_str), lang)?
    } else {
        lines::of_records(desk, account, &definition, &asked, lang)?
    };
    desk.noted(account, "list", format!("ledger {code}"), grid.lines.len());
    let may_add = account.writes(&definition).any() && (definition.form == Form::Records || account.writes(&definition) == Reach::All);
    if may_add && !adding {
        let blank = Line { key: "+".to_owned(), cells: vec![String::new(); grid.columns.len()], ..Line::default() };
        grid.lines.extend(std::iter::repeat_n(blank, BLANK_ROWS));
    }
    let chosen = |key: &str, code: &str| asked.get(key).is_some_and(|value| value == code);
    let lifecycle = definition.lifecycle.as_ref();
    Ok(GridPage {
        page: page.titled(format!("{} · {}", definition.title.get(lang), crate::locale::text(lang, "web-grid", &[]))),
        code: code.to_owned(),
        by_child: by_child && definition.form == Form::Records,
        adding,
        may_add,
        classes,
        states: lifecycle
            .into_iter()
            .flat_map(|l| &l.states)
            .map(|s| (s.code.clone(), s.title.get(lang).to_owned(), chosen("state", &s.code)))
            .collect(),
        steps: if adding { Vec::new() } else { steps(&definition, account, lang) },
        has_state: lifecycle.is_some() && !adding,
        grid,
        back: address(&format!("/ledger/{code}"), &asked, &[("add", "")]),
        asked,
    })
}

/// Steps of the lifecycle that this person takes.
fn steps(definition: &Definition, account: &Account, lang: Lang) -> Vec<(String, String)> {
    let all = definition.lifecycle.iter().flat_map(|l| &l.steps).filter(|s| s.authority.allows(Authority::School) && reach::takes(account, s.role));
    all.map(|s| (s.code.clone(), s.title.get(lang).to_owned())).collect()
}

/// The rows a page had, by their keys, as they are now. What is out of reach is an empty row of that key, and is refused when it is judged.
fn lines_of(desk: &Desk, account: &Account, definition: &Definition, keys: &[String], lang: Lang) -> Result<Vec<Line>, Fault> {
    let width = lines::fields(account, definition).len();
    let mut out = Vec::with_capacity(keys.len());
    for key in keys {
        let blank = Line { key: key.clone(), cells: vec![String::new(); width], ..Line::default() };
        out.push(match key.strip_prefix('+') {
            Some("") => blank,
            Some(student) => match reach::child(desk, account, student) {
                Ok((pupil, _)) => Line { child: (pupil.name, shown::class(pupil.grade, pupil.class, lang)), student: pupil.student, ..blank },
                Err(fault) if fault.exit == Exit::NoMatch => blank,
                Err(fault) => return Err(fault),
            },
            None => match reach::record(desk, account, key) {
                // A field of the same name in another ledger may be of another class.
                Ok(reached) if reached.definition.code != definition.code => blank,
                Ok(reached) => {
                    let pupil = reached.pupil.unwrap_or_default();
                    let (name, student) = (Some(pupil.name), Some(pupil.student));
                    let row = Row {
                        id: key.clone(),
                        name,
                        student,
                        grade: pupil.grade,
                        class: pupil.class,
                        fields: reached.place.fields,
                        ..Row::default()
                    };
                    lines::of_row(desk, account, definition, &row, lang)
                }
                Err(fault) if fault.exit == Exit::NoMatch => blank,
                Err(fault) => return Err(fault),
            },
        });
    }
    Ok(out)
}

/// A block over rows, as edited rows.
fn laid(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    text: &str,
    keys: &[String],
    at: plan::At,
    lang: Lang,
) -> Result<(plan::Plan, Vec<Edited>), Fault> {
    batch::fits(keys.len())?;
    let block = block::parse(text);
    batch::fits(block.len())?;
    let lines = lines_of(desk, account, definition, keys, lang)?;
    let fields = lines::fields(account, definition);
    let by_child = definition.subject == Subject::Student && definition.form == Form::Records;
    let mut columns: Vec<&str> = if by_child { vec!["_child"] } else { Vec::new() };
    columns.extend(fields.iter().map(|f| f.code.as_str()));
    let plan = plan::lay(&block, &columns, &lines, &heads::Heads::of(&desk.replica.catalogue(), definition), at);
    let rows = plan.rows.iter().map(|placed| {
        let line = placed.line.or(placed.again).and_then(|line| lines.get(line));
        let was =
            |code: &str| line.filter(|line| line.is_record()).and_then(|line| line.cells.get(fields.iter().position(|f| f.code == code)?).cloned());
        let trouble = if placed.trouble.is_empty() && line.is_none() && !placed.record.is_empty() { "gone" } else { placed.trouble };
        let mut cells: BTreeMap<String, Change> =
            placed.cells.iter().map(|(code, now)| (code.clone(), Change { was: was(code), now: now.clone() })).collect();
        cells.retain(|_, change| change.was.as_ref() != Some(&change.now));
        let key = line.map_or_else(|| "+".to_owned(), |line| line.key.clone());
        Edited {
            child: if placed.child.is_empty() { line.map(|l| l.child.0.clone()).unwrap_or_default() } else { placed.child.clone() },
            key,
            trouble: trouble.to_owned(),
            sure: String::new(),
            cells,
        }
    });
    let rows = rows.collect();
    Ok((plan, rows))
}

fn json_answer(answer: &Json) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::new("grid-unreadable", Exit::Input).with("detail", error)
}

/// For the script: where a pasted block lies.
async fn lay(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(code): Path<String>, body: Bytes) -> Result<Response, Oops> {
    #[derive(serde::Deserialize)]
    struct Paste {
        text: String,
        keys: Vec<String>,
        row: usize,
        column: usize,
    }
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let answer = desk
        .run(move |desk| {
            let definition = writable(desk, &account, &code)?;
            let asked: Paste = serde_json::from_slice(&body).map_err(unreadable)?;
            let at = plan::At { row: asked.row, column: asked.column };
            let (plan, rows) = laid(desk, &account, &definition, &asked.text, &asked.keys, at, lang)?;
            desk.noted_once(&account, "list", format!("ledger {code}"), rows.len());
            let rows: Vec<Json> = plan
                .rows
                .iter()
                .zip(&rows)
                .map(|(placed, row)| json!({ "line": placed.line, "again": placed.again, "number": placed.number, "child": placed.child, "trouble": row.trouble, "cells": placed.cells }))
                .collect();
            Ok(json!({ "rows": rows, "head": plan.head, "lost": plan.lost(lang) }))
        })
        .await?;
    Ok(json_answer(&answer))
}

/// For the script: what becomes of what was typed, and saving it.
async fn look(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    body: Bytes,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let save = asked.contains_key("save");
    let answer = desk
        .run(move |desk| {
            let definition = writable(desk, &account, &code)?;
            let act: Act = serde_json::from_slice(&body).map_err(unreadable)?;
            let judged = judge::judge(desk, &account, &definition, &act, save, lang)?;
            desk.noted_once(&account, "list", format!("ledger {code}"), judged.rows.len());
            serde_json::to_value(judged).map_err(Fault::internal)
        })
        .await?;
    Ok(json_answer(&answer))
}

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
async fn preview(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    finish(desk, visitor, code, asked, body, false).await
}

async fn save(
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
    corrected(&mut act, &words);
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
    Ok(PreviewPage { today: desk.clock().today().to_string(), page, code, asked, act, judged, step, lost, saved: save, places })
}

/// The same value, or nothing yet, for each marked row.
fn given(marked: &[String], field: &str, value: &str) -> Vec<Edited> {
    let cells = || if field.is_empty() { BTreeMap::new() } else { BTreeMap::from([(field.to_owned(), Change { was: None, now: value.to_owned() })]) };
    marked.iter().filter(|key| key.as_str() != "+").map(|key| Edited { key: key.clone(), cells: cells(), ..Edited::default() }).collect()
}

/// Cells corrected in the preview: `fix.<row>.<field>`, the child of a new row `fix.<row>._child`; `sure.<row>`: that it is meant though there is one like it.
fn corrected(act: &mut Act, words: &[(String, String)]) {
    // A tick taken away sends nothing.
    act.rows.iter_mut().for_each(|row| row.sure.clear());
    for (name, text) in words {
        if let Some(row) = name.strip_prefix("sure.").and_then(|row| row.parse::<usize>().ok()).and_then(|row| act.rows.get_mut(row)) {
            text.clone_into(&mut row.sure);
        }
        let Some((row, field)) = name.strip_prefix("fix.").and_then(|rest| rest.split_once('.')) else { continue };
        let Some(row) = row.parse::<usize>().ok().and_then(|row| act.rows.get_mut(row)) else { continue };
        if field == "_child" {
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
