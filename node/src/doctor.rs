//! `huxue-node doctor`, and "how is this machine?" on the desk: one list of findings, each a sentence and what to do next. A finding that something goes wrong *is* the fault
//! that a command or page would have shown, so that it is explained in the same words everywhere.
//!
//! Invariants: looks, changes nothing (but, without a daemon, calls the county once, as `sync now` does); a check that cannot be made is a finding, never the end of the list.

use crate::{
    desk::{Node, lan},
    enrolled::NodeFile,
    serve,
};
use huxue_shared::{
    fault::{Exit, Fault},
    identity::x509,
    locale::{self, Lang},
    rim::key::{self, Unlock, sealed::SealedCopy},
    store::accounts,
    transport::dialer::DialPhase,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

/// Room on the disk below which somebody should look, MiB: a term of a school's photographs.
const ROOM_LOOK_MIB: u64 = 2_048;
/// Below which saving may fail any day, MiB.
const ROOM_WRONG_MIB: u64 = 256;
/// Days without the county after which somebody should look.
const SILENT_DAYS: i64 = 7;
/// A clock this much behind the county's own date of the enrolment is wrong, seconds.
const CLOCK_SLACK_S: i64 = 24 * 3_600;
/// A clock so many days past the county's last act has jumped, or the machine stood in a cupboard for a year: either way somebody should look before writing.
const CLOCK_AHEAD_DAYS: i64 = 400;
/// An administrator's certificate of the desk ends within so many days: time to put the next one in its place.
const LAN_CERTIFICATE_DAYS: i64 = 21;
const DAY_S: i64 = 24 * 3_600;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// ✓
    Well,
    /// ! somebody should look.
    Look,
    /// ✗ it does not work.
    Wrong,
}

impl Mark {
    /// As it is shown.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Well => "✓",
            Self::Look => "!",
            Self::Wrong => "✗",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What was looked at, for scripts.
    pub check: String,
    /// How it is.
    pub mark: Mark,
    /// The sentence, and its next step.
    pub said: Fault,
}

impl Item {
    fn of(check: &str, mark: Mark, said: Fault) -> Self {
        Self { check: check.to_owned(), mark, said }
    }

    /// All is well.
    fn well(check: &str, code: &'static str) -> Self {
        Self::of(check, Mark::Well, says(code))
    }

    /// It does not work.
    #[must_use]
    pub fn wrong(check: &str, said: Fault) -> Self {
        Self::of(check, Mark::Wrong, said)
    }
}

fn says(code: &'static str) -> Fault {
    Fault::new(code, Exit::Found)
}

/// For a terminal.
#[must_use]
pub fn words(items: &[Item], lang: Lang) -> String {
    let mut lines = Vec::new();
    for item in items {
        let (sentence, next) = locale::fault(lang, &item.said);
        lines.push(format!("{} {sentence}", item.mark.sign()));
        lines.extend(next.filter(|_| item.mark != Mark::Well).map(|next| format!("  → {next}")));
    }
    lines.join("\n")
}

/// For scripts: `well` says whether nothing needs a person.
#[must_use]
pub fn json(items: &[Item], lang: Lang) -> Json {
    let rows: Vec<Json> = items
        .iter()
        .map(|item| {
            let (sentence, next) = locale::fault(lang, &item.said);
            json!({ "check": item.check, "mark": item.mark, "code": item.said.code, "message": sentence, "next": next.filter(|_| item.mark != Mark::Well) })
        })
        .collect();
    json!({ "well": items.iter().all(|item| item.mark == Mark::Well), "checks": rows })
}

