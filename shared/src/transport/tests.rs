//! The whole of it over real QUIC on the loopback: enrolment, mutual certification, refusals, revocation, cost of a reconnect.
//!
//! Nothing here sleeps: every test waits for the condition it claims, under one generous limit.

mod county;
mod dialling;
mod enrolling;
mod linking;
mod messages;
mod shelf;
mod shipping;
