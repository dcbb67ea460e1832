//! Answers on a terminal, for a person. `--json` prints the value itself instead.

use super::{refusals, request::Request};
use crate::locale::{self, Lang};
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// An answer in the reader's words.
pub fn render(request: &Request, answer: &Json, lang: Lang) -> String {
    if let Some(text) = answer["text"].as_str()
        && !matches!(request, Request::LedgerShow { .. })
    {
        return text.to_owned();
    }
    match request {
        Request::RecordAdd { .. } | Request::RecordSet { .. } | Request::RecordVoid { .. } | Request::RecordStep { .. } => saved(answer, lang),
        Request::ImportRoster { .. } | Request::ImportLedger { .. } => imported(answer, lang),
        Request::LedgerList => table(&answer["ledgers"], &["code", "version", "title", "subject", "owner", "lifecycle"], lang),
        Request::ReportList => table(&answer["reports"], &["name", "question", "title"], lang),
        Request::LedgerShow { .. } => ledger(answer, lang),
        Request::ConflictsList { .. } => conflicts(answer, lang),
        Request::Status | Request::Settle => status(answer, lang),
        Request::AuditList { .. } => table(&answer["audit"], &["seq", "at", "who", "action", "subject", "rows"], lang),
        Request::BlobList { .. } => table(&answer["blobs"], &["hash", "name", "bytes", "here", "thumbnail", "kept", "wanted"], lang),
        Request::Rebuild
        | Request::Verify
        | Request::AuditVerify
        | Request::ConflictsResolve { .. }
        | Request::YearOpen { .. }
        | Request::Attach { .. }
        | Request::BlobLimits { .. }
        | Request::ImportUndo { .. }
        | Request::LedgerCheck { .. }
        | Request::LedgerPublish { .. }
        | Request::ReportPublish { .. } => fields(answer, lang),
        _ => pretty(answer),
    }
}

fn pretty(answer: &Json) -> String {
    serde_json::to_string_pretty(answer).unwrap_or_default()
}

fn word(lang: Lang, key: &str) -> String {
    locale::text(lang, &format!("word-{}", key.replace('_', "-")), &[])
}

fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Bool(true) => "✓".into(),
        Json::Bool(false) => String::new(),
        other => other.to_string(),
    }
}

/// Rows of an array under translated heads.
pub fn table(rows: &Json, columns: &[&str], lang: Lang) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|c| word(lang, c)));
    for row in rows.as_array().into_iter().flatten() {
        table.add_row(columns.iter().map(|c| cell(&row[*c])));
    }
    table.to_string()
}

/// Scalar members, one a line.
pub fn fields(answer: &Json, lang: Lang) -> String {
    let mut out = String::new();
    for (key, value) in answer.as_object().into_iter().flatten() {
        if !value.is_array() && !value.is_object() {
            let _ = writeln!(out, "{}: {}", word(lang, key), cell(value));
        }
    }
    out
}

fn saved(answer: &Json, lang: Lang) -> String {
    let record = answer["record"].as_str().unwrap_or_default();
    let key = if answer["changed"] == Json::Bool(false) { "saved-unchanged" } else { "saved" };
    let mut out = locale::text(lang, key, &[("record", record)]);
    for gap in answer["gaps"].as_array().into_iter().flatten() {
        let _ = write!(out, "\n  · {}", cell(&gap["message"]));
    }
    for unknown in answer["unknown"].as_array().into_iter().flatten() {
        let _ = write!(out, "\n  · {}", locale::text(lang, "saved-unknown", &[("option", &cell(unknown))]));
    }
    out
}

fn imported(answer: &Json, lang: Lang) -> String {
    let number = |key: &str| cell(&answer[key]);
    let args = [("accepted", number("accepted")), ("rejected", number("rejected")), ("changed", number("changed")), ("batch", number("batch"))];
    let args: Vec<(&str, &str)> = args.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let mut out = locale::text(lang, "imported", &args);
    for row in answer["rows"].as_array().into_iter().flatten().filter(|row| row["accept"] == Json::Bool(false)) {
        let _ = write!(out, "\n  · {}", locale::text(lang, "imported-row", &[("row", &cell(&row["row"])), ("message", &cell(&row["message"]))]));
    }
    out
}

