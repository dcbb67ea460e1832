//! What is asked before a new record is saved: is it not there already, and is what a check asks about meant?
//!
//! A form sent twice, a child entered again, a second case or payment: each may be meant. Nothing is saved, the form comes back as it was filled with what is there and the way
//! to it; it now has shown that, so the next press is a choice. A child whose identity number stands here already is no choice: that is the child.

use super::{account::Account, desk::Desk, fits, reach, shown};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition, FieldType,
        definition::{Form, Subject},
    },
    locale::Lang,
    model::SchoolYear,
    replica::{
        alike,
        browse::{Row, Wanted},
        names::Names,
    },
};
use std::collections::BTreeMap;

/// A form of the same values is taken for the same form sent again for so long, milliseconds.
const AGAIN_MS: i64 = 24 * 3_600 * 1_000;
/// Most that is shown of what is there.
const SHOWN_MAX: usize = 5;

/// What is there already.
#[derive(Debug)]
pub(super) struct Asked {
    /// What is said.
    pub(super) fault: Fault,
    /// Page and name of each.
    pub(super) there: Vec<(String, String)>,
    /// Comes along with the form once it was shown (`_sure`); empty where there is no choice.
    pub(super) sure: String,
}

/// What has to be asked before this is added, unless `sure` says that it was.
///
/// # Errors
/// The store's.
pub(super) fn before(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    student: &str,
    set: &BTreeMap<String, String>,
    sure: &str,
    lang: Lang,
) -> Result<Option<Asked>, Fault> {
    let fields = fits::so_far(desk, definition, Some(student).filter(|doc| !doc.is_empty()), set);
    let alike = if definition.form == Form::Profile {
        child(desk, account, definition, &fields, lang)?
    } else {
        record(desk, account, definition, student, set, &fields, lang)?
    };
    // A child that is there already is no choice.
    let alike = if alike.as_ref().is_some_and(|asked| asked.sure.is_empty()) {
        alike
    } else {
        let mut broken = fits::asked_of_new(desk, account, definition, student, &fields, lang);
        broken.extend(fits::new_class(desk, definition, &fields, lang)?);
        with_checks(broken, alike)
    };
    let asked = [alike, not_about(desk, account, definition, student, lang)?, outside(desk, definition, set)?];
    // One question after the other; what was answered before comes along.
    let asked = asked.into_iter().flatten().find(|asked| asked.sure.is_empty() || !sure.split('+').any(|answered| answered == asked.sure));
    Ok(asked
        .map(|asked| Asked { sure: if asked.sure.is_empty() || sure.is_empty() { asked.sure } else { format!("{sure}+{}", asked.sure) }, ..asked }))
}

/// A child whom the ledger is not about (`about`), by the child's file: a row for the wrong child is soon written, and long to mend.
fn not_about(desk: &Desk, account: &Account, definition: &Definition, student: &str, lang: Lang) -> Result<Option<Asked>, Fault> {
    let Some(about) = definition.about.as_deref().filter(|_| definition.subject == Subject::Student && !student.is_empty()) else { return Ok(None) };
    let place = desk.replica.locate(student).map_err(Fault::from)?;
    if place.fields.get(about) != Some(&Value::Bool(false)) {
        return Ok(None);
    }
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let name = reach::child(desk, account, student)?.0.name;
    let title = profile.field(about).map_or(about, |field| field.title.get(lang));
    let fault = Fault::new("web-asked-not-about", Exit::Found).with("value", &name).with("title", title).with("ledger", definition.title.get(lang));
    Ok(Some(Asked { fault, there: vec![(format!("/child/{student}"), name)], sure: format!("about-{student}") }))
}

/// A school by a name that the county's list has not: outside the county, or half a name. Those it may be are named.
fn outside(desk: &Desk, definition: &Definition, set: &BTreeMap<String, String>) -> Result<Option<Asked>, Fault> {
    let schools = desk.replica.schools().map_err(Fault::from)?;
    let mut named = definition.fields.iter().filter(|field| field.kind == FieldType::School).filter_map(|field| Some(set.get(&field.code)?.trim()));
    let unknown = |name: &&str| !name.is_empty() && !schools.iter().any(|(code, known)| code == name || known == name);
    let Some(name) = named.find(unknown).filter(|_| !schools.is_empty()) else { return Ok(None) };
    // Every letter in its order: 石门九年制学校 is in 石门乡九年制学校.
    let within = |known: &str| {
        let mut letters = known.chars();
        name.chars().all(|letter| letters.any(|other| other == letter))
    };
    let like: Vec<&str> = schools.iter().map(|(_, known)| known.as_str()).filter(|known| within(known)).take(SHOWN_MAX).collect();
    let code = if like.is_empty() { "web-asked-outside" } else { "web-asked-half" };
    let fault = Fault::new(code, Exit::Found).with("value", name).with("names", like.join("、"));
    Ok(Some(Asked { fault, there: Vec::new(), sure: blake3::hash(name.as_bytes()).to_hex().as_str().get(..16).unwrap_or_default().to_owned() }))
}

