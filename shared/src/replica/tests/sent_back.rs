//! Files that come from people: whose they are, whose each row is, and what is asked before anything is taken. Nothing taken before is doubled.

use super::{
    county::{SCHOOL, Town, id_number, set, year},
    round_trip::{ask, care, edit, exported, import, mark, rewritten, roster, value, write},
};
use crate::{
    command::{execute, request::Request},
    import::{Cell, Limits, own::Mark, read_sheets},
    locale::Lang,
    replica::browse::Wanted,
    web::giveback,
};
use base64::Engine as _;
use serde_json::{Value as Json, json};

/// A town a while later, so that the days written below are past.
fn later(seed: u64, nodes: u8) -> Town {
    let town = Town::new(seed, nodes);
    town.clock.advance_s(100 * 24 * 3600);
    town
}

#[test]
fn two_rows_about_one_record_are_both_refused_and_name_each_other() {
    let town = later(27, 1);
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
    let town = later(28, 1);
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
    let town = later(29, 1);
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
        Mark { ledger: "care_log".into(), school: SCHOOL.into(), year: Some(year().start()), ..mark_of(&book) },
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
    let town = later(30, 1);
    let node = town.node(1);
    let (own, other) = (node.child("王小明", &id_number(1)), node.child("赵小红", &id_number(2)));
    node.correct(&other, &[("class", "2")]);
    let (mine, theirs) = (care(node, &own, "30"), care(node, &other, "31"));
    let within = |code: &str, text: &str| {
        let bytes = base64::engine::general_purpose::STANDARD.encode(text);
        let take = Vec::new();
        let code = code.into();
        ask(
            node,
            Request::ImportLedger {
                code,
                file: "表.csv".into(),
                bytes,
                dry_run: true,
                year: None,
                by: None,
                take,
                within: Some(vec![(3, 1)]),
                sheet: None,
            },
        )
    };
    let table = format!(
        "记录号,姓名,日期,关爱方式,时长\n{mine},王小明,2025-10-20,家访,35\n{theirs},赵小红,2025-10-20,家访,36\ncare_log:01ARZ3NDEKTSV4RRFFQ69G5FAV,某某,2025-10-20,家访,36\n{},王小明,2025-10-20,家访,35\n,王小明,2025-10-23,家访,5\n,赵小红,2025-10-23,家访,5\n,没有人,2025-10-23,家访,5\n{other},赵小红,2025-10-20,家访,36\n",
        &mine[..14]
    );
    let said = within("care_log", &table);
    assert_eq!((&said["accepted"], &said["rejected"]), (&json!(2), &json!(6)), "{said}");
    let refused: Vec<&Json> = said["rows"].as_array().unwrap().iter().filter(|row| row["accept"] == false).collect();
    let sentences: std::collections::BTreeSet<String> =
        refused.iter().map(|row| format!("{}{}{}", row["why"], row["message"], row["details"])).collect();
    assert_eq!(sentences.len(), 1, "a child elsewhere and no child at all are one and the same: {sentences:?}");
    assert!(sentences.iter().all(|text| text.contains("import-row-not-in-classes") && text.contains("不是您班上的学生")));
    let new = format!("姓名,身份证件号,性别,年级,班级\n李大壮,{},男,3,1\n王小明,{},男,3,1\n", id_number(9), id_number(8));
    let said = within("enrolment", &new);
    assert_eq!((&said["rejected"], &said["rows"][1]["why"]), (&json!(2), &json!("import-row-not-in-classes")), "nobody new comes in so: {said}");
}

#[test]
fn a_roster_of_another_school_is_written_only_when_somebody_says_that_it_is_this_ones() {
    let town = later(31, 1);
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
    let town = later(32, 1);
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
    let town = later(33, 1);
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
        sheet: None,
    };
    assert_eq!(execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).unwrap_err().code, "import-other-school");
}

