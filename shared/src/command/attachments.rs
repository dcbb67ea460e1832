//! `attach` and `blob …`: files beside the records.

use super::audit;
use crate::{
    fault::{Exit, Fault},
    replica::{Replica, Result},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(super) fn attach(replica: &Arc<Replica>, record: &str, field: &str, file: &str, bytes: &str, by: Option<&str>) -> Result<Json> {
    let bytes = STANDARD.decode(bytes).map_err(Fault::internal)?;
    Ok(serde_json::to_value(replica.attach(record, field, file, &bytes, by)?).map_err(Fault::internal)?)
}

pub(super) fn list(replica: &Replica, record: Option<&str>) -> Result<Json> {
    let record = record.map(|record| replica.locate(record)).transpose()?.map(|place| place.id);
    Ok(json!({ "blobs": replica.blob_states(record.as_deref())? }))
}

/// A file of a record is a read of that record: noted whatever it shows, since it may show a child.
pub(super) fn get(replica: &Replica, hash: &str, thumbnail: bool, who: &str) -> Result<Json> {
    let hash = replica.find_blob(hash)?;
    let (bytes, media) = if thumbnail {
        let small = replica.blob_thumbnail(hash).ok_or_else(|| Fault::new("blob-no-thumbnail", Exit::NoMatch).with("hash", hash))?;
        (small, "image/jpeg")
    } else {
        replica.blob(hash)?
    };
    audit::note(replica, who, "file", format!("blob {hash}"), 1);
    Ok(json!({ "hash": hash.to_string(), "media": media, "bytes": bytes.len(), "base64": STANDARD.encode(bytes) }))
}

pub(super) fn limits(replica: &Replica, file_mib: Option<u64>, quota_mib: Option<u64>, whole: Option<bool>) -> Result<Json> {
    let limits = replica.set_blob_limits(file_mib, quota_mib, whole)?;
    Ok(serde_json::to_value(limits).map_err(Fault::internal)?)
}
