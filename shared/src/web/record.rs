//! One record: its values, the lifecycle drawn as steps with only what may come next, what belongs to it, its [`trail`]; correcting and voiding it.
//!
//! Long as it is, this is one room: all of the page is drawn from one reading of the record, and what is done to the record shows that page again.

mod passed;

use super::{
    account::Account,
    again, conflicts,
    desk::Desk,
    entry::{Tried, hold, targets, undisputed, undo_word},
    files, fits,
    form::{self, Drawing, Input, Sent},
    guard::{Oops, Visitor, status},
    lacks::{Coming, Lacks, Stands},
    page::{Page, Said, after, draw},
    pending::{self, Pending},
    prefill::{self, Compared},
    reach::{self, Reached},
    shown,
    shown::Shown,
    trail::{self, Trail},
    way::{self, Ahead},
};
use crate::{
    command::Request,
    document::{rule, view::Value},
    fault::{Exit, Fault},
    ledger::{
        Definition, FieldType,
        definition::{Authority, Form, Step, StepAuthority},
        lifecycle, notice,
    },
    locale::{self, Lang},
    model::blob::Attachment,
    replica::{names::Names, records::of_former_round},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Path, Query, RawForm, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/record/{id}", get(show))
        .route("/record/{id}/void", post(void))
        .route("/record/{id}/unvoid", post(unvoid))
        .route("/record/{id}/day", post(redate))
        .route("/record/{id}/step/{step}", post(step).layer(DefaultBodyLimit::disable()))
}

/// A state the record went through, or is in.
#[derive(Clone, Debug)]
struct Stage {
    title: String,
    on: String,
    by: String,
    why: String,
    now: bool,
}

/// A step that may be taken now.
#[derive(Clone, Debug)]
struct Next {
    code: String,
    /// What the record waits for; any other is a way out, or back.
    awaited: bool,
    /// One of its fields is its day.
    dated: bool,
    /// It must be said why.
    reason: bool,
    title: String,
    to: String,
    action: String,
    /// It was tried, and something was missing.
    open: bool,
    inputs: Vec<Input>,
    /// Its day and its reason, as typed where it was tried.
    on: String,
    why: String,
    /// Who takes it, when it is somebody else's.
    only: String,
    /// Who signs with it: the account's name, today; not to be typed.
    signs: String,
    /// What was asked about where it was tried: the next press is a choice.
    told: String,
}

impl Next {
    /// The step, and where it leads unless that is called the same.
    fn heading(&self) -> String {
        if self.title == self.to { self.title.clone() } else { format!("{} → {}", self.title, self.to) }
    }

    fn takes_files(&self) -> bool {
        self.inputs.iter().any(|input| input.kind.starts_with("file"))
    }
}

/// A ledger whose rows belong to this record: title, where one is added, whether it may be, and those there are (address and label).
type Related = (String, String, bool, Vec<(String, String)>);

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    page: Page,
    id: String,
    child: Option<(String, String, String)>,
    values: Vec<Shown>,
    stages: Vec<Stage>,
    ahead: Vec<Ahead>,
    waits: String,
    due: (String, &'static str),
    next: Vec<Next>,
    /// Disagreements: id, and what is said.
    conflicts: Vec<(String, String)>,
    files: Vec<files::state::File>,
    file_inputs: Vec<Input>,
    may_remove: bool,
    not_taken: Option<Said>,
    related: Vec<Related>,
    trail: Trail,
    writes: bool,
    is_void: bool,
    void_reason: String,
    voidable: bool,
    /// It was itself made void, and may stand again.
    restorable: bool,
    /// Where it is written once more for another child; empty: it cannot be.
    again: String,
    said: Option<Said>,
    /// The child moved: what is said of that.
    moved: Option<Said>,
    lacks: Lacks,
    compared: Vec<Compared>,
    /// Steps whose day the person may correct, the last first: id, title and day; and the day typed before, with the step.
    redate: Vec<(String, String)>,
    redate_typed: (String, String),
    /// What was asked about where a day was tried.
    redate_told: String,
}

impl RecordPage {
    /// The steps the record waits for, or the others.
    fn steps(&self, awaited: bool) -> Vec<&Next> {
        self.next.iter().filter(|step| step.awaited == awaited).collect()
    }

