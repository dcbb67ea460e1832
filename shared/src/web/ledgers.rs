//! Ledgers: which there are, the list of one with filter, sort and search, its export, and a new record.

use super::{
    account::{Account, Reach},
    children,
    desk::Desk,
    export,
    form::{Drawing, Input, Inputs, Sent, rest_of},
    guard::{Oops, Visitor, status},
    page::{Page, Said, draw, escape_query},
    reach, shown,
};
use crate::{
    command::{Request, request::SubjectRef},
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Form, Subject},
        value,
    },
    replica::browse::{Listed, Row, Wanted},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, RawForm, State},
    http::header,
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// Rows of a page.
const PAGE: u32 = 50;
/// Rows of an export at most.
const EXPORT_MAX: u32 = 20_000;
/// Choice fields offered as filters at most.
const FILTERS_MAX: usize = 3;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/ledgers", get(index))
        .route("/ledger/{code}", get(list))
        .route("/ledger/{code}/export", get(export_file))
        .route("/ledger/{code}/new", get(new).post(add))
        .route("/ledger/{code}/check", post(check))
}

/// A ledger in the list: code, title, help, whether one may add.
type Entry = (String, String, String, bool);
/// A choice to filter by: code, title, chosen.
type Chosen = (String, String, bool);

#[derive(Template)]
#[template(path = "ledgers.html")]
struct LedgersPage {
    page: Page,
    groups: Vec<(String, Vec<Entry>)>,
}

async fn index(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let account = visitor.person()?;
    let page = Page::of(&desk, &visitor, "web-ledgers");
    let catalogue = desk.replica.catalogue();
    let line = |d: &Arc<Definition>| {
        let help = d.help.as_ref().map(|h| h.get(page.lang).to_owned()).unwrap_or_default();
        (d.code.clone(), d.title.get(page.lang).to_owned(), help, account.writes(d).any())
    };
    let of = |subject: Subject| {
        catalogue.iter_latest().filter(|d| d.subject == subject && account.reads(d).any() && published(d)).map(line).collect::<Vec<_>>()
    };
    let groups = [(Subject::Student, "web-ledgers-children"), (Subject::School, "web-ledgers-school"), (Subject::County, "web-ledgers-county")]
        .into_iter()
        .map(|(subject, key)| (page.t(key), of(subject)))
        .filter(|(_, list)| !list.is_empty())
        .collect();
    draw(&LedgersPage { page, groups })
}

/// What never reaches a school has no page there.
fn published(definition: &Definition) -> bool {
    definition.space != crate::model::SpaceKind::Internal
}

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
    cells: Vec<(String, bool)>,
    state: String,
    due: (String, &'static str),
    disputed: bool,
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
    total: u32,
    from: u32,
    before: Option<String>,
    after: Option<String>,
    export: String,
    may_add: bool,
    has_state: bool,
    void: bool,
}

impl LedgerPage {
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
fn wanted(desk: &Desk, account: &Account, definition: &Definition, asked: &BTreeMap<String, String>) -> Result<Wanted, Fault> {
    let text = |key: &str| asked.get(key).map(|t| t.trim()).filter(|t| !t.is_empty());
    let year = desk.replica.this_year().map_err(Fault::from)?;
    let by_child = definition.subject == Subject::Student;
    let mut out = Wanted {
        year: (definition.subject != Subject::County).then_some(year),
        state: text("state").map(str::to_owned),
        from: text("from").map(str::to_owned),
        to: text("to").map(str::to_owned),
        void: text("void").is_some(),
        order: text("order").unwrap_or_default().to_owned(),
        ..Wanted::default()
    };
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
        if let Some(code) = key.strip_prefix("f.") {
            out.equals.insert(code.to_owned(), value.clone());
        }
    }
    Ok(out)
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
            ledger_page(desk, &account, page, &definition, asked, &listed, from)
        })
        .await?;
    draw(&drawn)
}

