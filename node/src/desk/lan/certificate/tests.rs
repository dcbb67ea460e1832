//! What is claimed of the certificates of the desk's network.

use super::*;
use huxue_shared::clock::TestClock;

fn clock() -> TestClock {
    TestClock::new("2026-03-02T02:00:00Z".parse().unwrap(), 7)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn made(dir: &Path, addresses: &[IpAddr], clock: &TestClock) -> Facts {
    own(dir, "石桥小学", &["shiqiao".to_owned()], addresses, clock).unwrap().facts
}

#[test]
fn it_is_made_once_and_a_start_does_not_change_it() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let first = made(dir.path(), &[ip("192.168.1.20")], &clock);
    assert_eq!(made(dir.path(), &[ip("192.168.1.20")], &clock), first);
    assert_eq!(first.names, ["localhost", "shiqiao"]);
    assert!(first.addresses.contains(&ip("127.0.0.1")) && first.addresses.contains(&ip("192.168.1.20")));
    assert_eq!(first.fingerprint.len(), 32 * 3 - 1);
    let days = (first.not_after - first.not_before) / 86_400;
    assert!((800..=825).contains(&days), "{days} days: Apple's devices refuse more than 825");
}

#[cfg(unix)]
#[test]
fn its_key_is_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    made(dir.path(), &[], &clock);
    let mode = std::fs::metadata(dir.path().join("lan.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_new_address_changes_the_certificate_once_and_never_the_key() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let (one, two) = (ip("192.168.1.20"), ip("192.168.1.33"));
    let first = made(dir.path(), &[one], &clock);
    let second = made(dir.path(), &[two], &clock);
    assert_ne!(first.fingerprint, second.fingerprint);
    assert_eq!(first.key_fingerprint, second.key_fingerprint);
    assert_eq!(made(dir.path(), &[one], &clock), second, "the address before is still in it");
}

#[test]
fn it_is_made_anew_before_it_ends_with_the_same_key() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    let first = made(dir.path(), &[], &clock);
    clock.advance_s((DAYS - RENEW_DAYS - 2) * 86_400);
    assert_eq!(made(dir.path(), &[], &clock), first);
    clock.advance_s(3 * 86_400);
    let second = made(dir.path(), &[], &clock);
    assert!(second.not_after > first.not_after && second.key_fingerprint == first.key_fingerprint);
}

#[test]
fn a_damaged_key_is_said_and_not_replaced() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), clock());
    std::fs::write(dir.path().join("lan.key"), "no key").unwrap();
    let fault = own(dir.path(), "石桥小学", &[], &[], &clock).unwrap_err();
    assert_eq!(fault.code, "lan-own-damaged");
    assert_eq!(std::fs::read_to_string(dir.path().join("lan.key")).unwrap(), "no key");
}

#[test]
fn an_administrators_files_are_judged_with_a_reason_each() {
    let (one, two, clock) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), clock());
    made(one.path(), &[], &clock);
    made(two.path(), &[], &clock);
    let (own, other) = (own_files(one.path()), own_files(two.path()));
    assert!(read(&own, clock.now()).is_ok());
    let code = |files: &Files, now: Timestamp| read(files, now).unwrap_err().code.into_owned();
    let mixed = Files { key: other.key, ..own.clone() };
    assert_eq!(code(&mixed, clock.now()), "lan-key-other");
    assert_eq!(code(&own, clock.now() + SignedDuration::from_hours(24 * 900)), "lan-cert-expired");
    assert_eq!(code(&own, clock.now() - SignedDuration::from_hours(24 * 9)), "lan-cert-early");
    assert_eq!(code(&Files { certificate: one.path().join("none"), ..own.clone() }, clock.now()), "lan-file-unreadable");
    assert_eq!(code(&Files { certificate: own.key.clone(), ..own.clone() }, clock.now()), "lan-cert-none");
    assert_eq!(code(&Files { key: own.certificate.clone(), ..own.clone() }, clock.now()), "lan-key-none");
}
