//! Records of a child that another of its records refers to, in tables: an application that a payment stands on. A table names it in words, or leaves it out where there is but one.

use super::{Replica, Result, browse::Row, names::Names};
use crate::{
    document::view::Value,
    ledger::{
        Definition,
        condition::is_filled,
        definition::{Check, Field, Required, Subject},
        validate,
    },
    locale::Lang,
};
use std::{collections::BTreeMap, sync::Arc};

impl Replica {
    /// Puts the records of a child in the place of what they are called, in fields that refer to such: by label, or as they stand where one is chosen, in either language. What
    /// names none or several is left as it is.
    ///
    /// # Errors
    /// The store's.
    pub fn name_records(&self, definition: &Definition, student: &str, set: &mut BTreeMap<String, String>) -> Result<()> {
        let mut rows = None;
        for (field, text) in set.iter_mut().filter_map(|(code, text)| Some((definition.field(code)?, text))) {
            let called = text.trim().to_owned();
            let Some(target) = of_child(self, field).filter(|target| !called.is_empty() && !called.starts_with(&format!("{}:", target.code))) else {
                continue;
            };
            if rows.is_none() {
                rows = Some(self.records_of(student)?);
            }
            let own = rows.iter().flatten().filter(|row| row.ledger == target.code && !row.void);
            let is = |row: &&Row| {
                [Lang::Zh, Lang::En].iter().any(|lang| {
                    let names = Names::of(self, *lang);
                    [names.label(&target, &row.fields), names.choice(&target, &row.fields), names.row(&target, row)].contains(&called)
                })
            };
            let found: Vec<&Row> = own.filter(is).collect();
            if let [one] = found.as_slice() {
                text.clone_from(&one.id);
            }
        }
        Ok(())
    }

    /// What a new record of a child must refer to and does not say, by field: the one record of the child that the definition's checks have nothing against, if there is one and
    /// no other. Only of fields that ask (`ask = true`).
    ///
    /// # Errors
    /// The store's.
    pub fn only_fitting(&self, definition: &Definition, student: &str, fields: &BTreeMap<String, Value>) -> Result<BTreeMap<String, String>> {
        let state = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.as_str());
        let wanted = |field: &&Field| match &field.required {
            Required::When(when) => self.around(|around| when.holds_here(fields, state, around)),
            _ => false,
        };
        let mut out = BTreeMap::new();
        for field in definition.fields.iter().filter(|field| field.ask && !is_filled(fields, &field.code)).filter(wanted) {
            let Some(target) = of_child(self, field) else { continue };
            // A sum says how much was given on it, and not which it is: more than was approved is still of that application.
            let which = |check: &&Check| !check.must.adds_up() && check.must.of_others().iter().any(|(reference, _)| *reference == field.code);
            let checks = || definition.checks.iter().filter(which);
            let fits = |row: &Row| {
                let mut chosen = fields.clone();
                chosen.insert(field.code.clone(), Value::Str(row.id.clone()));
                self.around(|around| checks().all(|check| validate::broken(check, &chosen, state, around).is_none()))
            };
            let own = self.records_of(student)?.into_iter().filter(|row| row.ledger == target.code && !row.void);
            if let [one] = own.filter(fits).collect::<Vec<_>>().as_slice() {
                out.insert(field.code.clone(), one.id.clone());
            }
        }
        Ok(out)
    }
}

/// The ledger a field refers to, if its records are children's.
fn of_child(replica: &Replica, field: &Field) -> Option<Arc<Definition>> {
    replica.catalogue().latest(field.reference.as_deref()?).filter(|target| target.subject == Subject::Student).cloned()
}
