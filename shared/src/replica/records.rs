//! Records as a person handles them: add, correct, void, take a step, look. Words in, edits out; every value is read by its field's type first,
//! and nothing that was typed is lost to an empty required field (that is a work item).
//!
//! Long as it is, this is one room: the acts of a person on a record share how words are read and judged. Finding the record meant is [`lookup`], telling one in full
//! [`shown`], what may no longer be corrected, and what was void and stands again [`standing`], taking a step [`stepping`].

mod lookup;
mod shown;
mod standing;
mod stepping;

pub use standing::fixed_fields;
pub(super) use stepping::Taking;
pub use stepping::of_former_round;

use super::{
    Replica, ReplicaError, Result, Role,
    edit::{DocEdit, What},
    handover::foreseen_as,
    judging::Written,
    students,
};
use crate::{
    command::request::SubjectRef,
    document::{
        keys::WRITER_KEY,
        view::Value,
        write::{Edit, NewRecord, Target},
    },
    fault::{Exit, Fault},
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Form, Subject},
        value,
    },
    model::{DocId, SchoolCode, SchoolYear, Space, SpaceKind, codes::IdNumber},
    store::log::DocN,
};
use std::{collections::BTreeMap, sync::Arc};

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
            return self.prepare_profile(&definition, subject, year, set, by);
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

    /// A child's document: made from what is typed, found again by number and name, or the one foreseen for a child the county moved here (`subject`: which).
    fn prepare_profile(
        &self,
        definition: &Definition,
        subject: Option<&SubjectRef>,
        year: SchoolYear,
        set: &BTreeMap<String, String>,
        by: Option<&str>,
    ) -> Result<Prepared> {
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
        let foreseen = if subject.is_some() || number.is_none() { self.foreseen(year)? } else { Vec::new() };
        let named = match subject {
            Some(SubjectRef::Student(named)) => foreseen.iter().map(|child| child.doc).find(|doc| doc.to_string() == *named),
            _ => None,
        };
        let known = named.or_else(|| number.is_none().then(|| foreseen_as(&foreseen, &name, &text("birth")?)).flatten());
        let doc = known.unwrap_or_else(|| self.new_student_doc(school, year, number.as_ref(), &name));
        self.may_work_in(doc)?;
        // The file of this very child that was made void stands again, with its records.
        if self.locate(&doc.to_string()).is_ok_and(|place| place.void) {
            fields.extend([("void".to_owned(), Value::Bool(false)), ("void_reason".to_owned(), Value::Null)]);
        }
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

    /// The school a county record is about, when it has no other subject: the first of its fields that names one.
    fn school_of_fields(&self, definition: &Definition, set: &BTreeMap<String, String>) -> Result<Option<SubjectRef>> {
        let named = definition.fields.iter().filter(|f| f.kind == FieldType::School).find_map(|f| set.get(&f.code).filter(|t| !t.trim().is_empty()));
        Ok(named.map(|text| self.school_named(text)).transpose()?.map(|code| SubjectRef::School(Some(code))))
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
        self.not_a_steps_day(place, &definition, &after)?;
        standing::not_fixed(place, &definition, &after, &[])?;
        self.number_is_free(place, &definition, &after, &place.fields)?;
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
}

/// Where a record lies within its document.
pub(crate) fn target(place: &Place) -> Target {
    if place.id == place.doc.to_string() { Target::Subject } else { Target::Record(place.id.clone()) }
}

/// Who corrects or voids a record: for its trail. Who made it stands in `by` and stays.
pub(crate) fn signature(target: Target, by: Option<&str>) -> (Target, String, Value) {
    (target, WRITER_KEY.to_owned(), Value::Str(by.unwrap_or_default().to_owned()))
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

fn outside(error: super::ReplicaError, text: String) -> Result<String> {
    match error {
        super::ReplicaError::Fault(fault) if fault.code == "school-unknown" => Ok(text),
        other => Err(other),
    }
}
