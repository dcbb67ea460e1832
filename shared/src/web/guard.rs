//! The gate in front of every page: Host allow-list, login, token and origin of each POST, headers. Deny by default: what is not listed as open needs a person
//! who is logged in.
//!
//! Tokens travel as `?t=` in the address of a form or in the header `X-CSRF-Token`, so that the gate can judge without reading the body.

use super::{
    account::Account,
    arrival::Arrivals,
    desk::Desk,
    kept,
    page::{self, Page},
    session::{cookie_name, secret, visitor_cookie_name},
};
use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    locale::Lang,
};
use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// Cookie of the reader's language; no secret.
pub const LANGUAGE_COOKIE: &str = "huxue_lang";

/// Open without a login. Everything else is not.
const OPEN: [&str; 4] = ["/login", "/language", "/start", "/leave"];
/// Open to a person who is logged in but locked, or has yet to choose a password.
const HALF_OPEN: [&str; 4] = ["/lock", "/password", "/logout", "/language"];
/// Asked by pages by themselves: does not keep a session awake.
const BY_ITSELF: [&str; 2] = ["/events", "/pulse"];

/// Whether pages ask this by themselves: the head's state, and that of a record's files.
fn by_itself(path: &str) -> bool {
    BY_ITSELF.contains(&path) || path.starts_with("/record/") && path.ends_with("/files")
}

/// Laid on each request by a listener that speaks TLS: cookies are then `Secure` and under their own name, so that neither way in takes the other's.
#[derive(Clone, Debug)]
pub struct Secured {
    /// Names in its certificate; `*.` stands for one label.
    pub names: Arc<[String]>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Reader's language.
    pub lang: Lang,
    /// Logged in, and not locked.
    pub account: Option<Arc<Account>>,
    /// Known, but locked: only the password is asked for.
    pub locked: Option<Arc<Account>>,
    /// The session is over, of age: its account, and its token.
    pub ended: Option<(i64, String)>,
    /// Token for forms of this page.
    pub csrf: String,
    /// Secret of the session; empty without one.
    pub session: String,
    /// Address the request came from, as far as it is known.
    pub from: Option<IpAddr>,
    /// Path and query, for the way back.
    pub here: String,
    /// htmx asks: a piece of a page is wanted, not a whole one.
    pub piece: bool,
    /// Came in through TLS.
    pub secure: bool,
}

impl Visitor {
    /// The person.
    ///
    /// # Errors
    /// `web-login-first`; the gate lets nobody past who is not logged in, so only a page that is open can see it.
    pub fn person(&self) -> Result<&Account, Fault> {
        self.account.as_deref().ok_or_else(|| Fault::new("web-login-first", Exit::NotAllowed))
    }

    /// On this very machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.from.is_none_or(|address| address.to_canonical().is_loopback())
    }

    /// From the parts of a request without a session: language and token of the visitor's own.
    fn stranger(request: &Request, clock: &dyn Clock) -> (Self, bool) {
        let headers = request.headers();
        let lang = language(headers);
        let secure = request.extensions().get::<Secured>().is_some();
        let known = cookie(headers, visitor_cookie_name(secure)).filter(|token| token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()));
        let fresh = known.is_none();
        let csrf = known.map_or_else(|| secret(clock), str::to_owned);
        let here = if request.method() == Method::POST {
            came_from(headers).unwrap_or_else(|| "/".to_owned())
        } else {
            request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
        };
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let piece = headers.contains_key("hx-request");
        (Self { lang, account: None, locked: None, ended: None, csrf, session: String::new(), from, here, piece, secure }, fresh)
    }
}

/// A failure on its way to the gate, which draws it in the reader's language.
#[derive(Debug)]
pub struct Oops(pub Fault);

impl<F: Into<Fault>> From<F> for Oops {
    fn from(fault: F) -> Self {
        Self(fault.into())
    }
}

#[derive(Clone)]
struct Drawn(Fault);

