//! What an item of the inbox is about, in the reader's words: the fields by their titles, the values that may be chosen in the order `--choose #1` counts them, a step
//! or a state by its title.

use crate::{
    document::{rule, view::Value},
    ledger::{Catalogue, Definition, definition::Field, value::show_value},
    locale::{self, Lang},
    model::OriginId,
    replica::{
        Replica,
        conflicts::Item,
        names::Names,
        scope::{Known, Voice},
    },
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

/// Where something was written, in plain words.
#[must_use]
pub fn place(replica: &Replica, origin: &str, lang: Lang) -> String {
    let facts = OriginId::from_hex(origin).and_then(|id| replica.origin_facts(id));
    let own = replica.origin_facts(replica.origin()).map(|facts| facts.voice);
    match facts {
        _ if origin == rule::PREFIX.to_string() => locale::text(lang, "web-where-rule", &[]),
        _ if origin == replica.origin().to_string() => locale::text(lang, "web-where-here", &[]),
        Some(facts) if Some(facts.voice) == own && facts.voice != Voice::County => locale::text(lang, "web-where-ours", &[]),
        Some(Known { voice: Voice::County, .. }) => locale::text(lang, "web-where-county", &[]),
        Some(Known { voice: Voice::School(school), .. }) => locale::text(lang, "web-where-school", &[("value", &school.to_string())]),
        None => locale::text(lang, "web-elsewhere", &[]),
    }
}

fn word(of: &Json, key: &str) -> String {
    of[key].as_str().unwrap_or_default().to_owned()
}

/// What says them.
pub(crate) struct Words<'a> {
    replica: &'a Replica,
    catalogue: Arc<Catalogue>,
    names: Names<'a>,
    lang: Lang,
}

impl<'a> Words<'a> {
    pub(crate) fn of(replica: &'a Replica, lang: Lang) -> Self {
        Self { replica, catalogue: replica.catalogue(), names: Names::of(replica, lang), lang }
    }

    fn definition(&self, item: &Item) -> Option<&Arc<Definition>> {
        let record = item.record.as_deref()?;
        self.catalogue.latest(record.split_once(':').map_or("enrolment", |(ledger, _)| ledger))
    }

    fn field<'d>(definition: &'d Definition, key: &'d str) -> Option<(&'d Field, Option<&'d str>)> {
        definition.field_of_key(key).or_else(|| definition.field(key).map(|field| (field, None)))
    }

    /// The titles of the fields that differ; `None`: it is about no field.
    pub(super) fn titles(&self, item: &Item) -> Option<String> {
        let definition = self.definition(item)?;
        let differs = |values: &Json| values.as_array().is_some_and(|values| values.len() > 1);
        let several = item.detail["fields"].as_object().into_iter().flatten().filter(|(_, values)| differs(values)).map(|(key, _)| key.as_str());
        let keys = item.field.as_deref().filter(|_| item.kind == "field").into_iter().chain(several);
        let titles: Vec<&str> = keys.filter_map(|key| Self::field(definition, key)).map(|(field, _)| field.title.get(self.lang)).collect();
        (!titles.is_empty()).then(|| titles.join(self.lang.comma()))
    }

    /// One line a choice, in the order they are counted in.
    pub(super) fn choices(&self, item: &Item) -> Vec<String> {
        let (definition, detail) = (self.definition(item).map(AsRef::as_ref), &item.detail);
        if detail["values"].is_array() {
            return self.values(definition, item.field.as_deref().unwrap_or_default(), &detail["values"]);
        }
        let list = |key: &str| detail[key].as_array().into_iter().flatten();
        let school = |code: String| self.names.school(&code).unwrap_or(code);
        let tips = list("tips").map(|tip| self.said([self.state(definition, &word(tip, "to")), word(tip, "on"), word(tip, "by")]));
        tips.chain(list("children").map(|child| self.said([school(word(child, "school")), word(child, "name"), String::new()]))).collect()
    }

    /// What else there is to say: fields that are chosen together, each with its choices; a step that has no effect, and why.
    pub(super) fn told(&self, item: &Item) -> Vec<String> {
        let (definition, detail) = (self.definition(item).map(AsRef::as_ref), &item.detail);
        let mut out: Vec<String> = Vec::new();
        for (key, values) in detail["fields"].as_object().into_iter().flatten() {
            let title = definition.map_or_else(|| key.clone(), |definition| self.title(definition, key));
            let values = (1..).zip(self.values(definition, key, values)).map(|(n, value)| format!("{key}=#{n} {value}"));
            out.push(format!("{title}{}{}", self.lang.colon(), values.collect::<Vec<_>>().join(" / ")));
        }
        if let Some(step) = detail["step"].as_str() {
            let known = definition.and_then(|definition| definition.lifecycle.as_ref()?.step(step));
            let title = known.map_or_else(|| step.to_owned(), |step| step.title.get(self.lang).to_owned());
            out.push(self.said([title, word(detail, "on"), word(detail, "by")]));
        }
        if let Some(reason) = detail["reason"].as_str() {
            out.push(locale::text(self.lang, reason, &[]));
        }
        out
    }

    fn said(&self, parts: [String; 3]) -> String {
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    fn state(&self, definition: Option<&Definition>, code: &str) -> String {
        let state = definition.and_then(|definition| definition.lifecycle.as_ref()?.state(code));
        state.map_or_else(|| code.to_owned(), |state| state.title.get(self.lang).to_owned())
    }

    /// A key by its field's title, and its box's, where the field has several.
    pub(crate) fn title(&self, definition: &Definition, key: &str) -> String {
        let Some((field, option)) = Self::field(definition, key) else { return key.to_owned() };
        match option.and_then(|option| self.catalogue.options(definition, field)?.choice(option)) {
            Some(choice) => format!("{} · {}", field.title.get(self.lang), choice.title.get(self.lang)),
            None => field.title.get(self.lang).to_owned(),
        }
    }

    /// A value written under a key.
    pub(crate) fn value(&self, definition: Option<&Definition>, key: &str, value: &Json) -> String {
        let plain: Value = serde_json::from_value(value.clone()).unwrap_or(Value::Null);
        let found = definition.and_then(|definition| Some((definition, Self::field(definition, key)?)));
        match found {
            _ if plain == Value::Null => locale::text(self.lang, "web-empty-value", &[]),
            Some((definition, (field, None))) => {
                let named = self.names.fields(definition, &BTreeMap::from([(field.code.clone(), plain.clone())])).into_owned();
                show_value(&self.catalogue, definition, field, named.get(&field.code).unwrap_or(&plain), self.lang)
            }
            Some((definition, (field, _))) => show_value(&self.catalogue, definition, field, &plain, self.lang),
            None => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        }
    }

    fn values(&self, definition: Option<&Definition>, key: &str, values: &Json) -> Vec<String> {
        let origin = |value: &Json| place(self.replica, value["origin"].as_str().unwrap_or_default(), self.lang);
        let one = |value: &Json| self.lang.beside(&self.value(definition, key, &value["value"]), &origin(value));
        values.as_array().into_iter().flatten().map(one).collect()
    }
}
