//! What an in-sync reconnect costs with whole replicas.

use super::county::{Town, space};
use crate::{
    document::{
        view::Value,
        write::{Edit, Target},
    },
    model::DocId,
    replica::edit::{DocEdit, What},
};

/// Bytes of a reconnect in sync, both ends together, with `docs` documents that hold `changes` changes in all.
fn cost(docs: u64, changes: u64) -> usize {
    let mut town = Town::new(3, 1);
    let edit = |n: u64| {
        let doc = DocId(blake3::hash(&(n % docs).to_le_bytes()).as_bytes()[..16].try_into().unwrap());
        let sets = vec![(Target::Subject, "note".to_owned(), Value::Str(format!("{n}")))];
        DocEdit { space: space(), doc, what: What::Edit(Edit { sets, ..Edit::default() }) }
    };
    town.node(1).replica().commit((0..changes).map(edit).collect()).unwrap();
    town.sync();
    town.assert_agreed();
    assert_eq!(town.hub().rows("SELECT count(*) FROM doc"), [format!("Integer({docs})")]);
    town.reconnect(0);
    let (frames, bytes) = town.reconnect(0);
    town.assert_agreed();
    assert_eq!(frames, [1, 1], "two HELLOs and nothing else");
    bytes
}

#[test]
fn an_in_sync_reconnect_of_real_replicas_costs_the_same_for_10_and_for_2000_documents() {
    // Equal heads, so that the numbers in HELLO are equally long.
    let (few, many) = (cost(10, 2_000), cost(2_000, 2_000));
    assert_eq!(few, many);
    assert!(many < 700, "{many}");
}
