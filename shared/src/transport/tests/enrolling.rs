//! Enrolment and renewal.

use super::county::{Hub, clock_at, node_tls, within};
use crate::{
    fault::Exit,
    identity::{Fingerprint, Keypair, Token, TokenError, origin, x509},
    transport::{
        ConnectError, HubAddress, Tuning,
        enrol::{
            EnrolError, EnrolRefusal, deposit,
            message::{Ask, Speaks},
            node::ask_hub,
            renew,
        },
        error::Unreachable,
        tls,
    },
};

fn refusal(error: EnrolError) -> EnrolRefusal {
    match error {
        EnrolError::Refused { refusal, .. } => refusal,
        other => panic!("refused, not {other:?}"),
    }
}

#[tokio::test]
async fn a_node_that_brings_its_token_takes_home_what_its_county_signed() {
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let ca = hub.desk.county.ca().public();
    assert_eq!(enrolment.grant.school_name, "某某小学");
    assert_eq!(x509::facts(&enrolment.grant.node_certificate).unwrap().school, Some(enrolment.grant.school));
    assert_eq!(origin::verify(&enrolment.grant.origin_certificate, &ca).unwrap().public_key, key.public());
    assert_eq!(enrolment.hub.public_key, hub.desk.county.hub().public());
    assert_eq!(enrolment.hub_software, "huxue-test 0.1.0");
}

#[tokio::test]
async fn a_token_works_once_but_again_for_the_same_key() {
    let hub = Hub::start(1);
    let (token, key) = (hub.desk.token(3_600), Keypair::from_seed([9; 32]));
    let first = hub.enrol(&token, &key).await.unwrap();
    let again = hub.enrol(&token, &key).await.unwrap();
    assert_eq!(first.grant.school, again.grant.school, "a reply lost on the way costs nothing");
    let other = hub.enrol(&token, &Keypair::from_seed([10; 32])).await.unwrap_err();
    assert_eq!(refusal(other), EnrolRefusal::TokenUsed);
}

#[tokio::test]
async fn expired_unknown_and_foreign_tokens_are_told_apart() {
    let hub = Hub::start(1);
    let key = Keypair::from_seed([9; 32]);
    let expired = hub.enrol(&hub.desk.token(-1), &key).await.unwrap_err();
    assert_eq!(expired.fault(&hub.at).exit, Exit::Identity);
    assert_eq!(refusal(expired), EnrolRefusal::TokenExpired);
    let fingerprint = hub.desk.county.fingerprint();
    let unknown = Token::new(hub.desk.county.code(), [5; 16], fingerprint);
    assert_eq!(refusal(hub.enrol(&unknown, &key).await.unwrap_err()), EnrolRefusal::TokenUnknown);
    let foreign = Token::new("529902".parse().unwrap(), [5; 16], fingerprint);
    assert_eq!(refusal(hub.enrol(&foreign, &key).await.unwrap_err()), EnrolRefusal::TokenForeign);
}

#[tokio::test]
async fn a_mistyped_token_is_refused_without_a_packet() {
    let hub = Hub::start(1);
    let mut text = hub.desk.token(3_600).to_string();
    let last = if text.pop() == Some('0') { '1' } else { '0' };
    text.push(last);
    let error = EnrolError::from(text.parse::<Token>().unwrap_err());
    assert!(matches!(error, EnrolError::Token(TokenError::Mistyped)));
    assert_eq!(error.fault(&hub.at).code, "token-mistyped");
}

