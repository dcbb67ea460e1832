//! For a script: codes and numbers as they are kept (money in fen, percent in hundredths), labels beside them once each.

use super::{ColumnType, Labels, Lang, Reader};
use crate::report::run::{Answer, Cell};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The answer as one JSON object:
/// `{report, title, today, parameters: {name: value}, columns: [{code, type, title, unit?}], rows: [{code: value}], labels: {column: {code: label}},
/// truncated, disputed: [{ledger, count, ids}], freshness: [{school, name, as_of, last_contact, heard}], missing: [code]}`.
#[must_use]
pub fn json(answer: &Answer, lang: Lang, labels: &dyn Labels) -> Value {
    let reader = Reader { answer, lang, labels };
    let parameters: Map<String, Value> = answer.parameters.iter().map(|(name, _, value)| (name.clone(), json!(value))).collect();
    json!({
        "report": answer.report,
        "title": reader.title(&answer.title),
        "today": answer.today,
        "parameters": parameters,
        "columns": answer.columns.iter().map(|column| {
            let mut shown = json!({ "code": column.code, "type": column.kind, "title": reader.title(&column.title) });
            if let (Some(unit), Some(object)) = (unit(column.kind), shown.as_object_mut()) {
                object.insert("unit".to_owned(), json!(unit));
            }
            shown
        }).collect::<Vec<_>>(),
        "rows": answer.rows.iter().map(|row| object(answer, row)).collect::<Vec<_>>(),
        "labels": seen_labels(&reader),
        "truncated": answer.truncated,
        "disputed": answer.disputed,
        "freshness": answer.freshness,
        "missing": answer.missing,
    })
}

fn unit(kind: ColumnType) -> Option<&'static str> {
    match kind {
        ColumnType::Money => Some("fen"),
        ColumnType::Pct => Some("0.01%"),
        ColumnType::Dec1 => Some("0.1"),
        _ => None,
    }
}

fn object(answer: &Answer, row: &[Cell]) -> Value {
    Value::Object(answer.columns.iter().zip(row).map(|(column, cell)| (column.code.clone(), json!(cell))).collect())
}

/// Labels of the codes that occur, by column. The same code under two ledgers (`@column`) keeps its first label.
fn seen_labels(reader: &Reader<'_>) -> Value {
    let mut all = Map::new();
    for (at, column) in reader.answer.columns.iter().enumerate() {
        let cells = reader.answer.rows.iter().filter_map(|row| row.get(at));
        let named: BTreeMap<&String, String> = cells
            .filter_map(|cell| match cell {
                Cell::Text(id) => Some((id, reader.referred(column, cell)?)),
                _ => None,
            })
            .collect();
        if !named.is_empty() {
            all.insert(column.code.clone(), json!(named));
        }
        if !matches!(column.kind, ColumnType::Choice | ColumnType::Flags | ColumnType::School | ColumnType::Ledger) {
            continue;
        }
        let mut seen = Map::new();
        for row in &reader.answer.rows {
            let Some(cell @ Cell::Text(text)) = row.get(at) else { continue };
            let codes =
                if column.kind == ColumnType::Flags { text.split('|').filter(|code| !code.is_empty()).collect() } else { vec![text.as_str()] };
            for code in codes {
                if !seen.contains_key(code) {
                    let label = if column.kind == ColumnType::Flags { reader.option(row, column, code) } else { reader.cell(row, column, cell) };
                    seen.insert(code.to_owned(), Value::String(label));
                }
            }
        }
        all.insert(column.code.clone(), Value::Object(seen));
    }
    Value::Object(all)
}
