//! The day of a step, corrected: a further witness of the same step on the day that is right, which stands in place of the wrong one
//! (`ledger::lifecycle`). Who took the step and why stay what they were; the trail names who corrected it.

use super::{
    Replica, Result,
    edit::{DocEdit, What},
    judging::Written,
    project,
    records::{Done, Place, signature, target},
};
use crate::{
    document::{
        view::Value,
        write::{Edit, NewStep},
    },
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::Authority,
        lifecycle::{Effect, StepFact, permit},
    },
};
use jiff::civil::Date;
use std::{collections::BTreeSet, sync::Arc};

impl Replica {
    /// Corrects the day on which a step was taken; `step`: its id, or its code, of several the last.
    ///
    /// # Errors
    /// No such step that counts, or the other side's; a day before the step it follows, after the one that follows it, or in the future; too early for what the step waits
    /// for; a sealed or void record.
    pub fn redate(self: &Arc<Self>, record: &str, step: &str, on: &str, by: Option<&str>) -> Result<Done> {
        let place = self.begun(record)?;
        let definition = self.definition(&place.ledger)?;
        let Some(lifecycle) = &definition.lifecycle else {
            return Err(Fault::new("step-no-lifecycle", Exit::Input).with("ledger", &place.ledger).into());
        };
        if place.void {
            return Err(Fault::new("record-void", Exit::Input).with("record", &place.id).into());
        }
        self.may_work_in(place.doc)?;
        let (view, context) = self.lying(&place)?;
        let facts = project::facts(&view, &context);
        let outcome = project::outcome_of(&facts, &view, &definition, &context);
        if let Some(state) = outcome.state.as_deref().and_then(|code| lifecycle.state(code)).filter(|state| state.sealed) {
            return Err(Fault::new("record-sealed", Exit::NotAllowed).with("title_zh", &state.title.zh).with("title_en", &state.title.en).into());
        }
        let counts = |fact: &&StepFact| matches!(outcome.effects.get(&fact.id), Some(Effect::Effective | Effect::Forked));
        let of = |fact: &&StepFact| fact.id == step || fact.name == step;
        let known = facts.iter().filter(counts).filter(of).max_by_key(|fact| (outcome.places.get(&fact.id), &fact.id));
        let known = known.ok_or_else(|| Fault::new("redate-none", Exit::NoMatch).with("step", step))?;
        if known.authority != self.side() && self.side() != Authority::County {
            return Err(Fault::new("redate-not-yours", Exit::NotAllowed).into());
        }
        let day = self.step_day(Some(on))?;
        let done = |changed| Done { record: place.id.clone(), gaps: Vec::new(), unknown: Vec::new(), changed };
        if day == known.on {
            return Ok(done(false));
        }
        let earlier = before(known, &facts);
        let reached = project::outcome_of(&earlier, &view, &definition, &context);
        self.day_fits(day, reached.since)?;
        let early = |reached, step: &str| permit::earliest(reached, &definition, lifecycle.step(step)?, &place.fields, &self.holidays());
        if let Some(earliest) = early(&reached, &known.name).filter(|earliest| day < *earliest) {
            return Err(Fault::new("redate-early", Exit::NotAllowed).with("day", day).with("earliest", earliest).into());
        }
        let place_of = |fact: &StepFact| outcome.places.get(&fact.id).copied();
        let alike: Vec<&StepFact> = facts.iter().filter(|fact| place_of(fact) == place_of(known)).collect();
        let corrects =
            alike.iter().filter(|fact| matches!(outcome.effects.get(&fact.id), Some(Effect::Effective | Effect::Forked | Effect::Witness(_))));
        let right = StepFact {
            id: self.clock.ulid().to_string(),
            on: day,
            by: by.unwrap_or_default().to_owned(),
            why: String::new(),
            authority: self.side(),
            corrects: corrects.map(|fact| fact.id.clone()).collect(),
            ..known.clone()
        };
        let so_far: Vec<StepFact> = earlier.into_iter().chain([right.clone()]).collect();
        let reached = project::outcome_of(&so_far, &view, &definition, &context);
        let follows = |fact: &&StepFact| fact.follows.iter().any(|id| alike.iter().any(|known| known.id == *id));
        for next in facts.iter().filter(counts).filter(follows) {
            if day > next.on || early(&reached, &next.name).is_some_and(|earliest| next.on < earliest) {
                return Err(too_late(&definition, &place, next, day).into());
            }
        }
        let taken = NewStep { record: place.id.clone(), id: right.id.clone(), fields: right.fields() };
        // The field that says the same day says it still.
        let field = lifecycle.step(&known.name).and_then(|step| step.day.clone());
        let field = field.filter(|code| place.fields.get(code) == Some(&Value::Str(known.on.to_string())));
        if let Some(code) = &field {
            let mut after = place.fields.clone();
            let _ = after.insert(code.clone(), Value::Str(day.to_string()));
            let _ = self.judge(&place.id, &definition, &after, outcome.state.as_deref(), Written::Fields(&[code.as_str()].into()))?;
        }
        // And so does the record's own date, where that field is it.
        let own = field.as_ref().filter(|code| definition.dated_by.as_ref() == Some(code)).map(|_| "on".to_owned());
        let said = field.iter().cloned().chain(own).map(|code| (target(&place), code, Value::Str(day.to_string())));
        let said: Vec<_> = said.collect();
        // A date that was proposed so many months after it moves along.
        let moved = field.iter().flat_map(|code| following(&definition, &place, code, known.on, day)).collect::<Vec<_>>();
        let said: Vec<_> = said.into_iter().chain(moved).collect();
        let signed = (!said.is_empty()).then(|| signature(target(&place), by));
        let edit = Edit { steps: vec![taken], sets: said.into_iter().chain(signed).collect(), ..Edit::default() };
        self.commit(vec![DocEdit { space: place.space, doc: place.doc, what: What::Edit(edit) }])?;
        Ok(done(true))
    }
}