    /// The other steps by name, in one line; empty without any.
    fn others(&self) -> String {
        let titles: Vec<&str> = self.steps(false).iter().map(|step| step.title.as_str()).collect();
        titles.join(self.page.lang.comma())
    }

    /// One of the other steps was tried.
    fn others_open(&self) -> bool {
        self.steps(false).iter().any(|step| step.open)
    }

    /// Whether figures were reported otherwise than the records have them.
    fn differs(&self) -> bool {
        self.compared.iter().any(|line| line.differs)
    }
}

#[derive(Debug, Default, serde::Deserialize)]
struct Saved {
    saved: Option<u32>,
    /// Files that were added on the page.
    files: Option<u32>,
    /// A file was taken off.
    removed: Option<u32>,
    /// A file was asked of the county.
    asked: Option<u32>,
    /// What was not taken.
    note: Option<String>,
}

impl Saved {
    fn done(&self, page: &Page) -> String {
        match (self.saved, self.files, self.removed, self.asked) {
            (Some(_), ..) => page.t("web-saved"),
            (_, Some(count), ..) if count > 0 => page.t1("web-files-added", count),
            (_, _, Some(_), _) => page.t("web-file-removed"),
            (.., Some(_)) => page.t("web-file-asked"),
            _ => String::new(),
        }
    }
}

async fn show(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    Query(saved): Query<Saved>,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "web-record");
    page.done = saved.done(&page);
    let drawn = desk
        .run(move |desk| {
            let not_taken = saved.note.as_deref().and_then(|token| files::said(desk, &account, token, page.lang));
            let drawn = record_page(desk, &account, page, &id, "", Tried::typed(&BTreeMap::new()))?;
            Ok(drawn.map(|mut drawn| {
                if saved.saved.is_some() && !drawn.lacks.is_empty() {
                    drawn.page.done = drawn.page.t("web-saved-lacks");
                }
                RecordPage { not_taken, ..drawn }
            }))
        })
        .await?;
    match drawn {
        Some(drawn) => draw(&drawn),
        None => Ok(Redirect::to(visitor.here.replacen("/record/", "/child/", 1).split('?').next().unwrap_or("/")).into_response()),
    }
}

