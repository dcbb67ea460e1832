//! Records referred to by name in a file: what an export shows in place of a record's id is read back as that record, if it is the only one of that name.
//!
//! Leaves to others: records of children. One name fits many children's applications, so these are taken by their id alone; a cell left as it was exported changes nothing.

use crate::{
    ledger::{
        Catalogue, FieldType,
        definition::{Field, Subject},
    },
    locale::Lang,
    replica::{Replica, browse::Wanted, names::Names},
};
use std::{cell::RefCell, collections::BTreeMap};

/// Records whose names are looked up for a field.
const RECORDS_MAX: u32 = 2_000;

/// Names that are told where none of them was meant.
const TOLD_MAX: usize = 8;

/// Names by field, read once a file.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Ledger referred to → name → the record, `None` if several are called so.
    known: RefCell<BTreeMap<String, BTreeMap<String, Option<String>>>>,
}

impl Named {
    /// The record that is called so; `None` for what is no reference, is an id already, or names none or several.
    pub(super) fn id(&self, replica: &Replica, catalogue: &Catalogue, field: &Field, text: &str) -> Option<String> {
        let ledger = field.reference.as_deref().filter(|_| field.kind == FieldType::Ref)?;
        let target = catalogue.latest(ledger).filter(|target| target.subject != Subject::Student)?;
        let text = text.trim();
        if text.is_empty() || text.strip_prefix(ledger).is_some_and(|rest| rest.starts_with(':')) {
            return None;
        }
        let read = || {
            let mut out: BTreeMap<String, Option<String>> = BTreeMap::new();
            for lang in [Lang::Zh, Lang::En] {
                let names = Names::of(replica, lang);
                for row in replica.page(target, &Wanted { limit: RECORDS_MAX, ..Wanted::default() }).map(|page| page.rows).unwrap_or_default() {
                    for name in [names.label(target, &row.fields), names.choice(target, &row.fields)] {
                        let known = out.entry(name).or_insert_with(|| Some(row.id.clone()));
                        if known.as_ref() != Some(&row.id) {
                            *known = None;
                        }
                    }
                }
            }
            out
        };
        let mut known = self.known.borrow_mut();
        known.entry(ledger.to_owned()).or_insert_with(read).get(text).cloned().flatten()
    }

    /// What there is to choose from, some of it; of children's records nothing.
    pub(super) fn names(&self, replica: &Replica, catalogue: &Catalogue, field: &Field) -> Vec<String> {
        // Read, if no cell of the column was.
        let _ = self.id(replica, catalogue, field, "-");
        let known = self.known.borrow();
        let of = field.reference.as_deref().and_then(|ledger| known.get(ledger));
        of.into_iter().flat_map(BTreeMap::keys).filter(|name| !name.is_empty()).take(TOLD_MAX).cloned().collect()
    }

    /// Whether this record is called so, in either language.
    pub(super) fn is(&self, replica: &Replica, id: &str, text: &str) -> bool {
        [Lang::Zh, Lang::En].iter().any(|lang| Names::of(replica, *lang).name(id).is_some_and(|name| name == text.trim()))
    }
}
