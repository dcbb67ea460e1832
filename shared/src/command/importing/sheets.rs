//! A roster kept in several sheets comes in one after the other. Each sheet is held against the children the school had before the file, as the first was: those that another of
//! its sheets brought neither vouch for it nor speak against it.

use crate::{
    command::undoing::Trace,
    import::{others::Others, own},
    model::DocId,
    replica::{Replica, Result},
};
use std::collections::BTreeSet;

/// Children that came new with the other sheets of this very file.
pub(super) fn brought(replica: &Replica, bytes: &[u8], others: &Others) -> Result<BTreeSet<DocId>> {
    let mut out = BTreeSet::new();
    for other in &others.alike {
        let sheet = own::fingerprint(bytes, &other.name);
        let details: Vec<String> = replica.store().read(|c| -> Result<_> {
            let mut statement = c.prepare_cached("SELECT detail FROM import WHERE sha256 = ?1 AND kind = 'roster' AND undone IS NULL")?;
            Ok(statement.query_map([&sheet], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })?;
        let traces = details.iter().filter_map(|detail| serde_json::from_str::<Vec<Trace>>(detail).ok()).flatten();
        out.extend(traces.filter(|trace| trace.new && trace.record.is_empty()).map(|trace| trace.doc));
    }
    Ok(out)
}
