//! For a terminal: borders, double-width Chinese aligned, numbers to the right.

use super::{ColumnType, Labels, Lang, Reader};
use crate::report::run::Answer;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};

/// The answer as text, ending in a line break. `width` is the terminal's; `None` lets lines be as long as they are.
#[must_use]
pub fn table(answer: &Answer, lang: Lang, labels: &dyn Labels, width: Option<u16>) -> String {
    let reader = Reader { answer, lang, labels };
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED).force_no_tty();
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(answer.columns.iter().map(|column| reader.head(column)));
    for row in &answer.rows {
        table.add_row(answer.columns.iter().zip(row).map(|(column, cell)| {
            let text = plain(&reader.cell(row, column, cell));
            if let Some(name) = reader.referred(column, cell) {
                return lang.beside(&plain(&name), &text);
            }
            // A document id is told by its first digits, as commands take it.
            if column.kind == ColumnType::Student { text.chars().take(8).collect() } else { text }
        }));
    }
    for (at, column) in answer.columns.iter().enumerate() {
        if let (ColumnType::Int | ColumnType::Money | ColumnType::Pct | ColumnType::Dec1, Some(shown)) = (column.kind, table.column_mut(at)) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut lines = vec![reader.title(&answer.title).to_owned()];
    lines.extend(reader.asked());
    lines.push(if answer.rows.is_empty() { reader.text("report-empty", &[]) } else { table.to_string() });
    lines.extend(reader.notes().iter().map(|note| plain(note)));
    lines.join("\n") + "\n"
}

/// What a person typed must not steer the terminal that shows it.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
