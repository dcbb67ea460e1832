//! `DIR/hub.json` (0600): who the county is. Written once by `init`; holds the seeds of the certificate authority and of the hub.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    clock::Clock,
    fault::{Exit, Fault},
    identity::{County, RecoveryKey, x509},
    local::lock,
    model::CountyCode,
    replica::{Me, Replica, Role},
    rim::key::{self, Unlock, sealed},
    store::StoreConfig,
};
use serde::{Deserialize, Serialize};
use std::{path::Path, sync::Arc};

/// Writer's page cache of a hub, MiB.
const CACHE_MIB: u32 = 64;

/// The file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    /// County code.
    pub county: CountyCode,
    /// Its name.
    pub name: String,
    /// False: the disk is encrypted already, and the operator said so at `init`.
    pub encrypted: bool,
    ca_seed: String,
    hub_seed: String,
    id_secret: String,
    ca_certificate: String,
    hub_certificate: String,
    /// Public half of the county's recovery key; the secret half lies offline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recovery: Option<String>,
}

impl std::fmt::Debug for HubFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HubFile({})", self.county)
    }
}

fn damaged(path: &Path, cause: impl Into<Fault>) -> Fault {
    Fault::new("hub-file-damaged", Exit::Storage).with("path", path.display()).because(cause)
}

/// What stands there is no key or certificate of ours.
fn no_key<E>(_: E) -> Fault {
    Fault::new("file-no-key", Exit::Storage)
}

