//! The record a person means: by its id, an unambiguous part of it, the code or name it has, or (profiles) a child.

use super::Place;
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    model::{DocId, Space},
    replica::{Replica, Result},
    store::log::DocN,
};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of a record key behind the ledger's code: a whole one is looked up as it is.
const KEY_CHARS: usize = 26;

const PLACE: &str = "SELECT d.n, d.id, s.code, r.id, r.ledger, r.fields, r.void, r.continues, r.state FROM record r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space";

impl Replica {
    /// The record a cell refers to: by its id or a part of it, or, as office files do, by the code or name it has.
    ///
    /// # Errors
    /// `record-none`, `record-several`; the store's.
    pub fn referred(&self, text: &str, ledger: Option<&str>, on: &str) -> Result<String> {
        let none = match self.locate_in(text, ledger) {
            Ok(place) => return Ok(place.id),
            Err(error) => error,
        };
        let (Some(ledger), wanted) = (ledger.map(str::to_owned), text.trim().to_owned()) else { return Err(none) };
        // Of several with the code, as a programme has for each of its times, the one in force on `on`.
        let ids: Vec<String> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached(
                "SELECT id, coalesce(json_extract(fields, '$.valid_from') <= ?3, 1) AND coalesce(json_extract(fields, '$.valid_until') >= ?3, 1) AS now FROM record
                 WHERE ledger = ?1 AND void = 0 AND ?2 IN (json_extract(fields, '$.code'), json_extract(fields, '$.name'), json_extract(fields, '$.title')) ORDER BY now DESC LIMIT 40",
            )?;
            let found: Vec<(String, bool)> =
                statement.query_map([&ledger, &wanted, on], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            let in_force = found.iter().any(|(_, now)| *now);
            Ok(found.into_iter().filter(|(_, now)| *now || !in_force).map(|(id, _)| id).collect())
        })?;
        match ids.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(none),
            several => Err(Fault::new("record-several", Exit::NoMatch).with("ref", text).with("count", several.len()).into()),
        }
    }

    /// Code of a school a cell names, by code (also of another county) or by its name in the county's list.
    ///
    /// # Errors
    /// `school-unknown`; `record-several` when two schools have the name.
    pub(crate) fn school_named(&self, text: &str) -> Result<String> {
        let wanted = text.trim().to_owned();
        if wanted.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(wanted);
        }
        let codes: Vec<String> = self.store.read(|c| -> Result<_> {
            let mut statement = c.prepare_cached("SELECT code FROM record_school WHERE name = ?1 AND void = 0 LIMIT 2")?;
            Ok(statement.query_map([&wanted], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        match codes.as_slice() {
            [code] => Ok(code.clone()),
            [] => Err(Fault::new("school-unknown", Exit::NoMatch).with("code", text).into()),
            several => Err(Fault::new("record-several", Exit::NoMatch).with("ref", text).with("count", several.len()).into()),
        }
    }

    /// Undisputed values of a record; none if there is no such record.
    pub(in crate::replica) fn record_fields(&self, id: &str) -> Result<BTreeMap<String, Value>> {
        Ok(self.record_values(id)?.0)
    }

    /// Values of a record, none if it is not here, and its state.
    pub(in crate::replica) fn record_values(&self, id: &str) -> Result<(BTreeMap<String, Value>, Option<String>)> {
        let id = id.to_owned();
        self.store.read(|c| {
            let found: Option<(String, Option<String>)> =
                c.prepare_cached("SELECT fields, state FROM record WHERE id = ?1")?.query_row([id], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            Ok(found.map(|(fields, state)| (serde_json::from_str(&fields).unwrap_or_default(), state)).unwrap_or_default())
        })
    }

    /// Whether a record of exactly this id is here, void or not.
    pub(crate) fn holds(&self, id: &str) -> Result<bool> {
        self.store.read(|c| Ok(c.prepare_cached("SELECT EXISTS(SELECT 1 FROM record WHERE id = ?1)")?.query_row([id], |r| r.get(0))?))
    }

    /// A record by its id, an unambiguous beginning of it, or (profiles) a child.
    ///
    /// # Errors
    /// `record-none`, `record-several`.
    pub fn locate(&self, text: &str) -> Result<Place> {
        self.locate_in(text, None)
    }

    pub(super) fn locate_in(&self, text: &str, ledger: Option<&str>) -> Result<Place> {
        let wanted = text.trim().to_owned();
        let mut places = self.store.read(|c| places(c, &wanted, ledger))?;
        match (places.len(), places.pop()) {
            (1, Some(place)) => Ok(place),
            (0, _) if ledger.is_none() => {
                let hit = self.one_student(text, None).map_err(|_| Fault::new("record-none", Exit::NoMatch).with("ref", text))?;
                let id = hit.doc.to_string();
                let mut places = self.store.read(|c| places_exact(c, &id))?;
                places.pop().ok_or_else(|| Fault::new("record-none", Exit::NoMatch).with("ref", text).into())
            }
            (0, _) => Err(Fault::new("record-none", Exit::NoMatch).with("ref", text).into()),
            (n, _) => Err(Fault::new("record-several", Exit::NoMatch).with("ref", text).with("count", n).into()),
        }
    }
}

fn place_row(r: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Place>> {
    let code: Vec<u8> = r.get(2)?;
    let fields: String = r.get(5)?;
    Ok(Space::from_bytes(&code).zip(Some(serde_json::from_str(&fields).unwrap_or_default())).map(|(space, fields)| Place {
        space,
        doc: DocId(r.get(1).unwrap_or([0; 16])),
        n: DocN(r.get(0).unwrap_or(0)),
        id: r.get(3).unwrap_or_default(),
        ledger: r.get(4).unwrap_or_default(),
        fields,
        void: r.get(6).unwrap_or(false),
        continues: r.get(7).unwrap_or(None),
        state: r.get(8).unwrap_or(None),
    }))
}

fn places_exact(c: &Connection, id: &str) -> Result<Vec<Place>> {
    let mut statement = c.prepare_cached(&format!("{PLACE} WHERE r.id = ?1 LIMIT 3"))?;
    let rows: Vec<Option<Place>> = statement.query_map([id], place_row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn places(c: &Connection, text: &str, ledger: Option<&str>) -> Result<Vec<Place>> {
    let exact = places_exact(c, text)?;
    if !exact.is_empty() {
        return Ok(exact);
    }
    let (code, tail) = text.split_once(':').map_or((ledger, text), |(code, tail)| (Some(code), tail));
    if tail.len() < 4 || tail.len() >= KEY_CHARS || !tail.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(Vec::new());
    }
    let codes = match code {
        Some(code) => vec![code.to_owned()],
        None => ledger_codes(c)?,
    };
    let mut found = BTreeSet::new();
    // Drawn ids are in capitals, derived ones in small letters.
    for (code, tail) in codes.iter().flat_map(|code| [(code, tail.to_ascii_uppercase()), (code, tail.to_ascii_lowercase())]) {
        let (from, to) = (format!("{code}:{tail}"), format!("{code}:{tail}~"));
        let mut statement = c.prepare_cached("SELECT n FROM record WHERE id >= ?1 AND id < ?2 LIMIT 3")?;
        let rows = statement.query_map([from, to], |r| r.get::<_, i64>(0))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    if found.is_empty() {
        // ULIDs of one minute share their beginning, so the end of one is accepted too. This reads the whole index, so it comes last.
        let mut statement = c.prepare_cached("SELECT n FROM record INDEXED BY record_id WHERE id LIKE ?1 LIMIT 3")?;
        let rows = statement.query_map([format!("{}:%{tail}", code.unwrap_or("%"))], |r| r.get::<_, i64>(0))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    let mut statement = c.prepare_cached(&format!("{PLACE} WHERE r.n = ?1 AND (?2 IS NULL OR r.ledger = ?2)"))?;
    let mut out = Vec::new();
    for n in found.into_iter().take(3) {
        out.extend(statement.query_row(params![n, ledger], place_row).optional()?.flatten());
    }
    Ok(out)
}

fn ledger_codes(c: &Connection) -> Result<Vec<String>> {
    let mut statement = c.prepare_cached("SELECT ledger FROM typed")?;
    let rows = statement.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
