//! An answer on paper: table, JSON, CSV, xlsx, in either language. Here is what they share: a cell in a reader's words, and the lines that
//! say what the answer does not know.

mod csv;
mod json;
mod table;
mod xlsx;

pub use csv::csv;
pub use json::json;
pub use table::table;
pub use xlsx::xlsx;

use super::{
    definition::{Column, ColumnType, Title},
    outline::{Labels, is_record},
    run::{Answer, Cell},
};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
    model::money::fen_to_yuan,
};

/// Most schools named in one line; the rest are counted.
const SCHOOLS_NAMED: usize = 10;

/// A sheet could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// By the CSV writer.
    #[error("csv")]
    Csv(#[from] ::csv::Error),
    /// By the CSV writer, at its end.
    #[error("csv")]
    CsvEnd(#[from] std::io::Error),
    /// By the xlsx writer.
    #[error("xlsx")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

impl From<&OutputError> for Fault {
    fn from(error: &OutputError) -> Self {
        let detail = match error {
            OutputError::Csv(source) => source.to_string(),
            OutputError::CsvEnd(source) => source.to_string(),
            OutputError::Xlsx(source) => source.to_string(),
        };
        Self::new("report-output", Exit::Storage).with("detail", detail)
    }
}

/// An answer with what is needed to put it into words.
struct Reader<'a> {
    answer: &'a Answer,
    lang: Lang,
    labels: &'a dyn Labels,
}

impl Reader<'_> {
    fn text(&self, key: &str, args: &[(&str, &str)]) -> String {
        locale::text(self.lang, key, args)
    }

    /// A cell in the reader's words; empty for nothing known.
    fn cell(&self, row: &[Cell], column: &Column, cell: &Cell) -> String {
        match cell {
            Cell::Null => String::new(),
            Cell::Int(number) => self.number(column.kind, *number),
            Cell::Text(text) => match column.kind {
                ColumnType::Choice => self.option(row, column, text),
                ColumnType::Flags => {
                    let codes = text.split('|').filter(|code| !code.is_empty());
                    codes.map(|code| self.option(row, column, code)).collect::<Vec<_>>().join(&self.text("report-list-separator", &[]))
                }
                ColumnType::School => self.school(text),
                ColumnType::Ledger => self.labels.label(text, "$ledger", text, self.lang).unwrap_or_else(|| text.clone()),
                _ => text.clone(),
            },
        }
    }

    /// What a record that a cell points to is called; `None` of what points to nothing, and of the row's own id.
    fn referred(&self, column: &Column, cell: &Cell) -> Option<String> {
        let Cell::Text(text) = cell else { return None };
        let points = column.kind == ColumnType::Text && column.code != "_id" && text.contains(':') && is_record(text);
        points.then(|| self.labels.record(text, self.lang)).flatten()
    }

    fn number(&self, kind: ColumnType, number: i64) -> String {
        match kind {
            ColumnType::Money => fen_to_yuan(number),
            ColumnType::Pct => format!("{}{}.{:02}%", if number < 0 { "-" } else { "" }, (number / 100).abs(), (number % 100).abs()),
            ColumnType::Dec1 => format!("{}{}.{}", if number < 0 { "-" } else { "" }, (number / 10).abs(), (number % 10).abs()),
            ColumnType::Bool => self.text(if number == 0 { "report-no" } else { "report-yes" }, &[]),
            ColumnType::Year => format!("{number}-{}", number.wrapping_add(1)),
            ColumnType::Term => self
                .text(["report-term-0", "report-term-1", "report-term-2"].get(usize::try_from(number).unwrap_or(0)).unwrap_or(&"report-term-0"), &[]),
            _ => number.to_string(),
        }
    }

    /// Label of a code by the column's option list; `@column` is the ledger named in that column of the row.
    fn option(&self, row: &[Cell], column: &Column, code: &str) -> String {
        if let Some(title) = column.words.get(code) {
            return self.title(title).to_owned();
        }
        let label = || {
            let (ledger, list) = column.options.as_deref()?.split_once('.')?;
            let ledger = match ledger.strip_prefix('@') {
                None => ledger,
                Some(name) => {
                    let at = self.answer.columns.iter().position(|other| other.code == name)?;
                    let Some(Cell::Text(ledger)) = row.get(at) else { return None };
                    ledger
                }
            };
            self.labels.label(ledger, list, code, self.lang)
        };
        label().unwrap_or_else(|| code.to_owned())
    }

    fn school(&self, code: &str) -> String {
        let known = self.answer.freshness.binary_search_by(|school| school.school.as_str().cmp(code)).ok();
        known.and_then(|at| self.answer.freshness.get(at)).map_or_else(|| code.to_owned(), |school| school.name.clone())
    }

    fn title<'a>(&self, title: &'a Title) -> &'a str {
        title.get(self.lang)
    }

    /// Head of a column, with its unit.
    fn head(&self, column: &Column) -> String {
        let title = self.title(&column.title);
        if column.kind == ColumnType::Money { self.text("report-in-yuan", &[("title", title)]) } else { title.to_owned() }
    }

    /// What was asked for, in one line; `None` if there was nothing to choose.
    fn asked(&self) -> Option<String> {
        let chosen: Vec<String> =
            self.answer.parameters.iter().filter(|(_, title, _)| !self.title(title).is_empty()).map(|p| self.chosen(p)).collect();
        (!chosen.is_empty()).then(|| chosen.join("  "))
    }

    fn chosen(&self, (name, title, value): &(String, Title, Option<String>)) -> String {
        let value = match (name.as_str(), value) {
            (_, None) => self.text("report-all", &[]),
            ("school", Some(code)) => self.school(code),
            ("term", Some(term)) => self.number(ColumnType::Term, term.parse().unwrap_or(0)),
            ("year", Some(year)) => self.number(ColumnType::Year, year.parse().unwrap_or(0)),
            (_, Some(value)) => value.clone(),
        };
        self.text("report-asked", &[("title", self.title(title)), ("value", &value)])
    }

    /// What the answer does not know: rows cut off, disputed records, how fresh it is, who is missing. Always at least the freshness.
    fn notes(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if self.answer.truncated {
            lines.push(self.text("report-truncated", &[("rows", &self.answer.rows.len().to_string())]));
        }
        for line in &self.answer.disputed {
            let ledger = self.labels.label(&line.ledger, "$ledger", &line.ledger, self.lang).unwrap_or_else(|| line.ledger.clone());
            let ids = line.ids.join(" ");
            let key = if line.ids.len() as u64 == line.count { "report-disputed" } else { "report-disputed-more" };
            lines.push(self.text(key, &[("ledger", &ledger), ("count", &line.count.to_string()), ("ids", &ids)]));
        }
        lines.push(self.fresh());
        if !self.answer.missing.is_empty() {
            let mut names: Vec<String> = self.answer.missing.iter().take(SCHOOLS_NAMED).map(|code| self.school(code)).collect();
            if self.answer.missing.len() > SCHOOLS_NAMED {
                names.push("…".to_owned());
            }
            let names = names.join(&self.text("report-list-separator", &[]));
            lines.push(self.text("report-missing", &[("count", &self.answer.missing.len().to_string()), ("schools", &names)]));
        }
        lines
    }

    fn fresh(&self) -> String {
        let schools = self.answer.freshness.len().to_string();
        let mut known: Vec<(&str, &str)> =
            self.answer.freshness.iter().filter_map(|school| Some((school.as_of.as_deref()?, school.name.as_str()))).collect();
        known.sort_unstable();
        match (known.first(), known.last()) {
            (Some((oldest, name)), Some((newest, _))) => self.text(
                "report-fresh",
                &[("schools", &schools), ("oldest", &locale::instant(oldest)), ("school", name), ("newest", &locale::instant(newest))],
            ),
            _ => self.text("report-fresh-none", &[("schools", &schools)]),
        }
    }
}
