//! A pasted block laid over a grid: by place, or under a head of its own, whose titles are matched to fields as those of a file are.
//!
//! Pure: nothing is judged and nothing looked up here. A block of one cell over several marked rows is filling, and the page's own business.

use super::{
    heads::{Heads, WHOSE},
    lines::Line,
};
use crate::{
    import::table::Matched,
    locale::{self, Lang},
};
use std::collections::{BTreeMap, BTreeSet};

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
    /// A further new record of a child whose new row is taken: index of that row. It opens one more.
    pub(super) again: Option<usize>,
    /// Why it has no place: `several` rows of the grid belong to this child, or the one that does is taken by an earlier line (`twice`); empty: it has one.
    pub(super) trouble: &'static str,
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
    /// Which columns are not written, as a person is told; empty: all are.
    pub(super) fn lost(&self, lang: Lang) -> String {
        let column = |number: &usize| locale::text(lang, "web-grid-column", &[("value", &number.to_string())]);
        let beside = self.beside.iter().map(|(number, text)| format!("{} {text}", column(number)));
        let all: Vec<String> = self.ignored.iter().cloned().chain(beside).collect();
        if all.is_empty() {
            return String::new();
        }
        let key = if self.head { "web-grid-lost" } else { "web-grid-beside" };
        locale::text(lang, key, &[("value", &all.join(if lang == Lang::Zh { "、" } else { ", " }))])
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
pub(super) fn lay(block: &[Vec<String>], columns: &[&str], lines: &[Line], heads: &Heads, at: At) -> Plan {
    match heads.read(block, lines) {
        Some(matched) => by_head(block, columns, lines, &matched, at),
        None => by_place(block, columns, lines, at),
    }
}

fn by_head(block: &[Vec<String>], columns: &[&str], lines: &[Line], matched: &Matched, at: At) -> Plan {
    let [first, body @ ..] = block else { return Plan::default() };
    let rows = body.iter().enumerate().filter(|(_, line)| line.iter().any(|cell| !cell.trim().is_empty()));
    let keyed = matched.columns.iter().any(|(_, code)| WHOSE.contains(&code.as_str()));
    let mut taken = BTreeSet::new();
    let placed = rows.enumerate().map(|(number, (below, line))| {
        let mut row = Placed { number: below + 2, ..Placed::default() };
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
        find(&mut row, lines, if keyed { None } else { Some(at.row + number) }, &mut taken);
        row
    });
    let placed = placed.collect();
    let value = |place: usize| body.iter().filter_map(|line| line.get(place)).map(|text| text.trim()).find(|text| !text.is_empty());
    let used = |place: usize| matched.columns.iter().any(|(at, code)| *at == place && (code.starts_with('_') || columns.contains(&code.as_str())));
    let head = |place: usize| first.get(place).map_or("", |text| text.trim());
    let width = block.iter().map(Vec::len).max().unwrap_or(0);
    // A column with nothing in it loses nothing.
    let lost: Vec<(usize, &str)> = (0..width).filter(|place| !used(*place)).filter_map(|place| Some((place, value(place)?))).collect();
    let (named, bare): (Vec<_>, Vec<_>) = lost.into_iter().partition(|(place, _)| !head(*place).is_empty());
    Plan {
        rows: placed,
        head: true,
        ignored: named.into_iter().map(|(place, _)| head(place).split_whitespace().collect::<Vec<_>>().join(" ")).collect(),
        beside: bare.into_iter().map(|(place, text)| (place + 1, text.chars().take(20).collect())).collect(),
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

/// The row of the grid a row of the block belongs to: by record, by child, or by place. No two rows of a block become one: the second of a child opens another new row where
/// rows are new, and has no place where it would write over the first.
fn find(row: &mut Placed, lines: &[Line], place: Option<usize>, taken: &mut BTreeSet<usize>) {
    let found: Vec<usize> = if !row.record.is_empty() {
        lines.iter().position(|line| line.key == row.record).into_iter().collect()
    } else if let Some(place) = place {
        (place < lines.len()).then_some(place).into_iter().collect()
    } else {
        let wanted: String = row.child.split_whitespace().collect();
        let mine = |line: &Line| !wanted.is_empty() && (line.child.0 == wanted || line.student == wanted);
        lines.iter().enumerate().filter(|(_, line)| mine(line)).map(|(at, _)| at).collect()
    };
    let line = |at: &usize| lines.get(*at);
    let new = found.iter().filter_map(line).all(|line| !line.is_record() && line.key.len() > 1);
    let same = found.windows(2).all(|two| matches!(two, [a, b] if line(a).map(|l| &l.key) == line(b).map(|l| &l.key)));
    let free = found.iter().find(|at| !taken.contains(*at)).copied();
    match (found.as_slice(), free) {
        ([], _) => {}
        ([_], Some(at)) => row.line = Some(at),
        ([first, ..], free) if new && same => match free {
            Some(at) => row.line = Some(at),
            None => row.again = Some(*first),
        },
        ([_], None) => row.trouble = "twice",
        _ => row.trouble = "several",
    }
    taken.extend(row.line);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> Vec<Line> {
        let line = |key: &str, name: &str| Line { key: key.into(), child: (name.into(), String::new()), ..Line::default() };
        vec![line("care_log:1", "王小明"), line("care_log:2", "李小红"), line("care_log:3", "李小红")]
    }

    fn heads() -> Heads {
        let catalogue = crate::ledger::Catalogue::embedded();
        Heads::of(&catalogue, catalogue.latest("care_log").unwrap())
    }

    fn block(text: &str) -> Vec<Vec<String>> {
        crate::import::block::parse(text)
    }

    #[test]
    fn a_block_without_a_head_lies_where_it_was_put_and_makes_new_rows_beyond_the_end() {
        let plan = lay(&block("30\t家访\n40\t电话\n50\t家访\tx"), &["_child", "minutes", "kind"], &lines(), &heads(), At { row: 1, column: 1 });
        assert_eq!((plan.head, plan.beside.as_slice()), (false, [(3, "x".to_owned())].as_slice()), "what has no place is named");
        assert_eq!(plan.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(plan.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [Some(1), Some(2), None]);
        assert_eq!(plan.rows[0].cells, BTreeMap::from([("minutes".into(), "30".into()), ("kind".into(), "家访".into())]));
        let plan = lay(&block("赵小刚\t30"), &["_child", "minutes", "kind"], &lines(), &heads(), At { row: 3, column: 0 });
        assert_eq!((plan.rows[0].child.as_str(), plan.rows[0].line), ("赵小刚", None));
    }

    #[test]
    fn a_head_is_matched_to_fields_and_rows_to_children_and_records() {
        let text = "姓 名\t时长\t备考\n王小明\t30\tx\n李小红\t40\ty\n\t\t\n赵小刚\t50\t\n";
        let plan = lay(&block(text), &["_child", "minutes", "kind"], &lines(), &heads(), At { row: 0, column: 0 });
        assert_eq!((plan.head, plan.ignored.as_slice()), (true, ["备考".to_owned()].as_slice()));
        let found: Vec<_> = plan.rows.iter().map(|row| (row.child.as_str(), row.line, row.trouble)).collect();
        assert_eq!(found, [("王小明", Some(0), ""), ("李小红", None, "several"), ("赵小刚", None, "")]);
        let plan = lay(&block("记录号\t时长\ncare_log:3\t9\n"), &["_child", "minutes"], &lines(), &heads(), At { row: 0, column: 0 });
        assert_eq!(plan.rows[0].line, Some(2), "a record's own number decides between two of a child");
        assert_eq!(plan.rows[0].number, 2, "lines are counted with the head");
    }

    #[test]
    fn what_the_grid_does_not_show_is_not_written_through_it() {
        let plan = lay(&block("姓名\t心理辅导内容\t时长\n王小明\t秘密\t30\n"), &["_child", "minutes"], &lines(), &heads(), At { row: 0, column: 0 });
        assert_eq!(plan.ignored, ["心理辅导内容"]);
        assert_eq!(plan.rows[0].cells, BTreeMap::from([("minutes".into(), "30".into())]));
    }

    #[test]
    fn a_second_line_about_one_child_opens_another_new_row_and_never_takes_the_place_of_the_first() {
        let new = |key: &str, name: &str| Line { key: key.into(), child: (name.into(), String::new()), student: key[1..].into(), ..Line::default() };
        let lines = vec![new("+a", "谭娟波"), new("+b", "王小明")];
        let text = "姓名\t时长\n谭娟波\t1\n谭娟波\t2\n王小明\t3\n谭娟波\t4\n";
        let placed = |lines: &[Line]| {
            let plan = lay(&block(text), &["_child", "minutes"], lines, &heads(), At { row: 0, column: 0 });
            plan.rows.iter().map(|row| (row.line, row.again, row.trouble)).collect::<Vec<_>>()
        };
        assert_eq!(placed(&lines), [(Some(0), None, ""), (None, Some(0), ""), (Some(1), None, ""), (None, Some(0), "")]);
        // Pasted over the rows that came of it, they are filled again, one each.
        let more = [lines, vec![new("+a", "谭娟波"), new("+a", "谭娟波")]].concat();
        assert_eq!(placed(&more), [(Some(0), None, ""), (Some(2), None, ""), (Some(1), None, ""), (Some(3), None, "")]);
        let records = vec![Line { key: "care_log:1".into(), child: ("谭娟波".into(), String::new()), ..Line::default() }];
        let found = placed(&records);
        assert_eq!((found[0], found[1]), ((Some(0), None, ""), (None, None, "twice")), "a record is written once");
    }

    #[test]
    fn what_stands_under_no_head_is_named() {
        let plan = lay(&block("姓名\t\t备考\n王小明\t家访\t\n"), &["_child", "minutes"], &lines(), &heads(), At { row: 0, column: 0 });
        assert_eq!((plan.beside.as_slice(), plan.ignored.len()), ([(2, "家访".to_owned())].as_slice(), 0), "an empty column loses nothing");
    }
}
