//! The two messages, as bytes. Both begin alike in every version for ever, so that any two versions can at least tell each other apart:
//! `HXE`, one byte (request: kind; reply: 0 or a refusal), lowest and highest version spoken (u16 each), software (u8 length, UTF-8).
//!
//! Big-endian; a frame on the stream is a u32 length and the message. What follows the last known field is ignored: later versions may add.

use crate::{
    identity::{PublicKey, RecoveryKey, Signature, x509},
    model::CountyCode,
    transport::enrol::{EnrolRefusal, Grant, VERSION_MAX, VERSION_MIN},
};

/// A message takes at most 16 KiB; a real one takes about 1.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Program and version take at most so many bytes.
pub const SOFTWARE_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 200;
const MAGIC: &[u8; 3] = b"HXE";
const ENROL: u8 = 1;
const RENEW: u8 = 2;
const DEPOSIT: u8 = 3;
/// From this version on a grant carries the recovery key.
const WITH_RECOVERY: u16 = 2;
const PROOF: &[u8] = b"huxue enrolment proof v1\0";
/// Label of the TLS exporter (RFC 8446 §7.5) both sides draw 32 bytes from.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-huxue-enrol";

/// What one side speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaks {
    /// Lowest version.
    pub min: u16,
    /// Highest version.
    pub max: u16,
    /// Program and version, for people.
    pub software: String,
}

impl Speaks {
    /// This build's.
    #[must_use]
    pub fn own(software: &str) -> Self {
        Self { min: VERSION_MIN, max: VERSION_MAX, software: cut(software, SOFTWARE_BYTES_MAX).to_owned() }
    }

    /// How a hub that speaks `self` judges a node.
    #[must_use]
    pub fn judge(&self, node: &Self) -> Option<EnrolRefusal> {
        if node.max < self.min {
            Some(EnrolRefusal::VersionTooOld)
        } else if node.min > self.max {
            Some(EnrolRefusal::VersionTooNew)
        } else {
            None
        }
    }
}

/// What a node asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To be taken in.
    Enrol {
        /// The token's county.
        county: CountyCode,
        /// The token's secret.
        secret: [u8; 16],
    },
    /// New certificates.
    Renew,
    /// To have a sealed database key kept, or (`None`) to hear the county's recovery key. Since version 2.
    Deposit {
        /// See [`crate::identity::recovery`].
        sealed: Option<Vec<u8>>,
    },
}

/// A request as read; the proof is still to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub ask: Ask,
    /// For which key.
    pub public_key: PublicKey,
    /// The key's signature over [`proof_message`].
    pub proof: Signature,
    /// Everything before the proof, as sent.
    pub signed: Vec<u8>,
}

/// What is signed: a context, the channel's exporter, the request up to the proof.
#[must_use]
pub fn proof_message(exporter: &[u8; 32], signed: &[u8]) -> Vec<u8> {
    [PROOF, exporter, signed].concat()
}

/// The request up to the proof.
#[must_use]
pub fn unsigned_request(speaks: &Speaks, ask: &Ask, public_key: &PublicKey) -> Vec<u8> {
    let kind = match ask {
        Ask::Enrol { .. } => ENROL,
        Ask::Renew => RENEW,
        Ask::Deposit { .. } => DEPOSIT,
    };
    let mut out = head(kind, speaks);
    out.extend_from_slice(public_key);
    match ask {
        Ask::Enrol { county, secret } => {
            out.extend_from_slice(&county_number(*county).to_be_bytes());
            out.extend_from_slice(secret);
        }
        Ask::Renew => {}
        Ask::Deposit { sealed } => put_field(&mut out, sealed.as_deref().unwrap_or_default()),
    }
    out
}

