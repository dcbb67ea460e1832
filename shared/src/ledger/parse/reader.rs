//! Typed access to a TOML tree that keeps places and collects every problem instead of stopping at the first.
//!
//! A getter returns `None` after it has noted what is wrong, so the caller goes on with a placeholder and later problems are found too.

use crate::ledger::{
    definition::Bilingual,
    problem::{Problem, ProblemCode, excerpt, listed},
};
use std::{cell::RefCell, ops::Range};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Place in the text, in bytes.
pub(super) type Spot = Range<usize>;

/// Problems reported at most; a file in another format entirely would otherwise give thousands.
const PROBLEMS_MAX: usize = 50;

/// The text and what is wrong with it so far.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
}

/// A table with its place and the name a person knows it by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    entries: &'a DeTable<'a>,
    start: usize,
}

/// A word and where it stands.
pub(super) type Word = (String, Spot);

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: RefCell::default() }
    }

    /// Notes a problem.
    pub(super) fn note(&self, at: usize, code: ProblemCode, args: Vec<(&'static str, String)>) {
        let (line, column) = position(self.text, at);
        self.problems.borrow_mut().push(Problem { line, column, code, args });
    }

    /// All problems in the order of the file.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems.dedup();
        problems.truncate(PROBLEMS_MAX);
        problems
    }

    /// Line of a place, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        position(self.text, at).0
    }

    /// Notes every key of `table` that is not `allowed`.
    pub(super) fn known_keys(&self, table: Table<'_>, allowed: &[&str]) {
        for key in table.entries.keys().filter(|key| !allowed.contains(&key.get_ref().as_ref())) {
            let args = vec![("key", excerpt(key.get_ref()).into_owned()), ("expected", listed(allowed.iter().copied()))];
            self.note(key.span().start, ProblemCode::KeyUnknown, args);
        }
    }

    /// Notes that `key` is absent.
    pub(super) fn missing(&self, table: Table<'_>, key: &str) {
        self.note(table.start, ProblemCode::KeyMissing, vec![("key", key.to_owned())]);
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let args = vec![("key", key.to_owned()), ("expected", expected.to_owned()), ("found", value.get_ref().type_str().to_owned())];
        self.note(value.span().start, ProblemCode::KindWrong, args);
    }

    /// A string, absent allowed.
    pub(super) fn word(&self, table: Table<'_>, key: &str) -> Option<Word> {
        let value = table.get(key)?;
        let word = value.get_ref().as_str();
        if word.is_none() {
            self.wrong_kind(key, value, "string");
        }
        Some((word?.to_owned(), value.span()))
    }

    /// A string that must be there.
    pub(super) fn needed_word(&self, table: Table<'_>, key: &str) -> Option<Word> {
        if table.get(key).is_none() {
            self.missing(table, key);
        }
        self.word(table, key)
    }

    /// A string out of a closed set, absent allowed.
    pub(super) fn one_of<T>(&self, table: Table<'_>, key: &str, words: &[&str], from: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (word, spot) = self.word(table, key)?;
        let found = from(&word);
        if found.is_none() {
            self.unknown_word(key, &word, spot.start, words);
        }
        found
    }

    /// A string out of a closed set that must be there.
    pub(super) fn needed_one_of<T>(&self, table: Table<'_>, key: &str, words: &[&str], from: impl Fn(&str) -> Option<T>) -> Option<T> {
        if table.get(key).is_none() {
            self.missing(table, key);
        }
        self.one_of(table, key, words, from)
    }

    /// Notes a word outside its set.
    pub(super) fn unknown_word(&self, key: &str, word: &str, at: usize, words: &[&str]) {
        let args = vec![("key", key.to_owned()), ("value", excerpt(word).into_owned()), ("expected", listed(words.iter().copied()))];
        self.note(at, ProblemCode::WordUnknown, args);
    }

    /// A list of strings; empty when absent.
    pub(super) fn words(&self, table: Table<'_>, key: &str) -> Vec<Word> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, "array of strings");
            return Vec::new();
        };
        let mut words = Vec::new();
        for item in array {
            match item.get_ref().as_str() {
                Some(word) => words.push((word.to_owned(), item.span())),
                None => self.wrong_kind(key, item, "string"),
            }
        }
        words
    }

    /// `true` or `false`, absent allowed.
    pub(super) fn flag(&self, table: Table<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_kind(key, value, "true / false");
        }
        flag
    }

    /// A whole number in a range, absent allowed.
    pub(super) fn number(&self, table: Table<'_>, key: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = table.get(key)?;
        let Some(number) = integer(value.get_ref()) else {
            self.wrong_kind(key, value, "integer");
            return None;
        };
        if !range.contains(&number) {
            let args = vec![("key", key.to_owned()), ("min", range.start().to_string()), ("max", range.end().to_string())];
            self.note(value.span().start, ProblemCode::NumberRange, args);
            return None;
        }
        Some(number)
    }

    /// Text in both languages, absent allowed.
    pub(super) fn bilingual(&self, table: Table<'_>, key: &str) -> Option<Bilingual> {
        let value = table.get(key)?;
        self.bilingual_value(key, value)
    }

    /// Text in both languages that must be there; a placeholder after a problem.
    pub(super) fn needed_bilingual(&self, table: Table<'_>, key: &str) -> Bilingual {
        if table.get(key).is_none() {
            self.missing(table, key);
        }
        self.bilingual(table, key).unwrap_or_default()
    }

    /// The same from a value in hand.
    pub(super) fn bilingual_value(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Bilingual> {
        let Some(entries) = value.get_ref().as_table() else {
            self.wrong_kind(key, value, "{ zh = \"…\", en = \"…\" }");
            return None;
        };
        let table = Table { entries, start: value.span().start };
        self.known_keys(table, &["zh", "en"]);
        let side = |language: &'static str| {
            let text = self.word(table, language).map(|(text, _)| text).filter(|text| !text.trim().is_empty());
            if text.is_none() && table.get(language).is_none_or(|value| value.get_ref().is_str()) {
                self.note(table.start, ProblemCode::LanguageMissing, vec![("key", key.to_owned()), ("language", language.to_owned())]);
            }
            text.unwrap_or_default()
        };
        Some(Bilingual { zh: side("zh"), en: side("en") })
    }

    /// A table under `key`, absent allowed.
    pub(super) fn table<'a>(&self, table: Table<'a>, key: &str) -> Option<Table<'a>> {
        let value = table.get(key)?;
        self.as_table(key, value)
    }

    /// A value as a table.
    pub(super) fn as_table<'a>(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<Table<'a>> {
        let entries = value.get_ref().as_table();
        if entries.is_none() {
            self.wrong_kind(key, value, "table");
        }
        Some(Table { entries: entries?, start: value.span().start })
    }

    /// An array of tables under `key`; empty when absent.
    pub(super) fn tables<'a>(&self, table: Table<'a>, key: &str) -> Vec<Table<'a>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.wrong_kind(key, value, &format!("[[{key}]]"));
            return Vec::new();
        };
        array.iter().filter_map(|item| self.as_table(key, item)).collect()
    }
}

impl<'a> Table<'a> {
    pub(super) fn new(entries: &'a DeTable<'a>, start: usize) -> Self {
        Self { entries, start }
    }

    /// Place of the table's head, in bytes.
    pub(super) fn start(self) -> usize {
        self.start
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.entries.get(key)
    }

    /// Place of a key's value, or of the table when the key is absent.
    pub(super) fn at(self, key: &str) -> usize {
        self.get(key).map_or(self.start, |value| value.span().start)
    }

    /// Entries in the order of the file.
    pub(super) fn in_order(self) -> Vec<(&'a str, usize, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self.entries.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value)).collect();
        entries.sort_by_key(|(_, start, _)| *start);
        entries
    }
}

/// A TOML integer that fits.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Line and column (in characters), both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}
