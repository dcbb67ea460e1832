//! Command-line arguments of the shared verbs (clap). Each binary flattens them into its own.

use super::request::{Format, Request, SubjectRef, pairs};
use crate::{fault::Fault, rim::key::Unlock};
use clap::{Args, Subcommand};
use std::{collections::BTreeMap, path::PathBuf};

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct Global {
    /// Directory of this replica: database, keys, socket
    #[arg(long, global = true, display_order = 900, env = "HUXUE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Language on screen: zh or en
    #[arg(long, global = true, display_order = 900, env = "HUXUE_LANG", value_name = "LANG")]
    pub lang: Option<String>,
    /// Print the answer as JSON, for scripts
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,
    /// File with the database key (32 bytes as 64 hex digits); default DIR/db.key
    #[arg(long, global = true, display_order = 900, env = "HUXUE_DB_KEY_FILE", value_name = "FILE")]
    pub db_key_file: Option<PathBuf>,
    /// File with the passphrase of the database key; otherwise it is asked for on the terminal
    #[arg(long, global = true, env = "HUXUE_DB_PASSPHRASE_FILE", value_name = "FILE")]
    pub db_passphrase_file: Option<PathBuf>,
}

impl Global {
    /// Where the database key and its passphrase come from.
    #[must_use]
    pub fn unlock(&self) -> Unlock {
        Unlock { key_file: self.db_key_file.clone(), passphrase_file: self.db_passphrase_file.clone(), lang: self.language() }
    }
}

