use super::*;
use jiff::civil::date;

// March 2026: the 2nd is a Monday.
fn day(day: i8) -> Date {
    date(2026, 3, day)
}

fn absent(on: i8) -> Sighting {
    Sighting { on: day(on), matches: true, present: false, days_absent: None, since: None }
}

fn present(on: i8) -> Sighting {
    Sighting { matches: false, present: true, ..absent(on) }
}

fn rule(when: RuleKind, days: u32) -> Rule {
    Rule {
        code: "absent_three_days".to_owned(),
        title: None,
        opens: "dropout_case".to_owned(),
        when,
        ledger: "dropout_check".to_owned(),
        field: "state".to_owned(),
        values: vec!["absent".to_owned()],
        days,
        set: BTreeMap::from([
            ("opened_by".to_owned(), SetValue::Literal(Value::Str("rule".to_owned()))),
            ("last_day".to_owned(), SetValue::LastPresent),
            ("first_absent".to_owned(), SetValue::FirstAbsent),
        ]),
    }
}

fn first_days(sightings: &[Sighting]) -> Vec<Date> {
    openings(&rule(RuleKind::AbsentRun, 3), sightings, &Holidays::none(), |_| false).into_iter().map(|opening| opening.first_day).collect()
}

#[test]
fn three_school_days_absent_open_a_case_in_any_order() {
    let expected = vec![day(3)];
    assert_eq!(first_days(&[present(2), absent(3), absent(4), absent(5), absent(6)]), expected);
    assert_eq!(first_days(&[absent(5), absent(3), present(2), absent(6), absent(4)]), expected);
    assert_eq!(first_days(&[absent(3), absent(4)]), Vec::<Date>::new());
}

#[test]
fn a_weekend_or_holiday_does_not_break_a_run_and_does_not_count() {
    assert_eq!(first_days(&[absent(5), absent(6), absent(9)]), vec![day(5)]);
    assert_eq!(first_days(&[absent(6), absent(7), absent(8)]), Vec::<Date>::new());
    let holiday: Holidays = [day(4)].into_iter().collect();
    let opened = openings(&rule(RuleKind::AbsentRun, 3), &[absent(3), absent(5), absent(6)], &holiday, |_| false);
    assert_eq!(opened.len(), 1);
}

#[test]
fn another_value_or_a_day_without_record_breaks_a_run() {
    assert_eq!(first_days(&[absent(3), absent(4), absent(6)]), Vec::<Date>::new());
    assert_eq!(first_days(&[absent(3), absent(4), present(5), absent(6)]), Vec::<Date>::new());
    assert_eq!(first_days(&[absent(4), absent(5), present(7), absent(6), absent(9)]), vec![day(4)], "three days were full before the weekend");
    assert_eq!(first_days(&[absent(5), absent(6), present(7), absent(9)]), Vec::<Date>::new(), "seen present on Saturday");
    assert_eq!(first_days(&[absent(3), absent(4), absent(5), present(5)]), Vec::<Date>::new(), "two records of one day disagree");
}

#[test]
fn one_record_that_covers_three_days_opens_as_well() {
    assert_eq!(first_days(&[Sighting { days_absent: Some(3), ..absent(9) }]), vec![day(5)]);
    assert_eq!(first_days(&[Sighting { since: Some(day(5)), ..absent(9) }]), vec![day(5)]);
    assert_eq!(first_days(&[Sighting { days_absent: Some(3), ..absent(8) }]), vec![day(4)], "written on a Sunday");
    assert_eq!(first_days(&[Sighting { days_absent: Some(2), ..absent(9) }]), Vec::<Date>::new());
    // A Saturday that was made up for and is not in the calendar: one day absent is that day, and not the Friday before it.
    let saturday = Sighting { days_absent: Some(1), since: Some(day(7)), ..absent(7) };
    assert_eq!(first_days(&[absent(5), saturday, absent(9)]), Vec::<Date>::new());
    let contradicted = [present(6), Sighting { since: Some(day(2)), ..absent(10) }];
    assert_eq!(first_days(&contradicted), Vec::<Date>::new(), "what was recorded for a day wins");
}

#[test]
fn a_hostile_record_covers_a_school_year_at_most() {
    let far = Sighting { days_absent: Some(u32::MAX), since: Some(date(1, 1, 1)), ..absent(9) };
    let opened = first_days(&[far]);
    assert_eq!(opened.len(), 1);
    assert!(opened[0] > date(2025, 1, 1));
}

#[test]
fn every_run_opens_once_with_its_days_substituted() {
    let sightings = [present(2), absent(3), absent(4), absent(5), present(6), absent(9), absent(10), absent(11), absent(12)];
    let opened = openings(&rule(RuleKind::AbsentRun, 3), &sightings, &Holidays::none(), |_| false);
    assert_eq!(opened.iter().map(|opening| opening.first_day).collect::<Vec<_>>(), vec![day(3), day(9)]);
    assert_eq!(opened[1].set["last_day"], Value::Str("2026-03-06".to_owned()));
    assert_eq!(opened[1].set["first_absent"], Value::Str("2026-03-09".to_owned()));
    assert_eq!(opened[1].set["opened_by"], Value::Str("rule".to_owned()));
    assert_eq!(opened[1].set["on"], Value::Str("2026-03-11".to_owned()), "dated by the day it became a case");
    let last = |sightings: &[Sighting]| {
        openings(&rule(RuleKind::AbsentRun, 1), sightings, &Holidays::none(), |_| false).pop().unwrap().set["last_day"].clone()
    };
    let away = |on: i8| Sighting { matches: false, ..absent(on) };
    assert_eq!(last(&[present(3), away(4), away(5), absent(6)]), Value::Str("2026-03-03".to_owned()), "on leave meanwhile");
    assert_eq!(last(&[present(3), away(5), absent(6)]), Value::Null, "of Wednesday nothing is said: it may have been there");
    let unseen = openings(&rule(RuleKind::AbsentRun, 1), &[absent(3)], &Holidays::none(), |_| false);
    assert_eq!(unseen[0].set["last_day"], Value::Null);
}

