//! Whether this person reaches this record: asked by every page that shows or changes one.
//!
//! A record out of reach is not found, rather than forbidden: nobody learns from an address which children there are.

use super::{
    account::{Account, Class},
    desk::Desk,
    shown,
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition, FieldType,
        definition::{SchoolRole, Step, Subject},
    },
    locale::{self, Lang},
    replica::{
        browse::{Pupil, Row},
        records::Place,
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// A ledger the person may read.
///
/// # Errors
/// `ledger-none`, also for one that is not the person's.
pub fn ledger(desk: &Desk, account: &Account, code: &str) -> Result<Arc<Definition>, Fault> {
    let definition = desk.replica.definition(code).map_err(Fault::from)?;
    if account.reads(&definition).any() { Ok(definition) } else { Err(Fault::new("ledger-none", Exit::NoMatch).with("code", code)) }
}

/// A child the person may see.
///
/// # Errors
/// `web-child-none`.
pub fn child(desk: &Desk, account: &Account, student: &str) -> Result<(Pupil, Vec<Pupil>), Fault> {
    let (found, others) = desk.replica.pupil(student).map_err(Fault::from)?;
    let seen = found.filter(|pupil| account.children().holds(class_of(pupil)));
    seen.map(|pupil| (pupil, others)).ok_or_else(|| Fault::new("web-child-none", Exit::NoMatch))
}

/// Whether a person is what a step asks for; a step that asks for nobody is everybody's who may write.
#[must_use]
pub fn takes(account: &Account, role: Option<SchoolRole>) -> bool {
    role.is_none_or(|role| account.roles.iter().any(|own| own.code() == role.word()))
}

/// The title of a role that a step asks for.
#[must_use]
pub fn role_title(role: SchoolRole, lang: Lang) -> String {
    locale::text(lang, &format!("web-role-{}", role.word().replace('_', "-")), &[])
}

/// A step of a ledger, for whoever may take it: asked wherever one is taken, one record or many.
///
/// # Errors
/// `web-step-role`.
pub fn step(account: &Account, definition: &Definition, step: &str, lang: Lang) -> Result<(), Fault> {
    let role = definition.lifecycle.as_ref().and_then(|l| l.step(step)).and_then(|s| s.role);
    match role.filter(|_| !takes(account, role)) {
        Some(role) => Err(Fault::new("web-step-role", Exit::NotAllowed).with("value", role_title(role, lang))),
        None => Ok(()),
    }
}

/// What somebody who takes a step signs with: the own name in the persons it asks for, where it is one role's to take.
#[must_use]
pub fn signature(account: &Account, definition: &Definition, step: &Step) -> Vec<(String, String)> {
    let persons = definition.required_for(step).into_iter().filter(|field| step.role.is_some() && field.kind == FieldType::Person);
    persons.map(|field| (field.code.clone(), account.name.clone())).collect()
}

/// Class of a child.
#[must_use]
pub fn class_of(pupil: &Pupil) -> Option<Class> {
    pupil.grade.zip(pupil.class).map(|(grade, class)| Class { grade, class })
}

/// Class that a record of a school's ledger names ([`Definition::by_class`]).
#[must_use]
pub fn class_in(fields: &BTreeMap<String, Value>) -> Option<Class> {
    let number = |code: &str| match fields.get(code) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    number("grade").zip(number("class")).map(|(grade, class)| Class { grade, class })
}

/// A record the person may see, or change.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Where it stands.
    pub place: Place,
    /// Its ledger.
    pub definition: Arc<Definition>,
    /// Its child, if it is a child's.
    pub pupil: Option<Pupil>,
    /// The person may change it.
    pub writes: bool,
    /// The child moved, and its records here are only looked at: what is said of that.
    pub closed: Option<Fault>,
}

/// A record by its whole id.
///
/// # Errors
/// `record-none`, also for one out of reach.
pub fn record(desk: &Desk, account: &Account, id: &str) -> Result<Reached, Fault> {
    let none = || Fault::new("record-none", Exit::NoMatch).with("ref", id);
    let place = desk.replica.locate(id).map_err(Fault::from)?;
    if place.id != id {
        return Err(none());
    }
    let definition = desk.replica.definition(&place.ledger).map_err(Fault::from)?;
    let pupil = desk.replica.pupil(&place.doc.to_string()).map_err(Fault::from)?.0;
    let reaches = |reach: &super::account::Reach| match &pupil {
        Some(pupil) => reach.holds(class_of(pupil)),
        // Of a child whose file is void nobody's class is known.
        None if definition.subject == Subject::Student => *reach == super::account::Reach::All,
        None if definition.by_class() => reach.holds(class_in(&place.fields)),
        None => reach.any(),
    };
    let (reads, writes) = (reaches(&account.reads(&definition)), reaches(&account.writes(&definition)));
    if !reads {
        return Err(none());
    }
    let closed = closed(desk, &place)?;
    Ok(Reached { writes: writes && closed.is_none(), place, definition, pupil, closed })
}

/// What is said of a record whose child moved to another school.
///
/// # Errors
/// The store's.
pub fn closed(desk: &Desk, place: &Place) -> Result<Option<Fault>, Fault> {
    match desk.replica.may_work_in(place.doc).map_err(Fault::from) {
        Ok(()) => Ok(None),
        Err(fault) if fault.code == "document-closed" => Ok(Some(fault)),
        Err(fault) => Err(fault),
    }
}

/// A record the person may change.
///
/// # Errors
/// As [`record`]; `document-closed`; `web-class-not-yours`; `web-not-yours`.
pub fn writable(desk: &Desk, account: &Account, id: &str) -> Result<Reached, Fault> {
    let reached = record(desk, account, id)?;
    match (reached.writes, &reached.closed) {
        (true, _) => Ok(reached),
        (false, Some(moved)) => Err(moved.clone()),
        // The role would do, the class does not.
        (false, None) if reached.definition.by_class() && account.writes(&reached.definition).any() => {
            Err(Fault::new("web-class-not-yours", Exit::NotAllowed))
        }
        (false, None) => Err(Fault::new("web-not-yours", Exit::NotAllowed)),
    }
}

/// That what is written points to no child's record out of reach: its label would be shown, and a part of an id would tell which ids there are.
///
/// # Errors
/// `record-none`.
pub fn references(desk: &Desk, account: &Account, definition: &Definition, set: &BTreeMap<String, String>) -> Result<(), Fault> {
    let catalogue = desk.replica.catalogue();
    for (code, text) in set.iter().filter(|(_, text)| !text.trim().is_empty()) {
        let target = definition.field(code).and_then(|f| f.reference.as_deref()).and_then(|ledger| catalogue.latest(ledger));
        if target.is_some_and(|target| target.subject == Subject::Student) {
            record(desk, account, text.trim()).map_err(|_| Fault::new("record-none", Exit::NoMatch).with("ref", text).with("field", code))?;
        }
    }
    Ok(())
}

/// The rows in reach.
#[must_use]
pub fn rows(desk: &Desk, account: &Account, rows: Vec<Row>) -> Vec<Row> {
    let catalogue = desk.replica.catalogue();
    rows.into_iter().filter(|row| catalogue.latest(&row.ledger).is_some_and(|d| shown::in_reach(&account.reads(d), row))).collect()
}
