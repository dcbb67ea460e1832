//! The hub's daemon: QUIC for the schools, the local socket for commands, health pages. Stops on SIGTERM with nothing half-done.

use crate::desk::{Hub, HubRequest};
use huxue_shared::{
    clock::SystemClock,
    command::request::Asked,
    document::genesis,
    fault::Fault,
    local::socket,
    model::SpaceKind,
    replica::{merge, serve::Served},
    rim::{daily, health, stop},
    sync::{engine::Peer, session::SessionEvent},
    transport::{
        HubTls, News, Tuning,
        enrol::Registrar,
        link::{LinkEvent, Observer, Surroundings},
        listener::{Limits, Listener},
    },
};
use std::{net::SocketAddr, path::Path, sync::Arc};

/// Where the daemon listens.
#[derive(Clone, Copy, Debug)]
pub struct Listen {
    /// UDP, for schools.
    pub quic: SocketAddr,
    /// TCP, for health pages.
    pub http: SocketAddr,
}

/// Runs until told to stop. `ready` is called with the addresses once everything listens.
///
/// # Errors
/// Ports, disk, keys.
pub fn serve(dir: &Path, hub: Hub, listen: Listen, ready: impl FnOnce(SocketAddr, SocketAddr)) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Fault::internal)?;
    let hub = Arc::new(hub);
    merge::start_workers(&hub.replica, merge::threads());
    if let Err(error) = hub.replica.pass_on_all() {
        tracing::error!(%error, "what a school asked another could not be passed on; it is tried again with the next change");
    }
    let outcome = runtime.block_on(run(dir, Arc::clone(&hub), listen, ready));
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    hub.replica.close();
    outcome
}

async fn run(dir: &Path, hub: Arc<Hub>, listen: Listen, ready: impl FnOnce(SocketAddr, SocketAddr)) -> Result<(), Fault> {
    let stop = stop::on_signal().map_err(Fault::internal)?;
    let tls = HubTls::new(hub.county.hub(), &hub.hub_certificate, &hub.ca_certificate).map_err(|error| error.fault())?;
    let clock = Arc::new(SystemClock);
    let listener = Listener::bind(listen.quic, &tls, Tuning::default(), Limits::default(), clock.clone()).map_err(|e| e.fault())?;
    let quic = listener.local_addr().map_err(Fault::internal)?;
    let news = News::default();
    let told = news.clone();
    hub.replica.on_change(move |space, head| told.committed(space, head));
    let told = news.clone();
    hub.replica.on_refusal(move |space| told.verdicts(space));
    let told = news.clone();
    hub.replica.on_blobs(move |school| told.blobs(school));
    let around = Surroundings {
        engine: Arc::new(Served(Arc::clone(&hub.replica))),
        genesis: genesis::HASH,
        news,
        cutter: hub.cutter.clone(),
        observer: Arc::new(Contacts(Arc::clone(&hub))),
        clock,
        software: software(),
    };
    let gauges = {
        let hub = Arc::clone(&hub);
        Arc::new(move || metrics_of(&hub))
    };
    let http = health::serve(listen.http, Arc::new(|| true), gauges, stop.clone())?;
    let swept = Arc::clone(&hub.replica);
    tokio::spawn(daily::run(move || swept.sweep()));
    let _socket = socket::serve::<Asked<HubRequest>, Hub>(dir, Arc::clone(&hub))?;
    if hub.recovery_secret_here {
        tracing::warn!("the county's recovery key still lies in the data directory: move it offline");
    }
    tracing::info!(%quic, %http, county = %hub.county.code(), "the hub is ready");
    ready(quic, http);
    // Not under systemd: nobody to tell.
    let _ = sd_notify(true);
    let registrar: Arc<dyn Registrar> = hub;
    listener.run(around, registrar, stop).await;
    let _ = sd_notify(false);
    Ok(())
}

fn sd_notify(ready: bool) -> std::io::Result<()> {
    huxue_shared::rim::stop::tell_systemd(ready)
}

/// Name and version, as shown to the other side.
#[must_use]
pub fn software() -> String {
    format!("huxue-hub {}", env!("CARGO_PKG_VERSION"))
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
fn metrics_of(hub: &Hub) {
    if let Ok(status) = hub.replica.status() {
        for key in ["documents", "records", "conflicts", "refused", "parked"] {
            huxue_shared::rim::health::gauge(key, status[key].as_i64().unwrap_or(0) as f64);
        }
    }
    huxue_shared::rim::health::gauge("connected", hub.cutter.connected().len() as f64);
}

/// Keeps when each school was heard from, and as of when its records are complete.
struct Contacts(Arc<Hub>);

impl Observer for Contacts {
    fn link(&self, peer: &Peer, event: LinkEvent) {
        let Some(school) = peer.school else { return };
        let complete = match event {
            LinkEvent::Connected { .. } | LinkEvent::Ended { .. } => false,
            LinkEvent::Session(SessionEvent::InSync { space }) if space.kind == SpaceKind::School => true,
            LinkEvent::Session(SessionEvent::Received { space, .. }) if space.kind == SpaceKind::School => true,
            _ => return,
        };
        let hub = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = hub.replica.note_contact(&school.to_string(), complete) {
                tracing::warn!(%error, "a contact could not be noted");
            }
        });
    }
}
