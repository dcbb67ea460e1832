//! What a print page was asked for: whose records, of which school year and term, and for which children.

use super::super::{
    account::{Account, Class, Reach},
    children,
    desk::Desk,
    ledgers::wanted,
    page::escape_query,
    reach, shown,
};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
    model::{SchoolYear, Term},
    replica::browse::{Pupil, Row, Wanted},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// Rows of a ledger on paper at most; what is beyond is said.
pub const ROWS_MAX: u32 = 20_000;
/// One-child pages of one printing at most.
pub const SHEETS_MAX: usize = 2_000;

/// A print page's own words, out of its address.
#[derive(Clone, Debug)]
pub struct Choice {
    /// School year.
    pub year: SchoolYear,
    /// Term of the records' dates; both without.
    pub term: Option<Term>,
    /// Class, as `3.2`.
    pub class: Option<Class>,
    /// One child, by document.
    pub student: Option<String>,
    /// Ledger whose filtered list names the children.
    pub of: Option<String>,
    /// Children with nothing get a page as well.
    pub empty: bool,
    /// All that was asked.
    pub asked: BTreeMap<String, String>,
}

impl Choice {
    /// Reads an address.
    ///
    /// # Errors
    /// `year-absurd`, `account-class`; the store's.
    pub fn read(desk: &Desk, asked: BTreeMap<String, String>) -> Result<Self, Fault> {
        let text = |key: &str| asked.get(key).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let absurd = |year: &str| Fault::new("year-absurd", Exit::Input).with("year", year);
        let year = match text("year") {
            Some(year) => year.parse().ok().and_then(SchoolYear::new).ok_or_else(|| absurd(&year))?,
            None => desk.replica.this_year().map_err(Fault::from)?,
        };
        let class = |text: String| text.parse().map_err(|()| Fault::new("account-class", Exit::Input).with("text", &text));
        Ok(Self {
            year,
            term: match text("term").as_deref() {
                Some("1") => Some(Term::Autumn),
                Some("2") => Some(Term::Spring),
                _ => None,
            },
            class: text("class").map(class).transpose()?,
            student: text("student"),
            of: text("of"),
            empty: text("empty").is_some(),
            asked,
        })
    }

    /// `2025—2026学年第一学期（秋）`.
    #[must_use]
    pub fn period(&self, lang: Lang) -> String {
        let start = self.year.start();
        let key = match self.term {
            Some(Term::Autumn) => "paper-period-1",
            Some(Term::Spring) => "paper-period-2",
            _ => "paper-period",
        };
        locale::text(lang, key, &[("from", &start.to_string()), ("to", &(start + 1).to_string())])
    }

    /// Class or whole school, in words; of who reaches some classes, these: what looks whole and is not would pass for the school's.
    #[must_use]
    pub fn scope(&self, reach: &Reach, lang: Lang) -> String {
        let words = |class: &Class| shown::class(Some(class.grade), Some(class.class), lang);
        match (self.class, reach) {
            (Some(class), _) => words(&class),
            (None, Reach::Classes(own)) => own.iter().map(words).collect::<Vec<_>>().join(lang.comma()),
            (None, Reach::All | Reach::Nothing) => locale::text(lang, "paper-whole-school", &[]),
        }
    }

    /// Whether a date lies in the term asked for; one without a date lies in any.
    #[must_use]
    pub fn holds(&self, on: Option<&str>) -> bool {
        let Some(term) = self.term else { return true };
        on.and_then(|text| text.get(..10)?.parse().ok()).is_none_or(|day| Term::of(day) == term)
    }

    /// Keeps the rows of the term.
    #[must_use]
    pub fn of_term(&self, mut rows: Vec<Row>) -> Vec<Row> {
        rows.retain(|row| self.holds(row.on.as_deref()));
        rows
    }

    /// The children asked for, in class and sound order, all within reach.
    ///
    /// # Errors
    /// `web-child-none`, `ledger-none`; the store's.
    pub fn pupils(&self, desk: &Desk, account: &Account) -> Result<Vec<Pupil>, Fault> {
        if let Some(student) = &self.student {
            return Ok(vec![reach::child(desk, account, student)?.0]);
        }
        let mut all = children::pupils(desk, account, self.year)?;
        all.retain(|pupil| self.class.is_none_or(|class| reach::class_of(pupil) == Some(class)));
        if let Some(ledger) = &self.of {
            let definition = reach::ledger(desk, account, ledger)?;
            let wanted = Wanted { limit: ROWS_MAX, year: Some(self.year), ..wanted(desk, account, &definition, &self.asked)? };
            let listed = desk.replica.page(&definition, &wanted).map_err(Fault::from)?.rows;
            let named: BTreeSet<String> = listed.into_iter().filter_map(|row| row.student).collect();
            all.retain(|pupil| named.contains(&pupil.student));
        }
        Ok(all)
    }

    /// This address's query with something changed.
    #[must_use]
    pub fn query(&self, change: &[(&str, &str)]) -> String {
        let mut all = self.asked.clone();
        for (key, value) in change {
            all.insert((*key).to_owned(), (*value).to_owned());
        }
        let mut out = String::new();
        for (key, value) in all.iter().filter(|(_, value)| !value.is_empty()) {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}{}={}", if out.is_empty() { "?" } else { "&" }, escape_query(key), escape_query(value));
        }
        out
    }
}

/// Half of a calendar year an event lies in, as `2025-2` (July to December).
#[must_use]
pub fn half_year(on: &str) -> Option<(i16, u8)> {
    let day: jiff::civil::Date = on.get(..10)?.parse().ok()?;
    Some((day.year(), if day.month() <= 6 { 1 } else { 2 }))
}

/// It in words.
#[must_use]
pub fn half_year_words((year, half): (i16, u8), lang: Lang) -> String {
    locale::text(lang, if half == 1 { "paper-half-1" } else { "paper-half-2" }, &[("year", &year.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_indexed_by_calendar_half_year() {
        assert_eq!(
            (half_year("2025-12-31"), half_year("2026-01-01"), half_year("2026-06-30"), half_year("2026-07-01")),
            (Some((2025, 2)), Some((2026, 1)), Some((2026, 1)), Some((2026, 2)))
        );
        assert_eq!(half_year(""), None);
        assert_eq!(half_year_words((2025, 2), Lang::Zh), "2025年下半年");
    }
}
