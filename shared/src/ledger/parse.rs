//! From TOML text to a [`Definition`]: the head of the file here, its parts in the files beside.
//!
//! Order: syntax; each part for itself, collecting names; then what the names point to. Nothing stops at the first problem.

mod desk;
mod field;
mod flow;
mod moving;
mod reader;
mod rule;

pub(super) use flow::reachable;

use super::{
    common,
    definition::{Bilingual, Choice, Definition, FieldType, Form, OptionList, Owner, Period, Privacy, Section, Subject},
    problem::{Problem, ProblemCode, excerpt, listed},
};
use crate::model::SpaceKind;
use reader::{Reader, Table, Word};
use std::collections::BTreeMap;
use toml::de::DeTable;

const HEAD_KEYS: &[&str] = &[
    "code",
    "version",
    "subject",
    "form",
    "owner",
    "space",
    "sections",
    "privacy",
    "title",
    "help",
    "label",
    "choose",
    "list",
    "filters",
    "about",
    "dated_by",
    "parent",
    "basis",
    "key",
    "per",
    "derive",
    "options",
    "field",
    "conflict_group",
    "check",
    "lifecycle",
    "rule",
    "relay",
    "handover",
    "prefill",
    "notice",
    "alike",
    "net",
    "machinery",
];
const LEDGER_CODE_MAX: usize = 40;
const CODE_MAX: usize = 64;
/// Words of the condition language: a field of that name could not be read back.
const CONDITION_WORDS: &[&str] = &["and", "or", "not", "in", "has", "shares", "set"];

pub(super) fn definition(text: &str) -> Result<Definition, Vec<Problem>> {
    let reader = Reader::new(text);
    if text.len() > Definition::BYTES_MAX {
        reader.note(0, ProblemCode::TooLarge, vec![("max", Definition::BYTES_MAX.to_string())]);
        return Err(reader.into_problems());
    }
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.note(at, ProblemCode::Toml, vec![("detail", error.message().to_owned())]);
    }
    if !errors.is_empty() {
        return Err(reader.into_problems());
    }
    let parsed = whole(&reader, Table::new(root.get_ref(), 0), text);
    let problems = reader.into_problems();
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// Reads everything; what is missing stands as a placeholder, the problem has been noted.
fn whole(reader: &Reader<'_>, root: Table<'_>, text: &str) -> Definition {
    reader.known_keys(root, HEAD_KEYS);
    let mut definition = head(reader, root, text);
    definition.options = option_lists(reader, root);
    let fields = reader.tables(root, "field");
    definition.fields = field::fields(reader, &fields, &definition);
    definition.net = field::net(reader, root, &definition);
    let lifecycle = reader.table(root, "lifecycle");
    definition.lifecycle = lifecycle.map(|table| flow::lifecycle(reader, table, &definition));
    field::late(reader, &fields, &mut definition);
    definition.checks = field::checks(reader, root, &definition);
    definition.conflict_groups = conflict_groups(reader, root, &definition);
    definition.rules = rule::rules(reader, root, &definition);
    definition.relay = moving::relay(reader, root, &definition);
    definition.handover = moving::handover(reader, root, &definition);
    definition.prefill = desk::prefill(reader, root, &definition);
    definition.notices = desk::notices(reader, root, &definition);
    definition.alike = desk::alike(reader, root, &definition);
    names_of_fields(reader, root, &definition);
    if let Some(word) = reader.word(root, "dated_by") {
        moving::field_of_type(reader, &word, &definition, FieldType::Date);
    }
    definition
}

