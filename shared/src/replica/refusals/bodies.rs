//! The bodies of what was refused, kept for who asks why: so many, and so many bytes, of each peer in a space. The oldest give way.
//!
//! Invariant: only bytes go. Document, hash and reason stay, count in the digest and are told as before, so what gives way here is not asked for again.

use super::{Keeping, Result, SpaceN};
use crate::{model::OriginId, store::log};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// Most bodies of one peer in a space.
pub(super) const COUNT_MAX: u64 = 1_000;
/// Most bytes of them.
pub(super) const BYTES_MAX: u64 = 16 << 20;
/// So many give way at once.
const AT_ONCE: u64 = COUNT_MAX / 4;

/// Bodies held of each peer in one space: how many, and their bytes.
#[derive(Debug, Default)]
pub(super) struct Bodies(HashMap<OriginId, (u64, u64)>);

impl Bodies {
    /// One that was found.
    pub(super) fn found(&mut self, source: OriginId, length: u64) {
        let held = self.0.entry(source).or_default();
        *held = (held.0 + 1, held.1 + length);
    }

    /// One was put in; the oldest give way until there is room again.
    pub(super) fn put(&mut self, c: &Connection, space: SpaceN, refused: &Keeping<'_>) -> Result<()> {
        self.found(refused.source, refused.bytes.len() as u64);
        loop {
            let (count, bytes) = self.0.get(&refused.source).copied().unwrap_or_default();
            if count == 0 || (count <= COUNT_MAX && bytes <= BYTES_MAX) {
                return Ok(());
            }
            let source = &refused.source.0[..];
            let dropped = c
                .prepare_cached(
                    "UPDATE quarantine SET bytes = NULL WHERE space = ?1 AND side = 'here' AND (doc, hash) IN (
                       SELECT doc, hash FROM quarantine WHERE space = ?1 AND side = 'here' AND source = ?2 AND bytes IS NOT NULL ORDER BY at, doc, hash LIMIT ?3)",
                )?
                .execute(params![space.0, source, AT_ONCE.min(count).cast_signed()])?;
            tracing::warn!(dropped, "bodies of refused changes gave way to newer ones; their hashes and reasons stay");
            let left: (i64, i64) = c
                .prepare_cached(
                    "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM quarantine WHERE space = ?1 AND side = 'here' AND source = ?2 AND bytes IS NOT NULL",
                )?
                .query_row(params![space.0, source], |r| Ok((r.get(0)?, r.get(1)?)))?;
            self.0.insert(refused.source, (log::unsigned(left.0), log::unsigned(left.1)));
            if dropped == 0 {
                return Ok(());
            }
        }
    }
}
