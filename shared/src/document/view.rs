//! A document as plain values: what everything above Automerge works with.

use crate::model::{Actor, OriginId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scalar in a document. Clearing writes `Null` (a delete would leave no trace of a conflict).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Cleared.
    Null,
    /// Yes or no; one option of a `flags` field.
    Bool(bool),
    /// Whole number: int, tenths, fen, hundredths of a percent.
    Int(i64),
    /// Everything else.
    Str(String),
}

/// Who wrote a value, and where in the document's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// Counter of the operation.
    pub ctr: u64,
    /// Actor of the operation; its first half is the origin.
    pub actor: Actor,
}

impl Stamp {
    /// Who wrote it.
    #[must_use]
    pub fn origin(&self) -> OriginId {
        self.actor.origin()
    }
}

/// One key of a record or of the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldView {
    /// Every concurrent value, one a distinct value, Automerge's winner last. Exactly one: no disagreement.
    pub values: Vec<(Value, Stamp)>,
    /// When several: the value all branches last shared (`None`: the field did not exist then).
    pub shared: Option<Value>,
}

/// One lifecycle step as written; whether it counts is the ledger's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepView {
    /// ULID, its key in the record's `_steps` map.
    pub id: String,
    /// Who wrote it.
    pub stamp: Stamp,
    /// Writer's time of the change that made it, unix seconds.
    pub time_s: i64,
    /// Its scalars: `name`, `follows` (step ids joined by `,`), `_v`, `on`, `by`, `why`, `to` (a resolving step's chosen state), `f.<field>` (the required values at that moment).
    pub fields: BTreeMap<String, Value>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView {
    /// `<ledger>:<ULID or derived id>`; empty for the subject.
    pub key: String,
    /// Who created it and when (unix seconds of that change). For the subject: its first writer, absent while nobody wrote.
    pub created: Option<(Stamp, i64)>,
    /// Scalars by key, `_v` among them; unknown keys too.
    pub fields: BTreeMap<String, FieldView>,
    /// Steps by id.
    pub steps: Vec<StepView>,
    /// Pairs of keys last changed by two changes neither of which knew the other, as (key, key): what conflict groups are judged by. Only among keys whose writers differ.
    pub apart: Vec<(String, String)>,
}

/// A whole document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentView {
    /// The profile: scalars in `subject`.
    pub subject: RecordView,
    /// Records by key.
    pub records: BTreeMap<String, RecordView>,
}
