//! What reports need to know of ledgers, and no more: handed in by whoever has the definitions, so that reports do not depend on the ledger
//! engine. Also the labels of codes, looked up through a trait for the same reason.

use super::definition::{ColumnType, Title};
use crate::locale::Lang;
use serde::{Deserialize, Serialize};

/// A ledger as reports see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerOutline {
    /// Code; its typed table is `record_<code>`.
    pub code: String,
    /// Title.
    pub title: Title,
    /// Whose document holds the records.
    pub subject: Subject,
    /// Lifecycle states in their order; empty without a lifecycle.
    pub states: Vec<StateOutline>,
    /// Columns of the fields, in the order of the definition, without the engine's own.
    pub fields: Vec<FieldOutline>,
    /// What of its money counts, if the definition says (docs/ledger-format.md, `[net]`).
    #[serde(default)]
    pub net: Option<NetOutline>,
}

/// Columns that say what of a record's money counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetOutline {
    /// What was given.
    pub of: String,
    /// What of it came back.
    pub less: String,
    /// It failed: all came back, unless `less` says how much.
    pub nothing_when: Option<String>,
}

impl NetOutline {
    /// What counts, as SQL; `alias` names the table.
    #[must_use]
    pub fn sql(&self, alias: &str) -> String {
        let column = |code: &str| format!("{alias}.\"{code}\"");
        let (of, less) = (column(&self.of), column(&self.less));
        let kept = format!("{of} - coalesce({less}, 0)");
        match &self.nothing_when {
            Some(failed) => format!("(CASE WHEN {} = 1 AND {less} IS NULL THEN 0 ELSE {kept} END)", column(failed)),
            None => format!("({kept})"),
        }
    }
}

/// Whose document holds a ledger's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A child's.
    #[default]
    Student,
    /// A school's.
    School,
    /// The county's: `_school` is NULL.
    County,
}

/// A lifecycle state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateOutline {
    /// Code.
    pub code: String,
    /// Not final.
    pub open: bool,
    /// Money of a record in this state counts in sums.
    pub counts: bool,
}

/// A field of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldOutline {
    /// Code; its column has the same name.
    pub code: String,
    /// Title.
    pub title: Title,
    /// How it is kept. `ref`, `person`, `phone`, `idno`, `village`, `file`, `time`, `long` are [`ColumnType::Text`]; `month` is [`ColumnType::Date`].
    pub kind: ColumnType,
    /// Option list as `<ledger>.<list>`, for choices and flags.
    pub options: Option<String>,
}

impl LedgerOutline {
    /// Name of the typed table.
    #[must_use]
    pub fn table(&self) -> String {
        format!("record_{}", self.code)
    }

    /// Whether names of table and columns can stand in SQL. Definitions are checked elsewhere; this holds even if that fails.
    #[must_use]
    pub(super) fn is_safe(&self) -> bool {
        let safe = |code: &str| !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        safe(&self.code)
            && self.fields.iter().all(|field| safe(&field.code))
            && self.states.iter().all(|state| safe(&state.code))
            && self.net.iter().all(|net| [&net.of, &net.less].into_iter().chain(&net.nothing_when).all(|code| safe(code)))
    }
}

/// Labels of codes.
pub trait Labels {
    /// Label of an option of a list of a ledger. `list` may also be `$state` (lifecycle state), `$step` (lifecycle step), `$effect` (of a step or record) or `$ledger` (the ledger's
    /// own title; `code` is the ledger's). `None` shows the code.
    fn label(&self, ledger: &str, list: &str, code: &str, lang: Lang) -> Option<String>;

    /// Whether records stand by name in a workbook: in an answer to a question, not in a list of records to be worked on by id.
    fn names_records(&self) -> bool {
        false
    }

    /// What a record, or a child's file, is called; `id` is its whole id. `None`: not here, the id is shown.
    fn record(&self, _id: &str, _lang: Lang) -> Option<String> {
        None
    }
}

/// A record's whole id, or a child's: it says nothing to a person.
#[must_use]
pub fn is_record(text: &str) -> bool {
    let code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    match text.split_once(':') {
        Some((ledger, key)) => !ledger.is_empty() && ledger.chars().all(code) && key.len() >= 20 && key.chars().all(|c| c.is_ascii_alphanumeric()),
        None => text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')),
    }
}

/// No labels: codes are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLabels;

impl Labels for NoLabels {
    fn label(&self, _: &str, _: &str, _: &str, _: Lang) -> Option<String> {
        None
    }
}
