//! The reader's language: simplified Chinese first, English second. Catalogue: `shared/locales/<language>/*.ftl`, embedded.

use crate::fault::Fault;
use fluent_templates::{LanguageIdentifier, Loader as _, fluent_bundle::FluentValue, langid, static_loader};
use std::{borrow::Cow, collections::HashMap, sync::OnceLock};

static_loader! {
    static CATALOGUE = {
        locales: "./locales",
        fallback_language: "zh-CN",
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// A language on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// 简体中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// From `HUXUE_LANG`, a locale name or `--lang`: anything starting with `en` is English, everything else Chinese.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name.to_ascii_lowercase().starts_with("en") { Self::En } else { Self::Zh }
    }

    /// Between a title and its value.
    #[must_use]
    pub fn colon(self) -> &'static str {
        if self == Self::Zh { "：" } else { ": " }
    }

    /// Between items of a list.
    #[must_use]
    pub fn comma(self) -> &'static str {
        if self == Self::Zh { "、" } else { ", " }
    }

    /// Between things said one after the other.
    #[must_use]
    pub fn semicolon(self) -> &'static str {
        if self == Self::Zh { "；" } else { "; " }
    }

    /// Sentences one after the other: after a full stop none of the marks that stand between [words](Self::semicolon).
    #[must_use]
    pub fn sentences<S: AsRef<str>>(self, parts: impl IntoIterator<Item = S>) -> String {
        let mut out = String::new();
        for part in parts {
            let part = part.as_ref().trim();
            if part.is_empty() {
                continue;
            }
            if out.ends_with(['。', '！', '？', '：', '；']) {
            } else if out.ends_with(['.', '!', '?', ':', ';']) {
                out.push(' ');
            } else if !out.is_empty() {
                out.push_str(self.semicolon());
            }
            out.push_str(part);
        }
        out
    }

    /// What is said beside something: `已批准（3月2日）`, `approved (2 Mar)`.
    #[must_use]
    pub fn beside(self, text: &str, more: &str) -> String {
        if self == Self::Zh { format!("{text}（{more}）") } else { format!("{text} ({more})") }
    }

    fn id(self) -> LanguageIdentifier {
        match self {
            Self::Zh => langid!("zh-CN"),
            Self::En => langid!("en"),
        }
    }
}

/// A message with particulars; the key itself if the catalogue has none (a test holds that it has).
#[must_use]
pub fn text(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    let mut args = args.to_vec();
    args.push(("program", program()));
    lookup(lang, key, &args).unwrap_or_else(|| key.to_owned())
}

fn lookup(lang: Lang, key: &str, args: &[(&str, &str)]) -> Option<String> {
    let args: HashMap<Cow<'static, str>, FluentValue<'_>> =
        args.iter().map(|(name, value)| (Cow::Owned((*name).to_owned()), value_of(value))).collect();
    CATALOGUE.try_lookup_with_args(&lang.id(), key, &args)
}

/// A count as a number, so that a sentence may choose between one and several; anything else, also what only looks like a number (`007`, a long code), as it is written.
fn value_of(text: &str) -> FluentValue<'_> {
    match text.parse::<i32>() {
        Ok(number) if number.to_string() == text => FluentValue::from(number),
        _ => FluentValue::from(text),
    }
}

static PROGRAM: OnceLock<String> = OnceLock::new();

/// Names this program as a person would type it (`huxue-node --data school1`): messages say it as `$program`. The first call holds.
pub fn name_program(words: String) {
    // Tests name it more than once.
    let _ = PROGRAM.set(words);
}

/// This program as a person would type it.
#[must_use]
pub fn program() -> &'static str {
    PROGRAM.get().map_or("huxue", String::as_str)
}

/// An instant of ours (RFC 3339) as a person's clock shows it, in China's time whatever zone the machine is set to: `2026-11-25 23:05`. Anything else stays as it is.
#[must_use]
pub fn instant(text: &str) -> String {
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    text.parse::<jiff::Timestamp>().map_or_else(|_| text.to_owned(), |at| at.to_zoned(china).strftime("%Y-%m-%d %H:%M").to_string())
}

/// Whether a text is an instant as we write them, and not merely a day.
#[must_use]
pub fn is_instant(text: &str) -> bool {
    text.len() >= "2026-11-25T15:05:00Z".len() && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

/// A fault as two lines: what happened, and what to do next (absent if there is nothing to do).
#[must_use]
pub fn fault(lang: Lang, fault: &Fault) -> (String, Option<String>) {
    let cause = fault.cause.as_ref().map(|cause| self::fault(lang, cause).0);
    let shown: Vec<String> = fault.args.iter().map(|(_, value)| if is_instant(value) { instant(value) } else { value.clone() }).collect();
    let mut args: Vec<(&str, &str)> = fault.args.iter().zip(&shown).map(|((name, _), value)| (name.as_ref(), value.as_str())).collect();
    args.extend(cause.as_deref().map(|text| ("detail", text)));
    args.push(("program", program()));
    let sentence = lookup(lang, &fault.code, &args).unwrap_or_else(|| fault.to_string());
    (sentence, lookup(lang, &format!("{}.next", fault.code), &args))
}

/// A message as it is said to a registrar, who cannot be sent to the registrar: its attribute `registrar`, where it has one; else as to everybody.
#[must_use]
pub fn to_registrar(lang: Lang, key: &str) -> Option<String> {
    lookup(lang, &format!("{key}.registrar"), &[])
}

/// The two as pages say them: what names codes or a command has another sentence there, `web-<code>` with `.said` and `.page`.
#[must_use]
pub fn on_page(lang: Lang, fault: &Fault) -> (String, Option<String>) {
    let args: Vec<(&str, &str)> = fault.args.iter().map(|(name, value)| (name.as_ref(), value.as_str())).collect();
    let here = |attribute: &str| lookup(lang, &format!("web-{}.{attribute}", fault.code), &args);
    let (sentence, next) = self::fault(lang, fault);
    (here("said").unwrap_or(sentence), here("page").or(next))
}

#[cfg(test)]
mod tests;
