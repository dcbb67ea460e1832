//! Catalogues that agree: both languages, ledgers and reports named as their files, links in the documents.

use crate::tree::{files, none, root};
use std::collections::{BTreeMap, BTreeSet};

/// Message keys of a Fluent file with their attributes and particulars: `key`, `key.attribute`, and the `$names` each uses.
fn messages(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut message, mut entry) = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            key.trim().clone_into(&mut message);
            entry.clone_from(&message);
        } else if let Some((attribute, _)) = line.trim_start().strip_prefix('.').and_then(|rest| rest.split_once(" =")) {
            entry = format!("{message}.{attribute}");
        }
        if entry.is_empty() {
            continue;
        }
        let names = all.entry(entry.clone()).or_default();
        for (at, _) in line.match_indices('$') {
            names.insert(line[at + 1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect());
        }
    }
    all
}

/// Particulars such as `title_zh` and `title_en` are one: each language takes its own.
fn regardless_of_language(names: &BTreeSet<String>) -> BTreeSet<&str> {
    names.iter().map(|name| name.strip_suffix("_zh").or_else(|| name.strip_suffix("_en")).unwrap_or(name)).collect()
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_particulars() {
    let mut wrong = Vec::new();
    let zh = files(&["shared/locales/zh-CN"], &["ftl"]);
    let en = files(&["shared/locales/en"], &["ftl"]);
    assert!(!zh.is_empty(), "the locales were not found");
    let names = |list: &[crate::tree::File]| list.iter().map(|f| f.path.rsplit('/').next().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&zh), names(&en), "the two languages have other files");
    for (zh, en) in zh.iter().zip(&en) {
        let (left, right) = (messages(&zh.text), messages(&en.text));
        for key in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
            match (left.get(key), right.get(key)) {
                (None, _) => wrong.push(format!("{}: {key} is missing", zh.path)),
                (_, None) => wrong.push(format!("{}: {key} is missing", en.path)),
                (Some(left), Some(right)) if regardless_of_language(left) != regardless_of_language(right) => {
                    wrong.push(format!("{}: {key} has {left:?} and {right:?}", zh.path));
                }
                _ => {}
            }
        }
    }
    none(&wrong);
}

/// Value of the first `key = "value"` at the beginning of a line, after `prefix`.
fn value(text: &str, prefix: &str, key: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(prefix)?.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim_start();
        Some(rest.strip_prefix('"')?.split('"').next()?.to_owned())
    })
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default()
}

#[test]
fn ledgers_and_reports_are_named_as_their_files() {
    let mut wrong = Vec::new();
    let (ledgers, reports) = (files(&["shared/ledgers"], &["toml"]), files(&["shared/reports"], &["sql"]));
    assert!(!ledgers.is_empty() && !reports.is_empty(), "ledgers or reports were not found");
    for (list, prefix, key) in [(&ledgers, "", "code"), (&reports, "-- ", "name")] {
        for file in list {
            if value(&file.text, prefix, key).as_deref() != Some(stem(&file.path)) {
                wrong.push(format!("{}: its {key} is {:?}", file.path, value(&file.text, prefix, key)));
            }
        }
    }
    none(&wrong);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for file in files(&["README.md", "README.zh.md", "CHANGELOG.md", "docs", "deploy"], &["md"]) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (number, line) in file.text.lines().enumerate() {
            for (at, _) in line.match_indices("](") {
                let target = line[at + 2..].split([')', '#']).next().unwrap_or_default();
                if !target.is_empty() && !target.contains("://") && !root().join(folder).join(target).exists() {
                    wrong.push(format!("{}:{}: {target} is not there", file.path, number + 1));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn tests_that_documents_name_exist() {
    let code: String = crate::tree::rust().iter().map(|file| file.text.as_str()).collect();
    let mut wrong = Vec::new();
    for file in files(&["docs/ARCHITECTURE.md"], &["md"]) {
        for (number, line) in file.text.lines().enumerate() {
            for (at, _) in line.match_indices("test: `") {
                let named = line[at + 7..].split('`').next().unwrap_or_default();
                let name = named.rsplit("::").next().unwrap_or_default();
                if !code.contains(&format!("fn {name}(")) {
                    wrong.push(format!("{}:{}: no test {name}", file.path, number + 1));
                }
            }
        }
    }
    none(&wrong);
}

#[test]
fn messages_are_read_with_attributes_and_particulars() {
    let read = messages("# about\none = { $a } of { $b }\n    .next = do { $c }\ntwo =\n    lines { $d }\n");
    assert_eq!(read.keys().map(String::as_str).collect::<Vec<_>>(), ["one", "one.next", "two"]);
    assert_eq!(read["one"], BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    assert_eq!(read["two"], BTreeSet::from(["d".to_owned()]));
}

/// Commands of ours a remedy may name, by how they begin.
const COMMANDS: [&str; 22] = [
    "record add",
    "record set",
    "record list",
    "record show",
    "record step",
    "record void",
    "ledger list",
    "ledger show",
    "ledger check",
    "ledger publish",
    "report list",
    "report run",
    "report publish",
    "conflicts list",
    "conflicts resolve",
    "import roster",
    "import undo",
    "school add",
    "enrol issue",
    "node list",
    "year open",
    "sync now",
];

/// A person copies what stands behind the arrow: a command without its program is none.
#[test]
fn every_remedy_names_its_command_with_the_program() {
    let mut wrong = Vec::new();
    for file in files(&["shared/locales"], &["ftl"]) {
        for (number, line) in file.text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(".next")) {
            for command in COMMANDS {
                for (at, _) in line.match_indices(command) {
                    let before = line[..at].trim_end();
                    let named =
                        ["{ $program }", "huxue-hub", "huxue-node"].iter().any(|program| before.ends_with(program)) || before.ends_with("DIRECTORY");
                    if !named {
                        wrong.push(format!("{}:{}: `{command}` without its program", file.path, number + 1));
                    }
                }
            }
        }
    }
    none(&wrong);
}
