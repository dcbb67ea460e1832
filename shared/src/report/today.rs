//! A report as a card of a desk's first page: what is to be done, a line a row, each one click from doing it. A head that has `[today]` is one; adding a card is adding a file.
//!
//! Addresses are written with the report's columns in braces (`/ledger/care_log/new?student={student}`): paths of the desk's own, whatever a row holds.

use super::definition::{Column, Title};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What the date of a line says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateSays {
    /// By when it must be done.
    #[default]
    Due,
    /// When it was last done; none: never.
    Last,
    /// Since when it is so; none: nobody wrote it down.
    Since,
    /// When it is over, and the next thing may be done; nothing is late.
    Over,
}

/// `[today]` of a report's head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Today {
    /// Head of the card; the report's own title if absent.
    pub title: Option<Title>,
    /// Place among the cards, small ones first.
    #[serde(default)]
    pub order: i64,
    /// Who writes this ledger sees the card, lines of children of the own classes; without a button and step who reads it and may change what a line leads to.
    pub ledger: String,
    /// Only who writes the ledger sees it.
    #[serde(default)]
    pub writers: bool,
    /// Columns a line shows; `class` is shown together with `grade`.
    pub text: Vec<String>,
    /// Column with how many things a line stands for: the card counts them, not its lines.
    pub count: Option<String>,
    /// Column with the date of a line.
    pub date: Option<String>,
    /// What that date says.
    #[serde(default)]
    pub date_says: DateSays,
    /// Where a line leads.
    pub open: String,
    /// Where its button leads.
    pub act: Option<String>,
    /// What the button says.
    pub act_title: Option<Title>,
    /// Instead of a page its button takes this step of the ledger, at once, in the record of the column [`Today::RECORD`]. Only who may take it sees the card.
    pub step: Option<String>,
    /// Parameters it is run with, as on the command line.
    #[serde(default)]
    pub with: std::collections::BTreeMap<String, String>,
    /// A row that has one of these columns is no line: somebody is at it already, or has said why not.
    #[serde(default)]
    pub unless: Vec<String>,
    /// `ledger.state`: the general card of what is due leaves these out, because this one shows them.
    #[serde(default)]
    pub instead_of: Vec<String>,
}

impl Today {
    /// Column with the key of the record whose step is taken.
    pub const RECORD: &'static str = "record";

    /// Whether what is asked for is written in [`Today::ledger`]: then only who writes there has lines. Else a line is whose right it is to change what it leads to.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.writers || self.act.is_some() || self.step.is_some()
    }

    /// What is wrong with it: a column that is not there, an address that is none of ours, a button without words.
    #[must_use]
    pub fn wrong(&self, columns: &[Column]) -> Option<String> {
        let known = |code: &str| columns.iter().any(|column| column.code == code);
        let column = self.text.iter().chain(&self.date).chain(&self.count).chain(&self.unless).find(|code| !known(code));
        let address = [Some(&self.open), self.act.as_ref()].into_iter().flatten().find(|text| {
            !text.starts_with('/')
                || text.starts_with("//")
                || pieces(text).is_none_or(|pieces| pieces.iter().any(|(_, code)| !code.is_empty() && !known(code)))
        });
        let words = (self.act.is_some() != self.act_title.is_some()).then_some(&self.ledger);
        let step = self.step.as_ref().filter(|_| self.act.is_some() || !known(Self::RECORD));
        column.or(address).or(words).or(step).cloned()
    }

    /// An address with a row's values in it, escaped; `None` if the row lacks one.
    #[must_use]
    pub fn address(template: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
        let mut out = String::new();
        for (text, code) in pieces(template)? {
            out.push_str(text);
            if code.is_empty() {
                continue;
            }
            for byte in value(code)?.bytes() {
                if byte.is_ascii_alphanumeric() || b"-_.~/:".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "%{byte:02X}");
                }
            }
        }
        // A value may not lead elsewhere.
        (!out.starts_with("//")).then_some(out)
    }
}

/// Text and the column after it; `None` if a brace stands alone.
fn pieces(template: &str) -> Option<Vec<(&str, &str)>> {
    let mut out = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let (code, after) = after.split_once('}')?;
        out.push((text, code));
        rest = after;
    }
    out.push((rest, ""));
    (!rest.contains('}')).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_into_addresses_escaped_and_never_lead_elsewhere() {
        let value = |code: &str| (code == "a").then(|| "王 &x=1".to_owned());
        assert_eq!(Today::address("/x?a={a}", value).unwrap(), "/x?a=%E7%8E%8B%20%26x%3D1");
        assert_eq!(Today::address("/x?a={b}", value), None);
        assert_eq!(Today::address("/{a}", |_| Some("/evil.example".into())), None);
        assert_eq!(Today::address("/{a", value), None);
    }
}
