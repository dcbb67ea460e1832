//! The desk behind TLS, asked over real sockets by a client that checks the fingerprint shown.

use super::{
    super::tests::{PASSWORD, School},
    *,
};
use huxue_shared::web::account::Role;
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

/// A port of the system's choice on this machine.
const ANY: &str = "127.0.0.1:0";

/// A person who compares the fingerprint, and looks at nothing else.
#[derive(Debug)]
struct Compares {
    shown: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Compares {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = Sha256::digest(certificate).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
        if seen == self.shown { Ok(ServerCertVerified::assertion()) } else { Err(rustls::Error::General("another fingerprint".into())) }
    }

    fn verify_tls12_signature(&self, m: &[u8], c: &CertificateDer<'_>, d: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(m, c, d, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(&self, m: &[u8], c: &CertificateDer<'_>, d: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(m, c, d, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

struct Net {
    school: School,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Net {
    /// A school whose desk runs, switched off.
    fn new(told: Told) -> Self {
        let school = School::told(told);
        let (stop, asked) = watch::channel(false);
        let task = school.lan.run(school.router.clone(), asked);
        Self { school, stop, task }
    }

    async fn switch(&self, setting: Setting) -> Result<(), Fault> {
        let lan = Arc::clone(&self.school.lan);
        tokio::task::spawn_blocking(move || lan.switch(&setting)).await.unwrap()
    }

    async fn on() -> Self {
        let net = Self::new(Told::default());
        net.switch(on(ANY)).await.unwrap();
        net
    }

    fn status(&self) -> Json {
        serde_json::to_value(self.school.lan.status(Lang::En).unwrap()).unwrap()
    }

    fn at(&self) -> SocketAddr {
        self.status()["listen"].as_str().unwrap().parse().unwrap()
    }

    /// What is answered to `request`, `HOST` standing for the address, by a client that trusts `shown` alone and speaks these versions.
    async fn tls(&self, shown: &str, versions: &'static [&'static rustls::SupportedProtocolVersion], request: &str) -> std::io::Result<String> {
        let (at, shown, request) = (self.at(), shown.to_owned(), request.replace("HOST", &self.at().to_string()));
        let asked = move || {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let check = Arc::new(Compares { shown, provider: Arc::clone(&provider) });
            let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
            let config = builder.dangerous().with_custom_certificate_verifier(check).with_no_client_auth();
            let mut client = ClientConnection::new(Arc::new(config), ServerName::from(at.ip())).unwrap();
            let mut stream = TcpStream::connect(at)?;
            let mut tls = rustls::Stream::new(&mut client, &mut stream);
            tls.write_all(request.as_bytes())?;
            let mut answer = Vec::new();
            tls.read_to_end(&mut answer)?;
            Ok(String::from_utf8_lossy(&answer).into_owned())
        };
        tokio::task::spawn_blocking(asked).await.unwrap()
    }

    async fn ask(&self, request: &str) -> String {
        let shown = self.status()["fingerprint"].as_str().unwrap().to_owned();
        self.tls(&shown, rustls::ALL_VERSIONS, request).await.unwrap()
    }

    async fn plain(&self, request: &str) -> std::io::Result<String> {
        let (at, request) = (self.at(), request.replace("HOST", &self.at().to_string()));
        let asked = move || {
            let mut stream = TcpStream::connect(at)?;
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        tokio::task::spawn_blocking(asked).await.unwrap()
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        self.task.await.unwrap();
    }
}

fn on(at: &str) -> Setting {
    Setting { on: true, at: Some(at.parse().unwrap()), files: None }
}

fn cookie_of<'a>(answer: &'a str, name: &str) -> &'a str {
    answer
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(head, value)| head.eq_ignore_ascii_case("set-cookie") && value.starts_with(name)))
        .unwrap()
        .1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_compared_the_fingerprint_logs_in_and_its_cookie_is_for_tls_alone() {
    let net = Net::on().await;
    net.school.person("wang", &[Role::Registrar], &[]);
    let page = net.ask("GET /login HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n").await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(!page.to_lowercase().contains("strict-transport-security"), "a warning that cannot be clicked away would shut people out");
    let visitor = cookie_of(&page, "__Host-huxue_visitor");
    assert!(visitor.contains("; Secure") && visitor.contains("HttpOnly; SameSite=Strict"), "{visitor}");
    let token = visitor.split(['=', ';']).nth(1).unwrap();
    let body = format!("login=wang&password={PASSWORD}");
    let post = |origin: &str| {
        format!(
            "POST /login?t={token} HTTP/1.1\r\nHost: HOST\r\nOrigin: {origin}\r\nCookie: __Host-huxue_visitor={token}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    };
    assert!(net.ask(&post("http://HOST")).await.starts_with("HTTP/1.1 403"), "a page without TLS is another site");
    let entered = net.ask(&post("https://HOST")).await;
    assert!(entered.starts_with("HTTP/1.1 303"), "{entered}");
    let session = cookie_of(&entered, "__Host-huxue_session");
    assert!(session.contains("Path=/; HttpOnly; SameSite=Strict; Secure"), "{session}");
    let session = session.split(['=', ';']).nth(1).unwrap();
    let get = |cookie: &str| format!("GET /machine HTTP/1.1\r\nHost: HOST\r\nCookie: {cookie}={session}\r\nConnection: close\r\n\r\n");
    let shown = net.ask(&get("__Host-huxue_session")).await;
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    for group in grouped(net.status()["fingerprint"].as_str().unwrap()) {
        assert!(shown.contains(&group), "{group} is shown");
    }
    assert!(net.ask(&get("huxue_session")).await.starts_with("HTTP/1.1 303"), "the cookie of the way without TLS opens nothing here");
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_1_2_and_1_3_are_spoken_and_another_certificate_is_noticed() {
    let net = Net::on().await;
    let shown = net.status()["fingerprint"].as_str().unwrap().to_owned();
    let request = "GET /login HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n";
    static ALONE: [&[&rustls::SupportedProtocolVersion]; 2] = [&[&rustls::version::TLS12], &[&rustls::version::TLS13]];
    for versions in ALONE {
        assert!(net.tls(&shown, versions, request).await.is_ok());
    }
    let other = shown.replacen(|c: char| c.is_ascii_hexdigit(), "X", 1);
    assert!(net.tls(&other, rustls::ALL_VERSIONS, request).await.is_err());
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_host_gets_nothing_and_this_machines_own_pages_are_not_here() {
    let net = Net::on().await;
    let get = |path: &str, host: &str| format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert!(net.ask(&get("/login", "evil.example")).await.starts_with("HTTP/1.1 421"));
    assert!(net.ask(&get("/login", "localhost")).await.contains("303"), "a name in the certificate; nobody has an account");
    for path in ["/metrics", "/healthz", "/readyz"] {
        let answer = net.ask(&get(path, "HOST")).await;
        assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: /login"), "{path}: {answer}");
    }
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_without_tls_is_told_so_and_sent_on() {
    let net = Net::on().await;
    let answer = net.plain("GET /roll HTTP/1.1\r\nHost: HOST\r\n\r\n").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 307") && answer.contains(&format!("Location: https://{}/roll\r\n", net.at())), "{answer}");
    let answer = net.plain("POST /login HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
    let at = net.at();
    assert!(tokio::task::spawn_blocking(move || answers(at)).await.unwrap());
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_takes_effect_at_once_and_lasts() {
    let net = Net::new(Told::default());
    assert_eq!((net.status()["on"].as_bool(), net.status()["answering"].as_bool()), (Some(false), Some(false)));
    net.switch(on(ANY)).await.unwrap();
    let (at, first) = (net.at(), net.status()["fingerprint"].clone());
    assert!(net.plain("GET / HTTP/1.1\r\nHost: HOST\r\n\r\n").await.is_ok());
    net.switch(Setting { on: false, ..on(ANY) }).await.unwrap();
    assert_eq!(net.status()["answering"], json!(false));
    // The same port again, and after a restart the same certificate.
    net.switch(Setting { on: true, at: Some(at), files: None }).await.unwrap();
    assert_eq!((net.at(), &net.status()["fingerprint"], &net.status()["answering"]), (at, &first, &json!(true)));
    let again = Lan::new(Arc::clone(&net.school.desk.replica), net.school.dir.path().to_owned(), "石桥小学".into(), Told::default());
    let kept = serde_json::to_value(again.status(Lang::En).unwrap()).unwrap();
    assert_eq!((&kept["on"], &kept["fingerprint"], &kept["answering"]), (&json!(true), &first, &json!(false)));
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_or_address_that_cannot_be_had_is_said_and_mended_later() {
    let taken = TcpListener::bind(ANY).unwrap();
    let net = Net::new(Told::default());
    net.switch(Setting { at: taken.local_addr().ok(), ..on(ANY) }).await.unwrap();
    assert_eq!((&net.status()["code"], &net.status()["answering"]), (&json!("lan-port-in-use"), &json!(false)));
    drop(taken);
    net.switch(net.school.lan.setting().unwrap()).await.unwrap();
    assert_eq!((&net.status()["code"], &net.status()["answering"]), (&Json::Null, &json!(true)));
    // TEST-NET-3: no machine has it.
    net.switch(on("203.0.113.9:4482")).await.unwrap();
    assert_eq!(net.status()["code"], json!("lan-address-not-here"));
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_serve_was_told_goes_before_the_page() {
    let net = Net::new(Told { at: Some(ANY.parse().unwrap()), ..Told::default() });
    assert_eq!(net.switch(on(ANY)).await.unwrap_err().code, "lan-held");
    assert_eq!(net.status()["held"], json!(true));
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_certificate_is_shown_and_a_wrong_one_is_refused_before_anything_changes() {
    let net = Net::new(Told::default());
    let other = tempfile::tempdir().unwrap();
    let own = certificate::own(other.path(), "别处", &["desk.school.example".to_owned()], &[], net.school.clock.as_ref()).unwrap();
    let files = certificate::own_files(other.path());
    let ask = |ask: Ask| {
        let lan = Arc::clone(&net.school.lan);
        async move { tokio::task::spawn_blocking(move || lan.ask(ask, Lang::En)).await.unwrap() }
    };
    let wrong = Files { key: other.path().join("none.key"), ..files.clone() };
    let refused = ask(Ask::On { at: ANY.parse().ok(), files: Some(wrong) }).await.unwrap_err();
    assert_eq!((refused.code.as_ref(), net.school.lan.setting().unwrap().on), ("lan-file-unreadable", false));
    let answer = ask(Ask::On { at: ANY.parse().ok(), files: Some(files) }).await.unwrap();
    assert_eq!((answer["fingerprint"].as_str(), &answer["answering"]), (Some(own.facts.fingerprint.as_str()), &json!(true)));
    assert!(net.ask("GET /login HTTP/1.1\r\nHost: desk.school.example\r\nConnection: close\r\n\r\n").await.contains("303"), "its name is ours");
    net.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_machine_is_said_whether_or_not_anything_runs_and_off_says_no_more_of_the_certificate() {
    // Documentation's own network (RFC 5737): nobody has it.
    const ELSEWHERE: &str = "192.0.2.9:7470";
    let still = School::told(Told::default());
    let lan = Arc::clone(&still.lan);
    let asked = tokio::task::spawn_blocking(move || lan.ask(Ask::On { at: ELSEWHERE.parse().ok(), files: None }, Lang::Zh)).await.unwrap().unwrap();
    let net = Net::new(Told::default());
    net.switch(on(ELSEWHERE)).await.unwrap();
    for said in [asked, net.status()] {
        assert_eq!((&said["on"], &said["answering"], &said["code"]), (&json!(true), &json!(false), &json!("lan-address-not-here")), "{said}");
        let words = serde_json::from_value::<Standing>(said).unwrap().words(Lang::Zh);
        assert!(words.contains("没有应答") && !words.contains("https://192.0.2.9"), "{words}");
    }
    net.switch(on(ANY)).await.unwrap();
    assert!(net.school.lan.status(Lang::Zh).unwrap().words(Lang::Zh).contains("SHA-256"));
    net.switch(Setting { on: false, ..on(ANY) }).await.unwrap();
    let words = net.school.lan.status(Lang::Zh).unwrap().words(Lang::Zh);
    assert!(!words.contains("SHA-256") && words.contains("lan on"), "{words}");
}
