//! Imports of office files: bytes in, judged rows out. No storage, no clock, no network: what is done with the rows is the caller's business.
//!
//! A file goes through three rooms. [`sheet`] turns bytes of whatever kind into rows of cells, bounded in memory and never panicking.
//! [`header`] finds the header row wherever it stands and says which column means what. [`roster`] judges each row of a roster: a pupil
//! with typed fields, or the reasons why not. [`table`] is the plain reader for any other ledger,
//! [`own`] knows workbooks that we wrote ourselves.
//!
//! Invariant: a row is accepted whole or rejected with a reason code; nothing of a rejected row is handed on as a pupil.

pub mod block;
pub mod column;
pub mod header;
pub mod others;
pub mod own;
pub mod problem;
pub mod pupil;
pub mod roster;
pub mod sheet;
pub mod table;

mod boarding;
mod cfb;
mod clean;
mod codes;
mod date;
mod delimited;
mod grade;
mod household;
mod identity;
mod judge;
mod legacy;
mod workbook;

pub use grade::{class_written, grade_written, is_grade};
pub use problem::{Problem, Reason};
pub use pupil::Pupil;
pub use roster::{Outcome, RosterOptions, RosterPreview, RosterRow, read_roster};
pub use sheet::{Cell, FileError, Limits, Sheet, read_sheets};

#[cfg(test)]
mod offices;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod variants;
