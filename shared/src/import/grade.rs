//! Grade and class as schools write them: 三年级, 3, 初一, 高二, 大班; 三(2)班, 3.2班, 三年级2班, 302.

/// Stage of schooling, an option of the enrolment ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Kindergarten, grade 0.
    Preschool,
    /// Grades 1 to 6.
    Primary,
    /// Grades 7 to 9.
    Junior,
    /// Grades 10 to 12.
    Senior,
    /// Vocational, grades 10 to 12.
    Vocational,
}

impl Stage {
    /// Option code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Preschool => "preschool",
            Self::Primary => "primary",
            Self::Junior => "junior",
            Self::Senior => "senior",
            Self::Vocational => "vocational",
        }
    }

    /// Grade before the stage's first, and how many grades it has.
    fn base(self) -> (u8, u8) {
        match self {
            Self::Preschool => (0, 0),
            Self::Primary => (0, 6),
            Self::Junior => (6, 3),
            Self::Senior | Self::Vocational => (9, 3),
        }
    }

    /// The stage an ordinary school has this grade in.
    #[must_use]
    pub fn of(grade: u8) -> Option<Self> {
        match grade {
            0 => Some(Self::Preschool),
            1..=6 => Some(Self::Primary),
            7..=9 => Some(Self::Junior),
            10..=12 => Some(Self::Senior),
            _ => None,
        }
    }
}

/// What a text says about grade and class; parts it does not name are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Named outright: 初中, 小学.
    pub(super) stage: Option<Stage>,
    /// 0 to 12, counted from the first of primary school.
    pub(super) grade: Option<u8>,
    /// Year of entry: 2024级.
    pub(super) entry: Option<u16>,
    /// 1 to 99.
    pub(super) class: Option<u8>,
}

/// Reads the text of a grade column. `None`: not a grade.
#[must_use]
pub(super) fn read_grade(compact: &str) -> Option<Place> {
    let text = unified(compact);
    let mut place = Place::default();
    let rest = head(&text, &mut place)?;
    if place.stage != Some(Stage::Preschool) {
        let rest = rest.trim_start_matches(['上', '下', '学', '期', '(', ')', '第', '一', '二']);
        if !rest.is_empty() {
            place.class = class_number(head(&text, &mut Place::default())?);
            place.class?;
        }
    }
    (place.grade.is_some() || place.stage.is_some()).then_some(place)
}

/// Reads the text of a stage column. `None`: not a stage, or one that does not settle grades (九年一贯制).
#[must_use]
pub(super) fn read_stage(compact: &str) -> Option<Stage> {
    let has = |words: &[&str]| words.iter().any(|word| compact.contains(word));
    match () {
        () if has(&["幼", "学前"]) => Some(Stage::Preschool),
        () if has(&["中职", "职高", "职业", "中专"]) => Some(Stage::Vocational),
        () if has(&["小学"]) && !has(&["初中", "高中"]) => Some(Stage::Primary),
        () if has(&["初中", "初级中学"]) && !has(&["小学", "高中"]) => Some(Stage::Junior),
        () if has(&["高中", "高级中学"]) && !has(&["小学", "初中"]) => Some(Stage::Senior),
        () => None,
    }
}

/// Reads the text of a class column, which may name the grade too. `None`: not a class.
#[must_use]
pub(super) fn read_class(compact: &str) -> Option<Place> {
    let text = unified(compact);
    // A number alone is a class (2, 十二), or grade and class written together (302, 1203).
    if let Some(class) = class_number(&text) {
        return Some(Place { class: Some(class), ..Place::default() });
    }
    if let Some(place) = written_together(&text) {
        return Some(place);
    }
    let mut place = Place::default();
    let rest = head(&text, &mut place)?;
    place.class = class_number(rest);
    (place.class.is_some() || place.stage == Some(Stage::Preschool)).then_some(place)
}

