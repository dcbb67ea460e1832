//! A child moves to another school ([handover] of a definition, docs/ledger-format.md): on the county's step the old document is closed at stated heads, old and new
//! document are linked, and the new school gets a dossier. All of it is one commit with the step; no document moves (DESIGN §2).
//!
//! Invariants: what travels is made from the old document at the stated heads and from nothing else, so no other child is in it; every id is derived from what the
//! record is of; at most [`RECORDS_MAX`] records a document and [`EDIT_BYTES_MAX`] a change.

use super::{
    Replica, Result,
    closing::{self, text},
    conflicts::Item,
    edit::{DocEdit, What},
    project::RecordRow,
    records::Place,
    relay::{Opened, VALUE, derived},
    students,
};
use crate::{
    document::{
        local,
        view::Value,
        write::{Edit, NewRecord, Target},
    },
    fault::{Exit, Fault},
    ledger::definition::Handover,
    model::{DocId, SchoolCode, SchoolYear, Space, codes::IdNumber},
};
use jiff::civil::Date;
use rusqlite::{OptionalExtension as _, params};
use std::{collections::BTreeMap, sync::Arc};

/// Ledger of what the new school reads.
pub(super) const DOSSIER: &str = "dossier";
/// Most records in one of the county's documents (DESIGN §2).
const RECORDS_MAX: usize = 1_000;
/// Values in one change at most; a change has 256 KiB.
const EDIT_BYTES_MAX: usize = 128 * 1024;
/// Fields in one change at most; a change has 4,096 operations.
const EDIT_FIELDS_MAX: usize = 1_500;

/// Records on their way, by the document they are from.
type Envelopes = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

/// A child's document at a school.
#[derive(Clone, Copy)]
struct At {
    school: SchoolCode,
    year: SchoolYear,
    doc: DocId,
}

/// The two schools of a handover and what they have of the child.
struct Sides {
    from: Option<At>,
    to: Option<At>,
    /// As the record says it: a school outside the county has a name.
    to_text: String,
    from_text: String,
}

impl Replica {
    /// What the county's step of `place` does besides being taken. `fields` are the record's values with what was entered along.
    ///
    /// # Errors
    /// `document-closed` for a child that has moved already; `handover-elsewhere`, `handover-child`; the store's.
    pub(super) fn hand_over(
        &self,
        place: &Place,
        handover: &Handover,
        fields: &BTreeMap<String, Value>,
        day: Date,
        by: Option<&str>,
    ) -> Result<Vec<DocEdit>> {
        let sides = self.sides(place, handover, fields)?;
        let mut edits = Vec::new();
        if let Some(to) = sides.to {
            edits.extend(self.reopen(to)?);
        }
        let Some(from) = sides.from else { return Ok(edits) };
        self.store.read(|c| closing::must_be_open(c, from.doc))?;
        // Where the next year is open already, the child has a document there, too.
        let first = self.opened(from.doc)?;
        let later = self.of_other_years(&first, from, |year| year > from.year)?;
        let mut left = vec![first];
        for doc in later {
            left.push(self.opened(doc)?);
        }
        edits.extend(left.iter().map(|opened| close(opened, place, handover, &sides.to_text, day)));
        if let Some(to) = sides.to {
            for opened in &left {
                edits.push(self.link(place, (opened.context.doc, to.doc), &sides, day, by)?);
            }
            edits.extend(self.dossier(handover, left, from, to)?);
        }
        Ok(edits)
    }

    fn opened(&self, doc: DocId) -> Result<Opened> {
        self.open_doc(doc)?.ok_or_else(|| Fault::internal("a child's document vanished").into())
    }

