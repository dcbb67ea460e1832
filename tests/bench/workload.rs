//! `gen.py`'s students as edits of our ledgers, one Automerge change an event: identity → `enrolment`, check → `dropout_check`, care → `care_log`,
//! aid → `aid_application`, status → the application's next lifecycle step.

use crate::Result;
use huxue_shared::{
    document::{
        view::Value,
        write::{Edit, NewRecord, NewStep},
    },
    model::{DocId, SchoolCode, SchoolYear, Space},
    replica::{
        Replica,
        edit::{DocEdit, What},
        records, students,
    },
};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
};

/// Steps of an application that the school takes, in the order of the workload's statuses.
const STEPS: [&str; 5] = ["apply", "verify", "assess", "publish", "report"];
/// The year of the workload.
pub(crate) const YEAR: u16 = 2025;

/// One line of the workload.
#[derive(Debug)]
pub(crate) struct Student {
    /// Number of its school, from 0.
    pub(crate) school: usize,
    line: Json,
}

/// Calls `each` for every student, in the file's order (a school's students follow each other).
pub(crate) fn read(path: &Path, mut each: impl FnMut(Student) -> Result<()>) -> Result<()> {
    for line in BufReader::new(std::fs::File::open(path)?).lines() {
        let line: Json = serde_json::from_str(&line?)?;
        let school = usize::try_from(line["school"].as_u64().ok_or("a line without a school")?)?;
        each(Student { school, line })?;
    }
    Ok(())
}

/// Code of the `n`-th school.
pub(crate) fn school(n: usize) -> SchoolCode {
    // Ten digits by construction.
    format!("52990{:05}", n + 1).parse().unwrap_or_else(|_| unreachable!("a school code has ten digits"))
}

fn text(value: &Json) -> Value {
    Value::Str(value.as_str().unwrap_or_default().to_owned())
}

/// Field values under construction; empty ones are left out, as the forms do.
#[derive(Default)]
struct Fields(BTreeMap<String, Value>);

impl Fields {
    fn put(mut self, key: &str, value: Value) -> Self {
        if value != Value::Str(String::new()) {
            self.0.insert(key.to_owned(), value);
        }
        self
    }

    fn text(self, key: &str, value: &Json) -> Self {
        self.put(key, text(value))
    }

    fn word(self, key: &str, value: &str) -> Self {
        self.put(key, Value::Str(value.to_owned()))
    }
}

impl Student {
    /// Its document.
    pub(crate) fn doc(&self, replica: &Replica) -> DocId {
        let identity = &self.line["identity"];
        let (number, name) = (identity["idno"].as_str().unwrap_or_default(), identity["name"].as_str().unwrap_or_default());
        students::student_doc(&replica.id_key(school(self.school)), school(self.school), year(), number, name)
    }

    /// All its events but the last of the incremental phase, one edit each.
    pub(crate) fn edits(&self, replica: &Replica) -> Vec<DocEdit> {
        let mut applications: BTreeMap<i64, (String, Option<String>, usize)> = BTreeMap::new();
        let mut edits = vec![self.profile()];
        for event in self.line["events"].as_array().into_iter().flatten() {
            let aid = event["i"].as_i64().unwrap_or(0);
            edits.push(match event["t"].as_str().unwrap_or_default() {
                "care" => create(replica, "care_log", care(&event["f"])).0,
                "aid" => {
                    let (edit, key) = create(replica, "aid_application", application(&event["f"]));
                    applications.insert(aid, (key, None, 0));
                    edit
                }
                "status" => match applications.get_mut(&aid) {
                    Some((record, last, taken)) => step(replica, record, last, taken, &event["f"]),
                    None => continue,
                },
                _ => create(replica, "dropout_check", check(&event["f"])).0,
            });
        }
        let doc = self.doc(replica);
        edits.into_iter().map(|edit| DocEdit { space: space(self.school), doc, what: What::Edit(edit) }).collect()
    }

    /// The event of the incremental phase, if this student has one.
    pub(crate) fn increment(&self, replica: &Replica) -> Option<DocEdit> {
        let event = self.line["inc"].as_object()?;
        let (edit, _) = create(replica, "dropout_check", check(event.get("f")?));
        Some(DocEdit { space: space(self.school), doc: self.doc(replica), what: What::Edit(edit) })
    }

