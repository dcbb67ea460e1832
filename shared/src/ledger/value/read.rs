//! Text to value, type by type.

use super::{
    error::{ValueError, ValueProblem},
    looks_like_code, scan, show,
};
use crate::{
    document::view::Value,
    ledger::{
        catalogue::Catalogue,
        definition::{Bilingual, Bound, Definition, Field, FieldType, OptionList},
        problem::excerpt,
    },
    model::{
        codes::IdNumber,
        money,
        text::{hidden, turns},
    },
};
use std::collections::BTreeMap;

/// Option titles shown in an error at most.
const OPTIONS_SHOWN_MAX: usize = 20;

/// What a text stands for: keys of the record with their values, and what is kept but not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Keys with values; several for a flags field. An empty text gives `Null` (flags: `false` everywhere).
    pub values: Vec<(String, Value)>,
    /// Warnings: option codes this version of the ledger does not know. They are kept.
    pub unknown: Vec<Unknown>,
}

/// An option code that is kept although its list does not have it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unknown {
    /// Code of the field.
    pub field: String,
    /// Code of the option.
    pub option: String,
}

/// Reads one field. `siblings` are the record's other values (an identity number is checked only if `id_type` says so).
pub fn read(
    catalogue: &Catalogue,
    definition: &Definition,
    field: &Field,
    text: &str,
    siblings: &BTreeMap<String, Value>,
) -> Result<Reading, ValueError> {
    reading(catalogue, definition, field, text, siblings).map_err(|problem| ValueError {
        field: field.code.clone(),
        title: Box::new(field.title.clone()),
        text: excerpt(text.trim()).into_owned(),
        problem,
    })
}

/// Reads several fields of one record by code, choices before what depends on them, whatever their order. `existing` are its present values.
pub fn read_all(
    catalogue: &Catalogue,
    definition: &Definition,
    existing: &BTreeMap<String, Value>,
    inputs: &[(String, String)],
) -> Result<Reading, Vec<ValueError>> {
    let mut siblings = existing.clone();
    let mut read_so_far = Reading::default();
    let mut errors = Vec::new();
    let depends = |code: &str| definition.field(code).is_some_and(|field| field.kind == FieldType::Idno);
    let (late, early): (Vec<_>, Vec<_>) = inputs.iter().partition(|(code, _)| depends(code));
    for (code, text) in early.into_iter().chain(late) {
        let result = settable(definition, code, text).and_then(|field| read(catalogue, definition, field, text, &siblings));
        match result {
            Ok(reading) => {
                siblings.extend(reading.values.iter().cloned());
                read_so_far.values.extend(reading.values);
                read_so_far.unknown.extend(reading.unknown);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(read_so_far) } else { Err(errors) }
}

/// The field, if it exists and a person may set it.
fn settable<'a>(definition: &'a Definition, code: &str, text: &str) -> Result<&'a Field, ValueError> {
    let refused = |title: Bilingual, problem| ValueError {
        field: excerpt(code).into_owned(),
        title: Box::new(title),
        text: excerpt(text.trim()).into_owned(),
        problem,
    };
    let Some(field) = definition.field(code) else {
        let name = excerpt(code).into_owned();
        return Err(refused(Bilingual { zh: name.clone(), en: name }, ValueProblem::UnknownField));
    };
    if definition.derive.iter().any(|derived| derived == code) {
        return Err(refused(field.title.clone(), ValueProblem::Derived));
    }
    Ok(field)
}

fn reading(
    catalogue: &Catalogue,
    definition: &Definition,
    field: &Field,
    text: &str,
    siblings: &BTreeMap<String, Value>,
) -> Result<Reading, ValueProblem> {
    let list = catalogue.options(definition, field);
    if field.kind == FieldType::Flags {
        return flags(field, list, text);
    }
    if text.trim().is_empty() {
        return Ok(Reading { values: vec![(field.code.clone(), Value::Null)], unknown: Vec::new() });
    }
    let (value, unknown) = match field.kind {
        FieldType::Choice => {
            let (code, known) = option(list, text)?;
            let unknown = if known { Vec::new() } else { vec![Unknown { field: field.code.clone(), option: code.clone() }] };
            (Value::Str(code), unknown)
        }
        FieldType::Idno => (identity_number(text, siblings)?, Vec::new()),
        FieldType::Ref => (record_key(field, definition, text)?, Vec::new()),
        _ => (plain(field, text)?, Vec::new()),
    };
    within(field, &value)?;
    Ok(Reading { values: vec![(field.code.clone(), value)], unknown })
}

