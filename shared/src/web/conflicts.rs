//! The inbox of disagreements: the values side by side with who, when and where; choose one or type a third, per field. Forks, refusals and voided steps beside them.
//! Nothing disappears: the choice supersedes, the others stay in the trail.
//!
//! Long as it is, this is one room: what is shown of an item and what settles it are two sides of one list of kinds.

use super::{
    account::Account,
    desk::Desk,
    form::pairs,
    guard::{Oops, Visitor, status},
    page::{Page, Said, draw, draw_as, next_here},
    reach, shown,
};
use crate::{
    command::{Request, classes, disputed, refusals},
    document::{rule, view::Value},
    fault::{Exit, Fault},
    ledger::{
        Definition,
        definition::{Field, Form},
        value,
    },
    locale::{self, Lang},
    replica::{conflicts::Item, names::Names},
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
    /// Who wrote it, when and where, in one line.
    wrote: String,
    /// Chosen, in a try that could not be carried out.
    on: bool,
}

/// A field with the values that disagree.
#[derive(Clone, Debug)]
struct Dispute {
    code: String,
    title: String,
    choices: Vec<Choice>,
    /// A third value may be typed.
    typed: bool,
    /// The third value as it was typed in such a try.
    third: String,
}

/// A try to settle an item that could not be carried out: what is said, and what was chosen and typed, by field.
struct Tried {
    id: String,
    said: Said,
    chosen: BTreeMap<String, String>,
    typed: BTreeMap<String, String>,
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
    /// Whether both sides wrote the same here while they differ elsewhere in the group: said, and taken as it is.
    fn agreed(&self, dispute: &Dispute) -> bool {
        dispute.choices.len() == 1 && self.disputes.iter().any(|other| other.choices.len() > 1)
    }
}

impl Dispute {
    /// Whether nothing is to be chosen here: one value. Where every field for itself is agreed it is the combination that is in question; another value may be typed.
    fn single(&self) -> bool {
        self.choices.len() == 1 && self.third.is_empty()
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
    gone: Option<String>,
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(done): Query<Done>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "web-conflicts");
    if done.done.is_some() {
        page.done = page.t("web-settled");
    } else if done.gone.is_some() {
        page.done = page.t("web-settled-before");
    }
    let drawn = desk.run(move |desk| inbox(desk, &account, page, None)).await?;
    draw(&drawn)
}

/// The page; `tried`: the item a person could not settle as asked.
fn inbox(desk: &Desk, account: &Account, page: Page, tried: Option<Tried>) -> Result<ConflictsPage, Fault> {
    let (mut entries, mut more) = (Vec::new(), 0);
    for item in &desk.replica.conflicts(None, None).map_err(Fault::from)? {
        let Some((may, definition)) = reached(desk, account, item) else { continue };
        if entries.len() < SHOWN_MAX {
            let mut entry = entry(desk, item, definition.as_deref(), may, page.lang);
            if let Some(tried) = tried.as_ref().filter(|tried| tried.id == entry.id) {
                for dispute in &mut entry.disputes {
                    dispute.third = tried.typed.get(&dispute.code).cloned().unwrap_or_default();
                    for choice in &mut dispute.choices {
                        choice.on = tried.chosen.get(&dispute.code) == Some(&choice.send);
                    }
                }
            }
            entries.push(entry);
        } else {
            more += 1;
        }
    }
    desk.noted(account, "list", "conflicts", entries.len());
    Ok(ConflictsPage { page, entries, more, said: tried.map(|tried| (tried.id, tried.said)) })
}

/// How many items stand in this person's inbox; none where the store cannot be asked, which the head of the page says.
#[must_use]
pub fn seen(desk: &Desk, account: &Account) -> i64 {
    let items = desk.replica.conflicts(None, None).unwrap_or_default();
    i64::try_from(items.iter().filter(|item| reached(desk, account, item).is_some()).count()).unwrap_or(i64::MAX)
}

/// How many items this person may settle, and of them how many are changes that were not taken.
///
/// # Errors
/// The store's.
pub fn to_settle(desk: &Desk, account: &Account) -> Result<(usize, usize), Fault> {
    let mut items = desk.replica.conflicts(None, None).map_err(Fault::from)?;
    items.retain(|item| !is_countys(item) && reached(desk, account, item).is_some_and(|(may, _)| may));
    let refused = items.iter().filter(|item| item.kind == "refused").count();
    Ok((items.len() - refused, refused))
}

