//! Bad input and what it gets, with the real binaries: one sentence of cause, one command that mends it, the documented exit code, in both languages,
//! with `--json` and without, at the daemon and without one; and nothing is lost or half-written.

use huxue_tests::{County, Side, child, sample};
use serde_json::Value as Json;
use std::{
    net::UdpSocket,
    path::{Path, PathBuf},
    process::Command,
};

const NUMBER: &str = "529901201810282617";
const OTHER: &str = "52990120140517329X";

/// A command, the code of its fault, and the exit code.
type Line = (Vec<String>, &'static str, i32);

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(ToString::to_string).collect()
}

/// Each line ends as the table says, and the side holds afterwards what it held before.
fn hold(side: &Side, lines: &[Line]) {
    // Of its own: what the county publishes may come in meanwhile.
    let written = || {
        let children = side.run(&["query", "enrolment"]).ok()["rows"].as_array().map_or(0, Vec::len);
        (children, side.run(&["status"]).ok()["head_lsn"].clone())
    };
    let before = written();
    for (args, code, exit) in lines {
        one(side, &args.iter().map(String::as_str).collect::<Vec<_>>(), code, *exit);
    }
    assert_eq!(written(), before, "nothing was written");
    let _ = side.run(&["verify"]).ok();
}

/// One line, in the three ways a command speaks.
fn one(side: &Side, args: &[&str], code: &str, exit: i32) {
    let said = side.run(args);
    let error = &said.error["error"];
    assert_eq!((said.code, error["code"].as_str()), (exit, Some(code)), "{args:?}: {} {}", said.error, said.answer);
    assert_eq!(error["exit"], exit, "{args:?}");
    assert!(error["next"].is_string(), "{args:?} says what to do next: {error}");
    for lang in ["zh", "en"] {
        let (code, out, text) = side.read(lang, args);
        assert_eq!(code, exit, "{args:?}: {text}");
        assert_eq!(out, "", "{args:?}: a failure prints nothing to standard output");
        shape(lang, &text, &error["args"], args);
    }
}

/// A sentence, perhaps its parts, and what to do; in one language, with nothing of a programmer's in it.
fn shape(lang: &str, text: &str, particulars: &Json, args: &[&str]) {
    let lines: Vec<&str> = text.lines().collect();
    let (first, last) = (lines.first().copied().unwrap_or_default(), lines.last().copied().unwrap_or_default());
    assert!(lines.len() >= 2 && last.starts_with("→ "), "{args:?}: {text}");
    assert!(lines[1..lines.len() - 1].iter().all(|line| line.starts_with("  · ")), "{args:?}: {text}");
    for word in ["panicked", "RUST_BACKTRACE", "Error(", "Some(", "Os {", "os error", "{ code:", "$"] {
        assert!(!text.contains(word), "{args:?}: {text}");
    }
    // What is quoted is what the file must hold, in its own language.
    let mut plain: String = first.split(['“', '”']).step_by(2).collect();
    let mut own: Vec<&str> =
        particulars.as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str()).chain(args.iter().copied()).collect();
    own.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in own.iter().filter(|word| word.len() > 1) {
        plain = plain.replace(word, "");
    }
    if lang == "en" {
        assert!(!plain.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{args:?}: Chinese in English: {plain}");
    } else {
        let run = plain.split(|c: char| !c.is_ascii_alphabetic() && c != ' ').map(|part| part.split_whitespace().count()).max();
        assert!(run.unwrap_or(0) < 3, "{args:?}: English in Chinese: {plain}");
    }
}

fn file(dir: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = dir.join(name);
    assert!(std::fs::write(&path, bytes).is_ok(), "{}", path.display());
    path.display().to_string()
}

fn bad(name: &str) -> String {
    sample(&format!("bad/{name}"))
}

/// A child, an open case, and an application that waits for the county.
fn with_records(county: &County) -> (Side, String, String) {
    let programmes = format!("{}/../shared/samples/aid_programmes.csv", env!("CARGO_MANIFEST_DIR"));
    assert!(county.hub.run(&["import", "ledger", "aid_programme", &programmes]).answer["accepted"].as_u64() > Some(0));
    let node = county.node("n1", "5299010001");
    let _ = node.run(&["sync", "now"]).ok();
    child(&node, "王小明", NUMBER, "3");
    child(&node, "王小明", OTHER, "6");
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let case = text(&node.run(&["record", "add", "dropout_case", "--student", NUMBER, "--set", "opened_by=teacher"]).ok()["record"]);
    let programme = format!("programme={}", text(&node.run(&["record", "list", "aid_programme"]).ok()["rows"][0]["_id"]));
    let application = ["record", "add", "aid_application", "--student", NUMBER, "--set", &programme, "--set", "applicant=guardian"];
    let application = text(&node.run(&application).ok()["record"]);
    (node, case, application)
}

