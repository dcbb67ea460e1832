//! What the head of every page says: saved here, waiting, received, last contact, what is open, and how far a long transfer is. Computed when something
//! changed, at most every [`FRESH_MS`].
//!
//! INV: a transfer's bar never says more than all, and goes back only when more is to be sent ([`Backlog`]).

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

/// Fewer changes than these are sent before anybody has read how many they are: a day's roll of a school is not a long transfer.
const LONG_RECORDS: u64 = 200;
/// The same for files.
const LONG_FILES: u64 = 3;
/// The same in bytes: one photo, on a link of 2G.
const LONG_BYTES: u64 = 1_000_000;

/// How much there is to do since there last was nothing to do. Kept by whoever looks; after a restart it begins with what is left then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Backlog {
    total: u64,
    left: u64,
}

impl Backlog {
    /// So much is left now: what was added meanwhile makes the whole larger, what is done leaves it as it is.
    fn note(&mut self, left: u64) {
        self.total = if left == 0 { 0 } else { self.total + left.saturating_sub(self.left) };
        self.left = left;
    }

    fn done(self) -> u64 {
        self.total.saturating_sub(self.left)
    }
}

/// What goes and comes: changes, files and their bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Backlogs {
    records: [Backlog; 2],
    files: [Backlog; 2],
    bytes: [Backlog; 2],
}

/// A transfer that takes a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Long {
    /// End of the message's key.
    what: &'static str,
    /// Done; of files the one that is under way.
    done: u64,
    /// Of so many.
    of: u64,
    /// In hundredths, rounded down.
    pub percent: u64,
}

impl Long {
    /// In words: what, how many of how many.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let args = [("done", thousands(self.done)), ("of", thousands(self.of)), ("percent", self.percent.to_string())];
        locale::text(lang, &format!("web-long-{}", self.what), &args.each_ref().map(|(key, text)| (*key, text.as_str())))
    }
}

/// `1,240`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

impl Backlogs {
    fn note(&mut self, status: &Json) {
        let number = |value: &Json| value.as_u64().unwrap_or(0);
        let blobs = &status["blobs"];
        self.records[0].note(number(&status["pending"]));
        self.records[1].note(number(&status["incoming"]));
        for (way, (files, bytes)) in [("waiting", "waiting_bytes"), ("asked", "asked_bytes")].into_iter().enumerate() {
            if let (Some(f), Some(b)) = (self.files.get_mut(way), self.bytes.get_mut(way)) {
                f.note(number(&blobs[files]));
                b.note(number(&blobs[bytes]));
            }
        }
    }

    /// The transfer to show while there is a link: records before files, what goes before what comes.
    fn long(&self, status: &Json) -> Option<Long> {
        let records = self.records.iter().zip(["records-out", "records-in"]).find(|(b, _)| b.left > 0 && b.total >= LONG_RECORDS);
        if let Some((b, what)) = records {
            let percent = b.done() * 100 / b.total.max(1);
            return Some(Long { what, done: b.done(), of: b.total, percent });
        }
        let under_way = ["going_bytes", "coming_bytes"].map(|key| status["blobs"][key].as_u64().unwrap_or(0));
        let ways = self.files.iter().zip(&self.bytes).zip(under_way).zip(["files-out", "files-in"]);
        let long = |((f, b), _): &((&Backlog, &Backlog), u64)| f.left > 0 && (f.total >= LONG_FILES || b.total >= LONG_BYTES);
        ways.filter(|(way, _)| long(way))
            .map(|(((f, b), moved), what)| {
                // Of the bytes that are left some have gone: those of the file under way.
                let percent = (b.done() + moved.min(b.left)) * 100 / b.total.max(1);
                Long { what, done: (f.done() + 1).min(f.total), of: f.total, percent: percent.min(99) }
            })
            .next()
    }
}

/// Plain facts of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    /// Own changes the county has not acknowledged.
    pub pending: i64,
    /// Files here that the county has not got.
    pub files: i64,
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
    /// The county takes nothing from this machine any more.
    pub revoked: bool,
    /// The store could not be asked.
    pub broken: bool,
    /// What is wrong with this machine's clock: every date proposed is as wrong.
    pub clock: Option<Fault>,
    /// A transfer that takes a while; only while connected.
    pub long: Option<Long>,
}

