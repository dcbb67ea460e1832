//! Runs a report: one read transaction, read-only, bounded in rows and work, and an answer that says what it does not know: which records
//! are disputed and not counted, how fresh each school's data is, and which schools are missing.
//!
//! Needs these tables beside the typed ones: `school(code, name, stage, township, poor_village, last_contact, as_of)` (the hub: every school;
//! a node: its own), `step`, `doc`, `conflict`.

use super::{
    definition::{Column, ColumnType, Report, ReportScope, Title},
    guard::Guard,
    outline::LedgerOutline,
    params::{Params, ParamsError},
    scope::{self, ExpandError, Scope},
    sql,
};
use crate::{
    fault::{Exit, Fault},
    model::SchoolCode,
};
use jiff::{Span, civil::Date};
use rusqlite::{Connection, Statement, types::ValueRef};
use serde::Serialize;

/// Limits of a run and what the reports need to know.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// The ledgers there are.
    pub ledgers: &'a [LedgerOutline],
    /// Which schools the reader may see.
    pub scope: Scope,
    /// Most rows an answer keeps; more are cut off and said so.
    pub rows_max: usize,
    /// Most steps of SQLite's machine (about 50 million a second).
    pub steps_max: u64,
    /// A school counts as heard from if its last contact is at most so many days ago.
    pub heard_days: i64,
    /// Most ids of disputed records listed a ledger.
    pub disputed_ids_max: usize,
    /// Without what is disputed and how fresh each school's data is.
    pub rows_alone: bool,
}

impl<'a> Setting<'a> {
    /// With the limits as shipped: 100,000 rows, about half a minute of work, heard within 7 days, 20 ids.
    #[must_use]
    pub fn new(ledgers: &'a [LedgerOutline], scope: Scope) -> Self {
        Self { ledgers, scope, rows_max: 100_000, steps_max: 1_500_000_000, heard_days: 7, disputed_ids_max: 20, rows_alone: false }
    }

    /// The rows alone: a few lines on a page beside others, not an answer to be judged by how complete it is.
    #[must_use]
    pub fn rows_alone(self) -> Self {
        Self { rows_alone: true, ..self }
    }
}

/// One value of an answer; its column says what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing known.
    Null,
    /// A number: count, fen, tenths, hundredths of a percent, 0/1.
    Int(i64),
    /// A text, code or date.
    Text(String),
}

/// Disputed records of a ledger, which no figure of the answer counts where it depends on what is disputed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disputed {
    /// Ledger code.
    pub ledger: String,
    /// How many.
    pub count: u64,
    /// The first of them, by id.
    pub ids: Vec<String>,
}

/// How fresh a school's data is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SchoolFreshness {
    /// School code.
    pub school: String,
    /// Its name.
    pub name: String,
    /// Everything the school had up to this moment is in the answer; `None`: nothing yet.
    pub as_of: Option<String>,
    /// When it was last in contact.
    pub last_contact: Option<String>,
    /// Last contact within [`Setting::heard_days`].
    pub heard: bool,
}

/// The answer to a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Report name.
    pub report: String,
    /// Head.
    pub title: Title,
    /// Day it was asked.
    pub today: Date,
    /// What was asked for: name, title, value (`None`: all).
    pub parameters: Vec<(String, Title, Option<String>)>,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Cell>>,
    /// There were more rows than [`Setting::rows_max`].
    pub truncated: bool,
    /// Disputed, not counted.
    pub disputed: Vec<Disputed>,
    /// Every school in scope, by code.
    pub freshness: Vec<SchoolFreshness>,
    /// Codes of the schools not heard from.
    pub missing: Vec<String>,
}

