//! Records as a person handles them: add, correct, void, take a step, look. Words in, edits out; every value is read by its field's type first,
//! and nothing that was typed is lost to an empty required field (that is a work item).
//!
//! Long as it is, this is one room: the acts of a person on a record share their look-ups.

use super::{
    Replica, Result, Role,
    edit::{DocEdit, What},
    judging::Written,
    merge, project, relay,
    scope::Voice,
    students,
};
use crate::{
    command::request::SubjectRef,
    document::{
        keys::WRITER_KEY,
        read,
        view::{RecordView, Stamp, Value},
        write::{Edit, NewRecord, NewStep, Target},
    },
    fault::{Exit, Fault},
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Form, Subject},
        lifecycle, value,
    },
    model::{DocId, SchoolCode, SchoolYear, Space, SpaceKind, codes::IdNumber},
    store::log::{self, DocN},
};
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Most records in one of the county's documents (DESIGN §2).
const COUNTY_DOC_RECORDS_MAX: i64 = 1_000;

/// Where a record stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its space.
    pub space: Space,
    /// Its document.
    pub doc: DocId,
    /// Local number of the document.
    pub n: DocN,
    /// Record id as in the projection.
    pub id: String,
    /// Ledger.
    pub ledger: String,
    /// Undisputed values.
    pub fields: BTreeMap<String, Value>,
    /// Voided.
    pub void: bool,
    /// Last year's record it carries on.
    pub continues: Option<String>,
    /// Lifecycle state; `None` while disputed or without lifecycle.
    pub state: Option<String>,
}

/// What an edit did, as the screen says it.
#[derive(Clone, Debug)]
pub struct Done {
    /// Record id.
    pub record: String,
    /// Required fields still empty, and broken checks: work items.
    pub gaps: Vec<Fault>,
    /// Option codes kept although nobody here knows them.
    pub unknown: Vec<value::Unknown>,
    /// False: everything stood so already.
    pub changed: bool,
}

/// A step as it is to be taken.
pub(super) struct Taking<'a> {
    pub(super) step: &'a str,
    pub(super) set: &'a BTreeMap<String, String>,
    pub(super) on: Option<&'a str>,
    pub(super) by: Option<&'a str>,
    pub(super) why: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    /// Its id; `None`: drawn.
    pub(super) id: Option<String>,
    /// Steps its writer had seen; `None`: those there are now.
    pub(super) follows: Option<Vec<String>>,
}

/// A record ready to be written.
pub(crate) struct Prepared {
    pub(crate) edit: DocEdit,
    pub(crate) done: Done,
}

impl Replica {
    /// A definition, or who to ask for.
    ///
    /// # Errors
    /// `ledger-none`.
    pub fn definition(&self, code: &str) -> Result<Arc<Definition>> {
        let catalogue = self.catalogue();
        catalogue.latest(code).cloned().ok_or_else(|| Fault::new("ledger-none", Exit::NoMatch).with("code", code).into())
    }

    /// Adds a record; for the profile ledger a child.
    ///
    /// # Errors
    /// Ledger, subject, field or value that does not exist or is not this side's; `record-blocked` by a check of the definition; the store's.
    pub fn add(
        self: &Arc<Self>,
        ledger: &str,
        subject: Option<&SubjectRef>,
        year: Option<u16>,
        set: &BTreeMap<String, String>,
        by: Option<&str>,
    ) -> Result<Done> {
        let prepared = self.prepare_add(ledger, subject, year, set, by)?;
        let made = self.commit(vec![prepared.edit])?;
        Ok(Done { changed: made > 0, ..prepared.done })
    }

