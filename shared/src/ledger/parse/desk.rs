//! `[prefill]`, `[[notice]]` and `[alike]`: what a school's desk does with a ledger beyond keeping it. The report a prefill names is looked up when it is run.

use super::{
    Seen, code_shape, field_exists,
    flow::state_exists,
    moving::field_of_type,
    named,
    reader::{Reader, Table},
};
use crate::ledger::definition::{Alike, Definition, FieldType, Notice, Prefill, Within};

/// A quarter of a year.
const NOTICE_DAYS_MAX: i64 = 90;

pub(super) fn prefill(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Option<Prefill> {
    let table = reader.table(root, "prefill")?;
    reader.known_keys(table, &["report", "zero", "rests_on"]);
    let report = reader.needed_word(table, "report");
    if let Some(word) = &report {
        code_shape(reader, word, 60);
    }
    let zero = reader.word(table, "zero");
    if let Some(word) = &zero {
        field_of_type(reader, word, definition, FieldType::Bool);
    }
    let rests_on = reader.words(table, "rests_on");
    for word in &rests_on {
        field_of_type(reader, word, definition, FieldType::Int);
    }
    if !matches!(rests_on.len(), 0 | 2) {
        reader.missing(table, "rests_on");
    }
    let plain = |word: Option<super::Word>| word.map(|(word, _)| word);
    Some(Prefill { report: plain(report).unwrap_or_default(), zero: plain(zero), rests_on: pair(rests_on) })
}

fn pair(words: Vec<super::Word>) -> Option<(String, String)> {
    let mut words = words.into_iter().map(|(word, _)| word);
    words.next().zip(words.next())
}

pub(super) fn notices(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Vec<Notice> {
    let mut seen = Seen::default();
    reader.tables(root, "notice").into_iter().map(|table| notice(reader, table, definition, &mut seen)).collect()
}

fn notice(reader: &Reader<'_>, table: Table<'_>, definition: &Definition, seen: &mut Seen) -> Notice {
    reader.known_keys(table, &["code", "title", "state", "from", "until", "days"]);
    let (code, title) = named(reader, table, seen);
    let state = reader.needed_word(table, "state");
    if let Some(word) = &state {
        let states = definition.lifecycle.as_ref().map(|l| l.states.as_slice()).unwrap_or_default();
        state_exists(reader, word, states);
    }
    let date = |key: &str| {
        let word = reader.needed_word(table, key)?;
        field_of_type(reader, &word, definition, FieldType::Date);
        Some(word.0)
    };
    Notice {
        code,
        title,
        state: state.map(|(word, _)| word).unwrap_or_default(),
        from: date("from").unwrap_or_default(),
        until: date("until").unwrap_or_default(),
        days: reader.number(table, "days", 1..=NOTICE_DAYS_MAX).and_then(|days| u32::try_from(days).ok()),
    }
}

pub(super) fn alike(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Option<Alike> {
    let table = reader.table(root, "alike")?;
    reader.known_keys(table, &["fields", "within"]);
    let fields = reader.words(table, "fields");
    for word in &fields {
        field_exists(reader, word, definition);
    }
    let within = reader.needed_one_of(table, "within", Within::WORDS, Within::from_word)?;
    Some(Alike { fields: fields.into_iter().map(|(word, _)| word).collect(), within })
}
