//! The roll: a class on one page, everybody present until told otherwise, each exception saved as it is chosen. The third day without a reason opens a suspected case:
//! the engine's rule does that, in the same commit.
//!
//! A roll that was handed in is handed in again by each change behind it, so that its counts never tell something else than its rows. A case the rule opened whose days of
//! absence were corrected away is offered to be made void, with one press: it stays a person's decision.
//!
//! Nothing is written for a child that is present, but the head of the roll counts it; a child that was absent the last time and is back gets a record, so that its
//! absence ends.
//!
//! Long as it is, this is one room: the page, its rows and what is pressed on them are drawn from one reading of the class.
//!
//! A day without school is opened for marking by a person who says so ([`Known::open`]): nothing is written on it by a slip of the date.

mod caseless;
mod known;
mod missing;
mod taking;

pub use self::missing::Missed;
use self::{
    known::{Known, known},
    missing::Rolls,
    taking::{choose, finish},
};
use askama::Template;
use axum::{
    Extension, Form, Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use huxue_shared::{
    command::Request,
    document::view::Value,
    fault::{Exit, Fault},
    locale::{self, Lang},
    replica::browse::{Pupil, Row, Wanted},
    web::{
        Desk,
        account::{Account, Class},
        children, entry,
        guard::{Oops, Visitor},
        page::{Page, draw},
        pending::Pending,
        reach, shown,
    },
};
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::Arc;

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

/// The figures of a roll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Children of the class.
    pub expected: i64,
    /// There.
    pub present: i64,
    /// Absent without a reason.
    pub absent: i64,
}

impl Figures {
    /// How many are not there for a reason (on leave, ill and the like), beside those who were marked differently on two machines.
    fn excused(&self, apart: usize) -> i64 {
        (self.expected - self.present - self.absent - i64::try_from(apart).unwrap_or(i64::MAX)).max(0)
    }

    /// In a sentence with the three of them.
    fn told(&self, key: &str, lang: Lang) -> String {
        let [expected, present, absent] = [self.expected, self.present, self.absent].map(|count| count.to_string());
        locale::text(lang, key, &[("expected", &expected), ("present", &present), ("absent", &absent)])
    }
}

/// A class and whether its roll was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The class.
    pub class: Class,
    /// In words.
    pub title: String,
    /// `None`: not taken yet.
    pub counts: Option<Figures>,
    /// School days lately without a roll, newest first.
    pub missing: Vec<Missed>,
}

#[derive(Template)]
#[template(path = "rolls.html")]
struct RollsPage {
    page: Page,
    works: bool,
    classes: Vec<Taken>,
}

#[derive(Clone, Debug)]
struct Line {
    student: String,
    name: String,
    /// Class, status or the mark itself in question: where it is settled, and what is said.
    unsettled: Option<(String, String)>,
    states: Vec<(String, String, bool)>,
    /// In words, where it was marked differently on two machines.
    apart: String,
    state: String,
    exception: bool,
    note: String,
    /// Days without a roll that break the absence: where the newest of them is taken, and what is said. Empty: none do.
    gap: (String, String),
    /// Its last mark, where that says something of today; and whether it must be said that the child is back.
    before: String,
    undecided: bool,
    /// The open case of these days: where it is, and how it stands.
    case: Option<(String, String)>,
    /// A new case, where the days make one and none is open.
    caseless: caseless::Offer,
    /// The days that made the case are no longer so: it may be taken back.
    withdraw: String,
    saved: bool,
    action: String,
}

/// What stands over the rows.
#[derive(Clone, Debug)]
struct Head {
    /// By the marks; `None`: not handed in.
    taken: Option<Figures>,
    /// What was handed in and how it is mended, where it is something else than the marks, and the class as the files have it now, say. Empty: it is not.
    kept: String,
    /// Where the figures are settled that another machine wrote otherwise; empty: none are.
    waits: String,
    /// How many are not there for a reason.
    excused: i64,
    /// How many were marked differently on two machines.
    apart: usize,
}

