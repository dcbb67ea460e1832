//! Files between preview and writing: in memory, a few at once, for a quarter of an hour; nothing of them is on the disk. A workbook of several sheets is looked at and written sheet
//! by sheet, and waits until none is left.
//!
//! Invariant: what is written is the sheet that was looked at, also with two of them open beside each other.

use crate::fault::{Exit, Fault};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Files waiting at once; the oldest gives way.
const WAITING_MAX: usize = 3;
/// A file waits so long, seconds.
const WAITING_S: i64 = 15 * 60;

/// A file between preview and writing.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) account: i64,
    pub(super) since_s: i64,
    pub(super) file: String,
    /// Base64, as requests carry it.
    pub(super) bytes: Arc<str>,
    /// What was chosen: empty: the file decides; [`ROSTER`](crate::import::own::ROSTER); a ledger.
    pub(super) into: String,
    /// The sheet that is asked for; empty: the reader's choice.
    pub(super) sheet: String,
    /// What the last look at the preview found, by the sheet that was asked for.
    pub(super) looked: BTreeMap<String, Looked>,
    /// Sheets that were written.
    pub(super) written: BTreeSet<String>,
    /// Once one was written: the others, with their rows.
    pub(super) rest: Vec<(String, u64)>,
}

impl Waiting {
    /// A file as it was sent.
    pub(super) fn new(account: i64, since_s: i64, file: String, bytes: Arc<str>, into: String) -> Self {
        let (looked, written) = (BTreeMap::new(), BTreeSet::new());
        Self { account, since_s, file, bytes, into, sheet: String::new(), looked, written, rest: Vec::new() }
    }

    /// What was found of the sheet that is asked for; `None`: nobody has looked at it yet.
    pub(super) fn seen(&self) -> Option<&Looked> {
        self.looked.get(&self.sheet)
    }

    /// Whether that sheet is written already.
    pub(super) fn is_written(&self) -> bool {
        let name = self.seen().map_or(&self.sheet, |looked| &looked.sheet);
        self.written.contains(name)
    }
}

/// What a look at the preview found.
#[derive(Clone)]
pub(super) struct Looked {
    /// The sheet that was read; empty: of a text file.
    pub(super) sheet: String,
    /// Ledger; empty: a roster.
    pub(super) ledger: String,
    /// The file the rows came from in the first place.
    pub(super) origin: String,
    /// Refused rows, and the workbook to give back.
    pub(super) refused: usize,
    /// Those of them that are in no record yet: what waits to be corrected.
    pub(super) waits: usize,
    pub(super) book: Arc<[u8]>,
}

/// Files between preview and writing, by token.
#[derive(Default)]
pub struct Uploads(Mutex<HashMap<String, Waiting>>);

impl std::fmt::Debug for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Uploads")
    }
}

impl Uploads {
    pub(super) fn keep(&self, token: String, waiting: Waiting) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, known| waiting.since_s - known.since_s < WAITING_S);
        while all.len() >= WAITING_MAX {
            let Some(oldest) = all.iter().min_by_key(|(_, known)| known.since_s).map(|(token, _)| token.clone()) else { break };
            all.remove(&oldest);
        }
        all.insert(token, waiting);
    }

    /// The person's own file of this token, of which `sheet` is asked for.
    pub(super) fn find(&self, token: &str, account: i64, sheet: &str) -> Result<Waiting, Fault> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(token).filter(|w| w.account == account).cloned().ok_or_else(|| Fault::new("web-upload-gone", Exit::NoMatch))?;
        Ok(Waiting { sheet: sheet.to_owned(), ..found })
    }

    /// What the last look at a sheet found.
    pub(super) fn looked(&self, token: &str, sheet: &str, found: Looked) {
        if let Some(waiting) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(token) {
            waiting.looked.insert(sheet.to_owned(), found);
        }
    }

    /// Puts down that `sheet` was written, and lets the file go if nothing of `others` is left. Whether there is.
    pub(super) fn wrote(&self, token: &str, sheet: &str, others: Vec<(String, u64)>, now_s: i64) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(waiting) = all.get_mut(token) else { return false };
        waiting.written.insert(sheet.to_owned());
        waiting.rest = others.into_iter().filter(|(name, _)| !waiting.written.contains(name)).collect();
        // A person works through it: the next sheet has its quarter of an hour too.
        waiting.since_s = now_s;
        let left = !waiting.rest.is_empty();
        if !left {
            all.remove(token);
        }
        left
    }
}
