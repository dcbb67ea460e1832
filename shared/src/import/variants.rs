//! Files no sample shows: other headers, other orders, other damage. Workbooks are written here, by another library than the one that reads.

use super::sheet::{Kind, Limits};
use super::{FileError, Outcome, Reason, RosterOptions, RosterPreview, cfb, read_roster, read_sheets};
use crate::fault::Fault;
use crate::locale::{self, Lang};
use rust_xlsxwriter::{Format, Formula, Workbook, Worksheet};

const ID: &str = "52990120140517329X"; // 男, 2014-05-17

fn read(bytes: &[u8]) -> Result<RosterPreview, FileError> {
    read_roster(bytes, "", &RosterOptions::default())
}

fn rows(csv: &str) -> RosterPreview {
    read(csv.as_bytes()).unwrap()
}

/// The reason of each row, empty for an accepted one.
fn reasons(preview: &RosterPreview) -> Vec<&'static str> {
    preview.rows.iter().map(|row| if let Outcome::Reject { reason, .. } = &row.outcome { reason.reason.code() } else { "" }).collect()
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

#[test]
fn any_order_any_row_any_sheet() {
    let bytes = workbook(|book| {
        write(book.add_worksheet().set_name("填表说明").unwrap(), 0, &["请如实填写姓名"]);
        let sheet = book.add_worksheet().set_name("名单").unwrap();
        write(sheet, 0, &["某某小学"]);
        write(sheet, 6, &["家 长 姓 名", "班　级", "＊公民身份号码（必填）", "学生姓名", "就读年级", "身高", "联系方式", "就读方式"]);
        write(sheet, 7, &["李四", "2班", "５２９９０１２０１４０５１７３２９ｘ", "张　三", "六年级", "140", "+86 199-2120-2792", "住校生"]);
    });
    let preview = read(&bytes).unwrap();
    assert_eq!((preview.sheet.as_str(), preview.header_row, preview.ignored_columns.as_slice()), ("名单", 7, &["身高".to_owned()][..]));
    let (row, pupil) = preview.accepted().next().unwrap();
    assert_eq!((row, pupil.name.as_str(), pupil.grade, pupil.class, pupil.boarding, pupil.male), (8, "张三", 6, Some(2), Some(true), true));
    assert_eq!((pupil.id.as_ref().unwrap().as_str(), pupil.birth.to_string().as_str()), (ID, "2014-05-17"));
    assert_eq!(pupil.guardian.as_ref().unwrap().phone.as_deref(), Some("19921202792"));
}

#[test]
fn a_merged_head_of_two_rows_is_understood() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        let format = Format::new();
        sheet.merge_range(0, 0, 0, 7, "2026年秋季学期学生及家长信息登记表", &format).unwrap();
        sheet.merge_range(1, 0, 2, 0, "序号", &format).unwrap();
        sheet.merge_range(1, 1, 1, 4, "学生信息", &format).unwrap();
        sheet.merge_range(1, 5, 1, 7, "监护人", &format).unwrap();
        write(sheet, 2, &["", "姓名", "性别", "身份证号码", "班级", "姓名", "与学生关系", "电话"]);
        write(sheet, 3, &["1", "张三", "男", ID, "六(2)班", "李四", "外婆", "19921202792"]);
        write(sheet, 4, &["合计", "", "", "1人"]);
    });
    let preview = read(&bytes).unwrap();
    assert_eq!((preview.header_row, preview.skipped.as_slice()), (3, &[5][..]));
    let (_, pupil) = preview.accepted().next().unwrap();
    let guardian = pupil.guardian.as_ref().unwrap();
    assert_eq!((pupil.name.as_str(), guardian.name.as_str(), guardian.relation), ("张三", "李四", Some("grandmother_m")));
    assert_eq!((pupil.grade, pupil.class), (6, Some(2)));
}

