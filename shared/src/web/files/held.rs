//! What a person's files need between two pages: files taken while the form was still wrong, and what is to be said of those that were not taken.
//!
//! In memory, a few hundred, the oldest gives way; a restart forgets them. A file itself is on disk by then: without a record it is cleared with the others
//! that nobody names. INV: a reference comes into a record only from here, never from what a browser sends, so nobody gets at a file by knowing its hash.

use crate::{clock::Clock, fault::Fault, model::blob::Attachment, web::session::secret};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Most of each kind.
const HELD_MAX: usize = 256;

/// A file that was not taken: its name, and why.
pub type Refused = (String, Fault);

struct Item<T> {
    token: String,
    account: i64,
    what: T,
}

/// Files and sentences that wait for the next page of the person they belong to.
#[derive(Default)]
pub struct Held {
    taken: Mutex<VecDeque<Item<Attachment>>>,
    refused: Mutex<VecDeque<Item<Vec<Refused>>>>,
    /// One file is judged at a time: each may take tens of MiB while its small picture is drawn.
    pub(super) turn: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Held")
    }
}

fn put<T>(all: &Mutex<VecDeque<Item<T>>>, clock: &dyn Clock, account: i64, what: T) -> String {
    let token = secret(clock);
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.push_back(Item { token: token.clone(), account, what });
    while all.len() > HELD_MAX {
        all.pop_front();
    }
    token
}

fn get<T: Clone>(all: &Mutex<VecDeque<Item<T>>>, account: i64, token: &str) -> Option<T> {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().find(|item| item.account == account && item.token == token).map(|item| item.what.clone())
}

impl Held {
    /// A file on disk whose record is not there yet; gives what the form carries instead of it.
    pub(super) fn keep(&self, clock: &dyn Clock, account: i64, attachment: Attachment) -> String {
        put(&self.taken, clock, account, attachment)
    }

    /// The person's own file of this token.
    pub(super) fn kept(&self, account: i64, token: &str) -> Option<Attachment> {
        get(&self.taken, account, token)
    }

    /// What is to be said on the next page; gives what its address carries.
    pub(super) fn say(&self, clock: &dyn Clock, account: i64, refused: Vec<Refused>) -> String {
        put(&self.refused, clock, account, refused)
    }

    /// What was to be said; nothing for another person's.
    pub(super) fn said(&self, account: i64, token: &str) -> Vec<Refused> {
        get(&self.refused, account, token).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::TestClock, model::blob::BlobHash};

    #[test]
    fn what_is_held_is_its_persons_own_and_bounded() {
        let clock = TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3);
        let (held, file) = (Held::default(), Attachment { hash: BlobHash([7; 32]), name: "a.jpg".into(), bytes: 5 });
        let token = held.keep(&clock, 1, file.clone());
        assert_eq!(held.kept(1, &token), Some(file.clone()));
        assert_eq!((held.kept(2, &token), held.kept(1, &file.hash.to_string())), (None, None), "neither another's, nor by a hash");
        for _ in 0..HELD_MAX {
            held.keep(&clock, 1, file.clone());
        }
        assert_eq!(held.kept(1, &token), None, "the oldest gave way");
    }
}
