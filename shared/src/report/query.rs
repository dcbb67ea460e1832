//! Ad-hoc questions on one ledger (`query LEDGER --where field=value …`): typed conditions turned into a [`Report`], which then runs and
//! is shown like any other.
//!
//! Invariant: nothing a person types becomes SQL. Columns are looked up in the ledger's outline, operators in a table, values are bound.

use super::{
    definition::{Column, ColumnType, Report, ReportScope, Title},
    outline::{FieldOutline, LedgerOutline, Subject},
    params::Params,
};
use crate::{
    fault::{Exit, Fault},
    model::money::yuan_to_fen,
};
use jiff::civil::Date;
use rusqlite::types::Value;
use std::fmt::Write as _;

/// Most conditions of one question: far more than a person types.
const CONDITIONS_MAX: usize = 32;

/// Fields shown beside the engine's columns when no columns are chosen.
const FIELDS_SHOWN: usize = 6;

/// Why a question cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No `= != >= <= > < ~` in it.
    #[error("`{0}` is no condition")]
    Condition(String),
    /// The ledger has no such column.
    #[error("no column `{0}`")]
    Column(String),
    /// The value does not fit the column.
    #[error("`{value}` does not fit `{column}`")]
    Value {
        /// Which column.
        column: String,
        /// As typed.
        value: String,
    },
    /// The operator has no meaning for the column.
    #[error("`{operator}` does not go with `{column}`")]
    Operator {
        /// Which column.
        column: String,
        /// As typed.
        operator: &'static str,
    },
    /// More than 32 conditions.
    #[error("too many conditions")]
    TooMany,
}

impl From<&QueryError> for Fault {
    fn from(error: &QueryError) -> Self {
        match error {
            QueryError::Condition(text) => Self::new("query-condition", Exit::Usage).with("text", text),
            QueryError::Column(name) => Self::new("query-column", Exit::NoMatch).with("name", name),
            QueryError::Value { column, value } => Self::new("query-value", Exit::Input).with("name", column).with("value", value),
            QueryError::Operator { column, operator } => Self::new("query-operator", Exit::Usage).with("name", column).with("operator", operator),
            QueryError::TooMany => Self::new("query-too-many", Exit::Usage).with("max", CONDITIONS_MAX),
        }
    }
}

/// Operators as typed, longest first, with their SQL.
const OPERATORS: [(&str, &str); 7] = [("!=", "IS NOT"), (">=", ">="), ("<=", "<="), ("=", "IS"), (">", ">"), ("<", "<"), ("~", "LIKE")];

/// One condition, ready to be bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    column: String,
    sql: String,
    value: Option<Value>,
}

/// What to ask of a ledger.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    /// Conditions as typed: `status=present`, `grade>=7`, `name~王`, `phone=` (empty), `void=no`. All must hold. Void records are left out
    /// unless `void` is asked about.
    pub conditions: &'a [String],
    /// Columns to show; none: the engine's own and the first six fields.
    pub columns: &'a [String],
    /// Columns to sort by, `-` before one for descending.
    pub order: &'a [String],
    /// Most rows; `None`: as many as the runner allows.
    pub limit: Option<u32>,
}

