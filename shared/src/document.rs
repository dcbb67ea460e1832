//! Automerge documents: writing, reading out, conflicts, and admission of bytes from outside. The only room (with `sync`) that knows Automerge.
//!
//! ```text
//! edit ─► write ─┐                                       ┌─► read (view) ─► ledger, projection
//!                ├─► admission (parse, judge) ─► log ─► merge (guard, Automerge)
//! peer's bytes ──┘                                       └─► refused ─► repair (replay without it)
//! ```
//! Pure: no disk, no clock, no randomness. What may stand in a document is in [`keys`] and `structure`.

pub mod admission;
pub mod chunk;
mod columns;
mod encode;
pub mod genesis;
mod guard;
pub mod history;
#[cfg(test)]
mod hostile;
pub mod keys;
pub mod local;
pub mod merge;
mod object;
#[cfg(test)]
mod properties;
pub mod read;
pub mod refusal;
pub mod repair;
pub mod rule;
mod structure;
pub mod trail;
pub mod view;
pub mod write;

pub use admission::{DocFacts, Verdict, judge, parse};
pub use chunk::Parsed;
pub use history::History;
pub use local::{Doc, new_doc};
pub use merge::{Logged, MergeError, Merged, merge, snapshot, survives};
pub use read::{view, view_with};
pub use refusal::Refusal;
pub use repair::{Again, LeftOut, Replay, contents, replay};
pub use rule::deterministic;
pub use view::{DocumentView, FieldView, RecordView, Stamp, StepView, Value};
pub use write::{Edit, NewRecord, NewStep, Target, WriteError, Written, write};