#[test]
fn a_cell_merged_down_beside_several_rows_counts_for_each_of_them() {
    let town = later(34, 1);
    let node = town.node(1);
    node.child("王小明", &id_number(1));
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (at, head) in (0u16..).zip(["姓名", "日期", "关爱方式", "时长"]) {
        page.write_string(0, at, head).unwrap();
    }
    page.merge_range(1, 0, 2, 0, "王小明", &rust_xlsxwriter::Format::new()).unwrap();
    for (line, day) in [(1, "2026年1月5日"), (2, "2026.1.6")] {
        page.write_string(line, 1, day).unwrap().write_string(line, 2, "家访").unwrap().write_number(line, 3, 30).unwrap();
    }
    let said = import(node, "care_log", &book.save_to_buffer().unwrap(), &[]);
    assert_eq!((&said["accepted"], &said["changed"]), (&json!(2), &json!(2)), "{said}");
}

#[test]
fn a_child_without_a_number_given_back_and_corrected_twice_is_one_child() {
    let town = later(35, 1);
    let node = town.node(1);
    let first = "姓名,出生日期,性别,年级,班级\n李小芳,2016-03-05,女,火箭,1班\n赵小刚,2016-03-06,男,三年级,1班\n";
    let said = roster(node, first.as_bytes(), false);
    assert_eq!((&said["changed"], &said["rejected"]), (&json!(1), &json!(1)), "{said}");
    let book = giveback::workbook(first.as_bytes(), "名册.csv", &mark("roster"), &said, Lang::Zh).unwrap();
    let with = |changes: &[(&str, &str)]| {
        rewritten(&book, |rows| {
            let heads: Vec<String> = rows[0].1.iter().map(Cell::text).collect();
            for (head, to) in changes {
                let at = heads.iter().position(|known| known == head).unwrap();
                rows[1].1[at] = Cell::Text((*to).into());
            }
        })
    };
    let children = || node.rows("SELECT json_extract(fields, '$.name') FROM record WHERE ledger = 'enrolment' AND void = 0 ORDER BY 1").len();
    assert_eq!((&roster(node, &with(&[("年级", "三年级")]), false)["changed"], children()), (&json!(1), 2));
    // The name was wrong too, and the birth date: the same row, the same child.
    let said = roster(node, &with(&[("年级", "三年级"), ("姓名", "李晓芳"), ("出生日期", "2016-03-15")]), false);
    assert_eq!((&said["changed"], children()), (&json!(1), 2), "{said}");
    assert!(said["rows"][0]["cells"].to_string().contains("李晓芳"), "and what moves is shown: {said}");
}

/// The book with other texts in the row of this number.
fn with(book: &[u8], number: u32, changes: &[(&str, &str)]) -> Vec<u8> {
    rewritten(book, |rows| {
        let heads: Vec<String> = rows[0].1.iter().map(Cell::text).collect();
        let cells = &mut rows.iter_mut().find(|(row, _)| *row == number).unwrap().1;
        for (head, to) in changes {
            cells[heads.iter().position(|known| known == head).unwrap()] = Cell::Text((*to).into());
        }
    })
}

