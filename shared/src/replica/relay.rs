//! Records that concern a second school: the county shows them to it, and writes its answer down (`[relay]` of a definition, docs/ledger-format.md).
//!
//! ```text
//! school A: transfer ─► hub ─ copy (`relay`, in B's county_school space) ─► school B: record step ─► `relay_answer` in B's own document ─► hub
//!        ▲                                                                                                                                 │
//!        └──────────────────────── the step, by the county on B's word, following the steps B had seen ◄───────────────────────────────────┘
//! ```
//!
//! Invariants: a school reads and writes nothing of another's documents; ids of copies and of steps are derived from what they are of, so doing it again changes
//! nothing; an answer follows the steps its writer saw, so two that were given apart are a fork and never decided silently.

mod answer;

use super::{
    Replica, Result, Role,
    closing::text,
    edit::{DocEdit, What},
    merge,
    project::{self, Projection, RecordRow},
    records::Place,
    students,
};
use crate::{
    document::{
        read,
        view::Value,
        write::{Edit, NewRecord},
    },
    ledger::{
        Catalogue,
        definition::{Definition, Privacy, Relay},
    },
    model::{DocId, SchoolCode, Space, SpaceKind},
    store::log,
};
use rusqlite::OptionalExtension as _;
use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

/// Ledger of the copies.
pub(crate) const LEDGER: &str = "relay";
/// Ledger of the answers.
pub(super) const ANSWER: &str = "relay_answer";
/// Values of the record copied, or entered with an answer.
pub const VALUE: &str = "v.";
/// Values of the child's profile.
const PROFILE: &str = "p.";
/// Documents over which a school's copies of a year are spread by their id: at most 1,000 records each (DESIGN §2) up to about 6,000 copies.
const PAGES: u8 = 8;

/// True if the county has something to pass on in this document.
pub(super) fn concerns(catalogue: &Catalogue, projection: &Projection) -> bool {
    projection.records.iter().any(|row| row.ledger == ANSWER || catalogue.latest(&row.ledger).is_some_and(|d| d.relay.is_some()))
}

/// 26 hex digits out of `parts`: what a derived record is called.
pub(super) fn derived(context: &str, parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(context);
    for part in parts {
        hasher.update(&u64::try_from(part.len()).unwrap_or(0).to_be_bytes()).update(part);
    }
    hasher.finalize().to_hex().as_str().get(..26).unwrap_or_default().to_owned()
}

/// Key of the copy of a record for a school.
fn copy_key(doc: DocId, record: &str, school: SchoolCode) -> String {
    format!("{LEDGER}:{}", derived("huxue relay key v1", &[&doc.0, record.as_bytes(), school.to_string().as_bytes()]))
}

/// Where a school's copy stands.
fn copy_home(school: SchoolCode, year: crate::model::SchoolYear, key: &str) -> (Space, DocId) {
    let space = Space::county_school(school, year);
    let page = blake3::hash(key.as_bytes()).as_bytes().first().map_or(0, |byte| byte % PAGES);
    (space, students::county_doc(space, LEDGER, u32::from(page)))
}

/// A document as it stands in the log.
pub(super) struct Opened {
    pub(super) doc: crate::document::Doc,
    pub(super) view: crate::document::DocumentView,
    pub(super) context: project::Context,
    pub(super) projection: Projection,
}

/// What a copy is of, as the school it was passed on to reads it.
#[derive(Clone, Debug)]
pub struct PassedOn {
    /// The record's own ledger.
    pub definition: Arc<Definition>,
    /// The copy, with the values and the state of the record.
    pub place: Place,
    /// What was passed on of the child's profile.
    pub profile: BTreeMap<String, Value>,
    /// Name of the child.
    pub child: Option<String>,
    /// By when an answer is due.
    pub due: Option<String>,
    /// Step this school answered with, having seen what the copy says now.
    pub answered: Option<String>,
    /// The county could not write the answer down.
    pub problem: bool,
}

impl Replica {
    /// What a record was passed on for; `None` of any other record.
    ///
    /// # Errors
    /// The store's; `ledger-none` of a ledger that is not known here.
    pub fn passed_on(&self, place: &Place) -> Result<Option<PassedOn>> {
        if place.ledger != LEDGER {
            return Ok(None);
        }
        let word = |key: &str| text(&place.fields, key);
        let under = |prefix: &str| place.fields.iter().filter_map(|(key, v)| Some((key.strip_prefix(prefix)?.to_owned(), v.clone()))).collect();
        let (relay, seen) = (place.id.clone(), word("tips").unwrap_or_default());
        let answered: Option<String> = self.store.read(|c| -> Result<_> {
            let sql = "SELECT step FROM record_relay_answer WHERE relay = ?1 AND coalesce(follows, '') = ?2 AND void = 0 ORDER BY _id DESC LIMIT 1";
            Ok(c.prepare_cached(sql)?.query_row([relay, seen], |r| r.get(0)).optional()?)
        })?;
        let mut fields: BTreeMap<String, Value> = under(VALUE);
        fields.extend(place.fields.get("on").map(|on| ("on".to_owned(), on.clone())));
        Ok(Some(PassedOn {
            definition: self.definition(&word("ledger").unwrap_or_default())?,
            profile: under(PROFILE),
            child: word("child"),
            due: word("due"),
            answered,
            problem: word("problem").is_some(),
            place: Place { fields, state: word("state"), ..place.clone() },
        }))
    }

