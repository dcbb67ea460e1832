//! For Excel and WPS, ready to be worked with: numbers are numbers (money in yuan), codes are texts, the head is fixed and can be filtered; a
//! second sheet says how fresh each school's data is and what is not counted. It is for people: records stand by name, and a child's file, which the name beside it stands for,
//! not at all. Scripts take the ids from JSON or CSV.

use super::{ColumnType, Labels, Lang, OutputError, Reader};
use crate::report::{
    definition::Column,
    outline::is_record,
    run::{Answer, Cell},
};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

/// Longest text of a cell, in characters (the format allows 32,767).
const CELL_CHARS_MAX: usize = 32_000;

/// Widest column, in characters.
const WIDTH_MAX: usize = 50;

struct Styles {
    title: Format,
    head: Format,
    text: Format,
    count: Format,
    money: Format,
    percent: Format,
    tenth: Format,
}

impl Styles {
    fn new() -> Self {
        let cell = || Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            head: cell().set_bold().set_background_color(Color::RGB(0x00DD_E8F0)).set_align(FormatAlign::Center).set_text_wrap(),
            text: cell(),
            count: cell().set_num_format("0"),
            money: cell().set_num_format("#,##0.00"),
            percent: cell().set_num_format("0.00%"),
            tenth: cell().set_num_format("0.0"),
        }
    }
}

/// The answer as a file's bytes. A school column is two: its code and its name.
pub fn xlsx(answer: &Answer, lang: Lang, labels: &dyn Labels) -> Result<Vec<u8>, OutputError> {
    let reader = Reader { answer, lang, labels };
    let styles = Styles::new();
    let mut book = Workbook::new();
    // The day of the answer, not the moment of writing: the same answer gives the same file.
    let (year, month, day) = (answer.today.year(), answer.today.month(), answer.today.day());
    let date = ExcelDateTime::from_ymd(year.unsigned_abs(), month.unsigned_abs(), day.unsigned_abs())?;
    book.set_properties(&DocProperties::new().set_title(reader.title(&answer.title)).set_creation_datetime(&date));
    answer_sheet(book.add_worksheet(), &reader, &styles)?;
    freshness_sheet(book.add_worksheet(), &reader, &styles)?;
    Ok(book.save_to_buffer()?)
}

/// A child's file, where its name stands beside it.
fn stands_aside(reader: &Reader<'_>, column: &Column) -> bool {
    reader.labels.names_records() && column.kind == ColumnType::Student && reader.answer.columns.iter().any(|other| other.code == "name")
}

fn answer_sheet(sheet: &mut Worksheet, reader: &Reader<'_>, styles: &Styles) -> Result<(), XlsxError> {
    let answer = reader.answer;
    sheet.set_name(reader.text("report-sheet-answer", &[]))?;
    sheet.write_string_with_format(0, 0, reader.title(&answer.title), &styles.title)?;
    sheet.write_string(1, 0, reader.asked().unwrap_or_default())?;
    let mut widths: Vec<usize> = Vec::new();
    for column in answer.columns.iter().filter(|column| !stands_aside(reader, column)) {
        if column.kind == ColumnType::School {
            put_head(sheet, &mut widths, &reader.text("report-school-code", &[("title", reader.title(&column.title))]), styles)?;
        }
        put_head(sheet, &mut widths, &reader.head(column), styles)?;
    }
    let mut line = 3;
    for row in &answer.rows {
        let mut at = 0;
        for (column, cell) in answer.columns.iter().zip(row).filter(|(column, _)| !stands_aside(reader, column)) {
            if column.kind == ColumnType::School {
                let code = if let Cell::Text(code) = cell { code.as_str() } else { "" };
                put(sheet, (line, at), &mut widths, code, styles)?;
                at += 1;
            }
            match cell {
                Cell::Int(number) if is_number(column) => put_number(sheet, (line, at), column.kind, *number, styles)?,
                Cell::Text(id) if reader.labels.names_records() && is_record(id) => {
                    let name = reader.labels.record(id, reader.lang).unwrap_or_else(|| id.clone());
                    put(sheet, (line, at), &mut widths, &name, styles)?;
                }
                _ => put(sheet, (line, at), &mut widths, &reader.cell(row, column, cell), styles)?,
            }
            at += 1;
        }
        line += 1;
    }
    let last = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(0);
    if line > 3 {
        sheet.autofilter(2, 0, line - 1, last)?;
    }
    sheet.set_freeze_panes(3, 0)?;
    for (at, width) in (0_u16..).zip(&widths) {
        sheet.set_column_width(at, (*width).clamp(8, WIDTH_MAX) as f64)?;
    }
    line = sums(sheet, reader, styles, line)?;
    for note in reader.notes() {
        line += 1;
        sheet.write_string(line, 0, clipped(&note))?;
    }
    Ok(())
}

