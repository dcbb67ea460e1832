//! Every code a person may see has a sentence in both languages, with its particulars filled in.

use super::{
    definition::{Bilingual, Definition, StepAuthority},
    lifecycle::{StepError, VoidReason, permit::Named},
    problem::ProblemCode,
    validate::{FindingCode, findings},
    value::{ValueError, ValueProblem},
};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
    model::codes::IdNumberError,
};
use std::collections::BTreeMap;

/// The sentence and the next act exist in both languages, differ between them, and have no particular left open.
fn has_both(fault: &Fault) {
    let (zh, zh_next) = locale::fault(Lang::Zh, fault);
    let (en, en_next) = locale::fault(Lang::En, fault);
    for text in [&zh, &en, &zh_next.unwrap_or_default(), &en_next.unwrap_or_default()] {
        assert!(!text.is_empty() && !text.contains("{$") && !text.contains("{ $") && !text.starts_with("ledger-"), "{fault}: {text:?}");
    }
    assert_ne!(zh, en, "{fault}");
}

/// All particulars any problem may have; unused ones do no harm, a missing one shows as `{$name}`.
fn with_particulars(code: &'static str) -> Fault {
    let names = [
        "line", "column", "detail", "max", "min", "key", "expected", "found", "language", "value", "first", "space", "field", "list", "type", "step",
        "state", "at", "before", "ledger", "old", "option",
    ];
    names.into_iter().fold(Fault::new(code, Exit::Input), |fault, name| fault.with(name, name))
}

#[test]
fn every_problem_of_a_definition_has_a_sentence_in_both_languages() {
    for code in ProblemCode::ALL {
        has_both(&with_particulars(code.key()));
    }
}

#[test]
fn every_wrong_value_has_a_sentence_in_both_languages() {
    let both = Bilingual { zh: "甲".to_owned(), en: "a".to_owned() };
    let problems = [
        ValueProblem::UnknownField,
        ValueProblem::Derived,
        ValueProblem::Number,
        ValueProblem::Decimals { places: 1 },
        ValueProblem::Small { min: "1".to_owned() },
        ValueProblem::Large { max: "9".to_owned() },
        ValueProblem::Bool,
        ValueProblem::Date,
        ValueProblem::Month,
        ValueProblem::Time,
        ValueProblem::Option { options: both.clone() },
        ValueProblem::Length { length: 6, max: 5 },
        ValueProblem::Pattern { pattern: "^a$".to_owned() },
        ValueProblem::IdNumber(IdNumberError::Shape),
        ValueProblem::IdNumber(IdNumberError::Birth),
        ValueProblem::IdNumber(IdNumberError::Checksum),
        ValueProblem::DocumentNumber,
        ValueProblem::Phone,
        ValueProblem::Ref { ledger: "plan".to_owned() },
        ValueProblem::File,
        ValueProblem::Kind,
    ];
    for problem in problems {
        has_both(&ValueError { field: "f".to_owned(), title: Box::new(both.clone()), text: "x".to_owned(), problem }.fault());
    }
}

#[test]
fn a_refused_step_is_called_by_its_title_and_not_by_its_code() {
    let step = Named { code: "apply".to_owned(), zh: "申请".to_owned(), en: "Ask for aid".to_owned() };
    let other = Named { code: "level".to_owned(), zh: "等级".to_owned(), en: "Level".to_owned() };
    let errors = [
        StepError::NotFromHere { step: Box::new(step.clone()), state: other.clone(), steps: vec![other.clone()] },
        StepError::NotFromHere { step: Box::new(step.clone()), state: other.clone(), steps: Vec::new() },
        StepError::NotYours { step: step.clone(), owner: StepAuthority::School },
        StepError::NotYours { step: step.clone(), owner: StepAuthority::County },
        StepError::NotYours { step: step.clone(), owner: StepAuthority::Other },
        StepError::Missing { step: step.clone(), fields: vec![other] },
        StepError::TooEarly { step, earliest: jiff::civil::date(2026, 3, 9) },
    ];
    for error in errors {
        for (lang, title) in [(Lang::Zh, "申请"), (Lang::En, "Ask for aid")] {
            let said = crate::locale::fault(lang, &error.fault()).0;
            assert!(said.contains(title) && !said.contains("apply"), "{said}");
        }
    }
}

#[test]
fn every_refused_step_has_a_sentence_in_both_languages() {
    let named = Named { code: "apply".to_owned(), zh: "申请".to_owned(), en: "Apply".to_owned() };
    let step = || "apply".to_owned();
    let errors = [
        StepError::NoLifecycle { ledger: "aid".to_owned() },
        StepError::Unknown { step: step(), steps: vec![named.clone()] },
        StepError::NotFromHere { step: Box::new(named.clone()), state: named.clone(), steps: vec![named.clone()] },
        StepError::NotFromHere { step: Box::new(named.clone()), state: named.clone(), steps: Vec::new() },
        StepError::NotYours { step: named.clone(), owner: StepAuthority::School },
        StepError::NotYours { step: named.clone(), owner: StepAuthority::County },
        StepError::NotYours { step: named.clone(), owner: StepAuthority::Other },
        StepError::Missing { step: named.clone(), fields: vec![named.clone()] },
        StepError::TooEarly { step: named.clone(), earliest: jiff::civil::date(2026, 3, 9) },
        StepError::Forked { states: vec![named.clone()] },
        StepError::NotForked,
        StepError::NotATip { states: vec![named] },
        StepError::NotYetJudged,
    ];
    for error in errors {
        has_both(&error.fault());
    }
}

#[test]
fn every_finding_and_void_reason_has_a_sentence_in_both_languages() {
    let text = "code = \"aa\"\nversion = 1\nsubject = \"school\"\nform = \"records\"\nowner = \"school\"\nsections = [\"office\"]\nprivacy = \"A\"\n\
                title = { zh = \"甲\", en = \"A\" }\n[[check]]\nmust = \"note set\"\nmessage = { zh = \"写备注。\", en = \"Write a note.\" }\n";
    let definition = Definition::parse(text).unwrap();
    let around = crate::ledger::condition::Around {
        today: jiff::civil::date(2026, 3, 2),
        school: None,
        other: &|_| None,
        others: &|_, _| 0,
        naming: &|_, _| None,
        last: &|_, _, _| None,
    };
    let found = findings(&definition, &BTreeMap::new(), None, &around);
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [FindingCode::NoDate, FindingCode::Check]);
    let broken = found.last().unwrap().clone();
    assert_eq!(locale::fault(Lang::Zh, &broken.fault(&definition)).0, "写备注。");
    for code in FindingCode::ALL {
        has_both(&super::validate::Finding { code: *code, field: "on".to_owned(), ..broken.clone() }.fault(&definition));
    }
    for reason in VoidReason::ALL {
        let (zh, en) = (locale::text(Lang::Zh, reason.key(), &[]), locale::text(Lang::En, reason.key(), &[]));
        assert!(zh.starts_with("无效") && en.starts_with("void"), "{reason:?}: {zh} {en}");
    }
}

#[test]
fn the_fields_of_every_record_have_titles() {
    for field in Definition::common_fields() {
        assert!(
            !field.title.zh.starts_with("ledger-") && !field.title.en.starts_with("ledger-") && field.title.zh != field.title.en,
            "{}",
            field.code
        );
    }
}
