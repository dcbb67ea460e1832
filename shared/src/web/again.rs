//! What is there already proposed in a new form: a record of the wrong child, written once more for the right one; the file of a child that came from another school, out
//! of what that school knew. Nothing is saved until that form is sent.
//!
//! What is the other child's own is not proposed: what was copied from that child's file, that child's other records, files, and numbers that are given once.

use super::{
    account::Account,
    conflicts,
    desk::Desk,
    form::Drawing,
    reach::{self, Reached},
};
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{
        Definition, FieldType,
        definition::{Form, Subject},
    },
    locale::Lang,
    model::codes::IdNumber,
    replica::relay::VALUE,
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
    if definition.form == Form::Profile {
        return Ok(arrived(desk, account, definition, &reached, lang));
    }
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

/// The document foreseen for the child whose former file this is, where no identity number leads to it; else empty.
///
/// # Errors
/// `record-none`, also of a record out of reach.
pub fn foreseen_for(desk: &Desk, account: &Account, record: &str) -> Result<String, Fault> {
    let envelope = reach::record(desk, account, record)?.place.fields;
    let word = |key: &str| match envelope.get(key) {
        Some(Value::Str(text)) => text.clone(),
        _ => String::new(),
    };
    Ok(if word("number").parse::<IdNumber>().is_ok() { String::new() } else { word("child") })
}

/// Out of the envelope of a former school's file: its values but those the new school fills itself, and what the envelope says under a field's own name (the school).
fn arrived(desk: &Desk, account: &Account, definition: &Definition, reached: &Reached, lang: Lang) -> BTreeMap<String, String> {
    let envelope = &reached.place.fields;
    let catalogue = desk.replica.catalogue();
    let handover = catalogue.iter_latest().find_map(|ledger| ledger.handover.as_ref());
    let (Some(handover), Some(Value::Str(ledger))) = (handover, envelope.get("ledger")) else { return BTreeMap::new() };
    if *ledger != definition.code {
        return BTreeMap::new();
    }
    let anew = |key: &str| definition.field_of_key(key).is_none_or(|(field, _)| handover.anew.contains(&field.code));
    let before = envelope.iter().filter_map(|(key, value)| Some((key.strip_prefix(VALUE)?.to_owned(), value.clone()))).filter(|(key, _)| !anew(key));
    let own = envelope.iter().filter(|(key, _)| definition.declared(key).is_some_and(|field| field.kind == FieldType::School));
    let fields: BTreeMap<String, Value> = before.chain(own.map(|(key, value)| (key.clone(), value.clone()))).collect();
    let nothing = BTreeMap::new();
    let drawing = Drawing { catalogue: &catalogue, definition, account, fields: &fields, typed: &nothing, fault: None, lang, new: false };
    let filled = definition.fields.iter().filter(|field| drawing.fills(field) && field.kind != FieldType::File);
    filled.map(|field| (field.code.clone(), drawing.plain(field))).filter(|(_, text)| !text.is_empty()).collect()
}
