//! A roster from bytes to judged rows. What each row must hold is in `judge`; here the file is read, the header found, lines that
//! are no pupils are set aside, and rows are compared with each other.
//!
//! Invariant: every row below the header is in [`RosterPreview::rows`] or in [`RosterPreview::skipped`]; none is lost silently.

use super::clean;
use super::column::Column;
use super::grade::{self, Place, Stage};
use super::header::{self, Header};
use super::judge::{Context, Judged, judge};
use super::others::{self, Others};
use super::own;
use super::problem::{Problem, Reason};
use super::pupil::Pupil;
use super::sheet::{Cell, FileError, Limits, Sheet, Unreadable, read_sheets};
use crate::locale::Lang;
use crate::model::SchoolYear;
use crate::model::codes::{IdNumber, SchoolCode};
use jiff::civil::Date;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What the caller knows.
#[derive(Clone, Debug, Default)]
pub struct RosterOptions {
    /// Rows that name another school get a remark.
    pub school: Option<SchoolCode>,
    /// Needed to read 2024级, and to remark on unusual ages.
    pub school_year: Option<SchoolYear>,
    /// The day it is read: nobody is born later.
    pub today: Option<Date>,
    /// Earliest birth date a child's file takes.
    pub birth_min: Option<Date>,
    /// Only this sheet.
    pub sheet: Option<String>,
    /// Are kindergarten classes pupils here? `None`: if they are most of the file, so that a kindergarten's own roster is taken and a
    /// stray 大班 in a school's roster is not.
    pub preschool: Option<bool>,
    /// Bounds.
    pub limits: Limits,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A pupil.
    Accept(Box<Pupil>),
    /// Nothing of the row is used.
    Reject {
        /// The first reason, whose code is the row's `why`.
        reason: Problem,
        /// Further reasons, so that the row can be mended at once.
        also: Vec<Problem>,
    },
}

/// A judged row.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterRow {
    /// As Excel shows it.
    pub row: u32,
    /// Accepted or rejected.
    pub outcome: Outcome,
    /// Remarks on an accepted row; empty for a rejected one.
    pub warnings: Vec<Problem>,
    /// Whose row it is as the file says it: name, grade and class, whatever is wrong with them.
    pub label: String,
    /// Its id, if it was given back before.
    pub row_id: Option<String>,
}

/// A judged file.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterPreview {
    /// Name of the sheet, empty for a text file.
    pub sheet: String,
    /// Row the header ends in.
    pub header_row: u32,
    /// Header texts that are not used.
    pub ignored_columns: Vec<String>,
    /// Sheets beside it, which were not read.
    pub others: Others,
    /// School codes the rows name, with the number of rows.
    pub schools: BTreeMap<String, usize>,
    /// Every row of data, in the file's order.
    pub rows: Vec<RosterRow>,
    /// Rows below the header that are no data: sums, signatures, repeated heads.
    pub skipped: Vec<u32>,
    /// Columns there are: place, counted from 0, and field of the profile.
    pub columns: Vec<(usize, &'static str)>,
    /// Texts above the header: whose roster it says it is.
    pub titles: Vec<String>,
    /// Schools the rows name by their names, with the number of rows.
    pub school_names: BTreeMap<String, usize>,
}

impl RosterPreview {
    /// Accepted pupils with their rows.
    pub fn accepted(&self) -> impl Iterator<Item = (u32, &Pupil)> {
        self.rows.iter().filter_map(|row| match &row.outcome {
            Outcome::Accept(pupil) => Some((row.row, &**pupil)),
            Outcome::Reject { .. } => None,
        })
    }

    /// Number of rejected rows.
    #[must_use]
    pub fn rejected(&self) -> usize {
        self.rows.len() - self.accepted().count()
    }

