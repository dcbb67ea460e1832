//! Rows of any ledger on their way in. A row with the id of a record changes that record, any other becomes a new one.
//!
//! A workbook of ours carries the values of the moment of export ([`own::Base`]), so three things can be told apart cell by cell: what the file left alone never reverts
//! what somebody wrote since; what the file alone changed is written; what both changed is shown side by side, and stays as it is here until a person takes the file's.
//! A cell emptied in such a file empties the field. Rows deleted from a file void nothing.
//!
//! Invariants: two rows of a file about one record are both refused, none wins; a row of a workbook given back ([`crate::web::giveback`]) is one record however often and under
//! whatever name it is sent.
//!
//! It is one room: each kind of row (known, new, taken before) is judged with the same cells, names and base.

use super::{
    Batch, Upload, asks, at_home, finish,
    heads::{candidates, cell, refused, text_columns, title_of},
    named::Named,
    reached::Reached,
    said, sets,
};
use crate::{
    command::{
        cells, classes,
        request::SubjectRef,
        undoing::{self, Trace},
    },
    document::{view::Value, write::Target},
    fault::{Exit, Fault},
    import::{
        self, own,
        table::{self, Table},
    },
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Field, Form, Subject},
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
/// `take`, `within`: see [`crate::command::Request::ImportLedger`].
///
/// # Errors
/// The file's, or the ledger's; `import-other-ledger`, `import-other-school`. A bad row is no error: it is in the answer.
pub fn ledger(
    replica: &Arc<Replica>,
    code: &str,
    upload: &Upload,
    take: &[String],
    within: Option<&[(i64, i64)]>,
    lang: Lang,
    progress: OnProgress<'_>,
) -> Result<Json> {
    let definition = replica.definition(code)?;
    let bytes = upload.contents()?;
    let candidates = candidates(&definition);
    let percent: Vec<&str> = definition.fields.iter().filter(|field| field.kind == FieldType::Pct).map(|field| field.code.as_str()).collect();
    let limits = import::Limits::default();
    // Whose workbook it is comes first: that it has no head of this ledger says nothing to who took the wrong one.
    let mark = own::recognise(&bytes, &upload.file, &limits).map_err(Fault::from)?;
    at_home(replica, mark.as_ref(), &[code])?;
    let read = table::read_table(&bytes, &upload.file, &candidates, &percent, 2, upload.sheet.as_deref(), &limits).map_err(Fault::from)?;
    let year = upload.year(replica, mark.as_ref())?;
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
        reached: within.map(|classes| Reached::of(replica, classes, year)).transpose()?,
        given_back: undoing::from_rows(replica)?,
        own: own::batch(&bytes, read.others.part(&read.sheet)),
        edits: Vec::new(),
        traces: Vec::new(),
        seen: HashMap::new(),
        named: Named::default(),
    };
    let mut judged = Vec::with_capacity(read.rows.len());
    for (number, cells) in &read.rows {
        let total = Rows::is_total(cells);
        if total || batch.settled(*number, cells) {
            let said = if total { "import-row-total" } else { "import-row-corrected-before" };
            let row = settled(*number, &Rows::label(cells), said, lang);
            judged.push(Verdict { row, about: String::new(), edits: Vec::new(), traces: Vec::new(), label: String::new() });
            continue;
        }
        let verdict = batch.row(*number, cells);
        let (edits, traces) = (std::mem::take(&mut batch.edits), std::mem::take(&mut batch.traces));
        match verdict {
            Ok((row, about)) => judged.push(Verdict { row, about, edits, traces, label: Rows::label(cells) }),
            Err(ReplicaError::Fault(fault)) => {
                let mut row = refused(*number, &Rows::label(cells), cells, &fault, lang);
                row["taken"] = json!(cell(cells, table::ROW_ID).is_some_and(|id| batch.made(&id)));
                judged.push(Verdict { row, about: String::new(), edits: Vec::new(), traces: Vec::new(), label: String::new() });
            }
            Err(other) => return Err(other),
        }
    }
    let twice = about_twice(&judged);
    let (mut rows, mut edits, mut traces) = (Vec::with_capacity(judged.len()), Vec::new(), Vec::new());
    let mut written: Vec<(usize, Trace)> = Vec::new();
    for (at, verdict) in judged.into_iter().enumerate() {
        match twice.get(&at) {
            None => {
                written.extend(verdict.traces.iter().map(|trace| (rows.len(), trace.clone())));
                rows.push(verdict.row);
                edits.extend(verdict.edits);
                traces.extend(verdict.traces);
            }
            Some(others) => {
                let fault = Fault::new("import-row-record-twice", Exit::Input).with("rows", others).with("field", "_id");
                let (number, cells) = read.rows.get(at).map_or((0, &[][..]), |(number, cells)| (*number, cells.as_slice()));
                rows.push(refused(number, &verdict.label, cells, &fault, lang));
            }
        }
    }
    tell(replica, &definition, &written, &mut rows, lang)?;
    asks::of_table(&mut rows, ids_lost(&read), lang);
    for (number, field, _) in &read.unread {
        let fault = Fault::new("import-cell-unreadable", Exit::Input).with("field", title_of(&definition, field, lang));
        let cells = read.broken.iter().find(|(row, _)| row == number).map_or(&[][..], |(_, cells)| cells.as_slice());
        let mut row = refused(*number, &Rows::label(cells), cells, &fault, lang);
        if batch.settled(*number, cells) {
            row = settled(*number, &Rows::label(cells), "import-row-corrected-before", lang);
        } else {
            row["fields"] = json!([field]);
            row["taken"] = json!(cell(cells, table::ROW_ID).is_some_and(|id| batch.made(&id)));
        }
        rows.push(row);
    }
    rows.sort_by_key(|row| row["row"].as_u64());
    let mut there = BTreeSet::new();
    rows.retain(|row| there.insert(row["row"].to_string()));
    let accepted = rows.iter().filter(|row| row["accept"] == Json::Bool(true)).count();
    let conflicts: usize = rows.iter().map(|row| row["conflicts"].as_array().map_or(0, Vec::len)).sum();
    // What is given back holds a few rows of the export on purpose.
    let left_out = read.base.as_ref().filter(|base| !base.mark.refused).map_or(0, |base| {
        let ids: BTreeSet<&str> =
            read.rows.iter().chain(&read.broken).flat_map(|(_, cells)| cells).filter(|(code, _)| code == "_id").map(|(_, id)| id.as_str()).collect();
        base.records.keys().filter(|id| !ids.contains(id.as_str())).count()
    });
    let columns: BTreeMap<&str, usize> = read.columns.iter().map(|(place, code)| (code.as_str(), *place)).collect();
    let texts = text_columns(&definition, read.columns.iter().map(|(place, code)| (*place, code.as_str())));
    let exported = read.base.as_ref().map(|base| base.mark.at.clone()).filter(|at| !at.is_empty());
    let mut answer = json!({ "ledger": code, "year": year.start(), "columns": columns, "text_columns": texts, "sheet": read.sheet, "header_row": read.header_row,
        "ignored_columns": read.ignored, "skipped_rows": read.skipped, "accepted": accepted, "rejected": rows.len() - accepted, "conflicts": conflicts,
        "exported": exported, "left_out": left_out, "rows": rows });
    read.others.tell(&read.sheet, &mut answer);
    drop(batch);
    finish(replica, upload, "ledger", &bytes, Batch { rows: edits.len(), edits, traces }, answer, progress)
}

