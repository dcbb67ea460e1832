//! Dates, numbers and telephone numbers in the styles that offices write them. Input has been normalised ([`normal`]).

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;

/// Full-width digits and letters to half-width, outer blanks off. For structured values only: it would turn Chinese punctuation into ASCII.
pub(super) fn normal(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// `2025-09-01`, `2025/9/1`, `2025.9.1`, `2025年9月1日`, `20250901`, each also with a time of midnight behind it. 1900 to 2200.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = normal(text);
    let text = text.strip_suffix("00:00:00").map_or(text.as_str(), |day| day.trim_end_matches(['T', ' ']));
    let parts = match split_numbers(text, &['年', '月']) {
        Some(parts) => parts,
        None if text.len() == 8 => vec![text.get(..4)?, text.get(4..6)?, text.get(6..)?],
        None => return None,
    };
    let [year, month, day] = <[&str; 3]>::try_from(parts).ok()?;
    let year = four_digits(year)?;
    Date::new(year, two_digits(month)?, two_digits(day)?).ok()
}

/// `11月3日`, `11.3`, `11/3`, `11-3`: a day of some year.
pub(super) fn lacks_year(text: &str) -> bool {
    let text = normal(text);
    let parts: Vec<&str> = text.trim_end_matches(['日', '号']).split(['月', '-', '/', '.']).map(str::trim).collect();
    let [month, day] = parts.as_slice() else { return false };
    two_digits(month).is_some_and(|month| (1..=12).contains(&month)) && two_digits(day).is_some_and(|day| (1..=31).contains(&day))
}

/// `2025-09`, `2025/9`, `2025.9`, `2025年9月`, `202509` → `2025-09`.
pub(super) fn month(text: &str) -> Option<String> {
    let text = normal(text);
    let text = text.trim_end_matches('份');
    let parts = match split_numbers(text, &['年']) {
        Some(parts) => parts,
        None if text.len() == 6 => vec![text.get(..4)?, text.get(4..)?],
        None => return None,
    };
    let [year, month] = <[&str; 2]>::try_from(parts).ok()?;
    let (year, month) = (four_digits(year)?, two_digits(month)?);
    Date::new(year, month, 1).ok()?;
    Some(format!("{year:04}-{month:02}"))
}

/// `8:05`, `08:05:00`, `8时5分`, `8点` → `08:05`.
pub(super) fn time(text: &str) -> Option<String> {
    let text = normal(text).replace(['时', '点'], ":").replace('分', "");
    let mut parts = text.split(':');
    let hour = two_digits(parts.next()?.trim())?;
    let minute = match parts.next()?.trim() {
        "" => 0,
        minute => two_digits(minute)?,
    };
    let seconds_are_zero = parts.next().is_none_or(|seconds| seconds == "00") && parts.next().is_none();
    ((0..24).contains(&hour) && (0..60).contains(&minute) && seconds_are_zero).then(|| format!("{hour:02}:{minute:02}"))
}

/// Splits at one separator kind throughout: `-`, `/`, `.`, or the Chinese marks (last mark 日/号/月 dropped). `None` without any separator.
fn split_numbers<'t>(text: &'t str, chinese: &[char]) -> Option<Vec<&'t str>> {
    if text.contains('年') {
        let body = text.trim_end_matches(['日', '号']);
        let body = if chinese.contains(&'月') { body } else { body.trim_end_matches('月') };
        return Some(body.split(chinese).map(str::trim).collect());
    }
    let separator = ['-', '/', '.'].into_iter().find(|separator| text.contains(*separator))?;
    Some(text.split(separator).map(str::trim).collect())
}

fn four_digits(text: &str) -> Option<i16> {
    let year: i16 = (text.len() == 4 && digits(text)).then(|| text.parse().ok()).flatten()?;
    (1900..=2200).contains(&year).then_some(year)
}

fn two_digits(text: &str) -> Option<i8> {
    ((1..=2).contains(&text.len()) && digits(text)).then(|| text.parse().ok()).flatten()
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberError {
    NotANumber,
    TooManyDecimals,
}

/// A decimal number as an integer of `10^-places`; `1,250` and trailing zeros beyond `places` are accepted.
pub(super) fn decimal(text: &str, places: usize) -> Result<i64, NumberError> {
    let text: String = text.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    let (negative, digits_only) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits_only.split_once('.').unwrap_or((digits_only, ""));
    if !digits(whole) || !fraction.bytes().all(|b| b.is_ascii_digit()) || whole.len() > 15 {
        return Err(NumberError::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > places {
        return Err(NumberError::TooManyDecimals);
    }
    let number: i64 = format!("{whole}{fraction:0<places$}").parse().map_err(|_| NumberError::NotANumber)?;
    Ok(if negative { -number } else { number })
}

/// 11 digits `1[3-9]…`, or a landline with its area code (`0` + 2 or 3 digits, then 7 or 8). Blanks, dashes, brackets and +86 dropped.
pub(super) fn phone(text: &str) -> Option<String> {
    let plain: String = normal(text).chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '—' | '–' | '‐' | '−')).collect();
    // A number that a spreadsheet kept as a number.
    let plain = plain.strip_suffix(".0").unwrap_or(&plain);
    let number = plain.strip_prefix("+86").or_else(|| plain.strip_prefix("0086")).unwrap_or(plain);
    let bytes = number.as_bytes();
    let mobile = bytes.len() == 11 && bytes.first() == Some(&b'1') && matches!(bytes.get(1), Some(b'3'..=b'9'));
    let landline = (10..=12).contains(&bytes.len()) && bytes.first() == Some(&b'0') && matches!(bytes.get(1), Some(b'1'..=b'9'));
    (digits(number) && (mobile || landline)).then(|| number.to_owned())
}
