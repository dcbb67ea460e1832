//! Every sentence this room can say is there, in both languages, with the particulars it is given.

use super::{
    definition::{Problem, ProblemKind},
    output::OutputError,
    params::ParamsError,
    query::{QueryError, known_columns},
    run::ReportError,
    sample::ledgers,
    scope::ExpandError,
};
use crate::{
    fault::Fault,
    locale::{self, Lang},
};

const LANGS: [Lang; 2] = [Lang::Zh, Lang::En];

fn text() -> String {
    "x".to_owned()
}

fn faults() -> Vec<Fault> {
    let kinds = vec![
        ProblemKind::TooLong,
        ProblemKind::NoHead,
        ProblemKind::NoComment,
        ProblemKind::Toml { message: text() },
        ProblemKind::Code { code: text() },
        ProblemKind::Twice { code: text() },
        ProblemKind::Title { code: text() },
        ProblemKind::Question { question: 9 },
        ProblemKind::Untyped { name: text() },
        ProblemKind::Options { code: text() },
        ProblemKind::Index { text: text() },
        ProblemKind::Today { text: text() },
        ProblemKind::NoColumns,
        ProblemKind::NotAQuestion,
        ProblemKind::Sign { sign: ';' },
        ProblemKind::Word { word: text() },
        ProblemKind::Undeclared { name: text() },
    ];
    let reports = vec![
        ReportError::Unknown(text()),
        ReportError::Params(ParamsError::Unknown { name: text(), known: text() }),
        ReportError::Params(ParamsError::Value { name: text(), value: text() }),
        ReportError::Params(ParamsError::Missing { name: text() }),
        ReportError::CountyOnly,
        ReportError::Expand(ExpandError::Ledger(text())),
        ReportError::Expand(ExpandError::Placeholder(text())),
        ReportError::NotAQuestion,
        ReportError::Columns { declared: text(), given: text() },
        ReportError::ColumnType { column: text() },
        ReportError::TooLong,
        ReportError::Database(rusqlite::Error::InvalidQuery),
    ];
    let queries = [
        QueryError::Condition(text()),
        QueryError::Column(text()),
        QueryError::Value { column: text(), value: text() },
        QueryError::Operator { column: text(), operator: "~" },
        QueryError::TooMany,
    ];
    let output = OutputError::CsvEnd(std::io::Error::other("x"));
    let problems = kinds.into_iter().map(|kind| Fault::from(&Problem { line: 3, kind }));
    problems.chain(reports.iter().map(Fault::from)).chain(queries.iter().map(Fault::from)).chain([Fault::from(&output)]).collect()
}

#[test]
fn every_failure_has_a_sentence_and_a_next_step_in_both_languages() {
    for fault in faults() {
        for lang in LANGS {
            let (sentence, next) = locale::fault(lang, &fault);
            assert_ne!(sentence, fault.to_string(), "{lang:?}");
            assert!(next.is_some(), "{lang:?} {}", fault.code);
        }
    }
}

#[test]
fn every_column_and_line_has_words_in_both_languages() {
    let sources = [
        include_str!("definition.rs"),
        include_str!("overview.rs"),
        include_str!("output.rs"),
        include_str!("output/csv.rs"),
        include_str!("output/table.rs"),
        include_str!("output/xlsx.rs"),
    ];
    let pattern = regex_lite::Regex::new("\"(report-[a-z0-9-]+[a-z0-9])\"").unwrap();
    let found = sources.iter().flat_map(|source| pattern.captures_iter(source));
    let keys: Vec<&str> = found.map(|key| key.get(1).unwrap().as_str()).filter(|key| !key.starts_with("report-file")).collect();
    assert!(keys.len() > 30, "{}", keys.len());
    let names = ["title", "value", "rows", "ledger", "count", "ids", "schools", "oldest", "school", "newest", "detail"].map(|name| (name, "x"));
    for lang in LANGS {
        for key in &keys {
            assert_ne!(locale::text(lang, key, &names), **key);
        }
        for column in known_columns(&ledgers()[0]) {
            assert!(!column.title.get(lang).starts_with("report-"), "{column:?}");
        }
    }
}
