//! Answers on a terminal, for a person. `--json` prints the value itself instead.

use super::{refusals, request::Request};
use crate::locale::{self, Lang};
use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// Most items of a list named in one line.
const LISTED_MAX: usize = 20;

/// An answer in the reader's words.
#[must_use]
pub fn render(request: &Request, answer: &Json, lang: Lang) -> String {
    if let Some(text) = answer["text"].as_str()
        && !matches!(request, Request::LedgerShow { .. })
    {
        return text.to_owned();
    }
    match request {
        Request::RecordAdd { .. }
        | Request::RecordSet { .. }
        | Request::RecordVoid { .. }
        | Request::RecordUnvoid { .. }
        | Request::RecordStep { .. }
        | Request::RecordRedate { .. } => saved(answer, lang),
        Request::ImportRoster { .. } | Request::ImportLedger { .. } => imported(answer, lang),
        Request::LedgerList => table(&answer["ledgers"], &["code", "version", "title", "subject", "owner", "lifecycle"], lang),
        Request::ReportList => table(&answer["reports"], &["name", "question", "title", "parameters"], lang),
        Request::RecordShow { .. } => record(answer, lang),
        Request::LedgerShow { .. } => ledger(answer, lang),
        Request::ConflictsList { .. } => conflicts(answer, lang),
        Request::Status | Request::Settle => status(answer, lang),
        Request::AuditList { .. } => table(&answer["audit"], &["seq", "at", "who", "action", "subject", "rows"], lang),
        Request::UndoList => table(&answer["undo"], &["batch", "at", "kind", "title", "by", "rows", "undone"], lang),
        Request::BlobList { .. } => table(&answer["blobs"], &["hash", "name", "bytes", "here", "thumbnail", "kept", "wanted"], lang),
        Request::Rebuild
        | Request::Verify
        | Request::AuditVerify
        | Request::ConflictsResolve { .. }
        | Request::YearOpen { .. }
        | Request::Attach { .. }
        | Request::BlobLimits { .. }
        | Request::ImportUndo { .. }
        | Request::Undo { .. }
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
        Json::Null | Json::Bool(false) => String::new(),
        Json::String(text) => text.clone(),
        Json::Bool(true) => "✓".into(),
        other => other.to_string(),
    }
}

/// A value of a column in the reader's words: the codes every ledger shares have theirs, instants are shown by the clock, lists joined.
fn shown(column: &str, value: &Json, lang: Lang) -> String {
    let coded = |code: &str| {
        let key = format!("coded-{column}-{code}").replace('_', "-");
        let text = locale::text(lang, &key, &[]);
        if text == key { code.to_owned() } else { text }
    };
    match (column, value) {
        (_, Json::String(text)) if locale::is_instant(text) => locale::instant(text),
        ("subject" | "owner" | "type" | "required" | "authority" | "kind", Json::String(code)) => coded(code),
        ("required", Json::Object(steps)) if steps.contains_key("before") => format!("{} {}", coded("before"), shown("", &value["before"], lang)),
        (_, Json::Array(list)) => list.iter().map(|item| cell(item.get("name").unwrap_or(item))).collect::<Vec<_>>().join(" "),
        _ => cell(value),
    }
}

/// Rows of an array under translated heads.
#[must_use]
pub fn table(rows: &Json, columns: &[&str], lang: Lang) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    // Beside a title, the name is what a command wants.
    let head = |column: &str| word(lang, if column == "name" && columns.contains(&"title") { "code" } else { column });
    table.set_header(columns.iter().map(|c| head(c)));
    for row in rows.as_array().into_iter().flatten() {
        table.add_row(columns.iter().map(|c| shown(c, &row[*c], lang)));
    }
    table.to_string()
}

