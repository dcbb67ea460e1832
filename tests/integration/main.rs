//! The main job with the real binaries over real QUIC.

mod bad_input;
mod faults;
mod files;
mod keys;
mod killed;
mod ladders;
mod machine;
mod round_trip;
mod transfer;

use huxue_tests::{County, child, sample};
use serde_json::json;

const NUMBER: &str = "529901201810282617";

#[test]
fn tokens_are_good_once_and_a_bad_one_is_named() {
    let county = County::new();
    let token = county.token("5299010001");
    let first = county.bare("n1");
    let last = if token.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", &token[..token.len() - 1]);
    let said = first.run(&["enrol", "--hub", &county.quic(), "--token", &mistyped]);
    assert!(["token-mistyped", "token-letter", "token-length"].contains(&said.fault().as_str()));
    let _ = first.run(&["enrol", "--hub", &county.quic(), "--token", &token]).ok();
    assert_eq!(first.run(&["enrol", "--hub", &county.quic(), "--token", &token]).fault(), "enrol-already");
    assert_eq!(county.bare("n2").run(&["enrol", "--hub", &county.quic(), "--token", &token]).fault(), "token-used");
    let other = County::new();
    assert!(!county.bare("n3").run(&["enrol", "--hub", &other.quic(), "--token", &county.token("5299010001")]).fault().is_empty());
    assert_eq!(county.hub.run(&["enrol", "issue", "--school", "5299019999"]).fault(), "school-unknown");
}

#[test]
fn a_revoked_node_is_cut_off_and_stays_out() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let daemon = node.serve(&[]);
    let _ = node.run(&["sync", "now"]).ok();
    let id = county.hub.run(&["node", "list"]).ok()["nodes"][0]["node"].as_str().unwrap().to_owned();
    let revoked = county.hub.run(&["node", "revoke", &id]).ok();
    assert_eq!(revoked["sessions_cut"], 1);
    drop(daemon);
    child(&node, "王小明", NUMBER, "3");
    assert_ne!(node.run(&["sync", "now"]).code, 0);
    let hub = county.hub.run(&["report", "run", "enrolment_headcount"]).ok();
    assert_eq!(hub["rows"], json!([]), "nothing of a revoked node is counted");
    assert_eq!(node.run(&["status"]).ok()["in_sync"], false, "the screen does not say received");
}

#[test]
fn two_nodes_of_a_school_meet_in_one_document_and_nothing_is_hidden() {
    let county = County::new();
    let (a, b) = (county.node("n1", "5299010001"), county.node("n2", "5299010001"));
    let (one, two) = (child(&a, "王小明", NUMBER, "3"), child(&b, "王 小明", NUMBER, "4"));
    assert_eq!(one, two);
    for node in [&a, &b, &a] {
        let _ = node.run(&["sync", "now"]).ok();
    }
    for side in [&a, &b, &county.hub] {
        let conflicts = side.run(&["conflicts", "list"]).ok();
        let fields: Vec<&str> = conflicts["conflicts"].as_array().unwrap().iter().filter_map(|c| c["field"].as_str()).collect();
        assert_eq!(fields.len(), 2, "inv_no_silent_winner: one question about what belongs together, one about the name {conflicts}");
        let group = conflicts["conflicts"].as_array().unwrap().iter().find(|c| c["field"] == "stage,grade,class").unwrap();
        let item = group["id"].as_str().unwrap();
        assert_eq!(
            side.run(&["conflicts", "resolve", item, "--choose", "class=1"]).fault(),
            "conflict-choose-each",
            "no grade is chosen by leaving it out"
        );
    }
    let digest = |side: &huxue_tests::Side| {
        let status = side.run(&["status"]).ok();
        let spaces = status["spaces"].as_array().unwrap().clone();
        spaces.into_iter().find(|s| s["space"].as_str().unwrap().starts_with("school/")).unwrap()["digest"].clone()
    };
    assert_eq!(digest(&a), digest(&b));
    assert_eq!(digest(&a), digest(&county.hub));
}

