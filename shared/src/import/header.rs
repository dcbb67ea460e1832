//! Finds the header of a roster in a sheet: below titles, over two rows with merged heads.
//!
//! A row is a header by the columns it names, never by its place or its looks. The winner names a child's name and two more columns, and
//! more of them than any other row; a head of two rows wins only if the second row adds meaning.

use super::clean;
use super::column::{Column, recognise, recognise_in_group};
use super::sheet::{Cell, HEAD_ROWS, Sheet};

/// Where the header stands and what its columns mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Number of its last row, as Excel shows it.
    pub row: u32,
    /// Index in [`Sheet::rows`] of the first row below it.
    pub body: usize,
    /// Index in [`Sheet::rows`] of its first row; above it stand titles.
    pub top: usize,
    /// Column index in the file, meaning; each meaning once.
    pub columns: Vec<(usize, Column)>,
    /// Header texts that mean nothing here or repeat another column.
    pub ignored: Vec<String>,
    /// Relation of the guardian by the head of its column (父亲姓名), an option code.
    pub guardian_relation: Option<&'static str>,
    /// Columns after which the head begins again: two or three children beside each other in one row. `None`: one child a row.
    pub every: Option<usize>,
}

impl Header {
    /// Index of the column with this meaning.
    #[must_use]
    pub fn column(&self, wanted: Column) -> Option<usize> {
        self.columns.iter().find(|(_, column)| *column == wanted).map(|(at, _)| *at)
    }

    /// Does this row repeat the header, as printed pages do?
    #[must_use]
    pub fn repeats(&self, cells: &[Cell]) -> bool {
        let same = self.columns.iter().filter(|(at, column)| text_at(cells, *at).is_some_and(|text| recognise(text) == Some(*column))).count();
        same >= 2 && same * 2 >= self.columns.len()
    }

    /// Meanings that say something about the child.
    pub(super) fn score(&self) -> usize {
        self.columns.iter().filter(|(_, column)| *column != Column::Serial).count()
    }
}

/// Fewest meanings of a header: the name and two more.
const SCORE_MIN: usize = 3;

/// The best header of a sheet, `None` if no row qualifies.
#[must_use]
pub fn find(sheet: &Sheet) -> Option<Header> {
    let mut best: Option<Header> = None;
    for top in 0..sheet.rows.len().min(HEAD_ROWS) {
        let single = one_row(sheet, top);
        let double = two_rows(sheet, top).filter(|double| single.as_ref().is_none_or(|single| double.score() > single.score()));
        // A title over the real head is no head of two rows: the real head alone says as much.
        let double = double.filter(|double| one_row(sheet, top + 1).is_none_or(|below| double.score() > below.score()));
        for found in [single, double].into_iter().flatten() {
            if best.as_ref().is_none_or(|best| found.score() > best.score()) {
                best = Some(found);
            }
        }
    }
    best.filter(|header| header.score() >= SCORE_MIN && header.column(Column::Name).is_some())
}

