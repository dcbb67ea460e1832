//! Rows an import refused, as a workbook to correct and send again: the file's own heads and layout, only the refused rows, their cells as they were sent, those at fault
//! coloured and commented, and two columns more that say why and what to do. Sent again as it is, what is corrected is taken and nothing that was taken is doubled, whatever
//! the file is called by then: a sheet that is not shown says what it is ([`own::Mark`]), and a column that is not shown which row each row is.
//!
//! Also kept for the person who sent the file, until it is sent again without fault or put away, 14 days at most; encrypted with the rest of the database, since the rows
//! are children. Invariant: nobody else gets it, whatever their role.

use super::{account::Account, desk::Desk, page::next_here};
pub use crate::store::refused::Waiting;
use crate::{
    fault::{Exit, Fault},
    import::{
        Cell, Limits, Sheet,
        own::{self, Mark},
        read_sheets,
    },
    locale::{self, Lang},
    store::refused as store,
};
use rust_xlsxwriter::{Color, ExcelDateTime, Format, Note, Workbook, Worksheet, XlsxError};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A workbook is kept so long.
const DAYS: i64 = 14;
/// What stands before the name of a workbook given back.
const PREFIXES: [&str; 2] = ["退回-", "refused-"];
/// Longest comment of a cell.
const NOTE_CHARS_MAX: usize = 500;

/// Name of the workbook given back for `file`: the same however often it goes back and forth.
#[must_use]
pub fn name(file: &str, lang: Lang) -> String {
    let bare = bare(file);
    let stem = bare.rsplit_once('.').map_or(bare, |(stem, _)| stem);
    let [zh, en] = PREFIXES;
    format!("{}{stem}.xlsx", if lang == Lang::Zh { zh } else { en })
}

/// A file's name without its ending and what stands before it when it is given back.
pub(super) fn stem(file: &str) -> &str {
    bare(file).rsplit_once('.').map_or(bare(file), |(stem, _)| stem)
}

fn bare(file: &str) -> &str {
    PREFIXES.iter().fold(file, |name, prefix| name.strip_prefix(prefix).unwrap_or(name))
}

/// A row as it was judged.
struct Refusal {
    row: u64,
    why: String,
    next: String,
    fields: BTreeSet<String>,
    /// Its id, if it was given back before.
    id: Option<String>,
}

