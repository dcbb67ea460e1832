//! Records that open by themselves: a pure function of a rule and one child's dated values.
//!
//! **A run** is a sequence of school days (working days of the calendar, see [`super::days`]) on each of which the child has a watched value and no other value.
//! A weekend or holiday does not break it, and does not count. A recorded other value breaks it, also on a weekend. A school day without any record breaks
//! it, unless a later record covers that day: by `since` (from that day to the record's own), or by `days_absent` (that many school days up to and with
//! the record's own). What was recorded for a day itself wins over what a later record says about it.
//!
//! **The day a run becomes a case** ([`case_day`]) is arithmetic on its first day, Monday to Friday: the record's bytes say it, and nodes whose calendars differ write the
//! same. What is due from that day on is counted with the calendar, where a row is projected.
//!
//! **A case taken back** (its record made void) was none: its days are spent, and the run goes on counting from the day behind them. Otherwise one wrong tap would keep
//! the rule silent for as long as the child stays away.
//!
//! Invariant: the result depends on the set of values only, so every node that has the same records opens the same. A record that arrives late can
//! move the beginning of a run and so open another; joining the two is a person's work.

use super::{
    days::Holidays,
    definition::{DayUnit, Definition, FieldType, Rule, RuleKind, SetValue},
};
use crate::document::view::Value;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// School days that one record may cover backwards: a school year.
const COVER_MAX: u32 = 250;
/// Value that says that the child is there, for `$last_present`.
const PRESENT: &str = "present";

/// One record of the watched ledger (or the profile) of one child.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// Its date.
    pub on: Date,
    /// The watched field has one of the rule's values.
    pub matches: bool,
    /// The watched field says `present`.
    pub present: bool,
    /// The record's field `days_absent`, if it has one.
    pub days_absent: Option<u32>,
    /// The record's field `since`, if it has one.
    pub since: Option<Date>,
}

/// A record to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// In this ledger.
    pub ledger: String,
    /// By this rule; part of the record's derived key.
    pub rule_code: String,
    /// First day of the run; part of the record's derived key.
    pub first_day: Date,
    /// The day the run became a case: [`case_day`] of the first.
    pub day: Date,
    /// The run's last day so far.
    pub last_day: Date,
    /// Its fields; its date `on` is `day` unless the rule sets another.
    pub set: BTreeMap<String, Value>,
}

