//! Office files into records: judged first and shown row by row, written only when the person says so, taken back as one.
//!
//! Between the two steps the file waits in memory, a few at once, for a quarter of an hour; nothing of it is written to the disk before. The preview has an address of
//! its own and is judged anew at each look, so that Back and reloading show it again. Of a workbook with several such sheets one is looked at and written at a time, and the page
//! leads from one to the next ([`sheets`]). Refused rows go back as a
//! workbook ([`giveback`]). A workbook of ours says itself what it is ([`own::Mark`]): it goes where it came from, whatever was chosen, and the page says so.
//!
//! Who imports: rosters the registrar; rows of a ledger whoever writes there, a class teacher those about children of the own classes alone.
//!
//! Long as it is, this is one room: a file looked at, chosen again and written is one form under one address.

mod asks;
mod sheets;
mod verdict;
mod waiting;

use asks::{answered, asked_rows, asks};
use sheets::{Rest, Sheet};
use verdict::{Judged, Reading};
pub use waiting::Uploads;
use waiting::{Looked, Waiting};

use super::{
    account::{Account, Reach},
    desk::Desk,
    export,
    files::upload,
    form::pairs,
    giveback,
    guard::{Oops, Visitor, status},
    ledgers::file,
    page::{Page, Said, draw, draw_as, escape_query},
    session::secret,
    shown,
};
use crate::{
    command::{Request, render::remarks},
    fault::{Exit, Fault},
    import::{
        Limits,
        own::{self, Mark},
    },
    ledger::{Definition, definition::Form},
    locale::Lang,
};
use askama::Template;
use axum::{
    Extension, Router,
    body::to_bytes,
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Path, Query, RawForm, Request as Http, State},
    http::header,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use base64::Engine as _;
use serde_json::Value as Json;
use std::sync::Arc;

/// Largest file: a school's roster is far smaller, and the machine has little memory.
const FILE_BYTES_MAX: usize = 16 << 20;
/// What was chosen is a ledger's code.
const CHOICE_BYTES_MAX: u16 = 1_024;
/// Rows of a preview shown; refused ones first.
const ROWS_SHOWN: usize = 300;
/// Sentences above it; the rest stands in the rows.
const REMARKS_SHOWN: usize = 20;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/import", get(page))
        .route("/import/preview", post(preview).layer(DefaultBodyLimit::disable()))
        .route("/import/{token}", get(look))
        .route("/import/{token}/apply", post(apply))
        .route("/import/{token}/refused", get(refused))
        .route("/import/refused/{id}", get(kept))
        .route("/import/refused/{id}/forget", post(forget))
}

/// An import there was.
#[derive(Clone, Debug)]
struct Past {
    id: String,
    at: String,
    file: String,
    written: i64,
    undone: Option<String>,
    by: String,
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
    /// Children of the school are here already: those its other machine sent by way of the county.
    there: bool,
    /// All imports are listed, with whose they are.
    all: bool,
    mib: usize,
    /// Sheets of the file just imported that are still to be looked at.
    rest: Rest,
    /// What is chosen already.
    into: String,
}

#[derive(Template)]
#[template(path = "import-preview.html")]
struct PreviewPage {
    page: Page,
    token: String,
    file: String,
    into: String,
    /// What the file itself says it is, where that was not what was chosen.
    notice: String,
    /// Why the roster may be another school's: each a sentence, and a tick is asked for.
    doubts: Vec<String>,
    sheet: String,
    /// The sheet that was asked for; empty: none was.
    asked: String,
    /// What says so in an address.
    of: String,
    /// Other sheets that hold such a table.
    others: Vec<Sheet>,
    /// Sheets of which no head was recognised.
    headless: String,
    accepted: i64,
    rejected: i64,
    changed: i64,
    both: i64,
    exported: String,
    baseless: bool,
    left_out: i64,
    ignored: String,
    /// What is asked before it is written, each sentence once with its rows; all these rows; and whether it is asked whatever is chosen of cells changed on both sides.
    asks: Vec<String>,
    asked_rows: String,
    asks_surely: bool,
    /// Why many rows are refused, each reason once.
    reasons: Vec<String>,
    /// What is to be looked at, each sentence once with its rows; also of rows that are not shown below.
    remarks: Vec<String>,
    rows: Vec<Judged>,
    hidden: usize,
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    first: Option<String>,
    done: Option<i64>,
    refused: Option<i64>,
    /// A password came between: the file is to be chosen once more.
    again: Option<String>,
    into: Option<String>,
    /// A sheet of several was written, and this file has more.
    rest: Option<String>,
}

