//! The certificate other PCs see: the machine's own, made here, or an administrator's.
//!
//! **Own**: ECDSA P-256 (browsers take no Ed25519), self-signed, in `DIR/lan.key` and `DIR/lan.pem` (0600; the key protects what travels on the school's network, not
//! what lies on the disk). Browsers show the fingerprint of the *certificate*, so that is what people compare, and it should not change under them: 820 days (Apple's
//! devices refuse more than 825), made anew 60 days before the end, or when the machine got an address or a name it does not hold; what it held before stays in it, so that
//! an address that comes and goes changes it once. The key never changes: its own fingerprint, which Chromium shows as well, outlives every certificate.
//! It cannot issue others (no CA bit): whoever steals it can pose as this desk, as nobody else.

use huxue_shared::{
    clock::Clock,
    fault::{Exit, Fault},
    local::lock,
};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType, SerialNumber};
use rustls::{
    InconsistentKeys,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use x509_parser::{extensions::GeneralName, prelude::FromDer as _};

/// Validity, days.
const DAYS: i64 = 820;
/// Made anew so many days before the end.
const RENEW_DAYS: i64 = 60;
/// Begins a day before it is made: a PC whose clock is behind must not see one from the future.
const BACKDATE: SignedDuration = SignedDuration::from_hours(24);
/// Names and addresses in it; those of long ago go first.
const NAMES_MAX: usize = 32;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// SHA-256 of the certificate as browsers show it: 32 pairs of hex digits between colons.
    pub fingerprint: String,
    /// SHA-256 of its public key.
    pub key_fingerprint: String,
    /// DNS names.
    pub names: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// First second of validity, Unix.
    pub not_before: i64,
    /// Last second of validity, Unix.
    pub not_after: i64,
}

/// Certificate and key, ready for TLS.
#[derive(Clone, Debug)]
pub struct Identity {
    /// For rustls.
    pub certified: Arc<CertifiedKey>,
    /// What it says.
    pub facts: Facts,
}

/// An administrator's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// PEM, the server's certificate first, then those above it.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

fn facts(der: &[u8]) -> Option<Facts> {
    let (_, certificate) = x509_parser::certificate::X509Certificate::from_der(der).ok()?;
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    for name in certificate.subject_alternative_name().ok()?.map(|names| names.value.general_names.as_slice()).unwrap_or_default() {
        match name {
            GeneralName::DNSName(name) => names.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
            _ => {}
        }
    }
    let validity = certificate.validity();
    Some(Facts {
        fingerprint: hex(der),
        key_fingerprint: hex(certificate.public_key().raw),
        names,
        addresses,
        not_before: validity.not_before.timestamp(),
        not_after: validity.not_after.timestamp(),
    })
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// Reads an administrator's files, and judges them by the clock.
///
/// # Errors
/// `lan-file-unreadable`, `lan-cert-none`, `lan-key-none`, `lan-key-other`, `lan-cert-expired`, `lan-cert-early`.
pub fn read(files: &Files, now: Timestamp) -> Result<Identity, Fault> {
    let identity = load(files)?;
    let (path, at) = (files.certificate.display(), now.as_second());
    let day = |second: i64| Timestamp::from_second(second).map_or_else(|_| second.to_string(), |at| at.strftime("%Y-%m-%d").to_string());
    if at > identity.facts.not_after {
        return Err(Fault::new("lan-cert-expired", Exit::Input).with("path", path).with("day", day(identity.facts.not_after)));
    }
    if at < identity.facts.not_before {
        return Err(Fault::new("lan-cert-early", Exit::Input).with("path", path).with("day", day(identity.facts.not_before)));
    }
    Ok(identity)
}

fn load(files: &Files) -> Result<Identity, Fault> {
    let text =
        |path: &Path| std::fs::read(path).map_err(|error| Fault::new("lan-file-unreadable", Exit::Input).with("path", path.display()).because(error));
    let no_certificate = || Fault::new("lan-cert-none", Exit::Input).with("path", files.certificate.display());
    let no_key = || Fault::new("lan-key-none", Exit::Input).with("path", files.key.display());
    let chain = CertificateDer::pem_slice_iter(&text(&files.certificate)?).collect::<Result<Vec<_>, _>>().map_err(|_| no_certificate())?;
    let facts = chain.first().and_then(|first| facts(first)).ok_or_else(no_certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&text(&files.key)?).map_err(|_| no_key())?;
    let certified = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            Fault::new("lan-key-other", Exit::Input).with("path", files.key.display()).with("certificate", files.certificate.display())
        }
        _ => no_key(),
    })?;
    Ok(Identity { certified: Arc::new(certified), facts })
}

