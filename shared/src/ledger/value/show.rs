//! Values as a person reads them.

use crate::{
    document::view::Value,
    ledger::{
        catalogue::Catalogue,
        definition::{Definition, Field, FieldType},
    },
    locale::{self, Lang},
    model::money,
};
use std::collections::BTreeMap;

/// A field out of a record's values; empty text when it is empty. Ticked options of a flags field in the order of their list, unknown ones last.
#[must_use]
pub fn show(catalogue: &Catalogue, definition: &Definition, field: &Field, fields: &BTreeMap<String, Value>, lang: Lang) -> String {
    if field.kind != FieldType::Flags {
        return fields.get(&field.code).map(|value| show_value(catalogue, definition, field, value, lang)).unwrap_or_default();
    }
    let prefix = format!("{}.", field.code);
    let list = catalogue.options(definition, field);
    let mut ticked: Vec<(usize, String)> = fields
        .range(prefix.clone()..)
        .map_while(|(key, value)| key.strip_prefix(&prefix).map(|option| (option, value)))
        .filter(|(_, value)| **value == Value::Bool(true))
        .map(|(option, _)| match list.and_then(|list| list.choices.iter().position(|choice| choice.code == option)) {
            Some(place) => (place, option_title(catalogue, definition, field, option, lang)),
            None => (usize::MAX, option.to_owned()),
        })
        .collect();
    ticked.sort();
    let separator = if lang == Lang::Zh { "、" } else { ", " };
    ticked.into_iter().map(|(_, title)| title).collect::<Vec<_>>().join(separator)
}

/// One value of a field, with its unit. A value of another kind than the field's is shown as it is.
#[must_use]
pub fn show_value(catalogue: &Catalogue, definition: &Definition, field: &Field, value: &Value, lang: Lang) -> String {
    let plain = match (field.kind, value) {
        (_, Value::Null) => return String::new(),
        (_, Value::Bool(flag)) => return locale::text(lang, if *flag { "ledger-yes" } else { "ledger-no" }, &[]),
        (kind, Value::Int(number_kept)) => number(kind, *number_kept),
        (FieldType::Choice, Value::Str(code)) => option_title(catalogue, definition, field, code, lang),
        (FieldType::File, Value::Str(text)) => text.split(';').nth(1).unwrap_or(text).to_owned(),
        (_, Value::Str(text)) => text.clone(),
    };
    match &field.unit {
        Some(unit) if !plain.is_empty() => format!("{plain} {}", unit.get(lang)),
        _ => plain,
    }
}

fn option_title(catalogue: &Catalogue, definition: &Definition, field: &Field, code: &str, lang: Lang) -> String {
    let choice = catalogue.options(definition, field).and_then(|list| list.choice(code));
    choice.map_or(code, |choice| choice.title.get(lang)).to_owned()
}

/// A kept number as a person writes it, without unit.
pub(super) fn number(kind: FieldType, kept: i64) -> String {
    match kind {
        FieldType::Money => money::fen_to_yuan(kept),
        FieldType::Pct => decimal(kept, 100, 2) + "%",
        FieldType::Dec1 => decimal(kept, 10, 1),
        _ => kept.to_string(),
    }
}

fn decimal(kept: i64, scale: u64, places: usize) -> String {
    let sign = if kept < 0 { "-" } else { "" };
    let (whole, rest) = (kept.unsigned_abs() / scale, kept.unsigned_abs() % scale);
    let fraction = format!("{rest:0places$}");
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
