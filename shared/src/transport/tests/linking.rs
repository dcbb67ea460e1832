//! Sync connections: who gets one, who is cut, what it costs.

use super::county::{Hub, clock_at, established, heard, node_tls, school, surroundings, within};
use super::shelf::Shelf;
use crate::{
    clock::{Clock, SystemClock},
    identity::{Keypair, x509},
    sync::{engine::Peer, session::Role},
    transport::{
        ConnectError, NodeTls, Traffic, Tuning,
        close::Close,
        driver,
        enrol::{Enrolment, renew},
        link::{Ended, Link, LinkEvent},
        reach::{self, Dialled},
    },
};
use std::sync::Arc;
use tokio::{sync::watch, task::JoinHandle};

async fn dial(hub: &Hub, own: &NodeTls) -> Result<Dialled, ConnectError> {
    let tuning = Tuning::default();
    within(reach::dial(&hub.at, &own.sync(&tuning).unwrap(), &tuning)).await
}

/// Runs the node's end of a session in the background.
fn run(dialled: &Dialled, enrolment: &Enrolment) -> (JoinHandle<Ended>, tokio::sync::mpsc::UnboundedReceiver<LinkEvent>, watch::Sender<bool>) {
    let (around, events) = surroundings(Shelf::new(2), Arc::new(SystemClock));
    let peer = Peer { origin: enrolment.hub.origin(), school: None };
    let link = Link { connection: dialled.connection.clone(), role: Role::Node, peer, school: school() };
    let (stop, stopped) = watch::channel(false);
    (tokio::spawn(async move { driver::drive(link, &around, stopped).await.why }), events, stop)
}

/// Why the other side ends a connection that this side thought established.
async fn closed(dialled: &Dialled) -> ConnectError {
    ConnectError::from_quinn(&within(dialled.connection.closed()).await, true)
}

#[tokio::test]
async fn an_enrolled_node_and_its_hub_meet_and_part_in_order() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let dialled = dial(&hub, &node_tls(&key, &enrolment)).await.unwrap();
    let (task, mut events, stop) = run(&dialled, &enrolment);
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    assert_eq!(hub.cutter.connected(), vec![key.origin()]);
    stop.send(true).unwrap();
    let ended = within(task).await.unwrap();
    assert_eq!(ended.fault(&hub.at), None, "{ended:?}");
    let LinkEvent::Ended { why, traffic } = heard(&mut hub.events, |event| matches!(event, LinkEvent::Ended { .. })).await else { panic!("an end") };
    assert_eq!(why.fault(&hub.at), None, "{why:?}");
    assert!(traffic.sent_bytes > 0 && traffic.received_bytes > 0);
}

#[tokio::test]
async fn a_hub_that_stops_says_so_and_closes_its_port() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let dialled = dial(&hub, &node_tls(&key, &enrolment)).await.unwrap();
    let (task, mut events, _stop) = run(&dialled, &enrolment);
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    hub.stop.send(true).unwrap();
    within(hub.task).await.unwrap();
    let ended = within(task).await.unwrap();
    assert!(matches!(&ended, Ended::Session(reason) if reason.by_peer), "{ended:?}");
    assert_eq!(ended.fault(&hub.at), None);
}

#[tokio::test]
async fn without_a_certificate_there_is_no_sync() {
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let tuning = Tuning::default();
    let own = node_tls(&key, &enrolment);
    let dialled = within(reach::dial(&hub.at, &own.bare(&tuning), &tuning)).await.unwrap();
    assert_eq!(closed(&dialled).await, ConnectError::Closed(Close::CertificateRequired));
}

#[tokio::test]
async fn a_certificate_of_another_county_is_refused_and_its_hub_too() {
    let (own, other) = (Hub::start(1), Hub::start(2));
    let (key, at_home) = own.node(9).await;
    let (_, abroad) = other.node(9).await;
    // Trusts the other county but shows a certificate of the own one.
    let mixed = NodeTls::new(&key, &at_home.grant.node_certificate, &abroad.grant.ca_certificate).unwrap();
    let dialled = dial(&other, &mixed).await.unwrap();
    assert_eq!(closed(&dialled).await, ConnectError::CertificateRefused);
    let error = dial(&other, &node_tls(&key, &at_home)).await.unwrap_err();
    assert!(matches!(error, ConnectError::WrongHub { .. }), "{error:?}");
}

