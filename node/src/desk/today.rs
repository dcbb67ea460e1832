//! Today: what is due and overdue for this person, each one click from doing it.
//!
//! Invariant: an item is shown to who has the right to do it, and to nobody else ([`theirs`], `tests::items_come_to_who_can_do_them`). What waits for the county is
//! no item of the school's.

use super::{
    guide,
    machine::Machine,
    roll::{self, Missed, Taken},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use huxue_shared::{
    command::reporting,
    document::view::Value,
    fault::Fault,
    ledger::{
        Definition,
        definition::{Authority, Step},
        lifecycle,
    },
    locale::Lang,
    model::money::fen_to_yuan,
    replica::{browse::Row, names::Names},
    report::{
        definition::{ColumnType, Report},
        today::{DateSays, Today as ReportCard},
    },
    web::{
        Desk,
        account::{Account, Class, Reach},
        children, conflicts,
        guard::{Oops, Visitor},
        import,
        page::{Page, Said, draw, escape_query},
        prefill, reach, shown,
    },
};
use jiff::{ToSpan as _, civil::Date};
use serde::Deserialize;
use serde_json::Value as Json;
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// Days ahead that are shown.
const AHEAD_DAYS: i32 = 7;
/// Lines of a card; the rest is counted.
const LINES_MAX: usize = 8;

/// Its route.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/", get(today))
}

/// A step its button takes at once: address, what is sent along, what the button says.
#[derive(Clone, Debug)]
struct Take {
    action: String,
    along: Vec<(String, String)>,
    title: String,
}

/// A line of a card: what, how late, where it is done, and what the button says.
#[derive(Clone, Debug, Default)]
struct Line {
    text: String,
    href: String,
    tag: (String, &'static str),
    /// How many things it stands for; `None`: one.
    items: Option<usize>,
    act: Option<(String, String)>,
    take: Option<Take>,
}

#[derive(Clone, Debug, Default)]
struct Card {
    id: String,
    title: String,
    /// Things to do, of which a line may stand for several.
    count: usize,
    lines: Vec<Line>,
    more: usize,
    all: String,
}

impl Card {
    fn new(id: impl Into<String>, title: String, mut lines: Vec<Line>, all: &str) -> Option<Self> {
        let (all_lines, count) = (lines.len(), lines.iter().map(|line| line.items.unwrap_or(1)).sum());
        lines.truncate(LINES_MAX);
        (all_lines > 0).then(|| Self { id: id.into(), title, count, more: all_lines - lines.len(), lines, all: all.to_owned() })
    }
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    page: Page,
    day: String,
    works: bool,
    /// No calendar is known here, to who takes rolls.
    blind: bool,
    cards: Vec<Card>,
    empty: bool,
    guide: Vec<(String, &'static str, bool)>,
    /// How many lines are done, where they are not shown.
    guide_done: String,
}

#[derive(Debug, Default, Deserialize)]
struct Done {
    done: Option<String>,
}

async fn today(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(machine): Extension<Arc<Machine>>,
    Query(done): Query<Done>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "desk-today");
    if done.done.as_deref() == Some("web-password-changed") {
        page.done = page.t("web-password-changed");
    }
    let drawn = desk.run(move |desk| today_page(desk, &account, &machine, page)).await?;
    draw(&drawn)
}

fn today_page(desk: &Desk, account: &Account, machine: &Machine, page: Page) -> Result<TodayPage, Fault> {
    let (today, lang) = (desk.clock().today(), page.lang);
    let works = desk.replica.holidays().is_working(today);
    let pupils = children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)?;
    let rolls = roll::taken(desk, account, &pupils, today, lang)?;
    let empty = pupils.is_empty();
    let mut cards = Vec::new();
    // Whoever does not take rolls is not reminded of them.
    let mine = account.writes(&*desk.replica.definition(roll::CHECK).map_err(Fault::from)?);
    cards.extend(roll_card(&page, works, &rolls.into_iter().filter(|roll| mine.holds(Some(roll.class))).collect::<Vec<_>>()));
    let reports = cards_of(desk)?;
    let elsewhere: Vec<&str> = reports
        .iter()
        .filter_map(|report| report.today.as_ref())
        .filter(|card| shows(desk, account, card))
        .flat_map(|card| &card.instead_of)
        .map(String::as_str)
        .collect();
    cards.extend(due_cards(desk, account, &page, &elsewhere)?);
    cards.extend(follow_up_card(desk, account, &page)?);
    cards.extend(conflict_card(desk, account, &page)?);
    cards.extend(refused_card(desk, account, &page)?);
    cards.extend(report_cards(desk, account, &page, &reports)?);
    let (guide, done) = guide::shown(guide::steps(desk, account, machine)?);
    let guide_done = if done > 0 { page.t1("desk-guide-done-count", done) } else { String::new() };
    let guide = guide.into_iter().map(|(key, href, done)| (page.t(key), href, done)).collect();
    let blind = mine.any() && desk.replica.holidays().is_none();
    Ok(TodayPage { day: shown::day(today, lang), works, blind, cards, empty, guide, guide_done, page })
}