#[test]
fn what_a_school_types_wrong_is_told_with_and_without_its_daemon() {
    let county = County::new();
    let (node, case, application) = with_records(&county);
    let care = |set: &'static str| ["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit", "--set", set];
    let (colour, reached) = (care("colour=red"), care("reached=maybe"));
    let out = node.dir().join("no/such/x.csv").display().to_string();
    let lines: Vec<Line> = vec![
        (words(&["record", "add", "care_log", "--student", "李无名", "--set", "kind=visit"]), "student-none", 4),
        (words(&["record", "add", "care_log", "--student", "王小明", "--set", "kind=visit"]), "student-several", 4),
        (words(&["record", "add", "care_log", "--set", "kind=visit"]), "subject-student", 3),
        (words(&colour), "ledger-value-field", 3),
        (words(&reached), "ledger-value-bool", 3),
        (words(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=登月"]), "ledger-value-option", 3),
        (words(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=moonwalk"]), "ledger-value-option", 3),
        (words(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=登月", "--set", "reached=maybe"]), "values-bad", 3),
        (words(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind"]), "set-shape", 3),
        (words(&["record", "add", "moon_log", "--student", NUMBER]), "ledger-none", 4),
        (words(&["record", "add", "list_batch", "--set", "kind=registered"]), "ledger-not-yours", 5),
        (words(&["record", "step", &case, "close"]), "ledger-step-not-from-here", 5),
        (words(&["record", "step", &case, "fly"]), "ledger-step-no-such", 4),
        (words(&["record", "step", &case, "verify", "--on", "2026-13-01"]), "step-date", 3),
        (words(&["record", "step", &case, "resolve", "--to", "closed"]), "ledger-step-not-forked", 5),
        (words(&["record", "step", &application, "approve"]), "ledger-step-not-from-here", 5),
        (words(&["record", "set", &application, "--set", "approved_amount=500"]), "field-not-yours", 5),
        (words(&["record", "step", "dropout_case:NOPE", "verify"]), "record-none", 4),
        (words(&["record", "show", "dropout_case:NOPE"]), "record-none", 4),
        (words(&["record", "void", &case, "--why", " "]), "void-reason", 3),
        (words(&["ledger", "show", "moon_log"]), "ledger-none", 4),
        (words(&["query", "care_log", "--where", "colour=red"]), "query-column", 4),
        (words(&["query", "care_log", "--where", "kind"]), "query-condition", 2),
        (words(&["report", "run", "moon"]), "report-unknown", 4),
        (words(&["report", "run", "dropout_now", "--year", "1800"]), "report-parameter-value", 3),
        (words(&["report", "run", "dropout_now", "--param", "colour=red"]), "report-parameter-unknown", 2),
        (words(&["report", "run", "dropout_now", "--param", "colour"]), "param-shape", 3),
        (words(&["report", "run", "dropout_now", "--out", &out]), "file-unwritable", 8),
        (words(&["conflicts", "resolve", "NOPE", "--choose", "x"]), "conflict-none", 4),
        (words(&["import", "undo", "NOPE"]), "import-none", 4),
        (words(&["undo", "NOPE"]), "import-none", 4),
        (words(&["year", "open", "1800"]), "year-absurd", 3),
        (words(&["fly"]), "usage-unknown", 2),
        (words(&["record", "add"]), "usage-missing", 2),
        (words(&["year", "open", "soon"]), "usage-value", 2),
    ];
    hold(&node, &lines);
    assert_eq!(node.run(&["report", "run", "dropout_now", "--format", "xlsx"]).code, 0, "--json wins over --format");
    let (code, _, text) = node.read("zh", &["report", "run", "dropout_now", "--format", "xlsx"]);
    assert_eq!(code, 2, "{text}");
    let daemon = node.serve(&[]);
    hold(&node, &lines);
    one(&node, &["serve", "--listen-http", "127.0.0.1:0"], "daemon-running", 8);
    drop(daemon);
}

#[test]
fn files_that_are_no_rosters_are_told_apart_and_leave_nothing() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let dir = node.dir();
    let million = format!("姓名,性别,出生日期,班级\n{}", "张三,女,2014-05-17,六(1)班\n".repeat(1_000_000));
    let (million, empty) = (file(dir, "million.csv", million), file(dir, "empty.csv", ""));
    let (pdf, quote) = (file(dir, "x.pdf", "%PDF-1.4"), file(dir, "quote.csv", "姓名,性别,班级\n\"张三,女,2班\n李四,女,2班\n"));
    let (missing, folder) = (dir.join("missing.xlsx").display().to_string(), dir.display().to_string());
    let (password, formulas, no_header, clean) = (bad("password.xlsx"), bad("formulas.xlsx"), bad("no-header.xlsx"), sample("roster-clean.xlsx"));
    let lines: Vec<Line> = vec![
        (words(&["import", "roster", &password]), "import-password", 3),
        (words(&["import", "roster", &formulas]), "import-formulas-only", 3),
        (words(&["import", "roster", &no_header]), "import-no-header-in-sheets", 3),
        (words(&["import", "roster", &million]), "import-too-many-rows", 3),
        (words(&["import", "roster", &empty]), "import-file-empty", 3),
        (words(&["import", "roster", &pdf]), "import-unsupported", 3),
        (words(&["import", "roster", &quote]), "import-quote", 3),
        (words(&["import", "roster", &missing]), "file-unreadable", 3),
        (words(&["import", "roster", &folder]), "file-unreadable", 3),
        (words(&["import", "roster", &clean, "--sheet", "无此表"]), "import-no-sheet", 3),
        (words(&["import", "roster", &clean]), "roster-other-school", 3),
        (words(&["import", "ledger", "care_log", &no_header]), "import-no-header-in-sheets", 3),
        (words(&["import", "ledger", "care_log", &password]), "import-password", 3),
        (words(&["import", "ledger", "moon_log", &clean]), "ledger-none", 4),
    ];
    hold(&node, &lines);
    let _daemon = node.serve(&[]);
    hold(&node, &lines);
}

#[test]
fn what_a_county_types_wrong_is_told() {
    let county = County::new();
    let _node = county.node("n1", "5299010001");
    let hub = &county.hub;
    let text = "code = \"milk\"\nversion = 1\nsubject = \"student\"\nform = \"records\"\nowner = \"school\"\nsections = [\"student_aid\"]\nprivacy = \"A\"\n\
                title = { zh = \"牛奶\", en = \"Milk\" }\n[[field]]\ncode = \"boxes\"\ntitle = { zh = \"盒数\", en = \"Boxes\" }\ntype = \"int\"\n";
    let good = file(hub.dir(), "milk.toml", text);
    let _ = hub.run(&["ledger", "publish", &good]).ok();
    let broken = file(hub.dir(), "broken.toml", text.replace("[[field]]", "[[field]"));
    let wrong = file(hub.dir(), "wrong.toml", text.replace("\"int\"", "\"number\""));
    let same = file(hub.dir(), "same.toml", text.replace("boxes", "cartons"));
    let report = file(hub.dir(), "report.sql", "SELECT 1");
    let missing = hub.dir().join("missing.toml").display().to_string();
    let roster = sample("roster-clean.xlsx");
    let lines: Vec<Line> = vec![
        (words(&["init", "--county", "529901", "--name", "某某县"]), "daemon-running", 8),
        (words(&["serve", "--listen-quic", "127.0.0.1:0", "--listen-http", "127.0.0.1:0"]), "daemon-running", 8),
        (words(&["school", "add", "--code", "52990", "--name", "三小"]), "school-code", 3),
        (words(&["school", "add", "--code", "5299010001", "--name", "一小"]), "school-exists", 3),
        (words(&["school", "add", "--code", "5299010003", "--name", "三小", "--stage", "moon"]), "ledger-value-option", 3),
        (words(&["school", "import", &missing]), "file-unreadable", 3),
        (words(&["enrol", "issue", "--school", "5299019999"]), "school-unknown", 4),
        (words(&["enrol", "issue", "--school", "5299010001", "--hours", "0"]), "hours-absurd", 3),
        (words(&["node", "revoke", "0123456789"]), "node-unknown", 4),
        (words(&["ledger", "check", &broken]), "ledger-check", 3),
        (words(&["ledger", "check", &wrong]), "ledger-check", 3),
        (words(&["ledger", "publish", &wrong]), "ledger-check", 3),
        (words(&["ledger", "publish", &same]), "ledger-incompatible", 3),
        (words(&["ledger", "check", &missing]), "file-unreadable", 3),
        (words(&["report", "publish", &report]), "report-check", 3),
        (words(&["record", "add", "enrolment", "--set", "name=王小明"]), "ledger-not-yours", 5),
        (words(&["record", "step", "school:NOPE", "approve"]), "record-none", 4),
        (words(&["year", "open", "1800"]), "year-absurd", 3),
        (words(&["school", "add"]), "usage-missing", 2),
    ];
    hold(hub, &lines);
    assert_eq!(hub.run(&["import", "roster", &roster]).error["error"]["code"], "usage-unknown", "a roster is imported at the school");
    let (_, _, text) = hub.read("zh", &["ledger", "check", &broken]);
    assert!(text.contains(&broken) && text.contains("第 9 行") && text.contains("应以 ] 结束"), "file, line, what was expected: {text}");
}

#[test]
fn a_row_with_an_unknown_school_or_value_is_named_by_its_number_and_the_others_go_in() {
    let county = County::new();
    let csv = "单位,责任人,职务,学校,户编号,起始日期\n某局,张三,校长,5299010001,1,2026-09-01\n某局,李四,校长,5299019999,2,2026-09-01\n某局,王五,船长,5299010002,3,2026-09-01\n";
    let path = file(county.hub.dir(), "duty.csv", csv);
    let fields = county.hub.run(&["ledger", "show", "duty"]).ok();
    let role = fields["fields"].as_array().unwrap().iter().find(|f| f["code"] == "role").unwrap()["options"][0]["title"].as_str().unwrap().to_owned();
    std::fs::write(&path, csv.replace("校长", &role)).unwrap();
    let said = county.hub.run(&["import", "ledger", "duty", &path]);
    assert_eq!(said.code, 1, "{} {}", said.answer, said.error);
    let rows = said.answer["rows"].as_array().unwrap().clone();
    let why: Vec<(u64, &str)> = rows.iter().map(|row| (row["row"].as_u64().unwrap(), row["why"].as_str().unwrap_or(""))).collect();
    assert_eq!(why, [(2, ""), (3, "school-unknown"), (4, "ledger-value-option")], "{rows:?}");
    assert!(rows[1]["message"].as_str().unwrap().contains("5299019999"));
    let (code, out, _) = county.hub.read("zh", &["import", "ledger", "duty", &path]);
    assert_eq!(code, 1);
    assert!(out.contains("第 3 行：名录里没有学校 5299019999。"), "{out}");
}

#[test]
fn every_bad_token_and_every_wrong_hub_has_its_own_sentence() {
    let (county, other) = (County::of("529901", &["--plain-database"]), County::of("529902", &[]));
    let (fresh, here, there) = (county.bare("fresh"), county.quic(), other.quic());
    let (token, foreign) = (county.token("5299010001"), other.token("5299020001"));
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().map(|at| (silent, at.to_string())).unwrap();
    let closed = { UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string() };
    let last = if token.ends_with('0') { '1' } else { '0' };
    let (short, letter, mistyped) = (&token[..token.len() - 1], format!("U{}", &token[1..]), format!("{}{last}", &token[..token.len() - 1]));
    let enrol = |hub: &str, token: &str| ["enrol".to_owned(), "--hub".into(), hub.into(), "--token".into(), token.into()];
    let expired = county.token("5299010002");
    rusqlite::Connection::open(county.hub.dir().join("huxue.db"))
        .and_then(|c| c.execute("UPDATE token SET expires = '2020-01-01T00:00:00Z' WHERE school = '5299010002'", []))
        .unwrap();
    for (hub, token, code, exit) in [
        (here.as_str(), short, "token-length", 3),
        (&here, &letter, "token-letter", 3),
        (&here, &mistyped, "token-mistyped", 3),
        (&here, &expired, "token-expired", 7),
        ("a b", &token, "hub-address", 3),
        ("127.0.0.1:99999", &token, "hub-port", 3),
        ("no-such-hub.invalid", &token, "hub-name-unknown", 6),
        (&closed, &token, "hub-port-closed", 6),
        (&there, &token, "hub-of-another-county", 7),
        (&here, &foreign, "hub-of-another-county", 7),
    ] {
        let args = enrol(hub, token);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        one(&fresh, &args, code, exit);
        assert!(!fresh.dir().join("node.json").exists(), "not enrolled");
    }
    // Where UDP is blocked nothing answers at all; the wait is long, so once is enough.
    let args = enrol(&silent.1, &token);
    let said = fresh.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((said.code, said.fault().as_str()), (6, "hub-silent"));
    let args = enrol(&here, &token);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    one(&fresh, &["status"], "enrol-first", 8);
    let _ = fresh.run(&args).ok();
    one(&fresh, &args, "enrol-already", 3);
    one(&county.bare("second"), &args, "token-used", 7);
    // The enrolled node, told of another county's hub.
    let path = fresh.dir().join("node.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(&here, &there)).unwrap();
    one(&fresh, &["sync", "now"], "hub-of-another-county", 7);
    std::fs::write(&path, text.replace(&here, &closed)).unwrap();
    one(&fresh, &["sync", "now"], "hub-port-closed", 6);
    std::fs::write(&path, text).unwrap();
    let _ = fresh.run(&["sync", "now"]).ok();
    drop(silent);
}

#[test]
fn damaged_files_and_keys_are_told_with_place_and_remedy_and_mended_files_serve_again() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    child(&node, "王小明", NUMBER, "3");
    let key = node.dir().join("db.key");
    let secret = std::fs::read_to_string(&key).unwrap();
    std::fs::write(&key, "00".repeat(32)).unwrap();
    one(&node, &["status"], "store-key", 8);
    std::fs::write(&key, "short").unwrap();
    one(&node, &["status"], "db-key-shape", 8);
    std::fs::remove_file(&key).unwrap();
    one(&node, &["status"], "db-key-missing", 8);
    let elsewhere = file(county.hub.dir(), "moved.key", &secret);
    let _ = node.run(&["--db-key-file", &elsewhere, "status"]).ok();
    std::fs::write(&key, &secret).unwrap();
    let path = node.dir().join("node.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for damaged in
        [text.replace("\"hub\"", "\"hubb\""), text.replace(',', ""), text[..40].to_owned(), text.replace("\"529901\"", "529901"), String::new()]
    {
        std::fs::write(&path, damaged).unwrap();
        one(&node, &["status"], "node-file-damaged", 8);
    }
    std::fs::write(&path, text.replace("\"hub\"", "\"hubb\"")).unwrap();
    let (_, _, said) = node.read("en", &["status"]);
    assert!(said.contains(&path.display().to_string()) && said.contains("line 2") && said.contains("hubb"), "{said}");
    std::fs::write(&path, text).unwrap();
    assert_eq!(node.run(&["query", "enrolment"]).ok()["rows"].as_array().unwrap().len(), 1);
    let _ = node.run(&["verify"]).ok();
    let file = county.hub.dir().join("hub.json");
    let hub = std::fs::read_to_string(&file).unwrap();
    let away = tempfile::tempdir().unwrap();
    let copy = county.hub.at(away.path());
    std::fs::write(away.path().join("hub.json"), hub.replace("\"name\"", "\"nom\"")).unwrap();
    one(&copy, &["status"], "hub-file-damaged", 8);
    one(&copy, &["init", "--county", "529901", "--name", "某某县"], "already-initialised", 3);
    std::fs::remove_file(away.path().join("hub.json")).unwrap();
    one(&copy, &["status"], "not-initialised", 8);
    std::fs::write(away.path().join("huxue.db"), "").unwrap();
    one(&copy, &["init", "--county", "529901", "--name", "某某县"], "init-over-database", 3);
}

#[test]
fn a_directory_that_cannot_be_written_or_is_full_loses_nothing() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    child(&node, "王小明", NUMBER, "3");
    let under_a_file = county.hub.at(county.hub.dir().join("hub.json").join("x"));
    one(&under_a_file, &["init", "--county", "529901", "--name", "某某县"], "dir-unwritable", 8);
    // A limit on the size of files stands for a full disk: what is written meets its end in the same places.
    let limited = |side: &Side, blocks: &str, args: &[&str]| {
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let dir = side.dir().display().to_string();
        let output = Command::new("bash").arg("-c").arg(script).arg(side.program()).args(["--data", &dir, "--json"]).args(args).output().unwrap();
        let error: Json = serde_json::from_slice(&output.stderr).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), error["error"]["code"].as_str().unwrap().to_owned())
    };
    let care = ["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit", "--set", "note=一"];
    assert_eq!(limited(&node, "1", &care), (Some(8), "store-write".to_owned()));
    assert_eq!(node.run(&["query", "care_log"]).ok()["rows"].as_array().unwrap().len(), 0, "all or nothing");
    let _ = node.run(&care).ok();
    assert_eq!(node.run(&["query", "care_log"]).ok()["rows"].as_array().unwrap().len(), 1);
    let _ = node.run(&["verify"]).ok();
    let empty = tempfile::tempdir().unwrap();
    let fresh = county.hub.at(empty.path());
    let init = ["init", "--county", "529901", "--name", "某某县"];
    assert_eq!(limited(&fresh, "8", &init), (Some(8), "store-write".to_owned()));
    one(&fresh, &["status"], "not-initialised", 8);
    let _ = fresh.run(&init).ok();
    let _ = fresh.run(&["verify"]).ok();
}

#[test]
fn versions_that_do_not_meet_and_a_silent_daemon_are_told() {
    let county = County::of("529901", &["--plain-database"]);
    let away = tempfile::tempdir().unwrap();
    let newer = county.hub.at(away.path());
    let _ = newer.run(&["init", "--county", "529901", "--name", "某某县", "--plain-database"]).ok();
    rusqlite::Connection::open(away.path().join("huxue.db"))
        .and_then(|c| c.execute("INSERT INTO refinery_schema_history(version, name, applied_on, checksum) VALUES(9999, 'later', '', '')", []))
        .unwrap();
    one(&newer, &["status"], "store-newer", 9);
    // A command of another version at the daemon's socket.
    let socket = std::os::unix::net::UnixStream::connect(county.hub.dir().join("daemon.sock")).unwrap();
    std::io::Write::write_all(&mut &socket, b"{\"lang\":\"en\",\"request\":\"dance\"}\n").unwrap();
    let mut answer = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(&socket), &mut answer).unwrap();
    assert!(answer.contains("socket-request") && answer.contains("version"), "{answer}");
    // The lock is held, but nothing answers.
    let held = tempfile::tempdir().unwrap();
    let silent = county.hub.at(held.path());
    let _ = silent.run(&["init", "--county", "529901", "--name", "某某县"]).ok();
    let lock = std::fs::File::open(held.path().join("lock")).unwrap();
    lock.lock().unwrap();
    one(&silent, &["status"], "daemon-silent", 8);
    drop(lock);
    let _ = silent.run(&["status"]).ok();
}

#[test]
fn a_port_in_use_or_an_address_of_another_machine_is_named() {
    let (county, away) = (County::new(), tempfile::tempdir().unwrap());
    let hub = county.hub.at(away.path());
    let _ = hub.run(&["init", "--county", "529901", "--name", "某某县"]).ok();
    let (quic, http) = (county.quic(), county.daemon.ready["http"].as_str().unwrap().to_owned());
    let free = "127.0.0.1:0";
    one(&hub, &["serve", "--listen-quic", &quic, "--listen-http", free], "listen-port-taken", 8);
    one(&hub, &["serve", "--listen-quic", free, "--listen-http", &http], "http-bind", 8);
    one(&hub, &["serve", "--listen-quic", "192.0.2.1:4433", "--listen-http", free], "listen-failed", 8);
    let node = county.node("n1", "5299010001");
    one(&node, &["serve", "--listen-http", &http], "http-bind", 8);
}

#[test]
fn every_exit_code_of_the_page_is_one_that_happens() {
    let page = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/commands.md")).unwrap();
    for code in 0..=10 {
        assert!(page.contains(&format!("| {code} |")), "exit code {code} is documented");
    }
    for code in
        ["student-none", "ledger-value-option", "ledger-step-not-from-here", "hub-silent", "token-used", "store-key", "store-full", "daemon-running"]
    {
        assert!(page.contains(code), "{code} stands in the table of what goes wrong");
    }
}
