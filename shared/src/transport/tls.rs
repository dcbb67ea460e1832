//! TLS for both sides: what each shows, what each trusts, and nothing that survives a connection.
//!
//! Invariants: TLS 1.3, ring, Ed25519 certificates; server tickets none, session cache none, early data none (a test holds that a second
//! connection is a full handshake). The hub sends its CA certificate only to those that enrol: the others have it.

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
    identity::{Fingerprint, Keypair, x509},
    transport::{
        ALPN_ENROL, ALPN_SYNC, ids,
        tuning::Tuning,
        verifier::{HubPin, NodeCheck, Pin},
    },
};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::{
    client::Resumption,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::sync::Arc;

/// TLS could not be set up from the keys and certificates at hand.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// rustls refuses key or certificate.
    #[error("TLS not set up")]
    Rustls(#[from] rustls::Error),
    /// A stored certificate is not one of ours.
    #[error("stored certificate unreadable")]
    Certificate(#[from] x509::X509Error),
    /// The provider lacks the cipher QUIC's first packets need.
    #[error("TLS without the cipher QUIC begins with")]
    Cipher(#[from] quinn::crypto::rustls::NoInitialCipherSuite),
}

impl TlsError {
    /// As shown to a person; the library's own words go to the log.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let cause = match self {
            Self::Rustls(error) => {
                tracing::error!(%error, "TLS refuses the key or the certificate");
                "identity-key-unfit"
            }
            Self::Certificate(_) => "identity-certificate-unreadable",
            Self::Cipher(_) => "identity-cipher",
        };
        Fault::new("identity-unusable", Exit::Identity).because(Fault::new(cause, Exit::Identity))
    }
}

/// ring's algorithms; X25519 is the only key exchange offered, so that a hello is small.
fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.kx_groups.retain(|group| group.name() == rustls::NamedGroup::X25519);
    Arc::new(provider)
}

fn certified(pair: &Keypair, chain: &[&[u8]], provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, TlsError> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.pkcs8().to_vec()));
    let chain = chain.iter().map(|der| CertificateDer::from(der.to_vec())).collect();
    Ok(Arc::new(CertifiedKey::from_der(chain, key, provider)?))
}

/// What a hub needs for TLS.
#[derive(Clone, Debug)]
pub struct HubTls {
    short: Arc<CertifiedKey>,
    full: Arc<CertifiedKey>,
    ca: CertificateDer<'static>,
    hub: Keypair,
}

impl HubTls {
    /// From the hub's key and certificate and the CA certificate (DER).
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(hub: &Keypair, hub_certificate: &[u8], ca_certificate: &[u8]) -> Result<Self, TlsError> {
        let provider = provider();
        Ok(Self {
            short: certified(hub, &[hub_certificate], &provider)?,
            full: certified(hub, &[hub_certificate, ca_certificate], &provider)?,
            ca: CertificateDer::from(ca_certificate.to_vec()),
            hub: hub.clone(),
        })
    }

    /// The hub's socket.
    pub(crate) fn endpoint_config(&self, clock: Arc<dyn Clock>) -> quinn::EndpointConfig {
        ids::accepting(&self.hub, clock)
    }

    /// Both protocols on one endpoint; expiry of nodes' certificates by `clock`.
    pub(crate) fn server_config(&self, tuning: &Tuning, clock: Arc<dyn Clock>) -> Result<quinn::ServerConfig, TlsError> {
        let provider = provider();
        let check = NodeCheck::new(self.ca.clone(), provider.clone(), clock)?;
        let mut tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(Arc::new(check))
            .with_cert_resolver(Arc::new(ByProtocol { short: self.short.clone(), full: self.full.clone() }));
        tls.alpn_protocols = vec![ALPN_SYNC.to_vec(), ALPN_ENROL.to_vec()];
        tls.session_storage = Arc::new(NoServerSessionStorage {});
        tls.send_tls13_tickets = 0;
        tls.max_early_data_size = 0;
        let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
        let mut no_tokens = quinn::ValidationTokenConfig::default();
        no_tokens.sent(0);
        config.transport_config(tuning.accepting()).validation_token_config(no_tokens);
        Ok(config)
    }
}

/// Shows the CA certificate to those who have only its fingerprint.
#[derive(Debug)]
struct ByProtocol {
    short: Arc<CertifiedKey>,
    full: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ByProtocol {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let enrols = hello.alpn().is_some_and(|mut offered| offered.any(|protocol| protocol == ALPN_ENROL));
        Some(if enrols { self.full.clone() } else { self.short.clone() })
    }
}

