//! The command line in the reader's language: help, and what is wrong with the words typed. clap speaks English only; its error is a [`Fault`] here
//! like any other, so `--json`, `--lang` and the exit code hold for it too.

use super::{args::Global, help, run};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
};
use clap::{
    CommandFactory, FromArgMatches,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{ffi::OsString, process::ExitCode};

/// Reads the command line, and names the program for messages.
///
/// # Errors
/// The exit code, after help or what is wrong has been shown.
pub fn parse<C: CommandFactory + FromArgMatches>() -> Result<C, ExitCode> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let global = foretaste(&words);
    let mut command = C::command();
    let name = command.get_name().to_owned();
    locale::name_program(match &global.data {
        Some(dir) => format!("{name} --data {}", quoted(&dir.display().to_string())),
        None => name.clone(),
    });
    if global.language() == Lang::Zh {
        command = help::chinese(command);
    }
    let typed = path(&command, &words);
    let error = match command.try_get_matches_from_mut(&words).and_then(|matches| C::from_arg_matches(&matches)) {
        Ok(read) => return Ok(read),
        Err(error) => error,
    };
    let text = || if global.language() == Lang::Zh { help::chinese_frame(&error.render().to_string()) } else { error.render().to_string() };
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            run::say(&text());
            Err(ExitCode::SUCCESS)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !global.json => {
            run::say_aside(&text());
            Err(ExitCode::from(Exit::Usage as u8))
        }
        _ => Err(run::show_fault(&global, &fault(&error).with("command", format!("{name}{typed}")))),
    }
}

/// What is needed before the words are understood: language, `--json`, the directory.
fn foretaste(words: &[OsString]) -> Global {
    let texts: Vec<&str> = words.iter().skip(1).take_while(|word| *word != "--").filter_map(|word| word.to_str()).collect();
    let option = |name: &str| {
        let joined = format!("{name}=");
        texts.iter().enumerate().find_map(|(at, word)| if *word == name { texts.get(at + 1).copied() } else { word.strip_prefix(joined.as_str()) })
    };
    Global {
        data: option("--data").map(Into::into),
        lang: option("--lang").map(str::to_owned).or_else(|| std::env::var("HUXUE_LANG").ok()),
        json: texts.contains(&"--json"),
        db_key_file: None,
        db_passphrase_file: None,
    }
}

fn quoted(text: &str) -> String {
    if text.contains(|c: char| c.is_whitespace() || "'\"$&;|()<>*?".contains(c)) {
        format!("'{}'", text.replace('\'', "'\\''"))
    } else {
        text.to_owned()
    }
}

/// The subcommands typed: ` school add`.
fn path(command: &clap::Command, words: &[OsString]) -> String {
    let (mut at, mut out) = (command, String::new());
    for word in words.iter().skip(1) {
        if let Some(found) = at.find_subcommand(word) {
            out.push(' ');
            out.push_str(found.get_name());
            at = found;
        }
    }
    out
}

/// clap's error as one of ours.
fn fault(error: &clap::Error) -> Fault {
    let said = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(list)) => list.join(", "),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let argument = said(ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument => Fault::new("usage-unknown", Exit::Usage).with("text", argument),
        ErrorKind::InvalidSubcommand => Fault::new("usage-unknown", Exit::Usage).with("text", said(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => Fault::new("usage-missing", Exit::Usage).with("list", argument),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let text = said(ContextKind::InvalidValue);
            let code = if text.is_empty() { "usage-value-missing" } else { "usage-value" };
            Fault::new(code, Exit::Usage).with("argument", argument).with("text", text)
        }
        ErrorKind::ArgumentConflict => {
            Fault::new("usage-together", Exit::Usage).with("argument", argument).with("other", said(ContextKind::PriorArg))
        }
        _ => Fault::new("usage-other", Exit::Usage),
    }
}
