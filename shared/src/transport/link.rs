//! What every live link shares, and what it tells the world: the surroundings a daemon sets up once, and the events it may watch.

use crate::{
    clock::Clock,
    fault::Fault,
    model::{ChangeHash, SchoolCode},
    sync::{
        engine::{Engine, Peer},
        session::{CloseReason, Role, SessionEvent, SpaceProgress},
    },
    transport::{ConnectError, Cutter, News, Traffic},
};
use jiff::Timestamp;
use std::{fmt, net::SocketAddr, sync::Arc};

/// Set up once by a daemon. Cloning shares it.
#[derive(Clone)]
pub struct Surroundings {
    /// The replica.
    pub engine: Arc<dyn Engine>,
    /// Hash of the genesis change (`document`).
    pub genesis: ChangeHash,
    /// What was committed.
    pub news: News,
    /// Who is connected, and the knife.
    pub cutter: Cutter,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// Time for people, and randomness.
    pub clock: Arc<dyn Clock>,
    /// Program and version, told to the peer; at most 64 bytes.
    pub software: String,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Surroundings({})", self.software)
    }
}

/// Watches links: status screen, fleet list, metrics. Called on async threads: must not block.
pub trait Observer: Send + Sync {
    /// Something happened on the link to `peer`.
    fn link(&self, peer: &Peer, event: LinkEvent);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn link(&self, _: &Peer, _: LinkEvent) {}
}

/// What happened on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// The handshake is done; HELLO is next.
    Connected {
        /// Where the peer is.
        remote: SocketAddr,
        /// Live connections of this identity, this one included; over 1: a restart, or a copied disk.
        live: usize,
    },
    /// From the session.
    Session(SessionEvent),
    /// How it stands: at most once a second while there is traffic, every 20 seconds otherwise.
    Pulse {
        /// Cost of this connection so far.
        traffic: Traffic,
        /// Space by space.
        progress: Vec<SpaceProgress>,
        /// When something last came from the peer, keep-alive answers included; by the own clock.
        heard_at: Timestamp,
    },
    /// Over.
    Ended {
        /// Why.
        why: Ended,
        /// Cost of this connection in all.
        traffic: Traffic,
    },
}

/// Why a link ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The session said or heard BYE.
    Session(CloseReason),
    /// The connection went.
    Connection(ConnectError),
}

impl Ended {
    /// For a person; `None` for an orderly end. `hub` as in [`ConnectError::fault`].
    #[must_use]
    pub fn fault(&self, hub: &dyn fmt::Display) -> Option<Fault> {
        match self {
            Self::Session(reason) => reason.fault(),
            Self::Connection(error) => Some(error.fault(hub)),
        }
    }
}

/// One established connection, before its session.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) connection: quinn::Connection,
    pub(crate) role: Role,
    pub(crate) peer: Peer,
    /// The node's school, on either side.
    pub(crate) school: SchoolCode,
}
