//! `[[rule]]`: what opens records by itself. Names of the watched and the opened ledger are the catalogue's business.

use super::{
    Seen, code_of,
    reader::{Reader, Table, integer},
};
use crate::{
    document::view::Value,
    ledger::{
        definition::{Definition, Rule, RuleKind, SetValue},
        problem::{ProblemCode, excerpt},
    },
};
use std::collections::BTreeMap;

const RULE_KEYS: &[&str] = &["code", "title", "opens", "when", "ledger", "field", "values", "days", "set"];
/// A school year has about 200 school days.
const RUN_DAYS_MAX: i64 = 250;

pub(super) fn rules(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Vec<Rule> {
    let mut seen = Seen::default();
    reader.tables(root, "rule").iter().map(|table| rule(reader, *table, definition, &mut seen)).collect()
}

fn rule(reader: &Reader<'_>, table: Table<'_>, definition: &Definition, seen: &mut Seen) -> Rule {
    reader.known_keys(table, RULE_KEYS);
    let when = reader.needed_one_of(table, "when", RuleKind::WORDS, RuleKind::from_word).unwrap_or(RuleKind::Field);
    let values = reader.words(table, "values");
    if values.is_empty() {
        reader.missing(table, "values");
    }
    if when == RuleKind::AbsentRun && table.get("days").is_none() {
        reader.missing(table, "days");
    }
    let word = |key: &str| reader.needed_word(table, key).map(|(word, _)| word).unwrap_or_default();
    let ledger = reader.word(table, "ledger").map_or_else(|| definition.code.clone(), |(word, _)| word);
    Rule {
        code: code_of(reader, table, seen),
        title: reader.bilingual(table, "title"),
        opens: word("opens"),
        when,
        ledger,
        field: word("field"),
        values: values.into_iter().map(|(word, _)| word).collect(),
        days: reader.number(table, "days", 1..=RUN_DAYS_MAX).and_then(|days| u32::try_from(days).ok()).unwrap_or(1),
        set: set(reader, table),
    }
}

fn set(reader: &Reader<'_>, rule: Table<'_>) -> BTreeMap<String, SetValue> {
    let Some(table) = reader.table(rule, "set") else { return BTreeMap::new() };
    let mut set = BTreeMap::new();
    for (key, at, value) in table.in_order() {
        let toml = value.get_ref();
        let literal = toml
            .as_bool()
            .map(Value::Bool)
            .or_else(|| integer(toml).map(Value::Int))
            .or_else(|| toml.as_str().map(|text| Value::Str(text.to_owned())));
        let value = match (&literal, toml.as_str()) {
            (_, Some("$last_present")) => Some(SetValue::LastPresent),
            (_, Some("$first_absent")) => Some(SetValue::FirstAbsent),
            (_, Some(text)) if text.starts_with('$') => {
                let args = vec![("value", excerpt(text).into_owned()), ("expected", "$last_present, $first_absent".to_owned())];
                reader.note(at, ProblemCode::SubstituteUnknown, args);
                None
            }
            (Some(value), _) => Some(SetValue::Literal(value.clone())),
            (None, _) => {
                reader.note(at, ProblemCode::RuleValue, vec![("field", key.to_owned()), ("value", toml.type_str().to_owned())]);
                None
            }
        };
        if let Some(value) = value {
            set.insert(key.to_owned(), value);
        }
    }
    set
}
