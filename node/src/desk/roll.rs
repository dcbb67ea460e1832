//! The roll: a class on one page, everybody present until told otherwise, each exception saved as it is chosen. The third day without a reason opens a suspected case:
//! the engine's rule does that, in the same commit.
//!
//! A roll that was handed in is handed in again by each change behind it, so that its counts never tell something else than its rows. A case the rule opened whose days of
//! absence were corrected away is offered to be made void, with one press: it stays a person's decision.
//!
//! Nothing is written for a child that is present, but the head of the roll counts it; a child that was absent the last time and is back gets a record, so that its
//! absence ends.

use askama::Template;
use axum::{
    Extension, Form, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use huxue_shared::{
    command::{Request, request::SubjectRef},
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{Catalogue, Definition, days::Holidays, definition::Rule, rule},
    locale::{self, Lang},
    model::DocId,
    replica::{
        browse::{Pupil, Row, Wanted},
        rules,
    },
    web::{
        Desk,
        account::{Account, Class},
        children,
        guard::{Oops, Visitor},
        page::{Page, draw},
        reach, shown,
    },
};
use jiff::{ToSpan as _, civil::Date};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// The ledger of single checks.
pub(super) const CHECK: &str = "dropout_check";
/// The ledger of their heads.
const HEAD: &str = "dropout_roll";
/// The ledger of cases, to show one that is open.
const CASE: &str = "dropout_case";
/// How far back an absence is followed, days.
const BACK_DAYS: i32 = 120;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/roll", get(classes))
        .route("/roll/{grade}/{class}", get(roll))
        .route("/roll/{grade}/{class}/row", post(row))
        .route("/roll/{grade}/{class}/withdraw", post(withdraw))
        .route("/roll/{grade}/{class}/done", post(done))
}

/// A class and whether its roll was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The class.
    pub class: Class,
    /// In words.
    pub title: String,
    /// Expected, present, absent; `None`: not taken yet.
    pub counts: Option<(i64, i64, i64)>,
}

#[derive(Template)]
#[template(path = "rolls.html")]
struct RollsPage {
    page: Page,
    classes: Vec<Taken>,
}

#[derive(Clone, Debug)]
struct Line {
    student: String,
    name: String,
    states: Vec<(String, String, bool)>,
    state: String,
    exception: bool,
    note: String,
    case: Option<String>,
    /// The days that made the case are no longer so: it may be taken back.
    withdraw: String,
    saved: bool,
    action: String,
}

#[derive(Template)]
#[template(path = "roll.html")]
struct RollPage {
    page: Page,
    class: Class,
    on: String,
    today: String,
    day: String,
    works: bool,
    lines: Vec<Line>,
    taken: Option<(i64, i64, i64)>,
    may: bool,
    /// The head is drawn in answer to a row, to be put in its place.
    again: bool,
}

#[derive(Template)]
#[template(path = "roll-row-only.html")]
struct RowPiece {
    page: Page,
    line: Line,
    number: usize,
    may: bool,
    day: String,
    works: bool,
    taken: Option<(i64, i64, i64)>,
    again: bool,
}

#[derive(Debug, Default, Deserialize)]
struct On {
    on: Option<String>,
    done: Option<String>,
    withdrawn: Option<String>,
}

impl On {
    /// The day meant: today, or one before it.
    fn day(&self, today: Date) -> Result<Date, Fault> {
        match self.on.as_deref().filter(|text| !text.is_empty()) {
            None => Ok(today),
            Some(text) => match text.parse::<Date>() {
                Ok(day) if day <= today => Ok(day),
                _ => Err(Fault::new("roll-day", Exit::Input).with("text", text)),
            },
        }
    }
}

/// The classes in reach and the rolls of a day.
///
/// # Errors
/// The store's.
pub fn taken(desk: &Desk, account: &Account, day: Date, lang: Lang) -> Result<Vec<Taken>, Fault> {
    let year = desk.replica.this_year().map_err(Fault::from)?;
    let reach = account.reads(&*desk.replica.definition(CHECK).map_err(Fault::from)?);
    let mut all: Vec<Class> = children::pupils(desk, account, year)?.iter().filter(|p| present(p)).filter_map(reach::class_of).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|class| reach.holds(Some(*class)));
    let heads = heads(desk, day)?;
    Ok(all
        .into_iter()
        .map(|class| Taken {
            class,
            title: shown::class(Some(class.grade), Some(class.class), lang),
            counts: heads.iter().find(|row| head_of(row) == Some(class)).map(counts),
        })
        .collect())
}

