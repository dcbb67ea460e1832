//! What went wrong, as a repair instruction: a code, its particulars and an exit code. The sentence and the next command are looked up in
//! the reader's language ([`crate::locale`], `shared/locales/*/*.ftl`: message `<code>` with attribute `.next`), in one place.
//!
//! Libraries have typed errors of their own; each offers a conversion into a [`Fault`] for the rim (command line, local socket, desks).

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// Documented exit codes (docs/commands.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Exit {
    /// Something was found wrong that was asked about: rows rejected, a check failed, conflicts open.
    Found = 1,
    /// The command line itself is wrong (clap's own code).
    Usage = 2,
    /// Input refused: a value, a file, a definition.
    Input = 3,
    /// Nothing matches, or several do.
    NoMatch = 4,
    /// Not allowed: a step, another's record, a county-owned field.
    NotAllowed = 5,
    /// The other side cannot be reached.
    Unreachable = 6,
    /// Who we are or who they are: token, certificate, county, revocation.
    Identity = 7,
    /// Disk, database, key, lock, configuration.
    Storage = 8,
    /// Versions do not meet.
    Version = 9,
    /// A mistake of ours.
    Internal = 10,
}

/// A failure to be shown to a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Message key, kebab-case: `student-ref-none`.
    pub code: Cow<'static, str>,
    /// Particulars by name; never names of children, identity numbers or tokens unless the person typed them just now.
    pub args: Vec<(Cow<'static, str>, String)>,
    /// Exit code of the command.
    pub exit: Exit,
    /// What it consists of, when it is several: fields, lines of a file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Fault>,
}

impl Fault {
    /// A failure with no particulars yet.
    #[must_use]
    pub fn new(code: &'static str, exit: Exit) -> Self {
        Self { code: Cow::Borrowed(code), args: Vec::new(), exit, details: Vec::new() }
    }

    /// Adds a particular.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((Cow::Borrowed(name), value.to_string()));
        self
    }

    /// Adds what it consists of.
    #[must_use]
    pub fn of(mut self, details: impl IntoIterator<Item = Self>) -> Self {
        self.details.extend(details);
        self
    }

    /// A mistake of ours, with what is known of it.
    #[must_use]
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new("internal", Exit::Internal).with("detail", detail)
    }
}

impl fmt::Display for Fault {
    /// For logs only; a person reads [`crate::locale::fault`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.args.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl std::error::Error for Fault {}
