//! Public codes: school, county, identity number, student number, sex (DOMAIN §2 names the standards).

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// School code 学校标识码: 10 digits, never reused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolCode(u64);

/// County code, GB/T 2260: 6 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountyCode(u32);

/// The text is not a code of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not 10 digits.
    #[error("a school code has 10 digits")]
    School,
    /// Not 6 digits.
    #[error("a county code has 6 digits")]
    County,
}

impl SchoolCode {
    /// The code as a number; leading zeros are implied.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }

    /// `None` for 0 or more than 10 digits.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        (1..10_000_000_000).contains(&number).then_some(Self(number))
    }
}

impl FromStr for SchoolCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.len() != 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::School);
        }
        text.parse().ok().and_then(Self::from_number).ok_or(CodeError::School)
    }
}

impl FromStr for CountyCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::County);
        }
        text.parse().map(Self).map_err(|_| CodeError::County)
    }
}

impl fmt::Display for SchoolCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:010}", self.0)
    }
}

impl fmt::Display for CountyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

macro_rules! text_code {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
text_code!(SchoolCode);
text_code!(CountyCode);

/// What is wrong with an identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdNumberError {
    /// Not 17 digits and a digit or X.
    #[error("an identity number has 17 digits and a check character")]
    Shape,
    /// Digits 7 to 14 are no date.
    #[error("digits 7 to 14 are not a date")]
    Birth,
    /// GB 11643 check character disagrees.
    #[error("the check character does not fit")]
    Checksum,
}

/// A resident identity number, GB 11643, upper-case, checked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber(String);

impl IdNumber {
    /// Upper-case text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Digits 7-14.
    #[must_use]
    pub fn birth(&self) -> Date {
        birth_of(self.0.as_bytes()).unwrap_or(date(1900, 1, 1))
    }

    /// Digit 17: odd is male.
    #[must_use]
    pub fn male(&self) -> bool {
        self.0.as_bytes().get(16).is_some_and(|b| b % 2 == 1)
    }
}

impl fmt::Debug for IdNumber {
    /// Never the number itself: it would reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdNumber(******)")
    }
}

fn birth_of(bytes: &[u8]) -> Option<Date> {
    let number = |range: std::ops::Range<usize>| -> Option<i16> { std::str::from_utf8(bytes.get(range)?).ok()?.parse().ok() };
    let (year, month, day) = (number(6..10)?, number(10..12)?, number(12..14)?);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

impl FromStr for IdNumber {
    type Err = IdNumberError;

    fn from_str(text: &str) -> Result<Self, IdNumberError> {
        const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        const CHECKS: &[u8; 11] = b"10X98765432";
        let text = text.to_ascii_uppercase();
        let bytes = text.as_bytes();
        let (Some(body), Some(last)) = (bytes.get(..17), bytes.get(17)) else { return Err(IdNumberError::Shape) };
        if bytes.len() != 18 || !body.iter().all(u8::is_ascii_digit) || !(last.is_ascii_digit() || *last == b'X') {
            return Err(IdNumberError::Shape);
        }
        birth_of(bytes).ok_or(IdNumberError::Birth)?;
        let sum: u32 = body.iter().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
        if CHECKS.get((sum % 11) as usize) != Some(last) {
            return Err(IdNumberError::Checksum);
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_test_vector_of_gb_11643_is_valid() {
        let id: IdNumber = "11010519491231002x".parse().unwrap();
        assert_eq!(id.as_str(), "11010519491231002X");
        assert_eq!(id.birth(), date(1949, 12, 31));
        assert!(!id.male());
        assert_eq!("110105194912310021".parse::<IdNumber>(), Err(IdNumberError::Checksum));
        assert_eq!("11010519491331002X".parse::<IdNumber>(), Err(IdNumberError::Birth));
        assert_eq!("1101051949123100".parse::<IdNumber>(), Err(IdNumberError::Shape));
    }

    #[test]
    fn codes_have_their_digits_and_nothing_else() {
        assert_eq!("5299010001".parse::<SchoolCode>().unwrap().to_string(), "5299010001");
        assert!("529901001".parse::<SchoolCode>().is_err());
        assert!("529901000一".parse::<SchoolCode>().is_err());
        assert_eq!("529901".parse::<CountyCode>().unwrap().to_string(), "529901");
    }
}
