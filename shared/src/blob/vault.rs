//! Blobs on disk: `blobs/ab/abcdef…`, mode 0600, each piece sealed by itself, so that a part can be read and an interrupted file goes on where it stopped.
//!
//! Sealing (ChaCha20-Poly1305): every blob has its own key, derived from the database key and its name, and the nonce is the piece's number. That never
//! seals two different texts with one nonce: a piece is verified against the blob's name before it is stored, so there is only one text it can be.
//! A thumbnail does not follow from the name (another version may draw it otherwise): it has another key, and a random nonce.
//! Without a database key (a hub whose disk is encrypted) pieces lie as they are.
//!
//! Invariants: a file without an ending is whole, and on disk when [`Vault::put`] or [`Vault::finish`] returns; `.part` is what has come so far and may
//! hold anything: it is verified piece by piece before it is believed. A name is hex of a hash, so no name leads out of the directory.

use crate::{
    clock::Clock,
    model::blob::{BlobHash, PIECE_BYTES, piece_hash, piece_len, pieces},
};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Bytes a seal adds.
const TAG: usize = 16;

/// The directory and its key.
pub struct Vault {
    dir: PathBuf,
    key: Option<[u8; 32]>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({})", self.dir.display())
    }
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Vault {
    /// Nothing is made before something is stored. `database_key`: the raw key of the database beside it.
    #[must_use]
    pub fn new(dir: PathBuf, database_key: Option<&[u8; 32]>) -> Self {
        Self { dir, key: database_key.map(|key| blake3::derive_key("huxue blob files v1", key)) }
    }

    /// Stores a whole blob. On disk when this returns.
    ///
    /// # Errors
    /// The disk's.
    pub fn put(&self, hash: BlobHash, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u64;
        for (index, piece) in (0u64..).zip(bytes.chunks(PIECE_BYTES)) {
            self.write_piece(hash, index, piece)?;
        }
        self.finish(hash, length)
    }

    /// Stores a piece whose bytes were verified. Not safe from power loss before [`Self::finish`].
    ///
    /// # Errors
    /// The disk's.
    pub fn write_piece(&self, hash: BlobHash, index: u64, piece: &[u8]) -> io::Result<()> {
        let sealed = self.seal(hash, b"whole", numbered(index), piece)?;
        let path = self.path(hash, ".part");
        self.room(&path)?;
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        file.write_all_at(&sealed, self.offset(index))
    }

    /// Removes whatever there is of a blob. It may be gone already.
    pub fn remove(&self, hash: BlobHash) {
        for ending in ["", ".part", ".thumb", ".thumb-new"] {
            let _ = fs::remove_file(self.path(hash, ending));
        }
    }

    /// Takes back what has come of an unfinished blob. It may be gone already.
    pub fn forget_part(&self, hash: BlobHash) {
        let _ = fs::remove_file(self.path(hash, ".part"));
    }

    /// All pieces are there: makes it a whole file.
    ///
    /// # Errors
    /// The disk's.
    pub fn finish(&self, hash: BlobHash, bytes: u64) -> io::Result<()> {
        let part = self.path(hash, ".part");
        let file = OpenOptions::new().write(true).open(&part)?;
        let last = pieces(bytes).saturating_sub(1);
        file.set_len(self.offset(last) + piece_len(bytes, last) as u64 + self.tag())?;
        file.sync_all()?;
        rename(&part, &self.path(hash, ""))
    }

    /// Which pieces of an interrupted blob are there and right.
    #[must_use]
    pub fn present(&self, hash: BlobHash, bytes: u64, list: &[[u8; 32]]) -> Vec<bool> {
        let Ok(file) = File::open(self.path(hash, ".part")) else { return vec![false; list.len()] };
        let right = |index: u64, expected: &[u8; 32]| {
            self.read_from(&file, hash, bytes, index).is_ok_and(|piece| piece_hash(bytes, index, &piece) == *expected)
        };
        (0u64..).zip(list).map(|(index, expected)| right(index, expected)).collect()
    }

    /// One piece of a whole blob.
    ///
    /// # Errors
    /// Not here; the disk's; `InvalidData` under another key or when damaged.
    pub fn read_piece(&self, hash: BlobHash, bytes: u64, index: u64) -> io::Result<Vec<u8>> {
        self.read_from(&File::open(self.path(hash, ""))?, hash, bytes, index)
    }

    /// A whole blob, verified.
    ///
    /// # Errors
    /// As [`Self::read_piece`].
    pub fn read(&self, hash: BlobHash, bytes: u64) -> io::Result<Vec<u8>> {
        let file = File::open(self.path(hash, ""))?;
        let mut out = Vec::new();
        for index in 0..pieces(bytes) {
            out.extend(self.read_from(&file, hash, bytes, index)?);
        }
        if BlobHash::of(&out) == hash { Ok(out) } else { Err(damaged("the bytes are not what their name says")) }
    }

    /// Length of a whole blob by its file; `None` if it is not here.
    #[must_use]
    pub fn length(&self, hash: BlobHash) -> Option<u64> {
        let file = fs::metadata(self.path(hash, "")).ok()?.len();
        let stride = PIECE_BYTES as u64 + self.tag();
        Some(file.saturating_sub(file.div_ceil(stride) * self.tag()))
    }

    /// Stores a thumbnail. On disk when this returns.
    ///
    /// # Errors
    /// The disk's.
    pub fn put_thumbnail(&self, hash: BlobHash, bytes: &[u8], clock: &dyn Clock) -> io::Result<()> {
        let mut nonce = [0u8; NONCE_LEN];
        clock.random(&mut nonce);
        let sealed = self.seal(hash, b"thumbnail", nonce, bytes)?;
        let (fresh, path) = (self.path(hash, ".thumb-new"), self.path(hash, ".thumb"));
        self.room(&path)?;
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
        file.write_all(&nonce)?;
        file.write_all(&sealed)?;
        file.sync_all()?;
        rename(&fresh, &path)
    }

    /// A thumbnail.
    ///
    /// # Errors
    /// As [`Self::read_piece`].
    pub fn thumbnail(&self, hash: BlobHash) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path(hash, ".thumb"))?.take(1 << 20).read_to_end(&mut bytes)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(|| damaged("a thumbnail is cut short"))?;
        self.open(hash, b"thumbnail", *nonce, sealed.to_vec())
    }

    fn tag(&self) -> u64 {
        if self.key.is_some() { TAG as u64 } else { 0 }
    }

    fn offset(&self, index: u64) -> u64 {
        index.saturating_mul(PIECE_BYTES as u64 + self.tag())
    }

    fn path(&self, hash: BlobHash, ending: &str) -> PathBuf {
        let name = hash.to_string();
        let (first, _) = name.split_at(2);
        self.dir.join(first).join(format!("{name}{ending}"))
    }

    fn room(&self, path: &Path) -> io::Result<()> {
        let Some(parent) = path.parent().filter(|parent| !parent.exists()) else { return Ok(()) };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        File::open(&self.dir)?.sync_all()?;
        // The directory of blobs itself may be new as well.
        self.dir.parent().map_or(Ok(()), |above| File::open(above)?.sync_all())
    }

    fn read_from(&self, file: &File, hash: BlobHash, bytes: u64, index: u64) -> io::Result<Vec<u8>> {
        let length = piece_len(bytes, index);
        if length == 0 {
            return Err(damaged("no such piece"));
        }
        let mut sealed = vec![0u8; length + usize::try_from(self.tag()).unwrap_or(TAG)];
        file.read_exact_at(&mut sealed, self.offset(index))?;
        self.open(hash, b"whole", numbered(index), sealed)
    }

    fn cipher(&self, hash: BlobHash, use_of_it: &[u8]) -> io::Result<Option<LessSafeKey>> {
        let Some(key) = &self.key else { return Ok(None) };
        let own = blake3::Hasher::new_keyed(key).update(&hash.0).update(use_of_it).finalize();
        UnboundKey::new(&CHACHA20_POLY1305, own.as_bytes()).map(|key| Some(LessSafeKey::new(key))).map_err(|_| damaged("no cipher"))
    }

    fn seal(&self, hash: BlobHash, use_of_it: &[u8], nonce: [u8; NONCE_LEN], text: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = text.to_vec();
        if let Some(cipher) = self.cipher(hash, use_of_it)? {
            cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes).map_err(|_| damaged("not sealed"))?;
        }
        Ok(bytes)
    }

    fn open(&self, hash: BlobHash, use_of_it: &[u8], nonce: [u8; NONCE_LEN], mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        if let Some(cipher) = self.cipher(hash, use_of_it)? {
            let wrong = |_| damaged("sealed under another key, or damaged");
            let length = cipher.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes).map_err(wrong)?.len();
            bytes.truncate(length);
        }
        Ok(bytes)
    }
}

