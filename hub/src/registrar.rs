//! Enrolment: tokens issued, spent and refused; nodes listed and revoked.
//!
//! Invariants: only the hash of a token's secret is kept; a token is spent in the same commit that records whom it let in; the same key may present a spent
//! token again (its answer got lost), nobody else may.

use crate::{desk::Hub, recovery, register::line::Event};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    fault::{Exit, Fault},
    identity::{PublicKey, RecoveryKey, issue},
    model::{OriginId, SchoolCode},
    replica::{ReplicaError, scope::Voice, students::school_key},
    transport::enrol::{EnrolRefusal, Grant, Redeem, Registrar},
};
use jiff::ToSpan as _;
use rusqlite::{OptionalExtension as _, params};
use serde_json::{Value as Json, json};

/// Longest life of a token: a month covers the slowest courier.
const HOURS_MAX: u32 = 24 * 31;

impl Hub {
    /// A one-time token for a school.
    ///
    /// # Errors
    /// `hours-absurd`; a school the county does not know.
    pub fn issue_token(&self, school: &str, hours: u32) -> Result<Json, Fault> {
        if hours == 0 || hours > HOURS_MAX {
            return Err(Fault::new("hours-absurd", Exit::Input).with("hours", hours).with("max", HOURS_MAX));
        }
        let school = self.replica.known_school(school).map_err(Fault::from)?;
        let clock = self.replica.clock();
        let token = self.county.new_token(clock);
        let expires = clock.now().checked_add(i64::from(hours).hours()).map_err(Fault::internal)?.to_string();
        let (hash, code, now, until) = (token.secret_hash(), school.to_string(), clock.now().to_string(), expires.clone());
        self.write(move |c| {
            c.execute("INSERT INTO token(hash, school, issued, expires) VALUES(?1, ?2, ?3, ?4)", params![&hash[..], code, now, until])?;
            Ok(())
        })?;
        Ok(
            json!({ "token": token.to_string(), "school": school.to_string(), "expires": expires, "fingerprint": self.county.fingerprint().to_string() }),
        )
    }

