//! A file of which nothing can be taken as a roster, since it has no grade: which ledger its head fits, so that a person is not told of every row to write a grade beside it.

use super::heads::candidates;
use crate::{
    import::{self, Limits, RosterPreview, table},
    ledger::{
        Catalogue, Definition,
        definition::{Form, Owner},
    },
    locale::{self, Lang},
};
use serde_json::{Value as Json, json};
use std::cmp::Reverse;

/// Columns a ledger must know to be named: a name and a number are in many.
const COLUMNS_MIN: usize = 3;

/// The one ledger that knows more of the file's columns than any other; `None` for a roster, and where none stands out.
pub(super) fn of<'a>(catalogue: &'a Catalogue, bytes: &[u8], file: &str, preview: &RosterPreview) -> Option<&'a Definition> {
    let has = |code: &str| preview.columns.iter().any(|(_, known)| *known == code);
    if preview.accepted().next().is_some() || has("grade") || has("class") {
        return None;
    }
    let sheets = import::read_sheets(bytes, file, &Limits::default()).ok()?;
    let (_, head) = sheets.iter().find(|sheet| sheet.name == preview.sheet)?.rows.iter().find(|(row, _)| *row == preview.header_row)?;
    let head: Vec<String> = head.iter().map(import::Cell::text).collect();
    let fit = |definition: &Definition| table::match_columns(&head, &candidates(definition)).columns.len();
    let records = catalogue.iter_latest().filter(|definition| definition.form == Form::Records);
    let mut fits: Vec<(usize, &Definition)> = records.map(|definition| (fit(definition), &**definition)).collect();
    fits.sort_by_key(|(fit, _)| Reverse(*fit));
    match fits.as_slice() {
        [(best, definition), rest @ ..] if *best >= COLUMNS_MIN && rest.first().is_none_or(|(next, _)| next < best) => Some(definition),
        _ => None,
    }
}

/// The ledger a file looks like, and whose it is.
pub(super) fn said(ledger: &Definition, lang: Lang) -> Json {
    let key = if ledger.owner == Owner::County { "roster-is-the-countys" } else { "roster-is-a-ledger" };
    json!({ "ledger": ledger.code, "message": locale::text(lang, key, &[("value", ledger.title.get(lang))]) })
}
