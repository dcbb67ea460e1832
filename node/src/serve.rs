//! The node's daemon: dials the hub, answers commands on the local socket, health pages. Works the same with no link at all.

use crate::{
    desk::{Agreed, Link, Node, NodeRequest, machine::Machine, pages, plain::Stage, wait_for_sync},
    enrolled::{NodeFile, keypair},
    sealing::Sealer,
};
use huxue_shared::{
    clock::SystemClock,
    command::request::Asked,
    document::genesis,
    fault::Fault,
    local::socket,
    replica::{Replica, merge, serve::Served},
    rim::{daily, health, stop},
    sync::{engine::Peer, session::SessionEvent},
    transport::{
        Cutter, News, Tuning,
        dialer::{DialStatus, Dialer, Keeper},
        enrol::Enrolment,
        link::{LinkEvent, NoObserver, Observer, Surroundings},
    },
    web::routes,
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::watch;

/// Name and version, as shown to the other side.
#[must_use]
pub fn software() -> String {
    format!("huxue-node {}", env!("CARGO_PKG_VERSION"))
}

/// Where a daemon shows its pages, and until when.
#[derive(Debug)]
pub struct Front {
    /// The address of its port.
    pub at: SocketAddr,
    /// What the port shows.
    pub stage: Stage,
    /// True once the process is asked to stop.
    pub stop: watch::Receiver<bool>,
    /// Names this machine is called by.
    pub hosts: Vec<String>,
}

/// What a daemon runs in.
///
/// # Errors
/// `internal`: the system gives no threads.
pub fn runtime() -> Result<tokio::runtime::Runtime, Fault> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Fault::internal)
}

/// Runs until told to stop, with the desk on the front's stage. `ready` is called once everything listens.
///
/// # Errors
/// Ports, disk, keys.
pub fn serve(runtime: tokio::runtime::Runtime, dir: &Path, mut node: Node, front: Front, ready: impl FnOnce()) -> Result<(), Fault> {
    let Front { at: http, stage, stop, hosts } = front;
    merge::start_workers(&node.replica, 1);
    let replica = Arc::clone(&node.replica);
    let outcome = runtime.block_on(async {
        let (link, dialling) = dial(&node, stop.clone(), Arc::new(NoObserver))?;
        node.link = Some(link);
        node.at = Some(http);
        let node = Arc::new(node);
        let gauges = {
            let node = Arc::clone(&node);
            Arc::new(move || metrics_of(&node))
        };
        let desk = pages::desk(&node, hosts);
        let router = routes::desk(&desk, pages::routes(Machine::of(&node)));
        // The port's second door shows the desk alone: health and metrics are this machine's.
        let _lan = node.lan.run(router.clone(), stop.clone());
        let router = router.merge(health::router(http, Arc::new(|| true), gauges));
        stage.show(router);
        let swept = Arc::clone(&node.replica);
        tokio::spawn(daily::run(move || swept.sweep()));
        let _socket = socket::serve::<Asked<NodeRequest>, Node>(dir, Arc::clone(&node))?;
        tracing::info!(%http, school = %node.file.school, hub = node.file.hub, "the node is ready");
        ready();
        // Not under systemd: nobody to tell.
        let _ = stop::tell_systemd(true);
        dialling.await.map_err(Fault::internal)
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
    replica.close();
    outcome
}

/// Dials once for `sync now` without a daemon.
///
/// # Errors
/// As [`wait_for_sync`].
pub fn once(node: &Node) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Fault::internal)?;
    merge::start_workers(&node.replica, 1);
    let (tell, stop) = watch::channel(false);
    let (link, dialling) = runtime.block_on(async { dial(node, stop, Arc::new(NoObserver)) })?;
    let outcome = wait_for_sync(&node.replica, &link);
    // The dialler hears it, says goodbye and ends.
    let _ = tell.send(true);
    runtime.block_on(async {
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), dialling).await;
        // Waits for a deposit that began with the link, if one did.
        if outcome.is_ok() {
            node.sealer.deliver().await;
        }
    });
    // Contacts being noted, merges under way: all at rest before the process ends.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    node.replica.settle();
    node.replica.close();
    outcome
}

