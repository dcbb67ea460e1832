//! The trail of a record as its page shows it: an edit a line, the newest first. When, who, on which machine, and what: each field from what to what, steps with
//! their reasons, files by name. What was refused, has no effect or was not chosen stays, and is marked.
//!
//! Invariants: nothing is left out without saying so (fields of a narrower class are counted, older edits can be asked for); a value's predecessor is what its
//! writer saw, not what happened to arrive before.

use super::{account::Account, desk::Desk, shown};
use crate::{
    command::{disputed, undoing},
    document::{keys::STEPS_KEY, rule, view::Value},
    fault::Fault,
    ledger::{Definition, definition::Form, value},
    locale::{self, Lang},
    replica::names::Names,
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Edits shown at once, unless all are asked for.
const SHOWN_MAX: usize = 100;

/// One change to a record.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// When, in China's time.
    pub at: String,
    /// Who, or what rule; with the import it came in by.
    pub who: String,
    /// On which machine, in plain words.
    pub place: String,
    /// What it did.
    pub what: Vec<Part>,
    /// The county did not take it.
    pub refused: bool,
}

/// One thing an edit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Field, or `办理`, `作废`.
    pub title: String,
    /// What stood there, as the writer saw it; `None`: nothing is said of it.
    pub was: Option<String>,
    /// What was written.
    pub now: String,
    /// Why it does not stand, if it does not.
    pub mark: String,
}

/// The edits shown, and how many older ones there are.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// Newest first.
    pub edits: Vec<Edit>,
    /// Not shown.
    pub older: usize,
    /// Where all are shown.
    pub whole: String,
}

/// What one reading of a trail needs.
struct Reading<'a> {
    desk: &'a Desk,
    account: &'a Account,
    definition: &'a Definition,
    shown: &'a Json,
    names: Names<'a>,
    lang: Lang,
    /// What stands for who where a rule wrote.
    made_by: &'a str,
}

/// The trail out of what [`crate::replica::Replica::show`] says of a record. `made_by`: what made it, where that was no person.
///
/// # Errors
/// The store's.
pub fn trail(desk: &Desk, account: &Account, definition: &Definition, shown: &Json, made_by: &str, all: bool, lang: Lang) -> Result<Trail, Fault> {
    let reading = Reading { desk, account, definition, shown, names: Names::of(&desk.replica, lang), lang, made_by };
    let lines: Vec<&Json> = shown["history"].as_array().into_iter().flatten().collect();
    let mut edits: Vec<(Edit, &[&Json])> =
        lines.chunk_by(|a, b| a["edit"] == b["edit"]).filter_map(|lines| reading.edit(lines).map(|edit| (edit, lines))).collect();
    edits.reverse();
    let older = if all { 0 } else { edits.len().saturating_sub(SHOWN_MAX) };
    edits.truncate(edits.len() - older);
    let mut out = Vec::new();
    for (mut edit, lines) in edits {
        if let Some(import) = reading.import(lines)? {
            edit.who = [edit.who, import].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        }
        out.push(edit);
    }
    let room = if definition.form == Form::Profile { "child" } else { "record" };
    let whole = format!("/{room}/{}?trail=all#trail", shown["record"].as_str().unwrap_or_default());
    Ok(Trail { edits: out, older, whole })
}

