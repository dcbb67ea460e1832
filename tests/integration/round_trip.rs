//! Export, edit in a spreadsheet, import: what was not touched does not change, what was changes alone.

use huxue_tests::{County, Side, sample};
use serde_json::{Value as Json, json};

/// A child of the sample.
const NUMBER: &str = "529901201810282617";

fn export(side: &Side, ledger: &str, format: &str) -> String {
    let path = side.dir().join(format!("{ledger}.{format}")).display().to_string();
    // Without --json: a file is asked for.
    let (code, _, error) = side.read("zh", &["query", ledger, "--format", format, "--limit", "1000", "--out", &path]);
    assert_eq!(code, 0, "{error}");
    path
}

fn import(side: &Side, ledger: &str, path: &str) -> Json {
    side.run(&["import", "ledger", ledger, path]).answer
}

#[test]
fn a_file_of_ours_read_back_changes_nothing_and_an_edit_changes_one_record() {
    let county = County::new();
    let programmes = format!("{}/../shared/samples/aid_programmes.csv", env!("CARGO_MANIFEST_DIR"));
    assert_eq!(import(&county.hub, "aid_programme", &programmes)["accepted"], 20);
    let node = county.node("n1", "5299010001");
    let _ = node.run(&["import", "roster", &sample("roster-messy.xlsx"), "--this-school"]);
    let care = ["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit", "--set", "with=guardian", "--set", "reached=是"];
    let _ = node.run(&care).ok();
    let _ = node.run(&["record", "add", "dropout_case", "--student", NUMBER, "--set", "opened_by=teacher"]).ok();
    for (side, ledgers) in [(&county.hub, vec!["school", "aid_programme"]), (&node, vec!["enrolment", "care_log", "dropout_case"])] {
        for ledger in ledgers {
            for format in ["csv", "xlsx"] {
                let said = import(side, ledger, &export(side, ledger, format));
                assert_eq!((&said["rejected"], &said["changed"]), (&json!(0), &json!(0)), "{ledger}.{format}: {said}");
            }
        }
    }
    let path = export(&county.hub, "aid_programme", "csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().find(|line| line.contains("GZ_JDLK") && line.contains("2500")).unwrap();
    for (written, kept) in [("\"￥2,600.50\"", 260_050), ("0.3万元", 300_000)] {
        std::fs::write(&path, text.replace(line, &line.replacen(",2500,", &format!(",{written},"), 1))).unwrap();
        let said = import(&county.hub, "aid_programme", &path);
        assert_eq!((&said["rejected"], &said["changed"]), (&json!(0), &json!(1)), "{said}");
        let row = county.hub.run(&["query", "aid_programme", "--where", "code=GZ_JDLK", "--column", "amount_year"]).ok();
        assert_eq!(row["rows"][0]["amount_year"], kept);
    }
    // A programme may be named by its code, and of several with one code the one in force is meant.
    let _ = node.run(&["sync", "now"]).ok();
    let apply = [
        "record",
        "add",
        "aid_application",
        "--student",
        NUMBER,
        "--set",
        "programme=YW_XX_JS",
        "--set",
        "applicant=guardian",
        "--set",
        "on=2026-09-10",
    ];
    let record = node.run(&apply).ok()["record"].as_str().unwrap().to_owned();
    let programme = node.run(&["record", "show", &record]).ok()["fields"]["programme"].as_str().unwrap().to_owned();
    assert_eq!(node.run(&["record", "show", &programme]).ok()["fields"]["valid_from"], "2025-11-01");
}

#[test]
fn a_row_without_a_number_meets_the_child_on_file_and_one_with_a_number_asks() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let give = |name: &str, text: &str| {
        let path = node.dir().join(name);
        std::fs::write(&path, text).unwrap();
        node.run(&["import", "roster", &path.display().to_string()]).answer
    };
    let remarks =
        |answer: &Json| answer["rows"][0]["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let head = "姓名,性别,出生日期,年级,班级,身份证号";
    assert_eq!(give("a.csv", &format!("{head}\n王小明,男,2018-10-28,三年级,1,{NUMBER}\n"))["changed"], 1);
    let lacking = give("b.csv", &format!("{head}\n王小明,男,2018-10-28,三年级,2,\n"));
    assert!(remarks(&lacking).contains(&"known-child".to_owned()), "{lacking}");
    let rows = node.run(&["query", "enrolment"]).ok()["rows"].clone();
    assert_eq!(
        (rows.as_array().unwrap().len(), &rows[0]["class"], &rows[0]["id_no"], &rows[0]["id_type"]),
        (1, &json!(2), &json!(NUMBER), &json!("resident"))
    );
    let _ = give("c.csv", &format!("{head}\n李小红,女,2016-05-01,三年级,1,\n"));
    let later = give("d.csv", &format!("{head}\n李小红,女,2016-05-01,三年级,1,529901201605010049\n"));
    assert_eq!(later["accepted"], 1, "{later}");
    assert!(remarks(&later).contains(&"maybe-known-child".to_owned()), "{later}");
}