#[test]
fn one_roster_taken_in_by_two_machines_apart_is_no_disagreement() {
    let county = County::new();
    let (a, b) = (county.node("n1", "5299010001"), county.node("n2", "5299010001"));
    let file = format!("{}/samples/roster-clean.xlsx", env!("CARGO_MANIFEST_DIR"));
    for node in [&a, &b] {
        assert!(node.run(&["import", "roster", &file, "--this-school"]).answer["changed"].as_u64().unwrap() > 50);
    }
    for node in [&a, &b, &a] {
        let _ = node.run(&["sync", "now"]).ok();
    }
    for side in [&a, &b, &county.hub] {
        let open = side.run(&["conflicts", "list"]).ok();
        assert_eq!(open["conflicts"], json!([]), "equal values are no disagreement, also of fields that only make sense together");
    }
}

#[test]
fn only_the_county_approves_and_the_approval_reaches_the_school() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let student = child(&node, "王小明", NUMBER, "3");
    let programme = ["import", "ledger", "aid_programme"];
    let file = format!("{}/../shared/samples/aid_programmes.csv", env!("CARGO_MANIFEST_DIR"));
    let mut args = programme.to_vec();
    args.push(&file);
    assert!(county.hub.run(&args).answer["accepted"].as_u64().unwrap() > 0);
    let _ = node.run(&["sync", "now"]).ok();
    let programmes = node.run(&["record", "list", "aid_programme"]).ok();
    let programme = format!("programme={}", programmes["rows"][0]["_id"].as_str().unwrap());
    let added = node.run(&["record", "add", "aid_application", "--student", &student, "--set", &programme, "--set", "applicant=guardian"]).ok();
    let record = added["record"].as_str().unwrap().to_owned();
    let denied = node.run(&["record", "step", &record, "approve"]);
    assert!(!denied.fault().is_empty());
    assert_eq!(node.run(&["record", "set", &record, "--set", "approved_amount=500"]).fault(), "field-not-yours");
    let _ = node.run(&["sync", "now"]).ok();
    let _ = county.hub.run(&["record", "set", &record, "--set", "approved_amount=500"]).ok();
    let _ = node.run(&["sync", "now"]).ok();
    assert_eq!(node.run(&["record", "show", &record]).ok()["fields"]["approved_amount"], 50_000);
}

#[test]
fn a_published_ledger_works_at_the_school_with_no_new_binary() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let text = "code = \"milk\"\nversion = 1\nsubject = \"student\"\nform = \"records\"\nowner = \"school\"\nsections = [\"student_aid\"]\nprivacy = \"A\"\n\
                title = { zh = \"牛奶\", en = \"Milk\" }\n[[field]]\ncode = \"boxes\"\ntitle = { zh = \"盒数\", en = \"Boxes\" }\ntype = \"int\"\nrequired = \"yes\"\nmin = 1\n";
    let file = county.hub.dir().join("milk.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::write(county.hub.dir().join("bad.toml"), text.replace("\"int\"", "\"number\"")).unwrap();
    assert_eq!(county.hub.run(&["ledger", "check", &county.hub.dir().join("bad.toml").display().to_string()]).fault(), "ledger-check");
    let _ = county.hub.run(&["ledger", "publish", &file.display().to_string()]).ok();
    let _ = node.run(&["sync", "now"]).ok();
    child(&node, "王小明", NUMBER, "3");
    let _ = node.run(&["record", "add", "milk", "--student", NUMBER, "--set", "boxes=2"]).ok();
    assert!(!node.run(&["record", "add", "milk", "--student", NUMBER, "--set", "boxes=0"]).fault().is_empty());
    let _ = node.run(&["sync", "now"]).ok();
    let rows = county.hub.run(&["query", "milk", "--where", "boxes>=2"]).ok();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1);
    let overview = county.hub.run(&["report", "run", "overview_milk"]).ok();
    assert_eq!(overview["rows"].as_array().unwrap().len(), 1);
}

