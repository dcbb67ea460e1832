//! How what is sent arrives: no slower than a body may be, and no more of it at once than this machine has room for.
//!
//! Invariants: a body that says nothing for [`Pace::silence`], or comes slower than [`Pace::bytes_per_s`] once [`Pace::start`] is over, ends there; bodies larger than
//! [`SMALL`] claim their bytes (one part of a form is in memory at a time, so never more than [`CLAIM_MAX`]) of one room for all, wait [`Pace::turn`] for it, and are
//! then told to come again. What is turned away is read to its end and dropped, so that the browser hears why. Behind the gate: a stranger's body is not read at all, and
//! what the gate itself reads of a locked or ended session's form ([`super::kept`]) comes at the same pace.

use super::guard::Oops;
use crate::fault::{Exit, Fault};
use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout, timeout_at},
};

/// Bodies up to so many bytes claim nothing: forms go on while photos come.
const SMALL: u64 = 64 * 1024;
/// One body claims no more, bytes: the largest file, and the form around it.
const CLAIM_MAX: u64 = 24 << 20;
/// What is turned away is read to so many bytes.
const DRAIN_MAX: u64 = 256 << 20;

/// How patient a desk is with what is sent.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Without a byte.
    pub silence: Duration,
    /// Until the first measure of its speed.
    pub start: Duration,
    /// The slowest that goes on.
    pub bytes_per_s: u64,
    /// Waits for room.
    pub turn: Duration,
    /// Room for all bodies at once, bytes; at least [`CLAIM_MAX`] outside tests.
    pub room: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(30),
            start: Duration::from_mins(1),
            bytes_per_s: 16 * 1024,
            turn: Duration::from_secs(10),
            room: 2 * CLAIM_MAX,
        }
    }
}

/// What arrives at a desk.
#[derive(Debug)]
pub struct Arrivals {
    pace: Pace,
    room: Arc<Semaphore>,
}

impl Arrivals {
    /// Nothing yet.
    #[must_use]
    pub fn new(pace: Pace) -> Arc<Self> {
        Arc::new(Self { pace, room: Arc::new(Semaphore::new(usize::try_from(pace.room).unwrap_or(Semaphore::MAX_PERMITS))) })
    }

    /// A body as it comes from now on; `late` is set once it came too slowly.
    fn under_way(&self, body: Body, late: &Arc<AtomicBool>) -> Paced {
        Paced { body: body.into_data_stream(), pace: self.pace, since: Instant::now(), read: 0, late: Arc::clone(late) }
    }

    /// A request whose body ends, as if it were broken, where it comes slower than it may.
    pub(super) fn paced(&self, request: Request) -> Request {
        request.map(|body| self.under_way(body, &Arc::default()).into_body())
    }

    /// What a body claims of the room. One that does not say its length may be as large as any.
    fn claim(&self, headers: &HeaderMap) -> u32 {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        let claimed = length.map_or(CLAIM_MAX, |length| if length <= SMALL { 0 } else { length });
        u32::try_from(claimed.min(CLAIM_MAX).min(self.pace.room)).unwrap_or(u32::MAX)
    }
}

/// A body under way.
struct Paced {
    body: BodyDataStream,
    pace: Pace,
    since: Instant,
    read: u64,
    late: Arc<AtomicBool>,
}

impl Paced {
    async fn next(&mut self) -> Option<Result<Bytes, axum::Error>> {
        let by_size = Duration::from_secs(self.read / self.pace.bytes_per_s.max(1));
        let until = (Instant::now() + self.pace.silence).min(self.since + self.pace.start + by_size);
        match timeout_at(until, self.body.next()).await {
            Ok(Some(Ok(bytes))) => {
                self.read += bytes.len() as u64;
                Some(Ok(bytes))
            }
            Ok(other) => other,
            Err(_) => {
                self.late.store(true, Ordering::Release);
                Some(Err(axum::Error::new(std::io::Error::from(std::io::ErrorKind::TimedOut))))
            }
        }
    }

    /// Reads to the end, for nothing.
    async fn drain(mut self) {
        while let Some(Ok(_)) = self.next().await {
            if self.read > DRAIN_MAX {
                break;
            }
        }
    }

    fn into_body(self) -> Body {
        Body::from_stream(futures_util::stream::unfold(self, |mut paced| async move { paced.next().await.map(|item| (item, paced)) }))
    }
}

/// Lets a request through with its body at the pace of this desk, or turns it away.
pub async fn bounded(State(arrivals): State<Arc<Arrivals>>, request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return next.run(request).await;
    }
    let late = Arc::new(AtomicBool::new(false));
    let (parts, body) = request.into_parts();
    let claim = arrivals.claim(&parts.headers);
    let turn = timeout(arrivals.pace.turn, Arc::clone(&arrivals.room).acquire_many_owned(claim));
    let room = if claim == 0 { None } else { Some(turn.await) };
    let paced = arrivals.under_way(body, &late);
    let _room = match room {
        None => None,
        Some(Ok(Ok(room))) => Some(room),
        Some(_) => {
            paced.drain().await;
            return Oops(Fault::new("web-uploads-busy", Exit::Storage)).into_response();
        }
    };
    let response = next.run(Request::from_parts(parts, paced.into_body())).await;
    if late.load(Ordering::Acquire) { Oops(Fault::new("web-upload-slow", Exit::Input)).into_response() } else { response }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_LENGTH, text.parse().unwrap())])
    }

    #[test]
    fn a_form_claims_nothing_a_photo_its_size_and_what_hides_its_size_the_most() {
        let arrivals = Arrivals::new(Pace::default());
        let claims = [&length("1000"), &length("5000000"), &length("9000000000"), &length("x"), &HeaderMap::new()].map(|head| arrivals.claim(head));
        assert_eq!(claims.map(u64::from), [0, 5_000_000, CLAIM_MAX, CLAIM_MAX, CLAIM_MAX]);
    }
}