/// Reads what the node speaks and, if this version can, its request.
#[must_use]
pub fn read_request(bytes: &[u8]) -> Option<(Speaks, Option<Request>)> {
    let mut reader = Reader(bytes);
    let (kind, speaks) = reader.head()?;
    if Speaks::own("").judge(&speaks).is_some() {
        return Some((speaks, None));
    }
    let public_key = *reader.array::<32>()?;
    let ask = match kind {
        ENROL => Ask::Enrol { county: reader.county()?, secret: *reader.array::<16>()? },
        RENEW => Ask::Renew,
        DEPOSIT => {
            let sealed = reader.field()?;
            Ask::Deposit { sealed: (!sealed.is_empty()).then(|| sealed.to_vec()) }
        }
        _ => return None,
    };
    let signed = bytes.get(..bytes.len() - reader.0.len())?.to_vec();
    let proof = *reader.array::<64>()?;
    Some((speaks, Some(Request { ask, public_key, proof, signed })))
}

/// A reply as bytes.
#[must_use]
pub fn reply(speaks: &Speaks, outcome: &Result<Grant, EnrolRefusal>) -> Vec<u8> {
    let grant = match outcome {
        Err(refusal) => return head(*refusal as u8, speaks),
        Ok(grant) => grant,
    };
    let mut out = head(0, speaks);
    out.extend_from_slice(&county_number(grant.county).to_be_bytes());
    out.extend_from_slice(&grant.school.number().to_be_bytes());
    out.extend_from_slice(&grant.issued_at.to_be_bytes());
    out.extend_from_slice(&grant.id_key);
    let name = cut(&grant.school_name, NAME_BYTES_MAX).as_bytes();
    for field in [name, &grant.node_certificate, &grant.origin_certificate, &grant.ca_certificate, &grant.hub_origin_certificate] {
        put_field(&mut out, field);
    }
    put_recovery(&mut out, grant.recovery.as_ref());
    out
}

/// The reply to a deposit: the recovery key in force, or a refusal.
#[must_use]
pub fn deposit_reply(speaks: &Speaks, outcome: Result<Option<RecoveryKey>, EnrolRefusal>) -> Vec<u8> {
    match outcome {
        Err(refusal) => head(refusal as u8, speaks),
        Ok(recovery) => {
            let mut out = head(0, speaks);
            put_recovery(&mut out, recovery.as_ref());
            out
        }
    }
}

/// The recovery key as it travels, if the county has one; or the number of a refusal.
pub type DepositReply = Result<Option<Vec<u8>>, u8>;

/// A reply to a deposit as read: the recovery key as it travels, still to be checked against the CA. `None` if it is no reply.
#[must_use]
pub fn read_deposit_reply(bytes: &[u8]) -> Option<(Speaks, DepositReply)> {
    let mut reader = Reader(bytes);
    let (status, speaks) = reader.head()?;
    if status != 0 {
        return Some((speaks, Err(status)));
    }
    let recovery = reader.field()?;
    Some((speaks, Ok((!recovery.is_empty()).then(|| recovery.to_vec()))))
}

fn put_field(out: &mut Vec<u8>, field: &[u8]) {
    let length = u16::try_from(field.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend(field.iter().take(usize::from(length)));
}

fn put_recovery(out: &mut Vec<u8>, recovery: Option<&RecoveryKey>) {
    let bytes = recovery.map(RecoveryKey::to_bytes);
    put_field(out, bytes.as_ref().map_or(&[], |bytes| &bytes[..]));
}

/// A reply as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Taken in.
    Granted(Box<Grant>),
    /// Not, and why.
    Refused(EnrolRefusal),
    /// Not, for a reason of a later version.
    RefusedOtherwise(u8),
}

