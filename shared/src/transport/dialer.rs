//! The node's end of the link: dials, runs the session, waits, dials again; renews the certificate in time or, if the clock was wrong, as soon as
//! the hub calls it expired.
//!
//! Never gives up: also a revoked node and one refused for its version asks again (every few minutes), because both can be mended at the county
//! without anyone going to the school.

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    identity::{Keypair, x509},
    model::SchoolCode,
    sync::{
        backoff::Backoff,
        engine::Peer,
        session::{Role, SessionEvent},
    },
    transport::{
        ConnectError, HubAddress, NodeTls, Traffic, Tuning,
        close::Close,
        driver::{self, Outcome},
        enrol::{self, EnrolError, Enrolment},
        link::{Ended, Link, LinkEvent, Observer, Surroundings},
        reach,
        tls::TlsError,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// At least so long between renewals that only the own, untrusted clock asks for.
const RENEWAL_GAP: Duration = Duration::from_hours(24);
/// A hub that has revoked us, or speaks no version of ours, is asked again after this at the earliest.
const HOPELESS: Duration = Duration::from_mins(4);

/// Where the node keeps what the county issued.
pub trait Keeper: Send + Sync {
    /// Writes the renewed enrolment durably, in place of the old one. Called on a blocking thread.
    ///
    /// # Errors
    /// In words, for the log; the old certificate stays in use.
    fn keep(&self, renewed: &Enrolment) -> Result<(), String>;
}

/// What the dialler is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DialPhase {
    /// Trying to reach the hub.
    #[default]
    Dialling,
    /// A session is up: both HELLOs are exchanged.
    Connected,
    /// Until the next try, or `sync now`.
    Waiting,
    /// Stopped for good.
    Stopped,
}

/// For the status screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialStatus {
    /// What it is doing.
    pub phase: DialPhase,
    /// Failures in a row.
    pub failures: u32,
    /// When it waits: how long in all, milliseconds.
    pub wait_ms: u64,
    /// Why the last link or try ended; `None` if it ended in order, or one is up.
    pub last_error: Option<Fault>,
    /// Why the last renewal failed, if it did.
    pub renewal_error: Option<Fault>,
    /// All links since the start that have ended.
    pub traffic: Traffic,
}

/// Keeps one node linked to its hub.
pub struct Dialer {
    hub: HubAddress,
    key: Keypair,
    enrolment: Enrolment,
    tls: NodeTls,
    keeper: Arc<dyn Keeper>,
    around: Surroundings,
    tuning: Tuning,
    renewed_at: Option<Instant>,
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dialer({} to {})", self.key.origin(), self.hub)
    }
}

impl Dialer {
    /// For an enrolled node.
    ///
    /// # Errors
    /// The key does not fit the certificate, or the certificates cannot be read.
    pub fn new(
        hub: HubAddress,
        key: Keypair,
        enrolment: Enrolment,
        keeper: Arc<dyn Keeper>,
        around: Surroundings,
        tuning: Tuning,
    ) -> Result<Self, TlsError> {
        let tls = NodeTls::new(&key, &enrolment.grant.node_certificate, &enrolment.grant.ca_certificate)?;
        Ok(Self { hub, key, enrolment, tls, keeper, around, tuning, renewed_at: None })
    }

