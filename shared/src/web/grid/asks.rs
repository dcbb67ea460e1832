//! What is asked of a row before it is written, as the form asks: of a new one whether it is there already, or in an earlier row of the same table ([`asked`]); of a
//! correction what the definition's checks ask about ([`fits::asked_for`]), the rows counted together ([`fits::asked_beside`]). In the profile ledger also whether another name or number is meant, and whether a new child may be
//! written with what must be known left out; a number that is another child's is refused.
//!
//! A row that is asked about waits until the person says that it is meant: what was said ([`Question::sure`]) names what was shown, so that something new is asked about anew.

use super::{
    super::{account::Account, asked, desk::Desk, fits, form, page::Said, reach, shown},
    heads::{IDENTITY, Key, plain},
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        condition::is_filled,
        definition::{Form, Required, Subject},
    },
    locale::Lang,
    replica::{alike, browse::Row, names::Names},
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
    /// The rows before as the records they will be, by id: they count beside the next one.
    among: BTreeMap<String, BTreeMap<String, Value>>,
    /// Whose each number of the profile ledger is, in the file and in earlier rows: field and number → document; empty: a new child of an earlier row. Read when first asked.
    numbers: Option<BTreeMap<(&'static str, String), String>>,
}

impl<'a> Asks<'a> {
    /// Nothing has been asked yet.
    pub(super) fn new(desk: &'a Desk, account: &'a Account, definition: &'a Definition, lang: Lang) -> Self {
        Self { desk, account, definition, lang, earlier: Vec::new(), among: BTreeMap::new(), numbers: None }
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
            if same.is_empty() { ("web-grid-row-alike", alike::like(self.definition, &row.fields, own)) } else { ("web-grid-row-twice", same) };
        let id = format!("{}:row-{}", self.definition.code, self.earlier.len());
        let beside = self.beside(&id, row.fields.clone(), row.state.as_deref());
        self.earlier.push(row);
        let mut question = there.map(|asked| self.question(&asked.fault, asked.there, asked.sure)).or_else(|| self.of_rows(code, &rows));
        if let Some(question) = question.as_mut().filter(|question| !question.sure.is_empty()) {
            question.sure = format!("{} {}", question.sure, rows.len());
        }
        let mut all: Vec<Question> = question.into_iter().chain(beside).collect();
        if self.is_profile() {
            all.extend(self.identity("", &BTreeMap::new(), &set)?);
            all.extend(self.lacking(&set));
        }
        Ok(together(all))
    }

    /// Rows are the children themselves.
    fn is_profile(&self) -> bool {
        self.definition.subject == Subject::Student && self.definition.form == Form::Profile
    }

    /// What has to be asked of a name or number that is written, and what speaks against it. `doc`: the child, empty of a new one.
    fn identity(&mut self, doc: &str, was: &BTreeMap<String, Value>, set: &BTreeMap<String, String>) -> Result<Vec<Question>, Fault> {
        let before = |code: &str| match was.get(code) {
            Some(Value::Str(text)) => text.clone(),
            _ => String::new(),
        };
        let after = |code: &str| set.get(code).map_or_else(|| before(code), |text| text.trim().to_owned());
        let written: Vec<&(&str, Key)> = IDENTITY.iter().filter(|(code, _)| set.contains_key(*code)).collect();
        if written.is_empty() {
            return Ok(Vec::new());
        }
        let mut out = Vec::new();
        let (definition, lang) = (self.definition, self.lang);
        let title = |code: &str| definition.field(code).map_or(code, |field| field.title.get(lang)).to_owned();
        let moved = |(code, _): &&&(&str, Key)| !before(code).is_empty() && plain(&before(code)) != plain(&after(code));
        let list: Vec<String> = written.iter().filter(moved).map(|(code, _)| format!("{} {} → {}", title(code), before(code), after(code))).collect();
        if !list.is_empty() {
            let list = list.join(if self.lang == Lang::Zh { "；" } else { "; " });
            let sure = format!("who-{}", blake3::hash(list.as_bytes()).to_hex().get(..16).unwrap_or_default());
            out.push(self.question(&Fault::new("web-grid-identity", Exit::Found).with("value", list), Vec::new(), sure));
        }
        // A student number is G and the child's own identity number.
        let (identity, number) = (plain(&after("id_no")), plain(&after("student_no")));
        let of_number = number.strip_prefix('g').unwrap_or_default().to_owned();
        if !of_number.is_empty() && !identity.is_empty() && identity != of_number && (set.contains_key("id_no") || set.contains_key("student_no")) {
            let fault = Fault::new("web-grid-number-other", Exit::Found).with("now", after("student_no")).with("value", after("id_no"));
            out.push(self.question(&fault, Vec::new(), format!("number-{number}-{identity}")));
        }
        let given = [("id_no", identity), ("student_no", number), ("id_no", of_number)].into_iter().enumerate();
        for (at, (code, text)) in given {
            let field = if at == 2 { "student_no" } else { code };
            if text.is_empty() || !set.contains_key(field) {
                continue;
            }
            let known = self.numbers()?;
            let holder = known.get(&(code, text.clone())).filter(|holder| holder.is_empty() || *holder != doc).cloned();
            match holder {
                Some(holder) => {
                    let fault = Fault::new("web-grid-number-taken", Exit::Found).with("title", title(field)).with("value", after(field));
                    out.push(self.question(&fault, self.child(&holder), String::new()));
                }
                // As the next rows find it.
                None if at < 2 => {
                    known.insert((code, text), doc.to_owned());
                }
                None => {}
            }
        }
        Ok(out)
    }

