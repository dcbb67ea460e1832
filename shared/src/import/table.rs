//! A plain table for any ledger: rows of text under a header whose cells are matched to fields by title or code. Which fields a ledger has
//! is the caller's knowledge; what the values mean too.

use super::clean;
use super::column::{Column, recognise};
use super::others::{self, Others};
use super::own::{self, Base};
use super::sheet::{Cell, FileError, HEAD_ROWS, Limits, Sheet, Unreadable, read_sheets};
use std::collections::BTreeMap;

/// What stands for a field with the id of a row given back ([`own::lift`]).
pub const ROW_ID: &str = "_row";

/// A field a column can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// Field code; for one option of a `flags` field `<field>.<option>`.
    pub code: &'a str,
    /// Chinese title.
    pub zh: &'a str,
    /// English title.
    pub en: &'a str,
}

/// Which column fills which field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// Column index, field code; each code once.
    pub columns: Vec<(usize, String)>,
    /// Header texts that match no field or repeat one.
    pub ignored: Vec<String>,
}

/// A cell of a table that cannot be read: its row, its field and why.
pub type Unread = (u32, String, Unreadable);

/// A table with its header understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of the sheet, empty for a text file.
    pub sheet: String,
    /// Row of the header as Excel shows it.
    pub header_row: u32,
    /// Header texts that were not used.
    pub ignored: Vec<String>,
    /// Row number as Excel shows it; field code and text of each filled cell. Dates are `YYYY-MM-DD`, numbers plain.
    pub rows: Vec<(u32, Vec<(String, String)>)>,
    /// Formulas without a value, `#N/A` and cells too long: their rows must not be used.
    pub unread: Vec<Unread>,
    /// What else those rows say, so that a person knows whose they are.
    pub broken: Vec<(u32, Vec<(String, String)>)>,
    /// Rows below the header that are no records: sums and signatures.
    pub skipped: Vec<u32>,
    /// Columns there are: place, counted from 0, and field code.
    pub columns: Vec<(usize, String)>,
    /// Sheets beside it, which were not read.
    pub others: Others,
    /// What the records held when the workbook was exported, if it is one of ours.
    pub base: Option<Base>,
}

/// Matches header cells to fields: by code, by either title, by a title without what stands in brackets where no other field is called so (金额 for 金额（物品折价）), then by
/// the spellings known from rosters (证件号码 for 身份证号).
#[must_use]
pub fn match_columns(header: &[String], candidates: &[Candidate<'_>]) -> Matched {
    let mut matched = Matched::default();
    let mut open: Vec<usize> = Vec::new();
    let key = clean::header_key;
    for (at, text) in header.iter().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let (full, bare) = (key(text), clean::without_brackets(&key(text)));
        let names = |candidate: &&Candidate<'_>, wanted: &str| [candidate.code, candidate.zh, candidate.en].iter().any(|name| key(name) == wanted);
        let whole = |wanted: &str| candidates.iter().find(|candidate| names(candidate, wanted));
        match whole(&full).or_else(|| whole(&bare)).or_else(|| called(candidates, &bare)) {
            Some(candidate) if !matched.has(candidate.code) => matched.columns.push((at, candidate.code.to_owned())),
            Some(_) => matched.ignored.push(clean::free(text)),
            None => open.push(at),
        }
    }
    for at in open {
        let Some(text) = header.get(at) else { continue };
        let meaning = recognise(text).filter(|column| *column != Column::Serial);
        let same = |candidate: &&Candidate<'_>| {
            meaning.is_some() && (recognise(candidate.zh) == meaning || meaning.is_some_and(|column| column.field() == candidate.code))
        };
        match candidates.iter().filter(|candidate| !matched.has(candidate.code)).find(same) {
            Some(candidate) => matched.columns.push((at, candidate.code.to_owned())),
            None => matched.ignored.push(clean::free(text)),
        }
    }
    matched.columns.sort_unstable();
    matched
}

/// The one field whose title is this without what stands in brackets; `None` too where two are called so.
fn called<'c, 't>(candidates: &'c [Candidate<'t>], short: &str) -> Option<&'c Candidate<'t>> {
    let so =
        |candidate: &&Candidate<'_>| [candidate.zh, candidate.en].iter().any(|title| clean::without_brackets(&clean::header_key(title)) == short);
    let mut found = candidates.iter().filter(so).filter(|_| !short.is_empty());
    let one = found.next()?;
    found.all(|other| other.code == one.code).then_some(one)
}

