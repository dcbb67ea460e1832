//! A ledger: its list with filter, sort and search, and its export.

use super::{
    account::{Account, Reach},
    children,
    desk::Desk,
    export,
    guard::{Oops, Visitor},
    page::{Page, draw, escape_query},
    paper::child::Cell,
    pending::{self, Pending},
    reach, shown,
    sums::Foot,
};
use crate::{
    fault::Fault,
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Bound, Field, Form, Required, Subject},
        value,
    },
    locale::{self, Lang},
    replica::{
        browse::{Listed, Pupil, Row, Wanted},
        names::Names,
    },
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse as _, Response},
    routing::get,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

/// Rows of a page.
const PAGE: u32 = 50;
/// Rows of an export at most.
const EXPORT_MAX: u32 = 20_000;
/// What is no longer than this is not parted at the end of a line.
const SHORT_CHARS: usize = 10;
/// Choice fields offered as filters at most.
const FILTERS_MAX: usize = 3;
/// Most numbers to choose from in a filter, less one.
const FILTER_NUMBERS_MAX: i64 = 20;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/ledger/{code}", get(list)).route("/ledger/{code}/export", get(export_file))
}

/// A choice to filter by: code, title, chosen.
type Chosen = (String, String, bool);

type Query_ = Query<BTreeMap<String, String>>;

/// A column of a list.
#[derive(Clone, Debug)]
struct Column {
    title: String,
    /// Address that sorts by it.
    href: String,
    /// `ascending`, `descending` or empty.
    sorted: &'static str,
    number: bool,
}