/// Dates that stand so many months after `code`, as they were proposed, on its new day.
fn following(definition: &Definition, place: &Place, code: &str, was: Date, day: Date) -> Vec<(crate::document::write::Target, String, Value)> {
    let later = |day: Date, months: i32| day.checked_add(jiff::Span::new().months(months)).ok().map(|day| Value::Str(day.to_string()));
    let after = definition.fields.iter().filter_map(|field| Some((&field.code, field.after.as_ref().filter(|(from, _)| from == code)?.1)));
    after
        .filter(|(field, months)| later(was, *months).is_some_and(|proposed| place.fields.get(*field) == Some(&proposed)))
        .filter_map(|(field, months)| Some((target(place), field.clone(), later(day, months)?)))
        .collect()
}

/// The steps that lie before one, as far as they are there.
fn before(step: &StepFact, facts: &[StepFact]) -> Vec<StepFact> {
    let (mut found, mut open): (BTreeSet<&str>, Vec<&str>) = (BTreeSet::new(), step.follows.iter().map(String::as_str).collect());
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(facts.iter().filter(|fact| fact.id == id).flat_map(|fact| &fact.follows).map(String::as_str));
            // What corrects it lies there too.
            open.extend(facts.iter().filter(|fact| fact.corrects.iter().any(|named| named == id)).map(|fact| fact.id.as_str()));
        }
    }
    facts.iter().filter(|fact| found.contains(fact.id.as_str())).cloned().collect()
}

fn too_late(definition: &Definition, place: &Place, next: &StepFact, day: Date) -> Fault {
    let title = definition.lifecycle.as_ref().and_then(|l| l.step(&next.name)).map(|step| step.title.clone()).unwrap_or_default();
    Fault::new("redate-late", Exit::NotAllowed)
        .with("day", day)
        .with("next_zh", title.zh)
        .with("next_en", title.en)
        .with("on", next.on)
        .with("record", &place.id)
}
