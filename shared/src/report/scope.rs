//! Turns a report's text into the statement that runs: placeholders are filled in from the ledgers' definitions, and every table it names is
//! put behind a filter of the same name.
//!
//! The filter is a common table expression that shadows the table (`WITH record_x AS NOT MATERIALIZED (SELECT * FROM main.record_x WHERE …)`).
//! So **void records and other schools' records are not there at all**, whatever a report's author wrote or forgot, and a published report
//! cannot show one school another's children. SQLite flattens the filters away, so indexes still serve.

use super::{
    outline::{LedgerOutline, Subject},
    sql::{self, TokenKind},
};
use crate::model::SchoolCode;
use std::fmt::Write as _;

/// Which schools someone may see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Every school (the county).
    #[default]
    All,
    /// These: one school, or those of a township or school district.
    Schools(Vec<SchoolCode>),
}

impl Scope {
    /// One school, or all.
    #[must_use]
    pub fn of(school: Option<SchoolCode>) -> Self {
        school.map_or(Self::All, |school| Self::Schools(vec![school]))
    }

    /// Only what both allow.
    #[must_use]
    pub fn narrowed(&self, school: SchoolCode) -> Self {
        match self {
            Self::All => Self::Schools(vec![school]),
            Self::Schools(list) => Self::Schools(list.iter().copied().filter(|other| *other == school).collect()),
        }
    }

    /// ` AND column IN ('…')`, nothing for all schools. Codes are digits, so they stand in SQL as they are.
    pub(super) fn condition(&self, column: &str) -> String {
        match self {
            Self::All => String::new(),
            Self::Schools(list) => {
                let codes: Vec<String> = list.iter().map(|code| format!("'{code}'")).collect();
                format!(" AND {column} IN ({})", codes.join(", "))
            }
        }
    }
}

/// A placeholder or a ledger that cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// Not one of the placeholders of docs/reports.md.
    #[error("unknown placeholder `{0}`")]
    Placeholder(String),
    /// No such ledger here.
    #[error("no ledger `{0}`")]
    Ledger(String),
}

/// The columns of `{{all_records}}`.
const ALL_RECORDS_COLUMNS: &str = "_id, _doc, _school, _year, _term, _student, _state, \"on\", \"by\", note, void, _disputed";