impl Head {
    fn of(desk: &Desk, known: &Known, day: Date, lang: Lang) -> Result<Self, Fault> {
        let apart = known.pupils.iter().filter(|pupil| !known.apart(&pupil.student, day).is_empty()).count();
        let Some(row) = head(desk, known.class, day)? else {
            return Ok(Self { taken: None, kept: String::new(), waits: String::new(), excused: 0, apart });
        };
        let definition = desk.replica.definition(HEAD).map_err(Fault::from)?;
        let mut found = Pending::read(desk)?.of(desk, &definition, &row.id, lang);
        let waits = ["expected", "present", "absent"].into_iter().find_map(|key| found.remove(key)).map(|one| one.href);
        let (now, kept) = (known.tally(day), counts(&row));
        // Figures in dispute are not known to be one thing or another.
        let differs = waits.is_none() && kept != now;
        let mends = known.may && !known.pupils.is_empty();
        let told = differs.then(|| kept.told(if mends { "desk-roll-kept-mend" } else { "desk-roll-kept" }, lang));
        Ok(Self { taken: Some(now), kept: told.unwrap_or_default(), waits: waits.unwrap_or_default(), excused: now.excused(apart), apart })
    }
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
    /// No calendar is known here.
    blind: bool,
    /// No school on this day, and nobody has said that there is: it is asked first.
    asks: bool,
    /// Opened by a person who said so.
    opened: bool,
    /// The school days before and after; empty: none that a roll is taken of.
    beside: (String, String),
    /// Other school days lately without a roll.
    missing: Vec<Missed>,
    lines: Vec<Line>,
    head: Head,
    may: bool,
    /// It was to be handed in, and of these it is not known whether they are back; empty: of all.
    undecided: String,
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
    head: Head,
    again: bool,
}

#[derive(Debug, Default, Deserialize)]
struct On {
    on: Option<String>,
    /// There is school on this day, says the person, whatever the calendar says.
    open: Option<String>,
    done: Option<String>,
    withdrawn: Option<String>,
    /// It was to be handed in before all was said.
    undecided: Option<String>,
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

    /// Refuses a mark on a day without school that nobody opened: the page may be an old one, or the calendar has come since.
    fn refuse_closed(&self, known: &Known, day: Date) -> Result<(), Fault> {
        if self.open.is_some() || known.open(day) { Ok(()) } else { Err(Fault::new("roll-no-school", Exit::Input)) }
    }
}

