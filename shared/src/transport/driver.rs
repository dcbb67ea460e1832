//! Drives one session over one connection: carries frames, runs the session's questions on blocking threads, keeps its time.
//!
//! Per link: one task here, two readers, two writers, two lanes, and [`blobs`] beside them. The control stream (opened by the node) goes before the records streams (one each
//! way, opened by their sender), so that an ACK never waits behind a PUSH.
//!
//! Bounds: reading stops while [`ASKS_MAX`] questions are open; a peer that lets [`QUEUE_BYTES_MAX`] pile up unread is cut off; what QUIC itself
//! holds is bounded by [`super::Tuning::window`].

mod blobs;
mod lanes;
mod pipes;

use crate::{
    sync::{
        frame::Channel,
        message::ByeCode,
        session::{CloseReason, Config, Output, Session},
    },
    transport::{
        ConnectError, Traffic,
        close::Close,
        link::{Ended, Link, LinkEvent, Surroundings},
        news::{Feed, NewsItem},
    },
};
use jiff::Timestamp;
use lanes::Lanes;
use pipes::{Inbound, Pipes};
use std::{collections::BTreeSet, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

/// Questions open at once before reading pauses.
const ASKS_MAX: usize = 64;
/// Frames judged with one question whether the peer is still welcome.
const FRAMES_AT_ONCE: usize = 16;
/// Bytes that may wait for a peer to read them: 64 frames of 256 KiB that credit allows, and as much again of control.
pub(super) const QUEUE_BYTES_MAX: usize = 2 * 64 * 256 * 1024;
/// How long the node may take to open the control stream.
const OPENING: Duration = Duration::from_secs(30);
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(3);
/// Between reports while busy and while idle.
const PULSE_BUSY: Duration = Duration::from_secs(1);
const PULSE_IDLE: Duration = Duration::from_secs(20);

/// How a link went.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) why: Ended,
    /// Both HELLOs were exchanged.
    pub(crate) established: bool,
    pub(crate) traffic: Traffic,
}

/// Runs a link to its end. `stop` (true, or its owner gone) ends it in order. The caller has entered the connection in the cutter.
pub(crate) async fn drive(link: Link, around: &Surroundings, stop: watch::Receiver<bool>) -> Outcome {
    let (peer, connection) = (link.peer.clone(), link.connection.clone());
    let live = around.cutter.live(peer.origin);
    around.observer.link(&peer, LinkEvent::Connected { remote: connection.remote_address(), live });
    let (why, established) = run(link, around, stop).await;
    let traffic = Traffic::of(&connection);
    around.observer.link(&peer, LinkEvent::Ended { why: why.clone(), traffic });
    Outcome { why, established, traffic }
}

async fn run(link: Link, around: &Surroundings, mut stop: watch::Receiver<bool>) -> (Ended, bool) {
    // Subscribed before the session reads its state: no commit falls between.
    let feed = around.news.subscribe(link.school);
    if !welcome(&link, around).await {
        Close::Revoked.now(&link.connection, "revoked");
        return (Ended::Connection(ConnectError::Closed(Close::Revoked)), false);
    }
    let opened = tokio::select! {
        opened = timeout(OPENING, Pipes::open(&link.connection, link.role)) => opened.ok().flatten(),
        () = stopped(&mut stop) => None,
    };
    let Some(mut pipes) = opened else {
        let why = link.connection.close_reason().map_or(ConnectError::Lost, |error| ConnectError::from_quinn(&error, true));
        let code = if *stop.borrow() { Close::Stopping } else { Close::Silent };
        code.now(&link.connection, "no control stream");
        return (Ended::Connection(why), false);
    };
    let start = Instant::now();
    let mut config = Config::new(link.role, link.peer.clone(), link.school, around.software.clone(), nonce(around), around.clock.now().as_second());
    // The hub has the node's certificate since enrolment, the node the hub's.
    config.introduced = BTreeSet::from([link.peer.origin]);
    let (ready, is_ready) = watch::channel(false);
    let mut beside = JoinSet::new();
    if let Some(streams) = pipes.take_blobs() {
        // Its own ear, and its own end: whatever becomes of blobs, records go on.
        beside.spawn(blobs::carry(around.clone(), link.peer.clone(), streams, is_ready, around.news.subscribe(link.school)));
    }
    let mut driver = Driver {
        session: Session::new(config, 0),
        lanes: Lanes::start(around, &link.peer),
        pipes,
        ready,
        _beside: beside,
        pulse_at: start + PULSE_BUSY,
        reported: Traffic::default(),
        heard_at: around.clock.now(),
        link,
        around,
        feed,
        stop,
        start,
    };
    let why = driver.turn().await;
    (why, driver.session.met().is_some())
}

async fn welcome(link: &Link, around: &Surroundings) -> bool {
    let (engine, peer) = (around.engine.clone(), link.peer.clone());
    tokio::task::spawn_blocking(move || engine.welcome(&peer)).await.unwrap_or(false)
}

fn nonce(around: &Surroundings) -> [u8; 16] {
    let mut nonce = [0u8; 16];
    around.clock.random(&mut nonce);
    nonce
}

