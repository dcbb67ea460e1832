//! Why a text is no value of a field.

use crate::{
    fault::{Exit, Fault},
    ledger::definition::Bilingual,
    model::codes::IdNumberError,
};

/// Why what was written cannot be kept in a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is no value of the field {field}")]
pub struct ValueError {
    /// Code of the field.
    pub field: String,
    /// Its title.
    pub title: Box<Bilingual>,
    /// What was written, cut to 60 characters.
    pub text: String,
    /// What is wrong.
    #[source]
    pub problem: ValueProblem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// The definition has no such field.
    #[error("no such field")]
    UnknownField,
    /// The engine fills this field.
    #[error("the engine fills this field")]
    Derived,
    /// Not a number.
    #[error("not a number")]
    Number,
    /// More decimals than are kept.
    #[error("more than {places} decimals")]
    Decimals {
        /// Decimals kept.
        places: usize,
    },
    /// Below the least value.
    #[error("below {min}")]
    Small {
        /// Least value, as a person writes it.
        min: String,
    },
    /// Above the greatest value.
    #[error("above {max}")]
    Large {
        /// Greatest value, as a person writes it.
        max: String,
    },
    /// Neither yes nor no.
    #[error("neither yes nor no")]
    Bool,
    /// Not a date.
    #[error("not a date")]
    Date,
    /// A month and a day, but which year is not said; none is guessed.
    #[error("a date without its year")]
    DateYear,
    /// Not a month.
    #[error("not a month")]
    Month,
    /// Not a time of day.
    #[error("not a time of day")]
    Time,
    /// Not in the list.
    #[error("not one of the options")]
    Option {
        /// Codes and titles.
        options: Bilingual,
    },
    /// Too many characters.
    #[error("{length} characters, at most {max}")]
    Length {
        /// Characters written.
        length: usize,
        /// Characters allowed.
        max: usize,
    },
    /// Does not look as the definition wants it.
    #[error("does not match {pattern}")]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// Not an identity number.
    #[error("not an identity number")]
    IdNumber(#[source] IdNumberError),
    /// Not a number of another identity document.
    #[error("not a document number")]
    DocumentNumber,
    /// Not a telephone number.
    #[error("not a telephone number")]
    Phone,
    /// Not a record key of the ledger.
    #[error("not a record of {ledger}")]
    Ref {
        /// The ledger referred to.
        ledger: String,
    },
    /// Not an attachment.
    #[error("not an attachment")]
    File,
    /// The value's kind is not that of the field (written by another program).
    #[error("not a value of the field's type")]
    Kind,
}

impl ValueProblem {
    /// Key of the sentence in the message catalogue.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::UnknownField => "ledger-value-field",
            Self::Derived => "ledger-value-derived",
            Self::Number => "ledger-value-number",
            Self::Decimals { .. } => "ledger-value-decimals",
            Self::Small { .. } => "ledger-value-small",
            Self::Large { .. } => "ledger-value-large",
            Self::Bool => "ledger-value-bool",
            Self::Date => "ledger-value-date",
            Self::DateYear => "ledger-value-date-year",
            Self::Month => "ledger-value-month",
            Self::Time => "ledger-value-time",
            Self::Option { .. } => "ledger-value-option",
            Self::Length { .. } => "ledger-value-length",
            Self::Pattern { .. } => "ledger-value-pattern",
            Self::IdNumber(IdNumberError::Shape) => "ledger-value-idno-shape",
            Self::IdNumber(IdNumberError::Birth) => "ledger-value-idno-birth",
            Self::IdNumber(IdNumberError::Checksum) => "ledger-value-idno-checksum",
            Self::DocumentNumber => "ledger-value-document-number",
            Self::Phone => "ledger-value-phone",
            Self::Ref { .. } => "ledger-value-ref",
            Self::File => "ledger-value-file",
            Self::Kind => "ledger-value-kind",
        }
    }
}

impl ValueError {
    /// As a failure for a person: the field's title in both languages, what was written, and what was expected.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = Fault::new(self.problem.key(), Exit::Input)
            .with("field", &self.field)
            .with("title_zh", &self.title.zh)
            .with("title_en", &self.title.en)
            .with("text", &self.text);
        match &self.problem {
            ValueProblem::Decimals { places } => fault.with("places", places),
            ValueProblem::Small { min } => fault.with("min", min),
            ValueProblem::Large { max } => fault.with("max", max),
            ValueProblem::Option { options } => fault.with("titles_zh", &options.zh).with("titles_en", &options.en),
            ValueProblem::Length { length, max } => fault.with("length", length).with("max", max),
            ValueProblem::Pattern { pattern } => fault.with("pattern", pattern),
            ValueProblem::Ref { ledger } => fault.with("ledger", ledger),
            _ => fault,
        }
    }
}

impl From<&ValueError> for Fault {
    fn from(error: &ValueError) -> Self {
        error.fault()
    }
}

impl From<ValueError> for Fault {
    fn from(error: ValueError) -> Self {
        error.fault()
    }
}