/// The classes in reach of these children, and the rolls of a day.
///
/// # Errors
/// The store's.
pub fn taken(desk: &Desk, account: &Account, pupils: &[Pupil], day: Date, lang: Lang) -> Result<Vec<Taken>, Fault> {
    let reach = account.reads(&*desk.replica.definition(CHECK).map_err(Fault::from)?);
    let mut all: Vec<Class> = pupils.iter().filter(|p| present(p)).filter_map(reach::class_of).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|class| reach.holds(Some(*class)));
    let (heads, rolls) = (heads(desk, day, day)?, Rolls::read(desk, day)?);
    Ok(all
        .into_iter()
        .map(|class| Taken {
            class,
            title: shown::class(Some(class.grade), Some(class.class), lang),
            counts: heads.iter().find(|row| head_of(row) == Some(class)).map(counts),
            missing: rolls.missing(class).into_iter().map(|day| Missed::of(class, day, lang)).collect(),
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

fn counts(row: &Row) -> Figures {
    let n = |key| number(row, key).unwrap_or(0);
    Figures { expected: n("expected"), present: n("present"), absent: n("absent") }
}

/// The heads of all classes from one day to another.
fn heads(desk: &Desk, from: Date, to: Date) -> Result<Vec<Row>, Fault> {
    let definition = desk.replica.definition(HEAD).map_err(Fault::from)?;
    let wanted = Wanted { from: Some(from.to_string()), to: Some(to.to_string()), limit: 5_000, ..Wanted::default() };
    Ok(desk.replica.page(&definition, &wanted).map_err(Fault::from)?.rows)
}

/// The head of a class on a day.
fn head(desk: &Desk, class: Class, day: Date) -> Result<Option<Row>, Fault> {
    Ok(heads(desk, day, day)?.into_iter().find(|row| head_of(row) == Some(class)))
}

async fn classes(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "desk-roll");
    let lang = visitor.lang;
    let all = desk
        .run(move |desk| {
            let pupils = children::pupils(desk, &account, desk.replica.this_year().map_err(Fault::from)?)?;
            taken(desk, &account, &pupils, desk.clock().today(), lang)
        })
        .await?;
    match all.as_slice() {
        [one] => Ok(Redirect::to(&format!("/roll/{}/{}", one.class.grade, one.class.class)).into_response()),
        _ => draw(&RollsPage { works: desk.replica.holidays().is_working(desk.clock().today()), page, classes: all }),
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
            let known = known(desk, &account, class, day, page.lang)?;
            let (opened, asks) = (on.open.is_some() && !known.open(day), on.open.is_none() && !known.open(day));
            let lines: Vec<Line> = known.pupils.iter().map(|pupil| known.line(&page, pupil, day, opened, false)).collect();
            desk.noted(&account, "list", format!("ledger {CHECK}"), lines.len());
            let head = Head::of(desk, &known, day, page.lang)?;
            let missing = Rolls::read(desk, today)?.missing(class).into_iter().filter(|missed| *missed != day);
            let beside = |there: Option<Date>| there.filter(|there| *there <= today).map(|there| missing::at(class, there)).unwrap_or_default();
            Ok(RollPage {
                class,
                asks: asks && known.may,
                opened,
                beside: (beside(known.holidays.previous_working(day)), beside(known.holidays.next_working(day))),
                missing: missing.map(|day| Missed::of(class, day, page.lang)).collect(),
                on: day.to_string(),
                today: today.to_string(),
                day: in_words(day, today, page.lang),
                works: known.holidays.is_working(day),
                blind: known.holidays.is_none(),
                lines,
                head,
                may: known.may && !asks,
                undecided: on.undecided.as_ref().map(|_| known.undecided(day).join(page.lang.comma())).unwrap_or_default(),
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
    let (day, undo) = desk
        .run(move |desk| {
            let day = on.day(desk.clock().today())?;
            let known = known(desk, &account, Class { grade, class }, day, lang)?;
            if !known.may || !known.pupils.iter().any(|pupil| pupil.student == of.student) {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            // The page may be an old one, or the days stand again since.
            let case = known.unfounded.get(&of.student).ok_or_else(|| Fault::new("roll-case-stands", Exit::Input))?;
            let _ = reach::writable(desk, &account, &case.id)?;
            let why = locale::text(lang, "desk-roll-withdraw-why", &[]);
            let done = desk.ask(&account, Request::RecordVoid { record: case.id.clone(), why, by: Some(account.name.clone()) }, lang)?;
            Ok((day, entry::undo_word(&done)))
        })
        .await?;
    Ok(Redirect::to(&format!("/roll/{grade}/{class}?on={day}&withdrawn=1{undo}")).into_response())
}

#[derive(Debug, Deserialize)]
struct Chosen {
    student: String,
    state: String,
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
            let before = known(desk, &account, class, day, page.lang)?;
            let nobody = || Fault::new("web-child-none", Exit::NoMatch);
            if !before.pupils.iter().any(|pupil| pupil.student == chosen.student) {
                return Err(nobody());
            }
            if !before.may {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            on.refuse_closed(&before, day)?;
            if chosen.state != "present" || before.today(&chosen.student, day).is_some() || before.last_mark(&chosen.student, day).is_some() {
                choose(desk, &account, &before, &chosen.student, &chosen.state, day, page.lang)?;
            }
            let mut after = known(desk, &account, class, day, page.lang)?;
            if head(desk, class, day)?.is_some() {
                finish(desk, &account, &after, day, page.lang)?;
                after = known(desk, &account, class, day, page.lang)?;
            }
            let (number, pupil) = after.pupils.iter().enumerate().find(|(_, pupil)| pupil.student == chosen.student).ok_or_else(nobody)?;
            let line = after.line(&page, pupil, day, on.open.is_some() && !after.open(day), true);
            desk.noted_once(&account, "list", format!("ledger {CHECK}"), 1);
            let head = Head::of(desk, &after, day, page.lang)?;
            let (works, day) = (after.holidays.is_working(day), in_words(day, today, page.lang));
            Ok(RowPiece { page, line, number: number + 1, may: after.may, day, works, head, again: true })
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
    let open = if on.open.is_some() { "&open=1" } else { "" };
    let (day, whole) = desk
        .run(move |desk| {
            let day = on.day(desk.clock().today())?;
            let known = known(desk, &account, Class { grade, class }, day, lang)?;
            if !known.may {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            on.refuse_closed(&known, day)?;
            let whole = known.undecided(day).is_empty();
            if whole {
                finish(desk, &account, &known, day, lang)?;
            }
            Ok((day, whole))
        })
        .await?;
    let said = if whole { "&done=1".to_owned() } else { format!("&undecided=1{open}") };
    Ok(Redirect::to(&format!("/roll/{grade}/{class}?on={day}{said}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_roll_is_of_today_or_before() {
        let on = |text: &str| On { on: Some(text.to_owned()), ..On::default() };
        assert_eq!(on("2026-03-02").day(date(2026, 3, 2)).unwrap(), date(2026, 3, 2));
        assert_eq!(On::default().day(date(2026, 3, 2)).unwrap(), date(2026, 3, 2));
        assert_eq!(on("2026-03-03").day(date(2026, 3, 2)).unwrap_err().code, "roll-day");
        assert_eq!(on("gestern").day(date(2026, 3, 2)).unwrap_err().code, "roll-day");
    }
}
