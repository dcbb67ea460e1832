//! What is known of a class on a day: its children, their checks and open cases, what counts as an absence and since when, and the line drawn of each child.

use super::{BACK_DAYS, CASE, CHECK, Figures, Line, caseless, head_of, heads, missing, present, word};
use huxue_shared::{
    fault::{Exit, Fault},
    ledger::{Catalogue, Definition, days::Holidays, definition::Rule, rule},
    locale::{self, Lang},
    model::{DocId, SchoolYear},
    replica::{
        browse::{Pupil, Row, Wanted},
        rules,
    },
    web::{
        Desk,
        account::{Account, Class},
        page::Page,
        pending::{Pending, Unsettled},
        reach, shown,
    },
};
use jiff::{ToSpan as _, civil::Date};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// School days without a roll behind which an earlier absence is looked for: after two weeks it is another one.
const GAP_DAYS_MAX: usize = 10;

/// Marks of a child that is not expected, once its file says the same.
const GONE: [&str; 2] = ["transferred", "suspended"];

/// Marks that stand until somebody marks otherwise: such a child does not come back overnight.
const STANDING: [&str; 3] = ["transferred", "suspended", "home_taught"];

/// What is known of a child before anybody marks it: its last mark.
#[derive(Clone, Debug)]
pub(super) struct LastMark {
    /// How it was marked.
    pub(super) state: String,
    /// On this day.
    pub(super) on: Date,
    /// What it is taken for until somebody says otherwise.
    pub(super) taken: Taken,
}

/// What an unmarked child is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// In class, as nearly all are.
    Present,
    /// As it was marked before.
    Same,
    /// Nobody knows: it was away without a reason, and whether it is back must be said. Taken for present, a hasty hand would end the absence.
    Unknown,
}

/// What is known of a class on a day.
pub(super) struct Known {
    pub(super) class: Class,
    pub(super) pupils: Vec<Pupil>,
    /// Checks of each child, newest first.
    pub(super) checks: HashMap<String, Vec<Row>>,
    /// The open case of each child.
    pub(super) cases: HashMap<String, Row>,
    /// The newest date of a case of each child that holds, open or closed.
    pub(super) about: HashMap<String, Date>,
    /// Children whose case about days lately was made void.
    pub(super) void: HashSet<String>,
    /// The visitor may open a case of a child of this class.
    pub(super) opens: bool,
    /// Of these, by child, those whose days are no longer so.
    pub(super) unfounded: HashMap<String, Row>,
    pub(super) case_ledger: Arc<Definition>,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) holidays: Arc<Holidays>,
    /// Days that lead to this one of which the class has a roll.
    pub(super) rolled: BTreeSet<Date>,
    pub(super) definition: Arc<Definition>,
    /// What is said of children whose class or status is in question: where it is settled, and the words. They stand in the class that is kept.
    pub(super) unsettled: HashMap<String, (String, String)>,
    /// The same of children whose mark of this day was written otherwise on another machine.
    pub(super) held: HashMap<String, (String, String)>,
    /// Keys that await a person's choice, by record: nothing is written there.
    pub(super) disputed: BTreeMap<String, BTreeSet<String>>,
    pub(super) may: bool,
    /// Today.
    pub(super) now: Date,
}

