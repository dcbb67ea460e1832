//! This machine 本机, for the registrar: the desk for the school's network with its addresses and fingerprint, and how the machine is.

use super::{
    Node,
    lan::{self, Lan, Setting},
};
use crate::doctor::{self, Item, Mark};
use askama::Template;
use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use huxue_shared::{
    fault::{Exit, Fault},
    locale,
    web::{
        Desk,
        guard::{Oops, Visitor},
        page::{Page, Said, draw},
    },
};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, sync::Arc};

/// What the pages know of the machine they run on.
pub struct Machine {
    /// The desk's second door.
    pub lan: Arc<Lan>,
    /// The data directory.
    pub dir: PathBuf,
    /// How the machine is; told to read the whole database or not.
    pub doctor: Doctor,
}

/// Finds out how the machine is.
pub type Doctor = Arc<dyn Fn(bool) -> Vec<Item> + Send + Sync>;

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("lan", &self.lan).finish_non_exhaustive()
    }
}

impl Machine {
    /// Of a running node.
    #[must_use]
    pub fn of(node: &Arc<Node>) -> Self {
        let examined = Arc::clone(node);
        Self { lan: Arc::clone(&node.lan), dir: node.dir.clone(), doctor: Arc::new(move |whole| doctor::of_open(&examined, whole)) }
    }
}

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/machine", get(show)).route("/machine/lan", post(switch))
}

/// The desk for the school's network as the page shows it.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "what a template asks, each by itself")]
struct Door {
    on: bool,
    held: bool,
    answering: bool,
    state: String,
    trouble: Option<Said>,
    addresses: Vec<String>,
    fingerprint: Vec<String>,
    key_fingerprint: Vec<String>,
    until: String,
    own: bool,
    port: String,
    /// Whoever looks came in through it.
    here: bool,
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    page: Page,
    said: Option<Said>,
    door: Door,
    findings: Vec<Finding>,
    /// Findings that need a person.
    open: usize,
    /// The database was read from end to end.
    whole: bool,
}

/// A line of "how is this machine?".
#[derive(Debug)]
struct Finding {
    sign: &'static str,
    class: &'static str,
    word: String,
    said: Said,
    /// The page that mends it; empty: a command does.
    href: &'static str,
}

fn finding(item: &Item, page: &Page) -> Finding {
    let (class, key) = match item.mark {
        Mark::Well => ("ok", "desk-doctor-sign-well"),
        Mark::Look => ("warn", "desk-doctor-sign-look"),
        Mark::Wrong => ("bad", "desk-doctor-sign-wrong"),
    };
    let href = if item.mark == Mark::Well { "" } else { mended_at(&item.check) };
    let mut said = Said::of(&item.said, page.lang);
    // Where no page mends it, in the very words of the command line, commands too: this page is for whoever looks after the machine.
    if href.is_empty() {
        said.next = locale::fault(page.lang, &item.said).1.filter(|_| item.mark != Mark::Well);
    }
    Finding { sign: item.mark.sign(), class, word: page.t(key), said, href }
}

/// Where on the desk a finding is mended, by what was looked at; its words there are the `.page` of `web-CODE`.
fn mended_at(check: &str) -> &'static str {
    match check {
        "conflicts" | "refused" => "/conflicts",
        _ => "",
    }
}

#[derive(Debug, Default, Deserialize)]
struct Done {
    done: Option<String>,
    whole: Option<String>,
}

