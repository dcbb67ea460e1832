//! Counting days: calendar days, and working days, which are also school days: Monday to Friday less the calendar's holidays, plus the weekend days that are worked
//! in exchange for them (调休).

use super::definition::DayUnit;
use jiff::{ToSpan as _, civil::Date};
use std::collections::BTreeSet;

/// Days added at most: ten years. More is a mistake, and would make a loop long.
const DAYS_MAX: u32 = 3_660;

/// What the county's calendar takes from Monday to Friday and adds at weekends. A day that is listed as both is worked: a later notice calls people in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    off: BTreeSet<Date>,
    worked: BTreeSet<Date>,
}

impl Holidays {
    /// No holidays but weekends.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether no calendar says anything: school days are then a guess.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.off.is_empty() && self.worked.is_empty()
    }

    /// With these weekend days worked in exchange.
    #[must_use]
    pub fn with_makeup_days<I: IntoIterator<Item = Date>>(mut self, dates: I) -> Self {
        self.worked.extend(dates);
        self
    }

    /// Monday to Friday and not listed as a holiday, or listed as worked.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        self.worked.contains(&date) || date.weekday().to_monday_one_offset() <= 5 && !self.off.contains(&date)
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
        Self { off: dates.into_iter().collect(), worked: BTreeSet::new() }
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
    #[test]
    fn makeup_days_are_working_days_also_inside_a_listed_holiday() {
        // National Day 2025: off 1-8 October, worked on Sunday 28 September and Saturday 11 October.
        let off = (1..=8).map(|day| date(2025, 10, day));
        let plain: Holidays = off.clone().collect();
        let calendar = off.collect::<Holidays>().with_makeup_days([date(2025, 9, 28), date(2025, 10, 11)]);
        assert_eq!(calendar.after(date(2025, 9, 26), 5, DayUnit::Working), Some(date(2025, 10, 10)), "28, 29, 30 September, 9 and 10 October");
        assert_eq!(plain.after(date(2025, 9, 30), 3, DayUnit::Working), Some(date(2025, 10, 13)));
        assert_eq!(calendar.after(date(2025, 9, 30), 3, DayUnit::Working), Some(date(2025, 10, 11)));
        assert_eq!(calendar.previous_working(date(2025, 9, 29)), Some(date(2025, 9, 28)));
        assert_eq!(calendar.after(date(2025, 9, 26), 5, DayUnit::Calendar), Some(date(2025, 10, 1)), "calendar days know no calendar");
        let called_in = calendar.with_makeup_days([date(2025, 10, 8)]);
        assert!(called_in.is_working(date(2025, 10, 8)));
    }
}
