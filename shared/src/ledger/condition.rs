//! The small condition language of `required = "when …"` and `[[check]]`: parser and evaluator.
//!
//! Invariants: a parsed condition names only fields of its definition, its literals are values of the compared field, and it is bounded in length and
//! depth, so evaluating it is cheap and cannot fail. A comparison with an empty field is false, whichever way it points.
//!
//! What lies [`Around`] the record (the day, the records it refers to) is known where it is written, and only there: a condition that asks for it is judged once, by the machine
//! that writes, and never by another that merely reads. Without it such a comparison is false, as with an empty field.

mod parser;

use super::{definition::Definition, net::Net, problem::ProblemCode};
use crate::{
    document::view::Value,
    model::{SchoolCode, codes::IdNumber},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Values of another record by its key; `None` if it is not known here.
pub type Lookup<'a> = dyn Fn(&str) -> Option<BTreeMap<String, Value>> + 'a;

/// `$together.application`: the money of all records of a ledger that name the same record in a `ref` field, this one among them, as `[net]` counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// Ledger.
    pub ledger: String,
    /// Its `ref` field.
    pub field: String,
    /// What counts.
    pub net: Net,
}

/// Money of the other records that name this record there, in fen.
pub type Others<'a> = dyn Fn(&Together, &str) -> i64 + 'a;

/// Money of the records of a ledger, by its code, that name this record in a `ref` field, in fen; `None` where there is none, or the record is not here yet.
pub type Naming<'a> = dyn Fn(&str, &str) -> Option<i64> + 'a;

/// The day of a child's last record of a ledger, by its code, whose choice field has this option: ledger, field, option; `None` where there is none, or the record that asks
/// is not here yet.
pub type Last<'a> = dyn Fn(&str, &str, &str) -> Option<String> + 'a;

/// What the writing machine knows besides the record.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// The day it is written, in China.
    pub today: Date,
    /// The school it is written at; `None` at the county.
    pub school: Option<SchoolCode>,
    /// Records a field refers to; the state of their lifecycle as `$state`.
    pub other: &'a Lookup<'a>,
    /// Money of other records that refer to the same as this one.
    pub others: &'a Others<'a>,
    /// Money of records that refer to this one.
    pub naming: &'a Naming<'a>,
    /// Days of the same child's other records.
    pub last: &'a Last<'a>,
}

impl std::fmt::Debug for Around<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Around").field("today", &self.today).finish_non_exhaustive()
    }
}

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
    Has(Operand, String),
    /// Two flags fields with an option ticked in both.
    Shares(Operand, Operand),
    Set(Operand),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Field(String),
    State,
    /// `$today`, for a month its month.
    Today {
        month: bool,
    },
    /// `$school`: the school that writes.
    School,
    /// `programme.stage`: a field of the record that a `ref` field names.
    Of(String, String),
    /// `$together.application`.
    Together(Box<Together>),
    /// `$naming.aid_payment.application`: ledger and its `ref` field.
    Naming(String, String),
    /// `$last.dropout_check.state.absent`: ledger, its choice field and the option.
    Last(String, String, String),
    /// `id_no.birth`, `id_no.sex`: what an identity number says of its holder.
    Holder(String, Says),
    Literal(Value),
}

impl Operand {
    /// Never empty by a gap in what was filled in.
    fn is_fixed(&self) -> bool {
        matches!(self, Self::Literal(_) | Self::State)
    }
}

/// GB 11643: digits 7-14, and digit 17.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Birth,
    Sex,
}

impl Says {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "birth" => Some(Self::Birth),
            "sex" => Some(Self::Sex),
            _ => None,
        }
    }

    /// `None` of what is no resident's number.
    fn of(self, number: &Value) -> Option<Value> {
        let Value::Str(text) = number else { return None };
        let number: IdNumber = text.parse().ok()?;
        Some(Value::Str(match self {
            Self::Birth => number.birth().to_string(),
            Self::Sex => if number.male() { "male" } else { "female" }.to_owned(),
        }))
    }
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

    /// Whether it holds for a record with these values in this state, as anybody can judge it.
    #[must_use]
    pub fn holds(&self, fields: &BTreeMap<String, Value>, state: Option<&str>) -> bool {
        Record { fields, state, around: None }.holds(&self.0)
    }

    /// Whether it holds where the record is written.
    #[must_use]
    pub fn holds_here(&self, fields: &BTreeMap<String, Value>, state: Option<&str>, around: &Around<'_>) -> bool {
        Record { fields, state, around: Some(around) }.holds(&self.0)
    }

    /// Whether it is certain not to hold where the record is written: two fields are compared only once both are filled, so that a gap is never told as a contradiction.
    #[must_use]
    pub fn fails_here(&self, fields: &BTreeMap<String, Value>, state: Option<&str>, around: &Around<'_>) -> bool {
        Record { fields, state, around: Some(around) }.known(&self.0) == Some(false)
    }

    /// Every field of the record it names, in order, each once.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        walk(&self.0, &mut |operand| match operand {
            Operand::Field(field) | Operand::Of(field, _) | Operand::Holder(field, _) if !found.contains(&field.as_str()) => found.push(field),
            Operand::Together(of) => found.extend([of.field.as_str(), of.net.of.as_str()]),
            Operand::Field(_)
            | Operand::Of(..)
            | Operand::Naming(..)
            | Operand::Last(..)
            | Operand::Holder(..)
            | Operand::State
            | Operand::Today { .. }
            | Operand::School
            | Operand::Literal(_) => {}
        });
        found
    }

    /// Fields of other records it asks for: the `ref` field, and the field there.
    #[must_use]
    pub fn of_others(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        walk(&self.0, &mut |operand| {
            if let Operand::Of(reference, field) = operand {
                found.push((reference.as_str(), field.as_str()));
            }
        });
        found
    }

    /// Options of other ledgers whose last record it asks for: ledger, field, option.
    #[must_use]
    pub fn lasts(&self) -> Vec<(&str, &str, &str)> {
        let mut found = Vec::new();
        walk(&self.0, &mut |operand| {
            if let Operand::Last(ledger, field, option) = operand {
                found.push((ledger.as_str(), field.as_str(), option.as_str()));
            }
        });
        found
    }

    /// Whether it adds up the money of several records: it says how much, and not which.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let mut found = false;
        walk(&self.0, &mut |operand| found |= matches!(operand, Operand::Together(_) | Operand::Naming(..)));
        found
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
        Expression::Has(Operand::Field(field), option) => found.push((field, Value::Str(option.clone()))),
        Expression::Compare(..) | Expression::In(..) | Expression::Has(..) | Expression::Shares(..) | Expression::Set(_) => {}
    }
}

