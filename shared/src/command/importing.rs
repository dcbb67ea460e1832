//! Imports into a replica: a roster of children, or rows of any ledger. A row is written whole or not at all, all accepted rows in one commit, and a batch can be
//! taken back as one ([`undoing`]). The same file twice changes nothing. Here are rosters and what both share; rows of ledgers are in [`rows`], whose roster it is in [`doubts`].
//!
//! It is one room: a roster from its file to its batch, with the children on file that its rows are held against.

pub(crate) mod asks;
mod doubts;
mod elsewhere;
mod heads;
mod named;
mod opened;
mod reached;
mod rows;
mod sheets;

pub use heads::candidates;
pub use rows::ledger;

use super::{
    cells,
    undoing::{self, Note, Trace},
};
use crate::{
    document::{
        keys::WRITER_KEY,
        view::Value,
        write::{Edit, Target},
    },
    fault::{Exit, Fault},
    import::{self, Limits, Outcome, Problem, Pupil, Reason, RosterOptions, RosterPreview, RosterRow, own},
    ledger::{Catalogue, Definition, definition::Bound},
    local::{OnProgress, Progress},
    locale::{self, Lang},
    model::{
        DocId, SchoolYear, Space,
        codes::{IdNumber, SchoolCode},
    },
    replica::{
        Replica, ReplicaError, Result, Role,
        edit::{DocEdit, What},
        handover::{Foreseen, foreseen_as},
        records::{profile_edit, signature},
        students,
    },
};
use base64::Engine as _;
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, mpsc},
};

/// A file as it was sent.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Its name.
    pub file: String,
    /// Its contents, base64.
    pub bytes: String,
    /// Judge only.
    pub dry_run: bool,
    /// School year; `None`: the present one.
    pub year: Option<u16>,
    /// Who.
    pub by: Option<String>,
    /// Which sheet, when several hold such a table; `None`: the reader's choice, and the others are named in the answer.
    pub sheet: Option<String>,
}

impl Upload {
    fn contents(&self) -> Result<Vec<u8>> {
        base64::engine::general_purpose::STANDARD.decode(&self.bytes).map_err(|e| Fault::internal(e).into())
    }

    /// The year asked for; else that of a workbook of ours; else the present one.
    fn year(&self, replica: &Replica, mark: Option<&own::Mark>) -> Result<SchoolYear> {
        match self.year.or_else(|| mark?.year) {
            None => replica.this_year(),
            Some(year) => SchoolYear::new(year).ok_or_else(|| Fault::new("year-absurd", Exit::Input).with("year", year).into()),
        }
    }
}

/// A workbook of ours is taken where it came from, by the school it came from.
fn at_home(replica: &Replica, mark: Option<&own::Mark>, ledgers: &[&str]) -> Result<()> {
    let Some(mark) = mark else { return Ok(()) };
    if let Some(wanted) = ledgers.first().filter(|_| !ledgers.contains(&mark.ledger.as_str())) {
        let how = if mark.ledger == own::ROSTER { own::ROSTER.to_owned() } else { format!("ledger {}", mark.ledger) };
        return Err(Fault::new("import-other-ledger", Exit::Input).with("ledger", &mark.ledger).with("wanted", wanted).with("how", how).into());
    }
    match replica.me().role {
        Role::Node(school) if !mark.school.is_empty() && mark.school != school.to_string() => {
            Err(Fault::new("import-other-school", Exit::Input).with("school", &mark.school).with("own", school).into())
        }
        _ => Ok(()),
    }
}

