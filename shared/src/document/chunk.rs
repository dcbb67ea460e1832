//! One change as bytes: our own reader and writer of Automerge's change chunk (automerge.org/automerge-binary-format-spec).
//!
//! ```text
//! 85 6f 4a 83 | checksum 4 | type 1 | length | deps | actor | seq | start op | time | message | other actors | columns | column bytes
//! ```
//!
//! Invariants:
//! - Reading costs O(bytes) and at most [`OPERATIONS_MAX`] operations; nothing is reserved on the word of a length field.
//! - Only uncompressed chunks: 174 bytes of a compressed one have become 256 MiB in Automerge.
//! - The writer writes what Automerge would write for the same operations, so that a saved document reproduces the very same bytes.
//!
//! What the operations may *do* is `structure`'s business.

use super::{
    columns::{Cursor, Deltas, Runs},
    keys::{
        ACTORS_MAX, CHANGE_BYTES_MAX, COUNTER_END, DEPENDENCIES_MAX, KEY_BYTES_MAX, OPERATIONS_MAX, PREDECESSORS_MAX, TEXT_BYTES_MAX, TIME_S_END,
    },
    refusal::Refusal,
    view::{Stamp, Value},
};
use crate::model::{Actor, ChangeHash};
use sha2::{Digest as _, Sha256};

pub(super) const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
pub(super) const CHANGE_CHUNK: u8 = 1;

/// Column specifications: id << 4 | type.
pub(super) mod column {
    pub(in super::super) const OBJECT_ACTOR: u64 = 0x01;
    pub(in super::super) const OBJECT_COUNTER: u64 = 0x02;
    pub(in super::super) const KEY_TEXT: u64 = 0x15;
    pub(in super::super) const INSERT: u64 = 0x34;
    pub(in super::super) const ACTION: u64 = 0x42;
    pub(in super::super) const VALUE_META: u64 = 0x56;
    pub(in super::super) const VALUE_BYTES: u64 = 0x57;
    pub(in super::super) const PREDECESSOR_COUNT: u64 = 0x70;
    pub(in super::super) const PREDECESSOR_ACTOR: u64 = 0x71;
    pub(in super::super) const PREDECESSOR_COUNTER: u64 = 0x73;
    /// Keys that are list elements, and marks: columns of lists and texts.
    pub(in super::super) const OF_LISTS: [u64; 4] = [0x11, 0x13, 0x94, 0xa5];
}

/// Kinds in the low four bits of a value's metadata.
pub(super) mod kind {
    pub(in super::super) const NULL: u64 = 0;
    pub(in super::super) const FALSE: u64 = 1;
    pub(in super::super) const TRUE: u64 = 2;
    pub(in super::super) const INT: u64 = 4;
    pub(in super::super) const TEXT: u64 = 6;
}

pub(super) const MAKE_MAP: u64 = 0;
pub(super) const SET: u64 = 1;

/// A scalar, borrowed from the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar<'a> {
    /// Cleared.
    Null,
    /// Yes or no.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Text.
    Str(&'a str),
}

impl From<Scalar<'_>> for Value {
    fn from(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(yes) => Self::Bool(yes),
            Scalar::Int(number) => Self::Int(number),
            Scalar::Str(text) => Self::Str(text.to_owned()),
        }
    }
}

impl<'a> From<&'a Value> for Scalar<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Int(number) => Self::Int(*number),
            Value::Str(text) => Self::Str(text),
        }
    }
}

/// What an operation does. There is nothing else: no delete, no list, no counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action<'a> {
    /// Makes a map at the key; the operation's own stamp is the map's id.
    MakeMap,
    /// Writes a scalar at the key.
    Set(Scalar<'a>),
}

/// One operation. Its own stamp is (`start_op` + its place in the change, the change's actor).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation<'a> {
    /// Id of the map it writes into; `None` is the document's root.
    pub object: Option<Stamp>,
    /// Key in that map.
    pub key: &'a str,
    /// What it does there.
    pub action: Action<'a>,
    /// Values it supersedes, ascending.
    pub predecessors: Vec<Stamp>,
}

/// A change, taken apart but not yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// SHA-256 of the chunk.
    pub hash: ChangeHash,
    /// Who wrote.
    pub actor: Actor,
    /// The writer's sequence number in this document, from 1.
    pub aseq: u64,
    /// Counter of the first operation.
    pub start_op: u64,
    /// Counter of the last operation.
    pub max_op: u64,
    /// What it builds on.
    pub deps: Vec<ChangeHash>,
    /// The writer's time, unix seconds; never used for order.
    pub time_s: i64,
    /// At least one.
    pub operations: Vec<Operation<'a>>,
    /// Written byte for byte as Automerge writes it; if not, whoever merges it saves and loads the document to see whether it survives.
    pub plain: bool,
}

