//! One signature a batch of changes (DESIGN §2): made by the origin when it first ships the batch, kept and relayed with it.
//!
//! What the message is, is `sync`'s to say; here it only gets a context of its own, so that a signature over a batch is good for nothing else.

use crate::identity::{Keypair, PublicKey, Signature, keypair};

const CONTEXT: &[u8] = b"huxue batch v1\0";

fn framed(message: &[u8]) -> Vec<u8> {
    [CONTEXT, message].concat()
}

/// Signs a batch's message.
#[must_use]
pub fn sign(pair: &Keypair, message: &[u8]) -> Signature {
    pair.sign(&framed(message))
}

/// True if the owner of `public` signed this batch's message.
#[must_use]
pub fn verify(public: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    keypair::verify(public, &framed(message), signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_signature_is_good_for_that_batch_and_key_only() {
        let (own, other) = (Keypair::from_seed([1; 32]), Keypair::from_seed([2; 32]));
        let signature = sign(&own, b"members");
        assert!(verify(&own.public(), b"members", &signature));
        assert!(!verify(&own.public(), b"members and one more", &signature));
        assert!(!verify(&other.public(), b"members", &signature));
        assert!(!keypair::verify(&own.public(), b"members", &signature), "the context is part of what is signed");
    }
}
