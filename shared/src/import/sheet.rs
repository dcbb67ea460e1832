//! Bytes of an office file as sheets of cells. The content decides what a file is, never its name: half of all `.xls` files that come
//! from web systems are something else.
//!
//! Invariants: memory is bounded by [`Limits`] whatever the file claims about itself; no input panics; a formula counts with the value
//! the office program kept beside it, and one without such a value is [`Unreadable::Formula`], never an empty cell.

use super::{cfb, delimited, legacy, workbook};
use crate::fault::{Exit, Fault};
use jiff::civil::Date;

/// Why a cell that holds something cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A formula without a kept value.
    Formula,
    /// `#N/A`, `#REF!` and their kind.
    Error,
    /// More than [`Limits::cell_bytes`].
    TooLong,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text as it stands in the file, spaces and all.
    Text(String),
    /// A number; identity numbers typed as numbers have lost digits here.
    Number(f64),
    /// A number shown as a date.
    Date(Date),
    /// Yes or no.
    Bool(bool),
    /// Something that cannot be read.
    Bad(Unreadable),
}

impl Cell {
    /// Nothing but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.chars().all(char::is_whitespace),
            _ => false,
        }
    }

    /// What a person would read in the cell: whole numbers without exponent below 10^15, dates as `YYYY-MM-DD`, trimmed text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Empty | Self::Bad(_) => String::new(),
            Self::Text(text) => text.trim_matches(|c: char| c.is_whitespace() || c.is_control()).to_owned(),
            Self::Number(number) if number.abs() < 1e15 => format!("{number}"),
            Self::Number(number) => format!("{number:E}"),
            Self::Date(date) => date.to_string(),
            Self::Bool(yes) => yes.to_string(),
        }
    }
}

/// Cells of one row; columns behind the last filled one are absent.
pub type Cells = Vec<Cell>;

/// One sheet; a text file is one sheet with an empty name.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// As on its tab.
    pub name: String,
    /// Rows with at least one filled cell: number as Excel shows it (1-based), cells.
    pub rows: Vec<(u32, Cells)>,
    /// The sheet has more rows than [`Limits::rows`]; only the first [`HEAD_ROWS`] are here, enough to recognise it.
    pub too_many_rows: bool,
    /// Not shown on screen: what is shown is meant first.
    pub hidden: bool,
    /// Cells of one column merged down several rows: first row, last row (as Excel shows them), column index. The value stands in the first only.
    pub merged_down: Vec<(u32, u32, usize)>,
}

impl Sheet {
    /// Gives the cells below the first of a merge its value, in rows from index `from` on: one class written once beside all its children.
    pub fn fill_merged(&mut self, from: usize) {
        for (first, last, column) in std::mem::take(&mut self.merged_down) {
            let Ok(top) = self.rows.binary_search_by_key(&first, |(row, _)| *row) else { continue };
            let Some(value) = self.rows.get(top).filter(|_| top >= from).and_then(|(_, cells)| cells.get(column)).cloned() else { continue };
            for (_, cells) in self.rows.iter_mut().skip(top + 1).take_while(|(row, _)| *row <= last) {
                if cells.len() <= column {
                    cells.resize(column + 1, Cell::Empty);
                }
                if let Some(cell) = cells.get_mut(column).filter(|cell| cell.is_blank()) {
                    *cell = value.clone();
                }
            }
        }
    }
}

/// Rows kept of a sheet that is too long.
pub const HEAD_ROWS: usize = 200;
/// Rows that titles, headers and footers may add to the data rows.
pub const SLACK_ROWS: usize = 200;

/// Bounds of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file. Default 64 MiB.
    pub file_bytes: usize,
    /// Data rows of a sheet. Default 20,000.
    pub rows: usize,
    /// Columns; cells further right are not looked at. Default 256.
    pub columns: usize,
    /// Bytes of a cell. Default 16 KiB: a `long` field of 4,000 Chinese characters has 12,000.
    pub cell_bytes: usize,
    /// Bytes of text in all cells of a file. Default 64 MiB.
    pub text_bytes: usize,
    /// Bytes of a workbook when unpacked. Default 192 MiB: ten times a full roster.
    pub unpacked_bytes: u64,
    /// Sheets of a workbook. Default 64: one for each class of a large school.
    pub sheets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file_bytes: 64 << 20, rows: 20_000, columns: 256, cell_bytes: 16 << 10, text_bytes: 64 << 20, unpacked_bytes: 192 << 20, sheets: 64 }
    }
}

impl Limits {
    /// Rows of a sheet including titles and footers.
    pub(super) fn sheet_rows(&self) -> usize {
        self.rows.saturating_add(SLACK_ROWS)
    }
}

/// What an unsupported file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A web page saved as `.xls`.
    Html,
    /// `.xlsb`.
    BinaryWorkbook,
    /// `.ods`.
    OpenDocument,
    /// `.doc`, `.docx`, `.pptx`, `.wps`.
    Document,
    /// PDF.
    Pdf,
    /// A photo or scan.
    Picture,
    /// An archive without a workbook in it.
    Archive,
    /// None of these.
    Unknown,
}