pub(super) fn known(desk: &Desk, account: &Account, class: Class, day: Date, lang: Lang) -> Result<Known, Fault> {
    let definition = reach::ledger(desk, account, CHECK)?;
    if !account.reads(&definition).holds(Some(class)) {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed));
    }
    let (pending, profile) = (Pending::read(desk)?, desk.replica.definition("enrolment").map_err(Fault::from)?);
    let pupils = pupils(desk, &definition, class, day, |p| pending.holds(&profile, &p.student, "status"))?;
    let students = Some(pupils.iter().map(|pupil| pupil.student.clone()).collect::<Vec<_>>());
    let unsettled = pupils.iter().filter_map(|pupil| {
        let found = pending.of_child(desk, &profile, &pupil.student, lang);
        let held = ["grade", "class", "status"].iter().filter_map(|code| Some((profile.field(code)?.title.get(lang), found.get(*code)?)));
        let held: Vec<(&str, &Unsettled)> = held.collect();
        let href = held.first()?.1.href.clone();
        let words = held.iter().map(|(title, one)| format!("{title}{}{}", lang.colon(), one.values)).collect::<Vec<_>>().join(lang.semicolon());
        Some((pupil.student.clone(), (href, locale::text(lang, "web-pending", &[("value", &words)]))))
    });
    let unsettled = unsettled.collect();
    let case = desk.replica.definition(CASE).map_err(Fault::from)?;
    let open = |row: &Row| case.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(l, s)| l.state(s)).is_none_or(|s| s.open);
    let wanted = Wanted { students: students.clone(), limit: 500, ..Wanted::default() };
    let rows = desk.replica.page(&case, &wanted).map_err(Fault::from)?.rows;
    let mut about: HashMap<String, Date> = HashMap::new();
    for row in &rows {
        if let Some((student, on)) = row.student.clone().zip(row.on.as_deref().and_then(|on| on.parse().ok())) {
            let last = about.entry(student).or_insert(on);
            *last = on.max(*last);
        }
    }
    let cases: HashMap<String, Row> =
        rows.into_iter().filter(|row| open(row) && account.reads(&case).any()).map(|row| (row.student.clone().unwrap_or_default(), row)).collect();
    let may = account.writes(&definition).holds(Some(class));
    let mut known = Known {
        class,
        pupils,
        checks: checks(desk, &definition, students.clone(), day)?,
        cases,
        about,
        void: HashSet::new(),
        opens: account.writes(&case).holds(Some(class)),
        unfounded: HashMap::new(),
        case_ledger: case,
        catalogue: desk.replica.catalogue(),
        holidays: desk.replica.holidays(),
        rolled: missing::held(desk, class, back(day), day)?,
        definition,
        unsettled,
        held: HashMap::new(),
        now: desk.clock().today(),
        disputed: desk.replica.in_dispute().map_err(Fault::from)?,
        may,
    };
    let held = known.pupils.iter().filter_map(|pupil| {
        let found = pending.of(desk, &known.definition, &known.today(&pupil.student, day)?.id, lang).remove("state")?;
        Some((pupil.student.clone(), (found.href.clone(), found.words(lang))))
    });
    known.held = held.collect();
    known.void = caseless::taken_back(desk, &known, day)?;
    for student in known.cases.keys().cloned().collect::<Vec<_>>() {
        let mut all = desk.replica.records_of(&student).map_err(Fault::from)?;
        all.retain(|row| row.ledger == CHECK && !row.void);
        if let Some(case) = known.taken_back(&student, &all).cloned() {
            let _ = known.unfounded.insert(student, case);
        }
    }
    Ok(known)
}

/// The first day a case is about, or its own date.
fn begins(case: &Row) -> Option<Date> {
    [word(case, "first_absent"), case.on.as_deref()].into_iter().flatten().filter_map(|text| text.parse().ok()).min()
}

/// As far back as an absence is followed.
pub(super) fn back(day: Date) -> Date {
    day.checked_sub(BACK_DAYS.days()).unwrap_or(day)
}

/// The checks of children that lead to a day, of each the newest first.
fn checks(desk: &Desk, definition: &Definition, students: Option<Vec<String>>, day: Date) -> Result<HashMap<String, Vec<Row>>, Fault> {
    let (from, to) = (Some(back(day).to_string()), Some(day.to_string()));
    let wanted = Wanted { students, from, to, order: "-on".to_owned(), limit: 5_000, ..Wanted::default() };
    let mut checks: HashMap<String, Vec<Row>> = HashMap::new();
    for row in desk.replica.page(definition, &wanted).map_err(Fault::from)?.rows {
        checks.entry(row.student.clone().unwrap_or_default()).or_default().push(row);
    }
    Ok(checks)
}

/// The children of a class as it was on a day, in the order of their names' sound, whoever asks: the counts of a roll must not tell who counted. Where a child was on a
/// roll of that day it was in that roll's class; else it is in the class it is in now, if it was at school then. A class it changed to since without a mark on that day
/// is not known to be a new one: no day is kept with it.
fn pupils(desk: &Desk, definition: &Definition, class: Class, day: Date, in_question: impl Fn(&Pupil) -> bool) -> Result<Vec<Pupil>, Fault> {
    let rolls: HashMap<String, Class> = heads(desk, day, day)?.into_iter().filter_map(|row| Some((row.id.clone(), head_of(&row)?))).collect();
    let wanted = Wanted { from: Some(day.to_string()), to: Some(day.to_string()), limit: 5_000, ..Wanted::default() };
    let marks = desk.replica.page(definition, &wanted).map_err(Fault::from)?.rows;
    let stood: HashMap<String, Class> =
        marks.into_iter().filter_map(|row| rolls.get(word(&row, "roll")?).map(|class| (row.student.clone().unwrap_or_default(), *class))).collect();
    let today = desk.clock().today();
    let year = SchoolYear::of(day).map_or_else(|| desk.replica.this_year().map_err(Fault::from), Ok)?;
    let mut all = desk.replica.pupils(year).map_err(Fault::from)?;
    all.retain(|pupil| match stood.get(&pupil.student) {
        Some(then) => *then == class,
        None => reach::class_of(pupil) == Some(class) && (in_question(pupil) || was_here(pupil, day, today)),
    });
    all.sort_by_cached_key(|pupil| (shown::sound(&pupil.name), pupil.student.clone()));
    Ok(all)
}