    fn profile(&self) -> Edit {
        let f = &self.line["identity"];
        let bool_of = |key: &str| f[key].as_bool().unwrap_or(false);
        let fields = Fields::default()
            .text("name", &f["name"])
            .word("sex", if f["sex"] == "男" { "male" } else { "female" })
            .text("birth", &f["birth"])
            .word("id_type", "resident")
            .text("id_no", &f["idno"])
            .text("student_no", &f["studentno"])
            .put("grade", Value::Int(f["grade"].as_i64().unwrap_or(1)))
            .put("class", Value::Int(f["class"].as_i64().unwrap_or(1)))
            .word("stage", if f["grade"].as_i64().unwrap_or(1) > 6 { "junior" } else { "primary" })
            .word("boarding", if bool_of("boarding") { "board" } else { "day" })
            .word("hukou_kind", if f["household"] == "农业" { "rural" } else { "urban" })
            .text("guardian", &f["guardian"])
            .text("guardian_relation", &f["relation"])
            .text("guardian_phone", &f["phone"])
            .text("address", &f["address"])
            .put("left_behind", Value::Bool(bool_of("leftbehind")))
            .word("status", "present")
            .text("entered_on", &f["enrolled"])
            .text("on", &f["enrolled"]);
        records::profile_edit(fields.0, 1)
    }
}

/// The workload's school year.
pub(crate) fn year() -> SchoolYear {
    SchoolYear::new(YEAR).unwrap_or_else(|| unreachable!("2025 is a school year"))
}

/// The space of the `n`-th school's records.
pub(crate) fn space(n: usize) -> Space {
    Space::school(school(n), year())
}

fn create(replica: &Replica, ledger: &str, fields: Fields) -> (Edit, String) {
    let key = format!("{ledger}:{}", replica.clock().ulid());
    let fields = fields.put("_v", Value::Int(1)).0;
    (Edit { creates: vec![NewRecord { key: key.clone(), fields }], ..Edit::default() }, key)
}

fn check(f: &Json) -> Fields {
    let state = match f["reason"].as_str().unwrap_or_default() {
        "在校" => "present",
        "病假" | "事假" => "leave",
        "随迁转学" => "transferred",
        "休学" => "suspended",
        _ => "absent",
    };
    let method = match f["method"].as_str().unwrap_or_default() {
        "电话核实" => "phone",
        "入户走访" => "door",
        "系统比对" => "list",
        _ => "roll",
    };
    Fields::default()
        .text("on", &f["date"])
        .word("method", method)
        .word("state", state)
        .put("days_absent", if state == "absent" { Value::Int(1) } else { Value::Str(String::new()) })
        .text("checked_by", &f["by"])
        .put("poor_household", Value::Bool(false))
        .word("contacted", if f["confirmed"] == true { "guardian" } else { "none" })
        .text("note", &f["remark"])
}

fn care(f: &Json) -> Fields {
    let kind = match f["kind"].as_str().unwrap_or_default() {
        "家访" => "visit",
        "电话" => "call",
        "活动" => "room",
        _ => "talk",
    };
    Fields::default()
        .text("on", &f["date"])
        .word("kind", kind)
        .text("by", &f["by"])
        .put("with.guardian", Value::Bool(true))
        .put("reached", Value::Bool(f["mood"] == "稳定"))
        .text("done", &f["guardian_contact"])
        .put("follow_up", Value::Bool(f["follow_up"] == true))
        .text("next_on", &f["next"])
        .text("found", &f["note"])
}

fn application(f: &Json) -> Fields {
    let category = match f["category"].as_str().unwrap_or_default() {
        "低保" => "categories.rural_allowance",
        "残疾" => "categories.disabled",
        "孤儿" => "categories.orphan",
        _ => "categories.migrant_child",
    };
    Fields::default()
        .text("on", &f["applied"])
        .text("programme", &f["program"])
        .word("applicant", "guardian")
        .put(category, Value::Bool(true))
        .text("reason", &f["evidence"])
        .put("snapshot.income_year", Value::Int(f["income_fen"].as_i64().unwrap_or(0)))
        .put("snapshot.household_size", Value::Int(f["family"].as_i64().unwrap_or(0)))
        .text("note", &f["account"])
        .text("agrees_by", &f["reviewer"])
        .text("by", &f["status_by"])
        .text("check_text", &f["idno"])
        .text("village_opinion_note", &f["holder"])
        .put("asked_amount", Value::Int(f["amount_fen"].as_i64().unwrap_or(0)))
        .word("level", "general")
}

fn step(replica: &Replica, record: &str, last: &mut Option<String>, taken: &mut usize, f: &Json) -> Edit {
    let id = replica.clock().ulid().to_string();
    let name = STEPS.get(*taken).copied().unwrap_or("report");
    let fields = Fields::default()
        .word("name", name)
        .text("on", &f["status_at"])
        .text("by", &f["status_by"])
        .word("follows", last.as_deref().unwrap_or_default())
        .put("_v", Value::Int(1))
        .0;
    *taken += 1;
    *last = Some(id.clone());
    Edit { steps: vec![NewStep { record: record.to_owned(), id, fields }], ..Edit::default() }
}
