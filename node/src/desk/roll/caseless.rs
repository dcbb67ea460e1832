//! An absence that is a case by the rule and of which no case is open: its case was made void, and what is void is never opened again by a machine
//! (`docs/decisions/0010-a-case-taken-back-spends-its-days.md`). The roll says so, and offers the form of a new one with what is known filled in.

use super::{
    CASE,
    known::{Known, back},
    word,
};
use huxue_shared::{
    fault::Fault,
    ledger::definition::RuleKind,
    locale::{self, Lang},
    replica::browse::Wanted,
    web::Desk,
};
use jiff::civil::Date;
use std::collections::HashSet;

/// What is offered in a child's row; empty: nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Offer {
    /// The form of a new case.
    pub(super) href: String,
    /// What is said beside it.
    pub(super) words: String,
}

/// Children whose case about days lately was made void.
pub(super) fn taken_back(desk: &Desk, known: &Known, day: Date) -> Result<HashSet<String>, Fault> {
    let students = Some(known.pupils.iter().map(|pupil| pupil.student.clone()).collect());
    let wanted = Wanted { students, void: true, from: Some(back(day).to_string()), limit: 500, ..Wanted::default() };
    let rows = desk.replica.page(&known.case_ledger, &wanted).map_err(Fault::from)?.rows;
    Ok(rows.into_iter().filter_map(|row| row.student).collect())
}

impl Known {
    /// A new case for a child that has been absent, with this day, for `days` school days since `since`.
    pub(super) fn offer(&self, student: &str, state: &str, since: Date, days: i64, lang: Lang) -> Offer {
        let rules = self.definition.rules.iter().filter(|rule| rule.opens == CASE && rule.field == "state" && rule.values.iter().any(|v| v == state));
        let wanted = rules.map(|rule| if rule.when == RuleKind::AbsentRun { i64::from(rule.days) } else { 1 }).min();
        let covered = self.about.get(student).is_some_and(|last| *last >= since);
        if !self.opens || covered || self.cases.contains_key(student) || wanted.is_none_or(|wanted| days < wanted) {
            return Offer::default();
        }
        let seen = self.last_seen(student, since).map(|day| format!("&last_day={day}")).unwrap_or_default();
        let key = if self.void.contains(student) { "desk-roll-case-void" } else { "desk-roll-case-none" };
        Offer {
            href: format!("/ledger/{CASE}/new?student={student}&first_absent={since}&opened_by=teacher{seen}"),
            words: locale::text(lang, key, &[]),
        }
    }

    /// The last day before `since` on which the child was in class: marked so, or in a roll without any other mark. `None` once a day has no roll.
    fn last_seen(&self, student: &str, since: Date) -> Option<Date> {
        let mut at = since;
        loop {
            at = self.holidays.previous_working(at).filter(|day| *day >= back(since))?;
            match self.today(student, at).map(|row| word(row, "state").unwrap_or_default()) {
                Some("present") => return Some(at),
                Some(_) => {}
                None if self.rolled.contains(&at) => return Some(at),
                None => return None,
            }
        }
    }
}
