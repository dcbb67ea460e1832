//! Our own workbooks on their way back: exports of a ledger, and refused rows given back. A sheet that the office program does not show says what they are ([`Mark`]),
//! so that nobody has to know, and the name of the file means nothing.
//!
//! Layout of that sheet ([`SHEET`]): first line `huxue`, ledger, moment, school, school year, `export` or `refused`, file the refused rows came from; second line field codes,
//! the first `_id`; then what each record held, a record a line. Cells that an older version did not write are empty.

use super::sheet::{Cell, FileError, Limits, Sheet, read_sheets};
use crate::locale::Lang;
use std::collections::BTreeMap;

/// Name of the sheet that keeps what a workbook is; nobody sees it in the office program.
pub const SHEET: &str = "_huxue";
/// Name of the sheet of options beside it.
pub const LISTS: &str = "_lists";
/// What stands for a roster where a ledger's code would.
pub const ROSTER: &str = "roster";

/// Head of the column that says why a row was refused: Chinese, English. Here and not with the words of pages, since files are read by them. No field of a ledger is called
/// so (`tests::no_ledger_has_a_field_called_as_one_of_our_columns`); where one is, in a ledger of the county's own, the field's column is left alone (`web/giveback.rs`).
pub const WHY: (&str, &str) = ("没收的原因", "Why this row was not taken");
/// Head of the column that says what to do about it.
pub const NEXT: (&str, &str) = ("怎么改", "What to do about it");
/// Head of the hidden column with the id of a row given back: whatever is corrected in the row, it is that row.
pub const ROW: (&str, &str) = ("退回编号", "Return id");

/// A head in the reader's language.
#[must_use]
pub fn head(of: (&'static str, &'static str), lang: Lang) -> &'static str {
    if lang == Lang::Zh { of.0 } else { of.1 }
}

/// Whether a head is one that only we write, and nothing to be imported.
#[must_use]
pub fn is_ours(head: &str) -> bool {
    [WHY, NEXT, ROW].iter().any(|(zh, en)| [*zh, *en].contains(&head.trim()))
}

/// What a workbook of ours is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Ledger code, or [`ROSTER`].
    pub ledger: String,
    /// When it was made, RFC 3339.
    pub at: String,
    /// School code; empty: not known.
    pub school: String,
    /// School year it starts in.
    pub year: Option<u16>,
    /// Refused rows given back; else an export.
    pub refused: bool,
    /// Name of the file the refused rows came from.
    pub file: String,
}

impl Mark {
    /// The first line of the sheet.
    #[must_use]
    pub fn line(&self) -> [String; 7] {
        let year = self.year.map(|year| year.to_string()).unwrap_or_default();
        let kind = if self.refused { "refused" } else { "export" };
        ["huxue".to_owned(), self.ledger.clone(), self.at.clone(), self.school.clone(), year, kind.to_owned(), self.file.clone()]
    }

    fn read(line: &[Cell]) -> Option<Self> {
        let text = |at: usize| line.get(at).map(Cell::text).unwrap_or_default();
        (text(0) == "huxue" && !text(1).is_empty()).then(|| Self {
            ledger: text(1),
            at: text(2),
            school: text(3),
            year: text(4).parse().ok(),
            refused: text(5) == "refused",
            file: text(6),
        })
    }
}

/// A workbook's mark, and what its records held when it was exported: record → field → text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// What it is.
    pub mark: Mark,
    /// Values.
    pub records: BTreeMap<String, BTreeMap<String, String>>,
}

/// What a file is, if it is one of ours.
///
/// # Errors
/// The file's.
pub fn recognise(bytes: &[u8], file_name: &str, limits: &Limits) -> Result<Option<Mark>, FileError> {
    // Only a workbook has sheets that are not shown.
    if !bytes.starts_with(b"PK\x03\x04") && !bytes.starts_with(&super::cfb::SIGNATURE) {
        return Ok(None);
    }
    Ok(mark(&read_sheets(bytes, file_name, limits)?))
}

/// What sheets say they are.
#[must_use]
pub fn mark(sheets: &[Sheet]) -> Option<Mark> {
    let sheet = sheets.iter().find(|sheet| sheet.name == SHEET)?;
    Mark::read(&sheet.rows.first()?.1)
}

