//! Which ledgers there are: those the person wrote in lately on top, then by section of the bureau, found by title, its sound or its initials.
//!
//! What only the county's machinery works with (`machinery = true` in a definition) stands behind a fold, for who looks after the machine.

use super::{
    account::Account,
    desk::Desk,
    guard::{Oops, Visitor},
    page::{Page, draw},
    shown,
};
use crate::{
    command::undoing,
    fault::Fault,
    ledger::{Definition, definition::Section},
    model::SpaceKind,
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use std::sync::Arc;

/// Ledgers on top at most.
const LATELY_MAX: usize = 6;
/// What so many sections work with is no single one's.
const COMMON_MIN: usize = 6;

/// Its route.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/ledgers", get(index))
}

/// A ledger in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    code: String,
    title: String,
    help: String,
    /// One may be added.
    may: bool,
}

#[derive(Template)]
#[template(path = "ledgers.html")]
struct LedgersPage {
    page: Page,
    q: String,
    lately: Vec<Entry>,
    groups: Vec<(String, Vec<Entry>)>,
    machinery: Vec<Entry>,
    none: bool,
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

async fn index(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query<Asked>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-ledgers");
    let drawn = desk.run(move |desk| shelves(desk, &account, page, asked.q)).await?;
    draw(&drawn)
}

fn shelves(desk: &Desk, account: &Account, page: Page, q: String) -> Result<LedgersPage, Fault> {
    let catalogue = desk.replica.catalogue();
    let seen: Vec<&Arc<Definition>> = catalogue
        .iter_latest()
        .filter(|d| account.reads(d).any() && d.space != SpaceKind::Internal && shown::titled(d.title.get(page.lang), &q))
        .collect();
    let (behind, open): (Vec<&Arc<Definition>>, Vec<&Arc<Definition>>) = seen.into_iter().partition(|d| d.machinery);
    let line = |d: &&Arc<Definition>| entry(account, d, &page);
    let codes = if q.trim().is_empty() { undoing::written_in(&desk.replica, &account.name).map_err(Fault::from)? } else { Vec::new() };
    let lately: Vec<Entry> = codes.iter().filter_map(|code| open.iter().find(|d| d.code == *code)).take(LATELY_MAX).map(line).collect();
    let mut groups: Vec<(String, Vec<Entry>)> = Vec::new();
    for shelf in Section::WORDS.iter().filter_map(|word| Section::from_word(word)).map(Some).chain([None]) {
        let mut of: Vec<Entry> = open.iter().filter(|d| shelf_of(d) == shelf).map(line).collect();
        // Those one writes in first; both in the catalogue's order.
        of.sort_by_key(|entry| !entry.may);
        let key = shelf.map_or_else(|| "web-ledgers-common".to_owned(), |section| format!("paper-section-{}", section.word().replace('_', "-")));
        if !of.is_empty() {
            groups.push((page.t(&key), of));
        }
    }
    let machinery: Vec<Entry> = if account.administers() { behind.iter().map(line).collect() } else { Vec::new() };
    Ok(LedgersPage { none: groups.is_empty() && machinery.is_empty(), page, q, lately, groups, machinery })
}

/// The section that leads; none where nearly all work with it.
fn shelf_of(definition: &Definition) -> Option<Section> {
    definition.sections.first().copied().filter(|_| definition.sections.len() < COMMON_MIN)
}

fn entry(account: &Account, definition: &Definition, page: &Page) -> Entry {
    Entry {
        title: definition.title.get(page.lang).to_owned(),
        help: definition.help.as_ref().map(|help| help.get(page.lang).to_owned()).unwrap_or_default(),
        may: account.writes(definition).any(),
        code: definition.code.clone(),
    }
}
