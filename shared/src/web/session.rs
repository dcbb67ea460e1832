//! Login sessions, kept in memory: a restart logs everybody out, and nothing on the disk can be stolen to come in. What a person was typing is not lost with a session:
//! rows are saved as they are typed.
//!
//! A session is locked after [`IDLE_S`] without a request of the person's own (the page's own refreshing does not count), and ends after [`LIFE_S`].

use crate::clock::Clock;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Locked after so many seconds without a request: 15 minutes.
pub const IDLE_S: i64 = 15 * 60;
/// Ends after so many seconds: 12 hours, a school day.
pub const LIFE_S: i64 = 12 * 60 * 60;
/// Most sessions at once; the oldest ends first.
const SESSIONS_MAX: usize = 500;

/// Name of the cookie that holds a session's secret, without TLS.
pub const COOKIE: &str = "huxue_session";

/// Name of the cookie that holds a session's secret. Behind TLS one that a browser takes from TLS only (`__Host-`): cookies know nothing of ports, and what
/// answers without TLS on the same machine must neither set nor see it.
#[must_use]
pub fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-huxue_session" } else { COOKIE }
}

/// Name of the cookie that holds a visitor's token before there is a session.
#[must_use]
pub fn visitor_cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-huxue_visitor" } else { "huxue_visitor" }
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: i64,
    /// Token that every POST carries.
    pub csrf: String,
    /// Locked: the password is asked for again.
    pub locked: bool,
    began_s: i64,
    seen_s: i64,
}

/// All sessions, by the hash of their secret.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

/// 32 random bytes in hex.
pub fn secret(clock: &dyn Clock) -> String {
    let mut bytes = [0u8; 32];
    clock.random(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(secret: &str) -> [u8; 32] {
    *blake3::Hasher::new_derive_key("huxue login session v1").update(secret.as_bytes()).finalize().as_bytes()
}

impl Sessions {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session; gives the secret for the cookie.
    pub fn begin(&self, clock: &dyn Clock, account: i64) -> String {
        let (secret_text, csrf, now) = (secret(clock), secret(clock), clock.now().as_second());
        let mut all = self.lock();
        all.retain(|_, session| now - session.began_s < 2 * LIFE_S);
        while all.len() >= SESSIONS_MAX {
            let Some(oldest) = all.iter().min_by_key(|(_, session)| session.seen_s).map(|(key, _)| *key) else { break };
            all.remove(&oldest);
        }
        all.insert(key(&secret_text), Session { account, csrf, locked: false, began_s: now, seen_s: now });
        secret_text
    }

    /// The session of a cookie, locked if it was idle too long. `own`: the person asked, not the page by itself.
    pub fn find(&self, clock: &dyn Clock, secret: &str, own: bool) -> Option<Session> {
        let now = clock.now().as_second();
        let mut all = self.lock();
        let session = all.get_mut(&key(secret))?;
        // A clock set back must not lengthen a session without end.
        if now < session.began_s {
            all.remove(&key(secret));
            return None;
        }
        if now - session.began_s >= LIFE_S {
            return None;
        }
        if now - session.seen_s >= IDLE_S {
            session.locked = true;
        }
        if own && !session.locked {
            session.seen_s = now;
        }
        Some(session.clone())
    }

    /// Account and token of a session that is over by its age alone, for as long again: what was still typed in it is its person's.
    pub fn ended(&self, clock: &dyn Clock, secret: &str) -> Option<(i64, String)> {
        let now = clock.now().as_second();
        let all = self.lock();
        let session = all.get(&key(secret))?;
        (LIFE_S..2 * LIFE_S).contains(&(now - session.began_s)).then(|| (session.account, session.csrf.clone()))
    }

    /// Locks a session at once.
    pub fn lock_now(&self, secret: &str) {
        if let Some(session) = self.lock().get_mut(&key(secret)) {
            session.locked = true;
        }
    }

    /// Unlocks after the password was given again.
    pub fn unlock(&self, clock: &dyn Clock, secret: &str) {
        if let Some(session) = self.lock().get_mut(&key(secret)) {
            session.locked = false;
            session.seen_s = clock.now().as_second();
        }
    }

    /// Ends one session.
    pub fn end(&self, secret: &str) {
        self.lock().remove(&key(secret));
    }

    /// Ends all sessions of an account but, if named, one: after a new password, or when the account is closed.
    pub fn end_of(&self, account: i64, but: Option<&str>) {
        let kept = but.map(key);
        self.lock().retain(|key, session| session.account != account || Some(*key) == kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    fn clock() -> TestClock {
        TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3)
    }

    #[test]
    fn a_session_is_found_by_its_secret_only() {
        let (clock, sessions) = (clock(), Sessions::default());
        let secret = sessions.begin(&clock, 7);
        assert_eq!(sessions.find(&clock, &secret, true).unwrap().account, 7);
        assert!(sessions.find(&clock, &secret[1..], true).is_none());
        sessions.end(&secret);
        assert!(sessions.find(&clock, &secret, true).is_none());
    }

    #[test]
    fn idling_locks_and_a_page_that_refreshes_itself_does_not_keep_it_awake() {
        let (clock, sessions) = (clock(), Sessions::default());
        let secret = sessions.begin(&clock, 7);
        clock.advance_s(IDLE_S - 1);
        assert!(!sessions.find(&clock, &secret, false).unwrap().locked);
        clock.advance_s(1);
        assert!(sessions.find(&clock, &secret, true).unwrap().locked);
        assert!(sessions.find(&clock, &secret, true).unwrap().locked, "asking again does not unlock");
        sessions.unlock(&clock, &secret);
        assert!(!sessions.find(&clock, &secret, true).unwrap().locked);
    }

    #[test]
    fn a_session_ends_after_a_day_and_with_its_account() {
        let (clock, sessions) = (clock(), Sessions::default());
        let (one, two, other) = (sessions.begin(&clock, 7), sessions.begin(&clock, 7), sessions.begin(&clock, 8));
        sessions.end_of(7, Some(&two));
        assert!(sessions.find(&clock, &one, true).is_none() && sessions.find(&clock, &two, true).is_some());
        clock.advance_s(LIFE_S);
        assert!(sessions.find(&clock, &other, true).is_none());
        assert_eq!(sessions.ended(&clock, &other).map(|(account, _)| account), Some(8), "it is known whose it was");
        assert!(sessions.ended(&clock, &one).is_none(), "one that was ended is none");
        clock.advance_s(LIFE_S);
        assert!(sessions.ended(&clock, &other).is_none());
    }
}
