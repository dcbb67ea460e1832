//! `[[field]]` and `[[check]]`.
//!
//! Two passes: first every field by itself, so that all names are known; then ([`late`]) what points to other fields or to steps:
//! conditions, defaults and `required`.

use super::{
    Seen, code_free,
    moving::field_of_type,
    named,
    reader::{Reader, Table, Word, integer},
};
use crate::ledger::{
    common,
    condition::Condition,
    definition::{Authority, Bound, Check, Definition, Field, FieldType, OptionsRef, Pattern, Privacy, Required},
    net::Net,
    problem::{ProblemCode, excerpt, listed},
    value,
};

const FIELD_KEYS: &[&str] = &[
    "code",
    "title",
    "help",
    "type",
    "options",
    "required",
    "sensitive",
    "authority",
    "unit",
    "min",
    "max",
    "max_len",
    "pattern",
    "default",
    "copy_of",
    "ref",
    "searchable",
    "follow_up",
    "after",
    "ask",
    "public",
    "serial",
    "of_change",
    "common",
    "first",
    "total",
];
/// Longest text a definition may allow, in characters.
const LENGTH_MAX: i64 = 61_440;
const PATTERN_BYTES_MAX: usize = 500;

pub(super) fn fields(reader: &Reader<'_>, tables: &[Table<'_>], definition: &Definition) -> Vec<Field> {
    let mut seen = Seen::default();
    tables.iter().map(|table| field(reader, *table, definition, &mut seen)).collect()
}

fn field(reader: &Reader<'_>, table: Table<'_>, definition: &Definition, seen: &mut Seen) -> Field {
    reader.known_keys(table, FIELD_KEYS);
    let (code, title) = named(reader, table, seen);
    if let Some(word) = reader.word(table, "code") {
        code_free(reader, &word);
    }
    let known = reader.needed_one_of(table, "type", FieldType::WORDS, FieldType::from_word);
    let kind = known.unwrap_or(FieldType::Text);
    if let Some(kind) = known {
        misplaced(reader, table, kind);
    }
    let sensitive = reader.one_of(table, "sensitive", Privacy::WORDS, Privacy::from_word);
    let max_len = reader.number(table, "max_len", 1..=LENGTH_MAX).and_then(|length| usize::try_from(length).ok());
    let (min, max) = (bound(reader, table, "min", kind), bound(reader, table, "max", kind));
    if crossed(min, max) {
        reader.note(table.at("max"), ProblemCode::BoundsCrossed, Vec::new());
    }
    Field {
        options: options(reader, table, kind, &code, definition),
        help: reader.bilingual(table, "help"),
        required: Required::No,
        privacy: sensitive.map_or(definition.privacy, |class| class.max(definition.privacy)),
        authority: reader.one_of(table, "authority", Authority::WORDS, Authority::from_word),
        unit: reader.bilingual(table, "unit"),
        min,
        max,
        max_len: max_len.unwrap_or_else(|| common::default_length(kind)),
        pattern: pattern(reader, table),
        default: default_text(reader, table),
        copy_of: copy_of(reader, table),
        reference: reference(reader, table, kind, &code),
        searchable: reader.flag(table, "searchable").unwrap_or(false),
        follow_up: reader.flag(table, "follow_up").unwrap_or(false),
        after: after(reader, table),
        public: reader.flag(table, "public").unwrap_or(false),
        ask: reader.flag(table, "ask").unwrap_or(false),
        serial: reader.flag(table, "serial").unwrap_or(false),
        of_change: reader.word(table, "of_change").map(|(word, _)| word),
        common: reader.flag(table, "common").unwrap_or(false),
        first: reader.flag(table, "first").unwrap_or(false),
        total: reader.flag(table, "total").unwrap_or(false),
        code,
        title,
        kind,
    }
}

/// Keys that have no sense for the type.
fn misplaced(reader: &Reader<'_>, table: Table<'_>, kind: FieldType) {
    let bounded = kind.is_number() || kind == FieldType::Date;
    let rules = [
        ("options", matches!(kind, FieldType::Choice | FieldType::Flags)),
        ("ref", kind == FieldType::Ref),
        ("min", bounded),
        ("max", bounded),
        ("max_len", matches!(kind, FieldType::Text | FieldType::Long)),
        ("pattern", kind == FieldType::Text),
        ("follow_up", kind == FieldType::Date),
        ("after", kind == FieldType::Date),
        ("total", kind.is_number() && kind != FieldType::Pct),
    ];
    for (key, _) in rules.into_iter().filter(|(key, fits)| !fits && table.get(key).is_some()) {
        let args = vec![("key", key.to_owned()), ("type", kind.word().to_owned())];
        reader.note(table.at(key), ProblemCode::KeyMisplaced, args);
    }
}

