//! The machine itself, with the real binaries: how it is, and the desk for the school's network.

use huxue_tests::County;
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

pub(crate) fn check<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer["checks"].as_array().into_iter().flatten().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}: {answer}"))
}

#[test]
fn doctor_says_the_same_beside_a_daemon_and_without_one_and_in_the_commands_own_words() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let alone = node.run(&["doctor"]);
    assert_eq!(
        (alone.code, &check(&alone.answer, "service")["code"], &check(&alone.answer, "county")["mark"]),
        (1, &json!("doctor-service-off"), &json!("well"))
    );
    let daemon = node.serve(&[]);
    let _ = node.run(&["sync", "now"]).ok();
    let beside = node.run(&["doctor"]);
    for name in ["dir", "disk", "enrolment", "database", "clock", "certificate", "backlog", "refused", "conflicts", "files", "lan"] {
        assert_eq!((name, check(&beside.answer, name)["mark"].as_str()), (name, Some("well")), "{}", beside.answer);
    }
    assert_eq!(check(&beside.answer, "county")["code"], "doctor-county");
    assert_eq!((beside.code, &check(&beside.answer, "accounts")["mark"]), (1, &json!("look")), "nobody can log in yet");
    let id = county.hub.run(&["node", "list"]).ok()["nodes"][0]["node"].as_str().unwrap().to_owned();
    let _ = county.hub.run(&["node", "revoke", &id]).ok();
    // The link is cut at once, but not in the same instant.
    let revoked = (0..50).any(|_| check(&node.run(&["doctor"]).answer, "county")["code"] == "node-revoked");
    assert!(revoked, "doctor names what `sync now` would");
    assert_eq!(node.run(&["sync", "now"]).fault(), "node-revoked");
    drop(daemon);
    let (_kept, _hub, running) = county.into_parts();
    drop(running);
    let cut = node.run(&["doctor"]);
    assert_eq!((cut.code, &check(&cut.answer, "county")["mark"]), (1, &json!("wrong")));
    std::fs::write(node.dir().join("db.key"), "spoilt").unwrap();
    let locked = node.run(&["doctor"]);
    assert_eq!((locked.code, &check(&locked.answer, "database")["code"]), (1, &json!("db-key-shape")));
}

#[test]
fn the_schools_network_is_switched_on_beside_a_daemon_and_stays_on_after_a_restart() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let off = node.run(&["lan"]).ok();
    assert_eq!((&off["on"], &off["answering"]), (&json!(false), &json!(false)));
    let daemon = node.serve(&[]);
    let on = node.run(&["lan", "on", "--at", "127.0.0.1:0"]).ok();
    assert_eq!((&on["on"], &on["answering"]), (&json!(true), &json!(true)), "{on}");
    let mut stream = TcpStream::connect(on["listen"].as_str().unwrap()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert!(said.starts_with("HTTP/1.1 307") && said.contains("Location: https://localhost/"), "{said}");
    assert_eq!(check(&node.run(&["doctor"]).answer, "lan")["mark"], "well");
    drop(daemon);
    let rests = node.run(&["lan"]).ok();
    assert_eq!((&rests["on"], &rests["answering"], &rests["fingerprint"]), (&json!(true), &json!(false), &on["fingerprint"]));
    let missing = node.dir().join("none.pem").display().to_string();
    assert_eq!(node.run(&["lan", "on", "--cert", &missing, "--key", &missing]).fault(), "lan-file-unreadable");
    let held = node.serve(&["--lan", "127.0.0.1:0"]);
    assert_eq!(node.run(&["lan", "off"]).fault(), "lan-held");
    drop(held);
    // Documentation's own network (RFC 5737): no machine has it.
    let elsewhere = node.run(&["lan", "on", "--at", "192.0.2.9:7470"]);
    assert_eq!((elsewhere.code, &elsewhere.answer["on"], &elsewhere.answer["code"]), (1, &json!(true), &json!("lan-address-not-here")));
    assert_eq!(node.run(&["lan", "off"]).ok()["on"], false);
}
