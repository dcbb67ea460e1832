//! A block copied from a spreadsheet, as the clipboard carries it: lines of cells between tabs; a cell with a line break, a tab or a quotation mark in it stands in
//! quotation marks, doubled inside. Excel, WPS and LibreOffice agree on this; what they do not agree on (a lone quotation mark) is taken as it stands.
//!
//! Invariants: no text panics; `parse(write(cells)) == cells` for every block whose last line is not empty; bounded by [`CELLS_MAX`].

/// Most cells of a block: a whole school with every column of the profile.
pub const CELLS_MAX: usize = 200_000;

/// Lines of cells. A last line break ends the last line, it begins no other. More cells than [`CELLS_MAX`] are left off, whole lines of them.
#[must_use]
pub fn parse(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut lines, mut line, mut rest, mut count) = (Vec::new(), Vec::new(), text, 0_usize);
    while count < CELLS_MAX {
        let (cell, after) = cell(rest);
        line.push(cell);
        count += 1;
        if let Some(next) = after.strip_prefix('\t') {
            rest = next;
            continue;
        }
        let next = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).or_else(|| after.strip_prefix('\r'));
        let ended = next.is_none_or(str::is_empty);
        lines.push(std::mem::take(&mut line));
        if ended {
            break;
        }
        rest = next.unwrap_or_default();
    }
    while lines.last().is_some_and(|line| line.iter().all(String::is_empty)) {
        lines.pop();
    }
    lines
}

fn is_end(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r')
}

/// The first cell and what follows it.
fn cell(text: &str) -> (String, &str) {
    if let Some(found) = quoted(text) {
        return found;
    }
    let end = text.find(is_end).unwrap_or(text.len());
    let (cell, rest) = text.split_at(end);
    (cell.replace('\0', ""), rest)
}

/// A cell in quotation marks, if it is one: closed, followed by the end of a cell, and with something inside that needs them.
fn quoted(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let (mut out, mut needed) = (String::new(), false);
    let mut chars = inside.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            needed |= is_end(c);
            if c != '\0' {
                out.push(c);
            }
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            needed = true;
            out.push('"');
        } else {
            let rest = inside.get(at + 1..)?;
            let whole = rest.is_empty() || rest.starts_with(is_end);
            return (whole && needed).then(|| (out.replace("\r\n", "\n"), rest));
        }
    }
    None
}

/// A block as a spreadsheet puts it on the clipboard.
#[must_use]
pub fn write(lines: &[Vec<String>]) -> String {
    let cell = |text: &String| if text.contains(|c| is_end(c) || c == '"') { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.clone() };
    lines.iter().map(|line| line.iter().map(cell).collect::<Vec<_>>().join("\t") + "\r\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(lines: &[&[&str]]) -> Vec<Vec<String>> {
        lines.iter().map(|line| line.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn what_excel_and_wps_put_on_the_clipboard_is_read() {
        assert_eq!(parse("王小明\t３０\t2026年3月2日\r\n李小红\t\t\r\n"), block(&[&["王小明", "３０", "2026年3月2日"], &["李小红", "", ""]]));
        assert_eq!(parse("a\t\"两行\n的 \"\"话\"\"\"\tc\r\n"), block(&[&["a", "两行\n的 \"话\"", "c"]]));
        assert_eq!(parse("\"两行\r\n的\"\r\nb"), block(&[&["两行\n的"], &["b"]]), "line ends inside a cell are one character");
        assert_eq!(parse("one cell"), block(&[&["one cell"]]));
        assert_eq!(parse("a\rb"), block(&[&["a"], &["b"]]), "old Macs");
    }

    #[test]
    fn a_lone_quotation_mark_swallows_nothing() {
        assert_eq!(parse("\"开头\tb\r\nc\td\r\n"), block(&[&["\"开头", "b"], &["c", "d"]]));
        assert_eq!(parse("5\" \t\"x\"\r\n"), block(&[&["5\" ", "\"x\""]]), "inches, and a word somebody put in quotation marks");
    }

    #[test]
    fn empty_lines_in_the_midst_stay_and_at_the_end_go() {
        assert_eq!(parse("a\r\n\r\nb\r\n\r\n\r\n"), block(&[&["a"], &[""], &["b"]]));
        assert_eq!(parse(""), Vec::<Vec<String>>::new());
        assert_eq!(parse("\r\n"), Vec::<Vec<String>>::new());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(lines in prop::collection::vec(prop::collection::vec("[a-c 王\"\n\t，0-9]{0,6}", 1..5), 0..6)) {
            let mut lines = lines;
            while lines.last().is_some_and(|line| line.iter().all(String::is_empty)) {
                lines.pop();
            }
            prop_assert_eq!(parse(&write(&lines)), lines);
        }

        #[test]
        fn no_text_panics_and_none_grows(text in any::<String>()) {
            let cells: usize = parse(&text).iter().flatten().map(String::len).sum();
            prop_assert!(cells <= text.len());
        }
    }
}
