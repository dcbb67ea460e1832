//! What was written is taken back: the earlier value again, unless somebody changed it since; and a batch of acts, each judged by itself.

use super::county::{Real, Town, id_number, set};
use crate::{
    command::{
        execute,
        request::{Item, Request, SubjectRef},
    },
    locale::Lang,
};
use serde_json::{Value as Json, json};

fn ask(node: &Real, request: Request) -> Json {
    node.settle();
    execute::execute(node.replica(), request, "test", Lang::En, &mut |_| ()).unwrap()
}

fn code(node: &Real, request: Request) -> String {
    node.settle();
    execute::execute(node.replica(), request, "test", Lang::En, &mut |_| ()).unwrap_err().code.into_owned()
}

fn add(node: &Real, ledger: &str, child: &str, words: &[(&str, &str)]) -> Json {
    let subject = Some(SubjectRef::Student(child.to_owned()));
    ask(node, Request::RecordAdd { ledger: ledger.into(), subject, year: None, set: set(words), by: Some("Li".into()) })
}

fn correct(node: &Real, record: &str, words: &[(&str, &str)]) -> Json {
    ask(node, Request::RecordSet { record: record.into(), set: set(words), by: Some("Li".into()) })
}

fn undo(node: &Real, of: &Json) -> Json {
    let batch = of["undo"].as_str().or_else(|| of["batch"].as_str()).unwrap().to_owned();
    ask(node, Request::Undo { batch, by: Some("Wang".into()) })
}

fn batch(node: &Real, ledger: &str, items: Vec<Item>, dry_run: bool) -> Json {
    ask(node, Request::Batch { ledger: ledger.into(), items, dry_run, by: Some("Li".into()) })
}

fn value(node: &Real, record: &str, field: &str) -> Json {
    ask(node, Request::RecordShow { record: record.into() })["fields"][field].clone()
}

fn void(node: &Real, record: &str) -> bool {
    ask(node, Request::RecordShow { record: record.into() })["row"]["void"].as_bool().unwrap()
}

fn cells(record: &str, was: &[(&str, &str)], now: &[(&str, &str)]) -> Item {
    Item::Set { record: record.into(), set: set(now), was: set(was) }
}

