//! WebP: chunks of a RIFF file.

use super::{Damaged, Stripped, exif};

/// What showing the picture needs; a moving one keeps its frames.
const KEPT: [&[u8; 4]; 7] = [b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"];
const HEAD: usize = 12;
/// In VP8X: an EXIF chunk follows, an XMP chunk follows.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, Damaged> {
    let claimed = bytes.get(4..8).and_then(|length| length.first_chunk::<4>()).map(|length| u32::from_le_bytes(*length)).ok_or(Damaged)?;
    let end = usize::try_from(claimed).ok().and_then(|length| length.checked_add(8)).ok_or(Damaged)?;
    let mut rest = bytes.get(HEAD..end).ok_or(Damaged)?;
    let mut out = bytes.get(..HEAD).ok_or(Damaged)?.to_vec();
    let mut orientation = 1;
    while !rest.is_empty() {
        let length = rest.get(4..8).and_then(|l| l.first_chunk::<4>()).and_then(|l| usize::try_from(u32::from_le_bytes(*l)).ok()).ok_or(Damaged)?;
        let padded = length.checked_add(length % 2).and_then(|length| length.checked_add(8)).ok_or(Damaged)?;
        let (chunk, after) = rest.split_at_checked(padded).ok_or(Damaged)?;
        let (name, content) = (chunk.get(..4).ok_or(Damaged)?, chunk.get(8..8 + length).ok_or(Damaged)?);
        if name == b"EXIF" {
            orientation = exif::orientation(content.strip_prefix(b"Exif\0\0").unwrap_or(content));
        }
        if KEPT.iter().any(|kept| name == *kept) {
            out.extend_from_slice(chunk);
        }
        rest = after;
    }
    if out.len() == HEAD {
        return Err(Damaged);
    }
    let extended = out.get(HEAD..HEAD + 4) == Some(b"VP8X");
    if extended {
        // Only the extended form has a place for it.
        if orientation != 1 {
            let block = exif::block(orientation);
            out.extend_from_slice(b"EXIF");
            out.extend_from_slice(&u32::try_from(block.len()).unwrap_or(0).to_le_bytes());
            out.extend_from_slice(&block);
        }
        if let Some(flags) = out.get_mut(HEAD + 8) {
            *flags = (*flags & !(HAS_EXIF | HAS_XMP)) | if orientation == 1 { 0 } else { HAS_EXIF };
        }
    }
    let length = u32::try_from(out.len() - 8).map_err(|_| Damaged)?;
    if let Some(slot) = out.get_mut(4..8) {
        slot.copy_from_slice(&length.to_le_bytes());
    }
    Ok(Stripped { bytes: out, orientation: if extended { orientation } else { 1 } })
}