#[test]
fn a_case_is_dated_by_arithmetic_on_its_first_day_whatever_the_calendar_says() {
    let days = |sightings: &[Sighting], holidays: &Holidays| {
        openings(&rule(RuleKind::AbsentRun, 3), sightings, holidays, |_| false).into_iter().map(|opening| opening.day).collect::<Vec<_>>()
    };
    assert_eq!(days(&[absent(2), absent(3), absent(4)], &Holidays::none()), vec![day(4)], "Monday to Wednesday");
    assert_eq!(days(&[absent(6), absent(9), absent(10)], &Holidays::none()), vec![day(10)], "Friday, Monday, Tuesday");
    let holiday: Holidays = [day(4)].into_iter().collect();
    assert_eq!(days(&[absent(3), absent(5), absent(6)], &holiday), vec![day(5)], "the bytes of a node that does not know the holiday");
    assert_eq!(full(&rule(RuleKind::AbsentRun, 3), day(3), &holiday), day(6), "what is due counts from the day the calendar gives");
}

#[test]
fn a_field_rule_opens_when_the_value_comes_about() {
    let opened = openings(&rule(RuleKind::Field, 1), &[absent(9), present(2), absent(4), absent(5), present(6)], &Holidays::none(), |_| false);
    assert_eq!(opened.iter().map(|opening| opening.first_day).collect::<Vec<_>>(), vec![day(4), day(9)]);
}

#[test]
fn a_sighting_reads_choices_booleans_and_flags_and_skips_void_records() {
    let text = r#"
code = "watch"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["basic_education"]
privacy = "B"
title = { zh = "甲", en = "A" }
[options.risks]
abuse = { zh = "疑似受侵害", en = "Abuse" }
none = { zh = "无", en = "None" }
[[field]]
code = "risks"
title = { zh = "风险", en = "Risks" }
type = "flags"
options = "risks"
[[field]]
code = "left_behind"
title = { zh = "留守", en = "Left behind" }
type = "bool"
[[field]]
code = "days_absent"
title = { zh = "天数", en = "Days" }
type = "int"
"#;
    let watched = Definition::parse(text).unwrap();
    let fields =
        |pairs: &[(&str, Value)]| -> BTreeMap<String, Value> { pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect() };
    let risks = Rule { field: "risks".to_owned(), values: vec!["abuse".to_owned()], ..rule(RuleKind::Field, 1) };
    let seen = |rule: &Rule, pairs: &[(&str, Value)]| Sighting::of(rule, &watched, day(2), &fields(pairs)).map(|sighting| sighting.matches);
    assert_eq!(seen(&risks, &[("risks.abuse", Value::Bool(true)), ("risks.none", Value::Bool(false))]), Some(true));
    assert_eq!(seen(&risks, &[("risks.abuse", Value::Bool(false))]), Some(false));
    assert_eq!(seen(&risks, &[]), None);
    assert_eq!(seen(&risks, &[("risks.abuse", Value::Bool(true)), ("void", Value::Bool(true))]), None);
    let left = Rule { field: "left_behind".to_owned(), values: vec!["true".to_owned()], ..rule(RuleKind::Field, 1) };
    assert_eq!(seen(&left, &[("left_behind", Value::Bool(true))]), Some(true));
    let sighting = Sighting::of(&left, &watched, day(2), &fields(&[("left_behind", Value::Bool(true)), ("days_absent", Value::Int(-4))])).unwrap();
    assert_eq!(sighting.days_absent, None);
}

#[test]
fn a_case_taken_back_spends_its_days_and_the_run_counts_on() {
    let week = [absent(3), absent(4), absent(5), absent(6), absent(9), absent(10), absent(11)];
    let open = |sightings: &[Sighting], void: &[i8]| -> Vec<(Date, Date)> {
        let rule = rule(RuleKind::AbsentRun, 3);
        openings(&rule, sightings, &Holidays::none(), |first| void.iter().any(|on| day(*on) == first))
            .iter()
            .map(|o| (o.first_day, o.last_day))
            .collect()
    };
    assert_eq!(open(&week, &[]), [(day(3), day(11))], "one run, one case");
    assert_eq!(open(&week[..5], &[3]), [], "two more days are no case yet");
    assert_eq!(open(&week, &[3]), [(day(6), day(11))], "the third day behind the case that was taken back is a case again");
    assert_eq!(open(&week, &[3, 6]), []);
}

#[test]
fn a_run_that_was_corrected_away_no_longer_stands() {
    let rule = rule(RuleKind::AbsentRun, 3);
    assert!(stands(&rule, &[absent(3), absent(4), absent(5)], &Holidays::none(), day(3)));
    assert!(stands(&rule, &[absent(2), absent(3), absent(4)], &Holidays::none(), day(3)), "a beginning that moved is the same run");
    assert!(!stands(&rule, &[absent(3), absent(4), present(5)], &Holidays::none(), day(3)));
    assert!(stands(&rule, &[present(3), absent(4), absent(5), absent(6)], &Holidays::none(), day(3)), "days of it are in a run that begins later");
}