/// The same question, with what is asked of these values.
fn with_checks(broken: Vec<(String, Fault)>, asked: Option<Asked>) -> Option<Asked> {
    if broken.is_empty() {
        return asked;
    }
    let known = asked.unwrap_or_else(|| Asked { fault: Fault::new("web-check-asked", Exit::Found), there: Vec::new(), sure: String::new() });
    let shown = broken.iter().map(|(code, _)| code.as_str());
    let sure = std::iter::once(known.sure.as_str()).filter(|sure| !sure.is_empty()).chain(shown).collect::<Vec<_>>().join(",");
    Some(Asked { fault: known.fault.of(broken.into_iter().map(|(_, fault)| fault)), sure, ..known })
}

fn child(desk: &Desk, account: &Account, definition: &Definition, fields: &BTreeMap<String, Value>, lang: Lang) -> Result<Option<Asked>, Fault> {
    let year = SchoolYear::of(desk.clock().today());
    let with = |field: &str| -> Result<Vec<Row>, Fault> {
        let Some(value) = text(fields, field) else { return Ok(Vec::new()) };
        let wanted = Wanted { year, equals: BTreeMap::from([(field.to_owned(), value.to_owned())]), limit: 100, ..Wanted::default() };
        Ok(desk.replica.page(definition, &wanted).map_err(Fault::from)?.rows)
    };
    let numbered = with("id_no")?;
    let namesakes = match (text(fields, "name"), text(fields, "birth")) {
        (Some(name), Some(birth)) => desk.replica.namesakes(definition, name, |known| known == birth).map_err(Fault::from)?,
        _ => Vec::new(),
    };
    let (code, rows) = if numbered.is_empty() { ("web-child-alike", namesakes) } else { ("web-child-there", numbered) };
    if rows.is_empty() {
        return Ok(None);
    }
    let sure = if code == "web-child-there" { String::new() } else { ids(&rows) };
    let of_others = reach::rows(desk, account, rows.clone()).is_empty();
    // A child of another class is not shown to who does not have it.
    let code = match code {
        "web-child-there" if of_others => "web-child-there-away",
        "web-child-alike" if of_others => "web-child-alike-away",
        code => code,
    };
    let there = reach::rows(desk, account, rows).into_iter().take(SHOWN_MAX).map(|row| {
        let who = format!("{} · {}", row.name.unwrap_or_default(), shown::class(row.grade, row.class, lang));
        (format!("/child/{}", row.student.unwrap_or(row.id)), who)
    });
    Ok(Some(Asked { fault: Fault::new(code, Exit::Found), there: there.collect(), sure }))
}

fn record(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    student: &str,
    set: &BTreeMap<String, String>,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> Result<Option<Asked>, Fault> {
    let rows = if definition.subject == Subject::Student {
        desk.replica.records_of(student).map_err(Fault::from)?
    } else {
        let on = text(fields, "on").map(str::to_owned);
        desk.replica.page(definition, &Wanted { from: on.clone(), to: on, limit: 200, ..Wanted::default() }).map_err(Fault::from)?.rows
    };
    let rows: Vec<Row> = rows.into_iter().filter(|row| row.ledger == definition.code && !row.void).collect();
    let now = desk.clock().now().as_millisecond();
    let typed = |key: &String| set.contains_key(key.split('.').next().unwrap_or(key));
    let again = |row: &&Row| {
        made_ms(&row.id).is_some_and(|made| (now - AGAIN_MS..=now).contains(&made))
            && fields
                .iter()
                .filter(|(key, _)| typed(key))
                .all(|(key, value)| row.fields.get(key) == Some(value) || (key == "on" && row.on.as_deref() == str_of(value)))
    };
    let twice: Vec<Row> = rows.iter().filter(again).cloned().collect();
    let (code, rows) = if twice.is_empty() { ("web-record-alike", alike::like(definition, fields, rows)) } else { ("web-record-twice", twice) };
    if rows.is_empty() {
        return Ok(None);
    }
    let (sure, names) = (ids(&rows), Names::of(&desk.replica, lang));
    let there = reach::rows(desk, account, rows).into_iter().take(SHOWN_MAX).map(|row| {
        let label = names.label(definition, &row.fields);
        let on = Some(names.day(definition, &row)).filter(|on| !label.contains(on)).unwrap_or_default().to_owned();
        let state = definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(lifecycle, code)| lifecycle.state(code));
        let state = state.map(|state| state.title.get(lang).to_owned()).unwrap_or_default();
        let said: Vec<String> = [definition.title.get(lang).to_owned(), on, label, state].into_iter().filter(|part| !part.is_empty()).collect();
        (format!("/record/{}", row.id), said.join(" · "))
    });
    let fault = Fault::new(code, Exit::Found).with("value", definition.title.get(lang)).with("within", alike::within(definition, lang));
    Ok(Some(Asked { fault, there: there.collect(), sure }))
}

/// When a record was made, by the clock of the machine that made it, Unix milliseconds; `None` for a derived id.
fn made_ms(id: &str) -> Option<i64> {
    let ulid: ulid::Ulid = id.split_once(':')?.1.parse().ok()?;
    i64::try_from(ulid.timestamp_ms()).ok()
}

fn ids(rows: &[Row]) -> String {
    rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>().join(",")
}

fn text<'a>(fields: &'a BTreeMap<String, Value>, field: &str) -> Option<&'a str> {
    fields.get(field).and_then(str_of).filter(|text| !text.is_empty())
}

fn str_of(value: &Value) -> Option<&str> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}
