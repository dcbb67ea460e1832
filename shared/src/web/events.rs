//! The head of a page keeps itself fresh: `/events` rings when something changed, `/pulse` says what stands there now. Neither counts as the person's own request.

use super::{
    desk::Desk,
    guard::{Oops, Visitor},
    page::{Page, draw},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::State,
    response::{
        Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use std::{convert::Infallible, sync::Arc, time::Duration};

/// Between two events.
const PAUSE: Duration = Duration::from_millis(250);

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/events", get(events)).route("/pulse", get(pulse))
}

async fn events(State(desk): State<Arc<Desk>>) -> Sse<impl futures_util::Stream<Item = Result<Event, Infallible>>> {
    let stream = futures_util::stream::unfold(desk.pulses.listen(), |mut bell| async move {
        // The bell's end is the process's end.
        bell.changed().await.ok()?;
        // A file on its way rings with every piece: a page needs to hear of it a few times a second at most.
        tokio::time::sleep(PAUSE).await;
        let rung = *bell.borrow_and_update();
        Some((Ok(Event::default().event("changed").data(rung.to_string())), bell))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

#[derive(Template)]
#[template(path = "pulse.html")]
struct Piece {
    page: Page,
}

async fn pulse(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    draw(&Piece { page: Page::of(&desk, &visitor, "web-today") })
}
