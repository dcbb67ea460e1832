//! Files beside the records, photos and scans above all: judged and cleaned on entry, kept encrypted under their own hash.
//!
//! A file's way in: [`kind`] tells by its first bytes what it is, [`strip`] takes out what a camera wrote about where and by whom it was taken,
//! [`thumbnail`] makes the small picture for lists, [`vault`] keeps both. What is shared with whom follows from the records (`replica::blobs`); how it
//! travels is `sync::courier`.
//!
//! Invariants: the stripped bytes are what is hashed, so a position never stands in a store, on the wire or at the county; hostile bytes are refused,
//! never panic, and never take more memory than is said here; what is reported as saved is on disk.

pub mod kind;
pub mod strip;
pub mod thumbnail;
pub mod vault;
