//! Files at the desk: an export that comes back while somebody else worked here, and refused rows that wait for who sent them.
//!
//! Long as it is, this is one room: what comes in as a file and goes out as one is told with the same few helpers.

use super::{COOKIE, HOST, ORIGIN, School, grid::hidden_token, steady};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use huxue_shared::{
    command::{Request as Ask, request::SubjectRef},
    document::view::Value,
    locale::Lang,
    web::{
        account::{Class, Role},
        import,
    },
};

/// Sends a file as a browser does, and goes where the answer leads.
pub(super) async fn upload(school: &School, session: &str, lang: &str, into: &str, name: &str, bytes: &[u8]) -> super::Answer {
    let sent = sent(school, session, lang, into, name, bytes).await;
    if sent.location.is_empty() { sent } else { look(school, session, lang, &sent.location).await }
}

/// Sends a file as a browser does.
pub(super) async fn sent(school: &School, session: &str, lang: &str, into: &str, name: &str, bytes: &[u8]) -> super::Answer {
    let mut body = Vec::new();
    for part in [
        format!("--x\r\nContent-Disposition: form-data; name=\"into\"\r\n\r\n{into}\r\n"),
        format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"),
    ] {
        body.extend(part.into_bytes());
    }
    body.extend(bytes);
    body.extend(b"\r\n--x--\r\n");
    let request = Request::post(format!("/import/preview?t={}", school.token(session)))
        .header("host", HOST)
        .header("origin", ORIGIN)
        .header("cookie", format!("{COOKIE}={session}; huxue_lang={lang}"))
        .header("content-type", "multipart/form-data; boundary=x");
    school.send(request.body(Body::from(body)).unwrap()).await
}

/// A page in a language.
pub(super) async fn look(school: &School, session: &str, lang: &str, path: &str) -> super::Answer {
    let request = Request::get(path).header("host", HOST).header("cookie", format!("{COOKIE}={session}; huxue_lang={lang}"));
    school.send(request.body(Body::empty()).unwrap()).await
}

pub(super) async fn bytes(school: &School, session: &str, path: &str) -> Vec<u8> {
    use tower::ServiceExt as _;
    let request = Request::get(path).header("host", HOST).header("cookie", format!("{COOKIE}={session}"));
    let response = school.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap().to_vec()
}

