//! The door in front of the desk's ports: how many may be in at once, how long one may take to say the first word, and an answer to who comes without TLS.
//!
//! A browser to which `192.168.1.20:4482` was typed begins without TLS: it is sent on to `https://`. Nothing is logged a connection: phones with a warning on the screen
//! break off handshakes all day.

use axum_server::accept::Accept;
use std::{
    collections::HashMap,
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
    time::timeout,
};

/// Connections at once: 40 people with a page or two open, each holding up to 6. About 30 KB each.
const CONNECTIONS_MAX: usize = 256;
/// Of one address, so that one broken device does not shut out the others.
const CONNECTIONS_MAX_AN_ADDRESS: usize = 48;
/// Until the first byte, and for a request that comes without TLS.
const FIRST_WORD: Duration = Duration::from_secs(5);
/// Head of a request without TLS, bytes: the way on needs its first line and its Host.
const PLAIN_HEAD_MAX: usize = 4_096;
/// First byte of every TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Counts who is in, and waits only so long for the first word.
#[derive(Clone, Debug)]
pub(in crate::desk) struct Door {
    inside: Arc<Mutex<Inside>>,
    patience: Duration,
    /// TLS follows: who comes without is sent on, and one address has so many places. A reverse proxy before the plain port is one address for everybody.
    tls: bool,
}

impl Default for Door {
    fn default() -> Self {
        Self { inside: Arc::default(), patience: FIRST_WORD, tls: true }
    }
}

/// One who is in, until dropped.
#[derive(Debug)]
struct Ticket(Door, IpAddr);

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut inside = self.0.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.all = inside.all.saturating_sub(1);
        if let Some(count) = inside.by_address.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                inside.by_address.remove(&self.1);
            }
        }
    }
}

impl Door {
    /// In front of the port that answers without TLS.
    pub(in crate::desk) fn plain() -> Self {
        Self { tls: false, ..Self::default() }
    }

    fn enter(&self, from: IpAddr) -> Option<Ticket> {
        let from = from.to_canonical();
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let own = inside.by_address.get(&from).copied().unwrap_or(0);
        if inside.all >= CONNECTIONS_MAX || (self.tls && own >= CONNECTIONS_MAX_AN_ADDRESS) {
            return None;
        }
        inside.all += 1;
        inside.by_address.insert(from, own + 1);
        Some(Ticket(self.clone(), from))
    }
}

/// A connection that was let in.
#[derive(Debug)]
pub(in crate::desk) struct Guest {
    stream: TcpStream,
    _ticket: Ticket,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Door {
    type Stream = Guest;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Guest, S)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let door = self.clone();
        Box::pin(async move {
            let ticket = door.enter(stream.peer_addr()?.ip()).ok_or(io::ErrorKind::QuotaExceeded)?;
            stream.set_nodelay(true)?;
            if !door.tls {
                return Ok((Guest { stream, _ticket: ticket }, service));
            }
            let mut first = [0u8; 1];
            timeout(door.patience, stream.peek(&mut first)).await??;
            if first != [TLS_HANDSHAKE] {
                // Whoever speaks no TLS is answered or not; either way the connection ends here.
                let _ = timeout(door.patience, send_on(stream)).await;
                return Err(io::ErrorKind::InvalidData.into());
            }
            Ok((Guest { stream, _ticket: ticket }, service))
        })
    }
}

/// Answers a request that came without TLS.
async fn send_on(mut stream: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0u8; 1_024];
    while head.len() < PLAIN_HEAD_MAX && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await? {
            0 => break,
            n => head.extend(buffer.iter().take(n)),
        }
    }
    let body = "这里只答加密访问,请用 https:// 打头的地址。\nOnly https:// is answered here.\n";
    let answer = match way_on(&head) {
        Some(to) => format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\n"),
        None => "HTTP/1.1 400 Bad Request\r\n".to_owned(),
    };
    let kind = "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n";
    stream.write_all(format!("{answer}{kind}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
    stream.shutdown().await
}

/// The same address behind TLS, for a GET that names its Host. The browser sends on only the person who typed it, to the host that was typed.
fn way_on(head: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(head).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let path = (first.next()? == "GET").then(|| first.next()).flatten()?;
    let host = lines.find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("host")))?.1.trim();
    let plain = |text: &str, more: &[u8]| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
    (plain(host, b".-:[]") && path.starts_with('/') && plain(path, b"/-._~%?&=+:,")).then(|| format!("https://{host}{path}"))
}

impl AsyncRead for Guest {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Guest {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_every_place_and_who_leaves_makes_room() {
        let door = Door::default();
        let from = |n: u8| IpAddr::from([192, 168, 1, n]);
        let mut inside: Vec<Ticket> = (0..CONNECTIONS_MAX_AN_ADDRESS).filter_map(|_| door.enter(from(1))).collect();
        assert_eq!(inside.len(), CONNECTIONS_MAX_AN_ADDRESS);
        assert!(door.enter(from(1)).is_none() && door.enter("::ffff:192.168.1.1".parse().unwrap()).is_none());
        inside.extend((2..20).flat_map(|n| std::iter::repeat_with(move || n).take(CONNECTIONS_MAX_AN_ADDRESS)).filter_map(|n| door.enter(from(n))));
        assert_eq!(inside.len(), CONNECTIONS_MAX);
        inside.pop();
        assert!(door.enter(from(99)).is_some());
        inside.clear();
        assert!(door.inside.lock().unwrap().by_address.is_empty());
    }

    #[tokio::test]
    async fn who_says_nothing_is_not_waited_for_and_leaves_its_place() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _silent = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let door = Door { patience: Duration::from_millis(20), ..Door::default() };
        assert_eq!(door.accept(stream, ()).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(door.inside.lock().unwrap().all, 0);
    }

    #[test]
    fn who_comes_without_tls_is_sent_on_to_the_same_address_and_nowhere_else() {
        let on = |text: &str| way_on(text.as_bytes());
        assert_eq!(on("GET /roll?on=1 HTTP/1.1\r\nHost: 192.168.1.20:4482\r\n\r\n").as_deref(), Some("https://192.168.1.20:4482/roll?on=1"));
        for bad in [
            "POST / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a@evil.example\r\n\r\n",
            "GET /\"> HTTP/1.1\r\nHost: a\r\n\r\n",
            "\u{1}\u{2}",
        ] {
            assert_eq!(on(bad), None, "{bad:?}");
        }
    }
}
