//! `[relay]` and `[handover]`: records that concern a second school. Fields and steps of the same file are checked here, other ledgers by the catalogue.

use super::{
    field_exists,
    reader::{Reader, Table, Word, integer},
};
use crate::{
    document::view::Value,
    ledger::{
        definition::{Definition, FieldType, Handover, Relay, Step, StepAuthority},
        problem::{ProblemCode, excerpt, listed},
    },
};
use std::collections::BTreeMap;

pub(super) fn relay(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Option<Relay> {
    // A step of the other school without a way to ask it could be taken by nobody.
    let answered = |step: &&Step| step.authority == StepAuthority::Other;
    let others: Vec<&str> = definition.lifecycle.iter().flat_map(|l| &l.steps).filter(answered).map(|step| step.code.as_str()).collect();
    let Some(table) = reader.table(root, "relay") else {
        if !others.is_empty() {
            reader.missing(root, "relay");
        }
        return None;
    };
    reader.known_keys(table, &["schools", "steps", "profile"]);
    let schools = reader.words(table, "schools");
    if schools.is_empty() {
        reader.missing(table, "schools");
    }
    for word in &schools {
        field_of_type(reader, word, definition, FieldType::School);
    }
    let steps = reader.words(table, "steps");
    for word in &steps {
        // The county writes the answer down, as the answering school cannot write in another's document.
        step_exists(reader, word, definition, &[StepAuthority::Any, StepAuthority::Other]);
    }
    if others.iter().any(|code| !steps.iter().any(|(word, _)| word == code)) {
        reader.missing(table, "steps");
    }
    let plain = |words: Vec<Word>| words.into_iter().map(|(word, _)| word).collect();
    Some(Relay { schools: plain(schools), steps: plain(steps), profile: plain(reader.words(table, "profile")) })
}

pub(super) fn handover(reader: &Reader<'_>, root: Table<'_>, definition: &Definition) -> Option<Handover> {
    let table = reader.table(root, "handover")?;
    reader.known_keys(table, &["step", "from", "to", "other", "dossier", "set", "anew"]);
    let word = |key: &str| reader.needed_word(table, key);
    let (step, from, to, other) = (word("step"), word("from"), word("to"), word("other"));
    if let Some(word) = &step {
        step_exists(reader, word, definition, &[StepAuthority::County]);
    }
    for word in [&from, &to].into_iter().flatten() {
        field_of_type(reader, word, definition, FieldType::School);
    }
    if let Some(word) = &other {
        field_of_type(reader, word, definition, FieldType::Student);
    }
    let plain = |word: Option<Word>| word.map(|(word, _)| word).unwrap_or_default();
    Some(Handover {
        step: plain(step),
        from: plain(from),
        to: plain(to),
        other: plain(other),
        dossier: reader.words(table, "dossier").into_iter().map(|(word, _)| word).collect(),
        set: set(reader, table),
        anew: reader.words(table, "anew").into_iter().map(|(word, _)| word).collect(),
    })
}

pub(super) fn field_of_type(reader: &Reader<'_>, word: &Word, definition: &Definition, kind: FieldType) {
    field_exists(reader, word, definition);
    if let Some(field) = definition.field(&word.0).filter(|field| field.kind != kind) {
        let args = vec![("key", word.0.clone()), ("value", field.kind.word().to_owned()), ("expected", kind.word().to_owned())];
        reader.note(word.1.start, ProblemCode::WordUnknown, args);
    }
}

fn step_exists(reader: &Reader<'_>, (word, spot): &Word, definition: &Definition, authorities: &[StepAuthority]) {
    let fitting = definition.lifecycle.iter().flat_map(|lifecycle| &lifecycle.steps).filter(|step| authorities.contains(&step.authority));
    let codes: Vec<&str> = fitting.map(|step| step.code.as_str()).collect();
    if !codes.contains(&word.as_str()) {
        let args = vec![("step", excerpt(word).into_owned()), ("expected", listed(codes))];
        reader.note(spot.start, ProblemCode::StepUnknown, args);
    }
}

fn set(reader: &Reader<'_>, table: Table<'_>) -> BTreeMap<String, Value> {
    let Some(table) = reader.table(table, "set") else { return BTreeMap::new() };
    let mut set = BTreeMap::new();
    for (key, at, value) in table.in_order() {
        let toml = value.get_ref();
        let text = toml.as_str().map(|text| Value::Str(text.to_owned()));
        match toml.as_bool().map(Value::Bool).or_else(|| integer(toml).map(Value::Int)).or(text) {
            Some(value) => {
                set.insert(key.to_owned(), value);
            }
            None => reader.note(at, ProblemCode::RuleValue, vec![("field", key.to_owned()), ("value", toml.type_str().to_owned())]),
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shipped definition with `from` replaced by `to`: the problems found.
    fn problems(from: &str, to: &str) -> Vec<ProblemCode> {
        let text = include_str!("../../../ledgers/transfer.toml");
        assert!(text.contains(from), "{from}");
        Definition::parse(&text.replace(from, to)).err().unwrap_or_default().into_iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_handover_names_the_countys_step_and_school_fields() {
        assert_eq!(problems("step = \"complete\"", "step = \"complete\""), []);
        assert_eq!(problems("step = \"complete\"", "step = \"confirm\""), [ProblemCode::StepUnknown], "not the county's");
        assert_eq!(problems("other = \"other_child\"", "other = \"reason_note\""), [ProblemCode::WordUnknown]);
        assert_eq!(problems("schools = [\"from\", \"to\"]", "schools = [\"from\", \"reason\"]"), [ProblemCode::WordUnknown]);
        assert_eq!(
            problems("steps = [\"confirm\", \"refuse\"]", "steps = [\"confirm\", \"refuse\", \"complete\"]"),
            [ProblemCode::StepUnknown],
            "never the county's own"
        );
    }

    #[test]
    fn a_step_of_the_other_school_is_one_it_can_be_asked_for() {
        assert_eq!(problems("steps = [\"confirm\", \"refuse\"]", "steps = [\"confirm\"]"), [ProblemCode::KeyMissing]);
        let text = include_str!("../../../ledgers/transfer.toml");
        let relay = text.find("\n[relay]\n").unwrap()..text.find("\n[handover]\n").unwrap();
        let alone = format!("{}{}", &text[..relay.start], &text[relay.end..]);
        let found: Vec<ProblemCode> = Definition::parse(&alone).unwrap_err().into_iter().map(|problem| problem.code).collect();
        assert_eq!(found, [ProblemCode::KeyMissing]);
    }

    #[test]
    fn fields_of_the_fewest_travel_only_when_named() {
        let profile = Definition::parse(include_str!("../../../ledgers/care_profile.toml")).unwrap();
        let survey = Definition::parse(include_str!("../../../ledgers/survey.toml")).unwrap();
        let (mind, since) = (profile.field("mind").unwrap(), profile.field("since").unwrap());
        let handover = |dossier: &[&str]| Handover { dossier: dossier.iter().map(|entry| (*entry).to_owned()).collect(), ..Handover::default() };
        let plain = handover(&["care_profile", "survey"]);
        assert!(plain.carries(&profile, since) && !plain.carries(&profile, mind));
        assert!(handover(&["care_profile", "care_profile.mind"]).carries(&profile, mind));
        assert!(!handover(&["care_profile.mind"]).carries(&profile, mind), "the ledger is not named");
        assert!(survey.fields.iter().all(|field| plain.carries(&survey, field)), "a ledger of class C that is named");
    }
}
