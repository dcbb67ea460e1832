//! The replica as a courier sees it.

use super::{
    Share,
    keep::{self, Asking},
    length_of,
};
use crate::{
    blob::{kind::Kind, strip, thumbnail},
    model::blob::{BlobHash, PIECE_BYTES, piece_hash, pieces},
    replica::{Replica, Result, Role, serve::Served},
    sync::{
        courier::{Shelf, Wish, message::Part},
        engine::{EngineError, Peer},
    },
};
use std::{
    collections::BTreeSet,
    sync::{PoisonError, atomic::Ordering},
};

/// Transfers that people can see the progress of at once.
const UNDER_WAY_MAX: usize = 256;

type Answer<T> = std::result::Result<T, EngineError>;

fn fail(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}

impl Replica {
    /// Length of a blob that is whole here and for `peer`.
    fn shown(&self, peer: &Peer, hash: BlobHash) -> Answer<Option<u64>> {
        let found: Result<Option<u64>> =
            self.store.read(|c| if keep::is_for(c, self.me.role, peer, hash)? { Ok(length_of(c, hash)?) } else { Ok(None) });
        found.map_err(fail)
    }

    fn count_move(&self) {
        self.files.moved.fetch_add(1, Ordering::Relaxed);
        self.files.watching.read().unwrap_or_else(PoisonError::into_inner).iter().for_each(|watching| watching());
    }

    fn is_whole(&self, hash: BlobHash) -> Result<bool> {
        self.store.read(|c| Ok(length_of(c, hash)?.is_some()))
    }

    /// Notes for people how far a blob is; `None`: it is on its way no longer.
    fn note_share(&self, hash: BlobHash, change: impl FnOnce(Option<Share>) -> Option<Share>) {
        let mut all = self.files.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match change(all.remove(&hash)) {
            // Peers come and go: what is remembered of transfers that never end is bounded.
            Some(share) if all.len() < UNDER_WAY_MAX => drop(all.insert(hash, share)),
            _ => {}
        }
    }

    /// A picture's own thumbnail, drawn from what has been verified: one that a peer sent before was taken on its word.
    fn redraw(&self, hash: BlobHash, bytes: u64) -> Result<bool> {
        let Ok(content) = self.files.vault.read(hash, bytes) else { return Ok(false) };
        let Some(kind) = Kind::of(&content) else { return Ok(false) };
        let orientation = strip::strip(kind, &content).map_or(1, |clean| clean.orientation);
        let Ok(small) = thumbnail::make(kind, &content, orientation) else { return Ok(false) };
        self.files.vault.put_thumbnail(hash, &small, self.clock.as_ref()).map_err(super::disk)?;
        Ok(true)
    }
}

impl Shelf for Served {
    fn wishes(&self, peer: &Peer, besides: &BTreeSet<(BlobHash, Part)>, offered: &BTreeSet<BlobHash>, limit: usize) -> Answer<Vec<Wish>> {
        let me = self.0.me.role;
        self.0.store.read(|c| keep::wishes(c, me, peer, Asking { besides, offered, limit })).map_err(fail)
    }

    fn unconfirmed(&self, peer: &Peer, limit: usize) -> Answer<Vec<BlobHash>> {
        let me = self.0.me.role;
        self.0.store.read(|c| keep::unconfirmed(c, me, peer, limit)).map_err(fail)
    }

    fn confirm(&self, _peer: &Peer, hashes: &[BlobHash]) -> Answer<()> {
        if self.0.me.role == Role::Hub {
            // What a node has is of no matter to the county.
            return Ok(());
        }
        let (told, hashes) = (hashes.to_vec(), hashes.to_vec());
        let done: Result<()> = self.0.store.write(move |c| {
            for hash in hashes {
                c.prepare_cached("UPDATE blob SET kept = 1 WHERE hash = ?1")?.execute([hash.0])?;
            }
            Ok(())
        });
        for hash in &told {
            self.0.note_share(*hash, |_| None);
        }
        self.0.count_move();
        done.map_err(fail)
    }

    fn kept(&self, peer: &Peer, hashes: &[BlobHash]) -> Answer<Vec<BlobHash>> {
        // Who only says that it has a file is told nothing of it.
        let me = self.0.me.role;
        let found: Result<Vec<BlobHash>> = self.0.store.read(|c| {
            let mut out = Vec::new();
            for hash in hashes {
                if length_of(c, *hash)?.is_some() && keep::is_shown(c, me, peer, *hash)? && keep::is_named(c, me, peer, *hash)? {
                    out.push(*hash);
                }
            }
            Ok(out)
        });
        found.map_err(fail)
    }