/// The reports that are cards of this page, in their order.
fn cards_of(desk: &Desk) -> Result<Vec<Report>, Fault> {
    let catalogue = reporting::catalogue(&desk.replica).map_err(Fault::from)?;
    let mut reports: Vec<Report> = catalogue.iter().filter(|report| report.today.is_some()).cloned().collect();
    reports.sort_by_key(|report| report.today.as_ref().map(|card| card.order));
    Ok(reports)
}

fn shows(desk: &Desk, account: &Account, card: &ReportCard) -> bool {
    let Ok(definition) = desk.replica.definition(&card.ledger) else { return false };
    // Where a line leads decides, if nothing is written in a record of the ledger itself.
    let reach = if card.writes() { account.writes(&definition) } else { account.reads(&definition) };
    let takes = |step: &String| step_of(&definition, step).is_some_and(|step| account.writes(&definition).any() && reach::takes(account, step.role));
    reach.any() && card.step.as_ref().is_none_or(takes)
}

fn step_of<'a>(definition: &'a Definition, code: &str) -> Option<&'a Step> {
    definition.lifecycle.as_ref()?.step(code)
}

/// Whether a record's next step is this person's: in reach for writing, and one of the steps it waits for may be taken by a school, and by somebody like this.
fn theirs(account: &Account, definition: &Definition, row: &Row) -> bool {
    shown::in_reach(&account.writes(definition), row) && !mine(account, definition, row).is_empty()
}

/// The steps a record waits for that somebody like this may take at a school.
fn mine<'a>(account: &Account, definition: &'a Definition, row: &'a Row) -> Vec<&'a Step> {
    let Some((lifecycle, state)) = definition.lifecycle.as_ref().zip(row.state.as_deref()) else { return Vec::new() };
    let takes = |step: &&Step| step.authority.allows(Authority::School) && reach::takes(account, step.role);
    lifecycle::awaited(lifecycle, state).into_iter().filter(takes).collect()
}

/// Rolls that are missing: today's, then those of school days before, the newest first.
fn roll_card(page: &Page, works: bool, rolls: &[Taken]) -> Option<Card> {
    let line = |text: String, href: String| Line { text, act: Some((href.clone(), page.t("desk-do-roll"))), href, ..Line::default() };
    let open = rolls.iter().filter(|roll| works && roll.counts.is_none());
    let today = open.map(|roll| line(roll.title.clone(), format!("/roll/{}/{}", roll.class.grade, roll.class.class)));
    let mut behind: Vec<(&Taken, &Missed)> = rolls.iter().filter_map(|roll| Some((roll, roll.missing.first()?))).collect();
    behind.sort_by_key(|(_, newest)| Reverse(newest.day));
    // A line a class, however many days: one that has fallen behind would hide all else. The roll names its other days.
    let before = behind.into_iter().map(|(roll, newest)| {
        let text = match roll.missing.len() {
            1 => page.t1("desk-roll-missing", &newest.words),
            days => page.t2("desk-roll-missing-several", &newest.words, days),
        };
        Line { items: Some(roll.missing.len()), ..line(format!("{} · {text}", roll.title), newest.href.clone()) }
    });
    Card::new("rolls", page.t("desk-card-rolls"), today.chain(before).collect(), "/roll")
}

