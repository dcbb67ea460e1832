//! Files at the desk: an export that comes back while somebody else worked here, and refused rows that wait for who sent them.

use super::{COOKIE, HOST, ORIGIN, School, grid::hidden_token, steady};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use huxue_shared::{
    command::{Request as Ask, request::SubjectRef},
    locale::Lang,
    web::{account::Role, import},
};

/// Sends a file as a browser does.
pub(super) async fn upload(school: &School, session: &str, lang: &str, into: &str, name: &str, bytes: &[u8]) -> super::Answer {
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

async fn bytes(school: &School, session: &str, path: &str) -> Vec<u8> {
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
    let done = school.post(&format!("/import/{token}/apply"), &session, "").await;
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

/// The workbook with another number in its first sheet.
fn with_number(book: &[u8], from: &str, to: &str) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let name = part.name().to_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if name.ends_with("worksheets/sheet1.xml") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(&format!("<v>{from}</v>")), "{text}");
            bytes = text.replace(&format!("<v>{from}</v>"), &format!("<v>{to}</v>")).into_bytes();
        }
        out.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}
