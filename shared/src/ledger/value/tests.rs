use super::*;
use crate::{ledger::Catalogue, locale::Lang};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TEXT: &str = r#"
code = "sample"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["student_aid"]
privacy = "B"
derive = ["snapshot"]
title = { zh = "样本", en = "Sample" }
[options.id_type]
resident = { zh = "居民身份证", en = "Resident card" }
passport = { zh = "护照", en = "Passport" }
none = { zh = "无", en = "None" }
[options.level]
special = { zh = "特别困难", en = "Special hardship" }
hard = { zh = "困难", en = "Hardship" }
01 = { zh = "汉族", en = "Han" }
[options.categories]
orphan = { zh = "孤儿", en = "Orphan" }
disabled = { zh = "残疾", en = "Disabled" }
other = { zh = "其他", en = "Other" }
"#;

const TYPES: &[&str] = &[
    "text", "long", "int", "dec1", "money", "pct", "bool", "date", "month", "time", "idno", "phone", "village", "person", "school", "student", "file",
];

fn definition() -> Definition {
    let mut text = TEXT.to_owned();
    for kind in TYPES {
        text.extend([format!("[[field]]\ncode = \"a_{kind}\"\ntitle = {{ zh = \"{kind}\", en = \"{kind}\" }}\ntype = \"{kind}\"\n")]);
        match *kind {
            "int" => text.push_str("min = 0\nmax = 20\nunit = { zh = \"人\", en = \"people\" }\n"),
            "money" => text.push_str("min = 0\nmax = 1000000\nunit = { zh = \"元\", en = \"yuan\" }\n"),
            "date" => text.push_str("min = \"2000-01-01\"\n"),
            "text" => text.push_str("max_len = 5\n"),
            _ => {}
        }
    }
    for (code, kind, extra) in [
        ("id_type", "choice", "options = \"id_type\""),
        ("level", "choice", "options = \"level\""),
        ("categories", "flags", "options = \"categories\""),
        ("plan", "ref", "ref = \"plan\""),
        ("number", "text", "pattern = \"^[0-9]{4}$\""),
        ("snapshot", "long", ""),
    ] {
        text.extend([format!("[[field]]\ncode = \"{code}\"\ntitle = {{ zh = \"{code}\", en = \"{code}\" }}\ntype = \"{kind}\"\n{extra}\n")]);
    }
    Definition::parse(&text).unwrap()
}

fn one(code: &str, text: &str) -> Result<Value, ValueProblem> {
    let definition = definition();
    let field = definition.field(code).unwrap();
    let reading = read(&Catalogue::new(), &definition, field, text, &BTreeMap::new()).map_err(|error| error.problem)?;
    assert_eq!(reading.values.len(), 1);
    assert!(fits(field, &reading.values[0].1));
    Ok(reading.values[0].1.clone())
}

fn text(value: &str) -> Value {
    Value::Str(value.to_owned())
}

#[test]
fn dates_are_read_in_every_style_of_the_offices() {
    for written in ["2025-09-01", "2025/9/1", "2025.9.1", "2025年9月1日", "2025年09月01号", "20250901", "２０２５－０９－０１", " 2025-9-1 00:00:00 "]
    {
        assert_eq!(one("a_date", written), Ok(text("2025-09-01")), "{written}");
    }
    for written in ["11月3日", "11月3号", "11.3", "11/3", "１１－３"] {
        assert_eq!(one("a_date", written), Err(ValueProblem::DateYear), "{written}");
    }
    for written in ["2025-02-30", "25-09-01", "2025-09", "九月一日", "2025-09-01-02", "1899-01-01", "2025年9月", "20251301"] {
        assert_eq!(one("a_date", written), Err(ValueProblem::Date), "{written}");
    }
    assert_eq!(one("a_date", "1999-12-31"), Err(ValueProblem::Small { min: "2000-01-01".to_owned() }));
}

