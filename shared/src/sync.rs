//! The sync protocol, sans-IO: frames, packing, session. Sockets, clock, disk are arguments. docs/PROTOCOL.md is its specification.

pub mod engine;