    /// The whole preview for `--json`.
    #[must_use]
    pub fn to_json(&self, lang: Lang) -> Json {
        let mut preview = json!({
            "sheet": self.sheet,
            "header_row": self.header_row,
            "accepted": self.accepted().count(),
            "rejected": self.rejected(),
            "ignored_columns": self.ignored_columns,
            "schools": self.schools,
            "skipped_rows": self.skipped,
            "columns": self.columns.iter().map(|(place, code)| ((*code).to_owned(), json!(place))).collect::<serde_json::Map<_, _>>(),
            "rows": self.rows.iter().map(|row| row.to_json(lang)).collect::<Vec<_>>(),
        });
        self.others.tell(&self.sheet, &mut preview);
        preview
    }
}

impl RosterRow {
    /// `{"row", "accept", …}`: a pupil's values, or `why` with `message` and `next`.
    #[must_use]
    pub fn to_json(&self, lang: Lang) -> Json {
        let problem = |problem: &Problem| json!({ "code": problem.reason.code(), "message": problem.message(lang) });
        match &self.outcome {
            Outcome::Accept(pupil) => json!({
                "row": self.row,
                "accept": true,
                "name": pupil.name,
                "id": pupil.id.as_ref().map(IdNumber::as_str).or(pupil.foreign_id.as_deref()),
                "sex": if pupil.male { "男" } else { "女" },
                "birth": pupil.birth.to_string(),
                "grade": pupil.grade,
                "class": pupil.class,
                "boarding": pupil.boarding,
                "phone": pupil.guardian.as_ref().and_then(|guardian| guardian.phone.as_deref()),
                "warnings": self.warnings.iter().map(problem).collect::<Vec<_>>(),
            }),
            Outcome::Reject { reason, also } => json!({
                "row": self.row,
                "accept": false,
                "label": self.label,
                "row_id": self.row_id,
                "why": reason.reason.code(),
                "message": reason.message(lang),
                "next": reason.next(lang),
                "also": also.iter().map(problem).collect::<Vec<_>>(),
                "fields": std::iter::once(reason).chain(also).flat_map(Problem::fields).collect::<Vec<_>>(),
            }),
        }
    }
}

/// Reads and judges a roster.
pub fn read_roster(bytes: &[u8], file_name: &str, options: &RosterOptions) -> Result<RosterPreview, FileError> {
    let mut sheets = read_sheets(bytes, file_name, &options.limits)?;
    own::take(&mut sheets);
    let ids: BTreeMap<String, BTreeMap<u32, String>> = sheets.iter_mut().map(|sheet| (sheet.name.clone(), own::lift(sheet))).collect();
    let wanted = others::wanted(&sheets, options.sheet.as_deref())?;
    let found = headed(&mut sheets);
    let Some(Headed { at, header, .. }) = choice(&found, &sheets, wanted) else {
        return Err(without_header(wanted.and_then(|at| sheets.get(at..=at)).unwrap_or(&sheets), options));
    };
    let Some(sheet) = sheets.get(*at) else { return Err(FileError::Empty) };
    let body = one_child_a_row(sheet.rows.get(header.body..).unwrap_or_default(), header.every);
    if sheet.too_many_rows || body.len() > options.limits.rows {
        return Err(FileError::TooManyRows { sheet: sheet.name.clone(), limit: options.limits.rows });
    }
    let (data, skipped): (Vec<_>, Vec<_>) = body.iter().partition(|(_, cells)| is_data(cells, header));
    if data.is_empty() {
        return Err(FileError::NoRows { header_row: header.row });
    }
    let context = Context {
        header,
        school: options.school,
        school_year: options.school_year,
        births: (options.birth_min, options.today),
        preschool: options.preschool.unwrap_or_else(|| mostly_preschool(&data, header)),
        place: place_of_all(sheet, header),
    };
    let mut compared = Compared::default();
    // Of two children on one line the id is neither's.
    let ids = ids.get(&sheet.name).filter(|_| header.every.is_none());
    let school_names = school_names(&data, header);
    let rows: Vec<RosterRow> = data
        .into_iter()
        .map(|(row, cells)| RosterRow {
            label: label(cells, header),
            row_id: ids.and_then(|ids| ids.get(row).cloned()),
            ..compared.admit(*row, judge(cells, &context))
        })
        .collect();
    if rows.iter().all(|row| matches!(&row.outcome, Outcome::Reject { reason, .. } if reason.reason == Reason::FormulaNoValue)) {
        return Err(FileError::FormulasOnly { sheet: sheet.name.clone() });
    }
    Ok(RosterPreview {
        sheet: sheet.name.clone(),
        header_row: header.row,
        columns: header.columns.iter().map(|(place, column)| (*place, column.field())).collect(),
        schools: schools(&rows),
        titles: sheet.rows.iter().take(header.top).flat_map(|(_, cells)| cells).map(Cell::text).filter(|text| !text.is_empty()).collect(),
        school_names,
        rows,
        skipped: skipped.into_iter().map(|(row, _)| *row).collect(),
        ignored_columns: [header.ignored.clone(), unlabelled(&body, header, sheet)].concat(),
        others: Others::beside(&sheets, &found.iter().map(|headed| (headed.at, headed.rows)).collect::<Vec<_>>(), *at),
    })
}