/// Whether the county alone settles it.
fn is_countys(item: &Item) -> bool {
    ["duplicate_child", "late_edit"].contains(&item.kind.as_str()) || item.detail["county_only"].as_bool().unwrap_or(false)
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
    let history = history(desk, item);
    let (mut disputes, mut lines, mut way) = (Vec::new(), Vec::new(), "choose");
    match item.kind.as_str() {
        "field" => {
            let code = item.field.clone().unwrap_or_default();
            disputes.push(dispute(desk, definition, &code, &item.detail["values"], &history, lang));
        }
        "group" | "void" => {
            let fields = item.detail["fields"].as_object().cloned().unwrap_or_default();
            let void = (item.kind == "void").then(|| ("void".to_owned(), item.detail["void"].clone()));
            for (code, values) in void.into_iter().chain(fields) {
                let mut dispute = dispute(desk, definition, &code, &values, &history, lang);
                if item.kind == "group" {
                    dispute.choices.extend(left_standing(&history, &code, &values).map(|was| left_alone(desk, definition, &code, was, lang)));
                }
                disputes.push(dispute);
            }
        }
        "fork" => {
            way = "state";
            let tips = item.detail["tips"].as_array().cloned().unwrap_or_default();
            let choices = tips.iter().map(|tip| tip_choice(desk, definition, tip, lang)).collect();
            disputes.push(Dispute { code: "state".into(), title: t("web-state"), choices, typed: false, third: String::new() });
        }
        "duplicate_child" => lines.push(t("web-conflict-county")),
        "late_edit" => {
            lines.extend(told(desk, definition, item, lang));
            lines.push(t("web-conflict-county"));
        }
        _ => {
            way = "seen";
            lines.extend(told(desk, definition, item, lang));
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
            .zip(item.record.as_deref().zip(definition).map(|(id, d)| named(desk, d, id, &disputes, lang)))
            .filter(|_| definition.is_some_and(|d| d.form != Form::Profile)),
        opened: shown::moment(&item.opened, lang),
        disputes,
        lines,
        way,
        may: may && !is_countys(item),
    }
}

/// The record by its ledger, what its label says and its day: `点名册 · 四年级1班 · 11月13日`. Nothing of what is in dispute: what is kept of it is nobody's last word.
fn named(desk: &Desk, definition: &Definition, id: &str, disputes: &[Dispute], lang: Lang) -> String {
    let mut fields = desk.replica.locate(id).map(|place| place.fields).unwrap_or_default();
    let code = |key: &str| definition.field_of_key(key).map_or_else(|| key.to_owned(), |(field, _)| field.code.clone());
    fields.retain(|key, _| !disputes.iter().any(|dispute| code(&dispute.code) == code(key)));
    let label = Names::of(&desk.replica, lang).label(definition, &fields);
    let on = match fields.get("on") {
        Some(Value::Str(on)) => on.parse().map_or_else(|_| on.clone(), |day| shown::day(day, lang)),
        _ => String::new(),
    };
    let parts = [definition.title.get(lang).to_owned(), label, on];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn tip_choice(desk: &Desk, definition: Option<&Definition>, tip: &Json, lang: Lang) -> Choice {
    let word = |key: &str| tip[key].as_str().unwrap_or_default();
    let state = definition.map_or_else(|| word("to").to_owned(), |d| shown::state(d, tip["to"].as_str(), lang));
    let extra: Vec<&str> = [word("on"), word("why")].into_iter().filter(|w| !w.is_empty()).collect();
    Choice {
        send: word("to").to_owned(),
        shown: if extra.is_empty() { state } else { lang.beside(&state, &extra.join(" · ")) },
        wrote: wrote(desk, word("by"), word("at"), word("origin"), lang),
        on: false,
    }
}

/// `李老师 · 3月2日 10:05 · 在本校另一台电脑上`.
pub(super) fn wrote(desk: &Desk, by: &str, at: &str, origin: &str, lang: Lang) -> String {
    let who = match by {
        "" if origin == rule::PREFIX.to_string() => String::new(),
        "" => locale::text(lang, "web-who-unknown", &[]),
        name => name.to_owned(),
    };
    let parts = [who, shown::moment(at, lang), disputed::place(&desk.replica, origin, lang)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn dispute(desk: &Desk, definition: Option<&Definition>, code: &str, values: &Json, history: &Json, lang: Lang) -> Dispute {
    let words = disputed::Words::of(&desk.replica, lang);
    let choices = values
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(at, value)| {
            let (by, when) = written_by(history, code, value);
            Choice {
                send: format!("#{}", at + 1),
                shown: words.value(definition, code, &value["value"]),
                wrote: wrote(desk, by, when, value["origin"].as_str().unwrap_or_default(), lang),
                on: false,
            }
        })
        .collect();
    // A box of several is ticked or not: no third value can be typed.
    let whole =
        |definition: &Definition| definition.field_of_key(code).map_or_else(|| definition.field(code).is_some(), |(_, option)| option.is_none());
    let typed = definition.is_some_and(whole) && code != "void";
    let title = definition.map_or_else(|| code.to_owned(), |definition| words.title(definition, code));
    Dispute { code: code.to_owned(), title, choices, typed, third: String::new() }
}

/// The trail of the record an item is about.
fn history(desk: &Desk, item: &Item) -> Json {
    item.record.as_deref().and_then(|id| desk.replica.show(id).ok()).map_or(Json::Null, |shown| shown["history"].clone())
}

/// The last writing of a value, in the trail.
fn writing<'a>(history: &'a Json, code: &str, value: &Json) -> Option<&'a Json> {
    let mut lines = history.as_array().into_iter().flatten();
    lines.rfind(|line| line["field"] == code && line["value"] == value["value"] && line["origin"] == value["origin"])
}

/// Of a field that one side alone changed, what the other left standing: the two go with different values of the fields beside it, so it is to be chosen too.
fn left_standing<'a>(history: &'a Json, code: &str, values: &Json) -> Option<&'a Json> {
    let [value] = values.as_array()?.as_slice() else { return None };
    writing(history, code, value)?["was"].as_array()?.first().filter(|was| **was != value["value"])
}

