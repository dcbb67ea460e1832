//! What both desks share: who may come in ([`guard`], [`session`], [`account`]), how a page looks ([`page`], `html/`, `static/`), and the pages that are
//! generated from the ledger definitions, so that a ledger published by the county appears with no new binary.
//!
//! Invariants: every path but those listed in [`guard`] needs a person who is logged in; every POST carries the session's token and comes from this host; a page
//! does what the command line does, through the same [`crate::command::Request`]s and the same [`crate::replica`], and checks only who may ask.

pub mod account;
pub mod again;
pub mod arrival;
mod asked;
pub mod assets;
pub mod chart;
pub mod child;
pub mod children;
pub mod conflicts;
pub mod desk;
pub mod entry;
pub mod events;
pub mod export;
pub mod files;
pub mod fits;
pub mod form;
pub mod former;
pub mod giveback;
pub mod grid;
pub mod guard;
pub mod import;
pub mod kept;
pub mod lacks;
pub mod ledgers;
pub mod login;
pub mod newer;
pub mod noted;
pub mod page;
pub mod paper;
pub mod password;
pub mod pending;
pub mod people;
pub mod prefill;
pub mod pulse;
pub mod reach;
pub mod record;
pub mod reports;
pub mod routes;
pub mod session;
pub mod shelf;
pub mod shown;
pub mod sums;
pub mod throttle;
pub mod trail;
pub mod undo;
pub mod way;
pub mod workers;

pub use desk::{Desk, DeskConfig};

#[cfg(test)]
mod messages_tests;
