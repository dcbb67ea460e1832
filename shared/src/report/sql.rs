//! Reads a report's SQL as tokens: enough to know which tables and parameters it names, and to refuse what is no single question.
//!
//! This is the first of two fences and exists for good messages (with lines) when a file is loaded. The second, [`super::guard`], asks
//! SQLite itself at run time; neither relies on the other.

use super::definition::{Problem, ProblemKind};

/// One token with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    /// Counted from 1 within the text.
    pub(super) line: u32,
    /// Byte range in the text.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    /// Bare or quoted identifier, keyword or number, without its quotes.
    Word(&'a str),
    /// `:name`, without the colon.
    Parameter(&'a str),
    /// `{{ … }}`, trimmed inside.
    Placeholder(&'a str),
    /// `'…'`.
    Text,
    /// Any other character.
    Sign(char),
}

/// Splits a text into tokens; comments and space are dropped. Never fails: what is not closed runs to the end.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = next_token(rest);
        let end = at + length;
        if let Some(kind) = kind {
            found.push(Token { kind, line, start: at, end });
        }
        line += u32::try_from(rest.get(..length).unwrap_or_default().matches('\n').count()).unwrap_or(0);
        at = end;
    }
    found
}

fn next_token(rest: &str) -> (Option<TokenKind<'_>>, usize) {
    let Some(first) = rest.chars().next() else { return (None, rest.len()) };
    if rest.starts_with("--") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if let Some(inside) = rest.strip_prefix("{{") {
        let end = inside.find("}}").unwrap_or(inside.len());
        return (Some(TokenKind::Placeholder(inside.get(..end).unwrap_or_default().trim())), (end + 4).min(rest.len()));
    }
    match first {
        _ if first.is_whitespace() => (None, first.len_utf8()),
        '\'' => (Some(TokenKind::Text), quoted(rest, '\'').1),
        '"' | '`' => {
            let (inside, length) = quoted(rest, first);
            (Some(TokenKind::Word(inside)), length)
        }
        '[' => {
            let (inside, length) = quoted(rest, ']');
            (Some(TokenKind::Word(inside)), length)
        }
        ':' => {
            let name = word(rest.get(1..).unwrap_or_default());
            (Some(TokenKind::Parameter(name)), 1 + name.len())
        }
        _ if is_word(first) => {
            let name = word(rest);
            (Some(TokenKind::Word(name)), name.len())
        }
        other => (Some(TokenKind::Sign(other)), other.len_utf8()),
    }
}

/// Text up to the closing quote, and the length with both quotes. A doubled quote ends one token and begins the next, which is good enough
/// to find table names: no table has a quote in its name.
fn quoted(rest: &str, close: char) -> (&str, usize) {
    let inside = rest.get(1..).unwrap_or_default();
    let end = inside.find(close).unwrap_or(inside.len());
    (inside.get(..end).unwrap_or_default(), (end + 2).min(rest.len()))
}

fn word(text: &str) -> &str {
    text.find(|c| !is_word(c)).map_or(text, |end| text.get(..end).unwrap_or_default())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Words that make a statement more than a question, or reach around the limits of [`super::scope`].
const FORBIDDEN: [&str; 12] =
    ["main", "temp", "sqlite_master", "sqlite_schema", "sqlite_temp_master", "pragma", "attach", "insert", "delete", "update", "drop", "create"];

/// Everything wrong with a report's SQL. `first_line` is the file's line of the text's first line; `declared` are the parameters it may name.
pub(super) fn check(text: &str, first_line: u32, declared: &[&str]) -> Vec<Problem> {
    let found = tokens(text);
    let mut problems = Vec::new();
    let mut report = |line: u32, kind| problems.push(Problem { line: first_line + line - 1, kind });
    let asks = matches!(found.first().map(|t| &t.kind), Some(TokenKind::Word(w)) if ["select", "with"].contains(&w.to_ascii_lowercase().as_str()));
    if !asks {
        report(1, ProblemKind::NotAQuestion);
    }
    for token in &found {
        match &token.kind {
            TokenKind::Sign(sign @ (';' | '?' | '@' | '$')) => report(token.line, ProblemKind::Sign { sign: *sign }),
            TokenKind::Word(word) if FORBIDDEN.contains(&word.to_ascii_lowercase().as_str()) => {
                report(token.line, ProblemKind::Word { word: (*word).to_owned() });
            }
            TokenKind::Parameter(name) if *name != "today" && !declared.contains(name) => {
                report(token.line, ProblemKind::Undeclared { name: (*name).to_owned() });
            }
            _ => {}
        }
    }
    problems
}

/// Whether the text names this parameter.
pub(super) fn names_parameter(text: &str, name: &str) -> bool {
    tokens(text).iter().any(|token| token.kind == TokenKind::Parameter(name))
}

/// Ledgers whose typed tables the text names, sorted, once each.
pub(super) fn ledgers_named(text: &str) -> Vec<String> {
    let mut found: Vec<String> = tokens(text)
        .iter()
        .filter_map(|token| if let TokenKind::Word(word) = token.kind { word.strip_prefix("record_") } else { None })
        .map(str::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Whether the text names this table (or anything else of that name: more than needed does no harm).
pub(super) fn names_word(text: &str, name: &str) -> bool {
    tokens(text).iter().any(|token| matches!(token.kind, TokenKind::Word(word) if word.eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_parameters_are_found_and_texts_and_comments_are_not() {
        let sql = "SELECT 'record_no :no', x -- record_comment\nFROM record_a JOIN \"record_b\" /* record_c */ WHERE y = :year";
        assert_eq!(ledgers_named(sql), ["a", "b"]);
        assert!(names_parameter(sql, "year") && !names_parameter(sql, "no"));
    }

    #[test]
    fn what_is_no_single_question_is_refused_with_its_line() {
        let lines = |sql| check(sql, 10, &["year"]).into_iter().map(|p| p.line).collect::<Vec<_>>();
        assert_eq!(lines("SELECT 1 WHERE :year = :today"), [0_u32; 0]);
        assert_eq!(lines("DELETE FROM x"), [10, 10]);
        assert_eq!(lines("SELECT 1;\nDROP TABLE x"), [10, 11]);
        assert_eq!(lines("SELECT *\nFROM \"main\".record_x"), [11]);
        assert_eq!(lines("SELECT *\nFROM [main] . record_x\nWHERE :month = ?"), [11, 12, 12]);
    }

    #[test]
    fn no_text_makes_the_reader_fail() {
        for text in ["", "'", "\"", "{{", "/*", "--", ":", "{{ }", "[", "汉'字"] {
            assert!(tokens(text).len() <= 3, "{text}");
        }
    }
}