/// Whether it is a workbook of ours without its column of record ids.
fn ids_lost(read: &Table) -> bool {
    let exported = read.base.as_ref().is_some_and(|base| !base.mark.refused && !base.records.is_empty());
    exported && !read.columns.iter().any(|(_, code)| code == "_id")
}

/// A row that writes nothing and is said to be no row to mend: one given back, corrected and taken since ([`super::settle_row`]); a line of totals.
fn settled(number: u32, label: &str, why: &'static str, lang: Lang) -> Json {
    json!({ "row": number, "accept": true, "same": true, "label": label, "conflicts": [], "cells": [], "warnings": [said(why, lang)] })
}

/// A judged row and what it would write.
struct Verdict {
    row: Json,
    /// The record it is about; empty: a new one that nothing names.
    about: String,
    edits: Vec<DocEdit>,
    traces: Vec<Trace>,
    label: String,
}

/// Rows about a record that another row is about too, with the numbers of all of them.
fn about_twice(judged: &[Verdict]) -> HashMap<usize, String> {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, verdict) in judged.iter().enumerate().filter(|(_, verdict)| !verdict.about.is_empty()) {
        rows.entry(&verdict.about).or_default().push(at);
    }
    let several = rows.into_values().filter(|rows| rows.len() > 1);
    several
        .flat_map(|rows| {
            let numbers = rows.iter().filter_map(|at| judged.get(*at)).map(|verdict| verdict.row["row"].to_string()).collect::<Vec<_>>().join("、");
            rows.into_iter().map(move |at| (at, numbers.clone()))
        })
        .collect()
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
    /// Whose children the person may write about; `None`: the whole school's.
    reached: Option<Reached<'a>>,
    /// Records made from rows given back, and what was written then.
    given_back: HashMap<String, undoing::Made>,
    /// What ids of rows of this very file begin with.
    own: String,
    edits: Vec<DocEdit>,
    traces: Vec<Trace>,
    seen: HashMap<String, u32>,
    named: Named,
}

