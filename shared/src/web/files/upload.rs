//! Files out of a form: read part by part, each on disk before the next is read, so that no more than one is ever in memory; then put into the free fields of
//! the record, in the order chosen.
//!
//! What is refused is one file, never the others and never the record: [`Given`] carries both what was taken and why something was not.

use super::held::Refused;
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Authority, Field},
    },
    model::blob::Attachment,
    web::{account::Account, desk::Desk, form, shown},
};
use axum::{
    body::to_bytes,
    extract::{
        FromRequest as _, Multipart, Request,
        multipart::{Field as Part, MultipartError},
    },
    http::{StatusCode, header},
};
use std::{collections::BTreeMap, sync::Arc};

/// Text of a form: as much as a form without files may have.
const TEXT_BYTES_MAX: usize = 512 * 1024;
/// Files of one form. What is more is said, not taken.
const FILES_MAX: usize = 20;
/// Parts of one form, files and text: several times the fields of any ledger. Empty parts have no bytes to be counted.
const PARTS_MAX: usize = 2_000;
/// Whatever is sent, no more is read.
const BODY_BYTES_MAX: u64 = 1 << 30;
/// Name of a form's part that holds files for a field: this, then the field's code.
pub const FILE: &str = "file.";
/// The same for a file that was taken with an earlier try of this form.
pub const KEPT: &str = "kept.";

/// Fields of one kind of file in one ledger: `photos`, `photos_2`, `photos_3` are one series, filled in their order.
#[derive(Clone, Debug)]
pub struct Series<'a> {
    /// The first of them; the form names this one.
    pub head: &'a Field,
    /// All of them.
    pub fields: Vec<&'a Field>,
}

/// `photos` of `photos_2`.
fn stem(code: &str) -> &str {
    code.rsplit_once('_').filter(|(_, end)| !end.is_empty() && end.bytes().all(|b| b.is_ascii_digit())).map_or(code, |(stem, _)| stem)
}

/// The file fields of a ledger that this person may fill.
#[must_use]
pub fn series<'a>(definition: &'a Definition, account: &Account) -> Vec<Series<'a>> {
    let fills = |f: &&Field| {
        f.authority.is_none_or(|side| side == Authority::School) && !definition.derive.contains(&f.code) && shown::sees(account, definition, f)
    };
    let mut out: Vec<Series<'a>> = Vec::new();
    for field in definition.file_fields().filter(fills) {
        match out.iter_mut().find(|s| s.head.code == stem(&field.code)) {
            Some(known) => known.fields.push(field),
            None => out.push(Series { head: field, fields: vec![field] }),
        }
    }
    out
}

/// True if this field has a file.
#[must_use]
pub fn attachment(fields: &BTreeMap<String, Value>, code: &str) -> Option<Attachment> {
    match fields.get(code) {
        Some(Value::Str(text)) => Attachment::read(text),
        _ => None,
    }
}

/// What a form came back with.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Its text, as [`form::pairs`] gives it.
    pub pairs: Vec<(String, String)>,
    /// Series and file, each on disk by now.
    pub taken: Vec<(String, Attachment)>,
    /// What was not taken.
    pub refused: Vec<Refused>,
}

/// Reads a form, with or without files. The caller has asked whether the person may write here: what is sent is stored.
///
/// # Errors
/// `web-upload-broken` for a form cut short, or larger than any form.
pub async fn read(desk: &Arc<Desk>, account: &Account, request: Request) -> Result<Given, Fault> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let body = to_bytes(request.into_body(), TEXT_BYTES_MAX).await.map_err(broken)?;
        return Ok(Given { pairs: form::pairs(&body), ..Given::default() });
    }
    let mut parts = Multipart::from_request(request, &()).await.map_err(broken)?;
    let (mut out, mut read, mut text_left, mut count) = (Given::default(), 0, TEXT_BYTES_MAX, 0);
    while let Some(mut part) = parts.next_field().await.map_err(unread)? {
        count += 1;
        if count > PARTS_MAX {
            return Err(broken("parts"));
        }
        let key = part.name().unwrap_or_default().to_owned();
        if let Some(series) = key.strip_prefix(FILE) {
            let name = part.file_name().unwrap_or_default().to_owned();
            let most = desk.replica.blob_limits().map_err(Fault::from)?.file_mib << 20;
            let room = if out.taken.len() + out.refused.len() < FILES_MAX { most } else { 0 };
            let (bytes, length) = collect(&mut part, room, &mut read).await?;
            // A field in which nothing was chosen comes as a file without name and bytes.
            if length == 0 && name.is_empty() {
                continue;
            }
            match if room == 0 {
                Err(Fault::new("web-files-many", Exit::Input).with("most", FILES_MAX))
            } else {
                store(desk, &name, bytes, length).await
            } {
                Ok(attachment) => out.taken.push((series.to_owned(), attachment)),
                Err(fault) => out.refused.push((name, fault)),
            }
        } else {
            let (bytes, length) = collect(&mut part, text_left as u64, &mut read).await?;
            if length > text_left as u64 {
                return Err(broken("text"));
            }
            text_left -= bytes.len();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            match key.strip_prefix(KEPT) {
                Some(series) => match desk.files.kept(account.id, &text) {
                    Some(attachment) => out.taken.push((series.to_owned(), attachment)),
                    None => out.refused.push((String::new(), Fault::new("web-files-gone", Exit::Input))),
                },
                None => out.pairs.push((key, text)),
            }
        }
    }
    Ok(out)
}

/// A form that did not arrive as one.
pub fn broken(detail: impl std::fmt::Display) -> Fault {
    Fault::new("web-upload-broken", Exit::Input).with("detail", detail)
}

