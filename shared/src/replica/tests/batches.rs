//! Own changes are signed in batches that can be relayed in pieces, and the largest change there may be fits a frame.

use super::county::{Town, space};
use crate::{
    document::{
        keys::CHANGE_BYTES_MAX,
        view::Value,
        write::{Edit, Target},
    },
    model::DocId,
    replica::edit::{DocEdit, What},
    sync::codec::BATCH_MEMBERS_MAX,
};

/// Text of even draws from all 128 characters of one byte: zstd gains an eighth on it, and on no text less.
fn noise(seed: u64, bytes: usize) -> String {
    let mut drawn = vec![0; bytes];
    blake3::Hasher::new_derive_key("huxue test noise").update(&seed.to_le_bytes()).finalize_xof().fill(&mut drawn);
    drawn.into_iter().map(|byte| char::from(byte & 0x7f)).collect()
}

fn subject(doc: u16, key: &str, text: String) -> DocEdit {
    let doc = DocId(blake3::hash(&doc.to_le_bytes()).as_bytes()[..16].try_into().unwrap());
    DocEdit { space: space(), doc, what: What::Edit(Edit { sets: vec![(Target::Subject, key.to_owned(), Value::Str(text))], ..Edit::default() }) }
}

#[test]
fn more_own_changes_than_a_batch_holds_are_shipped_split_and_verified_at_the_other_end() {
    let mut town = Town::new(1, 2);
    let changes = BATCH_MEMBERS_MAX + 300;
    let edits = (0..changes).map(|n| subject(u16::try_from(n % 700).unwrap(), "note", noise(n as u64, 256))).collect();
    assert_eq!(town.node(1).replica().commit(edits).unwrap(), changes as u64);
    town.sync();
    town.assert_agreed();
    assert_eq!(town.node(1).rows("SELECT min(lo), max(hi - lo + 1), count(*) > 1 FROM batch WHERE own = 1"), ["Integer(1) | Integer(1024) | Integer(1)"]);
    // The first parcel was cut for text that halves: it is several frames, each names what it lacks, and the hub relays what it could verify.
    let pushes = town.world.end_of(0, 0).unwrap().sent_frames.iter().filter(|kind| **kind == 3).count();
    assert!(pushes > 1, "{pushes}");
    assert_eq!(town.hub().rows("SELECT max(length(holes)) > 100 * 48 FROM batch"), ["Integer(1)"]);
    for number in 0..3 {
        assert_eq!(town.node(number).rows("SELECT count(*) FROM change WHERE refused = 0"), [format!("Integer({changes})")]);
        assert!(town.node(number).quarantine().is_empty());
        town.node(number).verify();
    }
}

#[test]
fn the_largest_change_there_may_be_fits_a_frame_though_it_does_not_shrink() {
    let mut town = Town::new(2, 1);
    let whole = |bytes: usize| {
        let sets = (0..3).map(|n| (Target::Subject, format!("k{n}"), Value::Str(noise(n, bytes / 3)))).collect();
        DocEdit { what: What::Edit(Edit { sets, ..Edit::default() }), ..subject(1, "", String::new()) }
    };
    let node = town.node(1).replica();
    // The writer and admission have one limit: what is over it is refused before it is saved.
    let refused = node.commit(vec![whole(CHANGE_BYTES_MAX + 2048)]).unwrap_err().to_string();
    assert_eq!(refused, "change-too-large");
    // Others of the same batch go as holes with it.
    let mut edits: Vec<_> = (2..1_025).map(|n| subject(n, "note", noise(u64::from(n), 600))).collect();
    edits.insert(500, whole(CHANGE_BYTES_MAX - 600));
    node.commit(edits).unwrap();
    assert_eq!(town.node(1).rows("SELECT max(length(bytes)) > 195000 FROM change"), ["Integer(1)"]);
    town.sync();
    town.assert_agreed();
    assert_eq!(town.hub().rows("SELECT count(*) FROM change WHERE refused = 0"), ["Integer(1024)"]);
    town.hub().verify();
}
