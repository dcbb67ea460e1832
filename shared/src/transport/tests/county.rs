//! A county in memory: a hub with a registrar and an empty replica, listening on a port of the system's choice.

use super::shelf::Shelf;
use crate::{
    clock::{Clock, SystemClock, TestClock},
    identity::{County, Keypair, PublicKey, RecoveryKey, RecoverySecret, Token, issue, x509},
    model::{ChangeHash, SchoolCode},
    sync::engine::Peer,
    transport::{
        Cutter, HubAddress, HubTls, News, NodeTls, Tuning,
        enrol::{self, EnrolError, EnrolRefusal, Enrolment, Grant, Redeem, Registrar},
        link::{LinkEvent, Observer, Surroundings},
        listener::{Limits, Listener},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{mpsc, watch};

/// What no test should ever need.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("within the limit")
}

pub(super) fn school() -> SchoolCode {
    "5299010001".parse().unwrap()
}

/// When a token expires, and whose it has become.
type Issued = (i64, Option<PublicKey>);

/// Tokens and keys as a hub's store would keep them.
pub(super) struct Desk {
    pub(super) county: County,
    pub(super) ca: Vec<u8>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) tokens: Mutex<BTreeMap<[u8; 32], Issued>>,
    pub(super) enrolled: Mutex<BTreeSet<PublicKey>>,
    pub(super) revoked: Mutex<BTreeSet<PublicKey>>,
    pub(super) deposits: Mutex<BTreeMap<PublicKey, Vec<u8>>>,
}

impl Desk {
    fn grant(&self, key: &PublicKey) -> Result<Grant, EnrolRefusal> {
        let grant =
            issue::node(&self.county, &self.ca, school(), "某某小学", key, [7; 32], self.clock.as_ref()).map_err(|_| EnrolRefusal::HubFailed)?;
        Ok(Grant { recovery: Some(self.recovery()), ..grant })
    }

    pub(super) fn recovery(&self) -> RecoveryKey {
        RecoveryKey::vouch(self.county.ca(), self.county.code(), RecoverySecret::from_bytes([3; 32]).public())
    }

    /// A token that expires in `seconds`.
    pub(super) fn token(&self, seconds: i64) -> Token {
        let token = self.county.new_token(&SystemClock);
        self.tokens.lock().unwrap().insert(token.secret_hash(), (self.clock.now().as_second() + seconds, None));
        token
    }

    pub(super) fn revoke(&self, key: PublicKey) {
        self.revoked.lock().unwrap().insert(key);
    }
}

impl Registrar for Desk {
    fn redeem(&self, request: &Redeem) -> Result<Grant, EnrolRefusal> {
        if request.county != self.county.code() {
            return Err(EnrolRefusal::TokenForeign);
        }
        if self.revoked.lock().unwrap().contains(&request.public_key) {
            return Err(EnrolRefusal::Revoked);
        }
        let mut tokens = self.tokens.lock().unwrap();
        let (expires, used_by) = tokens.get_mut(&request.secret_hash).ok_or(EnrolRefusal::TokenUnknown)?;
        match used_by {
            Some(key) if *key != request.public_key => return Err(EnrolRefusal::TokenUsed),
            None if self.clock.now().as_second() > *expires => return Err(EnrolRefusal::TokenExpired),
            _ => *used_by = Some(request.public_key),
        }
        self.enrolled.lock().unwrap().insert(request.public_key);
        self.grant(&request.public_key)
    }

    fn renew(&self, key: &PublicKey, _software: &str) -> Result<Grant, EnrolRefusal> {
        if self.revoked.lock().unwrap().contains(key) {
            return Err(EnrolRefusal::Revoked);
        }
        if !self.enrolled.lock().unwrap().contains(key) {
            return Err(EnrolRefusal::NotEnrolled);
        }
        self.grant(key)
    }

    fn deposit(&self, key: &PublicKey, sealed: Option<&[u8]>) -> Result<Option<RecoveryKey>, EnrolRefusal> {
        if !self.enrolled.lock().unwrap().contains(key) {
            return Err(EnrolRefusal::NotEnrolled);
        }
        if let Some(sealed) = sealed {
            self.deposits.lock().unwrap().insert(*key, sealed.to_vec());
        }
        Ok(Some(self.recovery()))
    }
}

/// Hands every event to the test.
pub(super) struct Tell(mpsc::UnboundedSender<LinkEvent>);

