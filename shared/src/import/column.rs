//! What the columns of a roster are called. One list, extended by adding a spelling; [`recognise`] is all that reads it.
//!
//! Long as it is, this is one room: one list of spellings.

use super::clean;

/// Meaning of a column of a roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Running number; no data.
    Serial,
    /// School code, 10 digits.
    SchoolCode,
    /// School name.
    SchoolName,
    /// Stage 学段, where it stands apart from the grade.
    Stage,
    /// Grade.
    Grade,
    /// Class.
    Class,
    /// The child's name.
    Name,
    /// Former name.
    FormerName,
    /// Sex.
    Sex,
    /// Birth date.
    Birth,
    /// Ethnic group.
    Ethnic,
    /// Kind of document.
    IdType,
    /// Document number.
    IdNumber,
    /// Student number.
    StudentNumber,
    /// Kind of household registration.
    HukouKind,
    /// Place of household registration.
    HukouPlace,
    /// Where the child lives.
    Address,
    /// Village or neighbourhood.
    Village,
    /// Township.
    Township,
    /// Does the child board?
    Boarding,
    /// Is the child a day pupil? (The same question the other way round.)
    DayPupil,
    /// Hardship category or categories.
    Hardship,
    /// Registered household, as a question of its own.
    Registered,
    /// Household number.
    HouseholdCard,
    /// One hardship category as a question of its own, by its option code.
    Category(&'static str),
    /// Left-behind child.
    LeftBehind,
    /// First guardian's name.
    GuardianName,
    /// First guardian's relation to the child.
    GuardianRelation,
    /// First guardian's phone.
    GuardianPhone,
    /// Remark.
    Note,
}

impl Column {
    /// Code of the enrolment field the column fills, for messages; empty where there is none.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Serial | Self::SchoolCode | Self::SchoolName => "",
            Self::Stage => "stage",
            Self::Grade => "grade",
            Self::Class => "class",
            Self::Name => "name",
            Self::FormerName => "name_former",
            Self::Sex => "sex",
            Self::Birth => "birth",
            Self::Ethnic => "ethnic",
            Self::IdType => "id_type",
            Self::IdNumber => "id_no",
            Self::StudentNumber => "student_no",
            Self::HukouKind => "hukou_kind",
            Self::HukouPlace => "hukou_place",
            Self::Address => "address",
            Self::Village => "village",
            Self::Township => "township",
            Self::Boarding | Self::DayPupil => "boarding",
            Self::Hardship | Self::Category(_) => "categories",
            Self::Registered => "registered_household",
            Self::HouseholdCard => "household_card",
            Self::LeftBehind => "left_behind",
            Self::GuardianName => "guardian",
            Self::GuardianRelation => "guardian_rel",
            Self::GuardianPhone => "guardian_phone",
            Self::Note => "note",
        }
    }
}

