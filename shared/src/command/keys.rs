//! `key …`: the passphrase of the database key. Works on the key's file, not on the database, so also while the daemon runs: that one asks at its next start.

use super::args::{Global, Key};
use crate::{
    clock::SystemClock,
    fault::{Exit, Fault},
    rim::key::{self, sealed::SealedCopy},
};
use serde_json::{Value as Json, json};

/// Does what is asked. `encrypted`: whether this side's database is (a hub's may not be).
///
/// # Errors
/// `db-not-encrypted`; those of [`key::protect`] and [`key::expose`].
pub fn run(global: &Global, command: &Key, encrypted: bool) -> Result<Json, Fault> {
    if !encrypted {
        return Err(Fault::new("db-not-encrypted", Exit::Input));
    }
    let (dir, unlock) = (global.dir()?, global.unlock());
    match command {
        Key::Passphrase { passphrase_file } => key::protect(&dir, &unlock, passphrase_file.as_deref(), &SystemClock)?,
        Key::Plain => {
            key::expose(&dir, &unlock)?;
        }
        Key::Status => {}
    }
    let copy = SealedCopy::read(&dir);
    Ok(json!({
        "key_file": key::place(&dir, &unlock).display().to_string(),
        "passphrase": key::is_protected(&dir, &unlock)?,
        "recoverable": copy.is_some(),
        "county_has_it": copy.as_ref().and_then(SealedCopy::received),
    }))
}
