//! Reading the source tree: which files there are, and Rust source without comments.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file with its path from the top of the tree, `/` between the parts.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Lines without comments, numbered from 1. Good enough for this tree: `//` inside a text ends the line as well, unless it follows a colon.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, without_comment(line)))
    }
}

fn without_comment(line: &str) -> &str {
    let mut from = 0;
    while let Some(at) = line[from..].find("//").map(|at| at + from) {
        if !line[..at].ends_with(':') {
            return &line[..at];
        }
        from = at + 2;
    }
    line
}

/// The top of the tree.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent").to_owned()
}

/// Every file below `folders` whose name ends in one of `extensions`, by path. Build output and hidden folders are left out.
pub(crate) fn files(folders: &[&str], extensions: &[&str]) -> Vec<File> {
    let root = root();
    let mut paths = Vec::new();
    for folder in folders {
        walk(&root.join(folder), &mut paths);
    }
    paths.retain(|path| path.extension().is_some_and(|e| extensions.iter().any(|wanted| e == *wanted)));
    paths.sort();
    paths
        .into_iter()
        .map(|path| File {
            text: fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            path: path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/"),
        })
        .collect()
}

fn walk(path: &Path, into: &mut Vec<PathBuf>) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if path.is_file() {
        into.push(path.to_owned());
    } else if path.is_dir() && name != "target" && !name.starts_with('.') {
        for entry in fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) {
            walk(&entry.expect("an entry").path(), into);
        }
    }
}

/// Every Rust file of the workspace.
pub(crate) fn rust() -> Vec<File> {
    let files = files(&["shared", "node", "hub", "tests"], &["rs"]);
    assert!(files.len() > 100, "the tree was not found: only {} files", files.len());
    files
}

/// Fails with everything that is wrong.
pub(crate) fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn comments_are_cut_and_addresses_are_not() {
    assert_eq!(without_comment("let a = 1; // why"), "let a = 1; ");
    assert_eq!(without_comment("open(\"https://x\") // why"), "open(\"https://x\") ");
    assert_eq!(without_comment("plain"), "plain");
}
