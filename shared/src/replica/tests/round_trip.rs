//! Out to a spreadsheet and back: what was not touched is never written, what somebody changed here meanwhile is never reverted, and refused rows come back corrected.

use super::county::{Real, Town, id_number, set, year};
use crate::{
    command::{
        execute,
        request::{Request, SubjectRef},
    },
    import::{Cell, Limits, Sheet, own::Mark, read_sheets},
    ledger::{
        Authority, Definition, FieldType,
        definition::{Form, Subject},
    },
    locale::Lang,
    replica::browse::Wanted,
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

fn ask(node: &Real, request: Request) -> Json {
    node.settle();
    execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).unwrap()
}

fn exported(node: &Real, ledger: &str, lang: Lang) -> Vec<u8> {
    node.settle();
    let replica = node.replica();
    let definition = replica.definition(ledger).unwrap();
    let rows = replica.page(&definition, &Wanted { limit: 10_000, ..Wanted::default() }).unwrap().rows;
    let made = export::Made { at: replica.clock().now().to_string(), school: super::county::SCHOOL.into(), year: Some(year().start()) };
    export::ledger(&replica.catalogue(), &definition, &person(), &rows, &made, lang).unwrap()
}

fn import(node: &Real, ledger: &str, bytes: &[u8], take: &[&str]) -> Json {
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
        },
    )
}

/// Cells of the sheet a person sees, changed as an office program or a person does; the hidden sheets as they were.
fn rewritten(bytes: &[u8], change: impl Fn(&mut Vec<(u32, Vec<Cell>)>)) -> Vec<u8> {
    let mut sheets = read_sheets(bytes, "a.xlsx", &Limits::default()).unwrap();
    let shown = sheets.iter_mut().find(|sheet| !sheet.hidden).unwrap();
    change(&mut shown.rows);
    write(&sheets)
}

fn write(sheets: &[Sheet]) -> Vec<u8> {
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
            FieldType::Int | FieldType::Dec1 | FieldType::Money | FieldType::Pct => "12".into(),
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

fn care(node: &Real, child: &str, minutes: &str) -> String {
    let subject = Some(SubjectRef::Student(child.to_owned()));
    let words = set(&[("kind", "visit"), ("minutes", minutes), ("on", "2025-10-20"), ("note", "老")]);
    ask(node, Request::RecordAdd { ledger: "care_log".into(), subject, year: None, set: words, by: None })["record"].as_str().unwrap().to_owned()
}

fn value(node: &Real, record: &str, field: &str) -> Json {
    ask(node, Request::RecordShow { record: record.into() })["fields"][field].clone()
}

/// Writes into the cell of a record under a head.
fn edit(rows: &mut [(u32, Vec<Cell>)], record: &str, head: &str, to: Cell) {
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
    };
    assert_eq!(execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).unwrap_err().code, "import-other-ledger");
}

fn roster(node: &Real, bytes: &[u8], dry_run: bool) -> Json {
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
    let heads = sheets[0].rows.iter().flat_map(|(_, cells)| cells).filter(|cell| cell.text() == "退回原因").count();
    assert_eq!(heads, 1, "given back twice, the reasons stand there once");
    assert_eq!(roster(node, &book, true)["rejected"], json!(rejected - 1));
    assert_eq!(giveback::name("退回-名册.xlsx", Lang::Zh), "退回-名册.xlsx");
}

