//! What is wrong or missing in a record: work items, and the few things that refuse an edit.
//!
//! Invariant: nothing a person typed is refused for being incomplete. Only a broken `[[check]]` with `block = true` and a missing date block.

use super::{
    condition::{Around, is_empty, is_filled},
    definition::{Bilingual, Check, Definition, Field, FieldType, Form, OptionsRef, Required},
    parse::reachable,
    value,
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
};
use std::collections::{BTreeMap, BTreeSet};

super::problem::codes! {
    /// Kinds of finding.
    FindingCode {
        /// A required field is empty.
        Missing = "ledger-finding-missing",
        /// The record has no date.
        NoDate = "ledger-finding-no-date",
        /// A check over several fields is broken; its own message says how.
        Check = "ledger-finding-check",
        /// A field this version does not know; kept and shown.
        UnknownField = "ledger-finding-unknown-field",
        /// An option this version does not know; kept and shown.
        UnknownOption = "ledger-finding-unknown-option",
        /// `other` was chosen without saying what.
        NoteMissing = "ledger-finding-note-missing",
        /// A value of another kind than the field's; kept, not counted.
        WrongKind = "ledger-finding-wrong-kind",
        /// A void record does not say why.
        VoidReason = "ledger-finding-void-reason",
    }
}

/// Something a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Key it is about; empty for a check over several fields.
    pub field: String,
    /// What kind.
    pub code: FindingCode,
    /// Refuses the edit. Otherwise a work item.
    pub blocks: bool,
    /// The definition's own words, for a broken check.
    pub message: Option<Bilingual>,
    /// Fields a broken check names, those of what must hold first.
    pub about: Vec<String>,
}

impl Finding {
    /// The sentence's key and particulars, for a list of work items: titles and messages in both languages.
    #[must_use]
    pub fn fault(&self, definition: &Definition) -> Fault {
        let title =
            definition.field_of_key(&self.field).map(|(field, _)| &field.title).or_else(|| definition.field(&self.field).map(|field| &field.title));
        let field = self.about.first().filter(|_| self.field.is_empty()).unwrap_or(&self.field);
        let fault = Fault::new(self.code.key(), Exit::Found).with("field", field);
        let fault = fault
            .with("title_zh", title.map_or(self.field.as_str(), |title| &title.zh))
            .with("title_en", title.map_or(self.field.as_str(), |title| &title.en));
        match &self.message {
            Some(message) => fault.with("message_zh", &message.zh).with("message_en", &message.en),
            None => fault,
        }
    }
}

/// Everything to be said about a record with these values in this state, where it is written. `fields` are its keys as in the document, without `_v`.
#[must_use]
pub fn findings(definition: &Definition, fields: &BTreeMap<String, Value>, state: Option<&str>, around: &Around<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if fields.get("void") == Some(&Value::Bool(true)) {
        // A void record is out of the count: its gaps are nobody's work.
        if !is_filled(fields, "void_reason") {
            found.push(finding("void_reason", FindingCode::VoidReason));
        }
        return found;
    }
    if definition.form == Form::Records && !is_filled(fields, "on") {
        found.push(Finding { blocks: true, ..finding("on", FindingCode::NoDate) });
    }
    gaps(definition, fields, state, around, &mut found);
    notes(definition, fields, &mut found);
    kinds(definition, fields, &mut found);
    found.extend(definition.checks.iter().filter_map(|check| broken(check, fields, state, around)));
    found
}

/// What a check says, if it is broken.
#[must_use]
pub fn broken(check: &Check, fields: &BTreeMap<String, Value>, state: Option<&str>, around: &Around<'_>) -> Option<Finding> {
    let applies = check.when.as_ref().is_none_or(|when| when.holds_here(fields, state, around));
    (applies && check.must.fails_here(fields, state, around)).then(|| Finding {
        blocks: check.block,
        message: Some(check.message.clone()),
        about: check.names().map(str::to_owned).collect(),
        ..finding("", FindingCode::Check)
    })
}

fn finding(field: &str, code: FindingCode) -> Finding {
    Finding { field: field.to_owned(), code, blocks: false, message: None, about: Vec::new() }
}

fn gaps(definition: &Definition, fields: &BTreeMap<String, Value>, state: Option<&str>, around: &Around<'_>, found: &mut Vec<Finding>) {
    for field in definition.fields.iter().filter(|field| !is_filled(fields, &field.code)) {
        let wanted = match &field.required {
            Required::No => false,
            Required::Yes => true,
            Required::When(condition) => condition.holds_here(fields, state, around),
            Required::Steps(steps) => state.is_some_and(|state| steps.iter().any(|step| was_taken(definition, step, state))),
        };
        if wanted {
            found.push(finding(&field.code, FindingCode::Missing));
        }
    }
}

/// Whether a record in `state` must have gone through `step`: without it the state cannot be reached.
fn was_taken(definition: &Definition, step: &str, state: &str) -> bool {
    definition.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.state(state).is_some() && !reachable(lifecycle, Some(step)).contains(state))
}

