//! The database key: 32 bytes in a 0600 file beside the database, or wherever `--db-key-file` or systemd credentials put it; as 64 hex digits, or wrapped
//! under a passphrase ([`wrapped`]).
//!
//! Order: `--db-key-file`, `$CREDENTIALS_DIRECTORY/huxue-db-key`, `DIR/db.key`; for the passphrase [`passphrase`]. A database without its key is refused,
//! never silently made anew. The database key itself never changes with the passphrase: what was sealed for recovery stays good.

pub mod passphrase;
pub mod sealed;
pub mod wrapped;

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    local::lock,
    locale::Lang,
    store::open::Key,
};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Where key and passphrase come from, as the command line says.
#[derive(Clone, Debug, Default)]
pub struct Unlock {
    /// `--db-key-file`.
    pub key_file: Option<PathBuf>,
    /// `--db-passphrase-file`.
    pub passphrase_file: Option<PathBuf>,
    /// In which language to ask for a passphrase.
    pub lang: Lang,
}

/// A systemd credential of this name, if there is one.
fn credential(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(name);
    path.exists().then_some(path)
}

/// Where the key is looked for.
#[must_use]
pub fn place(dir: &Path, unlock: &Unlock) -> PathBuf {
    unlock.key_file.clone().or_else(|| credential("huxue-db-key")).unwrap_or_else(|| dir.join("db.key"))
}

fn text(path: &Path) -> Result<Zeroizing<String>, Fault> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| Fault::new("db-key-missing", Exit::Storage).with("path", path.display()).because(error))
}

/// Reads the key of an existing database; asks for the passphrase if there is one.
///
/// # Errors
/// `db-key-missing` with the place it was looked for; `db-key-shape` when the file holds something else; those of [`passphrase::known`] and
/// [`wrapped::open`].
pub fn read(dir: &Path, unlock: &Unlock) -> Result<Key, Fault> {
    let path = place(dir, unlock);
    let text = text(&path)?;
    if wrapped::is_one(&text) {
        let passphrase = passphrase::known(&path, unlock)?;
        return wrapped::open(&text, &passphrase, &path);
    }
    parse(text.trim()).ok_or_else(|| Fault::new("db-key-shape", Exit::Storage).with("path", path.display()))
}

/// Whether a passphrase protects the key.
///
/// # Errors
/// `db-key-missing`.
pub fn is_protected(dir: &Path, unlock: &Unlock) -> Result<bool, Fault> {
    Ok(wrapped::is_one(&text(&place(dir, unlock))?))
}

/// Makes and keeps a key for a new database; reads it if it is there already.
///
/// # Errors
/// As [`read`]; `dir-unwritable`.
pub fn create(dir: &Path, unlock: &Unlock, clock: &dyn Clock) -> Result<Key, Fault> {
    let path = place(dir, unlock);
    if path.exists() {
        return read(dir, unlock);
    }
    let mut bytes = [0u8; 32];
    clock.random(&mut bytes);
    let key = Key(bytes);
    write_plain(&path, &key)?;
    Ok(key)
}

/// Puts the key under a passphrase, or under another one. The daemon, if it runs, asks for it at its next start.
///
/// # Errors
/// As [`read`]; those of [`passphrase::new`]; `dir-unwritable`.
pub fn protect(dir: &Path, unlock: &Unlock, new: Option<&Path>, clock: &dyn Clock) -> Result<(), Fault> {
    let path = place(dir, unlock);
    let key = read(dir, unlock)?;
    let passphrase = passphrase::new(new, unlock.lang)?;
    let text = wrapped::wrap(&key, &passphrase, wrapped::Cost::default(), clock)?;
    write(&path, text.as_bytes())
}

/// Takes the passphrase off. False: there was none.
///
/// # Errors
/// As [`read`]; `dir-unwritable`.
pub fn expose(dir: &Path, unlock: &Unlock) -> Result<bool, Fault> {
    if !is_protected(dir, unlock)? {
        return Ok(false);
    }
    write_plain(&place(dir, unlock), &read(dir, unlock)?)?;
    Ok(true)
}

/// Writes a key as 64 hex digits, 0600.
///
/// # Errors
/// `dir-unwritable`.
pub fn write_plain(path: &Path, key: &Key) -> Result<(), Fault> {
    write(path, hex(key).as_bytes())
}

/// A key as its file holds it.
#[must_use]
pub fn hex(key: &Key) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(65));
    for byte in &key.0 {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('\n');
    out
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    lock::write_secret(path, bytes).map_err(|error| Fault::new("dir-unwritable", Exit::Storage).with("path", path.display()).because(error))
}

/// Reads 64 hex digits.
#[must_use]
pub fn parse(text: &str) -> Option<Key> {
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut key = [0u8; 32];
    for (slot, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        *slot = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Key(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    #[test]
    fn a_key_is_made_once_and_a_damaged_one_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let (clock, unlock) = (TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1), Unlock::default());
        assert_eq!(read(dir.path(), &unlock).unwrap_err().code, "db-key-missing");
        let key = create(dir.path(), &unlock, &clock).unwrap();
        assert_eq!(create(dir.path(), &unlock, &clock).unwrap().0, key.0);
        std::fs::write(dir.path().join("db.key"), "short").unwrap();
        assert_eq!(read(dir.path(), &unlock).unwrap_err().code, "db-key-shape");
    }

    #[test]
    fn a_passphrase_is_set_changed_and_taken_off_and_the_key_stays_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let phrase = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (first, second) = (phrase("one", "石桥村的三月桃花\n"), phrase("two", "another passphrase"));
        let with = |path: &Path| Unlock { passphrase_file: Some(path.to_owned()), ..Unlock::default() };
        let key = create(dir.path(), &Unlock::default(), &clock).unwrap();
        protect(dir.path(), &Unlock::default(), Some(&first), &clock).unwrap();
        assert!(is_protected(dir.path(), &Unlock::default()).unwrap());
        assert!(!std::fs::read_to_string(dir.path().join("db.key")).unwrap().contains(hex(&key).trim()));
        assert_eq!(read(dir.path(), &with(&first)).unwrap().0, key.0);
        assert_eq!(read(dir.path(), &with(&second)).unwrap_err().code, "passphrase-wrong");
        assert_eq!(protect(dir.path(), &with(&second), Some(&second), &clock).unwrap_err().code, "passphrase-wrong", "changing needs the old one");
        protect(dir.path(), &with(&first), Some(&second), &clock).unwrap();
        assert_eq!(read(dir.path(), &with(&first)).unwrap_err().code, "passphrase-wrong");
        assert!(expose(dir.path(), &with(&second)).unwrap());
        assert_eq!(read(dir.path(), &Unlock::default()).unwrap().0, key.0);
        assert!(!expose(dir.path(), &Unlock::default()).unwrap(), "nothing to take off");
    }
}