    fn thumbnail(&self, peer: &Peer, hash: BlobHash) -> Answer<Option<Vec<u8>>> {
        let me = self.0.me.role;
        let theirs = self.0.store.read(|c| keep::is_for(c, me, peer, hash)).map_err(fail)?;
        let small = if theirs { self.0.files.vault.thumbnail(hash).ok() } else { None };
        self.0.count_move();
        Ok(small)
    }

    fn list(&self, peer: &Peer, hash: BlobHash) -> Answer<Option<(u64, Vec<[u8; 32]>)>> {
        let Some(length) = self.0.shown(peer, hash)? else { return Ok(None) };
        // Damaged here: to the peer it is not here; `verify` says so to a person.
        let Ok(content) = self.0.files.vault.read(hash, length) else { return Ok(None) };
        Ok(Some((length, (0u64..).zip(content.chunks(PIECE_BYTES)).map(|(n, piece)| piece_hash(length, n, piece)).collect())))
    }

    fn piece(&self, peer: &Peer, hash: BlobHash, index: u64) -> Answer<Option<Vec<u8>>> {
        let Some(length) = self.0.shown(peer, hash)? else { return Ok(None) };
        let piece = self.0.files.vault.read_piece(hash, length, index).ok();
        // The county asks for pieces in their order, so the number of this one says how far it is, also when it went on after a cut.
        let share = Share { done: index.saturating_add(1), of: pieces(length), out: true };
        if self.0.me.role != Role::Hub && piece.is_some() {
            self.0.note_share(hash, |_| Some(share));
        }
        self.0.count_move();
        Ok(piece)
    }

    fn present(&self, hash: BlobHash, bytes: u64, list: &[[u8; 32]]) -> Answer<Vec<bool>> {
        if self.0.is_whole(hash).map_err(fail)? {
            // It is here from elsewhere: by its last piece the peer shows that it has the file.
            return Ok((1..=list.len()).map(|number| number < list.len()).collect());
        }
        let mut present = self.0.files.vault.present(hash, bytes, list);
        if let (Role::Hub, Some(last)) = (self.0.me.role, present.last_mut()) {
            // The others may have come from another school.
            *last = false;
        }
        let done = present.iter().filter(|here| **here).count() as u64;
        self.0.note_share(hash, |_| Some(Share { done, of: pieces(bytes), out: false }));
        Ok(present)
    }

    fn store(&self, hash: BlobHash, index: u64, piece: &[u8]) -> Answer<()> {
        if self.0.is_whole(hash).map_err(fail)? {
            return Ok(());
        }
        self.0.files.vault.write_piece(hash, index, piece).map_err(fail)?;
        self.0.note_share(hash, |known| known.map(|share| Share { done: share.done.saturating_add(1), ..share }));
        self.0.count_move();
        Ok(())
    }

    fn finish(&self, peer: &Peer, hash: BlobHash, bytes: u64) -> Answer<()> {
        {
            let _kept = self.0.files.keeping.lock().unwrap_or_else(PoisonError::into_inner);
            if !self.0.is_whole(hash).map_err(fail)? {
                self.0.files.vault.finish(hash, bytes).map_err(fail)?;
                let drawn = self.0.redraw(hash, bytes).map_err(fail)?;
                self.0.note_blob(hash, bytes, true, drawn).map_err(fail)?;
            }
        }
        self.0.note_share(hash, |_| None);
        if let (Role::Hub, Some(school)) = (self.0.me.role, peer.school) {
            self.0.note_source(school, hash, bytes).map_err(fail)?;
        }
        if let Role::Node(_) = self.0.me.role {
            // It came from the county.
            self.confirm(&Peer { origin: self.0.origin(), school: None }, &[hash])?;
        }
        self.0.tell_blobs_of(hash).map_err(fail)
    }

    fn store_thumbnail(&self, hash: BlobHash, bytes: &[u8]) -> Answer<bool> {
        if !thumbnail::is_one(bytes) {
            return Ok(false);
        }
        {
            let _kept = self.0.files.keeping.lock().unwrap_or_else(PoisonError::into_inner);
            self.0.files.vault.put_thumbnail(hash, bytes, self.0.clock.as_ref()).map_err(fail)?;
            self.0.note_blob(hash, 0, false, true).map_err(fail)?;
        }
        self.0.count_move();
        self.0.tell_blobs_of(hash).map_err(fail)?;
        Ok(true)
    }
}
