//! Today: what is due and overdue for this person, each one click from doing it.

use super::roll::{self, Taken};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use huxue_shared::{
    command::{Request, request::Format},
    fault::Fault,
    replica::browse::Row,
    web::{
        Desk,
        account::{Account, Class, Role},
        guard::{Oops, Visitor},
        names::Names,
        page::{Page, draw},
        shown,
    },
};
use jiff::ToSpan as _;
use serde::Deserialize;
use std::{collections::BTreeMap, sync::Arc};

/// Days ahead that are shown.
const AHEAD_DAYS: i32 = 7;
/// Lines of a card; the rest is counted.
const LINES_MAX: usize = 8;

/// Its route.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/", get(today))
}

/// A line of a card: what, how late, where it is done, and what the button says.
#[derive(Clone, Debug, Default)]
struct Line {
    text: String,
    href: String,
    tag: (String, &'static str),
    act: Option<(String, String)>,
}

#[derive(Clone, Debug, Default)]
struct Card {
    id: &'static str,
    title: String,
    count: usize,
    lines: Vec<Line>,
    more: usize,
    all: String,
}

impl Card {
    fn new(id: &'static str, title: String, mut lines: Vec<Line>, all: &str) -> Option<Self> {
        let count = lines.len();
        lines.truncate(LINES_MAX);
        (count > 0).then(|| Self { id, title, count, more: count - lines.len(), lines, all: all.to_owned() })
    }
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    page: Page,
    day: String,
    works: bool,
    cards: Vec<Card>,
    empty: bool,
    guide: Vec<(String, String)>,
}

#[derive(Debug, Default, Deserialize)]
struct Done {
    done: Option<String>,
}

async fn today(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(done): Query<Done>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "desk-today");
    if done.done.as_deref() == Some("web-password-changed") {
        page.done = page.t("web-password-changed");
    }
    let drawn = desk.run(move |desk| today_page(desk, &account, page)).await?;
    draw(&drawn)
}

fn today_page(desk: &Desk, account: &Account, page: Page) -> Result<TodayPage, Fault> {
    let (today, lang) = (desk.clock().today(), page.lang);
    let works = desk.replica.holidays().is_working(today);
    let rolls = roll::taken(desk, account, today, lang)?;
    let empty = rolls.is_empty();
    let mut cards = Vec::new();
    if works {
        cards.extend(roll_card(&page, &rolls));
    }
    cards.extend(due_cards(desk, account, &page)?);
    cards.extend(conflict_card(&page));
    cards.extend(children_card(desk, account, &page, "left_behind_no_contact", "contact", "call")?);
    cards.extend(children_card(desk, account, &page, "left_behind_no_visit", "visit", "visit")?);
    cards.extend(monthly_card(desk, account, &page)?);
    let guide = if empty && account.administers() {
        [("/import?first=1", "desk-guide-import"), ("/people", "desk-guide-people"), ("/ledger/enrolment/new", "desk-guide-child")]
            .iter()
            .map(|(href, key)| ((*href).to_owned(), page.t(key)))
            .collect()
    } else {
        Vec::new()
    };
    Ok(TodayPage { day: shown::day(today, lang), works, cards, empty, guide, page })
}

fn roll_card(page: &Page, rolls: &[Taken]) -> Option<Card> {
    let open = rolls.iter().filter(|roll| roll.counts.is_none());
    let line = |roll: &Taken| {
        let href = format!("/roll/{}/{}", roll.class.grade, roll.class.class);
        Line { text: roll.title.clone(), act: Some((href.clone(), page.t("desk-do-roll"))), href, tag: (String::new(), "") }
    };
    Card::new("rolls", page.t("desk-card-rolls"), open.map(line).collect(), "/roll")
}

