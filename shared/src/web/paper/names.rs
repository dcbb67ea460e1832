//! What a field says on paper: records referred to by name, for a key says nothing there; and of what is in dispute that it is not settled.

use super::super::{desk::Desk, pending::Pending};
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{Definition, definition::Field},
    locale::{self, Lang},
    replica::{browse::Row, names},
};
use std::collections::BTreeMap;

/// What one printing looks up.
#[derive(Debug)]
pub struct Names<'a> {
    /// Of records referred to.
    others: names::Names<'a>,
    /// What awaits a choice.
    pub pending: Pending,
    /// Reader's language.
    pub lang: Lang,
}

impl<'a> Names<'a> {
    /// For one printing.
    ///
    /// # Errors
    /// The store's.
    pub fn of(desk: &'a Desk, lang: Lang) -> Result<Self, Fault> {
        Ok(Self { others: names::Names::of(&desk.replica, lang), pending: Pending::read(desk)?, lang })
    }

    /// A field of a row. `other`: of the record it refers to, one field in place of its name.
    #[must_use]
    pub fn value(&self, definition: &Definition, field: &Field, row: &Row, other: Option<&str>) -> String {
        self.value_of(definition, field, &row.id, &row.fields, other)
    }

    /// A field of the record `id`.
    #[must_use]
    pub fn value_of(&self, definition: &Definition, field: &Field, id: &str, fields: &BTreeMap<String, Value>, other: Option<&str>) -> String {
        if self.pending.holds(definition, id, &field.code) { self.unsettled() } else { self.others.value(definition, field, fields, other) }
    }

    /// A record in one line.
    #[must_use]
    pub fn label(&self, definition: &Definition, fields: &BTreeMap<String, Value>) -> String {
        self.others.label(definition, fields)
    }

    /// A child's name, or that it is not settled.
    #[must_use]
    pub fn child(&self, profile: &Definition, student: &str, name: &str) -> String {
        if self.pending.holds(profile, student, "name") { self.unsettled() } else { name.to_owned() }
    }

    /// `有分歧，未定`.
    #[must_use]
    pub fn unsettled(&self) -> String {
        locale::text(self.lang, "paper-unsettled", &[])
    }
}