    /// Every node that was let in.
    ///
    /// # Errors
    /// The store's.
    pub fn nodes(&self) -> Result<Json, Fault> {
        let connected = self.cutter.connected();
        let rows: Result<Vec<Json>, ReplicaError> = self.replica.store().read(|c| {
            let mut statement = c.prepare(
                "SELECT o.id, o.school, o.issued, o.revoked, k.last_contact, k.as_of, s.name FROM origin o LEFT JOIN contact k ON k.school = o.school
                 LEFT JOIN school s ON s.code = o.school WHERE o.school IS NOT NULL ORDER BY o.school, o.issued",
            )?;
            let rows = statement.query_map([], |r| {
                let id = OriginId(r.get(0)?);
                let text = |i: usize| r.get::<_, Option<String>>(i);
                Ok(json!({ "node": id.to_string(), "school": text(1)?, "name": text(6)?, "issued": text(2)?, "revoked": text(3)?, "last_contact": text(4)?, "as_of": text(5)?,
                    "connected": connected.contains(&id) }))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        });
        Ok(json!({ "nodes": rows.map_err(Fault::from)? }))
    }

    /// The one node that an id or its beginning names.
    fn one_node(&self, text: &str) -> Result<OriginId, Fault> {
        let nodes = self.nodes()?;
        let fitting: Vec<OriginId> = nodes["nodes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|n| n["node"].as_str().filter(|id| text.len() >= 4 && id.starts_with(text)).and_then(OriginId::from_hex))
            .collect();
        match fitting.as_slice() {
            [id] => Ok(*id),
            [] => Err(Fault::new("node-unknown", Exit::NoMatch).with("id", text)),
            several => Err(Fault::new("node-several", Exit::NoMatch).with("id", text).with("count", several.len())),
        }
    }

    /// A node's database key as it sealed it; `null` if it never did.
    ///
    /// # Errors
    /// `node-unknown`, `node-several`.
    pub fn sealed_key(&self, text: &str) -> Result<Json, Fault> {
        let id = self.one_node(text)?;
        let found: Result<Option<(String, Vec<u8>)>, ReplicaError> = self.replica.store().read(|c| {
            Ok(c.query_row("SELECT at, sealed FROM sealed_key WHERE origin = ?1", [&id.0[..]], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
        });
        let (at, sealed) = found.map_err(Fault::from)?.unzip();
        Ok(json!({ "node": id.to_string(), "at": at, "sealed": sealed.map(|bytes| STANDARD.encode(bytes)) }))
    }

    /// Revokes a node: at once, also its live sessions.
    ///
    /// # Errors
    /// `node-unknown`, `node-several`; `register-io`: revoked it is, but a lost database would not know it.
    pub fn revoke(&self, text: &str) -> Result<Json, Fault> {
        let id = self.one_node(text)?;
        let revoked = self.replica.revoke_origin(id).map_err(Fault::from)?;
        let cut = self.cutter.cut(id);
        self.register.append(&[Event::Revoked { node: id }], self.replica.clock())?;
        Ok(json!({ "node": id.to_string(), "revoked": revoked, "sessions_cut": cut }))
    }

    fn grant(&self, school: SchoolCode, key: &PublicKey) -> Result<Grant, EnrolRefusal> {
        let name = self.school_name(school).ok_or(EnrolRefusal::SchoolClosed)?;
        let id_key = school_key(&self.replica.me().id_secret, school);
        let grant = issue::node(&self.county, &self.ca_certificate, school, &name, key, id_key, self.replica.clock()).map_err(failed)?;
        let grant = Grant { recovery: self.recovery, ..grant };
        self.replica.learn_origin(&grant.origin_certificate).map_err(failed)?;
        Ok(grant)
    }

    fn school_name(&self, school: SchoolCode) -> Option<String> {
        let code = school.to_string();
        let found: Result<Option<String>, ReplicaError> = self
            .replica
            .store()
            .read(|c| Ok(c.query_row("SELECT coalesce(name, code) FROM school WHERE code = ?1", [code], |r| r.get(0)).optional()?));
        found.ok().flatten()
    }
}

fn failed(error: impl std::fmt::Display) -> EnrolRefusal {
    tracing::error!(%error, "an enrolment failed at the hub");
    EnrolRefusal::HubFailed
}

impl Registrar for Hub {
    fn redeem(&self, request: &Redeem) -> Result<Grant, EnrolRefusal> {
        if request.county != self.county.code() {
            return Err(EnrolRefusal::TokenForeign);
        }
        let (hash, now, id) = (request.secret_hash, self.replica.clock().now(), OriginId::of_key(&request.public_key));
        if self.replica.origin_facts(id).is_some_and(|known| known.revoked) {
            return Err(EnrolRefusal::Revoked);
        }
        let outcome: Result<Result<[String; 3], EnrolRefusal>, ReplicaError> = self.replica.store().write(move |c| {
            type Row = (String, String, String, Option<Vec<u8>>);
            let row: Option<Row> = c
                .query_row("SELECT school, issued, expires, used_by FROM token WHERE hash = ?1", [&hash[..]], |r| {
                    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))
                })
                .optional()?;
            let Some((school, issued, expires, used_by)) = row else { return Ok(Err(EnrolRefusal::TokenUnknown)) };
            match used_by {
                Some(by) if by == id.0 => return Ok(Ok([school, issued, expires])),
                Some(_) => return Ok(Err(EnrolRefusal::TokenUsed)),
                None => {}
            }
            if expires.parse::<jiff::Timestamp>().map_or(true, |until| until < now) {
                return Ok(Err(EnrolRefusal::TokenExpired));
            }
            c.execute("UPDATE token SET used = ?2, used_by = ?3 WHERE hash = ?1", params![&hash[..], now.to_string(), &id.0[..]])?;
            Ok(Ok([school, issued, expires]))
        });
        let [code, issued, expires] = outcome.map_err(failed)??;
        let school: SchoolCode = code.parse().map_err(failed)?;
        tracing::info!(%school, node = %id, software = request.software, "a node was enrolled");
        let grant = self.grant(school, &request.public_key)?;
        let spent = Event::TokenSpent { token: STANDARD.encode(hash), node: id, school: code.clone(), issued, expires };
        let enrolled = Event::Enrolled { node: id, school: code, certificate: STANDARD.encode(&grant.origin_certificate) };
        self.register.append(&[spent, enrolled], self.replica.clock()).map_err(failed)?;
        Ok(grant)
    }

    fn renew(&self, public_key: &PublicKey, _software: &str) -> Result<Grant, EnrolRefusal> {
        let known = self.replica.origin_facts(OriginId::of_key(public_key)).ok_or(EnrolRefusal::NotEnrolled)?;
        if known.revoked {
            return Err(EnrolRefusal::Revoked);
        }
        match known.voice {
            Voice::School(school) => {
                let grant = self.grant(school, public_key)?;
                let renewed = Event::Renewed { node: known.id, school: school.to_string() };
                self.register.append(&[renewed], self.replica.clock()).map_err(failed)?;
                Ok(grant)
            }
            Voice::County => Err(EnrolRefusal::NotEnrolled),
        }
    }

    fn deposit(&self, public_key: &PublicKey, sealed: Option<&[u8]>) -> Result<Option<RecoveryKey>, EnrolRefusal> {
        let id = OriginId::of_key(public_key);
        match self.replica.origin_facts(id) {
            Some(known) if known.revoked => return Err(EnrolRefusal::Revoked),
            Some(known) if matches!(known.voice, Voice::School(_)) => {}
            _ => return Err(EnrolRefusal::NotEnrolled),
        }
        let Some(recovery) = self.recovery else { return Ok(None) };
        if let Some(sealed) = sealed.filter(|sealed| recovery::fits(sealed, id, recovery.id())) {
            let (now, bytes) = (self.replica.clock().now().to_string(), sealed.to_vec());
            let kept: Result<(), ReplicaError> = self.replica.store().write(move |c| {
                c.execute("INSERT OR REPLACE INTO sealed_key(origin, at, sealed) VALUES(?1, ?2, ?3)", params![&id.0[..], now, bytes])?;
                Ok(())
            });
            kept.map_err(failed)?;
            let event = Event::Sealed { node: id, sealed: STANDARD.encode(sealed) };
            self.register.append(&[event], self.replica.clock()).map_err(failed)?;
            tracing::info!(node = %id, "a sealed database key was kept");
        }
        Ok(Some(recovery))
    }
}
