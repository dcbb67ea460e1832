//! The one thing of EXIF that is kept: which way is up. Read with bounds, written anew with nothing beside it.

/// Tag 0x0112 of the first directory, 1 to 8; 1 if there is none or it makes no sense.
pub(super) fn orientation(tiff: &[u8]) -> u8 {
    found(tiff).filter(|value| (1..=8).contains(value)).and_then(|value| u8::try_from(value).ok()).unwrap_or(1)
}

fn found(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| -> Option<u16> {
        let pair: [u8; 2] = tiff.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let quad: [u8; 4] = tiff.get(4..8)?.try_into().ok()?;
    let directory = usize::try_from(if little { u32::from_le_bytes(quad) } else { u32::from_be_bytes(quad) }).ok()?;
    let first = directory.checked_add(2)?;
    // At most 65,535 entries of 12 bytes, each within the bytes there are.
    (0..usize::from(short(directory)?)).map_while(|n| first.checked_add(n * 12)).find_map(|at| {
        let is_it = short(at)? == 0x0112 && short(at.checked_add(2)?)? == 3;
        if is_it { short(at.checked_add(8)?) } else { None }
    })
}

/// A TIFF block that says this orientation and nothing else: header, one entry, no second directory.
pub(super) fn block(orientation: u8) -> Vec<u8> {
    let mut out = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    out.push(orientation);
    out.extend_from_slice(&[0; 6]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_and_nonsense_is_upright() {
        for value in 1..=8 {
            assert_eq!(orientation(&block(value)), value);
        }
        assert_eq!(orientation(b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"), 6);
        for bad in [&b""[..], b"II*\0", b"MM\0*\xff\xff\xff\xff", &block(0), &block(9)] {
            assert_eq!(orientation(bad), 1);
        }
    }
}
