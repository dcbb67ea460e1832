//! What is said of rows before they are written. Asked about, once, as the desk's forms ask: what a definition's checks ask about (`ask = true`), required fields that ask and
//! are left empty, a record that says the same as one there or is like it (`[alike]`), a new child of the name of another or of whom something must be known, a child that gets
//! another name or number. Only told: what else is missing, or does not fit.
//!
//! The rows of one file count together: two payments that are each within what was approved, and above it together, are asked about; so is the second of two rows alike.

use super::Trace;
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Form, Required, Subject},
        validate::{self, Finding, FindingCode},
    },
    locale::{self, Lang},
    replica::{
        Replica, Result, alike,
        browse::{Row, Wanted},
        students::normal_name,
    },
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// What is said of a row.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Has to be answered before it is written.
    pub(super) asks: Vec<Fault>,
    /// Is to be looked at.
    pub(super) told: Vec<Fault>,
}

impl Said {
    /// Takes up what was found: of a row that corrects, what the correction brings about.
    fn sort(&mut self, definition: &Definition, trace: &Trace, found: Vec<Finding>) {
        for finding in found.iter().filter(|finding| trace.new || touches(definition, finding, &trace.after)) {
            let to = if asking(definition, finding) { &mut self.asks } else { &mut self.told };
            to.push(finding.fault(definition));
        }
    }
}

/// By the place of the row. `written`: what each row writes.
pub(super) fn of(replica: &Replica, definition: &Definition, written: &[(usize, Trace)], lang: Lang) -> Result<BTreeMap<usize, Said>> {
    let mut out: BTreeMap<usize, Said> = BTreeMap::new();
    let initial = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.clone());
    let (mut after, mut states) = (BTreeMap::new(), BTreeMap::new());
    for (_, trace) in written.iter().filter(|(_, trace)| !trace.record.is_empty()) {
        let (mut fields, state): (BTreeMap<String, Value>, _) = if trace.new {
            (BTreeMap::new(), initial.clone())
        } else {
            let place = replica.locate(&trace.record)?;
            (place.fields, place.state)
        };
        fields.extend(trace.after.clone());
        after.insert(trace.record.clone(), fields);
        states.insert(trace.record.clone(), state);
    }
    let mut there = There::default();
    let mut classes = Classes::of(replica, definition, written)?;
    for (at, trace) in written {
        let said = out.entry(*at).or_default();
        let Some(fields) = after.get(&trace.record) else {
            said.asks.extend(lacking(replica, definition, trace));
            said.asks.extend(namesake(replica, definition, trace)?.or_else(|| classes.twice(trace)));
            said.asks.extend(classes.new_class(replica, trace, lang)?);
            said.asks.extend(renamed(definition, trace));
            corrected(replica, definition, trace, said)?;
            continue;
        };
        let state = states.get(&trace.record).and_then(Option::as_deref);
        let found = replica.around_among(&trace.record, &after, |around| validate::findings(definition, fields, state, around));
        said.sort(definition, trace, found);
        if trace.new {
            said.asks.extend(there.like(replica, definition, trace, fields, initial.as_deref(), lang)?);
        }
    }
    Ok(out)
}

/// Whether what was changed brings this about.
fn touches(definition: &Definition, finding: &Finding, set: &BTreeMap<String, Value>) -> bool {
    if finding.code == FindingCode::Check {
        return finding.about.iter().any(|name| set.contains_key(name));
    }
    matches!(definition.field(&finding.field).map(|field| &field.required), Some(Required::When(when)) if when.fields().iter().any(|code| set.contains_key(*code)))
}

/// Whether the definition has it asked about.
fn asking(definition: &Definition, finding: &Finding) -> bool {
    match finding.code {
        FindingCode::Check => definition.checks.iter().any(|check| check.asks() && Some(&check.message) == finding.message.as_ref()),
        FindingCode::Missing => definition.field(&finding.field).is_some_and(|field| field.ask),
        _ => false,
    }
}

/// Records of a school's ledger of one day that are looked through.
const ON_A_DAY_MAX: u32 = 500;

