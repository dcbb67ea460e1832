//! What the driver tells a session at its start and what a session tells the driver: plain values.

use crate::fault::{Exit, Fault};
use crate::model::{OriginId, ReplicaId, SchoolCode, Space};
use crate::sync::ask::Ask;
use crate::sync::engine::{Peer, Refused};
use crate::sync::frame::Channel;
use crate::sync::message::ByeCode;
use std::collections::BTreeSet;

/// Which end this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Dials, ships its first records with its HELLO, leads reconciliations.
    Node,
    /// Accepts and follows.
    Hub,
}

/// What the driver knows before the first frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Which end this is.
    pub role: Role,
    /// Who is at the other end, as its certificate proves.
    pub peer: Peer,
    /// The school this connection is about: the node's.
    pub school: SchoolCode,
    /// Program and version, for people.
    pub software: String,
    /// 16 random bytes.
    pub nonce: [u8; 16],
    /// Clock, unix seconds: told to the peer, trusted by nobody.
    pub time_s: i64,
    /// PUSH bytes the peer may have in flight towards us (DESIGN §4: 1 MiB a node); raised to [`EARLY_CREDIT`](super::EARLY_CREDIT) if lower.
    pub grant_bytes: u64,
    /// Origins whose certificates the peer has already, such as our own if the transport on the other side learns it from the handshake.
    pub introduced: BTreeSet<OriginId>,
    /// How long to wait for HELLO, milliseconds; default 30,000.
    pub hello_ms_max: u64,
    /// How often digests are compared on a session that stays open, milliseconds; default six hours.
    pub verify_ms: u64,
}

impl Config {
    /// With the default limits.
    #[must_use]
    pub fn new(role: Role, peer: Peer, school: SchoolCode, software: String, nonce: [u8; 16], time_s: i64) -> Self {
        Self {
            role,
            peer,
            school,
            software,
            nonce,
            time_s,
            grant_bytes: 1024 * 1024,
            introduced: BTreeSet::new(),
            hello_ms_max: 30_000,
            verify_ms: 6 * 3_600_000,
        }
    }
}

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write to a stream.
    Send {
        /// Which.
        channel: Channel,
        /// Whole frames.
        bytes: Vec<u8>,
    },
    /// Ask the replica.
    Ask(Ask),
    /// Something a person or a metric may want to know.
    Event(SessionEvent),
    /// Flush the control stream and close the connection.
    Close {
        /// Why.
        reason: CloseReason,
    },
}

/// Who is at the other end, by its own word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// Its log.
    pub replica: ReplicaId,
    /// Drawn for this session.
    pub nonce: [u8; 16],
    /// Program and version.
    pub software: String,
    /// Protocol version agreed.
    pub version: u64,
    /// Its clock minus ours, seconds.
    pub clock_skew_s: i64,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// Both HELLOs are exchanged.
    Established(Met),
    /// Both sides have all of a space; said again whenever that becomes true again.
    InSync {
        /// Which.
        space: Space,
    },
    /// The peer has committed own log up to `lsn` of `head`.
    Acknowledged {
        /// Which.
        space: Space,
        /// Up to here.
        lsn: u64,
        /// Own head.
        head: u64,
    },
    /// Changes from the peer are committed here.
    Received {
        /// Which.
        space: Space,
        /// New here.
        admitted: u64,
        /// Had before.
        known: u64,
        /// Kept aside.
        parked: u64,
        /// Kept in quarantine.
        refused: u64,
    },
    /// The peer refused changes of ours, or that we relayed.
    RefusedThere {
        /// Which.
        space: Space,
        /// What and why.
        refused: Vec<Refused>,
    },
    /// Cursors are worth nothing (restored, rolled back, or digests differ): documents are compared one by one.
    Reconciling {
        /// Which.
        space: Space,
        /// Why.
        why: Mismatch,
    },
    /// Own part of a reconciliation is done.
    Reconciled {
        /// Which.
        space: Space,
        /// Changes shipped.
        shipped: u64,
    },
    /// Digests differ although everything was exchanged: a person should look (`huxue-hub verify`).
    Divergent {
        /// Which.
        space: Space,
    },
    /// The session ended.
    Closed(CloseReason),
}

/// Why a reconciliation is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// One side has never met the other's log, and both hold changes.
    UnknownEpoch,
    /// A cursor lies beyond the other's head: that log was rolled back.
    BeyondHead,
    /// Both cursors are at the head, and the digests differ.
    Digest,
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseReason {
    /// True: the peer said BYE; false: this side did.
    pub by_peer: bool,
    /// Why.
    pub code: ByeCode,
    /// Particulars for a log.
    pub detail: String,
}

impl CloseReason {
    /// As shown to a person; `None` for an orderly end. Messages: `shared/locales/*/sync.ftl`.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let (code, exit) = match (self.code, self.by_peer) {
            (ByeCode::Done, _) => return None,
            (ByeCode::Version, _) => ("sync-version", Exit::Version),
            (ByeCode::Revoked, true) => ("sync-revoked", Exit::Identity),
            (ByeCode::Revoked, false) => ("sync-revoked-peer", Exit::Identity),
            (ByeCode::Malformed, _) => ("sync-malformed", Exit::Internal),
            (ByeCode::Order, _) => ("sync-order", Exit::Internal),
            (ByeCode::Scope, _) => ("sync-scope", Exit::NotAllowed),
            (ByeCode::Credit, _) => ("sync-credit", Exit::Internal),
            (ByeCode::Limit, _) => ("sync-limit", Exit::Internal),
            (ByeCode::Certificate, _) => ("sync-certificate", Exit::Identity),
            (ByeCode::Unavailable, true) => ("sync-unavailable-peer", Exit::Unreachable),
            (ByeCode::Unavailable, false) => ("sync-unavailable", Exit::Storage),
            (ByeCode::Timeout, _) => ("sync-timeout", Exit::Unreachable),
            (ByeCode::Duplicate, _) => ("sync-duplicate", Exit::Identity),
            (ByeCode::Busy, _) => ("sync-busy", Exit::Unreachable),
            (ByeCode::Other(_), _) => ("sync-other", Exit::Version),
        };
        Some(Fault::new(code, exit).with("detail", &self.detail).with("number", self.code.number()))
    }
}
