//! `recovery`, `recover-key` and `register`: what is done on files beside the database, most of it with the hub closed.

use crate::{
    county::HubFile,
    desk::{self, HubRequest},
    recovery, register,
};
use clap::Subcommand;
use huxue_shared::{
    clock::SystemClock,
    command::{args::Global, render, request::Asked, run},
    fault::Fault,
    local, locale,
    rim::{key::sealed::SealedCopy, logging},
};
use std::{path::PathBuf, process::ExitCode};

#[derive(Subcommand, Debug)]
pub(super) enum Recovery {
    /// Make a new recovery key; schools seal to it as they renew. The service must be stopped
    New {
        /// Where to write it; default DIR/recovery.key
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Subcommand, Debug)]
pub(super) enum Register {
    /// Check every line's signature and place
    Verify,
    /// List the lines
    List,
    /// Make a damaged register whole, keeping the damaged file. The service must be stopped
    Mend,
}

/// What the officer must do with a new recovery key.
pub(super) fn moved_away(global: &Global, place: &std::path::Path) -> String {
    locale::text(global.language(), "recovery-made", &[("path", &place.display().to_string())])
}

pub(super) fn new_recovery(global: &Global, out: Option<PathBuf>) -> Result<ExitCode, Fault> {
    logging::start(false);
    let dir = global.dir()?;
    HubFile::read(&dir)?;
    let _lock = local::alone(&dir)?;
    // Read again: who had the directory until now may have written it.
    let mut file = HubFile::read(&dir)?;
    let place = out.unwrap_or_else(|| recovery::default_place(&dir));
    let (public, id) = recovery::make(&place, file.county, &SystemClock)?;
    file.replace_recovery(&dir, public)?;
    let answer = serde_json::json!({ "recovery": id, "recovery_key_file": place.display().to_string() });
    run::deliver(global, &answer, None, |answer| render::fields(answer, global.language()) + &moved_away(global, &place))
}

/// The recovery key is used in this process only; the daemon, if one runs, is asked for nothing but the sealed key.
pub(super) fn recover_key(
    global: &Global,
    node: Option<String>,
    sealed: Option<PathBuf>,
    recovery_key: &std::path::Path,
    out: Option<&std::path::Path>,
) -> Result<ExitCode, Fault> {
    logging::start(false);
    let sealed = match (sealed, node) {
        (Some(path), _) => SealedCopy::bytes_in(&path)?,
        (None, Some(id)) => {
            let dir = global.dir()?;
            HubFile::read(&dir)?;
            let asked = Asked::here(global.language(), HubRequest::SealedKey { id: id.clone() });
            recovery::sealed_of(&run::here_or_there(global, asked, |_| desk::for_command(&dir, &global.unlock()))?, &id)?
        }
        (None, None) => return Err(Fault::internal("neither --node nor --sealed")),
    };
    let answer = recovery::recover(&sealed, recovery_key, out)?;
    run::deliver(global, &answer, None, |answer| {
        let word = |key: &str| answer[key].as_str().unwrap_or_default();
        match answer["key"].as_str() {
            Some(key) => key.to_owned(),
            None => locale::text(global.language(), "recovered", &[("node", word("node")), ("path", word("key_file"))]),
        }
    })
}

/// Reads the file itself: also beside a running daemon, and when the hub does not open for it.
pub(super) fn on_register(global: &Global, command: &Register) -> Result<ExitCode, Fault> {
    logging::start(false);
    let dir = global.dir()?;
    let county = HubFile::read(&dir)?.county(&dir)?;
    let answer = if let Register::Mend = command {
        let _lock = local::alone(&dir)?;
        register::mend(&dir, county.hub(), &SystemClock)?
    } else {
        let contents = register::read(&register::place(&dir), &county.hub().public())?;
        match command {
            Register::List => register::listed(&contents),
            _ => serde_json::json!({ "ok": true, "lines": contents.lines.len(), "torn_bytes": contents.torn_bytes }),
        }
    };
    run::deliver(global, &answer, None, |answer| match command {
        Register::List => render::table(&answer["register"], &["seq", "at", "event", "node", "school"], global.language()),
        _ => render::fields(answer, global.language()),
    })
}