/// Starts dialling in the present runtime, until `stop`. `also` hears what the node's own observer hears (the benchmark measures so).
///
/// # Errors
/// The node's files: address, key, certificates.
pub fn dial(node: &Node, stop: watch::Receiver<bool>, also: Arc<dyn Observer>) -> Result<(Link, tokio::task::JoinHandle<()>), Fault> {
    let clock = Arc::new(SystemClock);
    let (agreed_tell, agreed) = watch::channel(Agreed::default());
    let (incoming_tell, incoming) = watch::channel(BTreeMap::new());
    let news = News::default();
    let told = news.clone();
    node.replica.on_change(move |space, head| told.committed(space, head));
    let told = news.clone();
    node.replica.on_refusal(move |space| told.verdicts(space));
    let told = news.clone();
    node.replica.on_blobs(move |school| told.blobs(school));
    let around = Surroundings {
        engine: Arc::new(Served(Arc::clone(&node.replica))),
        genesis: genesis::HASH,
        news,
        cutter: Cutter::default(),
        observer: Arc::new(Watcher {
            replica: Arc::clone(&node.replica),
            school: node.file.school.to_string(),
            agreed: agreed_tell,
            incoming: incoming_tell,
            sealer: Arc::clone(&node.sealer),
            also,
        }),
        clock: clock.clone(),
        software: software(),
    };
    let keeper = Arc::new(Renewals { dir: node.dir.clone(), hub: node.file.hub.clone(), sealer: Arc::clone(&node.sealer) });
    let dialer =
        Dialer::new(node.file.address()?, keypair(&node.dir, clock.as_ref())?, node.file.enrolment(&node.dir)?, keeper, around, Tuning::default())
            .map_err(|error| error.fault())?;
    let (now, now_heard) = watch::channel(0);
    let (status_tell, status) = watch::channel(DialStatus::default());
    let task = tokio::spawn(dialer.run(now_heard, stop, status_tell));
    Ok((Link { now, status, agreed, incoming }, task))
}

fn metrics_of(node: &Node) {
    if let Ok(status) = node.replica.status() {
        for key in ["documents", "records", "conflicts", "refused", "parked", "pending"] {
            let value = i32::try_from(status[key].as_i64().unwrap_or(0)).unwrap_or(i32::MAX);
            health::gauge(key, f64::from(value));
        }
    }
}

/// Keeps renewed certificates.
struct Renewals {
    dir: PathBuf,
    hub: String,
    sealer: Arc<Sealer>,
}

impl Keeper for Renewals {
    fn keep(&self, renewed: &Enrolment) -> Result<(), String> {
        NodeFile::write(&self.dir, &self.hub, renewed).map_err(|fault| fault.to_string())?;
        // The recovery key may have changed.
        self.sealer.refresh(renewed);
        Ok(())
    }
}

/// Notes contacts, and counts what the session has settled.
struct Watcher {
    replica: Arc<Replica>,
    school: String,
    agreed: watch::Sender<Agreed>,
    incoming: watch::Sender<BTreeMap<String, u64>>,
    also: Arc<dyn Observer>,
    sealer: Arc<Sealer>,
}

impl Watcher {
    /// How much is on its way here, for the bar of a long transfer.
    fn note_incoming(&self, event: &LinkEvent) {
        self.incoming.send_if_modified(|known| match event {
            LinkEvent::Pulse { progress, .. } => {
                let behind = progress.iter().map(|space| (space.space.to_string(), space.peer_head.saturating_sub(space.cursor)));
                let now: BTreeMap<String, u64> = behind.filter(|(_, count)| *count > 0).collect();
                std::mem::replace(known, now.clone()) != now
            }
            // A pulse comes once a second at most, and seldom on a quiet link.
            LinkEvent::Session(SessionEvent::InSync { space }) => known.remove(&space.to_string()).is_some(),
            LinkEvent::Ended { .. } => !std::mem::take(known).is_empty(),
            _ => false,
        });
    }
}

impl Observer for Watcher {
    fn link(&self, peer: &Peer, event: LinkEvent) {
        self.also.link(peer, event.clone());
        self.note_incoming(&event);
        let complete = match event {
            LinkEvent::Session(SessionEvent::Established(_)) => {
                self.agreed.send_modify(|a| *a = Agreed { sessions: a.sessions + 1, ..Agreed::default() });
                let sealer = Arc::clone(&self.sealer);
                tokio::spawn(async move { sealer.deliver().await });
                false
            }
            LinkEvent::Session(SessionEvent::InSync { space }) => {
                self.agreed.send_modify(|a| {
                    a.in_sync.insert(space.to_string());
                });
                true
            }
            LinkEvent::Session(SessionEvent::Acknowledged { .. } | SessionEvent::Received { .. }) => {
                self.agreed.send_modify(|_| {});
                false
            }
            _ => return,
        };
        let (replica, school) = (Arc::clone(&self.replica), self.school.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = replica.note_contact(&school, complete) {
                tracing::warn!(%error, "a contact could not be noted");
            }
        });
    }
}