impl Refusal {
    fn of(row: &Json, lang: Lang) -> Option<Self> {
        let word = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| row[key].as_array().into_iter().flatten();
        let more = ["details", "also"].into_iter().flat_map(list).filter_map(|item| item.as_str().or_else(|| item["message"].as_str()));
        // The sentence above details only counts them.
        let head = if list("details").next().is_some() { String::new() } else { word("message") };
        let why: Vec<String> = std::iter::once(head).chain(more.map(str::to_owned)).filter(|text| !text.is_empty()).collect();
        (row["accept"] != Json::Bool(true)).then(|| Self {
            row: row["row"].as_u64().unwrap_or(0),
            why: lang.sentences(why),
            next: next_here(word("next"), lang),
            fields: list("fields").filter_map(|field| field.as_str().map(str::to_owned)).collect(),
            id: row["row_id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned),
        })
    }
}

/// The workbook to give back of the file `bytes`. `mark`: what it is to say it is, `refused` and `file` aside; `answer`: what the import said of the file, with `sheet`,
/// `part`, `header_row`, `columns` and `rows`.
///
/// # Errors
/// The file's; `internal` if the workbook cannot be made.
pub fn workbook(bytes: &[u8], file: &str, mark: &Mark, answer: &Json, lang: Lang) -> Result<Vec<u8>, Fault> {
    let mut sheets = read_sheets(bytes, file, &Limits::default()).map_err(Fault::from)?;
    let wanted = answer["sheet"].as_str().unwrap_or_default();
    let base = sheets.iter().find(|sheet| sheet.name == own::SHEET).cloned();
    let sent = own::mark(&sheets);
    let again = sent.as_ref().is_some_and(|sent| sent.refused);
    let mark = Mark { refused: true, file: origin(sent.as_ref(), file), ..mark.clone() };
    let Some(sheet) = sheets.iter_mut().find(|sheet| sheet.name == wanted) else { return Err(Fault::internal("the sheet vanished")) };
    // Given back before: our columns are set anew behind its own.
    let _ = own::lift(sheet);
    let head = answer["header_row"].as_u64().unwrap_or(1);
    sheet.fill_merged(sheet.rows.iter().take_while(|(row, _)| u64::from(*row) <= head).count());
    let mut refusals: BTreeMap<u64, Refusal> = BTreeMap::new();
    for refusal in answer["rows"].as_array().into_iter().flatten().filter_map(|row| Refusal::of(row, lang)) {
        match refusals.get_mut(&refusal.row) {
            // Two children side by side on one line.
            Some(known) => known.why = lang.sentences([&known.why, &refusal.why]),
            None => {
                refusals.insert(refusal.row, refusal);
            }
        }
    }
    let columns: BTreeMap<String, usize> = serde_json::from_value(answer["columns"].clone()).unwrap_or_default();
    let texts: BTreeSet<usize> = serde_json::from_value(answer["text_columns"].clone()).unwrap_or_default();
    let batch = own::batch(bytes, answer["part"].as_str().unwrap_or_default());
    Book { base: base.as_ref(), head, refusals: &refusals, columns: &columns, texts: &texts, mark: &mark, batch: &batch, again, lang }
        .draw(sheet)
        .map_err(Fault::internal)
}

/// The file that rows came from in the first place.
#[must_use]
pub fn origin(mark: Option<&Mark>, file: &str) -> String {
    mark.filter(|mark| mark.refused && !mark.file.is_empty()).map_or(bare(file), |mark| bare(&mark.file)).to_owned()
}

/// A workbook in the making.
struct Book<'a> {
    base: Option<&'a Sheet>,
    /// Row of the head.
    head: u64,
    refusals: &'a BTreeMap<u64, Refusal>,
    columns: &'a BTreeMap<String, usize>,
    /// Columns whose digits are no number: what is typed there stays as it is typed, in empty cells too.
    texts: &'a BTreeSet<usize>,
    mark: &'a Mark,
    batch: &'a str,
    /// The file was given back before: a row without an id was added to it, and stood nowhere else.
    again: bool,
    lang: Lang,
}

