//! The list of live connections by identity: who is connected, how often, and the knife that ends a revoked one at once.
//!
//! Order that leaves no gap: the hub first records a revocation, then calls [`Cutter::cut`]; a new connection is first entered here, then asked
//! for its welcome. Whichever comes second sees the first.

use crate::{model::OriginId, transport::close::Close};
use quinn::Connection;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Live connections. Cloning shares the list.
#[derive(Clone, Debug, Default)]
pub struct Cutter(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    live: BTreeMap<OriginId, BTreeMap<u64, Connection>>,
}

/// A connection's entry; dropping it takes the connection off the list.
#[derive(Debug)]
pub(crate) struct Entry {
    cutter: Cutter,
    origin: OriginId,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut state = self.cutter.lock();
        if let Some(connections) = state.live.get_mut(&self.origin) {
            connections.remove(&self.number);
            if connections.is_empty() {
                state.live.remove(&self.origin);
            }
        }
    }
}

impl Cutter {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every live connection of `origin` with [`Close::Revoked`], now. Returns how many there were.
    #[must_use]
    pub fn cut(&self, origin: OriginId) -> usize {
        let doomed: Vec<Connection> = self.lock().live.get(&origin).map(|live| live.values().cloned().collect()).unwrap_or_default();
        for connection in &doomed {
            Close::Revoked.now(connection, "revoked");
        }
        doomed.len()
    }

    /// How many live connections `origin` has.
    #[must_use]
    pub fn live(&self, origin: OriginId) -> usize {
        self.lock().live.get(&origin).map_or(0, BTreeMap::len)
    }

    /// Identities connected now.
    #[must_use]
    pub fn connected(&self) -> Vec<OriginId> {
        self.lock().live.keys().copied().collect()
    }

    /// Enters a connection. Beyond `most` of one origin the oldest is closed as superseded: after a crash or a change of network the old one is dead
    /// and only its idle time has not run out yet.
    pub(crate) fn enter(&self, origin: OriginId, connection: &Connection, most: usize) -> Entry {
        let (number, superseded) = {
            let mut state = self.lock();
            let number = state.next;
            state.next += 1;
            let live = state.live.entry(origin).or_default();
            live.insert(number, connection.clone());
            let superseded = if live.len() > most { live.pop_first() } else { None };
            (number, superseded)
        };
        if let Some((_, oldest)) = superseded {
            Close::Superseded.now(&oldest, "the same identity connected again");
        }
        Entry { cutter: self.clone(), origin, number }
    }
}
