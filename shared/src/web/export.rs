//! What is on the screen as a workbook, in a form that the import reads again: the first column is the record's id, heads are the fields' titles, cells are as typed, a record
//! referred to by its name.
//!
//! Three sheets, one of them shown. `_huxue` keeps what every cell held at the moment of export, by record, so that the import can tell what the person changed from what
//! somebody changed here meanwhile, however the rows were sorted (`import::own::Base`). `_lists` holds the options that choice cells offer. What an office program would wreck
//! (numbers of identity, student and telephone, dates) is text, and stays text when it is edited.

use super::{account::Account, desk::Desk, pending::Pending, shown};
use crate::{
    document::view::Value,
    fault::Fault,
    import::own::{self, LISTS, Mark},
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Field, Subject},
        value,
    },
    locale::{self, Lang},
    replica::{Replica, Role, browse::Row, names::Names},
};
use rust_xlsxwriter::{DataValidation, DataValidationErrorStyle, Format, FormatAlign, Formula, Workbook, Worksheet, XlsxError};
use std::collections::BTreeMap;

/// Longest text of a cell (the format allows 32,767).
const CELL_CHARS_MAX: usize = 32_000;
/// Rows below the last that still offer options: for records added at the bottom.
const MORE_ROWS: u32 = 500;

/// Where and when a workbook is made, and what was in dispute then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// RFC 3339.
    pub at: String,
    /// School code; empty: not a school's.
    pub school: String,
    /// School year whose records it holds; `None`: of several.
    pub year: Option<u16>,
    /// What stands in a cell whose value is in dispute, by record and field: never an older value as if it held. Sent back as it is, it changes nothing.
    pub unsettled: BTreeMap<String, BTreeMap<String, String>>,
    /// Records and schools referred to, by id and code: a cell names them. Without a name here the id stands in it.
    pub names: BTreeMap<String, String>,
}

/// The names of what these rows refer to. The import knows them again: a cell left alone by its text, another by the one record of that name.
#[must_use]
pub fn named(replica: &Replica, definition: &Definition, rows: &[Row], lang: Lang) -> BTreeMap<String, String> {
    let names = Names::of(replica, lang);
    let fields: Vec<&Field> = definition.fields.iter().filter(|field| is_named(field)).collect();
    let keys = rows.iter().flat_map(|row| fields.iter().filter_map(|field| Some((field.kind, row.fields.get(&field.code)?))));
    let name = |kind, key: &str| if kind == FieldType::School { names.school(key) } else { names.name(key) };
    keys.filter_map(|(kind, value)| if let Value::Str(key) = value { Some((key.clone(), name(kind, key)?)) } else { None }).collect()
}

/// What is in dispute in these rows.
///
/// # Errors
/// The store's.
pub fn unsettled(desk: &Desk, definition: &Definition, rows: &[Row], lang: Lang) -> Result<BTreeMap<String, BTreeMap<String, String>>, Fault> {
    let pending = Pending::read(desk)?;
    let of = |row: &Row| pending.of(desk, definition, &row.id, lang).into_iter().map(|(code, held)| (code, held.words(lang))).collect();
    Ok(rows.iter().map(|row| (row.id.clone(), of(row))).filter(|(_, held): &(_, BTreeMap<_, _>)| !held.is_empty()).collect())
}

/// Now, at this desk's school.
#[must_use]
pub fn made_here(desk: &Desk) -> Made {
    let school = if let Role::Node(school) = desk.replica.me().role { school.to_string() } else { String::new() };
    Made { at: desk.clock().now().to_string(), school, ..Made::default() }
}

/// Records of a ledger. What the person does not see is not in it.
///
/// # Errors
/// `internal` if the workbook cannot be made.
pub fn ledger(catalogue: &Catalogue, definition: &Definition, account: &Account, rows: &[Row], made: &Made, lang: Lang) -> Result<Vec<u8>, Fault> {
    let by_child = definition.subject == Subject::Student;
    let mut fields: Vec<&Field> = definition.fields.iter().filter(|f| shown::sees(account, definition, f) && f.kind != FieldType::File).collect();
    let named = by_child && !fields.iter().any(|f| f.code == "name");
    fields.extend(Definition::common_fields().iter().filter(|f| f.code == "on" || f.code == "note"));
    let classed = by_child && !fields.iter().any(|f| f.code == "class");
    let mark = Mark {
        ledger: definition.code.clone(),
        at: made.at.clone(),
        school: made.school.clone(),
        year: made.year,
        refused: false,
        file: String::new(),
    };
    Export { catalogue, definition, fields, named, classed, made, lang }.book(rows, &mark).map_err(Fault::internal)
}

