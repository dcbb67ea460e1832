//! Records referred to are named, not numbered: a programme's name in place of its key, in titles, lists, paper, reports and workbooks. Names are looked up once a page.

use super::{Replica, Result, browse::Row};
use crate::{
    document::view::Value,
    ledger::{
        Catalogue, Definition, FieldType,
        condition::is_filled,
        definition::{Field, Privacy, Subject},
        value,
    },
    locale::{self, Lang},
};
use pinyin::ToPinyin as _;
use rusqlite::{Connection, OptionalExtension as _};
use std::{
    borrow::Cow,
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    sync::Arc,
};

/// Names of records that others point to, as one page needs them.
#[derive(Debug)]
pub struct Names<'a> {
    replica: &'a Replica,
    catalogue: Arc<Catalogue>,
    /// Reader's language.
    pub lang: Lang,
    known: RefCell<BTreeMap<String, Option<String>>>,
    schools: OnceCell<BTreeMap<String, String>>,
}

impl<'a> Names<'a> {
    /// For one page.
    #[must_use]
    pub fn of(replica: &'a Replica, lang: Lang) -> Self {
        Self { replica, catalogue: replica.catalogue(), lang, known: RefCell::default(), schools: OnceCell::new() }
    }

    /// The definitions names come from.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Name of a school by its code; `None` of one that is not in the county's list, and of a name.
    #[must_use]
    pub fn school(&self, code: &str) -> Option<String> {
        let read = || self.replica.schools().unwrap_or_default().into_iter().collect();
        self.schools.get_or_init(read).get(code).cloned()
    }

    /// The fields with the name of the record or school referred to in place of its key. Of a key nobody knows it is said that the record is not here: it may not have arrived yet.
    pub fn fields<'f>(&self, definition: &Definition, fields: &'f BTreeMap<String, Value>) -> Cow<'f, BTreeMap<String, Value>> {
        let mut named = Cow::Borrowed(fields);
        for field in definition.fields.iter().filter(|f| f.kind == FieldType::Ref) {
            if let Some(Value::Str(key)) = fields.get(&field.code)
                && !key.is_empty()
            {
                let name = self.name(key).unwrap_or_else(|| locale::text(self.lang, "web-not-here", &[]));
                named.to_mut().insert(field.code.clone(), Value::Str(name));
            }
        }
        for field in definition.fields.iter().filter(|f| f.kind == FieldType::School) {
            if let Some(Value::Str(code)) = fields.get(&field.code)
                && let Some(name) = self.school(code)
            {
                named.to_mut().insert(field.code.clone(), Value::Str(name));
            }
        }
        named
    }

    /// A record in one line, with what it refers to by name.
    #[must_use]
    pub fn label(&self, definition: &Definition, fields: &BTreeMap<String, Value>) -> String {
        label(&self.catalogue, definition, &self.fields(definition, fields), self.lang)
    }

    /// The same where one of several is chosen: with what tells them apart.
    #[must_use]
    pub fn choice(&self, definition: &Definition, fields: &BTreeMap<String, Value>) -> String {
        if definition.choose.is_empty() {
            return self.label(definition, fields);
        }
        line(&self.catalogue, definition, &definition.choose, &self.fields(definition, fields), false, self.lang)
    }

    /// The date of a record beside its label; empty where the label says a day of its own, which tells more.
    #[must_use]
    pub fn day<'r>(&self, definition: &Definition, row: &'r Row) -> &'r str {
        undated(definition, &definition.label, row)
    }

    /// A record to choose, with its state and, unless its label has a day of its own, its date before it.
    #[must_use]
    pub fn row(&self, definition: &Definition, row: &Row) -> String {
        let label = self.choice(definition, &row.fields);
        let codes = if definition.choose.is_empty() { &definition.label } else { &definition.choose };
        let on = Some(undated(definition, codes, row)).filter(|on| definition.subject != Subject::County && !label.contains(on)).unwrap_or_default();
        let state = definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(lifecycle, code)| lifecycle.state(code));
        let state = state.map_or("", |state| state.title.get(self.lang));
        let named = [on, label.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        [named.as_str(), state].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    /// A field's value, with the record referred to by name; `other`: one field of that record in place of its name. Empty when it is not here.
    #[must_use]
    pub fn value(&self, definition: &Definition, field: &Field, fields: &BTreeMap<String, Value>, other: Option<&str>) -> String {
        if let (FieldType::School, Some(Value::Str(code))) = (field.kind, fields.get(&field.code))
            && let Some(name) = self.school(code)
        {
            return name;
        }
        let Some(target) = field.reference.as_deref().and_then(|code| self.catalogue.latest(code)) else {
            return value::show(&self.catalogue, definition, field, fields, self.lang);
        };
        let Some(Value::Str(key)) = fields.get(&field.code).filter(|value| **value != Value::Str(String::new())) else { return String::new() };
        let Some(other) = other else { return self.name(key).unwrap_or_default() };
        match target.field(other) {
            Some(shown) if shown.privacy != Privacy::C => {
                let fields = self.replica.locate(key).map(|place| place.fields).unwrap_or_default();
                self.value(target, shown, &fields, None)
            }
            _ => String::new(),
        }
    }

    /// A record by its whole id: its label, what it refers to followed; without a label its ledger and date. `None`: not here.
    #[must_use]
    pub fn name(&self, key: &str) -> Option<String> {
        if let Some(known) = self.known.borrow().get(key) {
            return known.clone();
        }
        // What points to itself by a way round is not followed for ever.
        self.known.borrow_mut().insert(key.to_owned(), None);
        let found = self.replica.locate(key).ok().filter(|place| place.id == key).and_then(|place| {
            let target = self.catalogue.latest(&place.ledger)?;
            let on = match place.fields.get("on") {
                Some(Value::Str(on)) => on.clone(),
                _ => String::new(),
            };
            Some(Some(self.label(target, &place.fields)).filter(|l| !l.is_empty()).unwrap_or_else(|| format!("{} {on}", target.title.get(self.lang))))
        });
        self.known.borrow_mut().insert(key.to_owned(), found.clone());
        found
    }
}

