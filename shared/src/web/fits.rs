//! Records to choose from, judged before one is chosen: those that the definition's checks have something against come last, under a head of their own. And the same checks,
//! said beside a field while a form is filled.
//!
//! Nothing is hidden and nothing decided here: the checks are data, and the engine asks them again when the record is written.

use super::{
    account::Account,
    conflicts,
    desk::Desk,
    form::{Drawing, Input, Option_},
    shown,
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition, Field, FieldType,
        condition::{Condition, is_filled},
        definition::{Check, Form, Required, Subject},
        validate::{self, Finding},
        value,
    },
    locale::{self, Lang},
    replica::{
        browse::{Row, Wanted},
        names::Names,
        records::Place,
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// What a form says so far: what is copied from the child's profile, and over it what is typed, as far as it can be read.
#[must_use]
pub fn so_far(desk: &Desk, definition: &Definition, student: Option<&str>, typed: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let catalogue = desk.replica.catalogue();
    let profile = student.and_then(|doc| desk.replica.locate(doc).ok()).map(|place| place.fields).unwrap_or_default();
    let copied = definition.fields.iter().filter_map(|field| {
        let (_, from) = field.copy_of.as_ref()?;
        Some((field.code.clone(), profile.get(from)?.clone()))
    });
    let mut fields: BTreeMap<String, Value> = copied.collect();
    fields.insert("on".to_owned(), Value::Str(desk.clock().today().to_string()));
    for (field, text) in typed.iter().filter(|(_, text)| !text.trim().is_empty()).filter_map(|(code, text)| Some((definition.field(code)?, text))) {
        // What a `ref` names is completed where it is written; a form sends the whole key.
        let read = if field.kind == FieldType::Ref {
            vec![(field.code.clone(), Value::Str(text.trim().to_owned()))]
        } else if field.kind == FieldType::School {
            vec![(field.code.clone(), Value::Str(desk.replica.school_named(text).unwrap_or_else(|_| text.trim().to_owned())))]
        } else {
            value::read(&catalogue, definition, field, text, &BTreeMap::new()).map(|reading| reading.values).unwrap_or_default()
        };
        fields.extend(read);
    }
    fields
}

/// The child's file and the ledger it is in, where `definition` copies something from there.
fn file_of(desk: &Desk, definition: &Definition, student: &str) -> Option<(Arc<Definition>, Place)> {
    definition.fields.iter().any(|field| field.copy_of.is_some()).then_some(())?;
    Some((desk.replica.definition("enrolment").ok()?, desk.replica.locate(student).ok().filter(|_| !student.is_empty())?))
}

/// What must be filled and is copied from the child's file, as the file has it and a form would send it: a person sees it before it is saved. What is in dispute there is no proposal.
///
/// # Errors
/// The store's.
pub(super) fn of_file(desk: &Desk, account: &Account, definition: &Definition, student: &str, lang: Lang) -> Result<BTreeMap<String, String>, Fault> {
    let Some((profile, place)) = file_of(desk, definition, student) else { return Ok(BTreeMap::new()) };
    let (catalogue, nothing, held) = (desk.replica.catalogue(), BTreeMap::new(), conflicts::held(desk, &profile, student, lang)?);
    let drawing =
        Drawing { catalogue: &catalogue, definition: &profile, account, fields: &place.fields, typed: &nothing, fault: None, lang, new: false };
    let must = definition.fields.iter().filter(|field| field.required == Required::Yes);
    let copied = must.filter_map(|field| {
        let (_, from) = field.copy_of.as_ref().filter(|(_, from)| !held.contains_key(from))?;
        Some((field.code.clone(), drawing.plain(profile.field(from)?)))
    });
    Ok(copied.filter(|(_, text)| !text.is_empty()).collect())
}

/// What is typed otherwise than the child's file has it, where the ledger copies it from there: what was shown, and what is said. Either may be wrong, or it was another day.
fn unlike_file(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    student: &str,
    fields: &BTreeMap<String, Value>,
    typed: impl Fn(&str) -> bool,
    lang: Lang,
) -> Vec<(String, Fault)> {
    let Some((profile, place)) = file_of(desk, definition, student) else { return Vec::new() };
    let (catalogue, held) = (desk.replica.catalogue(), conflicts::held(desk, &profile, student, lang).unwrap_or_default());
    let asked = definition.fields.iter().filter(|field| typed(&field.code) && super::form::fills(account, definition, field));
    let told = asked.filter_map(|field| {
        let (_, from) = field.copy_of.as_ref().filter(|(_, from)| !held.contains_key(from))?;
        // What the file keeps from this person is not told by a question.
        let of_file = profile.field(from).filter(|own| shown::sees(account, &profile, own))?;
        let (here, there) = (said_in(fields, &field.code), said_in(&place.fields, from));
        (!here.is_empty() && here != there && is_filled(&place.fields, from)).then_some(())?;
        let value = value::show(&catalogue, &profile, of_file, &place.fields, lang);
        let fault = Fault::new("web-unlike-file", Exit::Found).with("field", &field.code).with("title", field.title.get(lang)).with("value", value);
        let hash = blake3::hash(format!("{here:?}{there:?}").as_bytes()).to_hex().get(..8).unwrap_or_default().to_owned();
        Some((format!("file-{}-{hash}", field.code), fault))
    });
    told.collect()
}

/// What a field says: its value, or of several choices those that are ticked.
fn said_in<'f>(fields: &'f BTreeMap<String, Value>, code: &str) -> Vec<(String, &'f Value)> {
    let own = |key: &str| key.strip_prefix(code).filter(|rest| rest.is_empty() || rest.starts_with('.')).map(str::to_owned);
    let says = |(rest, value): &(String, &Value)| if rest.is_empty() { **value != Value::Null } else { **value == Value::Bool(true) };
    fields.iter().filter_map(|(key, value)| Some((own(key)?, value))).filter(says).collect()
}

