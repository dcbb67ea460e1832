//! Carries blobs beside one session: a courier on a pair of streams of lower priority, run on blocking threads, since it works on the disk.
//!
//! Bounds: one event at a time, so reading waits for the disk; a peer that asks for more than it may, so that its answers pile up, ends it. When a courier
//! ends, the session goes on; the next connection has a new one. A revoked peer's connection is closed by the cutter, and every event asks first whether
//! the peer is still welcome.

use super::pipes::{BlobStreams, write};
use crate::{
    sync::{
        courier::{ANSWERS_BYTES_MAX, Courier, CourierError},
        engine::Peer,
        frame::{Decoder, RawFrame},
    },
    transport::{
        link::Surroundings,
        news::{Feed, NewsItem},
        streams::Inlet as _,
    },
};
use quinn::RecvStream;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

/// Frames read ahead: two pieces.
const READ_AHEAD: usize = 2;
/// Bytes asked of a stream at once.
const READ_BYTES: usize = 64 * 1024;

enum Event {
    Ready(bool),
    Changed,
    Frame(RawFrame),
}

/// Until the connection ends or the courier does.
pub(super) async fn carry(around: Surroundings, peer: Peer, streams: BlobStreams, mut ready: watch::Receiver<bool>, mut feed: Feed) {
    if around.engine.shelf().is_none() {
        return;
    }
    let Ok(outlet) = streams.outward.await else { return };
    let mut tasks = JoinSet::new();
    let queued = Arc::new(AtomicUsize::new(0));
    let (send, queue) = mpsc::unbounded_channel();
    let (tell, mut frames) = mpsc::channel(READ_AHEAD);
    tasks.spawn(write(outlet, queue, queued.clone()));
    tasks.spawn(read(streams.inward, tell));
    let mut courier = Courier::new(peer.clone());
    loop {
        let event = tokio::select! {
            changed = ready.changed() => match changed {
                Ok(()) => Event::Ready(*ready.borrow_and_update()),
                Err(_) => return,
            },
            news = feed.next() => if news.contains(&NewsItem::Blobs) { Event::Changed } else { continue },
            frame = frames.recv() => match frame {
                Some(frame) => Event::Frame(frame),
                None => return,
            },
        };
        let (engine, who) = (around.engine.clone(), peer.clone());
        let handled = tokio::task::spawn_blocking(move || {
            let outcome = match engine.shelf() {
                Some(shelf) if engine.welcome(&who) => match event {
                    Event::Ready(ready) => courier.handle_ready(shelf, ready),
                    Event::Changed => courier.handle_changed(shelf),
                    Event::Frame(frame) => courier.handle_frame(shelf, &frame),
                },
                _ => Err(CourierError::Order),
            };
            (courier, outcome)
        });
        let Ok((back, outcome)) = handled.await else { return };
        courier = back;
        if let Err(error) = outcome {
            tracing::warn!(%error, origin = %peer.origin, "no more blobs on this link");
            return;
        }
        while let Some(bytes) = courier.poll() {
            queued.fetch_add(bytes.len(), Ordering::Relaxed);
            if send.send(bytes).is_err() {
                return;
            }
        }
        if queued.load(Ordering::Relaxed) > ANSWERS_BYTES_MAX {
            tracing::warn!(origin = %peer.origin, "the peer asks for more blobs than it reads");
            return;
        }
    }
}

async fn read(inward: oneshot::Receiver<RecvStream>, tell: mpsc::Sender<RawFrame>) {
    let Ok(mut inlet) = inward.await else {
        // The connection is going: the driver ends this task.
        return std::future::pending().await;
    };
    let mut decoder = Decoder::new();
    while let Some(bytes) = inlet.receive(READ_BYTES).await {
        decoder.push(&bytes);
        loop {
            match decoder.next_frame() {
                Ok(None) => break,
                Ok(Some(frame)) => {
                    if tell.send(frame).await.is_err() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the stream of blobs is none of frames");
                    return;
                }
            }
        }
    }
}