#[tokio::test]
async fn the_hubs_own_certificate_does_not_pass_for_a_nodes() {
    let hub = Hub::start(1);
    let county = &hub.desk.county;
    let certificate = x509::hub_certificate(county, SystemClock.now()).unwrap();
    let own = NodeTls::new(county.hub(), &certificate, &hub.desk.ca).unwrap();
    let dialled = dial(&hub, &own).await.unwrap();
    assert_eq!(closed(&dialled).await, ConnectError::Closed(Close::CertificateRequired));
}

#[tokio::test]
async fn an_expired_certificate_is_refused_until_the_key_has_renewed_it() {
    let clock = clock_at("2026-09-01T00:00:00Z");
    let mut hub = Hub::start_at(1, clock.clone());
    let (key, enrolment) = hub.node(9).await;
    clock.advance_s((x509::NODE_DAYS + 1) * 86_400);
    let own = node_tls(&key, &enrolment);
    let dialled = dial(&hub, &own).await.unwrap();
    assert_eq!(closed(&dialled).await, ConnectError::CertificateExpired);
    let renewed = within(renew(&hub.at, &own, &key, "x", &Tuning::default())).await.unwrap();
    let dialled = dial(&hub, &node_tls(&key, &renewed)).await.unwrap();
    let (_task, mut events, _stop) = run(&dialled, &renewed);
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
}

#[tokio::test]
async fn a_node_whose_clock_stands_in_1990_connects() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let dialled = dial(&hub, &node_tls(&key, &enrolment)).await.unwrap();
    let (around, mut events) = surroundings(Shelf::new(2), clock_at("1990-01-01T00:00:00Z"));
    let peer = Peer { origin: enrolment.hub.origin(), school: None };
    let link = Link { connection: dialled.connection.clone(), role: Role::Node, peer, school: school() };
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(async move { driver::drive(link, &around, stopped).await.why });
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
}

#[tokio::test]
async fn a_revocation_cuts_the_live_link_and_refuses_the_next() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let own = node_tls(&key, &enrolment);
    let dialled = dial(&hub, &own).await.unwrap();
    let (task, mut events, _stop) = run(&dialled, &enrolment);
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    hub.engine.unwelcome.lock().unwrap().insert(key.origin());
    let before = std::time::Instant::now();
    assert_eq!(hub.cutter.cut(key.origin()), 1);
    assert_eq!(within(task).await.unwrap(), Ended::Connection(ConnectError::Closed(Close::Revoked)));
    assert!(before.elapsed() < std::time::Duration::from_secs(1), "within a second");
    let again = dial(&hub, &own).await.unwrap();
    assert_eq!(closed(&again).await, ConnectError::Closed(Close::Revoked));
}

#[tokio::test]
async fn the_third_link_of_one_identity_ends_the_first() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let own = node_tls(&key, &enrolment);
    let mut links = Vec::new();
    for _ in 0..3 {
        let dialled = dial(&hub, &own).await.unwrap();
        let (task, mut events, stop) = run(&dialled, &enrolment);
        heard(&mut events, established).await;
        heard(&mut hub.events, established).await;
        links.push((dialled, task, events, stop));
    }
    let (first, ..) = &links[0];
    assert_eq!(closed(first).await, ConnectError::Closed(Close::Superseded));
    assert_eq!(hub.cutter.live(key.origin()), 2);
    assert!(links[1..].iter().all(|(dialled, ..)| dialled.connection.close_reason().is_none()));
}

/// Counts the tickets a hub hands out.
#[derive(Debug, Default)]
struct Tickets(std::sync::atomic::AtomicUsize);

