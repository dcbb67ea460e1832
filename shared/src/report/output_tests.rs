//! Answers on paper: what goes in comes out, in both languages, and nothing a child's record holds can run in a spreadsheet or steer a terminal.

use super::{
    catalogue::Catalogue,
    definition::Report,
    outline::NoLabels,
    output::{csv, json, table, xlsx},
    params::Params,
    run::{Answer, Cell, ReportError, Setting, run},
    sample::{A, B, SampleLabels, empty, ledgers, put, today},
    scope::Scope,
};
use crate::locale::Lang;
use calamine::{Data, Reader as _};

/// One row of every kind of value, two disputed records, one school never heard from.
fn answer() -> Answer {
    let mut connection = empty();
    put(&connection, "aid_programme", "g", None, 200, "code=g name==2+3 stage=primary valid_from=2020-09-01");
    put(&connection, "aid_payment", "1", Some(A), 1, "programme=aid_programme:g channel=government amount=125050");
    put(&connection, "aid_payment", "2", Some(B), 2, "programme=aid_programme:g channel=unknown_code _disputed=1");
    put(&connection, "aid_payment", "3", Some(B), 2, "programme=aid_programme:g _disputed=1");
    let kind =
        |code: &str, kind: &str| format!("--   {{ code = \"{code}\", type = \"{kind}\", title = {{ zh = \"{code}列\", en = \"{code}\" }} }},\n");
    let columns = [
        kind("school", "school"),
        kind("programme", "text"),
        kind("amount", "money"),
        kind("share", "pct"),
        kind("distance", "dec1"),
        kind("failed", "bool"),
        kind("year", "year"),
        kind("term", "term"),
    ]
    .concat();
    let choices = "--   { code = \"channel\", type = \"choice\", options = \"aid_payment.channel\", title = { zh = \"渠道\", en = \"Channel\" } },\n\
                   --   { code = \"flags\", type = \"flags\", options = \"enrolment.categories\", title = { zh = \"类别\", en = \"Kinds\" } },\n";
    let head = "-- +++\n-- name = \"sample\"\n-- title = { zh = \"样例\", en = \"Sample\" }\n-- help = { zh = \"样\", en = \"S\" }\n-- ledgers = [\"aid_payment\"]\n-- parameters = [{ name = \"year\", default = \"current\" }, { name = \"term\" }]\n-- columns = [\n";
    let sql = "SELECT p._school AS school, g.name AS programme, p.amount AS amount, -50 AS share, 25 AS distance, 0 AS failed, p._year AS year, p._term AS term, p.channel AS channel, '|a|b|' AS flags FROM record_aid_payment p JOIN record_aid_programme g ON g._id = p.programme WHERE p._id < 'aid_payment:3' AND :year IS NOT :term ORDER BY p._id";
    let mut catalogue = Catalogue::default();
    catalogue.extend(&format!("{head}{columns}{choices}-- ]\n-- +++\n{sql}")).unwrap();
    let (ledgers, report) = (ledgers(), catalogue.iter().next().unwrap().clone());
    let setting = Setting { disputed_ids_max: 1, ..Setting::new(&ledgers, Scope::All) };
    run(&mut connection, &report, &Params::read(&report, &[], today()).unwrap(), &setting).unwrap()
}

#[test]
fn a_table_is_aligned_and_says_what_it_does_not_know() {
    let shown = table(&answer(), Lang::Zh, &SampleLabels, None);
    for text in [
        "样例\n学年：2025-2026  学期：全部\n",
        "1250.50",
        "-0.50%",
        "2.5",
        "否",
        "第二学期（春）",
        "中aid_payment.channel.government",
        "unknown_code",
        "、",
        "第二中学",
    ] {
        assert!(shown.contains(text), "{text} in\n{shown}");
    }
    assert!(shown.contains("有争议，未计入：中aid_payment.$ledger.aid_payment 2 条（aid_payment:2 等）。"), "{shown}");
    let clock = crate::locale::instant;
    let fresh = format!("最早 {}（第二中学），最新 {}", clock("2026-02-01T08:00:00Z"), clock("2026-03-14T08:00:00Z"));
    assert!(shown.contains(&fresh) && !shown.contains("08:00:00Z"), "{shown}");
    assert!(shown.contains("未收到数据的学校 2 所：第二中学、村小。"), "{shown}");
    let english = table(&answer(), Lang::En, &NoLabels, None);
    assert!(
        english.contains("Disputed, not counted") && english.contains("Schools not heard from, 2") && english.contains("amount (yuan)"),
        "{english}"
    );
    // Every line of the grid is as wide as the others, counting Chinese as two.
    let width =
        |line: &str| line.chars().map(|c| if c.is_ascii() || ('\u{2500}'..='\u{257f}').contains(&c) || c == '┆' { 1 } else { 2 }).sum::<usize>();
    let grid: Vec<usize> = shown.lines().filter(|line| line.starts_with(['│', '┌', '╞', '└'])).map(width).collect();
    assert!(grid.len() >= 5 && grid.iter().all(|w| *w == grid[0]), "{grid:?}\n{shown}");
}

#[test]
fn a_terminal_is_not_steered_by_what_a_record_holds() {
    let mut answer = answer();
    answer.rows[0][1] = Cell::Text("\u{1b}[2J王\r\n".to_owned());
    assert!(!table(&answer, Lang::Zh, &NoLabels, Some(80)).contains(['\u{1b}', '\r']));
}

