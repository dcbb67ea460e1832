//! Whose children a person may import rows about, when it is not the whole school's: a class teacher's own classes.
//!
//! Rows of a school's ledger by class are those of the own classes.
//!
//! Invariant: of a child elsewhere nothing is learned, not even whether there is one: whatever is not of these classes is refused with one and the same sentence.

use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{Catalogue, Definition, definition::Subject},
    model::SchoolYear,
    replica::{Replica, Result, browse::Pupil, records::Place},
};
use std::collections::BTreeMap;

/// The children of some classes.
pub(super) struct Reached<'a> {
    replica: &'a Replica,
    classes: &'a [(i64, i64)],
    pupils: Vec<Pupil>,
}

impl<'a> Reached<'a> {
    /// Those of `classes` in `year`.
    pub(super) fn of(replica: &'a Replica, classes: &'a [(i64, i64)], year: SchoolYear) -> Result<Self> {
        let pupils = replica.pupils(year)?.into_iter().filter(|pupil| holds(classes, pupil)).collect();
        Ok(Self { replica, classes, pupils })
    }

    /// What is said of any row that is not about one of them.
    fn refused() -> Fault {
        Fault::new("import-row-not-in-classes", Exit::NotAllowed)
    }

    /// The record of exactly this id, if it is of one of these children, or of one of these classes ([`Definition::by_class`]).
    pub(super) fn record(&self, id: &str) -> Result<Place> {
        let place = self.replica.locate(id).ok().filter(|place| place.id == id).ok_or_else(Self::refused)?;
        if self.replica.definition(&place.ledger)?.by_class() {
            self.of_class(&place.fields)?;
            return Ok(place);
        }
        let pupil = self.replica.pupil(&place.doc.to_string())?.0;
        if pupil.is_some_and(|pupil| holds(self.classes, &pupil)) { Ok(place) } else { Err(Self::refused().into()) }
    }

    /// That a school's record names one of these classes. Those of others are read by everybody, so it is said what is wrong.
    pub(super) fn of_class(&self, fields: &BTreeMap<String, Value>) -> Result<()> {
        let number = |code: &str| match fields.get(code) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        };
        let own = number("grade").zip(number("class")).is_some_and(|class| self.classes.contains(&class));
        if own { Ok(()) } else { Err(Fault::new("import-row-class-not-yours", Exit::NotAllowed).with("field", "class").into()) }
    }

    /// The document of the child that a cell names by document, identity or student number, or name.
    pub(super) fn child(&self, text: &str) -> Result<String> {
        let wanted = text.trim();
        let is = |number: &Option<String>| number.as_deref().is_some_and(|number| number.eq_ignore_ascii_case(wanted));
        let found: Vec<&Pupil> =
            self.pupils.iter().filter(|pupil| pupil.student == wanted || pupil.name == wanted || is(&pupil.id_no) || is(&pupil.student_no)).collect();
        match found.as_slice() {
            [one] => Ok(one.student.clone()),
            [] => Err(Self::refused().into()),
            several => Err(Fault::new("import-row-child-several", Exit::NoMatch).with("ref", wanted).with("count", several.len()).into()),
        }
    }

    /// That nothing written points to a child's record elsewhere: its label would be shown.
    pub(super) fn references(&self, catalogue: &Catalogue, definition: &Definition, set: &BTreeMap<String, String>) -> Result<()> {
        for (code, text) in set.iter().filter(|(_, text)| !text.trim().is_empty()) {
            let target = definition.field(code).and_then(|field| field.reference.as_deref()).and_then(|ledger| catalogue.latest(ledger));
            if target.is_some_and(|target| target.subject == Subject::Student) {
                self.record(text.trim()).map_err(|_| Fault::new("record-none", Exit::NoMatch).with("ref", text).with("field", code))?;
            }
        }
        Ok(())
    }
}

fn holds(classes: &[(i64, i64)], pupil: &Pupil) -> bool {
    pupil.grade.zip(pupil.class).is_some_and(|class| classes.contains(&class))
}
