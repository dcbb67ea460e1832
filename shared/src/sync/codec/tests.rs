//! Packing gives back what it was given, stays within a frame, and shrinks what schools write.

use super::*;
use crate::model::{OriginId, SchoolYear};
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc as _, transaction::CommitOptions, transaction::Transactable as _};
use proptest::prelude::*;
use std::collections::BTreeMap;

const GENESIS: ChangeHash = ChangeHash([0x67; 32]);

fn batch(number: u8) -> Batch {
    Batch { origin: OriginId([number; 8]), signature: [number; 64], holes: Vec::new() }
}

fn change(doc: u8, bytes: Vec<u8>, batch: u32) -> OutChange {
    OutChange { doc: DocId([doc; 16]), hash: chunk::hash_of(&bytes), bytes, batch }
}

fn back(parcel: &Parcel) -> Vec<Parcel> {
    let payloads = pack(GENESIS, parcel).unwrap();
    assert!(payloads.iter().all(|payload| payload.len() <= PAYLOAD_BYTES_MAX));
    payloads.iter().map(|payload| unpack(GENESIS, payload).unwrap()).collect()
}

/// A class's year as a school writes it: records made one by one, fields edited, two writers who merge now and then.
fn a_school(students: u8, records: usize) -> (ChangeHash, Parcel) {
    let mut first = Automerge::new().with_actor(ActorId::from(*b"huxue genesis 01"));
    let records_map = first
        .transact_with::<_, _, automerge::AutomergeError, _>(
            |_| CommitOptions::default().with_time(0),
            |tx| {
                tx.put_object(ROOT, "subject", ObjType::Map)?;
                tx.put_object(ROOT, "records", ObjType::Map)
            },
        )
        .unwrap()
        .result;
    let genesis = ChangeHash(first.get_heads()[0].0);
    let mut parcel = Parcel { batches: vec![batch(1)], changes: Vec::new() };
    for student in 0..students {
        let mut doc = first.fork().with_actor(ActorId::from([1; 16]));
        for number in 0..records {
            let seed = blake3::hash(&[student, number as u8]);
            let random = u128::from_le_bytes(seed.as_bytes()[..16].try_into().unwrap());
            let at = 1_790_000_000 + 86_400 * number as i64 + i64::from(seed.as_bytes()[16]) * 60;
            if number % 7 == 3 {
                doc.set_actor(ActorId::from([2; 16]));
            }
            let key = format!("dropout_check:{}", ulid::Ulid::from_parts(at as u64 * 1000, random));
            doc.transact_with::<_, _, automerge::AutomergeError, _>(
                |()| CommitOptions::default().with_time(at),
                |tx| {
                    let record = tx.put_object(&records_map, key.as_str(), ObjType::Map)?;
                    tx.put_object(&record, "_steps", ObjType::Map)?;
                    for (field, value) in [("state", "present"), ("method", "到校核查"), ("by", ["王老师", "李老师"][number % 2]), ("note", "")]
                    {
                        tx.put(&record, field, value)?;
                    }
                    tx.put(&record, "round", number as i64)?;
                    Ok(())
                },
            )
            .unwrap();
        }
        let made = doc.get_changes(&[first.get_heads()[0]]).into_iter().map(|made| change(student, made.raw_bytes().to_vec(), 0));
        parcel.changes.extend(made);
    }
    (genesis, parcel)
}

#[test]
fn what_automerge_writes_comes_back_byte_for_byte() {
    let (genesis, parcel) = a_school(20, 18);
    let payloads = pack(genesis, &parcel).unwrap();
    assert_eq!(payloads.len(), 1);
    assert!(unpack(genesis, &payloads[0]).unwrap() == parcel);
    assert!(parcel.changes.iter().all(|one| chunk::Chunk::dissect(&one.bytes, one.hash).is_some()), "none goes whole");
}

#[test]
fn packing_takes_less_than_seven_tenths_of_zstd_alone() {
    let (genesis, parcel) = a_school(60, 18);
    let packed: usize = pack(genesis, &parcel).unwrap().iter().map(Vec::len).sum();
    let raw: Vec<u8> = parcel.changes.iter().flat_map(|one| one.bytes.clone()).collect();
    let alone = zstd::bulk::compress(&raw, LEVEL).unwrap().len();
    assert!(packed * 10 < alone * 7, "{packed} of {alone}");
}