/// What was left standing, to choose.
fn left_alone(desk: &Desk, definition: Option<&Definition>, code: &str, was: &Json, lang: Lang) -> Choice {
    let send = Some(written(desk, definition, code, was)).filter(|text| !text.is_empty()).unwrap_or_else(|| NOTHING.to_owned());
    let shown = disputed::Words::of(&desk.replica, lang).value(definition, code, was);
    Choice { send, shown, wrote: locale::text(lang, "web-left-alone", &[]), on: false }
}

/// A field that awaits a choice, as a form shows it: where it is settled, and what was written by whom.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) href: String,
    /// Value, and who wrote it when and where.
    pub(super) values: Vec<(String, String)>,
}

/// The fields of a record that await a person's choice. Whatever writes them otherwise would choose for that person (DESIGN §2, no silent winner).
///
/// # Errors
/// The store's.
pub(super) fn held(desk: &Desk, definition: &Definition, id: &str, lang: Lang) -> Result<BTreeMap<String, Held>, Fault> {
    let mut items = desk.replica.conflicts(None, None).map_err(Fault::from)?;
    items.retain(|item| item.record.as_deref() == Some(id) && ["field", "group", "void"].contains(&item.kind.as_str()));
    let mut out: BTreeMap<String, Held> = BTreeMap::new();
    for item in &items {
        let drawn = entry(desk, item, Some(definition), false, lang);
        for dispute in drawn.disputes {
            let code = definition.field_of_key(&dispute.code).map_or_else(|| dispute.code.clone(), |(field, _)| field.code.clone());
            let href = format!("/conflicts#c-{}", item.id);
            let field = definition.field(&code).map(|field| field.title.get(lang));
            // Of a field with several boxes, which one.
            let named =
                |shown: String| if field == Some(dispute.title.as_str()) { shown } else { format!("{}{}{shown}", dispute.title, lang.colon()) };
            let values = dispute.choices.iter().map(|choice| (named(choice.shown.clone()), choice.wrote.clone()));
            out.entry(code).or_insert_with(|| Held { href, values: Vec::new() }).values.extend(values);
        }
    }
    Ok(out)
}

