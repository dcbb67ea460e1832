//! Accounts, roles, and who may do what: deny by default, scoped by ledger and by class.
//!
//! What a role reaches follows from a ledger's definition (whose document, which sections, who owns it, privacy class), so that a ledger published tomorrow has its
//! readers and writers without a list here. Several roles of one person add up.

use crate::{
    fault::{Exit, Fault},
    ledger::definition::{Authority, Definition, Privacy, Section, Subject},
    store::accounts::AccountRow,
};
use std::collections::BTreeSet;

/// What a person is at the school.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 学籍管理员: the whole school's rolls, cases and care; accounts; imports.
    Registrar,
    /// 资助专干: aid ledgers of the whole school.
    AidOfficer,
    /// 班主任: children of the own classes.
    ClassTeacher,
    /// 校长: sees the whole school, signs off reports.
    Principal,
}

impl Role {
    /// All of them, in the order of a form.
    pub const ALL: [Self; 4] = [Self::Registrar, Self::AidOfficer, Self::ClassTeacher, Self::Principal];

    /// As it is kept; also the end of its message key `web-role-…`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Registrar => "registrar",
            Self::AidOfficer => "aid_officer",
            Self::ClassTeacher => "class_teacher",
            Self::Principal => "principal",
        }
    }

    /// From its code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// A class of this year: grade 0 (preschool) to 12, class 1 to 99.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Class {
    /// Grade.
    pub grade: i64,
    /// Class within the grade.
    pub class: i64,
}

impl std::fmt::Display for Class {
    /// `3.2`, as it is kept and typed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.grade, self.class)
    }
}

impl std::str::FromStr for Class {
    type Err = ();

    /// As it is kept, and as people write it: `3.2`, `3-2`, `3(2)班`, `三（2）班`, `三年级2班`, `初一3班`, `grade 3 class 2`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().to_lowercase();
        let text = text.strip_prefix("grade").unwrap_or(&text).trim().trim_end_matches('班').trim_end_matches([')', '）']);
        let parted = ["年级", "class", ".", "。", "-", "(", "（"].into_iter().find_map(|mark| text.split_once(mark));
        let (grade, class) = match parted {
            Some((grade, class)) => (grade, class.trim_start_matches(['(', '（'])),
            // 三2班, 初一3班: the grade ends where its word does.
            None => GRADES.into_iter().find_map(|(word, _)| Some((word, text.strip_prefix(word)?))).ok_or(())?,
        };
        let found = Self { grade: grade_of(grade.trim())?, class: number(class.trim())? };
        if (0..=12).contains(&found.grade) && (1..=99).contains(&found.class) { Ok(found) } else { Err(()) }
    }
}

/// Words for grades; those that begin with another one first.
const GRADES: [(&str, i64); 18] = [
    ("学前", 0),
    ("幼儿", 0),
    ("大班", 0),
    ("初一", 7),
    ("初二", 8),
    ("初三", 9),
    ("高一", 10),
    ("高二", 11),
    ("高三", 12),
    ("一", 1),
    ("二", 2),
    ("三", 3),
    ("四", 4),
    ("五", 5),
    ("六", 6),
    ("七", 7),
    ("八", 8),
    ("九", 9),
];

fn grade_of(text: &str) -> Result<i64, ()> {
    GRADES.into_iter().find(|(word, _)| *word == text).map_or_else(|| number(text), |(_, grade)| Ok(grade))
}

/// A number up to 99 in digits of either width, or as it is said: `12`, `１２`, `十二`.
fn number(text: &str) -> Result<i64, ()> {
    let digit = |c: char| "〇一二三四五六七八九".chars().position(|known| known == c).and_then(|at| i64::try_from(at).ok());
    let one = |text: &str| {
        let mut letters = text.chars();
        letters.next().and_then(digit).filter(|_| letters.next().is_none()).ok_or(())
    };
    if let Some((tens, ones)) = text.split_once('十') {
        let tens = if tens.is_empty() { 1 } else { one(tens)? };
        return Ok(10 * tens + if ones.is_empty() { 0 } else { one(ones)? });
    }
    if let Ok(found) = one(text) {
        return Ok(found);
    }
    let narrow = |c: char| u32::from(c).checked_sub(u32::from('０')).filter(|at| *at < 10).and_then(|at| char::from_digit(at, 10)).unwrap_or(c);
    text.chars().map(narrow).collect::<String>().parse().map_err(|_| ())
}

