//! Text tables: `.csv` and `.txt` as Excel, WPS and web systems write them. Encoding and delimiter are found from the content.
//!
//! Row numbers are those Excel shows: blank lines count, a line break inside quotes does not.

use super::sheet::{Cell, FileError, Kind, Limits, Rows, Sheet};
use chardetng::EncodingDetector;
use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// A quoted cell over so many lines is a quotation mark without its partner.
const LINES_IN_A_CELL_MAX: usize = 200;
/// Bytes looked at to find that they are of UTF-16.
const WIDE_LOOK: usize = 4_096;
/// Lines looked at to find the delimiter.
const SAMPLE_LINES: usize = 60;

/// Reads the one table of a text file.
pub(super) fn read(bytes: &[u8], file_name: &str, limits: &Limits) -> Result<Sheet, FileError> {
    // Lines are counted before anything is decoded: a million rows cost one look at each byte.
    let (head, cut) = first_lines(bytes, limits.sheet_rows().saturating_mul(2));
    let text = decode(head)?;
    let text = text.trim_start_matches('\u{feff}');
    let text = if text.contains('\n') { Cow::Borrowed(text) } else { Cow::Owned(text.replace('\r', "\n")) };
    let (named, body, skipped) = named_delimiter(&text);
    let delimiter = named.unwrap_or_else(|| find_delimiter(body, file_name));
    let mut text_left = limits.text_bytes;
    let mut rows = Rows::new(String::new(), limits, &mut text_left);
    read_rows(body, delimiter, skipped, &mut rows)?;
    if cut {
        rows.overflow();
    }
    Ok(rows.finish())
}

fn read_rows(body: &str, delimiter: u8, skipped: u32, rows: &mut Rows<'_>) -> Result<(), FileError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(body.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut lines = Lines { body: body.as_bytes(), counted: 0, ends: 0, inside: 0 };
    // A quotation mark without its partner makes one cell of all that follows.
    let mut to_the_end = None;
    while reader.read_record(&mut record).map_err(|_| FileError::Encoding)? {
        let from = record.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let row = lines.row_at(from).saturating_add(skipped);
        to_the_end = record.iter().any(|cell| cell.contains('\n')).then_some(row);
        lines.inside += record.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
        for (column, cell) in record.iter().enumerate() {
            if cell.matches('\n').count() > LINES_IN_A_CELL_MAX {
                return Err(FileError::Quote { row });
            }
            if !rows.push(row, column, Cell::Text(unwrapped(cell).to_owned()))? {
                return Ok(());
            }
        }
    }
    let unpaired = body.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
    to_the_end.filter(|_| unpaired).map_or(Ok(()), |row| Err(FileError::Quote { row }))
}

/// Line ends passed so far. The reader passes over blank lines silently and counts none of them as a row.
struct Lines<'a> {
    body: &'a [u8],
    counted: usize,
    ends: usize,
    /// Of these, inside quotes.
    inside: usize,
}

impl Lines<'_> {
    /// Row of the record that was read from this byte on, blank lines before it passed over.
    fn row_at(&mut self, from: usize) -> u32 {
        let blank = self.body.get(from..).unwrap_or_default().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = from.saturating_add(blank);
        self.ends += self.body.get(self.counted..start).unwrap_or_default().split(|byte| *byte == b'\n').count().saturating_sub(1);
        self.counted = self.counted.max(start);
        u32::try_from(self.ends.saturating_sub(self.inside) + 1).unwrap_or(u32::MAX)
    }
}

/// Excel's way of keeping digits in a text file: `="529901…"`.
fn unwrapped(cell: &str) -> &str {
    cell.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell)
}

