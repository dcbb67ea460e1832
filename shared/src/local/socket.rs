//! `DIR/daemon.sock`: one JSON line asks, lines of progress and one last line answer. Only the directory's owner can open it (0600).

use super::{Handler, Line, OnProgress, Progress};
use crate::fault::{Exit, Fault};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixListener,
};

/// Longest request: a workbook of 64 MiB in base64 and its envelope.
const REQUEST_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// A Unix socket's path has at most 107 bytes.
const PATH_BYTES_MAX: usize = 107;

fn path(dir: &Path) -> PathBuf {
    dir.join("daemon.sock")
}

/// Answers requests until the process ends. The caller holds the directory's lock.
///
/// # Errors
/// `socket-bind` when the socket cannot be made (a path too long, a directory that cannot be written).
pub fn serve<R, H>(dir: &Path, handler: Arc<H>) -> Result<tokio::task::JoinHandle<()>, Fault>
where
    R: DeserializeOwned + Send + 'static,
    H: Handler<R>,
{
    let path = path(dir);
    let refused = |cause: Fault| Fault::new("socket-bind", Exit::Storage).with("path", path.display()).because(cause);
    if path.as_os_str().len() > PATH_BYTES_MAX {
        return Err(refused(Fault::new("system-name-too-long", Exit::Storage).with("number", PATH_BYTES_MAX)));
    }
    // Left by a process that was killed; the lock says that nobody listens there.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).map_err(|error| refused(error.into()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map_err(|error| refused(error.into()))?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let handler = Arc::clone(&handler);
            tokio::spawn(async move {
                if let Err(error) = answer::<R, H>(stream, handler).await {
                    tracing::debug!(%error, "a local command went away before its answer");
                }
            });
        }
    }))
}

async fn answer<R, H>(stream: tokio::net::UnixStream, handler: Arc<H>) -> std::io::Result<()>
where
    R: DeserializeOwned + Send + 'static,
    H: Handler<R>,
{
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    tokio::io::BufReader::new(read.take(REQUEST_BYTES_MAX)).read_line(&mut line).await?;
    let (lines, mut outgoing) = tokio::sync::mpsc::unbounded_channel::<Line>();
    let work = tokio::task::spawn_blocking(move || {
        let last = match serde_json::from_str::<R>(&line) {
            Err(error) => Line::Fault(Fault::new("socket-request", Exit::Version).because(error)),
            Ok(request) => {
                let progress = lines.clone();
                let mut tell = move |p: Progress| {
                    let _ = progress.send(Line::Progress(p));
                };
                match handler.handle(request, &mut tell) {
                    Ok(value) => Line::Ok(value),
                    Err(fault) => Line::Fault(fault),
                }
            }
        };
        let _ = lines.send(last);
    });
    while let Some(line) = outgoing.recv().await {
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        write.write_all(&bytes).await?;
    }
    work.await.map_err(std::io::Error::other)
}

/// Does a daemon answer for `dir`?
pub(super) fn listens(dir: &Path) -> bool {
    UnixStream::connect(path(dir)).is_ok()
}

/// Sends a request to the daemon that holds `dir` and waits for its answer.
///
/// # Errors
/// The daemon's own fault; `daemon-silent` when the lock is held but nothing answers.
pub fn ask<R: Serialize>(dir: &Path, request: &R, progress: OnProgress<'_>) -> Result<serde_json::Value, Fault> {
    let silent = |cause: Fault| Fault::new("daemon-silent", Exit::Storage).with("path", dir.display()).because(cause);
    let mut stream = UnixStream::connect(path(dir)).map_err(|error| silent(error.into()))?;
    let mut bytes = serde_json::to_vec(request).map_err(Fault::internal)?;
    bytes.push(b'\n');
    stream.write_all(&bytes).map_err(|error| silent(error.into()))?;
    let mut lines = BufReader::new(stream.take(u64::MAX));
    loop {
        let mut line = String::new();
        let read = lines.read_line(&mut line).map_err(|error| silent(error.into()))?;
        if read == 0 {
            return Err(silent(Fault::new("system-broken-off", Exit::Storage)));
        }
        match serde_json::from_str(&line).map_err(|error| silent(error.into()))? {
            Line::Progress(p) => progress(p),
            Line::Ok(value) => return Ok(value),
            Line::Fault(fault) => return Err(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Doubler;
    impl Handler<u64> for Doubler {
        fn handle(&self, request: u64, progress: OnProgress<'_>) -> Result<serde_json::Value, Fault> {
            progress(Progress { done: 1, total: 2 });
            if request == 0 { Err(Fault::new("internal", Exit::Input).with("detail", "zero")) } else { Ok((request * 2).into()) }
        }
    }

    #[test]
    fn a_command_gets_its_answer_progress_and_faults_from_the_daemon() {
        let dir = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let _guard = runtime.enter();
        let _server = serve::<u64, _>(dir.path(), Arc::new(Doubler)).unwrap();
        let mut seen = Vec::new();
        assert_eq!(ask(dir.path(), &21u64, &mut |p| seen.push(p)).unwrap(), 42);
        assert_eq!(seen, [Progress { done: 1, total: 2 }]);
        assert_eq!(ask(dir.path(), &0u64, &mut |_| {}).unwrap_err().exit, Exit::Input);
        assert_eq!(ask(dir.path(), &"text", &mut |_| {}).unwrap_err().code, "socket-request");
    }
}
