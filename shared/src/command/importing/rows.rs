//! Rows of any ledger on their way in. A row with the id of a record changes that record, any other becomes a new one.
//!
//! A workbook of ours carries the values of the moment of export ([`table::Base`]), so three things can be told apart cell by cell: what the file left alone never reverts
//! what somebody wrote since; what the file alone changed is written; what both changed is shown side by side, and stays as it is here until a person takes the file's.
//! A cell emptied in such a file empties the field. Rows deleted from a file void nothing.

use super::{Upload, finish, sets};
use crate::{
    command::{
        cells,
        request::SubjectRef,
        undoing::{self, Trace},
    },
    document::{view::Value, write::Target},
    fault::{Exit, Fault},
    import::{
        self,
        table::{self, Table},
    },
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Field, Subject},
        value,
    },
    local::OnProgress,
    locale::{self, Lang},
    model::{DocId, SchoolYear},
    replica::{
        Replica, ReplicaError, Result,
        edit::{DocEdit, What},
        records::Place,
    },
};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Imports rows of any ledger. A row with the id of a record changes that record (only the cells that differ); any other row becomes a new record.
/// `take`: see [`crate::command::Request::ImportLedger`].
///
/// # Errors
/// The file's, or the ledger's; `import-other-ledger`. A bad row is no error: it is in the answer.
pub fn ledger(replica: &Arc<Replica>, code: &str, upload: &Upload, take: &[String], lang: Lang, progress: OnProgress<'_>) -> Result<Json> {
    let definition = replica.definition(code)?;
    let year = upload.year(replica)?;
    let bytes = upload.contents()?;
    let candidates = candidates(&definition);
    let percent: Vec<&str> = definition.fields.iter().filter(|field| field.kind == FieldType::Pct).map(|field| field.code.as_str()).collect();
    let read = table::read_table(&bytes, &upload.file, &candidates, &percent, 2, &import::Limits::default()).map_err(Fault::from)?;
    if let Some(base) = read.base.as_ref().filter(|base| base.ledger != code) {
        return Err(Fault::new("import-other-ledger", Exit::Input).with("ledger", &base.ledger).with("wanted", code).into());
    }
    let catalogue = replica.catalogue();
    let mut batch = Rows {
        replica,
        catalogue: &catalogue,
        definition: &definition,
        year,
        upload,
        lang,
        read: &read,
        take: take.iter().map(String::as_str).collect(),
        disputed: replica.in_dispute()?,
        edits: Vec::new(),
        traces: Vec::new(),
        seen: HashMap::new(),
    };
    let mut rows = Vec::new();
    let (mut accepted, mut rejected, mut conflicts) = (0, 0, 0);
    for (number, cells) in &read.rows {
        match batch.row(*number, cells) {
            Ok(row) => {
                accepted += 1;
                conflicts += row["conflicts"].as_array().map_or(0, Vec::len);
                rows.push(row);
            }
            Err(ReplicaError::Fault(fault)) => {
                rejected += 1;
                rows.push(refused(*number, Rows::label(cells), &fault, lang));
            }
            Err(other) => return Err(other),
        }
    }
    for (number, field, _) in &read.unread {
        rejected += 1;
        let fault = Fault::new("import-cell-unreadable", Exit::Input).with("field", field);
        rows.push(refused(*number, String::new(), &fault, lang));
    }
    rows.sort_by_key(|row| row["row"].as_u64());
    let mut there = BTreeSet::new();
    rows.retain(|row| {
        there.insert(row["row"].to_string()) || {
            rejected -= 1;
            false
        }
    });
    let left_out = read.base.as_ref().map_or(0, |base| {
        let ids: BTreeSet<&str> =
            read.rows.iter().flat_map(|(_, cells)| cells).filter(|(code, _)| code == "_id").map(|(_, id)| id.as_str()).collect();
        base.records.keys().filter(|id| !ids.contains(id.as_str())).count()
    });
    let columns: BTreeMap<&str, usize> = read.columns.iter().map(|(place, code)| (code.as_str(), *place)).collect();
    let answer = json!({ "ledger": code, "columns": columns, "sheet": read.sheet, "header_row": read.header_row, "ignored_columns": read.ignored, "skipped_rows": read.skipped,
        "accepted": accepted, "rejected": rejected, "conflicts": conflicts, "exported": read.base.as_ref().map(|base| base.at.clone()), "left_out": left_out, "rows": rows });
    let Rows { edits, traces, .. } = batch;
    finish(replica, upload, "ledger", &bytes, edits, &traces, answer, progress)
}

