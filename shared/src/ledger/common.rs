//! The fields every record has and no definition declares (docs/ledger-format.md, "On every record").

use super::definition::{Bilingual, Field, FieldType, Privacy, Required};
use crate::locale::{self, Lang};
use std::sync::OnceLock;

/// Their codes, in the order they are shown.
pub(super) const CODES: [&str; 10] =
    ["on", "note", "by", "void", "void_reason", "continues", "attachment", "attachment_2", "attachment_3", "attachment_4"];

pub(super) fn fields() -> &'static [Field] {
    static FIELDS: OnceLock<Vec<Field>> = OnceLock::new();
    FIELDS.get_or_init(|| CODES.iter().map(|code| build(code)).collect())
}

pub(super) fn field(code: &str) -> Option<&'static Field> {
    fields().iter().find(|field| field.code == code)
}

fn build(code: &str) -> Field {
    let key = format!("ledger-common-{}", code.trim_end_matches(|c: char| c == '_' || c.is_ascii_digit()).replace('_', "-"));
    let kind = match code {
        "on" => FieldType::Date,
        "note" => FieldType::Long,
        "void" => FieldType::Bool,
        // `continues` points into the record's own ledger; which one is known only where the record is.
        "continues" => FieldType::Ref,
        // Every record can carry photographs and scans (DOMAIN §3), whether or not its ledger has a place of its own for some.
        attachment if attachment.starts_with("attachment") => FieldType::File,
        _ => FieldType::Text,
    };
    Field {
        code: code.to_owned(),
        title: Bilingual { zh: locale::text(Lang::Zh, &key, &[]), en: locale::text(Lang::En, &key, &[]) },
        help: None,
        kind,
        options: None,
        required: if code == "on" { Required::Yes } else { Required::No },
        privacy: Privacy::A,
        authority: None,
        unit: None,
        min: None,
        max: None,
        max_len: default_length(kind),
        pattern: None,
        default: None,
        copy_of: None,
        reference: None,
        searchable: false,
        follow_up: false,
        after: None,
        public: false,
        serial: false,
        of_change: None,
        common: false,
        first: false,
        total: false,
        ask: false,
    }
}

/// Characters at most when the file says nothing.
pub(super) fn default_length(kind: FieldType) -> usize {
    if kind == FieldType::Long { 4_000 } else { 200 }
}
