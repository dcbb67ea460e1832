//! `/healthz` (the process answers), `/readyz` (it can do its work), `/metrics` (Prometheus). A desk's pages come beside them on the same port.

use crate::fault::{Exit, Fault};
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    routing::get,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::watch;

/// Whether the daemon can do its work now.
pub type Ready = Arc<dyn Fn() -> bool + Send + Sync>;
/// Called before each reading of the metrics, to set gauges.
pub type Gauges = Arc<dyn Fn() + Send + Sync>;

/// Opens the port (0: any).
///
/// # Errors
/// `http-bind` when the address cannot be had.
pub fn bind(at: SocketAddr) -> Result<(std::net::TcpListener, SocketAddr), Fault> {
    let refused = |error: std::io::Error| Fault::new("http-bind", Exit::Storage).with("address", at).because(error);
    let listener = std::net::TcpListener::bind(at).map_err(refused)?;
    listener.set_nonblocking(true).map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Listens at `at` (port 0: any) until `stop` with these pages alone; gives the address.
///
/// # Errors
/// `http-bind` when the address cannot be had.
pub fn serve(at: SocketAddr, ready: Ready, gauges: Gauges, stop: watch::Receiver<bool>) -> Result<SocketAddr, Fault> {
    let (listener, address) = bind(at)?;
    answer(listener, router(address, ready, gauges), stop)?;
    Ok(address)
}

/// The three pages, for a server at `address`.
pub fn router(address: SocketAddr, ready: Ready, gauges: Gauges) -> Router {
    // Tests run several daemons in one process: the recorder is the process's, the page is each one's.
    let handle = recorder();
    Router::new()
        .route("/healthz", get(move |headers: HeaderMap| async move { guarded(&headers, address, || (StatusCode::OK, "ok\n".to_owned())) }))
        .route("/readyz", get(move |headers: HeaderMap| async move { guarded(&headers, address, || readiness(ready())) }))
        .route(
            "/metrics",
            get(move |headers: HeaderMap| async move {
                guarded(&headers, address, || {
                    gauges();
                    (StatusCode::OK, handle.render())
                })
            }),
        )
}

/// Answers on an open port until `stop`; handlers learn who asks. Must be called within the runtime.
///
/// # Errors
/// `http-bind` when the runtime cannot take the port.
pub fn answer(listener: std::net::TcpListener, router: Router, mut stop: watch::Receiver<bool>) -> Result<tokio::task::JoinHandle<()>, Fault> {
    let listener =
        tokio::net::TcpListener::from_std(listener).map_err(|error| Fault::new("http-bind", Exit::Storage).with("address", "").because(error))?;
    Ok(tokio::spawn(async move {
        let wait = async move {
            // The sender's end is the process's end.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(wait).await {
            tracing::error!(%error, "the pages stopped");
        }
    }))
}

fn recorder() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            // A recorder set by someone else keeps counting there; this page is then empty, not wrong.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}

fn readiness(ready: bool) -> (StatusCode, String) {
    if ready { (StatusCode::OK, "ready\n".into()) } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".into()) }
}

/// A page of the browser on some other site must not reach this one under a name of its own (DNS rebinding): the Host is an address or `localhost`.
fn guarded(headers: &HeaderMap, own: SocketAddr, page: impl FnOnce() -> (StatusCode, String)) -> (StatusCode, String) {
    let host = headers.get("host").and_then(|h| h.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    if name == "localhost" || name.parse::<std::net::IpAddr>().is_ok() {
        return page();
    }
    (StatusCode::MISDIRECTED_REQUEST, format!("this is {own}\n"))
}

/// Sets a gauge `huxue_<name>`.
pub fn gauge(name: &str, value: f64) {
    metrics::gauge!(format!("huxue_{name}")).set(value);
}
