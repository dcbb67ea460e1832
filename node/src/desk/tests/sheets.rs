//! Workbooks with a sheet for each grade or month: one is looked at and written at a time, the others are named with their rows, and nothing is left silently.

use super::{
    School,
    grid::hidden_token,
    imports::{bytes, look, sent, upload, with_text},
};
use base64::Engine as _;
use huxue_shared::{
    command::{Request as Ask, render},
    locale::Lang,
    web::{account::Role, import},
};
use std::io::{Cursor, Write as _};

/// A workbook of sheets as an office program writes it: name, lines of cells between commas.
fn workbook(sheets: &[(&str, String)]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, text: String| {
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(text.as_bytes()).unwrap();
    };
    let (open, office) = ("http://schemas.openxmlformats.org/package/2006", "http://schemas.openxmlformats.org/officeDocument/2006/relationships");
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let (mut tabs, mut links) = (String::new(), String::new());
    for (at, (name, lines)) in (1..).zip(sheets) {
        tabs += &format!("<sheet name=\"{name}\" sheetId=\"{at}\" r:id=\"s{at}\"/>");
        links += &format!("<Relationship Id=\"s{at}\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>");
        put(&format!("xl/worksheets/sheet{at}.xml"), format!("<worksheet xmlns=\"{main}\"><sheetData>{}</sheetData></worksheet>", rows(lines)));
    }
    put("[Content_Types].xml", format!("<Types xmlns=\"{open}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"));
    let book = format!("<Relationship Id=\"b\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/>");
    put("_rels/.rels", format!("<Relationships xmlns=\"{open}/relationships\">{book}</Relationships>"));
    put("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"{open}/relationships\">{links}</Relationships>"));
    put("xl/workbook.xml", format!("<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets>{tabs}</sheets></workbook>"));
    out.finish().unwrap().into_inner()
}

