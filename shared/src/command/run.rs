//! Where a command is carried out: in this process if it gets the directory's lock, otherwise by the daemon that holds it.

use super::args::Global;
use crate::{
    fault::{Exit, Fault},
    local::{self, Handler, OnProgress, Owner, Progress, lock, socket},
    locale::{self, Lang},
};
use base64::Engine as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::{
    io::IsTerminal as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Largest office file: as `crate::import` bounds it.
const UPLOAD_BYTES_MAX: u64 = 64 << 20;

impl Global {
    /// The reader's language: `--lang`, `HUXUE_LANG`, otherwise Chinese.
    pub fn language(&self) -> Lang {
        self.lang.as_deref().map(Lang::from_name).unwrap_or_default()
    }

    /// The replica's directory.
    ///
    /// # Errors
    /// `data-missing` when neither `--data` nor `HUXUE_DATA` names one.
    pub fn dir(&self) -> Result<PathBuf, Fault> {
        self.data.clone().ok_or_else(|| Fault::new("data-missing", Exit::Usage))
    }
}

/// Carries `request` out here or at the daemon. `open` makes the handler when this process owns the directory.
///
/// # Errors
/// The request's own, or that of opening.
pub fn here_or_there<R, H>(global: &Global, request: R, open: impl FnOnce(&lock::DirLock) -> Result<H, Fault>) -> Result<serde_json::Value, Fault>
where
    R: Serialize,
    H: Handler<R>,
{
    let dir = global.dir()?;
    let mut bar = Bar::new();
    match local::owner(&dir)? {
        Owner::Here(lock) => {
            let handler = open(&lock)?;
            handler.handle(request, &mut |p| bar.show(p))
        }
        Owner::Daemon => socket::ask(&dir, &request, &mut |p| bar.show(p)),
    }
}

/// A progress bar on standard error, only on a terminal.
#[derive(Debug)]
pub struct Bar(Option<ProgressBar>);

impl Bar {
    /// Nothing is drawn before the first step.
    #[must_use]
    pub fn new() -> Self {
        Self(None)
    }

    /// Draws the state.
    pub fn show(&mut self, progress: Progress) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = self.0.get_or_insert_with(|| {
            let bar = ProgressBar::with_draw_target(Some(progress.total), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(progress.total);
        bar.set_position(progress.done);
    }
}

impl Default for Bar {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

/// [`OnProgress`] that ignores everything.
pub fn quiet() -> impl FnMut(Progress) {
    |_| {}
}

/// Shows a fault: cause, then the next command; as JSON when scripts listen. Gives the exit code.
#[expect(clippy::print_stderr, reason = "this is where faults reach a person")]
#[must_use]
pub fn show_fault(global: &Global, fault: &Fault) -> ExitCode {
    let (sentence, next) = locale::fault(global.language(), fault);
    if global.json {
        let args: serde_json::Map<String, serde_json::Value> =
            fault.args.iter().map(|(name, value)| (name.to_string(), value.clone().into())).collect();
        let details: Vec<_> =
            fault.details.iter().map(|d| serde_json::json!({ "code": d.code, "message": locale::fault(global.language(), d).0 })).collect();
        let value = serde_json::json!({ "error": { "code": fault.code, "message": sentence, "next": next, "args": args, "details": details, "exit": fault.exit as u8 } });
        eprintln!("{value}");
    } else {
        eprintln!("{sentence}");
        for detail in &fault.details {
            eprintln!("  · {}", locale::fault(global.language(), detail).0);
        }
        if let Some(next) = next {
            eprintln!("→ {next}");
        }
    }
    ExitCode::from(fault.exit as u8)
}

/// Prints to standard output; a closed pipe is no error.
pub fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
}

/// Prints to standard error what a person asked nothing of: how a command is written. A closed pipe is no error.
pub fn say_aside(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A handler's progress argument under a shorter name, for closures.
pub type Tell<'a> = OnProgress<'a>;

/// Reads a text file a person named.
///
/// # Errors
/// `file-unreadable` with the path and the system's reason.
pub fn read_text(path: &Path) -> Result<String, Fault> {
    std::fs::read_to_string(path).map_err(|e| Fault::new("file-unreadable", Exit::Input).with("path", path.display()).because(e))
}

/// Reads a file to be sent along with a request: its name and its contents in base64.
///
/// # Errors
/// `file-unreadable`, `file-large`.
pub fn read_upload(path: &Path) -> Result<(String, String), Fault> {
    let unreadable = |e: std::io::Error| Fault::new("file-unreadable", Exit::Input).with("path", path.display()).because(e);
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > UPLOAD_BYTES_MAX {
        return Err(Fault::new("file-large", Exit::Input).with("path", path.display()).with("mib", UPLOAD_BYTES_MAX >> 20));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((name, base64::engine::general_purpose::STANDARD.encode(bytes)))
}

/// A file as a whole or not at all: what stood there stays until the new one is complete.
fn write_whole(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = std::fs::write(&part, contents).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // Half a file helps nobody; if it cannot be removed either, its name says what it is.
        drop(std::fs::remove_file(&part));
    }
    written
}

/// Hands an answer to the person: `--json`, a file, or the terminal. Exit code 1 when rows were rejected.
///
/// # Errors
/// `out-needed` for a workbook without `--out`; `file-unwritable`.
pub fn deliver(
    global: &Global,
    answer: &serde_json::Value,
    out: Option<&Path>,
    text: impl FnOnce(&serde_json::Value) -> String,
) -> Result<ExitCode, Fault> {
    let contents = match answer["base64"].as_str() {
        Some(encoded) => {
            let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).map_err(Fault::internal)?;
            if out.is_none() && bytes.starts_with(b"PK") {
                return Err(Fault::new("out-needed", Exit::Usage));
            }
            bytes
        }
        None if global.json || answer["columns"].is_array() => serde_json::to_vec_pretty(answer).map_err(Fault::internal)?,
        None => text(answer).into_bytes(),
    };
    match out {
        Some(path) => {
            write_whole(path, &contents).map_err(|e| Fault::new("file-unwritable", Exit::Storage).with("path", path.display()).because(e))?;
        }
        None => say(&String::from_utf8_lossy(&contents)),
    }
    let rejected = answer["rejected"].as_u64().unwrap_or(0) > 0;
    Ok(if rejected { ExitCode::from(Exit::Found as u8) } else { ExitCode::SUCCESS })
}
