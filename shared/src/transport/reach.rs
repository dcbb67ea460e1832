//! Dialling: from a hub's address to an established connection, or to the most telling reason why not.
//!
//! QUIC itself cannot tell a closed port from a blocked one: its sockets do not see ICMP. So while a handshake hangs, a *connected* UDP
//! socket asks the same port with one byte; where nothing listens the system reports it within a round trip.

use crate::{
    identity::x509::HUB_NAME,
    transport::{ConnectError, HubAddress, Tuning, error::Unreachable, ids, socket, tls::ClientTls, verifier::Mismatch},
};
use quinn::{Connection, Endpoint};
use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// How long a handshake may hang before the port is asked. A handshake on a good link is over by then, so a good dial costs no extra byte.
const PROBE_AFTER: Duration = Duration::from_secs(1);
/// How long the end of a connection may take to leave this machine.
const GOODBYE: Duration = Duration::from_secs(3);

/// A connection and the endpoint that carries it. Each dial has a socket of its own, so that a changed network is always taken up.
#[derive(Debug)]
pub(crate) struct Dialled {
    pub(crate) connection: Connection,
    endpoint: Endpoint,
}

impl Dialled {
    /// Waits until the close has left this machine: before a process ends, or the hub waits for its idle time.
    pub(crate) async fn drained(self) {
        // Three of the path's timeouts by the protocol; nobody waits longer for a goodbye.
        let _ = tokio::time::timeout(GOODBYE, self.endpoint.wait_idle()).await;
    }
}

/// Tries the hub's addresses one after another.
pub(crate) async fn dial(hub: &HubAddress, tls: &ClientTls, tuning: &Tuning) -> Result<Dialled, ConnectError> {
    let mut last = ConnectError::Unreachable(Unreachable::NoSuchName);
    for address in hub.resolve().await? {
        match dial_one(address, tls, tuning).await {
            Ok(dialled) => return Ok(dialled),
            Err(error @ ConnectError::Unreachable(_)) => last = error,
            // A hub answered: the next address is no better.
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

async fn dial_one(address: SocketAddr, tls: &ClientTls, tuning: &Tuning) -> Result<Dialled, ConnectError> {
    let endpoint = endpoint(address).map_err(|error| unreachable_by(&error))?;
    let connecting =
        endpoint.connect_with(tls.config.clone(), address, HUB_NAME).map_err(|error| ConnectError::Other { detail: error.to_string() })?;
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(tuning.handshake, connecting) => match outcome {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(ConnectError::from_quinn(&error, false)),
            Err(_elapsed) => Err(ConnectError::Unreachable(Unreachable::Silent)),
        },
        reason = probe(address) => Err(ConnectError::Unreachable(reason)),
    };
    match outcome {
        Ok(connection) => Ok(Dialled { connection, endpoint }),
        Err(error) => Err(match tls.pin.mismatch() {
            Some(Mismatch { seen }) => ConnectError::WrongHub { expected: tls.expected, seen },
            None => error,
        }),
    }
}

fn endpoint(towards: SocketAddr) -> io::Result<Endpoint> {
    let (socket, runtime) = socket::bind(any(towards))?;
    Endpoint::new_with_abstract_socket(ids::dialling(), None, socket, runtime)
}

fn any(towards: SocketAddr) -> SocketAddr {
    if towards.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() }
}

/// Returns only once the system says that there is nothing at the other end; silence is silence.
async fn probe(address: SocketAddr) -> Unreachable {
    tokio::time::sleep(PROBE_AFTER).await;
    match ask_port(address).await {
        Ok(never) => match never {},
        Err(error) => match unreachable_by(&error) {
            ConnectError::Unreachable(reason @ (Unreachable::Refused | Unreachable::NoNetwork)) => reason,
            _ => std::future::pending().await,
        },
    }
}

async fn ask_port(address: SocketAddr) -> io::Result<std::convert::Infallible> {
    let socket = tokio::net::UdpSocket::bind(any(address)).await?;
    socket.connect(address).await?;
    // One zero byte: no QUIC packet starts so (its fixed bit is unset), a hub drops it unread.
    socket.send(&[0]).await?;
    let mut ignored = [0u8; 16];
    loop {
        socket.recv(&mut ignored).await?;
    }
}

fn unreachable_by(error: &io::Error) -> ConnectError {
    ConnectError::Unreachable(match error.kind() {
        io::ErrorKind::ConnectionRefused => Unreachable::Refused,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkDown | io::ErrorKind::AddrNotAvailable => {
            Unreachable::NoNetwork
        }
        _ => return ConnectError::Other { detail: error.to_string() },
    })
}
