//! Every message a page asks for is there, in both languages.

use crate::locale::{self, Lang};
use regex_lite::Regex;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Whatever a message of the pages may want to be told.
const PARTICULARS: [(&str, &str); 11] = [
    ("detail", "1"),
    ("path", "1"),
    ("value", "1"),
    ("pending", "1"),
    ("at", "1"),
    ("grade", "1"),
    ("class", "1"),
    ("files", "1"),
    ("mib", "1"),
    ("free", "1"),
    ("most", "1"),
];

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
    let named = Regex::new(r#""((?:web|desk)-[a-z0-9]+(?:-[a-z0-9]+)*)""#).unwrap();
    let mut count = 0;
    for path in paths {
        for found in named.captures_iter(&fs::read_to_string(&path).unwrap()) {
            let key = &found[1];
            count += 1;
            for lang in [Lang::Zh, Lang::En] {
                assert_ne!(locale::text(lang, key, &PARTICULARS), key, "{}: {key}", path.display());
            }
        }
    }
    assert!(count > 150, "the pages were not found");
}
