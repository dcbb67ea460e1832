//! What a file is, by its first bytes: its name may say anything.

/// A kind of file that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Photographs.
    Jpeg,
    /// Screens and drawings.
    Png,
    /// Photographs of some phones.
    Webp,
    /// Scans.
    Pdf,
}

impl Kind {
    /// Of these bytes; `None` for anything that is not kept.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Some(Self::Webp);
        }
        bytes.starts_with(b"%PDF-").then_some(Self::Pdf)
    }

    /// Media type.
    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
        }
    }

    /// End of a file's name, without the dot.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(Kind::of(&[0xff, 0xd8, 0xff, 0xe1]), Some(Kind::Jpeg));
        assert_eq!(Kind::of(b"RIFF\0\0\0\0WEBPVP8 "), Some(Kind::Webp));
        assert_eq!(Kind::of(b"%PDF-1.7"), Some(Kind::Pdf));
        for other in [&b""[..], b"MZ", b"GIF89a", b"<svg xmlns=", b"RIFF\0\0\0\0WAVE", b"PK\x03\x04"] {
            assert_eq!(Kind::of(other), None);
        }
    }
}
