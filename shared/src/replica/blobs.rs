//! Blobs as the records see them: a file goes in cleaned and stored, a record's field names it, and who may see the record may have it.
//!
//! For desks: [`Replica::attach`] (or [`Replica::add_file`] and a field set to what it gives), [`Replica::blob`], [`Replica::blob_thumbnail`],
//! [`Replica::blob_states`]. How they travel: [`shelf`], for `sync::courier`.
//!
//! INV: what a peer is given is named by a record of a space it shares ([`super::scope::shared`]); `internal` is never shared, so no blob that only internal
//! records name reaches a node. Reported as saved: the file first, then the record that names it, each on disk.

mod keep;
mod shelf;
mod sweep;

use super::{Replica, Result, Role, project::Projection, put_setting, setting};
use crate::{
    blob::{kind::Kind, strip, thumbnail, vault::Vault},
    fault::{Exit, Fault},
    ledger::definition::FieldType,
    model::{
        SchoolCode,
        blob::{Attachment, BLOB_BYTES_MAX, BlobHash, NAME_CHARS_MAX, PIECE_BYTES},
        text::hidden,
    },
    store::{StoreConfig, StoreError, log, typed},
    sync::engine::Peer,
};
use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Largest file unless set otherwise, MiB: a photograph of a phone is 3 to 8.
const FILE_MIB: u64 = 10;
/// All blobs of a school unless set otherwise, MiB.
const QUOTA_MIB: u64 = 5 * 1024;

type Told = Box<dyn Fn(Option<SchoolCode>) + Send + Sync>;
type Watching = Box<dyn Fn() + Send + Sync>;

/// What a replica holds of blobs besides its tables.
pub struct Files {
    vault: Vault,
    told: RwLock<Vec<Told>>,
    moved: AtomicU64,
    watching: RwLock<Vec<Watching>>,
    /// Blobs of which pieces went or came: how far they are. Only for people to look at; a restart forgets it and the next piece says it again.
    under_way: Mutex<BTreeMap<BlobHash, Share>>,
    /// Held while a file is stored and noted, and while what nobody names is cleared: what is being stored is not cleared.
    keeping: Mutex<()>,
}

/// How far a blob is on its way, in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Pieces that went or came.
    pub done: u64,
    /// All of them.
    pub of: u64,
    /// It goes from here; otherwise it comes.
    pub out: bool,
}

impl Share {
    /// In hundredths, rounded down: 100 only when nothing is missing.
    #[must_use]
    pub fn percent(self) -> u64 {
        self.done.min(self.of).saturating_mul(100).checked_div(self.of).unwrap_or(0)
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.vault.fmt(f)
    }
}

impl Files {
    /// `blobs/` beside the database, under a key that follows from the database's.
    pub(super) fn beside(config: &StoreConfig) -> Self {
        let vault = Vault::new(config.path.with_file_name("blobs"), config.key.as_ref().map(|key| &key.0));
        Self {
            vault,
            told: RwLock::default(),
            moved: AtomicU64::new(0),
            watching: RwLock::default(),
            under_way: Mutex::default(),
            keeping: Mutex::default(),
        }
    }
}

/// Bounds, and what a node fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BlobLimits {
    /// Largest file that may be added or fetched, MiB.
    pub file_mib: u64,
    /// All blobs of a school, MiB.
    pub quota_mib: u64,
    /// A node fetches every file of its school, not thumbnails only. The hub always does.
    pub whole: bool,
}

/// Room that files take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BlobUsage {
    /// Files here, whole.
    pub files: u64,
    /// What they take.
    pub bytes: u64,
    /// Those of them that the county has not said it has (node).
    pub waiting: u64,
    /// What these take.
    pub waiting_bytes: u64,
}

/// State of one blob that records name.
#[derive(Clone, Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "facts for a screen, each by itself")]
pub struct BlobState {
    /// Its name in hex.
    pub hash: String,
    /// The file's name.
    pub name: String,
    /// Its length, as the record says.
    pub bytes: u64,
    /// It is here, whole.
    pub here: bool,
    /// Its thumbnail is here.
    pub thumbnail: bool,
    /// The county has it (node).
    pub kept: bool,
    /// It was asked for and is on its way.
    pub wanted: bool,
    /// How far it is, while it goes or comes.
    pub under_way: Option<Share>,
}

/// A file that was just attached.
#[derive(Clone, Debug, Serialize)]
pub struct Attached {
    /// The record.
    pub record: String,
    /// The field.
    pub field: String,
    /// Name of the blob in hex.
    pub hash: String,
    /// The file's name as kept.
    pub name: String,
    /// Bytes as kept.
    pub bytes: u64,
    /// Media type.
    pub media: &'static str,
}

fn fault(code: &'static str, exit: Exit) -> Fault {
    Fault::new(code, exit)
}

