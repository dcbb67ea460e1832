//! A school's roster into whole replicas: what it says beyond the profile is kept, what is not so is refused or said, row by row.

use super::{
    county::{SCHOOL, Town, id_number},
    round_trip::{ask, roster},
};
use crate::{
    command::{execute, request::Request},
    locale::Lang,
};
use serde_json::{Value as Json, json};

fn said(answer: &Json, row: usize) -> Vec<String> {
    let list = answer["rows"][row]["warnings"].as_array().unwrap();
    list.iter().map(|remark| remark["code"].as_str().unwrap().to_owned()).collect()
}

/// The text of a row of one column.
fn plain(row: &str) -> String {
    row.trim_start_matches("Text(").trim_matches([')', '"']).to_owned()
}

fn kinds(node: &super::county::Real) -> Vec<String> {
    node.rows(
        "SELECT e.name || ' ' || coalesce(c.kind, '-') || ' ' || coalesce(c.away_parent, '-') || ' ' || c._v FROM record_care_profile c
         JOIN record_enrolment e ON e._doc = c._doc WHERE c.void = 0 ORDER BY e._student",
    )
    .iter()
    .map(|row| plain(row))
    .collect()
}

fn left_behind(rows: &[(&str, u16, &str)]) -> Vec<u8> {
    let rows: Vec<String> = rows.iter().map(|(name, number, kind)| format!("{name},{},3,1,{kind}", id_number(*number))).collect();
    format!("姓名,身份证号,年级,班级,是否留守儿童\n{}\n", rows.join("\n")).into_bytes()
}

#[test]
fn the_kind_of_left_behind_child_goes_into_the_record_that_the_rule_opens_and_is_taken_back_with_the_import() {
    let town = Town::new(31, 2);
    let (node, other) = (town.node(1), town.node(2));
    let file =
        left_behind(&[("甲一", 1, "双亲留守儿童"), ("乙二", 2, "单亲留守儿童"), ("丙三", 3, "母亲外出"), ("丁四", 4, "是"), ("戊五", 5, "非留守")]);
    let first = roster(node, &file, false);
    assert_eq!(first["changed"], 5, "children are counted, not what is written beside them: {first}");
    assert!(said(&first, 0).contains(&"care-kind".to_owned()) && said(&first, 1).contains(&"care-kind-open".to_owned()), "{first}");
    assert!(first["rows"][0]["warnings"].to_string().contains("父母双方外出"), "{first}");
    node.settle();
    let mut found = kinds(node);
    found.sort();
    assert_eq!(found, ["丁四 - - 1", "丙三 one mother 1", "乙二 one - 1", "甲一 both - 1"]);
    // The rule wrote its own bytes: a node that enters the children without their kinds opens the same records.
    let plain = left_behind(&[("甲一", 1, "是"), ("乙二", 2, "是")]);
    roster(other, &plain, false);
    other.settle();
    let opened = |node: &super::county::Real| {
        let sql = "SELECT hex(id) FROM actor WHERE hex(id) LIKE '5F9327550AEBDDD6%' ORDER BY 1";
        node.rows(sql)
    };
    let (here, there) = (opened(node), opened(other));
    assert!(there.len() == 2 && there.iter().all(|actor| here.contains(actor)), "{here:?} {there:?}");
    // The same file again changes nothing.
    assert_eq!(roster(node, &file, false)["changed"], 0);
    let listed = ask(node, Request::UndoList)["undo"][0]["rows"].clone();
    let back = ask(node, Request::Undo { batch: first["batch"].as_str().unwrap().into(), by: None });
    assert_eq!((&back["undone"], &back["kept"], &listed), (&json!(5), &json!(0), &json!(5)), "{back}");
    node.settle();
    assert!(node.rows("SELECT 1 FROM record_care_profile WHERE kind IS NOT NULL").is_empty(), "the kinds are taken back too");
    assert!(node.rows("SELECT 1 FROM record_enrolment WHERE void = 0").is_empty());
    assert!(
        node.rows("SELECT 1 FROM record_care_profile WHERE void = 0").is_empty(),
        "a child that is none has no record that counts, whoever opened it"
    );
    assert_eq!(roster(node, &file, false)["changed"], 5, "and come again with the children");
    node.settle();
    assert_eq!(kinds(node).len(), 4);
}