/// Rows of lists set beside each other, one child each; the others as they are.
fn one_child_a_row(body: &[(u32, Vec<Cell>)], every: Option<usize>) -> Vec<(u32, Vec<Cell>)> {
    let Some(every) = every else { return body.to_vec() };
    let parts = body.iter().flat_map(|(row, cells)| cells.chunks(every).map(|part| (*row, part.to_vec())));
    parts.filter(|(_, cells)| cells.iter().any(|cell| !cell.is_blank())).collect()
}

/// Columns that hold something below no head at all, as Excel letters them: what is not imported is named.
fn unlabelled(body: &[(u32, Vec<Cell>)], header: &Header, sheet: &Sheet) -> Vec<String> {
    let width = header.every.unwrap_or_else(|| body.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0));
    let head = sheet.rows.get(header.top..header.body).unwrap_or_default();
    let filled = |rows: &[(u32, Vec<Cell>)], at: usize| rows.iter().any(|(_, cells)| cells.get(at).is_some_and(|cell| !cell.is_blank()));
    let known = |at: usize| header.columns.iter().any(|(column, _)| *column == at) || filled(head, at);
    (0..width).filter(|at| !known(*at) && filled(body, *at)).map(letters).collect()
}

/// 0 → `A`, 27 → `AB`.
fn letters(column: usize) -> String {
    let (mut number, mut out) = (column + 1, Vec::new());
    while number > 0 {
        number -= 1;
        out.push(char::from(b'A' + u8::try_from(number % 26).unwrap_or(0)));
        number /= 26;
    }
    out.iter().rev().collect()
}

/// A sheet with the head of a roster.
struct Headed {
    /// Index of the sheet.
    at: usize,
    header: Header,
    /// Children below it.
    rows: usize,
}

/// Every sheet with such a head. What was merged down is set into its rows, so that a row counts here as it does when it is read.
fn headed(sheets: &mut [Sheet]) -> Vec<Headed> {
    let headed = |(at, sheet): (usize, &mut Sheet)| {
        let header = header::find(sheet)?;
        sheet.fill_merged(header.body);
        let body = one_child_a_row(sheet.rows.get(header.body..).unwrap_or_default(), header.every);
        let rows = body.iter().filter(|(_, cells)| is_data(cells, &header)).count();
        Some(Headed { at, header, rows })
    };
    sheets.iter_mut().enumerate().filter_map(headed).collect()
}

/// The one that was asked for; else what is shown and has any children, with the most columns, then the most children; of equals the first.
fn choice<'a>(found: &'a [Headed], sheets: &[Sheet], wanted: Option<usize>) -> Option<&'a Headed> {
    if wanted.is_some() {
        return found.iter().find(|headed| wanted == Some(headed.at));
    }
    let shown = |at: usize| sheets.get(at).is_some_and(|sheet| !sheet.hidden);
    found.iter().rev().max_by_key(|headed| (headed.rows > 0, shown(headed.at), headed.header.score(), headed.rows))
}