#[test]
fn json_keeps_codes_and_fen_and_tells_labels_once() {
    let shown = json(&answer(), Lang::En, &SampleLabels);
    assert_eq!(shown["rows"][0]["amount"], 125_050);
    assert_eq!(shown["columns"][2]["unit"], "fen");
    assert!(shown["rows"][1]["amount"].is_null());
    assert_eq!(shown["rows"][0]["channel"], "government");
    assert_eq!(shown["labels"]["channel"]["government"], "aid_payment.channel.government");
    assert_eq!(shown["labels"]["flags"]["b"], "enrolment.categories.b");
    assert_eq!(shown["labels"]["school"][A], "中心小学");
    assert_eq!(shown["parameters"]["year"], "2025");
    assert!(shown["parameters"]["term"].is_null());
    assert_eq!((shown["disputed"][0]["count"].as_u64(), shown["missing"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_eq!(shown["freshness"][0]["heard"], true);
}

#[test]
fn csv_opens_in_a_spreadsheet_and_runs_nothing() {
    let bytes = csv(&answer(), Lang::Zh, &SampleLabels).unwrap();
    assert!(bytes.starts_with(b"\xEF\xBB\xBF"));
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(&bytes[3..]);
    assert_eq!(reader.headers().unwrap().iter().take(4).collect::<Vec<_>>(), ["school列标识码", "school列", "programme列", "amount列（元）"]);
    let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows[0].iter().take(5).collect::<Vec<_>>(), [A, "中心小学", "'=2+3", "1250.50", "-0.50%"], "numbers are no formulas");
    assert!(rows.iter().any(|row| row[0].starts_with("# 有争议")) && rows.iter().any(|row| row[0].starts_with("# 未收到数据")));
}

#[test]
fn every_sign_that_begins_a_formula_is_guarded() {
    let mut answer = answer();
    for sign in ["=", "+", "-", "@", "\t", "\r", "＝", "＠"] {
        answer.rows[0][1] = Cell::Text(format!("{sign}cmd"));
        let bytes = csv(&answer, Lang::En, &NoLabels).unwrap();
        assert!(String::from_utf8(bytes).unwrap().contains(&format!("'{sign}cmd")), "{sign:?}");
    }
}

#[test]
fn xlsx_has_numbers_as_numbers_and_a_sheet_of_freshness() {
    let bytes = xlsx(&answer(), Lang::Zh, &SampleLabels).unwrap();
    assert_eq!(bytes, xlsx(&answer(), Lang::Zh, &SampleLabels).unwrap(), "the same answer gives the same file");
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["结果", "数据截至"]);
    let sheet = book.worksheet_range("结果").unwrap();
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(cell(2, 3), Data::String("amount列（元）".to_owned()));
    assert_eq!((cell(3, 0), cell(3, 2)), (Data::String(A.to_owned()), Data::String("=2+3".to_owned())), "a text is no formula");
    assert_eq!((cell(3, 3), cell(3, 4), cell(3, 5)), (Data::Float(1250.5), Data::Float(-0.005), Data::Float(2.5)));
    assert!(matches!(cell(4, 3), Data::Empty | Data::String(_)), "disputed money is no number");
    let fresh = book.worksheet_range("数据截至").unwrap();
    assert_eq!(fresh.height(), 4);
    assert_eq!(fresh.get_value((3, 4)), Some(&Data::String("否".to_owned())));
}

#[test]
fn a_workbook_ends_with_the_sums_of_the_screen() {
    let (mut connection, ledgers) = (empty(), ledgers());
    for (id, school, fen) in [("1", A, 31_250), ("2", B, 100)] {
        put(&connection, "aid_payment", id, Some(school), 1, &format!("programme=aid_programme:g channel=government amount={fen}"));
    }
    let report = Catalogue::shipped().find("aid_paid", &ledgers).unwrap();
    let setting = Setting::new(&ledgers, Scope::All);
    let answer = run(&mut connection, &report, &Params::read(&report, &[], today()).unwrap(), &setting).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::Xlsx::new(std::io::Cursor::new(xlsx(&answer, Lang::Zh, &NoLabels).unwrap())).unwrap();
    let sheet = book.worksheet_range("结果").unwrap();
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or_default();
    // Programme, code and name of the school, term, persons, times, amount.
    assert_eq!((cell(5, 0), cell(5, 5), cell(5, 6)), (Data::String("合计".into()), Data::Float(2.0), Data::Float(313.5)));
    assert!(matches!(cell(5, 4), Data::Empty), "persons may stand in several rows");
}

#[test]
fn answers_are_cut_at_the_limit_and_say_so() {
    let (mut connection, ledgers) = (empty(), ledgers());
    for n in 0..5 {
        put(&connection, "care_log", &n.to_string(), Some(A), n, "kind=visit");
    }
    let report = Catalogue::shipped().find("schools_not_heard", &ledgers).unwrap();
    let params = Params::read(&report, &[], today()).unwrap();
    let setting = Setting { rows_max: 1, ..Setting::new(&ledgers, Scope::All) };
    let answer = run(&mut connection, &report, &params, &setting).unwrap();
    assert!(answer.truncated && answer.rows.len() == 1);
    assert!(table(&answer, Lang::Zh, &NoLabels, None).contains("只列出前 1 行"));
    let tight = Setting { steps_max: 0, ..Setting::new(&ledgers, Scope::All) };
    let endless = Report {
        sql: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS school FROM n".to_owned(),
        ..report.clone()
    };
    let endless = Report { columns: endless.columns[..1].to_vec(), ..endless };
    assert!(matches!(run(&mut connection, &endless, &params, &tight), Err(ReportError::TooLong)));
}