fn present(pupil: &Pupil) -> bool {
    pupil.status.as_deref() == Some("present")
}

fn number(row: &Row, key: &str) -> Option<i64> {
    match row.fields.get(key) {
        Some(Value::Int(n)) => Some(*n),
        _ => None,
    }
}

fn word<'a>(row: &'a Row, key: &str) -> Option<&'a str> {
    match row.fields.get(key) {
        Some(Value::Str(text)) => Some(text),
        _ => None,
    }
}

fn head_of(row: &Row) -> Option<Class> {
    number(row, "grade").zip(number(row, "class")).map(|(grade, class)| Class { grade, class })
}

fn counts(row: &Row) -> (i64, i64, i64) {
    let n = |key| number(row, key).unwrap_or(0);
    (n("expected"), n("present"), n("absent"))
}

fn heads(desk: &Desk, day: Date) -> Result<Vec<Row>, Fault> {
    let definition = desk.replica.definition(HEAD).map_err(Fault::from)?;
    let wanted = Wanted { from: Some(day.to_string()), to: Some(day.to_string()), limit: 500, ..Wanted::default() };
    Ok(desk.replica.page(&definition, &wanted).map_err(Fault::from)?.rows)
}

async fn classes(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "desk-roll");
    let lang = visitor.lang;
    let all = desk.run(move |desk| taken(desk, &account, desk.clock().today(), lang)).await?;
    match all.as_slice() {
        [one] => Ok(Redirect::to(&format!("/roll/{}/{}", one.class.grade, one.class.class)).into_response()),
        _ => draw(&RollsPage { page, classes: all }),
    }
}

/// What is known of a class on a day.
struct Known {
    class: Class,
    pupils: Vec<Pupil>,
    /// Checks of each child, newest first.
    checks: HashMap<String, Vec<Row>>,
    /// The open case of each child.
    cases: HashMap<String, Row>,
    case_ledger: Arc<Definition>,
    catalogue: Arc<Catalogue>,
    holidays: Arc<Holidays>,
    definition: Arc<Definition>,
    may: bool,
}

fn known(desk: &Desk, account: &Account, class: Class, day: Date) -> Result<Known, Fault> {
    let definition = reach::ledger(desk, account, CHECK)?;
    if !account.reads(&definition).holds(Some(class)) {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed));
    }
    let year = desk.replica.this_year().map_err(Fault::from)?;
    let mut pupils = children::pupils(desk, account, year)?;
    pupils.retain(|p| present(p) && reach::class_of(p) == Some(class));
    let from = day.checked_sub(BACK_DAYS.days()).unwrap_or(day);
    let wanted = Wanted {
        classes: Some(vec![class.to_string()]),
        from: Some(from.to_string()),
        to: Some(day.to_string()),
        order: "-on".to_owned(),
        limit: 5_000,
        ..Wanted::default()
    };
    let mut checks: HashMap<String, Vec<Row>> = HashMap::new();
    for row in desk.replica.page(&definition, &wanted).map_err(Fault::from)?.rows {
        checks.entry(row.student.clone().unwrap_or_default()).or_default().push(row);
    }
    let case = desk.replica.definition(CASE).map_err(Fault::from)?;
    let open = |row: &Row| case.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(l, s)| l.state(s)).is_none_or(|s| s.open);
    let wanted = Wanted { classes: Some(vec![class.to_string()]), limit: 500, ..Wanted::default() };
    let rows = desk.replica.page(&case, &wanted).map_err(Fault::from)?.rows;
    let cases =
        rows.into_iter().filter(|row| open(row) && account.reads(&case).any()).map(|row| (row.student.clone().unwrap_or_default(), row)).collect();
    let may = account.writes(&definition).holds(Some(class));
    Ok(Known {
        class,
        pupils,
        checks,
        cases,
        case_ledger: case,
        catalogue: desk.replica.catalogue(),
        holidays: desk.replica.holidays(),
        definition,
        may,
    })
}

impl Known {
    /// The check of a child on this day.
    fn today(&self, student: &str, day: Date) -> Option<&Row> {
        let day = day.to_string();
        self.checks.get(student)?.iter().find(|row| row.on.as_deref() == Some(day.as_str()))
    }

    /// States that count as absent without a reason: those the ledger's rule watches for.
    fn counts_as_absent(&self, state: &str) -> bool {
        self.definition.rules.iter().filter(|rule| rule.field == "state").any(|rule| rule.values.iter().any(|value| value == state))
    }

