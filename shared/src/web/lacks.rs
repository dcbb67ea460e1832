//! What a record lacks, by name: what should stand in it now, and what each step that may come next will ask for. Nothing is refused for it; a page names it so that nobody has
//! to find out by trying.

use super::{account::Account, desk::Desk, reach, shown};
use crate::{
    document::view::Value,
    ledger::{
        Definition, Field,
        condition::is_filled,
        definition::Step,
        validate::{self, FindingCode},
    },
    locale::{self, Lang},
};
use std::collections::BTreeMap;

/// A record as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Stands<'a> {
    /// Its id; empty for a profile.
    pub id: &'a str,
    /// Its values.
    pub fields: &'a BTreeMap<String, Value>,
    /// Its state.
    pub state: Option<&'a str>,
}

/// A step that may come, and the fields it asks anew though they are filled.
pub type Coming<'a> = (&'a Step, Vec<String>);

/// Names shown in one line; the rest is counted.
const NAMES_MAX: usize = 12;

/// Lines a page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Fields that should be filled now.
    pub now: String,
    /// What the definition's checks say.
    pub said: Vec<String>,
    /// Step → fields it will ask for.
    pub steps: Vec<(String, String)>,
}

impl Lacks {
    /// Nothing to be said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.now.is_empty() && self.said.is_empty() && self.steps.is_empty()
    }

    /// Of a record with these values in this state, for who reads it.
    #[must_use]
    pub fn of(
        desk: &Desk,
        account: &Account,
        definition: &Definition,
        Stands { id, fields, state }: Stands<'_>,
        next: &[Coming<'_>],
        lang: Lang,
    ) -> Self {
        let title = |field: &Field| shown::sees(account, definition, field).then(|| field.title.get(lang).to_owned());
        let found = desk.replica.around_record(id, |around| validate::findings(definition, fields, state, around));
        let (mut now, mut said) = (Vec::new(), Vec::new());
        for finding in &found {
            match finding.code {
                FindingCode::Missing | FindingCode::NoteMissing | FindingCode::NoDate => now.extend(definition.field(&finding.field).and_then(title)),
                FindingCode::Check => said.push(locale::fault(lang, &finding.fault(definition)).0),
                FindingCode::UnknownField | FindingCode::UnknownOption | FindingCode::WrongKind | FindingCode::VoidReason => {}
            }
        }
        let steps = next.iter().filter_map(|(step, anew)| {
            let signature = reach::signature(account, definition, step);
            let asks = |field: &&Field| {
                (anew.contains(&field.code) || !is_filled(fields, &field.code)) && !signature.iter().any(|(code, _)| *code == field.code)
            };
            let empty = definition.required_for(step).into_iter().filter(asks);
            let names = line(&empty.filter_map(title).collect::<Vec<_>>(), lang);
            (!names.is_empty()).then(|| (step.title.get(lang).to_owned(), names))
        });
        Self { now: line(&now, lang), said, steps: steps.collect() }
    }
}

/// Names in one line.
fn line(names: &[String], lang: Lang) -> String {
    let separator = if lang == Lang::Zh { "、" } else { ", " };
    let shown: Vec<&str> = names.iter().take(NAMES_MAX).map(String::as_str).collect();
    let rest = names.len().saturating_sub(NAMES_MAX);
    let words = shown.join(separator);
    if rest == 0 { words } else { locale::text(lang, "web-lacks-more", &[("names", &words), ("value", &rest.to_string())]) }
}
