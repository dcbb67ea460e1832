//! Reasons why a row is rejected, and remarks about rows that are accepted. Codes are part of the command line's contract: they never
//! change their meaning. The sentence of a code is message `import-row-<code>`, with `.next` for what to do.

use crate::locale::{self, Lang};

/// A reason or a remark by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A needed cell is a formula without a kept value.
    FormulaNoValue,
    /// A needed cell shows `#N/A` or the like.
    CellError,
    /// A needed cell is longer than any real one.
    CellTooLong,
    /// No name.
    NameMissing,
    /// Digits, brackets or lost characters in the name.
    NameInvalid,
    /// Excel rounded the number: digits 16 to 18 are gone.
    IdLostDigits,
    /// A number of 15 digits, out of use since 2013.
    IdOldFifteen,
    /// Neither 18 characters nor a document of another kind.
    IdMalformed,
    /// The check character of GB 11643 does not fit.
    IdChecksum,
    /// It fits, but digits 7 to 14 are no date.
    IdBirthInvalid,
    /// A number is needed for this kind of document.
    IdMissing,
    /// No birth date, and no identity number to take it from.
    BirthMissing,
    /// Not a date, or not one that exists.
    BirthInvalid,
    /// After today: the file of a child is held to the same.
    BirthFuture,
    /// Before any birth date the file of a child takes.
    BirthTooEarly,
    /// Birth date and identity number disagree.
    BirthDisagreesWithId,
    /// No sex, and no identity number to take it from.
    SexMissing,
    /// Neither 男 nor 女.
    SexUnknown,
    /// Sex and identity number disagree.
    SexDisagreesWithId,
    /// No grade in any column.
    GradeMissing,
    /// Not a grade of a school; a kindergarten class in a school's roster.
    GradeUnknown,
    /// Grade column and class column disagree.
    GradeDisagreesWithClass,
    /// Not a class number.
    ClassUnknown,
    /// Neither boarder nor day pupil.
    BoardingUnknown,
    /// The same child as an earlier row.
    DuplicateRow,
    /// The number of an earlier row under another name.
    IdUsedTwice,

    /// Remark: digits 16 to 18 are 000, which fits but is rare.
    IdEndsInZeros,
    /// Remark: no identity number.
    IdAbsent,
    /// Remark: birth date, sex or both were taken from the number.
    TakenFromId,
    /// Remark: the student number names another identity number.
    StudentNumberDisagrees,
    /// Remark: not a student number; left out.
    StudentNumberOdd,
    /// Remark: no class.
    ClassMissing,
    /// Remark: Excel made a date of the class; read back.
    ClassWasDate,
    /// Remark: an empty cell under "boarder?" was taken for a day pupil.
    BoardingAssumed,
    /// Remark: no grade of a school of this stage.
    GradeNotTaught,
    /// Remark: a class number far beyond those there are.
    ClassUnusual,
    /// Remark: an ethnic group not in GB/T 3304, kept as typed.
    EthnicUnknown,
    /// Remark: hardship kept as "other" with its text.
    HardshipOther,
    /// Remark: 低保 without town or country, kept as rural.
    AllowanceRural,
    /// Remark: relation kept as "other" with its text.
    RelationOther,
    /// Remark: whether left behind is not clear, left empty.
    LeftBehindUnclear,
    /// Remark: the kind goes into the care profile.
    CareKind,
    /// Remark: one parent away, and whether the other one can care is not said.
    CareKindOpen,
    /// Remark: the care profile says another kind, and keeps it.
    CareKindKept,
    /// Remark: a phone of an unusual length, kept as typed.
    PhoneOdd,
    /// Remark: several numbers or other text, the first number kept.
    PhoneFirst,
    /// Remark: no number in the phone cell.
    PhoneUnreadable,
    /// Remark: the row names another school than this node's.
    SchoolDiffers,
    /// Remark: an age rare in this grade.
    AgeUnusual,
    /// Remark: same name and birth date as an earlier row, another number.
    MaybeSameChild,
    /// Remark: a cell that is not needed cannot be read and was left out.
    CellLeftOut,
    /// Remark: what a cell that is not needed says is not understood, and was left out.
    ValueLeftOut,
    /// Remark: a child with this name, sex and birth date is on file without an identity number.
    MaybeKnownChild,
    /// Remark: taken for the child on file with this name, sex and birth date, who has an identity number.
    KnownChild,
}

