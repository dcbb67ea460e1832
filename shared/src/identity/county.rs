//! The county's own two key pairs: the CA, which only signs certificates, and the hub, which speaks on the wire and signs the county's changes.
//!
//! Kept apart so that the CA seed can lie offline in time; the hub needs it only to enrol and renew.

use crate::{
    clock::Clock,
    identity::{Fingerprint, Keypair, OriginFacts, Role, Token, origin},
    model::CountyCode,
};

/// A county's keys. Made once by `huxue-hub init`; losing the CA seed means enrolling every school again.
#[derive(Clone, Debug)]
pub struct County {
    code: CountyCode,
    ca: Keypair,
    hub: Keypair,
}

impl County {
    /// New keys for a county.
    #[must_use]
    pub fn generate(code: CountyCode, clock: &dyn Clock) -> Self {
        Self { code, ca: Keypair::generate(clock), hub: Keypair::generate(clock) }
    }

    /// From stored seeds.
    #[must_use]
    pub fn from_seeds(code: CountyCode, ca_seed: [u8; 32], hub_seed: [u8; 32]) -> Self {
        Self { code, ca: Keypair::from_seed(ca_seed), hub: Keypair::from_seed(hub_seed) }
    }

    /// County code, GB/T 2260.
    #[must_use]
    pub fn code(&self) -> CountyCode {
        self.code
    }

    /// The key that vouches.
    #[must_use]
    pub fn ca(&self) -> &Keypair {
        &self.ca
    }

    /// The key that speaks.
    #[must_use]
    pub fn hub(&self) -> &Keypair {
        &self.hub
    }

    /// What tokens pin and people compare.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.ca.public())
    }

    /// A new one-time token of this county. The hub stores [`Token::secret_hash`] only and shows the token once.
    #[must_use]
    pub fn new_token(&self, clock: &dyn Clock) -> Token {
        let mut secret = [0u8; 16];
        clock.random(&mut secret);
        Token::new(self.code, secret, self.fingerprint())
    }

    /// The hub's own origin certificate: with it a node believes the county's changes.
    #[must_use]
    pub fn hub_origin_certificate(&self, clock: &dyn Clock) -> Vec<u8> {
        let facts =
            OriginFacts { county: self.code, role: Role::Hub, school: None, public_key: self.hub.public(), issued_at: clock.now().as_second() };
        origin::issue(&self.ca, &facts)
    }
}
