//! A report is data: one SQL question with a TOML head in leading comments, for instance
//!
//! ```sql
//! -- +++
//! -- name = "registered_households"
//! -- title = { zh = "建档立卡学生", en = "Registered households" }
//! -- …
//! -- +++
//! SELECT …
//! ```
//!
//! The whole format is in docs/reports.md. Everything wrong with a file is found at once and told by line. A definition is checked here
//! against itself; whether its SQL gives the declared columns is known only when a table is there ([`super::run`]).
//!
//! Long as it is, this is one room: one format, read and checked in one pass.

use super::{sql, today::Today};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// Longest report file taken, in bytes: far above any real question.
pub const REPORT_BYTES_MAX: usize = 64 * 1024;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// 简体中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Title {
    /// In the reader's language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    /// From the catalogue of messages.
    #[must_use]
    pub fn of_message(key: &str) -> Self {
        Self { zh: locale::text(Lang::Zh, key, &[]), en: locale::text(Lang::En, key, &[]) }
    }

    fn complete(&self) -> bool {
        !self.zh.trim().is_empty() && !self.en.trim().is_empty()
    }
}

/// What a column holds; decides how it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Any text.
    Text,
    /// Whole number.
    Int,
    /// Tenths.
    Dec1,
    /// Fen; shown in yuan.
    Money,
    /// Hundredths of a percent: 9850 is 98.50 %.
    Pct,
    /// 0 or 1.
    Bool,
    /// `YYYY-MM-DD`, `YYYY-MM` or an instant, kept as text.
    Date,
    /// Option code, shown by its label (see [`Column::options`]).
    Choice,
    /// `|a|b|` of option codes.
    Flags,
    /// School code; shown by the school's name.
    School,
    /// Document id in hex.
    Student,
    /// School year by its first calendar year; shown as 2025—2026, in files and on terminals 2025-2026.
    Year,
    /// 0, 1 or 2.
    Term,
    /// Ledger code; shown by its title.
    Ledger,
}