/// How far someone reaches in a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Not at all.
    Nothing,
    /// Records of children in these classes, or of these classes ([`Definition::by_class`]).
    Classes(Vec<Class>),
    /// The whole school.
    All,
}

impl Reach {
    /// Whether anything is reached.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::Nothing
    }

    /// Whether a child of this class is reached; a child without a class only by those who reach all.
    #[must_use]
    pub fn holds(&self, class: Option<Class>) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Classes(list) => class.is_some_and(|class| list.contains(&class)),
        }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Nothing, reach) | (reach, Self::Nothing) => reach,
            (Self::Classes(mut list), Self::Classes(more)) => {
                list.extend(more);
                list.sort_unstable();
                list.dedup();
                Self::Classes(list)
            }
        }
    }
}

/// A person who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Number.
    pub id: i64,
    /// What is typed to log in.
    pub login: String,
    /// Name, as it stands in records.
    pub name: String,
    /// What the person is.
    pub roles: BTreeSet<Role>,
    /// Own classes of a class teacher.
    pub classes: Vec<Class>,
    /// The password was set by somebody else: it is changed before anything else.
    pub must_change: bool,
    /// May not log in.
    pub disabled: bool,
}

impl Account {
    /// From the table; unknown roles and classes are left out.
    #[must_use]
    pub fn of(row: &AccountRow) -> Self {
        Self {
            id: row.id,
            login: row.login.clone(),
            name: row.name.clone(),
            roles: row.roles.split(',').filter_map(Role::from_code).collect(),
            classes: row.classes.split(',').filter_map(|text| text.parse().ok()).collect(),
            must_change: row.must_change,
            disabled: row.disabled.is_some(),
        }
    }

    /// Whether the person is this.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// May manage accounts and imports.
    #[must_use]
    pub fn administers(&self) -> bool {
        self.is(Role::Registrar)
    }

    /// May import files: rosters ([`Self::administers`]), or rows of ledgers as far as the person writes there.
    #[must_use]
    pub fn imports(&self) -> bool {
        [Role::Registrar, Role::AidOfficer, Role::ClassTeacher].iter().any(|role| self.is(*role))
    }

    /// Has to do with rolls: who takes them, and who asks whether they were taken.
    #[must_use]
    pub fn rolls(&self) -> bool {
        [Role::Registrar, Role::Principal, Role::ClassTeacher].iter().any(|role| self.is(*role))
    }

    /// What the person sees of a ledger.
    #[must_use]
    pub fn reads(&self, definition: &Definition) -> Reach {
        self.roles.iter().map(|role| self.read_as(*role, definition)).fold(Reach::Nothing, Reach::or)
    }

    /// What the person may add, correct and step in a ledger; never more than is seen, never what is the county's.
    #[must_use]
    pub fn writes(&self, definition: &Definition) -> Reach {
        if !definition.may_write(Authority::School) {
            return Reach::Nothing;
        }
        self.roles.iter().map(|role| self.write_as(*role, definition)).fold(Reach::Nothing, Reach::or)
    }

    /// The children the person sees at all: those of the whole school, or of the own classes.
    #[must_use]
    pub fn children(&self) -> Reach {
        match () {
            () if self.roles.iter().any(|role| *role != Role::ClassTeacher) => Reach::All,
            () if self.is(Role::ClassTeacher) => Reach::Classes(self.classes.clone()),
            () => Reach::Nothing,
        }
    }

