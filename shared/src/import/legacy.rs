//! `.xls` (and WPS `.et`): the workbook stream is taken out of its container, its records are checked against the bounds, and only then
//! does the spreadsheet library see it, in a container of our own ([`super::cfb`]).

use super::cfb::{self, CompoundFile};
use super::sheet::{Cell, FileError, Kind, Limits, Rows, Sheet, Unreadable};
use super::workbook::{from_excel_date, hidden_sheets};
use calamine::{Data, Reader as _, Xls};
use std::collections::BTreeSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

// Record types of MS-XLS.
const END: u16 = 0x000A;
const FILE_PASS: u16 = 0x002F;
const BOUND_SHEET: u16 = 0x0085;
const SHEET_DIMENSIONS: u16 = 0x0200;
const FORMULA: u16 = 0x0006;
/// The text a formula came to, in a record after the formula's.
const FORMULA_TEXT: u16 = 0x0207;
/// A type no reader knows: what must not be read is renamed to it in place, so that offsets stay.
const NOTHING: u16 = 0xFFFE;
/// Records that put a value into a cell: formula, number, label, boolean, short number, several, shared string, rich text.
const CELLS: [u16; 8] = [FORMULA, 0x0203, 0x0204, 0x0205, 0x027E, 0x00BD, 0x00FD, 0x00D6];
/// Cells the library may lay out in its grids, 32 bytes each: 128 MiB.
const GRID_CELLS_MAX: usize = 4 << 20;

/// Reads all sheets.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, FileError> {
    let file = CompoundFile::open(bytes)?;
    if file.has("EncryptedPackage") || file.has("EncryptionInfo") {
        return Err(FileError::Password);
    }
    let stream = ["Workbook", "Book"].iter().find_map(|name| file.stream(name));
    let Some(mut stream) = stream else {
        return Err(FileError::Unsupported(if file.has("WordDocument") || file.has("PowerPoint Document") { Kind::Document } else { Kind::Unknown }));
    };
    check_records(&mut stream, limits)?;
    let clean = cfb::pack("Workbook", stream);
    // The reader is a foreign library on foreign bytes: a panic of its is a damaged file.
    catch_unwind(AssertUnwindSafe(|| read_checked(clean, limits))).unwrap_or(Err(FileError::Damaged))
}

fn read_checked(clean: Vec<u8>, limits: &Limits) -> Result<Vec<Sheet>, FileError> {
    let mut workbook = Xls::new(Cursor::new(clean)).map_err(|error| match error {
        calamine::XlsError::Password => FileError::Password,
        _ => FileError::Damaged,
    })?;
    let mut text_left = limits.text_bytes;
    let mut sheets = Vec::new();
    let hidden = hidden_sheets(&workbook);
    for name in workbook.sheet_names() {
        let merges = workbook.merge_cells_by_sheet_name(&name).unwrap_or_default();
        let is_hidden = hidden.contains(&name);
        let formulas = unvalued_formulas(&mut workbook, &name);
        let Ok(range) = workbook.worksheet_range(&name) else { continue };
        let mut rows = Rows::new(name, limits, &mut text_left);
        rows.describe(is_hidden, merges);
        let (top, left) = range.start().unwrap_or_default();
        'sheet: for (down, cells) in range.rows().enumerate() {
            let row = top.saturating_add(u32::try_from(down).unwrap_or(u32::MAX));
            for (right, value) in cells.iter().enumerate() {
                let column = left as usize + right;
                let cell = match from_reader(value) {
                    Cell::Empty if formulas.contains(&(row, column)) => Cell::Bad(Unreadable::Formula),
                    cell => cell,
                };
                if !rows.push(row.saturating_add(1), column, cell)? {
                    break 'sheet;
                }
            }
        }
        sheets.push(rows.finish());
    }
    Ok(sheets)
}

/// Positions of formulas; those whose cell turns out empty have no value.
fn unvalued_formulas(workbook: &mut Xls<Cursor<Vec<u8>>>, sheet: &str) -> BTreeSet<(u32, usize)> {
    let Ok(range) = workbook.worksheet_formula(sheet) else { return BTreeSet::new() };
    let (top, left) = range.start().unwrap_or_default();
    range.used_cells().map(|(row, column, _)| (top.saturating_add(u32::try_from(row).unwrap_or(u32::MAX)), left as usize + column)).collect()
}