/// One column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The SQL's column name.
    pub code: String,
    /// What its values are.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// Head.
    pub title: Title,
    /// For `choice` and `flags`: `<ledger>.<list>`; `<list>` may be `$state`, `$step` or `$effect`; `<ledger>` may be `@<column>`, the code in that column
    /// of the same row.
    pub options: Option<String>,
    /// For `choice`: what codes of the report's own are called.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, Title>,
    /// Said where a row has no value: why there is none, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Title>,
    /// Its values may be added up: a desk shows their sum under the rows. Persons who may stand in several rows may not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub total: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterType {
    /// School year by its first calendar year.
    Year,
    /// 1 or 2.
    Term,
    /// School code.
    School,
    /// Identity number or document id of a child.
    Student,
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM`.
    Month,
    /// Whole number of 0 to 100,000.
    Int,
    /// One of the codes listed.
    Choice,
}

/// One parameter of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Name in SQL, without the colon.
    pub name: String,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Shown to a person.
    pub title: Title,
    /// Value when none is given: a literal, `current` for a year, term or month, `previous` for the month before; NULL (all) if absent.
    pub default: Option<String>,
    /// The report cannot run without it.
    pub required: bool,
    /// `all` can be asked for although there is a default; the SQL takes NULL.
    pub all: bool,
    /// Codes of a choice.
    pub choices: Vec<String>,
}

/// Where a report can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportScope {
    /// At the hub for all schools and at a node for its own.
    #[default]
    Both,
    /// At the hub only, by someone who may see every school: it compares schools with each other.
    County,
}

/// How the lines of a chart are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// A bar a line; several columns are stacked in it.
    Bar,
    /// A line a column, over time.
    Line,
}

/// How a desk may draw an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// Bars or lines.
    pub kind: ChartKind,
    /// Column that names the bars or the points, rows of the same value put together; without: a bar a column.
    #[serde(default)]
    pub x: Option<String>,
    /// Columns of numbers, in the order drawn.
    pub y: Vec<String>,
}

/// A report that can be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `[a-z][a-z0-9_]*`; equals the file name.
    pub name: String,
    /// Number of the question in DOMAIN §6 it answers, 1 to 7, if any.
    pub question: Option<u8>,
    /// Head.
    pub title: Title,
    /// What is counted, exactly.
    pub help: Title,
    /// Where it can run.
    pub scope: ReportScope,
    /// Ledgers whose disputed records are told as "disputed, not counted".
    pub ledgers: Vec<String>,
    /// Indexes it needs, as `table(columns)` or `table(columns) WHERE …`; `record_*` stands for every student ledger.
    pub indexes: Vec<String>,
    /// What can be asked for.
    pub parameters: Vec<Parameter>,
    /// What is answered.
    pub columns: Vec<Column>,
    /// How a desk may draw it.
    pub chart: Option<Chart>,
    /// Whether void records are seen by the SQL; only listings of one child or one ledger do.
    pub shows_void: bool,
    /// Each row is of one child, whose `grade` and `class` are columns: who reads its ledgers for some classes sees the rows of those.
    pub by_class: bool,
    /// A card of a desk's first page.
    pub today: Option<Today>,
    /// The question.
    #[serde(skip)]
    pub sql: String,
}

/// Something wrong with a report file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct Problem {
    /// Counted from 1.
    pub line: u32,
    /// What it is.
    pub kind: ProblemKind,
}

/// What can be wrong with a report file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// Longer than [`REPORT_BYTES_MAX`].
    #[error("the file is too long")]
    TooLong,
    /// No head between two `-- +++` lines.
    #[error("there is no head between two lines `-- +++`")]
    NoHead,
    /// A line of the head is no comment.
    #[error("a line of the head does not start with `--`")]
    NoComment,
    /// The head is no TOML, or has an unknown or missing key.
    #[error("head: {message}")]
    Toml {
        /// The parser's words.
        message: String,
    },
    /// A name or code has other characters than `a-z 0-9 _`.
    #[error("`{code}` is no code")]
    Code {
        /// As written.
        code: String,
    },
    /// A name or code stands twice.
    #[error("`{code}` stands twice")]
    Twice {
        /// As written.
        code: String,
    },
    /// A title lacks one language.
    #[error("`{code}` lacks a title in one language")]
    Title {
        /// Of what.
        code: String,
    },
    /// The question number is not 1 to 7.
    #[error("no question {question}")]
    Question {
        /// As written.
        question: u8,
    },
    /// A parameter that is neither year, term nor school has no type.
    #[error("parameter `{name}` has no type")]
    Untyped {
        /// Of which parameter.
        name: String,
    },
    /// Labels are missing, or stand where none can be shown.
    #[error("column `{code}`: options do not go with its type")]
    Options {
        /// Of which column.
        code: String,
    },
    /// A chart names a column that is not there or holds no numbers, or none.
    #[error("the chart cannot use column `{code}`")]
    Chart {
        /// Of which column.
        code: String,
    },
    /// `total` of a column that holds no amounts.
    #[error("column `{code}` cannot be added up")]
    Total {
        /// Of which column.
        code: String,
    },
    /// `by_class` without columns `grade` and `class`, or without ledgers that say who may.
    #[error("by_class needs columns grade and class, and ledgers")]
    ByClass,
    /// An index that cannot be read.
    #[error("`{text}` is no index")]
    Index {
        /// As written.
        text: String,
    },
    /// The card names a column that is not there, or an address that is none.
    #[error("[today]: `{text}`")]
    Today {
        /// As written.
        text: String,
    },
    /// The report has no columns.
    #[error("no columns")]
    NoColumns,
    /// Does not begin with SELECT or WITH.
    #[error("the statement does not begin with SELECT or WITH")]
    NotAQuestion,
    /// A sign that has no place in a report.
    #[error("`{sign}` is not allowed")]
    Sign {
        /// Which.
        sign: char,
    },
    /// A word that has no place in a report.
    #[error("`{word}` is not allowed")]
    Word {
        /// Which.
        word: String,
    },
    /// A parameter that the head does not name.
    #[error("parameter `{name}` is not declared")]
    Undeclared {
        /// Which.
        name: String,
    },
}

impl From<&Problem> for Fault {
    fn from(problem: &Problem) -> Self {
        let fault = |code| Fault::new(code, Exit::Input).with("line", problem.line);
        match &problem.kind {
            ProblemKind::TooLong => fault("report-file-too-long").with("max", REPORT_BYTES_MAX),
            ProblemKind::NoHead => fault("report-file-no-head"),
            ProblemKind::NoComment => fault("report-file-no-comment"),
            ProblemKind::Toml { message } => fault("report-file-toml").because(Fault::of_toml(message)),
            ProblemKind::Code { code } => fault("report-file-code").with("name", code),
            ProblemKind::Twice { code } => fault("report-file-twice").with("name", code),
            ProblemKind::Title { code } => fault("report-file-title").with("name", code),
            ProblemKind::Question { question } => fault("report-file-question").with("number", question),
            ProblemKind::Untyped { name } => fault("report-file-untyped").with("name", name),
            ProblemKind::Options { code } => fault("report-file-options").with("name", code),
            ProblemKind::Chart { code } => fault("report-file-chart").with("name", code),
            ProblemKind::Total { code } => fault("report-file-total").with("name", code),
            ProblemKind::ByClass => fault("report-file-by-class"),
            ProblemKind::Index { text } => fault("report-file-index").with("text", text),
            ProblemKind::Today { text } => fault("report-file-today").with("text", text),
            ProblemKind::NoColumns => fault("report-file-no-columns"),
            ProblemKind::NotAQuestion => fault("report-file-not-a-question"),
            ProblemKind::Sign { sign } => fault("report-file-sign").with("sign", sign),
            ProblemKind::Word { word } => fault("report-file-word").with("word", word),
            ProblemKind::Undeclared { name } => fault("report-file-undeclared").with("name", name),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    name: Spanned<String>,
    question: Option<Spanned<u8>>,
    title: Spanned<Title>,
    help: Spanned<Title>,
    #[serde(default)]
    scope: ReportScope,
    #[serde(default)]
    ledgers: Vec<Spanned<String>>,
    #[serde(default)]
    indexes: Vec<Spanned<String>>,
    #[serde(default)]
    parameters: Vec<Spanned<HeadParameter>>,
    columns: Spanned<Vec<Spanned<HeadColumn>>>,
    chart: Option<Spanned<Chart>>,
    #[serde(default)]
    shows_void: bool,
    by_class: Option<Spanned<bool>>,
    today: Option<Spanned<Today>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadParameter {
    name: String,
    #[serde(rename = "type")]
    kind: Option<ParameterType>,
    title: Option<Title>,
    default: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    choices: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadColumn {
    code: String,
    #[serde(rename = "type")]
    kind: ColumnType,
    title: Title,
    options: Option<String>,
    #[serde(default)]
    words: BTreeMap<String, Title>,
    empty: Option<Title>,
    #[serde(default)]
    total: bool,
}

impl Report {
    /// Reads a report file. Everything wrong with it is told at once, in the order of its lines.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        if text.len() > REPORT_BYTES_MAX {
            return Err(vec![Problem { line: 1, kind: ProblemKind::TooLong }]);
        }
        let (head, first, body, body_line) = split(text).map_err(|problem| vec![problem])?;
        let parsed: Head = toml::from_str(&head).map_err(|error| {
            let line = error.span().map_or(first, |span| line_of(&head, span.start, first));
            vec![Problem { line, kind: ProblemKind::Toml { message: error.message().to_owned() } }]
        })?;
        let mut checks = Checks { head: &head, first, problems: Vec::new() };
        let mut report = checks.report(parsed);
        let declared: Vec<&str> = report.parameters.iter().map(|p| p.name.as_str()).collect();
        let mut problems = checks.problems;
        problems.extend(sql::check(body, body_line, &declared));
        if !problems.is_empty() {
            problems.sort_by_key(|problem| problem.line);
            return Err(problems);
        }
        body.trim().clone_into(&mut report.sql);
        Ok(report)
    }
}

/// Head without its comment signs, its first line, body, the body's first line.
fn split(text: &str) -> Result<(String, u32, &str, u32), Problem> {
    let mut head = String::new();
    let (mut line, mut first, mut at) = (0_u32, None, 0);
    for raw in text.split_inclusive('\n') {
        line += 1;
        at += raw.len();
        let content = raw.trim();
        let Some(comment) = content.strip_prefix("--") else {
            if content.is_empty() && first.is_none() {
                continue;
            }
            let kind = if first.is_some() { ProblemKind::NoComment } else { ProblemKind::NoHead };
            return Err(Problem { line, kind });
        };
        match (comment.trim() == "+++", first) {
            (true, None) => first = Some(line + 1),
            (true, Some(first)) => return Ok((head, first, text.get(at..).unwrap_or_default(), line + 1)),
            (false, Some(_)) => {
                head.push_str(comment);
                head.push('\n');
            }
            (false, None) => {}
        }
    }
    Err(Problem { line: line.max(1), kind: ProblemKind::NoHead })
}

fn line_of(head: &str, at: usize, first: u32) -> u32 {
    first + u32::try_from(head.get(..at).unwrap_or_default().matches('\n').count()).unwrap_or(0)
}

/// `[a-z][a-z0-9_]*`, at most 60 characters; a leading `_` only for columns (the engine's own are named so).
fn is_code(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

struct Checks<'a> {
    head: &'a str,
    first: u32,
    problems: Vec<Problem>,
}

impl Checks<'_> {
    fn problem<T>(&mut self, at: &Spanned<T>, kind: ProblemKind) {
        self.problems.push(Problem { line: line_of(self.head, at.span().start, self.first), kind });
    }

    fn report(&mut self, head: Head) -> Report {
        if !is_code(head.name.as_ref()) {
            self.problem(&head.name, ProblemKind::Code { code: head.name.as_ref().clone() });
        }
        for (title, code) in [(&head.title, "title"), (&head.help, "help")] {
            if !title.as_ref().complete() {
                self.problem(title, ProblemKind::Title { code: code.to_owned() });
            }
        }
        if let Some(question) = head.question.as_ref().filter(|q| !(1..=7).contains(q.as_ref())) {
            self.problem(question, ProblemKind::Question { question: *question.as_ref() });
        }
        for ledger in head.ledgers.iter().filter(|ledger| !is_code(ledger.as_ref())) {
            self.problem(ledger, ProblemKind::Code { code: ledger.as_ref().clone() });
        }
        for index in head.indexes.iter().filter(|index| Index::parse(index.as_ref()).is_none()) {
            self.problem(index, ProblemKind::Index { text: index.as_ref().clone() });
        }
        if head.columns.as_ref().is_empty() {
            self.problem(&head.columns, ProblemKind::NoColumns);
        }
        if let Some(chart) = &head.chart {
            self.chart(chart, head.columns.as_ref());
        }
        let columns = self.columns(head.columns.into_inner());
        if let Some(today) = &head.today
            && let Some(text) = today.as_ref().wrong(&columns)
        {
            self.problem(today, ProblemKind::Today { text });
        }
        if let Some(by_class) = head.by_class.as_ref().filter(|by_class| *by_class.as_ref()) {
            let has = |code: &str| columns.iter().any(|column| column.code == code && column.kind == ColumnType::Int);
            if head.ledgers.is_empty() || !has("grade") || !has("class") {
                self.problem(by_class, ProblemKind::ByClass);
            }
        }
        Report {
            name: head.name.into_inner(),
            question: head.question.map(Spanned::into_inner),
            title: head.title.into_inner(),
            help: head.help.into_inner(),
            scope: head.scope,
            ledgers: head.ledgers.into_iter().map(Spanned::into_inner).collect(),
            indexes: head.indexes.into_iter().map(Spanned::into_inner).collect(),
            parameters: self.parameters(head.parameters),
            columns,
            chart: head.chart.map(Spanned::into_inner),
            shows_void: head.shows_void,
            by_class: head.by_class.is_some_and(Spanned::into_inner),
            today: head.today.map(Spanned::into_inner),
            sql: String::new(),
        }
    }

    /// A chart's columns are there, and those drawn are numbers.
    fn chart(&mut self, chart: &Spanned<Chart>, columns: &[Spanned<HeadColumn>]) {
        let kind = |code: &str| columns.iter().find(|column| column.as_ref().code == code).map(|column| column.as_ref().kind);
        let number = |code: &str| matches!(kind(code), Some(ColumnType::Int | ColumnType::Dec1 | ColumnType::Money | ColumnType::Pct));
        let wrong_x = chart.as_ref().x.iter().filter(|code| kind(code).is_none());
        let wrong: Vec<String> = wrong_x.chain(chart.as_ref().y.iter().filter(|code| !number(code))).cloned().collect();
        for code in wrong {
            self.problem(chart, ProblemKind::Chart { code });
        }
        if chart.as_ref().y.is_empty() {
            self.problem(chart, ProblemKind::Chart { code: "y".to_owned() });
        }
    }

    fn parameters(&mut self, list: Vec<Spanned<HeadParameter>>) -> Vec<Parameter> {
        let mut done: Vec<Parameter> = Vec::new();
        for item in list {
            let raw = item.as_ref();
            let name = raw.name.clone();
            let (standard, key) = match name.as_str() {
                "year" => (Some(ParameterType::Year), "report-parameter-year"),
                "term" => (Some(ParameterType::Term), "report-parameter-term"),
                "school" => (Some(ParameterType::School), "report-parameter-school"),
                _ => (None, ""),
            };
            let Some(kind) = raw.kind.or(standard) else {
                self.problem(&item, ProblemKind::Untyped { name });
                continue;
            };
            let title = raw.title.clone().or_else(|| standard.map(|_| Title::of_message(key))).unwrap_or_default();
            if !is_code(&name) {
                self.problem(&item, ProblemKind::Code { code: name.clone() });
            }
            if done.iter().any(|other| other.name == name) {
                self.problem(&item, ProblemKind::Twice { code: name.clone() });
            }
            if !title.complete() {
                self.problem(&item, ProblemKind::Title { code: name.clone() });
            }
            let HeadParameter { default, required, all, choices, .. } = item.into_inner();
            done.push(Parameter { name, kind, title, default, required, all, choices });
        }
        done
    }

    fn columns(&mut self, list: Vec<Spanned<HeadColumn>>) -> Vec<Column> {
        let mut done: Vec<Column> = Vec::new();
        for item in list {
            let raw = item.as_ref();
            let code = raw.code.clone();
            if !is_code(&code) {
                self.problem(&item, ProblemKind::Code { code: code.clone() });
            }
            if done.iter().any(|other| other.code == code) {
                self.problem(&item, ProblemKind::Twice { code: code.clone() });
            }
            if !raw.title.complete() {
                self.problem(&item, ProblemKind::Title { code: code.clone() });
            }
            let labelled = matches!(raw.kind, ColumnType::Choice | ColumnType::Flags);
            let named = raw.options.as_deref().is_some_and(|options| options.split_once('.').is_some());
            if labelled != (named || !raw.words.is_empty()) || raw.words.values().any(|title| !title.complete()) {
                self.problem(&item, ProblemKind::Options { code });
            }
            if item.as_ref().total && !matches!(item.as_ref().kind, ColumnType::Int | ColumnType::Dec1 | ColumnType::Money) {
                self.problem(&item, ProblemKind::Total { code: item.as_ref().code.clone() });
            }
            let HeadColumn { code, kind, title, options, words, empty, total } = item.into_inner();
            done.push(Column { code, kind, title, options, words, empty, total });
        }
        done
    }
}

/// An index that a report needs, written `table(column, …)` with an optional `WHERE …`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index {
    /// Table; `record_*` stands for the table of every student ledger.
    pub table: String,
    /// Columns and condition as they go into SQL, the brackets included.
    pub tail: String,
}

impl Index {
    /// `None` if the text is no index.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let at = text.find('(')?;
        let (table, tail) = (text.get(..at)?.trim(), text.get(at..)?.trim());
        let known = table == "record_*" || is_code(table);
        let harmless = tail.contains(')') && !tail.contains(';') && !tail.contains("--");
        (known && harmless).then(|| Self { table: table.to_owned(), tail: tail.to_owned() })
    }

    /// Whether `longer` has the same first columns and then more. A condition makes an index another one.
    pub(super) fn begins(&self, longer: &Self) -> bool {
        let own = self.tail.strip_suffix(')');
        own.is_some_and(|own| longer.tail.ends_with(')') && longer.tail.strip_prefix(own).is_some_and(|rest| rest.starts_with(',')))
    }

    /// The statement that creates it on `table`, once. Its name is derived from what it holds, so that two reports share one.
    #[must_use]
    pub fn create_sql(&self, table: &str) -> String {
        let digest = blake3::hash(self.tail.as_bytes()).to_hex();
        format!("CREATE INDEX IF NOT EXISTS report_{table}_{} ON {table}{}", digest.get(..8).unwrap_or_default(), self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- +++\n-- name = \"x\"\n-- title = { zh = \"甲\", en = \"A\" }\n-- help = { zh = \"甲\", en = \"A\" }\n-- parameters = [{ name = \"year\", default = \"current\" }]\n-- columns = [\n--   { code = \"a\", type = \"int\", title = { zh = \"甲\", en = \"A\" } },\n-- ]\n-- +++\nSELECT 1 AS a WHERE :year IS NOT NULL\n";

    fn problems(text: &str) -> Vec<(u32, ProblemKind)> {
        Report::parse(text).unwrap_err().into_iter().map(|p| (p.line, p.kind)).collect()
    }

    #[test]
    fn a_file_reads_into_a_report() {
        let report = Report::parse(GOOD).unwrap();
        assert_eq!((report.name.as_str(), report.columns.len(), report.parameters[0].kind), ("x", 1, ParameterType::Year));
        assert_eq!(report.parameters[0].title.zh, "学年");
        assert!(report.sql.starts_with("SELECT"));
    }

    #[test]
    fn problems_name_the_line_of_the_file() {
        assert_eq!(problems("SELECT 1"), [(1, ProblemKind::NoHead)]);
        assert_eq!(problems("-- +++\n-- name = \"x\"\nSELECT 1"), [(3, ProblemKind::NoComment)]);
        assert_eq!(problems(&GOOD.replace("name = \"x\"", "name = \"X\"")), [(2, ProblemKind::Code { code: "X".to_owned() })]);
        assert_eq!(
            problems(&GOOD.replace("{ zh = \"甲\", en = \"A\" } },", "{ zh = \"甲\", en = \"\" } },"))[0],
            (7, ProblemKind::Title { code: "a".to_owned() })
        );
        assert_eq!(problems(&GOOD.replace(":year", ":month")), [(10, ProblemKind::Undeclared { name: "month".to_owned() })]);
        assert!(matches!(problems(&GOOD.replace("\"int\"", "\"number\""))[..], [(7, ProblemKind::Toml { .. })]));
        assert!(matches!(problems(&GOOD.replace("-- help", "-- halp"))[..], [(4, ProblemKind::Toml { .. })]));
    }

    #[test]
    fn only_amounts_are_added_up_and_only_rows_of_a_class_are_parted_by_class() {
        let total = GOOD.replace("type = \"int\"", "type = \"int\", total = true");
        assert!(Report::parse(&total).unwrap().columns[0].total);
        assert_eq!(problems(&total.replace("\"int\"", "\"text\"")), [(7, ProblemKind::Total { code: "a".to_owned() })]);
        assert_eq!(problems(&GOOD.replace("-- columns", "-- by_class = true\n-- columns")), [(6, ProblemKind::ByClass)]);
    }

    #[test]
    fn an_index_is_a_table_and_columns() {
        let index = Index::parse("record_x(_year, \"from\") WHERE status = 'present'").unwrap();
        assert!(index.create_sql("record_x").starts_with("CREATE INDEX IF NOT EXISTS report_record_x_"));
        for text in ["record_x", "x y(a)", "record_x(a); DROP TABLE x", "record_x(a"] {
            assert_eq!(Index::parse(text), None, "{text}");
        }
    }
}