fn walk<'a>(expression: &'a Expression, see: &mut dyn FnMut(&'a Operand)) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| walk(part, see)),
        Expression::Not(part) => walk(part, see),
        Expression::Compare(left, _, right) | Expression::Shares(left, right) => [left, right].into_iter().for_each(see),
        Expression::In(operand, _) | Expression::Set(operand) | Expression::Has(operand, _) => see(operand),
    }
}

struct Record<'a> {
    fields: &'a BTreeMap<String, Value>,
    state: Option<&'a str>,
    around: Option<&'a Around<'a>>,
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
            Expression::Has(Operand::Of(reference, field), option) => {
                self.other(reference).is_some_and(|other| other.get(&format!("{field}.{option}")) == Some(&Value::Bool(true)))
            }
            Expression::Has(Operand::Field(field), option) => self.fields.get(&format!("{field}.{option}")) == Some(&Value::Bool(true)),
            Expression::Has(..) => false,
            Expression::Shares(left, right) => {
                let right = self.ticked(right);
                self.ticked(left).iter().any(|option| right.contains(option))
            }
            Expression::Set(Operand::Field(field)) => is_filled(self.fields, field),
            Expression::Set(Operand::Of(reference, field)) => self.other(reference).is_some_and(|other| is_filled(&other, field)),
            Expression::Set(operand) => self.value(operand).is_some(),
        }
    }

    /// As [`Record::holds`]; `None` where it hangs on two operands of which one is empty and neither is a literal.
    fn known(&self, expression: &Expression) -> Option<bool> {
        let settled = |parts: &[Expression], by: bool| {
            let known: Vec<Option<bool>> = parts.iter().map(|part| self.known(part)).collect();
            if known.contains(&Some(by)) { Some(by) } else { known.into_iter().collect::<Option<Vec<bool>>>().map(|_| !by) }
        };
        match expression {
            Expression::All(parts) => settled(parts, false),
            Expression::Any(parts) => settled(parts, true),
            Expression::Not(part) => self.known(part).map(|holds| !holds),
            Expression::Compare(left, _, right) if !left.is_fixed() && !right.is_fixed() => {
                (self.value(left).is_some() && self.value(right).is_some()).then(|| self.holds(expression))
            }
            Expression::Compare(..) | Expression::In(..) | Expression::Has(..) | Expression::Shares(..) | Expression::Set(_) => {
                Some(self.holds(expression))
            }
        }
    }

    /// The options of a flags field that are ticked.
    fn ticked(&self, operand: &Operand) -> Vec<String> {
        let of = |fields: &BTreeMap<String, Value>, field: &str| {
            let prefix = format!("{field}.");
            let flags = fields.range(prefix.clone()..).map_while(|(key, value)| Some((key.strip_prefix(&prefix)?, value)));
            flags.filter(|(_, value)| **value == Value::Bool(true)).map(|(option, _)| option.to_owned()).collect()
        };
        match operand {
            Operand::Field(field) => of(self.fields, field),
            Operand::Of(reference, field) => self.other(reference).map(|other| of(&other, field)).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// `None` when empty.
    fn value(&self, operand: &Operand) -> Option<Value> {
        let value = match operand {
            Operand::Field(field) => self.fields.get(field)?.clone(),
            Operand::State => Value::Str(self.state?.to_owned()),
            Operand::Today { month } => {
                let today = self.around?.today;
                Value::Str(if *month { today.strftime("%Y-%m").to_string() } else { today.to_string() })
            }
            Operand::School => Value::Str(self.around?.school?.to_string()),
            Operand::Of(reference, field) => self.other(reference)?.get(field)?.clone(),
            Operand::Together(of) => {
                let Value::Str(key) = self.fields.get(&of.field)? else { return None };
                let own = of.net.net(self.fields)?;
                Value::Int(own + (self.around?.others)(of, key))
            }
            Operand::Naming(ledger, field) => Value::Int((self.around?.naming)(ledger, field)?),
            Operand::Last(ledger, field, option) => Value::Str((self.around?.last)(ledger, field, option)?),
            Operand::Holder(field, says) => says.of(self.fields.get(field)?)?,
            Operand::Literal(value) => value.clone(),
        };
        (!is_empty(&value)).then_some(value)
    }

    fn other(&self, reference: &str) -> Option<BTreeMap<String, Value>> {
        match self.fields.get(reference)? {
            Value::Str(key) if !key.is_empty() => (self.around?.other)(key),
            _ => None,
        }
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
#[must_use]
pub fn is_filled(fields: &BTreeMap<String, Value>, field: &str) -> bool {
    let prefix = format!("{field}.");
    let ticked = || fields.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix)).any(|(_, value)| *value == Value::Bool(true));
    fields.get(field).is_some_and(|value| !is_empty(value)) || ticked()
}

#[cfg(test)]
mod tests;