/// A part of a form that cannot be read: more than is taken, or cut short.
#[must_use]
pub fn unread(error: MultipartError) -> Fault {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE { Fault::new("web-body-large", Exit::Input) } else { broken(error) }
}

/// A part's bytes, at most `most` of them, and how many there were; what is over is read and dropped, so that the rest of the form arrives.
///
/// # Errors
/// `web-upload-broken` for one cut short; `web-body-large` once the form has more than any.
pub async fn collect(part: &mut Part<'_>, most: u64, read: &mut u64) -> Result<(Vec<u8>, u64), Fault> {
    let (mut bytes, mut length) = (Vec::new(), 0u64);
    while let Some(chunk) = part.chunk().await.map_err(unread)? {
        length += chunk.len() as u64;
        *read += chunk.len() as u64;
        if *read > BODY_BYTES_MAX {
            return Err(Fault::new("web-body-large", Exit::Input));
        }
        if length <= most {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
    }
    Ok((bytes, length))
}

async fn store(desk: &Arc<Desk>, name: &str, bytes: Vec<u8>, length: u64) -> Result<Attachment, Fault> {
    let mib = desk.replica.blob_limits().map_err(Fault::from)?.file_mib;
    if length > mib << 20 {
        return Err(Fault::new("blob-large", Exit::Input).with("mib", mib));
    }
    let _turn = desk.files.turn.lock().await;
    let name = name.to_owned();
    desk.run(move |desk| Ok(desk.replica.add_file(&name, &bytes).map_err(Fault::from)?.0)).await
}

/// Puts what was taken into the free fields of its series: a ledger with one field for it has the old file replaced, one with several takes as many as are free.
/// What finds no field is added to `refused`.
#[must_use]
pub fn place(
    definition: &Definition,
    account: &Account,
    fields: &BTreeMap<String, Value>,
    taken: &[(String, Attachment)],
    refused: &mut Vec<Refused>,
) -> BTreeMap<String, String> {
    let mut set = BTreeMap::new();
    let all = series(definition, account);
    for (code, file) in taken {
        let Some(series) = all.iter().find(|s| s.head.code == *code) else {
            refused.push((file.name.clone(), Fault::new("web-files-nowhere", Exit::Input)));
            continue;
        };
        let there = |field: &Field| attachment(fields, &field.code).is_some_and(|known| known.hash == file.hash);
        // One scan may prove two things: only in one place it is not shown twice.
        let taken = |field: &&Field| set.get(&field.code).is_some_and(|known: &String| Attachment::read(known).is_some_and(|k| k.hash == file.hash));
        if series.fields.iter().any(|f| there(f) || taken(f)) {
            refused.push((file.name.clone(), Fault::new("web-files-twice", Exit::Input)));
            continue;
        }
        let single = series.fields.len() == 1;
        let free = |f: &&&Field| !set.contains_key(&f.code) && (single || attachment(fields, &f.code).is_none());
        match series.fields.iter().find(free) {
            Some(field) => drop(set.insert(field.code.clone(), file.to_string())),
            None => refused.push((file.name.clone(), Fault::new("web-files-full", Exit::Input).with("most", series.fields.len()))),
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ledger::Catalogue, model::blob::BlobHash, web::account::Role};

    fn file(n: u8) -> (String, Attachment) {
        ("photos".to_owned(), Attachment { hash: BlobHash([n; 32]), name: format!("{n}.jpg"), bytes: 5 })
    }

    fn teacher() -> Account {
        Account {
            id: 1,
            login: "w".into(),
            name: "王老师".into(),
            roles: [Role::ClassTeacher].into(),
            classes: Vec::new(),
            must_change: false,
            disabled: false,
        }
    }

    #[test]
    fn the_numbered_fields_of_one_kind_are_one_series_filled_in_order() {
        let catalogue = Catalogue::embedded();
        let activity = catalogue.latest("activity").unwrap();
        let all = series(activity, &teacher());
        assert_eq!(all.iter().map(|s| (s.head.code.as_str(), s.fields.len())).collect::<Vec<_>>(), [("photos", 3), ("attachment", 4)]);
        let (mut refused, fields) = (Vec::new(), BTreeMap::from([("photos_2".to_owned(), Value::Str(file(9).1.to_string()))]));
        let set = place(activity, &teacher(), &fields, &[file(1), file(9), file(2), file(2), file(3)], &mut refused);
        assert_eq!(set.keys().collect::<Vec<_>>(), ["photos", "photos_3"]);
        assert!(set["photos"].contains("1.jpg") && set["photos_3"].contains("2.jpg"));
        let codes: Vec<_> = refused.iter().map(|(name, fault)| (name.as_str(), fault.code.as_ref())).collect();
        assert_eq!(codes, [("9.jpg", "web-files-twice"), ("2.jpg", "web-files-twice"), ("3.jpg", "web-files-full")]);
    }

    #[test]
    fn the_only_file_of_its_kind_is_replaced_and_another_ledgers_field_takes_none() {
        let catalogue = Catalogue::embedded();
        let visit = catalogue.latest("household_visit").unwrap();
        let (mut refused, fields) = (Vec::new(), BTreeMap::from([("photo".to_owned(), Value::Str(file(9).1.to_string()))]));
        let set = place(visit, &teacher(), &fields, &[("photo".to_owned(), file(1).1), file(2)], &mut refused);
        assert!(set.len() == 1 && set["photo"].contains("1.jpg"), "{set:?}");
        assert_eq!(refused[0].1.code, "web-files-nowhere");
        let both = [("photo".to_owned(), file(3).1), ("attachment".to_owned(), file(3).1)];
        let (mut refused, set) = (Vec::new(), BTreeMap::new());
        let placed = place(visit, &teacher(), &set, &both, &mut refused);
        assert!(refused.is_empty() && placed.len() == 2, "one paper in two places: {placed:?}");
    }
}
