//! What a mistaken definition file is told.

use super::*;
use crate::ledger::problem::ProblemCode;
use proptest::prelude::*;

const GOOD: &str = r#"code = "aid_application"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["student_aid"]
privacy = "B"
title = { zh = "资助申请认定", en = "Aid applications" }
label = ["level", "on"]
per = "term"

[options.level]
special = { zh = "特别困难", en = "Special hardship" }
hard = { zh = "困难", en = "Hardship" }

[[field]]
code = "level"
title = { zh = "认定等级", en = "Level" }
type = "choice"
options = "level"
required = "step assess"
sensitive = "C"
default = "hard"

[[field]]
code = "amount"
title = { zh = "金额", en = "Amount" }
type = "money"
min = 0
authority = "county"
required = "when level = hard and $state != draft"
unit = { zh = "元", en = "yuan" }

[[conflict_group]]
fields = ["level", "amount"]

[[check]]
when = "amount set"
must = "amount > 0.5"
message = { zh = "金额太小。", en = "Too little." }

[lifecycle]
initial = "draft"
[[lifecycle.state]]
code = "draft"
title = { zh = "草稿", en = "Draft" }
[[lifecycle.state]]
code = "assessed"
title = { zh = "评议", en = "Assessed" }
open = false
counts = true
[[lifecycle.step]]
code = "assess"
title = { zh = "评议", en = "Assess" }
from = ["draft"]
to = "assessed"
authority = "school"
requires = ["amount", "on"]

[[rule]]
code = "again"
opens = "other_ledger"
when = "field"
field = "level"
values = ["special"]
set = { on = "$first_absent", days = 3, told = false, note = "x" }
"#;

/// The good file with one piece replaced, and the problems it then has, as (line, code).
fn problems(from: &str, to: &str) -> Vec<(usize, ProblemCode)> {
    assert!(GOOD.contains(from), "{from}");
    let found = Definition::parse(&GOOD.replacen(from, to, 1)).unwrap_err();
    found.into_iter().map(|problem| (problem.line, problem.code)).collect()
}

#[test]
fn a_good_file_is_read_whole() {
    let read = Definition::parse(GOOD).unwrap();
    assert_eq!((read.code.as_str(), read.version, read.subject, read.space), ("aid_application", 1, Subject::Student, SpaceKind::School));
    assert_eq!((read.owner, read.privacy, read.per), (Owner::School, Privacy::B, Some(Period::Term)));
    assert_eq!(read.text(), GOOD);
    let level = read.field("level").unwrap();
    assert_eq!((level.privacy, level.default.as_deref()), (Privacy::C, Some("hard")));
    assert_eq!(read.option_list("level").unwrap().choices[0].code, "special", "the order of the file is kept");
    let lifecycle = read.lifecycle.as_ref().unwrap();
    let step = lifecycle.step("assess").unwrap();
    let required: Vec<&str> = read.required_for(step).iter().map(|field| field.code.as_str()).collect();
    assert_eq!(required, ["level", "amount", "on"]);
    assert!(lifecycle.state("assessed").unwrap().counts);
    assert_eq!(read.rules[0].ledger, "aid_application");
    assert_eq!(read.rules[0].set["on"], SetValue::FirstAbsent);
    assert!(read.may_write(Authority::School) && !read.may_write(Authority::County));
    assert_eq!(read.field_of_key("note").unwrap().0.kind, FieldType::Long);
    assert!(read.field_of_key("level.hard").is_none());
}

#[test]
fn what_a_desk_does_with_a_ledger_is_read() {
    let more = "[prefill]\nreport = \"figures\"\n[[notice]]\ncode = \"school\"\ntitle = { zh = \"甲\", en = \"A\" }\nstate = \"assessed\"\nfrom = \"on\"\nuntil = \"on\"\n[alike]\nfields = [\"level\"]\nwithin = \"term\"\n[lifecycle]";
    let text = GOOD.replacen("[lifecycle]", more, 1).replacen("authority = \"school\"\n", "authority = \"school\"\nrole = \"principal\"\n", 1);
    let found = Definition::parse(&text.replacen("counts = true", "counts = true\nsealed = true", 1)).unwrap();
    assert_eq!(found.prefill, Some(Prefill { report: "figures".into(), zero: None, rests_on: None }));
    assert_eq!((found.notices.len(), found.notices[0].until.as_str()), (1, "on"));
    assert_eq!(found.alike, Some(Alike { fields: vec!["level".into()], within: Within::Term }));
    let lifecycle = found.lifecycle.unwrap();
    assert!(lifecycle.state("assessed").unwrap().sealed && !lifecycle.state("draft").unwrap().sealed);
    assert_eq!(lifecycle.step("assess").unwrap().role, Some(SchoolRole::Principal));
    assert!(!found.fields[0].serial && !found.fields[0].first && !found.fields[0].total);
}

