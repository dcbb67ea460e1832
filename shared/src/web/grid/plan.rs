//! A pasted block laid over a grid: by place, or under a head of its own, whose titles are matched to fields as those of a file are.
//!
//! Pure: nothing is judged and nothing looked up here. A block of one cell over several marked rows is filling, and the page's own business.

use super::lines::Line;
use crate::{
    import::table::{Candidate, match_columns},
    locale::{self, Lang},
};
use std::collections::BTreeMap;

/// Codes of columns that say whose a row is.
const WHOSE: [&str; 4] = ["_student", "_id_no", "_id_no_2", "_name"];

/// A row as a block leaves it: which row of the grid, or a new one, and its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// Index of the grid's row; `None`: a new one.
    pub(super) line: Option<usize>,
    /// The child named in the block; empty if none is.
    pub(super) child: String,
    /// Record named in the block; empty if none is.
    pub(super) record: String,
    /// Field → text. Empty cells are there: a cell pasted empty empties the cell.
    pub(super) cells: BTreeMap<String, String>,
    /// More than one row of the grid belongs to this child.
    pub(super) several: bool,
    /// Its line in the block, counted from 1.
    pub(super) number: usize,
}

/// A block laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Its rows.
    pub(super) rows: Vec<Placed>,
    /// Its first line is a head.
    pub(super) head: bool,
    /// Titles of the head that fit no field.
    pub(super) ignored: Vec<String>,
    /// Columns of the block beside the grid's last: number in the block, and what stands in it first.
    pub(super) beside: Vec<(usize, String)>,
}

impl Plan {
    /// The columns that have no place, as a person is told of them.
    pub(super) fn beside(&self, lang: Lang) -> Vec<String> {
        let column = |number: &usize| locale::text(lang, "web-grid-column", &[("value", &number.to_string())]);
        self.beside.iter().map(|(number, text)| format!("{} {text}", column(number))).collect()
    }
}

/// Where a block is laid.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    /// Row of the grid.
    pub(super) row: usize,
    /// Column: 0 is the child's, where there is one to name.
    pub(super) column: usize,
}