#[test]
fn inv_a_name_corrected_once_more_in_a_row_given_back_is_that_childs_and_another_child_typed_over_it_is_another() {
    let town = later(41, 1);
    let node = town.node(1);
    let first = format!("姓名,身份证号,年级,班级\n王小明,{},三年级,1班\n赵小红,52990120171028999,三年级,1班\n", id_number(1));
    let said = roster(node, first.as_bytes(), false);
    let book = giveback::workbook(first.as_bytes(), "名册.csv", &mark("roster"), &said, Lang::Zh).unwrap();
    let names = || node.rows("SELECT json_extract(fields, '$.name') FROM record WHERE ledger = 'enrolment' AND void = 0 ORDER BY 1");
    let mended = with(&book, 2, &[("身份证号", &id_number(2))]);
    assert_eq!(roster(node, &mended, false)["changed"], 1);

    let renamed = with(&mended, 2, &[("姓名", "赵晓红")]);
    let said = roster(node, &renamed, false);
    assert_eq!((&said["accepted"], &said["changed"], names().len()), (&json!(1), &json!(1), 2), "{said}");
    let cells = &said["rows"][0]["cells"];
    assert_eq!((&cells[0]["field"], &cells[0]["from"], &cells[0]["to"]), (&json!("name"), &json!("赵小红"), &json!("赵晓红")), "{said}");
    assert!(said["rows"][0]["warnings"].to_string().contains("import-row-taken-before"), "{said}");

    // Any other file finds the child under the new name, and asks for a person under another.
    let plain = |name: &str| format!("姓名,身份证号,年级,班级\n{name},{},三年级,1班\n", id_number(2));
    let said = roster(node, plain("赵晓红").as_bytes(), false);
    assert_eq!((&said["changed"], names().len()), (&json!(0), 2), "{said}");
    let said = roster(node, plain("钱大海").as_bytes(), false);
    assert_eq!((&said["rows"][0]["why"], &said["rows"][0]["fields"]), (&json!("other-name"), &json!(["name"])), "{said}");
    assert!(said["rows"][0]["next"].as_str().unwrap().contains("到这名学生的档案里改姓名"), "{said}");

    let over = with(&mended, 2, &[("姓名", "李大壮"), ("身份证号", &id_number(3))]);
    assert_eq!(roster(node, &over, false)["changed"], 1);
    assert_eq!(names(), ["李大壮", "王小明", "赵晓红"], "nobody is written over");
}

#[test]
fn a_row_given_back_without_a_number_and_another_of_the_same_name_are_not_made_one_child() {
    let town = later(42, 1);
    let node = town.node(1);
    let first = "姓名,出生日期,性别,年级,班级\n李小芳,2016-03-05,女,火箭,1班\n";
    let said = roster(node, first.as_bytes(), false);
    let book = giveback::workbook(first.as_bytes(), "名册.csv", &mark("roster"), &said, Lang::Zh).unwrap();
    roster(node, &with(&book, 2, &[("年级", "三年级")]), false);
    let twins = rewritten(&book, |rows| {
        let grade = rows[0].1.iter().position(|cell| cell.text() == "年级").unwrap();
        rows[1].1[grade] = Cell::Text("三年级".into());
        let (mut other, id) = (rows[1].1.clone(), rows[0].1.iter().position(|cell| cell.text() == "退回编号").unwrap());
        other[id] = Cell::Empty;
        rows[1].1[0] = Cell::Text("李晓芳".into());
        rows.push((3, other));
    });
    let said = roster(node, &twins, false);
    assert_eq!((&said["rows"][0]["accept"], &said["rows"][1]["why"]), (&json!(true), &json!("child-twice")), "{said}");
}

#[test]
fn rows_given_back_a_second_time_are_numbered_as_in_the_file_they_came_from() {
    let town = later(43, 1);
    let node = town.node(1);
    let number = id_number(1);
    node.child("王小明", &number);
    let bad = |day: u8| format!("{number},2025-10-{day},家访,很久");
    let first = table(&[&format!("{number},2025-10-20,家访,30"), &bad(21), &bad(22), &bad(23)]);
    let said = import(node, "care_log", &first, &[]);
    let book = giveback::workbook(&first, "三月.csv", &mark("care_log"), &said, Lang::Zh).unwrap();
    let mended = rewritten(&with(&book, 3, &[("时长", "40")]), |rows| {
        let mut added = rows[1].1.clone();
        added.truncate(4);
        rows.push((5, added));
    });
    let said = import(node, "care_log", &mended, &[]);
    assert_eq!((&said["changed"], &said["rejected"]), (&json!(1), &json!(3)), "{said}");
    let twice = giveback::workbook(&mended, "退回-三月.xlsx", &mark("care_log"), &said, Lang::Zh).unwrap();
    let sheets = read_sheets(&twice, "a.xlsx", &Limits::default()).unwrap();
    let why = sheets[0].rows[0].1.iter().position(|cell| cell.text() == "为什么退回").unwrap();
    let numbered: Vec<String> = sheets[0].rows.iter().skip(1).map(|(_, cells)| cells[why].text().split('：').next().unwrap().to_owned()).collect();
    assert_eq!(numbered, ["原第 3 行", "原第 5 行", "退回的表里新加的第 5 行"]);
}

