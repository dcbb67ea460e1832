//! What is asked of a record before it is written here: its checks, its gaps, the days of a notice. One judgement for every way of writing: form, grid, import, command.
//!
//! Invariant: only what is being written can be refused. A record that was short or wrong before somebody mended a note in it stays as it is, and so does what other
//! machines wrote: it is judged by its lifecycle alone.

use super::{Replica, Result, Role};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        condition::{Around, Together},
        definition::Step,
        notice,
        validate::{self, Finding, FindingCode},
    },
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// What is being written.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    /// A whole record.
    All,
    /// These fields.
    Fields(&'a BTreeSet<&'a str>),
    /// These fields, along with a step.
    Step(&'a BTreeSet<&'a str>),
}

impl Written<'_> {
    fn touches(self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Fields(fields) | Self::Step(fields) => fields.contains(field),
        }
    }

    /// A record without a date is refused whenever its fields are written; a step is not the place to mend that.
    fn refuses(self, finding: &Finding) -> bool {
        match (finding.code, self) {
            (FindingCode::Check, written) => finding.about.iter().any(|field| written.touches(field)),
            (_, Self::Step(_)) => false,
            (_, Self::All | Self::Fields(_)) => true,
        }
    }
}

impl Replica {
    /// With what this machine knows around a record: the day, and the records it may refer to.
    pub fn around<T>(&self, work: impl FnOnce(&Around<'_>) -> T) -> T {
        self.around_record("", work)
    }

    /// The same of a record that is here: `own` is its id, so that it is not counted beside itself.
    pub fn around_record<T>(&self, own: &str, work: impl FnOnce(&Around<'_>) -> T) -> T {
        self.around_among(own, &BTreeMap::new(), work)
    }

    /// The same among records of one ledger that are about to be written, by id: they count as they will be.
    pub fn around_among<T>(&self, own: &str, among: &BTreeMap<String, BTreeMap<String, Value>>, work: impl FnOnce(&Around<'_>) -> T) -> T {
        let other = |key: &str| {
            let (mut fields, state) = self.record_values(key).ok()?;
            fields.extend(state.map(|state| ("$state".to_owned(), Value::Str(state))));
            (!fields.is_empty()).then_some(fields)
        };
        let school = match self.me.role {
            Role::Node(school) => Some(school),
            Role::Hub => None,
        };
        let others = |together: &Together, key: &str| self.money_of_others(together, key, own, among).unwrap_or(0);
        let naming = |ledger: &str, field: &str| {
            let net = self.definition(ledger).ok().filter(|definition| !own.is_empty() && definition.field(field).is_some())?.net.clone()?;
            let fen = self.money_of_others(&Together { ledger: ledger.to_owned(), field: field.to_owned(), net }, own, "", among).ok()?;
            (fen != 0).then_some(fen)
        };
        let last = |ledger: &str, field: &str, option: &str| self.last_of(own, ledger, field, option).ok().flatten();
        work(&Around { today: self.clock.today(), school, other: &other, others: &others, naming: &naming, last: &last })
    }

    /// The day of the last record of a ledger in the document of `own` that holds, and whose field has this option.
    fn last_of(&self, own: &str, ledger: &str, field: &str, option: &str) -> Result<Option<String>> {
        let known = self.definition(ledger).is_ok_and(|definition| definition.field(field).is_some());
        if own.is_empty() || !known {
            return Ok(None);
        }
        self.store.read(|c| {
            let sql = format!(
                "SELECT max(\"on\") FROM \"record_{ledger}\" WHERE _doc = (SELECT doc FROM record WHERE id = ?1) AND void = 0 AND \"{field}\" = ?2 AND \"on\" <> ''"
            );
            Ok(c.prepare_cached(&sql)?.query_row([own, option], |row| row.get(0))?)
        })
    }

    /// Money of the records but `own` that name `key`, in fen. What is disputed has no value here and is not counted.
    fn money_of_others(&self, together: &Together, key: &str, own: &str, among: &BTreeMap<String, BTreeMap<String, Value>>) -> Result<i64> {
        let named = |fields: &&BTreeMap<String, Value>| matches!(fields.get(&together.field), Some(Value::Str(named)) if named == key);
        let beside =
            among.iter().filter(|(id, _)| id.as_str() != own && id.split(':').next() == Some(together.ledger.as_str())).map(|(_, fields)| fields);
        let beside: i64 = beside.filter(named).filter_map(|fields| together.net.net(fields)).sum();
        self.store.read(|c| {
            let mut statement = c.prepare_cached(&format!(
                "SELECT r.id, r.fields FROM \"record_{}\" t JOIN record r ON r.doc = t._doc AND r.id = t._id WHERE t.\"{}\" = ?1 AND t.void = 0 AND t._id <> ?2",
                together.ledger, together.field
            ))?;
            let rows: Vec<(String, String)> = statement.query_map([key, own], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            let fields = rows.iter().filter(|(id, _)| !among.contains_key(id)).map(|(_, text)| serde_json::from_str(text).unwrap_or_default());
            Ok(beside + fields.filter_map(|fields: BTreeMap<String, Value>| together.net.net(&fields)).sum::<i64>())
        })
    }

    /// Work items, or what refuses the writing. `own`: id of the record, empty for a new one.
    pub(super) fn judge(
        &self,
        own: &str,
        definition: &Definition,
        fields: &BTreeMap<String, Value>,
        state: Option<&str>,
        written: Written<'_>,
    ) -> Result<Vec<Fault>> {
        let found = self.around_record(own, |around| validate::findings(definition, fields, state, around));
        let (blocks, gaps): (Vec<_>, Vec<_>) = found.into_iter().partition(|finding| finding.blocks && written.refuses(finding));
        let mut refused: Vec<Fault> = blocks.iter().map(|finding| finding.fault(definition)).collect();
        if let Some(state) = state.filter(|_| !matches!(written, Written::All)) {
            let short = notice::short(definition, fields, state, |field| written.touches(field), &self.holidays());
            refused.extend(short.iter().map(notice::Short::fault));
        }
        if refused.is_empty() {
            return Ok(gaps.iter().map(|finding| finding.fault(definition)).collect());
        }
        Err(Fault::new("record-blocked", Exit::Input).with("count", refused.len()).of(refused).into())
    }

    /// Whether a step may be dated so by who takes it: not before the state it leaves was reached, and not after today. Where the clock here is behind the other side's,
    /// the day of the last step will do, so that nobody is stuck.
    pub(super) fn day_fits(&self, day: Date, since: Option<Date>) -> Result<()> {
        let today = self.clock.today();
        if let Some(since) = since.filter(|since| day < *since) {
            return Err(Fault::new("step-date-before", Exit::Input).with("day", day).with("since", since).into());
        }
        if day > today && since.is_none_or(|since| day > since) {
            return Err(Fault::new("step-date-future", Exit::Input).with("day", day).with("today", today).into());
        }
        Ok(())
    }

    /// Whether a step may be taken with these values: `set` is what is written along with it. What the definition's checks say of it all the same comes back.
    pub(super) fn judge_step(
        &self,
        own: &str,
        definition: &Definition,
        step: &Step,
        fields: &BTreeMap<String, Value>,
        set: &BTreeMap<String, String>,
    ) -> Result<Vec<Fault>> {
        let required = definition.required_for(step);
        let written = set.keys().map(String::as_str).chain(required.iter().map(|field| field.code.as_str())).collect();
        let mut said = self.judge(own, definition, fields, Some(&step.to), Written::Step(&written))?;
        said.retain(|fault| fault.code == FindingCode::Check.key());
        Ok(said)
    }
}
