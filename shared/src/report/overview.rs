//! The report that every ledger has without a file: records by school and state, void and disputed ones apart. So a ledger published
//! yesterday is reported on today.

use super::{
    definition::{Chart, ChartKind, Column, ColumnType, Parameter, ParameterType, Report, ReportScope, Title},
    outline::{LedgerOutline, Subject},
};

/// Name of an overview is this and the ledger's code.
pub(super) const PREFIX: &str = "overview_";

/// The overview of a ledger.
pub(super) fn report(ledger: &LedgerOutline) -> Report {
    let by_state = !ledger.states.is_empty();
    let county = ledger.subject == Subject::County;
    let mut columns = Vec::new();
    if !county {
        columns.push(column("school", ColumnType::School, None));
    }
    if by_state {
        columns.push(column("state", ColumnType::Choice, Some(format!("{}.$state", ledger.code))));
    }
    columns.extend(["records", "subjects", "void", "disputed"].map(|code| column(code, ColumnType::Int, None)));
    let title = |zh: &str, en: &str| Title { zh: format!("{}：{zh}", ledger.title.zh), en: format!("{}: {en}", ledger.title.en) };
    Report {
        name: format!("{PREFIX}{}", ledger.code),
        question: None,
        title: title("总览", "overview"),
        help: Title::of_message("report-overview-help"),
        scope: ReportScope::Both,
        ledgers: vec![ledger.code.clone()],
        indexes: Vec::new(),
        parameters: parameters(county),
        columns,
        chart: by_state.then(|| Chart { kind: ChartKind::Bar, x: Some("state".to_owned()), y: vec!["records".to_owned()] }),
        shows_void: true,
        by_class: false,
        today: None,
        sql: sql(ledger, by_state, county),
    }
}

fn sql(ledger: &LedgerOutline, by_state: bool, county: bool) -> String {
    let mut keys = Vec::new();
    if !county {
        keys.push(("_school", "school"));
    }
    if by_state {
        keys.push(("_state", "state"));
    }
    let selected: Vec<String> = keys.iter().map(|(column, name)| format!("{column} AS {name}, ")).collect();
    let grouped: Vec<&str> = keys.iter().map(|(column, _)| *column).collect();
    let tail = if keys.is_empty() { String::new() } else { format!(" GROUP BY {0} ORDER BY {0}", grouped.join(", ")) };
    format!(
        "SELECT {}coalesce(sum(void IS NOT 1), 0) AS records, count(DISTINCT CASE WHEN void IS NOT 1 THEN _doc END) AS subjects, \
         coalesce(sum(void IS 1), 0) AS void, coalesce(sum(_disputed IS 1), 0) AS disputed \
         FROM {} WHERE (:year IS NULL OR _year = :year) AND (:term IS NULL OR _term = :term){tail}",
        selected.concat(),
        ledger.table()
    )
}

fn parameters(county: bool) -> Vec<Parameter> {
    let parameter = |name: &str, kind, default: Option<&str>| Parameter {
        name: name.to_owned(),
        kind,
        title: Title::of_message(&format!("report-parameter-{name}")),
        default: default.map(str::to_owned),
        required: false,
        all: true,
        choices: Vec::new(),
    };
    let mut list = vec![parameter("year", ParameterType::Year, Some("current")), parameter("term", ParameterType::Term, None)];
    if !county {
        list.push(parameter("school", ParameterType::School, None));
    }
    list
}

fn column(code: &str, kind: ColumnType, options: Option<String>) -> Column {
    Column {
        code: code.to_owned(),
        kind,
        title: Title::of_message(&format!("report-column-{code}")),
        options,
        words: std::collections::BTreeMap::new(),
        empty: None,
        total: ["records", "void", "disputed"].contains(&code),
    }
}
