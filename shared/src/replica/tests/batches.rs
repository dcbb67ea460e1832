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

/// Every document gains a change.
fn write(town: &Town, documents: usize, key: &str, bytes: usize) {
    let edits = (0..documents).map(|n| subject(u16::try_from(n).unwrap(), key, noise(n as u64, bytes))).collect();
    assert_eq!(town.node(1).replica().commit(edits).unwrap(), documents as u64);
}

#[test]
fn more_own_changes_than_a_batch_holds_are_shipped_split_and_verified_at_the_other_end() {
    let mut town = Town::new(1, 2);
    let changes = BATCH_MEMBERS_MAX + 300;
    write(&town, changes, "short", 4);
    town.sync();
    town.cut();
    // Each builds on a change that is not in its frame, 32 bytes that do not shrink: a batch of 1,024 is more than a frame.
    write(&town, changes, "again", 250);
    town.sync();
    town.assert_agreed();
    assert_eq!(town.node(1).rows("SELECT count(*) > 2, max(members) FROM (SELECT count(*) AS members FROM batch b JOIN change ch ON ch.space = b.space AND ch.lsn BETWEEN b.lo AND b.hi WHERE b.own = 1 GROUP BY b.id)"), ["Integer(1) | Integer(1024)"]);
    let pieces = town.hub().rows("SELECT count(*) FROM batch b WHERE length(b.holes) > 100 * 48 GROUP BY b.signature ORDER BY 1 DESC LIMIT 1");
    assert_eq!(pieces, ["Integer(2)"], "a batch came in two frames, and each named what was in the other");
    for number in 0..3 {
        assert_eq!(town.node(number).rows("SELECT count(*) FROM change WHERE refused = 0"), [format!("Integer({})", 2 * changes)]);
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
