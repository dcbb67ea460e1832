//! A new school year. The county publishes it; each school's replica applies it, also offline; twice changes nothing, and two nodes of a school meet in the same
//! documents (DESIGN §2): next year's document of a child is derived from school, year, number and name, or from this year's document.
//!
//! Promoted: every child present. Graduated: children in the school's last grade leave (status `graduated` in the old year). Open cases and applications are carried
//! on by reference, closed ones are not copied. What was corrected by hand in the new year is never overwritten: a child that has a document there is left alone.

use super::{
    Replica, Result, Role,
    edit::{DocEdit, What},
    records::profile_edit,
    students,
};
use crate::{
    document::{
        view::Value,
        write::{self, Edit, NewRecord, Target},
    },
    fault::{Exit, Fault},
    ledger::definition::Subject,
    model::{DocId, SchoolCode, SchoolYear, Space, codes::IdNumber},
    store::log,
};
use jiff::civil::Date;
use rusqlite::{Connection, params};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};

/// Ledger whose records open a year.
pub(super) const LEDGER: &str = "school_year";

/// What opening a year did at one school.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rolled {
    /// Children with a document in the new year that they did not have before.
    pub promoted: u64,
    /// Children who left with the last grade.
    pub graduated: u64,
    /// Open records carried on by reference.
    pub carried: u64,
    /// Children who were there already.
    pub present: u64,
}

/// Not carried into the new year: judged anew every year, or true only of the year past.
const NOT_COPIED: [&str; 4] = ["hardship_level", "whereabouts_after", "void", "void_reason"];

struct Pupil {
    doc: DocId,
    fields: BTreeMap<String, Value>,
    open: Vec<(String, String)>,
}

impl Replica {
    /// Publishes a new school year (hub): one record; schools apply it when it reaches them. Again: nothing changes.
    ///
    /// # Errors
    /// `year-absurd`; the store's.
    pub fn open_year(self: &Arc<Self>, year: u16) -> Result<bool> {
        let year = SchoolYear::new(year).ok_or_else(|| Fault::new("year-absurd", Exit::Input).with("year", year))?;
        if self.me.role != Role::Hub {
            return Err(Fault::new("year-at-hub", Exit::NotAllowed).into());
        }
        let known: bool = self.store.read(|c| -> Result<bool> {
            Ok(c.query_row("SELECT EXISTS(SELECT 1 FROM record_school_year WHERE year = ?1 AND void = 0)", [year.start()], |r| r.get(0))?)
        })?;
        if known {
            return Ok(false);
        }
        // Published in the space of the year it opens, which every school shares from its first HELLO on.
        let space = Space::published(year);
        let fields = BTreeMap::from([
            ("_v".to_owned(), Value::Int(1)),
            ("on".to_owned(), Value::Str(self.clock.today().to_string())),
            ("year".to_owned(), Value::Int(i64::from(year.start()))),
            ("opens_on".to_owned(), Value::Str(format!("{year}-09-01"))),
        ]);
        let edit = Edit { creates: vec![NewRecord { key: format!("{LEDGER}:Y{year}"), fields }], ..Edit::default() };
        self.commit(vec![DocEdit { space, doc: students::county_doc(space, LEDGER, 0), what: What::Edit(edit) }])?;
        Ok(true)
    }

