//! The sync protocol, sans-IO: frames, packing, session. Sockets, clock, disk are arguments. docs/PROTOCOL.md is its specification.
//!
//! Rooms, in the order of a byte's way in: [`frame`] cuts the stream, [`message`] reads bodies, [`session`] decides, [`ask`] carries its questions to
//! the [`engine`], [`codec`] packs and unpacks changes, [`digest`] sums sets up; [`backoff`] says when to dial again.

pub mod ask;
pub mod backoff;
pub mod codec;
pub mod courier;
pub mod digest;
pub mod engine;
pub mod frame;
pub mod message;
pub mod session;
mod wire;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the numbers of a simulation are small")]
pub(crate) mod simulation;
