//! The streams of one link: two readers that cut bytes into frames, two writers that never make the session wait.

use crate::{
    sync::{
        frame::{Channel, Decoder, FrameError, RawFrame},
        session::Role,
    },
    transport::streams::{Inlet, Outlet},
};
use quinn::{Connection, RecvStream, SendStream};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
};

/// Frames read ahead of the session: two of at most 256 KiB.
const READ_AHEAD: usize = 2;
/// Bytes asked of a stream at once.
const READ_BYTES: usize = 64 * 1024;
/// Records give way to control.
const RECORDS_PRIORITY: i32 = -1;
/// Blobs give way to both.
const BLOBS_PRIORITY: i32 = -2;

/// What came in.
#[derive(Debug)]
pub(super) enum Inbound {
    /// A frame.
    Frame(Channel, RawFrame),
    /// A stream that is none of frames.
    Broken(FrameError),
    /// The peer finished a stream, or the connection is going.
    Ended(Channel),
}

/// The streams of blobs, one each way: opened right behind the records', so that the second of a side is always that. Nothing is on the wire before the first
/// byte.
pub(super) struct BlobStreams {
    /// The own one.
    pub(super) outward: oneshot::Receiver<SendStream>,
    /// The peer's, once it says something on it.
    pub(super) inward: oneshot::Receiver<RecvStream>,
}

/// All streams. Dropping it stops their tasks.
pub(super) struct Pipes {
    control: Option<mpsc::UnboundedSender<Vec<u8>>>,
    records: mpsc::UnboundedSender<Vec<u8>>,
    queued: Arc<AtomicUsize>,
    inbound: mpsc::Receiver<Inbound>,
    blobs: Option<BlobStreams>,
    _tasks: JoinSet<()>,
}

impl Pipes {
    /// The node opens the control stream, the hub waits for it; `None` if the connection goes first.
    pub(super) async fn open(connection: &Connection, role: Role) -> Option<Self> {
        let (control_out, control_in) = match role {
            Role::Node => connection.open_bi().await.ok()?,
            Role::Hub => connection.accept_bi().await.ok()?,
        };
        let mut tasks = JoinSet::new();
        let queued = Arc::new(AtomicUsize::new(0));
        let (read, inbound) = mpsc::channel(READ_AHEAD);
        let (control, control_queue) = mpsc::unbounded_channel();
        let (records, records_queue) = mpsc::unbounded_channel();
        tasks.spawn(write(control_out, control_queue, queued.clone()));
        let (outward_tell, outward) = oneshot::channel();
        let (inward_tell, inward) = oneshot::channel();
        tasks.spawn(write_records(connection.clone(), records_queue, queued.clone(), outward_tell));
        tasks.spawn(read_frames(control_in, Channel::Control, read.clone()));
        tasks.spawn(read_records(connection.clone(), read, inward_tell));
        Some(Self { control: Some(control), records, queued, inbound, blobs: Some(BlobStreams { outward, inward }), _tasks: tasks })
    }

    /// The streams of blobs; once.
    pub(super) fn take_blobs(&mut self) -> Option<BlobStreams> {
        self.blobs.take()
    }

    /// Queues frames; a stream that is gone is noticed by the connection's end.
    pub(super) fn send(&self, channel: Channel, bytes: Vec<u8>) {
        let queue = match channel {
            Channel::Control => self.control.as_ref(),
            Channel::Records => Some(&self.records),
        };
        let length = bytes.len();
        if queue.is_some_and(|queue| queue.send(bytes).is_ok()) {
            self.queued.fetch_add(length, Ordering::Relaxed);
        }
    }

    /// Bytes waiting for the peer to read.
    pub(super) fn queued(&self) -> usize {
        // The writer may have taken off what `send` has not yet added: wrapped, which is as good as nothing.
        let queued = self.queued.load(Ordering::Relaxed);
        if queued > usize::MAX / 2 { 0 } else { queued }
    }

    /// Finishes the control stream behind what is queued.
    pub(super) fn end_control(&mut self) {
        self.control = None;
    }

    /// The next thing that came in. Cancel-safe.
    pub(super) async fn inbound(&mut self) -> Inbound {
        match self.inbound.recv().await {
            Some(inbound) => inbound,
            // Both readers have ended and said so.
            None => std::future::pending().await,
        }
    }

    /// What has come in already.
    pub(super) fn more(&mut self) -> Option<Inbound> {
        self.inbound.try_recv().ok()
    }
}

pub(super) async fn write(mut outlet: impl Outlet, mut queue: mpsc::UnboundedReceiver<Vec<u8>>, queued: Arc<AtomicUsize>) {
    while let Some(bytes) = queue.recv().await {
        if outlet.send(&bytes).await.is_none() {
            return;
        }
        queued.fetch_sub(bytes.len(), Ordering::Relaxed);
    }
    outlet.end().await;
}

async fn write_records(
    connection: Connection,
    queue: mpsc::UnboundedReceiver<Vec<u8>>,
    queued: Arc<AtomicUsize>,
    blobs: oneshot::Sender<SendStream>,
) {
    let Ok(outlet) = connection.open_uni().await else { return };
    // Fails only for a stream that is gone, which the first write reports.
    let _ = outlet.set_priority(RECORDS_PRIORITY);
    if let Ok(second) = connection.open_uni().await {
        let _ = second.set_priority(BLOBS_PRIORITY);
        // Nobody carries blobs here.
        let _ = blobs.send(second);
    }
    write(outlet, queue, queued).await;
}

async fn read_records(connection: Connection, tell: mpsc::Sender<Inbound>, blobs: oneshot::Sender<RecvStream>) {
    let Ok(inlet) = connection.accept_uni().await else { return };
    let second = async {
        if let Ok(second) = connection.accept_uni().await {
            let _ = blobs.send(second);
        }
    };
    tokio::join!(read_frames(inlet, Channel::Records, tell), second);
}

async fn read_frames(mut inlet: impl Inlet, channel: Channel, tell: mpsc::Sender<Inbound>) {
    let mut decoder = Decoder::new();
    while let Some(bytes) = inlet.receive(READ_BYTES).await {
        decoder.push(&bytes);
        loop {
            let inbound = match decoder.next_frame() {
                Ok(None) => break,
                Ok(Some(frame)) => Inbound::Frame(channel, frame),
                Err(error) => {
                    let _ = tell.send(Inbound::Broken(error)).await;
                    return;
                }
            };
            if tell.send(inbound).await.is_err() {
                return;
            }
        }
    }
    let _ = tell.send(Inbound::Ended(channel)).await;
}