/// A refused row, with the fields at fault.
fn refused(number: u32, label: String, fault: &Fault, lang: Lang) -> Json {
    let (message, next) = locale::fault(lang, fault);
    let details: Vec<String> = fault.details.iter().map(|d| locale::fault(lang, d).0).collect();
    let field = |fault: &Fault| fault.args.iter().find(|(name, _)| name == "field").map(|(_, code)| code.clone());
    let fields: BTreeSet<String> = std::iter::once(fault).chain(&fault.details).filter_map(field).collect();
    json!({ "row": number, "accept": false, "label": label, "why": fault.code, "message": message, "next": next, "details": details, "fields": fields })
}

/// What a column of a file can fill: the ledger's fields, and who or which record a row is about (`_id`, `_student`, `_name` …).
pub fn candidates(definition: &Definition) -> Vec<table::Candidate<'_>> {
    // A file is no text: a reference typed into a table would name the file of whoever's hash one knows.
    let own = definition.fields.iter().filter(|f| f.kind != FieldType::File);
    let mut out: Vec<table::Candidate<'_>> = own.map(|f| table::Candidate { code: &f.code, zh: &f.title.zh, en: &f.title.en }).collect();
    for field in Definition::common_fields().iter().filter(|f| ["on", "note", "by"].contains(&f.code.as_str())) {
        out.push(table::Candidate { code: &field.code, zh: &field.title.zh, en: &field.title.en });
    }
    // As our own exports call it, and as a person might.
    for (zh, en) in [("记录", "Record"), ("记录号", "Record id"), ("记录编号", "Id")] {
        out.push(table::Candidate { code: "_id", zh, en });
    }
    match definition.subject {
        Subject::Student => {
            for (zh, en) in [("学生", "Student"), ("学生档案", "Child")] {
                out.push(table::Candidate { code: "_student", zh, en });
            }
            for (code, zh, en) in [("_id_no", "身份证件号", "Identity number"), ("_id_no_2", "身份证号", "Id number"), ("_name", "姓名", "Name")]
            {
                if !definition.fields.iter().any(|f| f.title.zh == zh) {
                    out.push(table::Candidate { code, zh, en });
                }
            }
        }
        Subject::School | Subject::County => {
            if !definition.fields.iter().any(|f| f.title.zh == "学校标识码") {
                out.push(table::Candidate { code: "_school", zh: "学校标识码", en: "School code" });
            }
        }
    }
    out
}

/// The rows of one file on their way in.
struct Rows<'a> {
    replica: &'a Arc<Replica>,
    catalogue: &'a Catalogue,
    definition: &'a Definition,
    year: SchoolYear,
    upload: &'a Upload,
    lang: Lang,
    read: &'a Table,
    take: BTreeSet<&'a str>,
    /// What waits for a person's choice, by record: what stands there meanwhile is no base.
    disputed: BTreeMap<String, BTreeSet<String>>,
    edits: Vec<DocEdit>,
    traces: Vec<Trace>,
    seen: HashMap<String, u32>,
}

