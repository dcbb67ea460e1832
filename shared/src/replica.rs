//! The engine: store, documents and ledgers put together. A node and the hub embed the same one, with different scopes.
//!
//! The straight way of a record: [`records`] turns a person's words into an edit, [`edit`] writes it as an Automerge change through the same
//! admission as a peer's and projects it in ONE commit. A peer's parcel comes in through [`admit`] (T1: log and cursor, then the acknowledgement) and
//! reaches the projection through [`merge`] (T2). [`project`] is the pure function from a document to rows, steps and conflicts.
//!
//! Invariants: nothing is reported as saved before its commit is on disk; the log is the truth, `rebuild` makes everything else again;
//! what a peer may bring and is sent is decided by [`scope`] alone.

pub mod admit;
pub mod alike;
pub mod blobs;
pub mod browse;
mod closing;
pub mod conflicts;
pub mod definitions;
pub mod edit;
pub mod handover;
mod judging;
pub mod merge;
pub mod names;
pub mod origins;
pub mod project;
pub mod records;
mod redating;
mod referring;
pub mod refusals;
pub mod relay;
pub mod repair;
pub mod rollover;
pub mod rules;
pub mod scope;
pub mod serve;
pub mod status;
pub mod students;
pub mod upkeep;

use crate::{
    clock::Clock,
    fault::Fault,
    identity::Keypair,
    ledger::Catalogue,
    model::{Actor, CountyCode, OriginId, ReplicaId, SchoolCode, Space},
    store::{Store, StoreConfig, StoreError},
};
use origins::Origins;
use rusqlite::{Connection, OptionalExtension as _};
use std::sync::{Arc, PoisonError, RwLock, atomic::AtomicBool};

/// Which end this replica is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A school's node.
    Node(SchoolCode),
    /// The county's hub.
    Hub,
}

/// Who this replica is.
#[derive(Debug)]
pub struct Me {
    /// Which end.
    pub role: Role,
    /// Its county.
    pub county: CountyCode,
    /// Its signing key.
    pub keypair: Keypair,
    /// Ed25519 public key of the county's certificate authority.
    pub county_key: [u8; 32],
    /// Key under which this school's document ids are derived; the hub derives every school's from its own secret (see [`students`]).
    pub id_secret: [u8; 32],
}

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// Something a person can mend.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The disk or the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ReplicaError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ReplicaError> for Fault {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::Fault(fault) => fault,
            ReplicaError::Store(error) => error.into(),
        }
    }
}

/// Result of the engine's own functions.
pub type Result<T, E = ReplicaError> = std::result::Result<T, E>;

/// One replica.
#[derive(Debug)]
pub struct Replica {
    me: Me,
    id: ReplicaId,
    actor: RwLock<Actor>,
    store: Store,
    clock: Arc<dyn Clock>,
    catalogue: RwLock<Arc<Catalogue>>,
    origins: Origins,
    holidays: RwLock<Arc<crate::ledger::days::Holidays>>,
    merges: merge::Queue,
    /// The projection is being made again: what is passed on stands in the log already.
    rebuilding: AtomicBool,
    listeners: RwLock<Vec<Listener>>,
    refusal_listeners: RwLock<Vec<RefusalListener>>,
    files: blobs::Files,
}

/// Told of every space in which something was committed, and its head.
struct Listener(Box<dyn Fn(Space, u64) + Send + Sync>);

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

/// Told of every space in which something was refused that peers are to hear of.
struct RefusalListener(Box<dyn Fn(Space) + Send + Sync>);

impl std::fmt::Debug for RefusalListener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefusalListener")
    }
}

impl Replica {
    /// Opens the replica of `me`, making it on first use, and finishes what an earlier process left unmerged.
    ///
    /// # Errors
    /// The store's; a damaged published definition is logged and left out, never fatal.
    pub fn open(config: StoreConfig, me: Me, clock: Arc<dyn Clock>) -> Result<Arc<Self>> {
        let files = blobs::Files::beside(&config);
        let store = Store::open(config)?;
        let mut fresh = [0u8; 16];
        clock.random(&mut fresh);
        let id = store.write(move |c| replica_id(c, fresh))?;
        let mut random = [0u8; 8];
        clock.random(&mut random);
        let actor = Actor::new(me.keypair.origin(), random);
        let catalogue = store.read(definitions::load)?;
        let origins = store.read(|c| Origins::load(c, &me))?;
        let replica = Arc::new(Self {
            me,
            id,
            actor: RwLock::new(actor),
            store,
            clock,
            catalogue: RwLock::new(Arc::new(catalogue)),
            origins,
            holidays: RwLock::default(),
            merges: merge::Queue::default(),
            rebuilding: AtomicBool::new(false),
            listeners: RwLock::default(),
            refusal_listeners: RwLock::default(),
            files,
        });
        replica.prepare_typed_tables()?;
        replica.read_holidays()?;
        merge::catch_up(&replica)?;
        Ok(replica)
    }

