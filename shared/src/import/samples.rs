//! The rosters in `tests/samples`, each row against `answers.json`.

use super::{Outcome, RosterOptions, read_roster};
use crate::locale::Lang;
use serde_json::Value as Json;
use std::path::PathBuf;

fn sample(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/samples").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn answers() -> Json {
    serde_json::from_slice(&sample("answers.json")).unwrap()
}

fn agrees(file: &str) {
    let expected = &answers()[file];
    let options = RosterOptions { school: expected["school"].as_str().unwrap().parse().ok(), ..RosterOptions::default() };
    let preview = read_roster(&sample(file), file, &options).unwrap();
    let found = preview.to_json(Lang::Zh);
    let rows = found["rows"].as_array().unwrap();
    let wanted = expected["rows"].as_array().unwrap();
    for (row, wanted) in rows.iter().zip(wanted) {
        for (key, value) in wanted.as_object().unwrap() {
            assert_eq!(&row[key], value, "{file} row {} {key}: {row}", wanted["row"]);
        }
    }
    assert_eq!(rows.len(), wanted.len(), "{file}");
    assert_eq!((&found["accepted"], &found["rejected"]), (&expected["accepted"], &expected["rejected"]), "{file}");
    assert!(preview.ignored_columns.is_empty() && preview.others.alike.is_empty(), "{file}");
}

#[test]
fn the_clean_roster_agrees_with_its_answers() {
    agrees("roster-clean.xlsx");
}

#[test]
fn the_messy_roster_agrees_with_its_answers() {
    agrees("roster-messy.xlsx");
}

#[test]
fn the_legacy_roster_agrees_with_its_answers() {
    agrees("roster-legacy.xls");
}

#[test]
fn the_gb18030_roster_agrees_with_its_answers() {
    agrees("roster-gb18030.csv");
}

#[test]
fn the_name_of_a_file_does_not_matter() {
    let bytes = sample("roster-legacy.xls");
    let by_name = |name: &str| read_roster(&bytes, name, &RosterOptions::default()).unwrap();
    assert_eq!(by_name("roster.csv"), by_name("roster.xlsx"));
}

#[test]
fn every_rejected_row_has_a_sentence_and_an_act() {
    for file in ["roster-messy.xlsx", "roster-legacy.xls", "roster-gb18030.csv"] {
        let preview = read_roster(&sample(file), file, &RosterOptions::default()).unwrap();
        for row in &preview.rows {
            let Outcome::Reject { reason, .. } = &row.outcome else { continue };
            for lang in [Lang::Zh, Lang::En] {
                assert_ne!(reason.message(lang), reason.reason.code());
                assert!(!reason.message(lang).contains("{$") && reason.next(lang).is_some(), "{file} {}", row.row);
            }
        }
    }
}

#[test]
fn pupils_become_fields_of_the_enrolment_ledger() {
    let preview = read_roster(&sample("roster-clean.xlsx"), "", &RosterOptions::default()).unwrap();
    let (_, pupil) = preview.accepted().next().unwrap();
    let fields: Vec<String> = pupil.fields().into_iter().map(|(code, value)| format!("{code}={}", serde_json::to_string(&value).unwrap())).collect();
    assert_eq!(
        fields.join(" "),
        "name=\"曹诺\" id_type=\"resident\" id_no=\"529901201404235022\" student_no=\"G529901201404235022\" sex=\"female\" birth=\"2014-04-23\" ethnic=\"01\" \
         address=\"某某县龙塘镇茶园村8组57号\" village=\"茶园村\" stage=\"primary\" grade=6 class=3 status=\"present\" boarding=\"board\" registered_household=\"registered\" \
         left_behind=false guardian=\"任翊俊\" guardian_rel=\"father\" guardian_phone=\"19934281635\""
    );
}

#[test]
fn a_household_list_is_read_as_a_table() {
    use super::sheet::Limits;
    use super::table::{Candidate, read_table};
    let field = |code, zh, en| Candidate { code, zh, en };
    let fields = [
        field("card", "户编号", "Household number"),
        field("head", "户主", "Head of household"),
        field("name", "姓名", "Name"),
        field("id_no", "身份证号", "Identity number"),
        field("township", "乡镇", "Township"),
    ];
    let table = read_table(&sample("household-list.xlsx"), "", &fields, &[], 3, None, &Limits::default()).unwrap();
    assert_eq!((table.header_row, table.rows.len(), table.unread.len()), (2, 104, 0));
    let value = |code: &str| table.rows[0].1.iter().find(|(known, _)| known == code).map(|(_, text)| text.as_str());
    assert_eq!(value("card"), Some("529926020258"));
    assert_eq!(value("name"), Some("罗欣英"));
    assert_eq!(value("id_no"), Some("529901201606174053"));
    assert_eq!(table.ignored, ["脱贫年度"]);
}