#[derive(Clone, Debug)]
struct Line {
    href: String,
    child: Option<(String, String, String)>,
    on: String,
    /// Text, how it lies in its cell, and where it is settled while it is in dispute.
    cells: Vec<(String, &'static str, String)>,
    state: String,
    due: (String, &'static str),
    disputed: bool,
    files: Vec<super::files::state::File>,
}

#[derive(Template)]
#[template(path = "ledger.html")]
struct LedgerPage {
    page: Page,
    code: String,
    by_child: bool,
    asked: BTreeMap<String, String>,
    classes: Vec<(String, String, bool)>,
    states: Vec<(String, String, bool)>,
    filters: Vec<(String, String, Vec<Chosen>)>,
    columns: Vec<Column>,
    lines: Vec<Line>,
    /// Sums over all that is filtered; empty: nothing may be added up.
    sums: Vec<Cell>,
    notes: Vec<String>,
    total: u32,
    from: u32,
    before: Option<String>,
    after: Option<String>,
    export: String,
    grid: String,
    print: String,
    has_notice: bool,
    may_add: bool,
    has_state: bool,
    void: bool,
}

impl LedgerPage {
    /// Address of what is filtered, on paper.
    fn paper(&self, form: &str) -> String {
        format!("{}{}as={form}", self.print, if self.print.contains('?') { '&' } else { '?' })
    }

    /// Address of papers about the children of what is filtered.
    fn papers(&self) -> String {
        format!("/paper?of={}{}", self.code, self.print.split_once('?').map(|(_, query)| format!("&{query}")).unwrap_or_default())
    }

    fn value(&self, key: &str) -> &str {
        self.asked.get(key).map_or("", String::as_str)
    }
}

fn address(code: &str, asked: &BTreeMap<String, String>, change: &[(&str, &str)]) -> String {
    let mut all = asked.clone();
    for (key, value) in change {
        all.insert((*key).to_owned(), (*value).to_owned());
    }
    let mut out = format!("/ledger/{code}?");
    for (key, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}={}&", escape_query(key), escape_query(value));
    }
    out.trim_end_matches(['&', '?']).to_owned()
}

/// What the person asked for, within the person's reach.
pub(super) fn wanted(desk: &Desk, account: &Account, definition: &Definition, asked: &BTreeMap<String, String>) -> Result<Wanted, Fault> {
    let text = |key: &str| asked.get(key).map(|t| t.trim()).filter(|t| !t.is_empty());
    let year = desk.replica.this_year().map_err(Fault::from)?;
    let by_child = definition.subject == Subject::Student;
    // What is not shown to the person does not pick or order rows either.
    let seen = |code: &str| definition.field(code).is_none_or(|field| shown::sees(account, definition, field));
    let mut out = Wanted {
        year: (definition.subject != Subject::County).then_some(year),
        state: text("state").map(str::to_owned),
        from: text("from").map(str::to_owned),
        to: text("to").map(str::to_owned),
        void: text("void").is_some(),
        order: text("order").filter(|order| seen(order.trim_start_matches('-'))).unwrap_or_default().to_owned(),
        ..Wanted::default()
    };
    if by_child && definition.form == Form::Profile && out.order.is_empty() {
        // Nothing has a date that the newest could stand first by: as on the roster.
        "class".clone_into(&mut out.order);
    }
    let class = text("class").map(str::to_owned);
    if by_child {
        out.classes = match account.reads(definition) {
            Reach::Nothing => Some(Vec::new()),
            Reach::All => class.map(|c| vec![c]),
            Reach::Classes(own) => {
                let own = own.iter().map(ToString::to_string);
                Some(match class {
                    Some(class) => own.filter(|c| *c == class).collect(),
                    None => own.collect(),
                })
            }
        };
    }
    match text("q") {
        Some(q) if by_child => {
            let all = desk.replica.pupils(year).map_err(Fault::from)?;
            out.students = Some(all.into_iter().filter(|p| shown::fits(p, q)).map(|p| p.student).collect());
        }
        q => out.text = q.map(str::to_owned),
    }
    for (key, value) in asked.iter().filter(|(_, value)| !value.is_empty()) {
        if let Some(code) = key.strip_prefix("f.").filter(|code| seen(code)) {
            out.equals.insert(code.to_owned(), value.clone());
        }
    }
    Ok(out)
}

/// Notes a reading of records about named people.
fn note(desk: &Desk, account: &Account, action: &str, definition: &Definition, rows: usize) {
    if definition.subject == Subject::Student || definition.privacy != crate::ledger::definition::Privacy::A {
        desk.noted(account, action, format!("ledger {}", definition.code), rows);
    }
}

async fn list(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-ledger");
    let drawn = desk
        .run(move |desk| {
            let definition = reach::ledger(desk, &account, &code)?;
            let from: u32 = asked.get("from_row").and_then(|text| text.parse().ok()).unwrap_or(0);
            let wanted = Wanted { limit: PAGE, offset: from, ..wanted(desk, &account, &definition, &asked)? };
            let listed = desk.replica.page(&definition, &wanted).map_err(Fault::from)?;
            note(desk, &account, "list", &definition, listed.rows.len());
            ledger_page(desk, &account, page, &definition, asked, &wanted, &listed)
        })
        .await?;
    draw(&drawn)
}

/// What a list is filtered by: as the definition names it, else the first choices that matter.
fn filter_fields<'d>(account: &Account, definition: &'d Definition) -> Vec<&'d Field> {
    let named = definition.filters.iter().filter_map(|code| definition.declared(code)).filter(|f| shown::sees(account, definition, f));
    let guessed = definition.fields.iter().filter(|f| f.kind == FieldType::Choice && (f.searchable || f.required == Required::Yes)).take(FILTERS_MAX);
    if definition.filters.is_empty() { guessed.collect() } else { named.collect() }
}

