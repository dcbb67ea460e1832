//! Why a pasted line has no place in the grid, as [`super::plan`] found it, and what to do about it.

use crate::fault::{Exit, Fault};

/// Nothing is wrong with a line that has no place: it only has to be pasted another way.
pub(super) fn is_sound(trouble: &str) -> bool {
    matches!(trouble, "several" | "twice")
}

/// Why a row has no place in the grid; `None`: it has one.
pub(super) fn no_place(trouble: &str, child: &str) -> Option<Fault> {
    let key = match trouble {
        "" => return None,
        "several" => "grid-several",
        "namesakes" => "grid-namesakes",
        "twice" => "grid-twice",
        "differ" => "grid-differ",
        "away" => "grid-away",
        "nobody" => "grid-no-child",
        _ => "grid-no-row",
    };
    Some(Fault::new(key, Exit::Input).with("ref", child))
}
