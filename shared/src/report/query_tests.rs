//! Ad-hoc questions: each operator on each kind of column, and attempts to write SQL.

use super::{
    params::Params,
    query::{Query, QueryError, known_columns, parse_where},
    run::{Cell, Setting, run},
    sample::{A, B, empty, ledgers, put, today},
    scope::Scope,
};
use rusqlite::Connection;

fn sample() -> Connection {
    let c = empty();
    let pupil = |doc: u32, school, sets: &str| put(&c, "enrolment", &doc.to_string(), Some(school), doc, sets);
    pupil(1, A, "name=王一 status=present grade=7 distance_km=25 income_year=125050 categories=|disabled|orphan| birth=2012-05-01 left_behind=1");
    pupil(2, A, "name=王%二 status=present grade=8 distance_km=30 income_year=100 birth=2011-05-01 left_behind=0");
    pupil(3, B, "name=a_b status=left grade=9 household_card=H_3 void=1");
    pupil(4, B, "name=axb status=left grade=6");
    c
}

fn ids(connection: &mut Connection, conditions: &[&str], order: &[&str], scope: Scope) -> Result<String, QueryError> {
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let (conditions, columns, order) = (own(conditions), own(&["_id"]), own(order));
    let ledgers = ledgers();
    let (report, params): (_, Params) =
        Query { conditions: &conditions, columns: &columns, order: &order, limit: Some(10) }.report(&ledgers[0], today())?;
    let answer = run(connection, &report, &params, &Setting::new(&ledgers, scope)).unwrap();
    let id = |row: &Vec<Cell>| if let Cell::Text(id) = &row[0] { id.trim_start_matches("enrolment:").to_owned() } else { "?".to_owned() };
    Ok(answer.rows.iter().map(id).collect::<Vec<_>>().join(" "))
}

fn found(conditions: &[&str]) -> String {
    ids(&mut sample(), conditions, &[], Scope::All).unwrap()
}

#[test]
fn every_operator_means_what_it_says() {
    for (conditions, expected) in [
        (&[][..], "1 2 4"),
        (&["status=present", "grade>=7"], "1 2"),
        (&["grade!=7"], "2 4"),
        (&["grade<7"], "4"),
        (&["name~王"], "1 2"),
        (&["name~%"], "2"),
        (&["name~_", "void=yes"], "3"),
        (&["void=yes"], "3"),
        (&["void=no"], "1 2 4"),
        (&["distance_km=2.5"], "1"),
        (&["income_year>=1250.50"], "1"),
        (&["categories=orphan"], "1"),
        (&["categories!=orphan"], "2 4"),
        (&["birth>=2012"], "1"),
        (&["left_behind=是"], "1"),
        (&["left_behind=否"], "2 4"),
        (&["categories="], "2 4"),
        (&["categories!="], "1"),
        (&["school=5299010002"], "4"),
        (&["year=2025", "term=2", "_disputed=no", "grade<=7"], "1 4"),
    ] {
        assert_eq!(found(conditions), expected, "{conditions:?}");
    }
}

#[test]
fn order_and_scope_hold() {
    let mut c = sample();
    assert_eq!(ids(&mut c, &[], &["-grade"], Scope::All).unwrap(), "2 1 4");
    assert_eq!(ids(&mut c, &[], &["status", "-name"], Scope::All).unwrap(), "4 1 2");
    assert_eq!(ids(&mut c, &["school=5299010002"], &[], Scope::of(A.parse().ok())).unwrap(), "", "another school's records are not there");
}

#[test]
fn nothing_a_person_types_becomes_sql() {
    let mut c = sample();
    for text in ["name=' OR 1=1 --", "name=x'; DROP TABLE record_enrolment; --", "name~' OR '1'='1", "categories=x|' OR 1 OR '"] {
        assert_eq!(ids(&mut c, &[text], &[], Scope::All).unwrap(), "", "{text}");
    }
    for text in ["1=1", "name\" OR 1=1 --=x", "rowid=1", "(SELECT 1)=1", "_doc=1", "main.record_enrolment=1"] {
        assert!(matches!(ids(&mut c, &[text], &[], Scope::All), Err(QueryError::Column(_))), "{text}");
    }
    assert!(matches!(ids(&mut c, &[], &["name; DROP TABLE x"], Scope::All), Err(QueryError::Column(_))));
    assert!(matches!(ids(&mut c, &["name"], &[], Scope::All), Err(QueryError::Condition(_))));
    assert!(matches!(ids(&mut c, &["name!王"], &[], Scope::All), Err(QueryError::Condition(_))));
    assert_eq!(ids(&mut c, &[], &[], Scope::All).unwrap(), "1 2 4", "the table is still there");
}

#[test]
fn what_does_not_fit_a_column_is_refused() {
    let known = known_columns(&ledgers()[0]);
    for text in ["grade=seven", "left_behind=maybe", "income_year=1.234", "distance_km=2.55", "birth=昨天"] {
        assert!(matches!(parse_where(&[text], &known), Err(QueryError::Value { .. })), "{text}");
    }
    for text in ["status>present", "categories~orphan", "grade~7", "left_behind>no", "grade>"] {
        assert!(matches!(parse_where(&[text], &known), Err(QueryError::Operator { .. })), "{text}");
    }
    let many = vec!["grade=1"; 33];
    assert_eq!(ids(&mut sample(), &many, &[], Scope::All), Err(QueryError::TooMany));
}
