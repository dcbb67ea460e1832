//! A disputed amount is in no sum, and every report says what it left out.

use super::county::{Town, id_number};
use serde_json::Value as Json;

fn paid(report: &Json) -> Vec<(i64, i64)> {
    let rows = report["rows"].as_array().unwrap();
    rows.iter().map(|row| (row["times"].as_i64().unwrap(), row["amount"].as_i64().unwrap())).collect()
}

#[test]
fn inv_a_disputed_amount_is_in_no_sum_and_the_report_counts_it_as_disputed() {
    let mut town = Town::new(4, 2);
    let child = town.node(1).child("王小明", &id_number(1));
    let words = |amount: &'static str| [("amount", amount), ("paid_on", "2025-10-20"), ("channel", "government"), ("form", "cash")];
    let disputed = town.node(1).record("aid_payment", &child, &words("500")).unwrap();
    town.node(1).record("aid_payment", &child, &words("120.5")).unwrap();
    town.sync();
    assert_eq!(paid(&town.hub().report("aid_paid")), [(2, 62_050)]);
    assert_eq!(town.hub().report("aid_paid")["disputed"], Json::Array(Vec::new()));

    town.cut();
    town.node(1).correct(&disputed, &[("amount", "600")]);
    town.node(2).correct(&disputed, &[("amount", "700")]);
    town.sync();
    town.assert_agreed();
    for number in 0..3 {
        let report = town.node(number).report("aid_paid");
        assert_eq!(paid(&report), [(2, 12_050)], "neither 600 nor 700 nor the 500 of before");
        assert_eq!((&report["disputed"][0]["ledger"], &report["disputed"][0]["count"]), (&Json::from("aid_payment"), &Json::from(1)));
        assert_eq!(report["disputed"][0]["ids"][0], disputed.as_str());
        let printed = town.node(number).printed("aid_paid");
        assert!(printed.lines().any(|line| line.to_lowercase().contains("disputed, not counted") && line.contains('1')), "{printed}");
    }

    let item = town.node(1).replica().conflicts(None, Some("field")).unwrap().into_iter().find(|item| item.field.as_deref() == Some("amount"));
    town.node(1).replica().resolve(&item.unwrap().id, &["700".to_owned()], None, None).unwrap();
    town.sync();
    let report = town.hub().report("aid_paid");
    assert_eq!((paid(&report), &report["disputed"]), (vec![(2, 82_050)], &Json::Array(Vec::new())));
}
