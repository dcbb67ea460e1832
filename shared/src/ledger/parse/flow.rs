//! `[lifecycle]`: states and steps.

use super::{
    Seen, field_exists,
    moving::field_of_type,
    named,
    reader::{Reader, Table, Word},
};
use crate::ledger::{
    definition::{DayUnit, Definition, FieldType, Lifecycle, SchoolRole, State, Step, StepAuthority},
    lifecycle::RESOLVE,
    problem::{ProblemCode, excerpt, listed},
};
use std::collections::BTreeSet;

/// Ten years.
const DAYS_MAX: i64 = 3_660;
const STATE_KEYS: &[&str] = &["code", "title", "open", "counts", "due_days", "due_from", "due_unit", "due_help", "sealed", "fixed", "outcomes"];
const STEP_KEYS: &[&str] = &["code", "title", "from", "to", "authority", "role", "requires", "min_days_in_state", "reopens", "reason", "anew", "day"];

pub(super) fn lifecycle(reader: &Reader<'_>, table: Table<'_>, definition: &Definition) -> Lifecycle {
    reader.known_keys(table, &["initial", "usual", "state", "step"]);
    if table.get("state").is_none() {
        reader.missing(table, "state");
    }
    let mut seen = Seen::default();
    let state_tables = reader.tables(table, "state");
    let states: Vec<State> = state_tables.iter().map(|table| state(reader, *table, definition, &mut seen)).collect();
    let initial = reader.needed_word(table, "initial");
    if let Some(word) = &initial {
        state_exists(reader, word, &states);
    }
    let mut seen = Seen::default();
    let steps: Vec<Step> = reader.tables(table, "step").iter().map(|table| step(reader, *table, &states, definition, &mut seen)).collect();
    let initial = initial.map(|(word, _)| word).unwrap_or_default();
    let usual = usual(reader, table, &initial, &states, &steps);
    let lifecycle = Lifecycle { initial, usual, states, steps };
    for (state, table) in lifecycle.states.iter().zip(&state_tables) {
        outcomes(reader, *table, &state.code, &lifecycle.steps);
    }
    let reached = reachable(&lifecycle, None);
    for (state, table) in lifecycle.states.iter().zip(&state_tables) {
        if lifecycle.state(&lifecycle.initial).is_some() && !reached.contains(state.code.as_str()) {
            reader.note(table.start(), ProblemCode::StateUnreachable, vec![("state", state.code.clone())]);
        }
    }
    lifecycle
}

/// The usual way: each state is known, and a step leads to it from the one before.
fn usual(reader: &Reader<'_>, table: Table<'_>, initial: &str, states: &[State], steps: &[Step]) -> Vec<String> {
    let words = reader.words(table, "usual");
    let mut before = initial.to_owned();
    for word in &words {
        state_exists(reader, word, states);
        let known = states.iter().any(|state| state.code == word.0);
        if known && !steps.iter().any(|step| step.to == word.0 && step.from.contains(&before)) {
            reader.note(word.1.start, ProblemCode::UsualBroken, vec![("state", word.0.clone()), ("before", before.clone())]);
        }
        before.clone_from(&word.0);
    }
    words.into_iter().map(|(word, _)| word).collect()
}

/// Outcomes of a state are steps that lead from it.
fn outcomes(reader: &Reader<'_>, table: Table<'_>, state: &str, steps: &[Step]) {
    let from: Vec<&str> = steps.iter().filter(|step| step.from.iter().any(|from| from == state)).map(|step| step.code.as_str()).collect();
    for (word, spot) in reader.words(table, "outcomes") {
        if !from.contains(&word.as_str()) {
            let expected = listed(from.iter().copied());
            reader.note(spot.start, ProblemCode::StepUnknown, vec![("step", excerpt(&word).into_owned()), ("expected", expected)]);
        }
    }
}

