//! Carries blobs between two replicas, behind the records and beside them: sans-IO, one courier a connection and side, on a pair of streams of its own.
//!
//! Each side asks for what it lacks: the records say which blobs there are, so nobody needs to announce them, and nobody can be made to take what no
//! record names. Small pictures first, then one whole file at a time: its list of pieces, checked against its name, then the pieces that are not here
//! yet, each checked against the list before it is stored. A courier asks for nothing while records are under way.
//!
//! Order of calls: [`Courier::handle_ready`], [`Courier::handle_changed`], [`Courier::handle_frame`] as things happen; after each, [`Courier::poll`]
//! until it has nothing more. The disk is an argument ([`Shelf`]); every handler may block on it.
//!
//! Invariants: bytes that are not what the name says are never stored, and end the courier; a whole file counts as here only after
//! [`Shelf::finish`]; at most [`IN_FLIGHT_MAX`] pieces and [`THUMBNAILS_MAX`] thumbnails are under way to this side; what is asked twice is answered twice
//! and changes nothing; after a cut only the pieces that were never stored are asked for again.

pub mod message;

#[cfg(test)]
mod tests;

use super::{
    engine::{EngineError, Peer},
    frame::RawFrame,
    wire::WireError,
};
use crate::model::blob::{BLOB_BYTES_MAX, BlobHash, PIECE_BYTES, name_of, piece_hash, piece_len, pieces};
use message::{Message, NAMES_MAX, Part};
use std::collections::{BTreeSet, VecDeque};

/// Pieces under way at once: 256 KiB, a quarter of the connection's window, so that records always find room.
pub const IN_FLIGHT_MAX: usize = 4;
/// Thumbnails under way at once.
pub const THUMBNAILS_MAX: usize = 4;
/// Wishes read at once.
const WISHES_MAX: usize = 256;
/// Changes here before wishes that were read, and are not got yet, are read again: each file that comes is a change, and reading costs as much as is lacking.
const CHANGES_UNREAD_MAX: usize = 16;
/// What a courier remembers of what the peer asked for in vain, or was not told yet. Beyond that the peer finds out in its next session.
const REMEMBERED_MAX: usize = 4_096;

/// Something this side lacks and the records name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Which blob.
    pub hash: BlobHash,
    /// What of it.
    pub part: Part,
    /// Its length, as the record says.
    pub bytes: u64,
}

/// Length and list of pieces.
pub type Listed = (u64, Vec<[u8; 32]>);

/// Where blobs are kept, and what the records say of them. Scoped by the peer as [`super::engine::Engine`] is: what no record in a shared space names
/// does not exist for it.
///
/// # Errors
/// Every method: the store's or the disk's.
pub trait Shelf: Send + Sync {
    /// What is lacking here and may be asked of the peer, most urgent first: thumbnails before whole files. `besides`: asked in vain. `offered`: what the peer
    /// says it has and was not told to be kept; such a file may be asked for although it is here, so that the peer shows that it has it.
    fn wishes(&self, peer: &Peer, besides: &BTreeSet<(BlobHash, Part)>, offered: &BTreeSet<BlobHash>, limit: usize)
    -> Result<Vec<Wish>, EngineError>;
    /// Whole blobs of records the peer shares, of which it is not known that it has them. Only a node has such.
    fn unconfirmed(&self, peer: &Peer, limit: usize) -> Result<Vec<BlobHash>, EngineError>;
    /// The peer has them whole, on disk.
    fn confirm(&self, peer: &Peer, hashes: &[BlobHash]) -> Result<(), EngineError>;
    /// Those of `hashes` that are whole here, on disk, named by a record the peer shares, and that the peer's school has shown it has.
    fn kept(&self, peer: &Peer, hashes: &[BlobHash]) -> Result<Vec<BlobHash>, EngineError>;
    /// A thumbnail, if it is here and for the peer.
    fn thumbnail(&self, peer: &Peer, hash: BlobHash) -> Result<Option<Vec<u8>>, EngineError>;
    /// Length and list of pieces of a whole blob, if it is here and for the peer.
    fn list(&self, peer: &Peer, hash: BlobHash) -> Result<Option<Listed>, EngineError>;
    /// One piece, likewise.
    fn piece(&self, peer: &Peer, hash: BlobHash, index: u64) -> Result<Option<Vec<u8>>, EngineError>;
    /// Which pieces of an interrupted blob are stored and right; of one that is whole here, all but the last, for the peer to show.
    fn present(&self, hash: BlobHash, bytes: u64, list: &[[u8; 32]]) -> Result<Vec<bool>, EngineError>;
    /// Stores a verified piece; one of a blob that is whole here is not needed.
    fn store(&self, hash: BlobHash, index: u64, piece: &[u8]) -> Result<(), EngineError>;
    /// Every piece is stored: it is whole, and the peer has it too. On disk when this returns.
    fn finish(&self, peer: &Peer, hash: BlobHash, bytes: u64) -> Result<(), EngineError>;
    /// Stores a thumbnail; false if these bytes are none.
    fn store_thumbnail(&self, hash: BlobHash, bytes: &[u8]) -> Result<bool, EngineError>;
}

