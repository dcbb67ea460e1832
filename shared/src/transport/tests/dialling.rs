//! The node's loop: finds the hub when it comes, renews by itself, obeys `sync now`.

use super::county::{Hub, clock_at, established, heard, surroundings, within};
use super::shelf::Shelf;
use crate::{
    clock::SystemClock,
    identity::x509,
    transport::{
        Tuning,
        dialer::{DialPhase, DialStatus, Dialer, Keeper},
        enrol::Enrolment,
    },
};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

#[derive(Default)]
struct Drawer(Mutex<Vec<Enrolment>>);

impl Keeper for Drawer {
    fn keep(&self, renewed: &Enrolment) -> Result<(), String> {
        self.0.lock().unwrap().push(renewed.clone());
        Ok(())
    }
}

#[tokio::test]
async fn an_expired_certificate_renews_itself_even_under_a_wrong_clock() {
    let clock = clock_at("2026-09-01T00:00:00Z");
    let mut hub = Hub::start_at(1, clock.clone());
    let (key, enrolment) = hub.node(9).await;
    clock.advance_s((x509::NODE_DAYS + 30) * 86_400);
    // By its own clock the node sees no need.
    let (around, mut events) = surroundings(Shelf::new(2), clock_at("2026-09-02T00:00:00Z"));
    let drawer = Arc::new(Drawer::default());
    let dialer = Dialer::new(hub.at.clone(), key, enrolment.clone(), drawer.clone(), around, Tuning::default()).unwrap();
    let (_now, asked) = watch::channel(0);
    let (stop, stopped) = watch::channel(false);
    let (status, _seen) = watch::channel(DialStatus::default());
    let task = tokio::spawn(dialer.run(asked, stopped, status));
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    let kept = drawer.0.lock().unwrap().clone();
    assert_eq!(kept.len(), 1);
    assert!(x509::facts(&kept[0].grant.node_certificate).unwrap().not_after > x509::facts(&enrolment.grant.node_certificate).unwrap().not_after);
    stop.send(true).unwrap();
    within(task).await.unwrap();
}

#[tokio::test]
async fn a_certificate_in_its_second_half_is_renewed_before_the_dial() {
    let mut hub = Hub::start_at(1, clock_at("2026-09-01T00:00:00Z"));
    let (key, enrolment) = hub.node(9).await;
    let (around, mut events) = surroundings(Shelf::new(2), clock_at("2027-05-01T00:00:00Z"));
    let drawer = Arc::new(Drawer::default());
    let dialer = Dialer::new(hub.at.clone(), key, enrolment, drawer.clone(), around, Tuning::default()).unwrap();
    let (_now, asked) = watch::channel(0);
    let (_stop, stopped) = watch::channel(false);
    let (status, _seen) = watch::channel(DialStatus::default());
    tokio::spawn(dialer.run(asked, stopped, status));
    heard(&mut events, established).await;
    heard(&mut hub.events, established).await;
    assert_eq!(drawer.0.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_hub_that_is_away_is_reported_and_sync_now_ends_the_wait() {
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    hub.stop.send(true).unwrap();
    within(hub.task).await.unwrap();
    let (around, _events) = surroundings(Shelf::new(2), Arc::new(SystemClock));
    let dialer = Dialer::new(hub.at.clone(), key, enrolment, Arc::new(Drawer::default()), around, Tuning::default()).unwrap();
    let (now, asked) = watch::channel(0);
    let (stop, stopped) = watch::channel(false);
    let (status, mut seen) = watch::channel(DialStatus::default());
    let task = tokio::spawn(dialer.run(asked, stopped, status));
    let waiting = within(seen.wait_for(|status| status.phase == DialPhase::Waiting)).await.unwrap().clone();
    assert_eq!(waiting.last_error.unwrap().code, "hub-port-closed");
    now.send(1).unwrap();
    within(seen.wait_for(|status| status.phase == DialPhase::Dialling)).await.unwrap();
    stop.send(true).unwrap();
    within(task).await.unwrap();
    assert_eq!(seen.borrow().phase, DialPhase::Stopped);
}
