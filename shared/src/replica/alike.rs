//! Records that a definition calls alike (`[alike]`): a second case of a child, a second application of a term. And children of one name. Each may be
//! meant; whoever is about to write one is asked.

use super::{
    Replica, Result,
    browse::{Row, Wanted},
    records::Place,
    students::normal_name,
};
use crate::{
    document::view::Value,
    ledger::{Definition, definition::Within},
    locale::{self, Lang},
    model::{SchoolYear, year::Term},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Those of `rows`, records of one ledger and subject, that are like the one with these fields.
#[must_use]
pub fn like(definition: &Definition, fields: &BTreeMap<String, Value>, rows: Vec<Row>) -> Vec<Row> {
    let Some(alike) = &definition.alike else { return Vec::new() };
    let day = |text: Option<&str>| text.and_then(|text| text.parse::<Date>().ok());
    let on = match fields.get("on") {
        Some(Value::Str(on)) => day(Some(on)),
        _ => None,
    };
    let open = |row: &Row| {
        let state = definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(lifecycle, code)| lifecycle.state(code));
        // One whose state is in dispute is not over.
        definition.lifecycle.is_some() && state.is_none_or(|state| state.open)
    };
    let same = |row: &Row, of: &dyn Fn(Date) -> (Option<SchoolYear>, Option<Term>)| on.is_some() && on.map(of) == day(row.on.as_deref()).map(of);
    let near = |row: &Row| match alike.within {
        Within::Open => open(row),
        Within::Day => on.is_some() && on == day(row.on.as_deref()),
        Within::Year => same(row, &|day| (SchoolYear::of(day), None)),
        Within::Term => same(row, &|day| (SchoolYear::of(day), Some(Term::of(day)))),
    };
    let equal = |row: &Row| alike.fields.iter().all(|field| fields.get(field).is_some() && fields.get(field) == row.fields.get(field));
    rows.into_iter().filter(|row| near(row) && equal(row)).collect()
}

impl Replica {
    /// Another record like this one that is not over, where two at once would count twice: a case of the child that a rule opened after this one was made void.
    ///
    /// # Errors
    /// The store's.
    pub fn open_beside(&self, place: &Place) -> Result<Option<String>> {
        let definition = self.definition(&place.ledger)?;
        if definition.alike.as_ref().is_none_or(|alike| alike.within != Within::Open) {
            return Ok(None);
        }
        let rows = self.records_of(&place.doc.to_string())?;
        let others = rows.into_iter().filter(|row| row.ledger == place.ledger && !row.void && row.id != place.id).collect();
        Ok(like(&definition, &place.fields, others).into_iter().next().map(|row| row.id))
    }

    /// Children of this year's files who have that name, spaces and width of letters apart, and of whose day of birth `born` holds (empty: not known).
    ///
    /// # Errors
    /// The store's.
    pub fn namesakes(&self, definition: &Definition, name: &str, born: impl Fn(&str) -> bool) -> Result<Vec<Row>> {
        let year = self.this_year()?;
        let name = normal_name(name);
        let mut found = Vec::new();
        for pupil in self.pupils(year)?.into_iter().filter(|pupil| normal_name(&pupil.name) == name) {
            let equals = BTreeMap::from([("name".to_owned(), pupil.name.clone())]);
            let rows = self.page(definition, &Wanted { year: Some(year), equals, limit: 100, ..Wanted::default() })?.rows;
            let own = rows.into_iter().filter(|row| row.id == pupil.student && born(text(row, "birth")));
            found.extend(own);
        }
        Ok(found)
    }
}

fn text<'a>(row: &'a Row, field: &str) -> &'a str {
    match row.fields.get(field) {
        Some(Value::Str(text)) => text,
        _ => "",
    }
}

/// Where they are looked for, in words; empty for a ledger that calls none alike.
#[must_use]
pub fn within(definition: &Definition, lang: Lang) -> String {
    definition.alike.as_ref().map(|alike| locale::text(lang, &format!("web-within-{}", alike.within.word()), &[])).unwrap_or_default()
}
