//! Photos and scans in the desk: chosen in any form that has a field for them, or on the record's page; shown with where they are; opened and removed.
//!
//! A file's way: bytes judged, cleaned and on disk ([`upload`]), then ONE change of the record that names them. One that is refused is named with the reason
//! ([`held`]), the others and the record are kept. INV: a file is served only as a field of a record that the person may read ([`reach`], [`shown::sees`]), with
//! the kind that its verified bytes have, under a policy in which nothing runs; no address names a hash.

pub mod held;
pub mod state;
pub mod upload;

use super::{
    account::Account,
    desk::Desk,
    form::{self, Input, Inputs, Option_},
    guard::{Oops, Visitor},
    page::{Page, Said, draw, escape_query},
    reach::{self, Reached},
    shown,
};
use crate::{
    command::Request as Ask,
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition, FieldType,
        definition::{Form, Required},
    },
    locale::{self, Lang},
    model::blob::Attachment,
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Path, Request, State},
    http::{HeaderName, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
pub use held::Refused;
use state::File;
use std::{collections::BTreeMap, sync::Arc};

/// What may be chosen. Not pictures alone: phones that are asked for pictures alone offer their album and no camera.
pub const ACCEPT: &str = "image/jpeg,image/png,image/webp,application/pdf";
/// Under this a file is opened: as a picture, and nothing else. The style is the browser's own, for the page it makes around a picture.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/record/{id}/files", get(piece))
        .route("/record/{id}/file", post(add).layer(DefaultBodyLimit::disable()))
        .route("/record/{id}/file/{field}", get(whole))
        .route("/record/{id}/file/{field}/small", get(small))
        .route("/record/{id}/file/{field}/remove", post(remove))
        .route("/files", get(room_page))
}

#[derive(Template)]
#[template(path = "files.html")]
struct Piece {
    page: Page,
    id: String,
    files: Vec<File>,
    may_remove: bool,
}

/// A record's files as they stand, for a page that keeps itself fresh.
async fn piece(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-record");
    let drawn = desk
        .run(move |desk| {
            let Reached { place, definition, writes, .. } = reach::record(desk, &account, &id)?;
            desk.noted_once(&account, "show", format!("record {id}"), 1);
            let files = state::files(desk, &account, &definition, &place.id, &place.fields, page.lang)?;
            let may_remove = writes && !place.void && desk.replica.not_sealed(&place, &definition).is_ok();
            Ok(Piece { page, id, files, may_remove })
        })
        .await?;
    draw(&drawn)
}

/// A record's file of one field, if the person may see both.
fn reached(desk: &Desk, account: &Account, id: &str, field: &str) -> Result<Attachment, Fault> {
    let Reached { place, definition, .. } = reach::record(desk, account, id)?;
    let seen = definition.field(field).filter(|f| f.kind == FieldType::File && shown::sees(account, &definition, f));
    let found = seen.and_then(|f| upload::attachment(&place.fields, &f.code));
    found.ok_or_else(|| Fault::new("web-file-none", Exit::NoMatch))
}

/// Bytes with headers under which a browser does nothing but show them.
fn answer(bytes: Vec<u8>, media: &'static str, name: &str) -> Response {
    // A picture opens; a PDF, which may hold scripts of its own, is saved.
    let way = if media.starts_with("image/") { "inline" } else { "attachment" };
    let headers = [
        (header::CONTENT_TYPE, media.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{way}; filename*=UTF-8''{}", escape_query(name).replace('/', "_"))),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin".to_owned()),
    ];
    (headers, bytes).into_response()
}

async fn whole(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, field)): Path<(String, String)>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let back = format!("/record/{id}?asked=1");
    let found = desk
        .run(move |desk| {
            let file = reached(desk, &account, &id, &field)?;
            desk.noted(&account, "file", format!("record {id} {field}"), 1);
            match desk.replica.blob(file.hash).map_err(Fault::from) {
                Ok((bytes, media)) => Ok(Some((bytes, media, file.name))),
                // It is asked for by now; the record's page says when it is here.
                Err(fault) if fault.code == "blob-not-here" => Ok(None),
                Err(fault) => Err(fault),
            }
        })
        .await?;
    Ok(found.map_or_else(|| Redirect::to(&back).into_response(), |(bytes, media, name)| answer(bytes, media, &name)))
}

async fn small(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, field)): Path<(String, String)>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let (bytes, name) = desk
        .run(move |desk| {
            let file = reached(desk, &account, &id, &field)?;
            desk.noted_once(&account, "show", format!("record {id}"), 1);
            let bytes = desk.replica.blob_thumbnail(file.hash).ok_or_else(|| Fault::new("web-file-none", Exit::NoMatch))?;
            Ok((bytes, file.name))
        })
        .await?;
    Ok(answer(bytes, "image/jpeg", &name))
}

