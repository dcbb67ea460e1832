//! Files between preview and writing: in memory, a few at once, for a quarter of an hour; nothing of them is on the disk.

use crate::fault::{Exit, Fault};
use std::{
    collections::HashMap,
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
    /// None: nobody has looked at the preview yet.
    pub(super) looked: Option<Looked>,
}

/// What a look at the preview found.
#[derive(Clone)]
pub(super) struct Looked {
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

    /// The person's own file of this token.
    pub(super) fn find(&self, token: &str, account: i64) -> Result<Waiting, Fault> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(token).filter(|w| w.account == account).cloned().ok_or_else(|| Fault::new("web-upload-gone", Exit::NoMatch))
    }

    /// What the last look found.
    pub(super) fn looked(&self, token: &str, found: Looked) {
        if let Some(waiting) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(token) {
            waiting.looked = Some(found);
        }
    }

    pub(super) fn forget(&self, token: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}