fn ledger(answer: &Json, lang: Lang) -> String {
    let mut out = format!("{} {} v{}\n", cell(&answer["code"]), cell(&answer["title"]), cell(&answer["version"]));
    let _ = writeln!(out, "{}", cell(&answer["help"]));
    out.push_str(&table(&answer["fields"], &["code", "title", "type", "required", "unit"], lang));
    for field in answer["fields"].as_array().into_iter().flatten() {
        let options: Vec<String> =
            field["options"].as_array().into_iter().flatten().map(|o| format!("{} {}", cell(&o["code"]), cell(&o["title"]))).collect();
        if !options.is_empty() {
            let _ = write!(out, "\n{}: {}", cell(&field["code"]), options.join(" · "));
        }
    }
    if answer["lifecycle"].is_object() {
        out.push('\n');
        out.push_str(&table(&answer["lifecycle"]["steps"], &["code", "title", "from", "to", "authority", "requires"], lang));
    }
    out
}

fn conflicts(answer: &Json, lang: Lang) -> String {
    let rows = answer["conflicts"].as_array().cloned().unwrap_or_default();
    if rows.is_empty() {
        return locale::text(lang, "conflicts-none", &[]);
    }
    let mut out = String::new();
    for item in &rows {
        let kind = locale::text(lang, &format!("conflict-kind-{}", cell(&item["kind"]).replace('_', "-")), &[]);
        let _ = writeln!(out, "{}  {kind}  {} {} {}", cell(&item["id"]), cell(&item["school"]), cell(&item["name"]), cell(&item["record"]));
        for line in refusals::lines(item, lang) {
            let _ = writeln!(out, "    {line}");
        }
        for (n, value) in (1..).zip(choices(&item["detail"])) {
            let _ = writeln!(out, "    #{n} {value}");
        }
    }
    out.push_str(&locale::text(lang, "conflicts-how", &[]));
    out
}

fn choices(detail: &Json) -> Vec<String> {
    let list = |value: &Json| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|v| format!("{} ({})", cell(&v["value"]), cell(&v["origin"]))).collect()
    };
    if detail["values"].is_array() {
        return list(&detail["values"]);
    }
    if let Some(tips) = detail["tips"].as_array() {
        return tips.iter().map(|t| format!("{} {} {}", cell(&t["to"]), cell(&t["on"]), cell(&t["by"]))).collect();
    }
    if let Some(children) = detail["children"].as_array() {
        return children.iter().map(|c| format!("{} {}", cell(&c["school"]), cell(&c["name"]))).collect();
    }
    let mut out: Vec<String> =
        detail["fields"].as_object().into_iter().flatten().map(|(field, values)| format!("{field} = {}", list(values).join(" | "))).collect();
    for key in ["step", "reason"] {
        if let Some(text) = detail[key].as_str() {
            out.push(text.to_owned());
        }
    }
    out
}

fn status(answer: &Json, lang: Lang) -> String {
    let number = |key: &str| cell(&answer[key]);
    let mut out = locale::text(lang, "status-saved", &[("records", &number("records")), ("pending", &number("pending"))]);
    out.push('\n');
    let contact = answer["last_contact"].as_str();
    out.push_str(&match contact {
        Some(at) => locale::text(lang, "status-contact", &[("at", at)]),
        None => locale::text(lang, "status-no-contact", &[]),
    });
    for (key, message) in [("conflicts", "status-conflicts"), ("refused", "status-refused"), ("parked", "status-parked")] {
        if answer[key].as_i64().unwrap_or(0) > 0 {
            out.push('\n');
            out.push_str(&locale::text(lang, message, &[("count", &number(key))]));
        }
    }
    let blobs = &answer["blobs"];
    if blobs["here"].as_i64().unwrap_or(0) + blobs["missing"].as_i64().unwrap_or(0) > 0 {
        let counts = ["here", "waiting", "missing"].map(|key| (key, cell(&blobs[key])));
        out.push('\n');
        out.push_str(&locale::text(lang, "status-blobs", &counts.each_ref().map(|(key, count)| (*key, count.as_str()))));
    }
    if answer["recovery_secret_here"] == Json::Bool(true) {
        out.push('\n');
        out.push_str(&locale::text(lang, "status-recovery-here", &[]));
    }
    if let Some(error) = answer["last_error"].as_str() {
        out.push('\n');
        out.push_str(&locale::text(lang, "status-error", &[("error", error)]));
    }
    out
}