/// The page of a record; `None` for a profile, whose page is the child's. `step`: the one that was tried.
fn record_page(desk: &Desk, account: &Account, page: Page, id: &str, step: &str, tried: Tried<'_>) -> Result<Option<RecordPage>, Fault> {
    let reached = reach::record(desk, account, id)?;
    let Reached { place, definition, pupil, writes, closed } = &reached;
    // A child's page is of a child that is there.
    let file = definition.form == Form::Profile;
    if file && !place.void {
        return Ok(None);
    }
    let (catalogue, lang) = (desk.replica.catalogue(), page.lang);
    let shown_json = desk.replica.show(id).map_err(Fault::from)?;
    desk.noted(account, "show", format!("record {id}"), 1);
    if let Some(drawn) = passed::page(desk, account, &page, &reached, &shown_json, step, tried)? {
        return Ok(Some(drawn));
    }
    let made_by = made_by(desk, &reached, &shown_json, lang);
    let stages = stages(definition, &place.fields, &made_by, &shown_json, lang);
    let state = shown_json["row"]["state"].as_str();
    let open = definition.lifecycle.as_ref().is_none_or(|l| state.and_then(|code| l.state(code)).is_some_and(|s| s.open && !s.sealed));
    let lacks = if *writes && open && !place.void {
        let own = |step: &&Step| step.authority.allows(Authority::School) && reach::takes(account, step.role);
        let coming = shown_json["next"].as_array().into_iter().flatten();
        let step = |next: &Json| definition.lifecycle.as_ref()?.step(next["step"].as_str()?).filter(own);
        let mut coming: Vec<Coming<'_>> =
            coming.filter_map(|next| Some((step(next)?, serde_json::from_value(next["anew"].clone()).unwrap_or_default()))).collect();
        // What a way out asks for stands in its own form.
        coming.retain(|(step, _)| awaits(definition, state, step));
        Lacks::of(desk, account, definition, Stands { id, fields: &place.fields, state }, &coming, lang)
    } else {
        Lacks::default()
    };
    let due = desk
        .replica
        .page(definition, &crate::replica::browse::Wanted { students: Some(vec![place.doc.to_string()]), limit: 500, ..Default::default() });
    let due = due.map_err(Fault::from)?.rows.into_iter().find(|row| row.id == *id && !row.void).and_then(|row| row.due);
    let ahead = if place.void { Vec::new() } else { way::ahead(definition, state, due.as_deref().unwrap_or_default(), lang) };
    let due = due.map_or((String::new(), ""), |due| {
        let (words, mark) = shown::distance(&due, desk.clock().today(), lang);
        (lang.beside(&due, &words), mark)
    });
    let names = Names::of(&desk.replica, lang);
    let label = names.label(definition, &place.fields);
    let sealed = state.and_then(|code| definition.lifecycle.as_ref()?.state(code)).is_some_and(|s| s.sealed);
    let title = shown::named(definition.title.get(lang), &label);
    let next = if *writes && !place.void { next_steps(desk, account, &reached, &page, &shown_json, step, tried)? } else { Vec::new() };
    let mut values = shown::filled(&catalogue, definition, account, &names.fields(definition, &place.fields), lang);
    link(desk, account, definition, &place.fields, &mut values);
    let pending = Pending::read(desk)?;
    let unsettled = pending.of(desk, definition, id, lang);
    pending::mark(&mut values, &unsettled, definition, account, lang);
    values.retain(|shown| definition.field(&shown.code).is_none_or(|f| f.kind != FieldType::File));
    let may_remove = *writes && !place.void && !sealed;
    let file_inputs = if may_remove { files::inputs(desk, account, definition, &place.fields, &[], lang)? } else { Vec::new() };
    let child = pupil.as_ref().map(|p| (p.student.clone(), pending.name(desk, &p.student, &p.name, lang), shown::class(p.grade, p.class, lang)));
    let title = child.as_ref().map_or_else(|| title.clone(), |(_, name, _)| format!("{name} · {title}"));
    Ok(Some(RecordPage {
        id: id.to_owned(),
        child,
        values,
        stages,
        ahead,
        waits: waits(definition, state, lang),
        due,
        next,
        conflicts: pending::told(&shown_json, &unsettled, definition, account, lang),
        files: files::state::files(desk, account, definition, &place.id, &place.fields, lang)?,
        file_inputs,
        may_remove,
        not_taken: None,
        related: related(desk, account, &reached, lang)?,
        trail: trail::trail(desk, account, definition, &shown_json, &made_by, page.here.contains("trail=all"), lang)?,
        writes: *writes && !sealed,
        is_void: place.void,
        void_reason: trail::void_reason(&text(&place.fields, "void_reason"), lang),
        voidable: *writes && !place.void && !sealed,
        restorable: *writes && place.fields.get("void") == Some(&Value::Bool(true)) && (!file || account.administers()),
        again: if *writes && again::may(definition) { again_at(definition, id) } else { String::new() },
        said: tried.fault.map(|f| Said::of(f, lang)),
        moved: closed.as_ref().map(|fault| Said::of(fault, lang)),
        lacks,
        compared: if place.void { Vec::new() } else { prefill::compared(desk, account, definition, &place.fields, lang)? },
        redate: if *writes && !place.void && !sealed { redatable(account, definition, &shown_json, lang) } else { Vec::new() },
        redate_told: tried.fault.and_then(fits::told_gaps).map(|(_, gaps)| gaps).unwrap_or_default(),
        redate_typed: (tried.typed.get("_step").cloned().unwrap_or_default(), tried.typed.get("_day").cloned().unwrap_or_default()),
        // What the page is for differs where there are no steps.
        page: Page { help: if definition.lifecycle.is_some() { page.help.clone() } else { page.t("web-record-plain") }, ..page.titled(title) },
    }))
}

