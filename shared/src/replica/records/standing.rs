//! What stands: of a record a correction leaves alone what was signed, what the present state holds fixed, and the day of a step that was taken. A step leads back first.

use super::{Place, Replica, ReplicaError, Result};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        condition::is_filled,
        definition::{Field, Step},
    },
};
use std::collections::BTreeMap;

impl Replica {
    /// What was signed stands: a correction needs a step back first, so that it is signed anew. A correction made apart, before the signature was known, is merged
    /// all the same and stands in the trail.
    pub(crate) fn not_sealed(&self, place: &Place, definition: &Definition) -> Result<()> {
        let Some(lifecycle) = definition.lifecycle.as_ref().filter(|l| l.states.iter().any(|s| s.sealed)) else { return Ok(()) };
        let state = self.outcome(place, definition)?.state;
        match state.and_then(|code| lifecycle.state(&code)).filter(|state| state.sealed) {
            Some(state) => {
                Err(Fault::new("record-sealed", Exit::NotAllowed).with("title_zh", &state.title.zh).with("title_en", &state.title.en).into())
            }
            None => Ok(()),
        }
    }

    /// A date that says when a step was taken moves with the step and not beside it, or the two would tell of different days.
    pub(super) fn not_a_steps_day(&self, place: &Place, definition: &Definition, after: &BTreeMap<String, Value>) -> Result<()> {
        for (field, step) in self.days_of_steps(place, definition)? {
            if after.get(&field.code) != place.fields.get(&field.code) {
                let fault = Fault::new("record-day-of-step", Exit::NotAllowed).with("field", &field.code).with("record", &place.id);
                let fault = fault.with("title_zh", &field.title.zh).with("title_en", &field.title.en);
                return Err(fault.with("step", &step.code).with("step_zh", &step.title.zh).with("step_en", &step.title.en).into());
            }
        }
        Ok(())
    }

    /// Fields of a record that say the day of a step that was taken, and say it as the step does.
    ///
    /// # Errors
    /// The store's.
    pub fn days_of_steps<'d>(&self, place: &Place, definition: &'d Definition) -> Result<Vec<(&'d Field, &'d Step)>> {
        let steps = definition.lifecycle.iter().flat_map(|lifecycle| &lifecycle.steps);
        let dated: Vec<(&Field, &Step)> = steps.filter_map(|step| Some((definition.field(step.day.as_deref()?)?, step))).collect();
        if dated.is_empty() {
            return Ok(dated);
        }
        let taken: Vec<(String, Option<String>)> = self.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT name, \"on\" FROM step WHERE doc = ?1 AND record = ?2 AND effect = 'effective'")?;
            let rows = statement.query_map(rusqlite::params![place.n.0, place.id], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok::<_, ReplicaError>(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        let says = |field: &Field| match place.fields.get(&field.code) {
            Some(Value::Str(day)) => day.as_str(),
            _ => "",
        };
        let same = |(field, step): &(&Field, &Step)| taken.iter().any(|(name, on)| *name == step.code && on.as_deref() == Some(says(field)));
        Ok(dated.into_iter().filter(same).collect())
    }
}

/// Fields of a record that stand as they are in its present state: filled, and named there (`fixed`).
pub fn fixed_fields<'d>(place: &Place, definition: &'d Definition) -> Vec<&'d Field> {
    let state = definition.lifecycle.as_ref().zip(place.state.as_deref()).and_then(|(lifecycle, code)| lifecycle.state(code));
    let codes = state.into_iter().flat_map(|state| &state.fixed);
    codes.filter(|code| is_filled(&place.fields, code)).filter_map(|code| definition.field(code)).collect()
}

/// What was judged, shown to the public or paid is not rewritten behind its back: a step leads back first.
/// `anew`: what the step that is being taken asks for once more.
pub(super) fn not_fixed(place: &Place, definition: &Definition, after: &BTreeMap<String, Value>, anew: &[String]) -> Result<()> {
    let nothing = |value: &Value| matches!(value, Value::Null | Value::Bool(false));
    let of = |fields: &BTreeMap<String, Value>, code: &str| -> BTreeMap<String, Value> {
        let own = |key: &str| key == code || key.strip_prefix(code).is_some_and(|rest| rest.starts_with('.'));
        fields.iter().filter(|(key, value)| own(key) && !nothing(value)).map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let mut stands = fixed_fields(place, definition).into_iter().filter(|field| !anew.contains(&field.code));
    let Some(field) = stands.find(|field| of(&place.fields, &field.code) != of(after, &field.code)) else { return Ok(()) };
    let state = definition.lifecycle.as_ref().zip(place.state.as_deref()).and_then(|(lifecycle, code)| lifecycle.state(code));
    let title = state.map(|state| state.title.clone()).unwrap_or_default();
    let fault = Fault::new("record-fixed", Exit::NotAllowed).with("field", &field.code);
    let fault = fault.with("title_zh", &field.title.zh).with("title_en", &field.title.en);
    Err(fault.with("state_zh", title.zh).with("state_en", title.en).into())
}
