//! Who is who in a county: keys, the county's two key pairs, certificates, one-time tokens, fingerprints. docs/PROTOCOL-enrolment.md.
//!
//! A node makes its own Ed25519 key; the county's CA key vouches for it twice. The X.509 node certificate (`x509`) is for TLS and expires; the
//! *origin certificate* ([`origin`]) is for ever, travels with the changes, and says who may sign what.
//!
//! Invariants: every signature is made under a context string of its own, so that no signed thing can pass for another; a private key
//! never reaches a log or a `Debug` line; time and randomness are passed in.
//!
//! Left to others: where keys rest on disk, which tokens are spent, who is revoked (the hub's store).

pub mod batch;
pub mod county;
pub mod fingerprint;
pub mod keypair;
pub mod origin;
pub mod recovery;
pub mod token;

#[cfg(feature = "daemon")]
pub mod issue;
#[cfg(feature = "daemon")]
pub mod x509;

pub use county::County;
pub use fingerprint::Fingerprint;
pub use keypair::{Keypair, PublicKey, Signature};
pub use origin::{OriginFacts, Role};
pub use recovery::{RecoveryKey, RecoverySecret};
pub use token::{Token, TokenError};
