//! Everything about one child on one page: on top what is not closed, each with what is next and by when; then the particulars and every record.

use super::{
    account::{Account, Reach},
    children::option,
    desk::Desk,
    former::{self, Former},
    guard::{Oops, Visitor},
    lacks::{Lacks, Stands},
    page::{Page, Said, draw},
    pending::{self, Pending},
    reach, shown,
    shown::Shown,
    trail::{self, Trail},
    way,
};
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{
        Catalogue, Definition,
        definition::{Form, Subject},
        validate::{self, FindingCode},
    },
    locale::{self, Lang},
    model::SchoolYear,
    replica::{browse::Row, names::Names},
};
use askama::Template;
use axum::{
    Extension,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect, Response},
};
use jiff::civil::Date;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

/// A record on a child's page.
#[derive(Clone, Debug, Default)]
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
    /// What is to be done: the next step, fields that are missing. Only among what is open.
    pub next: Vec<String>,
    /// Something awaits a person.
    pub disputed: bool,
    /// Voided.
    pub void: bool,
    /// Its files.
    pub files: Vec<super::files::state::File>,
    /// Records of the same ledger and state, older than this one, that lack the same. Only among what is not whole.
    pub also: Vec<Item>,
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
    /// The child moved: what is said of that.
    moved: Option<Said>,
    /// The file of a child that is none may be made void.
    may_void: bool,
    open: Vec<Item>,
    /// Records of which nothing is to be done but to fill in what is empty.
    short: Vec<Item>,
    /// How many they are, those that share a line too.
    short_count: usize,
    groups: Vec<(String, String, bool, Vec<Item>)>,
    by_time: bool,
    timeline: Vec<Item>,
    add: Vec<(String, String)>,
    years: Vec<(String, String)>,
    /// What a former school recorded.
    former: Vec<Former>,
    /// Disagreements about the child's own particulars: id, and what is said.
    conflicts: Vec<(String, String)>,
    /// What was changed in the particulars.
    trail: Trail,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct By {
    #[serde(default)]
    by: String,
    saved: Option<u32>,
}

/// Said after saving what lacks something; the page then names it.
const SAVED_LACKS: &str = "web-saved-lacks";

/// Fields of the profile that stand on top of a child's page.
const TOP: [&str; 10] =
    ["sex", "birth", "student_no", "boarding", "left_behind", "registered_household", "categories", "guardian", "guardian_phone", "village"];

pub(super) async fn show(
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
    let drawn = desk
        .run(move |desk| {
            // A file made void has its record's page, where it can stand again.
            let void = reach::record(desk, &account, &student).is_ok_and(|reached| reached.place.id == student && reached.place.void);
            if void { Ok(Err(format!("/record/{student}"))) } else { child_page(desk, &account, page, student, by.by == "time").map(Ok) }
        })
        .await?;
    match drawn {
        Ok(drawn) => draw(&drawn),
        Err(elsewhere) => Ok(Redirect::to(&elsewhere).into_response()),
    }
}

/// A record that is not closed.
struct Open {
    /// Something is to be done besides filling in what is empty.
    moves: bool,
    /// By when; what has no day comes last.
    due: String,
    item: Item,
}

/// What drawing a child's records needs.
struct Drawing<'a> {
    desk: &'a Desk,
    account: &'a Account,
    catalogue: Arc<Catalogue>,
    names: Names<'a>,
    today: Date,
    lang: Lang,
}