/// Adds what was chosen on the record's page.
async fn add(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Oops> {
    let (account, lang) = (visitor.person()?.clone(), visitor.lang);
    let (asked, who) = (id.clone(), account.clone());
    desk.run(move |desk| reach::writable(desk, &who, &asked).map(drop)).await?;
    let given = upload::read(&desk, &account, request).await?;
    let target = desk
        .run(move |desk| {
            let Reached { place, definition, .. } = reach::writable(desk, &account, &id)?;
            let mut refused = given.refused;
            if given.taken.is_empty() && refused.is_empty() {
                refused.push((String::new(), Fault::new("web-files-none", Exit::Input)));
            }
            let set = upload::place(&definition, &account, &place.fields, &given.taken, &mut refused);
            let count = set.len();
            if count > 0 {
                desk.ask(&account, Ask::RecordSet { record: id.clone(), set: set.clone(), by: Some(account.name.clone()) }, lang)?;
                desk.replica.files_named(&id, &set).map_err(Fault::from)?;
            }
            let note = note(desk, &account, refused);
            let page = if definition.form == Form::Profile { format!("/record/{id}/edit") } else { format!("/record/{id}") };
            Ok(format!("{page}?files={count}{note}"))
        })
        .await?;
    Ok(Redirect::to(&target).into_response())
}

/// Takes a file off a record: the reference is cleared, the trail keeps that it was there.
async fn remove(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, field)): Path<(String, String)>,
) -> Result<Response, Oops> {
    let (account, lang) = (visitor.person()?.clone(), visitor.lang);
    let target = desk
        .run(move |desk| {
            let Reached { place, definition, .. } = reach::writable(desk, &account, &id)?;
            let fills = upload::series(&definition, &account).iter().any(|s| s.fields.iter().any(|f| f.code == field));
            if !fills || upload::attachment(&place.fields, &field).is_none() {
                return Err(Fault::new("web-file-none", Exit::NoMatch));
            }
            let set = BTreeMap::from([(field, String::new())]);
            desk.ask(&account, Ask::RecordSet { record: id.clone(), set, by: Some(account.name.clone()) }, lang)?;
            Ok(if definition.form == Form::Profile { format!("/record/{id}/edit?removed=1") } else { format!("/record/{id}?removed=1") })
        })
        .await?;
    Ok(Redirect::to(&target).into_response())
}

/// End of an address whose page says what was not taken; empty if all was.
#[must_use]
pub fn note(desk: &Desk, account: &Account, refused: Vec<Refused>) -> String {
    if refused.is_empty() { String::new() } else { format!("&note={}", desk.files.say(desk.clock(), account.id, refused)) }
}

/// What an address's note says. `form`: the form is shown again, so nothing is saved yet.
#[must_use]
pub fn said(desk: &Desk, account: &Account, token: &str, lang: Lang) -> Option<Said> {
    refusals(&desk.files.said(account.id, token), false, lang)
}

/// The sentence over files that were not taken, each with its reason and what mends it; nothing if there are none.
#[must_use]
pub fn refusals(refused: &[Refused], form: bool, lang: Lang) -> Option<Said> {
    // Nothing was sent, so nothing was refused.
    if let [(_, fault)] = refused
        && fault.code == "web-files-none"
    {
        return Some(Said::of(fault, lang));
    }
    let count = refused.len().to_string();
    let key = if form { "web-files-refused-form" } else { "web-files-refused" };
    let line = |(name, fault): &Refused| {
        let Said { sentence, next, .. } = Said::of(fault, lang);
        let name = if name.is_empty() { String::new() } else { locale::text(lang, "web-file-named", &[("value", name)]) };
        format!("{name}{sentence}{}{}", if lang == Lang::En { " " } else { "" }, next.unwrap_or_default())
    };
    (!refused.is_empty()).then(|| Said {
        sentence: locale::text(lang, key, &[("value", &count)]),
        next: Some(locale::text(lang, &format!("{key}.next"), &[])),
        details: refused.iter().map(line).collect(),
    })
}

