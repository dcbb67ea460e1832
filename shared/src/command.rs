//! The commands both daemons share: their arguments, the requests they become, what carries them out, and how answers are shown.
//!
//! A command line becomes a [`request::Request`] (plain data), which is carried out by [`execute`] in the process that owns the directory: this one, or the
//! daemon behind the local socket. Answers are JSON values; `--json` prints them, otherwise [`render`] draws them.

pub mod args;
mod attachments;
pub mod audit;
pub mod batch;
pub mod cells;
pub mod classes;
pub mod disputed;
pub mod execute;
pub mod help;
pub mod importing;
pub mod keys;
pub mod ledgers;
pub mod listing;
pub mod refusals;
pub mod render;
pub mod reporting;
pub mod request;
pub mod run;
pub mod undoing;
pub mod usage;

pub use request::Request;
