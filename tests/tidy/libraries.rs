//! Libraries, from the lock file and Cargo's own words: what must not be there, what must be there once, and under which licences.
//!
//! A small stand-in for cargo-deny (deny.toml), which not every machine has.

use crate::tree::root;
use std::{fs, process::Command};

/// SQLCipher's bundle: SQLite is in the public domain ("blessing"), libtomcrypt may be used as one likes ("WTFPL").
/// Licences a library may have; of a choice (`OR`), one suffices.
const LICENCES: [&str; 14] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "BSL-1.0",
    "blessing",
    "WTFPL",
];

/// Packages of the lock file: name, version, names it depends on.
fn packages() -> Vec<(String, String, Vec<String>)> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    let word = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    lock.split("[[package]]")
        .skip(1)
        .map(|block| {
            let find = |key: &str| block.lines().find(|line| line.starts_with(key)).map(word).unwrap_or_default();
            let uses = block.lines().filter(|line| line.starts_with(" \"")).map(|line| word(line).split(' ').next().unwrap_or_default().to_owned());
            (find("name = "), find("version = "), uses.collect())
        })
        .collect()
}

#[test]
fn openssl_serves_sqlcipher_only_and_there_is_one_sqlite() {
    let all = packages();
    let users: Vec<&str> = all.iter().filter(|(_, _, uses)| uses.iter().any(|u| u == "openssl-sys")).map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(users, ["libsqlite3-sys"], "openssl-sys is for SQLCipher only");
    let count = |name: &str| all.iter().filter(|(n, _, _)| n == name).count();
    assert_eq!(count("libsqlite3-sys"), 1);
    assert_eq!(count("rustls"), 1);
    for banned in ["aws-lc-rs", "aws-lc-sys", "native-tls", "openssl", "sqlx", "figment"] {
        assert_eq!(count(banned), 0, "{banned} (docs/ARCHITECTURE.md, what is deliberately absent)");
    }
}

/// Whether an SPDX expression of the forms found in the registry is allowed: `A OR B`, `A AND B`, `(A OR B) AND C`, `A/B`.
fn allowed(expression: &str) -> bool {
    let clean = expression.replace('/', " OR ");
    split(&clean, " AND ").iter().all(|part| {
        let part = part.trim();
        let inner = part.strip_prefix('(').and_then(|p| p.strip_suffix(')')).unwrap_or(part);
        if inner.contains('(') {
            // A choice of wholes: one of them must do.
            split(inner, " OR ").iter().any(|choice| allowed(choice.trim().trim_start_matches('(').trim_end_matches(')')))
        } else {
            inner.split(" OR ").any(|choice| choice.split(" AND ").all(|one| LICENCES.contains(&one.trim())))
        }
    })
}

/// Splits at `separator` outside brackets.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= from && text[at..].starts_with(separator) => {
                parts.push(&text[from..at]);
                from = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[test]
fn licences_are_within_the_list() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = Command::new(cargo)
        .args(["tree", "--offline", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p}|{l}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8_lossy(&tree.stdout);
    let mut wrong: Vec<String> = text
        .lines()
        .filter_map(|line| line.trim_end_matches(" (*)").split_once('|'))
        .filter(|(package, licence)| !package.starts_with("huxue-") && !allowed(licence))
        .map(|(package, licence)| format!("{package}: {licence}"))
        .collect();
    wrong.sort();
    wrong.dedup();
    assert!(text.lines().count() > 100, "cargo tree said nothing");
    crate::tree::none(&wrong);
}

#[test]
fn licence_expressions_are_understood() {
    for good in [
        "MIT",
        "MIT OR Apache-2.0",
        "MIT/Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "GPL-2.0 OR Apache-2.0 WITH LLVM-exception",
        "Apache-2.0 AND ISC",
    ] {
        assert!(allowed(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR AGPL-3.0) AND MIT"] {
        assert!(!allowed(bad), "{bad}");
    }
}