/// A class as a person writes it where a class is asked for: the grade it names, counted within its stage or from the first of primary school, and its number.
#[must_use]
pub fn class_written(text: &str) -> Option<(Option<u8>, u8)> {
    let place = read_class(&super::clean::compact(text)).filter(|place| place.entry.is_none())?;
    Some((place.grade, place.class?))
}

/// Whether a grade that is written, counted within its stage or from the first of primary school, is this one: 初一 is the seventh, and may be called the first.
#[must_use]
pub fn is_grade(written: u8, grade: i64) -> bool {
    [Stage::Primary, Stage::Junior, Stage::Senior].into_iter().any(|stage| i64::from(stage.base().0 + written) == grade)
}

/// A grade as a person writes it where a grade is asked for: counted from the first of primary school, 0 in kindergarten. `None`: not a grade, or it names a class too.
#[must_use]
pub fn grade_written(text: &str) -> Option<u8> {
    let place = read_grade(&super::clean::compact(text)).filter(|place| place.entry.is_none() && place.class.is_none())?;
    place.grade
}

/// Grade and class in a title or on a sheet's tab: `三年级(2)班学生花名册`.
#[must_use]
pub(super) fn read_title(compact: &str) -> Option<Place> {
    let text = unified(compact);
    let end = text.find('班')? + '班'.len_utf8();
    let upto = text.get(..end)?;
    // The longest tail that reads as grade and class.
    upto.char_indices()
        .filter_map(|(at, _)| upto.get(at..))
        .find_map(|tail| read_class(tail).filter(|place| place.grade.is_some() && place.class.is_some()))
}

/// Brackets of all kinds and dashes to one kind each, 〇 and 零 to 0.
fn unified(compact: &str) -> String {
    compact
        .chars()
        .map(|c| match c {
            '（' | '〔' | '[' | '【' | '<' | '{' | '﹙' => '(',
            '）' | '〕' | ']' | '】' | '>' | '}' | '﹚' => ')',
            '-' | '—' | '–' | '－' | '_' | '、' | ',' | '·' | '/' | '。' => '.',
            '壹' => '一',
            '贰' => '二',
            '叁' => '三',
            '肆' => '四',
            '伍' => '五',
            '陆' => '六',
            c => c,
        })
        .collect()
}

/// Takes stage, grade or entry year from the front; `None` if there is neither.
fn head<'t>(text: &'t str, place: &mut Place) -> Option<&'t str> {
    const PRESCHOOL: [&str; 9] = ["幼儿园", "学前班", "学前", "托班", "小班", "中班", "大班", "幼小", "幼儿"];
    const STAGES: [(&str, Stage); 12] = [
        ("小学", Stage::Primary),
        ("普通初中", Stage::Junior),
        ("初级中学", Stage::Junior),
        ("初中", Stage::Junior),
        ("初", Stage::Junior),
        ("普通高中", Stage::Senior),
        ("高中", Stage::Senior),
        ("高", Stage::Senior),
        ("中职", Stage::Vocational),
        ("职高", Stage::Vocational),
        ("中专", Stage::Vocational),
        ("小", Stage::Primary),
    ];
    if PRESCHOOL.iter().any(|word| text.starts_with(word)) {
        (place.stage, place.grade) = (Some(Stage::Preschool), Some(0));
        let rest = PRESCHOOL.iter().find_map(|word| text.strip_prefix(word)).unwrap_or_default();
        let rest = ["大班", "中班", "小班", "托班"].iter().find_map(|word| rest.strip_prefix(word)).unwrap_or(rest);
        return Some(rest);
    }
    // 大2班, 中(1)班, 小一班: a kindergarten's classes, told from 小一 by the word 班.
    if let Some(rest) = text.strip_prefix(['大', '中', '小', '托']).filter(|rest| rest.ends_with('班') && class_number(rest).is_some()) {
        (place.stage, place.grade) = (Some(Stage::Preschool), Some(0));
        return Some(rest);
    }
    let (stage, rest) = STAGES.iter().find_map(|(word, stage)| text.strip_prefix(word).map(|rest| (Some(*stage), rest))).unwrap_or((None, text));
    place.stage = stage;
    if let Some((year, rest)) = entry_year(rest) {
        place.entry = Some(year);
        return Some(rest);
    }
    let Some((number, rest)) = number_head(rest) else { return stage.map(|_| rest) };
    let rest_of_grade = rest.strip_prefix("年级").or_else(|| rest.strip_prefix('年')).or_else(|| rest.strip_prefix('级'));
    place.grade = Some(counted(stage, number)?);
    Some(rest_of_grade.unwrap_or(rest))
}