/// The fields of inputs as typed.
pub(super) fn typed(inputs: &[Input]) -> BTreeMap<String, String> {
    inputs.iter().filter(|input| !input.value.is_empty()).map(|input| (input.code.clone(), input.value.clone())).collect()
}

/// The rows that may be chosen for `field`, those the checks have nothing against first; how many come after.
pub(super) fn sorted(desk: &Desk, definition: &Definition, field: &str, fields: &BTreeMap<String, Value>, rows: Vec<Row>) -> (Vec<Row>, usize) {
    let asks = |check: &Check| check.must.of_others().iter().any(|(reference, _)| *reference == field);
    if !definition.checks.iter().any(asks) {
        return (rows, 0);
    }
    let fits = |row: &Row| {
        let mut chosen = fields.clone();
        chosen.insert(field.to_owned(), Value::Str(row.id.clone()));
        said(desk, definition, &chosen, |check| asks(check)).is_empty()
    };
    let (mut first, rest): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(fits);
    let apart = rest.len();
    first.extend(rest);
    (first, apart)
}

/// What broken checks say of a field, once everything they ask for is filled in.
pub(super) fn about(desk: &Desk, definition: &Definition, fields: &BTreeMap<String, Value>, field: &str) -> Vec<Finding> {
    said(desk, definition, fields, |check| check.names().any(|name| name == field))
}

/// A field that names a school: the schools of the county's list to choose from by name, and the name in place of the code. A name that is not listed may be typed: it is a
/// school outside the county. Whether the field is such a one.
pub(super) fn school(definition: &Definition, input: &mut Input, names: &Names<'_>, schools: &[(String, String)]) -> bool {
    if definition.field(&input.code).is_none_or(|field| field.kind != FieldType::School) {
        return false;
    }
    input.kind = "school";
    for text in [&mut input.value, &mut input.was] {
        if let Some(name) = names.school(text) {
            *text = name;
        }
    }
    input.options = schools.iter().map(|(code, name)| Option_ { code: code.clone(), title: name.clone(), on: false }).collect();
    true
}

/// The school left stands in a new form as this one, where the record is to be shown to another: most children that move, move away.
pub(super) fn own_school(desk: &Desk, definition: &Definition) -> Option<(String, String)> {
    let field = definition.relay.as_ref()?.schools.first()?.clone();
    Some((field, desk.replica.around(|around| around.school)?.to_string()))
}

/// What is said of a school that is not in the county's list: nothing is wrong with it, but a name mistyped would not reach the school meant.
pub(super) fn outside(desk: &Desk, definition: &Definition, field: &str, text: &str, lang: Lang) -> Option<String> {
    let text = text.trim();
    let named = definition.field(field).is_some_and(|field| field.kind == FieldType::School) && !text.is_empty();
    let schools = if named { desk.replica.schools().unwrap_or_default() } else { return None };
    let listed = schools.iter().any(|(code, name)| code == text || name == text);
    (!listed && !schools.is_empty()).then(|| locale::text(lang, "web-school-outside", &[("value", text)]))
}

