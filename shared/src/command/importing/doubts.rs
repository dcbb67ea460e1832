//! Whether a roster is this school's: what its rows and its title say, and how many of its children, grades and classes are known here. Doubts only: a person who knows
//! better says so. A roster of children who are all new, as of the first grade in September, raises none.

use super::Present;
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    import::RosterPreview,
    model::SchoolCode,
    replica::{Replica, Result},
};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer rows, or fewer children on file in their grades, prove nothing.
const ROWS_MIN: usize = 10;
/// Of the rows whose grade is on file at least one in so many is a child on file.
const KNOWN_OF: usize = 10;
/// How names of schools end, longest first.
const ENDS: [&str; 8] = ["九年一贯制学校", "中心小学", "教学点", "幼儿园", "小学", "中学", "初中", "学校"];

/// What speaks against it, each a sentence.
pub(super) fn of(replica: &Replica, school: SchoolCode, preview: &RosterPreview, present: &Present) -> Result<Vec<Fault>> {
    let schools = schools(replica)?;
    let mut doubts = Vec::new();
    // A code is surer than a name.
    doubts.extend(if preview.schools.is_empty() { of_names(school, preview, &schools) } else { of_codes(school, preview, &schools) });
    doubts.extend(of_children(preview, present));
    Ok(doubts)
}

/// Names of the county's schools by code, as published.
fn schools(replica: &Replica) -> Result<BTreeMap<String, String>> {
    replica.store().read(|c| -> Result<_> {
        let mut statement =
            c.prepare_cached("SELECT code, name FROM record_school WHERE void = 0 AND code IS NOT NULL AND name IS NOT NULL ORDER BY _year")?;
        Ok(statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
    })
}

/// By the codes in the rows.
fn of_codes(school: SchoolCode, preview: &RosterPreview, schools: &BTreeMap<String, String>) -> Option<Fault> {
    let all: usize = preview.schools.values().sum();
    let (code, count) = preview.schools.iter().max_by_key(|(_, count)| **count)?;
    let own = school.to_string();
    (*code != own && count * 2 > all).then(|| {
        let name = schools.get(code).cloned().unwrap_or_default();
        Fault::new("roster-doubt-code", Exit::Input).with("code", format!("{code} {name}").trim()).with("count", *count).with("own", own)
    })
}

/// By the column of names, else by the title.
fn of_names(school: SchoolCode, preview: &RosterPreview, schools: &BTreeMap<String, String>) -> Option<Fault> {
    let own = schools.get(&school.to_string())?;
    let column = preview.school_names.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone());
    let texts: Vec<String> = column.map_or_else(|| preview.titles.clone(), |name| vec![name]);
    if texts.iter().any(|text| text.contains(own.as_str())) {
        return None;
    }
    let other = |text: &String| {
        let listed = schools.values().filter(|name| *name != own && text.contains(name.as_str())).max_by_key(|name| name.chars().count());
        listed.cloned().or_else(|| named(text).filter(|name| !same(name, own)))
    };
    let named = texts.iter().find_map(other)?;
    Some(Fault::new("roster-doubt-name", Exit::Input).with("name", named).with("own", own))
}

/// What in a title is a school's name: all up to the end of such a word.
fn named(title: &str) -> Option<String> {
    let (at, word) =
        ENDS.iter().filter_map(|word| title.find(word).map(|at| (at, *word))).min_by_key(|(at, word)| (*at, std::cmp::Reverse(word.len())))?;
    // 小学三年级学生名册 names no school.
    (at > 0).then(|| title.get(..at + word.len())).flatten().map(|name| name.trim().to_owned())
}

/// One school under a longer and a shorter name: 青杠中心小学 is 某某县青杠镇中心小学.
fn same(one: &str, other: &str) -> bool {
    let core = |name: &str| name.chars().filter(|c| !"省市县区镇乡街道村　 ".contains(*c)).collect::<String>();
    let (one, other) = (core(one), core(other));
    one.contains(&other) || other.contains(&one)
}

/// By children, grades and classes on file.
fn of_children(preview: &RosterPreview, present: &Present) -> Vec<Fault> {
    let number = |fields: &BTreeMap<String, Value>, key: &str| match fields.get(key) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    };
    let mut here: BTreeMap<i64, usize> = BTreeMap::new();
    let mut classes = BTreeSet::new();
    for fields in present.fields.values().filter(|fields| fields.get("void") != Some(&Value::Bool(true))) {
        let Some(grade) = number(fields, "grade") else { continue };
        *here.entry(grade).or_default() += 1;
        classes.extend(number(fields, "class").map(|class| (grade, class)));
    }
    let pupils: Vec<_> = preview.accepted().map(|(_, pupil)| pupil).collect();
    let (mut count, mut known, mut odd) = (0, 0, BTreeSet::new());
    let mut in_odd = 0;
    for pupil in pupils.iter().filter(|pupil| here.get(&i64::from(pupil.grade)).is_some_and(|children| *children >= ROWS_MIN)) {
        count += 1;
        known += usize::from(present.knows(pupil));
        if let Some(class) = pupil.class.map(|class| (i64::from(pupil.grade), i64::from(class))).filter(|class| !classes.contains(class)) {
            odd.insert(class);
            in_odd += 1;
        }
    }
    let mut doubts = Vec::new();
    if count >= ROWS_MIN && known * KNOWN_OF < count {
        doubts.push(Fault::new("roster-doubt-children", Exit::Input).with("count", count).with("known", known));
    }
    if count >= ROWS_MIN && in_odd * 2 > count {
        let list: Vec<String> = odd.iter().take(8).map(|(grade, class)| format!("{grade}.{class}")).collect();
        doubts.push(Fault::new("roster-doubt-classes", Exit::Input).with("list", list.join("、")));
    }
    let total: usize = here.values().sum();
    let lowest = |grade: i64| here.keys().next().is_some_and(|least| grade < *least);
    let highest = |grade: i64| here.keys().next_back().is_some_and(|most| grade > *most);
    if total >= ROWS_MIN * 2 && pupils.len() >= ROWS_MIN && stage_apart(&pupils, &lowest, &highest) {
        doubts.push(Fault::new("roster-doubt-grades", Exit::Input));
    }
    doubts
}

/// All rows are above, or all below, whatever grades there are, and of another stage than any.
fn stage_apart(pupils: &[&crate::import::Pupil], lowest: &dyn Fn(i64) -> bool, highest: &dyn Fn(i64) -> bool) -> bool {
    let grades = || pupils.iter().map(|pupil| i64::from(pupil.grade));
    // The next grade up or down is a school that grows.
    grades().all(|grade| highest(grade - 1)) || grades().all(|grade| lowest(grade + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_a_school_or_none() {
        assert_eq!(named("某某县青杠镇中心小学2026年秋季学期学生花名册").as_deref(), Some("某某县青杠镇中心小学"));
        assert_eq!(named("石门乡九年一贯制学校学生花名册").as_deref(), Some("石门乡九年一贯制学校"));
        assert_eq!(named("小学三年级学生名册"), None);
        assert_eq!(named("学生花名册"), None);
    }

    #[test]
    fn one_school_is_told_under_a_longer_and_a_shorter_name() {
        assert!(same("某某县青杠镇中心小学", "青杠镇中心小学") && same("青杠中心小学", "青杠镇中心小学"));
        assert!(!same("某某县青杠镇中心小学", "石桥镇中心小学"));
    }
}