/// Reads a reply; `None` if it is none.
#[must_use]
pub fn read_reply(bytes: &[u8]) -> Option<(Speaks, Reply)> {
    let mut reader = Reader(bytes);
    let (status, speaks) = reader.head()?;
    if status != 0 {
        return Some((speaks, EnrolRefusal::from_number(status).map_or(Reply::RefusedOtherwise(status), Reply::Refused)));
    }
    let county = reader.county()?;
    let school = crate::model::SchoolCode::from_number(u64::from_be_bytes(*reader.array()?))?;
    let issued_at = i64::from_be_bytes(*reader.array()?);
    let id_key = *reader.array()?;
    let school_name = std::str::from_utf8(reader.field()?).ok()?.to_owned();
    let node_certificate = reader.field()?.to_vec();
    let origin_certificate = reader.field()?.to_vec();
    let ca_certificate = reader.field()?.to_vec();
    let hub_origin_certificate = reader.field()?.to_vec();
    // An older hub's reply ends here.
    let recovery = if speaks.max >= WITH_RECOVERY { reader.field()? } else { &[] };
    let recovery = if recovery.is_empty() {
        None
    } else {
        // Whose CA must have signed it stands in this very reply; that it is the pinned one is checked with the rest of the grant.
        let ca = x509::facts(&ca_certificate).ok()?.public_key;
        Some(RecoveryKey::read(recovery, county, &ca)?)
    };
    let grant = Grant {
        county,
        school,
        school_name,
        node_certificate,
        origin_certificate,
        ca_certificate,
        hub_origin_certificate,
        issued_at,
        id_key,
        recovery,
    };
    Some((speaks, Reply::Granted(Box::new(grant))))
}

fn head(byte: u8, speaks: &Speaks) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(byte);
    out.extend_from_slice(&speaks.min.to_be_bytes());
    out.extend_from_slice(&speaks.max.to_be_bytes());
    let software = cut(&speaks.software, SOFTWARE_BYTES_MAX);
    out.push(u8::try_from(software.len()).unwrap_or(0));
    out.extend_from_slice(software.as_bytes());
    out
}

/// At most six digits by the type.
fn county_number(county: CountyCode) -> u32 {
    county.to_string().parse().unwrap_or(0)
}