/// Why a report gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// No report of this name.
    #[error("no report `{0}`")]
    Unknown(String),
    /// Asked wrongly.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// It compares schools, and the reader may not see all of them.
    #[error("only the county can ask this")]
    CountyOnly,
    /// A placeholder or ledger that is not known here.
    #[error(transparent)]
    Expand(#[from] ExpandError),
    /// The expanded text is no plain question.
    #[error("the report is no plain question")]
    NotAQuestion,
    /// The SQL gives other columns than the head declares.
    #[error("columns declared: {declared}; given: {given}")]
    Columns {
        /// By the head.
        declared: String,
        /// By the SQL.
        given: String,
    },
    /// A value that its column cannot hold.
    #[error("column `{column}` holds another kind of value")]
    ColumnType {
        /// Which column.
        column: String,
    },
    /// More work than allowed.
    #[error("the report takes too long")]
    TooLong,
    /// A table is not there or may not be read, or the database failed.
    #[error("database")]
    Database(#[from] rusqlite::Error),
}

impl From<&ReportError> for Fault {
    fn from(error: &ReportError) -> Self {
        match error {
            ReportError::Unknown(name) => Self::new("report-unknown", Exit::NoMatch).with("name", name),
            ReportError::Params(ParamsError::Unknown { name, known }) => {
                Self::new("report-parameter-unknown", Exit::Usage).with("name", name).with("known", known)
            }
            ReportError::Params(ParamsError::Value { name, value }) => {
                Self::new("report-parameter-value", Exit::Input).with("name", name).with("value", value)
            }
            ReportError::Params(ParamsError::Missing { name }) => Self::new("report-parameter-missing", Exit::Usage).with("name", name),
            ReportError::CountyOnly => Self::new("report-county-only", Exit::NotAllowed),
            ReportError::Expand(ExpandError::Ledger(code)) => Self::new("report-no-ledger", Exit::NoMatch).with("ledger", code),
            ReportError::Expand(ExpandError::Placeholder(text)) => Self::new("report-placeholder", Exit::Input).with("text", text),
            ReportError::NotAQuestion => Self::new("report-not-a-question", Exit::Input),
            ReportError::Columns { declared, given } => Self::new("report-columns", Exit::Input).with("declared", declared).with("given", given),
            ReportError::ColumnType { column } => Self::new("report-column-type", Exit::Input).with("column", column),
            ReportError::TooLong => Self::new("report-too-long", Exit::Input),
            ReportError::Database(source) => {
                Self::new("report-database", Exit::Storage).because(Self::new("system-sqlite", Exit::Storage).with("text", source))
            }
        }
    }
}

/// Runs `report`. The connection is read from only; its authorizer and progress handler are used meanwhile and cleared afterwards.
pub fn run(connection: &mut Connection, report: &Report, params: &Params, setting: &Setting<'_>) -> Result<Answer, ReportError> {
    if report.scope == ReportScope::County && setting.scope != Scope::All {
        return Err(ReportError::CountyOnly);
    }
    let expanded = scope::expand(&report.sql, setting.ledgers)?;
    let declared: Vec<&str> = report.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    if !sql::check(&expanded, 1, &declared).is_empty() {
        return Err(ReportError::NotAQuestion);
    }
    let own_narrowing = sql::names_parameter(&expanded, "school");
    let narrowed = params.school().map_or_else(|| setting.scope.clone(), |school| setting.scope.narrowed(school));
    let seen = if own_narrowing { &setting.scope } else { &narrowed };
    let statement = scope::fenced(&expanded, setting.ledgers, seen, report.shows_void);
    let guard = Guard::new(connection, setting.steps_max)?;
    let (rows, truncated) = rows(guard.connection(), &statement, report, params, setting.rows_max).map_err(interrupted)?;
    let (disputed, freshness) = if setting.rows_alone {
        (Vec::new(), Vec::new())
    } else {
        let disputed = disputed(guard.connection(), report, params, setting, &narrowed).map_err(interrupted)?;
        (disputed, freshness(guard.connection(), params.today, &narrowed, setting.heard_days).map_err(interrupted)?)
    };
    Ok(Answer {
        report: report.name.clone(),
        title: report.title.clone(),
        today: params.today,
        parameters: report.parameters.iter().map(|p| (p.name.clone(), p.title.clone(), params.text(&p.name))).collect(),
        columns: report.columns.clone(),
        rows,
        truncated,
        disputed,
        missing: freshness.iter().filter(|school| !school.heard).map(|school| school.school.clone()).collect(),
        freshness,
    })
}

/// As [`run`] for one school or all, with the limits as shipped.
pub fn run_for(
    connection: &mut Connection,
    report: &Report,
    params: &Params,
    ledgers: &[LedgerOutline],
    school: Option<SchoolCode>,
) -> Result<Answer, ReportError> {
    run(connection, report, params, &Setting::new(ledgers, Scope::of(school)))
}

fn interrupted(error: ReportError) -> ReportError {
    match error {
        ReportError::Database(source) if source.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => ReportError::TooLong,
        other => other,
    }
}

type Rows = (Vec<Vec<Cell>>, bool);

fn rows(connection: &Connection, sql: &str, report: &Report, params: &Params, rows_max: usize) -> Result<Rows, ReportError> {
    let mut statement = connection.prepare(sql)?;
    if !statement.readonly() {
        return Err(ReportError::NotAQuestion);
    }
    let given: Vec<String> = statement.column_names().map(str::to_owned).collect();
    if !given.iter().eq(report.columns.iter().map(|column| &column.code)) {
        let declared: Vec<&str> = report.columns.iter().map(|column| column.code.as_str()).collect();
        return Err(ReportError::Columns { declared: declared.join(" "), given: given.join(" ") });
    }
    bind(&mut statement, params)?;
    let (mut found, mut raw) = (Vec::new(), statement.raw_query());
    while let Some(row) = raw.next()? {
        if found.len() == rows_max {
            return Ok((found, true));
        }
        let cells = report.columns.iter().enumerate().map(|(at, column)| cell(row.get_ref(at)?, column));
        found.push(cells.collect::<Result<Vec<Cell>, ReportError>>()?);
    }
    Ok((found, false))
}

fn bind(statement: &mut Statement<'_>, params: &Params) -> rusqlite::Result<()> {
    for (name, value) in &params.values {
        if let Some(at) = statement.parameter_index(&format!(":{name}"))? {
            statement.raw_bind_parameter(at, value)?;
        }
    }
    if let Some(at) = statement.parameter_index(":today")? {
        statement.raw_bind_parameter(at, params.today.to_string())?;
    }
    Ok(())
}

fn cell(value: ValueRef<'_>, column: &Column) -> Result<Cell, ReportError> {
    use ColumnType::{Bool, Dec1, Int, Money, Pct, Term, Year};
    let number = matches!(column.kind, Int | Dec1 | Money | Pct | Bool | Year | Term);
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(value) if number => Ok(Cell::Int(value)),
        ValueRef::Integer(value) => Ok(Cell::Text(value.to_string())),
        ValueRef::Text(bytes) if !number => Ok(Cell::Text(String::from_utf8_lossy(bytes).into_owned())),
        _ => Err(ReportError::ColumnType { column: column.code.clone() }),
    }
}

