//! What a former school recorded about a child, out of the dossier the county handed over: to read only, and for whom the same ledger of this child is in reach.

use super::{
    account::Account,
    desk::Desk,
    reach,
    shown::{self, Shown},
};
use crate::{
    document::view::Value,
    fault::Fault,
    locale::Lang,
    model::DocId,
    replica::{browse::Pupil, names::Names, relay::VALUE},
};
use std::collections::BTreeMap;

/// A record of a former school.
#[derive(Clone, Debug)]
pub struct Former {
    /// The school by name.
    pub school: String,
    /// Ledger's title.
    pub ledger: String,
    /// Day; empty: none was kept.
    pub on: String,
    /// State then; empty without one.
    pub state: String,
    /// What it says, as far as the person may see it.
    pub values: Vec<Shown>,
}

/// The records handed over about a child, the newest first.
///
/// # Errors
/// The store's.
pub fn of(desk: &Desk, account: &Account, pupil: &Pupil, lang: Lang) -> Result<Vec<Former>, Fault> {
    let Some(doc) = DocId::from_hex(&pupil.student) else { return Ok(Vec::new()) };
    let (catalogue, names) = (desk.replica.catalogue(), Names::of(&desk.replica, lang));
    let word = |fields: &BTreeMap<String, Value>, key: &str| match fields.get(key) {
        Some(Value::Str(text)) => text.clone(),
        _ => String::new(),
    };
    let mut out = Vec::new();
    let mut handed_over = desk.replica.handed_over(doc).map_err(Fault::from)?;
    handed_over.extend(desk.replica.handed_over_by_number(pupil.id_no.as_deref().unwrap_or_default()).map_err(Fault::from)?);
    for (_, envelope) in handed_over {
        let Some(definition) = catalogue.latest(&word(&envelope, "ledger")) else { continue };
        if !account.reads(definition).holds(reach::class_of(pupil)) {
            continue;
        }
        let common = envelope.iter().filter(|(key, _)| ["on", "by", "note"].contains(&key.as_str()));
        let own = envelope.iter().filter_map(|(key, value)| Some((key.strip_prefix(VALUE)?, value)));
        let fields = common.map(|(key, value)| (key.as_str(), value)).chain(own).map(|(key, value)| (key.to_owned(), value.clone())).collect();
        let code = word(&envelope, "from_school");
        out.push(Former {
            school: names.school(&code).unwrap_or(code),
            ledger: definition.title.get(lang).to_owned(),
            on: word(&envelope, "on"),
            state: shown::state(definition, Some(word(&envelope, "state").as_str()).filter(|state| !state.is_empty()), lang),
            values: shown::filled(&catalogue, definition, account, &fields, lang),
        });
    }
    out.sort_by(|a, b| b.on.cmp(&a.on).then_with(|| a.ledger.cmp(&b.ledger)));
    Ok(out)
}