impl Parsed<'_> {
    /// Stamp of the operation at `place`, counted from 0.
    #[must_use]
    pub fn stamp(&self, place: usize) -> Stamp {
        Stamp { ctr: self.start_op.saturating_add(place as u64), actor: self.actor }
    }
}

/// Takes a chunk apart and checks its checksum.
///
/// # Errors
/// Whatever breaks the format or its limits.
pub(super) fn read(bytes: &[u8]) -> Result<Parsed<'_>, Refusal> {
    let (body, hash) = unwrap_chunk(bytes, None)?;
    read_body(body, hash)
}

/// Takes a chunk apart whose hash is known because it lies in the log under it: the checksum is not computed again.
pub(super) fn read_known(bytes: &[u8], hash: ChangeHash) -> Result<Parsed<'_>, Refusal> {
    let (body, hash) = unwrap_chunk(bytes, Some(hash))?;
    read_body(body, hash)
}

fn unwrap_chunk(bytes: &[u8], known: Option<ChangeHash>) -> Result<(&[u8], ChangeHash), Refusal> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let mut from = Cursor::new(bytes);
    if from.array()? != MAGIC {
        return Err(Refusal::NotAChange);
    }
    let checksum: [u8; 4] = from.array()?;
    let hashed = from.rest();
    let [chunk_type] = from.array()?;
    if chunk_type != CHANGE_CHUNK {
        return Err(Refusal::NotAChange);
    }
    if from.length()? != from.rest().len() {
        return Err(Refusal::Malformed);
    }
    let hash = known.unwrap_or_else(|| ChangeHash(Sha256::digest(hashed).into()));
    if !hash.0.starts_with(&checksum) {
        return Err(Refusal::Checksum);
    }
    Ok((from.rest(), hash))
}

fn read_body(body: &[u8], hash: ChangeHash) -> Result<Parsed<'_>, Refusal> {
    let mut from = Cursor::new(body);
    let deps = read_deps(&mut from)?;
    let actor = read_actor(&mut from)?;
    let (aseq, start_op) = (from.unsigned()?, from.unsigned()?);
    let time_s = from.signed()?;
    if !(0..TIME_S_END).contains(&time_s) {
        return Err(Refusal::Time);
    }
    if from.length()? != 0 {
        return Err(Refusal::Hidden); // a message
    }
    let actors = read_actors(&mut from, actor)?;
    let columns = Columns::read(&mut from)?;
    if !from.is_empty() {
        return Err(Refusal::Hidden); // bytes behind the columns
    }
    if aseq == 0 || start_op == 0 || start_op >= COUNTER_END {
        return Err(Refusal::OperationNumbers);
    }
    let (operations, plain) = Rows::new(&columns, &actors).read(start_op)?;
    let plain = plain && deps.is_sorted();
    let max_op = start_op + operations.len() as u64 - 1;
    Ok(Parsed { hash, actor, aseq, start_op, max_op, deps, time_s, operations, plain })
}

fn read_deps(from: &mut Cursor<'_>) -> Result<Vec<ChangeHash>, Refusal> {
    let count = from.length()?;
    if !(1..=DEPENDENCIES_MAX).contains(&count) {
        return Err(Refusal::Dependencies);
    }
    let mut deps = Vec::with_capacity(count);
    for _ in 0..count {
        let dep = ChangeHash(from.array()?);
        if deps.contains(&dep) {
            return Err(Refusal::Dependencies);
        }
        deps.push(dep);
    }
    Ok(deps)
}

fn read_actor(from: &mut Cursor<'_>) -> Result<Actor, Refusal> {
    if from.length()? != Actor::LEN {
        return Err(Refusal::Actors);
    }
    from.array().map(Actor)
}

/// The writer first, then the others in ascending order, as operations count them.
fn read_actors(from: &mut Cursor<'_>, own: Actor) -> Result<Vec<Actor>, Refusal> {
    let count = from.length()?;
    if count > ACTORS_MAX {
        return Err(Refusal::Actors);
    }
    let mut actors = vec![own];
    for place in 0..count {
        let other = read_actor(from)?;
        if other == own || (place > 0 && actors.last().is_some_and(|last| *last >= other)) {
            return Err(Refusal::Actors);
        }
        actors.push(other);
    }
    Ok(actors)
}

