//! `DIR/db.key.sealed`: the database key sealed to the county's recovery key, kept beside the database and handed to the county. Useless without the secret
//! that lies in the county's safe, so it may lie on the very disk it opens.
//!
//! Invariant: the copy fits the present key and the present recovery key, or is made anew ([`refresh`]); `received` is set only once the county has kept
//! exactly these bytes.

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    identity::{RecoveryKey, recovery},
    local::lock,
    model::OriginId,
    store::open::Key,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const KIND: &str = "huxue database key sealed to the county's recovery key, version 1";
const CHECK: &str = "huxue database key check v1";

/// The file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealedCopy {
    huxue: String,
    /// Whose key, for people; what counts stands in the sealed bytes.
    node: OriginId,
    /// BLAKE3 of the key under a context of its own: tells whether the key has changed, and of 256 random bits nothing else.
    key_check: String,
    sealed: String,
    /// When the county kept it, by this machine's clock.
    received: Option<String>,
}

fn place(dir: &Path) -> PathBuf {
    dir.join("db.key.sealed")
}

impl SealedCopy {
    /// The copy of this directory; `None`: there is none, or it cannot be read and is made anew.
    #[must_use]
    pub fn read(dir: &Path) -> Option<Self> {
        let copy: Self = serde_json::from_str(&std::fs::read_to_string(place(dir)).ok()?).ok()?;
        (copy.huxue == KIND).then_some(copy)
    }

    /// The sealed bytes of a copy in a file, wherever it lies.
    ///
    /// # Errors
    /// `file-unreadable`; `sealed-shape` when the file holds no sealed key.
    pub fn bytes_in(path: &Path) -> Result<Vec<u8>, Fault> {
        let text = std::fs::read_to_string(path).map_err(|e| Fault::new("file-unreadable", Exit::Input).with("path", path.display()).because(e))?;
        let shape = || Fault::new("sealed-shape", Exit::Input).with("path", path.display());
        let copy: Self = serde_json::from_str(&text).map_err(|_| shape())?;
        copy.bytes().ok_or_else(shape)
    }

    /// The sealed bytes.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.sealed).ok().filter(|bytes| recovery::facts(bytes).is_some())
    }

    /// When the county kept it.
    #[must_use]
    pub fn received(&self) -> Option<&str> {
        self.received.as_deref()
    }

    fn fits(&self, key: &Key, to: &RecoveryKey, origin: OriginId) -> bool {
        let facts = self.bytes().as_deref().and_then(recovery::facts);
        facts == Some((origin, to.id())) && self.key_check == check(key)
    }

    fn write(&self, dir: &Path) -> Result<(), Fault> {
        let text = serde_json::to_vec_pretty(self).map_err(Fault::internal)?;
        lock::write_secret(&place(dir), &text).map_err(|e| Fault::new("dir-unwritable", Exit::Storage).with("path", dir.display()).because(e))
    }
}

fn check(key: &Key) -> String {
    STANDARD.encode(blake3::derive_key(CHECK, &key.0))
}

/// The copy that fits key and recovery key: the one that is there, or a new one that the county has not received yet.
///
/// # Errors
/// `dir-unwritable`.
pub fn refresh(dir: &Path, key: &Key, to: &RecoveryKey, origin: OriginId, clock: &dyn Clock) -> Result<SealedCopy, Fault> {
    if let Some(copy) = SealedCopy::read(dir).filter(|copy| copy.fits(key, to, origin)) {
        return Ok(copy);
    }
    let sealed = STANDARD.encode(to.seal(&key.0, origin, clock));
    let copy = SealedCopy { huxue: KIND.into(), node: origin, key_check: check(key), sealed, received: None };
    copy.write(dir)?;
    Ok(copy)
}

/// Notes that the county has kept exactly `sealed`; a copy made anew meanwhile stays to be sent.
///
/// # Errors
/// `dir-unwritable`.
pub fn mark_received(dir: &Path, sealed: &[u8], clock: &dyn Clock) -> Result<(), Fault> {
    match SealedCopy::read(dir) {
        Some(mut copy) if copy.bytes().as_deref() == Some(sealed) => {
            copy.received = Some(clock.now().to_string());
            copy.write(dir)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::TestClock,
        identity::{County, RecoverySecret},
    };

    #[test]
    fn a_copy_is_made_anew_exactly_when_the_key_or_the_recovery_key_changed() {
        let dir = tempfile::tempdir().unwrap();
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let county = County::generate("529901".parse().unwrap(), &clock);
        let (old, new) = (RecoverySecret::generate(&clock), RecoverySecret::generate(&clock));
        let vouched = |secret: &RecoverySecret| RecoveryKey::vouch(county.ca(), county.code(), secret.public());
        let (key, me) = (Key([7; 32]), OriginId([5; 8]));
        let first = refresh(dir.path(), &key, &vouched(&old), me, &clock).unwrap();
        assert_eq!(first.received(), None);
        mark_received(dir.path(), &first.bytes().unwrap(), &clock).unwrap();
        let same = refresh(dir.path(), &key, &vouched(&old), me, &clock).unwrap();
        assert!(same.received().is_some() && same.bytes() == first.bytes(), "nothing changed: nothing is sent again");
        for (key, secret) in [(Key([8; 32]), &old), (Key([8; 32]), &new)] {
            let fresh = refresh(dir.path(), &key, &vouched(secret), me, &clock).unwrap();
            assert_eq!(fresh.received(), None);
            let (whose, opened) = secret.open(&fresh.bytes().unwrap()).unwrap();
            assert_eq!((whose, *opened), (me, key.0));
        }
        mark_received(dir.path(), &first.bytes().unwrap(), &clock).unwrap();
        assert_eq!(SealedCopy::read(dir.path()).unwrap().received(), None, "what was received is not what is here now");
        std::fs::write(place(dir.path()), "{").unwrap();
        assert!(SealedCopy::read(dir.path()).is_none());
        assert_eq!(SealedCopy::bytes_in(&place(dir.path())).unwrap_err().code, "sealed-shape");
    }
}