    fn sides(&self, place: &Place, handover: &Handover, fields: &BTreeMap<String, Value>) -> Result<Sides> {
        let value = |key: &str| text(fields, key).unwrap_or_default();
        let (from_text, to_text) = (value(&handover.from), value(&handover.to));
        // A ten-digit code must be of a school the county knows; anything else is a school elsewhere.
        let school = |text: &str| if text.parse::<SchoolCode>().is_ok() { self.known_school(text).map(Some) } else { Ok(None) };
        let (from, to, own) = (school(&from_text)?, school(&to_text)?, place.space.school);
        let other = text(fields, &handover.other);
        let here = |school: SchoolCode| At { school, year: place.space.year, doc: place.doc };
        if from.is_some() && from == own {
            let new = to.map(|to| self.child_at(place, to, other.as_deref(), from)).transpose()?;
            return Ok(Sides { from: from.map(here), to: new, to_text, from_text });
        }
        if to.is_some() && to == own {
            let old = from.map(|from| self.child_at(place, from, other.as_deref(), None)).transpose()?;
            return Ok(Sides { from: old, to: to.map(here), to_text, from_text });
        }
        Err(Fault::new("handover-elsewhere", Exit::Input).with("record", &place.id).with("from", from_text).with("to", to_text).into())
    }

    /// The child's document at `school`, the newest that is at most a year away: named, or found by identity number. With `left`, the school it comes from: or the
    /// one that `school` will make when it enrols the child.
    fn child_at(&self, place: &Place, school: SchoolCode, named: Option<&str>, left: Option<SchoolCode>) -> Result<At> {
        let profile = self.record_fields(&place.doc.to_string())?;
        let number = text(&profile, "id_no").and_then(|number| number.parse::<IdNumber>().ok());
        let code = school.to_string();
        let found = match named.or(number.as_ref().map(IdNumber::as_str)) {
            Some(text) => self.find_students(text, None)?,
            None => Vec::new(),
        };
        let near = |year: u16| year.abs_diff(place.space.year.start()) <= 1;
        let mut there: Vec<_> = found.into_iter().filter(|hit| hit.school == code && near(hit.year)).collect();
        let newest = there.iter().map(|hit| hit.year).max();
        there.retain(|hit| Some(hit.year) == newest);
        match (there.as_slice(), named, number, left) {
            ([one], _, _, _) => Ok(At { school, year: SchoolYear::new(one.year).unwrap_or(place.space.year), doc: one.doc }),
            ([], None, Some(number), Some(left)) => {
                let name = text(&profile, "name").unwrap_or_default();
                let opened = self.opened(place.doc)?;
                let from = At { school: left, year: place.space.year, doc: place.doc };
                // The year the school left had it in last: after a summer's transfer that is the new one.
                let rolled = self.of_other_years(&opened, from, |year| year > from.year)?;
                let year = if rolled.is_empty() { from.year } else { SchoolYear::new(from.year.start() + 1).unwrap_or(from.year) };
                Ok(At { school, year, doc: students::student_doc(&self.id_key(school), school, year, number.as_str(), &name) })
            }
            _ => Err(Fault::new("handover-child", Exit::Input).with("school", school).with("record", &place.id).into()),
        }
    }