impl Rows<'_> {
    fn row(&mut self, number: u32, cells: &[(String, String)]) -> Result<Json> {
        let mut row = json!({ "row": number, "accept": true, "label": Self::label(cells) });
        if let Some((_, field, _)) = self.read.unread.iter().find(|(row, _, _)| *row == number) {
            return Err(Fault::new("import-cell-unreadable", Exit::Input).with("field", field).into());
        }
        let cell = |key: &str| cells.iter().find(|(code, text)| code == key && !text.trim().is_empty()).map(|(_, text)| text.trim().to_owned());
        let set: BTreeMap<String, String> =
            cells.iter().filter(|(code, _)| !code.starts_with('_')).map(|(code, text)| (code.clone(), self.mended(code, text))).collect();
        let moved = match cell("_id") {
            Some(id) => {
                let place = self.replica.locate(&id)?;
                if place.ledger != self.definition.code {
                    return Err(Fault::new("record-none", Exit::NoMatch).with("ref", &id).into());
                }
                let (set, conflicts) = match self.read.base.as_ref().and_then(|base| base.records.get(&id)) {
                    Some(known) => self.merged(number, &place, &set, known),
                    None => (set, Vec::new()),
                };
                row["conflicts"] = json!(conflicts);
                if set.is_empty() { Vec::new() } else { self.change(&place, &set)? }
            }
            None => self.add(cells, &set)?,
        };
        row["cells"] = json!(moved);
        Ok(row)
    }

    /// Whose row it is, as the file says it.
    fn label(cells: &[(String, String)]) -> String {
        let keys = ["_name", "name", "title", "_student", "_id"];
        keys.iter().find_map(|key| cells.iter().find(|(code, _)| code == key)).map(|(_, text)| text.clone()).unwrap_or_default()
    }

    /// What an office program makes of a value on the way: a date's serial number where the cell lost its form.
    fn mended(&self, code: &str, text: &str) -> String {
        let date = self.definition.field(code).is_some_and(|field| field.kind == FieldType::Date);
        // 1950 to 2100; no date anybody writes is five digits.
        let serial = text.trim().parse::<i64>().ok().filter(|serial| date && (18_264..73_415).contains(serial));
        let day = serial.and_then(|serial| jiff::civil::date(1899, 12, 30).checked_add(jiff::Span::new().days(serial)).ok());
        day.map_or_else(|| text.to_owned(), |day| day.to_string())
    }

    /// Cell by cell against the export: what the file alone changed, and what both did.
    fn merged(
        &self,
        number: u32,
        place: &Place,
        file: &BTreeMap<String, String>,
        known: &BTreeMap<String, String>,
    ) -> (BTreeMap<String, String>, Vec<Json>) {
        let (mut set, mut conflicts) = (BTreeMap::new(), Vec::new());
        for (_, code) in self.read.columns.iter().filter(|(_, code)| !code.starts_with('_')) {
            let Some(field) = self.definition.field(code) else { continue };
            let text = file.get(code).map_or("", |text| text.trim());
            let Some(was) = known.get(code).map(|text| text.trim()) else {
                if !text.is_empty() {
                    set.insert(code.clone(), text.to_owned());
                }
                continue;
            };
            if self.same(field, &place.fields, text, was) || self.says(field, place, text) {
                continue;
            }
            if self.disputed.get(&place.id).is_some_and(|keys| cells::among(keys, code)) || !self.says(field, place, was) {
                let taken = self.take.contains("all") || self.take.contains(format!("{number}:{code}").as_str());
                let here = cells::text(self.replica, self.catalogue, self.definition, field, &place.fields, self.lang);
                conflicts
                    .push(json!({ "field": code, "title": field.title.get(self.lang), "base": was, "here": here, "file": text, "taken": taken }));
                if !taken {
                    continue;
                }
            }
            set.insert(code.clone(), text.to_owned());
        }
        (set, conflicts)
    }

    fn says(&self, field: &Field, place: &Place, text: &str) -> bool {
        // Exports show a record referred to by its id.
        let id = matches!(place.fields.get(&field.code), Some(Value::Str(id)) if field.kind == FieldType::Ref && id == text);
        id || cells::says(self.replica, self.catalogue, self.definition, field, &place.fields, text)
    }

    /// Two texts of one field that mean the same: letter by letter but for line ends, or once read.
    fn same(&self, field: &Field, siblings: &BTreeMap<String, Value>, one: &str, other: &str) -> bool {
        let plain = |text: &str| text.replace("\r\n", "\n").replace("_x000D_", "").trim().to_owned();
        let read = |text: &str| {
            value::read(self.catalogue, self.definition, field, &self.mended(&field.code, text), siblings).ok().map(|reading| reading.values)
        };
        plain(one) == plain(other) || read(one).is_some_and(|values| read(other) == Some(values))
    }

    fn add(&mut self, cells: &[(String, String)], set: &BTreeMap<String, String>) -> Result<Vec<Json>> {
        let cell = |key: &str| cells.iter().find(|(code, text)| code == key && !text.trim().is_empty()).map(|(_, text)| text.trim().to_owned());
        let student = cell("_student").or_else(|| cell("_id_no")).or_else(|| cell("_id_no_2")).or_else(|| cell("_name"));
        let subject = student.map(SubjectRef::Student).or_else(|| cell("_school").map(|s| SubjectRef::School(Some(s))));
        self.check_schools(set)?;
        let mut prepared =
            self.replica.prepare_add(&self.definition.code, subject.as_ref(), Some(self.year.start()), set, self.upload.by.as_deref())?;
        let What::Edit(edit) = &mut prepared.edit.what else { return Ok(Vec::new()) };
        let Some(record) = edit.creates.first_mut() else {
            // A profile: of a child on file, only what differs.
            if let Ok(place) = self.replica.locate(&prepared.edit.doc.to_string()) {
                return self.change(&place, set);
            }
            let after = edit.sets.iter().map(|(_, key, value)| (key.clone(), value.clone())).collect();
            let (space, doc) = (prepared.edit.space.to_string(), prepared.edit.doc);
            self.traces.push(Trace { space, doc, record: String::new(), new: true, before: BTreeMap::new(), after, step: false });
            self.edits.push(prepared.edit);
            return Ok(self.moves(set, &BTreeMap::new(), None));
        };
        if self.definition.key.is_empty() {
            record.key = self.content_key(prepared.edit.doc, set);
        }
        let known = if self.replica.holds(&record.key)? { self.replica.locate(&record.key.clone()).ok() } else { None };
        if let Some(place) = known {
            if let Some((edit, trace)) = undoing::revived(&place, &record.fields) {
                self.traces.push(trace);
                self.edits.push(edit);
                return Ok(self.moves(set, &BTreeMap::new(), None));
            }
            return if self.definition.key.is_empty() { Ok(Vec::new()) } else { self.change(&place, set) };
        }
        self.traces.extend(Trace::of_new(&prepared.edit));
        self.edits.push(prepared.edit);
        Ok(self.moves(set, &BTreeMap::new(), None))
    }

    /// What moves from what to what; `after`: as it will stand, or as it is written.
    fn moves(&self, set: &BTreeMap<String, String>, before: &BTreeMap<String, Value>, after: Option<&BTreeMap<String, Value>>) -> Vec<Json> {
        let shown =
            |field: &Field, fields: &BTreeMap<String, Value>| cells::text(self.replica, self.catalogue, self.definition, field, fields, self.lang);
        let moved = set.iter().filter_map(|(code, text)| {
            let field = self.definition.field(code)?;
            let to = after.map_or_else(|| text.trim().to_owned(), |after| shown(field, after));
            Some((field, shown(field, before), to))
        });
        moved
            .filter(|(_, from, to)| from != to)
            .map(|(field, from, to)| json!({ "field": field.code, "title": field.title.get(self.lang), "from": from, "to": to }))
            .collect()
    }

    /// A school named in a row by its code must be one the county knows (by its name, it is).
    fn check_schools(&self, set: &BTreeMap<String, String>) -> Result<()> {
        for field in self.definition.fields.iter().filter(|f| f.kind == FieldType::School) {
            if let Some(text) = set.get(&field.code).map(|t| t.trim()).filter(|t| t.len() == 10 && t.bytes().all(|b| b.is_ascii_digit())) {
                self.replica.known_school(text)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, place: &Place, set: &BTreeMap<String, String>) -> Result<Vec<Json>> {
        let prepared = self.replica.prepare_set(place, set, None)?;
        let Some(trace) = Trace::of_change(place, &prepared.edit) else { return Ok(Vec::new()) };
        let mut after = place.fields.clone();
        after.extend(trace.after.clone());
        let moved = self.moves(set, &place.fields, Some(&after));
        let target = if trace.record.is_empty() { Target::Subject } else { Target::Record(trace.record.clone()) };
        self.edits.push(DocEdit { space: place.space, doc: place.doc, what: What::Edit(sets(target, trace.after.clone())) });
        self.traces.push(trace);
        Ok(moved)
    }

    /// Key of a row without one of its own: from what it says and how often the file says it, so that the same file again makes nothing new.
    fn content_key(&mut self, doc: DocId, set: &BTreeMap<String, String>) -> String {
        let said = serde_json::to_string(set).unwrap_or_default();
        let times = self.seen.entry(format!("{doc}{said}")).or_default();
        *times += 1;
        let hash =
            blake3::Hasher::new_derive_key("huxue imported row v1").update(&doc.0).update(said.as_bytes()).update(&times.to_be_bytes()).finalize();
        format!("{}:{}", self.definition.code, hash.to_hex().as_str().get(..26).unwrap_or_default())
    }
}
