//! `DIR/node.key` and `DIR/node.json` (0600): the node's own key, and what the county granted it. The key is made here and never leaves.

use crate::sealing::Sealer;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    clock::{Clock, SystemClock},
    fault::{Exit, Fault},
    identity::{Keypair, RecoveryKey, Token, origin, x509},
    local::lock,
    model::{CountyCode, SchoolCode},
    replica::{Me, Replica, Role},
    rim::key::{self, Unlock},
    store::{StoreConfig, open::Key},
    transport::{
        HubAddress, Tuning,
        enrol::{self, Enrolment, Grant},
    },
};
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc};

/// Writer's page cache of a node, MiB: an old PC has little.
const CACHE_MIB: u32 = 16;

/// The file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeFile {
    /// Hub address as typed.
    pub hub: String,
    /// County.
    pub county: CountyCode,
    /// School.
    pub school: SchoolCode,
    /// Its name.
    pub school_name: String,
    issued_at: i64,
    id_key: String,
    node_certificate: String,
    origin_certificate: String,
    ca_certificate: String,
    hub_origin_certificate: String,
    hub_software: String,
    /// The county's recovery key as granted; absent before the county had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery: Option<String>,
}

impl std::fmt::Debug for NodeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NodeFile({})", self.school)
    }
}

fn damaged(path: &Path, cause: impl Into<Fault>) -> Fault {
    Fault::new("node-file-damaged", Exit::Storage).with("path", path.display()).because(cause)
}

/// What stands there is no key or certificate of ours.
fn no_key<E>(_: E) -> Fault {
    Fault::new("file-no-key", Exit::Storage)
}

fn unwritable(dir: &Path, error: &std::io::Error) -> Fault {
    Fault::new("dir-unwritable", Exit::Storage).with("path", dir.display()).because(error)
}

/// The node's key, made on first use.
///
/// # Errors
/// `dir-unwritable`, `node-file-damaged`.
pub fn keypair(dir: &Path, clock: &dyn Clock) -> Result<Keypair, Fault> {
    let path = dir.join("node.key");
    if path.exists() {
        let text = std::fs::read_to_string(&path).map_err(|e| damaged(&path, e))?;
        let seed: [u8; 32] =
            STANDARD.decode(text.trim()).map_err(|e| damaged(&path, no_key(e)))?.try_into().map_err(|e| damaged(&path, no_key(e)))?;
        return Ok(Keypair::from_seed(seed));
    }
    let pair = Keypair::generate(clock);
    lock::write_secret(&path, format!("{}\n", STANDARD.encode(pair.seed())).as_bytes()).map_err(|e| unwritable(dir, &e))?;
    Ok(pair)
}

/// Enrols this directory at the county's hub: key, certificates, an empty database. The caller holds the directory's lock. Enrolled it is then; the copy of the
/// database's key for recovery is still to be handed over, by the [`Sealer`] given back or by the daemon at its first contact.
///
/// # Errors
/// Address or token that is none, `enrol-already`, what the hub says, key, disk.
pub async fn enrol(dir: &Path, hub: &str, token: &str, unlock: &Unlock, software: &str) -> Result<(NodeFile, Sealer), Fault> {
    let token: Token = token.trim().parse().map_err(|e: huxue_shared::identity::TokenError| e.fault())?;
    let address: HubAddress = hub.trim().parse().map_err(|e: huxue_shared::transport::address::AddressError| e.fault(hub))?;
    if let Ok(file) = NodeFile::read(dir) {
        return Err(Fault::new("enrol-already", Exit::Input).with("school", file.school));
    }
    let pair = keypair(dir, &SystemClock)?;
    let enrolment = enrol::enrol(&address, &token, &pair, software, &Tuning::default()).await.map_err(|e| e.fault(&address))?;
    let db_key = key::create(dir, unlock, &SystemClock)?;
    let file = NodeFile::write(dir, hub.trim(), &enrolment)?;
    file.open(dir, db_key.clone(), Arc::new(SystemClock))?;
    Ok((file, Sealer::new(dir, db_key)))
}

