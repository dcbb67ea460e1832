//! The county's recovery key: to it every node seals its database key, so that a forgotten passphrase or a moved disk is not a lost school.
//!
//! X25519 to a key whose secret half lies offline, HKDF-SHA256, ChaCha20-Poly1305. A [`RecoveryKey`] is the public half with the county CA's signature: a
//! stolen hub key alone cannot make nodes seal to a stranger. A sealed key says whose it is and for which recovery key; who holds only the sealed form
//! learns nothing. docs/PROTOCOL-enrolment.md, section 6.
//!
//! Invariants: every sealing has an ephemeral key of its own, so the AEAD's nonce may be constant; all of the head is authenticated.

use crate::{
    clock::Clock,
    identity::{Keypair, PublicKey, Signature, keypair},
    model::{CountyCode, OriginId},
};
use ring::{aead, hkdf};
use x25519_dalek::{PublicKey as Point, StaticSecret};
use zeroize::Zeroizing;

const SIGNED: &[u8] = b"huxue recovery key v1\0";
const DERIVED: &[u8] = b"huxue sealed database key v1";
const ID: &str = "huxue recovery key id v1";
const VERSION: u8 = 1;
const HEAD_BYTES: usize = 1 + 8 + 8 + 32;
/// A sealed key: version, origin 8, recovery key's id 8, ephemeral key 32, key 32, tag 16.
pub const SEALED_BYTES: usize = HEAD_BYTES + 32 + 16;
/// A recovery key as it travels: 32 bytes and the CA's signature.
pub const RECOVERY_KEY_BYTES: usize = 32 + 64;

/// The public half, as the county vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryKey {
    public: [u8; 32],
    signature: Signature,
}

/// What names a recovery key: first 8 bytes of BLAKE3 of the public half, under a context of its own.
pub type RecoveryId = [u8; 8];

impl RecoveryKey {
    /// The county's word for `public`.
    #[must_use]
    pub fn vouch(ca: &Keypair, county: CountyCode, public: [u8; 32]) -> Self {
        Self { public, signature: ca.sign(&message(county, &public)) }
    }

    /// Reads one; `None` unless this county's CA signed it.
    #[must_use]
    pub fn read(bytes: &[u8], county: CountyCode, ca: &PublicKey) -> Option<Self> {
        let (public, signature) = bytes.split_first_chunk::<32>()?;
        let signature: &Signature = signature.try_into().ok()?;
        keypair::verify(ca, &message(county, public), signature).then_some(Self { public: *public, signature: *signature })
    }

    /// As it travels.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; RECOVERY_KEY_BYTES] {
        let mut out = [0u8; RECOVERY_KEY_BYTES];
        let (public, signature) = out.split_at_mut(32);
        public.copy_from_slice(&self.public);
        signature.copy_from_slice(&self.signature);
        out
    }

    /// What names it.
    #[must_use]
    pub fn id(&self) -> RecoveryId {
        id_of(&self.public)
    }

    /// Seals a database key of `origin`. Every call gives other bytes.
    ///
    /// # Panics
    /// Never: all lengths are fixed by the types.
    #[must_use]
    pub fn seal(&self, key: &[u8; 32], origin: OriginId, clock: &dyn Clock) -> Vec<u8> {
        let mut random = Zeroizing::new([0u8; 32]);
        clock.random(random.as_mut());
        let ephemeral = StaticSecret::from(*random);
        let point = Point::from(&ephemeral);
        let shared = ephemeral.diffie_hellman(&Point::from(self.public));
        let mut out = Vec::with_capacity(SEALED_BYTES);
        out.push(VERSION);
        out.extend_from_slice(&origin.0);
        out.extend_from_slice(&self.id());
        out.extend_from_slice(point.as_bytes());
        let mut body = Zeroizing::new(key.to_vec());
        let sealed = cipher(shared.as_bytes(), point.as_bytes(), &self.public)
            .and_then(|cipher| cipher.seal_in_place_separate_tag(nonce(), aead::Aad::from(&out), &mut body).ok());
        if let Some(tag) = sealed {
            out.extend_from_slice(&body);
            out.extend_from_slice(tag.as_ref());
        }
        out
    }
}

/// The secret half. Lies on paper or a stick in a safe, never on a running hub.
pub struct RecoverySecret(StaticSecret);

impl std::fmt::Debug for RecoverySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoverySecret(******)")
    }
}

/// Why a sealed key does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// Not the form of a sealed key, or of a later version.
    #[error("not a sealed database key")]
    Shape,
    /// Sealed to another recovery key of the county.
    #[error("sealed to another recovery key")]
    OtherKey,
    /// Altered.
    #[error("the sealed database key is damaged")]
    Damaged,
}

