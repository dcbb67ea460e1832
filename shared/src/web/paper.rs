//! Pages for paper, A4 out of the browser's own printing: one record a sheet with boxes for signature and seal, a list with its head on each sheet, and the list for public
//! notice, which holds only what a definition marks public, names shortened (DOMAIN §7).
//!
//! A ledger whose paper is a letter has its text in the catalogue of messages, `paper-<ledger>`; the fields are its particulars.

use super::{
    account::Account,
    desk::Desk,
    guard::{Oops, Visitor},
    ledgers::wanted,
    page::{Page, draw},
    reach, shown,
    shown::Shown,
};
use crate::{
    fault::{Exit, Fault},
    ledger::{Definition, definition::Subject, value},
    locale::{self, Lang},
    replica::browse::{Row, Wanted},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use std::{collections::BTreeMap, sync::Arc};

/// Sheets of one printing at most.
const SHEETS_MAX: u32 = 500;

/// State of what is on public notice, in ledgers that know it.
const ON_NOTICE: &str = "on_notice";

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/record/{id}/print", get(one)).route("/ledger/{code}/print", get(several))
}

/// One record on paper.
#[derive(Clone, Debug)]
struct Sheet {
    name: String,
    class: String,
    number: String,
    /// Paragraphs of a letter; none: a table of values.
    letter: Vec<String>,
    values: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "paper.html")]
struct PaperPage {
    page: Page,
    title: String,
    day: String,
    sheets: Vec<Sheet>,
}

#[derive(Template)]
#[template(path = "paper-list.html")]
struct ListPage {
    page: Page,
    title: String,
    day: String,
    /// For the public: no signature boxes, and what to do with an objection.
    notice: bool,
    heads: Vec<(String, bool)>,
    rows: Vec<Vec<(String, bool)>>,
}

/// A name as a public notice shows it: `王小明` → `王*明`, `王明` → `王*`.
#[must_use]
pub fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
    match letters.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

fn sheet(desk: &Desk, account: &Account, definition: &Definition, row: &Row, lang: Lang) -> Sheet {
    let catalogue = desk.replica.catalogue();
    let mut values = shown::filled(&catalogue, definition, account, &row.fields, lang);
    // What points to another record is a key; on paper it says nothing.
    values.retain(|shown| definition.field(&shown.code).is_none_or(|f| f.reference.is_none()));
    let text = |code: &str| definition.field(code).map(|f| value::show(&catalogue, definition, f, &row.fields, lang)).unwrap_or_default();
    let class = shown::class(row.grade, row.class, lang);
    let name = row.name.clone().unwrap_or_default();
    let blank = "＿＿＿＿＿＿".to_owned();
    let filled: Vec<(String, String)> =
        definition.fields.iter().map(|f| (f.code.clone(), Some(text(&f.code)).filter(|t| !t.is_empty()).unwrap_or_else(|| blank.clone()))).collect();
    let mut particulars: Vec<(&str, &str)> = filled.iter().map(|(code, text)| (code.as_str(), text.as_str())).collect();
    particulars.extend([("name", name.as_str()), ("class", class.as_str()), ("place", desk.config.place.as_str())]);
    let key = format!("paper-{}", definition.code.replace('_', "-"));
    let letter = locale::text(lang, &key, &particulars);
    let letter =
        if letter == key { Vec::new() } else { letter.split('¶').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect() };
    Sheet { number: text("number"), name, class, letter, values }
}

async fn one(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let drawn = desk
        .run(move |desk| {
            let reached = reach::record(desk, &account, &id)?;
            desk.noted(&account, "export", format!("record {id} on paper"), 1);
            let row = Row {
                name: reached.pupil.as_ref().map(|p| p.name.clone()),
                grade: reached.pupil.as_ref().and_then(|p| p.grade),
                class: reached.pupil.as_ref().and_then(|p| p.class),
                fields: reached.place.fields.clone(),
                ..Row::default()
            };
            let sheets = vec![sheet(desk, &account, &reached.definition, &row, page.lang)];
            let (title, day) = (reached.definition.title.get(page.lang).to_owned(), desk.clock().today().to_string());
            Ok(PaperPage { page: page.titled(title.clone()), title, day, sheets })
        })
        .await?;
    draw(&drawn)
}

