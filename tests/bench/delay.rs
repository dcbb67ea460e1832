//! A wire with a delay: forwards datagrams between one node and the hub, each way `delay` later. Round trips are counted by it: what a reconnect takes longer than
//! without it, divided by twice the delay.

use crate::Result;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::UdpSocket, runtime::Runtime, sync::mpsc, time::Instant};

/// Longest datagram that QUIC sends here, with room.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// Listens on a free port and forwards to `hub`; gives the port. Lives as long as the runtime.
pub(crate) fn start(runtime: &Runtime, hub: SocketAddr, delay: Duration) -> Result<u16> {
    runtime.block_on(async {
        let (near, far) = (Arc::new(UdpSocket::bind("127.0.0.1:0").await?), Arc::new(UdpSocket::bind("127.0.0.1:0").await?));
        let port = near.local_addr()?.port();
        far.connect(hub).await?;
        let (node_tell, node_hears) = tokio::sync::watch::channel(None::<SocketAddr>);
        let (there, out) = mpsc::unbounded_channel();
        let (back, home) = mpsc::unbounded_channel();
        tokio::spawn(deliver(out, {
            let far = Arc::clone(&far);
            move |bytes| {
                let far = Arc::clone(&far);
                async move {
                    let _ = far.send(&bytes).await;
                }
            }
        }));
        let reply = Arc::clone(&near);
        tokio::spawn(deliver(home, move |bytes: Vec<u8>| {
            let (reply, to) = (Arc::clone(&reply), *node_hears.borrow());
            async move {
                if let Some(to) = to {
                    let _ = reply.send_to(&bytes, to).await;
                }
            }
        }));
        tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
            while let Ok((n, from)) = near.recv_from(&mut buffer).await {
                node_tell.send_replace(Some(from));
                let _ = there.send((Instant::now() + delay, buffer.get(..n).unwrap_or_default().to_vec()));
            }
        });
        tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
            while let Ok(n) = far.recv(&mut buffer).await {
                let _ = back.send((Instant::now() + delay, buffer.get(..n).unwrap_or_default().to_vec()));
            }
        });
        Ok(port)
    })
}

async fn deliver<F: Future<Output = ()>>(mut queue: mpsc::UnboundedReceiver<(Instant, Vec<u8>)>, send: impl Fn(Vec<u8>) -> F) {
    while let Some((at, bytes)) = queue.recv().await {
        tokio::time::sleep_until(at).await;
        send(bytes).await;
    }
}