impl Book<'_> {
    fn draw(&self, sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
        let Self { head, lang, again, .. } = *self;
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        // The name of the sheet may be the class. One that other office programs take and Excel does not is made to fit.
        // A text file has none: its own name stands there.
        let stem = self.mark.file.rsplit_once('.').map_or(self.mark.file.as_str(), |(stem, _)| stem);
        page.set_name(own::sheet_name(if sheet.name.is_empty() { stem } else { &sheet.name }))?;
        let width = sheet.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
        let why = u16::try_from(width).unwrap_or(u16::MAX - 2);
        let bold = Format::new().set_bold().set_text_wrap();
        let (mut line, mut top) = (0, 0);
        for (row, cells) in &sheet.rows {
            let number = u64::from(*row);
            let refusal = self.refusals.get(&number);
            if number > head && refusal.is_none() {
                continue;
            }
            for (at, cell) in (0u16..).zip(cells) {
                put(page, line, at, cell, &if number <= head { bold.clone() } else { self.format(at.into()) })?;
            }
            if number == head {
                top = line + 1;
                for (at, title) in (why..).zip([own::WHY, own::NEXT, own::ROW]) {
                    page.write_string_with_format(line, at, own::head(title, lang), &bold)?;
                }
            }
            if let Some(refusal) = refusal {
                self.mark(page, line, cells, refusal, why)?;
                // Rows are numbered as in the file that was sent in the first place, however often they go back and forth.
                let (key, number) = match refusal.id.as_deref().and_then(own::row_of) {
                    Some(original) => ("web-giveback-row", original),
                    None if again => ("web-giveback-row-added", refusal.row),
                    None => ("web-giveback-row", refusal.row),
                };
                let said = locale::text(lang, key, &[("value", &number.to_string())]);
                page.write_string_with_format(line, why, format!("{said}{}", refusal.why), &Format::new().set_text_wrap())?;
                let id = refusal.id.clone().unwrap_or_else(|| own::row_id(self.batch, refusal.row));
                page.write_string_with_format(line, why + 2, id, &Format::new().set_num_format("@"))?;
            }
            line += 1;
        }
        for at in 0..why {
            page.set_column_format(at, &self.format(at.into()))?.set_column_width(at, 16.0)?;
        }
        page.set_column_width(why, 48.0)?.set_column_width(why + 1, 40.0)?.set_column_hidden(why + 2)?;
        page.set_freeze_panes(top, 0)?;
        let hidden = book.add_worksheet();
        hidden.set_name(own::SHEET)?.set_very_hidden(true);
        for (at, text) in (0u16..).zip(self.mark.line()) {
            hidden.write_string(0, at, text)?;
        }
        // What the records held at export goes along, so that what somebody changed meanwhile is still seen.
        for (line, (_, cells)) in (1u32..).zip(self.base.map(|base| base.rows.as_slice()).unwrap_or_default().iter().skip(1)) {
            for (at, cell) in (0u16..).zip(cells) {
                put(hidden, line, at, cell, &Format::new())?;
            }
        }
        book.save_to_buffer()
    }

    /// Of a cell in this column. A number that has lost its digits stays one, so that it is read as it was; typed anew in a cell of text, it keeps them.
    fn format(&self, column: usize) -> Format {
        if self.texts.contains(&column) { Format::new().set_num_format("@") } else { Format::new() }
    }

    /// Colours the cells at fault, and says why beside them.
    fn mark(&self, page: &mut Worksheet, line: u32, cells: &[Cell], refusal: &Refusal, why: u16) -> Result<(), XlsxError> {
        let whose = |field: &String| self.columns.get(field).or_else(|| self.columns.get(&format!("_{field}")));
        let places: BTreeSet<usize> = refusal.fields.iter().filter_map(whose).copied().filter(|place| *place < usize::from(why)).collect();
        for place in places {
            let at = u16::try_from(place).unwrap_or(u16::MAX);
            let bad = self.format(place).set_background_color(Color::RGB(0x00FF_D9D9)).set_font_color(Color::RGB(0x009C_0006));
            put(page, line, at, cells.get(place).unwrap_or(&Cell::Empty), &bad)?;
            let text: String = refusal.why.chars().take(NOTE_CHARS_MAX).collect();
            page.insert_note(line, at, &Note::new(text).add_author_prefix(false))?;
        }
        let wrap = Format::new().set_text_wrap();
        page.write_string_with_format(line, why + 1, &refusal.next, &wrap)?;
        Ok(())
    }
}

/// A cell as it was sent: of the same kind, so that it is read as it was.
fn put(page: &mut Worksheet, row: u32, column: u16, cell: &Cell, format: &Format) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty | Cell::Bad(_) => {
            page.write_blank(row, column, format)?;
        }
        Cell::Text(text) => {
            page.write_string_with_format(row, column, text, &format.clone().set_num_format("@"))?;
        }
        Cell::Number(number) => {
            page.write_number_with_format(row, column, *number, format)?;
        }
        Cell::Bool(yes) => {
            page.write_boolean_with_format(row, column, *yes, format)?;
        }
        Cell::Date(date) => {
            let year = u16::try_from(date.year()).unwrap_or(1900);
            let day = ExcelDateTime::from_ymd(year, u8::try_from(date.month()).unwrap_or(1), u8::try_from(date.day()).unwrap_or(1))?;
            page.write_datetime_with_format(row, column, &day, &format.clone().set_num_format("yyyy-mm-dd"))?;
        }
    }
    Ok(())
}

