//! One judgement for every way of writing: what the definition refuses is refused to a form, a step, a grid and an import alike, and nothing else is.

use super::county::{Town, id_number, set};
use crate::{
    command::{
        execute,
        request::{Request, SubjectRef},
    },
    fault::Fault,
    locale::Lang,
};

fn fault(error: &crate::replica::ReplicaError) -> Fault {
    match error {
        crate::replica::ReplicaError::Fault(fault) => fault.clone(),
        other => panic!("{other}"),
    }
}

/// Codes of the details, and the fields they stand beside.
fn details(fault: &Fault) -> Vec<(String, String)> {
    let field = |fault: &Fault| fault.args.iter().find(|(name, _)| name == "field").map(|(_, value)| value.clone()).unwrap_or_default();
    fault.details.iter().map(|detail| (detail.code.to_string(), field(detail))).collect()
}

#[test]
fn a_month_that_has_not_begun_is_refused_and_the_running_one_is_not() {
    let town = Town::new(41, 1);
    let node = town.node(1).replica();
    let month = node.clock().today().strftime("%Y-%m").to_string();
    let words = |month: &str| set(&[("month", month), ("zero", "yes")]);
    let early = fault(&node.add("monthly_report", None, None, &words("2026-12"), None).unwrap_err());
    assert_eq!((early.code.as_ref(), details(&early)), ("record-blocked", vec![("ledger-finding-check".to_owned(), "month".to_owned())]));
    assert!(crate::locale::fault(Lang::Zh, &early.details[0]).0.contains("还没有开始"), "{early:?}");
    let begun = node.add("monthly_report", None, None, &words(&month), None).unwrap().record;
    let moved = fault(&node.set(&begun, &set(&[("month", "2026-12")]), None).unwrap_err());
    assert_eq!(moved.code, "record-blocked", "nor is a report moved there");
    assert!(node.set(&begun, &set(&[("pupils", "12")]), None).unwrap().changed);
}

#[test]
fn a_short_notice_is_refused_where_it_is_put_up_or_shortened_and_nowhere_else() {
    let town = Town::new(42, 1);
    let real = town.node(1);
    let (child, node) = (real.child("王小明", &id_number(1)), real.replica());
    let subject = SubjectRef::Student(child.clone());
    let (from, until) = ("2025-10-20", "2025-10-22");
    let days = [("notice_school_from", from), ("notice_school_until", until), ("notice_village_from", from), ("notice_village_until", "2025-10-24")];
    // In a draft the days are a plan.
    let record = node.add("aid_application", Some(&subject), None, &set(&days), None).unwrap().record;
    real.settle();
    // The way to the notice, as another machine's steps would have made it.
    let id = record.clone();
    let there = |state: &'static str| {
        let id = id.clone();
        node.store()
            .write(move |c| -> Result<(), crate::store::StoreError> {
                c.execute("UPDATE record SET state = ?1 WHERE id = ?2", [state, &id])?;
                Ok(())
            })
            .unwrap();
    };
    there("on_notice");
    assert!(node.set(&record, &set(&[("note", "照片已拍")]), None).is_ok(), "what hangs short already is no reason to refuse a note");
    there("on_notice");
    let short = fault(&node.set(&record, &set(&[("notice_school_until", "2025-10-23")]), None).unwrap_err());
    assert_eq!(details(&short), [("ledger-notice-short".to_owned(), "notice_school_until".to_owned())]);
    assert!(crate::locale::fault(Lang::En, &short.details[0]).0.contains("2025-10-24"), "it names the day that would do: {short:?}");
    assert!(node.set(&record, &set(&[("notice_school_until", "2025-10-24")]), None).is_ok());
}

