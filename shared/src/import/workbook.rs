//! `.xlsx`: every part is unpacked once into a counter before the reader sees the file, so that no archive can unpack to more than its
//! bound; sheets are then streamed cell by cell, never laid out as a grid (one cell at XFD1048576 would be a grid of 17 billion).

use super::sheet::{Cell, FileError, Kind, Limits, Rows, Sheet, Unreadable};
use calamine::{DataRef, ExcelDateTime, Reader, SheetVisible, Xlsx};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Shared strings are held in memory, about three times their unpacked size: 32 MiB are 20,000 rows of 30 long cells.
const SHARED_STRINGS_BYTES_MAX: usize = 32 << 20;
/// `uniqueCount` is believed by the reader, which reserves 24 bytes for each.
const SHARED_STRINGS_MAX: u64 = 4_000_000;

/// Reads all sheets.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, FileError> {
    check_parts(bytes, limits)?;
    // The reader is a foreign library on foreign bytes: a panic of its is a damaged file.
    catch_unwind(AssertUnwindSafe(|| read_checked(bytes, limits))).unwrap_or(Err(FileError::Damaged))
}

fn read_checked(bytes: &[u8], limits: &Limits) -> Result<Vec<Sheet>, FileError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|_| FileError::Damaged)?;
    let mut text_left = limits.text_bytes;
    let mut sheets = Vec::new();
    let hidden = hidden_sheets(&workbook);
    let names = workbook.sheet_names();
    if names.len() > limits.sheets {
        return Err(FileError::TooManySheets { limit: limits.sheets });
    }
    for name in names {
        // Merges only help: a sheet whose merges cannot be read is read without them.
        let merges = workbook.merge_cells_by_sheet_name(&name).unwrap_or_default();
        // A chart sheet is no table.
        let Ok(mut reader) = workbook.worksheet_cells_reader(&name) else { continue };
        let is_hidden = hidden.contains(&name);
        let mut rows = Rows::new(name, limits, &mut text_left);
        rows.describe(is_hidden, merges);
        while let Some(record) = reader.next_cell_with_formula_metadata().map_err(|_| FileError::Damaged)? {
            let cell = match (from_reader(record.value), record.formula) {
                (Cell::Empty, Some(_)) => Cell::Bad(Unreadable::Formula),
                (cell, _) => cell,
            };
            if !rows.push(record.pos.0.saturating_add(1), record.pos.1 as usize, cell)? {
                break;
            }
        }
        sheets.push(rows.finish());
    }
    Ok(sheets)
}

/// Names of the sheets that are not shown.
pub(super) fn hidden_sheets<RS: Read + std::io::Seek, R: Reader<RS>>(workbook: &R) -> BTreeSet<String> {
    let hidden = workbook.sheets_metadata().iter().filter(|sheet| sheet.visible != SheetVisible::Visible);
    hidden.map(|sheet| sheet.name.clone()).collect()
}

fn from_reader(value: DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(number as f64),
        DataRef::Float(number) => Cell::Number(number),
        DataRef::String(text) | DataRef::DurationIso(text) => Cell::Text(text),
        DataRef::SharedString(text) => Cell::Text(text.to_owned()),
        DataRef::Bool(yes) => Cell::Bool(yes),
        DataRef::DateTime(moment) => from_excel_date(&moment),
        DataRef::DateTimeIso(text) => text.get(..10).and_then(|day| day.parse().ok()).map_or(Cell::Text(text), Cell::Date),
        DataRef::Error(_) => Cell::Bad(Unreadable::Error),
    }
}

/// A serial of 1900 or 1904; a number outside Excel's range of dates stays a number (`20130218` in a cell formatted as a date).
pub(super) fn from_excel_date(moment: &ExcelDateTime) -> Cell {
    const SERIAL_MAX: f64 = 2_958_465.0; // 9999-12-31
    let serial = moment.as_f64();
    if moment.is_duration() || !(1.0..=SERIAL_MAX).contains(&serial) {
        return Cell::Number(serial);
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    let date = i16::try_from(year).ok().zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()));
    date.and_then(|(year, (month, day))| Date::new(year, month, day).ok()).map_or(Cell::Number(serial), Cell::Date)
}

/// Unpacks every part into a counter and tells what the archive is.
fn check_parts(bytes: &[u8], limits: &Limits) -> Result<(), FileError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileError::Damaged)?;
    let names: Vec<String> = archive.file_names().map(str::to_ascii_lowercase).collect();
    let has = |part: &str| names.iter().any(|name| name.ends_with(part));
    if !has("workbook.xml") {
        return Err(FileError::Unsupported(kind_of_archive(&has)));
    }
    let mut left = limits.unpacked_bytes;
    for index in 0..archive.len() {
        let part = match archive.by_index(index) {
            Ok(part) => part,
            Err(zip::result::ZipError::UnsupportedArchive(reason)) if reason.to_ascii_lowercase().contains("password") => {
                return Err(FileError::Password);
            }
            Err(_) => return Err(FileError::Damaged),
        };
        let name = part.name().to_ascii_lowercase();
        let over = || part_too_large(&name, limits);
        let unpacked = if name.ends_with("sharedstrings.xml") {
            check_shared_strings(part)?
        } else {
            // One byte more than allowed is enough to know.
            std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink()).map_err(|_| FileError::Damaged)?
        };
        left = left.checked_sub(unpacked).ok_or_else(over)?;
    }
    Ok(())
}

fn kind_of_archive(has: &impl Fn(&str) -> bool) -> Kind {
    if has("workbook.bin") {
        Kind::BinaryWorkbook
    } else if has("content.xml") {
        Kind::OpenDocument
    } else if has("word/document.xml") || has("ppt/presentation.xml") {
        Kind::Document
    } else {
        Kind::Archive
    }
}

/// A sheet too large to unpack has too many rows: that is what a person can mend.
fn part_too_large(name: &str, limits: &Limits) -> FileError {
    if name.contains("worksheets/") {
        FileError::TooManyRows { sheet: String::new(), limit: limits.rows }
    } else {
        FileError::TooLarge { limit_mib: limits.unpacked_bytes >> 20 }
    }
}

fn check_shared_strings(part: impl Read) -> Result<u64, FileError> {
    const CLAIM: &[u8] = b"uniqueCount";
    let mut text = Vec::new();
    part.take(SHARED_STRINGS_BYTES_MAX as u64 + 1).read_to_end(&mut text).map_err(|_| FileError::Damaged)?;
    if text.len() > SHARED_STRINGS_BYTES_MAX {
        return Err(FileError::TooLarge { limit_mib: (SHARED_STRINGS_BYTES_MAX >> 20) as u64 });
    }
    for (at, window) in text.windows(CLAIM.len()).enumerate() {
        if window == CLAIM && claimed(text.get(at + CLAIM.len()..).unwrap_or_default()) > SHARED_STRINGS_MAX {
            return Err(FileError::Damaged);
        }
    }
    Ok(text.len() as u64)
}

/// The number in `="123"`, saturating.
fn claimed(after: &[u8]) -> u64 {
    let digits =
        after.iter().skip_while(|byte| matches!(byte, b' ' | b'=' | b'"' | b'\'' | b'\t' | b'\r' | b'\n')).take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u64, |number, byte| number.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
}
