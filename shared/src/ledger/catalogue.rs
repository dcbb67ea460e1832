//! All definitions a replica knows, several versions of each ledger, and what only holds between files.
//!
//! A record is read and judged by the version it was written under; forms and new records use the latest.

use super::{
    definition::{Definition, Field, FieldType, Form, OptionList, OptionsRef, Rule, SetValue},
    problem::{Problem, ProblemCode, listed},
    value,
};
use crate::document::view::Value;
use rust_embed::RustEmbed;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

#[derive(RustEmbed)]
#[folder = "ledgers/"]
struct Files;

/// An embedded file that is no definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFile {
    /// Its name.
    pub name: String,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// Definitions by ledger and version.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    ledgers: BTreeMap<String, BTreeMap<u32, Arc<Definition>>>,
}

impl Catalogue {
    /// Without any ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every definition inside this binary. A file that does not parse is left out; a test holds that there is none.
    #[must_use]
    pub fn embedded() -> Self {
        // Sixty files take longer to parse than a school's replica takes to open.
        static PARSED: OnceLock<Catalogue> = OnceLock::new();
        PARSED.get_or_init(|| Self::from_embedded().0).clone()
    }

    /// Every definition inside this binary, and the files that are none.
    #[must_use]
    pub fn from_embedded() -> (Self, Vec<BadFile>) {
        let mut catalogue = Self::new();
        let mut bad = Vec::new();
        for name in Files::iter().filter(|name| name.ends_with(".toml")) {
            let Some(file) = Files::get(&name) else { continue };
            let text = String::from_utf8_lossy(&file.data);
            match Definition::parse(&text) {
                Ok(definition) if name.strip_suffix(".toml") == Some(definition.code.as_str()) => catalogue.insert(definition),
                Ok(definition) => bad.push(BadFile { problems: vec![wrong_name(&definition, &text)], name: name.into_owned() }),
                Err(problems) => bad.push(BadFile { name: name.into_owned(), problems }),
            }
        }
        (catalogue, bad)
    }

    /// Adds a version; the same version again replaces it.
    pub fn insert(&mut self, definition: Definition) {
        self.ledgers.entry(definition.code.clone()).or_default().insert(definition.version, Arc::new(definition));
    }

    /// The highest version of a ledger.
    #[must_use]
    pub fn latest(&self, code: &str) -> Option<&Arc<Definition>> {
        self.ledgers.get(code)?.last_key_value().map(|(_, definition)| definition)
    }

    /// One version of a ledger.
    #[must_use]
    pub fn get(&self, code: &str, version: u32) -> Option<&Arc<Definition>> {
        self.ledgers.get(code)?.get(&version)
    }

    /// The highest version of every ledger, by code.
    pub fn iter_latest(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.ledgers.values().filter_map(|versions| versions.last_key_value().map(|(_, definition)| definition))
    }

    /// Every version of every ledger, by code and version.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Definition>> {
        self.ledgers.values().flat_map(BTreeMap::values)
    }

    /// What is listed under a record of `code`: the ledgers whose `parent` or `basis` refers to it, each with that field.
    pub fn listed_under<'a>(&'a self, code: &'a str) -> impl Iterator<Item = (&'a Arc<Definition>, &'a str)> {
        self.iter_latest().flat_map(move |definition| {
            let named = [definition.parent.as_deref(), definition.basis.as_deref()].into_iter().flatten();
            let refers = |field: &&str| definition.declared(field).and_then(|field| field.reference.as_deref()) == Some(code);
            named.filter(refers).map(move |field| (definition, field))
        })
    }

    /// Rules of any ledger that watch `code`, with the definition they stand in.
    pub fn rules_watching<'a>(&'a self, code: &'a str) -> impl Iterator<Item = (&'a Arc<Definition>, &'a Rule)> {
        self.iter_latest()
            .flat_map(|definition| definition.rules.iter().map(move |rule| (definition, rule)))
            .filter(move |(_, rule)| rule.ledger == code)
    }

    /// The option list of a choice or flags field; of another ledger its latest version. `None` if the list is not here.
    #[must_use]
    pub fn options<'a>(&'a self, definition: &'a Definition, field: &Field) -> Option<&'a OptionList> {
        match field.options.as_ref()? {
            OptionsRef::Own(name) => definition.option_list(name),
            OptionsRef::Other { ledger, list } => self.latest(ledger)?.option_list(list),
        }
    }

    /// What is wrong between `definition` and the other ledgers: their lists, refs, copied fields and rules. Empty: nothing.
    /// `definition` itself need not be in the catalogue.
    #[must_use]
    pub fn check(&self, definition: &Definition) -> Vec<Problem> {
        let mut found = Check { catalogue: self, definition, problems: Vec::new() };
        definition.fields.iter().for_each(|field| found.field(field));
        found.conditions();
        definition.rules.iter().for_each(|rule| found.rule(rule));
        found.moving();
        found.problems.sort_by_key(|problem| problem.line);
        found.problems
    }
}

