//! A lifecycle step as a person takes it: judged by where the record stands in its document, written with the values it needs.

use super::{Done, Place, target};
use crate::{
    document::{
        read,
        view::{RecordView, Value},
        write::{Edit, NewStep},
    },
    fault::{Exit, Fault},
    ledger::{Definition, lifecycle, value},
    replica::{
        Replica, Result, Role,
        edit::{DocEdit, What},
        merge, project, relay,
    },
};
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};

/// A step as it is to be taken.
pub(in crate::replica) struct Taking<'a> {
    pub(in crate::replica) step: &'a str,
    pub(in crate::replica) set: &'a BTreeMap<String, String>,
    pub(in crate::replica) on: Option<&'a str>,
    pub(in crate::replica) by: Option<&'a str>,
    pub(in crate::replica) why: Option<&'a str>,
    pub(in crate::replica) to: Option<&'a str>,
    /// Its id; `None`: drawn.
    pub(in crate::replica) id: Option<String>,
    /// Steps its writer had seen; `None`: those there are now.
    pub(in crate::replica) follows: Option<Vec<String>>,
}

impl Replica {
    /// Takes a lifecycle step, with the fields it needs. A record that carries on last year's is stepped where the case began.
    ///
    /// # Errors
    /// Every reason [`lifecycle::may_take`] gives, in the reader's words; those of values.
    #[expect(clippy::too_many_arguments, reason = "each is one thing the person says")]
    pub fn step(
        self: &Arc<Self>,
        record: &str,
        step: &str,
        set: &BTreeMap<String, String>,
        on: Option<&str>,
        by: Option<&str>,
        why: Option<&str>,
        to: Option<&str>,
    ) -> Result<Done> {
        let place = self.begun(record)?;
        let words = Taking { step, set, on, by, why, to, id: None, follows: None };
        if place.ledger == relay::LEDGER { self.answer(&place, &words) } else { self.take(&place, words) }
    }

    /// Where the case of a record began: itself, or the record of an earlier year that it carries on.
    pub(in crate::replica) fn begun(&self, record: &str) -> Result<Place> {
        let mut place = self.locate(record)?;
        for _ in 0..30 {
            match place.continues.clone() {
                Some(root) => place = self.locate(&root)?,
                None => break,
            }
        }
        Ok(place)
    }

    /// A step up to the writing, with where it is taken.
    ///
    /// # Errors
    /// As [`Replica::step`]; an answer to the county (`relay`) has its own page.
    pub(crate) fn prepare_step(
        &self,
        record: &str,
        step: &str,
        set: &BTreeMap<String, String>,
        on: Option<&str>,
        by: Option<&str>,
        why: Option<&str>,
    ) -> Result<(Place, Vec<DocEdit>, Done)> {
        let place = self.begun(record)?;
        if place.ledger == relay::LEDGER {
            return Err(Fault::new("step-no-lifecycle", Exit::Input).with("ledger", &place.ledger).into());
        }
        let words = Taking { step, set, on, by, why, to: None, id: None, follows: None };
        let (edits, done) = self.prepare_take(&place, words)?;
        Ok((place, edits, done))
    }

    /// Takes a step of the record at `place`; what a step of the county does besides ([`super::handover`]) is in the same commit.
    pub(in crate::replica) fn take(self: &Arc<Self>, place: &Place, words: Taking<'_>) -> Result<Done> {
        let (edits, done) = self.prepare_take(place, words)?;
        self.commit(edits)?;
        Ok(done)
    }

