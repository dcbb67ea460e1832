//! Records over a real link: more than fits a window, live edits, and what a broken peer gets.

use super::{
    county::{Hub, established, heard, node_tls, school, surroundings, within},
    shelf::{Shelf, space},
};
use crate::{
    clock::SystemClock,
    sync::{
        engine::Peer,
        session::{Role, SessionEvent},
    },
    transport::{
        ConnectError, News, Tuning,
        close::Close,
        driver,
        link::{Ended, Link, LinkEvent},
        reach::{self, Dialled},
    },
};
use std::sync::Arc;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// The node's end of a live link.
struct Node {
    engine: Arc<Shelf>,
    news: News,
    events: mpsc::UnboundedReceiver<LinkEvent>,
    dialled: Dialled,
    task: JoinHandle<Ended>,
    _stop: watch::Sender<bool>,
}

async fn link(hub: &Hub, engine: Arc<Shelf>) -> Node {
    let (key, enrolment) = hub.node(9).await;
    let tuning = Tuning::default();
    let dialled = within(reach::dial(&hub.at, &node_tls(&key, &enrolment).sync(&tuning).unwrap(), &tuning)).await.unwrap();
    let (around, events) = surroundings(engine.clone(), Arc::new(SystemClock));
    let news = around.news.clone();
    let peer = Peer { origin: enrolment.hub.origin(), school: None };
    let link = Link { connection: dialled.connection.clone(), role: Role::Node, peer, school: school() };
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(async move { driver::drive(link, &around, stopped).await.why });
    Node { engine, news, events, dialled, task, _stop: stop }
}

fn acknowledged(event: &LinkEvent, upto: u64) -> bool {
    matches!(event, LinkEvent::Session(SessionEvent::Acknowledged { lsn, .. }) if *lsn == upto)
}

fn in_sync(event: &LinkEvent) -> bool {
    matches!(event, LinkEvent::Session(SessionEvent::InSync { .. }))
}

#[tokio::test]
async fn more_than_every_window_arrives_whole_in_both_directions() {
    let mut hub = Hub::start(1);
    let engine = Shelf::new(2);
    // 3 MB and 2 MB that do not compress, against windows of 1 MiB.
    for number in 0..3_000 {
        engine.put(number, 1_000);
    }
    let mut node = link(&hub, engine).await;
    heard(&mut node.events, |event| acknowledged(event, 3_000)).await;
    for number in 0..2_000 {
        hub.engine.put(number, 1_000);
    }
    hub.news.committed(space(), 5_000);
    heard(&mut hub.events, |event| acknowledged(event, 5_000)).await;
    heard(&mut hub.events, in_sync).await;
    assert_eq!((node.engine.head(), hub.engine.head()), (5_000, 5_000));
    assert_eq!(node.engine.digest(), hub.engine.digest());
}

#[tokio::test]
async fn an_edit_on_either_side_of_a_live_link_arrives_without_a_new_dial() {
    let mut hub = Hub::start(1);
    let mut node = link(&hub, Shelf::new(2)).await;
    heard(&mut node.events, in_sync).await;
    heard(&mut hub.events, in_sync).await;
    for round in 1..=3 {
        let head = node.engine.put(round, 100);
        node.news.committed(space(), head);
        heard(&mut node.events, |event| acknowledged(event, head)).await;
        let head = hub.engine.put(100 + round, 100);
        hub.news.committed(space(), head);
        heard(&mut hub.events, |event| acknowledged(event, head)).await;
        heard(&mut hub.events, in_sync).await;
    }
    assert_eq!((node.engine.head(), hub.engine.head()), (6, 6));
}

#[tokio::test]
async fn a_peer_revoked_without_the_knife_is_stopped_at_its_next_frame() {
    let mut hub = Hub::start(1);
    let mut node = link(&hub, Shelf::new(2)).await;
    heard(&mut node.events, in_sync).await;
    heard(&mut hub.events, in_sync).await;
    hub.engine.unwelcome.lock().unwrap().extend(hub.cutter.connected());
    let head = node.engine.put(1, 100);
    node.news.committed(space(), head);
    let ended = within(node.task).await.unwrap();
    assert_eq!(ended.fault(&hub.at).unwrap().exit, crate::fault::Exit::Identity, "{ended:?}");
    assert_eq!(hub.engine.head(), 0);
}

#[tokio::test]
async fn a_peer_that_talks_rubbish_is_shown_out() {
    let mut hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let (tuning, own) = (Tuning::default(), node_tls(&key, &enrolment));
    let mut last = None;
    for rubbish in [vec![1; 4_096], vec![0; 10], vec![0xff; 4_096]] {
        let dialled = within(reach::dial(&hub.at, &own.sync(&tuning).unwrap(), &tuning)).await.unwrap();
        let (mut send, mut receive) = dialled.connection.open_bi().await.unwrap();
        send.write_all(&rubbish).await.unwrap();
        let mut said = [0u8; 4];
        within(receive.read_exact(&mut said)).await.unwrap();
        let ended = heard(&mut hub.events, |event| matches!(event, LinkEvent::Session(SessionEvent::Closed(_)))).await;
        assert!(matches!(ended, LinkEvent::Session(SessionEvent::Closed(reason)) if !reason.by_peer), "the hub says BYE");
        last = Some(dialled);
    }
    // Who does not go on BYE is shown out.
    let error = ConnectError::from_quinn(&within(last.unwrap().connection.closed()).await, true);
    assert_eq!(error, ConnectError::Closed(Close::Protocol));
    // The door is still open.
    let mut node = link(&hub, Shelf::new(2)).await;
    heard(&mut node.events, established).await;
    heard(&mut hub.events, established).await;
    assert!(node.dialled.connection.close_reason().is_none());
}
