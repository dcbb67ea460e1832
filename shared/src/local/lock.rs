//! The directory's lock: an OS lock on `DIR/lock`, so a crash never leaves it behind.

use crate::fault::{Exit, Fault};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::Write as _,
    path::Path,
};

/// Held as long as this value lives.
#[derive(Debug)]
pub struct DirLock(#[expect(dead_code, reason = "holding the file is the lock")] File);

/// Makes the directory (0700) if it is missing and takes its lock; `None`: another process holds it.
///
/// # Errors
/// `dir-unwritable` with the path and the system's reason.
pub fn take(dir: &Path) -> Result<Option<DirLock>, Fault> {
    let unwritable = |error: std::io::Error| Fault::new("dir-unwritable", Exit::Storage).with("path", dir.display()).because(error);
    if !dir.exists() {
        std::fs::create_dir_all(dir).map_err(unwritable)?;
        restrict(dir).map_err(unwritable)?;
    }
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join("lock")).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => {
            // For a person who looks; the lock itself is the system's.
            let _ = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
            Ok(Some(DirLock(file)))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

#[cfg(unix)]
fn restrict(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn restrict(_dir: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Writes a file that holds a secret: 0600 from its first byte, replaced whole, synced.
///
/// # Errors
/// The system's.
pub fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_that_it_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path()).unwrap();
        assert!(first.is_some());
        assert!(take(dir.path()).unwrap().is_none());
        drop(first);
        assert!(take(dir.path()).unwrap().is_some());
    }

    #[test]
    fn a_secret_is_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        write_secret(&path, b"x").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