/// The records that values name, each with the way there: for who reaches it, and to nobody else.
fn link(desk: &Desk, account: &Account, definition: &Definition, fields: &BTreeMap<String, Value>, values: &mut [Shown]) {
    for shown in values {
        let names = definition.field(&shown.code).is_some_and(|field| field.kind == FieldType::Ref);
        let key = if names { text(fields, &shown.code) } else { String::new() };
        if !key.is_empty() && reach::record(desk, account, &key).is_ok() {
            shown.href = format!("/record/{key}");
        }
    }
}

/// Where the child is chosen for whom a record is written once more.
fn again_at(definition: &Definition, id: &str) -> String {
    format!("/children?pick={}&again={id}", definition.code)
}

fn text(fields: &BTreeMap<String, Value>, key: &str) -> String {
    match fields.get(key) {
        Some(Value::Str(text)) => text.clone(),
        _ => String::new(),
    }
}

/// The way the record has gone, by its effective steps.
fn stages(definition: &Definition, fields: &BTreeMap<String, Value>, made_by: &str, shown_json: &Json, lang: Lang) -> Vec<Stage> {
    let Some(lifecycle) = &definition.lifecycle else { return Vec::new() };
    let title = |code: &str| lifecycle.state(code).map_or(code, |s| s.title.get(lang)).to_owned();
    // Whoever corrected it since did not make it.
    let by = if made_by.is_empty() { text(fields, "by") } else { String::new() };
    let mut out = vec![Stage { title: title(&lifecycle.initial), on: text(fields, "on"), by, why: made_by.to_owned(), now: false }];
    for step in shown_json["steps"].as_array().into_iter().flatten().filter(|step| step["effect"] == "effective") {
        let word = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        let to = step["to"].as_str().or_else(|| lifecycle.step(step["step"].as_str().unwrap_or_default()).map(|s| s.to.as_str()));
        out.push(Stage { title: to.map(title).unwrap_or_default(), on: word("on"), by: word("by"), why: word("why"), now: false });
    }
    if shown_json["row"]["state"].is_string()
        && let Some(last) = out.last_mut()
    {
        last.now = true;
    }
    out
}

/// Steps the school took, of which this person could take the like and that are no signature: their days may be corrected.
fn redatable(account: &Account, definition: &Definition, shown_json: &Json, lang: Lang) -> Vec<(String, String)> {
    let steps = shown_json["steps"].as_array().into_iter().flatten();
    let ours = steps.filter(|step| step["effect"] == "effective" && step["authority"] == "school");
    let mut found: Vec<(String, String)> = ours
        .filter_map(|step| {
            let known = definition.lifecycle.as_ref()?.step(step["step"].as_str()?).filter(|known| known.role.is_none())?;
            reach::takes(account, known.role).then_some(())?;
            Some((step["id"].as_str()?.to_owned(), format!("{} · {}", known.title.get(lang), step["on"].as_str()?)))
        })
        .collect();
    found.reverse();
    found
}

/// What the present state waits for: the definition's own words, and whose turn it is.
fn waits(definition: &Definition, state: Option<&str>, lang: Lang) -> String {
    let Some(lifecycle) = &definition.lifecycle else { return String::new() };
    let Some(state) = state.and_then(|code| lifecycle.state(code)) else { return String::new() };
    let mut out = state.due_help.as_ref().map(|h| h.get(lang).to_owned()).unwrap_or_default();
    for (whose, key) in [(StepAuthority::Other, "web-other-steps"), (StepAuthority::County, "web-county-steps")] {
        let steps = lifecycle.steps.iter().filter(|s| s.authority == whose && s.from.contains(&state.code));
        let titles: Vec<&str> = steps.map(|s| s.title.get(lang)).collect();
        if state.open && !titles.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&locale::text(lang, key, &[("value", &titles.join(lang.comma()))]));
        }
    }
    out
}

/// Whether a record in `state` waits for this step: it is the next of its usual way (docs/ledger-format.md, `usual`).
fn awaits(definition: &Definition, state: Option<&str>, step: &Step) -> bool {
    let awaited = definition.lifecycle.as_ref().zip(state).map(|(lifecycle, state)| lifecycle::awaited(lifecycle, state)).unwrap_or_default();
    awaited.iter().any(|awaited| awaited.code == step.code)
}