#[test]
fn formulas_count_with_their_values_and_not_without() {
    let with = |value: &str| {
        workbook(|book| {
            let sheet = book.add_worksheet();
            write(sheet, 0, &["姓名", "身份证号", "班级"]);
            write(sheet, 1, &["", ID, "六(1)班"]);
            sheet.write_formula(1, 0, Formula::new("=Sheet9!A1").set_result(value)).unwrap();
            write(sheet, 2, &["李四", "529901201504152363", "五(1)班"]);
        })
    };
    assert_eq!(reasons(&read(&with("张三")).unwrap()), ["", ""]);
    assert_eq!(reasons(&read(&without_values(&with("张三"))).unwrap()), ["formula-no-value", ""]);
    let only = workbook(|book| {
        let sheet = book.add_worksheet();
        write(sheet, 0, &["姓名", "身份证号", "班级"]);
        for row in 1..5 {
            for column in 0..3 {
                sheet.write_formula(row, column, Formula::new("=Sheet9!A1").set_result("x")).unwrap();
            }
        }
    });
    assert_eq!(read(&without_values(&only)), Err(FileError::FormulasOnly { sheet: "Sheet1".into() }));
}

/// The same workbook as a program without a calculating engine writes it: formulas, no values beside them.
fn without_values(bytes: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut source = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut target = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..source.len() {
        let mut part = source.by_index(index).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        if part.name().contains("worksheets/") {
            while let Some(start) = text.find("</f><v>") {
                let end = text[start..].find("</v>").unwrap() + start + 4;
                text.replace_range(start + 4..end, "");
            }
        }
        target.start_file(part.name(), zip::write::SimpleFileOptions::default()).unwrap();
        target.write_all(text.as_bytes()).unwrap();
    }
    target.finish().unwrap().into_inner()
}

#[test]
fn numbers_and_dates_typed_as_such_are_read_as_meant() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        let (date, plain) = (Format::new().set_num_format("yyyy/m/d"), Format::new());
        write(sheet, 0, &["姓名", "性别", "出生日期", "年级", "班级", "电话", "身份证号"]);
        for (row, birth) in [(1, 41313.0), (2, 20_130_208.0), (3, 41313.0)] {
            write(sheet, row, &[["张一", "张二", "张三"][row as usize - 1]]);
            sheet.write_number(row, 1, 1.0).unwrap();
            sheet.write_number_with_format(row, 2, birth, if row == 3 { &date } else { &plain }).unwrap();
            sheet.write_number(row, 3, 3.0).unwrap();
            sheet.write_number(row, 4, 3.2).unwrap();
            sheet.write_number(row, 5, 19_921_202_792.0).unwrap();
        }
        write(sheet, 4, &["张四"]);
        sheet.write_number(4, 6, 529_901_201_405_173_291.0).unwrap();
        write(sheet, 5, &["张五", "男", "2013-02-08", "三年级"]);
        sheet.write_number_with_format(5, 4, 46_083.0, &Format::new().set_num_format("m\"月\"d\"日\"")).unwrap(); // 2026-03-02: 3-2
    });
    let preview = read(&bytes).unwrap();
    assert_eq!(reasons(&preview), ["", "", "", "id-lost-digits", ""]);
    for (_, pupil) in preview.accepted() {
        assert_eq!((pupil.birth.to_string().as_str(), pupil.grade, pupil.class), ("2013-02-08", 3, Some(2)), "{}", pupil.name);
    }
}

#[test]
fn every_reason_is_given_where_it_belongs() {
    let preview = rows(&format!(
        "姓名,性别,出生日期,身份证号,年级,班级,是否寄宿生\n\
         张一,男,2014-05-17,{ID},六年级,2,是\n\
         张3,女,2014-05-17,529901201504152363,六年级,2,是\n\
         张四,女,,529901140517329,六年级,2,是\n\
         张五,男,2014-05-17,529901201404231187,六年级,2,是\n\
         张六,男,2014-04-23,529901201404231187,六年级,2,是\n\
         张七,,,,六年级,2,是\n\
         张八,未婚,2014-04-23,529901201404231187,六年级,2,是\n\
         张九,女,2014-04-23,529901201404231187,六年级,五(2)班,是\n\
         张十,女,2014-04-23,529901201404231187,,2班,是\n\
         王一,女,2014-04-23,529901201404231187,六年级,火箭班,是\n\
         王二,女,2014-04-23,529901201404231187,六年级,2,偶尔\n\
         王三,男,2014-05-17,{ID},六年级,2,是\n\
         王四,女,2014-05-17,,六年级,2,否\n\
         王四,女,2014-05-17,,六年级,3,否\n\
         王五,女,2014-05-17,12345,六年级,2,否\n"
    ));
    assert_eq!(
        reasons(&preview),
        [
            "",
            "name-invalid",
            "id-old-15-digits",
            "birth-disagrees-with-id",
            "sex-disagrees-with-id",
            "birth-missing",
            "sex-unknown",
            "grade-disagrees-with-class",
            "grade-missing",
            "class-unknown",
            "boarding-unknown",
            "id-used-twice",
            "",
            "duplicate-row",
            "id-malformed"
        ]
    );
    let Outcome::Reject { also, .. } = &preview.rows[5].outcome else { panic!("accepted") };
    assert_eq!(also.iter().map(|problem| problem.reason).collect::<Vec<_>>(), [Reason::SexMissing]);
}

