//! Papers about a child, as data: one file in `shared/paper/` says which ledgers they show, which columns, what is summed and who signs. Another paper is
//! another file. The format is in docs/desk.md, "Papers about a child".
//!
//! Invariant: no shipped paper names a field of class C, whatever its ledger (held by test; the drawing leaves such a field out besides).

use crate::{
    fault::{Exit, Fault},
    ledger::{Catalogue, Definition, condition::Condition, definition::Privacy},
    report::definition::Title,
};
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "paper/"]
struct Files;

/// Which records of a child are on a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Years {
    /// Those of the school year asked for.
    Year,
    /// Those of all years known here.
    All,
}

/// A paper about one child.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChildPaper {
    /// Equals the file name.
    pub code: String,
    /// Head.
    pub title: Title,
    /// What it is for.
    pub help: Title,
    /// Which records.
    pub years: Years,
    /// Fields of the child's profile that stand in its head.
    #[serde(default)]
    pub profile: Vec<String>,
    /// Line it is addressed with. In it and in `opening`: `{name}`, `{class}`, `{period}`, `{place}` and `{<field of profile>}`.
    pub to: Option<Title>,
    /// Text before the parts.
    pub opening: Option<Title>,
    /// Boxes for signatures.
    pub signs: Vec<Title>,
    /// Its tables.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// One table of a paper: a ledger's records of the child.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Head.
    pub title: Title,
    /// Ledger.
    pub ledger: String,
    /// Only records for which this holds (the condition language of definitions).
    pub when: Option<String>,
    /// True: not the records themselves but how they came to where they are, a line a lifecycle step with its day, state, who and why; no `columns`.
    #[serde(default)]
    pub steps: bool,
    /// Fields by code; `<ref field>.<field>` shows the record referred to; also `$term`, `$state`, `$rest` with `against`, and with `sum` what does not count (`$back`) and what does (`$net`).
    #[serde(default)]
    pub columns: Vec<String>,
    /// Money field that is summed, less what came back by the ledger's own rule (`[net]`).
    pub sum: Option<String>,
    /// Records that cover this part's records: only what they leave is shown and summed.
    pub against: Option<Against>,
    /// Said when there is nothing.
    pub empty: Title,
}

/// Records of another ledger that use up what this part's records hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Against {
    /// Their ledger.
    pub ledger: String,
    /// Their field that refers to a record of the part.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Their money, counted as in a part.
    pub sum: String,
    /// Only these use anything up.
    pub when: Option<String>,
}

impl ChildPaper {
    /// Ledgers it reads.
    pub fn ledgers(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| std::iter::once(part.ledger.as_str()).chain(part.against.as_ref().map(|a| a.ledger.as_str())))
    }
}

/// Every paper shipped, by code. A file that does not parse is left out; a test holds that there is none.
#[must_use]
pub fn all() -> Vec<ChildPaper> {
    let mut out: Vec<ChildPaper> = Files::iter().filter_map(|name| read(&name).ok()).collect();
    out.sort_by(|a, b| a.code.cmp(&b.code));
    out
}

/// A paper by code.
///
/// # Errors
/// `web-paper-none`.
pub fn find(code: &str) -> Result<ChildPaper, Fault> {
    all().into_iter().find(|paper| paper.code == code).ok_or_else(|| Fault::new("web-paper-none", Exit::NoMatch).with("value", code))
}

fn read(name: &str) -> Result<ChildPaper, String> {
    let file = Files::get(name).ok_or("gone")?;
    let paper: ChildPaper = toml::from_str(&String::from_utf8_lossy(&file.data)).map_err(|error| error.to_string())?;
    if name.strip_suffix(".toml") == Some(paper.code.as_str()) { Ok(paper) } else { Err(format!("its code is {}", paper.code)) }
}

/// A condition of a paper, by the definition in force.
///
/// # Errors
/// `web-paper-broken`: the county published a definition that no longer has what the paper asks about.
pub fn condition(text: Option<&str>, definition: &Definition) -> Result<Option<Condition>, Fault> {
    let read =
        |text: &str| Condition::parse(text, definition).map_err(|_| Fault::new("web-paper-broken", Exit::Input).with("value", &definition.code));
    text.map(read).transpose()
}

/// What is wrong with a paper by these definitions: names that are not there, class C. Empty: nothing.
#[must_use]
pub fn problems(paper: &ChildPaper, catalogue: &Catalogue) -> Vec<String> {
    let mut out = Vec::new();
    let mut field = |definition: &Definition, code: &str| match definition.field(code) {
        None => out.push(format!("{}: no field {code}", definition.code)),
        Some(found) if found.privacy == Privacy::C => out.push(format!("{}: {code} is of class C", definition.code)),
        Some(_) => {}
    };
    let missing = |code: &str| format!("no ledger {code}");
    let mut more = Vec::new();
    match catalogue.latest("enrolment") {
        Some(profile) => paper.profile.iter().for_each(|code| field(profile, code)),
        None => more.push(missing("enrolment")),
    }
    for part in &paper.parts {
        let Some(definition) = catalogue.latest(&part.ledger) else {
            more.push(missing(&part.ledger));
            continue;
        };
        if part.steps && definition.lifecycle.is_none() || part.steps != part.columns.is_empty() {
            more.push(format!("{}: steps of what has none, columns beside them, or neither", part.ledger));
        }
        for column in part.columns.iter().filter(|column| !column.starts_with('$')) {
            let (own, other) = column.split_once('.').map_or((column.as_str(), None), |(own, other)| (own, Some(other)));
            field(definition, own);
            if let Some(other) = other {
                match definition.field(own).and_then(|f| f.reference.as_deref()).and_then(|code| catalogue.latest(code)) {
                    Some(target) => field(target, other),
                    None => more.push(format!("{}: {own} refers to nothing", part.ledger)),
                }
            }
        }
        part.sum.iter().for_each(|code| field(definition, code));
        let unread = |text: &&String, of: &Definition| Condition::parse(text, of).is_err();
        more.extend(part.when.iter().filter(|text| unread(text, definition)).map(|text| format!("{}: {text}", part.ledger)));
        match part.against.as_ref().map(|against| (against, catalogue.latest(&against.ledger))) {
            None => {}
            Some((against, None)) => more.push(missing(&against.ledger)),
            Some((against, Some(other))) => {
                field(other, &against.reference);
                field(other, &against.sum);
                more.extend(against.when.iter().filter(|text| unread(text, other)).map(|text| format!("{}: {text}", against.ledger)));
            }
        }
    }
    out.extend(more);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_paper_shipped_is_read_and_fits_the_ledgers() {
        let names: Vec<_> = Files::iter().collect();
        assert!(names.len() >= 3);
        let catalogue = Catalogue::embedded();
        for name in names {
            let paper = read(&name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(problems(&paper, &catalogue), Vec::<String>::new(), "{name}");
            assert!(!paper.parts.is_empty() && !paper.signs.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_paper_that_names_a_field_of_class_c_or_none_is_found_wrong() {
        let mut paper = find("care_card").unwrap();
        paper.parts[1].columns = vec!["counsel_text".into(), "nothing".into(), "kind.name".into()];
        let found = problems(&paper, &Catalogue::embedded());
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("class C") && found[1].contains("no field nothing"), "{found:?}");
    }
}