impl Pulse {
    fn of(status: &Json) -> Self {
        let number = |key: &str| status[key].as_i64().unwrap_or(0);
        Self {
            pending: number("pending"),
            files: status["blobs"]["waiting"].as_i64().unwrap_or(0),
            connected: status["connected"].as_bool().unwrap_or(false),
            last_contact: status["last_contact"].as_str().map(str::to_owned),
            conflicts: number("conflicts"),
            refused: number("refused"),
            last_error: status["last_error"].as_str().map(str::to_owned),
            revoked: status["revoked"].as_bool().unwrap_or(false),
            broken: false,
            clock: serde_json::from_value(status["clock"].clone()).unwrap_or_default(),
            long: None,
        }
    }

    /// The state of the link in plain words; `registers`: to a registrar, whom nobody sends to the registrar.
    #[must_use]
    pub fn words(&self, lang: Lang, registers: bool) -> String {
        let at = self.last_contact.as_deref().map_or_else(String::new, |at| super::shown::moment(at, lang));
        let pending = self.pending.to_string();
        if let Some(long) = &self.long {
            return locale::text(lang, "web-sync-long", &[("value", &long.words(lang))]);
        }
        if self.revoked && !self.broken {
            let key = if registers { "web-sync-revoked.registrar" } else { "web-sync-revoked" };
            return locale::text(lang, key, &[("pending", &pending)]);
        }
        let key = match (self.broken, self.pending, self.last_contact.is_some(), self.connected) {
            // Not everything is at the county while photos wait.
            (false, 0, true, true) if self.files > 0 => "web-sync-records-received-live",
            (false, 0, true, false) if self.files > 0 => "web-sync-records-received",
            (true, ..) => "web-sync-broken",
            (_, 0, false, _) => "web-sync-never",
            (_, _, false, _) => "web-sync-waiting-never",
            (_, 0, true, true) => "web-sync-received-live",
            (_, 0, true, false) => "web-sync-received",
            (_, _, true, true) => "web-sync-sending",
            (_, _, true, false) => "web-sync-waiting",
        };
        locale::text(lang, key, &[("pending", &pending), ("at", &at), ("files", &self.files.to_string())])
    }

    /// `ok`, `busy` or `off`: colour and sign of the state.
    #[must_use]
    pub fn mark(&self) -> &'static str {
        match (self.broken, self.pending, self.connected) {
            (true, ..) => "bad",
            _ if self.revoked => "bad",
            _ if self.long.is_some() => "busy",
            (_, 0, true) if self.files == 0 => "ok",
            (_, _, true) => "busy",
            _ => "off",
        }
    }
}

/// The last pulse, and a bell that rings when something changed.
#[derive(Clone, Debug)]
pub struct Pulses {
    bell: watch::Sender<u64>,
    last: Arc<Mutex<Last>>,
}

