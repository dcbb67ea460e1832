//! Out to a spreadsheet and back: what was not touched is never written, what somebody changed here meanwhile is never reverted, and refused rows come back corrected.
//!
//! Long as it is, this is one room: the same workbook goes out and comes back in every test.

use super::county::{Real, Town, id_number, set, year};
use crate::{
    command::{
        execute,
        request::{Request, SubjectRef},
    },
    import::{Cell, Limits, Sheet, own::Mark, read_sheets},
    ledger::{
        Authority, Catalogue, Definition, FieldType,
        definition::{Form, Subject},
    },
    locale::Lang,
    replica::browse::{Row, Wanted},
    web::{
        account::{Account, Role},
        export, giveback,
    },
};
use base64::Engine as _;
use rust_xlsxwriter::Workbook;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn person() -> Account {
    Account {
        id: 1,
        login: "w".into(),
        name: "王".into(),
        roles: Role::ALL.into_iter().collect(),
        classes: Vec::new(),
        must_change: false,
        disabled: false,
    }
}

pub(super) fn ask(node: &Real, request: Request) -> Json {
    node.settle();
    execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).unwrap()
}

pub(super) fn exported(node: &Real, ledger: &str, lang: Lang) -> Vec<u8> {
    node.settle();
    let replica = node.replica();
    let definition = replica.definition(ledger).unwrap();
    let rows = replica.page(&definition, &Wanted { limit: 10_000, ..Wanted::default() }).unwrap().rows;
    let made = export::Made {
        at: replica.clock().now().to_string(),
        school: super::county::SCHOOL.into(),
        year: Some(year().start()),
        names: export::named(replica, &definition, &rows, lang),
        ..export::Made::default()
    };
    export::ledger(&replica.catalogue(), &definition, &person(), &rows, &made, lang).unwrap()
}

pub(super) fn import(node: &Real, ledger: &str, bytes: &[u8], take: &[&str]) -> Json {
    let bytes = base64::engine::general_purpose::STANDARD.encode(bytes);
    let take = take.iter().map(|cell| (*cell).to_owned()).collect();
    ask(
        node,
        Request::ImportLedger {
            code: ledger.into(),
            file: "表.xlsx".into(),
            bytes,
            dry_run: false,
            year: None,
            by: Some("Li".into()),
            take,
            within: None,
            sheet: None,
        },
    )
}

/// Cells of the sheet a person sees, changed as an office program or a person does; the hidden sheets as they were.
pub(super) fn rewritten(bytes: &[u8], change: impl Fn(&mut Vec<(u32, Vec<Cell>)>)) -> Vec<u8> {
    let mut sheets = read_sheets(bytes, "a.xlsx", &Limits::default()).unwrap();
    let shown = sheets.iter_mut().find(|sheet| !sheet.hidden).unwrap();
    change(&mut shown.rows);
    write(&sheets)
}