impl Drawing<'_> {
    fn t1(&self, key: &str, value: &str) -> String {
        locale::text(self.lang, key, &[("value", value)])
    }

    fn item(&self, row: &Row) -> Option<Item> {
        let definition = self.catalogue.latest(&row.ledger)?;
        Some(Item {
            href: format!("/record/{}", row.id),
            ledger: definition.title.get(self.lang).to_owned(),
            on: self.names.day(definition, row).to_owned(),
            label: self.names.label(definition, &row.fields),
            state: shown::state(definition, row.state.as_deref(), self.lang),
            due: row.due.as_ref().filter(|_| !row.void).map_or((String::new(), ""), |due| shown::distance(due, self.today, self.lang)),
            next: Vec::new(),
            disputed: row.disputed,
            void: row.void,
            files: super::files::state::chips(self.desk, self.account, definition, &row.id, &row.fields, self.lang),
            also: Vec::new(),
        })
    }

    /// A record that is not closed, with what is next: its state is an open one, something is due or named for following up, is missing or in dispute.
    fn open(&self, row: &Row, rows: &[Row]) -> Option<Open> {
        let definition = self.catalogue.latest(&row.ledger).filter(|_| !row.void)?;
        let state = definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(l, code)| l.state(code));
        let follow_up = self.follow_up(definition, row, rows);
        let due = row.due.clone().or_else(|| follow_up.as_ref().map(|(day, _)| day.clone()));
        let mut next = Vec::new();
        if let Some(state) = state.filter(|state| state.open) {
            let help = state.due_help.as_ref().map(|help| help.get(self.lang).to_owned());
            let ahead = || way::ahead(definition, row.state.as_deref(), "", self.lang).into_iter().next();
            next.extend(help.or_else(|| Some(self.t1("web-next-state", &ahead()?.title))));
        }
        next.extend(follow_up.map(|(_, title)| title));
        let moves = !next.is_empty() || due.is_some() || row.disputed || state.is_some_and(|state| state.open);
        next.extend(self.gaps(definition, row.state.as_deref(), &row.fields));
        if !moves && next.is_empty() {
            return None;
        }
        let words = due.as_ref().map_or((String::new(), ""), |due| {
            let (words, mark) = shown::distance(due, self.today, self.lang);
            (format!("{due} · {words}"), mark)
        });
        Some(Open { moves, due: due.unwrap_or_else(|| "9999".to_owned()), item: Item { due: words, next, ..self.item(row)? } })
    }

    /// The day a record names for looking again, unless somebody has on or after that day, or named another since ([`Replica::follow_ups_by`]).
    fn follow_up(&self, definition: &Definition, row: &Row, rows: &[Row]) -> Option<(String, String)> {
        let field = definition.fields.iter().find(|field| field.follow_up && shown::sees(self.account, definition, field))?;
        let Some(Value::Str(day)) = row.fields.get(&field.code).filter(|day| **day != Value::Str(String::new())) else { return None };
        let same = |other: &Row| definition.parent.as_ref().is_none_or(|parent| other.fields.get(parent) == row.fields.get(parent));
        let names = |other: &Row| matches!(other.fields.get(&field.code), Some(Value::Str(day)) if !day.is_empty());
        let looked = |other: &Row| other.id != row.id && (other.on.as_ref() >= Some(day) || other.on > row.on && names(other));
        let later = rows.iter().any(|other| other.ledger == row.ledger && !other.void && looked(other) && same(other));
        (!later).then(|| (day.clone(), field.title.get(self.lang).to_owned()))
    }

    /// Fields that must be filled and are not, by their titles.
    fn gaps(&self, definition: &Definition, state: Option<&str>, fields: &BTreeMap<String, Value>) -> Option<String> {
        let found = self.desk.replica.around(|around| validate::findings(definition, fields, state, around));
        let missing = found.iter().filter(|finding| matches!(finding.code, FindingCode::Missing | FindingCode::NoteMissing));
        let titles: Vec<&str> = missing
            .filter_map(|finding| definition.field(&finding.field))
            .filter(|field| shown::sees(self.account, definition, field))
            .map(|field| field.title.get(self.lang))
            .collect();
        (!titles.is_empty()).then(|| self.t1("web-missing", &titles.join(self.lang.comma())))
    }
}

/// Records that lack the same are one line: the first of them, which is the newest, with the others behind it. Each mark of an absence is such a record.
fn together(items: Vec<Item>) -> Vec<Item> {
    let mut lines: Vec<Item> = Vec::new();
    for item in items {
        let same = |line: &&mut Item| line.ledger == item.ledger && line.state == item.state && line.next == item.next;
        match lines.iter_mut().find(same) {
            Some(line) => line.also.push(item),
            None => lines.push(item),
        }
    }
    lines
}

