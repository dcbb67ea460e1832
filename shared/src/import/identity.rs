//! Identity numbers as Excel leaves them: rounded to 15 digits, in scientific notation, full-width, with a lower-case x or an apostrophe.

use super::clean;
use super::problem::{Problem, Reason};
use super::sheet::Cell;
use crate::model::codes::{IdNumber, IdNumberError};

/// Kind of document, an option of the enrolment ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdType {
    /// Resident identity card.
    Resident,
    /// Hong Kong or Macao document.
    HkMo,
    /// Taiwan document.
    Taiwan,
    /// Passport.
    Passport,
    /// None.
    None,
}

impl IdType {
    /// Option code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::HkMo => "hkmo",
            Self::Taiwan => "tw",
            Self::Passport => "passport",
            Self::None => "none",
        }
    }

    /// From the column of document kinds; an empty or unknown text says nothing.
    pub(super) fn read(compact: &str) -> Option<Self> {
        let has = |words: &[&str]| words.iter().any(|word| compact.contains(word));
        if has(&["港澳", "香港", "澳门"]) && !compact.contains("港澳台") {
            Some(Self::HkMo)
        } else if has(&["台湾", "台胞"]) {
            Some(Self::Taiwan)
        } else if compact.contains("护照") {
            Some(Self::Passport)
        } else if has(&["身份证", "户口", "居住证"]) || compact == "1" {
            Some(Self::Resident)
        } else if compact.starts_with('无') || compact.starts_with("没有") {
            Some(Self::None)
        } else {
            None
        }
    }
}

/// What the number's cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Number {
    /// Nothing.
    Missing,
    /// A valid number.
    Resident(IdNumber),
    /// Of another kind of document, unchecked.
    Foreign(String),
}

/// Reads the number's cell.
///
/// # Errors
/// The reason why it is no number.
pub(super) fn read(cell: &Cell, kind: Option<IdType>) -> Result<Number, Problem> {
    let text = match cell {
        // 2^53 has 16 digits: an 18-digit number in a number cell is never what was typed, not even if it looks whole.
        Cell::Number(number) if *number >= 1e15 => return Err(Problem::new(Reason::IdLostDigits).with("value", format!("{number:E}"))),
        Cell::Number(number) if number.fract() == 0.0 && *number > 0.0 => format!("{number}"),
        Cell::Number(_) | Cell::Date(_) | Cell::Bool(_) => return Err(Problem::new(Reason::IdMalformed).with("value", cell.text())),
        cell => bare(&clean::compact(&cell.text()).to_uppercase()),
    };
    if clean::is_nothing(&text) {
        return Ok(Number::Missing);
    }
    if matches!(kind, Some(IdType::HkMo | IdType::Taiwan | IdType::Passport)) && text.parse::<IdNumber>().is_err() {
        return foreign(text);
    }
    resident(&text)
}

/// Without what is typed around a number: `身份证号:…`, a comma behind it.
fn bare(text: &str) -> String {
    let behind = text.rsplit_once(':').filter(|(label, _)| label.ends_with(['证', '号', '码'])).map_or(text, |(_, number)| number);
    behind.trim_matches(|c: char| matches!(c, ',' | '.' | ';' | ':' | '、' | '。')).to_owned()
}

fn foreign(text: String) -> Result<Number, Problem> {
    let fits = (5..=30).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '(' | ')' | '-'));
    if fits { Ok(Number::Foreign(text)) } else { Err(Problem::new(Reason::IdMalformed).with("value", text)) }
}

fn resident(text: &str) -> Result<Number, Problem> {
    let problem = |reason| Err(Problem::new(reason).with("value", text));
    if is_scientific(text) {
        return problem(Reason::IdLostDigits);
    }
    // A multiplication sign, a Cyrillic or a Greek letter in the place of X.
    let text = match text.char_indices().nth(17) {
        Some((at, 'Х' | 'Χ' | '×' | '*')) if text.chars().count() == 18 => format!("{}X", text.get(..at).unwrap_or_default()),
        _ => text.to_owned(),
    };
    match text.parse::<IdNumber>() {
        Ok(number) => Ok(Number::Resident(number)),
        Err(IdNumberError::Shape) if text.len() == 15 && text.bytes().all(|byte| byte.is_ascii_digit()) => problem(Reason::IdOldFifteen),
        Err(IdNumberError::Shape) => problem(Reason::IdMalformed),
        // Typed into a number cell, then copied out as text.
        Err(_) if text.ends_with("000") => problem(Reason::IdLostDigits),
        Err(IdNumberError::Birth) if check_fits(&text) => problem(Reason::IdBirthInvalid),
        Err(IdNumberError::Birth | IdNumberError::Checksum) => problem(Reason::IdChecksum),
    }
}

/// `5.29901E+17`, `5.299012014080822e17`.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once('E') else { return false };
    let exponent = exponent.trim_start_matches('+');
    !mantissa.is_empty()
        && mantissa.chars().all(|c| c.is_ascii_digit() || c == '.')
        && !exponent.is_empty()
        && exponent.chars().all(|c| c.is_ascii_digit())
}

/// GB 11643: the check character alone, for a number whose date is impossible and is therefore refused before its sum is looked at.
fn check_fits(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let sum: u32 = text.bytes().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte.wrapping_sub(b'0')) * weight).sum();
    text.bytes().last() == CHECKS.get((sum % 11) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(cell: &Cell) -> Reason {
        read(cell, None).unwrap_err().reason
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn every_mess_around_a_good_number_is_taken_off() {
        for mess in [
            "52990120140517329x",
            "\t52990120140517329X",
            "'52990120140517329X",
            "５２９９０１２０１４０５１７３２９Ｘ",
            "529901 20140517 329X",
            "52990120140517329Х",
            "身份证号：52990120140517329X",
            "52990120140517329X，",
        ] {
            assert_eq!(read(&text(mess), None), Ok(Number::Resident("52990120140517329X".parse().unwrap())), "{mess}");
        }
        assert_eq!(read(&text(" 无 "), None), Ok(Number::Missing));
        assert_eq!(read(&Cell::Empty, None), Ok(Number::Missing));
    }

    #[test]
    fn each_damage_has_its_own_reason() {
        assert_eq!(reason(&Cell::Number(5.299_012_014_080_822e17)), Reason::IdLostDigits);
        for lost in ["5.29901E+17", "5.299012014080822e+17", "529901201408081000"] {
            assert_eq!(reason(&text(lost)), Reason::IdLostDigits, "{lost}");
        }
        assert_eq!(reason(&text("529901140517329")), Reason::IdOldFifteen);
        assert_eq!(reason(&Cell::Number(529_901_140_517_329.0)), Reason::IdOldFifteen);
        assert_eq!(reason(&text("529901201405173291")), Reason::IdChecksum);
        assert_eq!(reason(&text("52990120140517")), Reason::IdMalformed);
        assert_eq!(reason(&text("11010519491331002X")), Reason::IdChecksum);
    }

    #[test]
    fn documents_of_other_kinds_are_not_checked() {
        assert_eq!(read(&text("H12345678"), Some(IdType::HkMo)), Ok(Number::Foreign("H12345678".into())));
        assert_eq!(IdType::read("港澳居民来往内地通行证"), Some(IdType::HkMo));
        assert_eq!(IdType::read("居民身份证"), Some(IdType::Resident));
        assert_eq!(reason(&text("H12345678")), Reason::IdMalformed);
    }
}
