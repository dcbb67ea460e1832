//! What was noted in the audit chain a little while ago, so that the pieces of a page leave no rows of their own beside the page's.
//!
//! A page that shows named records is noted each time it is shown. Its pieces (small pictures, files that keep themselves fresh, the grid's checks while somebody
//! types) are asked for again and again: each is covered by a row of the same person about the same thing in the last [`COVERED_S`], and else leaves one itself. So
//! nothing named is read without a row, and a morning at one page does not make thousands. In memory: after a restart a piece is noted once more, never less.

use super::session::IDLE_S;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long a row covers the pieces of its page, seconds: as long as a page stays open to somebody who does nothing.
const COVERED_S: i64 = IDLE_S;
/// Most that is remembered. Past it all is forgotten, and noted once more.
const REMEMBERED_MAX: usize = 4_096;

/// Account and what was shown to it, with the second it was noted.
#[derive(Debug, Default)]
pub struct Noted(Mutex<HashMap<(i64, String), i64>>);

impl Noted {
    /// A row was written now.
    pub(super) fn mark(&self, account: i64, subject: &str, now_s: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED_MAX {
            all.retain(|_, at| covers(*at, now_s));
            if all.len() >= REMEMBERED_MAX {
                all.clear();
            }
        }
        all.insert((account, subject.to_owned()), now_s);
    }

    /// Whether a row of this person about this covers what is shown now.
    pub(super) fn covered(&self, account: i64, subject: &str, now_s: i64) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(account, subject.to_owned())).is_some_and(|at| covers(*at, now_s))
    }
}

/// A clock that was set back covers nothing.
fn covers(at: i64, now_s: i64) -> bool {
    (0..COVERED_S).contains(&(now_s - at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_covers_the_same_person_and_thing_for_a_while_and_nobody_else() {
        let noted = Noted::default();
        noted.mark(1, "record a", 1_000);
        assert!(noted.covered(1, "record a", 1_000 + COVERED_S - 1));
        assert!(!noted.covered(1, "record a", 1_000 + COVERED_S) && !noted.covered(1, "record a", 999));
        assert!(!noted.covered(2, "record a", 1_000) && !noted.covered(1, "record b", 1_000));
    }

    #[test]
    fn what_is_remembered_is_bounded_and_forgetting_covers_nothing() {
        let noted = Noted::default();
        for n in 0..=REMEMBERED_MAX {
            noted.mark(1, &n.to_string(), 1_000);
        }
        assert!(noted.0.lock().unwrap().len() <= REMEMBERED_MAX);
        assert!(!noted.covered(1, "0", 1_000) && noted.covered(1, &REMEMBERED_MAX.to_string(), 1_000));
    }
}
