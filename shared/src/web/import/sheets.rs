//! Sheets of a workbook beside the one a preview is of: named there with the way to each, and once that one is written, on the page after it with the way to the rest. The file
//! waits meanwhile as it came ([`super::waiting`]), so that nobody has to choose it once more for each sheet.

use super::{
    Account,
    waiting::{Looked, Waiting},
};
use crate::{
    locale::{self, Lang},
    web::{desk::Desk, page::escape_query},
};
use serde_json::Value as Json;

/// A sheet that holds such a table too.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub(super) name: String,
    /// Its name with the rows it holds.
    pub(super) said: String,
    /// Where it is looked at.
    pub(super) href: String,
    /// It was written since the file was sent.
    pub(super) written: bool,
}

/// What is still to be looked at of a file of which a sheet was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest {
    pub(super) file: String,
    /// None: all of it was.
    pub(super) sheets: Vec<Sheet>,
}

/// Address of the preview of a sheet; `sheet` empty: of the one the reader takes.
fn at(token: &str, sheet: &str) -> String {
    format!("/import/{token}{}", of(sheet))
}

/// What says in an address which sheet is meant.
pub(super) fn of(sheet: &str) -> String {
    if sheet.is_empty() { String::new() } else { format!("?sheet={}", escape_query(sheet)) }
}

/// The other sheets that an import's answer names.
pub(super) fn others(answer: &Json, token: &str, waiting: &Waiting, lang: Lang) -> Vec<Sheet> {
    let sheet = |other: &Json| {
        let name = other["name"].as_str()?;
        let key = if other["hidden"] == true { "imported-sheet-hidden" } else { "imported-sheet" };
        let said = locale::text(lang, key, &[("name", name), ("rows", &other["rows"].to_string())]);
        Some(Sheet { said, href: at(token, name), written: waiting.written.contains(name), name: name.to_owned() })
    };
    answer["other_sheets"].as_array().into_iter().flatten().filter_map(sheet).collect()
}

/// Puts down that a sheet was written. What the address of the next page says of the others; where there are none left the file is let go. What the office program does not show
/// was put away by somebody, and nobody is led there.
pub(super) fn wrote(desk: &Desk, token: &str, looked: &Looked, answer: &Json) -> String {
    let others = answer["other_sheets"].as_array().into_iter().flatten().filter(|other| other["hidden"] != true);
    let others = others.map(|other| (other["name"].as_str().unwrap_or_default().to_owned(), other["rows"].as_u64().unwrap_or(0)));
    let left = desk.uploads.wrote(token, &looked.sheet, others.collect(), desk.clock().now().as_second());
    if left { format!("&rest={token}") } else { String::new() }
}

/// What is left of a file that waits.
pub(super) fn rest(desk: &Desk, account: &Account, token: Option<&str>, lang: Lang) -> Rest {
    let Some((token, waiting)) = token.and_then(|token| Some((token, desk.uploads.find(token, account.id, "").ok()?))) else {
        return Rest::default();
    };
    let sheet = |(name, rows): &(String, u64)| {
        let said = locale::text(lang, "imported-sheet", &[("name", name), ("rows", &rows.to_string())]);
        Sheet { name: name.clone(), said, href: at(token, name), written: false }
    };
    Rest { sheets: waiting.rest.iter().map(sheet).collect(), file: waiting.file }
}
