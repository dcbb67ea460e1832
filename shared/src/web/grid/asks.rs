//! What is asked of a row before it is written, as the form asks: of a new one whether it is there already, or in an earlier row of the same table ([`asked`]); of a
//! correction what the definition's checks ask about ([`fits::asked_for`]).
//!
//! A row that is asked about waits until the person says that it is meant: what was said ([`Question::sure`]) names what was shown, so that something new is asked about anew.

use super::super::{account::Account, asked, desk::Desk, fits, page::Said};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::Definition,
    locale::Lang,
    replica::{browse::Row, names::Names},
};
use serde::Serialize;
use std::collections::BTreeMap;

/// A question about a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Question {
    /// What is said.
    pub(super) said: String,
    /// What to do where there is no choice.
    pub(super) next: String,
    /// Page and name of each that is there; without a page: a row of the same table.
    pub(super) there: Vec<(String, String)>,
    /// What comes back once the person means it; empty where there is no choice.
    pub(super) sure: String,
}

/// Asks about the rows of one table, in their order.
#[derive(Debug)]
pub(super) struct Asks<'a> {
    desk: &'a Desk,
    account: &'a Account,
    definition: &'a Definition,
    lang: Lang,
    earlier: Vec<Row>,
}

impl<'a> Asks<'a> {
    /// Nothing has been asked yet.
    pub(super) fn new(desk: &'a Desk, account: &'a Account, definition: &'a Definition, lang: Lang) -> Self {
        Self { desk, account, definition, lang, earlier: Vec::new() }
    }

    /// What has to be asked of the next row.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn of(&mut self, student: &str, set: &BTreeMap<String, String>) -> Result<Option<Question>, Fault> {
        let mut set = set.clone();
        // A row without a date is of today, and like nothing of another day.
        set.entry("on".to_owned()).or_insert_with(|| self.desk.clock().today().to_string());
        let there = asked::before(self.desk, self.account, self.definition, student, &set, "", self.lang)?;
        let row = self.row(student, &set);
        let own: Vec<Row> = self.earlier.iter().filter(|other| other.student == row.student).cloned().collect();
        let same: Vec<Row> = own.iter().filter(|other| other.fields == row.fields).cloned().collect();
        let (code, rows) =
            if same.is_empty() { ("web-grid-row-alike", asked::like(self.definition, &row.fields, own)) } else { ("web-grid-row-twice", same) };
        self.earlier.push(row);
        let Some(mut question) = there.map(|asked| self.question(&asked.fault, asked.there, asked.sure)).or_else(|| self.of_rows(code, &rows)) else {
            return Ok(None);
        };
        if !question.sure.is_empty() {
            question.sure = format!("{} {}", question.sure, rows.len());
        }
        Ok(Some(question))
    }

    /// What has to be asked of a correction of a record.
    ///
    /// # Errors
    /// The store's; `record-none`.
    pub(super) fn of_change(&self, record: &str, set: &BTreeMap<String, String>) -> Result<Option<Question>, Fault> {
        let place = self.desk.replica.locate(record).map_err(Fault::from)?;
        match fits::asked_for(self.desk, self.account, self.definition, &place, set, "", self.lang) {
            Ok(()) => Ok(None),
            Err(fault) => {
                let Some((_, sure)) = fits::told_gaps(&fault) else { return Err(fault) };
                Ok(Some(self.question(&fault, Vec::new(), sure)))
            }
        }
    }

    /// The row as the record it would be.
    fn row(&self, student: &str, set: &BTreeMap<String, String>) -> Row {
        let fields: BTreeMap<String, Value> = fits::so_far(self.desk, self.definition, Some(student).filter(|doc| !doc.is_empty()), set);
        let on = match fields.get("on") {
            Some(Value::Str(on)) => Some(on.clone()),
            _ => None,
        };
        let state = self.definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.clone());
        Row { ledger: self.definition.code.clone(), student: Some(student.to_owned()), state, on, fields, ..Row::default() }
    }

    fn of_rows(&self, code: &'static str, rows: &[Row]) -> Option<Question> {
        let first = rows.first()?;
        let label = Names::of(&self.desk.replica, self.lang).label(self.definition, &first.fields);
        let within = asked::within(self.definition, self.lang);
        let fault = Fault::new(code, Exit::Found).with("value", self.definition.title.get(self.lang)).with("within", within);
        let there = if label.is_empty() { Vec::new() } else { vec![(String::new(), label)] };
        Some(self.question(&fault, there, "row".to_owned()))
    }

    fn question(&self, fault: &Fault, there: Vec<(String, String)>, sure: String) -> Question {
        let Said { sentence, next, details } = Said::of(fault, self.lang);
        let said = std::iter::once(sentence).chain(details).collect::<Vec<_>>().join(" ");
        Question { said, next: next.unwrap_or_default(), there, sure }
    }
}
