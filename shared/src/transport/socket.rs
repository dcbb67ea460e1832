//! The UDP socket under QUIC, without ECN marks.
//!
//! Why: every acknowledgement on a marked path carries three counters, up to a tenth of a keep-alive; and some of the old boxes between a school and
//! its county drop marked packets. Quinn has no switch for it. Marks are removed both ways, so quinn finds a path that does not support them.

use quinn::{
    AsyncUdpSocket, Runtime, UdpPoller,
    udp::{RecvMeta, Transmit},
};
use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// A bound socket and the runtime it belongs to.
///
/// # Errors
/// The system's; or that no tokio runtime is there.
pub(super) fn bind(at: SocketAddr) -> io::Result<(Arc<dyn AsyncUdpSocket>, Arc<dyn Runtime>)> {
    let socket = std::net::UdpSocket::bind(at)?;
    let runtime = quinn::default_runtime().ok_or_else(|| io::Error::other("no async runtime"))?;
    let inner = runtime.wrap_udp_socket(socket)?;
    Ok((Arc::new(Unmarked(inner)), runtime))
}

#[derive(Debug)]
struct Unmarked(Arc<dyn AsyncUdpSocket>);

impl AsyncUdpSocket for Unmarked {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.0.clone().create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let unmarked = Transmit {
            destination: transmit.destination,
            ecn: None,
            contents: transmit.contents,
            segment_size: transmit.segment_size,
            src_ip: transmit.src_ip,
        };
        self.0.try_send(&unmarked)
    }

    fn poll_recv(&self, context: &mut Context<'_>, buffers: &mut [IoSliceMut<'_>], meta: &mut [RecvMeta]) -> Poll<io::Result<usize>> {
        let received = self.0.poll_recv(context, buffers, meta);
        if let Poll::Ready(Ok(_)) = received {
            for one in meta.iter_mut() {
                one.ecn = None;
            }
        }
        received
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.0.max_transmit_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.0.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.0.may_fragment()
    }
}
