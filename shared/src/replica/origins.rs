//! Whose signatures count: origins the county has certified, held in memory for speed and in the store for good.

use super::{
    Me, Replica, Result, Role,
    scope::{Known, Voice},
};
use crate::{document::rule, identity::origin as origin_certificate, ledger::definition::Authority, model::OriginId};
use rusqlite::{Connection, params};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// Origins by id.
#[derive(Debug, Default)]
pub struct Origins(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    known: HashMap<OriginId, Known>,
    /// The side of each, this replica and the rules among them: made when first asked for after a change.
    voices: Option<Voices>,
}

/// Side of every known origin.
pub(super) type Voices = Arc<HashMap<OriginId, Authority>>;

impl Origins {
    /// All that the store knows, checked again against the county's key.
    ///
    /// # Errors
    /// The store's.
    pub fn load(c: &Connection, me: &Me) -> Result<Self> {
        let mut statement = c.prepare("SELECT certificate, revoked IS NOT NULL FROM origin")?;
        let mut rows = statement.query([])?;
        let mut known = HashMap::new();
        while let Some(row) = rows.next()? {
            let (certificate, revoked): (Vec<u8>, bool) = (row.get(0)?, row.get(1)?);
            if let Ok(facts) = origin_certificate::verify(&certificate, &me.county_key) {
                let one = of_facts(&facts, revoked);
                known.insert(one.id, one);
            }
        }
        Ok(Self(RwLock::new(Inner { known, voices: None })))
    }

    /// What is known of `id`.
    pub fn get(&self, id: OriginId) -> Option<Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).known.get(&id).cloned()
    }

    /// Adds or replaces one.
    pub fn put(&self, known: Known) {
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        inner.known.insert(known.id, known);
        inner.voices = None;
    }
}

fn of_facts(facts: &origin_certificate::OriginFacts, revoked: bool) -> Known {
    Known { id: OriginId::of_key(&facts.public_key), voice: facts.school.map_or(Voice::County, Voice::School), public_key: facts.public_key, revoked }
}

impl Replica {
    /// Keeps the county's certificate of an origin. False: the county did not sign it, or it is of another county.
    ///
    /// # Errors
    /// The store's.
    pub fn learn_origin(&self, certificate: &[u8]) -> Result<bool> {
        let Ok(facts) = origin_certificate::verify(certificate, &self.me.county_key) else { return Ok(false) };
        if facts.county != self.me.county {
            return Ok(false);
        }
        let known = of_facts(&facts, false);
        if self.origins.get(known.id).is_some() {
            return Ok(true);
        }
        let (certificate, id, key, now) = (certificate.to_vec(), known.id, known.public_key, self.now_text());
        let school = facts.school.map(|s| s.to_string());
        self.store.write(move |c| -> Result<()> {
            c.execute(
                "INSERT INTO origin(id, school, certificate, public_key, issued) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                params![&id.0[..], school, certificate, &key[..], now],
            )?;
            Ok(())
        })?;
        self.origins.put(known);
        Ok(true)
    }

    /// Revokes an origin from this moment. False: unknown, or revoked before.
    ///
    /// # Errors
    /// The store's.
    pub fn revoke_origin(&self, id: OriginId) -> Result<bool> {
        self.revoke_origin_at(id, &self.now_text())
    }

    /// As [`Replica::revoke_origin`], for a revocation of before that the database has lost.
    ///
    /// # Errors
    /// The store's.
    pub fn revoke_origin_at(&self, id: OriginId, at: &str) -> Result<bool> {
        if self.origins.get(id).is_none_or(|known| known.revoked) {
            return Ok(false);
        }
        let now = at.to_owned();
        let moved = self.store.write(move |c| -> Result<bool> {
            Ok(c.execute("UPDATE origin SET revoked = ?2 WHERE id = ?1 AND revoked IS NULL", params![&id.0[..], now])? == 1)
        })?;
        if let (true, Some(mut known)) = (moved, self.origins.get(id)) {
            known.revoked = true;
            self.origins.put(known);
        }
        Ok(moved)
    }

    /// Side of every known origin, this replica and the rules among them.
    pub(super) fn voices(&self) -> Voices {
        if let Some(voices) = &self.origins.0.read().unwrap_or_else(PoisonError::into_inner).voices {
            return Arc::clone(voices);
        }
        let side = |voice: Voice| match voice {
            Voice::County => Authority::County,
            Voice::School(_) => Authority::School,
        };
        let own = self.origin_facts(self.origin());
        let mut inner = self.origins.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut out: HashMap<OriginId, Authority> = inner.known.values().map(|k| (k.id, side(k.voice))).collect();
        if let Some(me) = own {
            out.insert(me.id, side(me.voice));
        }
        out.insert(rule::PREFIX, Authority::School);
        let voices = Arc::new(out);
        inner.voices = Some(Arc::clone(&voices));
        voices
    }

    /// What is known of an origin; this replica itself is always known.
    pub fn origin_facts(&self, id: OriginId) -> Option<Known> {
        if id == self.origin() {
            let voice = match self.me.role {
                Role::Hub => Voice::County,
                Role::Node(school) => Voice::School(school),
            };
            return Some(Known { id, voice, public_key: self.me.keypair.public(), revoked: false });
        }
        self.origins.get(id)
    }
}
