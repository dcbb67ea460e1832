//! How a file of a record looks: name, size, small picture, and where it is by now, in plain words.

use super::upload::attachment;
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{Definition, definition::Privacy},
    locale::{self, Lang},
    model::blob::Attachment,
    replica::blobs::BlobState,
    web::{account::Account, desk::Desk, page::escape_query, shown},
};
use std::collections::BTreeMap;

/// A file of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Field that holds it.
    pub field: String,
    /// The field's title.
    pub title: String,
    /// The file's name.
    pub name: String,
    /// Its length in words.
    pub size: String,
    /// Where it opens in full.
    pub href: String,
    /// Where its small picture is; none for a scan, or while it is not here.
    pub small: Option<String>,
    /// What stands in its place: `PDF`.
    pub kind: String,
    /// Where it is, in words.
    pub state: String,
    /// `ok`, `busy` or `off`.
    pub mark: &'static str,
    /// While it goes or comes.
    pub percent: Option<u64>,
    /// It is here, whole.
    pub here: bool,
}

impl File {
    /// Where it is taken off the record.
    #[must_use]
    pub fn removal(&self) -> String {
        format!("{}/remove", self.href)
    }
}

/// `860 KB`, `3.4 MB`, as phones and computers write it.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

/// Where a blob is, in words, with its mark. `county`: this is the county's own desk. `connected`: there is a link now.
#[must_use]
pub fn words(state: &BlobState, county: bool, connected: bool, lang: Lang) -> (String, &'static str) {
    let percent = state.under_way.map(|share| share.percent().to_string());
    let say = |key: &str| locale::text(lang, key, &[("value", percent.as_deref().unwrap_or("0"))]);
    match (state.here, &percent) {
        (true, _) if county => (say("web-blob-here"), "ok"),
        (true, _) if state.kept => (say("web-blob-received"), "ok"),
        (true, Some(_)) if connected => (say("web-blob-sending"), "busy"),
        (true, Some(_)) => (say("web-blob-stopped"), "off"),
        (true, None) => (say("web-blob-saved"), "off"),
        (false, Some(_)) => (say("web-blob-coming"), "busy"),
        (false, None) if state.wanted => (say("web-blob-asked"), "busy"),
        (false, None) if state.thumbnail => (say("web-blob-thumbnail"), "off"),
        (false, None) => (say("web-blob-away"), "off"),
    }
}

/// The fields of a record that hold a file this person may see, in the order of the definition.
#[must_use]
pub fn named<'a>(
    definition: &'a Definition,
    account: &Account,
    fields: &BTreeMap<String, Value>,
) -> Vec<(&'a str, &'a crate::ledger::definition::Field, Attachment)> {
    let files = definition.file_fields().filter(|f| shown::sees(account, definition, f));
    files.filter_map(|f| Some((f.code.as_str(), f, attachment(fields, &f.code)?))).collect()
}

/// The files of a record that this person may see. Whether the record may be seen is the caller's to ask.
///
/// # Errors
/// The store's.
pub fn files(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    record: &str,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> Result<Vec<File>, Fault> {
    let named = named(definition, account, fields);
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let (county, connected) = (desk.replica.is_county(), desk.pulse().connected);
    let mut out = Vec::new();
    for (code, field, attachment) in named {
        let state = desk.replica.blob_state(&attachment).map_err(Fault::from)?;
        let (words, mark) = words(&state, county, connected, lang);
        out.push(File {
            field: code.to_owned(),
            title: field.title.get(lang).to_owned(),
            size: size(attachment.bytes),
            href: address(record, code),
            small: (state.thumbnail && attachment.is_picture()).then(|| small_address(record, code, &attachment)),
            state: words,
            mark,
            percent: state.under_way.filter(|_| !state.kept).map(crate::replica::blobs::Share::percent),
            here: state.here,
            kind: attachment.name.rsplit('.').next().unwrap_or_default().to_uppercase(),
            name: attachment.name,
        });
    }
    Ok(out)
}

/// As [`files`], for a list: without fields of class C, as [`shown::columns`] has it. One that cannot be read now is not shown; the record's own page says why.
#[must_use]
pub fn chips(desk: &Desk, account: &Account, definition: &Definition, record: &str, fields: &BTreeMap<String, Value>, lang: Lang) -> Vec<File> {
    let mut out = files(desk, account, definition, record, fields, lang).unwrap_or_default();
    let narrow = |code: &str| definition.field(code).is_some_and(|f| f.privacy == Privacy::C) && definition.privacy != Privacy::C;
    out.retain(|file| !narrow(&file.field));
    out
}

fn address(record: &str, field: &str) -> String {
    format!("/record/{record}/file/{field}")
}

/// With the beginning of the hash: another file in the same field has another address, so a page that is kept fresh shows it.
fn small_address(record: &str, field: &str, attachment: &Attachment) -> String {
    let hash = attachment.hash.to_string();
    format!("{}/small?v={}", address(record, field), escape_query(hash.get(..12).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replica::blobs::Share;

    #[test]
    fn the_state_of_a_file_is_said_in_plain_words_in_both_languages() {
        let away = BlobState {
            hash: "00".into(),
            name: "a.jpg".into(),
            bytes: 9,
            here: false,
            thumbnail: false,
            kept: false,
            wanted: false,
            under_way: None,
        };
        let here = BlobState { here: true, thumbnail: true, ..away.clone() };
        let share = Some(Share { done: 3, of: 8, out: true });
        let zh = |state: &BlobState, connected| words(state, false, connected, Lang::Zh);
        assert_eq!(zh(&here, true).1, "off");
        let states = [
            zh(&here, true),
            zh(&BlobState { under_way: share, ..here.clone() }, true),
            zh(&BlobState { under_way: share, ..here.clone() }, false),
            zh(&BlobState { kept: true, ..here.clone() }, false),
            zh(&away, true),
            zh(&BlobState { thumbnail: true, ..away.clone() }, true),
            zh(&BlobState { wanted: true, thumbnail: true, ..away.clone() }, true),
            zh(&BlobState { under_way: share, ..away.clone() }, true),
            words(&here, true, false, Lang::Zh),
        ];
        for (at, (text, _)) in states.iter().enumerate() {
            assert!(!text.starts_with("web-") && states.iter().skip(at + 1).all(|(other, _)| other != text), "{text}");
        }
        assert!(states[1].0.contains("37") && states[2].0.contains("37") && states[7].0.contains("37"), "rounded down: {states:?}");
        assert!(words(&BlobState { kept: true, ..here }, false, true, Lang::En).0.contains("county has"), "what the county has is said");
    }

    #[test]
    fn sizes_are_as_phones_write_them() {
        assert_eq!([size(12), size(860_400), size(3_449_000), size(5 << 30)], ["12 B", "860 KB", "3.4 MB", "5.3 GB"]);
    }
}