/// A machine whose daemon does not run. The caller holds the directory's lock.
#[must_use]
pub fn of_closed(dir: &Path, unlock: &Unlock) -> Vec<Item> {
    let mut items = directory(dir, &key::place(dir, unlock));
    match NodeFile::read(dir) {
        Ok(_) => {}
        Err(fault) => {
            items.push(Item::wrong("enrolment", fault));
            return items;
        }
    }
    match Node::open(dir, unlock) {
        Ok(node) => {
            items.extend(inside(&node, true));
            // Whether the county is reached is known to a daemon; here it is called once.
            items.push(match serve::once(&node) {
                Ok(()) => Item::well("county", "doctor-county-reached"),
                Err(fault) => Item::wrong("county", fault),
            });
        }
        Err(fault) => items.push(Item::wrong("database", fault)),
    }
    items.push(Item::of("service", Mark::Look, says("doctor-service-off")));
    items.extend(unit());
    items
}

/// A machine whose daemon runs: this process. `whole`: reads the whole database, which may take some seconds.
#[must_use]
pub fn of_open(node: &Node, whole: bool) -> Vec<Item> {
    let mut items = directory(&node.dir, &node.dir.join("db.key"));
    items.extend(inside(node, whole));
    items.extend(county(node));
    items.push(match node.at {
        Some(at) => Item::of("desk", Mark::Well, says("doctor-desk").with("address", at)),
        None => Item::of("service", Mark::Look, says("doctor-service-off")),
    });
    items.extend(unit());
    items
}

/// The data directory: there, ours alone, room on its disk.
fn directory(dir: &Path, db_key: &Path) -> Vec<Item> {
    let mut items = Vec::new();
    let open: Vec<PathBuf> =
        ["", "node.key", "node.json", "lan.key"].iter().map(|name| dir.join(name)).chain([db_key.to_owned()]).filter(|path| is_open(path)).collect();
    let unwritten = [dir.to_owned(), dir.join("huxue.db")].into_iter().find_map(|path| Some((unwritable(&path)?, path)));
    items.push(match (unwritten, open.first()) {
        (Some((why, path)), _) => Item::wrong("dir", Fault::new("dir-unwritable", Exit::Storage).with("path", path.display()).because(why)),
        (None, None) => Item::of("dir", Mark::Well, says("doctor-dir").with("path", dir.display())),
        (None, Some(path)) => Item::of("dir", Mark::Look, says("doctor-dir-open").with("path", path.display())),
    });
    items.push(match room_mib(dir) {
        Ok(mib) => {
            let (mark, code) = match mib {
                ..ROOM_WRONG_MIB => (Mark::Wrong, "doctor-disk-full"),
                ROOM_WRONG_MIB..ROOM_LOOK_MIB => (Mark::Look, "doctor-disk-little"),
                _ => (Mark::Well, "doctor-disk"),
            };
            Item::of("disk", mark, says(code).with("room", room(mib)).with("path", dir.display()))
        }
        Err(error) => Item::wrong("disk", Fault::new("dir-unwritable", Exit::Storage).with("path", dir.display()).because(error)),
    });
    items
}

/// Whether other accounts of the machine can read it.
#[cfg(unix)]
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &Path) -> bool {
    false
}

/// As people know it from their own machines: `59.8 GB`, `512 MB`.
fn room(mib: u64) -> String {
    let tenths = mib * 10 / 1024;
    if mib < 1024 { format!("{mib} MB") } else { format!("{}.{} GB", tenths / 10, tenths % 10) }
}

/// Why nothing can be written there, without trying: a disk that was mounted read-only after a fault, or rights. What does not exist yet is no trouble, the
/// directory itself is asked too.
fn unwritable(path: &Path) -> Option<std::io::Error> {
    match rustix::fs::access(path, rustix::fs::Access::WRITE_OK) {
        Ok(()) | Err(rustix::io::Errno::NOENT) => None,
        Err(error) => Some(error.into()),
    }
}

fn room_mib(dir: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(dir)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize) >> 20)
}

/// What the open database and the enrolment say.
fn inside(node: &Node, whole: bool) -> Vec<Item> {
    let mut items =
        vec![Item::of("enrolment", Mark::Well, says("doctor-enrolled").with("school", &node.file.school_name).with("county", node.file.county))];
    items.extend(whole.then(|| database(node)));
    items.push(database_key(node));
    items.push(clock(node));
    items.push(certificate(node));
    match node.replica.status() {
        Ok(status) => items.extend(state(node, &status)),
        Err(error) => items.push(Item::wrong("database", error.into())),
    }
    items.push(lan(node));
    items
}