impl Matched {
    fn has(&self, code: &str) -> bool {
        self.columns.iter().any(|(_, known)| known == code)
    }
}

/// Reads a table whose header names at least `least` of the fields, from the sheet asked for, else from the one that names the most; of equals the first that holds a row.
///
/// `percent` names the fields that are percentages: Excel keeps 30 % as 0.3, and so it is read there.
pub fn read_table(
    bytes: &[u8],
    file_name: &str,
    candidates: &[Candidate<'_>],
    percent: &[&str],
    least: usize,
    sheet: Option<&str>,
    limits: &Limits,
) -> Result<Table, FileError> {
    let mut sheets = read_sheets(bytes, file_name, limits)?;
    let base = own::take(&mut sheets);
    let mut ids: Vec<BTreeMap<u32, String>> = sheets.iter_mut().map(own::lift).collect();
    let wanted = others::wanted(&sheets, sheet)?;
    let found = headed(&mut sheets, candidates, percent, least.max(1));
    let Some(Headed { at, top, matched, .. }) = choice(&found, &sheets, wanted) else {
        return Err(without_head(wanted.and_then(|at| sheets.get(at..=at)).unwrap_or(&sheets), limits));
    };
    let Some(sheet) = sheets.get(*at) else { return Err(FileError::Empty) };
    if sheet.too_many_rows || sheet.rows.len().saturating_sub(top + 1) > limits.rows {
        return Err(FileError::TooManyRows { sheet: sheet.name.clone(), limit: limits.rows });
    }
    let mut table = Table::of(sheet, *top, matched, percent);
    table.base = base;
    table.others = Others::beside(&sheets, &found.iter().map(|headed| (headed.at, headed.rows)).collect::<Vec<_>>(), *at);
    let ids = ids.get_mut(*at).map(std::mem::take).unwrap_or_default();
    for (row, values) in table.rows.iter_mut().chain(&mut table.broken) {
        values.extend(ids.get(row).map(|id| (ROW_ID.to_owned(), id.clone())));
    }
    if table.rows.is_empty() && table.unread.is_empty() { Err(FileError::NoRows { header_row: table.header_row }) } else { Ok(table) }
}

/// A sheet with a head of the ledger's.
struct Headed {
    /// Index of the sheet.
    at: usize,
    /// Index in [`Sheet::rows`] of the head.
    top: usize,
    matched: Matched,
    /// Records below it.
    rows: usize,
}

/// Every sheet whose head names at least `least` of the fields. What was merged down is set into its rows.
fn headed(sheets: &mut [Sheet], candidates: &[Candidate<'_>], percent: &[&str], least: usize) -> Vec<Headed> {
    let headed = |(at, sheet): (usize, &mut Sheet)| {
        let (top, matched) = best_header(sheet, candidates).filter(|(_, matched)| matched.columns.len() >= least)?;
        sheet.fill_merged(top + 1);
        let read = Table::of(sheet, top, &matched, percent);
        Some(Headed { at, top, matched, rows: read.rows.len() + read.broken.len() })
    };
    sheets.iter_mut().enumerate().filter_map(headed).collect()
}

/// The one that was asked for; else what is shown, with the most columns.
fn choice<'a>(found: &'a [Headed], sheets: &[Sheet], wanted: Option<usize>) -> Option<&'a Headed> {
    if wanted.is_some() {
        return found.iter().find(|headed| wanted == Some(headed.at));
    }
    let shown = |at: usize| sheets.get(at).is_some_and(|sheet| !sheet.hidden);
    found.iter().rev().max_by_key(|headed| (shown(headed.at), headed.matched.columns.len(), headed.rows > 0))
}

/// Why there is no head: too long a sheet, or simply none.
fn without_head(sheets: &[Sheet], limits: &Limits) -> FileError {
    match sheets.iter().find(|sheet| sheet.too_many_rows) {
        Some(sheet) => FileError::TooManyRows { sheet: sheet.name.clone(), limit: limits.rows },
        None => FileError::NoHeader { sheets: sheets.iter().map(|sheet| sheet.name.clone()).filter(|name| !name.is_empty()).collect() },
    }
}