/// Types that need nothing but the text; limits are applied by [`within`].
pub(in crate::ledger) fn plain(field: &Field, text: &str) -> Result<Value, ValueProblem> {
    let places = |places: usize| {
        scan::decimal(&without_unit(field, text), places).map(Value::Int).map_err(|error| match error {
            scan::NumberError::NotANumber => ValueProblem::Number,
            scan::NumberError::TooManyDecimals => ValueProblem::Decimals { places },
        })
    };
    let string = |text: Option<String>, problem| text.map(Value::Str).ok_or(problem);
    match field.kind {
        FieldType::Int => places(0),
        FieldType::Dec1 => places(1),
        FieldType::Pct => places(2),
        FieldType::Money => fen(field, text).map_or_else(|| places(2), |fen| Ok(Value::Int(fen))),
        FieldType::Bool => yes_or_no(text),
        FieldType::Date => {
            let problem = if scan::lacks_year(text) { ValueProblem::DateYear } else { ValueProblem::Date };
            string(scan::date(text).map(|date| date.to_string()), problem)
        }
        FieldType::Month => string(scan::month(text), ValueProblem::Month),
        FieldType::Time => string(scan::time(text), ValueProblem::Time),
        FieldType::Phone => string(scan::phone(text), ValueProblem::Phone),
        FieldType::File => attachment(text),
        FieldType::Long => Ok(Value::Str(long_text(text))),
        FieldType::Text
        | FieldType::Choice
        | FieldType::Flags
        | FieldType::Idno
        | FieldType::Village
        | FieldType::Person
        | FieldType::School
        | FieldType::Student
        | FieldType::Ref => Ok(Value::Str(one_line(text))),
    }
}

/// Line breaks and runs of blanks become one blank: cells of office files are full of them.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .map(|word| word.replace(turns, ""))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn long_text(text: &str) -> String {
    text.replace("\r\n", "\n").trim().chars().filter(|c| !hidden(*c) || matches!(c, '\n' | '\t')).collect()
}

/// Takes the field's unit, or a percent sign, off the end.
fn without_unit(field: &Field, text: &str) -> String {
    let text = scan::normal(text);
    let percent = (field.kind == FieldType::Pct).then_some("%");
    let units = field.unit.iter().flat_map(|unit| [unit.zh.as_str(), unit.en.as_str()]);
    let stripped = units.chain(percent).find_map(|unit| text.strip_suffix(unit));
    stripped.unwrap_or(&text).trim().to_owned()
}

/// An amount as offices write it: `1250`, `￥1,250.50`, `1250元整`, `0.125万元`.
fn fen(field: &Field, text: &str) -> Option<i64> {
    const YUAN_WAN_PLACES: usize = 6; // one fen is a millionth of 万
    let plain = without_unit(field, text);
    let plain = ["¥", "￥", "RMB", "CNY", "人民币"].iter().find_map(|sign| plain.strip_prefix(sign)).unwrap_or(&plain).trim();
    let plain = plain.strip_suffix('整').unwrap_or(plain);
    let plain = plain.strip_suffix(['元', '圆']).unwrap_or(plain).trim();
    match plain.strip_suffix('万') {
        Some(wan) => scan::decimal(wan.trim(), YUAN_WAN_PLACES).ok(),
        None => money::yuan_to_fen(plain).or_else(|| scan::decimal(plain, 2).ok()),
    }
}