/// Fills in the placeholders.
pub(super) fn expand(text: &str, ledgers: &[LedgerOutline]) -> Result<String, ExpandError> {
    let mut out = String::new();
    let mut copied = 0;
    for token in sql::tokens(text) {
        if let TokenKind::Placeholder(inside) = token.kind {
            out.push_str(text.get(copied..token.start).unwrap_or_default());
            out.push_str(&filled(inside, ledgers)?);
            copied = token.end;
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Ok(out)
}

fn filled(inside: &str, ledgers: &[LedgerOutline]) -> Result<String, ExpandError> {
    let (name, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    match name {
        "all_records" => Ok(all_records(rest.trim(), ledgers)),
        "counting" => states(rest.trim(), ledgers, |state| state.counts),
        "open" => states(rest.trim(), ledgers, |state| state.open),
        "net" => net(inside, rest, ledgers),
        // Unless all of it came back; what is not known yet is still a payment.
        "kept" => net(inside, rest, ledgers).map(|net| format!("({net} IS NOT 0)")),
        _ => Err(ExpandError::Placeholder(inside.to_owned())),
    }
}

/// Every record of every student ledger, each branch with `condition`, so that each uses its own index.
fn all_records(condition: &str, ledgers: &[LedgerOutline]) -> String {
    let branches: Vec<String> = ledgers
        .iter()
        .filter(|ledger| ledger.subject == Subject::Student && ledger.is_safe())
        .map(|ledger| format!("SELECT '{}' AS ledger, {ALL_RECORDS_COLUMNS} FROM {} {condition}", ledger.code, ledger.table()))
        .collect();
    if branches.is_empty() {
        let nothing: Vec<String> = ALL_RECORDS_COLUMNS.split(", ").map(|column| format!("NULL AS {column}")).collect();
        return format!("(SELECT NULL AS ledger, {} WHERE 0)", nothing.join(", "));
    }
    format!("({})", branches.join(" UNION ALL "))
}

fn states(code: &str, ledgers: &[LedgerOutline], wanted: impl Fn(&super::outline::StateOutline) -> bool) -> Result<String, ExpandError> {
    let ledger = ledgers.iter().find(|ledger| ledger.code == code && ledger.is_safe()).ok_or_else(|| ExpandError::Ledger(code.to_owned()))?;
    let codes: Vec<String> = ledger.states.iter().filter(|state| wanted(state)).map(|state| format!("'{}'", state.code)).collect();
    Ok(format!("({})", codes.join(", ")))
}

/// `LEDGER ALIAS`: what of a record's money counts, by the ledger's own rule.
fn net(inside: &str, rest: &str, ledgers: &[LedgerOutline]) -> Result<String, ExpandError> {
    let unknown = || ExpandError::Placeholder(inside.to_owned());
    let (code, alias) = rest.trim().split_once(char::is_whitespace).ok_or_else(unknown)?;
    let ledger = ledgers.iter().find(|ledger| ledger.code == code && ledger.is_safe()).ok_or_else(|| ExpandError::Ledger(code.to_owned()))?;
    let alias = Some(alias.trim()).filter(|alias| !alias.is_empty() && alias.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
    Ok(ledger.net.as_ref().ok_or_else(unknown)?.sql(alias.ok_or_else(unknown)?))
}

/// Puts every table an expanded text names behind its filter.
pub(super) fn fenced(text: &str, ledgers: &[LedgerOutline], scope: &Scope, shows_void: bool) -> String {
    let named = sql::ledgers_named(text);
    let mut filters: Vec<String> = named.iter().map(|code| record_filter(code, ledgers, scope, shows_void)).collect();
    for (table, column) in [("school", "code"), ("conflict", "school")] {
        if *scope != Scope::All && sql::names_word(text, table) {
            filters.push(format!("{table} AS NOT MATERIALIZED (SELECT * FROM main.{table} WHERE 1{})", scope.condition(column)));
        }
    }
    if *scope != Scope::All && sql::names_word(text, "step") {
        filters.push(step_filter(&named));
    }
    if filters.is_empty() {
        return text.to_owned();
    }
    let own = after_with(text);
    let (recursive, rest) = own.unwrap_or((false, text));
    format!("WITH {}{}{}{rest}", if recursive { "RECURSIVE " } else { "" }, filters.join(",\n"), if own.is_some() { ",\n" } else { "\n" })
}

fn record_filter(code: &str, ledgers: &[LedgerOutline], scope: &Scope, shows_void: bool) -> String {
    let county = ledgers.iter().any(|ledger| ledger.code == code && ledger.subject == Subject::County);
    let mut condition = if shows_void { "1".to_owned() } else { "void IS NOT 1".to_owned() };
    if !county {
        condition.push_str(&scope.condition("_school"));
    }
    format!("record_{code} AS NOT MATERIALIZED (SELECT * FROM main.record_{code} WHERE {condition})")
}

/// Steps of the records that can be seen.
fn step_filter(named: &[String]) -> String {
    let mut condition = "0".to_owned();
    for code in named {
        // Writing to a String cannot fail.
        let _ = write!(condition, " OR EXISTS (SELECT 1 FROM record_{code} r WHERE r._id = s.record)");
    }
    format!("step AS NOT MATERIALIZED (SELECT s.* FROM main.step s WHERE {condition})")
}

/// What follows WITH, and whether it is recursive; `None` for a plain SELECT.
fn after_with(text: &str) -> Option<(bool, &str)> {
    let found = sql::tokens(text);
    let is = |at: usize, word: &str| matches!(found.get(at).map(|t| &t.kind), Some(TokenKind::Word(w)) if w.eq_ignore_ascii_case(word));
    if !is(0, "with") {
        return None;
    }
    let recursive = is(1, "recursive");
    let end = found.get(usize::from(recursive)).map_or(0, |token| token.end);
    Some((recursive, text.get(end..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::outline::StateOutline;

    fn ledgers() -> Vec<LedgerOutline> {
        let state = |code: &str, open, counts| StateOutline { code: code.to_owned(), open, counts };
        let outline = |code: &str, subject| LedgerOutline { code: code.to_owned(), subject, ..LedgerOutline::default() };
        let mut a = outline("a", Subject::Student);
        a.states = vec![state("draft", true, false), state("approved", true, true), state("paid", false, true)];
        vec![a, outline("b", Subject::Student), outline("c", Subject::County)]
    }

    #[test]
    fn placeholders_are_filled_from_the_definitions() {
        assert_eq!(expand("x IN {{counting a}} {{ open a }}", &ledgers()).unwrap(), "x IN ('approved', 'paid') ('draft', 'approved')");
        let all = expand("FROM {{all_records WHERE _doc = 1}}", &ledgers()).unwrap();
        assert_eq!(all.matches("_doc = 1").count(), 2, "one branch a student ledger: {all}");
        assert_eq!(expand("{{counting z}}", &ledgers()), Err(ExpandError::Ledger("z".to_owned())));
        assert_eq!(expand("{{drop}}", &ledgers()), Err(ExpandError::Placeholder("drop".to_owned())));
    }

    #[test]
    fn every_table_named_is_shadowed_by_its_filter() {
        let one = Scope::of("5299010001".parse().ok());
        let plain = fenced("SELECT * FROM record_a JOIN record_c", &ledgers(), &one, false);
        assert!(plain.contains("main.record_a WHERE void IS NOT 1 AND _school IN ('5299010001')"), "{plain}");
        assert!(plain.contains("main.record_c WHERE void IS NOT 1)"), "county records are everyone's: {plain}");
        let with = fenced("WITH RECURSIVE n AS (SELECT 1) SELECT * FROM record_b, n, step", &ledgers(), &one, true);
        assert!(with.starts_with("WITH RECURSIVE record_b AS") && with.contains("r._id = s.record"), "{with}");
        assert_eq!(fenced("SELECT 1", &ledgers(), &Scope::All, false), "SELECT 1");
    }

    #[test]
    fn a_narrower_scope_never_widens() {
        let (a, b) = ("5299010001".parse().unwrap(), "5299010002".parse().unwrap());
        assert_eq!(Scope::Schools(vec![a]).narrowed(b), Scope::Schools(vec![]));
        assert_eq!(Scope::All.narrowed(b), Scope::of(Some(b)));
        assert_eq!(Scope::Schools(vec![]).condition("x"), " AND x IN ()");
    }
}