impl NodeFile {
    /// Keeps what the county granted, at enrolment and at every renewal.
    ///
    /// # Errors
    /// `dir-unwritable`.
    pub fn write(dir: &Path, hub: &str, enrolment: &Enrolment) -> Result<Self, Fault> {
        let grant = &enrolment.grant;
        let file = Self {
            hub: hub.to_owned(),
            county: grant.county,
            school: grant.school,
            school_name: grant.school_name.clone(),
            issued_at: grant.issued_at,
            id_key: STANDARD.encode(grant.id_key),
            node_certificate: STANDARD.encode(&grant.node_certificate),
            origin_certificate: STANDARD.encode(&grant.origin_certificate),
            ca_certificate: STANDARD.encode(&grant.ca_certificate),
            hub_origin_certificate: STANDARD.encode(&grant.hub_origin_certificate),
            hub_software: enrolment.hub_software.clone(),
            recovery: grant.recovery.map(|key| STANDARD.encode(key.to_bytes())),
        };
        let text = serde_json::to_vec_pretty(&file).map_err(Fault::internal)?;
        lock::write_secret(&dir.join("node.json"), &text).map_err(|e| unwritable(dir, &e))?;
        Ok(file)
    }

    /// Reads it.
    ///
    /// # Errors
    /// `enrol-first`, `node-file-damaged`.
    pub fn read(dir: &Path) -> Result<Self, Fault> {
        let path = dir.join("node.json");
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map_err(|e| damaged(&path, e)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Fault::new("enrol-first", Exit::Storage).with("path", dir.display())),
            Err(error) => Err(damaged(&path, error)),
        }
    }

    /// The grant as the transport wants it.
    ///
    /// # Errors
    /// `node-file-damaged`.
    pub fn enrolment(&self, dir: &Path) -> Result<Enrolment, Fault> {
        let path = dir.join("node.json");
        let bytes = |text: &str| STANDARD.decode(text).map_err(|e| damaged(&path, no_key(e)));
        let ca_certificate = bytes(&self.ca_certificate)?;
        let ca = x509::facts(&ca_certificate).map_err(|e| damaged(&path, no_key(e)))?.public_key;
        // One that the county did not sign is none: nothing is ever sealed to a stranger.
        let recovery = self.recovery.as_deref().map(bytes).transpose()?.and_then(|key| RecoveryKey::read(&key, self.county, &ca));
        let grant = Grant {
            county: self.county,
            school: self.school,
            school_name: self.school_name.clone(),
            node_certificate: bytes(&self.node_certificate)?,
            origin_certificate: bytes(&self.origin_certificate)?,
            ca_certificate,
            hub_origin_certificate: bytes(&self.hub_origin_certificate)?,
            issued_at: self.issued_at,
            id_key: bytes(&self.id_key)?.try_into().map_err(|e| damaged(&path, no_key(e)))?,
            recovery,
        };
        let hub = origin::verify(&grant.hub_origin_certificate, &ca).map_err(|e| damaged(&path, no_key(e)))?;
        Ok(Enrolment { grant, hub, hub_software: self.hub_software.clone() })
    }

    /// When the county granted it, by the county's clock, Unix seconds.
    #[must_use]
    pub fn issued_at(&self) -> i64 {
        self.issued_at
    }

    /// The hub's address.
    ///
    /// # Errors
    /// As typed at enrolment, so only a damaged file.
    pub fn address(&self) -> Result<HubAddress, Fault> {
        self.hub.parse().map_err(|e: huxue_shared::transport::address::AddressError| e.fault(&self.hub))
    }

    /// Opens the school's replica. The caller holds the directory's lock.
    ///
    /// # Errors
    /// A key that does not fit, disk, damage.
    pub fn open(&self, dir: &Path, key: Key, clock: Arc<dyn Clock>) -> Result<Arc<Replica>, Fault> {
        let enrolment = self.enrolment(dir)?;
        let ca = x509::facts(&enrolment.grant.ca_certificate).map_err(|e| damaged(&dir.join("node.json"), no_key(e)))?.public_key;
        let me = Me {
            role: Role::Node(self.school),
            county: self.county,
            keypair: keypair(dir, clock.as_ref())?,
            county_key: ca,
            id_secret: enrolment.grant.id_key,
        };
        let replica =
            Replica::open(StoreConfig { path: dir.join("huxue.db"), key: Some(key), cache_mib: CACHE_MIB }, me, clock).map_err(Fault::from)?;
        for certificate in [&enrolment.grant.origin_certificate, &enrolment.grant.hub_origin_certificate] {
            replica.learn_origin(certificate).map_err(Fault::from)?;
        }
        Ok(replica)
    }
}
