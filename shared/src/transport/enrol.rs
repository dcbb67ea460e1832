//! Enrolment and renewal over [`super::ALPN_ENROL`]: one connection, one stream, one request, one reply. docs/PROTOCOL-enrolment.md.
//!
//! The hub proves itself first (TLS, CA pinned by the token's fingerprint or by the enrolment); then the node sends its public key and a
//! signature over this very TLS channel, so that a request repeated on another connection proves nothing.
//!
//! Invariants: a token's secret never leaves the node before the fingerprint has been checked; spending a token and issuing are one
//! transaction of the [`Registrar`]; the same token and key again give the same answer, so that a reply lost on the way costs nothing.

pub mod hub;
pub mod message;
pub mod node;

pub use crate::identity::issue::Grant;
pub use node::{EnrolError, Enrolment, deposit, enrol, renew};

use crate::{
    identity::{PublicKey, RecoveryKey},
    model::CountyCode,
};

/// Lowest version of the messages spoken here.
pub const VERSION_MIN: u16 = 1;
/// Highest version of the messages spoken here. 2: a grant carries the county's recovery key, and a node may deposit its sealed database key.
pub const VERSION_MAX: u16 = 2;

/// Why a hub does not take a node in. Numbers stand on the wire and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum EnrolRefusal {
    /// The token's time is over.
    #[error("token expired")]
    TokenExpired = 1,
    /// Another key has used it.
    #[error("token used")]
    TokenUsed = 2,
    /// The hub never issued it, or has withdrawn it.
    #[error("token unknown")]
    TokenUnknown = 3,
    /// Of another county.
    #[error("token of another county")]
    TokenForeign = 4,
    /// This key is revoked.
    #[error("revoked")]
    Revoked = 5,
    /// The node is too old for this hub.
    #[error("node too old")]
    VersionTooOld = 6,
    /// The node is too new for this hub.
    #[error("node too new")]
    VersionTooNew = 7,
    /// The request cannot be read.
    #[error("request malformed")]
    Malformed = 8,
    /// To renew, a key must be enrolled.
    #[error("key not enrolled")]
    NotEnrolled = 9,
    /// The signature is not the key's over this channel.
    #[error("proof of possession failed")]
    BadProof = 10,
    /// The hub's own store failed.
    #[error("hub cannot serve")]
    HubFailed = 11,
    /// The school exists but is closed for enrolment (withdrawn, merged).
    #[error("school closed")]
    SchoolClosed = 12,
}

impl EnrolRefusal {
    /// Reads a number off the wire; `None` for one of a later version.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [
            Self::TokenExpired,
            Self::TokenUsed,
            Self::TokenUnknown,
            Self::TokenForeign,
            Self::Revoked,
            Self::VersionTooOld,
            Self::VersionTooNew,
            Self::Malformed,
            Self::NotEnrolled,
            Self::BadProof,
            Self::HubFailed,
            Self::SchoolClosed,
        ]
        .into_iter()
        .find(|refusal| *refusal as u8 == number)
    }
}

/// A proven request to be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeem {
    /// [`crate::identity::token::secret_hash`] of the secret.
    pub secret_hash: [u8; 32],
    /// The county the token names.
    pub county: CountyCode,
    /// The node's key; its possession is proven.
    pub public_key: PublicKey,
    /// Program and version, for the fleet list; at most 64 bytes.
    pub software: String,
}

/// The hub's side of the decision. Called on a blocking thread, possibly many at once.
pub trait Registrar: Send + Sync {
    /// Spends a token. Must be one durable transaction: check, spend, record key and certificates. A token already spent **by the same key**
    /// is granted again.
    ///
    /// # Errors
    /// The reason told to the node.
    fn redeem(&self, request: &Redeem) -> Result<Grant, EnrolRefusal>;

    /// New certificates for an enrolled key that is not revoked, expired or not. Its possession is proven.
    ///
    /// # Errors
    /// The reason told to the node.
    fn renew(&self, public_key: &PublicKey, software: &str) -> Result<Grant, EnrolRefusal>;

    /// Keeps a database key that an enrolled node sealed to the county's recovery key; `None`: the node only asks for that key. Gives the recovery key in
    /// force: the deposit is kept, durably, exactly if it is sealed to that one. Possession of `public_key` is proven.
    ///
    /// # Errors
    /// The reason told to the node.
    fn deposit(&self, public_key: &PublicKey, sealed: Option<&[u8]>) -> Result<Option<RecoveryKey>, EnrolRefusal>;
}
