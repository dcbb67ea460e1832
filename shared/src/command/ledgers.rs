//! The ledgers there are, for a person and for scripts.

use crate::{
    document::view::Value,
    ledger::{
        FieldType,
        definition::{Definition, Field, Required},
        value,
    },
    locale::Lang,
    replica::{Replica, Result, names::Names},
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// All of them.
pub fn list(replica: &Replica, lang: Lang) -> Json {
    let catalogue = replica.catalogue();
    let rows: Vec<Json> = catalogue
        .iter_latest()
        .map(|d| {
            json!({ "code": d.code, "version": d.version, "title": d.title.get(lang), "subject": d.subject.word(), "owner": d.owner.word(),
                "privacy": d.privacy.word(), "lifecycle": d.lifecycle.is_some(), "writable": d.may_write(replica.side()) })
        })
        .collect();
    json!({ "ledgers": rows })
}

/// One of them.
///
/// # Errors
/// `ledger-none`.
pub fn show(replica: &Replica, code: &str, lang: Lang) -> Result<Json> {
    let definition = replica.definition(code)?;
    let catalogue = replica.catalogue();
    let fields: Vec<Json> = definition
        .fields
        .iter()
        .map(|f| {
            let options: Vec<Json> = catalogue
                .options(&definition, f)
                .map(|list| list.choices.iter().map(|c| json!({ "code": c.code, "title": c.title.get(lang) })).collect())
                .unwrap_or_default();
            json!({ "code": f.code, "title": f.title.get(lang), "type": f.kind.word(), "required": required(f), "unit": f.unit.as_ref().map(|u| u.get(lang)),
                "options": if matches!(f.kind, FieldType::Choice | FieldType::Flags) { json!(options) } else { Json::Null },
                "authority": f.authority.map(crate::ledger::definition::Authority::word), "help": f.help.as_ref().map(|h| h.get(lang)) })
        })
        .collect();
    Ok(
        json!({ "code": definition.code, "version": definition.version, "title": definition.title.get(lang), "help": definition.help.as_ref().map(|h| h.get(lang)),
        "subject": definition.subject.word(), "owner": definition.owner.word(), "privacy": definition.privacy.word(), "fields": fields,
        "lifecycle": lifecycle(&definition, lang), "text": definition.text() }),
    )
}

fn required(field: &Field) -> Json {
    match &field.required {
        Required::No => json!("no"),
        Required::Yes => json!("yes"),
        Required::Steps(steps) => json!({ "before": steps }),
        Required::When(_) => json!("when"),
    }
}

fn lifecycle(definition: &Definition, lang: Lang) -> Json {
    let Some(lifecycle) = &definition.lifecycle else { return Json::Null };
    let states: Vec<Json> = lifecycle.states.iter().map(|s| json!({ "code": s.code, "title": s.title.get(lang), "open": s.open })).collect();
    let steps: Vec<Json> = lifecycle
        .steps
        .iter()
        .map(|s| {
            let needs: Vec<&str> = definition.required_for(s).iter().map(|f| f.code.as_str()).collect();
            json!({ "code": s.code, "title": s.title.get(lang), "from": s.from, "to": s.to, "authority": s.authority.word(), "requires": needs })
        })
        .collect();
    json!({ "initial": lifecycle.initial, "states": states, "steps": steps })
}

/// A value, with the name of the record referred to before its id.
fn called(names: &Names<'_>, definition: &Definition, field: &Field, values: &BTreeMap<String, Value>) -> String {
    let shown = value::show(names.catalogue(), definition, field, values, names.lang);
    match names.name(&shown).filter(|_| field.kind == FieldType::Ref) {
        Some(name) => names.lang.beside(&name, &shown),
        None => shown,
    }
}

/// The child a record is of: name, grade and class as its profile has them. `None`: it is of no child, or its profile is not here.
fn child(replica: &Replica, shown: &Json, lang: Lang) -> Option<Json> {
    let profile = replica.definition("enrolment").ok()?;
    let fields = replica.locate(shown["document"].as_str()?).ok().filter(|place| place.ledger == profile.code)?.fields;
    let text = |code: &str| {
        let text = value::show(&replica.catalogue(), &profile, profile.field(code)?, &fields, lang);
        (!text.is_empty()).then_some(text)
    };
    Some(json!({ "name": text("name")?, "grade": text("grade"), "class": text("class") }))
}

/// A record as [`Replica::show`] gives it in the reader's words: titles of its ledger, state and fields, each filled field with its value, steps.
pub fn view(replica: &Replica, shown: &Json, lang: Lang) -> Json {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let Ok(definition) = replica.definition(&text(&shown["ledger"])) else { return Json::Null };
    let values: BTreeMap<String, Value> = serde_json::from_value(shown["fields"].clone()).unwrap_or_default();
    let names = Names::of(replica, lang);
    let fields: Vec<Json> = Definition::common_fields()
        .iter()
        .chain(&definition.fields)
        .map(|field| (field, called(&names, &definition, field, &values)))
        .filter(|(_, value)| !value.is_empty())
        .map(|(field, value)| json!({ "field": field.code, "title": field.title.get(lang), "value": value }))
        .collect();
    let lifecycle = definition.lifecycle.as_ref();
    let state = |code: &str| lifecycle.and_then(|l| l.state(code)).map_or(code.to_owned(), |s| s.title.get(lang).to_owned());
    let step = |code: &str| lifecycle.and_then(|l| l.step(code)).map_or(code.to_owned(), |s| s.title.get(lang).to_owned());
    let steps: Vec<Json> = shown["steps"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|taken| {
            json!({ "step": step(&text(&taken["step"])), "to": state(&text(&taken["to"])), "on": taken["on"], "by": taken["by"], "why": taken["why"],
                "effective": taken["effect"] == "effective" })
        })
        .collect();
    json!({ "ledger": definition.title.get(lang), "child": child(replica, shown, lang), "state": state(&text(&shown["row"]["state"])), "fields": fields, "steps": steps })
}
