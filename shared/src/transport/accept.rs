//! From an incoming packet to a known peer: which protocol, and for sync which school, by the certificate TLS has verified.

use crate::{
    identity::x509,
    model::SchoolCode,
    sync::engine::Peer,
    transport::{ALPN_ENROL, ALPN_SYNC, ConnectError, Tuning, close::Close, error::Unreachable},
};
use quinn::{Connection, Incoming, crypto::rustls::HandshakeData};
use rustls::pki_types::CertificateDer;

/// A finished handshake.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// A school's node that wants to sync.
    Sync {
        /// Who.
        peer: Peer,
        /// Of which school.
        school: SchoolCode,
        /// The connection.
        connection: Connection,
    },
    /// Someone who wants to enrol or renew.
    Enrol(Connection),
}

/// Finishes a handshake within its time.
pub(crate) async fn accept(incoming: Incoming, tuning: &Tuning) -> Result<Accepted, ConnectError> {
    let connecting = incoming.accept().map_err(|error| ConnectError::from_quinn(&error, false))?;
    let connection = tokio::time::timeout(tuning.handshake, connecting)
        .await
        .map_err(|_elapsed| ConnectError::Unreachable(Unreachable::Silent))?
        .map_err(|error| ConnectError::from_quinn(&error, false))?;
    let protocol = protocol_of(&connection);
    if protocol == ALPN_ENROL {
        return Ok(Accepted::Enrol(connection));
    }
    if let Some((peer, school)) = school_of(&connection).filter(|_| protocol == ALPN_SYNC) {
        return Ok(Accepted::Sync { peer, school, connection });
    }
    Close::CertificateRequired.now(&connection, "no certificate of a school's node");
    Err(ConnectError::CertificateRefused)
}

fn protocol_of(connection: &Connection) -> Vec<u8> {
    let facts = connection.handshake_data().and_then(|facts| facts.downcast::<HandshakeData>().ok());
    facts.and_then(|facts| facts.protocol).unwrap_or_default()
}

/// The origin and school of the verified certificate; `None` without one, or with the hub's.
fn school_of(connection: &Connection) -> Option<(Peer, SchoolCode)> {
    let chain = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    let facts = x509::facts(chain.first()?).ok()?;
    let school = facts.school?;
    Some((Peer { origin: facts.origin(), school: Some(school) }, school))
}
