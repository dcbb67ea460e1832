//! Answers: written at the school that was shown a copy, taken down by the county as a step of the record itself.

use super::{ANSWER, Opened, VALUE, copy_home, copy_key, derived, named_schools};
use crate::{
    document::{
        view::Value,
        write::{Edit, NewRecord},
    },
    fault::{Exit, Fault},
    ledger::{definition::Authority, lifecycle},
    locale::Lang,
    model::{SchoolCode, Space},
    replica::{
        Replica, ReplicaError, Result, Role,
        closing::text,
        edit::{DocEdit, What},
        project::RecordRow,
        records::{Done, Place, Taking},
        students,
    },
};
use rusqlite::params;
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};

impl Replica {
    /// Takes the step a school answered with, on that school's word. A step that cannot be taken is said so on the school's copy.
    pub(super) fn write_down(self: &Arc<Self>, opened: &Opened, row: &RecordRow) -> Result<()> {
        let field = |key: &str| text(&row.fields, key).unwrap_or_default();
        let (Some(school), step) = (opened.context.space.school, field("step")) else { return Ok(()) };
        let Ok(place) = self.locate(&field("record")) else { return Ok(()) };
        let definition = self.definition(&place.ledger)?;
        let Some(relay) = &definition.relay else { return Ok(()) };
        // The school may answer only what is shown to it: it is named, and the copy's id is made of the record and of the school.
        let shown = named_schools(&place.fields, relay).contains(&school) && field("relay") == copy_key(place.doc, &place.id, school);
        if !shown || !relay.steps.contains(&step) {
            tracing::warn!(answer = row.id, "an answer to what was never passed on is left aside");
            return Ok(());
        }
        let id = derived("huxue relayed step v1", &[&opened.context.doc.0, row.id.as_bytes()]).to_uppercase();
        let (n, record, known) = (place.n, place.id.clone(), id.clone());
        let taken: bool = self.store.read(|c| -> Result<bool> {
            let sql = "SELECT EXISTS(SELECT 1 FROM step WHERE doc = ?1 AND record = ?2 AND id = ?3)";
            Ok(c.prepare_cached(sql)?.query_row(params![n.0, record, known], |r| r.get(0))?)
        })?;
        if taken {
            return Ok(());
        }
        let set: BTreeMap<String, String> = row
            .fields
            .iter()
            .filter_map(|(key, value)| match (key.strip_prefix(VALUE), value) {
                (Some(code), Value::Str(text)) => Some((code.to_owned(), text.clone())),
                _ => None,
            })
            .collect();
        let named = self.school_name(&school.to_string())?.unwrap_or_else(|| school.to_string());
        let (by, why, on) = (format!("{}（{named}）", field("by")), field("why"), field("on"));
        let follows = field("follows").split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        let words =
            Taking { step: &step, set: &set, on: Some(&on), by: Some(by.trim()), why: Some(&why), to: None, id: Some(id), follows: Some(follows) };
        let problem = match self.take(&place, words) {
            Ok(_) => Value::Null,
            Err(ReplicaError::Fault(fault)) => Value::Str(fault.code.into_owned()),
            Err(error) => return Err(error),
        };
        self.note_problem(&field("relay"), school, place.space, problem)
    }

    fn note_problem(self: &Arc<Self>, key: &str, school: SchoolCode, source: Space, problem: Value) -> Result<()> {
        if problem == Value::Null && !self.record_fields(key)?.contains_key("problem") {
            return Ok(());
        }
        let (space, doc) = copy_home(school, source.year, key);
        let fields = BTreeMap::from([("problem".to_owned(), problem)]);
        let edit = Edit { creates: vec![NewRecord { key: key.to_owned(), fields }], ..Edit::default() };
        self.commit(vec![DocEdit { space, doc, what: What::Put(edit) }]).map(|_| ())
    }

    /// Steps by which this school may answer a copy, as [`Replica::show`] says them.
    pub(in crate::replica) fn answers(&self, place: &Place) -> Vec<Json> {
        let steps = text(&place.fields, "steps").unwrap_or_default();
        let definition = text(&place.fields, "ledger").and_then(|ledger| self.definition(&ledger).ok());
        let lifecycle = definition.as_ref().filter(|_| self.me.role != Role::Hub).and_then(|d| d.lifecycle.as_ref());
        let named = steps.split(',').filter_map(|step| lifecycle?.step(step));
        named.map(|s| json!({ "step": s.code, "zh": s.title.zh, "en": s.title.en, "to": s.to })).collect()
    }