fn database(node: &Node) -> Item {
    match node.replica.quick_check() {
        Ok(None) => Item::well("database", "doctor-database"),
        Ok(Some(found)) => Item::wrong("database", says("doctor-database-damaged").with("detail", found)),
        Err(error) => Item::wrong("database", error.into()),
    }
}

fn database_key(node: &Node) -> Item {
    let copy = SealedCopy::read(&node.dir);
    match copy.as_ref().map(|copy| copy.received().is_some()) {
        Some(true) => Item::well("key", "doctor-key"),
        Some(false) => Item::of("key", Mark::Look, says("doctor-key-waits")),
        None => Item::of("key", Mark::Look, says("doctor-key-alone")),
    }
}

/// The clock decides nothing here, but dates in records are as wrong as it is.
fn clock(node: &Node) -> Item {
    clock_since(node, last_contact(node).as_deref())
}

/// What is wrong with the clock, for the head of every page.
#[must_use]
pub fn clock_wrong(node: &Node, last_contact: Option<&str>) -> Option<Fault> {
    let item = clock_since(node, last_contact);
    (item.mark == Mark::Wrong).then_some(item.said)
}

fn clock_since(node: &Node, last: Option<&str>) -> Item {
    let last = last.and_then(|at| at.parse().ok());
    clock_at(node.replica.clock().now(), node.file.issued_at(), last)
}

/// The clock, beside what the county did: it is behind its last act, or so far ahead of it that a jump is likelier than a school that was silent as long.
fn clock_at(now: Timestamp, issued_s: i64, last: Option<Timestamp>) -> Item {
    // As the desk's pages show it: in China's time, whatever this machine is set to.
    let shown = now.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).strftime("%Y-%m-%d %H:%M");
    let behind = now.as_second() < issued_s.saturating_sub(CLOCK_SLACK_S) || last.is_some_and(|last| now < last);
    let days = (now.as_second() - last.map_or(issued_s, Timestamp::as_second).max(issued_s)) / DAY_S;
    if behind {
        Item::wrong("clock", says("doctor-clock-behind").with("now", shown))
    } else if days > CLOCK_AHEAD_DAYS {
        Item::wrong("clock", says("doctor-clock-ahead").with("now", shown).with("days", days))
    } else {
        Item::of("clock", Mark::Well, says("doctor-clock").with("now", shown))
    }
}

fn last_contact(node: &Node) -> Option<String> {
    node.replica.status().ok()?["last_contact"].as_str().map(str::to_owned)
}

fn certificate(node: &Node) -> Item {
    let facts = node.file.enrolment(&node.dir).and_then(|enrolment| {
        x509::facts(&enrolment.grant.node_certificate).map_err(|_| {
            Fault::new("node-file-damaged", Exit::Storage)
                .with("path", node.dir.join("node.json").display())
                .because(Fault::new("file-no-key", Exit::Storage))
        })
    });
    let facts = match facts {
        Ok(facts) => facts,
        Err(fault) => return Item::wrong("certificate", fault),
    };
    let now = node.replica.clock().now();
    let days = (facts.not_after - now.as_second()) / DAY_S;
    let failed = node.link.as_ref().and_then(|link| link.status.borrow().renewal_error.clone());
    match failed {
        Some(fault) => Item::of("certificate", Mark::Look, fault),
        None if days < 0 => Item::of("certificate", Mark::Look, says("doctor-certificate-over").with("days", -days)),
        None => Item::of("certificate", Mark::Well, says("doctor-certificate").with("days", days)),
    }
}

