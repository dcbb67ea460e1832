use super::*;
use crate::ledger::{Catalogue, FieldType};

const OLD: &str = r#"code = "aid"
version = 3
subject = "student"
form = "records"
owner = "school"
sections = ["student_aid"]
privacy = "B"
title = { zh = "资助", en = "Aid" }
[options.level]
hard = { zh = "困难", en = "Hardship" }
general = { zh = "一般", en = "General" }
[[field]]
code = "level"
title = { zh = "等级", en = "Level" }
type = "choice"
options = "level"
[[field]]
code = "amount"
title = { zh = "金额", en = "Amount" }
type = "money"
[lifecycle]
initial = "draft"
[[lifecycle.state]]
code = "draft"
title = { zh = "草稿", en = "Draft" }
[[lifecycle.state]]
code = "done"
title = { zh = "办结", en = "Done" }
[[lifecycle.step]]
code = "finish"
title = { zh = "办结", en = "Finish" }
from = ["draft"]
to = "done"
authority = "school"
[[lifecycle.step]]
code = "end"
title = { zh = "结束", en = "End" }
from = ["draft"]
to = "done"
authority = "school"
"#;

fn of(changes: &[(&str, &str)]) -> Vec<ProblemCode> {
    let new = changes.iter().fold(OLD.replace("version = 3", "version = 4"), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let new = Definition::parse(&new).unwrap_or_else(|problems| panic!("{problems:?}"));
    let old = Definition::parse(OLD).unwrap();
    new.compatible_with(&old).err().unwrap_or_default().into_iter().map(|problem| problem.code).collect()
}

#[test]
fn additions_are_compatible() {
    let field = "[[field]]\ncode = \"extra\"\ntitle = { zh = \"甲\", en = \"A\" }\ntype = \"text\"\n[lifecycle]";
    assert_eq!(of(&[("[lifecycle]", field), ("general = ", "new = { zh = \"新\", en = \"New\" }\ngeneral = ")]), []);
}

#[test]
fn what_older_records_need_cannot_go() {
    use ProblemCode::*;
    assert_eq!(of(&[("version = 4", "version = 3")]), [VersionNotRaised]);
    assert_eq!(of(&[("subject = \"student\"", "subject = \"school\"")]), [HeadChanged]);
    assert_eq!(of(&[("code = \"amount\"", "code = \"sum\"")]), [FieldRemoved]);
    assert_eq!(of(&[("type = \"money\"", "type = \"int\"")]), [FieldRetyped]);
    assert_eq!(of(&[("general = { zh = \"一般\", en = \"General\" }\n", "")]), [OptionRemoved]);
    assert_eq!(of(&[("\"done\"", "\"ended\"")]), [StateRemoved]);
    assert_eq!(of(&[("code = \"end\"", "code = \"stop\"")]), [StepRemoved]);
}

#[test]
fn a_catalogue_keeps_versions_apart_and_checks_between_ledgers() {
    let mut catalogue = Catalogue::new();
    catalogue.insert(Definition::parse(OLD).unwrap());
    catalogue.insert(Definition::parse(&OLD.replace("version = 3", "version = 4")).unwrap());
    assert_eq!(catalogue.latest("aid").map(|definition| definition.version), Some(4));
    assert_eq!(catalogue.get("aid", 3).map(|definition| definition.version), Some(3));
    assert_eq!((catalogue.iter().count(), catalogue.iter_latest().count()), (2, 1));

    let fields = r#"[[field]]
code = "level"
title = { zh = "等级", en = "Level" }
type = "choice"
options = "aid.level"
copy_of = "aid.level"
required = "when level = hard"
[[field]]
code = "application"
title = { zh = "申请", en = "Application" }
type = "ref"
ref = "aid"
[[rule]]
code = "again"
opens = "aid"
when = "field"
field = "level"
values = ["hard"]
set = { level = "general", on = "$first_absent" }
"#;
    let head = OLD.split("[options.level]").next().unwrap().replace("\"aid\"", "\"pay\"").replace("privacy", "parent = \"application\"\nprivacy");
    let pay = |from: &str, to: &str| {
        assert!(fields.contains(from), "{from}");
        Definition::parse(&format!("{head}{}", fields.replace(from, to))).unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    let codes = |from: &str, to: &str| -> Vec<(usize, ProblemCode)> {
        catalogue.check(&pay(from, to)).into_iter().map(|problem| (problem.line, problem.code)).collect()
    };
    assert_eq!(codes("again", "again"), []);
    assert_eq!(codes("options = \"aid.level\"", "options = \"aid.rank\""), [(10, ProblemCode::OtherListUnknown)]);
    assert_eq!(codes("options = \"aid.level\"", "options = \"gone.level\""), [(10, ProblemCode::LedgerUnknown)]);
    assert_eq!(codes("copy_of = \"aid.level\"", "copy_of = \"aid.amount\""), [(10, ProblemCode::CopyType)]);
    assert_eq!(codes("copy_of = \"aid.level\"", "copy_of = \"aid.nothing\""), [(10, ProblemCode::OtherFieldUnknown)]);
    assert_eq!(codes("when level = hard", "when level = soft"), [(10, ProblemCode::ConditionValue)]);
    assert_eq!(codes("ref = \"aid\"", "ref = \"gone\""), [(17, ProblemCode::LedgerUnknown)]);
    assert_eq!(codes("opens = \"aid\"", "opens = \"gone\""), [(22, ProblemCode::LedgerUnknown)]);
    assert_eq!(codes("values = [\"hard\"]", "values = [\"soft\"]"), [(22, ProblemCode::RuleValue)]);
    assert_eq!(codes("level = \"general\"", "level = \"soft\""), [(22, ProblemCode::RuleValue)]);
    assert_eq!(codes("level = \"general\"", "rank = \"soft\""), [(22, ProblemCode::OtherFieldUnknown)]);
    let good = pay("again", "again");
    assert_eq!(catalogue.options(&good, good.field("level").unwrap()).unwrap().choices.len(), 2);
    assert_eq!(good.field("level").unwrap().kind, FieldType::Choice);
    catalogue.insert(good);
    assert_eq!(catalogue.rules_watching("pay").map(|(_, rule)| rule.code.as_str()).collect::<Vec<_>>(), ["again"]);
    assert_eq!(catalogue.rules_watching("aid").count(), 0);
    assert_eq!(catalogue.listed_under("aid").map(|(child, field)| (child.code.as_str(), field)).collect::<Vec<_>>(), [("pay", "application")]);
}