impl Query<'_> {
    /// The question as a report with its parameters bound.
    pub fn report(&self, ledger: &LedgerOutline, today: Date) -> Result<(Report, Params), QueryError> {
        if self.conditions.len() > CONDITIONS_MAX || !ledger.is_safe() {
            return Err(QueryError::TooMany);
        }
        let known = known_columns(ledger);
        let conditions = parse_where(self.conditions, &known)?;
        let columns = self.chosen(ledger, &known)?;
        let shows_void = conditions.iter().any(|condition| condition.column == "void");
        let (mut sql, mut values) = (String::new(), Vec::new());
        let names: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.code)).collect();
        // Writing to a String cannot fail.
        let _ = write!(sql, "SELECT {} FROM {} WHERE 1", names.join(", "), source(ledger));
        for (at, condition) in conditions.into_iter().enumerate() {
            sql.push_str(&condition.sql.replace(":value", &format!(":value_{at}")));
            values.extend(condition.value.map(|value| (format!("value_{at}"), value)));
        }
        let _ = write!(sql, " ORDER BY {}", self.ordered(&known)?);
        if let Some(limit) = self.limit {
            let _ = write!(sql, " LIMIT {limit}");
        }
        let report = Report {
            name: format!("query_{}", ledger.code),
            question: None,
            title: ledger.title.clone(),
            help: Title::default(),
            scope: ReportScope::Both,
            ledgers: vec![ledger.code.clone()],
            indexes: Vec::new(),
            // Declared so that the runner knows them; they are bound below and never read from texts.
            parameters: values.iter().map(|(name, _)| declared(name)).collect(),
            columns,
            chart: None,
            by_class: false,
            shows_void,
            today: None,
            sql,
        };
        Ok((report, Params { today, values }))
    }

    fn chosen(&self, ledger: &LedgerOutline, known: &[FieldOutline]) -> Result<Vec<Column>, QueryError> {
        if !self.columns.is_empty() {
            return self.columns.iter().map(|name| find(known, name).map(as_column)).collect();
        }
        const SHOWN: [&str; 9] = ["_id", "_name", "_grade", "_class", "_school", "_year", "_term", "_state", "on"];
        let engine = known.iter().filter(|column| SHOWN.contains(&column.code.as_str()));
        let fields = known.iter().filter(|column| ledger.fields.iter().any(|field| field.code == column.code)).take(FIELDS_SHOWN);
        Ok(engine.chain(fields).map(as_column).collect())
    }

    fn ordered(&self, known: &[FieldOutline]) -> Result<String, QueryError> {
        let mut parts = Vec::new();
        for name in self.order {
            let (name, direction) = name.strip_prefix('-').map_or((name.as_str(), ""), |name| (name, " DESC"));
            parts.push(format!("\"{}\"{direction}", find(known, name)?.code));
        }
        parts.push("_id".to_owned());
        Ok(parts.join(", "))
    }
}

/// The engine's columns a person can ask about (docs/ledger-format.md, "Typed tables").
const ENGINE_COLUMNS: [(&str, ColumnType); 16] = [
    ("_id", ColumnType::Text),
    ("_school", ColumnType::School),
    ("_year", ColumnType::Year),
    ("_term", ColumnType::Term),
    ("_student", ColumnType::Student),
    ("_state", ColumnType::Choice),
    ("_since", ColumnType::Date),
    ("_due", ColumnType::Date),
    ("_reopened", ColumnType::Int),
    ("_disputed", ColumnType::Bool),
    ("on", ColumnType::Date),
    ("note", ColumnType::Text),
    ("by", ColumnType::Text),
    ("void", ColumnType::Bool),
    ("void_reason", ColumnType::Text),
    ("continues", ColumnType::Text),
];

/// Whose a child's record is: out of the child's profile.
const CHILD_COLUMNS: [(&str, ColumnType); 3] = [("_name", ColumnType::Text), ("_grade", ColumnType::Int), ("_class", ColumnType::Int)];

/// The ledger of the child's profile.
const PROFILE: &str = "enrolment";

fn names_children(ledger: &LedgerOutline) -> bool {
    ledger.subject == Subject::Student && ledger.code != PROFILE
}

/// The ledger's table, with whose each record is.
fn source(ledger: &LedgerOutline) -> String {
    let table = ledger.table();
    if !names_children(ledger) {
        return table;
    }
    format!("(SELECT r.*, e.name AS _name, e.grade AS _grade, e.class AS _class FROM {table} r LEFT JOIN record_{PROFILE} e ON e._doc = r._doc)")
}

/// Every column of a ledger that can be asked about, the engine's first.
#[must_use]
pub fn known_columns(ledger: &LedgerOutline) -> Vec<FieldOutline> {
    let child: &[(&str, ColumnType)] = if names_children(ledger) { &CHILD_COLUMNS } else { &[] };
    let (id, rest) = ENGINE_COLUMNS.split_at(1);
    let engine = id.iter().chain(child).chain(rest).map(|(code, kind)| FieldOutline {
        code: (*code).to_owned(),
        title: Title::of_message(&format!("report-column-{}", code.trim_start_matches('_').replace('_', "-"))),
        kind: *kind,
        options: (*code == "_state").then(|| format!("{}.$state", ledger.code)),
    });
    engine.chain(ledger.fields.iter().cloned()).collect()
}

/// Reads conditions against the columns there are.
pub fn parse_where<S: AsRef<str>>(texts: &[S], known: &[FieldOutline]) -> Result<Vec<Condition>, QueryError> {
    texts.iter().map(|text| condition(text.as_ref(), known)).collect()
}