    /// Documents of the same child at the same school in other years: by identity number, or as the next year's is derived.
    fn of_other_years(&self, opened: &Opened, at: At, wanted: impl Fn(SchoolYear) -> bool) -> Result<Vec<DocId>> {
        let profile = opened.context.doc.to_string();
        let number = opened.projection.records.iter().find(|r| r.id == profile).and_then(|r| text(&r.fields, "id_no"));
        let number = number.filter(|number| number.parse::<IdNumber>().is_ok());
        let next = SchoolYear::new(at.year.start() + 1).map(|year| students::next_doc(&self.id_key(at.school), at.doc, year).to_string());
        let (school, asked) = (at.school.to_string(), at.doc.to_string());
        let rows: Vec<(String, u16)> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached(
                "SELECT _student, _year FROM record_enrolment WHERE (id_no = ?1 OR _student = ?2) AND _school = ?3 AND _student <> ?4 AND void = 0 ORDER BY _year, _student",
            )?;
            Ok(statement.query_map(params![number, next, school, asked], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let in_wanted = |year: u16| SchoolYear::new(year).is_some_and(&wanted);
        Ok(rows.iter().filter(|(_, year)| in_wanted(*year)).filter_map(|(hex, _)| DocId::from_hex(hex)).collect())
    }

    /// A child that comes back finds its document open again.
    fn reopen(&self, to: At) -> Result<Option<DocEdit>> {
        let closed = self.store.read(|c| closing::closed_profile(c, to.doc))?.is_some();
        let cleared = [closing::HEADS, closing::ON, closing::TO, closing::FOR];
        let sets = cleared.into_iter().map(|field| (Target::Subject, field.to_owned(), Value::Null)).collect();
        Ok(closed.then(|| DocEdit { space: Space::school(to.school, to.year), doc: to.doc, what: What::Edit(Edit { sets, ..Edit::default() }) }))
    }

    fn link(&self, place: &Place, (old, new): (DocId, DocId), sides: &Sides, day: Date, by: Option<&str>) -> Result<DocEdit> {
        let space = Space::internal(place.space.year);
        let text = |text: String| Value::Str(text);
        let fields = BTreeMap::from([
            ("_v".to_owned(), Value::Int(1)),
            ("on".to_owned(), text(day.to_string())),
            ("child_a".to_owned(), text(old.to_string())),
            ("child_b".to_owned(), text(new.to_string())),
            ("schools".to_owned(), text(format!("{},{}", sides.from_text, sides.to_text))),
            ("verdict".to_owned(), text("transferred".into())),
            ("why".to_owned(), text(place.id.clone())),
            ("decided_by".to_owned(), text(by.unwrap_or_default().to_owned())),
        ]);
        let key = format!("child_link:{}", derived("huxue handover link v1", &[&old.0, &new.0, place.id.as_bytes()]));
        let (doc, _) = self.county_home(space, "child_link")?;
        let edit = Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() };
        Ok(DocEdit { space, doc, what: What::Put(edit) })
    }

    /// The records of the child that travel: of the documents that are closed, of earlier years at that school, and what that school had been given about it.
    fn dossier(&self, handover: &Handover, left: Vec<Opened>, from: At, to: At) -> Result<Vec<DocEdit>> {
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
        Ok(pack(Space::county_school(to.school, to.year), to.doc, envelopes))
    }

    /// What was handed over about this child before.
    fn given(&self, child: DocId) -> Result<Vec<BTreeMap<String, Value>>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT r.fields FROM record_dossier t JOIN record r ON r.doc = t._doc AND r.id = t._id WHERE t.child = ?1 AND t.void = 0 ORDER BY t._id",
            )?;
            let rows: Vec<String> = statement.query_map([child.to_string()], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(rows.iter().filter_map(|fields| serde_json::from_str(fields).ok()).collect())
        })
    }

    /// The county's look at an edit that came after the closing: `keep` leaves it in the old document, `forward` also adds what it touched to the dossier.
    ///
    /// # Errors
    /// `conflict-choice`; `document-closed` at a school; the store's.
    pub(super) fn review_late(self: &Arc<Self>, item: &Item, place: (Space, DocId), choose: &[String], by: Option<&str>) -> Result<()> {
        let (space, doc) = place;
        self.may_work_in(doc)?;
        let mut edits = match choose.first().map(String::as_str) {
            Some("keep") => Vec::new(),
            Some("forward") => self.forward(item, doc)?,
            other => {
                let choice = other.unwrap_or_default();
                return Err(Fault::new("conflict-choice", Exit::Input).with("choice", choice).with("list", "keep, forward").into());
            }
        };
        let mark = format!("{}{}", super::project::ACK_PREFIX, item.detail["ack"].as_str().unwrap_or_default());
        let sets = vec![(Target::Subject, mark, Value::Str(by.unwrap_or_default().to_owned()))];
        edits.push(DocEdit { space, doc, what: What::Edit(Edit { sets, ..Edit::default() }) });
        self.commit(edits).map(|_| ())
    }

    fn forward(&self, item: &Item, doc: DocId) -> Result<Vec<DocEdit>> {
        let Some(opened) = self.open_doc(doc)? else { return Ok(Vec::new()) };
        let profile = self.record_fields(&doc.to_string())?;
        let ledger = text(&profile, closing::FOR).unwrap_or_default();
        let definition = self.definition(ledger.split(':').next().unwrap_or_default())?;
        let link: Option<String> = self.store.read(|c| -> Result<_> {
            let sql = "SELECT child_b FROM record_child_link WHERE child_a = ?1 AND verdict = 'transferred' AND void = 0 ORDER BY \"on\" DESC, _id DESC LIMIT 1";
            Ok(c.prepare_cached(sql)?.query_row([doc.to_string()], |r| r.get(0)).optional()?)
        })?;
        let to = text(&profile, closing::TO).and_then(|to| to.parse::<SchoolCode>().ok());
        let child = link.as_deref().and_then(DocId::from_hex);
        let (Some(handover), Some(from), Some(to), Some(child)) = (&definition.handover, opened.context.space.school, to, child) else {
            return Err(Fault::new("handover-none", Exit::Input).with("student", doc).into());
        };
        let wanted: Vec<&str> = item.detail["records"].as_array().into_iter().flatten().filter_map(|id| id.as_str()).collect();
        let mut envelopes = Envelopes::new();
        enclose(&mut envelopes, handover, &opened, from, child, |row| wanted.contains(&row.id.as_str()));
        if envelopes.is_empty() {
            return Err(Fault::new("handover-none", Exit::Input).with("student", doc).into());
        }
        let space = Space::county_school(to, opened.context.space.year);
        let mut edits = Vec::new();
        for (document, records) in envelopes {
            for (key, mut fields) in records {
                fields.insert("late".into(), Value::Bool(true));
                let (space, doc) = self.stands(&key)?.unwrap_or_else(|| {
                    let name = format!("{DOSSIER}/{child}/{document}/late");
                    (space, students::county_doc(space, &name, 0))
                });
                let edit = Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() };
                edits.push(DocEdit { space, doc, what: What::Put(edit) });
            }
        }
        Ok(edits)
    }
}

