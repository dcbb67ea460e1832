//! A small county for tests: typed tables as docs/ledger-format.md has them, three schools, and rows whose answers are known.

use super::{
    definition::{ColumnType, Title},
    outline::{FieldOutline, Labels, LedgerOutline, NetOutline, StateOutline, Subject},
};
use crate::locale::Lang;
use jiff::civil::{Date, date};
use rusqlite::Connection;

/// School A was heard from yesterday, B six weeks ago, C never.
pub(super) const A: &str = "5299010001";
pub(super) const B: &str = "5299010002";
pub(super) const C: &str = "5299010003";

/// Today: a Sunday in the spring term of 2025/26.
pub(super) fn today() -> Date {
    date(2026, 3, 15)
}

/// The child whose enrolment is document `n`.
pub(super) fn child(n: u32) -> String {
    format!("{n:032x}")
}

/// Ledgers with the fields that reports read, as `field:type`, and their states, as `state` with `+` for counting and `.` for final.
const LEDGERS: [(&str, Subject, &str, &str); 24] = [
    (
        "enrolment",
        Subject::Student,
        "name id_no birth:date sex:choice stage:choice grade:int class:int entered_on:date status:choice status_on:date closed_on:date boarding:choice distance_km:dec1 registered_household:choice household_card categories:flags left_behind:bool income_year:money",
        "",
    ),
    (
        "dropout_case",
        Subject::Student,
        "first_absent:date reason:choice escort_school deadline:date returned_on:date excluded_proof:choice",
        "suspected verifying excluded confirmed persuading returned escalated ordered court home_taught transferred left_country died closed.",
    ),
    ("dropout_check", Subject::Student, "state:choice days_absent:int since:date method:choice", ""),
    ("dropout_step", Subject::Student, "case result:choice promised_on:date", ""),
    ("transfer", Subject::Student, "from:school to:school asked_on:date", "asked refused confirmed done. rejected. withdrawn."),
    ("care_profile", Subject::Student, "kind:choice since:date until:date care_state:choice boards:choice care_teacher", ""),
    ("care_log", Subject::Student, "kind:choice reached:bool", ""),
    ("care_room", Subject::School, "name state:choice", ""),
    ("care_room_use", Subject::School, "room headcount:int", ""),
    (
        "aid_application",
        Subject::Student,
        "programme categories:flags registered_household:choice approved_amount:money unaided_reason:choice notice_school_from:date notice_school_until:date notice_village_from:date notice_village_until:date",
        "draft applied verified assessed on_notice objected reported sent_back approved+ rejected. allotted+ paid+ audited+. stopped. unaided.",
    ),
    ("aid_payment", Subject::Student, "programme application amount:money channel:choice paid_on:date batch failed:bool refund_amount:money", ""),
    (
        "aid_programme",
        Subject::County,
        "code name stage:choice boarding:choice grade_from:int grade_until:int must_aid:flags excludes split:choice coverage:pct coverage_of:choice coverage_mode:choice valid_from:date valid_until:date",
        "",
    ),
    ("fund_allocation", Subject::County, "programme to:school quota_people:int amount:money returned:money", "allotted+ spent+ audited+."),
    ("dossier", Subject::County, "child:student name number from_school:school ledger record document year:int state steps", ""),
    ("relay", Subject::County, "ledger record school:school child state due:date steps tips problem", ""),
    ("relay_answer", Subject::School, "relay record step follows", ""),
    ("calendar", Subject::County, "kind:choice from:date until:date name", ""),
    ("child_link", Subject::County, "child_a child_b verdict:choice", ""),
    ("household_visit", Subject::School, "household_card kind:choice", ""),
    ("duty", Subject::County, "official school:school household_card student from:date until:date", ""),
    ("work_item", Subject::County, "kind:choice about text due:date done:bool", ""),
    ("dropout_roll", Subject::School, "grade:int class:int expected:int present:int", ""),
    ("home_teaching_plan", Subject::Student, "hours:int", ""),
    ("return_notice", Subject::Student, "case number kind:choice issued_on:date return_by:date", "draft issued served replied."),
];

fn field(text: &str, ledger: &str) -> FieldOutline {
    let (code, kind) = text.split_once(':').unwrap_or((text, "text"));
    let kind: ColumnType = serde_json::from_value(kind.into()).unwrap();
    let options = matches!(kind, ColumnType::Choice | ColumnType::Flags).then(|| format!("{ledger}.{code}"));
    FieldOutline { code: code.to_owned(), title: Title { zh: format!("{code}中"), en: code.to_owned() }, kind, options }
}

fn state(text: &str) -> StateOutline {
    let code = text.trim_end_matches(['+', '.']);
    StateOutline { code: code.to_owned(), open: !text.ends_with('.'), counts: text.contains('+') }
}

/// The ledgers of the sample, and `monthly_report` with its figures.
pub(super) fn ledgers() -> Vec<LedgerOutline> {
    let monthly = [(
        "monthly_report",
        Subject::School,
        "month:date zero:bool pupils:int present:int suspected:int confirmed:int returned:int open_cases:int rolls_taken:int rolls_due:int signed_by",
        "draft signed sent. corrected.",
    )];
    let all = LEDGERS.iter().chain(&monthly);
    all.map(|(code, subject, fields, states)| LedgerOutline {
        code: (*code).to_owned(),
        title: Title { zh: format!("{code}台账"), en: format!("ledger {code}") },
        subject: *subject,
        states: states.split_whitespace().map(state).collect(),
        fields: fields.split_whitespace().map(|text| field(text, code)).collect(),
        net: (*code == "aid_payment").then(|| NetOutline {
            of: "amount".to_owned(),
            less: "refund_amount".to_owned(),
            nothing_when: Some("failed".to_owned()),
        }),
    })
    .collect()
}