/// Imports a roster. `this_school`: somebody says that it is this school's, whatever it looks like.
///
/// # Errors
/// The file's; `roster-at-school` on the hub; `import-other-ledger`, `import-other-school` for a workbook of ours from elsewhere; `roster-other-school` if it looks like
/// another school's and nobody says it is not. A bad row is no error: it is in the answer.
pub fn roster(replica: &Arc<Replica>, upload: &Upload, this_school: bool, lang: Lang, progress: OnProgress<'_>) -> Result<Json> {
    let Role::Node(school) = replica.me().role else { return Err(Fault::new("roster-at-school", Exit::NotAllowed).into()) };
    let bytes = upload.contents()?;
    let mark = own::recognise(&bytes, &upload.file, &Limits::default()).map_err(Fault::from)?;
    at_home(replica, mark.as_ref(), &[own::ROSTER, "enrolment"])?;
    let year = upload.year(replica, mark.as_ref())?;
    let definition = replica.definition("enrolment")?;
    let options = options(replica, &definition, school, year, upload.sheet.clone());
    let preview = import::read_roster(&bytes, &upload.file, &options).map_err(Fault::from)?;
    let mut answer = preview.to_json(lang);
    answer["year"] = json!(year.start());
    answer["text_columns"] = json!(heads::text_columns(&definition, preview.columns.iter().copied()));
    let space = Space::school(school, year);
    let present = Present::load(replica, space)?;
    let doubts = doubts::of(replica, school, &beside_given_back(&preview, mark.as_ref(), school), &present, &bytes)?;
    answer["doubts"] = doubts.iter().map(|fault| json!({ "code": fault.code, "message": locale::fault(lang, fault).0 })).collect();
    let catalogue = replica.catalogue();
    if let Some(ledger) = elsewhere::of(&catalogue, &bytes, &upload.file, &preview) {
        answer["elsewhere"] = elsewhere::said(ledger, lang);
    }
    let opened = opened::Opened::load(replica, space, &preview)?;
    let given_back = undoing::from_rows(replica)?;
    let made = |id: &str| given_back.get(id).and_then(|(key, _)| DocId::from_hex(key)).filter(|doc| present.lives(*doc));
    let own = own::batch(&bytes, preview.others.part(&preview.sheet));
    for (at, problem) in doubts::of_rows(replica, school, &preview, &present)? {
        remark(&mut answer, at, &problem, lang);
    }
    let mut batch = Batch::default();
    let mut written: HashMap<DocId, u32> = HashMap::new();
    for (at, row) in preview.rows.iter().enumerate() {
        let made = match &row.row_id {
            Some(id) => made(id),
            // The very file that rows were given back of: corrected and taken since, they are refused no more.
            None if made(&own::row_id(&own, row.row.into())).is_some() => {
                settle_row(&mut answer, at, lang);
                continue;
            }
            None => None,
        };
        let id = row.row_id.as_deref();
        let Outcome::Accept(pupil) = &row.outcome else {
            answer["rows"][at]["taken"] = json!(made.is_some());
            continue;
        };
        let (doc, again) = match present.child_of(replica, pupil, year, made, &written) {
            Ok(found) => found,
            Err((why, fault)) => {
                refuse_row(&mut answer, at, id, why, &fault, lang);
                continue;
            }
        };
        written.insert(doc, row.row);
        let mut fields: BTreeMap<String, Value> = pupil.fields().into_iter().collect();
        if let Some(reason) = present.remark(pupil, doc) {
            if reason == Reason::KnownChild {
                // The number on file stands; the row only lacks it, and nobody is entered without one.
                fields.remove("id_type");
                retract(&mut answer, at, Reason::IdAbsent);
            }
            remark(&mut answer, at, &Problem::new(reason), lang);
        }
        let before = present.fields.get(&doc);
        match before {
            Some(before) => keep_what_is_not_said(&mut answer, at, &mut fields, before, lang),
            None => drop(fields.insert("on".into(), Value::Str(replica.clock().today().to_string()))),
        }
        let changed: BTreeMap<String, Value> =
            fields.into_iter().filter(|(k, v)| before.is_none_or(|b| (k != "void" || b.contains_key(k)) && b.get(k) != Some(v))).collect();
        let after = before.cloned().unwrap_or_default().into_iter().chain(changed.clone()).collect();
        let (beside, told) = opened.as_ref().map(|opened| opened.beside(doc, pupil, &after, lang)).unwrap_or_default();
        if changed.is_empty() && beside.is_none() {
            answer["rows"][at]["same"] = json!(true);
            if let Some(told) = &told {
                remark(&mut answer, at, told, lang);
            }
            continue;
        }
        if let Err(ReplicaError::Fault(fault)) = replica.may_work_in(doc) {
            refuse_row(&mut answer, at, id, "document-closed", &fault, lang);
            continue;
        }
        if let Some(told) = &told {
            remark(&mut answer, at, told, lang);
        }
        if again {
            warn(&mut answer, at, "import-row-taken-before", lang);
        }
        if let Some(before) = before {
            answer["rows"][at]["cells"] = moved(replica, &catalogue, &definition, before, &changed, lang);
        }
        batch.rows += 1;
        let counted = !changed.is_empty();
        batch.profile(space, doc, before, changed, row.row_id.clone().unwrap_or_default(), definition.version);
        if let Some(opened::Beside { edits, trace }) = beside {
            batch.edits.extend(edits);
            batch.traces.push(Trace { beside: counted, ..trace });
        }
    }
    if !upload.dry_run && !batch.edits.is_empty() && !doubts.is_empty() && !this_school {
        return Err(Fault::new("roster-other-school", Exit::Input).of(doubts).into());
    }
    asks::of_roster(replica, &mut answer, &own::fingerprint(&bytes, preview.others.part(&preview.sheet)), lang)?;
    finish(replica, upload, "roster", &bytes, batch, answer, progress)
}

