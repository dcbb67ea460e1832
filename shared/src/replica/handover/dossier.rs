//! What the new school reads: copies of the records that may travel, each in an envelope that says whose and from where it is.
//!
//! Invariants: an envelope is made from the child's own documents at the school left, and from what that school had been given about it, so no other child is in
//! it; ids are derived from child, document and record; at most [`RECORDS_MAX`] records a document and [`EDIT_BYTES_MAX`] a change.

use super::At;
use crate::{
    document::{
        view::Value,
        write::{Edit, NewRecord},
    },
    ledger::definition::{Form, Handover},
    model::{DocId, SchoolCode, SchoolYear, Space, codes::IdNumber},
    replica::{
        Replica, Result,
        closing::text,
        edit::{DocEdit, What},
        project::RecordRow,
        records::Place,
        relay::{Opened, VALUE, derived},
        students,
    },
};
use std::collections::BTreeMap;

/// Ledger of what the new school reads.
pub(super) const DOSSIER: &str = "dossier";
/// Most records in one of the county's documents (DESIGN §2).
const RECORDS_MAX: usize = 1_000;
/// Values in one change at most; a change has 256 KiB.
const EDIT_BYTES_MAX: usize = 128 * 1024;
/// Fields in one change at most; a change has 4,096 operations.
const EDIT_FIELDS_MAX: usize = 1_500;

/// Records on their way, by the document they are from.
pub(super) type Envelopes = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

/// A child the county moved here, before anybody enrolled it.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// The document it will have.
    pub doc: DocId,
    name: String,
    birth: Option<String>,
    numbered: bool,
}

/// The only child without an identity number of this name and birth date among those foreseen: with a number the document is found by that.
#[must_use]
pub fn foreseen_as(foreseen: &[Foreseen], name: &str, birth: &str) -> Option<DocId> {
    let same = |child: &&Foreseen| {
        !child.numbered && child.birth.as_deref() == Some(birth) && students::normal_name(&child.name) == students::normal_name(name)
    };
    let mut docs: Vec<DocId> = foreseen.iter().filter(same).map(|child| child.doc).collect();
    // A child that was at several schools before has an envelope of each.
    docs.dedup();
    if let [doc] = docs.as_slice() { Some(*doc) } else { None }
}

impl Replica {
    /// The records of the child that travel: of the documents that are closed, of earlier years at that school, and what that school had been given about it. `place`: the
    /// record whose step moves the child, taken in the same commit: it travels as it stands behind that step.
    pub(super) fn dossier(&self, handover: &Handover, place: &Place, left: Vec<Opened>, from: At, to: At) -> Result<Vec<DocEdit>> {
        let mut envelopes = Envelopes::new();
        let mut docs = Vec::new();
        let earlier = match left.first() {
            Some(first) => self.of_other_years(first, from, |year| year < from.year)?,
            None => Vec::new(),
        };
        for opened in left.into_iter().map(Ok).chain(earlier.into_iter().map(|doc| self.opened(doc))) {
            let opened = opened?;
            enclose(&mut envelopes, handover, &opened, from.school, to.doc, |_| true);
            docs.push(opened.context.doc);
        }
        for doc in docs {
            for mut fields in self.given(doc)? {
                let field = |key: &str| text(&fields, key).unwrap_or_default();
                let (document, key) = (field("document"), dossier_key(to.doc, &field("document"), &field("record")));
                fields.insert("child".into(), Value::Str(to.doc.to_string()));
                fields.insert("_v".into(), Value::Int(1));
                envelopes.entry(document).or_default().insert(key, fields);
            }
        }
        let definition = self.definition(&place.ledger)?;
        let reached = definition.lifecycle.as_ref().and_then(|lifecycle| lifecycle.step(&handover.step)).map(|step| step.to.clone());
        let own = envelopes.values_mut().flatten().filter(|(_, fields)| text(fields, "record").as_ref() == Some(&place.id)).map(|(_, fields)| fields);
        for (fields, state) in own.zip(reached.iter().cycle()) {
            fields.insert("state".into(), Value::Str(state.clone()));
        }
        Ok(pack(Space::county_school(to.school, to.year), to.doc, envelopes))
    }

    /// What was handed over about this child before.
    fn given(&self, child: DocId) -> Result<Vec<BTreeMap<String, Value>>> {
        Ok(self.handed_over(child)?.into_iter().map(|(_, fields)| fields).collect())
    }

