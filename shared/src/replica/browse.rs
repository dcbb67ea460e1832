//! Reading for screens: the children there are, a page of a ledger, everything about one child, what is due. Plain rows out of the projection; who may see them is
//! asked by whoever shows them.
//!
//! Nothing a person types becomes SQL: columns come from the definition in force, values are bound.
//!
//! Long as it is, this is one room: one way of reading a table, asked in several ways.

mod sums;

use super::{Replica, Result, names};
use crate::{
    document::view::Value,
    ledger::{Definition, FieldType, definition::Field},
    model::SchoolYear,
    store::typed::table,
};
use rusqlite::{Connection, OptionalExtension as _, ToSql, named_params, params};
use std::{collections::BTreeMap, fmt::Write as _};
pub use sums::Sums;

/// A child of one school year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pupil {
    /// Document id in hex.
    pub student: String,
    /// Name.
    pub name: String,
    /// Grade.
    pub grade: Option<i64>,
    /// Class.
    pub class: Option<i64>,
    /// Stage code.
    pub stage: Option<String>,
    /// Status code.
    pub status: Option<String>,
    /// The day since which the status holds, where it is known.
    pub status_on: Option<String>,
    /// The day the child entered this school, where it is known.
    pub entered_on: Option<String>,
    /// Sex code.
    pub sex: Option<String>,
    /// Identity number.
    pub id_no: Option<String>,
    /// Student number.
    pub student_no: Option<String>,
    /// Telephone of the guardian.
    pub phone: Option<String>,
    /// School year it starts in.
    pub year: u16,
}

/// A record in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Record id.
    pub id: String,
    /// Ledger code.
    pub ledger: String,
    /// Document of the child, if it is a child's.
    pub student: Option<String>,
    /// The child's name.
    pub name: Option<String>,
    /// Grade.
    pub grade: Option<i64>,
    /// Class.
    pub class: Option<i64>,
    /// Lifecycle state; `None` while disputed or without lifecycle.
    pub state: Option<String>,
    /// When the next step is due.
    pub due: Option<String>,
    /// Something awaits a person.
    pub disputed: bool,
    /// Voided.
    pub void: bool,
    /// Date of the record.
    pub on: Option<String>,
    /// Undisputed values by key.
    pub fields: BTreeMap<String, Value>,
}

/// A step that counts, as it was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Record id.
    pub record: String,
    /// Code of the step.
    pub step: String,
    /// State it led to, where the step names one of its own.
    pub to: Option<String>,
    /// Day.
    pub on: String,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
}

/// What a list holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// School year.
    pub year: Option<SchoolYear>,
    /// Only of these children (documents in hex).
    pub students: Option<Vec<String>>,
    /// Only these records.
    pub records: Option<Vec<String>>,
    /// Only of children in these classes, `grade.class`; of a school's ledger by class, only of these classes.
    pub classes: Option<Vec<String>>,
    /// Only in this lifecycle state.
    pub state: Option<String>,
    /// Field → code, month, date or identity number it must have; of the definition's own fields, others are passed over.
    pub equals: BTreeMap<String, String>,
    /// Some text field of the record holds this.
    pub text: Option<String>,
    /// Date of the record, from.
    pub from: Option<String>,
    /// Date of the record, to.
    pub to: Option<String>,
    /// Voided ones instead of the others.
    pub void: bool,
    /// Column to sort by, `-` before it for descending; newest first otherwise.
    pub order: String,
    /// Most rows.
    pub limit: u32,
    /// Rows passed over.
    pub offset: u32,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Rows in all.
    pub total: u32,
    /// Those of the page.
    pub rows: Vec<Row>,
}

const PUPIL: &str =
    "SELECT _student, name, grade, class, stage, status, sex, id_no, student_no, _year, guardian_phone, coalesce(status_on, closed_on), entered_on
     FROM record_enrolment WHERE void = 0";

fn pupil(r: &rusqlite::Row<'_>) -> rusqlite::Result<Pupil> {
    Ok(Pupil {
        student: r.get::<_, Option<String>>(0)?.unwrap_or_default(),
        name: r.get::<_, Option<String>>(1)?.unwrap_or_default(),
        grade: r.get(2)?,
        class: r.get(3)?,
        stage: r.get(4)?,
        status: r.get(5)?,
        sex: r.get(6)?,
        id_no: r.get(7)?,
        student_no: r.get(8)?,
        year: r.get(9)?,
        phone: r.get(10)?,
        status_on: r.get(11)?,
        entered_on: r.get(12)?,
    })
}