/// A child on file that the roster names is there again, if its file was made void. What the roster does not say of it and a new child is taken to be stands as it is: an old roster sent again neither brings back who left nor moves a boarder out.
fn keep_what_is_not_said(answer: &mut Json, at: usize, fields: &mut BTreeMap<String, Value>, before: &BTreeMap<String, Value>, lang: Lang) {
    let known = |key: &str| !text(before, key).is_empty();
    let void = before.get("void") == Some(&Value::Bool(true));
    fields.insert("void".into(), Value::Bool(false));
    if known("status") && !void && fields.remove("status").is_some_and(|said| before.get("status") != Some(&said)) {
        warn(answer, at, "import-row-status-kept", lang);
    }
    let assumed = |said: &Json| said["code"] == Reason::BoardingAssumed.code();
    if known("boarding") && answer["rows"][at]["warnings"].as_array().is_some_and(|list| list.iter().any(assumed)) {
        fields.remove("boarding");
        retract(answer, at, Reason::BoardingAssumed);
    }
}

/// What of a roster is to be doubted: rows that this school gave back were its own when they left here, under whatever title; what was added to them is not known to be.
fn beside_given_back(preview: &RosterPreview, mark: Option<&own::Mark>, school: SchoolCode) -> RosterPreview {
    let ours = mark.is_some_and(|mark| mark.refused && mark.school == school.to_string());
    let rows: Vec<RosterRow> = preview.rows.iter().filter(|row| !ours || row.row_id.is_none()).cloned().collect();
    if rows.is_empty() {
        return RosterPreview { rows, titles: Vec::new(), schools: BTreeMap::new(), school_names: BTreeMap::new(), ..preview.clone() };
    }
    RosterPreview { rows, ..preview.clone() }
}

fn options(replica: &Replica, definition: &Definition, school: SchoolCode, year: SchoolYear, sheet: Option<String>) -> RosterOptions {
    RosterOptions {
        school: Some(school),
        school_year: Some(year),
        today: Some(replica.clock().today()),
        birth_min: definition.field("birth").and_then(|field| match field.min {
            Some(Bound::Date(day)) => Some(day),
            _ => None,
        }),
        sheet,
        ..RosterOptions::default()
    }
}

/// What an import writes, and how it is taken back.
#[derive(Default)]
struct Batch {
    edits: Vec<DocEdit>,
    traces: Vec<Trace>,
    /// Rows of the file that change something.
    rows: usize,
}

impl Batch {
    /// The profile of a new child, or what moves in that of a known one: maybe nothing.
    fn profile(
        &mut self,
        space: Space,
        doc: DocId,
        before: Option<&BTreeMap<String, Value>>,
        changed: BTreeMap<String, Value>,
        from_row: String,
        version: u32,
    ) {
        if changed.is_empty() {
            return;
        }
        let old = changed.keys().map(|k| (k.clone(), before.and_then(|b| b.get(k)).cloned().unwrap_or(Value::Null))).collect();
        self.traces.push(Trace {
            space: space.to_string(),
            doc,
            record: String::new(),
            new: before.is_none(),
            before: old,
            after: changed.clone(),
            step: false,
            beside: false,
            from_row,
        });
        let edit = if before.is_none() { profile_edit(changed, version) } else { sets(Target::Subject, changed) };
        self.edits.push(DocEdit { space, doc, what: What::Edit(edit) });
    }
}

/// Says something of an accepted row.
fn remark(answer: &mut Json, at: usize, problem: &Problem, lang: Lang) {
    if let Some(list) = answer["rows"][at]["warnings"].as_array_mut() {
        list.push(json!({ "code": problem.reason.code(), "message": problem.message(lang) }));
    }
}