/// Tables and nothing in them but the schools.
pub(super) fn empty() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for ledger in ledgers() {
        let numbers = [ColumnType::Int, ColumnType::Dec1, ColumnType::Money, ColumnType::Pct, ColumnType::Bool];
        let kind = |kind| if numbers.contains(&kind) { "INTEGER" } else { "TEXT" };
        let fields = ledger.fields.iter().map(|f| format!(", \"{}\" {}", f.code, kind(f.kind))).collect::<Vec<_>>().concat();
        let engine = "_id TEXT PRIMARY KEY, _doc INTEGER, _school TEXT, _year INTEGER, _term INTEGER, _student TEXT, _state TEXT, _since TEXT, _due TEXT, \
            _reopened INTEGER, _disputed INTEGER, _v INTEGER, _origin TEXT, _at TEXT, \"on\" TEXT, note TEXT, \"by\" TEXT, void INTEGER, void_reason TEXT, continues TEXT";
        connection.execute_batch(&format!("CREATE TABLE {} ({engine}{fields}) STRICT", ledger.table())).unwrap();
    }
    let others = "CREATE TABLE school (code TEXT PRIMARY KEY, name TEXT, stage TEXT, township TEXT, poor_village INTEGER, last_contact TEXT, as_of TEXT) STRICT;
        CREATE TABLE step (record TEXT, id TEXT, name TEXT, \"to\" TEXT, \"on\" TEXT, by TEXT, why TEXT, origin TEXT, authority TEXT, effect TEXT, seq INTEGER, doc INTEGER) STRICT;
        CREATE TABLE doc (n INTEGER PRIMARY KEY, id BLOB, space INTEGER) STRICT;
        CREATE TABLE conflict (id TEXT PRIMARY KEY, kind TEXT, record TEXT, school TEXT, year INTEGER, student TEXT, field TEXT, detail TEXT, opened TEXT) STRICT;";
    connection.execute_batch(others).unwrap();
    let schools = [(A, "中心小学", Some("2026-03-14T08:00:00Z")), (B, "第二中学", Some("2026-02-01T08:00:00Z")), (C, "村小", None)];
    for (code, name, contact) in schools {
        connection.execute("INSERT INTO school VALUES (?1, ?2, 'primary', '东镇', 0, ?3, ?3)", (code, name, contact)).unwrap();
    }
    connection
}

/// Puts one record in: `sets` is `column=value` separated by spaces; a value that is a whole number goes in as one.
pub(super) fn put(connection: &Connection, ledger: &str, id: &str, school: Option<&str>, doc: u32, sets: &str) {
    let student = ledgers().iter().any(|l| l.code == ledger && l.subject == Subject::Student);
    let mut columns = vec!["_id", "_doc", "_school", "_student"];
    let mut values: Vec<rusqlite::types::Value> =
        vec![format!("{ledger}:{id}").into(), i64::from(doc).into(), school.map(str::to_owned).into(), student.then(|| child(doc)).into()];
    let defaults = "_year=2025 _term=2 on=2026-03-01 void=0 _disputed=0 _reopened=0";
    let given: Vec<(&str, &str)> = sets.split_whitespace().map(|set| set.split_once('=').unwrap()).collect();
    let missing =
        defaults.split_whitespace().map(|set| set.split_once('=').unwrap()).filter(|(name, _)| given.iter().all(|(other, _)| other != name));
    for (name, value) in given.iter().copied().chain(missing) {
        columns.push(name);
        let number = value.parse::<i64>().ok().filter(|number| number.to_string() == value);
        values.push(number.map_or_else(|| value.to_owned().into(), Into::into));
    }
    let names = columns.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let places = vec!["?"; columns.len()].join(", ");
    connection.execute(&format!("INSERT INTO record_{ledger} ({names}) VALUES ({places})"), rusqlite::params_from_iter(values)).unwrap();
}

/// Puts one effective step in.
pub(super) fn step(connection: &Connection, record: &str, name: &str, to: &str, on: &str, effect: &str) {
    let id = format!("{on}{name}");
    // A record that no test has put in has steps all the same.
    let ledger = record.split_once(':').map_or("enrolment", |(ledger, _)| ledger);
    let doc: Option<i64> =
        connection.query_row(&format!("SELECT max(_doc) FROM record_{ledger} WHERE _id = ?1"), [record], |r| r.get(0)).unwrap_or_default();
    connection
        .execute(
            "INSERT INTO step VALUES (?1, ?2, ?3, ?4, ?5, '张老师', '家访', 'aa', 'school', ?6, (SELECT count(*) FROM step WHERE record = ?1), ?7)",
            (record, id, name, to, on, effect, doc),
        )
        .unwrap();
}

/// Labels that show where they were looked up.
#[derive(Debug)]
pub(super) struct SampleLabels;

impl Labels for SampleLabels {
    fn label(&self, ledger: &str, list: &str, code: &str, lang: Lang) -> Option<String> {
        (code != "unknown_code").then(|| format!("{}{ledger}.{list}.{code}", if lang == Lang::Zh { "中" } else { "" }))
    }
}