impl IntoResponse for Oops {
    fn into_response(self) -> Response {
        let status = status(&self.0);
        let mut response = status.into_response();
        response.extensions_mut().insert(Drawn(self.0));
        response
    }
}

/// Faults of what was sent being larger than what is taken.
const TOO_LARGE: [&str; 3] = ["file-large", "blob-large", "web-body-large"];

/// What the house says where a route could not read what was asked of it: the words of axum's extractors are English, stand alone and lead nowhere.
fn unreadable(response: &Response, path: &str) -> Option<Fault> {
    let kind = response.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let bare = kind.is_none_or(|kind| kind.starts_with("text/plain")) && !path.starts_with("/static/");
    match response.status() {
        StatusCode::PAYLOAD_TOO_LARGE if bare => Some(Fault::new("web-body-large", Exit::Input)),
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_FOUND if bare => Some(Fault::new("web-nowhere", Exit::NoMatch).with("path", path)),
        status if bare && status.is_client_error() => Some(Fault::new("web-body-unreadable", Exit::Input)),
        status if bare && status.is_server_error() => Some(Fault::internal(status)),
        _ => None,
    }
}

/// The answer as the reader sees it: a fault, or what a route could not read, as a page of the house, under the status it has.
fn drawn(response: Response, page: impl FnOnce() -> Page, visitor: &Visitor, path: &str) -> Response {
    if let Some(Drawn(fault)) = response.extensions().get::<Drawn>().cloned() {
        return page::oops(page(), visitor, &fault);
    }
    let Some(fault) = unreadable(&response, path) else { return response };
    let status = response.status();
    let mut response = page::oops(page(), visitor, &fault);
    *response.status_mut() = status;
    response
}

/// HTTP status of a fault.
#[must_use]
pub fn status(fault: &Fault) -> StatusCode {
    match fault.exit {
        Exit::Input if TOO_LARGE.contains(&fault.code.as_ref()) => StatusCode::PAYLOAD_TOO_LARGE,
        Exit::Found | Exit::Usage | Exit::Input => StatusCode::UNPROCESSABLE_ENTITY,
        Exit::NoMatch => StatusCode::NOT_FOUND,
        Exit::NotAllowed | Exit::Identity => StatusCode::FORBIDDEN,
        Exit::Unreachable => StatusCode::BAD_GATEWAY,
        Exit::Storage | Exit::Version => StatusCode::SERVICE_UNAVAILABLE,
        Exit::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// A cookie as it is set. `max_age_s` 0 ends it; `None`: with the browser.
pub fn set_cookie(name: &str, value: &str, max_age_s: Option<i64>, tls: bool) -> String {
    let age = max_age_s.map_or_else(String::new, |s| format!("; Max-Age={s}"));
    let secure = if tls { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}{secure}")
}

/// The reader's language: the cookie of the switch; Chinese otherwise.
pub fn language(headers: &HeaderMap) -> Lang {
    cookie(headers, LANGUAGE_COOKIE).map(Lang::from_name).unwrap_or_default()
}

/// Whether the desk answers to this Host: an address, `localhost`, or a name it was told. A page on some other site must not reach this one under a name of its own
/// (DNS rebinding).
#[must_use]
pub fn host_is_ours(headers: &HeaderMap, names: &[String]) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    if let Ok(address) = host.parse::<SocketAddr>() {
        return !address.ip().is_unspecified();
    }
    if host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| !address.is_unspecified()) {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    name.eq_ignore_ascii_case("localhost") || names.iter().any(|own| is_called(own, name))
}

/// Whether a name of ours, perhaps `*.school.lan` out of a certificate, covers `name`.
fn is_called(own: &str, name: &str) -> bool {
    match (own.strip_prefix("*."), name.split_once('.')) {
        (Some(domain), Some((label, rest))) => !label.is_empty() && rest.eq_ignore_ascii_case(domain),
        (Some(_), None) => false,
        (None, _) => own.eq_ignore_ascii_case(name),
    }
}

/// Whether a POST comes from a page of this desk: its Origin is this Host. Browsers send one with every POST. Without TLS of our own there may be somebody's before us.
fn origin_is_ours(headers: &HeaderMap, secure: bool) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (text(header::ORIGIN), text(header::HOST)) else { return false };
    origin.split_once("://").is_some_and(|(scheme, rest)| (scheme == "https" || scheme == "http" && !secure) && rest.eq_ignore_ascii_case(host))
}