    /// What was handed over about a child enrolled under a name spelt otherwise than at its former school: the file foreseen for it, which no child of this school is, has
    /// the same document number.
    ///
    /// # Errors
    /// The store's.
    pub fn handed_over_by_number(&self, number: &str) -> Result<Vec<(String, BTreeMap<String, Value>)>> {
        if number.is_empty() {
            return Ok(Vec::new());
        }
        let foreseen: Vec<String> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached(
                "SELECT DISTINCT t.child FROM record_dossier t WHERE t.ledger = 'enrolment' AND t.void = 0 AND t.number = ?1
                   AND NOT EXISTS (SELECT 1 FROM record_enrolment e WHERE e._student = t.child AND e.void = 0)",
            )?;
            Ok(statement.query_map([number], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let docs = foreseen.iter().filter_map(|child| DocId::from_hex(child));
        Ok(docs.map(|child| self.handed_over(child)).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// The documents foreseen in `year` for children whom the county moved here and nobody has enrolled yet.
    ///
    /// # Errors
    /// The store's.
    pub fn foreseen(&self, year: SchoolYear) -> Result<Vec<Foreseen>> {
        let rows: Vec<(String, String)> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached(
                "SELECT t.child, r.fields FROM record_dossier t JOIN record r ON r.doc = t._doc AND r.id = t._id
                 WHERE t.ledger = 'enrolment' AND t.void = 0 AND t._year = ?1
                   AND NOT EXISTS (SELECT 1 FROM record_enrolment e WHERE e._student = t.child AND e.void = 0)",
            )?;
            Ok(statement.query_map([year.start()], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let read = |(child, fields): (String, String)| {
            let fields: BTreeMap<String, Value> = serde_json::from_str(&fields).ok()?;
            let numbered = text(&fields, "number").is_some_and(|number| number.parse::<IdNumber>().is_ok());
            Some(Foreseen { doc: DocId::from_hex(&child)?, name: text(&fields, "name")?, birth: text(&fields, &format!("{VALUE}birth")), numbered })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Records of a former school that were handed over about a child, by the key of the envelope; what the former record said stands under [`VALUE`].
    ///
    /// # Errors
    /// The store's.
    pub fn handed_over(&self, child: DocId) -> Result<Vec<(String, BTreeMap<String, Value>)>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT t._id, r.fields FROM record_dossier t JOIN record r ON r.doc = t._doc AND r.id = t._id WHERE t.child = ?1 AND t.void = 0 ORDER BY t._id",
            )?;
            let rows: Vec<(String, String)> =
                statement.query_map([child.to_string()], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            Ok(rows.into_iter().filter_map(|(id, fields)| Some((id, serde_json::from_str(&fields).ok()?))).collect())
        })
    }
}

fn dossier_key(child: DocId, document: &str, record: &str) -> String {
    format!("{DOSSIER}:{}", derived("huxue dossier key v1", &[&child.0, document.as_bytes(), record.as_bytes()]))
}

/// Puts the rows of a document that may travel into envelopes.
pub(super) fn enclose(
    envelopes: &mut Envelopes,
    handover: &Handover,
    opened: &Opened,
    from: SchoolCode,
    child: DocId,
    wanted: impl Fn(&RecordRow) -> bool,
) {
    let document = opened.context.doc.to_string();
    for row in opened.projection.records.iter().filter(|row| !row.void && wanted(row)) {
        let Some(definition) = opened.context.catalogue.latest(&row.ledger).filter(|d| handover.dossier.contains(&d.code)) else { continue };
        let mut fields = BTreeMap::from([
            ("_v".to_owned(), Value::Int(1)),
            ("child".to_owned(), Value::Str(child.to_string())),
            ("from_school".to_owned(), Value::Str(from.to_string())),
            ("ledger".to_owned(), Value::Str(row.ledger.clone())),
            ("record".to_owned(), Value::Str(row.id.clone())),
            ("document".to_owned(), Value::Str(document.clone())),
            ("year".to_owned(), Value::Int(i64::from(opened.context.space.year.start()))),
        ]);
        for (field, kept) in [("name", "name"), ("id_no", "number")] {
            if let Some(value) = row.fields.get(field).filter(|_| definition.form == Form::Profile) {
                fields.insert(kept.into(), value.clone());
            }
        }
        if let Some(state) = &row.state {
            fields.insert("state".into(), Value::Str(state.clone()));
        }
        if row.disputed {
            fields.insert("was_disputed".into(), Value::Bool(true));
        }
        if !row.steps.is_empty() {
            fields.insert("steps".into(), Value::Str(steps(row)));
        }
        for (key, value) in row.fields.iter().filter(|(_, value)| **value != Value::Null) {
            // A field whose class nobody here knows stays behind.
            let Some((field, _)) = definition.field_of_key(key) else { continue };
            let common = definition.declared(&field.code).is_none();
            if common && ["on", "by", "note"].contains(&key.as_str()) {
                fields.insert(key.clone(), value.clone());
            } else if !common && handover.carries(definition, field) {
                fields.insert(format!("{VALUE}{key}"), value.clone());
            }
        }
        envelopes.entry(document.clone()).or_default().insert(dossier_key(child, &document, &row.id), fields);
    }
}

/// One line a step: day, step, state reached, by whom, effect.
fn steps(row: &RecordRow) -> String {
    let mut lines: Vec<String> = row
        .steps
        .iter()
        .map(|step| {
            let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            format!("{} {} {} {} {}", word(&step.on), step.name, word(&step.to), word(&step.by), step.effect)
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

/// Into edits: at most [`RECORDS_MAX`] records a document, and no change too long.
fn pack(space: Space, child: DocId, envelopes: Envelopes) -> Vec<DocEdit> {
    let mut edits = Vec::new();
    for (document, records) in envelopes {
        let records: Vec<NewRecord> = records.into_iter().map(|(key, fields)| NewRecord { key, fields }).collect();
        for (page, records) in (0..).zip(records.chunks(RECORDS_MAX)) {
            let doc = students::county_doc(space, &format!("{DOSSIER}/{child}/{document}"), page);
            let (mut creates, mut bytes, mut fields) = (Vec::new(), 0, 0);
            for record in records {
                let weight = record.fields.iter().map(|(key, value)| key.len() + weight(value)).sum::<usize>();
                if !creates.is_empty() && (bytes + weight > EDIT_BYTES_MAX || fields + record.fields.len() > EDIT_FIELDS_MAX) {
                    let edit = Edit { creates: std::mem::take(&mut creates), ..Edit::default() };
                    edits.push(DocEdit { space, doc, what: What::Put(edit) });
                    (bytes, fields) = (0, 0);
                }
                creates.push(record.clone());
                (bytes, fields) = (bytes + weight, fields + record.fields.len());
            }
            edits.push(DocEdit { space, doc, what: What::Put(Edit { creates, ..Edit::default() }) });
        }
    }
    edits
}

fn weight(value: &Value) -> usize {
    match value {
        Value::Str(text) => text.len() + 16,
        Value::Null | Value::Bool(_) | Value::Int(_) => 24,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_dossier_is_cut_into_documents_and_changes_that_fit() {
        let space = Space::county_school("5299010002".parse().unwrap(), SchoolYear::new(2025).unwrap());
        let record = |n: usize| (format!("dossier:{n:026}"), BTreeMap::from([("v.note".to_owned(), Value::Str("长".repeat(1_000)))]));
        let envelopes = Envelopes::from([("a".repeat(32), (0..2_300).map(record).collect())]);
        let mut by_doc: BTreeMap<DocId, usize> = BTreeMap::new();
        for edit in pack(space, DocId([1; 16]), envelopes.clone()) {
            let What::Put(words) = edit.what else { panic!("not a copy") };
            let bytes: usize = words.creates.iter().flat_map(|r| r.fields.values()).map(weight).sum();
            assert!(bytes <= EDIT_BYTES_MAX && !words.creates.is_empty());
            *by_doc.entry(edit.doc).or_default() += words.creates.len();
        }
        assert_eq!(by_doc.values().sum::<usize>(), 2_300);
        assert!(by_doc.len() == 3 && by_doc.values().all(|count| *count <= RECORDS_MAX), "{by_doc:?}");
        let docs = |edits: Vec<DocEdit>| edits.into_iter().map(|edit| edit.doc).collect::<Vec<_>>();
        assert_eq!(docs(pack(space, DocId([1; 16]), envelopes.clone())), docs(pack(space, DocId([1; 16]), envelopes)), "the same again");
    }
}