/// Fields that what is being written makes required and leaves empty, and checks that it breaks, where the definition says to `ask`: said beside each, once. `gaps`: what the form
/// was told already.
///
/// # Errors
/// `web-form-gaps` or `web-check-asked`, with `web-field-gap` for each field; its particular `gaps` goes along with the form.
pub(super) fn asked_for(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    place: &Place,
    set: &BTreeMap<String, String>,
    gaps: &str,
    lang: Lang,
) -> Result<(), Fault> {
    let after = corrected(desk, definition, place, set);
    let empty = empty(desk, account, definition, &after, |condition| condition.fields().iter().any(|code| set.contains_key(*code)));
    let touched = |check: &Check| check.names().any(|name| set.contains_key(name));
    let mut broken = asks(desk, definition, &place.id, &after, place.state.as_deref(), &BTreeMap::new(), touched);
    broken.extend(unlike_file(desk, account, definition, &place.doc.to_string(), &after, |code| set.contains_key(code), lang));
    if ["grade", "class"].iter().any(|code| set.contains_key(*code)) {
        broken.extend(new_class(desk, definition, &after, lang)?);
    }
    broken.extend(left_from_before(desk, account, definition, place, set, lang));
    let key = if empty.is_empty() { "web-check-asked" } else { "web-form-gaps" };
    let said = empty.into_iter().map(|field| (field.code.clone(), gap(field, lang))).chain(broken);
    unless_told(key, said.collect(), gaps)
}

/// What says when or why a field became what it is, and stands as it was although that field is corrected: the day a child left, of one that is back.
fn left_from_before(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    place: &Place,
    set: &BTreeMap<String, String>,
    lang: Lang,
) -> Vec<(String, Fault)> {
    let catalogue = desk.replica.catalogue();
    let stale = definition.fields.iter().filter(|field| {
        let changed = field.of_change.as_ref().is_some_and(|of| set.contains_key(of) && is_filled(&place.fields, of));
        changed && !set.contains_key(&field.code) && is_filled(&place.fields, &field.code) && super::form::fills(account, definition, field)
    });
    let said = stale.map(|field| {
        let of = field.of_change.as_ref().and_then(|of| definition.field(of)).map_or("", |of| of.title.get(lang));
        let value = value::show(&catalogue, definition, field, &place.fields, lang);
        let fault = Fault::new("web-left-from-before", Exit::Found).with("field", &field.code).with("title", field.title.get(lang));
        (format!("before-{}", field.code), fault.with("from", of).with("value", value))
    });
    said.collect()
}

/// Checks that a step breaks with what is written along with it, where the definition says to `ask`: said once, as [`asked_for`] does. `named`: fields that are written, or
/// that the step stands on.
///
/// # Errors
/// `web-check-asked`; its particular `gaps` goes along with the form.
pub(super) fn asked_of_step(
    desk: &Desk,
    definition: &Definition,
    place: &Place,
    state: Option<&str>,
    set: &BTreeMap<String, String>,
    named: &[&str],
    gaps: &str,
) -> Result<(), Fault> {
    let after = corrected(desk, definition, place, set);
    let touched = |check: &Check| check.names().any(|name| set.contains_key(name) || named.contains(&name));
    unless_told("web-check-asked", asks(desk, definition, &place.id, &after, state, &BTreeMap::new(), touched), gaps)
}

/// Nothing, where there is nothing to be said or all of it was told before.
fn unless_told(key: &'static str, said: Vec<(String, Fault)>, gaps: &str) -> Result<(), Fault> {
    let codes = said.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>().join(",");
    if codes.is_empty() || codes == gaps {
        return Ok(());
    }
    Err(Fault::new(key, Exit::Found).with("gaps", codes).of(said.into_iter().map(|(_, fault)| fault)))
}

/// Fields that ask (`ask = true`), are required as the record is, and are empty. `of`: conditions that are looked at.
fn empty<'d>(
    desk: &Desk,
    account: &Account,
    definition: &'d Definition,
    fields: &BTreeMap<String, Value>,
    of: impl Fn(&Condition) -> bool,
) -> Vec<&'d Field> {
    desk.replica.around(|around| {
        let wanted = |field: &&Field| match &field.required {
            Required::When(condition) => of(condition) && condition.holds_here(fields, None, around),
            _ => false,
        };
        let asking = definition.fields.iter().filter(|field| field.ask && super::form::fills(account, definition, field));
        asking.filter(wanted).filter(|field| !is_filled(fields, &field.code)).collect()
    })
}

fn gap(field: &Field, lang: Lang) -> Fault {
    Fault::new("web-field-gap", Exit::Found).with("field", &field.code).with("title", field.title.get(lang))
}