/// Which sheet of a file is meant.
#[derive(Debug, Default, serde::Deserialize)]
struct Of {
    #[serde(default)]
    sheet: String,
}

/// May write a ledger, of the whole school or of the own classes ([`within`]).
fn imports(account: &Account, definition: &Definition) -> bool {
    account.writes(definition).any() && definition.form == Form::Records
}

/// Of whose children rows are taken: `None`: of the whole school's.
fn within(account: &Account, definition: &Definition) -> Option<Vec<(i64, i64)>> {
    match account.writes(definition) {
        Reach::All => None,
        Reach::Classes(list) => Some(list.iter().map(|class| (class.grade, class.class)).collect()),
        Reach::Nothing => Some(Vec::new()),
    }
}

fn may(account: &Account) -> Result<(), Fault> {
    if account.imports() { Ok(()) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

fn import_page(desk: &Desk, account: &Account, page: Page, said: Option<Said>, first: bool) -> Result<ImportPage, Fault> {
    let catalogue = desk.replica.catalogue();
    let lang = page.lang;
    let mut ledgers: Vec<(String, String)> =
        catalogue.iter_latest().filter(|d| imports(account, d)).map(|d| (d.code.clone(), d.title.get(lang).to_owned())).collect();
    ledgers.sort_by(|a, b| a.1.cmp(&b.1));
    // Whoever keeps the school's rolls looks after all that came in; anybody else after the own.
    let all = account.administers();
    let past = desk.replica.imports((!all).then_some(account.name.as_str())).map_err(Fault::from)?;
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
            by: b.by,
        })
        .collect();
    let waiting = giveback::waiting(desk, account)?.into_iter().map(|w| (w.id, w.file, titled(desk, &w.target, lang), w.rows)).collect();
    let there = first && desk.replica.has_any(desk.replica.definition("enrolment").map_err(Fault::from)?.as_ref()).map_err(Fault::from)?;
    let (roster, mib) = (account.administers(), FILE_BYTES_MAX >> 20);
    Ok(ImportPage { page, said, roster, ledgers, past, waiting, first, there, all, mib, rest: Rest::default(), into: String::new() })
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
    let said = asked.again.map(|_| Said { sentence: page.t("web-file-again"), ..Said::default() });
    let rest = sheets::rest(&desk, account, asked.rest.as_deref(), page.lang);
    draw(&ImportPage { into: asked.into.unwrap_or_default(), rest, ..import_page(&desk, account, page, said, asked.first.is_some())? })
}

/// What is sent to be looked at.
#[derive(Default)]
struct Sent {
    /// What was chosen.
    into: String,
    name: String,
    bytes: Vec<u8>,
    /// Larger than is taken: all of it was read, so that the browser hears why, and nothing kept.
    large: bool,
}

impl Sent {
    async fn read(&mut self, request: Http) -> Result<(), Fault> {
        let (mut parts, mut read) = (Multipart::from_request(request, &()).await.map_err(upload::broken)?, 0);
        while let Some(mut part) = parts.next_field().await.map_err(upload::unread)? {
            match part.name() {
                Some("into") => {
                    self.into = String::from_utf8_lossy(&upload::collect(&mut part, CHOICE_BYTES_MAX.into(), &mut read).await?.0).into_owned();
                }
                Some("file") => {
                    part.file_name().unwrap_or_default().clone_into(&mut self.name);
                    let (bytes, length) = upload::collect(&mut part, FILE_BYTES_MAX as u64, &mut read).await?;
                    (self.bytes, self.large) = (bytes, length > FILE_BYTES_MAX as u64);
                }
                _ => drop(upload::collect(&mut part, 0, &mut read).await?),
            }
        }
        Ok(())
    }

