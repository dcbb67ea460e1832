//! The node's end: enrol with a token, renew with the key alone.

use crate::{
    fault::{Exit, Fault},
    identity::{Fingerprint, Keypair, OriginFacts, RecoveryKey, Role, Token, TokenError, origin, x509},
    transport::{
        ConnectError, HubAddress, NodeTls, Tuning,
        close::Close,
        enrol::{
            EnrolRefusal, Grant,
            message::{self, Ask, EXPORTER_LABEL, MESSAGE_BYTES_MAX, Reply, Speaks},
        },
        reach, streams,
        tls::{self, ClientTls, TlsError},
    },
};
use std::{fmt, time::Duration};

/// The reply must come within this: the hub commits to disk in between.
const REPLY: Duration = Duration::from_secs(20);

/// What a node takes home: the grant, checked against the pinned county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// To be kept, all of it, in one file beside the key.
    pub grant: Grant,
    /// The hub's origin, key and all, as the county's CA says.
    pub hub: OriginFacts,
    /// Program and version of the hub, for people.
    pub hub_software: String,
}

/// Why enrolment or renewal failed.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The token is no token; found without a network.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// No usable connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The hub said no.
    #[error("hub refused: {refusal}")]
    Refused {
        /// Why.
        refusal: EnrolRefusal,
        /// What the hub speaks: its software version is shown to the person.
        hub: Speaks,
    },
    /// The hub said no for a reason this version does not know.
    #[error("hub refused with number {number}")]
    RefusedOtherwise {
        /// The number.
        number: u8,
        /// What the hub speaks.
        hub: Speaks,
    },
    /// The reply is not one, or contradicts the county that was pinned or the key that was sent.
    #[error("the hub's reply is not to be believed")]
    BadReply,
    /// Own keys or certificates are unusable.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Takes a node in. The token's secret is sent only to a hub that shows the token's fingerprint. May be repeated with the same key if the
/// reply was lost.
///
/// # Errors
/// [`EnrolError`]; nothing is kept anywhere by this call.
pub async fn enrol(hub: &HubAddress, token: &Token, node: &Keypair, software: &str, tuning: &Tuning) -> Result<Enrolment, EnrolError> {
    let tls = tls::enrolling(token.fingerprint(), tuning)?;
    let ask = Ask::Enrol { county: token.county(), secret: *token.secret() };
    let enrolment = ask_hub(hub, &tls, ask, node, &Speaks::own(software), tuning).await?;
    if enrolment.grant.county == token.county() { Ok(enrolment) } else { Err(EnrolError::BadReply) }
}

/// New certificates for an enrolled key; works also after the old one has expired, unless revoked.
///
/// # Errors
/// [`EnrolError`].
pub async fn renew(hub: &HubAddress, own: &NodeTls, node: &Keypair, software: &str, tuning: &Tuning) -> Result<Enrolment, EnrolError> {
    let tls = own.renew(tuning)?;
    ask_hub(hub, &tls, Ask::Renew, node, &Speaks::own(software), tuning).await
}

/// As [`enrol`] and [`renew`], with the versions spoken given: for tests of other versions.
pub(crate) async fn ask_hub(
    hub: &HubAddress,
    tls: &ClientTls,
    ask: Ask,
    node: &Keypair,
    speaks: &Speaks,
    tuning: &Tuning,
) -> Result<Enrolment, EnrolError> {
    let bytes = talk_to(hub, tls, &ask, node, speaks, tuning).await?;
    let (hub, reply) = message::read_reply(&bytes).ok_or(EnrolError::BadReply)?;
    match reply {
        Reply::Refused(refusal) => Err(EnrolError::Refused { refusal, hub }),
        Reply::RefusedOtherwise(number) => Err(EnrolError::RefusedOtherwise { number, hub }),
        Reply::Granted(grant) => check(*grant, tls.expected, node, hub.software).ok_or(EnrolError::BadReply),
    }
}

/// Hands the hub a database key sealed to the county's recovery key, or (`None`) asks for that key only. Gives the recovery key in force: the deposit was
/// kept, durably, exactly if it is sealed to that one.
///
/// # Errors
/// [`EnrolError`]; a hub that knows no deposits refuses with [`EnrolRefusal::Malformed`].
pub async fn deposit(
    hub: &HubAddress,
    own: &Enrolment,
    node: &Keypair,
    sealed: Option<Vec<u8>>,
    software: &str,
    tuning: &Tuning,
) -> Result<Option<RecoveryKey>, EnrolError> {
    let tls = NodeTls::new(node, &own.grant.node_certificate, &own.grant.ca_certificate)?.renew(tuning)?;
    let bytes = talk_to(hub, &tls, &Ask::Deposit { sealed }, node, &Speaks::own(software), tuning).await?;
    let ca = x509::facts(&own.grant.ca_certificate).map_err(|_| EnrolError::BadReply)?.public_key;
    match message::read_deposit_reply(&bytes).ok_or(EnrolError::BadReply)? {
        (hub, Err(number)) => Err(match EnrolRefusal::from_number(number) {
            Some(refusal) => EnrolError::Refused { refusal, hub },
            None => EnrolError::RefusedOtherwise { number, hub },
        }),
        (_, Ok(None)) => Ok(None),
        (_, Ok(Some(bytes))) => RecoveryKey::read(&bytes, own.grant.county, &ca).map(Some).ok_or(EnrolError::BadReply),
    }
}