/// The same of a new record: what its checks ask about, which fields that ask are empty, and what the child's file says otherwise.
pub(super) fn asked_of_new(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    student: &str,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> Vec<(String, Fault)> {
    let state = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.as_str());
    let mut found = asks(desk, definition, "", fields, state, &BTreeMap::new(), |_| true);
    found.extend(empty(desk, account, definition, fields, |_| true).into_iter().map(|field| (format!("gap-{}", field.code), gap(field, lang))));
    // What was not typed is the file's own.
    found.extend(unlike_file(desk, account, definition, student, fields, |_| true, lang));
    found
}

/// A record as it will be once `set` is written.
pub(super) fn corrected(desk: &Desk, definition: &Definition, place: &Place, set: &BTreeMap<String, String>) -> BTreeMap<String, Value> {
    let mut after = place.fields.clone();
    for code in set.keys() {
        after.remove(code);
    }
    let mut typed = so_far(desk, definition, None, set);
    typed.retain(|code, _| code != "on" || set.contains_key(code));
    after.extend(typed);
    after
}

/// What a record breaks beside others that are about to be written (`among`, by id), and alone does not: payments that each are within what was approved, and above it together.
pub(super) fn asked_beside(
    desk: &Desk,
    definition: &Definition,
    id: &str,
    fields: &BTreeMap<String, Value>,
    state: Option<&str>,
    among: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Vec<(String, Fault)> {
    let alone = asks(desk, definition, id, fields, state, &BTreeMap::new(), |_| true);
    let mut found = asks(desk, definition, id, fields, state, among, |_| true);
    found.retain(|(code, _)| alone.iter().all(|(other, _)| other != code));
    found
}

/// Checks that the desk asks about before it saves what breaks them: what was shown (it comes back with the next press, and is another for other values), and what is said.
fn asks(
    desk: &Desk,
    definition: &Definition,
    id: &str,
    fields: &BTreeMap<String, Value>,
    state: Option<&str>,
    among: &BTreeMap<String, BTreeMap<String, Value>>,
    of: impl Fn(&Check) -> bool,
) -> Vec<(String, Fault)> {
    let asked = definition.checks.iter().enumerate().filter(|(_, check)| check.asks() && of(check));
    desk.replica.around_among(id, among, |around| {
        let broken = asked.filter_map(|(at, check)| Some((at, check, validate::broken(check, fields, state, around)?)));
        let shown = |check: &Check| check.names().map(|name| format!("{:?}", fields.get(name))).collect::<String>();
        let code = |at: usize, check: &Check| format!("{at}-{}", blake3::hash(shown(check).as_bytes()).to_hex().get(..8).unwrap_or_default());
        broken.map(|(at, check, finding)| (code(at, check), finding.fault(definition))).collect()
    })
}

/// A class that no child of the grade is in yet: a new one, or a slip of the finger.
///
/// # Errors
/// The store's.
pub(super) fn new_class(
    desk: &Desk,
    definition: &Definition,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> Result<Option<(String, Fault)>, Fault> {
    let number = |code: &str| match fields.get(code) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    let Some((grade, class)) =
        number("grade").zip(number("class")).filter(|_| definition.subject == Subject::Student && definition.form == Form::Profile)
    else {
        return Ok(None);
    };
    let year = Some(desk.replica.this_year().map_err(Fault::from)?);
    let any = |equals: &[(&str, i64)]| -> Result<bool, Fault> {
        let equals = equals.iter().map(|(code, number)| ((*code).to_owned(), number.to_string())).collect();
        let found = desk.replica.page(definition, &Wanted { year, equals, limit: 1, ..Wanted::default() }).map_err(Fault::from)?;
        Ok(!found.rows.is_empty())
    };
    if !any(&[("grade", grade)])? || any(&[("grade", grade), ("class", class)])? {
        return Ok(None);
    }
    let fault =
        Fault::new("web-class-new", Exit::Found).with("field", "class").with("grade", shown::class(Some(grade), None, lang)).with("class", class);
    Ok(Some((format!("class-{grade}-{class}"), fault)))
}

/// What goes along with a form once it was told what is missing.
pub(super) fn told_gaps(fault: &Fault) -> Option<(String, String)> {
    let gaps = fault.args.iter().find(|(name, _)| ["web-form-gaps", "web-check-asked"].contains(&fault.code.as_ref()) && name == "gaps")?;
    Some(("_gaps".to_owned(), gaps.1.clone()))
}

fn said(desk: &Desk, definition: &Definition, fields: &BTreeMap<String, Value>, of: impl Fn(&Check) -> bool) -> Vec<Finding> {
    let state = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.as_str());
    let whole = |check: &&Check| of(check) && check.must.fields().iter().all(|name| is_filled(fields, name));
    let asked = definition.checks.iter().filter(whole);
    desk.replica.around(|around| asked.filter_map(|check| validate::broken(check, fields, state, around)).collect())
}
