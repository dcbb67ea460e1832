//! QUIC around the sync session: who may connect, how a node enrols, which streams carry what, and what a failure means to a person.
//!
//! One UDP port at the hub serves two protocols, told apart by ALPN: [`ALPN_SYNC`] (both sides certified) and [`ALPN_ENROL`] (the node
//! proves its key inside). docs/PROTOCOL-enrolment.md is the specification of the second and of the TLS under both.
//!
//! Invariants: TLS 1.3 only, no 0-RTT, no resumption (a revoked client resumed, measured); a node pins the county's CA and never judges
//! dates by its own clock; the hub judges them by its own; whatever a peer sends is bounded before it is stored.
//!
//! Left to others: what frames mean (`sync`), which tokens and revocations exist (the hub's [`enrol::Registrar`]), files.
//! The only user of `quinn` in the workspace.

mod accept;
pub mod address;
pub mod close;
pub mod cutter;
pub mod dialer;
mod driver;
pub mod enrol;
pub mod error;
mod ids;
pub mod link;
pub mod listener;
pub mod news;
pub mod reach;
mod socket;
pub mod streams;
pub mod tls;
pub mod traffic;
pub mod tuning;
mod verifier;

#[cfg(test)]
mod tests;

pub use address::HubAddress;
pub use cutter::Cutter;
pub use error::ConnectError;
pub use news::News;
pub use tls::{HubTls, NodeTls};
pub use traffic::Traffic;
pub use tuning::Tuning;

/// ALPN of the sync protocol, first generation. Versions within it are negotiated by HELLO.
pub const ALPN_SYNC: &[u8] = b"huxue/1";
/// ALPN of enrolment and renewal, first generation. Versions within it are negotiated by its messages.
pub const ALPN_ENROL: &[u8] = b"huxue-enrol/1";
/// UDP port of a hub unless configured otherwise. Unprivileged, and free of a registered protocol that schools' firewalls look for.
pub const DEFAULT_PORT: u16 = 4433;