fn row(r: &rusqlite::Row<'_>, ledger: &str) -> rusqlite::Result<Row> {
    let fields: String = r.get(10)?;
    Ok(Row {
        id: r.get(0)?,
        ledger: ledger.to_owned(),
        student: r.get(1)?,
        name: r.get(2)?,
        grade: r.get(3)?,
        class: r.get(4)?,
        state: r.get(5)?,
        due: r.get(6)?,
        disputed: r.get(7)?,
        void: r.get(8)?,
        on: r.get(9)?,
        fields: serde_json::from_str(&fields).unwrap_or_default(),
    })
}

/// Columns of [`row`], of a typed table `t`, its record `r` and its child `e`.
fn select(definition: &Definition) -> String {
    let table = table(&definition.code);
    format!(
        "SELECT t._id, t._student, e.name, e.grade, e.class, t._state, t._due, t._disputed, t.void, t.\"on\", r.fields
         FROM \"{table}\" t JOIN record r ON r.n = t._n LEFT JOIN record_enrolment e ON e._doc = t._doc"
    )
}

impl Replica {
    /// Children of a school year with any status, by class. Void ones are left out.
    ///
    /// # Errors
    /// The store's.
    pub fn pupils(&self, year: SchoolYear) -> Result<Vec<Pupil>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached(&format!("{PUPIL} AND _year = ?1 ORDER BY grade, class, _id"))?;
            Ok(statement.query_map([year.start()], pupil)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The first day of each kind of record of a year: the values of `by`, fields of whole numbers, and the day. Names in the SQL are the definition's.
    ///
    /// # Errors
    /// The store's.
    pub fn first_days(&self, definition: &Definition, year: SchoolYear, by: [&str; 2]) -> Result<Vec<([i64; 2], String)>> {
        let Some([one, other]) = definition.declared(by[0]).zip(definition.declared(by[1])).map(|(one, other)| [&one.code, &other.code]) else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT \"{one}\", \"{other}\", min(\"on\") FROM \"record_{}\" WHERE void = 0 AND _year = ?1 AND \"on\" <> '' AND \"{one}\" IS NOT NULL AND \"{other}\" IS NOT NULL GROUP BY 1, 2",
            definition.code
        );
        self.store.read(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            Ok(statement.query_map([year.start()], |r| Ok(([r.get(0)?, r.get(1)?], r.get(2)?)))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// School years of which records of children are kept here, the newest first.
    ///
    /// # Errors
    /// The store's.
    pub fn years_kept(&self) -> Result<Vec<u16>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT DISTINCT _year FROM record_enrolment WHERE _year IS NOT NULL ORDER BY _year DESC")?;
            Ok(statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One child by its document; and the same child's documents of other years, by identity number.
    ///
    /// # Errors
    /// The store's.
    pub fn pupil(&self, student: &str) -> Result<(Option<Pupil>, Vec<Pupil>)> {
        self.store.read(|c| {
            let found: Option<Pupil> = c
                .prepare_cached(&format!("{PUPIL} AND _n IN (SELECT n FROM record WHERE id = ?1)"))?
                .query_map([student], pupil)?
                .next()
                .transpose()?;
            let mut others = Vec::new();
            if let Some(number) = found.as_ref().and_then(|p| p.id_no.as_deref()).filter(|number| !number.is_empty()) {
                let mut statement = c.prepare_cached(&format!("{PUPIL} AND id_no = ?1 AND _id <> ?2 ORDER BY _year DESC"))?;
                others = statement.query_map([number, student], pupil)?.collect::<rusqlite::Result<_>>()?;
            }
            Ok((found, others))
        })
    }

    /// A page of a ledger.
    ///
    /// # Errors
    /// The store's.
    pub fn page(&self, definition: &Definition, wanted: &Wanted) -> Result<Listed> {
        self.store.read(|c| listed(c, definition, wanted))
    }

    /// All records of a child's document, newest first within each ledger; void ones too.
    ///
    /// # Errors
    /// The store's.
    pub fn records_of(&self, student: &str) -> Result<Vec<Row>> {
        let catalogue = self.catalogue();
        self.store.read(|c| {
            let Some(doc): Option<i64> = c.prepare_cached("SELECT doc FROM record WHERE id = ?1")?.query_row([student], |r| r.get(0)).optional()?
            else {
                return Ok(Vec::new());
            };
            let mut ledgers = c.prepare_cached("SELECT DISTINCT ledger FROM record WHERE doc = ?1 AND ledger <> 'enrolment' ORDER BY ledger")?;
            let codes: Vec<String> = ledgers.query_map([doc], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            let mut out = Vec::new();
            for code in codes {
                let Some(definition) = catalogue.latest(&code) else { continue };
                // By the document's own records: most typed tables have no index on documents.
                let sql = format!(
                    "{} WHERE t._n IN (SELECT n FROM record WHERE doc = ?1 AND ledger = ?2) ORDER BY t.\"on\" DESC, t._id DESC",
                    select(definition)
                );
                out.extend(c.prepare_cached(&sql)?.query_map(params![doc, code], |r| row(r, &code))?.collect::<rusqlite::Result<Vec<_>>>()?);
            }
            Ok(out)
        })
    }

    /// Open records of a ledger whose next step is due by `until`, soonest first; at most 500. What belongs to a void record waits for nothing.
    ///
    /// # Errors
    /// The store's.
    pub fn due_by(&self, definition: &Definition, until: &str) -> Result<Vec<Row>> {
        let of_void = definition.parent.as_ref().map_or_else(String::new, |parent| {
            format!(" AND NOT EXISTS (SELECT 1 FROM record p WHERE p.doc = t._doc AND p.id = t.\"{parent}\" AND p.void = 1)")
        });
        self.store.read(|c| {
            let sql = format!(
                "{} WHERE t.void = 0 AND t.continues IS NULL AND t._due IS NOT NULL AND t._due <= ?1{of_void} ORDER BY t._due LIMIT 500",
                select(definition)
            );
            Ok(c.prepare_cached(&sql)?.query_map([until], |r| row(r, &definition.code))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Records whose child, or whose parent record, is to be looked at again by `until` according to `field`, and has no record of this ledger on or after that
    /// day, nor a later one that names a day of its own; soonest first, [`Row::due`] is the date. At most 500.
    ///
    /// # Errors
    /// The store's.
    pub fn follow_ups_by(&self, definition: &Definition, field: &Field, until: &str) -> Result<Vec<Row>> {
        // Children's records are counted by the child's document: those of the other children of a school are none of its own.
        let same = definition
            .parent
            .as_ref()
            .map_or_else(|| "l._doc = t._doc".to_owned(), |parent| format!("l._doc = t._doc AND l.\"{parent}\" IS t.\"{parent}\""));
        let (table, code) = (table(&definition.code), &field.code);
        let sql = format!(
            "{} WHERE t.void = 0 AND t.\"{code}\" IS NOT NULL AND t.\"{code}\" <> '' AND t.\"{code}\" <= ?1
               AND NOT EXISTS (SELECT 1 FROM \"{table}\" l WHERE {same} AND l.void = 0 AND l._id <> t._id
                               AND (l.\"on\" >= t.\"{code}\" OR l.\"on\" > t.\"on\" AND coalesce(l.\"{code}\", '') <> '')) ORDER BY t.\"{code}\" LIMIT 500",
            select(definition)
        );
        self.store.read(|c| {
            let mut rows: Vec<Row> = c.prepare_cached(&sql)?.query_map([until], |r| row(r, &definition.code))?.collect::<rusqlite::Result<_>>()?;
            for row in &mut rows {
                row.due = match row.fields.get(code) {
                    Some(Value::Str(day)) => Some(day.clone()),
                    _ => None,
                };
            }
            Ok(rows)
        })
    }

    /// The effective steps of these records, in the order they were taken.
    ///
    /// # Errors
    /// The store's.
    pub fn steps_of(&self, records: &[String]) -> Result<Vec<Taken>> {
        let ids = serde_json::to_string(records).unwrap_or_default();
        self.store.read(|c| {
            let sql = "SELECT record, name, \"to\", \"on\", by, why FROM step WHERE record IN (SELECT value FROM json_each(?1)) AND effect = 'effective' ORDER BY seq, at, id";
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map([ids], |r| {
                let text = |at: usize| Ok::<_, rusqlite::Error>(r.get::<_, Option<String>>(at)?.unwrap_or_default());
                Ok(Taken { record: text(0)?, step: text(1)?, to: r.get(2)?, on: text(3)?, by: text(4)?, why: text(5)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether a ledger has a record that is not void.
    ///
    /// # Errors
    /// The store's.
    pub fn has_any(&self, definition: &Definition) -> Result<bool> {
        let sql = format!("SELECT EXISTS(SELECT 1 FROM \"{}\" WHERE void = 0)", table(&definition.code));
        self.store.read(|c| Ok(c.prepare_cached(&sql)?.query_row([], |r| r.get(0))?))
    }

    /// The value that every record of the year which has the field has; `None` where there are several, or none.
    ///
    /// # Errors
    /// The store's.
    pub fn common_value(&self, definition: &Definition, field: &Field, year: SchoolYear) -> Result<Option<String>> {
        let (table, code) = (table(&definition.code), &field.code);
        let sql =
            format!("SELECT DISTINCT CAST(\"{code}\" AS TEXT) FROM \"{table}\" WHERE void = 0 AND _year = ?1 AND \"{code}\" IS NOT NULL LIMIT 2");
        self.store.read(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map([year.start()], |r| r.get(0))?;
            let mut found = rows.collect::<rusqlite::Result<Vec<String>>>()?;
            Ok(if found.len() == 1 { found.pop() } else { None })
        })
    }

    /// Import batches, newest first; `by`: only this person's, by the name that stands in records.
    ///
    /// # Errors
    /// The store's.
    pub fn imports(&self, by: Option<&str>) -> Result<Vec<Batch>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached(
                "SELECT id, at, kind, file, undone, (SELECT count(*) FROM json_each(detail) WHERE json_extract(value, '$.beside') IS NULL), by
                 FROM import WHERE kind <> 'edit' AND (?1 IS NULL OR by = ?1) ORDER BY id DESC LIMIT 50",
            )?;
            let rows = statement.query_map([by], |r| {
                Ok(Batch { id: r.get(0)?, at: r.get(1)?, kind: r.get(2)?, file: r.get(3)?, undone: r.get(4)?, written: r.get(5)?, by: r.get(6)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Id, for undoing it.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// `roster` or `ledger`.
    pub kind: String,
    /// File it came from.
    pub file: String,
    /// When it was taken back.
    pub undone: Option<String>,
    /// Records it wrote.
    pub written: i64,
    /// Who, as the name stands in records; empty: somebody at the command line who gave none.
    pub by: String,
}

/// The condition a list is read with and what is bound in it, handed to `read`.
fn filtered<T>(definition: &Definition, wanted: &Wanted, read: impl FnOnce(&str, &[(&str, &dyn ToSql)]) -> Result<T>) -> Result<T> {
    let json = |list: &Option<Vec<String>>| list.as_ref().map(|list| serde_json::to_string(list).unwrap_or_default());
    let (students, records, classes) = (json(&wanted.students), json(&wanted.records), json(&wanted.classes));
    let year = wanted.year.map(SchoolYear::start);
    let mut tail = String::from(
        " WHERE t.void = :void AND (:year IS NULL OR t._year = :year OR t._year IS NULL) AND (:state IS NULL OR t._state = :state)
          AND (:from IS NULL OR t.\"on\" >= :from) AND (:to IS NULL OR t.\"on\" <= :to)",
    );
    if students.is_some() {
        tail.push_str(" AND t._student IN (SELECT value FROM json_each(:students))");
    }
    if records.is_some() {
        tail.push_str(" AND t._id IN (SELECT value FROM json_each(:records))");
    }
    if classes.is_some() {
        let whose = if definition.by_class() { "t" } else { "e" };
        let _ = write!(tail, " AND ({whose}.grade || '.' || {whose}.class) IN (SELECT value FROM json_each(:classes))");
    }
    let text = wanted.text.as_ref().map(|text| format!("%{}%", text.replace(['%', '_', '\\'], " ")));
    if text.is_some() {
        tail.push_str(" AND r.fields LIKE :text");
    }
    let mut named: Vec<(String, &dyn ToSql)> = Vec::new();
    let conditions: Vec<(&str, &String)> = wanted
        .equals
        .iter()
        .filter_map(|(code, value)| {
            definition
                .declared(code)
                .filter(|f| {
                    matches!(f.kind, FieldType::Choice | FieldType::Month | FieldType::Date | FieldType::Idno | FieldType::Bool | FieldType::Int)
                })
                .map(|f| (f.code.as_str(), value))
        })
        .collect();
    for (at, (code, value)) in conditions.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(tail, " AND t.\"{code}\" = :equals{at}");
        named.push((format!(":equals{at}"), *value));
    }
    let fixed = named_params! { ":void": wanted.void, ":year": year, ":state": wanted.state, ":from": wanted.from, ":to": wanted.to };
    let mut values: Vec<(&str, &dyn ToSql)> = fixed.iter().map(|(name, value)| (*name, *value)).collect();
    for (name, value) in [(":students", &students), (":records", &records), (":classes", &classes), (":text", &text)] {
        if value.is_some() {
            values.push((name, value));
        }
    }
    values.extend(named.iter().map(|(name, value)| (name.as_str(), *value)));
    read(&tail, &values)
}

/// The tables [`select`] reads.
fn tables(definition: &Definition) -> String {
    select(definition).split_once(" FROM ").map_or_else(String::new, |(_, from)| from.replace('\n', " "))
}

fn listed(c: &Connection, definition: &Definition, wanted: &Wanted) -> Result<Listed> {
    filtered(definition, wanted, |tail, values| {
        let sql =
            format!("{}{tail} ORDER BY {} LIMIT {} OFFSET {}", select(definition), order(definition, &wanted.order), wanted.limit, wanted.offset);
        let rows = match by_sound(wanted) {
            Some((class, descending)) => sounded(c, definition, wanted, tail, values, class, descending)?,
            None => c.prepare_cached(&sql)?.query_map(values, |r| row(r, &definition.code))?.collect::<rusqlite::Result<Vec<_>>>()?,
        };
        let total = if wanted.offset == 0 && rows.len() < wanted.limit as usize {
            u32::try_from(rows.len()).unwrap_or(u32::MAX)
        } else {
            c.prepare_cached(&format!("SELECT count(*) FROM {}{tail}", tables(definition)))?.query_row(values, |r| r.get(0))?
        };
        Ok(Listed { total, rows })
    })
}

/// Whether rows come in the order of their children's names (`false`) or classes (`true`), and whether backwards: SQLite orders Chinese names by code point, which nobody can look up.
fn by_sound(wanted: &Wanted) -> Option<(bool, bool)> {
    let (name, descending) = wanted.order.strip_prefix('-').map_or((wanted.order.as_str(), false), |name| (name, true));
    ["name", "class"].contains(&name).then_some((name == "class", descending))
}

/// Grade and class, sound of the name, id, and where the record lies.
type Sounded = ((Option<i64>, Option<i64>), String, String, i64);

/// A page of rows in the order of the sound of their children's names.
fn sounded(
    c: &Connection,
    definition: &Definition,
    wanted: &Wanted,
    tail: &str,
    values: &[(&str, &dyn ToSql)],
    by_class: bool,
    descending: bool,
) -> Result<Vec<Row>> {
    let (whole, from) = (select(definition), tables(definition));
    let mut keys: Vec<Sounded> = c
        .prepare_cached(&format!("SELECT e.grade, e.class, e.name, t._id, t._n FROM {from}{tail}"))?
        .query_map(values, |r| {
            let class = if by_class { (r.get(0)?, r.get(1)?) } else { (None, None) };
            Ok((class, names::sound(&r.get::<_, Option<String>>(2)?.unwrap_or_default()), r.get(3)?, r.get(4)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    keys.sort_unstable();
    if descending {
        keys.reverse();
    }
    let page: Vec<i64> = keys.into_iter().skip(wanted.offset as usize).take(wanted.limit as usize).map(|(.., n)| n).collect();
    let asked = serde_json::to_string(&page).unwrap_or_default();
    let sql = format!("{whole} JOIN json_each(?1) j ON j.value = t._n ORDER BY j.key");
    Ok(c.prepare_cached(&sql)?.query_map([asked], |r| row(r, &definition.code))?.collect::<rusqlite::Result<_>>()?)
}

fn order(definition: &Definition, wanted: &str) -> String {
    let (name, way) = wanted.strip_prefix('-').map_or((wanted, ""), |name| (name, " DESC"));
    let column = match name {
        "state" => "t._state".to_owned(),
        "due" => return format!("t._due IS NULL, t._due{way}"),
        "on" => "t.\"on\"".to_owned(),
        code => match definition.declared(code) {
            Some(field) => format!("t.\"{}\"", field.code),
            None => return "t.\"on\" DESC, t._id DESC".to_owned(),
        },
    };
    format!("{column}{way}, t._id{way}")
}
