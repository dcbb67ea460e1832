//! Records one a sheet: a letter with what is cut off above (the stub the school keeps) and below (the slip that is signed and comes back), or a table of values.

use super::super::{
    account::Account,
    desk::Desk,
    page::Page,
    shown::{self, Shown},
};
use super::names::Names;
use crate::{
    fault::Fault,
    ledger::{
        Definition,
        definition::{Privacy, Subject},
        lifecycle,
    },
    locale::{self, Lang},
    replica::browse::{Row, Taken, Wanted},
};
use askama::Template;
use std::collections::BTreeMap;

/// What stands in a letter where nothing is known yet.
const BLANK: &str = "＿＿＿＿＿＿";

/// One record on paper.
#[derive(Clone, Debug)]
pub struct Sheet {
    name: String,
    class: String,
    number: String,
    /// Its papers are numbered.
    serial: bool,
    /// Lifecycle state in words; empty without one.
    state: String,
    /// That this letter is not to be handed out, and why; empty: it may be.
    no_letter: String,
    /// Steps taken in one line: what, day, who, why.
    steps: String,
    /// Of the profile: guardian, phone, address.
    known: Vec<(String, String)>,
    /// Paragraphs of the stub the school keeps; none: nothing is cut off.
    stub: Vec<String>,
    /// Paragraphs of a letter; none: a table of values.
    letter: Vec<String>,
    /// Paragraphs of the slip that comes back.
    slip: Vec<String>,
    values: Vec<Shown>,
}

/// The page.
#[derive(Template)]
#[template(path = "paper.html")]
pub struct PaperPage {
    page: Page,
    title: String,
    day: String,
    sheets: Vec<Sheet>,
    /// Signed by the family too.
    family: bool,
    /// Numbers that stand on other records of the school as well: number, and where.
    twice: Vec<(String, String)>,
}

impl std::fmt::Debug for PaperPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaperPage").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Draws records one a sheet.
///
/// # Errors
/// The store's.
pub fn page(desk: &Desk, account: &Account, page: Page, definition: &Definition, rows: &[Row]) -> Result<PaperPage, Fault> {
    let names = Names::of(desk, page.lang)?;
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let taken = if definition.lifecycle.is_some() { desk.replica.steps_of(&ids).map_err(Fault::from)? } else { Vec::new() };
    let sheets = rows.iter().map(|row| sheet(desk, account, definition, row, &taken, &names)).collect();
    let (title, day) = (definition.title.get(page.lang).to_owned(), shown::on_paper(&desk.clock().today().to_string(), page.lang));
    let twice = twice(desk, definition, rows)?;
    Ok(PaperPage { page: page.titled(title.clone()), title, day, sheets, family: definition.subject == Subject::Student, twice })
}