fn condition(text: &str, known: &[FieldOutline]) -> Result<Condition, QueryError> {
    let none = || QueryError::Condition(text.to_owned());
    let at = text.find(['=', '!', '<', '>', '~']).ok_or_else(none)?;
    let (name, rest) = text.split_at_checked(at).ok_or_else(none)?;
    let (typed, sql) = OPERATORS.iter().find(|(typed, _)| rest.starts_with(typed)).ok_or_else(none)?;
    let column = find(known, name.trim())?;
    let value = rest.get(typed.len()..).unwrap_or_default().trim();
    built(column, typed, sql, value)
}

fn built(column: &FieldOutline, typed: &'static str, sql: &str, value: &str) -> Result<Condition, QueryError> {
    let code = &column.code;
    let refused = || QueryError::Operator { column: code.clone(), operator: typed };
    let done = |sql: String, value| Ok(Condition { column: code.clone(), sql: format!(" AND {sql}"), value });
    if value.is_empty() {
        return match typed {
            "=" => done(format!("coalesce(\"{code}\", '') = ''"), None),
            "!=" => done(format!("coalesce(\"{code}\", '') <> ''"), None),
            _ => Err(refused()),
        };
    }
    let text = matches!(column.kind, ColumnType::Text | ColumnType::Date | ColumnType::Student | ColumnType::School);
    match (typed, column.kind) {
        ("=" | "!=", ColumnType::Flags) => {
            let not = if typed == "=" { "> 0" } else { "= 0" };
            done(format!("instr(coalesce(\"{code}\", ''), :value) {not}"), Some(Value::Text(format!("|{value}|"))))
        }
        ("~", _) if text => {
            let escaped = value.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            done(format!("\"{code}\" LIKE :value ESCAPE '\\'"), Some(Value::Text(format!("%{escaped}%"))))
        }
        ("~", _) | (">" | "<" | ">=" | "<=", ColumnType::Bool | ColumnType::Choice | ColumnType::Flags | ColumnType::Ledger) => Err(refused()),
        _ => {
            let bound = typed_value(column.kind, value).ok_or_else(|| QueryError::Value { column: code.clone(), value: value.to_owned() })?;
            // A record that was never void or disputed may have NULL there.
            let left = if column.kind == ColumnType::Bool { format!("coalesce(\"{code}\", 0)") } else { format!("\"{code}\"") };
            done(format!("{left} {sql} :value"), Some(bound))
        }
    }
}

/// A value as it is kept (docs/ledger-format.md, "Types").
fn typed_value(kind: ColumnType, text: &str) -> Option<Value> {
    let scaled = |factor: i64| {
        let fen = yuan_to_fen(text.trim_end_matches('%'))?;
        (fen % (100 / factor) == 0).then_some(Value::Integer(fen / (100 / factor)))
    };
    match kind {
        ColumnType::Int | ColumnType::Year | ColumnType::Term => text.parse().ok().map(Value::Integer),
        ColumnType::Dec1 => scaled(10),
        ColumnType::Money | ColumnType::Pct => scaled(100),
        ColumnType::Bool => match text {
            "yes" | "true" | "1" | "是" => Some(Value::Integer(1)),
            "no" | "false" | "0" | "否" => Some(Value::Integer(0)),
            _ => None,
        },
        // A part of a date is enough: `on>=2025-09`.
        ColumnType::Date => {
            text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'T' | b'Z' | b'.')).then(|| Value::Text(text.to_owned()))
        }
        _ => Some(Value::Text(text.to_owned())),
    }
}

fn find<'a>(known: &'a [FieldOutline], name: &str) -> Result<&'a FieldOutline, QueryError> {
    // `state` and `school` are typed without the engine's mark; a field of that very name comes first.
    let exact = known.iter().find(|column| column.code == name);
    exact.or_else(|| known.iter().find(|column| column.code.strip_prefix('_') == Some(name))).ok_or_else(|| QueryError::Column(name.to_owned()))
}

fn as_column(field: &FieldOutline) -> Column {
    Column {
        code: field.code.clone(),
        kind: field.kind,
        title: field.title.clone(),
        options: field.options.clone(),
        words: std::collections::BTreeMap::new(),
        empty: None,
        total: false,
    }
}

fn declared(name: &str) -> super::definition::Parameter {
    super::definition::Parameter {
        name: name.to_owned(),
        kind: super::definition::ParameterType::Choice,
        title: Title::default(),
        default: None,
        required: false,
        all: false,
        choices: Vec::new(),
    }
}
