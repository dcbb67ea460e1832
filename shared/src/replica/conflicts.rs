//! The inbox: everything that awaits a person, and the person's choice. The choice supersedes all values; the losers stay in history.
//!
//! Kinds from the projection: `field` `group` `void` `fork` `void_step` `unauthorised` `misplaced`, and `late_edit` in a closed document. From the log: `refused` (this or the other side did not admit a
//! change), `equivocation` (one actor wrote two changes under one number: a cloned or hostile machine). From comparison: `duplicate_child`.

use super::{
    Replica, Result, Role, closing,
    edit::{DocEdit, What},
    project::ACK_PREFIX,
    records::signature,
    students,
};
use crate::{
    document::{
        view::Value,
        write::{Edit, NewRecord, Target},
    },
    fault::{Exit, Fault},
    ledger::definition::{Authority, Definition, Form},
    model::{DocId, SchoolYear, Space},
};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One item.
#[derive(Clone, Debug)]
pub struct Item {
    /// 12 hex digits.
    pub id: String,
    /// Kind, see the module.
    pub kind: String,
    /// Record id.
    pub record: Option<String>,
    /// School.
    pub school: Option<String>,
    /// School year.
    pub year: Option<i64>,
    /// Student document.
    pub student: Option<String>,
    /// Child's name, for the screen.
    pub name: Option<String>,
    /// Field or fields.
    pub field: Option<String>,
    /// Values and writers.
    pub detail: Json,
    /// First seen here.
    pub opened: String,
}

/// How many items await a person.
///
/// # Errors
/// The store's.
pub fn count(c: &Connection, role: Role) -> Result<i64> {
    Ok(all(c, role)?.len().try_into().unwrap_or(i64::MAX))
}

/// Items of every kind, oldest first.
///
/// # Errors
/// The store's.
pub fn all(c: &Connection, role: Role) -> Result<Vec<Item>> {
    let mut out = projected(c)?;
    out.extend(refused(c)?);
    if role == Role::Hub {
        out.extend(duplicate_children(c)?);
    }
    Ok(out)
}

