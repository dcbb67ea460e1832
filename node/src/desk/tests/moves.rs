//! A child that moves: the form of a transfer, who confirms it, and what the school that is asked sees of it.

use super::{School, class, seams::add};
use axum::http::StatusCode;
use huxue_shared::{command::Request as Ask, document::view::Value, locale::Lang, store::StoreError, web::account::Role};

const OTHER: &str = "5299010002";
/// 青杠镇中学.
const OTHER_NAME: &str = "%E9%9D%92%E6%9D%A0%E9%95%87%E4%B8%AD%E5%AD%A6";

fn run(school: &School, sql: String) {
    school.desk.replica.store().write(move |c| c.execute_batch(&sql).map_err(StoreError::from)).unwrap();
}

/// Another school of the county's list beside this one.
fn listed(school: &School) {
    school.listed();
    let put = "INSERT INTO record_school (_id, _doc, _year, _term, _disputed, _reopened, _v, void, code, name)";
    run(school, format!("{put} VALUES ('school:2', 1, 2025, 0, 0, 0, 1, 0, '{OTHER}', '青杠镇中学')"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_names_schools_by_name_and_lies_between_this_one_and_another() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let form = school.get(&format!("/ledger/transfer/new?student={child}"), &registrar).await.text;
    assert!(form.contains("name=\"from\" value=\"石桥小学\"") && form.contains("<option value=\"青杠镇中学\">5299010002</option>"), "{form}");
    let base = format!("_student={child}&asked_by=from_school&reason=moved&on=2026-03-02");
    let send = async |rest: &str| school.post("/ledger/transfer/new", &registrar, &format!("{base}&{rest}")).await;
    let asked = send(&format!("from={OTHER_NAME}&to=X&asked_on=2026-03-02")).await.text;
    let sure = asked.split("name=\"_sure\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let foreign = send(&format!("from={OTHER_NAME}&to=X&asked_on=2026-03-02&_sure={sure}")).await;
    assert!(foreign.text.contains("要有一所是本校") && !foreign.text.contains("不能是同一所学校"), "{}", foreign.text);
    let future = send(&format!("from=&to={OTHER_NAME}&asked_on=2026-03-05")).await;
    assert!(future.text.contains("申请日期在今天以后") && !future.text.contains("同一所学校"), "{}", future.text);
    let beside = async |text: &str| school.post("/ledger/transfer/check", &registrar, &format!("_student={child}&_field=to&to={text}")).await.text;
    assert!(beside("X").await.contains("将按县外学校记") && !beside(OTHER_NAME).await.contains("class=\"challenge\""));
    let made = send(&format!("from=&to={OTHER_NAME}&asked_on=2026-03-02")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let row = school.records("transfer").remove(0);
    assert_eq!((&row.fields["from"], &row.fields["to"]), (&Value::Str("5299010001".into()), &Value::Str(OTHER.into())));
    for page in [format!("/record/{}", row.id), "/ledger/transfer".into(), format!("/child/{child}"), format!("/record/{}/print", row.id)] {
        let text = school.get(&page, &registrar).await.text;
        assert!(text.contains("石桥小学") && text.contains("青杠镇中学"), "{page}: {text}");
        assert!(!text.contains(OTHER), "{page}: {text}");
    }
    let shown = school.get(&format!("/record/{}", row.id), &registrar).await.text;
    assert!(shown.contains("转学 · 石桥小学 → 青杠镇中学"), "{shown}");
    // Left alone, the form writes nothing: a school stands in it by name.
    let edit = school.get(&format!("/record/{}/edit", row.id), &registrar).await.text;
    assert!(edit.contains("name=\"was.to\" value=\"青杠镇中学\""), "{edit}");
    let saved = school.post(&format!("/record/{}/edit", row.id), &registrar, &format!("to={OTHER_NAME}&was.to={OTHER_NAME}&note=a&was.note=")).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let second = send("from=&to=X&asked_on=2026-03-01").await;
    assert!(second.text.contains("已经有一条类似的记录") && school.records("transfer").len() == 1, "{}", second.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_stands_by_its_name_in_the_grid_and_in_a_workbook_and_left_alone_changes_nothing() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let sent = format!("_student={child}&asked_by=from_school&reason=moved&on=2026-03-02&from=&to={OTHER_NAME}&asked_on=2026-03-02");
    assert_eq!(school.post("/ledger/transfer/new", &registrar, &sent).await.status, StatusCode::SEE_OTHER);
    let grid = school.get("/ledger/transfer/grid", &registrar).await.text;
    assert!(grid.contains(">青杠镇中学</td>") && grid.contains(">石桥小学</td>") && !grid.contains(OTHER), "{grid}");
    let book = super::imports::bytes(&school, &registrar, "/ledger/transfer/export").await;
    let sheets = huxue_shared::import::read_sheets(&book, "a.xlsx", &huxue_shared::import::Limits::default()).unwrap();
    let texts: Vec<String> = sheets[0].rows.iter().flat_map(|(_, cells)| cells).map(huxue_shared::import::Cell::text).collect();
    assert!(texts.contains(&"青杠镇中学".to_owned()) && !texts.contains(&OTHER.to_owned()), "{texts:?}");
    let seen = super::imports::upload(&school, &registrar, "zh", "", "转学.xlsx", &book).await.text;
    assert!(seen.contains("没有需要写入的内容"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_school_that_asks_cannot_confirm_and_is_told_whose_turn_it_is() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let set =
        [("from", "5299010001"), ("to", OTHER), ("asked_by", "from_school"), ("asked_on", "2026-03-02"), ("reason", "moved"), ("on", "2026-03-02")];
    let record = add(&school, "transfer", Some(&child), &set);
    let page = school.get(&format!("/record/{record}"), &registrar).await.text;
    assert!(!page.contains("/step/confirm") && page.contains("/step/withdraw") && page.contains("等对方学校办理：同意转学、不同意"), "{page}");
    let forced = school.post(&format!("/record/{record}/step/confirm"), &registrar, "_on=2026-03-02").await;
    assert!(forced.text.contains("由对方学校办理"), "{}", forced.text);
    assert_eq!(school.records("transfer")[0].state.as_deref(), Some("asked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_that_is_asked_has_it_on_today_and_answers_on_its_page() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let fields = serde_json::json!({
        "ledger": "transfer", "record": "transfer:1", "school": OTHER, "child": "李小红", "state": "asked", "due": "2026-03-10", "steps": "confirm,refuse",
        "tips": "", "v.from": OTHER, "v.to": "5299010001", "v.reason": "moved", "v.asked_on": "2026-02-27", "p.name": "李小红", "p.grade": 3, "on": "2026-02-27",
    });
    run(
        &school,
        format!(
            "INSERT INTO record (doc, id, ledger, disputed, void, seen, fields) SELECT min(n), 'relay:1', 'relay', 0, 0, x'', '{fields}' FROM doc;
             INSERT INTO record_relay (_id, _n, _doc, _school, _year, _term, _disputed, _reopened, _v, void, ledger, record, school, child, state, due, steps)
               SELECT 'relay:1', max(r.n), min(d.n), '5299010001', 2025, 2, 0, 0, 1, 0, 'transfer', 'transfer:1', '{OTHER}', '李小红', 'asked', '2026-03-10', 'confirm,refuse' FROM record r, doc d;"
        ),
    );
    let today = school.get("/", &registrar).await.text;
    assert!(today.contains("外校转学，等本校答复") && today.contains("李小红 · 青杠镇中学") && today.contains("href=\"/record/relay:1\""), "{today}");
    let none = school.get("/record/relay:none/print", &registrar).await;
    let paper = school.get("/record/relay:1/print", &registrar).await;
    assert_eq!(paper.status, none.status, "{}", paper.text);
    let said = |text: &str| text.split("<main").nth(1).unwrap().replace("relay:none", "relay:1");
    assert_eq!(said(&paper.text), said(&none.text), "what was passed on has no paper here, and the page says what it says of any such record");
    let page = school.get("/record/relay:1", &registrar).await.text;
    for said in ["转学 · 李小红 · 青杠镇中学 → 石桥小学", "家庭迁居", "/record/relay:1/step/confirm", "等本校答复", "待学校确认"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("对方") && page.matches("type=\"date\"").count() == 2, "one day an answer, and no word of the school that asks: {page}");
    let early = school.post("/record/relay:1/step/confirm", &registrar, "_on=2026-02-20").await;
    assert!(early.text.contains("早于上一步（2026-02-27）"), "{}", early.text);
    let answered = school.post("/record/relay:1/step/confirm", &registrar, "_on=2026-03-02").await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER, "{}", answered.text);
    let page = school.get("/record/relay:1", &registrar).await.text;
    assert!(page.contains("本校已答复“同意转学”") && !page.contains("/step/confirm"), "{page}");
    assert!(!school.get("/", &registrar).await.text.contains("外校转学"), "done");
    assert_eq!(school.records("relay_answer").len(), 1);
}

/// 转走了.
const WHY: &str = "%E8%BD%AC%E8%B5%B0%E4%BA%86";

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_leaves_is_asked_about_once_and_stands_on_today_until_a_case_follows_it_up() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let edit = async |rest: &str| school.post(&format!("/record/{child}/edit"), &registrar, &format!("was.status=present&status=left&{rest}")).await;
    let asked = edit("").await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", asked.text);
    let first = asked.text.split("<details>").next().unwrap();
    for code in ["status_on", "left_to", "left_why"] {
        assert!(first.contains(&format!("name=\"{code}\"")), "{code} stands before what is folded: {first}");
    }
    assert!(
        asked.text.contains("name=\"_gaps\" value=\"status_on,left_to,left_why\"") && first.contains("“学籍状态变动日期”还没填。"),
        "{}",
        asked.text
    );
    let status = |school: &School| school.records("enrolment")[0].fields["status"].clone();
    assert_eq!(status(&school), Value::Str("present".into()), "nothing is saved unasked");
    let future = edit(&format!("status_on=2026-03-09&left_to={WHY}&left_why={WHY}")).await;
    assert!(future.text.contains("学籍状态变动日期在今天以后"), "{}", future.text);
    let some = edit("status_on=2026-03-02&_gaps=status_on,left_to,left_why").await;
    assert!(some.text.contains("value=\"left_to,left_why\""), "what is still missing is asked: {}", some.text);
    let saved = edit("status_on=2026-03-02&_gaps=left_to,left_why").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "not known yet: {}", saved.text);
    assert_eq!(status(&school), Value::Str("left".into()));
    let today = school.get("/", &registrar).await.text;
    let line =
        today.split("离校或转出没有就读证明，要跟进").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap_or_else(|| panic!("{today}"));
    assert!(line.contains("王小明") && line.contains("立失学个案"), "{line}");
    let form = school.get(&format!("/ledger/dropout_case/new?student={child}&opened_by=teacher"), &registrar).await;
    assert_eq!(form.status, StatusCode::OK);
    add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("on", "2026-03-02")]);
    assert!(!school.get("/", &registrar).await.text.contains("离校或转出没有就读证明"), "somebody is at it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grade_that_no_pupil_of_the_stage_is_in_is_said_while_typing_and_not_saved() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let form = "name=%E6%9D%8E%E5%9B%9B&id_type=none&sex=male&birth=2016-06-12&stage=primary&grade=8&class=1&boarding=day";
    for field in ["grade", "stage"] {
        let beside = school.post("/ledger/enrolment/check", &registrar, &format!("{form}&_field={field}")).await.text;
        assert!(beside.contains("class=\"error\"") && beside.contains("小学年级应为 1 至 6"), "{field}: {beside}");
    }
    let empty = school.post("/ledger/enrolment/check", &registrar, "stage=primary&grade=&_field=stage").await.text;
    assert!(!empty.contains("class=\"error\"") && !empty.contains("class=\"challenge\""), "{empty}");
    let refused = school.post("/ledger/enrolment/new", &registrar, form).await;
    assert!(refused.text.contains("小学年级应为 1 至 6"), "{}", refused.text);
    assert!(school.records("enrolment").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_are_filtered_by_status_grade_and_left_behind_and_sorted_by_sound() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    // By code point 王 comes before 阿 and 张; by sound after 阿 and before 张.
    for (name, number, grade) in [("张三", "529901201606120012", 3), ("王五", "529901201603020032", 3), ("阿木", "529901201706120036", 4)] {
        school.child(name, number, grade, 1);
    }
    let page = school.get("/ledger/enrolment?order=name", &registrar).await.text;
    for said in ["name=\"f.status\"", "name=\"f.grade\"", "name=\"f.left_behind\"", "学籍状态</a>", "是否留守儿童</a>", "监护人电话</a>"]
    {
        assert!(page.contains(said), "{said}: {page}");
    }
    let order = |page: &str| {
        let mut found: Vec<(usize, &str)> =
            ["张三", "王五", "阿木"].into_iter().filter_map(|name| Some((page.find(&format!(">{name}</a>"))?, name))).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
    };
    assert_eq!(order(&page), ["阿木", "王五", "张三"]);
    let back = school.get("/ledger/enrolment?order=-name", &registrar).await.text;
    assert_eq!(order(&back), ["张三", "王五", "阿木"]);
    let third = school.get("/ledger/enrolment?order=class&f.grade=3&f.left_behind=1&f.status=present", &registrar).await.text;
    assert_eq!(order(&third), ["王五", "张三"]);
    assert!(order(&school.get("/ledger/enrolment?f.left_behind=0", &registrar).await.text).is_empty());
}

/// What the county handed over about a child that is not enrolled here yet, as it is kept.
fn handed_over(school: &School, child: &str) {
    let file = r#""v.name":"史诗","v.id_no":"529901201606120020","v.id_type":"resident","v.sex":"female","v.birth":"2016-06-12","v.stage":"primary","v.grade":3,"v.class":7,
        "v.status":"present","v.status_on":"2025-09-01","v.boarding":"board","v.left_behind":true,"v.registered_household":"no","v.guardian":"史大山","v.categories.orphan":true"#;
    let log = r#""on":"2025-12-01","v.kind":"visit","v.found":"奶奶身体不好""#;
    let case = r#""on":"2025-11-01","state":"closed","v.reason":"家务""#;
    for (nth, ledger, rest) in [(1, "enrolment", file), (2, "care_log", log), (3, "dropout_case", case)] {
        let fields = format!(
            r#"{{"child":"{child}","name":"史诗","number":"529901201606120020","from_school":"{OTHER}","ledger":"{ledger}","record":"r","document":"00","year":2025,{rest}}}"#
        );
        run(
            school,
            format!(
                "INSERT INTO record_dossier (_n, _id, _doc, _year, _term, _disputed, _reopened, _v, void, child, name, number, from_school, ledger, record, document, year)
                 VALUES ({n}, 'dossier:{nth}', 1, 2025, 0, 0, 0, 1, 0, '{child}', '史诗', '529901201606120020', '{OTHER}', '{ledger}', 'r', '00', 2025);
                 INSERT INTO record (n, doc, id, ledger, version, disputed, void, seen, fields) VALUES ({n}, 1, 'dossier:{nth}', 'dossier', 1, 0, 0, x'00', '{fields}')",
                n = 9_000 + nth
            ),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_moved_here_is_on_today_until_enrolled_out_of_its_dossier_and_its_page_shows_what_the_former_school_wrote() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let replica = &school.desk.replica;
    let (code, year) = ("5299010001".parse().unwrap(), replica.this_year().unwrap());
    let child = replica.new_student_doc(code, year, Some(&"529901201606120020".parse().unwrap()), "史诗").to_string();
    handed_over(&school, &child);

    let today = school.get("/", &registrar).await.text;
    assert!(today.contains("已转入、本校还没有建档的学生") && today.contains("史诗 · 青杠镇中学"), "{today}");
    assert!(!school.get("/", &teacher).await.text.contains("史诗"), "whoever enrols nobody is not told");
    let address = "/ledger/enrolment/new?again=dossier:1";
    assert!(today.contains(&format!("href=\"{address}\">建档</a>")), "{today}");
    let form = school.get(address, &registrar).await.text;
    assert!(form.contains("原学校登记的内容已填好"), "{form}");
    for kept in
        ["value=\"史诗\"", "value=\"529901201606120020\"", "value=\"青杠镇中学\"", "value=\"史大山\"", "name=\"categories\" value=\"orphan\" checked"]
    {
        assert!(form.contains(kept), "{kept}: {form}");
    }
    assert!(!form.contains("value=\"7\"") && !form.contains("value=\"2025-09-01\""), "the class and the day are the new school's: {form}");
    assert!(school.get(address, &teacher).await.status != StatusCode::OK);
    assert_eq!(school.records("enrolment").len(), 1, "nothing is saved before it is sent");

    let body = "name=%E5%8F%B2%E8%AF%97&id_type=resident&id_no=529901201606120020&sex=female&birth=2016-06-12&stage=primary&grade=3&class=1&status=present&boarding=board&left_behind=yes&registered_household=no";
    let made = school.post("/ledger/enrolment/new", &registrar, body).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    assert!(made.location.contains(&child), "the document the county foresaw: {}", made.location);
    assert!(!school.get("/", &registrar).await.text.contains("还没有建档"));
    let page = school.get(&format!("/child/{child}"), &teacher).await.text;
    assert!(page.contains("原学校的记录") && page.contains("2025-12-01 · 青杠镇中学") && page.contains("奶奶身体不好"), "{page}");
    let (_, aid) = school.person("zhao", &[Role::AidOfficer], &[]);
    let page = school.get(&format!("/child/{child}"), &aid).await.text;
    assert!(!page.contains("奶奶身体不好"), "a ledger out of reach stays so: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_without_a_number_moved_here_is_enrolled_in_the_file_foreseen_also_where_a_letter_is_put_right() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let _ = school.child("王小明", "529901201606120012", 3, 1);
    let foreseen = "0123456789abcdef0123456789abcdef";
    handed_over(&school, foreseen);
    run(&school, "UPDATE record_dossier SET number = NULL; UPDATE record SET fields = json_remove(fields, '$.number', '$.\"v.id_no\"') WHERE ledger = 'dossier'".into());
    let form = school.get("/ledger/enrolment/new?again=dossier:1", &registrar).await.text;
    assert!(form.contains(&format!("name=\"_student\" value=\"{foreseen}\"")), "{form}");
    let body = |name: &str| {
        format!(
            "_student={foreseen}&name={name}&id_type=none&id_no=&sex=female&birth=2016-06-12&stage=primary&grade=3&class=1&status=present&boarding=board&left_behind=yes&registered_household=no"
        )
    };
    let made = school.post("/ledger/enrolment/new", &registrar, &body("%E5%8F%B2%E6%80%9D")).await;
    let made = if made.status == StatusCode::SEE_OTHER {
        made
    } else {
        school.post("/ledger/enrolment/new", &registrar, &format!("{}&_sure={}", body("%E5%8F%B2%E6%80%9D"), sure(&made.text))).await
    };
    assert!(made.status == StatusCode::SEE_OTHER && made.location.contains(foreseen), "{} {}", made.location, made.text);
    assert!(!school.get("/", &registrar).await.text.contains("还没有建档"));
    // Sent once more, the file is nobody's to be foreseen: the form asks, and a second child has a file of its own.
    let asked = school.post("/ledger/enrolment/new", &registrar, &body("%E5%8F%B2%E6%80%9D")).await;
    assert!(asked.text.contains("_sure"), "{}", asked.text);
    let second = school.post("/ledger/enrolment/new", &registrar, &format!("{}&_sure={}", body("%E5%8F%B2%E6%80%9D"), sure(&asked.text))).await;
    assert!(second.status == StatusCode::SEE_OTHER && !second.location.contains(foreseen), "{} {}", second.location, second.text);
}

/// What a form that asked says was shown.
fn sure(form: &str) -> String {
    form.split("name=\"_sure\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_moved_here_and_enrolled_under_a_name_spelt_otherwise_has_its_former_records_all_the_same() {
    let school = School::new();
    listed(&school);
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let replica = &school.desk.replica;
    let (code, year) = ("5299010001".parse().unwrap(), replica.this_year().unwrap());
    let foreseen = replica.new_student_doc(code, year, Some(&"529901201606120020".parse().unwrap()), "史诗").to_string();
    let child = school.child("史思", "529901201606120020", 3, 1);
    let other = school.child("王小明", "529901201606120012", 3, 1);
    handed_over(&school, &foreseen);
    assert_ne!(child, foreseen);
    assert!(!school.get("/", &registrar).await.text.contains("还没有建档"));
    let page = school.get(&format!("/child/{child}"), &registrar).await.text;
    assert!(page.contains("原学校的记录") && page.contains("奶奶身体不好"), "{page}");
    assert!(!school.get(&format!("/child/{other}"), &registrar).await.text.contains("原学校的记录"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_made_twice_is_on_today_and_made_void_with_its_records_by_the_registrar_alone_and_taken_back() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let one = school.child("马小朵", "529901201606120012", 3, 1);
    let twice = school.child("马小朵", "529901201606120020", 3, 1);
    for child in [&one, &twice] {
        let set = [("id_type", "none"), ("id_no", ""), ("sex", "female")].map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        let _ = school.desk.ask(&super::nobody(), Ask::RecordSet { record: child.clone(), set, by: None }, Lang::Zh).unwrap();
    }
    let _ = add(&school, "care_log", Some(&twice), &[("kind", "visit")]);
    school.listed();
    let today = school.get("/", &registrar).await.text;
    assert!(today.contains("可能重复的学生档案") && today.contains(&format!("href=\"/child/{twice}\">去核对")), "{today}");
    let page = school.get(&format!("/child/{twice}"), &registrar).await.text;
    assert!(page.contains("作废这份档案") && page.contains("不要作废，请改学籍状态"), "{page}");
    assert!(!school.get(&format!("/child/{twice}"), &teacher).await.text.contains("作废这份档案"));
    let void = format!("/record/{twice}/void");
    let why = "_why=%E9%87%8D%E5%A4%8D";
    assert!(!school.post(&void, &teacher, why).await.status.is_redirection(), "a class teacher corrects a child's file and voids none");
    let done = school.post(&void, &registrar, why).await;
    assert!(done.status == StatusCode::SEE_OTHER && done.location.starts_with("/children?voided=1"), "{} {}", done.location, done.text);
    let list = school.get(&done.location, &registrar).await.text;
    assert!(list.contains("这份学生档案已作废") && list.matches(">马小朵<").count() == 1, "{list}");
    assert_eq!(school.records("care_log").len(), 0, "its records do not count either");
    assert!(!school.get("/", &registrar).await.text.contains("可能重复的学生档案"));
    let batch = done.location.split("undo=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let _ = school.desk.ask(&super::nobody(), Ask::Undo { batch, by: None }, Lang::Zh).unwrap();
    assert_eq!(school.records("care_log").len(), 1, "and come back with the child");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_after_the_child_had_moved_is_told_in_words_and_is_the_countys_to_settle() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let detail = serde_json::json!({ "origin": "00000000000000aa", "at": "2026-03-01T02:00:00Z", "records": [child] });
    super::seams::disagreement(&school, &child, "late_edit", "", &detail);
    let page = school.get("/conflicts", &registrar).await.text;
    assert!(page.contains("转走以后又有修改") && page.contains("这件事由县里定") && !page.contains("late-edit"), "{page}");
    assert!(!page.contains(">知道了<"), "a button that cannot do it is none: {page}");
    assert!(!school.get("/", &registrar).await.text.contains("id=\"card-conflicts\""), "nothing here is for the school to settle");
}
