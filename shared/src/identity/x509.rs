//! The X.509 certificates TLS needs, as small as TLS allows: a reconnecting node pays for every byte (short names, Ed25519, no extension
//! that nobody reads).
//!
//! CA: `CN=huxue <county>`, basic constraints. Hub: `CN=hub`, DNS name `hub.huxue`. Node: `CN=<school>.<origin>`, no extensions at all, so it
//! can neither issue (no CA bit) nor pose as the hub (no DNS name).
//!
//! Invariant: dates are the hub's; a node never judges them by its own clock (`transport`).

use crate::{
    identity::{County, Keypair, PublicKey},
    model::{OriginId, SchoolCode},
};
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyIdMethod, PublicKeyData, SanType, SerialNumber, SigningKey,
};
use std::time::Duration;

/// The name every hub's certificate carries and every node asks for; it is in no DNS.
pub const HUB_NAME: &str = "hub.huxue";
/// Validity of a node's certificate, days: longer than a school year with its holidays.
pub const NODE_DAYS: i64 = 400;
/// Validity of the hub's certificate, days: ten years. Nodes pin the CA and do not watch this date; it bounds what a stolen backup is good for elsewhere.
pub const HUB_DAYS: i64 = 3_650;
/// Validity of the CA certificate, days: thirty years.
pub const CA_DAYS: i64 = 10_950;
/// Certificates begin a day before they are issued, so that a hub clock set back a little does not refuse what it has just signed.
const BACKDATE: SignedDuration = SignedDuration::from_hours(24);

/// A certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum X509Error {
    /// rcgen refused to make it.
    #[error("certificate not made")]
    Make(#[from] rcgen::Error),
    /// Not X.509, or without an Ed25519 key.
    #[error("not a certificate of huxue")]
    Malformed,
}

/// What a certificate says, not yet what is true: TLS has to have verified it against the CA first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Its key.
    pub public_key: PublicKey,
    /// The school in its name; `None` for the hub, the CA and anything else.
    pub school: Option<SchoolCode>,
    /// First second of validity, Unix.
    pub not_before: i64,
    /// Last second of validity, Unix.
    pub not_after: i64,
}

impl CertificateFacts {
    /// The origin of its key.
    #[must_use]
    pub fn origin(&self) -> OriginId {
        OriginId::of_key(&self.public_key)
    }

    /// True if less than half of the validity is left, or `now` is outside it: time to renew. With a wrong clock this may be wrong both ways;
    /// the hub refusing an expired certificate is the other trigger.
    #[must_use]
    pub fn renewal_due(&self, now: Timestamp) -> bool {
        let now = now.as_second();
        let middle = self.not_before / 2 + self.not_after / 2;
        now < self.not_before || now > middle
    }
}

impl PublicKeyData for Keypair {
    fn der_bytes(&self) -> &[u8] {
        self.public_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl SigningKey for Keypair {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Keypair::sign(self, message).to_vec())
    }
}

/// A public key alone, to be certified.
struct Bare<'a>(&'a PublicKey);

impl PublicKeyData for Bare<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

/// The county's self-signed CA certificate (DER).
///
/// # Errors
/// [`X509Error::Make`].
pub fn ca_certificate(county: &County, now: Timestamp) -> Result<Vec<u8>, X509Error> {
    Ok(ca_params(county, now)?.self_signed(county.ca())?.der().to_vec())
}

/// The hub's certificate (DER), signed by the county's CA.
///
/// # Errors
/// [`X509Error::Make`].
pub fn hub_certificate(county: &County, now: Timestamp) -> Result<Vec<u8>, X509Error> {
    let mut params = params("hub", now, HUB_DAYS, serial(&county.hub().public(), now))?;
    params.subject_alt_names = vec![SanType::DnsName(HUB_NAME.try_into()?)];
    sign(county, &params, county.hub().public(), now)
}

/// A node's certificate (DER): the county says that this key is that school's.
///
/// # Errors
/// [`X509Error::Make`].
pub fn node_certificate(county: &County, school: SchoolCode, public_key: &PublicKey, now: Timestamp) -> Result<Vec<u8>, X509Error> {
    let name = format!("{school}.{}", OriginId::of_key(public_key));
    let params = params(&name, now, NODE_DAYS, serial(public_key, now))?;
    sign(county, &params, *public_key, now)
}

/// Reads a certificate without judging it.
///
/// # Errors
/// [`X509Error::Malformed`].
pub fn facts(der: &[u8]) -> Result<CertificateFacts, X509Error> {
    let (rest, certificate) = x509_parser::parse_x509_certificate(der).map_err(|_| X509Error::Malformed)?;
    let key = certificate.public_key();
    if !rest.is_empty() || key.algorithm.algorithm != x509_parser::oid_registry::OID_SIG_ED25519 {
        return Err(X509Error::Malformed);
    }
    let public_key: PublicKey = key.subject_public_key.data.as_ref().try_into().map_err(|_| X509Error::Malformed)?;
    let name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok()).unwrap_or_default();
    Ok(CertificateFacts {
        public_key,
        school: school_in(name, &public_key),
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
    })
}