fn next_steps(
    desk: &Desk,
    account: &Account,
    reached: &Reached,
    page: &Page,
    shown_json: &Json,
    tried_step: &str,
    tried: Tried<'_>,
) -> Result<Vec<Next>, Fault> {
    let catalogue = desk.replica.catalogue();
    let (definition, fields) = (&reached.definition, &reached.place.fields);
    let nothing = BTreeMap::new();
    let disputed = conflicts::held(desk, definition, &reached.place.id, page.lang)?;
    let mut out = Vec::new();
    for step in shown_json["next"].as_array().into_iter().flatten() {
        let Some(known) = definition.lifecycle.as_ref().and_then(|l| l.step(step["step"].as_str().unwrap_or_default())) else { continue };
        // What was passed on is answered by steps the record's own school may not take.
        if reached.place.ledger == definition.code && !known.authority.allows(Authority::School) {
            continue;
        }
        // What was typed stands again in the form it was typed in, and nowhere else.
        let open = known.code == tried_step;
        let Tried { typed, kept, fault } = if open { tried } else { Tried::typed(&nothing) };
        // What another round begins with is empty, whatever the former one left.
        let anew: Vec<String> = serde_json::from_value(step["anew"].clone()).unwrap_or_default();
        let (fields, _) = of_former_round(fields, &anew);
        let drawing = Drawing { catalogue: &catalogue, definition, account, fields: &fields, typed, fault, lang: page.lang, new: false };
        let required = definition.required_for(known);
        let mut inputs = drawing.only(&required);
        targets(desk, account, definition, Some(&reached.place.doc.to_string()), &mut inputs, page.lang)?;
        let only = known.role.filter(|_| !reach::takes(account, known.role)).map(|role| reach::role_title(role, page.lang)).unwrap_or_default();
        let signature: BTreeMap<String, String> = reach::signature(account, definition, known).into_iter().collect();
        for input in &mut inputs {
            if let Some(held) = disputed.get(&input.code) {
                hold(input, held, page.lang);
                continue;
            }
            input.required = "yes";
            let field = definition.field(&input.code);
            if input.value.is_empty() && field.is_some_and(|f| f.serial) {
                input.value = prefill::next_number(desk, definition, &input.code)?;
            }
            if input.value.is_empty() && known.day.as_ref() == Some(&input.code) {
                input.value = desk.clock().today().to_string();
            }
        }
        // A signature is the account's and today's, whatever a form says.
        let signs = if known.role.is_some() { account.name.clone() } else { String::new() };
        inputs.retain(|input| signs.is_empty() || !signature.contains_key(&input.code));
        propose_notice(desk, definition, &known.to, &mut inputs);
        propose_after(definition, &fields, &mut inputs);
        let of_step = |input: &Input| required.iter().any(|f| f.code == input.code && files::upload::attachment(&fields, &f.code).is_none());
        let wanted = files::inputs(desk, account, definition, &fields, kept, page.lang)?.into_iter().filter(of_step);
        let note = inputs.iter().position(|input| input.code == "note").unwrap_or(inputs.len());
        inputs.splice(note..note, wanted.map(|input| Input { required: "yes", ..input }));
        let missing = fault
            .filter(|fault| fault.code == "ledger-step-missing")
            .and_then(|fault| fault.args.iter().find(|(name, _)| name == "codes"))
            .map(|(_, codes)| codes.clone())
            .unwrap_or_default();
        for input in &mut inputs {
            input.form.clone_from(&known.code);
            if missing.lines().any(|code| code == input.code) {
                input.error = page.t("web-must-fill");
            }
        }
        form::mend(&mut inputs);
        let word = |key: &str| typed.get(key).cloned().unwrap_or_default();
        out.push(Next {
            code: known.code.clone(),
            awaited: awaits(definition, shown_json["row"]["state"].as_str(), known),
            open,
            on: if open { word("_on") } else { desk.clock().today().to_string() },
            dated: known.day.is_some(),
            reason: known.reason,
            why: word("_why"),
            title: known.title.get(page.lang).to_owned(),
            to: shown::state(definition, Some(&known.to), page.lang),
            action: page.post_at("/record", &reached.place.id, &format!("/step/{}", known.code)),
            inputs: if only.is_empty() { inputs } else { Vec::new() },
            only,
            signs,
            told: fault.and_then(fits::told_gaps).map(|(_, gaps)| gaps).unwrap_or_default(),
        });
    }
    Ok(out)
}

