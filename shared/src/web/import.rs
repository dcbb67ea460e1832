//! Office files into records: judged first and shown row by row, written only when the person says so, taken back as one.
//!
//! Between the two steps the file waits in memory, a few at once, for a quarter of an hour; nothing of it is written to the disk before. Refused rows go back as a
//! workbook ([`giveback`]).

use super::{
    account::{Account, Reach},
    desk::Desk,
    form::pairs,
    giveback,
    guard::{Oops, Visitor},
    ledgers::file,
    page::{Page, Said, draw, draw_as, next_here},
    session::secret,
    shown,
};
use crate::{
    command::Request,
    fault::{Exit, Fault},
    ledger::{Definition, definition::Form},
    locale::Lang,
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Multipart, Path, Query, RawForm, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use base64::Engine as _;
use serde_json::Value as Json;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Largest file: a school's roster is far smaller, and the machine has little memory.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Files waiting at once; the oldest gives way.
const WAITING_MAX: usize = 3;
/// A file waits so long, seconds.
const WAITING_S: i64 = 15 * 60;
/// Rows of a preview shown; refused ones first.
const ROWS_SHOWN: usize = 300;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/import", get(page))
        .route("/import/preview", post(preview).layer(DefaultBodyLimit::max(FILE_BYTES_MAX + 64 * 1024)))
        .route("/import/{token}/apply", post(apply))
        .route("/import/{token}/refused", get(refused))
        .route("/import/refused/{id}", get(kept))
        .route("/import/refused/{id}/forget", post(forget))
}

/// A file between preview and writing.
#[derive(Clone)]
struct Waiting {
    account: i64,
    since_s: i64,
    file: String,
    /// Base64, as requests carry it.
    bytes: Arc<str>,
    /// Ledger; empty: a roster.
    ledger: String,
    /// Refused rows, and the workbook to give back.
    refused: usize,
    book: Arc<[u8]>,
}

/// Files between preview and writing, by token.
#[derive(Default)]
pub struct Uploads(Mutex<HashMap<String, Waiting>>);

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Uploads")
    }
}