    fn read_as(&self, role: Role, definition: &Definition) -> Reach {
        let aid = definition.sections.contains(&Section::StudentAid);
        match (role, definition.subject) {
            // Answers of surveys: whoever keeps them.
            (_, _) if definition.privacy == Privacy::C => self.write_as(role, definition),
            (Role::Registrar | Role::Principal, _) => Reach::All,
            (Role::AidOfficer, Subject::Student) if aid => Reach::All,
            (Role::AidOfficer, Subject::Student) => Reach::Nothing,
            (Role::ClassTeacher, Subject::Student) => Reach::Classes(self.classes.clone()),
            (Role::AidOfficer, _) if aid => Reach::All,
            // What the county keeps on single children (class B) names those of every class.
            (Role::AidOfficer | Role::ClassTeacher, _) if definition.privacy == Privacy::A => Reach::All,
            (Role::AidOfficer | Role::ClassTeacher, _) => Reach::Nothing,
        }
    }

    fn write_as(&self, role: Role, definition: &Definition) -> Reach {
        let aid = definition.sections.contains(&Section::StudentAid);
        let only_aid = aid && !definition.sections.contains(&Section::BasicEducation);
        match (role, definition.subject) {
            (Role::Registrar, _) if !only_aid => Reach::All,
            (Role::AidOfficer, _) if aid => Reach::All,
            (Role::ClassTeacher, Subject::Student) if !only_aid => Reach::Classes(self.classes.clone()),
            // The head of a roll, an activity, the log of the care room: day's work without a sign-off. What names a class is written by who has that class.
            (Role::ClassTeacher, Subject::School)
                if definition.privacy == Privacy::A
                    && definition.lifecycle.is_none()
                    && definition.sections.first() == Some(&Section::BasicEducation) =>
            {
                if definition.by_class() {
                    Reach::Classes(self.classes.clone())
                } else {
                    Reach::All
                }
            }
            (Role::Principal, Subject::School) if definition.lifecycle.is_some() => Reach::All,
            _ => Reach::Nothing,
        }
    }
}

/// Roles as they are kept.
#[must_use]
pub fn roles_text(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(",")
}

