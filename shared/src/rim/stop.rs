//! When to stop: SIGTERM or SIGINT.

use tokio::sync::watch;

/// A watch that becomes true when the process is asked to stop.
///
/// # Errors
/// If the signals cannot be listened to.
pub fn on_signal() -> std::io::Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (tell, stop) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        // Nobody waiting any more is no error.
        let _ = tell.send(true);
    });
    Ok(stop)
}

/// Tells systemd that the daemon is ready, or stopping. Elsewhere nothing happens.
///
/// # Errors
/// The socket's.
pub fn tell_systemd(ready: bool) -> std::io::Result<()> {
    let state = if ready { sd_notify::NotifyState::Ready } else { sd_notify::NotifyState::Stopping };
    sd_notify::notify(&[state])
}
