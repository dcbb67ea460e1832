//! One directory, one owner: the lock, and the socket on which its owner answers commands.
//!
//! A command takes the lock; if a daemon holds it, the command sends the same request over the daemon's socket instead. Nothing ever opens the database beside its owner.

pub mod lock;
pub mod socket;

use crate::fault::{Exit, Fault};
use serde::{Deserialize, Serialize};
use std::{path::Path, time::Duration};

/// How long a directory may be in other hands before that is said: another command is done by then, a daemon listens.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(40);

/// Who owns a directory.
#[derive(Debug)]
pub enum Owner {
    /// This process, as long as the value lives.
    Here(lock::DirLock),
    /// A daemon, which answers on its socket.
    Daemon,
}

/// Takes the directory, or finds the daemon that has it. One command at a time: while another one, or a daemon that is only starting, has the lock,
/// this waits a little, so that commands in a row need no pause between them.
///
/// # Errors
/// `daemon-silent` when something holds the lock and nothing answers; `dir-unwritable`.
pub fn owner(dir: &Path) -> Result<Owner, Fault> {
    let began = std::time::Instant::now();
    loop {
        if let Some(lock) = lock::take(dir)? {
            return Ok(Owner::Here(lock));
        }
        if socket::listens(dir) {
            return Ok(Owner::Daemon);
        }
        if began.elapsed() > PATIENCE {
            return Err(Fault::new("daemon-silent", Exit::Storage).with("path", dir.display()).because(Fault::new("system-timeout", Exit::Storage)));
        }
        std::thread::park_timeout(LOOK_AGAIN);
    }
}

/// Takes the directory for this process alone.
///
/// # Errors
/// `daemon-running`; as [`owner`].
pub fn alone(dir: &Path) -> Result<lock::DirLock, Fault> {
    match owner(dir)? {
        Owner::Here(lock) => Ok(lock),
        Owner::Daemon => Err(Fault::new("daemon-running", Exit::Storage).with("path", dir.display())),
    }
}

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
