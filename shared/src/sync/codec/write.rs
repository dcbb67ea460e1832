//! The body of a payload, written. [`super::read`] is its mirror: the two are changed together.

use super::chunk::{Chunk, hash_of};
use super::{BATCH_MEMBERS_MAX, CodecError, DEP_BACK, DEP_DOC, DEP_EXPLICIT, DEP_GENESIS, DocSeen, PARTS, SPECS_MAX, START_FIRST, Streams, WHOLE};
use crate::model::{Actor, ChangeHash, DocId, OriginId};
use crate::sync::engine::{OutChange, Parcel};
use crate::sync::wire::{put_bytes, put_i64, put_u64};
use std::collections::{BTreeMap, HashMap};

/// A table that numbers its entries as they come.
struct Table<K>(HashMap<K, usize>);

impl<K: std::hash::Hash + Eq + Clone> Table<K> {
    fn new() -> Self {
        Self(HashMap::new())
    }

    /// The entry's number; the bool: it is new.
    fn number(&mut self, key: &K) -> (usize, bool) {
        let next = self.0.len();
        if let Some(number) = self.0.get(key) {
            return (*number, false);
        }
        self.0.insert(key.clone(), next);
        (next, true)
    }
}

struct Writer {
    genesis: ChangeHash,
    streams: Streams,
    columns: BTreeMap<u64, Vec<u8>>,
    docs: Table<DocId>,
    actors: Table<Actor>,
    shapes: Table<Vec<u64>>,
    shape_table: Vec<u8>,
    seen: HashMap<usize, DocSeen>,
    seqs: HashMap<(usize, usize), u64>,
    /// Index of every change by hash.
    index: HashMap<ChangeHash, usize>,
    last_doc: usize,
    last_batch: u64,
    last_time: i64,
}

/// Writes a parcel that is within its limits.
pub(super) fn write(genesis: ChangeHash, parcel: &Parcel) -> Result<Vec<u8>, CodecError> {
    let mut writer = Writer {
        genesis,
        streams: Streams::default(),
        columns: BTreeMap::new(),
        docs: Table::new(),
        actors: Table::new(),
        shapes: Table::new(),
        shape_table: Vec::new(),
        seen: HashMap::new(),
        seqs: HashMap::new(),
        index: HashMap::new(),
        last_doc: 0,
        last_batch: 0,
        last_time: 0,
    };
    writer.batches(parcel)?;
    put_u64(&mut writer.streams.tables, parcel.changes.len() as u64);
    for (index, change) in parcel.changes.iter().enumerate() {
        if change.batch as usize >= parcel.batches.len() {
            return Err(CodecError::Batch);
        }
        if hash_of(&change.bytes) != change.hash {
            return Err(CodecError::Hash { doc: change.doc });
        }
        writer.change(index, change);
    }
    Ok(writer.finish())
}

impl Writer {
    fn batches(&mut self, parcel: &Parcel) -> Result<(), CodecError> {
        let mut origins: Table<OriginId> = Table::new();
        put_u64(&mut self.streams.tables, parcel.batches.len() as u64);
        for batch in &parcel.batches {
            if batch.holes.len() > BATCH_MEMBERS_MAX {
                return Err(CodecError::Batch);
            }
            // An entry numbered for the first time is followed by its id, here and everywhere.
            let (number, new) = origins.number(&batch.origin);
            put_u64(&mut self.streams.tables, number as u64);
            if new {
                self.streams.random.extend_from_slice(&batch.origin.0);
            }
            self.streams.random.extend_from_slice(&batch.signature);
            put_u64(&mut self.streams.tables, batch.holes.len() as u64);
            for (doc, hash) in &batch.holes {
                let number = self.doc(*doc);
                put_u64(&mut self.streams.tables, number as u64);
                self.streams.random.extend_from_slice(&hash.0);
            }
        }
        Ok(())
    }

    fn doc(&mut self, doc: DocId) -> usize {
        let (number, new) = self.docs.number(&doc);
        if new {
            self.streams.random.extend_from_slice(&doc.0);
        }
        number
    }

    fn actor(&mut self, actor: Actor) -> usize {
        let (number, new) = self.actors.number(&actor);
        if new {
            self.streams.random.extend_from_slice(&actor.0);
        }
        number
    }