impl Reading<'_> {
    fn t(&self, key: &str) -> String {
        locale::text(self.lang, key, &[])
    }

    /// `None` for a change that says nothing a person would call an edit.
    fn edit(&self, lines: &[&Json]) -> Option<Edit> {
        let first = lines.first()?;
        let word = |key: &str| first[key].as_str().unwrap_or_default();
        let ruled = word("origin") == rule::PREFIX.to_string();
        // A profile is there with its document: its first edit makes it.
        let profile = self.definition.form == Form::Profile && first["edit"] == self.shown["history"][0]["edit"];
        let made = profile || lines.iter().any(|line| line["field"] == "");
        let (mut what, mut fields, mut hidden, mut step_by) = (Vec::new(), Vec::new(), 0, String::new());
        if made {
            what.push(Part { title: self.t("web-trail-made"), ..Part::default() });
        }
        what.extend(self.voiding(lines));
        for line in lines {
            match line["field"].as_str().unwrap_or_default() {
                "" | "by" | "void" | "void_reason" => {}
                key => match key.strip_prefix(STEPS_KEY).and_then(|rest| rest.strip_prefix('/')) {
                    Some(id) => {
                        let (part, by) = self.step(id);
                        what.push(part);
                        step_by = by;
                    }
                    None if key.starts_with('_') => {}
                    None => match self.field(key, line, made) {
                        Ok(part) => fields.extend(part.map(|part| (self.order(key), part))),
                        Err(()) => hidden += 1,
                    },
                },
            }
        }
        // As in a form, not as they lie in the change.
        fields.sort_by_key(|(at, _)| *at);
        what.extend(fields.into_iter().map(|(_, part)| part));
        if hidden > 0 {
            what.push(Part { title: locale::text(self.lang, "web-trail-hidden", &[("value", &hidden.to_string())]), ..Part::default() });
        }
        let named = [word("by").to_owned(), step_by].into_iter().find(|name| !name.is_empty());
        let who = match named {
            _ if ruled && made && !self.made_by.is_empty() => self.made_by.to_owned(),
            _ if ruled => self.t("web-by-itself"),
            Some(name) => name,
            None => self.t("web-who-unknown"),
        };
        (!what.is_empty()).then(|| Edit {
            // What was made by itself has a day and no hour.
            at: if ruled { shown::moment_day(word("at"), self.lang) } else { shown::moment(word("at"), self.lang) },
            who,
            place: if ruled { String::new() } else { disputed::place(&self.desk.replica, word("origin"), self.lang) },
            what,
            refused: first["refused"].as_bool().unwrap_or(false),
        })
    }

    /// Place of a field in the ledger's form: the date first, what every record has last.
    fn order(&self, key: &str) -> usize {
        let code = key.split('.').next().unwrap_or_default();
        let at = self.definition.fields.iter().position(|field| field.code == code);
        if code == "on" { 0 } else { at.map_or(usize::MAX, |at| at + 1) }
    }

    /// Voided, or not any more, with the reason.
    fn voiding(&self, lines: &[&Json]) -> Option<Part> {
        let of = |key: &str| lines.iter().rfind(|line| line["field"] == key);
        let line = of("void")?;
        let reason = of("void_reason").and_then(|line| line["value"].as_str()).unwrap_or_default();
        match (line["value"].as_bool()?, line["was"].as_array().is_some_and(|was| was.contains(&true.into()))) {
            (true, _) => Some(Part { title: self.t("web-trail-void"), now: void_reason(reason, self.lang), mark: self.passed(line), was: None }),
            (false, true) => Some(Part { title: self.t("web-trail-unvoid"), mark: self.passed(line), ..Part::default() }),
            (false, false) => None,
        }
    }

    /// A step with the state it led to, day and reason, and who took it.
    fn step(&self, id: &str) -> (Part, String) {
        let step = self.shown["steps"].as_array().into_iter().flatten().find(|step| step["id"] == id);
        let word = |key: &str| step.and_then(|step| step[key].as_str()).unwrap_or_default();
        let known = self.definition.lifecycle.as_ref().and_then(|l| l.step(word("step")));
        let to = if word("to").is_empty() { known.map_or("", |s| s.to.as_str()) } else { word("to") };
        let title = known.map_or_else(|| self.t("web-trail-settled"), |s| s.title.get(self.lang).to_owned());
        let state = shown::state(self.definition, Some(to).filter(|to| !to.is_empty()), self.lang);
        let words = [state, word("on").to_owned(), word("why").to_owned()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        let mark = match word("effect") {
            "void" => self.t("web-trail-step-void"),
            "forked" => self.t("web-trail-step-forked"),
            "not_yet_judged" => self.t("web-trail-step-unjudged"),
            "witness" => self.t("web-trail-step-witness"),
            "corrected" => self.t("web-trail-step-corrected"),
            _ => String::new(),
        };
        if let Some(by) = step.and_then(|step| step["corrected_by"].as_str()) {
            let title = locale::text(self.lang, "web-trail-redate", &[("value", &title)]);
            return (Part { title, was: None, now: word("on").to_owned(), mark }, by.to_owned());
        }
        let title = locale::text(self.lang, "web-trail-step", &[("value", &title)]);
        (Part { title, was: None, now: words.join(" · "), mark }, word("by").to_owned())
    }

    /// A field from what to what; `Err` for one the person does not see, `None` for what says nothing.
    fn field(&self, key: &str, line: &Json, made: bool) -> Result<Option<Part>, ()> {
        let was: Vec<&Json> = line["was"].as_array().into_iter().flatten().collect();
        let nothing = |value: &Json| value.is_null() || value == "" || *value == false;
        // A box that was not ticked, a field left empty when the record was made say nothing; nor does a value written over the same.
        if was.is_empty() && nothing(&line["value"]) || !was.is_empty() && was.iter().all(|was| **was == line["value"]) {
            return Ok(None);
        }
        let Some((field, option)) = self.definition.field_of_key(key).or_else(|| self.definition.field(key).map(|f| (f, None))) else {
            return Ok(Some(Part { title: key.to_owned(), was: None, now: plain(&line["value"]), mark: self.passed(line) }));
        };
        if !shown::sees(self.account, self.definition, field) {
            return Err(());
        }
        let catalogue = self.desk.replica.catalogue();
        let title = field.title.get(self.lang).to_owned();
        if let Some(code) = option {
            // A box of several: ticked, or not any more.
            let choice =
                catalogue.options(self.definition, field).and_then(|list| list.choice(code)).map_or(code, |choice| choice.title.get(self.lang));
            let sign = if line["value"] == true { "+" } else { "−" };
            return Ok(Some(Part { title, was: None, now: format!("{sign} {choice}"), mark: self.passed(line) }));
        }
        let show = |kept: &Json| {
            let value: Value = serde_json::from_value(kept.clone()).unwrap_or(Value::Null);
            let named = self.names.fields(self.definition, &BTreeMap::from([(field.code.clone(), value.clone())])).into_owned();
            let text = value::show_value(&catalogue, self.definition, field, named.get(&field.code).unwrap_or(&value), self.lang);
            if text.is_empty() { self.t("web-empty-value") } else { text }
        };
        let was =
            if was.is_empty() { (!made).then(|| self.t("web-empty-value")) } else { Some(was.into_iter().map(show).collect::<Vec<_>>().join(" / ")) };
        Ok(Some(Part { title, was, now: show(&line["value"]), mark: self.passed(line) }))
    }

    /// That the value was not chosen of those written apart.
    fn passed(&self, line: &Json) -> String {
        if line["passed"] == true { self.t("web-trail-passed") } else { String::new() }
    }

    /// The file an edit came in by, where this machine imported it.
    fn import(&self, lines: &[&Json]) -> Result<Option<String>, Fault> {
        let own = self.desk.replica.origin().to_string();
        let Some(first) = lines.first().filter(|line| line["origin"] == own) else { return Ok(None) };
        let id = self.shown["record"].as_str().unwrap_or_default();
        let wrote = |field: &str, value: &Json| lines.iter().any(|line| line["field"] == field && line["value"] == *value);
        let batch = undoing::batch_of(&self.desk.replica, id, first["at"].as_str().unwrap_or_default(), wrote).map_err(Fault::from)?;
        Ok(batch.map(|(kind, file)| match kind.as_str() {
            "grid" => self.t("web-trail-grid"),
            _ => locale::text(self.lang, "web-trail-import", &[("value", &file)]),
        }))
    }
}

/// Why a record is void; what was taken back has the number of that in its place, which says nothing.
#[must_use]
pub fn void_reason(reason: &str, lang: Lang) -> String {
    if undoing::is_undo(reason) { locale::text(lang, "web-trail-undone", &[]) } else { reason.to_owned() }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