impl Reason {
    /// All of them, for the test that each has its sentence.
    pub const ALL: &'static [Self] = &[
        Self::FormulaNoValue,
        Self::CellError,
        Self::CellTooLong,
        Self::NameMissing,
        Self::NameInvalid,
        Self::IdLostDigits,
        Self::IdOldFifteen,
        Self::IdMalformed,
        Self::IdChecksum,
        Self::IdBirthInvalid,
        Self::IdMissing,
        Self::BirthMissing,
        Self::BirthInvalid,
        Self::BirthFuture,
        Self::BirthTooEarly,
        Self::BirthDisagreesWithId,
        Self::SexMissing,
        Self::SexUnknown,
        Self::SexDisagreesWithId,
        Self::GradeMissing,
        Self::GradeUnknown,
        Self::GradeDisagreesWithClass,
        Self::ClassUnknown,
        Self::BoardingUnknown,
        Self::DuplicateRow,
        Self::IdUsedTwice,
        Self::IdEndsInZeros,
        Self::IdAbsent,
        Self::TakenFromId,
        Self::StudentNumberDisagrees,
        Self::StudentNumberOdd,
        Self::ClassMissing,
        Self::ClassWasDate,
        Self::BoardingAssumed,
        Self::GradeNotTaught,
        Self::ClassUnusual,
        Self::EthnicUnknown,
        Self::HardshipOther,
        Self::AllowanceRural,
        Self::RelationOther,
        Self::LeftBehindUnclear,
        Self::CareKind,
        Self::CareKindOpen,
        Self::CareKindKept,
        Self::PhoneOdd,
        Self::PhoneFirst,
        Self::PhoneUnreadable,
        Self::SchoolDiffers,
        Self::AgeUnusual,
        Self::MaybeSameChild,
        Self::CellLeftOut,
        Self::ValueLeftOut,
        Self::MaybeKnownChild,
        Self::KnownChild,
    ];

    /// Kebab-case code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::FormulaNoValue => "formula-no-value",
            Self::CellError => "cell-error",
            Self::CellTooLong => "cell-too-long",
            Self::NameMissing => "name-missing",
            Self::NameInvalid => "name-invalid",
            Self::IdLostDigits => "id-lost-digits",
            Self::IdOldFifteen => "id-old-15-digits",
            Self::IdMalformed => "id-malformed",
            Self::IdChecksum => "id-checksum",
            Self::IdBirthInvalid => "id-birth-invalid",
            Self::IdMissing => "id-missing",
            Self::BirthMissing => "birth-missing",
            Self::BirthInvalid => "birth-invalid",
            Self::BirthFuture => "birth-future",
            Self::BirthTooEarly => "birth-too-early",
            Self::BirthDisagreesWithId => "birth-disagrees-with-id",
            Self::SexMissing => "sex-missing",
            Self::SexUnknown => "sex-unknown",
            Self::SexDisagreesWithId => "sex-disagrees-with-id",
            Self::GradeMissing => "grade-missing",
            Self::GradeUnknown => "grade-unknown",
            Self::GradeDisagreesWithClass => "grade-disagrees-with-class",
            Self::ClassUnknown => "class-unknown",
            Self::BoardingUnknown => "boarding-unknown",
            Self::DuplicateRow => "duplicate-row",
            Self::IdUsedTwice => "id-used-twice",
            Self::IdEndsInZeros => "id-ends-in-zeros",
            Self::IdAbsent => "id-absent",
            Self::TakenFromId => "taken-from-id",
            Self::StudentNumberDisagrees => "student-number-disagrees",
            Self::StudentNumberOdd => "student-number-odd",
            Self::ClassMissing => "class-missing",
            Self::ClassWasDate => "class-was-date",
            Self::BoardingAssumed => "boarding-assumed",
            Self::GradeNotTaught => "grade-not-taught",
            Self::ClassUnusual => "class-unusual",
            Self::EthnicUnknown => "ethnic-unknown",
            Self::HardshipOther => "hardship-other",
            Self::AllowanceRural => "allowance-rural",
            Self::RelationOther => "relation-other",
            Self::LeftBehindUnclear => "left-behind-unclear",
            Self::CareKind => "care-kind",
            Self::CareKindOpen => "care-kind-open",
            Self::CareKindKept => "care-kind-kept",
            Self::PhoneOdd => "phone-odd",
            Self::PhoneFirst => "phone-first",
            Self::PhoneUnreadable => "phone-unreadable",
            Self::SchoolDiffers => "school-differs",
            Self::AgeUnusual => "age-unusual",
            Self::MaybeSameChild => "maybe-same-child",
            Self::CellLeftOut => "cell-left-out",
            Self::ValueLeftOut => "value-left-out",
            Self::MaybeKnownChild => "maybe-known-child",
            Self::KnownChild => "known-child",
        }
    }
}