/// What the machine's own says, if it was made.
#[must_use]
pub fn known(dir: &Path) -> Option<Facts> {
    load(&own_files(dir)).ok().map(|identity| identity.facts)
}

/// Where the machine's own lie.
#[must_use]
pub fn own_files(dir: &Path) -> Files {
    Files { certificate: dir.join("lan.pem"), key: dir.join("lan.key") }
}

/// The machine's own certificate, made on first use and anew when it must be. `names` and `addresses`: what the machine is called now.
///
/// # Errors
/// `dir-unwritable`; `lan-own-damaged` when what lies there is no key of ours: nothing is overwritten, people know its fingerprint.
pub fn own(dir: &Path, place: &str, names: &[String], addresses: &[IpAddr], clock: &dyn Clock) -> Result<Identity, Fault> {
    let files = own_files(dir);
    let now = clock.now();
    let before = if files.certificate.exists() { load(&files).ok() } else { None };
    if let Some(identity) = &before
        && names.iter().all(|name| identity.facts.names.contains(name))
        && addresses.iter().all(|address| identity.facts.addresses.contains(address))
        && !renewal_due(&identity.facts, now)
    {
        return Ok(identity.clone());
    }
    let key = own_key(dir, &files.key)?;
    let known = before.map(|identity| identity.facts);
    let held = |now: Vec<SanType>| -> Vec<SanType> {
        let before = known.iter().flat_map(|facts| sans(&facts.names, &facts.addresses));
        let mut seen = BTreeSet::new();
        now.into_iter().chain(before).filter(|san| seen.insert(format!("{san:?}"))).take(NAMES_MAX).collect()
    };
    let local = ["localhost".to_owned()];
    let mut wanted = sans(&local, &[IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1u16])]);
    wanted.extend(sans(names, addresses));
    let certificate = issue(place, held(wanted), &key, clock).map_err(Fault::internal)?;
    write(dir, &files.certificate, certificate.as_bytes())?;
    load(&files)
}

fn renewal_due(facts: &Facts, now: Timestamp) -> bool {
    let at = now.as_second();
    at < facts.not_before || at > facts.not_after - RENEW_DAYS * 24 * 3_600
}

fn sans(names: &[String], addresses: &[IpAddr]) -> Vec<SanType> {
    let names = names.iter().filter_map(|name| name.as_str().try_into().ok().map(SanType::DnsName));
    names.chain(addresses.iter().copied().map(SanType::IpAddress)).collect()
}

fn write(dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    lock::write_secret(path, bytes).map_err(|error| Fault::new("dir-unwritable", Exit::Storage).with("path", dir.display()).because(error))
}

fn own_key(dir: &Path, path: &Path) -> Result<KeyPair, Fault> {
    let damaged = || Fault::new("lan-own-damaged", Exit::Storage).with("path", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => KeyPair::from_pem(&text).map_err(|_| damaged()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // ring draws P-256 keys from the system itself and takes no other source.
            let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(Fault::internal)?;
            write(dir, path, key.serialize_pem().as_bytes())?;
            Ok(key)
        }
        Err(error) => Err(damaged().because(error)),
    }
}

fn issue(place: &str, sans: Vec<SanType>, key: &KeyPair, clock: &dyn Clock) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, place);
    params.distinguished_name.push(DnType::CommonName, "huxue");
    params.subject_alt_names = sans;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Firefox refuses two certificates of one issuer with one serial, and rcgen's own is drawn from the key.
    let mut serial = [0u8; 16];
    clock.random(&mut serial);
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let begin = clock.now() - BACKDATE;
    let end = begin.checked_add((DAYS * 24).hours()).unwrap_or(Timestamp::MAX);
    let date = |at: Timestamp| {
        let day = at.to_zoned(jiff::tz::TimeZone::UTC);
        rcgen::date_time_ymd(i32::from(day.year()), u8::try_from(day.month()).unwrap_or(1), u8::try_from(day.day()).unwrap_or(1))
    };
    (params.not_before, params.not_after) = (date(begin), date(end));
    Ok(params.self_signed(key)?.pem())
}

#[cfg(test)]
mod tests;
