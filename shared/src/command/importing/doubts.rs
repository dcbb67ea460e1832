//! Whether a roster is this school's: what its rows and its title say, and how many of its children, grades and classes are known here. Doubts only: a person who knows
//! better says so. A roster of children who are all new, as of the first grade in September, raises none.

use super::{Present, sheets};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    import::{Outcome, Problem, Reason, RosterPreview},
    model::{DocId, SchoolCode},
    replica::{Replica, Result},
};
use std::collections::{BTreeMap, BTreeSet};

/// Fewer rows, or fewer children on file in their grades, prove nothing.
const ROWS_MIN: usize = 10;
/// Of the rows whose grade is on file at least one in so many is a child on file.
const KNOWN_OF: usize = 10;
/// How names of schools end, longest first.
const ENDS: [&str; 8] = ["九年一贯制学校", "中心小学", "教学点", "幼儿园", "小学", "中学", "初中", "学校"];

/// A step between class numbers larger than this is none of a school that counts its classes.
const CLASS_STEP_MAX: i64 = 5;

/// A school as the county lists it.
struct Listed {
    name: String,
    stage: Option<String>,
}

type Schools = BTreeMap<String, Listed>;

/// What speaks against it, each a sentence. `bytes`: the file it stands in.
pub(super) fn of(replica: &Replica, school: SchoolCode, preview: &RosterPreview, present: &Present, bytes: &[u8]) -> Result<Vec<Fault>> {
    let schools = schools(replica)?;
    let mut doubts = Vec::new();
    // A code is surer than a name; but one that is copied down a column says less than a name in every row.
    doubts.extend(of_codes(school, preview, &schools).or_else(|| of_names(school, preview, &schools)));
    doubts.extend(of_stage(school, preview, &schools));
    doubts.extend(of_children(preview, present, &sheets::brought(replica, bytes, &preview.others)?));
    Ok(doubts)
}

/// What a person should look at in single rows, by their place: grades that this school does not teach, class numbers far beyond the others.
pub(super) fn of_rows(replica: &Replica, school: SchoolCode, preview: &RosterPreview, present: &Present) -> Result<Vec<(usize, Problem)>> {
    let schools = schools(replica)?;
    let stage = schools.get(&school.to_string()).and_then(|listed| listed.stage.as_deref());
    let most = usual_classes(preview, present);
    let mut out = Vec::new();
    for (at, row) in preview.rows.iter().enumerate() {
        let Outcome::Accept(pupil) = &row.outcome else { continue };
        if let Some(stage) = stage.filter(|stage| !teaches(stage, pupil.grade)) {
            out.push((at, Problem::new(Reason::GradeNotTaught).with("grade", pupil.grade).with("stage", stage)));
        }
        if let Some((most, class)) = most.zip(pupil.class).filter(|(most, class)| i64::from(*class) > *most) {
            out.push((at, Problem::new(Reason::ClassUnusual).with("class", class).with("most", most)));
        }
    }
    Ok(out)
}

/// Whether a school of this stage has the grade; of one that is not told apart by grades anything is believed. A primary school may have a class before the first,
/// a junior one of the five-four system the sixth.
fn teaches(stage: &str, grade: u8) -> bool {
    match stage {
        "preschool" => grade == 0,
        "primary" | "teaching_point" => grade <= 6,
        "junior" => (6..=9).contains(&grade),
        "nine_year" => grade <= 9,
        "complete" => (7..=12).contains(&grade),
        "senior" | "vocational" => (10..=12).contains(&grade),
        _ => true,
    }
}

/// The greatest class number before a step that few children are beyond; `None`: there is no such step.
fn usual_classes(preview: &RosterPreview, present: &Present) -> Option<i64> {
    let mut children: BTreeMap<i64, usize> = BTreeMap::new();
    let here = present.fields.values().filter(|fields| fields.get("void") != Some(&Value::Bool(true))).filter_map(|fields| number(fields, "class"));
    for class in here.chain(preview.accepted().filter_map(|(_, pupil)| pupil.class.map(i64::from))) {
        *children.entry(class).or_default() += 1;
    }
    let all: usize = children.values().sum();
    let mut below = 0;
    for (class, count) in &children {
        below += count;
        let next = children.range(class + 1..).next().map(|(next, _)| *next)?;
        if next - class > CLASS_STEP_MAX && below >= ROWS_MIN && (all - below) * 4 < below {
            return Some(*class);
        }
    }
    None
}