#[test]
fn a_corrected_row_after_a_rejected_one_is_no_duplicate() {
    let preview = rows(&format!("姓名,性别,身份证号,班级\n张一,女,{ID},六(2)班\n张一,男,{ID},六(2)班\n张一,男,{ID},六(2)班\n"));
    assert_eq!(reasons(&preview), ["sex-disagrees-with-id", "", "duplicate-row"]);
    let Outcome::Reject { reason, .. } = &preview.rows[2].outcome else { panic!("accepted") };
    assert!(reason.message(Lang::Zh).contains('3'), "{}", reason.message(Lang::Zh));
}

#[test]
fn a_kindergartens_own_roster_is_taken() {
    let school = "姓名,性别,出生日期,年级,班级\n张一,女,2021-05-17,大班,大班\n张二,女,2018-05-17,二年级,1班\n张三,女,2018-05-18,二年级,1班\n";
    assert_eq!(reasons(&rows(school)), ["grade-unknown", "", ""]);
    let own = "姓名,性别,出生日期,班级\n张一,女,2021-05-17,大2班\n张二,女,2021-05-18,中班\n张三,女,2021-05-19,大班(2)班\n";
    let preview = rows(own);
    assert_eq!(reasons(&preview), ["", "", ""]);
    assert_eq!(preview.accepted().map(|(_, pupil)| (pupil.grade, pupil.class)).collect::<Vec<_>>(), [(0, Some(2)), (0, None), (0, Some(2))]);
    let all = read_roster(school.as_bytes(), "", &RosterOptions { preschool: Some(true), ..RosterOptions::default() }).unwrap();
    assert_eq!(reasons(&all), ["", "", ""]);
}

#[test]
fn a_class_named_only_in_the_title_holds_for_all_rows() {
    let preview = rows(&format!("青杠镇中心小学六年级(2)班学生花名册,,\n姓名,性别,身份证号\n张一,男,{ID}\n"));
    let (_, pupil) = preview.accepted().next().unwrap();
    assert_eq!((pupil.grade, pupil.class), (6, Some(2)));
}

#[test]
fn junior_schools_count_from_one_and_entry_years_need_the_school_year() {
    let csv = "姓名,性别,出生日期,年级,班级\n张一,女,2013-05-17,七年级,一(2)班\n张二,女,2013-05-17,初一,3班\n张三,女,2013-05-17,初中2026级,4班\n";
    assert_eq!(reasons(&rows(csv)), ["", "", "grade-unknown"]);
    let options = RosterOptions { school_year: crate::model::SchoolYear::new(2026), ..RosterOptions::default() };
    let preview = read_roster(csv.as_bytes(), "", &options).unwrap();
    assert_eq!(preview.accepted().map(|(_, pupil)| (pupil.grade, pupil.class)).collect::<Vec<_>>(), [(7, Some(2)), (7, Some(3)), (7, Some(4))]);
}