/// Spellings, as [`clean::header_key`] leaves them. English ones are the titles of our own exports.
const SPELLINGS: &[(Column, &[&str])] = &[
    (Column::Serial, &["序号", "编号", "顺序", "顺序号", "行号", "no", "no.", "#", "serial"]),
    (Column::SchoolCode, &["学校标识码", "学校代码", "学校编码", "学校识别码", "学校机构代码", "学校标识代码", "单位代码", "schoolcode"]),
    (Column::SchoolName, &["学校名称", "学校", "所在学校", "就读学校", "学校全称", "校名", "单位名称", "单位", "school", "schoolname"]),
    (Column::Stage, &["学段", "就读学段", "教育阶段", "办学类型", "stage"]),
    (Column::Grade, &["年级", "所在年级", "年级名称", "就读年级", "现读年级", "现就读年级", "所读年级", "当前年级", "grade"]),
    (
        Column::Class,
        &[
            "班级",
            "所在班级",
            "班级名称",
            "就读班级",
            "现读班级",
            "班别",
            "班次",
            "班",
            "班号",
            "年级班级",
            "年班",
            "年级班",
            "所在年级班级",
            "年级及班级",
            "年级/班级",
            "就读年级班级",
            "就读班次",
            "行政班",
            "class",
        ],
    ),
    (
        Column::Name,
        &[
            "姓名",
            "学生姓名",
            "名字",
            "学生名字",
            "学生",
            "学生名",
            "幼儿姓名",
            "儿童姓名",
            "被资助学生姓名",
            "受助学生姓名",
            "name",
            "studentname",
            "pupil",
        ],
    ),
    (Column::FormerName, &["曾用名", "原名", "formername"]),
    (Column::Sex, &["性别", "学生性别", "男女", "sex", "gender"]),
    (
        Column::Birth,
        &[
            "出生日期",
            "出生年月",
            "出生年月日",
            "生日",
            "出生",
            "出生时间",
            "学生出生日期",
            "出生日",
            "dateofbirth",
            "birth",
            "birthday",
            "birthdate",
        ],
    ),
    (Column::Ethnic, &["民族", "族别", "学生民族", "ethnicgroup", "ethnic"]),
    (Column::IdType, &["身份证件类型", "证件类型", "身份证类型", "证件种类", "证件类别", "学生证件类型", "documenttype"]),
    (
        Column::IdNumber,
        &[
            "身份证件号",
            "身份证号",
            "身份证号码",
            "身份证",
            "身份证件号码",
            "证件号码",
            "证件号",
            "公民身份号码",
            "公民身份证号",
            "公民身份证号码",
            "居民身份证号",
            "居民身份证号码",
            "学生身份证号",
            "学生身份证号码",
            "学生身份证件号",
            "学生身份证",
            "学生证件号码",
            "学生证件号",
            "身份证件号(身份证号)",
            "documentnumber",
            "idnumber",
            "idno",
            "idcard",
        ],
    ),
    (
        Column::StudentNumber,
        &[
            "全国学籍号",
            "学籍号",
            "学籍号码",
            "国家学籍号",
            "全国学籍号码",
            "学籍编号",
            "学籍辅号",
            "学生学籍号",
            "全国统一学籍号",
            "studentnumber",
            "studentno",
        ],
    ),
    (Column::HukouKind, &["户口性质", "户口类型", "户口类别", "户籍性质", "户籍类型", "户别", "kindofhouseholdregistration"]),
    (Column::HukouPlace, &["户籍地", "户口所在地", "户籍所在地", "户籍地址", "户口地址", "户口所在地行政区划", "placeofregistration"]),
    (
        Column::Address,
        &[
            "现住址",
            "家庭住址",
            "家庭地址",
            "住址",
            "现居住地",
            "详细住址",
            "详细地址",
            "居住地址",
            "现家庭住址",
            "通信地址",
            "通讯地址",
            "家庭详细住址",
            "地址",
            "现居住地址",
            "presentaddress",
            "address",
        ],
    ),
    (
        Column::Village,
        &[
            "现住村",
            "村居",
            "村",
            "所在村",
            "村(居)",
            "村委会",
            "行政村",
            "村社区",
            "所属村",
            "现住村居",
            "村/社区",
            "villageorneighbourhood",
            "village",
        ],
    ),
    (Column::Township, &["镇", "乡镇", "镇街", "所在乡镇", "镇街道", "乡镇街道", "所属乡镇", "乡", "township"]),
    (
        Column::Boarding,
        &[
            "是否寄宿生",
            "是否寄宿",
            "寄宿",
            "住宿",
            "就读方式",
            "是否住校",
            "是否住宿",
            "寄宿情况",
            "住宿情况",
            "住校",
            "寄宿生",
            "是否住宿生",
            "是否住校生",
            "住读/走读",
            "寄宿/走读",
            "走读/寄宿",
            "住宿方式",
            "住宿类型",
            "就学方式",
            "boarding",
        ],
    ),
    (Column::DayPupil, &["是否走读", "是否走读生", "走读", "走读生", "daypupil"]),
    (
        Column::Hardship,
        &[
            "家庭困难类别",
            "困难类别",
            "困难类型",
            "贫困类型",
            "家庭困难类型",
            "家庭经济困难类型",
            "家庭经济困难类别",
            "家庭情况",
            "困难学生类别",
            "困难学生类型",
            "资助类别",
            "家庭类别",
            "家庭类型",
            "特殊群体类别",
            "特殊群体",
            "农户类型",
            "农户属性",
            "贫困类别",
            "户类型",
            "hardshipcategories",
        ],
    ),
    (
        Column::Registered,
        &[
            "是否建档立卡",
            "是否建档立卡户",
            "建档立卡",
            "建档立卡户",
            "是否建档立卡贫困户",
            "是否脱贫户",
            "脱贫户",
            "建档立卡脱贫户监测户",
            "是否监测户",
            "是否贫困户",
            "registeredormonitoredhousehold",
        ],
    ),
    (Column::HouseholdCard, &["户编号", "家庭编号", "贫困户编号", "householdnumber"]),
    (
        Column::Category("rural_allowance"),
        &["是否低保", "是否低保户", "低保", "低保户", "是否享受低保", "是否享受最低生活保障", "是否农村低保", "农村低保"],
    ),
    (Column::Category("urban_allowance"), &["是否城市低保", "城市低保", "是否城镇低保"]),
    (Column::Category("destitute"), &["是否特困", "是否特困供养", "特困供养", "是否特困救助", "是否五保", "特困"]),
    (Column::Category("orphan"), &["是否孤儿", "孤儿"]),
    (Column::Category("de_facto_orphan"), &["是否事实无人抚养", "事实无人抚养", "是否事实孤儿", "是否事实无人抚养儿童"]),
    (
        Column::Category("disabled"),
        &["是否残疾", "残疾", "是否残疾人", "残疾类型", "残疾人类型", "是否残疾学生", "是否残疾儿童", "残疾类别", "残疾情况"],
    ),
    (Column::Category("single_parent"), &["是否单亲", "单亲", "是否单亲家庭", "单亲家庭"]),
    (Column::Category("martyr"), &["是否烈士或优抚子女", "是否烈士子女", "烈士子女", "是否烈士优抚子女"]),
    (Column::Category("migrant_child"), &["是否随迁子女", "随迁子女", "是否进城务工人员随迁子女", "是否外来务工子女", "进城务工人员随迁子女"]),
    (
        Column::LeftBehind,
        &[
            "是否留守儿童",
            "留守儿童",
            "是否留守",
            "留守情况",
            "留守类型",
            "留守",
            "留守儿童类型",
            "留守儿童情况",
            "是否农村留守儿童",
            "left-behindchild",
        ],
    ),
    (
        Column::GuardianName,
        &[
            "成员1姓名",
            "家庭成员1姓名",
            "监护人",
            "监护人姓名",
            "家长姓名",
            "家长",
            "监护人1姓名",
            "第一监护人姓名",
            "第一监护人",
            "联系人",
            "联系人姓名",
            "户主",
            "户主姓名",
            "成员姓名1",
            "家长1姓名",
            "父亲姓名",
            "母亲姓名",
            "父母姓名",
            "家长或监护人姓名",
            "guardian",
        ],
    ),
    (
        Column::GuardianRelation,
        &[
            "成员1关系",
            "家庭成员1关系",
            "监护人关系",
            "与监护人关系",
            "与学生关系",
            "关系",
            "监护人与学生关系",
            "与本人关系",
            "家长关系",
            "称谓",
            "成员1与学生关系",
            "监护人1关系",
            "家长与学生关系",
            "家庭关系",
            "与家长关系",
            "relationtothechild",
        ],
    ),
    (
        Column::GuardianPhone,
        &[
            "成员1联系电话",
            "家庭成员1联系电话",
            "联系电话",
            "电话",
            "手机",
            "手机号",
            "手机号码",
            "联系方式",
            "监护人电话",
            "监护人联系电话",
            "家长电话",
            "家长联系电话",
            "联系手机",
            "电话号码",
            "监护人联系方式",
            "监护人手机",
            "监护人手机号",
            "监护人手机号码",
            "家长手机",
            "家长手机号",
            "家长手机号码",
            "家长联系方式",
            "成员1电话",
            "成员1手机",
            "监护人1联系电话",
            "学生联系电话",
            "父亲电话",
            "母亲电话",
            "guardianphone",
        ],
    ),
    (Column::Note, &["备注", "说明", "备注说明", "remark", "note"]),
];

