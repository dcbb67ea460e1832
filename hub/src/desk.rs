//! What can be asked of a hub: the engine's requests and the hub's own.

use crate::county::HubFile;
use huxue_shared::{
    clock::SystemClock,
    command::{
        execute,
        request::{Asked, Request},
    },
    fault::{Exit, Fault},
    identity::County,
    local::{Handler, OnProgress},
    locale::Lang,
    replica::{Replica, ReplicaError, merge},
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
    /// Live sessions.
    pub cutter: Cutter,
}

impl Hub {
    /// Opens the hub in `dir`. The caller holds the directory's lock.
    ///
    /// # Errors
    /// Not initialised, damaged, key, disk.
    pub fn open(dir: &Path, key_file: Option<&Path>) -> Result<Self, Fault> {
        let file = HubFile::read(dir)?;
        let county = file.county(dir)?;
        let (ca_certificate, hub_certificate) = file.certificates(dir)?;
        let replica = file.open(dir, key_file, Arc::new(SystemClock))?;
        Ok(Self { replica, county, ca_certificate, hub_certificate, cutter: Cutter::default() })
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
                let mut answer = execute::execute(&self.replica, request, Lang::from_name(&asked.lang), progress)?;
                if status {
                    answer["connected"] = json!(self.cutter.connected().len());
                }
                Ok(answer)
            }
            HubRequest::SchoolAdd { set } => self.school_add(&set),
            HubRequest::EnrolIssue { school, hours } => self.issue_token(&school, hours),
            HubRequest::NodeList => self.nodes(),
            HubRequest::NodeRevoke { id } => self.revoke(&id),
        }
    }
}

/// Opens a hub for one command, with nothing left unmerged.
///
/// # Errors
/// As [`Hub::open`].
pub fn for_command(dir: &Path, key_file: Option<&Path>) -> Result<Hub, Fault> {
    let hub = Hub::open(dir, key_file)?;
    merge::drain(&hub.replica).map_err(Fault::from)?;
    Ok(hub)
}