fn wrong_name(definition: &Definition, text: &str) -> Problem {
    let args = vec![("key", "code".to_owned()), ("old", definition.code.clone())];
    Problem { line: line_of(text, |line| line.starts_with("code")), column: 1, code: ProblemCode::HeadChanged, args }
}

/// First line that fits, from 1; 1 if none does. Good enough to point at: definitions keep one key a line.
pub(super) fn line_of(text: &str, fits: impl Fn(&str) -> bool) -> usize {
    text.lines().position(|line| fits(line.trim_start())).map_or(1, |index| index + 1)
}

struct Check<'a> {
    catalogue: &'a Catalogue,
    definition: &'a Definition,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    /// Notes a problem at the block of the field or rule `code`.
    fn note(&mut self, block: &str, code: &str, problem: ProblemCode, args: Vec<(&'static str, String)>) {
        let line = block_line(&self.definition.source, block, code);
        self.problems.push(Problem { line, column: 1, code: problem, args });
    }

    fn ledger(&self, code: &str) -> Option<&'a Definition> {
        if code == self.definition.code { Some(self.definition) } else { self.catalogue.latest(code).map(AsRef::as_ref) }
    }

    /// The other ledger, or a problem.
    fn needed(&mut self, block: &str, at: &str, ledger: &str) -> Option<&'a Definition> {
        let found = self.ledger(ledger);
        if found.is_none() {
            self.note(block, at, ProblemCode::LedgerUnknown, vec![("ledger", ledger.to_owned())]);
        }
        found
    }

    fn field(&mut self, field: &Field) {
        if let Some(OptionsRef::Other { ledger, list }) = &field.options
            && let Some(other) = self.needed("field", &field.code, ledger)
        {
            self.other_list(field, other, list);
        }
        if let Some(ledger) = &field.reference {
            self.needed("field", &field.code, ledger);
        }
        if let Some((ledger, copied)) = &field.copy_of
            && let Some(other) = self.needed("field", &field.code, ledger)
        {
            match other.field(copied) {
                None => {
                    let args = vec![("ledger", ledger.clone()), ("field", copied.clone())];
                    self.note("field", &field.code, ProblemCode::OtherFieldUnknown, args);
                }
                Some(source) if source.kind != field.kind => {
                    let args = vec![("field", copied.clone()), ("type", source.kind.word().to_owned())];
                    self.note("field", &field.code, ProblemCode::CopyType, args);
                }
                Some(_) => {}
            }
        }
    }

    fn other_list(&mut self, field: &Field, other: &Definition, list: &str) {
        match other.option_list(list) {
            None => {
                let expected = listed(other.options.iter().map(|list| list.name.as_str()));
                let args = vec![("ledger", other.code.clone()), ("list", list.to_owned()), ("expected", expected)];
                self.note("field", &field.code, ProblemCode::OtherListUnknown, args);
            }
            Some(options) => {
                if let Some(text) = field.default.as_ref().filter(|text| options.choice(text).is_none()) {
                    self.note("field", &field.code, ProblemCode::DefaultUnreadable, vec![("value", text.clone())]);
                }
            }
        }
    }

    /// Literals compared with a choice whose list stands in another file, and fields of records referred to.
    fn conditions(&mut self) {
        use super::definition::Required;
        let definition = self.definition;
        let required = definition.fields.iter().filter_map(|field| match &field.required {
            Required::When(condition) => Some(("field", field.code.as_str(), condition)),
            Required::No | Required::Yes | Required::Steps(_) => None,
        });
        let checks = definition.checks.iter().flat_map(|check| check.when.iter().chain([&check.must])).map(|condition| ("check", "", condition));
        for (block, at, condition) in required.chain(checks) {
            for (reference, field) in condition.of_others() {
                let Some(ledger) = definition.field(reference).and_then(|f| f.reference.as_deref()) else { continue };
                let has = |other: &Definition| if field == "$state" { other.lifecycle.is_some() } else { other.field(field).is_some() };
                if self.ledger(ledger).is_some_and(|other| !has(other)) {
                    self.note(block, at, ProblemCode::OtherFieldUnknown, vec![("ledger", ledger.to_owned()), ("field", field.to_owned())]);
                }
            }
            for (ledger, field, option) in condition.lasts() {
                let Some(other) = self.ledger(ledger) else {
                    self.note(block, at, ProblemCode::LedgerUnknown, vec![("ledger", ledger.to_owned())]);
                    continue;
                };
                let list = other.field(field).and_then(|field| self.catalogue.options(other, field));
                match list {
                    None => self.note(block, at, ProblemCode::OtherFieldUnknown, vec![("ledger", ledger.to_owned()), ("field", field.to_owned())]),
                    Some(list) if list.choice(option).is_none() => {
                        self.note(block, at, ProblemCode::ConditionValue, vec![("field", field.to_owned()), ("value", option.to_owned())]);
                    }
                    Some(_) => {}
                }
            }
            for (name, literal) in condition.literals() {
                let Some(field) = definition.field(name).filter(|field| matches!(field.options, Some(OptionsRef::Other { .. }))) else { continue };
                let Some(list) = self.catalogue.options(definition, field) else { continue };
                if let Value::Str(code) = literal
                    && list.choice(&code).is_none()
                {
                    self.note(block, at, ProblemCode::ConditionValue, vec![("field", name.to_owned()), ("value", code)]);
                }
            }
        }
    }

    /// Ledgers and fields that `about`, `[relay]` and `[handover]` name.
    fn moving(&mut self) {
        let profile = self.catalogue.iter_latest().find(|d| d.form == Form::Profile && d.subject == self.definition.subject).map(|d| d.code.clone());
        let of_profile = |field: &String| (profile.clone().unwrap_or_default(), field.clone());
        let mut named: Vec<(&str, String, String)> = Vec::new();
        named.extend(self.definition.about.iter().map(of_profile).map(|(ledger, field)| ("about", ledger, field)));
        if let Some(relay) = &self.definition.relay {
            named.extend(relay.profile.iter().map(of_profile).map(|(ledger, field)| ("[relay]", ledger, field)));
        }
        if let Some(handover) = &self.definition.handover {
            named.extend(handover.set.keys().map(of_profile).map(|(ledger, field)| ("[handover]", ledger, field)));
            named.extend(handover.dossier.iter().map(|entry| {
                let (ledger, field) = entry.split_once('.').unwrap_or((entry, ""));
                ("[handover]", ledger.to_owned(), field.to_owned())
            }));
        }
        for (block, ledger, field) in named {
            let line = line_of(&self.definition.source, |line| line.starts_with(block));
            let (code, args) = match self.ledger(&ledger) {
                None => (ProblemCode::LedgerUnknown, vec![("ledger", ledger)]),
                Some(other) if !field.is_empty() && other.field_of_key(&field).is_none() => {
                    (ProblemCode::OtherFieldUnknown, vec![("ledger", ledger), ("field", field)])
                }
                Some(_) => continue,
            };
            self.problems.push(Problem { line, column: 1, code, args });
        }
    }

    fn rule(&mut self, rule: &Rule) {
        if let Some(watched) = self.needed("rule", &rule.code, &rule.ledger) {
            self.watched(rule, watched);
        }
        let Some(opened) = self.needed("rule", &rule.code, &rule.opens) else { return };
        if opened.form == Form::Profile {
            self.note("rule", &rule.code, ProblemCode::ProfilePart, vec![("key", "opens".to_owned())]);
        }
        for (key, set) in &rule.set {
            let Some((field, _)) = opened.field_of_key(key) else {
                let args = vec![("ledger", opened.code.clone()), ("field", key.clone())];
                self.note("rule", &rule.code, ProblemCode::OtherFieldUnknown, args);
                continue;
            };
            if !self.can_set(opened, field, set) {
                let shown = format!("{set:?}");
                self.note("rule", &rule.code, ProblemCode::RuleValue, vec![("field", key.clone()), ("value", shown)]);
            }
        }
    }

    fn can_set(&self, opened: &Definition, field: &Field, set: &SetValue) -> bool {
        match set {
            SetValue::LastPresent | SetValue::FirstAbsent => field.kind == FieldType::Date,
            SetValue::Literal(Value::Str(code)) if field.kind == FieldType::Choice => {
                let list = match &field.options {
                    Some(OptionsRef::Own(name)) => opened.option_list(name),
                    Some(OptionsRef::Other { ledger, list }) => self.ledger(ledger).and_then(|other| other.option_list(list)),
                    None => None,
                };
                list.is_none_or(|list| list.choice(code).is_some())
            }
            SetValue::Literal(value) => value::fits(field, value),
        }
    }

    fn watched(&mut self, rule: &Rule, watched: &Definition) {
        let Some(field) = watched.field(&rule.field) else {
            let args = vec![("ledger", watched.code.clone()), ("field", rule.field.clone())];
            self.note("rule", &rule.code, ProblemCode::OtherFieldUnknown, args);
            return;
        };
        let list: Option<Cow<'_, OptionList>> = match &field.options {
            Some(OptionsRef::Own(name)) => watched.option_list(name).map(Cow::Borrowed),
            Some(OptionsRef::Other { ledger, list }) => self.ledger(ledger).and_then(|other| other.option_list(list)).map(Cow::Borrowed),
            None => None,
        };
        for value in &rule.values {
            let known = list.as_ref().map_or_else(|| value::literal(watched, field, value).is_some(), |list| list.choice(value).is_some());
            if !known {
                self.note("rule", &rule.code, ProblemCode::RuleValue, vec![("field", rule.field.clone()), ("value", value.clone())]);
            }
        }
    }
}

