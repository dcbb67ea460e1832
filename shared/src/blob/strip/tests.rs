//! Pictures with a position in them, made here; and hostile ones.

use super::*;
use image::{DynamicImage, ImageFormat};
use proptest::prelude::*;
use std::io::Cursor;

fn picture(format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(24, 16).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// EXIF as a phone writes it: orientation 6, and a GPS directory with 26°35'12" N.
fn gps() -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0\x02\0".to_vec();
    out.extend_from_slice(b"\x12\x01\x03\0\x01\0\0\0\x06\0\0\0");
    out.extend_from_slice(b"\x25\x88\x04\0\x01\0\0\0\x26\0\0\0");
    out.extend_from_slice(b"\0\0\0\0");
    out.extend_from_slice(b"\x02\0\x01\0\x02\0\x02\0\0\0N\0\0\0\x02\0\x05\0\x03\0\0\0\x44\0\0\0\0\0\0\0");
    for part in [26u32, 1, 35, 1, 12, 1] {
        out.extend_from_slice(&part.to_le_bytes());
    }
    out.extend_from_slice(b"GPS-SECRET");
    out
}

fn jpeg_segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xff, marker], &u16::try_from(content.len() + 2).unwrap().to_be_bytes()[..], content].concat()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

fn jpeg_with_gps() -> Vec<u8> {
    let plain = picture(ImageFormat::Jpeg);
    let mut out = plain[..2].to_vec();
    out.extend(jpeg_segment(0xe1, &[b"Exif\0\0".to_vec(), gps()].concat()));
    out.extend(jpeg_segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x exif:GPSLatitude='SECRET'/>"));
    out.extend(jpeg_segment(0xe2, b"MPF\0SECRET"));
    out.extend(jpeg_segment(0xed, b"Photoshop 3.0\0SECRET"));
    out.extend(jpeg_segment(0xfe, b"SECRET comment"));
    out.extend_from_slice(&plain[2..]);
    out.extend_from_slice(b"SECRET video behind the picture");
    out
}

fn same_picture(a: &[u8], b: &[u8]) -> bool {
    image::load_from_memory(a).unwrap().to_rgb8() == image::load_from_memory(b).unwrap().to_rgb8()
}

#[test]
fn the_position_in_a_jpeg_is_gone_and_the_picture_and_its_orientation_stay() {
    let dirty = jpeg_with_gps();
    assert!(holds(&dirty, b"SECRET") && holds(&dirty, b"\x25\x88\x04"));
    let clean = strip(Kind::Jpeg, &dirty).unwrap();
    assert!(!holds(&clean.bytes, b"SECRET") && !holds(&clean.bytes, b"\x25\x88\x04"));
    assert_eq!(clean.orientation, 6);
    assert!(same_picture(&dirty, &clean.bytes));
    let again = strip(Kind::Jpeg, &clean.bytes).unwrap();
    assert_eq!(again, clean, "cleaning twice changes nothing");
}

#[test]
fn the_position_in_a_png_is_gone_and_the_picture_and_its_orientation_stay() {
    let plain = picture(ImageFormat::Png);
    let chunk = |name: &[u8; 4], content: &[u8]| [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], name, content, &[0; 4]].concat();
    let mut dirty = plain[..33].to_vec();
    dirty.extend(chunk(b"eXIf", &gps()));
    dirty.extend(chunk(b"iTXt", b"XML:com.adobe.xmp\0SECRET"));
    dirty.extend(chunk(b"tEXt", b"Location\0SECRET"));
    dirty.extend_from_slice(&plain[33..]);
    dirty.extend_from_slice(b"SECRET");
    let clean = strip(Kind::Png, &dirty).unwrap();
    assert!(!holds(&clean.bytes, b"SECRET"));
    assert_eq!(clean.orientation, 6);
    assert!(same_picture(&plain, &clean.bytes));
    assert_eq!(strip(Kind::Png, &clean.bytes).unwrap(), clean);
}

#[test]
fn the_position_in_a_webp_is_gone_and_the_picture_and_its_orientation_stay() {
    let plain = picture(ImageFormat::WebP);
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let pad = vec![0; content.len() % 2];
        [&name[..], &u32::try_from(content.len()).unwrap().to_le_bytes(), content, &pad].concat()
    };
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(b"VP8X", &[0x0c, 0, 0, 0, 23, 0, 0, 15, 0, 0]));
    body.extend_from_slice(&plain[12..]);
    body.extend(chunk(b"EXIF", &gps()));
    body.extend(chunk(b"XMP ", b"SECRET"));
    let dirty = [&b"RIFF"[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), &body, b"SECRET"].concat();
    let clean = strip(Kind::Webp, &dirty).unwrap();
    assert!(!holds(&clean.bytes, b"SECRET"));
    assert_eq!(clean.orientation, 6);
    assert!(same_picture(&plain, &clean.bytes));
    assert_eq!(strip(Kind::Webp, &clean.bytes).unwrap(), clean);
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    for (kind, format) in [(Kind::Jpeg, ImageFormat::Jpeg), (Kind::Png, ImageFormat::Png), (Kind::Webp, ImageFormat::WebP)] {
        let whole = picture(format);
        for cut in 12..whole.len() - 1 {
            assert_eq!(strip(kind, &whole[..cut]), Err(Damaged), "{kind:?} at {cut}");
        }
    }
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic_and_never_grow(seed in 0u8..3, at in any::<prop::sample::Index>(), noise in prop::collection::vec(any::<u8>(), 1..40)) {
        let (kind, mut bytes) = match seed {
            0 => (Kind::Jpeg, jpeg_with_gps()),
            1 => (Kind::Png, picture(ImageFormat::Png)),
            _ => (Kind::Webp, picture(ImageFormat::WebP)),
        };
        let at = at.index(bytes.len());
        for (slot, byte) in bytes[at..].iter_mut().zip(&noise) {
            *slot = *byte;
        }
        if let Ok(clean) = strip(kind, &bytes) {
            prop_assert!(clean.bytes.len() <= bytes.len() + 44);
            let _ = super::super::thumbnail::make(kind, &clean.bytes, clean.orientation);
        }
    }

    #[test]
    fn any_bytes_at_all_are_refused_or_cleaned(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        for kind in [Kind::Jpeg, Kind::Png, Kind::Webp, Kind::Pdf] {
            let _ = strip(kind, &noise);
            let _ = super::super::thumbnail::make(kind, &noise, 1);
        }
    }
}
