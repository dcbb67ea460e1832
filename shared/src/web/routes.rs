//! All routes of a desk behind the gate.

use super::{
    Desk,
    arrival::{self, Arrivals, Pace},
    assets, children, conflicts, entry, events, files, grid, guard, import, ledgers, login, paper, people, record, reports, shelf, undo,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Uri,
    middleware,
    response::{IntoResponse as _, Response},
    routing::get,
};
use std::sync::Arc;
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate as _, SizeAbove},
};

/// Largest body of a form; imports have their own.
const FORM_BYTES_MAX: usize = 512 * 1024;

/// The desk: what every desk has, and `own` pages, all behind the gate.
pub fn desk(desk: &Arc<Desk>, own: Router<Arc<Desk>>) -> Router {
    paced(desk, own, Pace::default())
}

/// The same with a patience of its own.
pub fn paced(desk: &Arc<Desk>, own: Router<Arc<Desk>>, pace: Pace) -> Router {
    let arrivals = Arrivals::new(pace);
    let pages = Router::new()
        .route("/static/{stamp}/{name}", get(assets::serve))
        .merge(login::routes())
        .merge(people::routes())
        .merge(events::routes())
        .merge(children::routes())
        .merge(shelf::routes())
        .merge(ledgers::routes())
        .merge(entry::routes())
        .merge(grid::routes())
        .merge(undo::routes())
        .merge(record::routes())
        .merge(files::routes())
        .merge(paper::routes())
        .merge(conflicts::routes())
        .merge(import::routes())
        .merge(reports::routes())
        .merge(own)
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&arrivals), arrival::bounded))
        .with_state(Arc::clone(desk));
    let gate = guard::Gate { desk: Arc::clone(desk), pages: pages.clone(), arrivals };
    pages
        .layer(middleware::from_fn_with_state(gate, guard::gate))
        // Events are small and must not wait for a buffer to fill; photos do not shrink.
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(512).and(NotForContentType::SSE).and(NotForContentType::IMAGES)))
}

async fn nowhere(uri: Uri) -> Response {
    guard::Oops(crate::fault::Fault::new("web-nowhere", crate::fault::Exit::NoMatch).with("path", uri.path())).into_response()
}