fn ledger_page(
    desk: &Desk,
    account: &Account,
    page: Page,
    definition: &Definition,
    asked: BTreeMap<String, String>,
    wanted: &Wanted,
    listed: &Listed,
) -> Result<LedgerPage, Fault> {
    let (catalogue, lang, today, from) = (desk.replica.catalogue(), page.lang, desk.clock().today(), wanted.offset);
    let by_child = definition.subject == Subject::Student;
    let fields: Vec<_> = shown::columns(definition, if definition.form == Form::Profile { 9 } else { 6 })
        .into_iter()
        .filter(|f| !by_child || !["name", "grade", "class"].contains(&f.code.as_str()))
        .collect();
    let code = &definition.code;
    let column = |key: &str, title: String, number: bool| {
        let sorted = match asked.get("order").map(String::as_str) {
            Some(order) if order == key => "ascending",
            Some(order) if order.strip_prefix('-') == Some(key) => "descending",
            _ => "",
        };
        let order = if sorted == "ascending" { format!("-{key}") } else { key.to_owned() };
        Column { title, href: address(code, &asked, &[("order", &order), ("from_row", "")]), sorted, number }
    };
    let mut columns = Vec::new();
    if by_child {
        columns.push(column("name", page.t("web-person-name"), false));
        columns.push(column("class", page.t("web-class-word"), false));
    }
    columns.push(column("on", page.t("web-date"), false));
    columns.extend(fields.iter().map(|f| column(&f.code, f.title.get(lang).to_owned(), f.kind.is_number())));
    let has_state = definition.lifecycle.is_some();
    if has_state {
        columns.push(column("state", page.t("web-state"), false));
        columns.push(column("due", page.t("web-due"), false));
    }
    let names = Names::of(&desk.replica, lang);
    let pending = Pending::read(desk)?;
    let cells = |row: &Row| {
        let (named, unsettled) = (names.fields(definition, &row.fields), pending.of(desk, definition, &row.id, lang));
        let shown = |f: &&Field| match unsettled.get(&f.code) {
            Some(held) => (held.words(lang), "", held.href.clone()),
            None => cell(value::show(&catalogue, definition, f, &named, lang), f.kind),
        };
        fields.iter().map(shown).collect()
    };
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let class_of = |doc: &str, row: &Row| pending::class(&pending.of_child(desk, &profile, doc, lang), row.grade, row.class, lang);
    let line = |row: &Row| Line {
        href: format!("/record/{}", row.id),
        child: row
            .student
            .as_ref()
            .map(|doc| (doc.clone(), pending.name(desk, doc, row.name.as_deref().unwrap_or_default(), lang), class_of(doc, row))),
        on: row.on.clone().unwrap_or_default(),
        cells: cells(row),
        state: shown::state(definition, row.state.as_deref(), lang),
        // What is void is owed by nobody.
        due: row.due.as_deref().filter(|_| !row.void).map_or((String::new(), ""), |due| shown::distance(due, today, lang)),
        disputed: row.disputed,
        files: super::files::state::chips(desk, account, definition, &row.id, &row.fields, lang),
    };
    let chosen = |key: &str, code: &str| asked.get(key).is_some_and(|value| value == code);
    let pupils = if by_child { children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)? } else { Vec::new() };
    let classes = children::classes(&pupils, asked.get("class").map_or("", String::as_str), lang);
    let filters = filter_fields(account, definition)
        .into_iter()
        .filter_map(|f| {
            let key = format!("f.{}", f.code);
            let of_child = by_child && (f.code == "grade" || f.copy_of.as_ref().is_some_and(|(_, of)| of == "grade"));
            let codes = if of_child { grades(&pupils, asked.get(&key), lang) } else { filter_options(&catalogue, definition, f, lang)? };
            let options = codes.into_iter().map(|(code, title)| (code.clone(), title, chosen(&key, &code))).collect();
            Some((key, f.title.get(lang).to_owned(), options))
        })
        .collect();
    let foot = Foot::of(desk, definition, wanted, &fields, lang)?;
    let export = address(code, &asked, &[("from_row", "")]).replacen(&format!("/ledger/{code}"), &format!("/ledger/{code}/export"), 1);
    Ok(LedgerPage {
        before: (from > 0).then(|| address(code, &asked, &[("from_row", &from.saturating_sub(PAGE).to_string())])),
        after: (from + PAGE < listed.total).then(|| address(code, &asked, &[("from_row", &(from + PAGE).to_string())])),
        page: page.titled(definition.title.get(lang)),
        code: code.clone(),
        by_child,
        classes,
        states: states(definition, &asked, lang),
        filters,
        columns,
        lines: listed.rows.iter().map(line).collect(),
        sums: foot.line(if by_child { 3 } else { 1 }, &fields, if has_state { 2 } else { 0 }),
        notes: foot.notes,
        total: listed.total,
        from,
        grid: export.replacen("/export", "/grid", 1),
        print: export.replacen("/export", "/print", 1),
        has_notice: definition.subject == Subject::Student
            && definition.fields.iter().any(|f| f.public)
            && super::paper::list::hangs_at_all(definition),
        export,
        may_add: account.writes(definition).any(),
        has_state,
        void: asked.contains_key("void"),
        asked,
    })
}

