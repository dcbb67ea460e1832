//! Which requests leave a row in the audit chain (DOMAIN §7: each read and export of named records; acts that matter), and under whose name.
//!
//! *Named* is what the definitions say: a ledger about children, or of privacy class B or C; a report with a column of children. A read never fails because its row
//! could not be written (a full disk must not hide a child from its teacher): that is logged as an error.

use super::request::{Format, Request};
use crate::{
    fault::{Exit, Fault},
    ledger::definition::{Definition, Privacy, Subject},
    replica::{Replica, Result},
    report::{
        definition::ColumnType,
        run::{Answer, Cell},
    },
    store::audit::{self, Act},
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeSet, fmt::Write as _};

/// Rows of `audit list` unless a limit is given.
const LIST_LIMIT: u32 = 200;
/// Up to so many children, an answer's row says which.
const CHILDREN_NAMED_MAX: usize = 3;

/// A read as the request that made it knows it.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// False: nothing in it is about a child, nothing is noted.
    pub named: bool,
    /// Ledger, report or record.
    pub subject: String,
    /// Rows in the answer.
    pub rows: usize,
}

/// True if the records of a ledger are about named people.
pub(super) fn is_named(definition: &Definition) -> bool {
    definition.subject == Subject::Student || definition.privacy != Privacy::A
}

/// What an answer's row says: `about`, and which children it shows if they are few.
pub(super) fn read_of(about: &str, answer: &Answer, named: bool) -> Read {
    let columns: Vec<usize> = answer.columns.iter().enumerate().filter(|(_, c)| c.kind == ColumnType::Student).map(|(at, _)| at).collect();
    let mut children = BTreeSet::new();
    for row in &answer.rows {
        children
            .extend(columns.iter().filter_map(|at| row.get(*at)).filter_map(|cell| if let Cell::Text(id) = cell { Some(id.as_str()) } else { None }));
        if children.len() > CHILDREN_NAMED_MAX {
            break;
        }
    }
    let mut subject = about.to_owned();
    if children.len() <= CHILDREN_NAMED_MAX {
        for child in children {
            let _ = write!(subject, " student:{child}");
        }
    }
    Read { named: named || !columns.is_empty(), subject, rows: answer.rows.len() }
}

/// Notes a read, unless nothing in it was named.
pub(super) fn read(replica: &Replica, who: &str, action: &str, read: Read) {
    reads(replica, who, action, vec![read]);
}

/// Notes several reads at once, without those in which nothing was named.
pub(super) fn reads(replica: &Replica, who: &str, action: &str, reads: Vec<Read>) {
    let act = |read: Read| Act { who: who.to_owned(), action: action.to_owned(), subject: read.subject, rows: read.rows as u64 };
    append(replica, reads.into_iter().filter(|read| read.named).map(act).collect());
}

/// A list's or report's action: on the screen, or as a file to be taken away.
pub(super) fn action(on_screen: &'static str, format: Format) -> &'static str {
    match format {
        Format::Table | Format::Json => on_screen,
        Format::Csv | Format::Xlsx => "export",
    }
}

/// Notes an act. On disk when this returns, or logged as an error.
pub fn note(replica: &Replica, who: &str, action: &str, subject: impl Into<String>, rows: u64) {
    append(replica, vec![Act { who: who.to_owned(), action: action.to_owned(), subject: subject.into(), rows }]);
}

/// All of them in one commit.
fn append(replica: &Replica, acts: Vec<Act>) {
    let Some(first) = acts.first().map(|act| act.action.clone()) else { return };
    let at = replica.clock().now().to_string();
    let written = replica.store().write(move |c| acts.iter().try_for_each(|act| audit::append(c, &at, act)));
    if let Err(error) = written {
        tracing::error!(%error, action = first, "an act could not be noted in the audit chain");
    }
}

/// Notes a refusal that lists children: several fit the words given.
pub(super) fn refused(replica: &Replica, who: &str, fault: &Fault) {
    if fault.code == "student-several" {
        let count = fault.args.iter().find(|(name, _)| name == "count").and_then(|(_, count)| count.parse().ok());
        note(replica, who, "candidates", "students", count.unwrap_or(0));
    }
}

/// Who acts: the name given with the request, and the account it came from.
pub(super) fn actor(account: &str, by: Option<&str>) -> String {
    let account = if account.is_empty() { "unknown" } else { account };
    by.filter(|by| !by.is_empty()).map_or_else(|| account.to_owned(), |by| format!("{by} ({account})"))
}

/// The name a request carries.
pub(super) fn by_of(request: &Request) -> Option<String> {
    match request {
        Request::ConflictsResolve { by, .. } => by.clone(),
        _ => None,
    }
}

/// This process's account on the machine: the person behind `sudo`, else the login name, with the user's number.
#[must_use]
pub fn account() -> String {
    use std::os::unix::fs::MetadataExt as _;
    let uid = std::fs::metadata("/proc/self").map_or_else(|_| "?".into(), |m| m.uid().to_string());
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|key| std::env::var(key).ok().filter(|name| !name.is_empty()));
    name.map_or_else(|| format!("uid {uid}"), |name| format!("{name}/{uid}"))
}

/// `audit list`.
pub(super) fn list(replica: &Replica, action: Option<&str>, limit: Option<u32>) -> Result<Json> {
    let entries = replica.store().read(|c| audit::list(c, action, limit.unwrap_or(LIST_LIMIT)))?;
    Ok(json!({ "audit": entries }))
}

/// `audit verify`.
///
/// # Errors
/// `audit-broken` where the chain does.
pub(super) fn verify(replica: &Replica) -> Result<Json> {
    let mut problems = Vec::new();
    let head = replica.store().read(|c| audit::check(c, &mut problems))?;
    match problems.first() {
        None => Ok(json!({ "ok": true, "entries": head.entries, "head": head.head })),
        Some(_) => Err(Fault::new("audit-broken", Exit::Found).with("entry", head.entries + 1).into()),
    }
}
