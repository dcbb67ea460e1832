//! What is asked about rows that are about to be written, once, as the desk's forms ask: what a definition's checks ask about (`ask = true`), and what must be known of a
//! new child and is left out.
//!
//! The rows of one file count together: two payments that are each within what was approved, and above it together, are asked about.

use super::Trace;
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{
        Definition,
        definition::Form,
        validate::{self, FindingCode},
    },
    replica::{Replica, Result},
};
use std::collections::BTreeMap;

/// Questions by the place of the row. `written`: what each row writes.
pub(super) fn of(replica: &Replica, definition: &Definition, written: &[(usize, Trace)]) -> Result<BTreeMap<usize, Vec<Fault>>> {
    let mut out: BTreeMap<usize, Vec<Fault>> = written.iter().filter_map(|(at, trace)| Some((*at, lacking(replica, definition, trace)?))).collect();
    let asking = || definition.checks.iter().filter(|check| check.asks());
    if asking().next().is_none() {
        return Ok(out);
    }
    let initial = definition.lifecycle.as_ref().map(|lifecycle| lifecycle.initial.clone());
    let (mut after, mut states) = (BTreeMap::new(), BTreeMap::new());
    for (_, trace) in written.iter().filter(|(_, trace)| !trace.record.is_empty()) {
        let (mut fields, state): (BTreeMap<String, Value>, _) = if trace.new {
            (BTreeMap::new(), initial.clone())
        } else {
            let place = replica.locate(&trace.record)?;
            (place.fields, place.state)
        };
        fields.extend(trace.after.clone());
        after.insert(trace.record.clone(), fields);
        states.insert(trace.record.clone(), state);
    }
    for (at, trace) in written {
        let Some(fields) = after.get(&trace.record) else { continue };
        let state = states.get(&trace.record).and_then(Option::as_deref);
        let touched = asking().filter(|check| check.names().any(|name| trace.after.contains_key(name)));
        let faults: Vec<Fault> = replica.around_among(&trace.record, &after, |around| {
            touched.filter_map(|check| Some(validate::broken(check, fields, state, around)?.fault(definition))).collect()
        });
        if !faults.is_empty() {
            out.entry(*at).or_default().extend(faults);
        }
    }
    Ok(out)
}

/// Required fields that a new child's row leaves empty; `None`: none, or another row.
fn lacking(replica: &Replica, definition: &Definition, trace: &Trace) -> Option<Vec<Fault>> {
    if definition.form != Form::Profile || !trace.new {
        return None;
    }
    let found = replica.around(|around| validate::findings(definition, &trace.after, None, around));
    let missing: Vec<Fault> = found.iter().filter(|finding| finding.code == FindingCode::Missing).map(|finding| finding.fault(definition)).collect();
    (!missing.is_empty()).then_some(missing)
}
