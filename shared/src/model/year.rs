//! School years and terms. Instants are UTC, dates are civil; a school year starts on 1 September unless the county's calendar says otherwise.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A school year, named by the calendar year it starts in: 2025 is 2025/26.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchoolYear(u16);

impl SchoolYear {
    /// `None` outside 1990..=2200.
    #[must_use]
    pub fn new(start: u16) -> Option<Self> {
        (1990..=2200).contains(&start).then_some(Self(start))
    }

    /// Calendar year it starts in.
    #[must_use]
    pub fn start(self) -> u16 {
        self.0
    }

    /// As a person reads it: `2025—2026`, since "2025" alone may be the calendar year.
    #[must_use]
    pub fn words(start: u16) -> String {
        format!("{start}—{}", u32::from(start) + 1)
    }

    /// The year after.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }

    /// The year that holds `date`, starting on 1 September.
    #[must_use]
    pub fn of(date: Date) -> Option<Self> {
        let year = if date.month() >= 9 { date.year() } else { date.year() - 1 };
        u16::try_from(year).ok().and_then(Self::new)
    }
}

impl fmt::Display for SchoolYear {
    /// `2025`, as a person types it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Half of a school year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Term {
    /// The whole year, or neither.
    Year = 0,
    /// Term 1 秋.
    Autumn = 1,
    /// Term 2 春.
    Spring = 2,
}

impl Term {
    /// Term of an event's date: September to January autumn, February to August spring (DOMAIN §1; the county's calendar may move it later).
    #[must_use]
    pub fn of(date: Date) -> Self {
        if date.month() >= 9 || date.month() == 1 { Self::Autumn } else { Self::Spring }
    }

    /// As in the `_term` column.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_school_year_turns_on_the_first_of_september() {
        assert_eq!(SchoolYear::of(date(2026, 8, 31)), SchoolYear::new(2025));
        assert_eq!(SchoolYear::of(date(2026, 9, 1)), SchoolYear::new(2026));
        assert_eq!(Term::of(date(2026, 1, 20)), Term::Autumn);
        assert_eq!(Term::of(date(2026, 2, 20)), Term::Spring);
    }
}
