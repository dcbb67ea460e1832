//! The desk's port on this machine, without TLS: answered until told to stop, with a bound on connections and on the time a request's head may take.
//!
//! Invariant: it ends within [`GRACE`] of being told to. A browser opens connections ahead of need and says nothing on them; one of those once held the first start back
//! from becoming the desk until the browser gave it up.

use super::lan::door::Door;
use axum::Router;
use axum_server::Handle;
use huxue_shared::fault::{Exit, Fault};
use hyper_util::rt::TokioTimer;
use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tokio::{sync::watch, task::JoinHandle};

/// The head of a request takes no longer; nor does a connection that says nothing.
const REQUEST_HEAD: Duration = Duration::from_secs(15);
/// Answers under way when it ends may take so long.
const GRACE: Duration = Duration::from_secs(2);

/// Answers on an open port until `stop`; handlers learn who asks. Must be called within the runtime.
///
/// # Errors
/// `http-bind` when the runtime cannot take the port.
pub fn answer(listener: TcpListener, router: Router, stop: watch::Receiver<bool>) -> Result<JoinHandle<()>, Fault> {
    within(listener, router, stop, REQUEST_HEAD)
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