fn disk(error: impl std::fmt::Display) -> Fault {
    fault("blob-disk", Exit::Storage).with("detail", error)
}

impl Replica {
    /// Calls `listener` with the school whose blobs, or records that name some, were added. It must not block.
    pub fn on_blobs(&self, listener: impl Fn(Option<SchoolCode>) + Send + Sync + 'static) {
        self.files.told.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    pub(super) fn tell_blobs(&self, school: Option<SchoolCode>) {
        self.files.told.read().unwrap_or_else(PoisonError::into_inner).iter().for_each(|told| told(school));
    }

    /// Calls `listener` with every piece or small picture that goes or comes, and when the county says that it has some: often, so it must be cheap, and not block.
    pub fn on_blob_moves(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.files.watching.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// Counts up with every piece that comes or goes: whether something still moves.
    pub fn blobs_moved(&self) -> u64 {
        self.files.moved.load(Ordering::Relaxed)
    }

    /// Whether this node lacks a thumbnail or file that it would fetch.
    ///
    /// # Errors
    /// The store's.
    pub fn blobs_lacking(&self) -> Result<bool> {
        let county = Peer { origin: self.origin(), school: None };
        self.store.read(|c| {
            let (besides, offered) = (BTreeSet::new(), BTreeSet::new());
            Ok(!keep::wishes(c, self.me.role, &county, keep::Asking { besides: &besides, offered: &offered, limit: 1 })?.is_empty())
        })
    }

    /// The bounds in force.
    ///
    /// # Errors
    /// The store's.
    pub fn blob_limits(&self) -> Result<BlobLimits> {
        self.store.read(|c| Ok(limits(c)?))
    }

    /// Sets bounds; `None` leaves one as it is.
    ///
    /// # Errors
    /// `blob-limit` for a size that no file or school may have; the store's.
    pub fn set_blob_limits(&self, file_mib: Option<u64>, quota_mib: Option<u64>, whole: Option<bool>) -> Result<BlobLimits> {
        let most = BLOB_BYTES_MAX >> 20;
        if file_mib.is_some_and(|mib| !(1..=most).contains(&mib)) || quota_mib.is_some_and(|mib| !(1..=1 << 20).contains(&mib)) {
            return Err(fault("blob-limit", Exit::Input).with("most", most).into());
        }
        self.store.write(move |c| -> Result<()> {
            let whole = whole.map(u64::from);
            for (key, value) in [("blob_file_mib", file_mib), ("blob_quota_mib", quota_mib), ("blob_whole", whole)] {
                if let Some(value) = value {
                    put_setting(c, key, value.to_string().as_bytes())?;
                }
            }
            Ok(())
        })?;
        if let Role::Node(school) = self.me.role {
            self.tell_blobs(Some(school));
        }
        self.blob_limits()
    }

    /// Judges, cleans and stores a file, and makes its thumbnail. On disk when this returns; no record names it yet.
    ///
    /// # Errors
    /// `blob-empty`, `blob-large`, `blob-type`, `blob-damaged`, `blob-pixels`, `blob-quota`; the disk's.
    pub fn add_file(&self, name: &str, bytes: &[u8]) -> Result<(Attachment, Kind)> {
        let limits = self.blob_limits()?;
        if bytes.is_empty() {
            return Err(fault("blob-empty", Exit::Input).into());
        }
        if bytes.len() as u64 > limits.file_mib << 20 {
            return Err(fault("blob-large", Exit::Input).with("mib", limits.file_mib).into());
        }
        let kind = Kind::of(bytes).ok_or_else(|| fault("blob-type", Exit::Input))?;
        let clean = strip::strip(kind, bytes).map_err(|_| fault("blob-damaged", Exit::Input))?;
        let small = match thumbnail::make(kind, &clean.bytes, clean.orientation) {
            Ok(small) => Some(small),
            Err(thumbnail::NoThumbnail::NoPicture) => None,
            Err(thumbnail::NoThumbnail::Pixels) => {
                return Err(fault("blob-pixels", Exit::Input).with("most", thumbnail::PIXELS_MAX / 1_000_000).into());
            }
            Err(thumbnail::NoThumbnail::Damaged) => return Err(fault("blob-damaged", Exit::Input).into()),
        };
        let (hash, length) = (BlobHash::of(&clean.bytes), clean.bytes.len() as u64);
        let used = self.store.read(|c| -> Result<u64> {
            let known: i64 = c.query_row("SELECT coalesce(sum(bytes), 0) FROM blob WHERE whole = 1 AND hash <> ?1", [hash.0], |r| r.get(0))?;
            Ok(log::unsigned(known))
        })?;
        // The hub's own files are few and its disk is watched; the quota is a school's.
        if matches!(self.me.role, Role::Node(_)) && used + length > limits.quota_mib << 20 {
            return Err(fault("blob-quota", Exit::Storage).with("mib", limits.quota_mib).into());
        }
        let _kept = self.files.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        self.files.vault.put(hash, &clean.bytes).map_err(|error| {
            // A full disk is not left fuller than it was found.
            self.files.vault.forget_part(hash);
            disk(error)
        })?;
        if let Some(small) = &small {
            self.files.vault.put_thumbnail(hash, small, self.clock.as_ref()).map_err(disk)?;
        }
        self.note_blob(hash, length, true, small.is_some())?;
        Ok((Attachment { hash, name: kept_name(name, kind), bytes: length }, kind))
    }

    /// Attaches a file to a record's field of type `file`.
    ///
    /// # Errors
    /// `blob-field` if the ledger has no such field; as [`Replica::add_file`] and [`Replica::set`].
    pub fn attach(self: &Arc<Self>, record: &str, field: &str, name: &str, bytes: &[u8], by: Option<&str>) -> Result<Attached> {
        let place = self.locate(record)?;
        let definition = self.definition(&place.ledger)?;
        if definition.field(field).is_none_or(|field| field.kind != FieldType::File) {
            let fields: Vec<&str> = definition.file_fields().map(|f| f.code.as_str()).collect();
            return Err(fault("blob-field", Exit::Input).with("field", field).with("list", fields.join(", ")).into());
        }
        let (attachment, kind) = self.add_file(name, bytes)?;
        let named = BTreeMap::from([(field.to_owned(), attachment.to_string())]);
        let done = self.set(&place.id, &named, by)?;
        self.files_named(&place.id, &named)?;
        let Attachment { hash, name, bytes } = attachment;
        Ok(Attached { record: done.record, field: field.to_owned(), hash: hash.to_string(), name, bytes, media: kind.media() })
    }

    /// A whole blob, verified, with its media type. If it is not here, it is asked for at the next link.
    ///
    /// # Errors
    /// `blob-not-here`, `blob-unreadable`; the store's.
    pub fn blob(&self, hash: BlobHash) -> Result<(Vec<u8>, &'static str)> {
        let Some(length) = self.files.vault.length(hash) else {
            self.want(hash)?;
            return Err(fault("blob-not-here", Exit::NoMatch).with("hash", hash).into());
        };
        let bytes = self.files.vault.read(hash, length).map_err(|e| fault("blob-unreadable", Exit::Storage).with("hash", hash).with("detail", e))?;
        let media = Kind::of(&bytes).map_or("application/octet-stream", Kind::media);
        Ok((bytes, media))
    }

    /// A thumbnail (JPEG); `None` if it is not here.
    #[must_use]
    pub fn blob_thumbnail(&self, hash: BlobHash) -> Option<Vec<u8>> {
        self.files.vault.thumbnail(hash).ok()
    }

    /// The blobs that records name; `record`: only that one's.
    ///
    /// # Errors
    /// The store's.
    pub fn blob_states(&self, record: Option<&str>) -> Result<Vec<BlobState>> {
        let mut states: Vec<BlobState> = self.store.read(|c| keep::states(c, record))?;
        for state in &mut states {
            state.under_way = BlobHash::from_hex(&state.hash).and_then(|hash| self.under_way(hash));
        }
        Ok(states)
    }

    /// State of the blob that a record refers to so; whether a record does is the caller's to know.
    ///
    /// # Errors
    /// The store's.
    pub fn blob_state(&self, attachment: &Attachment) -> Result<BlobState> {
        let mut state: BlobState = self.store.read(|c| keep::state(c, attachment))?;
        state.under_way = self.under_way(attachment.hash);
        Ok(state)
    }

    fn under_way(&self, hash: BlobHash) -> Option<Share> {
        self.files.under_way.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).copied()
    }

    /// A record was made to name these files, which are here: whoever is connected is told to look, and at the county its school may have them.
    /// [`Replica::attach`] does so by itself.
    ///
    /// # Errors
    /// As [`Replica::locate`].
    pub fn files_named(&self, record: &str, files: &BTreeMap<String, String>) -> Result<()> {
        let school = self.locate(record)?.space.school;
        if let (Role::Hub, Some(school)) = (self.me.role, school) {
            for file in files.values().filter_map(|text| Attachment::read(text)) {
                self.note_source(school, file.hash, file.bytes)?;
            }
        }
        self.tell_blobs(school);
        Ok(())
    }

    /// True where the county's own records are: its files are nowhere to be sent.
    #[must_use]
    pub fn is_county(&self) -> bool {
        self.me.role == Role::Hub
    }

    /// How much room files take.
    ///
    /// # Errors
    /// The store's.
    pub fn blob_usage(&self) -> Result<BlobUsage> {
        self.store.read(|c| Ok(keep::usage(c, self.me.role)?))
    }

    /// The blob whose name begins so.
    ///
    /// # Errors
    /// `blob-none`, `blob-several`.
    pub fn find_blob(&self, beginning: &str) -> Result<BlobHash> {
        let fits: Vec<BlobHash> =
            self.blob_states(None)?.iter().filter(|s| s.hash.starts_with(beginning)).filter_map(|s| BlobHash::from_hex(&s.hash)).collect();
        match fits.as_slice() {
            [] => Err(fault("blob-none", Exit::NoMatch).with("hash", beginning).into()),
            [one] => Ok(*one),
            more => Err(fault("blob-several", Exit::NoMatch).with("hash", beginning).with("count", more.len()).into()),
        }
    }

    fn want(&self, hash: BlobHash) -> Result<()> {
        let now = self.now_text();
        self.store.write(move |c| -> Result<()> {
            c.prepare_cached("INSERT INTO blob(hash, wanted, at) VALUES(?1, 1, ?2) ON CONFLICT DO UPDATE SET wanted = 1, at = excluded.at")?
                .execute((hash.0, now))?;
            Ok(())
        })?;
        self.tell_blobs_of(hash)
    }

    fn note_source(&self, school: SchoolCode, hash: BlobHash, bytes: u64) -> Result<()> {
        self.store.write(move |c| -> Result<()> { Ok(keep::note_source(c, school, hash, bytes)?) })
    }

    fn note_blob(&self, hash: BlobHash, bytes: u64, whole: bool, thumbnail: bool) -> Result<()> {
        let now = self.now_text();
        self.store.write(move |c| -> Result<()> {
            c.prepare_cached(
                "INSERT INTO blob(hash, bytes, whole, thumbnail, at) VALUES(?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET bytes = max(bytes, excluded.bytes), whole = max(whole, excluded.whole), thumbnail = max(thumbnail, excluded.thumbnail),
                 at = excluded.at, unnamed = NULL, wanted = CASE WHEN excluded.whole = 1 THEN 0 ELSE wanted END",
            )?
            .execute((hash.0, log::signed(bytes), whole, thumbnail, now))?;
            Ok(())
        })
    }

    fn tell_blobs_of(&self, hash: BlobHash) -> Result<()> {
        let schools = self.store.read(|c| -> Result<Vec<Option<SchoolCode>>> { Ok(keep::schools(c, hash)?) })?;
        for school in schools {
            self.tell_blobs(school);
        }
        Ok(())
    }
}

/// True if a document's records name blobs.
pub(super) fn names_any(projection: &Projection) -> bool {
    projection.records.iter().any(|row| typed::attachments(row).next().is_some())
}

impl Replica {
    /// For the status screen: whole here, named but not here whole, asked for, and (node) whole here but not known to be at the county; with the bytes of
    /// each, and how many of them have gone or come of the files under way.
    pub(super) fn blob_counts(&self, c: &Connection) -> Result<serde_json::Value> {
        let mut out = keep::counts(c, self.me.role)?;
        let all = self.files.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, goes) in [("going_bytes", true), ("coming_bytes", false)] {
            let pieces: u64 = all.values().filter(|share| share.out == goes).map(|share| share.done).sum();
            out[key] = serde_json::json!(pieces * PIECE_BYTES as u64);
        }
        Ok(out)
    }
}