/// Open records whose next step is overdue, and those that come within a week.
fn due_cards(desk: &Desk, account: &Account, page: &Page) -> Result<Vec<Card>, Fault> {
    let (catalogue, lang, today) = (desk.replica.catalogue(), page.lang, desk.clock().today());
    let until = today.checked_add(AHEAD_DAYS.days()).unwrap_or(today).to_string();
    let mut rows: Vec<Row> = Vec::new();
    for definition in catalogue.iter_latest().filter(|d| d.lifecycle.is_some()) {
        let reach = account.reads(definition);
        if reach.any() {
            let found = desk.replica.due_by(definition, &until).map_err(Fault::from)?;
            rows.extend(found.into_iter().filter(|row| shown::in_reach(&reach, row)));
        }
    }
    rows.sort_by(|a, b| a.due.cmp(&b.due));
    if !rows.is_empty() {
        desk.noted(account, "list", "due", rows.len());
    }
    let names = Names::of(desk, lang);
    let line = |row: &Row| {
        let definition = catalogue.latest(&row.ledger)?;
        let state = definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(l, s)| l.state(s));
        let what =
            state.and_then(|s| s.due_help.as_ref()).map_or_else(|| shown::state(definition, row.state.as_deref(), lang), |h| h.get(lang).to_owned());
        let who = row.name.clone().unwrap_or_else(|| names.label(definition, &row.fields));
        Some(Line {
            text: format!("{who} · {} · {what}", definition.title.get(lang)),
            href: format!("/record/{}", row.id),
            tag: shown::distance(row.due.as_deref()?, today, lang),
            act: None,
        })
    };
    let today = today.to_string();
    let (late, coming): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.due.as_deref() < Some(today.as_str()));
    let lines = |rows: Vec<&Row>| rows.into_iter().filter_map(line).collect();
    let cards = [Card::new("late", page.t("desk-card-late"), lines(late), ""), Card::new("coming", page.t("desk-card-coming"), lines(coming), "")];
    Ok(cards.into_iter().flatten().collect())
}

fn conflict_card(page: &Page) -> Option<Card> {
    let count = page.links.iter().find(|link| link.href == "/conflicts").map_or(0, |link| link.count);
    let line = Line { text: page.t1("desk-conflicts-wait", count), href: "/conflicts".into(), ..Line::default() };
    Card::new("conflicts", page.t("desk-card-conflicts"), if count > 0 { vec![line] } else { Vec::new() }, "/conflicts")
}

/// Children that a report of the care ledgers names, those of the person's own classes.
fn children_card(desk: &Desk, account: &Account, page: &Page, report: &'static str, id: &'static str, kind: &str) -> Result<Option<Card>, Fault> {
    let care = desk.replica.definition("care_log").map_err(Fault::from)?;
    let reach = account.reads(&care);
    if !reach.any() {
        return Ok(None);
    }
    let params = match id {
        "visit" => BTreeMap::from([("term".to_owned(), huxue_shared::model::Term::of(desk.clock().today()).number().to_string())]),
        _ => BTreeMap::new(),
    };
    let answer = desk.ask(account, Request::ReportRun { name: report.to_owned(), params, format: Format::Json }, page.lang)?;
    let writes = account.writes(&care).any();
    let line = |row: &serde_json::Value| {
        let class = row["grade"].as_i64().zip(row["class"].as_i64()).map(|(grade, class)| Class { grade, class });
        if !reach.holds(class) {
            return None;
        }
        let student = row["student"].as_str()?;
        let last = row["last_contact"].as_str().or_else(|| row["last_visit"].as_str());
        let tag = last.map_or_else(|| (page.t("desk-never"), "bad"), |day| (day.to_owned(), "warn"));
        Some(Line {
            text: format!("{} · {}", row["name"].as_str().unwrap_or_default(), shown::class(row["grade"].as_i64(), row["class"].as_i64(), page.lang)),
            href: format!("/child/{student}"),
            tag,
            act: writes.then(|| (format!("/ledger/care_log/new?student={student}&kind={kind}"), page.t("desk-do-log"))),
        })
    };
    let lines = answer["rows"].as_array().into_iter().flatten().filter_map(line).collect();
    Ok(Card::new(id, page.t(&format!("desk-card-{id}")), lines, ""))
}

fn monthly_card(desk: &Desk, account: &Account, page: &Page) -> Result<Option<Card>, Fault> {
    if !account.is(Role::Registrar) && !account.is(Role::Principal) {
        return Ok(None);
    }
    let request = Request::ReportRun { name: "monthly_reports_missing".into(), params: BTreeMap::new(), format: Format::Json };
    let answer = desk.ask(account, request, page.lang)?;
    let line = |row: &serde_json::Value| {
        let month = row["month"].as_str()?;
        let href = format!("/ledger/monthly_report/new?month={month}");
        Some(Line { text: month.to_owned(), act: Some((href.clone(), page.t("desk-do-report"))), href, tag: (String::new(), "") })
    };
    let lines = answer["rows"].as_array().into_iter().flatten().filter_map(line).collect();
    Ok(Card::new("monthly", page.t("desk-card-monthly"), lines, "/ledger/monthly_report"))
}
