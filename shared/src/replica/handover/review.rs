//! The county's look at what the school left wrote after its document was closed: it stays in that document, and can be added to the dossier.

use super::dossier::{DOSSIER, Envelopes, enclose};
use crate::{
    document::{
        view::Value,
        write::{Edit, NewRecord, Target},
    },
    fault::{Exit, Fault},
    model::{DocId, SchoolCode, Space},
    replica::{
        Replica, Result,
        closing::{self, text},
        conflicts::Item,
        edit::{DocEdit, What},
        project::ACK_PREFIX,
        students,
    },
};
use rusqlite::OptionalExtension as _;
use std::sync::Arc;

impl Replica {
    /// The county's look at an edit that came after the closing: `keep` leaves it in the old document, `forward` also adds what it touched to the dossier.
    ///
    /// # Errors
    /// `conflict-choice`; `document-closed` at a school; the store's.
    pub(in crate::replica) fn review_late(self: &Arc<Self>, item: &Item, place: (Space, DocId), choose: &[String], by: Option<&str>) -> Result<()> {
        let (space, doc) = place;
        self.may_work_in(doc)?;
        let mut edits = match choose.first().map(String::as_str) {
            Some("keep") => Vec::new(),
            Some("forward") => self.forward(item, doc)?,
            other => {
                let choice = other.unwrap_or_default();
                return Err(Fault::new("conflict-choice", Exit::Input).with("choice", choice).with("list", "keep, forward").into());
            }
        };
        let mark = format!("{}{}", ACK_PREFIX, item.detail["ack"].as_str().unwrap_or_default());
        let sets = vec![(Target::Subject, mark, Value::Str(by.unwrap_or_default().to_owned()))];
        edits.push(DocEdit { space, doc, what: What::Edit(Edit { sets, ..Edit::default() }) });
        self.commit(edits).map(|_| ())
    }

    fn forward(&self, item: &Item, doc: DocId) -> Result<Vec<DocEdit>> {
        let Some(opened) = self.open_doc(doc)? else { return Ok(Vec::new()) };
        let profile = self.record_fields(&doc.to_string())?;
        let ledger = text(&profile, closing::FOR).unwrap_or_default();
        let definition = self.definition(ledger.split(':').next().unwrap_or_default())?;
        let link: Option<String> = self.store.read(|c| -> Result<_> {
            let sql = "SELECT child_b FROM record_child_link WHERE child_a = ?1 AND verdict = 'transferred' AND void = 0 ORDER BY \"on\" DESC, _id DESC LIMIT 1";
            Ok(c.prepare_cached(sql)?.query_row([doc.to_string()], |r| r.get(0)).optional()?)
        })?;
        let to = text(&profile, closing::TO).and_then(|to| to.parse::<SchoolCode>().ok());
        let child = link.as_deref().and_then(DocId::from_hex);
        let (Some(handover), Some(from), Some(to), Some(child)) = (&definition.handover, opened.context.space.school, to, child) else {
            return Err(Fault::new("handover-none", Exit::Input).with("student", doc).into());
        };
        let wanted: Vec<&str> = item.detail["records"].as_array().into_iter().flatten().filter_map(|id| id.as_str()).collect();
        let mut envelopes = Envelopes::new();
        enclose(&mut envelopes, handover, &opened, from, child, |row| wanted.contains(&row.id.as_str()));
        if envelopes.is_empty() {
            return Err(Fault::new("handover-none", Exit::Input).with("student", doc).into());
        }
        let space = Space::county_school(to, opened.context.space.year);
        let mut edits = Vec::new();
        for (document, records) in envelopes {
            for (key, mut fields) in records {
                fields.insert("late".into(), Value::Bool(true));
                let (space, doc) = self.stands(&key)?.unwrap_or_else(|| {
                    let name = format!("{DOSSIER}/{child}/{document}/late");
                    (space, students::county_doc(space, &name, 0))
                });
                let edit = Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() };
                edits.push(DocEdit { space, doc, what: What::Put(edit) });
            }
        }
        Ok(edits)
    }

    /// Space and document of a record that is in the dossier already.
    fn stands(&self, key: &str) -> Result<Option<(Space, DocId)>> {
        self.store.read(|c| {
            let sql = "SELECT s.code, d.id FROM record r JOIN doc d ON d.n = r.doc JOIN space s ON s.id = d.space WHERE r.id = ?1";
            let row: Option<(Vec<u8>, [u8; 16])> = c.prepare_cached(sql)?.query_row([key], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            Ok(row.and_then(|(code, doc)| Some((Space::from_bytes(&code)?, DocId(doc)))))
        })
    }
}
