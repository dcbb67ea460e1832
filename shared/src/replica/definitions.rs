//! The definitions in force: those built in, and those the county has published since, which arrive as ordinary records of the `published` space.
//!
//! Publishing is therefore nothing special: one record, shipped, merged and projected like any other; then the catalogue is read again and typed tables follow.

use super::{
    Replica, Result,
    edit::{DocEdit, What},
    merge, students,
};
use crate::{
    document::{
        view::Value,
        write::{Edit, NewRecord},
    },
    fault::{Exit, Fault},
    ledger::{Catalogue, Definition, days::Holidays},
    model::{Space, SpaceKind},
    store::{StoreError, typed},
};
use jiff::{ToSpan as _, civil::Date};
use rusqlite::{Connection, OptionalExtension as _};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
};

/// Ledger whose records are definitions.
pub const LEDGER: &str = "ledger_definition";
/// Ledger whose records are holidays and terms.
const CALENDAR: &str = "calendar";
/// Longest definition that fits one record: a string in a change has at most 64 KiB.
const BYTES_MAX: usize = 60 * 1024;

/// The schools with how fresh each one's records are: what reports join. The newest record of a code counts.
const SCHOOL_VIEW: &str = "DROP VIEW IF EXISTS school;
CREATE VIEW school AS SELECT s.code, s.name, s.stage, s.township, s.poor_village, k.last_contact, k.as_of FROM record_school s LEFT JOIN contact k ON k.school = s.code
WHERE s.void = 0 AND NOT EXISTS (SELECT 1 FROM record_school n WHERE n.code = s.code AND n.void = 0 AND (n._year, n._id) > (s._year, s._id))";

/// The ledger stands here as a literal, so that SQLite sees that the partial index `record_definition` serves: without it every row is read.
const LOAD: &str = "SELECT fields FROM record WHERE ledger = 'ledger_definition' AND void = 0 ORDER BY id";

/// True for ledgers whose records change what the engine itself knows.
#[must_use]
pub fn is_published_definition(ledger: &str) -> bool {
    [LEDGER, CALENDAR, super::rollover::LEDGER].contains(&ledger)
}

/// Built-in and published definitions.
///
/// # Errors
/// The store's.
pub fn load(c: &Connection) -> Result<Catalogue> {
    let mut catalogue = Catalogue::embedded();
    let mut statement = c.prepare(LOAD)?;
    let rows: Vec<String> = statement.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    for fields in rows {
        let fields: BTreeMap<String, Value> = serde_json::from_str(&fields).unwrap_or_default();
        let Some(Value::Str(text)) = fields.get("text") else { continue };
        match Definition::parse(text) {
            Ok(definition) => {
                catalogue.insert(definition);
            }
            // Only the county can publish, and only what its own check accepts; a newer format may still be unreadable here. Its records are kept, not lost.
            Err(problems) => tracing::warn!(count = problems.len(), "a published definition cannot be read by this version; its records are kept"),
        }
    }
    Ok(catalogue)
}

/// The calendar: holidays, and weekend days worked in exchange.
///
/// # Errors
/// The store's.
pub fn holidays(c: &Connection) -> Result<Holidays> {
    let present: Option<i64> = c.query_row("SELECT 1 FROM sqlite_master WHERE name = 'record_calendar'", [], |r| r.get(0)).optional()?;
    if present.is_none() {
        return Ok(Holidays::none());
    }
    Ok(listed_days(c, "holiday")?.into_iter().collect::<Holidays>().with_makeup_days(listed_days(c, "makeup_day")?))
}

