//! Who is believed in the handshake: the node's view of the hub ([`HubPin`]) and the hub's of a node ([`NodeCheck`]).
//!
//! Both leave the mathematics to rustls-webpki and change two things only: which CA, and which time.

use crate::{
    clock::Clock,
    identity::{Fingerprint, x509},
};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What a node knows of its county's CA.
#[derive(Clone, Debug)]
pub(super) enum Pin {
    /// Before enrolment: the fingerprint out of the token. The hub shows the CA certificate.
    Fingerprint(Fingerprint),
    /// After: the CA certificate itself.
    Certificate(CertificateDer<'static>),
}

/// The hub is of another county.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mismatch {
    /// The fingerprint it showed, if it showed one.
    pub(super) seen: Option<Fingerprint>,
}

/// Judges the hub's certificate: signed by the pinned CA, for `hub.huxue`. Dates are judged at a moment *inside* the hub certificate's own
/// validity, so that a node whose clock stands in 1990 still gets through.
#[derive(Debug)]
pub(super) struct HubPin {
    pin: Pin,
    provider: Arc<CryptoProvider>,
    mismatch: Mutex<Option<Mismatch>>,
}

impl HubPin {
    pub(super) fn new(pin: Pin, provider: Arc<CryptoProvider>) -> Self {
        Self { pin, provider, mismatch: Mutex::new(None) }
    }

    /// After a failed handshake: `Some` if it failed because the hub is of another county.
    pub(super) fn mismatch(&self) -> Option<Mismatch> {
        *self.mismatch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The pinned CA, or the first certificate shown that has the pinned fingerprint. A copy of the CA's key in a certificate of the
    /// attacker's making is no help to them: the hub's certificate has to be signed by that key.
    fn ca<'a>(&'a self, shown: &'a [CertificateDer<'_>]) -> Result<&'a CertificateDer<'a>, Option<Fingerprint>> {
        let wanted = match &self.pin {
            Pin::Certificate(ca) => return Ok(ca),
            Pin::Fingerprint(wanted) => *wanted,
        };
        let mut seen = None;
        for certificate in shown.iter().take(2) {
            let Ok(facts) = x509::facts(certificate) else { continue };
            let fingerprint = Fingerprint::of(&facts.public_key);
            if fingerprint == wanted {
                return Ok(certificate);
            }
            seen = Some(fingerprint);
        }
        Err(seen)
    }

    fn refuse(&self, seen: Option<Fingerprint>) -> Error {
        *self.mismatch.lock().unwrap_or_else(PoisonError::into_inner) = Some(Mismatch { seen });
        Error::InvalidCertificate(CertificateError::UnknownIssuer)
    }
}

impl ServerCertVerifier for HubPin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ca = self.ca(intermediates).map_err(|seen| self.refuse(seen))?;
        let facts = x509::facts(end_entity).map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
        let inside = u64::try_from(facts.not_before / 2 + facts.not_after / 2).unwrap_or(0);
        let mut roots = RootCertStore::empty();
        roots.add(ca.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone())
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(inside));
        verifier.verify_server_cert(end_entity, &[], server_name, ocsp_response, at).map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => self.refuse(None),
            other => other,
        })
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}

/// Judges a node's certificate: signed by this county's CA, inside its dates by the hub's clock. No certificate is also let through
/// here; [`super::ALPN_SYNC`] refuses it after the handshake, where the refusal can say why.
#[derive(Debug)]
pub(super) struct NodeCheck {
    inner: Arc<dyn ClientCertVerifier>,
    clock: Arc<dyn Clock>,
}

impl NodeCheck {
    pub(super) fn new(ca: CertificateDer<'static>, provider: Arc<CryptoProvider>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        roots.add(ca)?;
        let inner = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .allow_unauthenticated()
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self { inner, clock })
    }
}

impl ClientCertVerifier for NodeCheck {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// No hints: a node has one certificate, and the bytes would be sent at every handshake.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let now = u64::try_from(self.clock.now().as_second()).unwrap_or(0);
        self.inner.verify_client_cert(end_entity, intermediates, UnixTime::since_unix_epoch(Duration::from_secs(now)))
    }

    fn verify_tls12_signature(&self, _: &[u8], _: &CertificateDer<'_>, _: &DigitallySignedStruct) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