#[test]
fn several_rosters_in_one_workbook_are_named() {
    let bytes = workbook(|book| {
        for name in ["一班", "二班"] {
            let sheet = book.add_worksheet().set_name(name).unwrap();
            write(sheet, 0, &["姓名", "身份证号", "班级"]);
            write(sheet, 1, &["张三", ID, "六(1)班"]);
        }
    });
    assert_eq!(read(&bytes).unwrap().others.alike.iter().map(|other| other.name.as_str()).collect::<Vec<_>>(), ["二班"]);
    let options = RosterOptions { sheet: Some("二班".into()), ..RosterOptions::default() };
    assert_eq!(read_roster(&bytes, "", &options).unwrap().sheet, "二班");
    let options = RosterOptions { sheet: Some("三班".into()), ..RosterOptions::default() };
    assert!(matches!(read_roster(&bytes, "", &options), Err(FileError::NoSheet { sheets, .. }) if sheets == ["一班", "二班"]));
}

#[test]
fn prepared_rows_and_repeated_heads_are_not_pupils() {
    let head = "序号,学校,姓名,性别,身份证号,班级";
    let preview = rows(&format!("{head}\n1,某小学,张三,男,{ID},六(1)班\n{head}\n2,某小学,,,,\n,,以下空白,,,\n总计,,,,1人,\n"));
    assert_eq!(reasons(&preview), ["", "id-malformed"][..1]);
    assert_eq!(preview.skipped, [3, 4, 5, 6]);
}

#[test]
fn what_is_no_roster_says_so() {
    let html = b"\xEF\xBB\xBF<html><table><tr><td>x</td></tr></table></html>";
    for (bytes, expected) in [
        (&b""[..], FileError::Empty),
        (b" \n \n", FileError::Empty),
        (html, FileError::Unsupported(Kind::Html)),
        (b"%PDF-1.4", FileError::Unsupported(Kind::Pdf)),
        (b"\xFF\xD8\xFF\xE0", FileError::Unsupported(Kind::Picture)),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", FileError::Unsupported(Kind::Archive)),
        ("一,二\n三,四\n".as_bytes(), FileError::NoHeader { sheets: vec![] }),
        ("姓名,性别,班级\n".as_bytes(), FileError::NoRows { header_row: 1 }),
        (b"a,b\0c,\x01\x02\0\0\0,\0", FileError::Unsupported(Kind::Unknown)),
    ] {
        assert_eq!(read(bytes), Err(expected));
    }
}

/// An encrypted `.xlsx` is a compound file with a stream `EncryptedPackage`; a protected `.xls` has a `FILEPASS` record before its sheets.
#[test]
fn passwords_are_recognised() {
    assert_eq!(read(&cfb::pack("EncryptedPackage", vec![7; 9000])), Err(FileError::Password));
    let bof = [0x09, 0x08, 4, 0, 0, 6, 5, 0];
    let file_pass = [0x2F, 0, 6, 0, 1, 0, 1, 0, 1, 0];
    assert_eq!(read(&cfb::pack("Workbook", [&bof[..], &file_pass].concat())), Err(FileError::Password));
    assert_eq!(read(&cfb::pack("WordDocument", vec![7; 9000])), Err(FileError::Unsupported(Kind::Document)));
}

#[test]
fn too_much_is_refused_without_being_read() {
    let head = "姓名,性别,出生日期,班级\n";
    let csv = format!("{head}{}", "张三,女,2014-05-17,六(1)班\n".repeat(1_000_000));
    let too_many = FileError::TooManyRows { sheet: String::new(), limit: 20_000 };
    assert_eq!(read(csv.as_bytes()), Err(too_many));
    let limits = Limits { rows: 50, file_bytes: 1 << 20, ..Limits::default() };
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        write(sheet, 0, &["姓名", "性别", "班级"]);
        for row in 1..400 {
            write(sheet, row, &["张三", "女", "六(1)班"]);
        }
    });
    let options = RosterOptions { limits, ..RosterOptions::default() };
    assert_eq!(read_roster(&bytes, "", &options), Err(FileError::TooManyRows { sheet: "Sheet1".into(), limit: 50 }));
    assert_eq!(read_sheets(&vec![b'a'; (1 << 20) + 1], "", &limits), Err(FileError::TooLarge { limit_mib: 1 }));
    let sheets = |count| workbook(|book| (0..count).for_each(|_| write(book.add_worksheet(), 0, &["姓名", "性别", "班级"])));
    assert_eq!(read_sheets(&sheets(64), "", &Limits::default()).unwrap().len(), 64);
    assert_eq!(read_sheets(&sheets(65), "", &Limits::default()), Err(FileError::TooManySheets { limit: 64 }), "none is left out silently");
}