/// Why there is no header: too long a sheet, formulas in the header's place, or simply none.
fn without_header(sheets: &[Sheet], options: &RosterOptions) -> FileError {
    if let Some(sheet) = sheets.iter().find(|sheet| sheet.too_many_rows) {
        return FileError::TooManyRows { sheet: sheet.name.clone(), limit: options.limits.rows };
    }
    let cells = |sheet: &Sheet, formula: bool| {
        let all = sheet.rows.iter().flat_map(|(_, cells)| cells).filter(|cell| !cell.is_blank());
        all.filter(|cell| !formula || **cell == Cell::Bad(Unreadable::Formula)).count()
    };
    if let Some(sheet) = sheets.iter().find(|sheet| cells(sheet, true) * 2 > cells(sheet, false)) {
        return FileError::FormulasOnly { sheet: sheet.name.clone() };
    }
    FileError::NoHeader { sheets: sheets.iter().map(|sheet| sheet.name.clone()).filter(|name| !name.is_empty()).collect() }
}

/// A pupil's row, however broken; not a sum, a signature, a repeated head, or a line that only has its prepared number and school.
fn is_data(cells: &[Cell], header: &Header) -> bool {
    const FOOTERS: [&str; 26] = [
        "合计",
        "总计",
        "小计",
        "共计",
        "总人数",
        "制表",
        "填表",
        "审核",
        "审批",
        "复核",
        "负责人",
        "校长",
        "班主任",
        "经办",
        "填报",
        "说明",
        "注:",
        "注1",
        "备注:",
        "单位:",
        "日期:",
        "盖章",
        "以上",
        "本页",
        "联系人:",
        "签字",
    ];
    let cell = |column: Column| header.column(column).and_then(|at| cells.get(at));
    let filled = |column: Column| cell(column).is_some_and(|cell| !cell.is_blank());
    let is_footer = |cell: &Cell| matches!(cell, Cell::Text(text) if FOOTERS.iter().any(|word| clean::compact(text).starts_with(word)));
    if header.repeats(cells) {
        return false;
    }
    // A sum often stands under the column it counts: only a real number makes a pupil of a row that begins like a footer.
    let number = cell(Column::IdNumber)
        .is_some_and(|cell| matches!(cell, Cell::Number(number) if *number > 1e14) || clean::compact(&cell.text()).chars().count() >= 15);
    if cells.iter().find(|cell| !cell.is_blank()).is_some_and(is_footer) && !number {
        return false;
    }
    if [Column::IdNumber, Column::Birth, Column::StudentNumber].into_iter().any(filled) {
        return true;
    }
    let several = cells.iter().filter(|cell| !cell.is_blank()).count() > 1;
    filled(Column::Name) && several && !cells.iter().any(is_footer)
}

/// Do kindergarten grades outnumber the others?
fn mostly_preschool(data: &[&(u32, Vec<Cell>)], header: &Header) -> bool {
    let stage = |cells: &[Cell], column: Column| {
        let text = clean::compact(&cells.get(header.column(column)?)?.text());
        grade::read_grade(&text).or_else(|| grade::read_class(&text)).filter(|place| place.grade.is_some())
    };
    let places: Vec<Place> = data.iter().filter_map(|(_, cells)| stage(cells, Column::Grade).or_else(|| stage(cells, Column::Class))).collect();
    let preschool = places.iter().filter(|place| place.stage == Some(Stage::Preschool)).count();
    preschool * 2 > places.len()
}

/// Grade and class for a roster of one class that names them only in a title or on the sheet's tab.
fn place_of_all(sheet: &Sheet, header: &Header) -> Option<Place> {
    if header.column(Column::Grade).is_some() || header.column(Column::Class).is_some() {
        return None;
    }
    let titles = sheet.rows.iter().take(header.top).flat_map(|(_, cells)| cells).map(Cell::text);
    titles.chain([sheet.name.clone()]).find_map(|title| grade::read_title(&clean::compact(&title)))
}