#[test]
fn months_and_times_are_read_in_their_styles() {
    for written in ["2025-09", "2025/9", "2025年9月", "2025年09月份", "202509", "2025.9"] {
        assert_eq!(one("a_month", written), Ok(text("2025-09")), "{written}");
    }
    assert_eq!(one("a_month", "2025-13"), Err(ValueProblem::Month));
    for (written, kept) in [("8:05", "08:05"), ("08：05", "08:05"), ("8时5分", "08:05"), ("8点", "08:00"), ("18:30:00", "18:30")] {
        assert_eq!(one("a_time", written), Ok(text(kept)), "{written}");
    }
    assert_eq!(one("a_time", "24:00"), Err(ValueProblem::Time));
}

#[test]
fn numbers_are_kept_as_integers_of_their_unit() {
    for (code, written, kept) in [
        ("a_int", "12", 12),
        ("a_int", "１２人", 12),
        ("a_int", "12.0", 12),
        ("a_dec1", "2.5", 25),
        ("a_dec1", "2", 20),
        ("a_dec1", "-2.50", -25),
        ("a_money", "1250", 125_000),
        ("a_money", "1,250.5元", 125_050),
        ("a_money", "１２５０．００", 125_000),
        ("a_pct", "30", 3_000),
        ("a_pct", "30.5%", 3_050),
        ("a_pct", "30％", 3_000),
    ] {
        assert_eq!(one(code, written), Ok(Value::Int(kept)), "{code} {written}");
    }
    assert_eq!(one("a_dec1", "2.55"), Err(ValueProblem::Decimals { places: 1 }));
    assert_eq!(one("a_int", "十二"), Err(ValueProblem::Number));
    assert_eq!(one("a_int", "21"), Err(ValueProblem::Large { max: "20".to_owned() }));
    assert_eq!(one("a_int", "-1"), Err(ValueProblem::Small { min: "0".to_owned() }));
    assert_eq!(one("a_money", "10000.01"), Err(ValueProblem::Large { max: "10000".to_owned() }));
    assert_eq!(one("a_int", "99999999999999999999"), Err(ValueProblem::Number));
}

#[test]
fn yes_and_no_have_four_ways_each() {
    for (written, kept) in [("是", true), ("否", false), ("YES", true), ("no", false), ("1", true), ("０", false), ("true", true), ("False", false)]
    {
        assert_eq!(one("a_bool", written), Ok(Value::Bool(kept)), "{written}");
    }
    assert_eq!(one("a_bool", "maybe"), Err(ValueProblem::Bool));
}

#[test]
fn a_choice_is_read_by_code_or_either_title_and_an_unknown_code_is_kept() {
    for written in ["hard", "困难", "Hardship", " hardship "] {
        assert_eq!(one("level", written), Ok(text("hard")), "{written}");
    }
    assert_eq!(one("level", "汉族"), Ok(text("01")));
    let definition = definition();
    let field = definition.field("level").unwrap();
    let reading = read(&Catalogue::new(), &definition, field, "newer_level", &BTreeMap::new()).unwrap();
    assert_eq!(reading.values, vec![("level".to_owned(), text("newer_level"))]);
    assert_eq!(reading.unknown, vec![Unknown { field: "level".to_owned(), option: "newer_level".to_owned() }]);
    let Err(ValueProblem::Option { options }) = one("level", "很困难") else { panic!("not an option") };
    assert!(options.zh.contains("特别困难、"), "{}", options.zh);
    assert!(options.en.contains(", Hardship"), "{}", options.en);
    assert!(!options.zh.contains("special") && !options.en.contains("hard "), "titles alone: {} {}", options.zh, options.en);
}