#[derive(Debug, Default)]
struct Last {
    pulse: Option<(u64, i64, Pulse)>,
    backlogs: Backlogs,
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
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// The pulse of now, computed if the last one is old.
    pub fn now(&self, clock: &dyn Clock, status: impl FnOnce() -> Result<Json, Fault>) -> Pulse {
        let (rung, at) = (*self.bell.borrow(), clock.now().as_millisecond());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, when, pulse)) = &last.pulse
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
            |status| {
                last.backlogs.note(&status);
                let pulse = Pulse::of(&status);
                Pulse { long: last.backlogs.long(&status).filter(|_| pulse.connected), ..pulse }
            },
        );
        last.pulse = Some((rung, at, pulse.clone()));
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

    fn status(pending: u64, incoming: u64, files: [u64; 3], connected: bool) -> Json {
        let [waiting, waiting_bytes, going_bytes] = files;
        let blobs = json!({ "waiting": waiting, "waiting_bytes": waiting_bytes, "going_bytes": going_bytes });
        json!({ "pending": pending, "incoming": incoming, "connected": connected, "blobs": blobs, "last_contact": "2026-03-02T02:05:00Z" })
    }

    #[test]
    fn a_long_transfer_has_a_bar_that_new_edits_lengthen_and_that_never_says_more_than_all() {
        let (clock, pulses) = (TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3), Pulses::default());
        let look = |status: Json| {
            pulses.bump();
            pulses.now(&clock, || Ok(status))
        };
        let none = [0, 0, 0];
        assert_eq!(look(status(30, 0, none, true)).long, None, "a day's work is no long transfer");
        assert_eq!(look(status(3_000, 0, none, false)).long, None, "without a link nothing moves");
        let shown = look(status(1_760, 0, none, true));
        assert_eq!(shown.long, Some(Long { what: "records-out", done: 1_240, of: 3_000, percent: 41 }));
        assert!(shown.words(Lang::En, false).contains("1,240 of 3,000"), "{}", shown.words(Lang::En, false));
        assert!(shown.words(Lang::Zh, false).contains("1,240") && shown.mark() == "busy", "{}", shown.words(Lang::Zh, false));
        // Twenty edits meanwhile: what is done stays done.
        assert_eq!(look(status(1_780, 0, none, true)).long, Some(Long { what: "records-out", done: 1_240, of: 3_020, percent: 41 }));
        assert_eq!(look(status(1, 0, none, true)).long, Some(Long { what: "records-out", done: 3_019, of: 3_020, percent: 99 }));
        assert_eq!(look(status(0, 0, none, true)).long, None, "done is quiet");
        assert_eq!(look(status(5, 0, none, true)).long, None, "and the next edit begins anew");
        // After a restart what is left is the whole.
        let fresh = Pulses::default().now(&clock, || Ok(status(1_760, 0, none, true)));
        assert_eq!(fresh.long, Some(Long { what: "records-out", done: 0, of: 1_760, percent: 0 }));
        assert_eq!(look(status(0, 900, none, true)).long, Some(Long { what: "records-in", done: 0, of: 900, percent: 0 }));
    }

    #[test]
    fn files_on_their_way_say_which_of_how_many_and_how_far_by_their_bytes() {
        let (clock, pulses) = (TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3), Pulses::default());
        let look = |status: Json| {
            pulses.bump();
            pulses.now(&clock, || Ok(status)).long
        };
        assert_eq!(look(status(0, 0, [2, 90_000, 0], true)), None, "two small photos are no long transfer");
        assert_eq!(look(status(0, 0, [10, 10_000_000, 0], true)), Some(Long { what: "files-out", done: 1, of: 10, percent: 0 }));
        assert_eq!(look(status(0, 0, [8, 6_000_000, 200_000], true)), Some(Long { what: "files-out", done: 3, of: 10, percent: 42 }));
        assert_eq!(look(status(700, 0, [8, 6_000_000, 200_000], true)).map(|long| long.what), Some("records-out"), "records first");
        // The last piece has gone, the county has not said yet that it is on its disk.
        assert_eq!(look(status(0, 0, [1, 500_000, 900_000], true)), Some(Long { what: "files-out", done: 10, of: 10, percent: 99 }));
        assert_eq!(look(status(0, 0, [0, 0, 0], true)), None);
        for what in ["records-out", "records-in", "files-out", "files-in"] {
            for lang in [Lang::Zh, Lang::En] {
                let words = Long { what, done: 1_240, of: 3_000, percent: 41 }.words(lang);
                assert!(words.contains("1,240") && words.contains("3,000") && !words.contains("web-"), "{words}");
            }
        }
    }

    #[test]
    fn the_state_of_the_link_is_said_in_words_in_both_languages() {
        let base = Pulse { last_contact: Some("2026-03-02T02:05:00Z".into()), ..Pulse::default() };
        let waiting = Pulse { pending: 3, ..base.clone() };
        assert!(
            waiting.words(Lang::Zh, false).contains('3') && waiting.words(Lang::Zh, false).contains("10:05"),
            "{}",
            waiting.words(Lang::Zh, false)
        );
        assert!(Pulse::default().words(Lang::En, false).contains("never"), "{}", Pulse::default().words(Lang::En, false));
        let photos = Pulse { files: 2, ..base.clone() };
        assert!(photos.words(Lang::Zh, false).contains("照片还有 2 个"), "not everything is there: {}", photos.words(Lang::Zh, false));
        assert_eq!(Pulse { connected: true, ..photos }.mark(), "busy");
        let broken = Pulse { broken: true, ..Pulse::default() };
        let revoked = Pulse { revoked: true, ..waiting.clone() };
        assert!(
            revoked.words(Lang::Zh, false).contains("吊销")
                && revoked.words(Lang::Zh, false).contains("3 条")
                && revoked.words(Lang::En, false).contains("revoked")
        );
        assert_eq!(revoked.mark(), "bad");
        assert_ne!(broken.words(Lang::Zh, false), base.words(Lang::Zh, false));
        assert_eq!((waiting.mark(), Pulse { connected: true, ..base }.mark(), broken.mark()), ("off", "ok", "bad"));
    }
}
