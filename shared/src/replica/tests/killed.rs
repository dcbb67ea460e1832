//! What was acknowledged is there again after the process or the power went, as far as files alone can show it.
//!
//! Shown here: (1) the files as SIGKILL leaves them at any moment, also amid a commit, hold everything that was said to be saved; (2) a log file that
//! lost or garbled anything written after the last acknowledged commit does too; (3) a checkpoint cut anywhere, any of its pages written or not, does too.
//! Not shown: that a disk keeps what it was told to sync, and that SQLite asks it to (`synchronous=FULL`): that needs a file system that records
//! syncs, below what a test without unsafe code can reach.

use super::county::{Real, Town, id_number};
use std::path::{Path, PathBuf};

const PAGE: usize = 4096;

/// The two files of a database as they are now. The writer must be idle, or be the one who asks.
#[derive(Clone)]
struct Files {
    db: Vec<u8>,
    wal: Vec<u8>,
}

impl Files {
    fn of(path: &Path) -> Self {
        let read = |suffix: &str| std::fs::read(format!("{}{suffix}", path.display())).unwrap_or_default();
        Self { db: read(""), wal: read("-wal") }
    }

    fn put(&self, path: &Path) {
        std::fs::write(path, &self.db).unwrap();
        std::fs::write(format!("{}-wal", path.display()), &self.wal).unwrap();
    }
}

struct Bench {
    town: Town,
    child: String,
    acknowledged: Vec<String>,
    opened: usize,
}

impl Bench {
    fn new(seed: u64) -> Self {
        let town = Town::new(seed, 1);
        let child = town.node(1).child("王小明", &id_number(1));
        Self { town, child, acknowledged: Vec::new(), opened: 0 }
    }

    fn node(&self) -> &Real {
        self.town.node(1)
    }

    fn save(&mut self) {
        let note = "记录".repeat(1 + self.acknowledged.len() * 37 % 200);
        self.acknowledged.push(self.node().record("care_log", &self.child, &[("kind", "visit"), ("with", "child"), ("note", &note)]).unwrap());
    }

    /// A process that finds these files has everything acknowledged, and nothing that contradicts itself.
    fn check(&mut self, files: &Files, acknowledged: usize) {
        self.opened += 1;
        let path: PathBuf = self.town.dir.path().join(format!("after-{}.db", self.opened));
        files.put(&path);
        let after = Town::open_node(&path, 1, &self.town.clock);
        let found = after.rows("SELECT id FROM record WHERE ledger = 'care_log'");
        for record in &self.acknowledged[..acknowledged] {
            assert!(found.contains(record), "{record} was acknowledged and is gone");
        }
        after.verify();
        assert_eq!(after.replica().id(), self.node().replica().id());
        // It goes on: the log has no gap, no number is used twice.
        after.record("care_log", &self.child, &[("kind", "talk"), ("with", "child")]).unwrap();
        after.verify();
    }
}

#[test]
fn inv_what_was_acknowledged_is_in_the_files_a_kill_leaves_at_any_moment() {
    let mut bench = Bench::new(41);
    let path = bench.node().path().to_owned();
    for round in 0..12 {
        bench.save();
        let acknowledged = bench.acknowledged.len();
        let idle = Files::of(&path);
        bench.check(&idle, acknowledged);
        // Amid the next commit: rows are written, nothing is committed yet.
        let at = path.clone();
        let amid: Files = bench
            .node()
            .replica()
            .store()
            .write(move |c| -> Result<Files, crate::store::StoreError> {
                c.execute("INSERT INTO setting(key, value) VALUES(?1, randomblob(200000))", [format!("amid-{round}")])?;
                // Pushes the unfinished transaction into the file, as a full page cache would.
                c.cache_flush()?;
                Ok(Files::of(&at))
            })
            .unwrap();
        assert!(amid.wal.len() > idle.wal.len() + 200_000, "the file holds what nobody was told is saved");
        bench.check(&amid, acknowledged);
    }
}

#[test]
fn inv_what_was_acknowledged_survives_a_log_file_torn_behind_it() {
    let mut bench = Bench::new(42);
    let path = bench.node().path().to_owned();
    for round in 0..10u8 {
        bench.save();
        let (acknowledged, safe) = (bench.acknowledged.len(), Files::of(&path).wal.len());
        bench.save();
        bench.save();
        let mut torn = Files::of(&path);
        assert!(torn.wal.len() > safe, "the log file grows");
        let draw = |salt: u8, below: usize| usize::from(u16::from_le_bytes(blake3::hash(&[round, salt]).as_bytes()[..2].try_into().unwrap())) % below;
        torn.wal.truncate(safe + draw(1, torn.wal.len() - safe));
        let tail = torn.wal.len() - safe;
        if tail > 0 && round % 2 == 0 {
            // A sector that never arrived.
            let at = safe + draw(2, tail);
            let end = (at + 512).min(torn.wal.len());
            torn.wal[at..end].fill(0xA5);
        }
        bench.check(&torn, acknowledged);
    }
}

#[test]
fn inv_what_was_acknowledged_survives_a_checkpoint_cut_anywhere() {
    let mut bench = Bench::new(43);
    let path = bench.node().path().to_owned();
    for round in 0..8u8 {
        (0..4).for_each(|_| bench.save());
        let before = Files::of(&path);
        checkpoint(&path);
        let after = Files::of(&path);
        assert_ne!(before.db, after.db, "pages moved into the database file");
        let mut cut = Files { db: after.db.clone(), wal: before.wal.clone() };
        for (number, page) in cut.db.chunks_mut(PAGE).enumerate() {
            let arrived = blake3::hash(&[round, number.to_le_bytes()[0], number.to_le_bytes()[1]]).as_bytes()[0] < 128;
            if let (false, Some(old)) = (arrived, before.db.get(number * PAGE..number * PAGE + page.len())) {
                page.copy_from_slice(old);
            }
        }
        let acknowledged = bench.acknowledged.len();
        bench.check(&cut, acknowledged);
    }
}

/// Moves the log file's pages into the database file, from a connection of its own.
fn checkpoint(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
}
