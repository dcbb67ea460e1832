//! Pages for paper, A4 out of the browser's own printing: one record a sheet with its letter, stub and slip; a list; the list for public notice; papers about a
//! child, one child a page; forms to take along; and the ledgers of a class or the school by year and term. `/paper` is where a teacher finds them all.
//!
//! A ledger whose paper is a letter has its text in the catalogue of messages, `paper-<ledger>`, with `paper-<ledger>-stub` and `-slip` for what is cut off above and
//! below; papers about a child are files in `shared/paper/` ([`forms`]). Page numbers and sizes are in `static/paper.css`. Whatever names children is noted.

pub mod blank;
pub mod child;
pub mod choice;
pub mod forms;
pub mod index;
pub mod letter;
pub mod list;
pub mod names;
pub mod run;

use super::{
    desk::Desk,
    guard::{Oops, Visitor},
    ledgers::wanted,
    page::{Page, draw},
    reach,
};
use crate::{
    fault::{Exit, Fault},
    replica::browse::{Row, Wanted},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use choice::{Choice, SHEETS_MAX};
use std::{collections::BTreeMap, sync::Arc};

pub use list::shortened;

/// Records of one printing, one a sheet, at most.
const RECORDS_MAX: u32 = 500;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/record/{id}/print", get(one))
        .route("/ledger/{code}/print", get(several))
        .route("/paper", get(index::show))
        .route("/paper/ledgers", get(ledgers))
        .route("/paper/child/{paper}", get(children))
        .route("/paper/blank", get(blanks))
}

type Query_ = Query<BTreeMap<String, String>>;

async fn one(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let drawn = desk
        .run(move |desk| {
            let reached = reach::record(desk, &account, &id)?;
            // What the county passed on is another school's record: it has no paper here.
            if reached.place.ledger == crate::replica::relay::LEDGER {
                return Err(Fault::new("record-none", Exit::NoMatch).with("ref", &id));
            }
            desk.noted(&account, "export", format!("record {id} on paper"), 1);
            let row = Row {
                id: reached.place.id.clone(),
                student: reached.pupil.as_ref().map(|p| p.student.clone()),
                name: reached.pupil.as_ref().map(|p| p.name.clone()),
                grade: reached.pupil.as_ref().and_then(|p| p.grade),
                class: reached.pupil.as_ref().and_then(|p| p.class),
                disputed: reached.place.state.is_none()
                    && reached.definition.lifecycle.is_some()
                    && reached.place.continues.is_none()
                    && !reached.place.void,
                state: reached.place.state.clone(),
                void: reached.place.void,
                fields: reached.place.fields.clone(),
                ..Row::default()
            };
            letter::page(desk, &account, page, &reached.definition, &[row])
        })
        .await?;
    draw(&drawn)
}

async fn several(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let drawn: Result<Response, Oops> = desk
        .run(move |desk| {
            let definition = reach::ledger(desk, &account, &code)?;
            let wanted = Wanted { limit: RECORDS_MAX, ..wanted(desk, &account, &definition, &asked)? };
            match asked.get("as").map(String::as_str) {
                Some("notice") => list::notice(desk, &account, page, &definition, &asked, wanted).map(|drawn| draw(&drawn)),
                form => {
                    let listed = desk.replica.page(&definition, &wanted).map_err(Fault::from)?;
                    desk.noted(&account, "export", format!("ledger {code} on paper"), listed.rows.len());
                    match form {
                        Some("each") => letter::page(desk, &account, page, &definition, &listed.rows).map(|drawn| draw(&drawn)),
                        _ => list::list(desk, page, &definition, &asked, &wanted, &listed).map(|drawn| draw(&drawn)),
                    }
                }
            }
        })
        .await?;
    drawn
}

#[derive(Template)]
#[template(path = "paper-child.html")]
struct ChildPage {
    page: Page,
    title: String,
    period: String,
    sheets: Vec<child::Sheet>,
    signs: Vec<String>,
    day: String,
    /// Children beyond what one printing holds.
    left_out: usize,
    /// Children without anything on the paper, and how to have them too.
    bare: usize,
    with_bare: String,
}