/// The columns a change of ours has, by specification.
#[derive(Default)]
struct Columns<'a> {
    object_actor: Option<&'a [u8]>,
    object_counter: Option<&'a [u8]>,
    key_text: Option<&'a [u8]>,
    insert: Option<&'a [u8]>,
    action: Option<&'a [u8]>,
    value_meta: Option<&'a [u8]>,
    value_bytes: Option<&'a [u8]>,
    predecessor_count: Option<&'a [u8]>,
    predecessor_actor: Option<&'a [u8]>,
    predecessor_counter: Option<&'a [u8]>,
}

impl<'a> Columns<'a> {
    fn read(from: &mut Cursor<'a>) -> Result<Self, Refusal> {
        let count = from.length()?;
        if count > 16 {
            return Err(Refusal::Malformed);
        }
        let mut listed = Vec::with_capacity(count);
        for _ in 0..count {
            let spec = from.unsigned()?;
            if column::OF_LISTS.contains(&spec) {
                return Err(Refusal::ListOperation);
            }
            if listed.last().is_some_and(|(last, _)| *last >= spec) {
                return Err(Refusal::Malformed);
            }
            listed.push((spec, from.length()?));
        }
        let mut columns = Self::default();
        for (spec, length) in listed {
            let bytes = from.take(length)?;
            if bytes.is_empty() {
                return Err(Refusal::Malformed);
            }
            *columns.slot(spec)? = Some(bytes);
        }
        Ok(columns)
    }

    fn slot(&mut self, spec: u64) -> Result<&mut Option<&'a [u8]>, Refusal> {
        Ok(match spec {
            column::OBJECT_ACTOR => &mut self.object_actor,
            column::OBJECT_COUNTER => &mut self.object_counter,
            column::KEY_TEXT => &mut self.key_text,
            column::INSERT => &mut self.insert,
            column::ACTION => &mut self.action,
            column::VALUE_META => &mut self.value_meta,
            column::VALUE_BYTES => &mut self.value_bytes,
            column::PREDECESSOR_COUNT => &mut self.predecessor_count,
            column::PREDECESSOR_ACTOR => &mut self.predecessor_actor,
            column::PREDECESSOR_COUNTER => &mut self.predecessor_counter,
            _ => return Err(Refusal::Malformed),
        })
    }
}

/// Walks all columns side by side, one operation at a time.
struct Rows<'a, 'c> {
    actors: &'c [Actor],
    used: Vec<bool>,
    object_actor: Runs<'a, u64>,
    object_counter: Runs<'a, u64>,
    key_text: Runs<'a, &'a str>,
    insert: Cursor<'a>,
    action: Runs<'a, u64>,
    value_meta: Runs<'a, u64>,
    value_bytes: Cursor<'a>,
    predecessor_count: Runs<'a, u64>,
    predecessor_actor: Runs<'a, u64>,
    predecessor_counter: Deltas<'a>,
    predecessors: usize,
}

impl<'a, 'c> Rows<'a, 'c> {
    fn new(columns: &Columns<'a>, actors: &'c [Actor]) -> Self {
        Self {
            actors,
            used: vec![false; actors.len()],
            object_actor: Runs::new(columns.object_actor),
            object_counter: Runs::new(columns.object_counter),
            key_text: Runs::new(columns.key_text),
            insert: Cursor::new(columns.insert.unwrap_or_default()),
            action: Runs::new(columns.action),
            value_meta: Runs::new(columns.value_meta),
            value_bytes: Cursor::new(columns.value_bytes.unwrap_or_default()),
            predecessor_count: Runs::new(columns.predecessor_count),
            predecessor_actor: Runs::new(columns.predecessor_actor),
            predecessor_counter: Deltas::new(columns.predecessor_counter),
            predecessors: 0,
        }
    }

    fn read(mut self, start_op: u64) -> Result<(Vec<Operation<'a>>, bool), Refusal> {
        let mut operations = Vec::new();
        while !self.action.done() {
            if operations.len() == OPERATIONS_MAX {
                return Err(Refusal::TooManyOperations);
            }
            let counter = start_op + operations.len() as u64;
            operations.push(self.row(counter)?);
        }
        if operations.is_empty() {
            return Err(Refusal::Malformed);
        }
        // `insert` is false throughout: one count of all the operations.
        if self.insert.unsigned()? != operations.len() as u64 || !self.insert.is_empty() {
            return Err(Refusal::ListOperation);
        }
        if !self.done() {
            return Err(Refusal::Malformed);
        }
        if self.used.iter().skip(1).any(|used| !used) {
            return Err(Refusal::Actors);
        }
        Ok((operations, self.plain()))
    }