/// Why a courier ends. The records' session goes on.
#[derive(Debug, thiserror::Error)]
pub enum CourierError {
    /// A frame that cannot be read.
    #[error("a frame about blobs: {0}")]
    Wire(#[from] WireError),
    /// Bytes that are not what the blob's name says.
    #[error("bytes that are not of the blob {0}")]
    Wrong(BlobHash),
    /// An answer to nothing, or more asked for than may be.
    #[error("a frame about blobs that does not belong there")]
    Order,
    /// The own disk.
    #[error("{0}")]
    Shelf(#[from] EngineError),
}

/// A whole blob on its way here.
#[derive(Debug)]
struct Download {
    wish: Wish,
    /// Empty until LIST has come.
    list: Vec<[u8; 32]>,
    /// Not asked for yet, ascending.
    missing: VecDeque<u64>,
    /// Asked for, in the order of their answers.
    awaited: VecDeque<u64>,
}

/// One side of one connection.
#[derive(Debug)]
pub struct Courier {
    peer: Peer,
    ready: bool,
    out: VecDeque<Message>,
    /// Asked here in vain.
    absent: BTreeSet<(BlobHash, Part)>,
    wishes: VecDeque<Wish>,
    /// The wishes are to be read again.
    stale: bool,
    /// What changed here since they were read.
    changes: usize,
    thumbnails: BTreeSet<BlobHash>,
    download: Option<Download>,
    offered: BTreeSet<BlobHash>,
    /// The peer asked for these in vain.
    owed: BTreeSet<(BlobHash, Part)>,
    /// The peer offered these before they were here.
    unkept: BTreeSet<BlobHash>,
    /// Pieces and thumbnails that went either way.
    moved: u64,
}

impl Courier {
    /// For the connection to `peer`. Says nothing before it is ready.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self {
            peer,
            ready: false,
            out: VecDeque::new(),
            absent: BTreeSet::new(),
            wishes: VecDeque::new(),
            stale: true,
            changes: 0,
            thumbnails: BTreeSet::new(),
            download: None,
            offered: BTreeSet::new(),
            owed: BTreeSet::new(),
            unkept: BTreeSet::new(),
            moved: 0,
        }
    }

    /// The next frame to send.
    pub fn poll(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front().map(|message| message.to_bytes())
    }

