//! A ledger as a grid: many records at once, as in a spreadsheet. Cells are edited in place, a block copied from Excel or WPS is pasted, one value or one step is given to
//! many rows; everything is looked at before it is written, written as one batch, and taken back as one.
//!
//! `static/grid.js` makes it comfortable; without it the same page has a field to paste into, and every act goes through the same judging ([`judge`]). Nothing is
//! held here between looking and writing: the page carries what was typed, so that nothing typed is lost on a fault.

mod asks;
mod heads;
mod judge;
mod lines;
mod near;
mod plan;
mod preview;
mod trouble;

use super::{
    account::{Account, Reach},
    children,
    desk::Desk,
    guard::{Oops, Visitor},
    page::{Page, Said, draw, escape_query},
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
    extract::{DefaultBodyLimit, Path, Query, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use judge::{Act, Change, Edited};
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
        .route("/ledger/{code}/grid/preview", post(preview::look).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
        .route("/ledger/{code}/grid/save", post(preview::save).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)))
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
            "changed",
            "bad",
            "none",
            "saved",
            "lost",
            "filled",
            "theirs",
            "take",
            "checking",
            "row",
            "unplaced",
            "unmarked",
            "undo",
            "added",
            "asks",
            "sure",
            "sure-all",
            "in-all",
            "left",
            "look",
            "write",
            "unplaced-why",
        ];
        // Numbers and names come in where the script has them, in place of the sign.
        let mut words: BTreeMap<&str, String> = words.iter().map(|word| (*word, self.page.t1(&format!("web-grid-js-{word}"), "%"))).collect();
        words.insert("empty", self.page.t("web-empty-value"));
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
    let pupils = if definition.subject == Subject::Student {
        children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)?
    } else {
        Vec::new()
    };
    let plan = plan::lay(&block, &columns, &lines, &pupils, &heads::Heads::of(&desk.replica.catalogue(), definition), at);
    let rows = plan.rows.iter().map(|placed| {
        let line = placed.line.or(placed.again).and_then(|line| lines.get(line));
        let record = line.filter(|line| placed.line.is_some() && line.is_record());
        let was = |code: &str| record.and_then(|line| line.cells.get(fields.iter().position(|f| f.code == code)?).cloned());
        let trouble = if placed.trouble.is_empty() && line.is_none() && !placed.record.is_empty() { "gone" } else { placed.trouble };
        let mut cells: BTreeMap<String, Change> =
            placed.cells.iter().map(|(code, now)| (code.clone(), Change { was: was(code), now: now.clone() })).collect();
        cells.retain(|_, change| change.was.as_ref() != Some(&change.now));
        let key = match line {
            // Another record of the child, not this one.
            Some(line) if line.is_record() && record.is_none() => format!("+{}", line.student),
            Some(line) => line.key.clone(),
            None => "+".to_owned(),
        };
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
            let block = block::parse(&asked.text);
            // A line that has no place goes back to the person as it came, with its head: to be corrected and pasted again.
            let raw = |at: usize| block.get(at).map(|line| block::write(std::slice::from_ref(line))).unwrap_or_default();
            let rows: Vec<Json> = plan
                .rows
                .iter()
                .zip(&rows)
                .map(|(placed, row)| {
                    let said = trouble::no_place(&row.trouble, &row.child).map(|fault| Said::of(&fault, lang));
                    let (why, next) = said.map(|said| (said.sentence, said.next)).unzip();
                    json!({
                        "line": placed.line, "again": placed.again, "key": row.key, "number": placed.number, "child": placed.child,
                        "trouble": row.trouble, "why": why, "next": next, "raw": raw(placed.number - 1), "cells": placed.cells
                    })
                })
                .collect();
            // "Correct them" is no help where nothing is wrong with them.
            let sound = plan.rows.iter().any(|placed| trouble::is_sound(placed.trouble));
            let left = if sound { crate::locale::text(lang, "web-grid-left-way", &[]) } else { String::new() };
            let title = if plan.head { raw(0) } else { String::new() };
            Ok(json!({ "rows": rows, "head": plan.head, "title": title, "lost": plan.lost(lang), "left": left }))
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