    fn row(&mut self, counter: u64) -> Result<Operation<'a>, Refusal> {
        let action = self.action.next()?.ok_or(Refusal::Malformed)?;
        let object = match (self.object_actor.next()?, self.object_counter.next()?) {
            (None, None) => None,
            (Some(actor), Some(ctr)) => Some(self.stamp(actor, ctr, counter)?),
            _ => return Err(Refusal::Malformed),
        };
        let key = self.key_text.next()?.ok_or(Refusal::ListOperation)?;
        if key.len() > KEY_BYTES_MAX {
            return Err(Refusal::Key);
        }
        let meta = self.value_meta.next()?.ok_or(Refusal::Malformed)?;
        let value = self.scalar(meta)?;
        let action = match action {
            MAKE_MAP if value == Scalar::Null => Action::MakeMap,
            SET => Action::Set(value),
            _ => return Err(Refusal::Action),
        };
        Ok(Operation { object, key, action, predecessors: self.row_predecessors(counter)? })
    }

    fn scalar(&mut self, meta: u64) -> Result<Scalar<'a>, Refusal> {
        let length = usize::try_from(meta >> 4).map_err(|_| Refusal::Malformed)?;
        let bytes = self.value_bytes.take(length)?;
        match (meta & 0x0f, length) {
            (kind::NULL, 0) => Ok(Scalar::Null),
            (kind::FALSE, 0) => Ok(Scalar::Bool(false)),
            (kind::TRUE, 0) => Ok(Scalar::Bool(true)),
            (kind::NULL | kind::FALSE | kind::TRUE, _) => Err(Refusal::Malformed),
            (kind::INT, _) => {
                let mut from = Cursor::new(bytes);
                let number = from.signed()?;
                if from.is_empty() { Ok(Scalar::Int(number)) } else { Err(Refusal::Malformed) }
            }
            (kind::TEXT, _) if length > TEXT_BYTES_MAX => Err(Refusal::ValueTooLong),
            (kind::TEXT, _) => std::str::from_utf8(bytes).map(Scalar::Str).map_err(|_| Refusal::Malformed),
            _ => Err(Refusal::ValueType),
        }
    }

    fn row_predecessors(&mut self, counter: u64) -> Result<Vec<Stamp>, Refusal> {
        let count = self.predecessor_count.next()?.ok_or(Refusal::Malformed)?;
        let count = usize::try_from(count).map_err(|_| Refusal::Predecessors)?;
        self.predecessors = self.predecessors.saturating_add(count);
        if self.predecessors > PREDECESSORS_MAX {
            return Err(Refusal::Predecessors);
        }
        let mut stamps: Vec<Stamp> = Vec::with_capacity(count);
        for _ in 0..count {
            let actor = self.predecessor_actor.next()?.ok_or(Refusal::Malformed)?;
            let ctr = self.predecessor_counter.next()?.ok_or(Refusal::Malformed)?;
            let stamp = self.stamp(actor, ctr, counter)?;
            if stamps.last().is_some_and(|last| *last >= stamp) {
                return Err(Refusal::Predecessors);
            }
            stamps.push(stamp);
        }
        Ok(stamps)
    }

    /// An operation referred to by the one at `before`: of a known actor, and with a smaller counter as everything earlier has.
    fn stamp(&mut self, actor: u64, ctr: u64, before: u64) -> Result<Stamp, Refusal> {
        let place = usize::try_from(actor).map_err(|_| Refusal::Actors)?;
        let actor = *self.actors.get(place).ok_or(Refusal::Actors)?;
        if let Some(used) = self.used.get_mut(place) {
            *used = true;
        }
        if ctr == 0 || ctr >= before { Err(Refusal::OperationNumbers) } else { Ok(Stamp { ctr, actor }) }
    }

    fn done(&self) -> bool {
        self.object_actor.done()
            && self.object_counter.done()
            && self.key_text.done()
            && self.value_meta.done()
            && self.value_bytes.is_empty()
            && self.predecessor_count.done()
            && self.predecessor_actor.done()
            && self.predecessor_counter.done()
    }

    fn plain(&self) -> bool {
        self.object_actor.plain()
            && self.object_counter.plain()
            && self.key_text.plain()
            && self.action.plain()
            && self.value_meta.plain()
            && self.predecessor_count.plain()
            && self.predecessor_actor.plain()
            && self.predecessor_counter.plain()
    }
}