fn options(reader: &Reader<'_>, table: Table<'_>, kind: FieldType, code: &str, definition: &Definition) -> Option<OptionsRef> {
    if !matches!(kind, FieldType::Choice | FieldType::Flags) {
        return None;
    }
    let Some((word, spot)) = reader.word(table, "options") else {
        if table.get("options").is_none() {
            reader.note(table.start(), ProblemCode::OptionsMissing, vec![("field", code.to_owned())]);
        }
        return None;
    };
    let own = match word.split_once('.') {
        Some((ledger, list)) if ledger != definition.code => {
            return Some(OptionsRef::Other { ledger: ledger.to_owned(), list: list.to_owned() });
        }
        Some((_, list)) => list.to_owned(),
        None => word,
    };
    if definition.option_list(&own).is_none() {
        let expected = listed(definition.options.iter().map(|list| list.name.as_str()));
        reader.note(spot.start, ProblemCode::OptionsUnknown, vec![("list", excerpt(&own).into_owned()), ("expected", expected)]);
    }
    Some(OptionsRef::Own(own))
}

fn bound(reader: &Reader<'_>, table: Table<'_>, key: &str, kind: FieldType) -> Option<Bound> {
    if kind.is_number() {
        return reader.number(table, key, i64::MIN..=i64::MAX).map(Bound::Number);
    }
    if kind != FieldType::Date {
        return None;
    }
    let (word, spot) = reader.word(table, key)?;
    let date = value::date(&word);
    if date.is_none() {
        reader.note(spot.start, ProblemCode::DateMalformed, vec![("value", excerpt(&word).into_owned())]);
    }
    date.map(Bound::Date)
}

fn crossed(min: Option<Bound>, max: Option<Bound>) -> bool {
    match (min, max) {
        (Some(Bound::Number(min)), Some(Bound::Number(max))) => min > max,
        (Some(Bound::Date(min)), Some(Bound::Date(max))) => min > max,
        _ => false,
    }
}

fn pattern(reader: &Reader<'_>, table: Table<'_>) -> Option<Pattern> {
    let (word, spot) = reader.word(table, "pattern")?;
    let note = |detail: String| {
        reader.note(spot.start, ProblemCode::PatternMalformed, vec![("value", excerpt(&word).into_owned()), ("detail", detail)]);
    };
    if word.len() > PATTERN_BYTES_MAX {
        note(format!("> {PATTERN_BYTES_MAX}"));
        return None;
    }
    match regex_lite::RegexBuilder::new(&word).size_limit(1 << 20).build() {
        Ok(regex) => Some(Pattern(regex)),
        Err(error) => {
            note(error.to_string());
            None
        }
    }
}

/// A default may be written as a TOML string, number or boolean; it is kept as the text a person would write.
fn default_text(reader: &Reader<'_>, table: Table<'_>) -> Option<String> {
    let value = table.get("default")?.get_ref();
    integer(value)
        .map(|number| number.to_string())
        .or_else(|| value.as_bool().map(|flag| flag.to_string()))
        .or_else(|| reader.word(table, "default").map(|(word, _)| word))
}

fn copy_of(reader: &Reader<'_>, table: Table<'_>) -> Option<(String, String)> {
    let (word, spot) = reader.word(table, "copy_of")?;
    let parts = word.split_once('.').filter(|(ledger, field)| !ledger.is_empty() && !field.is_empty());
    if parts.is_none() {
        reader.note(spot.start, ProblemCode::CopyMalformed, vec![("value", excerpt(&word).into_owned())]);
    }
    parts.map(|(ledger, field)| (ledger.to_owned(), field.to_owned()))
}

/// `{ field = "returned_on", months = 3 }`; that there is such a date field is looked at once all fields are known.
fn after(reader: &Reader<'_>, table: Table<'_>) -> Option<(String, i32)> {
    let after = reader.table(table, "after")?;
    reader.known_keys(after, &["field", "months"]);
    let (field, _) = reader.needed_word(after, "field")?;
    if after.get("months").is_none() {
        reader.missing(after, "months");
    }
    let months = reader.number(after, "months", 1..=60).and_then(|months| i32::try_from(months).ok())?;
    Some((field, months))
}

fn reference(reader: &Reader<'_>, table: Table<'_>, kind: FieldType, code: &str) -> Option<String> {
    if kind != FieldType::Ref {
        return None;
    }
    if table.get("ref").is_none() {
        reader.note(table.start(), ProblemCode::RefMissing, vec![("field", code.to_owned())]);
    }
    reader.word(table, "ref").map(|(word, _)| word)
}

