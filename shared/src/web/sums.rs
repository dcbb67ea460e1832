//! The last line of a list: what may be added up, over all that is filtered, not only the page. What is disputed is in no sum, and said so; of a ledger whose
//! lifecycle says which states count, only those; of money that came back what came back stands under its own head, and what remains is said.

use super::{desk::Desk, paper::child::Cell, shown};
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{Definition, definition::Field, value},
    locale::{self, Lang},
    replica::browse::Wanted,
};
use std::collections::BTreeMap;

/// Sums of a list.
#[derive(Clone, Debug, Default)]
pub struct Foot {
    cells: BTreeMap<String, String>,
    word: String,
    /// What the sums leave out, and what remains: said below the list.
    pub notes: Vec<String>,
}

impl Foot {
    /// Of the columns of a list; nothing where none of them may be added up, or what is listed is void.
    ///
    /// # Errors
    /// The store's.
    pub fn of(desk: &Desk, definition: &Definition, wanted: &Wanted, columns: &[&Field], lang: Lang) -> Result<Self, Fault> {
        if wanted.void || !columns.iter().any(|field| field.total) {
            return Ok(Self::default());
        }
        let (sums, catalogue) = (desk.replica.sums(definition, wanted).map_err(Fault::from)?, desk.replica.catalogue());
        let show = |field: &Field, sum: i64| value::show_value(&catalogue, definition, field, &Value::Int(sum), lang);
        let t = |key: &str, args: &[(&str, &str)]| locale::text(lang, key, args);
        let mut notes = Vec::new();
        for field in columns.iter().filter(|field| field.total) {
            if let Some(left) = sums.left.get(&field.code) {
                notes.push(t("web-sum-left", &[("title", field.title.get(lang)), ("value", &show(field, *left))]));
            }
        }
        let counting = definition.lifecycle.iter().flat_map(|l| &l.states).filter(|state| state.counts);
        let states: Vec<String> = counting.map(|state| shown::state(definition, Some(&state.code), lang)).collect();
        if !states.is_empty() {
            notes.push(t("web-sum-states", &[("value", &states.join(lang.comma()))]));
        }
        if sums.disputed > 0 {
            notes.push(t("web-disputed-not-counted", &[("value", &sums.disputed.to_string())]));
        }
        let cells = columns.iter().filter_map(|field| Some((field.code.clone(), show(field, *sums.sums.get(&field.code)?)))).collect();
        Ok(Self { cells, word: t("web-report-total", &[]), notes })
    }

    /// The line: so many cells before the columns, the columns, so many behind them. Empty without sums.
    #[must_use]
    pub fn line(&self, before: usize, columns: &[&Field], behind: usize) -> Vec<Cell> {
        if self.cells.is_empty() {
            return Vec::new();
        }
        let none = |count: usize| std::iter::repeat_with(|| (String::new(), false)).take(count);
        let sums = columns.iter().map(|field| (self.cells.get(&field.code).cloned().unwrap_or_default(), field.kind.is_number()));
        let mut line: Vec<Cell> = none(before).chain(sums).chain(none(behind)).collect();
        if let Some((first, _)) = line.iter_mut().find(|(text, _)| text.is_empty()) {
            first.clone_from(&self.word);
        }
        line
    }
}