fn ledger_page(
    desk: &Desk,
    account: &Account,
    page: Page,
    definition: &Definition,
    asked: BTreeMap<String, String>,
    listed: &Listed,
    from: u32,
) -> Result<LedgerPage, Fault> {
    let (catalogue, lang, today) = (desk.replica.catalogue(), page.lang, desk.clock().today());
    let by_child = definition.subject == Subject::Student;
    let fields: Vec<_> = shown::columns(definition, 6).into_iter().filter(|f| !by_child || f.code != "name").collect();
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
    let line = |row: &Row| Line {
        href: format!("/record/{}", row.id),
        child: row.student.as_ref().map(|doc| (doc.clone(), row.name.clone().unwrap_or_default(), shown::class(row.grade, row.class, lang))),
        on: row.on.clone().unwrap_or_default(),
        cells: fields.iter().map(|f| (value::show(&catalogue, definition, f, &row.fields, lang), f.kind.is_number())).collect(),
        state: shown::state(definition, row.state.as_deref(), lang),
        due: row.due.as_deref().map_or((String::new(), ""), |due| shown::distance(due, today, lang)),
        disputed: row.disputed,
    };
    let chosen = |key: &str, code: &str| asked.get(key).is_some_and(|value| value == code);
    let states = definition
        .lifecycle
        .iter()
        .flat_map(|l| &l.states)
        .map(|s| (s.code.clone(), s.title.get(lang).to_owned(), chosen("state", &s.code)))
        .collect();
    let filters = definition
        .fields
        .iter()
        .filter(|f| f.kind == crate::ledger::FieldType::Choice && (f.searchable || f.required == crate::ledger::definition::Required::Yes))
        .filter_map(|f| Some((f, catalogue.options(definition, f)?)))
        .take(FILTERS_MAX)
        .map(|(f, list)| {
            let key = format!("f.{}", f.code);
            let options = list.choices.iter().map(|c| (c.code.clone(), c.title.get(lang).to_owned(), chosen(&key, &c.code))).collect();
            (key, f.title.get(lang).to_owned(), options)
        })
        .collect();
    let classes = if by_child {
        let pupils = children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)?;
        children::classes(&pupils, asked.get("class").map_or("", String::as_str), lang)
    } else {
        Vec::new()
    };
    let export = address(code, &asked, &[("from_row", "")]).replacen(&format!("/ledger/{code}"), &format!("/ledger/{code}/export"), 1);
    Ok(LedgerPage {
        before: (from > 0).then(|| address(code, &asked, &[("from_row", &from.saturating_sub(PAGE).to_string())])),
        after: (from + PAGE < listed.total).then(|| address(code, &asked, &[("from_row", &(from + PAGE).to_string())])),
        page: page.titled(definition.title.get(lang)),
        code: code.clone(),
        by_child,
        classes,
        states,
        filters,
        columns,
        lines: listed.rows.iter().map(line).collect(),
        total: listed.total,
        from,
        export,
        may_add: account.writes(definition).any(),
        has_state,
        void: asked.contains_key("void"),
        asked,
    })
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
            tracing::info!(ledger = code, account = account.id, rows = listed.rows.len(), "records were exported");
            let bytes = export::ledger(&desk.replica.catalogue(), &definition, &account, &listed.rows, lang)?;
            Ok((format!("{}-{}.xlsx", definition.title.get(lang), desk.clock().today()), bytes))
        })
        .await?;
    Ok(file(&name, bytes))
}

/// A workbook to be saved.
pub fn file(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"huxue.xlsx\"; filename*=UTF-8''{}", escape_query(name).replace('/', "_"));
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// A form for a new record or a correction.
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    /// Frame.
    pub page: Page,
    /// Where it is sent.
    pub action: String,
    /// Where a single field is judged.
    pub check: String,
    /// Whose record it is: name and class.
    pub whose: String,
    /// Fields.
    pub inputs: Inputs,
    /// What the engine said that stands beside no field.
    pub said: Option<Said>,
    /// Way back.
    pub cancel: String,
    /// Values that travel along.
    pub hidden: Vec<(String, String)>,
    /// Another like it may follow at once.
    pub another: bool,
}

impl std::fmt::Debug for FormPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormPage").field("action", &self.action).finish_non_exhaustive()
    }
}

/// The records a `ref` field can point to: the child's own, or the newest of the school's.
///
/// # Errors
/// The store's.
pub fn targets(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    student: Option<&str>,
    inputs: &mut [Input],
    lang: crate::locale::Lang,
) -> Result<(), Fault> {
    let catalogue = desk.replica.catalogue();
    for input in inputs {
        let Some(target) = definition.field(&input.code).and_then(|f| f.reference.as_deref()).and_then(|code| catalogue.latest(code)) else {
            continue;
        };
        let rows = match (target.subject, student) {
            (Subject::Student, Some(student)) => desk.replica.dossier(student).map_err(Fault::from)?,
            (Subject::Student, None) => Vec::new(),
            _ => desk.replica.page(target, &Wanted { limit: 100, ..Wanted::default() }).map_err(Fault::from)?.rows,
        };
        let rows = reach::rows(desk, account, rows);
        input.kind = "select";
        input.options = rows
            .iter()
            .filter(|row| row.ledger == target.code && (!row.void || row.id == input.value))
            .map(|row| super::form::Option_ {
                code: row.id.clone(),
                title: format!("{} {}", row.on.as_deref().unwrap_or_default(), shown::label(&catalogue, target, &row.fields, lang)),
                on: row.id == input.value,
            })
            .collect();
    }
    Ok(())
}