/// The new name is on disk when this returns.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

fn numbered(index: u64) -> [u8; NONCE_LEN] {
    let mut nonce = [0u8; NONCE_LEN];
    if let Some(end) = nonce.last_chunk_mut::<8>() {
        *end = index.to_be_bytes();
    }
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    fn content(bytes: usize) -> Vec<u8> {
        let mut out = vec![0u8; bytes];
        blake3::Hasher::new().update(b"content").finalize_xof().fill(&mut out);
        out
    }

    fn list(content: &[u8]) -> Vec<[u8; 32]> {
        (0u64..).zip(content.chunks(PIECE_BYTES)).map(|(n, piece)| piece_hash(content.len() as u64, n, piece)).collect()
    }

    #[test]
    fn what_is_stored_reads_back_and_lies_sealed_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        for key in [None, Some([7; 32])] {
            let vault = Vault::new(dir.path().join(format!("{}", key.is_some())), key.as_ref());
            for bytes in [1, PIECE_BYTES, 2 * PIECE_BYTES + 5] {
                let content = content(bytes);
                let hash = BlobHash::of(&content);
                vault.put(hash, &content).unwrap();
                assert_eq!(vault.read(hash, bytes as u64).unwrap(), content);
                assert_eq!(vault.length(hash), Some(bytes as u64));
                let file = vault.path(hash, "");
                assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
                let raw = fs::read(&file).unwrap();
                assert_eq!(raw.starts_with(&content[..1.max(bytes.min(64))]), key.is_none(), "sealed if there is a key");
            }
        }
    }

    #[test]
    fn another_key_or_a_changed_byte_opens_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, other) = (Vault::new(dir.path().join("b"), Some(&[7; 32])), Vault::new(dir.path().join("b"), Some(&[8; 32])));
        let content = content(PIECE_BYTES + 9);
        let (hash, length) = (BlobHash::of(&content), content.len() as u64);
        vault.put(hash, &content).unwrap();
        vault.put_thumbnail(hash, b"small", &SystemClock).unwrap();
        assert_eq!(vault.thumbnail(hash).unwrap(), b"small");
        assert_eq!(other.read(hash, length).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(other.thumbnail(hash).unwrap_err().kind(), io::ErrorKind::InvalidData);
        let path = vault.path(hash, "");
        let mut raw = fs::read(&path).unwrap();
        raw[10] ^= 1;
        fs::write(&path, raw).unwrap();
        assert_eq!(vault.read_piece(hash, length, 0).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert_eq!(vault.read_piece(hash, length, 1).unwrap(), content[PIECE_BYTES..], "the other piece is untouched");
    }

    #[test]
    fn an_interrupted_blob_is_believed_piece_by_piece() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::new(dir.path().join("b"), Some(&[7; 32]));
        let content = content(4 * PIECE_BYTES + 1);
        let (hash, length, list) = (BlobHash::of(&content), content.len() as u64, list(&content));
        assert_eq!(vault.present(hash, length, &list), vec![false; 5]);
        for index in [0usize, 3] {
            vault.write_piece(hash, index as u64, &content[index * PIECE_BYTES..(index + 1) * PIECE_BYTES]).unwrap();
        }
        assert_eq!(vault.present(hash, length, &list), [true, false, false, true, false]);
        assert!(vault.length(hash).is_none(), "a part is not the whole");
        // A torn write: half of the piece is what was there before.
        let file = OpenOptions::new().write(true).open(vault.path(hash, ".part")).unwrap();
        file.write_all_at(&[0; 100], 50).unwrap();
        assert_eq!(vault.present(hash, length, &list), [false, false, false, true, false]);
    }
}