/// Puts beside each row what is asked about it, and what is to be looked at.
fn tell(replica: &Replica, definition: &Definition, written: &[(usize, Trace)], rows: &mut [Json], lang: Lang) -> Result<()> {
    for (at, said) in asks::of(replica, definition, written, lang)? {
        if let Some(row) = rows.get_mut(at) {
            let words = |faults: &[Fault]| faults.iter().map(|fault| locale::fault(lang, fault).0).collect::<Vec<_>>();
            row["asks"] = json!(words(&said.asks));
            if let Some(warnings) = row["warnings"].as_array_mut() {
                warnings.extend(words(&said.told).into_iter().map(|message| json!({ "code": "import-row-finding", "message": message })));
            }
        }
    }
    Ok(())
}

/// A row that is taken: what moves, the record it is about, and remarks.
#[derive(Default)]
struct Taken {
    moved: Vec<Json>,
    about: String,
    conflicts: Vec<Json>,
    remarks: Vec<&'static str>,
}

impl Rows<'_> {
    /// Whether a row given back became a record that is there, and in reach.
    fn made(&self, id: &str) -> bool {
        let Some((record, _)) = self.given_back.get(id) else { return false };
        let place = match &self.reached {
            Some(reached) => reached.record(record),
            None => self.replica.locate(record),
        };
        place.is_ok_and(|place| !place.void && place.ledger == self.definition.code)
    }

    /// Whether the row of this very file was given back, corrected and taken since.
    fn settled(&self, number: u32, cells: &[(String, String)]) -> bool {
        cell(cells, table::ROW_ID).is_none() && self.made(&own::row_id(&self.own, number.into()))
    }

    /// The row's verdict, and the record it is about.
    fn row(&mut self, number: u32, cells: &[(String, String)]) -> Result<(Json, String)> {
        let mut row = json!({ "row": number, "accept": true, "label": Self::label(cells) });
        let mut set: BTreeMap<String, String> =
            cells.iter().filter(|(code, _)| !code.starts_with('_')).map(|(code, text)| (code.clone(), self.mended(code, text))).collect();
        classes::read(self.definition, &BTreeMap::new(), &mut set);
        let given_back = cell(cells, table::ROW_ID).and_then(|id| self.given_back.get(&id).cloned());
        // A date left out is none to write over the one that is there, nor a reason to refuse it.
        let undated =
            self.definition.form == Form::Records && self.definition.dated_by.is_none() && set.get("on").is_none_or(|on| on.trim().is_empty());
        set.retain(|code, text| code != "on" || !text.trim().is_empty());
        let made = cell(cells, "_id").is_none() && given_back.is_none();
        let taken = match (cell(cells, "_id"), given_back) {
            (Some(id), _) => self.known(number, &id, cells, set)?,
            (None, Some((record, then))) => self.taken_before(number, &record, &then, cells, &set)?,
            (None, None) => self.add(cells, &set)?,
        };
        if !taken.about.is_empty() && taken.moved.is_empty() && taken.conflicts.is_empty() {
            row["same"] = json!(true);
        }
        row["conflicts"] = json!(taken.conflicts);
        row["cells"] = json!(taken.moved);
        let remark = |code: &&str| json!({ "code": code, "message": locale::text(self.lang, code, &[]) });
        row["warnings"] = taken.remarks.iter().map(remark).collect();
        row["undated"] = json!(undated && made && taken.remarks.is_empty() && !taken.moved.is_empty());
        Ok((row, taken.about))
    }

    /// A row that names its record.
    fn known(&mut self, number: u32, id: &str, cells: &[(String, String)], set: BTreeMap<String, String>) -> Result<Taken> {
        let place = match &self.reached {
            Some(reached) => reached.record(id)?,
            None => self.replica.locate(id)?,
        };
        if place.ledger != self.definition.code {
            return Err(Fault::new("record-none", Exit::NoMatch).with("ref", id).into());
        }
        let base = self.read.base.as_ref().and_then(|base| base.records.get(id));
        let remarks = self.whose(&place, cells, base)?;
        let (set, conflicts) = if let Some(known) = base {
            self.merged(number, &place, &set, known)?
        } else {
            // A name stands for the record it was exported for, also where it fits several.
            let mut set = set;
            set.retain(|code, text| !self.definition.field(code).is_some_and(|field| field.kind == FieldType::Ref && self.says(field, &place, text)));
            (set, Vec::new())
        };
        if place.void && !set.is_empty() {
            return Err(Fault::new("import-row-void", Exit::Input).with("field", "_id").into());
        }
        let moved = if set.is_empty() { Vec::new() } else { self.change(&place, &set)? };
        Ok(Taken { moved, about: place.id, conflicts, remarks })
    }

    /// A row given back that became a record before: what was corrected in it since is a change of that record, never another one.
    fn taken_before(
        &mut self,
        number: u32,
        record: &str,
        then: &BTreeMap<String, Value>,
        cells: &[(String, String)],
        set: &BTreeMap<String, String>,
    ) -> Result<Taken> {
        let place = match &self.reached {
            Some(reached) => reached.record(record)?,
            None => self.replica.locate(record)?,
        };
        let mut taken = Taken { about: place.id.clone(), remarks: vec!["import-row-taken-before"], ..Taken::default() };
        if place.void || place.ledger != self.definition.code {
            return Ok(taken);
        }
        // Whose a record is does not change: another name in the row is said, not passed over.
        if !["_student", "_id_no", "_id_no_2"].iter().any(|key| cell(cells, key).is_some())
            && let Err(ReplicaError::Fault(fault)) = self.whose(&place, cells, None)
        {
            return Err(Fault { code: "import-row-taken-other-child".into(), ..fault }.into());
        }
        let known: BTreeMap<String, String> = self
            .read
            .columns
            .iter()
            .filter_map(|(_, code)| self.definition.field(code))
            .map(|field| (field.code.clone(), cells::text(self.replica, self.catalogue, self.definition, field, then, self.lang)))
            .collect();
        let (set, conflicts) = self.merged(number, &place, set, &known)?;
        taken.conflicts = conflicts;
        if !set.is_empty() {
            taken.moved = self.change(&place, &set)?;
        }
        Ok(taken)
    }

    /// Whether the name beside a record's id is its child's: in a file of which only some columns were sorted it is another's. The class is the child's, and not changed here.
    fn whose(&self, place: &Place, cells: &[(String, String)], base: Option<&BTreeMap<String, String>>) -> Result<Vec<&'static str>> {
        if self.definition.subject != Subject::Student || place.id == place.doc.to_string() {
            return Ok(Vec::new());
        }
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        let told = |key: &str| cell(cells, key).filter(|text| base.and_then(|base| base.get(key)).is_none_or(|was| plain(was) != plain(text)));
        let (name, class) = (told("_name"), told("_class"));
        if name.is_none() && class.is_none() {
            return Ok(Vec::new());
        }
        let pupil = self.replica.pupil(&place.doc.to_string())?.0.unwrap_or_default();
        if let Some(name) = name.filter(|name| plain(name) != plain(&pupil.name)) {
            return Err(Fault::new("import-row-other-child", Exit::Input)
                .with("name", name)
                .with("child", &pupil.name)
                .with("field", "_name")
                .into());
        }
        let exported = base.is_some_and(|base| base.contains_key("_class"));
        Ok(class.filter(|_| exported).map(|_| "import-row-class-kept").into_iter().collect())
    }

    /// A line of totals below the rows.
    fn is_total(cells: &[(String, String)]) -> bool {
        let named = |key: &str| cell(cells, key).is_some_and(|name| table::is_footer(&name));
        cell(cells, "_id").is_none() && ["_name", "name"].into_iter().any(named)
    }

    /// Whose row it is, as the file says it.
    fn label(cells: &[(String, String)]) -> String {
        let keys = ["_name", "name", "title", "_student", "_id"];
        let who = keys.iter().find_map(|key| cell(cells, key));
        who.into_iter().chain(cell(cells, "_class")).collect::<Vec<_>>().join(" · ")
    }

    /// What an office program makes of a value on the way: a date's serial number where the cell lost its form. And the record that a name stands for.
    fn mended(&self, code: &str, text: &str) -> String {
        if let Some(id) = self.definition.field(code).and_then(|field| self.named.id(self.replica, self.catalogue, field, text)) {
            return id;
        }
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
    ) -> Result<(BTreeMap<String, String>, Vec<Json>)> {
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
            if self.same(field, &place.fields, text, was) {
                continue;
            }
            // A person chooses; what stands here is nobody's last word, and no side to be shown.
            if self.disputed.get(&place.id).is_some_and(|keys| cells::among(keys, code)) {
                return Err(cells::in_dispute(self.definition, code).into());
            }
            if self.says(field, place, text) {
                continue;
            }
            if !self.says(field, place, was) {
                let taken = self.take.contains("all") || self.take.contains(format!("{number}:{code}").as_str());
                let here = cells::text(self.replica, self.catalogue, self.definition, field, &place.fields, self.lang);
                let (base, file) = (self.read_out(field, place, was), self.read_out(field, place, text));
                conflicts
                    .push(json!({ "field": code, "title": field.title.get(self.lang), "base": base, "here": here, "file": file, "taken": taken }));
                if !taken {
                    continue;
                }
            }
            set.insert(code.clone(), text.to_owned());
        }
        Ok((set, conflicts))
    }

    /// A text of a cell as the reader has it in the own language; what cannot be read as it stands.
    fn read_out(&self, field: &Field, place: &Place, text: &str) -> String {
        let read = value::read(self.catalogue, self.definition, field, &self.mended(&field.code, text), &place.fields);
        read.map_or_else(
            |_| text.to_owned(),
            |read| {
                let fields = read.values.into_iter().collect();
                cells::text(self.replica, self.catalogue, self.definition, field, &fields, self.lang)
            },
        )
    }

    fn says(&self, field: &Field, place: &Place, text: &str) -> bool {
        // Exports show a record referred to by its name, older ones by its id.
        let id = matches!(place.fields.get(&field.code), Some(Value::Str(id)) if field.kind == FieldType::Ref && id == text);
        let name =
            || matches!(place.fields.get(&field.code), Some(Value::Str(id)) if field.kind == FieldType::Ref && self.named.is(self.replica, id, text));
        id || name() || cells::says(self.replica, self.catalogue, self.definition, field, &place.fields, text)
    }

    /// Two texts of one field that mean the same: letter by letter but for line ends, or once read.
    fn same(&self, field: &Field, siblings: &BTreeMap<String, Value>, one: &str, other: &str) -> bool {
        let plain = |text: &str| text.replace("\r\n", "\n").replace("_x000D_", "").trim().to_owned();
        let read = |text: &str| {
            value::read(self.catalogue, self.definition, field, &self.mended(&field.code, text), siblings).ok().map(|reading| reading.values)
        };
        plain(one) == plain(other) || read(one).is_some_and(|values| read(other) == Some(values))
    }

    fn add(&mut self, cells: &[(String, String)], set: &BTreeMap<String, String>) -> Result<Taken> {
        let mut student = ["_student", "_id_no", "_id_no_2", "_name"].iter().find_map(|key| cell(cells, key));
        let by_name = ["_student", "_id_no", "_id_no_2"].iter().all(|key| cell(cells, key).is_none());
        if let Some((name, class)) = student.clone().zip(cell(cells, "_class")).filter(|_| by_name && self.definition.form == Form::Records) {
            student = Some(self.in_class(&name, &class)?.unwrap_or(name));
        }
        // As the file says it: by this it is known again.
        let (said, mut set) = (set, set.clone());
        let by_class = self.definition.by_class();
        if let Some(reached) = self.reached.as_ref().filter(|_| !by_class) {
            // A child who is new is nobody of these classes: only a registrar's roster brings children.
            let named = student.as_deref().filter(|_| self.definition.form == Form::Records).unwrap_or_default();
            student = Some(reached.child(named)?);
        }
        if let Some(hit) =
            student.as_deref().filter(|_| self.definition.form == Form::Records).and_then(|text| self.replica.one_student(text, None).ok())
        {
            self.replica.name_records(self.definition, &hit.doc.to_string(), &mut set)?;
        }
        if let Some(reached) = &self.reached {
            reached.references(self.catalogue, self.definition, &set)?;
        }
        if student.is_none() && self.definition.subject == Subject::Student && self.definition.form == Form::Records {
            return Err(Fault::new("import-row-no-child", Exit::Input).with("field", "_name").into());
        }
        let subject = student.map(SubjectRef::Student).or_else(|| cell(cells, "_school").map(|s| SubjectRef::School(Some(s))));
        self.check_schools(&set)?;
        let prepare = |set: &BTreeMap<String, String>| {
            self.replica.prepare_add(&self.definition.code, subject.as_ref(), Some(self.year.start()), set, self.upload.by.as_deref())
        };
        let mut prepared = prepare(&set).map_err(|error| self.unknown(error, &set))?;
        if let What::Edit(edit) = &prepared.edit.what
            && let Some(record) = edit.creates.first()
        {
            let more = self.replica.only_fitting(self.definition, &prepared.edit.doc.to_string(), &record.fields)?;
            if !more.is_empty() {
                set.extend(more);
                prepared = prepare(&set)?;
            }
        }
        let set = &set;
        let What::Edit(edit) = &mut prepared.edit.what else { return Ok(Taken::default()) };
        let Some(record) = edit.creates.first_mut() else {
            // A profile: of a child on file, only what differs.
            let (about, from_row) = (prepared.edit.doc.to_string(), cell(cells, table::ROW_ID).unwrap_or_default());
            let trace = Trace::of_new(&prepared.edit).map(|trace| Trace { from_row, ..trace });
            let after = trace.as_ref().map(|trace| trace.after.clone()).unwrap_or_default();
            if let Ok(place) = self.replica.locate(&about) {
                // One whose file was taken back with the import that made it is there again.
                if let Some((edit, trace)) = undoing::revived(&place, &after) {
                    let moved = self.moves(set, &BTreeMap::new(), &after);
                    self.traces.push(trace);
                    self.edits.push(edit);
                    return Ok(Taken { moved, about, ..Taken::default() });
                }
                return Ok(Taken { moved: self.change(&place, set)?, about, ..Taken::default() });
            }
            let moved = self.moves(set, &BTreeMap::new(), &after);
            self.traces.extend(trace);
            self.edits.push(prepared.edit);
            return Ok(Taken { moved, about, ..Taken::default() });
        };
        if let Some(reached) = self.reached.as_ref().filter(|_| by_class) {
            reached.of_class(&record.fields)?;
        }
        let row_id = cell(cells, table::ROW_ID).unwrap_or_default();
        let keyed = !self.definition.key.is_empty();
        if !keyed {
            record.key = self.content_key(prepared.edit.doc, said);
        }
        let about = if keyed { record.key.clone() } else { row_id.clone() };
        let moved = self.moves(set, &BTreeMap::new(), &record.fields);
        let known = if self.replica.holds(&record.key)? { self.replica.locate(&record.key.clone()).ok() } else { None };
        if let Some(place) = known {
            if let Some((edit, trace)) = undoing::revived(&place, &record.fields) {
                self.traces.push(trace);
                self.edits.push(edit);
                return Ok(Taken { moved, about, ..Taken::default() });
            }
            let moved = if keyed { self.change(&place, set)? } else { Vec::new() };
            let remarks = if keyed { Vec::new() } else { vec!["import-row-there"] };
            return Ok(Taken { moved, about, remarks, ..Taken::default() });
        }
        self.traces.extend(Trace::of_new(&prepared.edit).map(|trace| Trace { from_row: row_id, ..trace }));
        self.edits.push(prepared.edit);
        Ok(Taken { moved, about, ..Taken::default() })
    }

    /// The child of this name in the class that stands beside it; `None` where the two do not say which. A class that is not the child's is another child's, or a slip.
    fn in_class(&self, name: &str, class: &str) -> Result<Option<String>> {
        let Some((grade, number)) = import::class_written(class) else { return Ok(None) };
        let hits: Vec<_> = self.replica.find_students(name, Some(self.year))?.into_iter().filter(|hit| hit.name == name).collect();
        let same_grade = |here: i64| grade.is_none_or(|grade| import::is_grade(grade, here));
        let there = |hit: &&crate::replica::students::Hit| hit.class == Some(i64::from(number)) && hit.grade.is_some_and(same_grade);
        match hits.iter().filter(there).collect::<Vec<_>>().as_slice() {
            [one] => Ok(Some(one.doc.to_string())),
            [] if !hits.is_empty() => {
                let classes: Vec<String> = hits.iter().map(|hit| crate::replica::names::class(hit.grade, hit.class, self.lang)).collect();
                let fault = Fault::new("import-row-class-other", Exit::Input).with("name", name).with("class", class);
                Err(fault.with("there", classes.join(self.lang.comma())).with("field", "_class").into())
            }
            _ => Ok(None),
        }
    }

    /// Of a record that a cell refers to and that is not here: which column, and what there is to choose from.
    fn unknown(&self, error: ReplicaError, set: &BTreeMap<String, String>) -> ReplicaError {
        let ReplicaError::Fault(fault) = error else { return error };
        let called = fault.args.iter().find(|(name, _)| name == "ref").map(|(_, text)| text.clone()).filter(|_| fault.code == "record-none");
        let field = called.as_ref().and_then(|called| {
            let refers =
                |(code, text): (&String, &String)| self.definition.field(code).filter(|field| field.kind == FieldType::Ref && text == called);
            set.iter().find_map(refers)
        });
        let (Some(called), Some(field)) = (called, field) else { return fault.into() };
        let known = self.named.names(self.replica, self.catalogue, field).join(self.lang.comma());
        let code = if known.is_empty() { "import-ref-none" } else { "import-ref-none-of" };
        Fault::new(code, Exit::Input)
            .with("title", field.title.get(self.lang))
            .with("ref", called)
            .with("names", known)
            .with("field", &field.code)
            .into()
    }

    /// What moves from what to what, both as a person reads it.
    fn moves(&self, set: &BTreeMap<String, String>, before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>) -> Vec<Json> {
        let shown =
            |field: &Field, fields: &BTreeMap<String, Value>| cells::text(self.replica, self.catalogue, self.definition, field, fields, self.lang);
        let fields = set.keys().filter_map(|code| self.definition.field(code));
        fields
            .map(|field| (field, shown(field, before), shown(field, after)))
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
        let mut set = set.clone();
        self.replica.name_records(self.definition, &place.doc.to_string(), &mut set)?;
        let set = &set;
        if let Some(reached) = &self.reached {
            reached.references(self.catalogue, self.definition, set)?;
        }
        let prepared = self.replica.prepare_set(place, set, None).map_err(|error| self.unknown(error, set))?;
        let Some(trace) = Trace::of_change(place, &prepared.edit) else { return Ok(Vec::new()) };
        let mut after = place.fields.clone();
        after.extend(trace.after.clone());
        if let Some(reached) = self.reached.as_ref().filter(|_| self.definition.by_class()) {
            reached.of_class(&place.fields)?;
            reached.of_class(&after)?;
        }
        let moved = self.moves(set, &place.fields, &after);
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
