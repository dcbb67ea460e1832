//! The first start: `serve` without enrolment answers this machine's own browser with one page that asks for the hub's address and the token. Once enrolled, the desk takes
//! over on the same port, and asks for the first account and the roster.

use super::plain::Stage;
use crate::{enrolled, serve};
use askama::Template;
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State},
    middleware,
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use huxue_shared::{
    clock::SystemClock,
    fault::{Exit, Fault},
    identity::Token,
    rim::{health, key::Unlock},
    transport::address::HubAddress,
    web::{
        assets,
        files::upload,
        guard::{self, Oops, Porch, Visitor},
        login::{self, Language},
        page::{Page, Said, draw, draw_as},
    },
};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::{Mutex, watch};
use unicode_normalization::UnicodeNormalization as _;

/// A token is a line of text.
const TOKEN_BYTES_MAX: usize = 64 * 1024;

/// What the page works on.
struct Wizard {
    dir: PathBuf,
    unlock: Unlock,
    /// One enrolment at a time; true once it is done.
    enrolled: Mutex<bool>,
    done: watch::Sender<bool>,
    stage: Stage,
}

#[derive(Template)]
#[template(path = "wizard.html")]
struct WizardPage {
    page: Page,
    said: Option<Said>,
    hub: String,
    token: String,
    wrong: Wrong,
}

/// Which of the two answers is wrong, as far as it can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Wrong {
    hub: bool,
    token: bool,
}

impl Wrong {
    /// By what was said: the token's own faults are the token's, those of reaching the hub the address's; a hub of another county may be either.
    fn of(fault: &Fault) -> Self {
        let hub = ["hub-address", "hub-port", "hub-name-unknown", "hub-port-closed", "hub-silent", "hub-link-failed", "hub-of-another-county"];
        let code = fault.code.as_ref();
        Self { hub: hub.contains(&code), token: code.starts_with("token-") || code == "hub-of-another-county" }
    }

    /// One that is none at all is seen without a network, also where the other was found wrong first.
    fn and_shape(self, hub: &str, token: &str) -> Self {
        Self { hub: self.hub || hub.trim().parse::<HubAddress>().is_err(), token: self.token || token.parse::<Token>().is_err() }
    }
}

/// Shows the first start until the node is enrolled (true) or the process is asked to stop (false). Afterwards the stage is empty.
///
/// # Errors
/// `wizard-not-here` when the port is not this machine's own.
pub async fn show(
    dir: &Path,
    unlock: Unlock,
    stage: &Stage,
    at: SocketAddr,
    mut stop: watch::Receiver<bool>,
    ready: impl FnOnce(),
) -> Result<bool, Fault> {
    if !at.ip().is_loopback() {
        return Err(Fault::new("wizard-not-here", Exit::Usage).with("address", at));
    }
    let (done, mut enrolled) = watch::channel(false);
    let wizard = Arc::new(Wizard { dir: dir.to_owned(), unlock, enrolled: Mutex::new(false), done, stage: stage.clone() });
    stage.show(router(&wizard).merge(health::router(at, Arc::new(|| false), Arc::new(|| {}))));
    tracing::info!(%at, "not enrolled yet: the first start waits in this machine's browser");
    ready();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => Ok(false),
        _ = enrolled.wait_for(|enrolled| *enrolled) => Ok(true),
    }
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

async fn page(Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let page = Page::bare("护学 huxue", &visitor, "desk-wizard");
    draw(&WizardPage { page, said: None, hub: String::new(), token: String::new(), wrong: Wrong::default() })
}

async fn language(Form(wanted): Form<Language>) -> Response {
    login::switch(&wanted)
}

/// What was typed, and the text of the file that was chosen.
#[derive(Default)]
struct Typed {
    hub: String,
    token: String,
    file: String,
}

impl Typed {
    async fn read(&mut self, request: Request) -> Result<(), Fault> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(upload::broken)?;
        while let Some(part) = parts.next_field().await.map_err(upload::unread)? {
            let into = match part.name() {
                Some("hub") => &mut self.hub,
                Some("token") => &mut self.token,
                Some("file") => &mut self.file,
                _ => continue,
            };
            *into = String::from_utf8_lossy(&part.bytes().await.map_err(upload::unread)?).into_owned();
        }
        Ok(())
    }
}

async fn enrol(State(wizard): State<Arc<Wizard>>, Extension(visitor): Extension<Visitor>, request: Request) -> Result<Response, Oops> {
    let mut typed = Typed::default();
    let arrived = typed.read(request).await;
    let Typed { hub, token, file } = typed;
    if let Err(fault) = arrived {
        let (page, said) = (Page::bare("护学 huxue", &visitor, "desk-wizard"), Some(Said::of(&fault, visitor.lang)));
        return draw_as(&WizardPage { page, said, hub, token, wrong: Wrong::default() }, guard::status(&fault));
    }
    // What was kept of an earlier try stands in the field; a file was chosen now.
    let token = if file.trim().is_empty() { token } else { file };
    let (hub, token) = (bare_hub(&hub), bare_token(&token));
    let mut enrolled_already = wizard.enrolled.lock().await;
    if *enrolled_already {
        return Ok(Redirect::to("/start").into_response());
    }
    match enrolled::enrol(&wizard.dir, &hub, &token, &wizard.unlock, &serve::software()).await {
        // Its copy for recovery the daemon hands over at its first contact: here somebody waits before a screen.
        Ok((file, _)) => {
            tracing::info!(school = %file.school, "enrolled");
            *enrolled_already = true;
            // Before the answer: what the browser asks next is the desk's to answer.
            wizard.stage.clear();
            // Nobody listening any more is the process's end.
            let _ = wizard.done.send(true);
            Ok(Redirect::to("/start").into_response())
        }
        Err(fault) => {
            let page = Page::bare("护学 huxue", &visitor, "desk-wizard");
            let (said, wrong) = (Some(Said::of(&fault, visitor.lang)), Wrong::of(&fault).and_shape(&hub, &token));
            draw_as(&WizardPage { page, said, hub, token, wrong }, guard::status(&fault))
        }
    }
}