/// `other` asks for `<field>_note`, if the definition has that field.
fn notes(definition: &Definition, fields: &BTreeMap<String, Value>, found: &mut Vec<Finding>) {
    let already: BTreeSet<String> = found.iter().map(|finding| finding.field.clone()).collect();
    for field in &definition.fields {
        let other = match field.kind {
            FieldType::Choice => fields.get(&field.code) == Some(&Value::Str("other".to_owned())),
            FieldType::Flags => fields.get(&format!("{}.other", field.code)) == Some(&Value::Bool(true)),
            _ => false,
        };
        let note = format!("{}_note", field.code);
        if other && definition.declared(&note).is_some() && !is_filled(fields, &note) && !already.contains(&note) {
            found.push(finding(&note, FindingCode::NoteMissing));
        }
    }
}

/// Keys and values that this version does not know.
fn kinds(definition: &Definition, fields: &BTreeMap<String, Value>, found: &mut Vec<Finding>) {
    for (key, value) in fields.iter().filter(|(key, value)| !key.starts_with('_') && !is_empty(value)) {
        match definition.field_of_key(key) {
            None => found.push(finding(key, FindingCode::UnknownField)),
            Some((field, option)) => {
                let (code, ticked) = match (option, value) {
                    (Some(option), value) => (Some(option), *value == Value::Bool(true)),
                    (None, Value::Str(code)) if field.kind == FieldType::Choice => (Some(code.as_str()), true),
                    (None, _) => (None, false),
                };
                if !value::fits(field, value) || (option.is_some() && !matches!(value, Value::Bool(_))) {
                    found.push(finding(key, FindingCode::WrongKind));
                } else if code.is_some_and(|code| ticked && unknown_option(definition, field, code)) {
                    found.push(finding(key, FindingCode::UnknownOption));
                }
            }
        }
    }
}

