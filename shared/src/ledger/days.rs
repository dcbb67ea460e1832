//! Counting days: calendar days, and working days (Monday to Friday less a list of holidays), which are also school days.

use super::definition::DayUnit;
use jiff::{ToSpan as _, civil::Date};
use std::collections::BTreeSet;

/// Days added at most: ten years. More is a mistake, and would make a loop long.
const DAYS_MAX: u32 = 3_660;

/// Days on which nobody works although they fall on Monday to Friday. From the county's calendar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays(BTreeSet<Date>);

impl Holidays {
    /// No holidays but weekends.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Monday to Friday, not listed.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        date.weekday().to_monday_one_offset() <= 5 && !self.0.contains(&date)
    }

    /// The day `days` after `start`; the first day counted is the one after `start`. Zero is `start` itself. `None` at the end of the calendar.
    #[must_use]
    pub fn after(&self, start: Date, days: u32, unit: DayUnit) -> Option<Date> {
        let days = days.min(DAYS_MAX);
        match unit {
            DayUnit::Calendar => start.checked_add(i64::from(days).days()).ok(),
            DayUnit::Working => {
                let mut day = start;
                for _ in 0..days {
                    day = self.next_working(day)?;
                }
                Some(day)
            }
        }
    }

    /// The first working day after `date`; `None` when there is none within a year.
    #[must_use]
    pub fn next_working(&self, date: Date) -> Option<Date> {
        self.towards(date, Date::tomorrow)
    }

    /// The last working day before `date`; `None` when there is none within a year.
    #[must_use]
    pub fn previous_working(&self, date: Date) -> Option<Date> {
        self.towards(date, Date::yesterday)
    }

    fn towards(&self, date: Date, step: fn(Date) -> Result<Date, jiff::Error>) -> Option<Date> {
        let mut day = date;
        for _ in 0..366 {
            day = step(day).ok()?;
            if self.is_working(day) {
                return Some(day);
            }
        }
        None
    }
}

impl FromIterator<Date> for Holidays {
    fn from_iter<I: IntoIterator<Item = Date>>(dates: I) -> Self {
        Self(dates.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn five_working_days_skip_the_weekend_and_the_holiday() {
        let holidays: Holidays = [date(2025, 10, 1), date(2025, 10, 2), date(2025, 10, 3)].into_iter().collect();
        assert_eq!(holidays.after(date(2025, 9, 30), 5, DayUnit::Working), Some(date(2025, 10, 10)));
        assert_eq!(Holidays::none().after(date(2025, 9, 30), 5, DayUnit::Working), Some(date(2025, 10, 7)));
        assert_eq!(holidays.after(date(2025, 9, 30), 5, DayUnit::Calendar), Some(date(2025, 10, 5)));
        assert_eq!(holidays.after(date(2025, 10, 4), 0, DayUnit::Working), Some(date(2025, 10, 4)));
    }

    #[test]
    fn the_working_days_beside_a_holiday_lie_outside_it() {
        let holidays: Holidays = [date(2025, 10, 1), date(2025, 10, 2), date(2025, 10, 3)].into_iter().collect();
        assert_eq!(holidays.next_working(date(2025, 9, 30)), Some(date(2025, 10, 6)));
        assert_eq!(holidays.previous_working(date(2025, 10, 6)), Some(date(2025, 9, 30)));
    }
}