/// Takes our own sheets out of a workbook's.
pub(super) fn take(sheets: &mut Vec<Sheet>) -> Option<Base> {
    let at = sheets.iter().position(|sheet| sheet.name == SHEET);
    let sheet = at.map(|at| sheets.remove(at));
    sheets.retain(|sheet| sheet.name != LISTS || !sheet.hidden);
    let sheet = sheet.filter(|sheet| !sheet.too_many_rows)?;
    let mut lines = sheet.rows.iter().map(|(_, cells)| cells);
    let mark = Mark::read(lines.next()?)?;
    let codes: Vec<String> = lines.next().into_iter().flatten().map(Cell::text).collect();
    let mut base = Base { mark, records: BTreeMap::new() };
    for line in lines {
        let text = |at: usize| line.get(at).map(Cell::text).unwrap_or_default();
        let id = text(0);
        if !id.is_empty() {
            base.records.insert(id, codes.iter().enumerate().skip(1).map(|(at, code)| (code.clone(), text(at))).collect());
        }
    }
    Some(base)
}

/// A name as Excel takes it for a sheet: at most 31 characters, none of `[]:*?/\`, no apostrophe at an end, not empty.
#[must_use]
pub fn sheet_name(title: &str) -> String {
    let plain: String =
        title.chars().map(|c| if matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\') || c.is_control() { ' ' } else { c }).collect();
    // Excel counts UTF-16 units.
    let mut units = 0;
    let short: String = plain
        .trim()
        .chars()
        .take_while(|c| {
            units += c.len_utf16();
            units <= 31
        })
        .collect();
    let name = short.trim_matches(|c: char| c == '\'' || c.is_whitespace()).to_owned();
    // "History" is Excel's own, and ours are ours.
    if name.is_empty() || name.eq_ignore_ascii_case("history") || name == SHEET || name == LISTS { format!("{name}_") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_one_of_an_older_version_too() {
        let mark = Mark {
            ledger: "care_log".into(),
            at: "2026-03-02T02:00:00Z".into(),
            school: "5299010001".into(),
            year: Some(2025),
            refused: true,
            file: "三月.xlsx".into(),
        };
        let line: Vec<Cell> = mark.line().into_iter().map(Cell::Text).collect();
        assert_eq!(Mark::read(&line), Some(mark));
        let old = Mark::read(&line[..3]).unwrap();
        assert_eq!((old.ledger.as_str(), old.school.as_str(), old.year, old.refused), ("care_log", "", None, false));
        assert_eq!(Mark::read(&[Cell::Text("姓名".into())]), None);
    }

    #[test]
    fn any_title_becomes_a_name_that_excel_takes() {
        assert_eq!(sheet_name("留守儿童关爱记录"), "留守儿童关爱记录");
        assert_eq!(sheet_name("a/b:c*[d]?\\"), "a b c  d");
        assert_eq!(sheet_name("'"), "_");
        assert_eq!(sheet_name(""), "_");
        assert_eq!(sheet_name(&"长".repeat(40)).chars().count(), 31);
        assert!(sheet_name(&"𠮷".repeat(40)).encode_utf16().count() <= 31);
        for title in ["", "'x'", "history", "留守/关爱", "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷"] {
            let mut book = rust_xlsxwriter::Workbook::new();
            assert!(book.add_worksheet().set_name(sheet_name(title)).is_ok() && book.save_to_buffer().is_ok(), "{title}");
        }
    }

    #[test]
    fn our_own_heads_are_known_in_both_languages() {
        assert!(is_ours("没收的原因") && is_ours(" What to do about it ") && is_ours("退回编号"));
        assert!(!is_ours("备注"));
    }

    #[test]
    fn no_ledger_has_a_field_called_as_one_of_our_columns() {
        let catalogue = crate::ledger::Catalogue::embedded();
        let fields = catalogue.iter_latest().flat_map(|definition| definition.fields.iter().map(move |field| (&definition.code, &field.title)));
        let mut count = 0;
        for (ledger, title) in fields {
            count += 1;
            assert!(!is_ours(&title.zh) && !is_ours(&title.en), "{ledger}: {title:?}");
        }
        assert!(count > 500, "the ledgers were not found");
    }
}