fn rows(lines: &str) -> String {
    let cell = |row: usize, (at, text): (u8, &str)| {
        let column = char::from(b'A' + at);
        format!("<c r=\"{column}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let row = |(row, line): (usize, &str)| {
        let cells: String = (0..).zip(line.split(',')).map(|place| cell(row, place)).collect();
        format!("<row r=\"{row}\">{cells}</row>")
    };
    (1..).zip(lines.lines()).map(row).collect()
}

/// A grade's children; the first has `class` for its class.
fn grade(surname: &str, grade: &str, year: u16, children: u32, class: &str) -> String {
    let child = |at: u32| {
        let given = char::from_u32(0x4e8e + at).unwrap();
        format!("{surname}{given},男,{year}-03-{:02},{grade},{}\n", at + 1, if at == 0 { class } else { "1班" })
    };
    format!("姓名,性别,出生日期,年级,班级\n{}合计,,,,\n", (0..children).map(child).collect::<String>())
}

fn school_of(class: &str) -> Vec<u8> {
    workbook(&[
        ("封面", "石桥小学\n2026年春季学期".to_owned()),
        ("一年级", grade("王", "一年级", 2019, 15, class)),
        ("二年级", grade("李", "二年级", 2018, 23, class)),
    ])
}

/// `二年级` in an address.
const SECOND: &str = "%E4%BA%8C%E5%B9%B4%E7%BA%A7";
const FIRST: &str = "%E4%B8%80%E5%B9%B4%E7%BA%A7";

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_with_a_sheet_for_each_grade_is_imported_sheet_by_sheet_and_none_is_forgotten() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let book = school_of("1班");
    let seen = upload(&school, &session, "zh", "", "名册.xlsx", &book).await.text;
    let token = hidden_token(&seen);
    assert!(seen.contains("· 二年级") && seen.contains("可以收 23 行"), "{seen}");
    assert!(seen.contains("还有别的表没有读") && seen.contains("一年级（15 行）") && seen.contains("没有读：封面"), "{seen}");
    let first = format!("/import/{token}?sheet={FIRST}");
    assert!(seen.contains(&format!("href=\"{first}\"")), "{seen}");
    let english = look(&school, &session, "en", &format!("/import/{token}")).await.text;
    assert!(english.contains("一年级 (15 rows)") && english.contains("were not read"), "{english}");

    let seen = school.get(&first, &session).await.text;
    assert!(seen.contains("· 一年级") && seen.contains("可以收 15 行") && seen.contains("二年级（23 行）"), "{seen}");
    assert!(seen.contains("<input type=\"hidden\" name=\"sheet\" value=\"一年级\">"), "{seen}");
    let done = school.post(&format!("/import/{token}/apply"), &session, &format!("sheet={FIRST}&this_school=1")).await;
    assert!(done.location.starts_with(&format!("/import?done=15&refused=0&rest={token}&undo=")), "{} {}", done.location, done.text);
    assert_eq!(school.records("enrolment").len(), 15);

    let page = school.get(&done.location, &session).await.text;
    let second = format!("/import/{token}?sheet={SECOND}");
    assert!(
        page.contains("“名册.xlsx”里还有表没有导入") && page.contains("二年级（23 行）") && page.contains(&format!("href=\"{second}\"")),
        "{page}"
    );
    assert!(page.contains("名册·一年级.xlsx"), "the list of imports says which: {page}");
    assert_eq!(school.get(&first, &session).await.location, format!("/import?rest={token}"), "Back after writing leads on");
    let again = school.post(&format!("/import/{token}/apply"), &session, &format!("sheet={FIRST}&this_school=1")).await;
    assert!(!again.status.is_redirection(), "sent twice it is written once");

    let seen = school.get(&second, &session).await.text;
    assert!(seen.contains("一年级（15 行） <span class=\"tag ok\">已写入</span>") && seen.contains("可以收 23 行"), "{seen}");
    assert!(!seen.contains("name=\"meant\""), "that a sheet of the file was taken in says nothing of another: {seen}");
    let done = school.post(&format!("/import/{token}/apply"), &session, &format!("sheet={SECOND}")).await;
    assert!(done.location.starts_with("/import?done=23&refused=0&undo="), "{}", done.location);
    let children = school.records("enrolment");
    let of = |surname: &str| children.iter().filter(|row| row.name.as_deref().is_some_and(|name| name.starts_with(surname))).count();
    assert_eq!((of("王"), of("李")), (15, 23));
    assert_eq!(school.get(&second, &session).await.location, "/import", "all of it is written, and the file let go");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_the_sheet_on_the_page_whatever_was_looked_at_since() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let seen = upload(&school, &session, "zh", "", "名册.xlsx", &school_of("1班")).await.text;
    let token = hidden_token(&seen);
    let _ = school.get(&format!("/import/{token}?sheet={FIRST}"), &session).await;
    let done = school.post(&format!("/import/{token}/apply"), &session, "this_school=1").await;
    assert!(done.location.starts_with("/import?done=23&"), "{}", done.location);
    let gone = school.get(&format!("/import/{token}?sheet=%E4%B8%89"), &session).await;
    assert!(gone.status.is_client_error() && gone.text.contains("没有名为“三”的工作表"), "{}", gone.text);
    let (_, stranger) = school.person("li", &[Role::Registrar], &[]);
    assert!(!school.get(&format!("/import?rest={token}"), &stranger).await.text.contains("名册.xlsx”里"), "for whose file it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_not_doubted_for_what_an_earlier_sheet_of_its_file_brought_but_for_what_it_says_itself() {
    let school = School::new();
    school.listed();
    let put = "INSERT INTO record_school (_id, _doc, _year, _term, _disputed, _reopened, _v, void, code, name) VALUES ('school:2', 2, 2025, 0, 0, 0, 1, 0, '5299010002', '某某县青杠镇中心小学')";
    school.desk.replica.store().write(|c| c.execute_batch(put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let class = |surname: &str, class: &str| grade(surname, "五年级", 2014, 25, class).replace(",1班", &format!(",{class}"));
    let book = workbook(&[
        ("五年级1班", class("王", "1班")),
        ("五年级2班", class("李", "2班")),
        ("一年级", grade("赵", "一年级", 2019, 12, "1班")),
        ("青杠小学", grade("周", "五年级", 2014, 12, "1班")),
    ]);
    let at = sent(&school, &session, "zh", "", "名册.xlsx", &book).await.location;
    for (sheet, written, doubted) in [("五年级1班", 25, false), ("五年级2班", 25, false), ("一年级", 12, false), ("青杠小学", 12, true)]
    {
        let page = school.get(&format!("{at}?sheet={}", huxue_shared::web::page::escape_query(sheet)), &session).await.text;
        assert_eq!(page.contains("可能不是本校的"), doubted, "{sheet}: {page}");
        let done = school.post(&format!("{at}/apply"), &session, &format!("sheet={sheet}")).await;
        assert_eq!(done.location.starts_with(&format!("/import?done={written}&")), !doubted, "{sheet}: {}", done.text);
    }
    // Sent again, it is held against all that is here.
    let again = upload(&school, &session, "zh", "", "名册.xlsx", &book).await.text;
    assert!(again.contains("没有需要写入的内容"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_of_two_sheets_wait_apart_and_a_row_of_one_is_never_taken_for_that_of_the_other() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    let book = school_of("火箭");
    let token = hidden_token(&upload(&school, &session, "zh", "", "名册.xlsx", &book).await.text);
    for (sheet, written) in [(FIRST, 14), (SECOND, 22)] {
        let _ = school.get(&format!("/import/{token}?sheet={sheet}"), &session).await;
        let done = school.post(&format!("/import/{token}/apply"), &session, &format!("sheet={sheet}&this_school=1")).await;
        assert!(done.location.starts_with(&format!("/import?done={written}&refused=1")), "{}", done.location);
    }
    let waiting = || {
        let mut list = import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap();
        list.sort();
        list
    };
    let list = waiting();
    let names: Vec<&str> = list.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["名册·一年级.xlsx → 学生名册", "名册·二年级.xlsx → 学生名册"]);
    // The first grade's is corrected and taken; the same line of the second grade's sheet is another child all the same.
    let mended = with_text(&bytes(&school, &session, &list[0].2).await, "火箭", "1班");
    let seen = upload(&school, &session, "zh", "", "改好了.xlsx", &mended).await.text;
    let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "this_school=1").await;
    assert!(done.location.starts_with("/import?done=1&refused=0"), "{seen}");
    assert_eq!(waiting().len(), 1);
    let at = sent(&school, &session, "zh", "", "名册.xlsx", &book).await.location;
    let first = school.get(&format!("{at}?sheet={FIRST}"), &session).await.text;
    assert!(first.contains("可以收 15 行"), "corrected and taken since: {first}");
    let second = school.get(&format!("{at}?sheet={SECOND}"), &session).await.text;
    assert!(second.contains("不能收 1 行") && second.contains("可以收 22 行"), "{second}");
    assert_eq!(school.records("enrolment").len(), 37);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_kept_month_by_month_names_its_other_months_and_the_command_line_says_so_too() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let month = |month: u8, visits: u8| {
        let visits: String = (1..=visits).map(|day| format!("王小明,2026-{month:02}-{day:02},家访,{}\n", 20 + day)).collect();
        format!("姓名,日期,关爱方式,时长（分钟）\n{visits}")
    };
    let book = workbook(&[("一月", month(1, 2)), ("二月", month(2, 3))]);
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &book).await.text;
    assert!(seen.contains("可以收 2 行") && seen.contains("二月（3 行）"), "{seen}");
    let token = hidden_token(&seen);
    let seen = school.get(&format!("/import/{token}?sheet=%E4%BA%8C%E6%9C%88"), &session).await.text;
    assert!(seen.contains("可以收 3 行") && seen.contains("一月（2 行）"), "{seen}");
    let done = school.post(&format!("/import/{token}/apply"), &session, "sheet=%E4%BA%8C%E6%9C%88").await;
    assert!(done.location.contains(&format!("&rest={token}")) && school.records("care_log").len() == 3, "{}", done.text);

    let encoded = base64::engine::general_purpose::STANDARD.encode(school_of("1班"));
    let ask = Ask::ImportRoster { file: "名册.xlsx".into(), bytes: encoded, dry_run: true, sheet: None, by: None, this_school: false };
    let answer = school.desk.ask(&account, ask.clone(), Lang::Zh).unwrap();
    assert_eq!(answer["other_sheets"], serde_json::json!([{ "name": "一年级", "rows": 15, "hidden": false }]));
    let said = render::render(&ask, &answer, Lang::Zh);
    assert!(
        said.contains("还有 1 张工作表也是这样的表") && said.contains("一年级（15 行）") && said.contains("没有认出表头，没有读：封面"),
        "{said}"
    );
    // An export of ours has one sheet for people; the others are no business of theirs.
    let exported = bytes(&school, &session, "/ledger/enrolment/export").await;
    let seen = upload(&school, &session, "zh", "", "档案.xlsx", &exported).await.text;
    assert!(!seen.contains("还有别的表") && !seen.contains("没有认出表头"), "{seen}");
}
