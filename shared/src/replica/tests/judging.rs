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