fn best_header(sheet: &Sheet, candidates: &[Candidate<'_>]) -> Option<(usize, Matched)> {
    let mut best: Option<(usize, Matched)> = None;
    for (top, (_, cells)) in sheet.rows.iter().take(HEAD_ROWS).enumerate() {
        let header: Vec<String> = cells.iter().map(|cell| if let Cell::Text(text) = cell { text.clone() } else { String::new() }).collect();
        let matched = match_columns(&header, candidates);
        if !matched.columns.is_empty() && best.as_ref().is_none_or(|(_, best)| matched.columns.len() > best.columns.len()) {
            best = Some((top, matched));
        }
    }
    best
}

impl Table {
    /// What stands below the head in row `top` of a sheet.
    fn of(sheet: &Sheet, top: usize, matched: &Matched, percent: &[&str]) -> Self {
        let mut table = Self {
            sheet: sheet.name.clone(),
            header_row: sheet.rows.get(top).map_or(0, |(row, _)| *row),
            ignored: matched.ignored.clone(),
            columns: matched.columns.clone(),
            rows: Vec::new(),
            unread: Vec::new(),
            broken: Vec::new(),
            skipped: Vec::new(),
            others: Others::default(),
            base: None,
        };
        for (row, cells) in sheet.rows.get(top + 1..).unwrap_or_default() {
            table.take(*row, cells, &matched.columns, percent);
        }
        table
    }

    fn take(&mut self, row: u32, cells: &[Cell], columns: &[(usize, String)], percent: &[&str]) {
        let mut values = Vec::new();
        let before = self.unread.len();
        for (at, code) in columns {
            match cells.get(*at) {
                Some(Cell::Bad(kind)) => self.unread.push((row, code.clone(), *kind)),
                Some(Cell::Number(part)) if (0.0..=1.0).contains(part) && percent.contains(&code.as_str()) => {
                    // To four decimals of the whole, as kept: 0.3 is 30, not 30.000000000000004.
                    values.push((code.clone(), format!("{}%", (part * 10_000.0).round() / 100.0)));
                }
                Some(cell) if !cell.is_blank() => values.push((code.clone(), cell.text())),
                _ => {}
            }
        }
        // A row with one cell in the first of several columns is a signature or a sum; or the foot of one of our own exports.
        let filled = cells.iter().filter(|cell| !cell.is_blank()).count();
        let own = |text: &str| text.starts_with('#') || OWN_FEET.iter().any(|foot| text.starts_with(foot));
        let lone = values.len() == 1
            && columns.len() > 2
            && (filled <= 2 && values.iter().all(|(_, text)| is_footer(text)) || filled == 1 && values.iter().all(|(_, text)| own(text)));
        if before != self.unread.len() {
            self.broken.push((row, values));
            return;
        }
        if values.is_empty() || lone {
            self.skipped.push(row);
        } else {
            self.rows.push((row, values));
        }
    }
}

/// How the lines below a table of ours begin (`shared/locales/*/report.ftl`: what is disputed, how fresh, who is missing).
const OWN_FEET: [&str; 7] = ["数据截至", "未收到数据", "有争议", "As of", "Schools not heard from", "Disputed, not counted", "没有符合条件"];

/// Whether a line that begins so stands below a table: totals, who made it.
pub(crate) fn is_footer(text: &str) -> bool {
    let text = clean::compact(text);
    ["合计", "总计", "小计", "共计", "制表", "填表", "审核", "负责人", "说明", "注:", "单位"].iter().any(|word| text.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_answers_to_its_title_without_brackets_where_no_other_is_called_so() {
        let candidate = |code, zh, en| Candidate { code, zh, en };
        let fields = [
            candidate("amount", "金额（物品折价）", "Amount (or value)"),
            candidate("opinion", "村（居）意见", "Opinion of the village"),
            candidate("when", "用途（何时）", "When"),
            candidate("where", "用途（何地）", "Where"),
            candidate("note", "备注（其他）", "Note: which other"),
            candidate("remark", "备注", "Remark"),
        ];
        let read = |head: &str| match_columns(&[head.to_owned()], &fields).columns.into_iter().map(|(_, code)| code).next();
        for (head, code) in [
            ("金额", Some("amount")),
            ("金额（元）", Some("amount")),
            ("AMOUNT [yuan]", Some("amount")),
            ("村意见", Some("opinion")),
            ("村（居）意见", Some("opinion")),
            ("用途", None),
            ("用途（何地）", Some("where")),
            ("备注", Some("remark")),
            ("（元）", None),
        ] {
            assert_eq!(read(head).as_deref(), code, "{head}");
        }
    }
}