/// The county's schools by code, as published.
fn schools(replica: &Replica) -> Result<Schools> {
    replica.store().read(|c| -> Result<_> {
        let mut statement =
            c.prepare_cached("SELECT code, name, stage FROM record_school WHERE void = 0 AND code IS NOT NULL AND name IS NOT NULL ORDER BY _year")?;
        Ok(statement.query_map([], |r| Ok((r.get(0)?, Listed { name: r.get(1)?, stage: r.get(2)? })))?.collect::<rusqlite::Result<_>>()?)
    })
}

/// By the grades, where most are not of this school's stage.
fn of_stage(school: SchoolCode, preview: &RosterPreview, schools: &Schools) -> Option<Fault> {
    let stage = schools.get(&school.to_string())?.stage.as_deref()?;
    let (mut all, mut apart) = (0, 0);
    for (_, pupil) in preview.accepted() {
        all += 1;
        apart += usize::from(!teaches(stage, pupil.grade));
    }
    (apart * 2 > all).then(|| Fault::new("roster-doubt-stage", Exit::Input).with("count", apart).with("stage", stage))
}

/// By the codes in the rows.
fn of_codes(school: SchoolCode, preview: &RosterPreview, schools: &Schools) -> Option<Fault> {
    let all: usize = preview.schools.values().sum();
    let (code, count) = preview.schools.iter().max_by_key(|(_, count)| **count)?;
    let own = school.to_string();
    (*code != own && count * 2 > all).then(|| {
        let name = schools.get(code).map_or("", |listed| listed.name.as_str());
        Fault::new("roster-doubt-code", Exit::Input).with("code", format!("{code} {name}").trim()).with("count", *count).with("own", own)
    })
}

/// By the column of names, else by the title or the sheet's own name, as in a workbook with a sheet for each school.
fn of_names(school: SchoolCode, preview: &RosterPreview, schools: &Schools) -> Option<Fault> {
    let own = &schools.get(&school.to_string())?.name;
    let column = preview.school_names.iter().max_by_key(|(_, count)| **count).map(|(name, _)| name.clone());
    let tab = column.is_none().then_some(preview.sheet.as_str());
    let texts: Vec<String> = column.map_or_else(|| preview.titles.clone(), |name| vec![name]);
    if texts.iter().any(|text| text.contains(own.as_str())) {
        return None;
    }
    let other = |text: &String| {
        let listed = schools.iter().filter(|(_, listed)| listed.name != *own && text.contains(listed.name.as_str()));
        let listed = listed.max_by_key(|(_, listed)| listed.name.chars().count());
        listed.map(|(code, listed)| format!("{} {code}", listed.name)).or_else(|| named(text).filter(|name| !same(name, own)))
    };
    let named = texts.iter().find_map(other).or_else(|| of_tab(tab?, own, schools))?;
    let code = if preview.schools.contains_key(&school.to_string()) { "roster-doubt-name-not-code" } else { "roster-doubt-name" };
    Some(Fault::new(code, Exit::Input).with("name", named).with("own", own))
}

/// Another school of the county, under whatever length of its name. Only such: 小学部 on a tab is no school.
fn of_tab(tab: &str, own: &str, schools: &Schools) -> Option<String> {
    let name = named(tab).filter(|name| !same(name, own))?;
    let (code, listed) = schools.iter().find(|(_, listed)| same(&name, &listed.name))?;
    Some(format!("{} {code}", listed.name))
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
    let plain =
        |name: &str| name.replace("九年一贯制", "九年制").replace("初级中学", "中学").replace("初中", "中学").replace("中心", "").replace("完全", "");
    let core = |name: &str| plain(name).chars().filter(|c| !"省市县区镇乡街道村　 ".contains(*c)).collect::<String>();
    let (one, other) = (core(one), core(other));
    one.contains(&other) || other.contains(&one)
}

fn number(fields: &BTreeMap<String, Value>, key: &str) -> Option<i64> {
    match fields.get(key) {
        Some(Value::Int(number)) => Some(*number),
        _ => None,
    }
}

/// By children, grades and classes on file, but those that other sheets of the file brought ([`sheets`]).
fn of_children(preview: &RosterPreview, present: &Present, brought: &BTreeSet<DocId>) -> Vec<Fault> {
    let mut here: BTreeMap<i64, usize> = BTreeMap::new();
    let mut classes = BTreeSet::new();
    let before = present.fields.iter().filter(|(doc, fields)| !brought.contains(*doc) && fields.get("void") != Some(&Value::Bool(true)));
    for (_, fields) in before {
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
        assert!(same("石门乡九年制学校", "某某县石门乡九年一贯制学校") && same("龙塘镇初级中学", "龙塘中学"));
        assert!(!same("某某县青杠镇中心小学", "石桥镇中心小学") && !same("青杠镇中心小学", "一小"));
    }
}