pub(super) fn write(sheets: &[Sheet]) -> Vec<u8> {
    let mut book = Workbook::new();
    for sheet in sheets {
        let page = book.add_worksheet();
        page.set_name(&sheet.name).unwrap().set_very_hidden(sheet.hidden);
        for (row, cells) in &sheet.rows {
            for (at, cell) in (0u16..).zip(cells) {
                match cell {
                    Cell::Empty | Cell::Bad(_) => {}
                    Cell::Number(number) => drop(page.write_number(row - 1, at, *number).unwrap()),
                    Cell::Bool(yes) => drop(page.write_boolean(row - 1, at, *yes).unwrap()),
                    other => drop(page.write_string(row - 1, at, other.text()).unwrap()),
                }
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// What Excel and WPS make of a table that is opened, sorted and saved: numbers where a text looks like one, serials where it looks like a date, no empty cells.
fn office(rows: &mut [(u32, Vec<Cell>)], but: &[usize]) {
    for (_, cells) in rows.iter_mut().skip(1) {
        for (_, cell) in cells.iter_mut().enumerate().filter(|(at, _)| !but.contains(at)) {
            let text = cell.text();
            if let Ok(day) = text.parse::<jiff::civil::Date>() {
                let days = (day - jiff::civil::date(1899, 12, 30)).get_days();
                *cell = Cell::Number(f64::from(days));
            } else if let Ok(number) = text.parse::<f64>().map(|n| n + 0.0)
                && text.len() < 12
                && !text.starts_with('0')
            {
                *cell = Cell::Number(number);
            }
        }
    }
    let numbers: Vec<u32> = rows.iter().skip(1).map(|(row, _)| *row).collect();
    rows[1..].reverse();
    for ((row, _), number) in rows.iter_mut().skip(1).zip(numbers) {
        *row = number;
    }
}

/// A record with something in every field that the school fills; the id to take it back by.
fn filled(node: &Real, definition: &Definition, child: &str, n: usize) -> Option<String> {
    let replica = node.replica();
    let catalogue = replica.catalogue();
    let value = |field: &crate::ledger::definition::Field| -> Option<String> {
        Some(match field.kind {
            FieldType::Text => format!("=文字 {n}"),
            FieldType::Long => format!("第一行\n第二行 {n}"),
            FieldType::Int | FieldType::Dec1 | FieldType::Pct => "12".into(),
            FieldType::Money => "12.50".into(),
            FieldType::Bool => "true".into(),
            FieldType::Date => "2025-10-20".into(),
            FieldType::Month => "2025-10".into(),
            FieldType::Time => "08:05".into(),
            FieldType::Phone => "19900000000".into(),
            FieldType::Choice => catalogue.options(definition, field)?.choices.first()?.code.clone(),
            FieldType::Flags => catalogue.options(definition, field)?.choices.iter().take(2).map(|c| c.code.clone()).collect::<Vec<_>>().join(","),
            FieldType::Person => "李老师".into(),
            FieldType::School if field.code == "from" => super::county::SCHOOL.into(),
            FieldType::School => super::county::OTHER_SCHOOL.into(),
            FieldType::Idno => id_number(u16::try_from(50 + n).unwrap()),
            _ => return None,
        })
    };
    let ours = |field: &&crate::ledger::definition::Field| {
        field.authority.is_none_or(|side| side == Authority::School) && !definition.derive.contains(&field.code)
    };
    let mut words: BTreeMap<String, String> = definition.fields.iter().filter(ours).filter_map(|f| Some((f.code.clone(), value(f)?))).collect();
    words.insert("note".into(), "备注".into());
    let subject = (definition.subject == Subject::Student).then(|| SubjectRef::Student(child.to_owned()));
    for _ in 0..20 {
        let request = Request::RecordAdd {
            ledger: definition.code.clone(),
            subject: subject.clone(),
            year: Some(year().start()),
            set: words.clone(),
            by: Some("王".into()),
        };
        match execute::execute(replica, request, "test", Lang::Zh, &mut |_| ()) {
            Ok(done) => return Some(done["undo"].as_str().unwrap().to_owned()),
            Err(fault) => {
                let before = words.len();
                for part in std::iter::once(&fault).chain(&fault.details) {
                    if let Some((_, code)) = part.args.iter().find(|(name, _)| name == "field") {
                        words.remove(code);
                    }
                }
                if words.len() == before {
                    words.pop_last()?;
                }
            }
        }
    }
    None
}

#[test]
fn inv_what_was_exported_and_not_edited_writes_nothing_for_every_ledger() {
    let town = Town::new(21, 1);
    let node = town.node(1);
    let children: Vec<String> = (1..3).map(|n| node.child(&format!("学生{n}"), &id_number(n))).collect();
    let catalogue = node.replica().catalogue();
    let (mut seen, mut empty) = (0, Vec::new());
    for definition in catalogue.iter_latest().filter(|d| d.may_write(Authority::School)) {
        let mut made = Vec::new();
        if definition.form == Form::Records {
            made = children.iter().enumerate().filter_map(|(n, child)| filled(node, definition, child, n)).collect();
            if made.is_empty() {
                empty.push(definition.code.clone());
                continue;
            }
        }
        for lang in [Lang::Zh, Lang::En] {
            let book = exported(node, &definition.code, lang);
            let before = node.answers();
            let shown = read_sheets(&book, "a.xlsx", &Limits::default()).unwrap();
            let heads: Vec<String> = shown[0].rows[0].1.iter().map(Cell::text).collect();
            // Numbers of identity are text and stay so: what Excel rounds is refused, not guessed.
            let texts: Vec<usize> =
                heads.iter().enumerate().filter(|(_, head)| ["记录号", "Record id"].contains(&head.as_str())).map(|(at, _)| at).collect();
            for (what, bytes) in [("as it is", book.clone()), ("saved by an office program", rewritten(&book, |rows| office(rows, &texts)))] {
                let said = import(node, &definition.code, &bytes, &[]);
                assert_eq!(
                    (&said["changed"], &said["rejected"], &said["conflicts"]),
                    (&json!(0), &json!(0), &json!(0)),
                    "{} {lang:?} {what}: {said}",
                    definition.code
                );
            }
            assert_eq!(node.answers(), before, "{}", definition.code);
            seen += 1;
        }
        for batch in made {
            let back = ask(node, Request::Undo { batch, by: None });
            assert_eq!((&back["undone"], &back["kept"]), (&json!(1), &json!(0)), "what was just made is taken back: {} {back}", definition.code);
        }
    }
    assert_eq!(empty, Vec::<String>::new(), "of every ledger there was something to export");
    assert!(seen > 60, "{seen}");
}

#[test]
fn inv_a_row_of_any_ledger_given_back_and_mended_is_taken_and_no_column_of_it_is_lost() {
    let town = Town::new(29, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let catalogue = node.replica().catalogue();
    let mut seen = 0;
    for definition in catalogue.iter_latest().filter(|d| d.may_write(Authority::School)) {
        let code = &definition.code;
        let made = (definition.form == Form::Records).then(|| filled(node, definition, &child, 1).unwrap_or_else(|| panic!("{code}")));
        for lang in [Lang::Zh, Lang::En] {
            let book = exported(node, code, lang);
            let shown = |book: &[u8]| read_sheets(book, "a.xlsx", &Limits::default()).unwrap().remove(0).rows;
            let (heads, row) = (shown(&book)[0].1.clone(), shown(&book)[1].1.clone());
            // Date and note of the record stand last.
            let (on, note) = (heads.len() - 2, heads.len() - 1);
            let put = |book: &[u8], at: usize, to: Cell| {
                rewritten(book, |rows| {
                    let cells = &mut rows[1].1;
                    cells.resize(cells.len().max(heads.len()), Cell::Empty);
                    cells[at] = to.clone();
                })
            };
            let broken = put(&put(&book, note, Cell::Text(format!("改过的备注 {lang:?}"))), on, Cell::Text("不是日期".into()));
            let said = import(node, code, &broken, &[]);
            assert_eq!((&said["changed"], &said["rejected"]), (&json!(0), &json!(1)), "{code} {lang:?}: {said}");
            // Twice: what was given back before is given back as it was.
            let once = giveback::workbook(&broken, "表.xlsx", &mark(code), &said, lang).unwrap();
            let again = giveback::workbook(&once, "退回-表.xlsx", &mark(code), &import(node, code, &once, &[]), lang).unwrap();
            for back in [&once, &again] {
                let (had, rows) = (shown(&broken), shown(back));
                assert_eq!(rows[0].1.len(), heads.len() + 3, "{code} {lang:?}: our columns stand behind its own");
                for (given, sent) in rows.iter().zip(&had) {
                    assert_eq!(given.1[..heads.len()], sent.1[..], "{code} {lang:?}");
                }
            }
            let said = import(node, code, &put(&again, on, row.get(on).cloned().unwrap_or(Cell::Empty)), &[]);
            assert_eq!((&said["changed"], &said["rejected"], &said["conflicts"]), (&json!(1), &json!(0), &json!(0)), "{code} {lang:?}: {said}");
            let moved: Vec<&Json> = said["rows"][0]["cells"].as_array().unwrap().iter().map(|cell| &cell["field"]).collect();
            assert_eq!(moved, [&json!("note")], "{code} {lang:?}: nothing else is written");
            ask(node, Request::Undo { batch: said["batch"].as_str().unwrap().into(), by: None });
            seen += 1;
        }
        if let Some(batch) = made {
            ask(node, Request::Undo { batch, by: None });
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn every_number_is_exported_as_one_and_amounts_with_fen_too() {
    let catalogue = Catalogue::embedded();
    let mut seen = std::collections::BTreeSet::new();
    for definition in catalogue.iter_latest() {
        let numbers: Vec<_> = definition.fields.iter().filter(|field| field.kind.is_number()).collect();
        let fields = numbers.iter().map(|field| (field.code.clone(), crate::document::view::Value::Int(5_250))).collect();
        let row = Row { id: "x".into(), fields, ..Row::default() };
        let book = export::ledger(&catalogue, definition, &person(), &[row], &export::Made::default(), Lang::Zh).unwrap();
        let sheets = read_sheets(&book, "a.xlsx", &Limits::default()).unwrap();
        // The hidden sheet says which column is whose.
        let codes = &sheets.iter().find(|sheet| sheet.name == "_huxue").unwrap().rows[1].1;
        for field in numbers {
            let wanted = match field.kind {
                FieldType::Money => 52.5,
                FieldType::Dec1 => 525.0,
                FieldType::Pct => 0.525,
                _ => 5_250.0,
            };
            let Some(at) = codes.iter().position(|cell| cell.text() == field.code) else { continue };
            assert_eq!(sheets[0].rows[1].1[at], Cell::Number(wanted), "{}.{}", definition.code, field.code);
            seen.insert(format!("{:?}", field.kind));
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

pub(super) fn care(node: &Real, child: &str, minutes: &str) -> String {
    let subject = Some(SubjectRef::Student(child.to_owned()));
    let words = set(&[("kind", "visit"), ("minutes", minutes), ("on", "2025-10-20"), ("note", "老")]);
    ask(node, Request::RecordAdd { ledger: "care_log".into(), subject, year: None, set: words, by: None })["record"].as_str().unwrap().to_owned()
}

pub(super) fn value(node: &Real, record: &str, field: &str) -> Json {
    ask(node, Request::RecordShow { record: record.into() })["fields"][field].clone()
}

/// Writes into the cell of a record under a head.
pub(super) fn edit(rows: &mut [(u32, Vec<Cell>)], record: &str, head: &str, to: Cell) {
    let at = rows[0].1.iter().position(|cell| cell.text() == head).unwrap();
    let row = rows.iter_mut().find(|(_, cells)| cells[0].text() == record).unwrap();
    row.1.resize(row.1.len().max(at + 1), Cell::Empty);
    row.1[at] = to;
}

#[test]
fn what_both_sides_changed_since_the_export_is_shown_and_stays_until_somebody_chooses() {
    let town = Town::new(22, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let (one, two, three) = (care(node, &child, "30"), care(node, &child, "31"), care(node, &child, "32"));
    let book = exported(node, "care_log", Lang::Zh);
    ask(node, Request::RecordSet { record: one.clone(), set: set(&[("minutes", "40"), ("note", "新")]), by: None });
    let file = rewritten(&book, |rows| {
        edit(rows, &one, "时长", Cell::Number(50.0));
        edit(rows, &two, "时长", Cell::Number(60.0));
        edit(rows, &two, "备注", Cell::Empty);
        rows.retain(|(_, cells)| cells[0].text() != three);
        let last = rows.last().unwrap().0;
        let mut cells = vec![Cell::Empty; 8];
        let at = |head: &str, rows: &[(u32, Vec<Cell>)]| rows[0].1.iter().position(|cell| cell.text() == head).unwrap();
        cells[at("姓名", rows)] = Cell::Text("王小明".into());
        cells[at("关爱方式", rows)] = Cell::Text("家访".into());
        rows.push((last + 1, cells));
    });
    let said = import(node, "care_log", &file, &[]);
    assert_eq!((&said["changed"], &said["rejected"], &said["conflicts"], &said["left_out"]), (&json!(2), &json!(0), &json!(1), &json!(1)), "{said}");
    let row = said["rows"].as_array().unwrap().iter().find(|row| !row["conflicts"].as_array().unwrap_or(&Vec::new()).is_empty()).unwrap();
    let cell = &row["conflicts"][0];
    assert_eq!((&cell["base"], &cell["here"], &cell["file"]), (&json!("30"), &json!("40"), &json!("50")));
    assert_eq!((value(node, &one, "minutes"), value(node, &one, "note")), (json!(40), json!("新")), "what is newer here is not reverted");
    assert_eq!((value(node, &two, "minutes"), value(node, &two, "note")), (json!(60), Json::Null), "an emptied cell empties");
    assert_eq!(value(node, &three, "minutes"), 32, "a deleted row voids nothing");

    let take = format!("{}:minutes", row["row"]);
    let said = import(node, "care_log", &file, &[&take]);
    assert_eq!(said["changed"], 1, "only what was chosen: {said}");
    assert_eq!((value(node, &one, "minutes"), value(node, &one, "note")), (json!(50), json!("新")));
    let back = ask(node, Request::Undo { batch: said["batch"].as_str().unwrap().into(), by: None });
    assert_eq!((&back["undone"], value(node, &one, "minutes")), (&json!(1), json!(40)));
}

#[test]
fn a_record_referred_to_is_exported_by_its_name_and_read_back_by_it() {
    let town = Town::new(24, 1);
    let node = town.node(1);
    let activity = |title: &str| node.replica().add("activity", None, None, &set(&[("title", title), ("kind", "other")]), None).unwrap().record;
    let (outing, lesson) = (activity("春游"), activity("安全课"));
    // Two of one name: which is meant nobody can say.
    activity("运动会");
    let games = activity("运动会");
    let child = node.child("王小明", &id_number(1));
    let log = |activity: &str| node.record("care_log", &child, &[("kind", "visit"), ("with", "child"), ("activity", activity)]).unwrap();
    let (one, two) = (log(&outing), log(&games));
    let book = exported(node, "care_log", Lang::Zh);
    let (mut column, mut name) = (0, String::new());
    let changed = |text: &str| {
        rewritten(&book, |rows| {
            let at = rows[0].1.iter().position(|cell| cell.text() == "所属活动").unwrap();
            let row = rows.iter_mut().find(|(_, cells)| cells[0].text() == one).unwrap();
            row.1[at] = Cell::Text(text.to_owned());
        })
    };
    for sheet in read_sheets(&book, "a.xlsx", &Limits::default()).unwrap().iter().filter(|sheet| !sheet.hidden) {
        column = sheet.rows[0].1.iter().position(|cell| cell.text() == "所属活动").unwrap();
        name = sheet.rows.iter().find(|(_, cells)| cells[0].text() == one).unwrap().1[column].text();
    }
    assert!(name.contains("春游") && !name.contains("activity:"), "{name}, in column {column}");
    let points_to = |record: &str| node.replica().locate(record).unwrap().fields["activity"].clone();
    let text = |id: &str| crate::document::view::Value::Str(id.to_owned());
    let untouched = import(node, "care_log", &book, &[]);
    assert_eq!((&untouched["changed"], points_to(&two)), (&json!(0), text(&games)), "a name of two, left alone, changes nothing: {untouched}");
    import(node, "care_log", &changed(&name.replace("春游", "安全课")), &[]);
    assert_eq!(points_to(&one), text(&lesson));
    let unclear = import(node, "care_log", &changed(&name.replace("春游", "运动会")), &[]);
    assert_eq!(points_to(&one), text(&lesson), "refused, not guessed: {unclear}");
}

#[test]
fn a_workbook_of_another_ledger_is_not_taken() {
    let town = Town::new(23, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    care(node, &child, "30");
    let bytes = base64::engine::general_purpose::STANDARD.encode(exported(node, "care_log", Lang::Zh));
    let request = Request::ImportLedger {
        code: "pairing_event".into(),
        file: "a.xlsx".into(),
        bytes,
        dry_run: true,
        year: None,
        by: None,
        take: Vec::new(),
        within: None,
        sheet: None,
    };
    assert_eq!(execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).unwrap_err().code, "import-other-ledger");
}

pub(super) fn roster(node: &Real, bytes: &[u8], dry_run: bool) -> Json {
    let bytes = base64::engine::general_purpose::STANDARD.encode(bytes);
    ask(node, Request::ImportRoster { file: "名册.xlsx".into(), bytes, dry_run, sheet: None, by: None, this_school: false })
}

#[test]
fn refused_rows_go_back_are_corrected_where_they_stand_and_are_taken_and_nothing_is_doubled() {
    let town = Town::new(24, 1);
    let node = town.node(1);
    let messy = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/roster-messy.xlsx")).unwrap();
    let first = roster(node, &messy, false);
    let (accepted, rejected) = (first["accepted"].as_u64().unwrap(), first["rejected"].as_u64().unwrap());
    assert!(accepted > 50 && rejected > 5);
    let children = || node.rows("SELECT id FROM record WHERE ledger = 'enrolment' AND void = 0").len() as u64;
    assert_eq!(children(), accepted);
    let mut book = giveback::workbook(&messy, "名册.xlsx", &mark("roster"), &first, Lang::Zh).unwrap();
    let again = roster(node, &book, true);
    // A row that repeated a child who was taken is nobody new.
    let twice = whys(&first).iter().filter(|why| why.contains("duplicate-row")).count() as u64;
    assert_eq!(
        (&again["changed"], &again["rejected"]),
        (&json!(0), &json!(rejected - twice)),
        "sent again as it is, the same rows are refused: {again}"
    );
    assert_eq!(whys(&again), whys(&first).into_iter().filter(|why| !why.contains("duplicate-row")).collect::<Vec<_>>(), "for the same reasons");
    let rejected = rejected - twice;

    // The first refused row that lacks something is mended; the others go back a second time.
    let at = again["columns"]["id_no"].as_u64().map(|at| usize::try_from(at).unwrap()).unwrap();
    let row = again["rows"].as_array().unwrap().iter().find(|row| row["fields"] == json!(["id_no"])).unwrap()["row"].as_u64().unwrap();
    book = rewritten(&book, |rows| {
        let cells = &mut rows.iter_mut().find(|(number, _)| u64::from(*number) == row).unwrap().1;
        let birth = again["columns"]["birth"].as_u64().map(|at| usize::try_from(at).unwrap());
        cells[at] = Cell::Text(id_number(77));
        for place in birth.into_iter().chain(again["columns"]["sex"].as_u64().map(|at| usize::try_from(at).unwrap())) {
            cells[place] = Cell::Empty;
        }
    });
    let third = roster(node, &book, false);
    assert_eq!((&third["accepted"], &third["changed"], &third["rejected"]), (&json!(1 + twice), &json!(1), &json!(rejected - 1)), "{third}");
    assert_eq!(children(), accepted + 1, "nobody is doubled");
    let book = giveback::workbook(&book, "退回-名册.xlsx", &mark("roster"), &third, Lang::Zh).unwrap();
    let sheets = read_sheets(&book, "a.xlsx", &Limits::default()).unwrap();
    let heads = sheets[0].rows.iter().flat_map(|(_, cells)| cells).filter(|cell| cell.text() == "为什么退回").count();
    assert_eq!(heads, 1, "given back twice, the reasons stand there once");
    assert_eq!(roster(node, &book, true)["rejected"], json!(rejected - 1));
    assert_eq!(giveback::name("退回-名册.xlsx", Lang::Zh), "退回-名册.xlsx");
}

pub(super) fn mark(ledger: &str) -> Mark {
    Mark {
        ledger: ledger.into(),
        at: "2025-10-20T02:00:00Z".into(),
        school: super::county::SCHOOL.into(),
        year: Some(year().start()),
        ..Mark::default()
    }
}

/// Reasons without the row numbers they name.
fn whys(said: &Json) -> Vec<String> {
    said["rows"].as_array().unwrap().iter().filter(|row| row["accept"] == false).map(|row| row["why"].to_string()).collect()
}

#[test]
fn refused_rows_of_a_ledger_keep_what_the_export_knew() {
    let town = Town::new(25, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let (one, two) = (care(node, &child, "30"), care(node, &child, "31"));
    let file = rewritten(&exported(node, "care_log", Lang::Zh), |rows| {
        edit(rows, &one, "时长", Cell::Text("很久".into()));
        edit(rows, &two, "时长", Cell::Number(35.0));
    });
    let said = import(node, "care_log", &file, &[]);
    assert_eq!((&said["changed"], &said["rejected"]), (&json!(1), &json!(1)));
    ask(node, Request::RecordSet { record: one.clone(), set: set(&[("note", "新")]), by: None });
    let back = giveback::workbook(&file, "表.xlsx", &mark("care_log"), &said, Lang::Zh).unwrap();
    let mended = rewritten(&back, |rows| edit(rows, &one, "时长", Cell::Number(45.0)));
    let said = import(node, "care_log", &mended, &[]);
    assert_eq!((&said["changed"], &said["rejected"], &said["conflicts"]), (&json!(1), &json!(0), &json!(0)), "{said}");
    assert_eq!((value(node, &one, "minutes"), value(node, &one, "note"), value(node, &two, "minutes")), (json!(45), json!("新"), json!(35)));
}

#[test]
fn a_roster_is_taken_back_whole() {
    let town = Town::new(26, 1);
    let node = town.node(1);
    let messy = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/roster-messy.xlsx")).unwrap();
    let said = roster(node, &messy, false);
    let back = ask(node, Request::Undo { batch: said["batch"].as_str().unwrap().into(), by: None });
    assert_eq!((&back["undone"], &back["kept"]), (&said["changed"], &json!(0)), "{back}");
}