/// The records there are of each child, or of the school on each day, with those that rows before have made.
#[derive(Debug, Default)]
struct There(BTreeMap<String, (Vec<Row>, Vec<Row>)>);

impl There {
    fn like(
        &mut self,
        replica: &Replica,
        definition: &Definition,
        trace: &Trace,
        fields: &BTreeMap<String, Value>,
        state: Option<&str>,
        lang: Lang,
    ) -> Result<Option<Fault>> {
        let child = definition.subject == Subject::Student;
        // Of the school's own only what the definition calls alike is looked for, on its day.
        if !child && definition.alike.is_none() {
            return Ok(None);
        }
        let on = match fields.get("on") {
            Some(Value::Str(on)) => Some(on.clone()),
            _ => None,
        };
        let doc = trace.doc.to_string();
        let (known, earlier) = match self.0.entry(if child { doc.clone() } else { on.clone().unwrap_or_default() }) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let rows = if child {
                    replica.records_of(&doc)?
                } else {
                    let (from, to) = (on.clone(), on.clone());
                    replica.page(definition, &Wanted { from, to, limit: ON_A_DAY_MAX, ..Wanted::default() })?.rows
                };
                let rows = rows.into_iter().filter(|row| row.ledger == definition.code && !row.void);
                entry.insert((rows.collect(), Vec::new()))
            }
        };
        // Who wrote it, and under which version, says nothing of what it says.
        let same = |row: &Row, key: &str, value: &Value| key == "by" || key.starts_with('_') || row.fields.get(key) == Some(value);
        let said = |row: &Row| fields.iter().all(|(key, value)| same(row, key, value));
        let code = if known.iter().any(said) {
            "import-row-same"
        } else if !alike::like(definition, fields, known.clone()).is_empty() {
            "import-row-alike"
        } else if !alike::like(definition, fields, earlier.clone()).is_empty() {
            "import-row-alike-earlier"
        } else {
            ""
        };
        earlier.push(Row { on, fields: fields.clone(), state: state.map(str::to_owned), ..Row::default() });
        Ok((!code.is_empty()).then(|| Fault::new(code, Exit::Found).with("within", alike::within(definition, lang))))
    }
}

/// Fewest rows of one column that are taken for slipped: two that swapped may be meant.
const SLIPPED_MIN: usize = 4;

/// A column of a table: its title, and of each row that changes it where that stands, from what and to what.
type Column = (String, Vec<(usize, String, String)>);

/// Rows of a column in which the same values stand as before, and of other children: it was sorted alone.
fn slipped(rows: &mut [Json], lang: Lang) {
    let mut moved: BTreeMap<String, Column> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row["accept"] == true) {
        for cell in row["cells"].as_array().into_iter().flatten() {
            let word = |key: &str| cell[key].as_str().unwrap_or_default().to_owned();
            let column = moved.entry(word("field")).or_insert_with(|| (word("title"), Vec::new()));
            column.1.push((at, word("from"), word("to")));
        }
    }
    for (title, cells) in moved.into_values().filter(|(_, cells)| cells.len() >= SLIPPED_MIN) {
        let sorted = |of: fn(&(usize, String, String)) -> &String| {
            let mut all: Vec<&String> = cells.iter().map(of).filter(|text| !text.is_empty()).collect();
            all.sort_unstable();
            all
        };
        let (before, after) = (sorted(|cell| &cell.1), sorted(|cell| &cell.2));
        let several = before.first() != before.last();
        if several && before == after {
            let said = locale::fault(lang, &Fault::new("import-column-slipped", Exit::Found).with("title", title).with("count", cells.len())).0;
            for (at, ..) in &cells {
                rows.get_mut(*at).into_iter().for_each(|row| ask(row, &said));
            }
        }
    }
}

/// What is asked about the rows of a roster, beside what is said of each.
pub(super) fn of_roster(replica: &Replica, answer: &mut Json, hash: &str, lang: Lang) -> Result<()> {
    if let Some(rows) = answer["rows"].as_array_mut() {
        overwriting(replica, rows, hash, lang)?;
        slipped(rows, lang);
    }
    Ok(())
}