/// A grade counted from the stage's first (初一, 高二, 初中一年级) or through (初中七年级).
fn counted(stage: Option<Stage>, number: u8) -> Option<u8> {
    let (base, grades) = stage.map_or((0, 12), Stage::base);
    if (1..=grades).contains(&number) {
        return Some(base + number);
    }
    // 初中七年级; the sixth grade is junior in a five-four school.
    let first = if stage == Some(Stage::Junior) { 6 } else { base + 1 };
    (first..=base + grades).contains(&number).then_some(number)
}

/// `2024级…`
fn entry_year(text: &str) -> Option<(u16, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let year: u16 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
    let rest = rest.strip_prefix('级').or_else(|| rest.strip_prefix('届'))?;
    (2000..2100).contains(&year).then_some((year, rest))
}

/// A number at the front, in digits or Chinese, up to 99.
fn number_head(text: &str) -> Option<(u8, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        let (number, rest) = text.split_at_checked(digits)?;
        return (digits <= 2).then(|| number.parse().ok().map(|number| (number, rest))).flatten();
    }
    let end = text.char_indices().find(|(_, c)| chinese_digit(*c).is_none() && *c != '十').map_or(text.len(), |(at, _)| at);
    let (number, rest) = text.split_at_checked(end)?;
    if let Some(number) = chinese_number(number) {
        return Some((number, rest));
    }
    // 三二班: two digits without a ten are grade and class.
    let first = number.chars().next()?;
    Some((chinese_digit(first)?, text.get(first.len_utf8()..)?))
}

fn chinese_digit(c: char) -> Option<u8> {
    "一二三四五六七八九".chars().position(|digit| digit == c).and_then(|at| u8::try_from(at + 1).ok())
}

/// 一 to 九十九.
fn chinese_number(text: &str) -> Option<u8> {
    let one = |text: &str| {
        let mut chars = text.chars();
        let digit = chars.next().and_then(chinese_digit);
        if chars.next().is_some() { None } else { digit }
    };
    match text.split_once('十') {
        None => one(text),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { one(tens)? };
            let ones = if ones.is_empty() { 0 } else { one(ones)? };
            Some(tens * 10 + ones)
        }
    }
}

/// `(2)班`, `.2班`, `2班`, `二班`, `2`, `02`, `第2班`, `2班级`.
fn class_number(text: &str) -> Option<u8> {
    let inner = text.trim_start_matches(['(', '.', '第']);
    let (number, rest) = number_head(inner)?;
    let rest = rest.trim_start_matches([')', '.']);
    let done = rest.is_empty() || matches!(rest, "班" | "班级" | "班)" | ")班" | "级" | "(班)");
    (done && (1..=99).contains(&number)).then_some(number)
}