#[test]
fn a_kind_that_a_teacher_put_down_stays_and_what_was_worked_on_is_not_taken_back() {
    let town = Town::new(32, 1);
    let node = town.node(1);
    let first = roster(node, &left_behind(&[("甲一", 1, "单亲留守"), ("乙二", 2, "双亲留守")]), false);
    node.settle();
    let id = |name: &str| {
        let sql = format!("SELECT c._id FROM record_care_profile c JOIN record_enrolment e ON e._doc = c._doc WHERE e.name = '{name}'");
        plain(&node.rows(&sql)[0])
    };
    let (one, two) = (id("甲一"), id("乙二"));
    let set = |record: &str, field: &str, value: &str| {
        let set = [(field.to_owned(), value.to_owned())].into();
        ask(node, Request::RecordSet { record: record.into(), set, by: None });
    };
    set(&one, "kind", "one_able");
    set(&two, "guardian", "李奶奶");
    let again = roster(node, &left_behind(&[("甲一", 1, "单亲留守")]), false);
    assert_eq!(
        (&again["changed"], said(&again, 0).iter().any(|code| code.starts_with("care-kind"))),
        (&json!(0), false),
        "the file knows more: {again}"
    );
    let other = roster(node, &left_behind(&[("甲一", 1, "双亲留守")]), false);
    assert!(said(&other, 0).contains(&"care-kind-kept".to_owned()), "{other}");
    let back = ask(node, Request::Undo { batch: first["batch"].as_str().unwrap().into(), by: None });
    assert_eq!(node.rows("SELECT 1 FROM record_enrolment WHERE void = 0").len(), 2, "somebody worked on both: {back}");
    node.settle();
    let rows = node.rows("SELECT kind FROM record_care_profile WHERE kind = 'one_able'");
    assert_eq!(rows.len(), 1);
}

#[test]
fn births_that_no_form_takes_are_refused_and_an_empty_boarding_cell_is_not_passed_over() {
    let town = Town::new(33, 1);
    let node = town.node(1);
    let file = "姓名,性别,出生日期,年级,班级,是否寄宿生\n甲一,男,2028-03-01,1,1,是\n乙二,女,1960-03-01,1,1,否\n丙三,女,2018-03-01,1,1,\n";
    let answer = roster(node, file.as_bytes(), true);
    let why: Vec<&str> = answer["rows"].as_array().unwrap().iter().filter_map(|row| row["why"].as_str()).collect();
    assert_eq!(why, ["birth-future", "birth-too-early"], "{answer}");
    assert!(said(&answer, 2).contains(&"boarding-assumed".to_owned()), "{answer}");
    // The form holds to the same.
    for birth in ["2028-03-01", "1960-03-01"] {
        let set = [("name", "甲一"), ("birth", birth)].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let request = Request::RecordAdd { ledger: "enrolment".into(), subject: None, year: None, set, by: None };
        assert!(execute::execute(node.replica(), request, "test", Lang::Zh, &mut |_| ()).is_err(), "{birth}");
    }
}

/// A county's list of two schools, as published.
fn list(node: &super::county::Real, name: &str, stage: &str) {
    for (n, code, name, stage) in [(1, SCHOOL, name, stage), (2, "5299010002", "白沙乡石桥村小学", "primary")] {
        let put = format!(
            "INSERT INTO record_school (_id, _n, _doc, _year, _term, _disputed, _reopened, _v, void, code, name, stage)
             VALUES ('school:{n}', {n}, (SELECT max(n) FROM doc), 2025, 0, 0, 0, 1, 0, '{code}', '{name}', '{stage}')"
        );
        node.replica().store().write(move |c| c.execute_batch(&put).map_err(crate::store::StoreError::from)).unwrap();
    }
}