fn head(reader: &Reader<'_>, root: Table<'_>, text: &str) -> Definition {
    let code = reader.needed_word(root, "code");
    if let Some(word) = &code {
        code_shape(reader, word, LEDGER_CODE_MAX);
    }
    if root.get("version").is_none() {
        reader.missing(root, "version");
    }
    let version = reader.number(root, "version", 1..=i64::from(u32::MAX)).and_then(|version| u32::try_from(version).ok()).unwrap_or(1);
    let subject = reader.needed_one_of(root, "subject", Subject::WORDS, Subject::from_word);
    let owner = reader.needed_one_of(root, "owner", Owner::WORDS, Owner::from_word).unwrap_or(Owner::School);
    let privacy = reader.needed_one_of(root, "privacy", Privacy::WORDS, Privacy::from_word).unwrap_or(Privacy::A);
    let code = code.map(|(code, _)| code).unwrap_or_default();
    Definition {
        form: form(reader, root, &code),
        version,
        subject: subject.unwrap_or(Subject::School),
        owner,
        space: subject.map_or(SpaceKind::School, |subject| space(reader, root, subject)),
        sections: sections(reader, root),
        privacy,
        title: reader.needed_bilingual(root, "title"),
        help: reader.bilingual(root, "help"),
        label: reader.words(root, "label").into_iter().map(|(word, _)| word).collect(),
        about: reader.word(root, "about").map(|(word, _)| word),
        dated_by: reader.word(root, "dated_by").map(|(word, _)| word),
        choose: reader.words(root, "choose").into_iter().map(|(word, _)| word).collect(),
        list: reader.words(root, "list").into_iter().map(|(word, _)| word).collect(),
        filters: reader.words(root, "filters").into_iter().map(|(word, _)| word).collect(),
        key: reader.words(root, "key").into_iter().map(|(word, _)| word).collect(),
        parent: reader.word(root, "parent").map(|(word, _)| word),
        basis: reader.word(root, "basis").map(|(word, _)| word),
        per: reader.one_of(root, "per", Period::WORDS, Period::from_word),
        derive: reader.words(root, "derive").into_iter().map(|(word, _)| word).collect(),
        options: Vec::new(),
        fields: Vec::new(),
        conflict_groups: Vec::new(),
        checks: Vec::new(),
        lifecycle: None,
        rules: Vec::new(),
        relay: None,
        handover: None,
        prefill: None,
        notices: Vec::new(),
        alike: None,
        net: None,
        machinery: reader.flag(root, "machinery").unwrap_or(false),
        source: text.to_owned(),
        code,
    }
}

fn form(reader: &Reader<'_>, root: Table<'_>, code: &str) -> Form {
    let form = reader.needed_one_of(root, "form", Form::WORDS, Form::from_word).unwrap_or(Form::Records);
    if form == Form::Profile {
        if code != "enrolment" {
            reader.note(root.at("form"), ProblemCode::ProfileOther, Vec::new());
        }
        for key in ["lifecycle", "parent", "per"].into_iter().filter(|key| root.get(key).is_some()) {
            reader.note(root.at(key), ProblemCode::ProfilePart, vec![("key", key.to_owned())]);
        }
    }
    form
}

fn space(reader: &Reader<'_>, root: Table<'_>, subject: Subject) -> SpaceKind {
    const WORDS: &[&str] = &["school", "published", "county_school", "internal"];
    let from = |word: &str| match word {
        "school" => Some(SpaceKind::School),
        "published" => Some(SpaceKind::Published),
        "county_school" => Some(SpaceKind::CountySchool),
        "internal" => Some(SpaceKind::Internal),
        _ => None,
    };
    if subject == Subject::County && root.get("space").is_none() {
        reader.missing(root, "space");
    }
    let space = reader.one_of(root, "space", WORDS, from).unwrap_or(SpaceKind::School);
    if root.get("space").is_some() && (space == SpaceKind::School) == (subject == Subject::County) {
        let word = reader.word(root, "space").map(|(word, _)| word).unwrap_or_default();
        reader.note(root.at("space"), ProblemCode::SpaceWrong, vec![("space", word)]);
    }
    space
}

fn sections(reader: &Reader<'_>, root: Table<'_>) -> Vec<Section> {
    if root.get("sections").is_none() {
        reader.missing(root, "sections");
    }
    let mut sections = Vec::new();
    for (word, spot) in reader.words(root, "sections") {
        match Section::from_word(&word) {
            Some(section) => sections.push(section),
            None => reader.unknown_word("sections", &word, spot.start, Section::WORDS),
        }
    }
    sections
}

fn option_lists(reader: &Reader<'_>, root: Table<'_>) -> Vec<OptionList> {
    let Some(lists) = reader.table(root, "options") else { return Vec::new() };
    let mut read = Vec::new();
    for (name, at, value) in lists.in_order() {
        code_shape(reader, &(name.to_owned(), at..at), CODE_MAX);
        let Some(table) = reader.as_table(name, value) else { continue };
        let mut choices = Vec::new();
        for (code, at, value) in table.in_order() {
            option_code(reader, code, at);
            let title = reader.bilingual_value(code, value).unwrap_or_default();
            choices.push(Choice { code: code.to_owned(), title });
        }
        if choices.is_empty() {
            reader.note(at, ProblemCode::OptionsEmpty, vec![("list", name.to_owned())]);
        }
        read.push(OptionList { name: name.to_owned(), choices });
    }
    read
}

