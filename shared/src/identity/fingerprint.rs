//! The county's fingerprint: what a person compares and a token pins. It is taken of the CA's *public key*, not of its certificate, so that
//! a re-issued CA certificate leaves every token and every poster valid.

use crate::identity::PublicKey;
use std::fmt;

const CONTEXT: &str = "huxue county fingerprint v1";

/// First 16 bytes of the BLAKE3 of the county CA's Ed25519 public key, under a context of its own: forging one takes 2^128 keys tried.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 16]);

impl Fingerprint {
    /// Of a CA public key.
    #[must_use]
    pub fn of(ca_public: &PublicKey) -> Self {
        let mut out = [0u8; 16];
        blake3::Hasher::new_derive_key(CONTEXT).update(ca_public).finalize_xof().fill(&mut out);
        Self(out)
    }
}

impl fmt::Display for Fingerprint {
    /// Eight groups of four hex digits, to be read aloud: `3f2a-91c0-…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, pair) in self.0.chunks(2).enumerate() {
            if index > 0 {
                f.write_str("-")?;
            }
            pair.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = ();

    /// Reads the display form; case, hyphens, colons and spaces do not matter.
    fn from_str(text: &str) -> Result<Self, ()> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | ':')).collect();
        crate::model::DocId::from_hex(&digits).map(|id| Self(id.0)).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_back_as_shown() {
        let print = Fingerprint::of(&[1; 32]);
        let shown = print.to_string();
        assert_eq!(shown.len(), 39);
        assert_eq!(shown.parse(), Ok(print));
        assert_eq!(shown.to_uppercase().replace('-', ":").parse(), Ok(print));
        assert_ne!(Fingerprint::of(&[2; 32]), print);
        assert_eq!("12".parse::<Fingerprint>(), Err(()));
    }
}
