//! Grades and classes as people write them where a number is asked for: 二年级, 初一; 三（3）班, 3班, 三年级3班. The same for every way of writing: form, grid, import, a choice
//! between values.

use crate::{
    document::view::Value,
    import,
    ledger::{Definition, FieldType, definition::Field},
};
use std::collections::BTreeMap;

/// Puts the number in the place of what was written. A class that names another grade is left as it is, and refused. `known`: what the record has, for the grade that is not
/// written.
pub fn read(definition: &Definition, known: &BTreeMap<String, Value>, set: &mut BTreeMap<String, String>) {
    let named = |field: &Field, code: &str| {
        field.kind == FieldType::Int && (field.code == code || field.copy_of.as_ref().is_some_and(|(_, copied)| copied == code))
    };
    for field in definition.fields.iter().filter(|field| named(field, "grade")) {
        let Some(text) = set.get_mut(&field.code).filter(|text| text.trim().parse::<i64>().is_err()) else { continue };
        if let Some(grade) = import::grade_written(text) {
            *text = grade.to_string();
        }
    }
    let grade: Option<i64> = match (set.get("grade"), known.get("grade")) {
        (Some(text), _) => text.trim().parse().ok(),
        (None, Some(Value::Int(grade))) => Some(*grade),
        _ => None,
    };
    for field in definition.fields.iter().filter(|field| named(field, "class")) {
        let Some(text) = set.get_mut(&field.code).filter(|text| text.trim().parse::<i64>().is_err()) else { continue };
        let Some((named, class)) = import::class_written(text) else { continue };
        if named.zip(grade).is_none_or(|(named, grade)| import::is_grade(named, grade)) {
            *text = class.to_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Catalogue;

    #[test]
    fn what_people_write_becomes_the_number_unless_it_speaks_against_itself() {
        let catalogue = Catalogue::embedded();
        let definition = catalogue.latest("enrolment").unwrap();
        let of = |grade: &str, class: &str| {
            let mut set: BTreeMap<String, String> =
                [("grade", grade), ("class", class)].map(|(code, text)| (code.to_owned(), text.to_owned())).into();
            read(definition, &BTreeMap::new(), &mut set);
            (set.remove("grade").unwrap(), set.remove("class").unwrap())
        };
        let is = |grade: &str, class: &str| (grade.to_owned(), class.to_owned());
        assert_eq!(of("二年级", "二(2)班"), is("2", "2"));
        assert_eq!(of("初一", "一（3）班"), is("7", "3"));
        assert_eq!(of("3", "3班"), is("3", "3"));
        assert_eq!(of("三年级", "四(1)班"), is("3", "四(1)班"));
        assert_eq!(of("很好", "2"), is("很好", "2"));
        assert_eq!(of("", ""), is("", ""));
    }
}
