//! The small picture for lists: JPEG, at most 320 px a side, the right way up, with nothing of the camera in it.
//!
//! Bounds: a picture of more than [`PIXELS_MAX`] is not decoded at all (a few bytes may claim billions), the decoder gets [`DECODE_BYTES_MAX`] and no
//! more, and a panic in it is a refusal.

use super::kind::Kind;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, metadata::Orientation};
use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Longer side, pixels.
pub const SIDE_PX_MAX: u32 = 320;
/// Most bytes of a thumbnail; noise at 320 x 320 takes 60 KiB at the better quality.
pub const THUMBNAIL_BYTES_MAX: usize = 64 * 1024;
/// Largest picture: 50 megapixels, what phones of today take at most in ordinary use.
pub const PIXELS_MAX: u64 = 50_000_000;
/// Memory of the decoder: 50 megapixels of 4 bytes.
const DECODE_BYTES_MAX: u64 = 4 * PIXELS_MAX;
const QUALITIES: [u8; 3] = [78, 60, 35];

/// Why there is no thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoThumbnail {
    /// Not a picture.
    #[error("not a picture")]
    NoPicture,
    /// More pixels than are decoded.
    #[error("the picture has too many pixels")]
    Pixels,
    /// Not decodable.
    #[error("the picture is damaged")]
    Damaged,
}

/// Makes it. `orientation` as EXIF says it.
///
/// # Errors
/// See [`NoThumbnail`].
pub fn make(kind: Kind, bytes: &[u8], orientation: u8) -> Result<Vec<u8>, NoThumbnail> {
    let format = match kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        Kind::Webp => ImageFormat::WebP,
        Kind::Pdf => return Err(NoThumbnail::NoPicture),
    };
    catch_unwind(AssertUnwindSafe(|| small(format, bytes, orientation))).unwrap_or(Err(NoThumbnail::Damaged))
}

/// True if these bytes are a thumbnail as [`make`] writes it: small, a JPEG, decodable.
#[must_use]
pub fn is_one(bytes: &[u8]) -> bool {
    let decoded = || decode(ImageFormat::Jpeg, bytes, u64::from(SIDE_PX_MAX) * u64::from(SIDE_PX_MAX));
    bytes.len() <= THUMBNAIL_BYTES_MAX
        && Kind::of(bytes) == Some(Kind::Jpeg)
        && catch_unwind(AssertUnwindSafe(decoded)).is_ok_and(|picture| picture.is_ok_and(|p| p.width() <= SIDE_PX_MAX && p.height() <= SIDE_PX_MAX))
}

fn decode(format: ImageFormat, bytes: &[u8], pixels_max: u64) -> Result<DynamicImage, NoThumbnail> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| NoThumbnail::Damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > pixels_max || decoder.total_bytes() > DECODE_BYTES_MAX {
        return Err(NoThumbnail::Pixels);
    }
    DynamicImage::from_decoder(decoder).map_err(|_| NoThumbnail::Damaged)
}

fn small(format: ImageFormat, bytes: &[u8], orientation: u8) -> Result<Vec<u8>, NoThumbnail> {
    let picture = decode(format, bytes, PIXELS_MAX)?;
    let mut picture = if picture.width().max(picture.height()) > SIDE_PX_MAX { picture.thumbnail(SIDE_PX_MAX, SIDE_PX_MAX) } else { picture };
    picture.apply_orientation(Orientation::from_exif(orientation).unwrap_or(Orientation::NoTransforms));
    let picture = picture.to_rgb8();
    for quality in QUALITIES {
        let mut out = Vec::new();
        JpegEncoder::new_with_quality(&mut out, quality).encode_image(&picture).map_err(|_| NoThumbnail::Damaged)?;
        if out.len() <= THUMBNAIL_BYTES_MAX {
            return Ok(out);
        }
    }
    Err(NoThumbnail::Damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_thumbnail_is_small_and_the_right_way_up() {
        for (kind, format) in [(Kind::Jpeg, ImageFormat::Jpeg), (Kind::Png, ImageFormat::Png), (Kind::Webp, ImageFormat::WebP)] {
            let made = make(kind, &picture(800, 400, format), 6).unwrap();
            assert!(is_one(&made));
            let shown = image::load_from_memory(&made).unwrap();
            assert_eq!((shown.width(), shown.height()), (160, 320), "turned by a quarter");
        }
        assert_eq!(make(Kind::Pdf, b"%PDF-1.7", 1), Err(NoThumbnail::NoPicture));
    }

    #[test]
    fn a_bomb_is_not_decoded() {
        // A true head that claims 60,000 x 60,000 pixels; the checksum is of that head.
        let mut bomb = picture(1, 1, ImageFormat::Png);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let sum = bomb[12..29]
            .iter()
            .fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }));
        bomb[29..33].copy_from_slice(&(!sum).to_be_bytes());
        assert_eq!(make(Kind::Png, &bomb, 1), Err(NoThumbnail::Pixels));
    }

    #[test]
    fn what_is_large_or_no_picture_is_no_thumbnail() {
        assert!(!is_one(&picture(400, 10, ImageFormat::Jpeg)));
        assert!(!is_one(&picture(10, 10, ImageFormat::Png)));
        assert!(!is_one(b"\xff\xd8\xff\xe0 and then nothing"));
    }
}
