//! The body of a payload, read. [`super::write`] is its mirror: the two are changed together.

use super::chunk::{Chunk, hash_of};
use super::{
    BATCH_MEMBERS_MAX, BATCHES_MAX, CHANGES_MAX, CodecError, DEP_BACK, DEP_DOC, DEP_EXPLICIT, DEP_GENESIS, DocSeen, PARTS, RAW_BYTES_MAX, SPECS_MAX,
    START_FIRST, STREAMS, WHOLE,
};
use crate::model::{Actor, ChangeHash, DocId, OriginId};
use crate::sync::engine::{Batch, OutChange, Parcel};
use crate::sync::wire::{Reader, WireError};
use std::collections::{BTreeMap, HashMap};

struct Body<'a> {
    genesis: ChangeHash,
    tables: Reader<'a>,
    heads: Reader<'a>,
    deps: Reader<'a>,
    starts: Reader<'a>,
    times: Reader<'a>,
    shapes: Reader<'a>,
    lengths: Reader<'a>,
    rest: Reader<'a>,
    whole: Reader<'a>,
    random: Reader<'a>,
    columns: BTreeMap<u64, Reader<'a>>,
    shape_table: Vec<Vec<u64>>,
    docs: Vec<DocId>,
    actors: Vec<Actor>,
    seen: HashMap<usize, DocSeen>,
    seqs: HashMap<(usize, usize), u64>,
    changes: Vec<OutChange>,
    raw_bytes: usize,
    last_doc: u64,
    last_batch: u64,
    last_time: i64,
}

/// Reads a body. It must end exactly where its streams end.
pub(super) fn read(genesis: ChangeHash, body: &[u8]) -> Result<Parcel, CodecError> {
    let mut body = Body::open(genesis, body)?;
    let batches = body.batches()?;
    let n = body.tables.count("the changes", CHANGES_MAX, 0)?;
    body.shape_table()?;
    // A change takes at least three bytes of heads.
    if n > body.heads.rest().len() / 3 {
        return Err(WireError::Short.into());
    }
    body.changes.reserve_exact(n);
    for _ in 0..n {
        body.change(batches.len())?;
    }
    body.end()?;
    Ok(Parcel { batches, changes: body.changes })
}

impl<'a> Body<'a> {
    fn open(genesis: ChangeHash, body: &'a [u8]) -> Result<Self, CodecError> {
        let mut from = Reader::new(body);
        let mut lengths = [0usize; STREAMS];
        for length in &mut lengths {
            *length = usize::try_from(from.u64()?).unwrap_or(usize::MAX);
        }
        let n = from.count("the columns", SPECS_MAX, 2)?;
        let mut specs = Vec::with_capacity(n);
        for _ in 0..n {
            specs.push((from.u64()?, usize::try_from(from.u64()?).unwrap_or(usize::MAX)));
        }
        let mut stream = |length: usize| from.take(length).map(Reader::new);
        let [tables, heads, deps, starts, times, shapes, inner, rest, whole, random] = lengths;
        let mut opened = Self {
            genesis,
            tables: stream(tables)?,
            heads: stream(heads)?,
            deps: stream(deps)?,
            starts: stream(starts)?,
            times: stream(times)?,
            shapes: stream(shapes)?,
            lengths: stream(inner)?,
            rest: stream(rest)?,
            whole: stream(whole)?,
            random: stream(random)?,
            columns: BTreeMap::new(),
            shape_table: Vec::new(),
            docs: Vec::new(),
            actors: Vec::new(),
            seen: HashMap::new(),
            seqs: HashMap::new(),
            changes: Vec::new(),
            raw_bytes: 0,
            last_doc: 0,
            last_batch: 0,
            last_time: 0,
        };
        for (spec, length) in specs {
            if opened.columns.insert(spec, stream(length)?).is_some() {
                return Err(WireError::Value { what: "a column named twice" }.into());
            }
        }
        from.end()?;
        Ok(opened)
    }

    fn batches(&mut self) -> Result<Vec<Batch>, CodecError> {
        let n = self.tables.count("the batches", BATCHES_MAX, 2)?;
        let mut origins: Vec<OriginId> = Vec::new();
        let mut batches = Vec::with_capacity(n);
        for _ in 0..n {
            let number = self.tables.u64()?;
            if number == origins.len() as u64 {
                origins.push(OriginId(self.random.array()?));
            }
            let origin = *at(&origins, number, "an origin's number")?;
            let signature = self.random.array()?;
            let holes = self.tables.count("the holes of a batch", BATCH_MEMBERS_MAX, 1)?;
            let holes = (0..holes)
                .map(|_| {
                    let number = self.tables.u64()?;
                    Ok((self.doc(number)?, ChangeHash(self.random.array()?)))
                })
                .collect::<Result<_, CodecError>>()?;
            batches.push(Batch { origin, signature, holes });
        }
        Ok(batches)
    }

    fn shape_table(&mut self) -> Result<(), CodecError> {
        let n = self.tables.count("the shapes", CHANGES_MAX, 1)?;
        for _ in 0..n {
            let columns = self.tables.count("the columns of a shape", SPECS_MAX, 1)?;
            let shape = (0..columns).map(|_| self.tables.u64()).collect::<Result<_, WireError>>()?;
            self.shape_table.push(shape);
        }
        Ok(())
    }

    fn doc(&mut self, number: u64) -> Result<DocId, CodecError> {
        if number == self.docs.len() as u64 {
            self.docs.push(DocId(self.random.array()?));
        }
        Ok(*at(&self.docs, number, "a document's number")?)
    }