/// Lays `block` over the grid. `columns`: field codes in order, a first `_child` where rows are children's.
#[must_use]
pub(super) fn lay(block: &[Vec<String>], columns: &[&str], lines: &[Line], candidates: &[Candidate<'_>], at: At) -> Plan {
    let head = block.first().map(|line| match_columns(line, candidates)).filter(|matched| {
        let filled = block.first().map_or(0, |line| line.iter().filter(|cell| !cell.trim().is_empty()).count());
        block.len() > 1 && matched.columns.len() * 2 > filled && (matched.columns.len() >= 2 || filled == 1)
    });
    match head {
        Some(matched) => {
            let rows = block.iter().enumerate().skip(1).filter(|(_, line)| line.iter().any(|cell| !cell.trim().is_empty()));
            let keyed = matched.columns.iter().any(|(_, code)| code == "_id" || WHOSE.contains(&code.as_str()));
            let placed = rows.enumerate().map(|(number, (at_line, line))| {
                let mut row = Placed { number: at_line + 1, ..Placed::default() };
                for (place, code) in &matched.columns {
                    let text = line.get(*place).map(|text| text.trim().to_owned()).unwrap_or_default();
                    match code.as_str() {
                        "_id" => row.record = text,
                        code if WHOSE.contains(&code) && row.child.is_empty() => row.child = text,
                        code if WHOSE.contains(&code) => {}
                        // What the grid does not show is not written through it.
                        code if columns.contains(&code) => {
                            row.cells.insert(code.to_owned(), text);
                        }
                        _ => {}
                    }
                }
                find(&mut row, lines, if keyed { None } else { Some(at.row + number) });
                row
            });
            let mut ignored = matched.ignored.clone();
            let unshown = |code: &str| !code.starts_with('_') && !columns.contains(&code);
            ignored.extend(matched.columns.iter().filter(|(_, code)| unshown(code)).filter_map(|(place, _)| block.first()?.get(*place).cloned()));
            Plan { rows: placed.collect(), head: true, ignored, beside: Vec::new() }
        }
        None => by_place(block, columns, lines, at),
    }
}

fn by_place(block: &[Vec<String>], columns: &[&str], lines: &[Line], at: At) -> Plan {
    let width = block.iter().map(Vec::len).max().unwrap_or(0);
    let rows = block.iter().enumerate().map(|(number, line)| {
        let mut row = Placed { number: number + 1, ..Placed::default() };
        for (offset, text) in line.iter().enumerate() {
            match columns.get(at.column + offset) {
                Some(&"_child") => text.trim().clone_into(&mut row.child),
                Some(code) => {
                    row.cells.insert((*code).to_owned(), text.trim().to_owned());
                }
                None => {}
            }
        }
        let place = at.row + number;
        row.line = (place < lines.len()).then_some(place);
        row
    });
    let first = |column: usize| block.iter().filter_map(|line| line.get(column)).map(|text| text.trim()).find(|text| !text.is_empty());
    // An empty column on the right loses nothing.
    let beside = (columns.len().saturating_sub(at.column)..width).filter_map(|column| Some((column + 1, first(column)?.chars().take(20).collect())));
    Plan { beside: beside.collect(), rows: rows.collect(), head: false, ignored: Vec::new() }
}

/// The row of the grid a row of the block belongs to: by record, by child, or by place.
fn find(row: &mut Placed, lines: &[Line], place: Option<usize>) {
    if !row.record.is_empty() {
        row.line = lines.iter().position(|line| line.key == row.record);
        return;
    }
    if let Some(place) = place {
        row.line = (place < lines.len()).then_some(place);
        return;
    }
    let wanted: String = row.child.split_whitespace().collect();
    let mine = |line: &&(usize, &Line)| !wanted.is_empty() && (line.1.child.0 == wanted || line.1.student == wanted);
    let all: Vec<(usize, &Line)> = lines.iter().enumerate().collect();
    let found: Vec<usize> = all.iter().filter(mine).map(|(at, _)| *at).collect();
    row.several = found.len() > 1;
    row.line = if let [one] = found.as_slice() { Some(*one) } else { None };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let line = |key: &str, name: &str| Line { key: key.into(), child: (name.into(), String::new()), ..Line::default() };
        vec![line("care_log:1", "王小明"), line("care_log:2", "李小红"), line("care_log:3", "李小红")]
    }

    fn candidates() -> Vec<Candidate<'static>> {
        let of = |code, zh, en| Candidate { code, zh, en };
        vec![
            of("minutes", "时长", "Minutes"),
            of("kind", "关爱方式", "Kind"),
            of("_name", "姓名", "Name"),
            of("_id", "记录号", "Record id"),
            of("secret", "心理", "Secret"),
        ]
    }

    fn block(text: &str) -> Vec<Vec<String>> {
        crate::import::block::parse(text)
    }

    #[test]
    fn a_block_without_a_head_lies_where_it_was_put_and_makes_new_rows_beyond_the_end() {
        let plan = lay(&block("30\t家访\n40\t电话\n50\t家访\tx"), &["_child", "minutes", "kind"], &lines(), &candidates(), At { row: 1, column: 1 });
        assert_eq!((plan.head, plan.beside.as_slice()), (false, [(3, "x".to_owned())].as_slice()), "what has no place is named");
        assert_eq!(plan.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(plan.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [Some(1), Some(2), None]);
        assert_eq!(plan.rows[0].cells, BTreeMap::from([("minutes".into(), "30".into()), ("kind".into(), "家访".into())]));
        let plan = lay(&block("赵小刚\t30"), &["_child", "minutes", "kind"], &lines(), &candidates(), At { row: 3, column: 0 });
        assert_eq!((plan.rows[0].child.as_str(), plan.rows[0].line), ("赵小刚", None));
    }

    #[test]
    fn a_head_is_matched_to_fields_and_rows_to_children_and_records() {
        let text = "姓 名\t时长\t备考\n王小明\t30\tx\n李小红\t40\ty\n\t\t\n赵小刚\t50\t\n";
        let plan = lay(&block(text), &["_child", "minutes", "kind"], &lines(), &candidates(), At { row: 0, column: 0 });
        assert_eq!((plan.head, plan.ignored.as_slice()), (true, ["备考".to_owned()].as_slice()));
        let found: Vec<_> = plan.rows.iter().map(|row| (row.child.as_str(), row.line, row.several)).collect();
        assert_eq!(found, [("王小明", Some(0), false), ("李小红", None, true), ("赵小刚", None, false)]);
        let plan = lay(&block("记录号\t时长\ncare_log:3\t9\n"), &["_child", "minutes"], &lines(), &candidates(), At { row: 0, column: 0 });
        assert_eq!(plan.rows[0].line, Some(2), "a record's own number decides between two of a child");
        assert_eq!(plan.rows[0].number, 2, "lines are counted with the head");
    }

    #[test]
    fn what_the_grid_does_not_show_is_not_written_through_it() {
        let plan = lay(&block("姓名\t心理\t时长\n王小明\t秘密\t30\n"), &["_child", "minutes"], &lines(), &candidates(), At { row: 0, column: 0 });
        assert_eq!(plan.ignored, ["心理"]);
        assert_eq!(plan.rows[0].cells, BTreeMap::from([("minutes".into(), "30".into())]));
    }
}
