//! The desk for other PCs and phones of the school: HTTPS on a port of its own, beside the one that answers this machine alone. On and off by the registrar's page, by
//! `huxue-node lan`, or held on by `serve --lan`; at once, without a restart.
//!
//! Invariants: off unless somebody switched it on; nothing is answered here without TLS but the way to `https://`; whatever goes wrong here, the desk on this very machine
//! goes on, and what went wrong is tried again every [`LOOK_AGAIN`] (a network that comes up after the daemon).

pub mod address;
pub mod certificate;
pub(super) mod door;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use axum_server::{Handle, tls_rustls::RustlsAcceptor, tls_rustls::RustlsConfig};
use certificate::{Facts, Files, Identity};
use door::Door;
use huxue_shared::{
    fault::{Exit, Fault},
    locale::{self, Lang},
    replica::{Replica, put_setting, setting},
    web::guard::Secured,
};
use hyper_util::rt::TokioTimer;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::{mpsc, watch};

/// Where it answers unless told otherwise: every address of the machine, beside the desk's own 4481.
pub const DEFAULT_AT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 4482);
/// Between two looks at addresses, certificate files and what did not come about.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// A TLS handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Nor the head of a request.
const REQUEST_HEAD: Duration = Duration::from_secs(15);
/// What runs when it is switched off may end so long.
const GRACE: Duration = Duration::from_secs(2);
/// Whoever switched it waits so long for the outcome.
const OUTCOME: Duration = Duration::from_secs(10);
/// An address that this machine has not.
const NOT_HERE: &str = "lan-address-not-here";
/// Key of the setting in the database.
const SETTING: &str = "lan";

/// What was set on the page or by `huxue-node lan`. Survives a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setting {
    /// Switched on.
    pub on: bool,
    /// Where; [`DEFAULT_AT`] if nowhere.
    pub at: Option<SocketAddr>,
    /// An administrator's certificate instead of the machine's own.
    pub files: Option<Files>,
}

/// What `serve` was told: it goes before what was set.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// `--lan`.
    pub at: Option<SocketAddr>,
    /// `--lan-cert` and `--lan-key`.
    pub files: Option<Files>,
    /// `--host`.
    pub hosts: Vec<String>,
}

/// What is asked of it from the command line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// How it stands.
    Show,
    /// Switch on.
    On {
        /// Where.
        at: Option<SocketAddr>,
        /// An administrator's certificate.
        files: Option<Files>,
    },
    /// Switch off.
    Off,
}

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Switched on.
    pub on: bool,
    /// By `serve --lan`: no page can switch it off.
    pub held: bool,
    /// Its port is open.
    pub answering: bool,
    /// Where, or where it would.
    pub listen: SocketAddr,
    /// What others type; empty while it is off, or the machine is in no network.
    pub addresses: Vec<String>,
    /// Of the certificate, as browsers show it; none before it was first made.
    pub fingerprint: Option<String>,
    /// Of its key.
    pub key_fingerprint: Option<String>,
    /// End of the certificate, RFC 3339.
    pub valid_until: Option<String>,
    /// An administrator's certificate.
    pub certificate: Option<String>,
    /// Why it does not answer although it should.
    pub code: Option<String>,
    /// The same as a sentence.
    pub error: Option<String>,
    /// And what to do.
    pub next: Option<String>,
}

/// What answers now.
#[derive(Clone, Debug)]
struct Serving {
    at: SocketAddr,
    facts: Facts,
}

#[derive(Debug, Default)]
struct Now {
    serving: Option<Serving>,
    fault: Option<Fault>,
}

type Bell = mpsc::UnboundedSender<std::sync::mpsc::Sender<()>>;

/// The desk's second door.
#[derive(Debug)]
pub struct Lan {
    replica: Arc<Replica>,
    dir: PathBuf,
    place: String,
    told: Told,
    now: RwLock<Now>,
    /// Present while it runs.
    bell: Mutex<Option<Bell>>,
}

/// Of a listener that runs.
struct Running {
    at: SocketAddr,
    wanted: SocketAddr,
    handle: Handle<SocketAddr>,
    tls: RustlsConfig,
    fingerprint: String,
    task: tokio::task::JoinHandle<()>,
}

impl Lan {
    /// Nothing answers before [`Lan::run`]. `place`: the school's name, for the certificate.
    #[must_use]
    pub fn new(replica: Arc<Replica>, dir: PathBuf, place: String, told: Told) -> Arc<Self> {
        Arc::new(Self { replica, dir, place, told, now: RwLock::default(), bell: Mutex::default() })
    }

