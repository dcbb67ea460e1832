//! The heads of a table for a ledger: what its columns can fill, and what is said of a row that is refused.

use crate::{
    fault::Fault,
    import::table,
    ledger::{Definition, FieldType, definition::Subject},
    locale::{self, Lang},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// What a column of a file can fill: the ledger's fields, and who or which record a row is about (`_id`, `_student`, `_name` …).
#[must_use]
pub fn candidates(definition: &Definition) -> Vec<table::Candidate<'_>> {
    // A file is no text: a reference typed into a table would name the file of whoever's hash one knows.
    let own = definition.fields.iter().filter(|f| f.kind != FieldType::File);
    let mut out: Vec<table::Candidate<'_>> = own.map(|f| table::Candidate { code: &f.code, zh: &f.title.zh, en: &f.title.en }).collect();
    for field in Definition::common_fields().iter().filter(|f| ["on", "note", "by"].contains(&f.code.as_str())) {
        out.push(table::Candidate { code: &field.code, zh: &field.title.zh, en: &field.title.en });
    }
    // As our own exports call it, and as a person might.
    for (zh, en) in [("记录", "Record"), ("记录号", "Record id"), ("记录编号", "Id")] {
        out.push(table::Candidate { code: "_id", zh, en });
    }
    match definition.subject {
        Subject::Student => {
            for (zh, en) in [("学生", "Student"), ("学生档案", "Child")] {
                out.push(table::Candidate { code: "_student", zh, en });
            }
            for (code, zh, en) in [
                ("_id_no", "身份证件号", "Identity number"),
                ("_id_no_2", "身份证号", "Id number"),
                ("_name", "姓名", "Name"),
                ("_class", "班级", "Class"),
            ] {
                if !definition.fields.iter().any(|f| f.title.zh == zh) {
                    out.push(table::Candidate { code, zh, en });
                }
            }
        }
        Subject::School | Subject::County => {
            if !definition.fields.iter().any(|f| f.title.zh == "学校标识码") {
                out.push(table::Candidate { code: "_school", zh: "学校标识码", en: "School code" });
            }
        }
    }
    out
}

/// Places of columns whose digits are no number, those of identity, student and telephone numbers among them.
pub(super) fn text_columns<'a>(definition: &Definition, columns: impl Iterator<Item = (usize, &'a str)>) -> Vec<usize> {
    let text = |code: &str| {
        definition.field(code).is_none_or(|f| !f.kind.is_number() && !matches!(f.kind, FieldType::Date | FieldType::Month | FieldType::Time))
    };
    columns.filter(|(_, code)| text(code) && *code != "_class").map(|(place, _)| place).collect()
}

/// A refused row, with the fields at fault.
pub(super) fn refused(number: u32, label: &str, cells: &[(String, String)], fault: &Fault, lang: Lang) -> Json {
    let (message, next) = locale::fault(lang, fault);
    let details: Vec<String> = fault.details.iter().map(|d| locale::fault(lang, d).0).collect();
    let field = |fault: &Fault| fault.args.iter().find(|(name, _)| name == "field").map(|(_, code)| code.clone());
    let fields: BTreeSet<String> = std::iter::once(fault).chain(&fault.details).filter_map(field).collect();
    // A row given back twice is still the same row.
    let row_id = cells.iter().find(|(code, _)| code == table::ROW_ID).map(|(_, id)| id.trim());
    json!({ "row": number, "accept": false, "label": label, "why": fault.code, "message": message, "next": next, "details": details, "fields": fields, "row_id": row_id })
}

/// A filled cell of a row.
pub(super) fn cell(cells: &[(String, String)], key: &str) -> Option<String> {
    cells.iter().find(|(code, text)| code == key && !text.trim().is_empty()).map(|(_, text)| text.trim().to_owned())
}

/// Title of a field; the code itself of what is none.
pub(super) fn title_of(definition: &Definition, code: &str, lang: Lang) -> String {
    definition.field(code).map_or(code, |field| field.title.get(lang)).to_owned()
}
