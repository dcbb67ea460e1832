//! A ledger's list on paper, and the list for public notice, which holds only what a definition marks public, names shortened (DOMAIN §7), and only records that
//! are on notice today: it takes itself down with the last day.

use super::super::{
    account::{Account, Class, Reach},
    desk::Desk,
    page::Page,
    shown,
    sums::Foot,
};
use super::{child::Cell, names::Names, run::HEADS_UPRIGHT_MAX};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Field, Notice, Required, Subject},
        value,
    },
    locale::{self, Lang},
    replica::{
        self,
        browse::{Listed, Row, Wanted},
    },
};
use askama::Template;
use std::collections::BTreeMap;

/// Records on a notice at most.
const NOTICE_MAX: u32 = 5_000;
/// State of what is on public notice, in ledgers that know it and name no notice of their own.
const ON_NOTICE: &str = "on_notice";

/// The page.
#[derive(Template)]
#[template(path = "paper-list.html")]
pub struct ListPage {
    page: Page,
    title: String,
    day: String,
    /// What was filtered, in words.
    filtered: String,
    /// For the public: no signature boxes, and what to do with an objection.
    notice: Option<Public>,
    heads: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
    /// Sums over all that is filtered, and what they leave out.
    sums: Vec<Cell>,
    notes: Vec<String>,
    /// Lies on its side.
    wide: bool,
    left_out: u32,
}

/// What a notice says besides its list.
#[derive(Clone, Debug, Default)]
pub struct Public {
    /// Paragraphs.
    text: Vec<String>,
    /// Where else it may hang: title and address.
    elsewhere: Vec<(String, String, bool)>,
    /// Whom to turn to, as typed; asked for on the screen.
    phone: String,
    /// Whom to turn to, by name.
    contact: String,
    /// What travels along with the form: name and value.
    hidden: Vec<(String, String)>,
    action: String,
}

impl std::fmt::Debug for ListPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListPage").field("title", &self.title).finish_non_exhaustive()
    }
}

