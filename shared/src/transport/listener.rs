//! The hub's door: one UDP port, two protocols, bounded at every step.
//!
//! A handshake costs a signature and about 30 KB, so they are limited; when half of them are taken, an address has to prove itself first
//! (QUIC Retry), so that forged senders cost nothing. One identity holds few connections; the newest wins.

use crate::{
    clock::Clock,
    sync::session::Role,
    transport::{
        Cutter, HubTls, Tuning,
        accept::{self, Accepted},
        close::Close,
        driver,
        enrol::{self, Registrar},
        link::{Link, Surroundings},
        socket,
        tls::TlsError,
    },
};
use quinn::{Endpoint, Incoming, VarInt};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
};

/// How much a hub takes on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Handshakes under way. Default 256: 300 schools that come back together wait a round trip, no more.
    pub handshakes: usize,
    /// Live sync connections. Default 4,096: more than ten times the schools of the largest county.
    pub links: usize,
    /// Live connections of one identity. Default 2: the old one of a node that changed its network has not timed out yet.
    pub links_per_origin: usize,
    /// Enrolments and renewals under way. Default 64.
    pub enrolments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { handshakes: 256, links: 4_096, links_per_origin: 2, enrolments: 64 }
    }
}

/// The port could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Taken, not allowed, or no such address.
    #[error("cannot listen on {at}")]
    Bind {
        /// Where.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Keys and certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl ListenError {
    /// For a person.
    #[must_use]
    pub fn fault(&self) -> crate::fault::Fault {
        use crate::fault::{Exit, Fault};
        match self {
            Self::Bind { at, source } if source.kind() == io::ErrorKind::AddrInUse => Fault::new("listen-port-taken", Exit::Storage).with("at", at),
            Self::Bind { at, source } => Fault::new("listen-failed", Exit::Storage).with("at", at).because(source),
            Self::Tls(error) => error.fault(),
        }
    }
}

/// An open port.
#[derive(Debug)]
pub struct Listener {
    endpoint: Endpoint,
    tuning: Tuning,
    limits: Limits,
}

impl Listener {
    /// Opens `at` (port 0: any). Must be called inside a tokio runtime. Nodes' certificates are judged by `clock`.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(at: SocketAddr, tls: &HubTls, tuning: Tuning, limits: Limits, clock: Arc<dyn Clock>) -> Result<Self, ListenError> {
        let mut config = tls.server_config(&tuning, clock.clone())?;
        // What waits for this task to look at it; beyond, quinn drops first packets unread and the sender repeats them.
        config.max_incoming(limits.handshakes.saturating_add(64));
        let open = || {
            let (socket, runtime) = socket::bind(at)?;
            Endpoint::new_with_abstract_socket(tls.endpoint_config(clock), Some(config), socket, runtime)
        };
        let endpoint = open().map_err(|source| ListenError::Bind { at, source })?;
        Ok(Self { endpoint, tuning, limits })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Serves until `stop` is true (or its owner gone), then says BYE to all, waits at most five seconds, and closes the port.
    pub async fn run(self, around: Surroundings, registrar: Arc<dyn Registrar>, mut stop: watch::Receiver<bool>) {
        let door = Arc::new(Door {
            handshakes: Arc::new(Semaphore::new(self.limits.handshakes)),
            links: Arc::new(Semaphore::new(self.limits.links)),
            enrolments: Arc::new(Semaphore::new(self.limits.enrolments)),
            limits: self.limits,
            tuning: self.tuning,
            around,
            registrar,
            stop: stop.clone(),
        });
        let mut visitors = JoinSet::new();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = visitors.join_next() => {}
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => { if let Some((incoming, permit)) = door.admit(incoming) { visitors.spawn(door.clone().visit(incoming, permit)); } }
                    None => break,
                },
            }
        }
        let all_gone = async { while visitors.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(5), all_gone).await;
        self.endpoint.close(VarInt::from_u32(Close::Stopping as u32), b"stopping");
        self.endpoint.wait_idle().await;
    }
}

struct Door {
    handshakes: Arc<Semaphore>,
    links: Arc<Semaphore>,
    enrolments: Arc<Semaphore>,
    limits: Limits,
    tuning: Tuning,
    around: Surroundings,
    registrar: Arc<dyn Registrar>,
    stop: watch::Receiver<bool>,
}

impl Door {
    fn admit(&self, incoming: Incoming) -> Option<(Incoming, OwnedSemaphorePermit)> {
        let crowded = self.handshakes.available_permits() <= self.limits.handshakes.div_ceil(2);
        if crowded && incoming.may_retry() && !incoming.remote_address_validated() {
            // Fails only if it may not be retried, which was asked.
            let _ = incoming.retry();
            return None;
        }
        if let Ok(permit) = self.handshakes.clone().try_acquire_owned() {
            return Some((incoming, permit));
        }
        incoming.refuse();
        None
    }

    async fn visit(self: Arc<Self>, incoming: Incoming, handshake: OwnedSemaphorePermit) {
        let remote = incoming.remote_address();
        let accepted = accept::accept(incoming, &self.tuning).await;
        drop(handshake);
        match accepted {
            Ok(Accepted::Enrol(connection)) => self.enrol(connection, remote).await,
            Ok(Accepted::Sync { peer, school, connection }) => self.sync(Link { connection, role: Role::Hub, peer, school }).await,
            Err(error) => tracing::info!(%remote, %error, "a handshake failed"),
        }
    }

    async fn enrol(&self, connection: quinn::Connection, remote: SocketAddr) {
        let Ok(_permit) = self.enrolments.clone().try_acquire_owned() else {
            return Close::Busy.now(&connection, "too many enrolments");
        };
        match enrol::hub::serve(connection, self.registrar.clone(), self.around.software.clone()).await {
            Ok(()) => tracing::info!(%remote, "a node was enrolled or renewed"),
            Err(refusal) => tracing::warn!(%remote, %refusal, "an enrolment or renewal was refused"),
        }
    }

    async fn sync(&self, link: Link) {
        let Ok(_permit) = self.links.clone().try_acquire_owned() else {
            return Close::Busy.now(&link.connection, "too many links");
        };
        let cutter: &Cutter = &self.around.cutter;
        // Entered first, asked for its welcome after (by the driver): a revocation in between finds it here.
        let _entry = cutter.enter(link.peer.origin, &link.connection, self.limits.links_per_origin);
        driver::drive(link, &self.around, self.stop.clone()).await;
    }
}