/// Keys a field's, a group's or a void record's item is about: those with more than one value, or all where it is their combination that is in question.
pub(super) fn disputed(item: &Item) -> Vec<&str> {
    if item.kind == "field" {
        return item.field.iter().map(String::as_str).collect();
    }
    let fields = item.detail["fields"].as_object().into_iter().flatten();
    let several = |(_, values): &(&String, &Json)| values.as_array().is_some_and(|values| values.len() > 1);
    let differing: Vec<&str> = fields.clone().filter(several).map(|(key, _)| key.as_str()).collect();
    if differing.is_empty() && item.kind == "group" { fields.map(|(key, _)| key.as_str()).collect() } else { differing }
}

/// How many values were written of a key.
pub(super) fn values_written(item: &Item, key: &str) -> usize {
    let values = if item.kind == "field" { &item.detail["values"] } else { &item.detail["fields"][key] };
    values.as_array().map_or(0, Vec::len)
}

/// The values that stand against each other, by key, as people read them.
pub(super) fn values(desk: &Desk, definition: &Definition, item: &Item, lang: Lang) -> Vec<(String, String)> {
    let of = |key: &str| {
        let values = if item.kind == "field" { &item.detail["values"] } else { &item.detail["fields"][key] };
        let drawn = dispute(desk, Some(definition), key, values, &Json::Null, lang);
        let words = drawn.choices.into_iter().map(|choice| choice.shown).collect::<Vec<_>>().join(" / ");
        // Of a field with several boxes, which one.
        if definition.field(key).is_some() { words } else { format!("{}{}{words}", drawn.title, lang.colon()) }
    };
    disputed(item).into_iter().map(|key| (key.to_owned(), of(key))).collect()
}

/// By whom and when a value was written.
fn written_by<'a>(history: &'a Json, code: &str, value: &Json) -> (&'a str, &'a str) {
    writing(history, code, value).map_or(("", ""), |line| (line["by"].as_str().unwrap_or_default(), line["at"].as_str().unwrap_or_default()))
}

/// What a refusal, a void step or a value without effect says.
fn told(desk: &Desk, definition: Option<&Definition>, item: &Item, lang: Lang) -> Vec<String> {
    let (mut out, detail) = (Vec::new(), &item.detail);
    if let Some(step) = detail["step"].as_str() {
        let title = definition.and_then(|d| d.lifecycle.as_ref()?.step(step)).map_or(step, |s| s.title.get(lang));
        out.push(title.to_owned());
    }
    if let (Some(key), true) = (item.field.as_deref(), item.kind == "unauthorised") {
        let values = Json::Array(vec![detail.clone()]);
        let dispute = dispute(desk, definition, key, &values, &Json::Null, lang);
        out.extend(dispute.choices.first().map(|choice| format!("{}{}{}", dispute.title, lang.colon(), choice.shown)));
    }
    if let Some((sentence, next)) = refusals::sentence(detail, lang) {
        out.push(sentence);
        out.extend(next.map(|next| next_here(next, lang)));
    }
    if let Some(side) = detail["side"].as_str() {
        out.push(locale::text(lang, if side == "there" { "web-refused-there" } else { "web-refused-here" }, &[]));
    }
    let word = |key: &str| detail[key].as_str().unwrap_or_default();
    let said: Vec<&str> = [word("on"), word("why")].into_iter().filter(|text| !text.is_empty()).collect();
    if !said.is_empty() {
        out.push(said.join(" · "));
    }
    for left in detail["left_out"].as_array().into_iter().flatten() {
        out.extend(left_out(desk, left, lang));
    }
    if detail["origin"].is_string() {
        out.push(wrote(desk, word("by"), word("at"), &word("origin").to_lowercase(), lang));
    }
    out
}

