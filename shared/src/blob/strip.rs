//! Takes out of a picture what a camera or a program wrote about it: position, time, device, owner, comments, previews. The picture itself is copied
//! byte for byte, never encoded anew; which way is up is kept.
//!
//! By allow-list: a segment or chunk that is not known to be needed for showing the picture is left out, whatever it is called, and so is everything
//! behind the picture's end (phones hang videos and second pictures there). PDF is kept as it is: scanners write no position, and its insides are not
//! ours to rewrite.
//!
//! Invariants: the result is never longer than the input but for [`exif`]'s 44 bytes; reading is linear and bounded by the input.

mod exif;
mod jpeg;
mod png;
mod webp;

use super::kind::Kind;

/// The picture's structure is not that of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is damaged or cut short")]
pub struct Damaged;

/// A cleaned file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripped {
    /// What is kept.
    pub bytes: Vec<u8>,
    /// As EXIF says it, 1 to 8; 1: as it stands.
    pub orientation: u8,
}

/// Cleans a file.
///
/// # Errors
/// It is not what its first bytes say.
pub fn strip(kind: Kind, bytes: &[u8]) -> Result<Stripped, Damaged> {
    match kind {
        Kind::Jpeg => jpeg::strip(bytes),
        Kind::Png => png::strip(bytes),
        Kind::Webp => webp::strip(bytes),
        Kind::Pdf => Ok(Stripped { bytes: bytes.to_vec(), orientation: 1 }),
    }
}

#[cfg(test)]
mod tests;