impl Observer for Tell {
    fn link(&self, _: &Peer, event: LinkEvent) {
        let _ = self.0.send(event);
    }
}

pub(super) fn surroundings(engine: Arc<Shelf>, clock: Arc<dyn Clock>) -> (Surroundings, mpsc::UnboundedReceiver<LinkEvent>) {
    let (tell, events) = mpsc::unbounded_channel();
    let around = Surroundings {
        engine,
        genesis: ChangeHash([0; 32]),
        news: News::default(),
        cutter: Cutter::default(),
        observer: Arc::new(Tell(tell)),
        clock,
        software: "huxue-test 0.1.0".into(),
    };
    (around, events)
}

/// Waits for an event that fits.
pub(super) async fn heard(events: &mut mpsc::UnboundedReceiver<LinkEvent>, what: impl Fn(&LinkEvent) -> bool) -> LinkEvent {
    within(async {
        loop {
            let event = events.recv().await.expect("the link lives");
            if what(&event) {
                return event;
            }
        }
    })
    .await
}

pub(super) fn established(event: &LinkEvent) -> bool {
    matches!(event, LinkEvent::Session(crate::sync::session::SessionEvent::Established(_)))
}

fn door(county: &County, ca: &[u8], clock: Arc<dyn Clock>, limits: Limits) -> (Listener, HubAddress) {
    let tls = HubTls::new(county.hub(), &x509::hub_certificate(county, clock.now()).unwrap(), ca).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), &tls, Tuning::default(), limits, clock).unwrap();
    let at = listener.local_addr().unwrap().to_string().parse().unwrap();
    (listener, at)
}

/// A running hub.
pub(super) struct Hub {
    pub(super) desk: Arc<Desk>,
    pub(super) engine: Arc<Shelf>,
    pub(super) cutter: Cutter,
    pub(super) news: News,
    pub(super) events: mpsc::UnboundedReceiver<LinkEvent>,
    pub(super) at: HubAddress,
    pub(super) stop: watch::Sender<bool>,
    pub(super) task: tokio::task::JoinHandle<()>,
}

impl Hub {
    /// Of county `seed`, by the real clock.
    pub(super) fn start(seed: u8) -> Self {
        Self::start_at(seed, Arc::new(SystemClock))
    }

    pub(super) fn start_at(seed: u8, clock: Arc<dyn Clock>) -> Self {
        let county = County::from_seeds("529901".parse().unwrap(), [seed; 32], [seed + 100; 32]);
        let ca = x509::ca_certificate(&county, clock.now()).unwrap();
        let (listener, at) = door(&county, &ca, clock.clone(), Limits::default());
        let engine = Shelf::new(1);
        let (around, events) = surroundings(engine.clone(), clock.clone());
        let (cutter, news) = (around.cutter.clone(), around.news.clone());
        let desk = Arc::new(Desk {
            county,
            ca,
            clock,
            tokens: Mutex::default(),
            enrolled: Mutex::default(),
            revoked: Mutex::default(),
            deposits: Mutex::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(listener.run(around, desk.clone(), stopped));
        Self { desk, engine, cutter, news, events, at, stop, task }
    }

    /// Another port of the same county, under other limits.
    pub(super) fn second_door(&self, limits: Limits) -> (tokio::task::JoinHandle<()>, HubAddress) {
        let (listener, at) = door(&self.desk.county, &self.desk.ca, self.desk.clock.clone(), limits);
        let (around, _) = surroundings(self.engine.clone(), self.desk.clock.clone());
        (tokio::spawn(listener.run(around, self.desk.clone(), self.stop.subscribe())), at)
    }

    pub(super) async fn enrol(&self, token: &Token, key: &Keypair) -> Result<Enrolment, EnrolError> {
        within(enrol::enrol(&self.at, token, key, "huxue-node 0.1.0", &Tuning::default())).await
    }

    /// A node already enrolled.
    pub(super) async fn node(&self, seed: u8) -> (Keypair, Enrolment) {
        let key = Keypair::from_seed([seed; 32]);
        let enrolment = self.enrol(&self.desk.token(3_600), &key).await.unwrap();
        (key, enrolment)
    }
}

pub(super) fn node_tls(key: &Keypair, enrolment: &Enrolment) -> NodeTls {
    NodeTls::new(key, &enrolment.grant.node_certificate, &enrolment.grant.ca_certificate).unwrap()
}

pub(super) fn clock_at(text: &str) -> Arc<TestClock> {
    Arc::new(TestClock::new(text.parse().unwrap(), 7))
}
