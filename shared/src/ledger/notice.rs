//! How long records hang on public notice: so many working days, the first and the last one counted.
//!
//! The days that count are those the notice itself names, not the day somebody entered it ([`over`]).
//!
//! Asked where a step puts a record on notice or its days are changed, for every way of writing. What others wrote stands: it is judged by its lifecycle alone, and the
//! report `short_notices` names it.

use super::{
    days::Holidays,
    definition::{DayUnit, Definition, Notice},
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days of a notice that are counted at most: what is longer is long enough.
const COUNTED_MAX: u32 = 400;

/// A notice that would come down too early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short<'a> {
    /// Which.
    pub notice: &'a Notice,
    /// First and last day as given.
    pub days: (Date, Date),
    /// Working days that is.
    pub counted: u32,
    /// First day that would do as the last.
    pub earliest: Date,
}

impl Short<'_> {
    /// As a failure for a person; it names the day that mends it.
    #[must_use]
    pub fn fault(&self) -> Fault {
        Fault::new("ledger-notice-short", Exit::Input)
            .with("field", &self.notice.until)
            .with("title_zh", &self.notice.title.zh)
            .with("title_en", &self.notice.title.en)
            .with("from", self.days.0)
            .with("until", self.days.1)
            .with("count", self.counted)
            .with("days", self.notice.days.unwrap_or_default())
            .with("earliest", self.earliest)
    }
}

/// The last day of a notice of this ledger that begins on `from`; `None` where no number of days is set.
#[must_use]
pub fn earliest(notice: &Notice, from: Date, holidays: &Holidays) -> Option<Date> {
    holidays.after(from.yesterday().ok()?, notice.days?, DayUnit::Working)
}

/// The first day on which every notice of records in `state` is over: the day after the last one's last day, or after the days it must hang. `None` where there is no notice, or
/// one of them does not say from when to when.
#[must_use]
pub fn over(definition: &Definition, fields: &BTreeMap<String, Value>, state: &str, holidays: &Holidays) -> Option<Date> {
    let mut last = None;
    for notice in definition.notices.iter().filter(|notice| notice.state == state) {
        let (from, until) = date(fields, &notice.from).zip(date(fields, &notice.until))?;
        let until = if notice.days.is_some() { until.max(earliest(notice, from, holidays)?) } else { until };
        last = last.max(Some(until));
    }
    last?.tomorrow().ok()
}

fn date(fields: &BTreeMap<String, Value>, field: &str) -> Option<Date> {
    match fields.get(field) {
        Some(Value::Str(text)) => text.parse().ok(),
        _ => None,
    }
}

/// The notices of records in `state` that these values make too short. `touched`: fields that are being written; others are not asked about again.
#[must_use]
pub fn short<'a>(
    definition: &'a Definition,
    fields: &BTreeMap<String, Value>,
    state: &str,
    touched: impl Fn(&str) -> bool,
    holidays: &Holidays,
) -> Vec<Short<'a>> {
    let asked = definition.notices.iter().filter(|notice| notice.state == state && (touched(&notice.from) || touched(&notice.until)));
    asked
        .filter_map(|notice| {
            let days = date(fields, &notice.from).zip(date(fields, &notice.until))?;
            let earliest = earliest(notice, days.0, holidays)?;
            (days.1 < earliest).then(|| Short { notice, days, counted: working(days, holidays), earliest })
        })
        .collect()
}

/// Working days from the first to the last day, both counted.
fn working((from, until): (Date, Date), holidays: &Holidays) -> u32 {
    let mut counted = 0;
    let mut day = from;
    while day <= until && counted < COUNTED_MAX {
        counted += u32::from(holidays.is_working(day));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(from: &str, until: &str, holidays: &Holidays) -> Option<(u32, Date)> {
        let definition = crate::ledger::Catalogue::embedded().latest("aid_application").cloned().unwrap();
        let fields: BTreeMap<String, Value> =
            [("notice_school_from", from), ("notice_school_until", until)].map(|(key, text)| (key.to_owned(), Value::Str(text.to_owned()))).into();
        let found = short(&definition, &fields, "on_notice", |_| true, holidays);
        assert!(short(&definition, &fields, "draft", |_| true, holidays).is_empty(), "a draft does not hang anywhere");
        assert!(short(&definition, &fields, "on_notice", |field| field == "reason", holidays).is_empty(), "what is not touched is not asked about");
        found.first().map(|short| (short.counted, short.earliest))
    }

    #[test]
    fn a_notice_of_fewer_than_its_working_days_is_short_and_the_day_that_would_do_is_named() {
        let plain = Holidays::none();
        assert_eq!(at("2026-03-02", "2026-03-06", &plain), None, "Monday to Friday");
        assert_eq!(at("2026-03-02", "2026-03-05", &plain), Some((4, date(2026, 3, 6))));
        assert_eq!(at("2026-03-04", "2026-03-09", &plain), Some((4, date(2026, 3, 10))), "a weekend lies between");
        assert_eq!(at("2026-03-07", "2026-03-13", &plain), None, "hung up on a Saturday: Monday counts first");
        assert_eq!(at("2026-03-05", "2026-03-02", &plain), Some((0, date(2026, 3, 11))), "it ends before it begins");
        let holiday: Holidays = [date(2026, 3, 4)].into_iter().collect();
        assert_eq!(at("2026-03-02", "2026-03-06", &holiday), Some((4, date(2026, 3, 9))));
        assert_eq!(at("2026-03-02", "9999-12-31", &plain), None);
    }

    #[test]
    fn a_notice_is_over_by_its_own_days_at_both_places() {
        let definition = crate::ledger::Catalogue::embedded().latest("aid_application").cloned().unwrap();
        let over = |days: [&str; 4]| {
            let names = ["notice_school_from", "notice_school_until", "notice_village_from", "notice_village_until"];
            let fields: BTreeMap<String, Value> = names.iter().zip(days).map(|(key, day)| ((*key).to_owned(), Value::Str(day.to_owned()))).collect();
            assert_eq!(super::over(&definition, &fields, "draft", &Holidays::none()), None, "a draft hangs nowhere");
            super::over(&definition, &fields, "on_notice", &Holidays::none())
        };
        let school = ["2026-11-18", "2026-11-25"];
        assert_eq!(over([school[0], school[1], "2026-11-18", "2026-11-24"]), Some(date(2026, 11, 26)));
        assert_eq!(over([school[0], school[1], "2026-11-20", "2026-11-27"]), Some(date(2026, 11, 28)), "the later one");
        assert_eq!(over([school[0], school[1], "2026-11-20", "2026-11-21"]), Some(date(2026, 11, 27)), "one that came down too early hangs its days");
        assert_eq!(over([school[0], school[1], "", ""]), None, "nobody can say");
    }
}
