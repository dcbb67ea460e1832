//! School days of which a class has no roll. A forgotten day ends a child's absence in the records without a word, so it is told until it is made up for.
//!
//! Looked at are the last [`DAYS`] school days before today, of this school year (a class of the year before is of other children), and of these only those behind the first
//! roll that the class handed in: a school that has just begun is not told of the days before.

use super::{HEAD, head_of, heads};
use huxue_shared::{
    fault::Fault,
    locale::Lang,
    model::SchoolYear,
    replica::browse::{Row, Wanted},
    web::{Desk, account::Class, shown},
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

/// School days that are looked back at.
const DAYS: usize = 10;

/// A school day without a roll.
#[derive(Clone, Debug)]
pub struct Missed {
    /// The day.
    pub day: Date,
    /// Where its roll is taken.
    pub href: String,
    /// In words.
    pub words: String,
}

impl Missed {
    pub(super) fn of(class: Class, day: Date, lang: Lang) -> Self {
        Self { day, href: at(class, day), words: in_sentence(day, lang) }
    }
}

/// The school days that are looked back at, newest first, and the rolls there are of them.
pub(super) struct Rolls {
    days: Vec<Date>,
    held: BTreeSet<(Class, Date)>,
    /// The day of each class's first roll of the year.
    began: BTreeMap<Class, Date>,
}

impl Rolls {
    pub(super) fn read(desk: &Desk, today: Date) -> Result<Self, Fault> {
        let (holidays, year) = (desk.replica.holidays(), SchoolYear::of(today));
        let before = iter::successors(holidays.previous_working(today), |day| holidays.previous_working(*day));
        let days: Vec<Date> = before.take(DAYS).take_while(|day| SchoolYear::of(*day) == year).collect();
        let rows = days.last().map_or_else(|| Ok(Vec::new()), |oldest| heads(desk, *oldest, today))?;
        let definition = desk.replica.definition(HEAD).map_err(Fault::from)?;
        let firsts =
            year.map_or_else(|| Ok(Vec::new()), |year| desk.replica.first_days(&definition, year, ["grade", "class"]).map_err(Fault::from))?;
        let began = firsts.into_iter().filter_map(|([grade, class], day)| Some((Class { grade, class }, day.parse().ok()?)));
        Ok(Self { days, held: rows.iter().filter_map(|row| head_of(row).zip(day_of(row))).collect(), began: began.collect() })
    }

    /// Those of which the class has none, newest first.
    pub(super) fn missing(&self, class: Class) -> Vec<Date> {
        let began = self.began.get(&class);
        self.days.iter().copied().filter(|day| began.is_some_and(|began| began < day) && !self.held.contains(&(class, *day))).collect()
    }
}

/// The days of which a class has a roll.
pub(super) fn held(desk: &Desk, class: Class, from: Date, to: Date) -> Result<BTreeSet<Date>, Fault> {
    let equals = [("grade".to_owned(), class.grade.to_string()), ("class".to_owned(), class.class.to_string())].into();
    let wanted = Wanted { from: Some(from.to_string()), to: Some(to.to_string()), equals, limit: 1_000, ..Wanted::default() };
    let definition = desk.replica.definition(HEAD).map_err(Fault::from)?;
    Ok(desk.replica.page(&definition, &wanted).map_err(Fault::from)?.rows.iter().filter_map(day_of).collect())
}

fn day_of(row: &Row) -> Option<Date> {
    row.on.as_deref().and_then(|on| on.parse().ok())
}

/// A day as it stands in a sentence: `11月24日（星期二）`, `Tue 24 Nov`.
fn in_sentence(day: Date, lang: Lang) -> String {
    let words = shown::day(day, lang);
    words.split_once(" 周").map(|(day, week)| format!("{day}（星期{week}）")).unwrap_or(words)
}

/// A day where there is little room: `11月24日`, `24 Nov`.
pub(super) fn briefly(day: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}月{}日", day.month(), day.day()),
        Lang::En => day.strftime("%-d %b").to_string(),
    }
}

/// Where the roll of a day is taken.
pub(super) fn at(class: Class, day: Date) -> String {
    format!("/roll/{}/{}?on={day}", class.grade, class.class)
}
