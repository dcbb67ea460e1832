//! What a person asks a report for: `name=value` texts, read and checked against the report's parameters, with its defaults.

use super::definition::{Parameter, ParameterType, Report};
use crate::model::{SchoolCode, SchoolYear, Term};
use jiff::civil::Date;
use rusqlite::types::Value;

/// Values of a report's parameters, all of them, in the report's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// Day the question is asked.
    pub today: Date,
    pub(super) values: Vec<(String, Value)>,
}

/// A value that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// The report has no such parameter.
    #[error("no parameter `{name}`")]
    Unknown {
        /// As typed.
        name: String,
        /// Those there are, separated by spaces.
        known: String,
    },
    /// A value the parameter cannot take.
    #[error("`{value}` does not fit parameter `{name}`")]
    Value {
        /// Which parameter.
        name: String,
        /// As typed.
        value: String,
    },
    /// The report cannot run without it.
    #[error("parameter `{name}` is needed")]
    Missing {
        /// Which parameter.
        name: String,
    },
}

impl Params {
    /// Reads what was asked for; what is absent or empty takes the report's default.
    pub fn read(report: &Report, asked: &[(&str, &str)], today: Date) -> Result<Self, ParamsError> {
        let known = |name: &str| report.parameters.iter().any(|parameter| parameter.name == name);
        if let Some((name, _)) = asked.iter().find(|(name, _)| !known(name)) {
            let names: Vec<&str> = report.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            return Err(ParamsError::Unknown { name: (*name).to_owned(), known: names.join(" ") });
        }
        let mut values = Vec::new();
        for parameter in &report.parameters {
            let typed = asked.iter().rev().find(|(name, _)| *name == parameter.name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty());
            let value = match typed.or(parameter.default.as_deref()) {
                Some(text) => {
                    value(parameter, text, today).ok_or_else(|| ParamsError::Value { name: parameter.name.clone(), value: text.to_owned() })?
                }
                None if parameter.required => return Err(ParamsError::Missing { name: parameter.name.clone() }),
                None => Value::Null,
            };
            values.push((parameter.name.clone(), value));
        }
        Ok(Self { today, values })
    }

    /// Value of one parameter as text; `None` for NULL (all) or an unknown name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        match self.values.iter().find(|(known, _)| known == name) {
            Some((_, Value::Text(text))) => Some(text.clone()),
            Some((_, Value::Integer(number))) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn year(&self) -> Option<i64> {
        match self.values.iter().find(|(name, _)| name == "year") {
            Some((_, Value::Integer(year))) => Some(*year),
            _ => None,
        }
    }

    pub(super) fn school(&self) -> Option<SchoolCode> {
        self.text("school").and_then(|code| code.parse().ok())
    }
}

fn value(parameter: &Parameter, text: &str, today: Date) -> Option<Value> {
    let current = text == "current";
    match parameter.kind {
        ParameterType::Year if current => SchoolYear::of(today).map(|year| Value::Integer(year.start().into())),
        ParameterType::Year | ParameterType::Term if text == "all" => (parameter.all || parameter.default.is_none()).then_some(Value::Null),
        ParameterType::Year => text.parse().ok().and_then(SchoolYear::new).map(|year| Value::Integer(year.start().into())),
        ParameterType::Term if current => Some(Value::Integer(Term::of(today).number().into())),
        ParameterType::Term => matches!(text, "1" | "2").then(|| text.parse().ok().map(Value::Integer)).flatten(),
        ParameterType::School => text.parse::<SchoolCode>().ok().map(|code| Value::Text(code.to_string())),
        ParameterType::Student => student(text),
        ParameterType::Date => text.parse::<Date>().ok().map(|date| Value::Text(date.to_string())),
        ParameterType::Month => month(text, today).map(Value::Text),
        ParameterType::Int => text.parse().ok().filter(|number| (0..=100_000).contains(number)).map(Value::Integer),
        ParameterType::Choice => parameter.choices.iter().any(|choice| choice == text).then(|| Value::Text(text.to_owned())),
    }
}

/// `YYYY-MM`, the present month or the one before.
fn month(text: &str, today: Date) -> Option<String> {
    let first = match text {
        "current" => today.first_of_month(),
        "previous" => today.first_of_month().yesterday().ok()?.first_of_month(),
        text if text.len() == 7 => format!("{text}-01").parse().ok()?,
        _ => return None,
    };
    Some(format!("{:04}-{:02}", first.year(), first.month()))
}

/// An identity or other document number (kept in upper case), or a document id (32 hex digits, kept in lower case).
fn student(text: &str) -> Option<Value> {
    let plain = (2..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'(' | b')' | b'-'));
    let id = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| Value::Text(if id { text.to_ascii_lowercase() } else { text.to_ascii_uppercase() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn report() -> Report {
        let head = "-- +++\n-- name = \"x\"\n-- title = { zh = \"甲\", en = \"A\" }\n-- help = { zh = \"甲\", en = \"A\" }\n-- parameters = [{ name = \"year\", default = \"current\" }, { name = \"term\" }, { name = \"school\" }, { name = \"days\", type = \"int\", default = \"30\", title = { zh = \"天\", en = \"Days\" } }, { name = \"child\", type = \"student\", required = true, title = { zh = \"生\", en = \"Child\" } }]\n-- columns = [{ code = \"a\", type = \"int\", title = { zh = \"甲\", en = \"A\" } }]\n-- +++\n";
        Report::parse(&format!("{head}SELECT 1 AS a")).unwrap()
    }

    fn read(asked: &[(&str, &str)]) -> Result<Params, ParamsError> {
        Params::read(&report(), asked, date(2026, 3, 1))
    }

    #[test]
    fn defaults_fill_in_and_what_is_given_wins() {
        let params = read(&[("child", "11010519491231002x"), ("term", "2"), ("days", " 7 ")]).unwrap();
        assert_eq!((params.year(), params.text("term").as_deref(), params.text("days").as_deref()), (Some(2025), Some("2"), Some("7")));
        assert_eq!(params.text("child").as_deref(), Some("11010519491231002X"));
        assert_eq!(params.school(), None);
        assert_eq!(read(&[("child", "1234"), ("term", "all")]).unwrap().text("term"), None);
    }

    #[test]
    fn a_month_is_the_present_one_the_one_before_or_as_typed() {
        let day = date(2026, 1, 15);
        assert_eq!(
            (month("current", day).unwrap(), month("previous", day).unwrap(), month("2025-09", day).unwrap()),
            ("2026-01".into(), "2025-12".into(), "2025-09".into())
        );
        assert!(["2025-13", "2025", "2025-9", "later"].iter().all(|text| month(text, day).is_none()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(read(&[]), Err(ParamsError::Missing { name: "child".to_owned() }));
        assert!(matches!(read(&[("month", "1")]), Err(ParamsError::Unknown { .. })));
        for (name, value) in [("year", "25"), ("year", "all"), ("term", "3"), ("school", "529901"), ("days", "-1"), ("child", "'; DROP")] {
            assert_eq!(read(&[("child", "1234"), (name, value)]), Err(ParamsError::Value { name: name.to_owned(), value: value.to_owned() }));
        }
    }
}