#[test]
fn what_cannot_have_been_is_refused_and_what_is_odd_is_said() {
    let town = Town::new(44, 1);
    let real = town.node(1);
    let (child, node) = (real.child("王小明", &id_number(1)), real.replica());
    let subject = SubjectRef::Student(child);
    let add = |ledger: &str, words: &[(&str, &str)]| node.add(ledger, Some(&subject), None, &set(words), None);
    let said = |faults: &[Fault]| faults.iter().map(|fault| crate::locale::fault(Lang::Zh, fault).0).collect::<Vec<_>>().join(" ");
    let refused = |ledger: &str, words: &[(&str, &str)], why: &str| {
        let fault = fault(&add(ledger, words).expect_err(why));
        assert!(fault.code == "record-blocked" && said(&fault.details).contains(why), "{why}: {fault:?}");
    };
    let odd = |ledger: &str, words: &[(&str, &str)], why: &str| {
        let gaps = add(ledger, words).unwrap_or_else(|error| panic!("{why}: {error:?}")).gaps;
        assert!(said(&gaps).contains(why), "{why}: {gaps:?}");
    };
    let (today, later) = (node.clock().today(), node.clock().today().checked_add(jiff::Span::new().days(400)).unwrap().to_string());
    let (today, before) = (today.to_string(), today.checked_sub(jiff::Span::new().days(9)).unwrap().to_string());
    let long_ago = "2020-10-20";
    for date in ["on", "village_stamped_on", "check_on", "leaders_on", "objection_on", "reported_on", "village_track_on", "told_on"] {
        refused("aid_application", &[(date, &later)], "在今天以后");
    }
    refused("aid_application", &[("check_by", "李老师"), ("check_by_2", "李老师")], "同一个人");
    odd("aid_application", &[("check_on", long_ago)], "核查日期早于申请日期");
    odd("aid_application", &[("check_on", &today), ("leaders_on", &before)], "领导班子研究日期早于核查日期");
    odd("aid_application", &[("leaders_on", &today), ("notice_school_from", &before)], "公示开始早于领导班子研究");
    for date in ["on", "first_absent", "returned_on"] {
        refused("dropout_case", &[("opened_by", "teacher"), (date, &later)], "在今天以后");
    }
    refused("dropout_case", &[("on", &today), ("deadline", &before)], "劝返限期不能早于立案日期");
    refused("dropout_case", &[("returned_on", &today), ("stable_until", &before)], "稳定观察期");
    odd("dropout_case", &[("on", long_ago), ("first_absent", &before)], "立案日期早于失学起始日");
    let case = add("dropout_case", &[("opened_by", "teacher"), ("first_absent", &before)]).unwrap().record;
    for date in ["issued_on", "served_on", "reply_on"] {
        refused("return_notice", &[("case", &case), (date, &later)], "在今天以后");
    }
    refused("return_notice", &[("case", &case), ("issued_on", long_ago)], "不能早于这名学生的失学起始日");
    refused("return_notice", &[("case", &case), ("issued_on", &before), ("served_on", &today), ("reply_on", &before)], "回执日期不能早于送达日期");
    refused("dropout_step", &[("case", &case), ("on", long_ago)], "劝返日期不能早于这名学生的失学起始日");
    odd("dropout_step", &[("case", &case), ("on", &before)], "劝返日期早于个案立案");
}

#[test]
fn a_step_waits_for_the_days_of_its_notice_and_not_for_the_day_it_was_entered() {
    let town = Town::new(45, 1);
    let real = town.node(1);
    let (child, node) = (real.child("王小明", &id_number(1)), real.replica());
    let today = node.clock().today();
    let day = |back: i32| today.checked_sub(jiff::Span::new().days(back)).unwrap().to_string();
    let (from, until) = (day(15), day(1));
    let days =
        [("notice_school_from", from.as_str()), ("notice_school_until", &until), ("notice_village_from", &from), ("notice_village_until", &until)];
    let subject = SubjectRef::Student(child);
    let record = node.add("aid_application", Some(&subject), None, &set(&days), None).unwrap().record;
    real.settle();
    let place = node.locate(&record).unwrap();
    let definition = node.definition("aid_application").unwrap();
    let steps = |fields: &std::collections::BTreeMap<String, crate::document::view::Value>| {
        // Put on notice today, with days that are over.
        let outcome = crate::ledger::lifecycle::Outcome { state: Some("on_notice".into()), since: Some(today), ..Default::default() };
        let side = crate::ledger::Authority::School;
        let allowed = crate::ledger::lifecycle::allowed(&outcome, &definition, side, today, fields, &node.holidays());
        allowed.iter().map(|step| step.code.clone()).collect::<Vec<_>>()
    };
    assert!(steps(&place.fields).contains(&"report".to_owned()), "{:?}", steps(&place.fields));
    let mut hangs = place.fields.clone();
    hangs.insert("notice_village_until".into(), crate::document::view::Value::Str(today.to_string()));
    assert!(!steps(&hangs).contains(&"report".to_owned()), "one still hangs today");
    hangs.remove("notice_village_until");
    assert!(!steps(&hangs).contains(&"report".to_owned()), "without its days those since the step count");
}

