//! Readers of the change format's columns (automerge.org/automerge-binary-format-spec): variable-length numbers, runs, deltas.
//!
//! Cost is that of the bytes and of the values asked for, never of what a run claims: a run of three thousand million is two numbers
//! until somebody walks it, and the walker stops at its own limit. Each reader also notices whether the column is written the way
//! Automerge itself would write it (`plain`): only then will Automerge reproduce the very same bytes when it saves the document.

use super::refusal::Refusal;

/// A forward reader over borrowed bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, Refusal> {
        let (first, rest) = self.0.split_first().ok_or(Refusal::Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    /// Unsigned LEB128 in its shortest form.
    pub(super) fn unsigned(&mut self) -> Result<u64, Refusal> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Refusal::Malformed);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(Refusal::Malformed) } else { Ok(value) };
            }
        }
        Err(Refusal::Malformed)
    }

    /// Unsigned LEB128 that counts bytes or things in memory.
    pub(super) fn length(&mut self) -> Result<usize, Refusal> {
        usize::try_from(self.unsigned()?).map_err(|_| Refusal::Malformed)
    }

    /// Signed LEB128 in its shortest form.
    pub(super) fn signed(&mut self) -> Result<i64, Refusal> {
        let (mut value, mut before) = (0i64, 0u8);
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(Refusal::Malformed);
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let overlong = shift > 0 && ((byte == 0 && before & 0x40 == 0) || (byte == 0x7f && before & 0x40 != 0));
                if overlong {
                    return Err(Refusal::Malformed);
                }
                let negative = byte & 0x40 != 0 && shift < 57;
                return Ok(if negative { value | (-1i64 << (shift + 7)) } else { value });
            }
            before = byte;
        }
        Err(Refusal::Malformed)
    }
}

/// A value that a run-length encoded column holds.
pub(super) trait Item<'a>: Copy + PartialEq {
    fn read(from: &mut Cursor<'a>) -> Result<Self, Refusal>;
}

impl Item<'_> for u64 {
    fn read(from: &mut Cursor<'_>) -> Result<Self, Refusal> {
        from.unsigned()
    }
}

impl Item<'_> for i64 {
    fn read(from: &mut Cursor<'_>) -> Result<Self, Refusal> {
        from.signed()
    }
}

impl<'a> Item<'a> for &'a str {
    fn read(from: &mut Cursor<'a>) -> Result<Self, Refusal> {
        let length = from.length()?;
        std::str::from_utf8(from.take(length)?).map_err(|_| Refusal::Malformed)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Run {
    Start,
    Repeat,
    Literal,
    Null,
}

/// A run-length encoded column, read value by value.
pub(super) struct Runs<'a, T> {
    from: Cursor<'a>,
    absent: bool,
    run: Run,
    left: u64,
    value: Option<T>,
    plain: bool,
}

impl<'a, T: Item<'a>> Runs<'a, T> {
    /// An absent column reads as null for ever.
    pub(super) fn new(bytes: Option<&'a [u8]>) -> Self {
        Self { from: Cursor::new(bytes.unwrap_or_default()), absent: bytes.is_none(), run: Run::Start, left: 0, value: None, plain: true }
    }

    pub(super) fn next(&mut self) -> Result<Option<T>, Refusal> {
        if self.absent {
            return Ok(None);
        }
        let opened = self.left == 0;
        if opened {
            self.open()?;
        }
        self.left -= 1;
        if self.run == Run::Literal {
            let value = T::read(&mut self.from)?;
            self.plain &= self.value != Some(value);
            self.value = Some(value);
        }
        Ok(if self.run == Run::Null { None } else { self.value })
    }

    fn open(&mut self) -> Result<(), Refusal> {
        let before = (self.run, self.value);
        let count = self.from.signed()?;
        self.left = count.unsigned_abs();
        match count {
            0 => {
                self.left = self.from.unsigned()?;
                self.run = Run::Null;
                self.value = None;
                // A column of nothing but nulls is left out.
                self.plain &= before.0 != Run::Null && !(before.0 == Run::Start && self.from.is_empty());
            }
            1.. => {
                let value = T::read(&mut self.from)?;
                self.run = Run::Repeat;
                self.value = Some(value);
                self.plain &= count > 1 && before.1 != Some(value);
            }
            _ => {
                self.run = Run::Literal;
                self.plain &= before.0 != Run::Literal;
            }
        }
        if self.left == 0 { Err(Refusal::Malformed) } else { Ok(()) }
    }

    /// True once every value has been read (an absent column has none).
    pub(super) fn done(&self) -> bool {
        self.left == 0 && self.from.is_empty()
    }

    pub(super) fn plain(&self) -> bool {
        self.plain
    }
}

