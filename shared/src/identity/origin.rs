//! Origin certificates: the county's word, in 118 bytes, on whose key this is. They travel with the changes (sync's ORIGIN frame), are
//! relayed by anyone, and never expire: a change signed years ago is still attributed. Revocation is a separate list.
//!
//! Layout, big-endian: version `1`, role (1 node, 2 hub), county u32, school u64 (0: none), public key 32, issued at i64 (Unix seconds),
//! then the CA's Ed25519 signature over the context `huxue origin certificate v1\0` and all bytes before it.

use crate::{
    identity::{Keypair, PublicKey, keypair},
    model::{CountyCode, OriginId, SchoolCode},
};

const CONTEXT: &[u8] = b"huxue origin certificate v1\0";
const VERSION: u8 = 1;
const BODY_BYTES: usize = 1 + 1 + 4 + 8 + 32 + 8;
/// Length of an origin certificate: body and signature.
pub const ORIGIN_CERTIFICATE_BYTES: usize = BODY_BYTES + 64;

/// In which capacity a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// A school's node: has a school's authority, in that school's spaces only.
    Node = 1,
    /// The county's hub: has the county's authority.
    Hub = 2,
}

/// What the county says about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginFacts {
    /// Which county.
    pub county: CountyCode,
    /// In which capacity.
    pub role: Role,
    /// The school; `None` exactly for the hub.
    pub school: Option<SchoolCode>,
    /// The key.
    pub public_key: PublicKey,
    /// When the county said so, Unix seconds by the hub's clock.
    pub issued_at: i64,
}

impl OriginFacts {
    /// The origin id of the key.
    #[must_use]
    pub fn origin(&self) -> OriginId {
        OriginId::of_key(&self.public_key)
    }
}

/// Why an origin certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// Not of this form, or of a later version.
    #[error("not an origin certificate this version can read")]
    Malformed,
    /// The county whose key is pinned did not sign it.
    #[error("origin certificate not signed by this county")]
    NotSigned,
}

/// Issues a certificate in the name of the county.
#[must_use]
pub fn issue(ca: &Keypair, facts: &OriginFacts) -> Vec<u8> {
    let mut out = Vec::with_capacity(ORIGIN_CERTIFICATE_BYTES);
    out.push(VERSION);
    out.push(facts.role as u8);
    // At most 999,999 by the type.
    out.extend_from_slice(&facts.county.to_string().parse::<u32>().unwrap_or(0).to_be_bytes());
    out.extend_from_slice(&facts.school.map_or(0, SchoolCode::number).to_be_bytes());
    out.extend_from_slice(&facts.public_key);
    out.extend_from_slice(&facts.issued_at.to_be_bytes());
    let signature = ca.sign(&[CONTEXT, &out].concat());
    out.extend_from_slice(&signature);
    out
}

/// Reads a certificate and checks the county's signature.
///
/// # Errors
/// [`OriginError`]; nothing of an unsigned certificate is returned.
pub fn verify(bytes: &[u8], ca_public: &PublicKey) -> Result<OriginFacts, OriginError> {
    let (body, signature) = bytes.split_at_checked(BODY_BYTES).ok_or(OriginError::Malformed)?;
    if signature.len() != 64 {
        return Err(OriginError::Malformed);
    }
    let facts = read(body).ok_or(OriginError::Malformed)?;
    if !keypair::verify(ca_public, &[CONTEXT, body].concat(), signature) {
        return Err(OriginError::NotSigned);
    }
    Ok(facts)
}

fn read(body: &[u8]) -> Option<OriginFacts> {
    let (&[version, role], rest) = body.split_first_chunk::<2>()?;
    let (county, rest) = rest.split_first_chunk::<4>()?;
    let (school, rest) = rest.split_first_chunk::<8>()?;
    let (public_key, rest) = rest.split_first_chunk::<32>()?;
    let (issued_at, _) = rest.split_first_chunk::<8>()?;
    let role = match (version, role) {
        (VERSION, 1) => Role::Node,
        (VERSION, 2) => Role::Hub,
        _ => return None,
    };
    let school = match u64::from_be_bytes(*school) {
        0 => None,
        number => Some(SchoolCode::from_number(number)?),
    };
    if school.is_some() != (role == Role::Node) {
        return None;
    }
    let county = format!("{:06}", u32::from_be_bytes(*county)).parse().ok()?;
    Some(OriginFacts { county, role, school, public_key: *public_key, issued_at: i64::from_be_bytes(*issued_at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(role: Role) -> OriginFacts {
        let school = (role == Role::Node).then(|| "5299010001".parse().unwrap());
        OriginFacts { county: "529901".parse().unwrap(), role, school, public_key: [7; 32], issued_at: 1_700_000_000 }
    }

    #[test]
    fn a_certificate_says_what_the_county_said() {
        let ca = Keypair::from_seed([1; 32]);
        for role in [Role::Node, Role::Hub] {
            let bytes = issue(&ca, &facts(role));
            assert_eq!(bytes.len(), ORIGIN_CERTIFICATE_BYTES);
            assert_eq!(verify(&bytes, &ca.public()), Ok(facts(role)));
        }
    }

    #[test]
    fn every_changed_byte_and_every_other_length_is_refused() {
        let ca = Keypair::from_seed([1; 32]);
        let bytes = issue(&ca, &facts(Role::Node));
        for at in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[at] ^= 1;
            assert!(verify(&bad, &ca.public()).is_err(), "byte {at}");
            assert_eq!(verify(&bytes[..at], &ca.public()), Err(OriginError::Malformed));
        }
        assert_eq!(verify(&[bytes.clone(), vec![0]].concat(), &ca.public()), Err(OriginError::Malformed));
        assert_eq!(verify(&bytes, &Keypair::from_seed([2; 32]).public()), Err(OriginError::NotSigned));
    }

    #[test]
    fn a_hub_has_no_school_and_a_node_has_one() {
        let ca = Keypair::from_seed([1; 32]);
        let schoolless = OriginFacts { school: None, ..facts(Role::Node) };
        assert_eq!(verify(&issue(&ca, &schoolless), &ca.public()), Err(OriginError::Malformed));
        let schooled = OriginFacts { school: facts(Role::Node).school, ..facts(Role::Hub) };
        assert_eq!(verify(&issue(&ca, &schooled), &ca.public()), Err(OriginError::Malformed));
    }
}
