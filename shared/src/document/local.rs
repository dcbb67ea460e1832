//! What a replica does with a document of its own: make it, and take in a change it has just judged itself.

use super::{genesis, refusal::Refusal};
use crate::model::ChangeHash;
use automerge::{Automerge, Change};

/// A document in memory.
pub type Doc = Automerge;

/// A document with nothing but the genesis change.
///
/// # Errors
/// If Automerge refuses the genesis change: a build whose Automerge reads its format otherwise than this one was written for.
pub fn new_doc() -> Result<Doc, Refusal> {
    genesis::document().map_err(|_| Refusal::MergeFailed)
}

/// Applies a change that this replica made and admitted itself (a rule's).
///
/// # Errors
/// [`Refusal::MergeFailed`] if Automerge does not take it.
pub fn apply(doc: &mut Doc, bytes: &[u8]) -> Result<(), Refusal> {
    let change = Change::try_from(bytes).map_err(|_| Refusal::MergeFailed)?;
    doc.apply_changes([change]).map_err(|_| Refusal::MergeFailed)
}

/// The last changes of a document: those that no other builds on, sorted.
#[must_use]
pub fn heads(doc: &Doc) -> Vec<ChangeHash> {
    let mut heads: Vec<ChangeHash> = doc.get_heads().into_iter().map(|head| ChangeHash(head.0)).collect();
    heads.sort_unstable();
    heads
}