    /// Reads one document; `None` if it is not here.
    pub(super) fn open_doc(&self, doc: DocId) -> Result<Option<Opened>> {
        let loaded = self.store.read(|c| -> Result<_> {
            match log::find_doc(c, doc)? {
                Some((n, _)) => merge::load(c, n),
                None => Ok(None),
            }
        })?;
        Ok(loaded.map(|loaded| {
            let view = read::view(&loaded.doc);
            let context = self.projection_context(loaded.id, loaded.space);
            let projection = project::project(&view, &context);
            Opened { doc: loaded.doc, view, context, projection }
        }))
    }

    /// [`Replica::pass_on`] behind a commit: what was saved is saved, and what could not be passed on is tried again with the next change or start.
    pub(super) fn pass_on_logged(self: &Arc<Self>, docs: &[DocId]) {
        if let Err(error) = self.pass_on(docs) {
            tracing::error!(%error, "a record could not be passed on to the other school");
        }
    }

    /// Passes on everything that is not finished: at the hub's start and after a rebuild, in case a process ended between saving and passing on.
    ///
    /// # Errors
    /// The store's.
    pub fn pass_on_all(self: &Arc<Self>) -> Result<()> {
        if self.me.role != Role::Hub {
            return Ok(());
        }
        let catalogue = self.catalogue();
        let docs = self.store.read(|c| -> Result<Vec<DocId>> {
            let mut docs = Vec::new();
            let mut statement = c.prepare_cached("SELECT DISTINCT d.id, r.state FROM record r JOIN doc d ON d.n = r.doc WHERE r.ledger = ?1")?;
            for definition in catalogue.iter_latest().filter(|d| d.relay.is_some() || d.code == ANSWER) {
                let rows: Vec<(DocId, Option<String>)> =
                    statement.query_map([&definition.code], |r| Ok((DocId(r.get(0)?), r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
                let done = |state: &str| definition.lifecycle.as_ref().and_then(|l| l.state(state)).is_some_and(|s| !s.open);
                docs.extend(rows.into_iter().filter(|(_, state)| !state.as_deref().is_some_and(done)).map(|(doc, _)| doc));
            }
            Ok(docs)
        })?;
        self.pass_on(&docs)
    }

    /// Brings the copies of these documents' records up to date and writes answers down. Only the hub does anything; doing it again changes nothing.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn pass_on(self: &Arc<Self>, docs: &[DocId]) -> Result<()> {
        if self.me.role != Role::Hub || docs.is_empty() || self.rebuilding.load(Ordering::SeqCst) {
            return Ok(());
        }
        let catalogue = self.catalogue();
        for doc in docs {
            if !self.holds_any(*doc, &catalogue)? {
                continue;
            }
            let Some(opened) = self.open_doc(*doc)? else { continue };
            let mut edits = Vec::new();
            for row in &opened.projection.records {
                if let Some((definition, relay)) = catalogue.latest(&row.ledger).and_then(|d| Some((d, d.relay.as_ref()?))) {
                    edits.extend(self.copies(&opened, row, definition, relay)?);
                }
            }
            if !edits.is_empty() {
                self.commit(edits)?;
            }
            for row in opened.projection.records.iter().filter(|row| row.ledger == ANSWER && !row.void) {
                self.write_down(&opened, row)?;
            }
        }
        Ok(())
    }

    fn holds_any(&self, doc: DocId, catalogue: &Catalogue) -> Result<bool> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT DISTINCT r.ledger FROM record r JOIN doc d ON d.n = r.doc WHERE d.id = ?1")?;
            let ledgers: Vec<String> = statement.query_map([&doc.0[..]], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(ledgers.iter().any(|ledger| ledger == ANSWER || catalogue.latest(ledger).is_some_and(|d| d.relay.is_some())))
        })
    }