/// A notice begins today and ends when its days are full, unless something else is typed.
fn propose_notice(desk: &Desk, definition: &Definition, state: &str, inputs: &mut [Input]) {
    let (today, holidays) = (desk.clock().today(), desk.replica.holidays());
    for notice in definition.notices.iter().filter(|notice| notice.state == state && notice.days.is_some()) {
        let Some(from) = inputs.iter_mut().find(|input| input.code == notice.from) else { continue };
        if from.value.is_empty() {
            from.value = today.to_string();
        }
        let earliest = from.value.parse().ok().and_then(|from| notice::earliest(notice, from, &holidays));
        if let Some(until) = inputs.iter_mut().find(|input| input.code == notice.until && input.value.is_empty()) {
            until.value = earliest.map(|day| day.to_string()).unwrap_or_default();
        }
    }
}

/// A date that follows another by so many months (docs/ledger-format.md, `after`).
fn propose_after(definition: &Definition, fields: &BTreeMap<String, Value>, inputs: &mut [Input]) {
    for at in 0..inputs.len() {
        let named = inputs.get(at).filter(|input| input.value.is_empty()).and_then(|input| definition.field(&input.code)?.after.clone());
        let Some((from, months)) = named else { continue };
        let typed = inputs.iter().find(|input| input.code == from).map(|input| input.value.clone());
        let day: Option<jiff::civil::Date> = typed.unwrap_or_else(|| text(fields, &from)).parse().ok();
        if let Some((day, input)) = day.and_then(|day| day.checked_add(jiff::Span::new().months(months)).ok()).zip(inputs.get_mut(at)) {
            (input.value, input.follows) = (day.to_string(), (from, months));
        }
    }
}

fn related(desk: &Desk, account: &Account, reached: &Reached, lang: Lang) -> Result<Vec<Related>, Fault> {
    let names = Names::of(&desk.replica, lang);
    let catalogue = desk.replica.catalogue();
    let mut out = Vec::new();
    for (child, parent) in catalogue.listed_under(&reached.definition.code).filter(|(d, _)| account.reads(d).any()) {
        let rows = if let Some(pupil) = &reached.pupil {
            desk.replica.records_of(&pupil.student).map_err(Fault::from)?
        } else {
            let wanted = crate::replica::browse::Wanted { text: Some(reached.place.id.clone()), limit: 200, ..Default::default() };
            desk.replica.page(child, &wanted).map_err(Fault::from)?.rows
        };
        let mine = |row: &&crate::replica::browse::Row| row.ledger == child.code && !row.void && text(&row.fields, parent) == reached.place.id;
        let list = rows
            .iter()
            .filter(mine)
            .map(|row| {
                let words = [names.day(child, row).to_owned(), names.label(child, &row.fields), shown::state(child, row.state.as_deref(), lang)];
                (format!("/record/{}", row.id), words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" · "))
            })
            .collect();
        let student = reached.pupil.as_ref().map_or("", |p| p.student.as_str());
        let may = reached.writes && account.writes(child).any();
        out.push((
            child.title.get(lang).to_owned(),
            format!("/ledger/{}/new?student={student}&{parent}={}", child.code, reached.place.id),
            may,
            list,
        ));
    }
    Ok(out)
}

fn by_itself(origin: &str) -> bool {
    origin == rule::PREFIX.to_string()
}

/// What is said of the making of a record that nobody made: the rule's own words, or that it was carried on from last year; empty for a person's record.
fn made_by(desk: &Desk, reached: &Reached, shown_json: &Json, lang: Lang) -> String {
    if !by_itself(shown_json["row"]["origin"].as_str().unwrap_or_default()) {
        return String::new();
    }
    let (place, definition) = (&reached.place, &reached.definition);
    if place.fields.contains_key("continues") {
        return locale::text(lang, "web-carried-on", &[]);
    }
    let rule = crate::replica::rules::maker(&desk.replica.catalogue(), place.doc, &definition.code, &place.id, &place.fields);
    let title = rule.and_then(|rule| rule.title);
    title.map_or_else(|| locale::text(lang, "web-by-rule", &[]), |title| title.get(lang).to_owned())
}