/// Takes back what the file alone let say.
fn retract(answer: &mut Json, at: usize, reason: Reason) {
    if let Some(list) = answer["rows"][at]["warnings"].as_array_mut() {
        list.retain(|said| said["code"] != reason.code());
    }
}

/// What moves from what to what in the profile of a child on file, as a person reads it.
fn moved(
    replica: &Replica,
    catalogue: &Catalogue,
    definition: &Definition,
    before: &BTreeMap<String, Value>,
    changed: &BTreeMap<String, Value>,
    lang: Lang,
) -> Json {
    let mut after = before.clone();
    after.extend(changed.clone());
    let mut seen = BTreeSet::new();
    let fields = changed.keys().filter_map(|key| definition.field_of_key(key).map(|(field, _)| field).or_else(|| definition.field(key)));
    let fields = fields.filter(|field| seen.insert(field.code.clone()));
    let text = |field, fields: &BTreeMap<String, Value>| cells::text(replica, catalogue, definition, field, fields, lang);
    fields
        .map(|field| (field, text(field, before), text(field, &after)))
        .filter(|(_, from, to)| from != to)
        .map(|(field, from, to)| json!({ "field": field.code, "title": field.title.get(lang), "from": from, "to": to }))
        .collect()
}

fn sets(target: Target, fields: BTreeMap<String, Value>) -> Edit {
    Edit { sets: fields.into_iter().map(|(k, v)| (target.clone(), k, v)).collect(), ..Edit::default() }
}

/// The children a school has in a year.
struct Present {
    fields: HashMap<DocId, BTreeMap<String, Value>>,
    by_number: HashMap<String, DocId>,
    /// Name and birth date; the flag: with an identity number.
    by_person: HashMap<(String, String), (DocId, bool)>,
    /// Children the county moved here whom nobody has enrolled yet.
    foreseen: Vec<Foreseen>,
}

fn text(fields: &BTreeMap<String, Value>, key: &str) -> String {
    match fields.get(key) {
        Some(Value::Str(text)) => text.clone(),
        _ => String::new(),
    }
}