    /// Why it cannot be looked at.
    fn fault(&self) -> Option<Fault> {
        match () {
            () if self.large => Some(Fault::new("file-large", Exit::Input).with("path", &self.name).with("mib", FILE_BYTES_MAX >> 20)),
            () if self.bytes.is_empty() && self.name.is_empty() => Some(Fault::new("web-upload-none", Exit::Input)),
            () => None,
        }
    }
}

async fn preview(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, request: Http) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    may(&account)?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/x-www-form-urlencoded") {
        // Carried out after a password (`web/kept.rs`): what was chosen is known, the file is not.
        let body = to_bytes(request.into_body(), CHOICE_BYTES_MAX.into()).await.map_err(upload::broken)?;
        let into = pairs(&body).into_iter().find(|(key, _)| key == "into").map(|(_, into)| into).unwrap_or_default();
        return Ok(Redirect::to(&format!("/import?again=1&into={}", escape_query(&into))).into_response());
    }
    let mut sent = Sent::default();
    if let Some(fault) = sent.read(request).await.err().or_else(|| sent.fault()) {
        let (again, said) = (Page::of(&desk, &visitor, "web-import"), Said::of(&fault, visitor.lang));
        let drawn = desk.run(move |desk| Ok(ImportPage { into: sent.into, ..import_page(desk, &account, again, Some(said), false)? })).await?;
        return draw_as(&drawn, status(&fault));
    }
    let token = secret(desk.clock());
    let bytes = base64::engine::general_purpose::STANDARD.encode(&sent.bytes).into();
    let since_s = desk.clock().now().as_second();
    desk.uploads.keep(token.clone(), Waiting::new(account.id, since_s, sent.name, bytes, sent.into));
    Ok(Redirect::to(&format!("/import/{token}")).into_response())
}

/// What a look at a file that waits shows.
enum Seen {
    Preview(Box<PreviewPage>),
    /// The file cannot be read: where another is sent, and why.
    Unread(Box<ImportPage>),
    /// Nothing of it is left to be looked at.
    Elsewhere(String),
}

