//! Coming in and going out: first account, login, lock, password, language.

use super::{
    account::{Account, Role},
    desk::Desk,
    guard::{LANGUAGE_COOKIE, Oops, Visitor, set_cookie},
    kept::{Files, Replay},
    page::{Page, Said, draw, draw_as, way_back},
    password,
    session::cookie_name,
};
use crate::{
    fault::{Exit, Fault},
    model::text::hidden,
    replica::Replica,
    store::accounts::{self, AccountRow},
};
use askama::Template;
use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use std::sync::Arc;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/start", get(start).post(make_first))
        .route("/login", get(login).post(enter))
        .route("/logout", post(leave))
        .route("/lock", get(lock).post(unlock))
        .route("/password", get(password_page).post(change))
        .route("/language", post(language))
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    page: Page,
    said: Option<Said>,
    login: String,
    next: String,
    /// The session is only locked.
    locks: bool,
    action: &'static str,
    /// Word of a form that waits for the password; empty: none.
    kept: String,
    /// Its files, which are to be chosen again.
    files: Files,
}

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    page: Page,
    said: Option<Said>,
    login: String,
    name: String,
    min: usize,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    page: Page,
    said: Option<Said>,
    must: bool,
    min: usize,
}

/// The way back, in the query.
#[derive(Debug, Deserialize, Default)]
pub struct Next {
    next: Option<String>,
    kept: Option<String>,
}