struct Export<'a> {
    catalogue: &'a Catalogue,
    definition: &'a Definition,
    fields: Vec<&'a Field>,
    /// A column with the child's name stands beside the record's id.
    named: bool,
    /// And one with the class. Both say whose row it is and are not written.
    classed: bool,
    made: &'a Made,
    lang: Lang,
}

/// A text cell, never a formula, whatever it begins with.
fn put(page: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    page.write_string(row, column, text.chars().take(CELL_CHARS_MAX).collect::<String>())?;
    Ok(())
}

/// Whether a cell names what the field holds the key of.
fn is_named(field: &Field) -> bool {
    matches!(field.kind, FieldType::Ref | FieldType::School)
}

/// Of a number in the workbook, so that it can be summed there: how it is shown, and how many of what is kept make one. No thousands separators: saved as CSV they would part cells.
fn number(field: &Field) -> Option<(&'static str, f64)> {
    match field.kind {
        FieldType::Int => Some(("0", 1.0)),
        FieldType::Dec1 => Some(("0.0", 10.0)),
        FieldType::Money => Some(("0.00", 100.0)),
        FieldType::Pct => Some(("0.00%", 10_000.0)),
        _ => None,
    }
}

/// A number as its cell has it. More than the whole as a share would be read back as a plain number, and stays text.
fn figure(field: &Field, value: Option<&Value>) -> Option<f64> {
    let (Value::Int(kept), (_, whole)) = (value?, number(field)?) else { return None };
    let figure = *kept as f64 / whole;
    (field.kind != FieldType::Pct || (0.0..=1.0).contains(&figure)).then_some(figure)
}

