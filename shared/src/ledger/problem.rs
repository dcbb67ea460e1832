//! What is wrong with a definition file, by line. The sentences stand in `locales/*/ledger.ftl` under the code.

use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
};
use std::borrow::Cow;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Key of the sentence in the message catalogue.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}
pub(super) use codes;

codes! {
    /// Kinds of mistake in a definition file.
    ProblemCode {
        /// Not TOML. `detail`.
        Toml = "ledger-toml",
        /// Longer than a definition may be. `max` bytes.
        TooLarge = "ledger-too-large",
        /// A key the format does not know. `key`, `expected`.
        KeyUnknown = "ledger-key-unknown",
        /// A required key is absent. `key`.
        KeyMissing = "ledger-key-missing",
        /// Another kind of TOML value was expected. `key`, `expected`, `found`.
        KindWrong = "ledger-kind-wrong",
        /// A text lacks a language. `key`, `language`.
        LanguageMissing = "ledger-language-missing",
        /// Not one of the words allowed here. `key`, `value`, `expected`.
        WordUnknown = "ledger-word-unknown",
        /// Not `[a-z][a-z0-9_]*`, or too long. `value`.
        CodeMalformed = "ledger-code-malformed",
        /// A name of the engine or of the condition language. `value`.
        CodeReserved = "ledger-code-reserved",
        /// Declared twice. `value`, `first` (line).
        CodeDuplicate = "ledger-code-duplicate",
        /// Out of the range allowed for this key. `key`, `min`, `max`.
        NumberRange = "ledger-number-range",
        /// Only `enrolment` may be a profile. No particulars.
        ProfileOther = "ledger-profile-other",
        /// A profile has no lifecycle, parent, or frequency. `key`.
        ProfilePart = "ledger-profile-part",
        /// A county ledger lives in a county space, others do not. `space`.
        SpaceWrong = "ledger-space-wrong",
        /// A choice or flags field names no list. `field`.
        OptionsMissing = "ledger-options-missing",
        /// The named list does not exist. `list`, `expected`.
        OptionsUnknown = "ledger-options-unknown",
        /// A list without options. `list`.
        OptionsEmpty = "ledger-options-empty",
        /// The key has no sense for this type. `key`, `type`.
        KeyMisplaced = "ledger-key-misplaced",
        /// A `ref` field names no ledger. `field`.
        RefMissing = "ledger-ref-missing",
        /// min is above max. No particulars.
        BoundsCrossed = "ledger-bounds-crossed",
        /// Not a date. `value`.
        DateMalformed = "ledger-date-malformed",
        /// Not a pattern. `value`, `detail`.
        PatternMalformed = "ledger-pattern-malformed",
        /// The default is no value of the field. `value`.
        DefaultUnreadable = "ledger-default-unreadable",
        /// `required` is none of its four forms. `value`.
        RequiredMalformed = "ledger-required-malformed",
        /// `copy_of` is not `<ledger>.<field>`. `value`.
        CopyMalformed = "ledger-copy-malformed",
        /// No such step. `step`, `expected`.
        StepUnknown = "ledger-step-unknown",
        /// No such field. `field`.
        FieldUnknown = "ledger-field-unknown",
        /// No such state. `state`, `expected`.
        StateUnknown = "ledger-state-unknown",
        /// No step leads there. `state`.
        StateUnreachable = "ledger-state-unreachable",
        /// In the usual way no step leads there from the state before it. `state`, `before`.
        UsualBroken = "ledger-usual-broken",
        /// A condition does not parse. `at` (character), `expected`.
        ConditionMalformed = "ledger-condition-malformed",
        /// A condition is too long or too deep. `max`.
        ConditionLong = "ledger-condition-long",
        /// A literal in a condition is no value of the field. `field`, `value`.
        ConditionValue = "ledger-condition-value",
        /// A bare name is both an option and a field. `value`.
        ConditionAmbiguous = "ledger-condition-ambiguous",
        /// `has` needs a flags field. `field`.
        ConditionHas = "ledger-condition-has",
        /// The parent must be a `ref` field. `field`.
        ParentNotRef = "ledger-parent-not-ref",
        /// A rule substitutes an unknown name. `value`, `expected`.
        SubstituteUnknown = "ledger-substitute-unknown",
        /// A rule sets an impossible value. `field`, `value`.
        RuleValue = "ledger-rule-value",
        /// A ledger named here does not exist. `ledger`.
        LedgerUnknown = "ledger-ledger-unknown",
        /// The other ledger has no such list. `ledger`, `list`, `expected`.
        OtherListUnknown = "ledger-other-list-unknown",
        /// The other ledger has no such field. `ledger`, `field`.
        OtherFieldUnknown = "ledger-other-field-unknown",
        /// The copied field has another type. `field`, `type`.
        CopyType = "ledger-copy-type",
        /// The new version is not above the old. `old`.
        VersionNotRaised = "ledger-version-not-raised",
        /// The head of a ledger never changes. `key`, `old`.
        HeadChanged = "ledger-head-changed",
        /// A field was taken out. `field`.
        FieldRemoved = "ledger-field-removed",
        /// A field's type changed. `field`, `old`.
        FieldRetyped = "ledger-field-retyped",
        /// An option or a list was taken out. `list`, `option`.
        OptionRemoved = "ledger-option-removed",
        /// A state was taken out. `state`.
        StateRemoved = "ledger-state-removed",
        /// A step was taken out. `step`.
        StepRemoved = "ledger-step-removed",
    }
}

/// One mistake in a definition file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What kind of mistake.
    pub code: ProblemCode,
    /// Particulars by name.
    pub args: Vec<(&'static str, String)>,
}

impl Problem {
    /// As a failure for a person; `line` and `column` are particulars too.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = Fault::new(self.code.key(), Exit::Input).with("line", self.line).with("column", self.column);
        self.args.iter().fold(fault, |fault, (name, value)| match self.code {
            ProblemCode::Toml if *name == "detail" => fault.because(Fault::of_toml(value)),
            _ => fault.with(name, value),
        })
    }

    /// The sentence, with its line, in one language.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> String {
        locale::fault(lang, &self.fault()).0
    }
}

impl From<&Problem> for Fault {
    fn from(problem: &Problem) -> Self {
        problem.fault()
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        problem.fault()
    }
}

impl std::fmt::Display for Problem {
    /// For logs; a person reads [`Problem::sentence`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{} {}", self.line, self.column, self.code.key())?;
        self.args.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

/// Words joined for a message: `a, b, c`, at most 30 of them.
pub(super) fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN_MAX: usize = 30;
    let mut words = words.into_iter();
    let shown: Vec<&str> = words.by_ref().take(SHOWN_MAX).collect();
    let more = if words.next().is_some() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// What someone wrote, cut to a length that fits a message.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    const SHOWN_MAX: usize = 60;
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}