#[test]
fn an_archive_cannot_unpack_beyond_its_bound() {
    use std::io::{Cursor, Write as _};
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    bomb.start_file("xl/workbook.xml", options).unwrap();
    bomb.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    for _ in 0..64 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1 << 20);
    let limits = Limits { unpacked_bytes: 32 << 20, ..Limits::default() };
    assert_eq!(read_sheets(&bomb, "", &limits), Err(FileError::TooManyRows { sheet: String::new(), limit: 20_000 }));

    let mut claim = zip::ZipWriter::new(Cursor::new(Vec::new()));
    claim.start_file("xl/workbook.xml", options).unwrap();
    claim.start_file("xl/sharedStrings.xml", options).unwrap();
    claim.write_all(b"<sst uniqueCount=\"99999999999999\"></sst>").unwrap();
    assert_eq!(read_sheets(&claim.finish().unwrap().into_inner(), "", &Limits::default()), Err(FileError::Damaged));
}

#[test]
fn a_cell_at_the_far_corner_costs_nothing() {
    let bytes = workbook(|book| {
        let sheet = book.add_worksheet();
        write(sheet, 0, &["姓名", "身份证号", "班级"]);
        write(sheet, 1, &["张三", ID, "六(1)班"]);
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    });
    assert_eq!(reasons(&read(&bytes).unwrap()), [""]);
}

/// xorshift64*, seeded: the same bytes at every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).unwrap() % below
    }
}

#[test]
fn damaged_files_never_panic() {
    let directory = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/samples");
    let mut random = Random(0x5EED);
    for name in ["roster-messy.xlsx", "roster-legacy.xls", "roster-gb18030.csv"] {
        let whole = std::fs::read(directory.join(name)).unwrap();
        for _ in 0..60 {
            let cut = random.next(whole.len());
            let _ = read(&whole[..cut]);
            let mut spoilt = whole.clone();
            for _ in 0..=random.next(20) {
                let at = random.next(spoilt.len());
                spoilt[at] = u8::try_from(random.next(256)).unwrap();
            }
            if let Ok(preview) = read(&spoilt) {
                assert!(preview.rows.len() <= 20_000);
            }
        }
    }
    let signs: [&[u8]; 5] = [b"", b"PK\x03\x04", &cfb::SIGNATURE, b"\xFF\xFE", "姓名,性别,班级\n".as_bytes()];
    for round in 0..400 {
        let mut bytes = signs[round % signs.len()].to_vec();
        bytes.extend((0..random.next(3000)).map(|_| u8::try_from(random.next(256)).unwrap()));
        let _ = read(&bytes);
    }
}

/// Random records in a sound container: what only the workbook reader itself can refuse.
#[test]
fn random_records_never_panic() {
    let mut random = Random(0xB1FF);
    for _ in 0..300 {
        let mut stream = vec![0x09, 0x08, 4, 0, 0, 6, 5, 0];
        for _ in 0..random.next(30) {
            let kinds = [0x85, 0xFC, 0xFD, 0x203, 0x27E, 0xBD, 0x06, 0x200, 0x0A, 0x3C, 0xE0, 0x41E, 0x42, 0x204];
            let kind: u16 = kinds[random.next(kinds.len())];
            let len = random.next(40);
            stream.extend(kind.to_le_bytes());
            stream.extend(u16::try_from(len).unwrap().to_le_bytes());
            stream.extend((0..len).map(|_| u8::try_from(random.next(if len.is_multiple_of(2) { 256 } else { 4 })).unwrap()));
        }
        let _ = read(&cfb::pack("Workbook", stream));
    }
}

