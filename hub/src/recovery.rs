//! The county's recovery key: the file that holds its secret half, and the recovery of a school's database key with it.
//!
//! Invariant: the secret half is in one file that the officer takes away; the running hub never has it. Recovery happens in the command's own process, with a
//! sealed key that may come from the hub or from a file.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    clock::Clock,
    fault::{Exit, Fault},
    identity::{
        RecoverySecret,
        recovery::{self, RecoveryError},
    },
    local::lock,
    model::{CountyCode, OriginId},
    rim::key,
    store::open::Key,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const KIND: &str = "huxue county recovery key, version 1";
const WARNING: &str = "Opens the database of every school of the county. Keep it offline, twice, under lock; it is not needed to run the hub. \
                       能打开全县每所学校的数据库。请离线保管两份；平台运行不需要它。";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    huxue: String,
    warning: String,
    county: CountyCode,
    id: String,
    secret: String,
}

/// Where the secret is written unless named otherwise.
#[must_use]
pub fn default_place(dir: &Path) -> PathBuf {
    dir.join("recovery.key")
}

/// A recovery key's id, for people: 16 hex digits.
#[must_use]
pub fn id_text(id: recovery::RecoveryId) -> String {
    format!("{:016x}", u64::from_be_bytes(id))
}

/// Makes a recovery key and writes its secret half to `path`, 0600; gives the public half and the id.
///
/// # Errors
/// `recovery-exists`: never written over; `dir-unwritable`.
pub fn make(path: &Path, county: CountyCode, clock: &dyn Clock) -> Result<([u8; 32], String), Fault> {
    if path.exists() {
        return Err(Fault::new("recovery-exists", Exit::Input).with("path", path.display()));
    }
    let secret = RecoverySecret::generate(clock);
    let file =
        File { huxue: KIND.into(), warning: WARNING.into(), county, id: id_text(secret.id()), secret: STANDARD.encode(secret.to_bytes().as_slice()) };
    let text = Zeroizing::new(serde_json::to_vec_pretty(&file).map_err(Fault::internal)?);
    lock::write_secret(path, &text).map_err(|e| Fault::new("dir-unwritable", Exit::Storage).with("path", path.display()).because(e))?;
    Ok((secret.public(), file.id))
}

fn read(path: &Path) -> Result<RecoverySecret, Fault> {
    let refused = |cause: Fault| Fault::new("recovery-file", Exit::Input).with("path", path.display()).because(cause);
    let changed = || refused(Fault::new("file-no-key", Exit::Storage));
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|e| refused(e.into()))?);
    let file: File = serde_json::from_str(&text).map_err(|e| refused(Fault::from(&e)))?;
    let bytes: [u8; 32] = STANDARD.decode(&file.secret).ok().and_then(|b| b.try_into().ok()).ok_or_else(changed)?;
    let secret = RecoverySecret::from_bytes(bytes);
    // One slip in the file gives another key: said here, not as "sealed to another key".
    if file.huxue != KIND || id_text(secret.id()) != file.id { Err(changed()) } else { Ok(secret) }
}

/// Opens a sealed database key with the secret in `recovery_key` and writes it, as 64 hex digits, to `out`; without `out` it is in the answer.
///
/// # Errors
/// `recovery-file`, `recovery-other`, `sealed-damaged`, `dir-unwritable`.
pub fn recover(sealed: &[u8], recovery_key: &Path, out: Option<&Path>) -> Result<Json, Fault> {
    let secret = read(recovery_key)?;
    let (origin, key) = secret.open(sealed).map_err(|error| match error {
        RecoveryError::OtherKey => {
            let wanted = recovery::facts(sealed).map(|(_, id)| id_text(id)).unwrap_or_default();
            Fault::new("recovery-other", Exit::Identity).with("recovery", wanted)
        }
        RecoveryError::Shape | RecoveryError::Damaged => Fault::new("sealed-damaged", Exit::Storage),
    })?;
    let key = Key(*key);
    match out {
        Some(path) => {
            key::write_plain(path, &key)?;
            Ok(json!({ "node": origin.to_string(), "key_file": path.display().to_string() }))
        }
        None => Ok(json!({ "node": origin.to_string(), "key": key::hex(&key).trim() })),
    }
}

/// The sealed bytes in an answer of the hub.
///
/// # Errors
/// `sealed-none`.
pub fn sealed_of(answer: &Json, node: &str) -> Result<Vec<u8>, Fault> {
    let sealed = answer["sealed"].as_str().and_then(|text| STANDARD.decode(text).ok());
    sealed.ok_or_else(|| Fault::new("sealed-none", Exit::NoMatch).with("node", node))
}

/// True if the sealed bytes are of `origin`, for the recovery key in force.
#[must_use]
pub fn fits(sealed: &[u8], origin: OriginId, in_force: recovery::RecoveryId) -> bool {
    recovery::facts(sealed) == Some((origin, in_force))
}

#[cfg(test)]
mod tests {
    use super::*;
    use huxue_shared::{
        clock::SystemClock,
        identity::{County, RecoveryKey},
    };

    #[test]
    fn a_recovery_file_opens_what_was_sealed_and_every_other_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let county = County::generate("529901".parse().unwrap(), &SystemClock);
        let (ours, other) = (dir.path().join("a"), dir.path().join("b"));
        let (public, id) = make(&ours, county.code(), &SystemClock).unwrap();
        make(&other, county.code(), &SystemClock).unwrap();
        assert_eq!(make(&ours, county.code(), &SystemClock).unwrap_err().code, "recovery-exists", "never written over");
        let sealed = RecoveryKey::vouch(county.ca(), county.code(), public).seal(&[7; 32], OriginId([5; 8]), &SystemClock);
        let out = dir.path().join("db.key");
        let answer = recover(&sealed, &ours, Some(&out)).unwrap();
        assert_eq!(answer["node"], OriginId([5; 8]).to_string());
        assert_eq!(std::fs::read_to_string(&out).unwrap().trim(), "07".repeat(32));
        let fault = recover(&sealed, &other, None).unwrap_err();
        assert_eq!((fault.code.as_ref(), &fault.args[0].1), ("recovery-other", &id));
        let mut altered = sealed.clone();
        altered[60] ^= 1;
        assert_eq!(recover(&altered, &ours, None).unwrap_err().code, "sealed-damaged");
        let text = std::fs::read_to_string(&ours).unwrap();
        std::fs::write(&ours, text.replace(&format!("\"id\": \"{id}\""), "\"id\": \"00\"")).unwrap();
        let why = |fault: Fault| (fault.code.into_owned(), fault.cause.map(|cause| cause.code.into_owned()).unwrap_or_default());
        let refused = |cause: &str| ("recovery-file".to_owned(), cause.to_owned());
        assert_eq!(why(recover(&sealed, &ours, None).unwrap_err()), refused("file-no-key"));
        assert_eq!(why(recover(&sealed, &dir.path().join("none"), None).unwrap_err()), refused("system-not-found"));
    }
}