#[test]
fn every_mistake_has_its_line_and_code() {
    use ProblemCode::*;
    for (from, to, line, code) in [
        ("version = 1", "version = 0", 2, NumberRange),
        ("version = 1", "version = \"1\"", 2, KindWrong),
        ("code = \"aid_application\"", "code = \"Aid\"", 1, CodeMalformed),
        ("subject = \"student\"", "subject = \"pupil\"", 3, WordUnknown),
        ("form = \"records\"", "form = \"profile\"", 4, ProfileOther),
        ("sections = [\"student_aid\"]", "sections = [\"aid\"]", 6, WordUnknown),
        ("privacy = \"B\"", "privacy = \"B\"\nspace = \"published\"", 8, SpaceWrong),
        ("title = { zh = \"资助申请认定\", en = \"Aid applications\" }", "title = { zh = \"资助申请认定\" }", 8, LanguageMissing),
        ("label = [\"level\", \"on\"]", "label = [\"levle\"]", 9, FieldUnknown),
        ("per = \"term\"", "per = \"term\"\ncolour = 1", 11, KeyUnknown),
        ("per = \"term\"", "parent = \"level\"", 10, ParentNotRef),
        (
            "hard = { zh = \"困难\", en = \"Hardship\" }",
            "Hard = { zh = \"困难\", en = \"Hardship\" }\nhard = { zh = \"甲\", en = \"A\" }",
            14,
            CodeMalformed,
        ),
        ("code = \"level\"", "code = \"_v\"", 17, CodeReserved),
        ("code = \"level\"", "code = \"note\"", 17, CodeReserved),
        ("code = \"amount\"", "code = \"level\"", 26, CodeDuplicate),
        ("type = \"choice\"", "type = \"choise\"", 19, WordUnknown),
        ("options = \"level\"", "options = \"levels\"", 20, OptionsUnknown),
        ("options = \"level\"\n", "", 16, OptionsMissing),
        ("required = \"step assess\"", "required = \"step asess\"", 21, StepUnknown),
        ("required = \"step assess\"", "required = \"maybe\"", 21, RequiredMalformed),
        ("default = \"hard\"", "default = \"soft\"", 23, DefaultUnreadable),
        ("default = \"hard\"", "min = 3", 23, KeyMisplaced),
        ("default = \"hard\"", "copy_of = \"enrolment\"", 23, CopyMalformed),
        ("min = 0", "min = 5\nmax = 4", 30, BoundsCrossed),
        ("type = \"money\"\nmin = 0", "type = \"date\"\nmin = \"soon\"", 29, DateMalformed),
        ("type = \"money\"\nmin = 0", "type = \"text\"\npattern = \"[a\"", 29, PatternMalformed),
        ("type = \"money\"\nmin = 0", "type = \"ref\"", 25, RefMissing),
        ("when level = hard", "when levl = hard", 31, FieldUnknown),
        ("when level = hard", "when level = soft", 31, ConditionValue),
        ("$state != draft", "$state != drafd", 31, StateUnknown),
        ("fields = [\"level\", \"amount\"]", "fields = [\"level\", \"amout\"]", 35, FieldUnknown),
        ("must = \"amount > 0.5\"", "must = \"amount >\"", 39, ConditionMalformed),
        ("must = \"amount > 0.5\"", "must = \"amount has hard\"", 39, ConditionHas),
        ("must = \"amount > 0.5\"\n", "", 37, KeyMissing),
        ("initial = \"draft\"", "initial = \"drafd\"", 43, StateUnknown),
        ("initial = \"draft\"", "initial = \"draft\"\nusual = [\"assesed\"]", 44, StateUnknown),
        ("initial = \"draft\"", "initial = \"draft\"\nusual = [\"assessed\", \"draft\"]", 44, UsualBroken),
        ("from = [\"draft\"]", "from = [\"nowhere\"]", 55, StateUnknown),
        ("to = \"assessed\"", "to = \"draft\"", 47, StateUnreachable),
        ("code = \"assess\"\n", "code = \"resolve\"\n", 53, CodeReserved),
        ("requires = [\"amount\", \"on\"]", "requires = [\"amuont\"]", 58, FieldUnknown),
        ("values = [\"special\"]", "values = []", 60, KeyMissing),
        ("when = \"field\"", "when = \"absent_run\"", 60, KeyMissing),
        ("authority = \"school\"\n", "authority = \"school\"\nrole = \"head\"\n", 58, WordUnknown),
        ("counts = true", "counts = true\nsealed = 1", 52, KindWrong),
        ("counts = true", "counts = true\noutcomes = [\"assess\"]", 52, StepUnknown),
        ("min = 0", "serial = \"yes\"", 29, KindWrong),
        ("min = 0", "first = \"yes\"", 29, KindWrong),
        ("default = \"hard\"", "total = true", 23, KeyMisplaced),
        ("[lifecycle]", "[prefill]\nreport = \"figures\"\nzero = \"amount\"\n[lifecycle]", 44, WordUnknown),
        ("[lifecycle]", "[prefill]\nzero = \"level\"\n[lifecycle]", 42, KeyMissing),
        ("[lifecycle]", "[alike]\nfields = [\"levle\"]\nwithin = \"term\"\n[lifecycle]", 43, FieldUnknown),
        ("[lifecycle]", "[alike]\nfields = []\nwithin = \"week\"\n[lifecycle]", 44, WordUnknown),
        ("[lifecycle]", "[alike]\nfields = []\n[lifecycle]", 42, KeyMissing),
        ("[lifecycle]", "[prefill]\nreport = \"figures\"\nrests_on = [\"levle\"]\n[lifecycle]", 44, FieldUnknown),
        (
            "[lifecycle]",
            "[[notice]]\ncode = \"school\"\ntitle = { zh = \"甲\", en = \"A\" }\nstate = \"nowhere\"\nfrom = \"on\"\nuntil = \"on\"\n[lifecycle]",
            45,
            StateUnknown,
        ),
        (
            "[lifecycle]",
            "[[notice]]\ncode = \"school\"\ntitle = { zh = \"甲\", en = \"A\" }\nstate = \"draft\"\nfrom = \"level\"\nuntil = \"on\"\n[lifecycle]",
            46,
            WordUnknown,
        ),
        ("$first_absent", "$first", 66, SubstituteUnknown),
        ("days = 3", "days = 3.5", 66, RuleValue),
        ("privacy = \"B\"", "privacy = B", 7, Toml),
    ] {
        let found = problems(from, to);
        assert!(found.contains(&(line, code)), "{from} → {to}: expected line {line} {code:?}, found {found:?}");
    }
}