/// The bytes of so many lines, and whether there were more. Never cut within a character; UTF-16, marked or not, has zero bytes, which no other text has.
fn first_lines(bytes: &[u8], lines: usize) -> (&[u8], bool) {
    let wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.iter().take(WIDE_LOOK).any(|byte| *byte == 0);
    let unix = bytes.contains(&b'\n');
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match (wide, unix) {
        (true, _) => **byte == b'\n' && (bytes.get(at + 1) == Some(&0) || at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&0)),
        (false, true) => **byte == b'\n',
        (false, false) => **byte == b'\r',
    });
    match ends.map(|(at, _)| at).nth(lines) {
        // A wide line end stays whole; behind a narrow one the next line's first character begins.
        Some(at) if wide => (bytes.get(..(at + 2) & !1).unwrap_or(bytes), true),
        Some(at) => (bytes.get(..=at).unwrap_or(bytes), true),
        None => (bytes, false),
    }
}

/// Byte order marks first, then strict UTF-8, then what Chinese office programs write: GB18030.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, FileError> {
    for (mark, encoding) in [(b"\xFF\xFE", UTF_16LE), (b"\xFE\xFF", UTF_16BE)] {
        if let Some(body) = bytes.strip_prefix(mark) {
            return Ok(encoding.decode_without_bom_handling(body).0);
        }
    }
    if bytes.contains(&0) {
        return unmarked_wide(bytes);
    }
    // Some programs put the mark of UTF-8 before GB18030 text: the mark is believed only if the rest agrees.
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let marked = body.len() < bytes.len();
    match std::str::from_utf8(body) {
        Ok(text) if marked || text.is_ascii() || !is_gb18030_by_chance(text, body) => Ok(Cow::Borrowed(text)),
        _ => decode_legacy(body),
    }
}

/// A very short GB18030 text may happen to be valid UTF-8 ("一" is U+04BB). Real UTF-8 from here has Chinese characters in it.
fn is_gb18030_by_chance(text: &str, body: &[u8]) -> bool {
    let chinese = |text: &str| text.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count();
    chinese(text) == 0 && GB18030.decode_without_bom_handling_and_without_replacement(body).is_some_and(|other| chinese(&other) > 0)
}

fn decode_legacy(body: &[u8]) -> Result<Cow<'_, str>, FileError> {
    if let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(body) {
        return Ok(text);
    }
    let mut detector = EncodingDetector::new();
    detector.feed(body, true);
    let guess: &Encoding = detector.guess(None, true);
    let encoding = if guess == BIG5 || guess == UTF_8 { guess } else { GB18030 };
    let (text, _) = encoding.decode_without_bom_handling(body);
    // A few broken characters reject their rows; a text full of them is in some other encoding.
    let broken = text.chars().filter(|c| *c == '\u{fffd}').count();
    if broken.saturating_mul(100) > text.chars().count() + 100 { Err(FileError::Encoding) } else { Ok(text) }
}

/// Zero bytes: UTF-16 without its mark, or no text at all.
fn unmarked_wide(bytes: &[u8]) -> Result<Cow<'_, str>, FileError> {
    let zeros = |start: usize| bytes.iter().skip(start).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let encoding = if odd > even.saturating_mul(3) {
        UTF_16LE
    } else if even > odd.saturating_mul(3) {
        UTF_16BE
    } else {
        return Err(FileError::Unsupported(Kind::Unknown));
    };
    encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or(FileError::Unsupported(Kind::Unknown))
}

/// Excel's first line `sep=;`. It is a row of the file but none of the table.
fn named_delimiter(text: &str) -> (Option<u8>, &str, u32) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.trim().strip_prefix("sep=").map(str::as_bytes) {
        Some([delimiter]) => (Some(*delimiter), rest, 1),
        _ => (None, text, 0),
    }
}

