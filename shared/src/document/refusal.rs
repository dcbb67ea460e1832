//! Why a change is not let in. Every reason has a code, and every code a sentence in Chinese and English (`shared/locales/*/document.ftl`).
//!
//! Invariant: codes stand on the wire (a receipt names them) and in quarantine; they are never renamed or given another meaning.

use crate::fault::{Exit, Fault};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident => $code:literal,)*) => {
        /// Why a change is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Refusal {
            $($(#[$doc])* $name,)*
        }

        impl Refusal {
            /// All of them, for tests of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Kebab-case code, also the key of its sentence.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// The reason behind a code that came over the wire or out of quarantine; `None` for a code of another room or a newer release.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|refusal| refusal.code() == code)
            }
        }
    };
}

refusals! {
    /// The constant first change of every document, or one in its writer's name: every replica has it and it is never shipped.
    Genesis => "genesis",
    /// More than [`super::keys::CHANGE_BYTES_MAX`] bytes.
    TooLarge => "change-too-large",
    /// Not an uncompressed change chunk: another kind of chunk, or a compressed one.
    NotAChange => "change-wrong-kind",
    /// The checksum does not match the bytes.
    Checksum => "change-checksum",
    /// The bytes break the format: cut short, numbers too long, columns that do not add up, text that is not UTF-8.
    Malformed => "change-malformed",
    /// An actor that is not 16 bytes, is named twice, out of order or never used.
    Actors => "change-actors",
    /// A message or bytes behind the columns: nobody would ever see them.
    Hidden => "change-hidden-content",
    /// More operations than one change may have.
    TooManyOperations => "change-too-many-operations",
    /// More superseded values than one change may name, or named out of order.
    Predecessors => "change-predecessors",
    /// No dependency at all, too many, or one named twice.
    Dependencies => "change-dependencies",
    /// A writer's time before 1970 or so far off that Automerge cannot keep it.
    Time => "change-time",
    /// A list, text or mark operation.
    ListOperation => "change-list-operation",
    /// A delete, an increment, or an object that is no map.
    Action => "change-action",
    /// A value that is no text, whole number, yes/no or null.
    ValueType => "change-value-type",
    /// A text longer than allowed.
    ValueTooLong => "change-value-too-long",
    /// A key too long, empty, with control characters, or not of the form its place asks for.
    Key => "change-key",
    /// A map made where none belongs, twice in one change, or over something.
    MapMisplaced => "change-map-misplaced",
    /// A record without its map of steps.
    RecordWithoutSteps => "change-record-without-steps",
    /// A scalar where none belongs: beside records, beside steps, at the root.
    ScalarMisplaced => "change-scalar-misplaced",
    /// A step of an earlier change is altered; steps are only ever appended.
    StepAltered => "change-step-altered",
    /// Operation numbers that do not follow on from what the change depends on.
    OperationNumbers => "change-operation-numbers",
    /// Sequence numbers of the writer that leave something out, or do not build on the writer's own change before.
    SequenceGap => "change-sequence-gap",
    /// The same place in a writer's sequence, taken by another change: a copied or restored key, or a lie.
    Equivocation => "equivocation",
    /// A change in the name of a rule that no rule makes.
    RuleForged => "rule-forged",
    /// It writes into an object that it cannot know.
    ObjectMissing => "change-object-missing",
    /// It supersedes a value that is not there.
    PredecessorMissing => "change-predecessor-missing",
    /// Automerge failed on it.
    MergeFailed => "change-merge-failed",
    /// The document with it could not be saved and loaded again.
    NotReloadable => "change-not-reloadable",
    /// It builds on a change that was refused.
    DependsOnRefused => "depends-on-refused",
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code(), Exit::Input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::{Lang, fault};

    #[test]
    fn every_refusal_has_a_sentence_and_a_next_step_in_both_languages() {
        for refusal in Refusal::ALL {
            let (zh, zh_next) = fault(Lang::Zh, &Fault::from(*refusal));
            let (en, en_next) = fault(Lang::En, &Fault::from(*refusal));
            assert!(zh.chars().any(|c| c > '\u{4e00}'), "{refusal}: {zh}");
            assert!(zh != en && en.contains(' ') && en.is_ascii(), "{refusal}: {en}");
            assert!(zh_next.is_some() && en_next.is_some() && zh_next != en_next, "{refusal}");
            assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
        }
        assert_eq!(Refusal::from_code("unheard-of"), None);
    }
}
