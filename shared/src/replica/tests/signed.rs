//! Who wrote what: the trail puts each value down to the person named on the branch it was written on.

use super::county::{Town, id_number};
use crate::{
    command::{
        execute,
        request::{Request, SubjectRef},
    },
    locale::Lang,
};
use serde_json::Value as Json;

fn wrote(trail: &Json, field: &str, value: &Json) -> Vec<String> {
    let lines = trail["history"].as_array().unwrap().iter();
    lines.filter(|line| line["field"] == field && line["value"] == *value).map(|line| line["by"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_value_is_put_down_to_whoever_wrote_it_on_its_own_machine() {
    let mut town = Town::new(31, 2);
    let ask = |node: &super::county::Real, request| {
        node.settle();
        execute::execute(node.replica(), request, "test", Lang::En, &mut |_| ()).unwrap()
    };
    let set = |node: &super::county::Real, record: &str, words: &[(&str, &str)], by: Option<&str>| {
        ask(node, Request::RecordSet { record: record.into(), set: super::county::set(words), by: by.map(str::to_owned) })
    };
    let child = town.node(1).child("王小明", &id_number(1));
    let subject = Some(SubjectRef::Student(child));
    let made =
        Request::RecordAdd { ledger: "care_log".into(), subject, year: None, set: super::county::set(&[("kind", "visit")]), by: Some("Li".into()) };
    let record = ask(town.node(1), made)["record"].as_str().unwrap().to_owned();
    town.sync();
    // Apart: Li goes on under the own name on one machine, Wang writes on the other.
    set(town.node(1), &record, &[("minutes", "30")], Some("Li"));
    set(town.node(2), &record, &[("minutes", "45")], Some("Wang"));
    set(town.node(2), &record, &[("note", "x")], Some("Wang"));
    town.sync();
    for node in [1, 2] {
        let trail = ask(town.node(node), Request::RecordShow { record: record.clone() });
        assert_eq!(wrote(&trail, "minutes", &30.into()), ["Li"], "his name stood there already: the change itself does not carry it");
        assert_eq!(wrote(&trail, "minutes", &45.into()), ["Wang"]);
        assert_eq!(wrote(&trail, "note", &"x".into()), ["Wang"]);
    }
}

#[test]
fn a_value_stands_beside_what_its_writer_saw_and_the_one_not_chosen_is_marked() {
    let mut town = Town::new(32, 2);
    let ask = |node: &super::county::Real, request| {
        node.settle();
        execute::execute(node.replica(), request, "test", Lang::En, &mut |_| ()).unwrap()
    };
    let set = |node: &super::county::Real, record: &str, minutes: &str, by: &str| {
        ask(node, Request::RecordSet { record: record.into(), set: super::county::set(&[("minutes", minutes)]), by: Some(by.into()) })
    };
    let child = town.node(1).child("王小明", &id_number(1));
    let words = super::county::set(&[("kind", "visit"), ("minutes", "20")]);
    let made =
        Request::RecordAdd { ledger: "care_log".into(), subject: Some(SubjectRef::Student(child)), year: None, set: words, by: Some("Li".into()) };
    let record = ask(town.node(1), made)["record"].as_str().unwrap().to_owned();
    town.sync();
    set(town.node(1), &record, "30", "Li");
    set(town.node(2), &record, "45", "Wang");
    town.sync();
    let id = town.node(1).replica().conflicts(None, None).unwrap().into_iter().find(|item| item.kind == "field").unwrap().id;
    ask(town.node(1), Request::ConflictsResolve { id, choose: vec!["45".into()], why: None, by: Some("Li".into()) });
    town.sync();
    for node in [1, 2] {
        let trail = ask(town.node(node), Request::RecordShow { record: record.clone() });
        let line = |value: i64, at: usize| {
            let lines = trail["history"].as_array().unwrap().iter();
            lines.filter(|line| line["field"] == "minutes" && line["value"] == value).nth(at).unwrap().clone()
        };
        assert_eq!((&line(30, 0)["was"], &line(45, 0)["was"]), (&serde_json::json!([20]), &serde_json::json!([20])), "each saw 20");
        assert_eq!((line(30, 0)["passed"].as_bool(), line(45, 0)["passed"].as_bool()), (Some(true), Some(false)));
        assert_eq!(line(45, 1)["was"].as_array().unwrap().len(), 2, "the choice was made over both");
        assert_ne!(line(45, 1)["edit"], line(45, 0)["edit"]);
    }
}