    /// What was set.
    ///
    /// # Errors
    /// The store's. What an older version cannot read is off.
    pub fn setting(&self) -> Result<Setting, Fault> {
        let kept = self.replica.store().read(|c| setting(c, SETTING)).map_err(Fault::from)?;
        Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    fn keep(&self, setting: &Setting) -> Result<(), Fault> {
        let bytes = serde_json::to_vec(setting).map_err(Fault::internal)?;
        self.replica.store().write(move |c| put_setting(c, SETTING, &bytes)).map_err(Fault::from)
    }

    /// Where it should answer; `None`: switched off.
    fn wanted(&self, setting: &Setting) -> Option<SocketAddr> {
        self.told.at.or_else(|| setting.on.then(|| setting.at.unwrap_or(DEFAULT_AT)))
    }

    fn files(&self, setting: &Setting) -> Option<Files> {
        self.told.files.clone().or_else(|| setting.files.clone())
    }

    /// Answers or carries out what the command line asks. Blocks until the outcome is known, if the daemon runs.
    ///
    /// # Errors
    /// `lan-held` when `serve` was told; the certificate's, before anything is changed; the store's.
    pub fn ask(&self, ask: Ask, lang: Lang) -> Result<Json, Fault> {
        match ask {
            Ask::Show => {}
            Ask::On { at, files } => {
                let before = self.setting()?;
                let setting = Setting { on: true, at: at.or(before.at), files: files.or(before.files) };
                if let Some(files) = &setting.files {
                    certificate::read(files, self.replica.clock().now())?;
                }
                self.switch(&setting)?;
            }
            Ask::Off => self.switch(&Setting { on: false, ..self.setting()? })?,
        }
        serde_json::to_value(self.status(lang)?).map_err(Fault::internal)
    }

    /// Keeps the setting and lets it take effect. Blocks; not for async threads.
    ///
    /// # Errors
    /// `lan-held`; the store's. What then does not come about is in [`Lan::status`].
    pub fn switch(&self, setting: &Setting) -> Result<(), Fault> {
        if let Some(at) = self.told.at {
            return Err(Fault::new("lan-held", Exit::NotAllowed).with("address", at));
        }
        self.keep(setting)?;
        tracing::info!(on = setting.on, "the desk for the school's network was switched");
        let bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(bell) = bell {
            let (done, outcome) = std::sync::mpsc::channel();
            // A daemon that ends just now has no outcome.
            if bell.send(done).is_ok() {
                let _ = outcome.recv_timeout(OUTCOME);
            }
        }
        Ok(())
    }

    /// Certificate for TLS; the machine's own is made if need be.
    fn identity(&self, files: Option<&Files>) -> Result<Identity, Fault> {
        let clock = self.replica.clock();
        match files {
            Some(files) => certificate::read(files, clock.now()),
            None => certificate::own(&self.dir, &self.place, &self.names(), &address::addresses(), clock),
        }
    }

    fn names(&self) -> Vec<String> {
        let told = self.told.hosts.iter().filter(|name| address::is_name(name)).cloned();
        address::names().into_iter().chain(told).collect()
    }

    /// How it stands: what the page, `huxue-node lan` and `doctor` say.
    ///
    /// # Errors
    /// The store's.
    pub fn status(&self, lang: Lang) -> Result<Standing, Fault> {
        let setting = self.setting()?;
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let (wanted, files, serving) = (self.wanted(&setting), self.files(&setting), now.serving.as_ref());
        // Without the daemon nothing answers, but what it will show is known if it was ever made.
        let facts = serving.map(|serving| serving.facts.clone()).or_else(|| match &files {
            Some(files) => certificate::read(files, self.replica.clock().now()).ok().map(|identity| identity.facts),
            None => certificate::known(&self.dir),
        });
        let at = serving.map(|serving| serving.at).or(wanted);
        // While nothing runs nobody has tried: an address of another machine is no use then either.
        let elsewhere = wanted.filter(|at| serving.is_none() && !address::is_here(at.ip()));
        let fault = now.fault.clone().or_else(|| elsewhere.map(not_here));
        let (error, next) = fault.as_ref().map(|fault| locale::fault(lang, fault)).unzip();
        Ok(Standing {
            on: wanted.is_some(),
            held: self.is_held(),
            answering: serving.is_some(),
            listen: at.or(setting.at).unwrap_or(DEFAULT_AT),
            addresses: at.map(|at| address::urls(at, &self.told.hosts)).unwrap_or_default(),
            valid_until: facts.as_ref().and_then(|facts| jiff::Timestamp::from_second(facts.not_after).ok()).map(|at| at.to_string()),
            key_fingerprint: facts.as_ref().map(|facts| facts.key_fingerprint.clone()),
            fingerprint: facts.map(|facts| facts.fingerprint),
            certificate: files.map(|files| files.certificate.display().to_string()),
            code: fault.as_ref().map(|fault| fault.code.to_string()),
            error,
            next: next.flatten(),
        })
    }

    /// Whether `serve` was told: it answers, and no page can switch it off.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.told.at.is_some()
    }

