//! Two people correct one record on one machine: the later form does not overwrite the earlier one unasked.
//!
//! A form remembers what it showed of each field (`was.<field>`). Where a field that its writer changed no longer stands as it was shown, nothing is saved: the form
//! comes back with what was typed, and beside the field what stands there now, by whom and since when. It now has shown that, so the next press is a choice.

use super::{
    conflicts,
    desk::Desk,
    form::{Drawing, Sent},
    reach::Reached,
};
use crate::{
    fault::{Exit, Fault},
    ledger::FieldType,
    locale::Lang,
    replica::names::Names,
    web::account::Account,
};
use std::collections::BTreeMap;

/// That no field the form changes was written by somebody else since it was drawn.
///
/// # Errors
/// `web-newer`, with `web-field-newer` for each such field; the store's.
pub fn none(desk: &Desk, account: &Account, reached: &Reached, sent: &Sent, lang: Lang) -> Result<(), Fault> {
    let (catalogue, definition, fields, nothing) = (desk.replica.catalogue(), &reached.definition, &reached.place.fields, BTreeMap::new());
    let drawing = Drawing { catalogue: &catalogue, definition, account, fields, typed: &nothing, fault: None, lang, new: false };
    let names = Names::of(&desk.replica, lang);
    let moved = |code: &String, typed: &String| {
        let field = definition.field(code)?;
        // A form shows a school by its name.
        let now = if field.kind == FieldType::School { names.value(definition, field, fields, None) } else { drawing.plain(field) };
        let was = sent.was.get(code)?.trim();
        (was != now.trim() && now.trim() != typed.trim()).then_some(field)
    };
    let hit: Vec<_> = sent.changed().iter().filter_map(|(code, typed)| moved(code, typed)).collect();
    if hit.is_empty() {
        return Ok(());
    }
    let history = desk.replica.show(&reached.place.id).map_err(Fault::from)?;
    let history: Vec<_> = history["history"].as_array().into_iter().flatten().collect();
    let said = hit.into_iter().map(|field| {
        let of_field = |key: &str| key == field.code || key.strip_prefix(field.code.as_str()).is_some_and(|rest| rest.starts_with('.'));
        let line = history.iter().rev().find(|line| line["field"].as_str().is_some_and(of_field));
        let word = |key: &str| line.and_then(|line| line[key].as_str()).unwrap_or_default();
        let value = names.value(definition, field, fields, None);
        Fault::new("web-field-newer", Exit::Found)
            .with("field", &field.code)
            .with("title", field.title.get(lang))
            .with("value", if value.is_empty() { "—" } else { &value })
            .with("who", conflicts::wrote(desk, word("by"), word("at"), word("origin"), lang))
    });
    Err(Fault::new("web-newer", Exit::Found).of(said))
}
