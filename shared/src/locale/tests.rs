//! The catalogue is whole: every fault has a sentence in both languages, and the languages say the same things with the same particulars.

use regex_lite::Regex;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Lines under another fault, which carries the act that mends them all.
const DETAILS: [&str; 1] = ["verify-problem"];

type Messages = BTreeMap<String, BTreeSet<String>>;

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(dir: &Path, extension: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, out);
        } else if path.extension().is_some_and(|e| e == extension) {
            out.push(path);
        }
    }
}

/// `file/key` and `file/key.attribute` → the particulars used, `_zh` and `_en` of a particular being one.
fn catalogue(language: &str) -> Messages {
    let head = Regex::new(r"^([a-z][A-Za-z0-9_-]*) *=").unwrap();
    let attribute = Regex::new(r"^ +\.([a-z]+) *=").unwrap();
    let argument = Regex::new(r"\$([a-z][a-z0-9_]*)").unwrap();
    let (mut paths, mut out) = (Vec::new(), Messages::new());
    files(&here().join("locales").join(language), "ftl", &mut paths);
    for path in paths {
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let (mut message, mut current) = (String::new(), None);
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(found) = head.captures(line) {
                message = format!("{file}/{}", &found[1]);
                assert!(out.insert(message.clone(), BTreeSet::new()).is_none(), "{language}: {message} twice");
                current = Some(message.clone());
            } else if let Some(found) = attribute.captures(line) {
                let key = format!("{message}.{}", &found[1]);
                out.insert(key.clone(), BTreeSet::new());
                current = Some(key);
            }
            let Some(used) = current.as_ref().and_then(|key| out.get_mut(key)) else { continue };
            used.extend(argument.captures_iter(line).map(|found| found[1].trim_end_matches("_zh").trim_end_matches("_en").to_owned()));
        }
    }
    out
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_particulars() {
    let (zh, en) = (catalogue("zh-CN"), catalogue("en"));
    let missing: Vec<_> = zh.keys().filter(|key| !en.contains_key(*key)).chain(en.keys().filter(|key| !zh.contains_key(*key))).collect();
    assert!(missing.is_empty(), "in one language only: {missing:?}");
    // A sentence and its `.next` may share particulars out differently; together they use the same.
    let whole = |all: &Messages| {
        let mut out = Messages::new();
        for (key, used) in all {
            out.entry(key.split('.').next().unwrap_or(key).to_owned()).or_default().extend(used.iter().cloned());
        }
        out
    };
    let (zh, en) = (whole(&zh), whole(&en));
    let differing: Vec<_> = zh.iter().filter(|(key, used)| en.get(*key) != Some(used)).collect();
    assert!(differing.is_empty(), "other particulars in English: {differing:?}");
}

#[test]
fn a_key_is_in_one_file_only() {
    let all = catalogue("zh-CN");
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = all.keys().filter(|key| !seen.insert(key.split_once('/').map_or("", |(_, name)| name))).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

/// A part of another fault or what lies behind it: that other one says what mends it.
fn is_part(code: &str) -> bool {
    DETAILS.contains(&code) || code == "file-no-key" || ["system-", "json-", "toml-"].iter().any(|cause| code.starts_with(cause))
}

#[test]
fn every_fault_named_in_the_sources_has_a_sentence_and_an_act_that_mends_it() {
    let literal = Regex::new(r#"Fault::new\(\s*"([^"]+)""#).unwrap();
    let known: BTreeSet<String> = catalogue("zh-CN").into_keys().filter_map(|key| key.split_once('/').map(|(_, name)| name.to_owned())).collect();
    let mut paths = Vec::new();
    for package in ["shared", "hub", "node"] {
        files(&here().join("..").join(package).join("src"), "rs", &mut paths);
    }
    let codes: BTreeSet<String> = paths
        .iter()
        .flat_map(|path| {
            let text = fs::read_to_string(path).unwrap();
            literal.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()
        })
        .collect();
    assert!(codes.len() > 50, "the sources were not found");
    let lacking: Vec<_> = codes.iter().filter(|code| !known.contains(*code) || !is_part(code) && !known.contains(&format!("{code}.next"))).collect();
    assert!(lacking.is_empty(), "without a sentence or without .next: {lacking:?}");
}

#[test]
fn one_is_not_several_in_english_and_what_only_looks_like_a_number_stays_as_it_is() {
    use crate::locale::{Lang, text};
    assert_eq!(text(Lang::En, "desk-conflicts-wait", &[("value", "1")]), "1 disagreement awaits a choice");
    assert_eq!(text(Lang::En, "desk-conflicts-wait", &[("value", "12")]), "12 disagreements await a choice");
    assert_eq!(text(Lang::En, "web-overdue", &[("value", "1")]), "1 day overdue");
    assert_eq!(text(Lang::Zh, "desk-conflicts-wait", &[("value", "1200")]).matches("1200").count(), 1, "no comma, no point");
    assert!(text(Lang::En, "paper-number", &[("value", "007")]).contains("007"));
}

#[test]
fn an_instant_is_shown_in_chinas_time_also_in_a_sentence_and_a_day_stays_a_day() {
    use crate::{
        fault::{Exit, Fault},
        locale::{self, Lang},
    };
    assert_eq!(locale::instant("2026-11-26T04:15:09.123456789Z"), "2026-11-26 12:15");
    assert_eq!((locale::instant("2026-11-26"), locale::is_instant("2026-11-26")), ("2026-11-26".to_owned(), false));
    let fault = Fault::new("import-undone", Exit::Input).with("batch", "01JX").with("at", "2026-11-26T20:15:09Z");
    assert!(locale::fault(Lang::Zh, &fault).0.contains("2026-11-27 04:15"), "{}", locale::fault(Lang::Zh, &fault).0);
}

#[test]
fn after_a_full_stop_no_other_mark_stands_between_sentences() {
    use super::Lang;
    assert_eq!(Lang::Zh.sentences(["请核对。", "", "没有姓名。"]), "请核对。没有姓名。");
    assert_eq!(Lang::Zh.sentences(["甲", "乙。"]), "甲；乙。");
    assert_eq!(Lang::Zh.sentences(["有 2 处不对：", "甲。"]), "有 2 处不对：甲。");
    assert_eq!(Lang::En.sentences(["Check it.", "No name.", "x", "y"]), "Check it. No name. x; y");
}

#[test]
fn a_wrong_identity_number_is_not_to_be_left_empty_where_nobody_says_that_it_may_be() {
    use super::{Lang, fault};
    for code in ["ledger-value-idno-shape", "ledger-value-idno-birth", "ledger-value-idno-checksum"] {
        for (lang, word) in [(Lang::Zh, "空"), (Lang::En, "empty")] {
            let next = fault(lang, &crate::fault::Fault::new(code, crate::fault::Exit::Input)).1.unwrap();
            assert!(!next.contains(word), "{code}: {next}");
        }
    }
}
