//! Passphrase, recovery key, register and audit chain, with the real binaries.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

use huxue_tests::{County, Side, child};
use serde_json::{Value as Json, json};
use std::{fs, path::Path};

const NUMBER: &str = "529901201810282617";
const SCHOOL: &str = "5299010001";

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn put(dir: &Path, name: &str, contents: &str) -> String {
    let path = dir.join(name);
    fs::write(&path, contents).unwrap();
    text(&path)
}

/// Number of children that the node's own database shows.
fn children(node: &Side, args: &[&str]) -> usize {
    let mut all = vec!["query", "enrolment"];
    all.extend(args);
    node.run(&all).ok()["rows"].as_array().unwrap().len()
}

fn node_id(hub: &Side, at: usize) -> String {
    hub.run(&["node", "list"]).ok()["nodes"][at]["node"].as_str().unwrap().to_owned()
}

#[test]
fn a_school_that_forgot_its_passphrase_is_opened_with_the_countys_recovery_key() {
    let county = County::new();
    // The officer carries the recovery key away: nothing but recover-key needs it.
    let safe = county.hub.dir().with_file_name("safe");
    fs::rename(county.hub.dir().join("recovery.key"), &safe).unwrap();
    let node = county.node("n1", SCHOOL);
    child(&node, "王小明", NUMBER, "3");
    let (good, wrong) = (put(node.dir(), "good", "石桥村的三月桃花\n"), put(node.dir(), "wrong", "石桥村的四月桃花\n"));
    let status = node.run(&["key", "status"]).ok();
    assert_eq!((&status["passphrase"], status["county_has_it"].is_string()), (&json!(false), true), "sealed and received at enrolment");
    let set = node.run(&["key", "passphrase", "--passphrase-file", &good]).ok();
    assert_eq!((&set["passphrase"], set["county_has_it"].is_string()), (&json!(true), true));

    let asked = node.run(&["status"]);
    assert_eq!((asked.code, asked.fault().as_str()), (8, "passphrase-needed"));
    let refused = node.run(&["--db-passphrase-file", &wrong, "status"]);
    assert_eq!((refused.code, refused.fault().as_str()), (8, "passphrase-wrong"));
    assert_eq!(node.run(&["--db-passphrase-file", &wrong, "key", "plain"]).fault(), "passphrase-wrong");
    assert_eq!(children(&node, &["--db-passphrase-file", &good]), 1);
    {
        let _daemon = node.serve(&["--db-passphrase-file", &good]);
        assert_eq!(children(&node, &[]), 1, "the daemon has it open");
        let _ = node.run(&["sync", "now"]).ok();
    }

    let out = text(&node.dir().join("recovered"));
    let id = node_id(&county.hub, 0);
    let other = County::new();
    let foreign = text(&other.hub.dir().join("recovery.key"));
    let refused = county.hub.run(&["recover-key", "--node", &id, "--recovery-key", &foreign, "--out", &out]);
    assert_eq!((refused.code, refused.fault().as_str()), (7, "recovery-other"));
    let answer = county.hub.run(&["recover-key", "--node", &id, "--recovery-key", &text(&safe), "--out", &out]).ok();
    assert_eq!(answer["node"], json!(id));
    let copy = text(&node.dir().join("db.key.sealed"));
    let shown = county.hub.run(&["recover-key", "--sealed", &copy, "--recovery-key", &text(&safe)]).ok();
    assert_eq!(shown["key"].as_str().unwrap(), fs::read_to_string(&out).unwrap().trim(), "the hub's copy and the school's are of one key");
    fs::rename(&out, node.dir().join("db.key")).unwrap();
    assert_eq!(children(&node, &[]), 1, "the data is there");
    let _ = node.run(&["key", "passphrase", "--passphrase-file", &wrong]).ok();
    assert_eq!(children(&node, &["--db-passphrase-file", &wrong]), 1, "a new passphrase");
    let plain = node.run(&["--db-passphrase-file", &wrong, "key", "plain"]).ok();
    assert_eq!((&plain["passphrase"], children(&node, &[])), (&json!(false), 1));
}

