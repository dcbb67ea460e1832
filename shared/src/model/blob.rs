//! A file beside the records: what names it, how a record refers to it, and the pieces it is cut into.
//!
//! A blob's name is BLAKE3 of its bytes. BLAKE3 is a tree: a piece of [`PIECE_BYTES`] is a whole subtree of it, so the list of the pieces' own hashes
//! merges to the name. Who has the name from a signed record can check the list, and with the list each piece alone, in any order; nothing else needs
//! to be trusted. A file of one piece has its name as the only entry.

use blake3::hazmat::{HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root};

/// Bytes of a piece: what is verified, encrypted, stored and asked for at once. 64 KiB = 64 chunks of BLAKE3, a power of two, as its tree wants.
pub const PIECE_BYTES: usize = 64 * 1024;
/// No blob is larger, whatever is configured: 64 MiB, 1,024 pieces, a list of 32 KiB.
pub const BLOB_BYTES_MAX: u64 = 64 << 20;
/// Most characters of a file's name.
pub const NAME_CHARS_MAX: usize = 200;

/// BLAKE3 of a blob's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash(pub [u8; 32]);

impl BlobHash {
    /// Of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// From 64 lower-case hex digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let lower = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        blake3::Hash::from_hex(text).ok().filter(|_| lower && text.len() == 64).map(|hash| Self(*hash.as_bytes()))
    }
}

impl std::fmt::Display for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobHash({self})")
    }
}

/// A record's reference to a blob, as it stands in a field of type `file`: `blake3:<64 hex>;<name>;<bytes>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Which blob.
    pub hash: BlobHash,
    /// The file's name, for people.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

impl Attachment {
    /// From a field's value; `None` if it is no reference.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("blake3:")?.split(';');
        let (hash, name, bytes) = (BlobHash::from_hex(parts.next()?)?, parts.next()?, parts.next()?);
        let digits = bytes.bytes().all(|b| b.is_ascii_digit());
        let bytes = bytes.parse().ok().filter(|_| digits && parts.next().is_none())?;
        Some(Self { hash, name: name.to_owned(), bytes })
    }

    /// True if its name says that it is a picture, of which there is a thumbnail.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        let end = self.name.rsplit('.').next().unwrap_or_default();
        ["jpg", "jpeg", "png", "webp"].iter().any(|known| end.eq_ignore_ascii_case(known))
    }
}

impl std::fmt::Display for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "blake3:{};{};{}", self.hash, self.name, self.bytes)
    }
}

/// How many pieces a blob of `bytes` has; 0 for none.
#[must_use]
pub fn pieces(bytes: u64) -> u64 {
    bytes.div_ceil(PIECE_BYTES as u64)
}

/// Length of piece `index` of a blob of `bytes`; 0 beyond its end.
#[must_use]
pub fn piece_len(bytes: u64, index: u64) -> usize {
    let left = bytes.saturating_sub(index.saturating_mul(PIECE_BYTES as u64));
    usize::try_from(left).unwrap_or(usize::MAX).min(PIECE_BYTES)
}

/// A piece's entry in the list of a blob of `bytes`.
#[must_use]
pub fn piece_hash(bytes: u64, index: u64, piece: &[u8]) -> [u8; 32] {
    if pieces(bytes) == 1 {
        return *blake3::hash(piece).as_bytes();
    }
    // An empty piece at an offset has no place in the tree: no blob has one.
    if piece.is_empty() {
        return [0; 32];
    }
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(index.saturating_mul(PIECE_BYTES as u64)).update(piece);
    hasher.finalize_non_root()
}

/// The name that a list of pieces merges to; `None` for an empty one.
#[must_use]
pub fn name_of(list: &[[u8; 32]]) -> Option<BlobHash> {
    let [left, right] = match list {
        [] => return None,
        [only] => return Some(BlobHash(*only)),
        more => halves(more)?,
    };
    Some(BlobHash(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes()))
}

/// Both sides of a node: the left one takes the largest power of two of pieces that leaves something to the right.
fn halves(list: &[[u8; 32]]) -> Option<[[u8; 32]; 2]> {
    let (left, right) = list.split_at_checked(list.len().div_ceil(2).next_power_of_two())?;
    Some([inner(left)?, inner(right)?])
}

fn inner(list: &[[u8; 32]]) -> Option<[u8; 32]> {
    match list {
        [] => None,
        [only] => Some(*only),
        more => halves(more).map(|[left, right]| merge_subtrees_non_root(&left, &right, Mode::Hash)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_pieces_merges_to_the_blobs_name_whatever_its_length() {
        for bytes in [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 7, 8 * PIECE_BYTES, 21 * PIECE_BYTES + 1] {
            let mut content = vec![0u8; bytes];
            blake3::Hasher::new().update(&bytes.to_le_bytes()).finalize_xof().fill(&mut content);
            let list: Vec<_> = (0u64..).zip(content.chunks(PIECE_BYTES)).map(|(n, piece)| piece_hash(bytes as u64, n, piece)).collect();
            assert_eq!(list.len() as u64, pieces(bytes as u64));
            assert_eq!(name_of(&list), Some(BlobHash::of(&content)), "{bytes} bytes");
        }
        assert_eq!(name_of(&[]), None);
    }

    #[test]
    fn a_reference_reads_back_and_nothing_else_is_one() {
        let whole = Attachment { hash: BlobHash([0xa1; 32]), name: "照片.JPG".into(), bytes: 1024 };
        assert_eq!(Attachment::read(&whole.to_string()), Some(whole.clone()));
        assert!(whole.is_picture() && !Attachment { name: "扫描.pdf".into(), ..whole.clone() }.is_picture());
        let upper = whole.to_string().replace("a1", "A1");
        for bad in [
            "",
            "blake3:12;a.jpg;1",
            &upper,
            &format!("{whole};x"),
            &whole.to_string().replace("1024", "-1"),
            &whole.to_string().replace("1024", "+1"),
        ] {
            assert_eq!(Attachment::read(bad), None, "{bad}");
        }
    }
}
