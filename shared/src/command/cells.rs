//! A cell: one field of one record as a person reads and types it in a table, without its unit, a record referred to by its label, a school by its
//! name. What stands in a cell, typed again, changes nothing.

use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Field, Privacy},
        value,
    },
    locale::Lang,
    replica::Replica,
};
use std::collections::{BTreeMap, BTreeSet};

/// Text of a cell; empty when it is empty.
#[must_use]
pub fn text(
    replica: &Replica,
    catalogue: &Catalogue,
    definition: &Definition,
    field: &Field,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> String {
    let bare = Field { unit: None, ..field.clone() };
    let plain = value::show(catalogue, definition, &bare, fields, lang);
    let name = match field.kind {
        _ if plain.is_empty() => None,
        FieldType::Ref => replica.locate(&plain).ok().map(|place| label_of(catalogue, &place.ledger, &place.fields, lang)),
        FieldType::School => replica.school_name(&plain).ok().flatten(),
        _ => None,
    };
    name.filter(|name| !name.is_empty()).unwrap_or(plain)
}

/// A record in a few words: the fields that name it, none of class C.
#[must_use]
pub fn label_of(catalogue: &Catalogue, ledger: &str, fields: &BTreeMap<String, Value>, lang: Lang) -> String {
    let Some(definition) = catalogue.latest(ledger) else { return String::new() };
    let named =
        definition.label.iter().filter_map(|code| definition.field(code)).filter(|field| field.privacy != Privacy::C && field.kind != FieldType::Ref);
    let parts: Vec<String> = named.map(|field| value::show(catalogue, definition, field, fields, lang)).filter(|text| !text.is_empty()).collect();
    parts.join(" · ")
}

/// Whether one of the keys is this field's, or an option's of it.
#[must_use]
pub fn among(keys: &BTreeSet<String>, code: &str) -> bool {
    keys.iter().any(|key| key.strip_prefix(code).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// What refuses to write a field that awaits a person's choice.
#[must_use]
pub fn in_dispute(definition: &Definition, code: &str) -> Fault {
    let title = |lang| definition.field(code).map_or_else(|| code.to_owned(), |field| field.title.get(lang).to_owned());
    Fault::new("field-disputed", Exit::Input).with("field", code).with("title_zh", title(Lang::Zh)).with("title_en", title(Lang::En))
}

/// Whether a text says what already stands in the record: as it is shown, or read by the field's type.
#[must_use]
pub fn says(replica: &Replica, catalogue: &Catalogue, definition: &Definition, field: &Field, fields: &BTreeMap<String, Value>, said: &str) -> bool {
    let said = said.trim();
    if [Lang::Zh, Lang::En].iter().any(|lang| text(replica, catalogue, definition, field, fields, *lang).trim() == said) {
        return true;
    }
    let empty = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
    let Ok(read) = value::read(catalogue, definition, field, said, fields) else { return false };
    let same = |(key, value): &(String, Value)| match fields.get(key) {
        Some(now) => now == value || field.kind == FieldType::Flags && empty(now) && empty(value),
        None => *value == Value::Null || field.kind == FieldType::Flags && empty(value),
    };
    read.values.iter().all(same)
}