/// Name, grade and class as they stand in the row.
fn label(cells: &[Cell], header: &Header) -> String {
    const CHARS_MAX: usize = 40;
    let text = |column: Column| header.column(column).and_then(|at| cells.get(at)).map(|cell| clean::free(&cell.text())).unwrap_or_default();
    let (grade, class) = (text(Column::Grade), text(Column::Class));
    // 三年级 beside 三年级2班 or 三(2)班 is said once.
    let said = grade.chars().next().is_some_and(|first| class.starts_with(first)) && class.chars().count() > 2;
    let class = if said { class } else { format!("{grade} {class}").trim().to_owned() };
    let parts = [text(Column::Name), class].into_iter().filter(|part| !part.is_empty());
    parts.map(|part| part.chars().take(CHARS_MAX).collect::<String>()).collect::<Vec<_>>().join(" · ")
}

/// Names of schools in the column for them.
fn school_names(data: &[&(u32, Vec<Cell>)], header: &Header) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    let Some(at) = header.column(Column::SchoolName) else { return names };
    for text in data.iter().filter_map(|(_, cells)| cells.get(at)).map(|cell| clean::free(&cell.text())).filter(|text| !text.is_empty()) {
        *names.entry(text).or_insert(0) += 1;
    }
    names
}

fn schools(rows: &[RosterRow]) -> BTreeMap<String, usize> {
    let mut schools = BTreeMap::new();
    for row in rows {
        if let Outcome::Accept(pupil) = &row.outcome
            && let Some(school) = &pupil.school
        {
            *schools.entry(school.clone()).or_insert(0) += 1;
        }
    }
    schools
}

/// Accepted rows so far, by what makes two rows the same child.
#[derive(Default)]
struct Compared {
    by_number: BTreeMap<String, (u32, String)>,
    by_birth: BTreeMap<(String, Date, bool), (u32, bool)>,
}

impl Compared {
    /// Compares with accepted rows only: a corrected row after a rejected one is no duplicate.
    fn admit(&mut self, row: u32, judged: Judged) -> RosterRow {
        let (pupil, mut warnings) = match judged {
            Ok(judged) => judged,
            Err(mut problems) => {
                let reason = if problems.is_empty() { Problem::new(Reason::CellError) } else { problems.remove(0) };
                return RosterRow {
                    row,
                    outcome: Outcome::Reject { reason, also: problems },
                    warnings: Vec::new(),
                    label: String::new(),
                    row_id: None,
                };
            }
        };
        if let Some(reason) = self.repeats(&pupil, &mut warnings) {
            return RosterRow {
                row,
                outcome: Outcome::Reject { reason, also: Vec::new() },
                warnings: Vec::new(),
                label: String::new(),
                row_id: None,
            };
        }
        let number = number_of(&pupil);
        self.by_birth.entry((pupil.name.clone(), pupil.birth, pupil.male)).or_insert((row, number.is_some()));
        if let Some(number) = number {
            self.by_number.insert(number, (row, pupil.name.clone()));
        }
        RosterRow { row, outcome: Outcome::Accept(Box::new(pupil)), warnings, label: String::new(), row_id: None }
    }

    fn repeats(&self, pupil: &Pupil, warnings: &mut Vec<Problem>) -> Option<Problem> {
        let number = number_of(pupil);
        if let Some((row, name)) = number.as_ref().and_then(|number| self.by_number.get(number)) {
            let reason = if *name == pupil.name { Reason::DuplicateRow } else { Reason::IdUsedTwice };
            return Some(Problem::new(reason).with("row", row).with("name", name));
        }
        let (row, numbered) = self.by_birth.get(&(pupil.name.clone(), pupil.birth, pupil.male))?;
        if number.is_none() && !numbered {
            return Some(Problem::new(Reason::DuplicateRow).with("row", row).with("name", &pupil.name));
        }
        warnings.push(Problem::new(Reason::MaybeSameChild).with("row", row));
        None
    }
}

fn number_of(pupil: &Pupil) -> Option<String> {
    pupil.id.as_ref().map(|id| id.as_str().to_owned()).or_else(|| pupil.foreign_id.clone())
}