impl Export<'_> {
    fn book(&self, rows: &[Row], mark: &Mark) -> Result<Vec<u8>, XlsxError> {
        let mut book = Workbook::new();
        let last = u32::try_from(rows.len()).unwrap_or(u32::MAX - MORE_ROWS);
        let page = book.add_worksheet();
        page.set_name(own::sheet_name(self.definition.title.get(self.lang)))?;
        self.heads(page)?;
        self.lines(page, rows)?;
        let columns = u16::try_from(self.fields.len()).unwrap_or(u16::MAX) + self.first() - 1;
        page.set_freeze_panes(1, self.first())?;
        page.autofilter(0, 0, last, columns)?;
        let lists: Vec<(u16, Vec<String>)> =
            (self.first()..).zip(&self.fields).filter_map(|(column, field)| Some((column, self.options(field)?))).collect();
        for (at, (column, options)) in (0u16..).zip(&lists) {
            let source = format!("={LISTS}!${0}$1:${0}${1}", letters(at), options.len());
            let rule = DataValidation::new()
                .allow_list_formula(Formula::new(source))
                // Warned, not stopped: a code, and an option of a newer version of the ledger, are read too.
                .set_error_style(DataValidationErrorStyle::Warning);
            page.add_data_validation(1, *column, last + MORE_ROWS, *column, &rule)?;
        }
        let base = book.add_worksheet();
        base.set_name(own::SHEET)?.set_very_hidden(true);
        self.base(base, rows, mark)?;
        let page = book.add_worksheet();
        page.set_name(LISTS)?.set_very_hidden(true);
        for (at, (_, options)) in (0u16..).zip(&lists) {
            for (row, option) in (0u32..).zip(options) {
                put(page, row, at, option)?;
            }
        }
        book.save_to_buffer()
    }

    /// Column of the first field.
    fn first(&self) -> u16 {
        1 + u16::from(self.named) + u16::from(self.classed)
    }

    /// Columns that say whose a row is: place, code, text of a row.
    fn whose(&self) -> Vec<(u16, &'static str)> {
        let both = [("_name", self.named), ("_class", self.classed)];
        (1u16..).zip(both.into_iter().filter(|(_, there)| *there).map(|(code, _)| code)).collect()
    }

    fn said(&self, code: &str, row: &Row) -> String {
        if code == "_name" { row.name.clone().unwrap_or_default() } else { shown::class(row.grade, row.class, self.lang) }
    }

    fn heads(&self, page: &mut Worksheet) -> Result<(), XlsxError> {
        let bold = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
        let text = Format::new().set_num_format("@");
        let soft = Format::new().set_num_format("@").set_font_color("#808080");
        let id = if self.lang == Lang::Zh { "记录号" } else { "Record id" };
        page.set_column_format(0, &soft)?.set_column_width(0, 10.0)?;
        page.write_string_with_format(0, 0, id, &bold)?;
        for (column, code) in self.whose() {
            let title = locale::text(self.lang, if code == "_name" { "web-person-name" } else { "web-class-word" }, &[]);
            page.set_column_format(column, &text)?.set_column_width(column, 12.0)?;
            page.write_string_with_format(0, column, title, &bold)?;
        }
        for (column, field) in (self.first()..).zip(&self.fields) {
            let format = number(field).map_or_else(|| text.clone(), |(form, _)| Format::new().set_num_format(form));
            page.set_column_format(column, &format)?;
            let width = match field.kind {
                FieldType::Long => 36.0,
                FieldType::Idno | FieldType::Ref => 22.0,
                FieldType::Int | FieldType::Dec1 | FieldType::Money | FieldType::Pct | FieldType::Bool => 10.0,
                FieldType::Date | FieldType::Month | FieldType::Time => 12.0,
                _ => 16.0,
            };
            page.set_column_width(column, width)?;
            page.write_string_with_format(0, column, field.title.get(self.lang), &bold)?;
        }
        Ok(())
    }

    fn lines(&self, page: &mut Worksheet, rows: &[Row]) -> Result<(), XlsxError> {
        for (line, row) in (1u32..).zip(rows) {
            put(page, line, 0, &row.id)?;
            for (column, code) in self.whose() {
                put(page, line, column, &self.said(code, row))?;
            }
            for (column, field) in (self.first()..).zip(&self.fields) {
                match figure(field, row.fields.get(&field.code)).filter(|_| self.disputed(field, row).is_none()) {
                    Some(number) => drop(page.write_number(line, column, number)?),
                    None => put(page, line, column, &self.cell(field, row))?,
                }
            }
        }
        Ok(())
    }

    fn base(&self, page: &mut Worksheet, rows: &[Row], mark: &Mark) -> Result<(), XlsxError> {
        for (column, text) in (0u16..).zip(mark.line()) {
            put(page, 0, column, &text)?;
        }
        put(page, 1, 0, "_id")?;
        let whose = self.whose();
        for (column, code) in &whose {
            put(page, 1, *column, code)?;
        }
        for (column, field) in (self.first()..).zip(&self.fields) {
            put(page, 1, column, &field.code)?;
        }
        for (line, row) in (2u32..).zip(rows) {
            put(page, line, 0, &row.id)?;
            for (column, code) in &whose {
                put(page, line, *column, &self.said(code, row))?;
            }
            for (column, field) in (self.first()..).zip(&self.fields) {
                put(page, line, column, &self.cell(field, row))?;
            }
        }
        Ok(())
    }

    fn disputed(&self, field: &Field, row: &Row) -> Option<&String> {
        self.made.unsettled.get(&row.id)?.get(&field.code)
    }

    fn cell(&self, field: &Field, row: &Row) -> String {
        if let Some(words) = self.disputed(field, row) {
            return words.clone();
        }
        if let (true, Some(Value::Str(key))) = (is_named(field), row.fields.get(&field.code))
            && let Some(name) = self.made.names.get(key)
        {
            return name.clone();
        }
        let bare = Field { unit: None, ..field.clone() };
        value::show(self.catalogue, self.definition, &bare, &row.fields, self.lang)
    }

    /// What a cell offers to choose from; several of a list cannot be offered so.
    fn options(&self, field: &Field) -> Option<Vec<String>> {
        match field.kind {
            FieldType::Bool => Some(["ledger-yes", "ledger-no"].map(|key| locale::text(self.lang, key, &[])).to_vec()),
            FieldType::Choice => {
                let list = self.catalogue.options(self.definition, field)?;
                Some(list.choices.iter().map(|choice| choice.title.get(self.lang).to_owned()).collect())
                    .filter(|titles: &Vec<String>| !titles.is_empty())
            }
            _ => None,
        }
    }
}

/// 0 → `A`, 27 → `AB`.
fn letters(column: u16) -> String {
    let (mut number, mut out) = (u32::from(column) + 1, String::new());
    while number > 0 {
        out.insert(0, char::from(b'A' + u8::try_from((number - 1) % 26).unwrap_or(0)));
        number = (number - 1) / 26;
    }
    out
}