    /// First day of an absence that reaches `day`, and its school days.
    fn absence(&self, student: &str, day: Date) -> (Date, i64) {
        let mut since = day;
        while let Some(before) = self.holidays.previous_working(since) {
            let Some(row) = self.today(student, before).filter(|row| word(row, "state").is_some_and(|state| self.counts_as_absent(state))) else {
                break;
            };
            let earlier = word(row, "since").and_then(|text| text.parse::<Date>().ok()).filter(|first| *first < before);
            since = earlier.unwrap_or(before);
        }
        let (mut days, mut at) = (1, since);
        while at < day && days < 250 {
            match self.holidays.next_working(at) {
                Some(next) if next <= day => {
                    days += 1;
                    at = next;
                }
                _ => break,
            }
        }
        (since, days)
    }

    /// The child's open case, if a rule opened it, nothing was done about it yet, and the days that made it are no longer so.
    fn unfounded(&self, student: &str) -> Option<&Row> {
        let case = self.cases.get(student)?;
        let initial = self.case_ledger.lifecycle.as_ref().is_some_and(|lifecycle| Some(lifecycle.initial.as_str()) == case.state.as_deref());
        let maker = rules::maker(&self.catalogue, DocId::from_hex(student)?, CASE, &case.id, &case.fields)?;
        let first_day = rule::first_day_of(&maker, &case.fields)?;
        let stands = |rule: &&Rule| {
            let rows = self.checks.get(student).into_iter().flatten();
            let sightings: Vec<rule::Sighting> =
                rows.filter_map(|row| rule::Sighting::of(rule, &self.definition, row.on.as_deref()?.parse().ok()?, &row.fields)).collect();
            rule::stands(rule, &sightings, &self.holidays, first_day)
        };
        (initial && !self.definition.rules.iter().filter(|rule| rule.opens == CASE).any(|rule| stands(&rule))).then_some(case)
    }

    fn line(&self, page: &Page, pupil: &Pupil, day: Date, saved: bool) -> Line {
        let lang = page.lang;
        let row = self.today(&pupil.student, day);
        let state = row.and_then(|row| word(row, "state")).unwrap_or("present").to_owned();
        let states = self
            .definition
            .option_list("state")
            .iter()
            .flat_map(|list| &list.choices)
            .map(|choice| (choice.code.clone(), choice.title.get(lang).to_owned(), choice.code == state))
            .collect();
        let absent = self.counts_as_absent(&state);
        let note =
            if absent { locale::text(lang, "desk-roll-day", &[("value", &self.absence(&pupil.student, day).1.to_string())]) } else { String::new() };
        let here = format!("/roll/{}/{}", self.class.grade, self.class.class);
        let withdraw = self.unfounded(&pupil.student).filter(|_| self.may).map(|_| page.post(&format!("{here}/withdraw?on={day}")));
        Line {
            student: pupil.student.clone(),
            name: pupil.name.clone(),
            states,
            exception: state != "present",
            note,
            case: self.cases.get(&pupil.student).map(|row| row.id.clone()),
            withdraw: withdraw.unwrap_or_default(),
            saved,
            action: page.post(&format!("{here}/row?on={day}")),
            state: if absent { "absent".to_owned() } else { state },
        }
    }
}

async fn roll(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((grade, class)): Path<(i64, i64)>,
    Query(on): Query<On>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "desk-roll");
    if on.done.is_some() {
        page.done = page.t("desk-roll-done");
    } else if on.withdrawn.is_some() {
        page.done = page.t("desk-roll-withdrawn");
    }
    let drawn = desk
        .run(move |desk| {
            let today = desk.clock().today();
            let day = on.day(today)?;
            let class = Class { grade, class };
            let known = known(desk, &account, class, day)?;
            let lines: Vec<Line> = known.pupils.iter().map(|pupil| known.line(&page, pupil, day, false)).collect();
            desk.noted(&account, "list", format!("ledger {CHECK}"), lines.len());
            let taken = heads(desk, day)?.iter().find(|row| head_of(row) == Some(class)).map(counts);
            Ok(RollPage {
                class,
                on: day.to_string(),
                today: today.to_string(),
                day: in_words(day, today, page.lang),
                works: known.holidays.is_working(day),
                lines,
                taken,
                may: known.may,
                again: false,
                page: page.titled(format!(
                    "{} · {}",
                    shown::class(Some(grade), Some(class.class), visitor.lang),
                    locale::text(visitor.lang, "desk-roll", &[])
                )),
            })
        })
        .await?;
    draw(&drawn)
}