impl Uploads {
    fn keep(&self, token: String, waiting: Waiting) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, known| waiting.since_s - known.since_s < WAITING_S);
        while all.len() >= WAITING_MAX {
            let Some(oldest) = all.iter().min_by_key(|(_, known)| known.since_s).map(|(token, _)| token.clone()) else { break };
            all.remove(&oldest);
        }
        all.insert(token, waiting);
    }

    /// The person's own file of this token.
    fn find(&self, token: &str, account: i64) -> Result<Waiting, Fault> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(token).filter(|w| w.account == account).cloned().ok_or_else(|| Fault::new("web-upload-gone", Exit::NoMatch))
    }

    fn forget(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

/// An import there was.
#[derive(Clone, Debug)]
struct Past {
    id: String,
    at: String,
    file: String,
    written: i64,
    undone: Option<String>,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    page: Page,
    said: Option<Said>,
    roster: bool,
    ledgers: Vec<(String, String)>,
    past: Vec<Past>,
    /// Refused rows that wait: id, file, where to, how many.
    waiting: Vec<(String, String, String, usize)>,
    first: bool,
    mib: usize,
}

/// A cell that the file and somebody here changed since the export.
#[derive(Clone, Debug)]
struct Both {
    field: String,
    title: String,
    base: String,
    here: String,
    file: String,
}

/// A judged row.
#[derive(Clone, Debug)]
struct Judged {
    row: String,
    accept: bool,
    what: String,
    why: String,
    next: String,
    /// Cells that move: title, from, to.
    cells: Vec<(String, String, String)>,
    both: Vec<Both>,
}

#[derive(Template)]
#[template(path = "import-preview.html")]
struct PreviewPage {
    page: Page,
    token: String,
    file: String,
    into: String,
    sheet: String,
    accepted: i64,
    rejected: i64,
    changed: i64,
    both: i64,
    exported: String,
    baseless: bool,
    left_out: i64,
    ignored: String,
    rows: Vec<Judged>,
    hidden: usize,
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    first: Option<String>,
    done: Option<i64>,
    refused: Option<i64>,
}

/// May write a ledger of the whole school: an import is not held to classes row by row.
fn imports(account: &Account, definition: &Definition) -> bool {
    account.writes(definition) == Reach::All && definition.form == Form::Records
}

fn may(account: &Account) -> Result<(), Fault> {
    if account.administers() || account.is(super::account::Role::AidOfficer) { Ok(()) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

fn import_page(desk: &Desk, account: &Account, page: Page, said: Option<Said>, first: bool) -> Result<ImportPage, Fault> {
    let catalogue = desk.replica.catalogue();
    let lang = page.lang;
    let mut ledgers: Vec<(String, String)> =
        catalogue.iter_latest().filter(|d| imports(account, d)).map(|d| (d.code.clone(), d.title.get(lang).to_owned())).collect();
    ledgers.sort_by(|a, b| a.1.cmp(&b.1));
    let past = desk.replica.imports().map_err(Fault::from)?;
    let past = past
        .into_iter()
        .map(|b| Past {
            id: b.id,
            at: shown::moment(&b.at, lang),
            file: match catalogue.latest(&b.file).filter(|_| b.kind == "grid") {
                Some(definition) => format!("{} · {}", definition.title.get(lang), crate::locale::text(lang, "web-grid", &[])),
                None => b.file,
            },
            written: b.written,
            undone: b.undone.map(|at| shown::moment(&at, lang)),
        })
        .collect();
    let waiting = giveback::waiting(desk, account)?.into_iter().map(|w| (w.id, w.file, titled(desk, &w.target, lang), w.rows)).collect();
    Ok(ImportPage { page, said, roster: account.administers(), ledgers, past, waiting, first, mib: FILE_BYTES_MAX >> 20 })
}

async fn page(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query<Asked>) -> Result<Response, Oops> {
    let account = visitor.person()?;
    may(account)?;
    let mut page = Page::of(&desk, &visitor, "web-import");
    if let Some(count) = asked.done {
        page.done = page.t1("web-import-done", count);
    }
    if let Some(count) = asked.refused.filter(|count| *count > 0) {
        page.done = format!("{} {}", page.done, page.t1("web-import-refused-kept", count));
    }
    draw(&import_page(&desk, account, page, None, asked.first.is_some())?)
}

async fn preview(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, mut parts: Multipart) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    may(&account)?;
    let broken = |error: axum::extract::multipart::MultipartError| Fault::new("web-upload-broken", Exit::Input).with("detail", error);
    let (mut ledger, mut name, mut bytes) = (String::new(), String::new(), Vec::new());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name() {
            Some("into") => ledger = part.text().await.map_err(broken)?,
            Some("file") => {
                name = part.file_name().unwrap_or_default().to_owned();
                bytes = part.bytes().await.map_err(broken)?.to_vec();
            }
            _ => {}
        }
    }
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Fault::new("file-large", Exit::Input).with("path", &name).with("mib", FILE_BYTES_MAX >> 20).into());
    }
    let (page, lang, again) = (Page::of(&desk, &visitor, "web-import-preview"), visitor.lang, Page::of(&desk, &visitor, "web-import"));
    let outcome = desk
        .run(move |desk| {
            let outcome = if bytes.is_empty() {
                Err(Fault::new("web-upload-none", Exit::Input))
            } else {
                judge(desk, &account, page, &ledger, name, bytes, lang)
            };
            match outcome {
                Ok(drawn) => Ok(Ok(drawn)),
                Err(fault) if fault.exit == Exit::Input => Ok(Err(import_page(desk, &account, again, Some(Said::of(&fault, lang)), false)?)),
                Err(fault) => Err(fault),
            }
        })
        .await?;
    match outcome {
        Ok(drawn) => draw(&drawn),
        Err(drawn) => draw_as(&drawn, axum::http::StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Title of a ledger, or of the roster.
fn titled(desk: &Desk, ledger: &str, lang: Lang) -> String {
    match desk.replica.catalogue().latest(ledger) {
        Some(definition) => definition.title.get(lang).to_owned(),
        None => crate::locale::text(lang, "web-roster", &[]),
    }
}

/// Refused rows of a person's last imports that wait to be corrected: what they are of, how many, where the workbook is. For Today.
///
/// # Errors
/// The store's.
pub fn waiting_refused(desk: &Desk, account: &Account, lang: Lang) -> Result<Vec<(String, usize, String)>, Fault> {
    let found = giveback::waiting(desk, account)?;
    Ok(found.into_iter().map(|w| (format!("{} → {}", w.file, titled(desk, &w.target, lang)), w.rows, format!("/import/refused/{}", w.id))).collect())
}

fn request(waiting: &Waiting, account: &Account, take: Vec<String>, dry_run: bool) -> Request {
    let (file, bytes, by) = (waiting.file.clone(), waiting.bytes.to_string(), Some(account.name.clone()));
    if waiting.ledger.is_empty() {
        Request::ImportRoster { file, bytes, dry_run, sheet: None, by }
    } else {
        Request::ImportLedger { code: waiting.ledger.clone(), file, bytes, dry_run, year: None, by, take }
    }
}

/// The ledger's title, or the roster's, if the person may import there.
fn target(desk: &Desk, account: &Account, ledger: &str, lang: Lang) -> Result<String, Fault> {
    if ledger.is_empty() {
        return if account.administers() {
            Ok(crate::locale::text(lang, "web-roster", &[]))
        } else {
            Err(Fault::new("web-not-yours", Exit::NotAllowed))
        };
    }
    let definition = desk.replica.definition(ledger).map_err(Fault::from)?;
    if imports(account, &definition) { Ok(definition.title.get(lang).to_owned()) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

fn judge(desk: &Desk, account: &Account, page: Page, ledger: &str, name: String, bytes: Vec<u8>, lang: Lang) -> Result<PreviewPage, Fault> {
    let into = target(desk, account, ledger, lang)?;
    let encoded = base64::engine::general_purpose::STANDARD.encode(&bytes);
    let mut waiting = Waiting {
        account: account.id,
        since_s: desk.clock().now().as_second(),
        file: name,
        bytes: encoded.into(),
        ledger: ledger.to_owned(),
        refused: 0,
        book: Arc::from([]),
    };
    let answer = desk.ask(account, request(&waiting, account, Vec::new(), true), lang)?;
    let mut rows: Vec<Judged> = answer["rows"].as_array().into_iter().flatten().map(|row| judged(row, lang)).collect();
    // Beside what the file says stands what the records say.
    desk.noted(account, "list", if ledger.is_empty() { "import roster".to_owned() } else { format!("import ledger {ledger}") }, rows.len());
    // What needs a choice first, then what is refused, then what moves.
    rows.sort_by_key(|row| (row.both.is_empty(), row.accept, row.cells.is_empty()));
    waiting.refused = rows.iter().filter(|r| !r.accept).count();
    if waiting.refused > 0 {
        waiting.book = giveback::workbook(&bytes, &waiting.file, &answer, lang)?.into();
    } else if answer["changed"] == 0 {
        // Sent again and nothing left: what waited is done.
        giveback::keep(desk, account, ledger, &waiting.file, 0, &[])?;
    }
    drop(bytes);
    let token = secret(desk.clock());
    let hidden = rows.len().saturating_sub(ROWS_SHOWN);
    rows.truncate(ROWS_SHOWN);
    let number = |key: &str| answer[key].as_i64().unwrap_or(0);
    let drawn = PreviewPage {
        page: page.titled(crate::locale::text(lang, "web-import-preview", &[])),
        token: token.clone(),
        file: waiting.file.clone(),
        into,
        sheet: answer["sheet"].as_str().unwrap_or_default().to_owned(),
        accepted: number("accepted"),
        rejected: number("rejected"),
        changed: number("changed"),
        both: number("conflicts"),
        exported: answer["exported"].as_str().map(|at| shown::moment(at, lang)).unwrap_or_default(),
        baseless: answer["exported"].is_null() && answer["columns"]["_id"].is_number(),
        left_out: number("left_out"),
        ignored: answer["ignored_columns"].as_array().into_iter().flatten().filter_map(Json::as_str).collect::<Vec<_>>().join("、"),
        rows,
        hidden,
    };
    desk.uploads.keep(token, waiting);
    Ok(drawn)
}

fn judged(row: &Json, lang: Lang) -> Judged {
    let text = |key: &str| match &row[key] {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    let mut why = vec![text("message")];
    why.extend(["details", "also", "warnings"].iter().flat_map(|key| row[*key].as_array().cloned().unwrap_or_default()).map(|item| match item {
        Json::String(text) => text,
        other => other["message"].as_str().unwrap_or_default().to_owned(),
    }));
    why.retain(|part| !part.is_empty());
    let what =
        ["label", "name", "sex", "birth", "grade", "class"].map(text).into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let word = |item: &Json, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let list = |key: &str| row[key].as_array().into_iter().flatten();
    let both = list("conflicts").map(|c| Both {
        field: word(c, "field"),
        title: word(c, "title"),
        base: word(c, "base"),
        here: word(c, "here"),
        file: word(c, "file"),
    });
    Judged {
        row: text("row"),
        accept: row["accept"].as_bool().unwrap_or(false),
        what,
        why: why.join("；"),
        next: next_here(text("next"), lang),
        cells: list("cells").map(|c| (word(c, "title"), word(c, "from"), word(c, "to"))).collect(),
        both: both.collect(),
    }
}

async fn apply(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let take = pairs(&body).into_iter().filter(|(key, value)| key.starts_with("take.") && !value.is_empty()).map(|(_, value)| value).collect();
    let target = desk
        .run(move |desk| {
            let waiting = desk.uploads.find(&token, account.id)?;
            target(desk, &account, &waiting.ledger, lang)?;
            let answer = desk.ask(&account, request(&waiting, &account, take, false), lang)?;
            giveback::keep(desk, &account, &waiting.ledger, &waiting.file, waiting.refused, &waiting.book)?;
            desk.uploads.forget(&token);
            let undo = answer["batch"].as_str().map(|id| format!("&undo={id}")).unwrap_or_default();
            Ok(format!("/import?done={}&refused={}{undo}", answer["changed"].as_i64().unwrap_or(0), waiting.refused))
        })
        .await?;
    Ok(Redirect::to(&target).into_response())
}

async fn refused(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(token): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (name, bytes) = desk
        .run(move |desk| {
            let waiting = desk.uploads.find(&token, account.id)?;
            // Taken away to be corrected: found again until it comes back.
            giveback::keep(desk, &account, &waiting.ledger, &waiting.file, waiting.refused, &waiting.book)?;
            desk.noted(&account, "export", "refused rows", waiting.refused);
            Ok((giveback::name(&waiting.file, lang), waiting.book.to_vec()))
        })
        .await?;
    Ok(file(&name, bytes))
}

async fn kept(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (name, bytes) = desk
        .run(move |desk| {
            let (name, bytes) = giveback::find(desk, &account, &id)?;
            desk.noted(&account, "export", "refused rows", 1);
            Ok((giveback::name(&name, lang), bytes))
        })
        .await?;
    Ok(file(&name, bytes))
}

async fn forget(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    desk.run(move |desk| giveback::forget(desk, &account, &id)).await?;
    Ok(Redirect::to("/import").into_response())
}