    /// [`Replica::add`] up to the writing.
    pub(crate) fn prepare_add(
        &self,
        ledger: &str,
        subject: Option<&SubjectRef>,
        year: Option<u16>,
        set: &BTreeMap<String, String>,
        by: Option<&str>,
    ) -> Result<Prepared> {
        let definition = self.definition(ledger)?;
        self.may_edit(&definition)?;
        let year = match year {
            Some(year) => SchoolYear::new(year).ok_or_else(|| Fault::new("year-absurd", Exit::Input).with("year", year))?,
            None => self.this_year()?,
        };
        if definition.form == Form::Profile {
            return self.prepare_profile(&definition, year, set, by);
        }
        let of_fields =
            if definition.space == SpaceKind::CountySchool && subject.is_none() { self.school_of_fields(&definition, set)? } else { None };
        let (space, doc, profile) = self.home(&definition, subject.or(of_fields.as_ref()), year)?;
        self.may_work_in(doc)?;
        let mut inputs = self.inputs(&definition, set)?;
        self.fill_own_school(&definition, &mut inputs);
        for field in &definition.fields {
            if !inputs.iter().any(|(code, _)| *code == field.code)
                && let Some(default) = &field.default
            {
                inputs.push((field.code.clone(), default.clone()));
            }
        }
        let catalogue = self.catalogue();
        let mut fields = copies(&definition, &inputs, &profile);
        let reading = typed(&catalogue, &definition, &fields, &inputs)?;
        fields.extend(reading.values);
        fields.retain(|_, v| *v != Value::Null);
        let dated = definition.dated_by.as_ref().and_then(|code| fields.get(code).cloned());
        fields.extend(dated.map(|day| ("on".to_owned(), day)));
        self.common_fields(&mut fields, by);
        let gaps = self.judge("", &definition, &fields, definition.lifecycle.as_ref().map(|l| l.initial.as_str()), Written::All)?;
        fields.insert("_v".into(), Value::Int(i64::from(definition.version)));
        let key = self.new_key(&definition, doc, &fields)?;
        let edit = Edit { creates: vec![NewRecord { key: key.clone(), fields }], ..Edit::default() };
        Ok(Prepared {
            edit: DocEdit { space, doc, what: What::Edit(edit) },
            done: Done { record: key, gaps, unknown: reading.unknown, changed: true },
        })
    }

    /// Id of a new record: drawn, or made from the ledger's key fields.
    fn new_key(&self, definition: &Definition, doc: DocId, fields: &BTreeMap<String, Value>) -> Result<String> {
        if definition.key.is_empty() {
            return Ok(format!("{}:{}", definition.code, self.clock.ulid()));
        }
        let mut hasher = blake3::Hasher::new_derive_key("huxue record key v1");
        hasher.update(&doc.0);
        for field in &definition.key {
            let Some(value) = fields.get(field) else {
                return Err(Fault::new("key-field-empty", Exit::Input).with("field", field).into());
            };
            hasher.update(format!("{value:?}\n").as_bytes());
        }
        Ok(format!("{}:{}", definition.code, hasher.finalize().to_hex().as_str().get(..26).unwrap_or_default()))
    }

    /// One of the schools a relayed record names is where it lies: the only one left empty, unless another of them is that.
    fn fill_own_school(&self, definition: &Definition, inputs: &mut Vec<(String, String)>) {
        let (Some(relay), Role::Node(own)) = (&definition.relay, self.me.role) else { return };
        let own = own.to_string();
        let typed = |field: &String| inputs.iter().find(|(code, text)| code == field && !text.trim().is_empty()).map(|(_, text)| text.trim());
        let empty: Vec<&String> = relay.schools.iter().filter(|field| typed(field).is_none()).collect();
        let here = relay.schools.iter().any(|field| typed(field) == Some(own.as_str()));
        if let ([field], false) = (empty.as_slice(), here) {
            let field = (*field).clone();
            inputs.retain(|(code, _)| *code != field);
            inputs.push((field, own));
        }
    }

    fn common_fields(&self, fields: &mut BTreeMap<String, Value>, by: Option<&str>) {
        fields.entry("on".into()).or_insert_with(|| Value::Str(self.clock.today().to_string()));
        if let Some(by) = by.filter(|by| !by.is_empty()) {
            fields.entry("by".into()).or_insert_with(|| Value::Str(by.to_owned()));
        }
    }