pub(super) const BAD: &str = "姓名,身份证号,性别,年级,班级\n王小明,529901201606120012,男,三年级,1班\n赵小红,529901201606120099,女,三年级,1班\n,529901201603020032,女,三年级,1班\n";

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_wait_for_who_sent_them_and_for_nobody_else_until_they_come_back() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    let (other, stranger) = school.person("li", &[Role::Registrar], &[]);
    let seen = upload(&school, &session, "zh", "", "名册.csv", BAD.as_bytes()).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    let waiting = || import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap();
    assert!(waiting().is_empty(), "looking keeps nothing");
    let token = hidden_token(&seen.text);
    assert_eq!(look(&school, &session, "zh", &format!("/import/{token}")).await.text, seen.text, "Back and reloading show the preview again");
    assert!(look(&school, &session, "en", &format!("/import/{token}")).await.text.contains("Nothing is written yet"), "in another language too");
    assert_eq!(school.get(&format!("/import/{token}"), &stranger).await.location, "/import", "for whose it is");
    let done = school.post(&format!("/import/{token}/apply"), &session, "").await;
    let after = school.get(&format!("/import/{token}"), &session).await;
    assert_eq!(after.location, "/import", "Back after writing leads to the list of what was: {}", after.text);
    assert!(done.location.starts_with("/import?done=1&refused=2&undo="), "{}", done.location);
    let list = waiting();
    assert_eq!((list.len(), list[0].0.as_str(), list[0].1), (1, "名册.csv → 学生名册", 2), "{list:?}");
    assert!(import::waiting_refused(&school.desk, &other, Lang::Zh).unwrap().is_empty());
    assert_eq!(school.get(&list[0].2, &stranger).await.status, StatusCode::NOT_FOUND, "another registrar's file");
    assert!(school.get("/", &session).await.text.contains("名册.csv → 学生名册：2 行没收"), "Today leads there");
    assert!(!school.get("/", &stranger).await.text.contains("card-refused"));
    let page = school.get(&done.location, &session).await;
    insta::assert_snapshot!(
        "import_waiting_zh",
        steady(&school, &session, &page.text).lines().filter(|line| !line.contains("/undo/")).collect::<Vec<_>>().join("\n")
    );

    let same = upload(&school, &session, "zh", "", "名册.csv", BAD.as_bytes()).await.text;
    assert!(same.contains("<span class=\"tag\">没有变化</span>") && !same.contains("：；"), "who is there already is said to be: {same}");
    // Sent again as it is: refused again, for the same reasons, and still one entry.
    let book = bytes(&school, &session, &list[0].2).await;
    let again = upload(&school, &session, "zh", "", "退回-名册.xlsx", &book).await.text;
    assert!(!again.contains("<button class=\"main\">"), "there is nothing to write: {again}");
    assert_eq!(waiting().len(), 1);
    let mended = "姓名,身份证号,性别,年级,班级\n赵小红,529901201603020032,男,三年级,1班\n";
    let seen = upload(&school, &session, "zh", "", "退回-名册.csv", mended.as_bytes()).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    assert!(waiting().is_empty(), "all of it is taken");
    assert_eq!(school.records("enrolment").len(), 2);

    upload(&school, &session, "zh", "", "另.csv", BAD.as_bytes()).await;
    let seen = upload(&school, &session, "zh", "", "另.csv", BAD.as_bytes()).await.text;
    bytes(&school, &session, &format!("/import/{}/refused", hidden_token(&seen))).await;
    let href = waiting()[0].2.clone();
    school.post(&format!("{href}/forget"), &stranger, "").await;
    assert_eq!(waiting().len(), 1, "only the own are put away");
    school.post(&format!("{href}/forget"), &session, "").await;
    assert!(waiting().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_taken_back_asks_for_its_refused_rows_no_more() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    let seen = upload(&school, &session, "zh", "", "名册.csv", BAD.as_bytes()).await.text;
    let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    assert!(school.get("/", &session).await.text.contains("2 行没收"));
    let batch = done.location.split("undo=").nth(1).unwrap().to_owned();
    school.desk.ask(&account, Ask::ImportUndo { batch }, Lang::Zh).unwrap();
    assert!(!school.get("/", &session).await.text.contains("2 行没收"));
    assert!(school.get("/import", &session).await.text.contains("/import/refused/"), "they lie under Import all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_changed_in_the_file_and_here_is_shown_side_by_side_and_a_person_chooses() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let set = [("kind", "visit"), ("minutes", "30")].iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let ask = |request| school.desk.ask(&super::nobody(), request, Lang::Zh).unwrap();
    let record = ask(Ask::RecordAdd { ledger: "care_log".into(), subject: Some(SubjectRef::Student(child)), year: None, set, by: None })["record"]
        .as_str()
        .unwrap()
        .to_owned();
    let book = bytes(&school, &session, "/ledger/care_log/export").await;
    ask(Ask::RecordSet { record, set: [("minutes".to_owned(), "45".to_owned())].into(), by: None });
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &book).await.text;
    assert!(!seen.contains("class=\"both\"") && seen.contains("没有"), "an unedited file reverts nothing: {seen}");

    let noted = ask(Ask::AuditList { action: Some("list".into()), limit: None }).to_string();
    assert!(noted.contains("import ledger care_log"), "a preview shows what the records say: {noted}");

    // The cell as the person changed it: a number in the sheet.
    let edited = with_number(&book, "30", "50");
    for lang in ["zh", "en"] {
        let seen = upload(&school, &session, lang, "care_log", "关爱.xlsx", &edited).await.text;
        let token = hidden_token(&seen);
        insta::assert_snapshot!(format!("import_both_{lang}"), steady(&school, &session, &seen).replace(&token, "UPLOAD"));
    }
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &edited).await.text;
    let minutes = || serde_json::to_value(&school.records("care_log")[0].fields["minutes"]).unwrap();
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "take.2.minutes=").await;
    assert_eq!(minutes(), 45, "what is here stays unless chosen otherwise");
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &edited).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "take.2.minutes=2:minutes").await;
    assert_eq!(minutes(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_in_dispute_is_exported_as_that_and_sent_back_changes_nothing() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let log = super::seams::add(&school, "care_log", Some(&child), &[("kind", "visit"), ("with", "child"), ("on", "2026-03-01")]);
    let values = ["call", "video"].map(|value| serde_json::json!({ "value": value, "origin": "00000000000000aa" }));
    super::seams::disagreement(&school, &log, "field", "kind", &serde_json::json!({ "values": values, "shared": "visit" }));
    let book = bytes(&school, &session, "/ledger/care_log/export").await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(&book)).unwrap();
    let text = std::io::read_to_string(archive.by_name("xl/sharedStrings.xml").unwrap()).unwrap();
    assert!(text.contains("待定：亲情通话 / 亲情视频"), "{text}");
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &book).await.text;
    assert!(!seen.contains("class=\"both\"") && !seen.contains("<button class=\"main\">"), "{seen}");
    // Edited in the file, it is settled by a person first, and nobody's value is offered as what stands here.
    let edited = with_cell(&book, "关爱方式", "家访");
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &edited).await.text;
    assert!(seen.contains("不能收 1 行") && seen.contains("两处写得不一样，还没有人选定") && !seen.contains("class=\"both\""), "{seen}");
}

