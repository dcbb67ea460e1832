//! The children a person sees, and everything about one child on one page.

use super::{
    account::{Account, Class, Reach},
    desk::Desk,
    guard::{Oops, Visitor},
    lacks::Lacks,
    names::Names,
    page::{Page, draw},
    reach, shown,
    shown::Shown,
};
use crate::{
    fault::Fault,
    ledger::{
        Definition,
        definition::{Form, Subject},
    },
    locale::Lang,
    model::SchoolYear,
    replica::browse::{Pupil, Row},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

/// Most children on one page.
const SHOWN_MAX: usize = 100;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/children", get(list)).route("/child/{student}", get(child))
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
}

#[derive(Template)]
#[template(path = "children.html")]
struct ChildrenPage {
    page: Page,
    q: String,
    pick: String,
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
fn option(definition: &Definition, code: &str, value: Option<&String>, lang: Lang) -> String {
    let list = definition.field(code).and_then(|f| match f.options.as_ref()? {
        crate::ledger::definition::OptionsRef::Own(name) => definition.option_list(name),
        crate::ledger::definition::OptionsRef::Other { .. } => None,
    });
    value.map_or_else(String::new, |v| list.and_then(|l| l.choice(v)).map_or(v.as_str(), |c| c.title.get(lang)).to_owned())
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query<Asked>) -> Result<Response, Oops> {
    let page = Page::of(&desk, &visitor, if asked.pick.is_empty() { "web-children" } else { "web-children-pick" });
    let account = visitor.person()?.clone();
    let drawn = desk
        .run(move |desk| {
            let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
            let mut found = pupils(desk, &account, desk.replica.this_year().map_err(Fault::from)?)?;
            let classes = classes(&found, &asked.class, page.lang);
            let all = !asked.all.is_empty();
            found.retain(|p| {
                let there = all || p.status.as_deref() == Some("present") || !asked.q.trim().is_empty();
                let class = asked.class.is_empty() || reach::class_of(p).is_some_and(|c| c.to_string() == asked.class);
                there && class && shown::fits(p, &asked.q)
            });
            let total = found.len();
            let line = |p: &Pupil| Line {
                href: match asked.pick.as_str() {
                    "" => format!("/child/{}", p.student),
                    ledger => format!("/ledger/{}/new?student={}", super::page::escape_query(ledger), p.student),
                },
                name: p.name.clone(),
                class: shown::class(p.grade, p.class, page.lang),
                sex: option(&profile, "sex", p.sex.as_ref(), page.lang),
                number: p.student_no.clone().unwrap_or_default(),
                status: if p.status.as_deref() == Some("present") { String::new() } else { option(&profile, "status", p.status.as_ref(), page.lang) },
            };
            let lines: Vec<Line> = found.iter().take(SHOWN_MAX).map(line).collect();
            desk.noted(&account, "list", "ledger enrolment", lines.len());
            let may_add = account.writes(&profile).any() && asked.pick.is_empty();
            Ok(ChildrenPage { page, q: asked.q, pick: asked.pick, all, classes, lines, total, may_add })
        })
        .await?;
    draw(&drawn)
}

/// A record on a child's page.
#[derive(Clone, Debug)]
pub struct Item {
    /// Address.
    pub href: String,
    /// Ledger's title.
    pub ledger: String,
    /// Date.
    pub on: String,
    /// In one line.
    pub label: String,
    /// State.
    pub state: String,
    /// When the next step is due, in words, and how bad that is.
    pub due: (String, &'static str),
    /// Something awaits a person.
    pub disputed: bool,
    /// Voided.
    pub void: bool,
    /// Its files.
    pub files: Vec<super::files::state::File>,
}

#[derive(Template)]
#[template(path = "child.html")]
struct ChildPage {
    page: Page,
    student: String,
    class: String,
    status: String,
    profile: Vec<Shown>,
    more: Vec<Shown>,
    may_edit: bool,
    open: Vec<Item>,
    groups: Vec<(String, String, bool, Vec<Item>)>,
    by_time: bool,
    timeline: Vec<Item>,
    add: Vec<(String, String)>,
    years: Vec<(String, String)>,
    /// Disagreements about the child's own particulars.
    conflicts: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct By {
    #[serde(default)]
    by: String,
    saved: Option<u32>,
}

/// Said after saving what lacks something; the page then names it.
const SAVED_LACKS: &str = "web-saved-lacks";

/// Fields of the profile that stand on top of a child's page.
const TOP: [&str; 10] =
    ["sex", "birth", "student_no", "boarding", "left_behind", "registered_household", "categories", "guardian", "guardian_phone", "village"];

async fn child(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(student): Path<String>,
    Query(by): Query<By>,
) -> Result<Response, Oops> {
    let mut page = Page::of(&desk, &visitor, "web-child");
    if let Some(gaps) = by.saved {
        page.done = page.t(if gaps == 0 { "web-saved" } else { SAVED_LACKS });
    }
    let account = visitor.person()?.clone();
    let drawn = desk.run(move |desk| child_page(desk, &account, page, student, by.by == "time")).await?;
    draw(&drawn)
}

fn child_page(desk: &Desk, account: &Account, page: Page, student: String, by_time: bool) -> Result<ChildPage, Fault> {
    let (pupil, others) = reach::child(desk, account, &student)?;
    desk.noted(account, "show", format!("student:{student}"), 1);
    let (catalogue, lang, today) = (desk.replica.catalogue(), page.lang, desk.clock().today());
    let profile_definition = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let fields = desk.replica.locate(&student).map_err(Fault::from)?.fields;
    let seen =
        if account.reads(&profile_definition).any() { shown::filled(&catalogue, &profile_definition, account, &fields, lang) } else { Vec::new() };
    let mut page = page;
    if page.done == page.t(SAVED_LACKS) {
        let lacks = Lacks::of(desk, account, &profile_definition, &fields, None, &[], lang);
        page.done = [page.t1("web-saved-lacking", lacks.now)].into_iter().chain(lacks.said).collect::<Vec<_>>().join(" ");
    }
    let (profile, more): (Vec<Shown>, Vec<Shown>) = seen.into_iter().filter(|s| s.code != "name").partition(|s| TOP.contains(&s.code.as_str()));
    let rows = reach::rows(desk, account, desk.replica.records_of(&student).map_err(Fault::from)?);
    let names = Names::of(desk, lang);
    let item = |row: &Row| {
        let definition = catalogue.latest(&row.ledger)?;
        let due = match &row.due {
            Some(due) if !row.void => shown::distance(due, today, lang),
            _ => (String::new(), ""),
        };
        Some(Item {
            href: format!("/record/{}", row.id),
            ledger: definition.title.get(lang).to_owned(),
            on: row.on.clone().unwrap_or_default(),
            label: names.label(definition, &row.fields),
            state: shown::state(definition, row.state.as_deref(), lang),
            due,
            disputed: row.disputed,
            void: row.void,
            files: super::files::state::chips(desk, account, definition, &row.id, &row.fields, lang),
        })
    };
    let is_open = |row: &&Row| !row.void && (row.disputed || row.due.is_some());
    let open: Vec<Item> = rows.iter().filter(is_open).filter_map(item).collect();
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        groups.entry(&row.ledger).or_default().push(row);
    }
    let writes = |definition: &Definition| account.writes(definition).holds(reach::class_of(&pupil));
    let groups = groups
        .into_iter()
        .filter_map(|(code, rows)| {
            let definition = catalogue.latest(code)?;
            Some((code.to_owned(), definition.title.get(lang).to_owned(), writes(definition), rows.into_iter().filter_map(item).collect()))
        })
        .collect();
    let mut timeline: Vec<Item> = if by_time { rows.iter().filter_map(item).collect() } else { Vec::new() };
    timeline.sort_by(|a, b| b.on.cmp(&a.on));
    let add = catalogue
        .iter_latest()
        .filter(|d| d.subject == Subject::Student && d.form == Form::Records && d.parent.is_none() && writes(d))
        .map(|d| (d.code.clone(), d.title.get(lang).to_owned()))
        .collect();
    let status = pupil.status.as_deref() != Some("present");
    let shown_json = desk.replica.show(&student).map_err(Fault::from)?;
    let conflicts = shown_json["conflicts"].as_array().into_iter().flatten().filter_map(|c| c["id"].as_str().map(str::to_owned)).collect();
    Ok(ChildPage {
        conflicts,
        class: shown::class(pupil.grade, pupil.class, lang),
        status: if status { option(&profile_definition, "status", pupil.status.as_ref(), lang) } else { String::new() },
        page: page.titled(pupil.name.clone()),
        profile,
        more,
        may_edit: writes(&profile_definition),
        open,
        groups,
        by_time,
        timeline,
        add,
        years: others
            .into_iter()
            .filter(|o| account.children() == Reach::All || account.children().holds(reach::class_of(o)))
            .map(|o| (o.student, SchoolYear::words(o.year)))
            .collect(),
        student,
    })
}