/// What an enrolled node needs for TLS.
#[derive(Clone, Debug)]
pub struct NodeTls {
    own: Arc<CertifiedKey>,
    ca: CertificateDer<'static>,
    fingerprint: Fingerprint,
}

impl NodeTls {
    /// From the node's key and certificate and the county's CA certificate (DER), as [`crate::identity::issue::Grant`] brought them.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(node: &Keypair, node_certificate: &[u8], ca_certificate: &[u8]) -> Result<Self, TlsError> {
        let fingerprint = Fingerprint::of(&x509::facts(ca_certificate)?.public_key);
        let own = certified(node, &[node_certificate], &provider())?;
        Ok(Self { own, ca: CertificateDer::from(ca_certificate.to_vec()), fingerprint })
    }

    /// The county this node belongs to.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// To sync: shows the node's certificate.
    pub(crate) fn sync(&self, tuning: &Tuning) -> Result<ClientTls, TlsError> {
        client(Pin::Certificate(self.ca.clone()), self.fingerprint, Some(self.own.clone()), ALPN_SYNC, tuning)
    }

    /// To renew: shows no certificate, it may have expired.
    pub(crate) fn renew(&self, tuning: &Tuning) -> Result<ClientTls, TlsError> {
        client(Pin::Certificate(self.ca.clone()), self.fingerprint, None, ALPN_ENROL, tuning)
    }
}

/// To enrol: all that is known of the hub is its county's fingerprint.
pub(crate) fn enrolling(fingerprint: Fingerprint, tuning: &Tuning) -> Result<ClientTls, TlsError> {
    client(Pin::Fingerprint(fingerprint), fingerprint, None, ALPN_ENROL, tuning)
}

/// One side's configuration for one dial, and the means to ask afterwards why it failed.
#[derive(Debug)]
pub(crate) struct ClientTls {
    pub(super) config: quinn::ClientConfig,
    pub(super) expected: Fingerprint,
    pub(super) pin: Arc<HubPin>,
}

fn client(pin: Pin, expected: Fingerprint, own: Option<Arc<CertifiedKey>>, alpn: &[u8], tuning: &Tuning) -> Result<ClientTls, TlsError> {
    let (mut tls, pin) = rustls_client(pin, own, alpn)?;
    tls.resumption = Resumption::disabled();
    finish(tls, pin, expected, tuning)
}

fn rustls_client(pin: Pin, own: Option<Arc<CertifiedKey>>, alpn: &[u8]) -> Result<(rustls::ClientConfig, Arc<HubPin>), TlsError> {
    let provider = provider();
    let pin = Arc::new(HubPin::new(pin, provider.clone()));
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(pin.clone());
    let mut tls = match own {
        Some(own) => builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(own))),
        None => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![alpn.to_vec()];
    tls.enable_early_data = false;
    Ok((tls, pin))
}

fn finish(tls: rustls::ClientConfig, pin: Arc<HubPin>, expected: Fingerprint, tuning: &Tuning) -> Result<ClientTls, TlsError> {
    let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(tuning.dialling());
    Ok(ClientTls { config, expected, pin })
}

/// Clients that do what ours never does.
#[cfg(test)]
impl NodeTls {
    /// Asks to sync and shows no certificate.
    pub(crate) fn bare(&self, tuning: &Tuning) -> ClientTls {
        client(Pin::Certificate(self.ca.clone()), self.fingerprint, None, ALPN_SYNC, tuning).unwrap()
    }

    /// Speaks a protocol no hub knows.
    pub(crate) fn speaking(&self, alpn: &[u8], tuning: &Tuning) -> ClientTls {
        client(Pin::Certificate(self.ca.clone()), self.fingerprint, Some(self.own.clone()), alpn, tuning).unwrap()
    }

    /// Would resume, with early data, if only the hub gave it a ticket.
    pub(crate) fn resuming(&self, store: Arc<dyn rustls::client::ClientSessionStore>, tuning: &Tuning) -> ClientTls {
        let (mut tls, pin) = rustls_client(Pin::Certificate(self.ca.clone()), Some(self.own.clone()), ALPN_SYNC).unwrap();
        tls.resumption = Resumption::store(store);
        tls.enable_early_data = true;
        finish(tls, pin, self.fingerprint, tuning).unwrap()
    }
}
