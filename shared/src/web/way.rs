//! The way a record usually still has before it, as the page draws it behind the steps taken: what comes next, by when, and what is the county's.

use crate::{
    ledger::{
        Definition,
        definition::{Authority, Lifecycle, StepAuthority},
        lifecycle,
    },
    locale::{self, Lang},
};

/// A state usually still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// Title.
    pub title: String,
    /// Until when, for the next one; whose it is, where it is not the school's. May be empty.
    pub note: String,
}

/// The states before a record in `state`, whose next step is due on `due` (ISO date; empty where none is).
#[must_use]
pub fn ahead(definition: &Definition, state: Option<&str>, due: &str, lang: Lang) -> Vec<Ahead> {
    let (Some(lifecycle), Some(state)) = (&definition.lifecycle, state) else { return Vec::new() };
    let mut before = state;
    let mut out = Vec::new();
    for next in lifecycle::ahead(lifecycle, state) {
        let mut notes = Vec::new();
        if out.is_empty() && !due.is_empty() {
            notes.push(locale::text(lang, "web-way-by", &[("value", due)]));
        }
        notes.extend(whose(lifecycle, before, &next.code).map(|key| locale::text(lang, key, &[])));
        out.push(Ahead { title: next.title.get(lang).to_owned(), note: notes.join(" · ") });
        before = &next.code;
    }
    out
}

/// Whose it is to take the record there from the state before, where that is not this school: the other school's, which is asked first, or only the county's.
fn whose(lifecycle: &Lifecycle, before: &str, state: &str) -> Option<&'static str> {
    let steps = || lifecycle.steps.iter().filter(|step| step.to == state && step.from.iter().any(|from| from == before));
    let not_ours = steps().next().is_some() && steps().all(|step| !step.authority.allows(Authority::School));
    let other = steps().any(|step| step.authority == StepAuthority::Other);
    not_ours.then_some(if other { "web-way-other" } else { "web-way-county" })
}