/// The workbook with one of its parts changed.
fn with_part(book: &[u8], part: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let name = file.name().to_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        if name.ends_with(part) {
            bytes = change(String::from_utf8(bytes).unwrap()).into_bytes();
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// The workbook with another number in its first sheet.
fn with_number(book: &[u8], from: &str, to: &str) -> Vec<u8> {
    with_part(book, "worksheets/sheet1.xml", |text| {
        assert!(text.contains(&format!("<v>{from}</v>")), "{text}");
        text.replace(&format!("<v>{from}</v>"), &format!("<v>{to}</v>"))
    })
}

fn first_sheet(book: &[u8]) -> huxue_shared::import::Sheet {
    huxue_shared::import::read_sheets(book, "x.xlsx", &huxue_shared::import::Limits::default()).unwrap().swap_remove(0)
}

/// The words in a workbook's first row.
fn heads(book: &[u8]) -> Vec<String> {
    first_sheet(book).rows[0].1.iter().map(huxue_shared::import::Cell::text).filter(|head| !head.is_empty()).collect()
}

/// A, B, …, Z, AA, …
fn column(at: usize) -> String {
    let letter = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap());
    if at < 26 { letter(at).to_string() } else { format!("{}{}", letter(at / 26 - 1), letter(at)) }
}

/// The workbook with another text in one cell of its second row; what it held at export stays as it was.
fn with_cell(book: &[u8], head: &str, text: &str) -> Vec<u8> {
    let at = heads(book).iter().position(|known| known == head).unwrap();
    let place = format!("<c r=\"{}2\"", column(at));
    with_part(book, "worksheets/sheet1.xml", |sheet| {
        let (before, rest) = sheet.split_once(&place).unwrap();
        let after = rest.split_once("</c>").unwrap().1;
        format!("{before}{place} t=\"inlineStr\"><is><t>{text}</t></is></c>{after}")
    })
}

/// The workbook with a row more at the foot of its first sheet: what stands under which head.
pub(super) fn with_row(book: &[u8], cells: &[(&str, &str)]) -> Vec<u8> {
    let heads = heads(book);
    let number = first_sheet(book).rows.last().unwrap().0 + 1;
    let cells = cells.iter().map(|(head, text)| {
        let at = heads.iter().position(|known| known == head).unwrap_or_else(|| panic!("{head} is among {heads:?}"));
        let column = column(at);
        (at, format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"))
    });
    let cells: std::collections::BTreeMap<usize, String> = cells.collect();
    let row = cells.into_values().collect::<String>();
    with_part(book, "worksheets/sheet1.xml", |text| text.replace("</sheetData>", &format!("<row r=\"{number}\">{row}</row></sheetData>")))
}

fn ask(school: &School, request: Ask) -> serde_json::Value {
    school.desk.ask(&super::nobody(), request, Lang::Zh).unwrap()
}

fn care(school: &School, child: &str, minutes: &str) -> String {
    let set = [("kind", "visit"), ("minutes", minutes)].iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let subject = Some(SubjectRef::Student(child.to_owned()));
    ask(school, Ask::RecordAdd { ledger: "care_log".into(), subject, year: None, set, by: None })["record"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_of_ours_goes_where_it_came_from_whatever_was_chosen() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    care(&school, &child, "30");
    let edited = with_number(&bytes(&school, &session, "/ledger/care_log/export").await, "30", "50");
    let into = "→ 留守儿童关爱记录";
    let seen = upload(&school, &session, "zh", "", "随便.xlsx", &edited).await.text;
    assert!(seen.contains(into) && seen.contains("认出来了"), "nothing chosen: {seen}");
    let table = "姓名,性别,班级,日期,关爱方式,时长\n王小明,男,1班,2026-02-20,家访,30\n";
    let plain = upload(&school, &session, "zh", "", "关爱.csv", table.as_bytes()).await.text;
    assert!(plain.contains("是按学生名册看的"), "a table that is no roster: {plain}");
    for wrong in ["roster", "activity"] {
        let seen = upload(&school, &session, "zh", wrong, "随便.xlsx", &edited).await.text;
        assert!(seen.contains(into) && seen.contains("您选的是“") && seen.contains("改为导入到那里"), "{wrong}: {seen}");
    }
    let seen = upload(&school, &session, "en", "activity", "a.xlsx", &edited).await.text;
    assert!(seen.contains("You chose &#") && seen.contains("it goes there instead"), "{seen}");
    let seen = upload(&school, &session, "zh", "care_log", "随便.xlsx", &edited).await.text;
    assert!(!seen.contains("您选的是") && !seen.contains("认出来了"), "what was chosen rightly needs no word");
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    assert_eq!(serde_json::to_value(&school.records("care_log")[0].fields["minutes"]).unwrap(), 50);

    // The profiles that were exported come back as profiles, not as a roster.
    let profiles = bytes(&school, &session, "/ledger/enrolment/export").await;
    let seen = upload(&school, &session, "zh", "", "档案.xlsx", &profiles).await.text;
    assert!(seen.contains("学籍与困难家庭档案") && seen.contains("没有需要写入的内容"), "{seen}");

    // And refused rows of a roster, under a name of the person's own and into the wrong ledger; our own columns are none to speak of.
    let seen = upload(&school, &session, "zh", "", "名册.csv", BAD.as_bytes()).await.text;
    let book = bytes(&school, &session, &format!("/import/{}/refused", hidden_token(&seen))).await;
    let seen = upload(&school, &session, "zh", "care_log", "改好了的.xlsx", &book).await.text;
    assert!(seen.contains("→ 学生名册") && seen.contains("改为导入到那里"), "{seen}");
    assert!(!seen.contains("为什么退回") && !seen.contains("没有用到的列"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_child_in_a_file_of_profiles_is_asked_about_where_what_must_be_known_is_left_out() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("李小花", "529901201606120020", 3, 1);
    let book = bytes(&school, &session, "/ledger/enrolment/export").await;
    assert!(
        !upload(&school, &session, "zh", "", "档案.xlsx", &book).await.text.contains("写入前请先核对"),
        "a child that is there is not asked about"
    );
    let more = with_row(&book, &[("姓名", "王小明"), ("性别", "男"), ("学段", "小学"), ("年级", "3"), ("班级", "1")]);
    let seen = upload(&school, &session, "zh", "", "档案.xlsx", &more).await.text;
    assert!(seen.contains("写入前请先核对") && seen.contains("出生日期") && seen.contains("name=\"meant\" value=\"3\" required"), "{seen}");
    let apply = format!("/import/{}/apply", hidden_token(&seen));
    assert!(!school.post(&apply, &session, "").await.status.is_redirection());
    assert_eq!(school.records("enrolment").len(), 1);
    let meant = school.post(&apply, &session, "meant=3").await;
    assert!(meant.location.starts_with("/import?done=1") && school.records("enrolment").len() == 2, "{}", meant.text);
    // One of that name is on file now, without a day of birth.
    let twice = with_row(&book, &[("姓名", "王小明"), ("性别", "男"), ("学段", "小学"), ("年级", "3"), ("班级", "1"), ("出生日期", "2016-06-13")]);
    let seen = upload(&school, &session, "zh", "", "档案2.xlsx", &twice).await.text;
    assert!(seen.contains("已有一名叫“王小明”"), "{seen}");
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "meant=3").await;
    // The same once more, with everything filled in: it is on file.
    let all = [
        ("姓名", "王小明"),
        ("证件类型", "无证件"),
        ("性别", "男"),
        ("学段", "小学"),
        ("年级", "3"),
        ("班级", "1"),
        ("出生日期", "2016-06-13"),
        ("是否留守儿童", "否"),
        ("建档立卡（脱贫户、监测户）", "否"),
        ("住宿", "走读"),
        ("学籍状态", "在校"),
    ];
    let seen = upload(&school, &session, "zh", "", "档案3.xlsx", &with_row(&book, &all)).await.text;
    assert!(seen.contains("已有一名叫“王小明”"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_sent_under_another_name_are_no_longer_waited_for_once_they_are_taken() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let bad = "姓名,日期,关爱方式,时长\n王小明,2026-02-20,家访,30\n王小明,2026-02-21,家访,很久\n";
    let seen = upload(&school, &session, "zh", "care_log", "二月.csv", bad.as_bytes()).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    let waiting = || import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap();
    let book = bytes(&school, &session, &waiting()[0].2).await;
    let mended = with_text(&book, "很久", "40");
    for name in ["改好.xlsx", "又改了名.xlsx"] {
        let seen = upload(&school, &session, "zh", "", name, &mended).await.text;
        if seen.contains("<button class=\"main\">") {
            school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
        }
        assert_eq!(school.records("care_log").len(), 2, "{name}: {seen}");
        assert!(waiting().is_empty(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn today_waits_for_refused_rows_that_are_in_no_record_and_for_no_others() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    let seen = upload(&school, &session, "zh", "", "名册.csv", BAD.as_bytes()).await.text;
    let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    let batch = done.location.split("undo=").nth(1).unwrap().to_owned();
    let waiting = || import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap().iter().map(|(_, rows, _)| *rows).collect::<Vec<_>>();
    let book = bytes(&school, &session, &import::waiting_refused(&school.desk, &account, Lang::Zh).unwrap()[0].2).await;
    let mended = with_text(&book, "529901201606120099", "529901201603020040");
    let seen = upload(&school, &session, "zh", "", "退回-名册.xlsx", &mended).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    assert_eq!(waiting(), [1], "the row without a name");
    // The first workbook again, as it was.
    let seen = upload(&school, &session, "zh", "", "退回-名册.xlsx", &book).await.text;
    bytes(&school, &session, &format!("/import/{}/refused", hidden_token(&seen))).await;
    assert_eq!(waiting(), [1]);
    // And the file it all came from, once the import of it was taken back.
    school.clock.advance_s(1);
    school.desk.ask(&account, Ask::ImportUndo { batch }, Lang::Zh).unwrap();
    let seen = upload(&school, &session, "zh", "", "名册.csv", BAD.as_bytes()).await.text;
    assert!(seen.contains("这一行退回后已经改好收下了"), "{seen}");
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    assert_eq!((waiting(), school.records("enrolment").len()), (vec![1], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_listed_for_who_made_them_and_all_for_the_registrar() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[Class { grade: 3, class: 1 }]);
    school.child("王小明", "529901201606120012", 3, 1);
    let csv = "姓名,日期,关爱方式,时长\n王小明,2026-02-20,家访,30\n";
    let seen = upload(&school, &teacher, "zh", "care_log", "三一班.csv", csv.as_bytes()).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &teacher, "").await;
    assert!(school.get("/import", &teacher).await.text.contains("三一班.csv"));
    assert!(!school.get("/import", &officer).await.text.contains("三一班.csv"), "not an aid officer's");
    let all = school.get("/import", &registrar).await.text;
    assert!(all.contains("三一班.csv") && all.contains("li老师"), "the registrar sees all, and whose: {all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teacher_imports_rows_about_the_own_class_and_no_roster() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[Class { grade: 3, class: 1 }]);
    school.child("王小明", "529901201606120012", 3, 1);
    let other = school.child("赵小红", "529901201603020032", 3, 2);
    let theirs = care(&school, &other, "77");
    let page = school.get("/import", &teacher).await;
    assert!(page.status == StatusCode::OK && !page.text.contains("value=\"roster\"") && page.text.contains("value=\"care_log\""), "{}", page.text);
    assert!(!page.text.contains("value=\"aid_payment\""), "what is the aid officer's alone");
    for (into, name) in [("roster", "名册.csv"), ("aid_payment", "发放.csv"), ("enrolment", "档案.csv")] {
        let refused = upload(&school, &teacher, "zh", into, name, BAD.as_bytes()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{into}: {}", refused.text);
    }
    let refused = upload(&school, &teacher, "zh", "", "表.csv", BAD.as_bytes()).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("认不出这个文件"), "{}", refused.text);

    let profiles = bytes(&school, &teacher, "/ledger/enrolment/export").await;
    let seen = upload(&school, &teacher, "zh", "", "档案.xlsx", &profiles).await.text;
    assert!(seen.contains("没有需要写入的内容"), "the own children's profiles come back: {seen}");

    let csv = format!("记录号,姓名,日期,关爱方式,时长\n,王小明,2026-02-20,家访,30\n,赵小红,2026-02-20,家访,30\n{theirs},,2026-02-20,家访,31\n");
    let seen = upload(&school, &teacher, "zh", "care_log", "表.csv", csv.as_bytes()).await.text;
    assert!(
        seen.matches("不是您班上的学生").count() == 2 && !seen.contains(">77") && !seen.contains("77 "),
        "nothing of the other class is told: {seen}"
    );
    let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &teacher, "").await;
    assert!(done.location.starts_with("/import?done=1&refused=2"), "{}", done.location);
    let minutes: Vec<String> = school.records("care_log").iter().map(|row| serde_json::to_string(&row.fields["minutes"]).unwrap()).collect();
    assert!(minutes.len() == 2 && minutes.contains(&"77".to_owned()), "{minutes:?}");
    let undo = done.location.split("undo=").nth(1).unwrap().to_owned();
    assert_eq!(school.post(&format!("/undo/{undo}"), &teacher, "").await.status, StatusCode::OK, "the own batch is taken back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_that_looks_like_another_schools_needs_a_tick() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let csv = "学校标识码,姓名,身份证号,性别,年级,班级\n5299010002,王小明,529901201606120012,男,三年级,1班\n";
    let seen = upload(&school, &session, "zh", "", "名册.csv", csv.as_bytes()).await.text;
    assert!(seen.contains("这份名册可能不是本校的") && seen.contains("name=\"this_school\" value=\"yes\" required"), "{seen}");
    let apply = format!("/import/{}/apply", hidden_token(&seen));
    let refused = school.post(&apply, &session, "").await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("勾上"), "{} {}", refused.status, refused.text);
    assert!(school.records("enrolment").is_empty());
    let done = school.post(&apply, &session, "this_school=yes").await;
    assert!(done.location.starts_with("/import?done=1"), "the file is still there: {}", done.location);
    let english = upload(&school, &session, "en", "", "a.csv", BAD.as_bytes()).await.text;
    assert!(english.contains("赵小红 · 三年级 1班"), "a refused row says whose it is: {english}");
    assert!(english.contains("Grade 3 class 1") && !english.contains(" · 3 · 1"), "{english}");
}

/// A sample of the tests.
fn sample(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples").join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_an_office_sends_is_read_or_refused_in_the_pages_language() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let long = |rows: usize| format!("姓名,日期,关爱方式\n{}", "没有此人,2026-02-20,家访\n".repeat(rows)).into_bytes();
    for (name, bytes, zh, en) in [
        ("", Vec::new(), "没有选文件", "No file was chosen"),
        ("空.xlsx", Vec::new(), "文件是空的", "empty"),
        ("空白.csv", b" \n\n".to_vec(), "文件是空的", "empty"),
        ("加密.xlsx", sample("bad/password.xlsx"), "打开密码", "password"),
        ("扫描.xlsx", b"%PDF-1.7 x".to_vec(), "PDF", "PDF"),
        ("网页.xls", b"<html><table><tr><td>x".to_vec(), "网页", "web page"),
        ("两万零一.csv", long(20_001), "20000", "20000"),
    ] {
        for (lang, wanted) in [("zh", zh), ("en", en)] {
            let seen = upload(&school, &session, lang, "care_log", name, &bytes).await;
            let text = seen.text.replace("20,000", "20000");
            let said = text.split("<main").nth(1).unwrap_or(&text);
            assert!(seen.status == StatusCode::UNPROCESSABLE_ENTITY && said.contains(wanted), "{name} {lang} {}: {said}", seen.status);
        }
    }
    // The content decides what a file is: an .xls under another name, and GB18030.
    for (name, file) in [("旧表.xlsx", "roster-legacy.xls"), ("新表.xls", "roster-clean.xlsx"), ("国标.txt", "roster-gb18030.csv")] {
        let seen = upload(&school, &session, "zh", "", name, &sample(file)).await;
        assert!(seen.status == StatusCode::OK && seen.text.contains("class=\"tag ok\""), "{name}: {}", seen.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_as_people_type_them_are_read_and_what_cannot_be_meant_is_refused_with_its_reason() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let csv = "姓名,日期,关爱方式,时长\n 王小明　,2026.1.3,家访 ,３０\n王小明,2026年1月4日,家访,31.0\n王小明,1月5日,家访,32\n王小明,1.6,家访,33\n";
    for (lang, said) in [("zh", "没有写年份"), ("en", "without its year")] {
        let seen = upload(&school, &session, lang, "care_log", "表.csv", csv.as_bytes()).await.text;
        assert_eq!(seen.matches(said).count(), 2, "{seen}");
    }
    let seen = upload(&school, &session, "zh", "care_log", "表.csv", csv.as_bytes()).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    let mut found: Vec<String> =
        school.records("care_log").iter().map(|row| serde_json::to_string(&(&row.on, &row.fields["minutes"])).unwrap()).collect();
    found.sort();
    assert_eq!(found, ["[\"2026-01-03\",30]", "[\"2026-01-04\",31]"]);

    let csv = "姓名,身份证号,性别,年级,班级,监护人电话\n张三,529901201603020032,女,三年级,1班,13800000000.0\n李四,５２９９０１２０１６０３０２００４０,女 ,三年级,１班,'13900000000\n";
    let seen = upload(&school, &session, "zh", "roster", "名册.csv", csv.as_bytes()).await.text;
    assert!(!seen.contains("位数不对"), "a telephone number that was a number: {seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_looked_at_stands_above_the_rows_once_with_the_rows_it_is_about() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let csv =
        "姓名,身份证号,年级,班级,是否寄宿生,是否留守儿童\n张三,529901201603020032,三年级,1班,,双亲留守儿童\n李四,529901201603020040,三年级,1班,,否\n";
    let seen = upload(&school, &session, "zh", "roster", "名册.csv", csv.as_bytes()).await.text;
    let above = seen.split("<table").next().unwrap();
    assert!(above.contains("第 2、3 行（共 2 行）：“是否寄宿”空着，按走读登记"), "{above}");
    assert!(above.contains("第 2 行：留守类型“父母双方外出”会一并写进留守儿童档案"), "{above}");
}

/// The workbook with another text among its strings.
pub(super) fn with_text(book: &[u8], from: &str, to: &str) -> Vec<u8> {
    with_part(book, "sharedStrings.xml", |text| {
        assert!(text.contains(&format!(">{from}<")), "{from} is in the workbook");
        text.replace(&format!(">{from}<"), &format!(">{to}<"))
    })
}

/// An amount with fen is a number as any other, and a ledger's own column called much like ours goes back and forth with the rest.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_with_fen_is_exported_as_a_number_and_goes_back_and_forth_with_every_column() {
    let school = School::new();
    let (_, session) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let set =
        [("amount", "312.50"), ("paid_on", "2026-02-20"), ("refund_amount", "100.10"), ("failed", "yes"), ("refund_why", "left"), ("note", "第一次")];
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let ask = |request| school.desk.ask(&super::nobody(), request, Lang::Zh).unwrap();
    ask(Ask::RecordAdd { ledger: "aid_payment".into(), subject: Some(SubjectRef::Student(child)), year: None, set, by: None });
    let book = bytes(&school, &session, "/ledger/aid_payment/export").await;
    let same = upload(&school, &session, "zh", "", "发放.xlsx", &book).await.text;
    assert!(same.contains("没有需要写入的内容"), "what was only exported changes nothing: {same}");
    let wrong = upload(&school, &session, "zh", "", "发放.xlsx", &with_number(&book, "312.5", "312.555")).await.text;
    assert!(wrong.contains("tag bad"), "{wrong}");
    let back = bytes(&school, &session, &format!("/import/{}/refused", hidden_token(&wrong))).await;
    let (sent, given) = (heads(&book), heads(&back));
    assert!(sent.contains(&"退回原因".to_owned()) && given[..sent.len()] == sent && given[sent.len()] == "为什么退回", "{given:?}");
    let again = upload(&school, &session, "zh", "", "退回.xlsx", &back).await.text;
    let twice = bytes(&school, &session, &format!("/import/{}/refused", hidden_token(&again))).await;
    assert_eq!(heads(&twice), given, "given back a second time the columns are as many");
    let mended = with_number(&twice, "312.555", "350");
    let seen = upload(&school, &session, "zh", "", "发放.xlsx", &mended).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
    let fields = &school.records("aid_payment")[0].fields;
    let value = |key: &str| serde_json::to_value(&fields[key]).unwrap();
    assert_eq!((value("amount"), value("note")), (35_000.into(), "第一次".into()), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_said_to_be_with_what_to_do_and_the_page_to_choose_another() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    for mib in [17, 21] {
        let answer = sent(&school, &session, "zh", "roster", "花名册.xlsx", &vec![b'x'; mib << 20]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        for part in ["文件“花名册.xlsx”太大：最多 16 MB。", "删掉图片和用不着的工作表", "type=\"file\"", "<option value=\"roster\" selected>"]
        {
            assert!(answer.text.contains(part), "{part}: {}", answer.text);
        }
    }
    let whole = sent(&school, &session, "zh", "roster", "花名册.xlsx", &vec![b'x'; 16 << 20]).await;
    assert_eq!(whole.status, StatusCode::SEE_OTHER, "16 MB are taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_table_of_too_many_rows_is_said_to_be_so_and_not_of_an_unknown_encoding() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    for head in ["姓名,性别,年级,班级\n", "姓名,性别,年级,班级,\n"] {
        let table = format!("{head}{}", "张三丰,男,三年级,1班\n".repeat(50_000));
        let page = upload(&school, &session, "zh", "roster", "全县.csv", table.as_bytes()).await.text;
        assert!(page.contains("行数超过了 20000 行") && !page.contains("编码"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_the_countys_is_said_to_be_one_and_a_reason_of_all_its_rows_once() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/household-list.xlsx");
    for (lang, rows) in [("zh", "104 行："), ("en", "104 rows:")] {
        let page = upload(&school, &session, lang, "", "名单.xlsx", &std::fs::read(&path).unwrap()).await.text;
        assert!(page.matches(rows).count() == 1, "{page}");
        assert_eq!(page.matches("<tr><td class=\"number\">").count(), 3, "and a few rows stand for all");
    }
    let list = "户编号,姓名,身份证件号码,困难类别,享受起始,享受截止\nH1,王小明,529901201606120012,低保,2025-01-01,2025-12-31\n";
    for (lang, said) in [("zh", "这份表看起来是《困难家庭名单》，由县里登记"), ("en", "This looks like \"Household list\"")] {
        let page = upload(&school, &session, lang, "", "名单.csv", list.as_bytes()).await.text.replace("&#34;", "\"");
        assert!(page.contains(said), "{page}");
    }
    let plain = "姓名,性别,身份证号\n王小明,男,529901201606120012\n";
    let page = upload(&school, &session, "zh", "roster", "名册.csv", plain.as_bytes()).await.text;
    assert!(!page.contains("看起来是《"), "what fits many is said to be none of them: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workbook_given_back_carries_this_schools_mark_unless_the_roster_is_in_doubt() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let table = |surname: &str| {
        let given = (0..12).map(|at| char::from_u32(0x4e8e + at).unwrap()).enumerate();
        let rows = given.map(|(at, given)| format!("{surname}{given},男,2016-03-{:02},三年级,{}\n", at + 1, if at == 0 { "火箭" } else { "1班" }));
        format!("姓名,性别,出生日期,年级,班级\n{}", rows.collect::<String>())
    };
    let mut marks = Vec::new();
    for (surname, doubted) in [("王", false), ("陈", true)] {
        let sent = sent(&school, &session, "zh", "roster", "名册.csv", table(surname).as_bytes()).await;
        let page = look(&school, &session, "zh", &sent.location).await.text;
        assert_eq!(page.contains("可能不是本校的"), doubted, "{page}");
        let book = bytes(&school, &session, &format!("{}/refused", sent.location)).await;
        marks.push(huxue_shared::import::own::recognise(&book, "a.xlsx", &huxue_shared::import::Limits::default()).unwrap().unwrap().school);
        school.post(&format!("{}/apply", sent.location), &session, "").await;
    }
    assert_eq!(marks, ["5299010001", ""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_roster_sent_again_neither_brings_back_who_left_nor_moves_a_boarder_out() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let roster = "姓名,身份证号,性别,年级,班级,是否寄宿\n王小明,529901201606120012,男,三年级,1班,\n赵小红,529901201603020032,男,三年级,1班,\n";
    let seen = upload(&school, &session, "zh", "roster", "名册.csv", roster.as_bytes()).await.text;
    school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "this_school=1").await;
    let child = school.records("enrolment").into_iter().find(|row| row.name.as_deref() == Some("王小明")).unwrap().id;
    let gone = [("status", "left"), ("status_on", "2026-02-27"), ("boarding", "board")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    ask(&school, Ask::RecordSet { record: child.clone(), set: gone, by: None });
    let again = upload(&school, &session, "zh", "roster", "名册.csv", roster.as_bytes()).await.text;
    assert!(again.contains("学籍状态不是“在校”，名册里没有写，没有改") && again.contains("没有需要写入的内容"), "{again}");
    let fields = school.records("enrolment").into_iter().find(|row| row.id == child).unwrap().fields;
    let value = |key: &str| serde_json::to_value(&fields[key]).unwrap();
    assert_eq!((value("status"), value("boarding")), ("left".into(), "board".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_have_slipped_or_lost_their_ids_are_asked_about_and_a_line_of_totals_is_no_child() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let book = bytes(&school, &session, "/ledger/enrolment/export").await;
    let slipped = with_cell(&book, "姓名", "赵小红");
    let seen = upload(&school, &session, "zh", "", "档案.xlsx", &slipped).await.text;
    assert!(seen.contains("姓名或证件号码和学生档案里的不一样") && seen.contains("name=\"meant\" value=\"2\" required"), "{seen}");
    let apply = format!("/import/{}/apply", hidden_token(&seen));
    assert!(!school.post(&apply, &session, "").await.status.is_redirection());
    assert_eq!(school.records("enrolment")[0].name.as_deref(), Some("王小明"));
    let total = with_row(&book, &[("姓名", "合计"), ("曾用名", "120")]);
    let seen = upload(&school, &session, "zh", "", "档案.xlsx", &total).await.text;
    assert!(seen.contains("合计行，不用管") && seen.contains("没有需要写入的内容"), "{seen}");
    // The column of ids deleted: what is there already is written once more only if that is meant.
    let set = [("kind", "visit"), ("minutes", "20"), ("on", "2026-03-01")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
    ask(&school, Ask::RecordAdd { ledger: "care_log".into(), subject: Some(SubjectRef::Student(child)), year: None, set, by: None });
    let bare = "姓名,日期,关爱方式,时长（分钟）\n王小明,2026-03-01,家访,20\n王小明,2026-03-01,家访,25\n";
    let seen = upload(&school, &session, "zh", "care_log", "关爱.csv", bare.as_bytes()).await.text;
    assert!(seen.contains("第 2 行：已有一条内容一样的记录") && seen.contains("name=\"meant\" value=\"2\" required"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_leaves_by_a_table_is_asked_about_its_day_and_a_class_is_read_as_it_is_written() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let book = bytes(&school, &session, "/ledger/enrolment/export").await;
    let seen = upload(&school, &session, "zh", "", "档案.xlsx", &with_cell(&book, "学籍状态", "离校")).await.text;
    assert!(seen.contains("name=\"meant\" value=\"2\" required") && seen.contains("学籍状态变动日期"), "{seen}");
    let apply = format!("/import/{}/apply", hidden_token(&seen));
    assert!(!school.post(&apply, &session, "").await.status.is_redirection(), "nothing is written before it is answered");
    let status = || school.records("enrolment")[0].fields.get("status").cloned();
    assert_eq!(status(), Some(Value::Str("present".into())));
    let place = || {
        let fields = &school.records("enrolment")[0].fields;
        (fields.get("grade").cloned(), fields.get("class").cloned())
    };
    for (column, text, grade, class) in [("班级", "三（2）班", 3, 2), ("年级", "四年级", 4, 2)] {
        let book = bytes(&school, &session, "/ledger/enrolment/export").await;
        let seen = upload(&school, &session, "zh", "", "档案.xlsx", &with_cell(&book, column, text)).await.text;
        // What says nothing of it is not held up by what the file lacks anyway.
        assert!(!seen.contains("name=\"meant\""), "{seen}");
        let written = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "").await;
        assert!(written.status.is_redirection(), "{text}: {}", written.text);
        assert_eq!(place(), (Some(Value::Int(grade)), Some(Value::Int(class))), "{text}");
    }
    // What the roll says of the child after that day speaks against it.
    let _ = super::seams::add(&school, "dropout_check", Some(&child), &[("state", "present"), ("method", "roll"), ("on", "2026-03-01")]);
    ask(&school, Ask::RecordSet { record: child, set: [("status_on".to_owned(), "2025-09-01".to_owned())].into(), by: None });
    let gone = |day: &str, book: &[u8]| with_cell(&with_cell(book, "学籍状态", "离校"), "学籍状态变动日期", day);
    let book = bytes(&school, &session, "/ledger/enrolment/export").await;
    for (day, asks) in [("2026-02-20", true), ("2026-03-01", false)] {
        let seen = upload(&school, &session, "zh", "", "档案.xlsx", &gone(day, &book)).await.text;
        assert_eq!(seen.contains("还有一次排查记着在校"), asks, "{day}: {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn children_of_a_table_taken_back_come_again_with_it_and_a_void_record_says_what_to_do_with_its_row() {
    let school = School::new();
    let (account, session) = school.person("wang", &[Role::Registrar], &[]);
    let first = school.child("李大军", "529901201101020016", 3, 1);
    let row = [("姓名", "王小明"), ("证件号码", "529901201606120012"), ("性别", "男"), ("学段", "小学"), ("年级", "三年级"), ("班级", "1班")];
    let book = with_row(&bytes(&school, &session, "/ledger/enrolment/export").await, &row);
    let take = async || {
        let seen = upload(&school, &session, "zh", "", "档案.xlsx", &book).await.text;
        let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "meant=3").await;
        assert!(done.status.is_redirection(), "{seen} {}", done.text);
        done.location.split("undo=").nth(1).unwrap_or_else(|| panic!("{seen}")).to_owned()
    };
    let new = || school.records("enrolment").into_iter().find(|row| row.id != first);
    let batch = take().await;
    let child = new().unwrap().id;
    ask(&school, Ask::ImportUndo { batch });
    assert!(new().is_none());
    let _ = take().await;
    let again = new().unwrap();
    assert_eq!((again.id, again.fields.get("class").cloned()), (child.clone(), Some(Value::Int(1))), "the same child");
    let log = super::seams::add(&school, "care_log", Some(&child), &[("kind", "visit"), ("with", "child"), ("on", "2026-03-01")]);
    let book = bytes(&school, &session, "/ledger/care_log/export").await;
    school.desk.ask(&account, Ask::RecordVoid { record: log, why: "记错了".into(), by: None }, Lang::Zh).unwrap();
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &with_cell(&book, "关爱方式", "亲情通话")).await.text;
    assert!(seen.contains("这条记录已经作废，不再改。") && seen.contains("清空它的“记录号”"), "{seen}");
    assert!(heads(&book).contains(&"记录号".to_owned()), "{:?}", heads(&book));
    let seen = upload(&school, &session, "zh", "care_log", "关爱.xlsx", &book).await.text;
    assert!(!seen.contains("已经作废"), "an untouched row is nobody's business: {seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roster_that_writes_over_what_is_there_and_a_column_sorted_alone_are_asked_about() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let names = ["王一", "王二", "王三", "王四", "王五"];
    let numbers = ["529901201606120012", "529901201606120039", "529901201606120055", "529901201606120071", "529901201606120098"];
    let roster = |phones: [u32; 5]| {
        let rows: String = (0..5).map(|at| format!("{},{},男,三年级,1班,1390000000{}\n", names[at], numbers[at], phones[at])).collect();
        format!("姓名,身份证号,性别,年级,班级,监护人电话\n{rows}")
    };
    let look = async |file: &str| upload(&school, &session, "zh", "roster", "名册.csv", file.as_bytes()).await.text;
    let write = async |seen: &str, meant: &str| {
        school.post(&format!("/import/{}/apply", hidden_token(seen)), &session, &format!("this_school=1{meant}")).await.status.is_redirection()
    };
    let first = roster([1, 2, 3, 4, 5]);
    let seen = look(&first).await;
    assert!(!seen.contains("name=\"meant\"") && write(&seen, "").await, "new children are asked about by nobody: {seen}");
    let child = school.records("enrolment").into_iter().find(|row| row.name.as_deref() == Some("王一")).unwrap().id;
    ask(&school, Ask::RecordSet { record: child.clone(), set: [("guardian_phone".to_owned(), "13911111111".to_owned())].into(), by: None });
    let seen = look(&first).await;
    assert!(seen.contains("已经导入过；那以后在这里改过的，会改回文件里的样子。"), "{seen}");
    assert!(!write(&seen, "").await, "nothing is written before it is said to be meant");
    let phone = || school.records("enrolment").into_iter().find(|row| row.id == child).unwrap().fields["guardian_phone"].clone();
    assert_eq!(phone(), Value::Str("13911111111".into()));
    assert!(write(&seen, "&meant=2").await);
    assert_eq!(phone(), Value::Str("13900000001".into()));
    let seen = look(&roster([2, 3, 4, 5, 1])).await;
    assert!(seen.contains("“监护人电话”一列像是单独排过序：5 行里还是原来的那些内容，却都换了人。"), "{seen}");
    assert!(!write(&seen, "").await);
    assert_eq!(phone(), Value::Str("13900000001".into()));
    // A sheet that was edited for two of them is just asked about.
    let seen = look(&roster([2, 1, 3, 4, 5])).await;
    assert!(!seen.contains("单独排过序") && seen.contains("会改掉本校已经登记的内容"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_children_of_a_name_the_class_says_which_and_a_class_that_is_not_the_childs_is_refused() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let (third, fifth) = (school.child("李明", "529901201606120012", 3, 1), school.child("李明", "529901201606120039", 5, 1));
    let _ = school.child("龙子", "529901201606120055", 3, 1);
    let table = "姓名,班级,日期,关爱方式,时长（分钟）\n李明,三（1）班,2026-03-01,家访,20\n李明,五年级1班,2026-03-01,家访,25\n龙子,五年级1班,2026-03-01,家访,30\n李明,,2026-03-02,家访,35\n";
    let seen = upload(&school, &session, "zh", "care_log", "关爱.csv", table.as_bytes()).await.text;
    assert!(seen.contains("表里写的是五年级1班的龙子，本校的龙子在三年级1班。"), "{seen}");
    assert!(seen.contains("有 2 名学生符合“李明”"), "{seen}");
    let done = school.post(&format!("/import/{}/apply", hidden_token(&seen)), &session, "meant=2,3").await;
    assert!(done.status.is_redirection(), "{}", done.text);
    let mut logs: Vec<_> = school.records("care_log").into_iter().map(|row| (row.student.unwrap(), row.fields["minutes"].clone())).collect();
    logs.sort_by_key(|(_, minutes)| format!("{minutes:?}"));
    assert_eq!(logs, [(third, Value::Int(20)), (fifth, Value::Int(25))]);
}