/// `302`, `302班`, `1203`: one or two digits of grade, two of class.
fn written_together(text: &str) -> Option<Place> {
    let digits = text.strip_suffix('班').unwrap_or(text);
    if !matches!(digits.len(), 3 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u16 = digits.parse().ok()?;
    let (grade, class) = (u8::try_from(number / 100).ok()?, u8::try_from(number % 100).ok()?);
    ((1..=12).contains(&grade) && class > 0).then_some(Place { grade: Some(grade), class: Some(class), ..Place::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(text: &str) -> Option<u8> {
        read_grade(text).and_then(|place| place.grade)
    }

    fn class(text: &str) -> Option<(Option<u8>, u8)> {
        read_class(text).and_then(|place| Some((place.grade, place.class?)))
    }

    #[test]
    fn grades_in_every_spelling() {
        for (text, expected) in [
            ("三年级", 3),
            ("3", 3),
            ("3年级", 3),
            ("三", 3),
            ("九年级", 9),
            ("十二年级", 12),
            ("初一", 7),
            ("初中二年级", 8),
            ("初中七年级", 7),
            ("高二", 11),
            ("高中一年级", 10),
            ("小学三年级", 3),
            ("大班", 0),
            ("学前班", 0),
            ("小一", 1),
            ("幼儿园大班", 0),
            ("03", 3),
            ("中职一年级", 10),
            ("五年级(3)班", 5),
            ("三年级上", 3),
        ] {
            assert_eq!(grade(text), Some(expected), "{text}");
        }
        for bad in ["", "0", "13", "重点", "年级", "2024", "三角", "三年级甲", "-1", "初四", "高中七年级"] {
            assert_eq!(grade(bad), None, "{bad}");
        }
        assert_eq!(read_grade("初中2024级").unwrap().entry, Some(2024));
        assert_eq!(read_grade("初中").unwrap().stage, Some(Stage::Junior));
    }

    #[test]
    fn classes_in_every_spelling() {
        for (text, expected) in [
            ("三(2)班", (Some(3), 2)),
            ("3.2班", (Some(3), 2)),
            ("三年级(2)班", (Some(3), 2)),
            ("三年级2班", (Some(3), 2)),
            ("三2班", (Some(3), 2)),
            ("三二班", (Some(3), 2)),
            ("三年级二班", (Some(3), 2)),
            ("三年2班", (Some(3), 2)),
            ("302", (Some(3), 2)),
            ("302班", (Some(3), 2)),
            ("1203", (Some(12), 3)),
            ("2班", (None, 2)),
            ("(2)班", (None, 2)),
            ("二班", (None, 2)),
            ("2", (None, 2)),
            ("十一班", (None, 11)),
            ("初一(3)班", (Some(7), 3)),
            ("高二.3班", (Some(11), 3)),
            ("三〔2〕班", (Some(3), 2)),
            ("3-2", (Some(3), 2)),
            ("3.10班", (Some(3), 10)),
            ("02", (None, 2)),
            ("九(12)", (Some(9), 12)),
        ] {
            assert_eq!(class(text), Some(expected), "{text}");
        }
        for bad in ["", "火箭班", "0", "三(0)班", "班", "三年级", "3.2.1", "张三"] {
            assert_eq!(class(bad), None, "{bad}");
        }
        let place = read_class("2024级3班").unwrap();
        assert_eq!((place.entry, place.class), (Some(2024), Some(3)));
    }

    #[test]
    fn titles_name_their_class() {
        let place = read_title("青杠镇中心小学三年级(2)班学生花名册").unwrap();
        assert_eq!((place.grade, place.class), (Some(3), Some(2)));
        assert_eq!(read_title("全校各班花名册"), None);
    }

    #[test]
    fn a_grade_may_be_counted_within_its_stage() {
        let is = |written| (0..=12).filter(|grade| is_grade(written, *grade)).collect::<Vec<_>>();
        assert_eq!((is(1), is(3), is(5), is(7), is(0)), (vec![1, 7, 10], vec![3, 9, 12], vec![5, 11], vec![7], vec![0, 6, 9]));
    }

    #[test]
    fn a_class_is_read_as_a_person_writes_it() {
        assert_eq!(class_written("三（3）班"), Some((Some(3), 3)));
        assert_eq!(class_written(" 三年级 3班"), Some((Some(3), 3)));
        assert_eq!(class_written("3班"), Some((None, 3)));
        assert_eq!(class_written("第三班"), Some((None, 3)));
        for none in ["", "三年级", "2024级3班", "火箭"] {
            assert_eq!(class_written(none), None, "{none}");
        }
    }
}
