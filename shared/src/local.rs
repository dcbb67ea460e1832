//! One directory, one owner: the lock, and the socket on which its owner answers commands.
//!
//! A command takes the lock; if a daemon holds it, the command sends the same request over the daemon's socket instead. Nothing ever opens the database beside its owner.

pub mod lock;
pub mod socket;

use crate::fault::Fault;
use serde::{Deserialize, Serialize};

/// How far a long request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub done: u64,
    /// Steps in all; 0: not known yet.
    pub total: u64,
}

/// What a request is told on the way: a callback, so that a terminal can draw a bar and a socket can relay it.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress);

/// Answers requests, from the socket or in this very process.
pub trait Handler<R>: Send + Sync + 'static {
    /// Does what is asked. Blocks; called off the async threads.
    ///
    /// # Errors
    /// A repair instruction.
    fn handle(&self, request: R, progress: OnProgress<'_>) -> Result<serde_json::Value, Fault>;
}

/// One line from the socket's server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Progress(Progress),
    Ok(serde_json::Value),
    Fault(Fault),
}