/// Whether a child was at school on a day. Today it is what its status says, so that a day mistyped in its file cannot take it off the roll.
fn was_here(pupil: &Pupil, day: Date, today: Date) -> bool {
    let on = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
    let since = on(&pupil.status_on).filter(|_| day < today);
    match (present(pupil), since) {
        (here, None) => here && on(&pupil.entered_on).is_none_or(|entered| entered <= day || day == today),
        // Back, or come, on that day.
        (true, Some(since)) => since <= day,
        (false, Some(since)) => day < since && on(&pupil.entered_on).is_none_or(|entered| entered <= day),
    }
}

impl Known {
    /// Takes in the checks of a child that may not be in the class on this day.
    pub(super) fn follow(&mut self, desk: &Desk, student: &str, day: Date) -> Result<(), Fault> {
        self.checks.extend(checks(desk, &self.definition, Some(vec![student.to_owned()]), day)?);
        Ok(())
    }

    /// The check of a child on this day: its mark on the roll before any other.
    pub(super) fn today(&self, student: &str, day: Date) -> Option<&Row> {
        if let Some(mark) = self.marks(student, day).first() {
            return Some(mark);
        }
        let day = day.to_string();
        self.checks.get(student)?.iter().find(|row| row.on.as_deref() == Some(day.as_str()))
    }

    /// The marks of a child on this day's roll: one, and more where machines without a link made one each. What was found at the door or by phone is none.
    pub(super) fn marks(&self, student: &str, day: Date) -> Vec<&Row> {
        let day = day.to_string();
        let rows = self.checks.get(student).into_iter().flatten();
        rows.filter(|row| row.on.as_deref() == Some(day.as_str()) && word(row, "method").is_none_or(|method| method == "roll")).collect()
    }

    /// The states of a child that was marked differently on this day, in order; empty where it was not.
    pub(super) fn apart(&self, student: &str, day: Date) -> Vec<&str> {
        let mut states: Vec<&str> = self.marks(student, day).into_iter().filter_map(|row| word(row, "state")).collect();
        states.sort_unstable();
        states.dedup();
        if states.len() > 1 { states } else { Vec::new() }
    }

    /// The last mark of a child without one on this day, unless it was present then; `None` too where a roll of this day, or one handed in since, says that it was there.
    pub(super) fn last_mark(&self, student: &str, day: Date) -> Option<LastMark> {
        if self.rolled.contains(&day) || self.today(student, day).is_some() || self.held.contains_key(student) {
            return None;
        }
        let on = |row: &Row| row.on.as_deref().and_then(|on| on.parse::<Date>().ok());
        let (row, last) = self.checks.get(student)?.iter().find_map(|row| Some((row, on(row).filter(|on| *on < day)?)))?;
        let state = word(row, "state").filter(|state| *state != "present")?.to_owned();
        if self.rolled.iter().any(|rolled| last < *rolled && *rolled < day) {
            return None;
        }
        let taken = match state.as_str() {
            state if STANDING.contains(&state) => Taken::Same,
            state if self.counts_as_absent(state) => Taken::Unknown,
            _ => Taken::Present,
        };
        Some(LastMark { state, on: last, taken })
    }

    /// Names of those of whom it must still be said whether they are back.
    pub(super) fn undecided(&self, day: Date) -> Vec<&str> {
        let unknown = |pupil: &&Pupil| self.last_mark(&pupil.student, day).is_some_and(|last| last.taken == Taken::Unknown);
        self.pupils.iter().filter(unknown).map(|pupil| pupil.name.as_str()).collect()
    }

    /// Whether a field of a record awaits a person's choice.
    pub(super) fn awaits(&self, record: &str, key: &str) -> bool {
        self.disputed.get(record).is_some_and(|keys| keys.contains(key))
    }

    /// Whether a day is marked without asking: there is school, or somebody has said so before by a mark or a roll.
    pub(super) fn open(&self, day: Date) -> bool {
        self.holidays.is_working(day) || self.rolled.contains(&day) || self.pupils.iter().any(|pupil| !self.marks(&pupil.student, day).is_empty())
    }

