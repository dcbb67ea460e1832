//! The words everything else is said in: identifiers, codes, school years, money. Pure; knows nothing of Automerge, SQLite or sockets.

pub mod blob;
pub mod codes;
pub mod hex;
pub mod ids;
pub mod money;
pub mod text;
pub mod year;

pub use blob::BlobHash;
pub use codes::{CountyCode, SchoolCode};
pub use ids::{Actor, ChangeHash, DocId, OriginId, ReplicaId, Space, SpaceKind};
pub use year::{SchoolYear, Term};