/// Of what a refused change took with it: the ledger and the fields, by their titles. No values: who settles this need not be who sees them.
fn left_out(desk: &Desk, left: &Json, lang: Lang) -> Option<String> {
    let catalogue = desk.replica.catalogue();
    let definition = catalogue.latest(left["record"].as_str()?.split(':').next()?)?;
    let title = |operation: &Json| {
        let key = operation.as_str()?.split(" = ").next()?;
        definition.field_of_key(key).map(|(field, _)| field).or_else(|| definition.field(key)).map(|field| field.title.get(lang).to_owned())
    };
    let titles: Vec<String> = left["operations"].as_array().into_iter().flatten().filter_map(title).collect();
    Some(format!("{}{}{}", definition.title.get(lang), lang.colon(), titles.join(lang.comma())))
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
        .run(move |desk| {
            let (chosen, typed, why) = sent(&body);
            match settle(desk, &account, &id, (&chosen, &typed), why, page.lang) {
                Ok(()) => Ok((None, "done")),
                // Somebody else was faster, here or on another machine.
                Err(fault) if fault.code == "conflict-none" => Ok((None, "gone")),
                Err(fault) if matches!(fault.exit, Exit::Input | Exit::Storage) => {
                    let tried = Tried { id, said: Said::of(&fault, page.lang), chosen, typed };
                    Ok((Some((inbox(desk, &account, page, Some(tried))?, status(&fault))), ""))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    match refused {
        (Some((page, code)), _) => draw_as(&page, code),
        (None, outcome) => Ok(Redirect::to(&format!("/conflicts?{outcome}=1")).into_response()),
    }
}

/// Sent for an empty value: an empty choice would be none.
const NOTHING: &str = "~";

type ByField = BTreeMap<String, String>;

/// What was chosen and what was typed, by field, and the reason given.
fn sent(body: &[u8]) -> (ByField, ByField, Option<String>) {
    let (mut chosen, mut typed, mut why) = (BTreeMap::new(), BTreeMap::new(), None);
    for (key, value) in pairs(body) {
        if key == "why" && !value.trim().is_empty() {
            why = Some(value);
        } else if let Some(field) = key.strip_prefix("choose.").filter(|_| !value.is_empty()) {
            chosen.insert(field.to_owned(), value);
        } else if let Some(field) = key.strip_prefix("type.")
            && !value.trim().is_empty()
        {
            typed.insert(field.to_owned(), value);
        }
    }
    (chosen, typed, why)
}

/// Whether several values of this field are there to choose from; where both sides wrote the same it stands chosen already.
fn several(item: &Item, code: &str) -> bool {
    let void = if code == "void" { &item.detail["void"] } else { &Json::Null };
    let values = [&item.detail["values"], &item.detail["fields"][code], void];
    values.iter().any(|values| values.as_array().is_some_and(|values| values.len() > 1))
}

fn settle(desk: &Desk, account: &Account, id: &str, (chosen, typed): (&ByField, &ByField), why: Option<String>, lang: Lang) -> Result<(), Fault> {
    let items = desk.replica.conflicts(None, None).map_err(Fault::from)?;
    let item = items.into_iter().find(|i| i.id == id).ok_or_else(|| Fault::new("conflict-none", Exit::NoMatch).with("id", id))?;
    let Some((true, definition)) = reached(desk, account, &item) else { return Err(Fault::new("web-not-yours", Exit::NotAllowed)) };
    // One of those there, and another typed beside it: nobody can tell which is meant.
    if typed.keys().any(|code| chosen.contains_key(code) && several(&item, code)) {
        return Err(Fault::new("web-choose-one", Exit::Input));
    }
    let mut typed = typed.clone();
    if let Some(definition) = &definition {
        let known = item.record.as_deref().map_or_else(|| Ok(BTreeMap::new()), |id| desk.replica.locate(id).map(|place| place.fields));
        classes::read(definition, &known.map_err(Fault::from)?, &mut typed);
    }
    let all = chosen.clone().into_iter().chain(typed).collect();
    let choose = choices(desk, &item, definition.as_deref(), &all)?;
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

/// The choice in the engine's words. A group is settled as a whole, so each of its fields needs one; of which one value was written, it is that.
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
            let history = history(desk, item);
            let mut out = Vec::new();
            for (code, values) in void.into_iter().chain(fields) {
                // Changed on one side alone: whether that goes with what was chosen beside it is a choice as well.
                let alone = || item.kind == "group" && left_standing(&history, &code, &values).is_some();
                let text = match (chosen.get(&code), values.as_array().map_or(0, Vec::len)) {
                    (Some(text), _) if text == NOTHING => String::new(),
                    (Some(text), _) => text.clone(),
                    (None, 0) => continue,
                    (None, 1) if !alone() => "#1".to_owned(),
                    (None, _) => return Err(missing()),
                };
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
