//! The first start: `serve` without enrolment answers this machine's own browser with one page that asks for the hub's address and the token. Once enrolled, the desk takes
//! over on the same port, and asks for the first account and the roster.

use crate::{enrolled, serve};
use askama::Template;
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Multipart, State},
    middleware,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use huxue_shared::{
    clock::SystemClock,
    fault::{Exit, Fault},
    rim::{health, key::Unlock, stop},
    web::{
        assets,
        guard::{self, Oops, Porch, Visitor},
        login::{self, Language},
        page::{Page, Said, draw},
    },
};
use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::{Mutex, watch};

/// A token is a line of text.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What the page works on.
struct Wizard {
    dir: PathBuf,
    unlock: Unlock,
    /// One enrolment at a time; true once it is done.
    enrolled: Mutex<bool>,
    done: watch::Sender<bool>,
}

#[derive(Template)]
#[template(path = "wizard.html")]
struct WizardPage {
    page: Page,
    said: Option<Said>,
    hub: String,
}

/// Serves the first start until the node is enrolled (true) or the process is asked to stop (false).
///
/// # Errors
/// `wizard-not-here` when the port is not this machine's own; the port's.
pub fn serve(dir: &Path, unlock: Unlock, listener: TcpListener, at: SocketAddr, ready: impl FnOnce()) -> Result<bool, Fault> {
    if !at.ip().is_loopback() {
        return Err(Fault::new("wizard-not-here", Exit::Usage).with("address", at));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(Fault::internal)?;
    let outcome = runtime.block_on(async {
        let mut asked = stop::on_signal().map_err(Fault::internal)?;
        let (done, enrolled) = watch::channel(false);
        let wizard = Arc::new(Wizard { dir: dir.to_owned(), unlock, enrolled: Mutex::new(false), done });
        let router = router(&wizard).merge(health::router(at, Arc::new(|| false), Arc::new(|| {})));
        let pages = super::plain::answer(listener, router, enrolled.clone())?;
        tracing::info!(%at, "not enrolled yet: the first start waits in this machine's browser");
        ready();
        // Not under systemd: nobody to tell.
        let _ = stop::tell_systemd(true);
        let mut enrolled = enrolled;
        tokio::select! {
            _ = asked.wait_for(|asked| *asked) => Ok(false),
            _ = enrolled.wait_for(|enrolled| *enrolled) => {
                // The answer that says so is still on its way.
                pages.await.map_err(Fault::internal)?;
                Ok(true)
            }
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome
}

fn router(wizard: &Arc<Wizard>) -> Router {
    let porch = Arc::new(Porch { place: "护学 huxue".to_owned(), clock: Arc::new(SystemClock) });
    Router::new()
        .route("/", get(page))
        .route("/enrol", post(enrol))
        .route("/language", post(language))
        .route("/static/{stamp}/{name}", get(assets::serve))
        .fallback(get(async || Redirect::to("/")))
        .layer(DefaultBodyLimit::max(TOKEN_BYTES_MAX))
        .layer(middleware::from_fn_with_state(porch, guard::porch))
        .with_state(Arc::clone(wizard))
}

fn draw_page(visitor: &Visitor, said: Option<Said>, hub: String) -> Result<Response, Oops> {
    draw(&WizardPage { page: Page::bare("护学 huxue", visitor, "desk-wizard"), said, hub })
}

async fn page(Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    draw_page(&visitor, None, String::new())
}

async fn language(Form(wanted): Form<Language>) -> Response {
    login::switch(&wanted)
}

async fn enrol(State(wizard): State<Arc<Wizard>>, Extension(visitor): Extension<Visitor>, mut parts: Multipart) -> Result<Response, Oops> {
    let broken = |error: axum::extract::multipart::MultipartError| Fault::new("web-upload-broken", Exit::Input).with("detail", error);
    let (mut hub, mut token, mut file) = (String::new(), String::new(), String::new());
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        match part.name() {
            Some("hub") => hub = part.text().await.map_err(broken)?,
            Some("token") => token = part.text().await.map_err(broken)?,
            Some("file") => file = String::from_utf8_lossy(&part.bytes().await.map_err(broken)?).into_owned(),
            _ => {}
        }
    }
    let token = if token.trim().is_empty() { file } else { token };
    // Pasted out of a letter, a token comes with line breaks.
    let token: String = token.chars().filter(|c| !c.is_whitespace()).collect();
    let mut enrolled_already = wizard.enrolled.lock().await;
    if *enrolled_already {
        return Ok(Redirect::to("/start").into_response());
    }
    match enrolled::enrol(&wizard.dir, &hub, &token, &wizard.unlock, &serve::software()).await {
        Ok(file) => {
            tracing::info!(school = %file.school, "enrolled");
            *enrolled_already = true;
            // Nobody listening any more is the process's end.
            let _ = wizard.done.send(true);
            Ok(Redirect::to("/start").into_response())
        }
        Err(fault) => {
            let mut response = draw_page(&visitor, Some(Said::of(&fault, visitor.lang)), hub)?;
            *response.status_mut() = guard::status(&fault);
            Ok(response)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::tests::stampless;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn the_first_start_looks_as_it_did_in_both_languages() {
        let unlock = Unlock::default();
        let wizard = Arc::new(Wizard { dir: PathBuf::from("/nowhere"), unlock, enrolled: Mutex::new(false), done: watch::Sender::new(false) });
        for lang in ["zh", "en"] {
            let cookie = format!("huxue_visitor={}; huxue_lang={lang}", "ab".repeat(32));
            let request = Request::get("/").header("host", "127.0.0.1:4481").header("cookie", cookie).body(Body::empty()).unwrap();
            let response = router(&wizard).oneshot(request).await.unwrap();
            let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap().replace(&"ab".repeat(32), "TOKEN");
            insta::assert_snapshot!(format!("wizard_{lang}"), stampless(&text));
        }
    }
}
