//! What can be asked of a replica, as data: travels over the local socket, and is what the desks will send too.

use crate::{fault::Fault, locale::Lang};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whose document a record belongs to, as a person says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectRef {
    /// A child: identity number, student number, name, or the beginning of a document id.
    Student(String),
    /// A school, by code; `None`: the node's own.
    School(Option<String>),
    /// The county itself.
    County,
}

/// How an answer with rows is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A table on the terminal
    #[default]
    Table,
    /// JSON
    Json,
    /// CSV, UTF-8 with BOM, opens in Excel and WPS
    Csv,
    /// An Excel workbook; needs --out
    Xlsx,
}

/// A request in its envelope, as it travels over the local socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked<R> {
    /// The reader's language, `zh` or `en`.
    pub lang: String,
    /// Account the request comes from, for the audit chain; the socket is its owner's only, so it is believed.
    #[serde(default)]
    pub who: String,
    /// What is asked.
    pub request: R,
}

impl<R> Asked<R> {
    /// From this process's account.
    pub fn here(lang: Lang, request: R) -> Self {
        Self { lang: if lang == Lang::En { "en".into() } else { "zh".into() }, who: super::audit::account(), request }
    }
}

/// One act of a [`Request::Batch`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Item {
    /// Changes cells of a record.
    Set {
        /// Record key; for a profile, the child's document.
        record: String,
        /// Field → what the person wrote; empty clears.
        set: BTreeMap<String, String>,
        /// Field → what stood there when the person began. A cell that holds something else by now is refused and shown, not overwritten.
        #[serde(default)]
        was: BTreeMap<String, String>,
    },
    /// A new record.
    Add {
        /// Whose.
        subject: Option<SubjectRef>,
        /// Field → what the person wrote.
        set: BTreeMap<String, String>,
    },
    /// A lifecycle step.
    Step {
        /// Record key.
        record: String,
        /// Step code.
        step: String,
        /// Fields set along with it.
        #[serde(default)]
        set: BTreeMap<String, String>,
        /// Date of the step; `None`: today.
        on: Option<String>,
        /// Why.
        why: Option<String>,
    },
}