fn limits(c: &Connection) -> Result<BlobLimits, StoreError> {
    let number = |key: &str, default: u64| -> Result<u64, StoreError> {
        Ok(setting(c, key)?.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok()).unwrap_or(default))
    };
    Ok(BlobLimits {
        file_mib: number("blob_file_mib", FILE_MIB)?,
        quota_mib: number("blob_quota_mib", QUOTA_MIB)?,
        whole: number("blob_whole", 0)? == 1,
    })
}

/// A file's name as a record keeps it: no path, nothing that would cut the reference, the ending that its bytes have.
fn kept_name(name: &str, kind: Kind) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !hidden(*c) && *c != ';').collect();
    let stem = clean.rsplit_once('.').map_or(clean.as_str(), |(stem, _)| stem).trim();
    let stem: String = stem.chars().take(NAME_CHARS_MAX - 5).collect();
    format!("{}.{}", if stem.is_empty() { "file" } else { &stem }, kind.ending())
}

fn length_of(c: &Connection, hash: BlobHash) -> rusqlite::Result<Option<u64>> {
    c.prepare_cached("SELECT bytes FROM blob WHERE hash = ?1 AND whole = 1")?
        .query_row([hash.0], |r| r.get(0))
        .optional()
        .map(|n| n.map(log::unsigned))
}

#[cfg(test)]
mod tests;