/// Of a roster: rows that write over what the school has; and whether this very file was taken in before, since when it may have been put right here.
fn overwriting(replica: &Replica, rows: &mut [Json], hash: &str, lang: Lang) -> Result<()> {
    let hash = hash.to_owned();
    let before: Option<String> = replica.store().read(|c| -> Result<_> {
        let mut statement = c.prepare_cached("SELECT max(at) FROM import WHERE sha256 = ?1 AND kind = 'roster' AND undone IS NULL")?;
        Ok(statement.query_row([hash], |row| row.get(0))?)
    })?;
    let fault = before
        .map_or_else(|| Fault::new("import-row-overwrites", Exit::Found), |at| Fault::new("import-row-overwrites-again", Exit::Found).with("at", at));
    let said = locale::fault(lang, &fault).0;
    // A file that comes back from being void writes over nothing by that.
    let filled = |cell: &Json| cell["field"] != "void" && cell["from"].as_str().is_some_and(|from| !from.is_empty());
    let over = |row: &&mut Json| row["accept"] == true && row["cells"].as_array().is_some_and(|cells| cells.iter().any(filled));
    rows.iter_mut().filter(over).for_each(|row| ask(row, &said));
    Ok(())
}

/// What is asked about the rows of a ledger together. `ids_lost`: it is a workbook of ours without its column of record ids.
pub(super) fn of_table(rows: &mut [Json], ids_lost: bool, lang: Lang) {
    slipped(rows, lang);
    let undated = locale::fault(lang, &Fault::new("import-row-undated", Exit::Found)).0;
    rows.iter_mut().filter(|row| row["undated"] == true).for_each(|row| ask(row, &undated));
    if ids_lost {
        without_ids(rows, lang);
    }
}

/// Of a workbook of ours whose column of record ids is gone: every row would be a new record.
fn without_ids(rows: &mut [Json], lang: Lang) {
    let said = locale::fault(lang, &Fault::new("import-ids-lost", Exit::Found)).0;
    rows.iter_mut().filter(|row| row["accept"] == true && row["same"] != true).for_each(|row| ask(row, &said));
}

fn ask(row: &mut Json, said: &str) {
    match row["asks"].as_array_mut() {
        Some(asks) => asks.push(json!(said)),
        None => row["asks"] = json!([said]),
    }
}

/// A new child of the name of one on file, born on that day or on a day that is not known.
fn namesake(replica: &Replica, definition: &Definition, trace: &Trace) -> Result<Option<Fault>> {
    let text = |code: &str| match trace.after.get(code) {
        Some(Value::Str(text)) => text.as_str(),
        _ => "",
    };
    let (name, birth) = (text("name"), text("birth"));
    if definition.form != Form::Profile || !trace.new || name.is_empty() {
        return Ok(None);
    }
    let there = replica.namesakes(definition, name, |known| known == birth || known.is_empty() || birth.is_empty())?;
    Ok((!there.is_empty()).then(|| Fault::new("import-row-namesake", Exit::Found).with("name", name)))
}

/// Rows of one class that make it a class: fewer may be a slip of the finger.
const CLASS_MIN: usize = 3;

/// Children and classes that the files of children name, and those on file.
struct Classes {
    profile: bool,
    /// Children by class, on file and in the rows.
    known: BTreeMap<(i64, i64), BTreeSet<String>>,
    /// New children of the rows so far, by name and birth date.
    seen: BTreeSet<(String, String)>,
}

impl Classes {
    fn of(replica: &Replica, definition: &Definition, written: &[(usize, Trace)]) -> Result<Self> {
        let profile = definition.form == Form::Profile && definition.subject == Subject::Student;
        let mut out = Self { profile, known: BTreeMap::new(), seen: BTreeSet::new() };
        if !profile {
            return Ok(out);
        }
        let moved: BTreeSet<String> = written.iter().filter(|(_, trace)| moves(trace)).map(|(_, trace)| trace.doc.to_string()).collect();
        for pupil in replica.pupils(replica.this_year()?)?.into_iter().filter(|pupil| !moved.contains(&pupil.student)) {
            if let Some(class) = pupil.grade.zip(pupil.class) {
                out.known.entry(class).or_default().insert(pupil.student);
            }
        }
        for (_, trace) in written.iter().filter(|(_, trace)| moves(trace)) {
            if let Some(class) = class_after(replica, trace)? {
                out.known.entry(class).or_default().insert(trace.doc.to_string());
            }
        }
        Ok(out)
    }

