//! A database key under a passphrase, as one JSON text: Argon2id makes a key of the passphrase, ChaCha20-Poly1305 seals the database key under it.
//!
//! Cost and salt stand in the file and are authenticated; a checksum over all of it tells a damaged file from a wrong passphrase. Costs are bounded when
//! read: a damaged file must not take all of a machine's memory.

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    store::open::Key,
};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead;
use serde::{Deserialize, Serialize};
use std::path::Path;
use zeroize::Zeroizing;

const KIND: &str = "huxue database key under a passphrase, version 1";
const CHECKSUM: &str = "huxue wrapped database key checksum v1";
/// Most memory a file may ask for: 1 GiB.
const MEMORY_KIB_MAX: u32 = 1 << 20;
/// Most passes a file may ask for.
const PASSES_MAX: u32 = 64;

/// What one guess at the passphrase costs. Default: RFC 9106's second recommendation with one lane, 64 MiB and 3 passes: what an old school PC spares for half
/// a second at start.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3 }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    huxue: String,
    argon2id_memory_kib: u32,
    argon2id_passes: u32,
    salt: String,
    sealed: String,
    checksum: String,
}

impl File {
    fn head(&self) -> String {
        format!("{}\0{}\0{}\0{}", self.huxue, self.argon2id_memory_kib, self.argon2id_passes, self.salt)
    }

    fn sum(&self) -> String {
        let digest = blake3::derive_key(CHECKSUM, format!("{}\0{}", self.head(), self.sealed).as_bytes());
        STANDARD.encode(digest)
    }
}

/// Whether a key file's text is a wrapped key (and not 64 hex digits).
#[must_use]
pub fn is_one(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

/// Wraps a key: the text of its file.
///
/// # Errors
/// None but mistakes of ours.
pub fn wrap(key: &Key, passphrase: &str, cost: Cost, clock: &dyn Clock) -> Result<String, Fault> {
    let mut salt = [0u8; 16];
    clock.random(&mut salt);
    let mut file = File {
        huxue: KIND.into(),
        argon2id_memory_kib: cost.memory_kib,
        argon2id_passes: cost.passes,
        salt: STANDARD.encode(salt),
        sealed: String::new(),
        checksum: String::new(),
    };
    let cipher = cipher(passphrase, &salt, cost)?;
    let mut body = Zeroizing::new(key.0.to_vec());
    let tag = cipher.seal_in_place_separate_tag(nonce(), aead::Aad::from(file.head()), &mut body).map_err(Fault::internal)?;
    file.sealed = STANDARD.encode([&body[..], tag.as_ref()].concat());
    file.checksum = file.sum();
    serde_json::to_string_pretty(&file).map(|text| text + "\n").map_err(Fault::internal)
}

/// Opens a wrapped key. `path` is only for the fault.
///
/// # Errors
/// `db-key-damaged` when the file is not what was written; `passphrase-wrong`.
pub fn open(text: &str, passphrase: &str, path: &Path) -> Result<Key, Fault> {
    let damaged = || Fault::new("db-key-damaged", Exit::Storage).with("path", path.display());
    let file: File = serde_json::from_str(text).map_err(|_| damaged())?;
    let (salt, sealed) = (STANDARD.decode(&file.salt).map_err(|_| damaged())?, STANDARD.decode(&file.sealed).map_err(|_| damaged())?);
    let cost = Cost { memory_kib: file.argon2id_memory_kib, passes: file.argon2id_passes };
    if file.huxue != KIND || file.sum() != file.checksum || cost.memory_kib > MEMORY_KIB_MAX || cost.passes > PASSES_MAX {
        return Err(damaged());
    }
    let cipher = cipher(passphrase, &salt, cost)?;
    let mut body = Zeroizing::new(sealed);
    let wrong = || Fault::new("passphrase-wrong", Exit::Storage).with("path", path.display());
    let key = cipher.open_in_place(nonce(), aead::Aad::from(file.head()), &mut body).map_err(|_| wrong())?;
    Ok(Key((&*key).try_into().map_err(|_| damaged())?))
}

/// The salt makes the key; each key seals one thing only.
fn nonce() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])
}

fn cipher(passphrase: &str, salt: &[u8], cost: Cost) -> Result<aead::LessSafeKey, Fault> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).map_err(Fault::internal)?;
    let mut derived = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, derived.as_mut())
        .map_err(Fault::internal)?;
    Ok(aead::LessSafeKey::new(aead::UnboundKey::new(&aead::CHACHA20_POLY1305, derived.as_ref()).map_err(Fault::internal)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };

    fn code(text: &str, passphrase: &str) -> String {
        open(text, passphrase, Path::new("db.key")).unwrap_err().code.into_owned()
    }

    #[test]
    fn a_wrapped_key_opens_with_its_passphrase_and_no_other() {
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let key = Key([7; 32]);
        let text = wrap(&key, "石桥村的三月桃花", CHEAP, &clock).unwrap();
        assert!(is_one(&text) && !is_one(&"07".repeat(32)));
        assert_eq!(open(&text, "石桥村的三月桃花", Path::new("x")).unwrap().0, key.0);
        assert_eq!(code(&text, "石桥村的三月桃"), "passphrase-wrong");
        assert_ne!(wrap(&key, "石桥村的三月桃花", CHEAP, &clock).unwrap(), text, "each wrapping has a salt of its own");
    }

    #[test]
    fn a_damaged_file_is_told_from_a_wrong_passphrase() {
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let text = wrap(&Key([7; 32]), "a passphrase", CHEAP, &clock).unwrap();
        let chars: Vec<char> = text.chars().collect();
        for at in 0..chars.len() {
            let mut altered = chars.clone();
            altered[at] = if altered[at] == 'x' { 'y' } else { 'x' };
            let altered: String = altered.into_iter().collect();
            assert_eq!(code(&altered, "a passphrase"), "db-key-damaged", "at {at}: {altered}");
        }
        assert_eq!(code(&text[..text.len() / 2], "a passphrase"), "db-key-damaged");
        assert_eq!(code(&text.replace("\"argon2id_memory_kib\": 64", "\"argon2id_memory_kib\": 4000000000"), "a passphrase"), "db-key-damaged");
    }
}
