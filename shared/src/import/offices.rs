//! What school offices really send, and no sample shows: lists beside each other, merged cells, hidden sheets, cells nobody can read. Every row is taken with
//! its right values or refused with its right reason, and what is filled and not understood gets a remark. Workbooks are written here.

use super::{Outcome, RosterOptions, RosterPreview, read_roster};
use crate::locale::Lang;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

const A: &str = "529901201605173219"; // 男, 2016-05-17
const B: &str = "529901201503153225"; // 女, 2015-03-15
const C: &str = "52990120140912345X"; // 男, 2014-09-12
const D: &str = "529901201708203441"; // 女, 2017-08-20

fn read(bytes: &[u8]) -> RosterPreview {
    read_roster(bytes, "", &RosterOptions { school: "5299010001".parse().ok(), ..RosterOptions::default() }).unwrap()
}

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

fn write(sheet: &mut Worksheet, row: u32, cells: &[&str]) {
    for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        sheet.write_string(row, u16::try_from(column).unwrap(), *text).unwrap();
    }
}

/// A row in short: `row name grade.class` or `row reason`.
fn short(preview: &RosterPreview) -> Vec<String> {
    let row = |row: &super::RosterRow| match &row.outcome {
        Outcome::Accept(pupil) => format!("{} {} {}.{}", row.row, pupil.name, pupil.grade, pupil.class.unwrap_or(0)),
        Outcome::Reject { reason, .. } => format!("{} {}", row.row, reason.reason.code()),
    };
    preview.rows.iter().map(row).collect()
}

#[test]
fn two_lists_beside_each_other_lose_nobody() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        write(sheet, 0, &["三(1)班学生名册"]);
        write(sheet, 1, &["序号", "姓名", "身份证号", "班级", "序号", "姓名", "身份证号", "班级"]);
        write(sheet, 2, &["1", "张一", A, "三(1)班", "3", "张三", C, "三(1)班"]);
        write(sheet, 3, &["2", "张二", B, "三(1)班", "4", "张四", D, "三(1)班"]);
        write(sheet, 4, &["3", "李五", "529901201605173235", "三(1)班"]);
    });
    let preview = read(&bytes);
    assert_eq!(short(&preview), ["3 张一 3.1", "3 张三 3.1", "4 张二 3.1", "4 张四 3.1", "5 李五 3.1"]);
    assert_eq!(preview.ignored_columns, Vec::<String>::new());
}

#[test]
fn a_class_merged_down_beside_its_children_is_every_ones() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        let format = Format::new();
        write(sheet, 0, &["班级", "姓名", "身份证号"]);
        sheet.merge_range(1, 0, 3, 0, "三(1)班", &format).unwrap();
        for (row, (name, number)) in [("张一", A), ("张二", B), ("张三", C)].into_iter().enumerate() {
            let row = u32::try_from(row).unwrap() + 1;
            sheet.write_string(row, 1, name).unwrap();
            sheet.write_string(row, 2, number).unwrap();
        }
        write(sheet, 4, &["", "张四", D]);
    });
    // The last stands below the merge: blank is blank.
    assert_eq!(short(&read(&bytes)), ["2 张一 3.1", "3 张二 3.1", "4 张三 3.1", "5 grade-missing"]);
}

#[test]
fn what_is_shown_is_meant_and_what_is_hidden_is_named() {
    let bytes = workbook(|book| {
        write(book.add_worksheet().set_name("封面").unwrap(), 0, &["学生姓名、班级、身份证号请如实填写"]);
        let sheet = book.add_worksheet().set_name("学生").unwrap();
        write(sheet, 0, &["2026年秋季学期学生姓名一览表"]);
        write(sheet, 2, &["姓名", "身份证号", "班级"]);
        write(sheet, 3, &["张一", A, "三(1)班"]);
        write(sheet, 4, &["张二", B, "三(1)班"]);
        sheet.set_row_hidden(4).unwrap();
        write(sheet, 6, &["姓名", "身份证号", "班级"]);
        write(sheet, 7, &["张一", A, "三(1)班"]);
        write(sheet, 8, &["李四", A, "三(1)班"]);
        write(sheet, 9, &["合计", "", "4人"]);
        write(sheet, 10, &["填表人：王五"]);
        let old = book.add_worksheet().set_name("往年").unwrap();
        old.set_hidden(true);
        write(old, 0, &["姓名", "身份证号", "班级", "性别", "民族"]);
        (1..30).for_each(|row| write(old, row, &["老生", D, "三(1)班", "女", "汉"]));
    });
    let preview = read(&bytes);
    let old = super::others::Other { name: "往年".into(), rows: 29, hidden: true };
    assert_eq!((preview.sheet.as_str(), preview.others.alike.as_slice()), ("学生", &[old][..]));
    assert_eq!(preview.others.headless, ["封面"]);
    assert_eq!(short(&preview), ["4 张一 3.1", "5 张二 3.1", "8 duplicate-row", "9 id-used-twice"]);
    assert_eq!(preview.skipped, [7, 10, 11]);
}

#[test]
fn a_filled_cell_that_is_not_understood_never_vanishes_silently() {
    let head = "姓名,性别,出生日期,年级,班级,户口性质,民族,是否留守儿童,困难类别,与学生关系,电话,曾用名,学籍号,是否低保,是否残疾,建档立卡,学校标识码,身份证件类型,学段";
    let odd = "张一,男,2016-05-17,三年级,1,火星户口,火星族,或许,火星类,邻居,abc,??,123,可能,看情况,大概,529901,学生证,火星段";
    let preview = read(format!("{head}\n{odd}\n").as_bytes());
    assert_eq!(short(&preview), ["2 张一 3.1"]);
    let remarks: Vec<String> = preview.rows[0].warnings.iter().map(|remark| remark.message(Lang::Zh)).collect();
    for cell in odd.split(',').skip(5) {
        assert!(remarks.iter().any(|remark| remark.contains(cell)), "{cell} vanished: {remarks:?}");
    }
    let (_, pupil) = preview.accepted().next().unwrap();
    assert!(pupil.household.categories.iter().copied().eq(["other"]) && pupil.student_number.is_none() && pupil.former_name.is_none());
}