/// The preview of a file that waits.
async fn look(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    may(&account)?;
    let (page, lang, again) = (Page::of(&desk, &visitor, "web-import-preview"), visitor.lang, Page::of(&desk, &visitor, "web-import"));
    let outcome = desk
        .run(move |desk| {
            // Back after it was written, or too late: what came of it stands in the list of imports.
            let Ok(waiting) = desk.uploads.find(&token, account.id, &of.sheet) else { return Ok(Seen::Elsewhere("/import".to_owned())) };
            if waiting.is_written() {
                return Ok(Seen::Elsewhere(format!("/import?rest={token}")));
            }
            match judge(desk, &account, page, token, &waiting, lang) {
                Ok(drawn) => Ok(Seen::Preview(Box::new(drawn))),
                Err(fault) if fault.exit == Exit::Input => {
                    Ok(Seen::Unread(Box::new(import_page(desk, &account, again, Some(Said::of(&fault, lang)), false)?)))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    match outcome {
        Seen::Preview(drawn) => draw(&*drawn),
        Seen::Unread(drawn) => draw_as(&*drawn, axum::http::StatusCode::UNPROCESSABLE_ENTITY),
        Seen::Elsewhere(address) => Ok(Redirect::to(&address).into_response()),
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
    // Whoever takes a whole import back wants none of it; its rows still lie under Import.
    let batches = if found.is_empty() { Vec::new() } else { desk.replica.imports(Some(&account.name)).map_err(Fault::from)? };
    let undone = |w: &giveback::Waiting| {
        let kind = if w.target.is_empty() { "roster" } else { "ledger" };
        batches
            .iter()
            .find(|batch| batch.kind == kind && giveback::stem(&batch.file) == giveback::stem(&w.file))
            .is_some_and(|batch| batch.undone.is_some())
    };
    Ok(found
        .into_iter()
        .filter(|w| !undone(w))
        .map(|w| (format!("{} → {}", w.file, titled(desk, &w.target, lang)), w.rows, format!("/import/refused/{}", w.id)))
        .collect())
}

/// What a person says along with writing.
#[derive(Default)]
struct Along {
    take: Vec<String>,
    this_school: bool,
}

fn request(desk: &Desk, waiting: &Waiting, ledger: &str, account: &Account, words: Along, dry_run: bool) -> Result<Request, Fault> {
    let (file, bytes, by) = (waiting.file.clone(), waiting.bytes.to_string(), Some(account.name.clone()));
    let sheet = Some(waiting.sheet.clone()).filter(|sheet| !sheet.is_empty());
    if ledger.is_empty() {
        return Ok(Request::ImportRoster { file, bytes, dry_run, sheet, by, this_school: words.this_school });
    }
    let within = within(account, desk.replica.definition(ledger).map_err(Fault::from)?.as_ref());
    Ok(Request::ImportLedger { code: ledger.to_owned(), file, bytes, dry_run, year: None, by, take: words.take, within, sheet })
}

/// Where a file is to go: the ledger, empty for a roster; and what is said if that is not what was chosen. `into`: empty: the file decides; [`own::ROSTER`]; a ledger.
fn decided(desk: &Desk, account: &Account, into: &str, mark: Option<&Mark>, lang: Lang) -> Result<(String, String), Fault> {
    let plain = |into: &str| if into == own::ROSTER { String::new() } else { into.to_owned() };
    let Some(mark) = mark else {
        // A file of the school's own making is a roster, or somebody says what it is.
        return if into.is_empty() && !account.administers() {
            Err(Fault::new("web-import-which", Exit::Input))
        } else {
            Ok((plain(into), String::new()))
        };
    };
    let target = plain(&mark.ledger);
    let title = titled(desk, &target, lang);
    if target_title(desk, account, &target, true, lang).is_err() {
        return Err(Fault::new("web-import-not-yours", Exit::Input).with("value", title));
    }
    let notice = match () {
        () if into.is_empty() => crate::locale::text(lang, "web-import-recognised", &[("value", &title)]),
        () if plain(into) != target => {
            let chosen = crate::locale::text(lang, "web-import-chosen", &[("value", &titled(desk, &plain(into), lang))]);
            chosen + &crate::locale::text(lang, "web-import-other-target", &[("value", &title)])
        }
        () => String::new(),
    };
    let here = desk.replica.this_year().map_err(Fault::from)?.start();
    let older = mark.year.filter(|year| *year != here).map(|year| {
        let years = format!("{year}—{}", year.saturating_add(1));
        crate::locale::text(lang, "web-import-year", &[("value", &years)])
    });
    let notice = [notice].into_iter().chain(older).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    Ok((target, notice))
}

/// The ledger's title, or the roster's, if the person may import there. `marked`: the file is one of ours; profiles that were exported come back too.
fn target_title(desk: &Desk, account: &Account, ledger: &str, marked: bool, lang: Lang) -> Result<String, Fault> {
    let refused = || Fault::new("web-not-yours", Exit::NotAllowed);
    if ledger.is_empty() {
        return if account.administers() { Ok(crate::locale::text(lang, "web-roster", &[])) } else { Err(refused()) };
    }
    let definition = desk.replica.definition(ledger).map_err(Fault::from)?;
    let profile = marked && definition.form == Form::Profile && account.writes(&definition).any();
    if imports(account, &definition) || profile { Ok(definition.title.get(lang).to_owned()) } else { Err(refused()) }
}

fn judge(desk: &Desk, account: &Account, page: Page, token: String, waiting: &Waiting, lang: Lang) -> Result<PreviewPage, Fault> {
    let (into, name) = (&waiting.into, &waiting.file);
    let bytes = base64::engine::general_purpose::STANDARD.decode(waiting.bytes.as_bytes()).unwrap_or_default();
    let mark = own::recognise(&bytes, name, &Limits::default()).map_err(Fault::from)?;
    let (ledger, notice) = decided(desk, account, into, mark.as_ref(), lang)?;
    let title = target_title(desk, account, &ledger, mark.is_some(), lang)?;
    let mut looked = Looked { sheet: String::new(), origin: String::new(), ledger, refused: 0, waits: 0, book: Arc::from([]) };
    let answer = desk.ask(account, request(desk, waiting, &looked.ledger, account, Along::default(), true)?, lang).map_err(|fault| {
        // Nobody said it was a roster.
        if into.is_empty() && mark.is_none() && fault.code.starts_with("import-no-header") {
            Fault::new("web-import-which", Exit::Input)
        } else {
            fault
        }
    })?;
    // What comes of one sheet of several goes by a name of its own.
    let part = own::named(name, answer["part"].as_str().unwrap_or_default());
    looked.origin = giveback::origin(mark.as_ref(), &part);
    answer["sheet"].as_str().unwrap_or_default().clone_into(&mut looked.sheet);
    let reading = Reading::of(desk, lang)?;
    let mut rows: Vec<Judged> = answer["rows"].as_array().into_iter().flatten().map(|row| reading.judged(row)).collect();
    // Beside what the file says stands what the records say.
    let noted = if looked.ledger.is_empty() { "import roster".to_owned() } else { format!("import ledger {}", looked.ledger) };
    desk.noted(account, "list", noted, rows.len());
    // What needs a choice first, then what is refused, then what moves, then what is to be looked at.
    rows.sort_by_key(|row| (row.both.is_empty(), row.accept, row.cells.is_empty(), row.why.is_empty()));
    looked.refused = rows.iter().filter(|r| !r.accept).count();
    looked.waits = answer["rows"].as_array().into_iter().flatten().filter(|row| row["accept"] != true && row["taken"] != true).count();
    if looked.refused > 0 {
        let made = export::made_here(desk);
        let of = if looked.ledger.is_empty() { own::ROSTER } else { &looked.ledger };
        let year = answer["year"].as_u64().and_then(|year| u16::try_from(year).ok()).or_else(|| mark.as_ref()?.year);
        let mark = Mark {
            ledger: of.to_owned(),
            at: answer["exported"].as_str().unwrap_or_default().to_owned(),
            // Of a roster that may be another school's nobody knows whose it is.
            school: if answer["doubts"].as_array().is_some_and(|doubts| !doubts.is_empty()) { String::new() } else { made.school },
            year,
            ..Mark::default()
        };
        looked.book = giveback::workbook(&bytes, &part, &mark, &answer, lang)?.into();
    }
    if looked.waits == 0 && answer["changed"] == 0 {
        // Sent again and nothing left: what waited is done.
        giveback::keep(desk, account, &looked.ledger, &looked.origin, 0, &[])?;
    }
    drop(bytes);
    let all = rows.len();
    let reasons = verdict::collapse(&mut rows, lang);
    rows.truncate(ROWS_SHOWN);
    let hidden = all - rows.len();
    let number = |key: &str| answer[key].as_i64().unwrap_or(0);
    let texts = |key: &str| answer[key].as_array().into_iter().flatten();
    // Nobody said that it was one.
    let notice =
        if into.is_empty() && mark.is_none() && number("accepted") == 0 { crate::locale::text(lang, "web-import-as-roster", &[]) } else { notice };
    let notice = answer["elsewhere"]["message"].as_str().map_or(notice, str::to_owned);
    // A cell of the file that is chosen may be what is asked about.
    let asks_surely = !asked_rows(&answer).is_empty();
    let with_all = if number("conflicts") > 0 {
        let all = Along { take: vec!["all".to_owned()], ..Along::default() };
        Some(desk.ask(account, request(desk, waiting, &looked.ledger, account, all, true)?, lang)?)
    } else {
        None
    };
    let of_all = with_all.as_ref().unwrap_or(&answer);
    let drawn = PreviewPage {
        asks: asks(of_all, lang),
        asked_rows: asked_rows(of_all).join(","),
        asks_surely,
        page: page.titled(crate::locale::text(lang, "web-import-preview", &[])),
        token: token.clone(),
        file: name.clone(),
        into: title,
        notice,
        doubts: texts("doubts").filter_map(|doubt| doubt["message"].as_str().map(str::to_owned)).collect(),
        sheet: looked.sheet.clone(),
        asked: waiting.sheet.clone(),
        of: sheets::of(&waiting.sheet),
        others: sheets::others(&answer, &token, waiting, lang),
        headless: texts("headless_sheets").filter_map(Json::as_str).collect::<Vec<_>>().join(lang.comma()),
        accepted: number("accepted"),
        rejected: number("rejected"),
        changed: number("changed"),
        both: number("conflicts"),
        exported: answer["exported"].as_str().map(|at| shown::moment(at, lang)).unwrap_or_default(),
        baseless: answer["exported"].is_null() && answer["columns"]["_id"].is_number(),
        left_out: number("left_out"),
        ignored: texts("ignored_columns").filter_map(Json::as_str).collect::<Vec<_>>().join(lang.comma()),
        reasons,
        remarks: remarks(&answer, lang).into_iter().take(REMARKS_SHOWN).collect(),
        rows,
        hidden,
    };
    desk.uploads.looked(&token, &waiting.sheet, looked);
    Ok(drawn)
}

/// A file that waits, and what the last look at its preview found.
fn seen(desk: &Desk, account: &Account, token: &str, sheet: &str) -> Result<(Waiting, Looked), Fault> {
    let waiting = desk.uploads.find(token, account.id, sheet)?;
    let looked = waiting.seen().filter(|_| !waiting.is_written()).cloned().ok_or_else(|| Fault::new("web-upload-gone", Exit::NoMatch))?;
    Ok((waiting, looked))
}

async fn apply(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let sent = pairs(&body);
    let this_school = sent.iter().any(|(key, value)| key == "this_school" && !value.is_empty());
    let sheet = sent.iter().find(|(key, _)| key == "sheet").map(|(_, sheet)| sheet.clone()).unwrap_or_default();
    let meant = sent.iter().find(|(key, _)| key == "meant").map(|(_, rows)| rows.clone()).unwrap_or_default();
    let take = sent.into_iter().filter(|(key, value)| key.starts_with("take.") && !value.is_empty()).map(|(_, value)| value).collect();
    let target = desk
        .run(move |desk| {
            let (waiting, looked) = seen(desk, &account, &token, &sheet)?;
            target_title(desk, &account, &looked.ledger, true, lang)?;
            let words = Along { take, this_school };
            answered(desk, &account, &waiting, &looked.ledger, &words, &meant, lang)?;
            let answer = desk.ask(&account, request(desk, &waiting, &looked.ledger, &account, words, false)?, lang)?;
            giveback::keep(desk, &account, &looked.ledger, &looked.origin, looked.waits, &looked.book)?;
            let rest = sheets::wrote(desk, &token, &looked, &answer);
            let undo = answer["batch"].as_str().map(|id| format!("&undo={id}")).unwrap_or_default();
            Ok(format!("/import?done={}&refused={}{rest}{undo}", answer["changed"].as_i64().unwrap_or(0), looked.waits))
        })
        .await?;
    Ok(Redirect::to(&target).into_response())
}

async fn refused(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(token): Path<String>,
    Query(of): Query<Of>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (name, bytes) = desk
        .run(move |desk| {
            let (_, looked) = seen(desk, &account, &token, &of.sheet)?;
            // Taken away to be corrected: found again until it comes back.
            giveback::keep(desk, &account, &looked.ledger, &looked.origin, looked.waits, &looked.book)?;
            desk.noted(&account, "export", "refused rows", looked.refused);
            Ok((giveback::name(&looked.origin, lang), looked.book.to_vec()))
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
