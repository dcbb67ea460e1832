//! Which document is whose, and finding a child by what a person types.

use super::{Replica, Result, Role};
use crate::{
    fault::{Exit, Fault},
    ledger::definition::Subject,
    model::{DocId, SchoolCode, SchoolYear, Space, SpaceKind},
};
use rusqlite::{Connection, params};
use serde::Serialize;

/// The key under which a school's document ids are derived: known to the school's nodes and the hub, so that an id tells nobody else a number.
#[must_use]
pub fn school_key(county_secret: &[u8; 32], school: SchoolCode) -> [u8; 32] {
    *blake3::keyed_hash(county_secret, format!("huxue school id key v1 {school}").as_bytes()).as_bytes()
}

/// Name as it enters an id: NFKC without spaces, so that two nodes typing it differently still meet.
#[must_use]
pub fn normal_name(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    name.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Document of a child with a valid identity number: keyed hash of school, year, number and normalised name (DESIGN §2).
#[must_use]
pub fn student_doc(key: &[u8; 32], school: SchoolCode, year: SchoolYear, number: &str, name: &str) -> DocId {
    derived(key, &format!("student\n{school}\n{year}\n{number}\n{}", normal_name(name)))
}

/// Next year's document of a child without a number: derived from this year's, so that every node makes the same.
#[must_use]
pub fn next_doc(key: &[u8; 32], doc: DocId, year: SchoolYear) -> DocId {
    derived(key, &format!("next\n{doc}\n{year}"))
}

/// Document a school will have of a child without a number that the county moves to it: derived from the one at the school left.
#[must_use]
pub fn moved_doc(key: &[u8; 32], doc: DocId, year: SchoolYear) -> DocId {
    derived(key, &format!("moved\n{doc}\n{year}"))
}

fn derived(key: &[u8; 32], text: &str) -> DocId {
    let mut id = [0u8; 16];
    blake3::Hasher::new_keyed(key).update(text.as_bytes()).finalize_xof().fill(&mut id);
    DocId(id)
}

/// The school's own document of a space (school, year).
#[must_use]
pub fn school_doc(space: Space) -> DocId {
    public("huxue school document v1", space, "", 0)
}

/// The county's `index`-th document of a ledger in one of its spaces.
#[must_use]
pub fn county_doc(space: Space, ledger: &str, index: u32) -> DocId {
    public("huxue county document v1", space, ledger, index)
}

fn public(context: &str, space: Space, ledger: &str, index: u32) -> DocId {
    let mut id = [0u8; 16];
    blake3::Hasher::new_derive_key(context)
        .update(&space.to_bytes())
        .update(ledger.as_bytes())
        .update(&index.to_be_bytes())
        .finalize_xof()
        .fill(&mut id);
    DocId(id)
}

/// Whose document it is.
#[must_use]
pub fn subject_of(doc: DocId, space: Space) -> Subject {
    match space.kind {
        SpaceKind::School if doc == school_doc(space) => Subject::School,
        SpaceKind::School => Subject::Student,
        SpaceKind::Published | SpaceKind::CountySchool | SpaceKind::Internal => Subject::County,
    }
}

/// A child that fits what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Document.
    pub doc: DocId,
    /// School code.
    pub school: String,
    /// School year.
    pub year: u16,
    /// Name.
    pub name: String,
    /// Grade.
    pub grade: Option<i64>,
    /// Class.
    pub class: Option<i64>,
    /// Status code.
    pub status: Option<String>,
}

impl Replica {
    /// Key of `school`'s document ids.
    pub fn id_key(&self, school: SchoolCode) -> [u8; 32] {
        match self.me.role {
            Role::Node(_) => self.me.id_secret,
            Role::Hub => school_key(&self.me.id_secret, school),
        }
    }

    /// The school year a command means when it names none.
    ///
    /// # Errors
    /// A clock so wrong that there is no such year.
    pub fn this_year(&self) -> Result<SchoolYear> {
        SchoolYear::of(self.clock.today()).ok_or_else(|| Fault::new("clock-absurd", Exit::Storage).with("today", self.clock.today()).into())
    }