/// Line of `[[block]]` whose `code` is `code`; of the first such block for an empty code.
fn block_line(source: &str, block: &str, code: &str) -> usize {
    let head = format!("[[{block}]]");
    let mut at = 1;
    for (index, line) in source.lines().enumerate() {
        let line = line.trim();
        if line.starts_with(&head) {
            at = index + 1;
            if code.is_empty() {
                return at;
            }
        }
        let names_it =
            line.strip_prefix("code").map(str::trim_start).and_then(|rest| rest.strip_prefix('=')).is_some_and(|rest| {
                rest.trim_start().trim_start_matches(['"', '\'']).strip_prefix(code).is_some_and(|end| end.starts_with(['"', '\'']))
            });
        if names_it && source.lines().nth(at.saturating_sub(1)).is_some_and(|line| line.trim().starts_with(&head)) {
            return at;
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_definition_parses_and_agrees_with_the_others() {
        let (catalogue, bad) = Catalogue::from_embedded();
        let mut wrong: Vec<String> = Vec::new();
        for file in &bad {
            wrong.extend(file.problems.iter().map(|problem| format!("{}:{problem}", file.name)));
        }
        for definition in catalogue.iter() {
            wrong.extend(catalogue.check(definition).iter().map(|problem| format!("{}.toml:{problem}", definition.code)));
        }
        assert!(wrong.is_empty(), "{} files read, but:\n{}", catalogue.iter().count(), wrong.join("\n"));
    }
}
