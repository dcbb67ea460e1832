//! Frames: a LEB128 length, a type byte, a body (docs/PROTOCOL.md has every field). This file owns the envelope and the incremental
//! decoder; [`crate::sync::message`] owns the bodies.
//!
//! Invariants: a frame takes at most [`FRAME_BYTES_MAX`]; the decoder holds at most one frame and what was pushed behind it; a type it does
//! not know is handed on (the session skips it), so that a later version can add one.

use super::wire::{put_u64, u64_len};

/// Most bytes of type and body together, 256 KiB.
pub const FRAME_BYTES_MAX: usize = 256 * 1024;

/// Most bytes a body inflates to, 2 MiB.
pub const INFLATED_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A length takes at most three bytes: 2^18 < 2^21.
const LENGTH_BYTES_MAX: usize = 3;

/// Two long-lived streams each way (DESIGN §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// HELLO, ACK, VERDICT, FINGERPRINTS, ACTORS, WANT, STATE, BYE.
    Control,
    /// ORIGIN, PUSH, SETTLE: what must keep its order with the records.
    Records,
}

/// A frame as it stands on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// Type byte.
    pub kind: u8,
    /// Body.
    pub body: Vec<u8>,
}

/// Why a stream of bytes is no stream of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Length over [`FRAME_BYTES_MAX`], or zero.
    #[error("a frame claims {bytes} bytes")]
    Length {
        /// What it claims.
        bytes: u64,
    },
    /// The length is not minimal LEB128.
    #[error("a frame's length is not minimal LEB128")]
    Number,
}

impl RawFrame {
    /// The bytes to send. A body over the limit is a mistake of the caller's; the peer will refuse it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let length = 1 + self.body.len() as u64;
        let mut out = Vec::with_capacity(u64_len(length) + 1 + self.body.len());
        put_u64(&mut out, length);
        out.push(self.kind);
        out.extend_from_slice(&self.body);
        out
    }
}

/// Cuts a byte stream into frames, however it was cut on its way.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    read: usize,
}

impl Decoder {
    /// An empty one, for the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what was read. Call [`Self::next_frame`] until it has nothing before pushing more; then at most a frame and a read are held.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.buffer.drain(..self.read);
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Bytes held that are not a whole frame yet: 0 at the end of an orderly stream.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len() - self.read
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// The stream is broken for good: say BYE and close.
    pub fn next_frame(&mut self) -> Result<Option<RawFrame>, FrameError> {
        let rest = self.buffer.get(self.read..).unwrap_or_default();
        let Some((length, used)) = length_of(rest)? else { return Ok(None) };
        let Some(frame) = rest.get(used..used + length) else { return Ok(None) };
        let Some((kind, body)) = frame.split_first() else { return Ok(None) };
        let frame = RawFrame { kind: *kind, body: body.to_vec() };
        self.read += used + length;
        if self.read == self.buffer.len() {
            self.buffer.clear();
            self.read = 0;
        }
        Ok(Some(frame))
    }
}

/// Length of the frame in front and the bytes its length takes; `None` until those are there.
fn length_of(bytes: &[u8]) -> Result<Option<(usize, usize)>, FrameError> {
    let mut value = 0u64;
    for (index, byte) in bytes.iter().take(LENGTH_BYTES_MAX).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            if *byte == 0 && index > 0 {
                return Err(FrameError::Number);
            }
            let length = usize::try_from(value).unwrap_or(usize::MAX);
            return if (1..=FRAME_BYTES_MAX).contains(&length) { Ok(Some((length, index + 1))) } else { Err(FrameError::Length { bytes: value }) };
        }
    }
    if bytes.len() < LENGTH_BYTES_MAX { Ok(None) } else { Err(FrameError::Length { bytes: value }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_survive_any_cutting(bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20), step in 1usize..50) {
            let frames: Vec<RawFrame> = bodies.into_iter().map(|body| RawFrame { kind: 200, body }).collect();
            let bytes: Vec<u8> = frames.iter().flat_map(RawFrame::to_bytes).collect();
            let mut decoder = Decoder::new();
            let mut read = Vec::new();
            for piece in bytes.chunks(step) {
                decoder.push(piece);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    read.push(frame);
                }
            }
            prop_assert_eq!(read, frames);
            prop_assert_eq!(decoder.pending(), 0);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error_and_never_a_long_wait(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut decoder = Decoder::new();
            decoder.push(&bytes);
            let mut total = 0;
            while let Ok(Some(frame)) = decoder.next_frame() {
                total += frame.body.len();
            }
            prop_assert!(total <= bytes.len());
        }
    }

    #[test]
    fn the_longest_frame_passes_and_one_byte_more_does_not() {
        let mut decoder = Decoder::new();
        decoder.push(&RawFrame { kind: 1, body: vec![7; FRAME_BYTES_MAX - 1] }.to_bytes());
        assert_eq!(decoder.next_frame().unwrap().unwrap().body.len(), FRAME_BYTES_MAX - 1);
        decoder.push(&RawFrame { kind: 1, body: vec![7; FRAME_BYTES_MAX] }.to_bytes());
        assert_eq!(decoder.next_frame(), Err(FrameError::Length { bytes: FRAME_BYTES_MAX as u64 + 1 }));
    }

    #[test]
    fn an_empty_or_padded_length_is_refused() {
        for (bytes, error) in [
            (&[0u8][..], FrameError::Length { bytes: 0 }),
            (&[0x81, 0x00], FrameError::Number),
            (&[0xff, 0xff, 0xff], FrameError::Length { bytes: 0x1f_ffff }),
        ] {
            let mut decoder = Decoder::new();
            decoder.push(bytes);
            assert_eq!(decoder.next_frame(), Err(error));
        }
    }
}