fn state(reader: &Reader<'_>, table: Table<'_>, definition: &Definition, seen: &mut Seen) -> State {
    reader.known_keys(table, STATE_KEYS);
    let (code, title) = named(reader, table, seen);
    let fixed = reader.words(table, "fixed");
    for (word, spot) in fixed.iter().filter(|(word, _)| definition.field(word).is_none()) {
        reader.note(spot.start, ProblemCode::FieldUnknown, vec![("field", excerpt(word).into_owned())]);
    }
    let fixed = fixed.into_iter().map(|(word, _)| word).collect();
    let due_from = reader.words(table, "due_from");
    for word in &due_from {
        field_of_type(reader, word, definition, FieldType::Date);
    }
    State {
        code,
        title,
        open: reader.flag(table, "open").unwrap_or(true),
        counts: reader.flag(table, "counts").unwrap_or(false),
        due_days: days(reader, table, "due_days"),
        due_from: due_from.into_iter().map(|(word, _)| word).collect(),
        due_unit: reader.one_of(table, "due_unit", DayUnit::WORDS, DayUnit::from_word).unwrap_or(DayUnit::Calendar),
        due_help: reader.bilingual(table, "due_help"),
        sealed: reader.flag(table, "sealed").unwrap_or(false),
        fixed,
        outcomes: reader.words(table, "outcomes").into_iter().map(|(word, _)| word).collect(),
    }
}

fn days(reader: &Reader<'_>, table: Table<'_>, key: &str) -> Option<u32> {
    reader.number(table, key, 0..=DAYS_MAX).and_then(|days| u32::try_from(days).ok())
}

fn step(reader: &Reader<'_>, table: Table<'_>, states: &[State], definition: &Definition, seen: &mut Seen) -> Step {
    reader.known_keys(table, STEP_KEYS);
    let (code, title) = named(reader, table, seen);
    if code == RESOLVE {
        reader.note(table.at("code"), ProblemCode::CodeReserved, vec![("value", code.clone())]);
    }
    let from = reader.words(table, "from");
    if from.is_empty() {
        reader.missing(table, "from");
    }
    for word in &from {
        state_exists(reader, word, states);
    }
    let to = reader.needed_word(table, "to");
    if let Some(word) = &to {
        state_exists(reader, word, states);
    }
    let requires = reader.words(table, "requires");
    for word in &requires {
        field_exists(reader, word, definition);
    }
    let anew = reader.words(table, "anew");
    for word in &anew {
        field_exists(reader, word, definition);
    }
    let day = reader.word(table, "day");
    if let Some(word) = &day {
        field_of_type(reader, word, definition, FieldType::Date);
    }
    Step {
        code,
        title,
        day: day.map(|(word, _)| word),
        from: from.into_iter().map(|(word, _)| word).collect(),
        to: to.map(|(word, _)| word).unwrap_or_default(),
        authority: reader.needed_one_of(table, "authority", StepAuthority::WORDS, StepAuthority::from_word).unwrap_or(StepAuthority::Any),
        role: reader.one_of(table, "role", SchoolRole::WORDS, SchoolRole::from_word),
        requires: requires.into_iter().map(|(word, _)| word).collect(),
        min_days_in_state: days(reader, table, "min_days_in_state"),
        reopens: reader.flag(table, "reopens").unwrap_or(false),
        reason: reader.flag(table, "reason").unwrap_or(false),
        anew: anew.into_iter().map(|(word, _)| word).collect(),
    }
}

pub(super) fn state_exists(reader: &Reader<'_>, (word, spot): &Word, states: &[State]) {
    if !states.iter().any(|state| state.code == *word) {
        let expected = listed(states.iter().map(|state| state.code.as_str()));
        reader.note(spot.start, ProblemCode::StateUnknown, vec![("state", excerpt(word).into_owned()), ("expected", expected)]);
    }
}

/// States that can be reached from the initial one, without the step `without`.
pub(in crate::ledger) fn reachable<'a>(lifecycle: &'a Lifecycle, without: Option<&str>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::from([lifecycle.initial.as_str()]);
    let mut grown = true;
    while grown {
        grown = false;
        for step in lifecycle.steps.iter().filter(|step| Some(step.code.as_str()) != without) {
            if step.from.iter().any(|state| reached.contains(state.as_str())) {
                grown |= reached.insert(step.to.as_str());
            }
        }
    }
    reached
}
