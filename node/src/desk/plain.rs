//! The desk's port on this machine, without TLS: answered until told to stop, with a bound on connections and on the time a request's head may take.
//!
//! Invariant: it ends within [`GRACE`] of being told to. A browser opens connections ahead of need and says nothing on them; one of those once held the first start back
//! from becoming the desk until the browser gave it up.
//!
//! One port for the whole life of the process: what it shows is put on its [`Stage`], first the first start, then the desk. Closing one server and opening the next on the same
//! port lost the browser's first request in between, now and then.

use super::lan::door::Door;
use axum::{
    Router,
    extract::Request,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use axum_server::Handle;
use huxue_shared::fault::{Exit, Fault};
use hyper_util::rt::TokioTimer;
use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tower::ServiceExt as _;

/// The head of a request takes no longer; nor does a connection that says nothing.
const REQUEST_HEAD: Duration = Duration::from_secs(15);
/// Answers under way when it ends may take so long.
const GRACE: Duration = Duration::from_secs(2);

/// A request that comes between two scenes waits so long for the next: an old PC opens its database in a second or two.
const BETWEEN: Duration = Duration::from_secs(30);

/// What the port shows, one scene after the other. While it is empty, who asks waits for the next.
#[derive(Clone, Debug)]
pub struct Stage(watch::Sender<Option<Router>>);

impl Default for Stage {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Stage {
    /// From now on this.
    pub fn show(&self, router: Router) {
        self.0.send_replace(Some(router));
    }

    /// The scene is over; what it is answering now is answered.
    pub fn clear(&self) {
        self.0.send_replace(None);
    }

    async fn answer(&self, request: Request) -> Response {
        let mut shown = self.0.subscribe();
        let router = match timeout(BETWEEN, shown.wait_for(Option::is_some)).await {
            Ok(Ok(router)) => router.clone(),
            // Nothing came: the process is ending, and says why in its log.
            _ => None,
        };
        match router {
            Some(router) => router.oneshot(request).await.into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    fn router(self) -> Router {
        Router::new().fallback(async move |request: Request| self.answer(request).await)
    }
}

/// Answers on an open port until `stop`; handlers learn who asks. Must be called within the runtime.
///
/// # Errors
/// `http-bind` when the runtime cannot take the port.
pub fn answer(listener: TcpListener, stage: Stage, stop: watch::Receiver<bool>) -> Result<JoinHandle<()>, Fault> {
    within(listener, stage.router(), stop, REQUEST_HEAD)
}

fn within(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>, head: Duration) -> Result<JoinHandle<()>, Fault> {
    let handle = Handle::new();
    let bound = axum_server::from_tcp(listener).map_err(|error| Fault::new("http-bind", Exit::Storage).with("address", "").because(error))?;
    let mut server = bound.acceptor(Door::plain()).handle(handle.clone()).http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(head);
    tokio::spawn(async move {
        // The sender's end is the process's end.
        let _ = stop.wait_for(|stop| *stop).await;
        handle.graceful_shutdown(Some(GRACE));
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    Ok(tokio::spawn(async move {
        if let Err(error) = server.serve(service).await {
            tracing::error!(%error, "the pages stopped");
        }
    }))
}

#[cfg(test)]
mod tests;