/// States to filter by.
fn states(definition: &Definition, asked: &BTreeMap<String, String>, lang: Lang) -> Vec<Chosen> {
    let chosen = |code: &str| asked.get("state").is_some_and(|value| value == code);
    let states = definition.lifecycle.iter().flat_map(|l| &l.states);
    states.map(|s| (s.code.clone(), s.title.get(lang).to_owned(), chosen(&s.code))).collect()
}

/// The grades there are, in words, and the one chosen: code and title.
fn grades(pupils: &[Pupil], chosen: Option<&String>, lang: Lang) -> Vec<(String, String)> {
    let chosen = chosen.and_then(|text| text.parse().ok());
    let all: BTreeSet<i64> = pupils.iter().filter_map(|pupil| pupil.grade).chain(chosen).collect();
    all.into_iter().map(|grade| (grade.to_string(), shown::class(Some(grade), None, lang))).collect()
}

/// What a list can be filtered by in this field: code as it is kept, and title. `None` of a field with more values than one would choose from.
fn filter_options(catalogue: &Catalogue, definition: &Definition, field: &Field, lang: Lang) -> Option<Vec<(String, String)>> {
    match (field.kind, field.min, field.max) {
        (FieldType::Bool, ..) => {
            Some(["1", "0"].iter().zip(["ledger-yes", "ledger-no"]).map(|(code, key)| ((*code).to_owned(), locale::text(lang, key, &[]))).collect())
        }
        (FieldType::Int, Some(Bound::Number(least)), Some(Bound::Number(most))) if most - least <= FILTER_NUMBERS_MAX => {
            Some((least..=most).map(|number| (number.to_string(), number.to_string())).collect())
        }
        _ => Some(catalogue.options(definition, field)?.choices.iter().map(|c| (c.code.clone(), c.title.get(lang).to_owned())).collect()),
    }
}

/// A number stands to the right; a date, a number of letters and digits and what is short keep to one line.
fn cell(text: String, kind: FieldType) -> (String, &'static str, String) {
    let one_line = matches!(kind, FieldType::Date | FieldType::Month | FieldType::Time | FieldType::Phone | FieldType::Person);
    let class = if kind.is_number() {
        "number"
    } else if one_line || text.chars().count() <= SHORT_CHARS {
        "nowrap"
    } else {
        ""
    };
    (text, class, String::new())
}

async fn export_file(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (name, bytes) = desk
        .run(move |desk| {
            let definition = reach::ledger(desk, &account, &code)?;
            let wanted = Wanted { limit: EXPORT_MAX, ..wanted(desk, &account, &definition, &asked)? };
            let listed = desk.replica.page(&definition, &wanted).map_err(Fault::from)?;
            note(desk, &account, "export", &definition, listed.rows.len());
            let unsettled = export::unsettled(desk, &definition, &listed.rows, lang)?;
            let names = export::named(&desk.replica, &definition, &listed.rows, lang);
            let made = export::Made { year: wanted.year.map(crate::model::SchoolYear::start), unsettled, names, ..export::made_here(desk) };
            let bytes = export::ledger(&desk.replica.catalogue(), &definition, &account, &listed.rows, &made, lang)?;
            Ok((format!("{}-{}.xlsx", definition.title.get(lang), desk.clock().today()), bytes))
        })
        .await?;
    Ok(file(&name, bytes))
}

/// A workbook to be saved.
#[must_use]
pub fn file(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"huxue.xlsx\"; filename*=UTF-8''{}", escape_query(name).replace('/', "_"));
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}
