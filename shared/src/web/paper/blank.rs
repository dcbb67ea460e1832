//! Forms to take along on paper, for any ledger: the child's name, class, address, guardians and phone filled in, boxes to tick and lines to write on, made from
//! the definition in force. What is written on it is entered afterwards as any record.
//!
//! Invariant: no field of class C is on a form that leaves the house.

use super::{
    super::{account::Account, desk::Desk, shown},
    choice::Choice,
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Authority, Field, Form, Privacy, Subject},
        value,
    },
    locale::{self, Lang},
    replica::browse::Pupil,
};
use std::collections::BTreeMap;

/// Empty forms of no child in particular at most.
const COPIES_MAX: usize = 100;
/// What a visitor needs of the profile.
const HEAD: [&str; 8] = ["sex", "birth", "guardian", "guardian_rel", "guardian_phone", "village", "address", "household_card"];

/// How a field is written on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Space {
    /// Known already.
    Known(String),
    /// Boxes to tick; several or one.
    Boxes(Vec<String>, bool),
    /// A date, `month` without its day.
    Date(bool),
    /// A line, with a unit behind it.
    Line(String),
    /// Room for some sentences.
    Room,
}

/// A field on a form.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Title.
    pub title: String,
    /// Must be filled.
    pub must: bool,
    /// How.
    pub space: Space,
}

impl Slot {
    /// Needs room for some sentences.
    #[must_use]
    pub fn roomy(&self) -> bool {
        self.space == Space::Room
    }
}

/// One form.
#[derive(Clone, Debug)]
pub struct Blank {
    /// Name; empty for one of no child in particular.
    pub name: String,
    /// Class in words.
    pub class: String,
    /// What is known of the child.
    pub known: Vec<(String, String)>,
    /// Fields.
    pub slots: Vec<Slot>,
}

/// Whether a ledger has forms to take along: kept by the school, one record a visit or event.
#[must_use]
pub fn has_form(definition: &Definition) -> bool {
    definition.form == Form::Records && definition.may_write(Authority::School) && definition.subject != Subject::County
}

/// Whether a record of the ledger is about a child or its household, so that forms are made child by child.
#[must_use]
pub fn about_children(definition: &Definition) -> bool {
    definition.subject == Subject::Student || definition.declared("household_card").is_some()
}

/// The forms asked for: one a child, or so many copies of none in particular; and how many children were left out because the ledger is not about them.
///
/// # Errors
/// `web-paper-no-form`; those of the children; the store's.
pub fn forms(desk: &Desk, account: &Account, definition: &Definition, choice: &Choice, lang: Lang) -> Result<(Vec<Blank>, usize), Fault> {
    if !has_form(definition) || !account.writes(definition).any() {
        return Err(Fault::new("web-paper-no-form", Exit::NotAllowed));
    }
    let catalogue = desk.replica.catalogue();
    let copies = choice.asked.get("copies").and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0).min(COPIES_MAX);
    if copies > 0 || !about_children(definition) {
        let blank =
            Blank { name: String::new(), class: String::new(), known: Vec::new(), slots: slots(&catalogue, definition, &BTreeMap::new(), lang) };
        return Ok((vec![blank; copies.max(1)], 0));
    }
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let there = |pupil: &Pupil| choice.student.is_some() || choice.of.is_some() || pupil.status.as_deref() == Some("present");
    // Who is named, or on a list, is meant.
    let named = choice.student.is_some() || choice.of.is_some() || choice.asked.get("all").is_some_and(|text| !text.is_empty());
    let about = definition.about.as_ref().filter(|_| !named);
    let (mut out, mut left_out) = (Vec::new(), 0);
    for pupil in choice.pupils(desk, account)?.into_iter().filter(there) {
        let fields = desk.replica.locate(&pupil.student).map_err(Fault::from)?.fields;
        if about.is_some_and(|code| fields.get(code) != Some(&Value::Bool(true))) {
            left_out += 1;
            continue;
        }
        let known = HEAD.iter().filter_map(|code| profile.field(code)).filter(|f| f.privacy != Privacy::C);
        let known = known.map(|f| (f.title.get(lang).to_owned(), value::show(&catalogue, &profile, f, &fields, lang))).collect();
        out.push(Blank {
            name: pupil.name.clone(),
            class: shown::class(pupil.grade, pupil.class, lang),
            known,
            slots: slots(&catalogue, definition, &fields, lang),
        });
    }
    Ok((out, left_out))
}

fn slots(catalogue: &Catalogue, definition: &Definition, profile: &BTreeMap<String, Value>, lang: Lang) -> Vec<Slot> {
    let written = |f: &&Field| {
        f.privacy != Privacy::C
            && f.authority.is_none_or(|side| side == Authority::School)
            && !matches!(f.kind, FieldType::File | FieldType::Ref | FieldType::Student)
            && !definition.derive.contains(&f.code)
    };
    let date = Definition::common_fields().iter().filter(|f| f.code == "on");
    let note = Definition::common_fields().iter().filter(|f| f.code == "note");
    date.chain(&definition.fields).chain(note).filter(written).map(|f| slot(catalogue, definition, f, profile, lang)).collect()
}

fn slot(catalogue: &Catalogue, definition: &Definition, field: &Field, profile: &BTreeMap<String, Value>, lang: Lang) -> Slot {
    // What the record would copy from the profile is known; a guardian's phone may be another one by now, so it stays open.
    let copied = field
        .copy_of
        .as_ref()
        .filter(|(ledger, _)| ledger == "enrolment")
        .map(|(_, code)| code.as_str())
        .or((field.code == "household_card").then_some("household_card"));
    let from_profile = copied.and_then(|code| {
        let own = catalogue.latest("enrolment")?;
        Some(value::show(catalogue, own, own.field(code)?, profile, lang)).filter(|text| !text.is_empty())
    });
    let titles = || {
        catalogue
            .options(definition, field)
            .map(|list| list.choices.iter().map(|c| c.title.get(lang).to_owned()).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    let space = match (from_profile, field.kind) {
        (Some(text), _) => Space::Known(text),
        (None, FieldType::Choice) => Space::Boxes(titles(), false),
        (None, FieldType::Flags) => Space::Boxes(titles(), true),
        (None, FieldType::Bool) => Space::Boxes(vec![locale::text(lang, "ledger-yes", &[]), locale::text(lang, "ledger-no", &[])], false),
        (None, FieldType::Date) => Space::Date(true),
        (None, FieldType::Month) => Space::Date(false),
        (None, FieldType::Long) => Space::Room,
        (None, FieldType::Money) => Space::Line(locale::text(lang, "web-yuan", &[])),
        (None, FieldType::Pct) => Space::Line("%".to_owned()),
        (None, _) => Space::Line(field.unit.as_ref().map(|u| u.get(lang).to_owned()).unwrap_or_default()),
    };
    Slot { title: field.title.get(lang).to_owned(), must: field.required == crate::ledger::definition::Required::Yes, space }
}