/// What is saved, waits, was refused, or awaits a person.
fn state(node: &Node, status: &Json) -> Vec<Item> {
    let number = |key: &str| status[key].as_i64().unwrap_or(0);
    let mut items = Vec::new();
    let silent = status["last_contact"].as_str().and_then(|at| at.parse::<Timestamp>().ok()).map(|at| {
        let now = node.replica.clock().now().as_second();
        (now - at.as_second()) / DAY_S
    });
    let pending = number("pending");
    items.push(match (pending, silent) {
        (_, None) => Item::of("backlog", Mark::Look, says("doctor-never").with("pending", pending)),
        (_, Some(days)) if days >= SILENT_DAYS => Item::of("backlog", Mark::Look, says("doctor-silent").with("days", days).with("pending", pending)),
        (0, _) => Item::well("backlog", "doctor-received"),
        _ => Item::of("backlog", Mark::Well, says("doctor-waiting").with("pending", pending)),
    });
    for (key, well, look) in [("refused", "doctor-refused-none", "doctor-refused"), ("conflicts", "doctor-conflicts-none", "doctor-conflicts")] {
        let count = number(key);
        items.push(if count == 0 { Item::well(key, well) } else { Item::of(key, Mark::Look, says(look).with("count", count)) });
    }
    let used_mib = status["blobs"]["bytes"].as_u64().unwrap_or(0) >> 20;
    if let Ok(limits) = node.replica.blob_limits() {
        let (used, quota) = (used_mib, limits.quota_mib);
        let said =
            says(if used * 10 >= quota * 9 { "doctor-files-full" } else { "doctor-files" }).with("used", room(used)).with("quota", room(quota));
        items.push(Item::of("files", if used * 10 >= quota * 9 { Mark::Look } else { Mark::Well }, said));
    }
    if let Ok(false) = node.replica.store().read(accounts::any) {
        items.push(Item::of("accounts", Mark::Look, says("doctor-no-account")));
    }
    items
}

/// The link as the dialler sees it: names that do not resolve, a port that is closed, versions, a revocation, a copy of this machine.
fn county(node: &Node) -> Option<Item> {
    let dial = node.link.as_ref()?.status.borrow().clone();
    Some(match (dial.phase, dial.last_error) {
        (DialPhase::Connected, _) => Item::of("county", Mark::Well, says("doctor-county").with("hub", &node.file.hub)),
        (_, Some(fault)) => Item::wrong("county", fault),
        (_, None) => Item::of("county", Mark::Look, says("doctor-county-dials").with("hub", &node.file.hub)),
    })
}

fn lan(node: &Node) -> Item {
    if let Some(fault) = node.lan.fault() {
        return Item::wrong("lan", fault);
    }
    let status = match node.lan.status(Lang::Zh) {
        Ok(status) => status,
        Err(fault) => return Item::wrong("lan", fault),
    };
    let silent = status.answering && !lan::answers(status.listen);
    // The machine's own is made anew in time; an administrator's is not.
    let end: Option<Timestamp> = status.certificate.as_ref().and(status.valid_until.as_ref()).and_then(|at| at.parse().ok());
    let days =
        end.map(|end| (end.as_second() - node.replica.clock().now().as_second()) / DAY_S).filter(|days| status.on && *days < LAN_CERTIFICATE_DAYS);
    let (mark, code) = match (silent, days) {
        (true, _) => (Mark::Wrong, "doctor-lan-silent"),
        (false, Some(_)) => (Mark::Look, "doctor-lan-certificate"),
        (false, None) => (Mark::Well, status.state_key()),
    };
    Item::of("lan", mark, says(code).with("port", status.listen.port()).with("days", days.unwrap_or(0)))
}

/// A service of the system's, if the package put one there: starts after a power cut?
fn unit() -> Option<Item> {
    let named = |folder: &str| Path::new(folder).join("huxue-node.service");
    let there = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"].iter().any(|folder| named(folder).exists());
    let enabled = named("/etc/systemd/system/multi-user.target.wants").exists();
    there.then(|| if enabled { Item::well("unit", "doctor-unit") } else { Item::of("unit", Mark::Look, says("doctor-unit-off")) })
}

#[cfg(test)]
mod tests;
