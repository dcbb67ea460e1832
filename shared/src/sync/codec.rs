//! Packing of changes.
use super::engine::Parcel;
use crate::model::ChangeHash;
/// E.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// x
    #[error("x")]
    X,
}
/// p
pub fn pack(_genesis: ChangeHash, _parcel: &Parcel) -> Result<Vec<Vec<u8>>, CodecError> {
    Ok(vec![])
}
/// u
pub fn unpack(_genesis: ChangeHash, _payload: &[u8]) -> Result<Parcel, CodecError> {
    Err(CodecError::X)
}