    /// Expected, present and absent without reason on this day, by the marks; who was marked differently is neither here nor absent.
    pub(super) fn tally(&self, day: Date) -> Figures {
        let count = |of: &dyn Fn(&str) -> bool| {
            let settled = self.pupils.iter().filter(|pupil| self.apart(&pupil.student, day).is_empty());
            let states = settled.map(|pupil| self.today(&pupil.student, day).and_then(|row| word(row, "state")).unwrap_or("present"));
            i64::try_from(states.filter(|state| of(state)).count()).unwrap_or(i64::MAX)
        };
        // Who left by its file, and is marked so, is nobody's absence any more.
        let gone = self.pupils.iter().filter(|pupil| {
            !was_here(pupil, day, self.now)
                && self.today(&pupil.student, day).and_then(|row| word(row, "state")).is_some_and(|state| GONE.contains(&state))
        });
        Figures {
            expected: i64::try_from(self.pupils.len() - gone.count()).unwrap_or(i64::MAX),
            present: count(&|state| state == "present"),
            absent: count(&|state| self.counts_as_absent(state)),
        }
    }

    /// States that count as absent without a reason: those the ledger's rule watches for.
    pub(super) fn counts_as_absent(&self, state: &str) -> bool {
        self.definition.rules.iter().filter(|rule| rule.field == "state").any(|rule| rule.values.iter().any(|value| value == state))
    }

