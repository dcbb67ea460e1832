//! What a school's desk does with a ledger beyond keeping it: fill a new record from a report, ask about one like it, put records on a public notice.

use super::{Bilingual, Within};

/// Where the values of a new record come from: a report of one row whose columns are named as the fields (docs/ledger-format.md, "Filled from a report").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefill {
    /// The report.
    pub report: String,
    /// Field of type `bool` that the report also answers: true makes a record with one click.
    pub zero: Option<String>,
    /// Two number fields that say what the figures rest on: how much was done, and how much was due.
    pub rests_on: Option<(String, String)>,
}

/// When a new record looks like one that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alike {
    /// Fields that are the same; none: any record of the subject.
    pub fields: Vec<String>,
    /// Among which.
    pub within: Within,
}

/// A public notice of records: what may be seen of them is what `public` says of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// Its code.
    pub code: String,
    /// Where it hangs.
    pub title: Bilingual,
    /// State of the records on notice.
    pub state: String,
    /// Date field with its first day.
    pub from: String,
    /// Date field with its last day: behind it the record is not on the notice any more, whatever its state.
    pub until: String,
    /// Working days it hangs at least, first and last counted; `None`: not said.
    pub days: Option<u32>,
}
