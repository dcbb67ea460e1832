use super::*;
use proptest::prelude::*;

const TEXT: &str = r#"
code = "sample"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["student_aid"]
privacy = "B"
title = { zh = "样本", en = "Sample" }
[options.kind]
call = { zh = "电话", en = "Call" }
visit = { zh = "家访", en = "Visit" }
[[field]]
code = "kind"
title = { zh = "方式", en = "Kind" }
type = "choice"
options = "kind"
[[field]]
code = "with"
title = { zh = "对象", en = "With" }
type = "flags"
options = "kind"
[[field]]
code = "beside"
title = { zh = "陪同", en = "Beside" }
type = "flags"
options = "kind"
[[field]]
code = "from"
title = { zh = "起", en = "From" }
type = "date"
[[field]]
code = "until"
title = { zh = "止", en = "Until" }
type = "date"
[[field]]
code = "amount"
title = { zh = "金额", en = "Amount" }
type = "money"
[[field]]
code = "told"
title = { zh = "告知", en = "Told" }
type = "bool"
[[field]]
code = "number"
title = { zh = "证件", en = "Document" }
type = "idno"
[lifecycle]
initial = "draft"
[[lifecycle.state]]
code = "draft"
title = { zh = "草稿", en = "Draft" }
"#;

fn definition() -> Definition {
    Definition::parse(TEXT).unwrap()
}

fn holds(condition: &str, state: Option<&str>) -> bool {
    let text = |text: &str| Value::Str(text.to_owned());
    let fields = BTreeMap::from([
        ("kind".to_owned(), text("call")),
        ("with.call".to_owned(), Value::Bool(true)),
        ("with.visit".to_owned(), Value::Bool(false)),
        ("beside.visit".to_owned(), Value::Bool(true)),
        ("from".to_owned(), text("2026-03-02")),
        ("amount".to_owned(), Value::Int(125_050)),
        ("told".to_owned(), Value::Bool(false)),
    ]);
    Condition::parse(condition, &definition()).unwrap_or_else(|errors| panic!("{condition}: {errors:?}")).holds(&fields, state)
}

#[test]
fn every_form_of_the_language_is_evaluated() {
    for condition in [
        "kind = call",
        "kind = 'call'",
        "kind != visit",
        "kind in (visit, call)",
        "with has call",
        "with set",
        "with shares with",
        "not (with shares beside)",
        "from set",
        "not (until set)",
        "not until set",
        "from >= 2026-03-02",
        "from < 2026年3月3日",
        "amount = 1250.50",
        "amount > 1250 and amount <= 1250.5",
        "told = no",
        "kind = visit or (kind = call and not (with has visit))",
        "kind = call or kind = visit and told = yes",
        "$state = draft",
        "$state in (draft)",
    ] {
        assert!(holds(condition, Some("draft")), "{condition}");
    }
    for condition in ["kind = visit", "with has visit", "until set", "amount < 1250", "told = yes", "from = until", "$state != draft"] {
        assert!(!holds(condition, Some("draft")), "{condition}");
    }
}

#[test]
fn an_empty_field_makes_every_comparison_false() {
    for condition in ["until >= from", "until < from", "until = from", "until != from", "until != 2026-03-02", "until in (2026-03-02)"] {
        assert!(!holds(condition, None), "{condition}");
    }
    assert!(!holds("$state = draft", None) && !holds("$state != draft", None) && !holds("$state set", None));
}

#[test]
fn an_identity_number_says_birth_and_sex_and_any_other_document_nothing() {
    let judged = |condition: &str, number: &str, from: &str| {
        let fields = [("number", number), ("from", from)].map(|(key, text)| (key.to_owned(), Value::Str(text.to_owned()))).into();
        Condition::parse(condition, &definition()).unwrap().holds(&fields, None)
    };
    let vector = "11010519491231002X";
    for (condition, number, from, holds) in [
        ("number.birth = from", vector, "1949-12-31", true),
        ("from = number.birth", vector, "1949-12-30", false),
        ("number.birth < 1950-01-01", vector, "", true),
        ("number.sex = female", vector, "", true),
        ("number.sex in (male)", vector, "", false),
        ("number.birth set", vector, "", true),
        ("number.birth set or number.sex set", "H12345678", "", false),
        ("number.birth set", "11010519491231002Y", "", false),
    ] {
        assert_eq!(judged(condition, number, from), holds, "{condition} {number}");
    }
    assert_eq!(Condition::parse("number.birth = from", &definition()).unwrap().fields(), ["number", "from"]);
    assert_eq!(Condition::parse("number.age = from", &definition()).unwrap_err()[0].code, ProblemCode::FieldUnknown);
}

#[test]
fn what_cannot_be_read_says_where_and_what_was_expected() {
    let first = |condition: &str| Condition::parse(condition, &definition()).unwrap_err().remove(0);
    assert_eq!(first("kind = ").args, vec![("at", "8".to_owned()), ("expected", "value".to_owned())]);
    assert_eq!(first("kind call").args, vec![("at", "6".to_owned()), ("expected", "=, !=, <, <=, >, >=, in, has, shares, set".to_owned())]);
    assert_eq!(first("(kind set").args[1].1, ")");
    assert_eq!(first("kind = 'call").args[1].1, "closing quote");
    assert_eq!(first("kind set set").args[1].1, "and, or");
    assert_eq!(first("with = call").args[1].1, "has, shares, set");
    assert_eq!(first("with shares kind").code, ProblemCode::ConditionHas);
    assert_eq!(first("kind shares with").code, ProblemCode::ConditionHas);
    assert_eq!(first("with shares nothing").code, ProblemCode::FieldUnknown);
    assert_eq!(first("amount > much").code, ProblemCode::ConditionValue);
    assert_eq!(first("nothing set").code, ProblemCode::FieldUnknown);
    let several = Condition::parse("nothing set or kind = fax", &definition()).unwrap_err();
    assert_eq!(several.len(), 2);
}

#[test]
fn length_and_depth_are_bounded() {
    let deep = format!("{}kind set{}", "(".repeat(400), ")".repeat(400));
    assert_eq!(Condition::parse(&deep, &definition()).unwrap_err()[0].code, ProblemCode::ConditionLong);
    let nots = format!("{}kind set", "not ".repeat(200));
    assert_eq!(Condition::parse(&nots, &definition()).unwrap_err()[0].code, ProblemCode::ConditionLong);
    let long = "kind set or ".repeat(200);
    assert_eq!(Condition::parse(&long, &definition()).unwrap_err()[0].code, ProblemCode::ConditionLong);
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "[a-z$'\"()!<>=,. 电]{0,60}") {
        let definition = definition();
        if let Ok(condition) = Condition::parse(&text, &definition) {
            prop_assert!(condition.literals().iter().all(|(field, _)| definition.field(field).is_some()));
            prop_assert_eq!(condition.holds(&BTreeMap::new(), None), condition.holds(&BTreeMap::new(), Some("")));
        }
    }
}