#[test]
fn a_hub_with_a_passphrase_opens_with_it_only_and_its_own_key_is_recoverable_too() {
    let county = County::new();
    let quic = county.quic();
    let good = put(county.hub.dir(), "good", "青杠镇的九月菊花");
    let _ = county.hub.run(&["key", "passphrase", "--passphrase-file", &good]).ok();
    let _ = county.hub.run(&["status"]).ok();
    drop(county.daemon);
    assert_eq!(county.hub.run(&["serve", "--listen-http", "127.0.0.1:0"]).fault(), "passphrase-needed");
    let _ = county.hub.run(&["--db-passphrase-file", &good, "status"]).ok();
    let (sealed, secret) = (text(&county.hub.dir().join("db.key.sealed")), text(&county.hub.dir().join("recovery.key")));
    let key = county.hub.run(&["recover-key", "--sealed", &sealed, "--recovery-key", &secret]).ok();
    fs::write(county.hub.dir().join("db.key"), key["key"].as_str().unwrap()).unwrap();
    let _daemon = county.hub.serve(&["--listen-quic", &quic]);
    assert_eq!(county.hub.run(&["status"]).ok()["recovery_secret_here"], json!(true), "the officer is reminded");
}

#[test]
fn a_node_enrolled_before_there_was_a_recovery_key_seals_at_its_next_contact() {
    let county = County::new();
    let quic = county.quic();
    let file = county.hub.dir().join("hub.json");
    drop(county.daemon);
    let mut facts: Json = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(facts.as_object_mut().unwrap().remove("recovery").is_some());
    fs::write(&file, facts.to_string()).unwrap();
    let daemon = county.hub.serve(&["--listen-quic", &quic]);
    let token = county.hub.run(&["enrol", "issue", "--school", SCHOOL]).ok()["token"].as_str().unwrap().to_owned();
    let node = county.hub.beside("huxue-node", "n1");
    let _ = node.run(&["enrol", "--hub", &quic, "--token", &token]).ok();
    let _ = node.run(&["sync", "now"]).ok();
    assert_eq!(node.run(&["key", "status"]).ok()["recoverable"], json!(false));
    let id = node_id(&county.hub, 0);
    let secret = text(&county.hub.dir().with_file_name("safe"));
    let recover = |hub: &Side| hub.run(&["recover-key", "--node", &id, "--recovery-key", &secret]);
    assert_eq!(recover(&county.hub).fault(), "sealed-none");
    assert_eq!(county.hub.run(&["recovery", "new", "--out", &secret]).fault(), "daemon-running");
    drop(daemon);
    let _ = county.hub.run(&["recovery", "new", "--out", &secret]).ok();
    assert_eq!(county.hub.run(&["recovery", "new", "--out", &secret]).fault(), "recovery-exists");
    let _daemon = county.hub.serve(&["--listen-quic", &quic]);
    let key = fs::read_to_string(node.dir().join("db.key")).unwrap();
    for _ in ["never sealed", "its copy lost"] {
        let _ = node.run(&["sync", "now"]).ok();
        assert!(node.run(&["key", "status"]).ok()["county_has_it"].is_string());
        assert_eq!(recover(&county.hub).ok()["key"].as_str().unwrap(), key.trim());
        fs::remove_file(node.dir().join("db.key.sealed")).unwrap();
    }
}

