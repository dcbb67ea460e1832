//! Logs go to standard error, one sentence a line with its fields; `HUXUE_LOG` (as `info`, `huxue_shared=debug`) says how much. Never names, numbers, notes, tokens.

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Starts logging for a daemon (`info` by default) or a command (`warn`). A second call does nothing.
pub fn start(daemon: bool) {
    let filter = EnvFilter::try_from_env("HUXUE_LOG")
        .unwrap_or_else(|_| EnvFilter::new(if daemon { "info,refinery_core=warn,tracing::span=warn" } else { "warn" }));
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr).with_target(false);
    // Tests start several daemons in one process: the first one's setting holds.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}