impl Kind {
    /// Name in messages.
    fn code(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::BinaryWorkbook => "xlsb",
            Self::OpenDocument => "ods",
            Self::Document => "document",
            Self::Pdf => "pdf",
            Self::Picture => "picture",
            Self::Archive => "archive",
            Self::Unknown => "unknown",
        }
    }
}

/// Why nothing of a file can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// No byte, or no filled cell.
    #[error("the file is empty")]
    Empty,
    /// More bytes than allowed, packed or unpacked.
    #[error("the file is larger than {limit_mib} MiB")]
    TooLarge {
        /// The bound that was met.
        limit_mib: u64,
    },
    /// More rows than allowed.
    #[error("sheet {sheet:?} has more than {limit} rows")]
    TooManyRows {
        /// Its name, empty for a text file.
        sheet: String,
        /// Rows allowed.
        limit: usize,
    },
    /// More sheets than allowed: none is left out silently.
    #[error("the workbook has more than {limit} sheets")]
    TooManySheets {
        /// Sheets allowed.
        limit: usize,
    },
    /// Encrypted.
    #[error("the workbook is protected by a password")]
    Password,
    /// Not a table at all, or one in a form that is not read.
    #[error("this kind of file is not read: {0:?}")]
    Unsupported(Kind),
    /// Recognised and broken.
    #[error("the file is damaged")]
    Damaged,
    /// Text in no known encoding.
    #[error("the text is neither UTF-8 nor GB18030")]
    Encoding,
    /// A quotation mark without its partner.
    #[error("a quotation mark in row {row} has no partner")]
    Quote {
        /// Row the cell starts in.
        row: u32,
    },
    /// No row looks like a header.
    #[error("no header row found")]
    NoHeader {
        /// Names of the sheets looked at.
        sheets: Vec<String>,
    },
    /// A header but nothing below it.
    #[error("no data below the header in row {header_row}")]
    NoRows {
        /// Where the header stands.
        header_row: u32,
    },
    /// Formulas only, none with a value.
    #[error("sheet {sheet:?} holds formulas without values")]
    FormulasOnly {
        /// Its name.
        sheet: String,
    },
    /// The sheet asked for is not there.
    #[error("no sheet {name:?}")]
    NoSheet {
        /// As asked.
        name: String,
        /// Those that are there.
        sheets: Vec<String>,
    },
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        let fault = |code| Self::new(code, Exit::Input);
        match error {
            FileError::Empty => fault("import-file-empty"),
            FileError::TooLarge { limit_mib } => fault("import-file-too-large").with("limit", limit_mib),
            FileError::TooManyRows { sheet, limit } if sheet.is_empty() => fault("import-too-many-rows").with("limit", limit),
            FileError::TooManyRows { sheet, limit } => fault("import-too-many-rows-in-sheet").with("sheet", sheet).with("limit", limit),
            FileError::TooManySheets { limit } => fault("import-too-many-sheets").with("limit", limit),
            FileError::Password => fault("import-password"),
            FileError::Unsupported(kind) => fault("import-unsupported").with("kind", kind.code()),
            FileError::Damaged => fault("import-damaged"),
            FileError::Encoding => fault("import-encoding"),
            FileError::Quote { row } => fault("import-quote").with("row", row),
            FileError::NoHeader { sheets } if sheets.is_empty() => fault("import-no-header"),
            FileError::NoHeader { sheets } => fault("import-no-header-in-sheets").with("sheets", sheets.join("、")),
            FileError::NoRows { header_row } => fault("import-no-rows").with("row", header_row),
            FileError::FormulasOnly { sheet } => fault("import-formulas-only").with("sheet", sheet),
            FileError::NoSheet { name, sheets } => fault("import-no-sheet").with("name", name).with("sheets", sheets.join("、")),
        }
    }
}

/// Reads every sheet of a workbook or the one table of a text file.
///
/// `file_name` only breaks ties that the content leaves open (a one-column text); it may be empty.
pub fn read_sheets(bytes: &[u8], file_name: &str, limits: &Limits) -> Result<Vec<Sheet>, FileError> {
    if bytes.len() > limits.file_bytes {
        return Err(FileError::TooLarge { limit_mib: (limits.file_bytes >> 20) as u64 });
    }
    let sheets = match content_kind(bytes) {
        Content::Zip => workbook::read(bytes, limits)?,
        Content::Compound => legacy::read(bytes, limits)?,
        Content::Text => vec![delimited::read(bytes, file_name, limits)?],
        Content::Other(kind) => return Err(FileError::Unsupported(kind)),
        Content::Nothing => return Err(FileError::Empty),
    };
    if sheets.iter().all(|sheet| sheet.rows.is_empty()) {
        return Err(FileError::Empty);
    }
    Ok(sheets)
}

enum Content {
    Zip,
    Compound,
    Text,
    Other(Kind),
    Nothing,
}