/// One connection, one request, one reply.
async fn talk_to(hub: &HubAddress, tls: &ClientTls, ask: &Ask, node: &Keypair, speaks: &Speaks, tuning: &Tuning) -> Result<Vec<u8>, EnrolError> {
    let dialled = reach::dial(hub, tls, tuning).await?;
    let outcome = exchange(&dialled.connection, ask, node, speaks).await;
    Close::Done.now(&dialled.connection, "");
    dialled.drained().await;
    outcome
}

async fn exchange(connection: &quinn::Connection, ask: &Ask, node: &Keypair, speaks: &Speaks) -> Result<Vec<u8>, EnrolError> {
    let mut exporter = [0u8; 32];
    connection.export_keying_material(&mut exporter, EXPORTER_LABEL, b"").map_err(|_| EnrolError::BadReply)?;
    let mut request = message::unsigned_request(speaks, ask, &node.public());
    let proof = node.sign(&message::proof_message(&exporter, &request));
    request.extend_from_slice(&proof);
    let talk = async {
        let (mut send, mut receive) = connection.open_bi().await.ok()?;
        streams::write_message(&mut send, &request).await?;
        send.finish().ok()?;
        streams::read_message(&mut receive, MESSAGE_BYTES_MAX).await
    };
    match tokio::time::timeout(REPLY, talk).await {
        Ok(Some(reply)) => Ok(reply),
        Ok(None) => Err(match connection.close_reason() {
            Some(reason) => ConnectError::from_quinn(&reason, true).into(),
            None => EnrolError::BadReply,
        }),
        Err(_elapsed) => Err(ConnectError::Lost.into()),
    }
}

/// A grant is kept only if the pinned county signed all of it, for this key and one school.
fn check(grant: Grant, expected: Fingerprint, node: &Keypair, hub_software: String) -> Option<Enrolment> {
    let ca = x509::facts(&grant.ca_certificate).ok()?.public_key;
    let own = x509::facts(&grant.node_certificate).ok()?;
    let origin = origin::verify(&grant.origin_certificate, &ca).ok()?;
    let hub = origin::verify(&grant.hub_origin_certificate, &ca).ok()?;
    let consistent = Fingerprint::of(&ca) == expected
        && own.public_key == node.public()
        && own.school == Some(grant.school)
        && origin.public_key == node.public()
        && origin.school == Some(grant.school)
        && origin.county == grant.county
        && hub.role == Role::Hub
        && hub.county == grant.county;
    consistent.then_some(Enrolment { grant, hub, hub_software })
}

impl EnrolError {
    /// For a person. `hub` is what they gave as the hub's address.
    #[must_use]
    pub fn fault(&self, hub: &dyn fmt::Display) -> Fault {
        match self {
            Self::Token(error) => error.fault(),
            Self::Connect(error) => error.fault(hub),
            Self::Refused { refusal, hub: speaks } => refusal_fault(*refusal, hub, speaks),
            Self::RefusedOtherwise { number, hub: speaks } => {
                Fault::new("enrol-refused-otherwise", Exit::Version).with("hub", hub).with("number", number).with("software", &speaks.software)
            }
            Self::BadReply => Fault::new("enrol-bad-reply", Exit::Identity).with("hub", hub),
            Self::Tls(error) => error.fault(),
        }
    }
}

fn refusal_fault(refusal: EnrolRefusal, hub: &dyn fmt::Display, speaks: &Speaks) -> Fault {
    let (code, exit) = match refusal {
        EnrolRefusal::TokenExpired => ("token-expired", Exit::Identity),
        EnrolRefusal::TokenUsed => ("token-used", Exit::Identity),
        EnrolRefusal::TokenUnknown => ("token-unknown", Exit::Identity),
        EnrolRefusal::TokenForeign => ("token-foreign", Exit::Identity),
        EnrolRefusal::Revoked => ("node-revoked", Exit::Identity),
        EnrolRefusal::VersionTooOld => ("node-too-old", Exit::Version),
        EnrolRefusal::VersionTooNew => ("node-too-new", Exit::Version),
        EnrolRefusal::Malformed => ("enrol-malformed", Exit::Internal),
        EnrolRefusal::NotEnrolled => ("node-not-enrolled", Exit::Identity),
        EnrolRefusal::BadProof => ("enrol-bad-proof", Exit::Identity),
        EnrolRefusal::HubFailed => ("hub-replica-failed", Exit::Unreachable),
        EnrolRefusal::SchoolClosed => ("enrol-school-closed", Exit::Identity),
    };
    Fault::new(code, exit).with("hub", hub).with("software", &speaks.software)
}