    /// A child's document: made from what is typed, or found again by number and name.
    fn prepare_profile(&self, definition: &Definition, year: SchoolYear, set: &BTreeMap<String, String>, by: Option<&str>) -> Result<Prepared> {
        let Role::Node(school) = self.me.role else {
            return Err(Fault::new("profile-at-school", Exit::NotAllowed).into());
        };
        let catalogue = self.catalogue();
        let inputs = self.inputs(definition, set)?;
        let reading = typed(&catalogue, definition, &BTreeMap::new(), &inputs)?;
        let mut fields: BTreeMap<String, Value> = reading.values.into_iter().filter(|(_, v)| *v != Value::Null).collect();
        self.common_fields(&mut fields, by);
        fields.entry("status".into()).or_insert_with(|| Value::Str("present".into()));
        let text = |key: &str| match fields.get(key) {
            Some(Value::Str(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let Some(name) = text("name") else { return Err(Fault::new("profile-name", Exit::Input).with("field", "name").into()) };
        let number = text("id_no").and_then(|n| n.parse::<IdNumber>().ok());
        if let Some(number) = &number {
            self.ask_about_name(number, &name, year)?;
        }
        let gaps = self.judge("", definition, &fields, None, Written::All)?;
        let doc = self.new_student_doc(school, year, number.as_ref(), &name);
        self.may_work_in(doc)?;
        let edit = DocEdit { space: Space::school(school, year), doc, what: What::Edit(profile_edit(fields, definition.version)) };
        Ok(Prepared { edit, done: Done { record: doc.to_string(), gaps, unknown: reading.unknown, changed: true } })
    }

    /// Document of a child new to this school and year.
    pub fn new_student_doc(&self, school: SchoolCode, year: SchoolYear, number: Option<&IdNumber>, name: &str) -> DocId {
        match number {
            Some(number) => students::student_doc(&self.id_key(school), school, year, number.as_str(), name),
            None => DocId(self.clock.ulid().to_bytes()),
        }
    }

    /// The same number under another name is asked about: renamed, or another child?
    fn ask_about_name(&self, number: &IdNumber, name: &str, year: SchoolYear) -> Result<()> {
        let others = self.find_students(number.as_str(), Some(year))?;
        match others.iter().find(|hit| students::normal_name(&hit.name) != students::normal_name(name)) {
            None => Ok(()),
            Some(hit) => Err(Fault::new("profile-other-name", Exit::Input)
                .with("name", name)
                .with("other", &hit.name)
                .with("student", hit.doc.to_string().get(..8).unwrap_or_default())
                .into()),
        }
    }

    /// Space, document and the child's profile for a new record.
    fn home(&self, definition: &Definition, subject: Option<&SubjectRef>, year: SchoolYear) -> Result<(Space, DocId, BTreeMap<String, Value>)> {
        match (definition.subject, subject) {
            (Subject::Student, Some(SubjectRef::Student(text))) => {
                let hit = self.one_student(text, Some(year))?;
                let school: SchoolCode = hit.school.parse().map_err(|_| Fault::internal("a school code"))?;
                let profile = self.record_fields(&hit.doc.to_string())?;
                Ok((Space::school(school, year), hit.doc, profile))
            }
            (Subject::Student, _) => Err(Fault::new("subject-student", Exit::Input).with("ledger", &definition.code).into()),
            (Subject::School, subject) => {
                let school = match (self.me.role, subject) {
                    (Role::Node(own), _) => own,
                    (Role::Hub, Some(SubjectRef::School(Some(code)))) => self.known_school(code)?,
                    (Role::Hub, _) => return self.county_place(definition, subject, year),
                };
                let space = Space::school(school, year);
                Ok((space, students::school_doc(space), BTreeMap::new()))
            }
            (Subject::County, subject) => self.county_place(definition, subject, year),
        }
    }

    fn county_place(
        &self,
        definition: &Definition,
        subject: Option<&SubjectRef>,
        year: SchoolYear,
    ) -> Result<(Space, DocId, BTreeMap<String, Value>)> {
        let space = match (definition.space, subject) {
            (SpaceKind::Published, _) => Space::published(year),
            (SpaceKind::CountySchool, Some(SubjectRef::School(Some(code)))) => Space::county_school(self.known_school(code)?, year),
            (SpaceKind::CountySchool, _) => return Err(Fault::new("subject-school", Exit::Input).with("ledger", &definition.code).into()),
            (SpaceKind::Internal | SpaceKind::School, _) => Space::internal(year),
        };
        let (doc, _) = self.county_home(space, &definition.code)?;
        Ok((space, doc, BTreeMap::new()))
    }

    /// The county's document of a ledger that still has room, and its index.
    pub(crate) fn county_home(&self, space: Space, ledger: &str) -> Result<(DocId, u32)> {
        self.store.read(|c| {
            for index in 0..u32::MAX {
                let doc = students::county_doc(space, ledger, index);
                let held: i64 = c
                    .prepare_cached("SELECT count(*) FROM record r JOIN doc d ON d.n = r.doc WHERE d.id = ?1")?
                    .query_row([&doc.0[..]], |r| r.get(0))?;
                if held < COUNTY_DOC_RECORDS_MAX {
                    return Ok((doc, index));
                }
            }
            Err(Fault::internal("no county document has room").into())
        })
    }

    /// A school the county knows.
    ///
    /// # Errors
    /// `school-code`, `school-unknown`.
    pub fn known_school(&self, code: &str) -> Result<SchoolCode> {
        let school: SchoolCode = code.parse().map_err(|_| Fault::new("school-code", Exit::Input).with("code", code))?;
        let known: bool = self.store.read(|c| -> Result<bool> {
            Ok(c.query_row("SELECT EXISTS(SELECT 1 FROM record_school WHERE code = ?1 AND void = 0)", [school.to_string()], |r| r.get(0))?)
        })?;
        if known { Ok(school) } else { Err(Fault::new("school-unknown", Exit::NoMatch).with("code", code).into()) }
    }

    fn may_edit(&self, definition: &Definition) -> Result<()> {
        if definition.may_write(self.side()) {
            return Ok(());
        }
        Err(Fault::new("ledger-not-yours", Exit::NotAllowed).with("ledger", &definition.code).with("owner", definition.owner.word()).into())
    }

    /// Inputs with shortened record references completed, and county-owned fields refused at schools.
    fn inputs(&self, definition: &Definition, set: &BTreeMap<String, String>) -> Result<Vec<(String, String)>> {
        let mut out = Vec::with_capacity(set.len());
        let day = set.get("on").and_then(|text| value::date(text)).unwrap_or_else(|| self.clock.today());
        let on = day.to_string();
        for (code, text) in set {
            let mut text = text.clone();
            if let Some(field) = definition.field(code) {
                if field.authority.is_some_and(|side| side != self.side()) {
                    return Err(Fault::new("field-not-yours", Exit::NotAllowed).with("field", code).into());
                }
                match field.kind {
                    FieldType::Ref if !text.is_empty() => text = self.referred(&text, field.reference.as_deref(), &on)?,
                    // A school outside the county is on no list of ours: its name is kept as it is written.
                    FieldType::School if !text.trim().is_empty() => text = self.school_named(&text).or_else(|error| outside(error, text))?,
                    _ => {}
                }
            }
            out.push((code.clone(), text));
        }
        Ok(out)
    }

    /// The record a cell refers to: by its id or a part of it, or, as office files do, by the code or name it has.
    fn referred(&self, text: &str, ledger: Option<&str>, on: &str) -> Result<String> {
        let none = match self.locate_in(text, ledger) {
            Ok(place) => return Ok(place.id),
            Err(error) => error,
        };
        let (Some(ledger), wanted) = (ledger.map(str::to_owned), text.trim().to_owned()) else { return Err(none) };
        // Of several with the code, as a programme has for each of its times, the one in force on `on`.
        let ids: Vec<String> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached(
                "SELECT id, coalesce(json_extract(fields, '$.valid_from') <= ?3, 1) AND coalesce(json_extract(fields, '$.valid_until') >= ?3, 1) AS now FROM record
                 WHERE ledger = ?1 AND void = 0 AND ?2 IN (json_extract(fields, '$.code'), json_extract(fields, '$.name'), json_extract(fields, '$.title')) ORDER BY now DESC LIMIT 40",
            )?;
            let found: Vec<(String, bool)> =
                statement.query_map([&ledger, &wanted, on], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            let in_force = found.iter().any(|(_, now)| *now);
            Ok(found.into_iter().filter(|(_, now)| *now || !in_force).map(|(id, _)| id).collect())
        })?;
        match ids.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(none),
            several => Err(Fault::new("record-several", Exit::NoMatch).with("ref", text).with("count", several.len()).into()),
        }
    }

    /// Code of a school a cell names, by code (also of another county) or by its name in the county's list.
    ///
    /// # Errors
    /// `school-unknown`; `record-several` when two schools have the name.
    pub(crate) fn school_named(&self, text: &str) -> Result<String> {
        let wanted = text.trim().to_owned();
        if wanted.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(wanted);
        }
        let codes: Vec<String> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached("SELECT code FROM record_school WHERE name = ?1 AND void = 0 LIMIT 2")?;
            Ok(statement.query_map([&wanted], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        match codes.as_slice() {
            [code] => Ok(code.clone()),
            [] => Err(Fault::new("school-unknown", Exit::NoMatch).with("code", text).into()),
            several => Err(Fault::new("record-several", Exit::NoMatch).with("ref", text).with("count", several.len()).into()),
        }
    }

    /// The school a county record is about, when it has no other subject: the first of its fields that names one.
    fn school_of_fields(&self, definition: &Definition, set: &BTreeMap<String, String>) -> Result<Option<SubjectRef>> {
        let named = definition.fields.iter().filter(|f| f.kind == FieldType::School).find_map(|f| set.get(&f.code).filter(|t| !t.trim().is_empty()));
        Ok(named.map(|text| self.school_named(text)).transpose()?.map(|code| SubjectRef::School(Some(code))))
    }

    /// One value as a person writes it.
    pub(super) fn read_value(&self, definition: &Definition, key: &str, text: &str) -> Result<Value> {
        let catalogue = self.catalogue();
        let Some((field, option)) = definition.field_of_key(key) else {
            return Err(Fault::new("ledger-value-unknown-field", Exit::Input).with("field", key).into());
        };
        if option.is_some() {
            return Ok(Value::Bool(matches!(text, "1" | "yes" | "true" | "是")));
        }
        let reading = value::read(&catalogue, definition, field, text, &BTreeMap::new()).map_err(|e| bad_values(&[e]))?;
        Ok(reading.values.into_iter().next().map_or(Value::Null, |(_, v)| v))
    }

    /// Undisputed values of a record; none if there is no such record.
    pub(super) fn record_fields(&self, id: &str) -> Result<BTreeMap<String, Value>> {
        Ok(self.record_values(id)?.0)
    }

    /// Values of a record, none if it is not here, and its state.
    pub(super) fn record_values(&self, id: &str) -> Result<(BTreeMap<String, Value>, Option<String>)> {
        let id = id.to_owned();
        self.store.read(|c| {
            let found: Option<(String, Option<String>)> =
                c.prepare_cached("SELECT fields, state FROM record WHERE id = ?1")?.query_row([id], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            Ok(found.map(|(fields, state)| (serde_json::from_str(&fields).unwrap_or_default(), state)).unwrap_or_default())
        })
    }

    /// Whether a record of exactly this id is here, void or not.
    pub(crate) fn holds(&self, id: &str) -> Result<bool> {
        self.store.read(|c| Ok(c.prepare_cached("SELECT EXISTS(SELECT 1 FROM record WHERE id = ?1)")?.query_row([id], |r| r.get(0))?))
    }

    /// A record by its id, an unambiguous beginning of it, or (profiles) a child.
    ///
    /// # Errors
    /// `record-none`, `record-several`.
    pub fn locate(&self, text: &str) -> Result<Place> {
        self.locate_in(text, None)
    }

    fn locate_in(&self, text: &str, ledger: Option<&str>) -> Result<Place> {
        let wanted = text.trim().to_owned();
        let mut places = self.store.read(|c| places(c, &wanted, ledger))?;
        match (places.len(), places.pop()) {
            (1, Some(place)) => Ok(place),
            (0, _) if ledger.is_none() => {
                let hit = self.one_student(text, None).map_err(|_| Fault::new("record-none", Exit::NoMatch).with("ref", text))?;
                let id = hit.doc.to_string();
                let mut places = self.store.read(|c| places_exact(c, &id))?;
                places.pop().ok_or_else(|| Fault::new("record-none", Exit::NoMatch).with("ref", text).into())
            }
            (0, _) => Err(Fault::new("record-none", Exit::NoMatch).with("ref", text).into()),
            (n, _) => Err(Fault::new("record-several", Exit::NoMatch).with("ref", text).with("count", n).into()),
        }
    }

    /// Corrects fields.
    ///
    /// # Errors
    /// As [`Replica::add`]; `record-void` for a voided record.
    pub fn set(self: &Arc<Self>, record: &str, set: &BTreeMap<String, String>, by: Option<&str>) -> Result<Done> {
        let place = self.locate(record)?;
        let prepared = self.prepare_set(&place, set, by)?;
        let made = self.commit(vec![prepared.edit])?;
        Ok(Done { changed: made > 0, ..prepared.done })
    }

    pub(crate) fn prepare_set(&self, place: &Place, set: &BTreeMap<String, String>, by: Option<&str>) -> Result<Prepared> {
        let definition = self.definition(&place.ledger)?;
        // A county may fill its own fields in a school's record; anything else needs the ledger itself.
        let only_own = set.keys().all(|code| definition.field(code).is_some_and(|f| f.authority == Some(self.side())));
        if !only_own {
            self.may_edit(&definition)?;
        }
        if place.void {
            return Err(Fault::new("record-void", Exit::Input).with("record", &place.id).into());
        }
        self.may_work_in(place.doc)?;
        if !only_own {
            self.not_sealed(place, &definition)?;
        }
        let (after, reading) = self.read_over(&definition, place.fields.clone(), set)?;
        let written = set.keys().map(String::as_str).collect();
        let gaps = self.judge(&place.id, &definition, &after, place.state.as_deref(), Written::Fields(&written))?;
        let target = target(place);
        let mut sets: Vec<_> = reading.values.into_iter().map(|(key, v)| (target.clone(), key, v)).collect();
        let dated = definition.dated_by.as_ref().and_then(|code| sets.iter().find(|(_, key, value)| key == code && *value != Value::Null));
        if let Some((_, _, day)) = dated.cloned() {
            sets.retain(|(_, key, _)| key != "on");
            sets.push((target.clone(), "on".to_owned(), day));
        }
        if sets.iter().any(|(_, key, value)| place.fields.get(key).unwrap_or(&Value::Null) != value) {
            sets.push(signature(target, by));
        }
        Ok(Prepared {
            edit: DocEdit { space: place.space, doc: place.doc, what: What::Edit(Edit { sets, ..Edit::default() }) },
            done: Done { record: place.id.clone(), gaps, unknown: reading.unknown, changed: true },
        })
    }

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

    /// Voids a record, with the reason. Nothing is deleted.
    ///
    /// # Errors
    /// Not this side's ledger; already void.
    pub fn void(self: &Arc<Self>, record: &str, why: &str, by: Option<&str>) -> Result<Done> {
        let place = self.locate(record)?;
        let prepared = self.prepare_void(&place, why, by)?;
        self.commit(vec![prepared.edit])?;
        Ok(prepared.done)
    }

    /// [`Replica::void`] up to the writing.
    pub(crate) fn prepare_void(&self, place: &Place, why: &str, by: Option<&str>) -> Result<Prepared> {
        let definition = self.definition(&place.ledger)?;
        self.may_edit(&definition)?;
        self.not_sealed(place, &definition)?;
        if place.void {
            return Err(Fault::new("record-void", Exit::Input).with("record", &place.id).into());
        }
        if why.trim().is_empty() {
            return Err(Fault::new("void-reason", Exit::Input).into());
        }
        let done = Done { record: place.id.clone(), gaps: Vec::new(), unknown: Vec::new(), changed: true };
        Ok(Prepared { edit: self.void_edit(place, why, by), done })
    }

    pub(crate) fn void_edit(&self, place: &Place, why: &str, by: Option<&str>) -> DocEdit {
        let target = target(place);
        let mut sets =
            vec![(target.clone(), "void".to_owned(), Value::Bool(true)), (target.clone(), "void_reason".to_owned(), Value::Str(why.to_owned()))];
        sets.push(signature(target, by));
        DocEdit { space: place.space, doc: place.doc, what: What::Edit(Edit { sets, ..Edit::default() }) }
    }

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
    pub(super) fn begun(&self, record: &str) -> Result<Place> {
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
    pub(super) fn take(self: &Arc<Self>, place: &Place, words: Taking<'_>) -> Result<Done> {
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

    /// `known` with what was typed over it, and what was read.
    pub(super) fn read_over(
        &self,
        definition: &Definition,
        known: BTreeMap<String, Value>,
        set: &BTreeMap<String, String>,
    ) -> Result<(BTreeMap<String, Value>, value::Reading)> {
        let inputs = self.inputs(definition, set)?;
        let reading = typed(&self.catalogue(), definition, &known, &inputs)?;
        let mut after = known;
        after.extend(reading.values.iter().cloned());
        Ok((after, reading))
    }

    /// The day a step is taken on: as typed, or today.
    pub(super) fn step_day(&self, on: Option<&str>) -> Result<Date> {
        match on {
            None => Ok(self.clock.today()),
            Some(text) => value::date(text).ok_or_else(|| Fault::new("step-date", Exit::Input).with("text", text).into()),
        }
    }

    /// The lifecycle of a record as its document has it now.
    pub(super) fn outcome(&self, place: &Place, definition: &Definition) -> Result<lifecycle::Outcome> {
        let (record, context) = self.lying(place)?;
        Ok(project::outcome(&record, definition, &context))
    }

    /// A record as its document has it now, and what it is projected with.
    pub(super) fn lying(&self, place: &Place) -> Result<(RecordView, project::Context)> {
        let n = place.n;
        let loaded = self.store.read(|c| merge::load(c, n))?.ok_or_else(|| Fault::internal("a document vanished"))?;
        let record = read::view(&loaded.doc).records.remove(&place.id);
        let record = record.ok_or_else(|| Fault::new("record-none", Exit::NoMatch).with("ref", &place.id))?;
        Ok((record, self.projection_context(place.doc, place.space)))
    }

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
}

/// A record's values without those of these fields, and the keys that were left out.
#[must_use]
pub fn of_former_round(fields: &BTreeMap<String, Value>, anew: &[String]) -> (BTreeMap<String, Value>, Vec<String>) {
    let old = |key: &String| anew.iter().any(|code| key == code || key.strip_prefix(code.as_str()).is_some_and(|rest| rest.starts_with('.')));
    let filled = fields.iter().filter(|(key, value)| old(key) && **value != Value::Null).map(|(key, _)| key.clone()).collect();
    (fields.iter().filter(|(key, _)| !old(key)).map(|(key, value)| (key.clone(), value.clone())).collect(), filled)
}

/// Where a record lies within its document.
pub(crate) fn target(place: &Place) -> Target {
    if place.id == place.doc.to_string() { Target::Subject } else { Target::Record(place.id.clone()) }
}

/// Who corrects or voids a record: for its trail. Who made it stands in `by` and stays.
pub(crate) fn signature(target: Target, by: Option<&str>) -> (Target, String, Value) {
    (target, WRITER_KEY.to_owned(), Value::Str(by.unwrap_or_default().to_owned()))
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

/// The scalars of a child's profile as one edit.
#[must_use]
pub fn profile_edit(fields: BTreeMap<String, Value>, version: u32) -> Edit {
    let mut sets: Vec<_> = fields.into_iter().map(|(key, value)| (Target::Subject, key, value)).collect();
    sets.push((Target::Subject, "_v".into(), Value::Int(i64::from(version))));
    Edit { sets, ..Edit::default() }
}

/// Values copied from the child's profile where nothing was typed.
fn copies(definition: &Definition, inputs: &[(String, String)], profile: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut out = BTreeMap::new();
    for field in &definition.fields {
        let Some((_, from)) = &field.copy_of else { continue };
        if inputs.iter().any(|(code, text)| *code == field.code && !text.is_empty()) {
            continue;
        }
        if field.kind == FieldType::Flags {
            let prefix = format!("{from}.");
            for (key, v) in profile.iter().filter(|(k, _)| k.starts_with(&prefix)) {
                out.insert(format!("{}.{}", field.code, key.get(prefix.len()..).unwrap_or_default()), v.clone());
            }
        } else if let Some(v) = profile.get(from) {
            out.insert(field.code.clone(), v.clone());
        }
    }
    out
}

/// What a person typed or a file holds, over `before`. A code no option has is kept where it stands already (a newer definition's, come by sync), but
/// not taken anew: it is a slip.
fn typed(catalogue: &Catalogue, definition: &Definition, before: &BTreeMap<String, Value>, inputs: &[(String, String)]) -> Result<value::Reading> {
    let reading = value::read_all(catalogue, definition, before, inputs).map_err(|errors| bad_values(&errors))?;
    let stands = |unknown: &value::Unknown| {
        before.get(&unknown.field) == Some(&Value::Str(unknown.option.clone()))
            || before.contains_key(&format!("{}.{}", unknown.field, unknown.option))
    };
    let slips: Vec<value::ValueError> = reading
        .unknown
        .iter()
        .filter(|unknown| !stands(unknown))
        .filter_map(|unknown| value::not_an_option(catalogue, definition, unknown))
        .collect();
    if slips.is_empty() { Ok(reading) } else { Err(bad_values(&slips).into()) }
}

fn bad_values(errors: &[value::ValueError]) -> Fault {
    match errors {
        [one] => one.fault(),
        several => Fault::new("values-bad", Exit::Input).with("count", several.len()).of(several.iter().map(value::ValueError::fault)),
    }
}

fn place_row(r: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Place>> {
    let code: Vec<u8> = r.get(2)?;
    let fields: String = r.get(5)?;
    Ok(Space::from_bytes(&code).zip(Some(serde_json::from_str(&fields).unwrap_or_default())).map(|(space, fields)| Place {
        space,
        doc: DocId(r.get(1).unwrap_or([0; 16])),
        n: DocN(r.get(0).unwrap_or(0)),
        id: r.get(3).unwrap_or_default(),
        ledger: r.get(4).unwrap_or_default(),
        fields,
        void: r.get(6).unwrap_or(false),
        continues: r.get(7).unwrap_or(None),
        state: r.get(8).unwrap_or(None),
    }))
}

const PLACE: &str = "SELECT d.n, d.id, s.code, r.id, r.ledger, r.fields, r.void, r.continues, r.state FROM record r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space";

fn places_exact(c: &Connection, id: &str) -> Result<Vec<Place>> {
    let mut statement = c.prepare_cached(&format!("{PLACE} WHERE r.id = ?1 LIMIT 3"))?;
    let rows: Vec<Option<Place>> = statement.query_map([id], place_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn places(c: &Connection, text: &str, ledger: Option<&str>) -> Result<Vec<Place>> {
    let exact = places_exact(c, text)?;
    if !exact.is_empty() {
        return Ok(exact);
    }
    let (code, tail) = text.split_once(':').map_or((ledger, text), |(code, tail)| (Some(code), tail));
    if tail.len() < 4 || tail.len() >= KEY_CHARS || !tail.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(Vec::new());
    }
    let codes = match code {
        Some(code) => vec![code.to_owned()],
        None => ledger_codes(c)?,
    };
    let mut found = BTreeSet::new();
    // Drawn ids are in capitals, derived ones in small letters.
    for (code, tail) in codes.iter().flat_map(|code| [(code, tail.to_ascii_uppercase()), (code, tail.to_ascii_lowercase())]) {
        let (from, to) = (format!("{code}:{tail}"), format!("{code}:{tail}~"));
        let mut statement = c.prepare_cached("SELECT n FROM record WHERE id >= ?1 AND id < ?2 LIMIT 3")?;
        let rows = statement.query_map([from, to], |r| r.get::<_, i64>(0))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    if found.is_empty() {
        // ULIDs of one minute share their beginning, so the end of one is accepted too. This reads the whole index, so it comes last.
        let mut statement = c.prepare_cached("SELECT n FROM record INDEXED BY record_id WHERE id LIKE ?1 LIMIT 3")?;
        let rows = statement.query_map([format!("{}:%{tail}", code.unwrap_or("%"))], |r| r.get::<_, i64>(0))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    let mut statement = c.prepare_cached(&format!("{PLACE} WHERE r.n = ?1 AND (?2 IS NULL OR r.ledger = ?2)"))?;
    let mut out = Vec::new();
    for n in found.into_iter().take(3) {
        out.extend(statement.query_row(params![n, ledger], place_row).optional()?.flatten());
    }
    Ok(out)
}

fn outside(error: super::ReplicaError, text: String) -> Result<String> {
    match error {
        super::ReplicaError::Fault(fault) if fault.code == "school-unknown" => Ok(text),
        other => Err(other),
    }
}

/// Characters of a record key behind the ledger's code: a whole one is looked up as it is.
const KEY_CHARS: usize = 26;

fn ledger_codes(c: &Connection) -> Result<Vec<String>> {
    let mut statement = c.prepare_cached("SELECT ledger FROM typed")?;
    let rows = statement.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
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

impl Replica {
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
