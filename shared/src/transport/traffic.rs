//! Bytes on the wire: whole UDP payloads both ways, handshake and keep-alive included (add 28 a datagram for IP and UDP, 48 with IPv6).

use serde::Serialize;

/// What a connection has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// UDP payload bytes sent.
    pub sent_bytes: u64,
    /// UDP payload bytes received.
    pub received_bytes: u64,
    /// Datagrams sent.
    pub sent_datagrams: u64,
    /// Datagrams received.
    pub received_datagrams: u64,
}

impl Traffic {
    /// Of a connection, up to now.
    #[must_use]
    pub fn of(connection: &quinn::Connection) -> Self {
        let stats = connection.stats();
        Self {
            sent_bytes: stats.udp_tx.bytes,
            received_bytes: stats.udp_rx.bytes,
            sent_datagrams: stats.udp_tx.datagrams,
            received_datagrams: stats.udp_rx.datagrams,
        }
    }

    /// Both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sent_bytes.saturating_add(self.received_bytes)
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            sent_bytes: self.sent_bytes.saturating_sub(earlier.sent_bytes),
            received_bytes: self.received_bytes.saturating_sub(earlier.received_bytes),
            sent_datagrams: self.sent_datagrams.saturating_sub(earlier.sent_datagrams),
            received_datagrams: self.received_datagrams.saturating_sub(earlier.received_datagrams),
        }
    }
}

impl std::ops::AddAssign for Traffic {
    fn add_assign(&mut self, more: Self) {
        self.sent_bytes = self.sent_bytes.saturating_add(more.sent_bytes);
        self.received_bytes = self.received_bytes.saturating_add(more.received_bytes);
        self.sent_datagrams = self.sent_datagrams.saturating_add(more.sent_datagrams);
        self.received_datagrams = self.received_datagrams.saturating_add(more.received_datagrams);
    }
}
