//! The small condition language of `required = "when …"` and `[[check]]`: parser and evaluator.
//!
//! Invariants: a parsed condition names only fields of its definition, its literals are values of the compared field, and it is bounded in length and
//! depth, so evaluating it is cheap and cannot fail. A comparison with an empty field is false, whichever way it points.

mod parser;

use super::{definition::Definition, problem::ProblemCode};
use crate::document::view::Value;
use std::collections::BTreeMap;

/// A condition as parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(Expression);

/// Why a condition was refused: a code of [`ProblemCode`] and its particulars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionError {
    /// Kind.
    pub code: ProblemCode,
    /// Particulars by name.
    pub args: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Operand, Operator, Operand),
    In(Operand, Vec<Value>),
    Has(String, String),
    Set(Operand),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Field(String),
    State,
    Literal(Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Condition {
    /// Characters at most.
    pub const LENGTH_MAX: usize = 1_000;
    /// Brackets and `not` within each other at most.
    pub const DEPTH_MAX: usize = 16;

    /// Reads a condition over the fields of `definition`.
    pub fn parse(text: &str, definition: &Definition) -> Result<Self, Vec<ConditionError>> {
        parser::parse(text, definition).map(Self)
    }

    /// Whether it holds for a record with these values in this state.
    #[must_use]
    pub fn holds(&self, fields: &BTreeMap<String, Value>, state: Option<&str>) -> bool {
        Record { fields, state }.holds(&self.0)
    }

    /// Every field that is compared with a literal or asked for an option, with that literal.
    #[must_use]
    pub fn literals(&self) -> Vec<(&str, Value)> {
        let mut found = Vec::new();
        collect(&self.0, &mut found);
        found
    }
}

fn collect<'a>(expression: &'a Expression, found: &mut Vec<(&'a str, Value)>) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| collect(part, found)),
        Expression::Not(part) => collect(part, found),
        Expression::Compare(Operand::Field(field), _, Operand::Literal(value)) => found.push((field, value.clone())),
        Expression::In(Operand::Field(field), values) => found.extend(values.iter().map(|value| (field.as_str(), value.clone()))),
        Expression::Has(field, option) => found.push((field, Value::Str(option.clone()))),
        Expression::Compare(..) | Expression::In(..) | Expression::Set(_) => {}
    }
}

struct Record<'a> {
    fields: &'a BTreeMap<String, Value>,
    state: Option<&'a str>,
}

impl Record<'_> {
    fn holds(&self, expression: &Expression) -> bool {
        match expression {
            Expression::All(parts) => parts.iter().all(|part| self.holds(part)),
            Expression::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Expression::Not(part) => !self.holds(part),
            Expression::Compare(left, operator, right) => match (self.value(left), self.value(right)) {
                (Some(left), Some(right)) => compare(&left, *operator, &right),
                _ => false,
            },
            Expression::In(left, values) => self.value(left).is_some_and(|left| values.contains(&left)),
            Expression::Has(field, option) => self.fields.get(&format!("{field}.{option}")) == Some(&Value::Bool(true)),
            Expression::Set(Operand::Field(field)) => is_filled(self.fields, field),
            Expression::Set(operand) => self.value(operand).is_some(),
        }
    }

    /// `None` when empty.
    fn value(&self, operand: &Operand) -> Option<Value> {
        let value = match operand {
            Operand::Field(field) => self.fields.get(field)?.clone(),
            Operand::State => Value::Str(self.state?.to_owned()),
            Operand::Literal(value) => value.clone(),
        };
        (!is_empty(&value)).then_some(value)
    }
}

/// Values of different kinds are neither equal nor ordered; dates, months and times order as text.
fn compare(left: &Value, operator: Operator, right: &Value) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Str(left), Value::Str(right)) => left.cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        _ => return operator == Operator::NotEqual,
    };
    match operator {
        Operator::Equal => order == Equal,
        Operator::NotEqual => order != Equal,
        Operator::Less => order == Less,
        Operator::LessOrEqual => order != Greater,
        Operator::Greater => order == Greater,
        Operator::GreaterOrEqual => order != Less,
    }
}

/// Nothing was entered.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Str(text) => text.is_empty(),
        Value::Bool(_) | Value::Int(_) => false,
    }
}

/// Whether a field is filled; a flags field is when at least one option is ticked.
pub(super) fn is_filled(fields: &BTreeMap<String, Value>, field: &str) -> bool {
    let prefix = format!("{field}.");
    let ticked = || fields.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)).any(|(_, value)| *value == Value::Bool(true));
    fields.get(field).is_some_and(|value| !is_empty(value)) || ticked()
}

#[cfg(test)]
mod tests;