fn paragraphs(lang: Lang, key: &str, particulars: &[(&str, &str)]) -> Vec<String> {
    let text = locale::text(lang, key, particulars);
    if text == key {
        return Vec::new();
    }
    text.split('¶').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn sheet(desk: &Desk, account: &Account, definition: &Definition, row: &Row, taken: &[Taken], names: &Names<'_>) -> Sheet {
    let (catalogue, lang) = (desk.replica.catalogue(), names.lang);
    let mut values = shown::filled(&catalogue, definition, account, &row.fields, lang);
    // What points to another record is shown by that record's name: a key says nothing. What is in dispute is shown as that.
    for shown in &mut values {
        if let Some(field) = definition.field(&shown.code) {
            shown.value = shown::on_paper(&names.value(definition, field, row, None), lang);
        }
    }
    values.retain(|shown| !shown.value.is_empty());
    let text = |code: &str| definition.field(code).map(|f| shown::on_paper(&names.value(definition, f, row, None), lang)).unwrap_or_default();
    let class = shown::class(row.grade, row.class, lang);
    let profile = catalogue.latest("enrolment");
    let name = row.name.clone().unwrap_or_default();
    let name = profile.map_or_else(|| name.clone(), |profile| names.child(profile, row.student.as_deref().unwrap_or_default(), &name));
    let filled: Vec<(String, String)> = definition
        .fields
        .iter()
        .map(|f| (f.code.clone(), Some(text(&f.code)).filter(|t| !t.is_empty()).unwrap_or_else(|| BLANK.to_owned())))
        .collect();
    let mut particulars: Vec<(&str, &str)> = filled.iter().map(|(code, text)| (code.as_str(), text.as_str())).collect();
    particulars.extend([("name", name.as_str()), ("class", class.as_str()), ("place", desk.config.place.as_str())]);
    let key = format!("paper-{}", definition.code.replace('_', "-"));
    let serial = definition.fields.iter().find(|f| f.serial).map_or("number", |f| f.code.as_str());
    let letter = paragraphs(lang, &key, &particulars);
    Sheet {
        no_letter: if letter.is_empty() { String::new() } else { no_letter(definition, row, names) },
        number: Some(text(serial)).filter(|number| !number.is_empty()).unwrap_or_else(|| BLANK.to_owned()),
        serial: definition.fields.iter().any(|f| f.serial),
        state: if row.disputed && row.state.is_none() { names.unsettled() } else { shown::state(definition, row.state.as_deref(), lang) },
        steps: taken
            .iter()
            .filter(|step| step.record == row.id)
            .map(|step| step_words(definition, step, lang))
            .collect::<Vec<_>>()
            .join(lang.semicolon()),
        known: known(desk, row, names),
        stub: paragraphs(lang, &format!("{key}-stub"), &particulars),
        letter,
        slip: paragraphs(lang, &format!("{key}-slip"), &particulars),
        name,
        class,
        values,
    }
}

/// Why a letter is none yet, or none any more: it is void, in its first state (a draft, not issued), or nobody knows.
fn no_letter(definition: &Definition, row: &Row, names: &Names<'_>) -> String {
    let Some(lifecycle) = &definition.lifecycle else { return String::new() };
    let lang = names.lang;
    match row.state.as_deref() {
        _ if row.void => locale::text(lang, "web-void", &[]),
        None if row.disputed => names.unsettled(),
        Some(state) if state == lifecycle.initial => {
            let title = shown::state(definition, Some(state), lang);
            lifecycle::awaited(lifecycle, state)
                .first()
                .map_or_else(|| title.clone(), |step| locale::text(lang, "paper-not-yet", &[("value", &title), ("step", step.title.get(lang))]))
        }
        _ => String::new(),
    }
}

/// A step in words: what, the day, who, why.
fn step_words(definition: &Definition, step: &Taken, lang: Lang) -> String {
    let known = definition.lifecycle.as_ref().and_then(|l| l.step(&step.step));
    let title = known.map_or_else(|| locale::text(lang, "web-trail-settled", &[]), |known| known.title.get(lang).to_owned());
    [title.as_str(), &shown::on_paper(&step.on, lang), &step.by, &step.why].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Guardian, phone and address of the child: what whoever holds the paper needs.
fn known(desk: &Desk, row: &Row, names: &Names<'_>) -> Vec<(String, String)> {
    let catalogue = desk.replica.catalogue();
    let profile = row.student.as_deref().and_then(|student| desk.replica.locate(student).ok());
    let (Some(profile), Some(definition)) = (profile, catalogue.latest("enrolment")) else { return Vec::new() };
    let fields = ["guardian", "guardian_phone", "address"].iter().filter_map(|code| definition.field(code)).filter(|f| f.privacy != Privacy::C);
    fields
        .map(|f| (f.title.get(names.lang).to_owned(), names.value_of(definition, f, &profile.id, &profile.fields, None)))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

/// Numbers of these papers that another record has too: two machines without a link may well propose the same one.
fn twice(desk: &Desk, definition: &Definition, rows: &[Row]) -> Result<Vec<(String, String)>, Fault> {
    let Some(field) = definition.fields.iter().find(|f| f.serial) else { return Ok(Vec::new()) };
    let number = |row: &Row| match row.fields.get(&field.code) {
        Some(crate::document::view::Value::Str(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    if rows.iter().all(|row| number(row).is_none()) {
        return Ok(Vec::new());
    }
    let all = desk.replica.page(definition, &Wanted { limit: super::choice::ROWS_MAX, ..Wanted::default() }).map_err(Fault::from)?.rows;
    let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &all {
        if let Some(number) = number(row) {
            holders.entry(number).or_default().push(row.id.clone());
        }
    }
    let mut out = Vec::new();
    for row in rows {
        let others = number(row).and_then(|number| Some((holders.get(&number)?.iter().find(|id| **id != row.id)?.clone(), number)));
        out.extend(others.map(|(other, number)| (number, format!("/record/{other}"))));
    }
    Ok(out)
}

/// Whether a ledger's paper is a letter.
#[must_use]
pub fn has_letter(definition: &Definition, lang: Lang) -> bool {
    // A message that lacks a particular is not given at all.
    let mut particulars: Vec<(&str, &str)> = definition.fields.iter().map(|f| (f.code.as_str(), BLANK)).collect();
    particulars.extend([("name", BLANK), ("class", BLANK), ("place", BLANK)]);
    !paragraphs(lang, &format!("paper-{}", definition.code.replace('_', "-")), &particulars).is_empty()
}