fn disputed(connection: &Connection, report: &Report, params: &Params, setting: &Setting<'_>, scope: &Scope) -> Result<Vec<Disputed>, ReportError> {
    let mut found = Vec::new();
    for code in &report.ledgers {
        let text = format!("SELECT _id FROM record_{code} WHERE _disputed = 1 AND (:year IS NULL OR _year = :year) ORDER BY _id");
        let mut statement = connection.prepare(&scope::fenced(&text, setting.ledgers, scope, report.shows_void))?;
        let mut raw = statement.query(rusqlite::named_params! { ":year": params.year() })?;
        let mut line = Disputed { ledger: code.clone(), count: 0, ids: Vec::new() };
        while let Some(row) = raw.next()? {
            line.count += 1;
            if line.ids.len() < setting.disputed_ids_max {
                line.ids.push(row.get(0)?);
            }
        }
        if line.count > 0 {
            found.push(line);
        }
    }
    Ok(found)
}

fn freshness(connection: &Connection, today: Date, scope: &Scope, heard_days: i64) -> Result<Vec<SchoolFreshness>, ReportError> {
    let condition = scope.condition("code");
    let since = today.checked_sub(Span::new().try_days(heard_days.clamp(0, 36_500)).unwrap_or_default()).unwrap_or(today).to_string();
    let mut statement = connection.prepare(&format!(
        // Instants begin with their date in UTC; a day more or less than eight hours do not matter here.
        "SELECT code, name, as_of, last_contact, substr(coalesce(last_contact, ''), 1, 10) >= ?1 FROM school WHERE 1{condition} ORDER BY code"
    ))?;
    let rows = statement.query_map([since], |row| {
        Ok(SchoolFreshness { school: row.get(0)?, name: row.get(1)?, as_of: row.get(2)?, last_contact: row.get(3)?, heard: row.get(4)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