#[test]
fn a_correction_is_taken_back_and_the_trail_keeps_both() {
    let town = Town::new(11, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let record = add(node, "care_log", &child, &[("kind", "visit"), ("minutes", "30")])["record"].as_str().unwrap().to_owned();
    let changed = correct(node, &record, &[("minutes", "45"), ("note", "去了")]);
    let back = undo(node, &changed);
    assert_eq!((&back["undone"], &back["kept"]), (&json!(1), &json!(0)));
    assert_eq!((value(node, &record, "minutes"), value(node, &record, "note")), (json!(30), Json::Null));
    let trail = ask(node, Request::RecordShow { record: record.clone() })["history"].clone();
    assert!(trail.to_string().contains("45") && trail.to_string().contains("去了"), "nothing that was written is gone");
    let last = trail.as_array().unwrap().last().unwrap();
    assert_eq!((&last["by"], &value(node, &record, "by")), (&json!("Wang"), &json!("Li")), "whoever took it back wrote last, and did not make it");
    assert_eq!(code(node, Request::Undo { batch: changed["undo"].as_str().unwrap().into(), by: None }), "import-undone");
    node.verify();
}

#[test]
fn what_was_made_is_voided_and_what_was_voided_stands_again() {
    let town = Town::new(12, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let made = add(node, "care_log", &child, &[("kind", "visit")]);
    let record = made["record"].as_str().unwrap();
    let voided = ask(node, Request::RecordVoid { record: record.into(), why: "写错了".into(), by: None });
    assert!(void(node, record));
    undo(node, &voided);
    assert!(!void(node, record) && value(node, record, "void_reason").is_null());
    undo(node, &made);
    assert!(void(node, record));
}

#[test]
fn inv_a_value_written_again_since_is_the_later_word_though_it_is_the_same() {
    let town = Town::new(14, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let record = add(node, "care_log", &child, &[("kind", "visit"), ("minutes", "30")])["record"].as_str().unwrap().to_owned();
    let first = correct(node, &record, &[("minutes", "45")]);
    town.clock.advance_s(60);
    correct(node, &record, &[("minutes", "50")]);
    town.clock.advance_s(60);
    let again = correct(node, &record, &[("minutes", "45")]);
    let back = undo(node, &first);
    assert_eq!((&back["undone"], &back["kept_values"][0]["field"]), (&json!(0), &json!("minutes")));
    assert_eq!(value(node, &record, "minutes"), 45);
    undo(node, &again);
    assert_eq!(value(node, &record, "minutes"), 50, "the newest is taken back first");
}

#[test]
fn a_single_edit_of_more_than_thirty_days_ago_is_not_taken_back() {
    let town = Town::new(15, 1);
    let child = town.node(1).child("王小明", &id_number(1));
    let record = add(town.node(1), "care_log", &child, &[("kind", "visit"), ("minutes", "30")])["record"].as_str().unwrap().to_owned();
    let changed = correct(town.node(1), &record, &[("minutes", "45")]);
    town.clock.advance_s(31 * 24 * 3600);
    assert_eq!(code(town.node(1), Request::Undo { batch: changed["undo"].as_str().unwrap().into(), by: None }), "undo-old");
    assert_eq!(value(town.node(1), &record, "minutes"), 45);
}

#[test]
fn inv_what_somebody_changed_since_is_kept_and_named() {
    let mut town = Town::new(13, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let record =
        add(town.node(1), "care_log", &child, &[("kind", "visit"), ("minutes", "30"), ("note", "一")])["record"].as_str().unwrap().to_owned();
    let changed = correct(town.node(1), &record, &[("minutes", "45"), ("note", "二")]);
    town.sync();
    correct(town.node(2), &record, &[("note", "三")]);
    town.sync();
    let back = undo(town.node(1), &changed);
    assert_eq!((&back["undone"], &back["kept"]), (&json!(1), &json!(1)));
    let kept = &back["kept_values"][0];
    assert_eq!((&kept["field"], &kept["now"], &kept["why"]), (&json!("note"), &json!("三"), &json!("changed")));
    town.sync();
    for number in 0..3 {
        assert_eq!((value(town.node(number), &record, "minutes"), value(town.node(number), &record, "note")), (json!(30), json!("三")));
    }
    town.assert_agreed();
}

#[test]
fn an_undo_and_a_change_made_apart_are_a_disagreement_not_a_loss() {
    let mut town = Town::new(14, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let record = add(town.node(1), "care_log", &child, &[("kind", "visit"), ("minutes", "30")])["record"].as_str().unwrap().to_owned();
    let changed = correct(town.node(1), &record, &[("minutes", "45")]);
    town.sync();
    town.cut();
    undo(town.node(1), &changed);
    correct(town.node(2), &record, &[("minutes", "60")]);
    town.sync();
    let items = town.node(1).replica().conflicts(None, Some("field")).unwrap();
    assert_eq!(items.iter().filter(|item| item.field.as_deref() == Some("minutes")).count(), 1);
}

#[test]
fn a_record_somebody_went_on_with_is_not_voided() {
    let town = Town::new(15, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let made = add(node, "care_log", &child, &[("kind", "visit")]);
    correct(node, made["record"].as_str().unwrap(), &[("minutes", "20")]);
    let back = undo(node, &made);
    assert_eq!((&back["undone"], &back["kept"], &back["kept_values"][0]["field"]), (&json!(0), &json!(1), &json!("minutes")));
    assert!(!void(node, made["record"].as_str().unwrap()));

    let case = add(node, "dropout_case", &child, &[("opened_by", "teacher")]);
    ask(
        node,
        Request::RecordStep {
            record: case["record"].as_str().unwrap().into(),
            step: "verify".into(),
            set: set(&[]),
            on: None,
            by: None,
            why: None,
            to: None,
        },
    );
    let back = undo(node, &case);
    assert_eq!((&back["undone"], &back["kept_values"][0]["why"]), (&json!(0), &json!("step")));

    let profile = ask(
        node,
        Request::RecordAdd {
            ledger: "enrolment".into(),
            subject: None,
            year: None,
            by: None,
            set: set(&[("name", "赵小红"), ("id_no", &id_number(2)), ("sex", "female"), ("grade", "3"), ("class", "1"), ("stage", "primary")]),
        },
    );
    add(node, "care_log", profile["record"].as_str().unwrap(), &[("kind", "visit")]);
    assert_eq!(undo(node, &profile)["kept_values"][0]["why"], "records", "a child with records stays");
}

#[test]
fn a_batch_writes_what_it_can_lists_what_it_cannot_and_is_taken_back_as_one() {
    let town = Town::new(16, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let other = node.child("李小红", &id_number(2));
    let one = add(node, "care_log", &child, &[("kind", "visit"), ("minutes", "30")])["record"].as_str().unwrap().to_owned();
    let two = add(node, "care_log", &other, &[("kind", "visit"), ("minutes", "20")])["record"].as_str().unwrap().to_owned();
    correct(node, &two, &[("minutes", "25")]);
    let items = vec![
        cells(&one, &[("minutes", "30"), ("kind", "Visit")], &[("minutes", "四十"), ("note", "好"), ("kind", "visit")]),
        cells(&two, &[("minutes", "20")], &[("minutes", "50"), ("note", "两次")]),
        Item::Add { subject: Some(SubjectRef::Student(child.clone())), set: set(&[("kind", "call"), ("minutes", "１０")]) },
        Item::Add { subject: Some(SubjectRef::Student("没有这个人".into())), set: set(&[("kind", "call")]) },
        Item::Add { subject: Some(SubjectRef::Student(other)), set: set(&[("kind", "call"), ("minutes", "x")]) },
    ];
    let before = node.answers();
    let judged = batch(node, "care_log", items.clone(), true);
    assert_eq!(node.answers(), before, "judging writes nothing");
    let said = batch(node, "care_log", items, false);
    assert_eq!(judged["items"], with_records_of(&said["items"], &judged["items"]), "what was promised was done");
    assert_eq!((&said["changed"], &said["rejected"]), (&json!(3), &json!(4)));
    let (first, second) = (&said["items"][0], &said["items"][1]);
    assert_eq!(
        (&first["refused"][0]["field"], &first["cells"][0]["field"], &first["cells"][0]["to"]),
        (&json!("minutes"), &json!("note"), &json!("好"))
    );
    assert_eq!((&second["refused"][0]["why"], &second["refused"][0]["theirs"]), (&json!("cell-changed"), &json!("25")));
    assert_eq!((value(node, &one, "minutes"), value(node, &one, "note")), (json!(30), json!("好")));
    assert_eq!((value(node, &two, "minutes"), value(node, &two, "note")), (json!(25), json!("两次")));
    assert_eq!(said["items"][3]["why"], "student-none");
    let added = said["items"][2]["record"].as_str().unwrap();
    assert_eq!(value(node, added, "minutes"), 10);
    let back = undo(node, &said);
    assert_eq!((&back["undone"], &back["kept"]), (&json!(3), &json!(0)));
    assert!(void(node, added) && value(node, &one, "note").is_null() && value(node, &two, "note").is_null());
    node.verify();
}

/// Ids of new records are drawn afresh each time.
fn with_records_of(items: &Json, others: &Json) -> Json {
    let mut items = items.clone();
    for (item, other) in items.as_array_mut().unwrap().iter_mut().zip(others.as_array().unwrap()) {
        if item["new"] == true {
            item["record"] = other["record"].clone();
        }
    }
    items
}

#[test]
fn one_step_for_many_says_which_cannot_and_is_not_taken_back() {
    let town = Town::new(17, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let case = add(node, "dropout_case", &child, &[("opened_by", "teacher")])["record"].as_str().unwrap().to_owned();
    let other = node.child("李小红", &id_number(2));
    let ahead = add(node, "dropout_case", &other, &[("opened_by", "teacher")])["record"].as_str().unwrap().to_owned();
    let step = |record: &str| Item::Step { record: record.into(), step: "verify".into(), set: set(&[]), on: None, why: None };
    batch(node, "dropout_case", vec![step(&ahead)], false);
    let said = batch(node, "dropout_case", vec![step(&case), step(&ahead), step(&case)], false);
    assert_eq!((&said["changed"], &said["rejected"], &said["batch"]), (&json!(1), &json!(2), &Json::Null));
    assert!(said["items"][1]["message"].as_str().is_some_and(|text| !text.is_empty()), "{said}");
    assert_eq!(said["items"][2]["why"], "batch-twice");
}

#[test]
fn what_was_taken_back_can_be_written_again() {
    let town = Town::new(18, 1);
    let node = town.node(1);
    let child = node.child("王小明", &id_number(1));
    let csv = format!("身份证号,日期,形式,时长（分钟）\n{},2025-10-20,家访,30\n", id_number(1));
    let bytes = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, csv);
    let import = || Request::ImportLedger {
        code: "care_log".into(),
        file: "a.csv".into(),
        bytes: bytes.clone(),
        dry_run: false,
        year: None,
        by: None,
        take: Vec::new(),
        within: None,
        sheet: None,
    };
    let first = ask(node, import());
    assert_eq!((&first["accepted"], &first["changed"]), (&json!(1), &json!(1)), "{first}");
    assert_eq!(ask(node, import())["changed"], 0, "the same file twice changes nothing");
    undo(node, &first);
    let again = ask(node, import());
    assert_eq!(again["changed"], 1, "the same file after it was taken back");
    let live = node.rows("SELECT id FROM record WHERE ledger = 'care_log' AND void = 0");
    assert_eq!(live.len(), 1);
    assert!(!child.is_empty());
    undo(node, &again);
    assert!(node.rows("SELECT id FROM record WHERE ledger = 'care_log' AND void = 0").is_empty());
}

/// By whom and what the newest writing of a field is, in the trail.
fn last(node: &Real, record: &str, field: &str) -> (Json, Json) {
    let shown = ask(node, Request::RecordShow { record: record.into() });
    let line = shown["history"].as_array().unwrap().iter().rfind(|line| line["field"] == field).unwrap();
    (line["by"].clone(), line["value"].clone())
}

#[test]
fn inv_who_settles_and_who_imports_is_named_and_nobody_writes_under_the_name_of_another() {
    let mut town = Town::new(17, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let record = add(town.node(1), "care_log", &child, &[("kind", "visit"), ("note", "一")])["record"].as_str().unwrap().to_owned();
    town.sync();
    town.cut();
    correct(town.node(1), &record, &[("note", "二")]);
    correct(town.node(2), &record, &[("note", "三")]);
    town.sync();
    let item = town.node(2).replica().conflicts(None, Some("field")).unwrap().remove(0).id;
    ask(town.node(2), Request::ConflictsResolve { id: item, choose: vec!["四".into()], why: None, by: Some("Wang".into()) });
    assert_eq!(last(town.node(2), &record, "note"), (json!("Wang"), json!("四")), "Li wrote before, and did not settle it");
    ask(town.node(2), Request::RecordSet { record: record.clone(), set: set(&[("note", "五")]), by: None });
    assert_eq!(last(town.node(2), &record, "note"), (json!(""), json!("五")), "who gives no name is nobody, and not whoever wrote before");
    let file = format!("姓名,身份证号,年级,班级\n王小明,{},3,2\n李小红,{},3,2\n", id_number(1), id_number(2));
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(file)
    };
    ask(
        town.node(1),
        Request::ImportRoster { file: "a.csv".into(), bytes: encoded, dry_run: false, sheet: None, by: Some("Zhao".into()), this_school: true },
    );
    town.sync();
    for name in ["王小明", "李小红"] {
        let doc = town.node(2).replica().find_students(name, None).unwrap().remove(0).doc.to_string();
        assert_eq!(last(town.node(2), &doc, "class"), (json!("Zhao"), json!(2)), "on the other machine too: {name}");
    }
}

#[test]
fn inv_an_undo_decides_no_disagreement() {
    let mut town = Town::new(16, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let made = add(town.node(1), "care_log", &child, &[("kind", "visit"), ("note", "一")]);
    let record = made["record"].as_str().unwrap().to_owned();
    let changed = correct(town.node(1), &record, &[("note", "二")]);
    town.sync();
    town.cut();
    correct(town.node(1), &record, &[("note", "三")]);
    correct(town.node(2), &record, &[("note", "四")]);
    town.sync();
    let open = |town: &Town| town.node(1).replica().conflicts(None, Some("field")).unwrap().len();
    assert_eq!((value(town.node(1), &record, "note"), open(&town)), (json!("二"), 1), "what both branches shared is shown meanwhile");
    for of in [&changed, &made] {
        let back = undo(town.node(1), of);
        assert_eq!((&back["undone"], &back["kept_values"][0]["why"]), (&json!(0), &json!("changed")), "{back}");
    }
    assert!(open(&town) == 1 && !void(town.node(1), &record));
}

#[test]
fn inv_one_write_decides_no_disagreement_by_itself() {
    let mut town = Town::new(18, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let record =
        add(town.node(1), "dropout_case", &child, &[("opened_by", "teacher"), ("first_absent", "2025-10-20")])["record"].as_str().unwrap().to_owned();
    town.sync();
    town.cut();
    correct(town.node(1), &record, &[("escort_village", "三")]);
    correct(town.node(2), &record, &[("escort_village", "四")]);
    town.sync();
    let words = || set(&[("escort_village", "五")]);
    let one = Request::RecordSet { record: record.clone(), set: words(), by: None };
    let step = Request::RecordStep { record: record.clone(), step: "verify".into(), set: words(), on: None, by: None, why: None, to: None };
    for request in [one, step] {
        assert_eq!(code(town.node(1), request), "field-disputed");
    }
    let item = town.node(1).replica().conflicts(None, Some("field")).unwrap().remove(0);
    correct(town.node(1), &record, &[("escort_school", "李")]);
    ask(town.node(1), Request::ConflictsResolve { id: item.id, choose: vec!["四".into()], why: None, by: None });
    assert_eq!(value(town.node(1), &record, "escort_village"), json!("四"), "a person chooses");
    correct(town.node(1), &record, &[("escort_village", "五")]);
}

#[test]
fn inv_a_cell_of_many_decides_no_disagreement() {
    let mut town = Town::new(17, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let record = add(town.node(1), "care_log", &child, &[("kind", "visit"), ("note", "一")])["record"].as_str().unwrap().to_owned();
    town.sync();
    town.cut();
    correct(town.node(1), &record, &[("note", "三")]);
    correct(town.node(2), &record, &[("note", "四")]);
    town.sync();
    let answer = batch(town.node(1), "care_log", vec![cells(&record, &[("note", "一")], &[("note", "五"), ("minutes", "20")])], false);
    let row = &answer["items"][0];
    assert_eq!((&row["refused"][0]["why"], &row["refused"][0]["field"]), (&json!("cell-disputed"), &json!("note")), "{answer}");
    assert_eq!((value(town.node(1), &record, "minutes"), value(town.node(1), &record, "note")), (json!(20), json!("一")));
    assert_eq!(town.node(1).replica().conflicts(None, Some("field")).unwrap().len(), 1);
}