/// Only lists of the same file are judged here; another ledger's list may have grown.
fn unknown_option(definition: &Definition, field: &Field, code: &str) -> bool {
    match &field.options {
        Some(OptionsRef::Own(list)) => definition.option_list(list).is_some_and(|list| list.choice(code).is_none()),
        Some(OptionsRef::Other { .. }) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
code = "case"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["basic_education"]
privacy = "B"
title = { zh = "个案", en = "Case" }
[options.reason]
poor = { zh = "家庭经济", en = "Poverty" }
other = { zh = "其他", en = "Other" }
[[field]]
code = "reason"
title = { zh = "原因", en = "Reason" }
type = "choice"
options = "reason"
required = "step confirm"
[[field]]
code = "reason_note"
title = { zh = "说明", en = "Note on the reason" }
type = "text"
[[field]]
code = "days"
title = { zh = "天数", en = "Days" }
type = "int"
required = "yes"
[[field]]
code = "until"
title = { zh = "至", en = "Until" }
type = "date"
required = "when days > 3"
[[check]]
when = "until set"
must = "until >= on"
block = true
message = { zh = "不能早于开始。", en = "Not before the start." }
[[check]]
when = "report_month set"
must = "report_month <= $today"
message = { zh = "这个月还没有开始。", en = "That month has not begun." }
[[check]]
when = "programme.stage set and stage set"
must = "programme.stage = stage"
message = { zh = "学段不符。", en = "Another stage." }
[[field]]
code = "report_month"
title = { zh = "月份", en = "Month" }
type = "month"
[[field]]
code = "programme"
title = { zh = "项目", en = "Programme" }
type = "ref"
ref = "programme"
[[field]]
code = "stage"
title = { zh = "学段", en = "Stage" }
type = "text"
[lifecycle]
initial = "suspected"
[[lifecycle.state]]
code = "suspected"
title = { zh = "疑似", en = "Suspected" }
[[lifecycle.state]]
code = "confirmed"
title = { zh = "确认", en = "Confirmed" }
[[lifecycle.step]]
code = "confirm"
title = { zh = "确认", en = "Confirm" }
from = ["suspected"]
to = "confirmed"
authority = "school"
"#;

    fn of(pairs: &[(&str, Value)], state: &str) -> Vec<(String, FindingCode, bool)> {
        let definition = Definition::parse(TEXT).unwrap();
        let fields = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let around = Around {
            today: jiff::civil::date(2026, 3, 2),
            school: None,
            other: &|key| (key == "programme:1").then(|| [("stage".to_owned(), text("primary"))].into()),
            others: &|_, _| 0,
            naming: &|_, _| None,
            last: &|_, _, _| None,
        };
        findings(&definition, &fields, Some(state), &around).into_iter().map(|finding| (finding.field, finding.code, finding.blocks)).collect()
    }

    fn text(text: &str) -> Value {
        Value::Str(text.to_owned())
    }

    #[test]
    fn a_gap_is_a_work_item_and_only_a_date_blocks() {
        let expected = vec![("on".to_owned(), FindingCode::NoDate, true), ("days".to_owned(), FindingCode::Missing, false)];
        assert_eq!(of(&[], "suspected"), expected);
        assert_eq!(of(&[("on", text("2026-03-02")), ("days", Value::Int(2))], "suspected"), vec![]);
    }

    #[test]
    fn a_field_of_a_step_is_a_gap_once_the_step_must_have_been_taken() {
        let filled = [("on", text("2026-03-02")), ("days", Value::Int(2))];
        assert_eq!(of(&filled, "confirmed"), vec![("reason".to_owned(), FindingCode::Missing, false)]);
    }

    #[test]
    fn a_gap_is_never_told_as_a_contradiction() {
        let around = Around {
            today: jiff::civil::date(2026, 3, 2),
            school: "5299010001".parse().ok(),
            other: &|_| None,
            others: &|_, _| 0,
            naming: &|_, _| None,
            last: &|_, _, _| None,
        };
        let catalogue = crate::ledger::Catalogue::embedded();
        let empty = BTreeMap::new();
        // One of several rows must be chosen: that is what such a check is there to say.
        let asks_to_fill = |check: &Check| format!("{:?}", check.must).contains("Set(");
        for definition in catalogue.iter_latest() {
            let state = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.as_str());
            let said =
                definition.checks.iter().filter(|check| check.block && !asks_to_fill(check)).find_map(|check| broken(check, &empty, state, &around));
            assert_eq!(said, None, "{}", definition.code);
        }
        let transfer = catalogue.latest("transfer").unwrap();
        let said = |from: &str, to: &str| -> Vec<String> {
            let named = [("from", from), ("to", to)].into_iter().filter(|(_, school)| !school.is_empty());
            let fields = named.map(|(field, school)| (field.to_owned(), text(school))).collect();
            transfer.checks.iter().filter_map(|check| broken(check, &fields, None, &around)?.message).map(|message| message.zh).collect()
        };
        assert!(said("", "5299010009").is_empty() && said("邻县小学", "").is_empty() && said("5299010001", "邻县小学").is_empty());
        assert!(said("5299010001", "5299010001")[0].contains("不能是同一所学校"));
        assert!(said("5299010002", "邻县小学")[0].contains("要有一所是本校"));
    }

    #[test]
    fn conditions_and_checks_see_the_values() {
        let open = [("on", text("2026-03-02")), ("days", Value::Int(5))];
        assert_eq!(of(&open, "suspected"), vec![("until".to_owned(), FindingCode::Missing, false)]);
        let early = [("on", text("2026-03-02")), ("days", Value::Int(5)), ("until", text("2026-03-01"))];
        assert_eq!(of(&early, "suspected"), vec![(String::new(), FindingCode::Check, true)]);
    }

    #[test]
    fn the_day_and_the_record_referred_to_are_asked_where_it_is_written() {
        let broken = vec![(String::new(), FindingCode::Check, false)];
        let base = [("on", text("2026-03-02")), ("days", Value::Int(1))];
        let with = |more: &[(&str, &str)]| {
            let pairs: Vec<(&str, Value)> = base.iter().cloned().chain(more.iter().map(|(key, value)| (*key, text(value)))).collect();
            of(&pairs, "suspected")
        };
        assert_eq!(with(&[("report_month", "2026-03")]), vec![], "begun, though not over");
        assert_eq!(with(&[("report_month", "2026-04")]), broken);
        assert_eq!(with(&[("programme", "programme:1"), ("stage", "primary")]), vec![]);
        assert_eq!(with(&[("programme", "programme:1"), ("stage", "junior")]), broken);
        assert_eq!(with(&[("programme", "programme:2"), ("stage", "junior")]), vec![], "a record that is not here says nothing");
    }

    #[test]
    fn other_needs_its_note_and_what_is_unknown_is_named() {
        let fields =
            [("on", text("2026-03-02")), ("days", text("five")), ("reason", text("other")), ("later_field", Value::Int(1)), ("_v", Value::Int(1))];
        let expected = vec![
            ("reason_note".to_owned(), FindingCode::NoteMissing, false),
            ("days".to_owned(), FindingCode::WrongKind, false),
            ("later_field".to_owned(), FindingCode::UnknownField, false),
        ];
        assert_eq!(of(&fields, "suspected"), expected);
        let fields = [("on", text("2026-03-02")), ("days", Value::Int(1)), ("reason", text("newer"))];
        assert_eq!(of(&fields, "suspected"), vec![("reason".to_owned(), FindingCode::UnknownOption, false)]);
    }

    #[test]
    fn a_void_record_has_no_gaps_but_needs_its_reason() {
        assert_eq!(of(&[("void", Value::Bool(true))], "suspected"), vec![("void_reason".to_owned(), FindingCode::VoidReason, false)]);
        assert_eq!(of(&[("void", Value::Bool(true)), ("void_reason", text("重复"))], "suspected"), vec![]);
    }
}