impl HubFile {
    /// Makes a county: keys, certificates, file, database key, empty database.
    ///
    /// # Errors
    /// `already-initialised`; the disk's.
    pub fn create(
        dir: &Path,
        county: CountyCode,
        name: &str,
        encrypted: bool,
        unlock: &Unlock,
        recovery_public: [u8; 32],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Fault> {
        let path = dir.join("hub.json");
        if path.exists() {
            return Err(Fault::new("already-initialised", Exit::Input).with("path", dir.display()));
        }
        if dir.join("huxue.db").exists() {
            return Err(Fault::new("init-over-database", Exit::Input).with("path", dir.display()));
        }
        let made = County::generate(county, clock.as_ref());
        let mut id_secret = [0u8; 32];
        clock.random(&mut id_secret);
        let ca = x509::ca_certificate(&made, clock.now()).map_err(Fault::internal)?;
        let hub = x509::hub_certificate(&made, clock.now()).map_err(Fault::internal)?;
        let file = Self {
            county,
            name: name.to_owned(),
            encrypted,
            ca_seed: STANDARD.encode(made.ca().seed()),
            hub_seed: STANDARD.encode(made.hub().seed()),
            id_secret: STANDARD.encode(id_secret),
            ca_certificate: STANDARD.encode(ca),
            hub_certificate: STANDARD.encode(hub),
            recovery: Some(STANDARD.encode(recovery_public)),
        };
        let key_was_there = dir.join("db.key").exists();
        let made = file.make(dir, unlock, &clock);
        if made.is_err() {
            // Nothing half-made stays: the next init begins anew. What cannot be removed is only in the way.
            let leavings = ["huxue.db", "huxue.db-wal", "huxue.db-shm", "hub.new"].into_iter().chain((!key_was_there).then_some("db.key"));
            leavings.for_each(|name| drop(std::fs::remove_file(dir.join(name))));
        }
        made.map(|()| file)
    }

    /// The database first, the file that makes the directory a hub last.
    fn make(&self, dir: &Path, unlock: &Unlock, clock: &Arc<dyn Clock>) -> Result<(), Fault> {
        if self.encrypted {
            key::create(dir, unlock, clock.as_ref())?;
        }
        let replica = self.open(dir, unlock, Arc::clone(clock))?;
        let certificate = self.county(dir)?.hub_origin_certificate(clock.as_ref());
        replica.learn_origin(&certificate).map_err(Fault::from)?;
        self.write(dir)
    }

    fn write(&self, dir: &Path) -> Result<(), Fault> {
        let text = serde_json::to_vec_pretty(self).map_err(Fault::internal)?;
        let unwritable = |e: std::io::Error| Fault::new("dir-unwritable", Exit::Storage).with("path", dir.display()).because(e);
        lock::write_secret(&dir.join("hub.json"), &text).map_err(unwritable)
    }

    /// Takes another recovery key into use: nodes seal to it when they renew, or at their next contact if they had none.
    ///
    /// # Errors
    /// `dir-unwritable`.
    pub fn replace_recovery(&mut self, dir: &Path, public: [u8; 32]) -> Result<(), Fault> {
        self.recovery = Some(STANDARD.encode(public));
        self.write(dir)
    }

    /// The recovery key as nodes get it; `None`: this county has none.
    ///
    /// # Errors
    /// `hub-file-damaged`.
    pub fn recovery(&self, dir: &Path) -> Result<Option<RecoveryKey>, Fault> {
        let Some(text) = &self.recovery else { return Ok(None) };
        let county = self.county(dir)?;
        Ok(Some(RecoveryKey::vouch(county.ca(), self.county, self.bytes32(dir, text)?)))
    }

    /// Reads it.
    ///
    /// # Errors
    /// `not-initialised`, `hub-file-damaged`.
    pub fn read(dir: &Path) -> Result<Self, Fault> {
        let path = dir.join("hub.json");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Fault::new("not-initialised", Exit::Storage).with("path", dir.display()));
            }
            Err(error) => return Err(damaged(&path, error)),
        };
        serde_json::from_str(&text).map_err(|error| damaged(&path, error))
    }

    /// The county's keys.
    ///
    /// # Errors
    /// `hub-file-damaged`.
    pub fn county(&self, dir: &Path) -> Result<County, Fault> {
        Ok(County::from_seeds(self.county, self.bytes32(dir, &self.ca_seed)?, self.bytes32(dir, &self.hub_seed)?))
    }

    fn bytes(dir: &Path, text: &str) -> Result<Vec<u8>, Fault> {
        STANDARD.decode(text).map_err(|e| damaged(&dir.join("hub.json"), no_key(e)))
    }

    fn bytes32(&self, dir: &Path, text: &str) -> Result<[u8; 32], Fault> {
        Self::bytes(dir, text)?.try_into().map_err(|e| damaged(&dir.join("hub.json"), no_key(e)))
    }

    /// CA certificate and hub certificate, DER.
    ///
    /// # Errors
    /// `hub-file-damaged`.
    pub fn certificates(&self, dir: &Path) -> Result<(Vec<u8>, Vec<u8>), Fault> {
        Ok((Self::bytes(dir, &self.ca_certificate)?, Self::bytes(dir, &self.hub_certificate)?))
    }

    /// Opens the hub's replica. The caller holds the directory's lock.
    ///
    /// # Errors
    /// Key, disk, damage.
    pub fn open(&self, dir: &Path, unlock: &Unlock, clock: Arc<dyn Clock>) -> Result<Arc<Replica>, Fault> {
        let county = self.county(dir)?;
        let me = Me {
            role: Role::Hub,
            county: self.county,
            keypair: county.hub().clone(),
            county_key: county.ca().public(),
            id_secret: self.bytes32(dir, &self.id_secret)?,
        };
        let key = if self.encrypted { Some(key::read(dir, unlock)?) } else { None };
        if let (Some(key), Some(recovery)) = (&key, self.recovery(dir)?) {
            // The hub's own key too: its passphrase can be forgotten as well as a school's.
            sealed::refresh(dir, key, &recovery, county.hub().origin(), clock.as_ref())?;
        }
        Replica::open(StoreConfig { path: dir.join("huxue.db"), key, cache_mib: CACHE_MIB }, me, clock).map_err(Fault::from)
    }
}
