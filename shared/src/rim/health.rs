//! `/healthz` (the process answers), `/readyz` (it can do its work), `/metrics` (Prometheus). No other page; the desks come beside it later.

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

/// Listens at `at` (port 0: any) until `stop`; gives the address.
///
/// # Errors
/// `http-bind` when the address cannot be had.
pub async fn serve(at: SocketAddr, ready: Ready, gauges: Gauges, mut stop: watch::Receiver<bool>) -> Result<SocketAddr, Fault> {
    let refused = |error: std::io::Error| Fault::new("http-bind", Exit::Storage).with("address", at).because(error);
    let listener = tokio::net::TcpListener::bind(at).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    // Tests run several daemons in one process: the recorder is the process's, the page is each one's.
    let handle = recorder();
    let router = Router::new()
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
        );
    tokio::spawn(async move {
        let wait = async move {
            // The sender's end is the process's end.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(wait).await {
            tracing::error!(%error, "the health page stopped");
        }
    });
    Ok(address)
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
