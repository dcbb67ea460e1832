//! What a roster says of a child beyond the profile ([`Pupil::beyond`]), for the record that a rule opens because of the profile: of a left-behind child the kind, for the care
//! profile. The rule writes its own bytes, the same on every node (decision 0006); what the roster says is an edit of that record in the same commit, by whoever imports, and is
//! taken back with the batch.
//!
//! Invariant: only what is empty there is filled. What a teacher put down stays, and a roster that says otherwise is told so.

use super::sets;
use crate::{
    command::undoing::Trace,
    document::{view::Value, write::Target},
    import::{Pupil, RosterPreview, problem::Problem, problem::Reason},
    ledger::{Catalogue, Definition, value},
    locale::Lang,
    model::{DocId, Space},
    replica::{
        Replica, Result,
        edit::{DocEdit, What},
        rules,
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Records of a ledger that a rule on the profile opens, and the ledger.
pub(super) struct Opened {
    space: Space,
    catalogue: Arc<Catalogue>,
    definition: Arc<Definition>,
    /// Of each child the latest that is not void; the flag: with one that is.
    there: HashMap<DocId, (Option<Known>, bool)>,
}

#[derive(Clone)]
struct Known {
    id: String,
    fields: BTreeMap<String, Value>,
}

/// What is to be written beside a profile.
pub(super) struct Beside {
    pub(super) edits: Vec<DocEdit>,
    pub(super) trace: Trace,
}

/// What becomes of it, and what is said.
type Outcome = (Option<Beside>, Option<Problem>);

impl Opened {
    /// `None`: no row says anything, or no rule opens a record for it.
    pub(super) fn load(replica: &Replica, space: Space, preview: &RosterPreview) -> Result<Option<Self>> {
        let Some(beyond) = preview.accepted().find_map(|(_, pupil)| pupil.beyond()) else { return Ok(None) };
        let catalogue = replica.catalogue();
        let Some(definition) = rules::opens(&catalogue, "enrolment", beyond.field).and_then(|ledger| catalogue.latest(ledger)).cloned() else {
            return Ok(None);
        };
        let code = definition.code.clone();
        let rows: Vec<(DocId, String, String, bool)> = replica.store().read(|c| -> Result<_> {
            let mut statement = c.prepare(
                "SELECT d.id, r.id, r.fields, r.void FROM record r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space WHERE s.code = ?1 AND r.ledger = ?2",
            )?;
            let rows = statement.query_map(rusqlite::params![&space.to_bytes()[..], code], |r| Ok((DocId(r.get(0)?), r.get(1)?, r.get(2)?, r.get(3)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        let mut there: HashMap<DocId, (Option<Known>, bool)> = HashMap::new();
        let on = |fields: &BTreeMap<String, Value>| super::text(fields, "on");
        for (doc, id, json, void) in rows {
            let fields: BTreeMap<String, Value> = serde_json::from_str(&json).unwrap_or_default();
            let slot = there.entry(doc).or_default();
            // Of a child whose file is void no record counts; taken in again, those that nobody made void are there again.
            if void && fields.get("void") == Some(&Value::Bool(true)) {
                slot.1 = true;
            } else if slot.0.as_ref().is_none_or(|known| on(&known.fields) < on(&fields)) {
                slot.0 = Some(Known { id, fields });
            }
        }
        Ok(Some(Self { space, catalogue, definition, there }))
    }

    /// For the child in `doc` whose profile says `profile` once the row is written.
    pub(super) fn beside(&self, doc: DocId, pupil: &Pupil, profile: &BTreeMap<String, Value>, lang: Lang) -> Outcome {
        let Some(beyond) = pupil.beyond() else { return (None, None) };
        let wanted = self.read(&beyond.values);
        let Some((main, value)) = wanted.first().cloned() else { return (None, None) };
        let (known, void) = self.there.get(&doc).cloned().unwrap_or_default();
        let mut edits = Vec::new();
        let (id, before) = match known {
            Some(known) => (known.id, known.fields),
            // A person made it void: this child has none.
            None if void => return (None, None),
            None => {
                let Some((id, written)) = rules::of_profile(&self.catalogue, doc, "enrolment", beyond.field, profile) else { return (None, None) };
                edits.push(DocEdit { space: self.space, doc, what: What::Rule(Box::new(written)) });
                (id, BTreeMap::new())
            }
        };
        let title = |value: &Value| {
            self.definition.field(&main).map(|field| value::show_value(&self.catalogue, &self.definition, field, value, lang)).unwrap_or_default()
        };
        let remark = |reason| Problem::new(reason).with("value", title(&value)).with("ledger", self.definition.title.get(lang));
        match before.get(&main) {
            None | Some(Value::Null) => {}
            Some(Value::Str(there)) if beyond.agree.contains(&there.as_str()) => return (None, None),
            Some(there) => return (None, Some(remark(Reason::CareKindKept).with("there", title(there)))),
        }
        let after: BTreeMap<String, Value> = wanted.into_iter().filter(|(key, _)| matches!(before.get(key), None | Some(Value::Null))).collect();
        let trace = Trace {
            space: self.space.to_string(),
            doc,
            record: id.clone(),
            new: false,
            before: after.keys().map(|key| (key.clone(), Value::Null)).collect(),
            after: after.clone(),
            step: false,
            beside: true,
            from_row: String::new(),
        };
        edits.push(DocEdit { space: self.space, doc, what: What::Edit(sets(Target::Record(id), after)) });
        let reason = if beyond.whole { Reason::CareKind } else { Reason::CareKindOpen };
        (Some(Beside { edits, trace }), Some(remark(reason)))
    }

    /// Values as the ledger in force keeps them; what it does not have is left out.
    fn read(&self, said: &[(&'static str, &'static str)]) -> Vec<(String, Value)> {
        let read = |(code, text): &(&'static str, &'static str)| {
            let field = self.definition.field(code)?;
            let reading = value::read(&self.catalogue, &self.definition, field, text, &BTreeMap::new()).ok()?;
            reading.unknown.is_empty().then_some(reading.values)
        };
        said.iter().filter_map(read).flatten().collect()
    }
}