fn text_at(cells: &[Cell], at: usize) -> Option<&str> {
    match cells.get(at) {
        Some(Cell::Text(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

fn one_row(sheet: &Sheet, top: usize) -> Option<Header> {
    let (row, cells) = sheet.rows.get(top)?;
    let labels = (0..cells.len()).map(|at| text_at(cells, at).map(|text| (text.to_owned(), recognise(text)))).collect();
    Some(header(*row, top, top + 1, labels))
}

/// Groups over columns: a group's text stands in the first cell of its merge, the cells right of it are empty.
fn two_rows(sheet: &Sheet, top: usize) -> Option<Header> {
    let (_, upper) = sheet.rows.get(top)?;
    let (row, lower) = sheet.rows.get(top + 1)?;
    let mut group = "";
    let mut labels = Vec::new();
    for at in 0..upper.len().max(lower.len()) {
        let (above, below) = (text_at(upper, at), text_at(lower, at));
        if let Some(above) = above {
            group = above;
        }
        labels.push(match (above, below) {
            (_, Some(below)) => Some((format!("{}{}", clean::compact(group), clean::compact(below)), recognise_in_group(group, below))),
            (Some(above), None) => Some((above.to_owned(), recognise(above))),
            (None, None) => None,
        });
    }
    Some(header(*row, top, top + 2, labels))
}

fn header(row: u32, top: usize, body: usize, labels: Vec<Option<(String, Option<Column>)>>) -> Header {
    let mut header = Header { row, body, top, columns: Vec::new(), ignored: Vec::new(), guardian_relation: None, every: None };
    header.every = period(&labels);
    for (at, label) in labels.into_iter().enumerate() {
        if header.every.is_some_and(|every| at >= every) {
            break;
        }
        match label {
            Some((text, Some(column))) if header.column(column).is_none() => {
                if column == Column::GuardianName {
                    header.guardian_relation = relation_of(&clean::compact(&text));
                }
                header.columns.push((at, column));
            }
            Some((text, _)) => header.ignored.push(clean::free(&text)),
            None => {}
        }
    }
    header
}

/// Where the head begins again, if all of it does: a list set in two or three columns to save paper.
fn period(labels: &[Option<(String, Option<Column>)>]) -> Option<usize> {
    let meaning = |at: usize| labels.get(at).and_then(|label| label.as_ref()).and_then(|(_, column)| *column);
    let mut names = (0..labels.len()).filter(|at| meaning(*at) == Some(Column::Name));
    let (first, second) = (names.next()?, names.next()?);
    let every = second - first;
    let begins = (0..every).find(|at| meaning(*at).is_some())?;
    let again = (begins..every).all(|at| meaning(at) == meaning(at + every))
        && labels.iter().skip(every).all(|label| label.as_ref().is_none_or(|l| l.1.is_some()));
    (again && every >= 2).then_some(every)
}

fn relation_of(text: &str) -> Option<&'static str> {
    match text {
        text if text.starts_with("父亲") => Some("father"),
        text if text.starts_with("母亲") => Some("mother"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[&[&str]]) -> Sheet {
        let cells = |row: &&[&str]| row.iter().map(|text| if text.is_empty() { Cell::Empty } else { Cell::Text((*text).to_owned()) }).collect();
        let rows = rows.iter().enumerate().map(|(at, row)| (u32::try_from(at).unwrap() + 1, cells(row))).collect();
        Sheet { name: "一".into(), rows, too_many_rows: false, hidden: false, merged_down: Vec::new() }
    }

    #[test]
    fn a_header_is_found_below_titles() {
        let found = find(&sheet(&[&["某某小学花名册"], &["单位:", "日期:"], &["序号", "姓 名", "性别", "班级"], &["1", "张三", "男", "1"]])).unwrap();
        assert_eq!((found.row, found.body), (3, 3));
        assert_eq!(found.columns, [(0, Column::Serial), (1, Column::Name), (2, Column::Sex), (3, Column::Class)]);
    }

    #[test]
    fn merged_heads_of_two_rows_are_read_together() {
        let found = find(&sheet(&[
            &["学生及家长信息表"],
            &["序号", "学生基本信息", "", "", "监护人信息", "", "", "身高"],
            &["", "姓名", "性别", "身份证号", "姓名", "关系", "身份证号", ""],
            &["1", "张三", "男", "1", "李四", "父亲", "2", "140"],
        ]))
        .unwrap();
        assert_eq!((found.row, found.body, found.top), (3, 3, 1));
        assert_eq!(found.column(Column::IdNumber), Some(3));
        assert_eq!(found.column(Column::GuardianName), Some(4));
        assert_eq!(found.column(Column::GuardianRelation), Some(5));
        assert_eq!(found.ignored, ["监护人信息身份证号", "身高"]);
    }

    #[test]
    fn a_title_over_a_plain_header_does_not_become_a_group() {
        let found = find(&sheet(&[&["学生家长花名册"], &["姓名", "性别", "班级", "联系电话"], &["张三", "男", "1", "199"]])).unwrap();
        assert_eq!((found.row, found.column(Column::Name)), (2, Some(0)));
    }

    #[test]
    fn a_sheet_of_remarks_has_no_header() {
        assert_eq!(find(&sheet(&[&["1.本表一式两份;2.身份证号码请核对。"], &["姓名", "电话"]])), None);
    }
}