#[test]
fn importing_a_roster_twice_changes_nothing_and_a_batch_is_undone_as_one() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let file = sample("roster-messy.xlsx");
    let first = node.run(&["import", "roster", &file, "--this-school"]);
    assert_eq!((first.code, &first.answer["accepted"], &first.answer["rejected"]), (1, &json!(110), &json!(11)));
    let again = node.run(&["import", "roster", &file, "--this-school"]).answer;
    assert_eq!((&again["changed"], &again["batch"]), (&json!(0), &json!(null)));
    let batch = first.answer["batch"].as_str().unwrap();
    assert_eq!(node.run(&["import", "undo", batch]).ok()["undone"], 110);
    assert_eq!(node.run(&["import", "undo", batch]).fault(), "import-undone");
    let count = node.run(&["query", "enrolment", "--limit", "500"]).ok();
    assert_eq!(count["rows"].as_array().unwrap().len(), 0);
    assert_eq!(node.run(&["import", "roster", &file, "--this-school"]).answer["changed"], 110, "the same children come back");
}

#[test]
fn a_new_year_promotes_graduates_and_twice_changes_nothing() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let this_year: u16 = {
        child(&node, "王小明", NUMBER, "3");
        let rows = node.run(&["query", "enrolment", "--column", "_year", "--column", "name"]).ok();
        rows["rows"][0]["_year"].as_u64().and_then(|y| u16::try_from(y).ok()).unwrap()
    };
    let next = (this_year + 1).to_string();
    let opened = node.run(&["year", "open", &next]).ok();
    assert_eq!((&opened["promoted"], &opened["graduated"]), (&json!(1), &json!(0)));
    let again = node.run(&["year", "open", &next]).ok();
    assert_eq!((&again["promoted"], &again["present"]), (&json!(0), &json!(1)));
    assert_eq!(county.hub.run(&["year", "open", &next]).ok()["opened"], true);
    assert_eq!(county.hub.run(&["year", "open", &next]).ok()["opened"], false);
    let _ = node.run(&["sync", "now"]).ok();
    let rows = county.hub.run(&["query", "enrolment", "--year", &next, "--column", "grade"]).ok();
    assert_eq!(rows["rows"][0]["grade"], 4);
}

#[test]
fn rebuild_equals_the_live_projection() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let _ = node.run(&["import", "roster", &sample("roster-messy.xlsx"), "--this-school"]);
    let _ = node.run(&["sync", "now"]).ok();
    let ask = |side: &huxue_tests::Side| side.run(&["query", "enrolment", "--limit", "500"]).ok()["rows"].clone();
    let (before, hub_before) = (ask(&node), ask(&county.hub));
    assert_eq!(before.as_array().unwrap().len(), 110);
    let _ = node.run(&["rebuild"]).ok();
    let _ = county.hub.run(&["rebuild"]).ok();
    assert_eq!(ask(&node), before);
    assert_eq!(ask(&county.hub), hub_before);
    let _ = node.run(&["verify"]).ok();
    let _ = county.hub.run(&["verify"]).ok();
}

#[test]
fn no_byte_of_the_internal_space_reaches_a_node() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let secret = "绝密捐助人某某某";
    let _ = county
        .hub
        .run(&[
            "record",
            "add",
            "list_batch",
            "--set",
            &format!("from_office={secret}"),
            "--set",
            "kind=registered",
            "--set",
            "as_of=2026-01-01",
            "--set",
            "purge_on=2027-01-01",
        ])
        .ok();
    let _ = node.run(&["sync", "now"]).ok();
    let spaces = node.run(&["status"]).ok()["spaces"].to_string();
    assert!(spaces.contains("published/") && !spaces.contains("internal"), "{spaces}");
    assert!(!node.run(&["record", "list", "list_batch"]).ok()["rows"].to_string().contains(secret));
}

