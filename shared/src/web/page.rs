//! The frame of every page: head, navigation, state of the link, language switch; and how a fault looks.

use super::{
    assets,
    desk::Desk,
    guard::{Oops, Visitor, status},
};
use crate::{
    fault::Fault,
    locale::{self, Lang},
};
use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Redirect, Response},
};

/// A link of the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Address.
    pub href: String,
    /// What it says.
    pub title: String,
    /// The page we are on lies under it.
    pub here: bool,
    /// A number beside it; 0 is not shown.
    pub count: i64,
}

/// What every template needs.
#[derive(Clone, Debug)]
pub struct Page {
    /// Reader's language.
    pub lang: Lang,
    /// Title in the window's head.
    pub title: String,
    /// School or county.
    pub place: String,
    /// Name of the person; empty before login.
    pub who: String,
    /// The person is a registrar, whom nobody sends to the registrar.
    pub registers: bool,
    /// Token of forms.
    pub csrf: String,
    /// Links.
    pub links: Vec<Link>,
    /// State of the link in words; empty before login.
    pub sync: String,
    /// Colour of it.
    pub sync_mark: &'static str,
    /// How far a long transfer is, in hundredths.
    pub sync_percent: Option<u64>,
    /// What is wrong with this machine's clock, and what to do.
    pub clock: Option<Said>,
    /// What the page is for, in two sentences; empty: nothing is said.
    pub help: String,
    /// Said once after something was done.
    pub done: String,
    /// Id of what was just written, to take it back by; empty: nothing is offered.
    pub undo: String,
    /// Path and query of this page.
    pub here: String,
}

/// A link a person may follow: address, message key, and for whom.
const LINKS: [(&str, &str); 7] = [
    ("/", "web-nav-today"),
    ("/roll", "web-nav-roll"),
    ("/children", "web-nav-children"),
    ("/ledgers", "web-nav-ledgers"),
    ("/conflicts", "web-nav-conflicts"),
    ("/import", "web-nav-import"),
    ("/reports", "web-nav-reports"),
];

impl Page {
    /// The frame for `visitor`; `key` is the page's message key: its title, with help as `<key>.help`.
    pub fn of(desk: &Desk, visitor: &Visitor, key: &str) -> Self {
        let mut page = Self::bare(&desk.config.place, visitor, key);
        if let Some(account) = &visitor.account {
            let pulse = desk.pulse();
            page.who.clone_from(&account.name);
            page.registers = account.administers();
            page.sync = pulse.words(visitor.lang, page.registers);
            page.sync_mark = pulse.mark();
            page.sync_percent = pulse.long.map(|long| long.percent);
            page.clock = pulse.clock.as_ref().map(|fault| Said::of(fault, visitor.lang));
            // Read anew only while there is something to count.
            let conflicts = if pulse.conflicts > 0 { super::conflicts::seen(desk, account) } else { 0 };
            let path = visitor.here.split('?').next().unwrap_or("/");
            page.links = LINKS
                .iter()
                .filter(|(href, _)| match *href {
                    "/import" => account.imports(),
                    "/reports" => super::reports::any(account),
                    "/roll" => account.rolls(),
                    _ => true,
                })
                .map(|(href, key)| Link {
                    href: (*href).to_owned(),
                    title: locale::text(visitor.lang, key, &[]),
                    here: if *href == "/" { path == "/" } else { path.starts_with(href) },
                    count: if *href == "/conflicts" { conflicts } else { 0 },
                })
                .collect();
        }
        page
    }

    /// The frame without a desk behind it: before login, and the first start.
    #[must_use]
    pub fn bare(place: &str, visitor: &Visitor, key: &str) -> Self {
        let help = locale::text(visitor.lang, &format!("{key}.help"), &[]);
        Self {
            lang: visitor.lang,
            title: locale::text(visitor.lang, key, &[]),
            place: place.to_owned(),
            who: String::new(),
            registers: false,
            csrf: visitor.csrf.clone(),
            links: Vec::new(),
            sync: String::new(),
            sync_mark: "off",
            sync_percent: None,
            clock: None,
            help: if help.ends_with(".help") { String::new() } else { help },
            done: String::new(),
            undo: undo_of(&visitor.here),
            here: visitor.here.clone(),
        }
    }

