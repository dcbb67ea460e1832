//! Identifiers that stand on disk and on the wire. Their bytes never change meaning.
//!
//! Invariant: every derived id is a BLAKE3 hash under its own context string, so no two kinds can be confused.

use super::{SchoolCode, SchoolYear};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $n:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $n]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $n;

            /// From a slice of exactly the right length; `None` otherwise.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// From lower- or upper-case hex of exactly the right length; `None` otherwise.
            #[must_use]
            pub fn from_hex(text: &str) -> Option<Self> {
                let text = text.as_bytes();
                if text.len() != 2 * $n || !text.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                let mut out = [0u8; $n];
                for (slot, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
                    let digits = std::str::from_utf8(pair).ok()?;
                    *slot = u8::from_str_radix(digits, 16).ok()?;
                }
                Some(Self(out))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom(concat!("not a ", stringify!($name))))
            }
        }
    };
}

bytes_id!(
    /// One Automerge document.
    DocId, 16
);
bytes_id!(
    /// SHA-256 of an Automerge change chunk.
    ChangeHash, 32
);
bytes_id!(
    /// Who wrote: first 8 bytes of BLAKE3(Ed25519 public key).
    OriginId, 8
);
bytes_id!(
    /// One incarnation of a replica's log. A restored or copied database gets a new one, so that its cursors are not believed.
    ReplicaId, 16
);
bytes_id!(
    /// Automerge actor: [`OriginId`] and 8 random bytes drawn at every process start (DESIGN §2).
    Actor, 16
);

impl OriginId {
    /// The origin of an Ed25519 public key (32 bytes).
    #[must_use]
    pub fn of_key(public_key: &[u8]) -> Self {
        let mut id = [0u8; 8];
        id.copy_from_slice(&blake3::hash(public_key).as_bytes()[..8]);
        Self(id)
    }
}

impl Actor {
    /// The actor of one process start of `origin`.
    #[must_use]
    pub fn new(origin: OriginId, random: [u8; 8]) -> Self {
        let mut bytes = [0u8; 16];
        bytes[..8].copy_from_slice(&origin.0);
        bytes[8..].copy_from_slice(&random);
        Self(bytes)
    }

    /// Who wrote under this actor.
    #[must_use]
    pub fn origin(&self) -> OriginId {
        let mut id = [0u8; 8];
        id.copy_from_slice(&self.0[..8]);
        OriginId(id)
    }
}

/// What a space holds and who receives it (DESIGN §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SpaceKind {
    /// A school's own records of one school year.
    School = 1,
    /// The county's definitions, programmes, calendars: to all schools.
    Published = 2,
    /// The county's work items and allocations for one school: to that school.
    CountySchool = 3,
    /// The county's own: never leaves the hub.
    Internal = 4,
}

/// The unit of scope, cursor, digest and archiving: a school (or the county) and a school year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Space {
    /// What it holds.
    pub kind: SpaceKind,
    /// `None` for `Published` and `Internal`.
    pub school: Option<SchoolCode>,
    /// School year it belongs to.
    pub year: SchoolYear,
}

/// Bytes of a [`Space`] on the wire and under a digest key: kind, school as big-endian u64 (0: none), year as big-endian u16.
pub const SPACE_BYTES: usize = 1 + 8 + 2;

impl Space {
    /// A school's records of `year`.
    #[must_use]
    pub fn school(school: SchoolCode, year: SchoolYear) -> Self {
        Self { kind: SpaceKind::School, school: Some(school), year }
    }

    /// What the county publishes to all in `year`.
    #[must_use]
    pub fn published(year: SchoolYear) -> Self {
        Self { kind: SpaceKind::Published, school: None, year }
    }

    /// What the county holds for one school in `year`.
    #[must_use]
    pub fn county_school(school: SchoolCode, year: SchoolYear) -> Self {
        Self { kind: SpaceKind::CountySchool, school: Some(school), year }
    }

    /// The county's own records of `year`.
    #[must_use]
    pub fn internal(year: SchoolYear) -> Self {
        Self { kind: SpaceKind::Internal, school: None, year }
    }

    /// Wire form.
    #[must_use]
    pub fn to_bytes(self) -> [u8; SPACE_BYTES] {
        let mut out = [0u8; SPACE_BYTES];
        out[0] = self.kind as u8;
        out[1..9].copy_from_slice(&self.school.map_or(0, SchoolCode::number).to_be_bytes());
        out[9..].copy_from_slice(&self.year.start().to_be_bytes());
        out
    }

    /// Reads the wire form; `None` for an unknown kind or a school where none belongs (or the reverse).
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SPACE_BYTES] = bytes.try_into().ok()?;
        let kind = match bytes[0] {
            1 => SpaceKind::School,
            2 => SpaceKind::Published,
            3 => SpaceKind::CountySchool,
            4 => SpaceKind::Internal,
            _ => return None,
        };
        let school = match u64::from_be_bytes(bytes[1..9].try_into().ok()?) {
            0 => None,
            number => Some(SchoolCode::from_number(number)?),
        };
        let scoped = matches!(kind, SpaceKind::School | SpaceKind::CountySchool);
        let year = SchoolYear::new(u16::from_be_bytes(bytes[9..].try_into().ok()?))?;
        (scoped == school.is_some()).then_some(Self { kind, school, year })
    }
}

impl fmt::Display for Space {
    /// `school/5299010001/2025`, `published/2025`, as [`std::str::FromStr`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SpaceKind::School => "school",
            SpaceKind::Published => "published",
            SpaceKind::CountySchool => "county_school",
            SpaceKind::Internal => "internal",
        };
        match self.school {
            Some(school) => write!(f, "{kind}/{school}/{}", self.year.start()),
            None => write!(f, "{kind}/{}", self.year.start()),
        }
    }
}

impl std::str::FromStr for Space {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('/');
        let kind = match parts.next() {
            Some("school") => SpaceKind::School,
            Some("published") => SpaceKind::Published,
            Some("county_school") => SpaceKind::CountySchool,
            Some("internal") => SpaceKind::Internal,
            _ => return Err(()),
        };
        let school = match kind {
            SpaceKind::School | SpaceKind::CountySchool => Some(parts.next().ok_or(())?.parse().map_err(|_| ())?),
            SpaceKind::Published | SpaceKind::Internal => None,
        };
        let year = parts.next().and_then(|y| y.parse().ok()).and_then(SchoolYear::new).ok_or(())?;
        if parts.next().is_some() {
            return Err(());
        }
        Ok(Self { kind, school, year })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_survives_both_of_its_forms() {
        let school: SchoolCode = "5299010001".parse().unwrap();
        let year = SchoolYear::new(2025).unwrap();
        for space in [Space::school(school, year), Space::published(year), Space::county_school(school, year), Space::internal(year)] {
            assert_eq!(Space::from_bytes(&space.to_bytes()), Some(space));
            assert_eq!(space.to_string().parse(), Ok(space));
        }
        assert_eq!(Space::from_bytes(&[9; SPACE_BYTES]), None);
    }

    #[test]
    fn hex_ids_refuse_what_is_not_hex() {
        let id = DocId([0xab; 16]);
        assert_eq!(DocId::from_hex(&id.to_string()), Some(id));
        assert_eq!(DocId::from_hex("zz"), None);
        assert_eq!(DocId::from_hex(&"+f".repeat(16)), None);
    }
}