impl Present {
    fn load(replica: &Replica, space: Space) -> Result<Self> {
        let rows: Vec<(DocId, String)> = replica.store().read(|c| -> Result<_> {
            let mut statement = c.prepare(
                "SELECT d.id, r.fields FROM record r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space WHERE s.code = ?1 AND r.ledger = 'enrolment'",
            )?;
            Ok(statement.query_map([&space.to_bytes()[..]], |r| Ok((DocId(r.get(0)?), r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let mut out = Self { fields: HashMap::new(), by_number: HashMap::new(), by_person: HashMap::new(), foreseen: replica.foreseen(space.year)? };
        let mut files: Vec<(DocId, BTreeMap<String, Value>)> =
            rows.into_iter().map(|(doc, json)| (doc, serde_json::from_str(&json).unwrap_or_default())).collect();
        // A child that is there comes before one that was taken back.
        files.sort_by_key(|(_, fields)| fields.get("void") == Some(&Value::Bool(true)));
        for (doc, fields) in files {
            let number = text(&fields, "id_no");
            let person = (students::normal_name(&text(&fields, "name")), text(&fields, "birth"));
            let void = fields.get("void") == Some(&Value::Bool(true));
            match (number.is_empty(), void) {
                // One without a number is the better match for a row without one.
                (true, false) => drop(out.by_person.insert(person, (doc, false))),
                (false, false) => {
                    out.by_person.entry(person).or_insert((doc, true));
                    out.by_number.insert(number, doc);
                }
                // A file that was taken back comes back with its roster; one that somebody made void is no child.
                (true, true) if undoing::is_taken_back(&fields) => drop(out.by_person.entry(person).or_insert((doc, false))),
                (_, true) => {}
            }
            out.fields.insert(doc, fields);
        }
        Ok(out)
    }

    /// The child a row is about, and whether the row became that child before (`made`); why not. `written`: children of earlier rows.
    fn child_of(
        &self,
        replica: &Replica,
        pupil: &Pupil,
        year: SchoolYear,
        made: Option<DocId>,
        written: &HashMap<DocId, u32>,
    ) -> std::result::Result<(DocId, bool), (&'static str, Fault)> {
        // A row given back that became a child before is that child, whatever was corrected in it since, the name too.
        let before = made.filter(|doc| self.may_be(*doc, pupil) && !written.contains_key(doc));
        let fault = |code| Fault::new(code, Exit::Input).with("field", "name");
        if let Some(other) = self.other_name(pupil).filter(|_| before.is_none()) {
            return Err(("other-name", fault("import-row-other-name").with("name", &pupil.name).with("other", other)));
        }
        let doc = before.unwrap_or_else(|| self.doc_of(replica, pupil, year));
        match written.get(&doc) {
            Some(first) => Err(("child-twice", fault("import-row-child-twice").with("row", *first))),
            None => Ok((doc, before.is_some())),
        }
    }

    /// Whether a child is on file in `doc`.
    fn lives(&self, doc: DocId) -> bool {
        self.fields.get(&doc).is_some_and(|fields| fields.get("void") != Some(&Value::Bool(true)))
    }

    /// Whether the child on file in `doc`, whom the row became, can be the row's still: the same number; or none there, the row's number nobody else's, and name or birth date the
    /// same (or a letter of the name, where sex and grade are). Another child typed over the row is another child.
    fn may_be(&self, doc: DocId, pupil: &Pupil) -> bool {
        let Some(fields) = self.fields.get(&doc) else { return false };
        let number = pupil.id.as_ref().map(IdNumber::as_str).or(pupil.foreign_id.as_deref());
        let there = text(fields, "id_no");
        if !there.is_empty() {
            return number == Some(there.as_str());
        }
        let free = number.and_then(|number| self.by_number.get(number)).is_none_or(|other| *other == doc);
        let (known, name) = (students::normal_name(&text(fields, "name")), students::normal_name(&pupil.name));
        let letters = known.chars().zip(name.chars()).filter(|(one, other)| one != other).count();
        let near = known.chars().count() == name.chars().count() && letters == 1;
        let alike = (text(fields, "sex") == "male") == pupil.male && fields.get("grade") == Some(&Value::Int(pupil.grade.into()));
        free && (known == name || text(fields, "birth") == pupil.birth.to_string() || near && alike)
    }

    /// Whether the child of a row is on file, by number or by name and birth date.
    fn knows(&self, pupil: &Pupil) -> bool {
        pupil.id.as_ref().is_some_and(|id| self.by_number.contains_key(id.as_str())) || self.namesake(pupil).is_some()
    }

    /// The same number stands here under another name: renamed, or another child? A person decides, not an import.
    fn other_name(&self, pupil: &Pupil) -> Option<String> {
        let doc = self.by_number.get(pupil.id.as_ref()?.as_str())?;
        let name = text(self.fields.get(doc)?, "name");
        (students::normal_name(&name) != students::normal_name(&pupil.name)).then_some(name)
    }

    /// The child on file with this name, sex and birth date, and whether it has an identity number.
    fn namesake(&self, pupil: &Pupil) -> Option<(DocId, bool)> {
        let found = *self.by_person.get(&(students::normal_name(&pupil.name), pupil.birth.to_string()))?;
        let sex = text(self.fields.get(&found.0)?, "sex");
        (sex.is_empty() || (sex == "male") == pupil.male).then_some(found)
    }

    /// What a person should look at, beside what the file itself shows.
    fn remark(&self, pupil: &Pupil, doc: DocId) -> Option<Reason> {
        let (known, numbered) = self.namesake(pupil)?;
        match (pupil.id.is_some() || pupil.foreign_id.is_some(), numbered) {
            (false, true) => Some(Reason::KnownChild),
            (true, false) if known != doc => Some(Reason::MaybeKnownChild),
            _ => None,
        }
    }

    fn doc_of(&self, replica: &Replica, pupil: &Pupil, year: SchoolYear) -> DocId {
        let Role::Node(school) = replica.me().role else { return DocId([0; 16]) };
        if pupil.id.is_none()
            && pupil.foreign_id.is_none()
            && let Some((doc, _)) = self.namesake(pupil)
        {
            return doc;
        }
        // Where the name was corrected since, the document is still that of the first name.
        let known = pupil.id.as_ref().and_then(|id| self.by_number.get(id.as_str()));
        let numbered = pupil.id.is_some() || pupil.foreign_id.is_some();
        let moved_here = (!numbered).then(|| foreseen_as(&self.foreseen, &pupil.name, &pupil.birth.to_string())).flatten();
        known.copied().or(moved_here).unwrap_or_else(|| replica.new_student_doc(school, year, pupil.id.as_ref(), &pupil.name))
    }
}

/// Says it of a row beside what is said already.
fn warn(answer: &mut Json, at: usize, code: &str, lang: Lang) {
    if let Some(list) = answer["rows"][at]["warnings"].as_array_mut() {
        list.push(said(code, lang));
    }
}

/// A sentence of the catalogue as rows carry it.
fn said(code: &str, lang: Lang) -> Json {
    json!({ "code": code, "message": locale::text(lang, code, &[]) })
}

/// A row that was given back, corrected and taken since: there is nothing to do about it any more.
fn settle_row(answer: &mut Json, at: usize, lang: Lang) {
    let of = |key: &str| answer["rows"][at][key].clone();
    let refused = of("accept") != Json::Bool(true);
    answer["rows"][at] = json!({ "row": of("row"), "accept": true, "same": true, "label": of("label"), "name": of("name"), "grade": of("grade"),
        "class": of("class"), "warnings": [said("import-row-corrected-before", lang)] });
    if refused {
        count(answer, 1);
    }
}

/// Moves rows from the refused to the accepted ones, or back.
fn count(answer: &mut Json, accepted: i64) {
    let shift = |value: &mut Json, by: i64| *value = json!(value.as_i64().unwrap_or(0) + by);
    shift(&mut answer["accepted"], accepted);
    shift(&mut answer["rejected"], -accepted);
}

fn refuse_row(answer: &mut Json, at: usize, id: Option<&str>, why: &str, fault: &Fault, lang: Lang) {
    let (message, next) = locale::fault(lang, fault);
    let of = |key: &str| answer["rows"][at][key].clone();
    answer["rows"][at] = json!({ "row": of("row"), "accept": false, "name": of("name"), "grade": of("grade"), "class": of("class"),
        "row_id": id, "why": why, "message": message, "next": next,
        "fields": fault.args.iter().filter(|(key, _)| key == "field").map(|(_, code)| code).collect::<Vec<_>>() });
    count(answer, -1);
}

/// Writes what was prepared, keeps the batch, and completes the answer.
fn finish(
    replica: &Arc<Replica>,
    upload: &Upload,
    kind: &'static str,
    bytes: &[u8],
    batch: Batch,
    mut answer: Json,
    progress: OnProgress<'_>,
) -> Result<Json> {
    let Batch { mut edits, traces, rows } = batch;
    for edit in &mut edits {
        sign(edit, upload.by.as_deref());
    }
    answer["changed"] = json!(rows);
    answer["batch"] = Json::Null;
    answer["dry_run"] = json!(upload.dry_run);
    if upload.dry_run || edits.is_empty() {
        return Ok(answer);
    }
    let part = answer["part"].as_str().unwrap_or_default();
    let note = Note { kind, title: own::named(&upload.file, part), hash: own::fingerprint(bytes, part), by: upload.by.clone().unwrap_or_default() };
    let (id, keep) = undoing::keeping(replica, note, &traces)?;
    write_with_progress(replica, edits, progress, keep)?;
    answer["batch"] = json!(id);
    Ok(answer)
}

/// Names who imports, in every record that is written: the trail of another machine knows no files.
fn sign(edit: &mut DocEdit, by: Option<&str>) {
    let What::Edit(words) = &mut edit.what else { return };
    let mut targets: Vec<Target> = Vec::new();
    for (target, key, _) in &words.sets {
        if key != WRITER_KEY && !targets.contains(target) {
            targets.push(target.clone());
        }
    }
    words.sets.retain(|(target, key, _)| key != WRITER_KEY || !targets.contains(target));
    words.sets.extend(targets.into_iter().map(|target| signature(target, by)));
}

fn write_with_progress(
    replica: &Arc<Replica>,
    edits: Vec<DocEdit>,
    progress: OnProgress<'_>,
    also: impl FnOnce(&rusqlite::Connection) -> Result<()> + Send + 'static,
) -> Result<u64> {
    let (tell, heard) = mpsc::channel();
    std::thread::scope(|scope| {
        let work = scope.spawn(move || replica.commit_with(edits, Some(tell), also));
        let mut last = 0;
        for step in heard {
            // A bar needs no more than a hundred strokes.
            if step.done == step.total || step.done >= last + (step.total / 100).max(1) {
                last = step.done;
                progress(Progress { done: step.done, total: step.total });
            }
        }
        work.join().unwrap_or_else(|_| Err(Fault::internal("an import broke off").into()))
    })
}
