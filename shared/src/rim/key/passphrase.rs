//! Where a passphrase comes from: a file, a systemd credential, or a person at a terminal. Never an argument or an environment variable: others could read it.
//!
//! Read as NFKC without the line break at its end: another keyboard or input method gives the same passphrase.

use super::{Unlock, credential};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
};
use console::Term;
use std::path::Path;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Fewest characters of a new passphrase. What protects a stolen disk is its length: five words do better than eight characters.
const CHARACTERS_MIN: usize = 8;

fn clean(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.trim_end_matches(['\r', '\n']).nfkc().collect())
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, Fault> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|e| Fault::new("passphrase-file", Exit::Storage).with("path", path.display()).because(e))?;
    Ok(clean(&text))
}

/// Asks at the terminal without showing what is typed; `None`: there is no terminal.
fn ask(question: &str, lang: Lang) -> Option<Zeroizing<String>> {
    use std::io::IsTerminal as _;
    let terminal = Term::stderr();
    // Without a person at the keyboard there is nobody to ask.
    if !terminal.is_term() || !std::io::stdin().is_terminal() {
        return None;
    }
    terminal.write_str(&format!("{} ", locale::text(lang, question, &[]))).ok()?;
    let typed = Zeroizing::new(terminal.read_secure_line().ok()?);
    Some(clean(&typed))
}

/// The passphrase of the key at `key`: from the file named, else the systemd credential `huxue-db-passphrase`, else asked for.
///
/// # Errors
/// `passphrase-needed` when nobody can be asked; `passphrase-file` when the file cannot be read.
pub fn known(key: &Path, unlock: &Unlock) -> Result<Zeroizing<String>, Fault> {
    if let Some(path) = unlock.passphrase_file.clone().or_else(|| credential("huxue-db-passphrase")) {
        return from_file(&path);
    }
    ask("ask-passphrase", unlock.lang).ok_or_else(|| Fault::new("passphrase-needed", Exit::Storage).with("path", key.display()))
}

/// A new passphrase, from `file` or typed twice.
///
/// # Errors
/// `passphrase-short`, `passphrase-differs`; `passphrase-new` when nobody can be asked; `passphrase-file`.
pub fn new(file: Option<&Path>, lang: Lang) -> Result<Zeroizing<String>, Fault> {
    let passphrase = if let Some(path) = file {
        from_file(path)?
    } else {
        let nobody = || Fault::new("passphrase-new", Exit::Usage);
        let first = ask("ask-passphrase-new", lang).ok_or_else(nobody)?;
        if first != ask("ask-passphrase-again", lang).ok_or_else(nobody)? {
            return Err(Fault::new("passphrase-differs", Exit::Input));
        }
        first
    };
    if passphrase.chars().count() < CHARACTERS_MIN {
        return Err(Fault::new("passphrase-short", Exit::Input).with("min", CHARACTERS_MIN));
    }
    Ok(passphrase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passphrase_is_the_same_from_any_keyboard_and_a_short_one_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let path = dir.path().join("phrase");
            std::fs::write(&path, text).unwrap();
            new(Some(&path), Lang::En).map(|p| p.to_string())
        };
        assert_eq!(read("Ｓｈｉｑｉａｏ　２０２６\r\n").unwrap(), "Shiqiao 2026");
        assert_eq!(read("Shiqiao 2026").unwrap(), "Shiqiao 2026");
        assert_eq!(read("石桥村三月\n").unwrap_err().code, "passphrase-short");
        assert_eq!(new(Some(&dir.path().join("none")), Lang::En).unwrap_err().code, "passphrase-file");
    }
}
