//! A record of the wrong child, written once more for the right one: what it says is proposed in the new form. Nothing is saved until that form is sent.
//!
//! What is the other child's own is not proposed: what was copied from that child's file, that child's other records, files, and numbers that are given once.

use super::{account::Account, conflicts, desk::Desk, form::Drawing, reach};
use crate::{
    fault::Fault,
    ledger::{
        Definition, FieldType,
        definition::{Form, Subject},
    },
    locale::Lang,
};
use std::collections::BTreeMap;

/// Whether records of this ledger can be written again for another child.
#[must_use]
pub fn may(definition: &Definition) -> bool {
    definition.subject == Subject::Student && definition.form == Form::Records
}

/// What a record the person may read says, as it would be typed in a new form of the same ledger.
///
/// # Errors
/// `record-none`, also of a record out of reach or of another ledger.
pub fn proposed(desk: &Desk, account: &Account, definition: &Definition, record: &str, lang: Lang) -> Result<BTreeMap<String, String>, Fault> {
    let reached = reach::record(desk, account, record)?;
    if reached.definition.code != definition.code || !may(definition) {
        return Ok(BTreeMap::new());
    }
    let catalogue = desk.replica.catalogue();
    let held = conflicts::held(desk, definition, &reached.place.id, lang)?;
    let nothing = BTreeMap::new();
    let drawing =
        Drawing { catalogue: &catalogue, definition, account, fields: &reached.place.fields, typed: &nothing, fault: None, lang, new: false };
    let common = Definition::common_fields().iter().filter(|field| ["on", "note"].contains(&field.code.as_str()));
    let fields = definition.fields.iter().filter(|field| drawing.fills(field)).chain(common);
    let of_child = |ledger: &str| catalogue.latest(ledger).is_some_and(|target| target.subject == Subject::Student);
    let own = fields.filter(|field| {
        let childs = field.copy_of.is_some() || field.serial || field.kind == FieldType::File || field.reference.as_deref().is_some_and(of_child);
        !childs && !held.contains_key(&field.code)
    });
    Ok(own.map(|field| (field.code.clone(), drawing.plain(field))).filter(|(_, text)| !text.is_empty()).collect())
}
