//! Ledgers are data: definitions, values, validation, lifecycles, rules. Pure. The file format is docs/ledger-format.md.
//!
//! Leaves to others: writing and reading documents (`document`), who an origin is (`identity`), looking records up (`store`).

pub mod catalogue;
mod common;
pub mod compatible;
pub mod condition;
pub mod days;
pub mod definition;
pub mod lifecycle;
pub mod net;
pub mod notice;
mod parse;
pub mod problem;
pub mod rule;
pub mod validate;
pub mod value;
mod vocabulary;

#[cfg(test)]
mod messages_tests;

pub use catalogue::Catalogue;
pub use definition::{Authority, Bilingual, Definition, Field, FieldType};
pub use problem::{Problem, ProblemCode};