/// Open records whose next step is overdue, and those that come within a week.
fn due_cards(desk: &Desk, account: &Account, page: &Page, elsewhere: &[&str]) -> Result<Vec<Card>, Fault> {
    let (catalogue, lang, today) = (desk.replica.catalogue(), page.lang, desk.clock().today());
    let until = today.checked_add(AHEAD_DAYS.days()).unwrap_or(today).to_string();
    let mut rows: Vec<Row> = Vec::new();
    for definition in catalogue.iter_latest().filter(|d| d.lifecycle.is_some()) {
        if account.writes(definition).any() {
            let found = desk.replica.due_by(definition, &until).map_err(Fault::from)?;
            let here = |row: &Row| row.state.as_ref().is_none_or(|state| !elsewhere.contains(&format!("{}.{state}", row.ledger).as_str()));
            rows.extend(found.into_iter().filter(|row| theirs(account, definition, row) && here(row)));
        }
    }
    rows.sort_by(|a, b| a.due.cmp(&b.due));
    if !rows.is_empty() {
        desk.noted(account, "list", "due", rows.len());
    }
    let names = Names::of(&desk.replica, lang);
    let line = |row: &Row| {
        let definition = catalogue.latest(&row.ledger)?;
        let state = definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(l, s)| l.state(s));
        let what =
            state.and_then(|s| s.due_help.as_ref()).map_or_else(|| shown::state(definition, row.state.as_deref(), lang), |h| h.get(lang).to_owned());
        let who = row.name.clone().unwrap_or_else(|| names.label(definition, &row.fields));
        let href = format!("/record/{}", row.id);
        let next = mine(account, definition, row);
        let does = match next.as_slice() {
            [one] => one.title.get(lang).to_owned(),
            _ => page.t("desk-do-open"),
        };
        Some(Line {
            text: format!("{who} · {} · {what}", definition.title.get(lang)),
            act: Some((format!("{href}#way"), does)),
            href,
            tag: shown::distance(row.due.as_deref()?, today, lang),
            ..Line::default()
        })
    };
    let today = today.to_string();
    let (late, coming): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.due.as_deref() < Some(today.as_str()));
    let lines = |rows: Vec<&Row>| rows.into_iter().filter_map(line).collect();
    // Many of one kind would hide the others: they have a card of their own, which leads to the list of them.
    let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    late.iter().filter_map(|row| kind(row)).for_each(|kind| *kinds.entry(kind).or_default() += 1);
    kinds.retain(|_, count| *count > LINES_MAX);
    let (many, late): (Vec<&Row>, Vec<&Row>) = late.into_iter().partition(|row| kind(row).is_some_and(|kind| kinds.contains_key(&kind)));
    let mut cards = vec![Card::new("late", page.t("desk-card-late"), lines(late), "")];
    for (ledger, state) in kinds.into_keys() {
        let Some(definition) = catalogue.latest(ledger) else { continue };
        let title = format!("{} · {}", definition.title.get(lang), shown::state(definition, Some(state), lang));
        let rows = many.iter().copied().filter(|row| kind(row) == Some((ledger, state))).collect();
        cards.push(Card::new(format!("late-{ledger}-{state}"), title, lines(rows), &format!("/ledger/{ledger}?state={state}&order=due")));
    }
    cards.push(Card::new("coming", page.t("desk-card-coming"), lines(coming), ""));
    Ok(cards.into_iter().flatten().collect())
}

