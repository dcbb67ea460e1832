//! Taking back what was just written, from wherever it was written: an edit, a batch, an import. Who may write every record of it may take it back.

use super::{
    account::Account,
    desk::Desk,
    form::pairs,
    guard::{Oops, Visitor},
    page::{Page, draw, way_back},
    reach, shown,
};
use crate::{
    command::{Request, undoing},
    fault::{Exit, Fault},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, RawForm, State},
    response::Response,
    routing::post,
};
use serde_json::Value as Json;
use std::sync::Arc;

/// The desk offers to take back what was just written. A page that was left open, or gone back to, a day later asks for something else than its reader means.
const OFFER_HOURS: i64 = 24;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/undo/{batch}", post(undo))
}

/// A value that stayed because somebody changed it since.
#[derive(Clone, Debug)]
struct Stayed {
    href: String,
    /// Whose it is.
    who: String,
    title: String,
    now: String,
    why: String,
}

#[derive(Template)]
#[template(path = "undo.html")]
struct UndonePage {
    page: Page,
    kept: i64,
    stayed: Vec<Stayed>,
    next: String,
}

/// Whether the person may write all that a batch wrote; a roster is the registrar's. Edits and grids for a day; imports, which have a list of their own, always.
///
/// # Errors
/// `import-none`; `web-not-yours`; `web-undo-old`.
pub fn may(desk: &Desk, account: &Account, batch: &str) -> Result<undoing::Kept, Fault> {
    let kept = undoing::find(&desk.replica, batch).map_err(Fault::from)?;
    if kept.kind == "roster" {
        return if account.administers() { Ok(kept) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) };
    }
    for record in kept.records() {
        match reach::writable(desk, account, &record) {
            // Of a child that moved since, it is kept and said; the others are taken back.
            Err(fault) if fault.code != "document-closed" => return Err(fault),
            Ok(_) | Err(_) => {}
        }
    }
    if ["edit", "grid"].contains(&kept.kind.as_str()) && kept.is_older_than(OFFER_HOURS, desk.clock().now()) {
        return Err(Fault::new("web-undo-old", Exit::Input).with("value", OFFER_HOURS));
    }
    Ok(kept)
}

async fn undo(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(batch): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let (page, lang) = (Page::of(&desk, &visitor, "web-undo"), visitor.lang);
    let next = pairs(&body).into_iter().find(|(key, _)| key == "next").map(|(_, next)| next);
    let next = way_back(next.as_deref()).to_owned();
    let drawn = desk
        .run(move |desk| {
            let kept = may(desk, &account, &batch)?;
            let answer = desk.ask(&account, Request::Undo { batch: kept.id, by: Some(account.name.clone()) }, lang)?;
            Ok(undone(desk, &account, page, &answer, next))
        })
        .await?;
    draw(&drawn)
}

fn undone(desk: &Desk, account: &Account, mut page: Page, answer: &Json, next: String) -> UndonePage {
    page.done = page.t1("web-undo-done", answer["undone"].as_i64().unwrap_or(0));
    page.undo = String::new();
    let stayed = answer["kept_values"].as_array().into_iter().flatten().map(|item| {
        let word = |key: &str| item[key].as_str().unwrap_or_default();
        let why = match word("why") {
            "step" => "web-undo-why-step",
            "records" => "web-undo-why-records",
            "closed" => "web-undo-why-closed",
            "sealed" => "web-undo-why-sealed",
            "another" => "web-undo-why-another",
            _ => "web-undo-why-changed",
        };
        let child = reach::record(desk, account, word("record")).ok().and_then(|reached| reached.pupil);
        let who = child.map(|pupil| format!("{} · {}", pupil.name, shown::class(pupil.grade, pupil.class, page.lang))).unwrap_or_default();
        Stayed { href: format!("/record/{}", word("record")), who, title: word("title").to_owned(), now: word("now").to_owned(), why: page.t(why) }
    });
    let stayed = stayed.collect();
    UndonePage { kept: answer["kept"].as_i64().unwrap_or(0), stayed, next, page }
}
