//! Numbers and byte strings as they stand in frames: minimal LEB128, fixed arrays, length-prefixed strings.
//!
//! Invariants: reading never allocates before the bytes are there; every list length is checked against a limit and against what is left;
//! a number written with more bytes than it needs is an error, so that one value has one form.

/// What is wrong with the bytes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes end in the middle of a field.
    #[error("the bytes end too early")]
    Short,
    /// A number over 64 bits, or written longer than needed.
    #[error("a number is not minimal LEB128")]
    Number,
    /// A list or string over its limit.
    #[error("{what} is over its limit")]
    Limit {
        /// What.
        what: &'static str,
    },
    /// A field has a value that it cannot have.
    #[error("{what} is not valid")]
    Value {
        /// Which.
        what: &'static str,
    },
    /// Bytes follow where the body must end.
    #[error("bytes follow the last field")]
    Trailing,
}

/// Appends unsigned LEB128.
pub(crate) fn put_u64(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(low_seven(value) | 0x80);
        value >>= 7;
    }
    out.push(low_seven(value));
}

/// Appends a signed number, zigzag then LEB128.
pub(crate) fn put_i64(out: &mut Vec<u8>, value: i64) {
    put_u64(out, zigzag(value));
}

/// Small magnitudes of both signs become small unsigned numbers.
pub(crate) fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

/// Reverse of [`zigzag`].
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Appends a length and the bytes.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u64(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn low_seven(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// How many bytes [`put_u64`] would append.
pub(crate) fn u64_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Reads fields from the front of a slice.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The body must end here.
    pub(crate) fn end(&self) -> Result<(), WireError> {
        if self.rest.is_empty() { Ok(()) } else { Err(WireError::Trailing) }
    }

    pub(crate) fn take(&mut self, n: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(n).ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Short)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, WireError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    pub(crate) fn bool(&mut self) -> Result<bool, WireError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(WireError::Value { what: "a flag" }),
        }
    }

    /// Unsigned LEB128, minimal, at most 64 bits.
    pub(crate) fn u64(&mut self) -> Result<u64, WireError> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(WireError::Number);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(WireError::Number) } else { Ok(value) };
            }
        }
        Err(WireError::Number)
    }

    pub(crate) fn i64(&mut self) -> Result<i64, WireError> {
        self.u64().map(unzigzag)
    }

    /// A list's length: at most `max`, and each element takes at least `each` of the bytes left.
    pub(crate) fn count(&mut self, what: &'static str, max: usize, each: usize) -> Result<usize, WireError> {
        let n = usize::try_from(self.u64()?).map_err(|_| WireError::Limit { what })?;
        if n > max {
            return Err(WireError::Limit { what });
        }
        if n.saturating_mul(each) > self.rest.len() {
            return Err(WireError::Short);
        }
        Ok(n)
    }

    /// A length-prefixed string of at most `max` bytes.
    pub(crate) fn bytes(&mut self, what: &'static str, max: usize) -> Result<&'a [u8], WireError> {
        let n = self.count(what, max, 1)?;
        self.take(n)
    }

    /// A length-prefixed UTF-8 text of at most `max` bytes.
    pub(crate) fn text(&mut self, what: &'static str, max: usize) -> Result<String, WireError> {
        let bytes = self.bytes(what, max)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| WireError::Value { what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_survive_and_know_their_length(value: u64, signed: i64) {
            let mut out = Vec::new();
            put_u64(&mut out, value);
            prop_assert_eq!(out.len(), u64_len(value));
            put_i64(&mut out, signed);
            let mut reader = Reader::new(&out);
            prop_assert_eq!(reader.u64(), Ok(value));
            prop_assert_eq!(reader.i64(), Ok(signed));
            prop_assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn a_number_has_one_form() {
        assert_eq!(Reader::new(&[0x80, 0x00]).u64(), Err(WireError::Number));
        assert_eq!(Reader::new(&[0xff; 11]).u64(), Err(WireError::Number));
        assert_eq!(Reader::new(&[0x80]).u64(), Err(WireError::Short));
    }

    #[test]
    fn a_claimed_length_is_checked_against_the_bytes_left() {
        let mut out = Vec::new();
        put_u64(&mut out, 1 << 40);
        assert_eq!(Reader::new(&out).count("a list", usize::MAX, 16), Err(WireError::Short));
        assert_eq!(Reader::new(&out).count("a list", 10, 16), Err(WireError::Limit { what: "a list" }));
    }
}