#[test]
fn several_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = GOOD.replace("\"choice\"", "\"choise\"").replace("per = \"term\"", "per = \"day\"").replace("to = \"assessed\"", "to = \"gone\"");
    let lines: Vec<usize> = Definition::parse(&text).unwrap_err().iter().map(|problem| problem.line).collect();
    assert!(lines.len() >= 3 && lines.is_sorted(), "{lines:?}");
    assert_eq!(Definition::parse(&"[[field]]\n".repeat(400)).unwrap_err().len(), 50);
    assert_eq!(Definition::parse(&" ".repeat(Definition::BYTES_MAX + 1)).unwrap_err()[0].code, ProblemCode::TooLarge);
}

#[test]
fn a_name_that_is_an_option_and_a_field_must_be_quoted() {
    let text = GOOD
        .replace("code = \"amount\"\n", "code = \"hard\"\n")
        .replace("amount set", "hard set")
        .replace("amount > 0.5", "hard > 1")
        .replace("\"amount\"", "\"hard\"");
    let found = Definition::parse(&text).unwrap_err();
    assert_eq!(found.iter().map(|problem| problem.code).collect::<Vec<_>>(), [ProblemCode::ConditionAmbiguous]);
    assert!(Definition::parse(&text.replace("level = hard", "level = 'hard'")).is_ok());
}

#[test]
fn county_ledgers_say_who_receives_them() {
    let text = GOOD.replace("subject = \"student\"", "subject = \"county\"");
    assert_eq!(Definition::parse(&text).unwrap_err()[0].code, ProblemCode::KeyMissing);
    let text = text.replace("owner = \"school\"", "owner = \"county\"\nspace = \"internal\"");
    assert_eq!(Definition::parse(&text).unwrap().space, SpaceKind::Internal);
}

#[test]
fn columns_are_counted_in_characters() {
    let text = GOOD.replace("title = { zh = \"认定等级\", en = \"Level\" }", "title = { zh = \"认定等级\", en = 5 }");
    let found = Definition::parse(&text).unwrap_err();
    assert_eq!((found[0].line, found[0].column), (18, 29));
}

proptest! {
    #[test]
    fn no_file_makes_the_parser_panic(cut in 0..GOOD.len(), length in 0..40usize, put in "\\PC{0,12}") {
        let start = (0..=cut).rev().find(|at| GOOD.is_char_boundary(*at)).unwrap_or(0);
        let end = (start + length..GOOD.len()).find(|at| GOOD.is_char_boundary(*at)).unwrap_or(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..start], &GOOD[end..]);
        if let Err(found) = Definition::parse(&text) {
            prop_assert!(!found.is_empty());
            prop_assert!(found.iter().all(|problem| problem.line >= 1 && problem.line <= text.matches('\n').count() + 1));
        }
    }
}
