//! JPEG: segments up to the scan, scans up to the end marker.

use super::{Damaged, Stripped, exif};

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

pub(super) fn strip(bytes: &[u8]) -> Result<Stripped, Damaged> {
    let mut out = vec![0xff, 0xd8];
    let mut orientation = 1;
    let (mut at, mut scanned) = (2, false);
    loop {
        let marker = next_marker(bytes, &mut at)?;
        if marker == END {
            out.extend_from_slice(&[0xff, END]);
            // A picture without a scan is none.
            return if scanned { Ok(Stripped { bytes: upright(out, orientation), orientation }) } else { Err(Damaged) };
        }
        let body = body(bytes, &mut at)?;
        if marker == 0xe1
            && let Some(tiff) = body.get(2..).and_then(|body| body.strip_prefix(b"Exif\0\0"))
        {
            orientation = if orientation == 1 { exif::orientation(tiff) } else { orientation };
        }
        if !kept(marker, body) {
            continue;
        }
        out.extend_from_slice(&[0xff, marker]);
        out.extend_from_slice(body);
        if marker == SCAN {
            scanned = true;
            let coded = scan(bytes, at)?;
            out.extend_from_slice(coded);
            at += coded.len();
        }
    }
}

/// The marker behind any number of fill bytes.
fn next_marker(bytes: &[u8], at: &mut usize) -> Result<u8, Damaged> {
    if bytes.get(*at) != Some(&0xff) {
        return Err(Damaged);
    }
    while bytes.get(*at) == Some(&0xff) {
        *at += 1;
    }
    let marker = *bytes.get(*at).ok_or(Damaged)?;
    *at += 1;
    // Markers without a length have no place between segments.
    if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) { Err(Damaged) } else { Ok(marker) }
}

/// Length and content.
fn body<'a>(bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8], Damaged> {
    let length = bytes.get(*at..).and_then(|rest| rest.first_chunk::<2>()).map(|pair| usize::from(u16::from_be_bytes(*pair))).ok_or(Damaged)?;
    let body = bytes.get(*at..*at + length).filter(|_| length >= 2).ok_or(Damaged)?;
    *at += length;
    Ok(body)
}

/// Frames, tables and scans; of the applications' segments JFIF, colour profile and Adobe's colour transform.
fn kept(marker: u8, body: &[u8]) -> bool {
    let content = body.get(2..).unwrap_or_default();
    match marker {
        0xe0 => content.starts_with(b"JFIF\0"),
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        0xe1..=0xfe => false,
        _ => true,
    }
}

/// Coded data up to the next marker that is neither a stuffed zero nor a restart.
fn scan(bytes: &[u8], from: usize) -> Result<&[u8], Damaged> {
    let rest = bytes.get(from..).ok_or(Damaged)?;
    // Fill bytes before the marker fall to the data, as they may stand there too.
    let ends = |pair: &[u8]| matches!(pair, [0xff, second] if !matches!(second, 0x00 | 0xd0..=0xd7 | 0xff));
    let end = rest.windows(2).position(ends).ok_or(Damaged)?;
    rest.get(..end).ok_or(Damaged)
}

fn upright(mut out: Vec<u8>, orientation: u8) -> Vec<u8> {
    if orientation == 1 {
        return out;
    }
    let block = exif::block(orientation);
    let length = u16::try_from(2 + 6 + block.len()).unwrap_or(u16::MAX).to_be_bytes();
    let segment = [&[0xff, 0xe1], &length[..], b"Exif\0\0", &block].concat();
    // Behind JFIF's segment, which must be the first.
    let behind = match out.get(2..6) {
        Some([0xff, 0xe0, high, low]) => 4 + usize::from(u16::from_be_bytes([*high, *low])),
        _ => 2,
    };
    out.splice(behind..behind, segment);
    out
}