    /// With another title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// A message.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        locale::text(self.lang, key, &[])
    }

    /// A message as it is said to this person: to a registrar perhaps otherwise.
    #[must_use]
    pub fn t_to(&self, key: &str) -> String {
        locale::to_registrar(self.lang, key).filter(|_| self.registers).unwrap_or_else(|| self.t(key))
    }

    /// A message with one particular, called `value`.
    #[expect(clippy::needless_pass_by_value, reason = "templates hand over whatever they have")]
    pub fn t1(&self, key: &str, value: impl ToString) -> String {
        locale::text(self.lang, key, &[("value", &value.to_string())])
    }

    /// A value, or that there is none.
    pub fn or_empty(&self, text: &str) -> String {
        if text.is_empty() { self.t("web-empty-value") } else { text.to_owned() }
    }

    /// A message with two particulars: `value`, and of how many, `count`.
    pub fn t2(&self, key: &str, value: impl ToString, count: impl ToString) -> String {
        locale::text(self.lang, key, &[("value", &value.to_string()), ("count", &count.to_string())])
    }

    /// A message with one particular, called `name`.
    #[must_use]
    pub fn t1_named(&self, key: &str, name: &str, value: &str) -> String {
        locale::text(self.lang, key, &[(name, value)])
    }

    /// A message with a particular called `value` and a `count`.
    #[must_use]
    pub fn t_count(&self, key: &str, value: &str, count: &usize) -> String {
        locale::text(self.lang, key, &[("value", value), ("count", &count.to_string())])
    }

    /// A message with a particular called `step` and one called `value`.
    #[must_use]
    pub fn t_step(&self, key: &str, step: &str, value: &str) -> String {
        locale::text(self.lang, key, &[("step", step), ("value", value)])
    }

    /// `zh-CN` or `en`, for the document's `lang`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// The other language, by its own name.
    #[must_use]
    pub fn other(&self) -> (&'static str, &'static str) {
        match self.lang {
            Lang::Zh => ("en", "English"),
            Lang::En => ("zh", "中文"),
        }
    }

    /// Address of a file of ours.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// An address with the token a POST needs.
    #[must_use]
    pub fn post(&self, path: &str) -> String {
        let sign = if path.contains('?') { '&' } else { '?' };
        format!("{path}{sign}t={}", self.csrf)
    }

    /// As [`Page::post`], for `base/id` and what follows.
    pub fn post_at(&self, base: &str, id: impl std::fmt::Display, tail: &str) -> String {
        self.post(&format!("{base}/{id}{tail}"))
    }

    /// This page without what was said once.
    #[must_use]
    pub fn calm(&self) -> String {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let kept: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !["undo=", "saved=", "done=", "last=", "voided="].iter().any(|said| pair.starts_with(said)))
            .collect();
        if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
    }

    /// Path of this page, in an address's query.
    #[must_use]
    pub fn back(&self) -> String {
        escape_query(&self.here)
    }
}

/// What a redirect says can be taken back: an id of ours, nothing else.
fn undo_of(here: &str) -> String {
    let query = here.split_once('?').map_or("", |(_, query)| query);
    let id = query.split('&').find_map(|pair| pair.strip_prefix("undo=")).unwrap_or_default();
    if id.len() == 26 && id.bytes().all(|b| b.is_ascii_alphanumeric()) { id.to_owned() } else { String::new() }
}

/// Draws a template.
///
/// # Errors
/// `internal`: templates are checked when compiled, so this does not happen.
pub fn draw(template: &impl Template) -> Result<Response, Oops> {
    Ok(Html(template.render().map_err(Fault::internal)?).into_response())
}

/// Draws a template with another status: a form that could not be taken, with what was said.
///
/// # Errors
/// As [`draw`].
pub fn draw_as(template: &impl Template, code: StatusCode) -> Result<Response, Oops> {
    let mut response = draw(template)?;
    *response.status_mut() = code;
    Ok(response)
}

