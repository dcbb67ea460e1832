//! Two couriers over shelves in memory, with cuts, restarts and a hostile end.

use super::*;
use crate::{model::OriginId, sync::frame::Decoder};
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

#[derive(Default)]
struct Memory {
    whole: Mutex<BTreeMap<BlobHash, Vec<u8>>>,
    parts: Mutex<BTreeMap<(BlobHash, u64), Vec<u8>>>,
    thumbnails: Mutex<BTreeMap<BlobHash, Vec<u8>>>,
    /// What the records name.
    named: Mutex<BTreeMap<BlobHash, u64>>,
    confirmed: Mutex<BTreeSet<BlobHash>>,
    /// Pieces stored, over all restarts.
    stored: Mutex<u64>,
}

fn peer() -> Peer {
    Peer { origin: OriginId([1; 8]), school: None }
}

fn content(seed: u64, bytes: usize) -> Vec<u8> {
    let mut out = vec![0u8; bytes];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

impl Memory {
    fn name(&self, hash: BlobHash, bytes: usize) {
        self.named.lock().unwrap().insert(hash, bytes as u64);
    }

    fn put(&self, content: &[u8], with_thumbnail: bool) -> BlobHash {
        let hash = BlobHash::of(content);
        self.whole.lock().unwrap().insert(hash, content.to_vec());
        if with_thumbnail {
            self.thumbnails.lock().unwrap().insert(hash, b"small".to_vec());
        }
        self.name(hash, content.len());
        hash
    }

    fn get(&self, hash: BlobHash) -> Option<Vec<u8>> {
        self.whole.lock().unwrap().get(&hash).cloned()
    }

    fn for_peer(&self, hash: BlobHash) -> bool {
        self.named.lock().unwrap().contains_key(&hash)
    }
}

type Answer<T> = Result<T, EngineError>;

impl Shelf for Memory {
    fn wishes(&self, _: &Peer, besides: &BTreeSet<(BlobHash, Part)>, _: &BTreeSet<BlobHash>, limit: usize) -> Answer<Vec<Wish>> {
        let named = self.named.lock().unwrap();
        let wish = |part| named.iter().map(move |(&hash, &bytes)| Wish { hash, part, bytes });
        let here = |w: &Wish| match w.part {
            Part::Thumbnail => self.thumbnails.lock().unwrap().contains_key(&w.hash),
            Part::Whole => self.whole.lock().unwrap().contains_key(&w.hash),
        };
        Ok(wish(Part::Thumbnail).chain(wish(Part::Whole)).filter(|w| !here(w) && !besides.contains(&(w.hash, w.part))).take(limit).collect())
    }

    fn unconfirmed(&self, _: &Peer, limit: usize) -> Answer<Vec<BlobHash>> {
        let confirmed = self.confirmed.lock().unwrap();
        Ok(self.whole.lock().unwrap().keys().filter(|hash| !confirmed.contains(hash)).take(limit).copied().collect())
    }

    fn confirm(&self, _: &Peer, hashes: &[BlobHash]) -> Answer<()> {
        self.confirmed.lock().unwrap().extend(hashes);
        Ok(())
    }

    fn kept(&self, _: &Peer, hashes: &[BlobHash]) -> Answer<Vec<BlobHash>> {
        Ok(hashes.iter().filter(|hash| self.for_peer(**hash) && self.get(**hash).is_some()).copied().collect())
    }

    fn thumbnail(&self, _: &Peer, hash: BlobHash) -> Answer<Option<Vec<u8>>> {
        Ok(self.thumbnails.lock().unwrap().get(&hash).filter(|_| self.for_peer(hash)).cloned())
    }

    fn list(&self, _: &Peer, hash: BlobHash) -> Answer<Option<(u64, Vec<[u8; 32]>)>> {
        Ok(self.get(hash).filter(|_| self.for_peer(hash)).map(|bytes| {
            let length = bytes.len() as u64;
            (length, (0u64..).zip(bytes.chunks(PIECE_BYTES)).map(|(n, piece)| piece_hash(length, n, piece)).collect())
        }))
    }

    fn piece(&self, _: &Peer, hash: BlobHash, index: u64) -> Answer<Option<Vec<u8>>> {
        let index = usize::try_from(index).unwrap();
        Ok(self.get(hash).filter(|_| self.for_peer(hash)).and_then(|bytes| bytes.chunks(PIECE_BYTES).nth(index).map(<[u8]>::to_vec)))
    }

    fn present(&self, hash: BlobHash, bytes: u64, list: &[[u8; 32]]) -> Answer<Vec<bool>> {
        let parts = self.parts.lock().unwrap();
        Ok((0u64..).zip(list).map(|(n, expected)| parts.get(&(hash, n)).is_some_and(|piece| piece_hash(bytes, n, piece) == *expected)).collect())
    }

    fn store(&self, hash: BlobHash, index: u64, piece: &[u8]) -> Answer<()> {
        *self.stored.lock().unwrap() += 1;
        self.parts.lock().unwrap().insert((hash, index), piece.to_vec());
        Ok(())
    }

    fn finish(&self, _: &Peer, hash: BlobHash, bytes: u64) -> Answer<()> {
        let parts = self.parts.lock().unwrap();
        let content: Vec<u8> = (0..pieces(bytes)).flat_map(|n| parts[&(hash, n)].clone()).collect();
        assert_eq!(BlobHash::of(&content), hash, "only right bytes are ever finished");
        self.whole.lock().unwrap().insert(hash, content);
        Ok(())
    }

    fn store_thumbnail(&self, hash: BlobHash, bytes: &[u8]) -> Answer<bool> {
        self.thumbnails.lock().unwrap().insert(hash, bytes.to_vec());
        Ok(bytes == b"small")
    }
}

fn frames(bytes: &[u8]) -> Vec<RawFrame> {
    let mut decoder = Decoder::new();
    decoder.push(bytes);
    std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
}

/// One connection: carries at most `frames_max` frames, then it is cut. Gives the frames carried in their order, with who sent them.
fn connect(ends: [&Memory; 2], frames_max: usize) -> Vec<(usize, Message)> {
    let mut couriers = [Courier::new(peer()), Courier::new(peer())];
    let mut carried = Vec::new();
    for (courier, shelf) in couriers.iter_mut().zip(ends) {
        courier.handle_ready(shelf, true).unwrap();
    }
    while carried.len() < frames_max {
        let Some((from, bytes)) = (0..2).find_map(|from| couriers[from].poll().map(|bytes| (from, bytes))) else { return carried };
        for frame in frames(&bytes) {
            carried.push((from, Message::read(&frame).unwrap().unwrap()));
            couriers[1 - from].handle_frame(ends[1 - from], &frame).unwrap();
        }
    }
    carried
}

#[test]
fn what_the_records_name_comes_over_thumbnails_first_and_is_confirmed() {
    let (node, hub) = (Memory::default(), Memory::default());
    let contents = [content(1, 3 * PIECE_BYTES + 1), content(2, 10), content(3, 7 * PIECE_BYTES)];
    let hashes = contents.each_ref().map(|content| node.put(content, true));
    hashes.iter().zip(&contents).for_each(|(hash, content)| hub.name(*hash, content.len()));
    let carried = connect([&node, &hub], usize::MAX);
    for (hash, content) in hashes.iter().zip(&contents) {
        assert_eq!(hub.get(*hash).as_ref(), Some(content));
        assert!(node.confirmed.lock().unwrap().contains(hash), "the node knows that it is kept");
    }
    let last_thumbnail = carried.iter().rposition(|(_, m)| matches!(m, Message::Thumbnail(..))).unwrap();
    let first_piece = carried.iter().position(|(_, m)| matches!(m, Message::Piece(..))).unwrap();
    assert!(last_thumbnail < first_piece);
    hub.confirm(&peer(), &hashes).unwrap();
    assert_eq!(connect([&node, &hub], usize::MAX), vec![], "who lacks nothing says nothing");
}

#[test]
fn what_no_shared_record_names_is_neither_asked_for_nor_given() {
    let (node, hub) = (Memory::default(), Memory::default());
    let secret = hub.put(&content(4, 100), true);
    hub.named.lock().unwrap().clear();
    let mut courier = Courier::new(peer());
    for part in [Part::Thumbnail, Part::Whole] {
        let frame = &frames(&Message::Want(secret, part).to_bytes())[0];
        courier.handle_frame(&hub, frame).unwrap();
        assert_eq!(courier.poll(), Some(Message::Absent(secret, part).to_bytes()));
    }
    courier.handle_frame(&hub, &frames(&Message::Pull(secret, 0, 1).to_bytes())[0]).unwrap();
    assert_eq!(courier.poll(), Some(Message::Absent(secret, Part::Whole).to_bytes()));
    let unwanted = &frames(&Message::Thumbnail(secret, b"small".to_vec()).to_bytes())[0];
    assert!(matches!(Courier::new(peer()).handle_frame(&node, unwanted), Err(CourierError::Order)));
}

#[test]
fn nothing_is_asked_for_while_records_are_under_way() {
    let shelf = Memory::default();
    shelf.name(BlobHash([7; 32]), 100);
    let mut courier = Courier::new(peer());
    courier.handle_changed(&shelf).unwrap();
    courier.handle_ready(&shelf, false).unwrap();
    assert_eq!(courier.poll(), None);
    courier.handle_ready(&shelf, true).unwrap();
    assert!(courier.poll().is_some());
}

#[test]
fn what_was_absent_is_asked_for_again_once_it_is_there() {
    let (node, hub) = (Memory::default(), Memory::default());
    let bytes = content(5, 3 * PIECE_BYTES);
    let hash = BlobHash::of(&bytes);
    node.name(hash, bytes.len());
    hub.name(hash, bytes.len());
    let mut couriers = [Courier::new(peer()), Courier::new(peer())];
    let ends = [&node, &hub];
    let run = |couriers: &mut [Courier; 2]| {
        while let Some((from, bytes)) = (0..2).find_map(|from| couriers[from].poll().map(|bytes| (from, bytes))) {
            for frame in frames(&bytes) {
                couriers[1 - from].handle_frame(ends[1 - from], &frame).unwrap();
            }
        }
    };
    couriers.iter_mut().zip(ends).for_each(|(courier, shelf)| courier.handle_ready(shelf, true).unwrap());
    run(&mut couriers);
    assert_eq!(hub.get(hash), None);
    node.put(&bytes, true);
    couriers[0].handle_changed(&node).unwrap();
    run(&mut couriers);
    assert_eq!(hub.get(hash), Some(bytes));
}

#[test]
fn a_hostile_end_gets_no_wrong_byte_stored() {
    let bytes = content(6, 2 * PIECE_BYTES);
    let (hash, length) = (BlobHash::of(&bytes), bytes.len() as u64);
    let list: Vec<_> = (0u64..).zip(bytes.chunks(PIECE_BYTES)).map(|(n, piece)| piece_hash(length, n, piece)).collect();
    let good_list = Message::List(hash, length, list.clone());
    let mut forged = list.clone();
    forged[1][0] ^= 1;
    let wrong = [
        vec![Message::List(hash, length, forged)],
        vec![Message::List(hash, length + 1, list.clone())],
        vec![good_list.clone(), Message::Piece(hash, 0, content(7, PIECE_BYTES))],
        vec![good_list.clone(), Message::Piece(hash, 0, bytes[..PIECE_BYTES - 1].to_vec())],
        vec![good_list.clone(), Message::Piece(hash, 1, bytes[PIECE_BYTES..].to_vec())],
        vec![Message::Piece(hash, 0, bytes[..PIECE_BYTES].to_vec())],
        vec![good_list.clone(), good_list],
        vec![Message::Pull(hash, 0, 1_000)],
    ];
    for messages in wrong {
        let shelf = Memory::default();
        shelf.name(hash, bytes.len());
        shelf.thumbnails.lock().unwrap().insert(hash, b"small".to_vec());
        let mut courier = Courier::new(peer());
        courier.handle_ready(&shelf, true).unwrap();
        let outcome = messages.iter().try_for_each(|m| courier.handle_frame(&shelf, &frames(&m.to_bytes())[0]));
        assert!(matches!(outcome, Err(CourierError::Wrong(_) | CourierError::Order)), "{outcome:?}");
        assert_eq!(*shelf.stored.lock().unwrap(), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn cuts_anywhere_lose_no_piece_and_ask_for_none_twice(sizes in prop::collection::vec(1usize..9 * PIECE_BYTES, 1..4), cuts in prop::collection::vec(1usize..24, 0..12)) {
        let (node, hub) = (Memory::default(), Memory::default());
        let mut total = 0;
        let mut all = Vec::new();
        for (seed, bytes) in (100u64..).zip(&sizes) {
            let content = content(seed, *bytes);
            let hash = node.put(&content, seed % 2 == 0);
            hub.name(hash, *bytes);
            total += pieces(*bytes as u64);
            all.push((hash, content));
        }
        for cut in cuts {
            connect([&node, &hub], cut);
        }
        connect([&node, &hub], usize::MAX);
        for (hash, content) in all {
            prop_assert_eq!(hub.get(hash), Some(content));
            prop_assert!(node.confirmed.lock().unwrap().contains(&hash));
        }
        prop_assert_eq!(*hub.stored.lock().unwrap(), total, "every piece was stored once");
    }

    #[test]
    fn hostile_frames_never_panic_and_store_nothing(kind in 12u8..22, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let shelf = Memory::default();
        shelf.name(BlobHash([7; 32]), 100);
        let mut courier = Courier::new(peer());
        courier.handle_ready(&shelf, true).unwrap();
        let _ = courier.handle_frame(&shelf, &RawFrame { kind, body });
        prop_assert_eq!(*shelf.stored.lock().unwrap(), 0);
    }
}