/// What a header cell means, `None` if it is not a column we know.
#[must_use]
pub fn recognise(text: &str) -> Option<Column> {
    let spelling = |key: &str| SPELLINGS.iter().find(|(_, spellings)| spellings.contains(&key)).map(|(column, _)| *column);
    let key = clean::header_key(text);
    if key.is_empty() || key.chars().count() > 40 {
        return None;
    }
    // "学生姓名(必填)" without the brackets' content, "村(居)" with it but without the brackets.
    let bare = clean::without_brackets(&key);
    let flat: String = key.chars().filter(|c| !matches!(c, '(' | ')' | '[' | ']' | '<' | '>')).collect();
    spelling(&key).or_else(|| spelling(&bare)).or_else(|| spelling(&flat)).or_else(|| spelling(bare.trim_end_matches(|c: char| c.is_ascii_digit())))
}

/// What a cell below a group's head means: "监护人" over "姓名 关系 电话".
#[must_use]
pub fn recognise_in_group(group: &str, text: &str) -> Option<Column> {
    let group = clean::header_key(group);
    let of_guardian =
        ["监护人", "家长", "成员", "父亲", "母亲", "父母", "联系人", "户主"].iter().any(|word| group.contains(word)) && !group.contains("学生及");
    let own = recognise(text);
    if !of_guardian {
        return own.or_else(|| recognise(&format!("{group}{text}")));
    }
    match own {
        Some(Column::Name | Column::GuardianName) => Some(Column::GuardianName),
        Some(column @ (Column::GuardianRelation | Column::GuardianPhone)) => Some(column),
        // The guardian's own identity number, age or place of work are not the child's.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_survive_width_spaces_and_remarks() {
        for (text, column) in [
            ("姓 名", Column::Name),
            ("＊学生姓名（必填）", Column::Name),
            ("是否\n留守儿童", Column::LeftBehind),
            ("身份证件号\t", Column::IdNumber),
            ("公民身份号码:", Column::IdNumber),
            ("出生日期(YYYY-MM-DD)", Column::Birth),
            ("村（居）", Column::Village),
            ("联系电话1", Column::GuardianPhone),
        ] {
            assert_eq!(recognise(text), Some(column), "{text}");
        }
        assert_eq!(recognise("语文成绩"), None);
        assert_eq!(recognise("张三"), None);
    }

    #[test]
    fn no_spelling_means_two_columns() {
        let mut all: Vec<&str> = SPELLINGS.iter().flat_map(|(_, spellings)| spellings.iter().copied()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for (column, spellings) in SPELLINGS {
            for spelling in *spellings {
                assert_eq!(recognise(spelling), Some(*column), "{spelling}");
            }
        }
    }

    #[test]
    fn a_guardians_number_is_not_the_childs() {
        assert_eq!(recognise_in_group("监护人信息", "身份证号"), None);
        assert_eq!(recognise_in_group("监护人信息", "姓名"), Some(Column::GuardianName));
        assert_eq!(recognise_in_group("学生基本信息", "姓名"), Some(Column::Name));
    }
}