    /// Page and name of a child in reach.
    fn child(&self, doc: &str) -> Vec<(String, String)> {
        let found = Some(doc).filter(|doc| !doc.is_empty()).and_then(|doc| reach::child(self.desk, self.account, doc).ok());
        found.map(|(p, _)| (format!("/child/{doc}"), format!("{} · {}", p.name, shown::class(p.grade, p.class, self.lang)))).into_iter().collect()
    }

    fn numbers(&mut self) -> Result<&mut BTreeMap<(&'static str, String), String>, Fault> {
        let mut known = BTreeMap::new();
        if self.numbers.is_none() {
            let year = self.desk.replica.this_year().map_err(Fault::from)?;
            for pupil in self.desk.replica.pupils(year).map_err(Fault::from)? {
                for (code, number) in [("id_no", pupil.id_no), ("student_no", pupil.student_no)] {
                    let number = number.as_deref().map(plain).filter(|number| !number.is_empty());
                    known.extend(number.map(|number| ((code, number), pupil.student.clone())));
                }
            }
        }
        Ok(self.numbers.get_or_insert(known))
    }

    /// What must be known of a child and is left out of a new one.
    fn lacking(&self, set: &BTreeMap<String, String>) -> Option<Question> {
        let fields = fits::so_far(self.desk, self.definition, None, set);
        let must = |field: &&crate::ledger::Field| match &field.required {
            Required::Yes => true,
            Required::When(condition) => condition.holds(&fields, None),
            _ => false,
        };
        let own = self.definition.fields.iter().filter(|field| form::fills(self.account, self.definition, field) && field.default.is_none());
        let titles: Vec<&str> = own.filter(must).filter(|field| !is_filled(&fields, &field.code)).map(|field| field.title.get(self.lang)).collect();
        let titles = Some(titles.join(self.lang.comma())).filter(|titles| !titles.is_empty())?;
        Some(self.question(&Fault::new("web-grid-lacking", Exit::Found).with("value", &titles), Vec::new(), format!("lacks-{titles}")))
    }

    /// What has to be asked of a correction of a record.
    ///
    /// # Errors
    /// The store's; `record-none`.
    pub(super) fn of_change(&mut self, record: &str, set: &BTreeMap<String, String>) -> Result<Option<Question>, Fault> {
        let place = self.desk.replica.locate(record).map_err(Fault::from)?;
        let mut all = if self.is_profile() { self.identity(&place.doc.to_string(), &place.fields, set)? } else { Vec::new() };
        if let Err(fault) = fits::asked_for(self.desk, self.account, self.definition, &place, set, "", self.lang) {
            let Some((_, sure)) = fits::told_gaps(&fault) else { return Err(fault) };
            all.push(self.question(&fault, Vec::new(), sure));
        }
        all.extend(self.beside(record, fits::corrected(self.desk, self.definition, &place, set), place.state.as_deref()));
        Ok(together(all))
    }

    /// What a row breaks only beside the rows before it.
    fn beside(&mut self, id: &str, fields: BTreeMap<String, Value>, state: Option<&str>) -> Vec<Question> {
        let found = fits::asked_beside(self.desk, self.definition, id, &fields, state, &self.among);
        self.among.insert(id.to_owned(), fields);
        found.into_iter().map(|(code, fault)| self.question(&fault, Vec::new(), format!("beside-{code}"))).collect()
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
        let within = alike::within(self.definition, self.lang);
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

/// Several questions about one row as one; where there is no choice in one of them there is none.
fn together(mut all: Vec<Question>) -> Option<Question> {
    if let Some(at) = all.iter().position(|question| question.sure.is_empty()) {
        return Some(all.swap_remove(at));
    }
    let join = |of: fn(&Question) -> &str, sign: &str| all.iter().map(of).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(sign);
    let question = Question {
        said: join(|q| &q.said, " "),
        next: join(|q| &q.next, " "),
        sure: join(|q| &q.sure, "+"),
        there: all.iter().flat_map(|question| question.there.clone()).collect(),
    };
    (!all.is_empty()).then_some(question)
}
