//! What awaits a person's choice, wherever a value is shown: in its place stand the values that were written apart, with the way to the disagreement. What the
//! projection keeps meanwhile is an older value that nobody wrote last (DESIGN §2, no silent winner).

use super::{account::Account, conflicts, desk::Desk, shown::Shown};
use crate::{
    fault::Fault,
    ledger::{Definition, definition::Field},
    locale::{self, Lang},
    replica::conflicts::Item,
};
use std::collections::BTreeMap;

/// Kinds of items that put a field in question.
const KINDS: [&str; 3] = ["field", "group", "void"];

/// Fields in dispute, by record.
#[derive(Debug, Default)]
pub struct Pending {
    items: BTreeMap<String, Vec<Item>>,
}

/// A field in dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsettled {
    /// Where it is settled.
    pub href: String,
    /// The values, as `赵六 / 王五`.
    pub values: String,
    /// One value was written of it, and what is in question is how it goes with others.
    pub single: bool,
}

impl Unsettled {
    /// `待定：赵六 / 王五`; a single value as it is.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        if self.single { self.values.clone() } else { locale::text(lang, "web-pending", &[("value", &self.values)]) }
    }
}

impl Pending {
    /// All there is now: one reading a page.
    ///
    /// # Errors
    /// The store's.
    pub fn read(desk: &Desk) -> Result<Self, Fault> {
        let mut items: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for item in desk.replica.conflicts(None, None).map_err(Fault::from)?.into_iter().filter(|item| KINDS.contains(&item.kind.as_str())) {
            items.entry(item.record.clone().unwrap_or_default()).or_default().push(item);
        }
        Ok(Self { items })
    }

    /// Fields of a record in dispute, by code.
    #[must_use]
    pub fn of(&self, desk: &Desk, definition: &Definition, id: &str, lang: Lang) -> BTreeMap<String, Unsettled> {
        let mut out: BTreeMap<String, Unsettled> = BTreeMap::new();
        for item in self.items.get(id).into_iter().flatten() {
            for (key, values) in conflicts::values(desk, definition, item, lang) {
                let Some(field) = of_key(definition, &key) else { continue };
                let single = field.code == key && conflicts::values_written(item, &key) == 1;
                let href = format!("/conflicts#c-{}", item.id);
                let known = out.entry(field.code.clone()).or_insert_with(|| Unsettled { href, values: String::new(), single });
                if !known.values.is_empty() {
                    known.values.push_str(lang.semicolon());
                }
                known.values.push_str(&values);
            }
        }
        out
    }

    /// Whether a field of a record is in dispute.
    #[must_use]
    pub fn holds(&self, definition: &Definition, id: &str, code: &str) -> bool {
        let about = |item: &Item| conflicts::disputed(item).into_iter().any(|key| of_key(definition, key).is_some_and(|field| field.code == code));
        self.items.get(id).into_iter().flatten().any(about)
    }

    /// Fields of a child's profile in dispute, by code; nothing is read for a child without any.
    #[must_use]
    pub fn of_child(&self, desk: &Desk, profile: &Definition, student: &str, lang: Lang) -> BTreeMap<String, Unsettled> {
        if self.items.contains_key(student) { self.of(desk, profile, student, lang) } else { BTreeMap::new() }
    }

    /// A child's name: the one there is, or those in question.
    #[must_use]
    pub fn name(&self, desk: &Desk, student: &str, name: &str, lang: Lang) -> String {
        if !self.items.contains_key(student) {
            return name.to_owned();
        }
        let found = desk.replica.definition("enrolment").ok().and_then(|profile| self.of(desk, &profile, student, lang).remove("name"));
        found.map_or_else(|| name.to_owned(), |unsettled| unsettled.words(lang))
    }
}

/// A line for each disagreement about a record, with the fields it is about as far as the person sees them: id and sentence.
#[must_use]
pub fn told(
    shown_json: &serde_json::Value,
    unsettled: &BTreeMap<String, Unsettled>,
    definition: &Definition,
    account: &Account,
    lang: Lang,
) -> Vec<(String, String)> {
    let line = |id: &str, kind: &str| {
        let href = format!("/conflicts#c-{id}");
        let about = definition
            .fields
            .iter()
            .chain(Definition::common_fields())
            .filter(|field| unsettled.get(&field.code).is_some_and(|one| one.href == href));
        let titles: Vec<&str> = about.filter(|field| super::shown::sees(account, definition, field)).map(|field| field.title.get(lang)).collect();
        match titles.as_slice() {
            [] if ["field", "group", "void"].contains(&kind) => locale::text(lang, "web-has-conflict", &[]),
            // What is no choice between values is called what it is.
            [] => locale::text(lang, &format!("web-conflict-{}", kind.replace('_', "-")), &[]),
            titles => locale::text(lang, "web-has-conflict-of", &[("value", &titles.join(lang.comma()))]),
        }
    };
    let items = shown_json["conflicts"].as_array().into_iter().flatten();
    items.filter_map(|item| Some((item["id"].as_str()?, item["kind"].as_str()?))).map(|(id, kind)| (id.to_owned(), line(id, kind))).collect()
}

/// Class of a child as a page says it: in question, if grade or class is.
#[must_use]
pub fn class(unsettled: &BTreeMap<String, Unsettled>, grade: Option<i64>, class: Option<i64>, lang: Lang) -> String {
    let kept = super::shown::class(grade, class, lang);
    let held: Vec<String> = ["grade", "class"].iter().filter_map(|code| unsettled.get(*code).map(|one| one.values.clone())).collect();
    match held.as_slice() {
        [] => kept,
        held => locale::text(lang, "web-pending", &[("value", &held.join(lang.semicolon()))]),
    }
}

/// Puts what is in dispute in the place of what is kept; of fields the person sees.
pub fn mark(shown: &mut Vec<Shown>, unsettled: &BTreeMap<String, Unsettled>, definition: &Definition, account: &Account, lang: Lang) {
    for (code, held) in unsettled {
        let Some(field) = definition.field(code).filter(|field| super::shown::sees(account, definition, field)) else { continue };
        let found = if let Some(at) = shown.iter().position(|one| one.code == *code) {
            shown.get_mut(at)
        } else {
            shown.push(Shown { code: code.clone(), title: field.title.get(lang).to_owned(), number: field.kind.is_number(), ..Shown::default() });
            shown.last_mut()
        };
        if let Some(one) = found {
            (one.value, one.pending) = (held.words(lang), held.href.clone());
        }
    }
}

fn of_key<'a>(definition: &'a Definition, key: &str) -> Option<&'a Field> {
    definition.field_of_key(key).map(|(field, _)| field).or_else(|| definition.field(key))
}
