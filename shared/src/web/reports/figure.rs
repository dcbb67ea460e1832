//! The figure of a report: what its head asks to be drawn, put together from the rows a person sees.

use super::{
    super::{
        chart::{self, Data, Drawing},
        shown,
    },
    cell,
};
use crate::{
    locale::Lang,
    report::definition::{ChartKind, Report},
};
use jiff::{ToSpan as _, civil::Date};
use serde_json::Value as Json;

/// What the report's head asks to be drawn: rows of the same `x` put together, or a bar a column.
pub(super) fn drawing(report: &Report, columns: &[&Json], rows: &[&Json], labels: &Json, lang: Lang) -> Option<Drawing> {
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