/// The hub's database as files.
fn copy_database(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in ["huxue.db", "huxue.db-wal", "huxue.db-shm"] {
        let _ = fs::remove_file(to.join(name));
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

#[test]
fn an_old_copy_of_the_hubs_database_lets_nobody_in_whom_the_register_keeps_out() {
    let county = County::new();
    let (quic, hub_dir) = (county.quic(), county.hub.dir().to_owned());
    let backup = hub_dir.with_file_name("backup");
    let thief = county.node("n1", SCHOOL);
    let token = county.token(SCHOOL);
    let thief_id = node_id(&county.hub, 0);
    let (second, third) = (county.bare("n2"), county.bare("n3"));
    drop(county.daemon);
    copy_database(&hub_dir, &backup);

    let daemon = county.hub.serve(&["--listen-quic", &quic]);
    let _ = county.hub.run(&["node", "revoke", &thief_id]).ok();
    let _ = second.run(&["enrol", "--hub", &quic, "--token", &token]).ok();
    child(&second, "王小明", NUMBER, "3");
    let _ = second.run(&["sync", "now"]).ok();
    drop(daemon);
    copy_database(&backup, &hub_dir);

    let _daemon = county.hub.serve(&["--listen-quic", &quic]);
    assert_eq!(third.run(&["enrol", "--hub", &quic, "--token", &token]).fault(), "token-used", "a spent token stays spent");
    assert_ne!(thief.run(&["sync", "now"]).code, 0, "a revoked node stays out");
    let _ = second.run(&["sync", "now"]).ok();
    let nodes = county.hub.run(&["node", "list"]).ok();
    let revoked: Vec<bool> = nodes["nodes"].as_array().unwrap().iter().map(|n| n["revoked"].is_string()).collect();
    assert_eq!(revoked.iter().filter(|r| **r).count(), 1);
    assert_eq!(revoked.len(), 2, "the node enrolled since is known again: {nodes}");
    assert_eq!(county.hub.run(&["query", "enrolment"]).ok()["rows"].as_array().unwrap().len(), 1, "and its records come again");
    let events: Vec<String> = county.hub.run(&["register", "list"]).ok()["register"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["event"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(events, ["token_spent", "enrolled", "sealed", "revoked", "token_spent", "enrolled", "sealed"]);
    assert_eq!(county.hub.run(&["register", "verify"]).ok()["lines"], json!(7));
}

#[test]
fn a_forged_register_line_stops_the_hub_is_named_and_mended_and_half_a_line_is_not() {
    let county = County::new();
    let quic = county.quic();
    let _node = county.node("n1", SCHOOL);
    let id = node_id(&county.hub, 0);
    let _ = county.hub.run(&["node", "revoke", &id]).ok();
    let file = county.hub.dir().join("register.log");
    assert_eq!(county.hub.run(&["register", "mend"]).fault(), "daemon-running");
    drop(county.daemon);
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{good}{}", &good[..100])).unwrap();
    assert_eq!(county.hub.run(&["register", "verify"]).ok()["torn_bytes"], json!(100));
    drop(county.hub.serve(&["--listen-quic", &quic]));
    assert_eq!(fs::read_to_string(&file).unwrap(), good, "half a line is cut off, the hub starts");

    let forged: Vec<String> = good.lines().map(|l| if l.contains("\"enrolled\"") { l.replace(SCHOOL, "5299010002") } else { l.to_owned() }).collect();
    fs::write(&file, forged.join("\n") + "\n").unwrap();
    for command in [&["serve", "--listen-http", "127.0.0.1:0"][..], &["status"], &["register", "verify"], &["register", "list"]] {
        let said = county.hub.run(command);
        assert_eq!((said.code, &said.error["error"]["args"]["line"]), (8, &json!("2")), "{command:?}");
        assert_eq!(said.fault(), "register-damaged");
    }
    let mended = county.hub.run(&["register", "mend"]).ok();
    assert_eq!((&mended["lines_kept"], &mended["lines_chained"], &mended["lines_dropped"]), (&json!(1), &json!(2), &json!(1)));
    assert!(county.hub.run(&["node", "list"]).ok()["nodes"][0]["revoked"].is_string());
    let events = county.hub.run(&["register", "list"]).ok();
    assert_eq!(events["register"].as_array().unwrap().len(), 4, "the database brought back what the forged line was about: {events}");
    let _ = county.hub.run(&["register", "verify"]).ok();
    let _ = county.hub.run(&["verify"]).ok();
}

/// The node's database, opened beside the stopped daemon as someone with the key could.
fn database(node: &Side) -> rusqlite::Connection {
    let key = fs::read_to_string(node.dir().join("db.key")).unwrap();
    let db = rusqlite::Connection::open(node.dir().join("huxue.db")).unwrap();
    db.execute_batch(&format!("PRAGMA key = \"x'{}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;", key.trim())).unwrap();
    db
}

#[test]
fn reads_of_named_records_are_noted_without_names_and_a_changed_entry_is_found() {
    let county = County::new();
    let node = county.node("n1", SCHOOL);
    let student = child(&node, "王小明", NUMBER, "3");
    assert_eq!(node.run(&["audit", "list"]).ok()["audit"], json!([]), "writing is in the records' own history");
    let _ = node.run(&["report", "run", "enrolment_headcount"]).ok();
    let _ = node.run(&["query", "care_room"]).ok();
    assert_eq!(node.run(&["audit", "list"]).ok()["audit"], json!([]), "figures and rooms name nobody");
    let _ = node.run(&["query", "enrolment", "--where", "name~王"]).ok();
    let _ = node.run(&["record", "list", "care_log", "--student", NUMBER]).ok();
    let _ = node.run(&["record", "show", NUMBER]).ok();
    let _ = node.run(&["report", "run", "one_child", "--param", &format!("child={NUMBER}")]).ok();
    let file = text(&node.dir().join("out.csv"));
    assert_eq!(node.plain(&["query", "enrolment", "--format", "csv", "--out", &file]), 0);
    let listed = node.run(&["audit", "list"]).ok();
    let entries = listed["audit"].as_array().unwrap();
    let actions: Vec<&str> = entries.iter().rev().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["list", "list", "show", "report", "export"]);
    let everything = listed.to_string();
    assert!(!everything.contains(NUMBER) && !everything.contains("王"), "{everything}");
    assert!(entries[1]["subject"].as_str().unwrap().starts_with("one_child"));
    assert!(entries[2]["subject"].as_str().unwrap().contains(&student[..8]) && entries[0]["rows"] == 1, "{everything}");
    assert!(entries.iter().all(|e| !e["who"].as_str().unwrap().is_empty()));

    child(&node, "王小明", "529901201910282614", "2");
    assert_eq!(node.run(&["record", "list", "care_log", "--student", "王小明"]).fault(), "student-several");
    let newest = node.run(&["audit", "list", "--limit", "1"]).ok();
    assert_eq!((&newest["audit"][0]["action"], &newest["audit"][0]["rows"]), (&json!("candidates"), &json!(2)), "a refusal lists children too");

    let passed = node.run(&["audit", "verify"]).ok();
    assert_eq!(passed["entries"], json!(6));
    let _ = node.run(&["verify"]).ok();
    let changed = database(&node).execute("UPDATE audit SET who = 'nobody' WHERE seq = 3", []).unwrap();
    assert_eq!(changed, 1);
    let broken = node.run(&["audit", "verify"]);
    assert_eq!((broken.code, &broken.error["error"]["args"]["entry"]), (1, &json!("3")));
    assert_eq!(broken.fault(), "audit-broken");
    assert_eq!(node.run(&["verify"]).fault(), "verify-found");
}

#[test]
fn acts_of_the_county_are_noted_under_the_account_that_asked_the_daemon() {
    let county = County::new();
    let node = county.node("n1", SCHOOL);
    let student = child(&node, "王小明", NUMBER, "3");
    let _ = node.run(&["sync", "now"]).ok();
    let _ = county.hub.run(&["query", "school"]).ok();
    let _ = county.hub.run(&["record", "show", &student]).ok();
    let _ = county.hub.run(&["node", "revoke", &node_id(&county.hub, 0)]).ok();
    let listed = county.hub.run(&["audit", "list"]).ok();
    let actions: Vec<&str> = listed["audit"].as_array().unwrap().iter().rev().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["issue-token", "show", "revoke"]);
    assert!(listed["audit"].as_array().unwrap().iter().all(|e| e["who"] != "unknown"), "{listed}");
    assert_eq!(county.hub.run(&["audit", "list", "--action", "revoke"]).ok()["audit"].as_array().unwrap().len(), 1);
}