    /// Why it does not answer although it should.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).fault.clone()
    }

    /// Runs until `stop`: switches, looks at addresses and certificate from time to time. Must be called within the runtime.
    pub fn run(self: &Arc<Self>, desk: Router, mut stop: watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
        let (bell, mut rung) = mpsc::unbounded_channel::<std::sync::mpsc::Sender<()>>();
        *self.bell.lock().unwrap_or_else(PoisonError::into_inner) = Some(bell);
        let lan = Arc::clone(self);
        let router = desk.layer(middleware::from_fn_with_state(Arc::clone(self), secure));
        tokio::spawn(async move {
            let mut running = None;
            let mut waiting = None;
            loop {
                lan.look(&mut running, &router).await;
                if let Some(waiting) = waiting.take() {
                    // Whoever waited may have gone.
                    let _ = std::sync::mpsc::Sender::send(&waiting, ());
                }
                tokio::select! {
                    who = rung.recv() => waiting = who,
                    () = tokio::time::sleep(LOOK_AGAIN) => {}
                    _ = stop.wait_for(|stop| *stop) => break,
                }
            }
            if let Some(running) = running.take() {
                let running: Running = running;
                running.handle.graceful_shutdown(Some(GRACE));
            }
        })
    }

    /// Makes what is be what is wanted.
    async fn look(self: &Arc<Self>, running: &mut Option<Running>, router: &Router) {
        let lan = Arc::clone(self);
        // Reads the disk, and may make a key.
        let prepared = tokio::task::spawn_blocking(move || {
            let setting = lan.setting()?;
            let Some(at) = lan.wanted(&setting) else { return Ok(None) };
            Ok::<_, Fault>(Some((at, lan.identity(lan.files(&setting).as_ref()))))
        });
        let outcome = match prepared.await.map_err(Fault::internal) {
            Ok(Ok(None)) => {
                self.end(running);
                Ok(())
            }
            Ok(Ok(Some((at, Ok(identity))))) => self.serve(running, router, at, &identity).await,
            // What runs already goes on with the certificate it has.
            Ok(Ok(Some((_, Err(fault)))) | Err(fault)) | Err(fault) => Err(fault),
        };
        let fault = outcome.err();
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = fault.as_ref().filter(|fault| now.fault.as_ref() != Some(fault)) {
            tracing::error!(%fault, "the desk for the school's network does not answer as it should; it is tried again every minute");
        }
        now.fault = fault;
    }

    fn end(&self, running: &mut Option<Running>) {
        if let Some(running) = running.take() {
            running.handle.graceful_shutdown(Some(GRACE));
            tracing::info!(at = %running.at, "the desk for the school's network is off");
        }
        self.now.write().unwrap_or_else(PoisonError::into_inner).serving = None;
    }

    async fn serve(&self, running: &mut Option<Running>, router: &Router, at: SocketAddr, identity: &Identity) -> Result<(), Fault> {
        if running.as_ref().is_some_and(|running| running.wanted != at || running.task.is_finished()) {
            self.end(running);
        }
        match running {
            Some(running) if running.fingerprint == identity.facts.fingerprint => return Ok(()),
            Some(running) => {
                running.tls.reload_from_config(tls_of(identity)?);
                running.fingerprint.clone_from(&identity.facts.fingerprint);
            }
            None => *running = Some(listen(at, router, identity).await?),
        }
        if let Some(running) = running {
            tracing::info!(at = %running.at, fingerprint = identity.facts.fingerprint, "the desk answers the school's network with TLS");
            self.now.write().unwrap_or_else(PoisonError::into_inner).serving = Some(Serving { at: running.at, facts: identity.facts.clone() });
        }
        Ok(())
    }
}

/// Says with each request that it came through TLS, and under which names.
async fn secure(State(lan): State<Arc<Lan>>, mut request: Request, next: Next) -> Response {
    let names = {
        let now = lan.now.read().unwrap_or_else(PoisonError::into_inner);
        now.serving.as_ref().map(|serving| serving.facts.names.clone()).unwrap_or_default()
    };
    request.extensions_mut().insert(Secured { names: names.into() });
    next.run(request).await
}

