//! What couriers say to each other: frames 12 to 20, on the streams of blobs only (docs/PROTOCOL.md §11).

use crate::{
    model::blob::{BLOB_BYTES_MAX, BlobHash, PIECE_BYTES},
    sync::{
        frame::RawFrame,
        wire::{Reader, WireError, put_bytes, put_u64},
    },
};

/// Most names in one OFFER or KEPT: 32 KiB.
pub const NAMES_MAX: usize = 1_000;
/// Most bytes of a thumbnail.
pub const THUMBNAIL_BYTES_MAX: usize = 64 * 1024;
/// Most entries of a LIST.
const LIST_MAX: usize = 1_024;
const _: () = assert!(LIST_MAX as u64 * PIECE_BYTES as u64 == BLOB_BYTES_MAX);

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The small picture.
    Thumbnail,
    /// The file: its list first, then its pieces.
    Whole,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// 12: these are whole here, and not known to be there.
    Offer(Vec<BlobHash>),
    /// 13: these are whole here, on disk.
    Kept(Vec<BlobHash>),
    /// 14: asks for it.
    Want(BlobHash, Part),
    /// 15: not here, or not for you.
    Absent(BlobHash, Part),
    /// 16: what was absent is here now.
    Here(BlobHash, Part),
    /// 17: answer to a WANT of a thumbnail.
    Thumbnail(BlobHash, Vec<u8>),
    /// 18: answer to a WANT of the whole: its length and the hashes of its pieces.
    List(BlobHash, u64, Vec<[u8; 32]>),
    /// 19: asks for pieces `first` to `first + count - 1`.
    Pull(BlobHash, u64, u64),
    /// 20: one piece.
    Piece(BlobHash, u64, Vec<u8>),
}

impl Message {
    /// The frame's bytes, length and type included.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let kind = match self {
            Self::Offer(names) => put_names(&mut body, names, 12),
            Self::Kept(names) => put_names(&mut body, names, 13),
            Self::Want(hash, part) => put_part(&mut body, *hash, *part, 14),
            Self::Absent(hash, part) => put_part(&mut body, *hash, *part, 15),
            Self::Here(hash, part) => put_part(&mut body, *hash, *part, 16),
            Self::Thumbnail(hash, bytes) => {
                body.extend_from_slice(&hash.0);
                put_bytes(&mut body, bytes);
                17
            }
            Self::List(hash, bytes, list) => {
                body.extend_from_slice(&hash.0);
                put_u64(&mut body, *bytes);
                put_u64(&mut body, list.len() as u64);
                body.extend(list.iter().flatten());
                18
            }
            Self::Pull(hash, first, count) => {
                body.extend_from_slice(&hash.0);
                put_u64(&mut body, *first);
                put_u64(&mut body, *count);
                19
            }
            Self::Piece(hash, index, bytes) => {
                body.extend_from_slice(&hash.0);
                put_u64(&mut body, *index);
                put_bytes(&mut body, bytes);
                20
            }
        };
        RawFrame { kind, body }.to_bytes()
    }

    /// Reads a frame's body; `None` for a type that is none of a courier's, which is skipped.
    ///
    /// # Errors
    /// The body is not of its type.
    pub fn read(frame: &RawFrame) -> Result<Option<Self>, WireError> {
        let mut from = Reader::new(&frame.body);
        let message = match frame.kind {
            12 => Self::Offer(names(&mut from)?),
            13 => Self::Kept(names(&mut from)?),
            14 => Self::Want(BlobHash(from.array()?), part(&mut from)?),
            15 => Self::Absent(BlobHash(from.array()?), part(&mut from)?),
            16 => Self::Here(BlobHash(from.array()?), part(&mut from)?),
            17 => Self::Thumbnail(BlobHash(from.array()?), from.bytes("a thumbnail", THUMBNAIL_BYTES_MAX)?.to_vec()),
            18 => {
                let (hash, bytes) = (BlobHash(from.array()?), from.u64()?);
                let count = from.count("a list of pieces", LIST_MAX, 32)?;
                Self::List(hash, bytes, (0..count).map(|_| from.array()).collect::<Result<_, _>>()?)
            }
            19 => Self::Pull(BlobHash(from.array()?), from.u64()?, from.u64()?),
            20 => Self::Piece(BlobHash(from.array()?), from.u64()?, from.bytes("a piece", PIECE_BYTES)?.to_vec()),
            _ => return Ok(None),
        };
        from.end()?;
        Ok(Some(message))
    }
}

fn put_names(out: &mut Vec<u8>, names: &[BlobHash], kind: u8) -> u8 {
    put_u64(out, names.len() as u64);
    out.extend(names.iter().flat_map(|name| name.0));
    kind
}

fn names(from: &mut Reader<'_>) -> Result<Vec<BlobHash>, WireError> {
    let count = from.count("a list of blobs", NAMES_MAX, 32)?;
    (0..count).map(|_| from.array().map(BlobHash)).collect()
}

fn put_part(out: &mut Vec<u8>, hash: BlobHash, part: Part, kind: u8) -> u8 {
    out.extend_from_slice(&hash.0);
    out.push(u8::from(part == Part::Whole));
    kind
}

fn part(from: &mut Reader<'_>) -> Result<Part, WireError> {
    Ok(if from.bool()? { Part::Whole } else { Part::Thumbnail })
}
