//! QUIC's knobs, turned for a thousand quiet links to weak places: small windows, few streams, no byte that carries nothing.

use quinn::{IdleTimeout, TransportConfig, VarInt, congestion::CubicConfig};
use std::{sync::Arc, time::Duration};

/// What of the transport may be configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// A node pings a silent link this often, so that address translators keep it open; `None`: never. Costs at most 60 bytes. Default 20 s.
    pub keep_alive: Option<Duration>,
    /// A link silent for so long is dead. Default 60 s: three keep-alives.
    pub idle: Duration,
    /// A handshake that takes longer has failed. Default 10 s: six tries at a round trip of 300 ms.
    pub handshake: Duration,
    /// Bytes a peer may have in flight to us on one connection, all streams together. Default 1 MiB.
    pub window: u32,
}

impl Default for Tuning {
    fn default() -> Self {
        Self { keep_alive: Some(Duration::from_secs(20)), idle: Duration::from_mins(1), handshake: Duration::from_secs(10), window: 1 << 20 }
    }
}

/// Bidirectional streams the peer may open: control now, four for blobs later.
const BIDI_STREAMS: u32 = 5;
/// One-way streams the peer may open: records now, three in reserve.
const UNI_STREAMS: u32 = 4;

impl Tuning {
    /// For the side that dials: it also keeps the link alive.
    pub(crate) fn dialling(&self) -> Arc<TransportConfig> {
        let mut config = self.common();
        config.keep_alive_interval(self.keep_alive);
        config.max_concurrent_bidi_streams(VarInt::from_u32(0));
        Arc::new(config)
    }

    /// For the side that accepts.
    pub(crate) fn accepting(&self) -> Arc<TransportConfig> {
        let mut config = self.common();
        config.max_concurrent_bidi_streams(VarInt::from_u32(BIDI_STREAMS));
        Arc::new(config)
    }

    fn common(&self) -> TransportConfig {
        let mut config = TransportConfig::default();
        config
            .max_idle_timeout(IdleTimeout::try_from(self.idle).ok())
            .max_concurrent_uni_streams(VarInt::from_u32(UNI_STREAMS))
            .receive_window(VarInt::from_u32(self.window))
            // A stream of records that nobody reads for a while must leave room for the control stream.
            .stream_receive_window(VarInt::from_u32(self.window / 4 * 3))
            .send_window(u64::from(self.window))
            .congestion_controller_factory(Arc::new(CubicConfig::default()))
            // Probing for a larger datagram costs 4 KB a connection; a reconnect should cost less than that in all.
            .mtu_discovery_config(None)
            // No datagrams: everything here is a stream.
            .datagram_receive_buffer_size(None)
            .datagram_send_buffer_size(0)
            .allow_spin(false);
        config
    }
}
