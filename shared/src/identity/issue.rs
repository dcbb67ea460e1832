//! What the county hands to a node it takes in: both certificates, the CA, the hub's own origin certificate, and the school's facts.
//!
//! Pure but for the clock: the hub calls [`node`] inside the same transaction that spends the token, so nothing is issued that is not recorded.

use crate::{
    clock::Clock,
    identity::{County, OriginFacts, PublicKey, RecoveryKey, Role, origin, x509},
    model::{CountyCode, SchoolCode},
};

/// Everything a node needs to be its school's. Self-contained: a node keeps it as one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The county.
    pub county: CountyCode,
    /// The school the key now speaks for.
    pub school: SchoolCode,
    /// Its name, for screens. At most 200 bytes are sent.
    pub school_name: String,
    /// X.509, DER: for TLS.
    pub node_certificate: Vec<u8>,
    /// See [`crate::identity::origin`]: for the node's signatures on changes.
    pub origin_certificate: Vec<u8>,
    /// X.509, DER: what the node pins from now on.
    pub ca_certificate: Vec<u8>,
    /// The hub's origin certificate: for the county's signatures on changes.
    pub hub_origin_certificate: Vec<u8>,
    /// The hub's clock, Unix seconds.
    pub issued_at: i64,
    /// Key under which the school's document ids are derived: the same for all nodes of the school, so that they meet in one document.
    pub id_key: [u8; 32],
    /// To this the node seals its database key, so that the county can open a school whose passphrase is forgotten. `None`: the county has none.
    pub recovery: Option<RecoveryKey>,
}

/// Issues all of it for `public_key`. `ca_certificate` is the one made at `init`, the same for every node.
/// The caller adds the recovery key, if the county has one.
///
/// # Errors
/// [`x509::X509Error`].
pub fn node(
    county: &County,
    ca_certificate: &[u8],
    school: SchoolCode,
    school_name: &str,
    public_key: &PublicKey,
    id_key: [u8; 32],
    clock: &dyn Clock,
) -> Result<Grant, x509::X509Error> {
    let issued_at = clock.now().as_second();
    let facts = OriginFacts { county: county.code(), role: Role::Node, school: Some(school), public_key: *public_key, issued_at };
    Ok(Grant {
        county: county.code(),
        school,
        school_name: school_name.to_owned(),
        node_certificate: x509::node_certificate(county, school, public_key, clock.now())?,
        origin_certificate: origin::issue(county.ca(), &facts),
        ca_certificate: ca_certificate.to_vec(),
        hub_origin_certificate: county.hub_origin_certificate(clock),
        issued_at,
        id_key,
        recovery: None,
    })
}