    /// A school's answer to a copy: kept in its own document; the county writes the step down when it hears of it.
    ///
    /// # Errors
    /// `relay-no-step`, `relay-answered`; why the step cannot be taken; those of values.
    pub(in crate::replica) fn answer(self: &Arc<Self>, place: &Place, words: &Taking<'_>) -> Result<Done> {
        let field = |key: &str| text(&place.fields, key).unwrap_or_default();
        let Role::Node(own) = self.me.role else {
            return Err(Fault::new("relay-at-school", Exit::NotAllowed).with("record", field("record")).into());
        };
        let definition = self.definition(&field("ledger"))?;
        let steps = field("steps");
        if !steps.split(',').any(|step| step == words.step) {
            let named = |lang| steps.split(',').map(|code| definition.step_named(code, lang)).collect::<Vec<_>>().join(lang.comma());
            let typed = |lang| definition.step_named(words.step, lang);
            let fault = Fault::new("relay-no-step", Exit::NotAllowed).with("step_zh", typed(Lang::Zh)).with("step_en", typed(Lang::En));
            return Err(fault.with("list_zh", named(Lang::Zh)).with("list_en", named(Lang::En)).into());
        }
        let (relay, follows) = (place.id.clone(), field("tips"));
        let seen = follows.clone();
        let answered: bool = self.store.read(|c| -> Result<bool> {
            let sql = "SELECT EXISTS(SELECT 1 FROM record_relay_answer WHERE relay = ?1 AND coalesce(follows, '') = ?2 AND void = 0)";
            Ok(c.prepare_cached(sql)?.query_row([relay, seen], |r| r.get(0))?)
        })?;
        if answered && !place.fields.contains_key("problem") {
            return Err(Fault::new("relay-answered", Exit::NotAllowed).with("record", &place.id).into());
        }
        let day = self.step_day(words.on)?;
        if words.on.is_some() {
            self.day_fits(day, text(&place.fields, "on").and_then(|on| on.parse().ok()))?;
        }
        let known: BTreeMap<String, Value> =
            place.fields.iter().filter_map(|(key, value)| Some((key.strip_prefix(VALUE)?.to_owned(), value.clone()))).collect();
        let (after, _) = self.read_over(&definition, known, words.set)?;
        let outcome = lifecycle::Outcome { state: text(&place.fields, "state"), ..lifecycle::Outcome::default() };
        // It will be the county's step, on this school's word: what the record's own school may not take is this one's to answer.
        let authority = Authority::County;
        let request = lifecycle::Request { step: words.step, to: None, authority, on: day, fields: &after, holidays: &self.holidays() };
        lifecycle::may_take(&outcome, &definition, &request).map_err(|e| e.fault())?;
        if let Some(known) = definition.lifecycle.as_ref().and_then(|l| l.step(words.step)) {
            self.judge_step(&field("record"), &definition, known, &after, words.set)?;
        }
        let mut fields = BTreeMap::from([
            ("_v".to_owned(), Value::Int(1)),
            ("on".to_owned(), Value::Str(day.to_string())),
            ("relay".to_owned(), Value::Str(place.id.clone())),
            ("record".to_owned(), Value::Str(field("record"))),
            ("step".to_owned(), Value::Str(words.step.to_owned())),
            ("follows".to_owned(), Value::Str(follows)),
        ]);
        for (key, text) in [("by", words.by), ("why", words.why)] {
            if let Some(text) = text.filter(|t| !t.is_empty()) {
                fields.insert(key.to_owned(), Value::Str(text.to_owned()));
            }
        }
        fields.extend(words.set.iter().map(|(code, text)| (format!("{VALUE}{code}"), Value::Str(text.clone()))));
        let space = Space::school(own, place.space.year);
        let key = format!("{ANSWER}:{}", self.clock.ulid());
        let edit = Edit { creates: vec![NewRecord { key: key.clone(), fields }], ..Edit::default() };
        self.commit(vec![DocEdit { space, doc: students::school_doc(space), what: What::Edit(edit) }])?;
        Ok(Done { record: key, gaps: Vec::new(), unknown: Vec::new(), changed: true })
    }
}