impl rustls::client::ClientSessionStore for Tickets {
    fn set_kx_hint(&self, _: rustls::pki_types::ServerName<'static>, _: rustls::NamedGroup) {}
    fn kx_hint(&self, _: &rustls::pki_types::ServerName<'_>) -> Option<rustls::NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: rustls::pki_types::ServerName<'static>, _: rustls::client::Tls12ClientSessionValue) {}
    fn tls12_session(&self, _: &rustls::pki_types::ServerName<'_>) -> Option<rustls::client::Tls12ClientSessionValue> {
        None
    }
    fn remove_tls12_session(&self, _: &rustls::pki_types::ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: rustls::pki_types::ServerName<'static>, _: rustls::client::Tls13ClientSessionValue) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
    fn take_tls13_ticket(&self, _: &rustls::pki_types::ServerName<'static>) -> Option<rustls::client::Tls13ClientSessionValue> {
        None
    }
}

/// Without a ticket there is nothing to resume with.
#[tokio::test]
async fn a_hub_gives_no_ticket_even_to_a_client_that_wants_one() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let (tuning, tickets) = (Tuning::default(), Arc::new(Tickets::default()));
    let client = node_tls(&key, &enrolment).resuming(tickets.clone(), &tuning);
    let dialled = within(reach::dial(&hub.at, &client, &tuning)).await.unwrap();
    // A ticket would have come with the hub's first words.
    let (task, mut events, stop) = run(&dialled, &enrolment);
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    stop.send(true).unwrap();
    within(task).await.unwrap();
    assert_eq!(tickets.0.load(std::sync::atomic::Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_protocol_of_another_generation_is_refused_as_such() {
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let tuning = Tuning::default();
    let client = node_tls(&key, &enrolment).speaking(b"huxue/2", &tuning);
    let error = within(reach::dial(&hub.at, &client, &tuning)).await.unwrap_err();
    assert_eq!(error, ConnectError::NoCommonProtocol);
}

/// DESIGN §7: what a school pays to find out that there is nothing new.
#[tokio::test]
async fn a_reconnect_with_nothing_new_stays_within_its_bytes() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    // A busy machine acknowledges late, in datagrams of their own: the least of several is what a reconnect costs by itself.
    let mut least = u64::MAX;
    for _ in 0..4 {
        let dialled = dial(&hub, &node_tls(&key, &enrolment)).await.unwrap();
        let handshake = Traffic::of(&dialled.connection);
        let (task, mut events, stop) = run(&dialled, &enrolment);
        heard(&mut events, |event| matches!(event, LinkEvent::Session(crate::sync::session::SessionEvent::InSync { .. }))).await;
        heard(&mut hub.events, |event| matches!(event, LinkEvent::Session(crate::sync::session::SessionEvent::InSync { .. }))).await;
        let in_sync = Traffic::of(&dialled.connection);
        let stats = dialled.connection.stats();
        assert_eq!((stats.frame_tx.new_connection_id, stats.frame_rx.new_token), (0, 0));
        stop.send(true).unwrap();
        within(task).await.unwrap();
        let ended = Traffic::of(&dialled.connection);
        println!("handshake {} bytes; in sync {} ({in_sync:?}); with the farewell {}", handshake.bytes(), in_sync.bytes(), ended.bytes());
        least = least.min(in_sync.bytes());
    }
    // 3 x 1,200 are padding that RFC 9000 §14.1 asks for; opening the streams of files takes about 120.
    assert!(least <= 4_200, "{least} bytes");
}

#[tokio::test]
async fn strangers_keys_do_not_fit_a_certificate() {
    let hub = Hub::start(1);
    let (_, enrolment) = hub.node(9).await;
    let stranger = Keypair::from_seed([12; 32]);
    assert!(NodeTls::new(&stranger, &enrolment.grant.node_certificate, &enrolment.grant.ca_certificate).is_err());
}

/// DESIGN §7: keep-alive at most 60 bytes, both ways together.
#[tokio::test]
async fn a_keep_alive_costs_at_most_sixty_bytes() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let tuning = Tuning { keep_alive: Some(std::time::Duration::from_millis(35)), ..Tuning::default() };
    let client = node_tls(&key, &enrolment).sync(&tuning).unwrap();
    let dialled = within(reach::dial(&hub.at, &client, &tuning)).await.unwrap();
    let (_task, mut events, _stop) = run(&dialled, &enrolment);
    heard(&mut events, |event| matches!(event, LinkEvent::Session(crate::sync::session::SessionEvent::InSync { .. }))).await;
    heard(&mut hub.events, established).await;
    let pings = async |at_least: u64| {
        while dialled.connection.stats().frame_tx.ping < at_least {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        (dialled.connection.stats().frame_tx.ping, Traffic::of(&dialled.connection))
    };
    // Further apart than an acknowledgement may be delayed (25 ms). The first pings share packets with the greeting; after 64 packets an acknowledgement is a byte longer.
    // A delayed acknowledgement or a repeated ping of a busy machine costs extra: the least of several windows is what a keep-alive costs by itself.
    let (mut first, mut before) = within(pings(66)).await;
    let mut least = u64::MAX;
    for _ in 0..6 {
        let (end, after) = within(pings(first + 4)).await;
        let cost = after.since(&before);
        println!("{} keep-alives cost {cost:?}", end - first);
        least = least.min(cost.bytes().div_ceil(end - first));
        (first, before) = (end, after);
    }
    assert!(least <= 60, "{least} bytes");
}

/// Half of its handshakes taken, a hub asks an address to prove itself first; all taken, it says that it is busy.
#[tokio::test]
async fn a_crowded_hub_has_addresses_prove_themselves_and_a_full_one_refuses() {
    use crate::transport::listener::Limits;
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let own = node_tls(&key, &enrolment);
    for (handshakes, expected) in [(1, Ok(())), (0, Err(ConnectError::Closed(Close::Busy)))] {
        let (listener, at) = hub.second_door(Limits { handshakes, ..Limits::default() });
        let tuning = Tuning::default();
        let outcome = within(reach::dial(&at, &own.sync(&tuning).unwrap(), &tuning)).await;
        if let Ok(dialled) = &outcome {
            assert!(Traffic::of(&dialled.connection).sent_bytes >= 3 * 1_200, "the first packet is sent twice after a Retry");
        }
        assert_eq!(outcome.map(drop), expected);
        listener.abort();
    }
}

/// Carries datagrams between one node and whichever hub it is told of; answers of any hub come back.
async fn relay(socket: tokio::net::UdpSocket, hub: watch::Receiver<std::net::SocketAddr>) {
    let (mut node, mut buffer) = (None, [0u8; 2_048]);
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { return };
        let from_hub = from.ip() == hub.borrow().ip() && node.is_some_and(|node| node != from);
        let towards = if from_hub { node } else { Some(*hub.borrow()) };
        if !from_hub {
            node = Some(from);
        }
        if let Some(towards) = towards {
            socket.send_to(&buffer[..length], towards).await.ok();
        }
    }
}

/// Without it a node would write into the void until its idle time is over.
#[tokio::test]
async fn a_hub_that_has_forgotten_a_link_says_so_at_the_next_packet() {
    use crate::transport::{HubAddress, listener::Limits};
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    // The same county and keys in another process, as after a crash.
    let (_restarted, reborn) = hub.second_door(Limits::default());
    let address = |at: &HubAddress| at.to_string().parse::<std::net::SocketAddr>().unwrap();
    let (switch, current) = watch::channel(address(&hub.at));
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at: HubAddress = socket.local_addr().unwrap().to_string().parse().unwrap();
    tokio::spawn(relay(socket, current));

    let tuning = Tuning { keep_alive: Some(std::time::Duration::from_millis(100)), ..Tuning::default() };
    let client = node_tls(&key, &enrolment).sync(&tuning).unwrap();
    let dialled = within(reach::dial(&at, &client, &tuning)).await.unwrap();
    let (task, mut events, _stop) = run(&dialled, &enrolment);
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    switch.send(address(&reborn)).unwrap();
    assert_eq!(within(task).await.unwrap(), Ended::Connection(ConnectError::Lost));
}
