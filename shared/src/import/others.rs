//! Workbooks of several sheets. A school keeps a sheet for each grade, class or month; one of them is read at a time, and here the others are named with the rows they hold,
//! so that no sheet is left silently. Which one is read without anybody's word is the readers' own rule ([`super::roster`], [`super::table`]).

use super::sheet::{FileError, Sheet};
use serde_json::{Value as Json, json};

/// A sheet that holds such a table too and was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// As on its tab.
    pub name: String,
    /// Rows of data below its head; of a sheet that is too long those that were looked at.
    pub rows: usize,
    /// The office program does not show it: old lists that were put away.
    pub hidden: bool,
}

/// The sheets beside the one that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Those that hold such a table too.
    pub alike: Vec<Other>,
    /// Those that are shown and hold something under no head of such a table: covers, sums, and lists whose head was forgotten.
    pub headless: Vec<String>,
}

impl Others {
    /// What is left beside sheet `read`. `found`: index and rows of every sheet with a head.
    pub(super) fn beside(sheets: &[Sheet], found: &[(usize, usize)], read: usize) -> Self {
        let other = |(at, rows): &(usize, usize)| sheets.get(*at).map(|sheet| Other { name: sheet.name.clone(), rows: *rows, hidden: sheet.hidden });
        let alike = found.iter().filter(|(at, rows)| *at != read && *rows > 0).filter_map(other).collect();
        let headed = |at: usize| at == read || found.iter().any(|(known, _)| *known == at);
        let headless = sheets.iter().enumerate().filter(|(at, sheet)| !headed(*at) && !sheet.hidden && !sheet.rows.is_empty());
        Self { alike, headless: headless.map(|(_, sheet)| sheet.name.clone()).collect() }
    }

    /// `sheet` where it is one of several, else nothing: what tells its rows from rows of the same number in the others ([`super::own::batch`]).
    #[must_use]
    pub fn part<'a>(&self, sheet: &'a str) -> &'a str {
        if self.alike.is_empty() { "" } else { sheet }
    }

    /// Says it in an import's answer: `other_sheets`, `headless_sheets`, and `part`.
    pub fn tell(&self, sheet: &str, answer: &mut Json) {
        let other = |other: &Other| json!({ "name": other.name, "rows": other.rows, "hidden": other.hidden });
        answer["other_sheets"] = self.alike.iter().map(other).collect();
        answer["headless_sheets"] = json!(self.headless);
        answer["part"] = json!(self.part(sheet));
    }
}

/// Index of the sheet that was asked for, by its name exactly or but for blanks around it; `None`: none was.
pub(super) fn wanted(sheets: &[Sheet], name: Option<&str>) -> Result<Option<usize>, FileError> {
    let Some(name) = name else { return Ok(None) };
    let exact = sheets.iter().position(|sheet| sheet.name == name);
    let found = exact.or_else(|| sheets.iter().position(|sheet| sheet.name.trim() == name.trim()));
    let none = || FileError::NoSheet { name: name.to_owned(), sheets: sheets.iter().map(|sheet| sheet.name.clone()).collect() };
    found.map(Some).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Limits, RosterOptions, read_roster, table};
    use rust_xlsxwriter::Workbook;

    /// A workbook of sheets: name, whether hidden, lines of cells.
    fn workbook(sheets: &[(&str, bool, Vec<Vec<String>>)]) -> Vec<u8> {
        let mut book = Workbook::new();
        for (name, hidden, lines) in sheets {
            let page = book.add_worksheet().set_name(*name).unwrap();
            page.set_hidden(*hidden);
            for (row, cells) in (0u32..).zip(lines) {
                for (column, text) in (0u16..).zip(cells) {
                    page.write_string(row, column, text).unwrap();
                }
            }
        }
        book.save_to_buffer().unwrap()
    }

    fn line(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    fn grade(name: &str, children: usize) -> Vec<Vec<String>> {
        let letter = |at: usize| char::from_u32(0x4e8e + u32::try_from(at).unwrap()).unwrap();
        let child = |at: usize| line(&format!("{name}{},男,2016-03-{:02},{name},1班", letter(at), at + 1));
        let foot = [line("合计,,,,"), line("填表人：王老师")];
        [line(&format!("石桥小学{name}名册")), line("姓名,性别,出生日期,年级,班级")].into_iter().chain((0..children).map(child)).chain(foot).collect()
    }

    fn school() -> Vec<u8> {
        workbook(&[
            ("封面", false, vec![line("石桥小学"), line("2026年春季学期")]),
            ("一年级", false, grade("一年级", 15)),
            ("二年级", false, grade("二年级", 23)),
            ("空表", false, grade("三年级", 0)),
            ("往年", true, grade("一年级", 4)),
            ("代码", true, vec![line("男"), line("女")]),
        ])
    }

    fn said(others: &Others) -> Vec<(&str, usize, bool)> {
        others.alike.iter().map(|other| (other.name.as_str(), other.rows, other.hidden)).collect()
    }

    #[test]
    fn every_other_roster_of_a_workbook_is_named_with_the_children_it_holds() {
        let read = |sheet: Option<&str>| read_roster(&school(), "", &RosterOptions { sheet: sheet.map(str::to_owned), ..RosterOptions::default() });
        let longest = read(None).unwrap();
        assert_eq!((longest.sheet.as_str(), longest.rows.len()), ("二年级", 23));
        assert_eq!(said(&longest.others), [("一年级", 15, false), ("往年", 4, true)], "sums, signatures and empty tables are no children");
        assert_eq!(longest.others.headless, ["封面"], "what is hidden and no roster is nobody's business");
        let other = read(Some(" 一年级")).unwrap();
        assert_eq!((other.sheet.as_str(), other.rows.len(), other.others.part(&other.sheet)), ("一年级", 15, "一年级"));
        assert_eq!(said(&other.others), [("二年级", 23, false), ("往年", 4, true)]);
        assert!(matches!(read(Some("四年级")), Err(FileError::NoSheet { sheets, .. }) if sheets.len() == 6));
        assert!(matches!(read(Some("封面")), Err(FileError::NoHeader { sheets }) if sheets == ["封面"]), "only what was asked for is looked at");
        let alone = read_roster(&workbook(&[("一年级", false, grade("一年级", 3))]), "", &RosterOptions::default()).unwrap();
        assert_eq!((&alone.others, alone.others.part(&alone.sheet)), (&Others::default(), ""));
    }

    #[test]
    fn every_other_table_of_a_ledger_is_named_with_its_rows() {
        let month = |day: &str, rows: usize| {
            let rows = (0..rows).map(|at| line(&format!("王小明,{day}-{:02}", at + 1)));
            [line("姓名,日期")].into_iter().chain(rows).collect::<Vec<_>>()
        };
        let book = workbook(&[("一月", false, month("2026-01", 0)), ("二月", false, month("2026-02", 2)), ("三月", false, month("2026-03", 5))]);
        let fields = [("_name", "姓名"), ("on", "日期")].map(|(code, zh)| table::Candidate { code, zh, en: code });
        let read = |sheet| table::read_table(&book, "", &fields, &[], 2, sheet, &Limits::default()).unwrap();
        let first = read(None);
        assert_eq!((first.sheet.as_str(), said(&first.others)), ("二月", vec![("三月", 5, false)]), "the first that holds anything");
        let last = read(Some("三月"));
        assert_eq!((last.sheet.as_str(), last.rows.len(), said(&last.others)), ("三月", 5, vec![("二月", 2, false)]));
    }
}