    fn actor(&mut self, number: u64) -> Result<Actor, CodecError> {
        if number == self.actors.len() as u64 {
            self.actors.push(Actor(self.random.array()?));
        }
        Ok(*at(&self.actors, number, "an actor's number")?)
    }

    fn change(&mut self, batches: usize) -> Result<(), CodecError> {
        let form = self.heads.u64()?;
        let number = self.last_doc.wrapping_add(self.heads.i64()?.cast_unsigned());
        self.last_doc = number;
        let doc = self.doc(number)?;
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        self.last_batch = self.last_batch.wrapping_add(self.heads.i64()?.cast_unsigned());
        let batch = u32::try_from(self.last_batch).ok().filter(|batch| (*batch as usize) < batches).ok_or(CodecError::Batch)?;
        let seen = self.seen.get(&number).copied().unwrap_or(DocSeen { last: None, next_start: START_FIRST });
        let (bytes, hash, next_start) = match form {
            PARTS => self.parts(number, &seen)?,
            WHOLE => {
                let bytes = self.whole.bytes("a whole change", RAW_BYTES_MAX)?;
                self.spend(bytes.len())?;
                (bytes.to_vec(), hash_of(bytes), seen.next_start)
            }
            _ => return Err(WireError::Value { what: "a change's form" }.into()),
        };
        self.seen.insert(number, DocSeen { last: Some((self.changes.len(), hash)), next_start });
        self.changes.push(OutChange { doc, hash, bytes, batch });
        Ok(())
    }

    fn room(&self, bytes: usize) -> Result<(), CodecError> {
        let within = self.raw_bytes.saturating_add(bytes) <= RAW_BYTES_MAX;
        if within { Ok(()) } else { Err(WireError::Limit { what: "the rebuilt changes" }.into()) }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), CodecError> {
        self.room(bytes)?;
        self.raw_bytes += bytes;
        Ok(())
    }

    fn parts(&mut self, doc: usize, seen: &DocSeen) -> Result<(Vec<u8>, ChangeHash, u64), CodecError> {
        let number = self.heads.u64()?;
        let actor = self.actor(number)?;
        let last = self.seqs.entry((doc, usize::try_from(number).unwrap_or(usize::MAX))).or_default();
        let seq = last.wrapping_add(1).wrapping_add(self.heads.i64()?.cast_unsigned());
        *last = seq;
        let n = self.deps.count("the dependencies", RAW_BYTES_MAX / 32, 1)?;
        // A code takes a byte and becomes 32: counted before it is allocated.
        self.room(32 * n)?;
        let deps = (0..n).map(|_| self.dependency(seen)).collect::<Result<Vec<_>, CodecError>>()?;
        let start_op = seen.next_start.wrapping_add(self.starts.i64()?.cast_unsigned());
        let time = self.last_time.wrapping_add(self.times.i64()?);
        self.last_time = time;
        let message = self.rest.bytes("a message", RAW_BYTES_MAX)?;
        let others = self.rest.count("the other actors", RAW_BYTES_MAX / 16, 1)?;
        self.room(17 * others)?;
        let others = (0..others)
            .map(|_| {
                let number = self.rest.u64()?;
                self.actor(number)
            })
            .collect::<Result<Vec<_>, CodecError>>()?;
        let extra = self.rest.bytes("what follows the columns", RAW_BYTES_MAX)?;
        let columns = self.columns()?;
        let chunk = Chunk { deps, actor, seq, start_op, time, message, others, columns, extra };
        let (bytes, hash) = chunk.to_bytes();
        self.spend(bytes.len())?;
        Ok((bytes, hash, start_op.saturating_add(chunk.operations())))
    }

    fn dependency(&mut self, seen: &DocSeen) -> Result<ChangeHash, CodecError> {
        let missing = WireError::Value { what: "a dependency" };
        match self.deps.u64()? {
            DEP_EXPLICIT => Ok(ChangeHash(self.random.array()?)),
            DEP_GENESIS => Ok(self.genesis),
            DEP_DOC => seen.last.map(|(_, hash)| hash).ok_or_else(|| missing.into()),
            back => {
                let back = usize::try_from(back - DEP_BACK).unwrap_or(usize::MAX);
                let at = self.changes.len().checked_sub(back).ok_or(missing)?;
                Ok(self.changes.get(at).ok_or(missing)?.hash)
            }
        }
    }

    fn columns(&mut self) -> Result<Vec<(u64, &'a [u8])>, CodecError> {
        let number = self.shapes.u64()?;
        let shape = at(&self.shape_table, number, "a shape's number")?;
        let mut columns = Vec::with_capacity(shape.len());
        for spec in shape {
            let length = usize::try_from(self.lengths.u64()?).unwrap_or(usize::MAX);
            let stream = self.columns.get_mut(spec).ok_or(WireError::Value { what: "a column" })?;
            columns.push((*spec, stream.take(length)?));
        }
        Ok(columns)
    }

    fn end(&self) -> Result<(), CodecError> {
        let fixed =
            [&self.tables, &self.heads, &self.deps, &self.starts, &self.times, &self.shapes, &self.lengths, &self.rest, &self.whole, &self.random];
        fixed.into_iter().chain(self.columns.values()).try_for_each(Reader::end)?;
        Ok(())
    }
}

fn at<'t, T>(table: &'t [T], number: u64, what: &'static str) -> Result<&'t T, WireError> {
    usize::try_from(number).ok().and_then(|number| table.get(number)).ok_or(WireError::Value { what })
}