#[test]
fn the_same_file_after_an_undo_refuses_no_row_that_was_corrected_and_taken_since() {
    let town = later(44, 1);
    let node = town.node(1);
    let first = format!("姓名,身份证号,年级,班级\n王小明,{},三年级,1班\n赵小红,52990120171028999,三年级,1班\n", id_number(1));
    let said = roster(node, first.as_bytes(), false);
    let batch = said["batch"].as_str().unwrap().to_owned();
    let book = giveback::workbook(first.as_bytes(), "名册.csv", &mark("roster"), &said, Lang::Zh).unwrap();
    let mended = roster(node, &with(&book, 2, &[("身份证号", &id_number(2))]), false)["batch"].as_str().unwrap().to_owned();
    ask(node, Request::ImportUndo { batch });
    let said = roster(node, first.as_bytes(), false);
    assert_eq!((&said["changed"], &said["accepted"], &said["rejected"]), (&json!(1), &json!(2), &json!(0)), "{said}");
    assert!(said["rows"][1]["warnings"].to_string().contains("import-row-corrected-before") && said["rows"][1]["same"] == true, "{said}");
    // The workbook as it was given back: refused, and known to be in a record.
    assert_eq!(roster(node, &book, true)["rows"][0]["taken"], true);
    ask(node, Request::ImportUndo { batch: mended });
    assert_eq!(roster(node, first.as_bytes(), true)["rejected"], 1, "taken back, it is in no record");

    let number = id_number(1);
    let logs = table(&[&format!("{number},2025-10-20,家访,30"), &format!("{number},2025-10-21,家访,很久")]);
    let said = import(node, "care_log", &logs, &[]);
    let batch = said["batch"].as_str().unwrap().to_owned();
    let book = giveback::workbook(&logs, "三月.csv", &mark("care_log"), &said, Lang::Zh).unwrap();
    import(node, "care_log", &with(&book, 2, &[("时长", "40")]), &[]);
    ask(node, Request::ImportUndo { batch });
    let said = import(node, "care_log", &logs, &[]);
    assert_eq!((&said["changed"], &said["rejected"]), (&json!(1), &json!(0)), "{said}");
}

#[test]
fn another_name_in_a_row_of_a_record_taken_before_is_said_and_not_passed_over() {
    let town = later(45, 1);
    let node = town.node(1);
    node.child("王小明", &id_number(1));
    node.child("赵小红", &id_number(2));
    let first = "姓名,日期,关爱方式,时长\n王小明,2025-10-21,家访,很久\n";
    let said = import(node, "care_log", first.as_bytes(), &[]);
    let book = giveback::workbook(first.as_bytes(), "三月.csv", &mark("care_log"), &said, Lang::Zh).unwrap();
    let mended = with(&book, 2, &[("时长", "40")]);
    assert_eq!(import(node, "care_log", &mended, &[])["changed"], 1);
    let said = import(node, "care_log", &with(&mended, 2, &[("姓名", "赵小红")]), &[]);
    assert_eq!((&said["changed"], &said["rows"][0]["why"]), (&json!(0), &json!("import-row-taken-other-child")), "{said}");
}

