//! The children a person sees. Everything about one of them is [`super::child`].

use super::{
    account::{Account, Class},
    desk::Desk,
    guard::{Oops, Visitor},
    page::{Page, draw, escape_query},
    pending::{self, Pending},
    reach, shown,
};
use crate::{fault::Fault, ledger::Definition, locale::Lang, model::SchoolYear, replica::browse::Pupil};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use std::sync::Arc;

/// Most children on one page.
const SHOWN_MAX: usize = 100;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/children", get(list)).route("/child/{student}", get(super::child::show))
}

#[derive(Debug, Default, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    class: String,
    #[serde(default)]
    all: String,
    /// A ledger: choosing a child opens a new record there.
    #[serde(default)]
    pick: String,
    /// A record there: the new one proposes what it says.
    #[serde(default)]
    again: String,
    /// A child's file was made void just now.
    voided: Option<String>,
}

/// A child in a list.
#[derive(Clone, Debug)]
pub struct Line {
    /// Address the name leads to.
    pub href: String,
    /// Name.
    pub name: String,
    /// Class in words.
    pub class: String,
    /// Sex.
    pub sex: String,
    /// Student number.
    pub number: String,
    /// Status; empty when at school.
    pub status: String,
    /// Where class or status are settled, if they are in question.
    pub settle: String,
}

#[derive(Template)]
#[template(path = "children.html")]
struct ChildrenPage {
    page: Page,
    q: String,
    pick: String,
    again: String,
    all: bool,
    classes: Vec<(String, String, bool)>,
    lines: Vec<Line>,
    total: usize,
    may_add: bool,
}

/// The children of a year in reach, in class and sound order.
///
/// # Errors
/// The store's.
pub fn pupils(desk: &Desk, account: &Account, year: SchoolYear) -> Result<Vec<Pupil>, Fault> {
    let reach = account.children();
    let mut all = desk.replica.pupils(year).map_err(Fault::from)?;
    all.retain(|pupil| reach.holds(reach::class_of(pupil)));
    all.sort_by_cached_key(|pupil| (pupil.grade, pupil.class, shown::sound(&pupil.name), pupil.student.clone()));
    Ok(all)
}

/// Classes there are among children: `3.2`, title, chosen.
#[must_use]
pub fn classes(pupils: &[Pupil], chosen: &str, lang: Lang) -> Vec<(String, String, bool)> {
    let mut all: Vec<Class> = pupils.iter().filter_map(reach::class_of).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|c| (c.to_string(), shown::class(Some(c.grade), Some(c.class), lang), c.to_string() == chosen)).collect()
}

/// What a choice field of the profile shows.
pub(super) fn option(definition: &Definition, code: &str, value: Option<&String>, lang: Lang) -> String {
    let list = definition.field(code).and_then(|f| match f.options.as_ref()? {
        crate::ledger::definition::OptionsRef::Own(name) => definition.option_list(name),
        crate::ledger::definition::OptionsRef::Other { .. } => None,
    });
    value.map_or_else(String::new, |v| list.and_then(|l| l.choice(v)).map_or(v.as_str(), |c| c.title.get(lang)).to_owned())
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query<Asked>) -> Result<Response, Oops> {
    let mut page = Page::of(&desk, &visitor, if asked.pick.is_empty() { "web-children" } else { "web-children-pick" });
    if asked.voided.is_some() {
        page.done = page.t("web-child-voided");
    }
    let account = visitor.person()?.clone();
    let drawn = desk
        .run(move |desk| {
            let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
            let mut found = pupils(desk, &account, desk.replica.this_year().map_err(Fault::from)?)?;
            let classes = classes(&found, &asked.class, page.lang);
            let all = !asked.all.is_empty();
            let pending = Pending::read(desk)?;
            found.retain(|p| {
                // Who may be at school is not left out because two people differ about it.
                let present = p.status.as_deref() == Some("present") || pending.holds(&profile, &p.student, "status");
                let there = all || present || !asked.q.trim().is_empty();
                let class = asked.class.is_empty() || reach::class_of(p).is_some_and(|c| c.to_string() == asked.class);
                there && class && shown::fits(p, &asked.q)
            });
            let total = found.len();
            let line = |p: &Pupil| {
                let unsettled = pending.of_child(desk, &profile, &p.student, page.lang);
                let status =
                    if p.status.as_deref() == Some("present") { String::new() } else { option(&profile, "status", p.status.as_ref(), page.lang) };
                Line {
                    href: match asked.pick.as_str() {
                        "" => format!("/child/{}", p.student),
                        ledger if asked.again.is_empty() => format!("/ledger/{}/new?student={}", escape_query(ledger), p.student),
                        ledger => format!("/ledger/{}/new?student={}&again={}", escape_query(ledger), p.student, escape_query(&asked.again)),
                    },
                    name: pending.name(desk, &p.student, &p.name, page.lang),
                    class: pending::class(&unsettled, p.grade, p.class, page.lang),
                    sex: option(&profile, "sex", p.sex.as_ref(), page.lang),
                    number: p.student_no.clone().unwrap_or_default(),
                    status: unsettled.get("status").map_or(status, |one| one.words(page.lang)),
                    settle: ["class", "grade", "status"].iter().find_map(|code| unsettled.get(*code)).map(|one| one.href.clone()).unwrap_or_default(),
                }
            };
            let lines: Vec<Line> = found.iter().take(SHOWN_MAX).map(line).collect();
            desk.noted(&account, "list", "ledger enrolment", lines.len());
            let may_add = account.writes(&profile).any() && asked.pick.is_empty();
            Ok(ChildrenPage { page, q: asked.q, pick: asked.pick, again: asked.again, all, classes, lines, total, may_add })
        })
        .await?;
    draw(&drawn)
}