/// The delimiter by which most lines have the same number of cells. Tabs often stand inside cells (before an identity number, to keep
/// Excel from rounding it), so that a comma in as many lines wins by its number.
fn find_delimiter(text: &str, file_name: &str) -> u8 {
    let sample: String = text.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE_LINES).flat_map(|line| [line, "\n"]).collect();
    let score = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(sample.as_bytes());
        let widths: Vec<usize> = reader.records().filter_map(Result::ok).map(|record| record.len()).collect();
        let width = widths.iter().copied().max_by_key(|width| (widths.iter().filter(|other| *other == width).count(), *width)).unwrap_or(1);
        width.saturating_sub(1) * widths.iter().filter(|other| **other == width).count()
    };
    let by_name = if file_name.to_ascii_lowercase().ends_with(".csv") { b',' } else { b'\t' };
    let mut best = (by_name, score(by_name));
    for delimiter in [b',', b'\t', b';', b'|'] {
        let found = score(delimiter);
        if found > best.1 {
            best = (delimiter, found);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let sheet = read(bytes, "a.csv", &Limits::default()).unwrap();
        sheet.rows.into_iter().map(|(row, cells)| (row, cells.iter().map(Cell::text).collect())).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_rows() {
        let text = "姓名,班级\n张三,一(2)班\n欧阳㐀,二(1)班\n";
        let expected = rows(text.as_bytes());
        assert_eq!(expected[2], (3, vec!["欧阳㐀".to_owned(), "二(1)班".to_owned()]));
        let gb = GB18030.encode(text).0.into_owned();
        let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let with = |mark: &[u8], body: &[u8]| [mark, body].concat();
        for bytes in [
            with(b"\xEF\xBB\xBF", text.as_bytes()),
            gb.clone(),
            with(b"\x84\x31\x95\x33", &gb), // GB18030 has a mark of its own
            with(b"\xEF\xBB\xBF", &gb),     // and programs that put the wrong one
            with(b"\xFF\xFE", &wide(u16::to_le_bytes)),
            with(b"\xFE\xFF", &wide(u16::to_be_bytes)),
            wide(u16::to_le_bytes),
        ] {
            assert_eq!(rows(&bytes), expected);
        }
    }

    #[test]
    fn a_short_gb18030_text_is_not_taken_for_utf_8() {
        let gb = GB18030.encode("一,一\n").0.into_owned();
        assert!(std::str::from_utf8(&gb).is_ok());
        assert_eq!(rows(&gb), [(1, vec!["一".to_owned(), "一".to_owned()])]);
    }

    #[test]
    fn rows_are_numbered_as_excel_shows_them() {
        let found = rows(b"a,b\r\n\r\n\"x\r\ny\",2\r\n\r\nz,3\r\n");
        assert_eq!(found.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(rows(b"a,b\rc,d\r").len(), 2);
        assert_eq!(rows(b"sep=;\na;b\nc;d\n"), [(2, vec!["a".into(), "b".into()]), (3, vec!["c".into(), "d".into()])]);
    }

    #[test]
    fn delimiters_and_wrappers_are_seen_through() {
        for text in ["a,b,\"=\"\"007\"\"\"\nc,d,\t8\n", "a\tb\t=\"007\"\nc\td\t8\n", "a;b;007\nc;d;8\n"] {
            assert_eq!(rows(text.as_bytes()), [(1, vec!["a".into(), "b".into(), "007".into()]), (2, vec!["c".into(), "d".into(), "8".into()])]);
        }
    }

    #[test]
    fn a_lonely_quotation_mark_names_its_row() {
        let text = format!("姓名,班级\n张三,1\n\"李四,2\n{}", "王五,3\n".repeat(400));
        assert_eq!(read(text.as_bytes(), "a.csv", &Limits::default()), Err(FileError::Quote { row: 3 }));
    }

    #[test]
    fn a_text_that_is_too_long_is_never_cut_within_a_character() {
        for name in ["张三", "欧阳三", "张三上"] {
            for text in [format!("姓名,班级\n{}", format!("{name},1\n").repeat(100)), format!("姓名,班,\n{}", format!("{name},12\n").repeat(100))]
            {
                let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
                for bytes in [text.clone().into_bytes(), GB18030.encode(&text).0.into_owned(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)] {
                    for lines in 3..9 {
                        let (head, cut) = first_lines(&bytes, lines);
                        let read = decode(head).unwrap();
                        assert!(cut && text.starts_with(&*read), "{read}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_million_rows_are_counted_not_read() {
        let text = "张三,1\n".repeat(1_000_000);
        let sheet = read(text.as_bytes(), "a.csv", &Limits::default()).unwrap();
        assert!(sheet.too_many_rows);
        assert_eq!(sheet.rows.len(), super::super::sheet::HEAD_ROWS);
    }
}
