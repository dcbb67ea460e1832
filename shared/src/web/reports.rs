//! Reports of this replica: which there are, their parameters, the answer as a table with the chart its head asks for ([`chart`]), and as a workbook.
//!
//! A report counts over whole ledgers, so only who reads those ledgers whole may run it.

use super::{
    account::{Account, Reach},
    chart::{self, Data, Drawing},
    desk::Desk,
    guard::{Oops, Visitor},
    ledgers::file,
    page::{Page, Said, draw, escape_query},
    shown,
};
use crate::{
    command::{Request, reporting, request::Format},
    fault::{Exit, Fault},
    locale::Lang,
    model::{SchoolYear, money},
    report::definition::{ChartKind, ParameterType, Report},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use base64::Engine as _;
use jiff::{ToSpan as _, civil::Date};
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// Rows of an answer shown; the workbook has them all.
const ROWS_SHOWN: usize = 500;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/reports", get(list)).route("/report/{name}", get(run)).route("/report/{name}/file", get(workbook))
}

/// A report in the list: name, title, what it counts.
type Entry = (String, String, String);

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    page: Page,
    groups: Vec<(String, Vec<Entry>)>,
}

#[derive(Clone, Debug)]
struct Param {
    name: String,
    title: String,
    value: String,
    /// `text`, `month` or `date`.
    kind: &'static str,
    options: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    page: Page,
    name: String,
    params: Vec<Param>,
    said: Option<Said>,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<(String, bool, Option<String>)>>,
    total: usize,
    disputed: Vec<String>,
    export: String,
    chart: Option<Drawing>,
}

pub(super) fn allowed(desk: &Desk, account: &Account, report: &Report) -> bool {
    let catalogue = desk.replica.catalogue();
    let whole = |code: &String| catalogue.latest(code).is_none_or(|d| account.reads(d) == Reach::All);
    report.scope != crate::report::definition::ReportScope::County && account.children() == Reach::All && report.ledgers.iter().all(whole)
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-reports");
    let drawn = desk
        .run(move |desk| {
            let ledgers = reporting::outlines(&desk.replica.catalogue());
            let reports = reporting::catalogue(&desk.replica).map_err(Fault::from)?;
            let (mut questions, mut overviews) = (Vec::new(), Vec::new());
            for report in reports.names(&ledgers).iter().filter_map(|name| reports.find(name, &ledgers).ok()).filter(|r| allowed(desk, &account, r)) {
                let line = (report.name.clone(), report.title.get(page.lang).to_owned(), report.help.get(page.lang).to_owned());
                if report.name.starts_with("overview_") { overviews.push(line) } else { questions.push(line) }
            }
            let groups = [("web-reports-questions", questions), ("web-reports-overviews", overviews)];
            let groups = groups.into_iter().filter(|(_, list)| !list.is_empty()).map(|(key, list)| (page.t(key), list)).collect();
            Ok(ReportsPage { page, groups })
        })
        .await?;
    draw(&drawn)
}

