//! What can be asked of a node: the engine's requests and the node's own; and the school's pages, which ask the same.

pub mod guide;
pub mod lan;
pub mod machine;
pub mod pages;
pub mod plain;
pub mod roll;
pub mod today;
pub mod wizard;

use crate::{doctor, enrolled::NodeFile, sealing::Sealer, serve};
use huxue_shared::{
    clock::{Clock, SystemClock},
    command::{
        audit, execute,
        request::{Asked, Request},
    },
    fault::{Exit, Fault},
    local::{Handler, OnProgress},
    locale::{self, Lang},
    replica::{Replica, merge},
    rim::key::{self, Unlock},
    transport::dialer::{DialPhase, DialStatus},
    web::people,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// Longest wait of `sync now`.
const SYNC_WAIT: Duration = Duration::from_mins(1);
/// Records are settled: how long no piece of a file may move before `sync now` stops waiting for files that the county has not confirmed.
const FILES_WAIT: Duration = Duration::from_secs(10);
/// The same for thumbnails and files that the county may not have itself.
const FETCH_WAIT: Duration = Duration::from_millis(1_500);

/// A request to the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeRequest {
    /// One of the engine's.
    Common(Request),
    /// Dial at once and wait until the county has everything.
    SyncNow,
    /// The desk for the school's network.
    Lan(lan::Ask),
    /// How the machine is.
    Doctor,
    /// A one-time password for an account of the desk.
    AccountReset {
        /// What is typed to log in.
        login: String,
    },
    /// An account of the desk, with a one-time password.
    AccountAdd {
        /// What is typed to log in.
        login: String,
        /// Name as records show it.
        name: String,
        /// Codes of roles.
        roles: Vec<String>,
        /// Classes, `3.2`.
        classes: Vec<String>,
    },
    /// Who may log in.
    AccountList,
}

/// What the running dialler shows.
#[derive(Clone, Debug)]
pub struct Link {
    /// Asks it to dial at once.
    pub now: watch::Sender<u64>,
    /// What it is doing.
    pub status: watch::Receiver<DialStatus>,
    /// The spaces on which the present session has settled.
    pub agreed: watch::Receiver<Agreed>,
    /// Changes that the county has and that have not come yet, a space, as far as the present session knows.
    pub incoming: watch::Receiver<BTreeMap<String, u64>>,
}

/// What the present session has settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreed {
    /// Sessions established so far.
    pub sessions: u64,
    /// Spaces of which both sides have all, as [`Replica::status`] names them.
    pub in_sync: BTreeSet<String>,
}

impl Agreed {
    /// Whether every space of a replica's status is settled: this year's three exist from the first HELLO on.
    fn covers(&self, status: &Json) -> bool {
        let spaces = status["spaces"].as_array().map(Vec::as_slice).unwrap_or_default();
        spaces.len() >= 3 && spaces.iter().filter_map(|space| space["space"].as_str()).all(|space| self.in_sync.contains(space))
    }
}

/// An open node.
#[derive(Debug)]
pub struct Node {
    /// The engine.
    pub replica: Arc<Replica>,
    /// Its directory.
    pub dir: PathBuf,
    /// Facts of its enrolment.
    pub file: NodeFile,
    /// Present in the daemon.
    pub link: Option<Link>,
    /// Keeps the county's sealed copy of the database key fresh.
    pub sealer: Arc<Sealer>,
    /// The desk's second door.
    pub lan: Arc<lan::Lan>,
    /// Where the desk answers this machine; present in the daemon.
    pub at: Option<std::net::SocketAddr>,
}

impl Node {
    /// Opens the node in `dir`. The caller holds the directory's lock.
    ///
    /// # Errors
    /// Not enrolled, damaged, key, disk.
    pub fn open(dir: &Path, unlock: &Unlock) -> Result<Self, Fault> {
        Self::open_at(dir, unlock, Arc::new(SystemClock))
    }

    /// As [`Node::open`], with a clock of the caller's.
    ///
    /// # Errors
    /// As [`Node::open`].
    pub fn open_at(dir: &Path, unlock: &Unlock, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        let file = NodeFile::read(dir)?;
        let key = key::read(dir, unlock)?;
        let replica = file.open(dir, key.clone(), clock)?;
        merge::drain(&replica).map_err(Fault::from)?;
        let sealer = Arc::new(Sealer::new(dir, key));
        sealer.refresh(&file.enrolment(dir)?);
        let lan = lan::Lan::new(Arc::clone(&replica), dir.to_owned(), file.school_name.clone(), lan::Told::default());
        Ok(Self { replica, dir: dir.to_owned(), file, link: None, sealer, lan, at: None })
    }

    /// With what `serve` was told of the school's network.
    #[must_use]
    pub fn told(mut self, told: lan::Told) -> Self {
        self.lan = lan::Lan::new(Arc::clone(&self.replica), self.dir.clone(), self.file.school_name.clone(), told);
        self
    }

