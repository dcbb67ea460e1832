//! Automerge's object and operation ids as [`Stamp`]s, and the two look-ups everything else is made of.

use super::view::{Stamp, Value};
use crate::model::Actor;
use automerge::{ActorId, Automerge, AutomergeError, ObjId, ObjType, ReadDoc as _, ScalarValue, Value as AutomergeValue};

/// Ids of the maps at one key, ascending: Automerge's winner last.
pub(super) type ObjectMaps = Vec<Stamp>;

pub(super) fn actor_id(actor: Actor) -> ActorId {
    ActorId::from(actor.0)
}

/// `None` for an actor that is not 16 bytes; admission lets none in.
pub(super) fn actor_of(id: &ActorId) -> Option<Actor> {
    Actor::from_slice(id.to_bytes())
}

pub(super) fn id_of(stamp: Stamp) -> ObjId {
    ObjId::Id(stamp.ctr, actor_id(stamp.actor), 0)
}

/// `None` for the root.
pub(super) fn stamp_of(id: &ObjId) -> Option<Stamp> {
    match id {
        ObjId::Root => None,
        ObjId::Id(ctr, actor, _) => Some(Stamp { ctr: *ctr, actor: actor_of(actor)? }),
    }
}

/// The maps at `key` of the map `object`; none if there is no such map.
pub(super) fn maps_at(doc: &Automerge, object: Stamp, key: &str) -> Result<ObjectMaps, AutomergeError> {
    let all = all_at(doc, object, key)?;
    Ok(all.into_iter().filter(|(value, _)| matches!(value, AutomergeValue::Object(ObjType::Map))).map(|(_, stamp)| stamp).collect())
}

/// The concurrent scalars at `key` of the map `object`, ascending by stamp: Automerge's winner last.
pub(super) fn scalars_at(doc: &Automerge, object: Stamp, key: &str) -> Result<Vec<(Value, Stamp)>, AutomergeError> {
    let all = all_at(doc, object, key)?;
    Ok(all.into_iter().filter_map(|(value, stamp)| Some((scalar(value.as_scalar()?), stamp))).collect())
}

fn all_at<'d>(doc: &'d Automerge, object: Stamp, key: &str) -> Result<Vec<(AutomergeValue<'d>, Stamp)>, AutomergeError> {
    let object = id_of(object);
    if doc.object_type(&object).is_err() {
        return Ok(Vec::new());
    }
    let all = doc.get_all(&object, key)?;
    Ok(all.into_iter().filter_map(|(value, id)| Some((value, stamp_of(&id)?))).collect())
}

/// An Automerge scalar as a value of ours. Kinds that admission lets nobody write are shown as text.
pub(super) fn scalar(value: &ScalarValue) -> Value {
    match value {
        ScalarValue::Null => Value::Null,
        ScalarValue::Boolean(yes) => Value::Bool(*yes),
        ScalarValue::Int(number) => Value::Int(*number),
        ScalarValue::Str(text) => Value::Str(text.to_string()),
        other => Value::Str(other.to_string()),
    }
}