/// The inputs for a ledger's files. `kept`: what was taken with an earlier try of this form, as series and file.
///
/// # Errors
/// The store's.
pub fn inputs(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    fields: &BTreeMap<String, Value>,
    kept: &[(String, Attachment)],
    lang: Lang,
) -> Result<Vec<Input>, Fault> {
    let all = upload::series(definition, account);
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let mib = desk.replica.blob_limits().map_err(Fault::from)?.file_mib.to_string();
    let input = |series: &upload::Series<'_>| {
        let there: Vec<String> = series.fields.iter().filter_map(|f| upload::attachment(fields, &f.code)).map(|a| a.name).collect();
        let (several, free) = (series.fields.len() > 1, series.fields.len() - there.len());
        let own = series.head.help.as_ref().map(|h| h.get(lang).to_owned());
        let how =
            locale::text(lang, if several { "web-files-hint-several" } else { "web-files-hint" }, &[("mib", &mib), ("free", &free.to_string())]);
        let known = (!there.is_empty()).then(|| {
            locale::text(
                lang,
                if several { "web-files-there" } else { "web-files-replaces" },
                &[("value", &there.join(&locale::text(lang, "web-and", &[])))],
            )
        });
        let options = kept.iter().filter(|(code, _)| *code == series.head.code).map(|(_, file)| Option_ {
            code: desk.files.keep(desk.clock(), account.id, file.clone()),
            title: format!("{} · {}", file.name, state::size(file.bytes)),
            on: true,
        });
        let title = |field: &crate::ledger::definition::Field| field.title.get(lang).to_owned();
        let titles = match series.fields.last() {
            Some(last) if several && last.title != series.head.title => format!("{} – {}", title(series.head), title(last)),
            _ => title(series.head),
        };
        Input {
            turns: false,
            code: series.head.code.clone(),
            title: titles,
            help: [own, Some(how), known].into_iter().flatten().collect::<Vec<_>>().join(if lang == Lang::En { " " } else { "" }),
            kind: if several { "files" } else { "file" },
            value: String::new(),
            was: String::new(),
            options: options.collect(),
            apart: Default::default(),
            required: "",
            unit: mib.clone(),
            max_len: 0,
            error: String::new(),
            form: String::new(),
            focus: false,
            add: Default::default(),
            follows: Default::default(),
        }
    };
    Ok(all.iter().map(input).collect())
}

/// Puts the inputs for files into a form, where the definition has them (of a long ledger at the end), and behind each the fields that speak of it (`photos_consent` of `photos`).
///
/// # Errors
/// The store's.
pub fn offer(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    fields: &BTreeMap<String, Value>,
    kept: &[(String, Attachment)],
    form: &mut Inputs,
    lang: Lang,
) -> Result<(), Fault> {
    let long = !form::short(definition);
    let at = |code: &str| definition.fields.iter().position(|f| f.code == code).unwrap_or(if code == "on" { 0 } else { usize::MAX });
    for input in inputs(desk, account, definition, fields, kept, lang)? {
        let own = format!("{}_", input.code);
        let later = |code: &str| definition.declared(code).is_some_and(|f| !f.first && form::later(definition, f));
        let aside = |code: &str| long && definition.declared(code).is_some_and(|f| !f.first && f.required == Required::No);
        // What only a later step asks for is asked for there: its box does not stand in everybody's way.
        if (later(&input.code) || aside(&input.code)) && input.options.is_empty() && upload::attachment(fields, &input.code).is_none() {
            form.more.push(input);
            continue;
        }
        let (beside, rest): (Vec<Input>, Vec<Input>) =
            std::mem::take(&mut form.more).into_iter().partition(|i| i.code.starts_with(&own) && !later(&i.code));
        form.more = rest;
        for input in std::iter::once(input).chain(beside) {
            let place = form.first.iter().position(|other| !long && at(&other.code) > at(&input.code)).unwrap_or(form.first.len());
            form.first.insert(place, input);
        }
    }
    Ok(())
}

/// Addresses of the small pictures of a record, with their titles, for paper. Whether the record may be seen is the caller's to ask.
///
/// # Errors
/// The store's.
pub fn pictures(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    record: &str,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> Result<Vec<(String, String)>, Fault> {
    let files = state::files(desk, account, definition, record, fields, lang)?;
    Ok(files.into_iter().filter_map(|file| Some((file.small?, file.title))).collect())
}

/// How much of the room for files is taken.
#[derive(Clone, Debug, Template)]
#[template(path = "room.html")]
pub struct Room {
    page: Page,
    /// Files here.
    pub files: u64,
    /// What they take, in words.
    pub used: String,
    /// What they may take, in words.
    pub quota: String,
    /// In hundredths.
    pub percent: u64,
    /// Files that the county has not got yet.
    pub waiting: u64,
    /// What those take, in words.
    pub waiting_size: String,
    /// Largest file, MiB.
    pub file_mib: u64,
}

/// The room for files: a piece that any page may show.
///
/// # Errors
/// The store's.
pub fn room(desk: &Desk, page: Page) -> Result<Room, Fault> {
    let (limits, used) = (desk.replica.blob_limits().map_err(Fault::from)?, desk.replica.blob_usage().map_err(Fault::from)?);
    let quota = limits.quota_mib << 20;
    Ok(Room {
        page,
        files: used.files,
        used: state::size(used.bytes),
        quota: state::size(quota),
        percent: used.bytes.saturating_mul(100).checked_div(quota).unwrap_or(0).min(100),
        waiting: used.waiting,
        waiting_size: state::size(used.waiting_bytes),
        file_mib: limits.file_mib,
    })
}

#[derive(Template)]
#[template(path = "files-room.html")]
struct RoomPage {
    page: Page,
    room: Room,
}

async fn room_page(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    if !visitor.person()?.administers() {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed).into());
    }
    let page = Page::of(&desk, &visitor, "web-files");
    let drawn = desk.run(move |desk| Ok(RoomPage { room: room(desk, page.clone())?, page })).await?;
    draw(&drawn)
}
