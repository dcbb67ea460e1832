//! What stands at the head of a file, and what stands in none.

use crate::tree::{files, none, rust};

/// Tests beside their module whose head stands in the module itself.
const HEADLESS: [&str; 4] = [
    "shared/src/ledger/compatible/tests.rs",
    "shared/src/ledger/condition/tests.rs",
    "shared/src/ledger/rule/tests.rs",
    "shared/src/ledger/value/tests.rs",
];

/// Lines past which a file explains at its head why it is one room.
const LINES_MAX: usize = 500;

/// Words that mean something unfinished or something nobody may do, and the files that may.
fn forbidden() -> Vec<(String, &'static [&'static str], &'static str)> {
    // Put together here, so that this file does not hold them itself.
    let joined = |parts: [&str; 2]| parts.concat();
    vec![
        (joined(["to", "do!("]), &[], "unfinished"),
        (joined(["unimple", "mented!("]), &[], "unfinished"),
        (joined(["#[ig", "nore"]), &[], "a test that does not run is no test"),
        (joined(["thread::", "sleep"]), &[], "wait for a condition"),
        (joined(["SystemTime::", "now"]), &["shared/src/clock.rs"], "time is passed in"),
        (joined(["Timestamp::", "now"]), &["shared/src/clock.rs"], "time is passed in"),
        (joined(["Zoned::", "now"]), &["shared/src/clock.rs"], "time is passed in"),
    ]
}

#[test]
fn every_file_says_at_its_head_what_it_owns() {
    let mut wrong = Vec::new();
    for file in rust() {
        let headless = HEADLESS.contains(&file.path.as_str());
        match (file.text.starts_with("//! "), headless) {
            (false, false) => wrong.push(format!("{}:1: does not open with //!", file.path)),
            (true, true) => wrong.push(format!("{}: has a head now: take it off the list HEADLESS", file.path)),
            _ => {}
        }
    }
    none(&wrong);
}

#[test]
fn long_files_say_why_they_are_one_room() {
    let mut wrong = Vec::new();
    for file in rust() {
        let lines = file.text.lines().count();
        let head: String = file.text.lines().take_while(|line| line.starts_with("//!")).collect();
        if lines > LINES_MAX && !head.contains("one room") {
            wrong.push(format!("{}: {lines} lines; split it, or say at its head why it is one room", file.path));
        }
    }
    none(&wrong);
}

#[test]
fn forbidden_words_stand_nowhere() {
    let mut wrong = Vec::new();
    for file in rust() {
        for (word, except, why) in forbidden() {
            if except.contains(&file.path.as_str()) {
                continue;
            }
            wrong.extend(file.code_lines().filter(|(_, line)| line.contains(&word)).map(|(n, _)| format!("{}:{n}: {word}: {why}", file.path)));
        }
    }
    none(&wrong);
}

#[test]
fn no_path_of_a_developers_machine_is_left() {
    let homes = [["/wo", "rk/"].concat(), ["/ho", "me/"].concat(), ["/Us", "ers/"].concat()];
    let mut wrong = Vec::new();
    for file in files(
        &["shared", "node", "hub", "tests", "docs", "deploy", "README.md", "README.zh.md"],
        &["rs", "toml", "sql", "ftl", "md", "sh", "service"],
    ) {
        for (number, line) in file.text.lines().enumerate() {
            // A path begins there, it does not merely go on: `node/work/` is fine.
            let starts = |home: &String| {
                line.match_indices(home.as_str()).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-*)}".contains(c)))
            };
            if homes.iter().any(starts) {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    none(&wrong);
}
