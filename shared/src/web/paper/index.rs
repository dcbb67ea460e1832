//! `/paper`: everything that can be printed, each with what it is asked for, in one place.

use super::super::{
    account::Account,
    children,
    desk::Desk,
    guard::{Oops, Visitor},
    page::{Page, draw},
};
use super::{blank, child, choice::Choice, forms, letter::has_letter, run};
use crate::{
    fault::Fault,
    ledger::Definition,
    locale::{self, Lang},
    model::SchoolYear,
};
use askama::Template;
use axum::{
    Extension,
    extract::{Query, State},
    response::Response,
};
use std::{collections::BTreeMap, sync::Arc};

/// Code, title, chosen.
type Option_ = (String, String, bool);

/// Code and title.
type Named = (String, String);
/// A section of the bureau: code, title, and its ledgers.
type Section = (String, String, Vec<Named>);

#[derive(Template)]
#[template(path = "paper-index.html")]
struct IndexPage {
    page: Page,
    years: Vec<Option_>,
    terms: Vec<Option_>,
    classes: Vec<Option_>,
    /// Papers about a child: code, title, help.
    papers: Vec<(String, String, String)>,
    /// One child the papers are for: document, name and class.
    pupil: Option<(String, String)>,
    /// The filtered list whose children the papers are for: in words, and what travels along.
    of: Option<(String, Vec<(String, String)>)>,
    /// Ledgers of a printing, by section: section, and code and title of each.
    sections: Vec<Section>,
    /// Ledgers with forms to take along.
    blanks: Vec<(String, String)>,
    /// Ledgers with a public notice.
    notices: Vec<(String, String)>,
    /// Ledgers whose paper is a letter.
    letters: Vec<(String, String)>,
}

/// Draws it.
///
/// # Errors
/// Not logged in; those of what was asked; the store's.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Query(asked): Query<BTreeMap<String, String>>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-papers");
    let drawn = desk.run(move |desk| index(desk, &account, page, &Choice::read(desk, asked)?)).await?;
    draw(&drawn)
}

fn index(desk: &Desk, account: &Account, page: Page, choice: &Choice) -> Result<IndexPage, Fault> {
    let (catalogue, lang) = (desk.replica.catalogue(), page.lang);
    let pupils = children::pupils(desk, account, choice.year)?;
    let class = choice.class.map(|c| c.to_string()).unwrap_or_default();
    let term = choice.asked.get("term").cloned().unwrap_or_default();
    let title = |d: &Arc<Definition>| (d.code.clone(), d.title.get(lang).to_owned());
    let reads = |d: &&Arc<Definition>| account.reads(d).any();
    let pupil = choice.student.is_some().then(|| choice.pupils(desk, account)).transpose()?.and_then(|list| list.into_iter().next());
    if let Some(pupil) = &pupil {
        desk.noted_once(account, "show", format!("student:{}", pupil.student), 1);
    }
    let this_year = desk.replica.this_year().map_err(Fault::from)?;
    let mut years: Vec<u16> = desk.replica.years_kept().map_err(Fault::from)?;
    if !years.contains(&this_year.start()) {
        years.insert(0, this_year.start());
    }
    Ok(IndexPage {
        years: years.into_iter().map(|y| (y.to_string(), SchoolYear::words(y), y == choice.year.start())).collect(),
        terms: [("1", "web-term-1"), ("2", "web-term-2")].into_iter().map(|(code, key)| (code.to_owned(), page.t(key), term == code)).collect(),
        classes: children::classes(&pupils, &class, lang),
        papers: forms::all()
            .into_iter()
            .filter(|paper| child::allowed(account, &catalogue, paper))
            .map(|paper| (paper.code.clone(), paper.title.get(lang).to_owned(), paper.help.get(lang).to_owned()))
            .collect(),
        pupil: pupil.map(|p| (p.student.clone(), format!("{} · {}", p.name, super::super::shown::class(p.grade, p.class, lang)))),
        of: choice.of.as_ref().and_then(|code| catalogue.latest(code)).filter(reads).map(|d| {
            let along = choice.asked.iter().filter(|(key, _)| !["year", "term"].contains(&key.as_str()));
            (locale::text(lang, "paper-of-list", &[("value", d.title.get(lang))]), along.map(|(k, v)| (k.clone(), v.clone())).collect())
        }),
        sections: sections(account, &catalogue, lang),
        blanks: catalogue.iter_latest().filter(|d| blank::has_form(d) && blank::about_children(d) && account.writes(d).any()).map(title).collect(),
        notices: catalogue.iter_latest().filter(|d| !d.notices.is_empty()).filter(reads).map(title).collect(),
        letters: catalogue.iter_latest().filter(|d| has_letter(d, lang)).filter(reads).map(title).collect(),
        page,
    })
}

/// Ledgers that may be printed, by the section that leads.
fn sections(account: &Account, catalogue: &crate::ledger::Catalogue, lang: Lang) -> Vec<Section> {
    let mut out: Vec<Section> = Vec::new();
    for definition in run::choosable(account, catalogue) {
        let code = definition.sections.first().map_or("office", |s| s.word());
        let entry = (definition.code.clone(), definition.title.get(lang).to_owned());
        match out.iter_mut().find(|(known, ..)| known == code) {
            Some((_, _, list)) => list.push(entry),
            None => out.push((code.to_owned(), crate::locale::text(lang, &format!("paper-section-{}", code.replace('_', "-")), &[]), vec![entry])),
        }
    }
    out
}