    fn change(&mut self, index: usize, change: &OutChange) {
        let chunk = Chunk::dissect(&change.bytes, change.hash).filter(|chunk| self.columns_fit(chunk));
        put_u64(&mut self.streams.heads, if chunk.is_some() { PARTS } else { WHOLE });
        let doc = self.doc(change.doc);
        put_i64(&mut self.streams.heads, delta(doc as u64, self.last_doc as u64));
        self.last_doc = doc;
        let batch = u64::from(change.batch);
        put_i64(&mut self.streams.heads, delta(batch, self.last_batch));
        self.last_batch = batch;
        match &chunk {
            None => put_bytes(&mut self.streams.whole, &change.bytes),
            Some(chunk) => self.parts(index, doc, chunk),
        }
        let seen = self.seen.entry(doc).or_insert(DocSeen { last: None, next_start: START_FIRST });
        seen.last = Some((index, change.hash));
        if let Some(chunk) = &chunk {
            seen.next_start = chunk.start_op.saturating_add(chunk.operations());
        }
        self.index.insert(change.hash, index);
    }

    fn columns_fit(&self, chunk: &Chunk<'_>) -> bool {
        let new = chunk.columns.iter().filter(|(spec, _)| !self.columns.contains_key(spec)).count();
        chunk.columns.len() <= SPECS_MAX && self.columns.len() + new <= SPECS_MAX
    }

    fn parts(&mut self, index: usize, doc: usize, chunk: &Chunk<'_>) {
        let actor = self.actor(chunk.actor);
        put_u64(&mut self.streams.heads, actor as u64);
        let seq = self.seqs.entry((doc, actor)).or_default();
        put_i64(&mut self.streams.heads, delta(chunk.seq, seq.wrapping_add(1)));
        *seq = chunk.seq;
        let seen = self.seen.get(&doc).copied().unwrap_or(DocSeen { last: None, next_start: START_FIRST });
        put_u64(&mut self.streams.deps, chunk.deps.len() as u64);
        for dep in &chunk.deps {
            self.dependency(index, &seen, dep);
        }
        put_i64(&mut self.streams.starts, delta(chunk.start_op, seen.next_start));
        put_i64(&mut self.streams.times, chunk.time.wrapping_sub(self.last_time));
        self.last_time = chunk.time;
        put_bytes(&mut self.streams.rest, chunk.message);
        put_u64(&mut self.streams.rest, chunk.others.len() as u64);
        for other in &chunk.others {
            let number = self.actor(*other);
            put_u64(&mut self.streams.rest, number as u64);
        }
        put_bytes(&mut self.streams.rest, chunk.extra);
        self.shape(chunk);
    }

    fn dependency(&mut self, index: usize, seen: &DocSeen, dep: &ChangeHash) {
        let code = if *dep == self.genesis {
            DEP_GENESIS
        } else if seen.last.is_some_and(|(_, hash)| hash == *dep) {
            DEP_DOC
        } else if let Some(at) = self.index.get(dep) {
            DEP_BACK + (index - at) as u64
        } else {
            self.streams.random.extend_from_slice(&dep.0);
            DEP_EXPLICIT
        };
        put_u64(&mut self.streams.deps, code);
    }

    fn shape(&mut self, chunk: &Chunk<'_>) {
        let shape: Vec<u64> = chunk.columns.iter().map(|(spec, _)| *spec).collect();
        let (number, new) = self.shapes.number(&shape);
        put_u64(&mut self.streams.shapes, number as u64);
        if new {
            put_u64(&mut self.shape_table, shape.len() as u64);
            for spec in &shape {
                put_u64(&mut self.shape_table, *spec);
            }
        }
        for (spec, column) in &chunk.columns {
            put_u64(&mut self.streams.lengths, column.len() as u64);
            self.columns.entry(*spec).or_default().extend_from_slice(column);
        }
    }

    /// Lengths of all streams, then the streams.
    fn finish(mut self) -> Vec<u8> {
        put_u64(&mut self.streams.tables, self.shapes.0.len() as u64);
        self.streams.tables.extend_from_slice(&self.shape_table);
        let Streams { tables, heads, deps, starts, times, shapes, lengths, rest, whole, random } = self.streams;
        let fixed = [tables, heads, deps, starts, times, shapes, lengths, rest, whole, random];
        let mut out = Vec::new();
        for stream in &fixed {
            put_u64(&mut out, stream.len() as u64);
        }
        put_u64(&mut out, self.columns.len() as u64);
        for (spec, column) in &self.columns {
            put_u64(&mut out, *spec);
            put_u64(&mut out, column.len() as u64);
        }
        fixed.iter().chain(self.columns.values()).for_each(|stream| out.extend_from_slice(stream));
        out
    }
}

/// Difference that [`super::read`] adds back, wrapping.
fn delta(value: u64, expected: u64) -> i64 {
    value.wrapping_sub(expected).cast_signed()
}
