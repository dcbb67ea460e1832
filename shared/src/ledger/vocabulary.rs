//! The closed sets of words in a definition file, each as an enum with its word in the file.

/// A small closed set of words in the format; gives parsing, the list of words for messages, and the way back.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// The words as written in the file, in order.
            pub const WORDS: &'static [&'static str] = &[$($text),+];

            /// From its word.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// Its word.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

words! {
    /// Whose document holds the records.
    Subject {
        /// A student's document of one school year.
        Student = "student",
        /// A school's document of one school year.
        School = "school",
        /// The county's documents.
        County = "county",
    }
}
words! {
    /// How many records a subject has.
    Form {
        /// Any number, each under its own key.
        Records = "records",
        /// Exactly one, as scalars in `subject`.
        Profile = "profile",
    }
}
words! {
    /// Among which records of a subject one that is alike is asked about.
    Within {
        /// Those of the same day.
        Day = "day",
        /// Those of the same term.
        Term = "term",
        /// Those of the same school year.
        Year = "year",
        /// Those whose lifecycle is not over.
        Open = "open",
    }
}
words! {
    /// Who may create and edit records.
    Owner {
        /// The school.
        School = "school",
        /// The county; read-only at schools.
        County = "county",
        /// Either.
        Both = "both",
    }
}
words! {
    /// Privacy class (DOMAIN §7): A the school's scope, B named minors' detail, C fewest.
    Privacy {
        /// Seen in the school's scope.
        A = "A",
        /// Detail about named minors.
        B = "B",
        /// Counselling, health, court, crisis.
        C = "C",
    }
}
words! {
    /// How often a subject is expected to have a record.
    Period {
        /// Once a term.
        Term = "term",
        /// Once a school year.
        Year = "year",
        /// Once a month.
        Month = "month",
        /// Once a week.
        Week = "week",
    }
}
words! {
    /// Side that wrote something.
    Authority {
        /// A school's node.
        School = "school",
        /// The county's hub.
        County = "county",
    }
}
words! {
    /// Who may take a step.
    StepAuthority {
        /// The school only.
        School = "school",
        /// The county only.
        County = "county",
        /// Either.
        Any = "any",
        /// The other school that the record names (`[relay]`), never the one it lies at: the county writes it down on that school's word, so it is by origin the county's.
        Other = "other",
    }
}
words! {
    /// Who within the school takes a step; the desk asks for it.
    SchoolRole {
        /// 学籍管理员.
        Registrar = "registrar",
        /// 资助专干.
        AidOfficer = "aid_officer",
        /// 班主任.
        ClassTeacher = "class_teacher",
        /// 校长.
        Principal = "principal",
    }
}
words! {
    /// How days are counted.
    DayUnit {
        /// Every day.
        Calendar = "calendar",
        /// Monday to Friday less the calendar's holidays, plus its make-up days.
        Working = "working",
    }
}
words! {
    /// What a rule watches for.
    RuleKind {
        /// Consecutive school days with one of the values.
        AbsentRun = "absent_run",
        /// The field has one of the values.
        Field = "field",
    }
}
words! {
    /// Bureau section that works with a ledger (DOMAIN §1).
    Section {
        /// 基础教育科.
        BasicEducation = "basic_education",
        /// 学生资助中心.
        StudentAid = "student_aid",
        /// 规划财务科.
        PlanningFinance = "planning_finance",
        /// 人事科.
        Personnel = "personnel",
        /// 教师工作科.
        Teachers = "teachers",
        /// 职教科.
        Vocational = "vocational",
        /// 装备中心.
        Equipment = "equipment",
        /// 法规科.
        Regulations = "regulations",
        /// 体育服务中心.
        Sports = "sports",
        /// 办公室.
        Office = "office",
    }
}
words! {
    /// Type of a field: what is kept and how it is written (docs/ledger-format.md, "Types").
    FieldType {
        /// One line of text.
        Text = "text",
        /// Text with line breaks.
        Long = "long",
        /// Whole number.
        Int = "int",
        /// Tenths.
        Dec1 = "dec1",
        /// Fen.
        Money = "money",
        /// Hundredths of a percent.
        Pct = "pct",
        /// Yes or no.
        Bool = "bool",
        /// `YYYY-MM-DD`.
        Date = "date",
        /// `YYYY-MM`.
        Month = "month",
        /// `HH:MM`.
        Time = "time",
        /// One option code.
        Choice = "choice",
        /// Several option codes, a boolean key each.
        Flags = "flags",
        /// Identity number.
        Idno = "idno",
        /// Digits of a telephone number.
        Phone = "phone",
        /// Village code or free text.
        Village = "village",
        /// Staff member or free text.
        Person = "person",
        /// School code or free text.
        School = "school",
        /// Student or free text.
        Student = "student",
        /// Record key.
        Ref = "ref",
        /// Attachment.
        File = "file",
    }
}

impl FieldType {
    /// Kept as a whole number.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Dec1 | Self::Money | Self::Pct)
    }
}

impl StepAuthority {
    /// Whether a step written by `side` counts.
    #[must_use]
    pub fn allows(self, side: Authority) -> bool {
        matches!((self, side), (Self::Any, _) | (Self::School, Authority::School) | (Self::County | Self::Other, Authority::County))
    }
}