    fn status(&self, mut answer: Json, lang: Lang) -> Json {
        answer["school_name"] = json!(self.file.school_name);
        answer["hub"] = json!(self.file.hub);
        if let Some(link) = &self.link {
            let dial = link.status.borrow().clone();
            answer["connected"] = json!(dial.phase == DialPhase::Connected);
            answer["incoming"] = json!(link.incoming.borrow().values().sum::<u64>());
            answer["revoked"] = json!(dial.last_error.as_ref().is_some_and(|fault| fault.code == "node-revoked"));
            answer["last_error"] = json!(dial.last_error.map(|fault| locale::fault(lang, &fault).0));
            answer["bytes_sent"] = json!(dial.traffic.sent_bytes);
            answer["bytes_received"] = json!(dial.traffic.received_bytes);
        } else {
            answer["connected"] = json!(false);
        }
        answer
    }

    fn sync_now(&self, lang: Lang) -> Result<Json, Fault> {
        match &self.link {
            Some(link) => wait_for_sync(&self.replica, link)?,
            // No daemon: this command dials itself, once.
            None => serve::once(self)?,
        }
        Ok(self.status(self.replica.status().map_err(Fault::from)?, lang))
    }
}

/// Waits until nothing is pending and a session has settled after the request.
///
/// # Errors
/// The dialler's last error, or `sync-slow` when time runs out.
pub fn wait_for_sync(replica: &Replica, link: &Link) -> Result<(), Fault> {
    let failures_before = link.status.borrow().failures;
    link.now.send_modify(|n| *n += 1);
    let began = std::time::Instant::now();
    let (mut agreed, mut status) = (link.agreed.clone(), link.status.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(Fault::internal)?;
    loop {
        let facts = replica.status().map_err(Fault::from)?;
        let settled = { agreed.borrow_and_update().covers(&facts) };
        if facts["pending"] == json!(0) && settled && status.borrow().phase == DialPhase::Connected {
            replica.settle();
            return wait_for_files(replica, link);
        }
        let failed = { status.borrow_and_update().clone() };
        if failed.phase == DialPhase::Waiting && failed.failures > failures_before {
            return Err(failed.last_error.unwrap_or_else(|| Fault::new("sync-slow", Exit::Unreachable)));
        }
        if began.elapsed() > SYNC_WAIT {
            return Err(failed.last_error.unwrap_or_else(|| Fault::new("sync-slow", Exit::Unreachable)));
        }
        runtime.block_on(async {
            // Whichever moves first; the second only bounds the wait.
            tokio::select! { _ = agreed.changed() => {}, _ = status.changed() => {}, () = tokio::time::sleep(Duration::from_millis(200)) => {} }
        });
    }
}

/// Waits until the county has every file of this node and this node what it lacks, as long as something moves. What then still waits is shown, not an error:
/// files go on by themselves with the daemon, and with the next `sync now`.
fn wait_for_files(replica: &Replica, link: &Link) -> Result<(), Fault> {
    let mut moved = (replica.blobs_moved(), std::time::Instant::now());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(Fault::internal)?;
    loop {
        let facts = replica.status().map_err(Fault::from)?;
        let limit = if facts["blobs"]["waiting"] != json!(0) {
            FILES_WAIT
        } else if replica.blobs_lacking().map_err(Fault::from)? {
            FETCH_WAIT
        } else {
            return Ok(());
        };
        let now = replica.blobs_moved();
        if now != moved.0 {
            moved = (now, std::time::Instant::now());
        }
        if moved.1.elapsed() > limit || link.status.borrow().phase != DialPhase::Connected {
            return Ok(());
        }
        // Inside: a timer is made in its runtime.
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
    }
}

impl Handler<Asked<NodeRequest>> for Node {
    fn handle(&self, asked: Asked<NodeRequest>, progress: OnProgress<'_>) -> Result<Json, Fault> {
        let lang = Lang::from_name(&asked.lang);
        match asked.request {
            NodeRequest::Common(Request::Settle) => {
                self.replica.settle();
                Ok(self.status(self.replica.status().map_err(Fault::from)?, lang))
            }
            NodeRequest::Common(Request::Status) => Ok(self.status(self.replica.status().map_err(Fault::from)?, lang)),
            NodeRequest::Common(request) => execute::execute(&self.replica, request, &asked.who, lang, progress),
            NodeRequest::SyncNow => self.sync_now(lang),
            NodeRequest::AccountAdd { login, name, roles, classes } => {
                let password = people::add_by_login(&self.replica, &login, &name, &roles, &classes)?;
                audit::note(&self.replica, &asked.who, "account", format!("add {login}"), 1);
                Ok(json!({ "login": login, "password": password }))
            }
            NodeRequest::AccountList => people::listed(&self.replica),
            NodeRequest::Lan(ask) => {
                if ask != lan::Ask::Show {
                    audit::note(&self.replica, &asked.who, "machine", if ask == lan::Ask::Off { "lan off" } else { "lan on" }, 1);
                }
                self.lan.ask(ask, lang)
            }
            NodeRequest::Doctor => serde_json::to_value(doctor::of_open(self, true)).map_err(Fault::internal),
            NodeRequest::AccountReset { login } => {
                let password = people::reset_by_login(&self.replica, &login)?;
                audit::note(&self.replica, &asked.who, "account", format!("reset {login}"), 1);
                Ok(json!({ "login": login, "password": password }))
            }
        }
    }
}

#[cfg(test)]
mod tests;