fn new_form(
    desk: &Desk,
    account: &Account,
    page: Page,
    definition: &Definition,
    student: &str,
    typed: &BTreeMap<String, String>,
    fault: Option<&Fault>,
) -> Result<FormPage, Fault> {
    let catalogue = desk.replica.catalogue();
    let by_child = definition.subject == Subject::Student && definition.form == Form::Records;
    let pupil = if by_child { Some(reach::child(desk, account, student)?.0) } else { None };
    let may = pupil.as_ref().map_or(account.writes(definition).any(), |p| account.writes(definition).holds(reach::class_of(p)));
    if !may {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed));
    }
    let lang = page.lang;
    let empty = BTreeMap::new();
    let drawing = Drawing { catalogue: &catalogue, definition, account, fields: &empty, typed, fault, lang, new: true };
    let mut inputs = drawing.inputs();
    if let Some(on) = inputs.first.iter_mut().find(|i| i.code == "on" && i.value.is_empty()) {
        on.value = desk.clock().today().to_string();
    }
    let doc = pupil.as_ref().map(|p| p.student.as_str());
    targets(desk, account, definition, doc, &mut inputs.first, lang)?;
    targets(desk, account, definition, doc, &mut inputs.more, lang)?;
    let code = &definition.code;
    Ok(FormPage {
        action: page.post(&format!("/ledger/{code}/new")),
        check: page.post(&format!("/ledger/{code}/check")),
        whose: pupil.as_ref().map(|p| format!("{} · {}", p.name, shown::class(p.grade, p.class, lang))).unwrap_or_default(),
        said: fault.map(|f| rest_of(f, lang)),
        cancel: doc.map_or_else(|| format!("/ledger/{code}"), |doc| format!("/child/{doc}")),
        hidden: doc.map(|doc| ("_student".to_owned(), doc.to_owned())).into_iter().collect(),
        another: true,
        page: page.titled(format!("{} · {}", definition.title.get(lang), crate::locale::text(lang, "web-add", &[]))),
        inputs,
    })
}

async fn new(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-form");
    let definition = reach::ledger(&desk, &account, &code)?;
    let student = asked.get("student").cloned().unwrap_or_default();
    if definition.subject == Subject::Student && definition.form == Form::Records && student.is_empty() {
        return Ok(Redirect::to(&format!("/children?pick={code}")).into_response());
    }
    // Fields named in the address are filled in: the case a notice belongs to.
    let typed = asked.into_iter().filter(|(key, _)| definition.declared(key).is_some()).collect();
    let drawn = desk.run(move |desk| new_form(desk, &account, page, &definition, &student, &typed, None)).await?;
    draw(&drawn)
}

async fn add(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-form");
    let lang = visitor.lang;
    let outcome = desk
        .run(move |desk| {
            let definition = reach::ledger(desk, &account, &code)?;
            let sent = Sent::read(&definition, &body);
            let student = sent.other("_student").to_owned();
            // Asked again here: the form says nothing about who may.
            let form = new_form(desk, &account, page, &definition, &student, &sent.now, None)?;
            let set: BTreeMap<String, String> =
                sent.now.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect();
            let profile = definition.form == Form::Profile;
            let subject = (definition.subject == Subject::Student && !profile).then(|| SubjectRef::Student(student.clone()));
            let request = Request::RecordAdd { ledger: code.clone(), subject, year: None, set, by: Some(account.name.clone()) };
            match desk.ask(request, lang) {
                Ok(done) => {
                    let record = done["record"].as_str().unwrap_or_default().to_owned();
                    let gaps = done["gaps"].as_array().map_or(0, Vec::len);
                    Ok(Ok(match sent.other("_another") {
                        "" if profile => format!("/child/{record}"),
                        "" => format!("/record/{record}?saved={gaps}"),
                        _ => format!("/ledger/{code}/new?student={student}"),
                    }))
                }
                Err(fault) if matches!(fault.exit, Exit::Input | Exit::NoMatch | Exit::NotAllowed) => {
                    let drawn = new_form(desk, &account, form.page.clone(), &definition, &student, &sent.now, Some(&fault))?;
                    Ok(Err((FormPage { page: form.page, ..drawn }, status(&fault))))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    match outcome {
        Ok(target) => Ok(Redirect::to(&target).into_response()),
        Err((form, code)) => {
            let mut response = draw(&form)?;
            *response.status_mut() = code;
            Ok(response)
        }
    }
}

/// Judges one field as the engine will; the answer stands beside the field.
async fn check(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?;
    let definition = reach::ledger(&desk, account, &code)?;
    let sent = Sent::read(&definition, &body);
    let catalogue = desk.replica.catalogue();
    let wrong = definition.field(sent.other("_field")).and_then(|field| {
        let text = sent.now.get(&field.code)?;
        let mut siblings = BTreeMap::new();
        if let Some(kind) = sent.now.get("id_type") {
            siblings.insert("id_type".to_owned(), crate::document::view::Value::Str(kind.clone()));
        }
        value::read(&catalogue, &definition, field, text, &siblings).err()
    });
    Ok(match wrong {
        Some(error) => {
            let sentence = crate::locale::fault(visitor.lang, &error.fault()).0;
            Html(format!("<span class=\"error\">{}</span>", askama::filters::escape(&sentence, askama::filters::Html).map_err(Fault::internal)?))
                .into_response()
        }
        None => Html(String::new()).into_response(),
    })
}