#[test]
fn every_code_has_its_sentences_in_both_languages() {
    let sheets = || vec!["一".to_owned(), "二".to_owned()];
    let errors = [
        FileError::Empty,
        FileError::TooLarge { limit_mib: 64 },
        FileError::TooManyRows { sheet: "一".into(), limit: 20_000 },
        FileError::TooManyRows { sheet: String::new(), limit: 20_000 },
        FileError::TooManySheets { limit: 64 },
        FileError::Password,
        FileError::Damaged,
        FileError::Encoding,
        FileError::Quote { row: 3 },
        FileError::NoHeader { sheets: sheets() },
        FileError::NoHeader { sheets: Vec::new() },
        FileError::NoRows { header_row: 3 },
        FileError::FormulasOnly { sheet: "一".into() },
        FileError::NoSheet { name: "三".into(), sheets: sheets() },
    ];
    let kinds = [Kind::Html, Kind::BinaryWorkbook, Kind::OpenDocument, Kind::Document, Kind::Pdf, Kind::Picture, Kind::Archive, Kind::Unknown];
    for error in errors.into_iter().chain(kinds.map(FileError::Unsupported)) {
        let fault = Fault::from(error);
        for lang in [Lang::Zh, Lang::En] {
            let (sentence, next) = locale::fault(lang, &fault);
            assert!(!sentence.starts_with("import-") && !sentence.contains('$'), "{sentence}");
            assert!(next.is_some_and(|next| !next.contains('$')), "{fault}");
        }
    }
    for reason in Reason::ALL {
        for lang in [Lang::Zh, Lang::En] {
            let args = [
                "value",
                "column",
                "row",
                "name",
                "birth",
                "id_birth",
                "sex",
                "id_sex",
                "grade",
                "class_grade",
                "age",
                "earliest",
                "stage",
                "class",
                "most",
                "ledger",
                "there",
            ]
            .map(|name| (name, "1"));
            let key = format!("import-row-{}", reason.code());
            assert_ne!(locale::text(lang, &key, &args), key, "{lang:?}");
        }
    }
}

#[test]
fn a_number_that_lost_its_digits_is_found_in_the_student_number_where_the_row_speaks_for_it() {
    let message = |lost: &str, birth: &str, sex: &str, student: &str| {
        let preview = rows(&format!("姓名,性别,出生日期,身份证号,学籍号,班级\n张三,{sex},{birth},{lost},{student},六(1)班\n"));
        let Outcome::Reject { reason, .. } = &preview.rows[0].outcome else { panic!("{lost} is no number") };
        assert_eq!(reason.reason, Reason::IdLostDigits);
        (reason.message(Lang::Zh), reason.next(Lang::Zh).unwrap())
    };
    let (birth, sex) = (format!("{}-{}-{}", &ID[6..10], &ID[10..12], &ID[12..14]), if (ID.as_bytes()[16] - b'0') % 2 == 1 { "男" } else { "女" });
    let other = if sex == "男" { "女" } else { "男" };
    let (lost, short, whole) = (format!("{}000", &ID[..15]), format!("{}.{}E+17", &ID[..1], &ID[1..6]), format!("G{ID}"));
    for lost in [&lost, &short] {
        let (said, next) = message(lost, &birth, sex, &whole);
        assert!(said.contains(ID) && next.contains(ID) && !said.contains("无法恢复"), "{said} {next}");
    }
    for (lost, birth, sex, student) in [
        (&lost[..], "2001-02-03", sex, &whole[..]),
        (&lost, &birth, other, &whole),
        (&lost, &birth, sex, "G52990120140517329"),
        ("110105194912310000", &birth, sex, &whole),
    ] {
        assert!(!message(lost, birth, sex, student).0.contains(ID), "{lost} {birth} {sex} {student}");
    }
}

#[test]
fn every_column_has_its_name_in_both_languages() {
    let preview = rows(&format!("姓名,性别,出生日期,身份证号,班级\n张三,,,{ID},六(1)班\n"));
    let remarks: Vec<String> = preview.rows[0].warnings.iter().map(|remark| remark.message(Lang::Zh)).collect();
    assert!(remarks.iter().any(|text| text.contains("出生日期")) && remarks.iter().any(|text| text.contains("性别")), "{remarks:?}");
    for field in ["name", "sex", "birth", "grade", "class", "id-no", "id-type", "boarding", "guardian-phone", "address", "note", "stage"] {
        for lang in [Lang::Zh, Lang::En] {
            let key = format!("import-column-{field}");
            assert_ne!(locale::text(lang, &key, &[]), key);
        }
    }
}