/// A request to a replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// A new record; for a profile ledger, its fields.
    RecordAdd {
        /// Ledger code.
        ledger: String,
        /// Whose.
        subject: Option<SubjectRef>,
        /// School year; `None`: the present one.
        year: Option<u16>,
        /// Field → what the person wrote.
        set: BTreeMap<String, String>,
        /// Who enters it.
        by: Option<String>,
    },
    /// Changes fields of a record (a correction); the old values stay in history.
    RecordSet {
        /// Record key or an unambiguous beginning of it; for a profile, the student.
        record: String,
        /// Field → what the person wrote; empty clears.
        set: BTreeMap<String, String>,
        /// Who.
        by: Option<String>,
    },
    /// Voids a record.
    RecordVoid {
        /// Record key or its beginning.
        record: String,
        /// Why.
        why: String,
        /// Who.
        by: Option<String>,
    },
    /// Lets a void record stand again.
    RecordUnvoid {
        /// Record key or its beginning.
        record: String,
        /// Who.
        by: Option<String>,
    },
    /// Takes a lifecycle step.
    RecordStep {
        /// Record key or its beginning.
        record: String,
        /// Step code, or `resolve`.
        step: String,
        /// Fields set along with it.
        set: BTreeMap<String, String>,
        /// Date of the step; `None`: today.
        on: Option<String>,
        /// Who.
        by: Option<String>,
        /// Why.
        why: Option<String>,
        /// For `resolve`: the state chosen.
        to: Option<String>,
    },
    /// Corrects the day on which a step was taken.
    RecordRedate {
        /// Record key or its beginning.
        record: String,
        /// Id of the step, or its code: of several the last.
        step: String,
        /// The day that is right.
        on: String,
        /// Who.
        by: Option<String>,
    },
    /// Lists records.
    RecordList {
        /// Ledger code.
        ledger: String,
        /// Only this child's.
        student: Option<String>,
        /// Filters `field=value`.
        filters: Vec<String>,
        /// School year.
        year: Option<u16>,
        /// Only of this school (hub).
        school: Option<String>,
        /// Fields to show; empty: the engine's choice.
        columns: Vec<String>,
        /// Columns to sort by, `-` before one for descending.
        order: Vec<String>,
        /// At most so many.
        limit: Option<u32>,
        /// How the answer is wanted.
        format: Format,
    },
    /// One record with its steps, conflicts and history.
    RecordShow {
        /// Record key or its beginning, or a student.
        record: String,
    },
    /// Runs a report.
    ReportRun {
        /// Its name.
        name: String,
        /// Parameters by name: `year`, `term`, `school`, and the report's own.
        params: BTreeMap<String, String>,
        /// How the answer is wanted.
        format: Format,
    },
    /// Lists reports.
    ReportList,
    /// Lists ledgers.
    LedgerList,
    /// One definition.
    LedgerShow {
        /// Ledger code.
        code: String,
    },
    /// What awaits a person.
    ConflictsList {
        /// Only of this school (hub).
        school: Option<String>,
        /// Only of this kind.
        kind: Option<String>,
    },
    /// A person's choice.
    ConflictsResolve {
        /// Conflict id or its beginning.
        id: String,
        /// The value chosen, or typed; `field=value` for groups; `same`/`different` for children; a state for forks.
        choose: Vec<String>,
        /// Why.
        why: Option<String>,
        /// Who.
        by: Option<String>,
    },
    /// Imports rows of any ledger.
    ImportLedger {
        /// Ledger code.
        code: String,
        /// File name, for messages and the format.
        file: String,
        /// File contents, base64.
        bytes: String,
        /// Judge only.
        dry_run: bool,
        /// School year; `None`: the present one.
        year: Option<u16>,
        /// Who.
        by: Option<String>,
        /// Of cells that the file and somebody here changed since the export, those where the file counts: `ROW:FIELD`, or `all`. The others stay as they are here.
        #[serde(default)]
        take: Vec<String>,
        /// Only rows about children of these classes (grade, class), as for a class teacher; `None`: of the whole school.
        #[serde(default)]
        within: Option<Vec<(i64, i64)>>,
        /// Which sheet, when several hold such a table.
        #[serde(default)]
        sheet: Option<String>,
    },
    /// Imports a roster of children (node).
    ImportRoster {
        /// File name, for messages and the format.
        file: String,
        /// File contents, base64.
        bytes: String,
        /// Judge only.
        dry_run: bool,
        /// Which sheet, when several hold a roster.
        sheet: Option<String>,
        /// Who.
        by: Option<String>,
        /// Somebody says that it is this school's roster although it looks like another's.
        #[serde(default)]
        this_school: bool,
    },
    /// Checks a ledger definition without publishing it.
    LedgerCheck {
        /// Where it is, for messages.
        #[serde(default)]
        path: String,
        /// The file's text.
        text: String,
    },
    /// Publishes a ledger definition to all schools (hub).
    LedgerPublish {
        /// Where it is, for messages.
        #[serde(default)]
        path: String,
        /// The file's text.
        text: String,
    },
    /// Publishes a report to all schools (hub).
    ReportPublish {
        /// Where it is, for messages.
        #[serde(default)]
        path: String,
        /// The file's text.
        text: String,
    },
    /// Opens a school year: published by the hub; on a node, applied to its own school.
    YearOpen {
        /// Calendar year it starts in.
        year: u16,
    },
    /// Takes an import back as one.
    ImportUndo {
        /// Import id.
        batch: String,
    },
    /// Several acts on one ledger, judged each by itself and written in one commit (the grid).
    Batch {
        /// Ledger code.
        ledger: String,
        /// What is to be done.
        items: Vec<Item>,
        /// Judge only.
        dry_run: bool,
        /// Who.
        by: Option<String>,
    },
    /// Takes back an edit, a batch or an import: earlier values again where nobody changed them since.
    Undo {
        /// Its id or the beginning of it.
        batch: String,
        /// Who.
        by: Option<String>,
    },
    /// What can be taken back.
    UndoList,
    /// Attaches a file to a record's field.
    Attach {
        /// Record key or its beginning.
        record: String,
        /// Field of type `file`.
        field: String,
        /// File name.
        file: String,
        /// File contents, base64.
        bytes: String,
        /// Who.
        by: Option<String>,
    },
    /// The files that records name, and which of them are here.
    BlobList {
        /// Only this record's.
        record: Option<String>,
    },
    /// The bytes of a file.
    BlobGet {
        /// Its hash or the beginning of it.
        hash: String,
        /// The small picture instead.
        thumbnail: bool,
    },
    /// Shows the bounds of files, or sets those that are given.
    BlobLimits {
        /// Largest file, MiB.
        file_mib: Option<u64>,
        /// All files of a school, MiB.
        quota_mib: Option<u64>,
        /// Whether a node fetches every file of its school.
        whole: Option<bool>,
    },
    /// The newest entries of the audit chain.
    AuditList {
        /// Only of this action.
        action: Option<String>,
        /// At most so many.
        limit: Option<u32>,
    },
    /// Checks the audit chain.
    AuditVerify,
    /// State of this replica.
    Status,
    /// The same once every query sees all that was acknowledged: scripts wait with it instead of asking again and again.
    Settle,
    /// Makes the projection again from the log.
    Rebuild,
    /// Checks the log, the digests and the projection.
    Verify,
}

/// Reads `field=value` pairs; `code` is the fault of an argument that is none (`set-shape`, `param-shape`).
///
/// # Errors
/// That fault, naming the argument.
pub fn pairs(list: &[String], code: &'static str) -> Result<BTreeMap<String, String>, Fault> {
    let mut out = BTreeMap::new();
    for item in list {
        let Some((field, value)) = item.split_once('=') else {
            return Err(Fault::new(code, crate::fault::Exit::Input).with("text", item));
        };
        out.insert(field.trim().to_owned(), value.to_owned());
    }
    Ok(out)
}
