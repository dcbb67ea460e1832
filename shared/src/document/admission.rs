//! Admission: what decides about bytes before Automerge or the log see them (DESIGN §5).
//!
//! Two steps, both pure. [`parse`] judges a change by its bytes alone; [`judge`] judges it by what this replica holds of the same
//! document. The writing replica calls the same two functions before "saved", so that an honest change is never refused elsewhere.
//! The origin's signature, its scope and the actor's first half are checked by whoever knows the sender.
//!
//! Invariants:
//! - Cost is O(bytes); memory a small multiple of them.
//! - Operation ids are never given out twice: `start_op` follows from the dependencies and lies behind the writer's own last change.
//! - What is admitted has all its dependencies here, so the log can be applied in its own order.

use super::{
    chunk::{self, Parsed},
    genesis,
    refusal::Refusal,
    rule, structure,
};
use crate::model::{Actor, ChangeHash, DocId};

/// What this replica holds of one document: the log's facts, not Automerge's.
pub trait DocFacts {
    /// The last change admitted from `actor`: its sequence number and hash.
    fn actor_tip(&self, actor: Actor) -> Option<(u64, ChangeHash)>;
    /// Counter of the last operation of an admitted change; `None` if it is not here. Need not know the genesis change.
    fn max_op_of(&self, hash: &ChangeHash) -> Option<u64>;
    /// The change admitted from `actor` at sequence number `aseq`.
    fn hash_at(&self, actor: Actor, aseq: u64) -> Option<ChangeHash>;
}

/// What becomes of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let in.
    Admit,
    /// Here already.
    Known,
    /// Kept aside until these have come; the caller bounds how much is kept.
    Park {
        /// Dependencies that are not here.
        missing: Vec<ChangeHash>,
    },
    /// Not let in.
    Refuse(Refusal),
}

/// Takes a change apart and judges it by its bytes alone.
///
/// # Errors
/// The reason it can never be let in, by anyone.
pub fn parse(bytes: &[u8]) -> Result<Parsed<'_>, Refusal> {
    if bytes == genesis::BYTES {
        return Err(Refusal::Genesis);
    }
    let parsed = chunk::read(bytes)?;
    if parsed.actor == genesis::ACTOR {
        return Err(Refusal::Genesis);
    }
    structure::check(&parsed)?;
    Ok(parsed)
}

/// Judges a parsed change by what is here of its document.
#[must_use]
pub fn judge(parsed: &Parsed<'_>, doc: DocId, facts: &dyn DocFacts) -> Verdict {
    match facts.hash_at(parsed.actor, parsed.aseq) {
        Some(hash) if hash == parsed.hash => return Verdict::Known,
        Some(_) => return Verdict::Refuse(Refusal::Equivocation),
        None => {}
    }
    let max_op_of = |hash: &ChangeHash| if *hash == genesis::HASH { Some(genesis::MAX_OP) } else { facts.max_op_of(hash) };
    let known: Vec<Option<u64>> = parsed.deps.iter().map(max_op_of).collect();
    let missing: Vec<ChangeHash> = parsed.deps.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(dep, _)| *dep).collect();
    if !missing.is_empty() {
        return Verdict::Park { missing };
    }
    match in_order(parsed, doc, facts, known.into_iter().flatten().max().unwrap_or(0)) {
        Ok(()) => Verdict::Admit,
        Err(refusal) => Verdict::Refuse(refusal),
    }
}

fn in_order(parsed: &Parsed<'_>, doc: DocId, facts: &dyn DocFacts, deps_max_op: u64) -> Result<(), Refusal> {
    let (last, own_max_op) = match facts.actor_tip(parsed.actor) {
        Some((aseq, hash)) => (aseq, facts.max_op_of(&hash).unwrap_or(0)),
        None => (0, 0),
    };
    // Every dependency is here, and an honest change depends on its writer's own last one: nothing that could still come would fill a gap.
    if parsed.aseq != last + 1 {
        return Err(Refusal::SequenceGap);
    }
    if parsed.start_op != deps_max_op + 1 || parsed.start_op <= own_max_op {
        return Err(Refusal::OperationNumbers);
    }
    if rule::is_rule(parsed.actor) { rule::check(parsed, doc) } else { Ok(()) }
}