/// Classes as a person types them, `3.1 3.2`, `3(1)班、三（2）班` or `Grade 3 class 1, Grade 3 class 2`.
///
/// # Errors
/// `account-class` with the piece that is none.
pub fn classes(text: &str) -> Result<Vec<Class>, Fault> {
    let mut out = Vec::new();
    // A class in words holds blanks; elsewhere a blank parts one class from the next.
    let text = text.to_lowercase().replace("grade ", "").replace(" class ", ".").replace("年级 ", "年级");
    for piece in text.split([' ', ',', '，', '、', ';', '；', '\n', '\u{3000}']).filter(|piece| !piece.trim().is_empty()) {
        out.push(piece.parse::<Class>().map_err(|()| Fault::new("account-class", Exit::Input).with("text", piece))?);
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}

/// Classes as they are kept.
#[must_use]
pub fn classes_text(classes: &[Class]) -> String {
    classes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Catalogue;

    fn person(roles: &[Role]) -> Account {
        Account {
            id: 1,
            login: "t".into(),
            name: "老师".into(),
            roles: roles.iter().copied().collect(),
            classes: vec![Class { grade: 3, class: 2 }],
            must_change: false,
            disabled: false,
        }
    }

    fn definition(code: &str) -> std::sync::Arc<Definition> {
        std::sync::Arc::clone(Catalogue::embedded().latest(code).unwrap())
    }

    #[test]
    fn nobody_reaches_anything_without_a_role() {
        for definition in Catalogue::embedded().iter_latest() {
            assert_eq!(person(&[]).reads(definition), Reach::Nothing, "{}", definition.code);
            assert_eq!(person(&[]).writes(definition), Reach::Nothing, "{}", definition.code);
        }
    }

    #[test]
    fn nobody_writes_what_is_the_countys_or_what_is_not_seen() {
        for definition in Catalogue::embedded().iter_latest() {
            for role in Role::ALL {
                let person = person(&[role]);
                let (reads, writes) = (person.reads(definition), person.writes(definition));
                if !definition.may_write(Authority::School) {
                    assert_eq!(writes, Reach::Nothing, "{role:?} {}", definition.code);
                }
                assert!(!writes.any() || reads == Reach::All || reads == writes, "{role:?} {}: {reads:?} {writes:?}", definition.code);
            }
        }
    }

    #[test]
    fn a_class_teacher_reaches_the_own_class_only() {
        let teacher = person(&[Role::ClassTeacher]);
        let own = Reach::Classes(vec![Class { grade: 3, class: 2 }]);
        for code in ["enrolment", "dropout_check", "dropout_case", "care_log", "return_notice"] {
            assert_eq!(teacher.writes(&definition(code)), own, "{code}");
        }
        assert_eq!(teacher.reads(&definition("aid_payment")), own);
        for code in ["dossier", "work_item", "relay", "relay_answer", "comment"] {
            assert_eq!(teacher.reads(&definition(code)), Reach::Nothing, "{code} names children of every class");
        }
        assert_eq!(teacher.reads(&definition("aid_programme")), Reach::All);
        assert_eq!(teacher.writes(&definition("aid_payment")), Reach::Nothing);
        assert_eq!((teacher.reads(&definition("dropout_roll")), teacher.writes(&definition("dropout_roll"))), (Reach::All, own.clone()));
        assert_eq!(teacher.writes(&definition("activity")), Reach::All, "the school's, and no class's");
        assert_eq!(teacher.writes(&definition("monthly_report")), Reach::Nothing);
        assert!(own.holds(Some(Class { grade: 3, class: 2 })) && !own.holds(Some(Class { grade: 3, class: 1 })) && !own.holds(None));
    }

    #[test]
    fn the_aid_officer_and_the_registrar_keep_to_their_ledgers() {
        let (aid, registrar) = (person(&[Role::AidOfficer]), person(&[Role::Registrar]));
        assert_eq!(aid.writes(&definition("aid_application")), Reach::All);
        assert_eq!(aid.reads(&definition("care_log")), Reach::Nothing);
        assert_eq!(registrar.writes(&definition("aid_application")), Reach::Nothing);
        assert_eq!(registrar.reads(&definition("aid_application")), Reach::All);
        let both = person(&[Role::AidOfficer, Role::Registrar]);
        assert_eq!((both.writes(&definition("aid_application")), both.writes(&definition("dropout_case"))), (Reach::All, Reach::All));
    }

    #[test]
    fn the_principal_signs_and_does_not_keep_records() {
        let principal = person(&[Role::Principal]);
        assert_eq!(principal.writes(&definition("monthly_report")), Reach::All);
        assert_eq!(principal.writes(&definition("care_log")), Reach::Nothing);
        assert_eq!(principal.reads(&definition("care_log")), Reach::All);
    }

    #[test]
    fn classes_are_read_as_teachers_write_them() {
        let found = classes("3.2，3(1)班、4-1").unwrap();
        assert_eq!(classes_text(&found), "3.1,3.2,4.1");
        for text in [
            "3.2",
            "3-2",
            "3(2)班",
            "３（２）班",
            "三(2)班",
            "三（2）班",
            "三年级2班",
            "三年级 2班",
            "三年级二班",
            "三年级（2）班",
            "三2班",
            "三二班",
            "3年级2班",
            "Grade 3 class 2",
        ] {
            assert_eq!(classes_text(&classes(text).unwrap_or_else(|_| panic!("{text}"))), "3.2", "{text}");
        }
        for (text, kept) in [
            ("初二11班", "8.11"),
            ("高一十二班", "10.12"),
            ("学前1班", "0.1"),
            ("Grade 3 class 1, Grade 10 class 2", "3.1,10.2"),
            ("三年级十班", "3.10"),
        ] {
            assert_eq!(classes_text(&classes(text).unwrap_or_else(|_| panic!("{text}"))), kept, "{text}");
        }
        for text in ["三班", "3", "3.0", "3.100", "13.1", "年级2班", "三年级班", "三年级十十班", "wang"] {
            assert_eq!(classes(text).map(|_| ()).unwrap_err().code, "account-class", "{text}");
        }
        assert!(classes("  ").unwrap().is_empty());
    }
}
