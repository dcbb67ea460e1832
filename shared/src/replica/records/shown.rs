//! One record in full: its values, the steps taken and those that may come, what awaits a person, and its trail.

use super::Place;
use crate::{
    document::view::Stamp,
    ledger::lifecycle,
    replica::{Replica, Result, relay, scope::Voice, students},
    store::log::{self, DocN},
};
use rusqlite::{Connection, params};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

impl Replica {
    /// One record in full: values, steps, what may come next, what awaits a person, and its history.
    ///
    /// # Errors
    /// As [`Replica::locate`].
    pub fn show(&self, record: &str) -> Result<Json> {
        let place = self.locate(record)?;
        let (id, n) = (place.id.clone(), place.n);
        let (row, steps, history) =
            self.store.read(|c| -> Result<_> { Ok((row_json(c, n, &id)?, steps_json(c, n, &id)?, self.history(c, n, &id)?)) })?;
        let conflicts: Vec<Json> = self
            .conflicts(None, None)?
            .into_iter()
            .filter(|i| i.record.as_deref() == Some(place.id.as_str()))
            .map(|i| json!({ "id": i.id, "kind": i.kind, "field": i.field, "detail": i.detail }))
            .collect();
        let next = self.next_steps(&place)?;
        Ok(
            json!({ "record": place.id, "ledger": place.ledger, "space": place.space.to_string(), "student": students::subject_of(place.doc, place.space).word(),
            "document": place.doc, "row": row, "fields": place.fields, "steps": steps, "next": next, "conflicts": conflicts, "history": history }),
        )
    }

    fn next_steps(&self, place: &Place) -> Result<Vec<Json>> {
        let Ok(definition) = self.definition(&place.ledger) else { return Ok(Vec::new()) };
        if place.ledger == relay::LEDGER {
            return Ok(self.answers(place));
        }
        if definition.lifecycle.is_none() || place.continues.is_some() {
            return Ok(Vec::new());
        }
        let outcome = self.outcome(place, &definition)?;
        let steps = lifecycle::allowed(&outcome, &definition, self.side(), self.clock.today(), &place.fields, &self.holidays());
        Ok(steps.into_iter().map(|s| json!({ "step": s.code, "zh": s.title.zh, "en": s.title.en, "to": s.to, "anew": outcome.anew(s) })).collect())
    }

    /// Who wrote what, when and on which side, from the log itself: the trail of a record. `by` is the person, empty where nobody is named: what a rule or the
    /// county's machine wrote is not put down to whoever wrote the record before. `edit` counts the changes: lines of one were written together. `was`: the values
    /// written over, as the writer knew them; `passed`: written apart from another, which was chosen.
    fn history(&self, c: &Connection, n: DocN, id: &str) -> Result<Vec<Json>> {
        let (mut out, mut known): (Vec<Json>, HashMap<Stamp, usize>) = (Vec::new(), HashMap::new());
        let mut tracker = crate::document::trail::Trail::of(id);
        for (edit, change) in log::history(c, n, 0, true)?.into_iter().enumerate() {
            let (origin, ruled) = (change.actor.origin(), crate::document::rule::is_rule(change.actor));
            let school = !ruled && self.origin_facts(origin).is_some_and(|facts| matches!(facts.voice, Voice::School(_)));
            for line in tracker.lines(&change.bytes) {
                let by = if line.signed || school { line.by.iter().map(String::as_str).collect::<Vec<_>>().join("、") } else { String::new() };
                let over: Vec<usize> = line.over.iter().filter_map(|stamp| known.get(stamp).copied()).collect();
                let value = json!(line.value);
                let was: Vec<Json> = over.iter().filter_map(|at| out.get(*at)).map(|earlier| earlier["value"].clone()).collect();
                if over.len() > 1 && !change.refused {
                    for at in over {
                        if let Some(earlier) = out.get_mut(at).filter(|earlier| earlier["value"] != value) {
                            earlier["passed"] = true.into();
                        }
                    }
                }
                known.insert(line.stamp, out.len());
                out.push(
                    json!({ "at": jiff::Timestamp::from_second(line.time_s).map(|t| t.to_string()).unwrap_or_default(), "origin": origin, "by": by,
                    "field": line.key, "value": value, "was": was, "edit": edit, "passed": false, "refused": change.refused }),
                );
            }
        }
        Ok(out)
    }
}

fn row_json(c: &Connection, n: DocN, id: &str) -> Result<Json> {
    Ok(c.query_row("SELECT version, state, disputed, void, origin, written_at, continues FROM record WHERE doc = ?1 AND id = ?2", params![n.0, id], |r| {
        Ok(json!({ "version": r.get::<_, Option<i64>>(0)?, "state": r.get::<_, Option<String>>(1)?, "disputed": r.get::<_, bool>(2)?, "void": r.get::<_, bool>(3)?,
            "origin": r.get::<_, Option<String>>(4)?, "written_at": r.get::<_, Option<String>>(5)?, "continues": r.get::<_, Option<String>>(6)? }))
    })?)
}

fn steps_json(c: &Connection, n: DocN, id: &str) -> Result<Vec<Json>> {
    let mut statement = c.prepare_cached(
        "SELECT id, name, \"to\", \"on\", by, why, origin, authority, effect, at, corrected_by FROM step WHERE doc = ?1 AND record = ?2 ORDER BY seq IS NULL, seq, at, id",
    )?;
    let rows = statement.query_map(params![n.0, id], |r| {
        let text = |i: usize| r.get::<_, Option<String>>(i);
        Ok(json!({ "id": text(0)?, "step": text(1)?, "to": text(2)?, "on": text(3)?, "by": text(4)?, "why": text(5)?, "origin": text(6)?, "authority": text(7)?,
            "effect": text(8)?, "at": text(9)?, "corrected_by": text(10)? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