    /// Applies every opened year this school has not applied yet. Called by the node when published records arrive.
    ///
    /// # Errors
    /// The store's.
    pub fn apply_opened_years(self: &Arc<Self>) -> Result<Vec<(SchoolYear, Rolled)>> {
        let Role::Node(school) = self.me.role else { return Ok(Vec::new()) };
        let years: Vec<u16> = self.store.read(|c| -> Result<Vec<u16>> {
            let mut statement = c.prepare_cached("SELECT DISTINCT year FROM record_school_year WHERE void = 0 ORDER BY year")?;
            Ok(statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let mut out = Vec::new();
        for year in years.into_iter().filter_map(SchoolYear::new) {
            let key = format!("year-applied/{year}");
            let done = self.store.read(|c| super::setting(c, &key))?.is_some();
            if !done {
                out.push((year, self.roll(school, year)?));
                self.store.write(move |c| super::put_setting(c, &key, b"1"))?;
            }
        }
        Ok(out)
    }

    /// Promotes this school's children into `year`. Safe to repeat.
    ///
    /// # Errors
    /// The store's.
    pub fn roll(self: &Arc<Self>, school: SchoolCode, year: SchoolYear) -> Result<Rolled> {
        let Some(before) = SchoolYear::new(year.start() - 1) else { return Err(Fault::new("year-absurd", Exit::Input).with("year", year).into()) };
        let open = self.open_states();
        let stage = self.school_stage(school)?;
        let pupils = self.store.read(|c| pupils(c, school, before, &open))?;
        let mut rolled = Rolled::default();
        let mut edits = Vec::new();
        for pupil in &pupils {
            self.roll_one(school, before, year, stage.as_deref(), pupil, &mut edits, &mut rolled)?;
        }
        self.commit(edits)?;
        Ok(rolled)
    }

    #[expect(clippy::too_many_arguments, reason = "one pupil against one year")]
    fn roll_one(
        &self,
        school: SchoolCode,
        before: SchoolYear,
        year: SchoolYear,
        stage: Option<&str>,
        pupil: &Pupil,
        edits: &mut Vec<DocEdit>,
        rolled: &mut Rolled,
    ) -> Result<()> {
        let (old_space, space) = (Space::school(school, before), Space::school(school, year));
        let grade = match pupil.fields.get("grade") {
            Some(Value::Int(grade)) => *grade,
            _ => 0,
        };
        let last = last_grade(stage, grade);
        if grade >= last {
            let set = (Target::Subject, "status".to_owned(), Value::Str("graduated".into()));
            edits.push(DocEdit { space: old_space, doc: pupil.doc, what: What::Edit(Edit { sets: vec![set], ..Edit::default() }) });
            rolled.graduated += 1;
            return Ok(());
        }
        let doc = self.doc_in(school, year, pupil);
        let exists = self.store.read(|c| log::find_doc(c, doc))?.is_some();
        if exists {
            rolled.present += 1;
        } else {
            let mut fields: BTreeMap<String, Value> =
                pupil.fields.iter().filter(|(key, _)| !NOT_COPIED.contains(&key.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect();
            fields.insert("grade".into(), Value::Int(grade + 1));
            if let Some(next) = stage_of(grade + 1) {
                fields.insert("stage".into(), Value::Str(next.into()));
            }
            fields.insert("on".into(), Value::Str(format!("{year}-09-01")));
            let version = self.catalogue().latest("enrolment").map_or(1, |d| d.version);
            edits.push(DocEdit { space, doc, what: What::Edit(profile_edit(fields, version)) });
            rolled.promoted += 1;
        }
        for (key, ledger) in &pupil.open {
            if let Some(written) = carry(doc, key, ledger, year) {
                edits.push(DocEdit { space, doc, what: What::Rule(Box::new(written)) });
                rolled.carried += 1;
            }
        }
        Ok(())
    }

    fn doc_in(&self, school: SchoolCode, year: SchoolYear, pupil: &Pupil) -> DocId {
        let text = |key: &str| match pupil.fields.get(key) {
            Some(Value::Str(text)) => text.as_str(),
            _ => "",
        };
        let key = self.id_key(school);
        match text("id_no").parse::<IdNumber>() {
            Ok(number) => students::student_doc(&key, school, year, number.as_str(), text("name")),
            Err(_) => students::next_doc(&key, pupil.doc, year),
        }
    }

    fn school_stage(&self, school: SchoolCode) -> Result<Option<String>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT stage FROM record_school WHERE code = ?1 AND void = 0 ORDER BY _year DESC LIMIT 1")?;
            let mut rows = statement.query([school.to_string()])?;
            Ok(match rows.next()? {
                Some(row) => row.get(0)?,
                None => None,
            })
        })
    }

    /// Ledgers of students with a lifecycle, and their open states.
    fn open_states(&self) -> BTreeMap<String, Vec<String>> {
        let catalogue = self.catalogue();
        catalogue
            .iter_latest()
            .filter(|d| d.subject == Subject::Student)
            .filter_map(|d| {
                let lifecycle = d.lifecycle.as_ref()?;
                let open = lifecycle.states.iter().filter(|s| s.open).map(|s| s.code.clone()).collect();
                Some((d.code.clone(), open))
            })
            .collect()
    }
}

/// The last grade a school of this stage teaches. Without a known stage: six years of primary, nine with junior, twelve with senior.
fn last_grade(stage: Option<&str>, grade: i64) -> i64 {
    match stage {
        Some("preschool") => 0,
        Some("primary" | "teaching_point") => 6,
        Some("junior" | "nine_year" | "special") => 9,
        Some("senior" | "complete" | "vocational") => 12,
        _ if grade <= 6 => 6,
        _ if grade <= 9 => 9,
        _ => 12,
    }
}

fn stage_of(grade: i64) -> Option<&'static str> {
    match grade {
        1..=6 => Some("primary"),
        7..=9 => Some("junior"),
        _ => None,
    }
}

/// The record that carries `key` on into the new year: the same bytes on every node.
fn carry(doc: DocId, key: &str, ledger: &str, year: SchoolYear) -> Option<write::Written> {
    let hash = blake3::Hasher::new_derive_key("huxue carried record v1").update(&doc.0).update(key.as_bytes()).finalize();
    let new_key = format!("{ledger}:{}", hash.to_hex().as_str().get(..26)?);
    let day: Date = format!("{year}-09-01").parse().ok()?;
    let fields = BTreeMap::from([
        ("_v".to_owned(), Value::Int(1)),
        ("on".to_owned(), Value::Str(day.to_string())),
        ("continues".to_owned(), Value::Str(key.to_owned())),
    ]);
    crate::document::deterministic(doc, &new_key, &fields, day).ok()
}

fn pupils(c: &Connection, school: SchoolCode, year: SchoolYear, open: &BTreeMap<String, Vec<String>>) -> Result<Vec<Pupil>> {
    let mut statement = c.prepare(
        "SELECT d.n, d.id, r.fields FROM record_enrolment e JOIN doc d ON d.n = e._doc JOIN record r ON r.doc = e._doc AND r.id = e._id
         WHERE e._school = ?1 AND e._year = ?2 AND e.status = 'present' AND e.closed_heads IS NULL AND e.void = 0 ORDER BY d.id",
    )?;
    let rows: Vec<(i64, DocId, String)> = statement
        .query_map(params![school.to_string(), year.start()], |r| Ok((r.get(0)?, DocId(r.get(1)?), r.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut cases = c.prepare("SELECT id, ledger, state, continues FROM record WHERE doc = ?1 AND void = 0 AND state IS NOT NULL ORDER BY id")?;
    let mut out = Vec::with_capacity(rows.len());
    for (n, doc, fields) in rows {
        let fields: BTreeMap<String, Value> = serde_json::from_str(&fields).unwrap_or_default();
        let found: Vec<(String, String, String, Option<String>)> =
            cases.query_map([n], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?.collect::<rusqlite::Result<_>>()?;
        let still_open = found
            .into_iter()
            // What was itself carried on is carried on from where it began.
            .filter_map(|(id, ledger, state, continues)| {
                let root = continues.unwrap_or(id);
                open.get(&ledger).is_some_and(|states| states.contains(&state)).then_some((root, ledger))
            })
            .collect();
        out.push(Pupil { doc, fields, open: still_open });
    }
    Ok(out)
}