/// The page of this desk that a form was sent from, for links that lead back: what answers to a form has no address of its own.
fn came_from(headers: &HeaderMap) -> Option<String> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let (host, rest) = text(header::REFERER)?.split_once("://")?.1.split_once('/')?;
    host.eq_ignore_ascii_case(text(header::HOST)?).then(|| format!("/{rest}"))
}

/// Equal, in a time that does not tell where they differ.
fn same(one: &str, other: &str) -> bool {
    !one.is_empty() && blake3::hash(one.as_bytes()) == blake3::hash(other.as_bytes())
}

fn token_fits(request: &Request, wanted: &str) -> bool {
    let header = request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok());
    let query = request.uri().query().unwrap_or_default();
    let given = header.or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("t=")));
    given.is_some_and(|given| same(given, wanted))
}

/// The visitor of a request, and whether a visitor's cookie must be set.
fn visitor(request: &Request, desk: &Desk) -> Result<(Visitor, bool), Fault> {
    let (mut visitor, fresh) = Visitor::stranger(request, desk.clock());
    let path = request.uri().path();
    let Some(session_secret) = cookie(request.headers(), cookie_name(visitor.secure)) else { return Ok((visitor, fresh)) };
    let Some(session) = desk.sessions.find(desk.clock(), session_secret, !by_itself(path)) else {
        visitor.ended = desk.sessions.ended(desk.clock(), session_secret);
        return Ok((visitor, fresh));
    };
    let Some(account) = desk.account(session.account)? else {
        desk.sessions.end(session_secret);
        return Ok((visitor, fresh));
    };
    session_secret.clone_into(&mut visitor.session);
    visitor.csrf = session.csrf;
    let account = Some(Arc::new(account));
    if session.locked {
        visitor.locked = account;
    } else {
        visitor.account = account;
    }
    Ok((visitor, false))
}

enum Way {
    Through,
    To(String),
    Fault(Fault),
}

fn way(request: &Request, visitor: &Visitor) -> Way {
    let path = request.uri().path();
    let refused = |code| Way::Fault(Fault::new(code, Exit::NotAllowed));
    let posts = request.method() != Method::GET && request.method() != Method::HEAD;
    if posts && !origin_is_ours(request.headers(), visitor.secure) {
        return refused("web-other-origin");
    }
    let back = if posts { String::new() } else { format!("?next={}", page::escape_query(&visitor.here)) };
    let open = OPEN.contains(&path) || path.starts_with("/static/");
    let login = match (&visitor.account, &visitor.locked) {
        (None, Some(_)) if !open && !HALF_OPEN.contains(&path) => Some(format!("/lock{back}")),
        // The lock's own page sends who has no session any more on to the login, with the page it was to go back to.
        (None, None) if !open && (posts || path != "/lock") => Some(format!("/login{back}")),
        // What a page asks by itself tells how the link is, and takes nobody away from the password that is due.
        (Some(account), _) if account.must_change && !open && !BY_ITSELF.contains(&path) && !HALF_OPEN.contains(&path) => {
            Some("/password".to_owned())
        }
        _ => None,
    };
    if let Some(target) = login {
        return if by_itself(path) { refused("web-login-first") } else { Way::To(target) };
    }
    if posts && !token_fits(request, &visitor.csrf) {
        return refused("web-token");
    }
    Way::Through
}

