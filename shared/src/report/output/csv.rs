//! For Excel and WPS: UTF-8 with a byte order mark, CRLF, one table from the first line; behind one empty line the notes, each in one cell
//! that begins with `#`.
//!
//! A text that a spreadsheet would run as a formula gets an apostrophe in front (the usual guard). Long numbers (identity numbers, school
//! codes) stand as they are: a spreadsheet that opens them as numbers spoils them, and the xlsx is there for that.

use super::{ColumnType, Labels, Lang, OutputError, Reader};
use crate::report::run::{Answer, Cell};

/// The answer as a file's bytes. A school column is two: its code and its name.
pub fn csv(answer: &Answer, lang: Lang, labels: &dyn Labels) -> Result<Vec<u8>, OutputError> {
    let reader = Reader { answer, lang, labels };
    let mut writer = ::csv::WriterBuilder::new().flexible(true).terminator(::csv::Terminator::CRLF).from_writer(b"\xEF\xBB\xBF".to_vec());
    let mut head = Vec::new();
    for column in &answer.columns {
        if column.kind == ColumnType::School {
            head.push(reader.text("report-school-code", &[("title", reader.title(&column.title))]));
        }
        head.push(guarded(&reader.head(column)));
    }
    writer.write_record(&head)?;
    for row in &answer.rows {
        let mut record = Vec::with_capacity(head.len());
        for (column, cell) in answer.columns.iter().zip(row) {
            if column.kind == ColumnType::School {
                record.push(if let Cell::Text(code) = cell { guarded(code) } else { String::new() });
            }
            let text = reader.cell(row, column, cell);
            record.push(if matches!(cell, Cell::Text(_)) { guarded(&text) } else { text });
        }
        writer.write_record(&record)?;
    }
    writer.write_record([""])?;
    for note in [reader.title(&answer.title).to_owned()].into_iter().chain(reader.asked()).chain(reader.notes()) {
        writer.write_record([format!("# {note}")])?;
    }
    writer.into_inner().map_err(|error| OutputError::CsvEnd(error.into_error()))
}

/// Excel also takes the full-width signs as the beginning of a formula in an East Asian locale.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) { format!("'{text}") } else { text.to_owned() }
}
