//! What the head of every page says: saved here, waiting, received, last contact, what is open. Computed when something changed, at most every [`FRESH_MS`].

use crate::{
    clock::Clock,
    fault::Fault,
    locale::{self, Lang},
};
use serde_json::Value as Json;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// A pulse is good for so long even if nothing is known to have changed, milliseconds.
const FRESH_MS: i64 = 5_000;

/// Plain facts of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Own changes the county has not acknowledged.
    pub pending: i64,
    /// Connected to the county now.
    pub connected: bool,
    /// Last contact with the county, RFC 3339.
    pub last_contact: Option<String>,
    /// Items in the conflict inbox, refused changes among them.
    pub conflicts: i64,
    /// Changes the county refused, or this machine the county's.
    pub refused: i64,
    /// Why the link does not come about, in the reader's language of the desk.
    pub last_error: Option<String>,
    /// The store could not be asked.
    pub broken: bool,
}

impl Pulse {
    fn of(status: &Json) -> Self {
        let number = |key: &str| status[key].as_i64().unwrap_or(0);
        Self {
            pending: number("pending"),
            connected: status["connected"].as_bool().unwrap_or(false),
            last_contact: status["last_contact"].as_str().map(str::to_owned),
            conflicts: number("conflicts"),
            refused: number("refused"),
            last_error: status["last_error"].as_str().map(str::to_owned),
            broken: false,
        }
    }

    /// The state of the link in plain words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let at = self.last_contact.as_deref().map_or_else(String::new, |at| super::shown::moment(at, lang));
        let pending = self.pending.to_string();
        let key = match (self.broken, self.pending, self.last_contact.is_some(), self.connected) {
            (true, ..) => "web-sync-broken",
            (_, 0, false, _) => "web-sync-never",
            (_, _, false, _) => "web-sync-waiting-never",
            (_, 0, true, true) => "web-sync-received-live",
            (_, 0, true, false) => "web-sync-received",
            (_, _, true, true) => "web-sync-sending",
            (_, _, true, false) => "web-sync-waiting",
        };
        locale::text(lang, key, &[("pending", &pending), ("at", &at)])
    }

    /// `ok`, `busy` or `off`: colour and sign of the state.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        match (self.broken, self.pending, self.connected) {
            (true, ..) => "bad",
            (_, 0, true) => "ok",
            (_, _, true) => "busy",
            _ => "off",
        }
    }
}

/// The last pulse, and a bell that rings when something changed.
#[derive(Clone, Debug)]
pub struct Pulses {
    bell: watch::Sender<u64>,
    last: Arc<Mutex<Option<(u64, i64, Pulse)>>>,
}

impl Default for Pulses {
    fn default() -> Self {
        Self { bell: watch::Sender::new(0), last: Arc::default() }
    }
}

impl Pulses {
    /// Something changed: a commit, the link.
    pub fn bump(&self) {
        self.bell.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Hears of changes.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// The pulse of now, computed if the last one is old.
    pub fn now(&self, clock: &dyn Clock, status: impl FnOnce() -> Result<Json, Fault>) -> Pulse {
        let (rung, at) = (*self.bell.borrow(), clock.now().as_millisecond());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, when, pulse)) = &*last
            && *known == rung
            && (0..FRESH_MS).contains(&(at - when))
        {
            return pulse.clone();
        }
        let pulse = status().map_or_else(
            |fault| {
                tracing::warn!(%fault, "the state for the page's head could not be read");
                Pulse { broken: true, ..Pulse::default() }
            },
            |status| Pulse::of(&status),
        );
        *last = Some((rung, at, pulse.clone()));
        pulse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;
    use serde_json::json;

    #[test]
    fn a_pulse_is_kept_until_something_changes_or_it_is_old() {
        let clock = TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3);
        let pulses = Pulses::default();
        let at = |pending: i64| move || Ok(json!({ "pending": pending }));
        assert_eq!(pulses.now(&clock, at(1)).pending, 1);
        assert_eq!(pulses.now(&clock, at(2)).pending, 1, "kept");
        pulses.bump();
        assert_eq!(pulses.now(&clock, at(3)).pending, 3, "something changed");
        clock.advance_s(6);
        assert_eq!(pulses.now(&clock, at(4)).pending, 4, "old");
    }

    #[test]
    fn the_state_of_the_link_is_said_in_words_in_both_languages() {
        let base = Pulse { last_contact: Some("2026-03-02T02:05:00Z".into()), ..Pulse::default() };
        let waiting = Pulse { pending: 3, ..base.clone() };
        assert!(waiting.words(Lang::Zh).contains('3') && waiting.words(Lang::Zh).contains("10:05"), "{}", waiting.words(Lang::Zh));
        assert!(Pulse::default().words(Lang::En).contains("never"), "{}", Pulse::default().words(Lang::En));
        let broken = Pulse { broken: true, ..Pulse::default() };
        assert_ne!(broken.words(Lang::Zh), base.words(Lang::Zh));
        assert_eq!((waiting.mark(), Pulse { connected: true, ..base }.mark(), broken.mark()), ("off", "ok", "bad"));
    }
}