/// A reason with its particulars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which.
    pub reason: Reason,
    /// By name; shown to the person whose file it is, never logged.
    pub args: Vec<(&'static str, String)>,
}

impl Problem {
    /// Without particulars yet.
    #[must_use]
    pub fn new(reason: Reason) -> Self {
        Self { reason, args: Vec::new() }
    }

    /// Adds a particular.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// Particulars of a message. Column names are looked up in the reader's language.
    fn sentence(&self, lang: Lang, attribute: &str) -> Option<String> {
        let found = if self.args.iter().any(|(name, _)| *name == "found") { "-found" } else { "" };
        let key = format!("import-row-{}{found}{attribute}", self.reason.code());
        let named: Vec<(&str, String)> = self
            .args
            .iter()
            .map(|(name, value)| {
                (
                    *name,
                    if *name == "column" { locale::text(lang, &format!("import-column-{}", value.replace('_', "-")), &[]) } else { value.clone() },
                )
            })
            .collect();
        let args: Vec<(&str, &str)> = named.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = locale::text(lang, &key, &args);
        (text != key).then_some(text)
    }

    /// Fields of the profile it is about, to mark their cells.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        let named = self.args.iter().find(|(name, _)| *name == "column").map(|(_, column)| column.as_str());
        match (named, self.reason) {
            (Some(column), _) => vec![column],
            (None, Reason::NameMissing | Reason::NameInvalid) => vec!["name"],
            (None, Reason::BirthMissing | Reason::BirthInvalid | Reason::BirthFuture | Reason::BirthTooEarly) => vec!["birth"],
            (None, Reason::BirthDisagreesWithId) => vec!["birth", "id_no"],
            (None, Reason::SexMissing | Reason::SexUnknown) => vec!["sex"],
            (None, Reason::SexDisagreesWithId) => vec!["sex", "id_no"],
            (None, Reason::GradeMissing | Reason::GradeUnknown | Reason::GradeDisagreesWithClass) => vec!["grade", "class"],
            (None, Reason::ClassUnknown) => vec!["class"],
            (None, Reason::BoardingUnknown) => vec!["boarding"],
            (None, Reason::DuplicateRow | Reason::IdUsedTwice) => vec!["name", "id_no"],
            (
                None,
                Reason::IdLostDigits | Reason::IdOldFifteen | Reason::IdMalformed | Reason::IdChecksum | Reason::IdBirthInvalid | Reason::IdMissing,
            ) => vec!["id_no"],
            _ => Vec::new(),
        }
    }

    /// What is wrong, as a sentence.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        self.sentence(lang, "").unwrap_or_else(|| self.reason.code().to_owned())
    }

    /// The one act that mends it, if there is one.
    #[must_use]
    pub fn next(&self, lang: Lang) -> Option<String> {
        self.sentence(lang, ".next")
    }
}
