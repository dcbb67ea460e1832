//! An Ed25519 key pair made from a 32-byte seed (RFC 8032). The seed is all that is ever stored.
//!
//! Our copy of the seed is wiped when dropped; the expanded key that ring holds is not (ring offers no way), so this shortens, but does not
//! end, the life of the secret in memory.

use crate::{clock::Clock, model::OriginId};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::fmt;
use zeroize::Zeroizing;

/// An Ed25519 public key.
pub type PublicKey = [u8; 32];
/// An Ed25519 signature.
pub type Signature = [u8; 64];

/// A private key and its public half.
pub struct Keypair {
    seed: Zeroizing<[u8; 32]>,
    public: PublicKey,
    pair: Ed25519KeyPair,
}

impl Keypair {
    /// The pair of a seed. The same seed always gives the same pair.
    ///
    /// # Panics
    /// Never: ring refuses a seed for its length only.
    #[must_use]
    #[expect(clippy::expect_used, reason = "ring refuses a seed only for its length, which the type fixes")]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).expect("a seed of 32 bytes");
        let mut public = [0u8; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Self { seed, public, pair }
    }

    /// A new pair from the clock's randomness.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        let mut seed = [0u8; 32];
        clock.random(&mut seed);
        Self::from_seed(seed)
    }

    /// The secret, to be written to a 0600 file and nowhere else.
    #[must_use]
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// The public half, borrowed.
    #[must_use]
    pub fn public_bytes(&self) -> &[u8] {
        &self.public
    }

    /// Who signs with this key.
    #[must_use]
    pub fn origin(&self) -> OriginId {
        OriginId::of_key(&self.public)
    }

    /// Signs exactly these bytes. Callers put a context string in front; see [`crate::identity::batch`].
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let mut signature = [0u8; 64];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        signature
    }

    /// PKCS#8 v2 (RFC 8410), as TLS libraries take it; wiped when dropped.
    #[must_use]
    pub fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        const HEAD: [u8; 16] = [0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        const MIDDLE: [u8; 3] = [0x81, 0x21, 0x00];
        let mut out = Zeroizing::new(Vec::with_capacity(HEAD.len() + 32 + MIDDLE.len() + 32));
        out.extend_from_slice(&HEAD);
        out.extend_from_slice(self.seed.as_slice());
        out.extend_from_slice(&MIDDLE);
        out.extend_from_slice(&self.public);
        out
    }
}

impl Clone for Keypair {
    fn clone(&self) -> Self {
        Self::from_seed(*self.seed)
    }
}

impl fmt::Debug for Keypair {
    /// The origin only; never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keypair({})", self.origin())
    }
}

/// True if `signature` over `message` was made by the private half of `public`. A malformed key or signature is merely false.
#[must_use]
pub fn verify(public: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_test_vector_of_rfc_8032_holds() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let pair = Keypair::from_seed(crate::model::ChangeHash::from_hex(seed).unwrap().0);
        assert_eq!(pair.public(), crate::model::ChangeHash::from_hex(public).unwrap().0);
        assert_eq!(pair.sign(b"")[..4], [0xe5, 0x56, 0x43, 0x00]);
        assert!(verify(&pair.public(), b"", &pair.sign(b"")));
        assert!(!verify(&pair.public(), b"x", &pair.sign(b"")));
        assert!(!verify(&pair.public(), b"", &[0; 5]));
    }

    #[test]
    fn debug_never_shows_the_secret() {
        let pair = Keypair::from_seed([7; 32]);
        let shown = format!("{pair:?}");
        assert_eq!(shown, format!("Keypair({})", pair.origin()));
        assert!(!shown.contains("0707"));
    }

    #[test]
    fn ring_reads_the_pkcs8_form_back() {
        let pair = Keypair::from_seed([9; 32]);
        let read = Ed25519KeyPair::from_pkcs8(&pair.pkcs8()).unwrap();
        assert_eq!(read.public_key().as_ref(), pair.public());
    }
}