/// The day in words; with its year, where that is not today's.
fn in_words(day: Date, today: Date, lang: Lang) -> String {
    let words = shown::day(day, lang);
    match lang {
        _ if day.year() == today.year() => words,
        Lang::Zh => format!("{}年{words}", day.year()),
        Lang::En => format!("{words} {}", day.year()),
    }
}

#[derive(Debug, Deserialize)]
struct OfChild {
    student: String,
}

/// Makes the case void that a rule opened for days which were corrected since.
async fn withdraw(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((grade, class)): Path<(i64, i64)>,
    Query(on): Query<On>,
    Form(of): Form<OfChild>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let day = desk
        .run(move |desk| {
            let day = on.day(desk.clock().today())?;
            let known = known(desk, &account, Class { grade, class }, day)?;
            if !known.may || !known.pupils.iter().any(|pupil| pupil.student == of.student) {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            if let Some(case) = known.unfounded(&of.student) {
                let _ = reach::writable(desk, &account, &case.id)?;
                let why = locale::text(lang, "desk-roll-withdraw-why", &[]);
                desk.ask(&account, Request::RecordVoid { record: case.id.clone(), why, by: Some(account.name.clone()) }, lang)?;
            }
            Ok(day)
        })
        .await?;
    Ok(Redirect::to(&format!("/roll/{grade}/{class}?on={day}&withdrawn=1")).into_response())
}

#[derive(Debug, Deserialize)]
struct Chosen {
    student: String,
    state: String,
}

/// Writes what was chosen for a child, if it is not so already.
fn choose(desk: &Desk, account: &Account, known: &Known, student: &str, state: &str, day: Date, lang: Lang) -> Result<(), Fault> {
    let (since, days) = known.absence(student, day);
    let absent = known.counts_as_absent(state);
    let mut set = BTreeMap::from([("state".to_owned(), state.to_owned())]);
    set.insert("since".to_owned(), if absent { since.to_string() } else { String::new() });
    set.insert("days_absent".to_owned(), if absent { days.to_string() } else { String::new() });
    let by = Some(account.name.clone());
    match known.today(student, day) {
        Some(row) if word(row, "state") == Some(state) => Ok(()),
        Some(row) => desk.ask(account, Request::RecordSet { record: row.id.clone(), set, by }, lang).map(|_| ()),
        None => {
            set.insert("on".to_owned(), day.to_string());
            set.insert("checked_by".to_owned(), account.name.clone());
            set.retain(|_, text| !text.is_empty());
            let subject = Some(SubjectRef::Student(student.to_owned()));
            desk.ask(account, Request::RecordAdd { ledger: CHECK.to_owned(), subject, year: None, set, by }, lang).map(|_| ())
        }
    }
}

async fn row(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((grade, class)): Path<(i64, i64)>,
    Query(on): Query<On>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "desk-roll");
    let drawn = desk
        .run(move |desk| {
            let today = desk.clock().today();
            let day = on.day(today)?;
            let class = Class { grade, class };
            let before = known(desk, &account, class, day)?;
            let nobody = || Fault::new("web-child-none", Exit::NoMatch);
            let number = before.pupils.iter().position(|p| p.student == chosen.student).ok_or_else(nobody)?;
            if !before.may {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            if chosen.state != "present" || before.today(&chosen.student, day).is_some() {
                choose(desk, &account, &before, &chosen.student, &chosen.state, day, page.lang)?;
            }
            let mut after = known(desk, &account, class, day)?;
            let head = |desk: &Desk| Ok::<_, Fault>(heads(desk, day)?.into_iter().find(|row| head_of(row) == Some(class)));
            if head(desk)?.is_some() {
                finish(desk, &account, &after, day, page.lang)?;
                after = known(desk, &account, class, day)?;
            }
            let pupil = after.pupils.get(number).ok_or_else(nobody)?;
            let line = after.line(&page, pupil, day, true);
            desk.noted_once(&account, "list", format!("ledger {CHECK}"), 1);
            let taken = head(desk)?.as_ref().map(counts);
            let (works, day) = (after.holidays.is_working(day), in_words(day, today, page.lang));
            Ok(RowPiece { page, line, number: number + 1, may: after.may, day, works, taken, again: true })
        })
        .await?;
    draw(&drawn)
}

async fn done(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((grade, class)): Path<(i64, i64)>,
    Query(on): Query<On>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let day = desk
        .run(move |desk| {
            let day = on.day(desk.clock().today())?;
            let known = known(desk, &account, Class { grade, class }, day)?;
            if !known.may {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            finish(desk, &account, &known, day, lang)?;
            Ok(day)
        })
        .await?;
    Ok(Redirect::to(&format!("/roll/{grade}/{class}?on={day}&done=1")).into_response())
}

/// Ends the absences of those who are back, and writes the head of the roll.
fn finish(desk: &Desk, account: &Account, known: &Known, day: Date, lang: Lang) -> Result<(), Fault> {
    for pupil in &known.pupils {
        let newest = known.checks.get(&pupil.student).and_then(|rows| rows.first());
        let was_absent =
            newest.is_some_and(|row| row.on.as_deref() < Some(day.to_string().as_str()) && word(row, "state").is_some_and(|s| s != "present"));
        if was_absent {
            choose(desk, account, known, &pupil.student, "present", day, lang)?;
        }
    }
    let state = |pupil: &Pupil| known.today(&pupil.student, day).and_then(|row| word(row, "state")).unwrap_or("present");
    let expected = known.pupils.len();
    let present = known.pupils.iter().filter(|p| state(p) == "present").count();
    let absent = known.pupils.iter().filter(|p| known.counts_as_absent(state(p))).count();
    let stage = known.pupils.iter().find_map(|p| p.stage.clone()).unwrap_or_default();
    let mut set: BTreeMap<String, String> = [
        ("expected", expected.to_string()),
        ("present", present.to_string()),
        ("absent", absent.to_string()),
        ("done_by", account.name.clone()),
        ("done_at", desk.clock().now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).strftime("%H:%M").to_string()),
    ]
    .into_iter()
    .map(|(key, text)| (key.to_owned(), text))
    .collect();
    let by = Some(account.name.clone());
    let head = heads(desk, day)?.into_iter().find(|row| head_of(row) == Some(known.class));
    let written = match head {
        Some(row) => desk.ask(account, Request::RecordSet { record: row.id, set, by }, lang)?,
        None => {
            let class = known.class;
            for (key, text) in
                [("stage", stage), ("grade", class.grade.to_string()), ("class", class.class.to_string()), ("week", week(day).to_string())]
            {
                set.insert(key.to_owned(), text);
            }
            set.insert("on".to_owned(), day.to_string());
            desk.ask(account, Request::RecordAdd { ledger: HEAD.to_owned(), subject: Some(SubjectRef::School(None)), year: None, set, by }, lang)?
        }
    };
    let record = written["record"].as_str().unwrap_or_default();
    for row in known.pupils.iter().filter_map(|pupil| known.today(&pupil.student, day)).filter(|row| word(row, "roll") != Some(record)) {
        let set = BTreeMap::from([("roll".to_owned(), record.to_owned())]);
        desk.ask(account, Request::RecordSet { record: row.id.clone(), set, by: None }, lang)?;
    }
    Ok(())
}

/// Week of the term, 1 to 30, counted from the Monday of the week in which the term begins: 1 September, 1 March (later in February, schools differ).
fn week(day: Date) -> i32 {
    let autumn = day.month() >= 9 || day.month() == 1;
    let year = if day.month() == 1 { day.year() - 1 } else { day.year() };
    let first = Date::new(year, if autumn { 9 } else { 3 }, 1).unwrap_or(day);
    let monday = first.checked_sub(i32::from(first.weekday().to_monday_zero_offset()).days()).unwrap_or(first);
    ((day - monday).get_days() / 7 + 1).clamp(1, 30)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn weeks_are_counted_from_the_first_monday_of_the_term() {
        assert_eq!(week(date(2025, 9, 1)), 1);
        assert_eq!(week(date(2025, 9, 8)), 2);
        assert_eq!(week(date(2026, 1, 12)), 20);
        assert_eq!(week(date(2026, 3, 2)), 2, "the first of March is a Sunday: its week began in February");
        assert_eq!(week(date(2026, 2, 16)), 1);
    }

    #[test]
    fn a_roll_is_of_today_or_before() {
        let on = |text: &str| On { on: Some(text.to_owned()), done: None, withdrawn: None };
        assert_eq!(on("2026-03-02").day(date(2026, 3, 2)).unwrap(), date(2026, 3, 2));
        assert_eq!(On::default().day(date(2026, 3, 2)).unwrap(), date(2026, 3, 2));
        assert_eq!(on("2026-03-03").day(date(2026, 3, 2)).unwrap_err().code, "roll-day");
        assert_eq!(on("gestern").day(date(2026, 3, 2)).unwrap_err().code, "roll-day");
    }
}