#[test]
fn a_filled_column_without_a_head_is_named_by_its_letter() {
    let preview = read("姓名,性别,身份证号,班级,,\n张一,男,529901201605173219,三(1)班,转入,\n".as_bytes());
    assert_eq!(preview.ignored_columns, ["E"]);
}

#[test]
fn answers_that_name_the_kind_count_as_yes_and_doubts_do_not() {
    let rows = ["是,视力残疾,是", "二类,无,未脱贫", "否,肢体三级,监测户", "不详,健康,一般户"];
    let body: String = rows
        .iter()
        .enumerate()
        .map(|(at, row)| format!("张{},男,2016-05-{:02},三年级,1,{row}\n", "一二三四".chars().nth(at).unwrap(), at + 1))
        .collect();
    let preview = read(format!("姓名,性别,出生日期,年级,班级,是否低保,是否残疾,建档立卡\n{body}").as_bytes());
    let found: Vec<(Vec<&str>, Option<&str>)> =
        preview.accepted().map(|(_, pupil)| (pupil.household.categories.iter().copied().collect(), pupil.household.registered)).collect();
    assert_eq!(
        found,
        [
            (vec!["disabled", "rural_allowance"], Some("registered")),
            (vec!["rural_allowance"], Some("no")),
            (vec!["disabled"], Some("monitored_unstable")),
            (vec![], Some("no")),
        ]
    );
}

#[test]
fn a_stage_in_a_column_of_its_own_counts_the_grade_from_there() {
    let rows = "张一,男,2013-05-01,初中,一年级,2\n张二,男,2013-05-02,初中,八年级,2\n张三,男,2010-05-03,高中,2,3班\n张四,男,2016-05-04,小学,三,1\n张五,男,2013-05-05,九年一贯制学校,七年级,1\n";
    let preview = read(format!("姓名,性别,出生日期,学段,年级,班级\n{rows}").as_bytes());
    assert_eq!(short(&preview), ["2 张一 7.2", "3 张二 8.2", "4 张三 11.3", "5 张四 3.1", "6 张五 7.1"]);
    assert!(preview.rows.iter().all(|row| row.warnings.iter().all(|remark| remark.reason.code() != "value-left-out")));
}

#[test]
fn classes_and_grades_of_every_office_are_read_as_meant() {
    let written = [
        ("三年级(2)班", "", "3.2"),
        ("三年级", "0302", "3.2"),
        ("初一", "3班", "7.3"),
        ("七年级", "七(3)班", "7.3"),
        ("高二", "5", "11.5"),
        ("高一年级", "高一(5)班", "10.5"),
        ("小一", "1", "1.1"),
        ("９年级", "１班", "9.1"),
        ("初三", "0903", "9.3"),
        ("六年级", "六年级一班", "6.1"),
        ("五年级", "5.1", "5.1"),
        ("五年级", "五1班", "5.1"),
        ("五年级", "501", "5.1"),
        ("五年级", "五（1班）", "5.1"),
        ("五年级", "四·2", "grade-disagrees-with-class"),
        ("五年级", "实验班", "class-unknown"),
        ("学前班", "1", "grade-unknown"),
        ("大班", "1", "grade-unknown"),
        ("", "2班", "grade-missing"),
    ];
    let body: String = written
        .iter()
        .enumerate()
        .map(|(at, (grade, class, _))| {
            format!("王{},男,2014-05-{:02},{grade},{class}\n", char::from_u32(0x4e00 + u32::try_from(at).unwrap()).unwrap(), at + 1)
        })
        .collect();
    let preview = read(format!("姓名,性别,出生日期,年级,班级\n{body}").as_bytes());
    for (said, (grade, class, wanted)) in short(&preview).iter().zip(written) {
        assert!(said.ends_with(wanted), "{grade} {class}: {said}");
    }
}

#[test]
fn tables_of_every_program_are_one_table() {
    let rows = [
        ["姓名", "性别", "身份证号", "班级", "民族"],
        ["𠮷田", "男", A, "三(1)班", "汉"],
        ["䶮某", "", B, "三(1)班", "彝"],
        ["买买提•艾力", "", C, "三(1)班", "维吾尔族"],
    ];
    let joined = |sign: &str, end: &str| rows.map(|row| row.join(sign)).join(end);
    let gb18030 = encoding_rs::GB18030.encode(&joined(",", "\r\n")).0.into_owned();
    let utf16 = [vec![0xFF, 0xFE], joined("\t", "\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    for bytes in [
        joined(",", "\n").into_bytes(),
        joined(";", "\n").into_bytes(),
        joined("\t", "\r\n").into_bytes(),
        joined(",", "\r").into_bytes(),
        gb18030,
        utf16,
    ] {
        assert_eq!(short(&read(&bytes)), ["2 𠮷田 3.1", "3 䶮某 3.1", "4 买买提·艾力 3.1"]);
    }
    let quoted = format!("姓名,性别,身份证号,班级\n张一,男,=\"{A}\",三(1)班\n张二,女,\"\t{B}\",三(1)班\n");
    assert_eq!(short(&read(quoted.as_bytes())), ["2 张一 3.1", "3 张二 3.1"]);
}
