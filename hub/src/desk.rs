//! What can be asked of a hub: the engine's requests and the hub's own.

use crate::{
    county::HubFile,
    recovery,
    register::{Register, reconcile},
};
use huxue_shared::{
    clock::SystemClock,
    command::{
        audit, execute,
        request::{Asked, Request},
    },
    fault::{Exit, Fault},
    identity::{County, RecoveryKey},
    local::{Handler, OnProgress},
    locale::Lang,
    replica::{Replica, ReplicaError, merge},
    rim::key::Unlock,
    transport::Cutter,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// A request to the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HubRequest {
    /// One of the engine's.
    Common(Request),
    /// A new school.
    SchoolAdd {
        /// Field → value, of the ledger `school`.
        set: BTreeMap<String, String>,
    },
    /// A one-time token.
    EnrolIssue {
        /// For this school.
        school: String,
        /// Valid so long.
        hours: u32,
    },
    /// The nodes there are.
    NodeList,
    /// Shuts a node out.
    NodeRevoke {
        /// Its id or the beginning of it.
        id: String,
    },
    /// A node's database key as sealed to the recovery key.
    SealedKey {
        /// Its id or the beginning of it.
        id: String,
    },
}

/// An open hub.
#[derive(Debug)]
pub struct Hub {
    /// The engine.
    pub replica: Arc<Replica>,
    /// The county's keys.
    pub county: County,
    /// CA certificate, DER.
    pub ca_certificate: Vec<u8>,
    /// Hub's TLS certificate, DER.
    pub hub_certificate: Vec<u8>,
    /// The recovery key nodes seal to.
    pub recovery: Option<RecoveryKey>,
    /// What stands outside the database.
    pub register: Register,
    /// True while the secret half still lies in the data directory.
    pub recovery_secret_here: bool,
    /// Live sessions.
    pub cutter: Cutter,
}

impl Hub {
    /// Opens the hub in `dir`. The caller holds the directory's lock.
    ///
    /// # Errors
    /// Not initialised, damaged, key, disk.
    pub fn open(dir: &Path, unlock: &Unlock) -> Result<Self, Fault> {
        let file = HubFile::read(dir)?;
        let county = file.county(dir)?;
        let (ca_certificate, hub_certificate) = file.certificates(dir)?;
        let recovery = file.recovery(dir)?;
        let recovery_secret_here = recovery::default_place(dir).exists();
        // Before the database: a register that needs a person's decision leaves everything as it is.
        let (register, lines) = Register::open(dir, county.hub().clone())?;
        let replica = file.open(dir, unlock, Arc::new(SystemClock))?;
        reconcile::both_ways(&replica, &register, &lines)?;
        Ok(Self { replica, county, ca_certificate, hub_certificate, recovery, register, recovery_secret_here, cutter: Cutter::default() })
    }

    pub(crate) fn write<T: Send + 'static>(&self, job: impl FnOnce(&Connection) -> Result<T, ReplicaError> + Send + 'static) -> Result<T, Fault> {
        self.replica.store().write(job).map_err(Fault::from)
    }

    fn school_add(&self, set: &BTreeMap<String, String>) -> Result<Json, Fault> {
        let code = set.get("code").cloned().unwrap_or_default();
        code.parse::<huxue_shared::model::SchoolCode>().map_err(|_| Fault::new("school-code", Exit::Input).with("code", &code))?;
        if self.replica.known_school(&code).is_ok() {
            return Err(Fault::new("school-exists", Exit::Input).with("code", code));
        }
        let done = self.replica.add("school", None, None, set, None).map_err(Fault::from)?;
        Ok(json!({ "school": code, "record": done.record }))
    }
}

impl Handler<Asked<HubRequest>> for Hub {
    fn handle(&self, asked: Asked<HubRequest>, progress: OnProgress<'_>) -> Result<Json, Fault> {
        match asked.request {
            HubRequest::Common(request) => {
                let status = matches!(request, Request::Status | Request::Settle);
                let mut answer = execute::execute(&self.replica, request, &asked.who, Lang::from_name(&asked.lang), progress)?;
                if status {
                    answer["recovery_secret_here"] = json!(self.recovery_secret_here);
                    answer["connected"] = json!(self.cutter.connected().len());
                }
                Ok(answer)
            }
            HubRequest::SchoolAdd { set } => self.school_add(&set),
            HubRequest::EnrolIssue { school, hours } => {
                let answer = self.issue_token(&school, hours)?;
                audit::note(&self.replica, &asked.who, "issue-token", format!("school {school}"), 1);
                Ok(answer)
            }
            HubRequest::NodeList => self.nodes(),
            HubRequest::NodeRevoke { id } => {
                let answer = self.revoke(&id)?;
                audit::note(&self.replica, &asked.who, "revoke", format!("node {}", answer["node"].as_str().unwrap_or_default()), 1);
                Ok(answer)
            }
            HubRequest::SealedKey { id } => {
                let answer = self.sealed_key(&id)?;
                audit::note(&self.replica, &asked.who, "recover-key", format!("node {}", answer["node"].as_str().unwrap_or_default()), 1);
                Ok(answer)
            }
        }
    }
}

/// Opens a hub for one command, with nothing left unmerged.
///
/// # Errors
/// As [`Hub::open`].
pub fn for_command(dir: &Path, unlock: &Unlock) -> Result<Hub, Fault> {
    let hub = Hub::open(dir, unlock)?;
    merge::drain(&hub.replica).map_err(Fault::from)?;
    Ok(hub)
}