/// What the gate stands in front of.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The desk.
    pub desk: Arc<Desk>,
    /// Its pages, without a gate: for what was kept until a password was given.
    pub pages: Router,
    /// How what it reads itself arrives.
    pub arrivals: Arc<Arrivals>,
}

/// The gate. Host first, then who asks, then whether this may be asked.
pub async fn gate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let Gate { desk, pages, arrivals } = gate;
    let own = request.extensions().get::<Secured>().map(|secured| Arc::clone(&secured.names));
    if !host_is_ours(request.headers(), &desk.config.hosts) && !own.is_some_and(|names| host_is_ours(request.headers(), &names)) {
        return headers(StatusCode::MISDIRECTED_REQUEST.into_response());
    }
    let path = request.uri().path().to_owned();
    let (visitor, fresh) = match visitor(&request, &desk) {
        Ok(found) => found,
        Err(fault) => {
            let (visitor, fresh) = Visitor::stranger(&request, desk.clock());
            return finish(&desk, &visitor, &path, fresh, Oops(fault).into_response());
        }
    };
    let response = match way(&request, &visitor) {
        Way::To(target) if visitor.piece => (StatusCode::OK, [("HX-Redirect", target)]).into_response(),
        Way::To(target) => match kept::owner(&request, &visitor).filter(|(_, token)| token_fits(&request, token)) {
            Some((account, _)) => match kept::keep(&desk, account, arrivals.paced(request)).await {
                Some(word) => Redirect::to(&format!("{target}?kept={word}")).into_response(),
                // Not kept: at least back to the page it was sent from.
                None if visitor.here != "/" => Redirect::to(&format!("{target}?next={}", page::escape_query(&visitor.here))).into_response(),
                None => Redirect::to(&target).into_response(),
            },
            None => Redirect::to(&target).into_response(),
        },
        Way::Fault(fault) => Oops(fault).into_response(),
        Way::Through => {
            request.extensions_mut().insert(visitor.clone());
            let (visitor, response) = kept::replay(&desk, &visitor, next.run(request).await, pages).await;
            return finish(&desk, &visitor, &path, fresh, response);
        }
    };
    finish(&desk, &visitor, &path, fresh, response)
}

fn finish(desk: &Arc<Desk>, visitor: &Visitor, path: &str, fresh: bool, response: Response) -> Response {
    let mut response = drawn(response, || Page::of(desk, visitor, "web-oops"), visitor, path);
    if fresh {
        keep_visitor(&mut response, visitor);
    }
    headers(response)
}