/// A name as a public notice shows it: `王小明` → `王*明`, `王明` → `王*`.
#[must_use]
pub fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().filter(|c| !c.is_whitespace()).collect();
    match letters.as_slice() {
        [] => String::new(),
        [only] => only.to_string(),
        [first, _] => format!("{first}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// Characters of a telephone or a name that are kept.
const REMEMBERED_CHARS_MAX: usize = 100;

const CHILD: [&str; 3] = ["name", "grade", "class"];

/// A list as the screen has it, with the state where the ledger has one, and what was filtered.
///
/// # Errors
/// The store's.
pub fn list(
    desk: &Desk,
    page: Page,
    definition: &Definition,
    asked: &BTreeMap<String, String>,
    wanted: &Wanted,
    listed: &Listed,
) -> Result<ListPage, Fault> {
    let (lang, rows, names) = (page.lang, &listed.rows, Names::of(desk, page.lang)?);
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let by_child = definition.subject == Subject::Student;
    let fields: Vec<_> = shown::columns(definition, 7).into_iter().filter(|f| !by_child || !CHILD.contains(&f.code.as_str())).collect();
    let mut heads = vec![(page.t("paper-row-number"), true)];
    if by_child {
        heads.extend([(page.t("web-person-name"), false), (page.t("web-class-word"), false)]);
    }
    heads.push((page.t("web-date"), false));
    heads.extend(fields.iter().map(|f| (f.title.get(lang).to_owned(), f.kind.is_number())));
    let has_state = definition.lifecycle.is_some();
    if has_state {
        heads.push((page.t("web-state"), false));
    }
    let line = |(at, row): (usize, &Row)| {
        let mut cells = vec![((at + 1).to_string(), true)];
        if by_child {
            let name = names.child(&profile, row.student.as_deref().unwrap_or_default(), row.name.as_deref().unwrap_or_default());
            cells.extend([(name, false), (shown::class(row.grade, row.class, lang), false)]);
        }
        cells.push((row.on.clone().unwrap_or_default(), false));
        cells.extend(fields.iter().map(|f| (names.value(definition, f, row, None), f.kind.is_number())));
        if has_state {
            cells.push((
                if row.disputed && row.state.is_none() { names.unsettled() } else { shown::state(definition, row.state.as_deref(), lang) },
                false,
            ));
        }
        cells
    };
    let title = definition.title.get(lang).to_owned();
    let left_out = listed.total.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
    let day = desk.clock().today().to_string();
    let drawn = rows.iter().enumerate().map(line).collect();
    let filtered = filtered(desk, definition, asked, lang);
    let foot = Foot::of(desk, definition, wanted, &fields, lang)?;
    let sums = foot.line(if by_child { 4 } else { 2 }, &fields, usize::from(has_state));
    let (wide, notes) = (heads.len() > HEADS_UPRIGHT_MAX, foot.notes);
    Ok(ListPage { rows: drawn, page: page.titled(title.clone()), title, day, filtered, notice: None, heads, sums, notes, wide, left_out })
}

/// What was asked of the list, in words: `班级：三年级1班；状态：已批准`.
fn filtered(desk: &Desk, definition: &Definition, asked: &BTreeMap<String, String>, lang: Lang) -> String {
    let (catalogue, t) = (desk.replica.catalogue(), |key: &str| locale::text(lang, key, &[]));
    let word = |key: &str, text: &str| -> Option<(String, String)> {
        match key {
            "class" => {
                let class: Class = text.parse().ok()?;
                Some((t("web-class-word"), shown::class(Some(class.grade), Some(class.class), lang)))
            }
            "state" => Some((t("web-state"), shown::state(definition, Some(text), lang))),
            "q" => Some((t("web-find"), text.to_owned())),
            "from" | "to" => Some((t(if key == "from" { "web-from" } else { "web-to" }), text.to_owned())),
            "void" => Some((t("web-void"), t("ledger-yes"))),
            key => {
                let field = definition.field(key.strip_prefix("f.")?)?;
                let value = Value::Str(text.to_owned());
                Some((field.title.get(lang).to_owned(), value::show_value(&catalogue, definition, field, &value, lang)))
            }
        }
    };
    let parts = asked.iter().filter(|(_, text)| !text.trim().is_empty()).filter_map(|(key, text)| word(key, text.trim()));
    parts.map(|(title, text)| format!("{title}{}{text}", lang.colon())).collect::<Vec<_>>().join(lang.semicolon())
}

/// Whether a field may be filled in a record of this state: what only steps fill that lead away from it for good has no column there.
fn may_be_filled(definition: &Definition, field: &Field, state: Option<&str>) -> bool {
    let (Required::Steps(steps), Some(lifecycle), Some(state)) = (&field.required, &definition.lifecycle, state) else { return true };
    let mut before = vec![state];
    let mut at = 0;
    while let Some(here) = before.get(at).copied() {
        for from in lifecycle.steps.iter().filter(|step| step.to == here).flat_map(|step| &step.from) {
            if !before.contains(&from.as_str()) {
                before.push(from);
            }
        }
        at += 1;
    }
    steps.iter().filter_map(|step| lifecycle.step(step)).any(|step| before.contains(&step.to.as_str()))
}

fn date<'a>(row: &'a Row, code: &str) -> Option<&'a str> {
    match row.fields.get(code) {
        Some(Value::Str(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Whether a record is on the notice today: in its state, and not past its last day.
fn hangs(notice: &Notice, row: &Row, today: &str) -> bool {
    date(row, &notice.until).is_none_or(|until| until >= today) && date(row, &notice.from).is_none_or(|from| from <= today)
}

/// Whether a definition says which of its records hang, and so when they come down: without that a list with names would hang for ever.
#[must_use]
pub fn hangs_at_all(definition: &Definition) -> bool {
    !definition.notices.is_empty() || definition.lifecycle.as_ref().is_some_and(|l| l.state(ON_NOTICE).is_some())
}

/// Name and class, shortened, and the fields marked public; nothing else, whoever prints it.
///
/// # Errors
/// `web-no-notice`; the store's.
pub fn notice(
    desk: &Desk,
    account: &Account,
    page: Page,
    definition: &Definition,
    asked: &BTreeMap<String, String>,
    wanted: Wanted,
) -> Result<ListPage, Fault> {
    let lang = page.lang;
    let mut fields: Vec<&Field> = definition.fields.iter().filter(|f| f.public && !CHILD.contains(&f.code.as_str())).collect();
    if fields.is_empty() || !hangs_at_all(definition) {
        return Err(Fault::new("web-no-notice", Exit::Input));
    }
    let place = asked.get("place").map(String::as_str);
    let hung = definition.notices.iter().find(|n| Some(n.code.as_str()) == place).or_else(|| definition.notices.first());
    let on_notice =
        hung.map(|n| n.state.as_str()).or_else(|| definition.lifecycle.as_ref().and_then(|l| l.state(ON_NOTICE)).map(|s| s.code.as_str()));
    fields.retain(|field| may_be_filled(definition, field, on_notice));
    let wanted = Wanted { state: on_notice.map(str::to_owned).or(wanted.state), limit: NOTICE_MAX, ..wanted };
    let listed = desk.replica.page(definition, &wanted).map_err(Fault::from)?;
    // As it hangs today, or as it will on a day that is asked for: a notice is printed before its first morning.
    let now = desk.clock().today().to_string();
    let ahead = asked.get("day").filter(|day| day.parse::<jiff::civil::Date>().is_ok() && **day > now);
    let (today, left_out) = (ahead.cloned().unwrap_or_else(|| now.clone()), listed.total.saturating_sub(NOTICE_MAX));
    let coming: std::collections::BTreeSet<String> = hung
        .map(|n| listed.rows.iter().filter_map(|row| date(row, &n.from)).filter(|from| **from > *now).map(str::to_owned).collect())
        .unwrap_or_default();
    let rows: Vec<Row> = listed.rows.into_iter().filter(|row| hung.is_none_or(|n| hangs(n, row, &today))).collect();
    desk.noted(account, "export", format!("ledger {} on public notice", definition.code), rows.len());
    let names = Names::of(desk, lang)?;
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let mut heads = vec![(page.t("paper-row-number"), true), (page.t("web-person-name"), false), (page.t("web-class-word"), false)];
    heads.extend(fields.iter().map(|f| (f.title.get(lang).to_owned(), f.kind.is_number())));
    // Where not all hang for the same days, each says its own.
    let days = |row: &Row| hung.map(|n| [date(row, &n.from), date(row, &n.until)].map(|day| day.unwrap_or_default().to_owned()));
    let apart = rows.iter().map(days).collect::<std::collections::BTreeSet<_>>().len() > 1;
    if apart {
        heads.push((page.t("paper-notice-days"), false));
    }
    let line = |(at, row): (usize, &Row)| {
        let unsettled = names.pending.holds(&profile, row.student.as_deref().unwrap_or_default(), "name");
        let name = if unsettled { names.unsettled() } else { shortened(row.name.as_deref().unwrap_or_default()) };
        let mut cells = vec![((at + 1).to_string(), true), (name, false), (shown::class(row.grade, row.class, lang), false)];
        let shown_value = |f: &Field| shown::on_paper(&names.value(definition, f, row, f.reference.as_ref().map(|_| "name")), lang);
        cells.extend(fields.iter().map(|f| (shown_value(f), f.kind.is_number())));
        if apart {
            let own = days(row).map(|own| own.map(|day| shown::on_paper(&day, lang)).join("—")).unwrap_or_default();
            cells.push((own, false));
        }
        cells
    };
    let drawn = rows.iter().enumerate().map(line).collect();
    // What is not the whole school's says so: a complete-looking notice of some would pass for the school's.
    let chosen: BTreeMap<String, String> = asked.iter().filter(|(key, _)| *key != "state").map(|(key, text)| (key.clone(), text.clone())).collect();
    let own = match account.reads(definition) {
        Reach::Classes(classes) if !chosen.contains_key("class") => {
            classes.iter().map(|class| shown::class(Some(class.grade), Some(class.class), lang)).collect::<Vec<_>>().join(lang.comma())
        }
        _ => String::new(),
    };
    let own = Some(own).filter(|own| !own.is_empty()).map(|own| format!("{}{}{own}", page.t("web-class-word"), lang.colon()));
    let part = Some(filtered(desk, definition, &chosen, lang)).filter(|part| !part.is_empty());
    let part = own.into_iter().chain(part).collect::<Vec<_>>().join(lang.semicolon());
    let title = locale::text(lang, "web-notice-title", &[("value", definition.title.get(lang))]);
    let remembered = remembered(desk, account.writes(definition).any(), asked)?;
    let mut public = public(&page, definition, asked, hung, (&rows, apart), remembered);
    // Those that begin on a later day have a page of that day.
    let others = asked.iter().filter(|(key, _)| *key != "day");
    let rest: String =
        others.map(|(key, text)| format!("{}={}&", super::super::page::escape_query(key), super::super::page::escape_query(text))).collect();
    for day in coming {
        let title = locale::text(lang, "paper-notice-from", &[("value", &shown::on_paper(&day, lang))]);
        let here = ahead == Some(&day);
        public.elsewhere.push((title, format!("/ledger/{}/print?{rest}day={day}", definition.code), here));
    }
    Ok(ListPage {
        rows: drawn,
        page: page.titled(title.clone()),
        title,
        day: shown::on_paper(&today, lang),
        filtered: if part.is_empty() { part } else { locale::text(lang, "paper-notice-part", &[("value", &part)]) },
        notice: Some(public),
        wide: heads.len() > HEADS_UPRIGHT_MAX,
        heads,
        sums: Vec::new(),
        notes: Vec::new(),
        left_out,
    })
}

/// Telephone and person for objections: as asked, or as they stood on the last notice of this machine. What somebody who writes the ledger fills in is kept for the next.
fn remembered(desk: &Desk, keeps: bool, asked: &BTreeMap<String, String>) -> Result<[String; 2], Fault> {
    let mut out = [String::new(), String::new()];
    for (slot, key) in out.iter_mut().zip(["phone", "contact"]) {
        let setting = format!("notice-{key}");
        let known = desk.replica.store().read(|c| replica::setting(c, &setting)).map_err(Fault::internal)?;
        let known = known.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        *slot = match asked.get(key).map(|text| text.trim().chars().take(REMEMBERED_CHARS_MAX).collect::<String>()) {
            None => known,
            Some(text) => {
                if keeps && text != known {
                    let kept = text.clone();
                    desk.replica.store().write(move |c| replica::put_setting(c, &setting, kept.as_bytes())).map_err(Fault::internal)?;
                }
                text
            }
        };
    }
    Ok(out)
}

fn public(
    page: &Page,
    definition: &Definition,
    asked: &BTreeMap<String, String>,
    hung: Option<&Notice>,
    (rows, apart): (&[Row], bool),
    remembered: [String; 2],
) -> Public {
    let or_line = |text: &str| if text.is_empty() { "＿＿＿＿＿＿＿＿".to_owned() } else { text.to_owned() };
    let day = |code: fn(&Notice) -> &str, last: bool| {
        let days = hung.into_iter().flat_map(|n| rows.iter().filter_map(move |row| date(row, code(n))));
        if last { days.max() } else { days.min() }.map(|day| shown::on_paper(day, page.lang)).unwrap_or_default()
    };
    let (from, until) = (or_line(&day(|n| &n.from, false)), or_line(&day(|n| &n.until, true)));
    let [phone, contact] = remembered;
    let text = locale::text(
        page.lang,
        if apart { "paper-public-notice-each" } else { "paper-public-notice" },
        &[("from", &from), ("until", &until), ("phone", &or_line(&phone)), ("contact", &or_line(&contact)), ("place", &page.place)],
    );
    let action = format!("/ledger/{}/print", definition.code);
    let query = |place: &str| {
        let mut parts: Vec<String> = asked
            .iter()
            .filter(|(k, _)| *k != "place")
            .map(|(k, v)| format!("{}={}", super::super::page::escape_query(k), super::super::page::escape_query(v)))
            .collect();
        parts.push(format!("place={place}"));
        format!("{action}?{}", parts.join("&"))
    };
    let elsewhere = definition.notices.iter().map(|n| (n.title.get(page.lang).to_owned(), query(&n.code), hung.is_some_and(|h| h.code == n.code)));
    Public {
        text: text.split('¶').map(|part| part.trim().to_owned()).collect(),
        elsewhere: if definition.notices.len() > 1 { elsewhere.collect() } else { Vec::new() },
        phone,
        contact,
        hidden: asked.iter().filter(|(k, _)| !["phone", "contact"].contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect(),
        action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_a_notice_are_shortened() {
        for (name, short) in [("王小明", "王*明"), ("王明", "王*"), ("欧阳小明", "欧**明"), ("王 明", "王*"), ("", ""), ("王", "王")]
        {
            assert_eq!(shortened(name), short);
        }
    }

    #[test]
    fn a_record_leaves_the_notice_with_its_last_day() {
        let notice = Notice { from: "from".into(), until: "until".into(), ..Notice::default() };
        let row = |from: &str, until: &str| Row {
            fields: [("from", from), ("until", until)].into_iter().map(|(k, v)| (k.to_owned(), Value::Str(v.to_owned()))).collect(),
            ..Row::default()
        };
        for (from, until, on) in [
            ("2026-03-01", "2026-03-05", true),
            ("2026-03-05", "2026-03-09", true),
            ("2026-03-01", "2026-03-04", false),
            ("2026-03-06", "2026-03-09", false),
            ("", "", true),
        ] {
            assert_eq!(hangs(&notice, &row(from, until), "2026-03-05"), on, "{from} {until}");
        }
    }
}
