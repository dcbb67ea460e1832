//! One-time enrolment tokens: typed, pasted or dictated once, at the school, with no network needed to catch a slip.
//!
//! 40 bytes in 64 Crockford base32 letters, shown in 16 groups of four: version `1`, county (3 bytes), secret (16), the county's
//! [`Fingerprint`] (16), checksum (4). The fingerprint makes the hub prove itself before the secret leaves the node. The hub keeps only
//! [`Token::secret_hash`]; expiry, school and use are the hub's to know.

use crate::{
    fault::{Exit, Fault},
    identity::Fingerprint,
    model::CountyCode,
};
use std::{fmt, str::FromStr};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
const BODY_BYTES: usize = 1 + 3 + 16 + 16;
const TOKEN_BYTES: usize = BODY_BYTES + 4;
const LETTERS: usize = TOKEN_BYTES * 8 / 5;
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECKSUM: &str = "huxue token checksum v1";
const SECRET: &str = "huxue token secret v1";

/// A one-time token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    county: CountyCode,
    secret: Zeroizing<[u8; 16]>,
    fingerprint: Fingerprint,
}

/// Why a text is not a usable token; found out before any network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too few or too many letters: something was left out or pasted twice.
    #[error("a token has {LETTERS} letters, this has {letters}")]
    Length {
        /// Letters found, without hyphens and spaces.
        letters: usize,
    },
    /// A sign that no token contains.
    #[error("letter {position} is none of a token's")]
    Letter {
        /// 1 for the first letter, hyphens and spaces not counted.
        position: usize,
    },
    /// The checksum disagrees: a letter is wrong or two were exchanged.
    #[error("the token is mistyped")]
    Mistyped,
    /// Made by a later version of the hub.
    #[error("the token is of version {version}")]
    Version {
        /// Its version.
        version: u8,
    },
    /// Of another county than this node belongs to.
    #[error("the token is of county {county}")]
    Foreign {
        /// The token's county.
        county: CountyCode,
    },
}

impl TokenError {
    /// For a person.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Length { letters } => Fault::new("token-length", Exit::Input).with("letters", letters).with("expected", LETTERS),
            Self::Letter { position } => Fault::new("token-letter", Exit::Input).with("position", position).with("group", position.div_ceil(4)),
            Self::Mistyped => Fault::new("token-mistyped", Exit::Input),
            Self::Version { version } => Fault::new("token-version", Exit::Version).with("version", version),
            Self::Foreign { county } => Fault::new("token-other-county", Exit::Identity).with("county", county),
        }
    }
}

impl Token {
    /// Puts a token together; see [`crate::identity::County::new_token`].
    #[must_use]
    pub fn new(county: CountyCode, secret: [u8; 16], fingerprint: Fingerprint) -> Self {
        Self { county, secret: Zeroizing::new(secret), fingerprint }
    }

    /// The county that issued it.
    #[must_use]
    pub fn county(&self) -> CountyCode {
        self.county
    }

    /// What the hub's CA key must hash to.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The secret, sent only to a hub that has proved the fingerprint.
    #[must_use]
    pub fn secret(&self) -> &[u8; 16] {
        &self.secret
    }

    /// What the hub stores and looks up.
    #[must_use]
    pub fn secret_hash(&self) -> [u8; 32] {
        secret_hash(&self.secret)
    }

    /// Refuses a token of another county than the one this node already belongs to.
    ///
    /// # Errors
    /// [`TokenError::Foreign`].
    pub fn of_county(self, county: CountyCode) -> Result<Self, TokenError> {
        if self.county == county { Ok(self) } else { Err(TokenError::Foreign { county: self.county }) }
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(TOKEN_BYTES));
        out.push(VERSION);
        // At most 999,999 by the type: the first of the four bytes is 0.
        let county = self.county.to_string().parse::<u32>().unwrap_or(0).to_be_bytes();
        out.extend(county.iter().skip(1));
        out.extend_from_slice(self.secret.as_slice());
        out.extend_from_slice(&self.fingerprint.0);
        let checksum = checksum(&out);
        out.extend_from_slice(&checksum);
        out
    }
}

/// BLAKE3 of a token's secret under a context of its own.
#[must_use]
pub fn secret_hash(secret: &[u8; 16]) -> [u8; 32] {
    blake3::derive_key(SECRET, secret)
}

fn checksum(body: &[u8]) -> [u8; 4] {
    let mut out = [0u8; 4];
    blake3::Hasher::new_derive_key(CHECKSUM).update(body).finalize_xof().fill(&mut out);
    out
}

/// Value of a letter, forgiving what people do: any case, full width, I and L for 1, O for 0.
fn value(letter: char) -> Option<u8> {
    let letter = match letter.to_ascii_uppercase() {
        'I' | 'L' => b'1',
        'O' => b'0',
        other => u8::try_from(other).ok()?,
    };
    ALPHABET.iter().position(|&known| known == letter).and_then(|at| u8::try_from(at).ok())
}