async fn children(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(paper): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let drawn = desk
        .run(move |desk| {
            let form = forms::find(&paper)?;
            if !child::allowed(&account, &desk.replica.catalogue(), &form) {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            let choice = Choice::read(desk, asked)?;
            let mut pupils = choice.pupils(desk, &account)?;
            pupils.retain(|pupil| child::reached(&account, &desk.replica.catalogue(), &form, pupil));
            if pupils.is_empty() && choice.student.is_some() {
                return Err(Fault::new("web-child-none", Exit::NoMatch));
            }
            let left_out = pupils.len().saturating_sub(SHEETS_MAX);
            pupils.truncate(SHEETS_MAX);
            let sheets = child::sheets(desk, &account, &form, &choice, &pupils, page.lang)?;
            desk.noted(&account, "export", format!("paper {paper}"), sheets.len());
            let lang = page.lang;
            Ok(ChildPage {
                title: form.title.get(lang).to_owned(),
                period: if form.years == forms::Years::All { page.t("paper-all-years") } else { choice.period(lang) },
                signs: form.signs.iter().map(|sign| sign.get(lang).to_owned()).collect(),
                day: super::shown::on_paper(&desk.clock().today().to_string(), lang),
                bare: pupils.len() - sheets.len(),
                with_bare: format!("/paper/child/{paper}{}", choice.query(&[("empty", "1")])),
                left_out,
                sheets,
                page: page.titled(form.title.get(lang)),
            })
        })
        .await?;
    draw(&drawn)
}

#[derive(Template)]
#[template(path = "paper-blank.html")]
struct BlankPage {
    page: Page,
    title: String,
    by_child: bool,
    forms: Vec<blank::Blank>,
    /// Whom the ledger is about, when others were left out; how many, and where theirs are too.
    about: Option<String>,
    left_out: usize,
    with_all: String,
}

async fn blanks(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query_) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let drawn = desk
        .run(move |desk| {
            let code = asked.get("code").cloned().unwrap_or_default();
            let definition = reach::ledger(desk, &account, &code)?;
            let choice = Choice::read(desk, asked)?;
            let (forms, left_out) = blank::forms(desk, &account, &definition, &choice, page.lang)?;
            let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
            let about =
                definition.about.as_ref().filter(|_| left_out > 0).and_then(|code| profile.field(code)).map(|f| f.title.get(page.lang).to_owned());
            if forms.iter().any(|form| !form.name.is_empty()) {
                desk.noted(&account, "export", format!("ledger {code} forms on paper"), forms.len());
            }
            let title = definition.title.get(page.lang).to_owned();
            Ok(BlankPage {
                page: page.titled(title.clone()),
                title,
                by_child: blank::about_children(&definition),
                forms,
                about,
                left_out,
                with_all: format!("/paper/blank{}", choice.query(&[("all", "1")])),
            })
        })
        .await?;
    draw(&drawn)
}

#[derive(Template)]
#[template(path = "paper-run.html")]
struct RunPage {
    page: Page,
    period: String,
    scope: String,
    day: String,
    printed: Vec<run::Printed>,
    /// Calendar half-years there are, in words.
    halves: Vec<String>,
    total: usize,
    /// Ledgers without a record, and how to have them too.
    bare: usize,
    with_bare: String,
}

async fn ledgers(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query_) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let drawn = desk
        .run(move |desk| {
            let choice = Choice::read(desk, asked)?;
            let chosen = run::chosen(&account, &desk.replica.catalogue(), &choice);
            if chosen.is_empty() {
                return Err(Fault::new("web-paper-no-ledgers", Exit::Input));
            }
            let mut printed = Vec::new();
            for definition in &chosen {
                printed.extend(run::printed(desk, &account, definition, &choice, printed.len() + 1, page.lang)?);
            }
            let mut halves: Vec<_> = printed.iter().flat_map(|p| p.halves.keys().copied()).collect();
            halves.sort_unstable();
            halves.dedup();
            for ledger in &mut printed {
                ledger.counts = halves.iter().map(|half| ledger.halves.get(half).copied().unwrap_or(0)).collect();
            }
            let title = locale_title(&page, &choice);
            Ok(RunPage {
                period: choice.period(page.lang),
                scope: choice.scope(&account.children(), page.lang),
                day: desk.clock().today().to_string(),
                halves: halves.iter().map(|half| choice::half_year_words(*half, page.lang)).collect(),
                total: printed.iter().map(|p| p.count).sum(),
                bare: chosen.len() - printed.len(),
                with_bare: format!("/paper/ledgers{}", choice.query(&[("empty", "1")])),
                printed,
                page: page.titled(title),
            })
        })
        .await?;
    draw(&drawn)
}

/// A number of identity, student or telephone: read as one, and not broken over lines.
#[must_use]
pub fn is_number(text: &str) -> bool {
    (10..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A date, a name, a class: not broken over two lines.
#[must_use]
pub fn is_short(text: &str) -> bool {
    let a_day = |c: char| c.is_ascii_digit() || "年月日-".contains(c);
    let width = |c: char| if c.is_ascii() { 1 } else { 2 };
    text.chars().map(width).sum::<usize>() <= 14 || (9..=11).contains(&text.chars().count()) && text.chars().all(a_day)
}

fn locale_title(page: &Page, choice: &Choice) -> String {
    format!("{} · {}", page.t("paper-run"), choice.period(page.lang))
}
