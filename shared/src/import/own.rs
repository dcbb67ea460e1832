//! Our own workbooks on their way back: exports of a ledger, and refused rows given back. A sheet that the office program does not show says what they are ([`Mark`]),
//! so that nobody has to know, and the name of the file means nothing.
//!
//! Layout of that sheet ([`SHEET`]): first line `huxue`, ledger, moment, school, school year, `export` or `refused`, file the refused rows came from; second line field codes,
//! the first `_id`; then what each record held, a record a line. Cells that an older version did not write are empty.

use super::sheet::{Cell, Cells, FileError, HEAD_ROWS, Limits, Sheet, read_sheets};
use crate::locale::Lang;
use std::{collections::BTreeMap, ops::Range};

/// Name of the sheet that keeps what a workbook is; nobody sees it in the office program.
pub const SHEET: &str = "_huxue";
/// Name of the sheet of options beside it.
pub const LISTS: &str = "_lists";
/// What stands for a roster where a ledger's code would.
pub const ROSTER: &str = "roster";

/// Head of the column that says why a row was refused: Chinese, English. Here and not with the words of pages, since files are read by them.
pub const WHY: (&str, &str) = ("为什么退回", "Why it was refused");
/// Head of the column that says what to do about it.
pub const NEXT: (&str, &str) = ("怎么改", "What to do about it");
/// Head of the hidden column with the id of a row given back: whatever is corrected in the row, it is that row.
pub const ROW: (&str, &str) = ("退回编号", "Return id");

/// A head in the reader's language.
#[must_use]
pub fn head(of: (&'static str, &'static str), lang: Lang) -> &'static str {
    if lang == Lang::Zh { of.0 } else { of.1 }
}

/// Id of a row given back: of the file it stood in, and where. `batch`: 16 hexadecimal digits.
#[must_use]
pub fn row_id(batch: &str, row: u64) -> String {
    format!("{batch}:{row}")
}

/// What a file is known by, or one sheet of several in it (`part`, [`super::others::Others::part`]; empty: the file): 64 hexadecimal digits.
#[must_use]
pub fn fingerprint(bytes: &[u8], part: &str) -> String {
    let file = blake3::hash(bytes);
    if part.is_empty() {
        return file.to_hex().to_string();
    }
    blake3::Hasher::new_derive_key("huxue sheet of a file v1").update(file.as_bytes()).update(part.as_bytes()).finalize().to_hex().to_string()
}

/// The `batch` of rows of a file or of one sheet of it: the same gives the same ids, so that given back twice a row is still one, and row 5 of one sheet is not row 5 of another.
#[must_use]
pub fn batch(bytes: &[u8], part: &str) -> String {
    fingerprint(bytes, part).get(..16).unwrap_or_default().to_owned()
}

/// Name of a file, or of one sheet of several in it: 名册·一年级.xlsx.
#[must_use]
pub fn named(file: &str, part: &str) -> String {
    match file.rsplit_once('.') {
        _ if part.is_empty() => file.to_owned(),
        Some((stem, ending)) => format!("{stem}·{}.{ending}", sheet_name(part)),
        None => format!("{file}·{}", sheet_name(part)),
    }
}

/// Where the row of such an id stood in the file it came from in the first place.
#[must_use]
pub fn row_of(id: &str) -> Option<u64> {
    id.split_once(':')?.1.parse().ok()
}

fn is_row_id(text: &str) -> bool {
    let hex = |batch: &str| batch.len() == 16 && batch.bytes().all(|b| b.is_ascii_hexdigit());
    text.split_once(':').is_some_and(|(batch, row)| hex(batch) && !row.is_empty() && row.bytes().all(|b| b.is_ascii_digit()))
}

/// Takes the columns that we added to rows given back out of a sheet, so that it is the file as it was sent, and says which row each row is.
#[must_use]
pub fn lift(sheet: &mut Sheet) -> BTreeMap<u32, String> {
    let heads = sheet.rows.iter().take(HEAD_ROWS).enumerate();
    let found = heads.filter_map(|(top, (_, head))| added(head, sheet.rows.get(top + 1..)?)).find(|(columns, _)| !columns.is_empty());
    let Some((columns, ids)) = found else { return BTreeMap::new() };
    let ids = |(row, cells): &(u32, Cells)| Some((*row, cells.get(ids?).map(Cell::text).filter(|id| is_row_id(id))?));
    let ids = sheet.rows.iter().filter_map(ids).collect();
    for (_, cells) in &mut sheet.rows {
        cells.drain(columns.start.min(cells.len())..columns.end.min(cells.len()));
    }
    sheet.merged_down.retain(|(.., column)| !columns.contains(column));
    for (.., column) in sheet.merged_down.iter_mut().filter(|(.., column)| *column >= columns.end) {
        *column -= columns.len();
    }
    ids
}