#[test]
fn a_second_daemon_and_a_wrong_key_are_told_apart() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let _daemon = node.serve(&[]);
    assert_eq!(node.run(&["serve", "--listen-http", "127.0.0.1:0"]).fault(), "daemon-running");
    let other = county.node("n2", "5299010002");
    std::fs::write(other.dir().join("db.key"), "00".repeat(32)).unwrap();
    assert_eq!(other.run(&["status"]).fault(), "store-key");
    std::fs::remove_file(other.dir().join("db.key")).unwrap();
    assert_eq!(other.run(&["status"]).fault(), "db-key-missing");
}

#[test]
fn three_days_absent_open_one_case_on_two_nodes_and_a_late_record_opens_no_second() {
    let county = County::new();
    let (a, b) = (county.node("n1", "5299010001"), county.node("n2", "5299010001"));
    for node in [&a, &b] {
        child(node, "王小明", NUMBER, "3");
        for day in ["2026-11-16", "2026-11-17", "2026-11-18"] {
            let on = format!("on={day}");
            let absent = [
                "record",
                "add",
                "dropout_check",
                "--student",
                NUMBER,
                "--set",
                &on,
                "--set",
                "method=roll",
                "--set",
                "state=absent",
                "--set",
                "checked_by=王老师",
            ];
            let _ = node.run(&absent).ok();
        }
    }
    let cases = |side: &huxue_tests::Side| side.run(&["record", "list", "dropout_case"]).ok()["rows"].as_array().unwrap().len();
    assert_eq!((cases(&a), cases(&b)), (1, 1));
    for node in [&a, &b, &a] {
        let _ = node.run(&["sync", "now"]).ok();
    }
    assert_eq!((cases(&a), cases(&b), cases(&county.hub)), (1, 1, 1), "the same bytes on every node");
    let late = [
        "record",
        "add",
        "dropout_check",
        "--student",
        NUMBER,
        "--set",
        "on=2026-11-13",
        "--set",
        "method=roll",
        "--set",
        "state=absent",
        "--set",
        "checked_by=王老师",
    ];
    let _ = a.run(&late).ok();
    assert_eq!(cases(&a), 1);
}

#[test]
fn a_step_from_the_wrong_state_a_missing_child_and_a_wrong_field_are_named() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    child(&node, "王小明", NUMBER, "3");
    assert_eq!(node.run(&["record", "add", "care_log", "--student", "李无名", "--set", "kind=visit"]).fault(), "student-none");
    assert!(node.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "colour=red"]).fault().starts_with("ledger-value"));
    assert!(!node.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=登月"]).fault().is_empty());
    assert_eq!(node.run(&["record", "add", "moon_log", "--student", NUMBER]).fault(), "ledger-none");
    let case =
        node.run(&["record", "add", "dropout_case", "--student", NUMBER, "--set", "opened_by=teacher"]).ok()["record"].as_str().unwrap().to_owned();
    assert!(node.run(&["record", "step", &case, "close"]).fault().starts_with("ledger-step"));
    assert_eq!(node.run(&["record", "show", "dropout_case:NOPE"]).fault(), "record-none");
    assert_eq!(node.run(&["school", "list"]).code, 2, "usage");
}

#[test]
fn commands_in_a_row_need_no_pause_beside_a_daemon_that_is_starting() {
    let root = tempfile::tempdir().unwrap();
    let county = County::new();
    let hub = county.hub.at(root.path().join("hub"));
    let _ = hub.run(&["init", "--county", "529901", "--name", "某某县"]).ok();
    let _ = hub.run(&["school", "add", "--code", "5299010001", "--name", "一小"]).ok();
    std::thread::scope(|scope| {
        // As in a script: `serve &`, and the next command at once.
        let asked = scope.spawn(|| (0..6).map(|_| hub.run(&["enrol", "issue", "--school", "5299010001"]).code).collect::<Vec<_>>());
        let daemon = hub.serve(&["--listen-quic", "127.0.0.1:0"]);
        assert_eq!(asked.join().unwrap(), [0; 6]);
        drop(daemon);
    });
}