#[test]
fn flags_say_yes_and_no_for_every_option() {
    let definition = definition();
    let field = definition.field("categories").unwrap();
    let keys = |written: &str| -> BTreeMap<String, Value> {
        read(&Catalogue::new(), &definition, field, written, &BTreeMap::new()).unwrap().values.into_iter().collect()
    };
    let expected = BTreeMap::from([
        ("categories.orphan".to_owned(), Value::Bool(true)),
        ("categories.disabled".to_owned(), Value::Bool(true)),
        ("categories.other".to_owned(), Value::Bool(false)),
    ]);
    for written in ["orphan,disabled", "孤儿、残疾", "孤儿；disabled，", "Orphan; 残疾"] {
        assert_eq!(keys(written), expected, "{written}");
    }
    assert!(keys("").values().all(|value| *value == Value::Bool(false)));
    assert_eq!(keys("orphan,newer")["categories.newer"], Value::Bool(true));
    assert_eq!(show(&Catalogue::new(), &definition, field, &keys("残疾,孤儿,newer"), Lang::Zh), "孤儿、残疾、newer");
    assert!(read(&Catalogue::new(), &definition, field, "孤儿和残疾", &BTreeMap::new()).is_err());
}

#[test]
fn identity_numbers_are_checked_unless_another_document_is_named() {
    let catalogue = Catalogue::new();
    let definition = definition();
    let inputs = |kind: &str, number: &str| {
        // The number first: the order of the columns does not matter.
        let pairs = [("a_idno".to_owned(), number.to_owned()), ("id_type".to_owned(), kind.to_owned())];
        read_all(&catalogue, &definition, &BTreeMap::new(), &pairs)
    };
    assert!(inputs("resident", "１１０１０５ １９４９１２３１ ００２x").unwrap().values.contains(&("a_idno".to_owned(), text("11010519491231002X"))));
    assert!(inputs("", "110105194912310021").is_err());
    assert!(inputs("护照", "E12345678").is_ok());
    assert_eq!(inputs("passport", "护照").unwrap_err()[0].problem, ValueProblem::DocumentNumber);
}

#[test]
fn telephones_lose_blanks_and_dashes() {
    for (written, kept) in [
        ("138 0013 8000", "13800138000"),
        ("+86-13800138000", "13800138000"),
        ("（0870）123-4567", "08701234567"),
        ("010 12345678", "01012345678"),
        ("13800138000.0", "13800138000"),
    ] {
        assert_eq!(one("a_phone", written), Ok(text(kept)), "{written}");
    }
    for written in ["12345", "12800138000", "1380013800", "无", "00701234567"] {
        assert_eq!(one("a_phone", written), Err(ValueProblem::Phone), "{written}");
    }
}

#[test]
fn texts_keep_their_letters_and_lose_line_breaks_and_excess() {
    assert_eq!(one("a_text", "  张 \n 三 "), Ok(text("张 三")));
    assert_eq!(one("a_text", "（甲）"), Ok(text("（甲）")));
    assert_eq!(one("a_text", "一二三四五六"), Err(ValueProblem::Length { length: 6, max: 5 }));
    assert_eq!(one("a_long", "一\r\n二\u{7}"), Ok(text("一\n二")));
    assert_eq!(one("number", "12345"), Err(ValueProblem::Pattern { pattern: "^[0-9]{4}$".to_owned() }));
    assert_eq!(one("a_text", "   "), Ok(Value::Null));
}

#[test]
fn record_keys_and_attachments_have_their_shape() {
    let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    assert_eq!(one("plan", &format!("plan:{id}")), Ok(text(&format!("plan:{id}"))));
    assert_eq!(one("plan", id), Ok(text(&format!("plan:{id}"))));
    assert_eq!(one("plan", &format!("other:{id}")), Err(ValueProblem::Ref { ledger: "plan".to_owned() }));
    assert_eq!(one("plan", "01ARZ"), Err(ValueProblem::Ref { ledger: "plan".to_owned() }));
    let file = format!("blake3:{};照片.jpg;1024", "a1".repeat(32));
    assert_eq!(one("a_file", &file), Ok(text(&file)));
    for bad in ["photo.jpg", "blake3:12;a.jpg;1", &file.replace("照片", "../x"), &file.replace("1024", "-1")] {
        assert_eq!(one("a_file", bad), Err(ValueProblem::File), "{bad}");
    }
}

