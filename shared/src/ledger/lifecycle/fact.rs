//! A step as it lies in a document, to and from the fields of its map (`document::view::StepView`).

use super::StepFact;
use crate::{
    document::view::{StepView, Value},
    ledger::definition::{Authority, Definition},
};
use jiff::{Timestamp, civil::Date, tz};
use std::collections::BTreeMap;

/// Prefix of the required values kept with a step.
const REQUIRED: &str = "f.";

impl StepFact {
    /// Reads a step; `authority` is its writer's side. Whatever is missing or malformed is read as empty, so a hostile step is judged like any other: without
    /// a version it waits, without a date it has the day of its change (China time), without a name it is unknown.
    #[must_use]
    pub fn read(view: &StepView, authority: Authority) -> Self {
        let text = |key: &str| match view.fields.get(key) {
            Some(Value::Str(text)) => text.clone(),
            _ => String::new(),
        };
        let version = match view.fields.get("_v") {
            Some(Value::Int(version)) => u32::try_from(*version).unwrap_or(0),
            _ => 0,
        };
        let required = view.fields.iter().filter_map(|(key, value)| key.strip_prefix(REQUIRED).map(|field| (field.to_owned(), value.clone())));
        Self {
            id: view.id.clone(),
            name: text("name"),
            follows: ids(&text("follows")),
            version,
            on: text("on").parse().unwrap_or_else(|_| day_of(view.time_s)),
            authority,
            to: Some(text("to")).filter(|state| !state.is_empty()),
            required: required.collect(),
            by: text("by"),
            why: text("why"),
            corrects: ids(&text("corrects")),
        }
    }

    /// The scalars to write for this step; [`StepFact::read`] gives it back.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<String, Value> {
        let text = |key: &str, text: &str| (key.to_owned(), Value::Str(text.to_owned()));
        let mut fields: BTreeMap<String, Value> = [
            text("name", &self.name),
            text("follows", &self.follows.join(",")),
            text("on", &self.on.to_string()),
            text("by", &self.by),
            text("why", &self.why),
            ("_v".to_owned(), Value::Int(i64::from(self.version))),
        ]
        .into();
        fields.extend(self.to.iter().map(|state| text("to", state)));
        if !self.corrects.is_empty() {
            fields.extend([text("corrects", &self.corrects.join(","))]);
        }
        fields.extend(self.required.iter().map(|(key, value)| (format!("{REQUIRED}{key}"), value.clone())));
        fields
    }
}

fn ids(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

fn day_of(time_s: i64) -> Date {
    let time = Timestamp::from_second(time_s).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(tz::TimeZone::fixed(tz::offset(8))).date()
}

/// Those of a record's values that `step` requires: what is written with it, and what makes two concurrent steps the same.
#[must_use]
pub fn required_values(definition: &Definition, step: &str, fields: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let found = definition.lifecycle.as_ref().and_then(|lifecycle| lifecycle.step(step));
    let required = found.map(|step| definition.required_for(step)).unwrap_or_default();
    required.into_iter().flat_map(|field| super::graph::values_of(&field.code, fields)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document::view::Stamp, model::Actor};
    use jiff::civil::date;

    fn view(fields: BTreeMap<String, Value>) -> StepView {
        // 2026-03-02 17:00 UTC is the 3rd in China.
        StepView { id: "s1".to_owned(), stamp: Stamp { ctr: 1, actor: Actor([0; 16]) }, time_s: 1_772_470_800, fields }
    }

    #[test]
    fn a_step_survives_being_written_and_read() {
        let step = StepFact {
            id: "s1".to_owned(),
            name: "apply".to_owned(),
            follows: vec!["a".to_owned(), "b".to_owned()],
            version: 3,
            on: date(2026, 3, 1),
            authority: Authority::County,
            to: Some("draft".to_owned()),
            required: BTreeMap::from([("level".to_owned(), Value::Str("hard".to_owned())), ("with.child".to_owned(), Value::Bool(true))]),
            by: "甲".to_owned(),
            why: "复核".to_owned(),
            corrects: vec!["c".to_owned()],
        };
        assert_eq!(StepFact::read(&view(step.fields()), Authority::County), step);
    }

    #[test]
    fn a_malformed_step_is_read_as_empty() {
        let fields =
            BTreeMap::from([("_v".to_owned(), Value::Int(-1)), ("on".to_owned(), Value::Str("soon".to_owned())), ("name".to_owned(), Value::Int(1))]);
        let step = StepFact::read(&view(fields), Authority::School);
        assert_eq!((step.version, step.name.as_str(), step.on), (0, "", date(2026, 3, 3)));
        assert!(step.follows.is_empty() && step.to.is_none() && step.corrects.is_empty());
    }
}
