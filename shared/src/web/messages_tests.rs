//! Every message a page asks for is there, in both languages.

use crate::locale::{self, Lang};
use regex_lite::Regex;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Whatever a message of the pages may want to be told.
const PARTICULARS: [&str; 36] = [
    "detail", "path", "value", "pending", "at", "grade", "class", "from", "to", "until", "year", "phone", "contact", "place", "done", "count", "due",
    "whole", "port", "file", "rows", "files", "mib", "free", "most", "step", "names", "title", "reported", "now", "who", "within", "expected",
    "present", "absent", "day",
];

fn text(lang: Lang, key: &str) -> String {
    locale::text(lang, key, &PARTICULARS.map(|name| (name, "1")))
}

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs" || e == "html") {
            out.push(path);
        }
    }
}

#[test]
fn every_message_that_a_page_names_is_there_in_both_languages() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files(&here.join("src/web"), &mut paths);
    files(&here.join("../node/src"), &mut paths);
    let named = Regex::new(r#""((?:web|desk|paper)-[a-z0-9]+(?:-[a-z0-9]+)*)""#).unwrap();
    let mut count = 0;
    for path in paths {
        for found in named.captures_iter(&fs::read_to_string(&path).unwrap()) {
            let key = &found[1];
            count += 1;
            for lang in [Lang::Zh, Lang::En] {
                assert_ne!(text(lang, key), key, "{}: {key}", path.display());
            }
        }
    }
    assert!(count > 150, "the pages were not found");
}

/// Sentences of a text: what ends with a full stop, question or exclamation mark.
fn sentences(text: &str) -> usize {
    let ends = text.matches(['。', '？', '！']).count();
    ends + text.split_whitespace().filter(|word| word.ends_with(['.', '?', '!'])).count()
}

/// A tired person who looks at a page for the first time is told what it is for, and what to do.
#[test]
fn every_page_has_its_help_of_two_sentences_in_both_languages() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    files(&here.join("src/web"), &mut paths);
    files(&here.join("../node/src"), &mut paths);
    let (made, key) = (Regex::new(r"Page::(?:of|bare)\(([^;]*?)\)[;,.?)]").unwrap(), Regex::new(r#""((?:web|desk)-[a-z-]+)""#).unwrap());
    let mut keys = std::collections::BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        keys.extend(made.captures_iter(&text).flat_map(|found| key.captures_iter(found.get(1).unwrap().as_str()).map(|key| key[1].to_owned())));
    }
    assert!(keys.len() > 20, "the pages were not found: {keys:?}");
    // What went wrong says by itself what to do; its page has no purpose of its own.
    keys.remove("web-oops");
    for (key, lang) in keys.iter().flat_map(|key| [(key, Lang::Zh), (key, Lang::En)]) {
        let help = text(lang, &format!("{key}.help"));
        assert!(!help.ends_with(".help"), "{key} has no help in {lang:?}");
        assert_eq!(sentences(&help), 2, "{key} in {lang:?}: {help}");
    }
}

#[test]
fn no_sign_of_chinese_print_stands_in_english_text_or_in_a_template() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let signs = ['：', '（', '）', '；', '，', '、', '。'];
    let quoted = Regex::new("“[^”]*”").unwrap();
    for entry in fs::read_dir(here.join("locales/en")).unwrap() {
        let path = entry.unwrap().path();
        for line in fs::read_to_string(&path).unwrap().lines() {
            // What is quoted is how people write it.
            assert!(!quoted.replace_all(line, "").contains(signs), "{}: {line}", path.display());
        }
    }
    let mut paths = Vec::new();
    files(&here.join("src/web/html"), &mut paths);
    files(&here.join("../node/src/desk/html"), &mut paths);
    assert!(paths.len() > 30);
    for path in paths {
        assert!(!fs::read_to_string(&path).unwrap().contains(signs), "{}: a sign belongs in the messages", path.display());
    }
}
