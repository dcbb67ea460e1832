//! Birth dates in every style met: `2014-09-02`, `2019/1/13`, `2017年3月6日`, `20130218`, `2013.2.18`, Excel's dates and their serials.

use super::clean;
use super::sheet::Cell;
use jiff::civil::Date;

/// What a date cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Birth {
    /// Nothing.
    Missing,
    /// A day.
    Day(Date),
    /// Year and month only.
    Month(i16, i8),
    /// No date, or none that exists.
    Invalid,
}

/// Earliest year read as one. Whether a child's file takes it is judged after, with a sentence of its own.
const YEAR_MIN: i16 = 1900;
const YEAR_MAX: i16 = 2100;
/// Excel serials of 1980-01-01 and 2099-12-31, days since 1899-12-30.
const SERIALS: std::ops::RangeInclusive<i64> = 29_221..=73_050;

/// Reads a date cell.
#[must_use]
pub(super) fn read(cell: &Cell) -> Birth {
    match cell {
        Cell::Date(date) => plausible(date.year(), date.month(), date.day()),
        // Digits before the point: a birth date has no time of day.
        Cell::Number(number) if (0.0..1e9).contains(number) => format!("{:.0}", number.trunc()).parse().map_or(Birth::Invalid, from_number),
        Cell::Text(text) => from_text(&clean::compact(without_time(text))),
        Cell::Empty => Birth::Missing,
        _ => Birth::Invalid,
    }
}

fn plausible(year: i16, month: i8, day: i8) -> Birth {
    match Date::new(year, month, day) {
        Ok(date) if (YEAR_MIN..=YEAR_MAX).contains(&year) => Birth::Day(date),
        _ => Birth::Invalid,
    }
}

fn month(year: i16, month: i8) -> Birth {
    if (YEAR_MIN..=YEAR_MAX).contains(&year) && (1..=12).contains(&month) { Birth::Month(year, month) } else { Birth::Invalid }
}

/// `20130218`, `201302`, or a serial that lost its format.
fn from_number(number: i64) -> Birth {
    let part = |value: i64| i8::try_from(value % 100).unwrap_or(0);
    let year = |value: i64| i16::try_from(value).unwrap_or(0);
    match number {
        10_000_000..=99_999_999 => plausible(year(number / 10_000), part(number / 100), part(number)),
        100_000..=999_999 => month(year(number / 100), part(number)),
        serial if SERIALS.contains(&serial) => {
            let epoch = jiff::civil::date(1899, 12, 30);
            epoch.checked_add(jiff::Span::new().days(serial)).map_or(Birth::Invalid, |date| plausible(date.year(), date.month(), date.day()))
        }
        _ => Birth::Invalid,
    }
}

fn from_text(text: &str) -> Birth {
    if clean::is_nothing(text) {
        return Birth::Missing;
    }
    let mut parts: Vec<&str> = text.trim_end_matches(['日', '号']).split(|c: char| !c.is_ascii_digit()).collect();
    if parts.last() == Some(&"") {
        parts.pop();
    }
    let signs = text
        .chars()
        .filter(|c| !c.is_ascii_digit())
        .all(|c| matches!(c, '-' | '/' | '.' | '年' | '月' | '日' | '号' | '—' | '–' | '−' | '~' | '\\' | '、' | ','));
    if !signs {
        return Birth::Invalid;
    }
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && month.len() <= 2 && day.len() <= 2 => match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => plausible(year, month, day),
            _ => Birth::Invalid,
        },
        [year, number] if year.len() == 4 => year.parse().ok().zip(number.parse().ok()).map_or(Birth::Invalid, |(year, number)| month(year, number)),
        [digits] if (5..=8).contains(&digits.len()) => digits.parse().map_or(Birth::Invalid, from_number),
        _ => Birth::Invalid,
    }
}

/// A time behind the day (`2013/2/8 0:00`) says nothing about a birth date.
fn without_time(text: &str) -> &str {
    let text = text.trim();
    if text.contains([':', '：']) { text.split([' ', 'T', '\t', '\u{3000}']).next().unwrap_or(text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn text(text: &str) -> Birth {
        read(&Cell::Text(text.to_owned()))
    }

    #[test]
    fn every_style_is_the_same_day() {
        for style in [
            "2013-02-08",
            "2013/2/8",
            "2013年2月8日",
            "20130208",
            "2013.2.8",
            "２０１３－２－８",
            " 2013 年 2 月 8 日 ",
            "2013-02-08 00:00:00",
            "2013/2/8 0:00",
            "41313",
            "2013-02-08T00:00:00",
        ] {
            assert_eq!(text(style), Birth::Day(date(2013, 2, 8)), "{style}");
        }
        assert_eq!(read(&Cell::Number(41313.0)), Birth::Day(date(2013, 2, 8)));
        assert_eq!(read(&Cell::Number(20_130_208.0)), Birth::Day(date(2013, 2, 8)));
        assert_eq!(read(&Cell::Date(date(2013, 2, 8))), Birth::Day(date(2013, 2, 8)));
    }

    #[test]
    fn months_are_not_days_and_days_must_exist() {
        assert_eq!(text("2013年2月"), Birth::Month(2013, 2));
        assert_eq!(text("201302"), Birth::Month(2013, 2));
        assert_eq!(text("2013-02"), Birth::Month(2013, 2));
        for bad in ["2015-02-30", "2013-13-01", "13-2-8", "1013-02-08", "八岁", "2013-2-8左右", "2013", "8/2/2013", "20131301"] {
            assert_eq!(text(bad), Birth::Invalid, "{bad}");
        }
        assert_eq!(text("  "), Birth::Missing);
    }
}
