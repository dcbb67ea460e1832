//! What this machine can do at best with the same bytes, in the same run: the figures that walls are set against.

use crate::{Result, county::Facts, percentiles, say};
use huxue_shared::document::{self, merge};
use huxue_shared::{model::ChangeHash, rim::key::Unlock};
use rusqlite::{Connection, params};
use std::{collections::BTreeMap, io::Write as _, path::Path, time::Instant};

/// Bytes of one transaction: what one PUSH carries.
const TRANSACTION_BYTES: usize = 256 * 1024;

/// The limits of this run.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) changes: usize,
    pub(crate) raw_bytes: usize,
    /// l2: seconds to write the changes into SQLite, WAL, synchronous=FULL, one transaction per 256 KiB, no encryption.
    pub(crate) sqlite_s: f64,
    /// l3: bytes of the changes under zstd level 3, in pieces of 256 KiB.
    pub(crate) zstd_bytes: usize,
    /// l4: seconds for Automerge to apply them on one thread, a document at a time.
    pub(crate) automerge_s: f64,
    pub(crate) fsync_ms: [f64; 4],
}

impl Limits {
    pub(crate) fn say(&self) {
        say("limits", "changes", self.changes);
        say("limits", "raw_bytes", self.raw_bytes);
        say("limits", "l2_sqlite_full_s", format!("{:.3}", self.sqlite_s));
        say("limits", "l3_zstd3_bytes", self.zstd_bytes);
        say("limits", "l4_automerge_apply_s", format!("{:.3}", self.automerge_s));
        say("limits", "fsync_p50_ms", format!("{:.2}", self.fsync_ms[0]));
        say("limits", "fsync_p99_ms", format!("{:.2}", self.fsync_ms[2]));
    }
}

/// A document's changes, dependencies first.
type Logs = Vec<Vec<(ChangeHash, Vec<u8>)>>;

/// Measures with the prepared schools' own changes; `scratch` is on the disk that is measured.
pub(crate) fn measure(prepared: &Path, scratch: &Path) -> Result<Limits> {
    let facts: Facts = serde_json::from_slice(&std::fs::read(prepared.join("done"))?)?;
    let mut logs: Logs = Vec::new();
    for n in 0..facts.schools {
        logs.extend(read(prepared, n)?);
    }
    let raw_bytes = logs.iter().flatten().map(|(_, bytes)| bytes.len()).sum();
    Ok(Limits {
        changes: logs.iter().map(Vec::len).sum(),
        raw_bytes,
        sqlite_s: sqlite(&logs, scratch)?,
        zstd_bytes: zstd3(&logs)?,
        automerge_s: automerge(&logs)?,
        fsync_ms: fsync(scratch)?,
    })
}

fn read(prepared: &Path, n: usize) -> Result<Logs> {
    let dir = prepared.join(format!("node{n:03}"));
    let replica = huxue_node::desk::Node::open(&dir, &Unlock::default()).map_err(|f| format!("{f:?}"))?.replica;
    let logs = replica.store().read(|c| -> Result<Logs, huxue_shared::replica::ReplicaError> {
        let mut statement = c.prepare("SELECT doc, hash, bytes FROM change WHERE source IS NULL ORDER BY space, lsn")?;
        let mut rows = statement.query([])?;
        let mut by_doc: BTreeMap<i64, Vec<(ChangeHash, Vec<u8>)>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            by_doc.entry(row.get(0)?).or_default().push((ChangeHash(row.get(1)?), row.get(2)?));
        }
        Ok(by_doc.into_values().collect())
    })?;
    replica.close();
    Ok(logs)
}

fn sqlite(logs: &Logs, scratch: &Path) -> Result<f64> {
    let path = scratch.join("limit.db");
    for name in ["limit.db", "limit.db-wal", "limit.db-shm"] {
        let _ = std::fs::remove_file(scratch.join(name));
    }
    let connection = Connection::open(&path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE c(n INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT; BEGIN",
    )?;
    let began = Instant::now();
    let (mut n, mut held) = (0i64, 0);
    for (_, bytes) in logs.iter().flatten() {
        connection.prepare_cached("INSERT INTO c VALUES(?1, ?2)")?.execute(params![n, bytes])?;
        n += 1;
        held += bytes.len();
        if held >= TRANSACTION_BYTES {
            connection.execute_batch("COMMIT; BEGIN")?;
            held = 0;
        }
    }
    connection.execute_batch("COMMIT")?;
    let took = began.elapsed().as_secs_f64();
    drop(connection);
    for name in ["limit.db", "limit.db-wal", "limit.db-shm"] {
        let _ = std::fs::remove_file(scratch.join(name));
    }
    Ok(took)
}

fn zstd3(logs: &Logs) -> Result<usize> {
    let (mut piece, mut sum) = (Vec::new(), 0);
    for (_, bytes) in logs.iter().flatten() {
        piece.extend_from_slice(bytes);
        if piece.len() >= TRANSACTION_BYTES {
            sum += zstd::bulk::compress(&piece, 3)?.len();
            piece.clear();
        }
    }
    Ok(sum + zstd::bulk::compress(&piece, 3)?.len())
}

fn automerge(logs: &Logs) -> Result<f64> {
    let began = Instant::now();
    for log in logs {
        let list: Vec<(ChangeHash, &[u8])> = log.iter().map(|(hash, bytes)| (*hash, bytes.as_slice())).collect();
        let merged = merge::merge(None, &list)?;
        if !merged.refused.is_empty() {
            return Err("a change of the workload was refused".into());
        }
        std::hint::black_box(document::read::view(&merged.doc).records.len());
    }
    Ok(began.elapsed().as_secs_f64())
}

fn fsync(scratch: &Path) -> Result<[f64; 4]> {
    let path = scratch.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    let mut samples = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        samples.push(began.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(&path)?;
    Ok(percentiles(&mut samples))
}