    fn prepare_take(&self, place: &Place, words: Taking<'_>) -> Result<(Vec<DocEdit>, Done)> {
        let Taking { step, set, on, by, why, to, id, follows } = words;
        let definition = self.definition(&place.ledger)?;
        if definition.lifecycle.is_none() {
            return Err(Fault::new("step-no-lifecycle", Exit::Input).with("ledger", &place.ledger).into());
        }
        if place.void {
            return Err(Fault::new("record-void", Exit::Input).with("record", &place.id).into());
        }
        self.may_work_in(place.doc)?;
        self.may_set_along(&definition, step, set)?;
        let outcome = self.outcome(place, &definition)?;
        let known = definition.lifecycle.as_ref().and_then(|l| l.step(step));
        let round = known.map(|known| outcome.anew(known)).unwrap_or_default();
        let (kept, old) = of_former_round(&place.fields, round);
        let (after, reading) = self.read_over(&definition, kept, set)?;
        // What the step's own field says is the day of the step: one fact, asked once.
        let own_day = known.and_then(|known| match after.get(known.day.as_ref()?) {
            Some(Value::Str(day)) => Some(day.as_str()),
            _ => None,
        });
        let on = on.or(own_day);
        let day = self.step_day(on)?;
        if on.is_some() && id.is_none() {
            self.day_fits(day, outcome.since)?;
        }
        // An answer that was given without knowing a later step is written where it was given: the lifecycle sees a fork.
        let apart = follows.as_ref().is_some_and(|follows| *follows != outcome.tips);
        if !apart {
            let request = lifecycle::Request { step, to, authority: self.side(), on: day, fields: &after, holidays: &self.holidays() };
            lifecycle::may_take(&outcome, &definition, &request).map_err(|e| e.fault())?;
        }
        let written = place.fields.clone().into_iter().chain(reading.values.iter().cloned()).collect();
        super::standing::not_fixed(place, &definition, &written, round)?;
        if let Some(known) = known.filter(|known| known.reason && why.is_none_or(|why| why.trim().is_empty())) {
            let fault = Fault::new("step-why-missing", Exit::Input).with("field", "_why").with("step", step);
            return Err(fault.with("step_zh", &known.title.zh).with("step_en", &known.title.en).into());
        }
        let gaps = match definition.lifecycle.as_ref().and_then(|l| l.step(step)) {
            Some(known) => self.judge_step(&place.id, &definition, known, &after, set)?,
            None => Vec::new(),
        };
        still_sealed(&definition, outcome.state.as_deref(), step, set)?;
        let target = target(place);
        let emptied = old.into_iter().filter(|key| !reading.values.iter().any(|(typed, _)| typed == key)).map(|key| (key, Value::Null));
        let sets = emptied.collect::<Vec<_>>().into_iter().chain(reading.values).map(|(key, v)| (target.clone(), key, v)).collect();
        let mut fields = BTreeMap::from([
            ("name".to_owned(), Value::Str(step.to_owned())),
            ("follows".to_owned(), Value::Str(follows.unwrap_or(outcome.tips).join(","))),
            ("_v".to_owned(), Value::Int(i64::from(definition.version))),
            ("on".to_owned(), Value::Str(day.to_string())),
        ]);
        for (key, text) in [("by", by), ("why", why), ("to", to)] {
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                fields.insert(key.to_owned(), Value::Str(text.to_owned()));
            }
        }
        if let Some(known) = definition.lifecycle.as_ref().and_then(|l| l.step(step)) {
            for field in definition.required_for(known) {
                let prefix = format!("{}.", field.code);
                for (key, v) in after.iter().filter(|(k, _)| **k == field.code || k.starts_with(&prefix)) {
                    fields.insert(format!("f.{key}"), v.clone());
                }
            }
        }
        let taken = NewStep { record: place.id.clone(), id: id.unwrap_or_else(|| self.clock.ulid().to_string()), fields };
        let edit = Edit { sets, steps: vec![taken], ..Edit::default() };
        let mut edits = vec![DocEdit { space: place.space, doc: place.doc, what: What::Edit(edit) }];
        if let Some(handover) = definition.handover.as_ref().filter(|h| h.step == step && self.me.role == Role::Hub) {
            edits.extend(self.hand_over(place, handover, &after, day, by)?);
        }
        Ok((edits, Done { record: place.id.clone(), gaps, unknown: reading.unknown, changed: true }))
    }

    /// Along with a step in the other side's ledger only its own fields are set, and those the step needs: whoever has the paper enters what stands on it.
    fn may_set_along(&self, definition: &Definition, step: &str, set: &BTreeMap<String, String>) -> Result<()> {
        let needed = definition.lifecycle.as_ref().and_then(|l| l.step(step)).map(|s| definition.required_for(s)).unwrap_or_default();
        let own = |code: &String| definition.field(code).is_none_or(|f| f.authority == Some(self.side())) || needed.iter().any(|f| f.code == *code);
        if set.keys().all(own) { Ok(()) } else { self.may_edit(definition) }
    }

    /// The day a step is taken on: as typed, or today.
    pub(in crate::replica) fn step_day(&self, on: Option<&str>) -> Result<Date> {
        match on {
            None => Ok(self.clock.today()),
            Some(text) => value::date(text).ok_or_else(|| Fault::new("step-date", Exit::Input).with("text", text).into()),
        }
    }

    /// The lifecycle of a record as its document has it now.
    pub(in crate::replica) fn outcome(&self, place: &Place, definition: &Definition) -> Result<lifecycle::Outcome> {
        let (record, context) = self.lying(place)?;
        Ok(project::outcome(&record, definition, &context))
    }

    /// A record as its document has it now, and what it is projected with.
    pub(in crate::replica) fn lying(&self, place: &Place) -> Result<(RecordView, project::Context)> {
        let n = place.n;
        let loaded = self.store.read(|c| merge::load(c, n))?.ok_or_else(|| Fault::internal("a document vanished"))?;
        let record = read::view(&loaded.doc).records.remove(&place.id);
        let record = record.ok_or_else(|| Fault::new("record-none", Exit::NoMatch).with("ref", &place.id))?;
        Ok((record, self.projection_context(place.doc, place.space)))
    }
}

/// A record's values without those of these fields, and the keys that were left out.
#[must_use]
pub fn of_former_round(fields: &BTreeMap<String, Value>, anew: &[String]) -> (BTreeMap<String, Value>, Vec<String>) {
    let old = |key: &String| anew.iter().any(|code| key == code || key.strip_prefix(code.as_str()).is_some_and(|rest| rest.starts_with('.')));
    let filled = fields.iter().filter(|(key, value)| old(key) && **value != Value::Null).map(|(key, _)| key.clone()).collect();
    (fields.iter().filter(|(key, _)| !old(key)).map(|(key, value)| (key.clone(), value.clone())).collect(), filled)
}

/// From what is signed to what is signed: nothing changes along the way but what the step itself asks for.
fn still_sealed(definition: &Definition, state: Option<&str>, step: &str, set: &BTreeMap<String, String>) -> Result<()> {
    let sealed = |code: &str| definition.lifecycle.as_ref()?.state(code).filter(|state| state.sealed);
    let Some((known, from)) = definition.lifecycle.as_ref().and_then(|l| l.step(step)).zip(state.and_then(sealed)) else { return Ok(()) };
    let asked = definition.required_for(known);
    if sealed(&known.to).is_none() || set.keys().all(|code| asked.iter().any(|field| field.code == *code)) {
        return Ok(());
    }
    Err(Fault::new("record-sealed", Exit::NotAllowed).with("title_zh", &from.title.zh).with("title_en", &from.title.en).into())
}
