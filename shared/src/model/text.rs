//! Characters that nobody sees and that change what others look like.

/// A character that turns the direction of the text after it (`U+202A`–`U+202E`, `U+2066`–`U+2069`): with one, `gpj.exe` reads as `exe.jpg`, and one name as another.
#[must_use]
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A character that has no place in a name: control characters, and those that [`turns`].
#[must_use]
pub fn hidden(c: char) -> bool {
    c.is_control() || turns(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_every_script_are_seen_and_what_turns_them_is_not() {
        assert!("王小明 Ayşe ئايشە བཀྲ·a\u{200f}".chars().all(|c| !hidden(c)));
        assert!("\0\u{1b}\u{85}\u{202e}\u{2066}".chars().all(hidden));
    }
}