/// `key …`
#[derive(Subcommand, Clone, Debug)]
pub enum Key {
    /// Put the database key under a passphrase, or change it; asks twice on a terminal
    Passphrase {
        /// File with the new passphrase, instead of asking
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Take the passphrase off: the key lies in its file as it is
    Plain,
    /// Where the key is, whether a passphrase protects it, and whether the county can recover it
    Status,
}

/// `record …`
#[derive(Subcommand, Clone, Debug)]
pub enum Record {
    /// Add a record
    Add {
        /// Ledger code, see `ledger list`
        ledger: String,
        /// The child: identity number, student number, name, or the beginning of its id
        #[arg(long)]
        student: Option<String>,
        /// The school (hub), by its 10-digit code
        #[arg(long, conflicts_with = "student")]
        school: Option<String>,
        /// School year, 2025 for 2025/26; default: the present one
        #[arg(long)]
        year: Option<u16>,
        /// A field and its value; repeat
        #[arg(long = "set", value_name = "FIELD=VALUE")]
        set: Vec<String>,
        /// Who enters it
        #[arg(long)]
        by: Option<String>,
    },
    /// Correct fields of a record; old values stay in its history
    Set {
        /// Record id or its beginning; for a profile, the child
        record: String,
        /// A field and its value; an empty value clears; repeat
        #[arg(long = "set", value_name = "FIELD=VALUE", required = true)]
        set: Vec<String>,
        /// Who corrects it
        #[arg(long)]
        by: Option<String>,
    },
    /// Void a record, with the reason
    Void {
        /// Record id or its beginning
        record: String,
        /// Why
        #[arg(long)]
        why: String,
        /// Who voids it
        #[arg(long)]
        by: Option<String>,
    },
    /// Let a void record stand again
    Unvoid {
        /// Record id or its beginning
        record: String,
        /// Who does it
        #[arg(long)]
        by: Option<String>,
    },
    /// Take a lifecycle step
    Step {
        /// Record id or its beginning
        record: String,
        /// Step code, see `ledger show`; `resolve` settles a fork
        step: String,
        /// Fields set along with the step; repeat
        #[arg(long = "set", value_name = "FIELD=VALUE")]
        set: Vec<String>,
        /// Date of the step; default: today
        #[arg(long)]
        on: Option<String>,
        /// Who takes it
        #[arg(long)]
        by: Option<String>,
        /// Why
        #[arg(long)]
        why: Option<String>,
        /// For `resolve`: the state chosen
        #[arg(long)]
        to: Option<String>,
    },
    /// Correct the day on which a step was taken; the wrong day stays in the history
    Redate {
        /// Record id or its beginning
        record: String,
        /// Step code: of several the last; or a step's id, see `record show --json`
        step: String,
        /// The day that is right
        #[arg(long)]
        on: String,
        /// Who corrects it
        #[arg(long)]
        by: Option<String>,
    },
    /// List records of a ledger
    List {
        /// Ledger code
        ledger: String,
        /// Only this child's
        #[arg(long)]
        student: Option<String>,
        /// Only of this school (hub)
        #[arg(long)]
        school: Option<String>,
        /// A filter such as state=present, grade>=7, name~王; repeat
        #[arg(long = "where", value_name = "FILTER")]
        filters: Vec<String>,
        /// School year
        #[arg(long)]
        year: Option<u16>,
        /// Columns to show, by field code; repeat
        #[arg(long = "column", value_name = "FIELD")]
        columns: Vec<String>,
        /// Sort by this column, - before it for descending; repeat
        #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
        order: Vec<String>,
        /// At most so many
        #[arg(long)]
        limit: Option<u32>,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Write to this file instead of the terminal
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Show one record: values, steps, conflicts, history
    Show {
        /// Record id or its beginning, or a child
        record: String,
    },
}

impl Record {
    /// As a request.
    ///
    /// # Errors
    /// A `--set` that is no `field=value`.
    pub fn request(self, json: bool) -> Result<(Request, Option<PathBuf>), Fault> {
        let request = match self {
            Self::Add { ledger, student, school, year, set, by } => {
                let subject = student.map(SubjectRef::Student).or_else(|| school.map(|code| SubjectRef::School(Some(code))));
                Request::RecordAdd { ledger, subject, year, set: pairs(&set, "set-shape")?, by }
            }
            Self::Set { record, set, by } => Request::RecordSet { record, set: pairs(&set, "set-shape")?, by },
            Self::Void { record, why, by } => Request::RecordVoid { record, why, by },
            Self::Unvoid { record, by } => Request::RecordUnvoid { record, by },
            Self::Step { record, step, set, on, by, why, to } => {
                Request::RecordStep { record, step, set: pairs(&set, "set-shape")?, on, by, why, to }
            }
            Self::Redate { record, step, on, by } => Request::RecordRedate { record, step, on, by },
            Self::List { ledger, student, school, filters, year, columns, order, limit, format, out } => {
                let format = if json { Format::Json } else { format };
                return Ok((Request::RecordList { ledger, student, filters, year, school, columns, order, limit, format }, out));
            }
            Self::Show { record } => Request::RecordShow { record },
        };
        Ok((request, None))
    }
}

/// `query LEDGER`: the records of a ledger, filtered
#[derive(Args, Clone, Debug)]
pub struct Query {
    /// Ledger code, see `ledger list`
    pub ledger: String,
    /// A filter such as state=present, grade>=7, name~王; repeat
    #[arg(long = "where", value_name = "FILTER")]
    pub filters: Vec<String>,
    /// Only of this school
    #[arg(long)]
    pub school: Option<String>,
    /// School year
    #[arg(long)]
    pub year: Option<u16>,
    /// Columns to show, by field code; repeat
    #[arg(long = "column", value_name = "FIELD")]
    pub columns: Vec<String>,
    /// Sort by this column, - before it for descending; repeat
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    pub order: Vec<String>,
    /// At most so many
    #[arg(long)]
    pub limit: Option<u32>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write to this file instead of the terminal
    #[arg(long, short)]
    pub out: Option<PathBuf>,
}

impl Query {
    /// As a request.
    #[must_use]
    pub fn request(self, json: bool) -> (Request, Option<PathBuf>) {
        let Self { ledger, filters, school, year, columns, order, limit, format, out } = self;
        let format = if json { Format::Json } else { format };
        (Request::RecordList { ledger, student: None, filters, year, school, columns, order, limit, format }, out)
    }
}

/// `conflicts …`
#[derive(Subcommand, Clone, Debug)]
pub enum Conflicts {
    /// What awaits a person's choice
    List {
        /// Only of this school (hub)
        #[arg(long)]
        school: Option<String>,
        /// Only of this kind
        #[arg(long)]
        kind: Option<String>,
    },
    /// Choose: a value shown, a value typed, a state, or same/different for children
    Resolve {
        /// Conflict id or its beginning
        id: String,
        /// The choice; `FIELD=VALUE` for several fields at once; `keep` or `forward` for an edit that came after its document was closed; repeat
        #[arg(long, required = true)]
        choose: Vec<String>,
        /// Why
        #[arg(long)]
        why: Option<String>,
        /// Who chooses
        #[arg(long)]
        by: Option<String>,
    },
}

impl Conflicts {
    /// As a request.
    #[must_use]
    pub fn request(self) -> Request {
        match self {
            Self::List { school, kind } => Request::ConflictsList { school, kind },
            Self::Resolve { id, choose, why, by } => Request::ConflictsResolve { id, choose, why, by },
        }
    }
}

/// `undo [BATCH]`
#[derive(Args, Clone, Debug)]
pub struct Undo {
    /// Id of an edit, a batch or an import (the answer's `undo` or `batch`), or its beginning; without it: what can be taken back
    pub batch: Option<String>,
    /// Who takes it back
    #[arg(long)]
    pub by: Option<String>,
}

impl Undo {
    /// As a request.
    #[must_use]
    pub fn request(self) -> Request {
        match self.batch {
            Some(batch) => Request::Undo { batch, by: self.by },
            None => Request::UndoList,
        }
    }
}

/// `attach RECORD --field F FILE`
#[derive(Args, Clone, Debug)]
pub struct Attach {
    /// Record id or its beginning
    pub record: String,
    /// Field of type file, see `ledger show`
    #[arg(long)]
    pub field: String,
    /// A photograph (JPEG, PNG, WebP) or a scan (PDF); where it was taken is removed
    pub file: PathBuf,
    /// Who attaches it
    #[arg(long)]
    pub by: Option<String>,
}

impl Attach {
    /// As a request.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn request(self) -> Result<Request, Fault> {
        let (file, bytes) = super::run::read_upload(&self.file)?;
        Ok(Request::Attach { record: self.record, field: self.field, file, bytes, by: self.by })
    }
}

/// `blob …`
#[derive(Subcommand, Clone, Debug)]
pub enum Blob {
    /// The files that records name: which are here, which the county has
    List {
        /// Only this record's
        #[arg(long)]
        record: Option<String>,
    },
    /// Write a file's bytes to another file; one that is not here is asked for
    Get {
        /// Its hash or the beginning of it, see `blob list`
        hash: String,
        /// Where to
        #[arg(long, short)]
        out: PathBuf,
        /// The small picture instead
        #[arg(long)]
        thumbnail: bool,
    },
    /// Show the bounds of files, or set them
    Limits {
        /// Largest file, MiB, at most 64
        #[arg(long)]
        file_mib: Option<u64>,
        /// All files of a school, MiB
        #[arg(long)]
        quota_mib: Option<u64>,
        /// Fetch every file of this school, not the thumbnails only (node)
        #[arg(long, value_name = "true|false")]
        whole: Option<bool>,
    },
}

impl Blob {
    /// As a request, and where the answer goes.
    #[must_use]
    pub fn request(self) -> (Request, Option<PathBuf>) {
        match self {
            Self::List { record } => (Request::BlobList { record }, None),
            Self::Get { hash, out, thumbnail } => (Request::BlobGet { hash, thumbnail }, Some(out)),
            Self::Limits { file_mib, quota_mib, whole } => (Request::BlobLimits { file_mib, quota_mib, whole }, None),
        }
    }
}

/// `audit …`
#[derive(Subcommand, Clone, Debug)]
pub enum Audit {
    /// Who read or exported named records, and acts that matter; the newest first
    List {
        /// Only this action: list, show, report, export, conflicts, resolve, undo, publish …
        #[arg(long)]
        action: Option<String>,
        /// At most so many
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Check that no entry was altered or left out
    Verify,
}

impl Audit {
    /// As a request.
    #[must_use]
    pub fn request(self) -> Request {
        match self {
            Self::List { action, limit } => Request::AuditList { action, limit },
            Self::Verify => Request::AuditVerify,
        }
    }
}

/// `report …`
#[derive(Subcommand, Clone, Debug)]
pub enum Report {
    /// The questions that can be asked
    List,
    /// Ask one
    Run {
        /// Report name, see `report list`
        name: String,
        /// School year, 2025 for 2025/26
        #[arg(long)]
        year: Option<String>,
        /// Term: 1 autumn, 2 spring
        #[arg(long)]
        term: Option<String>,
        /// Only this school
        #[arg(long)]
        school: Option<String>,
        /// A parameter of this report; repeat
        #[arg(long = "param", value_name = "NAME=VALUE")]
        params: Vec<String>,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Write to this file instead of the terminal
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
}

impl Report {
    /// As a request, with how to print it.
    ///
    /// # Errors
    /// A `--param` that is no `name=value`.
    pub fn request(self, json: bool) -> Result<(Request, Option<PathBuf>), Fault> {
        match self {
            Self::List => Ok((Request::ReportList, None)),
            Self::Run { name, year, term, school, params, format, out } => {
                let mut all: BTreeMap<String, String> = pairs(&params, "param-shape")?;
                for (key, value) in [("year", year), ("term", term), ("school", school)] {
                    if let Some(value) = value {
                        all.insert(key.to_owned(), value);
                    }
                }
                let format = if json { Format::Json } else { format };
                Ok((Request::ReportRun { name, params: all, format }, out))
            }
        }
    }
}
