//! What went wrong, as a repair instruction: a code, its particulars and an exit code. The sentence and the next command are looked up in
//! the reader's language ([`crate::locale`], `shared/locales/*/*.ftl`: message `<code>` with attribute `.next`), in one place.
//!
//! Libraries have typed errors of their own; each offers a conversion into a [`Fault`] for the rim (command line, local socket, desks).

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, io};

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
    /// What lies behind it; its sentence is the particular `detail`, so that a system's English never stands in a Chinese sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Fault>>,
}

impl Fault {
    /// A failure with no particulars yet.
    #[must_use]
    pub fn new(code: &'static str, exit: Exit) -> Self {
        Self { code: Cow::Borrowed(code), args: Vec::new(), exit, details: Vec::new(), cause: None }
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

    /// Says what lies behind it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Self>) -> Self {
        self.cause = Some(Box::new(cause.into()));
        self
    }

    /// A mistake of ours, with what is known of it.
    #[must_use]
    pub fn internal(detail: impl fmt::Display) -> Self {
        Self::new("internal", Exit::Internal).with("detail", detail)
    }
}

/// The system's refusals that a person meets, by name; any other by its number.
impl From<&io::Error> for Fault {
    fn from(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        let code = match error.kind() {
            Kind::NotFound => "system-not-found",
            Kind::PermissionDenied => "system-permission",
            Kind::AlreadyExists => "system-exists",
            Kind::NotADirectory => "system-not-a-directory",
            Kind::IsADirectory => "system-is-a-directory",
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => "system-full",
            Kind::ReadOnlyFilesystem => "system-read-only",
            Kind::AddrInUse => "system-address-in-use",
            Kind::AddrNotAvailable => "system-address-not-here",
            Kind::ConnectionRefused | Kind::ConnectionReset | Kind::BrokenPipe | Kind::UnexpectedEof => "system-broken-off",
            Kind::TimedOut | Kind::WouldBlock => "system-timeout",
            Kind::InvalidData => "system-not-utf8",
            Kind::InvalidFilename => "system-name-too-long",
            _ => "system-other",
        };
        let number = error.raw_os_error().map_or_else(|| "-".to_owned(), |number| number.to_string());
        Self::new(code, Exit::Storage).with("number", number)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

/// Where a JSON file of ours is damaged, and what was expected there.
impl From<&serde_json::Error> for Fault {
    fn from(error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let text = error.to_string();
        let field = text.split('`').nth(1).unwrap_or_default();
        let code = match error.classify() {
            Category::Eof => "json-cut-off",
            Category::Data if text.starts_with("missing field") => "json-field-missing",
            Category::Data if text.starts_with("unknown field") => "json-field-unknown",
            Category::Data => "json-value",
            Category::Syntax | Category::Io => "json-syntax",
        };
        Self::new(code, Exit::Storage).with("line", error.line()).with("column", error.column()).with("field", field)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::from(&error)
    }
}

impl Fault {
    /// What a TOML reader says is wrong (its English `message`), as one of ours.
    #[must_use]
    pub fn of_toml(message: &str) -> Self {
        let (said, expected) = message.split_once("expected ").unwrap_or((message, ""));
        let named = |text: &str| text.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        let code = match said {
            _ if said.starts_with("duplicate") => "toml-twice",
            _ if said.starts_with("string values must be quoted") => "toml-unquoted",
            _ if said.starts_with("unclosed") || said.starts_with("invalid basic string") || said.starts_with("invalid literal string") => {
                "toml-unclosed"
            }
            _ if said.starts_with("key with no value") || said.starts_with("missing") && !said.starts_with("missing field") => "toml-incomplete",
            _ if said.starts_with("unknown field") => "toml-field-unknown",
            _ if said.starts_with("missing field") => "toml-field-missing",
            _ if said.starts_with("unknown variant") => "toml-word-unknown",
            _ if said.starts_with("invalid type") => "toml-type",
            _ => "toml-other",
        };
        Self::new(code, Exit::Input).with("name", named(said)).with("expected", named(expected))
    }
}

impl fmt::Display for Fault {
    /// For logs only; a person reads [`crate::locale::fault`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        self.args.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))?;
        self.cause.iter().try_for_each(|cause| write!(f, " because {cause}"))
    }
}

impl std::error::Error for Fault {}
