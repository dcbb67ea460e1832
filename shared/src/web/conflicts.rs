//! The inbox of disagreements: the values side by side with who, when and where; choose one or type a third, per field. Forks, refusals and voided steps beside them.
//! Nothing disappears: the choice supersedes, the others stay in the trail.

use super::{
    account::Account,
    desk::Desk,
    form::pairs,
    guard::{Oops, Visitor, status},
    page::{Page, Said, draw, draw_as},
    reach, record, shown,
};
use crate::{
    command::Request,
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Field, Form},
        value,
    },
    locale::{self, Lang},
    replica::conflicts::Item,
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, RawForm, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

/// Items on one page.
const SHOWN_MAX: usize = 60;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/conflicts", get(list)).route("/conflicts/{id}", post(choose))
}

/// One value somebody wrote.
#[derive(Clone, Debug)]
struct Choice {
    /// What is sent when it is chosen.
    send: String,
    shown: String,
    place: String,
    at: String,
}

/// A field with the values that disagree.
#[derive(Clone, Debug)]
struct Dispute {
    code: String,
    title: String,
    choices: Vec<Choice>,
    /// A third value may be typed.
    typed: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    id: String,
    kind: String,
    explain: String,
    child: Option<(String, String)>,
    record: Option<(String, String)>,
    opened: String,
    disputes: Vec<Dispute>,
    lines: Vec<String>,
    /// `choose`, `state`, `seen`.
    way: &'static str,
    may: bool,
}

impl Entry {
    /// Whether both sides wrote the same here while they differ elsewhere in the group: chosen already. Where every field for itself is agreed, it is the
    /// combination that is in question, and nothing is.
    fn agreed(&self, dispute: &Dispute) -> bool {
        dispute.choices.len() == 1 && self.disputes.iter().any(|other| other.choices.len() > 1)
    }
}

#[derive(Template)]
#[template(path = "conflicts.html")]
struct ConflictsPage {
    page: Page,
    entries: Vec<Entry>,
    more: usize,
    said: Option<(String, Said)>,
}

#[derive(Debug, Default, serde::Deserialize)]
struct Done {
    done: Option<String>,
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(done): Query<Done>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "web-conflicts");
    if done.done.is_some() {
        page.done = page.t("web-settled");
    }
    let drawn = desk.run(move |desk| inbox(desk, &account, page, None)).await?;
    draw(&drawn)
}

/// The page; `said`: the item a person could not settle as asked, and why.
fn inbox(desk: &Desk, account: &Account, page: Page, said: Option<(String, Said)>) -> Result<ConflictsPage, Fault> {
    let (mut entries, mut more) = (Vec::new(), 0);
    for item in &desk.replica.conflicts(None, None).map_err(Fault::from)? {
        let Some((may, definition)) = reached(desk, account, item) else { continue };
        if entries.len() < SHOWN_MAX {
            entries.push(entry(desk, item, definition.as_deref(), may, page.lang));
        } else {
            more += 1;
        }
    }
    desk.noted(account, "list", "conflicts", entries.len());
    Ok(ConflictsPage { page, entries, more, said })
}

/// Whether the person sees an item, and may settle it. What hangs on no record in reach is the registrar's.
fn reached(desk: &Desk, account: &Account, item: &Item) -> Option<(bool, Option<Arc<Definition>>)> {
    match item.record.as_deref() {
        Some(id) => match reach::record(desk, account, id) {
            Ok(found) if !sees_all(account, &found.definition, item) => None,
            Ok(found) => Some((found.writes, Some(found.definition))),
            Err(_) if account.administers() => Some((true, None)),
            Err(_) => None,
        },
        None => account.administers().then_some((true, None)),
    }
}

/// Whether the person sees each field an item is about: what is of class C is chosen by those who write there, and shown to nobody else.
fn sees_all(account: &Account, definition: &Definition, item: &Item) -> bool {
    let inside = ["fields", "left_out"].into_iter().filter_map(|part| item.detail[part].as_object()).flat_map(|object| object.keys());
    let mut keys = item.field.iter().flat_map(|keys| keys.split(',')).chain(inside.map(String::as_str));
    keys.all(|key| {
        definition
            .field_of_key(key)
            .map(|(field, _)| field)
            .or_else(|| definition.field(key))
            .is_none_or(|field| shown::sees(account, definition, field))
    })
}