impl RecoverySecret {
    /// A new one.
    #[must_use]
    pub fn generate(clock: &dyn Clock) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        clock.random(bytes.as_mut());
        Self::from_bytes(*bytes)
    }

    /// From the file.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    /// To be written to one file and nowhere else.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        Point::from(&self.0).to_bytes()
    }

    /// What names it.
    #[must_use]
    pub fn id(&self) -> RecoveryId {
        id_of(&self.public())
    }

    /// Opens a sealed database key and says whose it is.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub fn open(&self, sealed: &[u8]) -> Result<(OriginId, Zeroizing<[u8; 32]>), RecoveryError> {
        let (origin, recovery) = facts(sealed).ok_or(RecoveryError::Shape)?;
        if recovery != self.id() {
            return Err(RecoveryError::OtherKey);
        }
        let (head, body) = sealed.split_at_checked(HEAD_BYTES).ok_or(RecoveryError::Shape)?;
        let point: [u8; 32] = head.last_chunk::<32>().copied().ok_or(RecoveryError::Shape)?;
        let shared = self.0.diffie_hellman(&Point::from(point));
        let cipher = cipher(shared.as_bytes(), &point, &self.public()).ok_or(RecoveryError::Damaged)?;
        let mut body = Zeroizing::new(body.to_vec());
        let key = cipher.open_in_place(nonce(), aead::Aad::from(head), &mut body).map_err(|_| RecoveryError::Damaged)?;
        let key: [u8; 32] = (&*key).try_into().map_err(|_| RecoveryError::Damaged)?;
        Ok((origin, Zeroizing::new(key)))
    }
}

/// Whose sealed key this is, and for which recovery key; `None`: not the form of one.
#[must_use]
pub fn facts(sealed: &[u8]) -> Option<(OriginId, RecoveryId)> {
    let (&[version], rest) = sealed.split_first_chunk::<1>()?;
    let (origin, rest) = rest.split_first_chunk::<8>()?;
    let (recovery, _) = rest.split_first_chunk::<8>()?;
    (version == VERSION && sealed.len() == SEALED_BYTES).then_some((OriginId(*origin), *recovery))
}

fn id_of(public: &[u8; 32]) -> RecoveryId {
    let mut out = [0u8; 8];
    blake3::Hasher::new_derive_key(ID).update(public).finalize_xof().fill(&mut out);
    out
}

fn message(county: CountyCode, public: &[u8; 32]) -> Vec<u8> {
    [SIGNED, county.to_string().as_bytes(), public].concat()
}

fn nonce() -> aead::Nonce {
    aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])
}

fn cipher(shared: &[u8; 32], ephemeral: &[u8; 32], recipient: &[u8; 32]) -> Option<aead::LessSafeKey> {
    let mut key = Zeroizing::new([0u8; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, DERIVED)
        .extract(shared)
        .expand(&[ephemeral, recipient], &aead::CHACHA20_POLY1305)
        .ok()?
        .fill(key.as_mut())
        .ok()?;
    Some(aead::LessSafeKey::new(aead::UnboundKey::new(&aead::CHACHA20_POLY1305, key.as_ref()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::TestClock, identity::County};

    fn world() -> (TestClock, County, RecoverySecret, RecoveryKey) {
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let county = County::generate("529901".parse().unwrap(), &clock);
        let secret = RecoverySecret::generate(&clock);
        let key = RecoveryKey::vouch(county.ca(), county.code(), secret.public());
        (clock, county, secret, key)
    }

    #[test]
    fn what_a_node_seals_only_the_countys_recovery_key_opens() {
        let (clock, _, secret, key) = world();
        let (database, origin) = ([7u8; 32], OriginId([5; 8]));
        let (one, two) = (key.seal(&database, origin, &clock), key.seal(&database, origin, &clock));
        assert_eq!(one.len(), SEALED_BYTES);
        assert_ne!(one, two, "each sealing has a key of its own");
        for sealed in [&one, &two] {
            let (whose, opened) = secret.open(sealed).unwrap();
            assert_eq!((whose, *opened), (origin, database));
            assert!(!sealed.windows(32).any(|w| w == database));
        }
        assert_eq!(RecoverySecret::generate(&clock).open(&one).unwrap_err(), RecoveryError::OtherKey);
        assert_eq!(*RecoverySecret::from_bytes(*secret.to_bytes()).open(&one).unwrap().1, database);
    }

    #[test]
    fn no_altered_byte_of_a_sealed_key_is_taken() {
        let (clock, _, secret, key) = world();
        let sealed = key.seal(&[7; 32], OriginId([5; 8]), &clock);
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(secret.open(&altered).is_err(), "byte {at}");
        }
        assert_eq!(secret.open(&sealed[1..]).unwrap_err(), RecoveryError::Shape);
        assert_eq!(secret.open(&[]).unwrap_err(), RecoveryError::Shape);
    }

    #[test]
    fn a_recovery_key_that_the_countys_ca_did_not_sign_is_none() {
        let (clock, county, secret, key) = world();
        let bytes = key.to_bytes();
        let ca = county.ca().public();
        assert_eq!(RecoveryKey::read(&bytes, county.code(), &ca), Some(key));
        assert_eq!(RecoveryKey::read(&bytes, "529902".parse().unwrap(), &ca), None, "of another county");
        let hubs = RecoveryKey::vouch(county.hub(), county.code(), secret.public());
        assert_eq!(RecoveryKey::read(&hubs.to_bytes(), county.code(), &ca), None, "the hub's key alone does not do");
        let other = RecoverySecret::generate(&clock).public();
        assert_eq!(RecoveryKey::read(&[&other[..], &bytes[32..]].concat(), county.code(), &ca), None);
        assert!((0..bytes.len()).all(|end| RecoveryKey::read(&bytes[..end], county.code(), &ca).is_none()));
    }
}