/// TLS 1.2 and 1.3 with ring.
fn tls_of(identity: &Identity) -> Result<Arc<rustls::ServerConfig>, Fault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Fault::internal)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(identity.certified.as_ref().clone())));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

async fn listen(at: SocketAddr, router: &Router, identity: &Identity) -> Result<Running, Fault> {
    let listener = bind(at).await?;
    let local = listener.local_addr().map_err(|error| refused(at, &error))?;
    let tls = RustlsConfig::from_config(tls_of(identity)?);
    let acceptor = RustlsAcceptor::new(tls.clone()).handshake_timeout(HANDSHAKE).acceptor(Door::default());
    let handle = Handle::new();
    let mut server = axum_server::from_tcp(listener).map_err(|error| refused(at, &error))?.acceptor(acceptor).handle(handle.clone()).http1_only();
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(REQUEST_HEAD);
    let service = router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move {
        if let Err(error) = server.serve(service).await {
            tracing::error!(%error, "the desk for the school's network stopped");
        }
    });
    Ok(Running { at: local, wanted: at, handle, tls, fingerprint: identity.facts.fingerprint.clone(), task })
}

/// Opens the port. One that was ours a moment ago may still be closing.
async fn bind(at: SocketAddr) -> Result<TcpListener, Fault> {
    let mut tries = 20;
    loop {
        match TcpListener::bind(at).and_then(|listener| listener.set_nonblocking(true).map(|()| listener)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && tries > 0 => tries -= 1,
            Err(error) => return Err(refused(at, &error)),
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

fn not_here(at: SocketAddr) -> Fault {
    Fault::new(NOT_HERE, Exit::Storage).with("address", at).with("port", at.port())
}

fn refused(at: SocketAddr, error: &std::io::Error) -> Fault {
    let code = match error.kind() {
        std::io::ErrorKind::AddrInUse => "lan-port-in-use",
        std::io::ErrorKind::AddrNotAvailable => return not_here(at).because(error),
        _ => "lan-bind",
    };
    Fault::new(code, Exit::Storage).with("address", at).with("port", at.port()).because(error)
}

impl Standing {
    /// As the command line says it, in the page's words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let text = |key: &str| locale::text(lang, key, &[("port", &self.listen.port().to_string())]);
        let mut lines = vec![text(self.state_key())];
        lines.extend([&self.error, &self.next].into_iter().flatten().map(|said| format!("  {said}")));
        if self.on && self.code.as_deref() != Some(NOT_HERE) {
            lines.extend(self.addresses.iter().map(|url| format!("  {url}")));
        }
        // Switched off nobody meets the certificate, nor its warning.
        if let Some(fingerprint) = self.fingerprint.as_ref().filter(|_| self.on) {
            lines.push(text("desk-lan-fingerprint"));
            lines.extend(grouped(fingerprint).iter().map(|group| format!("  {group}")));
            lines.extend(self.certificate.is_none().then(|| text("desk-lan-warning")));
        }
        if !self.held {
            lines.push(text(if self.on { "desk-lan-cli-off" } else { "desk-lan-cli-on" }));
        }
        lines.join("\n")
    }

    /// Message key of how it stands.
    #[must_use]
    pub fn state_key(&self) -> &'static str {
        match (self.on, self.answering, self.code.is_some()) {
            (false, ..) => "desk-lan-is-off",
            (true, true, _) => "desk-lan-is-on",
            (true, false, true) => "desk-lan-fails",
            (true, false, false) => "desk-lan-rests",
        }
    }
}

/// A fingerprint in four lines of eight pairs, as most browsers break it.
#[must_use]
pub fn grouped(fingerprint: &str) -> Vec<String> {
    fingerprint.split(':').collect::<Vec<_>>().chunks(8).map(|pairs| pairs.join(":")).collect()
}

/// Whether something of ours answers at `at`, asked from this machine: without TLS, the door sends on. Blocks for at most two seconds.
#[must_use]
pub fn answers(at: SocketAddr) -> bool {
    const PATIENCE: Duration = Duration::from_secs(1);
    let own = match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from(([127, 0, 0, 1], at.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, at.port())),
        _ => at,
    };
    let asked = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&own, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut first = [0u8; 12];
        stream.read_exact(&mut first)?;
        Ok(&first == b"HTTP/1.1 307")
    };
    asked().unwrap_or(false)
}

#[cfg(test)]
mod tests;