impl Sighting {
    /// What one record says to the rule; `None` if the watched field is empty or the record void. `on` is the record's date (for a profile: the day its
    /// value was written, or the first of September).
    #[must_use]
    pub fn of(rule: &Rule, watched: &Definition, on: Date, fields: &BTreeMap<String, Value>) -> Option<Self> {
        if fields.get("void") == Some(&Value::Bool(true)) {
            return None;
        }
        let values = values_of(watched, &rule.field, fields);
        if values.is_empty() {
            return None;
        }
        let number = |key: &str| match fields.get(key) {
            Some(Value::Int(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        let day = |key: &str| match fields.get(key) {
            Some(Value::Str(text)) => text.parse::<Date>().ok(),
            _ => None,
        };
        Some(Self {
            on,
            matches: values.iter().any(|value| rule.values.contains(value)),
            present: values.iter().any(|value| value == PRESENT),
            days_absent: number("days_absent"),
            since: day("since"),
        })
    }
}

/// The field's values as the words of a rule; the ticked options of a flags field.
fn values_of(watched: &Definition, field: &str, fields: &BTreeMap<String, Value>) -> Vec<String> {
    if watched.field(field).is_some_and(|field| field.kind == FieldType::Flags) {
        let prefix = format!("{field}.");
        let options = fields.range(prefix.clone()..).map_while(|(key, value)| key.strip_prefix(&prefix).map(|option| (option, value)));
        let options: Vec<(&str, &Value)> = options.collect();
        if !options.is_empty() && options.iter().all(|(_, value)| **value != Value::Bool(true)) {
            // Nothing ticked any more is an answer, not silence.
            return vec![String::new()];
        }
        return options.into_iter().filter(|(_, value)| **value == Value::Bool(true)).map(|(option, _)| option.to_owned()).collect();
    }
    match fields.get(field) {
        Some(Value::Str(text)) if !text.is_empty() => vec![text.clone()],
        Some(Value::Bool(flag)) => vec![flag.to_string()],
        Some(Value::Int(number)) => vec![number.to_string()],
        Some(Value::Str(_) | Value::Null) | None => Vec::new(),
    }
}

/// What the rule opens for one child, oldest first. `taken_back`: whether what it opened for a run with this first day was made void.
#[must_use]
pub fn openings(rule: &Rule, sightings: &[Sighting], holidays: &Holidays, taken_back: impl Fn(Date) -> bool) -> Vec<Opening> {
    let runs = match rule.when {
        RuleKind::AbsentRun => runs(rule.days, sightings, holidays, taken_back),
        RuleKind::Field => turns(sightings).into_iter().map(|day| (day, day)).collect(),
    };
    runs.into_iter().map(|run| opening(rule, sightings, run)).collect()
}

/// Whether days of the run that opened something on `first_day` are still in a run by what is recorded now: one that begins later, or reaches back further, too.
#[must_use]
pub fn stands(rule: &Rule, sightings: &[Sighting], holidays: &Holidays, first_day: Date) -> bool {
    let until = full(rule, first_day, holidays).max(first_day);
    openings(rule, sightings, holidays, |_| false).iter().any(|opening| opening.first_day <= until && first_day <= opening.last_day)
}

/// The day on which a run that began on `first_day` is `days` school days long where no holiday lies in it: `days - 1` weekdays later.
#[must_use]
pub fn case_day(rule: &Rule, first_day: Date) -> Date {
    full(rule, first_day, &Holidays::none())
}

/// [`case_day`] by this calendar: what is due after that day counts from here.
#[must_use]
pub fn full(rule: &Rule, first_day: Date, holidays: &Holidays) -> Date {
    holidays.after(first_day, rule.days.saturating_sub(1), DayUnit::Working).unwrap_or(first_day)
}

/// The rule's field that holds the first day of the run.
#[must_use]
pub fn first_day_of(rule: &Rule, fields: &BTreeMap<String, Value>) -> Option<Date> {
    let (field, _) = rule.set.iter().find(|(_, set)| **set == SetValue::FirstAbsent)?;
    match fields.get(field) {
        Some(Value::Str(text)) => text.parse().ok(),
        _ => None,
    }
}

/// The last day before `first_day` on which the child was seen, if every weekday since says where it was instead: what lies between unmarked may have been days in school.
/// By weekdays alone: no byte of what a rule writes hangs on a calendar.
fn last_present(sightings: &[Sighting], first_day: Date) -> Option<Date> {
    let seen = sightings.iter().filter(|sighting| sighting.present && sighting.on < first_day).map(|sighting| sighting.on).max()?;
    let mut day = first_day;
    while let Some(before) = Holidays::none().previous_working(day).filter(|before| *before > seen) {
        sightings.iter().find(|sighting| sighting.on == before)?;
        day = before;
    }
    Some(seen)
}

fn opening(rule: &Rule, sightings: &[Sighting], (first_day, last_day): (Date, Date)) -> Opening {
    let last_present = last_present(sightings, first_day);
    let value = |set: &SetValue| match set {
        SetValue::Literal(value) => value.clone(),
        SetValue::FirstAbsent => Value::Str(first_day.to_string()),
        SetValue::LastPresent => last_present.map_or(Value::Null, |day| Value::Str(day.to_string())),
    };
    let mut fields: BTreeMap<String, Value> = rule.set.iter().map(|(key, set)| (key.clone(), value(set))).collect();
    let day = case_day(rule, first_day);
    fields.entry("on".to_owned()).or_insert_with(|| Value::Str(day.to_string()));
    Opening { ledger: rule.opens.clone(), rule_code: rule.code.clone(), first_day, day, last_day, set: fields }
}

/// Days on which the field came to have one of the values. Several records of one day: it matches if one does.
fn turns(sightings: &[Sighting]) -> Vec<Date> {
    let mut days: BTreeMap<Date, bool> = BTreeMap::new();
    for sighting in sightings {
        *days.entry(sighting.on).or_default() |= sighting.matches;
    }
    let mut before = false;
    let mut turns = Vec::new();
    for (day, matches) in days {
        if matches && !before {
            turns.push(day);
        }
        before = matches;
    }
    turns
}

/// First and last days of all runs of at least `days` school days.
fn runs(days: u32, sightings: &[Sighting], holidays: &Holidays, taken_back: impl Fn(Date) -> bool) -> Vec<(Date, Date)> {
    let broken: BTreeSet<Date> = sightings.iter().filter(|sighting| !sighting.matches).map(|sighting| sighting.on).collect();
    let absent = absent_days(sightings, &broken, holidays);
    let mut runs = Vec::new();
    let mut run: Option<(Date, u32, Date)> = None;
    for day in absent {
        let follows = |last: Date| holidays.next_working(last) == Some(day) && broken.range(last..day).next().is_none();
        run = match run {
            Some((first, length, last)) if follows(last) => Some((first, length + 1, day)),
            _ => Some((day, 1, day)),
        };
        match run {
            Some((first, length, _)) if length == days.max(1) && taken_back(first) => run = None,
            Some((first, length, last)) if length == days.max(1) => runs.push((first, last)),
            Some((first, length, last)) if length > days.max(1) => {
                if let Some(grown) = runs.last_mut() {
                    *grown = (first, last);
                }
            }
            _ => {}
        }
    }
    runs
}

/// School days on which the child was absent, recorded or covered by a later record.
fn absent_days(sightings: &[Sighting], broken: &BTreeSet<Date>, holidays: &Holidays) -> BTreeSet<Date> {
    let mut absent = BTreeSet::new();
    for sighting in sightings.iter().filter(|sighting| sighting.matches && !broken.contains(&sighting.on)) {
        let mut day = Some(sighting.on).filter(|day| holidays.is_working(*day)).or_else(|| holidays.previous_working(sighting.on));
        let mut counted = 0;
        while let Some(present_day) = day
            && counted < COVER_MAX
            && (present_day == sighting.on || covers(sighting, counted, day))
            && broken.range(present_day..=sighting.on).next().is_none()
        {
            absent.insert(present_day);
            counted += 1;
            day = holidays.previous_working(present_day);
        }
    }
    absent
}

/// Whether the record reaches back to `day`, of which `counted` school days lie after it (with the record's own). Of a day that is none by the calendar, a mark on a
/// Saturday that was made up for, the count of days may or may not be with it: the date the record names is what it says.
fn covers(sighting: &Sighting, counted: u32, day: Option<Date>) -> bool {
    match (day, sighting.since) {
        (Some(day), Some(since)) => since <= day,
        _ => sighting.days_absent.is_some_and(|days| counted < days),
    }
}

#[cfg(test)]
mod tests;