/// The sums of the columns that may be added up, below the rows and outside the filter; what is not known adds nothing. The line behind it.
fn sums(sheet: &mut Worksheet, reader: &Reader<'_>, styles: &Styles, line: u32) -> Result<u32, XlsxError> {
    let (answer, mut at, mut said) = (reader.answer, 0, false);
    if answer.rows.len() < 2 || !answer.columns.iter().any(|column| column.total) {
        return Ok(line);
    }
    for (index, column) in answer.columns.iter().enumerate().filter(|(_, column)| !stands_aside(reader, column)) {
        at += u16::from(column.kind == ColumnType::School);
        if column.total {
            let sum = answer.rows.iter().filter_map(|row| if let Some(Cell::Int(number)) = row.get(index) { Some(*number) } else { None }).sum();
            put_number(sheet, (line, at), column.kind, sum, styles)?;
        } else if !said {
            sheet.write_string_with_format(line, at, reader.text("web-report-total", &[]), &styles.head)?;
            said = true;
        }
        at += 1;
    }
    Ok(line + 1)
}

fn is_number(column: &Column) -> bool {
    matches!(column.kind, ColumnType::Int | ColumnType::Money | ColumnType::Pct | ColumnType::Dec1)
}

fn put_head(sheet: &mut Worksheet, widths: &mut Vec<usize>, text: &str, styles: &Styles) -> Result<(), XlsxError> {
    let at = u16::try_from(widths.len()).unwrap_or(u16::MAX);
    widths.push(width(text));
    sheet.write_string_with_format(2, at, text, &styles.head).map(|_| ())
}

fn put(sheet: &mut Worksheet, (line, at): (u32, u16), widths: &mut [usize], text: &str, styles: &Styles) -> Result<(), XlsxError> {
    if let Some(widest) = widths.get_mut(usize::from(at)) {
        *widest = (*widest).max(width(text));
    }
    sheet.write_string_with_format(line, at, clipped(text), &styles.text).map(|_| ())
}

fn put_number(sheet: &mut Worksheet, (line, at): (u32, u16), kind: ColumnType, number: i64, styles: &Styles) -> Result<(), XlsxError> {
    let (divisor, format) = match kind {
        ColumnType::Money => (100.0, &styles.money),
        ColumnType::Pct => (10_000.0, &styles.percent),
        ColumnType::Dec1 => (10.0, &styles.tenth),
        _ => (1.0, &styles.count),
    };
    sheet.write_number_with_format(line, at, number as f64 / divisor, format).map(|_| ())
}

fn freshness_sheet(sheet: &mut Worksheet, reader: &Reader<'_>, styles: &Styles) -> Result<(), XlsxError> {
    sheet.set_name(reader.text("report-sheet-freshness", &[]))?;
    let heads = ["report-fresh-code", "report-fresh-school", "report-fresh-as-of", "report-fresh-contact", "report-fresh-heard"];
    for (at, key) in (0_u16..).zip(heads) {
        sheet.write_string_with_format(0, at, reader.text(key, &[]), &styles.head)?;
        sheet.set_column_width(at, 24.0)?;
    }
    for (line, school) in (1_u32..).zip(&reader.answer.freshness) {
        let heard = reader.text(if school.heard { "report-yes" } else { "report-no" }, &[]);
        let cells = [
            &school.school,
            &school.name,
            school.as_of.as_ref().unwrap_or(&String::new()),
            school.last_contact.as_ref().unwrap_or(&String::new()),
            &heard,
        ]
        .map(|text| clipped(text));
        for (at, text) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(line, at, text, &styles.text)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

fn clipped(text: &str) -> String {
    text.chars().take(CELL_CHARS_MAX).collect()
}

/// Chinese characters take two places.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>() + 2
}
