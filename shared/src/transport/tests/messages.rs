//! Every fault of these rooms has a sentence and a next step, in both languages.

use crate::{
    fault::Fault,
    identity::{Fingerprint, TokenError},
    locale::{self, Lang},
    transport::{
        ConnectError,
        close::Close,
        enrol::{EnrolError, EnrolRefusal, message::Speaks},
        error::Unreachable,
        listener::ListenError,
    },
};

fn faults() -> Vec<Fault> {
    let (hub, fingerprint) = ("hub.example:4433", Fingerprint([1; 16]));
    let tokens = [
        TokenError::Length { letters: 3 },
        TokenError::Letter { position: 5 },
        TokenError::Mistyped,
        TokenError::Version { version: 9 },
        TokenError::Foreign { county: "529902".parse().unwrap() },
    ];
    let silent = [Unreachable::NoSuchName, Unreachable::NoNetwork, Unreachable::Refused, Unreachable::Silent].map(ConnectError::Unreachable);
    let closes = (0..20).filter_map(Close::from_code).map(ConnectError::Closed);
    let others = [
        ConnectError::WrongHub { expected: fingerprint, seen: None },
        ConnectError::NoCommonProtocol,
        ConnectError::CertificateExpired,
        ConnectError::CertificateRefused,
        ConnectError::Lost,
        ConnectError::ClosedHere,
        ConnectError::Other { detail: "x".into() },
    ];
    let refusals = (0..=u8::MAX).filter_map(EnrolRefusal::from_number);
    let refused = refusals.map(|refusal| EnrolError::Refused { refusal, hub: Speaks::own("huxue-hub 1") }.fault(&hub));
    let bind = |kind: std::io::ErrorKind| ListenError::Bind { at: "127.0.0.1:1".parse().unwrap(), source: kind.into() }.fault();
    tokens
        .iter()
        .map(TokenError::fault)
        .chain(silent.into_iter().chain(closes).chain(others).map(|error| error.fault(&hub)))
        .chain(refused)
        .chain([
            EnrolError::RefusedOtherwise { number: 99, hub: Speaks::own("huxue-hub 9") }.fault(&hub),
            EnrolError::BadReply.fault(&hub),
            bind(std::io::ErrorKind::AddrInUse),
            bind(std::io::ErrorKind::PermissionDenied),
            crate::transport::tls::TlsError::Rustls(rustls::Error::General("x".into())).fault(),
        ])
        .collect()
}

#[test]
fn every_fault_has_a_sentence_and_a_next_step_in_both_languages() {
    for fault in faults() {
        let (zh, zh_next) = locale::fault(Lang::Zh, &fault);
        let (en, en_next) = locale::fault(Lang::En, &fault);
        for text in [Some(zh.clone()), zh_next.clone(), Some(en.clone()), en_next.clone()] {
            let text = text.unwrap_or_else(|| panic!("{} has no next step", fault.code));
            assert!(!text.contains("{$") && !text.contains("{ $") && !text.starts_with(fault.code.as_ref()), "{}: {text}", fault.code);
        }
        assert!(zh != en && zh_next != en_next, "{} is not translated", fault.code);
    }
}