#[test]
fn every_wrong_input_is_named_at_once_and_derived_fields_refuse() {
    let pairs: Vec<(String, String)> =
        [("a_int", "x"), ("nowhere", "1"), ("snapshot", "x"), ("a_bool", "是")].iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let errors = read_all(&Catalogue::new(), &definition(), &BTreeMap::new(), &pairs).unwrap_err();
    let problems: Vec<ValueProblem> = errors.into_iter().map(|error| error.problem).collect();
    assert_eq!(problems, vec![ValueProblem::Number, ValueProblem::UnknownField, ValueProblem::Derived]);
}

#[test]
fn values_are_shown_with_their_unit_and_title() {
    let (catalogue, definition) = (Catalogue::new(), definition());
    let shown = |code: &str, value: Value, lang| show_value(&catalogue, &definition, definition.field(code).unwrap(), &value, lang);
    assert_eq!(shown("a_money", Value::Int(125_050), Lang::Zh), "1250.50 元");
    assert_eq!(shown("a_pct", Value::Int(3_050), Lang::En), "30.5%");
    assert_eq!(shown("a_dec1", Value::Int(-5), Lang::En), "-0.5");
    assert_eq!(shown("a_bool", Value::Bool(true), Lang::Zh), "是");
    assert_eq!(shown("level", text("hard"), Lang::Zh), "困难");
    assert_eq!(shown("level", text("newer"), Lang::Zh), "newer");
    assert_eq!(shown("a_int", text("written by another program"), Lang::En), "written by another program people");
    assert_eq!(shown("a_file", text("blake3:aa;照片.jpg;10"), Lang::Zh), "照片.jpg");
    assert_eq!(shown("on", Value::Null, Lang::Zh), "");
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(written in "\\PC{0,40}", index in 0..TYPES.len() + 4) {
        let definition = definition();
        let code = TYPES.get(index).map_or_else(|| ["level", "categories", "plan", "number"][index - TYPES.len()].to_owned(), |kind| format!("a_{kind}"));
        let field = definition.field(&code).unwrap();
        if let Ok(reading) = read(&Catalogue::new(), &definition, field, &written, &BTreeMap::new()) {
            prop_assert!(reading.values.iter().all(|(_, value)| fits(field, value)));
        }
    }

    #[test]
    fn what_is_shown_reads_back(number in -9_999..99_999i64, ordinal in 0..30_000i32) {
        let (catalogue, definition) = (Catalogue::new(), definition());
        for code in ["a_dec1", "a_pct"] {
            let field = definition.field(code).unwrap();
            let shown = show_value(&catalogue, &definition, field, &Value::Int(number), Lang::Zh);
            let again = read(&catalogue, &definition, field, &shown, &BTreeMap::new()).unwrap();
            prop_assert_eq!(&again.values[0].1, &Value::Int(number));
        }
        let day = jiff::civil::date(2000, 1, 1).checked_add(jiff::Span::new().days(ordinal)).unwrap();
        for written in [day.to_string(), day.strftime("%Y/%-m/%-d").to_string(), day.strftime("%Y年%-m月%-d日").to_string(), day.strftime("%Y%m%d").to_string()] {
            prop_assert_eq!(date(&written), Some(day));
        }
    }
}

#[test]
fn amounts_are_read_as_offices_write_them() {
    let definition = Definition::parse(include_str!("../../../ledgers/aid_programme.toml")).unwrap();
    let catalogue = Catalogue::default();
    let field = definition.fields.iter().find(|field| field.kind == FieldType::Money).unwrap();
    let fen = |text: &str| read(&catalogue, &definition, field, text, &BTreeMap::new()).map(|reading| reading.values[0].1.clone());
    for (written, kept) in [
        ("1250", 125_000),
        ("1,250.50", 125_050),
        ("￥1,250.50", 125_050),
        ("¥ 1250", 125_000),
        ("1250元", 125_000),
        ("1250元整", 125_000),
        ("0.125万", 125_000),
        ("12.5万元", 12_500_000),
    ] {
        assert_eq!(fen(written), Ok(Value::Int(kept)), "{written}");
    }
    for wrong in ["一千", "12.345", "1.2345678万", "约1250", "1250-1500"] {
        assert!(fen(wrong).is_err(), "{wrong}");
    }
}
