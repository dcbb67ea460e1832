//! The plain port over real sockets: what says nothing, what trickles, and what comes all at once.

use super::*;
use crate::desk::{machine::Machine, pages, tests::School};
use huxue_shared::web::{
    account::Role,
    arrival::Pace,
    routes,
    session::{COOKIE, IDLE_S},
};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, timeout},
};

const LONG: Duration = Duration::from_mins(1);

struct Port {
    school: School,
    at: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    session: String,
}

impl Port {
    fn open(pace: Pace, head: Duration) -> Self {
        let school = School::new();
        let (_, session) = school.person("wang", &[Role::Registrar], &[]);
        let machine = Machine { lan: Arc::clone(&school.lan), dir: school.dir.path().to_owned(), doctor: Arc::new(|_| Vec::new()) };
        let router = routes::paced(&school.desk, pages::routes(machine), pace);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, asked) = watch::channel(false);
        let task = within(listener, router, asked, head).unwrap();
        Self { school, at, stop, task, session }
    }

    /// A file for the import, of which only the head is sent.
    async fn upload(&self, bytes: usize) -> TcpStream {
        self.begun(&self.school.token(&self.session), "multipart/form-data; boundary=x", bytes).await
    }

    /// The head of a form of this kind, with this token.
    async fn begun(&self, token: &str, kind: &str, bytes: usize) -> TcpStream {
        let head = format!(
            "POST /import/preview?t={token} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: {COOKIE}={1}; huxue_lang=zh\r\n\
             Content-Type: {kind}\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n",
            self.at, self.session
        );
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

async fn answer_of(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is cut after its answer is one that answered.
    let _ = timeout(LONG, stream.read_to_end(&mut all)).await.unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

fn patient() -> Pace {
    Pace { silence: LONG, start: LONG, bytes_per_s: 1 << 20, turn: LONG, room: 1 << 20 }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_falls_silent_ends_and_says_so() {
    let port = Port::open(Pace { silence: Duration::from_millis(30), ..patient() }, LONG);
    let mut stream = port.upload(1_000).await;
    stream.write_all(b"--x\r\n").await.unwrap();
    let said = answer_of(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 422") && said.contains("传得太慢"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_ends_however_regular_its_bytes_are() {
    let port = Port::open(Pace { start: Duration::from_millis(150), ..patient() }, LONG);
    let mut stream = port.upload(100_000).await;
    let (since, mut said) = (Instant::now(), Vec::new());
    // A byte, then a look whether there is an answer.
    while said.is_empty() {
        assert!(since.elapsed() < LONG, "it never ended");
        let _ = stream.write_all(b"-").await;
        let mut buffer = [0u8; 4_096];
        if let Ok(Ok(read)) = timeout(Duration::from_millis(5), stream.read(&mut buffer)).await {
            said.extend(&buffer[..read]);
        }
    }
    assert!(said.starts_with(b"HTTP/1.1 422"), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_locked_or_ended_session_sends_comes_no_slower_than_anything_else() {
    for (away, door) in [(IDLE_S, "/lock"), (13 * 3_600, "/login")] {
        for (kind, start) in [("application/x-www-form-urlencoded", "note="), ("multipart/form-data; boundary=x", "--x\r\n")] {
            let port = Port::open(Pace { silence: Duration::from_millis(30), ..patient() }, LONG);
            let token = port.school.token(&port.session);
            port.school.clock.advance_s(away);
            let mut silent = port.begun(&token, kind, 1_000).await;
            silent.write_all(start.as_bytes()).await.unwrap();
            let said = answer_of(&mut silent).await;
            assert!(said.starts_with("HTTP/1.1 303") && said.contains(&format!("location: {door}\r\n")), "{kind}: {said}");
            let mut whole = port.begun(&token, kind, 7).await;
            whole.write_all(b"note=ab").await.unwrap();
            let said = answer_of(&mut whole).await;
            assert!(said.contains("?kept=") == (start == "note="), "what came in time is kept: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_all_at_once_is_told_to_come_again_and_small_forms_go_on() {
    let port = Port::open(Pace { turn: Duration::from_millis(30), ..patient() }, LONG);
    let whole = 1 << 20;
    let mut first = port.upload(whole).await;
    first.write_all(b"--x\r\n").await.unwrap();
    // The first holds the room once its head is read: until then another is let in before it. It goes on all the while, for a silent one is let go.
    let mut sent = 5;
    let said = loop {
        first.write_all(b"-").await.unwrap();
        sent += 1;
        let mut second = port.upload(whole).await;
        second.write_all(&vec![b'-'; whole]).await.unwrap();
        let said = answer_of(&mut second).await;
        if said.starts_with("HTTP/1.1 503") {
            break said;
        }
    };
    assert!(said.contains("请稍等片刻再传"), "{said}");
    let form = port.school.post("/language", &port.session, "lang=zh").await;
    assert_eq!(form.status, axum::http::StatusCode::SEE_OTHER, "{}", form.text);
    first.write_all(&vec![b'-'; whole - sent]).await.unwrap();
    let said = answer_of(&mut first).await;
    assert!(!said.starts_with("HTTP/1.1 503"), "who was first is answered: {said}");
    let mut third = port.upload(whole).await;
    third.write_all(&vec![b'-'; whole]).await.unwrap();
    let said = answer_of(&mut third).await;
    assert!(!said.starts_with("HTTP/1.1 503"), "there is room again: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_or_half_a_head_is_let_go() {
    let port = Port::open(patient(), Duration::from_millis(30));
    for half in ["", "GET / HTTP/1.1\r\nHost: 127"] {
        let mut stream = TcpStream::connect(port.at).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        let said = answer_of(&mut stream).await;
        assert!(!said.contains("200"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_told_though_a_browser_holds_a_connection_open_on_which_it_says_nothing() {
    let port = Port::open(patient(), LONG);
    let silent = TcpStream::connect(port.at).await.unwrap();
    // Answered after it, so the silent one is inside.
    let mut asked = TcpStream::connect(port.at).await.unwrap();
    asked.write_all(format!("GET /login HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", port.at).as_bytes()).await.unwrap();
    assert!(answer_of(&mut asked).await.starts_with("HTTP/1.1 200"));
    port.stop.send(true).unwrap();
    timeout(GRACE * 5, port.task).await.expect("the silent connection held it up").unwrap();
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_between_two_scenes_is_answered_by_the_next() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = listener.local_addr().unwrap();
    let (stage, (_tell, stop)) = (Stage::default(), watch::channel(false));
    let _pages = answer(listener, stage.clone(), stop).unwrap();
    let says = |text: &'static str| Router::new().fallback(async move || text);
    let ask = async || {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET /start HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        stream
    };
    stage.show(says("the first start"));
    assert!(answer_of(&mut ask().await).await.ends_with("the first start"));
    stage.clear();
    let mut between = ask().await;
    let mut byte = [0u8; 1];
    assert!(timeout(Duration::from_millis(50), between.peek(&mut byte)).await.is_err(), "answered by nobody");
    stage.show(says("the desk"));
    assert!(answer_of(&mut between).await.ends_with("the desk"));
    assert!(answer_of(&mut ask().await).await.ends_with("the desk"));
}