    fn copies(&self, opened: &Opened, row: &RecordRow, definition: &Definition, relay: &Relay) -> Result<Vec<DocEdit>> {
        let (space, doc) = (opened.context.space, opened.context.doc);
        let Some(own) = space.school.filter(|_| space.kind == SpaceKind::School) else { return Ok(Vec::new()) };
        let tips = match opened.view.records.get(&row.id) {
            Some(record) => project::outcome(record, definition, &opened.context).tips,
            None => Vec::new(),
        };
        let (mut edits, mut current) = (Vec::new(), Vec::new());
        for school in named_schools(&row.fields, relay).into_iter().filter(|school| *school != own) {
            if self.known_school(&school.to_string()).is_err() {
                continue;
            }
            let key = copy_key(doc, &row.id, school);
            let (home, page) = copy_home(school, space.year, &key);
            let fields = copy_fields(opened, row, definition, relay, own, &tips);
            current.push(key.clone());
            let edit = Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() };
            edits.push(DocEdit { space: home, doc: page, what: What::Put(edit) });
        }
        for (key, school) in self.copies_of(&row.id)?.into_iter().filter(|(key, _)| !current.contains(key)) {
            edits.push(take_back(key, school, space.year));
        }
        Ok(edits)
    }

    /// Copies of a record that stand, with the schools they were made for.
    fn copies_of(&self, record: &str) -> Result<Vec<(String, SchoolCode)>> {
        self.store.read(|c| {
            let mut statement = c.prepare_cached("SELECT _id, _school FROM record_relay WHERE record = ?1 AND void = 0")?;
            let rows: Vec<(String, String)> = statement.query_map([record], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
            Ok(rows.into_iter().filter_map(|(key, school)| Some((key, school.parse().ok()?))).collect())
        })
    }
}

/// Ends the copy of a school that the record no longer names.
fn take_back(key: String, school: SchoolCode, year: crate::model::SchoolYear) -> DocEdit {
    let (space, doc) = copy_home(school, year, &key);
    let fields = BTreeMap::from([
        ("void".to_owned(), Value::Bool(true)),
        ("void_reason".to_owned(), Value::Str("不再涉及本校".into())),
        ("steps".to_owned(), Value::Str(String::new())),
    ]);
    DocEdit { space, doc, what: What::Put(Edit { creates: vec![NewRecord { key, fields }], ..Edit::default() }) }
}

/// Schools that a record names, each once.
fn named_schools(fields: &BTreeMap<String, Value>, relay: &Relay) -> Vec<SchoolCode> {
    let mut schools: Vec<SchoolCode> = relay.schools.iter().filter_map(|field| text(fields, field)?.parse().ok()).collect();
    schools.sort_unstable();
    schools.dedup();
    schools
}

fn copy_fields(
    opened: &Opened,
    row: &RecordRow,
    definition: &Definition,
    relay: &Relay,
    own: SchoolCode,
    tips: &[String],
) -> BTreeMap<String, Value> {
    let optional = |text: Option<String>| text.map_or(Value::Null, Value::Str);
    let profile_id = opened.context.doc.to_string();
    let profile = opened.projection.records.iter().find(|r| r.id == profile_id).map(|r| r.fields.clone()).unwrap_or_default();
    let steps: Vec<&str> = definition
        .lifecycle
        .iter()
        .flat_map(|l| &l.steps)
        .filter(|s| !row.void && relay.steps.contains(&s.code) && row.state.as_ref().is_some_and(|state| s.from.contains(state)))
        .map(|s| s.code.as_str())
        .collect();
    let mut fields = BTreeMap::from([
        ("_v".to_owned(), Value::Int(1)),
        ("ledger".to_owned(), Value::Str(row.ledger.clone())),
        ("record".to_owned(), Value::Str(row.id.clone())),
        ("school".to_owned(), Value::Str(own.to_string())),
        ("child".to_owned(), optional(text(&profile, "name"))),
        ("state".to_owned(), optional(row.state.clone())),
        ("due".to_owned(), optional(row.due.clone())),
        ("steps".to_owned(), Value::Str(steps.join(","))),
        ("tips".to_owned(), Value::Str(tips.join(","))),
        ("on".to_owned(), optional(text(&row.fields, "on"))),
    ]);
    fields.insert("void".into(), Value::Bool(row.void));
    if row.void {
        fields.insert("void_reason".into(), optional(text(&row.fields, "void_reason")));
    }
    let open_to = |key: &str| definition.field_of_key(key).is_some_and(|(field, _)| field.privacy != Privacy::C);
    let declared = |key: &str| definition.declared(key.split('.').next().unwrap_or(key)).is_some();
    fields.extend(row.fields.iter().filter(|(key, _)| declared(key) && open_to(key)).map(|(key, value)| (format!("{VALUE}{key}"), value.clone())));
    let named = |key: &str| relay.profile.iter().any(|field| field == key.split('.').next().unwrap_or(key));
    fields.extend(profile.iter().filter(|(key, _)| named(key)).map(|(key, value)| (format!("{PROFILE}{key}"), value.clone())));
    fields
}