fn content_kind(bytes: &[u8]) -> Content {
    const PICTURES: [&[u8]; 5] = [b"\x89PNG", b"\xFF\xD8\xFF", b"GIF8", b"II*\0", b"MM\0*"];
    const ARCHIVES: [&[u8]; 4] = [b"Rar!", b"7z\xBC\xAF", b"\x1F\x8B", b"\xFD7zXZ"];
    // Excel before 1995: the workbook's records without a container.
    const BARE_BIFF: [&[u8]; 3] = [b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00"];
    let starts = |signs: &[&[u8]]| signs.iter().any(|sign| bytes.starts_with(sign));
    if bytes.is_empty() {
        Content::Nothing
    } else if starts(&[b"PK\x03\x04", b"PK\x05\x06"]) {
        Content::Zip
    } else if bytes.starts_with(&cfb::SIGNATURE) {
        Content::Compound
    } else if starts(&[b"%PDF"]) {
        Content::Other(Kind::Pdf)
    } else if starts(&[b"{\\rtf"]) {
        Content::Other(Kind::Document)
    } else if starts(&PICTURES) {
        Content::Other(Kind::Picture)
    } else if starts(&ARCHIVES) {
        Content::Other(Kind::Archive)
    } else if starts(&BARE_BIFF) {
        Content::Other(Kind::Unknown)
    } else if is_markup(bytes) {
        Content::Other(Kind::Html)
    } else {
        Content::Text
    }
}

/// A web page, or Excel's XML of 2003: `<` first, and a tag known to both within the first kilobyte.
fn is_markup(bytes: &[u8]) -> bool {
    let head: Vec<u8> = bytes.iter().take(1024).filter(|byte| byte.is_ascii() && **byte != 0).map(u8::to_ascii_lowercase).collect();
    let head = String::from_utf8_lossy(&head);
    let first = head.trim_start();
    first.starts_with('<') && ["<html", "<table", "<!doctype", "<?xml", "<head", "<meta", "<style"].iter().any(|tag| first.contains(tag))
}

/// Collects rows under the bounds; readers push cells in any order within a row, rows in rising order.
pub(super) struct Rows<'a> {
    limits: &'a Limits,
    text_left: &'a mut usize,
    sheet: Sheet,
}

impl<'a> Rows<'a> {
    pub(super) fn new(name: String, limits: &'a Limits, text_left: &'a mut usize) -> Self {
        let sheet = Sheet { name, rows: Vec::new(), too_many_rows: false, hidden: false, merged_down: Vec::new() };
        Self { limits, text_left, sheet }
    }

    /// What the workbook says of the sheet as a whole: hidden, and its merges.
    pub(super) fn describe(&mut self, hidden: bool, merges: impl IntoIterator<Item = calamine::Dimensions>) {
        self.sheet.hidden = hidden;
        let down = merges.into_iter().filter(|merge| merge.start.1 == merge.end.1 && merge.start.0 < merge.end.0);
        let down = down.map(|merge| (merge.start.0.saturating_add(1), merge.end.0.saturating_add(1), merge.start.1 as usize));
        self.sheet.merged_down = down.filter(|(.., column)| *column < self.limits.columns).take(self.limits.rows).collect();
    }

    /// Takes one cell. `false`: the sheet is full, stop reading it.
    ///
    /// `row` counts from 1, `column` from 0.
    pub(super) fn push(&mut self, row: u32, column: usize, cell: Cell) -> Result<bool, FileError> {
        if cell.is_blank() || column >= self.limits.columns {
            return Ok(true);
        }
        let cell = self.bounded(cell)?;
        if self.sheet.rows.last().is_none_or(|(last, _)| *last != row) {
            if self.sheet.rows.len() >= self.limits.sheet_rows() {
                self.sheet.too_many_rows = true;
                self.sheet.rows.truncate(HEAD_ROWS);
                self.sheet.rows.shrink_to_fit();
                return Ok(false);
            }
            self.sheet.rows.push((row, Vec::new()));
        }
        if let Some((_, cells)) = self.sheet.rows.last_mut() {
            if cells.len() <= column {
                cells.resize(column + 1, Cell::Empty);
            }
            if let Some(place) = cells.get_mut(column) {
                *place = cell;
            }
        }
        Ok(true)
    }

    fn bounded(&mut self, cell: Cell) -> Result<Cell, FileError> {
        let Cell::Text(text) = &cell else { return Ok(cell) };
        if text.len() > self.limits.cell_bytes {
            return Ok(Cell::Bad(Unreadable::TooLong));
        }
        *self.text_left = self.text_left.checked_sub(text.len()).ok_or(FileError::TooLarge { limit_mib: (self.limits.text_bytes >> 20) as u64 })?;
        Ok(cell)
    }

    /// Marks the sheet as too long without having read it.
    pub(super) fn overflow(&mut self) {
        self.sheet.too_many_rows = true;
        self.sheet.rows.truncate(HEAD_ROWS);
    }

    pub(super) fn finish(self) -> Sheet {
        self.sheet
    }
}