/// Ledger and state of a record.
fn kind(row: &Row) -> Option<(&str, &str)> {
    row.state.as_deref().map(|state| (row.ledger.as_str(), state))
}

fn conflict_card(desk: &Desk, account: &Account, page: &Page) -> Result<Option<Card>, Fault> {
    let (waiting, refused) = conflicts::to_settle(desk, account)?;
    let line = |key: &str, count: usize| {
        let act = Some(("/conflicts".to_owned(), page.t("desk-do-open")));
        (count > 0).then(|| Line { text: page.t1(key, count), href: "/conflicts".into(), items: Some(count), act, ..Line::default() })
    };
    let lines = [line("desk-conflicts-wait", waiting), line("desk-refused-changes", refused)];
    Ok(Card::new("conflicts", page.t("desk-card-conflicts"), lines.into_iter().flatten().collect(), "/conflicts"))
}

/// What a record reports otherwise than the records say now; `None`: nothing.
fn unlike(desk: &Desk, account: &Account, definition: &Definition, record: &str, lang: Lang) -> Option<String> {
    let place = desk.replica.locate(record).ok()?;
    let compared = prefill::compared(desk, account, definition, &place.fields, lang).ok()?;
    // What was left empty is no figure that anybody signs.
    let told = compared.into_iter().filter(|line| line.differs && !line.reported.is_empty());
    let told: Vec<String> = told
        .map(|line| {
            let arguments = [("title", line.title.as_str()), ("reported", &line.reported), ("now", &line.now)];
            huxue_shared::locale::text(lang, "desk-differs", &arguments)
        })
        .collect();
    (!told.is_empty()).then(|| told.join(if lang == Lang::Zh { "，" } else { ", " }))
}

/// What reports say is to be done: those with a `[today]` in their head.
fn report_cards(desk: &Desk, account: &Account, page: &Page, reports: &[Report]) -> Result<Vec<Card>, Fault> {
    let mut cards = Vec::new();
    let shown: Vec<(&Report, &ReportCard)> =
        reports.iter().filter_map(|report| Some((report, report.today.as_ref()?))).filter(|(_, card)| shows(desk, account, card)).collect();
    let asked: Vec<_> = shown.iter().map(|(report, card)| (*report, &card.with)).collect();
    let answers = desk.rows_of(account, &asked, page.lang)?;
    for ((report, card), answer) in shown.into_iter().zip(answers) {
        let title = card.title.as_ref().unwrap_or(&report.title).get(page.lang).to_owned();
        // One that cannot be answered says so, and hides no other.
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) => {
                let line = Line { text: Said::of(&fault, page.lang).sentence, href: format!("/report/{}", report.name), ..Line::default() };
                cards.extend(Card::new(report.name.clone(), title, vec![line], ""));
                continue;
            }
        };
        let definition = desk.replica.definition(&card.ledger).map_err(Fault::from)?;
        let (reads, writes) = (account.reads(&definition), account.writes(&definition));
        let step = card.step.as_deref().and_then(|code| step_of(&definition, code));
        let take = step.map(|step| (step, reach::signature(account, &definition, step)));
        let reach = if card.writes() { &writes } else { &reads };
        let lines = answer["rows"].as_array().into_iter().flatten().filter_map(|row| {
            let line = line_of(report, card, row, &answer, reach, account, desk, page)?;
            let record = row[ReportCard::RECORD].as_str();
            // Nobody puts a name under figures with one click while the records say something else.
            let other = take.as_ref().zip(record).and_then(|(_, record)| unlike(desk, account, &definition, record, page.lang));
            if let Some(other) = other {
                let act = Some((line.href.clone(), page.t("desk-do-compare")));
                return Some(Line { text: format!("{} · {other}", line.text), tag: (page.t("paper-differs"), "warn"), act, ..line });
            }
            let take = take.as_ref().zip(record).map(|((step, along), record)| Take {
                action: page.post_at("/record", record, &format!("/step/{}", step.code)),
                along: along.clone(),
                title: step.title.get(page.lang).to_owned(),
            });
            Some(Line { take, ..line })
        });
        // Who reaches some classes only may not open the report, which is of the whole school.
        let all = if *reach == Reach::All { format!("/report/{}", report.name) } else { String::new() };
        cards.extend(Card::new(report.name.clone(), title, lines.collect(), &all));
    }
    Ok(cards)
}

