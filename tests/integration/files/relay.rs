//! A wire that counts: passes datagrams between nodes and the hub, and goes dead after so many bytes.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

struct Wire {
    front: UdpSocket,
    back: UdpSocket,
    hub: SocketAddr,
    node: Mutex<Option<SocketAddr>>,
    carried: AtomicU64,
    allowed: AtomicU64,
    over: AtomicBool,
}

/// Ends its threads when dropped.
pub(super) struct Relay(Arc<Wire>);

impl Relay {
    pub(super) fn to(hub: &str) -> Self {
        let socket = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            // Only so that a thread sees the end.
            socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
            socket
        };
        let wire = Arc::new(Wire {
            front: socket(),
            back: socket(),
            hub: hub.parse().unwrap(),
            node: Mutex::default(),
            carried: AtomicU64::new(0),
            allowed: AtomicU64::new(u64::MAX),
            over: AtomicBool::new(false),
        });
        for towards_hub in [true, false] {
            let wire = Arc::clone(&wire);
            std::thread::spawn(move || wire.pass(towards_hub));
        }
        Self(wire)
    }

    pub(super) fn address(&self) -> String {
        self.0.front.local_addr().unwrap().to_string()
    }

    /// Bytes that went from nodes to the hub.
    pub(super) fn carried(&self) -> u64 {
        self.0.carried.load(Ordering::SeqCst)
    }

    /// Nothing goes either way once so many bytes in all went to the hub.
    pub(super) fn allow(&self, bytes: u64) {
        self.0.allowed.store(bytes, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

impl Wire {
    fn pass(&self, towards_hub: bool) {
        let mut datagram = [0u8; 2048];
        while !self.over.load(Ordering::SeqCst) {
            let from = if towards_hub { &self.front } else { &self.back };
            let Ok((length, sender)) = from.recv_from(&mut datagram) else { continue };
            if self.carried.load(Ordering::SeqCst) >= self.allowed.load(Ordering::SeqCst) {
                continue;
            }
            if towards_hub {
                *self.node.lock().unwrap() = Some(sender);
                self.carried.fetch_add(length as u64, Ordering::SeqCst);
                let _ = self.back.send_to(&datagram[..length], self.hub);
            } else if let Some(node) = *self.node.lock().unwrap() {
                let _ = self.front.send_to(&datagram[..length], node);
            }
        }
    }
}
