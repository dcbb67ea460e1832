//! Why one side ends a connection: the application codes of QUIC's `CONNECTION_CLOSE`. Their numbers never change meaning.

use quinn::VarInt;

/// An application close code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Close {
    /// Nothing is left to do.
    Done = 0,
    /// The daemon stops; dial again later.
    Stopping = 1,
    /// The county has revoked this identity.
    Revoked = 2,
    /// The same identity has connected again more often than allowed; the oldest goes.
    Superseded = 3,
    /// [`super::ALPN_SYNC`] without a certificate of a school's node.
    CertificateRequired = 4,
    /// Too many connections; dial again later.
    Busy = 5,
    /// The peer broke the protocol.
    Protocol = 6,
    /// The replica cannot serve (disk full, database gone); dial again later.
    Replica = 7,
    /// No version in common.
    Version = 8,
    /// The peer was silent when an answer was due.
    Silent = 9,
}

impl Close {
    /// Reads a code; `None` for one of a later version.
    #[must_use]
    pub fn from_code(code: u64) -> Option<Self> {
        Some(match code {
            0 => Self::Done,
            1 => Self::Stopping,
            2 => Self::Revoked,
            3 => Self::Superseded,
            4 => Self::CertificateRequired,
            5 => Self::Busy,
            6 => Self::Protocol,
            7 => Self::Replica,
            8 => Self::Version,
            9 => Self::Silent,
            _ => return None,
        })
    }

    /// Closes `connection` at once; whatever is still unsent is dropped. `detail` is for the peer's log, at most 200 bytes of it are sent.
    pub(crate) fn now(self, connection: &quinn::Connection, detail: &str) {
        let detail = detail.as_bytes();
        connection.close(VarInt::from_u32(self as u32), detail.get(..200).unwrap_or(detail));
    }
}