#[tokio::test]
async fn the_hub_of_another_county_learns_nothing_and_is_named() {
    let (own, other) = (Hub::start(1), Hub::start(2));
    let token = own.desk.token(3_600);
    let error = other.enrol(&token, &Keypair::from_seed([9; 32])).await.unwrap_err();
    let EnrolError::Connect(error) = error else { panic!("a connect error, not {error:?}") };
    let seen = Some(other.desk.county.fingerprint());
    assert_eq!(error, ConnectError::WrongHub { expected: own.desk.county.fingerprint(), seen });
    assert!(other.desk.enrolled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_impostor_that_shows_the_right_ca_without_its_key_is_refused() {
    use crate::{
        clock::{Clock as _, SystemClock},
        identity::{County, x509},
        transport::{HubTls, listener::Limits, listener::Listener},
    };
    let own = Hub::start(1);
    let false_county = County::from_seeds(own.desk.county.code(), [77; 32], [78; 32]);
    let stolen_ca = &own.desk.ca;
    let tls = HubTls::new(false_county.hub(), &x509::hub_certificate(&false_county, SystemClock.now()).unwrap(), stolen_ca).unwrap();
    let listener =
        Listener::bind("127.0.0.1:0".parse().unwrap(), &tls, Tuning::default(), Limits::default(), std::sync::Arc::new(SystemClock)).unwrap();
    let at: HubAddress = listener.local_addr().unwrap().to_string().parse().unwrap();
    let (around, _events) = super::county::surroundings(super::shelf::Shelf::new(3), std::sync::Arc::new(SystemClock));
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let desk = own.desk.clone();
    tokio::spawn(listener.run(around, desk, stopped));
    let token = own.desk.token(3_600);
    let error = within(crate::transport::enrol::enrol(&at, &token, &Keypair::from_seed([9; 32]), "x", &Tuning::default())).await.unwrap_err();
    assert!(matches!(error, EnrolError::Connect(ConnectError::WrongHub { .. })), "{error:?}");
    assert!(own.desk.enrolled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_closed_port_is_told_from_silence() {
    let token = Token::new("529901".parse().unwrap(), [5; 16], Fingerprint([1; 16]));
    let key = Keypair::from_seed([9; 32]);
    let closed = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = within(crate::transport::enrol::enrol(&closed.to_string().parse().unwrap(), &token, &key, "x", &Tuning::default())).await;
    assert!(matches!(error, Err(EnrolError::Connect(ConnectError::Unreachable(Unreachable::Refused)))), "{error:?}");

    // A socket that takes every packet and answers none: as if UDP were blocked.
    let hole = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let tuning = Tuning { handshake: std::time::Duration::from_millis(1_500), ..Tuning::default() };
    let at: HubAddress = hole.local_addr().unwrap().to_string().parse().unwrap();
    let error = within(crate::transport::enrol::enrol(&at, &token, &key, "x", &tuning)).await;
    assert!(matches!(error, Err(EnrolError::Connect(ConnectError::Unreachable(Unreachable::Silent)))), "{error:?}");
}

#[tokio::test]
async fn versions_that_do_not_meet_are_refused_by_name_on_either_side() {
    let hub = Hub::start(1);
    let (token, key) = (hub.desk.token(3_600), Keypair::from_seed([9; 32]));
    let tuning = Tuning::default();
    let tls = tls::enrolling(token.fingerprint(), &tuning).unwrap();
    for (min, max, expected, code) in [(0, 0, EnrolRefusal::VersionTooOld, "node-too-old"), (7, 9, EnrolRefusal::VersionTooNew, "node-too-new")] {
        let speaks = Speaks { min, max, software: "huxue-node of another age".into() };
        let ask = Ask::Enrol { county: token.county(), secret: *token.secret() };
        let error = within(ask_hub(&hub.at, &tls, ask, &key, &speaks, &tuning)).await.unwrap_err();
        assert_eq!(error.fault(&hub.at).code, code);
        assert_eq!(refusal(error), expected);
    }
    assert!(hub.desk.enrolled.lock().unwrap().is_empty());
    assert!(hub.enrol(&token, &key).await.is_ok(), "the token is still good");
}

#[tokio::test]
async fn a_certificate_is_renewed_with_the_key_alone_unless_revoked_or_unknown() {
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let own = node_tls(&key, &enrolment);
    let renewed = within(renew(&hub.at, &own, &key, "x", &Tuning::default())).await.unwrap();
    assert_eq!(renewed.grant.school, enrolment.grant.school);
    let stranger = Keypair::from_seed([11; 32]);
    let unknown = within(renew(&hub.at, &own, &stranger, "x", &Tuning::default())).await.unwrap_err();
    assert_eq!(refusal(unknown), EnrolRefusal::NotEnrolled);
    hub.desk.revoke(key.public());
    let revoked = within(renew(&hub.at, &own, &key, "x", &Tuning::default())).await.unwrap_err();
    assert_eq!(revoked.fault(&hub.at).code, "node-revoked");
    assert_eq!(refusal(revoked), EnrolRefusal::Revoked);
}

#[tokio::test]
async fn a_request_without_its_key_or_from_another_channel_proves_nothing() {
    use crate::{
        identity::keypair,
        transport::{
            enrol::message::{EXPORTER_LABEL, MESSAGE_BYTES_MAX, Reply, proof_message, read_reply, unsigned_request},
            reach, streams,
        },
    };
    let hub = Hub::start(1);
    let (token, key, tuning) = (hub.desk.token(3_600), Keypair::from_seed([9; 32]), Tuning::default());
    let ask = Ask::Enrol { county: token.county(), secret: *token.secret() };
    let signed = unsigned_request(&Speaks::own("x"), &ask, &key.public());
    let mut elsewhere = None;
    for _ in 0..2 {
        let dialled = within(reach::dial(&hub.at, &tls::enrolling(token.fingerprint(), &tuning).unwrap(), &tuning)).await.unwrap();
        let mut exporter = [0u8; 32];
        dialled.connection.export_keying_material(&mut exporter, EXPORTER_LABEL, b"").unwrap();
        let proof = elsewhere.unwrap_or_else(|| Keypair::from_seed([66; 32]).sign(&proof_message(&exporter, &signed)));
        elsewhere = Some(key.sign(&proof_message(&exporter, &signed)));
        assert!(keypair::verify(&key.public(), &proof_message(&exporter, &signed), &elsewhere.unwrap()));
        let (mut send, mut receive) = dialled.connection.open_bi().await.unwrap();
        within(streams::write_message(&mut send, &[signed.clone(), proof.to_vec()].concat())).await.unwrap();
        let reply = within(streams::read_message(&mut receive, MESSAGE_BYTES_MAX)).await.unwrap();
        assert_eq!(read_reply(&reply).unwrap().1, Reply::Refused(EnrolRefusal::BadProof));
    }
    assert!(hub.desk.enrolled.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_request_over_its_limit_ends_the_connection() {
    use crate::transport::{close::Close, enrol::message::MESSAGE_BYTES_MAX, reach, streams};
    let hub = Hub::start(1);
    let (token, tuning) = (hub.desk.token(3_600), Tuning::default());
    let dialled = within(reach::dial(&hub.at, &tls::enrolling(token.fingerprint(), &tuning).unwrap(), &tuning)).await.unwrap();
    let (mut send, _receive) = dialled.connection.open_bi().await.unwrap();
    within(streams::write_message(&mut send, &vec![0; MESSAGE_BYTES_MAX + 1])).await;
    let error = within(dialled.connection.closed()).await;
    assert_eq!(ConnectError::from_quinn(&error, true), ConnectError::Closed(Close::Protocol));
}

#[tokio::test]
async fn a_node_whose_clock_and_a_hub_whose_certificate_disagree_still_enrol() {
    // The hub lives in 2060: by any other clock its certificates are not valid yet.
    let hub = Hub::start_at(1, clock_at("2060-01-01T00:00:00Z"));
    let (_, enrolment) = hub.node(9).await;
    assert_eq!(enrolment.grant.school, super::county::school());
}

#[tokio::test]
async fn a_node_deposits_its_sealed_key_only_with_its_own_key_and_hears_the_recovery_key() {
    let hub = Hub::start(1);
    let (key, enrolment) = hub.node(9).await;
    let recovery = hub.desk.recovery();
    assert_eq!(enrolment.grant.recovery, Some(recovery), "the grant brings it");
    let sealed = recovery.seal(&[7; 32], key.origin(), hub.desk.clock.as_ref());
    let give = |key: Keypair, sealed: Option<Vec<u8>>| {
        let (at, enrolment) = (hub.at.clone(), enrolment.clone());
        async move { within(deposit(&at, &enrolment, &key, sealed, "huxue-node 0.1.0", &Tuning::default())).await }
    };
    assert_eq!(give(key.clone(), None).await.unwrap(), Some(recovery), "asked for only");
    assert!(hub.desk.deposits.lock().unwrap().is_empty());
    assert_eq!(give(key.clone(), Some(sealed.clone())).await.unwrap(), Some(recovery));
    assert_eq!(hub.desk.deposits.lock().unwrap().get(&key.public()), Some(&sealed));
    // A stranger's key does not fit the certificate, and no other certificate is its.
    assert!(matches!(give(Keypair::from_seed([77; 32]), Some(sealed)).await, Err(EnrolError::Tls(_))));
}