    /// Children that fit `text` (identity number, student number, name, or the beginning of a document id) in `year`.
    ///
    /// # Errors
    /// The store's.
    pub fn find_students(&self, text: &str, year: Option<SchoolYear>) -> Result<Vec<Hit>> {
        let text = text.trim().to_owned();
        self.store.read(|c| find(c, &text, year))
    }

    /// Exactly one child, in `year` (this year when none is named, the newest year that has the child otherwise).
    ///
    /// # Errors
    /// `student-none`, `student-several` with who they are.
    pub fn one_student(&self, text: &str, year: Option<SchoolYear>) -> Result<Hit> {
        let mut hits = self.find_students(text, year)?;
        if year.is_none()
            && let Some(newest) = hits.iter().map(|h| h.year).max()
        {
            hits.retain(|h| h.year == newest);
        }
        match hits.len() {
            0 => Err(Fault::new("student-none", Exit::NoMatch).with("ref", text).into()),
            1 => hits.pop().ok_or_else(|| Fault::internal("a hit vanished").into()),
            n => {
                // As many digits as tell them apart: those made in one minute begin alike.
                let all: Vec<String> = hits.iter().map(|hit| hit.doc.to_string()).collect();
                let short =
                    |digits: usize| all.iter().filter_map(|doc| doc.get(..digits)).collect::<std::collections::BTreeSet<_>>().len() == all.len();
                let digits = (8..32).find(|digits| short(*digits)).unwrap_or(32);
                let list: Vec<String> = hits
                    .iter()
                    .take(8)
                    .map(|h| {
                        format!(
                            "{} {}({}) {}",
                            h.doc.to_string().get(..digits).unwrap_or_default(),
                            h.grade.unwrap_or(0),
                            h.class.unwrap_or(0),
                            h.school
                        )
                    })
                    .collect();
                Err(Fault::new("student-several", Exit::NoMatch).with("ref", text).with("count", n).with("list", list.join("; ")).into())
            }
        }
    }
}

fn find(c: &Connection, text: &str, year: Option<SchoolYear>) -> Result<Vec<Hit>> {
    let upper = text.to_uppercase();
    let lower = text.to_lowercase();
    let is_hex = text.len() >= 4 && text.bytes().all(|b| b.is_ascii_hexdigit());
    // One index each: joined by OR, SQLite would read every child of the county. A profile's id is its document's.
    let mut statement = c.prepare_cached(
        "SELECT _student, _school, _year, name, grade, class, status FROM record_enrolment WHERE _n IN (
           SELECT _n FROM record_enrolment WHERE id_no = ?1 UNION SELECT _n FROM record_enrolment WHERE student_no = ?1
           UNION SELECT _n FROM record_enrolment WHERE name = ?2 UNION SELECT n FROM record WHERE ?3 AND id >= ?4 AND id < ?4 || 'g')
         AND (?5 IS NULL OR _year = ?5) AND void = 0 ORDER BY _year, _school, grade, class LIMIT 50",
    )?;
    let rows = statement.query_map(params![upper, text, is_hex, lower, year.map(SchoolYear::start)], |r| {
        let doc: String = r.get(0)?;
        Ok(Hit {
            doc: DocId::from_hex(&doc).unwrap_or(DocId([0; 16])),
            school: r.get(1)?,
            year: r.get(2)?,
            name: r.get::<_, Option<String>>(3)?.unwrap_or_default(),
            grade: r.get(4)?,
            class: r.get(5)?,
            status: r.get(6)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_of_a_school_meet_in_one_document_and_two_schools_do_not() {
        let (a, b): (SchoolCode, SchoolCode) = ("5299010001".parse().unwrap(), "5299010002".parse().unwrap());
        let year = SchoolYear::new(2025).unwrap();
        let secret = [7; 32];
        let doc = |school, name| student_doc(&school_key(&secret, school), school, year, "11010519491231002X", name);
        assert_eq!(doc(a, "王 小明"), doc(a, "王小明"));
        assert_ne!(doc(a, "王小明"), doc(a, "王小红"), "the same number under another name is another document and a work item");
        assert_ne!(doc(a, "王小明"), doc(b, "王小明"));
    }
}