/// Since when something is over, or when it will be.
fn over(day: &str, today: Date, page: &Page) -> (String, &'static str) {
    let Ok(date) = day.parse::<Date>() else { return (day.to_owned(), "") };
    match (date - today).get_days() {
        0 => (page.t("desk-over-today"), ""),
        days if days < 0 => (page.t1("desk-over-since", -days), ""),
        days => (page.t1("desk-over-in", days), ""),
    }
}

#[expect(clippy::too_many_arguments, reason = "one row, and all it is judged and shown by")]
fn line_of(
    report: &Report,
    card: &ReportCard,
    row: &Json,
    answer: &Json,
    reach: &Reach,
    account: &Account,
    desk: &Desk,
    page: &Page,
) -> Option<Line> {
    let (grade, class) = (row["grade"].as_i64(), row["class"].as_i64());
    let plain = |code: &str| match &row[code] {
        Json::String(text) if !text.is_empty() => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let elsewhere = card.unless.iter().any(|code| plain(code).is_some());
    if elsewhere || !reach.holds(grade.zip(class).map(|(grade, class)| Class { grade, class })) {
        return None;
    }
    let href = ReportCard::address(&card.open, plain)?;
    if !card.writes() && !mends(desk, account, &href) {
        return None;
    }
    let said = |code: &String| {
        if code == "class" {
            return Some(shown::class(grade, class, page.lang));
        }
        if let Some(column) = report.columns.iter().find(|column| column.code == *code && column.kind == ColumnType::Bool) {
            return (row[code] == true || row[code] == 1).then(|| column.title.get(page.lang).to_owned());
        }
        let text = plain(code)?;
        if report.columns.iter().any(|column| column.code == *code && column.kind == ColumnType::School) {
            return Some(Names::of(&desk.replica, page.lang).school(&text).unwrap_or(text));
        }
        if report.columns.iter().any(|column| column.code == *code && column.kind == ColumnType::Flags) {
            let named = |flag: &str| answer["labels"][code][flag].as_str().unwrap_or(flag).to_owned();
            let separator = if page.lang == Lang::Zh { "、" } else { ", " };
            return Some(text.split('|').filter(|flag| !flag.is_empty()).map(named).collect::<Vec<_>>().join(separator));
        }
        let money = report.columns.iter().any(|column| column.code == *code && column.kind == ColumnType::Money);
        if let Some(fen) = row[code].as_i64().filter(|_| money) {
            return Some(format!("{} {}", fen_to_yuan(fen), page.t("web-yuan")));
        }
        let unit = report.columns.iter().find(|column| column.code == *code && column.kind == ColumnType::Int);
        let label = answer["labels"][code][&text].as_str();
        Some(label.map_or_else(|| unit.map_or_else(|| text.clone(), |column| format!("{} {text}", column.title.get(page.lang))), str::to_owned))
    };
    let date = card.date.as_ref().map(|code| plain(code));
    let tag = match (date, card.date_says) {
        (None, _) | (Some(None), DateSays::Due | DateSays::Over | DateSays::Since) => (String::new(), ""),
        (Some(None), DateSays::Last) => (page.t("desk-never"), "bad"),
        (Some(Some(day)), DateSays::Last | DateSays::Since) => (day, "warn"),
        (Some(Some(day)), DateSays::Over) => over(&day, desk.clock().today(), page),
        (Some(Some(day)), DateSays::Due) => shown::distance(&day, desk.clock().today(), page.lang),
    };
    let act = card.act.as_ref().zip(card.act_title.as_ref());
    Some(Line {
        text: card.text.iter().filter_map(said).collect::<Vec<_>>().join(" · "),
        href,
        tag,
        act: act.and_then(|(address, title)| Some((ReportCard::address(address, plain)?, title.get(page.lang).to_owned()))),
        items: card.count.as_ref().and_then(|code| usize::try_from(row[code.as_str()].as_i64()?).ok()),
        take: None,
    })
}

/// Whether the person can do something about what a line leads to: a record or a child to write. Who administers the desk gets the school's post, and hands it on.
fn mends(desk: &Desk, account: &Account, href: &str) -> bool {
    let found = || match href.split('/').collect::<Vec<_>>().as_slice() {
        ["", "record" | "child", id] => reach::writable(desk, account, id).is_ok(),
        _ => false,
    };
    account.administers() || found()
}

/// Records that name a day on which to look again, come or about to come.
fn follow_up_card(desk: &Desk, account: &Account, page: &Page) -> Result<Option<Card>, Fault> {
    let (catalogue, lang, today) = (desk.replica.catalogue(), page.lang, desk.clock().today());
    let until = today.checked_add(AHEAD_DAYS.days()).unwrap_or(today).to_string();
    let names = Names::of(&desk.replica, lang);
    let mut found: Vec<(String, Line)> = Vec::new();
    for definition in catalogue.iter_latest() {
        let writes = account.writes(definition);
        for field in definition.fields.iter().filter(|field| field.follow_up && writes.any() && shown::sees(account, definition, field)) {
            let rows = desk.replica.follow_ups_by(definition, field, &until).map_err(Fault::from)?;
            for row in rows.into_iter().filter(|row| shown::in_reach(&writes, row)) {
                let Some(due) = row.due else { continue };
                let who = row.name.clone().unwrap_or_else(|| names.label(definition, &row.fields));
                let subject = row.student.as_ref().map_or_else(String::new, |student| format!("student={student}"));
                let parent = definition.parent.as_ref().and_then(|code| match row.fields.get(code) {
                    Some(Value::Str(key)) => Some(format!("&{code}={}", escape_query(key))),
                    _ => None,
                });
                let form = format!("/ledger/{}/new?{subject}{}", definition.code, parent.unwrap_or_default());
                let line = Line {
                    text: format!("{who} · {} · {}", definition.title.get(lang), field.title.get(lang)),
                    href: format!("/record/{}", row.id),
                    tag: shown::distance(&due, today, lang),
                    items: None,
                    act: Some((form, page.t("desk-do-log"))),
                    take: None,
                };
                found.push((due, line));
            }
        }
    }
    if !found.is_empty() {
        desk.noted(account, "list", "follow_up", found.len());
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Card::new("follow", page.t("desk-card-follow"), found.into_iter().map(|(_, line)| line).collect(), ""))
}

/// Rows of the person's own uploads that were not taken, until they are corrected and sent again.
fn refused_card(desk: &Desk, account: &Account, page: &Page) -> Result<Option<Card>, Fault> {
    let line = |(file, rows, workbook): (String, usize, String)| Line {
        text: huxue_shared::locale::text(page.lang, "desk-refused-rows", &[("file", &file), ("rows", &rows.to_string())]),
        href: workbook,
        items: Some(rows),
        act: Some(("/import".to_owned(), page.t("desk-do-import"))),
        ..Line::default()
    };
    let lines = import::waiting_refused(desk, account, page.lang)?.into_iter().map(line).collect();
    Ok(Card::new("refused", page.t("desk-card-refused"), lines, "/import"))
}

#[cfg(test)]
mod tests;
