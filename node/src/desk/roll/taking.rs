//! What a roll writes: a child's check, those who are back, and the head that says the class was asked.

use super::{
    CHECK, HEAD, head,
    known::{Known, Taken},
    word,
};
use huxue_shared::{
    command::{Request, request::SubjectRef},
    fault::Fault,
    locale::{self, Lang},
    model::SchoolYear,
    replica::browse::Row,
    web::{
        Desk,
        account::{Account, Class},
        reach,
    },
};
use jiff::{ToSpan as _, civil::Date};
use std::collections::BTreeMap;

/// Writes what was chosen for a child, if it is not so already.
pub(super) fn choose(desk: &Desk, account: &Account, known: &Known, student: &str, state: &str, day: Date, lang: Lang) -> Result<(), Fault> {
    let (since, days) = known.absence(student, day);
    let absent = known.counts_as_absent(state);
    let mut set = BTreeMap::from([("state".to_owned(), state.to_owned())]);
    set.insert("since".to_owned(), if absent { since.to_string() } else { String::new() });
    set.insert("days_absent".to_owned(), if absent { days.to_string() } else { String::new() });
    let by = Some(account.name.clone());
    let marks = known.marks(student, day);
    match known.today(student, day) {
        Some(row) if word(row, "state") == Some(state) && marks.len() < 2 => return Ok(()),
        Some(row) if word(row, "state") == Some(state) => Ok(()),
        Some(row) => desk.ask(account, Request::RecordSet { record: row.id.clone(), set, by }, lang).map(|_| ()),
        None => {
            set.insert("on".to_owned(), day.to_string());
            set.insert("checked_by".to_owned(), account.name.clone());
            set.retain(|_, text| !text.is_empty());
            let subject = Some(SubjectRef::Student(student.to_owned()));
            desk.ask(account, Request::RecordAdd { ledger: CHECK.to_owned(), subject, year: None, set, by }, lang).map(|_| ())
        }
    }?;
    // The same child was marked on two machines without a link: this mark is the one that counts.
    for other in marks.iter().skip(1) {
        let _ = reach::writable(desk, account, &other.id)?;
        let why = locale::text(lang, "desk-roll-apart-why", &[]);
        let _ = desk.ask(account, Request::RecordVoid { record: other.id.clone(), why, by: Some(account.name.clone()) }, lang)?;
    }
    count_again(desk, account, known.class, student, day, lang)
}

/// The absence that later days say to reach back over this one is counted anew.
fn count_again(desk: &Desk, account: &Account, class: Class, student: &str, day: Date, lang: Lang) -> Result<(), Fault> {
    let on = |row: &Row| row.on.as_deref().and_then(|on| on.parse::<Date>().ok());
    let rows = desk.replica.records_of(student).map_err(Fault::from)?;
    let mut later: Vec<(Date, Row)> = rows
        .into_iter()
        .filter(|row| row.ledger == CHECK && !row.void)
        .filter_map(|row| Some((on(&row)?, row)))
        .filter(|(on, _)| *on > day)
        .collect();
    later.sort_by_key(|(on, _)| *on);
    for (on, row) in later {
        let mut known = super::known::known(desk, account, class, on, lang)?;
        // The child may have gone to another class, or away, by then.
        known.follow(desk, student, on)?;
        if !word(&row, "state").is_some_and(|state| known.counts_as_absent(state)) {
            break;
        }
        let (since, days) = known.absence(student, on);
        let set = BTreeMap::from([("since".to_owned(), since.to_string()), ("days_absent".to_owned(), days.to_string())]);
        // What awaits a person's choice there is not chosen by a mark here.
        if !known.awaits(&row.id, "since") && word(&row, "since") != Some(since.to_string().as_str()) {
            desk.ask(account, Request::RecordSet { record: row.id, set, by: Some(account.name.clone()) }, lang)?;
        }
    }
    Ok(())
}

/// Ends the absences of those who are back, marks those who stay away as before, and writes the head of the roll. Whoever hands it in has asked that nobody is undecided.
pub(super) fn finish(desk: &Desk, account: &Account, known: &Known, day: Date, lang: Lang) -> Result<(), Fault> {
    let mut carried = false;
    for pupil in &known.pupils {
        if let Some(last) = known.last_mark(&pupil.student, day).filter(|last| last.taken == Taken::Same) {
            choose(desk, account, known, &pupil.student, &last.state, day, lang)?;
            carried = true;
            continue;
        }
        let newest = known.checks.get(&pupil.student).and_then(|rows| rows.first());
        let was_absent =
            newest.is_some_and(|row| row.on.as_deref() < Some(day.to_string().as_str()) && word(row, "state").is_some_and(|s| s != "present"));
        if was_absent {
            choose(desk, account, known, &pupil.student, "present", day, lang)?;
        }
    }
    // Counted with what was just written.
    let marked = if carried { Some(super::known::known(desk, account, known.class, day, lang)?) } else { None };
    let known = marked.as_ref().unwrap_or(known);
    let figures = known.tally(day);
    let stage = known.pupils.iter().find_map(|p| p.stage.clone()).unwrap_or_default();
    let mut set: BTreeMap<String, String> = [
        ("expected", figures.expected.to_string()),
        ("present", figures.present.to_string()),
        ("absent", figures.absent.to_string()),
        ("done_by", account.name.clone()),
        ("done_at", desk.clock().now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).strftime("%H:%M").to_string()),
    ]
    .into_iter()
    .map(|(key, text)| (key.to_owned(), text))
    .collect();
    let by = Some(account.name.clone());
    let record = if let Some(row) = head(desk, known.class, day)? {
        // Figures that another machine wrote otherwise wait for a person; the page counts by the marks meanwhile.
        set.retain(|key, _| !known.awaits(&row.id, key));
        let _ = desk.ask(account, Request::RecordSet { record: row.id.clone(), set, by }, lang)?;
        row.id
    } else {
        let class = known.class;
        for (key, text) in [("stage", stage), ("grade", class.grade.to_string()), ("class", class.class.to_string()), ("week", week(day).to_string())]
        {
            set.insert(key.to_owned(), text);
        }
        set.insert("on".to_owned(), day.to_string());
        let add = Request::RecordAdd {
            ledger: HEAD.to_owned(),
            subject: Some(SubjectRef::School(None)),
            year: SchoolYear::of(day).map(SchoolYear::start),
            set,
            by,
        };
        desk.ask(account, add, lang)?["record"].as_str().unwrap_or_default().to_owned()
    };
    let marks = known.pupils.iter().filter_map(|pupil| known.today(&pupil.student, day));
    for row in marks.filter(|row| word(row, "roll") != Some(&record) && !known.awaits(&row.id, "roll")) {
        let set = BTreeMap::from([("roll".to_owned(), record.clone())]);
        desk.ask(account, Request::RecordSet { record: row.id.clone(), set, by: Some(account.name.clone()) }, lang)?;
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
    use super::week;
    use jiff::civil::date;

    #[test]
    fn weeks_are_counted_from_the_first_monday_of_the_term() {
        assert_eq!(week(date(2025, 9, 1)), 1);
        assert_eq!(week(date(2025, 9, 8)), 2);
        assert_eq!(week(date(2026, 1, 12)), 20);
        assert_eq!(week(date(2026, 3, 2)), 2, "the first of March is a Sunday: its week began in February");
        assert_eq!(week(date(2026, 2, 16)), 1);
    }
}