/// Where our columns stand under a head, and which of them has the ids. Ours by place, never by name alone: a ledger may call a column of its own like one of them. The id's is
/// the one with nothing but such ids below; what to do stands left of it, or last where a person deleted the ids, and why left of that.
fn added(head: &[Cell], body: &[(u32, Cells)]) -> Option<(Range<usize>, Option<usize>)> {
    let is = |at: usize, (zh, en): (&str, &str)| matches!(head.get(at), Some(Cell::Text(text)) if [zh, en].contains(&text.trim()));
    let below = |at: usize| body.iter().filter_map(move |(_, cells)| cells.get(at)).filter(|cell| !cell.is_blank());
    let ids = (0..head.len()).rev().find(|at| is(*at, ROW) && below(*at).next().is_some() && below(*at).all(|cell| is_row_id(&cell.text())));
    let end = ids.or_else(|| Some(head.iter().rposition(|cell| !cell.is_blank())? + 1))?;
    let next = end.checked_sub(1).filter(|at| is(*at, NEXT));
    let why = next.and_then(|next| next.checked_sub(1)).filter(|at| is(*at, WHY));
    // One word alone at the end of a table may be anybody's.
    let start = if ids.is_some() { why.or(next).unwrap_or(end) } else { why.unwrap_or(end) };
    Some((start..ids.map_or(end, |at| at + 1), ids))
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
    // Ours even where somebody had it shown; of another's workbook only what is not shown can be.
    sheets.retain(|sheet| sheet.name != LISTS || !(sheet.hidden || at.is_some()));
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
    fn one_sheet_of_several_has_rows_and_a_name_of_its_own() {
        assert_eq!(fingerprint(b"x", ""), blake3::hash(b"x").to_hex().to_string());
        assert_ne!(batch(b"x", "一年级"), batch(b"x", "二年级"));
        assert_ne!(batch(b"x", "一年级"), batch(b"x", ""));
        assert_eq!(batch(b"x", "一年级").len(), 16);
        let names = [("名册.xlsx", ""), ("名册.xlsx", "一年级"), ("名册", "一/二"), ("a.b.xlsx", "2.1班")].map(|(file, part)| named(file, part));
        assert_eq!(names, ["名册.xlsx", "名册·一年级.xlsx", "名册·一 二", "a.b·2.1班.xlsx"]);
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

    fn sheet(rows: &[&[&str]]) -> Sheet {
        let cells = |row: &&[&str]| row.iter().map(|text| if text.is_empty() { Cell::Empty } else { Cell::Text((*text).to_owned()) }).collect();
        let rows = rows.iter().enumerate().map(|(at, row)| (u32::try_from(at).unwrap() + 1, cells(row))).collect();
        Sheet { name: "一".into(), rows, too_many_rows: false, hidden: false, merged_down: vec![(2, 3, 0), (2, 3, 6)] }
    }

    fn lifted(rows: &[&[&str]]) -> (Vec<String>, BTreeMap<u32, String>) {
        let mut sheet = sheet(rows);
        let ids = lift(&mut sheet);
        (sheet.rows.iter().map(|(_, cells)| cells.iter().map(Cell::text).collect::<Vec<_>>().join("|")).collect(), ids)
    }

    #[test]
    fn our_own_columns_are_known_by_their_place_and_a_files_own_of_the_same_name_stay() {
        let (id, own) = (row_id("0123456789abcdef", 4), ["姓名", "为什么退回", "怎么改", "退回编号"]);
        let back = |more: [&'static str; 3]| lifted(&[&["表"], &[&own[..], &more].concat(), &["王", "不在家", "", "7", "原第 4 行：", "改", &id]]);
        let (rows, ids) = back(["为什么退回", "怎么改", "退回编号"]);
        assert_eq!(rows, ["表", "姓名|为什么退回|怎么改|退回编号", "王|不在家||7"]);
        assert_eq!(ids, BTreeMap::from([(3, id.clone())]));
        assert_eq!(back(["Why it was refused", "What to do about it", "Return id"]).0[2], "王|不在家||7");
        let plain: &[&[&str]] = &[&["姓名", "为什么退回"], &["王", "不在家"]];
        assert_eq!(lifted(plain).0, ["姓名|为什么退回", "王|不在家"], "a table of somebody's own");
        assert_eq!(lifted(&[&own, &["王", "不在家", "", "7"]]).0[1], "王|不在家||7");
    }

    #[test]
    fn what_a_person_deleted_or_added_beside_our_columns_changes_nothing() {
        let id = row_id("0123456789abcdef", 4);
        let found = |head: &[&str], row: &[&str]| lifted(&[head, row]).0[1].clone();
        assert_eq!(found(&["姓名", "退回编号"], &["王", &id]), "王");
        assert_eq!(found(&["姓名", "怎么改", "退回编号"], &["王", "改", &id]), "王");
        assert_eq!(found(&["姓名", "为什么退回", "怎么改"], &["王", "原第 4 行：", "改"]), "王");
        let mut more = sheet(&[&["姓名", "为什么退回", "怎么改", "退回编号", "", "", "班级"], &["王", "原第 4 行：", "改", &id, "", "", "1"]]);
        assert_eq!(lift(&mut more).len(), 1);
        assert_eq!((more.rows[1].1.len(), more.rows[1].1[3].text(), more.merged_down), (4, "1".into(), vec![(2, 3, 0), (2, 3, 3)]));
    }
}