fn from_reader(value: &Data) -> Cell {
    match value {
        Data::Empty => Cell::Empty,
        Data::Int(number) => Cell::Number(*number as f64),
        Data::Float(number) => Cell::Number(*number),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => Cell::Text(text.clone()),
        Data::Bool(yes) => Cell::Bool(*yes),
        Data::DateTime(moment) => from_excel_date(moment),
        Data::Error(_) => Cell::Bad(Unreadable::Error),
    }
}

/// One record of the stream: type and where its contents stand.
struct Record {
    kind: u16,
    at: usize,
    len: usize,
}

fn record_at(stream: &[u8], at: usize) -> Option<Record> {
    let half = |at: usize| stream.get(at..at + 2).and_then(|pair| pair.try_into().ok()).map(u16::from_le_bytes);
    let (kind, len) = (half(at)?, half(at + 2)? as usize);
    (at + 4 + len <= stream.len()).then_some(Record { kind, at: at + 4, len })
}

/// Finds passwords, sheets that start nowhere, and sheets too large for a grid; hides claims about sizes.
fn check_records(stream: &mut [u8], limits: &Limits) -> Result<(), FileError> {
    let mut starts = BTreeSet::new();
    let mut at = 0;
    while let Some(record) = record_at(stream, at) {
        match record.kind {
            END => break,
            FILE_PASS => return Err(FileError::Password),
            BOUND_SHEET => {
                let start = stream.get(record.at..record.at + 4).and_then(|word| word.try_into().ok()).map(u32::from_le_bytes);
                let start = start.map_or(usize::MAX, |start| start as usize);
                // Two sheets at one place are one place read twice.
                if start >= stream.len() || !starts.insert(start) {
                    return Err(FileError::Damaged);
                }
                if starts.len() > limits.sheets {
                    return Err(FileError::TooManySheets { limit: limits.sheets });
                }
            }
            _ => {}
        }
        at = record.at + record.len;
    }
    let mut grid = 0_usize;
    for start in starts {
        grid = grid.saturating_add(check_sheet(stream, start, limits)?);
    }
    if grid > GRID_CELLS_MAX { Err(FileError::TooLarge { limit_mib: (GRID_CELLS_MAX * 32) as u64 >> 20 }) } else { Ok(()) }
}

/// Cells of the grid the library would lay out for this sheet. Rows beyond the bound are hidden from it, one excepted: that one shows
/// the sheet to be too long.
fn check_sheet(stream: &mut [u8], start: usize, limits: &Limits) -> Result<usize, FileError> {
    let (mut rows_seen, mut last_row, mut columns) = (0_usize, None, 0_usize);
    let (mut top, mut bottom) = (usize::MAX, 0);
    let mut formula_hidden = false;
    let mut at = start;
    while let Some(record) = record_at(stream, at) {
        let half = |place: usize| stream.get(place..place + 2).and_then(|pair| pair.try_into().ok()).map(u16::from_le_bytes);
        let mut hide = record.kind == SHEET_DIMENSIONS || (record.kind == FORMULA_TEXT && formula_hidden);
        if record.kind == END {
            break;
        }
        if CELLS.contains(&record.kind) {
            let (Some(row), Some(column)) = (half(record.at), half(record.at + 2)) else { return Err(FileError::Damaged) };
            // The last two bytes of a record of several cells are its last column.
            let last = if record.kind == 0x00BD && record.len >= 6 { half(record.at + record.len - 2) } else { None };
            let right = usize::from(column.max(last.unwrap_or(0)));
            if last_row != Some(row) {
                rows_seen += 1;
                last_row = Some(row);
            }
            hide = right >= limits.columns || rows_seen > limits.sheet_rows() + 1;
            formula_hidden = hide && record.kind == FORMULA;
            if !hide {
                columns = columns.max(right + 1);
                top = top.min(usize::from(row));
                bottom = bottom.max(usize::from(row));
            }
        }
        if hide && let Some(kind) = stream.get_mut(record.at - 4..record.at - 2) {
            kind.copy_from_slice(&NOTHING.to_le_bytes());
        }
        at = record.at + record.len;
    }
    Ok((bottom + 1).saturating_sub(top).saturating_mul(columns))
}
