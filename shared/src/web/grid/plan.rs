//! A pasted block laid over a grid: by place, or under a head of its own, whose titles are matched to fields as those of a file are.
//!
//! Where a paste begins says what is meant: from a row that is new on its lines are new records, from a record on they go to the records of the children they name. A record's own
//! number says it for its line, and of the children's own files there is one each.
//! Invariant: of a paste that begins in a new row no line goes to a record because of the child it names.
//!
//! Pure: nothing is judged and nothing looked up here. A block of one cell over several marked rows is filling, and the page's own business.

use super::{
    heads::{Heads, Key, plain},
    lines::Line,
};
use crate::{
    import::table::Matched,
    locale::{self, Lang},
    replica::browse::Pupil,
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
    /// A further record of a child: index of the row of the child below which it opens a new one.
    pub(super) again: Option<usize>,
    /// Why it has no place ([`super::trouble`]): `several` rows of the grid belong to this child, or several children are called so (`namesakes`); the one row is taken by an earlier line (`twice`);
    /// what is said of whose it is does not fit one child (`differ`); the child is not in the grid (`away`), or none is named (`nobody`). Empty: it has one.
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

/// Lays `block` over the grid. `columns`: field codes in order, a first `_child` where rows are children's; `pupils`: the children in reach, with their numbers.
#[must_use]
pub(super) fn lay(block: &[Vec<String>], columns: &[&str], lines: &[Line], pupils: &[Pupil], heads: &Heads, at: At) -> Plan {
    match heads.read(block, lines) {
        Some(matched) => by_head(block, columns, &Rows { lines, pupils, heads, adds: adds(lines, heads, at) }, &matched, at),
        None => by_place(block, columns, lines, at),
    }
}

/// Whether a paste begins where there is no record yet, and a child may have another.
fn adds(lines: &[Line], heads: &Heads, at: At) -> bool {
    !heads.profile && lines.get(at.row).is_none_or(|line| !line.is_record())
}

fn by_head(block: &[Vec<String>], columns: &[&str], rows: &Rows<'_>, matched: &Matched, at: At) -> Plan {
    let [first, body @ ..] = block else { return Plan::default() };
    let filled = body.iter().enumerate().filter(|(_, line)| line.iter().any(|cell| !cell.trim().is_empty()));
    let keyed = matched.columns.iter().any(|(_, code)| rows.heads.key(code).is_some());
    let mut taken = BTreeSet::new();
    let placed = filled.enumerate().map(|(number, (below, line))| {
        let mut row = Placed { number: below + 2, ..Placed::default() };
        let (mut said, mut own) = (Vec::new(), Vec::new());
        for (place, code) in &matched.columns {
            let text = line.get(*place).map(|text| text.trim().to_owned()).unwrap_or_default();
            let key = rows.heads.key(code);
            if let Some(key) = key.filter(|_| !text.is_empty()) {
                said.push((key, text.clone()));
            }
            // What the grid does not show is not written through it.
            match key {
                Some(key) if columns.contains(&code.as_str()) => own.push((key, code.clone(), text)),
                None if columns.contains(&code.as_str()) => {
                    row.cells.insert(code.clone(), text);
                }
                _ => {}
            }
        }
        said.sort_by_key(|(key, _)| *key);
        let word = |wanted: &dyn Fn(Key) -> bool| said.iter().find(|(key, _)| wanted(*key)).map(|(_, text)| text.clone()).unwrap_or_default();
        (row.record, row.child) = (word(&|key| key == Key::Record), word(&|key| key != Key::Record));
        if keyed {
            rows.find(&mut row, &said, &mut taken);
        } else {
            row.line = Some(at.row + number).filter(|at| *at < rows.lines.len());
        }
        if !row.trouble.is_empty() {
            // As a person looks for it.
            row.child = said.iter().rev().find(|(key, _)| *key != Key::Record).map(|(_, text)| text.clone()).unwrap_or_default();
        }
        // Who the child is leads to its row. It is written only where it adds to what stands there, or the record's own number says which is meant.
        if let Some(line) = row.line.and_then(|at| rows.lines.get(at)) {
            let new = own.into_iter().filter(|(key, _, text)| !text.is_empty() && !rows.says(line, *key, text));
            row.cells.extend(new.map(|(_, code, text)| (code, text)));
        }
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

/// What a block under a head of its own is laid over.
struct Rows<'a> {
    lines: &'a [Line],
    pupils: &'a [Pupil],
    heads: &'a Heads,
    /// Lines are new records, unless a record's own number leads elsewhere.
    adds: bool,
}

impl Rows<'_> {
    /// The row of the grid a line of the block belongs to, by the strongest thing `said` of whose it is; the others must agree. No two lines become one: the second of a child
    /// opens another new row where rows are new, and has no place where it would write over the first.
    fn find(&self, row: &mut Placed, said: &[(Key, String)], taken: &mut BTreeSet<usize>) {
        let Some((by, mut found)) =
            said.iter().map(|(key, text)| (*key, self.of(*key, text))).find(|(key, found)| *key == Key::Record || !found.is_empty())
        else {
            // A new record says itself whose it is, or is asked.
            row.trouble = match said {
                [] if self.heads.profile => "nobody",
                _ if self.heads.profile => "away",
                _ if !self.is_one(said) => "differ",
                _ => "",
            };
            return;
        };
        let line = |at: &usize| self.lines.get(*at);
        let child = |at: &usize| line(at).map(|line| &line.student);
        let Some(first) = found.first().and_then(line) else { return };
        if !found.windows(2).all(|two| matches!(two, [a, b] if child(a) == child(b))) || by >= Key::Child && self.has_namesake(first, said) {
            row.trouble = "namesakes";
        } else if !said.iter().all(|(key, text)| self.agrees(first, by, *key, text)) {
            row.trouble = "differ";
        }
        if !row.trouble.is_empty() {
            return;
        }
        let own = found.first().copied();
        if self.adds && by != Key::Record {
            found.retain(|at| line(at).is_some_and(|line| !line.is_record()));
        }
        let new = found.iter().filter_map(line).all(|line| !line.is_record() && line.key.len() > 1);
        let same = found.windows(2).all(|two| matches!(two, [a, b] if line(a).map(|l| &l.key) == line(b).map(|l| &l.key)));
        let free = found.iter().find(|at| !taken.contains(*at)).copied();
        match (found.as_slice(), free) {
            // The child has records only: one more, among the empty rows, or below those where the grid has none.
            ([], _) => row.again = own.filter(|_| !self.lines.iter().any(Line::is_blank)),
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

    /// Rows of which this may be said.
    fn of(&self, key: Key, text: &str) -> Vec<usize> {
        self.lines.iter().enumerate().filter(|(_, line)| self.says(line, key, text)).map(|(at, _)| at).collect()
    }

    /// Whether this is what is known of whose a row is.
    fn says(&self, line: &Line, key: Key, text: &str) -> bool {
        match key {
            Key::Record => line.key == text,
            Key::Child => line.student == text || self.says(line, Key::Name, text),
            Key::Name => !line.child.0.is_empty() && plain(&line.child.0) == plain(text),
            key => self.pupil(line).is_some_and(|pupil| is(pupil, key, text)),
        }
    }

    fn pupil(&self, line: &Line) -> Option<&Pupil> {
        self.pupils.iter().find(|pupil| pupil.student == line.student)
    }

    /// Whether a row found `by` something may be the one of which this too is said: it is known of it, or nothing is known and it is nobody else's.
    fn agrees(&self, line: &Line, by: Key, key: Key, text: &str) -> bool {
        if key == Key::Record || self.says(line, key, text) || by == Key::Record && self.heads.profile {
            return true;
        }
        let known = |number: &Option<String>| number.as_deref().is_some_and(|number| !number.is_empty());
        let without = self.pupil(line).is_some_and(|pupil| match key {
            Key::Identity => !known(&pupil.id_no),
            Key::Number => !known(&pupil.student_no),
            _ => false,
        });
        without && !self.pupils.iter().any(|pupil| is(pupil, key, text))
    }

    /// Whether somebody else in the class is called so, and nothing but the name says who is meant.
    fn has_namesake(&self, line: &Line, said: &[(Key, String)]) -> bool {
        let alone = said.iter().all(|(key, text)| match key {
            Key::Name => true,
            Key::Child => line.student != *text,
            key => !self.says(line, *key, text),
        });
        let own = self.pupil(line).map(|pupil| (pupil.grade, pupil.class));
        let name = plain(&line.child.0);
        alone
            && self.pupils.iter().any(|pupil| pupil.student != line.student && Some((pupil.grade, pupil.class)) == own && plain(&pupil.name) == name)
    }

    /// Whether all that is said fits one child in reach, or none in reach.
    fn is_one(&self, said: &[(Key, String)]) -> bool {
        let fits = |pupil: &Pupil| said.iter().filter(|(key, text)| is(pupil, *key, text)).count();
        let best = self.pupils.iter().map(fits).max().unwrap_or(0);
        best == 0 || best == said.len()
    }
}

/// Whether this is said of a child.
fn is(pupil: &Pupil, key: Key, text: &str) -> bool {
    let number = |known: &Option<String>| known.as_deref().is_some_and(|known| !known.is_empty() && plain(known) == plain(text));
    match key {
        Key::Record => false,
        Key::Child => pupil.student == text || plain(&pupil.name) == plain(text),
        Key::Identity => number(&pupil.id_no),
        Key::Number => number(&pupil.student_no),
        Key::Name => plain(&pupil.name) == plain(text),
    }
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
        let plan = lay(&block("30\t家访\n40\t电话\n50\t家访\tx"), &["_child", "minutes", "kind"], &lines(), &[], &heads(), At { row: 1, column: 1 });
        assert_eq!((plan.head, plan.beside.as_slice()), (false, [(3, "x".to_owned())].as_slice()), "what has no place is named");
        assert_eq!(plan.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(plan.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [Some(1), Some(2), None]);
        assert_eq!(plan.rows[0].cells, BTreeMap::from([("minutes".into(), "30".into()), ("kind".into(), "家访".into())]));
        let plan = lay(&block("赵小刚\t30"), &["_child", "minutes", "kind"], &lines(), &[], &heads(), At { row: 3, column: 0 });
        assert_eq!((plan.rows[0].child.as_str(), plan.rows[0].line), ("赵小刚", None));
    }

    #[test]
    fn a_head_is_matched_to_fields_and_rows_to_children_and_records() {
        let text = "姓 名\t时长\t备考\n王小明\t30\tx\n李小红\t40\ty\n\t\t\n赵小刚\t50\t\n";
        let plan = lay(&block(text), &["_child", "minutes", "kind"], &lines(), &[], &heads(), At { row: 0, column: 0 });
        assert_eq!((plan.head, plan.ignored.as_slice()), (true, ["备考".to_owned()].as_slice()));
        let found: Vec<_> = plan.rows.iter().map(|row| (row.child.as_str(), row.line, row.trouble)).collect();
        assert_eq!(found, [("王小明", Some(0), ""), ("李小红", None, "several"), ("赵小刚", None, "")]);
        let plan = lay(&block("记录号\t时长\ncare_log:3\t9\n"), &["_child", "minutes"], &lines(), &[], &heads(), At { row: 0, column: 0 });
        assert_eq!(plan.rows[0].line, Some(2), "a record's own number decides between two of a child");
        assert_eq!(plan.rows[0].number, 2, "lines are counted with the head");
    }

    #[test]
    fn what_the_grid_does_not_show_is_not_written_through_it() {
        let plan =
            lay(&block("姓名\t心理辅导内容\t时长\n王小明\t秘密\t30\n"), &["_child", "minutes"], &lines(), &[], &heads(), At { row: 0, column: 0 });
        assert_eq!(plan.ignored, ["心理辅导内容"]);
        assert_eq!(plan.rows[0].cells, BTreeMap::from([("minutes".into(), "30".into())]));
    }

    #[test]
    fn a_second_line_about_one_child_opens_another_new_row_and_never_takes_the_place_of_the_first() {
        let new = |key: &str, name: &str| Line { key: key.into(), child: (name.into(), String::new()), student: key[1..].into(), ..Line::default() };
        let lines = vec![new("+a", "谭娟波"), new("+b", "王小明")];
        let text = "姓名\t时长\n谭娟波\t1\n谭娟波\t2\n王小明\t3\n谭娟波\t4\n";
        let placed = |lines: &[Line]| {
            let plan = lay(&block(text), &["_child", "minutes"], lines, &[], &heads(), At { row: 0, column: 0 });
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

    /// Where the lines of a block lie that is pasted with the cursor in `row`.
    fn begun(text: &str, lines: &[Line], row: usize) -> Vec<(Option<usize>, Option<usize>, &'static str)> {
        let plan = lay(&block(text), &["_child", "minutes"], lines, &[], &heads(), At { row, column: 0 });
        plan.rows.iter().map(|row| (row.line, row.again, row.trouble)).collect()
    }

    #[test]
    fn a_block_begun_in_an_empty_row_makes_new_records_and_changes_none() {
        let lines = [lines(), vec![Line { key: "+".into(), ..Line::default() }]].concat();
        let text = "姓名\t时长\n王小明\t30\n李小红\t40\n王小明\t50\n赵小刚\t60\n";
        assert_eq!(begun(text, &lines, 3), [(None, None, ""); 4]);
        assert_eq!(begun(text, &lines, 9), [(None, None, ""); 4], "below the last row too");
        let over = [(Some(0), None, ""), (None, None, "several"), (None, None, "twice"), (None, None, "")];
        assert_eq!(begun(text, &lines, 0), over, "from a record on records are meant");
        let numbered = "记录号\t姓名\t时长\ncare_log:3\t李小红\t40\n\t李小红\t50\n";
        assert_eq!(begun(numbered, &lines, 3), [(Some(2), None, ""), (None, None, "")], "a record's own number says which");
        assert_eq!(begun("时长\n30\n40\n", &lines, 3), [(Some(3), None, ""), (None, None, "")], "without names by place");
    }

    #[test]
    fn begun_in_a_childs_new_row_a_child_written_already_gets_another_row_below() {
        let line = |key: &str, name: &str, student: &str| Line {
            key: key.into(),
            child: (name.into(), String::new()),
            student: student.into(),
            ..Line::default()
        };
        let lines = [line("care_log:1", "谭娟波", "a"), line("+b", "王小明", "b")];
        assert_eq!(begun("姓名\t时长\n谭娟波\t1\n王小明\t2\n", &lines, 1), [(None, Some(0), ""), (Some(1), None, "")]);
    }

    #[test]
    fn of_the_childrens_own_files_there_is_one_each_wherever_a_paste_begins() {
        let (mut lines, pupils) = class();
        lines.push(Line { key: "+".into(), ..Line::default() });
        let catalogue = crate::ledger::Catalogue::embedded();
        let heads = Heads::of(&catalogue, catalogue.latest("enrolment").unwrap());
        let text = block("姓名\t监护人电话\n曹玲刚\t13800000001\n");
        let plan = lay(&text, &["name", "guardian_phone"], &lines, &pupils, &heads, At { row: 3, column: 0 });
        assert_eq!((plan.rows[0].line, plan.rows[0].trouble), (Some(0), ""));
    }

    #[test]
    fn what_stands_under_no_head_is_named() {
        let plan = lay(&block("姓名\t\t备考\n王小明\t家访\t\n"), &["_child", "minutes"], &lines(), &[], &heads(), At { row: 0, column: 0 });
        assert_eq!((plan.beside.as_slice(), plan.ignored.len()), ([(2, "家访".to_owned())].as_slice(), 0), "an empty column loses nothing");
    }

    /// 曹玲刚 and two children called 罗欣英, the second in another class.
    fn class() -> (Vec<Line>, Vec<Pupil>) {
        let pupil = |student: &str, name: &str, number: &str, class: i64| Pupil {
            student: student.into(),
            name: name.into(),
            student_no: Some(format!("G{number}")).filter(|_| !number.is_empty()),
            id_no: Some(number.into()),
            grade: Some(4),
            class: Some(class),
            ..Pupil::default()
        };
        let pupils = vec![
            pupil("a", "曹玲刚", "529901201606120012", 1),
            pupil("b", "罗欣英", "52990120160612004x", 1),
            pupil("c", "罗欣英", "529901201603020032", 2),
            pupil("d", "彭英", "", 1),
        ];
        let in_class = pupils.iter().filter(|pupil| pupil.class == Some(1));
        let line = |pupil: &Pupil| Line {
            key: format!("enrolment:{}", pupil.student),
            child: (pupil.name.clone(), String::new()),
            student: pupil.student.clone(),
            ..Line::default()
        };
        (in_class.map(line).collect(), pupils)
    }

    fn profile(text: &str, pupils: &[Pupil], lines: &[Line]) -> Vec<(Option<usize>, &'static str, Vec<String>)> {
        let catalogue = crate::ledger::Catalogue::embedded();
        let heads = Heads::of(&catalogue, catalogue.latest("enrolment").unwrap());
        let plan = lay(&block(text), &["name", "id_no", "student_no", "guardian_phone"], lines, pupils, &heads, At { row: 0, column: 0 });
        plan.rows.into_iter().map(|row| (row.line, row.trouble, row.cells.into_keys().collect())).collect()
    }

    #[test]
    fn in_the_profile_ledger_a_line_goes_to_its_child_and_never_renames_another() {
        let (lines, pupils) = class();
        let phone = || vec!["guardian_phone".to_owned()];
        for head in ["姓名", "学籍号", "证件号码", "身份证号"] {
            let (one, other) = match head {
                "姓名" => ("罗 欣英", "曹玲刚"),
                "学籍号" => ("G52990120160612004X", "g529901201606120012"),
                _ => ("52990120160612004X", "529901201606120012"),
            };
            let laid = profile(&format!("{head}\t监护人电话\n{one}\t13800000001\n{other}\t13800000002"), &pupils, &lines);
            assert_eq!(laid, [(Some(1), "", phone()), (Some(0), "", phone())], "{head}");
        }
        let laid = |text: &str| profile(text, &pupils, &lines).remove(0);
        assert_eq!(laid("姓名\t监护人电话\n王小明\t1").1, "away");
        assert_eq!(laid("姓名\t监护人电话\n\t1").1, "nobody");
        assert_eq!(laid("学籍号\t姓名\t监护人电话\nG529901201606120012\t罗欣英\t1").1, "differ");
        assert_eq!(laid("姓名\t学籍号\t监护人电话\n罗欣英\tG529901201603020032\t1").1, "differ", "her namesake's in the other class");
        let named = laid("记录号\t姓名\t监护人电话\nenrolment:a\t曹玲钢\t1");
        assert_eq!((named.0, named.2), (Some(0), vec!["guardian_phone".to_owned(), "name".to_owned()]), "a change, and seen as one");
        let number = laid("姓名\t学籍号\n彭英\tG529901201603020033");
        assert_eq!((number.0, number.2), (Some(2), vec!["student_no".to_owned()]), "a number that was not known yet is filled in");
        let twice = profile("姓名\t监护人电话\n曹玲刚\t1\n曹玲刚\t2", &pupils, &lines);
        assert_eq!((twice[0].1, twice[1].1), ("", "twice"));
    }

    #[test]
    fn of_two_children_of_one_name_in_a_class_neither_is_taken_unless_a_number_says_which() {
        let (mut lines, mut pupils) = class();
        pupils[2].class = Some(1);
        let laid = |text: &str, lines: &[Line]| profile(text, &pupils, lines).remove(0);
        assert_eq!(laid("姓名\t监护人电话\n罗欣英\t1", &lines).1, "namesakes", "also where the list shows one of them");
        assert_eq!(laid("姓名\t证件号码\t监护人电话\n罗欣英\t52990120160612004X\t1", &lines).0, Some(1));
        lines.push(Line { key: "enrolment:c".into(), child: ("罗欣英".into(), String::new()), student: "c".into(), ..Line::default() });
        assert_eq!(laid("姓名\t监护人电话\n罗欣英\t1", &lines).1, "namesakes");
        assert_eq!(laid("姓名\t学籍号\t监护人电话\n罗欣英\tG529901201603020032\t1", &lines).0, Some(3));
    }

    #[test]
    fn a_new_record_whose_name_and_number_are_two_childrens_is_laid_nowhere() {
        let (_, pupils) = class();
        let lines: Vec<Line> = pupils
            .iter()
            .take(1)
            .map(|p| Line { key: format!("+{}", p.student), child: (p.name.clone(), String::new()), student: p.student.clone(), ..Line::default() })
            .collect();
        let laid = |text: &str| {
            let row = lay(&block(text), &["_child", "minutes"], &lines, &pupils, &heads(), At { row: 0, column: 0 }).rows.remove(0);
            (row.line, row.child, row.trouble)
        };
        assert_eq!(laid("学籍号\t时长\nG529901201606120012\t30"), (Some(0), "G529901201606120012".into(), ""));
        assert_eq!(laid("姓名\t学籍号\t时长\n曹玲刚\tG52990120160612004X\t30").2, "differ");
        assert_eq!(laid("姓名\t学籍号\t时长\n彭英\tG52990120160612004X\t30").2, "differ");
        assert_eq!(laid("姓名\t学籍号\t时长\n罗欣英\tG52990120160612004X\t30"), (None, "G52990120160612004X".into(), ""));
    }
}
