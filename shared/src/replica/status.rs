//! The state of a replica in plain facts: what is saved here, what the other side has acknowledged, what awaits a person.

use super::{Replica, Result, Role};
use crate::{model::SpaceKind, store::log};
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::{Value, json};

impl Replica {
    /// Facts that need only the database; the daemon adds what its sessions know (`last_error`, `connected`, `incoming`).
    ///
    /// `pending`: own changes the county has not acknowledged. `acknowledged_lsn`: own lsn it has, summed over the school's spaces. `in_sync`: nothing is pending.
    /// A change the county refused is acknowledged, but not received: it is counted in `refused`.
    ///
    /// # Errors
    /// The store's.
    pub fn status(&self) -> Result<Value> {
        let merging = !self.merges.idle();
        self.store.read(|c| {
            let mut spaces = Vec::new();
            let (mut pending, mut acknowledged, mut own) = (0, 0, 0);
            for (n, space) in log::spaces(c)? {
                let (head, count, digest) = log::space_end(c, n)?;
                let acked = log::acked(c, n)?;
                let waiting = own_behind(c, n, acked)?;
                if space.kind == SpaceKind::School && self.me.role != Role::Hub {
                    pending += waiting;
                    acknowledged += acked;
                    own += head;
                }
                spaces.push(json!({ "space": space.to_string(), "head": head, "acknowledged": acked, "pending": waiting, "changes": count, "digest": crate::model::hex::hex(&digest) }));
            }
            let number = |sql: &str| -> Result<i64> { Ok(c.query_row(sql, [], |r| r.get(0))?) };
            let last_contact: Option<String> = c.query_row("SELECT max(last_contact) FROM contact", [], |r| r.get(0)).optional()?.flatten();
            let blobs = self.blob_counts(c)?;
            let (role, school) = match self.me.role {
                Role::Node(school) => ("node", Some(school.to_string())),
                Role::Hub => ("hub", None),
            };
            Ok(json!({
                "role": role, "county": self.me.county.to_string(), "school": school, "replica": self.id.to_string(), "origin": self.origin().to_string(),
                "in_sync": pending == 0 && last_contact.is_some(), "pending": pending, "acknowledged_lsn": acknowledged, "head_lsn": own,
                "last_contact": last_contact, "merging": merging,
                "documents": number("SELECT count(*) FROM doc")?, "records": number("SELECT count(*) FROM record")?,
                "conflicts": super::conflicts::count(c, self.me.role)?,
                "refused": number("SELECT count(DISTINCT hash) FROM quarantine WHERE settled IS NULL")?,
                "refused_dropped": number("SELECT count(*) FROM quarantine WHERE side = 'here' AND bytes IS NULL")?,
                "parked": number("SELECT count(*) FROM parked")?,
                "blobs": blobs,
                "spaces": spaces,
            }))
        })
    }

    /// Keeps when a school was last heard from. `complete`: everything it had then is here.
    ///
    /// # Errors
    /// The store's.
    pub fn note_contact(&self, school: &str, complete: bool) -> Result<()> {
        let (school, now) = (school.to_owned(), self.now_text());
        self.store.write(move |c| -> Result<()> {
            c.prepare_cached(
                "INSERT INTO contact(school, last_contact, as_of) VALUES(?1, ?2, CASE WHEN ?3 THEN ?2 END)
                 ON CONFLICT DO UPDATE SET last_contact = excluded.last_contact, as_of = coalesce(excluded.as_of, as_of)",
            )?
            .execute((school, now, complete))?;
            Ok(())
        })
    }
}

/// Own changes behind `acked`.
fn own_behind(c: &Connection, n: log::SpaceN, acked: u64) -> Result<u64> {
    let count: i64 = c
        .prepare_cached("SELECT count(*) FROM change WHERE space = ?1 AND lsn > ?2 AND source IS NULL AND refused = 0")?
        .query_row((n.0, log::signed(acked)), |r| r.get(0))?;
    Ok(log::unsigned(count))
}