    /// A new child whom an earlier row of the file has already.
    fn twice(&mut self, trace: &Trace) -> Option<Fault> {
        let text = |code: &str| match trace.after.get(code) {
            Some(Value::Str(text)) => normal_name(text),
            _ => String::new(),
        };
        let new = self.profile && trace.new && !text("name").is_empty();
        (new && !self.seen.insert((text("name"), text("birth")))).then(|| Fault::new("import-row-namesake", Exit::Found).with("name", text("name")))
    }

    /// A class in which nobody of the grade is but a row or two of this file.
    fn new_class(&self, replica: &Replica, trace: &Trace, lang: Lang) -> Result<Option<Fault>> {
        let Some((grade, class)) = (if self.profile && moves(trace) { class_after(replica, trace)? } else { None }) else { return Ok(None) };
        let here = self.known.get(&(grade, class)).map_or(0, BTreeSet::len);
        let others =
            self.known.range((grade, i64::MIN)..=(grade, i64::MAX)).any(|((_, other), children)| *other != class && children.len() >= CLASS_MIN);
        let fault = || Fault::new("web-class-new", Exit::Found).with("field", "class").with("class", class);
        Ok((others && here < CLASS_MIN).then(|| fault().with("grade", crate::replica::names::class(Some(grade), None, lang))))
    }
}

/// The row puts a child into a class.
fn moves(trace: &Trace) -> bool {
    ["grade", "class"].iter().any(|code| trace.after.contains_key(*code))
}

fn class_after(replica: &Replica, trace: &Trace) -> Result<Option<(i64, i64)>> {
    let before = if trace.new { BTreeMap::new() } else { replica.locate(&trace.doc.to_string())?.fields };
    let number = |code: &str| match trace.after.get(code).or_else(|| before.get(code)) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    Ok(number("grade").zip(number("class")))
}

/// Another name or number than the child's file has: of a file of which one column was sorted every row has another child's.
fn renamed(definition: &Definition, trace: &Trace) -> Option<Fault> {
    let moved = |code: &str| {
        let plain = |fields: &BTreeMap<String, Value>| match fields.get(code) {
            Some(Value::Str(text)) => normal_name(text),
            _ => String::new(),
        };
        trace.after.contains_key(code) && !plain(&trace.before).is_empty() && plain(&trace.before) != plain(&trace.after)
    };
    let profile = definition.form == Form::Profile && !trace.new;
    (profile && ["name", "id_no", "student_no"].into_iter().any(moved)).then(|| Fault::new("import-row-renamed", Exit::Found))
}

/// What a correction of a child's file brings about: that it left, without the day and where it went.
fn corrected(replica: &Replica, definition: &Definition, trace: &Trace, said: &mut Said) -> Result<()> {
    if definition.form != Form::Profile || trace.new {
        return Ok(());
    }
    let id = trace.doc.to_string();
    let mut fields = replica.locate(&id)?.fields;
    fields.extend(trace.after.clone());
    let found = replica.around_record(&id, |around| validate::findings(definition, &fields, None, around));
    said.sort(definition, trace, found);
    Ok(())
}

/// Required fields that a new child's row leaves empty; of another row none.
fn lacking(replica: &Replica, definition: &Definition, trace: &Trace) -> Vec<Fault> {
    if definition.form != Form::Profile || !trace.new {
        return Vec::new();
    }
    let found = replica.around(|around| validate::findings(definition, &trace.after, None, around));
    found.iter().filter(|finding| finding.code == FindingCode::Missing).map(|finding| finding.fault(definition)).collect()
}