/// Whether the form is shown again with what was said: the person can mend it, or the machine did not take it and what was typed must not be lost.
pub(super) fn mends(fault: &Fault) -> bool {
    matches!(fault.exit, Exit::Input | Exit::NotAllowed | Exit::Found | Exit::Storage | Exit::Internal)
}

async fn void(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    act(&desk, &visitor, id, move |desk, id| {
        let reached = reach::writable(desk, &account, id)?;
        // A child's file takes all its records along.
        let file = reached.definition.form == Form::Profile;
        if file && !account.administers() {
            return Err(Fault::new("web-not-yours", Exit::NotAllowed).into());
        }
        let sent = Sent::read(&reached.definition, &body);
        let again = !sent.other("_again").is_empty() && again::may(&reached.definition);
        let why = if again { locale::text(lang, "web-again-why", &[]) } else { sent.other("_why").to_owned() };
        let done = desk.ask(&account, Request::RecordVoid { record: id.to_owned(), why, by: Some(account.name.clone()) }, lang)?;
        Ok(match (again, file) {
            (true, _) => format!("{}{}", again_at(&reached.definition, id), undo_word(&done)),
            (_, true) => format!("/children?voided=1{}", undo_word(&done)),
            _ => saved(id, &undo_word(&done)),
        })
    })
    .await
}

/// A record made void stands again, as long after as it is found; a child's file with all its records.
async fn unvoid(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<String>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    act(&desk, &visitor, id, move |desk, id| {
        let reached = reach::writable(desk, &account, id)?;
        if reached.definition.form == Form::Profile && !account.administers() {
            return Err(Fault::new("web-not-yours", Exit::NotAllowed).into());
        }
        let done = desk.ask(&account, Request::RecordUnvoid { record: id.to_owned(), by: Some(account.name.clone()) }, lang)?;
        Ok(saved(id, &undo_word(&done)))
    })
    .await
}

async fn step(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path((id, step)): Path<(String, String)>,
    request: axum::extract::Request,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (asked, who) = (id.clone(), account.clone());
    desk.run(move |desk| passed::steppable(desk, &who, &asked).map(drop)).await?;
    let given = files::upload::read(&desk, &account, request).await?;
    act(&desk, &visitor, id, move |desk, id| {
        let reached = passed::steppable(desk, &account, id)?;
        reach::step(&account, &reached.definition, &step, lang)?;
        let (sent, mut refused) = (Sent::of(&reached.definition, given.pairs), given.refused);
        let placed = files::upload::place(&reached.definition, &account, &reached.place.fields, &given.taken, &mut refused);
        let mut set = sent.changed();
        set.extend(placed.clone());
        let known = reached.definition.lifecycle.as_ref().and_then(|lifecycle| lifecycle.step(&step));
        let signs = known.filter(|known| known.role.is_some());
        set.extend(signs.into_iter().flat_map(|known| reach::signature(&account, &reached.definition, known)));
        let word = |key: &str| Some(sent.other(key).to_owned()).filter(|text| !text.is_empty());
        let by = Some(account.name.clone());
        let pointed = reach::references(desk, &account, &reached.definition, &set)
            .and_then(|()| undisputed(desk, &reached.definition, &reached.place.id, &set, lang))
            .and_then(|()| match known {
                Some(known) => {
                    let stands_on = reached.definition.required_for(known);
                    let named: Vec<&str> = stands_on.iter().map(|field| field.code.as_str()).collect();
                    fits::asked_of_step(desk, &reached.definition, &reached.place, Some(&known.to), &set, &named, sent.other("_gaps"))
                }
                None => Ok(()),
            });
        let request = Request::RecordStep {
            record: id.to_owned(),
            step: step.clone(),
            set,
            on: word("_on").filter(|_| signs.is_none()),
            by,
            why: word("_why"),
            to: None,
        };
        match pointed.and_then(|()| desk.ask(&account, request, lang)) {
            Ok(_) if placed.is_empty() => Ok(saved(id, &files::note(desk, &account, refused))),
            Ok(_) => {
                desk.replica.files_named(id, &placed).map_err(Fault::from)?;
                Ok(saved(id, &files::note(desk, &account, refused)))
            }
            Err(fault) => {
                // Beside the fields, in the one form that is drawn again.
                let words = ["_on", "_why"].map(|key| (key.to_owned(), sent.other(key).to_owned()));
                let typed = sent.now.into_iter().chain(words).collect();
                Err(Box::new(Failed { step, typed, kept: given.taken, refused, fault }))
            }
        }
    })
    .await
}

