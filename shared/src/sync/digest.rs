//! Order-free sums over sets of changes: the 256-bit digest of a space and the 16-byte fingerprint of a document (DESIGN §4).
//!
//! A digest is the sum modulo 2^256, little-endian, of `BLAKE3(key = derive_key("huxue digest v1", space), doc ‖ hash)` over its changes; a
//! fingerprint the sum modulo 2^128 of the first 16 bytes of `BLAKE3(key = derive_key("huxue fingerprint v1", space), doc ‖ hash)`. Adding is
//! incremental and any order gives the same; both count admitted and refused changes, once each.
//!
//! It detects loss and accident. It is no proof against a peer that forges changes on purpose to collide: those are signed, and only its own.

use super::engine::Digest;
use crate::model::{ChangeHash, DocId, Space};

const DIGEST_CONTEXT: &str = "huxue digest v1";
const FINGERPRINT_CONTEXT: &str = "huxue fingerprint v1";

/// Adds a change to the digest of its space.
pub fn add(digest: &mut Digest, space: Space, doc: DocId, hash: ChangeHash) {
    let term = term(DIGEST_CONTEXT, space, doc, hash);
    add_le(digest, &term);
}

/// Adds a change to the fingerprint of its document.
pub fn add_fingerprint(fingerprint: &mut [u8; 16], space: Space, doc: DocId, hash: ChangeHash) {
    let term = term(FINGERPRINT_CONTEXT, space, doc, hash);
    let (half, _) = term.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
    add_le(fingerprint, half);
}

/// Fingerprint of a whole document; of none: zero.
#[must_use]
pub fn fingerprint(space: Space, doc: DocId, hashes: impl IntoIterator<Item = ChangeHash>) -> [u8; 16] {
    let mut sum = [0; 16];
    hashes.into_iter().for_each(|hash| add_fingerprint(&mut sum, space, doc, hash));
    sum
}

fn term(context: &'static str, space: Space, doc: DocId, hash: ChangeHash) -> [u8; 32] {
    let key = blake3::derive_key(context, &space.to_bytes());
    *blake3::Hasher::new_keyed(&key).update(&doc.0).update(&hash.0).finalize().as_bytes()
}

fn add_le<const N: usize>(sum: &mut [u8; N], term: &[u8; N]) {
    let mut carry = 0u16;
    for (byte, other) in sum.iter_mut().zip(term) {
        let total = u16::from(*byte) + u16::from(*other) + carry;
        *byte = (total & 0xff) as u8;
        carry = total >> 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SchoolYear;
    use proptest::prelude::*;

    fn space() -> Space {
        Space::published(SchoolYear::new(2025).unwrap())
    }

    #[test]
    fn the_sum_carries_through_all_bytes_and_wraps() {
        let mut sum = [0xff; 32];
        let mut one = [0; 32];
        one[0] = 1;
        add_le(&mut sum, &one);
        assert_eq!(sum, [0; 32]);
    }

    #[test]
    fn the_digest_is_the_documented_formula() {
        let (doc, hash) = (DocId([7; 16]), ChangeHash([9; 32]));
        let mut digest = [0; 32];
        add(&mut digest, space(), doc, hash);
        let key = blake3::derive_key("huxue digest v1", &space().to_bytes());
        let expected = blake3::keyed_hash(&key, &[[7u8; 16].as_slice(), &[9; 32]].concat());
        assert_eq!(&digest, expected.as_bytes());
        let other_year = Space::published(SchoolYear::new(2026).unwrap());
        let mut other = [0; 32];
        add(&mut other, other_year, doc, hash);
        assert_ne!(digest, other);
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same_sum(hashes in prop::collection::vec(any::<[u8; 32]>(), 1..20)) {
            let (mut forward, mut back) = ([0; 32], [0; 32]);
            let doc = DocId([1; 16]);
            for (one, other) in hashes.iter().zip(hashes.iter().rev()) {
                add(&mut forward, space(), doc, ChangeHash(*one));
                add(&mut back, space(), doc, ChangeHash(*other));
            }
            prop_assert_eq!(forward, back);
            let one = fingerprint(space(), doc, hashes.iter().copied().map(ChangeHash));
            let two = fingerprint(space(), doc, hashes.iter().rev().copied().map(ChangeHash));
            prop_assert_eq!(one, two);
        }
    }
}