struct Driver<'a> {
    link: Link,
    around: &'a Surroundings,
    session: Session,
    pipes: Pipes,
    lanes: Lanes,
    feed: Feed,
    stop: watch::Receiver<bool>,
    start: Instant,
    /// Records are in sync: blobs may be asked for.
    ready: watch::Sender<bool>,
    _beside: JoinSet<()>,
    pulse_at: Instant,
    reported: Traffic,
    heard_at: Timestamp,
}

impl Driver<'_> {
    async fn turn(&mut self) -> Ended {
        loop {
            if let Some(reason) = self.obey() {
                return self.end(reason).await;
            }
            let timer_at = self.session.next_timer_ms().map_or(self.pulse_at, |ms| self.start + Duration::from_millis(ms));
            let connection = self.link.connection.clone();
            tokio::select! {
                error = connection.closed() => {
                    self.session.handle_lost();
                    return Ended::Connection(ConnectError::from_quinn(&error, true));
                }
                () = stopped(&mut self.stop) => self.session.handle_end(ByeCode::Done, "stopping"),
                answer = self.lanes.answer() => self.session.handle_answer(answer),
                news = self.feed.next() => self.hear(&news),
                inbound = self.pipes.inbound(), if self.lanes.open() < ASKS_MAX => self.take(inbound).await,
                () = sleep_until(timer_at.min(self.pulse_at)) => self.tick(),
            }
        }
    }

    /// Does what the session says until it has no more to say; `Some` at the end.
    fn obey(&mut self) -> Option<CloseReason> {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Send { channel, bytes } => self.pipes.send(channel, bytes),
                Output::Ask(ask) => self.lanes.ask(ask),
                Output::Event(event) => self.around.observer.link(&self.link.peer, LinkEvent::Session(event)),
                Output::Close { reason } => return Some(reason),
            }
        }
        if self.pipes.queued() > QUEUE_BYTES_MAX {
            self.session.handle_end(ByeCode::Limit, "the peer does not read");
            return self.obey();
        }
        let in_sync = self.session.in_sync();
        self.ready.send_if_modified(|ready| std::mem::replace(ready, in_sync) != in_sync);
        None
    }

    fn hear(&mut self, news: &[NewsItem]) {
        for item in news {
            match item {
                NewsItem::Committed { space, head } => self.session.handle_local_change(*space, *head),
                NewsItem::Verdicts => self.session.handle_verdicts(),
                // Heard by the courier's own ear.
                NewsItem::Blobs => {}
            }
        }
    }

    async fn take(&mut self, first: Inbound) {
        let mut batch = vec![first];
        while batch.len() < FRAMES_AT_ONCE
            && let Some(next) = self.pipes.more()
        {
            batch.push(next);
        }
        if !welcome(&self.link, self.around).await {
            self.session.handle_revoked();
            return;
        }
        for inbound in batch {
            match inbound {
                Inbound::Frame(channel, frame) => self.session.handle_frame(channel, &frame),
                Inbound::Broken(error) => self.session.handle_frame_error(error),
                // A stream that ends with its connection is told by `closed`, with the reason.
                Inbound::Ended(Channel::Control) if self.link.connection.close_reason().is_none() => {
                    self.session.handle_end(ByeCode::Order, "the control stream ended");
                }
                Inbound::Ended(_) => {}
            }
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        let elapsed = now.duration_since(self.start).as_millis();
        self.session.handle_timer(u64::try_from(elapsed).unwrap_or(u64::MAX));
        if now >= self.pulse_at {
            self.pulse(now);
        }
    }

    fn pulse(&mut self, now: Instant) {
        let traffic = Traffic::of(&self.link.connection);
        let fresh = traffic.since(&self.reported);
        if fresh.received_bytes > 0 {
            self.heard_at = self.around.clock.now();
        }
        self.pulse_at = now + if fresh.bytes() > 0 { PULSE_BUSY } else { PULSE_IDLE };
        self.reported = traffic;
        let progress = self.session.progress().collect();
        self.around.observer.link(&self.link.peer, LinkEvent::Pulse { traffic, progress, heard_at: self.heard_at });
    }

    /// The side that said BYE waits until the other has read it and closed; the side that heard it closes at once.
    async fn end(&mut self, reason: CloseReason) -> Ended {
        self.pulse(Instant::now());
        if !reason.by_peer {
            self.pipes.end_control();
            let _ = timeout(FAREWELL, self.link.connection.closed()).await;
        }
        close_code(&reason).now(&self.link.connection, &reason.detail);
        Ended::Session(reason)
    }
}

/// Resolves once `stop` is true or its owner is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

fn close_code(reason: &CloseReason) -> Close {
    match reason.code {
        ByeCode::Done => Close::Done,
        ByeCode::Version => Close::Version,
        ByeCode::Revoked => Close::Revoked,
        ByeCode::Unavailable => Close::Replica,
        ByeCode::Timeout => Close::Silent,
        ByeCode::Duplicate => Close::Superseded,
        ByeCode::Busy => Close::Busy,
        _ => Close::Protocol,
    }
}