fn keep_visitor(response: &mut Response, visitor: &Visitor) {
    if let Ok(value) = HeaderValue::from_str(&set_cookie(visitor_cookie_name(visitor.secure), &visitor.csrf, None, visitor.secure)) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// What stands before there is a desk: the first start. Nobody has an account, so only this very machine is let in.
#[derive(Debug)]
pub struct Porch {
    /// Name on top of each page.
    pub place: String,
    /// Time and randomness.
    pub clock: Arc<dyn Clock>,
}

/// The gate of the porch: this machine's own browser, this Host, and the token and origin of each POST.
pub async fn porch(State(porch): State<Arc<Porch>>, mut request: Request, next: Next) -> Response {
    if !host_is_ours(request.headers(), &[]) {
        return headers(StatusCode::MISDIRECTED_REQUEST.into_response());
    }
    let (visitor, fresh) = Visitor::stranger(&request, porch.clock.as_ref());
    let refused = |code| Oops(Fault::new(code, Exit::NotAllowed)).into_response();
    let posts = request.method() != Method::GET && request.method() != Method::HEAD;
    let path = request.uri().path().to_owned();
    let mut response = match () {
        () if !visitor.is_local() => refused("web-first-account-here"),
        () if posts && !origin_is_ours(request.headers(), visitor.secure) => refused("web-other-origin"),
        () if posts && !token_fits(&request, &visitor.csrf) => refused("web-token"),
        () => {
            request.extensions_mut().insert(visitor.clone());
            next.run(request).await
        }
    };
    response = drawn(response, || Page::bare(&porch.place, &visitor, "web-oops"), &visitor, &path);
    if fresh {
        keep_visitor(&mut response, &visitor);
    }
    headers(response)
}

/// Headers of every answer. No inline script or style anywhere, no other site's anything, no frame around us, nothing kept on the disk.
pub fn headers(mut response: Response) -> Response {
    let out = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it a browser sends `Origin: null` with our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
    ] {
        // A file is served under a policy of its own, narrower than that of pages.
        if name != header::CONTENT_SECURITY_POLICY || !out.contains_key(&name) {
            out.insert(name, HeaderValue::from_static(value));
        }
    }
    if !out.contains_key(header::CACHE_CONTROL) {
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_own_hosts_are_answered() {
        let names = vec!["huxue.school.lan".to_owned()];
        for good in ["127.0.0.1:4481", "localhost:4481", "localhost", "[::1]:4481", "192.168.1.20:4481", "HUXUE.school.lan:4481"] {
            assert!(host_is_ours(&from(&[("host", good)]), &names), "{good}");
        }
        for bad in ["evil.example", "evil.example:4481", "localhost.evil.example:4481", "127.0.0.1.evil.example", "0.0.0.0:4481", "", "localhost:x"] {
            assert!(!host_is_ours(&from(&[("host", bad)]), &names), "{bad}");
        }
        assert!(!host_is_ours(&HeaderMap::new(), &names));
        let wild = vec!["*.school.lan".to_owned()];
        assert!(host_is_ours(&from(&[("host", "huxue.school.lan:4482")]), &wild));
        for bad in ["school.lan", "a.b.school.lan", ".school.lan", "lan"] {
            assert!(!host_is_ours(&from(&[("host", bad)]), &wild), "{bad}");
        }
    }

    #[test]
    fn only_own_origins_may_post() {
        let ask = |origin: &'static str| origin_is_ours(&from(&[("host", "127.0.0.1:4481"), ("origin", origin)]), false);
        assert!(ask("http://127.0.0.1:4481") && ask("https://127.0.0.1:4481"));
        for bad in ["null", "http://127.0.0.1:80", "http://127.0.0.1:4481.evil.example", "http://evil.example", "file://127.0.0.1:4481", ""] {
            assert!(!ask(bad), "{bad}");
        }
        assert!(!origin_is_ours(&from(&[("host", "127.0.0.1:4481")]), false), "a POST without Origin is no browser's");
        let behind_tls = |origin: &'static str| origin_is_ours(&from(&[("host", "192.168.1.20:4482"), ("origin", origin)]), true);
        assert!(behind_tls("https://192.168.1.20:4482") && !behind_tls("http://192.168.1.20:4482"));
    }

    #[test]
    fn a_page_drawn_after_a_form_leads_back_to_the_page_of_this_desk_it_was_sent_from() {
        let back = |referer: &'static str| came_from(&from(&[("host", "127.0.0.1:4481"), ("referer", referer)]));
        assert_eq!(back("http://127.0.0.1:4481/import?sheet=2").as_deref(), Some("/import?sheet=2"));
        for other in ["http://evil.example/import", "http://127.0.0.1:4481", "http://127.0.0.1:4481.evil.example/import", "about:blank", ""] {
            assert_eq!(back(other), None, "{other}");
        }
    }

    #[test]
    fn cookies_are_read_by_their_whole_name() {
        let headers = from(&[("cookie", "xhuxue_session=a; huxue_session=b; huxue_session2=c")]);
        assert_eq!(cookie(&headers, cookie_name(false)), Some("b"));
        assert_eq!(cookie(&headers, cookie_name(true)), None, "a session without TLS is none behind it");
        let set = set_cookie(cookie_name(true), "b", None, true);
        assert!(set.starts_with("__Host-") && set.contains("Path=/; HttpOnly; SameSite=Strict; Secure"), "{set}");
    }
}