/// The first at most `bytes` bytes that are whole characters.
fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(taken)
    }

    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn field(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(*self.array()?);
        self.take(usize::from(length))
    }

    fn county(&mut self) -> Option<CountyCode> {
        format!("{:06}", u32::from_be_bytes(*self.array()?)).parse().ok()
    }

    fn head(&mut self) -> Option<(u8, Speaks)> {
        if self.array::<3>()? != MAGIC {
            return None;
        }
        let [byte] = *self.array::<1>()?;
        let min = u16::from_be_bytes(*self.array()?);
        let max = u16::from_be_bytes(*self.array()?);
        let [length] = *self.array::<1>()?;
        let software = std::str::from_utf8(self.take(usize::from(length))?).ok()?;
        // Shown to people: no control characters, no line breaks.
        let software = cut(software, SOFTWARE_BYTES_MAX).chars().filter(|c| !c.is_control()).collect();
        (min <= max).then_some((byte, Speaks { min, max, software }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock as _, TestClock},
        identity::County,
    };

    fn grant() -> Grant {
        Grant {
            county: "529901".parse().unwrap(),
            school: "5299010001".parse().unwrap(),
            school_name: "某某小学".into(),
            node_certificate: vec![1; 230],
            origin_certificate: vec![2; 118],
            ca_certificate: vec![3; 250],
            hub_origin_certificate: vec![4; 118],
            issued_at: 1_700_000_000,
            id_key: [5; 32],
            recovery: None,
        }
    }

    /// With a real CA: the recovery key is believed only with its signature.
    fn grant_with_recovery() -> Grant {
        let clock = TestClock::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let county = County::generate("529901".parse().unwrap(), &clock);
        let recovery = RecoveryKey::vouch(county.ca(), county.code(), [6; 32]);
        Grant { ca_certificate: x509::ca_certificate(&county, clock.now()).unwrap(), recovery: Some(recovery), ..grant() }
    }

    #[test]
    fn requests_are_read_as_written_and_no_prefix_is_one() {
        let speaks = Speaks::own("huxue-node 0.1.0");
        let deposits = [Ask::Deposit { sealed: None }, Ask::Deposit { sealed: Some(vec![3; 97]) }];
        for ask in [Ask::Renew, Ask::Enrol { county: "529901".parse().unwrap(), secret: [7; 16] }].into_iter().chain(deposits) {
            let signed = unsigned_request(&speaks, &ask, &[9; 32]);
            let bytes = [signed.clone(), vec![5; 64]].concat();
            let request = Request { ask, public_key: [9; 32], proof: [5; 64], signed };
            assert_eq!(read_request(&bytes), Some((speaks.clone(), Some(request.clone()))));
            assert_eq!(read_request(&[bytes.clone(), vec![0; 9]].concat()), Some((speaks.clone(), Some(request))), "later fields are ignored");
            assert!((0..bytes.len()).all(|end| read_request(&bytes[..end]).is_none()));
        }
    }

    #[test]
    fn replies_are_read_as_written_and_no_prefix_is_one() {
        let speaks = Speaks::own("huxue-hub 0.1.0");
        for grant in [grant(), grant_with_recovery()] {
            let bytes = reply(&speaks, &Ok(grant.clone()));
            assert!(bytes.len() < 1_100);
            assert_eq!(read_reply(&bytes), Some((speaks.clone(), Reply::Granted(Box::new(grant)))));
            assert!((0..bytes.len()).all(|end| read_reply(&bytes[..end]).is_none()));
        }
        for number in 1..=u8::MAX {
            let Some(refusal) = EnrolRefusal::from_number(number) else { continue };
            assert_eq!(read_reply(&reply(&speaks, &Err(refusal))), Some((speaks.clone(), Reply::Refused(refusal))));
        }
        let mut later = reply(&speaks, &Err(EnrolRefusal::Revoked));
        later[3] = 200;
        assert_eq!(read_reply(&later), Some((speaks, Reply::RefusedOtherwise(200))));
    }

    #[test]
    fn the_reply_of_a_hub_that_knows_no_recovery_key_is_still_a_grant() {
        let old = Speaks { min: 1, max: 1, software: "huxue-hub 0.0.9".into() };
        let mut bytes = reply(&old, &Ok(grant()));
        bytes.truncate(bytes.len() - 2);
        assert_eq!(read_reply(&bytes), Some((old, Reply::Granted(Box::new(grant())))));
        let mut forged = reply(&Speaks::own("x"), &Ok(grant_with_recovery()));
        let last = forged.len() - 1;
        forged[last] ^= 1;
        assert_eq!(read_reply(&forged), None, "a recovery key without the CA's signature spoils the whole reply");
    }

    #[test]
    fn replies_to_a_deposit_are_read_as_written_and_no_prefix_is_one() {
        let speaks = Speaks::own("huxue-hub 0.1.0");
        let key = grant_with_recovery().recovery;
        for outcome in [None, key] {
            let bytes = deposit_reply(&speaks, Ok(outcome));
            assert_eq!(read_deposit_reply(&bytes), Some((speaks.clone(), Ok(outcome.map(|k| k.to_bytes().to_vec())))));
            assert!((0..bytes.len()).all(|end| read_deposit_reply(&bytes[..end]).is_none()));
        }
        let refused = deposit_reply(&speaks, Err(EnrolRefusal::Malformed));
        assert_eq!(read_deposit_reply(&refused), Some((speaks, Err(8))), "what an older hub says");
    }

    #[test]
    fn a_node_of_another_age_is_told_apart_before_its_request_is_read() {
        let hub = Speaks { min: 3, max: 4, software: String::new() };
        let node = |min, max| Speaks { min, max, software: String::new() };
        assert_eq!(hub.judge(&node(1, 2)), Some(EnrolRefusal::VersionTooOld));
        assert_eq!(hub.judge(&node(5, 6)), Some(EnrolRefusal::VersionTooNew));
        assert_eq!(hub.judge(&node(2, 3)), None);
        let future = Speaks { min: 900, max: 901, software: "huxue-node 9".into() };
        assert_eq!(read_request(&head(77, &future)), Some((future, None)));
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let long = Grant { school_name: "学".repeat(100), ..grant() };
        let Some((_, Reply::Granted(read))) = read_reply(&reply(&Speaks::own("x"), &Ok(long))) else { panic!("a grant") };
        assert_eq!(read.school_name, "学".repeat(66));
    }
}