/// A column of differences.
pub(super) struct Deltas<'a> {
    runs: Runs<'a, i64>,
    at: i64,
}

impl<'a> Deltas<'a> {
    pub(super) fn new(bytes: Option<&'a [u8]>) -> Self {
        Self { runs: Runs::new(bytes), at: 0 }
    }

    pub(super) fn next(&mut self) -> Result<Option<u64>, Refusal> {
        let Some(step) = self.runs.next()? else { return Ok(None) };
        self.at = self.at.checked_add(step).ok_or(Refusal::Malformed)?;
        u64::try_from(self.at).map(Some).map_err(|_| Refusal::Malformed)
    }

    pub(super) fn done(&self) -> bool {
        self.runs.done()
    }

    pub(super) fn plain(&self) -> bool {
        self.runs.plain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_longer_than_they_need_to_be_are_refused() {
        assert_eq!(Cursor::new(&[0x7f]).unsigned(), Ok(127));
        assert_eq!(Cursor::new(&[0x81, 0x01]).unsigned(), Ok(129));
        assert_eq!(Cursor::new(&[0x81, 0x00]).unsigned(), Err(Refusal::Malformed));
        assert_eq!(Cursor::new(&[0xff; 12]).unsigned(), Err(Refusal::Malformed));
        assert_eq!(Cursor::new(&[0x7f]).signed(), Ok(-1));
        assert_eq!(Cursor::new(&[0xff, 0x7f]).signed(), Err(Refusal::Malformed));
        let mut least = [0x80; 10];
        least[9] = 0x7f;
        assert_eq!(Cursor::new(&least).signed(), Ok(i64::MIN));
        assert_eq!(Cursor::new(&[]).signed(), Err(Refusal::Malformed));
    }

    #[test]
    fn a_run_costs_nothing_until_it_is_walked() {
        // 3,000,000,000 times 7 in six bytes.
        let mut runs = Runs::<u64>::new(Some(&[0x80, 0xbc, 0xc1, 0x96, 0x0b, 7]));
        assert_eq!(runs.next(), Ok(Some(7)));
        assert!(!runs.done() && runs.plain());
    }

    #[test]
    fn a_column_written_another_way_than_automerges_is_noticed() {
        let plain = |bytes: &[u8], count: usize| {
            let mut runs = Runs::<u64>::new(Some(bytes));
            for _ in 0..count {
                runs.next().unwrap();
            }
            assert!(runs.done(), "{bytes:?}");
            runs.plain()
        };
        assert!(plain(&[0x7e, 1, 2, 2, 3], 4)); // literal 1 2, then 3 twice
        assert!(plain(&[0, 2, 0x7f, 5], 3)); // two nulls, then 5
        assert!(!plain(&[1, 5], 1)); // a run of one
        assert!(!plain(&[0x7e, 5, 5], 2)); // a literal of equals
        assert!(!plain(&[2, 5, 2, 5], 4)); // one run in two
        assert!(!plain(&[0x7f, 1, 0x7f, 2], 2)); // one literal in two
        assert!(!plain(&[0, 2], 2)); // nothing but nulls
    }
}
