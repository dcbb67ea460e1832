//! One signature a batch of changes (DESIGN §2): made by the origin when it first ships the batch, kept and relayed with it.
//!
//! The message is [`crate::sync::codec::batch_message`]; it begins with the context `huxue batch v1`. What does not is never taken for a
//! batch, so that a signature made for another purpose is worth nothing here.

use crate::identity::{Keypair, PublicKey, Signature, keypair};

const CONTEXT: &[u8] = b"huxue batch v1";

/// Signs a batch's message.
#[must_use]
pub fn sign(pair: &Keypair, message: &[u8]) -> Signature {
    pair.sign(message)
}

/// True if the message is a batch's and the owner of `public` signed it.
#[must_use]
pub fn verify(public: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    message.starts_with(CONTEXT) && keypair::verify(public, message, signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{ChangeHash, DocId, SchoolYear, Space},
        sync::codec::batch_message,
    };

    #[test]
    fn a_batch_signature_is_good_for_that_batch_and_key_only() {
        let (own, other) = (Keypair::from_seed([1; 32]), Keypair::from_seed([2; 32]));
        let space = Space::published(SchoolYear::new(2025).unwrap());
        let message = batch_message(space, &[(DocId([1; 16]), ChangeHash([2; 32]))]);
        let signature = sign(&own, &message);
        assert!(verify(&own.public(), &message, &signature));
        assert!(!verify(&own.public(), &batch_message(space, &[]), &signature));
        assert!(!verify(&other.public(), &message, &signature));
        let stray = b"huxue something else";
        assert!(!verify(&own.public(), stray, &sign(&own, stray)));
    }
}
