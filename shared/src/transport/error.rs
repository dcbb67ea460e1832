//! Why a connection to the hub failed, told apart as far as the network lets one tell, and as a [`Fault`] for the rim.

use crate::{
    fault::{Exit, Fault},
    identity::Fingerprint,
    transport::close::Close,
};

/// Nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// The name is in no DNS, or the resolver cannot be reached.
    NoSuchName,
    /// This machine has no route: cable out, Wi-Fi off.
    NoNetwork,
    /// The machine answers that nothing listens on that UDP port.
    Refused,
    /// Silence: hub down, wrong address, or UDP blocked on the way.
    Silent,
}

/// A connection could not be made, or ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// No answer.
    #[error("hub unreachable: {0:?}")]
    Unreachable(Unreachable),
    /// An answer, but from a hub whose county is not the one pinned.
    #[error("the hub is not of the expected county")]
    WrongHub {
        /// Pinned, by token or enrolment.
        expected: Fingerprint,
        /// Shown by the other side, where it showed one.
        seen: Option<Fingerprint>,
    },
    /// The other side speaks QUIC but none of our protocol generations.
    #[error("no protocol generation in common")]
    NoCommonProtocol,
    /// The hub finds our certificate expired: renew.
    #[error("own certificate expired")]
    CertificateExpired,
    /// The hub finds our certificate not of its county, or has none of us.
    #[error("own certificate not accepted")]
    CertificateRefused,
    /// The hub says why.
    #[error("closed by the hub: {0:?}")]
    Closed(Close),
    /// It worked, then nothing came for the idle time.
    #[error("the link went silent")]
    Lost,
    /// This side closed it.
    #[error("closed here")]
    ClosedHere,
    /// Anything else.
    #[error("connection failed: {detail}")]
    Other {
        /// In the library's words.
        detail: String,
    },
}

/// TLS alerts (RFC 8446 §6) that have a meaning of their own here; QUIC carries them as 0x100 + alert.
mod alert {
    pub(super) const BAD_CERTIFICATE: u64 = 42;
    pub(super) const CERTIFICATE_EXPIRED: u64 = 45;
    pub(super) const CERTIFICATE_UNKNOWN: u64 = 46;
    pub(super) const UNKNOWN_CA: u64 = 48;
    pub(super) const DECRYPT_ERROR: u64 = 51;
    pub(super) const CERTIFICATE_REQUIRED: u64 = 116;
    pub(super) const NO_APPLICATION_PROTOCOL: u64 = 120;
}

impl ConnectError {
    /// What quinn's error means. `established`: the handshake had succeeded here.
    #[must_use]
    pub fn from_quinn(error: &quinn::ConnectionError, established: bool) -> Self {
        use quinn::ConnectionError as Quinn;
        match error {
            Quinn::VersionMismatch => Self::NoCommonProtocol,
            Quinn::TransportError(inner) => Self::from_code(u64::from(inner.code), inner.to_string()),
            Quinn::ConnectionClosed(inner) => Self::from_code(u64::from(inner.error_code), inner.to_string()),
            Quinn::ApplicationClosed(inner) => match Close::from_code(inner.error_code.into_inner()) {
                Some(close) => Self::Closed(close),
                None => Self::Other { detail: inner.to_string() },
            },
            Quinn::TimedOut | Quinn::Reset if established => Self::Lost,
            Quinn::TimedOut => Self::Unreachable(Unreachable::Silent),
            Quinn::LocallyClosed => Self::ClosedHere,
            Quinn::Reset | Quinn::CidsExhausted => Self::Other { detail: error.to_string() },
        }
    }

    fn from_code(code: u64, detail: String) -> Self {
        const REFUSED: u64 = 2; // RFC 9000 §20.1 CONNECTION_REFUSED
        match code.checked_sub(0x100) {
            None if code == REFUSED => Self::Closed(Close::Busy),
            Some(alert::CERTIFICATE_EXPIRED) => Self::CertificateExpired,
            Some(alert::BAD_CERTIFICATE | alert::UNKNOWN_CA | alert::CERTIFICATE_REQUIRED | alert::CERTIFICATE_UNKNOWN | alert::DECRYPT_ERROR) => {
                Self::CertificateRefused
            }
            Some(alert::NO_APPLICATION_PROTOCOL) => Self::NoCommonProtocol,
            _ => Self::Other { detail },
        }
    }

    /// For a person. `hub` is what they gave as the hub's address.
    #[must_use]
    pub fn fault(&self, hub: &dyn std::fmt::Display) -> Fault {
        let (code, exit) = match self {
            Self::Unreachable(Unreachable::NoSuchName) => ("hub-name-unknown", Exit::Unreachable),
            Self::Unreachable(Unreachable::NoNetwork) => ("hub-no-network", Exit::Unreachable),
            Self::Unreachable(Unreachable::Refused) => ("hub-port-closed", Exit::Unreachable),
            Self::Unreachable(Unreachable::Silent) => ("hub-silent", Exit::Unreachable),
            Self::WrongHub { .. } => ("hub-of-another-county", Exit::Identity),
            Self::NoCommonProtocol | Self::Closed(Close::Version) => ("hub-no-common-version", Exit::Version),
            Self::CertificateExpired => ("certificate-expired", Exit::Identity),
            Self::CertificateRefused | Self::Closed(Close::CertificateRequired) => ("certificate-refused", Exit::Identity),
            Self::Closed(Close::Revoked) => ("node-revoked", Exit::Identity),
            Self::Closed(Close::Superseded) => ("node-twice", Exit::Identity),
            Self::Closed(Close::Busy) => ("hub-busy", Exit::Unreachable),
            Self::Closed(Close::Replica) => ("hub-replica-failed", Exit::Unreachable),
            Self::Closed(Close::Protocol) => ("hub-protocol-broken", Exit::Internal),
            Self::Closed(Close::Stopping | Close::Done | Close::Silent) | Self::Lost | Self::ClosedHere => ("hub-link-lost", Exit::Unreachable),
            Self::Other { .. } => ("hub-link-failed", Exit::Unreachable),
        };
        let fault = Fault::new(code, exit).with("hub", hub);
        match self {
            Self::WrongHub { expected, seen } => {
                let seen = seen.map_or_else(|| "?".to_owned(), |seen| seen.to_string());
                fault.with("expected", expected).with("seen", seen)
            }
            Self::Other { detail } => fault.with("detail", detail),
            _ => fault,
        }
    }
}