fn child_page(desk: &Desk, account: &Account, page: Page, student: String, by_time: bool) -> Result<ChildPage, Fault> {
    let (pupil, others) = reach::child(desk, account, &student)?;
    desk.noted(account, "show", format!("student:{student}"), 1);
    let (catalogue, lang) = (desk.replica.catalogue(), page.lang);
    let profile_definition = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let place = desk.replica.locate(&student).map_err(Fault::from)?;
    let (moved, fields) = (reach::closed(desk, &place)?, place.fields);
    let reads = account.reads(&profile_definition).any();
    let mut page = page;
    if page.done == page.t(SAVED_LACKS) {
        let lacks = Lacks::of(desk, account, &profile_definition, Stands { id: "", fields: &fields, state: None }, &[], lang);
        let missing = if lacks.now.is_empty() { page.t("web-saved") } else { page.t1("web-saved-lacking", &lacks.now) };
        page.done = std::iter::once(missing).chain(lacks.said).collect::<Vec<_>>().join(" ");
    }
    let mut seen = if reads { shown::filled(&catalogue, &profile_definition, account, &fields, lang) } else { Vec::new() };
    let pending = Pending::read(desk)?;
    let unsettled = pending.of(desk, &profile_definition, &student, lang);
    if reads {
        pending::mark(&mut seen, &unsettled, &profile_definition, account, lang);
    }
    // Name and class stand in the head, unless they are what is in question.
    seen.retain(|shown| shown.code != "name" || !shown.pending.is_empty());
    let (profile, more): (Vec<Shown>, Vec<Shown>) = seen.into_iter().partition(|s| TOP.contains(&s.code.as_str()) || !s.pending.is_empty());
    let rows = reach::rows(desk, account, desk.replica.records_of(&student).map_err(Fault::from)?);
    let drawing =
        Drawing { desk, account, catalogue: Arc::clone(&catalogue), names: Names::of(&desk.replica, lang), today: desk.clock().today(), lang };
    let writes = |definition: &Definition| moved.is_none() && account.writes(definition).holds(reach::class_of(&pupil));
    let mut found: Vec<Open> = rows.iter().filter_map(|row| drawing.open(row, &rows)).collect();
    found.sort_by(|a, b| a.due.cmp(&b.due));
    let (open, short): (Vec<Open>, Vec<Open>) = found.into_iter().partition(|open| open.moves);
    let items = |list: Vec<Open>| list.into_iter().map(|open| open.item).collect::<Vec<_>>();
    let (open, mut short) = (items(open), together(items(short)));
    if let Some(gaps) = drawing.gaps(&profile_definition, None, &fields).filter(|_| writes(&profile_definition)) {
        let ledger = profile_definition.title.get(lang).to_owned();
        short.push(Item { href: format!("/record/{student}/edit"), ledger, next: vec![gaps], ..Item::default() });
    }
    let mut groups: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        groups.entry(&row.ledger).or_default().push(row);
    }
    let groups = groups
        .into_iter()
        .filter_map(|(code, rows)| {
            let definition = catalogue.latest(code)?;
            let items = rows.into_iter().filter_map(|row| drawing.item(row)).collect();
            Some((code.to_owned(), definition.title.get(lang).to_owned(), writes(definition), items))
        })
        .collect();
    let mut timeline: Vec<Item> = if by_time { rows.iter().filter_map(|row| drawing.item(row)).collect() } else { Vec::new() };
    timeline.sort_by(|a, b| b.on.cmp(&a.on));
    let add = catalogue
        .iter_latest()
        .filter(|d| d.subject == Subject::Student && d.form == Form::Records && d.parent.is_none() && writes(d))
        .map(|d| (d.code.clone(), d.title.get(lang).to_owned()))
        .collect();
    let status = pupil.status.as_deref() != Some("present");
    let shown_json = desk.replica.show(&student).map_err(Fault::from)?;
    let conflicts = pending::told(&shown_json, &unsettled, &profile_definition, account, lang);
    let trail = if reads {
        trail::trail(desk, account, &profile_definition, &shown_json, "", page.here.contains("trail=all"), lang)?
    } else {
        Trail::default()
    };
    Ok(ChildPage {
        former: former::of(desk, account, &pupil, lang)?,
        conflicts,
        trail,
        class: pending::class(&unsettled, pupil.grade, pupil.class, lang),
        status: if let Some(held) = unsettled.get("status") {
            held.words(lang)
        } else if status {
            option(&profile_definition, "status", pupil.status.as_ref(), lang)
        } else {
            String::new()
        },
        page: page.titled(unsettled.get("name").map_or_else(|| pupil.name.clone(), |unsettled| unsettled.words(lang))),
        profile,
        more,
        may_edit: writes(&profile_definition),
        moved: moved.as_ref().map(|fault| Said::of(fault, lang)),
        may_void: account.administers() && writes(&profile_definition),
        open,
        short_count: short.iter().map(|item| 1 + item.also.len()).sum(),
        short,
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