    /// First day of an absence that reaches `day`, and its school days.
    pub(super) fn absence(&self, student: &str, day: Date) -> (Date, i64) {
        let mut since = day;
        while let Some(before) = self.holidays.previous_working(since) {
            let Some(row) = self.today(student, before).filter(|row| word(row, "state").is_some_and(|state| self.counts_as_absent(state))) else {
                break;
            };
            let earlier = word(row, "since").and_then(|text| text.parse::<Date>().ok()).filter(|first| *first < before);
            since = earlier.map_or(before, |first| self.unbroken(student, first, before));
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

    /// School days without a roll, newest first, that alone part an absence beginning on `since` from one before: nobody can tell whether the child was there.
    fn gap(&self, student: &str, since: Date) -> Vec<Date> {
        let mut days = Vec::new();
        let mut at = since;
        while days.len() < GAP_DAYS_MAX
            && let Some(before) = self.holidays.previous_working(at)
        {
            match self.today(student, before) {
                Some(row) if word(row, "state").is_some_and(|state| self.counts_as_absent(state)) => return days,
                None if !self.rolled.contains(&before) => days.push(before),
                _ => break,
            }
            at = before;
        }
        Vec::new()
    }

    /// First day of an absence said to last from `first` to `last`, as far as no check between them says otherwise: one of them may have been corrected since.
    fn unbroken(&self, student: &str, first: Date, last: Date) -> Date {
        let day = |row: &Row| row.on.as_deref().and_then(|on| on.parse::<Date>().ok());
        let here = |row: &&Row| word(row, "state").is_some_and(|state| !self.counts_as_absent(state));
        let rows = self.checks.get(student).into_iter().flatten();
        let broken = rows.filter(here).filter_map(day).filter(|on| (first..last).contains(on)).max();
        broken.map_or(first, |on| self.holidays.next_working(on).unwrap_or(last).min(last))
    }

    /// The child's open case, if a rule opened it, nothing was done about it yet, and the days that made it are no longer so. `checks`: all of the child's that hold,
    /// whichever day's roll is looked at: the days that make the case may lie behind it.
    fn taken_back(&self, student: &str, checks: &[Row]) -> Option<&Row> {
        let case = self.cases.get(student)?;
        let initial = self.case_ledger.lifecycle.as_ref().is_some_and(|lifecycle| Some(lifecycle.initial.as_str()) == case.state.as_deref());
        let maker = rules::maker(&self.catalogue, DocId::from_hex(student)?, CASE, &case.id, &case.fields)?;
        let first_day = rule::first_day_of(&maker, &case.fields)?;
        let stands = |rule: &&Rule| {
            let sighting = |row: &Row| rule::Sighting::of(rule, &self.definition, row.on.as_deref()?.parse().ok()?, &row.fields);
            let sightings: Vec<rule::Sighting> = checks.iter().filter_map(sighting).collect();
            rule::stands(rule, &sightings, &self.holidays, first_day)
        };
        (initial && !self.definition.rules.iter().filter(|rule| rule.opens == CASE).any(|rule| stands(&rule))).then_some(case)
    }

    /// `opened`: the day is open only because the page says so, and stays open by the row's answer.
    pub(super) fn line(&self, page: &Page, pupil: &Pupil, day: Date, opened: bool, saved: bool) -> Line {
        let lang = page.lang;
        let row = self.today(&pupil.student, day);
        let apart = self.apart(&pupil.student, day);
        let held = self.held.get(&pupil.student);
        // Of two marks none stands chosen, so that a tap on either settles it; nor does what is kept of one in dispute, which is settled where the row leads to.
        let last = self.last_mark(&pupil.student, day);
        let unmarked = || match &last {
            Some(LastMark { taken: Taken::Unknown, .. }) => "",
            Some(LastMark { taken: Taken::Same, state, .. }) => state,
            _ => "present",
        };
        let state = if apart.is_empty() && held.is_none() { row.and_then(|row| word(row, "state")).unwrap_or_else(unmarked) } else { "" }.to_owned();
        let list = self.definition.option_list("state");
        let choices = || list.iter().flat_map(|list| &list.choices);
        let titles: Vec<&str> = choices().filter(|choice| apart.contains(&choice.code.as_str())).map(|choice| choice.title.get(lang)).collect();
        let apart = if titles.is_empty() { String::new() } else { locale::text(lang, "desk-roll-apart", &[("value", &titles.join(" / "))]) };
        let states = choices().map(|choice| (choice.code.clone(), choice.title.get(lang).to_owned(), choice.code == state)).collect();
        let absent = self.counts_as_absent(&state);
        // A day that is no school day is no day of an absence.
        let (note, gap, caseless) = if absent && self.holidays.is_working(day) {
            let (since, days) = self.absence(&pupil.student, day);
            let offer = self.offer(&pupil.student, &state, since, days, lang);
            (page.t1("desk-roll-day", days), self.gap_words(page, &self.gap(&pupil.student, since)), offer)
        } else {
            Default::default()
        };
        let here = format!("/roll/{}/{}", self.class.grade, self.class.class);
        let withdraw =
            self.unfounded.get(&pupil.student).filter(|_| self.may).map(|_| page.post(&format!("{here}/withdraw?on={day}"))).unwrap_or_default();
        Line {
            student: pupil.student.clone(),
            name: pupil.name.clone(),
            unsettled: self.unsettled.get(&pupil.student).or(held).cloned(),
            states,
            apart,
            exception: state != "present",
            note,
            gap,
            undecided: last.as_ref().is_some_and(|last| last.taken == Taken::Unknown),
            before: last.map(|last| self.last_words(page, &last)).unwrap_or_default(),
            case: self
                .cases
                .get(&pupil.student)
                .filter(|row| begins(row) <= Some(day) || !withdraw.is_empty())
                .map(|row| (row.id.clone(), self.stands(page, row))),
            caseless,
            withdraw,
            saved,
            action: page.post(&format!("{here}/row?on={day}{}", if opened { "&open=1" } else { "" })),
            state: if absent { "absent".to_owned() } else { state },
        }
    }

    /// `上次（11月26日）无故缺勤，今天来了没有？`
    fn last_words(&self, page: &Page, last: &LastMark) -> String {
        let title = self.definition.option_list("state").and_then(|list| list.choice(&last.state));
        let title = title.map_or(last.state.as_str(), |choice| choice.title.get(page.lang));
        let key = match last.taken {
            Taken::Unknown => "desk-roll-back",
            Taken::Same => "desk-roll-same",
            Taken::Present => "desk-roll-last",
        };
        locale::text(page.lang, key, &[("day", &missing::briefly(last.on, page.lang)), ("value", title)])
    }

    /// `已立个案 · 劝返中`.
    fn stands(&self, page: &Page, case: &Row) -> String {
        let state = self.case_ledger.lifecycle.as_ref().zip(case.state.as_deref()).and_then(|(lifecycle, code)| lifecycle.state(code));
        state.map_or_else(|| page.t("desk-roll-case"), |state| format!("{} · {}", page.t("desk-roll-case"), state.title.get(page.lang)))
    }

    /// Where the newest of these days is taken, and what is said of them.
    fn gap_words(&self, page: &Page, gap: &[Date]) -> (String, String) {
        let Some((newest, oldest)) = gap.first().zip(gap.last()) else { return (String::new(), String::new()) };
        let day = missing::briefly(*oldest, page.lang);
        let words = if gap.len() == 1 { page.t1("desk-roll-gap", day) } else { page.t2("desk-roll-gaps", day, gap.len()) };
        (missing::at(self.class, *newest), words)
    }
}
