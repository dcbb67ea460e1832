//! PNG: chunks.

use super::{Damaged, Stripped, exif};

/// What showing the picture needs.
const KEPT: [&[u8; 4]; 12] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs"];
const HEAD: usize = 8;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, Damaged> {
    let mut out = bytes.get(..HEAD).ok_or(Damaged)?.to_vec();
    let mut rest = bytes.get(HEAD..).ok_or(Damaged)?;
    let (mut orientation, mut behind_head) = (1, 0);
    loop {
        let length = rest.first_chunk::<4>().and_then(|length| usize::try_from(u32::from_be_bytes(*length)).ok()).ok_or(Damaged)?;
        // Length, name, content, checksum.
        let (chunk, after) = length.checked_add(12).and_then(|all| rest.split_at_checked(all)).ok_or(Damaged)?;
        let (name, content) = (chunk.get(4..8).ok_or(Damaged)?, chunk.get(8..8 + length).ok_or(Damaged)?);
        if (out.len() == HEAD) != (name == b"IHDR") {
            return Err(Damaged);
        }
        if name == b"eXIf" {
            orientation = exif::orientation(content);
        }
        if KEPT.iter().any(|kept| name == *kept) {
            out.extend_from_slice(chunk);
        }
        if name == b"IHDR" {
            behind_head = out.len();
        }
        if name == b"IEND" {
            break;
        }
        rest = after;
    }
    if orientation != 1 {
        out.splice(behind_head..behind_head, chunk(*b"eXIf", &exif::block(orientation)));
    }
    Ok(Stripped { bytes: out, orientation })
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    out.extend_from_slice(&name);
    out.extend_from_slice(content);
    let sum = crc(out.get(4..).unwrap_or_default());
    out.extend_from_slice(&sum.to_be_bytes());
    out
}

/// CRC-32 of ISO 3309, bit by bit: it runs over 30 bytes.
fn crc(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_checksum_is_the_one_of_the_standard() {
        assert_eq!(super::crc(b"IEND"), 0xae42_6082);
    }
}