fn mark(ledger: &str) -> Mark {
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

#[test]
fn two_rows_about_one_record_are_both_refused_and_name_each_other() {
    let town = Town::new(27, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let (one, two) = (care(node, &child, "30"), care(node, &child, "31"));
    let file = rewritten(&exported(node, "care_log", Lang::Zh), |rows| {
        edit(rows, &two, "时长", Cell::Number(50.0));
        let copy = rows.iter().find(|(_, cells)| cells[0].text() == one).unwrap().1.clone();
        rows.push((9, copy));
        edit(rows, &one, "时长", Cell::Number(60.0));
    });
    let said = import(node, "care_log", &file, &[]);
    assert_eq!((&said["accepted"], &said["rejected"], &said["changed"]), (&json!(1), &json!(2), &json!(1)), "{said}");
    let refused: Vec<&Json> = said["rows"].as_array().unwrap().iter().filter(|row| row["accept"] == false).collect();
    for row in &refused {
        assert_eq!(row["why"], "import-row-record-twice");
        assert!(refused.iter().all(|other| row["message"].as_str().unwrap().contains(&other["row"].to_string())), "{row}");
        assert_eq!(row["label"], "王小明 · 三年级1班", "and whose they are");
    }
    assert_eq!((value(node, &one, "minutes"), value(node, &two, "minutes")), (json!(30), json!(50)), "neither wins");
}

/// A table of a school's own making: rows have no ids.
fn table(rows: &[&str]) -> Vec<u8> {
    format!("身份证件号,日期,关爱方式,时长\n{}\n", rows.join("\n")).into_bytes()
}

#[test]
fn inv_a_row_given_back_is_one_record_whatever_is_corrected_in_it_later_and_whatever_the_file_is_called() {
    let town = Town::new(28, 1);
    let node = town.node(1);
    node.child("王小明", &id_number(1));
    let number = id_number(1);
    let (good, bad) = (format!("{number},2025-10-20,家访,30"), format!("{number},2025-10-21,家访,很久"));
    let first = table(&[&good, &bad, &format!("{number},2025-10-22,散步,20")]);
    let said = import(node, "care_log", &first, &[]);
    assert_eq!((&said["changed"], &said["rejected"]), (&json!(1), &json!(2)), "{said}");
    let records = || node.rows("SELECT id FROM record WHERE ledger = 'care_log' AND void = 0").len();
    let minutes = || node.rows("SELECT json_extract(fields, '$.minutes') FROM record WHERE ledger = 'care_log' AND void = 0 ORDER BY 1");
    let book = giveback::workbook(&first, "三月.csv", &mark("care_log"), &said, Lang::Zh).unwrap();
    assert_eq!(import(node, "care_log", &book, &[])["ignored_columns"], json!([]), "our own columns are known");

    let with = |book: &[u8], day: &str, head: &str, to: &str| {
        rewritten(book, |rows| {
            let at = rows[0].1.iter().position(|cell| cell.text() == head).unwrap();
            let day_at = rows[0].1.iter().position(|cell| cell.text() == "日期").unwrap();
            rows.iter_mut().find(|(_, cells)| cells[day_at].text() == day).unwrap().1[at] = Cell::Text(to.into());
        })
    };
    let mended = with(&book, "2025-10-21", "时长", "40");
    let said = import(node, "care_log", &mended, &[]);
    assert_eq!((&said["changed"], &said["rejected"], records()), (&json!(1), &json!(1), 2), "{said}");
    let back = giveback::workbook(&mended, "随便什么.xlsx", &mark("care_log"), &said, Lang::Zh).unwrap();
    assert_eq!(mark_of(&back).file, "三月.csv", "whose rows these are does not hang on a name");

    // The first book again, with the second row mended too and the first corrected once more.
    let again = with(&with(&mended, "2025-10-22", "关爱方式", "家访"), "2025-10-21", "时长", "45");
    let said = import(node, "care_log", &again, &[]);
    assert_eq!((&said["changed"], &said["rejected"], records()), (&json!(2), &json!(0), 3), "{said}");
    assert_eq!(minutes(), ["Integer(20)", "Integer(30)", "Integer(45)"]);
    assert!(said["rows"].to_string().contains("import-row-taken-before"));
    // And the book that was given back of it, and the file it all came from, corrected where it stood.
    let twice = with(&back, "2025-10-22", "关爱方式", "家访");
    assert_eq!(import(node, "care_log", &twice, &[])["changed"], 0);
    let original = table(&[&good, &format!("{number},2025-10-21,家访,40"), &format!("{number},2025-10-22,家访,20")]);
    let said = import(node, "care_log", &original, &[]);
    assert_eq!((&said["changed"], records()), (&json!(0), 3), "nothing taken before is doubled: {said}");
    assert!(said["rows"].to_string().contains("import-row-there"), "and it is said");

    // What somebody changed here meanwhile is not reverted by a row that says what it said.
    let page = node.replica().page(&node.replica().definition("care_log").unwrap(), &Wanted { limit: 10, ..Wanted::default() }).unwrap();
    let record = page.rows.into_iter().find(|row| serde_json::to_value(&row.fields["minutes"]).unwrap() == 45).unwrap().id;
    ask(node, Request::RecordSet { record: record.clone(), set: set(&[("minutes", "60")]), by: None });
    let said = import(node, "care_log", &again, &[]);
    assert_eq!((value(node, &record, "minutes"), records()), (json!(60), 3), "{said}");
}

fn mark_of(book: &[u8]) -> Mark {
    crate::import::own::recognise(book, "", &Limits::default()).unwrap().unwrap()
}

#[test]
fn an_export_says_whose_each_row_is_and_a_row_under_another_childs_name_is_refused() {
    let town = Town::new(29, 1);
    let node = town.node(1);
    let (ming, hong) = (node.child("王小明", &id_number(1)), node.child("赵小红", &id_number(2)));
    let (one, two) = (care(node, &ming, "30"), care(node, &hong, "31"));
    let book = exported(node, "care_log", Lang::Zh);
    let sheets = read_sheets(&book, "a.xlsx", &Limits::default()).unwrap();
    assert_eq!(sheets[0].name, node.replica().definition("care_log").unwrap().title.zh);
    let heads: Vec<String> = sheets[0].rows[0].1.iter().take(3).map(Cell::text).collect();
    assert_eq!(heads, ["记录号", "姓名", "班级"]);
    assert_eq!(
        mark_of(&book),
        Mark { ledger: "care_log".into(), school: super::county::SCHOOL.into(), year: Some(year().start()), ..mark_of(&book) },
        "and what it is"
    );

    // Sorted by the column of names alone.
    let torn = rewritten(&book, |rows| {
        edit(rows, &one, "姓名", Cell::Text("赵小红".into()));
        edit(rows, &two, "姓名", Cell::Text("王小明".into()));
        edit(rows, &two, "时长", Cell::Number(50.0));
    });
    let said = import(node, "care_log", &torn, &[]);
    assert_eq!((&said["rejected"], &said["changed"]), (&json!(2), &json!(0)), "{said}");
    assert_eq!(said["rows"][0]["why"], "import-row-other-child");

    let moved = rewritten(&book, |rows| edit(rows, &one, "班级", Cell::Text("四年级1班".into())));
    let said = import(node, "care_log", &moved, &[]);
    assert_eq!((&said["accepted"], &said["changed"]), (&json!(2), &json!(0)));
    assert!(said["rows"].to_string().contains("import-row-class-kept"), "a class typed here is said not to be taken: {said}");

    // Renamed here since the export: the old name is no other child's.
    ask(node, Request::RecordSet { record: ming, set: set(&[("name", "王晓明")]), by: None });
    assert_eq!(import(node, "care_log", &book, &[])["rejected"], 0);
}

#[test]
fn inv_a_class_teachers_file_reaches_the_own_classes_and_tells_nothing_of_others() {
    let town = Town::new(30, 1);
    let node = town.node(1);
    let (own, other) = (node.child("王小明", &id_number(1)), node.child("赵小红", &id_number(2)));
    node.correct(&other, &[("class", "2")]);
    let (mine, theirs) = (care(node, &own, "30"), care(node, &other, "31"));
    let within = |text: &str| {
        let bytes = base64::engine::general_purpose::STANDARD.encode(text);
        let take = Vec::new();
        let code = "care_log".into();
        ask(node, Request::ImportLedger { code, file: "表.csv".into(), bytes, dry_run: true, year: None, by: None, take, within: Some(vec![(3, 1)]) })
    };
    let said = within(&format!(
        "记录号,姓名,日期,关爱方式,时长\n{mine},王小明,2025-10-20,家访,35\n{theirs},赵小红,2025-10-20,家访,36\ncare_log:01ARZ3NDEKTSV4RRFFQ69G5FAV,某某,2025-10-20,家访,36\n{},王小明,2025-10-20,家访,35\n,王小明,2025-10-23,家访,5\n,赵小红,2025-10-23,家访,5\n,没有人,2025-10-23,家访,5\n{other},赵小红,2025-10-20,家访,36\n",
        &mine[..14]
    ));
    assert_eq!((&said["accepted"], &said["rejected"]), (&json!(2), &json!(6)), "{said}");
    let refused: Vec<&Json> = said["rows"].as_array().unwrap().iter().filter(|row| row["accept"] == false).collect();
    let sentences: std::collections::BTreeSet<String> =
        refused.iter().map(|row| format!("{}{}{}", row["why"], row["message"], row["details"])).collect();
    assert_eq!(sentences.len(), 1, "a child elsewhere and no child at all are one and the same: {sentences:?}");
    assert!(sentences.iter().all(|text| text.contains("import-row-not-in-classes") && text.contains("不是您班上的学生")));
}

#[test]
fn a_roster_of_another_school_is_written_only_when_somebody_says_that_it_is_this_ones() {
    let town = Town::new(31, 1);
    let node = town.node(1);
    let clean = std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/roster-clean.xlsx")).unwrap();
    let request = |bytes: &[u8], this_school: bool, dry_run: bool| {
        let bytes = base64::engine::general_purpose::STANDARD.encode(bytes);
        Request::ImportRoster { file: "名册.xlsx".into(), bytes, dry_run, sheet: None, by: None, this_school }
    };
    let doubts = |said: &Json| said["doubts"].as_array().unwrap().iter().map(|doubt| doubt["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(doubts(&ask(node, request(&clean, false, true))), ["roster-doubt-code"], "its rows name school 5299010002");
    let fault = execute::execute(node.replica(), request(&clean, false, false), "test", Lang::Zh, &mut |_| ()).unwrap_err();
    assert_eq!((fault.code.as_ref(), fault.details.len()), ("roster-other-school", 1));
    assert!(node.rows("SELECT id FROM record WHERE ledger = 'enrolment'").is_empty(), "nothing was written");
    assert_eq!(ask(node, request(&clean, true, false))["changed"], 120);
    assert_eq!(ask(node, request(&clean, false, false))["changed"], 0, "what is there already needs nobody's word");

    let letter = |n: u16| char::from_u32(0x4E00 + u32::from(n)).unwrap();
    // Without codes: by the children, whom nobody here knows.
    let strangers: String = (1..=20).map(|n| format!("李{},{},三年级,8班\n", letter(n), id_number(200 + n))).collect();
    let said = ask(node, request(format!("姓名,身份证号,年级,班级\n{strangers}").as_bytes(), false, true));
    assert_eq!(doubts(&said), ["roster-doubt-children", "roster-doubt-classes"], "{said}");
    let juniors: String = (1..=20).map(|n| format!("李{},{},九年级,1班\n", letter(n), id_number(200 + n))).collect();
    assert_eq!(doubts(&ask(node, request(format!("姓名,身份证号,年级,班级\n{juniors}").as_bytes(), false, true))), ["roster-doubt-grades"]);
    let few = format!("姓名,身份证号,年级,班级\n李一,{},三年级,8班\n", id_number(201));
    assert!(doubts(&ask(node, request(few.as_bytes(), false, true))).is_empty(), "one child who came is no other school's roster");
}

#[test]
fn refused_rows_of_a_roster_say_whose_they_are_and_changes_are_shown_as_a_person_reads_them() {
    let town = Town::new(32, 1);
    let node = town.node(1);
    node.child("王小明", &id_number(1));
    let csv = format!("姓名,身份证号,年级,班级,是否寄宿\n赵小红,52990120171028999,三年级,三(2)班,寄宿\n王小明,{},三年级,1班,走读\n", id_number(1));
    let said = roster(node, csv.as_bytes(), true);
    assert_eq!((&said["rows"][0]["accept"], &said["rows"][0]["label"]), (&json!(false), &json!("赵小红 · 三(2)班")), "{said}");
    let cell = said["rows"][1]["cells"].as_array().unwrap().iter().find(|cell| cell["field"] == "boarding").cloned().unwrap();
    assert_eq!((&cell["from"], &cell["to"]), (&json!(""), &json!("走读")), "titles, not codes");
    let added = format!("身份证件号,关爱方式,时长\n{},visit,30\n", id_number(1));
    let said = import(node, "care_log", added.as_bytes(), &[]);
    assert!(said["rows"][0]["cells"].to_string().contains("家访") && !said["rows"][0]["cells"].to_string().contains("visit"), "{said}");
}

#[test]
fn a_workbook_of_another_school_is_not_taken() {
    let town = Town::new(33, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    care(node, &child, "30");
    let book = exported(node, "care_log", Lang::Zh);
    let mut sheets = read_sheets(&book, "a.xlsx", &Limits::default()).unwrap();
    let hidden = sheets.iter_mut().find(|sheet| sheet.name == "_huxue").unwrap();
    hidden.rows[0].1[3] = Cell::Text("5299010002".into());
    let bytes = base64::engine::general_purpose::STANDARD.encode(write(&sheets));
    let request = Request::ImportLedger {
        code: "care_log".into(),
        file: "a.xlsx".into(),
        bytes,
        dry_run: true,
        year: None,
        by: None,
        take: Vec::new(),
        within: None,
    };
    assert_eq!(execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).unwrap_err().code, "import-other-school");
}