/// An option is `[a-z0-9_]+`: official code lists count from 01.
fn option_code(reader: &Reader<'_>, code: &str, at: usize) {
    if !super::value::looks_like_code(code) || code.starts_with('_') {
        reader.note(at, ProblemCode::CodeMalformed, vec![("value", excerpt(code).into_owned())]);
    }
}

fn conflict_groups(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Vec<Vec<String>> {
    let mut groups = Vec::new();
    for table in reader.tables(root, "conflict_group") {
        reader.known_keys(table, &["fields"]);
        let words = reader.words(table, "fields");
        if words.is_empty() {
            reader.missing(table, "fields");
        }
        for word in &words {
            field_exists(reader, word, definition);
        }
        groups.push(words.into_iter().map(|(word, _)| word).collect());
    }
    groups
}

/// `label`, `choose`, `list`, `filters`, `derive`, `key`, `parent` and `basis` name fields.
fn names_of_fields(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) {
    for key in ["label", "choose", "list", "filters", "derive", "key"] {
        for word in reader.words(root, key) {
            field_exists(reader, &word, definition);
        }
    }
    for word in ["parent", "basis"].into_iter().filter_map(|key| reader.word(root, key)) {
        field_exists(reader, &word, definition);
        if definition.declared(&word.0).is_some_and(|field| field.kind != FieldType::Ref) {
            reader.note(word.1.start, ProblemCode::ParentNotRef, vec![("field", word.0)]);
        }
    }
}

/// Notes a field that neither stands in the file nor on every record.
fn field_exists(reader: &Reader<'_>, (word, spot): &Word, definition: &Definition) {
    if definition.field(word).is_none() {
        let expected = listed(definition.fields.iter().map(|field| field.code.as_str()));
        reader.note(spot.start, ProblemCode::FieldUnknown, vec![("field", excerpt(word).into_owned()), ("expected", expected)]);
    }
}

/// Notes a code that is not `[a-z][a-z0-9_]*` or too long.
fn code_shape(reader: &Reader<'_>, (word, spot): &Word, length_max: usize) {
    let starts = word.starts_with(|c: char| c.is_ascii_lowercase());
    let shaped = starts && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') && word.len() <= length_max;
    if word.starts_with('_') {
        reader.note(spot.start, ProblemCode::CodeReserved, vec![("value", excerpt(word).into_owned())]);
    } else if !shaped || word.len() < 2 && length_max == LEDGER_CODE_MAX {
        reader.note(spot.start, ProblemCode::CodeMalformed, vec![("value", excerpt(word).into_owned())]);
    }
}

/// Notes a field code of the engine or of the condition language.
fn code_free(reader: &Reader<'_>, (word, spot): &Word) {
    if common::CODES.contains(&word.as_str()) || CONDITION_WORDS.contains(&word.as_str()) {
        reader.note(spot.start, ProblemCode::CodeReserved, vec![("value", word.clone())]);
    }
}

/// Notes the second and later uses of a code.
#[derive(Debug, Default)]
struct Seen(BTreeMap<String, usize>);

impl Seen {
    fn note(&mut self, reader: &Reader<'_>, (word, spot): &Word) {
        let line = reader.line(spot.start);
        if let Some(first) = self.0.get(word) {
            reader.note(spot.start, ProblemCode::CodeDuplicate, vec![("value", excerpt(word).into_owned()), ("first", first.to_string())]);
        } else {
            self.0.insert(word.clone(), line);
        }
    }
}

/// Code and title that fields, states, steps and rules begin with.
fn named(reader: &Reader<'_>, table: Table<'_>, seen: &mut Seen) -> (String, Bilingual) {
    (code_of(reader, table, seen), reader.needed_bilingual(table, "title"))
}

fn code_of(reader: &Reader<'_>, table: Table<'_>, seen: &mut Seen) -> String {
    let Some(word) = reader.needed_word(table, "code") else { return String::new() };
    code_shape(reader, &word, CODE_MAX);
    seen.note(reader, &word);
    word.0
}