async fn several(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-paper");
    let (definition, rows, page) = desk
        .run(move |desk| {
            let definition = reach::ledger(desk, &account, &code)?;
            let form = asked.get("as").cloned().unwrap_or_default();
            let mut wanted = Wanted { limit: SHEETS_MAX, ..wanted(desk, &account, &definition, &asked)? };
            // A notice takes itself down: it holds what is on notice now.
            let on_notice = definition.lifecycle.as_ref().is_some_and(|l| l.state(ON_NOTICE).is_some());
            if form == "notice" && on_notice {
                wanted.state = Some(ON_NOTICE.to_owned());
            }
            let listed = desk.replica.page(&definition, &wanted).map_err(Fault::from)?;
            desk.noted(&account, "export", format!("ledger {code} on paper"), listed.rows.len());
            Ok((definition, (listed.rows, form), page))
        })
        .await?;
    let ((rows, form), account, lang) = (rows, visitor.person()?, visitor.lang);
    let (title, day) = (definition.title.get(lang).to_owned(), desk.clock().today().to_string());
    match form.as_str() {
        "each" => {
            let sheets = rows.iter().map(|row| sheet(&desk, account, &definition, row, lang)).collect();
            draw(&PaperPage { page: page.titled(title.clone()), title, day, sheets })
        }
        "notice" => draw(&notice(&desk, page, &definition, &rows, day)?),
        _ => draw(&list(&desk, page, &definition, &rows, day)),
    }
}

fn list(desk: &Desk, page: Page, definition: &Definition, rows: &[Row], day: String) -> ListPage {
    let (catalogue, lang) = (desk.replica.catalogue(), page.lang);
    let by_child = definition.subject == Subject::Student;
    let fields: Vec<_> =
        shown::columns(definition, 7).into_iter().filter(|f| !by_child || !["name", "grade", "class"].contains(&f.code.as_str())).collect();
    let mut heads = vec![(page.t("web-row"), true)];
    if by_child {
        heads.extend([(page.t("web-person-name"), false), (page.t("web-class-word"), false)]);
    }
    heads.push((page.t("web-date"), false));
    heads.extend(fields.iter().map(|f| (f.title.get(lang).to_owned(), f.kind.is_number())));
    let line = |(at, row): (usize, &Row)| {
        let mut cells = vec![((at + 1).to_string(), true)];
        if by_child {
            cells.extend([(row.name.clone().unwrap_or_default(), false), (shown::class(row.grade, row.class, lang), false)]);
        }
        cells.push((row.on.clone().unwrap_or_default(), false));
        cells.extend(fields.iter().map(|f| (value::show(&catalogue, definition, f, &row.fields, lang), f.kind.is_number())));
        cells
    };
    let title = definition.title.get(lang).to_owned();
    ListPage { rows: rows.iter().enumerate().map(line).collect(), page: page.titled(title.clone()), title, day, notice: false, heads }
}

/// Name and class, shortened, and the fields marked public; nothing else, whoever prints it.
fn notice(desk: &Desk, page: Page, definition: &Definition, rows: &[Row], day: String) -> Result<ListPage, Fault> {
    let (catalogue, lang) = (desk.replica.catalogue(), page.lang);
    let fields: Vec<_> = definition.fields.iter().filter(|f| f.public && !["name", "grade", "class"].contains(&f.code.as_str())).collect();
    if fields.is_empty() {
        return Err(Fault::new("web-no-notice", Exit::Input));
    }
    let mut heads = vec![(page.t("web-row"), true), (page.t("web-person-name"), false), (page.t("web-class-word"), false)];
    heads.extend(fields.iter().map(|f| (f.title.get(lang).to_owned(), f.kind.is_number())));
    let line = |(at, row): (usize, &Row)| {
        let mut cells = vec![
            ((at + 1).to_string(), true),
            (shortened(row.name.as_deref().unwrap_or_default()), false),
            (shown::class(row.grade, row.class, lang), false),
        ];
        cells.extend(fields.iter().map(|f| (value::show(&catalogue, definition, f, &row.fields, lang), f.kind.is_number())));
        cells
    };
    let title = locale::text(lang, "web-notice-title", &[("value", definition.title.get(lang))]);
    Ok(ListPage { rows: rows.iter().enumerate().map(line).collect(), page: page.titled(title.clone()), title, day, notice: true, heads })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_a_notice_are_shortened() {
        for (name, short) in [("王小明", "王*明"), ("王明", "王*"), ("欧阳小明", "欧**明"), ("王 明", "王*"), ("", ""), ("王", "王")]
        {
            assert_eq!(shortened(name), short);
        }
    }
}
