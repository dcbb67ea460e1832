//! The database key: 32 bytes as 64 hex digits, in a 0600 file beside the database, or wherever `--db-key-file` or systemd credentials put it.
//!
//! Order: `--db-key-file`, `$CREDENTIALS_DIRECTORY/huxue-db-key`, `DIR/db.key`. A database without its key is refused, never silently made anew.

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    local::lock,
    store::open::Key,
};
use std::path::{Path, PathBuf};

/// Where the key is looked for.
fn place(dir: &Path, named: Option<&Path>) -> PathBuf {
    if let Some(path) = named {
        return path.to_owned();
    }
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|d| PathBuf::from(d).join("huxue-db-key"));
    credential.filter(|path| path.exists()).unwrap_or_else(|| dir.join("db.key"))
}

/// Reads the key of an existing database.
///
/// # Errors
/// `db-key-missing` with the place it was looked for; `db-key-shape` when the file holds something else.
pub fn read(dir: &Path, named: Option<&Path>) -> Result<Key, Fault> {
    let path = place(dir, named);
    let text =
        std::fs::read_to_string(&path).map_err(|error| Fault::new("db-key-missing", Exit::Storage).with("path", path.display()).because(error))?;
    parse(text.trim()).ok_or_else(|| Fault::new("db-key-shape", Exit::Storage).with("path", path.display()))
}

/// Makes and keeps a key for a new database; reads it if it is there already.
///
/// # Errors
/// As [`read`]; `dir-unwritable`.
pub fn create(dir: &Path, named: Option<&Path>, clock: &dyn Clock) -> Result<Key, Fault> {
    let path = place(dir, named);
    if path.exists() {
        return read(dir, named);
    }
    let mut bytes = [0u8; 32];
    clock.random(&mut bytes);
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    lock::write_secret(&path, format!("{hex}\n").as_bytes())
        .map_err(|error| Fault::new("dir-unwritable", Exit::Storage).with("path", path.display()).because(error))?;
    Ok(Key(bytes))
}

fn parse(text: &str) -> Option<Key> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
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
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        assert_eq!(read(dir.path(), None).unwrap_err().code, "db-key-missing");
        let key = create(dir.path(), None, &clock).unwrap();
        assert_eq!(create(dir.path(), None, &clock).unwrap().0, key.0);
        std::fs::write(dir.path().join("db.key"), "short").unwrap();
        assert_eq!(read(dir.path(), None).unwrap_err().code, "db-key-shape");
    }
}
