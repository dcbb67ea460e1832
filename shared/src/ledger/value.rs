//! What a person wrote, or what a cell of an office file holds, as a [`Value`]; and a value as a person reads it.
//!
//! Invariants: a value that was read passes [`fits`]; `show` then `read` gives the same value for every type but free text in quotes.
//! An option code that is not known here is kept (a later version may know it) and reported as a warning. Nothing here looks records up:
//! a shortened record key is completed by whoever holds the store, before it comes here.

mod error;
mod read;
mod scan;
mod show;

pub use error::{ValueError, ValueProblem};
pub use read::{Reading, Unknown, fits, not_an_option, read, read_all};
pub use show::{show, show_value};

use super::definition::{Definition, Field, FieldType, OptionsRef};
use crate::document::view::Value;
use jiff::civil::Date;

/// A date in any of the styles of the format's type table; `None` if it is none.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    scan::date(text)
}

/// `[a-z0-9_]+` of at most 64 characters: could be an option code of another version.
#[must_use]
pub fn looks_like_code(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A literal of the definition file itself: a default, or what a condition compares with. Limits are not applied; an option must be in the
/// file's own list, and merely look like a code if the list stands in another file (the catalogue checks that).
pub(super) fn literal(definition: &Definition, field: &Field, text: &str) -> Option<Value> {
    let list = match &field.options {
        Some(OptionsRef::Own(name)) => Some(definition.option_list(name)?),
        Some(OptionsRef::Other { .. }) | None => None,
    };
    match field.kind {
        FieldType::Choice | FieldType::Flags => {
            let known = list.map_or_else(|| looks_like_code(text), |list| list.choice(text).is_some());
            known.then(|| Value::Str(text.to_owned()))
        }
        FieldType::Ref | FieldType::Idno | FieldType::Phone | FieldType::File => Some(Value::Str(text.to_owned())),
        _ => read::plain(field, text).ok(),
    }
}

#[cfg(test)]
mod tests;