fn entry(desk: &Desk, item: &Item, definition: Option<&Definition>, may: bool, lang: Lang) -> Entry {
    let t = |key: &str| locale::text(lang, key, &[]);
    let history = item.record.as_deref().and_then(|id| desk.replica.show(id).ok()).map(|shown| shown["history"].clone()).unwrap_or(Json::Null);
    let (mut disputes, mut lines, mut way) = (Vec::new(), Vec::new(), "choose");
    match item.kind.as_str() {
        "field" => {
            let code = item.field.clone().unwrap_or_default();
            disputes.push(dispute(desk, definition, &code, &item.detail["values"], &history, lang));
        }
        "group" | "void" => {
            let fields = item.detail["fields"].as_object().cloned().unwrap_or_default();
            let void = (item.kind == "void").then(|| ("void".to_owned(), item.detail["void"].clone()));
            disputes.extend(void.into_iter().chain(fields).map(|(code, values)| dispute(desk, definition, &code, &values, &history, lang)));
        }
        "fork" => {
            way = "state";
            let tips = item.detail["tips"].as_array().cloned().unwrap_or_default();
            let choices = tips.iter().map(|tip| tip_choice(desk, definition, tip, lang)).collect();
            disputes.push(Dispute { code: "state".into(), title: t("web-state"), choices, typed: false });
        }
        "duplicate_child" => lines.push(t("web-conflict-county")),
        _ => {
            way = "seen";
            lines.extend(told(desk, definition, &item.detail, lang));
        }
    }
    let kind_key = format!("web-conflict-{}", item.kind.replace('_', "-"));
    let county_only = item.detail["county_only"].as_bool().unwrap_or(false);
    if county_only {
        lines.push(t("web-conflict-county"));
    }
    Entry {
        id: item.id.clone(),
        kind: if item.kind == "field" { format!("{} · {}", t(&kind_key), disputes.first().map_or("", |d| d.title.as_str())) } else { t(&kind_key) },
        explain: t(&format!("{kind_key}.help")),
        child: item.student.clone().zip(item.name.clone()),
        record: item
            .record
            .clone()
            .zip(definition.map(|d| d.title.get(lang).to_owned()))
            .filter(|_| definition.is_some_and(|d| d.form != Form::Profile)),
        opened: shown::moment(&item.opened, lang),
        disputes,
        lines,
        way,
        may: may && !county_only && item.kind != "duplicate_child",
    }
}

fn tip_choice(desk: &Desk, definition: Option<&Definition>, tip: &Json, lang: Lang) -> Choice {
    let word = |key: &str| tip[key].as_str().unwrap_or_default().to_owned();
    let state = definition.map_or_else(|| word("to"), |d| shown::state(d, tip["to"].as_str(), lang));
    let extra: Vec<String> = [word("on"), word("by"), word("why")].into_iter().filter(|w| !w.is_empty()).collect();
    Choice {
        send: word("to"),
        shown: if extra.is_empty() { state } else { format!("{state}（{}）", extra.join(" · ")) },
        place: record::place_of(desk, &word("origin"), lang),
        at: shown::moment(&word("at"), lang),
    }
}

fn dispute(desk: &Desk, definition: Option<&Definition>, code: &str, values: &Json, history: &Json, lang: Lang) -> Dispute {
    let catalogue = desk.replica.catalogue();
    let found = definition.and_then(|d| d.field_of_key(code).or_else(|| d.field(code).map(|f| (f, None))).map(|(f, option)| (d, f, option)));
    let title = found.map_or_else(
        || code.to_owned(),
        |(d, f, option)| match option.and_then(|o| catalogue.options(d, f)?.choice(o)) {
            Some(choice) => format!("{} · {}", f.title.get(lang), choice.title.get(lang)),
            None => f.title.get(lang).to_owned(),
        },
    );
    let choices = values
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(at, value)| {
            let plain: Value = serde_json::from_value(value["value"].clone()).unwrap_or(Value::Null);
            let shown = match found {
                _ if plain == Value::Null => locale::text(lang, "web-empty-value", &[]),
                Some((d, f, _)) => value::show_value(&catalogue, d, f, &plain, lang),
                None => value["value"].to_string(),
            };
            Choice {
                send: format!("#{}", at + 1),
                shown,
                place: record::place_of(desk, value["origin"].as_str().unwrap_or_default(), lang),
                at: when(history, code, value, lang),
            }
        })
        .collect();
    let typed = found.is_some_and(|(_, _, option)| option.is_none()) && code != "void";
    Dispute { code: code.to_owned(), title, choices, typed }
}

/// When a value was written, out of the trail.
fn when(history: &Json, code: &str, value: &Json, lang: Lang) -> String {
    let mut lines = history.as_array().into_iter().flatten();
    let fits = |line: &&Json| line["field"] == code && line["value"] == value["value"] && line["origin"] == value["origin"];
    lines.rfind(fits).map(|line| shown::moment(line["at"].as_str().unwrap_or_default(), lang)).unwrap_or_default()
}

/// What a refusal or a void step says.
fn told(desk: &Desk, definition: Option<&Definition>, detail: &Json, lang: Lang) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(step) = detail["step"].as_str() {
        let title = definition.and_then(|d| d.lifecycle.as_ref()?.step(step)).map_or(step, |s| s.title.get(lang));
        out.push(title.to_owned());
    }
    if let Some(code) = detail["code"].as_str() {
        out.push(
            locale::fault(lang, &Fault { code: code.to_owned().into(), args: Vec::new(), exit: Exit::Found, details: Vec::new(), cause: None }).0,
        );
    }
    if let Some(side) = detail["side"].as_str() {
        out.push(locale::text(lang, if side == "there" { "web-refused-there" } else { "web-refused-here" }, &[]));
    }
    for key in ["on", "by", "why"] {
        if let Some(text) = detail[key].as_str().filter(|text| !text.is_empty()) {
            out.push(text.to_owned());
        }
    }
    if let Some(left) = detail["left_out"].as_object() {
        out.extend(left.iter().map(|(key, value)| format!("{key}: {value}")));
    }
    if let Some(origin) = detail["origin"].as_str() {
        out.push(record::place_of(desk, &origin.to_lowercase(), lang));
    }
    out
}

