//! The verdict on a row as the preview shows it: whose row, why not, what moves; in the reader's language, options by their titles.

use super::super::{desk::Desk, page::next_here, shown};
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::value,
    locale::{self, Lang},
};
use serde_json::Value as Json;
use std::collections::HashMap;

/// A cell that the file and somebody here changed since the export.
#[derive(Clone, Debug)]
pub(super) struct Both {
    pub(super) field: String,
    pub(super) title: String,
    pub(super) base: String,
    pub(super) here: String,
    pub(super) file: String,
}

/// A judged row.
#[derive(Clone, Debug)]
pub(super) struct Judged {
    pub(super) row: String,
    pub(super) accept: bool,
    /// Taken, and nothing of it is new.
    pub(super) same: bool,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) next: String,
    /// Cells that move: title, from, to.
    pub(super) cells: Vec<(String, String, String)>,
    pub(super) both: Vec<Both>,
}

/// Rows refused for one and the same reason from so many on are said once.
const ALIKE_MIN: usize = 10;
/// So many of them are shown all the same.
const ALIKE_SHOWN: usize = 3;

/// Says a reason that many rows are refused for once, with their number, and leaves a few of them.
pub(super) fn collapse(rows: &mut Vec<Judged>, lang: Lang) -> Vec<String> {
    let said = |row: &Judged| if row.next.is_empty() { row.why.clone() } else { format!("{} → {}", row.why, row.next) };
    // Of each reason where it stands first, how often, and how many of its rows were shown.
    let mut counts: HashMap<String, (usize, usize, usize)> = HashMap::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.accept) {
        counts.entry(said(row)).or_insert((at, 0, 0)).1 += 1;
    }
    counts.retain(|_, (_, count, _)| *count >= ALIKE_MIN);
    rows.retain(|row| {
        let Some((.., shown)) = counts.get_mut(&said(row)).filter(|_| !row.accept) else { return true };
        *shown += 1;
        *shown <= ALIKE_SHOWN
    });
    let mut lines: Vec<(usize, String)> = counts
        .into_iter()
        .map(|(why, (first, count, _))| (first, locale::text(lang, "import-alike", &[("value", &count.to_string()), ("why", &why)])))
        .collect();
    lines.sort_unstable();
    lines.into_iter().map(|(_, line)| line).collect()
}

/// How a row of an answer is read out: in the reader's language, options by their titles.
pub(super) struct Reading {
    lang: Lang,
    /// Titles of the two sexes, as an answer names them.
    sexes: [(String, String); 2],
}

impl Reading {
    pub(super) fn of(desk: &Desk, lang: Lang) -> Result<Self, Fault> {
        let (definition, catalogue) = (desk.replica.definition("enrolment").map_err(Fault::from)?, desk.replica.catalogue());
        let title = |code: &str| {
            let field = definition.field("sex");
            field.map_or_else(String::new, |field| value::show_value(&catalogue, &definition, field, &Value::Str(code.to_owned()), lang))
        };
        Ok(Self { lang, sexes: [("男".to_owned(), title("male")), ("女".to_owned(), title("female"))] })
    }

    /// Who a row is about: as the file says it, or as it was read.
    fn who(&self, row: &Json) -> String {
        let word = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let sex = word("sex");
        let sex = self.sexes.iter().find(|(known, _)| *known == sex).map_or(sex.clone(), |(_, title)| title.clone());
        let class = shown::class(row["grade"].as_i64(), row["class"].as_i64(), self.lang);
        [word("label"), word("name"), sex, word("birth"), class].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    pub(super) fn judged(&self, row: &Json) -> Judged {
        let text = |key: &str| match &row[key] {
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        };
        // The sentence above details only counts them.
        let mut why = if row["details"].as_array().is_some_and(|list| !list.is_empty()) { Vec::new() } else { vec![text("message")] };
        why.extend(["details", "also", "warnings"].iter().flat_map(|key| row[*key].as_array().cloned().unwrap_or_default()).map(|item| match item {
            Json::String(text) => text,
            other => other["message"].as_str().unwrap_or_default().to_owned(),
        }));
        why.retain(|part| !part.is_empty());
        let word = |item: &Json, key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let list = |key: &str| row[key].as_array().into_iter().flatten();
        let both = list("conflicts").map(|c| Both {
            field: word(c, "field"),
            title: word(c, "title"),
            base: word(c, "base"),
            here: word(c, "here"),
            file: word(c, "file"),
        });
        Judged {
            row: text("row"),
            accept: row["accept"].as_bool().unwrap_or(false),
            same: row["same"].as_bool().unwrap_or(false),
            what: self.who(row),
            why: self.lang.sentences(why),
            next: next_here(text("next"), self.lang),
            cells: list("cells").map(|c| (word(c, "title"), word(c, "from"), word(c, "to"))).collect(),
            both: both.collect(),
        }
    }
}
