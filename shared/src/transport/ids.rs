//! QUIC connection ids: none on the side that dials (8 bytes less on every packet it receives, and no list of spare ids in the handshake),
//! four random bytes at the hub (a thousand links, and every keep-alive carries one), without a process-bound check, so that a restarted hub can
//! tell a node at its next packet that their connection is gone.

use crate::{clock::Clock, identity::Keypair};
use quinn::{ConnectionId, ConnectionIdGenerator, EndpointConfig};
use std::{fmt, sync::Arc, time::Duration};

const HUB_BYTES: usize = 4;

/// For a socket that dials one hub.
pub(super) fn dialling() -> EndpointConfig {
    let mut config = EndpointConfig::default();
    config.cid_generator(|| Box::new(Empty));
    config
}

/// For a hub. Resets are authenticated under a key derived from the hub's own, the same after every start.
pub(super) fn accepting(hub: &Keypair, clock: Arc<dyn Clock>) -> EndpointConfig {
    let key = blake3::derive_key("huxue stateless reset v1", hub.seed());
    let mut config = EndpointConfig::new(Arc::new(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key)));
    config.cid_generator(move || Box::new(Random(clock.clone())));
    config
}

struct Empty;

impl ConnectionIdGenerator for Empty {
    fn generate_cid(&mut self) -> ConnectionId {
        ConnectionId::new(&[])
    }

    fn cid_len(&self) -> usize {
        0
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

struct Random(Arc<dyn Clock>);

impl ConnectionIdGenerator for Random {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut bytes = [0u8; HUB_BYTES];
        self.0.random(&mut bytes);
        ConnectionId::new(&bytes)
    }

    fn cid_len(&self) -> usize {
        HUB_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}
