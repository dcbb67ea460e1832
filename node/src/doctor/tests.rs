//! What the list of findings claims.

use super::*;
use std::{collections::BTreeSet, fs};

#[test]
fn every_finding_has_its_sentence_in_both_languages_and_what_needs_a_person_its_next_step() {
    let source = include_str!("../doctor.rs");
    let codes: BTreeSet<&str> = source.split('"').filter(|text| text.starts_with("doctor-")).collect();
    assert!(codes.len() > 30, "{}", codes.len());
    for code in codes {
        let fault = Fault { code: code.to_owned().into(), ..Fault::new("", Exit::Found) };
        let fault = ["path", "room", "school", "county", "detail", "now", "days", "pending", "count", "used", "quota", "hub", "address", "port"]
            .iter()
            .fold(fault, |fault, name| fault.with(name, 1));
        for lang in [Lang::Zh, Lang::En] {
            let (sentence, next) = locale::fault(lang, &fault);
            assert!(!sentence.contains("doctor-"), "{code}");
            let well =
                source.contains(&format!("Mark::Well, says(\"{code}\")")) || source.contains(&format!(", \"{code}\")")) || code.ends_with("-none");
            assert!(
                next.is_some() || well || ["doctor-disk", "doctor-files"].contains(&code),
                "{code} needs a person and says nothing of what to do"
            );
        }
    }
}

#[test]
fn a_directory_that_was_never_enrolled_says_so_with_the_commands_own_words() {
    let dir = tempfile::tempdir().unwrap();
    let items = of_closed(dir.path(), &Unlock::default());
    let last = items.last().unwrap();
    assert_eq!((last.check.as_str(), last.mark, last.said.code.as_ref()), ("enrolment", Mark::Wrong, "enrol-first"));
    assert_eq!(last.said, NodeFile::read(dir.path()).unwrap_err());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_found() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(dir.path().join("node.key"), "x").unwrap();
    let mode = |mode: u32| fs::set_permissions(dir.path().join("node.key"), fs::Permissions::from_mode(mode)).unwrap();
    let found = || directory(dir.path(), &dir.path().join("db.key")).first().map(|item| item.mark);
    mode(0o644);
    assert_eq!(found(), Some(Mark::Look));
    mode(0o600);
    assert_eq!(found(), Some(Mark::Well));
}

#[test]
fn words_name_the_next_step_only_where_there_is_something_to_do() {
    let items = [Item::well("database", "doctor-database"), Item::of("unit", Mark::Look, says("doctor-unit-off"))];
    let text = words(&items, Lang::En);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), &lines[0][..4], lines[2].trim_start().starts_with('→')), (3, "✓ ", true), "{text}");
    let json = json(&items, Lang::Zh);
    assert_eq!((&json["well"], &json["checks"][0]["mark"], &json["checks"][1]["mark"]), (&json!(false), &json!("well"), &json!("look")));
}

#[test]
fn a_clock_behind_the_countys_last_act_or_years_ahead_of_it_is_told_and_a_long_holiday_is_not() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let issued = at("2026-02-20T00:00:00Z").as_second();
    let contact = Some(at("2026-03-01T00:00:00Z"));
    let cases = [
        ("2026-03-02T02:00:00Z", contact, "doctor-clock"),
        ("2026-09-01T02:00:00Z", None, "doctor-clock"),
        ("2026-02-28T02:00:00Z", contact, "doctor-clock-behind"),
        ("1970-01-01T00:00:00Z", None, "doctor-clock-behind"),
        ("2036-03-02T02:00:00Z", contact, "doctor-clock-ahead"),
        ("2036-03-02T02:00:00Z", None, "doctor-clock-ahead"),
    ];
    for (now, last, code) in cases {
        let item = clock_at(at(now), issued, last);
        assert_eq!((item.said.code.as_ref(), item.mark == Mark::Well), (code, code == "doctor-clock"), "{now}");
    }
}