#[derive(Deserialize)]
struct Entered {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    next: Option<String>,
    kept: Option<String>,
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

async fn start(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    if desk.has_accounts()? {
        return Ok(Redirect::to("/login").into_response());
    }
    local_only(&visitor)?;
    let page = Page::of(&desk, &visitor, "web-start");
    draw(&StartPage { page, said: None, login: String::new(), name: String::new(), min: password::CHARS_MIN })
}

/// Whoever makes the first account has the machine in front of them.
fn local_only(visitor: &Visitor) -> Result<(), Fault> {
    if visitor.is_local() { Ok(()) } else { Err(Fault::new("web-first-account-here", Exit::NotAllowed)) }
}

#[derive(Deserialize)]
struct First {
    login: String,
    name: String,
    password: String,
    again: String,
}

async fn make_first(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Form(first): Form<First>) -> Result<Response, Oops> {
    local_only(&visitor)?;
    let (login, name) = (first.login.trim().to_owned(), first.name.trim().to_owned());
    let made = desk
        .run(move |desk| {
            if desk.has_accounts()? {
                return Err(Fault::new("web-first-account-there", Exit::NotAllowed));
            }
            if first.password != first.again {
                return Err(Fault::new("password-differs", Exit::Input));
            }
            let roles = [Role::Registrar].into_iter().collect();
            new_account(&desk.replica, &first.login, &first.name, &roles, &[], &first.password, false)
        })
        .await;
    match made {
        Ok(id) => Ok(with_cookie(Redirect::to("/import?first=1").into_response(), &begin(&desk, &visitor, id))),
        Err(fault) if fault.exit == Exit::Input => {
            let (page, said) = (Page::of(&desk, &visitor, "web-start"), Some(Said::of(&fault, visitor.lang)));
            draw(&StartPage { page, said, login, name, min: password::CHARS_MIN })
        }
        Err(fault) => Err(fault.into()),
    }
}

fn begin(desk: &Desk, visitor: &Visitor, account: i64) -> String {
    let secret = desk.sessions.begin(desk.clock(), account);
    set_cookie(cookie_name(visitor.secure), &secret, None, visitor.secure)
}

/// Makes an account.
///
/// # Errors
/// `account-login`, `account-name`, `account-taken`; those of the password.
pub fn new_account(
    replica: &Replica,
    login: &str,
    name: &str,
    roles: &std::collections::BTreeSet<Role>,
    classes: &[super::account::Class],
    typed: &str,
    must_change: bool,
) -> Result<i64, Fault> {
    let (login, name) = (login.trim(), name.trim());
    if login.is_empty() || login.chars().count() > 40 || login.chars().any(|c| c.is_whitespace() || hidden(c)) {
        return Err(Fault::new("account-login", Exit::Input));
    }
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(hidden) {
        return Err(Fault::new("account-name", Exit::Input));
    }
    let row = AccountRow {
        id: 0,
        login: login.to_owned(),
        name: name.to_owned(),
        roles: super::account::roles_text(roles),
        classes: super::account::classes_text(classes),
        password: password::hash(replica.clock(), typed, login)?,
        must_change,
        disabled: None,
    };
    let now = replica.clock().now().to_string();
    let made = replica.store().write(move |c| accounts::insert(c, &row, &now)).map_err(Fault::from)?;
    made.ok_or_else(|| Fault::new("account-taken", Exit::Input).with("login", login))
}

async fn login(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(next): Query<Next>) -> Result<Response, Oops> {
    if !desk.has_accounts()? {
        return Ok(Redirect::to("/start").into_response());
    }
    if visitor.account.is_some() {
        return Ok(Redirect::to(way_back(next.next.as_deref())).into_response());
    }
    let page = Page::of(&desk, &visitor, "web-login");
    let (kept, files) = waiting(&desk, next.kept);
    draw(&LoginPage {
        page,
        said: None,
        login: String::new(),
        next: way_back(next.next.as_deref()).to_owned(),
        locks: false,
        action: "/login",
        kept,
        files,
    })
}

/// A form that waits for the password, if it still does.
fn waiting(desk: &Desk, kept: Option<String>) -> (String, Files) {
    kept.and_then(|word| desk.kept.files(desk.clock(), &word).map(|files| (word, files))).unwrap_or((String::new(), Files::None))
}

/// What was kept is carried out by the gate, behind this answer.
fn and_then(mut response: Response, kept: Option<String>, session: &str) -> Response {
    if let Some(word) = kept.filter(|word| !word.is_empty()) {
        response.extensions_mut().insert(Replay { word, session: session.to_owned() });
    }
    response
}

/// The account whose password this is.
///
/// # Errors
/// `login-wait` while guessing is slowed down; `login-wrong`, the same for a wrong login and a wrong password.
async fn check(desk: &Arc<Desk>, visitor: &Visitor, login: &str, typed: String) -> Result<Account, Fault> {
    let (name, from) = (login.trim().to_lowercase(), visitor.from.map_or_else(String::new, |address| format!("@{address}")));
    // Judged where the password is, two at a time: of a hundred guesses sent at once all but a few find the wait that the first have earned.
    desk.run(move |desk| {
        let names = [name.as_str(), from.as_str()];
        let wait = desk.throttle.wait_s(desk.clock(), &names);
        if wait > 0 {
            return Err(Fault::new("login-wait", Exit::Input).with("seconds", wait));
        }
        let row = desk.replica.store().read(|c| accounts::by_login(c, &name)).map_err(Fault::from)?;
        let hash = row.as_ref().map_or_else(|| password::nobody().to_owned(), |row| row.password.clone());
        // Only a password drawn here waits to be changed: it is read as it is read out.
        let typed = row.as_ref().filter(|row| row.must_change).and_then(|_| password::drawn(&typed)).unwrap_or(typed);
        // Tried for a name that nobody has as well: it takes as long.
        let fits = password::fits(&typed, &hash);
        if let Some(row) = row.filter(|row| fits && row.disabled.is_none()) {
            desk.throttle.passed(&name);
            return Ok(Account::of(&row));
        }
        desk.throttle.failed(desk.clock(), &names);
        tracing::warn!("a login failed");
        Err(Fault::new("login-wrong", Exit::Input))
    })
    .await
}

async fn enter(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Form(entered): Form<Entered>) -> Result<Response, Oops> {
    let next = way_back(entered.next.as_deref()).to_owned();
    match check(&desk, &visitor, &entered.login, entered.password).await {
        Ok(account) => {
            if !visitor.session.is_empty() {
                desk.sessions.end(&visitor.session);
            }
            let target = if account.must_change { "/password" } else { &next };
            let secret = desk.sessions.begin(desk.clock(), account.id);
            let cookie = set_cookie(cookie_name(visitor.secure), &secret, None, visitor.secure);
            Ok(and_then(with_cookie(Redirect::to(target).into_response(), &cookie), entered.kept, &secret))
        }
        Err(fault) => again(&desk, &visitor, &fault, entered.login, next, false, entered.kept),
    }
}

fn again(
    desk: &Arc<Desk>,
    visitor: &Visitor,
    fault: &Fault,
    login: String,
    next: String,
    locks: bool,
    kept: Option<String>,
) -> Result<Response, Oops> {
    let page = Page::of(desk, visitor, if locks { "web-lock" } else { "web-login" });
    let (kept, files) = waiting(desk, kept);
    draw_as(
        &LoginPage {
            page,
            said: Some(Said::of(fault, visitor.lang)),
            login,
            next,
            locks,
            action: if locks { "/lock" } else { "/login" },
            kept,
            files,
        },
        super::guard::status(fault),
    )
}

async fn leave(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Response {
    desk.sessions.end(&visitor.session);
    with_cookie(Redirect::to("/login").into_response(), &set_cookie(cookie_name(visitor.secure), "", Some(0), visitor.secure))
}

async fn lock(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(next): Query<Next>) -> Result<Response, Oops> {
    let Some(account) = visitor.locked.as_ref().or(visitor.account.as_ref()) else {
        // The login ended altogether: whoever logs in again is where the page was.
        return Ok(Redirect::to(&format!("/login?next={}", super::page::escape_query(way_back(next.next.as_deref())))).into_response());
    };
    desk.sessions.lock_now(&visitor.session);
    let page = Page::bare(&desk.config.place, &visitor, "web-lock");
    let (kept, files) = waiting(&desk, next.kept);
    draw(&LoginPage {
        page,
        said: None,
        login: account.login.clone(),
        next: way_back(next.next.as_deref()).to_owned(),
        locks: true,
        action: "/lock",
        kept,
        files,
    })
}

async fn unlock(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Form(entered): Form<Entered>) -> Result<Response, Oops> {
    let Some(account) = visitor.locked.clone().or_else(|| visitor.account.clone()) else { return Ok(Redirect::to("/login").into_response()) };
    let next = way_back(entered.next.as_deref()).to_owned();
    match check(&desk, &visitor, &account.login, entered.password).await {
        Ok(_) => {
            desk.sessions.unlock(desk.clock(), &visitor.session);
            Ok(and_then(Redirect::to(&next).into_response(), entered.kept, &visitor.session))
        }
        Err(fault) => again(&desk, &visitor, &fault, account.login.clone(), next, true, entered.kept),
    }
}

async fn password_page(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let Some(account) = visitor.account.as_ref() else { return Ok(Redirect::to("/login").into_response()) };
    let must = account.must_change;
    draw(&PasswordPage { page: Page::of(&desk, &visitor, "web-password"), said: None, must, min: password::CHARS_MIN })
}

#[derive(Deserialize)]
struct Change {
    old: String,
    new: String,
    again: String,
}

async fn change(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Form(change): Form<Change>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let outcome = match check(&desk, &visitor, &account.login, change.old).await {
        Ok(_) if change.new != change.again => Err(Fault::new("password-differs", Exit::Input)),
        Ok(account) => {
            desk.run(move |desk| {
                let hash = password::hash(desk.clock(), &change.new, &account.login)?;
                let now = desk.clock().now().to_string();
                desk.replica.store().write(move |c| accounts::set_password(c, account.id, &hash, false, &now)).map_err(Fault::from)
            })
            .await
        }
        Err(fault) => Err(fault),
    };
    match outcome {
        Ok(()) => {
            desk.sessions.end_of(account.id, Some(&visitor.session));
            Ok(Redirect::to("/?done=web-password-changed").into_response())
        }
        Err(fault) if fault.exit == Exit::Input => {
            let page = Page::of(&desk, &visitor, "web-password");
            draw_as(
                &PasswordPage { page, said: Some(Said::of(&fault, visitor.lang)), must: account.must_change, min: password::CHARS_MIN },
                super::guard::status(&fault),
            )
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The language switch.
#[derive(Debug, Deserialize)]
pub struct Language {
    lang: String,
    next: Option<String>,
}

async fn language(Form(wanted): Form<Language>) -> Response {
    switch(&wanted)
}

/// Keeps the language and goes back. No secret, so the same cookie with TLS and without: a `Secure` one could not be changed without.
#[must_use]
pub fn switch(wanted: &Language) -> Response {
    let name = if wanted.lang == "en" { "en" } else { "zh" };
    let response = Redirect::to(way_back(wanted.next.as_deref())).into_response();
    with_cookie(response, &set_cookie(LANGUAGE_COOKIE, name, Some(400 * 24 * 3600), false))
}
