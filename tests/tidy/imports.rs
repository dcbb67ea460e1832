//! Who may use whom: libraries by room, and rooms by rooms. docs/ARCHITECTURE.md, "Import rules", is the same in words.

use crate::tree::{File, none, rust};

/// A library and the only places that may name it.
const LIBRARIES: [(&str, &[&str]); 6] = [
    ("automerge", &["shared/src/document/", "shared/src/sync/"]),
    ("rusqlite", &["shared/src/store/", "shared/src/replica", "shared/src/report/", "shared/src/command/", "shared/src/rim/", "hub/src/", "tests/"]),
    ("quinn", &["shared/src/transport", "tests/integration/faults.rs"]),
    ("axum", &["shared/src/rim/", "shared/src/web", "node/src/desk", "hub/src/desk", "hub/src/api"]),
    ("image", &["shared/src/blob/", "tests/"]),
    ("refinery", &["shared/src/store/"]),
];

/// A room of `shared` and the rooms it may use besides itself. `clock`, `fault` and `locale` are everyone's.
const ROOMS: [(&str, &[&str]); 14] = [
    ("model", &[]),
    ("document", &["model"]),
    ("ledger", &["model", "document"]),
    ("sync", &["model"]),
    ("identity", &["model"]),
    ("blob", &["model"]),
    ("import", &["model", "document"]),
    ("local", &[]),
    ("transport", &["model", "identity", "sync"]),
    ("report", &["model"]),
    ("store", &["model", "document", "ledger", "sync", "replica"]),
    ("replica", &["model", "document", "ledger", "sync", "identity", "store", "report", "local", "command", "blob"]),
    ("rim", &["local", "store", "identity", "model"]),
    ("web", &["model", "document", "ledger", "import", "report", "store", "replica", "command"]),
];

/// Rooms that compile without the feature `daemon`: none of these libraries.
const PURE: [&str; 5] = ["model", "document", "ledger", "sync", "identity"];

fn names(line: &str, library: &str) -> bool {
    line.match_indices(library).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + library.len()..];
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '"' | '.'))
            && (after.starts_with("::") || (line.trim_start().starts_with("use ") && after.starts_with([';', ' ', '{'])))
    })
}

/// The room of a file in `shared/src`: `shared/src/sync/frame.rs` and `shared/src/sync.rs` are in `sync`.
fn room(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("shared/src/")?;
    Some(inside.split(['/', '.']).next().unwrap_or(inside))
}

/// Tests may look over the wall.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let tests = ["tests.rs", "_tests.rs", "samples.rs", "sample.rs", "variants.rs", "hostile.rs", "properties.rs", "simulation.rs"];
    path.contains("/tests/") || path.contains("/simulation/") || tests.iter().any(|end| name.ends_with(end))
}