#[test]
fn rows_that_this_school_gave_back_are_not_doubted_and_what_is_added_to_them_is() {
    let town = later(47, 1);
    let node = town.node(1);
    let given = |at: u32| char::from_u32(0x4e8e + at).unwrap();
    let rows =
        |surname: &str, class: &str| (1..=12).map(|day| format!("{surname}{},男,2016-03-{day:02},三年级,{class}\n", given(day))).collect::<String>();
    let head = "姓名,性别,出生日期,年级,班级\n";
    let first = format!("{head}{}{}", rows("王", "1班"), rows("李", "火箭"));
    let said = roster(node, first.as_bytes(), false);
    assert_eq!((&said["changed"], &said["rejected"], &said["doubts"]), (&json!(12), &json!(12), &json!([])), "{said}");
    let mended = |school: String| {
        let mark = Mark { school, ..mark("roster") };
        let book = giveback::workbook(first.as_bytes(), "名册.csv", &mark, &said, Lang::Zh).unwrap();
        rewritten(&book, |rows| {
            rows.iter_mut().flat_map(|(_, cells)| cells).filter(|cell| cell.text() == "火箭").for_each(|cell| *cell = Cell::Text("1班".into()));
        })
    };
    let ours = mended(SCHOOL.to_owned());
    assert_eq!(roster(node, &ours, true)["doubts"], json!([]), "they left here");
    assert_eq!(roster(node, &mended(String::new()), true)["doubts"].as_array().unwrap().len(), 1, "nobody knows whose they are");
    let more = rewritten(&ours, |rows| {
        for at in 1..=12u32 {
            let cells = [format!("陈{}", given(at)), "男".into(), format!("2016-03-{at:02}"), "三年级".into(), "1班".into()];
            rows.push((100 + at, cells.map(Cell::Text).to_vec()));
        }
    });
    assert_eq!(roster(node, &more, true)["doubts"].as_array().unwrap().len(), 1, "rows that were added were not given back");
}

#[test]
fn a_number_typed_anew_in_a_workbook_given_back_keeps_its_digits() {
    let town = later(48, 1);
    let mut book = rust_xlsxwriter::Workbook::new();
    let page = book.add_worksheet();
    for (at, head) in (0u16..).zip(["姓名", "身份证号", "学籍号", "年级", "班级", "监护人电话"]) {
        page.write_string(0, at, head).unwrap();
    }
    page.write_string(1, 0, "王小明").unwrap().write_number(1, 1, 529_901_201_606_120_000.0).unwrap();
    page.write_string(1, 3, "三年级").unwrap().write_string(1, 4, "1班").unwrap();
    let first = book.save_to_buffer().unwrap();
    let said = roster(town.node(1), &first, true);
    let back = giveback::workbook(&first, "名册.xlsx", &mark("roster"), &said, Lang::Zh).unwrap();
    // Formats as the file has them: the styles that are text, those of the columns, and that of the cell at fault.
    let part = |name: &str| {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&back)).unwrap();
        std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
    };
    let (styles, sheet) = (part("xl/styles.xml"), part("xl/worksheets/sheet1.xml"));
    let formats: Vec<&str> = styles.split("<cellXfs").nth(1).unwrap().split("<xf ").skip(1).collect();
    let of = |piece: &str, key: &str| {
        piece.split(&format!(" {key}=\"")).nth(1).map_or(0, |rest| rest.split('"').next().unwrap().parse::<usize>().unwrap())
    };
    let text = |style: usize| {
        let id = of(&format!(" {}", formats[style]), "numFmtId");
        id == 49 || styles.contains(&format!("numFmtId=\"{id}\" formatCode=\"@\""))
    };
    for column in [2, 3, 6] {
        let piece = sheet.split("<col ").find(|piece| (of(&format!(" {piece}"), "min")..=of(&format!(" {piece}"), "max")).contains(&column)).unwrap();
        assert!(text(of(piece, "style")), "column {column}: {sheet}");
    }
    let cell = sheet.split("<c ").find(|piece| piece.starts_with("r=\"B2\"")).unwrap();
    assert!(text(of(&format!(" {cell}"), "s")), "{cell}");
    assert_eq!(roster(town.node(1), &back, true)["rows"][0]["why"], "id-lost-digits", "and what was lost is not taken for a number");
}