fn find(desk: &Desk, account: &Account, name: &str) -> Result<Report, Fault> {
    let ledgers = reporting::outlines(&desk.replica.catalogue());
    let report = reporting::catalogue(&desk.replica).map_err(Fault::from)?.find(name, &ledgers).map_err(|e| Fault::from(&e))?;
    if allowed(desk, account, &report) { Ok(report) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

type Query_ = Query<BTreeMap<String, String>>;

/// What was asked of the report's own parameters; empty ones are left to their default.
fn params(report: &Report, asked: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let known = |name: &String| name != "school" && report.parameters.iter().any(|p| p.name == *name);
    asked.iter().filter(|(name, value)| known(name) && !value.trim().is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// `years`: school years of which records are kept here.
fn inputs(report: &Report, asked: &BTreeMap<String, String>, answer: &Json, years: &[u16], lang: Lang) -> Vec<Param> {
    let own = report.parameters.iter().filter(|p| p.name != "school");
    own.map(|p| {
        let now = asked.get(&p.name).cloned().or_else(|| match &answer["parameters"][p.name.as_str()] {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let value = now.unwrap_or_default();
        let option = |code: &str, title: String| (code.to_owned(), title, value == code);
        let mut options: Vec<(String, String, bool)> = match p.kind {
            ParameterType::Term => {
                [("1", "web-term-1"), ("2", "web-term-2")].iter().map(|(code, key)| option(code, crate::locale::text(lang, key, &[]))).collect()
            }
            ParameterType::Year => years.iter().map(|year| option(&year.to_string(), SchoolYear::words(*year))).collect(),
            _ => Vec::new(),
        };
        // Where nothing chosen means the default, there is no line for it; `all` undoes one.
        if !options.is_empty() && (p.all || p.default.is_none()) {
            options.insert(
                0,
                (if p.all { "all" } else { "" }.to_owned(), crate::locale::text(lang, "web-all", &[]), value.is_empty() || value == "all"),
            );
        }
        let kind = match p.kind {
            ParameterType::Month => "month",
            ParameterType::Date => "date",
            _ => "text",
        };
        Param { name: p.name.clone(), title: p.title.get(lang).to_owned(), value, kind, options }
    })
    .collect()
}

async fn run(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-report");
    let drawn = desk
        .run(move |desk| {
            let report = find(desk, &account, &name)?;
            let request = Request::ReportRun { name: name.clone(), params: params(&report, &asked), format: Format::Json };
            let mut years = desk.replica.years_kept().map_err(Fault::from)?;
            years.extend(asked.get("year").and_then(|year| year.parse::<u16>().ok()));
            years.push(desk.replica.this_year().map_err(Fault::from)?.start());
            years.sort_unstable_by(|a, b| b.cmp(a));
            years.dedup();
            match desk.ask(&account, request, page.lang) {
                Ok(answer) => Ok(report_page(page, &report, &asked, &answer, &years, None)),
                Err(fault) if matches!(fault.exit, Exit::Input | Exit::Usage | Exit::NoMatch) => {
                    let said = Said::of(&fault, page.lang);
                    Ok(report_page(page, &report, &asked, &Json::Null, &years, Some(said)))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    draw(&drawn)
}

fn report_page(mut page: Page, report: &Report, asked: &BTreeMap<String, String>, answer: &Json, years: &[u16], said: Option<Said>) -> ReportPage {
    let lang = page.lang;
    report.help.get(lang).clone_into(&mut page.help);
    let columns: Vec<&Json> = answer["columns"].as_array().into_iter().flatten().filter(|c| c["type"] != "school").collect();
    // The child's document is no column of its own: it is what the name leads to.
    let visible: Vec<&Json> = columns.iter().filter(|c| c["type"] != "student").copied().collect();
    let student = columns.iter().find(|c| c["type"] == "student").and_then(|c| c["code"].as_str());
    let all: Vec<&Json> = answer["rows"].as_array().into_iter().flatten().collect();
    let rows = all
        .iter()
        .take(ROWS_SHOWN)
        .map(|row| {
            visible
                .iter()
                .map(|column| {
                    let code = column["code"].as_str().unwrap_or_default();
                    let child = student.filter(|_| code == "name").and_then(|s| row[s].as_str()).map(|doc| format!("/child/{doc}"));
                    (cell(&row[code], column, &answer["labels"][code], lang), is_number(column), child)
                })
                .collect()
        })
        .collect();
    let chart = drawing(report, &visible, &all, &answer["labels"], lang);
    let disputed = answer["disputed"].as_array().into_iter().flatten().filter(|d| d["count"].as_i64().unwrap_or(0) > 0);
    let mut query = String::new();
    for (key, value) in asked {
        // Writing to a String cannot fail.
        let _ = write!(query, "{}={}&", escape_query(key), escape_query(value));
    }
    ReportPage {
        name: report.name.clone(),
        params: inputs(report, asked, answer, years, lang),
        said,
        columns: visible.iter().map(|c| (c["title"].as_str().unwrap_or_default().to_owned(), is_number(c))).collect(),
        rows,
        total: all.len(),
        disputed: disputed.map(|d| page.t1("web-disputed-not-counted", d["count"].as_i64().unwrap_or(0))).collect(),
        export: format!("/report/{}/file?{query}", report.name),
        chart,
        page: page.titled(report.title.get(lang)),
    }
}

fn is_number(column: &Json) -> bool {
    matches!(column["type"].as_str(), Some("int" | "dec1" | "money" | "pct"))
}

pub(super) fn cell(value: &Json, column: &Json, labels: &Json, lang: Lang) -> String {
    let number = value.as_i64();
    match (column["type"].as_str().unwrap_or_default(), value) {
        (_, Json::Null) => String::new(),
        ("year", _) if number.is_some() => format!("{}—{}", number.unwrap_or(0), number.unwrap_or(0) + 1),
        ("term", _) if matches!(number, Some(1 | 2)) => crate::locale::text(lang, if number == Some(1) { "web-term-1" } else { "web-term-2" }, &[]),
        ("money", _) if number.is_some() => money::fen_to_yuan(number.unwrap_or(0)),
        ("pct", _) if number.is_some() => format!("{:.2}%", number.unwrap_or(0) as f64 / 100.0),
        ("dec1", _) if number.is_some() => format!("{:.1}", number.unwrap_or(0) as f64 / 10.0),
        ("bool", Json::Bool(flag)) => crate::locale::text(lang, if *flag { "ledger-yes" } else { "ledger-no" }, &[]),
        ("bool", _) => crate::locale::text(lang, if number == Some(1) { "ledger-yes" } else { "ledger-no" }, &[]),
        ("flags", Json::String(text)) => {
            let label = |code: &str| labels[code].as_str().unwrap_or(code).to_owned();
            text.split('|').filter(|code| !code.is_empty()).map(label).collect::<Vec<_>>().join("、")
        }
        (_, Json::String(text)) => labels[text.as_str()].as_str().unwrap_or(text).to_owned(),
        (_, other) => other.to_string(),
    }
}

/// What the report's head asks to be drawn: rows of the same `x` put together, or a bar a column.
fn drawing(report: &Report, columns: &[&Json], rows: &[&Json], labels: &Json, lang: Lang) -> Option<Drawing> {
    let wanted = report.chart.as_ref()?;
    let column = |code: &str| columns.iter().find(|c| c["code"] == code).copied();
    let title = |column: &Json| column["title"].as_str().unwrap_or_default().to_owned();
    let numbers: Vec<&Json> = wanted.y.iter().filter_map(|code| column(code)).collect();
    let first = *numbers.first()?;
    let value = |row: &Json, column: &Json| row[column["code"].as_str().unwrap_or_default()].as_i64().unwrap_or(0);
    let show = |number: i64| cell(&number.into(), first, &Json::Null, lang);
    let Some(x) = wanted.x.as_deref().and_then(column) else {
        let data = Data {
            labels: numbers.iter().map(|c| title(c)).collect(),
            series: vec![(report.title.get(lang).to_owned(), numbers.iter().map(|c| rows.iter().map(|row| value(row, c)).sum()).collect())],
        };
        return chart::draw(wanted.kind, data, report.title.get(lang).to_owned(), &show);
    };
    let code = x["code"].as_str().unwrap_or_default();
    let name = |row: &Json| match (code, row[code].as_i64()) {
        ("grade", Some(grade)) => shown::class(Some(grade), None, lang),
        _ => cell(&row[code], x, &labels[code], lang),
    };
    // Months and years in their order, whatever else the rows are sorted by; the rest as the report has them.
    let mut keys: Vec<(String, Json)> = Vec::new();
    for row in rows {
        if !keys.iter().any(|(_, key)| *key == row[code]) {
            keys.push((name(row), row[code].clone()));
        }
    }
    if wanted.kind == ChartKind::Line || code == "grade" {
        keys.sort_by_key(|(_, key)| (key.as_i64(), key.as_str().map(str::to_owned)));
    }
    if wanted.kind == ChartKind::Line {
        keys = whole_months(keys);
    }
    // Shares cannot be added up.
    if first["type"] == "pct" && keys.len() < rows.len() {
        return None;
    }
    let sum = |column: &Json, key: &Json| rows.iter().filter(|row| row[code] == *key).map(|row| value(row, column)).sum();
    let series = numbers.iter().map(|c| (title(c), keys.iter().map(|(_, key)| sum(c, key)).collect())).collect();
    let heading = match numbers.as_slice() {
        [only] => format!("{} · {}", title(x), title(only)),
        _ => format!("{} · {}", report.title.get(lang), title(x)),
    };
    chart::draw(wanted.kind, Data { labels: keys.into_iter().map(|(name, _)| name).collect(), series }, heading, &show)
}

/// Months between the first and the last in which nothing happened are drawn too: a line that skips them would lie.
fn whole_months(keys: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let month = |key: &Json| key.as_str().filter(|text| text.len() == 7).and_then(|text| format!("{text}-01").parse::<Date>().ok());
    let all: Option<Vec<Date>> = keys.iter().map(|(_, key)| month(key)).collect();
    let (Some(first), Some(last)) = (all.as_ref().and_then(|m| m.iter().min().copied()), all.as_ref().and_then(|m| m.iter().max().copied())) else {
        return keys;
    };
    let names =
        first.series(1.month()).take_while(|day| *day <= last).take(chart::POINTS_MAX).map(|day| format!("{:04}-{:02}", day.year(), day.month()));
    names.map(|name| (name.clone(), Json::String(name))).collect()
}

async fn workbook(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (title, bytes) = desk
        .run(move |desk| {
            let report = find(desk, &account, &name)?;
            let answer =
                desk.ask(&account, Request::ReportRun { name: name.clone(), params: params(&report, &asked), format: Format::Xlsx }, lang)?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(answer["base64"].as_str().unwrap_or_default()).map_err(Fault::internal)?;
            Ok((format!("{}-{}.xlsx", report.title.get(lang), desk.clock().today()), bytes))
        })
        .await?;
    Ok(file(&title, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_without_events_are_drawn_as_nought() {
        let keys = |list: &[&str]| list.iter().map(|key| ((*key).to_owned(), Json::from(*key))).collect::<Vec<_>>();
        let names = |list: Vec<(String, Json)>| list.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(whole_months(keys(&["2025-11", "2026-02"]))), ["2025-11", "2025-12", "2026-01", "2026-02"]);
        assert_eq!(names(whole_months(keys(&["2025", "2026"]))), ["2025", "2026"], "what is no month stays as it is");
        assert!(whole_months(Vec::new()).is_empty());
    }
}
