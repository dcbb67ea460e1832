//! What stands: of a record a correction leaves alone what was signed, what the present state holds fixed, and the day of a step that was taken. A step leads back first. The number
//! of a child stands in no other child's file. And what was made void stands again.

use super::{Done, Place, Prepared, Replica, ReplicaError, Result, Written, signature, target};
use crate::{
    document::{view::Value, write::Edit},
    fault::{Exit, Fault},
    ledger::{
        Definition,
        condition::is_filled,
        definition::{Field, Form, Step},
    },
    replica::edit::{DocEdit, What},
};
use std::collections::{BTreeMap, BTreeSet};

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

    /// A void record stands again, as it was; up to the writing.
    ///
    /// # Errors
    /// Not this side's ledger; `record-not-void`; `profile-number-taken` of a child's file; `unvoid-another` where one like it is open.
    pub(crate) fn prepare_unvoid(&self, place: &Place, by: Option<&str>) -> Result<Prepared> {
        let definition = self.definition(&place.ledger)?;
        self.may_edit(&definition)?;
        self.may_work_in(place.doc)?;
        let mut after = place.fields.clone();
        let was = after.remove("void");
        after.remove("void_reason");
        if was != Some(Value::Bool(true)) {
            return Err(Fault::new("record-not-void", Exit::Input).with("record", &place.id).into());
        }
        self.number_is_free(place, &definition, &after, &BTreeMap::new())?;
        if let Some(other) = self.open_beside(place)? {
            return Err(Fault::new("unvoid-another", Exit::NotAllowed).with("record", &other).into());
        }
        let gaps = self.judge(&place.id, &definition, &after, place.state.as_deref(), Written::Fields(&BTreeSet::new()))?;
        let stands = [("void", Value::Bool(false)), ("void_reason", Value::Null)];
        let sets = stands.into_iter().map(|(key, value)| (target(place), key.to_owned(), value));
        let edit = Edit { sets: sets.chain([signature(target(place), by)]).collect(), ..Edit::default() };
        Ok(Prepared {
            edit: DocEdit { space: place.space, doc: place.doc, what: What::Edit(edit) },
            done: Done { record: place.id.clone(), gaps, unknown: Vec::new(), changed: true },
        })
    }

    /// A number is one child's: of a file in which it is written anew, that no other child of the school and year has it.
    pub(super) fn number_is_free(
        &self,
        place: &Place,
        definition: &Definition,
        after: &BTreeMap<String, Value>,
        before: &BTreeMap<String, Value>,
    ) -> Result<()> {
        let Some(school) = place.space.school.filter(|_| definition.form == Form::Profile) else { return Ok(()) };
        let (school, year, doc) = (school.to_string(), place.space.year.start(), place.doc.to_string());
        for field in definition.fields.iter().filter(|field| ["id_no", "student_no"].contains(&field.code.as_str())) {
            let written = after.get(&field.code).filter(|number| before.get(&field.code) != Some(number));
            let Some(Value::Str(number)) = written.filter(|_| is_filled(after, &field.code)) else { continue };
            let sql = format!(
                "SELECT EXISTS(SELECT 1 FROM record_enrolment WHERE \"{}\" = ?1 AND _school = ?2 AND _year = ?3 AND _student <> ?4 AND void = 0)",
                field.code
            );
            let taken: bool = self
                .store
                .read(|c| -> Result<bool> { Ok(c.prepare_cached(&sql)?.query_row(rusqlite::params![number, school, year, doc], |r| r.get(0))?) })?;
            if taken {
                let fault = Fault::new("profile-number-taken", Exit::Input).with("field", &field.code).with("value", number);
                return Err(fault.with("title_zh", &field.title.zh).with("title_en", &field.title.en).into());
            }
        }
        Ok(())
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
