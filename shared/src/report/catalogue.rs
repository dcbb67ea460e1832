//! The reports there are: those shipped in `shared/reports/`, those added at run time, and one overview a ledger that needs no file.

use super::{
    definition::{Index, Problem, Report},
    outline::{LedgerOutline, Subject},
    overview,
    run::ReportError,
};
use rust_embed::RustEmbed;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

#[derive(RustEmbed)]
#[folder = "reports/"]
struct Shipped;

/// A set of reports by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    reports: BTreeMap<String, Report>,
}

impl Catalogue {
    /// The reports shipped with this version. A file that does not parse is left out; a test holds that there is none.
    #[must_use]
    pub fn shipped() -> Self {
        // Read once: a page with several reports would otherwise parse all of them several times.
        static SHIPPED: OnceLock<Catalogue> = OnceLock::new();
        SHIPPED
            .get_or_init(|| {
                let mut catalogue = Self::default();
                for (_, text) in shipped_files() {
                    // Nothing to do about a problem here: the tests of this room read every file.
                    let _ = catalogue.extend(&text);
                }
                catalogue
            })
            .clone()
    }

    /// Adds a report, or replaces the one of its name. Everything wrong with the text is told by line.
    pub fn extend(&mut self, text: &str) -> Result<&Report, Vec<Problem>> {
        let report = Report::parse(text)?;
        let name = report.name.clone();
        self.reports.insert(name.clone(), report);
        self.reports.get(&name).ok_or_else(Vec::new)
    }

    /// Every report with a file, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Report> {
        self.reports.values()
    }

    /// A report by name; `overview_<ledger>` for any ledger given.
    pub fn find(&self, name: &str, ledgers: &[LedgerOutline]) -> Result<Report, ReportError> {
        if let Some(report) = self.reports.get(name) {
            return Ok(report.clone());
        }
        let ledger = name.strip_prefix(overview::PREFIX).and_then(|code| ledgers.iter().find(|ledger| ledger.code == code && ledger.is_safe()));
        ledger.map(overview::report).ok_or_else(|| ReportError::Unknown(name.to_owned()))
    }

    /// Names of every report that can be asked for, the overviews last.
    #[must_use]
    pub fn names(&self, ledgers: &[LedgerOutline]) -> Vec<String> {
        let overviews = ledgers.iter().filter(|ledger| ledger.is_safe()).map(|ledger| format!("{}{}", overview::PREFIX, ledger.code));
        self.reports.keys().cloned().chain(overviews).collect()
    }

    /// Statements that create every index the reports need on the tables of these ledgers; each can be run again without harm. An index on a
    /// table of another ledger is left out. To be run after the typed tables are made.
    #[must_use]
    pub fn index_statements(&self, ledgers: &[LedgerOutline]) -> Vec<String> {
        let tables: BTreeSet<String> =
            ledgers.iter().filter(|ledger| ledger.is_safe()).map(LedgerOutline::table).chain(["step".to_owned()]).collect();
        let mut wanted: BTreeSet<(String, Index)> = BTreeSet::new();
        for index in self.iter().flat_map(|report| &report.indexes).filter_map(|text| Index::parse(text)) {
            if index.table == "record_*" {
                let students = ledgers.iter().filter(|ledger| ledger.subject == Subject::Student && ledger.is_safe());
                wanted.extend(students.map(|ledger| (ledger.table(), index.clone())));
            } else if tables.contains(&index.table) {
                wanted.insert((index.table.clone(), index));
            }
        }
        // An index that another one begins with is served by it: each index costs every write.
        let served = |table: &str, index: &Index| wanted.iter().any(|(other, longer)| other == table && index.begins(longer));
        let needed = wanted.iter().filter(|(table, index)| !served(table, index));
        let mut statements: BTreeSet<String> = needed.map(|(table, index)| index.create_sql(table)).collect();
        // Every report asks each of its ledgers for what is disputed there.
        for table in tables.iter().filter(|table| table.starts_with("record_")) {
            statements.extend(Index::parse(&format!("{table}(_year, _school, _id) WHERE _disputed = 1")).map(|index| index.create_sql(table)));
        }
        statements.into_iter().collect()
    }
}

/// The files shipped: name without ending, text.
pub(super) fn shipped_files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Shipped::iter()
        .filter_map(|path| Some((path.strip_suffix(".sql")?.to_owned(), String::from_utf8(Shipped::get(&path)?.data.into_owned()).ok()?)))
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::ledgers;

    #[test]
    fn an_index_that_another_begins_with_is_not_made() {
        let statements = Catalogue::shipped().index_statements(&ledgers());
        let on = |tail: &str| statements.iter().filter(|statement| statement.ends_with(tail)).count();
        assert_eq!(on("ON record_enrolment(_doc)"), 0, "served by the index that joins use");
        assert_eq!(on("ON record_transfer(_doc)"), 0);
        assert_eq!(on("ON record_care_profile(_doc)"), 1);
        assert_eq!(on("ON record_aid_programme(_doc)"), 0, "no child's ledger");
        assert!(on("WHERE _disputed = 1") == ledgers().len());
    }
}
