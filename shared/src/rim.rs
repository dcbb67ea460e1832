//! What both daemons do at the edge of the machine: database key, logs, health endpoints, stopping.

pub mod daily;
pub mod health;
pub mod key;
pub mod logging;
pub mod stop;