/// The school in a node's common name, if the origin beside it is that of the key.
fn school_in(name: &str, public_key: &PublicKey) -> Option<SchoolCode> {
    let (school, origin) = name.split_once('.')?;
    (OriginId::from_hex(origin)? == OriginId::of_key(public_key)).then(|| school.parse().ok())?
}

fn sign(county: &County, params: &CertificateParams, public_key: PublicKey, now: Timestamp) -> Result<Vec<u8>, X509Error> {
    let ca = ca_params(county, now)?;
    let issuer = Issuer::from_params(&ca, county.ca());
    Ok(params.signed_by(&Bare(&public_key), &issuer)?.der().to_vec())
}

fn ca_params(county: &County, now: Timestamp) -> Result<CertificateParams, X509Error> {
    let public = county.ca().public();
    let mut params = params(&format!("huxue {}", county.code()), now, CA_DAYS, serial(&public, now))?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_identifier_method = KeyIdMethod::PreSpecified(OriginId::of_key(&public).0.to_vec());
    Ok(params)
}

fn params(common_name: &str, now: Timestamp, days: i64, serial: SerialNumber) -> Result<CertificateParams, X509Error> {
    let begin = now.saturating_sub(BACKDATE).map_err(|_| X509Error::Malformed)?;
    let end = now.saturating_add(SignedDuration::from_hours(24 * days)).map_err(|_| X509Error::Malformed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.serial_number = Some(serial);
    params.not_before = rcgen::date_time_ymd(1970, 1, 1) + since_epoch(begin);
    params.not_after = rcgen::date_time_ymd(1970, 1, 1) + since_epoch(end);
    Ok(params)
}

/// A hub whose clock stands before 1970 issues from 1970.
fn since_epoch(at: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0))
}

/// Eight bytes from key and second of issue; positive, so that DER needs no ninth.
fn serial(public_key: &PublicKey, now: Timestamp) -> SerialNumber {
    let hash = blake3::Hasher::new_derive_key("huxue certificate serial v1").update(public_key).update(&now.as_second().to_be_bytes()).finalize();
    let mut bytes = [0u8; 8];
    hash.as_bytes().iter().zip(bytes.iter_mut()).for_each(|(from, to)| *to = *from);
    let number = u64::from_be_bytes(bytes) >> 1 | 1 << 62;
    SerialNumber::from(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock as _, TestClock};

    fn clock() -> TestClock {
        TestClock::new("2026-09-01T00:00:00Z".parse().unwrap(), 1)
    }

    #[test]
    fn a_node_certificate_names_school_and_key_and_stays_small() {
        let clock = clock();
        let county = County::generate("529901".parse().unwrap(), &clock);
        let (school, node) = ("5299010001".parse().unwrap(), Keypair::generate(&clock));
        let der = node_certificate(&county, school, &node.public(), clock.now()).unwrap();
        let read = facts(&der).unwrap();
        assert_eq!((read.school, read.public_key), (Some(school), node.public()));
        assert_eq!(read.not_after - read.not_before, (NODE_DAYS + 1) * 86_400);
        assert!(der.len() <= 250, "{} bytes", der.len());
        assert!(hub_certificate(&county, clock.now()).unwrap().len() <= 260);
        assert!(ca_certificate(&county, clock.now()).unwrap().len() <= 280);
    }

    #[test]
    fn hub_and_ca_certificates_speak_for_no_school() {
        let clock = clock();
        let county = County::generate("529901".parse().unwrap(), &clock);
        let hub = facts(&hub_certificate(&county, clock.now()).unwrap()).unwrap();
        let ca = facts(&ca_certificate(&county, clock.now()).unwrap()).unwrap();
        assert_eq!((hub.school, hub.public_key), (None, county.hub().public()));
        assert_eq!((ca.school, ca.public_key), (None, county.ca().public()));
        assert!(facts(b"no certificate").is_err());
    }

    #[test]
    fn renewal_is_due_in_the_second_half_and_outside() {
        let read = CertificateFacts { public_key: [0; 32], school: None, not_before: 1_000_000, not_after: 3_000_000 };
        let due = |second| read.renewal_due(Timestamp::from_second(second).unwrap());
        assert!(due(999_999) && due(2_000_001) && due(4_000_000));
        assert!(!due(1_000_001) && !due(1_999_999));
    }

    #[test]
    fn a_hub_clock_of_1970_still_issues() {
        let county = County::from_seeds("529901".parse().unwrap(), [1; 32], [2; 32]);
        let der = hub_certificate(&county, Timestamp::from_second(5).unwrap()).unwrap();
        assert_eq!(facts(&der).unwrap().not_before, 0);
    }
}