/// The second pass: `required` and `default`, which need every field and the lifecycle.
pub(super) fn late(reader: &Reader<'_>, tables: &[Table<'_>], definition: &mut Definition) {
    for (index, table) in tables.iter().enumerate() {
        let rule = required(reader, *table, definition);
        default_fits(reader, *table, definition, index);
        let of_change = definition.fields.get(index).and_then(|field| field.of_change.as_ref());
        if let Some(named) = of_change.filter(|named| definition.field(named).is_none()) {
            reader.note(table.at("of_change"), ProblemCode::FieldUnknown, vec![("field", excerpt(named).into_owned())]);
        }
        if let Some((named, _)) = definition.fields.get(index).and_then(|field| field.after.as_ref())
            && definition.field(named).is_none_or(|field| field.kind != FieldType::Date)
        {
            reader.note(table.at("after"), ProblemCode::FieldUnknown, vec![("field", excerpt(named).into_owned())]);
        }
        if let Some(field) = definition.fields.get_mut(index) {
            field.required = rule;
        }
    }
}

fn required(reader: &Reader<'_>, table: Table<'_>, definition: &Definition) -> Required {
    let Some((word, spot)) = reader.word(table, "required") else { return Required::No };
    let (form, rest) = word.trim().split_once(' ').unwrap_or((word.trim(), ""));
    match (form, rest.trim().is_empty()) {
        ("no", true) => Required::No,
        ("yes", true) => Required::Yes,
        ("step", false) => {
            let steps: Vec<String> = rest.split(',').map(|step| step.trim().to_owned()).collect();
            for step in &steps {
                step_exists(reader, step, spot.start, definition);
            }
            Required::Steps(steps)
        }
        ("when", false) => condition(reader, rest, spot.start, definition).map_or(Required::No, Required::When),
        _ => {
            reader.note(spot.start, ProblemCode::RequiredMalformed, vec![("value", excerpt(&word).into_owned())]);
            Required::No
        }
    }
}

fn step_exists(reader: &Reader<'_>, step: &str, at: usize, definition: &Definition) {
    let steps = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.steps.as_slice()).unwrap_or_default();
    if !steps.iter().any(|known| known.code == step) {
        let expected = listed(steps.iter().map(|step| step.code.as_str()));
        reader.note(at, ProblemCode::StepUnknown, vec![("step", excerpt(step).into_owned()), ("expected", expected)]);
    }
}

fn default_fits(reader: &Reader<'_>, table: Table<'_>, definition: &Definition, index: usize) {
    let Some(field) = definition.fields.get(index) else { return };
    let Some(text) = &field.default else { return };
    if value::literal(definition, field, text).is_none() {
        reader.note(table.at("default"), ProblemCode::DefaultUnreadable, vec![("value", excerpt(text).into_owned())]);
    }
}

pub(super) fn condition(reader: &Reader<'_>, text: &str, at: usize, definition: &Definition) -> Option<Condition> {
    match Condition::parse(text, definition) {
        Ok(condition) => Some(condition),
        Err(errors) => {
            for error in errors {
                reader.note(at, error.code, error.args);
            }
            None
        }
    }
}

pub(super) fn checks(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Vec<Check> {
    let mut checks = Vec::new();
    for table in reader.tables(root, "check") {
        reader.known_keys(table, &["when", "must", "block", "ask", "message"]);
        let when = reader.word(table, "when").and_then(|(word, spot)| condition(reader, &word, spot.start, definition));
        let must = reader.needed_word(table, "must").and_then(|(word, spot)| condition(reader, &word, spot.start, definition));
        let message = reader.needed_bilingual(table, "message");
        let block = reader.flag(table, "block").unwrap_or(false);
        if let Some(must) = must {
            checks.push(Check { when, must, block, ask: reader.flag(table, "ask").unwrap_or(false), message });
        }
    }
    checks
}

/// `[net]`: what of a record's money counts.
pub(super) fn net(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Option<Net> {
    let table = reader.table(root, "net")?;
    reader.known_keys(table, &["of", "less", "nothing_when"]);
    let field = |word: Option<Word>, kind: FieldType| {
        let word = word?;
        field_of_type(reader, &word, definition, kind);
        Some(word.0)
    };
    Some(Net {
        of: field(reader.needed_word(table, "of"), FieldType::Money).unwrap_or_default(),
        less: field(reader.needed_word(table, "less"), FieldType::Money).unwrap_or_default(),
        nothing_when: field(reader.word(table, "nothing_when"), FieldType::Bool),
    })
}