fn record(answer: &Json, lang: Lang) -> String {
    let view = &answer["view"];
    let mut out = format!("{} {} {}\n", cell(&view["ledger"]), cell(&answer["record"]), cell(&view["state"]));
    if view["child"].is_object() && answer["record"] != answer["document"] {
        let child = &view["child"];
        let said = ["name", "grade", "class"].iter().filter(|key| child[**key].is_string());
        let said = said.map(|key| format!("{}{}{}", locale::text(lang, &format!("report-column-{key}"), &[]), lang.colon(), cell(&child[*key])));
        let _ = writeln!(out, "  {}", said.collect::<Vec<_>>().join("  "));
    }
    for field in view["fields"].as_array().into_iter().flatten() {
        let _ = writeln!(out, "  {}: {}", cell(&field["title"]), cell(&field["value"]));
    }
    for step in view["steps"].as_array().into_iter().flatten() {
        let effect = if step["effective"] == Json::Bool(true) { String::new() } else { locale::text(lang, "step-void", &[]) };
        let said: Vec<String> = ["on", "step", "to", "by", "why"].iter().map(|key| cell(&step[*key])).filter(|text| !text.is_empty()).collect();
        let _ = writeln!(out, "  → {} {effect}", said.join(" "));
    }
    let own = if lang == Lang::Zh { "zh" } else { "en" };
    let next: Vec<String> =
        answer["next"].as_array().into_iter().flatten().map(|step| format!("{} {}", cell(&step["step"]), cell(&step[own]))).collect();
    if !next.is_empty() {
        let _ = writeln!(out, "{}", locale::text(lang, "record-next", &[("list", &next.join(" · "))]));
    }
    for item in answer["conflicts"].as_array().into_iter().flatten() {
        let kind = locale::text(lang, &format!("conflict-kind-{}", cell(&item["kind"]).replace('_', "-")), &[]);
        let _ = writeln!(out, "  ! {} {kind} {}", cell(&item["id"]), cell(&item["field"]));
    }
    out
}

/// Scalar members, one a line. What is not is said: beside a head a blank looks like something that was forgotten.
#[must_use]
pub fn fields(answer: &Json, lang: Lang) -> String {
    let mut out = String::new();
    for (key, value) in answer.as_object().into_iter().flatten() {
        if !value.is_array() && !value.is_object() {
            let text = match value {
                Json::Bool(flag) => locale::text(lang, if *flag { "ledger-yes" } else { "ledger-no" }, &[]),
                Json::Null => locale::text(lang, "fields-none", &[]),
                value => shown(key, value, lang),
            };
            let _ = writeln!(out, "{}: {text}", word(lang, key));
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
    let mut out = locale::text(lang, if answer["batch"].is_string() { "imported" } else { "imported-nothing" }, &args);
    let sheet = |sheet: &Json| {
        let key = if sheet["hidden"] == Json::Bool(true) { "imported-sheet-hidden" } else { "imported-sheet" };
        locale::text(lang, key, &[("name", &cell(&sheet["name"])), ("rows", &cell(&sheet["rows"]))])
    };
    let listed = |key: &str| {
        answer[key].as_array().into_iter().flatten().map(|item| if item.is_object() { sheet(item) } else { cell(item) }).collect::<Vec<_>>()
    };
    for (key, message) in [
        ("ignored_columns", "imported-ignored"),
        ("other_sheets", "imported-other-sheets"),
        ("headless_sheets", "imported-headless-sheets"),
        ("skipped_rows", "imported-skipped"),
    ] {
        let list = listed(key);
        if !list.is_empty() {
            let shown = list.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join("、") + if list.len() > LISTED_MAX { "…" } else { "" };
            let _ = write!(out, "\n  · {}", locale::text(lang, message, &[("count", &list.len().to_string()), ("list", &shown)]));
        }
    }
    for doubt in answer["doubts"].as_array().into_iter().flatten() {
        let _ = write!(out, "\n  ! {}", locale::text(lang, "imported-doubt", &[("message", &cell(&doubt["message"]))]));
    }
    for remark in remarks(answer, lang) {
        let _ = write!(out, "\n  ? {remark}");
    }
    for row in answer["rows"].as_array().into_iter().flatten().filter(|row| row["accept"] == Json::Bool(false)) {
        let who = ["label", "name"].iter().find_map(|key| row[*key].as_str().filter(|text| !text.is_empty()));
        let who = who.map(|who| format!(" {who}")).unwrap_or_default();
        let args = [("row", &*cell(&row["row"])), ("label", &*who), ("message", &*cell(&row["message"]))];
        let _ = write!(out, "\n  ✗ {}", locale::text(lang, "imported-row", &args));
        for detail in row["details"].as_array().into_iter().flatten() {
            let _ = write!(out, "\n      · {}", cell(detail));
        }
    }
    out
}

/// Remarks on accepted rows of an import, each sentence once with the rows it stands for, in the order they come.
pub fn remarks(answer: &Json, lang: Lang) -> Vec<String> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for row in answer["rows"].as_array().into_iter().flatten() {
        for remark in row["warnings"].as_array().into_iter().flatten() {
            let (message, number) = (cell(&remark["message"]), cell(&row["row"]));
            match found.iter_mut().find(|(known, _)| *known == message) {
                Some((_, rows)) => rows.push(number),
                None => found.push((message, vec![number])),
            }
        }
    }
    let sentence = |(message, rows): (String, Vec<String>)| {
        let shown = rows.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join("、") + if rows.len() > LISTED_MAX { "…" } else { "" };
        let args = [("rows", &*shown), ("count", &*rows.len().to_string()), ("message", &*message)];
        locale::text(lang, if rows.len() == 1 { "imported-remark" } else { "imported-remarks" }, &args)
    };
    found.into_iter().map(sentence).collect()
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
        let title = item["title"].as_str().map_or_else(String::new, |title| format!("{}{title}", lang.colon()));
        let _ = writeln!(out, "{}  {kind}{title}  {} {} {}", cell(&item["id"]), cell(&item["school"]), cell(&item["name"]), cell(&item["record"]));
        for line in refusals::lines(item, lang) {
            let _ = writeln!(out, "    {line}");
        }
        for line in item["told"].as_array().into_iter().flatten() {
            let _ = writeln!(out, "    {}", cell(line));
        }
        for (n, value) in (1..).zip(item["choices"].as_array().into_iter().flatten().map(cell)) {
            let _ = writeln!(out, "    #{n} {value}");
        }
    }
    out.push_str(&locale::text(lang, "conflicts-how", &[]));
    out
}

