//! Register and database agree at every start: what one lacks is taken from the other. The database lacks it after an older copy was put back; the register,
//! after a crash between commit and line, or when the file itself was lost.

use super::{Line, Register, line::Event};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    fault::Fault,
    model::OriginId,
    replica::{Replica, ReplicaError},
};
use rusqlite::params;
use std::collections::BTreeMap;

/// What the database knows of it all.
#[derive(Default)]
struct Facts {
    /// School, certificate, revoked at.
    nodes: BTreeMap<OriginId, (String, Vec<u8>, Option<String>)>,
    /// Hash → node, school, issued, expires; spent ones only.
    spent: BTreeMap<Vec<u8>, (OriginId, String, String, String)>,
    sealed: BTreeMap<OriginId, (String, Vec<u8>)>,
}

fn facts(replica: &Replica) -> Result<Facts, ReplicaError> {
    replica.store().read(|c| {
        let mut facts = Facts::default();
        let mut nodes = c.prepare("SELECT id, school, certificate, revoked FROM origin WHERE school IS NOT NULL")?;
        let mut rows = nodes.query([])?;
        while let Some(row) = rows.next()? {
            facts.nodes.insert(OriginId(row.get(0)?), (row.get(1)?, row.get(2)?, row.get(3)?));
        }
        let mut spent = c.prepare("SELECT hash, used_by, school, issued, expires FROM token WHERE used_by IS NOT NULL")?;
        let mut rows = spent.query([])?;
        while let Some(row) = rows.next()? {
            facts.spent.insert(row.get(0)?, (OriginId(row.get(1)?), row.get(2)?, row.get(3)?, row.get(4)?));
        }
        let mut sealed = c.prepare("SELECT origin, at, sealed FROM sealed_key")?;
        let mut rows = sealed.query([])?;
        while let Some(row) = rows.next()? {
            facts.sealed.insert(OriginId(row.get(0)?), (row.get(1)?, row.get(2)?));
        }
        Ok(facts)
    })
}

/// Makes both agree; says how many entries the database lacked.
///
/// # Errors
/// The store's; `register-io`.
pub fn both_ways(replica: &Replica, register: &Register, lines: &[Line]) -> Result<u64, Fault> {
    let mut taken = 0;
    let known = facts(replica).map_err(Fault::from)?;
    for line in lines {
        if let Some(event) = &line.event
            && take_in(replica, &known, event, &line.at).map_err(Fault::from)?
        {
            taken += 1;
        }
    }
    if taken > 0 {
        tracing::warn!(entries = taken, "the database is older than the register: what it lacked was taken in");
    }
    let known = if taken > 0 { facts(replica).map_err(Fault::from)? } else { known };
    register.append(&events(known), replica.clock())?;
    Ok(taken)
}

/// True if the database lacked it.
fn take_in(replica: &Replica, known: &Facts, event: &Event, at: &str) -> Result<bool, ReplicaError> {
    match event {
        Event::Enrolled { node, certificate, .. } => {
            let certificate = STANDARD.decode(certificate).unwrap_or_default();
            Ok(!known.nodes.contains_key(node) && replica.learn_origin(&certificate)?)
        }
        // A node may be revoked that the lines before made known: its present state counts.
        Event::Revoked { node } => replica.revoke_origin_at(*node, at),
        Event::TokenSpent { token, node, school, issued, expires } => {
            let hash = STANDARD.decode(token).unwrap_or_default();
            if known.spent.contains_key(&hash) {
                return Ok(false);
            }
            let (node, school, issued, expires, at) = (*node, school.clone(), issued.clone(), expires.clone(), at.to_owned());
            replica.store().write(move |c| {
                let moved = c.execute(
                    "INSERT INTO token(hash, school, issued, expires, used, used_by) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT(hash) DO UPDATE SET used = excluded.used, used_by = excluded.used_by WHERE used_by IS NULL",
                    params![hash, school, issued, expires, at, &node.0[..]],
                )?;
                Ok(moved == 1)
            })
        }
        Event::Sealed { node, sealed } => {
            let sealed = STANDARD.decode(sealed).unwrap_or_default();
            // Instants in one form and one zone: they sort as texts.
            if known.sealed.get(node).is_some_and(|(kept_at, kept)| *kept == sealed || kept_at.as_str() >= at) {
                return Ok(false);
            }
            let (node, at) = (*node, at.to_owned());
            replica.store().write(move |c| {
                c.execute("INSERT OR REPLACE INTO sealed_key(origin, at, sealed) VALUES(?1, ?2, ?3)", params![&node.0[..], at, sealed])?;
                Ok(true)
            })
        }
        Event::Renewed { .. } => Ok(false),
    }
}

/// All that the database knows, as events; the register keeps those it lacks.
fn events(known: Facts) -> Vec<Event> {
    let mut out = Vec::new();
    for (hash, (node, school, issued, expires)) in known.spent {
        out.push(Event::TokenSpent { token: STANDARD.encode(hash), node, school, issued, expires });
    }
    for (node, (school, certificate, revoked)) in known.nodes {
        out.push(Event::Enrolled { node, school, certificate: STANDARD.encode(certificate) });
        out.extend(revoked.map(|_| Event::Revoked { node }));
    }
    out.extend(known.sealed.into_iter().map(|(node, (_, sealed))| Event::Sealed { node, sealed: STANDARD.encode(sealed) }));
    out
}