/// After a form: on to the page it led to, or the form again with the status of its fault.
///
/// # Errors
/// As [`draw`].
pub fn after<T: Template>(outcome: Result<String, (T, StatusCode)>) -> Result<Response, Oops> {
    match outcome {
        Ok(target) => Ok(Redirect::to(&target).into_response()),
        Err((form, code)) => draw_as(&form, code),
    }
}

/// A value for an address's query.
#[must_use]
pub fn escape_query(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Only a path of our own is a way back: `//evil` and `/\evil` are not. Nor are the doors: to go back to the lock would be to lock again.
#[must_use]
pub fn way_back(next: Option<&str>) -> &str {
    match next {
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains(['\\', '\n', '\r'])
                && !["/login", "/lock"].iter().any(|door| path.split('?').next() == Some(door)) =>
        {
            path
        }
        _ => "/",
    }
}

/// What to do next as a page may say it: a command of this program is nothing a teacher can do there.
#[must_use]
pub fn next_here(next: String, lang: Lang) -> String {
    if next.contains(locale::program()) || next.contains("huxue-node --data") { locale::text(lang, "web-next-here", &[]) } else { next }
}

/// A fault as a person reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What happened.
    pub sentence: String,
    /// What to do next.
    pub next: Option<String>,
    /// What it consists of.
    pub details: Vec<String>,
}

impl Said {
    /// In the reader's language.
    #[must_use]
    pub fn of(fault: &Fault, lang: Lang) -> Self {
        // On a page, "run this command" helps nobody: faults whose `.next` speaks of the command line have a `.page` beside it, or what can always be said.
        let (said, next) = locale::on_page(lang, fault);
        Self {
            sentence: said,
            next: next.map(|next| next_here(next, lang)),
            details: fault.details.iter().map(|detail| sentence(detail, lang)).collect(),
        }
    }
}

/// What happened, as pages say it: a sentence that names codes for the command line has another here.
#[must_use]
pub fn sentence(fault: &Fault, lang: Lang) -> String {
    locale::on_page(lang, fault).0
}

#[derive(Template)]
#[template(path = "oops.html")]
struct OopsPage {
    page: Page,
    said: Said,
}

#[derive(Template)]
#[template(path = "said.html")]
struct OopsPiece {
    said: Said,
}

/// A fault as a page, or as a piece of one when htmx asked.
pub fn oops(page: Page, visitor: &Visitor, fault: &Fault) -> Response {
    if matches!(fault.exit, crate::fault::Exit::Internal | crate::fault::Exit::Storage) {
        tracing::error!(%fault, "a page failed");
    }
    let mut said = Said::of(fault, visitor.lang);
    if page.registers {
        let general = said.next.as_ref().filter(|next| **next == page.t("web-next-here")).map(|_| page.t_to("web-next-here"));
        said.next = locale::to_registrar(page.lang, &fault.code).or(general).or(said.next);
    }
    let drawn = if visitor.piece {
        OopsPiece { said }.render().map(|html| ([("HX-Retarget", "#said"), ("HX-Reswap", "innerHTML")], Html(html)).into_response())
    } else {
        OopsPage { page, said }.render().map(|html| Html(html).into_response())
    };
    let mut response = drawn.unwrap_or_else(|_| Response::default());
    *response.status_mut() = status(fault);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_here() {
        assert_eq!(way_back(Some("/ledger/care_log?q=1")), "/ledger/care_log?q=1");
        for bad in [
            None,
            Some("//evil.example"),
            Some("https://evil.example"),
            Some("/\\evil"),
            Some("evil"),
            Some("/login?next=/"),
            Some("/lock"),
            Some("/lock?next=/"),
            Some("/a\r\nb"),
        ] {
            assert_eq!(way_back(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn queries_are_escaped() {
        assert_eq!(escape_query("/a?b=王&c"), "/a%3Fb%3D%E7%8E%8B%26c");
    }
}
