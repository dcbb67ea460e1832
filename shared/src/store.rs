//! SQLite: one file a replica, encrypted by SQLCipher, WAL, synchronous=FULL. The only room that knows rusqlite (reports read through it).
//!
//! Invariants: one writer connection, on its own thread, which commits waiting jobs together (group commit); a job's caller hears of success only
//! after that commit's fsync; a failed job leaves nothing behind. Readers are separate connections. The surface is narrow on purpose: another
//! database could stand behind it (DESIGN §6).

pub mod accounts;
pub mod audit;
pub mod facts;
pub mod log;
pub mod open;
pub mod refused;
pub mod typed;
pub mod writer;

pub use open::{Store, StoreConfig, StoreError};
