//! Claims about the register's file.

use super::*;
use huxue_shared::{clock::TestClock, model::OriginId};

fn clock() -> TestClock {
    TestClock::new("2026-03-01T00:00:00Z".parse().unwrap(), 1)
}

fn signer() -> Keypair {
    Keypair::from_seed([4; 32])
}

fn revoked(n: u8) -> Event {
    Event::Revoked { node: OriginId([n; 8]) }
}

fn filled(dir: &Path, count: u8) -> Vec<u8> {
    let (register, _) = Register::open(dir, signer()).unwrap();
    for n in 1..=count {
        register.append(&[revoked(n)], &clock()).unwrap();
    }
    std::fs::read(place(dir)).unwrap()
}

fn damage(dir: &Path) -> (String, String, String) {
    let fault = Register::open(dir, signer()).unwrap_err();
    let arg = |name: &str| fault.args.iter().find(|(n, _)| n == name).unwrap().1.clone();
    (fault.code.to_string(), arg("line"), arg("detail"))
}

#[test]
fn what_was_appended_is_there_after_a_start_and_stands_there_once() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 3);
    let (register, lines) = Register::open(dir.path(), signer()).unwrap();
    let events: Vec<Event> = lines.into_iter().filter_map(|line| line.event).collect();
    assert_eq!(events, [revoked(1), revoked(2), revoked(3)]);
    register.append(&[revoked(2), revoked(4), revoked(4)], &clock()).unwrap();
    let (_, lines) = Register::open(dir.path(), signer()).unwrap();
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn every_altered_exchanged_missing_or_foreign_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let good = filled(dir.path(), 4);
    let lines: Vec<&[u8]> = good.split_inclusive(|b| *b == b'\n').collect();
    let put = |list: &[&[u8]]| {
        std::fs::write(place(dir.path()), list.concat()).unwrap();
        damage(dir.path())
    };
    let named = |line: &str, why: &str| ("register-damaged".to_owned(), line.to_owned(), why.to_owned());
    for at in 0..lines[1].len() - 1 {
        let mut altered = lines[1].to_vec();
        altered[at] ^= 1;
        // A line break made of a letter parts the line in two: the first half is named.
        let (code, line, why) = put(&[lines[0], &altered, lines[2]]);
        assert_eq!((code.as_str(), line.as_str()), ("register-damaged", "2"), "byte {at}");
        assert!(["form", "signature"].contains(&why.as_str()), "byte {at}: {why}");
    }
    assert_eq!(put(&[lines[0], lines[2], lines[3]]), named("2", "sequence"), "one left out");
    assert_eq!(put(&[lines[1], lines[2]]), named("1", "sequence"), "the first left out");
    assert_eq!(put(&[lines[0], lines[1], lines[1]]), named("3", "sequence"), "one twice");
    let other = tempfile::tempdir().unwrap();
    let (theirs, _) = Register::open(other.path(), Keypair::from_seed([5; 32])).unwrap();
    theirs.append(&[revoked(1)], &clock()).unwrap();
    assert_eq!(put(&[&std::fs::read(place(other.path())).unwrap()]), named("1", "signature"), "of another hub");
}

#[test]
fn half_a_last_line_is_a_power_cut_and_the_next_line_stands_well() {
    let dir = tempfile::tempdir().unwrap();
    let good = filled(dir.path(), 2);
    let first = good.iter().position(|b| *b == b'\n').unwrap() + 1;
    for end in first..good.len() {
        std::fs::write(place(dir.path()), &good[..end]).unwrap();
        assert_eq!(read(&place(dir.path()), &signer().public()).unwrap().torn_bytes, (end - first) as u64);
        let (register, lines) = Register::open(dir.path(), signer()).unwrap();
        assert_eq!(lines.len(), 1);
        register.append(&[revoked(9)], &clock()).unwrap();
        assert_eq!(Register::open(dir.path(), signer()).unwrap().1.len(), 2);
    }
    std::fs::write(place(dir.path()), [&good[..], &[0; 300]].concat()).unwrap();
    assert_eq!(Register::open(dir.path(), signer()).unwrap().1.len(), 2, "a file system may leave zeros");
}

#[test]
fn mending_keeps_every_line_the_hub_signed_and_the_damaged_file() {
    let dir = tempfile::tempdir().unwrap();
    let good = filled(dir.path(), 4);
    let lines: Vec<&[u8]> = good.split_inclusive(|b| *b == b'\n').collect();
    let forged = String::from_utf8(lines[1].to_vec()).unwrap().replace("0202", "0303");
    let damaged = [lines[0], forged.as_bytes(), lines[2], lines[3]].concat();
    std::fs::write(place(dir.path()), &damaged).unwrap();
    let mended = mend(dir.path(), &signer(), &clock()).unwrap();
    assert_eq!((&mended["lines_kept"], &mended["lines_chained"], &mended["lines_dropped"]), (&json!(1), &json!(2), &json!(1)));
    let events: Vec<Event> = Register::open(dir.path(), signer()).unwrap().1.into_iter().filter_map(|line| line.event).collect();
    assert_eq!(events, [revoked(1), revoked(3), revoked(4)]);
    assert_eq!(std::fs::read(mended["damaged_file"].as_str().unwrap()).unwrap(), damaged);
    let again = mend(dir.path(), &signer(), &clock()).unwrap();
    assert_eq!((&again["lines_kept"], &again["damaged_file"]), (&json!(3), &Json::Null), "a whole one is left as it is");
}