/// Keeps a workbook for who sent the file, in place of an earlier one of the same file ([`origin`]); none refused: puts that away.
///
/// # Errors
/// The store's.
pub fn keep(desk: &Desk, account: &Account, target: &str, file: &str, rows: usize, book: &[u8]) -> Result<(), Fault> {
    let waiting = Waiting { id: id_of(account, target, file), file: bare(file).to_owned(), target: target.to_owned(), rows };
    let (now, old, account, book) = (desk.clock().now().to_string(), oldest(desk), account.id, book.to_vec());
    let done = desk.replica.store().write(move |c| {
        store::forget(c, account, &waiting.id, &old)?;
        if rows > 0 { store::keep(c, account, &now, &waiting, &book) } else { Ok(()) }
    });
    done.map_err(Fault::from)
}

fn oldest(desk: &Desk) -> String {
    desk.clock().now().checked_sub(jiff::SignedDuration::from_hours(24 * DAYS)).map_or_else(|_| String::new(), |at| at.to_string())
}

fn id_of(account: &Account, target: &str, file: &str) -> String {
    let said = format!("{}\n{target}\n{}", account.id, stem(file));
    blake3::hash(said.as_bytes()).to_hex().as_str().get(..24).unwrap_or_default().to_owned()
}

/// Refused rows that wait for a person.
///
/// # Errors
/// The store's.
pub fn waiting(desk: &Desk, account: &Account) -> Result<Vec<Waiting>, Fault> {
    let old = oldest(desk);
    desk.replica.store().read(|c| store::of(c, account.id, &old)).map_err(Fault::from)
}

/// A workbook that waits: its file's name and bytes.
///
/// # Errors
/// `web-giveback-gone`, also for another person's.
pub fn find(desk: &Desk, account: &Account, id: &str) -> Result<(String, Vec<u8>), Fault> {
    let found = desk.replica.store().read(|c| store::workbook(c, account.id, id)).map_err(Fault::from)?;
    found.ok_or_else(|| Fault::new("web-giveback-gone", Exit::NoMatch))
}

/// Puts one away.
///
/// # Errors
/// The store's.
pub fn forget(desk: &Desk, account: &Account, id: &str) -> Result<(), Fault> {
    let (id, account, old) = (id.to_owned(), account.id, oldest(desk));
    desk.replica.store().write(move |c| store::forget(c, account, &id, &old)).map_err(Fault::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_only_counts_what_is_wrong_is_not_given_as_a_reason() {
        let row = serde_json::json!({ "row": 2, "accept": false, "message": "有 1 处不符合规定，没有保存：", "next": "", "details": ["退回金额大于发放金额。"] });
        assert_eq!(Refusal::of(&row, Lang::Zh).unwrap().why, "退回金额大于发放金额。");
    }

    #[test]
    fn a_sheet_whose_name_excel_does_not_take_is_given_back_all_the_same() {
        let rows = vec![(1, vec![Cell::Text("姓名".into())]), (2, vec![Cell::Text("=1+1".into())])];
        let sheet = Sheet {
            name: "二〇二六年春季学期全校学生花名册（含转入转出学生及其监护人联系方式）".into(),
            rows,
            too_many_rows: false,
            hidden: false,
            merged_down: Vec::new(),
        };
        let refusals = BTreeMap::from([(2, Refusal { row: 2, why: "x".into(), next: String::new(), fields: BTreeSet::new(), id: None })]);
        let (columns, texts, mark) = (BTreeMap::new(), BTreeSet::new(), Mark { ledger: "care_log".into(), refused: true, ..Mark::default() });
        let book = Book {
            base: None,
            head: 1,
            refusals: &refusals,
            columns: &columns,
            texts: &texts,
            mark: &mark,
            batch: "b",
            again: false,
            lang: Lang::Zh,
        }
        .draw(&sheet)
        .unwrap();
        let back = read_sheets(&book, "a.xlsx", &Limits::default()).unwrap();
        assert_eq!(back[0].rows[1].1[0], Cell::Text("=1+1".into()), "and what looks like a formula is text");
        assert_eq!(own::mark(&back), Some(mark), "and says what it is");
    }
}