/// Only who administers the school's desk.
fn registrar(visitor: &Visitor) -> Result<(), Fault> {
    if visitor.person()?.administers() { Ok(()) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

async fn show(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(machine): Extension<Arc<Machine>>,
    Query(done): Query<Done>,
) -> Result<Response, Oops> {
    registrar(&visitor)?;
    let mut page = Page::of(&desk, &visitor, "desk-machine");
    if let Some(done @ ("on" | "off")) = done.done.as_deref() {
        page.done = page.t(&format!("desk-lan-done-{done}"));
    }
    drawn(&desk, &visitor, &machine, page, None, done.whole.is_some()).await
}

async fn drawn(desk: &Arc<Desk>, visitor: &Visitor, machine: &Arc<Machine>, page: Page, said: Option<Said>, whole: bool) -> Result<Response, Oops> {
    let (machine, here) = (Arc::clone(machine), visitor.secure);
    let drawn = desk
        .run(move |_| {
            let door = door(&machine.lan, &page, here)?;
            let items = (machine.doctor)(whole);
            let open = items.iter().filter(|item| item.mark != Mark::Well).count();
            let mut findings: Vec<&Item> = items.iter().collect();
            // What needs a person stands on top.
            findings.sort_by_key(|item| item.mark == Mark::Well);
            let findings = findings.into_iter().map(|item| finding(item, &page)).collect();
            Ok(MachinePage { page, said, door, findings, open, whole })
        })
        .await?;
    draw(&drawn)
}

fn door(lan: &Lan, page: &Page, here: bool) -> Result<Door, Fault> {
    let status = lan.status(page.lang)?;
    let lan::Standing { on, held, listen, addresses, fingerprint, key_fingerprint, valid_until, certificate, answering, .. } = status.clone();
    let groups = |fingerprint: Option<String>| fingerprint.map(|text| lan::grouped(&text)).unwrap_or_default();
    Ok(Door {
        on,
        held,
        // What is bound and what answers are asked apart: the page says what another PC would find.
        answering: answering && lan::answers(listen),
        state: page.t1_named(status.state_key(), "port", &listen.port().to_string()),
        trouble: lan.fault().map(|fault| Said::of(&fault, page.lang)),
        addresses,
        fingerprint: groups(fingerprint),
        key_fingerprint: groups(key_fingerprint),
        until: valid_until.and_then(|at| at.get(..10).map(str::to_owned)).unwrap_or_default(),
        own: certificate.is_none(),
        port: listen.port().to_string(),
        here,
    })
}

#[derive(Debug, Deserialize)]
struct Switch {
    #[serde(default)]
    on: String,
    #[serde(default)]
    port: String,
}

async fn switch(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Extension(machine): Extension<Arc<Machine>>,
    Form(wanted): Form<Switch>,
) -> Result<Response, Oops> {
    registrar(&visitor)?;
    let account = visitor.person()?.clone();
    let lan = Arc::clone(&machine.lan);
    let on = wanted.on == "yes";
    let done = desk
        .run(move |desk| {
            let before = lan.setting()?;
            let at = if on { Some(at(&before, &wanted.port)?) } else { before.at };
            lan.switch(&Setting { on, at, ..before })?;
            desk.noted(&account, "machine", if on { "lan on" } else { "lan off" }, 1);
            Ok(())
        })
        .await;
    match done {
        Ok(()) => Ok(Redirect::to(if on { "/machine?done=on" } else { "/machine?done=off" }).into_response()),
        Err(fault) if matches!(fault.exit, Exit::Input | Exit::NotAllowed) => {
            let (page, said) = (Page::of(&desk, &visitor, "desk-machine"), Some(Said::of(&fault, visitor.lang)));
            let mut response = drawn(&desk, &visitor, &machine, page, said, false).await?;
            *response.status_mut() = huxue_shared::web::guard::status(&fault);
            Ok(response)
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The port typed, at the address it had.
fn at(before: &Setting, port: &str) -> Result<SocketAddr, Fault> {
    let mut at = before.at.unwrap_or(lan::DEFAULT_AT);
    if !port.trim().is_empty() {
        let typed = port.trim().parse::<u16>().ok().filter(|port| *port >= 1024);
        at.set_port(typed.ok_or_else(|| Fault::new("lan-port", Exit::Input).with("text", port.trim()))?);
    }
    Ok(at)
}