/// Corrects the day of a step.
async fn redate(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    act(&desk, &visitor, id, move |desk, id| {
        let reached = reach::writable(desk, &account, id)?;
        let sent = Sent::read(&reached.definition, &body);
        let (step, on) = (sent.other("_step").to_owned(), sent.other("_day").to_owned());
        // Of the steps on the page, and no other.
        let shown = desk.replica.show(id).map_err(Fault::from)?;
        if !redatable(&account, &reached.definition, &shown, lang).iter().any(|(id, _)| *id == step) {
            return Err(Fault::new("redate-none", Exit::NoMatch).with("step", "").into());
        }
        // The field that says the same day moves with it.
        let dated = field_of_day(&reached.definition, &shown, &step);
        let set: BTreeMap<String, String> = dated.into_iter().map(|field| (field, on.clone())).collect();
        let asked = fits::asked_of_step(desk, &reached.definition, &reached.place, reached.place.state.as_deref(), &set, &[], sent.other("_gaps"));
        let request = Request::RecordRedate { record: id.to_owned(), step: step.clone(), on: on.clone(), by: Some(account.name.clone()) };
        match asked.and_then(|()| desk.ask(&account, request, lang)) {
            Ok(_) => Ok(saved(id, "")),
            Err(fault) => {
                let typed = [("_step".to_owned(), step), ("_day".to_owned(), on)].into();
                Err(Box::new(Failed { step: String::new(), typed, kept: Vec::new(), refused: Vec::new(), fault }))
            }
        }
    })
    .await
}

/// The field that is the day of this step, by the step's id.
fn field_of_day(definition: &Definition, shown_json: &Json, step: &str) -> Option<String> {
    let taken = shown_json["steps"].as_array()?.iter().find(|taken| taken["id"] == step)?;
    definition.lifecycle.as_ref()?.step(taken["step"].as_str()?)?.day.clone()
}

/// What was tried, and why it could not be done.
struct Failed {
    step: String,
    typed: BTreeMap<String, String>,
    kept: Vec<(String, Attachment)>,
    refused: Vec<files::Refused>,
    fault: Fault,
}

impl From<Fault> for Box<Failed> {
    fn from(fault: Fault) -> Self {
        Self::new(Failed { step: String::new(), typed: BTreeMap::new(), kept: Vec::new(), refused: Vec::new(), fault })
    }
}

/// The record's page after something was done to it.
fn saved(id: &str, more: &str) -> String {
    format!("/record/{id}?saved=0{more}")
}

/// Does something to a record and goes on to the page `work` names; shows the record again, with what was said, if it could not be done.
async fn act<F>(desk: &Arc<Desk>, visitor: &Visitor, id: String, work: F) -> Result<Response, Oops>
where
    F: FnOnce(&Desk, &str) -> Result<String, Box<Failed>> + Send + 'static,
{
    let account = visitor.person()?.clone();
    let page = Page::of(desk, visitor, "web-record");
    let outcome = desk
        .run(move |desk| match work(desk, &id) {
            Ok(on) => Ok(Ok(on)),
            Err(failed) if mends(&failed.fault) => {
                let Failed { step, typed, kept, refused, fault } = *failed;
                let (lang, tried) = (page.lang, Tried { typed: &typed, kept: &kept, fault: Some(&fault) });
                match record_page(desk, &account, page, &id, &step, tried)? {
                    Some(drawn) => Ok(Err((RecordPage { not_taken: files::refusals(&refused, true, lang), ..drawn }, status(&fault)))),
                    None => Err(fault),
                }
            }
            Err(failed) => Err(failed.fault),
        })
        .await?;
    after(outcome)
}