/// Days of the calendar's entries of one kind.
fn listed_days(c: &Connection, kind: &str) -> Result<Vec<Date>> {
    let mut statement = c.prepare("SELECT \"from\", coalesce(\"until\", \"from\") FROM record_calendar WHERE kind = ?1 AND void = 0")?;
    let rows: Vec<(Option<String>, Option<String>)> =
        statement.query_map([kind], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut days = Vec::new();
    for (from, until) in rows {
        let (Some(from), Some(until)) = (from.and_then(|t| t.parse::<Date>().ok()), until.and_then(|t| t.parse::<Date>().ok())) else { continue };
        // A slip of the pen in a year must not fill the memory: no holiday lasts longer than a summer.
        days.extend(from.series(1.day()).take_while(|day| *day <= until).take(100));
    }
    Ok(days)
}

impl Replica {
    /// Reads definitions and calendar again and brings the typed tables up to them.
    ///
    /// # Errors
    /// The store's.
    pub fn reload_definitions(&self) -> Result<()> {
        let catalogue = self.store.read(load)?;
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue);
        self.prepare_typed_tables()?;
        self.reload_holidays()
    }

    /// Reads the calendar of a replica just opened: what its rows were projected with.
    pub(super) fn read_holidays(&self) -> Result<()> {
        let days = self.store.read(holidays)?;
        *self.holidays.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(days);
        Ok(())
    }

    /// Reads the calendar again. If it changed, documents whose due dates and rules count working days are merged anew (INV: live equals rebuild).
    pub(super) fn reload_holidays(&self) -> Result<()> {
        let days = self.store.read(holidays)?;
        let before = std::mem::replace(&mut *self.holidays.write().unwrap_or_else(PoisonError::into_inner), Arc::new(days.clone()));
        if *before == days {
            return Ok(());
        }
        let ledgers: BTreeSet<String> = self
            .catalogue()
            .iter_latest()
            .flat_map(|d| d.rules.iter().map(|rule| rule.ledger.clone()).chain(d.lifecycle.is_some().then(|| d.code.clone())))
            .collect();
        self.store.write(move |c| -> Result<(), StoreError> {
            let mut stale = c.prepare_cached("UPDATE doc SET merged_lsn = 0 WHERE n IN (SELECT doc FROM record WHERE ledger = ?1)")?;
            for ledger in ledgers {
                stale.execute([ledger])?;
            }
            Ok(())
        })?;
        merge::catch_up(self)
    }

    /// Holidays and make-up days.
    pub fn holidays(&self) -> Arc<Holidays> {
        Arc::clone(&self.holidays.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes typed tables fit the definitions; documents whose rows are stale are merged again.
    ///
    /// # Errors
    /// The store's.
    pub fn prepare_typed_tables(&self) -> Result<()> {
        let catalogue = self.catalogue();
        let ledgers = crate::command::reporting::outlines(&catalogue);
        let indexes = crate::report::catalogue::Catalogue::shipped().index_statements(&ledgers);
        let stale = self.store.write(move |c| -> Result<Vec<String>, StoreError> {
            let stale = typed::prepare(c, &catalogue)?;
            if !stale.is_empty() {
                c.execute_batch(SCHOOL_VIEW)?;
                for sql in &indexes {
                    c.execute_batch(sql)?;
                }
            }
            for ledger in &stale {
                typed::forget(c, ledger)?;
            }
            Ok(stale)
        })?;
        if !stale.is_empty() {
            self.store.refresh_readers();
            merge::catch_up(self)?;
        }
        Ok(())
    }

    /// Publishes a definition to all schools: checked, compatible with the version before, then one record of the `published` space.
    ///
    /// # Errors
    /// `ledger-check` with the problems by line; `ledger-incompatible`; `ledger-too-long`.
    pub fn publish_definition(self: &Arc<Self>, text: &str) -> Result<(String, u32)> {
        let catalogue = self.catalogue();
        let definition = check(&catalogue, text)?;
        if text.len() > BYTES_MAX {
            return Err(Fault::new("ledger-too-long", Exit::Input).with("bytes", text.len()).with("max", BYTES_MAX).into());
        }
        let (code, version) = (definition.code.clone(), definition.version);
        let space = Space::published(self.this_year()?);
        let key = format!("{LEDGER}:{code}V{version}").replace('_', "U");
        let key = format!("{LEDGER}:{}", key.split(':').nth(1).unwrap_or_default());
        let fields = BTreeMap::from([
            ("_v".to_owned(), Value::Int(1)),
            ("on".to_owned(), Value::Str(self.clock.today().to_string())),
            ("code".to_owned(), Value::Str(code.clone())),
            ("ledger_version".to_owned(), Value::Int(i64::from(version))),
            ("text".to_owned(), Value::Str(text.to_owned())),
        ]);
        let edit = Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() };
        self.commit(vec![DocEdit { space, doc: students::county_doc(space, LEDGER, 0), what: What::Edit(edit) }])?;
        Ok((code, version))
    }
}

/// Judges a definition as publishing would, without publishing it.
///
/// # Errors
/// As [`Replica::publish_definition`].
pub fn check(catalogue: &Catalogue, text: &str) -> Result<Definition> {
    let listed = |code: &'static str, problems: &[crate::ledger::Problem]| {
        Fault::new(code, Exit::Input).with("count", problems.len()).of(problems.iter().map(Fault::from)).into()
    };
    let definition = Definition::parse(text).map_err(|problems| listed("ledger-check", &problems))?;
    let problems = catalogue.check(&definition);
    if !problems.is_empty() {
        return Err(listed("ledger-check", &problems));
    }
    if let Some(previous) = catalogue.latest(&definition.code) {
        definition.compatible_with(previous).map_err(|problems| listed("ledger-incompatible", &problems))?;
    }
    if definition.space == SpaceKind::School && definition.code == LEDGER {
        return Err(Fault::new("ledger-check", Exit::Input).with("count", 1).into());
    }
    Ok(definition)
}