fn decode(text: &str) -> Result<Zeroizing<[u8; TOKEN_BYTES]>, TokenError> {
    let letters =
        text.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{feff}' | '\u{200b}'));
    let mut bytes = Zeroizing::new([0u8; TOKEN_BYTES]);
    let (mut count, mut bits, mut held) = (0usize, 0u32, 0u32);
    let mut slots = bytes.iter_mut();
    let mut wrong = None;
    for letter in letters.take(4 * LETTERS) {
        count += 1;
        let Some(five) = value(letter) else {
            wrong = wrong.or(Some(count));
            continue;
        };
        held = held << 5 | u32::from(five);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            if let Some(slot) = slots.next() {
                *slot = u8::try_from(held >> bits & 0xff).unwrap_or(0);
            }
            held &= (1 << bits) - 1;
        }
    }
    match wrong {
        Some(position) => Err(TokenError::Letter { position }),
        None if count != LETTERS => Err(TokenError::Length { letters: count }),
        None => Ok(bytes),
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let bytes = decode(text)?;
        let (body, check) = bytes.split_at(BODY_BYTES);
        if check != checksum(body) {
            return Err(TokenError::Mistyped);
        }
        let (&[version, c1, c2, c3], rest) = body.split_first_chunk::<4>().ok_or(TokenError::Mistyped)?;
        if version != VERSION {
            return Err(TokenError::Version { version });
        }
        let (secret, rest) = rest.split_first_chunk::<16>().ok_or(TokenError::Mistyped)?;
        let (fingerprint, _) = rest.split_first_chunk::<16>().ok_or(TokenError::Mistyped)?;
        let county = format!("{:06}", u32::from_be_bytes([0, c1, c2, c3])).parse().map_err(|_| TokenError::Mistyped)?;
        Ok(Self::new(county, *secret, Fingerprint(*fingerprint)))
    }
}

impl fmt::Display for Token {
    /// The whole token: for the one screen or sheet that hands it over, never for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut bits, mut held, mut shown) = (0u32, 0u32, 0usize);
        for &byte in self.to_bytes().iter() {
            held = held << 8 | u32::from(byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                if shown > 0 && shown.is_multiple_of(4) {
                    f.write_str("-")?;
                }
                let letter = ALPHABET.get((held >> bits & 31) as usize).copied().unwrap_or(b'0');
                write!(f, "{}", char::from(letter))?;
                shown += 1;
            }
            held &= (1 << bits) - 1;
        }
        Ok(())
    }
}

impl fmt::Debug for Token {
    /// Never the secret: it would reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(county {}, ******)", self.county)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::new("529901".parse().unwrap(), [0xa5; 16], Fingerprint([0x3c; 16]))
    }

    #[test]
    fn a_token_is_read_back_however_it_was_typed() {
        let text = token().to_string();
        assert_eq!(text.len(), 64 + 15);
        assert_eq!(text.parse(), Ok(token()));
        assert_eq!(text.to_lowercase().replace('-', " ").parse(), Ok(token()));
        assert_eq!(text.replace('1', "l").replace('0', "O").parse(), Ok(token()));
        let wide: String = text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        assert_eq!(format!("  {wide}\r\n").parse(), Ok(token()));
    }

    #[test]
    fn every_single_slip_is_caught_without_a_network() {
        let text: Vec<char> = token().to_string().replace('-', "").chars().collect();
        for at in 0..text.len() {
            let mut slip = text.clone();
            slip[at] = if slip[at] == 'Z' { 'Y' } else { 'Z' };
            assert_eq!(slip.iter().collect::<String>().parse::<Token>(), Err(TokenError::Mistyped), "letter {at}");
            if at > 0 && text[at] != text[at - 1] {
                let mut swapped = text.clone();
                swapped.swap(at, at - 1);
                assert_eq!(swapped.iter().collect::<String>().parse::<Token>(), Err(TokenError::Mistyped));
            }
        }
    }

    #[test]
    fn missing_doubled_and_impossible_letters_are_told_apart() {
        let text = token().to_string();
        assert_eq!(text[..text.len() - 1].parse::<Token>(), Err(TokenError::Length { letters: 63 }));
        assert_eq!(format!("{text}{text}").parse::<Token>(), Err(TokenError::Length { letters: 128 }));
        assert_eq!("".parse::<Token>(), Err(TokenError::Length { letters: 0 }));
        assert_eq!(text.replacen('-', "-护", 1).parse::<Token>(), Err(TokenError::Letter { position: 5 }));
        assert!("U".repeat(1 << 20).parse::<Token>().is_err());
    }

    #[test]
    fn a_token_of_another_county_is_foreign() {
        let other = "529902".parse().unwrap();
        assert_eq!(token().of_county(token().county()), Ok(token()));
        assert_eq!(token().of_county(other), Err(TokenError::Foreign { county: token().county() }));
    }

    #[test]
    fn debug_shows_no_secret_and_the_hash_is_not_the_secret() {
        assert_eq!(format!("{:?}", token()), "Token(county 529901, ******)");
        assert_ne!(token().secret_hash()[..16], token().secret()[..]);
        assert_eq!(token().secret_hash(), secret_hash(&[0xa5; 16]));
    }
}
