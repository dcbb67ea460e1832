//! Passwords: argon2id with OWASP's parameters for little memory (7 MiB, 5 passes). One at a time, so that many logins at once do not take the memory of a small machine.

use crate::{
    clock::Clock,
    fault::{Exit, Fault},
};
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{Salt, SaltString},
};
use std::sync::{Mutex, PoisonError};
use unicode_normalization::UnicodeNormalization as _;

/// Least characters of a password a person chooses.
pub const CHARS_MIN: usize = 8;
/// Bytes at most: argon2 takes any, but nobody types more.
const BYTES_MAX: usize = 256;
/// Letters of a password drawn for a person: none that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789x";

/// Letters of it.
const DRAWN: usize = 12;

static ONE: Mutex<()> = Mutex::new(());

fn argon() -> Result<Argon2<'static>, Fault> {
    let params = Params::new(7 * 1024, 5, 1, None).map_err(Fault::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hash of a password a person chose, in PHC form.
///
/// # Errors
/// `password-short`, `password-long`, `password-plain` (all one character, or the login itself).
pub fn hash(clock: &dyn Clock, password: &str, login: &str) -> Result<String, Fault> {
    if password.chars().count() < CHARS_MIN {
        return Err(Fault::new("password-short", Exit::Input).with("min", CHARS_MIN));
    }
    if password.len() > BYTES_MAX {
        return Err(Fault::new("password-long", Exit::Input).with("max", BYTES_MAX));
    }
    let first = password.chars().next();
    if password.chars().all(|c| Some(c) == first) || password.eq_ignore_ascii_case(login) || "12345678901234567890".starts_with(password) {
        return Err(Fault::new("password-plain", Exit::Input));
    }
    let mut salt = [0u8; Salt::RECOMMENDED_LENGTH];
    clock.random(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(Fault::internal)?;
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(argon()?.hash_password(password.as_bytes(), &salt).map_err(Fault::internal)?.to_string())
}

/// Whether the password is the one behind `hash`. Takes as long for an account that does not exist: pass [`nobody`].
pub fn fits(password: &str, hash: &str) -> bool {
    let (Ok(parsed), Ok(argon)) = (PasswordHash::new(hash), argon()) else { return false };
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    password.len() <= BYTES_MAX && argon.verify_password(password.as_bytes(), &parsed).is_ok()
}

/// A hash that no password fits.
#[must_use]
pub fn nobody() -> &'static str {
    "$argon2id$v=19$m=7168,t=5,p=1$bm9ib2R5bm9ib2R5bm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
}

/// A password for somebody else to log in with once: 12 letters and digits, 60 bits.
pub fn draw(clock: &dyn Clock) -> String {
    let mut bytes = [0u8; DRAWN];
    clock.random(&mut bytes);
    let letters: Vec<char> = bytes.iter().map(|b| char::from(ALPHABET.get(usize::from(b % 32)).copied().unwrap_or(b'x'))).collect();
    parted(&letters)
}

fn parted(letters: &[char]) -> String {
    letters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// A drawn password however it was typed: without hyphens, with spaces, in capitals, in wide letters. `None`: it is none.
#[must_use]
pub fn drawn(typed: &str) -> Option<String> {
    let between = |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let letters: Vec<char> = typed.nfkc().filter(|c| !between(c)).map(|c| c.to_ascii_lowercase()).take(DRAWN + 1).collect();
    let ours = letters.len() == DRAWN && letters.iter().all(|c| u8::try_from(*c).is_ok_and(|c| ALPHABET.contains(&c)));
    ours.then(|| parted(&letters))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other_and_two_hashes_differ() {
        let clock = TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 1);
        let (one, two) = (hash(&clock, "石桥小学2026", "wang").unwrap(), hash(&clock, "石桥小学2026", "wang").unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"));
        assert_ne!(one, two);
        assert!(fits("石桥小学2026", &one) && fits("石桥小学2026", &two));
        assert!(!fits("石桥小学2027", &one) && !fits("", &one));
        assert!(!fits("", nobody()) && !fits("nobody", nobody()));
        assert!(PasswordHash::new(nobody()).is_ok(), "it takes as long as a real one");
    }

    #[test]
    fn plain_passwords_are_refused() {
        let clock = TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 1);
        for (password, code) in
            [("kurz", "password-short"), ("aaaaaaaaaa", "password-plain"), ("12345678", "password-plain"), ("wanglaoshi", "password-plain")]
        {
            assert_eq!(hash(&clock, password, "WangLaoshi").unwrap_err().code, code, "{password}");
        }
        assert_eq!(hash(&clock, &"x1".repeat(200), "w").unwrap_err().code, "password-long");
    }

    #[test]
    fn drawn_passwords_are_long_and_never_twice() {
        let clock = TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 1);
        let (one, two) = (draw(&clock), draw(&clock));
        assert_eq!(one.len(), 14);
        assert_ne!(one, two);
    }

    #[test]
    fn a_drawn_password_is_read_however_it_was_typed_and_a_chosen_one_is_none() {
        let drawn_here = draw(&TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 1));
        let bare = drawn_here.replace('-', "");
        let wide: String = drawn_here.to_uppercase().chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for typed in
            [drawn_here.clone(), bare.clone(), bare.to_uppercase(), format!(" {} ", drawn_here.replace('-', " ")), drawn_here.replace('-', "—"), wide]
        {
            assert_eq!(drawn(&typed).as_ref(), Some(&drawn_here), "{typed}");
        }
        for typed in ["", "石桥的一句话2026", &bare[1..], &format!("{bare}a"), "abcd-efgh-ij1l"] {
            assert_eq!(drawn(typed), None, "{typed}");
        }
    }
}
