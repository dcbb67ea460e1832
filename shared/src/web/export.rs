//! What is on the screen as a workbook, in a form that the import reads again: the first column is the record's id, heads are the fields' titles, cells are as typed.
//! Also the rows an import refused, to give back.

use super::{account::Account, shown};
use crate::{
    fault::Fault,
    ledger::{Catalogue, Definition, FieldType, definition::Subject, value},
    locale::{self, Lang},
    replica::browse::Row,
};
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// Longest text of a cell (the format allows 32,767).
const CELL_CHARS_MAX: usize = 32_000;

fn sheet(heads: &[String], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let page: &mut Worksheet = book.add_worksheet();
    let bold = Format::new().set_bold().set_text_wrap();
    for (at, head) in (0u16..).zip(heads) {
        page.write_string_with_format(0, at, head, &bold)?;
        page.set_column_width(at, if at == 0 { 12.0 } else { 16.0 })?;
    }
    let mut last = 0;
    for (line, cells) in (1u32..).zip(rows) {
        for (at, cell) in (0u16..).zip(cells) {
            // Always a text, never a formula, whatever it begins with.
            page.write_string(line, at, cell.chars().take(CELL_CHARS_MAX).collect::<String>())?;
        }
        last = line;
    }
    page.set_freeze_panes(1, 0)?;
    if let Some(columns) = u16::try_from(heads.len()).ok().and_then(|n| n.checked_sub(1)) {
        page.autofilter(0, 0, last, columns)?;
    }
    book.save_to_buffer()
}

/// Records of a ledger. What the person does not see is not in it.
///
/// # Errors
/// `internal` if the workbook cannot be made.
pub fn ledger(catalogue: &Catalogue, definition: &Definition, account: &Account, rows: &[Row], lang: Lang) -> Result<Vec<u8>, Fault> {
    let by_child = definition.subject == Subject::Student;
    let fields: Vec<_> = definition.fields.iter().filter(|f| shown::sees(account, definition, f) && f.kind != FieldType::File).collect();
    let mut heads = vec![if lang == Lang::Zh { "记录号".to_owned() } else { "Record id".to_owned() }];
    let named = by_child && !fields.iter().any(|f| f.code == "name");
    if named {
        heads.push(locale::text(lang, "web-person-name", &[]));
    }
    let common: Vec<_> = Definition::common_fields().iter().filter(|f| f.code == "on" || f.code == "note").collect();
    heads.extend(fields.iter().chain(&common).map(|f| f.title.get(lang).to_owned()));
    let line = |row: &Row| {
        let mut cells = vec![row.id.clone()];
        if named {
            cells.push(row.name.clone().unwrap_or_default());
        }
        cells.extend(fields.iter().chain(&common).map(|f| {
            let bare = crate::ledger::definition::Field { unit: None, ..(**f).clone() };
            value::show(catalogue, definition, &bare, &row.fields, lang)
        }));
        cells
    };
    sheet(&heads, rows.iter().map(line)).map_err(Fault::internal)
}

/// Rows an import refused: number in the file, why, what to do.
///
/// # Errors
/// `internal` if the workbook cannot be made.
pub fn refused(rows: &[(String, String, String)], lang: Lang) -> Result<Vec<u8>, Fault> {
    let heads = ["web-row", "web-why", "web-what-next"].map(|key| locale::text(lang, key, &[]));
    sheet(&heads, rows.iter().map(|(row, why, next)| vec![row.clone(), why.clone(), next.clone()])).map_err(Fault::internal)
}