/// An address as it is copied from a browser's line or a letter: without `http://` and what comes after host and port, and with letters, digits and signs of either width.
fn bare_hub(text: &str) -> String {
    let text: String = text.trim().nfkc().map(|c| if c == '。' { '.' } else { c }).collect();
    let bare = text.split_once("://").filter(|(scheme, _)| ["http", "https"].contains(&scheme.to_lowercase().as_str()));
    bare.map_or(text.as_str(), |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default()).trim_end_matches('/').to_owned()
}

/// A token as it is copied out of a letter: with line breaks, and with the word before it (`入网码：`, `Token:`); none of its own letters is a colon.
fn bare_token(text: &str) -> String {
    let bare = text.rsplit([':', '：']).next().unwrap_or_default();
    bare.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::tests::stampless;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    fn first_start() -> Arc<Wizard> {
        let (unlock, done) = (Unlock::default(), watch::Sender::new(false));
        Arc::new(Wizard { dir: PathBuf::from("/nowhere"), unlock, enrolled: Mutex::new(false), done, stage: Stage::default() })
    }

    #[tokio::test]
    async fn the_first_start_looks_as_it_did_in_both_languages() {
        let wizard = first_start();
        for lang in ["zh", "en"] {
            let cookie = format!("huxue_visitor={}; huxue_lang={lang}", "ab".repeat(32));
            let request = Request::get("/").header("host", "127.0.0.1:4481").header("cookie", cookie).body(Body::empty()).unwrap();
            let response = router(&wizard).oneshot(request).await.unwrap();
            let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            let text = String::from_utf8(text.to_vec()).unwrap().replace(&"ab".repeat(32), "TOKEN");
            insta::assert_snapshot!(format!("wizard_{lang}"), stampless(&text));
        }
    }

    #[test]
    fn what_is_pasted_with_its_surroundings_is_taken() {
        for text in [
            "hub.example:4433",
            " http://hub.example:4433",
            "https://hub.example:4433/login?x=1",
            "HTTPS://hub.example：4433/",
            "ｈｕｂ．example：４４３３",
            "hub。example:4433",
            "hub.example:4433/",
        ] {
            assert_eq!(bare_hub(text), "hub.example:4433", "{text}");
        }
        assert_eq!(bare_hub("[2001:db8::1]:4433"), "[2001:db8::1]:4433");
        assert_eq!(bare_hub("ftp://hub.example"), "ftp://hub.example", "is not ours, and said to be wrong");
        for text in ["入网码：AB12-\nCD34", "token: AB12-CD34 ", "AB12-CD34"] {
            assert_eq!(bare_token(text), "AB12-CD34", "{text}");
        }
    }

    async fn try_with(hub: &str, token: &str, file: &str) -> String {
        let wizard = first_start();
        let visitor = "ab".repeat(32);
        let part = |name: &str, text: &str| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        let body = format!("{}{}{}--b--\r\n", part("hub", hub), part("token", token), part("file", file));
        let request = Request::post(format!("/enrol?t={visitor}"))
            .header("host", "127.0.0.1:4481")
            .header("origin", "http://127.0.0.1:4481")
            .header("cookie", format!("huxue_visitor={visitor}; huxue_lang=en"))
            .header("content-type", "multipart/form-data; boundary=b");
        let response = router(&wizard).oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert!(response.status().is_client_error(), "{}", response.status());
        String::from_utf8(axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn what_was_typed_stays_and_which_of_both_is_wrong_is_said() {
        let token = Token::new("529901".parse().unwrap(), [7; 16], huxue_shared::identity::Fingerprint([9; 16])).to_string();
        let wrong = |page: &str| {
            (
                page.contains("id=\"hub\" name=\"hub\"") && page.split("id=\"token\"").next().unwrap().contains("aria-invalid"),
                page.split("id=\"token\"").nth(1).unwrap().contains("aria-invalid"),
            )
        };
        let page = try_with("no such address", &token, "").await;
        let kept: String = token.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(page.contains(&format!(">{kept}</textarea>")) && page.contains("value=\"no such address\""), "{page}");
        assert_eq!(wrong(&page), (true, false));
        assert!(page.contains("The token is copied rightly, and not used up."), "{page}");
        let page = try_with("10.1.2.3", "rubbish", "").await;
        assert!(page.contains(">rubbish</textarea>") && page.contains("value=\"10.1.2.3\""), "{page}");
        assert_eq!(wrong(&page), (false, true));
        assert_eq!(wrong(&try_with("no such address", "rubbish", "").await), (true, true));
        let page = try_with("no such address", "rubbish", &token).await;
        assert_eq!(wrong(&page), (true, false), "a file chosen now goes before what an earlier try left in the field");
    }
}
