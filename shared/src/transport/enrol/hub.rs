//! The hub's end: reads one request, checks the proof, asks the [`Registrar`], answers.

use crate::{
    identity::{RecoveryKey, keypair, token},
    transport::{
        close::Close,
        enrol::{
            EnrolRefusal, Grant, Redeem, Registrar,
            message::{self, Ask, EXPORTER_LABEL, MESSAGE_BYTES_MAX, Request, Speaks},
        },
        streams,
    },
};
use quinn::Connection;
use std::{sync::Arc, time::Duration};

/// Whole exchange, from the finished handshake to the node's farewell.
const EXCHANGE: Duration = Duration::from_secs(20);

/// Serves one connection to its end. Nothing is reported to the caller but how it went, for the log.
pub(crate) async fn serve(connection: Connection, registrar: Arc<dyn Registrar>, software: String) -> Result<(), EnrolRefusal> {
    let speaks = Speaks::own(&software);
    match tokio::time::timeout(EXCHANGE, exchange(&connection, registrar, &speaks)).await {
        Ok(Some(outcome)) => {
            // The node closes when it has the reply; a silent one is cut below.
            let _ = tokio::time::timeout(EXCHANGE, connection.closed()).await;
            Close::Done.now(&connection, "");
            outcome
        }
        Ok(None) => {
            Close::Protocol.now(&connection, "no request");
            Err(EnrolRefusal::Malformed)
        }
        Err(_elapsed) => {
            Close::Silent.now(&connection, "no request in time");
            Err(EnrolRefusal::Malformed)
        }
    }
}

async fn exchange(connection: &Connection, registrar: Arc<dyn Registrar>, speaks: &Speaks) -> Option<Result<(), EnrolRefusal>> {
    let (mut send, mut receive) = connection.accept_bi().await.ok()?;
    let bytes = streams::read_message(&mut receive, MESSAGE_BYTES_MAX).await?;
    let (reply, outcome) = match decide(connection, registrar, speaks, &bytes).await {
        Ok(Given::Grant(grant)) => (message::reply(speaks, &Ok(*grant)), Ok(())),
        Ok(Given::Recovery(recovery)) => (message::deposit_reply(speaks, Ok(recovery)), Ok(())),
        Err(refusal) => (message::reply(speaks, &Err(refusal)), Err(refusal)),
    };
    streams::write_message(&mut send, &reply).await?;
    send.finish().ok()?;
    Some(outcome)
}

/// What a request was answered with, if it was not refused.
enum Given {
    Grant(Box<Grant>),
    Recovery(Option<RecoveryKey>),
}

async fn decide(connection: &Connection, registrar: Arc<dyn Registrar>, speaks: &Speaks, bytes: &[u8]) -> Result<Given, EnrolRefusal> {
    let (node, request) = message::read_request(bytes).ok_or(EnrolRefusal::Malformed)?;
    if let Some(refusal) = speaks.judge(&node) {
        return Err(refusal);
    }
    let request = request.ok_or(EnrolRefusal::Malformed)?;
    if !proven(connection, &request) {
        return Err(EnrolRefusal::BadProof);
    }
    let ask = move || match request.ask {
        Ask::Renew => registrar.renew(&request.public_key, &node.software).map(|grant| Given::Grant(Box::new(grant))),
        Ask::Deposit { sealed } => registrar.deposit(&request.public_key, sealed.as_deref()).map(Given::Recovery),
        Ask::Enrol { county, secret } => {
            let secret_hash = token::secret_hash(&secret);
            let redeem = Redeem { secret_hash, county, public_key: request.public_key, software: node.software };
            registrar.redeem(&redeem).map(|grant| Given::Grant(Box::new(grant)))
        }
    };
    tokio::task::spawn_blocking(ask).await.unwrap_or(Err(EnrolRefusal::HubFailed))
}

fn proven(connection: &Connection, request: &Request) -> bool {
    let mut exporter = [0u8; 32];
    connection.export_keying_material(&mut exporter, EXPORTER_LABEL, b"").is_ok()
        && keypair::verify(&request.public_key, &message::proof_message(&exporter, &request.signed), &request.proof)
}