#[test]
fn a_grade_this_school_has_not_and_a_class_far_beyond_the_others_are_said_row_by_row() {
    let town = Town::new(34, 1);
    let node = town.node(1);
    node.child("王小明", &id_number(90));
    node.settle();
    list(node, "石桥镇中心小学", "primary");
    let mut rows: Vec<String> =
        (1..=12).map(|n| format!("学生{},{},{},{}", ["甲", "乙", "丙"][n % 3], id_number(u16::try_from(n).unwrap()), n % 6 + 1, n % 3 + 1)).collect();
    rows.push(format!("赵七,{},七年级,1", id_number(20)));
    rows.push(format!("钱八,{},三年级,88", id_number(21)));
    let answer = roster(node, format!("姓名,身份证号,年级,班级\n{}\n", rows.join("\n")).as_bytes(), true);
    assert!(said(&answer, 12).contains(&"grade-not-taught".to_owned()), "{}", answer["rows"][12]);
    assert!(said(&answer, 13).contains(&"class-unusual".to_owned()), "{}", answer["rows"][13]);
    let odd = |code: &str| (0..12).any(|row| said(&answer, row).contains(&code.to_owned()));
    assert!(!odd("grade-not-taught") && !odd("class-unusual"), "{answer}");
    assert_eq!(answer["doubts"], json!([]));
}

#[test]
fn another_schools_name_is_a_doubt_although_the_code_is_ours() {
    let town = Town::new(35, 1);
    let node = town.node(1);
    node.child("王小明", &id_number(90));
    node.settle();
    list(node, "石桥镇中心小学", "primary");
    let file = |name: &str| format!("姓名,身份证号,年级,班级,学校标识码,学校名称\n李四,{},3,1,{SCHOOL},{name}\n", id_number(1)).into_bytes();
    let doubts = |name: &str| roster(node, &file(name), true)["doubts"].clone();
    let listed = doubts("白沙乡石桥村小学");
    assert_eq!(listed[0]["code"], "roster-doubt-name-not-code", "{listed}");
    assert!(listed.to_string().contains("5299010002"), "which one is said: {listed}");
    assert_eq!(doubts("青杠镇中心小学")[0]["code"], "roster-doubt-name-not-code");
    assert_eq!((doubts("某某县石桥镇中心小学"), doubts("石桥小学")), (json!([]), json!([])), "the same school under a longer and a shorter name");
}

#[test]
fn a_row_without_a_number_says_one_thing() {
    let town = Town::new(36, 1);
    let node = town.node(1);
    roster(node, format!("姓名,性别,身份证号,年级,班级\n李四,,{},3,1\n", id_number(1)).as_bytes(), false);
    node.settle();
    let (birth, sex) = ("2017-10-28", if plain(&node.rows("SELECT sex FROM record_enrolment")[0]) == "female" { "女" } else { "男" });
    let answer = roster(node, format!("姓名,性别,出生日期,年级,班级\n李四,{sex},{birth},3,1\n王五,{sex},{birth},3,1\n").as_bytes(), true);
    assert_eq!((said(&answer, 0), said(&answer, 1)), (vec!["known-child".to_owned()], vec!["id-absent".to_owned()]), "{answer}");
}

#[test]
fn of_two_children_of_one_name_it_is_said_who_they_are() {
    let town = Town::new(37, 1);
    let node = town.node(1);
    let (one, _) = (node.child("李贵", &id_number(1)), node.child("李贵", &id_number(2)));
    node.settle();
    let set = [("address".to_owned(), "甲村".to_owned())].into();
    let request = |record: &str| Request::RecordSet { record: record.into(), set: std::collections::BTreeMap::clone(&set), by: None };
    let fault = execute::execute(node.replica(), request("李贵"), "test", Lang::Zh, &mut |_| ()).unwrap_err();
    assert_eq!(fault.code, "student-several");
    let list = &fault.args.iter().find(|(name, _)| name == "list").unwrap().1;
    assert!(list.contains(&one[..8]), "{list}");
    assert_eq!(ask(node, request(&one[..8]))["changed"], true, "and the beginning of an id is enough");
    let none = execute::execute(node.replica(), request("无此人"), "test", Lang::Zh, &mut |_| ()).unwrap_err();
    assert_eq!(none.code, "record-none");
}