impl Replica {
    /// The schools of the county's list by code, each with its name.
    ///
    /// # Errors
    /// The store's.
    pub fn schools(&self) -> Result<Vec<(String, String)>> {
        self.store.read(|c| {
            let mut statement =
                c.prepare_cached("SELECT code, name FROM record_school WHERE void = 0 AND code IS NOT NULL AND name IS NOT NULL ORDER BY code")?;
            Ok(statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Name of one of them; `None`: it is not in the list.
    ///
    /// # Errors
    /// The store's.
    pub fn school_name(&self, code: &str) -> Result<Option<String>> {
        self.store.read(|c| school_name(c, code))
    }
}

/// [`Replica::school_name`] within a reading.
pub(super) fn school_name(c: &Connection, code: &str) -> Result<Option<String>> {
    let mut statement = c.prepare_cached("SELECT name FROM record_school WHERE code = ?1 AND void = 0 AND name IS NOT NULL LIMIT 1")?;
    Ok(statement.query_row([code], |r| r.get(0)).optional()?)
}

/// A name in pinyin without tones, for sorting and finding: `wangxiaoming`.
#[must_use]
pub fn sound(name: &str) -> String {
    name.chars().map(|c| c.to_pinyin().map_or_else(|| c.to_lowercase().to_string(), |sound| sound.plain().to_owned())).collect()
}

/// `三年级2班`, `Grade 3 class 2`; empty without a grade.
#[must_use]
pub fn class(grade: Option<i64>, class: Option<i64>, lang: Lang) -> String {
    let Some(grade) = grade else { return String::new() };
    let number = class.map_or_else(String::new, |class| class.to_string());
    let key = if class.is_some() { "web-class" } else { "web-grade" };
    locale::text(lang, key, &[("grade", &grade_name(grade, lang)), ("class", &number)])
}

/// A grade as it is called, without the word.
fn grade_name(grade: i64, lang: Lang) -> String {
    let zh = ["学前", "一", "二", "三", "四", "五", "六", "七", "八", "九", "高一", "高二", "高三"];
    match (lang, usize::try_from(grade).ok().and_then(|at| zh.get(at))) {
        (Lang::Zh, Some(name)) => (*name).to_owned(),
        _ => grade.to_string(),
    }
}

/// A record named in one line.
#[must_use]
pub fn label(catalogue: &Catalogue, definition: &Definition, fields: &BTreeMap<String, Value>, lang: Lang) -> String {
    line(catalogue, definition, &definition.label, fields, true, lang)
}

/// A record's date, unless one of these fields is a date that is filled.
fn undated<'r>(definition: &Definition, codes: &[String], row: &'r Row) -> &'r str {
    let dates = codes.iter().filter_map(|code| definition.field(code)).filter(|field| field.kind == FieldType::Date);
    if dates.into_iter().any(|field| is_filled(&row.fields, &field.code)) { "" } else { row.on.as_deref().unwrap_or_default() }
}

/// These fields of a record in one line; a grade and its class are one thing, a date and the one after it are from when to when, a school and the one after it from where to where. `said`: a date by itself says what it is the date of.
fn line(catalogue: &Catalogue, definition: &Definition, codes: &[String], fields: &BTreeMap<String, Value>, said: bool, lang: Lang) -> String {
    let mut out = String::new();
    let (mut from, mut left, mut sum) = (false, false, false);
    let number = |code: &str| match fields.get(code) {
        Some(Value::Int(number)) if codes.iter().any(|named| named == code) => Some(*number),
        _ => None,
    };
    for field in codes.iter().filter_map(|code| definition.field(code)).filter(|field| field.privacy != Privacy::C) {
        let text = match (field.kind, fields.get(&field.code)) {
            // That something is so is said by what it is; that it is not says nothing.
            (FieldType::Bool, Some(Value::Bool(true))) => field.title.get(lang).to_owned(),
            (FieldType::Bool, _) => String::new(),
            (FieldType::Int, Some(Value::Int(grade))) if field.code == "grade" => class(Some(*grade), number("class"), lang),
            (FieldType::Int, _) if field.code == "class" && number("grade").is_some() => String::new(),
            _ => value::show(catalogue, definition, field, fields, lang),
        };
        let (date, span) = (field.kind == FieldType::Date, from && field.kind == FieldType::Date);
        let school = field.kind == FieldType::School;
        if span {
            out.push('—');
        } else if school && left && !text.is_empty() {
            out.push_str(" → ");
        } else if !text.is_empty() && !out.is_empty() {
            out.push_str(" · ");
        }
        // A second sum says which it is: what came back of what was paid.
        let money = field.kind == FieldType::Money && !text.is_empty();
        if money && sum {
            out.push_str(field.title.get(lang));
            out.push(' ');
        }
        sum |= money;
        if said && date && !text.is_empty() && !span {
            out.push_str(field.title.get(lang));
            out.push(' ');
        }
        out.push_str(&text);
        from = date && !span && !text.is_empty();
        left = school && !text.is_empty();
    }
    out
}