/// The part before the unit tests at a file's end.
fn shipped(file: &File) -> usize {
    let lines: Vec<&str> = file.text.lines().collect();
    lines.windows(2).position(|pair| pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod tests")).unwrap_or(lines.len())
}

/// Rooms named after `crate::` in a file, with the line: both `crate::room` and the first names of `use crate::{ … }`.
fn rooms_named(file: &File) -> Vec<(usize, String)> {
    let end = shipped(file);
    let mut found = Vec::new();
    let mut depth: Option<i32> = None;
    for (number, line) in file.code_lines().filter(|(number, _)| *number <= end) {
        let mut rest = line;
        if depth.is_none() {
            for (at, _) in line.match_indices("crate::") {
                // `pub(in crate::…)` grants, it does not use; `foo_crate::` is another word.
                let name: String = line[at + 7..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !name.is_empty() && !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') && !line[..at].ends_with("in ") {
                    found.push((number, name));
                }
            }
            if let Some((_, after)) = line.split_once("use crate::{") {
                depth = Some(0);
                rest = after;
            }
        }
        if let Some(mut level) = depth.take() {
            let mut name = String::new();
            let mut fresh = true;
            for c in rest.chars() {
                match c {
                    '{' => level += 1,
                    '}' => level -= 1,
                    ',' if level == 0 => fresh = true,
                    c if level == 0 && fresh && (c.is_ascii_lowercase() || c == '_') => {
                        name.push(c);
                        continue;
                    }
                    _ => {}
                }
                if !name.is_empty() {
                    found.push((number, std::mem::take(&mut name)));
                    fresh = c == ',';
                }
                if level < 0 {
                    break;
                }
            }
            if !name.is_empty() {
                found.push((number, name));
            }
            depth = (level >= 0).then_some(level);
        }
    }
    found
}

#[test]
fn each_library_is_named_only_where_it_lives() {
    let mut wrong = Vec::new();
    for file in rust() {
        if file.path.starts_with("tests/tidy/") {
            continue;
        }
        for (library, places) in LIBRARIES {
            if places.iter().any(|place| file.path.starts_with(place)) || (library == "rusqlite" && file.path == "shared/src/store.rs") {
                continue;
            }
            wrong.extend(file.code_lines().filter(|(_, line)| names(line, library)).map(|(number, _)| format!("{}:{number}: {library}", file.path)));
        }
    }
    none(&wrong);
}

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let mut wrong = Vec::new();
    for file in rust().iter().filter(|file| !is_test(&file.path)) {
        let Some(own) = room(&file.path) else { continue };
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == own) else { continue };
        for (number, named) in rooms_named(file) {
            let everyones = ["clock", "fault", "locale"].contains(&named.as_str());
            if named != own && !everyones && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}:{number}: {own} may not use {named}", file.path));
            }
        }
    }
    none(&wrong);
}

#[test]
fn ledgers_know_of_documents_only_the_view() {
    let mut wrong = Vec::new();
    for file in rust().iter().filter(|file| room(&file.path) == Some("ledger")) {
        for (number, line) in file.code_lines() {
            for (at, _) in line.match_indices("document::") {
                // Titles of options and ledgers called `document` are texts, not paths.
                let after = &line[at + 10..];
                if (line[..at].ends_with("::") || line.trim_start().starts_with("document::")) && !after.starts_with("view::") {
                    wrong.push(format!("{}:{number}: {}", file.path, line.trim()));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn node_and_hub_never_use_each_other() {
    let mut wrong = Vec::new();
    for file in rust() {
        let other = match file.path.split('/').next() {
            Some("node") => &["huxue_hub"][..],
            Some("hub") => &["huxue_node"][..],
            Some("shared") => &["huxue_hub", "huxue_node"][..],
            _ => continue,
        };
        for (number, line) in file.code_lines() {
            wrong.extend(other.iter().filter(|name| names(line, name)).map(|name| format!("{}:{number}: {name}", file.path)));
        }
    }
    none(&wrong);
}

#[test]
fn the_pure_rooms_name_no_socket_and_no_database() {
    let mut wrong = Vec::new();
    for file in rust().iter().filter(|file| room(&file.path).is_some_and(|room| PURE.contains(&room))) {
        // Behind the feature `daemon`: certificates.
        if ["shared/src/identity/x509.rs", "shared/src/identity/issue.rs"].contains(&file.path.as_str()) {
            continue;
        }
        for (number, line) in file.code_lines() {
            for library in ["tokio", "quinn", "rusqlite", "axum", "rustls", "rcgen"] {
                if names(line, library) {
                    wrong.push(format!("{}:{number}: {library}", file.path));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn names_of_libraries_and_rooms_are_found_in_every_form() {
    assert!(names("use automerge::Change;", "automerge"));
    assert!(names("    let a: automerge::Change = b;", "automerge"));
    assert!(names("use quinn;", "quinn"));
    assert!(!names("let x = not_automerge::y();", "automerge"));
    assert!(!names("the automerge room", "automerge"));
    let file = File {
        path: String::new(),
        text: "use crate::{\n    fault::{Exit, Fault},\n    model::DocId,\n};\nuse crate::store::log;\nuse crate::{clock::Clock, sync};\n".into(),
    };
    let named: Vec<String> = rooms_named(&file).into_iter().map(|(_, name)| name).collect();
    assert_eq!(named, ["fault", "model", "store", "clock", "sync"]);
}