    /// Pieces and thumbnails that went either way.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved
    }

    /// Whether the records are in sync: nothing is asked for while they are not.
    ///
    /// # Errors
    /// The own disk's.
    pub fn handle_ready(&mut self, files: &dyn Shelf, ready: bool) -> Result<(), CourierError> {
        let began = ready && !self.ready;
        self.ready = ready;
        if began { self.handle_changed(files) } else { self.pump(files) }
    }

    /// Records or blobs were added here.
    ///
    /// # Errors
    /// The own disk's.
    pub fn handle_changed(&mut self, files: &dyn Shelf) -> Result<(), CourierError> {
        self.stale = true;
        self.changes += 1;
        self.offer(files)?;
        self.pay(files)?;
        self.pump(files)
    }

    /// A frame from the peer. Never panics, whatever is in it.
    ///
    /// # Errors
    /// The courier is over: the peer's fault or the own disk's.
    pub fn handle_frame(&mut self, files: &dyn Shelf, frame: &RawFrame) -> Result<(), CourierError> {
        match Message::read(frame)? {
            None => return Ok(()),
            Some(Message::Offer(names)) => {
                let kept = files.kept(&self.peer, &names)?;
                self.unkept.extend(names.into_iter().filter(|name| !kept.contains(name)));
                bound(&mut self.unkept);
                self.tell_kept(&kept);
                self.stale |= !self.unkept.is_empty();
            }
            Some(Message::Kept(names)) => files.confirm(&self.peer, &names)?,
            Some(Message::Want(hash, part)) => self.serve(files, hash, part)?,
            Some(Message::Absent(hash, part)) => self.refused(hash, part),
            Some(Message::Here(hash, part)) => {
                self.absent.remove(&(hash, part));
                self.stale = true;
            }
            Some(Message::Thumbnail(hash, bytes)) => self.thumbnail(files, hash, &bytes)?,
            Some(Message::List(hash, bytes, list)) => self.listed(files, hash, bytes, list)?,
            Some(Message::Pull(hash, first, count)) => self.serve_pieces(files, hash, first, count)?,
            Some(Message::Piece(hash, index, bytes)) => self.piece(files, hash, index, &bytes)?,
        }
        self.pump(files)
    }

    /// Tells what is whole here and not known to be there.
    fn offer(&mut self, files: &dyn Shelf) -> Result<(), CourierError> {
        if self.ready {
            let mut fresh = files.unconfirmed(&self.peer, NAMES_MAX)?;
            fresh.retain(|name| !self.offered.contains(name));
            if !fresh.is_empty() {
                self.offered.extend(fresh.iter().copied());
                bound(&mut self.offered);
                self.out.push_back(Message::Offer(fresh));
            }
        }
        Ok(())
    }

    /// What the peer asked for or offered earlier, and is here by now.
    fn pay(&mut self, files: &dyn Shelf) -> Result<(), CourierError> {
        let mut here = Vec::new();
        for &(hash, part) in &self.owed {
            let found = match part {
                Part::Thumbnail => files.thumbnail(&self.peer, hash)?.is_some(),
                Part::Whole => !files.kept(&self.peer, &[hash])?.is_empty(),
            };
            if found {
                here.push((hash, part));
            }
        }
        for (hash, part) in here {
            self.owed.remove(&(hash, part));
            self.out.push_back(Message::Here(hash, part));
        }
        if !self.unkept.is_empty() {
            let names: Vec<BlobHash> = self.unkept.iter().copied().collect();
            let kept = files.kept(&self.peer, &names)?;
            self.tell_kept(&kept);
        }
        Ok(())
    }

    fn tell_kept(&mut self, kept: &[BlobHash]) {
        for hash in kept {
            self.unkept.remove(hash);
        }
        self.out.extend(kept.chunks(NAMES_MAX).map(|names| Message::Kept(names.to_vec())));
    }

    fn serve(&mut self, files: &dyn Shelf, hash: BlobHash, part: Part) -> Result<(), CourierError> {
        let answer = match part {
            Part::Thumbnail => files.thumbnail(&self.peer, hash)?.map(|bytes| Message::Thumbnail(hash, bytes)),
            Part::Whole => files.list(&self.peer, hash)?.map(|(bytes, list)| Message::List(hash, bytes, list)),
        };
        self.moved += u64::from(answer.is_some());
        if answer.is_none() {
            self.owed.insert((hash, part));
            bound(&mut self.owed);
        }
        self.out.push_back(answer.unwrap_or(Message::Absent(hash, part)));
        Ok(())
    }

    fn serve_pieces(&mut self, files: &dyn Shelf, hash: BlobHash, first: u64, count: u64) -> Result<(), CourierError> {
        if count == 0 || count > IN_FLIGHT_MAX as u64 {
            return Err(CourierError::Order);
        }
        for index in first..first.saturating_add(count) {
            let Some(bytes) = files.piece(&self.peer, hash, index)? else {
                self.owed.insert((hash, Part::Whole));
                bound(&mut self.owed);
                self.out.push_back(Message::Absent(hash, Part::Whole));
                return Ok(());
            };
            self.moved += 1;
            self.out.push_back(Message::Piece(hash, index, bytes));
        }
        Ok(())
    }

    fn refused(&mut self, hash: BlobHash, part: Part) {
        let ours = match part {
            Part::Thumbnail => self.thumbnails.remove(&hash),
            Part::Whole => self.download.take_if(|download| download.wish.hash == hash).is_some(),
        };
        // What was not asked for is no answer; it is not remembered, so it takes no memory.
        if ours {
            self.absent.insert((hash, part));
        }
    }

    fn thumbnail(&mut self, files: &dyn Shelf, hash: BlobHash, bytes: &[u8]) -> Result<(), CourierError> {
        if !self.thumbnails.remove(&hash) {
            return Err(CourierError::Order);
        }
        if !files.store_thumbnail(hash, bytes)? {
            return Err(CourierError::Wrong(hash));
        }
        self.moved += 1;
        Ok(())
    }

    fn listed(&mut self, files: &dyn Shelf, hash: BlobHash, bytes: u64, list: Vec<[u8; 32]>) -> Result<(), CourierError> {
        let Some(download) = self.download.as_mut().filter(|download| download.wish.hash == hash && download.list.is_empty()) else {
            return Err(CourierError::Order);
        };
        let fits = bytes <= BLOB_BYTES_MAX && list.len() as u64 == pieces(bytes) && name_of(&list) == Some(hash);
        if !fits {
            return Err(CourierError::Wrong(hash));
        }
        if bytes != download.wish.bytes {
            // The record says another length: what it names does not exist. Somebody's mistake, not this peer's.
            self.refused(hash, Part::Whole);
            return Ok(());
        }
        let present = files.present(hash, bytes, &list)?;
        download.missing = (0u64..).zip(&present).filter(|(_, present)| !**present).map(|(index, _)| index).collect();
        download.list = list;
        self.complete(files)
    }

    fn piece(&mut self, files: &dyn Shelf, hash: BlobHash, index: u64, piece: &[u8]) -> Result<(), CourierError> {
        let Some(download) = self.download.as_mut().filter(|download| download.wish.hash == hash) else { return Err(CourierError::Order) };
        if download.awaited.pop_front() != Some(index) {
            return Err(CourierError::Order);
        }
        let expected = usize::try_from(index).ok().and_then(|index| download.list.get(index));
        let right = piece.len() == piece_len(download.wish.bytes, index) && expected == Some(&piece_hash(download.wish.bytes, index, piece));
        if !right {
            return Err(CourierError::Wrong(hash));
        }
        files.store(hash, index, piece)?;
        self.moved += 1;
        self.complete(files)
    }

    /// Finishes the download if nothing of it is missing.
    fn complete(&mut self, files: &dyn Shelf) -> Result<(), CourierError> {
        let whole = |download: &mut Download| !download.list.is_empty() && download.missing.is_empty() && download.awaited.is_empty();
        if let Some(download) = self.download.take_if(whole) {
            files.finish(&self.peer, download.wish.hash, download.wish.bytes)?;
            self.tell_kept(&[download.wish.hash]);
        }
        Ok(())
    }

    /// Starts whatever has become possible.
    fn pump(&mut self, files: &dyn Shelf) -> Result<(), CourierError> {
        if !self.ready {
            return Ok(());
        }
        if self.wishes.is_empty() && self.thumbnails.is_empty() && self.download.is_none() || self.stale {
            self.read_wishes(files)?;
        }
        while self.thumbnails.len() < THUMBNAILS_MAX
            && let Some(wish) = self.next_wish(Part::Thumbnail)
        {
            self.thumbnails.insert(wish.hash);
            self.out.push_back(Message::Want(wish.hash, Part::Thumbnail));
        }
        if !self.thumbnails.is_empty() {
            return Ok(());
        }
        if self.download.is_none()
            && let Some(wish) = self.next_wish(Part::Whole)
        {
            self.download = Some(Download { wish, list: Vec::new(), missing: VecDeque::new(), awaited: VecDeque::new() });
            self.out.push_back(Message::Want(wish.hash, Part::Whole));
        }
        self.pull();
        Ok(())
    }

    /// The first wish, if it is of this kind: thumbnails stand before whole files.
    fn next_wish(&mut self, part: Part) -> Option<Wish> {
        if self.wishes.front()?.part == part { self.wishes.pop_front() } else { None }
    }

    fn read_wishes(&mut self, files: &dyn Shelf) -> Result<(), CourierError> {
        // Read again only when something changed or everything read was got: an idle link reads nothing.
        if !self.stale || (!self.wishes.is_empty() && self.changes < CHANGES_UNREAD_MAX) {
            return Ok(());
        }
        self.stale = false;
        self.changes = 0;
        let wishes = files.wishes(&self.peer, &self.absent, &self.unkept, WISHES_MAX)?;
        // More may lie behind what was read at once.
        self.stale = wishes.len() == WISHES_MAX && self.wishes.is_empty();
        let under_way = |wish: &Wish| match wish.part {
            Part::Thumbnail => self.thumbnails.contains(&wish.hash),
            Part::Whole => self.download.as_ref().is_some_and(|download| download.wish.hash == wish.hash),
        };
        self.wishes = wishes.into_iter().filter(|wish| !under_way(wish)).collect();
        Ok(())
    }

    fn pull(&mut self) {
        let Some(download) = &mut self.download else { return };
        while download.awaited.len() < IN_FLIGHT_MAX
            && let Some(index) = download.missing.pop_front()
        {
            download.awaited.push_back(index);
            self.out.push_back(Message::Pull(download.wish.hash, index, 1));
        }
    }
}

/// Bytes that the answers to everything one side may have asked for take at most: past that the peer asks for more than it may.
pub const ANSWERS_BYTES_MAX: usize = (IN_FLIGHT_MAX + THUMBNAILS_MAX + 2) * (PIECE_BYTES + 64);

fn bound<T: Ord + Copy>(set: &mut BTreeSet<T>) {
    while set.len() > REMEMBERED_MAX {
        set.pop_last();
    }
}