#[test]
fn a_blocking_check_refuses_also_what_comes_along_with_a_step() {
    let town = Town::new(43, 1);
    let real = town.node(1);
    let child = real.child("王小明", &id_number(1));
    let case = real.record("dropout_case", &child, &[("opened_by", "teacher"), ("first_absent", "2025-10-20")]).unwrap();
    let node = real.replica();
    let request = |set| Request::RecordStep { record: case.clone(), step: "verify".into(), set, on: None, by: None, why: None, to: None };
    let refused = execute::execute(node, request(set(&[("last_day", "2025-10-21")])), "test", Lang::Zh, &mut |_| ()).unwrap_err();
    assert_eq!((refused.code.as_ref(), details(&refused)), ("record-blocked", vec![("ledger-finding-check".to_owned(), "last_day".to_owned())]));
    assert!(execute::execute(node, request(set(&[("last_day", "2025-10-17")])), "test", Lang::Zh, &mut |_| ()).is_ok());
}

#[test]
fn the_day_of_a_step_is_corrected_between_its_neighbours_and_a_rebuild_says_the_same() {
    let town = Town::new(45, 1);
    let real = town.node(1);
    let (child, node) = (real.child("王小明", &id_number(1)), real.replica());
    let day = |back: i64| node.clock().today().checked_sub(jiff::Span::new().days(back)).unwrap().to_string();
    let opened = set(&[("opened_by", "teacher"), ("kind", "dropped"), ("last_day", &day(30)), ("on", &day(20))]);
    let case = node.add("dropout_case", Some(&SubjectRef::Student(child)), None, &opened, None).unwrap().record;
    let step = |code: &str, words: &[(&str, &str)], back| node.step(&case, code, &set(words), Some(&day(back)), Some("王老师"), None, None).unwrap();
    step("verify", &[], 10);
    step("exclude", &[("excluded_proof", "error")], 5);
    let redate = |code: &str, back: i64| node.redate(&case, code, &day(back), Some("李老师"));
    let refused = |code: &str, back: i64| fault(&redate(code, back).unwrap_err()).code;
    assert_eq!(refused("verify", 21), "step-date-before", "before the case began");
    assert_eq!(refused("verify", 4), "redate-late", "after the step that follows");
    assert_eq!(refused("exclude", -1), "step-date-future");
    assert_eq!(refused("exclude", 11), "step-date-before");
    assert_eq!(refused("persuade", 3), "redate-none");
    assert!(!redate("exclude", 5).unwrap().changed, "it is that day already");
    assert!(redate("exclude", 8).unwrap().changed && redate("exclude", 6).unwrap().changed, "also twice");
    assert!(redate("verify", 12).unwrap().changed);
    let way = || {
        let shown = node.show(&case).unwrap();
        let steps = shown["steps"].as_array().unwrap().iter().filter(|step| step["effect"] == "effective");
        let words =
            |step: &serde_json::Value| (step["step"].as_str().unwrap().to_owned(), step["on"].as_str().unwrap().to_owned(), step["by"].clone());
        (shown["row"]["state"].clone(), shown["row"]["since"].clone(), steps.map(words).collect::<Vec<_>>())
    };
    let found = way();
    assert_eq!((&found.0, &found.2[0].1, &found.2[1].1), (&"excluded".into(), &day(12), &day(6)));
    assert!(found.2.len() == 2 && found.2.iter().all(|step| step.2 == "王老师"), "who took it stays: {found:?}");
    real.settle();
    node.rebuild(1).unwrap();
    assert_eq!(way(), found);
}