fn status(answer: &Json, lang: Lang) -> String {
    let number = |key: &str| cell(&answer[key]);
    let hub = answer["role"] == "hub";
    let saved = if hub { "status-hub" } else { "status-saved" };
    let args = [("records", number("records")), ("pending", number("pending")), ("connected", number("connected"))];
    let mut out = locale::text(lang, saved, &args.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>());
    out.push('\n');
    out.push_str(&match (answer["last_contact"].as_str(), hub) {
        (Some(at), false) => locale::text(lang, "status-contact", &[("at", &locale::instant(at))]),
        (Some(at), true) => locale::text(lang, "status-hub-contact", &[("at", &locale::instant(at))]),
        (None, false) => locale::text(lang, "status-no-contact", &[]),
        (None, true) => locale::text(lang, "status-hub-no-contact", &[]),
    });
    for (key, message) in
        [("conflicts", "status-conflicts"), ("refused", "status-refused"), ("refused_dropped", "status-refused-dropped"), ("parked", "status-parked")]
    {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_is_said_and_instants_are_read_by_the_clock() {
        let said = fields(
            &json!({ "passphrase": false, "recoverable": true, "county_has_it": null, "expires": "2026-11-26T04:15:09.123456789Z" }),
            Lang::Zh,
        );
        assert!(said.contains("有口令: 否\n") && said.contains("可由县恢复: 是\n") && said.contains("县里收到: 还没有\n"), "{said}");
        assert!(said.contains("2026-11-26 12:15\n"), "{said}");
        let listed = table(&json!([{ "seq": 1, "at": "2026-11-26T04:15:09.123456789Z" }]), &["seq", "at"], Lang::Zh);
        assert!(listed.contains("2026-11-26 12:15") && !listed.contains('Z'), "{listed}");
    }
}
