//! Photos and scans, asked without a socket: taken with a form or on the record's page, one refused and the others kept, served to whoever reads the record
//! and to nobody else.

use super::*;
use axum::response::Response;

const WITH_POSITION: &[u8] = include_bytes!("../../../../tests/samples/photo-with-position.jpg");
pub(super) const PLAIN: &[u8] = include_bytes!("../../../../tests/samples/photo-plain.jpg");
/// 26°35'12.37" N as EXIF has it.
const LATITUDE: [u8; 8] = [0xd5, 0x04, 0, 0, 100, 0, 0, 0];

/// A form with text and files, as a browser sends it.
fn multipart(texts: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, text) in texts {
        out.extend(format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").bytes());
    }
    for (name, file, bytes) in files {
        out.extend(
            format!("--xx\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: image/jpeg\r\n\r\n").bytes(),
        );
        out.extend_from_slice(bytes);
        out.extend(b"\r\n");
    }
    out.extend(b"--xx--\r\n");
    out
}

impl School {
    pub(super) async fn upload(&self, path: &str, session: &str, texts: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Answer {
        let sign = if path.contains('?') { '&' } else { '?' };
        let request = Request::post(format!("{path}{sign}t={}", self.token(session)))
            .header("host", HOST)
            .header("origin", ORIGIN)
            .header("cookie", format!("{COOKIE}={session}"))
            .header("content-type", "multipart/form-data; boundary=xx");
        self.send(request.body(Body::from(multipart(texts, files))).unwrap()).await
    }

    pub(super) async fn raw(&self, path: &str, session: &str) -> (Response<()>, Vec<u8>) {
        let request = Request::get(path).header("host", HOST).header("cookie", format!("{COOKIE}={session}"));
        let (parts, body) = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
        (Response::from_parts(parts, ()), to_bytes(body, 16 << 20).await.unwrap().to_vec())
    }

    fn fields(&self, record: &str) -> BTreeMap<String, String> {
        let fields = self.desk.replica.locate(record).unwrap().fields;
        fields.into_iter().filter_map(|(k, v)| if let huxue_shared::document::view::Value::Str(text) = v { Some((k, text)) } else { None }).collect()
    }
}

pub(super) const ACTIVITY: [(&str, &str); 4] = [("on", "2026-03-01"), ("kind", "care"), ("title", "包饺子"), ("headcount_pupils", "20")];

pub(super) fn of(location: &str) -> String {
    location.strip_prefix("/record/").unwrap().split('?').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_saved_with_the_photos_that_are_good_and_says_which_were_not_taken() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let form = school.get("/ledger/activity/new", &teacher).await.text;
    assert!(form.contains("enctype=\"multipart/form-data\"") && form.contains("name=\"file.photos\"") && form.contains("multiple"), "{form}");
    assert!(!form.contains("file.photos_2"), "one input for the three of them");
    let files: [(&str, &str, &[u8]); 4] = [
        ("file.photos", "C:\\DCIM\\院子.JPG", WITH_POSITION),
        ("file.photos", "说明.jpg", b"this is text, whatever it is called"),
        ("file.photos", "屋里.jpg", PLAIN),
        ("file.photos", "", b""),
    ];
    let made = school.upload("/ledger/activity/new", &teacher, &ACTIVITY, &files).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let (record, fields) = (of(&made.location), school.fields(&of(&made.location)));
    assert!(fields["photos"].contains("院子.jpg") && fields["photos_2"].contains("屋里.jpg") && !fields.contains_key("photos_3"), "{fields:?}");
    let page = school.get(&made.location, &teacher).await.text;
    for words in ["有 1 个文件没有收下", "说明.jpg：只收照片", "已保存在本机，等待上传", "院子.jpg"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!school.get(&format!("/record/{record}"), &teacher).await.text.contains("没有收下"), "said once");
    // The same by another person says nothing: a note is its person's own.
    let (_, other) = school.person("zhao", &[Role::Registrar], &[]);
    assert!(!school.get(&made.location, &other).await.text.contains("没有收下"));

    let (head, bytes) = school.raw(&format!("/record/{record}/file/photos"), &teacher).await;
    let holds = |bytes: &[u8]| bytes.windows(8).any(|w| w == LATITUDE);
    assert!(holds(WITH_POSITION) && !holds(&bytes) && !bytes.windows(4).any(|w| w == b"Exif"), "the position is gone");
    let header = |name: &str| head.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(
        (head.status(), header("content-type").as_str(), header("x-content-type-options").as_str()),
        (StatusCode::OK, "image/jpeg", "nosniff")
    );
    assert_eq!(
        (header("content-security-policy").as_str(), header("cache-control").as_str()),
        ("default-src 'none'; style-src 'unsafe-inline'; sandbox", "private, no-store")
    );
    assert_eq!(header("content-disposition"), "inline; filename*=UTF-8''%E9%99%A2%E5%AD%90.jpg");
    let (head, small) = school.raw(&format!("/record/{record}/file/photos/small"), &teacher).await;
    assert!(head.status() == StatusCode::OK && small.starts_with(&[0xff, 0xd8, 0xff]) && small.len() < bytes.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_form_comes_back_with_the_photo_taken_and_the_next_try_carries_it() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, other) = school.person("hu", &[Role::ClassTeacher], &[class(3, 2)]);
    let mut wrong = ACTIVITY.to_vec();
    wrong[3].1 = "二十来个";
    let answer =
        school.upload("/ledger/activity/new", &teacher, &wrong, &[("file.photos", "院子.jpg", PLAIN), ("file.photos", "x.jpg", b"no")]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text);
    assert!(answer.text.contains("其余已收下的文件不用再选") && answer.text.contains("x.jpg"), "{}", answer.text);
    let kept = answer.text.split("name=\"kept.photos\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(school.records("activity").is_empty());
    // Not another person's, and not by its hash.
    let hash = huxue_shared::model::blob::BlobHash::of(PLAIN).to_string();
    for (title, stolen) in [("一", kept.as_str()), ("二", &hash), ("三", &format!("blake3:{hash};a.jpg;{}", PLAIN.len()))] {
        let mut texts = [&ACTIVITY[..], &[("kept.photos", stolen), ("photos", stolen)]].concat();
        texts[2].1 = title;
        let made = school.upload("/ledger/activity/new", &other, &texts, &[]).await;
        assert!(made.location.contains("&note="), "{} {}", made.status, made.text);
        assert!(!school.fields(&of(&made.location)).contains_key("photos"), "{stolen}");
    }
    let made = school.upload("/ledger/activity/new", &teacher, &[&ACTIVITY[..], &[("kept.photos", &kept)]].concat(), &[]).await;
    assert!(school.fields(&of(&made.location))["photos"].contains("院子.jpg"), "{}", made.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_are_added_and_removed_on_the_records_page_and_the_trail_keeps_them() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let record = of(&school.upload("/ledger/activity/new", &teacher, &ACTIVITY, &[]).await.location);
    let path = format!("/record/{record}/file");
    let files: [(&str, &str, &[u8]); 3] = [("file.photos", "1.jpg", PLAIN), ("file.photos", "2.jpg", WITH_POSITION), ("file.photos", "3.jpg", PLAIN)];
    let added = school.upload(&path, &teacher, &[], &files).await;
    assert!(added.location.contains("files=2&note="), "the same one twice is said: {}", added.location);
    let page = school.get(&added.location, &teacher).await.text;
    assert!(page.contains("2 个文件已保存在本机") && page.contains("这个文件已经在这条记录里了"), "{page}");
    // Nothing chosen is said, not passed over.
    let none = school.upload(&path, &teacher, &[], &[("file.photos", "", b"")]).await;
    let page = school.get(&none.location, &teacher).await.text;
    assert!(page.contains("还没有选文件") && !page.contains("没有收下"), "nothing was refused: {page}");

    let gone = school.post(&format!("{path}/photos/remove"), &teacher, "").await;
    assert_eq!(gone.location, format!("/record/{record}?removed=1"), "{}", gone.text);
    let page = school.get(&gone.location, &teacher).await.text;
    assert!(
        page.contains("已从这条记录里移除") && page.contains("1.jpg") && !page.contains(&format!("{path}/photos\"")),
        "named in the trail alone: {page}"
    );
    for (method, address) in [("get", format!("{path}/photos")), ("get", format!("{path}/title")), ("get", format!("{path}/nothing"))] {
        let answer = school.send(request(method, &address, HOST, Some(ORIGIN), &format!("{COOKIE}={teacher}"))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
    assert_eq!(school.post(&format!("{path}/photos/remove"), &teacher, "").await.status, StatusCode::NOT_FOUND);
    // What the page asks by itself keeps nobody's session awake.
    let files = format!("/record/{record}/files");
    school.clock.advance_s(IDLE_S - 60);
    assert_eq!(school.get(&files, &teacher).await.status, StatusCode::OK);
    school.clock.advance_s(60);
    assert_eq!(school.get(&files, &teacher).await.status, StatusCode::FORBIDDEN);
    school.post("/lock", &teacher, &format!("password={PASSWORD}&next=/")).await;
    // An edit carries one too, into the field that is free again.
    let edited = school
        .upload(&format!("/record/{record}/edit"), &teacher, &[("title", "包饺子"), ("was.title", "包饺子")], &[("file.photos", "4.jpg", PLAIN)])
        .await;
    assert!(edited.location.contains("saved="), "{} {}", edited.status, edited.text);
    assert!(school.fields(&record)["photos"].contains("4.jpg"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_seen_with_its_record_and_by_nobody_else() {
    let school = School::new();
    let (_, own) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, other) = school.person("hu", &[Role::ClassTeacher], &[class(3, 2)]);
    let (_, officer) = school.person("qian", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    // The rule opened one for a left-behind child: this is asked about, and meant.
    let there = school.records("care_profile").remove(0).id;
    let texts = [("_student", child.as_str()), ("_sure", there.as_str()), ("kind", "both"), ("guardian_rel", "grandparent_p")];
    let made = school.upload("/ledger/care_profile/new", &own, &texts, &[("file.entrusted_file", "家.jpg", WITH_POSITION)]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let record = of(&made.location);
    for address in ["file/entrusted_file", "file/entrusted_file/small", "files"] {
        assert_eq!(school.raw(&format!("/record/{record}/{address}"), &own).await.0.status(), StatusCode::OK, "{address}");
        for who in [&other, &officer] {
            let (head, bytes) = school.raw(&format!("/record/{record}/{address}"), who).await;
            assert_eq!(head.status(), StatusCode::NOT_FOUND, "{address}");
            assert!(!bytes.starts_with(&[0xff, 0xd8]) && !String::from_utf8_lossy(&bytes).contains("家.jpg"), "{address}");
        }
    }
    let before = school.desk.replica.blob_usage().unwrap();
    let refused = school.upload(&format!("/record/{record}/file"), &other, &[], &[("file.entrusted_file", "x.jpg", PLAIN)]).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let refused = school.upload("/ledger/care_profile/new", &officer, &[("_student", &child)], &[("file.entrusted_file", "x.jpg", PLAIN)]).await;
    assert!(refused.status == StatusCode::NOT_FOUND || refused.status == StatusCode::FORBIDDEN, "{}", refused.status);
    assert_eq!(school.desk.replica.blob_usage().unwrap(), before, "nobody fills the disk where nothing may be written");
    // On the child's page and in the ledger's list it stands small beside the record.
    for page in [format!("/child/{child}"), "/ledger/care_profile".into()] {
        assert!(school.get(&page, &own).await.text.contains(&format!("/record/{record}/file/entrusted_file/small?v=")), "{page}");
    }
    assert_eq!(school.get("/files", &own).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_too_much_and_broken_are_each_said_and_the_record_is_saved() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    school.desk.replica.set_blob_limits(Some(1), Some(1), None).unwrap();
    let large = [PLAIN, &vec![0; 1 << 20]].concat();
    let files: [(&str, &str, &[u8]); 3] =
        [("file.photos", "大.jpg", &large), ("file.photos", "断.jpg", &PLAIN[..400]), ("file.photos", "好.jpg", PLAIN)];
    let made = school.upload("/ledger/activity/new", &teacher, &ACTIVITY, &files).await;
    let page = school.get(&made.location, &teacher).await.text;
    for words in ["有 2 个文件没有收下", "大.jpg：文件太大：一个文件最多 1 MB", "请把手机的拍照分辨率调低", "断.jpg：文件损坏"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(school.fields(&of(&made.location))["photos"].contains("好.jpg"));
    // Scans until the school's room is full.
    let scan = |n: u8| [b"%PDF-1.7\n".as_slice(), &vec![n; 500_000]].concat();
    let (one, two) = (scan(1), scan(2));
    let files: [(&str, &str, &[u8]); 2] = [("file.photos", "一.pdf", &one), ("file.photos", "二.pdf", &two)];
    let made = school.upload("/ledger/activity/new", &teacher, &ACTIVITY, &files).await;
    let page = school.get(&made.location, &teacher).await.text;
    for words in ["二.pdf：本校的文件已占满 1 MiB 的额度", "请告诉学籍管理员", "一.pdf"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let (head, _) = school.raw(&format!("/record/{}/file/photos", of(&made.location)), &teacher).await;
    let disposition = head.headers()["content-disposition"].to_str().unwrap();
    assert!(
        disposition.starts_with("attachment") && head.headers()["content-type"] == "application/pdf",
        "a PDF may hold scripts: it is saved, not opened"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_with_files_and_the_room_for_them_look_as_they_did() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let record = "activity";
    let files: [(&str, &str, &[u8]); 2] = [("file.photos", "院子.jpg", WITH_POSITION), ("file.photos", "签到.pdf", b"%PDF-1.7 signed")];
    let made = school.upload(&format!("/ledger/{record}/new"), &session, &ACTIVITY, &files).await;
    let id = of(&made.location);
    for (name, path) in [
        ("files", format!("/record/{id}/files")),
        ("record_files", format!("/record/{id}")),
        ("room", "/files".into()),
        ("form_files", "/ledger/activity/new".into()),
    ] {
        let (zh, en) = (school.get(&path, &session).await, school.english(&path, &session).await);
        insta::assert_snapshot!(format!("{name}_zh"), steady(&school, &session, &zh.text));
        insta::assert_snapshot!(format!("{name}_en"), steady(&school, &session, &en.text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_parts_without_end_is_not_read_to_its_end() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let empty: Vec<(&str, &str)> = std::iter::repeat_n(("note", ""), 3_000).collect();
    let answer = school.upload("/ledger/activity/new", &session, &[&ACTIVITY[..], &empty[..]].concat(), &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.location);
    let nothing: Vec<(&str, &str, &[u8])> = std::iter::repeat_n(("file.photos", "a.jpg", &b""[..]), 3_000).collect();
    let answer = school.upload("/ledger/activity/new", &session, &ACTIVITY, &nothing).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.location);
    assert!(school.records("activity").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_what_is_signed_stays_and_its_removal_is_not_offered() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let noughts = ["pupils", "present", "suspected", "confirmed", "returned", "relapsed", "open_cases"].map(|code| (code, "0"));
    let form = [&[("month", "2026-02"), ("zero", "yes")][..], &noughts[..]].concat();
    let report = of(&school.upload("/ledger/monthly_report/new", &registrar, &form, &[("file.attachment", "a.jpg", PLAIN)]).await.location);
    let files = format!("/record/{report}/files");
    assert!(school.get(&files, &registrar).await.text.contains("/remove"));
    let signed = school.post(&format!("/record/{report}/step/sign"), &principal, "signed_by=%E5%BC%A0%E6%A0%A1%E9%95%BF").await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    let piece = school.get(&files, &registrar).await.text;
    assert!(piece.contains("a.jpg") && !piece.contains("/remove"), "{piece}");
    assert_eq!(school.post(&format!("/record/{report}/file/attachment/remove"), &registrar, "").await.status, StatusCode::FORBIDDEN);
    let sent = school.upload(&format!("/record/{report}/file"), &registrar, &[], &[("file.attachment", "b.jpg", WITH_POSITION)]).await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN, "{}", sent.location);
    let sent = school
        .upload(&format!("/record/{report}/step/send"), &registrar, &[("sent_on", "2026-03-02")], &[("file.attachment", "b.jpg", WITH_POSITION)])
        .await;
    assert_eq!(sent.status, StatusCode::FORBIDDEN, "nor is another put beside it on the way: {}", sent.location);
}