    /// Who this replica is.
    pub fn me(&self) -> &Me {
        &self.me
    }

    /// Own origin.
    pub fn origin(&self) -> OriginId {
        self.me.keypair.origin()
    }

    /// Incarnation of the log.
    pub fn id(&self) -> ReplicaId {
        self.id
    }

    /// The clock it was given.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The database underneath, for reports and the rim's own tables.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The definitions in force.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `listener` with every space in which something was committed, from here or from a peer, and its head. It must not block.
    pub fn on_change(&self, listener: impl Fn(Space, u64) + Send + Sync + 'static) {
        self.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Listener(Box::new(listener)));
    }

    /// Calls `listener` with every space in which something was refused that the peers sharing it are to hear of. It must not block.
    pub fn on_refusal(&self, listener: impl Fn(Space) + Send + Sync + 'static) {
        self.refusal_listeners.write().unwrap_or_else(PoisonError::into_inner).push(RefusalListener(Box::new(listener)));
    }

    fn tell_refusal(&self, space: Space) {
        self.refusal_listeners.read().unwrap_or_else(PoisonError::into_inner).iter().for_each(|listener| (listener.0)(space));
    }

    /// The actor that writes for persons now.
    fn actor(&self) -> Actor {
        *self.actor.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws a new actor and writes as it from now on: changes of the last one were refused, so its numbers go on from what others will never have.
    fn renew_actor(&self) -> Actor {
        let mut random = [0u8; 8];
        self.clock.random(&mut random);
        let fresh = Actor::new(self.origin(), random);
        *self.actor.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        fresh
    }

    fn tell(&self, space: Space) {
        let listeners = self.listeners.read().unwrap_or_else(PoisonError::into_inner);
        if listeners.is_empty() {
            return;
        }
        let head = self.store.read(|c| -> Result<u64> {
            Ok(match crate::store::log::find_space(c, space)? {
                Some(n) => crate::store::log::space_end(c, n)?.0,
                None => 0,
            })
        });
        match head {
            Ok(head) => listeners.iter().for_each(|listener| (listener.0)(space, head)),
            // The sessions find out at their next HELLO; nothing is lost.
            Err(error) => tracing::warn!(%error, "the head of a space could not be read"),
        }
    }

    /// True when every query sees all that was acknowledged.
    pub fn is_settled(&self) -> bool {
        self.merges.idle()
    }

    /// Waits until every query sees all that was acknowledged.
    pub fn settle(&self) {
        self.merges.settle();
    }

    /// Ends the merge workers after their present round and waits for them; what still waits is merged at the next start. After this nobody but the caller
    /// need hold the replica: a process that ends while some thread still has the database takes the cipher library from under it, and crashes.
    pub fn close(&self) {
        self.merges.close();
    }

    fn now_text(&self) -> String {
        self.clock.now().to_string()
    }

    fn now_s(&self) -> i64 {
        self.clock.now().as_second().max(0)
    }
}

/// Reads a setting.
pub fn setting(c: &Connection, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(c.prepare_cached("SELECT value FROM setting WHERE key = ?1")?.query_row([key], |r| r.get(0)).optional()?)
}

/// Writes a setting.
pub fn put_setting(c: &Connection, key: &str, value: &[u8]) -> Result<(), StoreError> {
    c.prepare_cached("INSERT OR REPLACE INTO setting(key, value) VALUES(?1, ?2)")?.execute((key, value))?;
    Ok(())
}

fn replica_id(c: &Connection, fresh: [u8; 16]) -> Result<ReplicaId> {
    if let Some(id) = setting(c, "replica")?.as_deref().and_then(ReplicaId::from_slice) {
        return Ok(id);
    }
    put_setting(c, "replica", &fresh)?;
    Ok(ReplicaId(fresh))
}

#[cfg(test)]
mod tests;