fn projected(c: &Connection) -> Result<Vec<Item>> {
    let mut statement = c.prepare_cached(
        "SELECT k.id, k.kind, k.record, k.school, k.year, k.student, k.field, k.detail, k.opened, e.name FROM conflict k
         LEFT JOIN record_enrolment e ON e._doc = k.doc ORDER BY k.opened, k.id",
    )?;
    let rows = statement.query_map([], |r| {
        Ok(Item {
            id: r.get(0)?,
            kind: r.get(1)?,
            record: r.get(2)?,
            school: r.get(3)?,
            year: r.get(4)?,
            student: r.get(5)?,
            field: r.get(6)?,
            detail: serde_json::from_str(&r.get::<_, String>(7)?).unwrap_or(Json::Null),
            opened: r.get(8)?,
            name: r.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn short(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("huxue conflict id v1");
    for part in parts {
        hasher.update(part.as_bytes()).update(b"\n");
    }
    hasher.finalize().to_hex().as_str().get(..12).unwrap_or_default().to_owned()
}

fn refused(c: &Connection) -> Result<Vec<Item>> {
    let mut statement = c.prepare_cached(
        "SELECT q.hash, q.code, q.side, q.at, q.doc, q.detail, e._school, e._year, e._student, e.name, hex(coalesce(q.origin, q.source)) FROM quarantine q
         LEFT JOIN doc d ON d.id = q.doc LEFT JOIN record_enrolment e ON e._doc = d.n WHERE q.settled IS NULL ORDER BY q.at",
    )?;
    let rows = statement.query_map([], |r| {
        let hash: [u8; 32] = r.get(0)?;
        let (code, side): (String, String) = (r.get(1)?, r.get(2)?);
        let hash = crate::model::ChangeHash(hash).to_string();
        let left_out: Option<String> = r.get(5)?;
        Ok(Item {
            id: short(&["refused", &hash, &side]),
            kind: if code == "equivocation" { "equivocation".into() } else { "refused".into() },
            record: None,
            school: r.get(6)?,
            year: r.get(7)?,
            student: r.get(8)?,
            name: r.get(9)?,
            field: None,
            detail: json!({ "code": code, "side": side, "change": hash, "origin": r.get::<_, Option<String>>(10)?,
                "left_out": left_out.and_then(|t| serde_json::from_str::<Json>(&t).ok()) }),
            opened: r.get(3)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// One identity number present at two schools (or twice at one) in one year, unless the county has already said what it is.
fn duplicate_children(c: &Connection) -> Result<Vec<Item>> {
    let mut statement = c.prepare_cached(
        "SELECT a._student, b._student, a._school, b._school, a._year, a.name, b.name, a._at FROM record_enrolment a JOIN record_enrolment b
         ON b.id_no = a.id_no AND b._year = a._year AND b._student > a._student
         WHERE a.id_no IS NOT NULL AND a.id_no <> '' AND a.status = 'present' AND b.status = 'present' AND a.void = 0 AND b.void = 0
         AND NOT EXISTS (SELECT 1 FROM record_child_link l WHERE l.void = 0 AND ((l.child_a = a._student AND l.child_b = b._student) OR (l.child_a = b._student AND l.child_b = a._student)))
         ORDER BY a._year, a._student",
    )?;
    let rows = statement.query_map([], |r| {
        let (a, b): (String, String) = (r.get(0)?, r.get(1)?);
        let (school_a, school_b): (Option<String>, Option<String>) = (r.get(2)?, r.get(3)?);
        let (name_a, name_b): (Option<String>, Option<String>) = (r.get(5)?, r.get(6)?);
        Ok(Item {
            id: short(&["duplicate_child", &a, &b]),
            kind: "duplicate_child".into(),
            record: None,
            school: school_a.clone(),
            year: r.get(4)?,
            student: Some(a.clone()),
            name: name_a.clone(),
            field: None,
            detail: json!({ "children": [ { "student": a, "school": school_a, "name": name_a }, { "student": b, "school": school_b, "name": name_b } ] }),
            opened: r.get::<_, Option<String>>(7)?.unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Replica {
    /// The inbox, of one school or kind if asked.
    ///
    /// # Errors
    /// The store's.
    pub fn conflicts(&self, school: Option<&str>, kind: Option<&str>) -> Result<Vec<Item>> {
        let items = self.store.read(|c| all(c, self.me.role))?;
        let of_school = |item: &Item| match school {
            None => true,
            Some(code) => item.school.as_deref() == Some(code) || item.detail.to_string().contains(code),
        };
        Ok(items.into_iter().filter(|i| kind.is_none_or(|k| i.kind == k) && of_school(i)).collect())
    }

    /// Keys of values that wait for a person's choice, by record (a profile by its document). What is shown of them meanwhile is nobody's last word.
    ///
    /// # Errors
    /// The store's.
    pub fn in_dispute(&self) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for item in self.conflicts(None, None)?.into_iter().filter(|item| ["field", "group", "void"].contains(&item.kind.as_str())) {
            let keys = out.entry(item.record.unwrap_or_default()).or_default();
            keys.extend(item.field.unwrap_or_default().split(',').filter(|key| !key.is_empty()).map(str::to_owned));
            keys.extend(object_keys(&item.detail["fields"]));
            keys.extend((item.kind == "void").then(|| "void".to_owned()));
        }
        Ok(out)
    }

    /// A person's choice.
    ///
    /// # Errors
    /// `conflict-none`, `conflict-several`, `conflict-choice` with what can be chosen; those of writing.
    pub fn resolve(self: &Arc<Self>, id: &str, choose: &[String], why: Option<&str>, by: Option<&str>) -> Result<Json> {
        let mut fitting: Vec<Item> = self.conflicts(None, None)?.into_iter().filter(|i| i.id.starts_with(id)).collect();
        let item = match (fitting.len(), fitting.pop()) {
            (1, Some(item)) => item,
            (0, _) => return Err(Fault::new("conflict-none", Exit::NoMatch).with("id", id).into()),
            (n, _) => return Err(Fault::new("conflict-several", Exit::NoMatch).with("id", id).with("count", n).into()),
        };
        match item.kind.as_str() {
            "field" | "group" | "void" => self.choose_values(&item, choose, by)?,
            "fork" => self.choose_state(&item, choose, why, by)?,
            "duplicate_child" => self.judge_children(&item, choose, why, by)?,
            "void_step" | "unauthorised" => self.acknowledge(&item, by)?,
            closing::LATE => {
                let (space, doc, _, _) = self.place_of(&item)?;
                self.review_late(&item, (space, doc), choose, by)?;
            }
            _ => self.settle_refused(&item)?,
        }
        Ok(json!({ "resolved": item.id, "kind": item.kind }))
    }

    fn place_of(&self, item: &Item) -> Result<(Space, DocId, Target, Option<String>)> {
        let id = item.id.clone();
        let found = self.store.read(|c| -> Result<_> {
            Ok(c.query_row(
                "SELECT d.id, s.code FROM conflict k JOIN doc d ON d.n = k.doc JOIN space s ON s.id = d.space WHERE k.id = ?1",
                [id],
                |r| Ok((DocId(r.get(0)?), r.get::<_, Vec<u8>>(1)?)),
            )
            .optional()?)
        })?;
        let record = item.record.clone().unwrap_or_default();
        let (doc, code) = found.ok_or_else(|| Fault::new("conflict-none", Exit::NoMatch).with("id", &item.id))?;
        let space = Space::from_bytes(&code).ok_or_else(|| Fault::internal("a space code"))?;
        let profile = record == doc.to_string();
        let ledger = if profile { None } else { record.split(':').next().map(str::to_owned) };
        Ok((space, doc, if profile { Target::Subject } else { Target::Record(record) }, ledger))
    }

    fn definition_for(&self, ledger: Option<&str>, space: Space, doc: DocId) -> Option<Arc<Definition>> {
        let catalogue = self.catalogue();
        if let Some(code) = ledger {
            return catalogue.latest(code).cloned();
        }
        let subject = students::subject_of(doc, space);
        catalogue.iter_latest().find(|d| d.form == Form::Profile && d.subject == subject).cloned()
    }

    fn choose_values(self: &Arc<Self>, item: &Item, choose: &[String], by: Option<&str>) -> Result<()> {
        let (space, doc, target, ledger) = self.place_of(item)?;
        let definition = self.definition_for(ledger.as_deref(), space, doc);
        let fields: Vec<String> = item.field.clone().unwrap_or_default().split(',').filter(|f| !f.is_empty()).map(str::to_owned).collect();
        let mut sets: Vec<(Target, String, Value)> = Vec::new();
        for choice in choose {
            let (field, text) = match choice.split_once('=') {
                Some((field, text)) if fields.iter().any(|f| f == field) || item.kind != "field" => (field.to_owned(), text),
                _ => (fields.first().cloned().unwrap_or_default(), choice.as_str()),
            };
            sets.push((target.clone(), field.clone(), self.chosen(item, definition.as_deref(), &field, text)?));
        }
        // Of what was signed one of the values written may be chosen; a new one needs it taken back first, as any correction does.
        let written = |field: &str, value: &Value| {
            let of_group = &item.detail["fields"][field];
            let of_void = if field == "void" { &item.detail["void"] } else { &item.detail["values"] };
            let values = if of_group.is_array() { of_group } else { of_void };
            values.as_array().into_iter().flatten().any(|known| serde_json::to_value(value).is_ok_and(|value| known["value"] == value))
        };
        if let Some(definition) = definition.as_deref().filter(|_| !sets.iter().all(|(_, field, value)| written(field, value))) {
            self.not_sealed(&self.locate(item.record.as_deref().unwrap_or_default())?, definition)?;
        }
        // A choice supersedes all: fields of the group that were not named keep their present value, but written by the one who chose.
        if item.kind != "field" {
            let present = self.present_fields(doc, item.record.as_deref().unwrap_or_default())?;
            let others: Vec<String> = match item.kind.as_str() {
                "void" => std::iter::once("void".to_owned()).chain(object_keys(&item.detail["fields"])).collect(),
                _ => object_keys(&item.detail["fields"]),
            };
            for key in others {
                if !sets.iter().any(|(_, field, _)| *field == key) {
                    // Which of several is a person's choice, also when the rest of the group was chosen.
                    if item.detail["fields"][&key].as_array().is_some_and(|values| values.len() > 1) {
                        return Err(Fault::new("conflict-choose-each", Exit::Input).with("field", &key).with("id", &item.id).into());
                    }
                    let value = present.get(&key).cloned().or_else(|| last_value(&item.detail, &key)).unwrap_or(Value::Null);
                    sets.push((target.clone(), key, value));
                }
            }
        }
        sets.push(signature(target, by));
        let edit = Edit { sets, settle: true, ..Edit::default() };
        self.commit(vec![DocEdit { space, doc, what: What::Edit(edit) }])?;
        Ok(())
    }

    /// A value of the item by its number (1, 2 …) or text as shown, or a new one as a person writes it.
    fn chosen(&self, item: &Item, definition: Option<&Definition>, field: &str, text: &str) -> Result<Value> {
        let of_group = &item.detail["fields"][field];
        let values = if of_group.is_array() { of_group } else { &item.detail["values"] }.as_array().cloned().unwrap_or_default();
        if let Some(found) = text.strip_prefix('#').and_then(|n| n.parse::<usize>().ok()).and_then(|n| values.get(n.checked_sub(1)?)) {
            return serde_json::from_value(found["value"].clone()).map_err(|e| Fault::internal(e).into());
        }
        match definition {
            Some(definition) => self.read_value(definition, field, text),
            None => Ok(Value::Str(text.to_owned())),
        }
    }

    fn present_fields(&self, doc: DocId, record: &str) -> Result<BTreeMap<String, Value>> {
        let (doc, record) = (doc, record.to_owned());
        self.store.read(|c| {
            let text: Option<String> = c
                .query_row(
                    "SELECT r.fields FROM record r JOIN doc d ON d.n = r.doc WHERE d.id = ?1 AND r.id = ?2",
                    params![&doc.0[..], record],
                    |r| r.get(0),
                )
                .optional()?;
            Ok(text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default())
        })
    }

    fn choose_state(self: &Arc<Self>, item: &Item, choose: &[String], why: Option<&str>, by: Option<&str>) -> Result<()> {
        let tips = item.detail["tips"].as_array().cloned().unwrap_or_default();
        let states: Vec<String> = tips.iter().filter_map(|t| t["to"].as_str().map(str::to_owned)).collect();
        let wanted = choose.first().map(String::as_str).unwrap_or_default();
        let wanted =
            wanted.strip_prefix('#').and_then(|n| n.parse::<usize>().ok()).and_then(|n| states.get(n.checked_sub(1)?)).map_or(wanted, String::as_str);
        if !states.iter().any(|s| s == wanted) {
            return Err(Fault::new("conflict-choice", Exit::Input).with("choice", wanted).with("list", states.join(", ")).into());
        }
        let record = item.record.clone().unwrap_or_default();
        self.step(&record, "resolve", &BTreeMap::new(), None, by, why, Some(wanted))?;
        Ok(())
    }

    fn judge_children(self: &Arc<Self>, item: &Item, choose: &[String], why: Option<&str>, by: Option<&str>) -> Result<()> {
        let verdict = choose.first().map(String::as_str).unwrap_or_default();
        if !["same", "different", "transferred"].contains(&verdict) {
            return Err(Fault::new("conflict-choice", Exit::Input).with("choice", verdict).with("list", "same, different, transferred").into());
        }
        let children = item.detail["children"].as_array().cloned().unwrap_or_default();
        let child = |n: usize, key: &str| children.get(n).and_then(|c| c[key].as_str()).unwrap_or_default().to_owned();
        let year = item.year.and_then(|y| u16::try_from(y).ok()).and_then(SchoolYear::new).map_or_else(|| self.this_year(), Ok)?;
        let text = |t: String| Value::Str(t);
        let fields = BTreeMap::from([
            ("_v".to_owned(), Value::Int(1)),
            ("on".to_owned(), text(self.clock.today().to_string())),
            ("child_a".to_owned(), text(child(0, "student"))),
            ("child_b".to_owned(), text(child(1, "student"))),
            ("verdict".to_owned(), text(verdict.to_owned())),
            ("why".to_owned(), text(why.unwrap_or_default().to_owned())),
            ("decided_by".to_owned(), text(by.unwrap_or_default().to_owned())),
        ]);
        let space = Space::internal(year);
        let (doc, _) = self.county_home(space, "child_link")?;
        let key = format!("child_link:{}", self.clock.ulid());
        let mut edits = vec![DocEdit { space, doc, what: What::Edit(Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() }) }];
        for n in [0, 1] {
            if let Ok(school) = child(n, "school").parse() {
                let space = Space::county_school(school, year);
                let (doc, _) = self.county_home(space, "work_item")?;
                let fields = BTreeMap::from([
                    ("_v".to_owned(), Value::Int(1)),
                    ("on".to_owned(), text(self.clock.today().to_string())),
                    ("kind".to_owned(), text("duplicate_child".into())),
                    ("about".to_owned(), text(child(n, "student"))),
                    ("text".to_owned(), text(format!("{verdict}: {} — {}. {}", child(0, "school"), child(1, "school"), why.unwrap_or_default()))),
                ]);
                let key = format!("work_item:{}", self.clock.ulid());
                edits.push(DocEdit { space, doc, what: What::Edit(Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() }) });
            }
        }
        self.commit(edits)?;
        Ok(())
    }

    fn acknowledge(self: &Arc<Self>, item: &Item, by: Option<&str>) -> Result<()> {
        let (space, doc, target, _) = self.place_of(item)?;
        let token = item.detail["ack"].as_str().unwrap_or_default();
        let sets = vec![(target, format!("{ACK_PREFIX}{token}"), Value::Str(by.unwrap_or_default().to_owned()))];
        self.commit(vec![DocEdit { space, doc, what: What::Edit(Edit { sets, ..Edit::default() }) }])?;
        Ok(())
    }

    fn settle_refused(&self, item: &Item) -> Result<()> {
        let hash = item.detail["change"]
            .as_str()
            .and_then(crate::model::ChangeHash::from_hex)
            .ok_or_else(|| Fault::internal("an item without its change"))?;
        let now = self.now_text();
        self.store.write(move |c| -> Result<()> {
            c.execute("UPDATE quarantine SET settled = ?2 WHERE hash = ?1", params![&hash.0[..], now])?;
            Ok(())
        })
    }

    /// Side this replica speaks for.
    pub fn side(&self) -> Authority {
        match self.me.role {
            Role::Hub => Authority::County,
            Role::Node(_) => Authority::School,
        }
    }
}

fn object_keys(value: &Json) -> Vec<String> {
    value.as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default()
}

fn last_value(detail: &Json, key: &str) -> Option<Value> {
    detail["fields"][key].as_array()?.last().and_then(|v| serde_json::from_value(v["value"].clone()).ok())
}