    /// Runs until `stop` is true or its owner gone. A change of `now` (`sync now`) ends a wait at once.
    pub async fn run(mut self, mut now: watch::Receiver<u64>, mut stop: watch::Receiver<bool>, status: watch::Sender<DialStatus>) {
        let mut backoff = Backoff::default();
        while !over(&stop) {
            now.mark_unchanged();
            status.send_modify(|status| status.phase = DialPhase::Dialling);
            if self.renewal_due() {
                self.renew(&status).await;
            }
            let ended = self.once(&status, &mut stop, &mut backoff).await;
            if over(&stop) {
                break;
            }
            if ended == Some(Ended::Connection(ConnectError::CertificateExpired)) && self.renew(&status).await {
                continue;
            }
            let wait = wait_after(ended.as_ref(), backoff.failed(random(self.around.clock.as_ref())));
            status.send_modify(|status| {
                status.phase = DialPhase::Waiting;
                status.failures = backoff.failures();
                status.wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                status.last_error = ended.and_then(|ended| ended.fault(&self.hub));
            });
            tokio::select! {
                () = sleep(wait) => {}
                // Without an owner nobody can ask for it any more: the wait runs out.
                () = asked(&mut now) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        status.send_modify(|status| status.phase = DialPhase::Stopped);
    }

    /// One dial and, if it succeeds, one link to its end. `None`: stopped while dialling.
    async fn once(&mut self, status: &watch::Sender<DialStatus>, stop: &mut watch::Receiver<bool>, backoff: &mut Backoff) -> Option<Ended> {
        let client = match self.tls.sync(&self.tuning) {
            Ok(client) => client,
            Err(error) => return Some(Ended::Connection(ConnectError::Other { detail: error.to_string() })),
        };
        let dialled = tokio::select! {
            dialled = reach::dial(&self.hub, &client, &self.tuning) => dialled,
            _ = stop.wait_for(|stop| *stop) => return None,
        };
        let dialled = match dialled {
            Ok(dialled) => dialled,
            Err(error) => return Some(Ended::Connection(error)),
        };
        let noting = Noting { inner: self.around.observer.clone(), status: status.clone() };
        let around = Surroundings { observer: Arc::new(noting), ..self.around.clone() };
        let peer = Peer { origin: self.enrolment.hub.origin(), school: None };
        let link = Link { connection: dialled.connection.clone(), role: Role::Node, peer, school: self.school() };
        let Outcome { why, established, traffic } = driver::drive(link, &around, stop.clone()).await;
        dialled.drained().await;
        status.send_modify(|status| status.traffic += traffic);
        if established {
            backoff.succeeded();
        }
        Some(why)
    }

    fn school(&self) -> SchoolCode {
        self.enrolment.grant.school
    }

    fn renewal_due(&self) -> bool {
        let due = x509::facts(&self.enrolment.grant.node_certificate).is_ok_and(|facts| facts.renewal_due(self.around.clock.now()));
        due && self.renewed_at.is_none_or(|at| at.elapsed() >= RENEWAL_GAP)
    }

    /// True if there is a new certificate, kept and in use.
    async fn renew(&mut self, status: &watch::Sender<DialStatus>) -> bool {
        self.renewed_at = Some(Instant::now());
        let outcome = self.try_renew().await;
        let failed = outcome.err();
        let success = failed.is_none();
        if let Some(fault) = &failed {
            tracing::warn!(%fault, "the certificate was not renewed");
        }
        status.send_modify(|status| status.renewal_error = failed);
        success
    }

    async fn try_renew(&mut self) -> Result<(), Fault> {
        let renewed = enrol::renew(&self.hub, &self.tls, &self.key, &self.around.software, &self.tuning).await;
        let renewed = renewed.map_err(|error| error.fault(&self.hub))?;
        if renewed.grant.school != self.school() {
            return Err(EnrolError::BadReply.fault(&self.hub));
        }
        let unkept = |error: String| {
            tracing::error!(error, "the renewed certificate was not kept");
            Fault::new("identity-unusable", Exit::Identity).because(Fault::new("identity-not-kept", Exit::Storage))
        };
        let tls = NodeTls::new(&self.key, &renewed.grant.node_certificate, &renewed.grant.ca_certificate).map_err(|error| error.fault())?;
        let (keeper, kept) = (self.keeper.clone(), renewed.clone());
        tokio::task::spawn_blocking(move || keeper.keep(&kept)).await.map_err(|error| unkept(error.to_string()))?.map_err(unkept)?;
        self.enrolment = renewed;
        self.tls = tls;
        tracing::info!("the certificate was renewed");
        Ok(())
    }
}

/// Passes every event on, and notes in the status when a session is really up: a hub may still refuse after the handshake.
struct Noting {
    inner: Arc<dyn Observer>,
    status: watch::Sender<DialStatus>,
}

impl Observer for Noting {
    fn link(&self, peer: &Peer, event: LinkEvent) {
        if let LinkEvent::Session(SessionEvent::Established(_)) = &event {
            self.status.send_modify(|status| {
                status.phase = DialPhase::Connected;
                status.failures = 0;
                status.last_error = None;
            });
        }
        self.inner.link(peer, event);
    }
}

fn over(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

async fn asked(now: &mut watch::Receiver<u64>) {
    if now.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn random(clock: &dyn Clock) -> u64 {
    let mut bytes = [0u8; 8];
    clock.random(&mut bytes);
    u64::from_be_bytes(bytes)
}

/// What only the county can mend is not worth asking about every second.
fn wait_after(ended: Option<&Ended>, drawn_ms: u64) -> Duration {
    use crate::sync::message::ByeCode;
    let hopeless = match ended {
        Some(Ended::Connection(error)) => matches!(
            error,
            ConnectError::Closed(Close::Revoked | Close::Version | Close::CertificateRequired)
                | ConnectError::WrongHub { .. }
                | ConnectError::NoCommonProtocol
                | ConnectError::CertificateRefused
        ),
        Some(Ended::Session(reason)) => matches!(reason.code, ByeCode::Revoked | ByeCode::Version | ByeCode::Certificate),
        None => false,
    };
    let drawn = Duration::from_millis(drawn_ms);
    if hopeless { HOPELESS + drawn.min(Duration::from_mins(1)) } else { drawn }
}
