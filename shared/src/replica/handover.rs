//! A child moves to another school (`[handover]` of a definition, docs/ledger-format.md): on the county's step the old document is closed at stated heads, old and new
//! document are linked, and the new school gets a dossier. All of it is one commit with the step; no document moves (DESIGN §2).
//!
//! Beside it: [`dossier`] packs what travels, [`review`] looks at what came too late.

mod dossier;
mod review;

pub use dossier::{Foreseen, foreseen_as};

use super::{
    Replica, Result,
    closing::{self, text},
    edit::{DocEdit, What},
    records::Place,
    relay::{Opened, derived},
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
use rusqlite::params;
use std::collections::BTreeMap;

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
            edits.extend(self.dossier(handover, place, left, from, to)?);
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
    /// one that `school` will make when it enrols the child; of a child without a number only if nobody of its name is at `school`, who might be that child.
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
        let name = text(&profile, "name").unwrap_or_default();
        let mut namesakes = self.find_students(&name, None)?;
        namesakes.retain(|hit| hit.school == code && near(hit.year));
        match (there.as_slice(), named, number, left) {
            ([one], _, _, _) => Ok(At { school, year: SchoolYear::new(one.year).unwrap_or(place.space.year), doc: one.doc }),
            ([], None, number, Some(left)) if number.is_some() || namesakes.is_empty() => {
                let opened = self.opened(place.doc)?;
                let from = At { school: left, year: place.space.year, doc: place.doc };
                // The year the school left had it in last: after a summer's transfer that is the new one.
                let rolled = self.of_other_years(&opened, from, |year| year > from.year)?;
                let year = if rolled.is_empty() { from.year } else { SchoolYear::new(from.year.start() + 1).unwrap_or(from.year) };
                let key = self.id_key(school);
                let doc = match number {
                    Some(number) => students::student_doc(&key, school, year, number.as_str(), &name),
                    None => students::moved_doc(&key, place.doc, year),
                };
                Ok(At { school, year, doc })
            }
            _ => {
                let named: Vec<String> = namesakes.iter().map(|hit| format!("{} {}", hit.name, hit.doc)).collect();
                let list = if named.is_empty() { "-".to_owned() } else { named.join("; ") };
                Err(Fault::new("handover-child", Exit::Input).with("school", school).with("record", &place.id).with("list", list).into())
            }
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
}

/// Closes the document at the heads it was read with.
fn close(opened: &Opened, place: &Place, handover: &Handover, to: &str, day: Date) -> DocEdit {
    let heads: Vec<String> = local::heads(&opened.doc).iter().map(ToString::to_string).collect();
    let closed = [(closing::HEADS, heads.join(",")), (closing::ON, day.to_string()), (closing::TO, to.to_owned()), (closing::FOR, place.id.clone())];
    let mut sets: Vec<_> = closed.into_iter().map(|(field, text)| (Target::Subject, field.to_owned(), Value::Str(text))).collect();
    sets.extend(handover.set.iter().map(|(field, value)| (Target::Subject, field.clone(), value.clone())));
    DocEdit { space: opened.context.space, doc: opened.context.doc, what: What::Edit(Edit { sets, ..Edit::default() }) }
}