async fn choose(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-conflicts");
    let refused = desk
        .run(move |desk| match settle(desk, &account, &id, &body, page.lang) {
            Ok(()) => Ok(None),
            Err(fault) if fault.exit == Exit::Input => {
                let said = Said::of(&fault, page.lang);
                Ok(Some((inbox(desk, &account, page, Some((id, said)))?, status(&fault))))
            }
            Err(fault) => Err(fault),
        })
        .await?;
    match refused {
        None => Ok(Redirect::to("/conflicts?done=1").into_response()),
        Some((page, code)) => draw_as(&page, code),
    }
}

fn settle(desk: &Desk, account: &Account, id: &str, body: &[u8], lang: Lang) -> Result<(), Fault> {
    let items = desk.replica.conflicts(None, None).map_err(Fault::from)?;
    let item = items.into_iter().find(|i| i.id == id).ok_or_else(|| Fault::new("conflict-none", Exit::NoMatch).with("id", id))?;
    let Some((true, definition)) = reached(desk, account, &item) else { return Err(Fault::new("web-not-yours", Exit::NotAllowed)) };
    let (mut chosen, mut typed, mut why) = (BTreeMap::new(), BTreeMap::new(), None);
    for (key, value) in pairs(body) {
        if key == "why" && !value.trim().is_empty() {
            why = Some(value);
        } else if let Some(field) = key.strip_prefix("choose.") {
            chosen.insert(field.to_owned(), value);
        } else if let Some(field) = key.strip_prefix("type.")
            && !value.trim().is_empty()
        {
            typed.insert(field.to_owned(), value);
        }
    }
    chosen.extend(typed);
    let choose = choices(desk, &item, definition.as_deref(), &chosen)?;
    if let (Some(definition), "fork", Some(state)) = (&definition, item.kind.as_str(), choose.first()) {
        // Of several ends, one that asks for a person is chosen by such a person: else it would be signed by whoever settles.
        for tip in item.detail["tips"].as_array().into_iter().flatten().enumerate() {
            if tip.1["to"] == **state || *state == format!("#{}", tip.0 + 1) {
                reach::step(account, definition, tip.1["step"].as_str().unwrap_or_default(), lang)?;
            }
        }
    }
    desk.ask(account, Request::ConflictsResolve { id: id.to_owned(), choose, why, by: Some(account.name.clone()) }, lang)?;
    Ok(())
}

/// The choice in the engine's words. A group is settled as a whole, so each of its fields needs one.
fn choices(desk: &Desk, item: &Item, definition: Option<&Definition>, chosen: &BTreeMap<String, String>) -> Result<Vec<String>, Fault> {
    let missing = || Fault::new("web-choose-first", Exit::Input);
    match item.kind.as_str() {
        "field" => {
            let code = item.field.clone().unwrap_or_default();
            Ok(vec![chosen.get(&code).cloned().ok_or_else(missing)?])
        }
        "fork" => Ok(vec![chosen.get("state").cloned().ok_or_else(missing)?]),
        "group" | "void" => {
            let fields = item.detail["fields"].as_object().cloned().unwrap_or_default();
            let void = (item.kind == "void").then(|| ("void".to_owned(), item.detail["void"].clone()));
            let mut out = Vec::new();
            for (code, values) in void.into_iter().chain(fields) {
                let text = chosen.get(&code).ok_or_else(missing)?;
                // The engine numbers values of a single field only; of a group they are written out.
                let number = text.strip_prefix('#').and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
                let value = number.and_then(|at| values.get(at)).map_or_else(|| text.clone(), |v| written(desk, definition, &code, &v["value"]));
                out.push(format!("{code}={value}"));
            }
            Ok(out)
        }
        _ => Ok(Vec::new()),
    }
}

/// A kept value as a person would type it: money in yuan, codes as they are.
fn written(desk: &Desk, definition: Option<&Definition>, key: &str, value: &Json) -> String {
    let field = definition.and_then(|d| d.field_of_key(key).map(|(f, _)| (d, f)));
    match (value, field) {
        (Json::String(text), _) => text.clone(),
        (Json::Null, _) => String::new(),
        (Json::Number(kept), Some((d, f))) => {
            let bare = Field { unit: None, ..f.clone() };
            value::show_value(&desk.replica.catalogue(), d, &bare, &Value::Int(kept.as_i64().unwrap_or(0)), Lang::Zh)
        }
        (other, _) => other.to_string(),
    }
}
