//! Cross-school reports: questions as data (`shared/reports/*.sql`), run by the hub for all schools and by a node for its own.
//!
//! [`definition`] reads a report file; [`catalogue`] holds those shipped and those added; [`run`] answers one; [`query`] turns an ad-hoc
//! filter of one ledger into a report; [`output`] shows an answer as table, JSON, CSV or xlsx. Invariants: a report only reads, is bounded in
//! rows and work, never sees a void record or a school outside the reader's scope, counts nothing disputed, and says what it does not know.
//! What ledgers there are ([`outline`]) and who may ask is left to others. The reports and the file format are in docs/reports.md.

pub mod catalogue;
pub mod definition;
pub mod outline;
pub mod output;
pub mod params;
pub mod query;
pub mod run;
pub mod scope;
pub mod today;

mod guard;
mod overview;
mod sql;

#[cfg(test)]
mod card_tests;
#[cfg(test)]
mod message_tests;
#[cfg(test)]
mod monthly_tests;
#[cfg(test)]
mod output_tests;
#[cfg(test)]
mod query_tests;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod shipped_tests;
