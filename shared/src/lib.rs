//! The replica both daemons embed. A node and the hub run the same engine with different scopes (docs/ARCHITECTURE.md).
//!
//! Without the feature `daemon` only the pure part compiles: model, ledger, document, sync. It needs no tokio, quinn or rusqlite.

pub mod clock;
pub mod document;
pub mod fault;
pub mod identity;
pub mod ledger;
pub mod locale;
pub mod model;
pub mod sync;

#[cfg(feature = "daemon")]
pub mod blob;
#[cfg(feature = "daemon")]
pub mod command;
#[cfg(feature = "daemon")]
pub mod import;
#[cfg(feature = "daemon")]
pub mod local;
#[cfg(feature = "daemon")]
pub mod replica;
#[cfg(feature = "daemon")]
pub mod report;
#[cfg(feature = "daemon")]
pub mod rim;
#[cfg(feature = "daemon")]
pub mod store;
#[cfg(feature = "daemon")]
pub mod transport;
#[cfg(feature = "daemon")]
pub mod web;
