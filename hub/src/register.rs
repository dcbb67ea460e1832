//! `DIR/register.log`: enrolments, spent tokens, revocations, renewals and sealed keys, one signed line each, outside the database. When an older copy of the
//! database is put back, what the register knows is taken in again ([`reconcile`]): a revoked node stays revoked, a spent token stays spent.
//!
//! Invariants: a line is on disk (fsync) before the answer it stands for goes out; lines are chained by hash and signed by the hub's key, so none can be
//! altered, left out in the midst, or added by another; a last line without its end is a power cut in the midst of writing: its answer never went out, it is cut off
//! and said. Anything else that does not fit is never passed over: [`mend`] is a person's decision.

pub mod line;
pub mod reconcile;

use huxue_shared::{
    clock::Clock,
    fault::{Exit, Fault},
    identity::{Keypair, PublicKey},
    local::lock,
};
use line::{Damage, Event, Line};
use serde_json::{Value as Json, json};
use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// What a file holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// Its lines, in order, all of them good.
    pub lines: Vec<Line>,
    /// Bytes they take.
    pub bytes: u64,
    /// Bytes behind them that are no whole line: a power cut in the midst of writing.
    pub torn_bytes: u64,
}

/// Where the register of a hub lies.
#[must_use]
pub fn place(dir: &Path) -> PathBuf {
    dir.join("register.log")
}

fn unreadable(path: &Path, error: std::io::Error) -> Fault {
    Fault::new("register-io", Exit::Storage).with("path", path.display()).because(error)
}

fn raw(path: &Path) -> Result<Vec<u8>, Fault> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unreadable(path, error)),
    }
}

/// Reads and checks a register; an absent one is empty.
///
/// # Errors
/// `register-damaged` naming the first line that does not fit and why; `register-io`.
pub fn read(path: &Path, hub: &PublicKey) -> Result<Contents, Fault> {
    let bytes = raw(path)?;
    let mut contents = Contents::default();
    let mut rest = bytes.as_slice();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (text, after) = (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default());
        let number = contents.lines.len() + 1;
        let damaged =
            |damage: Damage| Fault::new("register-damaged", Exit::Storage).with("path", path.display()).with("line", number).with("detail", damage);
        let line = line::read(text, hub).map_err(damaged)?;
        line.follows(contents.lines.last()).map_err(damaged)?;
        contents.bytes += end as u64 + 1;
        contents.lines.push(line);
        rest = after;
    }
    contents.torn_bytes = rest.len() as u64;
    Ok(contents)
}

/// The register of an open hub.
#[derive(Debug)]
pub struct Register {
    path: PathBuf,
    signer: Keypair,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    bytes: u64,
    last: Option<Line>,
    /// Keys of the events that need to stand there only once.
    known: BTreeSet<String>,
}

impl Register {
    /// Opens, or begins, the register in `dir` and gives what it holds. The caller holds the directory's lock.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(dir: &Path, signer: Keypair) -> Result<(Self, Vec<Line>), Fault> {
        let path = place(dir);
        let contents = read(&path, &signer.public())?;
        let fresh = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|e| unreadable(&path, e))?;
        if fresh {
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| unreadable(&path, e))?;
        }
        if contents.torn_bytes > 0 {
            tracing::warn!(
                bytes = contents.torn_bytes,
                "the register ends in half a line, from a power cut: its answer never went out, it is cut off"
            );
            file.set_len(contents.bytes).and_then(|()| file.sync_all()).map_err(|e| unreadable(&path, e))?;
        }
        let known = contents.lines.iter().filter_map(|line| line.event.as_ref()?.key()).collect();
        let state = State { file, bytes: contents.bytes, last: contents.lines.last().cloned(), known };
        Ok((Self { path, signer, state: Mutex::new(state) }, contents.lines))
    }

    /// Appends what the register does not know yet; on disk when this returns.
    ///
    /// # Errors
    /// `register-io`: nothing of it is kept.
    pub fn append(&self, events: &[Event], clock: &dyn Clock) -> Result<(), Fault> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut text, mut last, mut keys) = (Vec::new(), state.last.clone(), Vec::new());
        for event in events {
            let key = event.key();
            if key.as_ref().is_some_and(|key| state.known.contains(key) || keys.contains(key)) {
                continue;
            }
            let (line, bytes) = line::write(event, &clock.now().to_string(), last.as_ref(), &self.signer)?;
            text.extend_from_slice(&bytes);
            text.push(b'\n');
            last = Some(line);
            keys.extend(key);
        }
        if text.is_empty() {
            return Ok(());
        }
        let at = state.bytes;
        let written = state.file.seek(SeekFrom::Start(at)).and_then(|_| state.file.write_all(&text)).and_then(|()| state.file.sync_data());
        if let Err(error) = written {
            // What is half written must not stand before the next line.
            let _ = state.file.set_len(at);
            return Err(unreadable(&self.path, error));
        }
        state.bytes += text.len() as u64;
        state.last = last;
        state.known.extend(keys);
        Ok(())
    }
}

/// Makes a damaged register whole: good lines before the damage stay as they are, good ones after it are chained anew, the damaged file is kept beside it. What is
/// lost with the bad lines comes back from the database, as far as that knows it, when the hub opens.
///
/// # Errors
/// `register-io`.
pub fn mend(dir: &Path, signer: &Keypair, clock: &dyn Clock) -> Result<Json, Fault> {
    let path = place(dir);
    let bytes = raw(&path)?;
    let (mut out, mut last, mut chained, mut dropped): (Vec<u8>, Option<Line>, u64, u64) = (Vec::new(), None, 0, 0);
    let mut kept = 0u64;
    for text in bytes.split(|byte| *byte == b'\n').filter(|text| !text.is_empty()) {
        match line::read(text, &signer.public()) {
            Ok(line) if line.follows(last.as_ref()).is_ok() => {
                out.extend_from_slice(text);
                kept += 1;
                last = Some(line);
            }
            Ok(Line { event: Some(event), at, .. }) => {
                let (line, text) = line::write(&event, &at, last.as_ref(), signer)?;
                out.extend_from_slice(&text);
                chained += 1;
                last = Some(line);
            }
            _ => {
                dropped += 1;
                continue;
            }
        }
        out.push(b'\n');
    }
    let mut answer = json!({ "lines_kept": kept, "lines_chained": chained, "lines_dropped": dropped });
    if out != bytes {
        let aside = dir.join(format!("register.log.damaged-{}", clock.now().as_second()));
        lock::write_secret(&aside, &bytes).map_err(|e| unreadable(&aside, e))?;
        lock::write_secret(&path, &out).map_err(|e| unreadable(&path, e))?;
        answer["damaged_file"] = json!(aside.display().to_string());
    }
    Ok(answer)
}

/// Lines as `register list` shows them.
#[must_use]
pub fn listed(contents: &Contents) -> Json {
    let rows: Vec<Json> = contents.lines.iter().map(Line::listed).collect();
    json!({ "register": rows })
}

#[cfg(test)]
mod tests;