impl Replica {
    /// Space and document of a record that is in the dossier already.
    fn stands(&self, key: &str) -> Result<Option<(Space, DocId)>> {
        self.store.read(|c| {
            let sql = "SELECT s.code, d.id FROM record r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space WHERE r.id = ?1";
            let row: Option<(Vec<u8>, [u8; 16])> = c.prepare_cached(sql)?.query_row([key], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            Ok(row.and_then(|(code, doc)| Some((Space::from_bytes(&code)?, DocId(doc)))))
        })
    }
}

/// Closes the document at the heads it was read with.
fn close(opened: &Opened, place: &Place, handover: &Handover, to: &str, day: Date) -> DocEdit {
    let heads: Vec<String> = local::heads(&opened.doc).iter().map(ToString::to_string).collect();
    let closed = [(closing::HEADS, heads.join(",")), (closing::ON, day.to_string()), (closing::TO, to.to_owned()), (closing::FOR, place.id.clone())];
    let mut sets: Vec<_> = closed.into_iter().map(|(field, text)| (Target::Subject, field.to_owned(), Value::Str(text))).collect();
    sets.extend(handover.set.iter().map(|(field, value)| (Target::Subject, field.clone(), value.clone())));
    DocEdit { space: opened.context.space, doc: opened.context.doc, what: What::Edit(Edit { sets, ..Edit::default() }) }
}

fn dossier_key(child: DocId, document: &str, record: &str) -> String {
    format!("{DOSSIER}:{}", derived("huxue dossier key v1", &[&child.0, document.as_bytes(), record.as_bytes()]))
}

/// Puts the rows of a document that may travel into envelopes.
fn enclose(envelopes: &mut Envelopes, handover: &Handover, opened: &Opened, from: SchoolCode, child: DocId, wanted: impl Fn(&RecordRow) -> bool) {
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