fn yes_or_no(text: &str) -> Result<Value, ValueProblem> {
    match scan::normal(text).to_ascii_lowercase().as_str() {
        "yes" | "y" | "是" | "有" | "1" | "true" | "√" | "✓" | "✔" => Ok(Value::Bool(true)),
        "no" | "n" | "否" | "无" | "0" | "false" | "×" | "✗" | "✘" => Ok(Value::Bool(false)),
        _ => Err(ValueProblem::Bool),
    }
}

/// The code of an option named by code or either title, and whether the list has it.
fn option(list: Option<&OptionList>, text: &str) -> Result<(String, bool), ValueProblem> {
    let text = scan::normal(text);
    let choices = list.map(|list| list.choices.as_slice()).unwrap_or_default();
    let by_code = choices.iter().find(|choice| choice.code == text);
    let titled = |title: &str| scan::normal(title).eq_ignore_ascii_case(&text);
    let by_title = || choices.iter().find(|choice| titled(&choice.title.zh) || titled(&choice.title.en));
    match by_code.or_else(by_title) {
        Some(choice) => Ok((choice.code.clone(), true)),
        None if looks_like_code(&text) => Ok((text, false)),
        None => Err(ValueProblem::Option { options: options_text(list) }),
    }
}

/// The refusal of a code that no option has, for those who do not keep such codes: a person at a keyboard, a file.
#[must_use]
pub fn not_an_option(catalogue: &Catalogue, definition: &Definition, unknown: &Unknown) -> Option<ValueError> {
    let field = definition.field(&unknown.field)?;
    let options = options_text(catalogue.options(definition, field));
    Some(ValueError {
        field: field.code.clone(),
        title: Box::new(field.title.clone()),
        text: excerpt(&unknown.option).into_owned(),
        problem: ValueProblem::Option { options },
    })
}

/// Titles alone: nobody at a screen types codes, and who writes scripts has `ledger show`.
fn options_text(list: Option<&OptionList>) -> Bilingual {
    let choices = list.map(|list| list.choices.as_slice()).unwrap_or_default();
    let more = if choices.len() > OPTIONS_SHOWN_MAX { "…" } else { "" };
    let join = |separator: &str, title: &dyn Fn(&Bilingual) -> String| -> String {
        let shown: Vec<String> = choices.iter().take(OPTIONS_SHOWN_MAX).map(|choice| title(&choice.title)).collect();
        shown.join(separator) + more
    };
    Bilingual { zh: join("、", &|title| title.zh.clone()), en: join(", ", &|title| title.en.clone()) }
}

/// Every option named is true, every other option of the list explicitly false.
fn flags(field: &Field, list: Option<&OptionList>, text: &str) -> Result<Reading, ValueProblem> {
    let mut ticked: BTreeMap<String, bool> = list.iter().flat_map(|list| &list.choices).map(|choice| (choice.code.clone(), false)).collect();
    let mut unknown = Vec::new();
    for part in text.split([',', '，', '、', ';', '；', '|', '\n']).filter(|part| !part.trim().is_empty()) {
        let (code, known) = option(list, part)?;
        if !known {
            unknown.push(Unknown { field: field.code.clone(), option: code.clone() });
        }
        ticked.insert(code, true);
    }
    let values = ticked.into_iter().map(|(option, on)| (format!("{}.{option}", field.code), Value::Bool(on))).collect();
    Ok(Reading { values, unknown })
}

/// GB 11643 when `id_type` is `resident` or absent; else letters, digits, brackets and dashes.
fn identity_number(text: &str, siblings: &BTreeMap<String, Value>) -> Result<Value, ValueProblem> {
    let number: String = scan::normal(text).to_ascii_uppercase().chars().filter(|c| !c.is_whitespace()).collect();
    let resident = match siblings.get("id_type") {
        Some(Value::Str(kind)) => kind.is_empty() || kind == "resident",
        _ => true,
    };
    if resident {
        return number.parse::<IdNumber>().map(|id| Value::Str(id.as_str().to_owned())).map_err(ValueProblem::IdNumber);
    }
    let shaped = (4..=30).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'(' | b')' | b'-'));
    if shaped { Ok(Value::Str(number)) } else { Err(ValueProblem::DocumentNumber) }
}