#[test]
fn concurrent_changes_and_foreign_dependencies_come_back() {
    let (genesis, parcel) = a_school(1, 4);
    let mut doc = Automerge::new();
    let changes = parcel.changes.iter().map(|one| automerge::Change::try_from(one.bytes.as_slice()).unwrap());
    let mut first = Automerge::new().with_actor(ActorId::from(*b"huxue genesis 01"));
    first
        .transact_with::<_, _, automerge::AutomergeError, _>(
            |()| CommitOptions::default().with_time(0),
            |tx| {
                tx.put_object(ROOT, "subject", ObjType::Map)?;
                tx.put_object(ROOT, "records", ObjType::Map)?;
                Ok(())
            },
        )
        .unwrap();
    doc.merge(&mut first).unwrap();
    doc.apply_changes(changes).unwrap();
    let before = doc.get_heads();
    let (mut left, mut right) = (doc.fork().with_actor(ActorId::from([3; 16])), doc.fork().with_actor(ActorId::from([4; 16])));
    let subject = doc.get(ROOT, "subject").unwrap().unwrap().1;
    for (side, name) in [(&mut left, "left"), (&mut right, "right")] {
        let options = || CommitOptions::default().with_message(name.to_owned()).with_time(-5);
        side.transact_with::<_, _, automerge::AutomergeError, _>(|()| options(), |tx| tx.put(&subject, "name", name)).unwrap();
    }
    left.merge(&mut right).unwrap();
    left.transact_with::<_, _, automerge::AutomergeError, _>(|()| CommitOptions::default(), |tx| tx.put(&subject, "name", "both")).unwrap();
    // Only the tail: its first dependency is not in the payload.
    let tail: Vec<OutChange> = left.get_changes(&before).into_iter().map(|made| change(9, made.raw_bytes().to_vec(), 0)).collect();
    assert_eq!(tail.len(), 3);
    let parcel = Parcel { batches: vec![batch(1)], changes: tail };
    let payloads = pack(genesis, &parcel).unwrap();
    assert!(unpack(genesis, &payloads[0]).unwrap() == parcel);
}

fn is_split_of(parcel: &Parcel, pieces: &[Parcel]) {
    let changes: Vec<(DocId, ChangeHash)> = pieces.iter().flat_map(|piece| piece.changes.iter().map(|one| (one.doc, one.hash))).collect();
    let expected: Vec<(DocId, ChangeHash)> = parcel.changes.iter().map(|one| (one.doc, one.hash)).collect();
    assert_eq!(changes, expected, "every change once, in order");
    let members = |parcel: &Parcel| -> BTreeMap<[u8; 64], BTreeSet<(DocId, ChangeHash)>> {
        let of = |(number, batch): (usize, &Batch)| {
            let here = parcel.changes.iter().filter(|one| one.batch as usize == number).map(|one| (one.doc, one.hash));
            (batch.signature, here.chain(batch.holes.iter().copied()).collect())
        };
        parcel.batches.iter().enumerate().map(of).collect()
    };
    let whole = members(parcel);
    for piece in pieces {
        for (signature, found) in members(piece) {
            assert!(whole[&signature] == found, "a batch keeps its members: here or as holes");
        }
    }
}

#[test]
fn what_does_not_fit_is_split_and_every_piece_can_be_verified() {
    let noise = |seed: u32| {
        let mut bytes = vec![0; 3_000];
        blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
        bytes
    };
    let changes = (0..400u32).map(|number| change((number % 7) as u8, noise(number), number / 150)).collect();
    let parcel = Parcel { batches: (0..3).map(batch).collect(), changes };
    let pieces = back(&parcel);
    assert!(pieces.len() >= 5, "{}", pieces.len());
    is_split_of(&parcel, &pieces);
}

