//! Records that others refer to, by their names: on paper a key says nothing. Each is looked up once a printing.

use super::super::{desk::Desk, shown};
use crate::{
    document::view::Value,
    ledger::{
        definition::{Field, Privacy},
        value,
    },
    locale::Lang,
};
use std::collections::{BTreeMap, HashMap};

/// Names already looked up.
#[derive(Debug)]
pub struct Names<'a> {
    desk: &'a Desk,
    /// Reader's language.
    pub lang: Lang,
    known: HashMap<String, BTreeMap<String, Value>>,
}

impl<'a> Names<'a> {
    /// None yet.
    #[must_use]
    pub fn new(desk: &'a Desk, lang: Lang) -> Self {
        Self { desk, lang, known: HashMap::new() }
    }

    /// What a reference shows: one field of the record referred to, or its label. Empty when it is not here.
    pub fn of(&mut self, field: &Field, fields: &BTreeMap<String, Value>, other: Option<&str>) -> String {
        let catalogue = self.desk.replica.catalogue();
        let (Some(Value::Str(id)), Some(target)) = (fields.get(&field.code), field.reference.as_deref().and_then(|code| catalogue.latest(code)))
        else {
            return String::new();
        };
        let desk = self.desk;
        let found = self.known.entry(id.clone()).or_insert_with(|| desk.replica.locate(id).map(|place| place.fields).unwrap_or_default());
        match other.and_then(|code| target.field(code)) {
            Some(shown) if shown.privacy != Privacy::C => value::show(&catalogue, target, shown, found, self.lang),
            Some(_) => String::new(),
            None => shown::label(&catalogue, target, found, self.lang),
        }
    }
}