/// `<ledger>:<id>` of the ledger referred to, or a bare ULID. `continues` points into the record's own ledger.
fn record_key(field: &Field, definition: &Definition, text: &str) -> Result<Value, ValueProblem> {
    let ledger = field.reference.as_deref().unwrap_or(&definition.code);
    let text = scan::normal(text);
    let refused = || ValueProblem::Ref { ledger: ledger.to_owned() };
    match text.split_once(':') {
        Some((named, id)) if named == ledger && is_record_id(id) => Ok(Value::Str(text)),
        Some(_) => Err(refused()),
        None => text.parse::<ulid::Ulid>().map(|id| Value::Str(format!("{ledger}:{id}"))).map_err(|_| refused()),
    }
}

fn is_record_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// `blake3:<64 hex>;<name>;<bytes>`.
fn attachment(text: &str) -> Result<Value, ValueProblem> {
    let text = text.trim();
    let mut parts = text.split(';');
    let (hash, name, bytes) = (parts.next(), parts.next(), parts.next());
    let hash_fits = hash
        .and_then(|hash| hash.strip_prefix("blake3:"))
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')));
    let name_fits = name.is_some_and(|name| (1..=200).contains(&name.chars().count()) && !name.contains(['/', '\\', '\0', '\n']));
    let bytes_fit = bytes.is_some_and(|bytes| bytes.bytes().all(|b| b.is_ascii_digit()) && bytes.parse::<u64>().is_ok());
    if hash_fits && name_fits && bytes_fit && parts.next().is_none() { Ok(Value::Str(text.to_owned())) } else { Err(ValueProblem::File) }
}

/// min, max, length and pattern.
pub(in crate::ledger) fn within(field: &Field, value: &Value) -> Result<(), ValueProblem> {
    let outside = |bound: Option<Bound>, less: bool| -> Option<String> {
        let (order, shown) = match (bound?, value) {
            (Bound::Number(limit), Value::Int(number)) => (number.cmp(&limit), show::number(field.kind, limit)),
            (Bound::Date(limit), Value::Str(text)) => (scan::date(text)?.cmp(&limit), limit.to_string()),
            _ => return None,
        };
        (if less { order.is_lt() } else { order.is_gt() }).then_some(shown)
    };
    if let Some(min) = outside(field.min, true) {
        return Err(ValueProblem::Small { min });
    }
    if let Some(max) = outside(field.max, false) {
        return Err(ValueProblem::Large { max });
    }
    let Value::Str(text) = value else { return Ok(()) };
    let length = text.chars().count();
    if field.kind != FieldType::File && length > field.max_len {
        return Err(ValueProblem::Length { length, max: field.max_len });
    }
    match &field.pattern {
        Some(pattern) if !text.is_empty() && !pattern.is_match(text) => Err(ValueProblem::Pattern { pattern: pattern.as_str().to_owned() }),
        _ => Ok(()),
    }
}

/// Whether a value found in a document is one of the field's type (`option`: it stands under `<field>.<option>`). Another program may have
/// written anything; such a value is kept and shown, and typed columns leave it out.
#[must_use]
pub fn fits(field: &Field, value: &Value) -> bool {
    let text = match value {
        Value::Null => return true,
        Value::Bool(_) => return matches!(field.kind, FieldType::Bool | FieldType::Flags),
        Value::Int(_) => return field.kind.is_number(),
        Value::Str(text) => text,
    };
    match field.kind {
        FieldType::Date => scan::date(text).is_some_and(|date| date.to_string() == *text),
        FieldType::Month => scan::month(text).as_ref() == Some(text),
        FieldType::Time => scan::time(text).as_ref() == Some(text),
        FieldType::Bool | FieldType::Flags | FieldType::Int | FieldType::Dec1 | FieldType::Money | FieldType::Pct => false,
        _ => true,
    }
}