#[test]
fn a_change_that_fits_no_frame_and_a_damaged_hash_are_errors() {
    let mut noise = vec![0; 300_000];
    blake3::Hasher::new().finalize_xof().fill(&mut noise);
    let parcel = Parcel { batches: vec![batch(1)], changes: vec![change(1, noise, 0)] };
    assert!(matches!(pack(GENESIS, &parcel), Err(CodecError::TooLarge { .. })));
    let mut wrong = change(1, vec![1; 30], 0);
    wrong.hash = GENESIS;
    assert!(matches!(pack(GENESIS, &Parcel { batches: vec![batch(1)], changes: vec![wrong] }), Err(CodecError::Hash { .. })));
    let unbatched = Parcel { batches: Vec::new(), changes: vec![change(1, vec![1; 30], 0)] };
    assert_eq!(pack(GENESIS, &unbatched), Err(CodecError::Batch));
}

#[test]
fn bombs_are_refused_before_they_inflate() {
    let bomb = zstd::bulk::compress(&vec![0; 64 << 20], LEVEL).unwrap();
    let claim = |length: u64| {
        let mut payload = Vec::new();
        put_u64(&mut payload, length);
        payload.extend_from_slice(&bomb);
        payload
    };
    assert_eq!(unpack(GENESIS, &claim(64 << 20)), Err(CodecError::Wire(WireError::Limit { what: "the inflated payload" })));
    assert_eq!(unpack(GENESIS, &claim(1000)), Err(CodecError::Inflate));
}

#[test]
fn an_empty_parcel_is_no_payload() {
    assert_eq!(pack(GENESIS, &Parcel::default()), Ok(Vec::new()));
    assert_eq!(unpack(GENESIS, &[]), Ok(Parcel::default()));
}

#[test]
fn a_batch_signs_its_space_and_its_members_in_order() {
    let space = Space::published(SchoolYear::new(2025).unwrap());
    let members = [(DocId([1; 16]), ChangeHash([2; 32])), (DocId([3; 16]), ChangeHash([4; 32]))];
    let message = batch_message(space, &members);
    assert_eq!(&message[..14], b"huxue batch v1");
    assert_eq!(&message[14..25], &space.to_bytes());
    let pairs = [[1u8; 16].as_slice(), &[2; 32], &[3; 16], &[4; 32]].concat();
    assert_eq!(&message[25..], blake3::hash(&pairs).as_bytes());
}

proptest! {
    #[test]
    fn any_bytes_at_all_come_back(
        changes in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200), 0u32..3), 1..30),
        holes in prop::collection::vec((any::<[u8; 16]>(), any::<[u8; 32]>()), 0..5),
    ) {
        let mut batches: Vec<Batch> = (0..3).map(batch).collect();
        batches[1].holes = holes.into_iter().map(|(doc, hash)| (DocId(doc), ChangeHash(hash))).collect();
        let changes = changes.into_iter().map(|(doc, bytes, batch)| change(doc, bytes, batch)).collect();
        let parcel = Parcel { batches, changes };
        prop_assert!(back(&parcel) == vec![parcel]);
    }

    /// Damaged chunks with their own right hash: taken apart or sent whole, they come back exactly.
    #[test]
    fn damaged_changes_come_back_as_damaged(damage in prop::collection::vec((0usize..5, any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let (genesis, mut parcel) = a_school(1, 5);
        for (number, at, byte) in damage {
            let bytes = &mut parcel.changes[number].bytes;
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let hash = chunk::hash_of(bytes);
            if at >= 8 {
                bytes[4..8].copy_from_slice(&hash.0[..4]);
            }
            parcel.changes[number].hash = hash;
        }
        let payloads = pack(genesis, &parcel).unwrap();
        prop_assert!(unpack(genesis, &payloads[0]).unwrap() == parcel);
    }

    #[test]
    fn any_payload_is_a_bounded_parcel_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut payload = vec![0];
        payload.extend_from_slice(&bytes);
        if let Ok(parcel) = unpack(GENESIS, &payload) {
            prop_assert!(parcel.changes.iter().map(|one| one.bytes.len()).sum::<usize>() <= RAW_BYTES_MAX);
        }
    }

    /// Damage behind the compression, where a parser has something to chew on.
    #[test]
    fn a_damaged_body_is_a_bounded_parcel_or_an_error(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let (genesis, parcel) = a_school(2, 4);
        let mut body = write::write(genesis, &parcel).unwrap();
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Ok(parcel) = read::read(genesis, &body) {
            prop_assert!(parcel.changes.iter().all(|one| chunk::hash_of(&one.bytes) == one.hash), "hashes are computed, never believed");
        }
    }
}
